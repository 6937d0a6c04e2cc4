"""Simulate every overlay strategy of a catalog or sweep in one pass over the calendar.

The driver folds `step`, which holds all trading rules, over the days of every run.
"""

from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import nan
from typing import NamedTuple

import numpy as np

from parspread.overlay.rules import PnlModel, QuoteKind, RuleTable, StopBasis
from parspread.overlay.run_loop import Paths, empty_paths, empty_rows, fold_days, fold_runs
from parspread.overlay.status import ExitReason


class Series(NamedTuple):
    """Signals and markets on one calendar, one column per day; all but the first two optional.

    Attributes
    ----------
    signal : float array, shape (n_signals, n_days)
        Unlagged scores; positive favours long credit risk. NaN is a missing signal.
    level : float array, shape (n_levels, n_days)
        Spreads in basis points or prices (> 0). NaN: the instrument has no session that day.
    signal_has_row : bool array, shape (n_signals, n_days)
        Days on which the signal series has a row, for `lag_basis='signal_rows'`; default all.
    level_change_sd_bps : float array, shape (n_levels, n_days)
        Standard deviation of daily level changes known at that close, for `stop_basis=
        'sigma_bps'`. A position entered where it is not > 0 runs without stop: status
        `STOP_NOT_ARMED`.
    mark_usd_per_mm : float array, shape (n_levels, n_days)
        Cumulative value of $1MM of protection sold, coupons and rolls included, for `pnl_model=
        'repriced'`; P&L is its change. A day without a mark is not simulated: status `NO_MARK`.
    dv01_usd_per_bp_per_mm, held_dv01_usd_per_bp_per_mm : float arrays, shape (n_levels, n_days)
        DV01 of the series quoted on the day and of the one held into it: repriced runs open at
        the first and close at the second when `cost_unit='spread_bps'`. NaN: the rules' constant.
    cumulative_roll_gap_bps : float array, shape (n_levels, n_days)
        Sum of the gaps between new and old series so far; repriced runs move their entry level by
        its change, so that no stop in basis points sees a roll.
    cumulative_roll_dv01_usd_per_bp_per_mm : float array, shape (n_levels, n_days)
        Sum over the rolls so far of the mean DV01 of old and new series; a repriced run pays its
        change times `roll_cost_bps` on the notional that it carries over.
    cumulative_unknown_pnl_count : float array, shape (n_levels, n_days)
        Sessions so far whose P&L is not known and not in the mark; a repriced run that holds a
        position over one has status `UNKNOWN_PNL` on its next row.
    vix_close_pts : float array, shape (n_levels, n_days)
        VIX known at that close, for `stressed_vix_pts`; NaN is a calm market.
    """

    signal: np.ndarray
    level: np.ndarray
    signal_has_row: np.ndarray | None = None
    level_change_sd_bps: np.ndarray | None = None
    mark_usd_per_mm: np.ndarray | None = None
    dv01_usd_per_bp_per_mm: np.ndarray | None = None
    held_dv01_usd_per_bp_per_mm: np.ndarray | None = None
    cumulative_roll_gap_bps: np.ndarray | None = None
    cumulative_roll_dv01_usd_per_bp_per_mm: np.ndarray | None = None
    cumulative_unknown_pnl_count: np.ndarray | None = None
    vix_close_pts: np.ndarray | None = None


@dataclass(frozen=True)
class BacktestDays:
    """Every day of every run; arrays of shape (n_runs, n_days).

    Days outside the run (`is_row` False, reason in `status`) hold NaN and 0.
    """

    is_row: np.ndarray  # bool
    status: np.ndarray  # int8, codes of `DayStatus`
    signal: np.ndarray  # as used: lagged; NaN when missing
    direction_sign: np.ndarray  # int8, after the row
    position_notional_mm: np.ndarray  # signed, after the row
    held_sessions: np.ndarray  # int32, 0 on entry, reversal and exit rows
    exit_reason: np.ndarray  # int8, codes of `ExitReason`
    held_trade_number: np.ndarray  # int32, trade held into the row, 0 when flat
    open_trade_number: np.ndarray  # int32, trade held after the row, 0 when flat
    gross_pnl_usd: np.ndarray  # gross, of the trade held into the row
    opening_cost_usd: np.ndarray  # >= 0, of the trade held after the row; includes rebalances
    closing_cost_usd: np.ndarray  # >= 0, of the trade held into the row
    half_spread_cost_usd: np.ndarray  # this, fee and impact: of opening and closing together
    fee_cost_usd: np.ndarray
    impact_cost_usd: np.ndarray
    roll_cost_usd: np.ndarray  # >= 0, of the trade held over a roll
    cost_usd: np.ndarray  # half-spread + fee + impact + roll, in this order
    net_pnl_usd: np.ndarray
    cumulative_pnl_usd: np.ndarray


@dataclass(frozen=True)
class RunSummaries:
    """One line per run; arrays of shape (n_runs,), exit_count of shape (n_runs, n_reasons)."""

    row_count: np.ndarray
    total_gross_pnl_usd: np.ndarray
    total_cost_usd: np.ndarray
    half_spread_cost_usd: np.ndarray
    fee_cost_usd: np.ndarray
    impact_cost_usd: np.ndarray
    roll_cost_usd: np.ndarray
    total_net_pnl_usd: np.ndarray
    mean_net_pnl_usd: np.ndarray  # per row; NaN without rows
    sd_net_pnl_usd: np.ndarray  # per row, n - 1 in the denominator; NaN below two rows
    max_drawdown_usd: np.ndarray  # <= 0, first peak 0
    trade_count: np.ndarray  # entries and reversals
    closed_trade_count: np.ndarray
    reversal_count: np.ndarray
    winning_trade_count: np.ndarray  # closed trades with net P&L > 0
    mean_holding_sessions: np.ndarray  # of closed trades; NaN without any
    traded_notional_mm: np.ndarray  # sum of absolute trades, both legs
    unknown_pnl_count: np.ndarray  # rows with status `UNKNOWN_PNL`
    round_trip_cost_usd: np.ndarray  # of position_size_mm in the market of the last row
    break_even_move_bps: np.ndarray  # of spread, that pays for a round trip; NaN without rows
    exit_count: np.ndarray  # column = code of `ExitReason`; column 0 is unused


_DAY_TYPES = {
    "is_row": np.bool_,
    "status": np.int8,
    "direction_sign": np.int8,
    "held_sessions": np.int32,
    "exit_reason": np.int8,
    "held_trade_number": np.int32,
    "open_trade_number": np.int32,
}
_DayArrays = namedtuple("_DayArrays", [field.name for field in fields(BacktestDays)])
# What decides, beside the series, which rows a run sees; whether it is repriced does too.
_ROWS = (
    "signal_lag_sessions",
    "lag_basis",
    "missing_signal_policy",
    "infinite_signal_policy",
    "start_offset_sessions",
)
_SummaryArrays = namedtuple("_SummaryArrays", [field.name for field in fields(RunSummaries)])


# ---------------------------------------------------------------------------------------------
# The call
# ---------------------------------------------------------------------------------------------


def _table(
    name: str, values: np.ndarray | None, shape: tuple[int, int] | None, absent: float = nan
) -> np.ndarray:
    """Return a C-ordered writable float table of the wanted shape (None: all `absent`)."""
    if values is None:
        return np.full(shape, absent)
    table = np.require(values, np.float64, ["C", "W"])
    if table.ndim != 2 or (shape is not None and table.shape != shape):
        rule = "two-dimensional (series, day)" if shape is None else f"of shape {shape}"
        raise ValueError(f"{name} must be {rule}; shape was {table.shape}")
    return table


def _series_index(
    name: str, index: np.ndarray | None, run_count: int, series_count: int
) -> np.ndarray:
    """Return the series number of each run."""
    if index is None:
        if series_count != 1:
            raise ValueError(
                f"{name} must be given when there are several series; series_count was"
                f" {series_count}"
            )
        return np.zeros(run_count, dtype=np.int64)
    numbers = np.asarray(index)
    if numbers.shape != (run_count,) or not np.issubdtype(numbers.dtype, np.integer):
        raise ValueError(
            f"{name} must be one integer per run ({run_count}); it was {numbers.dtype} of shape"
            f" {numbers.shape}"
        )
    is_wrong = (numbers < 0) | (numbers >= series_count)
    if is_wrong.any():
        run = int(np.argmax(is_wrong))
        raise ValueError(f"{name} must be in [0, {series_count}); run {run} was {numbers[run]}")
    return np.require(numbers, np.int64, ["C", "W"])


def _checked_series(series: Series, records: np.recarray) -> Series:
    """Return complete, C-ordered tables; raise when shapes differ or a needed one is absent."""
    level = _table("level", series.level, None)
    signal = _table("signal", series.signal, None)
    if signal.shape[1] != level.shape[1]:
        raise ValueError(
            f"signal must have one column per day of level ({level.shape[1]}); shape was"
            f" {signal.shape}"
        )
    has_row = np.ones(signal.shape, dtype=np.bool_)
    if series.signal_has_row is not None:
        has_row = np.require(series.signal_has_row, np.bool_, ["C", "W"])
    if has_row.shape != signal.shape:
        raise ValueError(
            f"signal_has_row must be of shape {signal.shape}; shape was {has_row.shape}"
        )
    for name, is_used in (
        ("level_change_sd_bps", records.stop_basis == StopBasis.SIGMA_BPS),
        ("mark_usd_per_mm", records.pnl_model == PnlModel.REPRICED),
    ):
        if getattr(series, name) is None and is_used.any():
            raise ValueError(
                f"{name} must be given; run {int(np.argmax(is_used))} uses it, was None"
            )
    absent = dict.fromkeys(Series._fields[3:], nan) | dict.fromkeys(Series._fields[7:10], 0.0)
    tables = [_table(n, getattr(series, n), level.shape, value) for n, value in absent.items()]
    return Series(signal, level, has_row, *tables)


def _check_levels(level: np.ndarray, price_series: np.ndarray) -> None:
    """Raise when a level is infinite, or a price not positive."""
    must_be_positive = np.isin(np.arange(level.shape[0]), price_series)[:, None]
    for rule, is_wrong in (
        ("finite, or NaN for no session", np.isinf(level)),
        ("> 0 for price quotes", must_be_positive & (level <= 0)),
    ):
        if is_wrong.any():
            row, day = np.unravel_index(np.argmax(is_wrong), level.shape)
            raise ValueError(f"level must be {rule}; series {row}, day {day} was {level[row, day]}")


def _empty_days(shape: tuple[int, int]) -> tuple:
    """Return the days of runs that have none yet: NaN and 0."""
    return _DayArrays(
        *(
            np.zeros(shape, _DAY_TYPES[name]) if name in _DAY_TYPES else np.full(shape, nan)
            for name in _DayArrays._fields
        )
    )


def _empty_summaries(run_count: int) -> tuple:
    """Return the lines of runs without a row: counts and sums 0, means and deviations NaN."""
    undefined = (
        "mean_net_pnl_usd",
        "sd_net_pnl_usd",
        "mean_holding_sessions",
        "round_trip_cost_usd",
        "break_even_move_bps",
    )
    columns = {
        name: np.zeros(run_count, np.int64)
        if name.endswith("_count")
        else np.full(run_count, nan if name in undefined else 0.0)
        for name in _SummaryArrays._fields
    }
    columns["exit_count"] = np.zeros((run_count, len(ExitReason)), np.int64)
    return _SummaryArrays(**columns)


def _checked_call(series, rules, signal_index, level_index):
    """Return complete series and the signal and level series of each run."""
    run_count = len(rules)
    series = _checked_series(series, rules.records)
    signal_index = _series_index("signal_index", signal_index, run_count, len(series.signal))
    level_index = _series_index("level_index", level_index, run_count, len(series.level))
    _check_levels(series.level, level_index[rules.records.quote_kind == QuoteKind.PRICE])
    return series, np.array([signal_index, level_index])


def _in_order_of_rows(records: np.recarray, index: np.ndarray) -> np.ndarray:
    """Return the runs, those that see the same rows together, and whether each sees other ones."""
    keys = np.array([*index, records.pnl_model == PnlModel.REPRICED, *(records[n] for n in _ROWS)])
    runs = np.lexsort(keys)
    keys = keys[:, runs]
    is_new = np.any(np.diff(keys, axis=1, prepend=-1), axis=0)
    return np.array([runs, is_new], dtype=np.int64)


def simulate(
    series: Series,
    rules: RuleTable,
    *,
    signal_index: np.ndarray | None = None,
    level_index: np.ndarray | None = None,
) -> BacktestDays:
    """Return every day of every run.

    Memory: about 90 bytes per run and day; use `simulate_summaries` for large sweeps.

    Parameters
    ----------
    series : Series
        Signals and markets.
    rules : RuleTable
        One record per run.
    signal_index, level_index : int array, shape (n_runs,), optional
        The series each run reads; may be left out when there is one series.

    Returns
    -------
    days : BacktestDays

    Raises
    ------
    ValueError
        When shapes or indices do not fit, a level is infinite, a price is not positive, or an
        array that a run needs is missing.

    Notes
    -----
    P&L of a row, for the signed notional N (MM) held into it: ``-N * (L - L_prev) * DV01`` for
    spreads, ``N * (L / L_prev - 1) * 1e6`` for prices: the first-order mark to market of a credit
    default swap (O'Kane 2008, Modelling Single-name and Multi-name Credit Derivatives).

    Examples
    --------
    >>> rules = RuleTable.from_records([
    ...     {"position_size_mm": 10, "transaction_cost": 0, "dv01_usd_per_bp_per_mm": 475,
    ...      "signal_lag_sessions": 0, "pnl_model": "constant_dv01"}])
    >>> series = Series(signal=np.array([[-1.0, -1.0]]), level=np.array([[100.0, 105.0]]))
    >>> simulate(series, rules).cumulative_pnl_usd[0].tolist()
    [0.0, 23750.0]
    """
    series, index = _checked_call(series, rules, signal_index, level_index)
    day_count = series.level.shape[1]
    days = _empty_days((len(rules), day_count))
    order = _in_order_of_rows(rules.records, index)
    fold_days(series, index, rules.records, order, empty_rows(day_count), days)
    return BacktestDays(*days)


def simulate_summaries(
    series: Series,
    rules: RuleTable,
    *,
    signal_index: np.ndarray | None = None,
    level_index: np.ndarray | None = None,
) -> RunSummaries:
    """Return one line per run, without keeping its days; arguments and errors as `simulate`.

    Returns
    -------
    summaries : RunSummaries
        The same figures that the days of `simulate` aggregate to. Memory: about 400 bytes per run.

    Examples
    --------
    >>> rules = RuleTable.from_records([
    ...     {"position_size_mm": 10, "transaction_cost": 1, "dv01_usd_per_bp_per_mm": 475,
    ...      "signal_lag_sessions": 0, "pnl_model": "constant_dv01"}])
    >>> series = Series(signal=np.array([[1.0, 1.0]]), level=np.array([[100.0, 103.0]]))
    >>> float(simulate_summaries(series, rules).total_net_pnl_usd[0])
    -19000.0
    """
    series, index = _checked_call(series, rules, signal_index, level_index)
    day_count = series.level.shape[1]
    summaries, paths = _empty_summaries(len(rules)), empty_paths(1, day_count)
    order = _in_order_of_rows(rules.records, index)
    fold_runs(series, index, rules.records, order, empty_rows(day_count), paths, summaries)
    return RunSummaries(*summaries)


def simulate_paths(
    series: Series,
    rules: RuleTable,
    *,
    signal_index: np.ndarray | None = None,
    level_index: np.ndarray | None = None,
    runs_per_block: int = 64,
) -> Iterator[tuple[slice, RunSummaries, Paths]]:
    """Return the paths of all runs, a block of runs at a time; arguments and errors as `simulate`.

    Parameters
    ----------
    runs_per_block : int, >= 1
        Memory: 48 bytes per run of a block and day. The arrays of a block are used again for the
        next one.

    Yields
    ------
    runs : slice
        The runs of the block.
    summaries : RunSummaries
    paths : Paths

    Examples
    --------
    >>> rules = RuleTable.from_records([
    ...     {"position_size_mm": 10, "transaction_cost": 1, "dv01_usd_per_bp_per_mm": 475,
    ...      "signal_lag_sessions": 0, "pnl_model": "constant_dv01"}])
    >>> series = Series(signal=np.array([[1.0, 1.0]]), level=np.array([[100.0, 103.0]]))
    >>> [paths.net_pnl_usd.tolist() for _, _, paths in simulate_paths(series, rules)]
    [[[-4750.0, -14250.0]]]
    """
    series, index = _checked_call(series, rules, signal_index, level_index)
    day_count = series.level.shape[1]
    rows = empty_rows(day_count)
    paths = empty_paths(min(runs_per_block, len(rules)), day_count)
    for first in range(0, len(rules), runs_per_block):
        block = slice(first, min(first + runs_per_block, len(rules)))
        records, own_index = rules.records[block], np.ascontiguousarray(index[:, block])
        summaries = _empty_summaries(len(records))
        order = _in_order_of_rows(records, own_index)
        fold_runs(series, own_index, records, order, rows, paths, summaries)
        yield block, RunSummaries(*summaries), paths
