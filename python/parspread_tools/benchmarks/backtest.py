"""Measure the backtest driver: `python -m parspread_tools.benchmarks.backtest`.

Prints a Markdown table: one pass over 1,000 runs against the plain Python loop over the same
`step` and against the leanest loop that knows the rules of this sweep only, and summaries of 10,000
and 100,000 runs with time, memory added and run-days per second. The plain loop runs in a second
process with numba's compiler switched off. Both loops run on a sample of the runs; their time is
scaled to all of them. Compiling is paid before the clock starts and shown below.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from parspread.overlay.backtest import Series, simulate, simulate_summaries
from parspread.overlay.rules import Rules, RuleTable, SizingMode
from parspread.overlay.step import INITIAL_STATE, Market, read_day, step
from parspread_tools.benchmarks.measure import REPEATS, median_seconds, peak_memory_mb

DAY_COUNT = 2500
SERIES_COUNT = 20
LOOP_SAMPLE_RUNS = 20


def sweep(run_count: int) -> tuple[Series, RuleTable, dict[str, np.ndarray]]:
    """Return series, rules and series indices of a sweep (fixed seed)."""
    rng = np.random.default_rng(20240102)
    shape = (SERIES_COUNT, DAY_COUNT)
    signal = np.empty(shape)
    signal[:, 0] = 0.0
    for day in range(1, DAY_COUNT):  # persistent scores of unit deviation
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

    A loop over two lists and a dozen local numbers that knows the rules of this sweep and no other:
    no record is made, no option is looked up.
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


def lean_loop_seconds(run_count: int) -> float:
    """Return the CPU seconds of `lean_run` over the first runs of the sweep; check its P&L."""
    series, table, indices = sweep(1000)
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
    np.testing.assert_allclose(found, expected[:run_count], rtol=1e-9)
    return seconds


def plain_loop_seconds(run_count: int) -> float:
    """Return the CPU seconds of the uncompiled `step` over the first runs of the sweep."""
    series, table, indices = sweep(1000)
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


def sweep_seconds(simulation: Callable, case: tuple) -> float:
    """Return the median processor time of one simulation of all runs of a sweep."""
    *market_and_rules, indices = case
    return median_seconds(simulation, *market_and_rules, **indices)


def main() -> None:
    """Print the table."""
    if sys.argv[1:] == ["plain_loop"]:
        print(plain_loop_seconds(LOOP_SAMPLE_RUNS))
        return

    print(f"{DAY_COUNT:,} days; CPU seconds, median of {REPEATS}.\n")
    print("| what | runs | CPU s | run-days per s | memory added MB | against |")
    print("|---|---|---|---|---|---|")

    def row(what, run_count, seconds, memory_mb=None, against=""):
        rate = run_count * DAY_COUNT / seconds
        memory = "" if memory_mb is None else f"{memory_mb:,.0f}"
        print(f"| {what} | {run_count:,} | {seconds:.3f} | {rate:,.0f} | {memory} | {against} |")

    thousand = sweep(1000)
    started = time.process_time()
    sweep_seconds(simulate_summaries, sweep(1))
    first_call = time.process_time() - started

    loop = subprocess.run(
        [sys.executable, "-m", "parspread_tools.benchmarks.backtest", "plain_loop"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    loop_seconds = float(loop.stdout) * 1000 / LOOP_SAMPLE_RUNS
    row(f"plain loop, {LOOP_SAMPLE_RUNS} runs scaled", 1000, loop_seconds)

    lean_seconds = lean_loop_seconds(LOOP_SAMPLE_RUNS) * 1000 / LOOP_SAMPLE_RUNS
    row(f"lean loop, {LOOP_SAMPLE_RUNS} runs scaled", 1000, lean_seconds)

    # Memory is a high-water mark, so the large sweeps come before the tables of days.
    summary_rows = [(1000, sweep_seconds(simulate_summaries, thousand), None)]
    for run_count in (10_000, 100_000):
        case = sweep(run_count)
        memory_before = peak_memory_mb()
        seconds = sweep_seconds(simulate_summaries, case)
        summary_rows.append((run_count, seconds, peak_memory_mb() - memory_before))
    with_days = sweep_seconds(simulate, thousand)

    row("every day kept", 1000, with_days, against=f"plain loop / {loop_seconds / with_days:,.0f}")
    (_, one, _), (_, ten, _), (_, hundred, _) = summary_rows
    comparisons = (
        f"plain loop / {loop_seconds / one:,.0f}, lean loop / {lean_seconds / one:,.0f}",
        "",
        f"10,000 runs x {hundred / ten:.2f}",
    )
    for (run_count, seconds, memory_mb), against in zip(summary_rows, comparisons, strict=True):
        row("summaries", run_count, seconds, memory_mb, against)
    print(f"\nCompiling, once per process: {first_call:.1f} CPU s.")


if __name__ == "__main__":
    main()
