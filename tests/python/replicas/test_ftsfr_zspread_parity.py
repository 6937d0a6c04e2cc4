"""The replica ftsfr_zspread against the Z-spread code itself, row for row, on its vendor files.

Keys must be equal. Par spreads agree to 1e-12; Z-spreads to 1e-8, because the original stops its
search at 1e-10; means over bonds to 1e-9 bp.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_build import Query

SPREAD_TOL_DEC = 1e-12
Z_SPREAD_TOL_DEC = 1e-8
MEAN_TOL_BPS = 1e-9
RATING_GROUPS = {"Investment Grade": "IG", "High Yield": "HY", "All bonds": "ALL"}
PERIODS = {"replication_2010_2020": "paper_2010_2020", "full_period": "full"}


@pytest.fixture(scope="module")
def golden(shared_dir: Path) -> Path:
    return shared_dir / "golden" / "basis" / "expected_zspread"


def matched(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Join two tables on keys that must be unique and the same on both sides."""
    both = found.merge(expected, on=keys, how="outer", indicator=True, validate="one_to_one")
    assert set(both["_merge"]) == {"both"}
    return both


def test_z_spreads_equal_the_replaced_code(golden_warehouse: Query, golden: Path) -> None:
    found = golden_warehouse(
        "select * from intermediate.int_ftsfr_zspread__bases_computed where curve_status = 'ok'"
    )
    expected = pd.read_parquet(golden / "final_data_with_z_spread.parquet")
    expected = expected.rename(columns={"date": "month_end_date"})
    both = matched(found, expected, ["isin", "month_end_date"])
    assert (both["red_code"] == both["redcode"]).all()
    for ours, theirs, tolerance in (
        ("maturity_days", "mat_days", SPREAD_TOL_DEC),
        ("cds_par_spread_dec", "par_spread", SPREAD_TOL_DEC),
        ("fr_z_spread_dec", "z_spread", Z_SPREAD_TOL_DEC),
    ):
        np.testing.assert_allclose(both[ours], both[theirs], rtol=0, atol=tolerance, err_msg=ours)
    failed = both["z_status"] == "failed: root_not_bracketed"
    assert ((both["z_spread_status"] == "not_bracketed") == failed).all()


def test_bases_equal_the_replaced_code(golden_warehouse: Query, golden: Path) -> None:
    found = golden_warehouse("select * from cds_bond.fct_bond_basis where method='ftsfr_zspread'")
    expected = pd.read_parquet(golden / "cds_basis_processed.parquet")
    expected = expected.rename(columns={"date": "month_end_date"})
    both = matched(found, expected, ["isin", "month_end_date"])
    assert (both["rating_group"] == both["c_rating"].map(RATING_GROUPS)).all()
    ours, theirs = both["basis_z_spread_dec"], both["cds_basis_spread"]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=Z_SPREAD_TOL_DEC)


@pytest.mark.parametrize("name", ["agg_without_min5_filter", "cds_basis_aggregated"])
def test_monthly_means_equal_the_replaced_code(
    golden_warehouse: Query, golden: Path, name: str
) -> None:
    """Without its rule of five bonds, and with it for the full period."""
    found = golden_warehouse(
        "select * from cds_bond.fct_rating_basis where method = 'ftsfr_zspread' "
        + ("and has_enough_bonds" if name == "cds_basis_aggregated" else "")
    )
    expected = pd.read_parquet(golden / f"{name}.parquet")
    if "analysis_period" in expected:
        expected = expected[expected["analysis_period"] == "full_period"]
    expected = expected.rename(columns={"date": "month_end_date"})
    expected["rating_group"] = expected["c_rating"].map(RATING_GROUPS)
    both = matched(found, expected, ["month_end_date", "rating_group"])
    assert (both["bond_count"] == both["n_bonds"]).all()
    ours, theirs = both["mean_basis_bps"], both["cds_basis_spread_bps"]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=MEAN_TOL_BPS)


def test_summary_by_period_equals_the_replaced_code(golden_warehouse: Query, golden: Path) -> None:
    """Its group of all bonds pools them before the monthly mean."""
    found = golden_warehouse(
        "select * from cds_bond.fct_basis_summary where method='ftsfr_zspread'"
    )
    expected = pd.read_csv(golden / "cds_basis_summary_stats.csv")
    expected["rating_group"] = expected["group"].map(RATING_GROUPS)
    expected["analysis_period"] = expected["analysis_period"].map(PERIODS)
    found = found[found["analysis_period"].isin(PERIODS.values())]
    both = matched(found, expected, ["analysis_period", "rating_group"])
    assert len(both) == 6 and (both["month_count"] == both["n_obs"]).all()
    for statistic, theirs in (("mean", "mean_bps"), ("median", "median_bps"), ("sd", "std_bps")):
        np.testing.assert_allclose(
            both[f"{statistic}_basis_bps"], both[theirs], rtol=0, atol=MEAN_TOL_BPS
        )


# The original's words for a reason, and ours.
REASONS = {
    "date outside 2002-07-01..2025-06-01": "date_outside_sample",
    "security_level <> 'SEN'": "not_senior",
    "remaining maturity not in [1y,10y]": "remaining_maturity_outside_1_to_10_years",
    "amount_outstanding <= 100 (thousand)": "amount_outstanding_too_small",
    "conv <> 0": "convertible",
    "price_eom < 50": "price_below_floor",
    "isin null/blank": "isin_blank",
    "NaN in date/isin/maturity/coupon/principal_amt/price_eom": "input_missing",
    "duplicate (date,isin,issue_id), first kept": "exact_duplicate",
    "isin not in RED look-up": "isin_not_in_red_table",
    "no CDS date in the month on/before the bond date": "no_cds_quote_date_this_month",
    "redcode not quoted on the resolved date": "name_not_quoted",
    "only one tenor quoted": "fewer_than_two_tenors",
    ">=2 tenors but spline failed (tenor repeated under two tickers)": "duplicate_tenor",
    "full-row duplicates": "exact_duplicate_row",
    "z NaN (root not bracketed in +-20%)": "z_spread_not_bracketed",
    "|z| >= 0.19": "z_spread_too_large",
    "rating bucket missing": "rating_unknown",
    "|basis| > 1000 bps": "basis_too_large",
}


def test_every_drop_of_the_replaced_code_is_counted_to_the_row(
    golden_warehouse: Query, golden: Path
) -> None:
    attrition = golden_warehouse(
        "select * from cds_bond.fct_sample_attrition "
        "where method = 'ftsfr_zspread' and population = 'bond_months'"
    )
    found = attrition.set_index("reason")["rows_dropped"].to_dict()
    expected = pd.read_csv(golden / "drop_accounting.csv").set_index("reason")["rows"]
    assert {REASONS[reason]: rows for reason, rows in expected.items() if rows} == found
