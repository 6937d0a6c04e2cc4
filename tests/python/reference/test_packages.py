"""Packages of bond and CDS: the page's example, three bonds of the field guide, other libraries."""

from __future__ import annotations

import doctest
import json
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import QuantLib as ql

from conftest import ROOT, Build
from parspread.curves.treasury_curve import SvenssonCurves
from parspread.warehouse.bonds import standard_measures
from parspread.warehouse.packages import package_prices
from parspread.warehouse.record_batches import CURVE_COLUMNS
from quantlib_cds import discount_curve, quantlib_cds

PAGE = ROOT / "docs" / "decisions" / "0020-packages.md"
PARTS = (
    "coupon_pnl_pct_par", "price_pnl_pct_par", "repo_pnl_pct_par", "haircut_pnl_pct_par",
    "upfront_financing_pnl_pct_par", "premium_pnl_pct_par", "cds_roll_pnl_pct_par",
    "bid_ask_pnl_pct_par",
)  # fmt: skip
# The Federal Reserve's curve of 6 February 2026, percent and years.
NSS = (
    2.48148959982137, 1.23169757714238, 8.33064972598025e-05, 8.61660816724105,
    1.05093501341198, 17.7605928411708,
)  # fmt: skip
# Coupon, maturity, clean price; Z continuous and bond-implied CDS at 20 % and 40 %, basis points.
BONDS = (
    (0.05, "2033-09-15", 98.75, 113.82, 112.98, 113.21),
    (0.03, "2050-03-15", 66.0, 66.65, 73.03, 88.81),
    (0.06, "2031-03-01", 45.0, 2092.86, 2468.89, 4662.35),
)
ROWS = 200


def bond_rows() -> pd.DataFrame:
    rows = pd.DataFrame(
        [
            {"source_row_number": i, "coupon_dec": coupon, "maturity_date": pd.Timestamp(maturity),
             "price_pct_par": clean, "cds_par_spread_dec": implied / 1e4}
            for i, (coupon, maturity, clean, _, _, implied) in enumerate(BONDS)
        ]
    )  # fmt: skip
    betas = dict(zip(CURVE_COLUMNS, [*np.divide(NSS[:4], 100), *NSS[4:]], strict=True))
    terms = {
        "observation_date": pd.Timestamp("2026-02-06"), "coupons_per_year_count": 2,
        "day_count_basis": "30/360", "recovery_share": 0.4,
    }  # fmt: skip
    return rows.assign(**betas, **terms)


def relation(connection: duckdb.DuckDBPyConnection) -> Any:
    connection.register("rows", bond_rows())
    return connection.sql(
        "select * replace (observation_date::date as observation_date, "
        "maturity_date::date as maturity_date), null::date as dated_date, "
        "null::date as first_coupon_date, null::date as odd_last_coupon_date, "
        "null::double[] as node_years, null::double[] as zero_rates_dec, "
        "null::double[] as ois_node_years, null::double[] as ois_zero_rates_dec from rows"
    )


@pytest.fixture(scope="module")
def mart_sql(sample: Build) -> str:
    nodes = json.loads((sample.home / "target" / "manifest.json").read_text())["nodes"]
    return nodes["model.parspread.fct_basis_packages"]["compiled_code"]


def packages(mart_sql: str, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what the model makes of tables, by the name that its SQL reads them by."""
    with duckdb.connect(":memory:") as connection:
        sql = mart_sql
        for name, table in tables.items():
            (place,) = {
                word for word in sql.replace("(", " ").split() if word.endswith(f'"{name}"')
            }
            connection.register(name, table)
            sql = sql.replace(place, name)
        return connection.sql(sql).df()


def terms(**changes: float) -> pd.DataFrame:
    row = {
        "rating_group": "HY", "cds_coupon_bps": 500.0, "bond_bid_ask_bps": 50.0,
        "cds_bid_ask_bps": 20.0, "haircut_share": 0.2, "repo_spread_bps": 50.0,
        "unsecured_spread_bps": 120.0, "cds_margin_share": 0.05,
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def basis(rows: pd.DataFrame) -> pd.DataFrame:
    columns = {
        "method": "standard", "rating_group": "HY", "red_code": "ANY", "ticker": "ANY",
        "month_end_date": pd.Timestamp("2026-02-28"), "basis_of_record_dec": 0.0,
        "basis_funding_adjusted_dec": 0.0064,
        "bid_ask_bps_of_price": np.nan,
    }  # fmt: skip
    return rows.assign(cusip=rows["source_row_number"].astype(str), **columns)


def test_the_page_is_worked_right_and_the_model_agrees(mart_sql: str) -> None:
    """The page by its own arithmetic, and by the model's SQL from the same inputs."""
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert failed == 0 and tried >= 17
    row = {
        "source_row_number": 1, "price_pct_par": 80.0, "accrued_interest_pct_par": 1.25,
        "cds_par_spread_dec": 0.03,
    }  # fmt: skip
    priced = {
        "source_row_number": 1, "cds_maturity_date": pd.Timestamp("2031-06-20"),
        "cds_protection_pct_par": 12.0, "cds_rpv01_years": 4.0, "cds_accrued_years": 0.2,
        "wider_protection_pct_par": 12.04, "wider_rpv01_years": 3.999,
        "horizon_protection_pct_par": 11.4, "horizon_rpv01_years": 3.8,
        "dirty_price_pct_par": 81.25, "bond_dv01_usd_per_bp_per_mm": 300.0,
        "horizon_price_pct_par": 80.60, "horizon_accrued_pct_par": 2.50,
        "coupons_paid_pct_par": 0.0, "riskless_rate_dec": 0.02, "package_status": "ok",
    }  # fmt: skip
    listed = pd.DataFrame([{"source_row_number": 1, "coupon_dec": 0.05, "recovery_share": 0.4}])
    found = packages(
        mart_sql.replace("* 91 / 360", "* 90 / 360").replace("365 / 91", "365 / 90"),
        {
            "fct_bond_basis": basis(pd.DataFrame([row])),
            "int_cds_bond__packages_listed": listed,
            "int_cds_bond__packages_priced": pd.DataFrame([priced]),
            "package_terms": terms(),
        },
    ).set_index(["cds_contract", "hedge_rule"])
    neutral = found.loc[("par", "jump_to_default_neutral")]
    assert round(neutral["hedge_ratio"], 4) == 0.6875
    assert neutral["default_pnl_pct_par"] == pytest.approx(0, abs=1e-12)
    assert round(neutral["carry_pct_par"], 4) == 0.7925
    assert round(neutral["horizon_pnl_pct_par"], 6) == -0.148575
    assert round(neutral["margin_return_dec"], 6) == -0.030606
    assert found.loc[("par", "par"), "default_pnl_pct_par"] == pytest.approx(40 + 60 - 81.25)
    # The contract of 500 bps has an upfront of 12 - 5 x 4 = -8 and gains 0.04 + 0.005 a bp.
    standard = found.loc[("standard", "cs01_neutral")]
    assert standard["cds_upfront_pct_par"] == pytest.approx(-8)
    assert standard["hedge_ratio"] == pytest.approx(0.03 / 0.045)
    assert standard["entry_cash_pct_par"] == pytest.approx(81.25 + 2 / 3 * (-8 - 1.0))


def test_three_bonds_of_the_field_guide_within_a_tenth_of_a_basis_point() -> None:
    """At par, at 66 and at 45: Z-spread and bond-implied CDS at two recoveries."""
    with duckdb.connect(":memory:") as connection:
        found = standard_measures(relation(connection)).read_pandas()
    for name, place in (
        ("z_spread_continuous", 3), ("bond_implied_cds_r20", 4), ("bond_implied_cds_r40", 5),
    ):  # fmt: skip
        assert (found[f"{name}_status"] == "ok").all()
        expected = [row[place] for row in BONDS]
        np.testing.assert_allclose(found[f"{name}_dec"] * 1e4, expected, rtol=0, atol=0.1)


def test_packages_of_the_three_bonds_add_up(mart_sql: str) -> None:
    """Hedged at their own bond-implied CDS; the distressed one needs a twelfth of its face."""
    with duckdb.connect(":memory:") as connection:
        rows = relation(connection)
        priced = package_prices(rows, horizon_days=91).read_pandas()
        rows = rows.df()
    accrued = priced["dirty_price_pct_par"] - rows["price_pct_par"]
    found = packages(
        mart_sql,
        {
            "fct_bond_basis": basis(rows.assign(accrued_interest_pct_par=accrued)),
            "int_cds_bond__packages_listed": rows,
            "int_cds_bond__packages_priced": priced,
            "package_terms": terms(),
        },
    )
    assert len(found) == 18 and (found["package_status"] == "ok").all()
    parts = found[list(PARTS)].sum(axis=1)
    np.testing.assert_allclose(parts, found["horizon_pnl_pct_par"], rtol=0, atol=1e-9)
    neutral = found[found["hedge_rule"] == "jump_to_default_neutral"]
    np.testing.assert_allclose(neutral["default_pnl_pct_par"], 0, atol=1e-9)
    at_par = neutral[neutral["cds_contract"] == "par"].sort_values("cusip")
    dirty = priced["dirty_price_pct_par"].to_numpy()
    np.testing.assert_allclose(at_par["hedge_ratio"], (dirty / 100 - 0.4) / 0.6, atol=1e-12)
    assert at_par["hedge_ratio"].iloc[2] < 0.13


def upfront(row: pd.Series, discount: Any, day: pd.Timestamp, spread: float) -> float:
    """Return the clean upfront of the standard contract at a flat hazard, in QuantLib."""
    trade, maturity = str(day.date()), str(row.cds_maturity_date.date())
    quote, start = quantlib_cds(trade, maturity, spread)
    hazard = quote.impliedHazardRate(
        0.0, discount, ql.Actual365Fixed(), row.recovery_share, 1e-14, ql.CreditDefaultSwap.ISDA
    )
    curve = ql.DefaultProbabilityTermStructureHandle(
        ql.FlatHazardRate(start, ql.QuoteHandle(ql.SimpleQuote(hazard)), ql.Actual365Fixed())
    )
    swap, _ = quantlib_cds(trade, maturity, row.cds_coupon_dec)
    swap.setPricingEngine(ql.IsdaCdsEngine(curve, row.recovery_share, discount))
    return 100 * swap.fairUpfront()


def test_random_packages_are_those_of_quantlib(sample: Build) -> None:
    """Upfront, CS01 and roll-down of 200 standard contracts, from the published columns alone."""
    rows = sample.inner_frame(
        "select packages.*, listed.observation_date, listed.* exclude (source_row_number), "
        "from cds_bond.fct_basis_packages as packages "
        "inner join cds_bond.fct_bond_basis as bonds using (cusip, red_code, month_end_date) "
        "inner join intermediate.int_cds_bond__packages_listed as listed "
        "on bonds.source_row_number = listed.source_row_number "
        "where bonds.method = 'standard' and packages.cds_contract = 'standard' "
        "and packages.hedge_rule = 'par' and packages.package_status = 'ok' "
        # The library's solver moves a curve of a Saturday to Monday.
        "and isodow(listed.observation_date) <= 5 "
        f"order by hash(cusip, month_end_date) limit {ROWS}"
    )
    assert len(rows) == ROWS
    for _, row in rows.iterrows():
        later = row.observation_date + pd.Timedelta(days=91)
        curve = SvenssonCurves(*(row[name] for name in CURVE_COLUMNS))
        values = []
        for day, bump in ((row.observation_date, 0), (row.observation_date, 1e-4), (later, 0)):
            evaluation = ql.Date(str(day.date()), "%Y-%m-%d")
            ql.Settings.instance().evaluationDate = evaluation
            discount = discount_curve(evaluation, curve, 0.0)
            values.append(upfront(row, discount, day, row.cds_par_spread_dec + bump))
        now, wider, rolled = values
        assert row.cds_upfront_pct_par == pytest.approx(now, abs=2e-4)
        assert row.cds_cs01_usd_per_bp_per_mm == pytest.approx(1e4 * (wider - now), abs=1e-2)
        assert row.cds_roll_pnl_pct_par == pytest.approx(rolled - now, abs=4e-4)


def test_the_funding_adjusted_basis_adds_the_cost_of_financing(sample: Build) -> None:
    """IG 10 % of 60 bps and 90 % of 25; HY 20 % of 120 and 80 % of 50."""
    found = sample.frame(
        "select rating_group, min(1e4 * cost) as low, max(1e4 * cost) as high from "
        "(select *, basis_funding_adjusted_dec - basis_of_record_dec as cost "
        "from cds_bond.fct_bond_basis where method = 'standard') group by all"
    ).set_index("rating_group")
    for group, expected in (("IG", 28.5), ("HY", 64.0)):
        assert found.loc[group].tolist() == pytest.approx([expected, expected], abs=1e-9)


def test_the_cheapest_bond_is_the_cheapest(sample: Build) -> None:
    """By entity and day, of the bonds that the basis has; the gap is to the next."""
    found = sample.frame(
        "select red_code, observation_date, price_pct_par, next_cheapest_gap_pct_par, bond_count "
        "from cds_bond.fct_cheapest_to_deliver"
    ).set_index(["red_code", "observation_date"])
    bonds = sample.inner_frame(
        "select mapped.red_code, bonds.observation_date, bonds.price_pct_par "
        "from intermediate.int_cds_bond__bonds_screened as bonds "
        "inner join intermediate.int_cds_bond__bonds_mapped_to_red as mapped "
        "using (source_row_number) "
        "where bonds.reject_reason is null and mapped.red_code is not null"
    ).groupby(["red_code", "observation_date"])["price_pct_par"]
    expected = bonds.apply(lambda prices: sorted(prices))
    assert len(found) == len(expected) > 1000 and (found["bond_count"] > 2).any()
    for key, prices in expected.items():
        row = found.loc[key]
        assert row["price_pct_par"] == prices[0] and row["bond_count"] == len(prices)
        if len(prices) > 1:
            assert row["next_cheapest_gap_pct_par"] == prices[1] - prices[0]
