"""Loader of index trades from the public tape of the DTCC (CFTC, one zip of credits a day).

The tape has the trade, not the quote: a daily `cdx` file holds the median of the day's trades, by
index, series and tenor.
"""

from __future__ import annotations

import io
import re
import statistics
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from parspread_tools.fetch.tables import BrokenSource, Files, needed, read_csv, written

COLUMNS = {
    "id": "Dissemination Identifier",
    "original": "Original Dissemination Identifier",
    "action": "Action type",
    "executed": "Execution Timestamp",
    "expires": "Expiration Date",
    "notional": "Notional amount-Leg 1",
    "spread": "Spread-Leg 1",
    "price": "Price",
    "package": "Package indicator",
    "name": "UPI Underlier Name",
}
INDEX = re.compile(
    r"(CDX\.(?:NA|EM)\.[A-Z]+|ITRAXX[.\w ]*?)[. -]*(?:S|SERIES ?)?(\d{1,3})(?:[. ]?V\d+)?\b"
)
NOTATION, BASIS_POINTS = "Spread notation-Leg 1", "4"
# Trades that fewer than this many make no median.
LEAST_TRADES = 3


@dataclass(frozen=True)
class Print:
    """One trade of an index, as its last correction left it."""

    trade_id: str
    day: str
    index: str
    series: int
    tenor: str
    notional_usd: float
    is_capped: bool  # the tape hides what is larger
    spread_bps: float | None
    price_pct_par: float | None


def prints(contents: Sequence[bytes]) -> list[Print]:
    """Return the trades of several days; corrections supersede, errors and cancellations remove.

    Parameters
    ----------
    contents : sequence of bytes
        Zips of days, in the order of the days.
    """
    alive: dict[str, Print | None] = {}
    first_id: dict[str, str] = {}
    for content in contents:
        for row in read_day(content):
            own, before = row[COLUMNS["id"]].strip(), row[COLUMNS["original"]].strip()
            key = first_id[own] = first_id.get(before, before) or own
            action = row[COLUMNS["action"]].strip().upper()
            if action in ("NEWT", "MODI", "CORR", "REVI"):
                alive[key] = _print(key, row)
            elif action in ("EROR", "CANC"):
                alive[key] = None
    return [found for found in alive.values() if found is not None]


def dtcc(contents: Sequence[bytes]) -> Files:
    """Return `cdx` and `dtcc_prints`: medians of a day, and the trades behind them."""
    found = prints(contents)
    groups: dict[tuple[str, str, str, int], list[Print]] = {}
    for trade in found:
        groups.setdefault((trade.day, trade.index, trade.tenor, trade.series), []).append(trade)
    days = []
    for key, trades in sorted(groups.items()):
        spreads = [t.spread_bps for t in trades if t.spread_bps is not None]
        prices = [t.price_pct_par for t in trades if t.price_pct_par is not None]
        if max(len(spreads), len(prices)) >= LEAST_TRADES:
            spread = f"{statistics.median(spreads):.4f}" if len(spreads) >= LEAST_TRADES else ""
            price = f"{statistics.median(prices):.4f}" if len(prices) >= LEAST_TRADES else ""
            day, index, tenor, series = key
            days.append((day, index, tenor, spread, series, price))
    if not days:
        raise BrokenSource(
            f"dtcc: no index has {LEAST_TRADES} trades on a day; {len(found)} trades of indices "
            "were found; fetch more days"
        )
    names = [
        "trade_id",
        "date",
        "index",
        "tenor",
        "series",
        "notional_usd",
        "is_capped",
        "spread_bps",
        "price_pct_par",
    ]
    listed = [
        (
            t.trade_id,
            t.day,
            t.index,
            t.tenor,
            t.series,
            t.notional_usd,
            t.is_capped,
            t.spread_bps,
            t.price_pct_par,
        )
        for t in found
    ]
    return {
        "cdx.csv": written(["date", "index", "tenor", "spread", "series", "price"], days),
        "dtcc_prints.csv": written(names, sorted(listed, key=str)),
    }


def read_day(content: bytes) -> list[dict[str, str]]:
    """Return the rows of the only table in a zip; its checksums are verified."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (name,) = [n for n in archive.namelist() if n.lower().endswith(".csv")]
            rows = read_csv(name, archive.read(name), [COLUMNS["id"]])
    except (zipfile.BadZipFile, ValueError, EOFError) as problem:
        raise BrokenSource(
            f"dtcc: must be a zip with one .csv; {problem}; fetch it again"
        ) from problem
    needed("dtcc", rows, [name for key, name in COLUMNS.items() if key != "package"])
    return rows


def _print(key: str, row: dict[str, str]) -> Print | None:
    """Return a trade of an index; None for single names, parts of packages, and no number."""
    named = INDEX.search(row[COLUMNS["name"]].upper())
    if named is None or row.get(COLUMNS["package"], "").strip().upper() in ("TRUE", "Y"):
        return None
    day, expires = row[COLUMNS["executed"]][:10], row[COLUMNS["expires"]][:10]
    spread, price = _number(row[COLUMNS["spread"]]), _number(row[COLUMNS["price"]])
    if spread is not None and row.get(NOTATION, "").strip() != BASIS_POINTS and abs(spread) < 1:
        spread *= 10_000
    if price is not None and price < 5:
        price *= 100
    if spread is None and price is None:
        return None
    years = (date.fromisoformat(expires) - date.fromisoformat(day)).days / 365.25
    tenor = min((1, 2, 3, 5, 7, 10), key=lambda whole: abs(whole - years))
    notional = row[COLUMNS["notional"]].strip()
    return Print(
        key,
        day,
        named[1].strip(". "),
        int(named[2]),
        f"{tenor}Y",
        _number(notional.rstrip("+")) or 0.0,
        notional.endswith("+"),
        spread,
        price,
    )


def _number(text: str) -> float | None:
    """Return a number with commas, or None."""
    try:
        return float(text.strip().replace(",", ""))
    except ValueError:
        return None
