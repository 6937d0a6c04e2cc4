"""Vendor files: which file is a table's, and what its header says.

A table is one file `<file>.parquet` or `<file>.csv`, or a folder `<file>` of such parts.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.sql_text import literal

SUFFIXES = (".parquet", ".csv")


class InputError(Exception):
    """One thing that is wrong with one input, in words that say what to do."""


def find_parts(folder: Path, name: str) -> list[Path]:
    """Return the files that hold vendor table `name`: one file, or the sorted parts of a folder."""
    deliveries = []
    for place in (folder / name, *(folder / f"{name}{suffix}" for suffix in SUFFIXES)):
        if place.is_symlink() and not place.exists():
            raise InputError(
                f"{place}: must be a file; it is a link to one that is not there; "
                "deliver the file itself"
            )
        if place.is_file() and place.suffix:
            deliveries.append([place])
        parts_of_place = [sorted(place.glob(f"*{suffix}")) for suffix in SUFFIXES]
        if place.is_dir() and not any(parts_of_place):
            raise InputError(
                f"{place}: must be a file, or a folder that holds .parquet or .csv files; it is a "
                "folder without any; deliver the files or remove it"
            )
        deliveries += parts_of_place
    deliveries = [parts for parts in deliveries if parts]
    if len(deliveries) > 1:
        places = " and ".join(str(parts[0].relative_to(folder)) for parts in deliveries)
        raise InputError(
            f"{folder}: table {name} must be delivered once; found {places}; remove all but one"
        )
    parts = deliveries[0] if deliveries else []
    for part in parts:
        if not part.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"{part}: must lie in the folder of vendor files; it is a link that leaves it; "
                "deliver the file itself"
            )
        if re.search(r"[*?\[\]{}]", part.name):
            raise InputError(
                f"{part}: must have a name without * ? [ ] {{ }}, which readers take for patterns; "
                "rename it"
            )
    return parts


def chosen_parts(data_dir: Path, entry: dict[str, Any]) -> tuple[list[Path], list[str]]:
    """Return the files of a table, and the note that another file stands in for its own.

    It does so where the table's own file is missing or lacks a required column. A file of its own
    that cannot be read is refused like any other.
    """
    own = entry["meta"]["file"]
    parts = find_parts(data_dir, own)
    if "alternative_file" not in entry["meta"]:
        return parts, []
    missing = []
    try:
        for part in parts:
            header = read_header(part)
            missing += [
                column["name"]
                for column in entry["columns"]
                if column["meta"].get("required") and not column_hit(header, *names_of(column))
            ]
    except (InputError, OSError):
        return parts, []
    others = find_parts(data_dir, entry["meta"]["alternative_file"])
    if not others or (parts and not missing):
        return parts, []
    reason = f"{parts[0].name} has no {', '.join(missing)}" if parts else f"there is no {own}"
    return others, [f"{others[0]} is read as {own}: {reason}"]


def names_of(column: dict[str, Any]) -> list[str]:
    """Return the names under which a column may be delivered."""
    return [column["name"], *filter(None, [column["meta"].get("alias")])]


def column_hit(header: list[str], *names: str) -> str | None:
    """Return the first of `names` that a header has, whatever its case and padding, or None."""
    words = [name.strip().lower() for name in header]
    return next((name for name in names if name.lower() in words), None)


def read_header(part: Path) -> list[str]:
    """Return the column names of `part`; raise InputError when it cannot be read."""
    if part.stat().st_size == 0:
        raise InputError(
            f"{part}: must have a header and rows; the file was empty (0 bytes); deliver it again"
        )
    if part.suffix == ".csv":
        check_encoding(part)
        with part.open(newline="", encoding="utf-8-sig") as lines:
            header = next(csv.reader(lines), [])
        if len(header) == 1 and ";" in header[0]:
            raise InputError(
                f"{part}: fields must be separated by commas; the header was {header[0]}; "
                "save it as comma-separated, with decimal points"
            )
        return header
    return [name for name, _ in parquet_columns(part)]


def rows_of(query: str) -> list[tuple]:
    """Return the rows of a query on a connection of its own: threads may not share one."""
    with duckdb.default_connection().cursor() as connection:
        return connection.sql(query).fetchall()


def parquet_columns(part: Path) -> list[tuple[str, str]]:
    """Return name and type of every column of a parquet file."""
    try:
        rows = rows_of(f"describe from read_parquet({literal(part)})")
    except duckdb.Error as problem:
        raise InputError(
            f"{part}: must be a complete parquet file; {first_line(problem)}; deliver it again"
        ) from problem
    return [(name, kind) for name, kind, *_ in rows]


def column_kinds(part: Path) -> list[str | None]:
    """Return the type of every column of `part`; those of a text file have none."""
    if part.suffix == ".csv":
        return [None] * len(read_header(part))
    return [kind for _, kind in parquet_columns(part)]


def check_encoding(part: Path) -> None:
    """Refuse a text file that is not UTF-8, which the engine notices late or not at all."""
    with part.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as problem:
                raise InputError(
                    f"{part}: must be UTF-8 text; line {number} is not; save it as CSV UTF-8"
                ) from problem


def delivered_schema(part: Path) -> str:
    """Return the columns of a file as delivered, with their types where the format has types."""
    if part.suffix == ".csv":
        return ", ".join(read_header(part))
    return ", ".join(f"{name} {kind}" for name, kind in parquet_columns(part))


def shown(parts: list[Path]) -> Path:
    """Return what a message calls the files of a table: the file, or the folder of its parts."""
    return parts[0] if len(parts) == 1 else parts[0].parent


def answer(part: Path, query: str) -> list[tuple]:
    """Return the rows of a query on `part`; raise InputError when it cannot be read."""
    try:
        return rows_of(query)
    except duckdb.Error as problem:
        raise unreadable(part, problem) from problem


def unreadable(part: Path, problem: duckdb.Error) -> InputError:
    """Return the error for what an engine says of a file; its message may name another part."""
    named = re.search(r"^\s*file = (.+)$", str(problem), re.M)
    return InputError(
        f"{named.group(1) if named else part}: must be readable from the first line to the last; "
        f"{first_line(problem)}; correct it or deliver it again"
    )


def first_line(problem: Exception) -> str:
    """Return what an engine message says in one line, without its advice on reader options."""
    said = re.split(r"\n\s*(?:Possible|file =|Stack Trace)", str(problem))[0]
    return "; ".join(line.strip() for line in said.splitlines() if line.strip())
