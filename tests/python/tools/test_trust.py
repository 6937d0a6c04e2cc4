"""What a build promises whatever happens to it: a kill, a full disk, a second build, hostile input.

The small project has the whole path from the check of the inputs to the swap, with a few models, so
that a build takes seconds. Tests marked `trust` run the long version, most of them on the whole
project: `make trust`.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from test_settings import HOSTILE_VARS

from conftest import ROOT, Build, run_dbt, start_dbt
from escapes import READS, SETTINGS, WRITES

# Opens the release again and again; says how often, which builds it saw, and what was wrong.
READ = """
import json, sys, time
import duckdb
from pathlib import Path

home, stop = Path(sys.argv[1]), Path(sys.argv[2])
seen, wrong, read_count = [], [], 0
while not stop.exists():
    try:
        with duckdb.connect(str(home / "parspread.duckdb"), read_only=True) as connection:
            build = connection.execute("select build_id from quality.dim_build").fetchall()
            count = connection.execute("select count(*) from duckdb_tables()").fetchone()[0]
        read_count += 1
        if len(build) != 1 or count != int(sys.argv[3]):
            wrong.append(f"{build}, {count} tables")
        if build not in seen:
            seen.append(build)
        elif build != seen[-1]:
            wrong.append(f"went back to {build}")
    except Exception as problem:
        wrong.append(repr(problem))
    time.sleep(0.02)
print(json.dumps([read_count, len(seen), wrong]))
"""


def published_id(home: Path) -> str:
    """Return the build that readers see, after checking that file and folder agree on it."""
    with duckdb.connect(str(home / "parspread.duckdb"), read_only=True) as connection:
        ((build_id,),) = connection.sql("select build_id from quality.dim_build").fetchall()
    assert os.readlink(home / "releases" / "current") == build_id
    return build_id


def leftovers(home: Path) -> list[str]:
    """Return what a finished build must not leave behind."""
    return [
        path.name
        for folder in (home, home / "releases", home / "build")
        for path in folder.iterdir()
        if path.suffix in (".partial", ".new", ".wal", ".tmp")
    ]


def kill_builds(home: Path, project: Path, kill_count: int, longest_s: float) -> tuple[int, list]:
    """Kill builds at random moments after their first write, with a reader; then build in peace.

    Return how many kills came after the switch to a new release, and what the reader saw.
    """
    draw = random.Random(7)
    with duckdb.connect(str(home / "parspread.duckdb"), read_only=True) as connection:
        table_count = connection.execute("select count(*) from duckdb_tables()").fetchone()[0]
    stop = home / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", READ, str(home), str(stop), str(table_count)],
        stdout=subprocess.PIPE,
        text=True,
    )
    killed_count = newer_count = 0
    last = published_id(home)
    database = home / "build" / "parspread.duckdb"
    while killed_count < kill_count:
        before = database.stat().st_mtime_ns
        build = start_dbt(home, "build", project=project)
        while not database.exists() or database.stat().st_mtime_ns == before:
            assert build.poll() is None, "a build ended before its first write"
            time.sleep(0.02)
        try:
            build.communicate(timeout=draw.uniform(0, longest_s))
        except subprocess.TimeoutExpired:
            os.killpg(build.pid, signal.SIGKILL)
            build.communicate()
            killed_count += 1
            print(f"kill {killed_count}", flush=True)
        now = published_id(home)
        newer_count += now != last and build.returncode == -signal.SIGKILL
        last = now
    peaceful = run_dbt(home, "build", project=project)
    assert peaceful.exit_code == 0, peaceful.output
    assert published_id(home) != last and leftovers(home) == []
    stop.touch()
    answer, _ = reader.communicate(timeout=60)
    return newer_count, json.loads(answer)


def test_builds_killed_at_random_moments_harm_nobody(small: tuple[Path, Path]) -> None:
    """Three kills, one reader; the next build needs no clean-up."""
    project, home = small
    _, (read_count, _, wrong) = kill_builds(home, project, kill_count=3, longest_s=3)
    assert wrong == [] and read_count > 20


@pytest.mark.trust
def test_sixty_killed_builds_of_the_whole_project_harm_nobody(
    sample: Build, tmp_path: Path
) -> None:
    """The long version, over the whole length of a build."""
    home = tmp_path / "home"
    shutil.copytree(sample.home, home, symlinks=True)
    newer_count, (read_count, release_count, wrong) = kill_builds(
        home, ROOT, kill_count=int(os.environ.get("KILL_COUNT", "60")), longest_s=30
    )
    print(f"{newer_count} newer, {read_count} reads, {release_count} releases, wrong: {wrong}")
    assert wrong == [] and read_count > 1000


def test_a_second_build_is_refused_in_one_line(small: tuple[Path, Path]) -> None:
    """Whoever holds the lock goes on; the other one learns who that is."""
    project, home = small
    before = published_id(home)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from parspread_tools.publish import lock; "
            "lock.hold(Path(sys.argv[1])); print('held', flush=True); time.sleep(120)",
            str(home / "releases"),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT / "python")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    second = run_dbt(home, "build", project=project)
    holder.kill()
    holder.communicate()
    assert second.exit_code == 2 and "Traceback" not in second.output
    assert f"another build is at work in {home}/releases: process {holder.pid} " in second.output
    assert published_id(home) == before


@pytest.mark.trust
def test_of_two_builds_started_together_exactly_one_publishes(small: tuple[Path, Path]) -> None:
    """The same with two real builds."""
    project, home = small
    builds = [start_dbt(home, "build", project=project) for _ in range(2)]
    outputs = [build.communicate()[0] for build in builds]
    assert sorted(build.returncode for build in builds) == [0, 2], outputs
    assert sum("another build is at work" in output for output in outputs) == 1


def test_a_full_disk_ends_in_one_line_and_the_next_build_succeeds(
    small: tuple[Path, Path],
) -> None:
    """The release does not fit: readers keep the last one, and nothing is left over."""
    project, home = small
    before = published_id(home)
    full = run_dbt(home, "build", project=project, file_size_max_bytes=1_500_000)
    assert full.exit_code == 1 and "Traceback" not in full.output
    assert full.output.count("not published: the release could not be written") == 1
    assert "File too large); readers keep the last release; make room" in full.output
    assert published_id(home) == before
    assert not list((home / "releases").glob("*.partial"))
    again = run_dbt(home, "build", project=project)
    assert again.exit_code == 0 and published_id(home) != before and leftovers(home) == []


def test_a_full_disk_in_the_middle_of_the_models_harms_nobody(small: tuple[Path, Path]) -> None:
    """The build database does not fit; it is given up at once, and its room is free again."""
    project, home = small
    before = published_id(home)
    (project / "models" / "staging" / "planted.sql").write_text(
        "{{ config(materialized='table') }} select random() as one from range(3_000_000)"
    )
    full = run_dbt(home, "build", project=project, file_size_max_bytes=3_000_000)
    check_full_disk(home, full)
    assert full.output.splitlines()[-1].startswith(
        "not published: the disk of the build database is full (planted could not be written); "
        f"the database was removed; make room in {home}/build or build elsewhere with PARSPREAD_"
    )
    assert published_id(home) == before


@pytest.mark.trust
def test_a_full_disk_in_the_whole_project_harms_nobody(sample: Build, tmp_path: Path) -> None:
    """The engine itself has given up its database by then; the next build starts afresh."""
    home = tmp_path / "home"
    shutil.copytree(sample.home, home, symlinks=True)
    before = published_id(home)
    check_full_disk(home, run_dbt(home, "build", file_size_max_bytes=6_000_000))
    assert published_id(home) == before
    again = run_dbt(home, "build")
    assert again.exit_code == 0 and leftovers(home) == []


def check_full_disk(home: Path, full: Build) -> None:
    """Assert that a build ended with one line about its disk, and left nothing on it."""
    assert full.exit_code == 1 and "Traceback" not in full.output, full.output
    assert full.output.count("not published") == 1
    assert [file.name for file in (home / "build").iterdir()] == [".build.lock"]
    assert leftovers(home) == []


def test_an_interrupt_ends_in_one_line(small: tuple[Path, Path]) -> None:
    """Ctrl-C is no failure of the build: it has an exit code of its own, and no traceback."""
    project, home = small
    before, started = published_id(home), home / "started"
    (project / "models" / "staging" / "planted.py").write_text(
        "def model(dbt, session):\n"
        "    import pathlib, time\n"
        f"    pathlib.Path({str(started)!r}).touch()\n"
        "    time.sleep(60)\n"
        "    return session.sql('select 1 as one')\n"
    )
    build = start_dbt(home, "build", project=project, is_fresh=True)
    while not started.exists():
        assert build.poll() is None, build.communicate()
        time.sleep(0.1)
    os.kill(build.pid, signal.SIGINT)
    output, _ = build.communicate(timeout=30)
    assert build.returncode == 130 and "Traceback" not in output
    assert output.splitlines()[-1] == (
        "interrupted: nothing was published; readers keep the last release"
    )
    assert published_id(home) == before


def test_what_happens_around_the_switch_is_said_and_the_build_has_succeeded(
    small: tuple[Path, Path],
) -> None:
    """Rows that the day withholds, before and after; an old release that cannot be removed."""
    project, home = small
    before = published_id(home)
    for number in range(6):
        old = home / "releases" / f"{number:08x}-0000-4000-8000-000000000000"
        (old / "parspread.duckdb.tmp" / "duckdb_temp_0").mkdir(parents=True)
        (old / "parspread.duckdb").write_text("old")
        os.utime(old, (number, number))
    environment = {"PARSPREAD_AS_OF_DATE": "2020-03-30"}
    build = run_dbt(home, "build", project=project, environment=environment)
    assert build.exit_code == 0 and published_id(home) != before, build.output
    note = "as of 2020-03-30, rows dated or known later are withheld: cds_final "
    assert build.output.count(note) == 2 and " vix 1 of 62, " in build.output
    assert "left for desk" not in build.output
    (said,) = re.findall("published, but not everything was tidied up: (.*)", build.output)
    assert said.count("duckdb_temp_0: Is a directory; correct its permissions") == 3


def test_a_day_that_leaves_a_desk_empty_is_said(small: tuple[Path, Path]) -> None:
    """The clock of a machine may be years behind."""
    project, home = small
    build = run_dbt(
        home, "build", "-s", "dim_build", "--vars", "as_of_date: 2019-12-31", project=project
    )
    assert re.search(
        "as of 2019-12-31, rows .* are withheld: .*, vix 62 of 62, .*; nothing is left for desk "
        "cds_bond, cdx_overlay, whose tables are built empty; if that is not meant, correct "
        "as_of_date or the clock of this machine\n",
        build.output,
    ), build.output


def test_a_build_in_the_folder_of_its_readers_is_refused(small: tuple[Path, Path]) -> None:
    """It would clear away what they have open, and whatever else begins with the same name."""
    project, home = small
    before = published_id(home)
    (home / "parspread.duckdb.notes.txt").write_text("mine")
    apart = "one holds the files of the other; choose a build folder of its own"
    no_folder = "cannot be written (Not a directory); correct its permissions, or choose folders"
    for folder, words in (
        (home, apart),
        (home / "releases" / "current", apart),
        (home / "parspread.duckdb.notes.txt" / "build", no_folder),
    ):
        environment = {"PARSPREAD_BUILD_DIR": str(folder)}
        build = run_dbt(home, "build", project=project, environment=environment)
        assert build.exit_code == 2 and "START" not in build.output
        assert words in build.output and "Traceback" not in build.output
    assert published_id(home) == before
    assert (home / "parspread.duckdb.notes.txt").read_text() == "mine"


# Without this capability, from the next exec on, root may not write everywhere either.
UNABLE = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.mark.parametrize("place", ["home", "releases"])
def test_a_folder_that_may_not_be_written_is_said(small: tuple[Path, Path], place: str) -> None:
    """Before anything is built, with what to do about it; readers keep what they have."""
    project, home = small
    before = published_id(home)
    (home / "releases" / ".build.lock").unlink()
    closed = home / "releases"
    if place == "home":
        closed = home / "new"
        closed.mkdir()
    closed.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", UNABLE, "-m", "dbt.cli.main", "--no-use-colors", "build"],
        cwd=project,
        env=os.environ
        | {
            "PARSPREAD_BUILD_DIR": str(home / "build"),
            "PARSPREAD_PUBLISH_DIR": str(closed if place == "home" else home),
            "DBT_TARGET_PATH": str(home / "target"),
            "DBT_LOG_PATH": str(home / "logs"),
            "PYTHONPATH": str(ROOT / "python"),
        },
        capture_output=True,
        text=True,
    )
    closed.chmod(0o755)
    assert done.returncode == 2 and "Traceback" not in done.stdout + done.stderr, done.stdout
    assert (
        "cannot be written (Permission denied); correct its permissions, or choose" in done.stdout
    )
    assert "START" not in done.stdout and published_id(home) == before


def test_a_failed_test_or_a_partial_build_changes_nothing(small: tuple[Path, Path]) -> None:
    """Write, audit, publish: the audit decides."""
    project, home = small
    before = published_id(home), (home / "parspread.duckdb").read_bytes()
    partial = run_dbt(home, "build", "--select", "stg_market__index_quotes", project=project)
    assert partial.exit_code == 0 and "not published: a partial build" in partial.output

    (project / "tests" / "planted_defect.sql").write_text("select 1 as found")
    failed = run_dbt(home, "build", project=project)
    assert failed.exit_code == 1
    assert "not published: 1 not passed: planted_defect" in failed.output
    assert (published_id(home), (home / "parspread.duckdb").read_bytes()) == before


@pytest.mark.trust
@pytest.mark.parametrize("limit", ["a quarter", "300MB"])
def test_little_memory_is_enough_or_ends_in_one_line(
    sample: Build, tmp_path: Path, limit: str
) -> None:
    """A quarter of what a build takes by default, and far too little for the sample."""
    home = tmp_path / "home"
    shutil.copytree(sample.home, home, symlinks=True)
    before = published_id(home)
    if limit == "a quarter":
        with duckdb.connect() as connection:
            limits = "select value from duckdb_settings() where name = 'memory_limit'"
            size, unit = connection.execute(limits).fetchone()[0].split()
        limit = f"{float(size) * {'MiB': 1, 'GiB': 1024}[unit] / 4:.0f}MB"
    build = run_dbt(home, "build", environment={"PARSPREAD_MEMORY_LIMIT": limit})
    print(limit, build.exit_code)
    assert "Traceback" not in build.output and leftovers(home) == []
    assert (published_id(home) == before) == (build.exit_code == 1)
    if build.exit_code == 1:
        assert build.output.count("not published: the memory limit is too low for ") == 1
        assert "; raise PARSPREAD_MEMORY_LIMIT" in build.output
    else:
        assert build.exit_code == 0
    assert limit != "300MB" or build.exit_code == 1


def test_inputs_that_change_during_a_build_are_not_published(small: tuple[Path, Path]) -> None:
    """A delivery that is still being copied would be half old, half new.

    This one has its bytes and its time again before the build ends.
    """
    project, home = small
    data = home.parent / "vendor"
    shutil.copytree(project / "seeds" / "sample", data)
    before = published_id(home)
    (project / "models" / "staging" / "planted.py").write_text(
        "def model(dbt, session):\n"
        "    dbt.config(materialized='table', contract={'enforced': False})\n"
        "    import os, pathlib\n"
        f"    file = pathlib.Path({str(data / 'vix.csv')!r})\n"
        "    before, state = file.read_text(), file.stat()\n"
        "    for text in (before.replace(',1', ',2'), before):\n"
        "        file.write_text(text)\n"
        "    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))\n"
        "    return session.sql('select 1 as one')\n"
    )
    build = run_dbt(home, "build", project=project, data_dir=data)
    assert build.exit_code == 1, build.output
    assert f"not published: {data}/vix.csv changed during the build" in build.output
    assert published_id(home) == before


def test_a_warning_keeps_a_build_from_being_published_unless_it_is_named(
    small: tuple[Path, Path],
) -> None:
    """A warning that nobody has to look at is no test."""
    project, home = small
    before = published_id(home)
    (project / "tests" / "planted_warning.sql").write_text(
        "{{ config(severity='warn') }}\nselect 1 as found"
    )
    warned = run_dbt(home, "build", project=project)
    assert warned.exit_code == 1 and "a warning keeps a build from being published" in warned.output
    assert 'planted_warning is broken on 1 row: {"found":1}' in warned.output
    assert "not published: 1 not passed: planted_warning (warn)" in warned.output
    assert published_id(home) == before
    allowed = run_dbt(
        home, "build", "--vars", "allowed_warnings: [planted_warning]", project=project
    )
    assert allowed.exit_code == 0 and published_id(home) != before


TWO_ROWS = "select * from (values (1, 'ok', 0.5), (2, 'ok', 0.7)) as two (id, status, share)"
RULES = """
models:
  - name: planted
    config: {{meta: {{grain: [{grain}]}}}}
    data_tests: [rules: {{name: planted__rules, arguments: {arguments}}}]
"""
UNIT_TEST = """
unit_tests:
  - name: planted__doubles
    model: planted
    config: {enabled: true}
    given: [{input: ref('dim_input_files'), rows: [{file_name: one}]}]
    expect: {rows: [{file_count: 2}]}
"""
CONTRACT = """
models:
  - name: planted
    config: {materialized: table, contract: {enforced: true}}
    columns: [{name: id, data_type: date}, {name: status, data_type: varchar}]
"""
# One fault of each kind that a build can meet: files of the project, the nodes that must fail and
# what the console says of broken rows.
MODEL = "models/staging/planted.sql"
FAULTS: dict[str, tuple[dict[str, str], list[str]]] = {
    kind: (
        {MODEL: TWO_ROWS, "models/planted.yml": RULES.format(grain=grain, arguments=given)},
        ["planted__rules (fail)", f"planted__{kind} is broken on "],
    )
    for kind, grain, given in (
        ("grain", "status", "{}"),
        ("holds", "id", "{holds: {planted__holds: share < 0.6}}"),
        ("ranges", "id", "{ranges: {planted__ranges: {share: [0, 0.6]}}}"),
        (
            "null_needs_status",
            "id",
            "{null_needs_status: {planted__null_needs_status: [share, upper(status)]}}",
        ),
    )
} | {
    "a singular test": (
        {"tests/planted.sql": "select * from {{ ref('dim_build') }}"},
        ["planted (fail)", "planted is broken on 1 row: {"],
    ),
    "a test that cannot be read": (
        {"tests/planted.sql": "select no_such_column from {{ ref('dim_build') }}"},
        ["planted (error)"],
    ),
    "a unit test": (
        {
            MODEL: "select count(*) as file_count from {{ ref('dim_input_files') }}",
            "models/planted.yml": UNIT_TEST,
        },
        ["planted__doubles (fail)", "planted (skipped)"],
    ),
    "a contract": ({MODEL: TWO_ROWS, "models/planted.yml": CONTRACT}, ["planted (error)"]),
    "a model in SQL": (
        {MODEL: "{{ config(materialized='table') }} select error('planted')"},
        ["planted (error)"],
    ),
    "a model in Python": (
        {"models/staging/planted.py": "def model(dbt, session):\n    return 1 / 0\n"},
        ["planted (error)"],
    ),
    "a seed": (
        {
            "seeds/planted.csv": "id\nx\n",
            "seeds/planted.yml": "seeds: [{name: planted, config: {column_types: {id: date}}}]",
        },
        ["planted (error)"],
    ),
}


@pytest.mark.trust
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_of_any_kind_leaves_the_release_untouched(
    small: tuple[Path, Path], kind: str
) -> None:
    """The gate acts on what dbt reports; test_data_tests.py shows that every data test reports."""
    project, home = small
    files, failed = FAULTS[kind]
    for name, content in files.items():
        (project / name).write_text(content)
    check_refused(project, home, failed)


@pytest.mark.trust
def test_a_fault_in_a_macro_leaves_the_release_untouched(small: tuple[Path, Path]) -> None:
    """The project's own singular tests of its macros, each macro spoilt a little."""
    project, home = small
    shutil.copytree(ROOT / "tests" / "macros", project / "tests" / "macros")
    for name, old, new in (
        ("units/weekday_number.sql", "7.0", "6.0"),
        ("signals/rolling_deviation.sql", "stddev_samp", "stddev_pop"),
        ("signals/shaped_signal.sql", "then 0.0", "then 0.1"),
    ):
        macro = project / "macros" / name
        assert old in macro.read_text()
        macro.write_text(macro.read_text().replace(old, new))
    tests = [f"{file.stem} (fail)" for file in (project / "tests" / "macros").glob("*.sql")]
    assert len(tests) == 3
    check_refused(project, home, tests)


def check_refused(project: Path, home: Path, failed: list[str]) -> None:
    """Build; assert that it fails, says these words, and readers see no change."""
    before = published_id(home), (home / "parspread.duckdb").read_bytes()
    build = run_dbt(home, "build", project=project)
    (line,) = [line for line in build.output.splitlines() if "not published: " in line]
    assert build.exit_code == 1, build.output
    assert all(words in (line if "(" in words else build.output) for words in failed), line
    assert f"not published: {len(line.split(', '))} not passed: " in line
    assert (published_id(home), (home / "parspread.duckdb").read_bytes()) == before
    assert leftovers(home) == []


EXIT_CODES: dict[str, tuple[int, list[str], str]] = {
    "a part was built": (0, ["build", "--select", "dim_build"], "not published: a partial build"),
    "a run": (0, ["run", "--select", "dim_build"], "not published: dbt run tests nothing"),
    "a misspelt selection": (2, ["build", "--select", "dim_biuld"], "'dim_biuld' does not match"),
    "an unknown var": (2, ["build", "--vars", "min_trade_cuont: 3"], "mean min_trade_count?"),
}
MORE_EXIT_CODES: dict[str, tuple[int, list[str], str]] = {
    "a misspelt exclusion": (2, ["build", "--exclude", "typo"], "'typo' does not match"),
    "an unknown selector": (2, ["build", "--selector", "typo"], "Could not find selector"),
    "nothing left to do": (
        2,
        ["build", "--select", "dim_build", "--exclude", "dim_build"],
        "Nothing to do",
    ),
    "a wrong value": (2, ["build", "--vars", "min_trade_count: x"], "a whole number from 0"),
    "no data folder": (2, ["build", "--vars", "data_dir: nowhere"], "must name a folder"),
    "an unknown command": (2, ["biuld"], "Did you mean 'build'?"),
}


@pytest.mark.parametrize(
    "case",
    [*EXIT_CODES, *(pytest.param(case, marks=pytest.mark.trust) for case in MORE_EXIT_CODES)],
)
def test_exit_codes_mean_what_the_page_says(small: tuple[Path, Path], case: str) -> None:
    """A scheduler acts on the code; what was not built must not look like success."""
    project, home = small
    code, arguments, words = (EXIT_CODES | MORE_EXIT_CODES)[case]
    before = published_id(home)
    build = run_dbt(home, *arguments, project=project)
    assert (build.exit_code, words in build.output) == (code, True), build.output
    assert "Traceback" not in build.output and published_id(home) == before


def test_a_file_of_somebody_else_stops_the_build_before_it_starts(
    small: tuple[Path, Path],
) -> None:
    """Half an hour of models first, and the refusal then, would help nobody."""
    project, home = small
    (home / "parspread.duckdb").unlink()
    (home / "parspread.duckdb").write_text("mine")
    build = run_dbt(home, "build", project=project)
    assert build.exit_code == 2 and "START" not in build.output
    assert "it is somebody else's file; move it away" in build.output
    assert (home / "parspread.duckdb").read_text() == "mine"


def test_sql_of_a_build_reaches_no_file_outside_its_folders(small: tuple[Path, Path]) -> None:
    """Whatever ends up in a statement, the engine refuses to leave, and cannot be talked round."""
    project, home = small
    outside = home.parent / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("secret\n42\n")
    linked = home.parent / "vendor"
    shutil.copytree(project / "seeds" / "sample", linked)
    (linked / "link.csv").symlink_to(outside / "secret.csv")
    escapes = [
        escape.format(outside=outside / "secret.csv", folder=outside)
        for escape in (*READS, *SETTINGS, *WRITES)
        if escape not in WRITES or "{" in escape  # a build writes its own tables
    ]
    escapes.append(f"select * from read_csv('{linked}/link.csv')")
    escapes.append(f"select * from read_csv('{linked}/../outside/secret.csv')")
    for number, escape in enumerate(escapes):
        (project / "tests" / f"escape_{number}.sql").write_text(
            "{% if execute %}{% do run_query(" + json.dumps(escape) + ") %}{% endif %}\n"
            "select 1 as found where false"
        )
    build = run_dbt(
        home, "test", "--select", "test_type:singular", project=project, data_dir=linked
    )
    results = json.loads((home / "target" / "run_results.json").read_text())["results"]
    status = {r["unique_id"].split(".")[2]: r["status"] for r in results}
    refused = {name for name, word in status.items() if word == "error"}
    assert refused >= {f"escape_{number}" for number in range(len(escapes))}, build.output
    assert [file.name for file in outside.iterdir()] == ["secret.csv"]


def test_odd_names_and_secrets_do_no_harm(small: tuple[Path, Path]) -> None:
    """Quotes in a path or a catalog stay text; nothing published names a person or a secret."""
    project, home = small
    for folder in ("releases", "logs", "target", "build"):
        shutil.rmtree(home / folder)
    name = "it's; drop table catalog.signals; --"
    data = home.parent / "canary-person" / name
    shutil.copytree(project / "seeds" / "sample", data)
    catalog = project / "seeds" / "catalog" / "strategies.csv"
    header, first, rest = catalog.read_text().split("\n", 2)
    hostile = "x'); attach '/tmp/stolen' as stolen; --"
    described = first.replace("The notebook as it stands", hostile)
    catalog.write_text("\n".join([header, described, rest]))
    build = run_dbt(
        home,
        "build",
        project=project,
        data_dir=data,
        environment={
            "DBT_ENV_SECRET_TOKEN": "canary-secret",
            "AWS_SECRET_ACCESS_KEY": "canary-secret",
        },
    )
    assert build.exit_code == 0, build.output
    assert build.query("select data_dir from quality.dim_build") == [(name,)]
    descriptions = build.query("select description from catalog.strategies")
    assert (hostile,) in descriptions
    found: dict[str, set[str]] = {"canary-secret": set(), "canary-person": set()}
    for file in [path for path in home.rglob("*") if path.is_file()]:
        for canary in found:
            if canary.encode() in file.read_bytes():
                found[canary].add(file.name)
    assert found["canary-secret"] == set()
    # Only the builder's own working files say where the data lies: its database, cache and log.
    working = {"dbt.log", "partial_parse.msgpack"}
    assert found["canary-person"] - working == {"parspread.duckdb"}
    release = (home / "parspread.duckdb").read_bytes()
    assert b"canary-person" not in release


@pytest.mark.trust
def test_no_hostile_var_gets_past_the_command_line(small: tuple[Path, Path]) -> None:
    """Every hostile value through dbt itself: refused, nothing written, exit code 2."""
    project, home = small
    before = published_id(home)
    outside = sorted(path.name for path in home.parent.iterdir())
    for name, value in HOSTILE_VARS:
        build = run_dbt(home, "build", "--vars", json.dumps({name: value}), project=project)
        assert build.exit_code == 2 and "START" not in build.output, (name, value, build.output)
    assert published_id(home) == before
    assert sorted(path.name for path in home.parent.iterdir()) == outside


def test_a_sound_build_warns_of_nothing(sample: Build) -> None:
    """Where warnings are usual nobody reads the one that counts."""
    assert re.findall("(?i).*warning.*", sample.output) == []


@pytest.mark.trust
def test_building_again_changes_nothing_and_takes_no_more_room(
    sample: Build, small: tuple[Path, Path], tmp_path: Path
) -> None:
    """The whole project twice more in its own home, and the small one ten times."""
    whole = tmp_path / "whole"
    shutil.copytree(sample.home, whole, symlinks=True)
    content = "from quality.fct_table_fingerprints order by all"
    for home, project, count in ((whole, ROOT, 2), (small[1], small[0], 10)):
        files = (home / "parspread.duckdb", home / "build" / "parspread.duckdb")
        before = [file.stat().st_size for file in files]
        for _ in range(count):
            build = run_dbt(home, "build", project=project)
            assert build.exit_code == 0, build.output
            after = [file.stat().st_size for file in files]
            print(before, after)
            assert all(new <= 1.1 * old for new, old in zip(after, before, strict=True))
        if home == whole:
            assert build.query(content) == sample.query(content) and len(build.query(content)) > 40


@pytest.mark.trust
@pytest.mark.parametrize("step", ["staged", "half_copied", "committed", "renamed", "switched"])
def test_a_build_killed_while_it_publishes_harms_nobody(
    small: tuple[Path, Path], step: str
) -> None:
    """The steps of the publication within a real build; test_publication.py has every step."""
    project, home = small
    before = published_id(home)
    killed = run_dbt(home, "build", project=project, environment={"CRASH_AT": step})
    assert killed.exit_code == -signal.SIGKILL
    assert (published_id(home) != before) == (step == "switched")
    again = run_dbt(home, "build", project=project)
    assert again.exit_code == 0 and leftovers(home) == []


def test_every_test_that_the_page_names_exists() -> None:
    """A promise whose test was renamed is a promise without one."""
    named = set(re.findall(r"\btest_\w+", (ROOT / "docs" / "trust.md").read_text()))
    tests = {file.stem: file.read_text() for file in (ROOT / "tests" / "python").rglob("test_*.py")}
    functions = set(re.findall(r"^def (test_\w+)", "\n".join(tests.values()), flags=re.M))
    assert len(named) > 15 and named - functions - tests.keys() == set()
