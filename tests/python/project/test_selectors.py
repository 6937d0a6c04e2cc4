"""Parts of the project build on a fresh clone, with the tests that their tables can answer.

Both desks without their replicas are built in test_no_look_ahead.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Build, run_dbt, write_part


@pytest.fixture(scope="module")
def small_inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a delivery with two years of the sample's rows."""
    return write_part(tmp_path_factory.mktemp("parts") / "data", "2019-01-01", "2020-12-31")


def built(tmp_path: Path, small_inputs: Path, *selection: str) -> tuple[Build, set[str]]:
    """Return a build of a part in a fresh folder and the tables it made, all its tests passed."""
    build = run_dbt(tmp_path, "build", *selection, data_dir=small_inputs)
    assert build.exit_code == 0, build.output[-3000:]
    assert "not published: a partial build" in build.output
    tables = build.inner_frame(
        "select schema_name || '.' || table_name as name from duckdb_tables()"
    )
    return build, set(tables["name"])


DESKS = pytest.mark.parametrize(
    ("selector", "made", "absent"),
    [
        ("cds_bond", "reports.rpt_basis_by_rating", "cdx_overlay.fct_backtest_days"),
        ("cdx_overlay", "reports.rpt_strategy_scorecard", "cds_bond.fct_bond_basis"),
    ],
)


@DESKS
def test_a_desk_has_all_that_it_reads(
    tmp_path: Path, manifest: dict, selector: str, made: str, absent: str
) -> None:
    """The models, seeds and data tests of a selector need nothing outside it."""
    listed = run_dbt(tmp_path, "ls", "--selector", selector, "--output", "json")
    lines = [json.loads(line) for line in listed.output.splitlines() if line.startswith("{")]
    selected = {line["unique_id"] for line in lines if "unique_id" in line}
    nodes = manifest["nodes"]
    tables = {f"{nodes[key]['schema']}.{nodes[key]['name']}" for key in selected & nodes.keys()}
    assert made in tables and absent not in tables
    assert sum(key.startswith("test.") for key in selected) > 40
    missing = {
        (key, parent)
        for key in selected & nodes.keys()
        for parent in manifest["parent_map"][key]
        if parent.startswith(("model.", "seed.")) and parent not in selected
    }
    assert missing == set()


@pytest.mark.trust
@DESKS
def test_a_desk_builds_alone(
    tmp_path: Path, small_inputs: Path, selector: str, made: str, absent: str
) -> None:
    _, tables = built(tmp_path, small_inputs, "--selector", selector)
    assert made in tables and absent not in tables


def test_one_mart_builds_with_what_it_reads_alone(tmp_path: Path, small_inputs: Path) -> None:
    """Tests that also read tables of the other desk wait for them."""
    build, tables = built(tmp_path, small_inputs, "-s", "+fct_backtest_days")
    assert "cdx_overlay.fct_backtest_days" in tables
    assert "fct_backtest_days__rules" in build.output
