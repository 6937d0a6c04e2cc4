"""Hand-worked cases of the backtest: one rule each, figures that fit on a napkin.

Sources: the three P&L examples and the cost examples of the CDX knowledge base the overlay desk
started from, and the sign convention (+1 = long credit risk = protection sold).
"""

import os
import subprocess
import sys
from math import inf, nan, sqrt

import numpy as np
import pytest

from overlay_runs import rule_table, simulate, simulate_summaries
from parspread.overlay.rules import RuleTable
from parspread.overlay.status import DayStatus, ExitReason

IG_5Y = {
    "position_size_mm": 10.0,
    "transaction_cost": 0.0,
    "dv01_usd_per_bp_per_mm": 475.0,
    "signal_lag_sessions": 0,
}


def run(signal, level, level_change_sd_bps=None, mark_usd_per_mm=None, contracts=None, **rules):
    """Simulate one run on $10MM of IG 5Y and return its days."""
    extra = {
        name: np.array([values], dtype=float)
        for name, values in (
            ("level_change_sd_bps", level_change_sd_bps),
            ("mark_usd_per_mm", mark_usd_per_mm),
            *(contracts or {}).items(),
        )
        if values is not None
    }
    table = rule_table([IG_5Y | rules])
    return simulate(np.array([signal], float), np.array([level], float), table, **extra)


def positions(days):
    return days.position_notional_mm[0].tolist()


def reasons(days):
    """Return {day: word} of the exits."""
    codes = enumerate(days.exit_reason[0])
    return {day: ExitReason(code).name.lower() for day, code in codes if code}


@pytest.mark.parametrize(
    ("signal", "level", "pnl_usd"),
    [(1, [100, 98], 9500.0), (1, [100, 103], -14250.0), (-1, [100, 105], 23750.0)],
)
def test_pnl_is_minus_position_times_spread_change_times_dv01(signal, level, pnl_usd):
    """The three printed examples: long tightening, long widening, short widening."""
    days = run([signal, signal], level)
    assert days.gross_pnl_usd[0].tolist() == [0.0, pnl_usd]


@pytest.mark.parametrize(
    ("rules", "leg_usd"),
    [
        ({"cost_unit": "notional_bps", "transaction_cost": 1.0}, 1000.0),
        (
            {
                "cost_unit": "notional_bps",
                "transaction_cost": 1.0,
                "sizing_mode": "proportional",
                "position_size_mm": 5.0,
            },
            500.0,
        ),
        ({"cost_unit": "spread_bps", "transaction_cost": 1.0}, 4750.0),
        ({"cost_unit": "pct_of_level", "transaction_cost": 0.025}, 2500.0),
        ({"cost_unit": "price_pts", "transaction_cost": 0.05}, 5000.0),
    ],
)
def test_every_leg_pays_its_cost_in_the_unit_of_the_catalog(rules, leg_usd):
    """1 bp of notional is $1,000 on $10MM; 1 bp of spread is DV01 * notional, 4.75 times that."""
    days = run([1, 1, 0], [100, 100, 100], **rules)
    assert days.opening_cost_usd[0].tolist() == [leg_usd, 0.0, 0.0]
    assert days.closing_cost_usd[0].tolist() == [0.0, 0.0, leg_usd]


def test_a_price_product_earns_its_return_on_the_notional():
    """A fund bought at 80 and sold at 82 earned 2.5 percent of $10MM."""
    days = run([1, 1, 0], [80, 80, 82], quote_kind="price", cost_unit="notional_bps")
    assert days.gross_pnl_usd[0].tolist() == pytest.approx([0, 0, 250_000])


def test_a_repriced_run_earns_the_change_of_its_mark():
    """A mark carries coupon and roll, so the P&L is the change of the mark, gaps included."""
    days = run([1, 1, 1, 1], [100] * 4, mark_usd_per_mm=[0, 50, nan, 20], pnl_model="repriced")
    assert days.gross_pnl_usd[0][[0, 1, 3]].tolist() == [0, 500, -300]
    assert days.status[0].tolist() == [0, 0, DayStatus.NO_MARK, 0]


# A roll on the third day: the new series quotes 5 bp wider, on a DV01 of 460 instead of 420.
ROLL = {
    "dv01_usd_per_bp_per_mm": [430.0, 425.0, 460.0, 458.0],
    "held_dv01_usd_per_bp_per_mm": [430.0, 425.0, 420.0, 458.0],
    "cumulative_roll_gap_bps": [0.0, 0.0, 5.0, 5.0],
    "cumulative_roll_dv01_usd_per_bp_per_mm": [0.0, 0.0, 440.0, 440.0],
}
REPRICED = {
    "pnl_model": "repriced",
    "cost_unit": "spread_bps",
    "transaction_cost": 0.5,
    "roll_cost_bps": 0.5,
}


def test_a_repriced_run_pays_the_dv01_of_the_day_and_for_every_roll_that_it_carries():
    """A basis point of spread costs what the contract makes of it, in the series that is traded."""
    mark = [0.0, 10.0, 20.0, 30.0]
    days = run([1, 1, 1, 0], [60, 60, 65, 65], None, mark, ROLL, **REPRICED)
    assert days.opening_cost_usd[0].tolist() == [0.5 * 430 * 10, 0, 0, 0]
    assert days.roll_cost_usd[0].tolist() == [0, 0, 0.5 * 440 * 10, 0]
    assert days.closing_cost_usd[0].tolist() == [0, 0, 0, 0.5 * 458 * 10]
    assert days.net_pnl_usd[0].tolist() == [-2150, 100, 100 - 2200, 100 - 2290]


def test_a_position_closed_on_the_roll_is_closed_in_the_old_series_and_not_rolled():
    """Nobody pays to move a position that is given up; a new one opens in the new series."""
    mark = [0.0, 10.0, 20.0, 30.0]
    days = run([1, 1, -1, -1], [60, 60, 65, 65], None, mark, ROLL, **REPRICED)
    assert days.roll_cost_usd[0].tolist() == [0, 0, 0, 0]
    assert days.closing_cost_usd[0, 2] == 0.5 * 420 * 10
    assert days.opening_cost_usd[0, 2] == 0.5 * 460 * 10


def test_only_the_notional_that_is_carried_over_pays_the_roll():
    """What a rebalance adds on the session of the roll is bought in the new series."""
    mark = [0.0, 10.0, 20.0, 30.0]
    days = run(
        [1, 1, 2, 2], [60, 60, 65, 65], None, mark, ROLL, sizing_mode="proportional", **REPRICED
    )
    assert days.roll_cost_usd[0, 2] == 0.5 * 440 * 10
    assert days.opening_cost_usd[0, 2] == 0.5 * 460 * 10


@pytest.mark.parametrize("timing", ["next_close", "same_close"])
def test_a_stop_in_basis_points_does_not_see_a_roll(timing):
    """The quote jumps by 5 bp because the contract is another one; the position lost nothing."""
    stop = {"stop_basis": "spread_bps", "stop_loss": 3.0, "stop_timing": timing}
    mark = [0.0, 0.0, 0.0, 0.0]
    days = run([1, 1, 1, 1], [60, 60, 65, 65], None, mark, ROLL, **REPRICED, **stop)
    assert reasons(days) == {}
    days = run([1, 1, 1, 1], [60, 60, 65, 65], **stop)
    assert set(reasons(days).values()) == {"stop_loss"}, "a generic spread does jump"


def test_a_roll_cost_is_no_business_of_a_constant_dv01():
    """That model knows a spread and nothing of the series behind it."""
    rules = REPRICED | {"pnl_model": "constant_dv01"}
    days = run([1, 1, 1, 1], [60, 60, 65, 65], None, None, ROLL, **rules)
    assert days.cost_usd[0].tolist() == [0.5 * 475 * 10, 0, 0, 0]


def test_a_reversal_splits_its_cost_between_the_old_and_the_new_trade():
    """Trade P&L needs each leg on its own trade; only the total is known to the older systems."""
    days = run([0.5, -1, -1], [100, 101, 99], sizing_mode="proportional", transaction_cost=1.0)
    assert positions(days) == [5.0, -10.0, -10.0]
    assert days.closing_cost_usd[0].tolist() == [0, 2375, 0]
    assert days.opening_cost_usd[0].tolist() == [2375, 4750, 0]
    assert days.held_trade_number[0].tolist() == [0, 1, 2]
    assert days.open_trade_number[0].tolist() == [1, 2, 2]
    assert days.gross_pnl_usd[0].tolist() == [0, -2375, -9500]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("hold", [10, 0, 0, 10, 0, -10]),
        ("reverse", [10, -10, 0, 10, -10, -10]),
        ("reverse_if_entry", [10, 0, 0, 10, -10, -10]),
    ],
)
def test_what_an_opposite_signal_does_is_an_option(policy, expected):
    """-0.5 is below the entry threshold and -1.5 passes it; closing is left to the exit rule."""
    signal = [1, -0.5, 0, 1, -1.5, -1.5]
    days = run(signal, [100] * 6, entry_threshold=1.0, opposite_signal_policy=policy)
    assert positions(days) == expected


def test_a_position_is_kept_against_the_signal_when_only_the_magnitude_is_tested():
    """The notebook's rule, at any size: and a kept position is not resized by that signal."""
    days = run(
        [1, -2, 0.1], [100] * 3, exit_basis="magnitude", exit_threshold=0.5,
        opposite_signal_policy="hold", sizing_mode="proportional",
    )  # fmt: skip
    assert positions(days) == [10, 10, 0]


def test_a_signal_at_the_threshold_enters_only_when_the_comparison_includes_it():
    """1.5 against a threshold of 1.5 is the case on which the two replaced systems differ."""
    at_or_above = run([1.5], [100], entry_threshold=1.5)
    above = run([1.5], [100], entry_threshold=1.5, entry_comparison="above")
    assert (positions(at_or_above), positions(above)) == ([10], [0])


def test_the_exit_threshold_closes_before_zero():
    """|s| < 0.75 closes; exactly 0.75 holds."""
    days = run([2, 0.75, 0.74, 0.9], [100] * 4, entry_threshold=1.5, exit_threshold=0.75)
    assert positions(days) == [10, 10, 0, 0]
    assert reasons(days) == {2: "signal"}


@pytest.mark.parametrize(
    ("rules", "exit_at_once"),
    [
        ({"stop_basis": "spread_bps", "stop_loss": 4.9}, True),
        ({"stop_basis": "spread_bps", "stop_loss": 5.0}, False),
        ({"stop_basis": "usd", "stop_loss": 23_749}, True),
        ({"stop_basis": "usd", "stop_loss": 23_750}, False),
        ({"stop_basis": "pct_notional", "stop_loss": 0.2374}, True),
        ({"stop_basis": "pct_notional", "stop_loss": 0.2375}, False),
        ({"stop_basis": "pct_dv01_usd", "stop_loss": 499}, True),
        ({"stop_basis": "pct_dv01_usd", "stop_loss": 500}, False),
        ({"stop_basis": "usd_per_mm", "stop_loss": 237_499}, True),
        ({"stop_basis": "usd_per_mm", "stop_loss": 237_500}, False),
        ({"stop_basis": "sigma_bps", "stop_loss": 2.49}, True),
        ({"stop_basis": "sigma_bps", "stop_loss": 2.5}, False),
    ],
)
def test_a_stop_fires_beyond_its_limit_in_each_unit(rules, exit_at_once):
    """Long $10MM, 5 bp wider: -$23,750, 0.2375 percent of notional, 2.5 deviations of 2 bp."""
    days = run(
        [1, 1, 1], [100, 105, 105], level_change_sd_bps=[2, 9, 9], stop_timing="same_close", **rules
    )
    assert (1 in reasons(days)) == exit_at_once
    assert (2 in reasons(days)) is False


def test_a_take_profit_fires_beyond_its_limit():
    """Long $10MM, 5 bp tighter: +$23,750, which is the limit and not beyond it."""
    options = {"stop_basis": "usd", "stop_timing": "same_close"}
    beyond = run([1, 1], [100, 95], take_profit=23_749, **options)
    at_limit = run([1, 1], [100, 95], take_profit=23_750, **options)
    assert (reasons(beyond), reasons(at_limit)) == ({1: "take_profit"}, {})


def test_a_sigma_stop_widens_with_the_square_root_of_the_sessions_held():
    """After four sessions a 1-deviation stop of 2 bp stands at 4 bp."""
    level = [100, 100, 100, 100, 100 + 2 * sqrt(4) + 0.01]
    signal = [1] * 5
    options = {"stop_basis": "sigma_bps", "stop_loss": 1.0, "stop_timing": "same_close"}
    beyond = run(signal, level, level_change_sd_bps=[2] * 5, **options)
    level[-1] -= 0.02
    inside = run(signal, level, level_change_sd_bps=[2] * 5, **options)
    assert (reasons(beyond), reasons(inside)) == ({4: "stop_loss"}, {})


def test_a_sigma_stop_without_a_deviation_says_that_it_is_not_armed():
    """A position without its stop must not look like one with it."""
    days = run([1, 1, 0], [100, 200, 100], [0, 1, 1], stop_basis="sigma_bps", stop_loss=1.0)
    assert reasons(days) == {2: "signal"}
    assert days.status[0].tolist() == [DayStatus.STOP_NOT_ARMED, DayStatus.STOP_NOT_ARMED, 0]


@pytest.mark.parametrize(("timing", "exit_day"), [("next_close", 2), ("same_close", 1)])
def test_a_stop_is_filled_at_the_close_that_shows_it_or_at_the_next(timing, exit_day):
    """Deciding and filling on one close assumes a fill at a price already known."""
    days = run([1] * 4, [100, 110, 111, 111], stop_basis="usd", stop_loss=1, stop_timing=timing)
    assert reasons(days) == {exit_day: "stop_loss"}


def test_a_pnl_exit_is_named_before_the_holding_limit():
    """On the row that ends the holding period a stop is still a stop."""
    options = {"stop_basis": "usd", "stop_timing": "same_close", "max_holding_sessions": 1}
    assert reasons(run([1, 1], [100, 101], stop_loss=1, **options)) == {1: "stop_loss"}
    assert reasons(run([1, 1], [100, 99], take_profit=1, **options)) == {1: "take_profit"}
    assert reasons(run([1, 1], [100, 99], stop_loss=1, **options)) == {1: "max_holding"}


def test_the_pnl_of_a_reversal_row_belongs_to_the_trade_that_earned_it():
    """Counted for the new trade it would stop a position that has lost nothing."""
    case = {"signal": [1, -1, -1, -1], "level": [100, 110, 110, 110]}
    closed = run(**case, stop_basis="usd", stop_loss=1)
    new = run(**case, stop_basis="usd", stop_loss=1, reversal_pnl_owner="new_position")
    assert reasons(closed) == {1: "reversal"}
    assert reasons(new) == {1: "reversal", 2: "stop_loss"}


def test_a_position_earns_as_many_moves_as_its_holding_limit():
    """Entered on row 0 with a limit of 3, closed on row 3 after three daily moves."""
    days = run([1] * 5, [100, 99, 98, 97, 96], max_holding_sessions=3)
    assert days.held_sessions[0].tolist() == [0, 1, 2, 0, 0]
    assert days.gross_pnl_usd[0].tolist() == [0, 4750, 4750, 4750, 0]
    assert reasons(days) == {3: "max_holding"}


@pytest.mark.parametrize(
    ("release", "entries"),
    [
        ("none", [0, 2, 4, 6, 8]),
        ("next_session", [0, 3, 6]),
        ("sessions", [0, 4, 8]),
        ("signal_crosses_zero", [0, 4, 8]),
        ("zero_signal", [0, 8]),
    ],
)
def test_each_cooldown_lets_the_next_trade_in_on_its_own_day(release, entries):
    """Time exits on a signal that turns negative on day 3 and is zero on day 7."""
    days = run(
        [1, 1, 1, -1, -1, -1, -1, 0, -1], [100] * 9, max_holding_sessions=1,
        cooldown_release=release, cooldown_sessions=2, opposite_signal_policy="hold",
    )  # fmt: skip
    opened = days.open_trade_number[0]
    starts = [int(np.argmax(opened == trade)) for trade in range(1, opened.max() + 1)]
    assert starts == entries


@pytest.mark.parametrize(
    ("policy", "status", "position", "pnl"),
    [
        ("hold", DayStatus.MISSING_SIGNAL_HELD, [10, 10, 10], [0, 4750, 4750]),
        ("flatten", DayStatus.MISSING_SIGNAL_FLATTENED, [10, 0, 10], [0, 4750, 0]),
        ("drop_row", DayStatus.MISSING_SIGNAL_DROPPED, [10, nan, 10], [0, nan, 9500]),
    ],
)
def test_a_missing_signal_holds_flattens_or_drops_the_row(policy, status, position, pnl):
    """Dropping the row books two days of P&L on one and hides a day of risk."""
    days = run([1, nan, 1], [100, 99, 98], missing_signal_policy=policy)
    assert days.status[0].tolist() == [0, status, 0]
    np.testing.assert_array_equal(days.position_notional_mm[0], position)
    np.testing.assert_array_equal(days.gross_pnl_usd[0], pnl)


def test_an_infinite_signal_is_missing_unless_it_is_declared_zero():
    """A score over a zero deviation is no view on credit; the replaced engine sold on it."""
    missing = run([1, inf, 1], [100] * 3)
    zero = run([1, inf, 1], [100] * 3, infinite_signal_policy="zero")
    assert positions(missing) == [10, 10, 10]
    assert positions(zero) == [10, 0, 10]
    assert missing.status[0, 1] == zero.status[0, 1] == DayStatus.NONFINITE_SIGNAL


def test_the_signal_is_lagged_over_the_sessions_of_the_instrument():
    """With a holiday between them, the signal of the session before is two columns back."""
    signal, level = [1, 5, 0, 0], [100, nan, 100, 100]
    sessions = run(signal, level, signal_lag_sessions=1)
    rows = run(signal, level, signal_lag_sessions=1, lag_basis="signal_rows")
    np.testing.assert_array_equal(sessions.signal[0], [nan, nan, 1, 0])
    np.testing.assert_array_equal(rows.signal[0], [nan, nan, 5, 0])
    assert sessions.status[0].tolist() == [
        DayStatus.MISSING_SIGNAL_HELD, DayStatus.NO_SESSION, DayStatus.OK, DayStatus.OK,
    ]  # fmt: skip


def test_small_changes_of_a_proportional_position_stay_inside_the_band():
    """A band of 0.2 of the size trades only changes above $2MM; entry, exit, reversal always."""
    days = run(
        [0.1, 0.25, 0.45, 0.64, -0.1, 0], [100] * 6, sizing_mode="proportional",
        rebalance_band_share=0.2, transaction_cost=1.0,
    )  # fmt: skip
    assert positions(days) == [1, 1, 4.5, 4.5, -1, 0]
    assert days.cost_usd[0].tolist() == pytest.approx([475, 0, 1662.5, 0, 2612.5, 475])


def test_the_cap_limits_every_position_and_the_band_is_measured_after_it():
    """A capped position whose signal grows further has nothing to trade."""
    days = run(
        [0.5, 2, 3, -4], [100] * 4, sizing_mode="proportional", position_cap_mm=12.0,
        rebalance_band_share=0.1,
    )  # fmt: skip
    assert positions(days) == [5, 12, 12, -12]
    assert positions(run([1], [100], position_cap_mm=4.0)) == [4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"position_size_mm": -1}, "position_size_mm must be a finite number > 0; run 1 was -1"),
        ({"position_size_mm": None}, "position_size_mm must be .*; run 1 was None"),
        ({"transaction_cost": "1bp"}, "transaction_cost must be .* run 1 was '1bp'"),
        ({"sizing_mode": "binry"}, "sizing_mode must be one of binary, .*; run 1 was 'binry'"),
        ({"stop_loss": 0}, "stop_loss must be null or > 0; run 1 was 0"),
        ({"max_holding_sessions": 2.5}, "max_holding_sessions must be .*; run 1 was 2.5"),
        ({"max_holding_sessions": inf}, "max_holding_sessions must be .*; run 1 was inf"),
        ({"signal_lag_sessions": -1}, "signal_lag_sessions must be .* >= 0; run 1 was -1"),
        ({"stop_los": 5}, "rule field must be one of .*; field was 'stop_los'"),
        ({"dv01_usd_per_bp_per_mm": nan}, "dv01_usd_per_bp_per_mm must be given .*; run 1 was nan"),
        (
            {"entry_threshold": 1, "exit_threshold": 2},
            "exit_threshold must be at most entry_threshold; run 1 was 2",
        ),
        (
            {"quote_kind": "price", "stop_basis": "spread_bps"},
            "stop_basis must be .*price quotes; run 1 was spread_bps",
        ),
        (
            {"quote_kind": "price", "pnl_model": "entry_spread_cumulated"},
            "pnl_model must be .*; run 1 was entry_spread_cumulated",
        ),
    ],
)
def test_a_wrong_rule_names_its_field_run_and_value(change, message):
    """A sweep of a thousand rows needs the row that is wrong, not a stack trace."""
    with pytest.raises(ValueError, match=message):
        rule_table([IG_5Y, IG_5Y | change])


def test_a_column_of_another_length_is_refused():
    """Two runs with one size would silently share or shift rules."""
    with pytest.raises(ValueError, match=r"one value per run \(2\); length was 1"):
        RuleTable.from_columns({"position_size_mm": [1.0]}, run_count=2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signal": np.ones(3)}, "signal must be two-dimensional .*; shape was"),
        (
            {"signal": np.ones((1, 2))},
            r"signal must have one column per day .*; shape was \(1, 2\)",
        ),
        ({"level": np.ones((2, 3))}, "level_index must be given .*; series_count was 2"),
        ({"level": np.array([[1, inf, 1]])}, "level must be finite.*; series 0, day 1 was inf"),
        ({"level": np.array([[1, 1, 0.0]])}, "level must be > 0 for price.* day 2 was 0.0"),
        ({"signal_index": np.array([1])}, r"signal_index must be in \[0, 1\); run 0 was 1"),
        ({"signal_index": np.array([0.0])}, "signal_index must be one integer per run"),
        ({"signal_has_row": np.ones((1, 2), bool)}, r"signal_has_row .*; shape was \(1, 2\)"),
        ({"level_change_sd_bps": np.ones((1, 2))}, r"level_change_sd_bps .*; shape was \(1, 2\)"),
    ],
)
def test_a_wrong_call_names_its_argument_place_and_value(change, message):
    """A malformed call stops; only rows may fail one by one."""
    record = IG_5Y | {"quote_kind": "price", "cost_unit": "notional_bps"}
    call = {"signal": np.ones((1, 3)), "level": np.ones((1, 3))} | change
    with pytest.raises(ValueError, match=message):
        simulate(rules=rule_table([record]), **call)


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        ({"stop_basis": "sigma_bps", "stop_loss": 1}, "level_change_sd_bps"),
        ({"pnl_model": "repriced"}, "mark_usd_per_mm"),
    ],
)
def test_an_array_that_a_run_needs_must_be_given(rules, name):
    """A stop without its deviation, or a mark that is not there, is a wrong call."""
    with pytest.raises(ValueError, match=f"{name} must be given; run 0 uses it, was None"):
        run([1], [100], **rules)


def test_unused_dv01_may_be_null_for_price_quotes():
    """A fund has no DV01; the catalog leaves the cell empty."""
    record = {"position_size_mm": 1, "transaction_cost": 0, "quote_kind": "price"}
    table = rule_table([record | {"cost_unit": "notional_bps"}])
    assert np.isnan(table.records.dv01_usd_per_bp_per_mm[0])


def test_options_take_words_members_and_codes_and_nulls_take_the_default():
    """Catalog files hold words or empty cells, Python code holds members."""
    words = rule_table([IG_5Y | {"stop_basis": "usd", "sizing_mode": None}])
    codes = rule_table([IG_5Y | {"stop_basis": 2, "sizing_mode": nan}])
    assert words.records[0] == codes.records[0]


def test_summaries_of_a_hand_worked_run():
    """Long 100 to 98, flat, short 98 to 99: one point and two, less four legs of $475."""
    table = rule_table([IG_5Y | {"transaction_cost": 0.1}])
    signal, level = np.array([[1.0, 1, 0, -1, 0]]), np.array([[100.0, 98, 98, 98, 99]])
    summary = simulate_summaries(signal, level, table)
    assert summary.total_gross_pnl_usd[0] == 9500 + 4750
    assert summary.total_cost_usd[0] == 4 * 475
    assert summary.total_net_pnl_usd[0] == 14250 - 1900
    assert summary.winning_trade_count[0] == summary.closed_trade_count[0] == 2
    assert summary.mean_holding_sessions[0] == 1.5
    assert summary.max_drawdown_usd[0] == -950
    assert summary.traded_notional_mm[0] == 40
    net = np.array([-475, 9500, -475, -475, 4275])
    assert summary.mean_net_pnl_usd[0] == pytest.approx(net.mean())
    assert summary.sd_net_pnl_usd[0] == pytest.approx(net.std(ddof=1))


def test_a_run_without_rows_has_no_statistics():
    """No session at all: counts are zero, means are undefined, nothing is invented."""
    summary = simulate_summaries(np.array([[1.0]]), np.array([[nan]]), rule_table([IG_5Y]))
    assert summary.row_count[0] == 0
    assert np.isnan(summary.mean_net_pnl_usd[0])
    assert np.isnan(summary.sd_net_pnl_usd[0])
    assert np.isnan(summary.mean_holding_sessions[0])


PLAIN_RUN = """
import numpy as np
from parspread.overlay.backtest import Series, simulate
from parspread.overlay.rules import RuleTable
rng = np.random.default_rng(0)
signal, level = rng.normal(size=(1, 400)), 100 + rng.normal(size=(1, 400)).cumsum(axis=1)
record = {"position_size_mm": 10, "transaction_cost": 0.5, "dv01_usd_per_bp_per_mm": 475,
          "sizing_mode": "proportional", "stop_loss": 3, "stop_basis": "spread_bps",
          "signal_lag_sessions": 1, "pnl_model": "constant_dv01"}
days = simulate(Series(signal, level), RuleTable.from_records([record]))
print(days.cumulative_pnl_usd[0, -1].hex(), days.exit_reason.sum())
"""


def test_with_the_compiler_switched_off_the_same_functions_give_the_same_bits():
    """What one steps through with a debugger is what runs."""
    outputs = [
        subprocess.run(
            [sys.executable, "-c", PLAIN_RUN],
            env=os.environ | {"NUMBA_DISABLE_JIT": switch},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for switch in ("1", "0")
    ]
    assert outputs[0] == outputs[1] != ""


def test_a_size_follows_the_risk_known_when_it_is_decided_on():
    """Half the DV01 is twice the notional; the close of the fill moves no size.

    The signal of the first session is filled at the second, by what the first close knew.
    """
    deviation, flat = [2.0, 4.0, 4.0, 4.0], [0.0] * 4
    dv01 = {"risk_dv01_usd_per_bp_per_mm": [500.0, 250.0, 250.0, 250.0]}
    lagged = {"signal_lag_sessions": 1, "pnl_model": "repriced"}
    by_dv01 = {"size_rule": "dv01", "size_target_usd": 4000.0}
    by_volatility = {"size_rule": "volatility", "size_target_usd": 4000.0 * 2 * sqrt(252)}
    for rule in (by_dv01, by_volatility):
        days = run([1] * 4, [100] * 4, deviation, flat, dv01, **lagged, **rule)
        assert positions(days) == pytest.approx([0, 8, 8, 8])
    rule = by_dv01 | {"sizing_mode": "proportional"}
    days = run([1, 1, 1, 0.5], [100] * 4, deviation, flat, dv01, **lagged, **rule)
    assert positions(days) == [0, 8, 16, 16]


def test_without_a_volatility_nothing_is_opened_and_the_day_says_so():
    """A zero deviation would make an infinite position; what is held stays as it is."""
    rules = {"exit_threshold": 0.5, "size_rule": "volatility", "size_target_usd": 4e4}
    days = run([1, 1, 1, 1, 0], [100] * 5, [nan, 0, 2, nan, nan], **rules)
    names = [DayStatus(code).name for code in days.status[0]]
    assert names == ["NO_SIZE", "NO_SIZE", "OK", "NO_SIZE", "NO_SIZE"]
    size = 4e4 / (2 * 475 * sqrt(252))
    assert positions(days) == pytest.approx([0, 0, size, size, 0])
