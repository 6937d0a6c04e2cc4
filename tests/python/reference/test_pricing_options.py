"""The warehouse under other pricing options: flat discount curve, spreads from hazard curves.

With a flat curve every number has a short formula: a Z-spread is the bond's continuous yield less
the rate, and QuantLib needs nothing but that rate to price the same CDS.
"""

from __future__ import annotations

import math
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import QuantLib as ql
from scipy.optimize import brentq
from test_bond_measures import flows_of

from conftest import Build, built_ahead, run_dbt
from quantlib_cds import quantlib_cds, quantlib_spreads_between_quotes

RATE_DEC = 0.05
OPTIONS = (
    f"{{discount_curve: flat, discount_rate_dec: {RATE_DEC}, standard_cds_interpolation: hazard}}"
)


@built_ahead
def flat_and_hazards(home: Path) -> Build:
    """Return the bond desk built from the sample with a flat curve and hazards, its tests passed.

    The other desk prices nothing with these options.
    """
    build = run_dbt(
        home, "build", "--select", "+path:models/marts/cds_bond", "+dim_build",
        "--indirect-selection", "buildable", "--vars", OPTIONS,
    )  # fmt: skip
    assert build.exit_code == 0, build.output
    return build


def steps(build: Build, sql: str) -> pd.DataFrame:
    """Return the frame of `sql` on the build database, intermediates included."""
    with duckdb.connect(str(build.home / "build/parspread.duckdb"), read_only=True) as connection:
        return connection.sql(sql).df()


def flat_curve(day: ql.Date) -> ql.YieldTermStructureHandle:
    return ql.YieldTermStructureHandle(ql.FlatForward(day, RATE_DEC, ql.Actual365Fixed()))


def test_z_spreads_over_a_flat_curve_are_yields_less_its_rate(flat_and_hazards: Build) -> None:
    """Both continuous, ACT/365F; the curve's own par yield is the rate, bond equivalent."""
    bonds = steps(
        flat_and_hazards,
        """
        select terms.*, prices.* exclude (source_row_number)
        from intermediate.int_cds_bond__bonds_joined_to_zero_curves as terms
        inner join intermediate.int_cds_bond__bonds_priced as prices using (source_row_number)
        where terms.day_count_basis = '30/360' and terms.coupons_per_year_count = 2
            and day(terms.maturity_date) < 28 and day(terms.observation_date) < 31
            and month(terms.observation_date) <> 2 and prices.z_spread_continuous_status = 'ok'
        order by hash(terms.source_row_number)
        limit 200
        """,
    )
    assert len(bonds) == 200
    assert (bonds["curve_date"] == bonds["observation_date"]).all()
    for bond in bonds.itertuples():
        pay_dates, amounts, accrued = flows_of(bond)
        days = [(date - bond.observation_date.date()).days for date in pay_dates]
        flows, dirty = list(zip(amounts, days, strict=True)), bond.price_pct_par + accrued

        def excess(y: float, flows=flows, dirty=dirty) -> float:
            return sum(a * math.exp(-y * d / 365) for a, d in flows) - dirty

        continuous_yield = brentq(excess, -0.5, 5, xtol=1e-14)
        assert bond.z_spread_continuous_dec == pytest.approx(continuous_yield - RATE_DEC, abs=1e-10)
    # At whole half years the bond equivalent of the rate, and between them a little off it.
    gap = bonds["curve_treasury_yield_dec"] - 2 * math.expm1(RATE_DEC / 2)
    assert gap.abs().max() < 0.001


def test_cds_contracts_on_a_flat_curve_equal_quantlib(flat_and_hazards: Build) -> None:
    """Hazards bootstrapped in QuantLib from the same quotes give the same upfronts."""
    rows = flat_and_hazards.frame(
        "from cds_bond.fct_cds_curves order by red_code, quote_date, tenor_years"
    )
    names = rows.groupby(["red_code", "quote_date"])
    keys = sorted(names.groups)
    for key in keys[:: len(keys) // 12]:
        trade = str(key[1].date())
        for row in names.get_group(key).to_dict("records"):
            maturity, recovery = str(row["maturity_date"].date()), row["recovery_share"]
            quoted, day = quantlib_cds(trade, maturity, row["quoted_spread_bps"] / 1e4)
            hazard = quoted.impliedHazardRate(
                0.0,
                flat_curve(day),
                ql.Actual365Fixed(),
                recovery,
                1e-14,
                ql.CreditDefaultSwap.ISDA,
            )
            swap, _ = quantlib_cds(trade, maturity, 0.01)
            curve = ql.DefaultProbabilityTermStructureHandle(
                ql.FlatHazardRate(day, ql.QuoteHandle(ql.SimpleQuote(hazard)), ql.Actual365Fixed())
            )
            swap.setPricingEngine(ql.IsdaCdsEngine(curve, recovery, flat_curve(day)))
            upfront_pct_par = 100 * swap.fairUpfront()
            assert row["upfront_at_100_bps_pct_par"] == pytest.approx(upfront_pct_par, abs=1e-5)


def test_spreads_at_maturities_of_bonds_come_from_hazards(flat_and_hazards: Build) -> None:
    """QuantLib bootstraps the same quotes and prices a contract to the bond's own maturity."""
    bonds = steps(
        flat_and_hazards,
        """
        select aligned.*, spreads.cds_par_spread_dec
        from intermediate.int_cds_bond__bonds_aligned_to_curves as aligned
        inner join intermediate.int_cds_bond__cds_spreads_interpolated as spreads
            using (source_row_number)
        where spreads.curve_status = 'ok'
        order by hash(aligned.source_row_number)
        limit 24
        """,
    )
    contracts = steps(
        flat_and_hazards,
        "from intermediate.int_cds_bond__cds_curves_bootstrapped order by tenor_years",
    )
    compared = 0
    for bond in bonds.itertuples():
        quotes = contracts[
            (contracts["red_code"] == bond.red_code) & (contracts["quote_date"] == bond.quote_date)
        ]
        # Contracts are listed for the last curve of a month, which is not every bond's.
        if quotes.empty:
            continue
        trade = str(bond.quote_date.date())
        (spread,) = quantlib_spreads_between_quotes(
            trade,
            [str(date.date()) for date in quotes["maturity_date"]],
            quotes["par_spread_dec"].tolist(),
            [str(bond.maturity_date.date())],
            flat_curve(ql.Date(trade, "%Y-%m-%d")),
            bond.recovery_share,
        )
        # A Saturday's coupon: see test_cds_interpolation.
        assert bond.cds_par_spread_dec == pytest.approx(spread, abs=1e-6)
        compared += 1
    assert compared > 12


def test_a_release_says_how_it_was_priced(sample: Build, flat_and_hazards: Build) -> None:
    """Two releases of the same files differ, and nobody remembers a command line."""
    query = "select unnest(string_split(pricing_options, ' ')) from quality.dim_build"
    usual, chosen = (
        dict(option.split("=") for (option,) in build.query(query))
        for build in (sample, flat_and_hazards)
    )
    assert usual["discount_curve"] == "fed" and usual["standard_cds_interpolation"] == "spline"
    assert chosen == usual | {
        "discount_curve": "flat",
        "discount_rate_dec": "0.05",
        "standard_cds_interpolation": "hazard",
    }


def test_durations_of_cds_returns_follow_the_flat_curve(flat_and_hazards: Build) -> None:
    rows = steps(
        flat_and_hazards,
        """
        select durations.risky_duration_years, days.par_spread_dec, days.tenor_years
        from intermediate.int_cds_bond__cds_durations_computed as durations
        inner join intermediate.int_cds_bond__cds_contracts_selected as days
            using (red_code, tenor_code, quote_date)
        order by hash(durations.red_code, durations.quote_date)
        limit 500
        """,
    )
    assert len(rows) == 500
    for row in rows.itertuples():
        hazard = 4 * math.log1p(row.par_spread_dec / 4 / 0.6)
        quarters = np.arange(1, round(4 * row.tenor_years) + 1) / 4
        expected = 0.25 * np.exp(-(hazard + RATE_DEC) * quarters).sum()
        assert row.risky_duration_years == pytest.approx(expected, rel=1e-12)


def test_an_implied_risk_free_rate_hardly_depends_on_the_discount_curve(
    sample: Build, flat_and_hazards: Build
) -> None:
    """Yield less CDS: a Z-spread over another curve comes with that curve's own par yield."""
    query = """
        select cusip, month_end_date, z_spread_status, fr_z_spread_dec,
            implied_rf_z_spread_dec + cds_par_spread_dec as bond_yield_dec
        from cds_bond.fct_bond_basis
        where method = 'standard'
    """
    both = sample.frame(query).merge(
        flat_and_hazards.frame(query), on=["cusip", "month_end_date"], suffixes=("_fed", "_flat")
    )
    both = both.dropna()
    assert len(both) > 4000
    moved = (both["fr_z_spread_dec_flat"] - both["fr_z_spread_dec_fed"]).abs()
    left = (both["bond_yield_dec_flat"] - both["bond_yield_dec_fed"]).abs()
    assert moved.median() > 0.02 and left.max() < 0.002


def test_replaced_methods_and_the_treasury_curve_ignore_the_options(
    sample: Build, flat_and_hazards: Build
) -> None:
    """What reproduces an older code, or is published as the Treasury's, has no such choice."""
    for query in (
        "from cds_bond.fct_bond_basis where method <> 'standard' order by all",
        "from cds_bond.fct_treasury_curve order by all",
        "from cds_bond.fct_cds_returns where method <> 'standard' order by all",
    ):
        before, after = sample.frame(query), flat_and_hazards.frame(query)
        assert len(before) > 1000
        pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_a_spread_moves_every_zero_yield_of_the_published_curve(tmp_path: Path) -> None:
    """Such as the spread of swaps over Treasuries: a parallel move, continuously compounded."""
    build = run_dbt(
        tmp_path,
        "build",
        "--select",
        "+int_rates__discount_curves_chosen",
        "--exclude-resource-type",
        "test",
        "--vars",
        "{discount_spread_dec: -0.0025}",
    )
    assert build.exit_code == 0, build.output
    curves = steps(
        build,
        """
        select chosen.beta0_dec - cleaned.beta0_dec as moved_dec,
            chosen.beta1_dec = cleaned.beta1_dec and chosen.beta2_dec = cleaned.beta2_dec
                and chosen.beta3_dec = cleaned.beta3_dec
                and chosen.tau1_years = cleaned.tau1_years
                and chosen.tau2_years = cleaned.tau2_years as is_parallel
        from intermediate.int_rates__discount_curves_chosen as chosen
        inner join intermediate.int_rates__zero_curves_cleaned as cleaned using (curve_date)
        """,
    )
    assert len(curves) > 1000 and curves["is_parallel"].all()
    np.testing.assert_allclose(curves["moved_dec"], -0.0025, atol=1e-15)
