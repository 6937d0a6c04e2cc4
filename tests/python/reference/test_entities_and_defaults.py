"""CDS by entity, clauses of before 2014, defaults, ISINs of unquoted entities (B8, B9)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from basis_build import Query
from conftest import NO_DATA_TESTS, built_ahead, run_dbt

TENORS = ("1Y", "3Y", "5Y", "7Y", "10Y")
# By RED code: ticker, flat par spread, clause, first and last day.
NAMES = {
    "TWINAA": ("TWIN", 0.01, "XR", "2018-03-01", "2018-09-28"),
    "TWINBB": ("TWIN", 0.10, "XR", "2018-03-01", "2018-09-28"),
    "PARDEF": ("PARD", 0.01, "XR14", "2018-03-01", "2018-07-31"),
    "ENDSAT": ("ENDS", 0.60, "XR14", "2018-03-01", "2018-06-20"),
    "QUIETA": ("QUIE", 0.02, "XR14", "2018-03-01", "2018-06-20"),
    "CHANGE": ("CHNG", 0.02, "XR", "2018-03-01", "2018-09-28"),
    "QUOTED": ("QUOT", 0.02, "XR14", "2018-03-01", "2018-09-28"),
}
BOND = {
    "cusip": "QUOTEDAA1", "isin": "USQUOTEDAA10", "company_symbol": "QUOT", "date": "2018-06-29",
    "offering_date": "2016-06-15", "maturity": "2022-06-15", "amount_outstanding": 500_000,
    "yield": 0.05, "rating_class": "BBB", "price_eom": 100.0, "t_spread": 0.003, "coupon": 5.0,
    "ncoups": 2,
}  # fmt: skip


def files() -> dict[str, list[dict]]:
    quotes = []
    for code, (ticker, spread, clause, first, last) in NAMES.items():
        for day in pd.bdate_range(first, last):
            if (code, str(day.date())) == ("TWINAA", "2018-05-15"):
                continue
            own = "MR" if code == "CHANGE" and day >= pd.Timestamp("2018-06-11") else clause
            for tenor in TENORS:
                quotes.append(
                    {"date": day, "ticker": ticker, "redcode": code, "tenor": tenor,
                     "parspread": spread, "tier": "SNRFOR", "country": "United States",
                     "currency": "USD", "docclause": own}
                )  # fmt: skip
    obligation = {"ticker": "QUOT", "tier": "SNRFOR"}
    fed = {"BETA0": 2.0, "BETA1": -0.5, "BETA2": 0.1, "BETA3": 0.2, "TAU1": 1.5, "TAU2": 10}
    issue = {"kycrspid": "20220615.200001", "kytreasno": 1}
    return {
        "cds_final": quotes,
        "credit_events": [{"redcode": "PARDEF", "event_date": "2018-06-15", "recovery": 0.25}],
        "wrds_bond": [BOND],
        "RED_and_ISIN_mapping": [
            obligation | {"redcode": "SILENT", "obl_cusip": "SILENTAA1", "isin": BOND["isin"]},
            obligation | {"redcode": "QUOTED", "obl_cusip": "QUOTEDZZ9", "isin": "US0000000000"},
        ],
        "issue_data": [issue | {"tmatdt": "2022-06-15"}],
        "monthly_ts_data": [issue | {"mcaldt": "2018-06-29", "tmpubout": 25_000, "tmyld": 6e-5}],
        "fed_yield_curve": [
            fed | {"Date": day} for day in pd.bdate_range("2018-02-26", "2018-09-28")
        ],
    }


@built_ahead
def entities_warehouse(home: Path) -> Query:
    """Return a query on the desk built from the names above."""
    folder = home / "vendor"
    folder.mkdir()
    for name, rows in files().items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    selected = ("+fct_cds_portfolio_returns", "+fct_cds_quintile_returns", "+fct_bond_basis")
    build = run_dbt(home, "build", *NO_DATA_TESTS, "--select", *selected, data_dir=folder)
    assert build.exit_code == 0, build.output[-3000:]
    return build.inner_frame


def returns(warehouse: Query, code: str) -> pd.DataFrame:
    """Return the ten-year months of an entity."""
    return warehouse(
        f"from cds_bond.fct_cds_returns where entity_code = '{code}' and method = 'standard' "
        "and tenor_code = '10Y' order by month_end_date"
    ).set_index("month_end_date")


def test_two_entities_behind_one_ticker_are_two(entities_warehouse: Query) -> None:
    """B9: at 100 and 1,000 bps, flat, the first missing on 15 May; it was -60.8 %, ok."""
    may = pd.Timestamp("2018-05-31")
    for code, linear, exact in (("TWINAA", 0.01, 0.01), ("TWINBB", 0.1, 0.01)):
        row = returns(entities_warehouse, code).loc[may]
        days = (may - pd.Timestamp("2018-04-30")).days
        assert row["ticker"] == "TWIN" and row["return_status"] == row["exact_status"] == "ok"
        assert row["return_dec"] == pytest.approx(linear * days / 360, rel=5e-3)
        assert row["exact_coupon_return_dec"] == pytest.approx(exact * days / 360)
        # A flat curve: the contract at par earns its spread.
        assert row["exact_par_return_dec"] == pytest.approx(linear * days / 360, abs=2e-4)


def test_names_of_the_clause_before_2014_have_returns(entities_warehouse: Query) -> None:
    """B8: TWIN is quoted under XR only; the published code takes XR14, or XR on days without it."""
    assert (returns(entities_warehouse, "TWINBB")["return_status"] == "ok").sum() == 7


def test_another_clause_is_another_contract(entities_warehouse: Query) -> None:
    found = returns(entities_warehouse, "CHANGE")
    june = found.loc[pd.Timestamp("2018-06-30")]
    assert june["return_status"] == june["exact_status"] == "clause_changed"
    others = found.drop(pd.Timestamp("2018-06-30"))
    assert set(others["return_status"]) == {"ok"} and len(others) == 6


def test_a_delivered_default_ends_its_month(entities_warehouse: Query) -> None:
    """At par: -(1 - 25 %) less the accrued of 16 days; no month after it, though still quoted."""
    found = returns(entities_warehouse, "PARDEF")
    last = found.iloc[-1]
    assert found.index[-1] == pd.Timestamp("2018-06-30") and last["default_source"] == "delivered"
    expected = -0.75 + 0.01 * 15 / 360
    assert last["start_date"] == pd.Timestamp("2018-05-31")
    assert last["exact_return_dec"] == pytest.approx(expected, abs=1e-6)
    assert last["exact_par_return_dec"] == pytest.approx(expected, abs=1e-9)


def test_quotes_that_end_in_default_are_one(entities_warehouse: Query) -> None:
    """At 60 % on the last day, and the market goes on; a name at 2 % merely ends."""
    last = returns(entities_warehouse, "ENDSAT").iloc[-1]
    assert last["default_source"] == "quotes_end" and str(last["end_date"])[:10] == "2018-06-21"
    assert last["exact_default_return_dec"] == -0.6
    quiet = returns(entities_warehouse, "QUIETA")
    assert quiet["default_source"].isna().all() and len(quiet) == 4


def test_portfolios_show_the_default(entities_warehouse: Query) -> None:
    found = entities_warehouse(
        "select sum(default_count) as n, min(exact_par_return_dec) as worst "
        "from cds_bond.fct_cds_portfolio_returns where month_end_date = '2018-06-30' "
        "and tenor_code = '10Y' and method = 'standard'"
    )
    assert found["n"][0] == 2 and found["worst"][0] < -0.15


def test_an_unquoted_isin_match_yields_to_a_quoted_issuer(entities_warehouse: Query) -> None:
    """B8: the ISIN leads to SILENT, which nobody quotes; the CUSIP-6 to QUOTED."""
    found = entities_warehouse(
        "select red_code, red_match_rule, passed_over_red_code, rating_group "
        "from cds_bond.fct_bond_basis where method = 'standard'"
    )
    assert found.values.tolist() == [["QUOTED", "issuer_cusip_6", "SILENT", "IG"]]
