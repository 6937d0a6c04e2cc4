"""Par CDS spread at any maturity on the hazard curve of its quotes, instead of a spline.

Quotes are put at the maturities of the contracts they belong to, 20 June or December, and hazards
between them are flat. A spline places them at whole years, and between quotes may bend to where no
probability of default would lead.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, StatusArray
from parspread.cds._row_loops import BPS
from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import bootstrap_hazard
from parspread.cds.pricing import value_from_curves
from parspread.cds.status import CdsStatus
from parspread.curves.cds_spline import MIN_TENOR_COUNT, CurveStatus, Extrapolation
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.calendar import as_dates
from parspread.dates.cds_schedule import standard_maturity_date

# The last hazard goes on up to this node, which no bond reaches.
FAR_YEARS = 1000.0
LAST_DATE = np.datetime64("9999-12-31", "D")
# Any other failure maps to NO_HAZARD.
_REASONS = {
    CdsStatus.OK: CurveStatus.OK,
    CdsStatus.MISSING_INPUT: CurveStatus.NO_DISCOUNT_CURVE,
    CdsStatus.EXPIRED: CurveStatus.OUTSIDE_CURVE,
    CdsStatus.ARBITRAGE: CurveStatus.ARBITRAGE,
}


def par_spread_on_hazard_curve(
    trade_date: ArrayLike,
    tenor_months: ArrayLike,
    par_spread_dec: ArrayLike,
    maturity_date: ArrayLike,
    discount: DiscountCurves,
    *,
    recovery_share: ArrayLike,
    extrapolation: Extrapolation = Extrapolation.REFUSE,
    has_duplicate_tenor: ArrayLike | None = None,
) -> tuple[FloatArray, StatusArray]:
    """Return the par CDS spread to each maturity, from the hazard curve of its own row.

    Parameters
    ----------
    trade_date : datetime64[D] array, shape (n_rows,)
        Date of the quotes.
    tenor_months : int array, shape (n_tenors,)
        Tenors of the columns in months, strictly increasing.
    par_spread_dec : float array, shape (n_rows, n_tenors)
        Par spreads as decimals; NaN marks a tenor that was not quoted.
    maturity_date : datetime64[D] array, shape (n_rows,)
        Maturity asked for; NaT gives status MATURITY_NOT_FINITE.
    discount : DiscountCurves
        One row, or one per row of quotes; a NaN gives NO_DISCOUNT_CURVE.
    recovery_share : float array, shape (n_rows,) or scalar
        Recovery under the hazards, in [0, 1).
    extrapolation : Extrapolation
        Rule outside the contracts of the row: ALLOW lets the first and the last hazard go on,
        HOLD_FLAT gives the spread of the nearest contract.
    has_duplicate_tenor : bool array, shape (n_rows,), optional
        True where one tenor had two quotes.

    Returns
    -------
    par_spread_at_maturity_dec : float array, shape (n_rows,)
        NaN unless the status is OK. A row's value never depends on the other rows.
    status : int8 array, shape (n_rows,)
        Codes of `CurveStatus`; ARBITRAGE where some tenor would need a negative hazard.

    Raises
    ------
    ValueError
        If shapes disagree, or the tenors are not strictly increasing.

    Examples
    --------
    >>> spread, status = par_spread_on_hazard_curve(
    ...     ["2025-06-03"], [12, 60], [[0.0050, 0.0080]], ["2028-06-20"],
    ...     DiscountCurves.flat(0.04), recovery_share=0.4)
    >>> spread.round(6).tolist(), CurveStatus(status[0]).name
    ([0.007488], 'OK')
    """
    day, maturity = np.atleast_1d(as_dates(trade_date), as_dates(maturity_date))
    months = np.asarray(tenor_months)
    quotes = np.asarray(par_spread_dec, dtype=float)
    if maturity.shape != day.shape or quotes.shape != (day.size, months.size):
        raise ValueError(
            "par_spread_dec must have shape (n_rows, n_tenors), and maturity_date one per row; "
            f"{quotes.shape} and {maturity.shape} came with {(day.size, months.size)}"
        )
    is_duplicate = np.zeros(day.size, dtype=bool)
    if has_duplicate_tenor is not None:
        is_duplicate = np.asarray(has_duplicate_tenor, dtype=bool)
    is_quoted = ~np.isnan(quotes)
    contract_maturity = standard_maturity_date(day[:, None], months[None, :])
    first = np.where(is_quoted, contract_maturity, LAST_DATE).min(axis=1)
    last = np.where(is_quoted, contract_maturity, day[:, None]).max(axis=1)
    is_outside = ~((first <= maturity) & (maturity <= last))
    status = np.full(day.size, CurveStatus.OK, dtype=np.int8)
    # The first reason that holds is the one reported, in the order of the spline.
    reasons = {
        CurveStatus.TOO_FEW_TENORS: is_quoted.sum(axis=1) < MIN_TENOR_COUNT,
        CurveStatus.DUPLICATE_TENOR: is_duplicate,
        CurveStatus.QUOTE_NOT_FINITE: np.isinf(quotes).any(axis=1),
        CurveStatus.MATURITY_NOT_FINITE: np.isnat(maturity),
        CurveStatus.OUTSIDE_CURVE: is_outside & (extrapolation is Extrapolation.REFUSE),
    }
    for reason, holds in reasons.items():
        status[holds & (status == CurveStatus.OK)] = reason

    recovery = np.broadcast_to(np.asarray(recovery_share, dtype=float), day.shape)
    spreads = np.full(day.size, np.nan)
    rows = np.flatnonzero(status == CurveStatus.OK)
    if extrapolation is Extrapolation.HOLD_FLAT:
        maturity = np.clip(maturity, first, last)
    one_each = discount if len(discount.rows()) == 1 else discount.take(rows)
    curves = bootstrap_hazard(
        day[rows],
        contract_maturity[rows],
        quotes[rows] / BPS,
        one_each,
        recovery_share=recovery[rows],
    )
    if extrapolation is Extrapolation.ALLOW:
        end = np.full((rows.size, 1), FAR_YEARS)
        column = np.where(is_quoted[rows], np.arange(months.size), -1).max(axis=1, initial=-1)
        going_on = np.take_along_axis(curves.hazard_dec, column[:, None], axis=1)
        curves = replace(
            curves,
            node_years=np.hstack([curves.node_years, end]),
            hazard_dec=np.hstack([curves.hazard_dec, going_on]),
        )
    contracts = cds_contracts(
        day[rows], maturity[rows], coupon_bps=0.0, recovery_share=recovery[rows]
    )
    values = value_from_curves(contracts, curves, one_each)
    spreads[rows] = values.spread_bps * BPS
    for cause in CdsStatus:
        status[rows[values.status == cause]] = _REASONS.get(cause, CurveStatus.NO_HAZARD)
    return spreads, status
