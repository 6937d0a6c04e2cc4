"""Changing tomorrow never changes today: the whole SQL pipeline, from vendor files to P&L.

Each case rebuilds the desk on a history whose future was cut off or replaced by nonsense, and
compares everything up to the cut. A planted leak shows that the comparison can fail.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import ROOT, copy_project, run_dbt

SAMPLE = ROOT / "seeds" / "sample"
CUTS = ["2016-03-21", "2019-06-28", "2020-03-18", "2022-11-25"]
# The engine adds up a window in an order that depends on how many rows lie beside it, so the last
# digit of a score may move (3e-14 seen); no leak is that small.
TOLERANCE = 1e-9
TABLES = {
    "cdx_overlay.fct_instrument_daily": ["instrument_code", "date"],
    "cdx_overlay.fct_signal_scores": ["signal_code", "instrument_code", "date"],
    "cdx_overlay.fct_composite_scores": ["composite_code", "date"],
    "cdx_overlay.fct_index_pnl_daily": ["instrument_code", "date"],
    "cdx_overlay.fct_backtest_days": ["strategy_code", "date"],
}


def market_files(target: Path, cut: str, future: str) -> Path:
    """Write the sample's market files with everything after `cut` dropped or made up."""
    target.mkdir()
    noise = np.random.default_rng(11)
    for name, columns in (
        ("cdx", ["spread", "price"]),
        ("vix", ["close"]),
        ("etf", ["close", "spread"]),
    ):
        rows = pd.read_csv(SAMPLE / f"{name}.csv")
        is_future = rows["date"] > cut
        if future == "cut":
            rows = rows[~is_future]
        else:
            for column in columns:
                factor = noise.uniform(0.7, 1.4, is_future.sum())
                rows.loc[is_future, column] = (rows.loc[is_future, column] * factor).round(3)
        rows.to_csv(target / f"{name}.csv", index=False)
    return target


def build_tables(
    home: Path, data_dir: Path, project: Path = ROOT, tables: Iterable[str] = tuple(TABLES)
) -> dict[str, pd.DataFrame]:
    """Build the desk up to `tables` and return them in order of their keys."""
    models = [f"+{table.split('.')[1]}" for table in tables]
    build = run_dbt(
        home, "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test",
        "--select", *models,
        data_dir=data_dir, project=project,
    )  # fmt: skip
    assert build.exit_code == 0, build.output
    with duckdb.connect(str(home / "build" / "parspread.duckdb"), read_only=True) as connection:
        return {
            table: connection.sql(f"select * from {table} order by {', '.join(TABLES[table])}").df()
            for table in tables
        }


def changed_cells(
    full: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame], cut: str
) -> dict[str, int]:
    """Count, per table, the cells up to `cut` that differ between two builds."""
    counts = {}
    for table in full:
        keys = TABLES[table]
        # run_id is a digest of the files, which do differ.
        left, right = (
            frames[table].drop(columns="run_id", errors="ignore") for frames in (full, other)
        )
        left, right = (
            frame[frame["date"] <= pd.Timestamp(cut)].reset_index(drop=True)
            for frame in (left, right)
        )
        if len(left) != len(right) or not (left[keys] == right[keys]).all(axis=None):
            counts[table] = max(len(left), len(right))
            continue
        count = 0
        for column in left.columns.difference(keys):
            a, b = left[column], right[column]
            both_null = a.isna() & b.isna()
            if pd.api.types.is_float_dtype(a):
                x, y = a.to_numpy(dtype=float), b.to_numpy(dtype=float)
                same = np.isclose(x, y, rtol=TOLERANCE, atol=TOLERANCE)
            else:
                same = (a == b).fillna(False).to_numpy(dtype=bool)
            count += int((~(same | both_null.to_numpy())).sum())
        counts[table] = count
        assert len(left) > 0, table
    return counts


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """Return the tables of the whole history."""
    home = tmp_path_factory.mktemp("whole")
    data = home / "data"
    data.mkdir()
    for name in ("cdx", "vix", "etf"):
        shutil.copy(SAMPLE / f"{name}.csv", data)
    return build_tables(home, data)


@pytest.mark.parametrize(
    ("cut", "future"), list(zip(CUTS, ["cut", "changed", "cut", "changed"], strict=True))
)
def test_the_future_changes_nothing_before_it(
    whole: dict[str, pd.DataFrame], tmp_path: Path, cut: str, future: str
) -> None:
    """Signals, composites, positions and P&L up to the cut are the same, whatever comes after."""
    other = build_tables(tmp_path, market_files(tmp_path / "data", cut, future))
    assert changed_cells(whole, other, cut) == dict.fromkeys(TABLES, 0)


LEAKS = {
    "a window that reaches one session ahead": (
        "macros/engine/sessions_back.sql",
        "preceding and current row",
        "preceding and 1 following",
    ),
    "a quote from the session after": (
        "models/intermediate/cdx_overlay/int_cdx_overlay__markets_aligned.sql",
        "and sessions.session_date >= volatilities.quote_date",
        "and sessions.session_date + 1 >= volatilities.quote_date",
    ),
    "a mean over the whole history": (
        "macros/signals/rolling_mean.sql",
        "avg({{ value }} - {{ anchor }}) over {{ over }}",
        "avg({{ value }} - {{ anchor }}) over ()",
    ),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_caught(tmp_path: Path, leak: str) -> None:
    """The comparison is worth something only if a leaking pipeline fails it."""
    path, honest, leaking = LEAKS[leak]
    project = copy_project(tmp_path / "project")
    text = (project / path).read_text()
    assert honest in text
    (project / path).write_text(text.replace(honest, leaking))
    cut = CUTS[2]
    data = tmp_path / "data"
    data.mkdir()
    for name in ("cdx", "vix", "etf"):
        shutil.copy(SAMPLE / f"{name}.csv", data)
    scores = "cdx_overlay.fct_signal_scores"
    full = build_tables(tmp_path / "full", data, project, [scores])
    changed = market_files(tmp_path / "changed_data", cut, "changed")
    other = build_tables(tmp_path / "other", changed, project, [scores])
    assert changed_cells(full, other, cut)[scores] > 0
