"""Exact returns on held CDS against one contract at a time, and what must hold for every one."""

from __future__ import annotations

import numpy as np
import pytest

from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import bootstrap_hazard
from parspread.cds.held_contracts import HeldReturns, QuotedCurves, held_returns
from parspread.cds.pricing import value_from_curves, value_from_spread
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.cds_schedule import standard_maturity_date

MONTHS = np.array([12, 36, 60])
STARTS = np.array(["2015-11-30", "2018-01-31", "2018-01-31", "2020-02-28"], "M8[D]")
ENDS = np.array(["2015-12-31", "2018-02-28", "2018-02-15", "2020-03-31"], "M8[D]")
BEFORE = np.array([[50, 80, 100], [400, 500, 600], [100, 100, 100], [9000, 2000, 300]], float)
AFTER = np.array([[60, 95, 120], [380, np.nan, 650], [np.nan] * 3, [9000, 2100, 310]], float)
RECOVERY = np.array([0.4, 0.3, 0.4, 0.4])
AUCTION = np.array([np.nan, np.nan, 0.25, np.nan])  # the third defaults
RATE_DEC = 0.02
HELD = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)


def curves(day: np.ndarray, spread: np.ndarray) -> QuotedCurves:
    return QuotedCurves(
        day, MONTHS, spread, RECOVERY, DiscountCurves.flat(RATE_DEC).take(np.zeros(4, int))
    )


def returns() -> HeldReturns:
    start, end = curves(STARTS, BEFORE), curves(ENDS, AFTER)
    return held_returns(start, end, AUCTION, HELD, coupon_bps=100.0)


def upfront(day, spreads, name, tenor, coupon_bps) -> tuple[float, float, int]:
    """Return the upfront of one contract on its own curve and at its own quote, a decimal."""
    maturity = standard_maturity_date(STARTS[name], MONTHS[tenor])
    discount = DiscountCurves.flat(RATE_DEC)
    hazards = bootstrap_hazard(
        day, standard_maturity_date(day, MONTHS)[None], spreads[None], discount,
        recovery_share=RECOVERY[name],
    )  # fmt: skip
    contract = cds_contracts(day, maturity, coupon_bps=coupon_bps, recovery_share=RECOVERY[name])
    on_curve = value_from_curves(contract, hazards, discount)
    flat = value_from_spread(contract, spreads[tenor], discount)
    return on_curve.upfront_pct_par[0] / 100, flat.upfront_pct_par[0] / 100, on_curve.status[0]


def test_each_return_is_that_of_one_contract_repriced_alone() -> None:
    found = returns()
    for i, (name, tenor) in enumerate(zip(*HELD, strict=True)):
        days = (ENDS[name] - STARTS[name]).astype(int)
        for coupon, total in ((100.0, found.total_dec), (BEFORE[name, tenor], found.par_total_dec)):
            bought, bought_flat, status = upfront(STARTS[name], BEFORE[name], name, tenor, coupon)
            accrued = coupon * 1e-4 * days / 360
            if not np.isnan(AUCTION[name]):
                expected = bought - (1 - AUCTION[name]) + accrued
            else:
                sold, sold_flat, later = upfront(ENDS[name], AFTER[name], name, tenor, coupon)
                is_usable = status == later == CdsStatus.OK
                assert found.is_on_curve[i] == is_usable
                expected = (bought - sold if is_usable else bought_flat - sold_flat) + accrued
            assert total[i] == pytest.approx(expected, abs=1e-14, nan_ok=True), (name, tenor)


def test_parts_add_up_and_a_still_curve_only_rolls() -> None:
    found = returns()
    parts = found.coupon_dec + found.roll_dec + found.spread_dec + found.default_dec
    np.testing.assert_allclose(parts, found.total_dec, rtol=0, atol=1e-16)
    still = held_returns(
        curves(STARTS, BEFORE), curves(ENDS, BEFORE), AUCTION * np.nan, HELD, coupon_bps=100.0
    )
    assert np.abs(still.spread_dec).max() == 0 and np.all(still.default_dec == 0)


def test_a_default_at_par_costs_the_loss_less_the_accrued() -> None:
    """A name at 100 bps all along: no upfront, so -(1 - R) and the coupon to the day."""
    found, third = returns(), HELD[0] == 2
    accrued = 0.01 * (ENDS[2] - STARTS[2]).astype(int) / 360
    np.testing.assert_allclose(found.total_dec[third], -(1 - 0.25) + accrued, rtol=0, atol=1e-12)
    assert np.all(found.default_dec[third] == -0.75)
    np.testing.assert_allclose(found.par_total_dec[third], found.total_dec[third], atol=1e-12)


def test_where_a_curve_is_unusable_the_own_quote_serves() -> None:
    """9,000 bps at one year and 300 at five would need a negative hazard; a hole has no quote."""
    found = returns()
    assert not found.is_on_curve[-3:].any()
    assert found.status[-3:].tolist() == [CdsStatus.OK] * 3
    # The three-year quote of the second name is missing on the last day; its curve prices it.
    assert found.is_on_curve[4] and found.status[4] == CdsStatus.OK
