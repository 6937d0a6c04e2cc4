"""Check the catalogs that users edit, before the build reads them.

Every message names the file, the row, the column, the value, and the rule that it breaks.
"""

from __future__ import annotations

import csv
import datetime
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from parspread_tools.gate.books import check_books, check_size
from parspread_tools.gate.codes import (
    NumberedRows,
    Row,
    check_instruments,
    check_meanings,
    check_spellings,
    unknown,
)

# In C where the package has it: ten times as fast, same result.
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CHECKED = (
    "instruments", "index_rules", "index_series_overrides", "known_credit_events", "signals",
    "composites", "strategies", "sweeps", "stresses", "rating_groups", "analysis_periods",
    "cds_tenors", "cds_doc_clauses", "cds_tiers", "loss_bounds", "accepted_losses",
    "package_terms", "strategy_legs", "strategy_families", "portfolios", "limits",
    "verdict_bars", "sub_periods",
)  # fmt: skip
# Of these a build without any row has no results, or no bounds.
NEVER_EMPTY = (
    "instruments", "index_rules", "rating_groups", "analysis_periods", "cds_tenors",
    "cds_doc_clauses", "cds_tiers", "loss_bounds", "package_terms",
)  # fmt: skip
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
CURED = re.compile(r"; (add or|correct|disable|remove|restore|save) [^;]*$")
WEIGHT_SUM_TOLERANCE_RATIO = 0.01
ORDERED_COLUMNS = (  # the first is never above the second
    ("floor_z", "cap_z"),
    ("neutral_low_z", "neutral_high_z"),
    ("plausible_min_bps", "plausible_max_bps"),
    ("score_min_sessions", "score_window_sessions"),
    ("indicator_min_sessions", "indicator_lookback_sessions"),
    ("rescale_min_sessions", "rescale_window_sessions"),
    ("exit_threshold", "entry_threshold"),
)
MAX_POINT_COUNT = 100_000  # of all enabled sweeps; every point is a run

Grid = dict[str, list[str]]  # values of each swept rule


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


def declared(folder: Path) -> dict[str, Seed]:
    """Return every seed that the properties files of `folder` declare."""
    seeds = {}
    for path in sorted(folder.glob("*.yml")):
        for seed in yaml.load(path.read_text(encoding="utf-8"), Loader=YAML_LOADER)["seeds"]:
            columns = {
                column["name"]: Column(
                    column["data_type"], **column.get("config", {}).get("meta", {})
                )
                for column in seed["columns"]
            }
            seeds[seed["name"]] = Seed(columns, tuple(seed["config"]["meta"]["grain"]))
    return seeds


def check(folder: Path) -> list[str]:
    """Return one message per mistake in the catalogs of `folder`; an empty list means good."""
    return [e if CURED.search(e) else f"{e}; correct it" for e in _mistakes(folder)]


def _mistakes(folder: Path) -> list[str]:
    """Return one message per mistake; those without a cure of their own are to be corrected."""
    errors: list[str] = []
    tables: dict[str, NumberedRows] = {}
    try:
        seeds = declared(folder)
        missing = [name for name in CHECKED if name not in seeds]
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as problem:
        said = " ".join(str(problem).split())[:200]
        return [f"{folder}: the properties (*.yml) must be readable; {said}; restore them"]
    if missing:
        return [f"{folder}: the properties (*.yml) must declare {', '.join(missing)}; restore them"]
    for name in CHECKED:
        path = folder / f"{name}.csv"
        if not path.is_file():
            errors.append(f"catalog {path} must exist; it was not found; restore it")
            continue
        try:
            with path.open(newline="", encoding="utf-8-sig") as lines:
                reader = csv.DictReader(lines)
                header = list(reader.fieldnames or [])
                tables[name] = [(reader.line_num, row) for row in reader]
        except (UnicodeDecodeError, csv.Error) as problem:
            errors.append(f"{name}.csv must be comma-separated UTF-8 text; {problem}; save it so")
            continue
        errors += _check_header(name, header, list(seeds[name].columns))
    if errors:
        return errors
    for name, rows in tables.items():
        errors += _check_rows(name, rows, seeds[name])
        errors += check_spellings(name, rows, seeds[name].key)
        if name in NEVER_EMPTY and not rows:
            errors.append(
                f"{name}.csv: must hold at least one row; it has a header only; restore it"
            )
    # Later checks rely on earlier ones, and would report the same mistake in other words.
    errors = errors or _check_references(tables) + _check_families(tables)
    errors = errors or _check_composites([row for _, row in tables["composites"]])
    errors = errors or check_instruments(tables["instruments"]) + check_meanings(tables)
    errors = errors or check_books(tables)
    errors = errors or _check_bounds(
        tables["loss_bounds"], seeds["loss_bounds"].columns["check_code"]
    )
    return errors or _check_sweeps(tables, seeds["strategies"].columns)


def _check_header(name: str, header: list[str], columns: list[str]) -> list[str]:
    """Return what keeps the header from naming each column once."""
    place = f"{name}.csv line 1"
    strange = [
        f"{place}: {unknown('a column', column, columns)}"
        for column in header
        if column not in columns
    ]
    # A misspelt column is also a missing one; one message says both.
    return strange or [
        f"{place}: column {column} must be there once; it was there {header.count(column)} times"
        for column in columns
        if header.count(column) != 1
    ]


def _check_rows(name: str, rows: NumberedRows, seed: Seed) -> list[str]:
    """Return the mistakes that show within one catalog: words, numbers, keys."""
    errors = []
    seen: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        place = f"{name}.csv line {line}"
        if None in row or None in row.values():
            fields = [value for column, value in row.items() if column and value is not None]
            field_count = len(fields) + len(row.get(None, []))
            errors.append(
                f"{place}: a row must have the {len(seed.columns)} fields of the header; it has "
                f"{field_count}; add or remove commas, and quote a text that holds one"
            )
            continue
        for column in sorted(seed.columns):
            if seed.columns[column].is_required and not row[column].strip():
                errors.append(f"{place}: {column} must be given; it was empty")
        errors += [f"{place}: {message}" for message in _check_fields(row, seed.columns)]
        key = tuple(row[column] for column in seed.key)
        if key in seen:
            errors.append(
                f"{place}: {' and '.join(seed.key)} must be unique; "
                f"{' '.join(key)} is also on line {seen[key]}"
            )
        seen.setdefault(key, line)
    return errors


def _check_bounds(rows: NumberedRows, checks: Column) -> list[str]:
    """Return the checks of losses that have no bound for every file and reason."""
    bounded = {row["check_code"] for _, row in rows if row["source_name"] == row["reason"] == "*"}
    return [
        f"loss_bounds.csv: {check} must have a bound for source_name * and reason *; without it "
        "nothing of that kind is a loss; add or restore it"
        for check in sorted(set(checks.words) - bounded - {"rows_withheld"})
    ]


def _check_fields(row: Row, columns: Mapping[str, Column]) -> list[str]:
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
    number = _number(text)
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
        lower, upper = _number(row.get(low, "")), _number(row.get(high, ""))
        if lower is not None and upper is not None and lower > upper:
            errors.append(f"{low} must not be above {high}; it was {lower:g} against {upper:g}")
    if _number(row.get("scaling_ratio", "")) == 0:
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


def _check_references(tables: dict[str, NumberedRows]) -> list[str]:
    """Return the codes that name nothing in the catalog they point to."""
    instruments = {row["instrument_code"] for _, row in tables["instruments"]}
    signals = {row["signal_code"] for _, row in tables["signals"]}
    enabled = {row["signal_code"] for _, row in tables["signals"] if row["is_enabled"] == "true"}
    composites = {row["composite_code"] for _, row in tables["composites"]}
    errors = [
        f"composites.csv: composite_code {code} must not be the name of a signal too"
        for code in sorted(composites & signals)
    ]
    indices = {row["index_code"] for _, row in tables["index_rules"]}
    for name in ("instruments", "index_series_overrides", "known_credit_events"):
        for line, row in tables[name]:
            if row["index_code"] not in indices:
                message = unknown("index_code", row["index_code"], indices)
                errors.append(f"{name}.csv line {line}: {message}")
    for line, row in tables["composites"]:
        if row["signal_code"] not in enabled:
            message = unknown("signal_code", row["signal_code"], enabled)
            errors.append(f"composites.csv line {line}: {message}")
        if row["instrument_code"] not in instruments:
            message = unknown("instrument_code", row["instrument_code"], instruments)
            errors.append(f"composites.csv line {line}: {message}")
    for line, row in tables["strategies"]:
        if row["signal_code"] not in enabled | composites:
            message = unknown("signal_code", row["signal_code"], enabled | composites)
            errors.append(f"strategies.csv line {line}: {message}")
        if row["instrument_code"] not in instruments:
            message = unknown("instrument_code", row["instrument_code"], instruments)
            errors.append(f"strategies.csv line {line}: {message}")
    return errors


def _check_families(tables: dict[str, NumberedRows]) -> list[str]:
    """Return the members of families that are no strategy, enabled or not."""
    known = {row["strategy_code"] for _, row in tables["strategies"]}
    return [
        f"strategy_families.csv line {line}: {unknown('strategy_code', code, known)}"
        for line, code in ((n, row["strategy_code"]) for n, row in tables["strategy_families"])
        if code not in known
    ]


def _check_composites(rows: list[Row]) -> list[str]:
    """Return composites whose weights do not sum to 1 or whose rows contradict each other."""
    errors = []
    for code, regime in dict.fromkeys((row["composite_code"], row["regime"]) for row in rows):
        own = [row for row in rows if row["composite_code"] == code]
        members = [row for row in own if row["regime"] == regime]
        if not any(row["regime"] == "any" for row in own):
            errors.append(f"composites.csv: {code} must have weights for regime any; it has none")
        weights = [_number(row["weight_ratio"]) for row in members]
        if any(weight is None for weight in weights):
            errors.append(f"composites.csv: every weight_ratio of {code} must be a number")
        elif abs(sum(weights) - 1) > WEIGHT_SUM_TOLERANCE_RATIO:
            errors.append(
                f"composites.csv: the weights of {code} must sum to 1; they sum to {sum(weights):g}"
            )
        for column in ("instrument_code", "missing_policy", "rescale_window_sessions"):
            if len({row[column] for row in own}) > 1:
                errors.append(f"composites.csv: all rows of {code} must have the same {column}")
    return list(dict.fromkeys(errors))


def _check_sweeps(tables: dict[str, NumberedRows], columns: Mapping[str, Column]) -> list[str]:
    """Return rules that no strategy has, and points of a grid that would be faulty strategies."""
    strategies = {row["strategy_code"]: row for _, row in tables["strategies"]}
    enabled = {code for code, row in strategies.items() if row["is_enabled"] == "true"}
    swept = {name for name, column in columns.items() if column.is_swept}
    errors = [
        f"sweeps.csv line {line}: {message}"
        for line, row in tables["sweeps"]
        for message in _check_sweep_row(row, enabled, swept)
    ]
    if errors:
        return errors
    grids = _grids(tables["sweeps"])
    point_count = sum(math.prod(map(len, grid.values())) for grid in grids.values())
    if point_count > MAX_POINT_COUNT:
        return [
            f"sweeps.csv: the enabled sweeps must have at most {MAX_POINT_COUNT:,} points together;"
            f" they have {point_count:,}"
        ]
    first_point: dict[str, str] = {}  # that makes a mistake
    for (sweep, code), grid in grids.items():
        for rules in _telling_points(grid):
            for message in _check_fields(strategies[code] | rules, columns):
                first_point.setdefault(message, f"{sweep}[{_point_name(rules)}]")
    errors = [f"sweeps.csv: {name}: {message}" for message, name in first_point.items()]
    errors += _check_point_names(grids, strategies)
    rows = [
        (number, strategies[code] | {"signal_code": signal})
        for (_, code), grid in grids.items()
        for number, signal in enumerate(grid.get("signal_code", []))
    ]
    strange = _check_references(tables | {"strategies": rows})
    return errors or [error.replace("strategies.csv line", "sweeps.csv point") for error in strange]


def _check_sweep_row(row: Row, enabled: set[str], swept: set[str]) -> list[str]:
    """Return what keeps a row of a sweep from spanning one axis of its grid."""
    errors = []
    if row["strategy_code"] not in enabled:
        errors.append(unknown("strategy_code", row["strategy_code"], enabled))
    if row["parameter"] not in swept:
        errors.append(unknown("parameter", row["parameter"], swept))
    values = _values(row)
    meant = {value if _number(value) is None else _number(value) for value in values}
    if len(meant) < len(values) or any(set(value) & set(",=[]") for value in values):
        errors.append(
            "parameter_values must be different values without , = [ ], separated by semicolons; "
            f"it was {row['parameter_values']}"
        )
    if "" in values:
        errors.append(
            f"parameter_values must not hold an empty value; it was {row['parameter_values']}; "
            "what a strategy does without the rule is its own run"
        )
    return errors


def _values(row: Row) -> list[str]:
    return [value.strip() for value in row["parameter_values"].split(";")]


def _grids(sweeps: NumberedRows) -> dict[tuple[str, str], Grid]:
    """Return the values of each rule of the enabled sweeps, by sweep and strategy."""
    grids: dict[tuple[str, str], Grid] = {}
    for _, row in sweeps:
        if row["is_enabled"] == "true":
            grid = grids.setdefault((row["sweep_code"], row["strategy_code"]), {})
            grid[row["parameter"]] = _values(row)
    return grids


def _telling_points(grid: Grid) -> Iterator[dict[str, str]]:
    """Return points that have every mistake that a point of the grid has.

    Each value beside the first ones of the other rules; of two rules that are in order, the
    highest lower one with the lowest higher one.
    """
    first = {rule: values[0] for rule, values in grid.items()}
    for rule, values in grid.items():
        yield from (first | {rule: value} for value in values)
    for low, high in ORDERED_COLUMNS:
        if low in grid and high in grid:
            highest = max(grid[low], key=lambda text: _number(text) or 0.0)
            lowest = min(grid[high], key=lambda text: _number(text) or 0.0)
            yield first | {low: highest, high: lowest}


def _point_name(rules: Mapping[str, str]) -> str:
    return ",".join(f"{rule}={value}" for rule, value in sorted(rules.items()))


def _check_point_names(
    grids: Mapping[tuple[str, str], Grid], strategies: Mapping[str, Row]
) -> list[str]:
    """Return points that are there twice: of one sweep over two strategies, or as a strategy."""
    errors = []
    for ((sweep, _), grid), ((other, _), other_grid) in itertools.combinations(grids.items(), 2):
        if sweep == other and set(grid) == set(other_grid):
            common = {rule: [v for v in grid[rule] if v in other_grid[rule]] for rule in grid}
            if all(common.values()):
                name = _point_name({rule: values[0] for rule, values in common.items()})
                errors.append(_twice(f"{sweep}[{name}]"))
    for code in strategies:
        for (sweep, _), grid in grids.items():
            rules = dict(
                rule.partition("=")[::2]
                for rule in code.removeprefix(f"{sweep}[").removesuffix("]").split(",")
            )
            is_point = set(rules) == set(grid) and all(rules[r] in grid[r] for r in grid)
            if is_point and code == f"{sweep}[{_point_name(rules)}]":
                errors.append(_twice(code))
    return errors


def _twice(name: str) -> str:
    return f"sweeps.csv: {name} must be there once; one sweep has one strategy"


def _is_day(text: str) -> bool:
    """Return whether a text is an ISO date that exists."""
    try:
        return len(text) == 10 and datetime.date.fromisoformat(text).year >= 1900
    except ValueError:
        return False


def _number(text: str) -> float | None:
    """Return `text` as a finite number, or None."""
    # float() also reads 1_000 and digits of other scripts, which the engine does not.
    number = float(text) if NUMBER.fullmatch(text.strip()) else math.nan
    return number if math.isfinite(number) else None
