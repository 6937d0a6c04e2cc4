"""Coupon dates, accrued interest and cash flows of bonds."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import BoolArray, DateArray, FloatArray, IntArray, StatusArray
from parspread.bonds._coupon_loops import FACE_PCT_PAR, Schedules, list_flows, locate_coupons
from parspread.bonds.odd_coupons import OddDates, OddTerms, periods_between
from parspread.bonds.status import BondStatus
from parspread.dates.calendar import as_dates, days_between, is_month_end, year_month_day
from parspread.dates.day_count import DayCount, year_fraction

MONTHS_PER_YEAR = 12
EPOCH_MONTH = 1970 * MONTHS_PER_YEAR


@dataclass(frozen=True)
class CouponPeriod:
    """Where settlement lies in each bond's coupon schedule; arrays of one length.

    `accrued_ratio` is A/E: accrued days over days of the period by the bond's day count. It
    may pass 1 under ACT/360, where 184 days fall into a half-year of 180. `odd` is None where all
    coupons are regular.
    """

    previous_coupon_date: DateArray
    next_coupon_date: DateArray
    remaining_coupon_count: IntArray
    accrued_ratio: FloatArray
    coupons_per_year_count: FloatArray
    status: StatusArray
    odd: OddTerms | None = None


@dataclass(frozen=True)
class CashFlows:
    """Flows of many bonds back to back, in date order within each bond.

    `flow_count` has one entry per bond; `pay_date` and `amount_pct_par` have one per flow.
    """

    flow_count: IntArray
    pay_date: DateArray
    amount_pct_par: FloatArray

    @property
    def bond_index(self) -> IntArray:
        """Return the position of each flow's bond, to spread bond columns over flows."""
        return np.repeat(np.arange(self.flow_count.size), self.flow_count)


def coupon_period(
    settle_date: ArrayLike,
    maturity_date: ArrayLike,
    coupons_per_year_count: ArrayLike,
    day_count: ArrayLike,
    odd_dates: OddDates | None = None,
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
    odd_dates : OddDates, optional
        Where first or last coupons are odd; dates that no schedule can have are not used: a last
        coupon not before maturity, a first one that is no coupon date.

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
    days over actual days of the period. Dates are not moved off weekends.

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

    settle_year, settle_month, _ = year_month_day(settle[ok])
    settle_month += settle_year * MONTHS_PER_YEAR - 1
    step = (MONTHS_PER_YEAR / frequency[ok]).astype(np.int64)
    month, day = _coupon_month_and_day(maturity[ok])
    earliest, starts = _month_starts(month, settle_month - MONTHS_PER_YEAR)
    bonds = Schedules(month - earliest, day, step, starts)
    located = locate_coupons(settle[ok].astype(np.int64), settle_month - earliest, bonds)
    count[ok] = located[0]
    previous[ok], following[ok] = located[1:].astype("datetime64[D]")
    ratio[ok] = _accrued_ratio(previous[ok], settle[ok], following[ok], frequency[ok], code[ok])
    period = CouponPeriod(previous, following, count, ratio, frequency, status)
    if odd_dates is None:
        return period
    last = as_dates(odd_dates.last_coupon_date)
    has_stub = (status == BondStatus.OK) & (last < maturity)
    has_first = (status == BondStatus.OK) & (settle < as_dates(odd_dates.first_coupon_date))
    has_first &= as_dates(odd_dates.dated_date) <= settle
    rows = np.flatnonzero(has_stub | has_first)
    if not rows.size:
        return period
    dates = OddDates(
        odd_dates.dated_date[rows],
        np.where(has_first, odd_dates.first_coupon_date, np.datetime64("NaT", "D"))[rows],
        np.where(has_stub, last, np.datetime64("NaT", "D"))[rows],
    )
    bonds = _Located(settle[rows], maturity[rows], frequency[rows], code[rows])
    return _with_odd_coupons(period, rows, bonds, dates)


def accrued_interest(coupon_dec: ArrayLike, period: CouponPeriod) -> FloatArray:
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
    count, end = period.remaining_coupon_count, maturity
    if period.odd is not None:
        count = count - period.odd.has_stub
        end = np.where(period.odd.has_stub, period.odd.last_coupon_date, maturity)
    month, day = _coupon_month_and_day(np.where(count > 0, end, np.datetime64(0, "D")))
    earliest, starts = _month_starts(month, month - (count - 1) * step)
    bonds = Schedules(month - earliest, day, step, starts)
    pay_day, amount = list_flows(bonds, count, FACE_PCT_PAR * coupon / frequency)
    flows = CashFlows(count, pay_day.astype("datetime64[D]"), amount)
    return flows if period.odd is None else _odd_flows(flows, maturity, coupon, period)


def flow_periods(period: CouponPeriod) -> FloatArray:
    """Return the time to each flow of `scheduled_cashflows` in coupon periods, odd ones included.

    Examples
    --------
    >>> period = coupon_period("2026-02-06", "2026-09-15", 2, DayCount.THIRTY_360_US)
    >>> flow_periods(period).round(6).tolist()
    [0.216667, 1.216667]
    """
    count = period.remaining_coupon_count
    wait, last = 1.0 - period.accrued_ratio, np.ones(count.shape)
    if period.odd is not None:
        wait = np.where(period.odd.is_odd, period.odd.wait_periods, wait)
        last = period.odd.last_ratio
    end = np.cumsum(count)
    place = np.arange(count.sum()) - np.repeat(end - count, count)
    time = np.repeat(wait, count) + place
    several = count > 1
    time[end[several] - 1] += last[several] - 1.0
    return time


@dataclass(frozen=True)
class _Located:
    """Settlement, maturity, frequency and day-count code of some bonds."""

    settle: DateArray
    maturity: DateArray
    frequency: FloatArray
    code: IntArray


def _with_odd_coupons(
    period: CouponPeriod, rows: IntArray, bonds: _Located, dates: OddDates
) -> CouponPeriod:
    """Return the period with the rows of odd bonds located anew, back from the last coupon."""
    settle, frequency, code = bonds.settle, bonds.frequency, bonds.code
    first, last = dates.first_coupon_date, dates.last_coupon_date
    has_stub = ~np.isnat(last)
    anchor = np.where(has_stub, last, bonds.maturity)
    in_stub = settle >= anchor
    months = (MONTHS_PER_YEAR / frequency).astype(np.int64)

    def periods(start: DateArray, end: DateArray, is_asked: BoolArray) -> FloatArray:
        start, end = (np.where(is_asked, day, settle) for day in (start, end))
        return periods_between(start, end, frequency, code, months)

    # A bond in its odd last period has no other: any date before it serves the search.
    own = coupon_period(np.where(in_stub, anchor - 1, settle), anchor, frequency, code)
    has_first = (first < anchor) & ~in_stub
    after = coupon_period(np.where(has_first, first, anchor - 1), anchor, frequency, code)
    # The first coupon lies on the schedule when a bond settled that day finds it as the last one.
    has_first &= after.previous_coupon_date == first
    left, left_after = own.remaining_coupon_count, after.remaining_coupon_count
    skipped = np.where(has_first, left - left_after - 1, 0)
    has_first &= (skipped > 0) | (dates.dated_date != own.previous_coupon_date)
    stub = np.where(has_stub, periods(anchor, bonds.maturity, has_stub), 1.0)
    accrued = np.where(in_stub, periods(anchor, settle, in_stub), own.accrued_ratio)
    located = {
        "previous_coupon_date": np.select(
            [in_stub, has_first], [anchor, dates.dated_date], own.previous_coupon_date
        ),
        "next_coupon_date": np.select(
            [in_stub, has_first], [bonds.maturity, first], own.next_coupon_date
        ),
        "remaining_coupon_count": np.where(in_stub, 0, left - skipped) + has_stub,
        "accrued_ratio": np.where(has_first, periods(dates.dated_date, settle, has_first), accrued),
    }
    for name, values in located.items():
        located[name] = getattr(period, name).copy()
        located[name][rows] = values
    terms = OddTerms(
        has_stub | has_first,
        np.where(in_stub, stub - accrued, 1.0 - own.accrued_ratio + skipped),
        np.where(has_first, periods(dates.dated_date, first, has_first), 1.0),
        stub,
        last,
    )
    return replace(period, **located, odd=terms.spread_over(period.status.size, rows))


def _odd_flows(
    listed: CashFlows, maturity: DateArray, coupon: FloatArray, period: CouponPeriod
) -> CashFlows:
    """Return the listed flows, up to the last regular coupon, with odd coupons and maturity."""
    odd, count, had = period.odd, period.remaining_coupon_count, listed.flow_count
    end = np.cumsum(count)
    place = np.arange(listed.pay_date.size) - np.repeat(np.cumsum(had) - had, had)
    target = np.repeat(end - count, had) + place
    date = np.empty(count.sum(), dtype="datetime64[D]")
    amount = np.empty(date.size)
    date[target], amount[target] = listed.pay_date, listed.amount_pct_par
    payment = FACE_PCT_PAR * coupon / period.coupons_per_year_count
    # Face was listed with the last regular coupon of a bond that pays an odd one after it.
    moved = odd.has_stub & (count > 1)
    amount[end[moved] - 2] -= FACE_PCT_PAR
    date[end[odd.has_stub] - 1] = maturity[odd.has_stub]
    amount[end[odd.has_stub] - 1] = (FACE_PCT_PAR + payment * odd.last_ratio)[odd.has_stub]
    is_first = odd.is_odd & (odd.first_ratio != 1.0)
    amount[(end - count)[is_first]] += (payment * (odd.first_ratio - 1.0))[is_first]
    return CashFlows(count, date, amount)


def _coupon_month_and_day(maturity: DateArray) -> tuple[IntArray, IntArray]:
    """Return the month from year zero and the day in it; a month end counts as a 31st."""
    year, month, day = year_month_day(maturity)
    day = np.where(is_month_end(maturity), 31, day)
    return year * MONTHS_PER_YEAR + month - 1, day


def _month_starts(*months: IntArray) -> tuple[int, IntArray]:
    """Return the earliest of the months, and the first day of it and each on to the one after."""
    earliest = min(int(month.min(initial=EPOCH_MONTH)) for month in months)
    latest = max(int(month.max(initial=EPOCH_MONTH)) for month in months)
    every = np.arange(earliest, latest + 2) - EPOCH_MONTH
    return earliest, every.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _period_status(settle: DateArray, maturity: DateArray, frequency: FloatArray) -> StatusArray:
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
    previous: DateArray,
    settle: DateArray,
    following: DateArray,
    frequency: FloatArray,
    code: IntArray,
) -> FloatArray:
    is_icma = code == DayCount.ACT_ACT_ICMA
    if not is_icma.any():
        return frequency * year_fraction(previous, settle, code)
    ratio = np.empty(settle.shape)
    elapsed = days_between(previous[is_icma], settle[is_icma])
    ratio[is_icma] = elapsed / days_between(previous[is_icma], following[is_icma])
    years = year_fraction(previous[~is_icma], settle[~is_icma], code[~is_icma])
    ratio[~is_icma] = frequency[~is_icma] * years
    return ratio
