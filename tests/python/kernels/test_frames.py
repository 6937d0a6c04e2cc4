"""The frames around the kernels: contracts in, contracts out, and which runs count as trials."""

import numpy as np
import pandas as pd
import pytest

from parspread.cds_pricing import DiscountCurves, cds_contracts, value_from_spread
from parspread.frames import contracts_frame, performance_frame

PARTS = [f"{part}_pnl_usd_per_mm" for part in ("coupon", "time", "roll_down", "spread", "rates")]
TERMS = {"tenor_months_count": 60, "roll_day_of_month": 20, "discount_rate_dec": 0.043}
IG = TERMS | {"instrument_code": "ig", "coupon_bps": 100.0, "recovery_share": 0.4}
HY = TERMS | {"instrument_code": "hy", "coupon_bps": 500.0, "recovery_share": 0.3}
HY["roll_day_of_month"] = 27
DATES = ["2025-03-18", "2025-03-19", "2025-03-20", "2025-03-21", "2025-03-24"]


def quotes(spread_bps, series=None, roll_down_bps=None, dates=DATES, **terms):
    """Return the quotes of one instrument as the warehouse hands them over."""
    count = len(dates)
    return pd.DataFrame(
        {
            "session_date": pd.to_datetime(dates),
            "spread_bps": spread_bps,
            "series_number": pd.array(series or [None] * count, dtype="Int32"),
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
    ("terms", "spread", "maturities"),
    [
        (IG, [54.0, 53.0, 58.0, 58.5, 57.0], ["2029-12-20"] * 2 + ["2030-06-20"] * 3),
        (HY, [330.0, 328.0, 331.0, 340.0, 335.0], ["2029-12-20"] * 5),
    ],
)
def test_a_contract_earns_what_its_own_series_earns(terms, spread, maturities):
    """IG rolls on the 20th and HY on the 27th; the gap between two series is nobody's P&L."""
    got = contracts_frame(quotes(spread, **terms))
    assert got["maturity_date"].dt.strftime("%Y-%m-%d").tolist() == maturities
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
        contracts_frame(quotes(spread)),
        contracts_frame(quotes(spread, roll_down_bps=[np.nan, -0.1, -0.1, -0.1, -0.3])),
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


def run_days(net):
    """Return the days of runs that hold $1MM throughout, from their daily P&L."""
    return pd.concat(
        pd.DataFrame(
            {
                "run_id": run,
                "session_date": pd.date_range("2024-01-01", periods=4),
                "net_pnl_usd": pnl,
                "cost_usd": 0.0,
                "position_notional_mm": 1.0,
                "direction_sign": 1,
                "days_held": range(4),
            }
        )
        for run, pnl in net.items()
    )


def run_rules(runs, companion_of):
    """Return what the record needs of the strategies behind `runs`."""
    return pd.DataFrame(
        {
            "run_id": list(runs),
            "data_set": "desk",
            "capital_usd": 1e6,
            "sizing_mode": "binary",
            "companion_of": companion_of,
        }
    )


def test_a_companion_run_is_no_further_trial():
    """Measuring one strategy with two models tries nothing twice, so no bar may rise for it."""
    net = {"a": [1.0, 2.0, -1.0, 2.0], "b": [2.0, -2.0, 1.0, 1.0], "c": [9.0, 8.0, 9.5, 9.0]}
    days, strategies = run_days(net), run_rules(net, [None, None, "a"])
    trades = pd.DataFrame(
        {
            "run_id": list(net),
            "trade_number": 1,
            "exit_date": pd.Timestamp("2024-01-04"),
            "net_pnl_usd": 1.0,
            "held_sessions": 3,
            "is_open": False,
        }
    )
    record = performance_frame(days, trades, strategies, 1, 1)
    assert record["runs_tried_count"].tolist() == [2, 2, 2]
    without = performance_frame(days[days["run_id"] != "c"], trades[:2], strategies[:2], 1, 1)
    assert record["deflated_sharpe_share"].tolist()[:2] == without["deflated_sharpe_share"].tolist()


def test_an_open_trade_is_neither_won_nor_lost():
    """It counts in the P&L of its sessions, not among trades, whose P&L is not known yet."""
    trades = pd.DataFrame(
        {
            "run_id": "a",
            "trade_number": [1, 2],
            "exit_date": [pd.Timestamp("2024-01-03"), pd.NaT],
            "net_pnl_usd": [3.0, -1.0],
            "held_sessions": [2, 1],
            "is_open": [False, True],
        }
    )
    net = {"a": [1.0, 2.0, -2.0, 1.0]}
    record = performance_frame(run_days(net), trades, run_rules(net, [None]), 1, 1).iloc[0]
    assert (record["trade_count"], record["hit_rate_share"]) == (1, 1.0)
    assert (record["total_net_pnl_usd"], record["mean_holding_sessions"]) == (2.0, 2.0)
