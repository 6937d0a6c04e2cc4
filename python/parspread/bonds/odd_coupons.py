"""Odd first and last coupons: periods that are no whole coupon period, by street convention.

The coupon of an odd period is that of its day count. Time runs in quasi-coupon periods: an odd last
period lasts its own year fraction, an odd first one ends on a date of the regular schedule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parspread.arrays import BoolArray, DateArray, FloatArray, IntArray
from parspread.bonds._root_loops import Flows, z_spread_rows
from parspread.dates.calendar import days_between
from parspread.dates.day_count import DayCount, year_fraction

Flowed = tuple[IntArray, FloatArray, FloatArray]


@dataclass(frozen=True)
class OddDates:
    """Dates of odd coupons, one per bond, NaT where the coupon is regular.

    Attributes
    ----------
    dated_date : datetime64[D] array
        Start of interest.
    first_coupon_date : datetime64[D] array
        First coupon, a date of the regular schedule; it counts with a dated date only.
    last_coupon_date : datetime64[D] array
        Last coupon before maturity, from which the schedule is counted back.
    """

    dated_date: DateArray
    first_coupon_date: DateArray
    last_coupon_date: DateArray

    def take(self, rows: BoolArray) -> OddDates:
        """Return the dates of some bonds."""
        return OddDates(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class OddTerms:
    """What odd coupons change, one entry per bond.

    `wait_periods` is the time to the first flow in coupon periods. `first_ratio` is the first
    coupon over a regular one, `last_ratio` the last one, which is also the length of its period;
    `last_coupon_date` is NaT where the last coupon is regular.
    """

    is_odd: BoolArray
    wait_periods: FloatArray
    first_ratio: FloatArray
    last_ratio: FloatArray
    last_coupon_date: DateArray

    @property
    def has_stub(self) -> BoolArray:
        """Return which bonds have an odd last coupon."""
        return ~np.isnat(self.last_coupon_date)

    def spread_over(self, size: int, rows: IntArray) -> OddTerms:
        """Return the terms of `size` bonds, of which those in `rows` are the ones here."""
        whole = OddTerms(
            np.zeros(size, dtype=bool),
            *np.ones((3, size)),
            np.full(size, np.datetime64("NaT", "D")),
        )
        for name in self.__dataclass_fields__:
            getattr(whole, name)[rows] = getattr(self, name)
        return whole


def periods_between(
    start: DateArray, end: DateArray, frequency: FloatArray, day_count: IntArray, months: IntArray
) -> FloatArray:
    """Return the length of odd periods in coupon periods, by the day count of each bond.

    Parameters
    ----------
    start, end : datetime64[D] array
        A period of any length.
    frequency : float array
        Coupons a year.
    day_count : DayCount codes
        Under ACT/ACT ICMA quasi-coupon periods are counted forward from `start`: whole ones,
        then days over the days of the one that `end` falls into.
    months : int array
        Months of a coupon period.

    Returns
    -------
    periods : float array
    """
    out = np.empty(start.shape)
    is_icma = day_count == DayCount.ACT_ACT_ICMA
    plain = ~is_icma
    out[plain] = frequency[plain] * year_fraction(start[plain], end[plain], day_count[plain])
    for row in np.flatnonzero(is_icma):
        whole = 0
        while _months_later(start[row], months[row] * (whole + 1)) <= end[row]:
            whole += 1
        low = _months_later(start[row], months[row] * whole)
        high = _months_later(start[row], months[row] * (whole + 1))
        out[row] = whole + days_between(low, end[row]) / days_between(low, high)
    return out


def odd_yields(
    dirty_price_pct_par: FloatArray, flows: Flowed, terms: OddTerms, frequency: FloatArray
) -> FloatArray:
    """Solve the street yield of bonds with odd coupons, NaN for the others.

    Parameters
    ----------
    dirty_price_pct_par : float array, shape (n_bonds,)
    flows : tuple
        Flows of each bond, their times in coupon periods and their amounts, back to back.
    terms : OddTerms
    frequency : float array, shape (n_bonds,)
        Coupons a year, with which the yield compounds.

    Returns
    -------
    yield_dec : float array, shape (n_bonds,)

    Notes
    -----
    Price = sum of a (1 + y/f)^-t, t in coupon periods; simple interest, a / (1 + t y/f), where one
    flow is left. SIA Standard Securities Calculation Methods.
    """
    count, time, amount = flows
    price = np.where(terms.is_odd & (dirty_price_pct_par > 0), dirty_price_pct_par, 1.0)
    usable = terms.is_odd & (count > 1) & (dirty_price_pct_par > 0)
    columns = Flows(time, amount, np.ones(time.size), np.empty(0))
    growth = z_spread_rows(np.ascontiguousarray(price), count, columns, 0, usable)
    yields = frequency * np.expm1(growth)
    last = np.cumsum(count) - 1
    single = terms.is_odd & (count == 1) & (terms.wait_periods > 0)
    rows = np.flatnonzero(single)
    simple = amount[last[rows]] / dirty_price_pct_par[rows] - 1
    yields[rows] = simple * frequency[rows] / terms.wait_periods[rows]
    return np.where(np.isfinite(yields), yields, np.nan)


def odd_moments(
    yield_dec: FloatArray, flows: Flowed, terms: OddTerms, frequency: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dirty price, modified duration and convexity of bonds with odd coupons, else NaN."""
    count, time, amount = flows
    first = np.cumsum(count) - count
    has_flows = count > 0
    is_single = count == 1
    flow_is_single = np.repeat(is_single, count)
    growth = 1 + np.where(is_single, terms.wait_periods, 1.0) * yield_dec / frequency
    sums = np.full((3, count.size), np.nan)
    with np.errstate(all="ignore"):
        value = amount * np.repeat(growth, count) ** -np.where(flow_is_single, 1.0, time)
        # A single flow at simple interest has convexity 2 t^2.
        twice = time * np.where(flow_is_single, 2 * time, time + 1)
        for k, weight in enumerate((1.0, time, twice)):
            sums[k, has_flows] = np.add.reduceat(value * weight, first[has_flows])
    scale = frequency * growth
    moments = sums[0], sums[1] / (sums[0] * scale), sums[2] / (sums[0] * scale**2)
    return tuple(np.where(terms.is_odd, moment, np.nan) for moment in moments)


def _months_later(date: np.datetime64, months: int) -> np.datetime64:
    month = date.astype("datetime64[M]")
    day = date - month.astype("datetime64[D]")
    later = month + int(months)
    end = (later + 1).astype("datetime64[D]") - 1
    return min(later.astype("datetime64[D]") + day, end)
