"""Run dbt in forks of one process that has already imported it and compiled the backtest.

A start of dbt costs five to nine seconds of imports and compilation, and the tests make dozens. A
run stays a process of its own: environment, folder, session, limits, output, exit code or signal.
A run of the project as it stands that says so is also spared the parse, four seconds more, and a
copy of the project with other files parses those alone.

The server reads requests from its standard input, a socket: JSON, with the descriptors of two
files, for the output of the run and for the answer, its process id and later its exit code.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import crash_steps

ROOT = Path(__file__).resolve().parents[2]
NUMBER = struct.Struct("i")
REQUEST_MAX_BYTES = 1 << 17


# ---------------------------------------------------------------------------------------------
# In the tests


@cache
def server() -> socket.socket:
    """Start the server; it ends with this process, which closes the socket.

    The servers of one run of the tests share what the first has parsed.
    """
    run_id = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    parsed = Path(tempfile.gettempdir()) / f"parspread-parsed-{run_id}"
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PARSPREAD_")}
    with theirs:
        subprocess.Popen(
            [sys.executable, __file__, str(parsed)],
            cwd=ROOT,
            # Killed runs leave named semaphores, which Python removes with a warning.
            env=variables
            | {"PYTHONPATH": str(ROOT / "python"), "PYTHONWARNINGS": "ignore:resource_tracker"},
            stdin=theirs,
            start_new_session=True,
        )
    return ours


class ForkedRun:
    """A run of dbt; has what the tests use of `subprocess.Popen`."""

    def __init__(self, request: dict) -> None:
        self.returncode: int | None = None
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (read when the run has ended)
        self._answer, theirs = socket.socketpair()
        with theirs:
            files = [self._output.fileno(), theirs.fileno()]
            socket.send_fds(server(), [json.dumps(request).encode()], files)
        self.pid = self._number()

    def _number(self) -> int:
        answer = self._answer.recv(NUMBER.size)
        if len(answer) != NUMBER.size:
            raise RuntimeError("the dbt server has ended; standard error says why")
        return NUMBER.unpack(answer)[0]

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; return the exit code, negative for a signal."""
        if self.returncode is None:
            self._answer.settimeout(timeout)
            try:
                self.returncode = self._number()
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("dbt", timeout or 0) from None
            self._answer.close()
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
        with self._output:
            self._output.seek(0)
            return self._output.read().decode(), None

    def __del__(self) -> None:
        """Close what a killed run leaves open, before a later test is told of it."""
        self._output.close()
        self._answer.close()


# ---------------------------------------------------------------------------------------------
# In the server


def warm_up(parsed_dir: Path) -> Any:
    """Load what a build loads: dbt by a parse of the project, the kernels by one short backtest.

    Return what the parse has found, the manifest.
    """
    import numpy as np
    from dbt.cli.main import dbtRunner

    import parspread_tools.publish.dbt_plugin  # noqa: F401
    from parspread.overlay.backtest import Series, simulate
    from parspread.overlay.rules import RuleTable
    from parspread.warehouse import overlay  # noqa: F401

    parsed_dir.mkdir(exist_ok=True)
    folder = str(parsed_dir)
    with (parsed_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Not with the static parser, whose threads a fork would miss.
        before = ["--quiet", "--no-static-parser", "--log-path", folder]
        parsed = dbtRunner().invoke([*before, "parse", "--target-path", folder])
    quotes = np.array([[100.0, 105.0]])
    rule = {"position_size_mm": 10, "transaction_cost": 0, "signal_lag_sessions": 0}
    rules = RuleTable.from_records([rule | {"dv01_usd_per_bp_per_mm": 475}])
    simulate(Series(np.ones((1, 2)), quotes, mark_usd_per_mm=quotes), rules)
    return parsed.result


def become(request: dict, output: int) -> None:
    """Turn this fork into the process that was asked for."""
    os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    if request["file_size_max_bytes"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_size_max_bytes"],) * 2)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = ["dbt", *request["arguments"]]
    # What PYTHONPATH does at a start; another copy of the project brings modules of its own.
    source = os.environ["PYTHONPATH"]
    sys.path[0] = source
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.startswith("parspread") and file and not Path(file).is_relative_to(source):
            del sys.modules[name]
    crash_steps.install()


def parse_from(manifest: Any, are_vars_late: bool) -> None:
    """Let dbt parse only files unlike those behind a manifest, as of a target folder that has one.

    The path of the database, which dbt looks at too, is nothing that a file of the project reads.
    Vars that are read late are not read by a parse.
    """
    from dbt.parser.manifest import ManifestLoader

    read_folder = ManifestLoader.read_manifest_for_partial_parse

    def read(loader: ManifestLoader) -> Any:
        found = read_folder(loader)
        if found is None:
            manifest.state_check.profile_hash = loader.manifest.state_check.profile_hash
            if are_vars_late:
                manifest.state_check.vars_hash = loader.manifest.state_check.vars_hash
            found = manifest if loader.is_partial_parsable(manifest)[0] else None
            for node in manifest.nodes.values():
                if hasattr(node, "root_path"):  # where dbt reads a seed
                    node.root_path = loader.root_project.project_root
        return found

    ManifestLoader.read_manifest_for_partial_parse = read


def run_dbt(manifest: Any, request: dict) -> NoReturn:
    """Run the command line, and end without the destructors of libraries that do not know forks.

    Without a manifest dbt parses the project.
    """
    from dbt.cli.main import cli

    code: int | str | None = 1
    try:
        if request["has_every_model"]:
            parse_from(manifest, request["are_vars_late"])
        cli(obj={"manifest": manifest if request["is_parsed"] else None})
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else code is not None)


def serve() -> dict | None:
    """Answer requests until the socket closes; return the request if this is a fork that runs."""
    requests = socket.socket(fileno=os.dup(0))
    while True:
        text, descriptors, _, _ = socket.recv_fds(requests, REQUEST_MAX_BYTES, 2)
        if not text:
            return None
        output, answer = descriptors
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            requests.close()
            run = os.fork()
            if run == 0:
                request = json.loads(text)
                become(request, output)
                os.write(answer, NUMBER.pack(os.getpid()))
                os.close(output)
                os.close(answer)
                return request
            _, status = os.waitpid(run, 0)
            with suppress(BrokenPipeError):  # the tests were stopped
                os.write(answer, NUMBER.pack(os.waitstatus_to_exitcode(status)))
            os._exit(0)
        os.close(output)
        os.close(answer)


if __name__ == "__main__":
    # The forks that wait for a run need nobody to wait for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    found = warm_up(Path(sys.argv[1]))
    asked = serve()
    if asked is None:
        shutil.rmtree(sys.argv[1], ignore_errors=True)
    else:
        run_dbt(found, asked)
