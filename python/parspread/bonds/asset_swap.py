"""Asset-swap spreads of a bond: what its coupons pay over the floating leg of a swap."""

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, StatusArray
from parspread.bonds.cashflows import FACE_PCT_PAR
from parspread.bonds.status import BondStatus


def par_asset_swap(
    dirty_price_pct_par: ArrayLike,
    risk_free_value_pct_par: ArrayLike,
    float_annuity_years: ArrayLike,
) -> tuple[FloatArray, StatusArray]:
    """Return the par-par asset-swap spread: paid on par, the price gap settled upfront.

    Parameters
    ----------
    dirty_price_pct_par : float array
        Price with accrued interest per 100 of face.
    risk_free_value_pct_par : float array
        The bond's flows on the swap curve.
    float_annuity_years : float array, > 0
        Sum of year fraction times discount factor over the floating periods from settlement.

    Returns
    -------
    asset_swap_spread_dec : float array
        NaN unless status is OK.
    status : int8 array
        MISSING_INPUT where a column is NaN, NONPOSITIVE_PRICE, or NO_SOLUTION where the annuity
        is not above zero.

    Notes
    -----
    (P_riskfree - P_dirty) / (100 sum alpha D). O'Kane (2000), Introduction to Asset Swaps.

    Examples
    --------
    >>> asset_swap_spread_dec, status = par_asset_swap(97.0, 108.0, 6.4)
    >>> round(float(asset_swap_spread_dec), 8)
    0.0171875
    """
    price, value, annuity = np.broadcast_arrays(
        *(
            np.asarray(column, dtype=np.float64)
            for column in (dirty_price_pct_par, risk_free_value_pct_par, float_annuity_years)
        )
    )
    status = np.select(
        [~np.isfinite(price + value + annuity), price <= 0, annuity <= 0],
        [BondStatus.MISSING_INPUT, BondStatus.NONPOSITIVE_PRICE, BondStatus.NO_SOLUTION],
        BondStatus.OK,
    ).astype(np.int8)
    spread = np.full(status.shape, np.nan)
    np.divide(value - price, FACE_PCT_PAR * annuity, out=spread, where=status == BondStatus.OK)
    return spread, status


def market_value_asset_swap(
    dirty_price_pct_par: ArrayLike,
    risk_free_value_pct_par: ArrayLike,
    float_annuity_years: ArrayLike,
) -> tuple[FloatArray, StatusArray]:
    """Return the market-value asset-swap spread: paid on the dirty price, nothing upfront.

    Parameters
    ----------
    dirty_price_pct_par, risk_free_value_pct_par, float_annuity_years
        As `par_asset_swap`.

    Returns
    -------
    asset_swap_spread_dec, status
        As `par_asset_swap`.

    Notes
    -----
    Par-par spread x 100 / P_dirty.

    Examples
    --------
    >>> round(float(market_value_asset_swap(50.0, 61.0, 5.5)[0]), 6)
    0.04
    """
    spread, status = par_asset_swap(
        dirty_price_pct_par, risk_free_value_pct_par, float_annuity_years
    )
    price = np.where(status == BondStatus.OK, dirty_price_pct_par, np.nan)
    return spread * FACE_PCT_PAR / price, status
