"""A benchmark that no longer fits what it measures would be noticed by nobody.

No time is asserted.
"""

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from parspread_tools.benchmarks import chart, libraries, suite, treasuries
from parspread_tools.benchmarks.tables import Table

# Without a build of the warehouse and without a network.
QUICK = ["bonds", "credit", "splines", "treasuries", "cds", "backtest", "overlay"]
BUILDING = ["build", "publish", "queries", "sweep"]


@pytest.mark.parametrize("chain", treasuries.FOLDERS)
def test_the_match_that_is_measured_is_the_loop_that_it_is_measured_against(chain: str) -> None:
    """Two hundred bond-months, ties and unknown amounts included; statuses are the replica's."""
    with duckdb.connect() as connection:
        treasuries.simulated_bond_months(connection, 200)
        treasuries.match_by_model(connection, chain)
        treasuries.look_up(connection, chain)
        found = connection.sql(
            "select source_row_number, treasury_code, treasury_status from looked_up order by 1"
        ).df()
        expected = treasuries.matched_by_loop(connection, 200)
    is_found = expected["treasury_status"] == "ok"
    assert 0 < is_found.sum() < len(expected)
    assert (found["treasury_status"] == "ok").tolist() == is_found.tolist()
    if chain == "int_ftsfr_notebook":  # the desk breaks ties by maturity, the notebook by line
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


@pytest.mark.parametrize("name", QUICK)
def test_a_section_runs_at_a_tiny_size(name: str) -> None:
    record = suite.run_section(name, "tiny")
    assert record["tables"] and all(table["rows"] for table in record["tables"])
    json.dumps(record)
    assert suite.markdown(name, record).startswith(f"## {name}")


@pytest.mark.trust
@pytest.mark.parametrize("name", BUILDING)
def test_a_section_that_builds_runs_at_a_tiny_size(name: str) -> None:
    """Each starts dbt at least once, which is why it is no part of the normal run."""
    record = suite.run_section(name, "tiny")
    assert record["tables"] and all(table["rows"] for table in record["tables"])


def test_every_section_is_run_by_a_test() -> None:
    assert sorted(suite.SECTIONS) == sorted([*QUICK, *BUILDING, "libraries"])


def test_a_library_that_cannot_be_installed_is_a_line_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libraries, "ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(libraries.sys, "executable", "/bin/false")
    (table,) = libraries.tables("tiny")
    outcomes = {row["library"]: row["outcome"] for row in table.rows}
    assert outcomes.pop("parspread") == "ok"
    assert len(outcomes) == len(libraries.LIBRARIES) and "ok" not in outcomes.values()


def test_one_command_prints_markdown_and_writes_json_and_charts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """From another folder, with a section of its own process that fails and one that does not."""
    monkeypatch.chdir(tmp_path)
    line = {"what": "match", "rows": 9, "against": "loop", "times faster": 2.0}
    lines = Table("Match", rows=[line])
    found = {"credit": {"tables": [lines.record()]}, "cds": {"tables": [], "problem": "no memory"}}
    monkeypatch.setattr(suite, "run_apart", lambda name, size: found[name])
    file = tmp_path / "figures.json"
    assert suite.main(["--only", "credit", "cds", "--size", "tiny", "--json", str(file)]) == 1
    printed = capsys.readouterr().out
    assert "| match | 9 | loop | 2.000 |" in printed and "Not measured: no memory" in printed
    result = json.loads(file.read_text())
    assert list(result["sections"]) == ["credit", "cds"] and result["machine"]["cores"] >= 1
    assert [row["times faster"] for row in chart.ratios(result)] == [2.0]
    assert {path.name for path in tmp_path.iterdir()} >= {"benchmarks.svg", "benchmarks.png"}
