"""Street yields: price from yield, yield from price for all rows at once, and risk measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, IntArray, StatusArray
from parspread.bonds._root_loops import Terms, log_growth_rows
from parspread.bonds.cashflows import FACE_PCT_PAR, CouponPeriod, flow_periods
from parspread.bonds.odd_coupons import odd_moments, odd_yields
from parspread.bonds.status import BondStatus

# Rows solved together: their working arrays stay in the processor's cache and memory stays flat.
BLOCK_ROWS = 16_384


@dataclass(frozen=True)
class YieldRisk:
    """First and second order sensitivities of the dirty price to the street yield."""

    modified_duration_years: FloatArray
    macaulay_duration_years: FloatArray
    convexity_years_squared: FloatArray
    dv01_pct_par_per_bp: FloatArray
    status: StatusArray


def dirty_price_from_yield(
    yield_dec: ArrayLike,
    coupon_dec: ArrayLike,
    period: CouponPeriod,
    *,
    redemption_pct_par: ArrayLike = FACE_PCT_PAR,
) -> tuple[FloatArray, StatusArray]:
    """Return the dirty price of each bond at its street yield.

    Parameters
    ----------
    yield_dec : float array, shape (n_bonds,) or scalar
        Yield a year, compounded as often as coupons are paid; must keep 1 + y/f > 0, in the
        last period 1 + w y/f > 0.
    coupon_dec : float array, shape (n_bonds,) or scalar
        Coupon a year as a decimal, >= 0; 0 is a zero-coupon bond.
    period : CouponPeriod
        Where settlement lies, from `coupon_period`.
    redemption_pct_par : float array or scalar
        Paid at maturity per 100 of face, > 0.

    Returns
    -------
    dirty_price_pct_par : float array, shape (n_bonds,)
        NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        Codes of `BondStatus`.

    Raises
    ------
    ValueError
        If a redemption is not above zero.

    Notes
    -----
    With w = 1 - A/E and n coupons left, P = sum_k (100c/f) v^(w+k) + R v^(w+n-1) for
    v = 1/(1 + y/f); in the last period P = (R + 100c/f) / (1 + w y/f). SIA Standard Securities
    Calculation Methods; the same as Excel's PRICE plus accrued interest.

    Examples
    --------
    >>> from parspread.bonds.cashflows import coupon_period
    >>> from parspread.dates.day_count import DayCount
    >>> period = coupon_period("2026-02-06", "2033-09-15", 2, DayCount.THIRTY_360_US)
    >>> price_pct_par, status = dirty_price_from_yield(0.052001537206848, 0.05, period)
    >>> round(float(price_pct_par[0]), 6)
    100.708333
    """
    yields, bond = _bond_rows(yield_dec, coupon_dec, period, redemption_pct_par)
    status = bond.status.copy()
    fails = status == BondStatus.OK
    growth = np.where(bond.count == 1, bond.share * yields, yields) / bond.frequency
    status[fails & np.isnan(yields)] = BondStatus.MISSING_INPUT
    status[fails & (growth <= -1)] = BondStatus.INVALID_YIELD
    with np.errstate(all="ignore"):
        last = (bond.redemption + bond.coupon) / (1 + bond.share * yields / bond.frequency)
        log_price = _log_price(np.log1p(yields / bond.frequency), bond)
        price = np.where(bond.count == 1, last, np.exp(log_price))
    if period.odd is not None:
        odd, *_ = odd_moments(yields, _flowed(bond, period), period.odd, bond.frequency)
        price = np.where(period.odd.is_odd, odd, price)
    return np.where(status == BondStatus.OK, price, np.nan), status


def yield_from_dirty_price(
    dirty_price_pct_par: ArrayLike,
    coupon_dec: ArrayLike,
    period: CouponPeriod,
    *,
    redemption_pct_par: ArrayLike = FACE_PCT_PAR,
) -> tuple[FloatArray, StatusArray]:
    """Solve the street yield of every bond from its dirty price.

    Parameters
    ----------
    dirty_price_pct_par : float array, shape (n_bonds,) or scalar
        Price with accrued interest per 100 of face, > 0; NaN marks a missing one.
    coupon_dec, period, redemption_pct_par
        As `dirty_price_from_yield` takes them.

    Returns
    -------
    yield_dec : float array, shape (n_bonds,)
        Compounded as often as coupons are paid; NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        Codes of `BondStatus`; NO_SOLUTION where no day is left to earn the yield in (30/360
        sees no day between the 30th and a coupon on the 31st).

    Raises
    ------
    ValueError
        If a redemption is not above zero.

    Notes
    -----
    The root of log price in L = log(1 + y/f), by the search of `_root_loops`, to 1e-12 of the
    price. Redemption alone is worth no more than the price, so L >= log(R/P) / (w + n - 1): with
    this bound no step overflows and no bracket is needed. Exact in one step for zero-coupon bonds;
    closed form in the last period.

    Examples
    --------
    >>> from parspread.bonds.cashflows import coupon_period
    >>> from parspread.dates.day_count import DayCount
    >>> period = coupon_period("2026-02-06", "2033-09-15", 2, DayCount.THIRTY_360_US)
    >>> yield_dec, status = yield_from_dirty_price(100.70833333333333, 0.05, period)
    >>> round(float(yield_dec[0]), 10)
    0.0520015372
    """
    price, bond = _bond_rows(dirty_price_pct_par, coupon_dec, period, redemption_pct_par)
    status = bond.status.copy()
    fails = status == BondStatus.OK
    status[fails & (price <= 0)] = BondStatus.NONPOSITIVE_PRICE
    status[fails & ~np.isfinite(price)] = BondStatus.MISSING_INPUT
    out = np.full(price.shape, np.nan)
    solvable = np.flatnonzero(status == BondStatus.OK)
    out[solvable] = _solve_yield(price[solvable], bond.take(solvable))
    if period.odd is not None:
        odd = odd_yields(price, _flowed(bond, period), period.odd, bond.frequency)
        out = np.where(period.odd.is_odd & (status == BondStatus.OK), odd, out)
    status[(status == BondStatus.OK) & np.isnan(out)] = BondStatus.NO_SOLUTION
    return out, status


def yield_risk(yield_dec: ArrayLike, coupon_dec: ArrayLike, period: CouponPeriod) -> YieldRisk:
    """Measure how each dirty price moves with its street yield.

    Parameters
    ----------
    yield_dec, coupon_dec, period
        As `dirty_price_from_yield` takes them.

    Returns
    -------
    risk : YieldRisk
        Arrays of shape (n_bonds,), NaN unless status is OK. DV01 is the fall of the dirty price
        per 100 of face for one basis point of yield.

    Notes
    -----
    Modified duration -P'/P, convexity P''/P, DV01 = P D_mod / 10^4, Macaulay duration
    D_mod (1 + y/f), in the last period D_mod (1 + w y/f): the time to the only flow.

    Examples
    --------
    >>> from parspread.bonds.cashflows import coupon_period
    >>> from parspread.dates.day_count import DayCount
    >>> period = coupon_period("2026-02-06", "2033-09-15", 2, DayCount.THIRTY_360_US)
    >>> risk = yield_risk(0.052001537206848, 0.05, period)
    >>> round(float(risk.modified_duration_years[0]), 6)
    6.129356
    """
    price, status = dirty_price_from_yield(yield_dec, coupon_dec, period)
    yields, bond = _bond_rows(yield_dec, coupon_dec, period, FACE_PCT_PAR)
    duration = np.full(yields.shape, np.nan)
    convexity = duration.copy()
    growth = 1 + yields / bond.frequency

    last = np.flatnonzero((status == BondStatus.OK) & (bond.count == 1))
    share_years = bond.share[last] / bond.frequency[last]
    growth[last] = 1 + share_years * yields[last]
    duration[last] = share_years / growth[last]
    convexity[last] = 2 * duration[last] ** 2

    several = np.flatnonzero((status == BondStatus.OK) & (bond.count > 1))
    for start in range(0, several.size, BLOCK_ROWS):
        rows = several[start : start + BLOCK_ROWS]
        duration[rows], convexity[rows] = _flow_moments(growth[rows], bond.take(rows))
    if period.odd is not None:
        _, *odd = odd_moments(yields, _flowed(bond, period), period.odd, bond.frequency)
        rows = period.odd.is_odd & (status == BondStatus.OK)
        duration[rows], convexity[rows] = (moment[rows] for moment in odd)
        single = rows & (bond.count == 1)
        growth[single] = 1 + (period.odd.wait_periods * yields / bond.frequency)[single]
    dv01 = price * duration / 1e4
    return YieldRisk(duration, duration * growth, convexity, dv01, status)


@dataclass(frozen=True)
class _Bonds:
    """Terms of the price formula: coupon per period, w, n, f and redemption."""

    coupon: FloatArray
    share: FloatArray
    count: IntArray
    frequency: FloatArray
    redemption: FloatArray
    status: StatusArray

    def take(self, rows: IntArray) -> _Bonds:
        return _Bonds(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def _bond_rows(
    value: ArrayLike, coupon_dec: ArrayLike, period: CouponPeriod, redemption_pct_par: ArrayLike
) -> tuple[FloatArray, _Bonds]:
    shape = period.status.shape
    value, coupon, redemption = (
        np.broadcast_to(np.asarray(column, dtype=np.float64), shape)
        for column in (value, coupon_dec, redemption_pct_par)
    )
    if not np.all(redemption > 0):
        place = int(np.argmin(redemption > 0))
        raise ValueError(
            f"redemption_pct_par must be above zero; position {place} was {redemption[place]}"
        )
    status = period.status.copy()
    known = status == BondStatus.OK
    status[known & (coupon < 0)] = BondStatus.NEGATIVE_COUPON
    status[known & ~np.isfinite(coupon)] = BondStatus.MISSING_INPUT
    bonds = _Bonds(
        coupon=FACE_PCT_PAR * coupon / period.coupons_per_year_count,
        share=1.0 - period.accrued_ratio,
        count=period.remaining_coupon_count,
        frequency=period.coupons_per_year_count,
        redemption=redemption,
        status=status,
    )
    return value, bonds


def _flowed(bond: _Bonds, period: CouponPeriod) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return number, times in coupon periods and amounts of the flows of each bond."""
    count, odd = bond.count, period.odd
    end = np.cumsum(count)
    amount = np.repeat(bond.coupon, count)
    is_paid = count > 0
    amount[(end - count)[is_paid]] *= odd.first_ratio[is_paid]
    amount[end[is_paid] - 1] *= odd.last_ratio[is_paid]
    amount[end[is_paid] - 1] += bond.redemption[is_paid]
    return count, flow_periods(period), amount


def _log_price(log_growth: FloatArray, bond: _Bonds) -> FloatArray:
    """Return log dirty price at L = log(1 + y/f)."""
    count = bond.count
    to_last = np.exp(-(count - 1) * log_growth)
    loss = -np.expm1(-log_growth)
    divisor = np.where(log_growth == 0, 1.0, loss)
    annuity = np.where(log_growth == 0, count, -np.expm1(-count * log_growth) / divisor)
    value = bond.coupon * annuity + bond.redemption * to_last
    return np.log(value) - bond.share * log_growth


def _solve_yield(price: FloatArray, bond: _Bonds) -> FloatArray:
    terms = Terms(bond.coupon, bond.redemption, bond.share, bond.count)
    log_growth = log_growth_rows(price, terms)
    with np.errstate(all="ignore"):
        last = (bond.redemption + bond.coupon) / price - 1
        last = np.where(bond.share > 0, last * bond.frequency / bond.share, np.nan)
        yields = np.where(bond.count == 1, last, bond.frequency * np.expm1(log_growth))
    return np.where(np.isfinite(yields), yields, np.nan)


def _flow_moments(growth: FloatArray, bond: _Bonds) -> tuple[FloatArray, FloatArray]:
    """Sum time and time squared over the flows themselves: exact at yields near zero too."""
    row = np.repeat(np.arange(bond.count.size), bond.count)
    first = np.cumsum(bond.count) - bond.count
    position = np.arange(row.size) - first[row]
    periods = bond.share[row] + position
    is_last = position == bond.count[row] - 1
    flow = bond.coupon[row] + np.where(is_last, bond.redemption[row], 0.0)
    value = flow * np.exp(-periods * np.log(growth)[row])
    price = np.add.reduceat(value, first)
    scale = bond.frequency * growth
    duration = np.add.reduceat(value * periods, first) / (price * scale)
    convexity = np.add.reduceat(value * periods * (periods + 1), first) / (price * scale**2)
    return duration, convexity
