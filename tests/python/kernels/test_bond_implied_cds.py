"""Bond-implied CDS spreads against quadrature, QuantLib's engines and published rows."""

import datetime as dt
import math

import numpy as np
import pytest
import QuantLib as ql
from scipy.integrate import quad
from scipy.optimize import brentq

from parspread.bonds.bond_implied_cds import (
    bond_implied_cds_spread,
    implied_hazard,
    price_from_hazard,
)
from parspread.bonds.cashflows import accrued_interest, coupon_period, scheduled_cashflows
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.status import BondStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.curves.treasury_curve import SvenssonCurves, discount_factor, zero_yield
from parspread.dates.cds_schedule import cds_maturity_on_or_after
from parspread.dates.day_count import DayCount, year_fraction

SETTLE = "2026-02-06"
FED_CURVE = SvenssonCurves(
    0.0248148959982137,
    0.0123169757714238,
    8.33064972598025e-07,
    0.0861660816724105,
    1.05093501341198,
    17.7605928411708,
)
# Coupon, maturity, clean price, recovery; hazard and par spread of the first CDS to outlive the
# bond, computed with the ISDA formulas on the curve above by an independent script.
PUBLISHED = [
    (0.05, "2033-09-15", 98.75, 0.4, 0.019032137844342163, 113.208),
    (0.07, "2029-05-15", 107.5, 0.2, 0.011180469747907412, 88.626),
    (0.03, "2050-03-15", 66.0, 0.4, 0.0149168261907634, 88.810),
    (0.06, "2031-03-01", 45.0, 0.4, 0.7851026326356043, 4662.345),
]


def corporate(coupon, maturity, rate=None):
    """Return accrued interest and discounted flows of a corporate bond."""
    period = coupon_period(SETTLE, maturity, 2, DayCount.THIRTY_360_US)
    flows = scheduled_cashflows(maturity, coupon, period)
    time_years = year_fraction(SETTLE, flows.pay_date, DayCount.ACT_365F)
    factor, _ = discount_factor(time_years, FED_CURVE)
    if rate is not None:
        factor = np.exp(-rate * time_years)
    accrued = accrued_interest(coupon, period)
    return accrued, DiscountedFlows(flows.flow_count, time_years, flows.amount_pct_par, factor)


def repeated(flows, count):
    """Return the flows of so many equal bonds."""
    columns = flows.time_years, flows.amount_pct_par, flows.discount_factor_ratio
    tiled = (np.tile(column, count) for column in columns)
    return DiscountedFlows(np.repeat(flows.flow_count, count), *tiled)


def twin_price(hazard, recovery, times, amounts, rate):
    """Integrate the recovery leg numerically under a flat rate."""
    coupons = sum(
        amount * math.exp(-(rate + hazard) * time)
        for time, amount in zip(times, amounts, strict=True)
    )
    paid, _ = quad(lambda s: hazard * math.exp(-(rate + hazard) * s), 0, times[-1], epsabs=1e-13)
    return coupons + 100 * recovery * paid


@pytest.mark.parametrize("coupon,maturity,clean,recovery,hazard,spread_bps", PUBLISHED)
def test_hazards_and_spreads_match_the_published_rows(
    coupon, maturity, clean, recovery, hazard, spread_bps
):
    # Far below par the spread is twice the Z-spread: the reason for this measure.
    accrued, flows = corporate(coupon, maturity)
    solved, status = implied_hazard(clean + accrued, flows, recovery_share=recovery)
    assert status[0] == BondStatus.OK
    assert solved[0] == pytest.approx(hazard, abs=1e-9)
    quarters = np.arange(1, 121) / 4
    discount = DiscountCurves.from_zero_rates(quarters, zero_yield(quarters, FED_CURVE)[0])
    spread, status = bond_implied_cds_spread(
        SETTLE, maturity, solved, discount, recovery_share=recovery
    )
    assert status[0] == BondStatus.OK
    assert spread[0] == pytest.approx(spread_bps, abs=0.1)


@pytest.mark.parametrize("hazard", [0.0, 1e-12, 0.03, 2.0])
@pytest.mark.parametrize("rate", [0.0, 0.04, -0.01])
def test_prices_match_quadrature(hazard, rate):
    # The closed recovery leg divides by hazard plus rate, which may be zero.
    _, flows = corporate(0.05, "2033-09-15", rate)
    price = price_from_hazard([hazard], flows, recovery_share=0.4)
    expected = twin_price(hazard, 0.4, flows.time_years, flows.amount_pct_par, rate)
    assert price[0] == pytest.approx(expected, abs=1e-9)


def test_hazards_match_brentq():
    # Four bonds from distressed to premium in one call.
    _, flows = corporate(0.05, "2033-09-15", 0.03)
    prices = np.array([48.0, 75.0, 98.0, 112.0])
    solved, status = implied_hazard(prices, repeated(flows, 4), recovery_share=0.4)
    assert np.all(status == BondStatus.OK)
    times, amounts = flows.time_years, flows.amount_pct_par
    for price, hazard in zip(prices, solved, strict=True):
        expected = brentq(
            lambda h, p=price: twin_price(h, 0.4, times, amounts, 0.03) - p, 0, 20, xtol=1e-14
        )
        assert hazard == pytest.approx(expected, abs=1e-9)


def test_price_matches_quantlib_risky_bond():
    # QuantLib pays recovery in mid-period, the kernel at default: 1.6e-4 per 100 apart.
    today = ql.Date(6, 2, 2026)
    ql.Settings.instance().evaluationDate = today
    schedule = ql.Schedule(
        ql.Date(15, 9, 2023),
        ql.Date(15, 9, 2033),
        ql.Period(ql.Semiannual),
        ql.NullCalendar(),
        ql.Unadjusted,
        ql.Unadjusted,
        ql.DateGeneration.Backward,
        False,
    )
    bond = ql.FixedRateBond(0, 100.0, schedule, [0.05], ql.Thirty360(ql.Thirty360.USA))
    rates = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.04, ql.Actual365Fixed()))
    hazards = ql.DefaultProbabilityTermStructureHandle(
        ql.FlatHazardRate(today, ql.makeQuoteHandle(0.03), ql.Actual365Fixed())
    )
    bond.setPricingEngine(ql.RiskyBondEngine(hazards, 0.4, rates))
    _, flows = corporate(0.05, "2033-09-15", 0.04)
    price = price_from_hazard([0.03], flows, recovery_share=0.4)
    assert price[0] == pytest.approx(bond.NPV(), abs=2e-4)


def test_implied_spread_falls_as_the_price_rises():
    # A dearer bond of the same terms cannot mean more default risk.
    prices = np.linspace(42, 118, 77)
    _, flows = corporate(0.05, "2033-09-15", 0.03)
    hazard, status = implied_hazard(prices, repeated(flows, prices.size), recovery_share=0.4)
    spread, _ = bond_implied_cds_spread(
        SETTLE, "2033-09-15", hazard, DiscountCurves.flat(0.03), recovery_share=0.4
    )
    ok = status == BondStatus.OK
    assert ok.sum() > 70
    assert np.all(np.diff(spread[ok]) < 0)
    # Above the riskless value the hazard would be negative: refused, not reported as zero.
    assert set(status[~ok]) <= {BondStatus.PRICE_ABOVE_RISK_FREE}


def test_each_row_without_a_hazard_says_why():
    # A price below recovery cannot be explained by default risk at that recovery.
    prices = [25.0, 300.0, np.nan, 0.0, 95.0, 95.0, 95.0]
    _, flows = corporate(0.06, "2031-03-01", 0.04)
    six = repeated(flows, 6)
    factor = six.discount_factor_ratio.copy()
    factor[-flows.flow_count[0] :] = np.nan
    counts = np.insert(six.flow_count, 5, 0)
    flows = DiscountedFlows(counts, six.time_years, six.amount_pct_par, factor)
    hazard, status = implied_hazard(prices, flows, recovery_share=0.4)
    assert [BondStatus(code).name for code in status] == [
        "PRICE_BELOW_RECOVERY",
        "PRICE_ABOVE_RISK_FREE",
        "MISSING_INPUT",
        "NONPOSITIVE_PRICE",
        "OK",
        "NO_CASHFLOWS",
        "NO_CURVE",
    ]
    assert np.all(np.isnan(hazard) == (status != BondStatus.OK))
    spread, status = bond_implied_cds_spread(
        [SETTLE, SETTLE, "NaT", "2031-03-02"],
        ["2031-03-01"] * 4,
        [0.02, np.nan, 0.02, 0.02],
        DiscountCurves.flat(0.04),
        recovery_share=0.4,
    )
    names = [BondStatus(code).name for code in status]
    assert names == ["OK", "MISSING_INPUT", "MISSING_INPUT", "MATURED"]
    assert np.all(np.isnan(spread) == (status != BondStatus.OK))


def test_cds_maturity_is_the_first_standard_date_not_before_the_bond():
    # Every day of two years against a walk forward to the next 20 June or 20 December.
    days = [dt.date(2027, 12, 1) + dt.timedelta(n) for n in range(800)]
    expected = []
    for day in days:
        while (day.month, day.day) not in {(6, 20), (12, 20)}:
            day += dt.timedelta(1)
        expected.append(day)
    assert cds_maturity_on_or_after(days).tolist() == expected


def test_malformed_calls_name_the_argument_and_the_value():
    call = [90.0], DiscountedFlows([1], [1.0], [105.0], [0.96])
    with pytest.raises(ValueError, match=r"recovery_share must lie in \[0, 1\); position 0 was 1"):
        implied_hazard(*call, recovery_share=1.0)
