"""Runs that performance is measured on in more than one test."""

import numpy as np
import pandas as pd
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
    return (
        days,
        closed,
        strategies.assign(capital_usd=1e6, sizing_mode="binary", sessions_per_year_ratio=252.0),
    )


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
