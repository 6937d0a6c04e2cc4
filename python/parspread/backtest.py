"""Simulate every overlay strategy of a catalog or sweep in one pass over the calendar.

One plain function, `step`, holds all trading rules: it takes the state before a row, the market of
the row and the rules, and returns the state after the row and what happened on it. The driver folds
it over the days of every run. numba compiles both when it is installed; without numba the same
functions run as ordinary Python.

Signs: a positive position is long credit risk (protection sold). Order of events on a row: mark the
position held into the row, forced exits, signal (reversal, then exit), rebalance, fill at the row's
level, cost. So the P&L of a row always belongs to the position held into it.

Rules on which desks and older systems differ are named options (the enums below), never constants.
`COMPAT_NOTEBOOK` and `compat_current` name the options of the two systems this engine replaces.
"""

from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from math import inf, isfinite, isnan, nan, sqrt
from typing import Any, NamedTuple

import numpy as np

try:
    # Compiled in every process (about 3 s): numba's cache files name the classes of this module,
    # and a process that finds the files of an older version stops with an AttributeError.
    from numba import njit
except ModuleNotFoundError:  # numba is a speed-up, not a requirement: the plain functions run

    def njit(function):
        return function


ZERO_SIGNAL = 1e-9  # a signal smaller than this is zero, a trade smaller than this (MM) is none
NEVER = 2**62  # sessions; stands for "no maximum holding period"
USD_PER_MM = 1e6
USD_PER_NOTIONAL_BP_PER_MM = 100.0


class SizingMode(IntEnum):
    """How a signal becomes a notional: its sign times the size, or the signal times the size."""

    BINARY = 0
    PROPORTIONAL = 1


class EntryComparison(IntEnum):
    """Whether a signal exactly at the entry threshold opens a position."""

    AT_OR_ABOVE = 0
    ABOVE = 1


class ExitBasis(IntEnum):
    """What must fall below the exit threshold: signal times direction, or its magnitude.

    A proportional position also closes on a zero signal, whose target is zero.
    """

    SIGNED = 0
    MAGNITUDE = 1


class OppositeSignalPolicy(IntEnum):
    """What a signal against the position does; where it does not reverse, the exit rule decides."""

    REVERSE_IF_ENTRY = 0  # reverse when the opposite signal passes the entry rule
    REVERSE = 1  # reverse on any non-zero opposite signal
    HOLD = 2  # never reverse


class StopBasis(IntEnum):
    """The unit of `stop_loss` and `take_profit`."""

    PCT_NOTIONAL = 0  # percent of the notional at entry, in USD
    SPREAD_BPS = 1  # basis points of spread from the entry level
    USD = 2  # USD of the whole position
    SIGMA_BPS = 3  # multiples of level_change_sd_bps at entry * sqrt(sessions held)
    PCT_DV01_USD = 4  # percent of size * DV01 (price quotes: of size in USD)
    USD_PER_MM = 5  # USD per $1MM of current notional, compared with the figure / 100


class StopTiming(IntEnum):
    """Which close the P&L exits look at; the fill is at the row's own level either way."""

    NEXT_CLOSE = 0  # the previous close: decided there, filled one session later
    SAME_CLOSE = 1  # the row's own close


class CooldownRelease(IntEnum):
    """What ends the cooldown after a forced exit; no entry on the row that ends it."""

    SIGNAL_CROSSES_ZERO = 0  # a zero signal, or one against the closed position
    ZERO_SIGNAL = 1  # a zero signal only
    NEXT_SESSION = 2  # any signal
    SESSIONS = 3  # `cooldown_sessions` rows
    NONE = 4  # there is no cooldown


class ReversalPnlOwner(IntEnum):
    """Whose stop and take-profit count the P&L of a reversal row."""

    CLOSED_POSITION = 0
    NEW_POSITION = 1


class MissingSignalPolicy(IntEnum):
    """What a session without a signal does."""

    HOLD = 0  # the row stays: position kept and marked, holding period and stops advance
    FLATTEN = 1  # the row stays: position closed
    DROP_ROW = 2  # the row vanishes: the next kept row books the P&L of the gap


class InfiniteSignalPolicy(IntEnum):
    """What an infinite signal (a score over a zero deviation) counts as."""

    MISSING = 0
    ZERO = 1


class LagBasis(IntEnum):
    """The rows over which the signal is lagged."""

    INSTRUMENT_SESSIONS = 0  # days on which the instrument has a level
    SIGNAL_ROWS = 1  # days on which the signal series has a row, even an empty one


class QuoteKind(IntEnum):
    """What the level is: a spread in basis points, or a price (or fund close)."""

    SPREAD = 0
    PRICE = 1


class CostUnit(IntEnum):
    """The unit of `transaction_cost`, charged on every leg."""

    SPREAD_BPS = 0  # basis points of spread: * DV01 * notional
    NOTIONAL_BPS = 1  # basis points of notional
    PCT_OF_LEVEL = 2  # fraction of the level (0.025 = 2.5 percent), read as notional bps
    PRICE_PTS = 3  # price points per 100 of notional


class PnlModel(IntEnum):
    """How a position is marked."""

    CONSTANT_DV01 = 0  # level change * DV01; price quotes: relative change * notional
    REPRICED = 1  # change of `mark_usd_per_mm`, computed before
    ENTRY_SPREAD_CUMULATED = 2  # change since entry, booked again every day (the notebook's)


class Phase(IntEnum):
    """Where a run stands between two rows."""

    FLAT = 0
    HELD = 1
    COOLDOWN = 2


class ExitReason(IntEnum):
    """Why a position was closed on a row."""

    NONE = 0
    STOP_LOSS = 1
    TAKE_PROFIT = 2
    MAX_HOLDING = 3
    SIGNAL = 4
    REVERSAL = 5
    MISSING_SIGNAL = 6


class DayStatus(IntEnum):
    """What became of a day: codes below `NO_SESSION` are rows, the others are not."""

    OK = 0
    MISSING_SIGNAL_HELD = 1
    MISSING_SIGNAL_FLATTENED = 2
    NONFINITE_SIGNAL = 3  # infinite, and treated as the options say
    STOP_NOT_ARMED = 4  # held without its sigma stop: no positive deviation at entry
    NO_SESSION = 5  # the instrument has no level
    NO_MARK = 6  # a repriced run has no mark
    MISSING_SIGNAL_DROPPED = 7


class Rules(NamedTuple):
    """The rules of one run, nulls already replaced: `RuleTable` checks and builds them."""

    position_size_mm: float
    transaction_cost: float
    dv01_usd_per_bp_per_mm: float = nan
    sizing_mode: SizingMode = SizingMode.BINARY
    position_cap_mm: float = inf
    rebalance_band_share: float = 0.0
    entry_threshold: float = ZERO_SIGNAL
    entry_comparison: EntryComparison = EntryComparison.AT_OR_ABOVE
    exit_threshold: float = ZERO_SIGNAL
    exit_basis: ExitBasis = ExitBasis.SIGNED
    opposite_signal_policy: OppositeSignalPolicy = OppositeSignalPolicy.REVERSE_IF_ENTRY
    stop_loss: float = inf
    take_profit: float = inf
    stop_basis: StopBasis = StopBasis.PCT_NOTIONAL
    stop_timing: StopTiming = StopTiming.NEXT_CLOSE
    max_holding_sessions: int = NEVER
    cooldown_release: CooldownRelease = CooldownRelease.SIGNAL_CROSSES_ZERO
    cooldown_sessions: int = 1
    reversal_pnl_owner: ReversalPnlOwner = ReversalPnlOwner.CLOSED_POSITION
    signal_lag_sessions: int = 1
    lag_basis: LagBasis = LagBasis.INSTRUMENT_SESSIONS
    missing_signal_policy: MissingSignalPolicy = MissingSignalPolicy.HOLD
    infinite_signal_policy: InfiniteSignalPolicy = InfiniteSignalPolicy.MISSING
    quote_kind: QuoteKind = QuoteKind.SPREAD
    cost_unit: CostUnit = CostUnit.SPREAD_BPS
    pnl_model: PnlModel = PnlModel.CONSTANT_DV01
    roll_cost_bps: float = 0.0  # of spread; for repriced runs that carry a position over a roll


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


class State(NamedTuple):
    """What one run remembers from row to row."""

    phase: Phase
    position_mm: float  # signed
    sessions_held: int
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
    spread_pnl_usd: float
    opening_cost_usd: float
    closing_cost_usd: float
    roll_cost_usd: float
    traded_notional_mm: float
    status: DayStatus


INITIAL_STATE = State(Phase.FLAT, 0.0, 0, 0.0, nan, nan, nan, nan, nan, 0, 0, 0.0)

COMPAT_NOTEBOOK: dict[str, Any] = {
    "sizing_mode": "binary",
    "entry_comparison": "above",
    "entry_threshold": 1.5,
    "exit_threshold": 0.75,
    "exit_basis": "magnitude",
    "opposite_signal_policy": "hold",
    "cooldown_release": "none",
    "signal_lag_sessions": 0,
    "lag_basis": "signal_rows",
    "missing_signal_policy": "drop_row",
    "infinite_signal_policy": "zero",
    "cost_unit": "notional_bps",
    "dv01_usd_per_bp_per_mm": 4750.0,
    "pnl_model": "entry_spread_cumulated",
}
"""The notebook engine; its default DV01 is ten times the usual one, and part of its numbers."""


def compat_current(sizing_mode: str, quote_kind: str = "spread") -> dict[str, Any]:
    """Return the options under which `simulate` is the replaced package's current engine.

    Parameters
    ----------
    sizing_mode : {'binary', 'proportional'}
        The package's cooldown and stop unit depend on it.
    quote_kind : {'spread', 'price'}
        What the level is.

    Returns
    -------
    options : dict
        Catalog words; the caller adds size, cost, thresholds, stops and lag. A cost that is a
        percentage of the level takes `cost_unit='pct_of_level'`.

    Examples
    --------
    >>> compat_current("proportional")["stop_basis"]
    'usd_per_mm'
    """
    is_binary = _enum_code("sizing_mode", SizingMode, sizing_mode, "argument") == SizingMode.BINARY
    _enum_code("quote_kind", QuoteKind, quote_kind, "argument")
    return {
        "sizing_mode": sizing_mode,
        "quote_kind": quote_kind,
        "entry_comparison": "at_or_above",
        "exit_basis": "magnitude",
        "opposite_signal_policy": "reverse",
        "stop_basis": "pct_dv01_usd" if is_binary else "usd_per_mm",
        "stop_timing": "next_close",
        "cooldown_release": "zero_signal" if is_binary else "next_session",
        "reversal_pnl_owner": "new_position",
        "lag_basis": "signal_rows",
        "missing_signal_policy": "drop_row",
        "infinite_signal_policy": "zero",
        "cost_unit": "notional_bps",
        "pnl_model": "constant_dv01",
    }


# ---------------------------------------------------------------------------------------------
# Rules of all runs
# ---------------------------------------------------------------------------------------------

_ENUMS = {name: kind for name, kind in Rules.__annotations__.items() if issubclass(kind, IntEnum)}
_RULE_DTYPE = np.dtype(
    [(name, "f8" if kind is float else "i8") for name, kind in Rules.__annotations__.items()]
)


def _is_count(numbers: np.ndarray, lowest: int) -> np.ndarray:
    """Return where a number is an integer that an int64 holds."""
    return (numbers >= lowest) & (numbers <= NEVER) & (numbers == np.floor(numbers))


_NUMBER_CHECKS = {
    "position_size_mm": (lambda x: np.isfinite(x) & (x > 0), "a finite number > 0"),
    "transaction_cost": (lambda x: np.isfinite(x) & (x >= 0), "a finite number >= 0"),
    "dv01_usd_per_bp_per_mm": (lambda x: np.isnan(x) | (np.isfinite(x) & (x > 0)), "null or > 0"),
    "position_cap_mm": (lambda x: x > 0, "null or > 0"),
    "rebalance_band_share": (lambda x: np.isfinite(x) & (x >= 0), "a finite number >= 0"),
    "entry_threshold": (lambda x: np.isfinite(x) & (x > 0), "null or a finite number > 0"),
    "exit_threshold": (lambda x: np.isfinite(x) & (x >= 0), "null or a finite number >= 0"),
    "stop_loss": (lambda x: x > 0, "null or > 0"),
    "take_profit": (lambda x: x > 0, "null or > 0"),
    "max_holding_sessions": (lambda x: _is_count(x, 1), "null or an integer >= 1"),
    "cooldown_sessions": (lambda x: _is_count(x, 1), "an integer >= 1"),
    "signal_lag_sessions": (lambda x: _is_count(x, 0), "an integer >= 0"),
    "roll_cost_bps": (lambda x: np.isfinite(x) & (x >= 0), "a finite number >= 0"),
}


@dataclass(frozen=True)
class RuleTable:
    """The checked rules of all runs, one record per run (fields as in `Rules`)."""

    records: np.recarray

    @classmethod
    def from_records(cls, records: Sequence[Mapping[str, Any]]) -> "RuleTable":
        """Check one mapping per run and return the table.

        Parameters
        ----------
        records : sequence of mappings, one per run
            Keys are fields of `Rules`. Options take a catalog word ('binary'), an enum member or
            its code. None or NaN means not used or, where there is no such thing, the default.
            `position_size_mm` and `transaction_cost` must be given.

        Returns
        -------
        table : RuleTable

        Raises
        ------
        ValueError
            When a field is unknown, absent or outside its range, or two fields contradict each
            other; the message names the field, the rule, the run's position and the value.

        Examples
        --------
        >>> run = {"position_size_mm": 10, "transaction_cost": 1, "dv01_usd_per_bp_per_mm": 475}
        >>> len(RuleTable.from_records([run, run | {"sizing_mode": "proportional"}]))
        2
        """
        names = dict.fromkeys(name for record in records for name in record)
        columns = {name: [record.get(name) for record in records] for name in names}
        return cls.from_columns(columns, run_count=len(records))

    @classmethod
    def from_columns(cls, columns: Mapping[str, Iterable[Any]], run_count: int) -> "RuleTable":
        """Check one column per field and return the table; rules as in `from_records`.

        Parameters
        ----------
        columns : mapping of field to a sequence of length `run_count`
        run_count : int

        Returns
        -------
        table : RuleTable

        Raises
        ------
        ValueError
            As `from_records`.

        Examples
        --------
        >>> table = RuleTable.from_columns(
        ...     {"position_size_mm": [10.0], "transaction_cost": [0.5],
        ...      "dv01_usd_per_bp_per_mm": [475.0], "stop_loss": [None]}, run_count=1)
        >>> float(table.records.stop_loss[0])
        inf
        """
        for name in columns:
            if name not in Rules._fields:
                raise ValueError(f"rule field must be one of {Rules._fields}; field was {name!r}")
        table = np.recarray(run_count, dtype=_RULE_DTYPE)
        for name in Rules._fields:
            values = list(columns.get(name, [None] * run_count))
            if len(values) != run_count:
                raise ValueError(
                    f"{name} must have one value per run ({run_count}); length was {len(values)}"
                )
            default = Rules._field_defaults.get(name)
            filled = [default if _is_null(value) else value for value in values]
            if name in _ENUMS:
                words = {value: None for value in filled}
                codes = {
                    word: _enum_code(name, _ENUMS[name], word, f"run {filled.index(word)}")
                    for word in words
                }
                table[name] = [codes[value] for value in filled]
            else:
                table[name] = _checked_numbers(name, filled, given=values)
        _check_fields_agree(table)
        table.flags.writeable = False
        return cls(table)

    def __len__(self) -> int:
        return len(self.records)


def _is_null(value: Any) -> bool:
    return value is None or (isinstance(value, float) and isnan(value))


def _enum_code(name: str, kind: type[IntEnum], value: Any, where: str) -> int:
    """Return the code of a catalog word, enum member or code."""
    by_word = {member.name.lower(): member for member in kind}
    if isinstance(value, str) and value in by_word:
        return int(by_word[value])
    if not isinstance(value, (str, bool)) and value in set(kind):
        return int(value)
    raise ValueError(f"{name} must be one of {', '.join(by_word)}; {where} was {value!r}")


def _checked_numbers(name: str, filled: list[Any], given: list[Any]) -> np.ndarray:
    """Return the column as floats once every given value obeys the field's rule."""
    is_legal, rule = _NUMBER_CHECKS[name]
    for run, value in enumerate(filled):
        if isinstance(value, (str, bool)) or value is None:
            raise ValueError(f"{name} must be {rule}; run {run} was {value!r}")
    numbers = np.array([float(value) for value in filled])
    legal = is_legal(numbers)
    if not legal.all():
        run = int(np.argmin(legal))
        raise ValueError(f"{name} must be {rule}; run {run} was {given[run]!r}")
    return numbers


def _check_fields_agree(table: np.recarray) -> None:
    """Raise when two fields of a run contradict each other."""
    is_price = table.quote_kind == QuoteKind.PRICE
    needs_dv01 = (
        (~is_price & (table.pnl_model != PnlModel.REPRICED))
        | (table.cost_unit == CostUnit.SPREAD_BPS)
        | (~is_price & (table.stop_basis == StopBasis.PCT_DV01_USD))
    )
    has_exit_above_entry = (
        (table.exit_threshold > table.entry_threshold)
        & (table.entry_threshold != ZERO_SIGNAL)  # no entry threshold to exceed
    )
    in_bps = np.isin(table.stop_basis, (StopBasis.SPREAD_BPS, StopBasis.SIGMA_BPS))
    cumulates = table.pnl_model == PnlModel.ENTRY_SPREAD_CUMULATED
    for name, rule, broken in (
        ("dv01_usd_per_bp_per_mm", "given for spread quotes and spread-bps costs",
         needs_dv01 & np.isnan(table.dv01_usd_per_bp_per_mm)),
        ("exit_threshold", "at most entry_threshold", has_exit_above_entry),
        ("stop_basis", "in USD or percent for price quotes", is_price & in_bps),
        ("pnl_model", "constant_dv01 or repriced for price quotes", is_price & cumulates),
    ):  # fmt: skip
        if broken.any():
            run = int(np.argmax(broken))
            value = table[name][run]
            shown = _ENUMS[name](value).name.lower() if name in _ENUMS else f"{value:g}"
            raise ValueError(f"{name} must be {rule}; run {run} was {shown}")


# ---------------------------------------------------------------------------------------------
# One row of one run
# ---------------------------------------------------------------------------------------------


@njit
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


@njit
def sign_of(value):
    """Return -1.0, 0.0 or 1.0."""
    if value > 0.0:
        return 1.0
    if value < 0.0:
        return -1.0
    return 0.0


@njit
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


@njit
def cost_dv01(contract_dv01_usd_per_bp_per_mm, rules):
    """Return the DV01 that turns a cost in spread into USD: a repriced run's own, if known."""
    if rules.pnl_model == PnlModel.REPRICED and not isnan(contract_dv01_usd_per_bp_per_mm):
        return contract_dv01_usd_per_bp_per_mm
    return rules.dv01_usd_per_bp_per_mm


@njit
def leg_cost_usd(notional_mm, level, contract_dv01_usd_per_bp_per_mm, rules):
    """Return the cost of trading `notional_mm` (>= 0) once, in USD."""
    if rules.cost_unit == CostUnit.SPREAD_BPS:
        dv01 = cost_dv01(contract_dv01_usd_per_bp_per_mm, rules)
        return rules.transaction_cost * dv01 * notional_mm
    if rules.cost_unit == CostUnit.PRICE_PTS:
        return rules.transaction_cost / 100.0 * notional_mm * USD_PER_MM
    if rules.cost_unit == CostUnit.PCT_OF_LEVEL:
        return rules.transaction_cost * level * notional_mm * USD_PER_NOTIONAL_BP_PER_MM
    return rules.transaction_cost * notional_mm * USD_PER_NOTIONAL_BP_PER_MM


@njit
def forced_exit(state, market, rules, run_pnl_usd, roll_gap_bps):
    """Return the exit reason of stop, take-profit and holding limit, or `ExitReason.NONE`.

    `run_pnl_usd` is the gross P&L since entry through the row's own close, `roll_gap_bps` what a
    roll on the row added to the level without anyone earning it.
    """
    sessions, gain_usd, level = state.sessions_held, state.run_pnl_usd, state.last_level
    if rules.stop_timing == StopTiming.SAME_CLOSE:
        sessions, gain_usd, level = state.sessions_held + 1, run_pnl_usd, market.level
        level -= roll_gap_bps

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
    if state.sessions_held + 1 >= rules.max_holding_sessions:
        return ExitReason.MAX_HOLDING
    return ExitReason.NONE


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
    >>> rules = Rules(10.0, 1.0, 475.0)
    >>> bought, _ = step(INITIAL_STATE, Market(1.0, 100.0, nan, nan, DayStatus.OK), rules)
    >>> _, fill = step(bought, Market(1.0, 98.0, nan, nan, DayStatus.OK), rules)
    >>> fill.spread_pnl_usd
    9500.0
    """
    signal = market.signal
    has_signal = not isnan(signal)
    is_zero = has_signal and abs(signal) < ZERO_SIGNAL
    if rules.entry_comparison == EntryComparison.AT_OR_ABOVE:
        passes_entry = abs(signal) >= rules.entry_threshold
    else:
        passes_entry = abs(signal) > rules.entry_threshold
    target_mm = sign_of(signal)
    if rules.sizing_mode == SizingMode.PROPORTIONAL:
        target_mm = signal
    target_mm = target_mm * rules.position_size_mm
    target_mm = min(max(target_mm, -rules.position_cap_mm), rules.position_cap_mm)

    roll_gap_bps = 0.0
    roll_dv01 = 0.0
    if rules.pnl_model == PnlModel.REPRICED:
        roll_gap_bps = market.cumulative_roll_gap_bps - state.last_cumulative_roll_gap_bps
        roll_dv01 = (
            market.cumulative_roll_dv01_usd_per_bp_per_mm
            - state.last_cumulative_roll_dv01_usd_per_bp_per_mm
        )

    old_mm = state.position_mm
    direction = sign_of(old_mm)
    pnl_usd = row_pnl_usd(state, market, rules)
    run_pnl_usd = state.run_pnl_usd + pnl_usd

    new_mm = old_mm
    reason = ExitReason.NONE
    phase = state.phase
    cooldown_left = state.cooldown_left_sessions
    closed_sign = state.closed_sign

    if phase == Phase.FLAT:
        if has_signal and not is_zero and passes_entry:
            new_mm = target_mm
            phase = Phase.HELD
    elif phase == Phase.HELD:
        is_opposite = has_signal and not is_zero and sign_of(signal) != direction
        reverses = is_opposite and (
            rules.opposite_signal_policy == OppositeSignalPolicy.REVERSE
            or (
                rules.opposite_signal_policy == OppositeSignalPolicy.REVERSE_IF_ENTRY
                and passes_entry
            )
        )
        if rules.exit_basis == ExitBasis.SIGNED:
            exits = has_signal and signal * direction < rules.exit_threshold
        else:
            exits = has_signal and abs(signal) < rules.exit_threshold
        exits = exits or (is_zero and rules.sizing_mode == SizingMode.PROPORTIONAL)
        flattens = not has_signal and rules.missing_signal_policy == MissingSignalPolicy.FLATTEN

        reason = forced_exit(state, market, rules, run_pnl_usd, roll_gap_bps)
        if reason != ExitReason.NONE:
            new_mm = 0.0
            phase = Phase.FLAT
            if rules.cooldown_release != CooldownRelease.NONE:
                phase = Phase.COOLDOWN
                cooldown_left = rules.cooldown_sessions
                closed_sign = direction
        elif reverses:
            reason = ExitReason.REVERSAL
            new_mm = target_mm
        elif exits or flattens:
            reason = ExitReason.SIGNAL if exits else ExitReason.MISSING_SIGNAL
            new_mm = 0.0
            phase = Phase.FLAT
        elif has_signal and not is_opposite and rules.sizing_mode == SizingMode.PROPORTIONAL:
            band_mm = max(rules.rebalance_band_share * rules.position_size_mm, ZERO_SIGNAL)
            if abs(target_mm - old_mm) > band_mm:
                new_mm = target_mm
    else:
        cooldown_left -= 1
        if rules.cooldown_release == CooldownRelease.SESSIONS:
            is_released = cooldown_left == 0
        elif rules.cooldown_release == CooldownRelease.NEXT_SESSION:
            is_released = has_signal
        elif rules.cooldown_release == CooldownRelease.ZERO_SIGNAL:
            is_released = is_zero
        else:
            is_released = is_zero or (has_signal and sign_of(signal) != closed_sign)
        if is_released:
            phase = Phase.FLAT

    if sign_of(new_mm) == direction:  # nothing, or a rebalance, which the ongoing trade pays for
        opening_mm = abs(new_mm - old_mm)
        closing_mm = 0.0
        rolled_mm = min(abs(new_mm), abs(old_mm))
    else:
        opening_mm = abs(new_mm)
        closing_mm = abs(old_mm)
        rolled_mm = 0.0  # closed in the old series, opened in the new one

    trade_number = state.trade_number
    entry_level = state.entry_level + roll_gap_bps
    entry_notional_mm = state.entry_notional_mm
    entry_sd_bps = state.entry_sd_bps
    sessions_held = 0
    if new_mm != 0.0 and sign_of(new_mm) == direction:
        sessions_held = state.sessions_held + 1
    else:
        owns_row_pnl = rules.reversal_pnl_owner == ReversalPnlOwner.NEW_POSITION
        run_pnl_usd = pnl_usd if reason == ExitReason.REVERSAL and owns_row_pnl else 0.0
        if new_mm != 0.0:
            trade_number += 1
            entry_level = market.level
            entry_notional_mm = abs(new_mm)
            entry_sd_bps = market.level_change_sd_bps
            if not entry_sd_bps > 0.0:
                entry_sd_bps = nan  # a zero deviation would put the stop at the entry level

    has_stop = rules.stop_loss < inf or rules.take_profit < inf
    status = market.status
    if (
        status == DayStatus.OK
        and new_mm != 0.0
        and has_stop
        and rules.stop_basis == StopBasis.SIGMA_BPS
        and isnan(entry_sd_bps)
    ):
        status = DayStatus.STOP_NOT_ARMED

    return (
        State(
            phase,
            new_mm,
            sessions_held,
            run_pnl_usd,
            market.level,
            market.mark_usd_per_mm,
            entry_level,
            entry_notional_mm,
            entry_sd_bps,
            trade_number,
            cooldown_left,
            closed_sign,
            market.cumulative_roll_gap_bps,
            market.cumulative_roll_dv01_usd_per_bp_per_mm,
        ),
        Fill(
            reason,
            pnl_usd,
            leg_cost_usd(opening_mm, market.level, market.dv01_usd_per_bp_per_mm, rules),
            leg_cost_usd(closing_mm, market.level, market.held_dv01_usd_per_bp_per_mm, rules),
            rules.roll_cost_bps * roll_dv01 * rolled_mm,
            opening_mm + closing_mm,
            status,
        ),
    )


# ---------------------------------------------------------------------------------------------
# All rows of all runs
# ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BacktestDays:
    """Every day of every run; arrays of shape (n_runs, n_days).

    On a day that is no row (`is_row` False, reason in `status`) floats are NaN and counts 0.
    """

    is_row: np.ndarray  # bool
    status: np.ndarray  # int8, codes of `DayStatus`
    signal: np.ndarray  # as used: lagged; NaN when missing
    direction_sign: np.ndarray  # int8, after the row
    position_notional_mm: np.ndarray  # signed, after the row
    sessions_held: np.ndarray  # int32, 0 on entry, reversal and exit rows
    exit_reason: np.ndarray  # int8, codes of `ExitReason`
    held_trade_number: np.ndarray  # int32, trade held into the row, 0 when flat
    open_trade_number: np.ndarray  # int32, trade held after the row, 0 when flat
    spread_pnl_usd: np.ndarray  # gross, of the trade held into the row
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
    "sessions_held": np.int32,
    "exit_reason": np.int8,
    "held_trade_number": np.int32,
    "open_trade_number": np.int32,
}
_DayArrays = namedtuple("_DayArrays", [field.name for field in fields(BacktestDays)])
_SummaryArrays = namedtuple("_SummaryArrays", [field.name for field in fields(RunSummaries)])
_Series = namedtuple(
    "_Series",
    "signal signal_has_row level level_change_sd_bps mark_usd_per_mm dv01_usd_per_bp_per_mm"
    " held_dv01_usd_per_bp_per_mm cumulative_roll_gap_bps cumulative_roll_dv01_usd_per_bp_per_mm",
)


@njit
def counts_for_lag(series, s, k, day, rules):
    """Return whether a day is one of the rows over which the signal is lagged."""
    if rules.lag_basis == LagBasis.SIGNAL_ROWS:
        return series.signal_has_row[s, day]
    return not isnan(series.level[k, day])


@njit
def _simulate_runs(series, signal_index, level_index, records, keeps_days, days, summaries):
    """Fold `step` over the days of every run; write day rows only when asked to."""
    day_count = series.level.shape[1]
    for run in range(len(records)):
        rules = records[run]
        s = signal_index[run]
        k = level_index[run]
        state = INITIAL_STATE
        lagged_day = -1  # whose signal is used; follows `day`, lag rows behind
        lag_row_count = 0
        cumulative = 0.0
        peak = 0.0
        mean = 0.0
        squares = 0.0
        trade_net = 0.0
        held_sum = 0
        for day in range(day_count):
            raw_signal = nan
            if counts_for_lag(series, s, k, day, rules):
                lag_row_count += 1
                if lag_row_count > rules.signal_lag_sessions:
                    lagged_day += 1
                    while not counts_for_lag(series, s, k, lagged_day, rules):
                        lagged_day += 1
                    raw_signal = series.signal[s, lagged_day]
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
            held_trade = state.trade_number if state.position_mm != 0.0 else 0
            held_before = state.sessions_held
            state, fill = step(state, market, rules)
            cost = fill.opening_cost_usd + fill.closing_cost_usd + fill.roll_cost_usd
            net = fill.spread_pnl_usd - cost
            cumulative += net

            summaries.row_count[run] += 1
            summaries.total_gross_pnl_usd[run] += fill.spread_pnl_usd
            summaries.total_cost_usd[run] += cost
            summaries.traded_notional_mm[run] += fill.traded_notional_mm
            deviation = net - mean  # Welford's update: stable for a small mean and a large spread
            mean += deviation / summaries.row_count[run]
            squares += deviation * (net - mean)
            peak = max(peak, cumulative)
            summaries.max_drawdown_usd[run] = min(
                summaries.max_drawdown_usd[run], cumulative - peak
            )
            trade_net += fill.spread_pnl_usd - fill.closing_cost_usd - fill.roll_cost_usd
            if fill.exit_reason != ExitReason.NONE:
                summaries.exit_count[run, fill.exit_reason] += 1
                summaries.winning_trade_count[run] += trade_net > 0.0
                held_sum += held_before + 1
                trade_net = 0.0
            trade_net -= fill.opening_cost_usd

            if keeps_days:
                days.status[run, day] = fill.status
                days.signal[run, day] = signal
                days.direction_sign[run, day] = int(sign_of(state.position_mm))
                days.position_notional_mm[run, day] = state.position_mm
                days.sessions_held[run, day] = state.sessions_held
                days.exit_reason[run, day] = fill.exit_reason
                days.held_trade_number[run, day] = held_trade
                if state.position_mm != 0.0:
                    days.open_trade_number[run, day] = state.trade_number
                days.spread_pnl_usd[run, day] = fill.spread_pnl_usd
                days.opening_cost_usd[run, day] = fill.opening_cost_usd
                days.closing_cost_usd[run, day] = fill.closing_cost_usd
                days.roll_cost_usd[run, day] = fill.roll_cost_usd
                days.cost_usd[run, day] = cost
                days.net_pnl_usd[run, day] = net
                days.cumulative_pnl_usd[run, day] = cumulative

        closed_count = summaries.exit_count[run].sum()
        summaries.total_net_pnl_usd[run] = cumulative
        summaries.trade_count[run] = state.trade_number
        summaries.closed_trade_count[run] = closed_count
        summaries.reversal_count[run] = summaries.exit_count[run, ExitReason.REVERSAL]
        if summaries.row_count[run] > 0:
            summaries.mean_net_pnl_usd[run] = mean
        if summaries.row_count[run] > 1:
            summaries.sd_net_pnl_usd[run] = sqrt(squares / (summaries.row_count[run] - 1))
        if closed_count > 0:
            summaries.mean_holding_sessions[run] = held_sum / closed_count


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


def _run_all(
    signal, level, rules, signal_index, level_index, signal_has_row, level_change_sd_bps,
    mark_usd_per_mm, dv01_usd_per_bp_per_mm, held_dv01_usd_per_bp_per_mm,
    cumulative_roll_gap_bps, cumulative_roll_dv01_usd_per_bp_per_mm, keeps_days,
):  # fmt: skip
    """Check the call, allocate the results and run the compiled driver."""
    run_count = len(rules)
    level = _table("level", level, None)
    signal = _table("signal", signal, None)
    if signal.shape[1] != level.shape[1]:
        raise ValueError(
            f"signal must have one column per day of level ({level.shape[1]}); shape was"
            f" {signal.shape}"
        )
    signal_index = _series_index("signal_index", signal_index, run_count, signal.shape[0])
    level_index = _series_index("level_index", level_index, run_count, level.shape[0])
    if signal_has_row is None:
        has_row = np.ones(signal.shape, dtype=np.bool_)
    else:
        has_row = np.require(signal_has_row, np.bool_, ["C", "W"])
        if has_row.shape != signal.shape:
            raise ValueError(
                f"signal_has_row must be of shape {signal.shape}; shape was {has_row.shape}"
            )
    records = rules.records
    for name, values, is_used in (
        ("level_change_sd_bps", level_change_sd_bps, records.stop_basis == StopBasis.SIGMA_BPS),
        ("mark_usd_per_mm", mark_usd_per_mm, records.pnl_model == PnlModel.REPRICED),
    ):
        if values is None and is_used.any():
            raise ValueError(
                f"{name} must be given; run {int(np.argmax(is_used))} uses it, was None"
            )
    price_series = level_index[records.quote_kind == QuoteKind.PRICE]
    must_be_positive = np.isin(np.arange(level.shape[0]), price_series)[:, None]
    for rule, is_wrong in (
        ("finite, or NaN for no session", np.isinf(level)),
        ("> 0 for price quotes", must_be_positive & (level <= 0)),
    ):
        if is_wrong.any():
            series, day = np.unravel_index(np.argmax(is_wrong), level.shape)
            raise ValueError(
                f"level must be {rule}; series {series}, day {day} was {level[series, day]}"
            )
    series = _Series(
        signal,
        has_row,
        level,
        _table("level_change_sd_bps", level_change_sd_bps, level.shape),
        _table("mark_usd_per_mm", mark_usd_per_mm, level.shape),
        _table("dv01_usd_per_bp_per_mm", dv01_usd_per_bp_per_mm, level.shape),
        _table("held_dv01_usd_per_bp_per_mm", held_dv01_usd_per_bp_per_mm, level.shape),
        _table("cumulative_roll_gap_bps", cumulative_roll_gap_bps, level.shape, 0.0),
        _table(
            "cumulative_roll_dv01_usd_per_bp_per_mm",
            cumulative_roll_dv01_usd_per_bp_per_mm,
            level.shape,
            0.0,
        ),
    )

    shape = (run_count, level.shape[1]) if keeps_days else (0, 0)
    days = _DayArrays(
        *(
            np.zeros(shape, _DAY_TYPES[name]) if name in _DAY_TYPES else np.full(shape, nan)
            for name in _DayArrays._fields
        )
    )
    counts = [name for name in _SummaryArrays._fields if name.endswith("_count")]
    undefined = ("mean_net_pnl_usd", "sd_net_pnl_usd", "mean_holding_sessions")
    summaries = _SummaryArrays(
        *(
            np.zeros((run_count, len(ExitReason)), np.int64)
            if name == "exit_count"
            else np.zeros(run_count, np.int64)
            if name in counts
            else np.full(run_count, nan if name in undefined else 0.0)
            for name in _SummaryArrays._fields
        )
    )
    _simulate_runs(series, signal_index, level_index, records, keeps_days, days, summaries)
    return days, summaries


def simulate(
    signal: np.ndarray,
    level: np.ndarray,
    rules: RuleTable,
    *,
    signal_index: np.ndarray | None = None,
    level_index: np.ndarray | None = None,
    signal_has_row: np.ndarray | None = None,
    level_change_sd_bps: np.ndarray | None = None,
    mark_usd_per_mm: np.ndarray | None = None,
    dv01_usd_per_bp_per_mm: np.ndarray | None = None,
    held_dv01_usd_per_bp_per_mm: np.ndarray | None = None,
    cumulative_roll_gap_bps: np.ndarray | None = None,
    cumulative_roll_dv01_usd_per_bp_per_mm: np.ndarray | None = None,
) -> BacktestDays:
    """Return every day of every run.

    All series share one calendar, one column per day. Memory: about 90 bytes per run and day; use
    `simulate_summaries` for large sweeps.

    Parameters
    ----------
    signal : float array, shape (n_signals, n_days)
        Unlagged scores; positive favours long credit risk. NaN is a missing signal.
    level : float array, shape (n_levels, n_days)
        Spreads in basis points or prices (> 0). NaN: the instrument has no session that day.
    rules : RuleTable
        One record per run.
    signal_index, level_index : int array, shape (n_runs,), optional
        The series each run reads; may be left out when there is one series.
    signal_has_row : bool array, shape (n_signals, n_days), optional
        Days on which the signal series has a row, for `lag_basis='signal_rows'`; default all.
    level_change_sd_bps : float array, shape (n_levels, n_days), optional
        Standard deviation of daily level changes known at that close, for `stop_basis=
        'sigma_bps'`. A position entered where it is not > 0 runs without stop: status
        `STOP_NOT_ARMED`.
    mark_usd_per_mm : float array, shape (n_levels, n_days), optional
        Cumulative value of $1MM of protection sold, coupons and rolls included, for `pnl_model=
        'repriced'`; P&L is its change. A day without a mark is no row: status `NO_MARK`.
    dv01_usd_per_bp_per_mm, held_dv01_usd_per_bp_per_mm : float arrays, (n_levels, n_days), optional
        DV01 of the series quoted on the day and of the one held into it: repriced runs open at
        the first and close at the second when `cost_unit='spread_bps'`. NaN: the rules' constant.
    cumulative_roll_gap_bps : float array, shape (n_levels, n_days), optional
        Sum of the gaps between new and old series so far; repriced runs move their entry level by
        its change, so that no stop in basis points sees a roll.
    cumulative_roll_dv01_usd_per_bp_per_mm : float array, shape (n_levels, n_days), optional
        Sum over the rolls so far of the mean DV01 of old and new series; a repriced run pays its
        change times `roll_cost_bps` on the notional that it carries over.

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
    ...      "signal_lag_sessions": 0}])
    >>> days = simulate(np.array([[-1.0, -1.0]]), np.array([[100.0, 105.0]]), rules)
    >>> days.cumulative_pnl_usd[0].tolist()
    [0.0, 23750.0]
    """
    days, _ = _run_all(
        signal, level, rules, signal_index, level_index, signal_has_row, level_change_sd_bps,
        mark_usd_per_mm, dv01_usd_per_bp_per_mm, held_dv01_usd_per_bp_per_mm,
        cumulative_roll_gap_bps, cumulative_roll_dv01_usd_per_bp_per_mm, True,
    )  # fmt: skip
    return BacktestDays(*days)


def simulate_summaries(
    signal: np.ndarray,
    level: np.ndarray,
    rules: RuleTable,
    *,
    signal_index: np.ndarray | None = None,
    level_index: np.ndarray | None = None,
    signal_has_row: np.ndarray | None = None,
    level_change_sd_bps: np.ndarray | None = None,
    mark_usd_per_mm: np.ndarray | None = None,
    dv01_usd_per_bp_per_mm: np.ndarray | None = None,
    held_dv01_usd_per_bp_per_mm: np.ndarray | None = None,
    cumulative_roll_gap_bps: np.ndarray | None = None,
    cumulative_roll_dv01_usd_per_bp_per_mm: np.ndarray | None = None,
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
    ...      "signal_lag_sessions": 0}])
    >>> summary = simulate_summaries(np.array([[1.0, 1.0]]), np.array([[100.0, 103.0]]), rules)
    >>> float(summary.total_net_pnl_usd[0])
    -19000.0
    """
    _, summaries = _run_all(
        signal, level, rules, signal_index, level_index, signal_has_row, level_change_sd_bps,
        mark_usd_per_mm, dv01_usd_per_bp_per_mm, held_dv01_usd_per_bp_per_mm,
        cumulative_roll_gap_bps, cumulative_roll_dv01_usd_per_bp_per_mm, False,
    )  # fmt: skip
    return RunSummaries(*summaries)
