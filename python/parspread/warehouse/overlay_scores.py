"""The overlay desk's seam for scores: what they foretell, how they fade, what they share."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from parspread.overlay.signal_diagnostics import (
    DiagnosticStatus,
    InformationCoefficients,
    correlation,
    information_coefficients,
    quantile_pnl,
    signal_persistence,
)

HORIZON_SESSIONS = (1, 5, 10, 20)
QUANTILE_COUNT = 5
FILL_LAG_SESSIONS = 1  # as strategies trade: a score of one close is filled at the next

Row = dict[str, Any]


def diagnostics_frame(scores: pd.DataFrame, min_session_count: int) -> pd.DataFrame:
    """Return what every score foretells, in all, by year and by quantile, and its correlations.

    Parameters
    ----------
    scores : DataFrame, one row per score_code, instrument_code and session_date
        Columns signal_z (positive = long credit risk) and seller_pnl_usd (per $1MM of protection
        sold, of the same session).
    min_session_count : int
        Fewer sessions with a score and what followed it give a status and no number.

    Returns
    -------
    diagnostics : DataFrame, one row per score_code, instrument_code, horizon_sessions, part, member
        part is all, year, quantile or score; member is the year, the quantile or the other score.
    """
    scores = scores.sort_values(["score_code", "instrument_code", "session_date"])
    rows: list[Row] = []
    for (score, instrument), own in scores.groupby(["score_code", "instrument_code"], sort=True):
        key = {"score_code": score, "instrument_code": instrument}
        rows += [key | row for row in _score_rows(own, min_session_count)]
    for instrument, own in scores.groupby("instrument_code", sort=True):
        by_score = own.pivot(index="session_date", columns="score_code", values="signal_z")
        for first, second in combinations(by_score, 2):
            ratio, count, status = correlation(
                by_score[first], by_score[second], min_pair_count=min_session_count
            )
            key = {"score_code": first, "instrument_code": instrument, "horizon_sessions": 0}
            part = {"part": "score", "member": second, "correlation_ratio": ratio}
            rows.append(key | part | {"pair_count": count, **_named(status)})
    return pd.DataFrame(rows)


def _score_rows(rows: pd.DataFrame, min_session_count: int) -> Iterator[Row]:
    """Yield what one score foretells on one instrument: in all, by year, by quantile."""
    signal, pnl = (rows[name].to_numpy(dtype=float) for name in ("signal_z", "seller_pnl_usd"))
    filled = {"fill_lag_sessions": FILL_LAG_SESSIONS}
    least = {"min_pair_count": min_session_count}
    kept = signal_persistence(signal, **least)
    power = information_coefficients(signal, pnl, HORIZON_SESSIONS, **least, **filled)
    years = dict(_by_year(rows["session_date"].dt.year.to_numpy(), signal, pnl, least | filled))
    for i, row in enumerate(_power_rows(power)):
        horizon = row["horizon_sessions"]
        parts = quantile_pnl(
            signal, pnl, quantile_count=QUANTILE_COUNT, horizon_sessions=horizon, **filled
        )
        is_shown = power.status[i] == DiagnosticStatus.OK
        signs = [
            np.sign(year.spearman_ratio[i]) == np.sign(power.spearman_ratio[i])
            for year in years.values()
            if year.status[i] == DiagnosticStatus.OK
        ]
        yield row | {
            "part": "all",
            "member": "",
            "ar1_ratio": kept.ar1_ratio,
            "half_life_sessions": kept.half_life_sessions,
            "autocorrelation_ratio": kept.autocorrelation_ratio,
            "turnover_ratio": kept.turnover_ratio,
            "coverage_share": kept.coverage_share,
            "monotonicity_ratio": parts.monotonicity_ratio if is_shown else np.nan,
            "same_sign_year_share": float(np.mean(signs)) if signs else np.nan,
        }
        for quantile, count in enumerate(parts.session_count.tolist()):
            is_empty = is_shown and count == 0
            yield {
                "horizon_sessions": horizon,
                "part": "quantile",
                "member": str(quantile + 1),
                "pair_count": count,
                "mean_pnl_usd_per_mm": parts.mean_pnl_usd[quantile] if is_shown else np.nan,
                **_named(DiagnosticStatus.EMPTY_QUANTILE if is_empty else power.status[i]),
            }
    for year, power in years.items():
        yield from (row | {"part": "year", "member": str(year)} for row in _power_rows(power))


def _by_year(
    year: np.ndarray, signal: np.ndarray, pnl: np.ndarray, options: dict[str, int]
) -> Iterator[tuple[int, InformationCoefficients]]:
    """Yield the power of the scores of each year; what they foretell may lie in the next one."""
    ahead = max(HORIZON_SESSIONS) + FILL_LAG_SESSIONS
    for one in np.unique(year).tolist():
        first, end = np.searchsorted(year, [one, one + 1])
        own = np.where(np.arange(first, min(end + ahead, len(year))) < end, 0.0, np.nan)
        reach = slice(first, first + len(own))
        own += signal[reach]
        yield one, information_coefficients(own, pnl[reach], HORIZON_SESSIONS, **options)


def _power_rows(power: InformationCoefficients) -> Iterator[Row]:
    """Yield a row for each horizon."""
    for i, horizon in enumerate(power.horizon_sessions.tolist()):
        yield {
            "horizon_sessions": horizon,
            "pearson_ic_ratio": power.pearson_ratio[i],
            "spearman_ic_ratio": power.spearman_ratio[i],
            "newey_west_t_ratio": power.newey_west_t_ratio[i],
            "newey_west_lag_sessions": power.newey_west_lag_sessions[i],
            "pair_count": power.pair_count[i],
            **_named(power.status[i]),
        }


def _named(status: int) -> Row:
    return {"diagnostic_status": DiagnosticStatus(status).name.lower()}
