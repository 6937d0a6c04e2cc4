"""Every public number can be found: by its name, and where it says that it is computed."""

from __future__ import annotations

import csv
import importlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from conftest import ROOT
from parspread_tools.report.numbers import computed_in, is_numeric, module_file, pages, unit_of

PUBLIC_LAYERS = ("marts", "reports")


def public_columns(manifest: dict) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield model name and column of everything that users may rely on."""
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["fqn"][1] in PUBLIC_LAYERS:
            for column in node["columns"].values():
                yield node["name"], column


@cache
def code() -> str:
    """Return the text of all models and kernels."""
    files = [*(ROOT / "models").rglob("*.sql"), *(ROOT / "models").rglob("*.py")]
    files += (ROOT / "python" / "parspread").rglob("*.py")
    return "\n".join(path.read_text() for path in sorted(files))


def is_named(column: str, text: str) -> bool:
    """Return whether a text holds the full name of a column."""
    return re.search(rf"\b{column}\b", text) is not None


def fault(home: str, column: str, manifest: dict) -> str | None:
    """Return what is wrong with the place that a column names; None for nothing."""
    if not home:
        return "says no place"
    nodes = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed")
    }
    if home in nodes:
        path = ROOT / nodes[home]["original_file_path"]
        if path.suffix == ".csv":
            with path.open() as lines:
                names = next(csv.reader(lines))
            return None if column in names else f"catalog {home} has no such column"
        return None if is_named(column, path.read_text()) else f"model {home} does not name it"
    module, _, function = home.rpartition(".")
    if module.partition(".")[0] != "parspread":
        return f"{home} is neither a model nor a kernel function"
    try:
        found = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError:
        return f"there is no module {module}"
    if not callable(found) or getattr(found, "__module__", None) != module:
        return f"module {module} defines no {function}"
    return None if (ROOT / module_file(home)).is_file() else f"{home} has no file"


def test_every_public_column_says_where_it_is_computed(manifest: dict) -> None:
    """An address is the shortest way to a formula; one that leads nowhere is worse than none."""
    columns = list(public_columns(manifest))
    assert len(columns) > 500
    wrong = [
        f"{model}.{column['name']}: {problem}"
        for model, column in columns
        if (problem := fault(computed_in(column), column["name"], manifest))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "home, column, problem",
    [
        ("", "net_pnl_usd", "says no place"),
        ("fct_bond_basis", "no_such_usd", "model fct_bond_basis does not name it"),
        ("fct_bond_bases", "cusip", "fct_bond_bases is neither a model nor a kernel function"),
        ("instruments", "net_pnl_usd", "catalog instruments has no such column"),
        ("numpy.mean", "mean_usd", "numpy.mean is neither a model nor a kernel function"),
        ("parspread.nowhere.mean", "mean_usd", "there is no module parspread.nowhere"),
        ("parspread.mean", "mean_usd", "module parspread defines no mean"),
    ],
)
def test_an_address_that_leads_nowhere_is_seen(
    manifest: dict, home: str, column: str, problem: str
) -> None:
    """The test above would pass forever if this could not fail."""
    assert fault(home, column, manifest) == problem


def test_every_public_column_is_found_by_its_full_name(manifest: dict) -> None:
    """A name that a loop puts together cannot be searched for."""
    lost = [
        f"{model}.{column['name']}"
        for model, column in public_columns(manifest)
        if not is_named(column["name"], code())
    ]
    assert lost == []
    assert not is_named("pnl_usd_per_m", "time_pnl_usd_per_mm, spread_pnl_usd")


def test_every_public_column_is_described_and_every_number_has_a_unit(manifest: dict) -> None:
    """What cannot be read cannot be relied upon."""
    silent = [
        f"{model}.{column['name']}"
        for model, column in public_columns(manifest)
        if not column["description"].strip()
        or (is_numeric(column["data_type"]) and unit_of(column["name"]) is None)
    ]
    assert silent == []


def test_the_pages_on_how_numbers_are_made_are_current(manifest: dict) -> None:
    """`make docs` writes them; a page that lags behind the models misleads."""
    written = {path.name: path.read_text() for path in (ROOT / "docs/numbers").glob("*.md")}
    wanted = pages(manifest)
    assert sorted(written) == sorted(wanted), "run make docs"
    assert [name for name in wanted if written[name] != wanted[name]] == [], "run make docs"
