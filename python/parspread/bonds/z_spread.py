"""Z-spreads: what must be added to a discount curve to hit the price of a bond."""

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, StatusArray
from parspread.bonds._root_loops import Flows, z_spread_rows
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.status import BondStatus


class Compounding(IntEnum):
    """How a spread compounds; the code is the number of periods a year, 0 for continuous."""

    CONTINUOUS = 0
    EFFECTIVE_ANNUAL = 1
    BOND_EQUIVALENT = 2


def z_spread(
    dirty_price_pct_par: ArrayLike,
    flows: DiscountedFlows,
    *,
    compounding: Compounding = Compounding.CONTINUOUS,
) -> tuple[FloatArray, StatusArray]:
    """Solve the Z-spread of every bond: what must be added to the curve to hit the price.

    Parameters
    ----------
    dirty_price_pct_par : float array, shape (n_bonds,)
        Price with accrued interest per 100 of face, > 0; NaN marks a missing one.
    flows : DiscountedFlows
        Flows of the n_bonds.
    compounding : Compounding
        CONTINUOUS, or BOND_EQUIVALENT for the semi-annual convention; the two differ by 3 bps
        at 114 and by 86 bps at 1,500.

    Returns
    -------
    z_spread_dec : float array, shape (n_bonds,)
        Spread a year in that compounding; NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        That of the flows, MISSING_INPUT, NONPOSITIVE_PRICE, or NO_SOLUTION (no flow lies ahead, or
        no double reprices the bond to 1e-12 of its price, as when days before maturity a spread
        nears -200 %).

    Notes
    -----
    Continuous: the price is sum a D exp(-z t). Compounded m times a year the spread is added to
    each flow's zero rate in that compounding: sum a (D^(-1/(m t)) + z/m)^(-m t). The search is that
    of `_root_loops`: no bracket is needed. O'Kane (2008), Modelling Single-name and Multi-name
    Credit Derivatives, 4.2.

    Examples
    --------
    >>> flows = DiscountedFlows([2], [0.5, 1.0], [2.5, 102.5], [0.98, 0.96])
    >>> z_spread_dec, status = z_spread([99.858684], flows)
    >>> round(float(z_spread_dec[0]), 6)
    0.01
    """
    count, time, factor = flows.flow_count, flows.time_years, flows.discount_factor_ratio
    price = np.broadcast_to(np.asarray(dirty_price_pct_par, dtype=np.float64), count.shape)
    status = flows.status
    status[(status == BondStatus.OK) & ~np.isfinite(price)] = BondStatus.MISSING_INPUT
    status[(status == BondStatus.OK) & (price <= 0)] = BondStatus.NONPOSITIVE_PRICE
    price, count, *columns = (
        np.require(column, requirements="CW")
        for column in (price, count, time, flows.amount_pct_par, factor)
    )
    growth = _growth_per_period(time, factor, int(compounding))
    is_usable = status == BondStatus.OK
    spread = z_spread_rows(price, count, Flows(*columns, growth), int(compounding), is_usable)
    status[(status == BondStatus.OK) & np.isnan(spread)] = BondStatus.NO_SOLUTION
    return spread, status


def _growth_per_period(time: FloatArray, factor: FloatArray, periods: int) -> FloatArray:
    """Return one plus the zero rate per compounding period of each flow; nothing if continuous."""
    if periods == Compounding.CONTINUOUS:
        return np.empty(0)
    ahead = np.where(time > 0, time, np.inf)
    with np.errstate(all="ignore"):
        return factor ** (-1.0 / (periods * ahead))
