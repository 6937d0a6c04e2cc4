"""Dates of the standard CDS contract: maturities, premium periods, accrual, settlement.

Every function works on arrays of dates (`datetime64[D]`), broadcasts, and returns at least one
dimension. Every weekday is a business day, as the ISDA model assumes for dollars. NaT in gives NaT
out.
"""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import DateArray, FloatArray, IntArray
from parspread.dates.calendar import ONE_DAY, add_months, as_dates, days_between

SETTLEMENT_LAG_SESSIONS = 3
PREMIUM_MONTHS_COUNT = 3
# The ISDA amendment that moved single-name rolls to twice a year took effect on this trade date.
SEMIANNUAL_ROLL_START_DATE = np.datetime64("2015-12-21", "D")


class MaturityRule(Enum):
    """How a trade date and a tenor become a maturity date."""

    BY_TRADE_DATE = "by_trade_date"
    """The rule in force on the trade date: quarterly before 2015-12-21; from then on 20 June and
    20 December only (ISDA roll frequency change)."""

    QUARTERLY_2009 = "quarterly_2009"
    """Big Bang protocol: the next 20 March, June, September or December, plus the tenor."""


@dataclass(frozen=True)
class PremiumSchedule:
    """Premium periods of many contracts, left-aligned; unused cells hold NaT.

    Attributes
    ----------
    accrual_start_date, accrual_end_date, payment_date : datetime64[D], (n_quotes, n_periods)
        A period accrues from its start, inclusive, to its end, exclusive. The last end is the day
        after maturity, because the maturity day itself accrues.
    period_count : int array, shape (n_quotes,)
        Number of used cells per row, >= 0.
    """

    accrual_start_date: DateArray
    accrual_end_date: DateArray
    payment_date: DateArray
    period_count: IntArray

    @property
    def accrual_days(self) -> FloatArray:
        """Return calendar days per period, shape (n_quotes, n_periods); NaN where unused."""
        return days_between(self.accrual_start_date, self.accrual_end_date)


def following_business_date(date: ArrayLike) -> DateArray:
    """Return each date, or the next business day when it is closed (Following convention).

    Parameters
    ----------
    date : datetime64[D] array
        Any shape; NaT stays NaT.

    Returns
    -------
    datetime64[D] array

    Examples
    --------
    >>> following_business_date("2026-06-20")
    array(['2026-06-22'], dtype='datetime64[D]')
    """
    return np.busday_offset(_date_rows(date), 0, roll="forward")


def cash_settlement_date(trade_date: ArrayLike) -> DateArray:
    """Return the date on which the upfront is paid: three business days after the trade.

    A trade dated on a closed day counts from the last business day before it, as the ISDA
    calculator does.

    Parameters
    ----------
    trade_date : datetime64[D] array
        NaT stays NaT.

    Returns
    -------
    datetime64[D] array

    Examples
    --------
    >>> cash_settlement_date("2025-06-03")
    array(['2025-06-06'], dtype='datetime64[D]')
    """
    return np.busday_offset(_date_rows(trade_date), SETTLEMENT_LAG_SESSIONS, roll="backward")


def semiannual_anchor_date(trade_date: ArrayLike, *, roll_day_of_month: int = 20) -> DateArray:
    """Return the 20 June or 20 December from which semi-annual maturities are counted.

    Formula: before 20 March the anchor is 20 December of the year before, before 20 September
    20 June, later 20 December (ISDA, "CDS standard roll" amendment, 2015).

    Parameters
    ----------
    trade_date : datetime64[D] array
        NaT stays NaT.
    roll_day_of_month : int
        Day of March and September of the roll, 1 to 28: 20 for single names, CDX.NA.IG and
        iTraxx, 27 for CDX.NA.HY.

    Returns
    -------
    datetime64[D] array

    Raises
    ------
    ValueError
        If roll_day_of_month lies outside 1 to 28.

    Examples
    --------
    >>> semiannual_anchor_date(["2025-03-19", "2025-03-20"])
    array(['2024-12-20', '2025-06-20'], dtype='datetime64[D]')
    """
    if not 1 <= roll_day_of_month <= 28:
        raise ValueError(
            f"roll_day_of_month must be between 1 and 28; the argument was {roll_day_of_month}"
        )
    trade = _date_rows(trade_date)
    # Seen from a clock that runs (roll day - 1) days late, the rolls fall on 1 March and
    # 1 September; the anchor is then nine months into the half-year that began three months before.
    late_month = (trade - (roll_day_of_month - 1) * ONE_DAY).astype("datetime64[M]")
    months_since_roll = (late_month.astype(np.int64) - 2) % 6
    return _day_20(late_month - months_since_roll + 3)


def standard_maturity_date(
    trade_date: ArrayLike,
    tenor_months_count: ArrayLike,
    *,
    rule: MaturityRule = MaturityRule.BY_TRADE_DATE,
) -> DateArray:
    """Return the maturity of the standard contract of a tenor traded on a date.

    Parameters
    ----------
    trade_date : datetime64[D] array
        NaT gives NaT.
    tenor_months_count : int array
        Tenor in months, >= 0 (60 for five years); broadcast against trade_date.
    rule : MaturityRule
        By default the rule in force on the trade date.

    Returns
    -------
    datetime64[D] array
        Unadjusted: a maturity may fall on a weekend.

    Raises
    ------
    ValueError
        If a tenor is negative.

    Examples
    --------
    >>> standard_maturity_date(["2015-12-18", "2025-06-03", "2025-09-22"], 60)
    array(['2020-12-20', '2030-06-20', '2030-12-20'], dtype='datetime64[D]')
    """
    trade, months = np.broadcast_arrays(_date_rows(trade_date), np.asarray(tenor_months_count))
    if (months < 0).any():
        raise ValueError(f"tenor_months_count must be >= 0; the smallest was {months.min()}")
    semiannual = semiannual_anchor_date(trade).astype("datetime64[M]")
    quarterly = _coupon_month(trade)
    quarterly = np.where(_day_20(quarterly) > trade, quarterly, quarterly + PREMIUM_MONTHS_COUNT)
    if rule is MaturityRule.BY_TRADE_DATE:
        anchor = np.where(trade < SEMIANNUAL_ROLL_START_DATE, quarterly, semiannual)
    else:
        anchor = quarterly
    return _day_20(anchor + months)


def first_accrual_date(trade_date: ArrayLike) -> DateArray:
    """Return where the full first coupon of a standard contract starts to accrue.

    That is the last adjusted 20 March, June, September or December on or before the step-in date,
    which is the day after the trade.

    Parameters
    ----------
    trade_date : datetime64[D] array
        NaT stays NaT.

    Returns
    -------
    datetime64[D] array

    Examples
    --------
    >>> first_accrual_date(["2025-06-03", "2025-06-19"])
    array(['2025-03-20', '2025-06-20'], dtype='datetime64[D]')
    """
    step_in = _date_rows(trade_date) + ONE_DAY
    month = _coupon_month(step_in)
    month = month - np.where(_day_20(month) > step_in, PREMIUM_MONTHS_COUNT, 0)
    this_coupon = following_business_date(_day_20(month))
    coupon_before = following_business_date(_day_20(month - PREMIUM_MONTHS_COUNT))
    return np.where(this_coupon <= step_in, this_coupon, coupon_before)


def premium_schedule(accrual_start_date: ArrayLike, maturity_date: ArrayLike) -> PremiumSchedule:
    """Return the quarterly premium periods from a start to a maturity.

    Dates run backwards from the maturity in steps of three months; a short period, if any, comes
    first. Coupon dates are adjusted Following; the start and the maturity are not. A maturity at
    or before the start gives no period.

    Parameters
    ----------
    accrual_start_date, maturity_date : datetime64[D] arrays, shape (n_quotes,)
        Broadcast against each other; NaT gives no period.

    Returns
    -------
    PremiumSchedule

    Examples
    --------
    >>> schedule = premium_schedule("2025-03-20", "2025-12-20")
    >>> schedule.payment_date[0]
    array(['2025-06-20', '2025-09-22', '2025-12-22'], dtype='datetime64[D]')
    >>> schedule.accrual_days[0]
    array([92., 94., 90.])
    """
    start, maturity = np.broadcast_arrays(_date_rows(accrual_start_date), _date_rows(maturity_date))
    span_months = (maturity.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(float)
    span_months = np.where(np.isnat(maturity) | np.isnat(start), 0.0, span_months)
    steps = np.arange(int(max(span_months.max(initial=0.0), 0.0)) // PREMIUM_MONTHS_COUNT + 2)
    unadjusted = add_months(maturity[:, None], -PREMIUM_MONTHS_COUNT * steps)
    period_count = (unadjusted > start[:, None]).sum(axis=1)

    position = np.arange(period_count.max(initial=0))
    periods_left = period_count[:, None] - 1 - position
    is_used = periods_left >= 0
    is_first, is_last = position == 0, periods_left == 0
    adjusted = following_business_date(unadjusted)
    coupon_date, coupon_before = (
        np.take_along_axis(adjusted, np.clip(place, 0, steps.size - 1), axis=1)
        for place in (periods_left, periods_left + 1)
    )
    nat = np.datetime64("NaT", "D")
    period_end = np.where(is_last, (maturity + ONE_DAY)[:, None], coupon_date)
    return PremiumSchedule(
        np.where(is_used, np.where(is_first, start[:, None], coupon_before), nat),
        np.where(is_used, period_end, nat),
        np.where(is_used, coupon_date, nat),
        period_count,
    )


def accrued_days(trade_date: ArrayLike, schedule: PremiumSchedule) -> FloatArray:
    """Return the days of coupon accrued at step-in, the day after the trade.

    Parameters
    ----------
    trade_date : datetime64[D] array, shape (n_quotes,)
        One per row of the schedule; NaT gives NaN.
    schedule : PremiumSchedule
        Premium periods of the same contracts.

    Returns
    -------
    accrued_days : float array, shape (n_quotes,)
        0 when step-in is a coupon date, lies before the first accrual or after the last.

    Examples
    --------
    >>> float(accrued_days("2025-06-03", premium_schedule("2025-03-20", "2030-06-20"))[0])
    76.0
    """
    trade = _date_rows(trade_date)
    step_in = (trade + ONE_DAY)[:, None]
    is_current = (schedule.accrual_start_date <= step_in) & (step_in < schedule.accrual_end_date)
    elapsed = np.where(is_current, days_between(schedule.accrual_start_date, step_in), 0.0)
    return np.where(np.isnat(trade), np.nan, elapsed.sum(axis=1))


def cds_maturity_on_or_after(date: ArrayLike) -> DateArray:
    """Return the first 20 June or 20 December on or after each date.

    Parameters
    ----------
    date : datetime64 array
        NaT stays NaT.

    Returns
    -------
    cds_maturity_date : datetime64[D] array

    Examples
    --------
    >>> cds_maturity_on_or_after("2033-12-21")
    array(['2034-06-20'], dtype='datetime64[D]')
    """
    date = _date_rows(date)
    month = date.astype("datetime64[M]")
    month = np.where(date > _day_20(month), month + 1, month)
    wait = (5 - month.astype(np.int64)) % 6
    return _day_20(month + wait)


def _date_rows(dates: ArrayLike) -> DateArray:
    return np.atleast_1d(as_dates(dates))


def _day_20(month: DateArray) -> DateArray:
    return month.astype("datetime64[D]") + 19 * ONE_DAY


def _coupon_month(date: DateArray) -> DateArray:
    """Return the last of March, June, September, December at or before the month of a date."""
    month = date.astype("datetime64[M]")
    return month - (month.astype(np.int64) - 2) % PREMIUM_MONTHS_COUNT
