"""Piecewise flat hazard curves: bootstrapped from par spreads, and the survival they mean."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import DateArray, FloatArray, StatusArray
from parspread.cds._bootstrap_loops import CurveQuotes, bootstrap_rows
from parspread.cds._pieces import DAYS_PER_YEAR, Discounts, LogCurve, factor_rows
from parspread.cds._row_loops import BPS
from parspread.cds.contracts import discount_rows, terms_status
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.calendar import as_dates, days_between
from parspread.dates.cds_schedule import cash_settlement_date, day_numbers, first_accrual_date


@dataclass(frozen=True)
class HazardCurves:
    """Piecewise flat hazard curves, from the trade date to their last node.

    Attributes
    ----------
    trade_date : datetime64[D] array, shape (n_curves,)
    recovery_share : float array, shape (n_curves,)
    node_years : float array, shape (n_curves, n_tenors)
        Times of the quoted maturities; a tenor without a quote is no node.
    hazard_dec : float array, shape (n_curves, n_tenors)
        Hazard per year from the node before to this node; NaN for a tenor without a quote.
    status : int8 array, shape (n_curves,)
        Codes of `CdsStatus`; the whole row of hazards is NaN unless it is OK.
    """

    trade_date: DateArray
    recovery_share: FloatArray
    node_years: FloatArray
    hazard_dec: FloatArray
    status: StatusArray


def bootstrap_hazard(
    trade_date: ArrayLike,
    maturity_date: ArrayLike,
    par_spread_bps: ArrayLike,
    discount: DiscountCurves,
    *,
    recovery_share: ArrayLike,
) -> HazardCurves:
    """Return the hazard curves that reprice every quoted par spread, tenor by tenor.

    Parameters
    ----------
    trade_date : datetime64[D] array, shape (n_curves,)
        NaT gives MISSING_INPUT.
    maturity_date : datetime64[D] array, shape (n_curves, n_tenors) or (n_tenors,)
        Strictly increasing along each row; a maturity not after the trade gives EXPIRED.
    par_spread_bps : float array, shape (n_curves, n_tenors)
        Par spreads, basis points per year; NaN marks a tenor that was not quoted.
    discount : DiscountCurves
        One row, or one per hazard curve.
    recovery_share : float array, shape (n_curves,) or scalar
        Assumed recovery, in [0, 1).

    Returns
    -------
    HazardCurves
        ARBITRAGE where a tenor would need a negative hazard, never a curve bent to fit.

    Raises
    ------
    ValueError
        If maturities are not strictly increasing, or the shapes disagree.

    Examples
    --------
    >>> curves = bootstrap_hazard(
    ...     "2025-06-03", [["2026-06-20", "2028-06-20", "2030-06-20"]], [[3000.0, 1000.0, 200.0]],
    ...     DiscountCurves.flat(0.04), recovery_share=0.4)
    >>> CdsStatus(curves.status[0]).name
    'ARBITRAGE'
    """
    spread = np.atleast_2d(np.asarray(par_spread_bps, dtype=np.float64))
    shape = spread.shape
    trade = np.broadcast_to(as_dates(trade_date), shape[:1])
    maturity = np.broadcast_to(np.atleast_2d(as_dates(maturity_date)), shape)
    _check_order(maturity)
    recovery = np.broadcast_to(np.asarray(recovery_share, dtype=np.float64), shape[:1]).copy()
    is_quoted = ~np.isnan(spread)
    tenor_status = terms_status(
        trade[:, None], maturity, 0.0, recovery[:, None], is_missing=~is_quoted
    )
    # A tenor without a quote must not spoil its curve; among quoted ones the worst status counts.
    status = np.where(is_quoted, tenor_status, CdsStatus.OK).max(axis=1, initial=0).astype(np.int8)
    status[~is_quoted.any(axis=1)] = CdsStatus.TOO_FEW_TENORS
    discounts, status = discount_rows(discount, status)
    settlement_years = days_between(trade, cash_settlement_date(trade)) / DAYS_PER_YEAR
    quotes = CurveQuotes(
        day_numbers(trade),
        day_numbers(first_accrual_date(trade)),
        day_numbers(maturity),
        spread * BPS,
        1.0 - recovery,
        factor_rows(discounts, settlement_years),
    )
    hazard = np.full(shape, np.nan)
    bootstrap_rows(quotes, discounts, hazard, status)
    hazard[status != CdsStatus.OK] = np.nan
    node = days_between(trade[:, None], maturity) / DAYS_PER_YEAR
    return HazardCurves(trade, recovery, np.where(is_quoted, node, np.nan), hazard, status)


def survival_probability(
    curves: HazardCurves, years: ArrayLike, *, curve_index: ArrayLike | None = None
) -> FloatArray:
    """Return the probability of surviving to each time on piecewise flat hazards.

    Parameters
    ----------
    curves : HazardCurves
        n_curves curves.
    years : float array, shape (n_points,)
        Times from the trade date, >= 0.
    curve_index : int array, shape (n_points,), optional
        Row of each point's curve; by default point i lies on curve i.

    Returns
    -------
    survival_share : float array, shape (n_points,)
        NaN outside the curve (before 0 or beyond its last node) and on an unusable curve.

    Examples
    --------
    >>> curves = HazardCurves(np.array(["2025-06-03"], "M8[D]"), np.array([0.4]),
    ...                       np.array([[1.0, 2.0]]), np.array([[0.02, 0.04]]), np.array([0], "i1"))
    >>> survival_probability(curves, [0.5, 1.5, 3.0], curve_index=[0, 0, 0]).round(6)
    array([0.99005 , 0.960789,      nan])
    """
    time = np.atleast_1d(np.asarray(years, dtype=np.float64))
    row = np.arange(len(time)) if curve_index is None else np.asarray(curve_index)
    cumulative = cumulative_hazards(curves)
    is_inside = (time >= 0) & (time <= last_node_years(cumulative)[row])
    is_inside &= curves.status[row] == CdsStatus.OK
    log_survival = Discounts(cumulative.node, -cumulative.value, row)
    return np.where(is_inside, factor_rows(log_survival, np.where(is_inside, time, 0.0)), np.nan)


def cumulative_hazards(curves: HazardCurves) -> LogCurve:
    """Return cumulative hazards at the nodes, with the unquoted tenors moved to the end.

    Parameters
    ----------
    curves : HazardCurves
        n_curves curves.

    Returns
    -------
    cumulative : LogCurve
        Arrays of shape (n_curves, n_tenors); the free cells at the end hold an infinite time,
        which no contract reaches.
    """
    order = np.argsort(np.isnan(curves.hazard_dec), axis=1, kind="stable")
    hazard = np.take_along_axis(curves.hazard_dec, order, axis=1)
    node = np.take_along_axis(curves.node_years, order, axis=1)
    node = np.where(np.isnan(hazard), np.nan, node)
    cumulative = np.cumsum(np.nan_to_num(hazard * np.diff(node, axis=1, prepend=0.0)), axis=1)
    return LogCurve(np.where(np.isnan(node), np.inf, node), cumulative)


def last_node_years(cumulative: LogCurve) -> FloatArray:
    """Return the last time each curve reaches, 0 for a curve without nodes."""
    return np.where(np.isfinite(cumulative.node), cumulative.node, 0.0).max(axis=1)


def _check_order(maturity: DateArray) -> None:
    unordered = np.argwhere(~np.isnat(maturity[:, :-1]) & (maturity[:, 1:] <= maturity[:, :-1]))
    if unordered.size:
        row, position = unordered[0]
        raise ValueError(
            f"maturity_date must be strictly increasing; row {row} position {position + 1} was "
            f"{maturity[row, position + 1]} after {maturity[row, position]}"
        )
