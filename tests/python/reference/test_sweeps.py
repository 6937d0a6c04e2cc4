"""Sweeps through a build: every point is a run like any other, measured without its days."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from conftest import NO_DATA_TESTS, Build, built_ahead, copy_project, run_dbt

SWEEPS = """\
thresholds,balanced,entry_threshold,1.0:2.0:0.25,best:3,true
thresholds,balanced,exit_threshold,0.25;0.50;0.75,best:3,true
scores,balanced,cdx_vix_gap.indicator_lookback_sessions,60;90,none,true
scores,balanced,cdx_etf_basis.weight_ratio,0;0.35;0.7,none,true
scores,balanced,level,quoted;roll_adjusted,none,true
momentum,spread_momentum_only,score_window_sessions,60;90,all,true
momentum,spread_momentum_only,score_lag_sessions,10;20,all,true
again,spread_momentum_only,score_window_sessions,90,none,true
pair,ig_5s10s,score_window_sessions,63;126,none,true
off,experimental,entry_threshold,1,none,false
"""
# Points, and rows of the catalogs that say the same: `old` of the named row becomes `new`.
SINGLES = {
    "thresholds/balanced[entry_threshold=1.25,exit_threshold=0.25]": [
        ("strategies", "balanced,", {"1.5,0.5": "1.25,0.25"}),
    ],
    "momentum/spread_momentum_only[score_lag_sessions=10,score_window_sessions=90]": [
        ("signals", "spread_momentum,", {"60,40,20": "90,40,10"}),
        ("strategies", "spread_momentum_only,", {",spread_momentum,": ",spread_momentum_single,"}),
    ],
    "scores/balanced[cdx_etf_basis.weight_ratio=0.7,cdx_vix_gap.indicator_lookback_sessions=90"
    ",level=roll_adjusted]": [
        ("signals", "cdx_vix_gap,", {"60,40": "90,40"}),
        (
            "composites",
            "overlay_ig,",
            {
                "cdx_vix_gap,": "cdx_vix_gap_single,",
                "basis,any,0.35": f"basis,any,{0.7 / 1.35!r}",
                "single,any,0.35": f"single,any,{0.35 / 1.35!r}",
                "momentum,any,0.3": f"momentum,any,{0.3 / 1.35!r}",
            },
        ),
        ("strategies", "balanced,", {",overlay_ig,": ",overlay_ig_single,"}),
    ],
}


@built_ahead
def swept(home: Path) -> Callable[[str], pd.DataFrame]:
    """Return a query on a project with sweeps, and with strategies that say what points say."""
    project = copy_project(home / "project")
    catalog = project / "seeds" / "catalog"
    header = (catalog / "sweeps.csv").read_text().splitlines()[0]
    (catalog / "sweeps.csv").write_text(f"{header}\n{SWEEPS}")
    for number, edits in enumerate(SINGLES.values()):
        for name, start, changes in edits:
            path = catalog / f"{name}.csv"
            rows = [row for row in path.read_text().splitlines() if row.startswith(start)]
            code = start.rstrip(",") + (f"_{number}" if name == "strategies" else "") + "_single"
            for row in rows:
                new = row.replace(start, f"{code},", 1)
                for old, value in changes.items():
                    new = new.replace(old, value, 1)
                path.write_text(f"{path.read_text()}{new}\n")
    wanted = ("sweep_points", "selection_tests", "run_ledger", "signal_scores", "variant_days")
    selected = [f"+fct_{name}" for name in wanted]
    selected.append("+rpt_strategy_scorecard")
    build = run_dbt(home, "build", *NO_DATA_TESTS, "--select", *selected, project=project)
    assert build.exit_code == 0, build.output
    return build.inner_frame


def test_points_are_named_by_their_values_and_are_all_there(swept) -> None:
    names = set(swept("from cdx_overlay.fct_sweep_points")["strategy_code"])
    grid = product(("1", "1.25", "1.5", "1.75", "2"), ("0.25", "0.5", "0.75"))
    own = {f"thresholds/balanced[entry_threshold={a},exit_threshold={b}]" for a, b in grid}
    assert {name for name in names if name.startswith("thresholds")} == own
    assert len(names) == 15 + 12 + 4 + 1 + 2


def test_a_point_is_what_a_strategy_with_its_values_is(swept) -> None:
    """Rules, windows of signals and weights of a composite; measured in two kernels."""
    points = swept("from cdx_overlay.fct_sweep_points").set_index("strategy_code")
    single = swept("from cdx_overlay.fct_strategy_performance").set_index("strategy_code")
    for number, (name, edits) in enumerate(SINGLES.items()):
        code = f"{edits[-1][1].rstrip(',')}_{number}_single"
        measures = [c for c in points.columns.intersection(single.columns) if c != "run_id"]
        numbers = points[measures].select_dtypes("number").columns
        assert len(numbers) >= 12
        np.testing.assert_allclose(
            points.loc[name, numbers].astype(float),
            single.loc[code, numbers].astype(float),
            rtol=1e-9,
        )
        assert points.loc[name, "quality_status"] != "insufficient_trades"
        twins = points["total_net_pnl_usd"] == points.loc[name, "total_net_pnl_usd"]
        assert twins.sum() <= 2, "another point earns the same: nothing was varied"


def test_a_point_with_the_values_of_its_strategy_is_the_same_trial(swept) -> None:
    points = swept("from cdx_overlay.fct_sweep_points where is_strategy")
    assert sorted(points["sweep_code"]) == ["momentum", "pair", "scores", "thresholds"]
    tests = swept("from cdx_overlay.fct_selection_tests").set_index("strategy_code")
    assert (points["trial_id"].to_numpy() == tests.loc[points["sweep_of"], "trial_id"]).all()


def test_a_definition_of_a_score_is_scored_once(swept) -> None:
    """Two sweeps ask for a window of 90; settings that a signal has anyway are no variant."""
    variants = swept(
        "select distinct signal_code, instrument_code "
        "from intermediate.int_cdx_overlay__signals_scored "
        "where ends_with(signal_code, ']')"
    )
    assert sorted(variants["signal_code"]) == [
        "cdx_etf_basis[level=quoted]",
        "cdx_vix_gap[indicator_lookback_sessions=90,level=quoted]",
        "cdx_vix_gap[indicator_lookback_sessions=90]",
        "cdx_vix_gap[level=quoted]",
        "pair_value[score_window_sessions=63]",
        "spread_momentum[level=quoted]",
        "spread_momentum[score_lag_sessions=10,score_window_sessions=90]",
        "spread_momentum[score_lag_sessions=10]",
        "spread_momentum[score_window_sessions=90]",
    ]
    shown = swept("from cdx_overlay.fct_signal_scores where ends_with(signal_code, ']')")
    assert shown.empty


def test_swept_weights_are_scaled_to_the_sum_that_they_had(swept) -> None:
    weights = swept(
        "select composite_code, signal_code, weight_ratio from "
        "intermediate.int_cdx_overlay__composites_listed where ends_with(composite_code, ']')"
    )
    sums = weights.groupby("composite_code")["weight_ratio"].sum()
    np.testing.assert_allclose(sums, 1.0, rtol=1e-12)
    only = weights[weights["composite_code"] == "overlay_ig[cdx_etf_basis.weight_ratio=0.7]"]
    np.testing.assert_allclose(sorted(only["weight_ratio"]), np.array([0.3, 0.35, 0.7]) / 1.35)


def test_points_are_kept_as_their_sweep_says(swept) -> None:
    points = swept("from cdx_overlay.fct_sweep_points").set_index("strategy_code").sort_index()
    own = points[points["sweep_code"] == "thresholds"]
    best = own["sharpe_ratio"].sort_values(ascending=False, kind="stable").index[:3]
    kept = set(best) | set(points.index[points["sweep_code"] == "momentum"])
    assert set(points.index[points["is_kept"]]) == kept
    days = swept("from cdx_overlay.fct_variant_days").groupby("strategy_code")["net_pnl_usd"]
    assert {code for code in days.groups if code.endswith("]")} == kept
    np.testing.assert_allclose(
        days.sum()[sorted(kept)], points.loc[sorted(kept), "total_net_pnl_usd"], rtol=1e-9
    )
    shown = swept("select distinct strategy_code from reports.rpt_strategy_scorecard")
    assert not shown["strategy_code"].str.endswith("]").any()


def test_neighbours_are_one_step_away(swept) -> None:
    points = swept("from cdx_overlay.fct_sweep_points where sweep_code = 'thresholds'")
    values = points["point_values_json"].map(pd.io.json.ujson_loads).map(dict)
    entry, leave = ([1.0, 1.25, 1.5, 1.75, 2.0], [0.25, 0.5, 0.75])
    where = [
        (entry.index(float(v["entry_threshold"])), leave.index(float(v["exit_threshold"])))
        for v in values
    ]
    for place, point in zip(where, points.itertuples(), strict=True):
        steps = [abs(a - place[0]) + abs(b - place[1]) for a, b in where]
        near = points[[step == 1 for step in steps]]
        assert point.neighbour_count == len(near)
        assert np.isclose(point.neighbour_median_sharpe_ratio, near["sharpe_ratio"].median())
        assert np.isclose(point.neighbour_median_net_pnl_usd, near["total_net_pnl_usd"].median())
        assert point.neighbour_positive_share == (near["total_net_pnl_usd"] > 0).mean()


def test_every_point_counts_as_a_trial_and_the_ledger_stays_small(sample: Build, swept) -> None:
    """27 points of `balanced`, of which two are the strategy itself; leaders alone have rows."""
    tests = "from cdx_overlay.fct_selection_tests where strategy_code = 'balanced'"
    before, after = (query(tests).iloc[0] for query in (sample.frame, swept))
    assert after["trial_count"] == before["trial_count"] + 25
    assert after["effective_trial_count"] < before["effective_trial_count"] + 10
    points = swept("from cdx_overlay.fct_sweep_points")
    ledger = swept("from quality.fct_run_ledger where ends_with(strategy_code, ']')")
    leads = points["leader_trial_id"] == points["trial_id"]
    assert len(ledger) == (points["is_kept"] | leads).sum() < len(points)
    assert ledger["joined_trial_count"].sum() > 10
    assert (ledger["joined_equivalent_count"].fillna(0) <= ledger["joined_trial_count"]).all()
