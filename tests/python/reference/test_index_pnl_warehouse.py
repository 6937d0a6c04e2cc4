"""The warehouse's index P&L: the printed roll, and every run rebuilt from its positions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import Build
from overlay_runs import ALL_DAYS

PARTS = {
    "coupon_pnl_usd": "coupon_pnl_usd_per_mm",
    "time_pnl_usd": "time_pnl_usd_per_mm",
    "roll_pnl_usd": "roll_down_pnl_usd_per_mm",
    "spread_pnl_usd": "spread_pnl_usd_per_mm",
    "rates_pnl_usd": "rates_pnl_usd_per_mm",
    "default_pnl_usd": "default_pnl_usd_per_mm",
    "financing_pnl_usd": "financing_pnl_usd_per_mm",
}


def test_the_roll_example_equals_the_reference_to_a_cent(sample: Build, shared_dir: Path) -> None:
    """QuantLib prices the same path day by day; the stitched quote shows a loss instead."""
    entries = json.loads((shared_dir / "golden" / "check_values.json").read_text())["entries"]
    entry = next(entry for entry in entries if entry["id"] == "roll_path_seller_10mm")
    totals = entry["outputs"]["totals"]
    bridge = sample.frame("from reports.rpt_roll_path order by step_number")
    steps = dict(zip(bridge["step_number"], bridge["pnl_usd"], strict=True))
    assert steps[1] == pytest.approx(totals["naive_generic_pnl_seed"], abs=1e-3)
    assert steps[1] + steps[2] == pytest.approx(totals["dv01_same_series_pnl"], abs=1e-3)
    assert steps[1] + steps[2] + steps[3] == pytest.approx(totals["spread_pnl"], abs=1e-3)
    for step, name in {4: "coupon_pnl", 5: "time_pnl", 6: "cost", 7: "roll_cost"}.items():
        assert steps[step] == pytest.approx(totals[name], abs=1e-3), name
    total = bridge["total_pnl_usd"].iloc[-1]
    assert total == pytest.approx(entry["outputs"]["total_full"], abs=1e-3)
    assert round(total, 2) == 14448.16


def assert_runs_are_positions_times_contracts(build: Build) -> None:
    """Rebuild every part and cost of every repriced run, one session after the other."""
    contracts = build.frame("from cdx_overlay.fct_index_pnl_daily")
    by_day = contracts.set_index(["instrument_code", "date"]).to_dict("index")
    runs = build.frame(
        f"""
        select days.*, rules.transaction_cost_bps, rules.roll_cost_bps
        from {ALL_DAYS} as days
        inner join cdx_overlay.dim_strategies as rules on days.run_id = rules.run_id
        where rules.pnl_model = 'repriced' and rules.market_code = rules.instrument_code
        order by days.run_id, days.date
        """
    )
    instruments = set(contracts["instrument_code"]) - {"roll_example"}
    assert runs["run_id"].nunique() == 14 + len(instruments)
    rolled = 0
    for _, days in runs.groupby("run_id"):
        held = 0.0
        for row in days.to_dict("records"):
            contract = by_day[row["instrument_code"], row["date"]]
            for part, per_mm in PARTS.items():
                expected = 0.0 if held == 0 else held * contract[per_mm]
                assert row[part] == pytest.approx(expected, abs=1e-6), (row["date"], part)
            now = row["position_notional_mm"]
            keeps = held * now > 0
            opened = abs(now - held) if keeps else abs(now)
            closed = 0.0 if keeps else abs(held)
            carried = min(abs(held), abs(now)) if keeps and contract["is_roll_day"] else 0.0
            new, old = (contract[f"{name}dv01_usd_per_bp_per_mm"] for name in ("", "held_"))
            roll_cost = row["roll_cost_bps"] * (new + old) / 2 * carried
            cost = row["transaction_cost_bps"] * (opened * new + closed * old) + roll_cost
            assert row["roll_cost_usd"] == pytest.approx(roll_cost, abs=1e-6), row["date"]
            assert row["cost_usd"] == pytest.approx(cost, abs=1e-6), row["date"]
            rolled += carried > 0
            held = now
    assert rolled > 0, "no run carried a position over a roll"


def test_every_repriced_run_is_its_positions_times_the_contract(sample: Build) -> None:
    """Nothing may be earned or paid that the position and the contract do not explain."""
    assert_runs_are_positions_times_contracts(sample)


def test_every_repriced_run_of_real_history_is_explained(real_history: Build) -> None:
    """Twelve years, 28 investment-grade and 26 high-yield rolls; every session has a mark."""
    assert_runs_are_positions_times_contracts(real_history)
    priced = real_history.query(
        """
        select count(*), count(*) filter (pnl_status <> 'ok'), count(*) filter (is_roll_day)
        from cdx_overlay.fct_index_pnl_daily where instrument_code in ('cdx_ig_5y', 'cdx_hy_5y')
        """
    )
    assert priced == [(3187 + 3415, 2, 26 + 28)]


def test_the_dv01_of_costs_is_the_re_implied_one(sample: Build) -> None:
    """A basis point more, priced by the function of the release; the annuity is 3 % off."""
    rows = sample.frame(
        """
        with priced as (
            select days.*, cds_bond.standard_cds(
                spread_bps, days.coupon_bps, date, maturity_date, [1], [0.03], recovery_share
            ) as exact
            from cdx_overlay.fct_index_pnl_daily as days
            inner join cdx_overlay.dim_instruments using (instrument_code)
            where month(date) = 3
        )
        select instrument_code, count(*) as day_count,
            max(abs(dv01_usd_per_bp_per_mm - exact.cs01_usd_per_bp_per_mm)) as dv01_gap,
            max(abs(upfront_pct_par - exact.upfront_pct_par)) as upfront_gap,
            avg(dv01_usd_per_bp_per_mm) / avg(100 * rpv01_years) - 1 as annuity_gap
        from priced group by all order by all
        """
    )
    assert len(rows) == 5 and rows["day_count"].sum() > 900
    assert rows["dv01_gap"].max() < 1e-6 and rows["upfront_gap"].max() < 1e-9
    gaps = rows.set_index("instrument_code")["annuity_gap"]
    assert gaps["cdx_hy_5y"] > 0.02 and gaps["cdx_ig_5y"] > 0.005


def test_companions_trade_by_the_same_rules_and_are_no_trials(sample: Build) -> None:
    """Each standard strategy is measured twice; the second measurement may change marks only."""
    rules = sample.frame("from cdx_overlay.dim_strategies").set_index("strategy_code")
    again = rules[rules["companion_of"].notna()]
    companions = again[~again.index.str.endswith("@quoted")]
    own = ~rules["is_benchmark"] & rules["companion_of"].isna()
    standard = rules[(rules["method"] == "standard") & own]
    standard = standard[standard["market_code"] == standard["instrument_code"]]
    assert sorted(companions["companion_of"]) == sorted(standard.index)
    same = rules.columns.difference(["companion_of", "run_id", "pnl_model"])
    pd.testing.assert_frame_equal(
        companions.set_index("companion_of")[same].sort_index(),
        standard[same].sort_index(),
        check_names=False,
    )
    assert set(companions["pnl_model"]) == {"constant_dv01"}
    tests = sample.frame("from cdx_overlay.fct_selection_tests")
    assert set(tests.loc[tests["is_trial"], "strategy_code"]) == set(rules.index[own])
    families = tests[tests["is_trial"]].groupby("family_code")
    assert (families["trial_id"].nunique() == families["trial_count"].max()).all()


def test_a_passive_seller_earns_what_the_index_earns(sample: Build) -> None:
    """Session by session before cost; it pays for its opening and its rolls like anybody."""
    days = sample.frame(
        """
        select days.*, pnl.total_pnl_usd_per_mm, days.net_pnl_usd + days.cost_usd as gross_pnl_usd
        from cdx_overlay.fct_backtest_days as days
        inner join cdx_overlay.dim_strategies as rules using (run_id)
        full join cdx_overlay.fct_index_pnl_daily as pnl
            on days.instrument_code = pnl.instrument_code and days.date = pnl.date
        where coalesce(rules.is_benchmark, pnl.instrument_code <> 'roll_example')
        """
    )
    assert days["strategy_code"].nunique() == 5 and days["run_id"].notna().all()
    index = days["total_pnl_usd_per_mm"].fillna(0.0)
    np.testing.assert_allclose(days["gross_pnl_usd"], index, atol=1e-6)
    by_run = days.groupby("strategy_code")
    paid = by_run[["opening_cost_usd", "closing_cost_usd", "roll_cost_usd", "cost_usd"]].sum()
    assert (paid["closing_cost_usd"] == 0).all() and (paid["opening_cost_usd"] > 0).all()
    rolls = days[days["is_roll_day"]].groupby("strategy_code")["roll_cost_usd"].min()
    assert (rolls > 0).all() and len(rolls) >= 4
    record = sample.frame("from cdx_overlay.fct_strategy_performance").set_index("strategy_code")
    totals = record.loc[paid.index]
    assert (totals["trade_count"] == 0).all() and (totals["average_leverage_ratio"] == 1).all()
    np.testing.assert_allclose(
        totals["total_net_pnl_usd"], by_run["total_pnl_usd_per_mm"].sum() - paid["cost_usd"]
    )


def test_every_strategy_stands_beside_the_seller_of_its_instrument(sample: Build) -> None:
    """Whose benchmark it is is a column, and the figures are those of both runs' days."""
    rules = sample.frame("from cdx_overlay.dim_strategies").set_index("strategy_code")
    strategies = rules[~rules["is_benchmark"]]
    assert (strategies["benchmark_code"] == "passive@" + strategies["instrument_code"]).all()
    assert rules.loc[rules["is_benchmark"], "benchmark_code"].isna().all()
    record = sample.frame("from cdx_overlay.fct_strategy_performance").set_index("strategy_code")
    days = sample.frame(f"from {ALL_DAYS}")
    net = days.pivot(index="date", columns="strategy_code", values="net_pnl_usd")
    for code in ("balanced", "threshold_hy", "aggressive_hy@constant_dv01"):
        both = net[[code, rules.loc[code, "benchmark_code"]]].dropna() / [
            record.loc[code, "capital_usd"], 1e6
        ]  # fmt: skip
        assert record.loc[code, "benchmark_session_count"] == len(both)
        assert record.loc[code, "beta_ratio"] == pytest.approx(
            both.cov().iloc[0, 1] / both.iloc[:, 1].var(), rel=1e-9
        )
        excess = (both.iloc[:, 0] - both.iloc[:, 1]).sum() * record.loc[code, "capital_usd"]
        assert record.loc[code, "excess_net_pnl_usd"] == pytest.approx(excess, rel=1e-9)
        years = net[code].groupby(net.index.year).sum()
        without = record.loc[code, "net_pnl_without_best_year_usd"]
        assert without == pytest.approx(years.sum() - years.max(), rel=1e-9)
        assert record.loc[code, "best_year"] == str(years.idxmax())


def test_a_stress_of_one_is_the_published_run_and_net_pnl_falls_with_cost(sample: Build) -> None:
    """To the last bit; a table of stresses beside other figures would compare nothing."""
    stress = sample.frame("from cdx_overlay.fct_strategy_stress")
    record = sample.frame("from cdx_overlay.fct_strategy_performance").set_index("strategy_code")
    names = ["session_count", "trade_count", "total_gross_pnl_usd", "total_cost_usd",
             "total_net_pnl_usd", "max_drawdown_usd", "sharpe_ratio"]  # fmt: skip
    for code in ("cost_x1", "lag_x1"):
        own = stress[stress["stress_code"] == code].set_index("strategy_code")
        assert len(own) == 36
        pd.testing.assert_frame_equal(own[names], record.loc[own.index, names], check_exact=True)
    by_cost = stress[stress["stress_code"].str.fullmatch("cost_x.") & (stress["trade_count"] > 0)]
    net = by_cost.pivot(index="strategy_code", columns="stress_code", values="total_net_pnl_usd")
    assert (net.diff(axis=1).iloc[:, 1:] < 0).all(axis=None) and net.shape == (26, 4)


def test_attribution_by_trade_equals_the_trades(sample: Build) -> None:
    """Side and year of a trade are facts of the trade, so its P&L has to be there too."""
    by_side = sample.frame(
        """
        select run_id, dimension_value, pnl_usd from cdx_overlay.fct_pnl_attribution
        where dimension = 'side' order by all
        """
    )
    trades = sample.frame(
        """
        select run_id,
            if(direction_sign = 1, 'protection_sold', 'protection_bought') as dimension_value,
            sum(net_pnl_usd) as pnl_usd
        from cdx_overlay.fct_backtest_trades group by all order by all
        """
    )
    assert (by_side[["run_id", "dimension_value"]] == trades[["run_id", "dimension_value"]]).all(
        axis=None
    )
    np.testing.assert_allclose(by_side["pnl_usd"], trades["pnl_usd"], atol=1e-6)


def test_a_regime_is_named_from_the_past_alone(sample: Build) -> None:
    """A tercile of the whole history would know at entry what volatility was still to come."""
    markets = sample.frame(
        """
        select date, vix_close_pts from cdx_overlay.fct_instrument_daily
        where instrument_code = 'cdx_ig_5y' order by date
        """
    )
    history = markets["vix_close_pts"]
    low, high = (history.expanding(60).quantile(share) for share in (1 / 3, 2 / 3))
    regime = np.select(
        [low.isna() | history.isna(), history <= low, history <= high],
        ["unknown", "calm", "middling"],
        "stressed",
    )
    by_date = dict(zip(markets["date"], regime, strict=True))
    trades = sample.frame(
        """
        select trades.* from cdx_overlay.fct_backtest_trades as trades
        inner join cdx_overlay.dim_strategies as rules on trades.run_id = rules.run_id
        where rules.instrument_code = 'cdx_ig_5y'
        """
    )
    trades["regime"] = trades["entry_date"].map(by_date)
    expected = trades.groupby(["run_id", "regime"])["net_pnl_usd"].sum()
    got = sample.frame(
        "from cdx_overlay.fct_pnl_attribution where dimension = 'vix_regime_at_entry'"
    ).set_index(["run_id", "dimension_value"])["pnl_usd"]
    assert set(regime) == {"unknown", "calm", "middling", "stressed"}
    np.testing.assert_allclose(got.loc[expected.index], expected, atol=1e-6)
