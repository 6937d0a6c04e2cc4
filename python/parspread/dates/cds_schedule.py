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
from parspread.dates._cds_days import (
    COUPON_DAY_OF_MONTH,
    NO_DAY,
    PREMIUM_MONTHS_COUNT,
    PremiumDays,
    accrual_start_days,
    fill_period_rows,
    period_counts,
    settlement_days,
)
from parspread.dates.calendar import ONE_DAY, as_dates, days_between

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
    return settlement_days(day_numbers(_date_rows(trade_date))).view("datetime64[D]")


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
    return accrual_start_days(day_numbers(_date_rows(trade_date))).view("datetime64[D]")


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
    start, maturity = (
        day_numbers(column)
        for column in np.broadcast_arrays(_date_rows(accrual_start_date), _date_rows(maturity_date))
    )
    count = period_counts(start, maturity)
    cells = PremiumDays(*np.full((3, len(start), count.max(initial=0)), NO_DAY))
    fill_period_rows(start, maturity, cells, count)
    return PremiumSchedule(*(column.view("datetime64[D]") for column in cells), count)


def day_numbers(date: DateArray) -> IntArray:
    """Return days as whole numbers since 1970-01-01, in an array of their own.

    Parameters
    ----------
    date : datetime64[D] array
        NaT becomes the least integer.

    Returns
    -------
    days : int array

    Examples
    --------
    >>> day_numbers(np.array(["1970-01-31"], "M8[D]"))
    array([30])
    """
    return date.astype(np.int64)


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
    return month.astype("datetime64[D]") + (COUPON_DAY_OF_MONTH - 1) * ONE_DAY


def _coupon_month(date: DateArray) -> DateArray:
    """Return the last of March, June, September, December at or before the month of a date."""
    month = date.astype("datetime64[M]")
    return month - (month.astype(np.int64) - 2) % PREMIUM_MONTHS_COUNT
