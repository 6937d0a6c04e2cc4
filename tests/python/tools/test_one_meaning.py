"""One meaning of a date and one of nothing, in any file and from any tool.

Another midnight would move a close to the day before, a changed format would lose the rest of a
history, and an empty optional value that is written as a word would cost its row.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scaled_rows import contract, vendor_tables

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
        polars.col("price", "spread").fill_null(float("nan"))
    )
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)


def by_pyarrow(table: pa.Table, path: Path) -> None:
    (pc.write_csv if path.suffix == ".csv" else pq.write_table)(table, path)


def by_duckdb(rows: pa.Table, path: Path) -> None:
    form = path.suffix[1:]
    duckdb.sql(f"copy (select * from rows) to '{path}' (format {form})")


WRITERS = {"pandas": by_pandas, "polars": by_polars, "pyarrow": by_pyarrow, "DuckDB": by_duckdb}


def contents(folder: Path, table: pa.Table, write_table: Callable, suffix: str) -> list[tuple]:
    """Return a table as a build sees it after a tool has written it."""
    for old in folder.glob("cdx.*"):
        old.unlink()
    write_table(table, folder / f"cdx{suffix}")
    return read(
        folder,
        "cdx",
        'source_row_number, "date"::date, "date as delivered", index, tenor, spread::double, '
        "series::double, price::double",
    )


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(gaps=st.lists(st.sampled_from(["series", "price", "none"]), min_size=28, max_size=28))
def test_the_same_table_from_any_tool_has_the_same_contents(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[str]
) -> None:
    """Through pandas, polars, pyarrow and DuckDB, as CSV and as Parquet."""
    folder = tmp_path_factory.mktemp("vendor")
    (folder / "etf.csv").write_text(FUND)
    write(folder, "vix", DAYS)
    table = pa.table(
        {
            "date": pa.array(pd.to_datetime(pd.Series(DAYS)).dt.date),
            "index": ["CDX_NA_IG"] * 28,
            "tenor": ["5Y"] * 28,
            "spread": [65.3 + n / 7 for n in range(28)],
            "series": pa.array([None if gap == "series" else 21 for gap in gaps], pa.int64()),
            "price": pa.array([None if gap == "price" else 101.5 for gap in gaps], pa.float64()),
        }
    )
    found = {
        f"{name} {suffix}": json.dumps(contents(folder, table, write_table, suffix), default=str)
        for name, write_table in WRITERS.items()
        for suffix in (".csv", ".parquet")
    }
    assert len(set(found.values())) == 1, found
