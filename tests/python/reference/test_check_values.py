"""What no other test takes from the reference file of check values and its published cases.

The last test keeps the list whole: every entry of the file is named by a test, or says here why it
has no place in the product.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from isda_curve import isda_swap_curve
from parspread.bonds.bond_implied_cds import (
    bond_implied_cds_spread,
    implied_hazard,
    price_from_hazard,
)
from parspread.bonds.cashflows import accrued_interest, coupon_period, scheduled_cashflows
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.z_spread import z_spread
from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import HazardCurves
from parspread.cds.pricing import cash_amount_usd, value_from_curves, value_from_spread
from parspread.curves.cds_spline import (
    CurveStatus,
    Extrapolation,
    SplineEnd,
    par_spread_at_maturity,
)
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.day_count import DayCount, year_fraction

MARKIT = re.compile(r"markit_\d\d")


@pytest.fixture(scope="module")
def entries(shared_dir: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads((shared_dir / "golden" / "check_values.json").read_text())["entries"]
    return {entry["id"]: entry for entry in listed}


@pytest.fixture(scope="module")
def published(shared_dir: Path) -> dict[str, Any]:
    folder = shared_dir / "data" / "reference_cases"
    return json.loads((folder / "cds_isda_quantlib.json").read_text())


def converter_curve(terms: dict[str, Any]) -> DiscountCurves:
    return isda_swap_curve(
        terms["trade"],
        {int(months): rate for months, rate in terms["deposits"]},
        {int(years): rate for years, rate in terms["swaps"]},
    )


def test_converter_entries_agree_in_upfront_hazard_and_annuity(entries) -> None:
    """Each entry on a curve bootstrapped from its own rates; a dollar in ten million is allowed."""
    chosen = [entry for name, entry in entries.items() if MARKIT.fullmatch(name)]
    assert len(chosen) >= 10
    for entry in chosen:
        terms, expected = entry["inputs"], entry["outputs"]
        contract = cds_contracts(
            terms["trade"],
            terms["maturity"],
            coupon_bps=terms["coupon"] * 1e4,
            recovery_share=terms["recovery"],
        )
        curve = converter_curve(terms)
        values = value_from_spread(contract, terms["quoted_spread"] * 1e4, curve)
        upfront_usd = values.upfront_pct_par[0] / 100 * terms["notional"]
        assert upfront_usd == pytest.approx(expected["published"], abs=0.01)
        assert values.hazard_dec[0] == pytest.approx(expected["hazard"], abs=1e-8)
        assert values.rpv01_years[0] == pytest.approx(expected["rpv01_clean"], abs=1e-7)


def test_converter_curve_has_the_listed_discount_factors(entries) -> None:
    listed = entries["markit_curve"]
    curve = converter_curve(entries["markit_00"]["inputs"])
    dates = np.array(list(listed["outputs"]), "datetime64[D]")
    years = (dates - np.datetime64(listed["inputs"]["trade"])).astype(float) / 365
    got = np.exp(np.interp(years, curve.node_years[0], curve.log_discount[0]))
    np.testing.assert_allclose(got, list(listed["outputs"].values()), atol=listed["tol"])


def test_published_accruals_agree_to_the_cent(published) -> None:
    """Ten trade dates around coupon dates, the last day before maturity among them."""
    rebate = published["accrual_rebate"]
    trade, expected = zip(*rebate["cases"], strict=True)
    contracts = cds_contracts(
        np.array(trade, "datetime64[D]"),
        rebate["maturity"],
        coupon_bps=rebate["coupon"] * 1e4,
        recovery_share=0.4,
    )
    values = value_from_spread(contracts, 100.0, DiscountCurves.flat(0.02))
    np.testing.assert_allclose(
        values.accrued_pct_par / 100 * rebate["notional"], expected, atol=0.006
    )


def test_a_published_trade_with_negative_rates_agrees(published) -> None:
    """A euro trade of 2021; its value is printed as of the trade date, to ten cents."""
    terms = published["reconcile_eur"]
    trade = terms["trade_date"]
    curve = isda_swap_curve(
        trade,
        {int(tenor.removesuffix("M")): rate for tenor, rate in terms["deposits"].items()},
        {int(tenor.removesuffix("Y")): rate for tenor, rate in terms["swaps"].items()},
        swap_months=12,
    )
    contract = cds_contracts(
        trade,
        terms["maturity"],
        coupon_bps=terms["coupon"] * 1e4,
        recovery_share=terms["recovery"],
    )
    values = value_from_spread(contract, terms["spread"] * 1e4, curve)
    wait = contract.settlement_years[0] / curve.node_years[0, 0]
    at_trade = np.exp(curve.log_discount[0, 0] * wait)
    dirty_usd = cash_amount_usd(values, terms["notional"])[0]
    accrued_usd = values.accrued_pct_par[0] / 100 * terms["notional"]
    assert accrued_usd == pytest.approx(terms["expected_accrual"], abs=1e-6)
    assert (dirty_usd + accrued_usd) * at_trade == pytest.approx(terms["expected_npv"], abs=0.06)


def test_risky_bond_entry_agrees(entries) -> None:
    """Price at a hazard, hazard of a price, Z-spread, and the par CDS to 20 September 2033."""
    terms, expected = entries["risky_bond_bcds"]["inputs"], entries["risky_bond_bcds"]["outputs"]
    settle = terms["settle"]
    period = coupon_period(settle, terms["maturity"], 2, DayCount.THIRTY_360_US)
    flows = scheduled_cashflows(terms["maturity"], terms["coupon"], period)
    time_years = year_fraction(settle, flows.pay_date, DayCount.ACT_365F)
    factor = np.exp(-terms["r"] * time_years)
    discounted = DiscountedFlows(flows.flow_count, time_years, flows.amount_pct_par, factor)
    price = price_from_hazard(
        [terms["hazard_for_price"]], discounted, recovery_share=terms["recovery"]
    )
    assert price[0] == pytest.approx(expected["ref_risky_npv_continuous_recovery"], abs=1e-10)
    # The other engine pays recovery in the middle of a coupon period.
    assert price[0] == pytest.approx(expected["quantlib_risky_bond_npv"], abs=2e-4)
    dirty = terms["clean"] + accrued_interest(terms["coupon"], period)
    assert z_spread(dirty, discounted)[0][0] == pytest.approx(expected["z_spread_cont"], abs=1e-12)
    hazard, _ = implied_hazard(dirty, discounted, recovery_share=terms["recovery"])
    assert hazard[0] == pytest.approx(expected["implied_hazard"], abs=1e-10)
    # The entry's CDS ends on 20 September 2033; the measure of the desk on a standard maturity.
    contract = cds_contracts(
        settle, "2033-09-20", coupon_bps=100.0, recovery_share=terms["recovery"]
    )
    curve = HazardCurves(
        contract.trade_date, np.array([0.4]), np.array([[10.0]]), hazard[:, None], np.zeros(1, "i1")
    )
    discount = DiscountCurves.flat(terms["r"])
    par = value_from_curves(contract, curve, discount).spread_bps[0] / 1e4
    assert par == pytest.approx(expected["bcds_par_spread_mat_2033_09_20"], abs=1e-8)
    standard, _ = bond_implied_cds_spread(
        settle, terms["maturity"], hazard, discount, recovery_share=terms["recovery"]
    )
    assert standard[0] / 1e4 == pytest.approx(par, abs=1e-5)


ENDS = {"not_a_knot": SplineEnd.NOT_A_KNOT, "natural": SplineEnd.NATURAL}


def spline(tenors, quotes, at, end, extrapolation=Extrapolation.ALLOW):
    return par_spread_at_maturity(
        tenors, np.tile(quotes, (len(at), 1)), at, end=end, extrapolation=extrapolation
    )


@pytest.mark.parametrize("name", ["spline_cds_curve", "spline_distressed_extrap"])
def test_spline_entries_agree_and_extrapolation_is_refused_when_asked(entries, name) -> None:
    terms, expected = entries[name]["inputs"], entries[name]["outputs"]
    at = np.array(terms["at"], dtype=float)
    for word, end in ENDS.items():
        value, status = spline(terms["x"], terms["y"], at, end)
        assert np.all(status == CurveStatus.OK)
        np.testing.assert_allclose(value, expected[word], rtol=1e-12, atol=1e-15)
        is_outside = (at < terms["x"][0]) | (at > terms["x"][-1])
        value, status = spline(terms["x"], terms["y"], at, end, Extrapolation.REFUSE)
        assert (status == CurveStatus.OUTSIDE_CURVE).tolist() == is_outside.tolist()
        if "extrapolated" in expected:
            assert is_outside.tolist() == expected["extrapolated"]


def test_splines_of_real_and_published_curves_agree_with_scipys(shared_dir: Path) -> None:
    """Five real CDS curves, inverted ones included, and the knots every spline is tried on."""
    folder = shared_dir / "data" / "reference_cases"
    cases = json.loads((folder / "spline_vectors_scipy.json").read_text())["cases"]
    assert len(cases) >= 6
    for case in cases:
        for word, end in {"not-a-knot": SplineEnd.NOT_A_KNOT, "natural": SplineEnd.NATURAL}.items():
            value, status = spline(case["x"], case["y"], np.array(case["xi"], dtype=float), end)
            assert np.all(status == CurveStatus.OK)
            expected, scale = np.array(case[f"cubic_{word}"]), np.max(np.abs(case["y"]))
            np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12 * scale)


def test_rolling_z_entry_agrees_in_sql(entries) -> None:
    """The macros of every signal, on the signal of `signal_ic`: window 20, ten needed."""
    folder = ROOT / "macros"
    text = "".join(
        (folder / name).read_text()
        for name in (
            "signals/rolling_mean.sql",
            "signals/rolling_deviation.sql",
            "engine/sessions_back.sql",
        )
    )
    macros = jinja2.Template(text).module
    assert entries["signal_ic"]["inputs"]["signal"] == "sin(t/6)+0.3cos(t/2.3)"
    time = np.arange(250)
    series = pd.DataFrame({"value": np.sin(time / 6) + 0.3 * np.cos(time / 2.3)})
    mean, deviation = (
        macro("value", "anchor", "last_rows", 10)
        for macro in (macros.rolling_mean, macros.rolling_deviation)
    )
    with duckdb.connect() as connection:
        connection.register("series", series.reset_index(names="position"))
        score = connection.sql(
            f"""
            select (value - {mean}) / {deviation} as score
            from (select *, first_value(value) over (order by position) as anchor from series)
            window last_rows as (order by position {macros.default__sessions_back(20)})
            order by position
            """
        ).df()["score"]
    expected = entries["rolling_z"]["outputs"]
    assert score.first_valid_index() == expected["first_valid_pos"]
    for position in (9, 19, 100, 249):
        assert score[position] == pytest.approx(expected[f"z_{position}"], abs=1e-10)
    whole = series["value"].rolling(20, min_periods=10)
    np.testing.assert_allclose(score, (series["value"] - whole.mean()) / whole.std(), rtol=1e-10)
    assert score.abs().max() <= expected["max_possible"]


def test_every_entry_of_the_file_is_checked_or_says_why_not(entries) -> None:
    """A new entry must find a test; an entry that no test names is not proven."""
    folder = ROOT / "tests" / "python"
    text = "".join(path.read_text() for path in folder.rglob("*.py"))
    checked = {name for name in entries if f'"{name}"' in text or f"'{name}'" in text}
    checked |= {name for name in entries if MARKIT.fullmatch(name)}
    assert set(entries) - checked == set()
