"""CDS kernels against printed tables of other systems, whole tables at a time.

The ISDA sheet holds values of the ISDA Excel add-in; the other figures come from QuantLib 1.44 and
the Markit converter. QuantLib drops the last accrual day of a contract with a single period; the
ISDA model pays it, so that entry is compared with its independent second value.
"""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cds_twins import seller_return_dec, triangle_hazard_dec, triangle_rpv01_years
from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import HazardCurves, bootstrap_hazard, survival_probability
from parspread.cds.pricing import (
    cash_amount_usd,
    risks,
    value_from_curves,
    value_from_spread,
    value_from_upfront,
)
from parspread.cds.returns import quarterly_hazard_dec, risky_duration_years
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.calendar import days_between
from parspread.dates.cds_schedule import (
    MaturityRule,
    first_accrual_date,
    premium_schedule,
    standard_maturity_date,
)

FLAT_CURVE_IDS = [
    "cds_ig5y_60",
    "cds_ig5y_100",
    "cds_ig5y_150",
    "cds_ig5y_60_newseries",
    "cds_ig10y_95",
    "cds_hy5y_350",
    "cds_hy5y_450",
    "cds_distressed5y_2500",
    "cds_neg_rates_ig5y_60",
    "cds_weekend_maturity",
    "cds_last_coupon_stub",
]
SINGLE_PERIOD_ID = "cds_last_coupon_stub"


@pytest.fixture(scope="module")
def check_values(shared_dir: Path) -> dict[str, dict[str, Any]]:
    entries = json.loads((shared_dir / "golden" / "check_values.json").read_text())["entries"]
    return {entry["id"]: entry for entry in entries}


@pytest.mark.parametrize("entry_id", FLAT_CURVE_IDS)
def test_flat_curve_trades_match_both_other_engines(
    check_values: dict[str, dict[str, Any]], entry_id: str
) -> None:
    entry = check_values[entry_id]
    terms, expected, second = entry["inputs"], entry["outputs"], entry["cross_check"]
    spread_bps, rate = terms["quoted_spread"] * 1e4, terms["r_cont_act365"]
    contracts = cds_contracts(
        terms["trade"],
        terms["maturity"],
        coupon_bps=terms["coupon"] * 1e4,
        recovery_share=terms["recovery"],
    )
    discount = DiscountCurves.flat(rate)
    values = value_from_spread(contracts, spread_bps, discount)
    got_risks = risks(contracts, spread_bps, discount)
    assert values.status[0] == got_risks.status[0] == CdsStatus.OK
    assert values.upfront_pct_par[0] / 100 == pytest.approx(second["ref_credit_upfront"], abs=1e-14)
    assert values.rpv01_years[0] == pytest.approx(second["ref_rpv01"], abs=1e-12)
    assert contracts.accrued_days[0] == expected["accrued_days"]
    triangle = triangle_rpv01_years(
        triangle_hazard_dec(spread_bps, terms["recovery"]),
        rate,
        days_between(contracts.trade_date, contracts.maturity_date) / 365,
    )
    assert (terms["quoted_spread"] - terms["coupon"]) * triangle[0] == pytest.approx(
        second["credit_triangle_upfront"], abs=1e-14
    )
    if entry_id == SINGLE_PERIOD_ID:
        assert expected["rpv01_clean"] < values.rpv01_years[0] - 1 / 365
        return
    assert values.hazard_dec[0] == pytest.approx(expected["hazard"], abs=1e-9)
    assert values.upfront_pct_par[0] / 100 == pytest.approx(expected["upfront"], abs=1e-9)
    assert values.price_pct_par[0] == pytest.approx(expected["price"], abs=1e-7)
    assert values.rpv01_years[0] == pytest.approx(expected["rpv01_clean"], abs=1e-8)
    assert values.protection_pct_par[0] / 100 == pytest.approx(expected["prot_leg"], abs=1e-8)
    assert cash_amount_usd(values, 1e7)[0] == pytest.approx(
        expected["cash_usd_10mm_buyer_pays"], abs=1e-2
    )
    assert got_risks.cs01_usd_per_bp[0] == pytest.approx(expected["cs01_per_1mm"], abs=1e-6)
    assert got_risks.ir01_usd_per_bp[0] == pytest.approx(expected["ir01_per_1mm"], abs=1e-6)
    assert got_risks.rec01_usd[0] == pytest.approx(expected["rec01_per_1mm"], abs=1e-5)
    assert got_risks.jump_to_default_usd[0] / 1e6 == pytest.approx(
        expected["jtd_buyer_pct"], abs=1e-9
    )


def test_isda_sheet_is_reproduced_row_by_row(shared_dir: Path) -> None:
    path = shared_dir / "data" / "reference_cases" / "isda_cds_pricing_flat_5pc.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    trade = columns["trade_date"].astype("datetime64[D]")
    node_names = [name for name in columns if name.startswith("H_")]
    node_dates = np.array([name[2:] for name in node_names], "datetime64[D]")
    node_years = days_between(trade[:, None], node_dates) / 365
    cumulative = np.stack([columns[name].astype(float) for name in node_names], axis=1)
    hazard = np.diff(cumulative, axis=1, prepend=0.0) / np.diff(node_years, axis=1, prepend=0.0)
    curves = HazardCurves(
        trade, np.full(len(rows), 0.4), node_years, hazard, np.zeros(len(rows), np.int8)
    )
    coupon_bps = columns["spread_bps"].astype(float)
    contracts = cds_contracts(
        trade,
        columns["end_date"].astype("datetime64[D]"),
        coupon_bps=coupon_bps,
        recovery_share=0.4,
        accrual_start_date=columns["start_date"].astype("datetime64[D]"),
    )
    values = value_from_curves(contracts, curves, DiscountCurves.flat(0.05))
    is_live = values.status == CdsStatus.OK
    assert is_live.sum() == 99
    assert values.status[~is_live].tolist() == [CdsStatus.EXPIRED]
    for name, got in {
        "clean_price": values.upfront_pct_par * 1e5,
        "protection_leg": values.protection_pct_par * 1e5,
        "premium_leg_clean": values.rpv01_years * coupon_bps * 1e3,
        "accrued_premium": values.accrued_pct_par * 1e5,
        "accrued_days": contracts.accrued_days,
    }.items():
        expected = columns[name].astype(float)
        np.testing.assert_allclose(got[is_live], expected[is_live], rtol=1e-9, err_msg=name)


def test_bootstrap_matches_the_independent_hazards(check_values: dict[str, dict[str, Any]]) -> None:
    entry = check_values["bootstrap_ig"]
    terms, second = entry["inputs"], entry["cross_check"]
    spread_bps = np.array(terms["par_spreads"]) * 1e4
    discount = DiscountCurves.flat(terms["r"])
    curves = bootstrap_hazard(
        terms["trade"], [terms["maturities"]], [spread_bps], discount, recovery_share=0.4
    )
    first_curve = np.zeros(len(spread_bps), dtype=int)
    np.testing.assert_allclose(curves.hazard_dec[0], second["ref_hazards"], atol=1e-13)
    survival = survival_probability(curves, curves.node_years[0], curve_index=first_curve)
    np.testing.assert_allclose(survival, second["ref_credit_survival"], atol=1e-13)
    np.testing.assert_allclose(survival, entry["outputs"]["survival_at_maturity"], atol=1e-5)
    contracts = cds_contracts(
        terms["trade"], terms["maturities"], coupon_bps=100.0, recovery_share=0.4
    )
    values = value_from_curves(contracts, curves, discount, curve_index=first_curve)
    np.testing.assert_allclose(values.spread_bps, spread_bps, atol=1e-9)


def test_standard_maturities_equal_all_published_cells(
    check_values: dict[str, dict[str, Any]],
) -> None:
    rows = check_values["imm_maturities"]["outputs"]["rows"]
    trade = np.array([row[0] for row in rows], "datetime64[D]")
    got = standard_maturity_date(trade[:, None], np.array([6, 12, 36, 60, 84, 120]))
    np.testing.assert_array_equal(got.astype(str), [row[1:7] for row in rows])
    quarterly = standard_maturity_date(trade, 60, rule=MaturityRule.QUARTERLY_2009)
    np.testing.assert_array_equal(quarterly.astype(str), [row[7] for row in rows])


def test_premium_schedule_equals_the_published_one(check_values: dict[str, dict[str, Any]]) -> None:
    entry = check_values["cds_schedule"]
    terms = entry["inputs"]
    schedule = premium_schedule(first_accrual_date(terms["trade"]), terms["maturity"])
    got = zip(
        schedule.accrual_start_date[0].astype(str).tolist(),
        schedule.accrual_end_date[0].astype(str).tolist(),
        schedule.payment_date[0].astype(str).tolist(),
        schedule.accrual_days[0].tolist(),
        strict=True,
    )
    assert [list(row) for row in got] == entry["cross_check"]["ref_credit"]


def test_dv01_surface_matches_in_every_cell(check_values: dict[str, dict[str, Any]]) -> None:
    entry = check_values["dv01_surface"]
    index, tenor, spread, rpv01, cs01, rpv01_triangle, _, price = zip(
        *entry["outputs"]["rows"], strict=True
    )
    is_ig = np.array(index) == "IG"
    spread_bps = np.array(spread) * 1e4
    trade = entry["inputs"]["trade"]
    recovery = np.where(is_ig, 0.4, 0.3)
    contracts = cds_contracts(
        trade,
        standard_maturity_date(trade, 12 * np.array(tenor)),
        coupon_bps=np.where(is_ig, 100.0, 500.0),
        recovery_share=recovery,
    )
    discount = DiscountCurves.flat(0.04)
    values = value_from_spread(contracts, spread_bps, discount)
    got_risks = risks(contracts, spread_bps, discount)
    years = days_between(contracts.trade_date, contracts.maturity_date) / 365
    triangle = triangle_rpv01_years(triangle_hazard_dec(spread_bps, recovery), 0.04, years)
    assert len(spread_bps) == 64
    # The table is printed to six and four decimals.
    np.testing.assert_allclose(values.rpv01_years, rpv01, atol=6e-7)
    np.testing.assert_allclose(values.price_pct_par, price, atol=6e-7)
    np.testing.assert_allclose(got_risks.cs01_usd_per_bp, cs01, atol=6e-5)
    np.testing.assert_allclose(triangle, rpv01_triangle, atol=6e-7)


def test_dv01_of_one_series_decays_as_it_ages(check_values: dict[str, dict[str, Any]]) -> None:
    rows = check_values["dv01_aging"]["outputs"]["rows"]
    date, _, rpv01, cs01, upfront_bps = zip(*rows, strict=True)
    contracts = cds_contracts(
        np.array(date, "datetime64[D]"), "2030-06-20", coupon_bps=100.0, recovery_share=0.4
    )
    discount = DiscountCurves.flat(0.04)
    values = value_from_spread(contracts, 60.0, discount)
    np.testing.assert_allclose(values.rpv01_years, rpv01, atol=6e-7)
    np.testing.assert_allclose(values.upfront_pct_par * 100, upfront_bps, atol=6e-5)
    np.testing.assert_allclose(risks(contracts, 60.0, discount).cs01_usd_per_bp, cs01, atol=6e-5)


def test_hkm_entry_of_the_reference_file_is_met(check_values: dict[str, dict[str, Any]]) -> None:
    entry = check_values["hkm_cds_return"]
    terms, expected = entry["inputs"], entry["outputs"]
    hazard = quarterly_hazard_dec(terms["S_prev"], loss_share=terms["L"])
    rates = np.full(20, terms["zero_rate"])
    duration = risky_duration_years(hazard, rates, terms["maturity_years"])
    got = seller_return_dec(terms["S_prev"], terms["S_now"], duration)
    assert duration[0] == pytest.approx(expected["risky_duration"], abs=1e-12)
    assert got[0] == pytest.approx(expected["ret_seller"], abs=1e-12)
    assert -got[0] == pytest.approx(expected["ret_buyer"], abs=1e-12)


def test_constituent_curves_of_a_real_index_bootstrap_and_reprice(shared_dir: Path) -> None:
    # 125 names on a real OIS curve: every usable curve returns its quotes, none is bent.
    folder = shared_dir / "data" / "real"
    with (folder / "cdx_na_ig_s45_constituent_cds_curves_20251023.csv").open(newline="") as file:
        names = list(csv.DictReader(file))
    tenor_months = {"6M": 6, "1Y": 12, "2Y": 24, "3Y": 36, "4Y": 48, "5Y": 60, "7Y": 84, "10Y": 120}
    spread_bps = np.array([[float(row[t] or "nan") for t in tenor_months] for row in names])
    with (folder / "usd_ois_curve_20251023.csv").open(newline="") as file:
        rates = {row["tenor"]: float(row["mid"]) for row in csv.DictReader(file)}
    years = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    zero_rates = [rates["12M"], *(rates[f"{year}Y"] for year in years[1:])]
    discount = DiscountCurves.from_zero_rates(years, zero_rates)
    maturity = standard_maturity_date("2025-10-23", np.array(list(tenor_months.values())))
    recovery = np.array([float(row["recovery"]) for row in names])
    curves = bootstrap_hazard("2025-10-23", maturity, spread_bps, discount, recovery_share=recovery)
    assert set(curves.status.tolist()) <= {CdsStatus.OK, CdsStatus.ARBITRAGE}
    row, column = np.nonzero(~np.isnan(spread_bps) & (curves.status == CdsStatus.OK)[:, None])
    contracts = cds_contracts(
        "2025-10-23", maturity[column], coupon_bps=100.0, recovery_share=recovery[row]
    )
    values = value_from_curves(contracts, curves, discount, curve_index=row)
    np.testing.assert_allclose(values.spread_bps, spread_bps[row, column], rtol=1e-10)
    flat = value_from_spread(contracts, spread_bps[row, column], discount)
    again = value_from_upfront(contracts, flat.upfront_pct_par, discount)
    np.testing.assert_allclose(again.spread_bps, spread_bps[row, column], rtol=1e-9)


def test_inverted_bank_curves_of_the_crisis_reprice_or_are_flagged(shared_dir: Path) -> None:
    path = shared_dir / "data" / "real" / "casa_socgen_cds_curves_2008_2012.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    tenor_months = {"6M": 6, "1Y": 12, "2Y": 24, "3Y": 36, "4Y": 48, "5Y": 60}
    tenor_months |= {"7Y": 84, "10Y": 120, "20Y": 240, "30Y": 360}
    trade = np.array([row["date"] for row in rows], "datetime64[D]")
    spread_bps = np.array([[float(row[t] or "nan") for t in tenor_months] for row in rows])
    maturity = standard_maturity_date(trade[:, None], np.array(list(tenor_months.values())))
    discount = DiscountCurves.flat(0.02)
    curves = bootstrap_hazard(trade, maturity, spread_bps, discount, recovery_share=0.4)
    is_inverted = spread_bps[:, 0] > spread_bps[:, -1]
    assert is_inverted.any()
    assert (curves.status[is_inverted] == CdsStatus.OK).any()
    row, column = np.nonzero(~np.isnan(spread_bps) & (curves.status == CdsStatus.OK)[:, None])
    contracts = cds_contracts(
        trade[row], maturity[row, column], coupon_bps=100.0, recovery_share=0.4
    )
    values = value_from_curves(contracts, curves, discount, curve_index=row)
    np.testing.assert_allclose(values.spread_bps, spread_bps[row, column], rtol=1e-9)
