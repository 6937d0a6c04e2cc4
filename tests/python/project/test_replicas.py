"""The replicas live in a wing: the desk's own numbers neither read it nor need it.

The wing is every folder named `replicas`: who no longer needs the replaced systems deletes it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from conftest import ROOT, WING, Build, copy_project_with_tests, remove_wing, run_dbt

# Public tables with rows of the replicas, which column `method` tells from those of the desk.
STACKED = (
    "cds_bond.fct_bond_basis",
    "cds_bond.fct_bond_measures",
    "cds_bond.fct_bond_screening",
    "cds_bond.fct_rating_basis",
    "cds_bond.fct_basis_summary",
    "cds_bond.fct_sample_attrition",
    "cds_bond.fct_cds_returns",
    "cds_bond.fct_cds_portfolio_returns",
    "reports.rpt_basis_by_rating",
    "reports.rpt_sample_attrition",
)


def models(is_in_wing: bool) -> list[Path]:
    """Return the models inside or outside the wing."""
    files = [f for f in (ROOT / "models").rglob("*.*") if f.suffix in (".sql", ".py")]
    return [f for f in files if (WING in f.parts) == is_in_wing]


def test_no_model_outside_the_wing_names_one_inside() -> None:
    """The marts find them by stack_replicas alone."""
    inside = {file.stem for file in models(is_in_wing=True)}
    assert inside
    found = {
        (file.name, name)
        for file in models(is_in_wing=False)
        for name in inside
        if name in file.read_text()
    }
    assert found == set()


def test_the_desks_own_chain_of_the_basis_knows_no_method() -> None:
    """A branch on the method would put two systems into one model again."""
    words = ("method = '", "as method", "compat", "notebook")
    found = [
        (file.name, word)
        for folder in ("cds_bond", "rates")
        for file in (ROOT / "models" / "intermediate" / folder).iterdir()
        for word in words
        if word in file.read_text()
    ]
    assert found == []


@pytest.mark.trust
def test_a_project_without_its_replicas_builds_and_publishes(tmp_path: Path) -> None:
    """With Python of its own, and all data tests that are left."""
    project = remove_wing(copy_project_with_tests(tmp_path / "project", has_python=True))
    build = run_dbt(tmp_path / "home", "build", project=project)
    assert build.exit_code == 0 and build.release.exists(), build.output[-3000:]


def test_the_desks_own_python_needs_no_replica(tmp_path: Path) -> None:
    """Every module can be imported when the wing of the package is deleted, and names none."""
    for package in ("parspread", "parspread_tools"):
        ignored = shutil.ignore_patterns(WING, "__pycache__")
        shutil.copytree(ROOT / "python" / package, tmp_path / package, ignore=ignored)
    lazy = re.compile(rf"(import|from) [^\n]*\b{WING}\b")
    assert [file for file in tmp_path.rglob("*.py") if lazy.search(file.read_text())] == []
    files = [f.relative_to(tmp_path).with_suffix("") for f in tmp_path.rglob("*.py")]
    names = [".".join(f.parts) for f in files if f.name not in ("__init__", "__main__")]
    command = f"import {', '.join(sorted(names))}"
    variables = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, "-c", command], env=variables, cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("table", STACKED)
def test_the_desks_own_rows_are_the_same_without_replicas(
    without_replicas: Build, sample: Build, table: str
) -> None:
    query = f"select * from {table} where method = 'standard' order by all"
    alone = without_replicas.inner_frame(query)
    methods = without_replicas.inner_frame(f"select distinct method from {table}")["method"]
    assert len(alone) and methods.tolist() == ["standard"]
    pd.testing.assert_frame_equal(sample.frame(query), alone, check_exact=True)
