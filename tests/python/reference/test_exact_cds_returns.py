"""Exact CDS returns of the sample: 200 random rows in QuantLib, and what they mend (B9)."""

from __future__ import annotations

import pandas as pd
import pytest
import QuantLib as ql

from conftest import Build
from parspread.curves.treasury_curve import SvenssonCurves
from parspread.warehouse.record_batches import CURVE_COLUMNS
from quantlib_cds import discount_curve, quantlib_cds, quantlib_hazards

ROWS = 200
# Per notional.
TOL_DEC = 2e-6
KEYS = ("entity_code", "tenor_code", "month_end_date")


def upfront(row: pd.Series, quotes: pd.DataFrame, day: pd.Timestamp, curves: pd.DataFrame) -> float:
    """Return the clean upfront of a row's contract on a day, per dollar, from the quotes."""
    trade, maturity = str(day.date()), str(row.contract_maturity_date.date())
    own = quotes[(quotes.red_code == row.entity_code) & (quotes.quote_date == day)]
    first = quotes[(quotes.red_code == row.entity_code) & (quotes.quote_date == row.start_date)]
    recovery = float(first.recovery_share.iloc[0])
    rates = curves.loc[curves.index[curves.index <= day].max()]
    evaluation = ql.Date(trade, "%Y-%m-%d")
    ql.Settings.instance().evaluationDate = evaluation
    discount = discount_curve(evaluation, SvenssonCurves(*rates[list(CURVE_COLUMNS)]), 0.0)
    hazards = quantlib_hazards(
        trade,
        [str(day.date()) for day in own.maturity_date],
        own.par_spread_dec.tolist(),
        discount,
        recovery,
    )
    swap, _ = quantlib_cds(trade, maturity, 0.01)
    swap.setPricingEngine(ql.IsdaCdsEngine(hazards, recovery, discount))
    return swap.fairUpfront()


def test_random_rows_are_those_of_quantlib(sample: Build) -> None:
    """Bootstrapped, bought and sold again by another library, from the quotes of both days."""
    rows = sample.frame(
        "select * from cds_bond.fct_cds_returns where method = 'standard' and exact_status = 'ok' "
        "and default_source is null and priced_on = 'curve' "
        f"order by hash(entity_code, tenor_code, month_end_date) limit {ROWS}"
    )
    quotes = sample.frame(
        "select red_code, quote_date, maturity_date, par_spread_dec, recovery_share "
        "from cds_bond.fct_cds_curves order by red_code, quote_date, tenor_years"
    )
    curves = sample.inner_frame("from intermediate.int_rates__discount_curves_chosen").set_index(
        "curve_date"
    )
    assert len(rows) == ROWS
    for _, row in rows.iterrows():
        bought = upfront(row, quotes, row.start_date, curves)
        sold = upfront(row, quotes, row.end_date, curves)
        coupon = 0.01 * (row.end_date - row.start_date).days / 360
        expected = bought - sold + coupon
        assert row.exact_return_dec == pytest.approx(expected, abs=TOL_DEC), row[list(KEYS)]


def test_a_widening_costs_what_the_contract_loses(sample: Build) -> None:
    """SYN004 in February 2020, five years: linear -41.8 %, exact -20.8 %."""
    ((linear, exact),) = sample.query(
        "select return_dec, exact_return_dec from cds_bond.fct_cds_returns where "
        "method = 'standard' and ticker = 'SYN004' and tenor_code = '5Y' "
        "and month_end_date = '2020-02-29'"
    )
    assert linear == pytest.approx(-0.418, abs=5e-4) and exact == pytest.approx(-0.208, abs=5e-4)


def test_the_default_is_in_its_month_and_its_portfolio(sample: Build) -> None:
    """At par it costs 71 % less the accrued; the contract of 100 bps had lost most of it before."""
    ((exact, at_par, accrued, given_back, loss, end, source),) = sample.query(
        "select exact_return_dec, exact_par_return_dec, exact_coupon_return_dec, "
        "exact_spread_return_dec, exact_default_return_dec, end_date::varchar, default_source "
        "from cds_bond.fct_cds_returns where ticker = 'SYN004' and month_end_date = '2020-06-30' "
        "and method = 'standard'"
    )
    assert (loss, end, source) == (-0.71, "2020-06-15", "delivered")
    assert exact == pytest.approx(accrued + given_back - 0.71, abs=1e-15) and given_back > 0.5
    ((spread, days),) = sample.query(
        "select par_spread_dec, date_diff('day', quote_date, date '2020-06-15') "
        "from cds_bond.fct_cds_curve_points where red_code = 'P5TOA9' and tenor_years = 5 "
        "order by quote_date desc limit 1"
    )
    assert at_par == pytest.approx(-0.71 + spread * days / 360, abs=1e-9)
    ((portfolio, count, mean),) = sample.query(
        "select any_value(portfolios.exact_par_return_dec), any_value(portfolios.default_count), "
        "avg(contracts.exact_par_return_dec) from cds_bond.fct_cds_portfolio_returns as portfolios "
        "inner join cds_bond.fct_cds_returns as contracts "
        "using (method, tenor_code, quintile_number, month_end_date) "
        "where portfolios.portfolio_code = '5Y_Q5' and portfolios.month_end_date = '2020-06-30' "
        "and portfolios.method = 'standard'"
    )
    assert count == 1 and portfolio == pytest.approx(mean, abs=1e-15) and mean < -0.02


def test_quintiles_say_where_linear_and_exact_differ(sample: Build) -> None:
    """Portfolio by portfolio; in the fifth the linear return flatters, and 50 % caps nothing."""
    ((linear, exact, gap),) = sample.query(
        "select linear_return_bps, exact_return_bps, gap_bps "
        "from cds_bond.fct_cds_quintile_returns where tenor_code = '5Y' and quintile_number = 5"
    )
    ((mean_linear, mean_exact),) = sample.query(
        "select 120000 * avg(return_dec), 120000 * avg(exact_return_dec) "
        "from cds_bond.fct_cds_portfolio_returns where method = 'standard' "
        "and portfolio_code = '5Y_Q5' and exact_status = 'ok'"
    )
    assert linear == pytest.approx(mean_linear, abs=0.01)
    assert exact == pytest.approx(mean_exact, abs=0.01)
    assert 80 < gap < 200
    ((highest,),) = sample.query(
        "select max(par_spread_dec) from cds_bond.fct_cds_curve_points where tenor_years = 5"
    )
    assert highest > 0.9
