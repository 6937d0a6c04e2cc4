"""Readers see a whole, tested build or the one before it, never anything else."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT
from crash_steps import CALLS, STATEMENTS, STEPS
from parspread_tools.publish import lock, release
from parspread_tools.publish.lock import NotPublished


def build_id(number: int) -> str:
    """Return an id as dbt gives one to a run."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def fake_release(home: Path, number: int) -> Path:
    """Stage and publish a release that holds its own number."""
    path = release.stage(home, build_id(number))
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table name as select {number} as number")
    assert release.swap(home, build_id(number)) == []
    return home / "parspread.duckdb"


def published_number(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql("select number from name").fetchall()[0][0]


def test_a_release_is_read_only_and_found_under_one_name(tmp_path: Path) -> None:
    """A BI tool that opens it for writing must not be able to change it."""
    path = fake_release(tmp_path, 1)
    assert path == tmp_path / "parspread.duckdb" and published_number(path) == 1
    assert path.stat().st_mode & 0o222 == 0
    assert os.readlink(tmp_path / "releases" / "current") == build_id(1)


def test_an_open_reader_keeps_its_release_and_a_new_one_sees_the_next(tmp_path: Path) -> None:
    """Readers never wait and never see a mixture."""
    path = fake_release(tmp_path, 1)
    with duckdb.connect(str(path), read_only=True) as reader:
        fake_release(tmp_path, 2)
        assert reader.sql("select number from name").fetchall() == [(1,)]
    assert published_number(path) == 2


def test_readers_find_a_release_between_any_two_lines_of_the_swap(tmp_path: Path) -> None:
    """Whatever line a publication has reached, the name that readers open leads somewhere."""
    path = fake_release(tmp_path, 1)
    seen, missing = set(), []

    def look(frame, event: str, argument):
        if frame.f_code.co_filename != release.__file__:
            return None
        seen.add(frame.f_lineno)
        if not path.exists():
            missing.append(frame.f_lineno)
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        fake_release(tmp_path, 2)
    finally:
        sys.settrace(before)
    assert missing == [] and len(seen) > 20 and published_number(path) == 2


def test_the_last_releases_are_kept_and_one_link_goes_back(tmp_path: Path) -> None:
    """A roll-back is one link."""
    for number in range(release.KEPT_RELEASES + 2):
        path = fake_release(tmp_path, number)
        os.utime(tmp_path / "releases" / build_id(number), (number, number))
    kept = sorted(f.name for f in (tmp_path / "releases").iterdir() if not f.is_symlink())
    assert kept == [build_id(n) for n in range(2, release.KEPT_RELEASES + 2)]
    release._point(tmp_path / "releases" / "current", Path(build_id(3)))
    assert published_number(path) == 3


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_none_is_not_published(tmp_path: Path, value: str) -> None:
    """NaN is larger than every number in SQL; readers get null and a status, or nothing new."""
    path = fake_release(tmp_path, 1)
    described = {"description": "", "columns": {}}
    tables = [{"schema": "main", "name": name, **described} for name in ("good", "bad")]
    with duckdb.connect() as connection:
        connection.execute("create table good as select 1.5 as price, 'nan' as word")
        connection.execute(f"create table bad as select '{value}'::float as spread_bps, 1.0 as z")
        # Not to be published, so nobody's business.
        connection.execute("create table own as select 'nan'::double as price")
        release.check_numbers(connection, tables[:1])
        with pytest.raises(NotPublished, match=r"1 columns: main.bad.spread_bps \(1 r"):
            release.publish(connection, tmp_path, build_id(2), tables)
    assert published_number(path) == 1 and not list(tmp_path.rglob("*.partial"))


def test_views_are_of_the_release_or_nothing_is_published(tmp_path: Path) -> None:
    """A view reads the tables of its own release, also where that is attached; so do comments."""
    table = {"schema": "main", "name": "one", "description": "", "columns": {}}
    view = {"name": "total", "description": "Sum.", "columns": {"z": "Of all."}}
    view["sql"] = "select sum(number) as z from main.one"
    with duckdb.connect() as connection:
        connection.execute("create table one as select 1 as number")
        release.publish(connection, tmp_path, build_id(1), [table], views=[view])
        bad = view | {"sql": "select sum(nothing) as z from main.one"}
        with pytest.raises(NotPublished, match="nothing"):
            release.publish(connection, tmp_path, build_id(2), [table], views=[bad])
        connection.execute(f"attach '{tmp_path / 'parspread.duckdb'}' as other (read_only)")
        connection.execute("update one set number = 2")
        assert connection.execute("from other.metrics.total").fetchall() == [(1,)]
        found = "from duckdb_views() where view_name = 'total'"
        assert connection.execute(f"select comment {found}").fetchall() == [("Sum.",)]
        found = "from duckdb_columns() where table_name = 'total'"
        assert connection.execute(f"select comment {found}").fetchall() == [("Of all.",)]
    assert not list(tmp_path.rglob("*.partial"))


def test_a_release_does_not_grow_with_its_number(tmp_path: Path) -> None:
    """Each is written from nothing: what was deleted long ago takes no room."""
    described = {"description": "", "columns": {}}
    sizes = []
    with duckdb.connect() as connection:
        connection.execute("create table one as select range as number from range(300_000)")
        for number in range(11):
            tables = [{"schema": "main", "name": "one", **described}]
            release.publish(connection, tmp_path, build_id(number), tables)
            sizes.append((tmp_path / "parspread.duckdb").stat().st_size)
    assert max(sizes) <= 1.1 * sizes[0] and sizes[0] > 100_000


def test_a_leftover_of_a_killed_build_is_swept(tmp_path: Path) -> None:
    """A crash between staging and swapping leaves nothing in the way of the next build."""
    leftover = release.stage(tmp_path, build_id(1))
    leftover.write_bytes(b"half a file")
    fake_release(tmp_path, 3)
    assert not leftover.parent.exists()


@pytest.mark.parametrize("name", ["backup of march", "x.partial", build_id(99)])
@pytest.mark.parametrize("kind", ["folder", "file", "release", "link"])
def test_what_is_not_ours_stays_in_releases(tmp_path: Path, name: str, kind: str) -> None:
    """Six publications go by; even a release is somebody's own once it was renamed or added to."""
    place = tmp_path / "releases" / name
    path = fake_release(tmp_path, 0)
    if kind == "file":
        place.write_text("theirs")
    elif kind == "link":
        (tmp_path / "elsewhere").mkdir()
        place.symlink_to(tmp_path / "elsewhere")
    else:
        place.mkdir()
        (place / "parspread.duckdb").write_text("theirs")
        if kind == "folder":
            (place / "notes.txt").write_text("theirs")
        elif release.BUILD_ID.fullmatch(name):
            (place / "parspread.duckdb.tmp").mkdir()
            (place / "parspread.duckdb.tmp" / "notes.txt").write_text("theirs")
        os.utime(place, (0, 0))
    before = sorted(place.rglob("*")), place.lstat().st_mtime_ns
    for number in range(1, release.KEPT_RELEASES + 2):
        fake_release(tmp_path, number)
    assert (sorted(place.rglob("*")), place.lstat().st_mtime_ns) == before
    assert published_number(path) == release.KEPT_RELEASES + 1
    assert len(list((tmp_path / "releases").iterdir())) == release.KEPT_RELEASES + 2


def test_an_error_after_the_switch_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers have the new release; nobody may be told that they have not, now or ever again."""
    for number in range(release.KEPT_RELEASES):
        fake_release(tmp_path, number)
        os.utime(tmp_path / "releases" / build_id(number), (number, number))
    kept = [f"{tmp_path}/releases/{build_id(number)}/parspread.duckdb" for number in (1, 0)]

    def unlink(file: Path, missing_ok: bool = False) -> None:
        if str(file) in kept:
            raise PermissionError(1, "Operation not permitted", str(file))
        if file.exists():
            os.unlink(file)

    monkeypatch.setattr(Path, "unlink", unlink)
    for number, left in ((10, kept[1:]), (11, kept)):
        assert publish_one(tmp_path, number) == [
            f"{file}: Operation not permitted; correct its permissions" for file in left
        ]
        assert published_numbers(tmp_path) == {number}
    # All others that are too old have gone.
    assert len(list((tmp_path / "releases").iterdir())) == release.KEPT_RELEASES + 3


def test_an_error_at_the_switch_publishes_nothing_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step that may fail; the one after it, of the same kind, may not say so."""
    publish_one(tmp_path, 1)

    def full(link: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(link))

    with monkeypatch.context() as patch:
        patch.setattr(release, "_point", full)
        with pytest.raises(NotPublished, match=r"No space left.*readers keep the last release"):
            publish_one(tmp_path, 2)
    assert published_numbers(tmp_path) == {1} and leftovers(tmp_path) == []
    assert len(list((tmp_path / "releases").iterdir())) == 2
    sync = release._sync
    monkeypatch.setattr(
        release, "_sync", lambda path: full(path, path) if path == tmp_path else sync(path)
    )
    assert publish_one(tmp_path, 3) == [
        f"{tmp_path}: No space left on device; correct its permissions"
    ]
    assert published_numbers(tmp_path) == {3}


@pytest.mark.parametrize("mask", [0o077, 0o027])
def test_another_account_can_read_a_release_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    """What we make is for readers; a folder that was there is its owner's business."""
    (tmp_path / "theirs").mkdir(mode=0o750)
    home = tmp_path / "theirs" / "made" / "deeper"
    before = os.umask(mask)
    try:
        publish_one(home, 1)
    finally:
        os.umask(before)
    made = (home.parent, home, home / "releases", home / "releases" / build_id(1))
    assert [folder.stat().st_mode & 0o777 for folder in made] == [0o755] * 4
    assert (home / "parspread.duckdb").stat().st_mode & 0o777 == 0o444
    assert (tmp_path / "theirs").stat().st_mode & 0o777 == 0o750


def test_a_release_with_a_write_ahead_log_is_refused(tmp_path: Path) -> None:
    """A copied file without its log would silently miss the last tables."""
    path = release.stage(tmp_path, build_id(1))
    path.write_bytes(b"data")
    path.with_name(path.name + ".wal").write_bytes(b"log")
    with pytest.raises(FileNotFoundError, match="checkpointed file without a log"):
        release.swap(tmp_path, build_id(1))
    assert not (tmp_path / "parspread.duckdb").exists()


def publish_one(home: Path, number: int) -> list[str]:
    """Publish two tables that hold a number; return the warnings."""
    described = {"schema": "main", "description": "", "columns": {}}
    with duckdb.connect() as connection:
        for name in ("one", "two"):
            connection.execute(f"create table {name} as select {number} as number")
        tables = [{"name": name, **described} for name in ("one", "two")]
        return release.publish(connection, home, build_id(number), tables)


# A publication in a process of its own, which a test can kill: two tables that hold one number.
PUBLISH = """
import sys
import crash_steps
import duckdb
from pathlib import Path
from parspread_tools.publish import release
from parspread_tools.publish.lock import NotPublished

crash_steps.install()
home, number, row_count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
tables = [
    {"schema": "main", "name": name, "description": "it's one", "columns": {"number": "a 'word'"}}
    for name in ("one", "two")
]
with duckdb.connect() as connection:
    for table in tables:
        rows = f"select {number} as number, random() as value from range({row_count})"
        connection.execute(f"create table {table['name']} as {rows}")
    try:
        release.publish(connection, home, f"{number:08x}-0000-4000-8000-000000000000", tables)
    except NotPublished as problem:
        sys.exit(f"not published: {problem}")
"""

# A reader that opens the release again and again, until a file tells it to stop. A pooled one holds
# its old connection until the new one is there. It prints what it saw, then what went wrong.
READ = """
import sys
import duckdb
from pathlib import Path

home, is_pooled, stop = Path(sys.argv[1]), sys.argv[2] == "pooled", Path(sys.argv[3])
statement = "select (select max(number) from one), (select max(number) from two)"
seen, wrong, held = [], [], None
while not stop.exists():
    try:
        connection = duckdb.connect(str(home / "parspread.duckdb"), read_only=True)
        first, second = connection.execute(statement).fetchone()
        if first != second or (seen and first < seen[-1]):
            wrong.append(f"{first}, {second} after {seen[-1:]}")
        seen.append(first)
        if held is not None:
            held.close()
        held = connection
        if not is_pooled:
            held.close()
    except Exception as problem:
        wrong.append(repr(problem))
print(len(seen), len(set(seen)), seen[-1], *wrong, sep="\\n")
"""


def run_publish(
    home: Path,
    number: int,
    *,
    row_count: int = 10,
    crash_at: str | None = None,
    file_size_max_bytes: int | None = None,
) -> subprocess.CompletedProcess:
    """Publish `number` in a process of its own, which may be killed or run out of disk."""

    def limit() -> None:
        if file_size_max_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size_max_bytes, file_size_max_bytes))

    modules = (ROOT / "python", ROOT / "tests" / "python")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, modules))}
    return subprocess.run(
        [sys.executable, "-c", PUBLISH, str(home), str(number), str(row_count)],
        env=environment | ({"CRASH_AT": crash_at} if crash_at else {}),
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )


def published_numbers(home: Path) -> set[int]:
    """Return the numbers of both tables, in every row."""
    with duckdb.connect(str(home / "parspread.duckdb"), read_only=True) as connection:
        rows = connection.sql("select number from one union select number from two").fetchall()
    return {number for (number,) in rows}


def leftovers(home: Path) -> list[str]:
    """Return what a finished publication must not leave behind."""
    return [p.name for p in home.rglob("*") if p.suffix in (".partial", ".new", ".wal", ".tmp")]


def test_every_step_of_a_publication_can_be_the_last() -> None:
    """Every step says at which statement or call the process dies."""
    assert set(STEPS) == STATEMENTS.keys() | CALLS.keys() and len(STEPS) == 14


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_a_whole_release(step: str, tmp_path: Path) -> None:
    """Power may fail between any two steps; up to the switch readers keep the last release."""
    assert run_publish(tmp_path, 1).returncode == 0

    killed = run_publish(tmp_path, 2, crash_at=step)
    assert killed.returncode == -signal.SIGKILL
    is_switched = STEPS.index(step) >= STEPS.index("switched")
    assert published_numbers(tmp_path) == ({2} if is_switched else {1})

    following = run_publish(tmp_path, 3)
    assert following.returncode == 0, following.stderr
    assert published_numbers(tmp_path) == {3} and leftovers(tmp_path) == []


@pytest.mark.parametrize("step", ["half_copied", "renamed", "link_written", "switched"])
def test_a_kill_of_the_first_publication_leaves_nothing_half(step: str, tmp_path: Path) -> None:
    """There is no release to fall back to: readers find the first one whole, or none."""
    assert run_publish(tmp_path, 1, crash_at=step).returncode == -signal.SIGKILL
    assert not (tmp_path / "parspread.duckdb").exists() or published_numbers(tmp_path) == {1}
    assert run_publish(tmp_path, 2).returncode == 0
    assert published_numbers(tmp_path) == {2} and leftovers(tmp_path) == []


def start_readers(home: Path, stop: Path) -> list[subprocess.Popen]:
    """Start two readers that connect afresh and one that pools."""
    return [
        subprocess.Popen(
            [sys.executable, "-c", READ, str(home), kind, str(stop)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind in ("fresh", "fresh", "pooled")
    ]


def test_readers_never_fail_never_mix_and_never_go_back(tmp_path: Path) -> None:
    """Publications follow each other while readers open the file as fast as they can."""
    home, stop = tmp_path / "home", tmp_path / "stop"
    home.mkdir()
    tables = [
        {"schema": "main", "name": name, "description": "", "columns": {}}
        for name in ("one", "two")
    ]
    with duckdb.connect() as connection:
        for number in range(1, 61):
            for name in ("one", "two"):
                connection.execute(f"create or replace table {name} as select {number} as number")
            release.publish(connection, home, build_id(number), tables)
            if number == 1:
                readers = start_readers(home, stop)
                time.sleep(0.5)
        time.sleep(0.3)
    stop.touch()
    for reader in readers:
        answer, _ = reader.communicate(timeout=60)
        read_count, release_count, last, *wrong = answer.split("\n")[:-1]
        assert wrong == [] and last == "60", answer
        assert int(read_count) > 20 and int(release_count) > 5, answer


def test_a_full_disk_ends_in_one_line_and_changes_nothing(tmp_path: Path) -> None:
    """The space that the attempt took is free again, and with room the next one succeeds."""
    assert run_publish(tmp_path, 1).returncode == 0
    full = run_publish(tmp_path, 2, row_count=1_000_000, file_size_max_bytes=1_000_000)
    assert full.returncode == 1 and full.stderr.count("\n") == 1
    assert re.search(r"could not be written to .*File too large.*make room", full.stderr)
    assert published_numbers(tmp_path) == {1} and leftovers(tmp_path) == []
    assert len(list((tmp_path / "releases").iterdir())) == 2
    assert run_publish(tmp_path, 3).returncode == 0 and published_numbers(tmp_path) == {3}


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_a_file_of_somebody_else_is_not_replaced(kind: str, tmp_path: Path) -> None:
    """A warehouse that a user keeps under the same name is theirs."""
    place = tmp_path / "parspread.duckdb"
    (tmp_path / "theirs").write_text("theirs")
    if kind == "file":
        place.write_text("theirs")
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("theirs")
    with pytest.raises(NotPublished, match=r"parspread\.duckdb must be the link of"):
        fake_release(tmp_path, 1)
    assert kind == "folder" or place.read_text() == "theirs"
    assert not (tmp_path / "releases").exists()


@pytest.mark.parametrize("name", ["parspread.duckdb.new", "releases/current.new"])
def test_a_file_in_the_way_of_a_link_is_not_replaced(name: str, tmp_path: Path) -> None:
    """The names that a publication uses on its way may be somebody's as well."""
    (tmp_path / "releases").mkdir()
    (tmp_path / name).write_text("theirs")
    with pytest.raises(NotPublished, match="move it away"):
        fake_release(tmp_path, 1)
    assert (tmp_path / name).read_text() == "theirs"


# The build folder and the publish folder, and whether one holds what the other clears away.
PLACES = {
    "the same": ("home", "home", True),
    "the same by dots": ("home/../home", "home", True),
    "the same by a link": ("link", "home", True),
    "the same by a link the other way": ("home", "link", True),
    "the releases": ("home/releases", "home", True),
    "one release": ("home/releases/current", "home", True),
    "in a folder that does not exist yet": ("home/releases/new/build", "home", True),
    "the releases by a link in them": ("real", "linked", True),
    "published into the spill": ("build", "build/parspread.duckdb.tmp", True),
    "published below the spill": ("build", "build/parspread.duckdb.tmp/home", True),
    "beside each other": ("build", "home", False),
    "the default, below": ("home/build", "home", False),
    "the other way round": ("build", "build/public", False),
    "a name that only begins alike": ("home/releases2", "home", False),
}


@pytest.mark.parametrize("case", PLACES)
def test_build_and_publish_folders_are_apart(case: str, tmp_path: Path) -> None:
    """A build clears its folder away, and would take the warehouse of the readers with it."""
    build, home, is_refused = PLACES[case]
    fake_release(tmp_path / "home", 1)
    (tmp_path / "link").symlink_to("home")
    for name in ("real", "linked"):
        (tmp_path / name).mkdir()
    (tmp_path / "linked" / "releases").symlink_to("../real")
    before = sorted(tmp_path.rglob("*"))
    build_file = tmp_path / build / "parspread.duckdb"
    if is_refused:
        with pytest.raises(NotPublished, match=r"must be apart from .*; choose a build folder"):
            release.check_apart(build_file, tmp_path / home)
    else:
        release.check_apart(build_file, tmp_path / home)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["link", "hard link", "log", "link elsewhere"])
def test_a_build_does_not_write_through_a_link(kind: str, tmp_path: Path) -> None:
    """The database of a part is opened as it is; through a link it would be the release."""
    path, build = fake_release(tmp_path / "home", 1), tmp_path / "build"
    build.mkdir()
    file = build / ("parspread.duckdb.wal" if kind == "log" else "parspread.duckdb")
    if kind == "hard link":
        file.hardlink_to(path.resolve())
    else:
        file.symlink_to(path if kind == "link" else tmp_path / "theirs")
    with pytest.raises(NotPublished, match="it is a link or a release; move it away"):
        release.check_apart(build / "parspread.duckdb", tmp_path / "home")


def test_only_files_of_our_own_names_are_removed(tmp_path: Path) -> None:
    """Notes and backups beside a build database begin with its name and are none of ours."""
    database, spill = tmp_path / "parspread.duckdb", tmp_path / "parspread.duckdb.tmp"
    spill.mkdir()
    ours = [database, tmp_path / "parspread.duckdb.wal", spill / "duckdb_temp_storage_S32K-0.tmp"]
    theirs = [tmp_path / f"parspread.duckdb{end}" for end in (".notes.txt", "-backup", ".tmp2")]
    for file in ours + theirs:
        file.write_text("")
    release.remove_database(database)
    assert sorted(tmp_path.iterdir()) == sorted(theirs)
    spill.mkdir()
    (spill / "notes.txt").write_text("")
    release.remove_database(database)
    assert sorted(tmp_path.rglob("*")) == sorted([*theirs, spill, spill / "notes.txt"])


def test_releases_current_must_be_a_link(tmp_path: Path) -> None:
    """A restored backup may have turned the link into a copy of the folder."""
    (tmp_path / "releases" / "current").mkdir(parents=True)
    with pytest.raises(NotPublished, match="current must be a link"):
        fake_release(tmp_path, 1)


HOLD = """
import sys, time
from pathlib import Path
from parspread_tools.publish import lock
lock.hold(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_two_builds_exclude_each_other_until_the_first_ends(tmp_path: Path) -> None:
    """The second says who is at work since when; a killed holder blocks nobody."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "python")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with pytest.raises(NotPublished) as refusal:
        lock.hold(tmp_path)
    assert re.fullmatch(
        rf"another build is at work in {re.escape(str(tmp_path))}: process {holder.pid} since "
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC; wait until it has ended, or end it",
        str(refusal.value),
    )
    holder.kill()
    holder.communicate()
    assert (tmp_path / ".build.lock").exists()
    lock.hold(tmp_path)


def test_the_roll_back_of_the_readme_works(tmp_path: Path) -> None:
    """The one line goes back to an older release, and the next build goes on from there."""
    line = re.search(r"`(ln -sfn BUILD_ID releases/current)`", (ROOT / "README.md").read_text())
    assert line is not None
    for number in (1, 2, 3):
        assert run_publish(tmp_path, number).returncode == 0
    back = line.group(1).replace("BUILD_ID", build_id(1))
    with duckdb.connect(str(tmp_path / "parspread.duckdb"), read_only=True) as reader:
        subprocess.run(back.split(), cwd=tmp_path, check=True)
        # Whoever has the newer release open keeps it.
        assert reader.sql("select max(number) from one").fetchall() == [(3,)]
    assert published_numbers(tmp_path) == {1}
    assert run_publish(tmp_path, 4).returncode == 0 and published_numbers(tmp_path) == {4}


def test_descriptions_travel_with_the_tables(tmp_path: Path) -> None:
    """A BI tool shows them, whatever quotes they hold."""
    assert run_publish(tmp_path, 1).returncode == 0
    with duckdb.connect(str(tmp_path / "parspread.duckdb"), read_only=True) as connection:
        tables = connection.sql("select distinct comment from duckdb_tables()").fetchall()
        columns = connection.sql(
            "select distinct comment from duckdb_columns() where column_name = 'number'"
        ).fetchall()
    assert tables == [("it's one",)] and columns == [("a 'word'",)]
