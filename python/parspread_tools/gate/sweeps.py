"""Check the grids of sweeps: what they vary, by which values, and whether a point can be a run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from parspread_tools.gate.codes import NumberedRows, Row, unknown
from parspread_tools.gate.fields import ORDERED_COLUMNS, Seed, check_fields, number_of

MAX_POINT_COUNT = 100_000  # of all enabled sweeps; every point is a run
MAX_SCORE_COUNT = 1_000  # of all enabled sweeps; every definition of a score is a history
KEEP_DAYS = re.compile(r"none|all|best:[1-9]\d{0,5}", re.ASCII)
WEIGHT = "weight_ratio"


@dataclass
class Grid:
    """The values of each parameter that a sweep lays over one strategy."""

    name: str
    strategy: Row
    axes: dict[str, list[str]]
    keep_days: set[str]

    def scores(self) -> list[str]:
        """Return the scores that its points trade or vary."""
        return self.axes.get("signal_code", [self.strategy["signal_code"]])


def check_sweeps(tables: dict[str, NumberedRows], seeds: Mapping[str, Seed]) -> list[str]:
    """Return parameters that nothing has, and points of grids that could not be runs.

    A sweep that is switched off is not compared with strategies.
    """
    swept = {
        name: {column for column, declared in seeds[name].columns.items() if declared.is_swept}
        for name in ("strategies", "signals", "composites")
    }
    strategies = {row["strategy_code"]: row for _, row in tables["strategies"]}
    enabled = {code for code, row in strategies.items() if row["is_enabled"] == "true"}
    errors = [
        f"sweeps.csv line {line}: {message}"
        for line, row in tables["sweeps"]
        for message in _check_row(row, enabled, swept)
    ]
    if errors:
        return errors
    grids = _grids(tables["sweeps"], strategies)
    errors = _check_sizes(grids, swept["strategies"])
    for grid in [] if errors else grids:
        errors += _check_grid(grid, tables, seeds, swept)
    return errors


def _check_row(row: Row, enabled: set[str], swept: Mapping[str, set[str]]) -> list[str]:
    """Return what keeps a row of a sweep from spanning one axis of its grid."""
    errors = []
    if row["is_enabled"] == "true" and row["strategy_code"] not in enabled:
        errors.append(unknown("strategy_code", row["strategy_code"], enabled))
    signal, dot, column = row["parameter"].rpartition(".")
    known = swept["signals"] | ({WEIGHT} if dot else swept["composites"] - {WEIGHT})
    known |= set() if dot else swept["strategies"]
    if column not in known or (dot and not signal):
        shown = known | {f"<signal_code>.{WEIGHT}"} if column == WEIGHT else known
        errors.append(unknown("parameter", row["parameter"], shown))
    if not KEEP_DAYS.fullmatch(row["keep_days"]):
        errors.append(f"keep_days must be none, all or best:10; it was {row['keep_days'][:60]}")
    values = _values(row["parameter_values"])
    if values is None:
        errors.append(
            "parameter_values must have ranges such as 0.5:2.0:0.25, from low to high by a step "
            f"above 0, of at most {MAX_POINT_COUNT:,} values; it was {row['parameter_values'][:60]}"
        )
        return errors
    meant = {value if number_of(value) is None else number_of(value) for value in values}
    if len(meant) < len(values) or any(set(value) & set(",=[]") for value in values):
        errors.append(
            "parameter_values must be different values without , = [ ], separated by semicolons; "
            f"it was {row['parameter_values'][:60]}"
        )
    if "" in values:
        errors.append(
            f"parameter_values must not hold an empty value; it was {row['parameter_values'][:60]};"
            " what a strategy does without the rule is its own run"
        )
    return errors


def _values(text: str) -> list[str] | None:
    """Return the values of a list, its ranges spelled out; None for a range that is none."""
    values: list[str] = []
    for part in (part.strip() for part in text.split(";")):
        ends = part.split(":")
        numbers = [number_of(end) for end in ends]
        if len(ends) == 1:
            values.append(part)
            continue
        if len(ends) != 3 or None in numbers or numbers[2] <= 0 or numbers[0] > numbers[1]:
            return None
        low, high, step = (Decimal(end.strip()) for end in ends)
        if (high - low) / step >= MAX_POINT_COUNT:
            return None
        values += [str(low + step * place) for place in range(int((high - low) / step) + 1)]
    return values


def _grids(sweeps: NumberedRows, strategies: Mapping[str, Row]) -> list[Grid]:
    """Return the grids of the enabled sweeps."""
    grids: dict[tuple[str, str], Grid] = {}
    for _, row in sweeps:
        if row["is_enabled"] == "true":
            key = (row["sweep_code"], row["strategy_code"])
            new = Grid("/".join(key), strategies[key[1]], {}, set())
            grid = grids.setdefault(key, new)
            grid.axes[row["parameter"]] = _values(row["parameter_values"]) or []
            grid.keep_days.add(row["keep_days"])
    return list(grids.values())


def _check_sizes(grids: list[Grid], rules: set[str]) -> list[str]:
    """Return grids that are too large together, or that keep days by two rules."""
    errors = [
        f"sweeps.csv: all rows of {grid.name} must have the same keep_days; they had "
        + " and ".join(sorted(grid.keep_days))
        for grid in grids
        if len(grid.keep_days) > 1
    ]
    points = sum(math.prod(map(len, grid.axes.values())) for grid in grids)
    scores = sum(
        math.prod(len(v) for name, v in grid.axes.items() if name not in rules - {"signal_code"})
        for grid in grids
    )
    for count, most, what in (
        (points, MAX_POINT_COUNT, "points"),
        (scores, MAX_SCORE_COUNT, "definitions of scores"),
    ):
        if count > most:
            errors.append(
                f"sweeps.csv: the enabled sweeps must have at most {most:,} {what} together; they "
                f"have {count:,}"
            )
    return errors


def _check_grid(
    grid: Grid,
    tables: dict[str, NumberedRows],
    seeds: Mapping[str, Seed],
    swept: Mapping[str, set[str]],
) -> list[str]:
    """Return what would be a mistake in the catalogs if a point stood there."""
    first_point: dict[str, str] = {}  # that makes a mistake
    signals = {row["signal_code"]: row for _, row in tables["signals"]}
    scores = {code for code, row in signals.items() if row["is_enabled"] == "true"}
    scores |= {row["composite_code"] for _, row in tables["composites"]}
    for code in grid.scores():
        if code not in scores:
            return [f"sweeps.csv: {grid.name}: {unknown('signal_code', code, scores)}"]
    members = {code: _members(code, tables["composites"]) for code in grid.scores()}
    for message in _strangers(grid, members, swept):
        first_point.setdefault(message, grid.name)
    for point in _telling_points(grid.axes):
        rules = {name: value for name, value in point.items() if name in swept["strategies"]}
        found = check_fields(grid.strategy | rules, seeds["strategies"].columns)
        for name, value in point.items():
            signal, _, column = name.rpartition(".")
            if column == WEIGHT and not (number_of(value) or 0.0) >= 0:
                found.append(f"{WEIGHT} must be at least 0 in a sweep; it was {value}")
        for code, rows in members.items():
            for row in rows or [{"signal_code": code}]:
                signal = row["signal_code"]
                own = {
                    name.rpartition(".")[2]: value
                    for name, value in point.items()
                    if name not in swept["strategies"] and name.rpartition(".")[0] in ("", signal)
                }
                found += [
                    f"{signal}: {message}"
                    for table, given in (("signals", signals[signal]), ("composites", row))
                    for message in _check_changed(given, own, seeds[table], swept[table])
                ]
        for message in found:
            first_point.setdefault(message, f"{grid.name}[{_point_name(point)}]")
    return [f"sweeps.csv: {name}: {message}" for message, name in first_point.items()]


def _check_changed(row: Row, own: Row, seed: Seed, swept: set[str]) -> list[str]:
    """Return the mistakes of a row with the values of a point that it has a place for."""
    changed = {name: value for name, value in own.items() if name in swept and name in row}
    return check_fields(row | changed, seed.columns) if changed else []


def _members(code: str, composites: NumberedRows) -> list[Row]:
    """Return the rows of a composite; none of a signal."""
    return [row for _, row in composites if row["composite_code"] == code]


def _strangers(
    grid: Grid, members: Mapping[str, list[Row]], swept: Mapping[str, set[str]]
) -> Iterator[str]:
    """Return parameters of signals and composites that no score of the grid has."""
    named = {row["signal_code"] for rows in members.values() for row in rows}
    named |= {code for code, rows in members.items() if not rows}
    for name in grid.axes:
        signal, dot, column = name.rpartition(".")
        if dot and signal not in named:
            yield unknown(f"the signal of {name}", signal, named)
        elif column in swept["composites"] and not any(members.values()):
            yield f"{name} must vary a composite; {' and '.join(members)} is a signal"


def _telling_points(axes: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    """Return points that have every mistake that a point of the grid has.

    Each value beside the first ones of the others; of two that are in order, the highest lower
    one with the lowest higher one.
    """
    first = {name: values[0] for name, values in axes.items()}
    for name, values in axes.items():
        yield from (first | {name: value} for value in values)
    for low, high in ORDERED_COLUMNS:
        for name in axes:
            signal, dot, column = name.rpartition(".")
            other = f"{signal}{dot}{high}"
            if column == low and other in axes:
                highest = max(axes[name], key=lambda text: number_of(text) or 0.0)
                lowest = min(axes[other], key=lambda text: number_of(text) or 0.0)
                yield first | {name: highest, other: lowest}


def _point_name(point: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(point.items()))
