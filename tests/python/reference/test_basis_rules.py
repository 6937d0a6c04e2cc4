"""One hand-made bond per rule of the standard basis, in one small delivery of two months.

Where the replaced code has the rule as well, the reference folder has it too; this delivery is our
own, so that a clone without that folder knows the rules.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_build import Query, build_basis, matched_treasuries
from conftest import NO_DATA_TESTS, built_ahead

EARLIER, DAY = "2019-12-31", "2020-01-31"
BOND = {
    "company_symbol": "ACME",
    "date": DAY,
    "offering_date": "2018-06-15",
    "maturity": "2023-03-15",
    "amount_outstanding": 500_000,
    "yield": 0.05,
    "rating_class": "0.IG",
    "price_eom": 100.0,
    "t_spread": 0.003,
    "coupon": 5.0,
    "ncoups": 2,
}
# Two quotes on a line: 1 % at one year, 2 % at five.
LINE = {"1Y": 0.01, "5Y": 0.02}
# By CUSIP: what differs, and quotes of the name by date and clause.
BONDS: dict[str, tuple[dict, dict]] = {
    "TIE000AA1": ({"maturity": "2024-06-15"}, {(DAY, "XR14"): LINE}),
    "LATER0AA1": ({}, {}),
    "ISSUERAA1": ({}, {(DAY, "XR14"): LINE}),
    "STALE0AA1": ({}, {(EARLIER, "XR14"): LINE}),
    "AGED00AA1": ({"amount_outstanding": 200_000}, {("2020-01-29", "XR14"): LINE}),
    "CLAUSEAA1": ({}, {(DAY, "MR14"): {"1Y": 0.03, "5Y": 0.04}, (DAY, "XR14"): LINE}),
    "YEAR00AA1": ({"maturity": "2021-01-31"}, {(DAY, "XR14"): LINE}),
    "LESS00AA1": ({"maturity": "2021-01-30"}, {(DAY, "XR14"): LINE}),
    "NOTREAAA1": ({"maturity": "2027-09-15"}, {(DAY, "XR14"): {"1Y": 0.01, "10Y": 0.03}}),
    "LIMIT0AA1": ({"amount_outstanding": 99_999}, {(DAY, "XR14"): LINE}),
    "ABOVE0AA1": ({"amount_outstanding": 99_999.001}, {(DAY, "XR14"): LINE}),
    "COPIESAA1": ({}, {(DAY, "XR14"): LINE}),
    "NEXTMOAA1": ({"date": "2020-02-29"}, {}),
}


@built_ahead
def rules_warehouse(home: Path) -> Query:
    """Return a query on the desk built from the bonds above."""
    bonds, codes, quotes = [], [], []

    def quote(code: str, date: str, clause: str, spreads: dict[str, float]) -> None:
        for tenor, spread in spreads.items():
            terms = {"tier": "SNRFOR", "country": "United States", "docclause": clause}
            line = {"date": date, "ticker": "T", "redcode": code, "tenor": tenor}
            quotes.append(line | terms | {"parspread": spread})

    def obligation(code: str, cusip: str, isin: str) -> None:
        line = {"redcode": code, "ticker": "T", "obl_cusip": cusip, "isin": isin, "tier": "SNRFOR"}
        codes.append(line)

    for cusip, (facts, curves) in BONDS.items():
        bonds.append(BOND | {"cusip": cusip, "isin": f"US{cusip}0"} | facts)
        if cusip == "ISSUERAA1":
            obligation(cusip[:6], "ISSUERZZ9", "US0000000000")
        else:
            obligation(cusip[:6], cusip, f"US{cusip}0")
        for (date, clause), spreads in curves.items():
            quote(cusip[:6], date, clause, spreads)
    # Two codes of one bond: the second has more quotes, but only once February is over.
    obligation("ZFORTH", "LATER0AA1", "USLATER0AA10")
    codes[:] = [line for line in codes if line["redcode"] != "LATER0"]
    obligation("AFTERW", "LATER0AA1", "USLATER0AA10")
    quote("ZFORTH", DAY, "XR14", LINE)
    quote("ZFORTH", EARLIER, "XR14", LINE)
    quote("AFTERW", DAY, "XR14", LINE)
    for day in range(3, 15):
        quote("AFTERW", f"2020-02-{day:02d}", "XR14", LINE)
    # A second code of an issuer that nobody quotes.
    obligation("UNUSED", "COPIESZZ9", "US0000000001")

    # (maturity, number): equal amounts; the later of the tied maturities stands first in the file.
    treasuries = [("2024-06-16", 1), ("2024-06-14", 2), ("2023-03-15", 3), ("2021-01-31", 4)]
    issues = [
        {"kycrspid": f"{date.replace('-', '')}.20000{number}", "kytreasno": number, "tmatdt": date}
        for date, number in treasuries
    ]
    months = [
        {"kycrspid": issue["kycrspid"], "kytreasno": issue["kytreasno"], "mcaldt": day}
        | {"tmpubout": 25_000, "tmyld": 0.00004 + 0.000001 * issue["kytreasno"]}
        for issue in issues
        for day in (EARLIER, DAY)
    ]
    fed = {"TAU1": 1.5, "TAU2": 10, "BETA1": -0.5, "BETA2": 0.1, "BETA3": 0.2}
    files = {
        "wrds_bond": bonds,
        "RED_and_ISIN_mapping": codes,
        "cds_final": quotes,
        "issue_data": issues,
        "monthly_ts_data": months,
        "fed_yield_curve": [fed | {"Date": "2020-01-30", "BETA0": 3.0}]
        + [fed | {"Date": DAY, "BETA0": 2.0}],
    }
    folder = home / "vendor"
    folder.mkdir()
    for name, rows in files.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return build_basis(folder, home, *NO_DATA_TESTS)


@pytest.fixture(scope="module")
def bases(rules_warehouse: Query) -> pd.DataFrame:
    """Return the standard basis by CUSIP."""
    found = rules_warehouse("from cds_bond.fct_bond_basis where method = 'standard'")
    return found.set_index("cusip")


def test_of_two_equal_treasuries_the_earlier_maturity_is_matched(rules_warehouse: Query) -> None:
    """The replaced code takes the first of the file."""
    for chain, day in (("int_ftsfr_notebook", "2024-06-16"), ("int_cds_bond", "2024-06-14")):
        found = rules_warehouse(
            "select treasury_maturity_date::varchar as day "
            f"from {matched_treasuries(chain)} "
            f"inner join intermediate.{chain}__bonds_screened using (source_row_number) "
            "where cusip = 'TIE000AA1'"
        )
        assert found["day"].tolist() == [day], chain


def test_the_code_with_most_quotes_so_far_is_chosen(bases: pd.DataFrame) -> None:
    """AFTERW has more in all and sorts first, but most of it is not known in January."""
    assert bases.loc["LATER0AA1", "red_code"] == "ZFORTH"


def test_a_bond_that_is_no_listed_obligation_takes_its_issuers_code(bases: pd.DataFrame) -> None:
    assert bases.loc["ISSUERAA1", ["red_code", "red_match_rule"]].tolist() == [
        "ISSUER",
        "issuer_cusip_6",
    ]


def test_a_curve_of_the_month_before_is_not_used(rules_warehouse: Query, bases) -> None:
    assert "STALE0AA1" not in bases.index
    found = rules_warehouse(
        "select reason from cds_bond.fct_bond_screening "
        "where method = 'standard' and cusip = 'STALE0AA1'"
    )
    assert found["reason"].tolist() == ["name_not_quoted"]


def test_the_spread_is_read_at_the_maturity_that_the_bond_has_on_its_date(bases) -> None:
    """Quoted on the 29th, observed on the 31st, 1,139 days before maturity: not 1,141."""
    row = bases.loc["AGED00AA1"]
    assert row["cds_quote_age_days"] == 2
    spread = 0.01 + 0.01 * (1139 - 365) / (1825 - 365)
    assert row["cds_par_spread_dec"] == pytest.approx(spread, rel=1e-12)


def test_the_document_clause_of_the_market_is_preferred(bases: pd.DataFrame) -> None:
    row = bases.loc["CLAUSEAA1"]
    assert row["cds_doc_clause"] == "XR14"
    assert row["cds_par_spread_dec"] == bases.loc["COPIESAA1", "cds_par_spread_dec"]


def test_a_bond_with_exactly_one_year_to_go_is_in_the_sample(bases: pd.DataFrame) -> None:
    assert "YEAR00AA1" in bases.index and "LESS00AA1" not in bases.index


def test_the_replaced_code_wants_strictly_more_than_its_amount(rules_warehouse: Query) -> None:
    found = rules_warehouse(
        "select cusip, reason from cds_bond.fct_bond_screening where method = 'ftsfr_notebook' "
        "and cusip in ('LIMIT0AA1', 'ABOVE0AA1') order by cusip"
    )
    assert found["reason"].tolist() == ["kept", "amount_outstanding_too_small"]


def test_bonds_are_priced_on_the_curve_of_their_own_day(bases: pd.DataFrame) -> None:
    """Published with the day, the curve of the 31st is known on the 31st."""
    assert (bases["treasury_curve_date"] == pd.Timestamp(DAY)).all()
    assert (bases["treasury_curve_age_days"] == 0).all()


def test_of_several_copies_the_one_that_came_furthest_speaks_for_the_bond(rules_warehouse) -> None:
    found = rules_warehouse(
        "select reason, row_count, kept_row_count from cds_bond.fct_bond_screening "
        "where method = 'ftsfr_notebook' and cusip = 'COPIESAA1'"
    )
    assert found.to_numpy().tolist() == [["kept", 2, 1]]


def test_means_by_rating_are_those_of_the_bonds_that_have_the_measure(rules_warehouse) -> None:
    """NOTREAAA1 has no Treasury, so it counts for the Z-spread and not for the yield spread."""
    keys = ["method", "measure", "month_end_date", "rating_group"]
    bonds = rules_warehouse("from cds_bond.fct_bond_measures where measure_status = 'ok'")
    bonds["weighted"] = bonds["basis_dec"] * bonds["amount_outstanding_usd"]
    groups = bonds.groupby(keys)
    means = groups[["basis_dec", "implied_rf_dec", "cds_par_spread_dec", "bond_yield_dec"]].mean()
    amounts = groups["amount_outstanding_usd"]
    expected = pd.DataFrame(
        {
            "bond_count": groups.size(),
            "mean_basis_bps": 1e4 * means["basis_dec"],
            "median_basis_bps": 1e4 * groups["basis_dec"].median(),
            "amount_weighted_basis_bps": 1e4 * groups["weighted"].sum() / amounts.sum(),
            "mean_amount_outstanding_usd": amounts.mean(),
        }
    )
    report = expected.drop(columns="mean_amount_outstanding_usd").assign(
        mean_implied_rf_pct=100 * means["implied_rf_dec"],
        mean_bond_yield_pct=100 * means["bond_yield_dec"],
        mean_cds_par_spread_bps=1e4 * means["cds_par_spread_dec"],
    )
    for table, wanted in {
        "cds_bond.fct_rating_basis": expected,
        "reports.rpt_basis_by_rating": report,
    }.items():
        found = rules_warehouse(f"from {table}").set_index(keys)
        assert sorted(found.index) == sorted(wanted.index)
        for name in wanted:
            np.testing.assert_allclose(
                found.loc[wanted.index, name], wanted[name], rtol=1e-12, err_msg=name
            )
    counts = expected.xs("standard")["bond_count"]
    assert counts["yield_spread"].item() == counts["z_spread"].item() - 1
    assert bonds["amount_outstanding_usd"].nunique() > 2
