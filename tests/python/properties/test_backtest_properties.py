"""What holds for every rule and every series: equality with the twin, and the invariants.

Levels, deviations and signals are drawn from coarse grids, so that thresholds, stops and holding
limits are hit exactly as often as they are missed.
"""

import dataclasses
from math import inf, nan

import numpy as np
import pytest
from backtest_twin import NO_CONTRACT, twin
from hypothesis import given
from hypothesis import strategies as st

from examples import examples
from overlay_runs import rule_table, simulate, simulate_summaries
from parspread.overlay.backtest import BacktestDays
from parspread.overlay.status import DayStatus, ExitReason

ONE_OF = {
    "position_size_mm": [1.0, 10.0],
    "transaction_cost": [0.0, 0.5],
    "dv01_usd_per_bp_per_mm": [400.0],
    "sizing_mode": ["binary", "proportional"],
    "position_cap_mm": [None, 8.0],
    "rebalance_band_share": [0.0, 0.25],
    "entry_threshold": [None, 0.5, 1.0],
    "entry_comparison": ["at_or_above", "above"],
    "exit_threshold": [None, 0.0, 0.25, 0.5],
    "exit_basis": ["signed", "magnitude"],
    "opposite_signal_policy": ["hold", "reverse", "reverse_if_entry"],
    "stop_loss": [None, 0.25, 1.0, 100.0, 100_000.0],
    "take_profit": [None, 0.25, 2.0, 100_000.0],
    "stop_basis": [
        "pct_notional", "spread_bps", "usd", "sigma_bps", "pct_dv01_usd", "usd_per_mm",
    ],
    "stop_timing": ["next_close", "same_close"],
    "max_holding_sessions": [None, 1, 3],
    "cooldown_release": ["zero_signal", "next_session", "signal_crosses_zero", "sessions", "none"],
    "cooldown_sessions": [1, 2],
    "reversal_pnl_owner": ["new_position", "closed_position"],
    "signal_lag_sessions": [0, 1, 2],
    "lag_basis": ["signal_rows", "instrument_sessions"],
    "missing_signal_policy": ["drop_row", "hold", "flatten"],
    "infinite_signal_policy": ["zero", "missing"],
    "quote_kind": ["spread", "price"],
    "cost_unit": ["notional_bps", "spread_bps", "pct_of_level", "price_pts"],
    "pnl_model": ["constant_dv01", "repriced", "entry_spread_cumulated"],
    "roll_cost_bps": [0.0, 0.5],
    "fee_usd_per_mm": [0.0, 3.0],
    "impact_ratio": [0.0, 0.8],
    "average_daily_volume_mm": [400.0],
    "stressed_vix_pts": [None, 30.0],
    "stressed_cost_ratio": [1.0, 3.0],
    "start_offset_sessions": [0, 0, 3],
}  # fmt: skip
SIGNALS = [nan, inf, -inf, 0.0, 0.0, 5e-10, -0.1] + [x / 4 for x in range(-8, 9)]
LEVELS = [nan] + [100 + x / 2 for x in range(-8, 9)]


def legal(record):
    """Turn contradicting draws into a record that the rule table accepts."""
    if record["quote_kind"] == "price":
        if record["stop_basis"] in ("spread_bps", "sigma_bps"):
            record["stop_basis"] = "pct_notional"
        if record["pnl_model"] == "entry_spread_cumulated":
            record["pnl_model"] = "constant_dv01"
        record["impact_ratio"] = 0.0
    return record


records = st.fixed_dictionaries({k: st.sampled_from(v) for k, v in ONE_OF.items()}).map(legal)
day_rows = st.lists(
    st.tuples(
        st.sampled_from(SIGNALS),
        st.sampled_from(LEVELS),
        st.sampled_from([nan, 0.0, 0.5, 1.0]),
        st.sampled_from([nan, 0.0, 250.0, -250.0, 500.0]),
        st.sampled_from([True, True, True, False]),
        st.sampled_from([nan, 420.0, 450.0]),
        st.sampled_from([nan, 380.0, 440.0]),
        st.sampled_from([0.0, 0.0, 0.5, 3.0]),
        st.sampled_from([0.0, 0.0, 430.0]),
        st.sampled_from([0.0, 0.0, 1.0]),
        st.sampled_from([nan, 15.0, 30.0]),
    ),
    min_size=1,
    max_size=40,
)


def random_record(rng):
    return legal({name: values[rng.integers(len(values))] for name, values in ONE_OF.items()})


def random_market(rng, series_count, day_count, missing_share=0.06):
    """Return signal, level, deviation and mark tables with holes and infinite signals."""
    shape = (series_count, day_count)
    signal = np.round(rng.normal(size=shape).cumsum(axis=1) % 4 - 2, 2)
    signal[rng.random(shape) < missing_share] = nan
    signal[rng.random(shape) < missing_share / 3] = inf
    signal[rng.random(shape) < missing_share] = 0.0
    level = 100 + np.round(rng.normal(size=shape).cumsum(axis=1), 1) % 40
    level[rng.random(shape) < missing_share] = nan
    sd = np.where(rng.random(shape) < missing_share, nan, rng.choice([0.0, 0.5, 1.0], shape))
    mark = np.round(rng.normal(scale=400, size=shape).cumsum(axis=1))
    mark[rng.random(shape) < missing_share] = nan
    return signal, level, sd, mark


def random_contracts(rng, shape):
    """Return what repriced runs know of the series: its DV01s, and a roll every dozen days."""
    is_roll = rng.random(shape) < 1 / 12
    return {
        "dv01_usd_per_bp_per_mm": np.where(rng.random(shape) < 0.1, nan, 450.0),
        "held_dv01_usd_per_bp_per_mm": np.where(is_roll, 420.0, 450.0),
        "cumulative_roll_gap_bps": np.where(is_roll, 5.5, 0.0).cumsum(axis=1),
        "cumulative_roll_dv01_usd_per_bp_per_mm": np.where(is_roll, 435.0, 0.0).cumsum(axis=1),
        "cumulative_unknown_pnl_count": (is_roll & (rng.random(shape) < 0.3)).cumsum(axis=1),
        "vix_close_pts": rng.choice([nan, 15.0, 29.9, 30.0, 45.0], shape),
    }


def contract_days(contracts, series):
    """Return one dict per day, as the twin reads it."""
    return [
        {name: values[series, day] for name, values in contracts.items()}
        for day in range(next(iter(contracts.values())).shape[1])
    ]


def assert_equals_twin(days, run, expected):
    """Compare every field of every day; a day that is no row must be empty."""
    for day, twin_day in enumerate(expected):
        where = f"run {run}, day {day}"
        assert days.is_row[run, day] == twin_day["is_row"], where
        assert DayStatus(days.status[run, day]).name.lower() == twin_day["status"], where
        for field in dataclasses.fields(BacktestDays):
            if field.name in ("is_row", "status"):
                continue
            value = getattr(days, field.name)[run, day]
            if not twin_day["is_row"]:
                assert value == 0 or np.isnan(value), f"{where}: {field.name}"
            elif field.name == "exit_reason":
                assert ExitReason(value).name.lower() == twin_day[field.name], where
            else:
                assert value == pytest.approx(
                    twin_day[field.name], rel=1e-12, abs=1e-7, nan_ok=True
                ), f"{where}: {field.name}"


@examples(200)
@given(records, day_rows)
def test_the_kernel_equals_its_twin_for_any_rules_and_series(record, rows):
    """The twin defines the rules; shrinking finds the shortest series that tells them apart."""
    signal, level, sd, mark, has_row, dv01, held_dv01, *sums, vix = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    tables = (dv01, held_dv01, *(steps.cumsum() for steps in sums), vix)
    contracts = {name: table[None] for name, table in zip(NO_CONTRACT, tables, strict=True)}
    days = simulate(
        signal[None], level[None], rule_table([record]),
        signal_has_row=has_row[None], level_change_sd_bps=sd[None], mark_usd_per_mm=mark[None],
        **contracts,
    )  # fmt: skip
    expected = twin(
        signal.tolist(), level.tolist(), record, sd.tolist(), mark.tolist(), has_row,
        contract_days(contracts, 0),
    )  # fmt: skip
    assert_equals_twin(days, 0, expected)


def simulate_random_runs(seed, run_count=300, day_count=150):
    rng = np.random.default_rng(seed)
    signal, level, sd, mark = random_market(rng, 4, day_count)
    records = [random_record(rng) for _ in range(run_count)]
    signal_index, level_index = rng.integers(4, size=(2, run_count))
    arguments = {
        "signal_index": signal_index,
        "level_index": level_index,
        "level_change_sd_bps": sd,
        "mark_usd_per_mm": mark,
    } | random_contracts(rng, level.shape)
    return signal, level, records, arguments


def test_many_runs_in_one_pass_equal_their_twins_one_by_one():
    """No run may leak state into the next, and each must read its own signal and level."""
    signal, level, records, arguments = simulate_random_runs(seed=1)
    days = simulate(signal, level, rule_table(records), **arguments)
    for run, record in enumerate(records):
        s, k = arguments["signal_index"][run], arguments["level_index"][run]
        expected = twin(
            signal[s].tolist(),
            level[k].tolist(),
            record,
            arguments["level_change_sd_bps"][k].tolist(),
            arguments["mark_usd_per_mm"][k].tolist(),
            contracts=contract_days({name: arguments[name] for name in NO_CONTRACT}, k),
        )
        assert_equals_twin(days, run, expected)
    reasons = set(np.unique(days.exit_reason))
    assert reasons == set(ExitReason), "the draw must exercise every exit"
    assert set(np.unique(days.status)) == set(DayStatus), "the draw must exercise every status"


def test_a_mirrored_signal_gives_mirrored_gross_pnl_and_equal_costs():
    """Without P&L exits nothing in the rules knows up from down."""
    signal, level, records, arguments = simulate_random_runs(seed=2)
    table = rule_table([r | {"stop_loss": None, "take_profit": None} for r in records])
    days = simulate(signal, level, table, **arguments)
    mirrored = simulate(-signal, level, table, **arguments)
    np.testing.assert_array_equal(mirrored.gross_pnl_usd, -days.gross_pnl_usd)
    np.testing.assert_array_equal(mirrored.position_notional_mm, -days.position_notional_mm)
    np.testing.assert_array_equal(mirrored.cost_usd, days.cost_usd)
    assert np.nansum(np.abs(days.gross_pnl_usd)) > 0


def test_doubled_notional_doubles_pnl_and_cost():
    """Every rule but a stop in dollars is relative to the size."""
    signal, level, records, arguments = simulate_random_runs(seed=3)
    records = [
        r | {"stop_basis": "pct_notional"} if r["stop_basis"] == "usd" else r for r in records
    ]
    doubled = [
        r
        | {
            "average_daily_volume_mm": 2 * r["average_daily_volume_mm"],
            "position_size_mm": 2 * r["position_size_mm"],
            "position_cap_mm": r["position_cap_mm"] and 2 * r["position_cap_mm"],
        }
        for r in records
    ]
    days = simulate(signal, level, rule_table(records), **arguments)
    twice = simulate(signal, level, rule_table(doubled), **arguments)
    np.testing.assert_allclose(twice.gross_pnl_usd, 2 * days.gross_pnl_usd, rtol=1e-12)
    np.testing.assert_allclose(twice.cost_usd, 2 * days.cost_usd, rtol=1e-12)


def test_a_flat_run_earns_nothing_and_a_held_one_keeps_its_limits():
    """P&L belongs to the position held into the row; caps and holding limits bind every row."""
    signal, level, records, arguments = simulate_random_runs(seed=4)
    days = simulate(signal, level, rule_table(records), **arguments)
    is_flat = days.is_row & (days.held_trade_number == 0)
    assert is_flat.any()
    assert (days.gross_pnl_usd[is_flat] == 0).all()
    assert (days.closing_cost_usd[is_flat] == 0).all()
    for run, record in enumerate(records):
        if record["position_cap_mm"]:
            assert np.nanmax(np.abs(days.position_notional_mm[run])) <= record["position_cap_mm"]
        if record["max_holding_sessions"]:
            assert days.held_sessions[run].max() < record["max_holding_sessions"]


def test_the_sum_over_trades_is_the_sum_over_days():
    """P&L and closing cost of the trade held in, opening cost of the trade held out: none left."""
    signal, level, records, arguments = simulate_random_runs(seed=5)
    days = simulate(signal, level, rule_table(records), **arguments)
    for run in range(len(records)):
        rows = days.is_row[run]
        held, opened = days.held_trade_number[run][rows], days.open_trade_number[run][rows]
        by_trade = [
            days.gross_pnl_usd[run][rows][held == trade].sum()
            - (days.closing_cost_usd + days.roll_cost_usd)[run][rows][held == trade].sum()
            - days.opening_cost_usd[run][rows][opened == trade].sum()
            for trade in range(1, opened.max(initial=0) + 1)
        ]
        total = np.nansum(days.net_pnl_usd[run])
        assert sum(by_trade) == pytest.approx(total, rel=1e-9, abs=1e-6)


def assert_prefixes_agree(run_engine, signal, level, others, cuts):
    """Cut all inputs after each day of `cuts`: nothing before the cut may change."""
    full = run_engine(signal, level, **others)
    for cut in cuts:
        part = run_engine(
            signal[:, :cut], level[:, :cut], **{name: x[:, :cut] for name, x in others.items()}
        )
        for field in dataclasses.fields(BacktestDays):
            np.testing.assert_array_equal(
                getattr(part, field.name),
                getattr(full, field.name)[:, :cut],
                err_msg=f"cut at {cut}: {field.name}",
            )


def prefix_case(leaks):
    signal, level, records, arguments = simulate_random_runs(seed=6, run_count=120, day_count=80)
    table = rule_table(records)
    index = {name: arguments.pop(name) for name in ("signal_index", "level_index")}

    def run_engine(signal, level, **others):
        seen = np.roll(signal, -1, axis=1) if leaks else signal
        return simulate(seen, level, table, **index, **others)

    assert_prefixes_agree(run_engine, signal, level, arguments, range(1, 80, 3))


def test_nothing_before_a_cut_changes_with_what_comes_after_it():
    """A backtest that reads tomorrow is worthless; the cut may fall on any day."""
    prefix_case(leaks=False)


def test_the_prefix_check_catches_an_engine_that_reads_tomorrow():
    """A guard that cannot fail guards nothing: here the signal is one day early."""
    with pytest.raises(AssertionError, match="cut at"):
        prefix_case(leaks=True)


def test_summaries_are_the_aggregation_of_the_days():
    """Sweeps keep only summaries, so these must be what the days would have said."""
    signal, level, records, arguments = simulate_random_runs(seed=7)
    table = rule_table(records)
    days = simulate(signal, level, table, **arguments)
    summaries = simulate_summaries(signal, level, table, **arguments)
    for run in range(len(table)):
        rows = days.is_row[run]
        net = days.net_pnl_usd[run][rows]
        reason = days.exit_reason[run][rows]
        held = days.held_trade_number[run][rows]
        opened = days.open_trade_number[run][rows]
        closed_trades = held[reason != ExitReason.NONE]
        trade_net = {
            trade: (days.gross_pnl_usd - days.closing_cost_usd - days.roll_cost_usd)[run][rows][
                held == trade
            ].sum()
            - days.opening_cost_usd[run][rows][opened == trade].sum()
            for trade in closed_trades
        }
        peaks = np.maximum.accumulate(np.append(0.0, net.cumsum()))[1:]
        position = days.position_notional_mm[run][rows]
        expected = {
            "row_count": rows.sum(),
            "total_gross_pnl_usd": np.nansum(days.gross_pnl_usd[run]),
            "total_cost_usd": np.nansum(days.cost_usd[run]),
            "total_net_pnl_usd": net.sum(),
            "mean_net_pnl_usd": net.mean() if len(net) else nan,
            "sd_net_pnl_usd": net.std(ddof=1) if len(net) > 1 else nan,
            "max_drawdown_usd": (net.cumsum() - peaks).min(initial=0.0),
            "trade_count": opened.max(initial=0),
            "closed_trade_count": len(closed_trades),
            "reversal_count": (reason == ExitReason.REVERSAL).sum(),
            "mean_holding_sessions": np.mean([(held == t).sum() for t in closed_trades])
            if len(closed_trades)
            else nan,
            "traded_notional_mm": np.abs(np.diff(position, prepend=0.0)).sum(),
        }
        for name, value in expected.items():
            assert getattr(summaries, name)[run] == pytest.approx(
                value, rel=1e-9, abs=1e-6, nan_ok=True
            ), f"run {run}: {name}"
        # a trade that nets to rounding noise may fall on either side of zero
        wins = [x for x in trade_net.values() if abs(x) > 1e-6]
        slack = len(trade_net) - len(wins)
        assert abs(summaries.winning_trade_count[run] - sum(x > 0 for x in wins)) <= slack
        counts = np.bincount(reason, minlength=len(ExitReason))
        np.testing.assert_array_equal(summaries.exit_count[run, 1:], counts[1:])
