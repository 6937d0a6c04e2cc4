"""Fetch input files from public sources: fed, fred, cboe, treasury, dtcc.

python -m parspread_tools.fetch fed cboe --out data
python -m parspread_tools.fetch dtcc --first 2024-03-01 --last 2024-03-28 --out data
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from parspread_tools.fetch import dtcc, rates, store
from parspread_tools.fetch.store import Download, Getter
from parspread_tools.fetch.tables import BrokenSource, Files

FISCAL = "https://api.fiscaldata.treasury.gov/services/api/fiscal_service"
PAR_YIELDS = "https://home.treasury.gov/resource-center/data-chart-center/interest-rates"
TAPE = "https://pddata.dtcc.com/ppd/api/report/cumulative/cftc"


@dataclass(frozen=True)
class Source:
    """What a source serves for a range of days, and the functions that read and check its bytes."""

    downloads: Callable[[date, date], list[Download]]
    files: Callable[[Sequence[bytes]], Files]
    check: Callable[[bytes], object]  # of one download


def whole(name: str, address: str) -> Callable[[date, date], list[Download]]:
    """Return the download of a source that serves its whole history in one file."""
    return lambda first, last: [Download(name, address)]


def treasury_downloads(first: date, last: date) -> list[Download]:
    """Return a page of the debt statement for every month end, and par yields for every year."""
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    ends = [day for day in days if (day + timedelta(1)).day == 1]
    pages = [
        Download(
            f"mspd_{day}.json",
            f"{FISCAL}/v1/debt/mspd/mspd_table_3_market?filter=record_date:eq:{day}"
            "&page[size]=10000",
            grows=False,
        )
        for day in ends
    ]
    years = [
        Download(
            f"par_yields_{year}.csv",
            f"{PAR_YIELDS}/daily-treasury-rates.csv/{year}/all?type=daily_treasury_yield_curve"
            f"&field_tdr_date_value={year}&page&_format=csv",
            grows=year == last.year,
        )
        for year in sorted({day.year for day in days})
    ]
    return pages + years


def tape_downloads(first: date, last: date) -> list[Download]:
    """Return one zip for every weekday."""
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    names = [f"CFTC_CUMULATIVE_CREDITS_{d:%Y_%m_%d}.zip" for d in days if d.weekday() < 5]
    return [Download(name, f"{TAPE}/{name}", grows=False) for name in names]


SOURCES = {
    "fed": Source(
        whole(
            "feds200628.csv",
            "https://www.federalreserve.gov/data/yield-curve-tables/feds200628.csv",
        ),
        rates.fed,
        lambda content: rates.fed([content]),
    ),
    "fred": Source(
        whole(
            "fredgraph.csv",
            f"https://fred.stlouisfed.org/graph/fredgraph.csv?id={','.join(rates.BILLS)}",
        ),
        rates.fred,
        lambda content: rates.fred([content]),
    ),
    "cboe": Source(
        whole(
            "VIX_History.csv",
            "https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv",
        ),
        rates.cboe,
        lambda content: rates.cboe([content]),
    ),
    "treasury": Source(treasury_downloads, rates.treasury, rates.read_treasury),
    "dtcc": Source(tape_downloads, dtcc.dtcc, dtcc.read_day),
}


def fetch(
    name: str, out: Path, first: date, last: date, getter: Getter | None = store.get
) -> list[str]:
    """Fetch one source into a data folder; return the names of the files that were written.

    What was served is parsed as a whole before anything is written: an input file is the old one
    or the new one.
    """
    source = SOURCES[name]
    downloads = source.downloads(first, last)
    contents = store.collect(out / "fetched" / name, downloads, getter, source.check)
    files = source.files(contents)
    store.deliver(out, files, [download.address for download in downloads])
    return list(files)


def main(arguments: list[str] | None = None) -> int:
    """Fetch the named sources; return 1 where one of them could not be had."""
    parser = argparse.ArgumentParser(prog="parspread_tools.fetch", description=__doc__)
    today = datetime.now(UTC).date()
    parser.add_argument("sources", nargs="+", choices=list(SOURCES))
    parser.add_argument("--out", type=Path, default=Path("data"))
    parser.add_argument("--first", type=date.fromisoformat, default=today - timedelta(30))
    parser.add_argument("--last", type=date.fromisoformat, default=today - timedelta(1))
    parser.add_argument(
        "--offline", action="store_true", help="take what is in OUT/fetched; fetch nothing"
    )
    options = parser.parse_args(arguments)
    failed = 0
    for name in options.sources:
        getter = None if options.offline else store.get
        try:
            written = fetch(name, options.out, options.first, options.last, getter)
            print(f"{name}: {', '.join(written)} in {options.out}")
        except BrokenSource as problem:
            failed = 1
            print(f"{name}: not fetched; {problem}; the files stay as they were", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
