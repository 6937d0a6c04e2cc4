"""`parspread doctor FILE`: which column is what, what is missing, and how to rename the rest."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from parspread_tools.console.headers import Sampled, matched, unit_note, vocabulary_of
from parspread_tools.console.project import CommandError, add_project_options, project_of
from parspread_tools.gate.contract import described, read_contract
from parspread_tools.gate.files import (
    InputError,
    column_hit,
    is_text,
    names_of,
    read_header,
    suffix_of,
)
from parspread_tools.gate.readers import located, reader
from parspread_tools.sql_text import identifier, literal

PURPOSE = "Say which column of a file is what, what is missing, and how to rename the rest."
SAMPLED_ROWS = 2000
# Exit codes: as it should be, to be renamed, something required is missing.
SOUND, TO_RENAME, MISSING = 0, 1, 2


@dataclass(frozen=True)
class Diagnosis:
    """A file as one table of the contract."""

    entry: Mapping[str, Any]
    found: dict[str, Sampled]
    unused: list[str]

    @property
    def missing(self) -> list[str]:
        """Required columns that no header is."""
        columns = self.entry["columns"]
        return [c["name"] for c in columns if c["meta"].get("required") and not self._has(c)]

    @property
    def renames(self) -> dict[str, str]:
        """New name by header, where a header is not accepted as it stands."""
        return {
            self.found[column["name"]].header: column["name"]
            for column in self.entry["columns"]
            if self._has(column)
            and not column_hit([self.found[column["name"]].header], *names_of(column))
        }

    def _has(self, column: Mapping[str, Any]) -> bool:
        return column["name"] in self.found


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the options of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a .csv, .csv.gz or .parquet file")
    parser.add_argument("--table", help="the vendor table that it is, by default the most alike")
    parser.add_argument("--write", type=Path, metavar="OUT", help="write the file with these names")
    add_project_options(parser)


def sampled_columns(part: Path) -> list[Sampled]:
    """Return the columns of a file with their first values as text; raise where it is none."""
    if not part.is_file() or not suffix_of(part.name):
        raise CommandError(f"{part}: must be a .csv, .csv.gz or .parquet file; correct the path")
    header = read_header(part)
    _, identifiers = located(part, [])
    names = ", ".join(f'"{name}"::varchar' for name in identifiers)
    query = f"select {names} from {reader(part, identifiers)} limit {SAMPLED_ROWS}"
    try:
        rows = duckdb.sql(query).fetchall()
    except duckdb.Error as problem:
        raise CommandError(f"{part}: cannot be read; {str(problem).splitlines()[0]}") from problem
    columns = zip(*rows, strict=True) if rows else ((),) * len(header)
    return [
        Sampled(name, tuple(v for v in values if v is not None and v.strip()))
        for name, values in zip(header, columns, strict=True)
    ]


def diagnose(
    part: Path, contract: Iterable[Mapping[str, Any]], table: str | None = None
) -> Diagnosis:
    """Return what a file is: the named table, that of its name, or the most alike."""
    contract = list(contract)
    names = [e["table"] for e in contract]
    if table is not None and table not in names:
        raise CommandError(f"--table must be one of {', '.join(names)}; it was {table}")
    stem = part.name.lower().removesuffix(suffix_of(part.name))
    by_name = [e for e in contract if table == e["table"]] or [
        e for e in contract if table is None and stem == e["meta"]["file"].lower()
    ]
    file, vocabulary = sampled_columns(part), vocabulary_of(contract)
    results = [(e, *matched(e, file, vocabulary)) for e in by_name or contract]

    def fitness(result: tuple) -> tuple[bool, float]:
        entry, found, score = result
        required = [c["name"] for c in entry["columns"] if c["meta"].get("required")]
        return set(required) <= found.keys(), score - 0.6 * len(set(required) - found.keys())

    entry, found, _ = max(results, key=fitness)
    used = {sampled.header for sampled in found.values()}
    return Diagnosis(entry, found, [s.header for s in file if s.header not in used])


def lines_of(diagnosis: Diagnosis) -> list[str]:
    """Return the report, one line per column of the contract that matters."""
    entry, renames = diagnosis.entry, diagnosis.renames
    lines = []
    for column in entry["columns"]:
        sampled = diagnosis.found.get(column["name"])
        if sampled is None:
            continue
        what = f"rename {sampled.header}" if sampled.header in renames else "ok"
        note = unit_note(sampled, column)
        lines.append(f"  {column['name']:<20} {what}{f'; it {note}' if note else ''}")
    absent = [c for c in entry["columns"] if c["name"] not in diagnosis.found]
    for column in absent:
        if column["meta"].get("required"):
            meant = f"{column['description']}"
            lines.append(f"  {column['name']:<20} MISSING, required: {meant}")
    optional = [c["name"] for c in absent if not c["meta"].get("required")]
    if optional:
        lines.append(f"  optional, not there: {', '.join(optional)}")
    if diagnosis.unused:
        lines.append(f"  not read: {', '.join(diagnosis.unused)}")
    return lines


def write_renamed(part: Path, diagnosis: Diagnosis, out: Path) -> None:
    """Write the file under the names of the contract; values stay as they were delivered."""
    if out.exists():
        raise CommandError(f"{out}: must not be there yet; remove it or choose another name")
    header = read_header(part)
    _, identifiers = located(part, [])
    renames = diagnosis.renames
    names = ", ".join(
        f'"{own}" as {identifier(renames.get(name, name))}'
        for own, name in zip(identifiers, header, strict=True)
    )
    form = "csv, header true" if is_text(out) else "parquet"
    unfinished = out.with_name(f".{out.name}.part")
    query = f"select {names} from {reader(part, identifiers)}"
    duckdb.sql(f"copy ({query}) to {literal(unfinished)} (format {form})")
    unfinished.replace(out)


def run(options: argparse.Namespace) -> int:
    """Print the diagnosis; return 0 where the file is read as it is, 1 to rename, 2 for a gap."""
    project = project_of(options)
    contract = described(project.folder, read_contract(project.folder))
    try:
        diagnosis = diagnose(options.file, contract, options.table)
    except InputError as problem:
        raise CommandError(str(problem)) from problem
    entry = diagnosis.entry
    print(f"{options.file} as {entry['table']}: {entry['description']}")
    print("\n".join(lines_of(diagnosis)))
    if options.write:
        write_renamed(options.file, diagnosis, options.write)
        print(f"written: {options.write}")
    elif diagnosis.renames:
        own = f"{entry['meta']['file']}.{'csv' if is_text(options.file) else 'parquet'}"
        print(
            f"to rename: parspread doctor {options.file} --write {project.value('data_dir')}/{own}"
        )
    if diagnosis.missing:
        return MISSING
    return TO_RENAME if diagnosis.renames else SOUND
