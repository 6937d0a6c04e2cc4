"""Exact returns on standard contracts that are held from one curve to a later one, or to a default.

Sign: the seller of protection; a fraction of notional. The contract keeps its coupon and maturity:
bought on the first curve, it is marked on the second. The upfront earns no interest.
"""

from dataclasses import dataclass

import numpy as np

from parspread.arrays import BoolArray, DateArray, FloatArray, IntArray, StatusArray
from parspread.cds._row_loops import BPS
from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import bootstrap_hazard
from parspread.cds.pricing import (
    CdsValues,
    upfront_at_coupon,
    value_from_curves,
    value_from_spread,
)
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.calendar import days_between
from parspread.dates.cds_schedule import standard_maturity_date

ACCRUAL_DAYS_PER_YEAR = 360.0


@dataclass(frozen=True)
class QuotedCurves:
    """Par spreads of entities on one day each, at constant tenors.

    Attributes
    ----------
    trade_date : datetime64[D] array, shape (n_curves,)
    tenor_months : int array, shape (n_tenors,)
        Strictly increasing.
    spread_bps : float array, shape (n_curves, n_tenors)
        NaN marks a tenor that was not quoted.
    recovery_share : float array, shape (n_curves,)
    discount : DiscountCurves
        One per curve.
    """

    trade_date: DateArray
    tenor_months: IntArray
    spread_bps: FloatArray
    recovery_share: FloatArray
    discount: DiscountCurves


@dataclass(frozen=True)
class HeldReturns:
    """Return of each contract, and the parts that add up to it.

    Attributes
    ----------
    coupon_dec : float array, shape (n_contracts,)
        Coupon accrued, actual days / 360.
    roll_dec : float array, shape (n_contracts,)
        First curve held still to the last day: time, slope and the rates of that day.
    spread_dec : float array, shape (n_contracts,)
        From there to the last curve; in a default the mark that is given back.
    default_dec : float array, shape (n_contracts,)
        -(1 - recovery) in a default, else 0.
    total_dec : float array, shape (n_contracts,)
    par_total_dec : float array, shape (n_contracts,)
        The same for a contract struck at its own quote on the first day, so without an upfront.
    is_on_curve : bool array, shape (n_contracts,)
        False where a curve was unusable, so that every price is that of a flat hazard at the
        contract's own quote.
    status : int8 array, shape (n_contracts,)
        Codes of `CdsStatus`; everything but `is_on_curve` is NaN unless it is OK.
    """

    coupon_dec: FloatArray
    roll_dec: FloatArray
    spread_dec: FloatArray
    default_dec: FloatArray
    total_dec: FloatArray
    par_total_dec: FloatArray
    is_on_curve: BoolArray
    status: StatusArray


def held_returns(
    start: QuotedCurves,
    end: QuotedCurves,
    default_recovery_share: FloatArray,
    held: tuple[IntArray, IntArray],
    *,
    coupon_bps: float,
) -> HeldReturns:
    """Return what the seller of each contract earns from its first curve to its last day.

    Parameters
    ----------
    start, end : QuotedCurves
        Curve i of both is one entity; in a default `end` has the date of the event and no quotes.
    default_recovery_share : float array, shape (n_curves,)
        Recovery where the period ends in a default, NaN elsewhere.
    held : tuple of int arrays, shape (n_contracts,)
        Curve and tenor, by place, of each contract; it matures on the tenor's standard date as of
        `start`.
    coupon_bps : float
        Running coupon, basis points per year.

    Returns
    -------
    HeldReturns

    Examples
    --------
    >>> day = np.array(["2025-06-03"], "M8[D]")
    >>> start, end = (
    ...     QuotedCurves(day + days, np.array([60]), np.array([[spread]]), np.array([0.4]),
    ...                  DiscountCurves.flat(0.04)) for days, spread in ((0, 100.0), (27, 110.0)))
    >>> first = np.array([0]), np.array([0])
    >>> returns = held_returns(start, end, np.array([np.nan]), first, coupon_bps=100)
    >>> returns.total_dec.round(6), returns.coupon_dec.round(6)
    (array([-0.003606]), array([0.00075]))
    """
    row, column = held
    maturity = standard_maturity_date(start.trade_date[row], start.tenor_months[column])
    still = QuotedCurves(
        end.trade_date, start.tenor_months, start.spread_bps, end.recovery_share, end.discount
    )
    recovery = default_recovery_share[row]
    is_default = ~np.isnan(recovery)
    sides = [_prices(curves, held, maturity, coupon_bps) for curves in (start, still, end)]
    # In a default only the first price is needed.
    needed = np.array([np.ones_like(is_default), ~is_default, ~is_default])
    on_curve, at_own_quote = (np.array([side[way].status for side in sides]) for way in (0, 1))
    is_on_curve = (~needed | (on_curve == CdsStatus.OK)).all(axis=0)
    status = np.where(needed, np.where(is_on_curve, on_curve, at_own_quote), 0).max(axis=0)
    days = days_between(start.trade_date[row], end.trade_date[row])

    def parts(coupon: FloatArray) -> tuple[FloatArray, ...]:
        bought, aged, sold = (
            np.where(is_on_curve, *(upfront_at_coupon(way, coupon) for way in side)) / 100.0
            for side in sides
        )
        return (
            coupon * BPS * days / ACCRUAL_DAYS_PER_YEAR,
            np.where(is_default, 0.0, bought - aged),
            np.where(is_default, bought, aged - sold),
            np.where(is_default, recovery - 1.0, 0.0),
        )

    own_parts = parts(np.full(len(row), coupon_bps))
    totals = sum(own_parts), sum(parts(start.spread_bps[row, column]))
    kept = [np.where(status == CdsStatus.OK, part, np.nan) for part in (*own_parts, *totals)]
    return HeldReturns(*kept, is_on_curve, status.astype(np.int8))


def _prices(
    curves: QuotedCurves, held: tuple[IntArray, IntArray], maturity: DateArray, coupon_bps: float
) -> tuple[CdsValues, CdsValues]:
    """Return each contract's values on its curve, and at the flat hazard of its own quote."""
    row, column = held
    tenor_maturity = standard_maturity_date(
        curves.trade_date[:, None], curves.tenor_months[None, :]
    )
    hazards = bootstrap_hazard(
        curves.trade_date,
        tenor_maturity,
        curves.spread_bps,
        curves.discount,
        recovery_share=curves.recovery_share,
    )
    contracts = cds_contracts(
        curves.trade_date[row],
        maturity,
        coupon_bps=coupon_bps,
        recovery_share=curves.recovery_share[row],
    )
    discount = curves.discount.take(row)
    return (
        value_from_curves(contracts, hazards, discount, curve_index=row),
        value_from_spread(contracts, curves.spread_bps[row, column], discount),
    )
