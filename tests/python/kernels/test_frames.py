"""The frames around the kernels: contracts in and out, which runs count and which are shown."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from index_pnl_twins import series_maturity_date
from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import value_from_spread
from parspread.curves.discount_curves import DiscountCurves
from parspread.overlay.performance import ESTIMATES
from parspread.warehouse.overlay import contracts_frame as contracts_frame_of
from parspread.warehouse.overlay_runs import (
    RunPath,
    backtest_days_table,
    performance_frame,
    performance_record,
    run_metrics,
)
from parspread.warehouse.overlay_scores import diagnostics_frame
from performance_runs import LONG, SMALL_SAMPLES, market, on_dates, runs, swept_run

PARTS = [
    f"{part}_pnl_usd_per_mm"
    for part in ("coupon", "time", "roll_down", "spread", "rates", "default")
]
TERMS = {
    "discount_rate_dec": 0.043, "financing_rate_dec": np.nan, "index_factor_share": 1.0,
    "defaulted_share": 0.0, "auction_recovery_share": np.nan, "default_days": np.nan,
}  # fmt: skip
# Of an index whose upfront nobody finances.
IG = TERMS | {"instrument_code": "ig", "coupon_bps": 100.0, "recovery_share": 0.4}
HY = TERMS | {"instrument_code": "hy", "coupon_bps": 500.0, "recovery_share": 0.3}
ROLLED = [43, 43, 44, 44, 44]
DATES = ["2025-03-18", "2025-03-19", "2025-03-20", "2025-03-21", "2025-03-24"]


def contracts_frame(rows, max_unquoted_days=4.0):
    """Reprice as the warehouse does by default."""
    return contracts_frame_of(rows, max_unquoted_days)


def quotes(spread_bps, series=43, roll_down_bps=None, dates=DATES, **terms):
    """Return the quotes of one instrument as the warehouse hands them over."""
    count = len(dates)
    return pd.DataFrame(
        {
            "session_date": pd.to_datetime(dates),
            "spread_bps": spread_bps,
            "maturity_date": np.broadcast_to(series_maturity_date(series), count),
            "old_series_spread_bps": np.full(count, np.nan),
            "roll_down_bps": roll_down_bps or [np.nan] * count,
            **(IG | terms),
        }
    )


def upfront_usd_per_mm(date, maturity, spread_bps, terms):
    """Price one contract on one day, the slow way."""
    contract = cds_contracts(
        date, maturity, coupon_bps=terms["coupon_bps"], recovery_share=terms["recovery_share"]
    )
    flat = DiscountCurves.flat(terms["discount_rate_dec"])
    return float(value_from_spread(contract, spread_bps, flat).upfront_pct_par[0]) * 1e4


def slow_total(rows, maturities, terms):
    """Return each session's P&L of the series held into it, which rolls off at its last spread."""
    totals = []
    for day in range(1, len(rows)):
        held = maturities[day - 1]
        before, after = rows[day - 1], rows[day]
        spread = after[1] if maturities[day] == held else before[1]
        change = upfront_usd_per_mm(after[0], held, spread, terms) - upfront_usd_per_mm(
            before[0], held, before[1], terms
        )
        days = (np.datetime64(after[0]) - np.datetime64(before[0])).astype(int)
        totals.append(-change + terms["coupon_bps"] * 100 * days / 360)
    return totals


@pytest.mark.parametrize(
    ("terms", "spread", "series"),
    [
        (IG, [54.0, 53.0, 58.0, 58.5, 57.0], [43, 43, 44, 44, 44]),
        (HY, [330.0, 328.0, 331.0, 340.0, 335.0], [43] * 5),
    ],
)
def test_a_contract_earns_what_its_own_series_earns(terms, spread, series):
    """The gap between two series is nobody's P&L."""
    got = contracts_frame(quotes(spread, series, **terms))
    maturities = series_maturity_date(series).astype(str).tolist()
    expected = slow_total(list(zip(DATES, spread, strict=True)), maturities, terms)
    np.testing.assert_allclose(got["total_pnl_usd_per_mm"][1:], expected, atol=1e-6)
    np.testing.assert_allclose(got[PARTS].sum(axis=1)[1:], expected, atol=1e-6)
    np.testing.assert_allclose(got["mark_usd_per_mm"], np.cumsum([0.0, *expected]), atol=1e-6)
    slow_upfront = [
        upfront_usd_per_mm(date, maturity, bps, terms) / 1e4
        for date, maturity, bps in zip(DATES, maturities, spread, strict=True)
    ]
    np.testing.assert_allclose(got["upfront_pct_par"], slow_upfront, atol=1e-10)


def test_a_roll_is_flagged_with_its_gap_and_its_two_dv01s():
    """What a roll costs, and how far a stop has to move, comes from these columns."""
    got = contracts_frame(quotes([54.0, 53.0, 58.0, 58.5, 57.0], [43, 43, 44, 44, 44]))
    assert got["is_roll"].tolist() == [False, False, True, False, False]
    assert got["cumulative_roll_gap_bps"].tolist() == [0, 0, 5, 5, 5]
    new, old = got.loc[2, ["dv01_usd_per_bp_per_mm", "held_dv01_usd_per_bp_per_mm"]]
    assert old < new
    rolled = got["cumulative_roll_dv01_usd_per_bp_per_mm"].to_numpy()
    np.testing.assert_allclose(rolled, [0, 0, *[(old + new) / 2] * 3])


def test_roll_down_moves_between_parts_and_not_the_total():
    """A slope explains part of a move that was quoted anyway; on a roll there is none."""
    spread = [54.0, 53.0, 58.0, 58.5, 57.0]
    plain, sloped = (
        contracts_frame(quotes(spread, ROLLED)),
        contracts_frame(quotes(spread, ROLLED, roll_down_bps=[np.nan, -0.1, -0.1, -0.1, -0.3])),
    )
    assert (plain["roll_down_pnl_usd_per_mm"].dropna() == 0).all()
    got = sloped["roll_down_pnl_usd_per_mm"]
    np.testing.assert_allclose(
        got[[1, 3]], 0.1 * sloped["dv01_usd_per_bp_per_mm"][[1, 3]], rtol=0.02
    )
    assert got[2] == 0
    np.testing.assert_allclose(
        sloped["total_pnl_usd_per_mm"], plain["total_pnl_usd_per_mm"], atol=1e-9, equal_nan=True
    )


def test_every_instrument_has_its_own_terms_and_history_in_any_order():
    """A row of another instrument, or of another day, must not leak into the running sums."""
    ig, hy = quotes([54.0, 53.0, 52.0, 51.0, 50.0]), quotes([330.0] * 5, **HY)
    alone = pd.concat([contracts_frame(hy), contracts_frame(ig)], ignore_index=True)
    mixed = contracts_frame(pd.concat([ig, hy]).sample(frac=1, random_state=5))
    pd.testing.assert_frame_equal(mixed, alone)


def test_a_contract_without_a_coupon_has_a_status_and_no_number():
    """A mark after a session that could not be priced would hide what that session did."""
    got = contracts_frame(quotes([54.0] * 5, coupon_bps=np.nan))
    assert got["pnl_status"].tolist() == ["no_previous_session", *["not_priced"] * 4]
    assert got[[*PARTS, "total_pnl_usd_per_mm", "rpv01_years"]].isna().all(axis=None)
    assert got["mark_usd_per_mm"].isna().tolist() == [False, True, True, True, True]


def test_a_session_without_a_quote_has_no_mark_and_the_next_one_carries_its_days():
    """Three days of coupon are earned whether or not anyone quoted in between."""
    dates = ["2025-04-01", "2025-04-02", "2025-04-04"]
    got = contracts_frame(quotes([54.0, np.nan, 54.0], dates=dates))
    assert got["pnl_status"].tolist() == ["no_previous_session", "missing_spread", "ok"]
    assert got["mark_usd_per_mm"].isna().tolist() == [False, True, False]
    assert got["coupon_pnl_usd_per_mm"][2] == pytest.approx(1e6 * 0.01 * 3 / 360)


def test_calendar_days_and_a_series_that_never_rolls_are_priced():
    """The notebook year has weekends, and one series number for good."""
    dates = pd.date_range("2023-01-01", "2023-09-09").astype(str).tolist()
    got = contracts_frame(quotes([70.0] * len(dates), [42] * len(dates), dates=dates))
    assert (got["pnl_status"][1:] == "ok").all() and not got["is_roll"].any()
    assert got["coupon_pnl_usd_per_mm"].sum() == pytest.approx(1e4 * (len(dates) - 1) / 360)


def test_tomorrow_never_changes_a_contract_today():
    """Appending sessions, a roll among them, leaves every earlier row as it was."""
    spread, series = [54.0, 53.0, 58.0, 58.5, 57.0], [43, 43, 44, 44, 44]
    full = contracts_frame(quotes(spread, series))
    for cut in range(1, 5):
        part = contracts_frame(quotes(spread[:cut], series[:cut], dates=DATES[:cut]))
        pd.testing.assert_frame_equal(part, full[:cut])


def test_a_label_ahead_of_the_rule_rolls_where_it_stands():
    """HY labelled a week early; no roll was seen, and a seller of $10MM shown -120,170."""
    dates = ["2015-09-17", "2015-09-18", "2015-09-21", "2015-09-22", "2015-09-28", "2015-09-29"]
    rows = quotes(
        [360.0, 360.0, *[390.0] * 4], [24, 24, *[25] * 4], dates=dates,
        **HY | {"discount_rate_dec": 0.03, "financing_rate_dec": 0.03},
    )  # fmt: skip
    got = contracts_frame(rows)
    assert got["is_roll"].tolist() == [False, False, True, False, False, False]
    assert str(rows["maturity_date"].iloc[-1])[:10] == "2020-12-20"
    total, financing = (
        10 * got.loc[2, f"{part}_pnl_usd_per_mm"] for part in ("total", "financing")
    )
    assert total - financing == pytest.approx(3279, abs=0.5)
    # The 6 points of upfront that the seller paid, and the accrued coupon, cost 3 % for three days.
    assert financing == pytest.approx(-168, abs=1)


@pytest.mark.parametrize(("age_days", "status"), [(60.0, "ok"), (4.0, "unknown_roll")])
def test_a_hole_over_a_roll_has_a_status_and_no_number(age_days, status):
    """IG 45 in S33, two months later 95 in S34: the +9,180 of $10MM was carry alone."""
    rows = quotes(
        [45.0, 95.0, 96.0], [33, 34, 34], dates=["2020-02-14", "2020-04-15", "2020-04-16"]
    )
    got = contracts_frame(rows, max_unquoted_days=age_days + 1)
    assert got["pnl_status"].tolist() == ["no_previous_session", status, "ok"]
    assert got["is_roll"][1]
    if status == "unknown_roll":
        amounts = [*PARTS, "total_pnl_usd_per_mm", "mark_usd_per_mm", "unfunded_return_dec"]
        assert got.loc[1, amounts].isna().all()
        assert got["mark_usd_per_mm"][2] == got["total_pnl_usd_per_mm"][2]
        assert got["cumulative_unknown_pnl_count"].tolist() == [0, 1, 1]
        assert got["unfunded_index_ratio"].isna().tolist() == [False, True, True]


def test_an_old_series_that_is_quoted_earns_its_own_move_over_any_hole():
    """Had the old series stood at 93, a seller of $10MM would have lost 199,709."""
    rows = quotes([45.0, 95.0], [33, 34], dates=["2020-02-14", "2020-04-15"])
    rows["old_series_spread_bps"] = [np.nan, 93.0]
    rows["discount_rate_dec"] = 0.03
    got = contracts_frame(rows)
    assert got["pnl_status"][1] == "ok" and got["roll_gap_bps"][1] == 2.0
    assert 10 * got["total_pnl_usd_per_mm"][1] == pytest.approx(-199709, abs=1.0)


def event_rows(before=100.0, after=100.0, recovery=0.05, **terms):
    """Return quotes around a name of one of 100 that left on the second of three sessions.

    It failed on 2025-02-27, two days after the first session; the index is quoted without it from
    2025-03-03.
    """
    dates = ["2025-02-25", "2025-03-03", "2025-03-04"]
    rows = quotes([before, after, after], dates=dates, **terms)
    rows["index_factor_share"] = [1.0, 0.99, 0.99]
    rows["defaulted_share"] = [0.0, 0.01, 0.0]
    rows["auction_recovery_share"] = [np.nan, recovery, np.nan]
    rows["default_days"] = [np.nan, 2.0, np.nan]
    return rows


def test_a_credit_event_costs_the_seller_what_the_auction_does_not_pay():
    """1 % of $10MM at recovery 5 % is 95,000 dollars less what accrued to the event.

    By hand, at par (100 bp, upfront 0), for $10MM: the loss 10,000,000 x 0.01 x 0.95 = 95,000; the
    coupon on 9.9MM for six days 9,900,000 x 0.01 x 6/360 = 1,650.00, and on the name for two days
    100,000 x 0.01 x 2/360 = 5.56; the next day 9,900,000 x 0.01 x 1/360 = 275.00.
    """
    got = contracts_frame(event_rows())
    assert got["pnl_status"].tolist() == ["no_previous_session", "ok", "ok"]
    assert 10 * got["default_pnl_usd_per_mm"][1] == pytest.approx(-95_000.0, abs=1e-6)
    coupon = 10 * got["coupon_pnl_usd_per_mm"]
    assert coupon[1:].tolist() == pytest.approx([1650.0 + 5.0 / 0.9, 275.0], abs=1e-6)
    assert 10 * got["total_pnl_usd_per_mm"][1] == pytest.approx(-95_000 + 1655.56, abs=0.005)
    # Dollars per basis point shrink with what is alive.
    whole = contracts_frame(event_rows().assign(index_factor_share=1.0, defaulted_share=0.0))
    for name in ("dv01_usd_per_bp_per_mm", "held_dv01_usd_per_bp_per_mm"):
        assert (got[name] / whole[name]).tolist() == pytest.approx([1.0, 0.99, 0.99]), name


def test_quotes_around_an_event_stand_on_their_own_factor():
    """120 bp with the name in, 105 bp without it: what is alive gains, what left was marked down.

    By hand, for $10MM: value lost = 9.9MM x (upfront at 105 - upfront at 120), and the name costs
    100,000 x (0.95 - upfront at 120), which the seller had been paid.
    """
    got = contracts_frame(event_rows(120.0, 105.0))
    before, after = (
        upfront_usd_per_mm(date, "2029-12-20", bps, IG) / 1e6
        for date, bps in (("2025-02-25", 120.0), ("2025-03-03", 105.0))
    )
    lost = -100_000 * (0.95 - before)
    alive = -9_900_000 * (after - before)
    assert 10 * got["default_pnl_usd_per_mm"][1] == pytest.approx(lost, abs=1e-6)
    moved = got[["time_pnl_usd_per_mm", "spread_pnl_usd_per_mm"]].sum(axis=1)[1]
    assert 10 * moved == pytest.approx(alive, abs=1e-6)
    assert got.loc[1, PARTS].sum() == pytest.approx(got["total_pnl_usd_per_mm"][1], abs=1e-6)
    assert alive > 60_000 and lost == pytest.approx(-94_162, abs=1)


def test_an_event_without_its_auction_has_a_status_and_no_number():
    got = contracts_frame(event_rows(recovery=np.nan))
    assert got["pnl_status"].tolist() == ["no_previous_session", "unsettled_event", "ok"]
    assert got["total_pnl_usd_per_mm"].isna().tolist() == [True, True, False]


def test_upfront_is_financed_at_the_rate_of_the_session_before():
    """The seller at 60 bp for a coupon of 100 has paid the upfront and lent the accrued coupon."""
    dates = ["2025-06-03", "2025-06-10", "2025-06-11"]
    rows = quotes([60.0] * 3, 44, dates=dates)
    rows["financing_rate_dec"] = [0.04, np.nan, np.nan]
    got = contracts_frame(rows)
    tied_up = 1e6 * 0.01 * 76 / 360 - upfront_usd_per_mm("2025-06-03", "2030-06-20", 60.0, IG)
    expected = -tied_up * np.expm1(0.04 * 7 / 365)
    assert got["financing_pnl_usd_per_mm"][1] == pytest.approx(expected, rel=1e-9)
    assert got["financing_status"].tolist() == ["no_pnl", "ok", "no_curve"]
    parts = got[[*PARTS, "financing_pnl_usd_per_mm"]].sum(axis=1)
    np.testing.assert_allclose(parts[1:], got["total_pnl_usd_per_mm"][1:], atol=1e-6)


def test_a_total_return_compounds_pnl_and_a_funded_one_its_interest():
    """A vendor's index: excess return, and with the notional in cash."""
    got = contracts_frame(event_rows(financing_rate_dec=0.043))
    unfunded = 1 + got["total_pnl_usd_per_mm"][1:].to_numpy() / 1e6
    interest = np.expm1(0.043 * np.array([6, 1]) / 365)
    np.testing.assert_allclose(got["unfunded_index_ratio"], 100 * np.cumprod([1, *unfunded]))
    np.testing.assert_allclose(
        got["funded_index_ratio"], 100 * np.cumprod([1, *unfunded + interest])
    )
    assert got["unfunded_index_ratio"][1] == pytest.approx(99.06, abs=0.01)


def recorded(days, trades, strategies, *floors: int) -> pd.DataFrame:
    """Return the record of runs that are given by their days and closed trades."""
    columns = ("net_pnl_usd", "cost_usd", "position_notional_mm")
    paths = []
    for run in strategies["run_id"]:
        own, closed = days[days["run_id"] == run], trades[trades["run_id"] == run]
        paths.append(
            RunPath(
                *(own[name].to_numpy(dtype=float) for name in columns),
                closed["net_pnl_usd"].to_numpy(dtype=float),
                closed["held_sessions"].to_numpy(dtype=float),
                own["session_date"].to_numpy().astype("datetime64[D]"),
                own["benchmark_return_dec"].to_numpy(dtype=float),
            )
        )
    return performance_record(paths, strategies, *floors)


@pytest.mark.filterwarnings("error")
def test_a_small_sample_has_no_ratios_and_a_status_that_says_why() -> None:
    """A number that is there gets copied without its status; dollars say what happened."""
    shown = {
        "ten_trades": (LONG, 10, "insufficient_trades"),
        "enough": (LONG[:60], 30, "depends_on_one_year"),
    }
    cases = SMALL_SAMPLES | shown
    record = recorded(
        *runs({k: v[0] for k, v in cases.items()}, {k: v[1] for k, v in cases.items()}), 60, 30, 10
    ).set_index("run_id")
    assert record["quality_status"].to_dict() == {k: v[2] for k, v in cases.items()}
    estimates = record[[*ESTIMATES]]
    assert estimates.loc[list(SMALL_SAMPLES)].isna().all(axis=None)
    # All sessions are of one year, so that nothing is left without it.
    estimates = estimates.drop(columns="sharpe_without_best_year_ratio")
    assert estimates.loc[list(shown)].notna().all(axis=None)
    facts = ["total_net_pnl_usd", "max_drawdown_usd", "exposure_share", "turnover_ratio"]
    assert record[facts].drop("all_nan").notna().all(axis=None)
    assert not np.isinf(record.select_dtypes("float").to_numpy()).any()


def test_what_is_too_small_to_show_is_never_ok() -> None:
    """Whatever the two floors are set to."""
    record = recorded(*runs({"a": LONG}, {"a": 9}), 60, 5, 10)
    assert record["quality_status"].tolist() == ["insufficient_trades"]


def test_the_geometric_drawdown_of_lost_capital_has_a_status() -> None:
    """A run that lost more than its capital, one that lost less, and one without sessions."""
    lost, kept = [5e5, -18e5, 2e5, 3e5], [5e5, -3e5, 2e5, 3e5]
    record = recorded(*runs({"a": lost, "b": kept, "c": []}, {"a": 1, "b": 1, "c": 0}), 0, 0, 0)
    assert record["max_drawdown_geometric_status"].tolist() == ["capital_lost", "ok", "no_pnl"]
    found = record["max_drawdown_geometric_dec"]
    assert found.isna().tolist() == [True, False, True] and found[1] == pytest.approx(-0.3)


def scored(code: str, count: int, seed: int = 5) -> pd.DataFrame:
    """Return a score and P&L on as many sessions."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "score_code": code,
            "instrument_code": "cdx_ig_5y",
            "session_date": pd.bdate_range("2024-07-01", periods=count),
            "signal_z": rng.normal(size=count).round(1),
            "seller_pnl_usd": rng.normal(size=count),
        }
    )


def test_diagnostics_of_few_sessions_have_a_status_and_no_number() -> None:
    """The floor counts pairs of a score and the P&L that followed its fill."""
    scores = pd.concat([scored("short", 62), scored("long", 81)])
    found = diagnostics_frame(scores, 60).query("part == 'all'")
    found = found.set_index(["score_code", "horizon_sessions"])
    few = found["diagnostic_status"] == "too_few_sessions"
    assert found.index[few].tolist() == [("short", 5), ("short", 10), ("short", 20)]
    assert found["pearson_ic_ratio"].isna().equals(few)
    shorter = diagnostics_frame(scores, 62).query("score_code == 'short' and part == 'all'")
    assert shorter[["pearson_ic_ratio", "ar1_ratio"]].isna().all(axis=None)


def test_parts_of_diagnostics_are_the_score_in_a_year_by_fifths_and_beside_another() -> None:
    """A year counts its own scores, whose P&L may come in the next one; fifths hold all pairs."""
    one, other = scored("one", 300), scored("other", 300, 6)
    found = diagnostics_frame(pd.concat([one, other]), 60).set_index(["score_code", "part"])
    years = found.loc[("one", "year")].query("horizon_sessions == 5").set_index("member")
    earned = sum(one["seller_pnl_usd"].shift(-k) for k in range(2, 7))
    for year, row in years.iterrows():
        own = one["session_date"].dt.year.eq(int(year)) & earned.notna()
        assert row["pair_count"] == own.sum() > 60
        expected = one["signal_z"][own].corr(earned[own])
        assert row["pearson_ic_ratio"] == pytest.approx(expected, rel=1e-9)
    whole = found.loc[("one", "all")].query("horizon_sessions == 5").iloc[0]
    same = np.sign(years["spearman_ic_ratio"]) == np.sign(whole["spearman_ic_ratio"])
    assert whole["same_sign_year_share"] == same.mean()
    fifths = found.loc[("one", "quantile")].query("horizon_sessions == 5")
    assert fifths["member"].tolist() == list("12345")
    assert fifths["pair_count"].sum() == whole["pair_count"] == 294
    weighted = (fifths["pair_count"] * fifths["mean_pnl_usd_per_mm"]).sum() / 294
    assert weighted == pytest.approx(earned.mean(), rel=1e-9)
    (pair,) = found.xs("score", level="part").itertuples()
    assert (pair.Index, pair.member, pair.pair_count) == ("one", "other", 300)
    assert pair.correlation_ratio == pytest.approx(one["signal_z"].corr(other["signal_z"]))


def test_every_standard_metric_is_an_estimate_or_says_what_happened() -> None:
    """A new metric has to choose."""
    zeros = np.zeros(3)
    path = RunPath(zeros, zeros, zeros, zeros[:0], zeros[:0], np.arange(3), zeros)
    names = set(run_metrics(path, 1.0, 252.0, 60, 30))
    facts = {
        "session_count", "trade_count", "total_gross_pnl_usd", "total_cost_usd",
        "total_net_pnl_usd", "newey_west_lag_sessions", "max_drawdown_usd", "max_drawdown_dec",
        "max_drawdown_geometric_dec", "avg_win_usd", "avg_loss_usd", "mean_holding_sessions",
        "turnover_ratio", "exposure_share", "quality_status", "average_leverage_ratio",
        "peak_leverage_ratio", "best_year", "best_year_pnl_ratio", "best_day_pnl_ratio",
        "net_pnl_without_best_year_usd", "benchmark_session_count", "benchmark_net_pnl_usd",
        "excess_net_pnl_usd",
    }  # fmt: skip
    assert names == facts | set(ESTIMATES) and not facts & set(ESTIMATES)


def test_a_record_is_that_of_the_days_and_closed_trades_of_the_run() -> None:
    """The record of a run whose days are not kept must be the one that its days would give."""
    inputs = market()
    grid = [
        swept_run(f"run{number:03}", entry_threshold=entry, stop_loss_bps=stop, capital_usd=capital)
        for number, (entry, stop, capital) in enumerate(
            (1.0 + 0.01 * i, 2.0 + i % 7, 1e7 * (1 + i % 3)) for i in range(130)
        )
    ]
    strategies = pa.Table.from_pylist(grid)
    record = performance_frame(inputs, strategies, 60, 5, 3)
    days = backtest_days_table(inputs, strategies).to_pandas()
    trades = trades_of(days)
    assert (trades["is_open"].groupby(trades["run_id"]).any()).any()
    asked = strategies.to_pandas().assign(sessions_per_year_ratio=252.0)
    alone = days.assign(benchmark_return_dec=np.nan)
    expected = recorded(alone, trades[~trades["is_open"]], asked, 60, 5, 3)
    assert (record.pop("unknown_pnl_session_count") == 0).all()
    for name in ("half_spread_cost_usd", "fee_cost_usd", "impact_cost_usd", "roll_cost_usd"):
        in_all = days.groupby("run_id")[name].sum()
        np.testing.assert_allclose(record.pop(name), in_all, rtol=1e-12)
    assert (record.pop("break_even_move_bps") == 1.0).all()
    assert (record.pop("round_trip_cost_usd") == 4750.0).all()
    assert record["trade_count"].nunique() > 5
    pd.testing.assert_frame_equal(record, expected, check_exact=True)


@pytest.mark.parametrize("absent", ["aa", "zz"])
def test_a_run_without_its_series_has_no_row_and_takes_no_other_series(absent: str) -> None:
    """A desk without files still has its strategies; the signals of others are not theirs."""
    runs_asked = [swept_run("has"), swept_run("lacks", market_code=absent, signal_code=absent)]
    strategies = pa.Table.from_pylist(runs_asked)
    assert set(backtest_days_table(market(), strategies)["run_id"].to_pylist()) == {"has"}
    record = performance_frame(market(), strategies, 60, 5, 3).set_index("run_id")
    assert record["session_count"].to_dict() == {"has": 400, "lacks": 0}
    assert record.loc["lacks", "quality_status"] == "insufficient_sessions"
    nobody = performance_frame(market().slice(0, 0), strategies, 60, 5, 3)
    assert nobody["session_count"].tolist() == [0, 0]


def test_weekly_data_is_annualised_by_its_own_frequency() -> None:
    """604 Fridays showed 2.37 % a year for 0.48 %, a Sharpe ratio of 0.577 for 0.258."""
    strategies = pa.Table.from_pylist([swept_run("run")])
    daily, weekly = (
        performance_frame(on_dates(market(), days), strategies, 60, 5, 3).iloc[0] for days in (1, 7)
    )
    assert daily["sessions_per_year_ratio"] == 252.0
    assert weekly["sessions_per_year_ratio"] == pytest.approx(365.25 / 7)
    share = 365.25 / 7 / 252
    assert weekly["sharpe_ratio"] == pytest.approx(daily["sharpe_ratio"] * share**0.5)
    for name in ("annualised_return_dec", "turnover_ratio"):
        assert weekly[name] == pytest.approx(daily[name] * share), name
    ratio = weekly["annualised_volatility_dec"] / daily["annualised_volatility_dec"]
    assert ratio == pytest.approx(share**0.5)


def test_a_run_that_held_over_an_unknown_pnl_says_so() -> None:
    """What nobody knows is in no figure, and no status of ok stands beside the rest."""
    count = 400
    mark = np.random.default_rng(4).normal(scale=300.0, size=count).cumsum()
    mark[200] = np.nan
    inputs = on_dates(
        market(count),
        1,
        signal_z=np.resize([2.0] * 9 + [0.0] * 3, count),
        mark_usd_per_mm=mark,
        cumulative_unknown_pnl_count=(np.arange(count) >= 200).astype(float),
    )
    rules = {"pnl_model": "repriced", "stop_loss_bps": None}
    strategies = pa.Table.from_pylist([swept_run("held", **rules), swept_run("by_dv01")])
    record = performance_frame(inputs, strategies, 60, 5, 3).set_index("run_id")
    assert record["unknown_pnl_session_count"].to_dict() == {"held": 1, "by_dv01": 0}
    assert record.loc["held", "quality_status"] == "unknown_pnl"
    days = backtest_days_table(inputs, strategies).to_pandas().query("run_id == 'held'")
    flagged = days.query("day_status == 'unknown_pnl'")
    assert flagged["session_date"].astype(str).tolist() == ["2014-07-23"]
    assert flagged["gross_pnl_usd"].item() == pytest.approx(10.0 * (mark[201] - mark[199]))
    assert len(days) == count - 1


def trades_of(days: pd.DataFrame) -> pd.DataFrame:
    """Collect trades from days the slow way; the costs of a reversal are split between two."""
    found: dict[tuple, dict] = {}
    for day in days.to_dict("records"):
        run, held, opened = day["run_id"], day["held_trade_number"], day["open_trade_number"]
        if held:
            trade = found[run, held]
            cost = day["closing_cost_usd"] + day["roll_cost_usd"]
            trade["cost"] += cost + (day["opening_cost_usd"] if held == opened else 0.0)
            trade["gross"] += day["gross_pnl_usd"]
            trade["held_sessions"] += 1
            trade["is_open"] = held == opened
        if opened and opened != held:
            found[run, opened] = {
                "run_id": run, "gross": 0.0, "cost": day["opening_cost_usd"], "held_sessions": 0,
                "is_open": True,
            }  # fmt: skip
    trades = pd.DataFrame(found.values())
    return trades.assign(net_pnl_usd=trades["gross"] - trades["cost"])


def test_a_rule_out_of_range_names_its_strategy() -> None:
    """Among thousands of points nobody finds "run 713"."""
    strategies = pa.Table.from_pylist(
        [swept_run("good"), swept_run("points[x=1]", signal_lag_sessions=-1)]
    )
    for function in (backtest_days_table, lambda *given: performance_frame(*given, 1, 1, 1)):
        with pytest.raises(ValueError, match=r"strategy points\[x=1\]: signal_lag_sessions"):
            function(market(), strategies)
