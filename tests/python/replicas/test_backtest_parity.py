"""The engine under the options of a replica is the engine that it replaces, row by row.

Independent source: the executed outputs of the two replaced systems (every row of 120 engine runs,
24 ten-row edge cases, the notebook's year) and the bridge from the notebook's total to the
corrected one. Money agrees to 1e-9 USD plus 1e-12 of the figure (running sums of another order of
addition); everything else exactly.
"""

import json

import numpy as np
import pandas as pd
import pytest

from overlay_runs import rule_table, simulate, simulate_summaries
from parspread.overlay.status import ExitReason
from replicas.overlay_options import MACROCREDIT, aponyx

ENGINE_WORDS = {
    ExitReason.NONE: "",
    ExitReason.STOP_LOSS: "stop_loss",
    ExitReason.TAKE_PROFIT: "take_profit",
    ExitReason.MAX_HOLDING: "max_holding_days",
    ExitReason.SIGNAL: "signal",
    ExitReason.REVERSAL: "reversal",
}


def engine_record(config, quote_kind, dv01):
    """Translate a configuration of the replaced engine into a record of rules."""
    cost_pct = config.get("transaction_cost_pct")
    in_pct = cost_pct is not None and not np.isnan(cost_pct)
    return aponyx(config["sizing_mode"], quote_kind) | {
        "position_size_mm": config["position_size_mm"],
        "transaction_cost": cost_pct if in_pct else config["transaction_cost_bps"],
        "cost_unit": "pct_of_level" if in_pct else "notional_bps",
        "dv01_usd_per_bp_per_mm": dv01,
        "stop_loss": config["stop_loss_pct"],
        "take_profit": config["take_profit_pct"],
        "max_holding_sessions": config["max_holding_days"],
        "signal_lag_sessions": config["signal_lag"],
        "entry_threshold": config.get("entry_threshold"),
    }


def rows_of(days, run, dates, level, is_binary):
    """Return a run's rows under the column names of the replaced engines."""
    kept = days.is_row[run]
    position = days.direction_sign if is_binary else days.position_notional_mm
    return pd.DataFrame(
        {
            "date": dates[kept],
            "signal": days.signal[run][kept],
            "position": position[run][kept].astype(float),
            "days_held": days.held_sessions[run][kept].astype(int),
            "spread": level[kept],
            "exit_reason": [ENGINE_WORDS[code] for code in days.exit_reason[run][kept]],
            "spread_pnl": days.gross_pnl_usd[run][kept],
            "cost": days.cost_usd[run][kept],
            "net_pnl": days.net_pnl_usd[run][kept],
            "cumulative_pnl": days.cumulative_pnl_usd[run][kept],
        }
    )


def assert_same_rows(actual, expected, label):
    """Compare dates, states and reasons exactly and money within the tolerance above."""
    assert len(actual) == len(expected), label
    for column in actual.columns.intersection(expected.columns):
        ours, theirs = actual[column].to_numpy(), expected[column].to_numpy()
        if column in ("spread_pnl", "cost", "net_pnl", "cumulative_pnl"):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-9, err_msg=label)
        else:
            np.testing.assert_array_equal(ours, theirs, err_msg=f"{label}: {column}")


def test_every_row_of_every_engine_run_is_reproduced(shared_dir):
    """120 runs, 215,724 rows: series, sizing modes, stops, holding limits, lags and costs."""
    folder = shared_dir / "golden" / "engine"
    runs = pd.read_parquet(folder / "runs.parquet")
    inputs = pd.read_parquet(folder / "inputs.parquet")
    daily = pd.read_parquet(folder / "daily.parquet")
    daily["exit_reason"] = daily["exit_reason"].fillna("")
    expected = dict(list(daily.groupby("run_id")))
    compared = 0
    for series, market in inputs.groupby("series"):
        mine = runs[runs["series"] == series]
        table = rule_table(
            [
                engine_record(run, run["quote_type"], run["dv01_per_million"])
                for run in mine.to_dict("records")
            ]
        )
        signal, level = market["signal"].to_numpy(), market["level"].to_numpy()
        days = simulate(signal[None], level[None], table)
        summaries = simulate_summaries(signal[None], level[None], table)
        for run, golden in enumerate(mine.itertuples()):
            label = f"{series} {golden.config}"
            is_binary = golden.sizing_mode == "binary"
            actual = rows_of(days, run, market["date"].to_numpy(), level, is_binary)
            assert_same_rows(actual, expected[golden.run_id], label)
            compared += len(actual)
            assert summaries.row_count[run] == golden.total_days, label
            entries = summaries.trade_count[run] - summaries.reversal_count[run]
            assert entries == golden.n_trades, label
            np.testing.assert_allclose(
                summaries.total_net_pnl_usd[run], golden.total_pnl, rtol=1e-12, atol=1e-9
            )
            for code, word in ENGINE_WORDS.items():
                if word:
                    assert summaries.exit_count[run, code] == getattr(golden, f"exit_{word}"), label
    assert compared == len(daily)


def edge_cases(shared_dir):
    folder = shared_dir / "golden" / "engine" / "edge_cases"
    return (
        json.loads((folder / "cases.json").read_text()),
        {name: pd.read_csv(folder / f"{name}.csv") for name in ("inputs", "positions", "pnl")},
    )


def test_every_edge_case_of_the_engine_is_reproduced(shared_dir):
    """Hand-made ten-row cases, each of which shows one rule or one flaw of the replaced engine."""
    cases, tables = edge_cases(shared_dir)
    for case in cases:
        name = case["name"]
        inputs, positions, pnl = (table[table["case"] == name] for table in tables.values())
        record = engine_record(case["config"], case["calculator"], case["dv01_per_million"])
        level = inputs["level"].to_numpy(float)
        days = simulate(
            inputs["signal"].to_numpy(float)[None],
            level[None],
            rule_table([record]),
            signal_has_row=inputs["signal_row_exists"].to_numpy(bool)[None],
        )
        actual = rows_of(
            days, 0, inputs["date"].to_numpy(), level, case["config"]["sizing_mode"] == "binary"
        )
        expected = positions.assign(exit_reason=positions["exit_reason"].fillna(""))
        assert_same_rows(actual, expected, name)
        assert_same_rows(actual, pnl, name)
    assert len(cases) >= 20


def notebook_rows(shared_dir, options):
    """Run the notebook's composite and spread under its options with some replaced."""
    folder = shared_dir / "golden" / "notebook"
    composite = pd.read_csv(folder / "composite.csv")
    level = pd.read_csv(folder / "market_cdx.csv")["spread"].to_numpy(float)
    record = MACROCREDIT | {"position_size_mm": 10.0, "transaction_cost": 1.0} | options
    signal = composite["composite_signal"].to_numpy(float)
    days = simulate(signal[None], level[None], rule_table([record]))
    return rows_of(days, 0, composite["date"].to_numpy(), level, True)


def test_the_notebook_is_reproduced(shared_dir):
    """232 rows, one trade, 383,425.54 USD: the printed figure, errors included."""
    folder = shared_dir / "golden" / "notebook"
    actual = notebook_rows(shared_dir, {})
    assert_same_rows(actual, pd.read_csv(folder / "positions.csv"), "positions")
    assert_same_rows(actual, pd.read_csv(folder / "pnl.csv"), "pnl")
    assert len(actual) == 232
    assert actual["cumulative_pnl"].iloc[-1] == pytest.approx(383425.53969240055, abs=1e-9)


def test_the_notebook_keeps_its_position_against_an_opposite_signal(shared_dir):
    """Only the magnitude of the signal is tested there, so -3 keeps a long position."""
    golden = pd.read_csv(
        shared_dir / "golden" / "notebook" / "edge_opposite_signal_keeps_position.csv"
    )
    record = MACROCREDIT | {"position_size_mm": 10.0, "transaction_cost": 1.0}
    level = golden["spread"].to_numpy(float)
    days = simulate(golden["signal"].to_numpy(float)[None], level[None], rule_table([record]))
    assert_same_rows(rows_of(days, 0, golden["date"].to_numpy(), level, True), golden, "opposite")


def test_switching_one_option_at_a_time_leads_from_the_notebook_to_the_corrected_total(shared_dir):
    """Each step of the published bridge is one option: marking, DV01, lag, cost unit."""
    entries = json.loads((shared_dir / "golden" / "check_values.json").read_text())
    entries = entries["entries"] if isinstance(entries, dict) else entries
    bridge = next(e for e in entries if e["id"] == "seed000_replay")["outputs"]
    options = {}
    for step, change in (
        ("seed_compat", {}),
        ("fix_incremental", {"pnl_model": "constant_dv01"}),
        ("fix_incremental_dv01_475", {"dv01_usd_per_bp_per_mm": 475.0}),
        ("plus_lag1", {"signal_lag_sessions": 1}),
        ("plus_cost_in_spread_bp", {"cost_unit": "spread_bps"}),
    ):
        options |= change
        rows = notebook_rows(shared_dir, options)
        net = rows["net_pnl"].to_numpy()
        cumulative = rows["cumulative_pnl"].to_numpy()
        assert len(rows) == bridge[step]["n"], step
        assert cumulative[-1] == pytest.approx(bridge[step]["total"], abs=1e-6), step
        assert net.std(ddof=1) * np.sqrt(252) == pytest.approx(bridge[step]["ann_vol"], abs=1e-6)
        drawdown = (cumulative - np.maximum.accumulate(np.append(0.0, cumulative))[1:]).min()
        assert drawdown == pytest.approx(bridge[step]["mdd"], abs=1e-6), step


def test_the_options_of_the_replicas_are_known_words():
    """The two replaced engines must stay expressible, whatever the options become."""
    needed = {"position_size_mm": 10, "transaction_cost": 1, "dv01_usd_per_bp_per_mm": 475}
    pairs = [(mode, kind) for mode in ("binary", "proportional") for kind in ("spread", "price")]
    records = [needed | aponyx(mode, kind) for mode, kind in pairs]
    assert len(rule_table([*records, needed | MACROCREDIT])) == 5
