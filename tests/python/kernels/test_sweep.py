"""Points of sweeps against slower ways to measure them, and what they do to the count of trials."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.testing import assert_allclose

from judged_runs import SETTINGS, past, publish, weekdays
from parspread.overlay.bootstrap import resample_counts
from parspread.overlay.performance import standard_metrics
from parspread.overlay.selection import trial_leaders
from parspread.overlay.sweep import (
    MAX_LEADERS,
    equivalent_trial_counts,
    measure_paths,
    point_leaders,
)
from parspread.warehouse.overlay_selection import Run, judged
from parspread.warehouse.overlay_trials import no_points


def measured(net: np.ndarray, row_count: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the shape and the months of runs on weekdays."""
    month = weekdays(net.shape[1]).astype("datetime64[M]").astype(int)
    month -= month[0]
    shape, months = np.empty((len(net), 4)), np.empty((len(net), month[-1] + 1))
    day = np.tile(np.arange(net.shape[1], dtype=float), (len(net), 1))
    measure_paths(net, day, np.array(row_count), month, shape, months)
    return shape, months


def test_a_point_is_measured_as_a_run_is() -> None:
    random = np.random.default_rng(1)
    scale = np.array([[1e-2], [1e-60], [1e-4]])
    net = (random.standard_t(4, size=(3, 500)) + 0.1) * scale
    shape, months = measured(net, [500, 500, 37])
    for line, n in enumerate((500, 500, 37)):
        row = net[line, :n]
        record = standard_metrics(row, 0 * row, 0 * row, [], [], 1.0)
        names = ("session_sharpe_ratio", "skewness_ratio", "kurtosis_ratio", "newey_west_t_ratio")
        assert_allclose(shape[line], [record[name] for name in names], rtol=1e-10)
        by_month = pd.Series(row, weekdays(500)[:n].astype("datetime64[M]")).groupby(level=0).sum()
        assert_allclose(months[line, : len(by_month)], by_month, rtol=1e-10)
        assert np.isnan(months[line, len(by_month) :]).all()


def test_points_that_do_not_vary_or_have_no_row_have_no_ratio() -> None:
    shape, months = measured(np.array([[0.0] * 50, [0.3] * 50, [1.0] * 50]), [50, 50, 0])
    assert np.isnan(shape).all()
    assert months[0, 0] == 0 and np.isnan(months[2]).all()


def test_leaders_are_those_of_the_slow_twin() -> None:
    random = np.random.default_rng(2)
    ideas = random.normal(size=(12, 60))
    months = np.vstack([ideas[k % 12] + random.normal(size=60) * (k % 5) / 2 for k in range(200)])
    months = np.vstack([months, np.zeros((2, 60))])
    found = point_leaders(months, 0.5)
    assert (found == trial_leaders(months.T, np.empty((60, 0)), 0.5)).all()
    assert 12 < len(set(found)) < 150


def test_a_point_unlike_all_leaders_that_are_compared_leads_itself() -> None:
    """Beyond so many leaders nobody looks: such a point counts, and raises the bar."""
    months = np.random.default_rng(3).normal(size=(MAX_LEADERS + 50, 400))
    found = point_leaders(np.vstack([months, months[-1:]]), 0.5)
    assert (found == np.arange(len(months) + 1)).all()


def test_followers_are_worth_what_they_add() -> None:
    """Copies nothing, independent trials one each, near-copies something between."""
    random = np.random.default_rng(4)
    counts = np.concatenate(list(resample_counts(144, 3.0, 1_000, 1)))
    idea, noise = random.normal(size=(1, 144)), random.normal(size=(60, 144))
    near = np.sqrt(0.7) * idea + np.sqrt(0.3) * noise
    together = np.zeros(60, dtype=np.int64)
    copies, close, apart = (
        equivalent_trial_counts(months, together, counts)[0]
        for months in (np.repeat(idea, 60, axis=0), near, noise)
    )
    assert copies < 1.5
    assert 3 < close < 25
    assert 35 < apart <= 60
    # Whatever blocks the points are resampled in.
    for size in (7, 60):
        assert equivalent_trial_counts(near, together, counts, size)[0] == close
    worth = equivalent_trial_counts(near, np.arange(60) % 2, counts, 7)
    assert np.isfinite(worth[:2]).all() and np.isnan(worth[2:]).all()


def grid(names: list[str]) -> pa.Table:
    """Return points of one family that follow the first of them."""
    count = len(names)
    months = (np.sin(np.arange(46.0) ** 2) / 100).tolist()
    columns = {
        "run_id": names,
        "trial_id": names,
        "family_code": ["family"] * count,
        "strategy_code": [f"grid/strategy[{name}]" for name in names],
        "leader_trial_id": names[:1] * count,
        "recorded_sharpe_ratio": [0.01] * count,
        "session_count": [1_000] * count,
        "equivalent_trial_count": [4.0] + [None] * (count - 1),
        "first_month_date": [np.datetime64("2012-01-01").item()] + [None] * (count - 1),
        "monthly_return_dec": [months] + [None] * (count - 1),
    }
    return pa.table(columns, schema=no_points().schema)


def judge(points: pa.Table, home: Path | None) -> pd.DataFrame:
    """Return the tests of one strategy beside a grid, after what a ledger holds."""
    returns = np.random.default_rng(5).normal(0.05, 1, size=1_000) / 100
    runs = [Run(np.arange(1_000), returns, 252.0, "ok")]
    families = pd.DataFrame({"run_id": ["strategy"], "trial_id": ["strategy"]})
    families = families.assign(family_code="family", strategy_code="strategy", is_trial=True)
    tests = judged(runs, families, past(home), weekdays(1_000), SETTINGS, points)
    return tests.to_pandas().set_index("run_id", drop=False)


def test_points_count_once_over_builds_and_are_not_forgotten(tmp_path: Path) -> None:
    alone = judge(no_points(), None).loc["strategy"]
    names = [f"point {number}" for number in range(40)]
    first = judge(grid(names), None)
    run, leader = first.loc["strategy"], first.loc["point 0"]
    assert len(first) == 2 and leader["test_status"] == "not_kept"
    assert run["trial_count"] == 41 and run["effective_trial_count"] == 2
    assert leader["joined_equivalent_count"] == 3 and len(leader["joined_trial_numbers"]) == 39
    assert alone["family_wise_p_share"] < run["family_wise_p_share"] < 1
    publish(tmp_path, f"{1:036d}", first, "2024-01-01")

    again = judge(grid(names), tmp_path)
    assert again.loc["strategy", "trial_count"] == 41
    assert again.loc["point 0", "joined_trial_numbers"] is None
    assert np.isclose(again.loc["strategy", "family_wise_p_share"], run["family_wise_p_share"])
    more = judge(grid([*names, "point 40"]), tmp_path)
    assert more.loc["strategy", "trial_count"] == 42
    assert more.loc["point 0", "joined_equivalent_count"] == 3 / 40
    # Switched off, the sweep has been tried all the same.
    off = judge(no_points(), tmp_path)
    assert off.loc["strategy", "trial_count"] == 41
    assert np.isclose(off.loc["strategy", "family_wise_p_share"], run["family_wise_p_share"])
