"""Standard measures of the warehouse against prices written out flow by flow and solved by brentq.

The kernels have their own witnesses; these tests show that the warehouse hands them the right
terms: dates, coupons, day counts, curves, and statuses in the place of guesses.
"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from basis_build import Query

CURVE = ["beta0_dec", "beta1_dec", "beta2_dec", "beta3_dec", "tau1_years", "tau2_years"]
SPREAD_TOL_DEC = 1e-10


@pytest.fixture(scope="module")
def bonds(golden_warehouse: Query) -> pd.DataFrame:
    """Return plain semi-annual 30/360 bonds that mature before the 28th, spread over the sample."""
    return golden_warehouse(
        """
        select terms.*, prices.* exclude (source_row_number)
        from intermediate.int_cds_bond__bonds_joined_to_zero_curves as terms
        inner join intermediate.int_cds_bond__bonds_priced as prices using (source_row_number)
        where terms.day_count_basis = '30/360' and terms.coupons_per_year_count = 2
            and day(terms.maturity_date) < 28 and day(terms.observation_date) < 31
            and month(terms.observation_date) <> 2 and prices.street_yield_status = 'ok'
        order by hash(terms.source_row_number)
        limit 60
        """
    )


def flows_of(bond: pd.Series) -> tuple[list[dt.date], list[float], float]:
    """Return pay dates, amounts and accrued interest, stepping back from maturity."""
    settle, date = bond.observation_date.date(), bond.maturity_date.date()
    pay_dates = []
    while date > settle:
        pay_dates.insert(0, date)
        month = date.month - 6
        year, month = (date.year, month) if month > 0 else (date.year - 1, month + 12)
        date = date.replace(year=year, month=month)
    amounts = [100 * bond.coupon_dec / 2] * len(pay_dates)
    amounts[-1] += 100
    days = 360 * (settle.year - date.year) + 30 * (settle.month - date.month)
    accrued = 100 * bond.coupon_dec * (days + settle.day - date.day) / 360
    return pay_dates, amounts, accrued


def zero_rate(bond: pd.Series, years: float) -> float:
    x1, x2 = years / bond.tau1_years, years / bond.tau2_years
    g1, g2 = (1 - np.exp(-x1)) / x1, (1 - np.exp(-x2)) / x2
    hump = bond.beta2_dec * (g1 - np.exp(-x1)) + bond.beta3_dec * (g2 - np.exp(-x2))
    return bond.beta0_dec + bond.beta1_dec * g1 + hump


def test_measures_equal_prices_solved_one_by_one(bonds: pd.DataFrame) -> None:
    assert len(bonds) == 60
    for bond in bonds.itertuples():
        pay_dates, amounts, accrued = flows_of(bond)
        settle = bond.observation_date.date()
        years = [(date - settle).days / 365 for date in pay_dates]
        zeros = [zero_rate(bond, time) for time in years]
        dirty = bond.price_pct_par + accrued
        assert bond.dirty_price_pct_par == pytest.approx(dirty, abs=1e-11)

        share = 1 - accrued / (100 * bond.coupon_dec / 2)
        flows = list(zip(amounts, years, zeros, strict=True))

        def street(y: float, amounts=amounts, share=share, dirty=dirty) -> float:
            price = sum(a / (1 + y / 2) ** (share + k) for k, a in enumerate(amounts))
            return price - dirty

        def continuous(z: float, flows=flows, dirty=dirty) -> float:
            return sum(a * np.exp(-(r + z) * t) for a, t, r in flows) - dirty

        def semi_annual(z: float, flows=flows, dirty=dirty) -> float:
            return sum(a * (np.exp(r / 2) + z / 2) ** (-2 * t) for a, t, r in flows) - dirty

        for found, price in (
            (bond.street_yield_bond_equivalent_dec, street),
            (bond.z_spread_continuous_dec, continuous),
            (bond.z_spread_semi_annual_dec, semi_annual),
        ):
            assert found == pytest.approx(brentq(price, -0.5, 2, xtol=1e-14), abs=SPREAD_TOL_DEC)

        factors = [np.exp(-r * t) for _, t, r in flows]
        starts = [settle, *pay_dates[:-1]]
        days = [(end - start).days for start, end in zip(starts, pay_dates, strict=True)]
        annuity = sum(d / 360 * f for d, f in zip(days, factors, strict=True))
        value = sum(a * f for a, f in zip(amounts, factors, strict=True))
        swap = (value - dirty) / (100 * annuity)
        assert bond.asset_swap_dec == pytest.approx(swap, abs=SPREAD_TOL_DEC)


def test_bond_implied_spreads_bracket_the_asset_swap_by_price(bonds: pd.DataFrame) -> None:
    """Near par all measures agree; below par recovery makes the bond-implied spread the larger."""
    near_par = bonds[(bonds["dirty_price_pct_par"] - 100).abs() < 3]
    gap = near_par["bond_implied_cds_r40_dec"] - near_par["z_spread_continuous_dec"]
    assert len(near_par) > 5 and gap.abs().max() < 12e-4
    cheap = bonds[(bonds["dirty_price_pct_par"] < 90)]
    assert len(cheap) > 0
    assert (cheap["bond_implied_cds_r40_dec"] > cheap["bond_implied_cds_r20_dec"]).all()


def test_a_bond_without_coupon_terms_has_a_status_and_no_number(golden_warehouse: Query) -> None:
    """The replaced code prices it as a zero-coupon bond and says ok."""
    statuses = golden_warehouse(
        """
        select
            count(*) as rows,
            count(*) filter (where prices.z_spread_continuous_status = 'ok') as solved,
            count(prices.z_spread_continuous_dec) as numbers
        from intermediate.int_cds_bond__bonds_joined_to_zero_curves as terms
        inner join intermediate.int_cds_bond__bonds_priced as prices using (source_row_number)
        where terms.coupon_dec is null or terms.coupons_per_year_count is null
            or (terms.coupon_dec > 0 and terms.coupons_per_year_count = 0)
        """
    )
    assert statuses.loc[0, "rows"] > 0
    assert statuses.loc[0, ["solved", "numbers"]].tolist() == [0, 0]


def test_a_missing_next_coupon_does_not_move_the_standard_z_spread(golden_warehouse: Query) -> None:
    """Its date follows from maturity; the replaced code loses the whole coupon in the spread."""
    gaps = golden_warehouse(
        """
        select
            standard.z_spread_continuous_dec - replica.fr_z_spread_dec as gap_dec,
            bonds.coupon_dec
        from intermediate.int_ftsfr_zspread__bases_computed as replica
        inner join intermediate.int_ftsfr_zspread__bonds_screened as bonds
            using (source_row_number)
        inner join intermediate.int_cds_bond__bonds_priced as standard using (source_row_number)
        where bonds.next_coupon_date is null and replica.z_spread_status = 'ok'
            and standard.z_spread_continuous_status = 'ok'
        """
    )
    assert len(gaps) > 50
    assert ((gaps["gap_dec"] / gaps["coupon_dec"]).between(0.9, 1.5)).all()


def test_every_public_measure_adds_up(golden_warehouse: Query) -> None:
    """basis = CDS - FR and implied rate = Treasury - basis, each with its own Treasury yield."""
    found = golden_warehouse("select * from cds_bond.fct_bond_basis where method = 'standard'")
    own_curve = ["z_spread", "z_spread_semi_annual", "asset_swap"]
    own_curve += ["bond_implied_cds_r40", "bond_implied_cds_r20"]
    for measure in ["yield_spread", "z_surrogate", *own_curve]:
        ok = found[found[f"{measure}_status"] == "ok"]
        assert len(ok) > 1000
        basis = ok["cds_par_spread_dec"] - ok[f"fr_{measure}_dec"]
        column = "curve_treasury_yield_dec" if measure in own_curve else "treasury_yield_dec"
        for name, expected in (("basis", basis), ("implied_rf", ok[column] - basis)):
            np.testing.assert_allclose(ok[f"{name}_{measure}_dec"], expected, rtol=0, atol=1e-15)


def test_treasury_curve_equals_the_published_zero_yields(golden_warehouse: Query) -> None:
    """To the four digits of a percent that are published; a holiday shows the day before."""
    found = golden_warehouse("select * from cds_bond.fct_treasury_curve")
    fresh = found[(found["parameters_age_days"] == 0) & found["published_zero_yield_dec"].notna()]
    gap = (fresh["zero_yield_dec"] - fresh["published_zero_yield_dec"]).abs()
    assert len(fresh) > 30_000 and gap.max() < 1.1e-6
    holiday = found[(found["curve_date"] == "2018-03-30") & (found["maturity_years"] == 10)]
    before = found[(found["curve_date"] == "2018-03-29") & (found["maturity_years"] == 10)]
    assert holiday["parameters_age_days"].tolist() == [1]
    assert holiday["zero_yield_dec"].tolist() == before["zero_yield_dec"].tolist()
