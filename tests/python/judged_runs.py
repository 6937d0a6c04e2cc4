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
    home: Path, build_id: str, tests: pd.DataFrame, built_at: str, lost_run_ledger: str = "refuse"
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
        var=lambda name: lost_run_ledger,
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
            "null::timestamp as finished_at"
        )
        described = {"schema": "quality", "description": "", "columns": {}}
        published = [{"name": name, **described} for name in ("fct_run_ledger", "dim_build")]
        release.publish(connection, home, build_id, published)
        return connection.sql("from quality.fct_run_ledger").df()
