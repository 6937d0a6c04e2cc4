"""Street price and yield against QuantLib, scipy's brentq and a sixty-digit twin."""

import datetime as dt
from decimal import Decimal, localcontext

import numpy as np
import pytest
import QuantLib as ql
from scipy.optimize import brentq

from bond_twins import clean_price_from_yield, convert_yield, yield_from_clean_price
from parspread.bonds.cashflows import CouponPeriod, coupon_period
from parspread.bonds.status import BondStatus
from parspread.bonds.street_yield import dirty_price_from_yield, yield_from_dirty_price, yield_risk
from parspread.bonds.z_spread import Compounding
from parspread.dates.day_count import DayCount


def twin_dirty_price(yield_, coupon, frequency, count, share, redemption=100.0):
    """Discount flow by flow; the last period earns simple interest."""
    payment = 100 * coupon / frequency
    if count == 1:
        return (redemption + payment) / (1 + share * yield_ / frequency)
    flows = [payment] * (count - 1) + [payment + redemption]
    return sum(flow / (1 + yield_ / frequency) ** (share + k) for k, flow in enumerate(flows))


def sample_bonds(size=300, seed=7):
    """Draw bonds of every frequency, from one day to fifty years, zero-coupon ones included."""
    rng = np.random.default_rng(seed)
    settle = np.datetime64("2010-01-01") + rng.integers(0, 5000, size)
    maturity = settle + rng.integers(1, 18_250, size)
    frequency = rng.choice([1, 2, 4, 12], size)
    coupon = np.where(rng.random(size) < 0.1, 0.0, rng.uniform(0, 0.15, size))
    return coupon, coupon_period(settle, maturity, frequency, DayCount.THIRTY_360_US)


# Clean price, accrued, street yield, modified duration and convexity of a 5 % bond of
# 15 September 2033 settled on 6 February 2026; computed with QuantLib 1.44.
CORPORATE_2033 = (98.75, 1.9583333333333286, 0.052001537206847734, 6.129355724726595, 45.5855004)


def test_yield_accrued_and_risk_match_the_quantlib_corporate():
    clean, accrued, street_yield, duration, convexity = CORPORATE_2033
    period = coupon_period("2026-02-06", "2033-09-15", 2, DayCount.THIRTY_360_US)
    solved, status = yield_from_clean_price(clean, 0.05, period)
    risk = yield_risk(solved, 0.05, period)
    assert status[0] == BondStatus.OK
    assert solved[0] == pytest.approx(street_yield, abs=1e-14)
    dirty, _ = dirty_price_from_yield(solved, 0.05, period)
    assert dirty[0] == pytest.approx(clean + accrued, abs=1e-11)
    assert risk.modified_duration_years[0] == pytest.approx(duration, abs=1e-12)
    assert risk.macaulay_duration_years[0] == pytest.approx(6.288723684613282, abs=1e-12)
    assert risk.convexity_years_squared[0] == pytest.approx(convexity, abs=1e-7)
    # The printed DV01 takes the convexity term of one basis point off; ours is the derivative.
    curvature = dirty[0] * risk.convexity_years_squared[0] * 1e-4**2 / 2
    dv01 = risk.dv01_pct_par_per_bp[0]
    assert dv01 - curvature == pytest.approx(0.06170476574558598, abs=1e-11)


def test_month_end_bond_discounts_by_accrued_days_not_by_days_to_the_coupon():
    # 6.25 % of 31 August 2031 settled on 27 February 2026: by thirty-day months 177 of 180 days
    # have accrued, so 3/180 of a period is left although the coupon is paid tomorrow. QuantLib
    # discounts one day (5.5803605 %); the SIA street yield is 0.26 bps higher.
    period = coupon_period("2026-02-27", "2031-08-31", 2, DayCount.THIRTY_360_US)
    assert period.accrued_ratio[0] == 177 / 180
    solved, _ = yield_from_clean_price(103.125, 0.0625, period)
    assert solved[0] == pytest.approx(0.055830068917264886, abs=1e-14)


def test_treasury_yield_uses_actual_days_of_the_period():
    # 4 % of 15 November 2035 at 98.50, 83 of 181 days accrued; QuantLib 1.44.
    period = coupon_period("2026-02-06", "2035-11-15", 2, DayCount.ACT_ACT_ICMA)
    solved, _ = yield_from_clean_price(98.5, 0.04, period)
    assert solved[0] == pytest.approx(0.04187999073455859, abs=1e-14)
    duration = yield_risk(solved, 0.04, period).modified_duration_years[0]
    assert duration == pytest.approx(7.928440212058675, abs=1e-12)


@pytest.mark.parametrize("frequency", [1, 2, 4])
def test_yields_match_quantlib_bond_by_bond(frequency):
    # Maturities in mid-month, where the market and QuantLib measure the first period alike.
    settle = dt.date(2024, 5, 21)
    ql.Settings.instance().evaluationDate = ql.Date.from_date(settle)
    day_counter = ql.Thirty360(ql.Thirty360.USA)
    for years, coupon, clean in [(2, 0.01, 97.0), (5, 0.08, 121.0), (11, 0.03, 64.0), (30, 0.0, 9)]:
        maturity = dt.date(2024 + years, 9, 15)
        schedule = ql.Schedule(
            ql.Date(15, 9, 2020),
            ql.Date.from_date(maturity),
            ql.Period(12 // frequency, ql.Months),
            ql.NullCalendar(),
            ql.Unadjusted,
            ql.Unadjusted,
            ql.DateGeneration.Backward,
            False,
        )
        bond = ql.FixedRateBond(0, 100.0, schedule, [coupon], day_counter)
        price = ql.BondPrice(float(clean), ql.BondPrice.Clean)
        compounded = day_counter, ql.Compounded, schedule.tenor().frequency()
        expected = bond.bondYield(price, *compounded, ql.Date.from_date(settle), 1e-14, 200)
        period = coupon_period(settle, maturity, frequency, DayCount.THIRTY_360_US)
        solved, _ = yield_from_clean_price(clean, coupon, period)
        assert solved[0] == pytest.approx(expected, abs=1e-11)


def test_prices_match_a_flow_by_flow_sum():
    # The closed-form annuity must equal adding up to 600 discounted coupons.
    coupon, period = sample_bonds()
    yields = np.random.default_rng(3).uniform(-0.05, 0.6, coupon.size)
    yields[:20] = 0.0
    yields[20:40] = 1e-9
    price, status = dirty_price_from_yield(yields, coupon, period)
    expected = [
        twin_dirty_price(*row)
        for row in zip(
            yields,
            coupon,
            period.coupons_per_year_count,
            period.remaining_coupon_count,
            1 - period.accrued_ratio,
            strict=True,
        )
    ]
    assert np.all(status == BondStatus.OK)
    np.testing.assert_allclose(price, expected, rtol=2e-12)


def test_yields_match_brentq_row_by_row():
    # An independent root finder on an independent price formula, prices from 5 to 200.
    coupon, period = sample_bonds(150)
    price = np.random.default_rng(4).uniform(5, 200, coupon.size)
    solved, status = yield_from_dirty_price(price, coupon, period)
    assert np.all(status == BondStatus.OK)
    for row in range(coupon.size):
        frequency = period.coupons_per_year_count[row]
        terms = (
            coupon[row],
            frequency,
            period.remaining_coupon_count[row],
            1 - period.accrued_ratio[row],
        )
        span = 1 + abs(solved[row])
        low = max(solved[row] - 0.5 * span, -frequency * (1 - 1e-9)) if terms[2] > 1 else -1e6
        if terms[2] == 1:
            low = -frequency / terms[3] * (1 - 1e-12)
        expected = brentq(
            lambda y, p=price[row], terms=terms: np.log(twin_dirty_price(y, *terms) / p),
            low,
            solved[row] + 0.5 * span,
            xtol=1e-14,
            rtol=1e-14,
        )
        assert abs(solved[row] - expected) <= 1e-10 * span


def test_risk_matches_differences_taken_with_sixty_digits():
    # Ordinary differences lose half the digits; sixty-digit ones are exact for doubles.
    coupon, period = sample_bonds(80)
    yields = np.random.default_rng(5).uniform(-0.02, 0.4, coupon.size)
    yields[:5] = 0.0
    risk = yield_risk(yields, coupon, period)
    with localcontext() as context:
        context.prec = 60
        step = Decimal("1e-18")
        for row in range(coupon.size):
            terms = [
                Decimal(float(period.coupons_per_year_count[row])),
                int(period.remaining_coupon_count[row]),
                Decimal(float(1 - period.accrued_ratio[row])),
                Decimal(100),
            ]
            down, mid, up = (
                twin_dirty_price(Decimal(float(yields[row])) + move, Decimal(coupon[row]), *terms)
                for move in (-step, Decimal(0), step)
            )
            duration = float((down - up) / (2 * step) / mid)
            convexity = float((down - 2 * mid + up) / step**2 / mid)
            assert risk.modified_duration_years[row] == pytest.approx(duration, rel=1e-11)
            assert risk.convexity_years_squared[row] == pytest.approx(convexity, rel=1e-11)
            assert risk.dv01_pct_par_per_bp[row] == pytest.approx(
                float(mid) * duration / 1e4, rel=1e-11
            )


def test_last_period_earns_simple_interest():
    # 102.50 in half of a half-year period at 100: 2.5 % over a quarter, 10 % a year.
    period = coupon_period("2026-06-15", "2026-09-15", 2, DayCount.THIRTY_360_US)
    solved, _ = yield_from_dirty_price(100.0, 0.05, period)
    assert solved[0] == pytest.approx(0.1, abs=1e-15)
    risk = yield_risk(0.1, 0.05, period)
    assert risk.modified_duration_years[0] == pytest.approx(0.25 / 1.025, abs=1e-15)
    assert risk.macaulay_duration_years[0] == pytest.approx(0.25, abs=1e-15)


def test_zero_coupon_bonds_have_the_closed_form_yield():
    # 100 in twenty half-years for 50: 2 (2^(1/20) - 1).
    period = coupon_period("2026-03-15", "2036-03-15", 2, DayCount.THIRTY_360_US)
    solved, _ = yield_from_dirty_price(50.0, 0.0, period)
    assert solved[0] == pytest.approx(2 * (2 ** (1 / 20) - 1), abs=1e-15)


def test_a_yield_that_needs_more_than_the_fixed_steps_is_still_found():
    # A coupon due tomorrow is worth almost the whole price: the slowest kind of row there is.
    period = coupon_period("2026-03-14", "2056-03-15", 2, DayCount.THIRTY_360_US)
    solved, status = yield_from_dirty_price(5.0, 0.08, period)
    assert status[0] == BondStatus.OK
    count, share = int(period.remaining_coupon_count[0]), 1 - period.accrued_ratio[0]
    expected = brentq(lambda y: twin_dirty_price(y, 0.08, 2, count, share) - 5, 1, 20, xtol=1e-13)
    assert solved[0] == pytest.approx(expected, rel=1e-10)


def test_each_row_that_has_no_yield_says_why():
    # One bad row must not disturb its neighbours nor pass as a number.
    settle = ["2026-02-06"] * 6 + ["2033-09-15", "2026-08-30"]
    maturity = ["2033-09-15"] * 7 + ["2026-08-31"]
    period = coupon_period(settle, maturity, [2] * 5 + [5, 2, 2], DayCount.THIRTY_360_US)
    price = [100.0, np.nan, 0.0, -3.0, 100.0, 100.0, 100.0, 100.0]
    coupon = [0.05, 0.05, 0.05, 0.05, -0.01, 0.05, 0.05, 0.05]
    solved, status = yield_from_dirty_price(price, coupon, period)
    assert [BondStatus(code).name for code in status] == [
        "OK",
        "MISSING_INPUT",
        "NONPOSITIVE_PRICE",
        "NONPOSITIVE_PRICE",
        "NEGATIVE_COUPON",
        "UNSUPPORTED_FREQUENCY",
        "MATURED",
        # From the 30th to the 31st is no day by thirty-day months: nothing to earn a yield in.
        "NO_SOLUTION",
    ]
    assert np.all(np.isnan(solved) == (status != BondStatus.OK))
    _, status = dirty_price_from_yield([-2.0, np.nan, 0.05], 0.05, _first_rows(period, 3))
    assert status.tolist() == [BondStatus.INVALID_YIELD, BondStatus.MISSING_INPUT, BondStatus.OK]


def _first_rows(period, count):
    return CouponPeriod(
        *(getattr(period, name)[:count] for name in period.__dataclass_fields__ if name != "odd")
    )


def test_malformed_calls_name_the_argument_and_the_value():
    period = coupon_period("2026-02-06", "2033-09-15", 2, DayCount.THIRTY_360_US)
    with pytest.raises(ValueError, match=r"redemption_pct_par must be above zero; position 0 was"):
        clean_price_from_yield(0.05, 0.05, period, redemption_pct_par=0.0)


def test_converted_yields_discount_alike():
    # One year at 5 % bond equivalent grows by 1.025 squared in every compounding.
    growth = 1.025**2
    annual = convert_yield(0.05, Compounding.BOND_EQUIVALENT, Compounding.EFFECTIVE_ANNUAL)
    continuous = convert_yield(0.05, Compounding.BOND_EQUIVALENT, Compounding.CONTINUOUS)
    assert annual == pytest.approx(growth - 1, abs=1e-15)
    assert continuous == pytest.approx(np.log(growth), abs=1e-15)
    # The published gaps between bond-equivalent and continuous: 6.1, 8.8, 24 and 54 bps.
    rates = np.array([0.05, 0.06, 0.10, 0.15])
    gap_bps = 1e4 * (rates - convert_yield(rates, Compounding(2), Compounding(0)))
    np.testing.assert_allclose(gap_bps, [6.1, 8.8, 24, 54], rtol=0.01)
    assert np.isnan(convert_yield(-2.0, Compounding.BOND_EQUIVALENT, Compounding.CONTINUOUS))
    for start in Compounding:
        for end in Compounding:
            back = convert_yield(convert_yield(rates, start, end), end, start)
            np.testing.assert_allclose(back, rates, rtol=1e-14)
    with pytest.raises(ValueError, match="12 is not a valid Compounding"):
        convert_yield(0.05, 12, Compounding.CONTINUOUS)
