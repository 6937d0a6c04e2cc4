"""The ledger of printed numbers is what the machine makes of it today."""

import pytest

from conftest import ROOT, Build
from parspread_tools.report.replications import PAGE, page
from replication_cases import FILE, table


def test_the_cases_are_what_the_kernels_say_today() -> None:
    assert table() == FILE.read_text(), "run tests/python/replication_cases.py"


def test_the_page_is_what_the_table_holds(sample: Build) -> None:
    assert page(sample.release) == (ROOT / PAGE).read_text(), (
        "run python -m parspread_tools.report.replications"
    )


@pytest.mark.parametrize(
    ("printed", "count"), [("0.9004", 1), ("0.9505", 1), ("383,425.54", 2), ("markit", 20)]
)
def test_the_numbers_that_the_desk_asks_for_are_there(printed: str, count: int) -> None:
    assert (ROOT / PAGE).read_text().count(printed) >= count
