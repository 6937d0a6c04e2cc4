"""Hazard and risky duration under one-day CDS returns that need a spread only, and no dates.

He, Kelly and Manela (2017, "Intermediary asset pricing", JFE 126, data appendix) after Palhares
(2013): the return is one day's carry less the change of spread times the risky duration. The
cash-flow P&L of `index_pnl` is the exact measure; these returns suit long panels.
"""

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray

QUARTERS_PER_YEAR = 4


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
