"""The risky duration under the published CDS returns of the FTSFR code (after HKM, 2017)."""

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray
from parspread.cds.returns import QUARTERS_PER_YEAR

FTSFR_QUARTERS_COUNT = 80
QUARTER_YEARS = np.arange(1, FTSFR_QUARTERS_COUNT + 1) / QUARTERS_PER_YEAR


def ftsfr_discount_factor(zero_rate_dec: ArrayLike) -> FloatArray:
    """Return discount factors as the FTSFR code computes them, errors included.

    It discounts with a quarter of the time, and takes rates in percent for decimals.

    Parameters
    ----------
    zero_rate_dec : float array, shape (80,) or (n_curves, 80)
        Zero rates at 0.25 .. 20 years, decimal (the percentage error is made inside).

    Returns
    -------
    discount_factor : float array of that shape

    Raises
    ------
    ValueError
        If there are not eighty zero rates.
    """
    rates = np.asarray(zero_rate_dec, dtype=np.float64)
    if rates.shape[-1] != FTSFR_QUARTERS_COUNT:
        raise ValueError(
            f"zero_rate_dec must have {FTSFR_QUARTERS_COUNT} quarters; it had {rates.shape[-1]}"
        )
    return np.exp(-QUARTER_YEARS * 100.0 * rates / QUARTERS_PER_YEAR)


def ftsfr_risky_duration_years(hazard_dec: ArrayLike, discount_factor: ArrayLike) -> FloatArray:
    """Return the risky duration as the FTSFR code computes it, errors included.

    It sums eighty quarters for every tenor; `risky_duration_years` is the correct one.

    Parameters
    ----------
    hazard_dec : float array, shape (n_rows,)
        Hazard per year of the five-year spread, whatever the tenor; NaN gives NaN.
    discount_factor : float array, shape (80,) or (n_rows, 80)
        From `ftsfr_discount_factor`.

    Returns
    -------
    risky_duration_years : float array, shape (n_rows,)

    Examples
    --------
    >>> ftsfr_risky_duration_years(0.0133111604, ftsfr_discount_factor(np.full(80, 0.04))).round(6)
    array([0.867136])
    """
    terms = np.exp(-np.atleast_1d(hazard_dec)[:, None] * QUARTER_YEARS)
    terms *= discount_factor
    return terms.sum(axis=1) / QUARTERS_PER_YEAR
