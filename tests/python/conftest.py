"""Shared fixtures: the reference folder, and warehouses built in a folder of their own."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dbt_server import NUMBER

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Build:
    """One finished `dbt build`: what it printed, and where its results lie."""

    home: Path
    exit_code: int
    output: str

    @property
    def release(self) -> Path:
        """The file that readers open."""
        return self.home / "parspread.duckdb"

    def query(self, sql: str) -> list[tuple]:
        """Return the rows of `sql` on the published release."""
        with duckdb.connect(str(self.release), read_only=True) as connection:
            return connection.sql(sql).fetchall()

    def frame(self, sql: str):
        """Return the frame of `sql` on the published release."""
        with duckdb.connect(str(self.release), read_only=True) as connection:
            return connection.sql(sql).df()


class ForkedRun:
    """A dbt process that the server forked; has what the tests use of `subprocess.Popen`."""

    def __init__(self, request: dict) -> None:
        self.returncode: int | None = None
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (read when the run has ended)
        self._answer, theirs = socket.socketpair()
        with theirs:
            files = [self._output.fileno(), theirs.fileno()]
            socket.send_fds(dbt_server(), [json.dumps(request).encode()], files)
        self.pid = self._number()

    def _number(self) -> int:
        answer = self._answer.recv(NUMBER.size)
        if len(answer) != NUMBER.size:
            raise RuntimeError("the dbt server has ended; its last words are on standard error")
        return NUMBER.unpack(answer)[0]

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code, negative for a signal."""
        if self.returncode is None:
            self._answer.settimeout(timeout)
            try:
                self.returncode = self._number()
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("dbt", timeout or 0) from None
        return self.returncode

    def poll(self) -> int | None:
        """Return the exit code, or None while the run goes on."""
        try:
            return self.wait(timeout=0)
        except subprocess.TimeoutExpired:
            return None

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """Wait for the end; return what the run printed."""
        self.wait(timeout)
        self._output.seek(0)
        return self._output.read().decode(), None


@cache
def dbt_server() -> socket.socket:
    """Start the server of `dbt_server.py`; it ends with this process, which closes the socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PARSPREAD_")}
    with theirs:
        subprocess.Popen(
            [sys.executable, Path(__file__).with_name("dbt_server.py")],
            cwd=ROOT,
            env=variables | {"PYTHONPATH": str(ROOT / "python")},
            stdin=theirs,
            start_new_session=True,
        )
    return ours


def start_dbt(
    home: Path,
    *arguments: str,
    data_dir: Path | None = None,
    project: Path = ROOT,
    environment: dict[str, str] | None = None,
    file_size_max_bytes: int | None = None,
    is_fresh: bool = False,
) -> ForkedRun | subprocess.Popen:
    """Start dbt in a process group of its own, with everything it writes under `home`.

    A fresh start has a new interpreter, whose order of sets is its own, and takes longer. Systems
    whose libraries do not survive a fork know nothing else.
    """
    variables = os.environ | {
        "PARSPREAD_BUILD_DIR": str(home / "build"),
        "PARSPREAD_PUBLISH_DIR": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "PYTHONPATH": str(project / "python"),
    }
    variables.pop("PARSPREAD_DATA_DIR", None)
    if data_dir is not None:
        variables["PARSPREAD_DATA_DIR"] = str(data_dir)
    variables |= environment or {}
    command = ["--no-use-colors", *arguments]

    if sys.platform == "linux" and not is_fresh:
        return ForkedRun(
            {
                "arguments": command,
                "folder": str(project),
                "environment": variables,
                "file_size_max_bytes": file_size_max_bytes,
            }
        )

    def limit() -> None:
        if file_size_max_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size_max_bytes, file_size_max_bytes))

    return subprocess.Popen(
        [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *command],
        cwd=project,
        env=variables,
        preexec_fn=limit,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_dbt(home: Path, *arguments: str, **options: Any) -> Build:
    """Run dbt to its end; the options are those of `start_dbt`."""
    process = start_dbt(home, *arguments, **options)
    try:
        output, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Build(home, process.returncode, output)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Return the reference folder beside the project, or skip."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the reference folder ../shared, which is not part of the project")
    return folder


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return the warehouse built from the committed sample."""
    build = run_dbt(tmp_path_factory.mktemp("sample"), "build")
    assert build.exit_code == 0, build.output
    return build


@pytest.fixture(scope="session")
def golden_warehouse(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory):
    """Return a query on the CDS-bond desk built from the reference vendor files."""
    from basis_build import build_basis

    home = tmp_path_factory.mktemp("golden")
    return build_basis(shared_dir / "golden" / "basis" / "inputs", home)


@pytest.fixture(scope="session")
def real_history(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Return the warehouse built from real CDX, VIX and ETF history."""
    build = run_dbt(
        tmp_path_factory.mktemp("real"), "build", data_dir=shared_dir / "data" / "real_inputs"
    )
    assert build.exit_code == 0, build.output
    return build


def copy_project(target: Path) -> Path:
    """Copy the project to `target`, so that a test may edit its models or catalogs."""
    target.mkdir(parents=True)
    for name in ("models", "macros", "seeds", "tests/generic", "python"):
        shutil.copytree(
            ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, target / name)
    return target


def copy_small_project(target: Path) -> Path:
    """Copy the project with the models of the build record only; it builds in seconds."""
    copy_project(target)
    kept = {"dim_build", "dim_input_files"}
    for layer in ("intermediate", "marts", "reports"):
        for file in (target / "models" / layer).rglob("*.*"):
            if file.stem not in kept:
                file.unlink()
    return target


@pytest.fixture
def project_copy(tmp_path: Path) -> Callable[[], Path]:
    """Return a function that makes one copy of the project."""
    return lambda: copy_project(tmp_path / "project")
