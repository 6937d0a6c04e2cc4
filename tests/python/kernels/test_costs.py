"""Components of cost, what a stressed market does to them, and the move that pays for them."""

from math import inf

import numpy as np
import pytest

from overlay_runs import rule_table, simulate, simulate_summaries

IG_5Y = {
    "position_size_mm": 10.0,
    "transaction_cost": 1.0,
    "dv01_usd_per_bp_per_mm": 475.0,
    "signal_lag_sessions": 0,
}
COMPONENTS = ("half_spread_cost_usd", "fee_cost_usd", "impact_cost_usd", "roll_cost_usd")
IMPACT = {"impact_ratio": 0.5, "average_daily_volume_mm": 1000.0}


@pytest.mark.parametrize(
    ("unit", "break_even_bps", "round_trip_usd"),
    [("spread_bps", 2.0, 9500.0), ("notional_bps", 200 / 475, 2000.0)],
)
def test_the_break_even_of_the_worked_example(unit, break_even_bps, round_trip_usd):
    """1 bp a leg on IG 5Y: 2 bp of spread where the cost is of spread, 0.42 where of notional."""
    rules = rule_table([IG_5Y | {"cost_unit": unit}])
    signal = level = np.full((1, 3), 60.0)
    summary = simulate_summaries(signal * 0, level, rules)
    assert summary.break_even_move_bps.tolist() == [break_even_bps]
    assert summary.round_trip_cost_usd.tolist() == [round_trip_usd]
    assert round(200 / 475, 2) == 0.42
    # Bought at 60 and sold after exactly this move, the run earns nothing.
    moved = np.array([[60.0, 60.0 - break_even_bps]])
    days = simulate(np.array([[1.0, 0.0]]), moved, rules)
    assert days.cumulative_pnl_usd[0, -1] == pytest.approx(0.0, abs=1e-9)
    nobody = simulate_summaries(signal, np.full((1, 3), np.nan), rules)
    assert np.isnan([nobody.break_even_move_bps, nobody.round_trip_cost_usd]).all()


def test_a_repriced_run_breaks_even_on_the_dv01_of_its_contract():
    """Half a basis point a leg is one of spread whatever the contract's DV01 has become."""
    terms = {"pnl_model": "repriced", "transaction_cost": 0.5, "fee_usd_per_mm": 23.0}
    table = np.full((1, 2), 460.0)
    summary = simulate_summaries(
        table, table, rule_table([IG_5Y | terms]), mark_usd_per_mm=table,
        dv01_usd_per_bp_per_mm=table, held_dv01_usd_per_bp_per_mm=table,
    )  # fmt: skip
    assert summary.break_even_move_bps.tolist() == [1.1]
    assert summary.round_trip_cost_usd.tolist() == pytest.approx([1.1 * 460 * 10])


def test_every_component_by_hand():
    """10 of 1,000 million a day at 2 bp of daily deviation: 0.5 x 2 x sqrt(0.01) = 0.1 bp."""
    rules = rule_table([IG_5Y | IMPACT | {"fee_usd_per_mm": 5.0}])
    signal, level = np.array([[1.0, -1.0, -1.0]]), np.full((1, 3), 60.0)
    deviation = np.array([[np.nan, 2.0, 2.0]])
    days = simulate(signal, level, rules, level_change_sd_bps=deviation)
    # Nothing moves the price while nobody knows how much it moves; the reversal trades two legs.
    assert days.impact_cost_usd[0].tolist() == [0.0, 2 * 0.1 * 475 * 10, 0.0]
    assert days.half_spread_cost_usd[0].tolist() == [4750.0, 9500.0, 0.0]
    assert days.fee_cost_usd[0].tolist() == [50.0, 100.0, 0.0]
    assert days.cost_usd[0].tolist() == [4800.0, 9500.0 + 100.0 + 950.0, 0.0]


@pytest.mark.parametrize(("vix", "ratio"), [(29.99, 1.0), (30.0, 3.0), (np.nan, 1.0)])
def test_a_stressed_market_widens_all_but_the_fee(vix, ratio):
    """The VIX of the same close decides; a fee is what a contract says."""
    stress = {"stressed_vix_pts": 30.0, "stressed_cost_ratio": 3.0, "fee_usd_per_mm": 5.0}
    repriced = {"pnl_model": "repriced", "roll_cost_bps": 0.5}
    table = np.full((1, 3), 475.0)
    calm, stressed = (
        simulate(
            np.array([[1.0, 1.0, 0.0]]), np.full((1, 3), 60.0),
            rule_table([IG_5Y | IMPACT | repriced | rules]), mark_usd_per_mm=table * 0,
            dv01_usd_per_bp_per_mm=table, held_dv01_usd_per_bp_per_mm=table,
            level_change_sd_bps=table * 0 + 2.0, vix_close_pts=table * 0 + vix,
            cumulative_roll_dv01_usd_per_bp_per_mm=np.array([[0.0, 440.0, 440.0]]),
        )
        for rules in ({"fee_usd_per_mm": 5.0}, stress)
    )  # fmt: skip
    for name in COMPONENTS:
        given, widened = getattr(calm, name)[0], getattr(stressed, name)[0]
        assert given.sum() > 0, name
        expected = given if name == "fee_cost_usd" else given * ratio
        assert widened.tolist() == pytest.approx(expected.tolist(), rel=1e-15), name


def test_components_are_the_cost_to_the_last_bit():
    """Whoever adds the columns up must find the cost, not a cost."""
    rng = np.random.default_rng(5)
    shape = (1, 500)
    stress = {"fee_usd_per_mm": 1.1, "stressed_vix_pts": 20.0, "stressed_cost_ratio": 1.7}
    rules = [IG_5Y | IMPACT | stress, IG_5Y]
    days = simulate(
        rng.normal(size=shape), 60 + rng.normal(size=shape), rule_table(rules),
        level_change_sd_bps=rng.uniform(0.3, 3.0, shape), vix_close_pts=rng.uniform(10, 40, shape),
    )  # fmt: skip
    parts = [getattr(days, name) for name in COMPONENTS]
    assert (((parts[0] + parts[1]) + parts[2]) + parts[3] == days.cost_usd).all()
    assert (days.cost_usd[1] == days.opening_cost_usd[1] + days.closing_cost_usd[1]).all()
    summary = simulate_summaries(
        rng.normal(size=shape), 60 + rng.normal(size=shape), rule_table(rules),
        level_change_sd_bps=rng.uniform(0.3, 3.0, shape),
    )  # fmt: skip
    total = sum(getattr(summary, name) for name in COMPONENTS)
    np.testing.assert_allclose(total, summary.total_cost_usd, rtol=1e-13)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"impact_ratio": 0.5}, "impact_ratio must be null for price quotes and without"),
        (IMPACT | {"quote_kind": "price"}, "impact_ratio must be null for price quotes"),
        ({"fee_usd_per_mm": -1.0}, "fee_usd_per_mm must be a finite number >= 0"),
        ({"stressed_cost_ratio": inf}, "stressed_cost_ratio must be null or a finite number >= 0"),
        ({"start_offset_sessions": 1.5}, "start_offset_sessions must be an integer >= 0"),
    ],
)
def test_a_cost_that_means_nothing_is_refused(rules, message):
    with pytest.raises(ValueError, match=message):
        rule_table([IG_5Y | rules])
