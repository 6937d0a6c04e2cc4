"""Runs that performance is measured on in more than one test."""

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from parspread.overlay.performance import (
    QualityStatus,
)


def sample_run(seed: int, session_count: int = 400) -> dict:
    """Return a run with flat spells, autocorrelated P&L, and trades cut from its positions."""
    rng = np.random.default_rng(seed)
    position = np.repeat(rng.integers(-1, 2, session_count), rng.integers(1, 12, session_count))
    position = position[:session_count].astype(float)
    held = np.zeros(session_count)
    for i in range(1, session_count):
        if position[i] != 0 and position[i] == position[i - 1]:
            held[i] = held[i - 1] + 1
    shock = rng.normal(300.0, 4_000.0, session_count)
    pnl = np.where(position != 0, shock + 0.3 * np.roll(shock, 1), 0.0)
    cost = np.abs(np.diff(position, prepend=0.0)) * 1_000.0
    trade_count = 40
    return {
        "net_pnl_usd": pnl - cost,
        "cost_usd": cost,
        "position_notional_mm": position * 10.0,
        "trade_net_pnl_usd": rng.normal(500.0, 9_000.0, trade_count),
        "trade_holding_sessions": rng.integers(1, 20, trade_count).astype(float),
        "position": position,
        "held_sessions": held,
        "session_date": np.arange(
            np.datetime64("2020-01-01"), np.datetime64("2020-01-01") + session_count
        ),
    }


STANDARD = (
    "net_pnl_usd",
    "cost_usd",
    "position_notional_mm",
    "trade_net_pnl_usd",
    "trade_holding_sessions",
)


def pick(run: dict, names: tuple[str, ...]) -> list:
    return [run[name] for name in names]


def assert_same_record(actual: dict, expected: dict, rtol: float = 1e-9) -> None:
    assert sorted(actual) == sorted(expected)
    for name, value in expected.items():
        assert_allclose(actual[name], value, rtol=rtol, atol=1e-12, err_msg=name)


def runs(net: dict[str, list[float]], trades: dict[str, int]) -> tuple[pd.DataFrame, ...]:
    """Return days, closed trades and strategies of runs with given session P&L."""
    days = pd.concat(
        pd.DataFrame(
            {
                "run_id": run,
                "session_date": pd.date_range("2024-01-01", periods=len(pnl)),
                "net_pnl_usd": pnl,
                "cost_usd": 0.0,
                "position_notional_mm": 1.0,
                "direction_sign": 1,
                "held_sessions": range(len(pnl)),
                "benchmark_return_dec": np.resize([0.001, -0.002, 0.0015], len(pnl)),
            }
        )
        for run, pnl in net.items()
    )
    closed = pd.DataFrame(
        [
            {
                "run_id": run,
                "trade_number": number,
                "exit_date": pd.Timestamp("2024-01-01"),
                "net_pnl_usd": 10.0 if number % 2 else -5.0,
                "held_sessions": 3,
                "is_open": False,
            }
            for run, count in trades.items()
            for number in range(count)
        ]
    )
    strategies = pd.DataFrame({"run_id": list(net), "data_set": "desk", "companion_of": None})
    terms = {"capital_usd": 1e6, "sizing_mode": "binary", "sessions_per_year_ratio": 252.0}
    codes = {"strategy_code": strategies["run_id"], "benchmark_code": None, "is_benchmark": False}
    return days, closed, strategies.assign(**codes, **terms)


def swept_run(run_id: str, **rules: object) -> dict:
    """Return a resolved strategy on the series `ig`, with what the rules leave out empty."""
    return {
        "run_id": run_id, "strategy_code": run_id, "signal_code": "s", "instrument_code": "ig",
        "data_set": "desk", "companion_of": None, "capital_usd": 1e7, "position_size_mm": 10.0,
        "entry_threshold": 1.0, "exit_threshold": 0.5, "stop_basis": "spread_bps",
        "stop_loss_bps": 5.0, "take_profit_bps": None, "cost_unit": "spread_bps",
        "transaction_cost_bps": 0.5, "transaction_cost_pct": None, "signal_lag_sessions": 1,
        "dv01_usd_per_bp_per_mm": 475.0, "pnl_model": "constant_dv01", "roll_cost_bps": 0.0,
        "is_benchmark": False, "benchmark_code": None,
    } | rules  # fmt: skip


def inputs_of(signal: np.ndarray, level: np.ndarray) -> pa.Table:
    """Return one series as the warehouse hands it over, its sessions in no order."""
    shuffled = np.random.default_rng(3).permutation(len(signal))
    days = np.datetime64("2024-01-01") + np.arange(len(signal))
    empty = ("mark_usd_per_mm", "dv01_usd_per_bp_per_mm", "held_dv01_usd_per_bp_per_mm",
             "vix_close_pts")  # fmt: skip
    zero = ("cumulative_roll_gap_bps", "cumulative_roll_dv01_usd_per_bp_per_mm",
            "cumulative_unknown_pnl_count")  # fmt: skip
    return pa.table(
        {
            "signal_code": ["s"] * len(signal),
            "instrument_code": ["ig"] * len(signal),
            "session_date": days[shuffled],
            "spread_bps": level[shuffled],
            "spread_change_deviation_bps": np.ones(len(signal)),
            "signal_z": signal[shuffled],
            **{name: np.full(len(signal), np.nan) for name in empty},
            **{name: np.zeros(len(signal)) for name in zero},
        }
    )


def market(session_count: int = 400) -> pa.Table:
    """Return inputs of a persistent score and a wandering spread."""
    rng = np.random.default_rng(8)
    signal = np.convolve(rng.normal(size=session_count + 19), np.full(20, 0.35), "valid")
    signal[-4:] = 3.0  # the last trade stays open

    return inputs_of(signal, 60 + rng.normal(scale=1.5, size=session_count).cumsum())


def on_dates(inputs: pa.Table, spacing_days: int, **columns: np.ndarray) -> pa.Table:
    """Return the same inputs in order of session, so many days apart, with other columns."""
    inputs = inputs.sort_by("session_date")
    days = np.datetime64("2014-01-03") + spacing_days * np.arange(inputs.num_rows)
    for name, values in {"session_date": days, **columns}.items():
        inputs = inputs.set_column(inputs.column_names.index(name), name, pa.array(values))
    return inputs


LONG = [float(x) for x in np.random.default_rng(1).normal(90.0, 500.0, 300)]


SMALL_SAMPLES = {
    "flat": ([0.0] * 300, 0, "insufficient_trades"),
    "one_trade": ([0.0] * 150 + [1e6] + [0.0] * 149, 1, "insufficient_trades"),
    "all_nan": ([np.nan] * 300, 40, "missing_pnl"),
    "three_rows": ([1.0, -2.0, 3.0], 40, "insufficient_sessions"),
    "nine_trades": (LONG, 9, "insufficient_trades"),
    "fifty_nine_sessions": (LONG[:59], 40, "insufficient_sessions"),
}


# P&L of runs that leave something undefined, with the status of the standard set.
DEGENERATE_RUNS = {
    "flat": (np.zeros(300), QualityStatus.INSUFFICIENT_TRADES),
    "constant": (np.full(300, 12.5), QualityStatus.INSUFFICIENT_TRADES),
    "all_nan": (np.full(300, np.nan), QualityStatus.MISSING_PNL),
    "three": (np.array([1.0, -2.0, 3.0]), QualityStatus.INSUFFICIENT_SESSIONS),
    "one": (np.array([5.0]), QualityStatus.INSUFFICIENT_SESSIONS),
    "empty": (np.array([]), QualityStatus.INSUFFICIENT_SESSIONS),
    "one_trade": (np.where(np.arange(300) == 7, 1e9, 0.0), QualityStatus.INSUFFICIENT_TRADES),
    "one_inf": (np.append(np.ones(299), np.inf), QualityStatus.MISSING_PNL),
}

UNITS = ("_usd", "_dec", "_ratio", "_share", "_count", "_sessions", "_days", "_status")
"""What the name of every metric ends in: the names become columns."""


# Whole dollars: sums are exact, so that laws hold without rounding.
dollars = st.integers(-50_000, 50_000).map(float)
any_pnl_lists = st.lists(
    st.one_of(dollars, st.floats(-1e12, 1e12), st.just(0.0), st.just(np.nan)), max_size=90
)
