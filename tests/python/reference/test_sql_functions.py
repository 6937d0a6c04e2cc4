"""The SQL functions of a release against the kernels, the exact contracts, and odd arguments."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bond_twins import convert_yield
from cds_twins import triangle_hazard_dec, triangle_rpv01_years
from conftest import Build
from parspread.bonds.z_spread import Compounding
from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import risks
from parspread.curves.discount_curves import DiscountCurves

# One rate for each contract: the zero yield at five years of the curve of its day.
CONTRACTS = """
    select contracts.*, curves.zero_yield_dec as rate_dec,
        (contracts.maturity_date - contracts.quote_date) / 365 as maturity_years
    from cds_bond.fct_cds_curves as contracts
    asof inner join (from cds_bond.fct_treasury_curve where maturity_years = 5) as curves
        on contracts.quote_date >= curves.curve_date
    where contracts.risk_status = 'ok' and contracts.tenor_years >= 1
"""


def test_triangle_functions_equal_the_kernel_on_every_contract(sample: Build) -> None:
    """SQL and Python are written apart and have to say the same."""
    rows = sample.frame(
        f"""
        select *,
            cds_bond.triangle_hazard_dec(quoted_spread_bps, recovery_share := 0.3) as hazard,
            cds_bond.triangle_rpv01_years(quoted_spread_bps, maturity_years, rate_dec) as annuity,
            cds_bond.triangle_upfront_pct_par(quoted_spread_bps, 500, maturity_years, rate_dec)
                as upfront,
            cds_bond.triangle_price_pct_par(quoted_spread_bps, 500, maturity_years, rate_dec)
                as price,
            cds_bond.triangle_seller_pnl_usd(
                1e6, quoted_spread_bps, quoted_spread_bps + 10, 100, maturity_years, rate_dec
            ) as pnl
        from ({CONTRACTS})
        """
    )
    spread, years, rate = (
        rows[name].to_numpy() for name in ("quoted_spread_bps", "maturity_years", "rate_dec")
    )
    assert len(rows) > 10_000

    def upfront(spread_bps, coupon_bps):
        annuity = triangle_rpv01_years(triangle_hazard_dec(spread_bps, 0.4), rate, years)
        return (spread_bps - coupon_bps) / 100 * annuity

    np.testing.assert_allclose(rows["hazard"], triangle_hazard_dec(spread, 0.3), rtol=1e-14)
    annuity = triangle_rpv01_years(triangle_hazard_dec(spread, 0.4), rate, years)
    np.testing.assert_allclose(rows["annuity"], annuity, rtol=1e-12)
    np.testing.assert_allclose(rows["upfront"], upfront(spread, 500), atol=1e-10)
    np.testing.assert_allclose(rows["price"], 100 - upfront(spread, 500), atol=1e-10)
    pnl = -1e4 * (upfront(spread + 10, 100) - upfront(spread, 100))
    np.testing.assert_allclose(rows["pnl"], pnl, atol=1e-6)
    assert (rows["pnl"] < 0).all()


def test_triangles_are_near_the_exact_contracts(sample: Build) -> None:
    """The accuracy that the README states, below 500 bp and above."""
    rows = sample.query(
        f"""
        select
            max(abs(
                cds_bond.triangle_upfront_pct_par(quoted_spread_bps, 100, maturity_years, rate_dec,
                    recovery_share := recovery_share)
                - upfront_at_100_bps_pct_par
            )),
            max(abs(
                -cds_bond.triangle_seller_pnl_usd(
                    1e6, quoted_spread_bps, quoted_spread_bps + 1, 100, maturity_years, rate_dec,
                    recovery_share := recovery_share
                ) / cs01_usd_per_bp_per_mm - 1
            ))
        from ({CONTRACTS})
        group by quoted_spread_bps >= 500
        order by quoted_spread_bps >= 500
        """
    )
    upfront_gaps_pct_par, cs01_gaps_share = zip(*rows, strict=True)
    assert upfront_gaps_pct_par[0] < 0.16 and cs01_gaps_share[0] < 0.013
    assert upfront_gaps_pct_par[1] < 0.60 and cs01_gaps_share[1] < 0.17


@pytest.mark.parametrize("zero_dec", [[0.03], [-0.02, -0.005], [-0.01, 0.15, 0.02]])
def test_the_standard_contract_in_sql_is_that_of_the_kernel(
    sample: Build, zero_dec: list[float]
) -> None:
    """A grid of spreads up to distress, both coupons, all tenors, weekends, and the day before."""
    years = [0.7, 3.0, 4.4][: len(zero_dec)]
    trades = ["2009-03-19", "2020-03-20", "2024-02-29", "2025-06-21", "2026-06-21"]
    maturities = ["2026-06-22", "2028-12-20", "2030-06-20", "2035-12-20", "2029-01-31"]
    rows = sample.frame(
        f"""
        with grid as (
            select spread_bps, coupon_bps, recovery_share, trade_date, maturity_date
            from unnest([0, 0.01, 40, 65.3, 500, 2_000, 9_000, 40_000]) as _ (spread_bps),
                unnest([100, 500]) as _ (coupon_bps),
                unnest([0.3, 0.4]) as _ (recovery_share),
                unnest({trades}::date[]) as _ (trade_date),
                unnest({maturities}::date[]) as _ (maturity_date)
        )
        select *, unnest(cds_bond.standard_cds(
            spread_bps, coupon_bps, trade_date, maturity_date, {years}, {zero_dec},
            recovery_share := recovery_share
        )) from grid
        """
    )
    found = risks(
        cds_contracts(
            rows["trade_date"].to_numpy(),
            rows["maturity_date"].to_numpy(),
            coupon_bps=rows["coupon_bps"],
            recovery_share=rows["recovery_share"],
        ),
        rows["spread_bps"].to_numpy(float),
        DiscountCurves.from_zero_rates(years, zero_dec),
    )
    assert len(rows) == 800 and (found.status == 0).all()
    for name in (
        "hazard_dec",
        "rpv01_years",
        "upfront_pct_par",
        "price_pct_par",
        "accrued_pct_par",
    ):
        np.testing.assert_allclose(rows[name], getattr(found.values, name), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(rows["cs01_usd_per_bp_per_mm"], found.cs01_usd_per_bp, atol=1e-6)


@pytest.mark.parametrize("source", Compounding)
@pytest.mark.parametrize("target", Compounding)
def test_yields_are_converted_as_the_kernel_does(
    sample: Build, source: Compounding, target: Compounding
) -> None:
    """Losses of everything have no compounding, and are null where the kernel says NaN."""
    yields = [-2.5, -2.0, -1.0, -0.005, 0.0, 1e-9, 0.05, 0.6, 3.0]
    found = sample.query(
        f"select cds_bond.convert_yield_dec(y, {source:d}, {target:d}) "
        f"from (select unnest({yields}::double[]) as y)"
    )
    expected = convert_yield(yields, source, target)
    numbers = [math.nan if value is None else value for (value,) in found]
    np.testing.assert_allclose(numbers, expected, rtol=1e-6, atol=1e-15)


def test_odd_arguments_give_null_or_limits_and_no_error(sample: Build) -> None:
    """A query over a whole table must not stop at one row."""
    (row,) = sample.query(
        """
        select
            cds_bond.triangle_hazard_dec(null), cds_bond.triangle_hazard_dec(100, 1),
            cds_bond.triangle_rpv01_years(0, 5, 0), cds_bond.triangle_rpv01_years(0, 5, 1e-9),
            cds_bond.triangle_rpv01_years(100, 0, 0.03),
            cds_bond.triangle_price_pct_par(100, 100, 5, 0.03),
            cds_bond.triangle_upfront_pct_par(null, 100, 5, 0.03),
            cds_bond.convert_yield_dec(null, 2, 0)
        """
    )
    sound = {
        "spread": "60", "trade": "date '2025-06-03'", "maturity": "date '2030-06-20'",
        "years": "[1, 5]", "zeros": "[0.03, 0.04]", "recovery": "0.4",
    }  # fmt: skip
    odd = [
        {},
        *({name: "null"} for name in sound),
        {"spread": "-1"}, {"spread": "'nan'::double"}, {"spread": "1000000"},
        {"maturity": sound["trade"]}, {"maturity": "'infinity'::date"},
        {"trade": "'-infinity'::date"},
        {"years": "[5, 1]"}, {"years": "[0, 1]"}, {"years": "[]", "zeros": "[]"},
        {"years": "[1]"}, {"zeros": "[0.03, null]"}, {"recovery": "1"}, {"recovery": "-0.1"},
    ]  # fmt: skip
    call = "cds_bond.standard_cds({spread}, 100, {trade}, {maturity}, {years}, {zeros}, {recovery})"
    calls = (call.format(**(sound | change)) for change in odd)
    first, *others = sample.query(f"select unnest([{', '.join(calls)}])")
    assert first[0]["price_pct_par"] > 100 and others == [(None,)] * (len(odd) - 1)
    assert row[:2] == (None, None)
    assert row[2:5] == pytest.approx((365 / 72, 365 / 72, 0.0), rel=1e-8)
    assert row[5:] == (100.0, None, None)


def test_every_function_is_described_and_nobody_can_change_it(sample: Build) -> None:
    """What a tool lists is all that its user sees."""
    functions = sample.query(
        "select function_name, comment from duckdb_functions() where schema_name = 'cds_bond'"
    )
    assert len(functions) == 7 and all(comment for _, comment in functions)
    with pytest.raises(Exception, match="read-only"):
        sample.query("create or replace macro cds_bond.triangle_hazard_dec(x) as 0")
