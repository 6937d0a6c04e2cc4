"""Write simulated vendor files, small ones for the committed sample and larger ones for load tests.

The committed sample is what this writes with nothing but ``--out`` given::

    python -m parspread_tools.sample --out seeds/sample
"""

import argparse
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from parspread_tools.sample.bonds import bond_months, red_mapping
from parspread_tools.sample.cds import cds_parts, credit_events, index_constituents
from parspread_tools.sample.market import market_frames, market_sessions
from parspread_tools.sample.rates import fed_yield_curve
from parspread_tools.sample.size import FIRST_MONTH, BondSample
from parspread_tools.sample.terms import discount_curves, listed_terms
from parspread_tools.sample.treasuries import treasury_tables

MIN_CHUNK_ROWS = 100_000  # smaller row groups cost more in parquet metadata than they hold


def merged(chunks: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield the chunks joined until each has `MIN_CHUNK_ROWS` rows or is the last."""
    waiting: list[pa.Table] = []
    for chunk in chunks:
        waiting.append(chunk)
        if sum(len(table) for table in waiting) >= MIN_CHUNK_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def write_table(chunks: Iterable[pa.Table], path: Path, file_format: str) -> None:
    """Write chunks of one table to `path` plus the suffix of `file_format`, a chunk at a time.

    Parameters
    ----------
    chunks : iterable of pyarrow.Table
        At least one, all of one schema.
    path : Path
        File name without its suffix.
    file_format : {"csv", "parquet"}
        Kind of file.
    """
    chunks = merged(chunks)
    first = next(chunks)
    if file_format == "csv":
        with open(f"{path}.csv", "w", newline="", encoding="utf-8") as file:
            for chunk in itertools.chain([first], chunks):
                chunk.to_pandas().to_csv(
                    file,
                    index=False,
                    header=chunk is first,
                    date_format="%Y-%m-%d",
                    lineterminator="\n",
                )
        return
    with pq.ParquetWriter(f"{path}.parquet", first.schema, compression="zstd") as writer:
        for chunk in itertools.chain([first], chunks):
            writer.write_table(chunk)


def write_cdx_overlay(
    out: Path, sessions: pd.DatetimeIndex, seed: int, file_format: str, is_clean: bool = False
) -> None:
    """Write the files of desk cdx_overlay into folder `out`; without events no file of them."""
    frames = market_frames(sessions, seed, is_clean).items()
    for name, frame in ((name, frame) for name, frame in frames if len(frame)):
        write_table([pa.Table.from_pandas(frame, preserve_index=False)], out / name, file_format)


def write_cds_bond(out: Path, sample: BondSample, file_format: str) -> None:
    """Write the files of desk cds_bond into folder `out`, CDS quotes one parquet part a year."""
    issues, months = treasury_tables(sample)
    write_table([issues], out / "issue_data", file_format)
    write_table([months], out / "monthly_ts_data", file_format)
    write_table([fed_yield_curve(sample)], out / "fed_yield_curve", file_format)
    write_table([red_mapping(sample)], out / "RED_and_ISIN_mapping", file_format)
    write_table(bond_months(sample), out / "wrds_bond", file_format)
    for name, frame in (
        ("credit_events", credit_events(sample)),
        ("index_constituents", index_constituents(sample)),
    ):
        if len(frame):
            table = pa.Table.from_pandas(frame, preserve_index=False)
            write_table([table], out / name, file_format)
    write_table([listed_terms(sample)], out / "bond_terms", file_format)
    write_table([discount_curves(sample)], out / "discount_curves", file_format)
    parts = cds_parts(sample)
    if file_format == "csv":
        chunks = (chunk for _, blocks in parts for chunk in blocks)
        write_table(chunks, out / "cds_final", file_format)
        return
    (out / "cds_final").mkdir(exist_ok=True)
    for year, blocks in parts:
        write_table(blocks, out / "cds_final" / f"cds_{year}", file_format)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and write the files."""
    parser = argparse.ArgumentParser(
        prog="python -m parspread_tools.sample",
        description="Write simulated vendor files.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--seed", type=int, default=7, help="another seed, another history")
    parser.add_argument("--start", default="2013-01-02", help="first session of the market files")
    parser.add_argument("--sessions", type=int, help="market sessions; None: to the end of 2024")
    parser.add_argument("--issuers", type=int, default=60, help="issuers with bonds and CDS")
    parser.add_argument("--bonds", type=int, default=200, help="bonds of all issuers together")
    parser.add_argument("--months", type=int, default=60, help="bond months")
    parser.add_argument("--first-month", default=FIRST_MONTH, help="first bond month")
    parser.add_argument(
        "--tenors", type=int, choices=[5, 8], default=5, help="CDS tenors quoted every day"
    )
    parser.add_argument(
        "--clean", action="store_true", help="leave out the rows that a screen has to reject"
    )
    parser.add_argument("--desk", choices=["cdx_overlay", "cds_bond", "both"], default="both")
    parser.add_argument(
        "--format",
        choices=["csv", "parquet"],
        help="None: csv for cdx_overlay, parquet for cds_bond",
    )
    options = parser.parse_args(arguments)
    try:
        sample = BondSample(
            options.issuers,
            options.bonds,
            options.months,
            options.seed,
            options.clean,
            options.first_month,
            options.tenors,
        )
        sessions = market_sessions(options.start, options.sessions)
    except ValueError as problem:
        parser.error(str(problem))
    options.out.mkdir(parents=True, exist_ok=True)
    if options.desk != "cds_bond":
        write_cdx_overlay(
            options.out, sessions, options.seed, options.format or "csv", options.clean
        )
    if options.desk != "cdx_overlay":
        write_cds_bond(options.out, sample, options.format or "parquet")
