"""The overlay desk's seam for stresses: every run under other costs, lags and first sessions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from parspread.overlay.backtest import simulate_paths
from parspread.overlay.performance import columns_of, headline_metrics
from parspread.overlay.rules import RuleTable
from parspread.warehouse.overlay_runs import rule_table, series_of, sessions_per_year
from parspread.warehouse.record_batches import floats

# What a stress multiplies: every component of cost, and the lag of the signal.
_MULTIPLIED = {
    "transaction_cost": "cost_ratio",
    "roll_cost_bps": "cost_ratio",
    "fee_usd_per_mm": "cost_ratio",
    "impact_ratio": "cost_ratio",
    "signal_lag_sessions": "lag_ratio",
}
# What it sets where the catalog says so.
_REPLACED = ("stressed_vix_pts", "stressed_cost_ratio", "start_offset_sessions")
MEASURES = (
    "session_count", "trade_count", "total_gross_pnl_usd", "total_cost_usd", "total_net_pnl_usd",
    "annualised_return_dec", "sharpe_ratio", "max_drawdown_usd",
)  # fmt: skip


def stress_frame(inputs: pa.Table, strategies: pa.Table, stresses: pa.Table) -> pd.DataFrame:
    """Return what every run does under every stress, simulated in one pass without its days.

    Parameters
    ----------
    inputs, strategies : Table
        As in `performance_frame`.
    stresses : Table, one row per stress_code
        Columns cost_ratio, lag_ratio, added_lag_sessions (null adds none), and
        start_offset_sessions, stressed_vix_pts and stressed_cost_ratio, null where the run's own
        rule holds.

    Returns
    -------
    record : DataFrame, one row per run_id and stress_code
        Measured as the run itself is: a stress that multiplies by 1 has its figures to the last
        bit.
    """
    strategies = strategies.sort_by("run_id")
    series, series_index, session = series_of(inputs, strategies)
    run_count, stress_count = strategies.num_rows, stresses.num_rows
    run = np.repeat(np.arange(run_count), stress_count)
    records = np.repeat(rule_table(strategies).records, stress_count)
    given = {
        name: np.tile(floats(stresses, name), run_count)
        for name in {*_MULTIPLIED.values(), *_REPLACED, "added_lag_sessions"}
    }
    for rule, ratio in _MULTIPLIED.items():
        records[rule] = records[rule] * given[ratio]
    records["signal_lag_sessions"] += np.nan_to_num(given["added_lag_sessions"]).astype(int)
    for rule in _REPLACED:
        records[rule] = np.where(np.isnan(given[rule]), records[rule], given[rule])
    index = series_index[run]
    years = sessions_per_year(series.level, session)[index]
    capital_usd = floats(strategies, "capital_usd")[run]
    measured = []
    blocks = simulate_paths(series, RuleTable(records), signal_index=index, level_index=index)
    for block, summaries, paths in blocks:
        for line, place in enumerate(range(block.start, block.stop)):
            rows = slice(summaries.row_count[line])
            measured.append(
                headline_metrics(
                    paths.net_pnl_usd[line, rows],
                    paths.cost_usd[line, rows],
                    summaries.closed_trade_count[line],
                    capital_usd[place],
                    years[place],
                )
            )
    empty = {name: np.array([]) for name in MEASURES}
    codes = {
        "run_id": strategies["run_id"].to_numpy().astype(object)[run],
        "stress_code": np.tile(stresses["stress_code"].to_numpy().astype(object), run_count),
        "signal_lag_sessions": records["signal_lag_sessions"],
    }
    return pd.DataFrame(codes | (columns_of(measured) or empty))
