"""The rules of a backtest run, checked and turned into one record per run.

Whatever desks and older systems do differently is an option here, never a constant in the engine.
The first member of every enum is the desk's standard, and what an empty catalog field means.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import inf, isnan, nan
from typing import Any, NamedTuple

import numpy as np

from parspread.compiled import inlined

ZERO_SIGNAL = 1e-9  # smaller signals count as zero, smaller trades (MM) are ignored
NEVER = 2**62  # sessions; stands for "no maximum holding period"


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

    REPRICED = 0  # change of `mark_usd_per_mm`
    CONSTANT_DV01 = 1  # level change * DV01; price quotes: relative change * notional
    ENTRY_SPREAD_CUMULATED = 2  # change since entry, booked again every day


class Rules(NamedTuple):
    """The rules of one run. What each means, its bounds and its default: `strategies.yml`."""

    position_size_mm: float
    transaction_cost: float
    dv01_usd_per_bp_per_mm: float
    sizing_mode: SizingMode
    position_cap_mm: float
    rebalance_band_share: float
    entry_threshold: float
    entry_comparison: EntryComparison
    exit_threshold: float
    exit_basis: ExitBasis
    opposite_signal_policy: OppositeSignalPolicy
    stop_loss: float
    take_profit: float
    stop_basis: StopBasis
    stop_timing: StopTiming
    max_holding_sessions: int
    cooldown_release: CooldownRelease
    cooldown_sessions: int
    reversal_pnl_owner: ReversalPnlOwner
    signal_lag_sessions: int
    lag_basis: LagBasis
    missing_signal_policy: MissingSignalPolicy
    infinite_signal_policy: InfiniteSignalPolicy
    quote_kind: QuoteKind
    cost_unit: CostUnit
    pnl_model: PnlModel
    roll_cost_bps: float
    fee_usd_per_mm: float
    impact_ratio: float
    average_daily_volume_mm: float
    stressed_vix_pts: float
    stressed_cost_ratio: float
    start_offset_sessions: int  # sessions with a signal before the first that is traded


@inlined
def rules_of(record):
    """Return the rules of a run as local values, which the loop over its rows keeps at hand."""
    return Rules(
        record.position_size_mm,
        record.transaction_cost,
        record.dv01_usd_per_bp_per_mm,
        record.sizing_mode,
        record.position_cap_mm,
        record.rebalance_band_share,
        record.entry_threshold,
        record.entry_comparison,
        record.exit_threshold,
        record.exit_basis,
        record.opposite_signal_policy,
        record.stop_loss,
        record.take_profit,
        record.stop_basis,
        record.stop_timing,
        record.max_holding_sessions,
        record.cooldown_release,
        record.cooldown_sessions,
        record.reversal_pnl_owner,
        record.signal_lag_sessions,
        record.lag_basis,
        record.missing_signal_policy,
        record.infinite_signal_policy,
        record.quote_kind,
        record.cost_unit,
        record.pnl_model,
        record.roll_cost_bps,
        record.fee_usd_per_mm,
        record.impact_ratio,
        record.average_daily_volume_mm,
        record.stressed_vix_pts,
        record.stressed_cost_ratio,
        record.start_offset_sessions,
    )


# What a null number means: no such limit, no such cost. A null option is its first word.
_NULL_NUMBERS = {
    "dv01_usd_per_bp_per_mm": nan,
    "position_cap_mm": inf,
    "rebalance_band_share": 0.0,
    "entry_threshold": ZERO_SIGNAL,
    "exit_threshold": ZERO_SIGNAL,
    "stop_loss": inf,
    "take_profit": inf,
    "max_holding_sessions": NEVER,
    "cooldown_sessions": 1,
    "roll_cost_bps": 0.0,
    "fee_usd_per_mm": 0.0,
    "impact_ratio": 0.0,
    "average_daily_volume_mm": inf,
    "stressed_vix_pts": inf,
    "stressed_cost_ratio": 1.0,
    "start_offset_sessions": 0,
}

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
    "fee_usd_per_mm": (lambda x: np.isfinite(x) & (x >= 0), "a finite number >= 0"),
    "impact_ratio": (lambda x: np.isfinite(x) & (x >= 0), "a finite number >= 0"),
    "average_daily_volume_mm": (lambda x: x > 0, "null or > 0"),
    "stressed_vix_pts": (lambda x: x > 0, "null or > 0"),
    "stressed_cost_ratio": (lambda x: np.isfinite(x) & (x >= 0), "null or a finite number >= 0"),
    "start_offset_sessions": (lambda x: _is_count(x, 0), "an integer >= 0"),
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
            its code; None, NaN or no key takes the first word. A null number means no limit and
            no cost. Size, cost and lag must be given.

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
        >>> run = {"position_size_mm": 10, "transaction_cost": 1, "signal_lag_sessions": 1,
        ...        "dv01_usd_per_bp_per_mm": 475}
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
        ...      "dv01_usd_per_bp_per_mm": [475.0], "signal_lag_sessions": [1],
        ...      "stop_loss": [None]}, run_count=1)
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
            null = 0 if name in _ENUMS else _NULL_NUMBERS.get(name)
            filled = [null if _is_null(value) else value for value in values]
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
        | (table.impact_ratio > 0)
    )
    has_exit_above_entry = (
        (table.exit_threshold > table.entry_threshold)
        & (table.entry_threshold != ZERO_SIGNAL)  # no entry threshold to exceed
    )
    in_bps = np.isin(table.stop_basis, (StopBasis.SPREAD_BPS, StopBasis.SIGMA_BPS))
    cumulates = table.pnl_model == PnlModel.ENTRY_SPREAD_CUMULATED
    for name, rule, broken in (
        ("dv01_usd_per_bp_per_mm", "given for spread quotes, spread-bps costs and impact",
         needs_dv01 & np.isnan(table.dv01_usd_per_bp_per_mm)),
        ("exit_threshold", "at most entry_threshold", has_exit_above_entry),
        ("stop_basis", "in USD or percent for price quotes", is_price & in_bps),
        ("pnl_model", "constant_dv01 or repriced for price quotes", is_price & cumulates),
        ("impact_ratio", "null for price quotes and without average_daily_volume_mm",
         (table.impact_ratio > 0) & (is_price | np.isinf(table.average_daily_volume_mm))),
    ):  # fmt: skip
        if broken.any():
            run = int(np.argmax(broken))
            value = table[name][run]
            shown = _ENUMS[name](value).name.lower() if name in _ENUMS else f"{value:g}"
            raise ValueError(f"{name} must be {rule}; run {run} was {shown}")
