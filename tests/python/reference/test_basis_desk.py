"""What a basis desk needs to trade a level: one hand-made bond per rule, with the right value.

The delivery has the columns of a bond file that say more than a price, terms of bonds, recoveries
by name, and a curve of overnight swaps beside Treasuries.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from basis_build import Query, build_basis
from conftest import NO_DATA_TESTS, built_ahead, run_dbt

DAY = "2018-05-31"
BOND = {
    "company_symbol": "ACME",
    "date": DAY,
    "offering_date": "2014-06-15",
    "amount_outstanding": 500_000,
    "yield": 0.05,
    "rating_class": "0.IG",
    "price_eom": 100.0,
    "t_spread": 0.003,
    "t_date": "2018-05-29",
    "coupon": 5.0,
    "ncoups": 2,
    "maturity": "2023-03-15",
    "nextcoup": "2018-09-15",
    "coupacc": 5 * 76 / 360,
    "day_count_basis": "30/360",
    "defaulted": "N",
    "bond_type": "CDEB",
}
LINE = {"1Y": 0.01, "3Y": 0.015, "5Y": 0.02, "10Y": 0.025}
BARE = {"coupacc": None, "nextcoup": None}
# By CUSIP: what differs, and the quotes of the name.
BONDS: dict[str, tuple[dict, dict]] = {
    "PLAIN0AA1": ({}, LINE),
    "FLOAT0AA1": (
        {"coupon": 0.0, "ncoups": 4, "day_count_basis": "ACT/360", "yield": 0.022}
        | {"maturity": "2022-05-15", "coupacc": 0.0, "nextcoup": "2018-08-15"},
        {"1Y": 0.006, "5Y": 0.006},
    ),
    "ZEROCOAA1": (
        BARE | {"coupon": 0.0, "ncoups": 2, "price_eom": 80.0, "yield": 0.047},
        LINE,
    ),
    "DEFALTAA1": (BARE | {"price_eom": 62.0, "yield": 0.19, "defaulted": "Y"}, LINE),
    "PREFERAA1": ({"bond_type": "CPIK"}, LINE),
    "CALLEDAA1": ({}, LINE),
    "MAKEWHAA1": ({}, LINE),
    "PRIVATAA1": ({}, LINE),
    "SMALL0AA1": ({"amount_outstanding": 99_999}, LINE),
    "ODDENDAA1": (
        {"date": "2018-01-31", "coupon": 3.75, "yield": 0.0375, "maturity": "2025-02-13"}
        | {"nextcoup": "2018-03-01", "last_interest_date": "2024-09-01", "coupacc": 1.5625},
        LINE,
    ),
    "ODDHY0AA1": (
        {"date": "2018-12-31", "coupon": 11.0, "yield": 0.11, "maturity": "2020-02-13"}
        | {"nextcoup": "2019-03-01", "coupacc": 3.667, "rating_class": "1.HY"},
        LINE,
    ),
    "LONGENAA1": (
        {"date": "2020-05-31", "coupon": 9.5, "yield": 0.5938, "maturity": "2021-08-25"}
        | {"nextcoup": "2020-06-15", "last_interest_date": "2020-12-15", "coupacc": 9.5 * 166 / 360}
        | {"price_eom": 60.0, "rating_class": "1.HY"},
        {"1Y": 0.4, "3Y": 0.35, "5Y": 0.3},
    ),
    "WRONGAAA1": ({"coupacc": 1.9}, LINE),
    "YEARLYAA1": (
        {"ncoups": 1, "nextcoup": "2019-03-15", "last_interest_date": "2022-09-15"},
        LINE,
    ),
    "CHEAP0AA1": (
        BARE | {"price_eom": 60.0, "yield": 0.175, "rating_class": "1.HY"},
        {"1Y": 0.12, "3Y": 0.12, "5Y": 0.12},
    ),
    "EIGHTYAA1": (BARE | {"price_eom": 80.0, "yield": 0.1035}, LINE),
    "BELOW0AA1": (
        BARE | {"maturity": "2022-04-10"},
        {"1Y": 0.25, "3Y": 0.02, "5Y": 0.015, "10Y": 0.015},
    ),
    "BENT00AA1": (
        BARE | {"maturity": "2020-10-23"},
        {"6M": 0.5, "1Y": 0.35, "2Y": 0.05, "3Y": 0.045, "5Y": 0.042, "10Y": 0.04},
    ),
    "CLIFF0AA1": (
        BARE | {"maturity": "2020-01-05", "yield": 0.05},
        {"1Y": 0.52, "3Y": 0.2213, "5Y": 0.1486, "7Y": 0.1159, "10Y": 0.0909},
    ),
    "SENIORAA1": (BARE, {"1Y": 0.0025, "3Y": 0.0028, "5Y": 0.0029, "10Y": 0.0032}),
    "RECOVRAA1": (BARE, LINE),
}
TERMS = {
    "ZEROCOAA1": {"coupon_type": "Z"},
    "CALLEDAA1": {"redeemable": "Y", "make_whole": "N"},
    "MAKEWHAA1": {"redeemable": "Y", "make_whole": "Y"},
    "PRIVATAA1": {"rule_144a": "Y"},
}
OIS_DEC, TREASURY_PCT = 0.03, 2.0


def delivery(folder: Path) -> Path:
    """Write the vendor files of the bonds above."""
    bonds, codes, quotes, terms = [], [], [], []
    for cusip, (facts, spreads) in BONDS.items():
        bond = BOND | {"cusip": cusip, "isin": f"US{cusip}0"} | facts
        bonds.append(bond)
        code = cusip[:6]
        line = {"redcode": code, "ticker": "T", "obl_cusip": cusip, "isin": f"US{cusip}0"}
        codes.append(line | {"tier": "SNRFOR"})
        quote = {"date": bond["date"], "ticker": "T", "redcode": code, "country": "United States"}
        quote |= {"currency": "USD", "docclause": "XR14", "recovery": None}
        quote["recovery"] = 0.25 if code == "RECOVR" else None
        for tenor, spread in spreads.items():
            quotes.append(quote | {"tenor": tenor, "parspread": spread, "tier": "SNRFOR"})
            if code == "SENIOR":
                quotes.append(quote | {"tenor": tenor, "parspread": 20 * spread, "tier": "SUBLT2"})
        if cusip in TERMS:
            terms.append({"complete_cusip": cusip} | TERMS[cusip])
    dates = sorted({bond["date"] for bond in bonds})
    fed = {"TAU1": 1.5, "TAU2": 10, "BETA1": 0, "BETA2": 0, "BETA3": 0, "BETA0": TREASURY_PCT}
    issue = {"kycrspid": "20230315.200001", "kytreasno": 1, "tmatdt": "2023-03-15"}
    month = {"kycrspid": "20230315.200001", "kytreasno": 1, "tmpubout": 25_000, "tmyld": 0.00007}
    annual = {"curve": "SOFR", "compounding": "annual", "zero_rate": math.expm1(OIS_DEC)}
    files = {
        "wrds_bond": bonds,
        "bond_terms": terms,
        "RED_and_ISIN_mapping": codes,
        "cds_final": quotes,
        "issue_data": [issue],
        "monthly_ts_data": [month | {"mcaldt": DAY}],
        "fed_yield_curve": [fed | {"Date": date} for date in dates],
        "discount_curves": [annual | {"date": DAY, "years": years} for years in (1, 5, 10)],
    }
    folder.mkdir()
    for name, rows in files.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


@built_ahead
def desk_warehouse(home: Path) -> Query:
    """Return a query on the desk built from the bonds above."""
    return build_basis(delivery(home / "vendor"), home, *NO_DATA_TESTS)


@pytest.fixture(scope="module")
def reasons(desk_warehouse: Query) -> pd.Series:
    """Return what became of each bond, by CUSIP."""
    found = desk_warehouse(
        "select cusip, reason from cds_bond.fct_bond_screening where method = 'standard'"
    )
    return found.set_index("cusip")["reason"]


@pytest.fixture(scope="module")
def bases(desk_warehouse: Query) -> pd.DataFrame:
    """Return the standard basis by CUSIP."""
    found = desk_warehouse("from cds_bond.fct_bond_basis where method = 'standard'")
    return found.set_index("cusip")


@pytest.fixture(scope="module")
def priced(desk_warehouse: Query) -> pd.DataFrame:
    """Return what the price of each bond gives, by CUSIP."""
    found = desk_warehouse(
        "select terms.cusip, prices.* from intermediate.int_cds_bond__bonds_priced as prices "
        "inner join intermediate.int_cds_bond__bonds_screened as terms using (source_row_number)"
    )
    return found.set_index("cusip")


@pytest.mark.parametrize(
    ("cusip", "reason"),
    [
        ("PLAIN0AA1", "kept"),
        ("FLOAT0AA1", "floating_coupon"),
        ("ZEROCOAA1", "kept"),
        ("DEFALTAA1", "defaulted"),
        ("PREFERAA1", "bond_type_not_plain"),
        ("CALLEDAA1", "callable"),
        ("MAKEWHAA1", "kept"),
        ("PRIVATAA1", "rule_144a"),
        ("SMALL0AA1", "amount_outstanding_too_small"),
    ],
)
def test_each_screen_has_its_reason(reasons: pd.Series, cusip: str, reason: str) -> None:
    """The floater had a basis of +331 bp and the bond in default one of -1,457, both ok."""
    assert reasons[cusip] == reason


def test_bonds_are_listed_with_their_terms(desk_warehouse: Query) -> None:
    """A bond that bond_terms does not list says so."""
    found = desk_warehouse("from cds_bond.dim_bonds").set_index("cusip")
    assert set(found.index) == set(BONDS)
    assert found.loc["FLOAT0AA1", "coupon_type"] == "floating"
    assert found.loc["ZEROCOAA1", ["coupon_type", "terms_status"]].tolist() == ["zero", "listed"]
    assert found.loc["PLAIN0AA1", "terms_status"] == "bond_not_listed"
    assert bool(found.loc["CALLEDAA1", "is_callable"]) and not found.loc["MAKEWHAA1", "is_callable"]
    odd = found.index[found["has_odd_last_coupon"]]
    assert set(odd) == {"LONGENAA1", "ODDENDAA1", "ODDHY0AA1"}


def test_every_price_has_its_age(bases: pd.DataFrame, desk_warehouse: Query) -> None:
    assert bases.loc["PLAIN0AA1", "price_age_days"] == 2
    found = desk_warehouse("from cds_bond.fct_bond_measures where cusip = 'PLAIN0AA1'")
    assert set(found["price_age_days"]) == {2}


@pytest.mark.parametrize(
    ("cusip", "accrued", "status"),
    [
        ("ODDENDAA1", 1.5625, "ok"),
        ("ODDHY0AA1", 11 / 3, "ok"),
        ("LONGENAA1", 9.5 * 166 / 360, "ok"),
        ("WRONGAAA1", 5 * 76 / 360, "contradicts_delivered"),
        # Half a year before maturity is no coupon date of a bond that pays once a year.
        ("YEARLYAA1", 5 * 76 / 360, "ok"),
    ],
)
def test_odd_coupons_accrue_on_their_own_schedule(
    bases: pd.DataFrame, priced: pd.DataFrame, cusip: str, accrued: float, status: str
) -> None:
    """By a schedule back from maturity the first two had accrued 1.7500 and 4.217."""
    assert priced.loc[cusip, "accrued_interest_pct_par"] == pytest.approx(accrued, abs=1e-9)
    assert bases.loc[cusip, "accrued_status"] == status


def test_the_yield_of_a_long_last_coupon_is_the_street_yield(priced: pd.DataFrame) -> None:
    """59.53 % before."""
    found = priced.loc["LONGENAA1", "street_yield_bond_equivalent_dec"]
    assert found == pytest.approx(0.5938, abs=5e-5)


def test_a_delivered_recovery_is_used_and_named(desk_warehouse: Query, bases) -> None:
    """Jump-to-default is (1 - R) less upfront; at 40 % for all $150,000 a million too low."""
    columns = ["recovery_share", "recovery_source"]
    assert bases.loc["RECOVRAA1", columns].tolist() == [0.25, "vendor"]
    assert bases.loc["PLAIN0AA1", columns].tolist() == [0.4, "tier"]
    curves = desk_warehouse("from cds_bond.fct_cds_curves where tenor_years = 5").set_index(
        "red_code"
    )
    for code, recovery in (("RECOVR", 0.25), ("PLAIN0", 0.4)):
        loss = 1e4 * (100 * (1 - recovery) - curves.loc[code, "upfront_at_100_bps_pct_par"])
        assert curves.loc[code, "jump_to_default_usd_per_mm"] == pytest.approx(loss, abs=1e-4)
    # The credit triangle: hazards go with 1 / (1 - R).
    ratio = (
        curves.loc["RECOVR", "survival_share"] ** 0.75
        / curves.loc["PLAIN0", "survival_share"] ** 0.6
    )
    assert ratio == pytest.approx(1, abs=2e-3)


def test_the_basis_over_both_curves_stands_side_by_side(bases: pd.DataFrame) -> None:
    """Both curves are flat here, so the Z-spreads differ by their rates to the last digit."""
    row = bases.loc["PLAIN0AA1"]
    assert row["ois_curve"] == "SOFR" and row["discount_curve"] == "fed"
    gap = OIS_DEC - TREASURY_PCT / 100
    assert row["fr_z_spread_dec"] - row["fr_z_spread_ois_dec"] == pytest.approx(gap, abs=1e-10)
    assert row["basis_ois_less_treasury_dec"] == pytest.approx(gap, abs=1e-10)
    assert row["fr_bond_implied_cds_ois_dec"] < row["fr_bond_implied_cds_dec"]


def test_a_day_without_the_curve_has_a_status(bases: pd.DataFrame) -> None:
    row = bases.loc["ODDENDAA1"]
    assert pd.isna(row["ois_curve"]) and row["z_spread_ois_status"] == "no_curve"
    assert row["record_curve"] == "fed" and row["record_measure"] == "z_spread"


def test_the_basis_of_record_is_on_the_clock_of_the_cds(bases: pd.DataFrame) -> None:
    """Day count alone is worth 1.4 % of a spread: +1.0 bp in IG, +5.0 in HY."""
    row = bases.loc["PLAIN0AA1"]
    z = row["fr_z_spread_ois_dec"]
    paid = 4 * math.expm1(z / 4) * 360 / 365
    assert row["basis_of_record_dec"] == pytest.approx(row["cds_par_spread_dec"] - paid, abs=1e-15)
    assert row["record_measure"] == "z_spread_ois"
    assert row["record_reason"] == "price_at_or_above_bar ois_curve_delivered cds_by_spline"
    cheap = bases.loc["EIGHTYAA1"]
    assert cheap["record_measure"] == "bond_implied_cds_ois"
    assert cheap["fr_of_record_dec"] == cheap["fr_bond_implied_cds_ois_dec"]
    assert cheap["record_reason"].startswith("price_below_bar")


def test_below_a_price_of_70_only_measures_that_know_default_are_ok(bases: pd.DataFrame) -> None:
    """The standard bases of such bonds were -92, -548, -200 and -431 bp."""
    row = bases.loc["CHEAP0AA1"]
    for measure in (
        "z_surrogate",
        "z_spread",
        "z_spread_semi_annual",
        "asset_swap",
        "z_spread_ois",
    ):
        assert row[f"{measure}_status"] != "ok" and np.isnan(row[f"basis_{measure}_dec"])
    assert row["z_spread_status"] == "price_below_survival_bar"
    for measure in (
        "bond_implied_cds_r40",
        "bond_implied_cds_r20",
        "bond_implied_cds",
        "of_record",
    ):
        assert row[f"{measure}_status"] == "ok" and np.isfinite(row[f"basis_{measure}_dec"])
    assert not row["common_sample"]


def test_means_over_the_common_sample_compare_the_same_bonds(bases, desk_warehouse: Query) -> None:
    chosen = bases.index[bases["common_sample"]]
    assert "PLAIN0AA1" in chosen and "RECOVRAA1" in chosen
    found = desk_warehouse(
        "select measure, count(*) as bonds from cds_bond.fct_bond_measures "
        "where method = 'standard' and common_sample and measure_status = 'ok' group by measure"
    )
    assert set(found["bonds"]) == {len(chosen)} and len(found) == 14


def test_a_spline_below_zero_is_no_spread(reasons: pd.Series) -> None:
    """-18.6 bp, ok, before; no hazards fit these quotes, so that the bond has no basis."""
    assert reasons["BELOW0AA1"] == "spline_not_positive"


def test_a_spline_between_distant_quotes_needs_hazards(reasons: pd.Series) -> None:
    """Quotes of hazard 1.5 for half a year, then 2 %: 613 bp too much, ok, before."""
    assert reasons["CLIFF0AA1"] == "spline_without_hazards"


def test_a_spline_far_from_its_quotes_is_replaced_or_refused(
    desk_warehouse: Query, reasons
) -> None:
    """226 bp at 2.4 years with every quote at 400 or more."""
    found = desk_warehouse(
        "select cusip, spreads.* "
        "from intermediate.int_cds_bond__cds_spreads_interpolated as spreads "
        "inner join intermediate.int_cds_bond__bonds_screened using (source_row_number)"
    ).set_index("cusip")
    row = found.loc["BENT00AA1"]
    assert row["cds_spline_status"] == "spline_leaves_quotes" and np.isnan(row["cds_spline_dec"])
    assert (
        row["cds_hazard_status"] == "arbitrage" and reasons["BENT00AA1"] == "spline_leaves_quotes"
    )
    plain = found.loc["PLAIN0AA1"]
    assert plain["cds_interpolation"] == "spline"
    assert plain["cds_par_spread_dec"] == plain["cds_spline_dec"]
    assert plain["cds_hazard_dec"] == pytest.approx(plain["cds_spline_dec"], abs=1e-3)


def test_sound_senior_quotes_survive_beside_another_tier(
    bases: pd.DataFrame, desk_warehouse
) -> None:
    """Seven of eight were rejected as par_spread_unit_suspect, and the bond was lost."""
    found = desk_warehouse(
        "select count(*) as rows from intermediate.int_cds_bond__cds_quotes_screened "
        "where fault_reason is not null"
    )
    assert found.loc[0, "rows"] == 0
    assert bases.loc["SENIORAA1", "cds_par_spread_dec"] == pytest.approx(0.0029, abs=2e-5)


def test_attrition_balances_with_the_new_reasons(desk_warehouse: Query) -> None:
    found = desk_warehouse(
        "select max(rows_in) as rows_in, max(rows_out) as rows_out, sum(rows_dropped) as dropped "
        "from cds_bond.fct_sample_attrition where method = 'standard' group by population, step"
    )
    assert (found["rows_in"] == found["rows_out"] + found["dropped"]).all()


def test_bond_implied_spreads_reprice_their_bonds(desk_warehouse: Query, bases) -> None:
    """A hazard found by brentq on the flat curve gives price and, by the triangle, spread."""
    row = bases.loc["RECOVRAA1"]
    years = np.array(
        [
            (pd.Timestamp(day) - pd.Timestamp(DAY)).days / 365
            for day in pd.to_datetime(
                [f"{year}-{month}-15" for year in range(2018, 2024) for month in ("03", "09")]
            )
            if pd.Timestamp(DAY) < day <= pd.Timestamp("2023-03-15")
        ]
    )
    amounts = np.full(years.size, 2.5)
    amounts[-1] += 100

    def excess(hazard: float) -> float:
        x = OIS_DEC + hazard
        starts = np.concatenate([[0], years[:-1]])
        default = hazard / x * (np.exp(-x * starts) - np.exp(-x * years)).sum()
        return (amounts * np.exp(-x * years)).sum() + 25 * default - 100 - 5 * 76 / 360

    hazard = brentq(excess, 1e-9, 5)
    triangle = 0.75 * hazard * 360 / 365
    assert row["fr_bond_implied_cds_ois_dec"] == pytest.approx(triangle, rel=5e-3)


def test_everything_may_be_discounted_on_a_delivered_curve(tmp_path: Path) -> None:
    """Then both sets of measures are one, and Treasury yields stay those of the Fed."""
    build = run_dbt(
        tmp_path, "build", "--exclude-resource-type", "test", "--select",
        "+int_cds_bond__bonds_priced", "+int_cds_bond__cds_curves_bootstrapped",
        "--vars", "{discount_curve: sofr}", data_dir=delivery(tmp_path / "vendor"),
    )  # fmt: skip
    assert build.exit_code == 0, build.output[-3000:]
    found = build.inner_frame(
        "from intermediate.int_cds_bond__bonds_priced where z_spread_continuous_status = 'ok'"
    )
    assert len(found) > 5
    for measure in ("z_spread_continuous", "asset_swap", "bond_implied_cds"):
        gap = (found[f"{measure}_dec"] - found[f"{measure}_ois_dec"]).abs()
        assert gap.max() < 1e-7, measure
    treasury = 2 * math.expm1(TREASURY_PCT / 200)
    assert found["curve_treasury_yield_dec"].to_numpy() == pytest.approx(treasury, abs=1e-4)
    curves = build.inner_frame("from intermediate.int_cds_bond__cds_curves_bootstrapped")
    assert (curves["curve_status"] == "ok").sum() > 20


def test_a_curve_that_was_not_delivered_stops_the_build(tmp_path: Path) -> None:
    """A basis without any number would be published otherwise."""
    build = run_dbt(
        tmp_path, "build", "--exclude-resource-type", "test", "--select",
        "+int_rates__discount_curves_chosen",
        "--vars", "{discount_curve: libor}", data_dir=delivery(tmp_path / "vendor"),
    )  # fmt: skip
    assert build.exit_code != 0
    assert "it was LIBOR, and the file has SOFR" in " ".join(build.output.split())
