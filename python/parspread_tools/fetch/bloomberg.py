"""Input files from a Bloomberg terminal: index history, VIX and credit ETFs, by xbbg.

    python -m parspread_tools.fetch.bloomberg --first 2015-01-01 --last 2024-12-31 --out data

Needs a terminal and `pip install 'parspread[bloomberg]'`. Which field of a security is which column
stands below: the price of a fund is its last price, its spread another field, never one for both.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from parspread_tools.fetch import store
from parspread_tools.fetch.tables import BrokenSource, Files, written

# Security: file, key of its rows, and the field of each value.
SECURITIES: dict[str, tuple[str, tuple[str, ...], dict[str, str]]] = {
    "CDX IG CDSI GEN 5Y Corp": ("cdx", ("CDX_NA_IG", "5Y"), {"spread": "PX_LAST"}),
    "CDX IG CDSI GEN 10Y Corp": ("cdx", ("CDX_NA_IG", "10Y"), {"spread": "PX_LAST"}),
    "CDX HY CDSI GEN 5Y SPRD Corp": ("cdx", ("CDX_NA_HY", "5Y"), {"spread": "PX_LAST"}),
    "ITRX XOVER CDSI GEN 5Y Corp": ("cdx", ("ITRAXX_XOVER", "5Y"), {"spread": "PX_LAST"}),
    "VIX Index": ("vix", (), {"close": "PX_LAST"}),
    "LQD US Equity": ("etf", ("LQD",), {"close": "PX_LAST", "spread": "YAS_ISPREAD"}),
    "HYG US Equity": ("etf", ("HYG",), {"close": "PX_LAST", "spread": "YAS_ISPREAD"}),
}
HEADERS = {
    "cdx": ["date", "index", "tenor", "spread"],
    "vix": ["date", "close"],
    "etf": ["date", "ticker", "close", "spread"],
}
FIELDS = sorted({field for _, _, values in SECURITIES.values() for field in values.values()})


def bloomberg(history: pd.DataFrame) -> Files:
    """Return `cdx`, `vix` and `etf` of what `bdh` answers.

    Parameters
    ----------
    history : DataFrame
        One row per day, one column per (security, field); a gap is NaN and gives no row.

    Raises
    ------
    BrokenSource
        A security has no value at all.
    """
    rows: dict[str, list[list[object]]] = {name: [] for name in HEADERS}
    for security, (file, key, values) in SECURITIES.items():
        main = next(iter(values.values()))
        if (security, main) not in history or history[(security, main)].notna().sum() == 0:
            raise BrokenSource(
                f"bloomberg: {security} must have {main}; none came; check the terminal's rights"
            )
        for day, record in history[security].dropna(subset=[main]).iterrows():
            cells = [record.get(field) for field in values.values()]
            texts = ["" if pd.isna(cell) else repr(float(cell)) for cell in cells]
            rows[file].append([str(pd.Timestamp(day).date()), *key, *texts])
    return {
        f"{name}.csv": written(HEADERS[name], sorted(found, key=lambda row: [row[0], *row[1:-1]]))
        for name, found in rows.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Ask the terminal for the history of every security and write the files."""
    today = datetime.now(UTC).date()
    parser = argparse.ArgumentParser(
        prog="parspread_tools.fetch.bloomberg", description=main.__doc__
    )
    parser.add_argument("--first", type=date.fromisoformat, required=True)
    parser.add_argument("--last", type=date.fromisoformat, default=today - timedelta(1))
    parser.add_argument("--out", type=Path, default=Path("data"))
    options = parser.parse_args(arguments)
    try:
        from xbbg import blp
    except ImportError:
        print(
            "bloomberg: needs a terminal and xbbg; pip install 'parspread[bloomberg]'",
            file=sys.stderr,
        )
        return 1
    history = blp.bdh(list(SECURITIES), FIELDS, options.first, options.last)
    try:
        files = bloomberg(history)
    except BrokenSource as problem:
        print(f"bloomberg: not fetched; {problem}; the files stay as they were", file=sys.stderr)
        return 1
    store.deliver(options.out, files, ["bloomberg terminal"])
    print(f"bloomberg: {', '.join(files)} in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
