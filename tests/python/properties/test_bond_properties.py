"""Facts that hold for every bond and curve: prices and spreads invert, fall and stay put."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bond_twins import price_from_z_spread
from examples import examples
from parspread.bonds.cashflows import coupon_period, scheduled_cashflows
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.status import BondStatus
from parspread.bonds.street_yield import dirty_price_from_yield, yield_from_dirty_price, yield_risk
from parspread.bonds.z_spread import Compounding, z_spread
from parspread.curves.treasury_curve import SvenssonCurves, discount_factor, par_yield
from parspread.dates.day_count import DayCount, year_fraction

PROPERTY = examples(150)

bonds = st.fixed_dictionaries(
    {
        "settle_day": st.integers(0, 9000),
        "life_days": st.integers(1, 18_250),
        "coupon_dec": st.floats(0, 0.15),
        "frequency": st.sampled_from([1, 2, 4, 12]),
        "day_count": st.sampled_from(
            [DayCount.THIRTY_360_US, DayCount.ACT_ACT_ICMA, DayCount.ACT_365F]
        ),
    }
)
curves = st.builds(
    SvenssonCurves,
    st.floats(0.0, 0.08),
    st.floats(-0.06, 0.04),
    st.floats(-0.06, 0.06),
    st.floats(-0.06, 0.06),
    st.floats(0.3, 4.0),
    st.floats(4.0, 20.0),
)


def locate(bond):
    """Return maturity and coupon period of a drawn bond."""
    settle = np.datetime64("2000-01-01") + bond["settle_day"]
    maturity = settle + bond["life_days"]
    return settle, maturity, coupon_period(settle, maturity, bond["frequency"], bond["day_count"])


def flows_on_curve(bond, curve):
    """Return the discounted flows of a drawn bond."""
    settle, maturity, period = locate(bond)
    flows = scheduled_cashflows(maturity, bond["coupon_dec"], period)
    time_years = year_fraction(settle, flows.pay_date, DayCount.ACT_365F)
    factor, _ = discount_factor(time_years, curve)
    return DiscountedFlows(flows.flow_count, time_years, flows.amount_pct_par, factor)


@PROPERTY
@given(bond=bonds, price_pct_par=st.floats(5, 200))
def test_a_solved_yield_reprices_the_bond(bond, price_pct_par):
    # The defining property of a yield, from a nickel to double par, one day to fifty years.
    _, _, period = locate(bond)
    solved, status = yield_from_dirty_price(price_pct_par, bond["coupon_dec"], period)
    if period.accrued_ratio[0] >= 1:
        assert status[0] in (BondStatus.OK, BondStatus.NO_SOLUTION)
    else:
        assert status[0] == BondStatus.OK
        price, _ = dirty_price_from_yield(solved, bond["coupon_dec"], period)
        # A yield of thousands a year is itself only known to sixteen digits.
        assert abs(price[0] / price_pct_par - 1) < 1e-11


@PROPERTY
@given(bond=bonds, yield_dec=st.floats(-0.3, 2.0))
def test_a_priced_yield_is_found_again(bond, yield_dec):
    # Price and yield are one function read in two directions.
    _, _, period = locate(bond)
    price, status = dirty_price_from_yield(yield_dec, bond["coupon_dec"], period)
    if status[0] == BondStatus.OK and period.accrued_ratio[0] < 1:
        solved, _ = yield_from_dirty_price(price, bond["coupon_dec"], period)
        sensitivity = yield_risk(yield_dec, bond["coupon_dec"], period).modified_duration_years[0]
        assert abs(solved[0] - yield_dec) <= 1e-10 + 2e-12 / sensitivity


@PROPERTY
@given(bond=bonds, yield_dec=st.floats(-0.2, 1.0), more_dec=st.floats(1e-6, 0.5))
def test_prices_fall_as_yields_rise(bond, yield_dec, more_dec):
    # A solver with one root relies on it, and so does every trader.
    _, _, period = locate(bond)
    low, _ = dirty_price_from_yield(yield_dec, bond["coupon_dec"], period)
    high, _ = dirty_price_from_yield(yield_dec + more_dec, bond["coupon_dec"], period)
    if period.accrued_ratio[0] < 1:
        assert high[0] < low[0]


@PROPERTY
@given(bond=bonds, coupon_dec=st.floats(0, 0.15))
def test_a_par_bond_on_a_coupon_date_yields_its_coupon(bond, coupon_dec):
    # The one bond whose yield is known without solving anything.
    _, maturity, period = locate(bond)
    on_coupon = coupon_period(
        period.previous_coupon_date, maturity, bond["frequency"], bond["day_count"]
    )
    solved, _ = yield_from_dirty_price(100.0, coupon_dec, on_coupon)
    assert abs(solved[0] - coupon_dec) < 1e-12


@PROPERTY
@given(
    bond=bonds,
    curve=curves,
    spread_dec=st.floats(-0.02, 0.5),
    compounding=st.sampled_from(list(Compounding)),
)
def test_a_priced_z_spread_is_found_again(bond, curve, spread_dec, compounding):
    # Price and spread are one function read in two directions, in every compounding.
    flows = flows_on_curve(bond, curve)
    price = price_from_z_spread(spread_dec, flows, compounding=compounding)
    if np.isfinite(price[0]):
        solved, status = z_spread(price, flows, compounding=compounding)
        assert status[0] == BondStatus.OK
        assert abs(solved[0] - spread_dec) <= 1e-11 + 2e-12 / flows.time_years[-1] * (
            1 + spread_dec
        )


@PROPERTY
@given(bond=bonds, curve=curves, price_pct_par=st.floats(5, 200))
def test_a_solved_z_spread_reprices_the_bond(bond, curve, price_pct_par):
    # Whatever the price, the spread found must give it back. In the last month a compounded
    # spread can come so near -200 % that doubles cannot tell prices apart: continuous only.
    flows = flows_on_curve(bond, curve)
    both = (Compounding.CONTINUOUS, Compounding.BOND_EQUIVALENT)
    for compounding in both if bond["life_days"] > 31 else both[:1]:
        solved, status = z_spread(price_pct_par, flows, compounding=compounding)
        assert status[0] == BondStatus.OK
        price = price_from_z_spread(solved, flows, compounding=compounding)
        assert abs(price[0] / price_pct_par - 1) < 1e-11


@PROPERTY
@given(curve=curves, periods=st.integers(1, 60))
def test_a_bond_with_the_par_coupon_costs_par(curve, periods):
    # The definition of a par yield, valued with the curve's own discount factors.
    maturity_years = periods / 2
    coupon, _ = par_yield(maturity_years, curve)
    factors, _ = discount_factor(np.arange(1, periods + 1) / 2, curve)
    assert abs(coupon / 2 * factors.sum() + factors[-1] - 1) < 1e-12


@PROPERTY
@given(bond=bonds, curve=curves, others=st.integers(1, 5), price_pct_par=st.floats(20, 150))
def test_a_row_does_not_depend_on_its_neighbours(bond, curve, others, price_pct_par):
    # Rows are solved together; a bad or slow neighbour must not move a good one.
    flows = flows_on_curve(bond, curve)
    alone, _ = z_spread(price_pct_par, flows)
    columns = flows.time_years, flows.amount_pct_par, flows.discount_factor_ratio
    crowd = [np.tile(column, others + 1) for column in columns]
    crowd[2][: flows.flow_count[0]] = np.nan
    prices = np.full(others + 1, price_pct_par)
    counts = np.repeat(flows.flow_count, others + 1)
    together, status = z_spread(prices, DiscountedFlows(counts, *crowd))
    assert status[0] == BondStatus.NO_CURVE
    np.testing.assert_array_equal(together[1:], np.repeat(alone, others))
