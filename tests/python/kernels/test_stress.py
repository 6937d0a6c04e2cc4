"""Runs beside a passive seller and under stress, as the warehouse hands them over."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from parspread.overlay.performance import ESTIMATES
from parspread.warehouse.overlay_runs import backtest_days_table, performance_frame
from parspread.warehouse.overlay_stress import MEASURES, stress_frame
from performance_runs import market, on_dates, swept_run

FLOORS = (60, 5, 3)
BASE = {
    "cost_ratio": 1.0, "lag_ratio": 1.0, "added_lag_sessions": None, "start_offset_sessions": None,
    "stressed_vix_pts": None, "stressed_cost_ratio": None,
}  # fmt: skip


def stresses(**given: dict) -> pa.Table:
    """Return the catalog of some stresses."""
    kind = pa.float64()
    return pa.Table.from_pylist(
        [{"stress_code": code} | BASE | stress for code, stress in given.items()],
        pa.schema([("stress_code", pa.string()), *((name, kind) for name in BASE)]),
    )


def passive(instrument_code: str = "ig", signal_code: str = "sold") -> dict:
    """Return the passive seller of one instrument."""
    return swept_run(
        f"passive@{instrument_code}", instrument_code=instrument_code, signal_code=signal_code,
        is_benchmark=True, position_size_mm=1.0, capital_usd=1e6, signal_lag_sessions=0,
        stop_loss_bps=None, entry_threshold=None, exit_threshold=None, pnl_model="repriced",
        transaction_cost_bps=0.0,
    )  # fmt: skip


def with_passive(inputs: pa.Table, mark: np.ndarray) -> pa.Table:
    """Return inputs with the constant signal of a passive seller and with marks."""
    inputs = on_dates(inputs, 1, mark_usd_per_mm=mark)
    names = ["sold"] * inputs.num_rows
    always = on_dates(inputs, 1, signal_code=names, signal_z=np.ones(inputs.num_rows))
    return pa.concat_tables([inputs, always])


MARK = np.concatenate([[0.0], np.random.default_rng(6).normal(40.0, 900.0, 399)]).cumsum()
BESIDE = {"benchmark_code": "passive@ig"}


def test_a_passive_seller_earns_its_mark_and_others_stand_beside_it() -> None:
    """One trade that never closes is enough for it, and it is no trial."""
    strategies = pa.Table.from_pylist([passive(), swept_run("run", **BESIDE), swept_run("alone")])
    inputs = with_passive(market(), MARK)
    record = performance_frame(inputs, strategies, *FLOORS).set_index("run_id")
    sold, run, alone = (record.loc[code] for code in ("passive@ig", "run", "alone"))
    assert sold["total_net_pnl_usd"] == pytest.approx(MARK[-1], abs=1e-6)
    assert (sold["trade_count"], sold["quality_status"]) == (0, "ok")
    assert sold["sharpe_ratio"] == pytest.approx(run["benchmark_sharpe_ratio"], rel=1e-12)
    # Of a run without a benchmark and of the benchmark itself nothing is said.
    beside = [name for name in ESTIMATES if "alpha" in name or "benchmark" in name]
    assert record.loc[["passive@ig", "alone"], beside].isna().all(axis=None)
    assert alone["benchmark_session_count"] == 0
    # On 10 million of capital ten times the million was sold.
    assert run["benchmark_net_pnl_usd"] == pytest.approx(10 * MARK[-1], rel=1e-12)
    assert run["excess_net_pnl_usd"] == run["total_net_pnl_usd"] - run["benchmark_net_pnl_usd"]
    days = backtest_days_table(inputs, strategies).to_pandas()
    own = days[days["run_id"] == "run"]["net_pnl_usd"].to_numpy() / 1e7
    theirs = np.diff(MARK, prepend=0.0) / 1e6
    assert run["beta_ratio"] == pytest.approx(np.polyfit(theirs, own, 1)[0], rel=1e-9)


def test_a_gain_that_one_year_made_is_not_ok() -> None:
    """Ratios over all years hide that the others lost; a run that lost depends on nothing."""
    good = np.where(np.arange(400) < 360, 900.0, -100.0)  # most of it in 2014
    noise = np.random.default_rng(6).normal(0.0, 900.0, 400)
    for mark, status in ((good + noise, "depends_on_one_year"), (-good + noise, "ok")):
        earned = np.concatenate([[0.0], mark[1:]]).cumsum()
        strategies = pa.Table.from_pylist([passive()])
        record = performance_frame(with_passive(market(), earned), strategies, *FLOORS).iloc[0]
        assert record["best_year"] == ("2014" if status != "ok" else "2015")
        assert record["quality_status"] == status
        assert record["net_pnl_without_best_year_usd"] <= 0


def test_a_stress_of_one_is_the_run_to_the_last_bit() -> None:
    """A stress table that cannot show the run itself compares with something else."""
    rules = {"fee_usd_per_mm": 2.0}
    runs = [
        swept_run(f"run{stop}{lag}", stop_loss_bps=stop, signal_lag_sessions=lag, **rules)
        for stop in (None, 2.0, 5.0)
        for lag in (0, 1, 2)
    ]  # fmt: skip
    strategies = pa.Table.from_pylist(runs)
    record = performance_frame(market(), strategies, *FLOORS)
    found = stress_frame(
        market(), strategies, stresses(cost_x1={}, lag_x1={}, cost_x2={"cost_ratio": 2.0})
    )
    base = record[["run_id", *MEASURES]]
    for code in ("cost_x1", "lag_x1"):
        own = found[found["stress_code"] == code][base.columns].reset_index(drop=True)
        pd.testing.assert_frame_equal(own, base, check_exact=True)
    twice = found[found["stress_code"] == "cost_x2"].reset_index(drop=True)
    assert (twice["total_net_pnl_usd"] < base["total_net_pnl_usd"]).all()


def test_net_pnl_falls_with_cost_and_no_trade_moves() -> None:
    """Stops look at P&L before cost, so that a cost is paid and changes nothing else."""
    given = {f"x{ratio}": {"cost_ratio": float(ratio)} for ratio in range(4)}
    runs = [
        swept_run(f"run{stop}", stop_loss_bps=stop, roll_cost_bps=0.5, fee_usd_per_mm=2.0,
                  pnl_model="repriced",
                  impact_ratio=0.7, average_daily_volume_mm=500.0)
        for stop in (None, 1.0, 4.0)
    ]  # fmt: skip
    rolled = 440.0 * (np.arange(400) // 60)
    inputs = on_dates(
        market(), 1, mark_usd_per_mm=MARK, cumulative_roll_dv01_usd_per_bp_per_mm=rolled
    )
    found = stress_frame(inputs, pa.Table.from_pylist(runs), stresses(**given))
    for _, own in found.groupby("run_id"):
        assert own["trade_count"].nunique() == 1
        gross = own["total_net_pnl_usd"] + own["total_cost_usd"]
        np.testing.assert_allclose(gross, gross.iloc[0], rtol=1e-12)
        assert (np.diff(own["total_net_pnl_usd"]) < 0).all()
        cost = own["total_cost_usd"].to_numpy()
        np.testing.assert_allclose(cost, cost[1] * np.arange(4), rtol=1e-12)


def test_other_lags_starts_and_markets_are_what_a_run_with_them_would_be() -> None:
    """Each stress beside a run whose own rules or inputs are those of the stress."""
    inputs = market()
    vix = np.resize([20.0, 35.0, 28.0], inputs.num_rows)
    inputs = on_dates(inputs, 1, vix_close_pts=vix)
    given = stresses(
        lag={"lag_ratio": 3.0}, none={"lag_ratio": 0.0}, late={"start_offset_sessions": 40.0},
        later={"added_lag_sessions": 1.0},
        wide={"stressed_vix_pts": 30.0, "stressed_cost_ratio": 4.0},
    )  # fmt: skip
    strategies = pa.Table.from_pylist([swept_run("run")])
    found = stress_frame(inputs, strategies, given).set_index("stress_code")
    lags = {"lag": 3, "none": 0, "late": 1, "later": 2, "wide": 1}
    assert found["signal_lag_sessions"].to_dict() == lags
    blank = inputs["signal_z"].to_numpy().copy()
    blank[:40] = np.nan
    own = {
        "lag": (inputs, {"signal_lag_sessions": 3}),
        "none": (inputs, {"signal_lag_sessions": 0}),
        "later": (inputs, {"signal_lag_sessions": 2}),
        "late": (on_dates(inputs, 1, signal_z=blank), {}),
        "wide": (inputs, {"stressed_vix_pts": 30.0, "stressed_cost_ratio": 4.0}),
    }
    for code, (seen, rules) in own.items():
        run = pa.Table.from_pylist([swept_run("run", **rules)])
        expected = performance_frame(seen, run, *FLOORS).iloc[0]
        for name in MEASURES:
            assert found.loc[code, name] == expected[name], (code, name)
    assert found["total_net_pnl_usd"].nunique() == 5


def test_no_stress_and_no_run_give_an_empty_table() -> None:
    """A catalog without stresses, and a desk without files, build."""
    run = pa.Table.from_pylist([swept_run("run")])
    for strategies, given in ((run, stresses()), (run.slice(0, 0), stresses(x1={}))):
        found = stress_frame(market(), strategies, given)
        assert len(found) == 0
        assert {"run_id", "stress_code", *MEASURES} <= set(found.columns)
    nobody = stress_frame(market().slice(0, 0), run, stresses(x1={}))
    assert nobody["session_count"].tolist() == [0]
