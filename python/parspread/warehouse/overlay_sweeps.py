"""The overlay desk's seam for sweeps: points in, a line of figures for each out, no days.

Points that earned the same month by month follow one leader; the ledger keeps the months of
leaders, and of the others that they were tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from parspread.arrays import FloatArray, IntArray
from parspread.overlay.backtest import RunSummaries, Series, simulate_paths
from parspread.overlay.bootstrap import resample_counts
from parspread.overlay.performance import QualityStatus
from parspread.overlay.sweep import equivalent_trial_counts, measure_paths, point_leaders
from parspread.warehouse.overlay_runs import quality_names, rule_table, series_of, sessions_per_year
from parspread.warehouse.overlay_selection import MIN_MONTHS, MONTH_BLOCK, SelectionSettings

# Points whose rules are Python objects at a time.
SLICE_ROWS = 8_192
_SHAPE = (
    "recorded_sharpe_ratio", "skewness_ratio", "kurtosis_ratio", "newey_west_t_ratio",
)  # fmt: skip
# Missing for a point of too few trades or sessions.
_ESTIMATES = (
    "annualised_return_dec", "sharpe_ratio", "newey_west_t_ratio", "skewness_ratio",
    "kurtosis_ratio", "hit_rate_share",
)  # fmt: skip


@dataclass(frozen=True)
class SweepSettings(SelectionSettings):
    """What points are measured by.

    Attributes
    ----------
    min_reliable_trade_count : int
        With fewer closed trades the figures carry a status; below `min_trade_count` they are null.
    """

    min_reliable_trade_count: int = 0


def sweep_table(inputs: pa.Table, points: pa.Table, settings: SweepSettings) -> pa.Table:
    """Return one line per point of all sweeps.

    Parameters
    ----------
    inputs : Table
        As in `parspread.warehouse.overlay_runs.backtest_days_table`.
    points : Table, one row per run_id
        The resolved catalog of points with trial_id, family_code and capital_usd.
    settings : SweepSettings

    Returns
    -------
    lines : Table, one row per run_id
        `leader_trial_id` is a trial of the same family that did the same. At leaders
        `monthly_return_dec` holds P&L over capital, from `first_month_date` on, and
        `equivalent_trial_count` how many independent trials it and its followers are worth.

    Raises
    ------
    ValueError
        A rule is outside its range; the message starts with the point.
    """
    points = points.sort_by([(n, "ascending") for n in ("signal_code", "market_code", "run_id")])
    series, index, session = series_of(inputs, points)
    month_of_day = session.astype("datetime64[M]").astype(np.int64)
    first_month = int(month_of_day[0]) if session.size else 0
    month_of_day -= first_month
    years = sessions_per_year(series.level, session)[index]
    found, months = _measured(series, index, points, month_of_day)
    capital_usd = points["capital_usd"].to_numpy()
    months /= capital_usd[:, None]
    lines = _shown(found, capital_usd, years, settings)
    names = points.select(["run_id", "trial_id", "family_code"]).to_pandas()
    lines = pd.concat([names, lines], axis=1)
    lines["leader_trial_id"] = pd.Series([None] * len(lines), dtype=object)
    lines["equivalent_trial_count"] = np.nan
    for _, own in names.sort_values("trial_id").groupby("family_code", sort=True):
        _follow(lines, own.index.to_numpy(), months, settings)
    starts: list[Any] = [None] * len(lines)
    monthly: list[Any] = [None] * len(lines)
    for place in np.flatnonzero(lines["equivalent_trial_count"].notna()):
        seen = np.flatnonzero(np.isfinite(months[place]))
        if seen.size:
            values = months[place, seen[0] : seen[-1] + 1]
            monthly[place] = [None if np.isnan(value) else value for value in values]
            start = np.datetime64(first_month + int(seen[0]), "M")
            starts[place] = start.astype("datetime64[D]").item()
    kinds = dict.fromkeys(("run_id", "quality_status", "leader_trial_id"), pa.string())
    kinds |= dict.fromkeys(("session_count", "trade_count"), pa.int64())
    shown = [name for name in lines.columns if name not in ("trial_id", "family_code")]
    columns = {
        name: pa.array(lines[name], kinds.get(name, pa.float64()), from_pandas=True)
        for name in shown
    }
    columns["first_month_date"] = pa.array(starts, pa.date32())
    columns["monthly_return_dec"] = pa.array(monthly, pa.list_(pa.float64()))
    return pa.table(columns)


def _measured(
    series: Series, index: IntArray, points: pa.Table, month_of_day: IntArray
) -> tuple[dict[str, np.ndarray], FloatArray]:
    """Return the figures of every point, and its P&L by month in dollars."""
    count = points.num_rows
    month_count = int(month_of_day.max(initial=-1)) + 1
    months = np.full((count, month_count), np.nan)
    shape = np.full((count, len(_SHAPE)), np.nan)
    kept: list[RunSummaries] = []
    for first in range(0, count, SLICE_ROWS):
        rules = rule_table(points.slice(first, SLICE_ROWS))
        own = index[first : first + len(rules)]
        for block, summaries, paths in simulate_paths(
            series, rules, signal_index=own, level_index=own
        ):
            lines = slice(first + block.start, first + block.stop)
            measure_paths(
                paths.net_pnl_usd, paths.day, summaries.row_count, month_of_day,
                shape[lines], months[lines],
            )  # fmt: skip
            kept.append(summaries)
    names = (
        "row_count", "closed_trade_count", "winning_trade_count", "total_gross_pnl_usd",
        "total_cost_usd", "total_net_pnl_usd", "mean_net_pnl_usd", "max_drawdown_usd",
        "mean_holding_sessions", "unknown_pnl_count",
    )  # fmt: skip
    empty = {name: [np.array([])] for name in names} if not kept else {}
    found = {
        name: np.concatenate(empty.get(name) or [getattr(one, name) for one in kept])
        for name in names
    }
    return found | dict(zip(_SHAPE, shape.T, strict=True)), months


def _shown(
    found: dict[str, np.ndarray],
    capital_usd: FloatArray,
    years: FloatArray,
    settings: SweepSettings,
) -> pd.DataFrame:
    """Return the columns of the points, estimates of tiny samples left out."""
    sessions, trades = found["row_count"], found["closed_trade_count"]
    with np.errstate(divide="ignore", invalid="ignore"):
        hit_rate = found["winning_trade_count"] / trades
    is_lost = ~np.isfinite(found["total_net_pnl_usd"])
    status = np.select(
        [
            is_lost,
            sessions < settings.min_session_count,
            trades < max(settings.min_trade_count, settings.min_reliable_trade_count),
            found["unknown_pnl_count"] > 0,
        ],
        [
            QualityStatus.MISSING_PNL, QualityStatus.INSUFFICIENT_SESSIONS,
            QualityStatus.INSUFFICIENT_TRADES, QualityStatus.UNKNOWN_PNL,
        ],
        QualityStatus.OK,
    )  # fmt: skip
    lines = pd.DataFrame(
        {
            "session_count": sessions.astype(np.int64),
            "trade_count": trades.astype(np.int64),
            **{n: found[n] for n in ("total_gross_pnl_usd", "total_cost_usd", "total_net_pnl_usd")},
            "annualised_return_dec": found["mean_net_pnl_usd"] / capital_usd * years,
            "sharpe_ratio": found["recorded_sharpe_ratio"] * np.sqrt(years),
            **{name: found[name] for name in _SHAPE},
            "max_drawdown_usd": found["max_drawdown_usd"],
            "hit_rate_share": hit_rate,
            "mean_holding_sessions": found["mean_holding_sessions"],
            "quality_status": quality_names(pd.Series(status)),
        }
    )
    is_tiny = (trades < settings.min_trade_count) | (sessions < settings.min_session_count)
    lines.loc[is_tiny, list(_ESTIMATES)] = np.nan
    return lines


def _follow(
    lines: pd.DataFrame, own: IntArray, months: FloatArray, settings: SweepSettings
) -> None:
    """Fill the leader of each point of a family, and what leader and followers are worth."""
    monthly = np.ascontiguousarray(months[own])
    leader = point_leaders(monthly, settings.min_cluster_correlation_ratio)
    month_count = monthly.shape[1]
    if month_count < MIN_MONTHS:
        worth = np.full(len(own), np.nan)
        size = np.bincount(leader, minlength=len(own))
        worth[size > 0] = size[size > 0]
    else:
        draws = resample_counts(
            month_count, MONTH_BLOCK, settings.resample_count, settings.bootstrap_seed
        )
        worth = equivalent_trial_counts(monthly, leader, np.concatenate(list(draws)))
    trial = lines["trial_id"].to_numpy()
    lines.loc[own, "leader_trial_id"] = trial[own[leader]]
    lines.loc[own, "equivalent_trial_count"] = worth
