"""Simulate every overlay strategy of a catalog or sweep in one pass over the calendar.

The driver folds `step`, which holds all trading rules, over the days of every run.
"""

from collections import namedtuple
from dataclasses import dataclass, fields
from math import isnan, nan, sqrt
from typing import NamedTuple

import numpy as np

from parspread.overlay.rules import LagBasis, PnlModel, QuoteKind, RuleTable, StopBasis
from parspread.overlay.step import (
    INITIAL_STATE,
    DayStatus,
    ExitReason,
    Market,
    inlined,
    njit,
    read_day,
    sign_of,
    step,
)


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
    roll_cost_usd: np.ndarray  # >= 0, of the trade held over a roll
    cost_usd: np.ndarray
    net_pnl_usd: np.ndarray
    cumulative_pnl_usd: np.ndarray


@dataclass(frozen=True)
class RunSummaries:
    """One line per run; arrays of shape (n_runs,), exit_count of shape (n_runs, n_reasons)."""

    row_count: np.ndarray
    total_gross_pnl_usd: np.ndarray
    total_cost_usd: np.ndarray
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
_SummaryArrays = namedtuple("_SummaryArrays", [field.name for field in fields(RunSummaries)])


# ---------------------------------------------------------------------------------------------
# The compiled driver
# ---------------------------------------------------------------------------------------------


class _Lag(NamedTuple):
    """Where the lagged signal of a run stands."""

    day: int  # whose signal is used; follows the calendar, lag rows behind
    row_count: int  # rows so far


class _Tally(NamedTuple):
    """Running totals of one run."""

    row_count: int
    gross_usd: float
    cost_usd: float
    cumulative_usd: float  # net
    traded_mm: float
    mean_usd: float
    squares: float  # sum of squared deviations of net P&L from its mean
    peak_usd: float
    drawdown_usd: float
    trade_net_usd: float  # of the open trade
    exit_count: int
    win_count: int
    held_sum: int  # sessions of the closed trades


_NO_TALLY = _Tally(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0, 0)


@inlined
def counts_for_lag(series, s, k, day, rules):
    """Return whether a day is one of the rows over which the signal is lagged."""
    if rules.lag_basis == LagBasis.SIGNAL_ROWS:
        return series.signal_has_row[s, day]
    return not isnan(series.level[k, day])


@inlined
def lagged_signal(series, s, k, day, lag, rules):
    """Return the signal that a run sees on a day (NaN: none yet) and where its lag stands."""
    if not counts_for_lag(series, s, k, day, rules):
        return nan, lag
    row_count = lag.row_count + 1
    lagged_day = lag.day
    if row_count <= rules.signal_lag_sessions:
        return nan, _Lag(lagged_day, row_count)
    lagged_day += 1
    while not counts_for_lag(series, s, k, lagged_day, rules):
        lagged_day += 1
    return series.signal[s, lagged_day], _Lag(lagged_day, row_count)


@inlined
def tallied(tally, fill, held_before_sessions):
    """Return the totals of a run with one row more."""
    cost = fill.opening_cost_usd + fill.closing_cost_usd + fill.roll_cost_usd
    net = fill.gross_pnl_usd - cost
    cumulative = tally.cumulative_usd + net
    row_count = tally.row_count + 1
    deviation = net - tally.mean_usd  # Welford: stable for a small mean and a large spread
    mean = tally.mean_usd + deviation / row_count
    peak = max(tally.peak_usd, cumulative)
    trade_net = tally.trade_net_usd + (
        fill.gross_pnl_usd - fill.closing_cost_usd - fill.roll_cost_usd
    )
    exit_count, win_count, held_sum = tally.exit_count, tally.win_count, tally.held_sum
    if fill.exit_reason != ExitReason.NONE:
        exit_count += 1
        win_count += 1 if trade_net > 0.0 else 0
        held_sum += held_before_sessions + 1
        trade_net = 0.0
    return _Tally(
        row_count,
        tally.gross_usd + fill.gross_pnl_usd,
        tally.cost_usd + cost,
        cumulative,
        tally.traded_mm + fill.traded_notional_mm,
        mean,
        tally.squares + deviation * (net - mean),
        peak,
        min(tally.drawdown_usd, cumulative - peak),
        trade_net - fill.opening_cost_usd,
        exit_count,
        win_count,
        held_sum,
    )


@inlined
def write_day(days, run, day, before, after, signal, fill, cumulative_usd):
    """Write what happened to a run on a row."""
    cost = fill.opening_cost_usd + fill.closing_cost_usd + fill.roll_cost_usd
    days.status[run, day] = fill.status
    days.signal[run, day] = signal
    days.direction_sign[run, day] = int(sign_of(after.position_mm))
    days.position_notional_mm[run, day] = after.position_mm
    days.held_sessions[run, day] = after.held_sessions
    days.exit_reason[run, day] = fill.exit_reason
    if before.position_mm != 0.0:
        days.held_trade_number[run, day] = before.trade_number
    if after.position_mm != 0.0:
        days.open_trade_number[run, day] = after.trade_number
    days.gross_pnl_usd[run, day] = fill.gross_pnl_usd
    days.opening_cost_usd[run, day] = fill.opening_cost_usd
    days.closing_cost_usd[run, day] = fill.closing_cost_usd
    days.roll_cost_usd[run, day] = fill.roll_cost_usd
    days.cost_usd[run, day] = cost
    days.net_pnl_usd[run, day] = fill.gross_pnl_usd - cost
    days.cumulative_pnl_usd[run, day] = cumulative_usd


@inlined
def write_summary(summaries, run, tally, trade_number):
    """Write the line of a run."""
    summaries.row_count[run] = tally.row_count
    summaries.total_gross_pnl_usd[run] = tally.gross_usd
    summaries.total_cost_usd[run] = tally.cost_usd
    summaries.total_net_pnl_usd[run] = tally.cumulative_usd
    summaries.max_drawdown_usd[run] = tally.drawdown_usd
    summaries.trade_count[run] = trade_number
    summaries.closed_trade_count[run] = tally.exit_count
    summaries.reversal_count[run] = summaries.exit_count[run, ExitReason.REVERSAL]
    summaries.winning_trade_count[run] = tally.win_count
    summaries.traded_notional_mm[run] = tally.traded_mm
    if tally.row_count > 0:
        summaries.mean_net_pnl_usd[run] = tally.mean_usd
    if tally.row_count > 1:
        summaries.sd_net_pnl_usd[run] = sqrt(tally.squares / (tally.row_count - 1))
    if tally.exit_count > 0:
        summaries.mean_holding_sessions[run] = tally.held_sum / tally.exit_count


@njit
def _simulate_runs(series, signal_index, level_index, records, days, summaries):
    """Fold `step` over the days of every run; empty `days` are not written."""
    keeps_days = days.status.size > 0
    for run in range(len(records)):
        rules = records[run]
        s = signal_index[run]
        k = level_index[run]
        state = INITIAL_STATE
        lag = _Lag(-1, 0)
        tally = _NO_TALLY
        for day in range(series.level.shape[1]):
            raw_signal, lag = lagged_signal(series, s, k, day, lag, rules)
            level = series.level[k, day]
            mark = series.mark_usd_per_mm[k, day]
            signal, status = read_day(raw_signal, level, mark, rules)
            if keeps_days:
                days.status[run, day] = status
                days.is_row[run, day] = status < DayStatus.NO_SESSION
            if status >= DayStatus.NO_SESSION:
                continue
            market = Market(
                signal,
                level,
                series.level_change_sd_bps[k, day],
                mark,
                status,
                series.dv01_usd_per_bp_per_mm[k, day],
                series.held_dv01_usd_per_bp_per_mm[k, day],
                series.cumulative_roll_gap_bps[k, day],
                series.cumulative_roll_dv01_usd_per_bp_per_mm[k, day],
            )
            before = state
            state, fill = step(before, market, rules)
            tally = tallied(tally, fill, before.held_sessions)
            if fill.exit_reason != ExitReason.NONE:
                summaries.exit_count[run, fill.exit_reason] += 1
            if keeps_days:
                write_day(days, run, day, before, state, signal, fill, tally.cumulative_usd)
        write_summary(summaries, run, tally, state.trade_number)


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
    absent = dict.fromkeys(Series._fields[3:7], nan) | dict.fromkeys(Series._fields[7:], 0.0)
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
    undefined = ("mean_net_pnl_usd", "sd_net_pnl_usd", "mean_holding_sessions")
    columns = {
        name: np.zeros(run_count, np.int64)
        if name.endswith("_count")
        else np.full(run_count, nan if name in undefined else 0.0)
        for name in _SummaryArrays._fields
    }
    columns["exit_count"] = np.zeros((run_count, len(ExitReason)), np.int64)
    return _SummaryArrays(**columns)


def _run_all(series, rules, signal_index, level_index, keeps_days):
    """Check the call, allocate the results and run the compiled driver."""
    run_count = len(rules)
    series = _checked_series(series, rules.records)
    signal_index = _series_index("signal_index", signal_index, run_count, len(series.signal))
    level_index = _series_index("level_index", level_index, run_count, len(series.level))
    _check_levels(series.level, level_index[rules.records.quote_kind == QuoteKind.PRICE])
    days = _empty_days((run_count, series.level.shape[1]) if keeps_days else (0, 0))
    summaries = _empty_summaries(run_count)
    _simulate_runs(series, signal_index, level_index, rules.records, days, summaries)
    return days, summaries


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
    days, _ = _run_all(series, rules, signal_index, level_index, True)
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
    _, summaries = _run_all(series, rules, signal_index, level_index, False)
    return RunSummaries(*summaries)
