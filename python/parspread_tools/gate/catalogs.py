"""Check the catalogs that users edit, before the build reads them.

Every message names the file, the row, the column, the value, and the rule that it breaks.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import yaml

from parspread_tools.gate.books import check_books
from parspread_tools.gate.codes import (
    NumberedRows,
    Row,
    check_instruments,
    check_meanings,
    check_spellings,
    unknown,
)
from parspread_tools.gate.fields import Column, Seed, check_fields, number_of
from parspread_tools.gate.sweeps import check_sweeps

# In C where the package has it: ten times as fast, same result.
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CHECKED = (
    "instruments", "index_rules", "index_series_overrides", "known_credit_events", "signals",
    "composites", "strategies", "sweeps", "stresses", "rating_groups", "analysis_periods",
    "cds_tenors", "cds_doc_clauses", "cds_tiers", "loss_bounds", "accepted_losses",
    "package_terms", "strategy_legs", "strategy_families", "portfolios", "limits",
    "verdict_bars", "sub_periods", "recessions",
)  # fmt: skip
# Of these a build without any row has no results, or no bounds.
NEVER_EMPTY = (
    "instruments", "index_rules", "rating_groups", "analysis_periods", "cds_tenors",
    "cds_doc_clauses", "cds_tiers", "loss_bounds", "package_terms",
)  # fmt: skip
CURED = re.compile(r"; (add or|correct|disable|remove|restore|save) [^;]*$")
WEIGHT_SUM_TOLERANCE_RATIO = 0.01


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
    return errors or check_sweeps(tables, seeds)


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
        errors += [f"{place}: {message}" for message in check_fields(row, seed.columns)]
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
        weights = [number_of(row["weight_ratio"]) for row in members]
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
