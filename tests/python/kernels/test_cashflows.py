"""Coupon dates, accrued interest and flows against QuantLib's schedules and slow twins."""

import datetime as dt

import numpy as np
import pytest
import QuantLib as ql

from bond_twins import added_months
from parspread.bonds.cashflows import accrued_interest, coupon_period, scheduled_cashflows
from parspread.bonds.status import BondStatus
from parspread.dates.calendar import add_months
from parspread.dates.day_count import DayCount

MATURITIES = [
    dt.date(2031, 8, 31),
    dt.date(2030, 2, 28),
    dt.date(2032, 2, 29),
    dt.date(2029, 4, 30),
    dt.date(2033, 9, 15),
    dt.date(2029, 12, 1),
    dt.date(2030, 1, 30),
]


def twin_schedule(settle, maturity, frequency):
    """Walk back from maturity to the last coupon not after settlement."""
    dates = [maturity]
    while dates[0] > settle:
        months = -len(dates) * 12 // frequency
        dates.insert(0, added_months(maturity, months, sticks_to_month_end=True))
    return dates


@pytest.mark.parametrize("frequency", [1, 2, 3, 4, 6, 12])
def test_coupon_dates_are_those_of_a_walk_back_from_maturity(frequency):
    # The kernel computes the number of coupons from months alone; the walk needs no such idea.
    settles = [dt.date(2024, 1, 1) + dt.timedelta(days) for days in range(0, 1500, 11)]
    pairs = [(settle, maturity) for settle in settles for maturity in MATURITIES]
    settle, maturity = (np.array(side, dtype="datetime64[D]") for side in zip(*pairs, strict=True))
    period = coupon_period(settle, maturity, frequency, DayCount.THIRTY_360_US)
    flows = scheduled_cashflows(maturity, 0.06, period)
    expected = [twin_schedule(*pair, frequency) for pair in pairs]
    assert period.previous_coupon_date.tolist() == [dates[0] for dates in expected]
    assert period.next_coupon_date.tolist() == [dates[1] for dates in expected]
    assert period.remaining_coupon_count.tolist() == [len(dates) - 1 for dates in expected]
    assert flows.pay_date.tolist() == [day for dates in expected for day in dates[1:]]
    last = np.cumsum(flows.flow_count) - 1
    assert np.all(flows.amount_pct_par[last] == 100 + 6 / frequency)
    assert flows.amount_pct_par.sum() == pytest.approx(
        flows.amount_pct_par.size * 6 / frequency + 100 * len(pairs)
    )


@pytest.mark.parametrize("maturity", MATURITIES)
def test_sia_schedules_are_those_of_quantlib_with_end_of_month(maturity):
    # QuantLib builds schedules independently; unadjusted dates, month ends stick.
    settle = dt.date(2026, 2, 27)
    schedule = ql.Schedule(
        ql.Date(1, 1, 2025),
        ql.Date.from_date(maturity),
        ql.Period(ql.Semiannual),
        ql.NullCalendar(),
        ql.Unadjusted,
        ql.Unadjusted,
        ql.DateGeneration.Backward,
        True,
    )
    expected = [date.to_date() for date in schedule if date.to_date() > settle]
    period = coupon_period(settle, maturity, 2, DayCount.THIRTY_360_US)
    flows = scheduled_cashflows(maturity, 0.05, period)
    assert flows.pay_date.tolist() == expected


def test_settlement_on_a_coupon_date_accrues_nothing_and_drops_that_coupon():
    # The holder at the close before the coupon date is paid; the buyer settling on it is not.
    period = coupon_period("2026-03-15", "2033-09-15", 2, DayCount.THIRTY_360_US)
    assert period.remaining_coupon_count[0] == 15
    assert period.next_coupon_date[0] == np.datetime64("2026-09-15")
    assert accrued_interest(0.05, period)[0] == 0


@pytest.mark.parametrize(
    "day_count,expected",
    [
        (DayCount.THIRTY_360_US, 100 * 0.05 * 141 / 360),
        (DayCount.ACT_360, 100 * 0.05 * 144 / 360),
        (DayCount.ACT_365F, 100 * 0.05 * 144 / 365),
        (DayCount.ACT_ACT_ICMA, 100 * 0.05 / 2 * 144 / 181),
        (DayCount.ACT_ACT_ISDA, 100 * 0.05 * 144 / 365),
    ],
)
def test_accrued_interest_is_coupon_times_the_day_count_fraction(day_count, expected):
    # 15 September 2025 to 6 February 2026 is 144 days, 141 of them in thirty-day months.
    period = coupon_period("2026-02-06", "2033-09-15", 2, day_count)
    assert accrued_interest(0.05, period)[0] == pytest.approx(expected, rel=1e-14)


def test_each_row_that_has_no_schedule_says_why():
    # A null or impossible row keeps its place and carries a status, never a number.
    settle = ["2026-02-06", "NaT", "2026-02-06", "2026-02-06", "2033-09-15", "2026-02-06"]
    period = coupon_period(
        settle, "2033-09-15", [2, 2, np.nan, 5, 2, 0], [DayCount.ACT_ACT_ICMA] * 6
    )
    assert [BondStatus(code).name for code in period.status] == [
        "OK",
        "MISSING_INPUT",
        "MISSING_INPUT",
        "UNSUPPORTED_FREQUENCY",
        "MATURED",
        "UNSUPPORTED_FREQUENCY",
    ]
    failed = period.status != BondStatus.OK
    assert np.all(np.isnat(period.previous_coupon_date) == failed)
    assert np.all(np.isnan(period.accrued_ratio) == failed)
    assert np.all((period.remaining_coupon_count == 0) == failed)
    flows = scheduled_cashflows("2033-09-15", 0.05, period)
    assert flows.flow_count.tolist() == [16, 0, 0, 0, 0, 0]


def test_added_months_are_clipped_or_stick_to_month_end():
    # The two readings of "six months after 28 February" differ by three days.
    assert str(add_months("2023-02-28", 6)) == "2023-08-28"
    assert str(add_months("2023-02-28", 6, sticks_to_month_end=True)) == "2023-08-31"
    assert str(add_months("2024-08-31", -6)) == "2024-02-29"
    assert np.isnat(add_months("NaT", 6))
