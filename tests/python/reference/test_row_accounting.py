"""Nothing is lost: every delivered row is used or has a reason, on every delivery there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT, Build, run_dbt


def assert_nothing_is_lost(build: Build, steps: int) -> None:
    """Every step balances, and every rejected row of a file is listed with its reason."""
    rows = build.query(
        "select step_name, rows_in_count, rows_kept_count, rows_rejected_count, is_balanced "
        "from quality.fct_row_accounting"
    )
    assert len(rows) >= steps
    assert [row for row in rows if not row[-1]] == []
    unlisted = build.query(
        "select source_name, data_set from quality.fct_rejected_rows "
        "where reject_reason is null or raw_row_json is null or natural_key is null"
    )
    assert unlisted == []


def test_every_step_balances_on_the_sample(sample: Build) -> None:
    """Files and joins of both desks."""
    assert_nothing_is_lost(sample, 60)


def test_the_attrition_answers_the_question_of_the_docs(sample: Build) -> None:
    """Rows in = rows out + dropped for every method, population and step, and steps follow."""
    page = (ROOT / "docs" / "inputs.md").read_text()
    (statement,) = re.findall(r"```sql\n(select method, population, step.+?)```", page, re.S)
    steps = sample.frame(statement)
    assert (steps["rows_in"] == steps["rows_out"] + steps["dropped"]).all()
    assert len(steps) > 20
    added = "select sum(rows_added) from cds_bond.fct_sample_attrition"
    ((mapped,),) = sample.query(f"{added} where method = 'ftsfr_notebook'")
    bonds = steps[(steps["method"] == "ftsfr_notebook") & (steps["population"] == "bond_months")]
    gaps = (bonds["rows_in"] - bonds["rows_out"].shift()).dropna()
    assert mapped == gaps.sum() > 0 and (gaps > 0).sum() == 1


def test_every_step_balances_on_real_history(real_history: Build) -> None:
    """The overlay desk alone, with real gaps."""
    assert_nothing_is_lost(real_history, 25)


@pytest.mark.trust
def test_every_step_balances_on_the_reference_files(shared_dir: Path, tmp_path: Path) -> None:
    """The basis desk alone, with the dirt of real vendor files."""
    build = run_dbt(tmp_path, "build", data_dir=shared_dir / "golden" / "basis" / "inputs")
    assert build.exit_code == 0, build.output
    assert_nothing_is_lost(build, 40)
