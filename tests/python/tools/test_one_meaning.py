"""One meaning of a date and one of nothing, in any file and from any tool.

Another midnight would move a close to the day before, a changed format would lose the rest of a
history, and an empty optional value that is written as a word would cost its row.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from scaled_rows import contract, read_table, vendor_tables
from test_bad_inputs import SOUND

from conftest import ROOT, Build
from parspread_tools.gate.check import check_inputs
from parspread_tools.gate.values import NOTHING

pytestmark = pytest.mark.usefixtures("at_project_root")

DAYS = [f"2014-03-{day:02d}" for day in range(3, 31)]
CONTRACT = contract("vix", "cdx", "etf")
INDEX = "date,index,tenor,spread,series,price\n" + "".join(
    f"{day},CDX_NA_IG,5Y,65.3,21,101.5\n" for day in DAYS
)
FUND = "date,ticker,close,spread\n" + "".join(f"{day},LQD,108,120\n" for day in DAYS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a delivery of the overlay desk."""
    home = tmp_path / "vendor"
    home.mkdir()
    (home / "cdx.csv").write_text(INDEX)
    (home / "etf.csv").write_text(FUND)
    write(home, "vix", DAYS)
    return home


def write(folder: Path, table: str, dates: list[str]) -> None:
    """Write a volatility file with these texts as dates."""
    lines = "".join(f"{day},16.5\n" for day in dates)
    (folder / f"{table}.csv").write_text(f"date,close\n{lines}", encoding="utf-8")


def store(folder: Path, table: str, dates: object) -> None:
    """Write a volatility file as parquet, whatever the type of its dates."""
    (folder / f"{table}.csv").unlink(missing_ok=True)
    values = {"date": dates, "close": [16.5] * len(dates)}
    pq.write_table(pa.table(values), folder / f"{table}.parquet")


def with_zone(zone: str | None) -> list[dict]:
    """Return the contract with a time zone stated for the volatility file."""
    return [
        entry | {"meta": entry["meta"] | ({"time_zone": zone} if entry["table"] == "vix" else {})}
        for entry in CONTRACT
    ]


def read(folder: Path, table: str, columns: str, entries: list[dict] = CONTRACT) -> list[tuple]:
    """Return columns of the desk's rows as a build would see them."""
    with vendor_tables(folder, entries) as connection:
        return connection.sql(
            f"select {columns} from vendor.{table} where data_set = 'desk' "
            "order by source_row_number"
        ).fetchall()


def days(folder: Path, zone: str | None = None) -> list[str | None]:
    """Return the days of the volatility file."""
    rows = read(folder, "vix", '"date"::date::varchar', with_zone(zone))
    return [day for (day,) in rows]


def refusal(folder: Path, entries: list[dict] = CONTRACT) -> str:
    """Return the only error of a delivery."""
    (error,) = check_inputs(folder, entries)["errors"]
    assert len(error) <= 1000 and "\n" not in error
    return error


# ---------------------------------------------------------------------------------------------
# Dates


@pytest.mark.parametrize(
    "tail",
    ["", " 00:00", " 00:00:00", "T00:00:00.000", "T00:00:00Z", " 00:00:00-05:00",
     "T00:00:00+0530", " 00:00:00+09", "T00:00:00 UTC", "  "],
)  # fmt: skip
def test_a_midnight_of_its_own_day_keeps_its_day(folder: Path, tail: str) -> None:
    """Whatever its time zone: the day is the one that is written."""
    write(folder, "vix", [day + tail for day in DAYS])
    assert days(folder) == DAYS


@pytest.mark.parametrize(
    ("tail", "hour"),
    [("T23:00:00Z", "23:00"), (" 16:00:00", "16:00"), ("T05:00:00-05:00", "05:00"),
     (" 00:00:01", "00:00"), ("T18:30", "18:30"), (" 15:00:00.000+00", "15:00")],
)  # fmt: skip
@pytest.mark.parametrize("spoilt_count", [1, len(DAYS)])
def test_a_text_of_another_hour_is_refused(
    folder: Path, tail: str, hour: str, spoilt_count: int
) -> None:
    """2014-03-06T23:00:00Z is the close of 7 March; read as the 6th it is known a day too early."""
    write(folder, "vix", DAYS[:-spoilt_count] + [day + tail for day in DAYS[-spoilt_count:]])
    error = refusal(folder)
    first = DAYS[-spoilt_count]
    assert f"{first}{tail} on line {2 + len(DAYS) - spoilt_count}, at {hour}" in error
    assert f"{spoilt_count} of its 28 values were others" in error
    assert "vix.csv: column date" in error
    assert "; convert it: to dates without time, or state the time_zone" in error


@pytest.mark.parametrize("kind", ["ns", "us", "ms", "s"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_a_stored_time_of_another_hour_is_refused(
    folder: Path, kind: str, zone: str | None
) -> None:
    moments = pd.to_datetime(pd.Series(DAYS)) + pd.Timedelta(hours=23)
    store(folder, "vix", pa.array(moments).cast(pa.timestamp(kind)).cast(pa.timestamp(kind, zone)))
    error = refusal(folder)
    assert "vix.parquet: column date must hold dates, or times at midnight" in error
    assert "28 of its 28 times were others, the first 2014-03-03 23:00:00" in error


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_a_nanosecond_after_midnight_is_another_time(folder: Path, zone: str | None) -> None:
    """The engine keeps them where no time zone is stated."""
    moments = pd.to_datetime(pd.Series(DAYS)) + pd.Timedelta(1 if zone is None else 1000, "ns")
    store(folder, "vix", pa.array(moments.dt.tz_localize(zone)).cast(pa.timestamp("ns", zone)))
    assert "28 of its 28 times were others, the first 2014-03-03 00:00:00.000" in refusal(folder)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo"])
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_stated_time_zone_reads_other_hours(folder: Path, zone: str, is_stored: bool) -> None:
    """23:00 UTC is the next day in Berlin and in Tokyo."""
    following = [str(pd.Timestamp(day) + pd.Timedelta(days=1))[:10] for day in DAYS]
    if is_stored:
        moments = pd.to_datetime(pd.Series(DAYS)).dt.tz_localize("UTC") + pd.Timedelta(hours=23)
        store(folder, "vix", pa.array(moments))
    else:
        write(folder, "vix", [f"{day}T23:00:00Z" for day in DAYS])
    assert days(folder, zone) == following
    assert days(folder, zone) != DAYS


def test_a_time_without_zone_is_of_the_stated_one(folder: Path) -> None:
    write(folder, "vix", [f"{day} 16:00:00" for day in DAYS])
    assert days(folder, "America/New_York") == DAYS


def test_a_time_zone_that_nobody_knows_is_refused(folder: Path) -> None:
    assert "time_zone must be a name such as America/New_York; it was Mars" in refusal(
        folder, with_zone("Mars")
    )


@pytest.mark.parametrize(
    "text",
    ["2014-03-1O", "2014-03-1 1", "2014-3-11", "2014-03-11 garbage", "2014-03-11abc",
     "2014-03-11 25:00", "2014-03-11 BC", "2014-03-11T", "2014-02-30", "x2014-03-11", "14-03-11",
     "2014-03-11 00:00:00 ET", "infinity"],
)  # fmt: skip
def test_what_is_nearly_a_date_is_none(folder: Path, text: str) -> None:
    """A cast of the engine reads 1 March for 2014-03-1O; the row is shown as it was delivered."""
    write(folder, "vix", [*DAYS, text])
    (row,) = read(folder, "vix", '"date"::date, "date as delivered"')[-1:]
    is_endless = text == "infinity"
    assert row == (None, text) or is_endless


@pytest.mark.parametrize(
    "other",
    ["%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d", "%Y/%m/%d", "%d-%b-%Y", "%b %d %Y",
     "%m/%d/%y", "%m/%d/%Y 00:00", "%d%b%Y", "%Y-%-m-%-d", "%Y-%m-%d 0:00", "%Y-%m-%d 4:00 PM",
     "%Y-%m-%dZ", "%Y-%m-%d+01:00", "'%Y-%m-%d", "%Y%m%dT000000", "%a %d %b %Y", "%b-%d-%Y",
     "%d. %b %Y", "417%d", "417%d.0", "13938048%d"],
)  # fmt: skip
def test_a_file_that_changes_its_format_is_refused_with_the_line(folder: Path, other: str) -> None:
    """A VIX file that did so after 2013 lost 2,760 of 3,012 rows, and was published."""
    early = [pd.Timestamp(day) - pd.Timedelta(days=28) for day in DAYS]
    dates = [f"{day:%Y-%m-%d}" for day in early[:5]] + [day.strftime(other) for day in early[5:9]]
    write(folder, "vix", dates)
    error = refusal(folder)
    assert "vix.csv: column date must be written in one way, such as 2020-01-31" in error
    assert f"{dates[5]} on line 7" in error and "; convert it: to ISO dates throughout" in error


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([f"03/{n + 1:02d}/2015,16.5" for n in range(9)], "03/01/2015 on line 2"),
        ([f'2015-03-{n + 1:02d},"16,5"' for n in range(10)], "none of its 10 values could be read"),
        ([f"2015-03-{n + 1:02d}," for n in range(10)], "it was empty in all of 10 rows"),
    ],
)  # fmt: skip
def test_a_part_that_nobody_can_read_does_not_hide_behind_others(
    folder: Path, rows: list[str], words: str
) -> None:
    """The newest month of twelve years is less than any bound of what a table may lose."""
    (folder / "vix").mkdir()
    (folder / "vix.csv").rename(folder / "vix" / "a.csv")
    (folder / "vix" / "b.csv").write_text("\n".join(["date,close", *rows, ""]))
    error = refusal(folder)
    assert "vix/b.csv: column " in error and words in error


def test_a_part_without_quotes_is_a_part(folder: Path) -> None:
    """A holiday, or words that say so."""
    (folder / "vix").mkdir()
    (folder / "vix.csv").rename(folder / "vix" / "a.csv")
    (folder / "vix" / "b.csv").write_text("date,close\n2015-03-01,\n2015-03-02,.\n")
    (folder / "vix" / "c.csv").write_text("date,close\n")
    assert len(days(folder)) == len(DAYS) + 2


def test_lines_are_those_of_an_editor(folder: Path) -> None:
    """Blank lines and line ends within quotes are lines too."""
    content = "date,close,note\n\n" + "".join(f'{day},16.5,"two\nlines"\n' for day in DAYS)
    (folder / "vix.csv").write_text(content + "03/31/2014,16.5,\n04/01/2014,16.5,\n")
    assert "03/31/2014 on line 59" in refusal(folder)


def test_every_dated_column_is_watched(tmp_path: Path) -> None:
    """A maturity of another midnight moves an accrual as a quote date moves a close."""
    folder = tmp_path / "vendor"
    folder.mkdir()
    (folder / "issue_data.csv").write_text(
        "kycrspid,kytreasno,tmatdt,tdatdt\n"
        + "".join(f"2030.{n},{n},2030-05-15,2020-05-14T20:00:00Z\n" for n in range(9))
    )
    (error,) = check_inputs(folder, contract("issue_data"))["errors"]
    assert "column tdatdt" in error and "2020-05-14T20:00:00Z on line 2, at 20:00" in error


# ---------------------------------------------------------------------------------------------
# Nothing


@pytest.mark.parametrize("word", [*NOTHING, "nan", " NA ", "\t", "\u00a0", "None", "null", "n/a"])
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_word_for_nothing_is_no_value(folder: Path, word: str, is_stored: bool) -> None:
    """In every optional column, so that it costs the row nothing."""
    rows = [f"{day},CDX_NA_IG,5Y,65.3".split(",") for day in DAYS]
    frame = pd.DataFrame(rows, columns=["date", "index", "tenor", "spread"])
    frame = frame.assign(series=word, price=word)
    (folder / "cdx.csv").unlink()
    if is_stored:
        frame.to_parquet(folder / "cdx.parquet", index=False)
    else:
        frame.to_csv(folder / "cdx.csv", index=False)
    assert set(read(folder, "cdx", "series, price")) == {(None, None)}


# A value that can be read, one that stands in one row, and what staging then says of that row.
FAULTS = [
    ("wrds_bond", "conv", "0", "Y", "conv_unreadable"),
    ("wrds_bond", "ncoups", "2", "two", "ncoups_unreadable"),
    ("wrds_bond", "offering_date", "2012-01-31", "2012-07-1O", "offering_date_unreadable"),
    ("wrds_bond", "t_date", "2024-01-30", "03/07/2014", "t_date_unreadable"),
    ("wrds_bond", "yield", "0.045", "0.0_45", "yield_unreadable"),
    ("wrds_bond", "yield", "0.045", "4.5%", None),
    ("wrds_bond", "price_eom", "101.5", "101.5\u00a0", None),
    ("cds_final", "compositedepth5y", "3", "many", "compositedepth5y_unreadable"),
    ("cds_final", "recovery", "0.4", "forty", "recovery_unreadable"),
    ("cds_final", "recovery", "0.4", "40 %", None),
    ("cds_final", "parspread", "0.0078", "0.00_78", "parspread_unreadable"),
    ("issue_data", "tcouprt", "2.5", "2 1/2", "tcouprt_unreadable"),
    ("issue_data", "tdatdt", "2012-01-31", "2020-02-30", "tdatdt_unreadable"),
    ("monthly_ts_data", "tmpubout", "25000", "25_000", "tmpubout_unreadable"),
    ("fed_yield_curve", "SVENY10", "3.1", "3,1", "sveny10_unreadable"),
    ("cdx", "spread", "65.3", "6_5.3", "spread_unreadable"),
    ("cdx", "price", "101.5", "par", "price_unreadable"),
    ("etf", "close", "108", "1_08", "close_unreadable"),
    ("vix", "close", "16.5", "1_6.5", "close_unreadable"),
]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize(("name", "column", "sound", "odd", "fault"), FAULTS)
def test_a_value_that_is_there_and_cannot_be_read_costs_its_row(
    tmp_path: Path, name: str, column: str, sound: str, odd: str, fault: str | None, suffix: str
) -> None:
    """Not taken for one that was not delivered, nor for another; the screens give the reason."""
    header, *lines = (line.split(",") for line in SOUND[name].splitlines())
    rows = pd.DataFrame(lines, columns=header).assign(**{column: sound})
    rows.loc[0, column] = odd
    path = tmp_path / f"{name}{suffix}"
    rows.to_csv(path, index=False) if suffix == ".csv" else rows.to_parquet(path, index=False)
    found = read(tmp_path, name.lower(), "row_fault", contract(name.lower()))
    assert found == [(fault,), *[(None,)] * (len(rows) - 1)]


@pytest.mark.parametrize("name", SOUND)
def test_a_header_in_the_middle_of_a_file_is_named(tmp_path: Path, name: str) -> None:
    """Where files were put together; of codes nothing else would tell it from a row."""
    header, *lines = SOUND[name].splitlines()
    content = "\n".join([header, *lines[:2], header.upper(), *lines[2:], ""])
    (tmp_path / f"{name}.csv").write_text(content)
    found = read(tmp_path, name.lower(), "row_fault", contract(name.lower()))
    assert [fault for (fault,) in found if fault] == ["header_repeated"]


@pytest.mark.parametrize("mark", ["\t", "\u00a0", "\u200b", "\ufeff"])
def test_marks_that_nobody_sees_are_no_part_of_a_code(folder: Path, mark: str) -> None:
    (folder / "etf.csv").write_text(FUND.replace("LQD", f"{mark}LQD{mark}"), encoding="utf-8")
    assert set(read(folder, "etf", "ticker")) == {("LQD",)}


def test_a_ticker_may_be_a_word(folder: Path) -> None:
    """NA is the ticker of a bank; a required text is what it says."""
    (folder / "etf.csv").write_text(FUND.replace("LQD", "NA"))
    assert set(read(folder, "etf", "ticker")) == {("NA",)}


def test_a_fund_that_never_moves_is_no_price_fed_as_a_spread(folder: Path) -> None:
    """Its correlation is NaN, which DuckDB takes to be above 0.9."""
    assert check_inputs(folder, CONTRACT)["errors"] == []


def by_pandas(table: pa.Table, path: Path) -> None:
    frame = table.to_pandas()
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)


def by_polars(table: pa.Table, path: Path) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.from_arrow(table).with_columns(
        # As numpy hands them over, gaps are NaN.
        polars.col(polars.Float64).fill_null(float("nan"))
    )
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)


def by_pyarrow(table: pa.Table, path: Path) -> None:
    (pc.write_csv if path.suffix == ".csv" else pq.write_table)(table, path)


def by_duckdb(rows: pa.Table, path: Path) -> None:
    duckdb.sql(f"copy (select * from rows) to '{path}' (format {path.suffix[1:]})")


WRITERS = {"pandas": by_pandas, "polars": by_polars, "pyarrow": by_pyarrow, "DuckDB": by_duckdb}
TYPES = {"double": pa.float64(), "integer": pa.int64(), "date": pa.date32()}


def with_gaps(entry: dict, words: tuple[str, ...] = ()) -> pa.Table:
    """Return rows of the sample with gaps in each optional column, which are null or such words.

    A column that the sample lacks has a value of its kind.
    """
    rows = read_table(ROOT / "seeds" / "sample", entry["meta"]["file"]).head(120)
    own = {c["meta"]["alias"]: c["name"] for c in entry["columns"] if c["meta"].get("alias")}
    rows = rows.rename(columns=lambda name: own.get(name.lower(), name))
    table = {}
    for position, column in enumerate(entry["columns"]):
        name, kind = column["name"], column["data_type"]
        plain = {"double": 1.0, "integer": 21, "date": "2012-01-31", "timestamp": "2012-01-31"}
        values = rows[name] if name in rows else pd.Series([plain.get(kind, "SEN")] * len(rows))
        values = values.astype(object).where(values.notna(), None)
        if kind in ("date", "timestamp"):
            values = pd.to_datetime(values, errors="coerce").dt.strftime("%Y-%m-%d")
            values = values.where(values.notna(), None)
        is_text = kind in ("varchar", "timestamp") or words
        if is_text:
            values = values.map(lambda v: None if v is None else f"{v}".removesuffix(".0"))
        if not column["meta"].get("required"):
            for row in range(position % 5, len(values), 5):
                values[row] = words[(row + position) % len(words)] if words else None
        array = pa.array(values, pa.string() if is_text or kind == "date" else TYPES[kind])
        table[name] = array.cast(TYPES[kind]) if kind == "date" and not words else array
    return pa.table(table)


@pytest.mark.parametrize("name", [e["table"] for e in contract() if e["table"] != "fred"])
def test_the_same_table_from_any_tool_is_staged_alike(
    sample: Build, tmp_path: Path, name: str
) -> None:
    """Through pandas, polars, pyarrow and DuckDB, as CSV and Parquet, with every word for nothing.

    In every optional column of every file.
    """
    nodes = json.loads((sample.home / "target" / "manifest.json").read_text())["nodes"].values()
    (staging,) = (n for n in nodes if n.get("sources") and n["sources"][0][1] == name)
    (entry,) = contract(name)
    found = {}
    for words in ((), ("", " ", "NA", "\t"), ("#N/A N/A", ".", "nan", "NULL", "\u00a0-")):
        table = with_gaps(entry, words)
        for (tool, write_table), suffix in itertools.product(WRITERS.items(), (".csv", ".parquet")):
            path = tmp_path / f"{entry['meta']['file']}{suffix}"
            write_table(table, path)
            with vendor_tables(tmp_path, [entry]) as connection:
                rows = connection.sql(staging["compiled_code"].replace('"parspread".', ""))
                shown = [c for c in rows.columns if "delivered" not in c and c != "raw_row_json"]
                if "data_set" in shown:
                    rows = rows.filter("data_set = 'desk'")
                found[tool, suffix, words] = (
                    rows.order("source_row_number").select(*shown).fetchall()
                )
            path.unlink()
    first = next(iter(found.values()))
    assert len(first) == len(table)
    for key, rows in found.items():
        assert rows == first, key
