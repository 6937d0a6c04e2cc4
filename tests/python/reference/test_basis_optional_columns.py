"""A delivery without an optional column: what needs it says so, and what is not screened is named.

A reason that blames the row would send a user to look for a fault that is not there.
"""

from pathlib import Path

import duckdb
import pandas as pd

from basis_build import FILES, SAMPLE, Query, build_basis
from conftest import NO_DATA_TESTS, built_ahead, run_dbt

BOND_SCREENS = ["isin", "conv", "security_level", "principal_amt", "defaulted", "bond_type"]
QUOTE_SCREENS = ["tier", "country", "currency", "docclause", "compositedepth5y"]


def deliver(folder: Path, bond_columns: list[str], quote_columns: list[str]) -> Path:
    """Write a year of the sample without some columns."""
    folder.mkdir()
    gone = {"wrds_bond": bond_columns, "cds_final": quote_columns}
    for name in FILES:
        parts = sorted(SAMPLE.glob(f"{name}*/*.parquet")) or [SAMPLE / f"{name}.parquet"]
        rows = pd.concat([pd.read_parquet(part) for part in parts])
        for column in {"date", "mcaldt", "Date"} & set(rows.columns):
            rows = rows[rows[column].astype(str).str.startswith("2017")]
        rows.drop(columns=gone.get(name, [])).to_parquet(folder / f"{name}.parquet", index=False)
    return folder


@built_ahead
def unscreened_warehouse(home: Path) -> Query:
    """Return a query on the desk built without any column that only a screen needs."""
    data = deliver(home / "vendor", BOND_SCREENS, QUOTE_SCREENS)
    return build_basis(data, home, *NO_DATA_TESTS)


def test_what_was_not_screened_is_named_in_every_method(unscreened_warehouse: Query) -> None:
    found = unscreened_warehouse(
        "select distinct method, unscreened from cds_bond.fct_bond_basis order by all"
    )
    quotes = "cds_final.tier cds_final.country cds_final.currency"
    assert found.to_numpy().tolist() == [
        ["ftsfr_notebook", f"isin conv security_level principal_amt {quotes}"],
        ["standard", f"isin conv security_level defaulted bond_type {quotes}"],
    ]
    found = unscreened_warehouse(
        "select distinct unscreened from intermediate.int_ftsfr_zspread__bonds_screened"
    )
    assert found["unscreened"].tolist() == [f"conv security_level principal_amt {quotes}"]


def test_the_build_record_names_it_too(unscreened_warehouse: Query) -> None:
    found = unscreened_warehouse(
        "select table_name, unscreened from staging.stg_build__input_files "
        "where unscreened <> '' order by all"
    )
    assert found.to_numpy().tolist() == [
        ["cds_final", " ".join(QUOTE_SCREENS)],
        ["wrds_bond", "isin conv security_level principal_amt defaulted bond_type"],
    ]


def test_without_isin_the_z_spread_code_has_no_entity(unscreened_warehouse: Query) -> None:
    found = unscreened_warehouse(
        "select reason, count(*) as row_count from cds_bond.fct_bond_screening "
        "where method = 'ftsfr_zspread' and reason like 'isin%' group by all"
    )
    assert found["reason"].tolist() == ["isin_not_delivered"]


def test_without_offering_date_or_coupon_no_row_is_blamed(tmp_path: Path) -> None:
    """The notebook needs the first, the Z-spread code the second."""
    data = deliver(tmp_path / "vendor", ["offering_date", "coupon"], [])
    build = run_dbt(
        tmp_path, "build", "--exclude-resource-type", "test", "--select",
        "+int_cds_bond__bonds_screened", "+int_ftsfr_notebook__bonds_screened",
        "+int_ftsfr_zspread__bonds_screened", data_dir=data,
    )  # fmt: skip
    assert build.exit_code == 0, build.output[-3000:]
    with duckdb.connect(str(tmp_path / "build/parspread.duckdb"), read_only=True) as connection:
        for table, reasons in {
            "int_ftsfr_notebook__bonds_screened": (
                "offering_date_not_delivered",
                "offering_or_maturity_date_missing",
            ),
            "int_ftsfr_zspread__bonds_screened": ("coupon_not_delivered", "input_missing"),
        }.items():
            counts = [
                connection.sql(
                    f"select count(*) from (from intermediate.{table}) "
                    f"where reject_reason = '{reason}'"
                ).fetchone()[0]
                for reason in reasons
            ]
            assert counts[0] > 100 and counts[1] == 0, table
        kept = connection.sql(
            "select distinct unscreened from intermediate.int_cds_bond__bonds_screened"
        ).fetchall()
    assert kept == [("offering_date",)]
