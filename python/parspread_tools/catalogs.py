"""Check the catalogs that users edit, before the build reads them.

Every message names the file, the row, the column, the value, and the rule that it breaks.
"""

from __future__ import annotations

import csv
import difflib
import itertools
import math
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path

import yaml
from parspread.backtest import Rules

# In C where the package has it: ten times as fast, same result.
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The words of every rule, as the backtest kernel knows them.
RULE_WORDS = {
    name: {member.name.lower() for member in kind}
    for name, kind in Rules.__annotations__.items()
    if issubclass(kind, IntEnum) and name != "quote_kind"
}
INDICATORS = {
    "cdx_spread",
    "cdx_minus_etf_spread",
    "cdx_minus_etf_price",
    "spread_change",
    "deviation_gap",
    "z_score_difference",
}
SCORES = {
    "none",
    "z_score",
    "divided_by_deviation",
    "normalized_change",
    "change_over_volatility",
    "difference",
    "percent_change",
    "log_return",
}
WORDS = {
    "instruments": {
        "kind": {"cdx"},
        "data_set": {"desk", "notebook"},
        "quote_kind": {"spread", "price"},
        "session_calendar": {"weekdays", "calendar_days"},
        "is_enabled": {"true", "false"},
    },
    "signals": {
        "definition": {"standard", "compat"},
        "indicator": INDICATORS,
        "score": SCORES,
        "raw_sign": {"1", "-1"},
        "is_enabled": {"true", "false"},
    },
    "composites": {
        "definition": {"standard", "compat"},
        "missing_policy": {"all_required", "reweight"},
    },
    "strategies": {
        "definition": {"standard", "compat"},
        "is_enabled": {"true", "false"},
        **RULE_WORDS,
    },
    "sweeps": {"is_enabled": {"true", "false"}},
}
REQUIRED = {
    "instruments": {
        "instrument_code",
        "data_set",
        "vendor_names",
        "tenor_code",
        "tenor_months_count",
        "roll_day_of_month",
        "dv01_usd_per_bp_per_mm",
        "coupon_bps",
        "recovery_share",
        "is_enabled",
    },
    "signals": {"signal_code", "indicator", "score", "scaling_ratio", "raw_sign", "is_enabled"},
    "composites": {"composite_code", "instrument_code", "signal_code", "weight_ratio"},
    "strategies": {
        "strategy_code",
        "signal_code",
        "instrument_code",
        "sizing_mode",
        "position_size_mm",
        "is_enabled",
    },
    "sweeps": {"sweep_code", "strategy_code", "parameter", "parameter_values", "is_enabled"},
}
KEYS = {
    "instruments": ("instrument_code",),
    "signals": ("signal_code",),
    "composites": ("composite_code", "signal_code"),
    "strategies": ("strategy_code",),
    "sweeps": ("sweep_code", "strategy_code", "parameter"),
}
# What says which strategy a row is; everything else is a rule that a sweep may vary.
NOT_SWEPT = {"strategy_code", "definition", "description", "instrument_code", "is_enabled"}
# Inclusive lower bound, or exclusive where the flag is True.
LOWER_BOUNDS = {
    "position_size_mm": (0.0, True),
    "position_cap_mm": (0.0, True),
    "entry_threshold": (0.0, True),
    "exit_threshold": (0.0, True),
    "stop_loss_pct": (0.0, True),
    "take_profit_pct": (0.0, True),
    "stop_loss_bps": (0.0, True),
    "take_profit_bps": (0.0, True),
    "stop_loss_sigma": (0.0, True),
    "take_profit_sigma": (0.0, True),
    "max_holding_sessions": (1.0, False),
    "cooldown_sessions": (0.0, False),
    "signal_lag_sessions": (0.0, False),
    "transaction_cost_bps": (0.0, False),
    "transaction_cost_pct": (0.0, False),
    "roll_cost_bps": (0.0, False),
    "tenor_months_count": (1.0, False),
    "roll_day_of_month": (1.0, False),
    "rebalance_band_share": (0.0, False),
    "dv01_usd_per_bp_per_mm": (0.0, True),
    "plausible_min_bps": (0.0, False),
    "indicator_lookback_sessions": (1.0, False),
    "indicator_min_sessions": (1.0, False),
    "score_window_sessions": (2.0, False),
    "score_min_sessions": (1.0, False),
    "score_lag_sessions": (1.0, False),
    "rescale_window_sessions": (2.0, False),
    "rescale_min_sessions": (2.0, False),
}
WEIGHT_SUM_TOLERANCE_RATIO = 0.01

Row = dict[str, str]
NumberedRows = list[tuple[int, Row]]


def check(folder: Path) -> list[str]:
    """Return one message per mistake in the catalogs of `folder`; an empty list means good."""
    errors: list[str] = []
    tables: dict[str, NumberedRows] = {}
    text = (folder / "_catalog__seeds.yml").read_text(encoding="utf-8")
    seeds = yaml.load(text, Loader=YAML_LOADER)["seeds"]
    types = {seed["name"]: seed["config"]["column_types"] for seed in seeds}
    for name in KEYS:
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
        errors += _check_header(name, header, list(types[name]))
    if errors:
        return errors
    for name, rows in tables.items():
        errors += _check_rows(name, rows, types[name])
    # Later checks rely on earlier ones, and would report the same mistake in other words.
    errors = errors or _check_references(tables)
    errors = errors or _check_composites([row for _, row in tables["composites"]])
    return errors or _check_sweeps(tables, types["strategies"])


def _check_header(name: str, header: list[str], columns: list[str]) -> list[str]:
    """Return what keeps the header from naming each column once: a misspelt rule is no rule."""
    place = f"{name}.csv line 1"
    unknown = [
        f"{place}: {_unknown('a column', column, columns)}"
        for column in header
        if column not in columns
    ]
    # A misspelt column is also a missing one; one message says both.
    return unknown or [
        f"{place}: column {column} must be there once; it was there {header.count(column)} times"
        for column in columns
        if header.count(column) != 1
    ]


def _check_rows(name: str, rows: NumberedRows, types: dict[str, str]) -> list[str]:
    """Return the mistakes that show within one catalog: words, numbers, keys."""
    errors = []
    seen: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        place = f"{name}.csv line {line}"
        if None in row or None in row.values():
            fields = [value for column, value in row.items() if column and value is not None]
            field_count = len(fields) + len(row.get(None, []))
            errors.append(
                f"{place}: a row must have the {len(types)} fields of the header; it has "
                f"{field_count}; add or remove commas, and quote a text that holds one"
            )
            continue
        for column in sorted(REQUIRED[name]):
            if not row[column].strip():
                errors.append(f"{place}: {column} must be given; it was empty")
        errors += [f"{place}: {message}" for message in _check_fields(name, row, types)]
        key = tuple(row[column] for column in KEYS[name])
        if key in seen:
            errors.append(
                f"{place}: {' and '.join(KEYS[name])} must be unique; "
                f"{' '.join(key)} is also on line {seen[key]}"
            )
        seen.setdefault(key, line)
    return errors


def _check_fields(name: str, row: Row, types: dict[str, str]) -> list[str]:
    """Return the unknown words, the numbers out of bounds and the contradictions of one row."""
    errors = [
        _unknown(column, row[column], words)
        for column, words in WORDS[name].items()
        if row[column] and row[column] not in words
    ]
    for column, kind in types.items():
        if kind in ("double", "integer") and row[column]:
            errors += _check_number(column, kind, row)
    return errors + _check_pairs(row)


def _check_number(column: str, kind: str, row: Row) -> list[str]:
    """Return what keeps a numeric field from being a number within its bound."""
    number = _number(row[column])
    bound, is_exclusive = LOWER_BOUNDS.get(column, (-math.inf, False))
    is_whole = kind != "integer" or (number is not None and number.is_integer())
    if (
        number is not None
        and is_whole
        and (number > bound or (number == bound and not is_exclusive))
    ):
        return []
    rule = "a whole number" if kind == "integer" else "a number"
    if column in LOWER_BOUNDS:
        rule += f" above {bound:g}" if is_exclusive else f" of at least {bound:g}"
    return [f"{column} must be {rule}; it was {row[column]}"]


def _check_pairs(row: Row) -> list[str]:
    """Return the mistakes that show between columns of one row."""
    errors = []
    for low, high in (
        ("floor_z", "cap_z"),
        ("neutral_low_z", "neutral_high_z"),
        ("plausible_min_bps", "plausible_max_bps"),
        ("score_min_sessions", "score_window_sessions"),
        ("indicator_min_sessions", "indicator_lookback_sessions"),
        ("rescale_min_sessions", "rescale_window_sessions"),
        ("exit_threshold", "entry_threshold"),
    ):
        lower, upper = _number(row.get(low, "")), _number(row.get(high, ""))
        if lower is not None and upper is not None and lower > upper:
            errors.append(f"{low} must not be above {high}; it was {lower:g} against {upper:g}")
    if _number(row.get("scaling_ratio", "")) == 0:
        errors.append(f"scaling_ratio must not be 0; it was {row['scaling_ratio']}")
    return errors


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
    for line, row in tables["composites"]:
        if row["signal_code"] not in enabled:
            message = _unknown("signal_code", row["signal_code"], enabled)
            errors.append(f"composites.csv line {line}: {message}")
        if row["instrument_code"] not in instruments:
            message = _unknown("instrument_code", row["instrument_code"], instruments)
            errors.append(f"composites.csv line {line}: {message}")
    for line, row in tables["strategies"]:
        if row["signal_code"] not in enabled | composites:
            message = _unknown("signal_code", row["signal_code"], enabled | composites)
            errors.append(f"strategies.csv line {line}: {message}")
        if row["instrument_code"] not in instruments:
            message = _unknown("instrument_code", row["instrument_code"], instruments)
            errors.append(f"strategies.csv line {line}: {message}")
    return errors


def _check_composites(rows: list[Row]) -> list[str]:
    """Return composites whose weights do not sum to 1 or whose rows contradict each other."""
    errors = []
    for code in dict.fromkeys(row["composite_code"] for row in rows):
        members = [row for row in rows if row["composite_code"] == code]
        weights = [_number(row["weight_ratio"]) for row in members]
        if any(weight is None for weight in weights):
            errors.append(f"composites.csv: every weight_ratio of {code} must be a number")
        elif abs(sum(weights) - 1) > WEIGHT_SUM_TOLERANCE_RATIO:
            errors.append(
                f"composites.csv: the weights of {code} must sum to 1; they sum to {sum(weights):g}"
            )
        for column in ("instrument_code", "missing_policy", "rescale_window_sessions"):
            if len({row[column] for row in members}) > 1:
                errors.append(f"composites.csv: all rows of {code} must have the same {column}")
    return errors


def _check_sweeps(tables: dict[str, NumberedRows], types: dict[str, str]) -> list[str]:
    """Return rules that no strategy has, and points of a grid that would be faulty strategies."""
    errors = []
    strategies = {row["strategy_code"]: row for _, row in tables["strategies"]}
    enabled = {code for code, row in strategies.items() if row["is_enabled"] == "true"}
    grids: dict[tuple[str, str], dict[str, list[str]]] = {}
    for line, row in tables["sweeps"]:
        place = f"sweeps.csv line {line}"
        if row["strategy_code"] not in enabled:
            message = _unknown("strategy_code", row["strategy_code"], enabled)
            errors.append(f"{place}: {message}")
        if row["parameter"] not in types.keys() - NOT_SWEPT:
            message = _unknown("parameter", row["parameter"], types.keys() - NOT_SWEPT)
            errors.append(f"{place}: {message}")
        values = [value.strip() for value in row["parameter_values"].split(";")]
        if len(set(values)) < len(values) or any(set(value) & set(",=[]") for value in values):
            errors.append(
                f"{place}: parameter_values must be different values without , = [ ], separated by "
                f"semicolons; it was {row['parameter_values']}"
            )
        if "" in values:
            errors.append(
                f"{place}: parameter_values must not hold an empty value; it was "
                f"{row['parameter_values']}; what a strategy does without the rule is its own run"
            )
        if row["is_enabled"] == "true":
            grid = grids.setdefault((row["sweep_code"], row["strategy_code"]), {})
            grid[row["parameter"]] = values
    if errors:
        return errors
    points: list[tuple[str, Row]] = []
    for (sweep, code), grid in grids.items():
        for values in itertools.product(*grid.values()):
            rules = dict(zip(grid, values, strict=True))
            name = ",".join(f"{rule}={value}" for rule, value in sorted(rules.items()))
            points.append((f"{sweep}[{name}]", strategies[code] | rules))
    taken: set[str] = set(strategies)
    for name, row in points:
        errors += [f"sweeps.csv: {name}: {m}" for m in _check_fields("strategies", row, types)]
        if name in taken:
            errors.append(f"sweeps.csv: {name} must be there once; one sweep has one strategy")
        taken.add(name)
    rows = list(enumerate(row for _, row in points))
    unknown = _check_references(tables | {"strategies": rows})
    return errors or [error.replace("strategies.csv line", "sweeps.csv point") for error in unknown]


def _unknown(column: str, value: str, known: Iterable[str]) -> str:
    """Say that `value` is not a known word, and which one is nearest."""
    words = sorted(known)
    nearest = difflib.get_close_matches(value, words, n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return f"{column} must be one of {', '.join(words)}; it was {value}{hint}"


def _number(text: str) -> float | None:
    """Return `text` as a finite number, or None."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
