"""The spellings of the trade give the numbers of the plain ones, end to end.

RED codes of nine characters in one file and six in the other, CUSIPs of eight, tenors in months,
ratings in letters and a day count of '' in Parquet each emptied the basis once; two series of an
index side by side left the primary instrument without a session.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from conftest import NO_DATA_TESTS, Build, built_ahead, run_dbt, write_part

TENORS = {
    "5Y": "60M", "1Y": "12M", "6M": "0.5Y", "10Y": "120M", "3Y": "3YR", "7Y": "P7Y", "2Y": "02Y",
    "4Y": "4",
}  # fmt: skip
SPELLINGS = {
    "cds_final": "if(length(trim(redcode)) = 6, trim(redcode) || 'AB9', redcode) as redcode, "
    f"coalesce(map {TENORS}[trim(tenor)], tenor) as tenor",
    "RED_and_ISIN_mapping": "if(length(trim(obl_cusip)) = 9, left(trim(obl_cusip), 8), obl_cusip) "
    "as obl_cusip",
    "wrds_bond": "if(length(trim(cusip)) = 9, left(trim(cusip), 8), cusip) as cusip, "
    "case rating_class when '0.IG' then if(hash(cusip) % 2 = 0, 'BBB-', 'Baa3') "
    "when '1.HY' then if(hash(cusip) % 2 = 0, 'BB+', 'Ba1') else rating_class end as rating_class, "
    "coalesce(nullif(day_count_basis, '30/360'), '') as day_count_basis",
}
SELECTED = ("+fct_bond_basis", "+fct_bond_measures", "+fct_loss_checks")


@built_ahead
def trade_spellings(home: Path) -> Build:
    """Return a build of the sample in the spellings of the trade, with an older series beside."""
    data = write_part(home / "data", "1900-01-01", "2100-01-01")
    with duckdb.connect() as connection:
        for name, spellings in SPELLINGS.items():
            path = next(data.glob(f"{name}.*"))
            connection.execute(f"create or replace table rows as from '{path}'")
            connection.execute(f"copy (select * replace ({spellings}) from rows) to '{path}'")
        path = data / "cdx.csv"
        connection.execute(f"create table quotes as from read_csv('{path}', all_varchar = true)")
        older = (
            "series::integer - 1 as series, coalesce(try_cast(spread as double) + 5, 0) as spread"
        )
        connection.execute(
            f"copy (from quotes union all select * replace ({older}) from quotes "
            f"where try_cast(series as integer) > 1) to '{path}'"
        )
    build = run_dbt(home, "build", *NO_DATA_TESTS, "--select", *SELECTED, data_dir=data)
    assert build.exit_code == 0, build.output[-3000:]
    return build


@pytest.mark.parametrize("table", ["fct_bond_basis", "fct_bond_measures"])
def test_the_spellings_of_the_trade_give_the_same_basis(
    trade_spellings: Build, sample: Build, table: str
) -> None:
    """Whole series, to the last bit: each number, status and code."""
    query = (
        f"select * from cds_bond.{table} where method = 'standard' order by cusip, "
        "month_end_date, red_code, duplicate_number" + (", measure" if "meas" in table else "")
    )
    expected = sample.frame(query)
    assert len(expected) > 4500
    pd.testing.assert_frame_equal(trade_spellings.frame(query), expected, check_exact=True)


def test_series_side_by_side_lose_no_session(trade_spellings: Build, sample: Build) -> None:
    """Each row of the sample is kept as if it stood alone; no other row is lost."""
    quotes = "intermediate.int_cdx_overlay__index_quotes_screened where data_set = 'desk'"
    sessions = (
        "select instrument_code, quote_date, series_number, spread_bps, price_pct_par "
        f"from {quotes} and reject_reason is null order by all"
    )
    expected = sample.inner_frame(sessions)
    both = trade_spellings.inner_frame(sessions)
    pd.testing.assert_frame_equal(both.merge(expected), expected)
    counts = f"select coalesce(reject_reason, 'kept'), count(*) from {quotes} group by all"
    now = dict(trade_spellings.inner_frame(counts).values)
    assert now["kept"] == len(both) > 1.9 * len(expected)
    ((row_count,),) = trade_spellings.query(
        "select any_value(table_row_count) from vendor.input_files "
        "where data_set = 'desk' and table_name = 'cdx'"
    )
    assert sum(now.values()) == row_count


def test_only_the_replicas_lose_by_it(trade_spellings: Build) -> None:
    """They read codes as the replaced engines did; the desk publishes all the same."""
    checks = "quality.fct_loss_checks"
    assert trade_spellings.query(f"from {checks} where not is_within") == []
    lost = trade_spellings.query(
        f"select reason from {checks} where check_code = 'months_without_rows' and lost_share > 0.3"
    )
    assert sorted(lost) == [("no_ftsfr_notebook_basis",), ("no_ftsfr_zspread_basis",)]
