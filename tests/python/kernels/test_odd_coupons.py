"""Odd first and last coupons against QuantLib, which has schedules and discounting of its own."""

import numpy as np
import pytest
import QuantLib as ql

from parspread.bonds.cashflows import (
    accrued_interest,
    coupon_period,
    flow_periods,
    scheduled_cashflows,
)
from parspread.bonds.odd_coupons import OddDates
from parspread.bonds.street_yield import dirty_price_from_yield, yield_from_dirty_price, yield_risk
from parspread.dates.day_count import DayCount

NO_DATE = np.datetime64("NaT", "D")


def odd(last=NO_DATE, first=NO_DATE, dated=NO_DATE):
    """Return the odd dates of one bond."""
    return OddDates(*(np.array([day], dtype="M8[D]") for day in (dated, first, last)))


def ql_date(day):
    return ql.DateParser.parseISO(str(day))


def as_day(date):
    return np.datetime64(date.ISO())


def drawn_bonds(size=200, seed=15):
    """Draw bonds with a short or long first coupon, last coupon, or both."""
    rng = np.random.default_rng(seed)
    for number in range(size):
        frequency = int(rng.choice([1, 2, 4]))
        step = 12 // frequency
        first = ql.Date(
            int(rng.integers(1, 28)), int(rng.integers(1, 13)), int(rng.integers(2010, 2020))
        )
        last = first + ql.Period(step * int(rng.integers(1, 16)), ql.Months)
        dated = first - int(rng.integers(20, int(1.9 * 30 * step)))
        maturity = last + int(rng.integers(10, int(1.9 * 30 * step)))
        settle = dated + int(rng.integers(1, (maturity - dated) - 1))
        yield frequency, dated, first, last, maturity, settle, rng.uniform(0.01, 0.12), number


def test_two_hundred_odd_bonds_equal_quantlib():
    """Accrued interest, flows, yield and duration; 30/360, compounded as often as coupons."""
    for frequency, dated, first, last, maturity, settle, coupon, number in drawn_bonds():
        rule = ql.Thirty360(ql.Thirty360.USA)
        schedule = ql.Schedule(
            dated, maturity, ql.Period(12 // frequency, ql.Months), ql.NullCalendar(),
            ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.Backward, False, first, last,
        )  # fmt: skip
        ql.Settings.instance().evaluationDate = settle
        bond = ql.FixedRateBond(0, 100.0, schedule, [coupon], rule)
        dates = odd(as_day(last), as_day(first), as_day(dated))
        period = coupon_period(
            as_day(settle), as_day(maturity), frequency, DayCount.THIRTY_360_US, dates
        )
        accrued = accrued_interest(coupon, period)[0]
        assert accrued == pytest.approx(bond.accruedAmount(settle), abs=1e-10), number
        flows = scheduled_cashflows(as_day(maturity), coupon, period)
        theirs = {}
        for flow in bond.cashflows():
            if flow.date() > settle:
                theirs[as_day(flow.date())] = theirs.get(as_day(flow.date()), 0.0) + flow.amount()
        assert list(flows.pay_date) == list(theirs), number
        assert flows.amount_pct_par == pytest.approx(list(theirs.values()), abs=1e-10)
        price = 95.0
        solved, _ = yield_from_dirty_price(price + accrued, coupon, period)
        is_single = len(theirs) == 1
        compounding = ql.Simple if is_single else ql.Compounded
        every = {1: ql.Annual, 2: ql.Semiannual, 4: ql.Quarterly}[frequency]
        clean = ql.BondPrice(price, ql.BondPrice.Clean)
        expected = ql.BondFunctions.bondYield(
            bond, clean, rule, compounding, every, settle, 1e-14, 500
        )
        assert solved[0] == pytest.approx(expected, abs=1e-9), number
        back, _ = dirty_price_from_yield(solved, coupon, period)
        assert back[0] == pytest.approx(price + accrued, abs=1e-9)
        if not is_single:
            rate = ql.InterestRate(expected, rule, compounding, every)
            duration = ql.BondFunctions.duration(bond, rate, ql.Duration.Modified, settle)
            risk = yield_risk(solved, coupon, period)
            assert risk.modified_duration_years[0] == pytest.approx(duration, abs=1e-8)


@pytest.mark.parametrize(
    ("settle", "maturity", "coupon", "last", "accrued"),
    [
        ("2018-01-31", "2025-02-13", 0.0375, "2024-09-01", 1.5625),
        ("2018-12-31", "2020-02-13", 0.11, "2019-09-01", 11 / 3),
    ],
)
def test_an_odd_last_coupon_accrues_from_its_own_schedule(settle, maturity, coupon, last, accrued):
    """Counted back from maturity, they were 1.7500 and 4.217."""
    period = coupon_period(settle, maturity, 2, DayCount.THIRTY_360_US, odd(last))
    assert accrued_interest(coupon, period)[0] == pytest.approx(accrued, abs=1e-12)


def test_the_yield_of_a_bond_with_a_long_last_coupon():
    """9.5 % of 25 August 2021, last coupon 15 December 2020, at 60: 59.53 % if it were regular."""
    period = coupon_period("2020-05-31", "2021-08-25", 2, DayCount.THIRTY_360_US, odd("2020-12-15"))
    dirty = 60 + accrued_interest(0.095, period)
    assert yield_from_dirty_price(dirty, 0.095, period)[0][0] == pytest.approx(0.5938, abs=5e-5)


def test_actual_days_of_quasi_coupon_periods_count():
    """ICMA: a last period of 15 March to 15 July is 122 of the 184 days to 15 September."""
    period = coupon_period("2026-05-15", "2026-07-15", 2, DayCount.ACT_ACT_ICMA, odd("2026-03-15"))
    assert period.accrued_ratio[0] == pytest.approx(61 / 184)
    assert flow_periods(period) == pytest.approx([61 / 184])


def test_dates_that_no_schedule_has_are_not_used():
    """A last coupon at maturity, and a first one off the schedule, leave the bond regular."""
    plain = coupon_period("2026-02-06", "2033-09-15", 2, DayCount.THIRTY_360_US)
    for dates in (odd("2033-09-15"), odd(first="2026-05-01", dated="2025-11-01")):
        period = coupon_period("2026-02-06", "2033-09-15", 2, DayCount.THIRTY_360_US, dates)
        assert period.accrued_ratio == plain.accrued_ratio
        flows = scheduled_cashflows("2033-09-15", 0.05, period)
        assert (
            flows.amount_pct_par.tolist()
            == scheduled_cashflows("2033-09-15", 0.05, plain).amount_pct_par.tolist()
        )


def test_regular_bonds_beside_an_odd_one_keep_their_last_digit():
    """A batch with one odd bond must not move the others."""
    settle = np.array(["2026-02-06"] * 3, dtype="M8[D]")
    maturity = np.array(["2033-09-15", "2025-01-01", "2030-08-20"], dtype="M8[D]")
    dates = OddDates(
        *(np.array([NO_DATE] * 2 + [day], "M8[D]") for day in (NO_DATE, NO_DATE, "2030-03-01"))
    )
    period = coupon_period(settle, maturity, 2, DayCount.THIRTY_360_US, dates)
    plain = coupon_period(settle, maturity, 2, DayCount.THIRTY_360_US)
    one, other = (yield_from_dirty_price(99.0, 0.05, each)[0] for each in (period, plain))
    assert one[0] == other[0] and np.isnan(one[1]) and one[2] != other[2]
