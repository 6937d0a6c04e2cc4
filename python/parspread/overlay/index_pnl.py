"""Daily P&L of an index position, repriced and explained, seen by the protection seller.

A position is the series it was sold in: its maturity stays, a new series is another contract. The
P&L of a session is that of the series held into it; a spread of the new series is never compared
with one of the old. Dollars are per the notional given; the buyer's P&L is the negative.

Formulas: the P&L between two sessions is -notional x change of the clean upfront + coupon for the
calendar days between them; it is split by full repricing in a fixed order.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import BoolArray, DateArray, FloatArray, StatusArray
from parspread.cds._pieces import PREMIUM_DAYS_PER_YEAR
from parspread.cds._row_loops import BPS
from parspread.cds.contracts import CdsContracts, cds_contracts
from parspread.cds.pricing import risks, value_from_spread
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.calendar import as_dates, days_between


class PnlStatus(IntEnum):
    """Outcome of one session's P&L; the amounts are NaN unless it is OK."""

    OK = 0
    NO_PREVIOUS_SESSION = 1
    """No earlier session with a spread: nothing was held into this one."""
    MISSING_SPREAD = 2
    """No spread today; the next quoted session carries the P&L of the gap."""
    NOT_PRICED = 3
    """A repricing failed: expired, no hazard fits, or a missing rate, coupon or recovery."""
    UNKNOWN_ROLL = 4
    """The series held was last quoted long before the roll: nobody knows what it earned."""
    UNSETTLED_EVENT = 5
    """A name left the index and its recovery is not known."""


# Of these the P&L exists and is not known.
UNKNOWN_PNL = (PnlStatus.NOT_PRICED, PnlStatus.UNKNOWN_ROLL, PnlStatus.UNSETTLED_EVENT)


@dataclass(frozen=True)
class IndexMark:
    """Index contracts on one date with what prices them, shape (n_rows,) or scalar.

    Attributes
    ----------
    contracts : CdsContracts
        The contracts as of the date.
    spread_bps : float array
        Quoted spread, basis points per year; NaN cannot be priced.
    discount : DiscountCurves
        Zero curve of the date.
    index_factor_share : float array
        Share of the index alive on the date.
    """

    contracts: CdsContracts
    spread_bps: ArrayLike
    discount: DiscountCurves
    index_factor_share: ArrayLike = 1.0


@dataclass(frozen=True)
class GenericQuotes:
    """Quotes of the series on the run, session by session, shape (n_sessions,).

    Attributes
    ----------
    session_date : datetime64[D] array
        Strictly increasing.
    spread_bps : float array
        Spread of the series on the run, basis points; NaN: the next quoted session carries the gap.
    maturity_date : datetime64[D] array
        Maturity of that series; a change is a roll.
    old_series_spread_bps : float array or scalar
        Quote of the series held into a roll session; read on rolls only, NaN where unknown.
    roll_down_bps : float array or scalar
        Change of the spread along the previous session's curve.
    index_factor_share : float array or scalar
        Share of the quoted series that is alive.
    defaulted_share : float array or scalar
        Weight that left the series held into the session.
    auction_recovery_share, default_days : float arrays or scalars
        Of that weight; as in `explain_seller_pnl`.
    financing_rate_dec : float array or scalar
        Rate at which upfront is financed, continuously compounded; NaN where unknown.
    """

    session_date: ArrayLike
    spread_bps: ArrayLike
    maturity_date: ArrayLike
    old_series_spread_bps: ArrayLike = np.nan
    roll_down_bps: ArrayLike = 0.0
    index_factor_share: ArrayLike = 1.0
    defaulted_share: ArrayLike = 0.0
    auction_recovery_share: ArrayLike = np.nan
    default_days: ArrayLike = np.nan
    financing_rate_dec: ArrayLike = np.nan


@dataclass(frozen=True)
class SellerPnl:
    """P&L of protection sold, split into its sources; shape (n_sessions,), dollars.

    Attributes
    ----------
    coupon_usd : float array
        Coupon accrued since the previous session.
    time_usd : float array
        Repricing one session later at an unchanged spread and zero curve.
    roll_down_usd : float array
        Spread carried down an unchanged spread curve.
    spread_usd : float array
        Rest of the spread's change.
    rates_usd : float array
        Change of the zero curve.
    default_usd : float array
        Loss on the names that defaulted, less the upfront already marked on them.
    cost_usd : float array
        Trading cost, <= 0.
    total_usd : float array
        Sum of the above, computed from the first and last value alone.
    status : int8 array
        Codes of `PnlStatus`.
    """

    coupon_usd: FloatArray
    time_usd: FloatArray
    roll_down_usd: FloatArray
    spread_usd: FloatArray
    rates_usd: FloatArray
    default_usd: FloatArray
    cost_usd: FloatArray
    total_usd: FloatArray
    status: StatusArray


@dataclass(frozen=True)
class GenericPnl:
    """P&L of holding the on-the-run series through its rolls, shape (n_sessions,).

    Attributes
    ----------
    pnl : SellerPnl
        P&L of the series held into each session.
    is_roll : bool array
        The generic quote of this session belongs to a newer series than the one before.
    roll_gap_bps : float array
        On a roll, the spread of the new series less that of the old on the same session if the
        old one is known, else less its last quote; 0 elsewhere. It is no P&L.
    financing_usd : float array
        Interest since the session before on what the position tied up then, its clean upfront
        less the accrued coupon; no part of `pnl`. NaN without a rate or a value.
    rpv01_years, old_rpv01_years : float arrays
        Risky annuity of the series quoted today, and of the one held into today; NaN where it
        cannot be priced.
    cs01_usd_per_bp, old_cs01_usd_per_bp : float arrays
        What one basis point of spread moves in the value of the two, re-implied and on the
        notional; what a cost in basis points is multiplied with.
    """

    pnl: SellerPnl
    is_roll: BoolArray
    roll_gap_bps: FloatArray
    financing_usd: FloatArray
    rpv01_years: FloatArray
    old_rpv01_years: FloatArray
    cs01_usd_per_bp: FloatArray
    old_cs01_usd_per_bp: FloatArray


def explain_seller_pnl(
    before: IndexMark,
    after: IndexMark,
    *,
    roll_down_bps: ArrayLike = 0.0,
    notional_usd: ArrayLike = 1e6,
    auction_recovery_share: ArrayLike = np.nan,
    default_days: ArrayLike = np.nan,
    cost_usd: ArrayLike = 0.0,
) -> SellerPnl:
    """Return the seller's P&L between two dates of the same contracts, explained.

    Parameters
    ----------
    before, after : IndexMark
        The same contracts on the earlier and on the later date. The earlier zero curve is carried
        forward at unchanged times to payment; the fall of the index factor is the weight that
        defaulted.
    roll_down_bps : float array, shape (n_rows,) or scalar
        Change of the spread along the earlier spread curve as maturity comes nearer; usually <= 0.
    notional_usd : float array, shape (n_rows,) or scalar
        Original notional of protection sold; negative for protection bought.
    auction_recovery_share : float array or scalar
        Recovery settled on the defaulted weight; needed only where the factor falls.
    default_days : float array or scalar
        Days from the earlier date to the credit event, where the coupon on the defaulted weight
        stops; needed only where the factor falls.
    cost_usd : float array, shape (n_rows,) or scalar
        Trading cost booked on the later date, <= 0.

    Returns
    -------
    SellerPnl

    Raises
    ------
    ValueError
        If the two sets differ in maturity, coupon or recovery, or the index factor rises.

    Examples
    --------
    >>> terms = dict(coupon_bps=100.0, recovery_share=0.4)
    >>> flat = DiscountCurves.flat(0.043)
    >>> friday = IndexMark(cds_contracts("2025-03-14", "2029-12-20", **terms), 55.0, flat)
    >>> monday = IndexMark(cds_contracts("2025-03-17", "2029-12-20", **terms), 54.0, flat)
    >>> got = explain_seller_pnl(friday, monday, notional_usd=1e7)
    >>> round(float(got.total_usd[0]), 2)
    4826.24
    """
    old, new = before.contracts, after.contracts
    _check_same_terms(old, new)
    shape = old.coupon_bps.shape
    notional, factor_before, factor_after, recovery, event_days, cost = (
        np.broadcast_to(np.asarray(value, dtype=np.float64), shape)
        for value in (
            notional_usd,
            before.index_factor_share,
            after.index_factor_share,
            auction_recovery_share,
            default_days,
            cost_usd,
        )
    )
    defaulted = factor_before - factor_after
    if (defaulted < 0).any():
        where = int(np.flatnonzero(defaulted < 0)[0])
        raise ValueError(
            f"index_factor_share must not exceed that of the earlier date; position {where} was "
            f"{factor_after[where]:g} after {factor_before[where]:g}"
        )
    rolled_bps = np.asarray(before.spread_bps, dtype=np.float64) + roll_down_bps
    steps = (
        value_from_spread(old, before.spread_bps, before.discount),
        value_from_spread(new, before.spread_bps, before.discount),
        value_from_spread(new, rolled_bps, before.discount),
        value_from_spread(new, after.spread_bps, before.discount),
        value_from_spread(new, after.spread_bps, after.discount),
    )
    is_priced = np.all([step.status == CdsStatus.OK for step in steps], axis=0)
    upfront = np.array([step.upfront_pct_par for step in steps]) / 100.0

    alive_usd, lost_usd = notional * factor_after, notional * defaulted
    held_days = days_between(old.trade_date, new.trade_date)
    accrual = alive_usd * held_days + np.where(defaulted > 0, lost_usd * event_days, 0.0)
    coupon = old.coupon_bps * BPS * accrual / PREMIUM_DAYS_PER_YEAR
    time, roll_down, spread, rates = -alive_usd * np.diff(upfront, axis=0)
    default = np.where(defaulted > 0, -lost_usd * (1.0 - recovery - upfront[0]), 0.0)
    total = -alive_usd * (upfront[-1] - upfront[0]) + coupon + default + cost
    is_priced &= np.isfinite(total)
    columns = (coupon, time, roll_down, spread, rates, default, cost, total)
    return SellerPnl(
        *(np.where(is_priced, column, np.nan) for column in columns),
        np.where(is_priced, PnlStatus.OK, PnlStatus.NOT_PRICED).astype(np.int8),
    )


def repriced_seller_pnl(
    quotes: GenericQuotes,
    discount: DiscountCurves,
    *,
    coupon_bps: float,
    recovery_share: float,
    notional_usd: float = 1e6,
    max_unquoted_days: float = 4.0,
) -> GenericPnl:
    """Return the P&L of protection sold in the series followed, session by session.

    The position of a session is the series quoted on it. On a roll the series held into the session
    earns its own P&L: at its own quote if `old_series_spread_bps` has one, else at its last spread
    if that is recent, so that the gap between the two series is taken out and only flagged. Costs
    are left to the caller, who knows the trades.

    Parameters
    ----------
    quotes : GenericQuotes
        Spread and maturity of the series followed.
    discount : DiscountCurves
        One row, or one per session.
    coupon_bps : float
        Running coupon of the index: 100 for investment grade, 500 for high yield.
    recovery_share : float
        Recovery of the quoting convention: 0.4 for investment grade, 0.3 for CDX.NA.HY.
    notional_usd : float
        Protection sold, dollars of original notional.
    max_unquoted_days : float
        On a roll without a quote of the series held, the greatest age of its last one in calendar
        days. Beyond it the P&L is unknown.

    Returns
    -------
    GenericPnl

    Raises
    ------
    ValueError
        If session dates are not strictly increasing or the shapes disagree.

    Examples
    --------
    >>> quotes = GenericQuotes(
    ...     ["2025-03-19", "2025-03-20", "2025-03-21"], [53.0, 58.0, 58.5],
    ...     ["2029-12-20", "2030-06-20", "2030-06-20"], [np.nan, 52.5, np.nan])
    >>> got = repriced_seller_pnl(
    ...     quotes, DiscountCurves.flat(0.043), coupon_bps=100.0, recovery_share=0.4)
    >>> got.pnl.total_usd.round(2), got.roll_gap_bps
    (array([    nan,  234.04, -216.53]), array([0. , 5.5, 0. ]))
    """
    session, maturity, given = _checked_quotes(quotes)
    spread, old_spread = given["spread_bps"], given["old_series_spread_bps"]
    count = len(session)
    # Position of the last quoted session before each one, -1 where there is none.
    quoted = np.where(np.isnan(spread), -1, np.arange(count))
    previous = np.concatenate([[-1], np.maximum.accumulate(quoted)[:-1]])
    has_pair = (previous >= 0) & (quoted >= 0)
    held = np.where(previous >= 0, previous, 0)

    is_roll = has_pair & (maturity != maturity[held])
    is_unquoted = is_roll & np.isnan(old_spread)
    held_spread = np.where(is_roll, np.where(is_unquoted, spread[held], old_spread), spread)
    held_days = days_between(session[held], session)

    by_session = discount.take(np.arange(count) if len(discount.rows()) == count else [0] * count)
    terms = {"coupon_bps": coupon_bps, "recovery_share": recovery_share}
    before = cds_contracts(session[held], maturity[held], **terms)
    after = cds_contracts(session, maturity[held], **terms)
    factor, defaulted = given["index_factor_share"][held], given["defaulted_share"]
    alive = factor - defaulted
    explained = explain_seller_pnl(
        IndexMark(before, spread[held], by_session.take(held), factor),
        IndexMark(after, held_spread, by_session, alive),
        roll_down_bps=given["roll_down_bps"],
        notional_usd=notional_usd,
        auction_recovery_share=given["auction_recovery_share"],
        default_days=given["default_days"],
    )
    status = explained.status.copy()
    status[(defaulted > 0) & np.isnan(given["auction_recovery_share"])] = PnlStatus.UNSETTLED_EVENT
    status[is_unquoted & (held_days > max_unquoted_days)] = PnlStatus.UNKNOWN_ROLL
    status[~has_pair] = PnlStatus.NO_PREVIOUS_SESSION
    status[quoted < 0] = PnlStatus.MISSING_SPREAD
    is_known = status == PnlStatus.OK
    amounts = {
        name: np.where(is_known, column, np.nan)
        for name, column in vars(explained).items()
        if name != "status"
    }
    new, old = (
        risks(contracts, at_bps, discount, notional_usd=notional_usd * share)
        for contracts, at_bps, share in (
            (cds_contracts(session, maturity, **terms), spread, given["index_factor_share"]),
            (after, held_spread, alive),
        )
    )
    today = new.values
    tied_up = (today.accrued_pct_par - today.upfront_pct_par)[held] / 100.0 * factor * notional_usd
    interest = np.expm1(given["financing_rate_dec"][held] * held_days / 365.0)
    return GenericPnl(
        replace(explained, **amounts, status=status),
        is_roll,
        np.where(is_roll, spread - held_spread, 0.0),
        np.where(is_known, -tied_up * interest, np.nan),
        today.rpv01_years,
        old.values.rpv01_years,
        new.cs01_usd_per_bp,
        old.cs01_usd_per_bp,
    )


def _checked_quotes(quotes: GenericQuotes) -> tuple[DateArray, DateArray, dict[str, FloatArray]]:
    """Return the dates and the numbers of the quotes, one of each per session."""
    session = as_dates(quotes.session_date)
    bad = np.flatnonzero(~(np.diff(session) > np.timedelta64(0, "D")))
    if bad.size or np.isnat(session).any():
        where = int(bad[0]) + 1 if bad.size else 0
        raise ValueError(
            f"session_date must be strictly increasing; position {where} was {session[where]}"
        )
    spread, maturity = np.asarray(quotes.spread_bps, np.float64), as_dates(quotes.maturity_date)
    if not session.shape == spread.shape == maturity.shape:
        raise ValueError(
            "session_date, spread_bps and maturity_date must have one length; "
            f"the lengths were {session.shape}, {spread.shape} and {maturity.shape}"
        )
    numbers = {
        name: np.broadcast_to(np.asarray(value, dtype=np.float64), spread.shape)
        for name, value in vars(quotes).items()
        if not name.endswith("_date")
    }
    return session, maturity, numbers


def intrinsic_spread_bps(
    weight_share: ArrayLike, spread_bps: ArrayLike, rpv01_years: ArrayLike
) -> FloatArray:
    """Return the index spread that its surviving names imply, weighted by their annuities.

    Formula: sum(w s A) / sum(w A); the index quote less this is its skew.

    Parameters
    ----------
    weight_share : float array, shape (n_indices, n_names) or (n_names,)
        Index weights, >= 0; zero for a name that has defaulted.
    spread_bps : float array, same shape
        Spread of each name at the maturity of the index.
    rpv01_years : float array, same shape
        Risky annuity of each name at that spread.

    Returns
    -------
    spread_bps : float array, shape (n_indices,)
        NaN where a name with weight lacks its spread or annuity, or no weight is left.

    Examples
    --------
    >>> intrinsic_spread_bps([0.5, 0.5], [50.0, 150.0], [4.5, 4.5])
    array([100.])
    """
    weight, spread, annuity = (
        np.atleast_2d(np.asarray(value, dtype=np.float64))
        for value in (weight_share, spread_bps, rpv01_years)
    )
    alive = weight > 0
    weighted = np.where(alive, weight * annuity, 0.0)
    total = weighted.sum(axis=1)
    value = np.where(alive, weighted * spread, 0.0).sum(axis=1)
    return np.divide(value, total, out=np.full(total.shape, np.nan), where=total != 0)


def _check_same_terms(before: CdsContracts, after: CdsContracts) -> None:
    for name in ("maturity_date", "coupon_bps", "recovery_share"):
        one, two = getattr(before, name), getattr(after, name)
        if not np.array_equal(one, two, equal_nan=True):
            raise ValueError(f"{name} must be the same before and after; {one} came with {two}")
