"""Input files from WRDS: one connection, streamed into Parquet, a part for each year.

    python -m parspread_tools.fetch.wrds --first-year 2002 --last-year 2024 --out data

Needs an account and the package wrds (`pip install 'parspread[wrds]'`). A part that is there is not
pulled again, but for the last year, which grows. The columns are those of the contract.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from parspread_tools.fetch.tables import BrokenSource
from parspread_tools.gate.contract import read_contract
from parspread_tools.gate.files import names_of
from parspread_tools.layout import source

# Returns the answer to a statement in chunks of rows.
Query = Callable[[str], Iterator[pd.DataFrame]]
CHUNK_ROWS = 500_000


@dataclass(frozen=True)
class Pull:
    """A table of WRDS behind an input file; `{year}` stands in its name where it is split."""

    table: str
    year_column: str | None = None
    condition: str = "true"


PULLS = {
    "issue_data": Pull("crsp_m_treasuries.tfz_iss"),
    "monthly_ts_data": Pull("crsp_m_treasuries.tfz_mth", "mcaldt"),
    "wrds_bond": Pull("wrdsapps_bondret.bondret", "date"),
    "RED_and_ISIN_mapping": Pull("markit_red.redobllookup"),
    "cds_final": Pull("markit.cds{year}", "date", "currency = 'USD'"),
}


def columns_of(query: Query, file: str, table: str) -> list[str]:
    """Return the columns of the contract that a table of WRDS has, as it spells them."""
    (contract,) = [e for e in read_contract(source()) if e["meta"]["file"] == file]
    there = {name.lower(): name for f in query(f"select * from {table} where false") for name in f}
    found, missing = [], []
    for column in contract["columns"]:
        own = next((there[n.lower()] for n in names_of(column) if n.lower() in there), None)
        if own is not None:
            found.append(own)
        elif column["meta"].get("required"):
            missing.append(column["name"])
    if missing:
        raise BrokenSource(
            f"{table}: must have {', '.join(missing)}; found {', '.join(there.values())}; "
            "the table has changed, or the account does not see it"
        )
    return found


def pull(query: Query, file: str, years: range, out: Path) -> list[Path]:
    """Pull an input file; return the parts that were written now."""
    wanted = PULLS[file]
    parts: dict[Path, tuple[str, str]] = {}
    if wanted.year_column is None:
        parts[out / f"{file}.parquet"] = (wanted.table, wanted.condition)
    else:
        for year in years:
            path = out / file / f"{file}_{year}.parquet"
            days = f"{wanted.year_column} between '{year}-01-01' and '{year}-12-31'"
            if year == years[-1] or not path.is_file():
                parts[path] = (wanted.table.format(year=year), f"{wanted.condition} and {days}")
    for path, (table, condition) in parts.items():
        columns = columns_of(query, file, table)
        names = ", ".join(f'"{name}"' for name in columns)
        stream(query(f"select {names} from {table} where {condition}"), path, out / "fetched")
    return list(parts)


def stream(chunks: Iterator[pd.DataFrame], path: Path, scratch: Path) -> None:
    """Write chunks into one file, which appears whole; a chunk at a time is in memory."""
    for folder in (path.parent, scratch):
        folder.mkdir(parents=True, exist_ok=True)
    unfinished = scratch / f"{path.name}.part"
    writer: pq.ParquetWriter | None = None
    row_count = 0
    try:
        for chunk in chunks:
            rows = pa.Table.from_pandas(chunk, preserve_index=False)
            if writer is None:
                # A column without a value in the first chunk has no type yet; it is text or number.
                writer = pq.ParquetWriter(unfinished, _typed(rows).schema)
            writer.write_table(_typed(rows).cast(writer.schema))
            row_count += rows.num_rows
    finally:
        if writer is not None:
            writer.close()
    if not row_count:
        raise BrokenSource(f"{path.name}: must have rows; none came; check the account and years")
    os.replace(unfinished, path)


def _typed(rows: pa.Table) -> pa.Table:
    """Return rows whose empty columns are text."""
    fields = [f.with_type(pa.string()) if pa.types.is_null(f.type) else f for f in rows.schema]
    return rows.cast(pa.schema(fields))


def connected(connection: Any) -> Query:
    """Return the query function of a connection of the package wrds."""

    def query(statement: str) -> Iterator[pd.DataFrame]:
        return connection.raw_sql(statement, chunksize=CHUNK_ROWS, return_iter=True)

    return query


def main(arguments: list[str] | None = None) -> int:
    """Pull the files of the basis desk from WRDS."""
    parser = argparse.ArgumentParser(prog="parspread_tools.fetch.wrds", description=main.__doc__)
    parser.add_argument("files", nargs="*", default=list(PULLS), metavar="FILE")
    parser.add_argument("--first-year", type=int, required=True)
    parser.add_argument("--last-year", type=int, required=True)
    parser.add_argument("--out", type=Path, default=Path("data"))
    options = parser.parse_args(arguments)
    unknown = [name for name in options.files if name not in PULLS]
    if unknown:
        parser.error(f"FILE must be one of {', '.join(PULLS)}; it was {', '.join(unknown)}")
    try:
        import wrds
    except ImportError:
        print("wrds: needs the package wrds; pip install 'parspread[wrds]'", file=sys.stderr)
        return 1
    query = connected(wrds.Connection())
    for name in options.files:
        try:
            parts = pull(query, name, range(options.first_year, options.last_year + 1), options.out)
        except BrokenSource as problem:
            print(f"{name}: not pulled; {problem}", file=sys.stderr)
            return 1
        print(f"{name}: {len(parts)} parts in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
