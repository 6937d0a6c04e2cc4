"""The corpus of bad files: each one is refused in a sentence, or its bad rows have a reason.

A file that cannot be trusted is tried alone, by the check that runs before the first model. Files
with bad rows are parts of one delivery that a build reads, beside 100,000 sound rows of which none
may be lost, and a thousand in another unit. `pytest -s tests/python/tools/test_bad_inputs.py`
prints the count at its end.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from scaled_rows import (
    COLUMNS,
    FACTORS,
    contract,
    false_flags,
    read_table,
    reasons,
    scale_rows,
    shares_flagged,
    write_clean,
)

from conftest import ROOT, accept_losses, built_ahead, copy_project_with_tests, run_dbt
from parspread_tools.gate import digests, readers
from parspread_tools.gate.check import check_inputs

pytestmark = pytest.mark.usefixtures("at_project_root")

# ---------------------------------------------------------------------------------------------
# Files that cannot be trusted

VIX = "date,close\n" + "".join(f"2024-01-{day:02d},16.5\n" for day in range(1, 29))
CDX = "date,index,tenor,spread,series\n" + "".join(
    f"2024-01-{day:02d},CDX_NA_IG,5Y,65.3,41\n" for day in range(1, 29)
)
ETF = "date,ticker,close,spread\n" + "".join(
    f"2024-01-{day:02d},LQD,{108 - day % 5},{120 + day % 5}\n" for day in range(1, 29)
)
CDS = "date,ticker,redcode,parspread,tenor\n" + "".join(
    f"2024-01-{day:02d},ABC,2I65BR,0.0078,5Y\n" for day in range(1, 29)
)
BONDS = (
    "cusip,company_symbol,date,maturity,amount_outstanding,yield,rating_class,price_eom,"
    "t_spread,coupon\n"
    + "".join(
        f"03783{n:02d}A0,ABC,2024-01-31,2030-05-15,500000,0.045,0.IG,101.5,0.0026,5\n"
        for n in range(28)
    )
)
TREASURIES = "kycrspid,kytreasno,mcaldt,tmpubout,tmyld\n" + "".join(
    f"20300515.2025{n:02d},{207000 + n},2024-01-31,25000,0.000113\n" for n in range(28)
)
CURVES = "Date,BETA0,BETA1,BETA2,BETA3,TAU1,TAU2,SVENY01,SVENY10\n" + "".join(
    f"2024-01-{day:02d},3.1,0,0,0,1.5,9.5,3.1,3.1\n" for day in range(1, 29)
)
ISSUES = "kycrspid,kytreasno,tmatdt\n" + "".join(
    f"20300515.2025{n:02d},{207000 + n},2030-05-15\n" for n in range(28)
)
OBLIGATIONS = "redcode,ticker,obl_cusip,isin,tier\n2I65BR,ABC,037833AB0,US037833AB01,SNRFOR\n"
SOUND = {
    "vix": VIX, "cdx": CDX, "etf": ETF, "cds_final": CDS, "wrds_bond": BONDS,
    "monthly_ts_data": TREASURIES, "fed_yield_curve": CURVES, "issue_data": ISSUES,
    "RED_and_ISIN_mapping": OBLIGATIONS,
}  # fmt: skip


EVENTS = (
    "index,series,effective_date,entity,weight,recovery\nCDX_NA_IG,41,2024-01-10,ABC,0.008,0.3\n"
)


def events(old: str, new: str) -> Callable[[Path], None]:
    """Return a step that delivers credit events with a change."""
    return lambda folder: (folder / "cdx_events.csv").write_text(EVENTS.replace(old, new))


def parquet(table: str, change: str = "*", tail: str = "") -> Callable[[Path], None]:
    """Return a step that delivers a table as parquet, with changed columns or rows."""

    def write(folder: Path) -> None:
        source = folder / f"{table}.csv"
        duckdb.default_connection().cursor().sql(
            f"copy (select {change} from read_csv('{source}', all_varchar = true) {tail}) "
            f"to '{folder / table}.parquet' (format parquet)"
        )
        source.unlink()

    return write


def text(table: str, change: Callable[[str], str], **encoding: str) -> Callable[[Path], None]:
    """Return a step that rewrites the text of a table."""

    def write(folder: Path) -> None:
        content = change(SOUND[table])
        (folder / f"{table}.csv").write_text(content, newline="", **encoding)

    return write


def raw(
    table: str, change: Callable[[bytes], bytes], suffix: str = "csv"
) -> Callable[[Path], None]:
    """Return a step that rewrites the bytes of a table, as parquet when the suffix says so."""

    def write(folder: Path) -> None:
        if suffix == "parquet":
            parquet(table)(folder)
        path = folder / f"{table}.{suffix}"
        path.write_bytes(change(path.read_bytes()))

    return write


def scaled(table: str, column: str, ratio: float) -> Callable[[Path], None]:
    """Return a step that multiplies a column, as another unit would."""

    def write(folder: Path) -> None:
        rows = pd.read_csv(folder / f"{table}.csv", dtype={"cusip": str})
        rows.assign(**{column: rows[column] * ratio}).to_csv(folder / f"{table}.csv", index=False)

    return write


def moved(table: str, place: str) -> Callable[[Path], None]:
    """Return a step that puts the file of a table elsewhere."""

    def write(folder: Path) -> None:
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{table}.csv").rename(target)

    return write


def linked(table: str, target: str) -> Callable[[Path], None]:
    """Return a step that delivers a link instead of a file."""

    def write(folder: Path) -> None:
        path = folder / f"{table}.csv"
        if target == "outside":
            outside = folder.parent / f"outside_{table}.csv"
            path.rename(outside)
            path.symlink_to(outside)
        else:
            path.unlink()
            path.symlink_to(folder / target)

    return write


def both(*steps: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return a step that takes several."""

    def write(folder: Path) -> None:
        for step in steps:
            step(folder)

    return write


def approve_other_bytes(folder: Path) -> None:
    """Deliver a list of digests in which that of one file is another's."""
    sums = {path.name: digests.digest(path) for path in folder.iterdir()}
    lines = [f"{value}  {name}\n" for name, value in (sums | {"vix.csv": "0" * 64}).items()]
    (folder / "SHA256SUMS").write_text("".join(lines))


def contracts(*codes: str) -> Callable[[Path], None]:
    """Return a step that gives the CDS quotes these tiers, countries and currencies in turn."""

    def write(folder: Path) -> None:
        first, *lines = CDS.splitlines()
        lines = [f"{line},{codes[n % len(codes)]}" for n, line in enumerate(lines)]
        content = "\n".join([f"{first},tier,country,currency", *lines, ""])
        (folder / "cds_final.csv").write_text(content)

    return write


def header(old: str, new: str) -> Callable[[str], str]:
    """Return a change of the first line only."""
    return lambda lines: lines.replace(old, new, 1)


# (what is wrong, table, how to make it, what the message must say: where and what was found)
BAD_FILES: list[tuple[str, str, Callable[[Path], None], tuple[str, ...]]] = [
    ("events without a name", "cdx_events", events("entity", "name"), ("cdx_events.csv", "entity")),
    ("a name of the whole index", "cdx_events", events("0.008", "1"),
        ("column weight must be in shares", "was 1;", "one of 100 names is 0.01, not 1")),
    ("events on no date", "cdx_events", events("2024-01-10", "10 Jan"),
        ("cdx_events.csv", "effective_date", "10 Jan")),
    # Not there, or not where it should be.
    ("missing file", "vix", lambda f: (f / "vix.csv").unlink(),
        ("file vix.parquet or .csv", "found only: RED_and_ISIN_mapping.csv, cds_final.csv")),
    ("two cases of one name", "vix", lambda f: (f / "VIX.CSV").write_text(VIX),
        ("vix must be delivered once", "VIX.CSV")),
    ("other suffix", "vix", moved("vix", "vix.txt"), ("file vix.parquet or .csv", "vix.txt")),
    ("spreadsheet", "vix", moved("vix", "vix.xlsx"), ("file vix.parquet or .csv", "vix.xlsx")),
    ("one level down", "vix", moved("vix", "2024/vix.csv"), ("file vix.parquet or .csv", "2024")),
    ("folder instead of a file", "vix", both(moved("vix", "x"),
        lambda f: (f / "vix.parquet").mkdir()),
        ("vix.parquet: must be a file", "a folder without any")),
    ("empty folder of parts", "cds_final",
        both(moved("cds_final", "x"), lambda f: (f / "cds_final").mkdir()),
        ("cds_final: must be a file", "a folder without any")),
    ("as csv and as parquet", "vix", both(parquet("vix"), text("vix", str)),
        ("vix must be delivered once", "vix.csv")),
    ("as file and as folder", "vix", lambda f: moved("cdx", "vix/part.csv")(f),
        ("vix must be delivered once", "vix/part.csv")),
    ("link out of the folder", "vix", linked("vix", "outside"),
        ("vix.csv", "a link that leaves it")),
    ("link to nothing", "vix", linked("vix", "gone.csv"),
        ("vix.csv", "a link to one that is not there")),
    ("link to itself", "vix", linked("vix", "vix.csv"),
        ("vix.csv", "a link to one that is not there")),
    ("name that is a pattern", "vix", moved("vix", "vix/part[1].csv"),
        ("part[1].csv", "which readers take for patterns")),
    ("other bytes than approved", "vix", approve_other_bytes,
        ("vix.csv: must have the bytes", "SHA256SUMS")),
    ("unreadable approval", "vix", lambda f: (f / "SHA256SUMS").write_text("vix.csv is fine\n"),
        ("SHA256SUMS line 1",)),
    # Damaged, or something else.
    ("0 bytes, csv", "vix", raw("vix", lambda _: b""), ("vix.csv", "empty (0 bytes)")),
    ("0 bytes, parquet", "vix", raw("vix", lambda _: b"", "parquet"),
        ("vix.parquet", "empty (0 bytes)")),
    ("half of a parquet file", "vix", raw("vix", lambda b: b[: len(b) // 2], "parquet"),
        ("vix.parquet", "complete parquet")),
    ("parquet file without its end", "vix", raw("vix", lambda b: b[:-9], "parquet"),
        ("vix.parquet", "complete parquet")),
    ("parquet file with a damaged page", "vix",
        raw("vix", lambda b: b[:4] + b"\xff" * 40 + b[44:], "parquet"),
        ("vix.parquet: must be readable",)),
    ("csv called parquet", "vix", moved("vix", "vix.parquet"), ("vix.parquet", "magic bytes")),
    ("parquet called csv", "vix", both(parquet("vix"),
        lambda f: (f / "vix.parquet").rename(f / "vix.csv")),
        ("vix.csv", "must be UTF-8 text")),
    ("gzip called csv", "vix", raw("vix", gzip.compress),
        ("vix.csv", "must be UTF-8 text; line 1")),
    ("spreadsheet called csv", "vix", raw("vix", lambda _: b"PK\x03\x04\xff\xfe"),
        ("vix.csv", "must be UTF-8 text; line 1")),
    ("log-in page", "vix", text("vix", lambda _: "<html><body>Please log in</body></html>\n"),
        ("column date", "Please log in")),
    ("json", "vix", text("vix", lambda _: '[{"date": "2024-01-01", "close": 16.5}]\n'),
        ("column date", "2024-01-01")),
    ("byte order mark only", "vix", raw("vix", lambda _: b"\xef\xbb\xbf"),
        ("column date", "an empty header")),
    ("one blank line", "vix", text("vix", lambda _: "\n"), ("column date", "an empty header")),
    # Not UTF-8 text with commas and a header.
    ("UTF-16", "cdx", text("cdx", str, encoding="utf-16"),
        ("cdx.csv", "must be UTF-8 text; line 1")),
    ("Latin-1", "cdx", text("cdx", lambda t: t.replace("41\n", "41 \xe9\n"), encoding="latin-1"),
        ("cdx.csv", "line 2 is not")),
    ("semicolons", "cdx", text("cdx", lambda t: t.replace(",", ";")),
        ("cdx.csv", "separated by commas", "date;index")),
    ("tabs", "cdx", text("cdx", lambda t: t.replace(",", "\t")), ("column date", "date\tindex")),
    ("vertical bars", "cdx", text("cdx", lambda t: t.replace(",", "|")),
        ("column date", "date|index")),
    ("no header", "vix", text("vix", lambda t: t.split("\n", 1)[1]),
        ("column date", "found 2024-01-01, 16.5")),
    ("title above the header", "vix", text("vix", lambda t: "Volatility index\n" + t),
        ("column date", "Volatility index")),
    ("notes above the header, as the Fed writes them", "fed_yield_curve",
        text("fed_yield_curve", lambda t: "Note: curves\n\nSeries,Compound\nSVENY,cont.\n\n" + t),
        ("column Date", "remove the 5 lines above the header on line 6")),
    ("header of three lines, as yfinance writes it", "vix", text("vix", lambda t: t.replace(
        "date,close\n", "Price,Close\nTicker,^VIX\nDate,\n")),
        ("column date", "second and third line of its header", "multi_level_index=False")),
    ("source below the rows", "vix", text("vix", lambda t: t + "Source: exchange\n"),
        ("Line: 30", "Source: exchange")),
    ("header only, csv", "vix", text("vix", lambda t: t.split("\n")[0] + "\n"),
        ("vix.csv", "at least one row")),
    ("no rows, parquet", "vix", parquet("vix", tail="where false"),
        ("vix.parquet", "at least one row")),
    ("short line", "cdx", text("cdx", header(",41\n", "\n")), ("Line: 2", "Found: 4")),
    ("long line", "cdx", text("cdx", header("65.3", "65,3")), ("Line: 2", "Found: 6")),
    ("open quote", "cdx", text("cdx", header("CDX_NA_IG", '"CDX_NA_IG')),
        ("cdx.csv", "unterminated quote")),
    # Columns.
    ("missing column, csv", "cdx", text("cdx", header("spread", "level")),
        ("column spread", "found date, index, tenor, level")),
    ("missing column, parquet", "cds_final", parquet("cds_final", "* exclude (tenor)"),
        ("cds_final.parquet: column tenor",)),
    ("missing column in one part", "cds_final", both(moved("cds_final", "cds_final/a.csv"),
        lambda f: (f / "cds_final/b.csv").write_text(CDS.replace("redcode", "code"))),
        ("b.csv: column redcode",)),
    ("column twice", "vix", text("vix", lambda t: t.replace("close", "close,Close").replace("16.5",
        "16.5,1")),
        ("column close or level must be there once", "date, close, Close")),
    ("names swapped", "cdx", text("cdx", header("tenor,spread", "spread,tenor")),
        ("column spread", "the first was 5Y")),
    # Values that nobody can read.
    ("day first", "vix", text("vix", lambda t: re.sub(r"2024-(\d\d)-(\d\d)", r"\2/\1/2024", t)),
        ("column date", "01/01/2024")),
    ("month first", "vix", text("vix", lambda t: re.sub(r"2024-(\d\d)-(\d\d)", r"\1/\2/2024", t)),
        ("column date", "01/01/2024")),
    ("dates without dashes", "vix", text("vix", lambda t: re.sub(r"2024-(\d\d)-", r"2024\1", t)),
        ("column date", "20240101")),
    ("years of two digits", "vix", text("vix", lambda t: t.replace("2024-", "24-")),
        ("column date", "24-01-01")),
    ("spreadsheet days", "vix", parquet("vix", "45000 + row_number() over () as date, close"),
        ("column date", "45001")),
    ("decimal commas", "cdx", text("cdx", lambda t: t.replace("65.3", '"65,3"')),
        ("column spread", "the first was 65,3")),
    ("thousands with commas", "wrds_bond",
        text("wrds_bond", lambda t: t.replace("500000", '"500,000"')),
        ("column amount_outstanding", "500,000")),
    ("per cent signs", "cds_final", text("cds_final", lambda t: t.replace("0.0078", "0.78%")),
        ("column parspread", "0.78%")),
    ("not a number", "cdx", text("cdx", lambda t: t.replace("65.3", "NaN")),
        ("column spread", "the first was NaN")),
    ("infinite", "vix", text("vix", lambda t: t.replace("16.5", "inf")),
        ("column close", "the first was inf")),
    ("texts for missing", "wrds_bond", text("wrds_bond", lambda t: t.replace("101.5", "<NA>")),
        ("column price_eom", "<NA>")),
    ("empty column", "monthly_ts_data", text("monthly_ts_data",
        lambda t: t.replace("0.000113", "")), ("column tmyld", "empty in all of 28")),
    ("letters in a whole number", "cdx", text("cdx", lambda t: t.replace(",41\n", ",S41\n")),
        ("column series", "S41")),
    ("lists", "vix", parquet("vix", "date, [close] as close"),
        ("column close", "must hold numbers")),
    # Nothing that the models use.
    ("another tier only", "cds_final", contracts("SUBLT2,United States,USD"),
        ("columns tier, country, currency must be SNRFOR, United States, USD in some row",
        "of 1 kinds found SUBLT2, United States, USD in 28 rows", "var cds_tier")),
    ("a right code in each row, never all", "cds_final",
        contracts("SNRFOR,Japan,USD", "SUBLT2,United States,", "SNRFOR,,USD"),
        ("of 3 kinds found SNRFOR, Japan, USD in 10 rows and SNRFOR, no country, USD in 9 rows and "
        "SUBLT2, United States, no currency in 9 rows",)),
    # Another unit.
    ("spread in percent", "cdx", scaled("cdx", "spread", 0.01),
        ("column spread of CDX_NA_IG 5Y", "0.653")),
    ("spread as a decimal", "cdx", scaled("cdx", "spread", 0.0001), ("column spread", "0.00653")),
    ("spread times 100", "cdx", scaled("cdx", "spread", 100),
        ("column spread", "from 5 to 1000", "6530")),
    ("volatility as a fraction", "vix", scaled("vix", "close", 0.01), ("column close", "0.165")),
    ("price in cents", "etf", scaled("etf", "close", 100), ("column close of LQD", "dollars")),
    ("price as a spread", "etf", text("etf", lambda t: re.sub(r",(\d+),\d+\n", r",\1,\1\n", t)),
        ("column spread", "a price is not a spread")),
    ("par spread in basis points", "cds_final", scaled("cds_final", "parspread", 10_000),
        ("column parspread", "78")),
    ("par spread in percent", "cds_final", scaled("cds_final", "parspread", 100),
        ("column parspread", "0.78")),
    ("yield in percent", "wrds_bond", scaled("wrds_bond", "yield", 100), ("column yield", "4.5")),
    ("price as a fraction", "wrds_bond", scaled("wrds_bond", "price_eom", 0.01),
        ("column price_eom", "1.015")),
    ("amount in dollars", "wrds_bond", scaled("wrds_bond", "amount_outstanding", 1000),
        ("column amount_outstanding", "thousands")),
    ("bid-ask in basis points", "wrds_bond", scaled("wrds_bond", "t_spread", 10_000),
        ("column t_spread", "26")),
    ("coupon as a decimal", "wrds_bond", scaled("wrds_bond", "coupon", 0.01),
        ("column coupon", "0.05")),
    ("yield per year", "monthly_ts_data", scaled("monthly_ts_data", "tmyld", 365),
        ("column tmyld", "per day")),
    ("amount in dollars, Treasuries", "monthly_ts_data",
        scaled("monthly_ts_data", "tmpubout", 1e6), ("column tmpubout", "millions")),
    ("curve as decimals", "fed_yield_curve",
        both(*(scaled("fed_yield_curve", c, 0.01) for c in ("BETA0", "SVENY01", "SVENY10"))),
        ("columns BETA0 to BETA3 must be in percent",)),
    ("decay times below zero", "fed_yield_curve", scaled("fed_yield_curve", "TAU1", -1),
        ("columns TAU1, TAU2 must be decay times in years",)),
    ("one yield as a decimal", "fed_yield_curve", scaled("fed_yield_curve", "SVENY10", 0.01),
        ("column SVENY10", "3.069")),
]  # fmt: skip
REMEDY = re.compile(
    r"; (?:\w+ or )?(add|convert|correct|deliver|rename|remove|save|write|approve)\b[^;]*$"
    r"|; convert( it| them| the column or the parameters)?: [^;]*$"
)


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """Return a folder with a sound file of every table."""
    folder = tmp_path / "delivery"
    folder.mkdir()
    for table, content in SOUND.items():
        (folder / f"{table}.csv").write_text(content)
    return folder


def refusals(folder: Path, *tables: str) -> list[str]:
    """Return what the check says of a delivery."""
    names = {"RED_and_ISIN_mapping": "red_and_isin_mapping"}
    return check_inputs(folder, contract(*(names.get(table, table) for table in tables)))["errors"]


def test_the_sound_delivery_passes(delivery: Path) -> None:
    """Otherwise the cases below would see the wrong message."""
    assert refusals(delivery) == []


@pytest.mark.parametrize(
    ("what", "table", "spoil", "words"), BAD_FILES, ids=[c[0] for c in BAD_FILES]
)
def test_a_bad_file_is_refused_in_one_sentence(
    delivery: Path, what: str, table: str, spoil: Callable[[Path], None], words: tuple[str, ...]
) -> None:
    """It says which file, where in it, what was found, and what to do."""
    spoil(delivery)
    # The other tables of the desk are looked for, and the notebook year is another delivery.
    found = refusals(delivery, table, "cdx", "issue_data")
    assert len(found) == 1, found
    assert [word for word in words if word not in found[0]] == [], found[0]
    assert str(delivery) in found[0] and REMEDY.search(found[0]), found[0]
    assert "\n" not in found[0] and "Traceback" not in found[0]


def test_one_quote_of_the_contract_is_enough_whatever_its_spelling(delivery: Path) -> None:
    """What the standard method reads as SNRFOR is no reason to refuse a file."""
    contracts(*["SUBLT2,Japan,JPY"] * 27, " snrfor ,UNITED STATES,usd")(delivery)
    assert refusals(delivery) == []


def test_a_file_that_must_not_be_read_is_named(
    delivery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Delivered with the permissions of somebody else."""

    def refuse(part: Path) -> list[str]:
        raise PermissionError(13, "Permission denied", str(part))

    monkeypatch.setattr(readers, "read_header", refuse)
    (found,) = refusals(delivery, "issue_data")
    assert "issue_data.csv: must be readable; Permission denied; correct its permissions" in found


# ---------------------------------------------------------------------------------------------
# Files with bad rows: parts of one delivery

SOUND_ROW_COUNT = 12
DAYS = pd.bdate_range("2019-01-01", periods=5000).strftime("%Y-%m-%d").tolist()


@dataclass(frozen=True)
class Part:
    """A part of a vendor table: rows as they are delivered, each with its reason or None."""

    what: str
    table: str
    rows: tuple[tuple[dict, str | None], ...]
    encode: Callable[[str], str] = str


def one(what: str, table: str, reason: str | None, **values: object) -> Part:
    """Return a part with one odd row."""
    return Part(what, table, ((values, reason),))


def two(what: str, table: str, reasons: tuple[str | None, str | None], *rows: dict) -> Part:
    """Return a part with two rows of one key."""
    return Part(what, table, tuple(zip(rows, reasons, strict=True)))


UNREADABLE = "date_unreadable"
NO_DATE = "date_missing_or_unreadable"
CONFLICT = ("conflicting_duplicate", "conflicting_duplicate")
COPY = (None, "exact_duplicate")

PARTS = [
    one("impossible day", "cdx", UNREADABLE, date="2019-02-31"),
    one("ambiguous date", "cdx", UNREADABLE, date="03/04/2024"),
    one("no date", "cdx", UNREADABLE, date=""),
    one("endless date", "cdx", UNREADABLE, date="infinity"),
    one("year of two digits", "cdx", UNREADABLE, date="24-01-31"),
    one("future date", "cdx", "date_in_future", date="2999-01-04"),
    one("unknown index", "cdx", "instrument_not_in_catalog", index="CDX_NA_EM"),
    one("unknown tenor", "cdx", "instrument_not_in_catalog", tenor="15Y"),
    one("text for a missing name", "cdx", "instrument_not_in_catalog", index="<NA>"),
    one("Saturday", "cdx", "weekend_session", date="2020-01-04"),
    one("no spread", "cdx", "spread_missing_or_unreadable", spread=""),
    one("spread in words", "cdx", "spread_missing_or_unreadable", spread="wide"),
    one("spread with a decimal comma", "cdx", "spread_missing_or_unreadable", spread="65,3"),
    one("spread with a sign of percent", "cdx", "spread_missing_or_unreadable", spread="0.65%"),
    one("spread that is no number", "cdx", "spread_not_finite", spread="NaN"),
    one("endless spread", "cdx", "spread_not_finite", spread="-inf"),
    one("spread in percent", "cdx", "spread_outside_plausible_range", spread="0.653"),
    one("negative spread", "cdx", "spread_outside_plausible_range", spread="-65.3"),
    one("series with a letter", "cdx", "series_unreadable", series="S33"),
    one("price in words", "cdx", "price_unreadable", price="par"),
    one("price of zero", "cdx", "price_not_positive", price="0"),
    one("price as a fraction", "cdx", "price_outside_plausible_range", price="1.02"),
    two("two spreads", "cdx", CONFLICT, {"spread": "65"}, {"spread": "66"}),
    two("the same row twice", "cdx", COPY, {}, {}),
    Part("line ends within quotes", "cdx", (({"note": "two\nlines"}, None),)),
    Part("byte order mark", "cdx", (({}, None),), lambda text: "\ufeff" + text),
    Part("Windows line ends", "cdx", (({}, None),), lambda text: text.replace("\n", "\r\n")),
    Part("dates in reverse", "cdx", (({}, None),), lambda text: "\n".join(
        [text.split("\n")[0], *text.strip().split("\n")[:0:-1]])),
    one("volatility in words", "vix", "level_missing_or_unreadable", close="high"),
    one("volatility with a zero byte", "vix", "level_missing_or_unreadable", close="16\x00"),
    one("volatility that is no number", "vix", "level_not_finite", close="nan"),
    one("volatility as a fraction", "vix", "level_outside_plausible_range", close="0.162"),
    one("Sunday", "vix", "weekend_session", date="2020-01-05"),
    two("two levels", "vix", CONFLICT, {"close": "16"}, {"close": "17"}),
    one("no ticker", "etf", "ticker_missing", ticker=" "),
    one("text for a missing ticker", "etf", "ticker_missing", ticker="<NA>"),
    one("no price", "etf", "price_missing_or_unreadable", close=""),
    one("negative price", "etf", "price_not_positive", close="-108"),
    one("price in cents", "etf", "price_unit_suspect", close="10800"),
    one("price of another fund", "etf", "price_unit_suspect", close="7600"),
    one("spread in a text", "etf", "spread_unreadable", spread="1.2%"),
    one("endless fund spread", "etf", "spread_not_finite", spread="inf"),
    one("fund spread in percent", "etf", "spread_outside_plausible_range", spread="1.2"),
    one("fund spread in tenths", "etf", "spread_unit_suspect", spread="6.5"),
    one("no CUSIP", "wrds_bond", "cusip_not_nine_characters", cusip=""),
    one("CUSIP of an issuer", "wrds_bond", "cusip_not_nine_characters", cusip="12345A"),
    one("CUSIP without its check digit", "wrds_bond", None, cusip="03783310"),
    one("absurd bid-ask", "wrds_bond", None, t_spread="1e308"),
    one("absurd price", "wrds_bond", "price_not_positive", price_eom="1e308"),
    one("CUSIP that looks like a number", "wrds_bond", None, cusip="12345E102"),
    one("CUSIP in lower case", "wrds_bond", None, cusip=" 12345ab17 "),
    one("bond without date", "wrds_bond", NO_DATE, date="2020-02-30"),
    one("bond of tomorrow", "wrds_bond", "date_in_future", date="2999-01-31"),
    one("bond without maturity", "wrds_bond", "maturity_missing_or_unreadable", maturity=""),
    one("bond without end", "wrds_bond", "maturity_missing_or_unreadable", maturity="infinity"),
    one("matured bond", "wrds_bond", "matured", maturity="2016-06-30"),
    one("maturity before the date", "wrds_bond", "matured", maturity="2012-01-15"),
    one("bond before its issue", "wrds_bond", "before_issue", offering_date="2018-01-15"),
    one("bond without price", "wrds_bond", "price_missing_or_unreadable", price_eom="n/a"),
    one("bond price of zero", "wrds_bond", "price_not_positive", price_eom="0"),
    one("endless bond price", "wrds_bond", "price_not_positive", price_eom="inf"),
    one("bond price times 100", "wrds_bond", "price_above_plausible", price_eom="10150"),
    one("bond price as a fraction", "wrds_bond", "yield_contradicts_price", price_eom="1.015"),
    one("bond without yield", "wrds_bond", "yield_missing_or_unreadable", **{"yield": ""}),
    one("yield in percent", "wrds_bond", "yield_outside_plausible_range", **{"yield": "4.5"}),
    one("yield in percent, as text", "wrds_bond", None, **{"yield": "4.7%"}),
    one("yield ten times too high", "wrds_bond", "yield_contradicts_price", **{"yield": "0.45"}),
    one("yield in another unit", "wrds_bond", "yield_unit_suspect", **{"yield": "0.00047"}),
    one("coupon as a decimal", "wrds_bond", "coupon_outside_plausible_range", coupon="0.05"),
    one("no amount", "wrds_bond", "amount_outstanding_missing_or_not_positive",
        amount_outstanding="0"),
    one("amount in dollars", "wrds_bond", "amount_outstanding_above_plausible",
        amount_outstanding="500000000"),
    one("amount in tenths of millions", "wrds_bond", "amount_outstanding_unit_suspect",
        amount_outstanding="5000", offering_amt="500000"),
    one("bid-ask in percent", "wrds_bond", "unit_suspect", t_spread="0.26"),
    two("two prices of a bond", "wrds_bond", CONFLICT, {"cusip": "99999AB12"},
        {"cusip": "99999AB12", "price_eom": "101.6"}),
    two("a bond twice", "wrds_bond", COPY, {"cusip": "99999AC11"}, {"cusip": "99999AC11"}),
    one("quote without date", "cds_final", NO_DATE, date="31.12.2016"),
    one("quote without code", "cds_final", "red_code_missing", redcode="nan"),
    one("code in lower case", "cds_final", None, redcode=" 2i65br "),
    one("tenor in words", "cds_final", "tenor_unknown", tenor="five years"),
    one("tenor in lower case", "cds_final", None, tenor=" 5y"),
    one("tenor in months", "cds_final", None, tenor="60M"),
    one("tenor in halves of a year", "cds_final", None, tenor="0.5Y"),
    one("code of nine characters", "cds_final", None, redcode="2I65BRAC9"),
    one("no par spread", "cds_final", "par_spread_missing_or_unreadable", parspread="<NA>"),
    one("endless par spread", "cds_final", "par_spread_not_finite", parspread="inf"),
    one("negative par spread", "cds_final", "par_spread_not_positive", parspread="-0.0078"),
    one("par spread in basis points", "cds_final", "par_spread_above_plausible", parspread="78"),
    Part("par spread in percent", "cds_final", tuple(
        ({"redcode": "CURVE1", "tenor": tenor, "parspread": spread}, reason)
        for tenor, spread, reason in (
            ("1Y", "0.0044", None), ("3Y", "0.0060", None),
            ("5Y", "0.78", "par_spread_unit_suspect"), ("10Y", "0.0099", None),
        ))),
    two("two quotes, one in percent", "cds_final",
        ("par_spread_unit_suspect", "par_spread_unit_suspect"),
        {"redcode": "CURVE2", "tenor": "5Y"},
        {"redcode": "CURVE2", "tenor": "10Y", "parspread": "0.99"}),
    one("obligation without code", "RED_and_ISIN_mapping", "red_code_missing", redcode=""),
    one("obligation without name", "RED_and_ISIN_mapping", "isin_and_cusip_missing", isin="",
        obl_cusip="None"),
    one("issue without number", "issue_data", "key_missing", kytreasno=""),
    one("issue without maturity", "issue_data", "maturity_missing_or_unreadable", tmatdt="soon"),
    one("issue of an endless type", "issue_data", None, itype="inf"),
    one("issue of a type beyond all codes", "issue_data", None, itype="1e300"),
    one("Treasury without code", "monthly_ts_data", "key_missing", kycrspid=None),
    one("Treasury that nobody issued", "monthly_ts_data", "issue_not_in_issue_data", kytreasno="1"),
    one("Treasury without date", "monthly_ts_data", NO_DATE, mcaldt="Jan 2017"),
    one("Treasury without yield", "monthly_ts_data", "yield_missing_or_unreadable", tmyld="nan"),
    one("endless Treasury yield", "monthly_ts_data", "yield_not_finite", tmyld="inf"),
    one("Treasury yield per year", "monthly_ts_data", "yield_outside_plausible_range",
        tmyld="0.041"),
    one("Treasury after its end", "monthly_ts_data", "matured", mcaldt="2025-06-30"),
    one("Treasury before its issue", "monthly_ts_data", "before_issue", mcaldt="2012-04-30"),
    two("two yields of a Treasury", "monthly_ts_data", CONFLICT, {"mcaldt": "2016-05-11"},
        {"mcaldt": "2016-05-11", "tmyld": "0.00007"}),
    two("a Treasury twice", "monthly_ts_data", COPY, {"mcaldt": "2016-05-12"},
        {"mcaldt": "2016-05-12"}),
    one("curve without date", "fed_yield_curve", NO_DATE, Date=""),
    one("curve of a holiday", "fed_yield_curve", "no_curve_that_day", BETA0="", SVENY01="",
        SVENY10=""),
    one("level as a decimal", "fed_yield_curve", "yields_contradict_parameters", BETA0="0.031"),
    one("level in basis points", "fed_yield_curve", "yield_outside_plausible_range", BETA0="310"),
    one("zero yield as a decimal", "fed_yield_curve", "yields_contradict_parameters",
        SVENY10="0.031"),
    one("no yield that far out", "fed_yield_curve", None, SVENY10="-999.99"),
    one("curve without a slope", "fed_yield_curve", "no_curve_that_day", BETA1=""),
]  # fmt: skip


def series(day: str) -> str:
    """Return the series of IG that is young on a day: S33 was issued on 20 September 2019."""
    year, month = (pd.Timestamp(day) - pd.Timedelta(days=25)).timetuple()[:2]
    return str(2 * (year - 2003) + (1 if month >= 9 else 0 if month >= 3 else -1))


def defaults(table: str, case: int, place: int) -> dict:
    """Return a sound row of a table whose key no other row has."""
    number = 100 * case + place
    day = DAYS[20 * case + place]
    return {
        "cdx": {
            "date": day, "index": "CDX_NA_IG", "tenor": "5Y", "series": series(day),
            "spread": "65.3", "price": "101.5", "note": "",
        },
        "vix": {"date": day, "close": "16.5"},
        "etf": {"date": day, "ticker": "LQD", "close": "108", "spread": "120"},
        "wrds_bond": {
            "cusip": f"7{number:05d}AA1", "company_symbol": "ABC", "date": "2016-12-31",
            "maturity": "2022-05-15", "offering_date": "2012-05-15", "amount_outstanding": "500000",
            "offering_amt": "500000", "yield": "0.047", "rating_class": "0.IG",
            "price_eom": "101.5", "t_spread": "0.0026", "coupon": "5",
        },
        "cds_final": {
            "date": "2016-12-30", "ticker": "ABC", "redcode": f"{number:06d}",
            "parspread": "0.0078", "tenor": "5Y",
        },
        "RED_and_ISIN_mapping": {
            "redcode": f"{number:06d}", "ticker": "ABC", "obl_cusip": f"7{number:05d}AA1",
            "isin": f"US7{number:05d}AA10", "tier": "SNRFOR",
        },
        "issue_data": {
            "kycrspid": f"20220515.2{number:05d}", "kytreasno": f"9{number:05d}",
            "tmatdt": "2022-05-15", "itype": "2",
        },
        "monthly_ts_data": {
            "kycrspid": "20220515.299999", "kytreasno": "999999",
            "mcaldt": day,
            "tmpubout": "25000", "tmyld": "0.00005",
        },
        "fed_yield_curve": {
            "Date": day, "BETA0": "3.1", "BETA1": "0", "BETA2": "0", "BETA3": "0", "TAU1": "1.5",
            "TAU2": "-999.99", "SVENY01": "3.1", "SVENY10": "3.1",
        },
    }[table]  # fmt: skip


def write_corpus(folder: Path, base: Path) -> tuple[pd.DataFrame, int]:
    """Write the base delivery and every part; return the rows expected to have a reason.

    Returns
    -------
    expected : DataFrame
        table_name, source_row_number, reason, what.
    row_count : int
        Rows of the base and the parts together.
    """
    expected, row_count = [], 0
    for table in SOUND:
        rows = read_table(base, table)
        if table == "issue_data":
            known = {"kycrspid": "20220515.299999", "kytreasno": 999999.0, "itype": 2.0}
            days = {"tmatdt": "2022-05-15", "tdatdt": "2012-05-15"}
            known |= {column: pd.Timestamp(day).date() for column, day in days.items()}
            rows.loc[len(rows)] = known
        place = folder / table
        place.mkdir(parents=True)
        is_text = table in ("cdx", "vix", "etf")
        if is_text:
            rows.to_csv(place / "a_base.csv", index=False)
        else:
            rows.to_parquet(place / "a_base.parquet", index=False)
        last = len(rows)
        for case, part in enumerate(part for part in PARTS if part.table == table):
            is_pair = len(part.rows) == 2 and part.rows[0][1] in (None, "conflicting_duplicate")
            lines = [
                # The rows of a pair share their key.
                defaults(table, case, 0 if is_pair else position) | values
                for position, (values, _) in enumerate(part.rows)
            ]
            lines += [defaults(table, case, 5 + n) for n in range(SOUND_ROW_COUNT)]
            frame = pd.DataFrame(lines, dtype=object)
            if is_text:
                content = part.encode(frame.to_csv(index=False))
                (place / f"case_{case:03d}.csv").write_text(content, newline="", encoding="utf-8")
            else:
                frame.to_parquet(place / f"case_{case:03d}.parquet", index=False)
            expected += [
                (table.lower(), last + position, reason, part.what)
                for position, (_, reason) in enumerate(part.rows, start=1)
                if reason is not None
            ]
            last += len(frame)
        row_count += last
    columns = ["table_name", "source_row_number", "reason", "what"]
    return pd.DataFrame(expected, columns=columns), row_count


@dataclass(frozen=True)
class Corpus:
    """The delivery, what must be and what was found in it, and the folder of the build."""

    clean: Path
    expected: pd.DataFrame
    scaled: pd.DataFrame
    row_count: int
    found: pd.DataFrame
    home: Path


@built_ahead
def corpus(home: Path) -> Corpus:
    """Return a clean delivery with single rows in another unit and every part, as it was built."""
    clean = write_clean(home / "clean", months=18, sessions=1500)
    scaled = scale_rows(clean, home / "base", row_count=25, seed=5)
    expected, row_count = write_corpus(home / "data", home / "base")
    found = reasons(home / "data", home / "home")
    return Corpus(clean, expected, scaled, row_count, found, home / "home")


def test_every_bad_row_has_its_reason_and_no_sound_row_has_one(corpus: Corpus) -> None:
    """What is left out can be asked for again, and what is sound is not left out."""
    found = false_flags(corpus.clean, corpus.scaled, corpus.found)
    lines = corpus.expected.merge(
        found, "outer", ["table_name", "source_row_number"], suffixes=("_expected", "_found")
    )
    wrong = lines[lines["reason_expected"] != lines["reason_found"]]
    assert wrong.empty, wrong.to_string()
    sound_count = corpus.row_count - len(corpus.expected) - len(corpus.scaled)
    assert sound_count >= 100_000
    file_count = len(BAD_FILES) + len(PARTS)
    assert file_count >= 60
    print(
        f"\n{file_count} files: {len(BAD_FILES)} refused, {len(PARTS)} read, with "
        f"{len(corpus.expected)} rows rejected for {corpus.expected['reason'].nunique()} reasons; "
        f"{sound_count:,} sound rows, 0 rejected; 0 tracebacks"
    )


def test_a_single_row_in_another_unit_is_left_out(corpus: Corpus) -> None:
    """At least 99 of 100; make trust tries ten times as many through a crisis."""
    shares = shares_flagged(corpus.scaled, corpus.found)
    print(f"\n{len(corpus.scaled)} rows in another unit, share flagged:\n{shares.to_string()}")
    assert len(corpus.scaled) > 1000
    assert shares.shape == (sum(map(len, COLUMNS.values())), len(FACTORS))
    assert shares.to_numpy().mean() >= 0.99, shares
    assert shares.to_numpy().min() >= 0.95, shares


def test_every_reason_is_in_the_documents(corpus: Corpus) -> None:
    """A reader of fct_rejected_rows looks the code up, and must find it."""
    documented = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "inputs.md").read_text()))
    assert set(corpus.found["reason"]) - documented == set()


def test_codes_survive_as_they_are_written(corpus: Corpus) -> None:
    """12345E102 is a code, not 12345 followed by 102 zeros; case and padding carry nothing."""
    with duckdb.connect(
        str(corpus.home / "build" / "parspread.duckdb"), read_only=True
    ) as connection:
        found = connection.sql(
            "select cusip from intermediate.int_cds_bond__bonds_screened "
            "where cusip like '12345%' order by cusip"
        ).fetchall()
    assert found == [("12345A",), ("12345AB17",), ("12345E102",)]


@pytest.mark.trust
def test_a_build_of_the_corpus_passes_and_publishes(corpus: Corpus, tmp_path: Path) -> None:
    """No bad row that is left out stops a model or fails a test further on."""
    project = copy_project_with_tests(tmp_path / "project")
    accept_losses(project, "rows_rejected", "keys_missed", "rows_withheld")
    build = run_dbt(tmp_path, "build", data_dir=corpus.home.parent / "data", project=project)
    assert build.exit_code == 0, build.output[-3000:]
    assert build.query("select count(*) from quality.fct_row_accounting where not is_balanced") == [
        (0,)
    ]


def test_a_contract_that_nobody_quotes_stops_the_build(tmp_path: Path) -> None:
    """Otherwise a build passes whose basis is empty; case and padding of a var mean nothing."""
    build = run_dbt(
        tmp_path, "run", "--select", "stg_build__input_files", "--vars", "{cds_tier: subord}"
    )
    assert build.exit_code != 0
    assert "cds_final" in build.output and "must be subord, United States, USD" in build.output
    build = run_dbt(
        tmp_path, "run", "--select", "stg_build__input_files", "--vars", "{cds_tier: snrfor}"
    )
    assert build.exit_code == 0, build.output
