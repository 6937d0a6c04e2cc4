"""Prices of credit default swaps in the ISDA standard model, many quotes at once.

Sign: everything is seen by the protection buyer, who pays the clean upfront; the seller's value is
its negative. Time runs in years of 365 days from the trade date (ACT/365F); premiums accrue
ACT/360. Discount and hazard curves are piecewise flat in their forward rates. Values are per 100 of
notional at cash settlement.

Formulas: ISDA CDS Standard Model, version 1.8.2, with the half-day correction of its accrual on
default; White (2013), "The Pricing and Risk Management of Credit Default Swaps, with a Focus on the
ISDA Model", OpenGamma.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from parspread.cds_legs import (
    DAYS_PER_YEAR,
    PREMIUM_DAYS_PER_YEAR,
    CdsStatus,
    FloatArray,
    StatusArray,
    bootstrap_rows,
    discount_factor,
    solve_rows,
    value_rows,
)
from parspread.cds_schedule import (
    ONE_DAY,
    DateArray,
    accrued_days,
    as_dates,
    cash_settlement_date,
    days_between,
    first_accrual_date,
    premium_schedule,
)

BPS = 1e-4


@dataclass(frozen=True)
class DiscountCurves:
    """Discount curves, log-linear between nodes; the last forward rate goes on beyond them.

    Attributes
    ----------
    node_years : float array, shape (n_curves, n_nodes)
        Times from the trade date, > 0, strictly increasing along each row.
    log_discount : float array, shape (n_curves, n_nodes)
        Natural logarithm of the discount factor; NaN anywhere makes the row unusable.

    One row serves every quote; otherwise there is one row per quote.
    """

    node_years: FloatArray
    log_discount: FloatArray

    def __post_init__(self) -> None:
        """Check shapes and the order of the nodes."""
        _check_nodes("node_years", self.node_years, self.log_discount.shape)

    @classmethod
    def flat(cls, rate_dec: ArrayLike) -> Self:
        """Return flat curves of continuously compounded rates.

        Parameters
        ----------
        rate_dec : float array, shape (n_curves,) or scalar
            Rate per year, decimal, ACT/365F; any sign.

        Returns
        -------
        DiscountCurves

        Examples
        --------
        >>> float(DiscountCurves.flat(0.04).log_discount[0, 0])
        -0.04
        """
        return cls.from_zero_rates([1.0], np.atleast_1d(rate_dec)[:, None])

    @classmethod
    def from_zero_rates(cls, node_years: ArrayLike, zero_rate_dec: ArrayLike) -> Self:
        """Return curves through continuously compounded zero rates.

        Parameters
        ----------
        node_years : float array, shape (n_nodes,) or (n_curves, n_nodes)
            Times of the rates, > 0, strictly increasing.
        zero_rate_dec : float array, shape (n_nodes,) or (n_curves, n_nodes)
            Zero rates per year, decimal, ACT/365F.

        Returns
        -------
        DiscountCurves

        Raises
        ------
        ValueError
            If the nodes are not positive and strictly increasing.

        Examples
        --------
        >>> DiscountCurves.from_zero_rates([1.0, 2.0], [0.03, 0.04]).log_discount
        array([[-0.03, -0.08]])
        """
        node, rate = np.broadcast_arrays(
            np.atleast_2d(np.asarray(node_years, dtype=np.float64)),
            np.atleast_2d(np.asarray(zero_rate_dec, dtype=np.float64)),
        )
        # A copy: compiled functions warn of arrays that broadcasting shares between rows.
        return cls(np.array(node), -node * rate)

    def shifted(self, shift_dec: float) -> Self:
        """Return the curves with every zero rate moved in parallel.

        Parameters
        ----------
        shift_dec : float
            Shift of the continuously compounded zero rates, decimal.

        Returns
        -------
        DiscountCurves

        Examples
        --------
        >>> float(DiscountCurves.flat(0.04).shifted(0.01).log_discount[0, 0])
        -0.05
        """
        return replace(self, log_discount=self.log_discount - shift_dec * self.node_years)

    def take(self, row_index: ArrayLike) -> Self:
        """Return the curves at the given rows, one per quote.

        Parameters
        ----------
        row_index : int array, shape (n_quotes,)
            Row of each quote's curve, within [0, n_curves).

        Returns
        -------
        DiscountCurves

        Examples
        --------
        >>> DiscountCurves.flat([0.01, 0.02]).take([1, 1, 0]).log_discount.ravel()
        array([-0.02, -0.02, -0.01])
        """
        return replace(
            self,
            node_years=self.node_years[np.asarray(row_index)],
            log_discount=self.log_discount[np.asarray(row_index)],
        )


@dataclass(frozen=True)
class CdsContracts:
    """Contracts ready to be priced: their dates turned into times from the trade date.

    Attributes
    ----------
    trade_date, maturity_date : datetime64[D] arrays, shape (n_quotes,)
    coupon_bps : float array, shape (n_quotes,)
        Running coupon, basis points per year: 100 or 500 on standard contracts.
    recovery_share : float array, shape (n_quotes,)
        Assumed recovery, in [0, 1).
    period_start_years, period_end_years, payment_years : float arrays, (n_quotes, n_periods)
        Premium periods as the model observes survival, one day before each accrual date; NaN where
        a row has fewer periods.
    period_days : float array, shape (n_quotes, n_periods)
        Days that each period pays for.
    settlement_years : float array, shape (n_quotes,)
        Time of the cash settlement.
    accrued_days : float array, shape (n_quotes,)
        Days accrued at step-in.
    status : int8 array, shape (n_quotes,)
        `CdsStatus`: OK, MISSING_INPUT, EXPIRED or RECOVERY_OUT_OF_RANGE.
    """

    trade_date: DateArray
    maturity_date: DateArray
    coupon_bps: FloatArray
    recovery_share: FloatArray
    period_start_years: FloatArray
    period_end_years: FloatArray
    payment_years: FloatArray
    period_days: FloatArray
    settlement_years: FloatArray
    accrued_days: FloatArray
    status: StatusArray


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
    dts_usd : float array, shape (n_quotes,)
        Duration times spread: CS01 x spread in basis points.
    values : CdsValues
        Values at the quoted spread, from which the changes are counted.
    status : int8 array, shape (n_quotes,)
        Codes of `CdsStatus`; the risks are NaN unless it is OK.
    """

    cs01_usd_per_bp: FloatArray
    ir01_usd_per_bp: FloatArray
    rec01_usd: FloatArray
    jump_to_default_usd: FloatArray
    dts_usd: FloatArray
    values: CdsValues
    status: StatusArray


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


def cds_contracts(
    trade_date: ArrayLike,
    maturity_date: ArrayLike,
    *,
    coupon_bps: ArrayLike,
    recovery_share: ArrayLike,
    accrual_start_date: ArrayLike | None = None,
    settlement_lag_sessions: int = 3,
    holiday_dates: ArrayLike = (),
) -> CdsContracts:
    """Return contracts ready to be priced; by default they have a full first coupon.

    Parameters
    ----------
    trade_date, maturity_date : datetime64[D] arrays, shape (n_quotes,)
        NaT gives MISSING_INPUT, a maturity not after the trade EXPIRED.
    coupon_bps : float array, shape (n_quotes,) or scalar
        Running coupon, basis points per year.
    recovery_share : float array, shape (n_quotes,) or scalar
        Assumed recovery, in [0, 1); other values give RECOVERY_OUT_OF_RANGE.
    accrual_start_date : datetime64[D] array, shape (n_quotes,), optional
        First day of accrual where the contract is not standard. In the future: protection starts
        there too.
    settlement_lag_sessions : int
        Business days from trade to cash settlement, >= 0.
    holiday_dates : datetime64[D] array
        Closed days besides weekends.

    Returns
    -------
    CdsContracts

    Raises
    ------
    ValueError
        If settlement_lag_sessions is negative.

    Examples
    --------
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> contracts.accrued_days, contracts.period_days[0, :2]
    (array([76.]), array([92., 94.]))
    """
    trade, maturity, coupon, recovery = np.broadcast_arrays(
        as_dates(trade_date),
        as_dates(maturity_date),
        np.asarray(coupon_bps, dtype=np.float64),
        np.asarray(recovery_share, dtype=np.float64),
    )
    # Copies, as in from_zero_rates.
    coupon, recovery = np.array(coupon), np.array(recovery)
    if accrual_start_date is None:
        # The maturity ends the last period and starts none, even where step-in falls on it.
        before_maturity = np.minimum(trade, maturity - 2 * ONE_DAY)
        accrual_start_date = first_accrual_date(before_maturity, holiday_dates=holiday_dates)
    start = np.broadcast_to(as_dates(accrual_start_date), trade.shape)
    schedule = premium_schedule(start, maturity, holiday_dates=holiday_dates)
    settlement = cash_settlement_date(
        trade, settlement_lag_sessions=settlement_lag_sessions, holiday_dates=holiday_dates
    )
    status = np.full(trade.shape, CdsStatus.OK, dtype=np.int8)
    status[~((recovery >= 0) & (recovery < 1))] = CdsStatus.RECOVERY_OUT_OF_RANGE
    status[maturity <= trade] = CdsStatus.EXPIRED
    is_missing = np.isnat(trade) | np.isnat(maturity) | np.isnat(start)
    status[is_missing | np.isnan(coupon) | np.isnan(recovery)] = CdsStatus.MISSING_INPUT
    since = trade[:, None]
    return CdsContracts(
        trade,
        maturity,
        coupon,
        recovery,
        days_between(since, schedule.accrual_start_date - ONE_DAY) / DAYS_PER_YEAR,
        days_between(since, schedule.accrual_end_date - ONE_DAY) / DAYS_PER_YEAR,
        days_between(since, schedule.payment_date) / DAYS_PER_YEAR,
        schedule.accrual_days,
        days_between(trade, settlement) / DAYS_PER_YEAR,
        accrued_days(trade, schedule),
        status,
    )


def value_from_spread(
    contracts: CdsContracts,
    spread_bps: ArrayLike,
    discount: DiscountCurves,
    *,
    hazard_limit_dec: float = 50.0,
    upfront_tol_pct_par: float = 1e-13,
) -> CdsValues:
    """Return values at a conventional spread, that is on the flat hazard which makes it fair.

    Parameters
    ----------
    contracts : CdsContracts
        n_quotes contracts.
    spread_bps : float array, shape (n_quotes,) or scalar
        Quoted spread, basis points per year, >= 0; NaN gives MISSING_INPUT, a negative spread
        HAZARD_BELOW_ZERO.
    discount : DiscountCurves
        One row, or one per quote.
    hazard_limit_dec : float
        Largest hazard tried, per year; a quote that needs more gives HAZARD_ABOVE_LIMIT.
    upfront_tol_pct_par : float
        The solver stops at this residual of the upfront, per 100 of notional.

    Returns
    -------
    CdsValues

    Raises
    ------
    ValueError
        If the number of discount curves is neither one nor that of the contracts.

    Notes
    -----
    Solves protection(h) = spread x annuity(h) with secant steps, held inside a bracket by
    bisection; residual of 1e-15 of notional after four or five evaluations.

    Examples
    --------
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> values = value_from_spread(contracts, 60.0, DiscountCurves.flat(0.04))
    >>> round(float(values.price_pct_par[0]), 8)
    101.80067997
    """
    spread = _per_quote(spread_bps, contracts)
    return _solved_values(
        contracts, spread, np.zeros_like(spread), discount, hazard_limit_dec, upfront_tol_pct_par
    )


def value_from_upfront(
    contracts: CdsContracts,
    upfront_pct_par: ArrayLike,
    discount: DiscountCurves,
    *,
    hazard_limit_dec: float = 50.0,
    upfront_tol_pct_par: float = 1e-13,
) -> CdsValues:
    """Return values at a quoted clean upfront; a price quote P is the upfront 100 - P.

    Parameters
    ----------
    contracts : CdsContracts
        n_quotes contracts.
    upfront_pct_par : float array, shape (n_quotes,) or scalar
        Clean upfront the buyer pays, per 100 of notional; negative when the spread is below the
        coupon. NaN gives MISSING_INPUT, an upfront below that of a riskless name
        HAZARD_BELOW_ZERO, one at or above the loss given default HAZARD_ABOVE_LIMIT.
    discount : DiscountCurves
        One row, or one per quote.
    hazard_limit_dec : float
        Largest hazard tried, per year.
    upfront_tol_pct_par : float
        The solver stops at this residual of the upfront, per 100 of notional.

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
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> values = value_from_upfront(contracts, 100 - 101.80067997, DiscountCurves.flat(0.04))
    >>> round(float(values.spread_bps[0]), 5)
    60.0
    """
    return _solved_values(
        contracts,
        contracts.coupon_bps,
        _per_quote(upfront_pct_par, contracts),
        discount,
        hazard_limit_dec,
        upfront_tol_pct_par,
    )


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
    >>> discount = DiscountCurves.flat(0.04)
    >>> curves = bootstrap_hazard("2025-06-03", [["2026-06-20", "2030-06-20"]], [[50.0, 80.0]],
    ...                           discount, recovery_share=0.4)
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
    node, cumulative = _compact_nodes(curves)
    status = np.where(contracts.status == CdsStatus.OK, curves.status[row], contracts.status)
    maturity_years = days_between(contracts.trade_date, contracts.maturity_date) / DAYS_PER_YEAR
    last_node = np.where(np.isfinite(node), node, 0.0).max(axis=1)[row]
    status[(status == CdsStatus.OK) & (maturity_years > last_node)] = CdsStatus.OUTSIDE_CURVE
    discount_node, discount_log, status = _discount_rows(discount, status)
    protection, annuity, hazard = np.full((3, count), np.nan)
    value_rows(
        contracts.period_start_years,
        contracts.period_end_years,
        contracts.payment_years,
        contracts.period_days,
        discount_node,
        discount_log,
        node[row],
        cumulative[row],
        status == CdsStatus.OK,
        protection,
        annuity,
        hazard,
    )
    return _assembled(contracts, discount_node, discount_log, protection, annuity, hazard, status)


def risks(
    contracts: CdsContracts,
    spread_bps: ArrayLike,
    discount: DiscountCurves,
    *,
    notional_usd: ArrayLike = 1e6,
) -> CdsRisks:
    """Return the standard risks at a conventional spread, each by full repricing.

    Parameters
    ----------
    contracts : CdsContracts
        n_quotes contracts.
    spread_bps : float array, shape (n_quotes,) or scalar
        Quoted spread, basis points per year, >= 0.
    discount : DiscountCurves
        One row, or one per quote.
    notional_usd : float array, shape (n_quotes,) or scalar
        Notional in force (index factor included), dollars.

    Returns
    -------
    CdsRisks

    Raises
    ------
    ValueError
        If the number of discount curves is neither one nor that of the contracts.

    Examples
    --------
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> round(float(risks(contracts, 60.0, DiscountCurves.flat(0.04)).cs01_usd_per_bp[0]), 2)
    457.3
    """
    spread = _per_quote(spread_bps, contracts)
    base = value_from_spread(contracts, spread, discount)
    upfront = base.upfront_pct_par
    more_recovery = replace(contracts, recovery_share=contracts.recovery_share + 0.01)
    bumped = (
        value_from_spread(contracts, spread + 1.0, discount),
        value_from_spread(contracts, spread, discount.shifted(BPS)),
        value_from_spread(more_recovery, spread, discount),
    )
    status = np.maximum.reduce([base.status, *(value.status for value in bumped)])
    per_point_usd = np.where(status == CdsStatus.OK, np.asarray(notional_usd) / 100.0, np.nan)
    cs01, ir01, rec01 = ((value.upfront_pct_par - upfront) * per_point_usd for value in bumped)
    loss_pct_par = 100.0 * (1.0 - contracts.recovery_share)
    jump_to_default = (loss_pct_par - upfront) * per_point_usd
    return CdsRisks(cs01, ir01, rec01, jump_to_default, spread * cs01, base, status)


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
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> values = value_from_spread(contracts, 60.0, DiscountCurves.flat(0.04))
    >>> round(float(cash_amount_usd(values, 1e7)[0]), 2)
    -201179.11
    """
    in_force_usd = np.asarray(notional_usd) * np.asarray(index_factor_share)
    return in_force_usd * (values.upfront_pct_par - values.accrued_pct_par) / 100.0


def bootstrap_hazard(
    trade_date: ArrayLike,
    maturity_date: ArrayLike,
    par_spread_bps: ArrayLike,
    discount: DiscountCurves,
    *,
    recovery_share: ArrayLike,
    holiday_dates: ArrayLike = (),
    hazard_limit_dec: float = 50.0,
    upfront_tol_pct_par: float = 1e-13,
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
    holiday_dates : datetime64[D] array
        Closed days besides weekends.
    hazard_limit_dec : float
        Largest hazard tried, per year; there is no cap at one.
    upfront_tol_pct_par : float
        Each tenor is solved to this residual, per 100 of notional.

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
    unordered = np.argwhere(~np.isnat(maturity[:, :-1]) & (maturity[:, 1:] <= maturity[:, :-1]))
    if unordered.size:
        row, position = unordered[0]
        raise ValueError(
            f"maturity_date must be strictly increasing; row {row} position {position + 1} was "
            f"{maturity[row, position + 1]} after {maturity[row, position]}"
        )
    recovery = np.broadcast_to(np.asarray(recovery_share, dtype=np.float64), shape[:1])
    contracts = cds_contracts(
        np.repeat(trade, shape[1]),
        maturity.ravel(),
        coupon_bps=0.0,
        recovery_share=np.repeat(recovery, shape[1]),
        holiday_dates=holiday_dates,
    )
    is_quoted = ~np.isnan(spread)
    # A tenor without a quote must not spoil its curve; among quoted ones the worst status counts.
    tenor_status = np.where(is_quoted, contracts.status.reshape(shape), CdsStatus.OK)
    status = tenor_status.max(axis=1, initial=0).astype(np.int8)
    status[~is_quoted.any(axis=1)] = CdsStatus.TOO_FEW_TENORS
    discount_node, discount_log, status = _discount_rows(discount, status)
    node = days_between(contracts.trade_date, contracts.maturity_date).reshape(shape)
    node = np.where(is_quoted, node, np.nan) / DAYS_PER_YEAR
    hazard = np.full(shape, np.nan)
    periods = (*shape, contracts.period_days.shape[1])
    settlement_discount = discount_factor(
        discount_node, discount_log, contracts.settlement_years.reshape(shape)[:, 0]
    )
    bootstrap_rows(
        contracts.period_start_years.reshape(periods),
        contracts.period_end_years.reshape(periods),
        contracts.payment_years.reshape(periods),
        contracts.period_days.reshape(periods),
        contracts.accrued_days.reshape(shape),
        settlement_discount,
        discount_node,
        discount_log,
        node,
        spread * BPS,
        1.0 - recovery,
        hazard_limit_dec,
        upfront_tol_pct_par / 100.0,
        hazard,
        status,
    )
    hazard[status != CdsStatus.OK] = np.nan
    return HazardCurves(trade, recovery, node, hazard, status)


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
    node, cumulative = _compact_nodes(curves)
    last_node = np.where(np.isfinite(node), node, 0.0).max(axis=1)[row]
    is_inside = (time >= 0) & (time <= last_node) & (curves.status[row] == CdsStatus.OK)
    inside_time = np.where(is_inside, time, 0.0)
    return np.where(is_inside, discount_factor(node[row], -cumulative[row], inside_time), np.nan)


def triangle_hazard_dec(spread_bps: ArrayLike, recovery_share: ArrayLike) -> FloatArray:
    """Return the credit-triangle hazard, (365/360) x spread / (1 - recovery).

    Good for signals, not for cash: see `triangle_rpv01_years`.

    Parameters
    ----------
    spread_bps : float array
        Spread, basis points per year; NaN stays NaN.
    recovery_share : float array
        Recovery, in [0, 1).

    Returns
    -------
    hazard_dec : float array
        Hazard per year of 365 days.

    Examples
    --------
    >>> round(float(triangle_hazard_dec(60.0, 0.4)), 8)
    0.01013889
    """
    loss_share = 1.0 - np.asarray(recovery_share)
    accrual_ratio = DAYS_PER_YEAR / PREMIUM_DAYS_PER_YEAR
    return accrual_ratio * np.asarray(spread_bps) * BPS / loss_share


def triangle_rpv01_years(
    hazard_dec: ArrayLike, rate_dec: ArrayLike, maturity_years: ArrayLike
) -> FloatArray:
    """Return the credit-triangle risky annuity, 0.35 to 0.5 % above the ISDA one.

    Formula: (365/360) (1 - exp(-(r + h) T)) / (r + h); its limit is (365/360) T at r + h = 0.

    Parameters
    ----------
    hazard_dec, rate_dec : float arrays
        Hazard and continuously compounded rate per year, decimal.
    maturity_years : float array
        Time to maturity, >= 0.

    Returns
    -------
    rpv01_years : float array

    Examples
    --------
    >>> round(float(triangle_rpv01_years(0.0, 0.0, 5.0)), 6)
    5.069444
    """
    decay, years = np.asarray(hazard_dec) + np.asarray(rate_dec), np.asarray(maturity_years)
    is_zero = np.abs(decay) < 1e-12
    safe_decay = np.where(is_zero, 1.0, decay)
    annuity_years = np.where(is_zero, years, -np.expm1(-safe_decay * years) / safe_decay)
    return DAYS_PER_YEAR / PREMIUM_DAYS_PER_YEAR * annuity_years


def _per_quote(values: ArrayLike, contracts: CdsContracts) -> FloatArray:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), contracts.coupon_bps.shape)


def _check_nodes(name: str, node_years: FloatArray, shape: tuple[int, ...]) -> None:
    if node_years.ndim != 2 or node_years.shape != shape or shape[1] == 0:
        raise ValueError(
            f"{name} must have the shape (n_curves, n_nodes) of its values; "
            f"{node_years.shape} came with {shape}"
        )
    steps = np.diff(node_years, axis=1, prepend=0.0)
    bad = np.argwhere(~(steps > 0))
    if bad.size:
        row, position = bad[0]
        raise ValueError(
            f"{name} must be positive and strictly increasing; "
            f"row {row} position {position} was {node_years[row, position]}"
        )


def _discount_rows(
    discount: DiscountCurves, status: StatusArray
) -> tuple[FloatArray, FloatArray, StatusArray]:
    """Return one discount row per quote, and MISSING_INPUT where it has a hole."""
    shape = (len(status), discount.node_years.shape[1])
    if len(discount.node_years) not in (1, len(status)):
        raise ValueError(
            "discount must have one row or one per quote; "
            f"{len(discount.node_years)} rows came with {len(status)} quotes"
        )
    log_discount = np.broadcast_to(discount.log_discount, shape)
    has_hole = np.isnan(log_discount).any(axis=1)
    status = np.where(has_hole & (status == CdsStatus.OK), CdsStatus.MISSING_INPUT, status)
    return np.broadcast_to(discount.node_years, shape), log_discount, status.astype(np.int8)


def _compact_nodes(curves: HazardCurves) -> tuple[FloatArray, FloatArray]:
    """Return node times and cumulative hazards with the unquoted tenors moved to the end.

    The free cells at the end hold an infinite time, which no contract reaches.
    """
    order = np.argsort(np.isnan(curves.hazard_dec), axis=1, kind="stable")
    hazard = np.take_along_axis(curves.hazard_dec, order, axis=1)
    node = np.take_along_axis(curves.node_years, order, axis=1)
    node = np.where(np.isnan(hazard), np.nan, node)
    cumulative = np.cumsum(np.nan_to_num(hazard * np.diff(node, axis=1, prepend=0.0)), axis=1)
    return np.where(np.isnan(node), np.inf, node), cumulative


def _solved_values(
    contracts: CdsContracts,
    running_bps: FloatArray,
    upfront_pct_par: FloatArray,
    discount: DiscountCurves,
    hazard_limit_dec: float,
    upfront_tol_pct_par: float,
) -> CdsValues:
    """Value on the flat hazard at which paying running_bps costs upfront_pct_par."""
    status = contracts.status.copy()
    is_missing = np.isnan(running_bps) | np.isnan(upfront_pct_par)
    status[(status == CdsStatus.OK) & is_missing] = CdsStatus.MISSING_INPUT
    discount_node, discount_log, status = _discount_rows(discount, status)
    protection, annuity, hazard = np.full((3, len(status)), np.nan)
    settlement_discount = discount_factor(discount_node, discount_log, contracts.settlement_years)
    solve_rows(
        contracts.period_start_years,
        contracts.period_end_years,
        contracts.payment_years,
        contracts.period_days,
        contracts.accrued_days,
        settlement_discount,
        discount_node,
        discount_log,
        running_bps * BPS,
        upfront_pct_par / 100.0,
        1.0 - contracts.recovery_share,
        hazard_limit_dec,
        upfront_tol_pct_par / 100.0,
        protection,
        annuity,
        hazard,
        status,
    )
    return _assembled(contracts, discount_node, discount_log, protection, annuity, hazard, status)


def _assembled(
    contracts: CdsContracts,
    discount_node: FloatArray,
    discount_log: FloatArray,
    protection: FloatArray,
    annuity: FloatArray,
    hazard_dec: FloatArray,
    status: StatusArray,
) -> CdsValues:
    """Carry both legs to the settlement date and derive the quotes from them."""
    forward = 1.0 / discount_factor(discount_node, discount_log, contracts.settlement_years)
    accrued_years = contracts.accrued_days / PREMIUM_DAYS_PER_YEAR
    protection_pct_par = 100.0 * (1.0 - contracts.recovery_share) * protection * forward
    rpv01_years = annuity * forward - accrued_years
    upfront_pct_par = protection_pct_par - contracts.coupon_bps / 100.0 * rpv01_years
    columns = (
        100.0 * protection_pct_par / rpv01_years,
        hazard_dec,
        rpv01_years,
        protection_pct_par,
        upfront_pct_par,
        100.0 - upfront_pct_par,
        contracts.coupon_bps / 100.0 * accrued_years,
    )
    return CdsValues(
        *(np.where(status == CdsStatus.OK, column, np.nan) for column in columns), status
    )
