"""The overlay desk's seam for runs: series and rules in, days of some and records of all out.

Every run reads one of a few series, a score beside the market that it is traded on. No table has a
row per run and session but the days of the runs that were chosen to keep them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from parspread.arrays import DateArray
from parspread.overlay.backtest import (
    BacktestDays,
    RunSummaries,
    Series,
    simulate,
    simulate_paths,
)
from parspread.overlay.benchmark import (
    benchmark_metrics,
    concentration_metrics,
    leverage_metrics,
    since_previous,
)
from parspread.overlay.performance import (
    ESTIMATES,
    QualityStatus,
    columns_of,
    standard_metrics,
)
from parspread.overlay.rules import Rules, RuleTable
from parspread.overlay.run_loop import Paths
from parspread.overlay.status import DayStatus, ExitReason
from parspread.warehouse.record_batches import dates, floats, nullable, status_names

# Columns of a series and what the engine calls them.
_SERIES_COLUMNS = {
    "signal": "signal_z",
    "level": "spread_bps",
    "level_change_sd_bps": "spread_change_deviation_bps",
    **{
        name: name
        for name in (
            "mark_usd_per_mm",
            "dv01_usd_per_bp_per_mm",
            "held_dv01_usd_per_bp_per_mm",
            "risk_dv01_usd_per_bp_per_mm",
            "cumulative_roll_gap_bps",
            "cumulative_roll_dv01_usd_per_bp_per_mm",
            "cumulative_unknown_pnl_count",
            "vix_close_pts",
        )
    },
}


class RunPath(NamedTuple):
    """What a run did: arrays by session, two by closed trade."""

    net_pnl_usd: np.ndarray
    cost_usd: np.ndarray
    position_notional_mm: np.ndarray
    trade_net_pnl_usd: np.ndarray
    trade_held_sessions: np.ndarray
    session_date: np.ndarray
    benchmark_return_dec: np.ndarray  # NaN where there is none


# Sums that the loop keeps of a run, under their public names.
_LOOP_COLUMNS = (
    "half_spread_cost_usd",
    "fee_cost_usd",
    "impact_cost_usd",
    "roll_cost_usd",
    "round_trip_cost_usd",
    "break_even_move_bps",
)

_RUN_COLUMNS = [
    "run_id", "strategy_code", "data_set", "companion_of", "is_benchmark", "benchmark_code",
    "capital_usd",
]  # fmt: skip
# The catalog's stop and take-profit columns, by the unit that the stop basis names.
_IN_PERCENT = ("stop_loss_pct", "take_profit_pct")
# Daily data of any calendar has about 252 sessions a year; with fewer than this it is not daily.
SESSIONS_PER_YEAR = 252.0
MIN_DAILY_SESSIONS_PER_YEAR = 0.9 * SESSIONS_PER_YEAR
# And its target of a size, by the size rule that reads it.
_SIZE_TARGETS = {"dv01": "target_dv01_usd_per_bp", "volatility": "target_volatility_usd"}
_STOP_COLUMNS = {
    "pct_notional": _IN_PERCENT,
    "pct_dv01_usd": _IN_PERCENT,
    "usd_per_mm": _IN_PERCENT,
    "spread_bps": ("stop_loss_bps", "take_profit_bps"),
    "sigma_bps": ("stop_loss_sigma", "take_profit_sigma"),
}


def backtest_days_table(inputs: pa.Table, strategies: pa.Table) -> pa.Table:
    """Return the days of every run.

    Parameters
    ----------
    inputs : Table, one row per signal_code, market_code and session_date
        Columns spread_bps, spread_change_deviation_bps, signal_z, and from `contracts_frame` what
        repriced runs use.
    strategies : Table, one row per run_id
        The resolved catalog: a column for every field of `Rules`, stops by unit.

    Returns
    -------
    days : Table, one row per run_id and session_date that the run keeps
        Sorted by run_id and session_date.

    Raises
    ------
    ValueError
        A rule is outside its range; the message starts with the strategy.
    """
    strategies = strategies.sort_by("run_id")
    series, series_index, session = series_of(inputs, strategies)
    rules = rule_table(strategies)
    days = simulate(series, rules, signal_index=series_index, level_index=series_index)
    return _days_table(days, strategies["run_id"], session)


def series_of(inputs: pa.Table, strategies: pa.Table) -> tuple[Series, np.ndarray, DateArray]:
    """Return the series on one calendar, the series that each run reads, and the calendar."""
    inputs = inputs.combine_chunks()
    session, day = np.unique(dates(inputs, "session_date"), return_inverse=True)
    given, asked = _pairs(inputs), _pairs(strategies)
    # A run of a desk without files asks for a series that nobody gave, and gets an empty one.
    pair_names, pair = np.unique(np.concatenate([given, asked]), return_inverse=True)

    def on_calendar(name: str) -> np.ndarray:
        table = np.full((len(pair_names), len(session)), np.nan)
        table[pair[: len(given)], day] = floats(inputs, name)
        return table

    tables = {field: on_calendar(name) for field, name in _SERIES_COLUMNS.items()}
    # Signals lagged by rows of their own have one on every session, be its level blank.
    has_row = np.zeros((len(pair_names), len(session)), dtype=bool)
    has_row[pair[: len(given)], day] = True
    series = Series(signal_has_row=has_row, **tables)
    return series, pair[len(given) :], session


def sessions_per_year(level: np.ndarray, session: DateArray) -> np.ndarray:
    """Return the sessions in a year of each series: 252 of daily data, else what it has.

    Parameters
    ----------
    level : float array, shape (n_series, n_days)
        NaN where the series has no session.
    session : datetime64[D] array, shape (n_days,)

    Returns
    -------
    sessions_per_year : float array, shape (n_series,)
        252 for a series of fewer than two sessions.

    Examples
    --------
    >>> fridays = np.datetime64("2024-01-05") + 7 * np.arange(105)
    >>> sessions_per_year(np.ones((1, 105)), fridays).round(2)
    array([52.18])
    """
    found = []
    for has_session in np.isfinite(level):
        own = session[has_session]
        years = (own[-1] - own[0]).astype(float) / 365.25 if len(own) > 1 else 0.0
        rate = (len(own) - 1) / years if years > 0 else SESSIONS_PER_YEAR
        found.append(rate if rate < MIN_DAILY_SESSIONS_PER_YEAR else SESSIONS_PER_YEAR)
    return np.array(found)


def _pairs(table: pa.Table) -> np.ndarray:
    """Return the signal and the market of each row as one text."""
    pairs = pc.binary_join_element_wise(table["signal_code"], table["market_code"], "/")
    return pairs.to_numpy(zero_copy_only=False).astype(str)


def _days_table(days: BacktestDays, run_ids: pa.ChunkedArray, session: DateArray) -> pa.Table:
    """Return the rows of all runs under their public names."""
    run, day = np.nonzero(days.is_row)
    counts = {
        name: pa.array(getattr(days, name)[run, day])
        for name in ("direction_sign", "held_sessions", "held_trade_number", "open_trade_number")
    }
    amounts = {
        name: nullable(getattr(days, name)[run, day])
        for name in (
            "position_notional_mm",
            "gross_pnl_usd",
            "opening_cost_usd",
            "closing_cost_usd",
            "half_spread_cost_usd",
            "fee_cost_usd",
            "impact_cost_usd",
            "roll_cost_usd",
            "cost_usd",
            "net_pnl_usd",
            "cumulative_pnl_usd",
        )
    }
    reasons = pa.array([None if code == 0 else code.name.lower() for code in ExitReason])
    return pa.table(
        {
            "run_id": run_ids.combine_chunks().take(pa.array(run)),
            "session_date": pa.array(session[day]),
            "signal_z": nullable(days.signal[run, day]),
            **counts,
            **amounts,
            "exit_reason": reasons.take(pa.array(days.exit_reason[run, day].astype(np.int64))),
            "day_status": status_names(DayStatus, days.status[run, day]),
        }
    )


def rule_table(strategies: pa.Table) -> RuleTable:
    """Return the rule table of resolved strategies; name the strategy in every error."""
    columns = _rule_columns(strategies)
    try:
        return RuleTable.from_columns(columns, run_count=strategies.num_rows)
    except ValueError:
        # One at a time, to find whose rule it was.
        for run, code in enumerate(strategies["strategy_code"].to_pylist()):
            own = {name: values[run : run + 1] for name, values in columns.items()}
            try:
                RuleTable.from_columns(own, run_count=1)
            except ValueError as problem:
                raise ValueError(f"strategy {code}: {problem}") from problem
        raise


def _rule_columns(strategies: pa.Table) -> dict[str, list[Any]]:
    """Return a list for every field of `Rules`; None is a rule that is not there."""
    given = {name: strategies[name].to_pylist() for name in strategies.column_names}
    columns = {name: given[name] for name in Rules._fields if name in given}
    for place, rule in enumerate(("stop_loss", "take_profit")):
        columns[rule] = [
            given[_STOP_COLUMNS[basis][place]][run] for run, basis in enumerate(given["stop_basis"])
        ]
    costs = zip(
        given["cost_unit"],
        given["transaction_cost_bps"],
        given["transaction_cost_pct"],
        strict=True,
    )
    columns["size_target_usd"] = [
        given[_SIZE_TARGETS[rule]][run] if rule in _SIZE_TARGETS else None
        for run, rule in enumerate(given["size_rule"])
    ]
    columns["transaction_cost"] = [
        pct / 100 if unit == "pct_of_level" else bps for unit, bps, pct in costs
    ]
    return columns


def performance_frame(
    inputs: pa.Table,
    strategies: pa.Table,
    min_session_count: int,
    min_trade_count: int,
    min_shown_trade_count: int,
) -> pd.DataFrame:
    """Return one performance record per run; the days of a run are forgotten once it is measured.

    Parameters
    ----------
    inputs, strategies : Table
        As in `backtest_days_table`; strategies have columns data_set, capital_usd, companion_of,
        is_benchmark and benchmark_code as well.
    min_session_count, min_trade_count, min_shown_trade_count : int
        As in `performance_record`.

    Returns
    -------
    record : DataFrame, one row per run_id
        As of `performance_record`.

    Raises
    ------
    ValueError
        A rule is outside its range; the message starts with the strategy.
    """
    strategies = strategies.sort_by("run_id")
    series, series_index, session = series_of(inputs, strategies)
    rules = rule_table(strategies)
    runs = strategies.select(_RUN_COLUMNS).to_pandas()
    runs["sessions_per_year_ratio"] = sessions_per_year(series.level, session)[series_index]
    benchmarks = _benchmark_returns(series, rules, series_index, runs)
    blocks = simulate_paths(series, rules, signal_index=series_index, level_index=series_index)
    loop = {name: np.full(len(runs), np.nan) for name in ("unknown_pnl_count", *_LOOP_COLUMNS)}
    nothing = (np.array([]), np.array([]))
    beside = [benchmarks.get(code, nothing) for code in runs["benchmark_code"]]
    paths = _run_paths(blocks, session, beside, loop)
    floors = (min_session_count, min_trade_count, min_shown_trade_count)
    record = performance_record(paths, runs, *floors)
    unknown_count = loop.pop("unknown_pnl_count").astype(np.int64)
    record = record.assign(unknown_pnl_session_count=unknown_count, **loop)
    is_ok = record["quality_status"].isin(["ok", "depends_on_one_year"])
    record.loc[is_ok & (unknown_count > 0), "quality_status"] = (
        QualityStatus.UNKNOWN_PNL.name.lower()
    )
    return record


def _benchmark_returns(
    series: Series, rules: RuleTable, series_index: np.ndarray, runs: pd.DataFrame
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the days of every benchmark and its net returns on declared capital."""
    found = {}
    chosen = np.flatnonzero(runs["is_benchmark"].to_numpy(dtype=bool))
    index = series_index[chosen]
    blocks = simulate_paths(
        series, RuleTable(rules.records[chosen]), signal_index=index, level_index=index
    )
    for block, summaries, paths in blocks:
        for line, run in enumerate(chosen[block]):
            rows = slice(summaries.row_count[line])
            returns = paths.net_pnl_usd[line, rows] / runs["capital_usd"][run]
            found[runs["strategy_code"][run]] = (paths.day[line, rows].copy(), returns)
    return found


def _run_paths(
    blocks: Iterator[tuple[slice, RunSummaries, Paths]],
    session: DateArray,
    benchmarks: list[tuple[np.ndarray, np.ndarray]],
    loop: dict[str, np.ndarray],
) -> Iterator[RunPath]:
    """Return what each run did, in order of run; fill what the loop has added up."""
    for block, summaries, paths in blocks:
        for name, column in loop.items():
            column[block] = getattr(summaries, name)
        for line in range(block.stop - block.start):
            rows = slice(summaries.row_count[line])
            trades = slice(summaries.closed_trade_count[line])
            day = paths.day[line, rows]
            yield RunPath(
                paths.net_pnl_usd[line, rows],
                paths.cost_usd[line, rows],
                paths.position_notional_mm[line, rows],
                paths.trade_net_pnl_usd[line, trades],
                paths.trade_held_sessions[line, trades],
                session[day.astype(np.int64)],
                since_previous(*benchmarks[block.start + line], day),
            )


def performance_record(
    paths: Iterable[RunPath],
    runs: pd.DataFrame,
    min_session_count: int,
    min_trade_count: int,
    min_shown_trade_count: int,
) -> pd.DataFrame:
    """Measure runs one after the other and return what is shown of them.

    Parameters
    ----------
    paths : iterable of RunPath, one per run
        Only closed trades are among its trades.
    runs : DataFrame, one row per run, in the same order
        Columns run_id, data_set, companion_of, is_benchmark, capital_usd, sessions_per_year_ratio.
    min_session_count, min_trade_count : int
        Below these the record carries an `insufficient_` status.
    min_shown_trade_count : int
        Below this, or below `min_session_count`, the estimates are missing.

    Returns
    -------
    record : DataFrame, one row per run_id
        A benchmark needs no trades. `quality_status` is not ok where the gain is that of one year.
    """
    years = runs["sessions_per_year_ratio"]
    is_benchmark = runs["is_benchmark"].to_numpy(dtype=bool)
    # What is too small to show is too small to rely upon.
    trade_floor = np.where(is_benchmark, 0, max(min_trade_count, min_shown_trade_count))
    measures = columns_of(
        run_metrics(path, capital_usd, year, min_session_count, floor)
        for path, capital_usd, year, floor in zip(
            paths, runs["capital_usd"].to_numpy(), years.to_numpy(), trade_floor, strict=True
        )
    )
    columns = {"run_id": runs["run_id"], "sessions_per_year_ratio": years, **measures}
    record = pd.DataFrame(columns)
    hidden = (record["trade_count"] < np.where(is_benchmark, 0, min_shown_trade_count)) | (
        record["session_count"] < min_session_count
    )
    record.loc[hidden, [*ESTIMATES]] = np.nan
    depends = (
        (record["quality_status"] == QualityStatus.OK)
        & (record["total_net_pnl_usd"] > 0)
        & (record["net_pnl_without_best_year_usd"] <= 0)
    )
    record.loc[depends, "quality_status"] = int(QualityStatus.DEPENDS_ON_ONE_YEAR)
    record["quality_status"] = quality_names(record["quality_status"])
    best_year = record["best_year"].astype("Int64").astype("string").astype(object)
    record["best_year"] = best_year.where(best_year.notna(), None)
    has_path = (record["session_count"] > 0) & record["max_drawdown_usd"].notna()
    record["max_drawdown_geometric_status"] = np.select(
        [record["max_drawdown_geometric_dec"].notna(), has_path], ["ok", "capital_lost"], "no_pnl"
    )
    return record


def run_metrics(
    path: RunPath,
    capital_usd: float,
    sessions_per_year: float,
    min_session_count: int,
    min_trade_count: int,
) -> dict[str, float | int]:
    """Return the record of one run: its own, beside its benchmark, and how concentrated it is."""
    record = standard_metrics(
        *path[:5],
        capital_usd,
        sessions_per_year=sessions_per_year,
        min_session_count=min_session_count,
        min_trade_count=min_trade_count,
    )
    earned = path.benchmark_return_dec
    benchmark_usd = np.nansum(earned) * capital_usd if np.isfinite(earned).any() else np.nan
    return {
        **record,
        "benchmark_net_pnl_usd": benchmark_usd,
        "excess_net_pnl_usd": record["total_net_pnl_usd"] - benchmark_usd,
        **benchmark_metrics(
            path.net_pnl_usd / capital_usd, earned, sessions_per_year=sessions_per_year
        ),
        **concentration_metrics(
            path.net_pnl_usd,
            path.session_date,
            sessions_per_year=sessions_per_year,
            min_session_count=min_session_count,
        ),
        **leverage_metrics(path.position_notional_mm, capital_usd),
    }


def run_offsets(run_of_row: pd.Series, run_ids: pd.Series) -> np.ndarray:
    """Return where the rows of each run start, for rows sorted by run."""
    counts = run_of_row.value_counts().reindex(run_ids, fill_value=0)
    return np.concatenate(([0], np.cumsum(counts.to_numpy())))


def quality_names(codes: pd.Series) -> list[str]:
    """Return the catalog words of `QualityStatus` codes."""
    words = {int(status): status.name.lower() for status in QualityStatus}
    return [words[code] for code in codes]
