"""Spreads of a bond over a discount curve: Z-spreads, asset swaps and the flat surrogate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from parspread.bond_roots import z_spread_rows
from parspread.bond_yield import Compounding
from parspread.cashflows import FACE_PCT_PAR, BondStatus
from parspread.day_count import Floats


def flow_columns(flow_count: ArrayLike, **columns: ArrayLike) -> tuple[NDArray, ...]:
    """Return flow counts and flow columns as arrays, refusing columns of another length.

    Parameters
    ----------
    flow_count : int array, shape (n_bonds,)
        Flows of each bond, >= 0.
    **columns : float array, shape (n_flows,)
        Columns with one entry per flow, by name.

    Returns
    -------
    arrays : tuple
        Counts as int64, then each column as float64.

    Raises
    ------
    ValueError
        If a column does not hold one entry per flow.

    Examples
    --------
    >>> count, time_years = flow_columns([1, 2], time_years=[0.5, 0.5, 1.0])
    >>> count.tolist()
    [1, 2]
    """
    count = np.atleast_1d(np.asarray(flow_count, dtype=np.int64))
    arrays = [np.asarray(column, dtype=np.float64) for column in columns.values()]
    for name, array in zip(columns, arrays, strict=True):
        if array.shape != (count.sum(),):
            raise ValueError(
                f"{name} must hold one entry per flow, {count.sum()}; its shape was {array.shape}"
            )
    return count, *arrays


def present_value(
    flow_count: ArrayLike, amount_pct_par: ArrayLike, discount_factor_ratio: ArrayLike
) -> Floats:
    """Add up each bond's discounted flows.

    Parameters
    ----------
    flow_count : int array, shape (n_bonds,)
        Flows of each bond, >= 0.
    amount_pct_par, discount_factor_ratio : float array, shape (n_flows,)
        Flows of all bonds back to back and the value today of one paid then.

    Returns
    -------
    value_pct_par : float array, shape (n_bonds,)
        Zero for a bond without flows; NaN where a flow or factor is NaN.

    Raises
    ------
    ValueError
        If the columns do not hold one entry per flow.

    Examples
    --------
    >>> present_value([2, 0, 1], [2.5, 102.5, 100.0], [0.98, 0.96, 0.9]).tolist()
    [100.85, 0.0, 90.0]
    """
    count, amount, factor = flow_columns(
        flow_count, amount_pct_par=amount_pct_par, discount_factor_ratio=discount_factor_ratio
    )
    return _sum_per_bond(amount * factor, count)


def price_from_z_spread(
    z_spread_dec: ArrayLike,
    flow_count: ArrayLike,
    time_years: ArrayLike,
    amount_pct_par: ArrayLike,
    discount_factor_ratio: ArrayLike,
    *,
    compounding: Compounding = Compounding.CONTINUOUS,
) -> tuple[Floats, NDArray[np.int8]]:
    """Return the dirty price of each bond at a Z-spread.

    Parameters
    ----------
    z_spread_dec : float array, shape (n_bonds,) or scalar
        Spread a year in the given compounding.
    flow_count : int array, shape (n_bonds,)
        Flows of each bond.
    time_years, amount_pct_par, discount_factor_ratio : float array, shape (n_flows,)
        Years to each flow, flow per 100 of face, and risk-free value of one paid then.
    compounding : Compounding
        CONTINUOUS, EFFECTIVE_ANNUAL or BOND_EQUIVALENT.

    Returns
    -------
    dirty_price_pct_par : float array, shape (n_bonds,)
        NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        Codes of `BondStatus`; INVALID_YIELD where rate plus spread reaches -100 % a period.

    Raises
    ------
    ValueError
        If the columns do not hold one entry per flow.

    Notes
    -----
    Continuous: sum a D exp(-z t). Compounded m times a year the spread is added to each flow's
    zero rate in that compounding: sum a (D^(-1/(m t)) + z/m)^(-m t).

    Examples
    --------
    >>> price_pct_par, _ = price_from_z_spread(0.01, [2], [0.5, 1.0], [2.5, 102.5], [0.98, 0.96])
    >>> round(float(price_pct_par[0]), 6)
    99.858684
    """
    count, time, amount, factor = flow_columns(
        flow_count,
        time_years=time_years,
        amount_pct_par=amount_pct_par,
        discount_factor_ratio=discount_factor_ratio,
    )
    spread = np.broadcast_to(np.asarray(z_spread_dec, dtype=np.float64), count.shape)
    status = _flow_status(count, time, amount, factor)
    status[(status == BondStatus.OK) & np.isnan(spread)] = BondStatus.MISSING_INPUT
    with np.errstate(all="ignore"):
        value = _flow_value(np.repeat(spread, count), time, amount, factor, int(compounding))
        price = _sum_per_bond(value, count)
    status[(status == BondStatus.OK) & ~np.isfinite(price)] = BondStatus.INVALID_YIELD
    return np.where(status == BondStatus.OK, price, np.nan), status


def z_spread(
    dirty_price_pct_par: ArrayLike,
    flow_count: ArrayLike,
    time_years: ArrayLike,
    amount_pct_par: ArrayLike,
    discount_factor_ratio: ArrayLike,
    *,
    compounding: Compounding = Compounding.CONTINUOUS,
    price_tol_ratio: float = 1e-12,
) -> tuple[Floats, NDArray[np.int8]]:
    """Solve the Z-spread of every bond: what must be added to the curve to hit the price.

    Parameters
    ----------
    dirty_price_pct_par : float array, shape (n_bonds,)
        Price with accrued interest per 100 of face, > 0; NaN marks a missing one.
    flow_count : int array, shape (n_bonds,)
        Flows of each bond, in date order.
    time_years, amount_pct_par, discount_factor_ratio : float array, shape (n_flows,)
        Years to each flow (>= 0), flow per 100 of face (>= 0), and risk-free value of one
        paid then (> 0); a NaN factor is a missing curve.
    compounding : Compounding
        CONTINUOUS, or BOND_EQUIVALENT for the semi-annual convention; the two differ by 3 bps
        at 114 and by 86 bps at 1,500.
    price_tol_ratio : float
        Largest |model price / price - 1| of a row reported OK.

    Returns
    -------
    z_spread_dec : float array, shape (n_bonds,)
        Spread a year in that compounding; NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        Codes of `BondStatus`: NO_CASHFLOWS, MISSING_INPUT, NEGATIVE_COUPON (a negative flow),
        NO_CURVE, NONPOSITIVE_PRICE, NO_SOLUTION (no flow lies ahead, or no double reprices the
        bond to the tolerance, as when days before maturity a spread nears -200 %).

    Raises
    ------
    ValueError
        If the columns do not hold one entry per flow, or `price_tol_ratio` is not above zero.

    Notes
    -----
    The price formula is that of `price_from_z_spread`, the search that of `bond_roots`: no bracket
    is needed. O'Kane (2008), Modelling Single-name and Multi-name Credit Derivatives, 4.2.

    Examples
    --------
    >>> z_spread_dec, status = z_spread([99.858684], [2], [0.5, 1.0], [2.5, 102.5], [0.98, 0.96])
    >>> round(float(z_spread_dec[0]), 6)
    0.01
    """
    if not price_tol_ratio > 0:
        raise ValueError(f"price_tol_ratio must be above zero; the call was {price_tol_ratio}")
    count, time, amount, factor = flow_columns(
        flow_count,
        time_years=time_years,
        amount_pct_par=amount_pct_par,
        discount_factor_ratio=discount_factor_ratio,
    )
    price = np.broadcast_to(np.asarray(dirty_price_pct_par, dtype=np.float64), count.shape)
    status = _flow_status(count, time, amount, factor)
    status[(status == BondStatus.OK) & ~np.isfinite(price)] = BondStatus.MISSING_INPUT
    status[(status == BondStatus.OK) & (price <= 0)] = BondStatus.NONPOSITIVE_PRICE
    spread = np.full(count.shape, np.nan)
    z_spread_rows(
        *(np.require(column, requirements="CW") for column in (price, count, time, amount, factor)),
        _growth_per_period(time, factor, int(compounding)),
        int(compounding),
        price_tol_ratio,
        status == BondStatus.OK,
        spread,
    )
    status[(status == BondStatus.OK) & np.isnan(spread)] = BondStatus.NO_SOLUTION
    return spread, status


def compat_z_spread(
    dirty_price_pct_par: ArrayLike,
    flow_count: ArrayLike,
    time_years: ArrayLike,
    amount_pct_par: ArrayLike,
    discount_factor_ratio: ArrayLike,
    *,
    bracket_dec: float = 0.20,
    spread_tol_dec: float = 1e-10,
) -> tuple[Floats, NDArray[np.int8]]:
    """Return the continuous Z-spread of the replaced basis code: none outside its bracket.

    Parameters
    ----------
    dirty_price_pct_par, flow_count, time_years, amount_pct_par, discount_factor_ratio
        As `z_spread`, with flows from `compat_cashflows`; the price is the month-end price plus
        accrued interest, a missing accrued interest counting as zero.
    bracket_dec : float
        The root is sought between minus and plus this spread, > 0.
    spread_tol_dec : float
        The search stops within this distance of the root, > 0.

    Returns
    -------
    z_spread_dec : float array, shape (n_bonds,)
        NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        As `z_spread`; NOT_BRACKETED where the root lies outside the bracket or there is none.

    Raises
    ------
    ValueError
        If the columns do not hold one entry per flow, or `bracket_dec` is not above zero.

    Notes
    -----
    The price falls in z, so the bracket holds the root exactly when the root lies in it. Brent's
    search is the original's own: where it stops within its tolerance shows in the tenth digit of a
    mean over bonds.

    Examples
    --------
    >>> z_spread_dec, status = compat_z_spread([50.0], [1], [1.0], [100.0], [0.98])
    >>> BondStatus(status[0]).name
    'NOT_BRACKETED'
    """
    if not bracket_dec > 0:
        raise ValueError(f"bracket_dec must be above zero; the call was {bracket_dec}")
    spread, status = z_spread(
        dirty_price_pct_par, flow_count, time_years, amount_pct_par, discount_factor_ratio
    )
    no_root = np.isin(status, (BondStatus.NO_SOLUTION, BondStatus.NONPOSITIVE_PRICE))
    status[no_root | (np.abs(spread) > bracket_dec)] = BondStatus.NOT_BRACKETED
    count, time, amount, factor = flow_columns(
        flow_count,
        time_years=time_years,
        amount_pct_par=amount_pct_par,
        discount_factor_ratio=discount_factor_ratio,
    )
    price = np.broadcast_to(np.asarray(dirty_price_pct_par, dtype=np.float64), count.shape)
    ends = np.cumsum(count)
    for row in np.flatnonzero(status == BondStatus.OK):
        flows = slice(ends[row] - count[row], ends[row])
        bond = (amount[flows] * factor[flows], time[flows], price[row])
        if _excess(-bracket_dec, *bond) * _excess(bracket_dec, *bond) > 0:
            status[row] = BondStatus.NOT_BRACKETED
            continue
        spread[row] = brentq(_excess, -bracket_dec, bracket_dec, args=bond, xtol=spread_tol_dec)
    return np.where(status == BondStatus.OK, spread, np.nan), status


def _excess(spread: float, value: Floats, time: Floats, price: float) -> float:
    """Return by how much one bond at a continuous spread is worth more than its price."""
    return float(value @ np.exp(-spread * time)) - price


def z_surrogate(bond_yield_dec: ArrayLike, flat_yield_dec: ArrayLike) -> Floats:
    """Return the spread over one flat yield that reprices the bond.

    Parameters
    ----------
    bond_yield_dec : float array
        Street yield of the bond; NaN marks a missing one.
    flat_yield_dec : float array, broadcasts with it
        Yield of the matched Treasury in the same compounding.

    Returns
    -------
    z_surrogate_dec : float array
        NaN where a yield is NaN.

    Notes
    -----
    The price at yield y + z is the bond's price only where y + z is the bond's yield, so the
    search for z on a flat curve is a subtraction.

    Examples
    --------
    >>> round(float(z_surrogate(0.052, 0.041)), 6)
    0.011
    """
    return np.asarray(bond_yield_dec, dtype=np.float64) - np.asarray(flat_yield_dec)


def par_asset_swap(
    dirty_price_pct_par: ArrayLike,
    risk_free_value_pct_par: ArrayLike,
    float_annuity_years: ArrayLike,
) -> tuple[Floats, NDArray[np.int8]]:
    """Return the par-par asset-swap spread: paid on par, the price gap settled upfront.

    Parameters
    ----------
    dirty_price_pct_par : float array
        Price with accrued interest per 100 of face.
    risk_free_value_pct_par : float array
        The bond's flows on the swap curve, from `present_value`.
    float_annuity_years : float array, > 0
        Sum of year fraction times discount factor over the floating periods from settlement.

    Returns
    -------
    asset_swap_spread_dec : float array
        NaN unless status is OK.
    status : int8 array
        MISSING_INPUT where a column is NaN, NONPOSITIVE_PRICE, or NO_SOLUTION where the annuity
        is not above zero.

    Notes
    -----
    (P_riskfree - P_dirty) / (100 sum alpha D). O'Kane (2000), Introduction to Asset Swaps.

    Examples
    --------
    >>> asset_swap_spread_dec, status = par_asset_swap(97.0, 108.0, 6.4)
    >>> round(float(asset_swap_spread_dec), 8)
    0.0171875
    """
    price, value, annuity = np.broadcast_arrays(
        *(
            np.asarray(column, dtype=np.float64)
            for column in (dirty_price_pct_par, risk_free_value_pct_par, float_annuity_years)
        )
    )
    status = np.select(
        [~np.isfinite(price + value + annuity), price <= 0, annuity <= 0],
        [BondStatus.MISSING_INPUT, BondStatus.NONPOSITIVE_PRICE, BondStatus.NO_SOLUTION],
        BondStatus.OK,
    ).astype(np.int8)
    spread = np.full(status.shape, np.nan)
    np.divide(value - price, FACE_PCT_PAR * annuity, out=spread, where=status == BondStatus.OK)
    return spread, status


def market_value_asset_swap(
    dirty_price_pct_par: ArrayLike,
    risk_free_value_pct_par: ArrayLike,
    float_annuity_years: ArrayLike,
) -> tuple[Floats, NDArray[np.int8]]:
    """Return the market-value asset-swap spread: paid on the dirty price, nothing upfront.

    Parameters
    ----------
    dirty_price_pct_par, risk_free_value_pct_par, float_annuity_years
        As `par_asset_swap`.

    Returns
    -------
    asset_swap_spread_dec, status
        As `par_asset_swap`.

    Notes
    -----
    Par-par spread x 100 / P_dirty.

    Examples
    --------
    >>> round(float(market_value_asset_swap(50.0, 61.0, 5.5)[0]), 6)
    0.04
    """
    spread, status = par_asset_swap(
        dirty_price_pct_par, risk_free_value_pct_par, float_annuity_years
    )
    price = np.where(status == BondStatus.OK, dirty_price_pct_par, np.nan)
    return spread * FACE_PCT_PAR / price, status


def _sum_per_bond(values: Floats, count: NDArray) -> Floats:
    total = np.zeros(count.shape)
    has_flows = count > 0
    if values.size:
        total[has_flows] = np.add.reduceat(values, (np.cumsum(count) - count)[has_flows])
    return total


def _flow_status(count: NDArray, time: Floats, amount: Floats, factor: Floats) -> NDArray[np.int8]:
    def any_flow(marked: NDArray) -> NDArray[np.bool_]:
        if not marked.any():
            return np.zeros(count.shape, dtype=bool)
        return _sum_per_bond(marked.astype(np.float64), count) > 0

    return np.select(
        [
            count == 0,
            any_flow(~np.isfinite(amount) | ~(time >= 0)),
            any_flow(amount < 0),
            any_flow(~(factor > 0)),
        ],
        [
            BondStatus.NO_CASHFLOWS,
            BondStatus.MISSING_INPUT,
            BondStatus.NEGATIVE_COUPON,
            BondStatus.NO_CURVE,
        ],
        BondStatus.OK,
    ).astype(np.int8)


def _growth_per_period(time: Floats, factor: Floats, periods: int) -> Floats:
    """Return one plus the zero rate per compounding period of each flow; nothing if continuous."""
    if periods == Compounding.CONTINUOUS:
        return np.empty(0)
    ahead = np.where(time > 0, time, np.inf)
    with np.errstate(all="ignore"):
        return factor ** (-1.0 / (periods * ahead))


def _flow_value(
    spread: Floats, time: Floats, amount: Floats, factor: Floats, periods: int
) -> Floats:
    """Return the value of each flow at the spread of its bond."""
    if periods == Compounding.CONTINUOUS:
        return amount * factor * np.exp(-spread * time)
    shifted = _growth_per_period(time, factor, periods) + spread / periods
    return np.where(time > 0, amount * np.exp(-periods * time * np.log(shifted)), amount)
