"""How each number is made: one page per mart, written from the compiled project.

    python -m parspread_tools.report.numbers [--manifest target/manifest.json] [--out docs/numbers]

A page lists the columns with unit, meaning and the model or kernel function that computes them, and
the models through which the numbers come, from the vendor files to the mart.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

Node = dict[str, Any]

# The unit that closes the name of a numeric column; where several fit, the longest counts.
UNITS = {
    "bps": "basis points",
    "bps_of_price": "basis points of price",
    "count": "whole number",
    "days": "calendar days",
    "days_to_maturity": "calendar days",
    "dec": "decimal",
    "mm": "millions of dollars",
    "month": "day of the month",
    "number": "ordinal",
    "pct": "percent",
    "pct_par": "per 100 of face",
    "position": "-1, 0 or +1",
    "pts": "index points",
    "ratio": "pure number",
    "rows_added": "rows",
    "rows_dropped": "rows",
    "rows_in": "rows",
    "rows_out": "rows",
    "score": "standard deviations",
    "sessions": "trading sessions",
    "share": "fraction",
    "sigma": "standard deviations",
    "sign": "-1, 0 or +1",
    "signal": "standard deviations",
    "threshold": "standard deviations",
    "usd": "dollars",
    "usd_per_bp": "dollars per basis point",
    "usd_per_bp_per_mm": "dollars per basis point and $1MM",
    "usd_per_mm": "dollars per $1MM",
    "value": "as its _unit column says",
    "years": "years",
    "z": "standard deviations",
}
NUMERIC = re.compile(r"^(double|float|real|decimal|integer|bigint|smallint|tinyint|hugeint)")
# Where the files named by a page lie, seen from docs/numbers.
ROOT_FROM_PAGE = "../../"


def is_numeric(data_type: str) -> bool:
    """Return whether a column of this type is a number."""
    return bool(NUMERIC.match(data_type or ""))


def unit_of(column: str) -> str | None:
    """Return the unit that closes a column's name; None where no unit does.

    >>> unit_of("mean_bid_ask_bps_of_price"), unit_of("dv01_usd_per_bp_per_mm"), unit_of("price")
    ('basis points of price', 'dollars per basis point and $1MM', None)
    """
    fitting = [unit for unit in UNITS if f"_{column}".endswith(f"_{unit}")]
    return UNITS[max(fitting, key=len)] if fitting else None


def computed_in(column: Node) -> str:
    """Return the model, catalog or kernel function that a column says it is computed in."""
    return column["config"]["meta"].get("computed_in", "")


def module_file(function: str) -> str:
    """Return the file of a kernel function from the root of the project.

    >>> module_file("parspread.bonds.z_spread.z_spread")
    'python/parspread/bonds/z_spread.py'
    """
    return f"python/{'/'.join(function.split('.')[:-1])}.py"


def pages(manifest: Node) -> dict[str, str]:
    """Return the text of every page by its file name, the list of all of them among them."""
    nodes = manifest["nodes"] | manifest["sources"]
    marts = sorted(
        (
            node
            for node in nodes.values()
            if node["resource_type"] == "model" and node["fqn"][1] == "marts"
        ),
        key=lambda node: (node["schema"], node["name"]),
    )
    written = {f"{mart['name']}.md": page(nodes, mart) for mart in marts}
    lines = [
        "# How each number is made",
        "",
        "One page per mart, written by `make docs`; edit the descriptions of the models instead.",
        "",
        "| Mart | What it holds |",
        "|---|---|",
    ]
    lines += [
        f"| [{mart['name']}]({mart['name']}.md) | {cell(mart['description'])} |" for mart in marts
    ]
    return {"README.md": "\n".join(lines) + "\n"} | written


def page(nodes: dict[str, Node], mart: Node) -> str:
    """Return the page of one mart: its columns, and the way from the vendor files to it."""
    meta = mart["config"]["meta"]
    by_name = {node["name"]: node for node in nodes.values() if node["resource_type"] != "test"}
    lines = [
        f"# {mart['name']}",
        "",
        " ".join(mart["description"].split()),
        "",
        f"One row per {', '.join(meta['grain'])}. Sign: {meta['sign']}.",
        "",
        "## Columns",
        "",
        "| Column | Unit | Meaning | Computed in |",
        "|---|---|---|---|",
    ]
    for column in mart["columns"].values():
        unit = unit_of(column["name"]) if is_numeric(column["data_type"]) else column["data_type"]
        home = computed_in(column)
        where = link(by_name[home]) if home in by_name else f"[{home}]({file_link(home)})"
        lines.append(f"| `{column['name']}` | {unit} | {cell(column['description'])} | {where} |")
    lines += [
        "",
        "## From the vendor files to the mart",
        "",
        "| Table | Reads | What it is |",
        "|---|---|---|",
    ]
    for node in way_to(nodes, mart):
        reads = ", ".join(sorted(nodes[parent]["name"] for parent in parents(nodes, node)))
        lines.append(f"| {link(node)} | {reads or kind(node)} | {first_sentence(node)} |")
    return "\n".join(lines) + "\n"


def file_link(function: str) -> str:
    """Return the link of a kernel function's file from a page."""
    return ROOT_FROM_PAGE + module_file(function)


def link(node: Node) -> str:
    """Return the name of a table, linked to the file that makes or describes it."""
    return f"[{node['name']}]({ROOT_FROM_PAGE}{node['original_file_path']})"


def kind(node: Node) -> str:
    """Return what a table is that reads no other."""
    return {"source": "vendor file", "seed": "catalog"}.get(node["resource_type"], "")


def parents(nodes: dict[str, Node], node: Node) -> list[str]:
    """Return the keys of the tables that a table reads."""
    return [key for key in node.get("depends_on", {}).get("nodes", []) if key in nodes]


def way_to(nodes: dict[str, Node], mart: Node) -> Iterator[Node]:
    """Yield everything that a mart is made from, each after what it reads, and then the mart."""
    graph: dict[str, list[str]] = {}
    open_keys = [mart["unique_id"]]
    while open_keys:
        key = open_keys.pop()
        if key not in graph:
            graph[key] = sorted(parents(nodes, nodes[key]))
            open_keys += graph[key]
    yield from (nodes[key] for key in TopologicalSorter(dict(sorted(graph.items()))).static_order())


def first_sentence(node: Node) -> str:
    """Return the first sentence of a table's description."""
    return cell(re.split(r"(?<=\.)\s", node["description"].strip())[0])


def cell(text: str) -> str:
    """Return a text as one cell of a Markdown table.

    >>> cell("a | b < c")
    'a \\\\| b &lt; c'
    """
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def main(arguments: list[str] | None = None) -> None:
    """Write one page per mart that says how each of its numbers is made."""
    parser = argparse.ArgumentParser(
        prog="parspread_tools.report.numbers", description=main.__doc__
    )
    parser.add_argument("--manifest", type=Path, default=Path("target/manifest.json"))
    parser.add_argument("--out", type=Path, default=Path("docs/numbers"))
    options = parser.parse_args(arguments)
    if not options.manifest.is_file():
        parser.error(
            f"--manifest must name the manifest of a dbt run; {options.manifest} is not one"
        )
    written = pages(json.loads(options.manifest.read_text(encoding="utf-8")))
    options.out.mkdir(parents=True, exist_ok=True)
    for stale in options.out.glob("*.md"):
        if stale.name not in written:
            stale.unlink()
    for name, text in written.items():
        (options.out / name).write_text(text, encoding="utf-8")
    print(f"{options.out} holds {len(written) - 1} pages")


if __name__ == "__main__":
    main()
