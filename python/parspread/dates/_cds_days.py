"""Dates of the standard CDS contract as whole numbers, compiled for loops over contracts.

A day counts from 1970-01-01 and a month from January 1970, as inside `datetime64`. Every weekday is
a business day. `cds_schedule` gives the same to arrays of dates.
"""

from typing import NamedTuple

import numpy as np
from numba import vectorize

from parspread.arrays import IntArray
from parspread.compiled import njit

PREMIUM_MONTHS_COUNT = 3
COUPON_DAY_OF_MONTH = 20
EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday is 0
SATURDAY = 5
DAYS_PER_ERA = 146_097  # 400 years
EPOCH_DAYS_IN_ERA = 719_468  # from 0000-03-01 to 1970-01-01
TABLE_MONTHS_COUNT = 1800  # 150 years
MONTH_STARTS = np.arange(TABLE_MONTHS_COUNT).astype("datetime64[M]").astype("datetime64[D]")
MONTH_STARTS = MONTH_STARTS.astype(np.int64)
NO_DAY = np.iinfo(np.int64).min  # NaT


class PremiumDays(NamedTuple):
    """Days on which premium periods start (inclusive), end (exclusive) and pay; room for many."""

    start: IntArray
    end: IntArray
    payment: IntArray


@njit
def month_and_day(day: int) -> tuple[int, int]:
    """Return the month of a day and its place in it, from 1.

    Years run from March, so that the leap day comes last (Hinnant, "chrono-Compatible Low-Level
    Date Algorithms", civil_from_days).
    """
    shifted = day + EPOCH_DAYS_IN_ERA
    era = shifted // DAYS_PER_ERA
    in_era = shifted - era * DAYS_PER_ERA
    year = (in_era - in_era // 1460 + in_era // 36_524 - in_era // 146_096) // 365
    in_year = in_era - (365 * year + year // 4 - year // 100)
    from_march = (5 * in_year + 2) // 153
    in_month = in_year - (153 * from_march + 2) // 5 + 1
    return (year + 400 * era - 1970) * 12 + from_march + 2, in_month


@njit
def month_start(month: int) -> int:
    """Return the first day of a month: from the table, or counted (Hinnant, days_from_civil)."""
    if 0 <= month < TABLE_MONTHS_COUNT:
        return MONTH_STARTS[month]
    year = (month - 2) // 12 + 1970
    from_march = (month - 2) % 12
    era = year // 400
    year -= era * 400
    in_year = (153 * from_march + 2) // 5
    return era * DAYS_PER_ERA + year * 365 + year // 4 - year // 100 + in_year - EPOCH_DAYS_IN_ERA


@njit
def following_weekday(day: int) -> int:
    """Return the day, or the Monday after it on a weekend."""
    weekday = (day + EPOCH_WEEKDAY) % 7
    return day + 7 - weekday if weekday >= SATURDAY else day


@njit
def settlement_day(trade: int) -> int:
    """Return three weekdays after a trade; a weekend counts from its Friday."""
    weekday = (trade + EPOCH_WEEKDAY) % 7
    if weekday >= SATURDAY:
        trade, weekday = trade - (weekday - SATURDAY + 1), SATURDAY - 1
    return trade + 3 if weekday < 2 else trade + 5


@njit
def accrual_start_day(trade: int) -> int:
    """Return the last adjusted coupon date on or before step-in, the day after the trade."""
    step_in = trade + 1
    month = month_and_day(step_in)[0]
    month -= (month - 2) % PREMIUM_MONTHS_COUNT
    last_day = COUPON_DAY_OF_MONTH - 1
    if month_start(month) + last_day > step_in:
        month -= PREMIUM_MONTHS_COUNT
    this_coupon = following_weekday(month_start(month) + last_day)
    if this_coupon <= step_in:
        return this_coupon
    return following_weekday(month_start(month - PREMIUM_MONTHS_COUNT) + last_day)


@njit
def day_of_month(month: int, in_month: int) -> int:
    """Return a day by its place in the month, or the last day of a shorter month."""
    start = month_start(month)
    if in_month > 28:
        in_month = min(in_month, month_start(month + 1) - start)
    return start + in_month - 1


@njit
def period_count(start: int, maturity: int) -> int:
    """Return the number of quarterly steps back from the maturity that end after the start."""
    if maturity <= start:
        return 0
    month, in_month = month_and_day(maturity)
    start_month, _ = month_and_day(start)
    full, rest = divmod(month - start_month, PREMIUM_MONTHS_COUNT)
    return full + 1 if rest > 0 or day_of_month(start_month, in_month) > start else full


@njit
def fill_periods(start: int, maturity: int, periods: PremiumDays) -> int:
    """Write the premium periods from a start to a maturity; return how many there are.

    Coupon dates step back from the maturity by three months and are adjusted Following; the start
    and the maturity are not. The last period ends the day after maturity, which accrues.
    """
    count = period_count(start, maturity)
    month, in_month = month_and_day(maturity)
    month -= PREMIUM_MONTHS_COUNT * (count - 1)
    begin = start
    for j in range(count):
        coupon = following_weekday(day_of_month(month, in_month))
        periods.start[j] = begin
        periods.end[j] = coupon if j < count - 1 else maturity + 1
        periods.payment[j] = coupon
        begin = coupon
        month += PREMIUM_MONTHS_COUNT
    return count


@njit
def accrued_day_count(trade: int, start: int, maturity: int) -> int:
    """Return the days accrued at step-in; 0 before the first period and after the last."""
    step_in = trade + 1
    if step_in > maturity or step_in < start:
        return 0
    count = period_count(start, maturity)
    month, in_month = month_and_day(maturity)
    month -= PREMIUM_MONTHS_COUNT * (count - 1)
    begin = start
    for _ in range(count - 1):
        coupon = following_weekday(day_of_month(month, in_month))
        if step_in < coupon:
            break
        begin = coupon
        month += PREMIUM_MONTHS_COUNT
    return step_in - begin


@njit
def fill_period_rows(
    start: IntArray, maturity: IntArray, periods: PremiumDays, count: IntArray
) -> None:
    """Write the periods of every row into the third argument, their number into the last."""
    for i in range(len(start)):
        row = PremiumDays(periods.start[i], periods.end[i], periods.payment[i])
        count[i] = 0 if start[i] == NO_DAY else fill_periods(start[i], maturity[i], row)


@vectorize(["int64(int64)"], cache=True)
def settlement_days(trade: int) -> int:
    """Return `settlement_day` of each trade; NaT stays."""
    return NO_DAY if trade == NO_DAY else settlement_day(trade)


@vectorize(["int64(int64)"], cache=True)
def accrual_start_days(trade: int) -> int:
    """Return `accrual_start_day` of each trade; NaT stays."""
    return NO_DAY if trade == NO_DAY else accrual_start_day(trade)


@vectorize(["int64(int64, int64)"], cache=True)
def period_counts(start: int, maturity: int) -> int:
    """Return `period_count` of each contract, 0 where a date is NaT."""
    return 0 if start == NO_DAY else period_count(start, maturity)


@vectorize(["int64(int64, int64, int64)"], cache=True)
def accrued_day_counts(trade: int, start: int, maturity: int) -> int:
    """Return `accrued_day_count` of each contract, 0 where a date is NaT."""
    if trade == NO_DAY or start == NO_DAY:
        return 0
    return accrued_day_count(trade, start, maturity)
