"""Shared fixtures: the reference folder, and warehouses built in a folder of their own."""

from __future__ import annotations

import datetime
import json
import os
import pickle
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml

from dbt_server import ROOT, ForkedRun, server


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

    @property
    def database(self) -> Path:
        """The file that dbt writes, intermediates included."""
        return self.home / "build" / "parspread.duckdb"

    @property
    def public(self) -> Path:
        """The release, or of a part, which publishes nothing, the build database."""
        return self.release if self.release.exists() else self.database

    def query(self, sql: str) -> list[tuple]:
        """Return the rows of `sql` on the public tables."""
        with duckdb.connect(str(self.public), read_only=True) as connection:
            return connection.sql(sql).fetchall()

    def frame(self, sql: str) -> pd.DataFrame:
        """Return the frame of `sql` on the public tables."""
        with duckdb.connect(str(self.public), read_only=True) as connection:
            return connection.sql(sql).df()

    def inner_frame(self, sql: str) -> pd.DataFrame:
        """Return the frame of `sql` on the build database."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.sql(sql).df()


# The folders of the replicas: who no longer needs the replaced systems deletes them.
WING = "replicas"
# For a build whose tables are compared with another's: its data tests have run on the other.
NO_DATA_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")

# What the server does for a fork: a run may have to die when it publishes.
FRESH_DBT = f"""
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
sys.path.append({str(ROOT / "tests" / "python")!r})
import crash_steps
crash_steps.install()
from dbt.cli.main import cli
cli()
"""


def start_dbt(
    home: Path,
    *arguments: str,
    data_dir: Path | None = None,
    project: Path = ROOT,
    environment: dict[str, str] | None = None,
    file_size_max_bytes: int | None = None,
    is_fresh: bool = False,
    has_manifest: bool = False,
) -> ForkedRun | subprocess.Popen:
    """Start dbt in a process group of its own, with everything it writes under `home`.

    A fresh start has a new interpreter, whose order of sets is its own, and takes longer. Systems
    whose libraries do not survive a fork know nothing else. With `has_manifest` dbt parses the
    project, which takes longer too, and leaves its manifest in the target folder.
    """
    variables = os.environ | {
        "PARSPREAD_BUILD_DIR": str(home / "build"),
        "PARSPREAD_PUBLISH_DIR": str(home),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "PYTHONPATH": str((project if (project / "python").is_dir() else ROOT) / "python"),
    }
    variables.pop("PARSPREAD_DATA_DIR", None)
    if data_dir is not None:
        variables["PARSPREAD_DATA_DIR"] = str(data_dir)
    variables |= environment or {}
    command = ["--no-use-colors", *arguments]

    if sys.platform == "linux" and not is_fresh:
        is_late = not _vars_of_a_parse(arguments)
        is_as_parsed = project == ROOT and is_late and arguments[0] != "parse"
        return ForkedRun(
            {
                "arguments": command,
                "are_vars_late": is_late,
                "has_every_model": _has_every_model(project),
                "is_parsed": is_as_parsed and not has_manifest,
                "folder": str(project),
                "environment": variables,
                "file_size_max_bytes": file_size_max_bytes,
            }
        )

    def limit() -> None:
        if file_size_max_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size_max_bytes, file_size_max_bytes))

    return subprocess.Popen(
        [sys.executable, "-c", FRESH_DBT, *command],
        cwd=project,
        env=variables,
        preexec_fn=limit,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _has_every_model(project: Path) -> bool:
    """Return whether no model is missing: what is stacked would still be looked for."""
    files = (file.relative_to(ROOT) for file in (ROOT / "models").rglob("*.*"))
    return project == ROOT or all((project / file).exists() for file in files)


def _vars_of_a_parse(arguments: tuple[str, ...]) -> set[str]:
    """Return given vars that dbt reads when it parses: in YAML. In SQL it reads them at its run."""
    if "--vars" not in arguments:
        return set()
    given = yaml.safe_load(arguments[arguments.index("--vars") + 1])
    files = [f for folder in ("models", "seeds", "tests") for f in (ROOT / folder).rglob("*.yml")]
    read = re.findall(r"var\('(\w+)'", " ".join(file.read_text() for file in files))
    known = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
    is_sound = isinstance(given, dict) and given.keys() <= known.keys()
    return given.keys() & set(read) if is_sound else {"unknown"}


# Process groups of the runs at work, which end with the tests.
_RUNNING: set[int] = set()
# Whether this is the short run of a developer's loop: nothing is built.
_IS_FAST = os.environ.get("FAST_TESTS") == "1"


def run_dbt(home: Path, *arguments: str, **options: Any) -> Build:
    """Run dbt to its end; the options are those of `start_dbt`."""
    if _IS_FAST and arguments[0] != "parse":
        pytest.skip("needs a build, which make test-fast leaves to make test")
    process = start_dbt(home, *arguments, **options)
    _RUNNING.add(process.pid)
    output, _ = process.communicate()
    _RUNNING.discard(process.pid)
    return Build(home, process.returncode, output)


# Builds that several tests read, by the name of their fixture.
_BUILDERS: dict[str, Callable[[Path], Any]] = {}
# Those whose results the tests change: every process has its own.
_CHANGED = ("small_build",)
# A parse of the project, which the short run needs too.
_PARSED = "parsed_project"


def built_ahead(builder: Callable[[Path], Any]) -> Any:
    """Make a fixture of a function that builds in a folder; it is started before it is needed."""
    name = builder.__name__
    assert name not in _BUILDERS, f"two builds are called {name}"
    _BUILDERS[name] = builder

    @pytest.fixture(scope="session", name=name)
    def wait(tmp_path_factory: pytest.TempPathFactory) -> Any:
        if _IS_FAST and name != _PARSED:
            pytest.skip("needs a build, which make test-fast leaves to make test")
        folder = _build_folder(tmp_path_factory, name)
        _build_once(folder, name)
        while not (folder / "result").exists():
            time.sleep(0.1)
        result, reason, failure = pickle.loads((folder / "result").read_bytes())
        if reason:
            pytest.skip(reason)
        if failure:
            pytest.fail(f"the build {name} has failed:\n{failure}")
        return result

    return wait


def _build_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """Return the folder of a build, which all processes of one run of the tests share."""
    base = tmp_path_factory.getbasetemp()
    is_shared = "PYTEST_XDIST_WORKER" in os.environ and name not in _CHANGED
    return (base.parent if is_shared else base) / "builds" / name


def _build_once(folder: Path, name: str) -> None:
    """Build, unless another process or thread has begun; leave the result for all of them."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return
    # Texts, because not every exception can be written to a file.
    written = pickle.dumps((None, "", "its process has ended"))
    try:
        (folder / "home").mkdir()
        written = pickle.dumps((_BUILDERS[name](folder / "home"), "", ""))
    except pytest.skip.Exception as skipped:
        written = pickle.dumps((None, str(skipped), ""))
    except Exception:
        written = pickle.dumps((None, "", traceback.format_exc()))
    finally:
        (folder / "unfinished").write_bytes(written)
        (folder / "unfinished").rename(folder / "result")


@pytest.fixture(scope="session", autouse=True)
def _builds_ahead(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Build what the selected tests will ask for, one at a time in each process."""
    names = [n for item in request.session.items for n in getattr(item, "fixturenames", ())]
    wanted = [name for name in dict.fromkeys(names) if name in _BUILDERS]
    wanted = [name for name in wanted if name == _PARSED or not _IS_FAST]
    if wanted and not _IS_FAST and sys.platform == "linux":
        server()  # here, because two threads would start two
    worker = ThreadPoolExecutor(max_workers=1)
    for name in wanted:
        worker.submit(_build_once, _build_folder(tmp_path_factory, name), name)
    yield
    worker.shutdown(wait=False, cancel_futures=True)
    for group in list(_RUNNING):
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that wait for no shared build first, then each build's, in order of file.

    Tests that share a fixture of their module stay in one process; the longest of these begin
    first, so that no process waits for them at the end.
    """

    def place(item: pytest.Item) -> tuple[bool, bool]:
        waits = not _BUILDERS.keys().isdisjoint(getattr(item, "fixturenames", ()))
        return waits, item.path.name != "test_superset.py"

    items.sort(key=place)
    for item in items:
        fixtures = getattr(item, "_fixtureinfo", None)
        scopes = [f[-1].scope for f in fixtures.name2fixturedefs.values()] if fixtures else []
        if "module" in scopes:
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))


def find_shared() -> Path:
    """Return the reference folder beside the project, or skip."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the reference folder ../shared, which is not part of the project")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once per reason how many tests were skipped, so that dots are not all a user sees."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, count in Counter(report.longrepr[2] for report in skipped).items():
        terminalreporter.write_line(f"{count} tests skipped: {reason.removeprefix('Skipped: ')}")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Return the reference folder beside the project, or skip."""
    return find_shared()


@built_ahead
def parsed_project(home: Path) -> Path:
    """Return the file of what dbt makes of the project."""
    build = run_dbt(home, "parse", is_fresh=_IS_FAST)
    assert build.exit_code == 0, build.output
    return home / "target" / "manifest.json"


@pytest.fixture(scope="session")
def manifest(parsed_project: Path) -> dict[str, Any]:
    """Return what dbt makes of the project: every model, seed and source with its columns."""
    return json.loads(parsed_project.read_text())


@built_ahead
def sample(home: Path) -> Build:
    """Return the warehouse built from the committed sample, by a build that tests its SQL too."""
    build = run_dbt(home, "build", has_manifest=True, environment={"PARSPREAD_UNIT_TESTS": "yes"})
    assert build.exit_code == 0, build.output
    return build


# Of the bond desk the marts that are compared with what the replaced codes made.
COMPARED = (
    "bond_basis", "rating_basis", "basis_summary", "sample_attrition", "bond_screening",
    "treasury_curve", "cds_returns", "cds_portfolio_returns",
)  # fmt: skip


@built_ahead
def golden_warehouse(home: Path) -> Callable[[str], pd.DataFrame]:
    """Return a query on what is compared of the CDS-bond desk, of the reference vendor files."""
    data = find_shared() / "golden" / "basis" / "inputs"
    selected = ("--select", *(f"+fct_{name}" for name in COMPARED))
    build = run_dbt(home, "build", *NO_DATA_TESTS, *selected, data_dir=data)
    assert build.exit_code == 0, build.output[-3000:]
    return build.inner_frame


@built_ahead
def real_history(home: Path) -> Build:
    """Return the warehouse built from real CDX, VIX and ETF history."""
    build = run_dbt(home, "build", data_dir=find_shared() / "data" / "real_inputs")
    assert build.exit_code == 0, build.output
    return build


def copy_project(target: Path, *, has_python: bool = False) -> Path:
    """Copy the project to `target`, so that a test may edit its models or catalogs.

    It runs the Python of the project itself, which is compiled already, unless it has its own.
    """
    target.mkdir(parents=True)
    for name in ("models", "macros", "seeds", "tests/generic") + ("python",) * has_python:
        shutil.copytree(
            ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    for name in ("dbt_project.yml", "profiles.yml", "selectors.yml"):
        shutil.copy(ROOT / name, target / name)
    return target


def copy_project_with_tests(target: Path, *, has_python: bool = False) -> Path:
    """Copy the project with its data tests, for a build that is published."""
    copy_project(target, has_python=has_python)
    ignored = shutil.ignore_patterns("python", "__pycache__")
    shutil.copytree(ROOT / "tests", target / "tests", ignore=ignored, dirs_exist_ok=True)
    return target


def copy_models_behind(target: Path, manifest: dict[str, Any], *names: str) -> Path:
    """Copy the project with these models and all that they read only: it builds as a whole."""
    copy_project(target)
    nodes, parents = manifest["nodes"], manifest["parent_map"]
    wanted = [key for key, node in nodes.items() if node["name"] in names]
    kept: set[str] = set()
    while wanted:
        key = wanted.pop()
        kept.add(key)
        wanted += [parent for parent in parents.get(key, []) if parent not in kept]
    kept = {key.split(".")[-1] for key in kept}
    for file in (target / "models").rglob("*.*"):
        if file.stem[0] != "_" and file.stem not in kept:
            file.unlink()
    return target


def accept_losses(project: Path, *checks: str) -> Path:
    """Accept all losses of these checks, for a delivery that is made to lose rows."""
    with (project / "seeds" / "catalog" / "accepted_losses.csv").open("a") as catalog:
        until = datetime.date.today() + datetime.timedelta(days=300)
        catalog.writelines(f"{check},*,*,{until},made to be lost\n" for check in checks)
    return project


def remove_wing(project: Path) -> Path:
    """Delete the wing of a copy of the project."""
    for folder in [f for f in project.rglob(WING) if f.is_dir()]:
        shutil.rmtree(folder)
    return project


@built_ahead
def without_replicas(home: Path) -> Build:
    """Return a build of the sample by a copy of the project without the wing, by one thread."""
    project = remove_wing(copy_project_with_tests(home / "project"))
    environment = {"PARSPREAD_THREADS": "1"}
    build = run_dbt(home, "build", *NO_DATA_TESTS, project=project, environment=environment)
    assert build.exit_code == 0, build.output[-3000:]
    return build


# Of these files of the sample the date; the rows of the others have none.
DATE_COLUMNS = {
    "cdx": "date", "vix": "date", "etf": "date", "wrds_bond": "date", "cds_final": "date",
    "monthly_ts_data": "mcaldt", "fed_yield_curve": "Date",
}  # fmt: skip


def write_part(target: Path, first: str, last: str) -> Path:
    """Write the sample's rows from `first` to `last`, and every row of files without dates."""
    target.mkdir(parents=True)
    sample = ROOT / "seeds" / "sample"
    dated = DATE_COLUMNS | {"discount_curves": "date"}
    for name in (*dated, "issue_data", "RED_and_ISIN_mapping", "bond_terms"):
        (source,) = (path for path in sample.iterdir() if path.stem == name)
        rows = f"select * from '{source / '*.parquet' if source.is_dir() else source}'"
        if source.suffix == ".csv":
            rows = f"select * from read_csv('{source}', all_varchar = true)"
        if name in dated:
            rows += f" where try_cast({dated[name]} as date) between '{first}' and '{last}'"
        # Builds are prepared in threads, which may not share a connection.
        duckdb.default_connection().cursor().sql(
            f"copy ({rows}) to '{target / name}{source.suffix or '.parquet'}'"
        )
    return target


def copy_small_project(target: Path) -> Path:
    """Copy the project with the models of the build record only; it builds in seconds.

    Every source and catalog stays, and is checked, if not by data tests of the catalogs. The sample
    is a quarter of a year.
    """
    copy_project(target)
    shutil.rmtree(target / "seeds" / "sample")
    write_part(target / "seeds" / "sample", "2020-01-01", "2020-03-31")
    kept = re.compile("dim_build|dim_input_files|stg_build__.*|stg_market__index_quotes")
    for file in (target / "models").rglob("*.*"):
        if file.stem[0] != "_" and not kept.fullmatch(file.stem):
            file.unlink()
    settings, tests = target / "dbt_project.yml", "data_tests:\n  parspread:\n"
    before, after = settings.read_text().split(tests)
    settings.write_text(f"{before}{tests}    catalog: {{+enabled: false}}\n{after}")
    return target


@pytest.fixture
def at_project_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the check of the inputs find the catalogs, as it does within dbt."""
    monkeypatch.chdir(ROOT)


@built_ahead
def small_build(folder: Path) -> Path:
    """Return a folder with a small project and its published home in `kept`."""
    project, home = copy_small_project(folder / "small" / "project"), folder / "small" / "home"
    build = run_dbt(home, "build", project=project)
    assert build.exit_code == 0 and "published" in build.output, build.output
    shutil.copytree(folder / "small", folder / "kept", symlinks=True)
    return folder


@pytest.fixture
def small(small_build: Path) -> tuple[Path, Path]:
    """Return the small project and its published home, free to be spoilt.

    Always at the same place, where dbt knows the project as parsed: half of such a build.
    """
    place = small_build / "small"
    shutil.rmtree(place)
    shutil.copytree(small_build / "kept", place, symlinks=True)
    return place / "project", place / "home"
