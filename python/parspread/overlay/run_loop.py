"""The compiled loop: fold `step` over the rows of every run.

Runs that read the same series by the same rules of lag and missing signals see the same rows. The
caller orders them so that such runs follow one another, and their rows are collected once.
"""

from math import isnan, nan, sqrt
from typing import NamedTuple

import numpy as np

from parspread.overlay.costs import cost_dv01, cost_of_legs, fill_cost, leg_costs
from parspread.overlay.rules import LagBasis, PnlModel, rules_of
from parspread.overlay.status import DayStatus, ExitReason
from parspread.overlay.step import INITIAL_STATE, Market, advanced, inlined, njit, read_day, sign_of


class Rows(NamedTuple):
    """The rows that runs see on a pair of series; arrays of shape (n_days,), filled from the front.

    `day_status` alone has an entry for every day of the calendar.
    """

    day_status: np.ndarray
    day: np.ndarray
    status: np.ndarray
    signal: np.ndarray  # lagged; NaN when missing
    level: np.ndarray
    level_change_sd_bps: np.ndarray
    mark_usd_per_mm: np.ndarray
    dv01_usd_per_bp_per_mm: np.ndarray
    held_dv01_usd_per_bp_per_mm: np.ndarray
    cumulative_roll_gap_bps: np.ndarray
    cumulative_roll_dv01_usd_per_bp_per_mm: np.ndarray
    vix_close_pts: np.ndarray
    unknown_pnl_count: np.ndarray  # sessions since the row before whose P&L is not known


class Paths(NamedTuple):
    """What runs did row by row and trade by trade; arrays of shape (n_runs, n_days).

    A run fills the first `row_count` and `closed_trade_count` columns of its line.
    """

    day: np.ndarray  # of the calendar
    net_pnl_usd: np.ndarray
    cost_usd: np.ndarray
    position_notional_mm: np.ndarray  # signed, after the row
    trade_net_pnl_usd: np.ndarray
    trade_held_sessions: np.ndarray


class _Lag(NamedTuple):
    """Where the lagged signal of a run stands."""

    day: int  # whose signal is used; follows the calendar, lag rows behind
    row_count: int  # rows so far


class _Tally(NamedTuple):
    """Running totals of one run."""

    gross_usd: float
    cost_usd: float
    half_spread_usd: float
    fee_usd: float
    impact_usd: float
    roll_usd: float
    cumulative_usd: float  # net
    traded_mm: float
    peak_usd: float
    drawdown_usd: float
    trade_gross_usd: float  # of the open trade
    trade_cost_usd: float
    exit_count: int
    win_count: int
    held_sum: int  # sessions of the closed trades


_NO_TALLY = _Tally(*[0.0] * 12, 0, 0, 0)


def empty_rows(day_count: int) -> Rows:
    """Return room for the rows of a calendar."""
    codes = [np.zeros(day_count, kind) for kind in (np.int8, np.int64, np.int8)]
    return Rows(*codes, *(np.zeros(day_count) for _ in Rows._fields[3:]))


def empty_paths(run_count: int, day_count: int) -> Paths:
    """Return room for the paths of runs."""
    return Paths(*(np.zeros((run_count, day_count)) for _ in Paths._fields))


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
def collect_rows(series, s, k, rules, rows):
    """Fill the rows that a run with these rules sees, and return how many there are."""
    lag = _Lag(-1, 0)
    count = 0
    unused_count = 0
    unknown_count = 0.0
    for day in range(series.level.shape[1]):
        raw_signal, lag = lagged_signal(series, s, k, day, lag, rules)
        level = series.level[k, day]
        mark = series.mark_usd_per_mm[k, day]
        signal, status = read_day(raw_signal, level, mark, rules)
        rows.day_status[day] = status
        if status >= DayStatus.NO_SESSION:
            continue
        if unused_count < rules.start_offset_sessions and not isnan(signal):
            unused_count += 1
            signal = nan
        rows.day[count] = day
        rows.status[count] = status
        rows.signal[count] = signal
        rows.level[count] = level
        rows.level_change_sd_bps[count] = series.level_change_sd_bps[k, day]
        rows.mark_usd_per_mm[count] = mark
        rows.dv01_usd_per_bp_per_mm[count] = series.dv01_usd_per_bp_per_mm[k, day]
        rows.held_dv01_usd_per_bp_per_mm[count] = series.held_dv01_usd_per_bp_per_mm[k, day]
        rows.cumulative_roll_gap_bps[count] = series.cumulative_roll_gap_bps[k, day]
        rows.cumulative_roll_dv01_usd_per_bp_per_mm[count] = (
            series.cumulative_roll_dv01_usd_per_bp_per_mm[k, day]
        )
        rows.vix_close_pts[count] = series.vix_close_pts[k, day]
        if rules.pnl_model == PnlModel.REPRICED:
            now_unknown_count = series.cumulative_unknown_pnl_count[k, day]
            rows.unknown_pnl_count[count] = now_unknown_count - unknown_count
            unknown_count = now_unknown_count
        else:
            rows.unknown_pnl_count[count] = 0.0
        count += 1
    return count


@inlined
def market_of(rows, row):
    """Return what a run sees on one of its rows."""
    return Market(
        rows.signal[row],
        rows.level[row],
        rows.level_change_sd_bps[row],
        rows.mark_usd_per_mm[row],
        rows.status[row],
        rows.dv01_usd_per_bp_per_mm[row],
        rows.held_dv01_usd_per_bp_per_mm[row],
        rows.cumulative_roll_gap_bps[row],
        rows.cumulative_roll_dv01_usd_per_bp_per_mm[row],
        rows.vix_close_pts[row],
    )


@inlined
def tallied(tally, fill, before):
    """Return the totals of a run with one row more."""
    cost = fill_cost(fill)
    cumulative = tally.cumulative_usd + (fill.gross_pnl_usd - cost)
    peak = max(tally.peak_usd, cumulative)
    trade_gross = tally.trade_gross_usd + fill.gross_pnl_usd
    own_cost = fill.closing_cost_usd + fill.roll_cost_usd
    trade_cost = tally.trade_cost_usd + (own_cost + fill.opening_cost_usd)
    exit_count, win_count, held_sum = tally.exit_count, tally.win_count, tally.held_sum
    if fill.exit_reason != ExitReason.NONE:
        exit_count += 1
        win_count += 1 if trade_gross - (tally.trade_cost_usd + own_cost) > 0.0 else 0
        held_sum += before.held_sessions + 1
        trade_gross = 0.0
        trade_cost = fill.opening_cost_usd  # of the trade that a reversal opens
    return _Tally(
        tally.gross_usd + fill.gross_pnl_usd,
        tally.cost_usd + cost,
        tally.half_spread_usd + fill.half_spread_cost_usd,
        tally.fee_usd + fill.fee_cost_usd,
        tally.impact_usd + fill.impact_cost_usd,
        tally.roll_usd + fill.roll_cost_usd,
        cumulative,
        tally.traded_mm + fill.traded_notional_mm,
        peak,
        min(tally.drawdown_usd, cumulative - peak),
        trade_gross,
        trade_cost,
        exit_count,
        win_count,
        held_sum,
    )


@inlined
def write_path(paths, line, row, day, tally, before, after, fill):
    """Write a row of a run, and the trade that ends on it; `tally` is that before the row."""
    cost = fill_cost(fill)
    paths.day[line, row] = day
    paths.net_pnl_usd[line, row] = fill.gross_pnl_usd - cost
    paths.cost_usd[line, row] = cost
    paths.position_notional_mm[line, row] = after.position_mm
    if fill.exit_reason != ExitReason.NONE:
        trade_cost = tally.trade_cost_usd + (fill.closing_cost_usd + fill.roll_cost_usd)
        paths.trade_net_pnl_usd[line, tally.exit_count] = (
            tally.trade_gross_usd + fill.gross_pnl_usd - trade_cost
        )
        paths.trade_held_sessions[line, tally.exit_count] = before.held_sessions + 1


@inlined
def write_day(days, run, day, before, after, signal, fill, cumulative_usd):
    """Write what happened to a run on a row."""
    cost = fill_cost(fill)
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
    days.half_spread_cost_usd[run, day] = fill.half_spread_cost_usd
    days.fee_cost_usd[run, day] = fill.fee_cost_usd
    days.impact_cost_usd[run, day] = fill.impact_cost_usd
    days.roll_cost_usd[run, day] = fill.roll_cost_usd
    days.cost_usd[run, day] = cost
    days.net_pnl_usd[run, day] = fill.gross_pnl_usd - cost
    days.cumulative_pnl_usd[run, day] = cumulative_usd


@inlined
def write_summary(summaries, run, row_count, tally, trade_number):
    """Write the line of a run."""
    summaries.row_count[run] = row_count
    summaries.total_gross_pnl_usd[run] = tally.gross_usd
    summaries.total_cost_usd[run] = tally.cost_usd
    summaries.half_spread_cost_usd[run] = tally.half_spread_usd
    summaries.fee_cost_usd[run] = tally.fee_usd
    summaries.impact_cost_usd[run] = tally.impact_usd
    summaries.roll_cost_usd[run] = tally.roll_usd
    summaries.total_net_pnl_usd[run] = tally.cumulative_usd
    summaries.max_drawdown_usd[run] = tally.drawdown_usd
    summaries.trade_count[run] = trade_number
    summaries.closed_trade_count[run] = tally.exit_count
    summaries.reversal_count[run] = summaries.exit_count[run, ExitReason.REVERSAL]
    summaries.winning_trade_count[run] = tally.win_count
    summaries.traded_notional_mm[run] = tally.traded_mm
    if tally.exit_count > 0:
        summaries.mean_holding_sessions[run] = tally.held_sum / tally.exit_count


@inlined
def write_spread(summaries, run, row_count, net_pnl_usd):
    """Write mean and deviation of the rows of a run; in two passes, which no mean disturbs."""
    mean = summaries.total_net_pnl_usd[run] / row_count
    summaries.mean_net_pnl_usd[run] = mean
    squares = 0.0
    for row in range(row_count):
        squares += (net_pnl_usd[row] - mean) ** 2
    if row_count > 1:
        summaries.sd_net_pnl_usd[run] = sqrt(squares / (row_count - 1))


@inlined
def write_round_trip(summaries, run, market, rules):
    """Write what a round trip of the full size costs in a market, and the move that pays for it."""
    size_mm = rules.position_size_mm
    dv01 = market.dv01_usd_per_bp_per_mm
    cost_usd = 2.0 * cost_of_legs(leg_costs(size_mm, market, dv01, rules))
    summaries.round_trip_cost_usd[run] = cost_usd
    summaries.break_even_move_bps[run] = cost_usd / (cost_dv01(dv01, rules) * size_mm)


@njit
def fold_runs(series, index, records, order, rows, paths, summaries):
    """Write the line of every run, and its path if there is more than one line of `paths`.

    `index` holds the signal and the level series of each run. `order` holds the runs, and whether
    each sees other rows than the one before it.
    """
    keeps_paths = paths.net_pnl_usd.shape[0] > 1
    row_count = 0
    for place in range(order.shape[1]):
        run = order[0, place]
        rules = rules_of(records[run])
        if order[1, place]:
            row_count = collect_rows(series, index[0, run], index[1, run], rules, rows)
        line = run if keeps_paths else 0
        state = INITIAL_STATE
        tally = _NO_TALLY
        for row in range(row_count):
            before = state
            state, fill = advanced(before, market_of(rows, row), rules)
            write_path(paths, line, row, rows.day[row], tally, before, state, fill)
            tally = tallied(tally, fill, before)
            if rows.unknown_pnl_count[row] > 0.0 and before.position_mm != 0.0:
                summaries.unknown_pnl_count[run] += 1
            if fill.exit_reason != ExitReason.NONE:
                summaries.exit_count[run, fill.exit_reason] += 1
        write_summary(summaries, run, row_count, tally, state.trade_number)
        if row_count > 0:
            write_spread(summaries, run, row_count, paths.net_pnl_usd[line])
            write_round_trip(summaries, run, market_of(rows, row_count - 1), rules)


@njit
def fold_days(series, index, records, order, rows, days):
    """Write every day of every run; arguments as `fold_runs`."""
    row_count = 0
    for place in range(order.shape[1]):
        run = order[0, place]
        rules = rules_of(records[run])
        if order[1, place]:
            row_count = collect_rows(series, index[0, run], index[1, run], rules, rows)
        for day in range(series.level.shape[1]):
            days.status[run, day] = rows.day_status[day]
            days.is_row[run, day] = rows.day_status[day] < DayStatus.NO_SESSION
        state = INITIAL_STATE
        cumulative_usd = 0.0
        for row in range(row_count):
            before = state
            state, fill = advanced(before, market_of(rows, row), rules)
            cumulative_usd += fill.gross_pnl_usd - fill_cost(fill)
            day = rows.day[row]
            write_day(days, run, day, before, state, rows.signal[row], fill, cumulative_usd)
            if rows.unknown_pnl_count[row] > 0.0 and before.position_mm != 0.0:
                days.status[run, day] = DayStatus.UNKNOWN_PNL
