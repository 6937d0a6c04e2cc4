"""The CDS spread a bond price implies: a hazard rate that reprices the bond, then the par CDS."""

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, StatusArray
from parspread.bonds.cashflows import FACE_PCT_PAR
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.status import BondStatus
from parspread.cds._leg_loops import HAZARD_LIMIT_DEC
from parspread.cds._pieces import DAYS_PER_YEAR
from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import HazardCurves
from parspread.cds.pricing import value_from_curves
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.calendar import as_dates, days_between
from parspread.dates.cds_schedule import cds_maturity_on_or_after

BLOCK_BONDS = 4_096
MAX_STEPS = 200
PRICE_TOL_PCT_PAR = 1e-9


def price_from_hazard(
    hazard_dec: ArrayLike, flows: DiscountedFlows, *, recovery_share: ArrayLike
) -> FloatArray:
    """Return the dirty price of bonds whose issuers default at a flat hazard rate.

    Parameters
    ----------
    hazard_dec : float array, shape (n_bonds,)
        Defaults a year, >= 0.
    flows : DiscountedFlows
        Flows of the n_bonds, at least one each.
    recovery_share : float array, shape (n_bonds,) or scalar
        Share of face paid at default, in [0, 1).

    Returns
    -------
    dirty_price_pct_par : float array, shape (n_bonds,)
        NaN where an input is NaN.

    Notes
    -----
    sum a D Q + 100 R sum (h/x) (P0 Q0 - P1 Q1), Q = exp(-hazard t), with h and f the hazard and
    the forward rate times the length of a period and x = h + f. Berd, Mashal, Wang (2004),
    "Defining, Estimating and Using Credit Term Structures", arXiv 0912.4618.

    Examples
    --------
    >>> flows = DiscountedFlows([1], [1.0], [105.0], [0.96])
    >>> price_from_hazard([0.0], flows, recovery_share=0.4).tolist()
    [100.8]
    """
    count, time, discount = flows.flow_count, flows.time_years, flows.discount_factor_ratio
    hazard = np.repeat(np.asarray(hazard_dec, dtype=np.float64), count)
    first = np.cumsum(count) - count
    start = np.concatenate([[0.0], time[:-1]])
    start_discount = np.concatenate([[1.0], discount[:-1]])
    start[first], start_discount[first] = 0.0, 1.0
    default = hazard * (time - start)
    decay = default + np.log(start_discount / discount)
    is_still = decay == 0
    share_paid = np.where(is_still, 1.0, -np.expm1(-decay) / np.where(is_still, 1.0, decay))
    recovery = start_discount * np.exp(-hazard * start) * default * share_paid
    survival = flows.amount_pct_par * discount * np.exp(-hazard * time)
    face = FACE_PCT_PAR * np.asarray(recovery_share, dtype=np.float64)
    return np.add.reduceat(survival, first) + face * np.add.reduceat(recovery, first)


def implied_hazard(
    dirty_price_pct_par: ArrayLike,
    flows: DiscountedFlows,
    *,
    recovery_share: ArrayLike,
) -> tuple[FloatArray, StatusArray]:
    """Solve the flat hazard rate at which each bond is worth its price.

    Parameters
    ----------
    dirty_price_pct_par : float array, shape (n_bonds,)
        Price with accrued interest per 100 of face, > 0; NaN marks a missing one.
    flows : DiscountedFlows
        Flows of the n_bonds.
    recovery_share : float array, shape (n_bonds,) or scalar
        Share of face paid at default, in [0, 1).

    Returns
    -------
    hazard_dec : float array, shape (n_bonds,)
        NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        Codes of `BondStatus`: PRICE_ABOVE_RISK_FREE (the hazard would be negative),
        PRICE_BELOW_RECOVERY (no hazard up to 50 a year makes the bond that cheap), NO_CASHFLOWS,
        MISSING_INPUT, NONPOSITIVE_PRICE, NO_SOLUTION (no convergence).

    Raises
    ------
    ValueError
        If a recovery lies outside [0, 1).

    Notes
    -----
    False position with the Illinois rule between zero and the limit, all bonds at once, on the
    price formula of `price_from_hazard`.

    Examples
    --------
    >>> flows = DiscountedFlows([1], [1.0], [105.0], [0.96])
    >>> hazard_dec, _ = implied_hazard([90.0], flows, recovery_share=0.4)
    >>> round(float(hazard_dec[0]), 6)
    0.192835
    """
    count = flows.flow_count
    price, recovery = (
        np.broadcast_to(np.asarray(column, dtype=np.float64), count.shape)
        for column in (dirty_price_pct_par, recovery_share)
    )
    in_range = (recovery >= 0) & (recovery < 1)
    if not in_range.all():
        place = int(np.argmin(in_range))
        raise ValueError(
            f"recovery_share must lie in [0, 1); position {place} was {recovery[place]}"
        )
    status = np.zeros(count.shape, dtype=np.int8)
    status[~np.isfinite(price)] = BondStatus.MISSING_INPUT
    status[price <= 0] = BondStatus.NONPOSITIVE_PRICE
    status[count == 0] = BondStatus.NO_CASHFLOWS
    hazard = np.full(count.shape, np.nan)
    ends = np.cumsum(count)
    for start in range(0, count.size, BLOCK_BONDS):
        block = np.arange(start, min(start + BLOCK_BONDS, count.size))
        rows = block[status[block] == BondStatus.OK]
        if rows.size:
            block_flows = slice(ends[block[0]] - count[block[0]], ends[block[-1]])
            kept = np.repeat(status[block] == BondStatus.OK, count[block])
            columns = (flows.time_years, flows.amount_pct_par, flows.discount_factor_ratio)
            bonds = DiscountedFlows(count[rows], *(column[block_flows][kept] for column in columns))
            hazard[rows], status[rows] = _solve_hazard(price[rows], bonds, recovery[rows])
    return hazard, status


def bond_implied_cds_spread(
    settle_date: ArrayLike,
    maturity_date: ArrayLike,
    hazard_dec: ArrayLike,
    discount: DiscountCurves,
    *,
    recovery_share: ArrayLike,
) -> tuple[FloatArray, StatusArray]:
    """Return the par spread of the standard CDS that outlives each bond, at the bond's hazard.

    Parameters
    ----------
    settle_date, maturity_date : datetime64 array, shape (n_bonds,)
        Settlement, taken as the trade date of the CDS, and maturity of the bond.
    hazard_dec : float array, shape (n_bonds,)
        Flat hazard from `implied_hazard`; NaN passes on as MISSING_INPUT.
    discount : DiscountCurves
        One row, or one per bond, in years from settlement.
    recovery_share : float array, shape (n_bonds,) or scalar
        As given to `implied_hazard`.

    Returns
    -------
    spread_bps : float array, shape (n_bonds,)
        NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        MISSING_INPUT, MATURED or NO_CURVE.

    Examples
    --------
    >>> spread_bps, _ = bond_implied_cds_spread(["2026-02-06"], ["2033-09-15"], [0.02],
    ...                                         DiscountCurves.flat(0.04), recovery_share=0.4)
    >>> round(float(spread_bps[0]), 2)
    118.96
    """
    columns = np.broadcast_arrays(
        *np.atleast_1d(
            as_dates(settle_date),
            as_dates(maturity_date),
            np.asarray(hazard_dec, dtype=np.float64),
            np.asarray(recovery_share, dtype=np.float64),
        )
    )
    # Compiled code wants arrays of its own, not views of one value.
    settle, maturity, hazard, recovery = (column.copy() for column in columns)
    cds_maturity = cds_maturity_on_or_after(maturity)
    contracts = cds_contracts(settle, cds_maturity, coupon_bps=100.0, recovery_share=recovery)
    curve_status = np.where(np.isnan(hazard), CdsStatus.MISSING_INPUT, CdsStatus.OK)
    node_years = days_between(settle, cds_maturity) / DAYS_PER_YEAR
    curve_status = curve_status.astype(np.int8)
    curves = HazardCurves(settle, recovery, node_years[:, None], hazard[:, None], curve_status)
    values = value_from_curves(contracts, curves, discount)
    is_missing = np.isnat(settle) | np.isnat(maturity) | np.isnan(hazard)
    status = np.select(
        [is_missing, settle >= maturity, values.status != CdsStatus.OK],
        [BondStatus.MISSING_INPUT, BondStatus.MATURED, BondStatus.NO_CURVE],
        BondStatus.OK,
    ).astype(np.int8)
    return np.where(status == BondStatus.OK, values.spread_bps, np.nan), status


def _solve_hazard(
    price: FloatArray, flows: DiscountedFlows, recovery: FloatArray
) -> tuple[FloatArray, StatusArray]:
    def excess(hazard: FloatArray) -> FloatArray:
        return price_from_hazard(hazard, flows, recovery_share=recovery) - price

    low, high = np.zeros(price.shape), np.full(price.shape, HAZARD_LIMIT_DEC)
    with np.errstate(all="ignore"):
        above, below = excess(low), excess(high)
        unusable = ~np.isfinite(above) | ~np.isfinite(below)
        too_dear = above < -PRICE_TOL_PCT_PAR
        too_cheap = below > 0
        # The bracket spans decades: start from the credit triangle where that lies inside.
        guess = np.log(np.maximum(price + above, 1e-300) / price)
        years = flows.time_years[np.cumsum(flows.flow_count) - 1]
        hazard = np.clip(guess / years / (1 - recovery), 1e-6, HAZARD_LIMIT_DEC / 2)
        for _ in range(MAX_STEPS):
            miss = excess(hazard)
            done = np.abs(miss) <= PRICE_TOL_PCT_PAR
            if np.all(done | unusable | too_dear | too_cheap):
                break
            is_above = miss > 0
            # Illinois: an end that stays put counts half, so that it cannot stall the search.
            below = np.where(is_above, below / 2, miss)
            above = np.where(is_above, miss, above / 2)
            low, high = np.where(is_above, hazard, low), np.where(is_above, high, hazard)
            inside = low + (high - low) * above / (above - below)
            hazard = np.where(done, hazard, inside)
    status = np.select(
        [unusable, too_dear, too_cheap, ~done],
        [
            BondStatus.NO_CURVE,
            BondStatus.PRICE_ABOVE_RISK_FREE,
            BondStatus.PRICE_BELOW_RECOVERY,
            BondStatus.NO_SOLUTION,
        ],
        BondStatus.OK,
    ).astype(np.int8)
    return np.where(status == BondStatus.OK, hazard, np.nan), status
