"""The compiled CDS loops against the slow twin, and on any number of threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.integrate import quad

from cds_leg_twin import LogCurve, bootstrapped, solved_flat
from parspread.cds._leg_loops import decay_moments
from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import bootstrap_hazard
from parspread.cds.pricing import risks, value_from_spread, value_from_upfront
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.curves.treasury_curve import SvenssonCurves
from parspread.dates.cds_schedule import standard_maturity_date
from parspread.warehouse.cds import daily_discounts

NODE_YEARS = np.arange(1, 45) / 4
TENOR_MONTHS = np.array([6, 12, 24, 36, 48, 60, 84, 120])
ROWS = 240


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def discounts(rng, kind, count=ROWS):
    """Return flat curves of any sign, or curves of 44 nodes as the warehouse makes them."""
    rate = rng.uniform(-0.02, 0.12, (count, 1))
    if kind == "flat":
        return DiscountCurves.flat(rate[:, 0])
    slope = rng.uniform(-0.01, 0.01, (count, 1))
    return DiscountCurves.from_zero_rates(NODE_YEARS, rate + slope * np.log(NODE_YEARS))


def own_curve(discount, i):
    row = discount.rows()[i]
    return LogCurve(discount.node_years[row], discount.log_discount[row])


def drawn_quotes(rng):
    """Return standard, odd and nearly expired contracts, and spreads from sound to hopeless."""
    trade = np.datetime64("2005-01-03") + rng.integers(0, 7500, ROWS)
    kind = rng.integers(0, 4, ROWS)
    maturity = np.select(
        [kind == 0, kind == 1],
        [trade + rng.integers(1, 6000, ROWS), trade + rng.integers(1, 40, ROWS)],
        standard_maturity_date(trade, 6 * rng.integers(1, 41, ROWS)),
    )
    contracts = cds_contracts(
        trade,
        maturity,
        coupon_bps=rng.choice([100.0, 500.0], ROWS),
        recovery_share=rng.choice([0.0, 0.2, 0.4, 0.95], ROWS),
    )
    spread = np.exp(rng.uniform(np.log(1.0), np.log(60_000), ROWS))
    spread[rng.random(ROWS) < 0.05] = -1.0
    spread[rng.random(ROWS) < 0.05] = 1e7
    return contracts, spread


@pytest.mark.parametrize("kind", ["flat", "nodes"])
@pytest.mark.parametrize("quoted", ["spread", "upfront"])
def test_solved_quotes_equal_the_twin_with_every_status(rng, kind, quoted):
    contracts, spread = drawn_quotes(rng)
    discount = discounts(rng, kind)
    if quoted == "spread":
        upfront, running = np.zeros(ROWS), spread
        values = value_from_spread(contracts, spread, discount)
    else:
        upfront, running = rng.uniform(-30.0, 75.0, ROWS), contracts.coupon_bps
        values = value_from_upfront(contracts, upfront, discount)
    for i in range(ROWS):
        own = own_curve(discount, i)
        hazard, protection, annuity, status = solved_flat(
            contracts, i, own, running[i] / 1e4, upfront[i] / 100
        )
        assert values.status[i] == status
        if status != CdsStatus.OK:
            assert np.isnan(values.hazard_dec[i])
            continue
        # An upfront known to 1e-15 of notional fixes the hazard less well the less it moves it.
        assert values.hazard_dec[i] == pytest.approx(hazard, rel=1e-7)
        carried = np.exp(contracts.settlement_years[i] * own.value[0] / own.node[0])
        loss = 100 * (1 - contracts.recovery_share[i])
        clean = annuity / carried - contracts.accrued_days[i] / 360
        assert values.protection_pct_par[i] == pytest.approx(loss * protection / carried, abs=1e-12)
        expected = loss * protection / carried - contracts.coupon_bps[i] / 100 * clean
        assert values.upfront_pct_par[i] == pytest.approx(expected, abs=1e-11)
    assert {CdsStatus.OK, CdsStatus.HAZARD_ABOVE_LIMIT, CdsStatus.HAZARD_BELOW_ZERO} <= set(
        values.status.tolist()
    )


@pytest.mark.parametrize("kind", ["flat", "nodes"])
@pytest.mark.parametrize("days_off", [0, 17])
def test_bootstrapped_hazards_equal_the_twin_with_every_status(rng, kind, days_off):
    # Every maturity of the second draw lies off the coupon cycle of the others.
    count = 60
    trade = np.datetime64("2014-01-02") + rng.integers(0, 4000, count)
    maturity = standard_maturity_date(trade[:, None], TENOR_MONTHS)
    maturity = maturity + days_off * rng.integers(0, 5, maturity.shape)
    level = np.exp(rng.uniform(np.log(20), np.log(2000), (count, 1)))
    spread = level * (0.6 + 0.4 * np.sqrt(TENOR_MONTHS / 60)) * rng.uniform(0.9, 1.1, (count, 8))
    spread[rng.random(spread.shape) < 0.15] = np.nan
    spread[:, 3] = 50.0
    discount = discounts(rng, kind, count)
    curves = bootstrap_hazard(trade, maturity, spread, discount, recovery_share=0.4)
    for i in range(count):
        contracts = cds_contracts(trade[i], maturity[i], coupon_bps=0.0, recovery_share=0.4)
        hazard, status = bootstrapped(contracts, own_curve(discount, i), spread[i] / 1e4)
        assert curves.status[i] == status
        np.testing.assert_allclose(curves.hazard_dec[i], hazard, rtol=1e-9, atol=1e-13)
    assert {CdsStatus.OK, CdsStatus.ARBITRAGE} <= set(curves.status.tolist())


@pytest.mark.parametrize("x", [-3.0, -0.2, -0.1999, -1e-5, 0.0, 1e-9, 0.03, 0.1999, 0.2, 7.0, 90.0])
def test_moments_of_a_decay_equal_their_integrals(x):
    for power, moment in enumerate(decay_moments(x)):
        expected, _ = quad(lambda u, n=power: u**n * np.exp(-x * u), 0, 1, epsabs=1e-15)
        assert moment == pytest.approx(expected, rel=2e-14, abs=1e-15)


def test_results_do_not_depend_on_the_number_of_threads(rng):
    contracts, spread = drawn_quotes(rng)
    discount = discounts(rng, "nodes")

    def cut(rows):
        part = cds_contracts(
            contracts.trade_date[rows],
            contracts.maturity_date[rows],
            coupon_bps=contracts.coupon_bps[rows],
            recovery_share=contracts.recovery_share[rows],
        )
        got = risks(part, spread[rows], discount.take(rows))
        return np.stack([got.cs01_usd_per_bp, got.ir01_usd_per_bp, got.rec01_usd, got.status])

    whole = cut(np.arange(ROWS))
    for workers in (2, 7):
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(cut, np.array_split(np.arange(ROWS), 3 * workers)))
        np.testing.assert_array_equal(np.hstack(parts), whole)


def test_a_guess_moves_no_number_beyond_the_last_digits(rng):
    contracts, spread = drawn_quotes(rng)
    discount = discounts(rng, "nodes")
    cold = risks(contracts, spread, discount)
    warm = risks(contracts, spread, discount, hazard_guess_dec=cold.values.hazard_dec * 1.001)
    np.testing.assert_array_equal(warm.status, cold.status)
    np.testing.assert_allclose(
        warm.values.upfront_pct_par, cold.values.upfront_pct_par, rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(warm.cs01_usd_per_bp, cold.cs01_usd_per_bp, rtol=0, atol=1e-7)


def test_two_curves_on_one_date_are_refused():
    day = np.array(["2025-06-03", "2025-06-03"], "datetime64[D]")
    with pytest.raises(ValueError, match=r"beta0_dec of 2025-06-03 was 0\.05 and 0\.04"):
        daily_discounts(day, SvenssonCurves([0.04, 0.05], 0, 0, 0, 1, 1))
