"""Measures of bonds as the warehouse asks for them, one bond written out on a flat curve."""

import datetime as dt

import duckdb
import numpy as np
import pytest
from scipy.optimize import brentq

from parspread.warehouse.bonds import standard_measures

RATE_DEC = 0.04
SETTLE, MATURITY = dt.date(2026, 4, 30), dt.date(2028, 3, 15)


@pytest.fixture(params=[(2, [9, 3]), (4, [6, 9, 12, 3])], ids=["semi_annual", "quarterly"])
def bond(request: pytest.FixtureRequest) -> dict:
    """Return terms and measures of a 5 % bond at 97, bought between two coupons."""
    frequency, months = request.param
    relation = duckdb.sql(
        f"""
        select
            1 as source_row_number, date '{SETTLE}' as observation_date,
            date '{MATURITY}' as maturity_date, 0.05 as coupon_dec,
            {frequency} as coupons_per_year_count, '30/360' as day_count_basis,
            97.0 as price_pct_par, {RATE_DEC} as beta0_dec, 0.0 as beta1_dec, 0.0 as beta2_dec,
            0.0 as beta3_dec, 1.0 as tau1_years, 1.0 as tau2_years, 0.4 as recovery_share,
            null::date as dated_date, null::date as first_coupon_date,
            null::date as odd_last_coupon_date,
            null::double[] as node_years, null::double[] as zero_rates_dec,
            [1.0, 5.0] as ois_node_years, [{RATE_DEC}, {RATE_DEC}] as ois_zero_rates_dec
        """
    )
    (measures,) = standard_measures(relation).read_all().to_pylist()
    pay_dates = sorted(
        date
        for year in (2026, 2027, 2028)
        for date in (dt.date(year, month, 15) for month in months)
        if SETTLE < date <= MATURITY
    )
    amounts = np.full(len(pay_dates), 5.0 / frequency)
    amounts[-1] += 100
    # From 15 March by 30/360.
    accrued_share = frequency * 45 / 360
    return {
        "frequency": frequency,
        "pay_dates": pay_dates,
        "amounts": amounts,
        "years": np.array([(date - SETTLE).days / 365 for date in pay_dates]),
        "periods": 1 - accrued_share + np.arange(len(pay_dates)),
        "dirty": 97 + 5.0 / frequency * accrued_share,
        "found": measures,
    }


def street_price(bond: dict, yield_dec: float) -> float:
    growth = 1 + yield_dec / bond["frequency"]
    return float(bond["amounts"] @ growth ** -bond["periods"])


def test_a_street_yield_is_shown_compounded_twice_a_year(bond):
    """Yields of all bonds are compared with semi-annual Treasury yields."""
    own = brentq(lambda y: street_price(bond, y) - bond["dirty"], 0, 1, xtol=1e-14)
    frequency = bond["frequency"]
    semi_annual = 2 * ((1 + own / frequency) ** (frequency / 2) - 1)
    found = bond["found"]
    assert found["dirty_price_pct_par"] == pytest.approx(bond["dirty"], abs=1e-12)
    assert found["street_yield_bond_equivalent_dec"] == pytest.approx(semi_annual, abs=1e-12)

    # Of one million dollars, a percent of par is 10,000.
    fall = street_price(bond, own - 5e-5) - street_price(bond, own + 5e-5)
    assert found["dv01_usd_per_bp_per_mm"] == pytest.approx(fall * 1e4, rel=1e-6)
    duration = fall / bond["dirty"] * 1e4
    assert found["modified_duration_years"] == pytest.approx(duration, rel=1e-6)


def test_spreads_over_a_flat_curve_reprice_the_bond(bond):
    """Continuous and semi-annual Z-spread, and the asset swap with its floating leg ACT/360."""
    amounts, years, dirty = bond["amounts"], bond["years"], bond["dirty"]

    def continuous(z: float) -> float:
        return amounts @ np.exp(-(RATE_DEC + z) * years) - dirty

    def semi_annual(z: float) -> float:
        return amounts @ (np.exp(RATE_DEC / 2) + z / 2) ** (-2 * years) - dirty

    found = bond["found"]
    for name, price in (("continuous", continuous), ("semi_annual", semi_annual)):
        expected = brentq(price, -0.1, 1, xtol=1e-14)
        assert found[f"z_spread_{name}_dec"] == pytest.approx(expected, abs=1e-11)
    starts = [SETTLE, *bond["pay_dates"][:-1]]
    days = [(end - start).days for start, end in zip(starts, bond["pay_dates"], strict=True)]
    factors = np.exp(-RATE_DEC * years)
    swap = (amounts @ factors - dirty) / (100 * (np.array(days) / 360) @ factors)
    assert found["asset_swap_dec"] == pytest.approx(swap, abs=1e-12)


def test_a_delivered_curve_of_the_same_rate_gives_the_same_spreads(bond: dict) -> None:
    """Nodes and parameters are two ways to write one flat curve."""
    found = bond["found"]
    for measure in ("z_spread_continuous", "asset_swap", "bond_implied_cds"):
        assert found[f"{measure}_ois_status"] == "ok"
        assert found[f"{measure}_ois_dec"] == pytest.approx(found[f"{measure}_dec"], abs=1e-12)
    assert found["bond_implied_cds_dec"] == found["bond_implied_cds_r40_dec"]
