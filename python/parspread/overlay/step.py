"""One row of one run: everything the trading rules say.

`step` takes the state before a row, the market of the row and the rules, and returns the state
after the row and what happened on it.

Signs: a positive position is long credit risk (protection sold). Order of events on a row: mark the
position held into the row, forced exits, signal (reversal, then exit), rebalance, fill at the row's
level, cost. So the P&L of a row always belongs to the position held into it.
"""

from math import inf, isfinite, isnan, nan, sqrt
from typing import NamedTuple

from parspread.compiled import inlined, njit
from parspread.overlay.costs import USD_PER_MM, cost_of_legs, leg_costs, stress_ratio
from parspread.overlay.rules import (
    ZERO_SIGNAL,
    CooldownRelease,
    EntryComparison,
    ExitBasis,
    InfiniteSignalPolicy,
    MissingSignalPolicy,
    OppositeSignalPolicy,
    PnlModel,
    QuoteKind,
    ReversalPnlOwner,
    SizingMode,
    StopBasis,
    StopTiming,
)
from parspread.overlay.status import DayStatus, ExitReason, Phase


class Market(NamedTuple):
    """What one run sees on one row."""

    signal: float  # lagged; NaN when missing
    level: float  # spread in bps, or price
    level_change_sd_bps: float
    mark_usd_per_mm: float  # cumulative mark of $1MM of protection sold
    status: DayStatus  # from `read_day`
    dv01_usd_per_bp_per_mm: float = nan  # of the series quoted now; NaN: the rules' constant
    held_dv01_usd_per_bp_per_mm: float = nan  # of the series held into the row
    cumulative_roll_gap_bps: float = 0.0
    cumulative_roll_dv01_usd_per_bp_per_mm: float = 0.0
    vix_close_pts: float = nan  # known at the close of the row


class State(NamedTuple):
    """What one run remembers from row to row."""

    phase: Phase
    position_mm: float  # signed
    held_sessions: int
    run_pnl_usd: float  # gross P&L since entry
    last_level: float
    last_mark_usd_per_mm: float
    entry_level: float
    entry_notional_mm: float
    entry_sd_bps: float
    trade_number: int  # trades opened so far
    cooldown_left_sessions: int
    closed_sign: float  # direction of the position whose cooldown runs
    last_cumulative_roll_gap_bps: float = 0.0
    last_cumulative_roll_dv01_usd_per_bp_per_mm: float = 0.0


class Fill(NamedTuple):
    """What happened to one run on one row."""

    exit_reason: ExitReason
    gross_pnl_usd: float
    opening_cost_usd: float
    closing_cost_usd: float
    roll_cost_usd: float
    half_spread_cost_usd: float  # this and the next two: what opening and closing consist of
    fee_cost_usd: float
    impact_cost_usd: float
    traded_notional_mm: float
    status: DayStatus


INITIAL_STATE = State(Phase.FLAT, 0.0, 0, 0.0, nan, nan, nan, nan, nan, 0, 0, 0.0)


@inlined
def read_day(signal, level, mark_usd_per_mm, rules):
    """Return the signal a run acts on (NaN: none) and what kind of day it is."""
    if isnan(level):
        return nan, DayStatus.NO_SESSION
    if rules.pnl_model == PnlModel.REPRICED and isnan(mark_usd_per_mm):
        return nan, DayStatus.NO_MARK
    if isfinite(signal):
        return signal, DayStatus.OK
    if not isnan(signal) and rules.infinite_signal_policy == InfiniteSignalPolicy.ZERO:
        return 0.0, DayStatus.NONFINITE_SIGNAL
    if rules.missing_signal_policy == MissingSignalPolicy.DROP_ROW:
        return nan, DayStatus.MISSING_SIGNAL_DROPPED
    if not isnan(signal):
        return nan, DayStatus.NONFINITE_SIGNAL
    if rules.missing_signal_policy == MissingSignalPolicy.FLATTEN:
        return nan, DayStatus.MISSING_SIGNAL_FLATTENED
    return nan, DayStatus.MISSING_SIGNAL_HELD


@inlined
def sign_of(value):
    """Return -1.0, 0.0 or 1.0."""
    if value > 0.0:
        return 1.0
    if value < 0.0:
        return -1.0
    return 0.0


@inlined
def row_pnl_usd(state, market, rules):
    """Return the gross P&L of the position held into the row, in USD."""
    if state.position_mm == 0.0:
        return 0.0
    if rules.pnl_model == PnlModel.REPRICED:
        return state.position_mm * (market.mark_usd_per_mm - state.last_mark_usd_per_mm)
    if rules.quote_kind == QuoteKind.PRICE:
        return state.position_mm * (market.level / state.last_level - 1.0) * USD_PER_MM
    if rules.pnl_model == PnlModel.ENTRY_SPREAD_CUMULATED:
        change_bps = market.level - state.entry_level
    else:
        change_bps = market.level - state.last_level
    # factors in the order of the replaced engine: its figures agree to the last bit
    direction = sign_of(state.position_mm)
    return -direction * change_bps * rules.dv01_usd_per_bp_per_mm * abs(state.position_mm)


@inlined
def forced_exit(state, market, rules, mark):
    """Return the exit reason of stop, take-profit and holding limit, or `ExitReason.NONE`."""
    sessions, gain_usd, level = state.held_sessions, state.run_pnl_usd, state.last_level
    if rules.stop_timing == StopTiming.SAME_CLOSE:
        sessions, gain_usd, level = state.held_sessions + 1, mark.run_pnl_usd, market.level
        level -= mark.roll_gap_bps

    gain = gain_usd
    percent = 1.0
    if rules.stop_basis == StopBasis.SPREAD_BPS or rules.stop_basis == StopBasis.SIGMA_BPS:
        gain = -sign_of(state.position_mm) * (level - state.entry_level)
        unit = 1.0
        if rules.stop_basis == StopBasis.SIGMA_BPS:
            unit = state.entry_sd_bps * sqrt(sessions)
    elif rules.stop_basis == StopBasis.USD:
        unit = 1.0
    else:
        percent = 100.0
        if rules.stop_basis == StopBasis.PCT_NOTIONAL:
            unit = state.entry_notional_mm * USD_PER_MM
        elif rules.stop_basis == StopBasis.USD_PER_MM:
            unit = abs(state.position_mm)
        elif rules.quote_kind == QuoteKind.PRICE:
            unit = rules.position_size_mm * USD_PER_MM
        else:
            unit = rules.position_size_mm * rules.dv01_usd_per_bp_per_mm

    # one gain cannot be beyond both limits, so their order does not matter
    if gain < -rules.stop_loss / percent * unit:
        return ExitReason.STOP_LOSS
    if gain > rules.take_profit / percent * unit:
        return ExitReason.TAKE_PROFIT
    if state.held_sessions + 1 >= rules.max_holding_sessions:
        return ExitReason.MAX_HOLDING
    return ExitReason.NONE


class Wish(NamedTuple):
    """What the signal of a row asks for."""

    is_given: bool
    is_zero: bool
    passes_entry: bool
    sign: float
    target_mm: float  # signed, capped


class Mark(NamedTuple):
    """What a row did to the position held into it."""

    pnl_usd: float
    run_pnl_usd: float  # since entry, through the row's own close
    roll_gap_bps: float  # added to the level by a roll, without anyone earning it
    roll_dv01_usd_per_bp_per_mm: float


class Decision(NamedTuple):
    """What a run does on a row."""

    phase: Phase
    position_mm: float
    exit_reason: ExitReason
    cooldown_left_sessions: int
    closed_sign: float


@inlined
def signal_wish(signal, rules):
    """Return what a signal asks for, whatever position is held."""
    is_given = not isnan(signal)
    if rules.entry_comparison == EntryComparison.AT_OR_ABOVE:
        passes_entry = abs(signal) >= rules.entry_threshold
    else:
        passes_entry = abs(signal) > rules.entry_threshold
    sign = sign_of(signal)
    target_mm = signal if rules.sizing_mode == SizingMode.PROPORTIONAL else sign
    target_mm = target_mm * rules.position_size_mm
    target_mm = min(max(target_mm, -rules.position_cap_mm), rules.position_cap_mm)
    is_zero = is_given and abs(signal) < ZERO_SIGNAL
    return Wish(is_given, is_zero, is_given and not is_zero and passes_entry, sign, target_mm)


@inlined
def mark_position(state, market, rules):
    """Return what the row did to the position held into it."""
    gap_bps = 0.0
    roll_dv01 = 0.0
    if rules.pnl_model == PnlModel.REPRICED:
        gap_bps = market.cumulative_roll_gap_bps - state.last_cumulative_roll_gap_bps
        roll_dv01 = (
            market.cumulative_roll_dv01_usd_per_bp_per_mm
            - state.last_cumulative_roll_dv01_usd_per_bp_per_mm
        )
    pnl_usd = row_pnl_usd(state, market, rules)
    return Mark(pnl_usd, state.run_pnl_usd + pnl_usd, gap_bps, roll_dv01)


@inlined
def is_released(state, wish, rules):
    """Return whether the cooldown ends on this row."""
    if rules.cooldown_release == CooldownRelease.SESSIONS:
        return state.cooldown_left_sessions == 1
    if rules.cooldown_release == CooldownRelease.NEXT_SESSION:
        return wish.is_given
    if rules.cooldown_release == CooldownRelease.ZERO_SIGNAL:
        return wish.is_zero
    return wish.is_zero or (wish.is_given and wish.sign != state.closed_sign)


@inlined
def signal_exit(signal, direction, wish, rules):
    """Return why the signal ends a position: reversal, exit, a missing signal, or not at all."""
    if not wish.is_given:
        if rules.missing_signal_policy == MissingSignalPolicy.FLATTEN:
            return ExitReason.MISSING_SIGNAL
        return ExitReason.NONE
    if not wish.is_zero and wish.sign != direction:
        policy = rules.opposite_signal_policy
        if policy == OppositeSignalPolicy.REVERSE:
            return ExitReason.REVERSAL
        if policy == OppositeSignalPolicy.REVERSE_IF_ENTRY and wish.passes_entry:
            return ExitReason.REVERSAL
    if rules.exit_basis == ExitBasis.SIGNED:
        exits = signal * direction < rules.exit_threshold
    else:
        exits = abs(signal) < rules.exit_threshold
    if exits or (wish.is_zero and rules.sizing_mode == SizingMode.PROPORTIONAL):
        return ExitReason.SIGNAL
    return ExitReason.NONE


@inlined
def decide(state, market, rules, wish, mark):
    """Return what the run does: enter, hold, rebalance, reverse, close or wait."""
    held_mm = state.position_mm
    left, closed_sign = state.cooldown_left_sessions, state.closed_sign
    if state.phase == Phase.COOLDOWN:
        phase = Phase.FLAT if is_released(state, wish, rules) else Phase.COOLDOWN
        return Decision(phase, held_mm, ExitReason.NONE, left - 1, closed_sign)
    if state.phase == Phase.FLAT:
        if wish.passes_entry:
            return Decision(Phase.HELD, wish.target_mm, ExitReason.NONE, left, closed_sign)
        return Decision(Phase.FLAT, held_mm, ExitReason.NONE, left, closed_sign)

    direction = sign_of(held_mm)
    reason = forced_exit(state, market, rules, mark)
    if reason != ExitReason.NONE:
        if rules.cooldown_release == CooldownRelease.NONE:
            return Decision(Phase.FLAT, 0.0, reason, left, closed_sign)
        return Decision(Phase.COOLDOWN, 0.0, reason, rules.cooldown_sessions, direction)
    reason = signal_exit(market.signal, direction, wish, rules)
    if reason == ExitReason.REVERSAL:
        return Decision(Phase.HELD, wish.target_mm, reason, left, closed_sign)
    if reason != ExitReason.NONE:
        return Decision(Phase.FLAT, 0.0, reason, left, closed_sign)
    new_mm = held_mm
    if rules.sizing_mode == SizingMode.PROPORTIONAL and wish.sign == direction:
        band_mm = max(rules.rebalance_band_share * rules.position_size_mm, ZERO_SIGNAL)
        if abs(wish.target_mm - held_mm) > band_mm:
            new_mm = wish.target_mm
    return Decision(Phase.HELD, new_mm, ExitReason.NONE, left, closed_sign)


@inlined
def fill_order(state, market, rules, mark, decision, status):
    """Return what happened on the row: the trade into the new position and its costs."""
    new_mm, old_mm = decision.position_mm, state.position_mm
    roll_usd_per_mm = rules.roll_cost_bps * mark.roll_dv01_usd_per_bp_per_mm
    roll_ratio = stress_ratio(market, rules)
    if new_mm == old_mm:
        roll_cost = roll_usd_per_mm * abs(new_mm) * roll_ratio
        return Fill(
            decision.exit_reason, mark.pnl_usd, 0.0, 0.0, roll_cost, 0.0, 0.0, 0.0, 0.0, status
        )
    if sign_of(new_mm) == sign_of(old_mm):  # nothing, or a rebalance, which the ongoing trade pays
        opening_mm = abs(new_mm - old_mm)
        closing_mm = 0.0
        rolled_mm = min(abs(new_mm), abs(old_mm))
    else:
        opening_mm = abs(new_mm)
        closing_mm = abs(old_mm)
        rolled_mm = 0.0  # closed in the old series, opened in the new one
    opening = leg_costs(opening_mm, market, market.dv01_usd_per_bp_per_mm, rules)
    closing = leg_costs(closing_mm, market, market.held_dv01_usd_per_bp_per_mm, rules)
    return Fill(
        decision.exit_reason,
        mark.pnl_usd,
        cost_of_legs(opening),
        cost_of_legs(closing),
        roll_usd_per_mm * rolled_mm * roll_ratio,
        opening.half_spread_usd + closing.half_spread_usd,
        opening.fee_usd + closing.fee_usd,
        opening.impact_usd + closing.impact_usd,
        opening_mm + closing_mm,
        status,
    )


@inlined
def next_state(state, market, rules, mark, decision):
    """Return what the run remembers after the row."""
    new_mm = decision.position_mm
    held_sessions = 0
    run_pnl_usd = mark.run_pnl_usd
    trade_number = state.trade_number
    entry_level = state.entry_level + mark.roll_gap_bps
    entry_notional_mm = state.entry_notional_mm
    entry_sd_bps = state.entry_sd_bps
    if new_mm != 0.0 and sign_of(new_mm) == sign_of(state.position_mm):
        held_sessions = state.held_sessions + 1
    else:
        owns_row_pnl = rules.reversal_pnl_owner == ReversalPnlOwner.NEW_POSITION
        is_reversal = decision.exit_reason == ExitReason.REVERSAL
        run_pnl_usd = mark.pnl_usd if is_reversal and owns_row_pnl else 0.0
        if new_mm != 0.0:
            trade_number += 1
            entry_level = market.level
            entry_notional_mm = abs(new_mm)
            entry_sd_bps = market.level_change_sd_bps
            if not entry_sd_bps > 0.0:
                entry_sd_bps = nan  # a zero deviation would put the stop at the entry level
    return State(
        decision.phase,
        new_mm,
        held_sessions,
        run_pnl_usd,
        market.level,
        market.mark_usd_per_mm,
        entry_level,
        entry_notional_mm,
        entry_sd_bps,
        trade_number,
        decision.cooldown_left_sessions,
        decision.closed_sign,
        market.cumulative_roll_gap_bps,
        market.cumulative_roll_dv01_usd_per_bp_per_mm,
    )


@inlined
def row_status(status, after, rules):
    """Return the status of the row; a position without its sigma stop is the news of a good row."""
    has_stop = rules.stop_loss < inf or rules.take_profit < inf
    in_sigma = rules.stop_basis == StopBasis.SIGMA_BPS
    lacks_stop = after.position_mm != 0.0 and has_stop and in_sigma and isnan(after.entry_sd_bps)
    if status == DayStatus.OK and lacks_stop:
        return DayStatus.STOP_NOT_ARMED.value
    return status + 0  # a code: a member from `read_day` is one already in the rows of a run


@inlined
def idle(state, market, rules, wish):
    """Return what `advanced` does on a row without a position before or after it."""
    is_waiting = state.phase == Phase.COOLDOWN
    left = state.cooldown_left_sessions
    phase = Phase.FLAT
    if is_waiting:
        left -= 1
        if not is_released(state, wish, rules):
            phase = Phase.COOLDOWN
    after = State(
        phase,
        0.0,
        0,
        0.0,
        market.level,
        market.mark_usd_per_mm,
        state.entry_level,
        state.entry_notional_mm,
        state.entry_sd_bps,
        state.trade_number,
        left,
        state.closed_sign,
        market.cumulative_roll_gap_bps,
        market.cumulative_roll_dv01_usd_per_bp_per_mm,
    )
    return after, Fill(ExitReason.NONE, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, market.status + 0)


@inlined
def advanced(state, market, rules):
    """Advance one run by one row: what `step` does, for the driver to compile into its loop."""
    wish = signal_wish(market.signal, rules)
    if state.position_mm == 0.0 and not wish.passes_entry:
        return idle(state, market, rules, wish)
    mark = mark_position(state, market, rules)
    decision = decide(state, market, rules, wish, mark)
    after = next_state(state, market, rules, mark, decision)
    status = row_status(market.status, after, rules)
    return after, fill_order(state, market, rules, mark, decision, status)


@njit
def step(state, market, rules):
    """Advance one run by one row.

    Parameters
    ----------
    state : State
        What the run remembers; `INITIAL_STATE` before the first row.
    market : Market
        The row. Its signal is already lagged, its level is not NaN.
    rules : Rules
        The run's rules.

    Returns
    -------
    state : State
        After the row.
    fill : Fill
        What happened on the row.

    Examples
    --------
    >>> from parspread.overlay.rules import Rules, RuleTable
    >>> table = RuleTable.from_records([
    ...     {"position_size_mm": 10, "transaction_cost": 1, "dv01_usd_per_bp_per_mm": 475,
    ...      "signal_lag_sessions": 0, "pnl_model": "constant_dv01"}])
    >>> rules = Rules(*table.records[0].item())
    >>> bought, _ = step(INITIAL_STATE, Market(1.0, 100.0, nan, nan, DayStatus.OK), rules)
    >>> _, fill = step(bought, Market(1.0, 98.0, nan, nan, DayStatus.OK), rules)
    >>> fill.gross_pnl_usd
    9500.0
    """
    return advanced(state, market, rules)
