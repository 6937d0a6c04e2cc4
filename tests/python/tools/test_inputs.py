"""A vendor file that cannot be trusted stops the build with one message; a bad row gets a reason.

What these checks let through becomes a published figure. So every way in which a delivery has been
seen to go wrong stands here: as a whole file (refused, before any model runs) or as a single row
(left out and accounted for). The fast tests call the check; a few build the warehouse.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from math import sin
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from scaled_rows import contract, vendor_tables

from conftest import ROOT, Build, run_dbt
from parspread_tools.gate.check import check_inputs

pytestmark = pytest.mark.usefixtures("at_project_root")

MARKET_FILES = ("cdx", "vix", "etf")
SAMPLE = ROOT / "seeds" / "sample"

CONTRACT = contract(*MARKET_FILES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with sixty days of plausible vendor files."""
    home = tmp_path / "vendor"
    home.mkdir()
    days = [f"2024-{month:02d}-{day:02d}" for month in (1, 2, 3) for day in range(1, 21)]
    cdx, vix, etf = ["date,index,tenor,spread,series"], ["date,close"], ["date,ticker,close,spread"]
    for position, day in enumerate(days):
        stress = sin(position) + sin(position / 7)
        cdx.append(f"{day},CDX_NA_IG,5Y,{65 + 3 * stress:.3f},41")
        vix.append(f"{day},{16 + stress:.2f}")
        for ticker, price in (("LQD", 108), ("HYG", 76)):
            etf.append(f"{day},{ticker},{price - stress:.2f},{120 + 4 * stress:.2f}")
    for name, lines in zip(MARKET_FILES, (cdx, vix, etf), strict=True):
        (home / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return home


def check(folder: Path) -> list[str]:
    """Return the errors of the check."""
    return check_inputs(folder, CONTRACT)["errors"]


def rows(folder: Path, table: str = "cdx") -> list[tuple]:
    """Return the desk's rows of a table as the build would see them, the data set left out."""
    with vendor_tables(folder, CONTRACT) as connection:
        return connection.sql(
            f"select * exclude (data_set, known_at) from vendor.{table} where data_set = 'desk' "
            "order by source_row_number"
        ).fetchall()


def rewrite(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Replace the lines of a text file."""
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


def scale(path: Path, position: int, ratio: float) -> None:
    """Multiply one field of every row, as another unit would."""

    def change(lines: list[str]) -> list[str]:
        table = [line.split(",") for line in lines]
        for fields in table[1:]:
            fields[position] = f"{float(fields[position]) * ratio:.8g}"
        return [",".join(fields) for fields in table]

    rewrite(path, change)


def sql(path: Path, query: str) -> None:
    """Write the answer of a query as parquet."""
    duckdb.default_connection().cursor().sql(query).write_parquet(str(path))


def only(errors: list[str], *words: str) -> None:
    """Assert that there is one message and that it holds all `words`."""
    assert len(errors) == 1, errors
    assert [word for word in words if word not in errors[0]] == [], errors[0]


# ---------------------------------------------------------------------------------------------
# What is fine


def test_plausible_files_pass(folder: Path) -> None:
    """Otherwise the tests below would see the wrong error."""
    assert check(folder) == []


def test_the_committed_sample_passes() -> None:
    """Its funds' spreads follow their prices closely (HYG: -0.93), and are spreads all the same."""
    assert check(SAMPLE) == []


def test_real_proxies_pass(shared_dir: Path) -> None:
    """A check that refuses real market data would be switched off on the first day."""
    assert check(shared_dir / "data" / "real_inputs") == []


def test_a_desk_without_files_is_a_note_and_not_an_error(folder: Path) -> None:
    """One desk must be able to work without the other's licence."""
    meta = {"file": "bonds", "desk": "cds_bond", "version_key": ["cusip"]}
    column = {"name": "cusip", "data_type": "varchar", "meta": {}}
    other = {"table": "bonds", "meta": meta, "columns": [column]}
    report = check_inputs(folder, [*CONTRACT, other])
    assert report["errors"] == []
    only(report["notes"], "desk cds_bond has no data", "bonds", "its tables are built empty")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("date,index,tenor,spread", "DATE,Index,TENOR,sPREAD"),
        lambda text: text.replace("date,index", " date,index "),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\n\n", 3),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("CDX_NA_IG", '"CDX_NA_IG"'),
        lambda text: re.sub(r"(?m)^", '"a note,\nof two lines",', text).removesuffix(
            '"a note,\nof two lines",'
        ),
        lambda text: re.sub(r"(?m)^(.*?),(.*?),(.+)$", r"\2,\3,\1", text),
        lambda text: re.sub(r"(?m)^(.+)$", r",\1,", text),
    ],
    ids=[
        "byte order mark",
        "header in capitals",
        "blanks in the header",
        "Windows line ends",
        "blank lines",
        "no line end at the end",
        "quoted texts",
        "line ends within quotes",
        "other column order",
        "extra columns without a name",
    ],
)
def test_the_same_rows_in_another_dress_read_the_same(
    folder: Path, change: Callable[[str], str]
) -> None:
    """Exports differ in form from tool to tool; none of these changes a number."""
    plain = rows(folder)
    path = folder / "cdx.csv"
    path.write_text(change(path.read_text()), newline="")
    assert rows(folder) == plain and len(plain) == 60


def test_the_volatility_level_may_be_called_close_or_level(folder: Path) -> None:
    """Both names are in use."""
    plain = rows(folder, "vix")
    rewrite(folder / "vix.csv", lambda lines: ["date,level", *lines[1:]])
    assert rows(folder, "vix") == plain


def test_parquet_and_csv_hold_the_same_values(folder: Path) -> None:
    """The format is the vendor's choice and must not reach a figure."""

    def numbers() -> list[tuple]:
        return [(*row[:4], float(row[4]), int(row[5])) for row in rows(folder)]

    plain = numbers()
    sql(
        folder / "cdx.parquet",
        "select series::integer as series, spread::double as spread, date::date as date, "
        f"index, tenor from read_csv('{folder / 'cdx.csv'}', all_varchar = true)",
    )
    (folder / "cdx.csv").unlink()
    assert numbers() == plain


def test_parts_of_a_table_are_read_in_order_of_their_names(folder: Path) -> None:
    """A history may come as one file per year, and a later part may have a further column."""
    plain = [row[:4] for row in rows(folder)]
    lines = (folder / "cdx.csv").read_text().splitlines()
    (folder / "cdx.csv").unlink()
    (folder / "cdx").mkdir()
    (folder / "cdx" / "part_1.csv").write_text("\n".join(lines[:31]) + "\n")
    swapped = [
        ",".join(line.split(",")[i] for i in (3, 0, 1, 2)) for line in [lines[0], *lines[31:]]
    ]
    (folder / "cdx" / "part_2.csv").write_text("\n".join(swapped) + "\n")
    assert [row[:4] for row in rows(folder)] == plain
    assert {row[5] for row in rows(folder)} == {"41", None}


@pytest.mark.parametrize("name", ["vendor's files", 'the "new" delivery', "a b; c -- d"])
def test_a_folder_may_have_blanks_and_quotes_in_its_name(folder: Path, name: str) -> None:
    """The name goes into SQL."""
    assert len(rows(folder.rename(folder.parent / name))) == 60


# ---------------------------------------------------------------------------------------------
# A file that is not there, or cannot be read


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    only(check(tmp_path / "nowhere"), "PARSPREAD_DATA_DIR must", str(tmp_path / "nowhere"))


def test_a_folder_without_vendor_files_says_what_it_holds_and_what_it_should(
    tmp_path: Path,
) -> None:
    """Most often the path is one level too high."""
    (tmp_path / "2024").mkdir()
    only(check(tmp_path), str(tmp_path), "cdx, etf, vix", "found only: 2024")


@pytest.mark.parametrize("name", MARKET_FILES)
def test_a_missing_file_of_a_desk_is_named(folder: Path, name: str) -> None:
    """A desk with two of three files is a failed delivery, not a desk without data."""
    (folder / f"{name}.csv").unlink()
    others = ", ".join(sorted(f"{other}.csv" for other in MARKET_FILES if other != name))
    only(check(folder), f"file {name}.parquet or .csv", "cdx_overlay", f"found only: {others}")


def test_a_table_delivered_twice_is_refused(folder: Path) -> None:
    """Which of the two is the newer one is not for a program to guess."""
    sql(folder / "vix.parquet", "select '2024-01-01' as date, 16 as close")
    only(check(folder), "table vix must be delivered once", "vix.csv and vix.parquet", "remove")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_empty_file_is_refused(folder: Path, suffix: str) -> None:
    """What an interrupted copy leaves behind."""
    (folder / "vix.csv").unlink()
    (folder / f"vix.{suffix}").write_bytes(b"")
    only(check(folder), f"vix.{suffix}", "the file was empty (0 bytes)", "deliver it again")


def test_a_header_without_rows_is_refused(folder: Path) -> None:
    """An export that found nothing still writes its header."""
    rewrite(folder / "vix.csv", lambda lines: lines[:1])
    only(check(folder), "vix.csv", "at least one row", "header only")


def test_a_parquet_file_without_rows_is_refused(folder: Path) -> None:
    (folder / "vix.csv").unlink()
    sql(folder / "vix.parquet", "select '2024-01-01' as date, 16 as close where false")
    only(check(folder), "vix.parquet", "at least one row")


@pytest.mark.parametrize("kept_share", [0.5, 0.99])
def test_a_truncated_parquet_file_is_refused(folder: Path, kept_share: float) -> None:
    """Parquet keeps its directory at the end, so a cut file has none."""
    (folder / "vix.csv").unlink()
    path = folder / "vix.parquet"
    sql(path, "select date '2024-01-01' + i::integer as date, 16 as close from range(60) as t(i)")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept_share)])
    only(check(folder), "vix.parquet", "must be a complete parquet file", "deliver it again")


def test_a_parquet_file_with_damaged_pages_is_refused(folder: Path) -> None:
    """Its directory may be whole all the same."""
    (folder / "vix.csv").unlink()
    path = folder / "vix.parquet"
    sql(path, "select date '2024-01-01' + i::integer as date, 16 as close from range(60) as t(i)")
    content = bytearray(path.read_bytes())
    content[4:40] = b"\xff" * 36
    path.write_bytes(content)
    only(check(folder), "vix.parquet", "must be readable", "deliver it again")


@pytest.mark.parametrize(("name", "column"), [("cdx", "spread"), ("vix", "close"), ("etf", "date")])
def test_a_missing_column_is_named_with_what_was_found(
    folder: Path, name: str, column: str
) -> None:
    """The usual cause is a renamed column, and the list shows to what."""
    rewrite(folder / f"{name}.csv", lambda lines: [lines[0].replace(column, "other"), *lines[1:]])
    header = (folder / f"{name}.csv").read_text().splitlines()[0].replace(",", ", ")
    only(check(folder), f"{name}.csv: column {column}", f"found {header}", "rename or add it")


def test_a_part_that_lacks_a_column_is_named(folder: Path) -> None:
    """Its rows would otherwise all be null."""
    (folder / "vix").mkdir()
    (folder / "vix.csv").rename(folder / "vix" / "part_1.csv")
    (folder / "vix" / "part_2.csv").write_text("date,value\n2024-05-01,16\n")
    only(check(folder), "part_2.csv: column close or level", "found date, value")


def test_a_column_delivered_twice_is_refused(folder: Path) -> None:
    rewrite(folder / "vix.csv", lambda lines: [lines[0] + ",Close", *(f"{x},9" for x in lines[1:])])
    only(check(folder), "column close or level must be there once", "found date, close, Close")


def test_semicolons_between_fields_are_refused(folder: Path) -> None:
    """A spreadsheet in a country with decimal commas writes them."""
    rewrite(folder / "cdx.csv", lambda lines: [line.replace(",", ";") for line in lines])
    only(check(folder), "cdx.csv", "separated by commas", "date;index;tenor", "save it as")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("2024-01-09,CDX_NA_IG", "Found: 2"),
        ("2024-01-09,CDX_NA_IG,5Y,65,3,41", "Found: 6"),
        ('2024-01-09,"CDX_NA_IG,5Y,65.3,41', "unterminated quote"),
    ],
    ids=["too few fields", "a decimal comma without quotes", "a quote that is not closed"],
)
def test_a_ragged_line_is_refused_with_its_number(folder: Path, line: str, found: str) -> None:
    """Fields that have moved would be read as other columns."""
    rewrite(folder / "cdx.csv", lambda lines: [*lines[:9], line, *lines[9:]])
    only(check(folder), "cdx.csv", "Line: 10", found, "correct it or deliver it again")


def test_a_ragged_line_of_a_part_is_refused_with_its_file(folder: Path) -> None:
    """A table of twenty parts would otherwise be searched by hand."""
    (folder / "vix").mkdir()
    (folder / "vix.csv").rename(folder / "vix" / "part_1.csv")
    (folder / "vix" / "part_2.csv").write_text("date,close\n2024-05-01\n")
    only(check(folder), "part_2.csv: must be readable", "Line: 2")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_text_in_another_encoding_is_refused(folder: Path, encoding: str) -> None:
    """The engine notices it in some columns only, and then half-way through the build."""
    path = folder / "cdx.csv"
    text = path.read_text().replace("date,", "note,date,", 1).replace("\n2024", "\ncafé,2024")
    path.write_text(text, encoding=encoding)
    line = 2 if encoding == "latin-1" else 1
    only(check(folder), f"cdx.csv: must be UTF-8 text; line {line} is not", "save it as CSV UTF-8")


def test_two_broken_files_are_both_named(folder: Path) -> None:
    """One build per broken file would cost an afternoon."""
    (folder / "vix.csv").write_bytes(b"")
    rewrite(folder / "cdx.csv", lambda lines: lines[:1])
    errors = check(folder)
    assert len(errors) == 2 and "cdx.csv" in errors[0] and "vix.csv" in errors[1]


# ---------------------------------------------------------------------------------------------
# A file that is in another unit, or holds something else


@pytest.mark.parametrize(
    ("name", "position", "ratio", "words"),
    [
        ("cdx", 3, 0.01, ("must be in basis points", "not 0.65 (percent)")),
        ("cdx", 3, 0.0001, ("must be in basis points", "not 0.0065 (decimal)")),
        ("cdx", 3, 100, ("column spread of CDX_NA_IG 5Y must be", "its median was 65")),
        ("etf", 3, 0.01, ("column spread of LQD must be", "a spread of 1.2 % is 120")),
        ("etf", 3, 0.0001, ("column spread of LQD must be", "its median was 0.012")),
        ("vix", 1, 0.01, ("column close must be in index points", "not 0.162")),
    ],
)
def test_a_file_in_another_unit_is_refused(
    folder: Path, name: str, position: int, ratio: float, words: tuple[str, ...]
) -> None:
    """Scores do not depend on the unit, P&L and costs do: nothing downstream would look wrong."""
    scale(folder / f"{name}.csv", position, ratio)
    only(check(folder), f"{name}.csv", *words, "convert it")


@pytest.mark.parametrize("ratio", [1, 2.5])
def test_a_price_fed_as_spread_is_refused(folder: Path, ratio: float) -> None:
    """The replaced notebook did exactly that; the basis then has the wrong sign."""

    def change(lines: list[str]) -> list[str]:
        fields = [line.split(",") for line in lines[1:]]
        return [lines[0], *(f"{d},{t},{p},{float(p) * ratio + 7}" for d, t, p, _ in fields)]

    rewrite(folder / "etf.csv", change)
    only(check(folder), "etf.csv", "column spread", "correlate 1.00", "a price is not a spread")


def test_one_fund_with_a_price_as_spread_is_enough(folder: Path) -> None:
    """Each fund comes from a source of its own, so the check looks at each."""

    def change(lines: list[str]) -> list[str]:
        fields = [line.split(",") for line in lines[1:]]
        return [
            lines[0],
            *(
                f"{d},{t},{p},{float(p) + 0.2 * sin(i) if t == 'HYG' else s}"
                for i, (d, t, p, s) in enumerate(fields)
            ),
        ]

    rewrite(folder / "etf.csv", change)
    only(check(folder), "for ticker HYG they correlate 0.9")


@pytest.mark.parametrize("column", [2, 3], ids=["close", "spread"])
def test_a_fund_that_never_moves_stops_no_build(folder: Path, column: int) -> None:
    """What is constant correlates with nothing, and the engine takes NaN for more than 0.9."""

    def change(lines: list[str]) -> list[str]:
        rows = [line.split(",") for line in lines[1:]]
        for row in rows:
            row[column] = "90" if row[1] == "HYG" else row[column]
        return [lines[0], *(",".join(row) for row in rows)]

    rewrite(folder / "etf.csv", change)
    assert check(folder) == []


@pytest.mark.parametrize("wrong", ["CDX_NA_HY", "CDX_NA_IG"])
def test_a_price_delivered_as_the_spread_of_an_index_is_refused(folder: Path, wrong: str) -> None:
    """High yield trades in price, 85 to 111, within the range of its spreads."""
    lines = ["date,index,tenor,spread"]
    for position, day in enumerate(pd.bdate_range("2019-01-01", periods=150).strftime("%Y-%m-%d")):
        stress = sin(position) + sin(position / 7)
        spreads = {"CDX_NA_IG": 65 + 3 * stress, "CDX_NA_HY": 350 + 20 * stress}
        spreads[wrong] = 103 - stress
        lines += [f"{day},{name},5Y,{spread:.3f}" for name, spread in spreads.items()]
    (folder / "cdx.csv").write_text("\n".join(lines) + "\n")
    only(
        check(folder),
        "column spread must be in basis points for every index and tenor",
        f"the daily changes of {wrong} 5Y correlate -1.00",
        "deliver its spread, and the price in the column price",
    )


@pytest.mark.parametrize(
    ("names", "first_wrong_year", "words"),
    [
        (("CDX_NA_HY",), 2022, "changes of CDX_NA_HY 5Y correlate -1.00 with those of vix, "),
        (("CDX_NA_HY", "CDX_NA_IG"), 2022, "column spread must be in basis points and rise with "),
        (("CDX_NA_HY",), 2023, "with those of vix in 2023, as those of a price do; deliver its "),
    ],
)  # fmt: skip
def test_an_index_in_price_is_refused_where_no_other_gives_it_away(
    folder: Path, names: tuple[str, ...], first_wrong_year: int, words: str
) -> None:
    """One index alone, all of them, or one from a year on: each falls when volatility rises."""
    cdx, vix = ["date,index,tenor,spread"], ["date,close"]
    for position, day in enumerate(pd.bdate_range("2022-01-03", "2023-12-29")):
        stress = sin(position) + sin(position / 7)
        vix.append(f"{day:%Y-%m-%d},{16 + stress:.3f}")
        value = 103 - stress if day.year >= first_wrong_year else 350 + 20 * stress
        cdx += [f"{day:%Y-%m-%d},{name},5Y,{value:.3f}" for name in names]
    (folder / "cdx.csv").write_text("\n".join(cdx) + "\n")
    (folder / "vix.csv").write_text("\n".join(vix) + "\n")
    only(check(folder), words)


@pytest.mark.parametrize(("first", "count"), [(200, 40), (200, 15), (485, 35)])
@pytest.mark.parametrize(("name", "level"), [("CDX_NA_HY", 350), ("CDX_NA_IG", 60)])
def test_some_weeks_in_price_are_refused(
    folder: Path, name: str, level: int, first: int, count: int
) -> None:
    """Fewer than any year tells; also where the file ends in them. A bad row is none of them."""
    days = pd.bdate_range("2022-01-03", periods=520)
    vix, spreads, prices = ["date,close"], ["date,index,tenor,spread"], ["date,index,tenor,spread"]
    for position, day in enumerate(days):
        stress = sin(position) + sin(position / 7)
        vix.append(f"{day:%Y-%m-%d},{16 + stress:.3f}")
        spread = level * (1 + stress / 20) * (3 if position in (150, 165) else 1)
        spreads.append(f"{day:%Y-%m-%d},{name},5Y,{spread:.3f}")
        prices.append(spreads[-1])
        if first <= position < first + count:
            prices[-1] = f"{day:%Y-%m-%d},{name},5Y,{103 - stress:.3f}"
    (folder / "vix.csv").write_text("\n".join(vix) + "\n")
    (folder / "cdx.csv").write_text("\n".join(spreads) + "\n")
    assert check(folder) == []
    (folder / "cdx.csv").write_text("\n".join(prices) + "\n")
    span = f"from {days[first]:%Y-%m-%d} to {days[min(first + count, 520) - 1]:%Y-%m-%d}"
    only(check(folder), f"the daily changes of {name} 5Y correlate -1.00", span)


@pytest.mark.parametrize("mark", ["\ufeff\ufeff", "\ufeff\u200b", "\u200b", "\u2060\u00a0"])
def test_marks_that_nobody_sees_in_a_header_make_no_difference(folder: Path, mark: str) -> None:
    """Files that were put together, and text that was copied from a page, have them."""
    path = folder / "vix.csv"
    path.write_text(mark + path.read_text().replace("close", "close\u200b", 1), encoding="utf-8")
    assert check(folder) == []


def test_a_fund_whose_columns_are_swapped_is_refused(folder: Path) -> None:
    """Both columns have levels that the other may have; only volatility tells."""
    etf, vix = ["date,ticker,spread,close"], ["date,close"]
    for position, day in enumerate(pd.bdate_range("2022-01-03", periods=150)):
        stress = sin(position) + sin(position / 7)
        vix.append(f"{day:%Y-%m-%d},{16 + stress:.3f}")
        etf.append(f"{day:%Y-%m-%d},HYG,{80 - 8 * stress:.3f},{350 + 20 * stress:.3f}")
    (folder / "etf.csv").write_text("\n".join(etf) + "\n")
    (folder / "vix.csv").write_text("\n".join(vix) + "\n")
    only(check(folder), "column spread must be in basis points and rise with vix", "of HYG ")


def test_rows_out_of_order_do_not_make_a_spread_look_like_a_price(folder: Path) -> None:
    """Both may rise over the years; it is along the dates that they move against each other."""
    rows_in_order = [
        f"2024-{1 + i // 28:02d}-{1 + i % 28:02d},LQD,{90 + i - sin(i)},{90 + i + sin(i)}"
        for i in range(84)
    ]
    shuffled = sorted(rows_in_order, key=lambda row: row[::-1])
    rewrite(folder / "etf.csv", lambda lines: [lines[0], *shuffled])
    assert check(folder) == []


def test_a_short_history_is_not_judged_by_correlation(folder: Path) -> None:
    """Two changes always correlate fully."""
    rewrite(
        folder / "etf.csv",
        lambda lines: [lines[0], *(re.sub(r",([\d.]+),.+", r",\1,\1", x) for x in lines[1:6])],
    )
    assert check(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (r"(\d{4})-(\d\d)-(\d\d)", r"\3/\2/\1", ("column date", "2020-01-31", "was 01/01/2024")),
        (r"(\d{4})-(\d\d)-(\d\d)", r"\1\2\3", ("column date", "2020-01-31", "was 20240101")),
        (r"(\d+)\.(\d+),41", r'"\1,\2",41', ("column spread", "numbers such as 65.3", "60")),
        (r"[\d.]+,41", r"nan,41", ("column spread", "numbers such as 65.3", "the first was nan")),
        (r"[\d.]+,41", r",41", ("column spread must hold values", "empty in all of 60 rows")),
        (r",41", r",S41", ("column series", "whole numbers such as 42", "the first was S41")),
    ],
    ids=["day first", "no dashes", "decimal comma", "not finite", "empty", "series with a letter"],
)
def test_a_column_in_which_nothing_can_be_read_is_refused(
    folder: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    """A reason on every row would publish empty tables."""
    rewrite(folder / "cdx.csv", lambda lines: [lines[0], *(re.sub(old, new, x) for x in lines[1:])])
    only(check(folder), "cdx.csv", *words)


def test_a_parquet_column_of_another_type_is_refused(folder: Path) -> None:
    """A number of days since an epoch is not a date."""
    (folder / "vix.csv").unlink()
    sql(folder / "vix.parquet", "select 20240101 + i as date, 16 as close from range(20) as t(i)")
    only(check(folder), "vix.parquet: column date must hold dates", "the first was 20240101")


def copy_market_files(target: Path) -> Path:
    """Copy the overlay desk's files of the sample."""
    target.mkdir(parents=True)
    for name in (*MARKET_FILES, "cdx_events", "dtcc_prints"):
        shutil.copy(SAMPLE / f"{name}.csv", target / f"{name}.csv")
    return target


# ---------------------------------------------------------------------------------------------
# Built: a refusal leaves everything as it was


def seen_by_readers(home: Path) -> dict[str, str]:
    """Return where every link of a home leads and the digest of every released file."""
    paths = [home / "parspread.duckdb", *(home / "releases").rglob("[!.]*")]
    return {
        str(path): os.readlink(path)
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if not path.is_dir() or path.is_symlink()
    }


def refused(build: Build, *words: str) -> None:
    """Assert that a build failed before its first model, said why once, and published nothing."""
    assert build.exit_code != 0
    for word in words:
        assert build.output.count(word) == 1, build.output
    assert "OK created" not in build.output and "START" not in build.output
    assert "Traceback" not in build.output and "published" not in build.output


def test_refused_files_leave_the_last_release_untouched(
    small: tuple[Path, Path], tmp_path: Path
) -> None:
    """Readers keep yesterday's figures; nobody sees half of today's."""
    project, home = small
    data = copy_market_files(tmp_path / "data")
    scale(data / "vix.csv", 1, 0.01)
    (data / "etf.csv").write_bytes(b"")
    before = seen_by_readers(home)

    build = run_dbt(home, "build", project=project, data_dir=data)

    refused(
        build,
        "the inputs cannot be built",
        "vix.csv: column close must be in index points with a median from 5 to 100",
        "etf.csv: must have a header and rows; the file was empty (0 bytes)",
    )
    assert seen_by_readers(home) == before


def test_refused_catalogs_leave_the_last_release_untouched(small: tuple[Path, Path]) -> None:
    """A misspelt rule word stops the build before its catalog is loaded."""
    project, home = small
    catalog = project / "seeds" / "catalog" / "strategies.csv"
    catalog.write_text(catalog.read_text().replace("proportional", "proportionl", 1))
    before = seen_by_readers(home)

    build = run_dbt(home, "build", project=project)

    refused(
        build,
        "the inputs cannot be built",
        "strategies.csv line 7: sizing_mode must be one of binary, proportional; it was prop",
    )
    assert seen_by_readers(home) == before


def test_a_folder_that_does_not_exist_stops_a_first_build(tmp_path: Path) -> None:
    """A typing error in the path must not look like a desk without data."""
    build = run_dbt(tmp_path, "build", data_dir=tmp_path / "nowhere")
    refused(build, "PARSPREAD_DATA_DIR must name a folder of vendor files")
    assert not build.release.exists()
