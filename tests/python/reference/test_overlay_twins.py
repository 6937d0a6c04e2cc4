"""Rules of the overlay worked out again, in pandas and loops, from the table before each rule.

Parity with the replaced systems covers what those do. This covers what only the warehouse does, on
the committed sample, so that a clone without the reference folder has it too.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import NO_DATA_TESTS, ROOT, Build, built_ahead, copy_project, run_dbt

SERIES = ["instrument_code", "session_date"]


def stated_defaults() -> dict[str, str]:
    """Return what the declaration says of an empty rule: its default, else its first word."""
    text = (ROOT / "seeds" / "catalog" / "strategies.yml").read_text()
    (seed,) = yaml.safe_load(text)["seeds"]
    metas = {column["name"]: column["config"]["meta"] for column in seed["columns"]}
    return {
        name: str(meta.get("default", meta.get("words", [None])[0]))
        for name, meta in metas.items()
        if name != "method" and not meta.get("is_required") and meta.keys() & {"default", "words"}
    }


@pytest.fixture(scope="module")
def tables(sample: Build) -> Callable[[str], pd.DataFrame]:
    """Return a query on the build database, intermediates included."""
    return sample.inner_frame


def assert_equal(found: pd.Series, expected: pd.Series) -> None:
    """Fail unless both have the same nulls and the same values, and there are some."""
    assert found.notna().sum() > 100
    np.testing.assert_allclose(
        found.to_numpy(dtype=float), expected.to_numpy(dtype=float), rtol=1e-9, atol=1e-12
    )


def test_momentum_is_the_change_over_its_own_volatility(tables) -> None:
    """A change over 20 sessions has sqrt(20) times the deviation of one session."""
    rows = tables(
        "from intermediate.int_cdx_overlay__signals_scored where signal_code = 'spread_momentum' "
        "order by instrument_code, session_date"
    )
    levels = rows.groupby("instrument_code")["indicator_value"]
    deviations = levels.transform(lambda values: values.diff().rolling(60, min_periods=40).std())
    assert_equal(rows["score_z"], levels.diff(20) / (deviations * np.sqrt(20)))


def test_stops_in_deviations_look_back_sixty_sessions(tables) -> None:
    markets = tables(
        "from intermediate.int_cdx_overlay__markets_aligned order by instrument_code, session_date"
    )
    changes = markets.groupby("instrument_code")["spread_bps"].diff()
    by_instrument = changes.groupby(markets["instrument_code"])
    markets["expected"] = by_instrument.transform(lambda x: x.rolling(60, min_periods=2).std())
    found = tables("from intermediate.int_cdx_overlay__strategy_inputs_joined")
    both = found.merge(markets[[*SERIES, "expected"]], on=SERIES, validate="many_to_one")
    assert len(both) == len(found)
    assert_equal(both["spread_change_deviation_bps"], both["expected"])


def test_a_roll_session_has_no_pnl_to_foresee(tables) -> None:
    """A generic series jumps where it changes its contract; nobody earns that."""
    rows = tables(
        """
        select paired.seller_pnl_usd, markets.is_roll_day, markets.spread_change_bps, kinds.dv01
        from intermediate.int_cdx_overlay__scores_paired as paired
        inner join intermediate.int_cdx_overlay__markets_aligned as markets
            using (instrument_code, session_date)
        inner join (
            select instrument_code, dv01_usd_per_bp_per_mm as dv01 from catalog.instruments
        ) as kinds using (instrument_code)
        """
    )
    assert rows["is_roll_day"].sum() > 0
    expected = -rows["spread_change_bps"] * rows["dv01"]
    assert_equal(rows["seller_pnl_usd"], expected.mask(rows["is_roll_day"]))


def test_roll_down_follows_the_slope_known_when_the_session_began(tables) -> None:
    """IG has two tenors: the slope to 10Y for 5Y, the time since the last session in months."""
    rows = tables(
        """
        select five.session_date, five.roll_down_bps, five.spread_bps, ten.spread_bps as ten_bps
        from intermediate.int_cdx_overlay__contract_quotes_joined as five
        left join intermediate.int_cdx_overlay__markets_aligned as ten
            on ten.instrument_code = 'cdx_ig_10y' and five.session_date = ten.session_date
        where five.instrument_code = 'cdx_ig_5y' order by five.session_date
        """
    )
    slopes = (rows["ten_bps"] - rows["spread_bps"]) / 60
    months = rows["session_date"].diff().dt.days / (365.25 / 12)
    assert_equal(rows["roll_down_bps"], -slopes.shift() * months)


def test_an_empty_rule_of_a_strategy_is_the_stated_one(sample: Build) -> None:
    """Above all the lag: a score that uses a close is never traded at that close unless asked."""
    catalog = pd.read_csv(ROOT / "seeds" / "catalog" / "strategies.csv").set_index("strategy_code")
    rules = sample.frame("from cdx_overlay.dim_strategies").set_index("strategy_code")
    defaults = stated_defaults()
    assert len(defaults) == 14
    for name, default in defaults.items():
        empty = catalog.index[catalog["is_enabled"] & catalog[name].isna()]
        expected = type(rules[name].iloc[0])(default)
        assert (rules.loc[empty, name] == expected).all(), name
    assert defaults["signal_lag_sessions"] == "1"


def spells_below_the_peak(days: pd.DataFrame) -> list[tuple]:
    """Return (peak, start, trough, recovery, depth, sessions) of every spell, deepest first."""
    spells: list[dict] = []
    peak_date, is_under = None, False
    for date, depth in zip(days["date"], days["drawdown_usd"], strict=True):
        if depth >= 0:
            if is_under:
                spells[-1]["recovery"] = date
            peak_date, is_under = date, False
            continue
        if not is_under:
            spell = {"peak": peak_date, "start": date, "trough": date, "recovery": None}
            spells.append(spell | {"depth": depth, "sessions": 0})
        is_under = True
        spells[-1]["sessions"] += 1
        if depth < spells[-1]["depth"]:
            spells[-1] |= {"depth": depth, "trough": date}
    ordered = sorted(spells, key=lambda spell: (spell["depth"], spell["start"]))
    return [tuple(spell.values()) for spell in ordered]


def test_drawdowns_are_the_spells_below_the_peak_deepest_first(sample: Build) -> None:
    days = sample.frame("from cdx_overlay.fct_backtest_days order by run_id, date")
    found = sample.frame(
        "select run_id, peak_date, start_date, trough_date, recovery_date, depth_usd, "
        "underwater_sessions, is_open from cdx_overlay.fct_drawdowns "
        "order by run_id, drawdown_number"
    )
    spell_count = recovered_count = 0
    for run, history in days.groupby("run_id"):
        rows = found[found["run_id"] == run].drop(columns=["run_id", "is_open"])
        actual = [
            tuple(None if pd.isna(value) else value for value in row)
            for row in rows.itertuples(index=False)
        ]
        expected = spells_below_the_peak(history)
        assert actual == expected, run
        spell_count += len(expected)
        recovered_count += sum(spell[3] is not None for spell in expected)
    assert len(found) == spell_count > recovered_count > 0
    assert (found["is_open"] == found["recovery_date"].isna()).all()


def test_each_step_of_the_bridge_is_compared_with_the_one_before(sample: Build) -> None:
    bridge = sample.frame("from reports.rpt_macrocredit_bridge order by step_number")
    totals = sample.frame(
        "select strategy_code, total_net_pnl_usd from cdx_overlay.fct_strategy_performance"
    ).set_index("strategy_code")["total_net_pnl_usd"]
    expected = totals[bridge["strategy_code"]].diff()
    np.testing.assert_array_equal(bridge["change_from_previous_usd"], expected)
    assert expected.iloc[1:].ne(0).all()


def test_the_weekly_history_shows_the_last_session_of_each_week(sample: Build) -> None:
    days = sample.frame(
        """
        select days.strategy_code, days.date, days.cumulative_pnl_usd
        from cdx_overlay.fct_backtest_days as days
        inner join cdx_overlay.dim_strategies as rules using (run_id)
        where rules.companion_of is null order by days.strategy_code, days.date
        """
    )
    weeks = days["date"].dt.to_period("W-SUN")
    expected = days.groupby(["strategy_code", weeks]).tail(1).reset_index(drop=True)
    found = sample.frame(
        "select strategy_code, date, cumulative_pnl_usd from reports.rpt_strategy_history "
        "order by strategy_code, date"
    )
    pd.testing.assert_frame_equal(found, expected)


@built_ahead
def swept(home: Path) -> Callable[[str], pd.DataFrame]:
    """Return a query on runs of a project whose sweep is switched on."""
    project = copy_project(home / "project")
    catalog = project / "seeds" / "catalog" / "sweeps.csv"
    catalog.write_text(catalog.read_text().replace(",false", ",true"))
    selected = ("+fct_strategy_performance", "+rpt_strategy_scorecard", "+rpt_strategy_history")
    build = run_dbt(home, "build", *NO_DATA_TESTS, "--select", *selected, project=project)
    assert build.exit_code == 0, build.output
    return build.inner_frame


def test_every_point_of_a_grid_is_a_run_like_any_other(sample: Build, swept) -> None:
    """Fifteen points around `balanced`; the one with its own thresholds earns what it earns."""
    rules = swept("from cdx_overlay.dim_strategies").set_index("strategy_code")
    points = rules[rules["sweep_code"].notna()]
    grid = product((1.0, 1.25, 1.5, 1.75, 2.0), (0.25, 0.5, 0.75))
    varied = points[["entry_threshold", "exit_threshold"]]
    assert sorted(varied.itertuples(index=False, name=None)) == sorted(grid)
    names = {"sweep_code", "sweep_of", "run_id", *varied.columns}
    for name in rules.columns.difference(list(names)):
        assert set(points[name].map(str)) == {str(rules.loc["balanced", name])}, name

    one = "thresholds[entry_threshold=1.5,exit_threshold=0.5]"
    record = swept("from cdx_overlay.fct_strategy_performance").set_index("strategy_code")
    measures = record.drop(columns="run_id")
    pd.testing.assert_series_equal(measures.loc[one], measures.loc["balanced"], check_names=False)
    others = record.loc[points.index.drop(one), "total_net_pnl_usd"]
    assert others.nunique() == 14 and record.loc["balanced", "total_net_pnl_usd"] not in set(others)


def test_the_best_points_of_a_sweep_keep_their_days_and_every_run_of_the_catalog_does(
    swept,
) -> None:
    """Ten of fifteen, by Sharpe ratio; their days add up to the record that all fifteen have."""
    runs = swept(
        "select strategy_code, sweep_code, sharpe_ratio, total_net_pnl_usd, session_count "
        "from cdx_overlay.fct_strategy_performance "
        "inner join cdx_overlay.dim_strategies using (strategy_code)"
    ).set_index("strategy_code")
    points = runs[runs["sweep_code"].notna()].sort_index()
    best = points["sharpe_ratio"].sort_values(ascending=False, kind="stable").index[:10]
    days = swept("from cdx_overlay.fct_backtest_days").groupby("strategy_code")["net_pnl_usd"]
    kept = set(runs.index[runs["sweep_code"].isna()]) | set(best)
    assert len(points) == 15 and set(days.groups) == kept
    shown = runs.loc[sorted(kept)]
    assert (days.count() == shown["session_count"]).all()
    np.testing.assert_allclose(days.sum(), shown["total_net_pnl_usd"], rtol=1e-12)


def test_points_of_a_grid_count_as_tried_and_stay_out_of_the_reports(sample: Build, swept) -> None:
    sql = (
        "select strategy_code, runs_tried_count, deflated_sharpe_share "
        "from cdx_overlay.fct_strategy_performance"
    )
    before, after = (query(sql).set_index("strategy_code") for query in (sample.frame, swept))
    assert len(after) == len(before) + 15
    tried = after["runs_tried_count"] - before["runs_tried_count"]
    is_macrocredit = tried.index.str.startswith("macrocredit") & tried.notna()
    assert (tried[tried.notna() & ~is_macrocredit] == 15).all() and (
        tried[is_macrocredit] == 0
    ).all()
    shares = [runs.loc["balanced", "deflated_sharpe_share"] for runs in (before, after)]
    assert shares[0] != shares[1]
    for report in ("rpt_strategy_scorecard", "rpt_strategy_history"):
        codes = f"select distinct strategy_code from reports.{report} order by 1"
        assert swept(codes).equals(sample.frame(codes)), report
