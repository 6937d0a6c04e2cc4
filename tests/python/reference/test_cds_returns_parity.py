"""CDS returns of the warehouse: the published number reproduced, the correct one worked out again.

The published portfolio files depend on the version and on chance: the month labels of their twenty
columns are scrambled by an unordered grouping, and an old release of its data-frame library loses
the risky duration. Compared is the run that keeps the duration, months in order.
"""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_build import Query

TOL_DEC = 1e-12
REPLICA = "method = 'ftsfr_cds_returns'"


@pytest.fixture(scope="module")
def golden(shared_dir: Path) -> Path:
    return shared_dir / "golden" / "basis" / "expected_cds_returns"


def matched(found: pd.DataFrame, expected: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Join two tables on keys that must be unique and the same on both sides."""
    both = found.merge(expected, on=keys, how="outer", indicator=True, validate="one_to_one")
    assert set(both["_merge"]) == {"both"}
    return both


def test_contracts_and_their_quintiles_equal_the_published_code(
    golden_warehouse: Query, golden: Path
) -> None:
    found = golden_warehouse(
        "select ticker, tenor_code as tenor, quote_date as date, quintile_number, par_spread_dec "
        "from intermediate.int_ftsfr_cds_returns__contracts_selected"
    )
    both = matched(
        found, pd.read_parquet(golden / "contract_data.parquet"), ["ticker", "tenor", "date"]
    )
    assert (both["quintile_number"] == both["credit_quantile"]).all()
    assert (both["par_spread_dec"] == both["parspread"]).all()


def test_contract_months_equal_the_published_code(golden_warehouse: Query, golden: Path) -> None:
    """A published month is missing where a quote day has no curve, and only there."""
    found = golden_warehouse(f"select * from cds_bond.fct_cds_returns where {REPLICA}")
    expected = pd.read_parquet(golden / "markit_cds_contract_returns.parquet")
    expected["month_end_date"] = expected["Month"] + pd.offsets.MonthEnd(0)
    expected = expected.rename(columns={"tenor": "tenor_code"})
    both = matched(found, expected, ["ticker", "tenor_code", "month_end_date"])
    assert (both["quintile_number"] == both["credit_quantile"]).all()
    np.testing.assert_allclose(
        both["return_dec"].to_numpy(dtype=float, na_value=np.nan),
        both["monthly_return"].to_numpy(),
        rtol=0,
        atol=TOL_DEC,
    )


def test_portfolio_months_equal_the_published_code(golden_warehouse: Query, golden: Path) -> None:
    found = golden_warehouse(f"select * from cds_bond.fct_cds_portfolio_returns where {REPLICA}")
    expected = pd.read_parquet(golden / "portfolio_monthly_aligned.parquet")
    expected["month_end_date"] = expected["Month"] + pd.offsets.MonthEnd(0)
    expected = expected.rename(columns={"portfolio": "portfolio_code"})
    both = matched(found, expected, ["portfolio_code", "month_end_date"])
    assert len(both) == 20 * 60
    ours, theirs = both["scaled_return_dec"], both["scaled_return"]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOL_DEC)


def correct_month_return(days: pd.DataFrame, curves: pd.DataFrame, tenor_years: int) -> float:
    """Return the seller's return over the quotes of `days`, written out term by term."""
    growth = 1.0
    rows = list(days.itertuples())
    for before, after in itertools.pairwise(rows):
        curve = curves[curves["curve_date"] <= before.quote_date].iloc[-1]
        hazard = 4 * np.log(1 + before.par_spread_dec / 2.4)
        duration = 0.0
        for quarter in range(1, 4 * tenor_years + 1):
            years = quarter / 4
            x1, x2 = years / curve["tau1_years"], years / curve["tau2_years"]
            g1, g2 = (1 - np.exp(-x1)) / x1, (1 - np.exp(-x2)) / x2
            zero = curve["beta0_dec"] + curve["beta1_dec"] * g1
            zero += curve["beta2_dec"] * (g1 - np.exp(-x1))
            zero += curve["beta3_dec"] * (g2 - np.exp(-x2))
            duration += np.exp(-(hazard + zero) * years) / 4
        carry = before.par_spread_dec * (after.quote_date - before.quote_date).days / 360
        growth *= 1 + carry - (after.par_spread_dec - before.par_spread_dec) * duration
    return growth - 1


@pytest.mark.parametrize(("ticker_number", "tenor_code"), [(0, "3Y"), (7, "10Y"), (20, "5Y")])
def test_correct_months_equal_the_formula_written_out(
    golden_warehouse: Query, ticker_number: int, tenor_code: str
) -> None:
    """May has a bank holiday with quotes: the curve of the day before serves, no month is lost."""
    quotes = golden_warehouse(
        "select ticker, quote_date, par_spread_dec "
        "from intermediate.int_cds_bond__cds_contracts_selected "
        f"where tenor_code = '{tenor_code}' and quote_date between '2017-04-15' and '2017-05-31' "
        "order by ticker, quote_date"
    )
    curves = golden_warehouse(
        "select * from intermediate.int_rates__zero_curves_cleaned order by curve_date"
    )
    ticker = sorted(quotes["ticker"].unique())[ticker_number]
    days = quotes[quotes["ticker"] == ticker]
    last_before = days[days["quote_date"] < "2017-05-01"].tail(1)
    days = pd.concat([last_before, days[days["quote_date"] >= "2017-05-01"]])
    found = golden_warehouse(
        "select return_dec, return_status from cds_bond.fct_cds_returns "
        f"where method = 'standard' and ticker = '{ticker}' and tenor_code = '{tenor_code}' "
        "and month_end_date = '2017-05-31'"
    )
    assert found.loc[0, "return_status"] == "ok"
    expected = correct_month_return(days, curves, int(tenor_code.rstrip("Y")))
    assert found.loc[0, "return_dec"] == pytest.approx(expected, abs=1e-13)


def test_correct_returns_lose_no_month_to_bank_holidays(golden_warehouse: Query) -> None:
    counts = golden_warehouse(
        "select method, count(*) as n from cds_bond.fct_cds_returns where return_status = 'ok' "
        "group by method"
    ).set_index("method")["n"]
    assert counts["standard"] > 2 * counts["ftsfr_cds_returns"] > 0
