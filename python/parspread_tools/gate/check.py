"""Check the vendor files of a build before any model runs, and say how SQL should read them.

The contract comes from the dbt sources: the file of a table, its columns, which are required, the
bounds of the median of a numeric column, and the column whose moves it must not share.
Every message says where, what it must be, what was found, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parspread_tools.gate import catalogs, digests, quotes, versions
from parspread_tools.gate.content import check_against, check_content
from parspread_tools.gate.dates import check_dates, unknown_time_zone
from parspread_tools.gate.files import (
    InputError,
    chosen_parts,
    column_hit,
    cure_of_others,
    delivered_schema,
    find_parts,
    part_name,
    read_header,
    shown,
    unread_files,
)
from parspread_tools.gate.readers import empty_select, read_statement
from parspread_tools.gate.units import CATALOGS
from parspread_tools.sql_text import literal

MACROCREDIT_YEAR = Path("seeds/macrocredit_year")
# Columns of vendor.input_files, one row per file that the build reads.
FILE_COLUMNS = {
    "table_name": "varchar",
    "data_set": "varchar",
    "file_name": "varchar",
    "byte_count": "bigint",
    "sha256": "varchar",
    "table_row_count": "bigint",
    "part_count": "integer",
    "delivered_columns": "varchar",
    "unscreened": "varchar",
    "change_status": "varchar",
    "source_address": "varchar",
}


@dataclass
class Findings:
    """Faults and notes so far, and the files that were read."""

    errors: list[str]
    notes: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    identities: dict[str, tuple[int, ...]] = field(default_factory=dict)
    file_rows: list[str] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)

    def report(self, statements: list[str]) -> dict[str, Any]:
        """Return the report to dbt."""
        return {"errors": self.errors, "notes": self.notes, "statements": statements}


@dataclass(frozen=True)
class Delivery:
    """The vendor files of a build, by table, and the desks that have any."""

    folder: Path
    parts: dict[str, list[Path]]
    desks: set[str]

    def present(self) -> str:
        """Return the first names of the folder, for a message."""
        names = sorted(path.name for path in self.folder.iterdir())[:12]
        return ", ".join(names) or "nothing"


def check_inputs(
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
        `columns`; a column with a `used_value` has it in every row that the models use, one with
        `as_number` is read by that expression.
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
        also `digests` and `identities`, the SHA-256 and the state of every file that it reads.
    """
    found = Findings(errors=catalogs.check(CATALOGS))
    if not data_dir.is_dir():
        found.errors.append(
            f"PARSPREAD_DATA_DIR must name a folder of vendor files; {data_dir.absolute()} "
            "is not a folder; correct the path"
        )
        return found.report([])
    contract = contract if found.errors else quotes.with_quotes(contract)
    delivery = choose_files(data_dir, contract, found)
    found.errors += [error for entry in contract for error in unknown_time_zone(entry)]
    if found.errors:
        return found.report([])
    check_desks(delivery, contract, found)
    every_part = [part for parts in delivery.parts.values() for part in parts]
    metas = [entry["meta"] for entry in contract]
    names = [m["file"] for m in metas] + [m.get("alternative_file") or m["file"] for m in metas]
    found.notes += unread_files(data_dir, names, every_part)
    # Before anything of them is read: what the models read is what was checked, or it is noticed.
    read = [*every_part, *CATALOGS.glob("*.csv"), *MACROCREDIT_YEAR.rglob("*")]
    found.identities = {str(part): digests.identity(part) for part in read}
    for folder in sorted({data_dir, *(part.parent for part in every_part)}):
        within = [part for part in every_part if part.is_relative_to(folder)]
        found.errors += digests.unapproved(folder, within)

    found.digests = {str(path): digests.digest(path) for path in sorted(CATALOGS.glob("*.csv"))}
    found.addresses = digests.noted_addresses(data_dir)
    before = digests.last_digests(last_release)
    statements = []
    selects_of_desks: dict[str, str] = {}
    for entry in contract:
        selects = []
        for data_set, parts in parts_by_data_set(entry, delivery, found).items():
            select = checked_select(entry, data_set, parts, before, found)
            if select is None:
                continue
            reason = "null"
            if data_set == "desk":
                selects_of_desks[entry["table"]] = select
                has_versions = any(column_hit(read_header(part), "known_at") for part in parts)
                reason = versions.withheld_reason(entry, has_versions, as_of_date, restated_values)
            selects.append(f"select *, {reason} as withheld_reason from (\n{select}\n)")
        statements += view_statements(entry, selects)
    for entry in (e for e in contract if e["table"] in selects_of_desks):
        table = entry["table"]
        try:
            check_against(entry, delivery.parts[table], selects_of_desks[table], selects_of_desks)
        except InputError as problem:
            found.errors.append(str(problem))
    statements += [file_statement(found.file_rows), versions.withheld_statement(contract)]
    files = {"digests": found.digests, "identities": found.identities}
    return found.report(statements) | files


def choose_files(data_dir: Path, contract: list[dict[str, Any]], found: Findings) -> Delivery:
    """Return the files of every table; an error for each that could be two or none."""
    parts: dict[str, list[Path]] = {}
    desks = set()
    for entry in contract:
        try:
            parts[entry["table"]], stand_in = chosen_parts(data_dir, entry)
        except InputError as problem:
            found.errors.append(str(problem))
            continue
        found.notes += stand_in
        if parts[entry["table"]]:
            desks.add(entry["meta"]["desk"])
    return Delivery(data_dir, parts, desks)


def check_desks(delivery: Delivery, contract: list[dict[str, Any]], found: Findings) -> None:
    """Note the desks without data; refuse a folder that holds nothing of any desk."""
    files: dict[str, list[str]] = {}
    for entry in contract:
        files.setdefault(entry["meta"]["desk"], []).append(entry["meta"]["file"])
    for desk in sorted(files.keys() - delivery.desks):
        found.notes.append(
            f"desk {desk} has no data: none of {', '.join(sorted(files[desk]))} is in "
            f"{delivery.folder}; its tables are built empty"
        )
    if not delivery.desks:
        expected = ", ".join(sorted(file for names in files.values() for file in names))
        found.errors.append(
            f"{delivery.folder}: must hold the vendor files of a desk ({expected}), each as .csv "
            f"or .parquet; found only: {delivery.present()}; add them or correct PARSPREAD_DATA_DIR"
        )


def parts_by_data_set(
    entry: dict[str, Any], delivery: Delivery, found: Findings
) -> dict[str, list[Path]]:
    """Return the files of a table by data set; an error where those of the desk are not there."""
    meta = entry["meta"]
    parts = {"desk": delivery.parts[entry["table"]]}
    if meta.get("has_macrocredit_year"):
        parts["macrocredit"] = find_parts(MACROCREDIT_YEAR, meta["file"])
    if not parts["desk"] and meta["desk"] in delivery.desks and not meta.get("optional", False):
        other = meta.get("alternative_file")
        found.errors.append(
            f"{delivery.folder}: file {meta['file']}.parquet or .csv must be there "
            f"for desk {meta['desk']}; found only: {delivery.present()}; "
            f"{cure_of_others(delivery.folder, meta['file'])}add the file"
            + (f", or {other} in its place" if other else "")
        )
    return {data_set: files for data_set, files in parts.items() if files}


def checked_select(
    entry: dict[str, Any],
    data_set: str,
    parts: list[Path],
    before: dict[tuple[str, str, str], str],
    found: Findings,
) -> str | None:
    """Return the SELECT of a table whose files are sound; None where an error was found."""
    other = entry["meta"].get("alternative_file")
    remedy = "rename or add it" + (f", or deliver {other}" if other else "")
    try:
        zone = entry["meta"].get("time_zone")
        select = read_statement(parts, entry["columns"], data_set, remedy, zone)
        for part in parts:
            check_dates(part, entry, is_part=len(parts) > 1)
        row_count, unscreened = check_content(parts, select, entry, data_set)
    except InputError as problem:
        found.errors.append(str(problem))
        return None
    except OSError as problem:
        found.errors.append(
            f"{problem.filename}: must be readable; {problem.strerror}; "
            "correct its permissions or deliver it again"
        )
        return None
    if unscreened:
        found.notes.append(
            f"{shown(parts)} has no {', '.join(unscreened)}: nothing is screened by it"
        )
    for part in parts:
        sha256 = found.digests[str(part)] = digests.digest(part)
        status = digests.change_status(before, (entry["table"], data_set, part_name(part)), sha256)
        if status != "unchanged" and before:
            found.notes.append(f"{part} is {status} since the last release")
        words = (delivered_schema(part), " ".join(unscreened), status)
        address = found.addresses.get(sha256)
        found.file_rows.append(
            f"('{entry['table']}', '{data_set}', {literal(part_name(part))}, "
            f"{part.stat().st_size}, '{sha256}', {row_count}, {len(parts)}, "
            f"{', '.join(map(literal, words))}, "
            f"{'null::varchar' if address is None else literal(address)})"
        )
    return select


def view_statements(entry: dict[str, Any], selects: list[str]) -> list[str]:
    """Return the statements that expose a table: all its versions, and those that count."""
    body = "\nunion all\n".join(selects) or empty_select(entry["columns"])
    return [
        f"create or replace view vendor.{entry['table']}_versions as\n{body}",
        f"create or replace view vendor.{entry['table']} as select * exclude (withheld_reason) "
        f"from vendor.{entry['table']}_versions where withheld_reason is null",
    ]


def file_statement(rows: list[str]) -> str:
    """Return the statement that lists the files which the build reads."""
    nulls = ", ".join(f"null::{kind}" for kind in FILE_COLUMNS.values())
    body = f"values {', '.join(rows)}" if rows else f"select {nulls} where false"
    return (
        "create or replace table vendor.input_files as select * from "
        f"({body}) as files({', '.join(FILE_COLUMNS)})"
    )
