"""The notebook's user finds every number that the original printed, to its last printed digit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conftest import ROOT, Build
from parspread_tools.report.notebook import code_cells, execute, main, stored

PATH = ROOT / "docs" / "guides" / "notebook.ipynb"
NOTEBOOK = json.loads(PATH.read_text())


@pytest.fixture(scope="module")
def executed(sample: Build) -> tuple[list[str], dict]:
    """Return what the cells print and the names that are left, run on the sample's release."""
    return execute(NOTEBOOK, sample.home)


def test_every_printed_number_equals_the_originals(executed: tuple[list[str], dict]) -> None:
    _, names = executed
    assert [entry for entry in names["compared"] if entry[1] != entry[2]] == []
    assert len(names["compared"]) == 121
    assert len({step for step, *_ in names["compared"]}) == 12


def test_what_the_file_shows_is_what_its_cells_print(executed: tuple[list[str], dict]) -> None:
    printed, _ = executed
    assert [stored(cell) for cell in code_cells(NOTEBOOK)] == printed


def test_the_originals_numbers_are_those_that_it_printed(
    executed: tuple[list[str], dict], shared_dir: Path
) -> None:
    """From the saved notebook itself: a number mistyped here would compare ours with itself."""
    (text,) = [p.read_text() for p in (shared_dir / "reference" / "seeds").glob("000*.txt")]
    numbers = set(re.findall(r"-?\d[\d,]*(?:\.\d+)?", text))
    assert {number for _, number, _ in executed[1]["compared"]} <= numbers


def test_a_cell_that_fails_is_named(tmp_path: Path) -> None:
    """And the command refuses a warehouse that the cells would not open."""
    cells = [{"cell_type": "code", "source": ["1 / 0"], "outputs": []}]
    with pytest.raises(ZeroDivisionError) as failure:
        execute({"cells": cells}, tmp_path)
    assert failure.traceback[-1].path == "cell 1" or "cell 1" in str(failure.traceback[-1].path)
    (tmp_path / "other.duckdb").touch()
    with pytest.raises(SystemExit):
        main([str(PATH), "--warehouse", str(tmp_path / "other.duckdb")])
