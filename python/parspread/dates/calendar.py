"""Calendar dates: spans in days, year, month and day, and steps by months."""

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import BoolArray, DateArray, FloatArray, IntArray
from parspread.compiled import njit

ONE_DAY = np.timedelta64(1, "D")

# The Gregorian calendar, as unsigned numbers; days before 1970 of 1 March of year zero.
MARCH_OF_YEAR_ZERO = 719_468
ERA_DAYS, CENTURY_DAYS, LEAP_CYCLE_DAYS, YEAR_DAYS, FIVE_MONTHS_DAYS = (
    np.uint64(days) for days in (146_097, 36_524, 1_460, 365, 153)
)
HUNDRED, FIVE, FOUR, TWO, ONE = (np.uint64(number) for number in (100, 5, 4, 2, 1))


def as_dates(dates: ArrayLike) -> DateArray:
    """Return dates as a datetime64[D] array.

    Parameters
    ----------
    dates : array of datetime64, date or ISO text
        Any shape; the time of day, if there is one, is cut off.

    Returns
    -------
    dates : datetime64[D] array

    Examples
    --------
    >>> as_dates("2024-02-29T12:00")
    array('2024-02-29', dtype='datetime64[D]')
    """
    return np.asarray(dates).astype("datetime64[D]")


def days_between(start_date: ArrayLike, end_date: ArrayLike) -> FloatArray:
    """Return calendar days from start to end as floats, NaN where either is NaT.

    Parameters
    ----------
    start_date, end_date : datetime64 array, any shapes that broadcast
        An end before its start counts below zero.

    Returns
    -------
    days : float array

    Examples
    --------
    >>> float(days_between("2025-03-20", "2025-06-20"))
    92.0
    """
    span = as_dates(end_date) - as_dates(start_date)
    return np.where(np.isnat(span), np.nan, span.astype(np.float64))


def year_month_day(dates: DateArray) -> tuple[IntArray, IntArray, IntArray]:
    """Split dates into year, month (1 to 12) and day of the month.

    Parameters
    ----------
    dates : datetime64[D] array, without NaT

    Returns
    -------
    year, month, day : int64 arrays

    Examples
    --------
    >>> [int(part) for part in year_month_day(np.datetime64("2024-02-29"))]
    [2024, 2, 29]
    """
    days = dates.astype(np.int64)
    parts = np.empty((3, days.size), dtype=np.int64)
    _split_days(days.reshape(-1), parts)
    year, month, day = parts.reshape(3, *days.shape)
    return year, month, day


def is_month_end(dates: DateArray) -> BoolArray:
    """Return whether each date is the last day of its month.

    Parameters
    ----------
    dates : datetime64[D] array

    Returns
    -------
    is_last : bool array

    Examples
    --------
    >>> bool(is_month_end(np.datetime64("2023-02-28")))
    True
    """
    return year_month_day(dates + 1)[2] == 1


def add_months(
    dates: ArrayLike, months_count: ArrayLike, *, sticks_to_month_end: bool = False
) -> DateArray:
    """Move dates by whole months, clipped to the length of the month arrived in.

    Parameters
    ----------
    dates : datetime64 array
        Calendar dates; NaT stays NaT.
    months_count : int array, broadcasts with dates
        Months to add; negative goes back.
    sticks_to_month_end : bool
        Whether the last day of a month moves to the last day of a month (28 February to 31
        August), as the coupons of a bond do.

    Returns
    -------
    dates : datetime64[D] array

    Examples
    --------
    >>> str(add_months("2023-08-31", -6))
    '2023-02-28'
    """
    dates = as_dates(dates)
    month = dates.astype("datetime64[M]")
    offset = dates - month.astype("datetime64[D]")
    if sticks_to_month_end:
        is_last = dates + 1 == (month + 1).astype("datetime64[D]")
        offset = np.where(is_last, 30 * ONE_DAY, offset)
    target = month + np.asarray(months_count).astype(np.int64)
    last_day = (target + 1).astype("datetime64[D]") - ONE_DAY
    return np.minimum(target.astype("datetime64[D]") + offset, last_day)


@njit
def civil_date(day_number: int) -> tuple[int, int, int]:
    """Return year, month and day of the month of a day counted from 1 January 1970.

    Years start in March, so that the leap day comes last: then month lengths repeat every five
    months (153 days) and years every four centuries (146,097 days). Right from year zero on.

    Examples
    --------
    >>> [int(part) for part in civil_date(19_782)]
    [2024, 2, 29]
    """
    # Unsigned: dividing a signed number by a constant takes three times as long.
    days = np.uint64(day_number + MARCH_OF_YEAR_ZERO)
    era = days // ERA_DAYS
    day = days - era * ERA_DAYS
    year = (
        day - day // LEAP_CYCLE_DAYS + day // CENTURY_DAYS - day // (ERA_DAYS - ONE)
    ) // YEAR_DAYS
    day -= YEAR_DAYS * year + year // FOUR - year // HUNDRED
    month = (FIVE * day + TWO) // FIVE_MONTHS_DAYS
    day -= (FIVE_MONTHS_DAYS * month + TWO) // FIVE
    month_number = np.int64(month) + 3
    year_number = np.int64(year) + 400 * np.int64(era)
    if month_number > 12:
        return year_number + 1, month_number - 12, np.int64(day) + 1
    return year_number, month_number, np.int64(day) + 1


@njit
def _split_days(days: IntArray, parts: IntArray) -> None:
    for i in range(len(days)):
        parts[0, i], parts[1, i], parts[2, i] = civil_date(days[i])
