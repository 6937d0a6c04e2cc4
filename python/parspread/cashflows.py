"""Coupon dates, accrued interest and cash flows of bonds with regular coupons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from parspread.day_count import (
    Dates,
    DayCount,
    Floats,
    as_dates,
    days_between,
    is_month_end,
    year_fraction,
    year_month_day,
)

FACE_PCT_PAR = 100.0
MONTHS_PER_YEAR = 12
EPOCH_MONTH = 1970 * MONTHS_PER_YEAR


class BondStatus(IntEnum):
    """Say why a bond has no number; only OK rows carry one."""

    OK = 0
    MISSING_INPUT = 1
    NONPOSITIVE_PRICE = 2
    NEGATIVE_COUPON = 3
    MATURED = 4
    UNSUPPORTED_FREQUENCY = 5
    INVALID_YIELD = 6
    NO_CURVE = 7
    NO_CASHFLOWS = 8
    NOT_BRACKETED = 9
    NO_SOLUTION = 10
    PRICE_BELOW_RECOVERY = 11
    PRICE_ABOVE_RISK_FREE = 12


class MonthEndRule(IntEnum):
    """Choose the coupon day of a bond that matures on the last day of a month.

    SIA: every coupon falls on the last day of its month (28 February and 31 August), as in the
    SIA Standard Securities Calculation Methods and in Excel. SAME_DAY: the day of maturity is
    kept and only clipped to the length of shorter months (28 February and 28 August).
    """

    SIA = 0
    SAME_DAY = 1


@dataclass(frozen=True)
class CouponPeriod:
    """Hold where settlement lies in each bond's coupon schedule; arrays of one length.

    `accrued_ratio` is A/E: accrued days over days of the period by the bond's day count. It
    may pass 1 under ACT/360, where 184 days fall into a half-year of 180.
    """

    previous_coupon_date: Dates
    next_coupon_date: Dates
    remaining_coupon_count: NDArray[np.int64]
    accrued_ratio: Floats
    coupons_per_year_count: Floats
    status: NDArray[np.int8]


@dataclass(frozen=True)
class CashFlows:
    """Hold the flows of many bonds back to back, in date order within each bond.

    `flow_count` has one entry per bond; `pay_date` and `amount_pct_par` have one per flow.
    """

    flow_count: NDArray[np.int64]
    pay_date: Dates
    amount_pct_par: Floats

    @property
    def bond_index(self) -> NDArray[np.int64]:
        """Return the position of each flow's bond, to spread bond columns over flows."""
        return np.repeat(np.arange(self.flow_count.size), self.flow_count)


def add_months(
    dates: ArrayLike,
    months_count: ArrayLike,
    *,
    month_end: MonthEndRule = MonthEndRule.SAME_DAY,
) -> Dates:
    """Move dates by whole months, clipped to the length of the month arrived in.

    Parameters
    ----------
    dates : datetime64 array
        Calendar dates; NaT stays NaT.
    months_count : int array, broadcasts with dates
        Months to add; negative goes back.
    month_end : MonthEndRule
        SIA sends a last day of month to a last day of month.

    Returns
    -------
    dates : datetime64[D] array

    Examples
    --------
    >>> str(add_months("2023-08-31", -6))
    '2023-02-28'
    """
    dates, months = np.broadcast_arrays(as_dates(dates), np.asarray(months_count).astype(np.int64))
    moved = np.full(dates.shape, np.datetime64("NaT", "D"))
    known = ~np.isnat(dates)
    month, day = _month_and_day(dates[known], month_end)
    month += months[known]
    earliest, starts = _month_starts(month)
    days = np.empty(month.shape, dtype=np.int64)
    _list_dates(month - earliest, day, starts, days)
    moved[known] = days.astype("datetime64[D]")
    return moved


def coupon_period(
    settle_date: ArrayLike,
    maturity_date: ArrayLike,
    coupons_per_year_count: ArrayLike,
    day_count: ArrayLike,
    *,
    month_end: MonthEndRule = MonthEndRule.SIA,
) -> CouponPeriod:
    """Locate settlement between two coupon dates counted back from maturity.

    Parameters
    ----------
    settle_date, maturity_date : datetime64 array, shape (n_bonds,)
        Settlement before maturity; a coupon paid on the settlement date is no longer due.
    coupons_per_year_count : array, shape (n_bonds,) or scalar
        1, 2, 3, 4, 6 or 12; zero-coupon bonds take the count their yield compounds with.
    day_count : DayCount or array of its codes
        Rule for accrued interest, ACT_ACT_ICMA included.
    month_end : MonthEndRule
        Where the coupons of a month-end maturity fall.

    Returns
    -------
    period : CouponPeriod
        Rows whose status is not OK hold NaT, zero coupons and a NaN ratio: MISSING_INPUT (NaT
        or NaN), UNSUPPORTED_FREQUENCY, MATURED (settlement on or after maturity).

    Raises
    ------
    ValueError
        If `day_count` holds a number that is no code of `DayCount`.

    Notes
    -----
    A/E = coupons a year x year fraction since the previous coupon; under ACT/ACT ICMA actual
    days over actual days of the period. Dates are not moved off weekends, and first periods
    are taken as regular.

    Examples
    --------
    >>> period = coupon_period("2026-02-06", "2033-09-15", 2, DayCount.THIRTY_360_US)
    >>> str(period.previous_coupon_date[0]), int(period.remaining_coupon_count[0])
    ('2025-09-15', 16)
    """
    settle, maturity, frequency, code = np.broadcast_arrays(
        *np.atleast_1d(
            as_dates(settle_date),
            as_dates(maturity_date),
            np.asarray(coupons_per_year_count, dtype=np.float64),
            np.asarray(day_count),
        )
    )
    status = _period_status(settle, maturity, frequency)
    ok = status == BondStatus.OK
    ok = slice(None) if ok.all() else ok
    previous = np.full(settle.shape, np.datetime64("NaT", "D"))
    following = previous.copy()
    count = np.zeros(settle.shape, dtype=np.int64)
    ratio = np.full(settle.shape, np.nan)

    step = (MONTHS_PER_YEAR / frequency[ok]).astype(np.int64)
    month, day = _month_and_day(maturity[ok], month_end)
    settle_month, _ = _month_and_day(settle[ok], MonthEndRule.SAME_DAY)
    earliest, starts = _month_starts(month, settle_month - MONTHS_PER_YEAR)
    located = np.empty((3, step.size), dtype=np.int64)
    _locate_coupons(
        settle[ok].astype(np.int64),
        settle_month - earliest,
        month - earliest,
        day,
        step,
        starts,
        located,
    )
    count[ok] = located[0]
    previous[ok], following[ok] = located[1:].astype("datetime64[D]")
    ratio[ok] = _accrued_ratio(previous[ok], settle[ok], following[ok], frequency[ok], code[ok])
    return CouponPeriod(previous, following, count, ratio, frequency, status)


def accrued_interest(coupon_dec: ArrayLike, period: CouponPeriod) -> Floats:
    """Return the interest accrued since the last coupon, per 100 of face.

    Parameters
    ----------
    coupon_dec : float array, shape (n_bonds,) or scalar
        Coupon a year as a decimal; NaN marks a missing one.
    period : CouponPeriod
        Where settlement lies, from `coupon_period`.

    Returns
    -------
    accrued_pct_par : float array, shape (n_bonds,)
        NaN where the coupon is NaN or the period's status is not OK.

    Notes
    -----
    AI = 100 c/f A/E.

    Examples
    --------
    >>> period = coupon_period("2026-02-06", "2033-09-15", 2, DayCount.THIRTY_360_US)
    >>> round(float(accrued_interest(0.05, period)[0]), 6)
    1.958333
    """
    coupon = np.asarray(coupon_dec, dtype=np.float64)
    return FACE_PCT_PAR * coupon / period.coupons_per_year_count * period.accrued_ratio


def scheduled_cashflows(
    maturity_date: ArrayLike,
    coupon_dec: ArrayLike,
    period: CouponPeriod,
    *,
    month_end: MonthEndRule = MonthEndRule.SIA,
) -> CashFlows:
    """List what each bond still pays: equal coupons back from maturity, and face.

    Parameters
    ----------
    maturity_date : datetime64 array, shape (n_bonds,)
        Maturities, as given to `coupon_period`.
    coupon_dec : float array, shape (n_bonds,) or scalar
        Coupon a year as a decimal; a NaN coupon gives NaN amounts.
    period : CouponPeriod
        Rows that are not OK have no flows.
    month_end : MonthEndRule
        The rule given to `coupon_period`.

    Returns
    -------
    flows : CashFlows

    Examples
    --------
    >>> period = coupon_period("2026-02-06", "2026-09-15", 2, DayCount.THIRTY_360_US)
    >>> scheduled_cashflows("2026-09-15", 0.05, period).amount_pct_par.tolist()
    [2.5, 102.5]
    """
    maturity = np.broadcast_to(as_dates(maturity_date), period.status.shape)
    coupon = np.broadcast_to(np.asarray(coupon_dec, dtype=np.float64), period.status.shape)
    is_ok = period.status == BondStatus.OK
    frequency = np.where(is_ok, period.coupons_per_year_count, 1.0)
    step = (MONTHS_PER_YEAR / frequency).astype(np.int64)
    count = period.remaining_coupon_count
    month, day = _month_and_day(np.where(count > 0, maturity, np.datetime64(0, "D")), month_end)
    first_month = month - (count - 1) * step
    earliest, starts = _month_starts(month, first_month)
    pay_day = np.empty(count.sum(), dtype=np.int64)
    amount = np.empty(pay_day.size)
    payment = FACE_PCT_PAR * coupon / frequency
    _list_flows(first_month - earliest, day, step, count, payment, starts, pay_day, amount)
    return CashFlows(count, pay_day.astype("datetime64[D]"), amount)


def compat_cashflows(
    quote_date: ArrayLike,
    maturity_date: ArrayLike,
    next_coupon_date: ArrayLike,
    coupon_dec: ArrayLike,
    coupons_per_year_count: ArrayLike,
) -> CashFlows:
    """List cash flows the way the replaced basis code does, its two flaws included.

    Parameters
    ----------
    quote_date, maturity_date, next_coupon_date : datetime64 array, shape (n_bonds,)
        NaT is allowed for the next coupon only; other rows with NaT have no flows.
    coupon_dec : float array, shape (n_bonds,)
        Coupon a year as a decimal; NaN gives NaN amounts.
    coupons_per_year_count : float array, shape (n_bonds,)
        Rounded half to even; missing or not positive means 2.

    Returns
    -------
    flows : CashFlows
        A bond at or past maturity has none.

    Notes
    -----
    Dates step forward from the next coupon one period at a time, so a 31st that has passed
    through February stays on the 28th. A bond whose next coupon is missing, not after the
    quote or after maturity is valued as if it paid 100 at maturity and nothing else.

    Examples
    --------
    >>> flows = compat_cashflows(["2018-06-30"], ["2019-08-31"], ["2018-08-31"], [0.05], [2])
    >>> [str(date) for date in flows.pay_date]
    ['2018-08-31', '2019-02-28', '2019-08-28', '2019-08-31']
    """
    quote, maturity, date, coupon, frequency = np.broadcast_arrays(
        *np.atleast_1d(
            as_dates(quote_date),
            as_dates(maturity_date),
            as_dates(next_coupon_date),
            np.asarray(coupon_dec, dtype=np.float64),
            np.round(np.asarray(coupons_per_year_count, dtype=np.float64)),
        )
    )
    frequency = np.where(frequency > 0, frequency, 2.0)
    # Never below a month: a count above 24 a year would otherwise step nowhere.
    step = np.maximum(np.round(MONTHS_PER_YEAR / frequency), 1).astype(np.int64)
    pays_coupons = (date > quote) & (date <= maturity)
    interest = np.where(pays_coupons, FACE_PCT_PAR * coupon / frequency, 0.0)

    bond = np.flatnonzero(pays_coupons)
    date = date[bond]
    bonds, dates = [], []
    while bond.size:
        before_maturity = date < maturity[bond]
        bond, date = bond[before_maturity], date[before_maturity]
        bonds.append(bond)
        dates.append(date)
        date = add_months(date, step[bond])
    redeemed = np.flatnonzero(maturity > quote)
    bond_index = np.concatenate([*bonds, redeemed])
    in_bond_order = np.argsort(bond_index, kind="stable")
    bond_index = bond_index[in_bond_order]
    pay_date = np.concatenate([*dates, maturity[redeemed]])[in_bond_order]
    is_redemption = pay_date == maturity[bond_index]
    amount = interest[bond_index] + FACE_PCT_PAR * is_redemption
    return CashFlows(np.bincount(bond_index, minlength=quote.size), pay_date, amount)


def _month_and_day(dates: Dates, month_end: MonthEndRule) -> tuple[NDArray, NDArray]:
    """Return the month from year zero and the day in it; an SIA month end counts as a 31st."""
    year, month, day = year_month_day(dates)
    if month_end == MonthEndRule.SIA:
        day = np.where(is_month_end(dates), 31, day)
    return year * MONTHS_PER_YEAR + month - 1, day


def _month_starts(*months: NDArray) -> tuple[int, NDArray[np.int64]]:
    """Return the earliest of the months, and the first day of it and each on to the one after."""
    earliest = min(int(month.min(initial=EPOCH_MONTH)) for month in months)
    latest = max(int(month.max(initial=EPOCH_MONTH)) for month in months)
    every = np.arange(earliest, latest + 2) - EPOCH_MONTH
    return earliest, every.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


@njit(cache=True)
def _date_in_month(month: int, day: int, starts: NDArray) -> int:
    """Return that day of the month, or the last one where the month is shorter."""
    return min(starts[month] + day, starts[month + 1]) - 1


@njit(cache=True)
def _list_dates(month: NDArray, day: NDArray, starts: NDArray, days: NDArray) -> None:
    for i in range(len(days)):
        days[i] = _date_in_month(month[i], day[i], starts)


@njit(cache=True)
def _locate_coupons(
    settle: NDArray,
    settle_month: NDArray,
    month: NDArray,
    day: NDArray,
    step: NDArray,
    starts: NDArray,
    located: NDArray,
) -> None:
    """Write the number of coupons left, the date of the last one paid and of the next."""
    for i in range(len(settle)):
        # That many periods back lies in the month of settlement or before; if still after
        # settlement within that month, the previous coupon is one period earlier.
        periods = -((settle_month[i] - month[i]) // step[i])
        previous = month[i] - periods * step[i]
        if _date_in_month(previous, day[i], starts) > settle[i]:
            periods += 1
            previous -= step[i]
        located[0, i] = periods
        located[1, i] = _date_in_month(previous, day[i], starts)
        located[2, i] = _date_in_month(previous + step[i], day[i], starts)


@njit(cache=True)
def _list_flows(
    first_month: NDArray,
    day: NDArray,
    step: NDArray,
    count: NDArray,
    payment: NDArray,
    starts: NDArray,
    pay_day: NDArray,
    amount: NDArray,
) -> None:
    """Write date and amount of every flow, bond by bond, back to back."""
    flow = 0
    for i in range(len(count)):
        month = first_month[i]
        for _ in range(count[i]):
            pay_day[flow] = _date_in_month(month, day[i], starts)
            amount[flow] = payment[i]
            flow += 1
            month += step[i]
        if count[i] > 0:
            amount[flow - 1] += FACE_PCT_PAR


def _period_status(settle: Dates, maturity: Dates, frequency: Floats) -> NDArray[np.int8]:
    return np.select(
        [
            np.isnat(settle) | np.isnat(maturity) | np.isnan(frequency),
            ~np.isin(frequency, (1, 2, 3, 4, 6, 12)),
            settle >= maturity,
        ],
        [BondStatus.MISSING_INPUT, BondStatus.UNSUPPORTED_FREQUENCY, BondStatus.MATURED],
        BondStatus.OK,
    ).astype(np.int8)


def _accrued_ratio(
    previous: Dates, settle: Dates, following: Dates, frequency: Floats, code: NDArray
) -> Floats:
    is_icma = code == DayCount.ACT_ACT_ICMA
    if not is_icma.any():
        return frequency * year_fraction(previous, settle, code)
    ratio = np.empty(settle.shape)
    elapsed = days_between(previous[is_icma], settle[is_icma], DayCount.ACT_ACT_ICMA)
    length = days_between(previous[is_icma], following[is_icma], DayCount.ACT_ACT_ICMA)
    ratio[is_icma] = elapsed / length
    years = year_fraction(previous[~is_icma], settle[~is_icma], code[~is_icma])
    ratio[~is_icma] = frequency[~is_icma] * years
    return ratio
