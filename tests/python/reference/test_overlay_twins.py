"""Rules of the overlay worked out again, in pandas and loops, from the table before each rule.

Parity with the replaced systems covers what those do. This covers what only the warehouse does, on
the committed sample, so that a clone without the reference folder has it too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import ROOT, Build
from overlay_runs import ALL_DAYS

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


def test_adjusted_levels_move_as_the_series_held_does(tables) -> None:
    """The gap is the new series' quote less the old one's last: the roll session does not move."""
    rows = tables(
        """
        select daily.instrument_code, daily.date, daily.cdx_spread_bps, daily.is_roll_day,
            daily.roll_adjusted_spread_bps as adjusted_bps
        from cdx_overlay.fct_instrument_daily as daily order by instrument_code, date
        """
    )
    own = rows.groupby("instrument_code")
    moved = own["cdx_spread_bps"].diff().mask(rows["is_roll_day"], 0.0)
    assert rows["is_roll_day"].sum() > 90
    assert_equal(own["adjusted_bps"].diff(), moved)
    first = own.head(1)
    assert (first["adjusted_bps"] == first["cdx_spread_bps"]).all()


def test_stops_in_deviations_look_back_sixty_sessions_without_rolls(tables) -> None:
    markets = tables(
        "from intermediate.int_cdx_overlay__levels_adjusted order by instrument_code, session_date"
    )
    changes = markets.groupby("instrument_code")["roll_adjusted_spread_bps"].diff()
    by_instrument = changes.groupby(markets["instrument_code"])
    markets["expected"] = by_instrument.transform(lambda x: x.rolling(60, min_periods=2).std())
    found = tables("from intermediate.int_cdx_overlay__strategy_inputs_joined")
    found = found.rename(columns={"market_code": "instrument_code"})
    pairs = tables("from intermediate.int_cdx_overlay__pairs_priced")["market_code"]
    found = found[~found["instrument_code"].isin(pairs)]
    both = found.merge(markets[[*SERIES, "expected"]], on=SERIES, validate="many_to_one")
    assert len(both) == len(found)
    assert_equal(both["spread_change_deviation_bps"], both["expected"])


def test_standard_scores_look_at_adjusted_levels_and_replicas_at_quotes(tables) -> None:
    """Spread minus ETF over 60 sessions of the one, over 20 of the other."""
    rows = tables(
        """
        select scores.signal_code, scores.instrument_code, scores.score_z, daily.*
        from cdx_overlay.fct_signal_scores as scores
        inner join cdx_overlay.fct_instrument_daily as daily using (instrument_code, date)
        where scores.signal_code in ('cdx_etf_basis', 'cdx_etf_basis_aponyx')
            and instrument_code in ('cdx_ig_5y', 'cdx_hy_5y')
        order by scores.signal_code, scores.instrument_code, scores.date
        """
    )
    for code, level, window, least in (
        ("cdx_etf_basis", "roll_adjusted_spread_bps", 60, 40),
        ("cdx_etf_basis_aponyx", "cdx_spread_bps", 20, 10),
    ):
        own = rows[rows["signal_code"] == code]
        basis = (own[level] - own["etf_spread_bps"]).groupby(own["instrument_code"])
        windows = [basis.rolling(window, min_periods=least).agg(name) for name in ("mean", "std")]
        mean, deviation = (values.droplevel(0).reindex(own.index) for values in windows)
        assert_equal(own["score_z"], (own[level] - own["etf_spread_bps"] - mean) / deviation)


def test_options_of_signals_shape_the_signal_that_they_start_from(tables) -> None:
    """Neutral range, regime and strength, each against the plain signal of the same score."""
    rows = tables(
        """
        select scores.signal_code, scores.instrument_code, scores.date, scores.signal,
            daily.vix_regime
        from cdx_overlay.fct_signal_scores as scores
        inner join cdx_overlay.fct_instrument_daily as daily using (instrument_code, date)
        where scores.method = 'standard'
        """
    )
    wide = rows.pivot(index=["instrument_code", "date"], columns="signal_code", values="signal")
    regime = rows.groupby(["instrument_code", "date"])["vix_regime"].first()
    assert set(regime) == {"unknown", "calm", "middling", "stressed"}
    basis, gap, momentum = (
        wide[name] for name in ("cdx_etf_basis", "cdx_vix_gap", "spread_momentum")
    )
    assert_equal(wide["cdx_etf_basis_neutral"], basis.mask(basis.abs() <= 0.5, 0.0))
    speaks = regime.isin(["calm", "middling"])
    assert_equal(wide["cdx_vix_gap_calm"], gap.mask(gap.notna() & ~speaks, 0.0))
    sign = np.sign(momentum).mask(momentum.abs() <= 1, 0.0)
    assert_equal(wide["spread_momentum_sign"], sign)


def test_the_report_on_rolls_compares_the_same_rules_on_both_levels(sample: Build) -> None:
    """One line for each strategy of an adjusted score; the run on quotes is no strategy."""
    report = sample.frame("from reports.rpt_roll_in_signals").set_index("strategy_code")
    rules = sample.frame("from cdx_overlay.dim_strategies").set_index("strategy_code")
    record = sample.frame("from cdx_overlay.fct_strategy_performance").set_index("strategy_code")
    own = rules[(rules["method"] == "standard") & rules["companion_of"].isna()]
    own = own[~own["is_benchmark"] & (own["market_code"] == own["instrument_code"])]
    assert sorted(report.index) == sorted(own.index)
    quoted = report.index + "@quoted"
    free = ["companion_of", "run_id", "signal_code"]
    for code in report.index:
        assert rules.loc[code].drop(free).equals(rules.loc[f"{code}@quoted"].drop(free)), code
    for name in ("trade_count", "total_net_pnl_usd", "sharpe_ratio"):
        np.testing.assert_array_equal(report[name], record.loc[report.index, name])
        np.testing.assert_array_equal(report[f"quoted_{name}"], record.loc[quoted, name])
    effect = report["quoted_total_net_pnl_usd"] - report["total_net_pnl_usd"]
    np.testing.assert_array_equal(report["roll_effect_usd"], effect)
    assert effect.ne(0).all()


def test_the_sample_has_value_in_the_one_signal_that_its_provenance_names(sample: Build) -> None:
    """What is planted passes the bar of 5 % from one to ten sessions; what is not, never does."""
    rows = sample.frame(
        "select * from cdx_overlay.fct_signal_diagnostics "
        "where instrument_code in ('cdx_ig_5y', 'cdx_hy_5y')"
    ).set_index(["score_code", "instrument_code", "horizon_sessions"])["newey_west_t_ratio"]
    planted = rows.loc["cdx_etf_basis"].unstack()
    assert (planted[[1, 5, 10]] > 2.5).all(axis=None)
    for code in ("cdx_vix_gap", "spread_momentum"):
        assert rows.loc[code].abs().max() < 1.96, code


def test_scores_meet_the_pnl_that_the_contract_earns(tables) -> None:
    """Carry in, the gap of a roll out: rolls are sessions like any other."""
    rows = tables(
        """
        select paired.seller_pnl_usd, pnl.total_pnl_usd_per_mm, pnl.is_roll_day, pnl.pnl_status
        from intermediate.int_cdx_overlay__scores_paired as paired
        inner join cdx_overlay.fct_index_pnl_daily as pnl
            on paired.instrument_code = pnl.instrument_code and paired.session_date = pnl.date
        """
    )
    assert rows["is_roll_day"].sum() > 0
    assert rows.loc[rows["is_roll_day"], "seller_pnl_usd"].notna().all()
    assert_equal(rows["seller_pnl_usd"], rows["total_pnl_usd_per_mm"])


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
    assert len(defaults) == 15
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
    days = sample.frame(f"from {ALL_DAYS} order by run_id, date")
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


def test_a_sum_over_the_days_counts_no_run_twice(sample: Build) -> None:
    """What a BI tool adds up is the scorecard, code by code and in total; variants stand apart."""
    totals = "select strategy_code, sum(net_pnl_usd) as net_pnl_usd from {} group by 1 order by 1"
    days = sample.frame(totals.format("cdx_overlay.fct_backtest_days"))
    scorecard = sample.frame(
        "select strategy_code, total_net_pnl_usd as net_pnl_usd "
        "from reports.rpt_strategy_scorecard order by all"
    )
    pd.testing.assert_frame_equal(days, scorecard, rtol=1e-12)
    variants = sample.frame(totals.format("cdx_overlay.fct_variant_days"))
    assert len(variants) == 14 and not set(variants["strategy_code"]) & set(days["strategy_code"])
    record = sample.frame("from cdx_overlay.fct_strategy_performance").set_index("strategy_code")
    expected = record.loc[variants["strategy_code"], "total_net_pnl_usd"]
    np.testing.assert_allclose(variants["net_pnl_usd"], expected, rtol=1e-12)


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
        order by days.strategy_code, days.date
        """
    )
    weeks = days["date"].dt.to_period("W-SUN")
    expected = days.groupby(["strategy_code", weeks]).tail(1).reset_index(drop=True)
    found = sample.frame(
        "select strategy_code, date, cumulative_pnl_usd from reports.rpt_strategy_history "
        "order by strategy_code, date"
    )
    pd.testing.assert_frame_equal(found, expected)
