"""Check the vendor files of a build before any model runs, and say how SQL should read them.

The contract comes from the dbt sources: which file, which columns, which are required, within which
bounds the median of a numeric column must lie, so that a file in another unit is refused, and which
column's moves it must not share. Most bounds lie at most a hundredfold apart, so that no file that
is a hundred times too large or small passes. One bad row is a matter for the models, which give it
a reason.
Every message says where, what it must be, what was found, and what to do.
"""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.gate import catalogs

SUFFIXES = (".parquet", ".csv")
CATALOGS = Path("seeds/catalog")
MACROCREDIT_YEAR = Path("seeds/macrocredit_year")
READABLE = {
    "date": "dates such as 2020-01-31",
    "double": "numbers such as 65.3",
    "integer": "whole numbers such as 42",
    "timestamp": "times such as 2020-01-31 18:00:00",
}
# Types of a file in which a code has kept its leading zeros.
TEXT_KINDS = ("VARCHAR", "BLOB")
FLOAT_KINDS = ("FLOAT", "DOUBLE")
# A delivery that holds this file, as sha256sum writes it, must match it.
APPROVED = "SHA256SUMS"
# A year, or an instrument, with fewer values is judged row by row only.
TYPICAL_MIN_COUNT = 100
# Codes that a message lists of those found, the most frequent first.
SHOWN_COUNT = 5
# With fewer daily changes a correlation of unrelated series can be high by chance.
CORRELATION_MIN_COUNT = 10


class InputError(Exception):
    """One thing that is wrong with one input, in words that say what to do."""


def check(
    data_dir: Path,
    contract: list[dict[str, Any]],
    as_of_date: str = "9999-12-31",
    restated_values: str = "latest",
    last_release: Path | None = None,
) -> dict[str, Any]:
    """Return what is wrong, what is worth saying, and the statements that expose the files.

    Parameters
    ----------
    data_dir : Path
        Folder of vendor files, `<file>.parquet`, `<file>.csv`, or a folder `<file>` of parts.
    contract : list of dict
        One entry per source: `table`, `meta` (file, desk, has_macrocredit_year, version_key,
        date_column if rows are dated, and alternative_file if another file may stand in),
        `columns`; a column with a `used_value` has it in every row that the models use.
    as_of_date : str
        ISO date; what is dated or became known later is withheld.
    restated_values : str
        `latest` or `first`: which of several versions of one key counts.
    last_release : Path, optional
        Published file with whose inputs those of this build are compared.

    Returns
    -------
    dict
        `errors`, `notes`, `statements`; with an error there is nothing to build. Without one
        also `digests`, the SHA-256 of every file that the build reads.
    """
    errors = catalogs.check(CATALOGS)
    notes: list[str] = []
    views: list[str] = []
    withheld: list[str] = []
    manifest: list[str] = []
    before = last_digests(last_release)
    digests = {str(path): digest(path) for path in sorted(CATALOGS.glob("*.csv"))}
    if not data_dir.is_dir():
        errors.append(
            f"PARSPREAD_DATA_DIR must name a folder of vendor files; {data_dir.absolute()} "
            "is not a folder; correct the path"
        )
        return {"errors": errors, "notes": notes, "statements": []}

    found: dict[str, list[Path]] = {}
    for entry in contract:
        try:
            found[entry["table"]], reason = chosen_parts(data_dir, entry)
            notes += reason
        except InputError as problem:
            errors.append(str(problem))
    if errors:
        return {"errors": errors, "notes": notes, "statements": []}
    present = ", ".join(sorted(path.name for path in data_dir.iterdir())[:12]) or "nothing"
    desks = sorted({entry["meta"]["desk"] for entry in contract})
    active = {
        desk
        for desk in desks
        if any(found[e["table"]] for e in contract if e["meta"]["desk"] == desk)
    }
    for desk in desks:
        if desk not in active:
            files = sorted(e["meta"]["file"] for e in contract if e["meta"]["desk"] == desk)
            notes.append(
                f"desk {desk} has no data: none of {', '.join(files)} is in {data_dir}; "
                "its tables are built empty"
            )
    if not active:
        expected = ", ".join(sorted(e["meta"]["file"] for e in contract))
        errors.append(
            f"{data_dir}: must hold the vendor files of a desk ({expected}), each as .csv or "
            f".parquet; found only: {present}; add them or correct PARSPREAD_DATA_DIR"
        )

    errors += unapproved(data_dir, [part for parts in found.values() for part in parts])

    for entry in contract:
        selects = []
        parts_by_set = {"desk": found[entry["table"]]}
        if entry["meta"].get("has_macrocredit_year"):
            parts_by_set["macrocredit"] = find_parts(MACROCREDIT_YEAR, entry["meta"]["file"])
        for data_set, parts in parts_by_set.items():
            is_optional = entry["meta"].get("optional", False)
            other = entry["meta"].get("alternative_file")
            if not parts:
                if entry["meta"]["desk"] in active and data_set == "desk" and not is_optional:
                    errors.append(
                        f"{data_dir}: file {entry['meta']['file']}.parquet or .csv must be there "
                        f"for desk {entry['meta']['desk']}; found only: {present}; add the file"
                        + (f", or {other} in its place" if other else "")
                    )
                continue
            try:
                remedy = "rename or add it" + (f", or deliver {other}" if other else "")
                select = read_statement(parts, entry["columns"], data_set, remedy)
                row_count, unscreened = check_content(parts, select, entry, data_set)
            except InputError as problem:
                errors.append(str(problem))
                continue
            except OSError as problem:
                errors.append(
                    f"{problem.filename}: must be readable; {problem.strerror}; "
                    "correct its permissions or deliver it again"
                )
                continue
            if unscreened:
                notes.append(
                    f"{parts[0] if len(parts) == 1 else parts[0].parent} has no "
                    f"{', '.join(unscreened)}: nothing is screened by it"
                )
            reason = "null"
            if data_set == "desk":
                has_versions = any(column_hit(read_header(part), "known_at") for part in parts)
                reason = withheld_reason(entry, has_versions, as_of_date, restated_values)
            selects.append(f"select *, {reason} as withheld_reason from (\n{select}\n)")
            for part in parts:
                digests[str(part)] = digest(part)
                key = (entry["table"], data_set, part.name)
                status = change_status(before, key, digests[str(part)])
                if status != "unchanged" and before:
                    notes.append(f"{part} is {status} since the last release")
                manifest.append(
                    f"('{entry['table']}', '{data_set}', {quoted(Path(part.name))}, "
                    f"{part.stat().st_size}, '{digests[str(part)]}', {row_count}, {len(parts)}, "
                    f"{quoted(delivered_schema(part))}, '{' '.join(unscreened)}', '{status}')"
                )
        body = "\nunion all\n".join(selects) or empty_select(entry["columns"])
        views.append(f"create or replace view vendor.{entry['table']}_versions as\n{body}")
        views.append(
            f"create or replace view vendor.{entry['table']} as select * exclude (withheld_reason) "
            f"from vendor.{entry['table']}_versions where withheld_reason is null"
        )
        withheld.append(withheld_select(entry))
    empty = (
        "select null::varchar, null::varchar, null::varchar, null::bigint, null::varchar, "
        "null::bigint, null::integer, null::varchar, null::varchar, null::varchar where false"
    )
    manifest_rows = f"values {', '.join(manifest)}" if manifest else empty
    views.append(
        "create or replace table vendor.input_files as select * from "
        f"({manifest_rows}) as files(table_name, data_set, file_name, byte_count, sha256, "
        "table_row_count, part_count, delivered_columns, unscreened, change_status)"
    )
    views.append(
        "create or replace table vendor.withheld_rows as\n" + "\nunion all\n".join(withheld)
    )
    return {"errors": errors, "notes": notes, "statements": views, "digests": digests}


def withheld_reason(
    entry: dict[str, Any], has_versions: bool, as_of_date: str, restated_values: str
) -> str:
    """Return the expression that says why a row does not count as of a date; null if it does.

    Of the versions of one key that were known by then, the latest (or the first) counts. A row
    without a time was known from the start. The window is there only for files with versions, so
    that a market's quotes are not sorted for nothing.
    """
    cases = []
    known = "coalesce(try_cast(\"known_at\" as timestamp), timestamp '-infinity')"
    too_late = f"{known} >= date '{as_of_date}' + interval 1 day"
    if has_versions:
        cases += [
            'when "known_at" is not null and try_cast("known_at" as timestamp) is null '
            "then 'known_at_unreadable'",
            f"when {too_late} then 'not_known_yet'",
        ]
    if "date_column" in entry["meta"]:
        dated = f'try_cast("{entry["meta"]["date_column"]}" as date)'
        cases.append(
            f"when isfinite({dated}) and {dated} > date '{as_of_date}' then 'date_in_future'"
        )
    if has_versions:
        key = ", ".join(key_expression(entry, name) for name in entry["meta"]["version_key"])
        better, chosen = ("<", "max") if restated_values == "latest" else (">", "min")
        cases.append(
            f"when {known} {better} {chosen}({known}) filter (where not {too_late}) "
            f"over (partition by {key}) then 'other_version_counts'"
        )
    return f"case {' '.join(cases)} end" if cases else "null"


def key_expression(entry: dict[str, Any], name: str) -> str:
    """Return a key column as comparable text: dates as dates, codes without case and padding."""
    if name == entry["meta"].get("date_column"):
        return f'try_cast("{name}" as date)::varchar'
    return f'upper(trim("{name}"::varchar))'


def withheld_select(entry: dict[str, Any]) -> str:
    """Return the SELECT that lists the withheld rows of a table, each as it was delivered."""
    key = ", ".join(key_expression(entry, name) for name in entry["meta"]["version_key"])
    row = ", ".join(f'"{c["name"]}" := "{c["name"]}"::varchar' for c in entry["columns"])
    return (
        f"select '{entry['table']}' as table_name, data_set, source_row_number, "
        f"concat_ws(' ', {key}) as natural_key, withheld_reason, "
        f"to_json(struct_pack({row}))::varchar as raw_row_json "
        f"from vendor.{entry['table']}_versions where withheld_reason is not null"
    )


def unapproved(data_dir: Path, parts: list[Path]) -> list[str]:
    """Return where the delivery differs from its own list of digests, if it has one."""
    listing = data_dir / APPROVED
    if not listing.is_file():
        return []
    approved = {}
    for number, line in enumerate(listing.read_text().splitlines(), start=1):
        sum_and_name = re.fullmatch(r"([0-9a-fA-F]{64}) [ *](.+)", line)
        if not sum_and_name:
            return [
                f"{listing} line {number}: must be a SHA-256 digest, two blanks and a file name, "
                "as sha256sum writes it; write the list again"
            ]
        approved[(data_dir / sum_and_name[2]).resolve()] = sum_and_name[1].lower()
    problems = []
    for part in parts:
        expected = approved.get(part.resolve())
        if expected is None:
            problems.append(f"{part}: must be listed in {listing}; it is not; approve or remove it")
        elif digest(part) != expected:
            problems.append(
                f"{part}: must have the bytes that {listing} lists; its SHA-256 is {digest(part)}, "
                f"not {expected}; deliver it again, or approve the new file"
            )
    return problems


def last_digests(release: Path | None) -> dict[tuple[str, str, str], str]:
    """Return the digests of the inputs of a published release; empty without one."""
    if release is None or not release.is_file():
        return {}
    try:
        with duckdb.connect(str(release), read_only=True) as connection:
            rows = connection.sql(
                "select table_name, data_set, file_name, sha256 from quality.dim_input_files"
            ).fetchall()
    except duckdb.Error:
        # An older release without that table has nothing to compare with.
        return {}
    return {tuple(row[:3]): row[3] for row in rows}


def change_status(
    before: dict[tuple[str, str, str], str], key: tuple[str, str, str], sha256: str
) -> str:
    """Return `new`, `changed` or `unchanged` against the last release."""
    if key not in before:
        return "new"
    return "unchanged" if before[key] == sha256 else "changed"


def delivered_schema(part: Path) -> str:
    """Return the columns of a file as delivered, with their types where the format has types."""
    if part.suffix == ".csv":
        return ", ".join(read_header(part))
    rows = duckdb.sql(f"describe from read_parquet({quoted(part)})").fetchall()
    return ", ".join(f"{name} {kind}" for name, kind, *_ in rows)


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

    It does where the own one is not there or lacks a required column; one that cannot be read is
    refused as any other is.
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


def answer(part: Path, query: str) -> list[tuple]:
    """Return the rows of a query on `part`; raise InputError when it cannot be read."""
    try:
        return duckdb.sql(query).fetchall()
    except duckdb.Error as problem:
        raise InputError(
            f"{part}: must be readable from the first line to the last; {first_line(problem)}; "
            "correct it or deliver it again"
        ) from problem


def read_part(part: Path, columns: list[dict[str, Any]], remedy: str) -> tuple[str, str]:
    """Return the contract's columns of one file, whatever their order and case, and its reader."""
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
            source = value_of(part, column, f'"{identifiers[position]}"', kinds.get(position))
        expressions.append(f'{source} as "{column["name"]}"')
    return ", ".join(expressions), reader(part, identifiers)


def names_of(column: dict[str, Any]) -> list[str]:
    """Return the names under which a column may be delivered."""
    return [column["name"], *filter(None, [column["meta"].get("alias")])]


def value_of(part: Path, column: dict[str, Any], value: str, kind: str | None) -> str:
    """Return the expression that reads a column which a file holds as `kind`; text has no kinds.

    Codes and labels are read as text, times as those of UTC: what a value means must not depend on
    how an exporter guessed its type, nor on the time zone of the machine.
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
    """Refuse a column of codes that is not text, unless it holds nothing."""
    is_given = f"{value} is not null" + (f" and not isnan({value})" if kind in FLOAT_KINDS else "")
    query = f"select {value}::varchar from {reader(part, [])} where {is_given} limit 1"
    for (first,) in answer(part, query):
        raise InputError(
            f"{part}: column {name} must be text; it was {kind}, the first value {first}, which "
            "may lack zeros at its start or end; deliver it as text, from the source"
        )


def check_midnights(part: Path, name: str, moment: str) -> None:
    """Refuse dates that are midnights of another time zone than UTC: of which, nothing says."""
    is_off = "moment <> date_trunc('day', moment)"
    ((off_count, count, first),) = answer(
        part,
        f"select count(*) filter (where {is_off}), count(moment), min(moment) filter "
        f"(where {is_off}) from (select {moment} as moment from {reader(part, [])})",
    )
    # One odd row among many has a date all the same.
    if 2 * off_count > count:
        raise InputError(
            f"{part}: column {name} must hold dates, or times at midnight in UTC; {off_count} of "
            f"its {count} times were others, the first {first}; convert it: to dates without time"
        )


def column_hit(header: list[str], *names: str) -> str | None:
    """Return the first of `names` that a header has, whatever its case and padding, or None."""
    words = [name.strip().lower() for name in header]
    return next((name for name in names if name.lower() in words), None)


def reader(part: Path, identifiers: list[str]) -> str:
    """Return the table function call that reads `part`; nothing about a text file is guessed."""
    if part.suffix == ".parquet":
        return f"read_parquet({quoted(part)}, file_row_number = true)"
    types = ", ".join(f"'{name}': 'varchar'" for name in identifiers)
    return (
        f"read_csv({quoted(part)}, auto_detect = false, header = true, columns = {{{types}}}, "
        "delim = ',', quote = '\"', escape = '\"')"
    )


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
    try:
        rows = duckdb.sql(f"describe from read_parquet({quoted(part)})")
        return [row[0] for row in rows.fetchall()]
    except duckdb.Error as problem:
        raise InputError(
            f"{part}: must be a complete parquet file; {first_line(problem)}; deliver it again"
        ) from problem


def column_kinds(part: Path) -> dict[int, str]:
    """Return the type of every column of `part` by its position; of a text file, none."""
    if part.suffix == ".csv":
        return {}
    rows = duckdb.sql(f"describe from read_parquet({quoted(part)})").fetchall()
    return {position: row[1] for position, row in enumerate(rows)}


def check_encoding(part: Path) -> None:
    """Refuse a text file that is not UTF-8; the engine notices it late, or not at all."""
    with part.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as problem:
                raise InputError(
                    f"{part}: must be UTF-8 text; line {number} is not; save it as CSV UTF-8"
                ) from problem


def check_content(
    parts: list[Path], select: str, entry: dict[str, Any], data_set: str = "desk"
) -> tuple[int, list[str]]:
    """Return the row count of a table that is sound, and the screened columns without a value."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        try:
            connection.execute(f"create view delivered as {select}")
            (row_count,) = connection.execute("select count(*) from delivered").fetchone()
            if row_count == 0:
                raise InputError(
                    f"{parts[0]}: must hold at least one row; it has a header only; "
                    "deliver it again"
                )
            empty = check_values(connection, entry, parts[0], row_count)
            check_used(connection, entry, parts, empty)
            for column in entry["columns"]:
                if "moves_unlike" in column["meta"]:
                    check_moves(connection, column, parts[0])
            for part in parts:
                # Part by part: each may be in a unit of its own, and fits into memory.
                one_part = read_statement([part], entry["columns"], data_set)
                connection.execute(f"create or replace view one_part as {one_part}")
                check_units(connection, entry, part, data_set)
                if "zero_curve" in entry["meta"]:
                    check_zero_curve(connection, entry, part)
        except duckdb.Error as problem:
            raise InputError(
                f"{place(problem, parts)}: must be readable from the first line to the last; "
                f"{first_line(problem)}; correct it or deliver it again"
            ) from problem
    return row_count, [
        c["name"] for c in entry["columns"] if c["meta"].get("is_screened") and c["name"] in empty
    ]


def readable(column: dict[str, Any]) -> str:
    """Return the expression that reads a column; null where it cannot be read."""
    name, kind = column["name"], column["data_type"]
    value = f'try_cast("{name}" as {kind})'
    if column["meta"].get("may_be_percent"):
        # Web exports write 2.35%, which staging reads as 0.0235.
        percent = f"try_cast(rtrim(trim(\"{name}\"::varchar), '%') as double) / 100"
        value = f"coalesce({value}, {percent})"
    if kind == "date":
        # Before 1900 lie the years in which 24-01-31 is read.
        return f"case when isfinite({value}) and {value} >= date '1900-01-01' then {value} end"
    return f"case when isfinite({value}) then {value} end" if kind == "double" else value


def check_values(
    connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], part: Path, row_count: int
) -> set[str]:
    """Return the columns without a value.

    Refuse a required one, and a column in which nothing can be read.
    """
    counts = ", ".join(
        f'count("{c["name"]}"), count({readable(c)}), arg_min("{c["name"]}"::varchar, '
        f"source_row_number) filter (where {readable(c)} is null)"
        for c in entry["columns"]
    )
    found = connection.execute(f"select {counts} from delivered").fetchone()
    empty = set()
    for position, column in enumerate(entry["columns"]):
        name, kind = column["name"], column["data_type"]
        filled_count, readable_count, first_unreadable = found[3 * position : 3 * position + 3]
        if filled_count == 0:
            empty.add(name)
        if filled_count == 0 and column["meta"].get("required"):
            raise InputError(
                f"{part}: column {name} must hold values; it was empty in all of {row_count} rows; "
                "deliver it again"
            )
        if filled_count > 0 and readable_count == 0:
            raise InputError(
                f"{part}: column {name} must hold {READABLE.get(kind, kind)}; none of its "
                f"{filled_count} values could be read, the first was {first_unreadable}; convert it"
            )
    return empty


def check_used(
    connection: duckdb.DuckDBPyConnection,
    entry: dict[str, Any],
    parts: list[Path],
    empty: set[str],
) -> None:
    """Refuse a table of which the models would use no row, because all have other codes."""
    columns = [c for c in entry["columns"] if c.get("used_value") and c["name"] not in empty]
    if not columns:
        return
    is_used = " and ".join(
        f'upper(trim("{c["name"]}")) = upper(trim({text_value(c["used_value"])}))' for c in columns
    )
    if connection.execute(f"select 1 from delivered where {is_used} limit 1").fetchall():
        return
    names = ", ".join(f'"{c["name"]}"' for c in columns)
    seen = connection.execute(
        f"select concat_ws(', ', {names}), count(*), count(*) over () from "
        f"(select {', '.join(coded(c) for c in columns)} from delivered) "
        f"group by {names} order by 2 desc, 1 limit {SHOWN_COUNT}"
    ).fetchall()
    found = " and ".join(f"{codes} in {row_count} rows" for codes, row_count, _ in seen)
    raise InputError(
        f"{parts[0] if len(parts) == 1 else parts[0].parent}: columns "
        f"{', '.join(c['name'] for c in columns)} must be "
        f"{', '.join(c['used_value'] for c in columns)} in some row, or none is used; of "
        f"{seen[0][2]} kinds found {found}; correct "
        f"{', '.join('var ' + c['meta']['used_var'] for c in columns)} of dbt_project.yml, "
        "the codes, or what was exported"
    )


def coded(column: dict[str, Any]) -> str:
    """Return the expression that shows what a column of codes holds, nothing included."""
    name = column["name"]
    return f"coalesce(nullif(trim(\"{name}\"), ''), 'no {name}') as \"{name}\""


def check_units(
    connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], part: Path, data_set: str
) -> None:
    """Refuse a column whose median shows another unit, in any year and for any known instrument."""
    bounded = [column for column in entry["columns"] if "median_min" in column["meta"]]
    alike = []
    for column in bounded:
        meta = column["meta"]
        groups = instrument_groups(connection, meta, data_set) if "instruments_by" in meta else []
        for label, condition, low, high in groups:
            value = f"case when {condition} then {above_zero(column)} end"
            (typical,) = typical_values(connection, entry, [(value, 0.5)])
            check_unit(column, part, label, low, high, typical)
        if not groups:
            alike.append(column)
    values = [(above_zero(c), c["meta"].get("quantile_share", 0.5)) for c in alike]
    for column, typical in zip(alike, typical_values(connection, entry, values), strict=True):
        low, high = column["meta"]["median_min"], column["meta"]["median_max"]
        check_unit(column, part, "", low, high, typical)


def check_unit(
    column: dict[str, Any],
    part: Path,
    label: str,
    low: float,
    high: float,
    typical: list[tuple[int | None, float]],
) -> None:
    """Refuse a column one of whose typical values lies outside its bounds."""
    meta = column["meta"]
    share = meta.get("quantile_share", 0.5)
    what = "median" if share == 0.5 else f"{share:.0%} quantile"
    for year, value in typical:
        if not low <= value <= high:
            raise InputError(
                f"{part}: column {column['name']}{label} must be in {meta['unit']} with a {what} "
                f"from {low:g} to {high:g}; its {what}{in_year(year)} was {value:g}; "
                f"convert it: {meta['hint']}"
            )


def above_zero(column: dict[str, Any]) -> str:
    """Return the expression that reads a column; null where it is not a number above zero."""
    return f"case when {readable(column)} > 0 then {readable(column)} end"


def in_year(year: int | None) -> str:
    """Return the words that name a year, if there is one."""
    return f" in {year}" if year else ""


def typical_values(
    connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], values: list[tuple[str, float]]
) -> list[list[tuple[int | None, float]]]:
    """Return, for each expression and share, its quantile in every year of a part.

    A file may be sound for years and then change its unit, which the median of all years hides. A
    year with few values is left out; where all years are, the quantile of all rows stands alone.
    """
    year = "null::integer"
    if "date_column" in entry["meta"]:
        date = f'try_cast("{entry["meta"]["date_column"]}" as date)'
        year = f"case when isfinite({date}) then year({date}) end"
    columns = ", ".join(f"{value} as value_{n}" for n, (value, _) in enumerate(values))
    rows = f"(select {', '.join(filter(None, [columns, f'{year} as year']))} from one_part)"

    def quantiles(grouping: str) -> list[tuple]:
        found = ", ".join(
            f"count(value_{n}), quantile_cont(value_{n}, {share})"
            for n, (_, share) in enumerate(values)
        )
        return connection.execute(f"select {found}, {grouping}").fetchall() if values else []

    by_year = quantiles(f"year from {rows} where year is not null group by year order by year")
    typical = [
        [(row[-1], row[2 * n + 1]) for row in by_year if row[2 * n] >= TYPICAL_MIN_COUNT]
        for n in range(len(values))
    ]
    if all(typical):
        return typical
    ((*whole, _),) = quantiles(f"null from {rows}") or [(None,)]
    return [
        years or [(None, whole[2 * n + 1])] if whole[2 * n] else years
        for n, years in enumerate(typical)
    ]


def instrument_groups(
    connection: duckdb.DuckDBPyConnection, meta: dict[str, Any], data_set: str
) -> list[tuple[str, str, float, float]]:
    """Return label, condition and bounds of every instrument of the catalog that a part quotes.

    `instruments_by` names the columns of an instrument: index and tenor, whose plausible range is
    in the catalog, or the ticker of an ETF, which has the bounds of the column.
    """
    groups = {}
    with (CATALOGS / "instruments.csv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["data_set"] != data_set or row["is_enabled"] != "true":
                continue
            if meta["instruments_by"] == ["ticker"]:
                codes, tenor = [row["etf_ticker"]], None
                bounds = (meta["median_min"], meta["median_max"])
            else:
                codes, tenor = row["vendor_names"].split(";"), row["tenor_code"]
                bounds = (float(row["plausible_min_bps"]), float(row["plausible_max_bps"]))
            names = ", ".join(text_value(code.strip().upper()) for code in codes)
            condition = f'upper(trim("{meta["instruments_by"][0]}")) in ({names})'
            if tenor:
                condition += f' and upper(trim("tenor")) = {text_value(tenor.upper())}'
            groups[condition] = (f" of {codes[0]}{' ' + tenor if tenor else ''}", *bounds)
    return [
        (label, condition, low, high)
        for condition, (label, low, high) in groups.items()
        if connection.execute(f"select 1 from one_part where {condition} limit 1").fetchall()
    ]


def check_zero_curve(
    connection: duckdb.DuckDBPyConnection, entry: dict[str, Any], part: Path
) -> None:
    """Refuse curve parameters in another unit than percent, or than the yields beside them."""
    meta = entry["meta"]["zero_curve"]
    low, high = meta["ten_year_min"], meta["ten_year_max"]
    yields = [column for column in entry["columns"] if column["name"].startswith("SVENY")]
    values = [(svensson_pct(10), 0.5)]
    for column in yields:
        fitted = svensson_pct(int(column["name"].removeprefix("SVENY")))
        # -999.99 stands for a yield that the fit of that day does not give.
        published = f"nullif({readable(column)}, -999.99)"
        values.append((f"abs({published} - ({fitted}))", 0.5))
    finite = [(f"case when isfinite({value}) then {value} end", share) for value, share in values]
    ten_years, *differences = typical_values(connection, entry, finite)
    for year, value in ten_years:
        if not low <= value <= high:
            raise InputError(
                f"{part}: columns BETA0 to BETA3 must be in percent and TAU1, TAU2 in years, with "
                f"ten-year zero yields whose median is from {low:g} to {high:g} percent; it "
                f"was {value:g}{in_year(year)}; convert them: a level of 3.1 % is 3.1"
            )
    for column, typical in zip(yields, differences, strict=True):
        for year, value in typical:
            if value > meta["difference_max"]:
                raise InputError(
                    f"{part}: column {column['name']} must be the zero yield in percent that the "
                    f"parameters give, with a median difference of at most "
                    f"{meta['difference_max']:g}; it was {value:g}{in_year(year)}; convert the "
                    "column or the parameters"
                )


def svensson_pct(years: int) -> str:
    """Return the expression of the zero yield in percent that the parameters of a row give."""
    names = ("BETA0", "BETA1", "BETA2", "BETA3", "TAU1", "TAU2")
    level, slope, hump_1, hump_2, tau_1, tau_2 = (f'try_cast("{n}" as double)' for n in names)

    def load(tau: str) -> str:
        return f"((1 - exp(-{years} / {tau})) / ({years} / {tau}))"

    # Without second hump its decay time means nothing; the vendor writes -999.99.
    return (
        f"{level} + {slope} * {load(tau_1)} + {hump_1} * ({load(tau_1)} - exp(-{years} / {tau_1})) "
        f"+ if({hump_2} = 0, 0, {hump_2} * ({load(tau_2)} - exp(-{years} / {tau_2})))"
    )


def check_moves(connection: duckdb.DuckDBPyConnection, column: dict[str, Any], part: Path) -> None:
    """Refuse a column whose daily changes are those of another: a price fed in as a spread."""
    name, unlike = column["name"], column["meta"]["moves_unlike"]
    other, group = unlike["column"], unlike["per"]
    # Levels can drift together by chance; a spread falls when its price rises.
    # No correlation survives a number of three hundred digits, which is for the screens to reject.
    row = connection.execute(
        f"""
        with numbers as (
            select "{group}" as code, try_cast("{unlike["along"]}" as date) as day,
                try_cast("{name}" as double) as own, try_cast("{other}" as double) as other
            from delivered
            where abs(own) < 1e9 and abs(other) < 1e9
        ),
        changes as (
            select code, own - lag(own) over history as own_change,
                other - lag(other) over history as other_change
            from numbers
            window history as (partition by code order by day)
        )
        select code, corr(own_change, other_change) as correlation
        from changes
        group by code
        having count(own_change) >= {CORRELATION_MIN_COUNT}
            and correlation > {unlike["correlation_max_ratio"]}
        order by correlation desc, code
        limit 1
        """
    ).fetchone()
    if row is not None:
        raise InputError(
            f"{part}: column {name} must be a {column['meta']['unit']} series of its own, whose "
            f"daily changes correlate at most {unlike['correlation_max_ratio']:g} with those of "
            f"column {other}; for {group} {row[0]} they correlate {row[1]:.2f}; deliver the spread "
            f"or leave the column out: {column['meta']['hint']}"
        )


def digest(part: Path) -> str:
    """Return the SHA-256 of the bytes of `part`."""
    with part.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def changed(digests: dict[str, str]) -> list[str]:
    """Return the files whose bytes are not those of `digests` any more, or that are gone."""
    return [
        name
        for name, before in digests.items()
        if not Path(name).is_file() or digest(Path(name)) != before
    ]


def empty_select(columns: list[dict[str, Any]]) -> str:
    """Return a SELECT with the columns of an absent table and no row."""
    nulls = ", ".join(f'null::{c["data_type"]} as "{c["name"]}"' for c in columns)
    return (
        f"select null::varchar as data_set, null::bigint as source_row_number, {nulls}, "
        "null::varchar as withheld_reason where false"
    )


def quoted(path: Path) -> str:
    """Return `path` as an SQL string literal."""
    return text_value(str(path))


def text_value(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def place(problem: duckdb.Error, parts: list[Path]) -> str:
    """Return the file that an engine message names, or the first of the table."""
    named = re.search(r"^\s*file = (.+)$", str(problem), re.M)
    return named.group(1) if named else str(parts[0])


def first_line(problem: Exception) -> str:
    """Return what an engine message says in one line, without its advice on reader options."""
    said = re.split(r"\n\s*(?:Possible|file =|Stack Trace)", str(problem))[0]
    return "; ".join(line.strip() for line in said.splitlines() if line.strip())
