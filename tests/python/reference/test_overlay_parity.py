"""The overlay desk equals the systems that it replaces, row by row, in their own definition."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import NO_DATA_TESTS, Build, built_ahead, copy_project, find_shared, run_dbt

TOLERANCE = 1e-9  # relative or absolute: window sums in another order than pandas'


def assert_same_series(actual: pd.Series, expected: pd.Series, name: str) -> None:
    """Fail unless both have the same nulls and, elsewhere, the same values."""
    assert len(actual) == len(expected) > 0, name
    assert (actual.isna().to_numpy() == expected.isna().to_numpy()).all(), f"{name}: nulls differ"
    np.testing.assert_allclose(
        actual.to_numpy(dtype=float),
        expected.to_numpy(dtype=float),
        rtol=TOLERANCE,
        atol=TOLERANCE,
        equal_nan=True,
        err_msg=name,
    )


def test_macrocredit_signals_and_composite_equal_the_notebook(
    sample: Build, shared_dir: Path
) -> None:
    """The seeds of every later number: 252 sessions, three signals, one composite."""
    expected = pd.read_csv(shared_dir / "golden" / "notebook" / "market_merged_with_signals.csv")
    actual = sample.frame(
        """
        pivot (
            select date, signal_code, signal from cdx_overlay.fct_signal_scores
            where instrument_code = 'cdx_ig_5y_macrocredit' and signal_code like '%_macrocredit'
        ) on signal_code using first(signal) group by date order by date
        """
    )
    assert list(actual["date"].dt.strftime("%Y-%m-%d")) == list(expected["date"])
    for name in ("cdx_etf_basis", "cdx_vix_gap", "spread_momentum"):
        assert_same_series(actual[f"{name}_macrocredit"], expected[name], name)
    composite = sample.frame(
        "select score from cdx_overlay.fct_composite_scores "
        "where composite_code = 'macrocredit' order by date"
    )
    assert_same_series(composite["score"], expected["composite_signal"], "composite")


def test_macrocredit_positions_and_pnl_equal_the_notebook(sample: Build, shared_dir: Path) -> None:
    """Every row of both tables that the notebook prints, and its totals."""
    golden = shared_dir / "golden" / "notebook"
    positions = pd.read_csv(golden / "positions.csv")
    pnl = pd.read_csv(golden / "pnl.csv")
    actual = sample.frame(
        "select * from cdx_overlay.fct_backtest_days "
        "where strategy_code = 'macrocredit' order by date"
    )
    assert len(actual) == 232
    assert list(actual["date"].dt.strftime("%Y-%m-%d")) == list(positions["date"])
    pairs = {"signal": "signal", "position": "position", "held_sessions": "days_held"}
    for ours, theirs in (pairs | {"spread_bps": "spread"}).items():
        assert_same_series(actual[ours], positions[theirs], ours)
    for ours, theirs in {
        "spread_pnl_usd": "spread_pnl",
        "cost_usd": "cost",
        "net_pnl_usd": "net_pnl",
        "cumulative_pnl_usd": "cumulative_pnl",
    }.items():
        assert_same_series(actual[ours], pnl[theirs], ours)


def test_macrocredit_metrics_equal_the_notebook(sample: Build, shared_dir: Path) -> None:
    """All thirteen figures of its performance summary."""
    expected = json.loads((shared_dir / "golden" / "notebook" / "metrics.json").read_text())
    names = {
        "macrocredit_sharpe_ratio": "sharpe_ratio",
        "macrocredit_sortino_ratio": "sortino_ratio",
        "macrocredit_max_drawdown_usd": "max_drawdown",
        "macrocredit_calmar_ratio": "calmar_ratio",
        "macrocredit_total_return_usd": "total_return",
        "macrocredit_annualised_return_usd": "annualized_return",
        "macrocredit_annualised_volatility_usd": "annualized_volatility",
        "macrocredit_hit_rate_share": "hit_rate",
        "macrocredit_avg_win_usd": "avg_win",
        "macrocredit_avg_loss_usd": "avg_loss",
        "macrocredit_win_loss_ratio": "win_loss_ratio",
        "macrocredit_trade_count": "n_trades",
        "macrocredit_avg_holding_sessions": "avg_holding_days",
    }
    assert set(names.values()) == set(expected)
    row = sample.frame(
        """
        select *
        from cdx_overlay.fct_replica_performance
        inner join cdx_overlay.fct_strategy_performance using (run_id)
        where fct_replica_performance.strategy_code = 'macrocredit'
        """
    ).iloc[0]
    for ours, theirs in names.items():
        assert row[ours] == pytest.approx(expected[theirs], rel=TOLERANCE, abs=TOLERANCE), ours
    # What the notebook's own table cannot say: one trade is no evidence.
    assert row["quality_status"] == "insufficient_trades"
    assert row["trade_count"] == 1 and row["mean_holding_sessions"] == 2


def test_macrocredit_bridge_equals_the_replayed_corrections(
    sample: Build, shared_dir: Path
) -> None:
    """Each correction alone, against an independent replay."""
    values = json.loads((shared_dir / "golden" / "check_values.json").read_text())
    entries = values.get("entries", values)
    entries = entries.values() if isinstance(entries, dict) else entries
    replay = next(e for e in entries if isinstance(e, dict) and e.get("id") == "seed000_replay")
    outputs = replay["outputs"]
    keys = [
        "seed_compat",
        "fix_incremental",
        "fix_incremental_dv01_475",
        "plus_lag1",
        "plus_cost_in_spread_bp",
    ]
    bridge = sample.frame("select * from reports.rpt_macrocredit_bridge order by step_number")
    assert len(bridge) == len(keys)
    for key, (_, row) in zip(keys, bridge.iterrows(), strict=True):
        expected = outputs[key]
        assert row["session_count"] == expected["n"], key
        assert row["total_net_pnl_usd"] == pytest.approx(expected["total"], abs=1e-6), key
        assert row["sharpe_ratio"] == pytest.approx(expected["sharpe"], abs=1e-9), key
        assert row["annualised_volatility_usd"] == pytest.approx(expected["ann_vol"], abs=1e-6)
        assert row["max_drawdown_usd"] == pytest.approx(expected["mdd"], abs=1e-6), key


SCORES = {
    "z_score_20d": ("z_score", 20, 10, ""),
    "z_score_60d": ("z_score", 60, 30, ""),
    "volatility_adjust_20d": ("normalized_change", 20, 10, 1),
    "diff_5d": ("difference", "", "", 5),
}
SHAPES = {
    "passthrough": ("", "", "", ""),
    "bounded_1_5": (-1.5, 1.5, -0.25, 0.25),
    "bounded_2_0": (-2.0, 2.0, "", ""),
}


@built_ahead
def crossed(home: Path) -> Build:
    """Return a build of every indicator x score x shape on the simulated market of the golden data.

    Each cross is a new row of the signal catalog and nothing else.
    """
    data = home / "data"
    data.mkdir()
    market = (find_shared() / "golden" / "signals" / "market_seed42.parquet").as_posix()
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table market as from '{market}';
            copy (
                select date::date as date, case security when 'cdx_hy_5y' then 'CDX_NA_HY'
                    else 'CDX_NA_IG' end as "index", '5Y' as tenor, spread
                from market where security in ('cdx_ig_5y', 'cdx_hy_5y')
            ) to '{(data / "cdx.parquet").as_posix()}';
            copy (select date::date as date, level from market where security = 'vix')
                to '{(data / "vix.parquet").as_posix()}';
            copy (
                select date::date as date, security as ticker, price as close, spread
                from market where security in ('lqd', 'hyg')
            ) to '{(data / "etf.parquet").as_posix()}';
            """
        )
    project = _project_with_crossed_signals(home)
    selected = (*NO_DATA_TESTS, "--select", "+fct_signal_scores")
    build = run_dbt(home, "build", *selected, data_dir=data, project=project)
    assert build.exit_code == 0, build.output
    return build


def _project_with_crossed_signals(home: Path) -> Path:
    project = copy_project(home / "project")
    path = project / "seeds" / "catalog" / "signals.csv"
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    by_code = {row["signal_code"]: row for row in rows}
    for signal in ("cdx_etf_basis", "cdx_vix_gap", "spread_momentum"):
        for score, (kind, window, minimum, lag) in SCORES.items():
            for shape, (floor, cap, low, high) in SHAPES.items():
                rows.append(
                    by_code[f"{signal}_aponyx"]
                    | {
                        "signal_code": f"{signal}.{score}.{shape}",
                        "score": kind,
                        "score_window_sessions": window,
                        "score_min_sessions": minimum,
                        "score_lag_sessions": lag,
                        "floor_z": floor,
                        "cap_z": cap,
                        "neutral_low_z": low,
                        "neutral_high_z": high,
                    }
                )
    with path.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return project


@pytest.fixture(scope="module")
def scores(crossed: Build) -> Callable[[str, str], pd.DataFrame]:
    """Return a function from signal and instrument to its rows in order of date."""
    path = str(crossed.home / "build" / "parspread.duckdb")

    def read(signal_code: str, instrument_code: str) -> pd.DataFrame:
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(
                "select * from cdx_overlay.fct_signal_scores "
                "where signal_code = ? and instrument_code = ? order by date",
                [signal_code, instrument_code],
            ).df()

    return read


def test_aponyx_catalog_equals_the_engine_on_two_indices(scores, shared_dir: Path) -> None:
    """Indicator, score and signal of every catalogued signal, IG with LQD and HY with HYG."""
    path = shared_dir / "golden" / "signals" / "signals_catalog_seed42.parquet"
    golden = pd.read_parquet(path)
    groups = list(golden.groupby(["cdx", "signal_name"]))
    assert len(groups) == 6
    for (instrument, signal), expected in groups:
        expected = expected.sort_values("date")
        actual = scores(f"{signal}_aponyx", instrument)
        assert (actual["date"].to_numpy() == expected["date"].to_numpy()).all()
        for ours, theirs in (
            ("indicator_value", "indicator"),
            ("score_z", "score"),
            ("signal", "signal"),
        ):
            assert_same_series(actual[ours], expected[theirs], f"{instrument} {signal} {theirs}")


def test_every_cross_of_indicator_score_and_shape_equals_the_engine(
    scores, shared_dir: Path
) -> None:
    """Every catalogued transformation, each on every indicator: 36 series of 1,828 sessions."""
    golden = pd.read_parquet(shared_dir / "golden" / "signals" / "signals_cross_seed42.parquet")
    groups = list(golden.groupby(["signal_name", "score_name", "transform_name"]))
    assert len(groups) == 36
    for (signal, score, shape), expected in groups:
        expected = expected.sort_values("date")
        actual = scores(f"{signal}.{score}.{shape}", "cdx_ig_5y")
        for ours, theirs in (("score_z", "score"), ("signal", "signal")):
            assert_same_series(actual[ours], expected[theirs], f"{signal} {score} {shape} {ours}")


def test_real_history_builds_the_desk(real_history: Build) -> None:
    """Sessions of IG and HY from 2011 to 2025, with their rolls and holes visible."""
    rows = real_history.query(
        """
        select instrument_code, count(*), min(date)::varchar, max(date)::varchar,
            count(*) filter (is_roll_day), sum(skipped_weekday_count)
        from cdx_overlay.fct_instrument_daily
        where instrument_code in ('cdx_ig_5y', 'cdx_hy_5y') group by all order by 1
        """
    )
    assert rows == [
        ("cdx_hy_5y", 3187, "2012-08-08", "2025-04-01", 26, 113),
        ("cdx_ig_5y", 3415, "2011-09-09", "2025-04-01", 28, 123),
    ]
    assert real_history.query(
        "select count(*) from quality.fct_row_accounting where not is_balanced"
    ) == [(0,)]
    runs = real_history.query(
        "select count(*), count(*) filter (isfinite(total_net_pnl_usd)) "
        "from cdx_overlay.fct_strategy_performance"
    )
    assert runs[0][0] == runs[0][1] >= 15
