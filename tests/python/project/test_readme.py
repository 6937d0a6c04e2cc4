"""What the README tells a newcomer to type has to work."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT, Build

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.S)


def statements() -> list[str]:
    return [s.strip() for block in blocks("sql") for s in block.split(";") if s.strip()]


@pytest.mark.parametrize("statement", statements())
def test_every_sql_statement_returns_rows(sample: Build, statement: str) -> None:
    """Pasted as it stands, on the sample."""
    assert len(sample.query(statement)) > 0


@pytest.mark.parametrize("block", blocks("python"))
def test_every_python_block_runs(
    sample: Build, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pasted as it stands, in the folder of the release."""
    monkeypatch.chdir(sample.home)
    names: dict = {}
    exec(block, names)
    assert len(names["scorecard"]) > 0
    names["warehouse"].close()


def test_every_make_target_exists() -> None:
    """A target that was renamed would strand the reader on the first line."""
    named = set(re.findall(r"^make (\w+)|`make (\w+)`", README, flags=re.M))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.M))
    assert {a or b for a, b in named} <= targets


def test_every_link_leads_somewhere() -> None:
    """A dead link in the first page costs trust."""
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_table_it_names_is_published(sample: Build) -> None:
    """The map has to match the territory."""
    named = set(re.findall(r"`(?:\w+\.)?((?:fct|dim|rpt)_\w+)`", README))
    published = {name for (name,) in sample.query("select table_name from duckdb_tables()")}
    assert named - published == set()
