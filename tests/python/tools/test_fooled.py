"""A catalog is edited until the result looks good; the verdict is not fooled, the ledger says so.

The overlay alone: every model that the verdicts and the run ledger need, built and published as a
whole, once for each edit.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from conftest import ROOT, Build, copy_models_behind, run_dbt

WANTED = ("fct_strategy_verdicts", "fct_run_ledger", "dim_build")
MARKET_FILES = ("cdx", "cdx_events", "vix", "etf")
EDITED = "cdx_etf_basis_only"


def overlay_project(target: Path, manifest: dict) -> Path:
    """Copy the project with the models behind the verdicts only, and the market files."""
    copy_models_behind(target, manifest, *WANTED)
    for path in (target / "seeds" / "sample").iterdir():
        if path.stem not in MARKET_FILES:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return target


def edit(project: Path, number: int) -> None:
    """Give one strategy other thresholds, another holding period and another lag."""
    random = np.random.default_rng(1_000 + number)
    path = project / "seeds" / "catalog" / "strategies.csv"
    rows = list(csv.DictReader((ROOT / path.relative_to(project)).open(newline="")))
    entry = round(float(random.uniform(0.8, 2.6)), 2)
    for row in rows:
        if row["strategy_code"] == EDITED:
            row |= {
                "entry_threshold": f"{entry}",
                "exit_threshold": f"{round(entry * float(random.uniform(0.0, 0.9)), 2)}",
                "max_holding_sessions": f"{random.integers(5, 120)}",
                "signal_lag_sessions": f"{random.integers(1, 4)}",
            }
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def build(project: Path, home: Path, number: int) -> Build:
    edit(project, number)
    built = run_dbt(home, "build", project=project)
    assert built.exit_code == 0 and "published" in built.output, built.output[-3_000:]
    return built


@pytest.mark.parametrize("edit_count", [2, pytest.param(200, marks=pytest.mark.trust)])
def test_the_best_of_many_edits_does_not_pass(
    edit_count: int, manifest: dict, tmp_path: Path
) -> None:
    project, home = overlay_project(tmp_path / "project", manifest), tmp_path / "home"
    ratios = []
    for number in range(edit_count):
        built = build(project, home, number)
        ratios += built.query(
            f"select p_share from cdx_overlay.fct_selection_tests where strategy_code = '{EDITED}'"
        )[0]
    best = int(np.argmin(ratios))
    final = build(project, home, best)
    [(verdict, sentence, trial_count, p_share)] = final.query(
        "select verdict, sentence, trial_count, family_wise_p_share "
        f"from cdx_overlay.fct_strategy_verdicts where strategy_code = '{EDITED}'"
    )
    recorded = final.query(
        "select count(distinct trial_id), any_value(ledger_status) from quality.fct_run_ledger "
        f"where strategy_code = '{EDITED}'"
    )
    assert recorded == [(edit_count, "whole")]
    # Two others are of its family.
    assert trial_count == edit_count + 2
    assert verdict != "pass" and sentence.startswith(f"{verdict}: ")
    assert p_share > min(ratios)


SEEN = """
    select
        (select count(*) from {inputs} where session_date >= date '2022-01-01') as input_count,
        (select count(*) from {scores} where session_date >= date '2022-01-01') as score_count,
        (select max(holdout_access_count) from quality.fct_run_ledger) as opening_count,
        (select count(*) from cdx_overlay.fct_walk_forward where scheme = 'holdout') as test_count,
        (select count(*) from quality.fct_run_ledger where is_trial) as run_count,
        (select count(distinct trial_id) from quality.fct_run_ledger where is_trial) as trial_count
""".format(
    inputs="intermediate.int_cdx_overlay__strategy_inputs_joined",
    scores="intermediate.int_cdx_overlay__scores_paired",
)


def test_a_locked_holdout_is_seen_by_no_run_and_its_opening_is_counted(
    manifest: dict, tmp_path: Path
) -> None:
    """Other history makes other runs of the same trials."""
    project, home = overlay_project(tmp_path / "project", manifest), tmp_path / "home"
    found = []
    for holdout in ("locked", "opened"):
        given = f"{{holdout_first_date: '2022-01-01', holdout: {holdout}}}"
        built = run_dbt(home, "build", "--vars", given, project=project)
        assert built.exit_code == 0, built.output[-3_000:]
        found.append(built.inner_frame(SEEN).iloc[0].to_dict())
    locked, opened = found
    assert [locked[name] for name in list(locked)[:4]] == [0, 0, 0, 0]
    assert opened["input_count"] > 1_000 and opened["score_count"] > 1_000
    assert opened["opening_count"] == 1 and opened["test_count"] >= 6
    assert opened["trial_count"] == locked["trial_count"]
    assert opened["run_count"] > 1.5 * locked["run_count"]
