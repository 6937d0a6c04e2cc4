"""Loaders of curves, yields and volatility: Federal Reserve Board, FRED, Cboe, US Treasury."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from parspread_tools.fetch.tables import BrokenSource, Files, needed, read_csv, us_day, written

CURVE = [*(f"BETA{n}" for n in range(4)), "TAU1", "TAU2"]
YIELDS = [f"SVENY{n:02d}" for n in range(1, 31)]
BILLS = ["DGS3MO", "DGS6MO"]
VIX = ["OPEN", "HIGH", "LOW", "CLOSE"]
MSPD = [
    "record_date", "security_type_desc", "security_class1_desc", "security_class2_desc",
    "interest_rate_pct", "issue_date", "maturity_date", "outstanding_amt",
]  # fmt: skip
# As CRSP numbers kinds of issues.
KINDS = {"Bonds": 1, "Notes": 2, "Bills": 4}
# Columns of the file of par yields, in years.
PAR_YEARS = {
    "1 Mo": 1 / 12, "2 Mo": 1 / 6, "3 Mo": 0.25, "4 Mo": 1 / 3, "6 Mo": 0.5, "1 Yr": 1, "2 Yr": 2,
    "3 Yr": 3, "5 Yr": 5, "7 Yr": 7, "10 Yr": 10, "20 Yr": 20, "30 Yr": 30,
}  # fmt: skip


def fed(contents: Sequence[bytes]) -> Files:
    """Return `fed_yield_curve` of the file feds200628.csv (Gurkaynak, Sack and Wright).

    Its values are passed on as they are written; NA is "not delivered".
    """
    rows = read_csv("feds200628.csv", contents[0], ["Date"])
    needed("feds200628.csv", rows, ["Date", *CURVE])
    names = ["Date", *CURVE, *(name for name in YIELDS if name in rows[0])]
    # Before 1980 and on holidays there are no parameters.
    kept = [[row[n] for n in names] for row in rows if row["BETA0"].strip() not in ("", "NA")]
    return {"fed_yield_curve.csv": written(names, kept)}


def fred(contents: Sequence[bytes]) -> Files:
    """Return `fred`, the yields of Treasury bills, of fredgraph.csv; a dot is "not delivered"."""
    rows = read_csv("fredgraph.csv", contents[0], ["observation_date", "DATE"])
    needed("fredgraph.csv", rows, BILLS)
    day = next(iter(rows[0]))
    kept = [[r[day], *(r[n] for n in BILLS)] for r in rows if any(r[n].strip(" .") for n in BILLS)]
    return {"fred.csv": written(["DATE", *BILLS], kept)}


def cboe(contents: Sequence[bytes]) -> Files:
    """Return `vix` of VIX_History.csv, its open, high and low beside the close."""
    rows = read_csv("VIX_History.csv", contents[0], ["DATE"])
    needed("VIX_History.csv", rows, VIX)
    kept = [[us_day("VIX_History.csv", r["DATE"]), *(r[n] for n in VIX)] for r in rows]
    return {"vix.csv": written(["date", *(n.lower() for n in VIX)], kept)}


def treasury(contents: Sequence[bytes]) -> Files:
    """Return `issue_data` and `monthly_ts_data` of the public debt statement and par yields.

    Parameters
    ----------
    contents : sequence of bytes
        Pages of the statement (JSON), then files of daily par yields (CSV).

    Notes
    -----
    The Treasury publishes no price by issue. The yield of an issue is that of the par curve at its
    remaining maturity on the last day of the month: close for recent issues, without the premium
    or discount that a single issue trades at. A code is the CUSIP, not that of CRSP.
    """
    pages = [c for c in contents if c.lstrip()[:1] == b"{"]
    tables = [c for c in contents if c.lstrip()[:1] != b"{"]
    if not pages or not tables:
        raise BrokenSource(
            "treasury: must have pages of the debt statement (JSON) and par yields (CSV); found "
            f"{len(pages)} and {len(tables)}; fetch it again"
        )
    holdings = [row for page in pages for row in _statement(page)]
    curves = {day: curve for table in tables for day, curve in _par_curves(table).items()}
    issues, months = {}, []
    for row in holdings:
        cusip = row["security_class2_desc"].strip().upper()
        number = int(cusip, 36)
        maturity, coupon = row["maturity_date"], row["interest_rate_pct"]
        plain_coupon = coupon if coupon not in ("null", "", None) else ""
        issues[cusip] = (
            cusip, number, maturity, plain_coupon, KINDS[_kind(row)],
            row["issue_date"],
        )  # fmt: skip
        known = [day for day in curves if day[:7] == row["record_date"][:7]]
        years = (np.datetime64(maturity) - np.datetime64(row["record_date"])).astype(int) / 365.25
        if known and years > 0:
            day = max(known)
            par_yield = np.interp(years, *curves[day])
            daily = (1 + par_yield / 200) ** (2 / 365) - 1
            months.append((cusip, number, day, row["outstanding_amt"], f"{daily:.10f}"))
    if not months:
        raise BrokenSource("treasury: no month has both holdings and par yields; fetch both")
    return {
        "issue_data.csv": written(
            ["kycrspid", "kytreasno", "tmatdt", "tcouprt", "itype", "tdatdt"],
            sorted(issues.values()),
        ),
        "monthly_ts_data.csv": written(
            ["kycrspid", "kytreasno", "mcaldt", "tmpubout", "tmyld"], sorted(months)
        ),
    }


def read_treasury(content: bytes) -> object:
    """Return what one download holds: issues of a statement, or par yields by day."""
    is_page = content.lstrip()[:1] == b"{"
    return _statement(content) if is_page else _par_curves(content)


def _statement(page: bytes) -> list[dict[str, str]]:
    """Return the marketable issues with a fixed coupon or none, of one page."""
    try:
        answer = json.loads(page)
        rows = answer["data"]
        expected = answer["meta"]["count"]
    except (ValueError, KeyError, TypeError) as problem:
        raise BrokenSource(
            f"debt statement: must be a page of the Treasury's interface; {problem}; fetch it again"
        ) from problem
    if len(rows) != expected:
        raise BrokenSource(
            f"debt statement: must have {expected} rows, as it says; it has {len(rows)}; "
            "fetch it again"
        )
    for row in rows[:1]:
        needed("debt statement", [row], MSPD)
    return [
        row
        for row in rows
        if _kind(row) in KINDS
        and row["maturity_date"] not in ("null", "", None)
        and row["outstanding_amt"] not in ("null", "", None)
        and len(row["security_class2_desc"].strip()) == 9
    ]


def _kind(row: dict[str, str]) -> str:
    """Return the kind of an issue; what is linked to inflation or floats has another one."""
    return row["security_class1_desc"].removeprefix("Treasury ").removesuffix(" Maturity Value")


def _par_curves(content: bytes) -> dict[str, tuple[list[float], list[float]]]:
    """Return years and par yields in percent by day."""
    curves = {}
    for row in read_csv("daily par yields", content, ["Date"]):
        points = [
            (y, row[n]) for n, y in PAR_YEARS.items() if row.get(n, "").strip() not in ("", "N/A")
        ]
        curves[us_day("daily par yields", row["Date"])] = (
            [y for y, _ in points],
            [float(value) for _, value in points],
        )
    return curves
