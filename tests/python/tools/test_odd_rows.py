"""Odd rows of every kind, in every column of every file: none stops a build or spoils a number.

One bid-ask spread of 1e308 once kept a whole market from being published. Each row here has one odd
value and a key of its own; all are parts of one delivery, a year and a half of the sample.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scaled_rows import contract

from conftest import Build, built_ahead, run_dbt, write_part

NUMBERS = (
    "1e308", "-1e308", "1e-308", "inf", "-inf", "NaN", "0", "-0.0", "-1", "1e400", "0x10",
    "1_000", "1,5", "12 345", "\u0661\u0662", "\uff15", "50%", "--", "true", "9" * 400, "1e",
)  # fmt: skip
DATES = (
    "9999-12-31", "0001-01-01", "1899-12-31", "2019-02-30", "infinity", "-infinity", "today",
    "5881580-07-11", "20190107", "epoch", "2019-01-07 BC", "2019-W02",
    "2019-01-07T00:00:00+14:00", "43472", "''", "2019-01-0\u0667", "2262-04-12",
)  # fmt: skip
TEXTS = (
    "'; drop table x; --", "<script>alert(1)</script>", "x" * 5000, "\U0001f4b8", "a\nb", '"',
    "\u202egnol", "=1+1", "NULL", " ", "\\N", "\u00df\u0130", "{{ var('x') }}", "%s", "\t",
)  # fmt: skip
ODD = {"double": NUMBERS, "integer": NUMBERS, "date": DATES, "timestamp": DATES, "varchar": TEXTS}
# Rows per column, so that no file loses much of what it holds.
PER_COLUMN = {"vix": 4, "cdx": 3, "etf": 3, "fed_yield_curve": 1, "wrds_bond": 3}
KEYS = {
    "cdx": "date", "vix": "date", "etf": "date", "fed_yield_curve": "Date",
    "monthly_ts_data": "mcaldt", "wrds_bond": "cusip", "cds_final": "redcode",
    "RED_and_ISIN_mapping": "obl_cusip", "issue_data": "kycrspid",
}  # fmt: skip
# Mistyped codes, where those of the file have check digits; quotes before the clauses of 2014.
MORE = {
    "wrds_bond": [{"cusip": "037833109"}, {"cusip": "037833100", "isin": "US0378331006"}],
    "RED_and_ISIN_mapping": [{"obl_cusip": "037833109"}, {"isin": "US0378331006"}],
    "cds_final": [
        {"date": f"2018-12-{day}", "ticker": "OLD", "redcode": "OLD001", "tenor": tenor,
         "docclause": clause, "parspread": "0.01"}
        for day, clause in ((12, "XR"), (13, "XR"), (13, "MR"), (14, "XR"), (14, "XR14"))
        for tenor in ("5Y", "10Y")
    ],
}  # fmt: skip


def odd_rows(table: str, sound: dict[str, str | None], columns: list[dict]) -> list[dict]:
    """Return copies of a sound row, each with a key of its own and one odd value."""
    days = itertools.cycle(str(day)[:10] for day in pd.bdate_range("2018-01-02", "2018-12-28"))
    rows = []
    for position, column in enumerate(columns):
        values = ODD[column["data_type"]]
        for step in range(PER_COLUMN.get(table, 2)):
            number = len(rows)
            key = {
                "wrds_bond": f"ODD{number:05d}", "RED_and_ISIN_mapping": f"ODD{number:05d}",
                "cds_final": f"ODD{number:03d}", "issue_data": f"20350815.2{number:05d}",
            }.get(table, next(days))  # fmt: skip
            value = values[(position + step * 5) % len(values)]
            rows.append(sound | {KEYS[table]: key} | {column["name"]: value})
    return rows


@built_ahead
def odd_market(home: Path) -> tuple[Build, dict[str, int]]:
    """Return the build of a market with odd rows at the end of every file, and their numbers."""
    data = write_part(home / "data", "2019-01-01", "2020-06-30")
    counts = {}
    for entry in (e for e in contract() if e["meta"]["file"] in KEYS):
        table = entry["meta"]["file"]
        (source,) = data.glob(f"{table}.*")
        with duckdb.connect() as connection:
            read = f"'{source}'"
            if source.suffix == ".csv":
                read = f"read_csv({read}, all_varchar = true)"
            names = [row[0] for row in connection.execute(f"describe from {read}").fetchall()]
            texts = ", ".join(f'"{name}"::varchar as "{name}"' for name in names)
            first = connection.execute(f"select {texts} from {read} limit 1").fetchone()
        sound = {
            n: v.removesuffix(" 00:00:00") if v else v for n, v in zip(names, first, strict=True)
        }
        columns = [c for c in entry["columns"] if c["name"] in names]
        rows = odd_rows(table, sound, columns)
        rows += [sound | more for more in MORE.get(table, [])]
        counts[entry["table"]] = len(rows)
        place = data / table
        place.mkdir()
        source.rename(place / f"a{source.suffix}")
        if source.suffix == ".csv":
            pd.DataFrame(rows).to_csv(place / "b.csv", index=False)
        else:
            text = pa.schema([(name, pa.string()) for name in names])
            pq.write_table(pa.Table.from_pylist(rows, text), place / "b.parquet")
    return run_dbt(home, "build", data_dir=data), counts


def test_no_odd_row_stops_a_build(odd_market: tuple[Build, dict[str, int]]) -> None:
    """All models run, all data tests pass, and the release is published."""
    build, counts = odd_market
    assert sum(counts.values()) >= 100
    assert build.exit_code == 0, build.output[-4000:]
    assert build.query("select count(*) from quality.fct_row_accounting where not is_balanced") == [
        (0,)
    ]


def test_every_odd_row_is_kept_or_has_a_reason(odd_market: tuple[Build, dict[str, int]]) -> None:
    """And some of each file are rejected, so that the rows are odd."""
    build, counts = odd_market
    found = build.inner_frame(
        "select source_name, count(*) as row_count, count(fault_reason) as fault_count, "
        "count(if(fault_reason is null, null, raw_row_json)) as shown_count "
        "from intermediate.int_accounting__rows_screened where data_set = 'desk' group by all"
    ).set_index("source_name")
    delivered = build.inner_frame(
        "select table_name, any_value(table_row_count) as row_count from vendor.input_files "
        "where data_set = 'desk' group by all"
    ).set_index("table_name")
    for table, count in counts.items():
        assert found.row_count[table] == delivered.row_count[table], table
        assert found.fault_count[table] >= count / 4, table
        assert found.shown_count[table] == found.fault_count[table], table


def test_no_odd_value_is_published(odd_market: tuple[Build, dict[str, int]]) -> None:
    """Neither NaN nor an infinity, in any number of any table."""
    build, _ = odd_market
    columns = build.query(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where data_type in ('DOUBLE', 'FLOAT') and not internal"
    )
    assert len(columns) > 100
    spoilt = [
        f"{table}.{name}"
        for schema, table, name in columns
        if build.query(f'select 1 from "{schema}"."{table}" where not isfinite("{name}") limit 1')
    ]
    assert spoilt == []


def test_a_mistyped_code_is_named(odd_market: tuple[Build, dict[str, int]]) -> None:
    """A wrong character of a code is another bond, where the others have their check digits."""
    build, _ = odd_market
    found = build.query(
        "select source_name, reject_reason, count(*) from quality.fct_rejected_rows "
        "where raw_row_json like '%037833109%' or raw_row_json like '%US0378331006%' "
        "group by all order by all"
    )
    assert found == [
        (table, f"{code}_check_digit_wrong", 1)
        for table in ("red_and_isin_mapping", "wrds_bond")
        for code in ("cusip", "isin")
    ]


def test_the_clause_of_2003_counts_until_that_of_2014(
    odd_market: tuple[Build, dict[str, int]],
) -> None:
    """One contract continued in the replica: never both on one day, and no other clause."""
    build, _ = odd_market
    found = build.inner_frame(
        "select quote_date::varchar as day, count(*) as quote_count "
        "from intermediate.int_ftsfr_cds_returns__contracts_selected where ticker = 'OLD' "
        "group by all order by all"
    )
    assert found.values.tolist() == [[f"2018-12-{day}", 2] for day in (12, 13, 14)]
