"""The overlay desk's seam for markets: contracts repriced."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parspread.cds._row_loops import BPS
from parspread.curves.discount_curves import DiscountCurves
from parspread.overlay.index_pnl import (
    UNKNOWN_PNL,
    GenericPnl,
    GenericQuotes,
    PnlStatus,
    repriced_seller_pnl,
)


def contracts_frame(quotes: pd.DataFrame, max_unquoted_days: float) -> pd.DataFrame:
    """Return the P&L of $1MM of protection sold in the series followed, session by session.

    Parameters
    ----------
    quotes : DataFrame, one row per instrument_code and session_date, at least one
        Columns spread_bps, maturity_date, old_series_spread_bps and roll_down_bps (null: unknown),
        index_factor_share, defaulted_share, auction_recovery_share, default_days,
        discount_rate_dec, financing_rate_dec (null: none known), coupon_bps, recovery_share.
    max_unquoted_days : float
        As in `repriced_seller_pnl`.

    Returns
    -------
    contracts : DataFrame, one row per instrument_code and session_date
        Amounts are null unless pnl_status is ok, with one exception: mark_usd_per_mm starts at 0
        on the first session. It is null on a session whose P&L is not known, and goes on from where
        it stood; cumulative_unknown_pnl_count says how many such sessions there were.
    """
    quotes = quotes.sort_values(["instrument_code", "session_date"])
    return pd.concat(
        [
            _contract(rows, max_unquoted_days)
            for _, rows in quotes.groupby("instrument_code", sort=True)
        ],
        ignore_index=True,
    )


def _contract(rows: pd.DataFrame, max_unquoted_days: float) -> pd.DataFrame:
    """Return the rows of one instrument, in order of session."""
    session, maturity = (
        rows[name].to_numpy().astype("datetime64[D]") for name in ("session_date", "maturity_date")
    )
    column = {
        name: rows[name].to_numpy(dtype=float, na_value=np.nan)
        for name in rows.columns.difference(["instrument_code", "session_date", "maturity_date"])
    }
    roll_down = np.nan_to_num(column["roll_down_bps"])
    # A series that rolls off without a quote of its own keeps its last spread.
    is_roll = np.diff(maturity, prepend=maturity[:1]) != np.timedelta64(0, "D")
    roll_down[is_roll & np.isnan(column["old_series_spread_bps"])] = 0.0
    names = ("spread_bps", "old_series_spread_bps", "index_factor_share", "defaulted_share",
             "auction_recovery_share", "default_days", "financing_rate_dec")  # fmt: skip
    priced = repriced_seller_pnl(
        GenericQuotes(
            session_date=session,
            maturity_date=maturity,
            roll_down_bps=roll_down,
            **{name: column[name] for name in names},
        ),
        DiscountCurves.flat(column["discount_rate_dec"]),
        coupon_bps=column["coupon_bps"][0],
        recovery_share=column["recovery_share"][0],
        max_unquoted_days=max_unquoted_days,
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
    total = pnl.total_usd + np.nan_to_num(priced.financing_usd)
    is_unknown = np.isin(pnl.status, UNKNOWN_PNL)
    is_first = pnl.status == PnlStatus.NO_PREVIOUS_SESSION
    mark = np.where(
        (pnl.status == PnlStatus.OK) | is_first, np.cumsum(np.nan_to_num(total)), np.nan
    )
    status_names = np.array([code.name.lower() for code in PnlStatus], dtype=object)
    dv01, held_dv01 = priced.cs01_usd_per_bp, priced.old_cs01_usd_per_bp
    rolled_dv01 = np.where(priced.is_roll, (dv01 + held_dv01) / 2, 0.0)
    upfront_dec = (quotes["spread_bps"] - quotes["coupon_bps"]) * BPS * priced.rpv01_years
    has_rate = np.isfinite(np.roll(quotes["financing_rate_dec"], 1))
    amounts = {
        f"{part}_pnl_usd_per_mm": getattr(pnl, f"{part}_usd")
        for part in ("coupon", "time", "roll_down", "spread", "rates", "default")
    }
    return pd.DataFrame(
        {
            "instrument_code": instrument_code,
            "session_date": session,
            "is_roll": priced.is_roll,
            "roll_gap_bps": priced.roll_gap_bps,
            "rpv01_years": priced.rpv01_years,
            "held_rpv01_years": priced.old_rpv01_years,
            "dv01_usd_per_bp_per_mm": dv01,
            "held_dv01_usd_per_bp_per_mm": held_dv01,
            "upfront_pct_par": upfront_dec * 100,
            **amounts,
            "financing_pnl_usd_per_mm": priced.financing_usd,
            "total_pnl_usd_per_mm": total,
            "mark_usd_per_mm": mark,
            "cumulative_roll_gap_bps": np.cumsum(priced.roll_gap_bps),
            "cumulative_roll_dv01_usd_per_bp_per_mm": np.cumsum(np.nan_to_num(rolled_dv01)),
            "cumulative_roll_count": np.cumsum(priced.is_roll),
            "cumulative_unknown_pnl_count": np.cumsum(is_unknown),
            "pnl_status": status_names[pnl.status],
            "financing_status": np.select(
                [pnl.status != PnlStatus.OK, ~has_rate], ["no_pnl", "no_curve"], "ok"
            ),
            **_total_returns(session, quotes["financing_rate_dec"], total / 1e6, is_first),
        }
    )


def _total_returns(
    session: np.ndarray, rate_dec: np.ndarray, return_dec: np.ndarray, is_first: np.ndarray
) -> dict[str, np.ndarray]:
    """Return unfunded and funded returns and their indices, which start at 100.

    Formula: 100 x product of (1 + P&L per unit of notional), funded with the interest on the
    notional since the session before. After a session whose return is unknown, so is the level.
    """
    days = np.diff(session, prepend=session[:1]).astype(float)
    previous_rate = np.concatenate([rate_dec[:1], rate_dec[:-1]])
    columns = {}
    for name, returns in (
        ("unfunded", return_dec),
        ("funded", return_dec + np.expm1(previous_rate * days / 365.0)),
    ):
        columns[f"{name}_return_dec"] = returns
        columns[f"{name}_index_ratio"] = 100.0 * np.cumprod(np.where(is_first, 1.0, 1.0 + returns))
    return columns
