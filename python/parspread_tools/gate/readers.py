"""The SELECT that reads the files of a table.

Text stays text and codes keep their zeros: numbers are cast in staging, where a failed cast becomes
the reason why a row is rejected. Only days, times and "nothing" are read here, because what they
mean depends on the file; each of them stands beside the text that was delivered.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parspread_tools.gate.files import (
    InputError,
    answer,
    clipped,
    column_hit,
    column_kinds,
    compression,
    cure_of_preamble,
    engine_names,
    is_text,
    names_of,
    partition_values,
    read_header,
    words_of,
)
from parspread_tools.gate.values import (
    FLOAT_KINDS,
    day_of_text,
    day_of_time,
    delivered_name,
    given,
    is_dated,
    moment_of_text,
    trimmed,
)
from parspread_tools.sql_text import literal

# Types of a file in which a code has kept its leading zeros.
TEXT_KINDS = ("VARCHAR", "BLOB")
# Name in the file, expression of the value as stored, and its type, None for text.
Located = tuple[str, str, str | None]


def read_statement(
    parts: list[Path],
    columns: list[dict[str, Any]],
    data_set: str,
    remedy: str = "rename or add it",
    time_zone: str | None = None,
) -> str:
    """Return the SELECT that reads `parts` in order, each by its own column names.

    Text files are read as text, so that no sniffer turns a CUSIP into a number; casts happen in
    staging, where a failed cast becomes a reason. Rows are numbered from 1 through all parts. After
    the columns of the contract come those with the text of every date, `date as delivered`.
    """
    selects = []
    rows_before = 0
    for part in parts:
        expressions, source = read_part(part, columns, remedy, time_zone)
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
    return "row_number() over ()" if is_text(part) else "file_row_number + 1"


def part_row_count(part: Path, source: str) -> int:
    """Return how many rows `part` has; raise InputError when it cannot be read."""
    return answer(part, f"select count(*) from {source}")[0][0]


def read_part(
    part: Path, columns: list[dict[str, Any]], remedy: str, time_zone: str | None = None
) -> tuple[str, str]:
    """Return the columns of the contract in one file, in any order and case, and its reader."""
    found, identifiers = located(part, columns, remedy)
    values, texts = [], [f"{fault_of_row(part, columns, found)} as row_fault"]
    for column in columns:
        name = column["name"]
        hit = found.get(name)
        value = f"null::{column['data_type']}"
        if hit is not None:
            value = value_of(part, column, hit, time_zone)
        values.append(f'{value} as "{name}"')
        if is_dated(column):
            text = text_of(hit, bool(column["meta"].get("required"))) if hit else "null::varchar"
            texts.append(f'{text} as "{delivered_name(name)}"')
    return ", ".join([*values, *texts]), reader(part, identifiers)


def fault_of_row(part: Path, columns: list[dict[str, Any]], found: dict[str, Located]) -> str:
    """Return the expression of what is wrong with a row that no column of staging would show.

    An optional value that is there and cannot be read, a number such as 6_5.3, which the engine
    reads as 65.3, and the header once more, as where files were put together.
    """
    cases = []
    texts = [found[c["name"]] for c in columns if c["name"] in found]
    texts = [(name, value) for name, value, kind in texts if kind in (None, "VARCHAR")]
    if is_text(part) and len(texts) > 1:
        is_header = " and ".join(
            f"lower({trimmed(v)}) = {literal(n.lower())}" for n, v in texts[:2]
        )
        cases.append(f"when {is_header} then 'header_repeated'")
    for column in columns:
        _, value, kind = found.get(column["name"], ("", "", ""))
        if kind not in (None, "VARCHAR") or column["data_type"] in ("varchar", "timestamp"):
            continue
        number = f"rtrim({trimmed(value)}, '%')" if column.get("as_number") else trimmed(value)
        read = f"try_cast({number} as double)"
        is_wrong = f"contains({value}, '_')"
        if column["data_type"] == "date":
            read, is_wrong = day_of_text(value, None), "false"
        if not column["meta"].get("required"):
            is_wrong += f" or ({given(value, kind, False)} is not null and {read} is null)"
        if is_wrong != "false":
            cases.append(f"when {is_wrong} then '{column['name'].lower()}_unreadable'")
    return f"case {' '.join(cases)} end" if cases else "null::varchar"


def located(
    part: Path, columns: list[dict[str, Any]], remedy: str = "rename or add it"
) -> tuple[dict[str, Located], list[str]]:
    """Return where a file has the columns of the contract, and what the engine calls its columns.

    Refuse a file that lacks a required column, or has one twice.
    """
    header = read_header(part)
    kinds = column_kinds(part)
    words = words_of(header)
    # The position names a column of a text file: a header may repeat or omit a name we do not read.
    identifiers = [
        f"column_{position}" if is_text(part) else name.replace('"', '""')
        for position, name in enumerate(engine_names(part))
    ]
    partitions = partition_values(part)
    found: dict[str, Located] = {}
    for column in columns:
        names = names_of(column)
        hit = column_hit(header, *names)
        stated = next((partitions[n.lower()] for n in names if n.lower() in partitions), None)
        if hit is None and stated is not None:
            found[column["name"]] = (names[0], literal(stated), None)
            continue
        if hit is None and column["meta"].get("required"):
            raise InputError(
                f"{part}: column {' or '.join(names)} must be there; "
                f"found {clipped(', '.join(header)) or 'an empty header'}; "
                f"{cure_of_preamble(part, columns)}{remedy}"
            )
        if hit is not None and sum(words.count(name.lower()) for name in names) > 1:
            raise InputError(
                f"{part}: column {' or '.join(names)} must be there once; "
                f"found {clipped(', '.join(header))}; remove one"
            )
        if hit is not None:
            position = words.index(hit.lower())
            found[column["name"]] = (hit, f'"{identifiers[position]}"', kinds[position])
        if hit is not None and stated is not None:
            check_stated(part, column, found[column["name"]], stated, identifiers)
    return found, identifiers


def check_stated(
    part: Path, column: dict[str, Any], hit: Located, stated: str, identifiers: list[str]
) -> None:
    """Refuse a file whose column says otherwise than the partition folder that it lies in."""
    name, value, _ = hit
    text, said = f"trim({value}::varchar)", f"trim({literal(stated)})"
    if column["data_type"] == "date":
        # Both may be times at midnight.
        text, said = f"left({text}, 10)", f"left({said}, 10)"
    if column["data_type"] in ("double", "integer"):
        text, said = f"try_cast({text} as double)", f"try_cast({said} as double)"
    query = (
        f"select {value}::varchar from {reader(part, identifiers)} "
        f"where {text} is distinct from {said} limit 1"
    )
    for (first,) in answer(part, query):
        raise InputError(
            f"{part}: column {name} must be what the partition folder states, {clipped(stated)}; "
            f"found {clipped(str(first))}; rename the folder, or correct the column"
        )


def text_of(hit: Located, is_required: bool) -> str:
    """Return the expression of a date or time as it was delivered; that of a day has no hour."""
    _, value, kind = hit
    if kind is None or kind == "VARCHAR":
        return given(value, kind, is_required)
    if not kind.startswith("TIMESTAMP"):
        return f"{value}::varchar"
    moment = day_of_time(value, kind, None)
    is_day = f"{moment} = date_trunc('day', {moment})"
    return f"if({is_day}, {moment}::date::varchar, {moment}::varchar)"


def value_of(part: Path, column: dict[str, Any], hit: Located, time_zone: str | None = None) -> str:
    """Return the expression that reads a column which a file stores as some type, None for text.

    Codes and labels are read as text, times as UTC: what a value means depends neither on the type
    that an exporter guessed nor on the time zone of the machine.
    """
    _, value, kind = hit
    data_type = column["data_type"]
    is_required = bool(column["meta"].get("required"))
    if kind is not None:
        check_kind(part, column["name"], value, kind, data_type)
    if kind is None or kind == "VARCHAR":
        if data_type == "date":
            return day_of_text(value, time_zone)
        if data_type == "timestamp":
            return moment_of_text(value)
        return given(value, kind, is_required)
    if column["meta"].get("is_code") and kind not in TEXT_KINDS:
        check_no_code(part, column["name"], value, kind)
        return "null::varchar"
    if is_dated(column) and kind.startswith("TIMESTAMP"):
        if data_type == "date" and time_zone is None and "TIME ZONE" not in kind:
            return f"{value}::date"
        return day_of_time(value, kind, time_zone if data_type == "date" else None)
    if data_type in ("double", "integer") and kind.startswith("DECIMAL"):
        # Parts of differing scale would be rounded to the poorer one.
        return f"{value}::double"
    if data_type != "varchar":
        return given(value, kind, is_required)
    if kind in FLOAT_KINDS:
        # An exporter makes 1.0 of whole numbers with gaps, and NaN of the gaps.
        whole = f"{value} = trunc({value}) and abs({value}) < 1e18"
        text = f"if({whole}, try_cast({value} as bigint)::varchar, {value}::varchar)"
        return f"if(isnan({value}), null, {text})"
    return given(f"{value}::varchar", "VARCHAR", is_required)


def check_kind(part: Path, name: str, value: str, kind: str, data_type: str) -> None:
    """Refuse a column whose type holds no single value, or one that a value of its kind is not."""
    is_nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))
    is_flag = kind == "BOOLEAN" and data_type in ("varchar", "date", "timestamp")
    if is_nested or is_flag:
        kind_of_value = {"varchar": "text", "double": "numbers", "integer": "whole numbers"}
        expected = kind_of_value.get(data_type, "dates")
        query = f"select {value}::varchar from {reader(part, [])} where {value} is not null limit 1"
        for (first,) in answer(part, query):
            raise InputError(
                f"{part}: column {name} must hold {expected}; it was {clipped(kind)}, the first "
                f"value {clipped(first)}; convert it: to one value of that type in every row"
            )


def check_no_code(part: Path, name: str, value: str, kind: str) -> None:
    """Refuse a column of codes that is not text, unless it is empty."""
    is_given = f"{value} is not null" + (f" and not isnan({value})" if kind in FLOAT_KINDS else "")
    query = f"select {value}::varchar from {reader(part, [])} where {is_given} limit 1"
    for (first,) in answer(part, query):
        raise InputError(
            f"{part}: column {name} must be text; it was {kind}, the first value {first}, which "
            "may lack zeros at its start or end; deliver it as text, from the source"
        )


def reader(part: Path, identifiers: list[str]) -> str:
    """Return the table function that reads `part`; nothing about a text file is guessed."""
    if not is_text(part):
        return f"read_parquet({literal(part)}, file_row_number = true)"
    types = ", ".join(f"'{name}': 'varchar'" for name in identifiers)
    return (
        f"read_csv({literal(part)}, auto_detect = false, header = true, columns = {{{types}}}, "
        f"delim = ',', quote = '\"', escape = '\"', compression = {compression(part)})"
    )


def empty_select(columns: list[dict[str, Any]]) -> str:
    """Return a SELECT with the columns of an absent table and no row."""
    nulls = ", ".join(
        [f'null::{c["data_type"]} as "{c["name"]}"' for c in columns]
        + ["null::varchar as row_fault"]
        + [f'null::varchar as "{delivered_name(c["name"])}"' for c in columns if is_dated(c)]
    )
    return (
        f"select null::varchar as data_set, null::bigint as source_row_number, {nulls}, "
        "null::varchar as withheld_reason where false"
    )


def readable(column: dict[str, Any]) -> str:
    """Return the expression that reads a column; null where it cannot be read."""
    name, kind = column["name"], column["data_type"]
    # Where staging reads more than a plain number, such as 2.35%, the contract says how.
    value = column.get("as_number") or f'try_cast("{name}" as {kind})'
    if kind == "integer":
        value = f'case when try_cast("{name}" as double) = {value} then {value} end'
    if kind == "date":
        # 24-01-31 is read as a date of the year 24.
        return f"case when isfinite({value}) and {value} >= date '1900-01-01' then {value} end"
    return f"case when isfinite({value}) then {value} end" if kind == "double" else value
