"""What the README tells a newcomer to type has to work."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from conftest import ROOT, Build

README = (ROOT / "README.md").read_text()
GUIDES = [path.read_text() for path in sorted((ROOT / "docs" / "guides").glob("*.md"))]


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)


def statements(*texts: str) -> list[str]:
    found = [block for text in texts or (README,) for block in blocks("sql", text)]
    return [s.strip() for block in found for s in block.split(";") if s.strip()]


@pytest.mark.parametrize("statement", statements(README, *GUIDES))
def test_every_sql_statement_returns_rows(sample: Build, statement: str) -> None:
    """Pasted as it stands, on the sample."""
    assert len(sample.query(statement)) > 0


def test_the_first_query_has_the_answer_that_is_printed(sample: Build) -> None:
    """The table below it is what a newcomer compares the first result with."""
    table = README.split("```sql\n")[1].split("```")[1].strip().split("\n\n")[0].splitlines()
    printed = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table[2:]]
    found = sample.query(statements()[0])
    assert printed == [tuple(map(str, row)) for row in found]


def test_every_arrow_of_the_pictures_is_a_path_of_refs(sample: Build) -> None:
    """A picture that the models have left behind misleads more than none."""
    manifest = json.loads((sample.home / "target" / "manifest.json").read_text())
    parents = manifest["parent_map"]
    boxes = {
        node["name"].split("__")[-1]: node_id
        for node_id, node in (manifest["sources"] | manifest["nodes"]).items()
        if node["resource_type"] in ("model", "source") and "replicas" not in node["fqn"]
    }

    def ancestors(node_id: str) -> set[str]:
        above = set(parents.get(node_id, []))
        return above.union(*map(ancestors, above))

    chains = [
        re.sub(r"\[\(.*?\)\]", "", line).split(" --> ")
        for block in blocks("mermaid")
        for line in block.strip().splitlines()[1:]
    ]
    arrows = [(a.strip(), b.strip()) for chain in chains for a, b in itertools.pairwise(chain)]
    assert len(arrows) > 20
    assert [(a, b) for a, b in arrows if boxes[a] not in ancestors(boxes[b])] == []


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


def test_that_numba_is_required_is_said_once() -> None:
    """Some modules took it for an option, and others did not."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    said = [p.name for p in pages if re.search(r"numba\b[^.]{0,80}\brequired", p.read_text())]
    assert said == ["README.md"]
    optional = r"except ImportError|is no requirement|without numba"
    sources = (ROOT / "python" / "parspread").rglob("*.py")
    assert [path.name for path in sources if re.search(optional, path.read_text())] == []
    assert re.search(r'^dependencies = \[[^]]*"numba', (ROOT / "pyproject.toml").read_text(), re.M)
