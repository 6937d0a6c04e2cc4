"""First-order P&L and cost of an index position, which the repriced figures are compared with."""

import numpy as np


def constant_dv01_seller_pnl_usd(spread_bps, *, dv01_usd_per_bp=475.0):
    """Return minus a constant DV01 times the change of the generic spread; NaN on the first day."""
    return -dv01_usd_per_bp * np.diff(np.asarray(spread_bps, dtype=float), prepend=np.nan)


def spread_cost_usd(half_spread_bps, rpv01_years, *, notional_usd=1e6):
    """Return the cost (<= 0) of one trade at half of bid-ask, in basis points of spread."""
    return -abs(notional_usd) * half_spread_bps * 1e-4 * np.asarray(rpv01_years)


def series_maturity_date(series_number, months=60):
    """Return the maturity of series of CDX.NA: series 1 is that of September 2003."""
    series = np.asarray(series_number, dtype=int)
    start = np.datetime64("2003-12") + 6 * (series - 1)
    return (start + months).astype("datetime64[D]") + 19
