"""The overlay desk's seam for delivered index quotes: spreads into prices and back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import upfront_at_coupon, value_from_spread, value_from_upfront
from parspread.curves.discount_curves import DiscountCurves

MAX_QUOTE = 1e5  # what is no quote at all is not solved for
STANDARD_COUPONS_BPS = (100.0, 500.0)


def converted_quotes(quotes: pd.DataFrame) -> pd.DataFrame:
    """Return the spread and the price of every delivered quote.

    Parameters
    ----------
    quotes : DataFrame, one row per data_set and source_row_number
        Columns quote_date, maturity_date of the series (null: none), spread_bps and price_pct_par
        as delivered, quote_kind, coupon_bps, recovery_share and discount_rate_dec.

    Returns
    -------
    converted : DataFrame, one row per data_set and source_row_number
        The quote as delivered and the other by exact conversion; null where it is missing, no
        finite number above zero, or has no hazard.
    """
    spread, price, coupon, recovery, rate = (
        quotes[name].to_numpy(dtype=float, na_value=np.nan)
        for name in (
            "spread_bps", "price_pct_par", "coupon_bps", "recovery_share", "discount_rate_dec",
        )
    )  # fmt: skip
    spread, price = (np.where((x > 0) & (x < MAX_QUOTE), x, np.nan) for x in (spread, price))
    contracts = cds_contracts(
        quotes["quote_date"].to_numpy().astype("datetime64[D]"),
        quotes["maturity_date"].to_numpy().astype("datetime64[D]"),
        coupon_bps=coupon,
        recovery_share=recovery,
    )
    discount = DiscountCurves.flat(rate)
    at_spread = value_from_spread(contracts, spread, discount)
    is_price = (quotes["quote_kind"] == "price").to_numpy()
    other = np.where(
        coupon == STANDARD_COUPONS_BPS[0], STANDARD_COUPONS_BPS[1], STANDARD_COUPONS_BPS[0]
    )
    return pd.DataFrame(
        {
            "data_set": quotes["data_set"],
            "source_row_number": quotes["source_row_number"],
            "spread_bps": np.where(
                is_price, value_from_upfront(contracts, 100.0 - price, discount).spread_bps, spread
            ),
            "price_pct_par": np.where(is_price, price, at_spread.price_pct_par),
            "price_difference_pct_par": price - at_spread.price_pct_par,
            "swapped_difference_pct_par": spread
            - value_from_spread(contracts, price, discount).price_pct_par,
            "other_coupon_difference_pct_par": price - 100.0 + upfront_at_coupon(at_spread, other),
        }
    )
