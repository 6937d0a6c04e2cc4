"""The meaning of a column is written once, and YAML stays shorter than the SQL it describes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from conftest import ROOT

MAX_YAML_LINES_PER_SQL_LINE = 0.55
DOC = re.compile(r"\{\{ doc\('(\w+)'\) \}\}")
BLOCK = re.compile(r"\{% docs (\w+) %\} (.+) \{% enddocs %\}")


def yaml_files() -> list[Path]:
    return sorted(path for folder in ("models", "seeds") for path in (ROOT / folder).rglob("*.yml"))


def descriptions() -> Iterator[tuple[str, str]]:
    """Yield place and text of every column description of models, seeds and vendor files."""
    for path in yaml_files():
        yield from described(path.read_text())


def described(text: str) -> Iterator[tuple[str, str]]:
    """Yield place and text of every column description that a file spells out."""
    document = yaml.safe_load(text)
    tables = document.get("models", []) + document.get("seeds", [])
    tables += [table for source in document.get("sources", []) for table in source["tables"]]
    seen = set()
    for table in tables:
        for column in table.get("columns", []):
            text = column.get("description", "")
            # A column that is quoted through an anchor shares the very object of its text.
            if id(text) not in seen:
                yield f"{table['name']}.{column['name']}", " ".join(text.split())
            seen.add(id(text))


def blocks() -> dict[str, str]:
    """Return the doc blocks by name."""
    return dict(BLOCK.findall((ROOT / "models/_columns.md").read_text()))


def copies(texts: Iterable[tuple[str, str]]) -> list[str]:
    """Return the places whose text stands word by word in another place too."""
    texts = [(place, text) for place, text in texts if not DOC.fullmatch(text)]
    times = Counter(text for _, text in texts)
    return [place for place, text in texts if times[text] > 1]


def test_no_column_description_is_a_copy_of_another() -> None:
    """Copies drift apart: two wordings of one meaning are two meanings to a reader."""
    assert copies([*descriptions(), *blocks().items()]) == []


def test_a_copy_is_seen() -> None:
    """The test above would pass forever if this could not fail."""
    assert copies([("a.x", "Rows."), ("b.x", "Rows."), ("c.x", "Days.")]) == ["a.x", "b.x"]
    assert copies([("a.x", "{{ doc('x') }}"), ("b.x", "{{ doc('x') }}")]) == []


def test_an_anchor_is_no_copy() -> None:
    """A rule of a strategy is described once, for the catalog and for the mart."""
    anchored = "seeds: [{name: a, columns: [&x {name: x, description: Rows in all.}]}]\n"
    quoted = anchored + "models: [{name: b, columns: [{<<: *x, config: {}}, *x]}]"
    assert copies(described(quoted)) == []
    assert copies(described(anchored + anchored.replace("&x", "").replace("seeds", "models"))) != []


def test_every_doc_block_is_one_line_that_is_quoted_more_than_once() -> None:
    """A block that one column quotes belongs to that column; line ends would end up in comments."""
    text = (ROOT / "models/_columns.md").read_text()
    assert text.count("{% docs") == len(blocks()) > 100
    times = Counter(name for _, quoted in descriptions() for name in DOC.findall(quoted))
    assert [name for name in blocks() if times[name] < 2] == []


def test_yaml_is_shorter_than_sql() -> None:
    """What has to be scrolled through is not read."""
    lines = {
        suffix: sum(len(path.read_text().splitlines()) for path in (ROOT / "models").rglob(suffix))
        for suffix in ("*.yml", "*.sql")
    }
    assert lines["*.yml"] <= MAX_YAML_LINES_PER_SQL_LINE * lines["*.sql"]
