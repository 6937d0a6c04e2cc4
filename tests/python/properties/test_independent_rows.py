"""No row depends on its neighbours: every solver gives a row the same bits in any company."""

import time

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples import examples
from parspread.bonds.bond_implied_cds import implied_hazard
from parspread.bonds.cashflows import coupon_period, scheduled_cashflows
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.street_yield import yield_from_dirty_price
from parspread.bonds.z_spread import Compounding, z_spread
from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import bootstrap_hazard
from parspread.cds.pricing import value_from_spread, value_from_upfront
from parspread.curves.discount_curves import DiscountCurves
from parspread.curves.treasury_curve import SvenssonCurves, discount_factor
from parspread.dates.cds_schedule import standard_maturity_date
from parspread.dates.day_count import DayCount, year_fraction
from parspread.warehouse import record_batches

ROWS = 300
SETTLE = np.datetime64("2024-05-21")


def bonds(rng):
    """Draw easy and hard bonds: a day to fifty years, a nickel to double par, one in ten broken."""
    life = np.where(
        rng.random(ROWS) < 0.2, rng.integers(1, 40, ROWS), rng.integers(1, 18_250, ROWS)
    )
    coupon = np.where(rng.random(ROWS) < 0.1, 0.0, rng.uniform(0, 0.15, ROWS))
    price = np.where(rng.random(ROWS) < 0.1, rng.choice([np.nan, -1.0, 1e-8], ROWS), 0.0)
    return SETTLE + life, coupon, np.where(price == 0, rng.uniform(5, 200, ROWS), price)


def discounted_flows(maturity, coupon):
    """Return flows on one Treasury curve."""
    period = coupon_period(SETTLE, maturity, 2, DayCount.THIRTY_360_US)
    flows = scheduled_cashflows(maturity, coupon, period)
    time_years = year_fraction(SETTLE, flows.pay_date, DayCount.ACT_365F)
    factor, _ = discount_factor(time_years, SvenssonCurves(0.03, 0.01, 0.0, 0.05, 1.2, 15.0))
    return DiscountedFlows(flows.flow_count, time_years, flows.amount_pct_par, factor)


def street_yields(rng):
    """Return a solver of chosen rows among drawn bonds."""
    maturity, coupon, price = bonds(rng)
    frequency = rng.choice([1, 2, 4, 12], ROWS)

    def solve(rows):
        period = coupon_period(SETTLE, maturity[rows], frequency[rows], DayCount.THIRTY_360_US)
        return yield_from_dirty_price(price[rows], coupon[rows], period)

    return solve


def z_spreads(compounding):
    """Return a drawer of Z-spread problems in one compounding."""

    def draw(rng):
        maturity, coupon, price = bonds(rng)

        def solve(rows):
            flows = discounted_flows(maturity[rows], coupon[rows])
            return z_spread(price[rows], flows, compounding=compounding)

        return solve

    return draw


def hazards_of_bonds(rng):
    """Return a solver of the flat hazard of chosen bonds."""
    maturity, coupon, price = bonds(rng)
    recovery = rng.choice([0.2, 0.4], ROWS)

    def solve(rows):
        flows = discounted_flows(maturity[rows], coupon[rows])
        return implied_hazard(price[rows], flows, recovery_share=recovery[rows])

    return solve


def quotes(rng):
    """Return contracts of chosen rows and one quoted number each, a few of them hopeless."""
    tenor = 6 * rng.integers(1, 41, ROWS)
    coupon, recovery = rng.choice([100.0, 500.0], ROWS), rng.choice([0.2, 0.4, 1.5], ROWS)
    quote = np.exp(rng.uniform(np.log(0.01), np.log(60_000), ROWS))
    quote[rng.random(ROWS) < 0.1] = np.nan
    curves = DiscountCurves.flat(rng.uniform(-0.01, 0.1, ROWS))

    def contracts(rows):
        maturity = standard_maturity_date(SETTLE, tenor[rows])
        return cds_contracts(
            SETTLE, maturity, coupon_bps=coupon[rows], recovery_share=recovery[rows]
        )

    return contracts, quote, curves


def conventional_values(rng):
    """Return a solver from spread to upfront."""
    contracts, quote, curves = quotes(rng)

    def solve(rows):
        values = value_from_spread(contracts(rows), quote[rows], curves.take(rows))
        return values.upfront_pct_par, values.status

    return solve


def conventional_spreads(rng):
    """Return a solver from upfront to spread."""
    contracts, _, curves = quotes(rng)
    upfront = rng.uniform(-30, 70, ROWS)

    def solve(rows):
        values = value_from_upfront(contracts(rows), upfront[rows], curves.take(rows))
        return values.spread_bps, values.status

    return solve


def hazard_curves(rng):
    """Return a solver of hazard curves, some with holes, some with arbitrage."""
    maturity = standard_maturity_date(SETTLE, 12 * np.array([1, 3, 5, 7, 10]))
    spread = rng.uniform(20, 600, (ROWS, 5)) * np.array([0.6, 0.8, 1.0, 1.1, 1.2])
    spread[rng.random(spread.shape) < 0.2] = np.nan
    curves = DiscountCurves.flat(rng.uniform(-0.01, 0.1, ROWS))

    def solve(rows):
        solved = bootstrap_hazard(
            np.full(len(rows), SETTLE),
            maturity,
            spread[rows],
            curves.take(rows),
            recovery_share=0.4,
        )
        return solved.hazard_dec, solved.status

    return solve


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(street_yields, id="street yield"),
        *(
            pytest.param(z_spreads(rule), id=f"z-spread {rule.name.lower()}")
            for rule in Compounding
        ),
        pytest.param(hazards_of_bonds, id="implied hazard"),
        pytest.param(conventional_values, id="conventional upfront"),
        pytest.param(conventional_spreads, id="conventional spread"),
        pytest.param(hazard_curves, id="hazard bootstrap"),
    ],
)
@examples(5)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_row_has_the_same_bits_alone_shuffled_and_in_pieces(problem, seed):
    # A batch of the warehouse is cut anywhere: a number that moves with its neighbours would make
    # two builds of the same inputs differ, and a replica depend on what else is in the file.
    rng = np.random.default_rng(seed)
    solve = problem(rng)
    value, status = solve(np.arange(ROWS))
    assert 0.3 < np.mean(status == 0) < 1, "the draw must hold solvable and hopeless rows"
    order = rng.permutation(ROWS)
    cuts = np.sort(rng.choice(np.arange(1, ROWS), 6, replace=False))
    pieces = [order, *np.split(order, cuts), *np.arange(40)[:, None]]
    for rows in pieces:
        again, again_status = solve(rows)
        np.testing.assert_array_equal(again, value[rows])
        np.testing.assert_array_equal(again_status, status[rows])


@pytest.mark.parametrize("worker_count", [1, 2, 7])
def test_batches_keep_their_order_at_any_number_of_workers(worker_count, monkeypatch) -> None:
    """The first batches take longest, so that later ones are done before them."""
    monkeypatch.setattr(record_batches, "WORKER_COUNT", worker_count)

    def slow_at_first(batch: pa.RecordBatch) -> pa.RecordBatch:
        if batch.num_rows and batch.column(0)[0].as_py() < 3 * 2_048:
            time.sleep(0.05)
        return batch

    with duckdb.connect() as connection:
        rows = connection.sql("select range as number from range(20_000)")
        found = record_batches.mapped_batches(rows, slow_at_first, rows_per_batch=2_048)
        assert found.read_all()["number"].to_pylist() == list(range(20_000))
