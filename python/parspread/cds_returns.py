"""One-day returns on a CDS from its spread alone: the corrected formula and the published one.

Formula of He, Kelly and Manela (2017, "Intermediary asset pricing", JFE 126, data appendix) after
Palhares (2013): carry of one day plus the change of spread times the risky duration. The cash-flow
P&L of `index_pnl` is the exact measure; these returns need no dates and suit long panels.
"""

import numpy as np
from numpy.typing import ArrayLike

from parspread.cds_legs import FloatArray

QUARTERS_PER_YEAR = 4
CARRY_SESSIONS_PER_YEAR = 250.0
PUBLISHED_QUARTERS = 80


def quarterly_hazard_dec(spread_dec: ArrayLike, *, loss_share: ArrayLike = 0.6) -> FloatArray:
    """Return the hazard at which a quarterly premium is fair, 4 ln(1 + S / (4 L)).

    Parameters
    ----------
    spread_dec : float array
        Spread per year, decimal; NaN stays NaN.
    loss_share : float array or scalar
        Loss given default, in (0, 1].

    Returns
    -------
    hazard_dec : float array

    Examples
    --------
    >>> round(float(quarterly_hazard_dec(0.008)), 10)
    0.0133111604
    """
    per_quarter = np.asarray(spread_dec) / QUARTERS_PER_YEAR
    return QUARTERS_PER_YEAR * np.log1p(per_quarter / np.asarray(loss_share))


def risky_duration_years(
    hazard_dec: ArrayLike, zero_rate_dec: ArrayLike, maturity_years: ArrayLike
) -> FloatArray:
    """Return the risky duration to a contract's own maturity.

    Formula: 1/4 sum over quarters j = 1 .. 4M of exp(-hazard j/4) exp(-r(j/4) j/4).

    Parameters
    ----------
    hazard_dec : float array, shape (n_rows,)
        Hazard per year; NaN gives NaN.
    zero_rate_dec : float array, shape (n_quarters,) or (n_rows, n_quarters)
        Continuously compounded zero rates at 0.25, 0.50, ... years. NaN within the maturity gives
        NaN, NaN beyond it does not matter.
    maturity_years : float array, shape (n_rows,) or scalar
        A whole number of quarters, > 0 and within the zero rates; NaN gives NaN.

    Returns
    -------
    risky_duration_years : float array, shape (n_rows,)

    Raises
    ------
    ValueError
        If a maturity is not a positive whole number of quarters that the zero rates reach.

    Examples
    --------
    >>> rates = np.full(20, 0.04)
    >>> risky_duration_years(0.0133111604, rates, 5.0).round(6)
    array([4.359893])
    """
    rates = np.atleast_2d(np.asarray(zero_rate_dec, dtype=np.float64))
    hazard, years = np.broadcast_arrays(
        np.atleast_1d(np.asarray(hazard_dec, dtype=np.float64)),
        np.asarray(maturity_years, dtype=np.float64),
    )
    quarters = years * QUARTERS_PER_YEAR
    is_legal = (quarters >= 1) & (quarters == np.round(quarters)) & (quarters <= rates.shape[1])
    bad = np.flatnonzero(~is_legal & ~np.isnan(quarters))
    if bad.size:
        raise ValueError(
            "maturity_years must be whole quarters between 0.25 and "
            f"{rates.shape[1] / QUARTERS_PER_YEAR:g}; position {bad[0]} was {years[bad[0]]:g}"
        )
    time = np.arange(1, rates.shape[1] + 1) / QUARTERS_PER_YEAR
    terms = np.exp(-(hazard[:, None] + rates) * time)
    duration = np.where(time <= years[:, None], terms, 0.0).sum(axis=1) / QUARTERS_PER_YEAR
    return np.where(np.isnan(years), np.nan, duration)


def seller_return_dec(
    spread_before_dec: ArrayLike,
    spread_after_dec: ArrayLike,
    risky_duration_before_years: ArrayLike,
    *,
    accrual_years: ArrayLike = 1.0 / CARRY_SESSIONS_PER_YEAR,
) -> FloatArray:
    """Return the return on protection sold: carry less the widening times the risky duration.

    Parameters
    ----------
    spread_before_dec, spread_after_dec : float arrays
        Spreads of two successive sessions, decimal; NaN gives NaN.
    risky_duration_before_years : float array
        Risky duration on the earlier session.
    accrual_years : float array or scalar
        Time the carry accrues: 1/250 as published, or the calendar days / 360.

    Returns
    -------
    return_dec : float array
        Of notional, in the session; the buyer's is the negative.

    Examples
    --------
    >>> round(float(seller_return_dec(0.008, 0.0085, 4.35989277)), 8)
    -0.00214795
    """
    before = np.asarray(spread_before_dec, dtype=np.float64)
    widening = np.asarray(spread_after_dec) - before
    return before * accrual_years - widening * np.asarray(risky_duration_before_years)


def published_risky_duration_years(hazard_dec: ArrayLike, zero_rate_dec: ArrayLike) -> FloatArray:
    """Return the risky duration as the public HKM replication code computes it, errors included.

    It sums eighty quarters for every tenor, discounts with a quarter of the time, and takes rates
    in percent for decimals. Kept to reproduce published files; use `risky_duration_years`.

    Parameters
    ----------
    hazard_dec : float array, shape (n_rows,)
        Hazard per year of the five-year spread, whatever the tenor; NaN gives NaN.
    zero_rate_dec : float array, shape (80,) or (n_rows, 80)
        Zero rates at 0.25 .. 20 years, decimal (the percentage error is made inside).

    Returns
    -------
    risky_duration_years : float array, shape (n_rows,)

    Raises
    ------
    ValueError
        If there are not eighty zero rates.

    Examples
    --------
    >>> published_risky_duration_years(0.0133111604, np.full(80, 0.04)).round(6)
    array([0.867136])
    """
    rates = np.atleast_2d(np.asarray(zero_rate_dec, dtype=np.float64))
    if rates.shape[1] != PUBLISHED_QUARTERS:
        raise ValueError(
            f"zero_rate_dec must have {PUBLISHED_QUARTERS} quarters; it had {rates.shape[1]}"
        )
    time = np.arange(1, PUBLISHED_QUARTERS + 1) / QUARTERS_PER_YEAR
    survival = np.exp(-np.atleast_1d(hazard_dec)[:, None] * time)
    discount = np.exp(-time * 100.0 * rates / QUARTERS_PER_YEAR)
    return (survival * discount).sum(axis=1) / QUARTERS_PER_YEAR


def published_return_dec(
    spread_before_dec: ArrayLike,
    spread_after_dec: ArrayLike,
    risky_duration_before_years: ArrayLike,
) -> FloatArray:
    """Return the one-day return as the public HKM replication code computes it.

    The carry is the seller's and the gain from widening the buyer's, so it is nobody's return.
    Kept to reproduce published files; use `seller_return_dec`.

    Parameters
    ----------
    spread_before_dec, spread_after_dec : float arrays
        Spreads of two successive sessions, decimal; NaN gives NaN.
    risky_duration_before_years : float array
        Normally from `published_risky_duration_years`.

    Returns
    -------
    return_dec : float array

    Examples
    --------
    >>> round(float(published_return_dec(0.008, 0.0085, 0.8671357237)), 8)
    0.00046557
    """
    before = np.asarray(spread_before_dec, dtype=np.float64)
    widening = np.asarray(spread_after_dec) - before
    carry = before / CARRY_SESSIONS_PER_YEAR
    return carry + widening * np.asarray(risky_duration_before_years)
