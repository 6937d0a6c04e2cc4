"""Day counts: how many days, and what share of a year, lie between two dates."""

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import BoolArray, DateArray, FloatArray, IntArray
from parspread.dates.calendar import as_dates, year_month_day


class DayCount(IntEnum):
    """Market rules for measuring time.

    Sources: ISDA 2006 Definitions section 4.16; SIA Standard Securities Calculation Methods
    (1993) for the February rule; the `EXCEL_` members are what Microsoft Excel computes where
    that differs. No market uses `ACT_365_25`; a replica does.
    """

    THIRTY_360_US = 0
    THIRTY_360_BOND_BASIS = 1
    THIRTY_E_360 = 2
    ACT_360 = 3
    ACT_365F = 4
    ACT_ACT_ICMA = 5
    ACT_ACT_ISDA = 6
    EXCEL_30_360 = 7
    EXCEL_ACT_ACT = 8
    ACT_365_25 = 9


THIRTY_DAY_MONTHS = (
    DayCount.THIRTY_360_US,
    DayCount.THIRTY_360_BOND_BASIS,
    DayCount.THIRTY_E_360,
    DayCount.EXCEL_30_360,
)
_YEAR_DAYS = {
    **dict.fromkeys(THIRTY_DAY_MONTHS, 360.0),
    DayCount.ACT_360: 360.0,
    DayCount.ACT_365F: 365.0,
    DayCount.ACT_365_25: 365.25,
}


def year_fraction(start_date: ArrayLike, end_date: ArrayLike, day_count: ArrayLike) -> FloatArray:
    """Return the years from start to end under a day count.

    Parameters
    ----------
    start_date, end_date : datetime64 array, any shapes that broadcast
        Calendar dates; NaT marks a missing date.
    day_count : DayCount or array of its codes
        Any rule but `ACT_ACT_ICMA`, which needs a coupon period.

    Returns
    -------
    years : float array
        Year fractions; NaN exactly where a date is NaT.

    Raises
    ------
    ValueError
        If `day_count` holds ACT_ACT_ICMA or a number that is no code of `DayCount`.

    Notes
    -----
    Days over 360, 365 or 365.25. ACT/ACT ISDA puts days of leap years over 366 and all others
    over 365 (ISDA 2006, 4.16(b)). Excel's basis 1 divides by the average length of the
    calendar years touched, or by 365 or 366 within one year (Wheeler, "YEARFRAC
    incompatibilities between Office 2007 and OOXML", 2008).

    Examples
    --------
    >>> float(year_fraction("2024-01-15", "2025-01-15", DayCount.ACT_360)).__round__(6)
    1.016667
    """
    return _by_rule(_years_one_rule, start_date, end_date, day_count)


def street_day_count(day_count_basis: str | None) -> DayCount | None:
    """Read a vendor's day-count text by the conventions of the US market.

    Parameters
    ----------
    day_count_basis : str or None
        Text such as `30/360`, `ISMA-30/360`, `ACT/ACT (ICMA)` or `Actual/365`, any case; None means
        30/360, the rule of US corporate bonds.

    Returns
    -------
    day_count : DayCount or None
        None for a text that names no known rule.

    Examples
    --------
    >>> street_day_count("Actual/365").name, street_day_count(None).name, street_day_count("?")
    ('ACT_365F', 'THIRTY_360_US', None)
    >>> street_day_count("ISMA-30/360").name, street_day_count("ACT/ACT (ICMA)").name
    ('THIRTY_E_360', 'ACT_ACT_ICMA')
    """
    if day_count_basis is None:
        return DayCount.THIRTY_360_US
    text = day_count_basis.upper().replace("ACTUAL", "ACT").replace("ISMA", "ICMA")
    text = "".join(letter for letter in text if letter.isalnum() or letter == "/")
    # The association names a rule before or after it, and its 30/360 is the European one.
    is_icma = "ICMA" in text
    rule = text.replace("ICMA", "")
    return {
        ("30/360", False): DayCount.THIRTY_360_US,
        ("30U/360", False): DayCount.THIRTY_360_US,
        ("30/360US", False): DayCount.THIRTY_360_US,
        ("30/360", True): DayCount.THIRTY_E_360,
        ("30E/360", is_icma): DayCount.THIRTY_E_360,
        ("ACT/ACT", is_icma): DayCount.ACT_ACT_ICMA,
        ("ACT/360", False): DayCount.ACT_360,
        ("ACT/365", False): DayCount.ACT_365F,
        ("ACT/365F", False): DayCount.ACT_365F,
        ("ACT/365FIXED", False): DayCount.ACT_365F,
    }.get((rule, is_icma))


def _by_rule(
    measure, start_date: ArrayLike, end_date: ArrayLike, day_count: ArrayLike
) -> FloatArray:
    codes = np.asarray(day_count)
    start, end, code = np.broadcast_arrays(as_dates(start_date), as_dates(end_date), codes)
    known = ~(np.isnat(start) | np.isnat(end))
    # Most calls have one rule and no missing date: no row is picked out then.
    is_one = codes.size > 0 and bool(np.all(codes == codes.flat[0]))
    numbers = codes.reshape(-1)[:1] if is_one else np.unique(codes)
    if is_one and known.all() and numbers[0] in list(DayCount):
        return measure(start, end, DayCount(numbers[0]))
    out = np.full(start.shape, np.nan)
    for number in numbers:
        if number not in list(DayCount):
            raise ValueError(f"day_count must hold codes of DayCount; one value was {number}")
        rows = known & (code == number)
        out[rows] = measure(start[rows], end[rows], DayCount(number))
    return out


def _days_one_rule(start: DateArray, end: DateArray, rule: DayCount) -> FloatArray:
    """Count 360 (y2 - y1) + 30 (m2 - m1) + (d2 - d1) after the rule has moved d1 and d2."""
    if rule not in THIRTY_DAY_MONTHS:
        return (end - start).astype(np.float64)
    y1, m1, d1 = year_month_day(start)
    y2, m2, d2 = year_month_day(end)
    february1, february2 = _is_february_end(y1, m1, d1), _is_february_end(y2, m2, d2)
    if rule == DayCount.THIRTY_E_360:
        d2 = np.minimum(d2, 30)
    elif rule == DayCount.EXCEL_30_360:
        # Excel looks at the start day before February moves it: 28 Feb to 31 Aug is 181 days.
        d2 = np.where((d2 == 31) & (d1 >= 30) | february1 & february2, 30, d2)
        d1 = np.where(february1, 30, d1)
    else:
        if rule == DayCount.THIRTY_360_US:
            d2 = np.where(february1 & february2, 30, d2)
            d1 = np.where(february1, 30, d1)
        d2 = np.where((d2 == 31) & (d1 >= 30), 30, d2)
    d1 = np.minimum(d1, 30)
    return (360 * (y2 - y1) + 30 * (m2 - m1) + (d2 - d1)).astype(np.float64)


def _is_february_end(year: IntArray, month: IntArray, day: IntArray) -> BoolArray:
    is_last = np.array((month == 2) & (day >= 28))
    maybe = is_last & (day == 28)
    years = year[maybe]
    is_last[maybe] = (years % 4 != 0) | (years % 100 == 0) & (years % 400 != 0)
    return is_last


def _years_one_rule(start: DateArray, end: DateArray, rule: DayCount) -> FloatArray:
    if rule == DayCount.ACT_ACT_ICMA:
        raise ValueError(
            "day_count must not be ACT_ACT_ICMA where no coupon period is given; "
            "coupon_period takes it"
        )
    if rule == DayCount.ACT_ACT_ISDA:
        return _isda_years(start, end)
    if rule == DayCount.EXCEL_ACT_ACT:
        return _excel_years(start, end)
    return _days_one_rule(start, end, rule) / _YEAR_DAYS[rule]


def _isda_years(start: DateArray, end: DateArray) -> FloatArray:
    year1, elapsed1 = _position_in_year(start)
    year2, elapsed2 = _position_in_year(end)
    return (year2 - year1) + (elapsed2 - elapsed1)


def _position_in_year(dates: DateArray) -> tuple[IntArray, FloatArray]:
    years = dates.astype("datetime64[Y]")
    first = years.astype("datetime64[D]")
    length = ((years + 1).astype("datetime64[D]") - first).astype(np.float64)
    return years.astype(np.int64), (dates - first).astype(np.float64) / length


def _excel_years(start: DateArray, end: DateArray) -> FloatArray:
    first, last = np.minimum(start, end), np.maximum(start, end)
    y1, m1, d1 = year_month_day(first)
    y2, m2, d2 = year_month_day(last)
    not_past_anniversary = (m1 > m2) | (m1 == m2) & (d1 >= d2)
    within_a_year = (y1 == y2) | (y2 == y1 + 1) & not_past_anniversary
    whole_years_days = (_new_year(y2 + 1) - _new_year(y1)).astype(np.float64)
    average_days = whole_years_days / (y2 - y1 + 1)
    # Leap day of the first year if the start does not lie after it, else that of the last year.
    counts_leap_day = (y1 == y2) & (whole_years_days == 366)
    for year in (y1, y2):
        leap_day = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + 2
        leap_day = leap_day.astype("datetime64[D]") - 1
        is_leap = year_month_day(leap_day)[2] == 29
        counts_leap_day |= is_leap & (first <= leap_day) & (leap_day <= last)
    short_days = np.where(counts_leap_day, 366.0, 365.0)
    return (end - start).astype(np.float64) / np.where(within_a_year, short_days, average_days)


def _new_year(year: IntArray) -> DateArray:
    return (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
