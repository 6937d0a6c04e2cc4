"""Par CDS spread at any maturity: one cubic spline per curve, all curves in one pass.

A cubic spline is linear in its quotes. Curves that quote the same tenors therefore share one linear
operator, which scipy supplies once, and a row costs a few multiplications.
"""

from __future__ import annotations

from enum import Enum, IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

MIN_TENOR_COUNT = 2


class SplineEnd(Enum):
    """What closes the spline at its first and last quote."""

    NOT_A_KNOT = "not-a-knot"
    """No jump of the third derivative at the second and the last but one quote; scipy's default."""
    NATURAL = "natural"
    """The second derivative is zero at both ends."""


class Extrapolation(Enum):
    """What a maturity before the first or after the last quoted tenor gets."""

    ALLOW = "allow"
    """The end cubic goes on, as in the replaced notebook; an inverted curve may turn negative."""
    HOLD_FLAT = "hold_flat"
    """The spread of the nearest quoted tenor."""
    REFUSE = "refuse"
    """NaN and status OUTSIDE_CURVE."""


class CurveStatus(IntEnum):
    """Why a spread is missing; OK when it is there."""

    OK = 0
    TOO_FEW_TENORS = 1
    DUPLICATE_TENOR = 2
    QUOTE_NOT_FINITE = 3
    MATURITY_NOT_FINITE = 4
    OUTSIDE_CURVE = 5


def par_spread_at_maturity(
    tenor_days: ArrayLike,
    par_spread_dec: ArrayLike,
    maturity_days: ArrayLike,
    *,
    end: SplineEnd = SplineEnd.NATURAL,
    extrapolation: Extrapolation = Extrapolation.REFUSE,
    has_duplicate_tenor: ArrayLike | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return the par CDS spread at each maturity, from the curve of its own row.

    Parameters
    ----------
    tenor_days : float array, shape (n_tenors,)
        Tenors of the columns in days, finite and strictly increasing.
    par_spread_dec : float array, shape (n_rows, n_tenors)
        Par spreads as decimals, 0.0078 = 78 bp; NaN marks a tenor that was not quoted.
    maturity_days : float array, shape (n_rows,)
        Days to maturity; NaN gives status MATURITY_NOT_FINITE.
    end : SplineEnd
        Condition at both ends.
    extrapolation : Extrapolation
        Rule outside the quoted tenors of the row.
    has_duplicate_tenor : bool array, shape (n_rows,), optional
        True where one tenor had two quotes, so that the curve is not a function.

    Returns
    -------
    par_spread_at_maturity_dec : float array, shape (n_rows,)
        NaN unless the status is OK. A row's value never depends on the other rows.
    status : int8 array, shape (n_rows,)
        Codes of `CurveStatus`.

    Raises
    ------
    ValueError
        Shapes disagree, or tenor_days is not strictly increasing.

    Notes
    -----
    Interpolating cubic spline of de Boor, A Practical Guide to Splines, chapter IV; two quotes
    give a line, and with not-a-knot ends three give a parabola. Equal to scipy's CubicSpline.

    Examples
    --------
    >>> spread, status = par_spread_at_maturity(
    ...     [365, 1095, 1825], [[0.004, 0.008, 0.012], [0.004, float("nan"), 0.012]], [730, 3650]
    ... )
    >>> spread.round(6).tolist(), [CurveStatus(code).name for code in status]
    ([0.006, nan], ['OK', 'OUTSIDE_CURVE'])
    """
    tenors = np.asarray(tenor_days, dtype=float)
    quotes = np.asarray(par_spread_dec, dtype=float)
    maturities = np.asarray(maturity_days, dtype=float)
    row_count = maturities.size
    is_duplicate = np.zeros(row_count, dtype=bool)
    if has_duplicate_tenor is not None:
        is_duplicate = np.asarray(has_duplicate_tenor, dtype=bool)
    _check(tenors, quotes, maturities, is_duplicate)

    is_quoted = ~np.isnan(quotes)
    spreads = np.full(row_count, np.nan)
    status = np.full(row_count, CurveStatus.OK, dtype=np.int8)
    # The first reason that holds is the one reported.
    reasons = {
        CurveStatus.TOO_FEW_TENORS: is_quoted.sum(axis=1) < MIN_TENOR_COUNT,
        CurveStatus.DUPLICATE_TENOR: is_duplicate,
        CurveStatus.QUOTE_NOT_FINITE: np.isinf(quotes).any(axis=1),
        CurveStatus.MATURITY_NOT_FINITE: ~np.isfinite(maturities),
    }
    for reason, holds in reasons.items():
        status[holds & (status == CurveStatus.OK)] = reason

    tenor_set = is_quoted @ (1 << np.arange(tenors.size))
    order = np.argsort(tenor_set, kind="stable")
    order = order[status[order] == CurveStatus.OK]
    starts = np.flatnonzero(np.diff(tenor_set[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        if rows.size:
            columns = np.flatnonzero(is_quoted[rows[0]])
            spreads[rows], status[rows] = _on_one_tenor_set(
                tenors[columns], quotes[np.ix_(rows, columns)], maturities[rows], end, extrapolation
            )
    return spreads, status


def _on_one_tenor_set(
    knot_days: NDArray[np.float64],
    quotes_dec: NDArray[np.float64],
    maturity_days: NDArray[np.float64],
    end: SplineEnd,
    extrapolation: Extrapolation,
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return spreads and statuses of rows that quote exactly `knot_days`."""
    is_outside = (maturity_days < knot_days[0]) | (maturity_days > knot_days[-1])
    status = np.full(maturity_days.size, CurveStatus.OK, dtype=np.int8)
    if extrapolation is Extrapolation.HOLD_FLAT:
        maturity_days = np.clip(maturity_days, knot_days[0], knot_days[-1])
    operator = _operator(tuple(knot_days), end)
    segment = np.searchsorted(knot_days, maturity_days, side="right") - 1
    segment = np.clip(segment, 0, knot_days.size - 2)
    # Summed tenor by tenor: a matrix product could round a row differently beside other rows.
    cubic = operator[:, segment, 0] * quotes_dec[:, 0]
    for column in range(1, knot_days.size):
        cubic += operator[:, segment, column] * quotes_dec[:, column]
    past_knot_days = maturity_days - knot_days[segment]
    spreads = cubic[0]
    for coefficient in cubic[1:]:
        spreads = spreads * past_knot_days + coefficient
    if extrapolation is Extrapolation.REFUSE:
        spreads[is_outside] = np.nan
        status[is_outside] = CurveStatus.OUTSIDE_CURVE
    return spreads, status


@lru_cache(maxsize=4096)
def _operator(knot_days: tuple[float, ...], end: SplineEnd) -> NDArray[np.float64]:
    """Return polynomial coefficients per unit of each quote, shape (4, n_segments, n_knots)."""
    return CubicSpline(knot_days, np.eye(len(knot_days)), bc_type=end.value).c


def _check(
    tenors: NDArray[np.float64],
    quotes: NDArray[np.float64],
    maturities: NDArray[np.float64],
    is_duplicate: NDArray[np.bool_],
) -> None:
    """Raise ValueError when the shapes disagree or the tenors are not increasing."""
    if tenors.ndim != 1 or maturities.ndim != 1:
        raise ValueError(
            "tenor_days and maturity_days must have one dimension; "
            f"their shapes were {tenors.shape} and {maturities.shape}"
        )
    if not np.isfinite(tenors).all():
        raise ValueError(f"tenor_days must be finite; it was {tenors.tolist()}")
    steps = np.diff(tenors)
    if (steps <= 0).any():
        position = int(np.argmax(steps <= 0)) + 1
        raise ValueError(
            f"tenor_days must be strictly increasing; position {position} was "
            f"{tenors[position]} after {tenors[position - 1]}"
        )
    if quotes.shape != (maturities.size, tenors.size):
        raise ValueError(
            f"par_spread_dec must have shape {(maturities.size, tenors.size)}, rows by tenors; "
            f"its shape was {quotes.shape}"
        )
    if is_duplicate.shape != maturities.shape:
        raise ValueError(
            f"has_duplicate_tenor must have shape {maturities.shape}; "
            f"its shape was {is_duplicate.shape}"
        )
