"""The overlay desk's seam for markets: contracts repriced, scores diagnosed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parspread.cds._row_loops import BPS
from parspread.curves.discount_curves import DiscountCurves
from parspread.overlay.index_pnl import GenericPnl, GenericQuotes, PnlStatus, repriced_seller_pnl
from parspread.overlay.index_series import labelled_maturity_date
from parspread.overlay.signal_diagnostics import (
    DiagnosticStatus,
    information_coefficients,
    signal_persistence,
)

HORIZON_SESSIONS = (1, 5, 10, 20)


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
    dv01, held_dv01 = priced.cs01_usd_per_bp, priced.old_cs01_usd_per_bp
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
            "held_rpv01_years": priced.old_rpv01_years,
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


def diagnostics_frame(scores: pd.DataFrame, min_session_count: int) -> pd.DataFrame:
    """Return predictive power and persistence of every score, by horizon.

    Parameters
    ----------
    scores : DataFrame, one row per score_code, instrument_code and session_date
        Columns signal_z (positive = long credit risk) and seller_pnl_usd (per $1MM of protection
        sold, of the same session).
    min_session_count : int
        Fewer sessions with a score and what followed it give a status and no number.

    Returns
    -------
    diagnostics : DataFrame, one row per score_code, instrument_code and horizon_sessions
    """
    parts = []
    scores = scores.sort_values(["score_code", "instrument_code", "session_date"])
    for (score, instrument), rows in scores.groupby(["score_code", "instrument_code"], sort=True):
        signal = rows["signal_z"].to_numpy(dtype=float)
        power = information_coefficients(
            signal,
            rows["seller_pnl_usd"].to_numpy(dtype=float),
            HORIZON_SESSIONS,
            min_pair_count=min_session_count,
        )
        persistence = signal_persistence(signal, min_pair_count=min_session_count)
        parts.append(
            pd.DataFrame(
                {
                    "score_code": score,
                    "instrument_code": instrument,
                    "horizon_sessions": power.horizon_sessions,
                    "pearson_ic_ratio": power.pearson_ratio,
                    "spearman_ic_ratio": power.spearman_ratio,
                    "newey_west_t_ratio": power.newey_west_t_ratio,
                    "pair_count": power.pair_count,
                    "ar1_ratio": persistence.ar1_ratio,
                    "half_life_sessions": persistence.half_life_sessions,
                    "autocorrelation_ratio": persistence.autocorrelation_ratio,
                    "coverage_share": persistence.coverage_share,
                    "diagnostic_status": [
                        DiagnosticStatus(code).name.lower() for code in power.status
                    ],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
