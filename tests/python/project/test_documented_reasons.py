"""Every reason that a build gives for a missing bond stands in the documents, under its method.

A reader of fct_bond_screening looks the code up, and must find what it means in that method.
"""

from __future__ import annotations

import re

import pandas as pd

from basis_build import Query
from conftest import ROOT, Build

METHODS = ["standard", "ftsfr_notebook", "ftsfr_zspread"]
OUTCOMES = (
    "select distinct method, step, reason from cds_bond.fct_bond_screening where reason <> 'kept'"
)


def documented() -> set[tuple[str, str, str]]:
    """Return method, step and reason of every line of the documents."""
    text = (ROOT / "docs" / "inputs.md").read_text()
    found, step = set(), ""
    for line in text.split("| Step | `reason` |")[1].splitlines()[2:]:
        if not line.startswith("|"):
            break
        _, step_cell, reasons, methods, *_ = (cell.strip() for cell in line.split("|"))
        step = step_cell.strip("`") or step
        for method in METHODS if methods == "all" else methods.split(", "):
            assert method in METHODS, line
            found |= {(method, step, reason) for reason in re.findall(r"`(\w+)`", reasons)}
    # What is at fault in a row leaves the standard method only.
    faults = text.split("### Basis desk")[1].split("\n## ")[0]
    lines = [line for line in faults.splitlines() if "`wrds_bond`" in line]
    for line in lines:
        reasons = re.findall(r"`(\w+)`", line.split("|")[1])
        found |= {("standard", "bonds_screened", reason) for reason in reasons}
    return found


def undocumented(outcomes: pd.DataFrame) -> set[tuple[str, str, str]]:
    """Return the outcomes of a build that the documents do not have."""
    return set(outcomes.itertuples(index=False, name=None)) - documented()


def test_every_reason_of_the_sample_is_documented(sample: Build) -> None:
    outcomes = sample.frame(OUTCOMES)
    assert len(outcomes) > 20
    assert undocumented(outcomes) == set()


def test_every_reason_of_the_reference_files_is_documented(golden_warehouse: Query) -> None:
    outcomes = golden_warehouse(OUTCOMES)
    assert len(outcomes) > 40
    assert undocumented(outcomes) == set()
