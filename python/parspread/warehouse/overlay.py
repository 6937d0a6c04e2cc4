"""The overlay desk's seam for markets: contracts repriced."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parspread.cds._row_loops import BPS
from parspread.curves.discount_curves import DiscountCurves
from parspread.overlay.index_pnl import GenericPnl, GenericQuotes, PnlStatus, repriced_seller_pnl
from parspread.overlay.index_series import labelled_maturity_date

DV01_USD_PER_YEAR_PER_MM = 1e6 * BPS  # dollars per basis point, of one year of risky annuity


def contracts_frame(quotes: pd.DataFrame) -> pd.DataFrame:
    """Return the P&L of $1MM of protection sold in the series on the run, session by session.

    Parameters
    ----------
    quotes : DataFrame, one row per instrument_code and session_date, at least one
        Columns spread_bps, series_number (null: the roll rule decides), old_series_spread_bps and
        roll_down_bps (null: unknown), discount_rate_dec, coupon_bps, recovery_share,
        tenor_months_count and roll_day_of_month.

    Returns
    -------
    contracts : DataFrame, one row per instrument_code and session_date
        Amounts are null unless pnl_status is ok, with one exception: mark_usd_per_mm starts at 0
        on the first session. It is null on a session that cannot be marked, and after a repricing
        that failed, because what it missed is unknown.
    """
    quotes = quotes.sort_values(["instrument_code", "session_date"])
    return pd.concat(
        [_contract(rows) for _, rows in quotes.groupby("instrument_code", sort=True)],
        ignore_index=True,
    )


def _contract(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one instrument, in order of session."""
    column = {
        name: rows[name].to_numpy(dtype=float, na_value=np.nan)
        for name in rows.columns.difference(["instrument_code", "session_date"])
    }
    terms = {name: values[0] for name, values in column.items()}
    session = rows["session_date"].to_numpy().astype("datetime64[D]")
    maturity = labelled_maturity_date(
        session,
        column["series_number"],
        tenor_months_count=int(terms["tenor_months_count"]),
        roll_day_of_month=int(terms["roll_day_of_month"]),
    )
    roll_down = np.nan_to_num(column["roll_down_bps"])
    # A series that rolls off without a quote of its own keeps its last spread.
    roll_down[1:][np.diff(maturity) != np.timedelta64(0, "D")] = 0.0
    priced = repriced_seller_pnl(
        GenericQuotes(
            session, column["spread_bps"], maturity, column["old_series_spread_bps"], roll_down
        ),
        DiscountCurves.flat(column["discount_rate_dec"]),
        coupon_bps=terms["coupon_bps"],
        recovery_share=terms["recovery_share"],
    )
    return _contract_frame(rows["instrument_code"].to_numpy(), session, maturity, column, priced)


def _contract_frame(
    instrument_code: np.ndarray,
    session: np.ndarray,
    maturity: np.ndarray,
    quotes: dict[str, np.ndarray],
    priced: GenericPnl,
) -> pd.DataFrame:
    """Return the repriced sessions of one instrument under their public names."""
    pnl = priced.pnl
    is_marked = ~np.isin(pnl.status, (PnlStatus.NO_PREVIOUS_SESSION, PnlStatus.MISSING_SPREAD))
    mark = np.cumsum(np.where(is_marked, pnl.total_usd, 0.0))
    status_names = np.array([code.name.lower() for code in PnlStatus], dtype=object)
    dv01, held_dv01 = (
        years * DV01_USD_PER_YEAR_PER_MM for years in (priced.rpv01_years, priced.old_rpv01_years)
    )
    rolled_dv01 = np.where(priced.is_roll, (dv01 + held_dv01) / 2, 0.0)
    upfront_dec = (quotes["spread_bps"] - quotes["coupon_bps"]) * BPS * priced.rpv01_years
    return pd.DataFrame(
        {
            "instrument_code": instrument_code,
            "session_date": session,
            "maturity_date": maturity,
            "is_roll": priced.is_roll,
            "roll_gap_bps": priced.roll_gap_bps,
            "rpv01_years": priced.rpv01_years,
            "dv01_usd_per_bp_per_mm": dv01,
            "held_dv01_usd_per_bp_per_mm": held_dv01,
            "upfront_pct_par": upfront_dec * 100,
            "coupon_pnl_usd_per_mm": pnl.coupon_usd,
            "time_pnl_usd_per_mm": pnl.time_usd,
            "roll_down_pnl_usd_per_mm": pnl.roll_down_usd,
            "spread_pnl_usd_per_mm": pnl.spread_usd,
            "rates_pnl_usd_per_mm": pnl.rates_usd,
            "total_pnl_usd_per_mm": pnl.total_usd,
            "mark_usd_per_mm": np.where(pnl.status == PnlStatus.MISSING_SPREAD, np.nan, mark),
            "cumulative_roll_gap_bps": np.cumsum(priced.roll_gap_bps),
            "cumulative_roll_dv01_usd_per_bp_per_mm": np.cumsum(rolled_dv01),
            "pnl_status": status_names[pnl.status],
        }
    )
