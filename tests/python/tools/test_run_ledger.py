"""Every trial is counted, whatever became of its build; a ledger that is not whole is said."""

from __future__ import annotations

import os
import re
import shutil
import signal
import uuid
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import copy_project, run_dbt
from judged_runs import judge, past, publish
from parspread_tools.publish import ledger, release

SEED_OF_EDITS = 35


def build_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def at(number: int) -> str:
    return f"2024-01-01 {number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}"


def trial(number: int) -> tuple[list[np.ndarray], list[str]]:
    """Return the P&L and the name of a trial that knows nothing."""
    random = np.random.default_rng(number)
    return [random.normal(size=800)], [f"trial {number:03d}"]


def build(home: Path, number: int, *trials: int, **options: str) -> pd.DataFrame:
    """Judge and publish some trials in one build; return what the tests say."""
    both = [trial(n) for n in trials or (number,)]
    returns, names = [r for rs, _ in both for r in rs], [n for _, ns in both for n in ns]
    tests = judge(returns, names, home)
    publish(home, build_id(number), tests, at(number), **options)
    return tests


def problem_of(home: Path, may_restart: bool = False) -> str | None:
    return ledger.expose(home, home / "parspread.duckdb", may_restart)[1]


@pytest.mark.parametrize("edit_count", [25, pytest.param(200, marks=pytest.mark.trust)])
def test_every_edit_of_a_strategy_is_a_trial(edit_count: int, tmp_path: Path) -> None:
    """A catalog is edited, built, looked at and edited again; the best edit proves nothing.

    Each edit is another blend of a signal without any value, on a market without a trend.
    """
    random = np.random.default_rng(SEED_OF_EDITS)
    earned, signal = random.normal(size=1_500), np.cumsum(random.normal(size=1_500)) / 20
    returns: dict[str, np.ndarray] = {}
    alone = {}
    for edit in range(edit_count):
        weight = random.normal(size=3)
        blend = weight @ [signal, np.roll(signal, 40), random.normal(size=1_500)]
        name = f"edit {edit:03d}"
        returns[name] = np.concatenate([[0.0], np.sign(blend)[:-1]]) * earned
        tests = judge([returns[name]], [name], tmp_path)
        alone[name] = tests["p_share"][0]
        publish(tmp_path, build_id(edit), tests, at(edit))
        assert tests["trial_count"][0] == edit + 1
    assert 5 < tests["effective_trial_count"][0] < edit_count
    best = min(alone, key=lambda name: alone[name])
    assert alone[best] < 0.05  # what a tool that forgets would call significant
    final = judge([returns[best]], [best], tmp_path)
    assert final["trial_count"][0] == edit_count and final["family_wise_p_share"][0] > 0.05
    with duckdb.connect(str(tmp_path / "parspread.duckdb"), read_only=True) as connection:
        (found,) = connection.sql(
            "select count(*), any_value(ledger_status) from quality.fct_run_ledger"
        ).fetchall()
    assert found == (edit_count, "whole")


def test_what_was_tried_before_lowers_what_the_same_run_is_worth(tmp_path: Path) -> None:
    """The tests of a run see the trials of builds whose releases are gone."""
    values = np.random.default_rng(3).normal(size=1_500)
    planted = (values - values.mean()) / values.std() + 2.3 / np.sqrt(1_500)
    alone = judge([planted], ["planted"])
    for number in range(7):
        build(tmp_path, number, *range(10 * number, 10 * number + 5))
    after = judge([planted], ["planted"], tmp_path)
    assert alone["family_wise_p_share"][0] < 0.03 and after["family_wise_p_share"][0] > 0.2
    for deflated in ("deflated_sharpe_share", "effective_deflated_sharpe_share"):
        assert after[deflated][0] < alone[deflated][0]
    assert (alone["trial_count"][0], after["trial_count"][0]) == (1, 36)
    assert len(list((tmp_path / "releases").glob("*-*"))) == release.KEPT_RELEASES


def test_a_run_that_is_built_again_is_one_trial_and_one_row(tmp_path: Path) -> None:
    build(tmp_path, 1, 7, 8)
    tests = build(tmp_path, 2, 8, 9)
    assert tests["trial_count"].tolist() == [3, 3]
    with duckdb.connect(str(tmp_path / "parspread.duckdb"), read_only=True) as connection:
        rows = connection.sql(
            "select run_id, first_build_id, last_build_id, build_count, rules_json, "
            "len(monthly_return_dec) > 30 from quality.fct_run_ledger order by 1"
        ).fetchall()
    assert rows == [
        ("trial 007", build_id(1), build_id(1), 1, "{}", True),
        ("trial 008", build_id(1), build_id(2), 2, "{}", True),
        ("trial 009", build_id(2), build_id(2), 1, "{}", True),
    ]
    # Judged once more, no number moves; only what the ledger has not yet seen is left to record.
    again = judge([trial(8)[0][0], trial(9)[0][0]], ["trial 008", "trial 009"], tmp_path)
    once = ["first_month_date", "monthly_return_dec"]
    pd.testing.assert_frame_equal(again.drop(columns=once), tests.drop(columns=once))


def test_a_roll_back_forgets_no_trial(tmp_path: Path) -> None:
    for number in (1, 2):
        build(tmp_path, number)
    current = tmp_path / "releases" / "current"
    current.unlink()
    current.symlink_to(build_id(1))
    assert problem_of(tmp_path) is None
    assert build(tmp_path, 3)["trial_count"].tolist() == [3]


def lost(home: Path) -> None:
    shutil.rmtree(home / "ledger")


def first_lost(home: Path) -> None:
    sorted((home / "ledger").iterdir())[0].unlink()


def last_lost(home: Path) -> None:
    sorted((home / "ledger").iterdir())[-1].unlink()


def changed(home: Path) -> None:
    part = sorted((home / "ledger").iterdir())[0]
    part.chmod(0o644)
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)


def cut(home: Path) -> None:
    part = sorted((home / "ledger").iterdir())[1]
    part.chmod(0o644)
    part.write_bytes(part.read_bytes()[:-9])


def added(home: Path) -> None:
    (home / "ledger" / "mine.parquet").write_text("")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lost, f"build {build_id(3)}, which readers see, is not recorded"),
        (first_lost, "file 1 is missing"),
        (last_lost, f"build {build_id(3)}, which readers see, is not recorded"),
        (changed, "other bytes than those that were written"),
        (cut, "other bytes than those that were written"),
        (added, "mine.parquet has a name that no build gives"),
    ],
)
def test_a_ledger_that_is_not_whole_stops_the_build_in_one_message(
    damage: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        build(tmp_path, number)
    assert problem_of(tmp_path) is None
    damage(tmp_path)
    problem = problem_of(tmp_path)
    assert problem and said in problem and "restore the folder from a backup" in problem
    assert len(problem) < 1_000
    # It may begin anew only when it is gone altogether.
    assert (problem_of(tmp_path, may_restart=True) is None) == (damage is lost)


def test_a_ledger_that_begins_anew_says_so_for_ever(tmp_path: Path) -> None:
    build(tmp_path, 1)
    lost(tmp_path)
    for number in (2, 3):
        build(tmp_path, number, lost_run_ledger="restart")
        with duckdb.connect(str(tmp_path / "parspread.duckdb"), read_only=True) as connection:
            found = connection.sql("select distinct ledger_status from quality.fct_run_ledger")
            assert found.fetchall() == [("restarted",)]
    build(tmp_path, 4)
    assert past(tmp_path).to_pandas()["is_restart"].all()


def test_a_first_build_and_a_release_of_an_older_version_need_no_ledger(tmp_path: Path) -> None:
    assert problem_of(tmp_path) is None
    with duckdb.connect(str(tmp_path / "parspread.duckdb")) as connection:
        connection.execute("create schema quality")
        connection.execute("create table quality.dim_build as select 'old' as build_id")
    assert problem_of(tmp_path) is None


# Functions after whose call the process dies, in the order in which a publication reaches them.
STEPS = ("copied", "_digest", "os.chmod", "_force", "os.replace", "append", "_point", "_retire")


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_ledger_and_release_consistent(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What readers see is recorded, before and after; the next build publishes."""
    build(tmp_path, 1)
    child = os.fork()
    if child == 0:
        owner, name = (ledger, step)
        if step.startswith("os."):
            owner, name = (os, step.removeprefix("os."))
        elif step in ("_point", "_retire"):
            owner = release
        elif step == "copied":
            owner, name = (release, "copy_tables")
        work = getattr(owner, name)

        def dying(*arguments, **options):
            answer = work(*arguments, **options)
            if step != "os.replace" or "ledger" in str(arguments[0]):
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        setattr(owner, name, dying)
        try:
            build(tmp_path, 2)
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert problem_of(tmp_path) is None
    recorded = set(past(tmp_path).to_pandas()["build_id"])
    assert recorded in ({build_id(1)}, {build_id(1), build_id(2)})
    assert os.readlink(tmp_path / "releases" / "current") in recorded
    counts = build(tmp_path, 3)["trial_count"].tolist()
    assert counts == [len(recorded) + 1] and problem_of(tmp_path) is None
    assert [p.name for p in (tmp_path / "ledger").iterdir() if p.suffix == ".partial"] == []


def test_a_publication_that_fails_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(release, "swap", full)
        with pytest.raises(release.NotPublished):
            build(tmp_path, 2)
    assert past(tmp_path).to_pandas()["build_id"].tolist() == [build_id(1)]


def test_parts_are_read_only_and_their_names_say_what_they_hold(tmp_path: Path) -> None:
    build(tmp_path, 1)
    (part,) = (tmp_path / "ledger").iterdir()
    assert part.stat().st_mode & 0o777 == 0o444
    assert re.fullmatch(rf"000001_{build_id(1)}_[0-9a-f]{{16}}\.parquet", part.name)


@pytest.mark.trust
def test_edits_of_the_catalog_are_counted_by_whole_builds(tmp_path: Path) -> None:
    """The sample, three times, each time with another threshold in the catalog."""
    project, home = tmp_path / "project", tmp_path / "home"
    copy_project(project)
    catalog = project / "seeds" / "catalog" / "strategies.csv"
    text = catalog.read_text()
    counts = []
    for edit, threshold in enumerate(("1.5", "1.6", "1.7"), start=1):
        rules = "overlay_ig,cdx_ig_5y,proportional,10.0,20.0,"
        assert f"{rules}1.5," in text
        catalog.write_text(text.replace(f"{rules}1.5,", f"{rules}{threshold},"))
        built = run_dbt(home, "build", project=project)
        assert built.exit_code == 0, built.output[-2_000:]
        counts += built.query(
            "select trial_count, (select count(*) from quality.fct_run_ledger "
            "where strategy_code = 'balanced') from cdx_overlay.fct_selection_tests "
            "where strategy_code = 'balanced'"
        )
        assert counts[-1][1] == edit
    assert [count - counts[0][0] for count, _ in counts] == [0, 1, 2]


def test_a_holdout_that_was_opened_is_counted_by_build_and_for_the_family(tmp_path: Path) -> None:
    """Locked, opened twice, locked again; the last look is not recorded a third time."""
    counts = []
    for number, opened in enumerate(("", "2014-01-01", "2014-01-01", "", ""), start=1):
        tests = judge(*trial(number % 2), tmp_path)
        publish(tmp_path, build_id(number), tests, at(number), holdout_first_date=opened)
        with duckdb.connect(str(tmp_path / "parspread.duckdb"), read_only=True) as connection:
            counts += connection.sql(
                "select distinct holdout_access_count from quality.fct_run_ledger"
            ).fetchall()
    assert counts == [(0,), (1,), (2,), (2,), (2,)]
    opened_in = past(tmp_path).to_pandas().query("holdout_first_date.notna()")["build_id"]
    assert sorted(set(opened_in)) == [build_id(2), build_id(3)]
