"""The replica ftsfr_notebook against the notebook, row for row, on its synthetic vendor files.

Keys must be equal, numbers within 1e-12: the notebook computes in double precision, and a few
additions in another order move the last digit only.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_build import Query, build_basis, matched_treasuries

TOL = 1e-12


@pytest.fixture(scope="module")
def golden(shared_dir: Path) -> Path:
    return shared_dir / "golden" / "basis"


@pytest.fixture(scope="module")
def warehouse(golden_warehouse: Query) -> Query:
    return golden_warehouse


def assert_same_rows(
    found: pd.DataFrame, expected: pd.DataFrame, keys: list[str], values: list[str]
) -> None:
    """Compare two tables as multisets of rows: keys exactly, values within TOL."""
    assert len(found) == len(expected)
    order = keys + values
    found = found[order].sort_values(order, ignore_index=True)
    expected = expected[order].sort_values(order, ignore_index=True)
    for key in keys:
        assert (found[key].astype(str) == expected[key].astype(str)).all(), key
    for value in values:
        np.testing.assert_allclose(
            found[value].to_numpy(dtype=float, na_value=np.nan),
            expected[value].to_numpy(dtype=float, na_value=np.nan),
            rtol=TOL,
            atol=TOL,
            err_msg=value,
        )


def test_treasury_merge_equals_the_notebook(warehouse: Query, golden: Path) -> None:
    found = warehouse(
        """
        select
            treasury_code as kycrspid,
            treasury_number as kytreasno,
            quote_date::varchar as mcaldt,
            maturity_date::varchar as tmatdt,
            public_amount_usd / 1e6 as tmpubout,
            annual_yield_dec as treas_yld
        from intermediate.int_ftsfr_notebook__treasuries_merged
        where reject_reason is null
        """
    )
    expected = pd.read_parquet(golden / "expected_notebook/treasury_data_combined.parquet")
    keys = ["kycrspid", "kytreasno", "mcaldt", "tmatdt"]
    assert_same_rows(found, expected, keys, ["tmpubout", "treas_yld"])


def test_screened_bonds_equal_the_notebook(warehouse: Query, golden: Path) -> None:
    found = warehouse(
        """
        select
            cusip,
            isin,
            month_end_date::varchar as date,
            maturity_date::varchar as maturity,
            amount_outstanding_usd / 1000 as amount_outstanding,
            bond_yield_dec as yield,
            price_pct_par as price_eom,
            bid_ask_share as t_spread
        from intermediate.int_ftsfr_notebook__bonds_screened
        where reject_reason is null
        """
    )
    expected = pd.read_parquet(golden / "expected_notebook/wrds_bond.parquet").reset_index()
    expected["date"] = expected["date"].dt.date
    assert_same_rows(
        found,
        expected,
        ["cusip", "isin", "date", "maturity"],
        ["amount_outstanding", "yield", "price_eom", "t_spread"],
    )


BOND_COLUMNS = """
    bonds.cusip,
    bonds.month_end_date as date,
    bonds.maturity_date as maturity,
    bonds.rating_group,
    bonds.bond_yield_dec as yield,
    bonds.price_pct_par as price_eom,
    bonds.bid_ask_share as t_spread,
    bonds.amount_outstanding_usd / 1000 as amount_outstanding,
    treasuries.treasury_yield_dec as treas_yld
"""
BOND_KEYS = ["cusip", "date", "maturity", "rating_group"]
BOND_VALUES = ["yield", "price_eom", "t_spread", "amount_outstanding", "treas_yld"]


def with_rating_group(expected: pd.DataFrame) -> pd.DataFrame:
    return expected.assign(rating_group=expected["rating"].map({0: "IG", 1: "HY"}).fillna("NR"))


def test_treasury_match_equals_the_notebook(warehouse: Query, golden: Path) -> None:
    found = warehouse(
        f"""
        select {BOND_COLUMNS}
        from intermediate.int_ftsfr_notebook__bonds_screened as bonds
        inner join {matched_treasuries("int_ftsfr_notebook")} as treasuries
            using (source_row_number)
        where treasuries.treasury_status = 'ok'
        """
    )
    expected = pd.read_parquet(golden / "expected_notebook/bond_treasury.parquet")
    assert_same_rows(found, with_rating_group(expected), BOND_KEYS, BOND_VALUES)


def test_red_merge_equals_the_notebook(warehouse: Query, golden: Path) -> None:
    found = warehouse(
        f"""
        select {BOND_COLUMNS}, mapped.red_code as redcode
        from intermediate.int_ftsfr_notebook__bonds_mapped_to_red as mapped
        inner join intermediate.int_ftsfr_notebook__bonds_screened as bonds
            using (source_row_number)
        inner join {matched_treasuries("int_ftsfr_notebook")} as treasuries
            using (source_row_number)
        where mapped.red_code_status = 'ok'
        """
    )
    expected = pd.read_parquet(golden / "expected_notebook/merged_bond_treasuries_redcode.parquet")
    assert_same_rows(found, with_rating_group(expected), [*BOND_KEYS, "redcode"], BOND_VALUES)


@pytest.mark.parametrize("name", ["final_data", "processed_final_data"])
def test_basis_equals_the_notebook(warehouse: Query, golden: Path, name: str) -> None:
    """The notebook's output has no code: of codes with one spread it keeps one row."""
    found = warehouse(
        """
        select
            cusip,
            month_end_date as date,
            maturity_date as maturity,
            rating_group,
            bond_yield_dec as yield,
            price_pct_par as price_eom,
            bid_ask_bps_of_price / 10000 as t_spread,
            amount_outstanding_usd / 1000 as amount_outstanding,
            treasury_yield_dec as treas_yld,
            cds_par_spread_dec as par_spread,
            fr_yield_spread_dec as FR,
            basis_yield_spread_dec as CB,
            implied_rf_yield_spread_dec as rfr,
            ftsfr_notebook_bid_ask_bps as "spread bps"
        from cds_bond.fct_bond_basis
        where method = 'ftsfr_notebook'
        """
    )
    expected = pd.read_parquet(golden / f"expected_notebook/{name}.parquet")
    values = [*BOND_VALUES, "par_spread", "FR", "CB", "rfr", "spread bps"]
    values = [value for value in values if value in expected.columns]
    assert_same_rows(found, with_rating_group(expected), BOND_KEYS, values)


def test_graph_lines_equal_the_notebook(warehouse: Query, golden: Path) -> None:
    """Means by date and rating; a mean over rows in another order moves the last digits only."""
    found = warehouse(
        """
        unpivot (
            select
                rating_group,
                month_end_date as date,
                mean_implied_rf_dec as rfr,
                mean_bond_yield_dec as yield,
                mean_cds_par_spread_dec as par_spread,
                mean_ftsfr_notebook_bid_ask_bps as "spread bps",
                mean_amount_outstanding_usd / 1000 as amount_outstanding
            from cds_bond.fct_rating_basis
            where method = 'ftsfr_notebook' and measure = 'yield_spread'
        )
        on rfr, yield, par_spread, "spread bps", amount_outstanding
        into name series value value
        """
    )
    found["label"] = found["rating_group"] + " - " + found["series"]
    expected = pd.read_parquet(golden / "expected_notebook/graph_series.parquet")
    expected = expected.drop_duplicates(["label", "date"])
    assert_same_rows(found, expected, ["label", "date"], ["value"])


# The original's words for a reason, and ours.
REASONS = {
    "isin = ''": "isin_blank",
    "conv <> 0": "convertible",
    "security_level <> 'SEN'": "not_senior",
    "principal_amt <= 10": "face_value_too_small",
    "amount_outstanding <= 99999 (thousand)": "amount_outstanding_too_small",
    "offering_date/maturity missing": "offering_or_maturity_date_missing",
    "original maturity rounds below 1y or above 10y": "original_maturity_outside_1_to_10_years",
    "yield <= 0 or NaN": "yield_not_positive_or_missing",
    "yield >= 0.5": "yield_50_pct_or_more",
    "price_eom <= 50": "price_50_or_less",
    "price_eom >= 150": "price_150_or_more",
    "no treasury in any month matures within +-3 days of the bond": (
        "no_treasury_in_window_any_month"
    ),
    "a treasury matures in the window but has no row in that year-month": (
        "no_treasury_in_window_this_month"
    ),
    "issuer cusip6 not in RED look-up": "issuer_not_in_red_table",
    "ADDED rows: cusip6 maps to >1 redcode (incl. case/blank variants)": (
        "issuer_has_several_red_codes"
    ),
    "bond month-end date is not a CDS quote date (weekend etc.)": "not_a_cds_quote_date",
    "redcode not quoted on that date": "name_not_quoted",
    "only one tenor quoted": "fewer_than_two_tenors",
    ">=2 tenors but spline failed (same tenor under two tickers -> non-increasing x)": (
        "duplicate_tenor"
    ),
    "duplicate output rows removed (drop_duplicates; redcode not in output columns) "
    "[residual, see note]": "exact_duplicate_row",
    "rfr >= 1 or NaN": "implied_rf_100_pct_or_more",
}


def test_every_drop_of_the_notebook_is_counted_to_the_row(warehouse: Query, golden: Path) -> None:
    attrition = warehouse(
        "select * from cds_bond.fct_sample_attrition "
        "where method = 'ftsfr_notebook' and population in ('bond_months', 'treasury_months')"
    )
    counts = (attrition["rows_dropped"] + attrition["rows_added"]).groupby(attrition["reason"])
    found = counts.sum().to_dict()
    expected = pd.read_csv(golden / "expected_notebook/drop_accounting.csv")
    merge = expected["step"] == "3 merge_treasury_data"
    treasury_drops = attrition.loc[attrition["population"] == "treasury_months", "rows_dropped"]
    assert treasury_drops.sum() == expected.loc[merge, "rows"].sum()
    for reason, rows in expected.loc[~merge, ["reason", "rows"]].itertuples(index=False):
        assert found.get(REASONS[reason], 0) == rows, reason


def test_standard_keeps_month_ends_without_a_quote_day(warehouse: Query) -> None:
    """The notebook loses every month that ends on a day without quotes; standard loses none."""
    months = warehouse(
        "select method, count(distinct month_end_date) as n "
        "from cds_bond.fct_rating_basis where measure = 'yield_spread' group by all"
    )
    assert months.set_index("method")["n"].to_dict() == {"ftsfr_notebook": 43, "standard": 60}


def test_standard_resolves_each_bond_month_to_one_code(warehouse: Query) -> None:
    copies = warehouse(
        "select count(*) as n from intermediate.int_cds_bond__bonds_mapped_to_red "
        "group by source_row_number having count(*) > 1"
    )
    assert copies.empty


@pytest.mark.trust
def test_two_builds_of_the_same_files_are_equal_to_the_bit(
    warehouse: Query, golden: Path, tmp_path: Path
) -> None:
    """The normal run does it with the sample: test_determinism.py."""
    again = build_basis(golden / "inputs", tmp_path, is_fresh=True)
    for table in ["fct_bond_basis", "fct_rating_basis", "fct_basis_summary"]:
        sql = f"select * from cds_bond.{table} order by all"
        pd.testing.assert_frame_equal(warehouse(sql), again(sql), check_exact=True)
