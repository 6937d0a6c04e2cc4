"""Prices of credit default swaps in the ISDA standard model, many quotes at once.

Sign: everything is seen by the protection buyer, who pays the clean upfront; the seller's value is
its negative. Time runs in years of 365 days from the trade date (ACT/365F); premiums accrue
ACT/360. Discount and hazard curves are piecewise flat in their forward rates. Values are per 100 of
notional at cash settlement.

Formulas: ISDA CDS Standard Model, version 1.8.2, with the half-day correction of its accrual on
default; White (2013), "The Pricing and Risk Management of Credit Default Swaps, with a Focus on the
ISDA Model", OpenGamma.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, StatusArray
from parspread.cds._leg_loops import LegValues, Quote
from parspread.cds._pieces import DAYS_PER_YEAR, PREMIUM_DAYS_PER_YEAR, Discounts, factor_rows
from parspread.cds._row_loops import (
    BPS,
    BUMP_COUNT,
    RATE_BUMP,
    RECOVERY_BUMP,
    RECOVERY_BUMP_SHARE,
    SPREAD_BUMP,
    risk_rows,
    solve_rows,
    value_rows,
)
from parspread.cds.contracts import CdsContracts, discount_rows
from parspread.cds.hazard_curves import HazardCurves, cumulative_hazards, last_node_years
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.calendar import days_between


@dataclass(frozen=True)
class CdsValues:
    """Value of each contract to the protection buyer, per 100 of notional at settlement.

    Attributes
    ----------
    spread_bps : float array, shape (n_quotes,)
        Par spread of the hazard curve: the conventional spread if the curve is flat.
    hazard_dec : float array, shape (n_quotes,)
        Flat hazard per year; the average hazard to maturity if the curve is not flat.
    rpv01_years : float array, shape (n_quotes,)
        Clean value of one unit of coupon per year (risky annuity).
    protection_pct_par : float array, shape (n_quotes,)
        Value of the protection leg.
    upfront_pct_par : float array, shape (n_quotes,)
        Clean upfront the buyer pays: (spread - coupon) x risky annuity.
    price_pct_par : float array, shape (n_quotes,)
        Quoted price, 100 less the clean upfront.
    accrued_pct_par : float array, shape (n_quotes,)
        Coupon accrued, which the buyer receives back at settlement.
    status : int8 array, shape (n_quotes,)
        Codes of `CdsStatus`; everything above is NaN unless it is OK.
    """

    spread_bps: FloatArray
    hazard_dec: FloatArray
    rpv01_years: FloatArray
    protection_pct_par: FloatArray
    upfront_pct_par: FloatArray
    price_pct_par: FloatArray
    accrued_pct_par: FloatArray
    status: StatusArray


@dataclass(frozen=True)
class CdsRisks:
    """Change of the buyer's clean upfront in dollars; the seller's risks are the negatives.

    Attributes
    ----------
    cs01_usd_per_bp : float array, shape (n_quotes,)
        Quoted spread up by one basis point.
    ir01_usd_per_bp : float array, shape (n_quotes,)
        Zero rates up by one basis point, quoted spread held.
    rec01_usd : float array, shape (n_quotes,)
        Recovery up by one percentage point, quoted spread held.
    jump_to_default_usd : float array, shape (n_quotes,)
        Immediate default: loss given default less the upfront.
    values : CdsValues
        Values at the quoted spread, from which the changes are counted.
    status : int8 array, shape (n_quotes,)
        Codes of `CdsStatus`; the risks are NaN unless it is OK.
    """

    cs01_usd_per_bp: FloatArray
    ir01_usd_per_bp: FloatArray
    rec01_usd: FloatArray
    jump_to_default_usd: FloatArray
    values: CdsValues
    status: StatusArray


def value_from_spread(
    contracts: CdsContracts,
    spread_bps: ArrayLike,
    discount: DiscountCurves,
) -> CdsValues:
    """Return values at a conventional spread, that is on the flat hazard which makes it fair.

    Parameters
    ----------
    contracts : CdsContracts
        n_quotes contracts.
    spread_bps : float array, shape (n_quotes,) or scalar
        Quoted spread, basis points per year, >= 0; NaN gives MISSING_INPUT, a negative spread
        HAZARD_BELOW_ZERO, one that needs more than 50 defaults a year HAZARD_ABOVE_LIMIT.
    discount : DiscountCurves
        One row, or one per quote.

    Returns
    -------
    CdsValues

    Raises
    ------
    ValueError
        If the number of discount curves is neither one nor that of the contracts.

    Notes
    -----
    Solves protection(h) = spread x annuity(h) with Newton steps and both slopes; two or three
    evaluations. Where they fail, secant steps inside a bracket decide.

    Examples
    --------
    >>> from parspread.cds.contracts import cds_contracts
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> values = value_from_spread(contracts, 60.0, DiscountCurves.flat(0.04))
    >>> round(float(values.price_pct_par[0]), 8)
    101.80067997
    """
    spread = _per_quote(spread_bps, contracts)
    return _solved_values(contracts, spread, np.zeros_like(spread), discount)


def value_from_upfront(
    contracts: CdsContracts,
    upfront_pct_par: ArrayLike,
    discount: DiscountCurves,
    *,
    hazard_guess_dec: ArrayLike | None = None,
) -> CdsValues:
    """Return values at a quoted clean upfront; a price quote P is the upfront 100 - P.

    Parameters
    ----------
    contracts, discount
        As `value_from_spread` takes them.
    upfront_pct_par : float array, shape (n_quotes,) or scalar
        Clean upfront the buyer pays, per 100 of notional; negative when the spread is below the
        coupon. NaN gives MISSING_INPUT, an upfront below that of a riskless name
        HAZARD_BELOW_ZERO, one at or above the loss given default HAZARD_ABOVE_LIMIT.
    hazard_guess_dec : float array, shape (n_quotes,), optional
        Where the search for the flat hazard starts, if it is nearly known; NaN is no guess.

    Returns
    -------
    CdsValues
        spread_bps is the conventional spread. With rates below zero an upfront next to the whole
        loss may belong to two spreads; the one returned reprices it.

    Raises
    ------
    ValueError
        If the number of discount curves is neither one nor that of the contracts.

    Examples
    --------
    >>> from parspread.cds.contracts import cds_contracts
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> values = value_from_upfront(contracts, 100 - 101.80067997, DiscountCurves.flat(0.04))
    >>> round(float(values.spread_bps[0]), 5)
    60.0
    """
    upfront = _per_quote(upfront_pct_par, contracts)
    return _solved_values(contracts, contracts.coupon_bps, upfront, discount, hazard_guess_dec)


def value_from_curves(
    contracts: CdsContracts,
    curves: HazardCurves,
    discount: DiscountCurves,
    *,
    curve_index: ArrayLike | None = None,
) -> CdsValues:
    """Return values, and the par spread, of contracts on bootstrapped hazard curves.

    Parameters
    ----------
    contracts : CdsContracts
        n_quotes contracts of any maturity, traded on the date of their curve.
    curves : HazardCurves
        n_curves curves.
    discount : DiscountCurves
        One row, or one per quote.
    curve_index : int array, shape (n_quotes,), optional
        Row of each contract's hazard curve; by default contract i is priced on curve i.

    Returns
    -------
    CdsValues
        A maturity beyond the last node gives OUTSIDE_CURVE: nothing is extrapolated. Below the
        first node the first hazard holds, as the bootstrap assumed. An unusable curve passes its
        status on.

    Raises
    ------
    ValueError
        If curve_index has not one entry per contract, or a trade date differs from its curve's.

    Examples
    --------
    >>> from parspread.cds.hazard_curves import bootstrap_hazard
    >>> discount = DiscountCurves.flat(0.04)
    >>> curves = bootstrap_hazard("2025-06-03", [["2026-06-20", "2030-06-20"]], [[50.0, 80.0]],
    ...                           discount, recovery_share=0.4)
    >>> from parspread.cds.contracts import cds_contracts
    >>> contracts = cds_contracts("2025-06-03", "2028-06-20", coupon_bps=100, recovery_share=0.4)
    >>> round(float(value_from_curves(contracts, curves, discount).spread_bps[0]), 2)
    74.88
    """
    count = len(contracts.trade_date)
    row = np.arange(count) if curve_index is None else np.asarray(curve_index)
    if row.shape != (count,) or row.max(initial=-1) >= len(curves.status):
        raise ValueError(
            "curve_index must name one hazard curve per contract; "
            f"{len(curves.status)} curves and {count} contracts came with shape {row.shape}"
        )
    apart = np.flatnonzero(days_between(curves.trade_date[row], contracts.trade_date) != 0)
    apart = apart[contracts.status[apart] == CdsStatus.OK]
    if apart.size:
        raise ValueError(
            "trade_date must equal that of the hazard curve; "
            f"position {apart[0]} was {contracts.trade_date[apart[0]]} "
            f"on a curve of {curves.trade_date[row][apart[0]]}"
        )
    cumulative = cumulative_hazards(curves)
    status = np.where(contracts.status == CdsStatus.OK, curves.status[row], contracts.status)
    maturity_years = days_between(contracts.trade_date, contracts.maturity_date) / DAYS_PER_YEAR
    is_outside = maturity_years > last_node_years(cumulative)[row]
    status[(status == CdsStatus.OK) & is_outside] = CdsStatus.OUTSIDE_CURVE
    discounts, status = discount_rows(discount, status)
    legs = LegValues(*np.full((3, count), np.nan))
    value_rows(contracts.terms, discounts, cumulative, row, legs, status)
    settlement = factor_rows(discounts, contracts.settlement_years)
    return _assembled(contracts, contracts.recovery_share, settlement, legs, status)


def risks(
    contracts: CdsContracts,
    spread_bps: ArrayLike,
    discount: DiscountCurves,
    *,
    notional_usd: ArrayLike = 1e6,
    hazard_guess_dec: ArrayLike | None = None,
) -> CdsRisks:
    """Return the standard risks at a conventional spread, each by full repricing.

    Parameters
    ----------
    contracts, spread_bps, discount
        As `value_from_spread` takes them.
    notional_usd : float array, shape (n_quotes,) or scalar
        Notional in force (index factor included), dollars.
    hazard_guess_dec
        As `value_from_upfront` takes it.

    Returns
    -------
    CdsRisks

    Raises
    ------
    ValueError
        If the number of discount curves is neither one nor that of the contracts.

    Examples
    --------
    >>> from parspread.cds.contracts import cds_contracts
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> round(float(risks(contracts, 60.0, DiscountCurves.flat(0.04)).cs01_usd_per_bp[0]), 2)
    457.3
    """
    spread = _per_quote(spread_bps, contracts)
    discounts, status = discount_rows(discount, _quoted_status(contracts, spread))
    quotes = _quotes(contracts, discounts, spread, np.zeros_like(spread))
    count, recovery = len(status), contracts.recovery_share
    solved = LegValues(*np.full((3, BUMP_COUNT, count), np.nan))
    if hazard_guess_dec is not None:
        solved.hazard[0] = hazard_guess_dec
    by_bump = np.repeat(status[None, :], BUMP_COUNT, axis=0)
    risk_rows(contracts.terms, discounts, quotes, contracts.settlement_years, solved, by_bump)
    settlement = quotes.settlement_discount
    later = settlement * np.exp(-BPS * contracts.settlement_years)

    def value(bump: int, discount: FloatArray, recovery: FloatArray) -> CdsValues:
        legs = LegValues(*(column[bump] for column in solved))
        return _assembled(contracts, recovery, discount, legs, by_bump[bump])

    base = value(0, settlement, recovery)
    wider = value(SPREAD_BUMP, settlement, recovery)
    dearer = value(RATE_BUMP, later, recovery)
    richer = value(RECOVERY_BUMP, settlement, recovery + RECOVERY_BUMP_SHARE)
    upfront, status = base.upfront_pct_par, by_bump.max(axis=0)
    per_point_usd = np.where(status == CdsStatus.OK, np.asarray(notional_usd) / 100.0, np.nan)
    cs01, ir01, rec01 = (
        (bumped.upfront_pct_par - upfront) * per_point_usd for bumped in (wider, dearer, richer)
    )
    jump_to_default = (100.0 * (1.0 - recovery) - upfront) * per_point_usd
    return CdsRisks(cs01, ir01, rec01, jump_to_default, base, status)


def cash_amount_usd(
    values: CdsValues, notional_usd: ArrayLike, *, index_factor_share: ArrayLike = 1.0
) -> FloatArray:
    """Return the cash the buyer pays at settlement: clean upfront less the accrued coupon.

    Formula: notional x factor x (upfront - coupon x accrued days / 360).

    Parameters
    ----------
    values : CdsValues
        n_quotes values.
    notional_usd : float array, shape (n_quotes,) or scalar
        Original notional, dollars.
    index_factor_share : float array, shape (n_quotes,) or scalar
        Share of the index that has not defaulted, in [0, 1].

    Returns
    -------
    cash_usd : float array, shape (n_quotes,)
        NaN where the values are; negative when the buyer receives.

    Examples
    --------
    >>> from parspread.cds.contracts import cds_contracts
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> values = value_from_spread(contracts, 60.0, DiscountCurves.flat(0.04))
    >>> round(float(cash_amount_usd(values, 1e7)[0]), 2)
    -201179.11
    """
    in_force_usd = np.asarray(notional_usd) * np.asarray(index_factor_share)
    return in_force_usd * (values.upfront_pct_par - values.accrued_pct_par) / 100.0


def upfront_at_coupon(values: CdsValues, coupon_bps: ArrayLike) -> FloatArray:
    """Return the clean upfront of the same contracts at another coupon.

    Formula: protection - coupon x risky annuity; no leg changes with the coupon.

    Parameters
    ----------
    values : CdsValues
        n_quotes values.
    coupon_bps : float array, shape (n_quotes,) or scalar
        Running coupon, basis points per year.

    Returns
    -------
    upfront_pct_par : float array, shape (n_quotes,)
        NaN where the values are.

    Examples
    --------
    >>> from parspread.cds.contracts import cds_contracts
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> values = value_from_spread(contracts, 60.0, DiscountCurves.flat(0.04))
    >>> upfront_at_coupon(values, 60.0).round(9) + 0.0
    array([0.])
    """
    return values.protection_pct_par - np.asarray(coupon_bps) / 100.0 * values.rpv01_years


def _per_quote(values: ArrayLike, contracts: CdsContracts) -> FloatArray:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), contracts.coupon_bps.shape)


def _quoted_status(contracts: CdsContracts, *quotes: FloatArray) -> StatusArray:
    """Return the status of the terms, or MISSING_INPUT where a quote is missing."""
    is_missing = np.isnan(quotes).any(axis=0) & (contracts.status == CdsStatus.OK)
    return np.where(is_missing, np.int8(CdsStatus.MISSING_INPUT), contracts.status)


def _quotes(
    contracts: CdsContracts,
    discounts: Discounts,
    running_bps: FloatArray,
    upfront_pct_par: FloatArray,
) -> Quote:
    return Quote(
        contracts.accrued_days / PREMIUM_DAYS_PER_YEAR,
        factor_rows(discounts, contracts.settlement_years),
        running_bps * BPS,
        upfront_pct_par / 100.0,
        1.0 - contracts.recovery_share,
    )


def _solved_values(
    contracts: CdsContracts,
    running_bps: FloatArray,
    upfront_pct_par: FloatArray,
    discount: DiscountCurves,
    hazard_guess_dec: ArrayLike | None = None,
) -> CdsValues:
    """Value on the flat hazard at which paying running_bps costs upfront_pct_par."""
    status = _quoted_status(contracts, running_bps, upfront_pct_par)
    discounts, status = discount_rows(discount, status)
    quotes = _quotes(contracts, discounts, running_bps, upfront_pct_par)
    legs = LegValues(*np.full((3, len(status)), np.nan))
    guess = np.full(len(status), np.nan)
    if hazard_guess_dec is not None:
        guess[:] = hazard_guess_dec
    solve_rows(contracts.terms, discounts, quotes, guess, legs, status)
    settlement = quotes.settlement_discount
    return _assembled(contracts, contracts.recovery_share, settlement, legs, status)


def _assembled(
    contracts: CdsContracts,
    recovery_share: FloatArray,
    settlement_discount: FloatArray,
    legs: LegValues,
    status: StatusArray,
) -> CdsValues:
    """Carry both legs to the settlement date and derive the quotes from them."""
    forward = 1.0 / settlement_discount
    accrued_years = contracts.accrued_days / PREMIUM_DAYS_PER_YEAR
    protection_pct_par = 100.0 * (1.0 - recovery_share) * legs.protection * forward
    rpv01_years = legs.annuity * forward - accrued_years
    upfront_pct_par = protection_pct_par - contracts.coupon_bps / 100.0 * rpv01_years
    columns = (
        100.0 * protection_pct_par / rpv01_years,
        legs.hazard,
        rpv01_years,
        protection_pct_par,
        upfront_pct_par,
        100.0 - upfront_pct_par,
        contracts.coupon_bps / 100.0 * accrued_years,
    )
    is_ok = status == CdsStatus.OK
    return CdsValues(*(np.where(is_ok, column, np.nan) for column in columns), status)
