"""The CDS spread a bond price implies: a hazard rate that reprices the bond, then the par CDS."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parspread.cashflows import FACE_PCT_PAR, BondStatus
from parspread.cds_legs import DAYS_PER_YEAR, CdsStatus
from parspread.cds_pricing import DiscountCurves, HazardCurves, cds_contracts, value_from_curves
from parspread.day_count import Dates, Floats, as_dates
from parspread.z_spread import flow_columns

BLOCK_BONDS = 4_096
MAX_STEPS = 200


def price_from_hazard(
    hazard_dec: ArrayLike,
    flow_count: ArrayLike,
    time_years: ArrayLike,
    amount_pct_par: ArrayLike,
    discount_factor_ratio: ArrayLike,
    *,
    recovery_share: ArrayLike,
) -> Floats:
    """Return the dirty price of bonds whose issuers default at a flat hazard rate.

    Parameters
    ----------
    hazard_dec : float array, shape (n_bonds,)
        Defaults a year, >= 0.
    flow_count : int array, shape (n_bonds,)
        Flows of each bond in date order, >= 1.
    time_years, amount_pct_par, discount_factor_ratio : float array, shape (n_flows,)
        Years to each flow, flow per 100 of face, and risk-free value of one paid then.
    recovery_share : float array, shape (n_bonds,) or scalar
        Share of face paid at default, in [0, 1).

    Returns
    -------
    dirty_price_pct_par : float array, shape (n_bonds,)
        NaN where an input is NaN.

    Raises
    ------
    ValueError
        If a column does not hold one entry per flow.

    Notes
    -----
    sum a D Q + 100 R sum (h/x) (P0 Q0 - P1 Q1), Q = exp(-hazard t), with h and f the hazard and
    the forward rate times the length of a period and x = h + f. Berd, Mashal, Wang (2004),
    "Defining, Estimating and Using Credit Term Structures", arXiv 0912.4618.

    Examples
    --------
    >>> price_from_hazard([0.0], [1], [1.0], [105.0], [0.96], recovery_share=0.4).tolist()
    [100.8]
    """
    count, time, amount, discount = flow_columns(
        flow_count,
        time_years=time_years,
        amount_pct_par=amount_pct_par,
        discount_factor_ratio=discount_factor_ratio,
    )
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
    survival = amount * discount * np.exp(-hazard * time)
    face = FACE_PCT_PAR * np.asarray(recovery_share, dtype=np.float64)
    return np.add.reduceat(survival, first) + face * np.add.reduceat(recovery, first)


def implied_hazard(
    dirty_price_pct_par: ArrayLike,
    flow_count: ArrayLike,
    time_years: ArrayLike,
    amount_pct_par: ArrayLike,
    discount_factor_ratio: ArrayLike,
    *,
    recovery_share: ArrayLike,
    hazard_limit_dec: float = 50.0,
    price_tol_pct_par: float = 1e-9,
) -> tuple[Floats, NDArray[np.int8]]:
    """Solve the flat hazard rate at which each bond is worth its price.

    Parameters
    ----------
    dirty_price_pct_par : float array, shape (n_bonds,)
        Price with accrued interest per 100 of face, > 0; NaN marks a missing one.
    flow_count : int array, shape (n_bonds,)
        Flows of each bond in date order.
    time_years, amount_pct_par, discount_factor_ratio : float array, shape (n_flows,)
        Years to each flow, flow per 100 of face, and risk-free value of one paid then.
    recovery_share : float array, shape (n_bonds,) or scalar
        Share of face paid at default, in [0, 1).
    hazard_limit_dec : float
        Largest hazard looked for, > 0; 50 a year is default within a week.
    price_tol_pct_par : float
        Largest |model price - price| of a row reported OK, > 0.

    Returns
    -------
    hazard_dec : float array, shape (n_bonds,)
        NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        Codes of `BondStatus`: PRICE_ABOVE_RISK_FREE (the hazard would be negative),
        PRICE_BELOW_RECOVERY (no hazard up to the limit makes the bond that cheap),
        NO_CASHFLOWS, MISSING_INPUT, NONPOSITIVE_PRICE, NO_SOLUTION (no convergence).

    Raises
    ------
    ValueError
        If a tolerance or limit is not above zero, a recovery lies outside [0, 1), or a column
        does not hold one entry per flow.

    Notes
    -----
    False position with the Illinois rule between zero and the limit, all bonds at once, on the
    price formula of `price_from_hazard`.

    Examples
    --------
    >>> hazard_dec, _ = implied_hazard([90.0], [1], [1.0], [105.0], [0.96], recovery_share=0.4)
    >>> round(float(hazard_dec[0]), 6)
    0.192835
    """
    for name, value in (
        ("hazard_limit_dec", hazard_limit_dec),
        ("price_tol_pct_par", price_tol_pct_par),
    ):
        if not value > 0:
            raise ValueError(f"{name} must be above zero; the call was {value}")
    count, *columns = flow_columns(
        flow_count,
        time_years=time_years,
        amount_pct_par=amount_pct_par,
        discount_factor_ratio=discount_factor_ratio,
    )
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
            flows = slice(ends[block[0]] - count[block[0]], ends[block[-1]])
            kept = np.repeat(status[block] == BondStatus.OK, count[block])
            bonds = [column[flows][kept] for column in columns]
            hazard[rows], status[rows] = _solve_hazard(
                price[rows],
                count[rows],
                bonds,
                recovery[rows],
                hazard_limit_dec,
                price_tol_pct_par,
            )
    return hazard, status


def cds_maturity_on_or_after(maturity_date: ArrayLike) -> Dates:
    """Return the first 20 June or 20 December on or after each bond's maturity.

    Parameters
    ----------
    maturity_date : datetime64 array
        NaT stays NaT.

    Returns
    -------
    cds_maturity_date : datetime64[D] array

    Examples
    --------
    >>> str(cds_maturity_on_or_after("2033-12-21"))
    '2034-06-20'
    """
    maturity = as_dates(maturity_date)
    month = maturity.astype("datetime64[M]")
    month = np.where(maturity > month.astype("datetime64[D]") + 19, month + 1, month)
    wait = (5 - month.astype(np.int64)) % 6
    return (month + wait).astype("datetime64[D]") + 19


def bond_implied_cds_spread(
    settle_date: ArrayLike,
    maturity_date: ArrayLike,
    hazard_dec: ArrayLike,
    discount: DiscountCurves,
    *,
    recovery_share: ArrayLike,
) -> tuple[Floats, NDArray[np.int8]]:
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
    node_years = (cds_maturity - settle).astype(np.float64) / DAYS_PER_YEAR
    node_years = np.where(np.isnat(settle) | np.isnat(maturity), np.nan, node_years)
    curves = HazardCurves(
        settle,
        recovery,
        node_years[:, None],
        hazard[:, None],
        curve_status.astype(np.int8),
    )
    values = value_from_curves(contracts, curves, discount)
    is_missing = np.isnat(settle) | np.isnat(maturity) | np.isnan(hazard)
    status = np.select(
        [is_missing, settle >= maturity, values.status != CdsStatus.OK],
        [BondStatus.MISSING_INPUT, BondStatus.MATURED, BondStatus.NO_CURVE],
        BondStatus.OK,
    ).astype(np.int8)
    return np.where(status == BondStatus.OK, values.spread_bps, np.nan), status


def _solve_hazard(
    price: Floats,
    count: NDArray,
    columns: list[Floats],
    recovery: Floats,
    hazard_limit_dec: float,
    price_tol_pct_par: float,
) -> tuple[Floats, NDArray[np.int8]]:
    def excess(hazard: Floats) -> Floats:
        return price_from_hazard(hazard, count, *columns, recovery_share=recovery) - price

    low, high = np.zeros(price.shape), np.full(price.shape, hazard_limit_dec)
    with np.errstate(all="ignore"):
        above, below = excess(low), excess(high)
        unusable = ~np.isfinite(above) | ~np.isfinite(below)
        too_dear = above < -price_tol_pct_par
        too_cheap = below > 0
        # The bracket spans decades: start from the credit triangle where that lies inside.
        guess = np.log(np.maximum(price + above, 1e-300) / price)
        years = columns[0][np.cumsum(count) - 1]
        hazard = np.clip(guess / years / (1 - recovery), 1e-6, hazard_limit_dec / 2)
        for _ in range(MAX_STEPS):
            miss = excess(hazard)
            done = np.abs(miss) <= price_tol_pct_par
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
