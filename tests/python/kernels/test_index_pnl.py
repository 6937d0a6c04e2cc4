"""P&L through a roll: what the series earns, not what the stitched generic spread suggests.

The path of March 2025 below was priced independently with QuantLib 1.44: the full P&L of the seller
is +14,448.16 dollars, while a constant DV01 on the stitched spread reports -9,500.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from index_pnl_twins import constant_dv01_seller_pnl_usd, spread_cost_usd
from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import value_from_spread
from parspread.curves.discount_curves import DiscountCurves
from parspread.overlay.index_pnl import (
    GenericPnl,
    GenericQuotes,
    IndexMark,
    PnlStatus,
    explain_seller_pnl,
    intrinsic_spread_bps,
    repriced_seller_pnl,
)

TERMS = {"coupon_bps": 100.0, "recovery_share": 0.4}
NAN = float("nan")
DATES = [
    "2025-03-14",
    "2025-03-17",
    "2025-03-18",
    "2025-03-19",
    "2025-03-20",
    "2025-03-21",
    "2025-03-24",
    "2025-03-25",
    "2025-03-26",
]
GENERIC_BPS = np.array([55.0, 54.0, 53.5, 53.0, 58.0, 58.5, 57.0, 57.5, 57.0])
OLD_SERIES_BPS = np.array([NAN, NAN, NAN, NAN, 52.5, NAN, NAN, NAN, NAN])
MATURITY = np.array(["2029-12-20"] * 4 + ["2030-06-20"] * 5, dtype="datetime64[D]")
ROLL = 4


FLAT = DiscountCurves.flat(0.043)


def generic_quotes(**changes: Any) -> GenericQuotes:
    return replace(GenericQuotes(DATES, GENERIC_BPS, MATURITY), **changes)


def roll_path(old_series_spread_bps: ArrayLike = OLD_SERIES_BPS) -> GenericPnl:
    quotes = generic_quotes(old_series_spread_bps=old_series_spread_bps)
    return repriced_seller_pnl(quotes, FLAT, notional_usd=1e7, **TERMS)


def two_marks(
    before_bps: float = 55.0, after_bps: float = 55.0, dates: list[str] = DATES[:2]
) -> tuple[IndexMark, IndexMark]:
    before, after = (cds_contracts(date, "2029-12-20", **TERMS) for date in dates)
    return IndexMark(before, before_bps, FLAT), IndexMark(after, after_bps, FLAT)


def path_cost_usd(path: GenericPnl) -> float:
    entry = spread_cost_usd(0.25, path.rpv01_years[0], notional_usd=1e7)
    roll_annuity = path.rpv01_years[ROLL] + path.old_rpv01_years[ROLL]
    return float(entry + spread_cost_usd(0.25, roll_annuity, notional_usd=1e7))


def test_a_basis_point_costs_what_repricing_says() -> None:
    """Of the series quoted and of the one held into the roll; the annuity is 1.7 % off here."""
    path = roll_path()
    for day, maturity, spread_bps, found in (
        (ROLL, "2030-06-20", 58.0, path.cs01_usd_per_bp[ROLL]),
        (ROLL, "2029-12-20", 52.5, path.old_cs01_usd_per_bp[ROLL]),
    ):
        contract = cds_contracts(DATES[day], maturity, **TERMS)
        before, after = (
            value_from_spread(contract, bps, FLAT).upfront_pct_par[0]
            for bps in (spread_bps, spread_bps + 1)
        )
        assert found == pytest.approx(1e5 * (after - before), abs=1e-6)
    assert path.cs01_usd_per_bp[ROLL] > 1.01 * 1e3 * path.rpv01_years[ROLL]


def test_seller_earns_the_series_through_the_roll() -> None:
    path = roll_path()
    assert np.nansum(path.pnl.total_usd) + path_cost_usd(path) == pytest.approx(14448.16, abs=0.005)
    assert np.nansum(path.pnl.coupon_usd) == pytest.approx(3333.33, abs=0.005)
    assert np.nansum(path.pnl.spread_usd) == pytest.approx(15524.22, abs=0.005)
    assert np.nansum(path.pnl.time_usd) == pytest.approx(-1123.06, abs=0.005)


def test_stitched_generic_turns_the_gain_into_a_loss() -> None:
    got = constant_dv01_seller_pnl_usd(GENERIC_BPS, dv01_usd_per_bp=4750.0)
    assert np.nansum(got) == -9500.0
    assert got[ROLL] == -23750.0


def test_without_the_old_quote_the_gap_is_taken_out_and_flagged() -> None:
    path = roll_path(old_series_spread_bps=NAN)
    assert path.is_roll.tolist() == [position == ROLL for position in range(len(DATES))]
    assert path.roll_gap_bps[ROLL] == 5.0
    assert path.pnl.spread_usd[ROLL] == 0.0
    others = np.delete(np.arange(1, len(DATES)), ROLL - 1)
    np.testing.assert_array_equal(
        path.pnl.total_usd[others], roll_path().pnl.total_usd[others], strict=True
    )


def test_a_session_without_a_quote_hands_its_days_to_the_next() -> None:
    spread = GENERIC_BPS.copy()
    spread[2] = NAN
    path = repriced_seller_pnl(generic_quotes(spread_bps=spread), FLAT, **TERMS)
    full = repriced_seller_pnl(generic_quotes(), FLAT, **TERMS)
    assert path.pnl.status[:4].tolist() == [
        PnlStatus.NO_PREVIOUS_SESSION,
        PnlStatus.OK,
        PnlStatus.MISSING_SPREAD,
        PnlStatus.OK,
    ]
    assert np.isnan(path.pnl.total_usd[[0, 2]]).all()
    assert path.roll_gap_bps[2] == 0.0
    assert path.pnl.total_usd[3] == pytest.approx(full.pnl.total_usd[2:4].sum(), abs=1e-8)


def test_each_session_is_repriced_on_its_own_zero_curve() -> None:
    # The day's own curve enters as the rates line: from that of the last session to that of today.
    rates = 0.043 + 0.001 * np.arange(len(DATES))
    path = repriced_seller_pnl(generic_quotes(), DiscountCurves.flat(rates), **TERMS)
    marks = [
        IndexMark(
            cds_contracts(DATES[day], MATURITY[0], **TERMS),
            GENERIC_BPS[day],
            DiscountCurves.flat(rates[day]),
        )
        for day in range(3)
    ]
    for today in (1, 2):
        expected = explain_seller_pnl(marks[today - 1], marks[today])
        assert path.pnl.rates_usd[today] == pytest.approx(expected.rates_usd[0], abs=1e-9)
        assert path.pnl.total_usd[today] == pytest.approx(expected.total_usd[0], abs=1e-9)
    assert (path.pnl.rates_usd[1:] < 0).all()


def test_tomorrow_never_changes_today() -> None:
    # Cutting the history, or changing its last quote, leaves all earlier sessions as they were.
    full = repriced_seller_pnl(generic_quotes(), FLAT, **TERMS)
    for cut in range(1, len(DATES)):
        quotes = GenericQuotes(DATES[:cut], GENERIC_BPS[:cut], MATURITY[:cut])
        part = repriced_seller_pnl(quotes, FLAT, **TERMS)
        np.testing.assert_array_equal(part.pnl.total_usd, full.pnl.total_usd[:cut])


def test_each_part_moves_only_with_its_own_cause() -> None:
    before, after = two_marks()
    still = explain_seller_pnl(before, after)
    rates = explain_seller_pnl(before, replace(after, discount=DiscountCurves.flat(0.05)))
    rolled = explain_seller_pnl(*two_marks(55.0, 54.5), roll_down_bps=-0.5)
    assert still.spread_usd[0] == still.rates_usd[0] == still.roll_down_usd[0] == 0.0
    assert still.total_usd[0] == pytest.approx(still.coupon_usd[0] + still.time_usd[0], abs=1e-9)
    assert rates.rates_usd[0] != 0.0
    assert rates.time_usd[0] == still.time_usd[0]
    assert rolled.spread_usd[0] == pytest.approx(0.0, abs=1e-9)
    assert rolled.roll_down_usd[0] > 0.0


def test_a_default_costs_the_loss_less_what_was_already_marked() -> None:
    # One name of a hundred at 20 % recovery, index at par: 1 % x 80 % of ten million.
    before, after = two_marks(100.0, 100.0)
    got = explain_seller_pnl(
        before,
        replace(after, index_factor_share=0.99),
        notional_usd=1e7,
        auction_recovery_share=0.2,
        default_days=0.0,
    )
    assert got.default_usd[0] == pytest.approx(-80000.0, abs=1e-6)
    assert got.coupon_usd[0] == pytest.approx(1e7 * 0.99 * 0.01 * 3 / 360, abs=1e-9)


def test_a_default_without_its_auction_has_no_pnl() -> None:
    before, after = two_marks()
    got = explain_seller_pnl(before, replace(after, index_factor_share=0.99))
    assert got.status[0] == PnlStatus.NOT_PRICED
    assert np.isnan(got.total_usd[0])


def test_carry_of_a_quiet_month_is_spread_income_and_return_on_the_upfront() -> None:
    # Identity of the flat model: dt [hazard (1-R) + (r + hazard) V], V the seller's dirty value.
    first, second = "2025-06-03", "2025-07-03"
    before, after = (cds_contracts(date, "2030-06-20", **TERMS) for date in (first, second))
    flat = DiscountCurves.flat(0.04)
    got = explain_seller_pnl(
        IndexMark(before, 60.0, flat), IndexMark(after, 60.0, flat), notional_usd=1e7
    )
    value = value_from_spread(before, 60.0, flat)
    dirty = (value.accrued_pct_par - value.upfront_pct_par)[0] / 100
    hazard = value.hazard_dec[0]
    carry = 1e7 * 30 / 365 * (hazard * 0.6 + (0.04 + hazard) * dirty)
    assert got.total_usd[0] == pytest.approx(carry, rel=0.005)


def test_intrinsic_spread_weighs_names_by_their_annuity() -> None:
    weight, spread = np.array([0.25, 0.25, 0.5, 0.0]), np.array([50.0, 150.0, 100.0, NAN])
    annuity = np.array([4.6, 4.4, 4.5, NAN])
    expected = (0.25 * 50 * 4.6 + 0.25 * 150 * 4.4 + 0.5 * 100 * 4.5) / (
        0.25 * 4.6 + 0.25 * 4.4 + 0.5 * 4.5
    )
    assert intrinsic_spread_bps(weight, spread, annuity)[0] == pytest.approx(expected, rel=1e-14)
    spread[0] = NAN
    assert np.isnan(intrinsic_spread_bps(weight, spread, annuity)[0])
    assert np.isnan(intrinsic_spread_bps(0 * weight, spread, annuity)[0])


def test_malformed_calls_name_the_place_and_the_rule() -> None:
    before, after = two_marks()
    other = replace(after, contracts=cds_contracts(DATES[1], "2030-06-20", **TERMS))
    with pytest.raises(ValueError, match="maturity_date must be the same before and after"):
        explain_seller_pnl(before, other)
    with pytest.raises(ValueError, match=r"earlier date; position 0 was 1 after 0\.99"):
        explain_seller_pnl(replace(before, index_factor_share=0.99), after)
    with pytest.raises(ValueError, match="strictly increasing; position 1 was 2025-03-14"):
        on_time = GenericQuotes([DATES[0], DATES[0]], [55.0, 55.0], ["2029-12-20"] * 2)
        repriced_seller_pnl(on_time, FLAT, **TERMS)
    with pytest.raises(ValueError, match="must have one length"):
        quotes = GenericQuotes(DATES[:2], [55.0], ["2029-12-20"] * 2)
        repriced_seller_pnl(quotes, FLAT, **TERMS)
