"""The published HKM contract returns, reproduced from their inputs with the published formula.

The file keeps the errors of the public code; reproducing it shows that the corrected formula
differs by those errors and by nothing else. Its tolerance of 1e-12 is that of its own provenance.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicSpline

from cds_twins import ftsfr_return_dec
from parspread.cds.returns import quarterly_hazard_dec
from parspread.replicas.cds_returns import ftsfr_discount_factor, ftsfr_risky_duration_years

QUARTERS = np.arange(1, 81) / 4
SAMPLE_TICKERS = 25


def zero_rates_dec(folder: Path) -> pd.DataFrame:
    """Return the spline of bill and zero yields at 0.25 .. 20 years, one row per date."""
    zero_columns = [f"SVENY{year:02d}" for year in range(1, 31)]
    zeros = pd.read_parquet(folder / "fed_yield_curve.parquet")[zero_columns].dropna()
    bills = pd.read_parquet(folder / "fred.parquet")[["DGS3MO", "DGS6MO"]].dropna()
    joined = bills.join(zeros, how="inner")
    spline = CubicSpline([0.25, 0.5, *range(1, 31)], joined.to_numpy(), axis=1)
    # The public code drops the last date of its curve.
    return pd.DataFrame(spline(QUARTERS) / 100, index=pd.to_datetime(joined.index)).iloc[:-1]


def test_published_contract_returns_are_reproduced(shared_dir: Path) -> None:
    basis = shared_dir / "golden" / "basis"
    quotes = pd.read_parquet(basis / "expected_cds_returns" / "contract_data.parquet")
    published = pd.read_parquet(
        basis / "expected_cds_returns" / "markit_cds_contract_returns.parquet"
    )
    five_year = quotes[quotes["tenor"] == "5Y"]
    hazard = pd.DataFrame(
        {
            "ticker": five_year["ticker"],
            "date": five_year["date"],
            "credit_quantile": five_year["credit_quantile"],
            "hazard_dec": quarterly_hazard_dec(five_year["parspread"].to_numpy()),
        }
    )
    # A name without a five-year quote takes the mean hazard of its quintile on that day.
    of_quintile = hazard.groupby(["date", "credit_quantile"])["hazard_dec"].mean()
    tickers = np.sort(quotes["ticker"].unique())[:SAMPLE_TICKERS]
    days = quotes[quotes["ticker"].isin(tickers) & quotes["tenor"].isin(["3Y", "5Y", "7Y", "10Y"])]
    days = days.sort_values(["ticker", "tenor", "date"], kind="stable").merge(
        hazard[["ticker", "date", "hazard_dec"]], on=["ticker", "date"], how="left"
    )
    days = days.join(of_quintile.rename("quintile_hazard"), on=["date", "credit_quantile"])
    rates = zero_rates_dec(basis / "inputs").reindex(days["date"]).to_numpy()
    duration = ftsfr_risky_duration_years(
        days["hazard_dec"].fillna(days["quintile_hazard"]).to_numpy(), ftsfr_discount_factor(rates)
    )
    spread = days["parspread"].to_numpy()
    daily = ftsfr_return_dec(spread[:-1], spread[1:], duration[:-1])
    follows = (days[["ticker", "tenor"]].shift() == days[["ticker", "tenor"]]).all(axis=1)
    days["return_dec"] = np.concatenate([[np.nan], daily])
    days = days[follows].assign(Month=lambda frame: frame["date"].dt.to_period("M").dt.start_time)
    key = ["ticker", "tenor", "Month", "credit_quantile"]
    got = days.groupby(key)["return_dec"].agg(lambda r: np.prod(1 + r.to_numpy()) - 1)
    expected = published[published["ticker"].isin(tickers)].set_index(key)["monthly_return"]
    assert len(expected) > 1000
    both = expected.to_frame().join(got, how="outer")
    np.testing.assert_allclose(both["return_dec"], both["monthly_return"], atol=1e-12)


RATES = np.full(80, 0.04)


def test_the_published_code_is_reproduced_with_its_errors() -> None:
    hazard = quarterly_hazard_dec(0.008)
    as_coded = ftsfr_risky_duration_years(hazard, ftsfr_discount_factor(RATES))
    assert as_coded[0] == pytest.approx(0.8671357236766557, abs=1e-14)
    got = ftsfr_return_dec(0.008, 0.0085, as_coded)
    assert got[0] == pytest.approx(0.00046556786183832825, abs=1e-16)
    # Fed with decimal rates, as its author seems to have meant, it would still be far off.
    if_decimal = ftsfr_risky_duration_years(hazard, ftsfr_discount_factor(RATES / 100))
    assert if_decimal[0] == pytest.approx(15.938631993109707, abs=1e-12)
    got = ftsfr_return_dec(0.008, 0.0085, if_decimal)
    assert got[0] == pytest.approx(0.008001315996554861, abs=1e-15)


@pytest.fixture(scope="module")
def entries(shared_dir: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads((shared_dir / "golden" / "check_values.json").read_text())["entries"]
    return {entry["id"]: entry for entry in listed}


def test_published_return_of_the_hkm_entry_agrees(entries) -> None:
    """The return as the replaced code computes it: decimal rates here, read as percent there."""
    terms = entries["hkm_cds_return"]["inputs"]
    hazard = 4 * np.log(1 + terms["S_prev"] / (4 * terms["L"]))
    for key, unit in (("rates_decimal", 0.01), ("percent_rates", 1.0)):
        name = next(k for k in entries["hkm_cds_return"]["cross_check"] if k.endswith(key))
        expected = entries["hkm_cds_return"]["cross_check"][name]
        factors = ftsfr_discount_factor(np.full(80, unit * terms["zero_rate"]))
        duration = ftsfr_risky_duration_years(np.array([hazard]), factors)
        assert duration[0] == pytest.approx(expected["rd"], rel=1e-12)
        got = ftsfr_return_dec(terms["S_prev"], terms["S_now"], duration)
        assert got[0] == pytest.approx(expected["ret"], rel=1e-10)


def test_a_short_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="zero_rate_dec must have 80 quarters; it had 20"):
        ftsfr_discount_factor(RATES[:20])
