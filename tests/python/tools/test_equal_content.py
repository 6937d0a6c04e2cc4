"""The same content in another order, form and place gives the same numbers, and bad rows move none.

Two builds of the sample are compared with the usual one: its rows shuffled and bad ones added, and
its files in other types and formats, read in Tokyo.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scaled_rows import read_table
from test_delivered_forms import DATES, split_curve
from test_determinism import shuffled_files, standard_content
from test_inputs import MARKET_FILES, copy_market_files

from basis_build import FILES, SAMPLE
from conftest import NO_DATA_TESTS, ROOT, Build, built_ahead, run_dbt

# ---------------------------------------------------------------------------------------------
# Shuffled, with bad rows


# Each bad row stands on a date that has no other row, or beside a good row that must survive.
# (file, row, reason); None is a row that stays.
DIRTY_ROWS = [
    ("cdx", "31/02/2020,CDX_NA_IG,5Y,33,65.3,", "date_unreadable"),
    ("cdx", "infinity,CDX_NA_IG,5Y,33,65.3,", "date_unreadable"),
    ("cdx", ",CDX_NA_IG,5Y,33,65.3,", "date_unreadable"),
    ("cdx", "2199-01-02,CDX_NA_IG,5Y,33,65.3,", "date_in_future"),
    ("cdx", "2025-01-02,CDX_NA_EM,5Y,33,65.3,", "instrument_not_in_catalog"),
    ("cdx", "2025-01-02,CDX_NA_IG,15Y,33,65.3,", "instrument_not_in_catalog"),
    ("cdx", "2025-01-04,CDX_NA_IG,5Y,33,65.3,", "weekend_session"),
    ("cdx", "2025-01-05,CDX_NA_HY,5Y,33,365.3,", "weekend_session"),
    # On a day with a quote: on another one it is a session of the replicas.
    ("cdx", "2020-01-06,CDX_NA_IG,5Y,33,,", "spread_missing_or_unreadable"),
    ("cdx", "2025-01-02,CDX_NA_IG,5Y,33,abc,", "spread_missing_or_unreadable"),
    ("cdx", '2025-01-02,CDX_NA_IG,5Y,33,"65,3",', "spread_missing_or_unreadable"),
    ("cdx", "2025-01-02,CDX_NA_IG,5Y,33,NaN,", "spread_not_finite"),
    ("cdx", "2025-01-02,CDX_NA_IG,5Y,33,-inf,", "spread_not_finite"),
    ("cdx", "2025-01-02,CDX_NA_IG,5Y,33,0.653,", "spread_outside_plausible_range"),
    ("cdx", "2025-01-02,CDX_NA_IG,5Y,33,-65.3,", "spread_outside_plausible_range"),
    ("cdx", "2025-01-02,CDX_NA_IG,5Y,S33,65.3,", "series_unreadable"),
    ("cdx", "2025-01-02,CDX_NA_HY,5Y,33,365.3,par", "price_unreadable"),
    ("cdx", "2025-01-02,CDX_NA_HY,5Y,33,365.3,0", "price_not_positive"),
    ("cdx", "2025-01-02,CDX_NA_HY,5Y,33,365.3,1.02", "price_outside_plausible_range"),
    ("cdx", "2025-01-02,CDX_NA_HY,5Y,43,365.3,85", "price_disagrees_with_spread"),
    ("cdx", "2025-01-03,CDX_NA_IG,5Y,43,65.3,", "conflicting_duplicate"),
    ("cdx", "2025-01-03,CDX.NA.IG,5Y,43,65.4,", "conflicting_duplicate"),
    ("cdx", "2025-01-06,CDX_NA_IG,5Y,43,65.3,", "conflicting_duplicate"),
    ("cdx", "2025-01-06,CDX_NA_IG,5Y,,65.3,", "conflicting_duplicate"),
    ("cdx", "2025-01-02,CDX_NA_IG,5Y,33.5,65.3,", "series_unreadable"),
    ("cdx", "2025-01-02,CDX_NA_IG,5Y,-1,65.3,", "series_unreadable"),
    ("cdx", "2020-01-02,CDX_NA_IG,5Y,9,65.3,", "series_matured"),
    ("cdx", "2020-01-03,CDX_NA_IG,5Y,36,65.9,101.5", "series_not_yet_issued"),
    ("cdx", "2020-01-0 2,CDX_NA_IG,5Y,33,65.3,", "date_unreadable"),
    ("cdx", "2020-01-1O,CDX_NA_IG,5Y,33,65.3,", "date_unreadable"),
    ("vix", "soon,16", "date_unreadable"),
    ("vix", "2025-01-04,16", "weekend_session"),
    ("vix", "2025-01-02,abc", "level_missing_or_unreadable"),
    ("vix", "2025-01-02,nan", "level_not_finite"),
    ("vix", "2025-01-02,inf", "level_not_finite"),
    ("vix", "2025-01-02,0.162", "level_outside_plausible_range"),
    ("vix", "2025-01-03,16", "conflicting_duplicate"),
    ("vix", "2025-01-03,17", "conflicting_duplicate"),
    ("etf", "yesterday,LQD,108,120", "date_unreadable"),
    ("etf", "2025-01-04,LQD,108,120", "weekend_session"),
    ("etf", "2025-01-02,,108,120", "ticker_missing"),
    ("etf", "2025-01-02,LQD,n/a,120", "price_missing_or_unreadable"),
    ("etf", "2025-01-02,LQD,nan,120", "price_not_positive"),
    ("etf", "2025-01-02,LQD,-108,120", "price_not_positive"),
    ("etf", "2025-01-02,LQD,108,abc", "spread_unreadable"),
    ("etf", '2025-01-02,LQD,108,"1,2"', "spread_unreadable"),
    ("etf", "2025-01-02,LQD,108,inf", "spread_not_finite"),
    ("etf", "2025-01-02,LQD,108,1.2", "spread_outside_plausible_range"),
    ("etf", "2025-01-02,LQD,0.4,120", "price_outside_plausible_range"),
    ("etf", "2025-01-02,LQD,10800,120", "price_unit_suspect"),
    ("etf", "2025-01-02,LQD,108,5.2", "spread_unit_suspect"),
    ("etf", "2025-01-03,LQD,108,120", "conflicting_duplicate"),
    ("etf", "2025-01-03,LQD,108,121", "conflicting_duplicate"),
]


SCREENS = tuple(f"screen_{name}" for name in MARKET_FILES)


def good_row_count(name: str) -> int:
    """Return the number of rows of a market file of the sample."""
    return len((SAMPLE / f"{name}.csv").read_text().splitlines()) - 1


@built_ahead
def dirty(home: Path) -> Build:
    """Return the sample built from files in another order, with every bad row at their end."""
    data = shuffled_files(home / "data", seed=1)
    for name in MARKET_FILES:
        # A good row of the file comes once more: an exact duplicate.
        again = (SAMPLE / f"{name}.csv").read_text().splitlines()[2]
        added = [again, *(row for file, row, _ in DIRTY_ROWS if file == name)]
        with (data / f"{name}.csv").open("a") as file:
            file.write("\n".join(added) + "\n")
    build = run_dbt(home, "build", *NO_DATA_TESTS, data_dir=data)
    assert build.exit_code == 0, build.output
    return build


def test_shuffled_rows_give_the_same_standard_numbers(sample: Build, dirty: Build) -> None:
    """A vendor may deliver in any order; the bad rows are only where rejected rows are counted."""
    added = " or ".join(
        f"(source_name = '{name}' and source_row_number > {good_row_count(name)})"
        for name in MARKET_FILES
    )
    rows = {
        "quality.fct_rejected_rows": f"(data_set = 'desk' and ({added})) is not true",
        "quality.fct_row_accounting": f"data_set <> 'desk' or step_name not in {SCREENS}",
        "reports.rpt_data_quality": f"data_set <> 'desk' or source_name not in {MARKET_FILES}",
        "quality.fct_loss_checks": f"source_name not in {MARKET_FILES}",
    }
    assert standard_content(dirty, sample, rows) == standard_content(sample, sample, rows)
    assert standard_content(dirty, sample) != standard_content(sample, sample)


def test_every_bad_row_has_its_reason(dirty: Build) -> None:
    """A row that vanishes without a word cannot be asked for again."""
    for name in MARKET_FILES:
        kept = good_row_count(name)
        expected = ["exact_duplicate", *(r for file, _, r in DIRTY_ROWS if file == name)]
        found = dirty.query(
            "select source_row_number, reject_reason, raw_row_json from quality.fct_rejected_rows "
            f"where source_name = '{name}' and data_set = 'desk' and source_row_number > {kept} "
            "order by source_row_number"
        )
        assert [(number, reason) for number, reason, _ in found] == [
            (kept + 1 + position, reason) for position, reason in enumerate(expected)
        ]


def test_a_rejected_row_is_shown_as_it_was_delivered(dirty: Build) -> None:
    """The vendor is asked about its own text, not about what a cast made of it."""
    (found,) = dirty.query(
        "select raw_row_json ->> 'spread' from quality.fct_rejected_rows "
        "where raw_row_json like '%65,3%'"
    )
    assert found == ("65,3",)


def test_all_rows_are_accounted_for(dirty: Build) -> None:
    """Rows in = rows kept + rows rejected."""
    assert dirty.query(
        "select count(*), count(*) filter (where not is_balanced) from quality.fct_row_accounting "
        f"where step_name in {SCREENS}"
    ) == [(6, 0)]


def test_every_reason_is_documented() -> None:
    """A reader of fct_rejected_rows looks the code up, and must find it."""
    screens = (ROOT / "models" / "intermediate" / "cdx_overlay").glob("*_quotes_screened.sql")
    shared = ROOT / "macros/build/first_fault.sql"
    used = {
        reason
        for path in (*screens, shared)
        for reason in re.findall(r"then '(\w+)'", path.read_text())
    }
    # Of the reasons that depend on the as-of date, rows without versions can have this one; the
    # check of the inputs names what is there and cannot be read.
    used |= {"date_in_future", "price_unreadable", "spread_unreadable"}
    text = (ROOT / "docs" / "inputs.md").read_text()
    assert used - set(re.findall(r"`(\w+)`", text)) == set()
    # Every plausible spread has a price; test_index_quotes.py has prices without a spread.
    used.discard("quote_not_convertible")
    assert {reason for _, _, reason in DIRTY_ROWS} | {"exact_duplicate"} == used


# ---------------------------------------------------------------------------------------------
# In other types, formats, and another time zone


def assert_same_overlay(left: Build, right: Build) -> None:
    """Assert that every table of the overlay desk is the same in two warehouses.

    run_id is left out: it is a digest of the files' bytes. Running sums of P&L are added in an
    order that depends on it, so their last bits may differ: 1e-9 dollars, 1e-12 of anything.
    """
    tables = left.query(
        "select table_name, list(column_name order by data_type = 'DOUBLE', ordinal_position) "
        "from information_schema.columns "
        "where table_schema = 'cdx_overlay' and column_name <> 'run_id' group by all"
    )
    assert len(tables) > 5
    for table, columns in tables:
        query = f"select {', '.join(columns)} from cdx_overlay.{table} order by all"
        pd.testing.assert_frame_equal(
            left.frame(query), right.frame(query), rtol=1e-12, atol=1e-9, obj=table
        )


def assert_same_desk(left: Build, right: Build) -> None:
    """Assert that every table of the CDS-bond desk is the same in two warehouses."""
    tables = left.query(
        "select table_name, list(column_name order by ordinal_position) "
        "from information_schema.columns where table_schema = 'cds_bond' group by all"
    )
    assert len(tables) > 10
    for table, columns in tables:
        query = f"select {', '.join(columns)} from cds_bond.{table} order by all"
        pd.testing.assert_frame_equal(
            left.frame(query), right.frame(query), check_exact=True, obj=table
        )


def retype_bond_files(data: Path) -> None:
    """Write the bond desk's files in other types.

    Dates are times of UTC, codes and labels categories or large texts, missing numbers NaN, and the
    curve is in two files.
    """
    for name in ("bond_terms", "credit_events", "discount_curves", "index_constituents"):
        shutil.copy(SAMPLE / f"{name}.parquet", data)
    for name in FILES:
        table = pa.Table.from_pandas(read_table(SAMPLE, name), preserve_index=False)
        for position, column in enumerate(table.column_names):
            values = table[column]
            if column in DATES[name]:
                values = values.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
            elif pa.types.is_floating(values.type):
                # Other tools than pandas write NaN, which their bounds of the column leave out.
                values = pa.array(values.to_numpy(), from_pandas=False)
            elif pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
                texts = values.cast(pa.large_string())
                values = texts.dictionary_encode() if position % 2 else texts
            table = table.set_column(position, column, values)
        pq.write_table(table, data / f"{name}.parquet")
    split_curve(data, pd.read_parquet(data / "fed_yield_curve.parquet"))


def redeliver_market_files(data: Path) -> None:
    """Write the overlay desk's files in other forms.

    Index quotes: CSV in reverse order with a byte order mark, capitals, other column order and an
    extra column. Volatility and ETF quotes: typed parquet, in another order.
    """
    lines = [line.split(",") for line in (data / "cdx.csv").read_text().splitlines()]
    header, *body = [[*fields[::-1], "note"] for fields in lines]
    text = "\n".join(",".join(fields) for fields in [[f.upper() for f in header], *body[::-1]])
    (data / "cdx.csv").write_text("\ufeff" + text + "\n", encoding="utf-8")
    for name, numbers in (("vix", "close"), ("etf", "close, spread")):
        casts = ", ".join(f"{n}::double as {n}" for n in numbers.split(", "))
        # Builds are prepared in threads, which may not share a connection.
        connection = duckdb.default_connection().cursor()
        source = connection.read_csv(str(data / f"{name}.csv"), all_varchar=True)
        source.project(
            f"try_cast(date as date) as date, * exclude (date, {numbers}), "
            + re.sub(r"(\w+)::double", r"try_cast(\1 as double)", casts)
        ).order("md5(date::varchar)").write_parquet(str(data / f"{name}.parquet"))
        (data / f"{name}.csv").unlink()


@built_ahead
def redelivered(home: Path) -> Build:
    """Return the warehouse built in Tokyo from the content of the sample in other forms.

    The folder's name has a blank and quotes; one thread, and an interpreter with its own order of
    sets.
    """
    data = copy_market_files(home / 'vendor\'s "data" 2024')
    redeliver_market_files(data)
    retype_bond_files(data)
    elsewhere = {"TZ": "Asia/Tokyo", "PARSPREAD_THREADS": "1"}
    build = run_dbt(
        home, "build", *NO_DATA_TESTS, data_dir=data, environment=elsewhere, is_fresh=True
    )
    assert build.exit_code == 0, build.output
    return build


def test_other_types_another_zone_and_two_curve_files_move_no_number(
    redelivered: Build, sample: Build
) -> None:
    """To the last bit: nothing but the dress has changed."""
    assert_same_desk(redelivered, sample)
    assert redelivered.query(
        "select file_name from quality.dim_input_files where table_name = 'fed_yield_curve'"
    ) == [("fed_yield_curve_all.parquet",)]


def test_the_same_content_in_another_form_gives_the_same_tables(
    redelivered: Build, sample: Build
) -> None:
    """Order of rows and columns, file format, capitals and folder names carry no information."""
    assert_same_overlay(redelivered, sample)


def test_the_same_content_in_another_form_rejects_the_same_rows(
    redelivered: Build, sample: Build
) -> None:
    """Only the row numbers may differ."""
    query = (
        "select source_name, natural_key, reject_reason, count(*) from quality.fct_rejected_rows "
        "where source_name in ('cdx', 'vix', 'etf') group by all order by all"
    )
    assert redelivered.query(query) == sample.query(query) != []
