"""The backtest driver: one pass over all runs of a sweep.

Against the plain Python loop over the same `step`, in a process with the compiler switched off, and
against the leanest loop, which knows only the rules of this sweep.
"""

import os
import subprocess
import sys
import time

import numpy as np

from parspread.overlay.backtest import Series, simulate, simulate_summaries
from parspread.overlay.rules import Rules, RuleTable, SizingMode
from parspread.overlay.step import INITIAL_STATE, Market, read_day, step
from parspread_tools.benchmarks.measure import median_seconds, peak_memory_mb
from parspread_tools.benchmarks.tables import Table, measured

DAYS = {"tiny": 50, "small": 2_500, "market": 2_500}
RUNS = {"tiny": (20, 40), "small": (1_000, 10_000), "market": (1_000, 10_000, 100_000)}
SAMPLE_RUNS = {"tiny": 2, "small": 20, "market": 20}
SERIES_COUNT = 20


def sweep(run_count: int, day_count: int) -> tuple[Series, RuleTable, dict[str, np.ndarray]]:
    """Return series, rules and series indices of a sweep (fixed seed)."""
    rng = np.random.default_rng(20240102)
    shape = (SERIES_COUNT, day_count)
    signal = np.empty(shape)
    signal[:, 0] = 0.0
    for day in range(1, day_count):  # persistent scores of unit deviation
        signal[:, day] = 0.95 * signal[:, day - 1] + rng.normal(scale=0.3122, size=SERIES_COUNT)
    level = 60 * np.exp(rng.normal(scale=0.02, size=shape).cumsum(axis=1))
    choose = rng.choice
    records = [
        {
            "position_size_mm": 10.0,
            "transaction_cost": 0.25,
            "dv01_usd_per_bp_per_mm": 475.0,
            "sizing_mode": mode,
            "entry_threshold": float(entry),
            "exit_threshold": 0.25,
            "stop_basis": "spread_bps",
            "stop_loss": float(stop),
            "take_profit": float(take),
            "max_holding_sessions": int(limit),
            "signal_lag_sessions": 1,
            "pnl_model": "constant_dv01",
        }
        for mode, entry, stop, take, limit in zip(
            choose(["binary", "proportional"], run_count),
            choose([0.5, 1.0, 1.5, 2.0], run_count),
            choose([5.0, 10.0, 20.0], run_count),
            choose([5.0, 10.0, 20.0], run_count),
            choose([10, 20, 60], run_count),
            strict=True,
        )
    ]
    indices = rng.integers(SERIES_COUNT, size=(2, run_count))
    return (
        Series(signal, level),
        RuleTable.from_records(records),
        {"signal_index": indices[0], "level_index": indices[1]},
    )


def lean_run(signal: list[float], level: list[float], rules: Rules) -> float:
    """Return the net P&L of a run of `sweep`, in plain Python at its leanest.

    A loop over two lists and a dozen local numbers that knows the rules of this sweep alone: it
    makes no record and looks up no option.
    """
    size, leg_cost = rules.position_size_mm, rules.transaction_cost * rules.dv01_usd_per_bp_per_mm
    dv01, entry, leave = rules.dv01_usd_per_bp_per_mm, rules.entry_threshold, rules.exit_threshold
    stop, take, limit = rules.stop_loss, rules.take_profit, rules.max_holding_sessions
    is_binary = rules.sizing_mode == SizingMode.BINARY
    position = entry_level = last = closed = total = peak = drawdown = squares = lagged = 0.0
    held = trade_count = 0
    is_waiting = False
    for now, quote in zip(signal, level, strict=True):
        score, lagged = lagged, now
        gross = -position * (quote - last) * dv01 if position else 0.0
        cost = 0.0
        sign = 1.0 if score > 0.0 else -1.0 if score < 0.0 else 0.0
        target = (sign if is_binary else score) * size
        if position != 0.0:
            direction = 1.0 if position > 0.0 else -1.0
            gain = -direction * (last - entry_level)
            held += 1
            if gain < -stop or gain > take or held >= limit:
                cost, position, is_waiting, closed = abs(position), 0.0, True, direction
            elif sign != direction and abs(score) >= entry:
                cost, position, entry_level, held = abs(position) + abs(target), target, quote, 0
                trade_count += 1
            elif score * direction < leave:
                cost, position = abs(position), 0.0
            elif not is_binary and sign == direction:
                cost, position = abs(target - position), target
        elif is_waiting:
            is_waiting = sign == closed
        elif abs(score) >= entry:
            cost, position, entry_level, held = abs(target), target, quote, 0
            trade_count += 1
        last = quote
        net = gross - cost * leg_cost
        total += net
        squares += net * net
        if total > peak:
            peak = total
        if total - peak < drawdown:
            drawdown = total - peak
    return total


def lean_loop_seconds(day_count: int, run_count: int) -> float:
    """Return the CPU seconds of `lean_run` over the first runs of the sweep; check its P&L."""
    series, table, indices = sweep(run_count, day_count)
    expected = simulate_summaries(series, table, **indices).total_net_pnl_usd
    runs = [
        (
            series.signal[indices["signal_index"][run]].tolist(),
            series.level[indices["level_index"][run]].tolist(),
            Rules(*table.records[run].item()),
        )
        for run in range(run_count)
    ]
    started = time.process_time()
    found = [lean_run(*run) for run in runs]
    seconds = time.process_time() - started
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    return seconds


def plain_loop_seconds(day_count: int, run_count: int) -> float:
    """Return the CPU seconds of the uncompiled `step` over the first runs of the sweep."""
    series, table, indices = sweep(run_count, day_count)
    started = time.process_time()
    for run in range(run_count):
        rules = Rules(*table.records[run].item())
        lagged = [float("nan"), *series.signal[indices["signal_index"][run]].tolist()]
        state = INITIAL_STATE
        for raw, quote in zip(
            lagged, series.level[indices["level_index"][run]].tolist(), strict=False
        ):
            used, status = read_day(raw, quote, 0.0, rules)
            state, _ = step(state, Market(used, quote, 0.0, 0.0, status), rules)
    return time.process_time() - started


def run_days_line(what, simulation, case, references) -> dict:
    """Return the line of one simulation: a row is a run-day, references are seconds a run."""
    series, rules, indices = case
    run_days = len(rules.records) * series.level.shape[1]
    memory_before = peak_memory_mb()
    seconds = median_seconds(simulation, series, rules, **indices)
    plain, lean = (each * len(rules.records) for each in references)
    return measured(what, run_days, seconds, ("lean loop", lean)) | {
        "plain loop, times faster": plain / seconds,
        "memory added MB": peak_memory_mb() - memory_before,
    }


def tables(size: str) -> list[Table]:
    """Measure summaries by size, then every day kept."""
    days, sample = DAYS[size], SAMPLE_RUNS[size]
    simulate_summaries(*sweep(1, days)[:2], **sweep(1, days)[2])
    command = [sys.executable, "-m", __name__, str(days), str(sample)]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    plain = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    references = (float(plain.stdout) / sample, lean_loop_seconds(days, sample) / sample)
    # Memory is a high-water mark, so the large sweeps come before the table of days.
    lines = [
        run_days_line(
            f"summaries of {runs:,} runs", simulate_summaries, sweep(runs, days), references
        )
        for runs in RUNS[size]
    ]
    kept = sweep(RUNS[size][0], days)
    lines.append(run_days_line("every day kept", simulate, kept, references))
    note = f"{days:,} days; both loops on {sample} runs, scaled; a row is a run-day."
    return [Table("Backtest", note, lines)]


if __name__ == "__main__":
    print(plain_loop_seconds(int(sys.argv[1]), int(sys.argv[2])))
