"""Performance of the overlay runs as the replaced systems measure it: rows in, rows out."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from parspread.overlay.benchmark import since_previous
from parspread.overlay.performance import metrics_by_run
from parspread.replicas.aponyx import aponyx_metrics
from parspread.replicas.macrocredit import macrocredit_metrics
from parspread.warehouse.overlay_runs import quality_names, run_offsets


def macrocredit_frame(days: pd.DataFrame, strategies: pd.DataFrame) -> pd.DataFrame:
    """Return the dollar metrics of the macro-credit notebook, one row per run.

    Parameters
    ----------
    days : DataFrame, one row per run_id and session_date
    strategies : DataFrame, one row per run_id

    Returns
    -------
    record : DataFrame, one row per run_id
    """
    run_ids = strategies["run_id"].sort_values().reset_index(drop=True)
    days = days.sort_values(["run_id", "session_date"])
    measures = metrics_by_run(
        macrocredit_metrics,
        run_offsets(days["run_id"], run_ids),
        {
            "net_pnl_usd": days["net_pnl_usd"].to_numpy(),
            "position": days["direction_sign"].to_numpy(dtype=float),
            "held_sessions": days["held_sessions"].to_numpy(dtype=float),
        },
    )
    record = pd.DataFrame({"run_id": run_ids, **measures})
    record["macrocredit_status"] = quality_names(record["macrocredit_status"])
    return record


def aponyx_frame(days: pd.DataFrame, strategies: pd.DataFrame) -> pd.DataFrame:
    """Return the metrics of the aponyx engine, one row per run.

    Parameters
    ----------
    days : DataFrame, one row per run_id and session_date
    strategies : DataFrame, one row per run_id
        Columns run_id, strategy_code, benchmark_code, capital_usd and sizing_mode: in a
        proportional run the engine counts each change of notional as a trade.

    Returns
    -------
    record : DataFrame, one row per run_id
    """
    strategies = strategies.sort_values("run_id").reset_index(drop=True)
    days = days.sort_values(["run_id", "session_date"])
    offsets = run_offsets(days["run_id"], strategies["run_id"])
    is_binary = (strategies["sizing_mode"] == "binary").to_numpy()
    direction = days["direction_sign"].to_numpy(dtype=float)
    notional = days["position_notional_mm"].to_numpy()
    session_date = days["session_date"].to_numpy().astype("datetime64[D]")
    measures = metrics_by_run(
        aponyx_metrics,
        offsets,
        {
            "net_pnl_usd": days["net_pnl_usd"].to_numpy(),
            "position": np.where(np.repeat(is_binary, np.diff(offsets)), direction, notional),
            "held_sessions": days["held_sessions"].to_numpy(dtype=float),
            "session_date": session_date,
            "benchmark_return_dec": _beside(days, session_date, strategies, offsets),
        },
    )
    record = pd.DataFrame({"run_id": strategies["run_id"], **measures})
    record["aponyx_status"] = quality_names(record["aponyx_status"])
    return record


def _beside(
    days: pd.DataFrame, session_date: np.ndarray, strategies: pd.DataFrame, offsets: np.ndarray
) -> np.ndarray:
    """Return the return of each run's benchmark on every row; NaN where there is none."""
    rows = [slice(first, last) for first, last in itertools.pairwise(offsets)]
    return_dec = days["net_pnl_usd"].to_numpy() / np.repeat(
        strategies["capital_usd"].to_numpy(), np.diff(offsets)
    )
    place = {code: own for code, own in zip(strategies["strategy_code"], rows, strict=True)}
    beside = np.full(len(days), np.nan)
    for code, own in zip(strategies["benchmark_code"], rows, strict=True):
        if code in place:
            theirs = place[code]
            beside[own] = since_previous(
                session_date[theirs], return_dec[theirs], session_date[own]
            )
    return beside
