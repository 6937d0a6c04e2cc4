"""Every public table as a file that others read, and what the notebook saved."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from conftest import Build
from parspread_tools.report.exports import SAVED, main


@pytest.fixture(scope="module")
def folder(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exports") / "exports"
    main(["--warehouse", str(sample.release), "--out", str(out)])
    return out


def test_every_public_table_is_a_file_with_its_rows(sample: Build, folder: Path) -> None:
    tables = sample.query("select schema_name, table_name from duckdb_tables()")
    written = {tuple(p.with_suffix("").parts[-2:]) for p in folder.glob("*/*.parquet")}
    assert written == set(tables) and len(tables) > 60
    for schema, name in tables:
        ((count,),) = sample.query(f"select count(*) from {schema}.{name}")
        path = folder / schema / f"{name}.parquet"
        assert duckdb.sql(f"select count(*) from '{path}'").fetchone() == (count,)
    assert not list(folder.rglob(".*"))


@pytest.mark.parametrize("name", SAVED)
def test_what_the_notebook_saved_is_the_same_in_both_forms(folder: Path, name: str) -> None:
    """JSON has no dates and no NaN: text, and null."""
    frame = pd.read_parquet(folder / f"{name}.parquet")
    records = json.loads((folder / f"{name}.json").read_text())
    assert len(records) == len(frame) > 0 and list(records[0]) == list(frame.columns)
    numbers = frame.select_dtypes("number").columns
    read = pd.DataFrame(records)[numbers].astype(float)
    pd.testing.assert_frame_equal(read, frame[numbers].astype(float), check_exact=True)


def test_the_macrocredit_result_is_among_them(folder: Path) -> None:
    metrics = pd.read_parquet(folder / "performance_metrics.parquet")
    (total,) = metrics.loc[metrics.strategy_code == "macrocredit", "macrocredit_total_return_usd"]
    assert round(total, 2) == 383425.54
