"""Runs that are judged without a build: noise, planted signals, and a ledger beside them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.signal import lfilter

from conftest import ROOT
from parspread.overlay.walk_forward import (
    FoldRules,
    SegmentSums,
    choose,
    schemes,
    segments_of,
)
from parspread.warehouse.overlay_selection import Run, SelectionSettings, judged
from parspread_tools.publish import ledger, release

SETTINGS = SelectionSettings(
    min_session_count=60,
    min_trade_count=10,
    resample_count=500,
    bootstrap_seed=16,
    min_cluster_correlation_ratio=0.5,
)
MART = ROOT / "models" / "marts" / "quality" / "fct_run_ledger.sql"


def weekdays(count: int) -> np.ndarray:
    """Return a calendar of so many sessions."""
    days = np.arange(np.datetime64("2012-01-02"), np.datetime64("2012-01-02") + 2 * count)
    return days[np.is_busday(days)][:count]


def noise_positions(random: np.random.Generator, count: int) -> np.ndarray:
    """Return -1, 0 or 1, a session after an AR(1) signal with a half-life of 1 to 60 sessions."""
    keeps = 0.5 ** (1 / random.uniform(1, 60))
    shocks = random.normal(size=count) * np.sqrt(1 - keeps**2)
    signal = lfilter([1.0], [1.0, -keeps], shocks)
    held = np.where(np.abs(signal) > 0.5, np.sign(signal), 0.0)
    return np.concatenate([[0.0], held[:-1]])


def noise_family(random: np.random.Generator, earned: np.ndarray, run_count: int) -> list:
    """Return the P&L of strategies that know nothing on a market that earned so much."""
    return [noise_positions(random, earned.size) * earned for _ in range(run_count)]


def past(home: Path | None = None) -> pa.Table:
    """Return what the ledger of a folder holds; without one nothing."""
    with duckdb.connect() as connection:
        connection.execute("create schema vendor")
        statement, problem = ledger.expose(home or Path("none"), Path("none"), False)
        assert problem is None, problem
        connection.execute(statement)
        return connection.sql("from vendor.run_ledger").to_arrow_table()


def judge(
    returns: list[np.ndarray], names: list[str] | None = None, home: Path | None = None
) -> pd.DataFrame:
    """Return the tests of runs that stand for a trial each, all of one family."""
    session = weekdays(max(map(len, returns)))
    names = names or [f"trial {number:03d}" for number in range(len(returns))]
    runs = [Run(np.arange(len(r)), r, 252.0, "ok") for r in returns]
    families = pd.DataFrame({"run_id": names, "trial_id": names, "family_code": "family"})
    families["strategy_code"], families["is_trial"] = "strategy", True
    return judged(runs, families, past(home), session, SETTINGS).to_pandas()


def publish(
    home: Path,
    build_id: str,
    tests: pd.DataFrame,
    built_at: str,
    lost_run_ledger: str = "refuse",
    holdout_first_date: str = "",
) -> pd.DataFrame:
    """Record judged runs as a build does: with the SQL of the mart, after all earlier ones."""
    trials = pd.DataFrame({"run_id": tests["run_id"], "trial_id": tests["run_id"]})
    for name, value in {
        "family_code": "family", "strategy_code": "strategy", "is_trial": True,
        "rules_json": "{}", "signal_json": "{}", "data_fingerprint": "data",
    }.items():  # fmt: skip
        trials[name] = value
    tables = {
        "stg_build__run_ledger": past(home),
        "int_cdx_overlay__trials_identified": pa.Table.from_pandas(trials, preserve_index=False),
        "int_cdx_overlay__selection_tested": pa.Table.from_pandas(tests, preserve_index=False),
    }
    sql = jinja2.Template(MART.read_text()).render(
        ref=lambda name: name,
        var={
            "lost_run_ledger": lost_run_ledger,
            "holdout": "opened",
            "holdout_first_date": holdout_first_date,
        }.get,
        invocation_id=build_id,
        run_started_at=built_at,
    )
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        connection.execute("create schema quality")
        connection.execute(f"create table quality.fct_run_ledger as {sql}")
        connection.execute(
            f"create table quality.dim_build as select '{build_id}' as build_id, "
            "null::timestamp as finished_at, null::varchar as code_fingerprint"
        )
        described = {"schema": "quality", "description": "", "columns": {}}
        published = [{"name": name, **described} for name in ("fct_run_ledger", "dim_build")]
        release.publish(connection, home, build_id, published)
        return connection.sql("from quality.fct_run_ledger").df()


BARS = ROOT / "seeds" / "catalog" / "verdict_bars.csv"
MODELS = {path.stem: path for path in (ROOT / "models").rglob("*.sql")}
VALUED = ("int_cdx_overlay__signals_valued", "fct_verdict_tests")
COST = 0.02  # of a change of position by one, in deviations of a session
FOLDS = FoldRules(6, 2, 2, 60, 21, 60)


def annual_ratio(values: np.ndarray) -> np.ndarray:
    """Return the annualised Sharpe ratio of each column; 0 of one that is constant."""
    deviation = values.std(axis=0, ddof=1)
    return np.sqrt(252) * values.mean(axis=0) / np.where(deviation > 0, deviation, np.inf)


def earned_by(positions: np.ndarray, market: np.ndarray, cost: float, lag: int = 0) -> np.ndarray:
    """Return the P&L of positions, a column a run, after cost and so many sessions later."""
    held = np.roll(positions, lag, axis=0)
    held[:lag] = 0.0
    changed = np.abs(np.diff(held, axis=0, prepend=0.0))
    return held * market[:, None] - cost * market.std() * changed


def facts(positions: np.ndarray, market: np.ndarray) -> pd.DataFrame:
    """Return what verdicts ask of the runs of a family besides the tests of selection."""
    pnl = earned_by(positions, market, COST)
    stressed = earned_by(positions, market, 2 * COST, lag=1)
    year = np.arange(len(pnl)) // 252
    total = np.array([pnl[year == y].sum(axis=0) for y in range(year[-1] + 1)])
    best = total.argmax(axis=0)
    others = [annual_ratio(pnl[year != best[k], k]) for k in range(pnl.shape[1])]
    (anchored,) = (s for s in schemes(len(pnl), len(pnl), FOLDS) if s.name == "anchored")
    segment = segments_of(anchored.splits)
    sums = SegmentSums.empty(int(segment.max()) + 1, pnl.shape[1])
    for run, values in enumerate(pnl.T):
        sums.fill(run, segment, values)
    chosen = [choose(sums, segment, s, FOLDS.min_session_count) for s in anchored.splits]
    tested = np.concatenate(
        [pnl[s.is_test, one.run] for s, one in zip(anchored.splits, chosen, strict=True)]
    )
    return pd.DataFrame(
        {
            "annualised_return_dec": 252 * stressed.mean(axis=0),
            "sharpe_ratio": annual_ratio(stressed),
            "passive_sharpe_ratio": annual_ratio(market),
            "sharpe_without_best_year_ratio": others,
            "scheme_sharpe_ratio": annual_ratio(tested),
        }
    )


def verdicts(
    tests: pd.DataFrame,
    found: pd.DataFrame,
    bars: pd.DataFrame | None = None,
    ledger_status: str = "whole",
    points: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the verdicts on a family by the SQL of the marts, its neighbours taken for good.

    A sweep that nobody has run would make every pass a hold.
    """
    if bars is None:
        bars = bar_rows()
        bars = bars[bars["test_code"] != "neighbour_sharpe"]
    tests = tests.assign(
        method="standard",
        strategy_code=tests["run_id"],
        trial_id=tests["run_id"],
        is_trial=True,
        family_code="family",
    )
    named = pd.concat([tests["run_id"].reset_index(drop=True), found], axis=1)
    stress = named.assign(
        strategy_code=named["run_id"], stress_code="cost_x2_lag_plus_1", sharpe_status="ok"
    )
    passive = stress.iloc[:1].assign(
        run_id="passive", strategy_code="passive", sharpe_ratio=found["passive_sharpe_ratio"][0]
    )
    tables = {
        "verdict_bars": bars,
        "fct_selection_tests": tests,
        "fct_strategy_performance": named.assign(
            strategy_code=named["run_id"], trade_count=99, benchmark_code="passive"
        ),
        "dim_strategies": named[["run_id"]].assign(instrument_code="ig", sweep_code=None),
        "fct_run_ledger": named[["run_id"]].assign(
            ledger_status=ledger_status, holdout_access_count=0
        ),
        "fct_strategy_stress": pd.concat([stress, passive]),
        "fct_walk_forward": found[["scheme_sharpe_ratio"]].assign(
            family_code="family", scheme="anchored"
        ),
        "int_cdx_overlay__signals_diagnosed": DIAGNOSTICS.iloc[:0],
        "fct_sweep_points": SWEPT if points is None else points,
    }
    return made_of(tables, *VALUED, "fct_strategy_verdicts")


# Points of a sweep that nobody has run.
SWEPT = pd.DataFrame(
    {
        "trial_id": pd.Series(dtype=object),
        "sharpe_ratio": pd.Series(dtype=float),
        "neighbour_median_sharpe_ratio": pd.Series(dtype=float),
    }
)


def bar_rows() -> pd.DataFrame:
    """Return the committed bars."""
    return pd.read_csv(BARS)


# A signal that foretells P&L at two horizons.
DIAGNOSTICS = pd.DataFrame(
    {
        "part": "all", "score_code": "s", "instrument_code": "ig", "horizon_sessions": [5, 20],
        "newey_west_t_ratio": [3.5, 2.0], "same_sign_year_share": 0.8, "half_life_sessions": 9.0,
        "coverage_share": 0.99, "spearman_ic_ratio": [0.1, 0.05], "diagnostic_status": "ok",
    }
)  # fmt: skip


def made_of(tables: dict[str, pd.DataFrame], *models: str) -> pd.DataFrame:
    """Return what the SQL of the last of some models makes of the tables that they read."""
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        for name in models:
            sql = jinja2.Template(MODELS[name].read_text()).render(ref=lambda n: n)
            connection.execute(f"create table {name} as {sql}")
        return connection.sql(f"from {models[-1]} order by all").df()
