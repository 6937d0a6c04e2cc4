"""Par CDS spread at any maturity: one cubic spline per curve, all curves in one pass.

A cubic spline is linear in its quotes. Curves that quote the same tenors therefore share one linear
operator, which scipy supplies once, and a row costs a few multiplications.
"""

from enum import Enum, IntEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from parspread.arrays import BoolArray, FloatArray, IntArray, StatusArray
from parspread.compiled import njit

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
    """The end cubic goes on, as in the FTSFR notebook; an inverted curve may turn negative."""
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
    ARBITRAGE = 6
    """A longer quote is so low that the hazard between two tenors would be negative."""
    NO_DISCOUNT_CURVE = 7
    NO_HAZARD = 8
    """No hazard from zero to the limit gives a quote. This and the two above: hazards only."""
    SPLINE_LEAVES_QUOTES = 9
    """The spline lies further outside the two quotes around the maturity than a stated part."""
    SPLINE_NOT_POSITIVE = 10
    """The spline is at or below zero."""
    SPLINE_WITHOUT_HAZARDS = 11
    """No hazards fit the quotes, and the two around the maturity are far apart."""


def par_spread_at_maturity(
    tenor_days: ArrayLike,
    par_spread_dec: ArrayLike,
    maturity_days: ArrayLike,
    *,
    end: SplineEnd = SplineEnd.NATURAL,
    extrapolation: Extrapolation = Extrapolation.REFUSE,
    has_duplicate_tenor: ArrayLike | None = None,
) -> tuple[FloatArray, StatusArray]:
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

    _evaluate_rows(
        _Quotes(tenors, np.ascontiguousarray(quotes), np.ascontiguousarray(maturities)),
        _tenor_sets(tenors, is_quoted, status == CurveStatus.OK, end),
        extrapolation is Extrapolation.HOLD_FLAT,
        extrapolation is Extrapolation.REFUSE,
        spreads,
        status,
    )
    return spreads, status


def neighbouring_quotes(
    tenor_days: ArrayLike, par_spread_dec: FloatArray, maturity_days: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the lower and the higher of the two quotes around each maturity.

    Parameters
    ----------
    tenor_days, par_spread_dec, maturity_days
        As `par_spread_at_maturity`.

    Returns
    -------
    lower, upper : float array, shape (n_rows,)
        Both are the quote at the maturity itself, and the first or last one outside the quotes.

    Examples
    --------
    >>> neighbouring_quotes([365, 730, 1095], np.array([[0.01, 0.05, 0.045]]), np.array([876.0]))
    (array([0.045]), array([0.05]))
    """
    tenors = np.asarray(tenor_days, dtype=float)
    column, last = np.arange(tenors.size), max(tenors.size - 1, 0)
    is_quoted = ~np.isnan(par_spread_dec)
    is_before, is_after = tenors <= maturity_days[:, None], tenors >= maturity_days[:, None]
    before = np.where(is_quoted & is_before, column, -1).max(axis=1, initial=-1)
    after = np.where(is_quoted & is_after, column, tenors.size).min(axis=1, initial=tenors.size)
    row = np.arange(len(par_spread_dec))
    low = np.where(before >= 0, par_spread_dec[row, np.maximum(before, 0)], np.nan)
    high = np.where(after <= last, par_spread_dec[row, np.minimum(after, last)], np.nan)
    return np.fmin(low, high), np.fmax(low, high)


class _Quotes(NamedTuple):
    """Quotes of every row by tenor, and the maturity asked for."""

    tenor_days: FloatArray
    par_spread_dec: FloatArray
    maturity_days: FloatArray


class _TenorSets(NamedTuple):
    """Tenors that some row quotes together, and the operator of each set; -1 marks no set."""

    set_of_row: IntArray
    columns: IntArray
    knot_count: IntArray
    operators: FloatArray


def _tenor_sets(
    tenors: FloatArray, is_quoted: BoolArray, is_usable: BoolArray, end: SplineEnd
) -> _TenorSets:
    sets, set_of_usable = np.unique(
        (is_quoted @ (1 << np.arange(tenors.size)))[is_usable], return_inverse=True
    )
    set_of_row = np.full(is_usable.size, -1, dtype=np.int64)
    set_of_row[is_usable] = set_of_usable
    columns = np.zeros((sets.size, tenors.size), dtype=np.int64)
    knot_count = np.zeros(sets.size, dtype=np.int64)
    operators = np.zeros((sets.size, 3, max(tenors.size - 1, 0), tenors.size))
    for place, bits in enumerate(sets):
        quoted = np.flatnonzero((int(bits) >> np.arange(tenors.size)) & 1)
        count = knot_count[place] = quoted.size
        columns[place, :count] = quoted
        operators[place, :, : count - 1, :count] = _operator(tuple(tenors[quoted]), end)
    return _TenorSets(set_of_row, columns, knot_count, operators)


@njit
def _evaluate_rows(
    quotes: _Quotes,
    sets: _TenorSets,
    holds_flat: bool,
    refuses: bool,
    spreads: FloatArray,
    status: StatusArray,
) -> None:
    """Evaluate the spline of each row that has a set of tenors, by the operator of that set."""
    for row in range(len(spreads)):
        tenor_set = sets.set_of_row[row]
        if tenor_set < 0:
            continue
        count = sets.knot_count[tenor_set]
        knots = sets.columns[tenor_set]
        first, last = quotes.tenor_days[knots[0]], quotes.tenor_days[knots[count - 1]]
        maturity = quotes.maturity_days[row]
        if refuses and not first <= maturity <= last:
            status[row] = CurveStatus.OUTSIDE_CURVE
            continue
        if holds_flat:
            maturity = min(max(maturity, first), last)
        segment = 0
        while segment < count - 2 and quotes.tenor_days[knots[segment + 1]] <= maturity:
            segment += 1
        past_knot_days = maturity - quotes.tenor_days[knots[segment]]
        last_quote = quotes.par_spread_dec[row, knots[segment]]
        rise = 0.0
        for power in range(3):
            coefficient = 0.0
            for knot in range(count):
                # From the last quote, so that a flat curve stays flat to the last digit.
                difference = quotes.par_spread_dec[row, knots[knot]] - last_quote
                coefficient += sets.operators[tenor_set, power, segment, knot] * difference
            rise = (rise + coefficient) * past_knot_days
        spreads[row] = last_quote + rise


@lru_cache(maxsize=4096)
def _operator(knot_days: tuple[float, ...], end: SplineEnd) -> FloatArray:
    """Return polynomial coefficients per unit of each quote, shape (3, n_segments, n_knots).

    From the cube down; the constant of a segment is the quote at its start.
    """
    return CubicSpline(knot_days, np.eye(len(knot_days)), bc_type=end.value).c[:3]


def _check(
    tenors: FloatArray,
    quotes: FloatArray,
    maturities: FloatArray,
    is_duplicate: BoolArray,
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
