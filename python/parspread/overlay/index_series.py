"""Which contract an index quote belongs to: the maturity of the series on the run."""

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import DateArray
from parspread.dates.calendar import as_dates
from parspread.dates.cds_schedule import semiannual_anchor_date


def on_the_run_maturity_date(
    session_date: ArrayLike,
    *,
    tenor_months_count: int = 60,
    roll_day_of_month: int = 20,
) -> DateArray:
    """Return the maturity of the series that the roll rule makes on the run.

    Parameters
    ----------
    session_date : datetime64[D] array, shape (n_sessions,)
        NaT stays NaT.
    tenor_months_count : int
        Tenor of the index in months, 60 for five years.
    roll_day_of_month : int
        Day of March and September of the roll: 20 for CDX.NA.IG and iTraxx, 27 for CDX.NA.HY.

    Returns
    -------
    datetime64[D] array

    Examples
    --------
    >>> on_the_run_maturity_date(["2025-03-19", "2025-03-20"])
    array(['2029-12-20', '2030-06-20'], dtype='datetime64[D]')
    """
    anchor = semiannual_anchor_date(session_date, roll_day_of_month=roll_day_of_month)
    return (anchor.astype("datetime64[M]") + tenor_months_count).astype("datetime64[D]") + 19


def labelled_maturity_date(
    session_date: ArrayLike,
    series: ArrayLike,
    *,
    tenor_months_count: int = 60,
    roll_day_of_month: int = 20,
) -> DateArray:
    """Return the maturity of each session's series, from its label rather than the calendar.

    A series keeps the maturity that the roll rule gives on its first session, so that a roll which
    came late (as in 2014) moves with the label, and so that an older series quoted again is the
    contract that it was.

    Parameters
    ----------
    session_date : datetime64[D] array, shape (n_sessions,)
        Strictly increasing.
    series : int or float array, shape (n_sessions,)
        Series number; NaN where unknown: there the calendar decides.
    tenor_months_count : int
        Tenor of the index in months.
    roll_day_of_month : int
        Day of March and September of the roll.

    Returns
    -------
    datetime64[D] array, shape (n_sessions,)

    Raises
    ------
    ValueError
        If dates are not strictly increasing.

    Examples
    --------
    >>> labelled_maturity_date(["2014-09-19", "2014-09-22", "2014-10-06"], [22, 22, 23])
    array(['2019-06-20', '2019-06-20', '2019-12-20'], dtype='datetime64[D]')
    """
    session = increasing_dates(session_date)
    label = np.asarray(series, dtype=np.float64)
    by_rule = on_the_run_maturity_date(
        session, tenor_months_count=tenor_months_count, roll_day_of_month=roll_day_of_month
    )
    known = np.flatnonzero(~np.isnan(label))
    _, first, run = np.unique(label[known], return_index=True, return_inverse=True)
    maturity = by_rule.copy()
    maturity[known] = by_rule[known[first]][run]
    return maturity


def increasing_dates(session_date: ArrayLike) -> DateArray:
    """Return session dates as an array; raise where one does not follow the one before it."""
    session = as_dates(session_date)
    bad = np.flatnonzero(~(np.diff(session) > np.timedelta64(0, "D")))
    if bad.size or np.isnat(session).any():
        where = int(bad[0]) + 1 if bad.size else 0
        raise ValueError(
            f"session_date must be strictly increasing; position {where} was {session[where]}"
        )
    return session
