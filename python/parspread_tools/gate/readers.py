"""The SELECT that reads the files of a table as they were delivered.

Text stays text and codes keep their zeros: casts happen in staging, where a failed cast becomes the
reason why a row is rejected.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parspread_tools.gate.files import (
    InputError,
    answer,
    column_hit,
    column_kinds,
    names_of,
    read_header,
)
from parspread_tools.sql_text import literal

# Types of a file in which a code has kept its leading zeros.
TEXT_KINDS = ("VARCHAR", "BLOB")
FLOAT_KINDS = ("FLOAT", "DOUBLE")


def read_statement(
    parts: list[Path],
    columns: list[dict[str, Any]],
    data_set: str,
    remedy: str = "rename or add it",
) -> str:
    """Return the SELECT that reads `parts` in order, each by its own column names.

    Text files are read as text, so that no sniffer turns a CUSIP into a number; casts happen in
    staging, where a failed cast becomes a reason. Rows are numbered from 1 through all parts.
    """
    selects = []
    rows_before = 0
    for part in parts:
        expressions, source = read_part(part, columns, remedy)
        selects.append(
            f"select '{data_set}' as data_set, {rows_before} + {row_number(part)} as "
            f"source_row_number, {expressions} from {source}"
        )
        if part is not parts[-1]:
            rows_before += part_row_count(part, source)
    return "\nunion all\n".join(selects)


def row_number(part: Path) -> str:
    """Return the expression that numbers the rows of `part` from 1."""
    # Parquet knows its row numbers, so that a filter may still skip whole row groups.
    return "file_row_number + 1" if part.suffix == ".parquet" else "row_number() over ()"


def part_row_count(part: Path, source: str) -> int:
    """Return how many rows `part` has; raise InputError when it cannot be read."""
    return answer(part, f"select count(*) from {source}")[0][0]


def read_part(part: Path, columns: list[dict[str, Any]], remedy: str) -> tuple[str, str]:
    """Return the columns of the contract in one file, in any order and case, and its reader."""
    header = read_header(part)
    kinds = column_kinds(part)
    # The position names a column of a text file: a header may repeat or omit a name we do not read.
    identifiers = [
        f"column_{position}" if part.suffix == ".csv" else name.replace('"', '""')
        for position, name in enumerate(header)
    ]
    expressions = []
    for column in columns:
        names = names_of(column)
        hit = column_hit(header, *names)
        if hit is None and column["meta"].get("required"):
            raise InputError(
                f"{part}: column {' or '.join(names)} must be there; "
                f"found {', '.join(header) or 'an empty header'}; {remedy}"
            )
        words = [name.strip().lower() for name in header]
        if hit is not None and words.count(hit.lower()) > 1:
            raise InputError(
                f"{part}: column {hit} must be there once; found {', '.join(header)}; remove one"
            )
        source = f"null::{column['data_type']}"
        if hit is not None:
            position = words.index(hit.lower())
            source = value_of(part, column, f'"{identifiers[position]}"', kinds[position])
        expressions.append(f'{source} as "{column["name"]}"')
    return ", ".join(expressions), reader(part, identifiers)


def value_of(part: Path, column: dict[str, Any], value: str, kind: str | None) -> str:
    """Return the expression that reads a column which a file stores as `kind`, None for text.

    Codes and labels are read as text, times as UTC: what a value means depends neither on the type
    that an exporter guessed nor on the time zone of the machine.
    """
    if kind is None or kind == "VARCHAR":
        return value
    if column["meta"].get("is_code") and kind not in TEXT_KINDS:
        check_no_code(part, column["name"], value, kind)
        return "null::varchar"
    if "TIME ZONE" in kind:
        # Not a cast, which would use the time zone of the session.
        value = f"make_timestamp(epoch_us({value}))"
        if column["data_type"] == "date":
            check_midnights(part, column["name"], value)
    if column["data_type"] != "varchar":
        return value
    if kind in FLOAT_KINDS:
        # An exporter makes 1.0 of whole numbers with gaps, and NaN of the gaps.
        whole = f"{value} = trunc({value}) and abs({value}) < 1e18"
        text = f"if({whole}, try_cast({value} as bigint)::varchar, {value}::varchar)"
        return f"if(isnan({value}), null, {text})"
    return f"{value}::varchar"


def check_no_code(part: Path, name: str, value: str, kind: str) -> None:
    """Refuse a column of codes that is not text, unless it is empty."""
    is_given = f"{value} is not null" + (f" and not isnan({value})" if kind in FLOAT_KINDS else "")
    query = f"select {value}::varchar from {reader(part, [])} where {is_given} limit 1"
    for (first,) in answer(part, query):
        raise InputError(
            f"{part}: column {name} must be text; it was {kind}, the first value {first}, which "
            "may lack zeros at its start or end; deliver it as text, from the source"
        )


def check_midnights(part: Path, name: str, moment: str) -> None:
    """Refuse dates that are midnights of another time zone than UTC: no file says which."""
    is_off = "moment <> date_trunc('day', moment)"
    ((off_count, count, first),) = answer(
        part,
        f"select count(*) filter (where {is_off}), count(moment), min(moment) filter "
        f"(where {is_off}) from (select {moment} as moment from {reader(part, [])})",
    )
    # A few odd times among many midnights still have a date.
    if 2 * off_count > count:
        raise InputError(
            f"{part}: column {name} must hold dates, or times at midnight in UTC; {off_count} of "
            f"its {count} times were others, the first {first}; convert it: to dates without time"
        )


def reader(part: Path, identifiers: list[str]) -> str:
    """Return the table function that reads `part`; nothing about a text file is guessed."""
    if part.suffix == ".parquet":
        return f"read_parquet({literal(part)}, file_row_number = true)"
    types = ", ".join(f"'{name}': 'varchar'" for name in identifiers)
    return (
        f"read_csv({literal(part)}, auto_detect = false, header = true, columns = {{{types}}}, "
        "delim = ',', quote = '\"', escape = '\"')"
    )


def empty_select(columns: list[dict[str, Any]]) -> str:
    """Return a SELECT with the columns of an absent table and no row."""
    nulls = ", ".join(f'null::{c["data_type"]} as "{c["name"]}"' for c in columns)
    return (
        f"select null::varchar as data_set, null::bigint as source_row_number, {nulls}, "
        "null::varchar as withheld_reason where false"
    )


def readable(column: dict[str, Any]) -> str:
    """Return the expression that reads a column; null where it cannot be read."""
    name, kind = column["name"], column["data_type"]
    # Where staging reads more than a plain number, such as 2.35%, the contract says how.
    value = column.get("as_number") or f'try_cast("{name}" as {kind})'
    if kind == "date":
        # 24-01-31 is read as a date of the year 24.
        return f"case when isfinite({value}) and {value} >= date '1900-01-01' then {value} end"
    return f"case when isfinite({value}) then {value} end" if kind == "double" else value
