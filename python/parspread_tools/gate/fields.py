"""One row of a catalog: its words, its numbers, and columns that contradict each other."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from parspread_tools.gate.books import check_size
from parspread_tools.gate.codes import Row, unknown

# Lowest and highest number that a unit, the ending of the column's name, allows at all; the first
# that fits. A column may be tighter. Beyond them sums overflow, or nobody means it.
UNIT_LIMITS = {
    "_usd_per_bp_per_mm": (0, 1e5),
    "_usd_per_bp": (0, 1e9),
    "_usd": (0, 1e12),
    "_value": (0, 1e12),
    "_mm": (0, 1e6),
    "_bps": (0, 1e5),
    "_pct": (0, 1e4),
    "_sigma": (0, 1e3),
    "_threshold": (0, 1e3),
    "_z": (-1e3, 1e3),
    "_ratio": (-1e3, 1e3),
    "_share": (0, 1),
    "_sessions": (0, 1e4),
    "_months_count": (1, 600),
    "_years": (1 / 366, 100),
    "_number": (1, 1e3),
    "_sign": (-1, 1),
}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ORDERED_COLUMNS = (  # the first is never above the second
    ("floor_z", "cap_z"),
    ("neutral_low_z", "neutral_high_z"),
    ("plausible_min_bps", "plausible_max_bps"),
    ("score_min_sessions", "score_window_sessions"),
    ("indicator_min_sessions", "indicator_lookback_sessions"),
    ("rescale_min_sessions", "rescale_window_sessions"),
    ("exit_threshold", "entry_threshold"),
)


@dataclass(frozen=True)
class Column:
    """What the properties file of a seed declares about one column."""

    data_type: str
    words: tuple[str, ...] = ()
    is_required: bool = False
    is_swept: bool = True
    above: float | None = None  # exclusive lower bound
    at_least: float | None = None  # inclusive lower bound
    at_most: float | None = None  # inclusive upper bound, tighter than that of the unit
    default: float | None = None  # of an empty number; that of a word is the first one


@dataclass(frozen=True)
class Seed:
    """The columns of a catalog and those that identify a row."""

    columns: Mapping[str, Column]
    key: tuple[str, ...]


def check_fields(row: Row, columns: Mapping[str, Column]) -> list[str]:
    """Return the unknown words, the numbers out of bounds and the contradictions of one row."""
    errors = [
        unknown(name, row[name], column.words)
        for name, column in columns.items()
        if column.words and row[name] and row[name] not in column.words
    ]
    for name, column in columns.items():
        if column.data_type in ("double", "integer") and not column.words and row[name]:
            errors += _check_number(name, column, row[name])
        if column.data_type == "boolean" and row[name] not in ("", "true", "false"):
            errors.append(unknown(name, row[name], ("true", "false")))
        if column.data_type == "date" and row[name] and not _is_day(row[name]):
            errors.append(f"{name} must be a date such as 2020-01-31; it was {row[name][:60]}")
    # A number out of bounds would break the order of a pair too, which is the same mistake.
    return errors or _check_pairs(row)


def _check_number(name: str, column: Column, text: str) -> list[str]:
    """Return what keeps a numeric field from being a number within its bound."""
    is_integer = column.data_type == "integer"
    rule = "a whole number" if is_integer else "a number"
    if column.above is not None:
        rule += f" above {column.above:g}"
    if column.at_least is not None:
        rule += f" of at least {column.at_least:g}"
    number = number_of(text)
    is_legal = (
        number is not None
        and (not is_integer or number.is_integer())
        and (column.above is None or number > column.above)
        and (column.at_least is None or number >= column.at_least)
    )
    if not is_legal:
        return [f"{name} must be {rule}; it was {text[:60]}"]
    low, high = limits(name, column)
    if number > high:
        return [f"{name} must be {rule} and at most {high:,.10g}; it was {text[:60]}"]
    if number < low:
        return [f"{name} must be {rule} and at least {low:,.10g}; it was {text[:60]}"]
    return []


def limits(name: str, column: Column) -> tuple[float, float]:
    """Return the lowest and the highest number that a field may have."""
    low, high = next(
        (bounds for unit, bounds in UNIT_LIMITS.items() if name.endswith(unit)), (-1e6, 1e6)
    )
    return low, high if column.at_most is None else min(high, column.at_most)


def _check_pairs(row: Row) -> list[str]:
    """Return the mistakes that show between columns of one row."""
    errors = []
    for low, high in ORDERED_COLUMNS:
        lower, upper = number_of(row.get(low, "")), number_of(row.get(high, ""))
        if lower is not None and upper is not None and lower > upper:
            errors.append(f"{low} must not be above {high}; it was {lower:g} against {upper:g}")
    if number_of(row.get("scaling_ratio", "")) == 0:
        errors.append(f"scaling_ratio must not be 0; it was {row['scaling_ratio']}")
    for name, needed in (
        ("stressed_vix_pts", "stressed_cost_ratio"),
        ("stressed_cost_ratio", "stressed_vix_pts"),
        ("impact_ratio", "average_daily_volume_mm"),
    ):
        if row.get(name) and not row[needed]:
            errors.append(f"{needed} must be given with {name}; it was empty; give both or neither")
    if row.get("level") == "roll_adjusted" and row["score"] in ("percent_change", "log_return"):
        # Only differences of adjusted levels mean anything; a level may be below zero.
        errors.append(f"level must be quoted where score is {row['score']}; it was roll_adjusted")
    return [*errors, *check_size(row)]


def _is_day(text: str) -> bool:
    """Return whether a text is an ISO date that exists."""
    try:
        return len(text) == 10 and datetime.date.fromisoformat(text).year >= 1900
    except ValueError:
        return False


def number_of(text: str) -> float | None:
    """Return `text` as a finite number, or None."""
    # float() also reads 1_000 and digits of other scripts, which the engine does not.
    number = float(text) if NUMBER.fullmatch(text.strip()) else math.nan
    return number if math.isfinite(number) else None
