"""Would a test notice? Plant one believable mistake at a time and see what fails.

A mutation is an entry of `sql.toml` or `python.toml`: a file, the exact text before and after, and
what it breaks in words. Each is planted in a copy of the project, never in the project itself.

Then pytest runs the tests that the entry names, cheapest first: for Python after the doctests of
the file, for SQL before a full build of the sample with its data tests. The mutation is killed by
the first test that fails; a build in which a data test fails is one. Otherwise it survives. A
survivor is a missing test, or it changes nothing that anybody reads: then `survives` says why.

`pytest -m trust tests/python/mutations` runs all, `-k NAME` one, `-rs` tells what was skipped.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import ROOT, copy_project

HERE = Path(__file__).parent
MIN_MUTATION_COUNT = 50
MAX_SURVIVOR_SHARE = 0.1
TIMEOUT_SECONDS = 1800  # a mistake that makes a solver run forever is noticed too
NOTICED = re.compile(r"^(FAILED|ERROR) (.+?)(?: - .*)?$", re.M)
NOTICED_BY_DBT = re.compile(
    r"(\w+(?= is broken on )|(?<=Failure in )\w+ \w+|(?<=Error in )\w+ \w+)"
)
# Builds the sample with every data test.
SAMPLE = (
    "tests/python/project/test_deterministic_sql.py"
    "::test_compiled_models_do_not_depend_on_the_order_of_rows"
)


@dataclass(frozen=True)
class Mutation:
    """One planted mistake, as in the tables; `survives` is empty, or why no test can notice it."""

    name: str
    breaks: str
    file: str
    before: str
    after: str
    tests: list[str]
    survives: str = ""

    @property
    def targets(self) -> list[str]:
        """What pytest is asked to run, in this order."""
        is_sql = self.file.startswith(("models/", "macros/"))
        return [*self.tests, SAMPLE] if is_sql else [self.file, *self.tests]


@dataclass(frozen=True)
class Outcome:
    """Which test noticed a mutation, through which data test, and whether one was skipped."""

    test: str
    data_test: str = ""
    has_skipped: bool = False


def mutations() -> list[Mutation]:
    """Return both tables."""
    tables = [tomllib.loads((HERE / f"{name}.toml").read_text()) for name in ("sql", "python")]
    return [Mutation(**entry) for table in tables for entry in table["mutation"]]


MUTATIONS = mutations()


# --- In every test run: the tables fit the project ------------------------------------------------


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_the_text_before_stands_exactly_once(mutation: Mutation) -> None:
    """A table that no longer fits the code would measure nothing."""
    assert (ROOT / mutation.file).read_text().count(mutation.before) == 1, mutation.file
    assert mutation.before != mutation.after
    for target in [*mutation.tests, SAMPLE]:
        file, _, name = target.partition("::")
        assert f"def {name}" in (ROOT / file).read_text(), target


def test_there_are_many_mutations_and_few_known_survivors() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= MIN_MUTATION_COUNT
    survivors = [mutation.name for mutation in MUTATIONS if mutation.survives]
    assert len(survivors) <= MAX_SURVIVOR_SHARE * len(MUTATIONS), survivors


# --- On demand: every mutation is planted ---------------------------------------------------------


class Workspace:
    """A copy of the project in which one mutation at a time is planted."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.project = copy_project(home / "main", has_python=True)
        for name in ("tests", "docs"):
            shutil.copytree(ROOT / name, self.project / name, dirs_exist_ok=True)
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, self.project / name)
        if (ROOT.parent / "shared").is_dir():
            (home / "shared").symlink_to(ROOT.parent / "shared")

    def plant(self, mutation: Mutation) -> Outcome:
        """Plant `mutation`, ask the tests, and take it out again."""
        file = self.project / mutation.file
        original = file.read_text()
        file.write_text(original.replace(mutation.before, mutation.after))
        try:
            return self.ask(mutation.targets)
        finally:
            file.write_text(original)

    def ask(self, targets: list[str]) -> Outcome:
        """Run the tests `targets`, one after the other, until one fails."""
        has_skipped = False
        for target in targets:
            # Apart, because a run of pytest starts with the builds that all its tests will need.
            outcome = self.run_pytest([target])
            has_skipped |= outcome.has_skipped
            if outcome.test:
                return outcome
        return Outcome("", has_skipped=has_skipped)

    def run_pytest(self, targets: list[str]) -> Outcome:
        """Run pytest on `targets` until a test fails."""
        shutil.rmtree(self.project / ".hypothesis", ignore_errors=True)
        command = [sys.executable, "-m", "pytest", "-x", "--hypothesis-seed=0"]
        command += ["-p", "no:cacheprovider", f"--basetemp={self.home / 'pytest'}", *targets]
        variables = {"PYTHONPATH": str(self.project / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                command,
                cwd=self.project,
                env=os.environ | variables,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return Outcome("timeout")
        noticed = NOTICED.search(done.stdout)
        # Anything but a test that passed or failed, such as a file that cannot be imported. But a
        # kernel without an example in its docstrings has nothing to run.
        is_kernel = targets[0].startswith("python/")
        nothing_ran = is_kernel and done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED
        assert nothing_ran or done.returncode == bool(noticed), done.stdout + done.stderr
        if noticed is None:
            return Outcome("", has_skipped=" skipped" in done.stdout.splitlines()[-1])
        # A fixture that failed is a build, whose output says which data test it was.
        data_test = NOTICED_BY_DBT.search(done.stdout) if noticed.group(1) == "ERROR" else None
        return Outcome(noticed.group(2), data_test.group(1) if data_test else "")


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Outcome]]]:
    """Plant the selected mutations, as many at once as there are processors; print each outcome."""
    chosen = [
        item.callspec.params["mutation"]
        for item in request.session.items
        if item.originalname == test_a_mutation_is_noticed.__name__
    ]
    worker_count = min(os.cpu_count() or 1, len(chosen))
    free: queue.SimpleQueue[Workspace] = queue.SimpleQueue()
    for _ in range(worker_count):
        free.put(Workspace(tmp_path_factory.mktemp("mutated")))
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")

    def plant(mutation: Mutation) -> Outcome:
        space = free.get()
        start = time.monotonic()
        try:
            outcome = space.plant(mutation)
        finally:
            free.put(space)
        seen = " ".join(filter(None, (outcome.test, outcome.data_test))) or "SURVIVED"
        reporter.write_line(f"{time.monotonic() - start:5.0f} s  {mutation.name}: {seen}")
        return outcome

    pool = ThreadPoolExecutor(worker_count)
    yield {mutation.name: pool.submit(plant, mutation) for mutation in chosen}
    pool.shutdown(cancel_futures=True)


@pytest.mark.trust
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_mutation_is_noticed(mutation: Mutation, outcomes: dict[str, Future[Outcome]]) -> None:
    outcome = outcomes[mutation.name].result()
    if not outcome.test and outcome.has_skipped and not mutation.survives:
        pytest.skip("only tests on the reference folder ../shared may notice it")
    assert (outcome.test == "") == (mutation.survives != ""), mutation.breaks


@pytest.mark.trust
def test_what_noticed_a_mutation_passes_without_it(
    outcomes: dict[str, Future[Outcome]], tmp_path: Path
) -> None:
    """A test that fails on the project as it is would kill everything."""
    noticed = {outcome.result().test for outcome in outcomes.values()} - {"", "timeout"}
    assert Workspace(tmp_path).run_pytest(sorted(noticed)).test == ""
