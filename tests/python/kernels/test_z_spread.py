"""Z-spreads and asset swaps against QuantLib's figures and brentq on a flow-by-flow price."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from bond_twins import price_from_z_spread
from parspread.bonds.asset_swap import market_value_asset_swap, par_asset_swap
from parspread.bonds.cashflows import accrued_interest, coupon_period, scheduled_cashflows
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.status import BondStatus
from parspread.bonds.street_yield import yield_from_dirty_price
from parspread.bonds.z_spread import Compounding, z_spread
from parspread.curves.treasury_curve import SvenssonCurves, discount_factor
from parspread.dates.day_count import DayCount, year_fraction

# The Federal Reserve's parameters of 6 February 2026, betas as decimals.
FED_CURVE = SvenssonCurves(
    0.0248148959982137,
    0.0123169757714238,
    8.33064972598025e-07,
    0.0861660816724105,
    1.05093501341198,
    17.7605928411708,
)
SETTLE = "2026-02-06"
# Coupon, maturity, clean price; continuous and semi-annual Z-spread; computed with QuantLib 1.44.
QUANTLIB_SPREADS = [
    (0.05, "2033-09-15", 98.75, 0.011381997462141313, 0.011644703574619797),
    (0.03, "2050-03-15", 66.0, 0.006665457574051701, 0.006839825745177985),
]


def corporate(coupon, maturity, clean):
    """Return dirty price and discounted flows of a semi-annual bond."""
    period = coupon_period(SETTLE, maturity, 2, DayCount.THIRTY_360_US)
    flows = scheduled_cashflows(maturity, coupon, period)
    time_years = year_fraction(SETTLE, flows.pay_date, DayCount.ACT_365F)
    factor, _ = discount_factor(time_years, FED_CURVE)
    dirty = clean + accrued_interest(coupon, period)
    return dirty, DiscountedFlows(flows.flow_count, time_years, flows.amount_pct_par, factor)


def twin_price(spread, times, amounts, factors, periods):
    """Discount flow by flow; compounded spreads are added to each flow's zero rate."""
    total = 0.0
    for time, amount, factor in zip(times, amounts, factors, strict=True):
        if periods == 0:
            total += amount * factor * math.exp(-spread * time)
        else:
            rate = periods * (factor ** (-1 / (periods * time)) - 1)
            total += amount * (1 + (rate + spread) / periods) ** (-periods * time)
    return total


@pytest.mark.parametrize("coupon,maturity,clean,continuous,semi_annual", QUANTLIB_SPREADS)
def test_z_spreads_match_quantlib_in_both_compoundings(
    coupon, maturity, clean, continuous, semi_annual
):
    # The two conventions differ by 2.6 and 1.7 bps here: a stored spread must name its own.
    bond = corporate(coupon, maturity, clean)
    assert z_spread(*bond)[0][0] == pytest.approx(continuous, abs=1e-13)
    solved, _ = z_spread(*bond, compounding=Compounding.BOND_EQUIVALENT)
    assert solved[0] == pytest.approx(semi_annual, abs=1e-13)


@pytest.mark.parametrize("compounding", list(Compounding))
def test_z_spreads_match_brentq_row_by_row(compounding):
    # All bonds in one call against one root search each, prices from 5 to 200.
    rng = np.random.default_rng(11)
    size = 200
    maturity = np.datetime64(SETTLE) + rng.integers(60, 14_000, size)
    coupon = np.where(rng.random(size) < 0.1, 0.0, rng.uniform(0, 0.12, size))
    frequency = rng.choice([1, 2, 4], size)
    period = coupon_period(SETTLE, maturity, frequency, DayCount.THIRTY_360_US)
    flows = scheduled_cashflows(maturity, coupon, period)
    time_years = year_fraction(SETTLE, flows.pay_date, DayCount.ACT_365F)
    factor, _ = discount_factor(time_years, FED_CURVE)
    price = rng.uniform(5, 200, size)
    columns = time_years, flows.amount_pct_par, factor
    discounted = DiscountedFlows(flows.flow_count, *columns)
    solved, status = z_spread(price, discounted, compounding=compounding)
    assert np.all(status == BondStatus.OK)
    stops = np.cumsum(flows.flow_count)
    for row, (start, stop) in enumerate(zip(stops - flows.flow_count, stops, strict=True)):
        bond = [column[start:stop] for column in columns]
        distance = 1e-3 * (1 + abs(solved[row]))
        expected = brentq(
            lambda z, bond=bond, p=price[row]: math.log(twin_price(z, *bond, compounding) / p),
            solved[row] - min(distance, 1e-7 if compounding else distance),
            solved[row] + distance,
            xtol=1e-15,
            rtol=1e-14,
        )
        assert abs(solved[row] - expected) <= 1e-10 * (1 + abs(expected))


def test_price_from_z_spread_matches_a_flow_by_flow_sum():
    # Zero spread must give the risk-free value in every compounding.
    _, flows = corporate(0.05, "2033-09-15", 98.75)
    columns = flows.time_years, flows.amount_pct_par, flows.discount_factor_ratio
    for compounding in Compounding:
        for spread in (-0.03, 0.0, 0.02, 0.4):
            price = price_from_z_spread(spread, flows, compounding=compounding)
            expected = twin_price(spread, *columns, compounding)
            assert price[0] == pytest.approx(expected, rel=1e-13)
        riskless = price_from_z_spread(0.0, flows, compounding=compounding)
        assert riskless[0] == pytest.approx(108.20558053997985, abs=1e-10)
        assert flows.present_value_pct_par[0] == pytest.approx(riskless[0], abs=1e-12)
    assert np.isnan(price_from_z_spread([-3.0], flows, compounding=Compounding(2))[0])


def test_par_asset_swap_matches_quantlib():
    # 5 % of 2033 at 95 on a flat 4 % continuous curve, six-month floating leg on ACT/360 whose
    # first period starts at settlement; QuantLib 1.44.
    period = coupon_period(SETTLE, "2033-09-15", 2, DayCount.THIRTY_360_US)
    flows = scheduled_cashflows("2033-09-15", 0.05, period)
    years = year_fraction(SETTLE, flows.pay_date, DayCount.ACT_365F)
    factor = np.exp(-0.04 * years)
    starts = [np.datetime64(SETTLE), *flows.pay_date[:-1]]
    annuity = np.sum(year_fraction(starts, flows.pay_date, DayCount.ACT_360) * factor)
    discounted = DiscountedFlows(flows.flow_count, years, flows.amount_pct_par, factor)
    value = discounted.present_value_pct_par
    dirty = 95.0 + accrued_interest(0.05, period)
    spread, status = par_asset_swap(dirty, value, annuity)
    assert status[0] == BondStatus.OK
    assert spread[0] == pytest.approx(0.01703929216730478, abs=1e-15)
    market, _ = market_value_asset_swap(dirty, value, annuity)
    assert market[0] == pytest.approx(spread[0] * 100 / dirty[0], abs=1e-16)


def test_asset_swaps_without_inputs_say_why():
    # Prices of zero and empty legs must not turn into infinite spreads.
    price, value, annuity = [95.0, np.nan, 0.0, 95.0], [100.0] * 4, [5.0, 5.0, 5.0, 0.0]
    for measure in (par_asset_swap, market_value_asset_swap):
        spread, status = measure(price, value, annuity)
        names = [BondStatus(code).name for code in status]
        assert names == ["OK", "MISSING_INPUT", "NONPOSITIVE_PRICE", "NO_SOLUTION"]
        assert np.all(np.isnan(spread) == (status != BondStatus.OK))


def test_surrogate_is_the_spread_that_reprices_on_a_flat_yield():
    # Searching z in price(flat + z) = price must end at bond yield minus flat yield.
    period = coupon_period(SETTLE, "2033-09-15", 2, DayCount.THIRTY_360_US)
    bond_yield, _ = yield_from_dirty_price(100.7, 0.05, period)
    share = 1 - period.accrued_ratio[0]

    def price_gap(spread, flat=0.041):
        flows = [2.5] * 15 + [102.5]
        growth = 1 + (flat + spread) / 2
        return sum(flow / growth ** (share + k) for k, flow in enumerate(flows)) - 100.7

    expected = brentq(price_gap, -0.04, 0.2, xtol=1e-15)
    assert bond_yield[0] - 0.041 == pytest.approx(expected, abs=1e-13)


def test_each_row_that_has_no_z_spread_says_why():
    # Eight bonds of one flow each, but for the second that has none.
    count = [1, 0, 1, 1, 1, 1, 1, 1]
    time_years = [1.0, np.nan, 1.0, 1.0, 1.0, 1.0, 0.0]
    amount = [100.0, 100.0, -5.0, 100.0, 100.0, 100.0, 100.0]
    factor = [0.96, 0.96, 0.96, np.nan, 0.96, 0.96, 1.0]
    price = [95.0, 95.0, 95.0, 95.0, 95.0, np.nan, -1.0, 95.0]
    names = [
        "OK",
        "NO_CASHFLOWS",
        "MISSING_INPUT",
        "NEGATIVE_COUPON",
        "NO_CURVE",
        "MISSING_INPUT",
        "NONPOSITIVE_PRICE",
        "NO_SOLUTION",
    ]
    flows = DiscountedFlows(count, time_years, amount, factor)
    for compounding in Compounding:
        solved, status = z_spread(price, flows, compounding=compounding)
        assert [BondStatus(code).name for code in status] == names
        assert np.all(np.isnan(solved) == (status != BondStatus.OK))


def test_malformed_calls_name_the_argument_and_the_value():
    with pytest.raises(ValueError, match=r"time_years must hold one entry per flow, 2; its shape"):
        DiscountedFlows([2], [1.0], [1.0, 100.0], [0.9, 0.8])
