"""All benchmarks as one command: `python -m parspread_tools.benchmarks`.

Prints Markdown and writes one JSON file and a chart. Each section runs in a process of its own, so
that its memory is its own; `--only` runs some of them, `--market` takes the large sizes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from parspread_tools.benchmarks import (
    backtest,
    bonds,
    build,
    cds,
    credit,
    libraries,
    overlay,
    publish,
    queries,
    splines,
    sweep,
    treasuries,
)
from parspread_tools.benchmarks.chart import write_charts
from parspread_tools.benchmarks.measure import PROJECT, machine, peak_memory_mb
from parspread_tools.benchmarks.tables import Table

SIZES = ("tiny", "small", "market")

Section = Callable[[str], list[Table]]
SECTIONS: dict[str, Section] = {
    "bonds": bonds.tables,
    "credit": credit.tables,
    "splines": splines.tables,
    "treasuries": treasuries.tables,
    "cds": cds.tables,
    "libraries": libraries.tables,
    "backtest": backtest.tables,
    "overlay": overlay.tables,
    "build": build.tables,
    "publish": publish.tables,
    "queries": queries.tables,
    "sweep": sweep.tables,
}


def run_section(name: str, size: str) -> dict:
    """Measure one section in this process; return its record."""
    tables = SECTIONS[name](size)
    return {"tables": [table.record() for table in tables], "peak_memory_mb": peak_memory_mb()}


def run_apart(name: str, size: str) -> dict:
    """Measure one section in a process of its own; a failure becomes its record."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "section.json"
        command = [sys.executable, "-m", __package__, "--section", name]
        done = subprocess.run(
            [*command, "--size", size, "--json", str(file)], capture_output=True, text=True
        )
        if done.returncode:
            problem = (done.stderr.strip().splitlines() or ["no message"])[-1]
            return {"tables": [], "problem": problem}
        return json.loads(file.read_text())


def markdown(name: str, record: dict) -> str:
    """Return a section in Markdown."""
    parts = [f"## {name}"]
    parts += [Table(**table).markdown() for table in record["tables"]]
    if "problem" in record:
        parts.append(f"Not measured: {record['problem']}")
    return "\n\n".join(parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen sections; return 1 if one of them could not be measured."""
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--market", action="store_const", dest="size", const="market")
    parser.add_argument("--json", type=Path, default=PROJECT / "build" / "benchmarks.json")
    parser.add_argument("--charts", type=Path, help="folder for benchmarks.svg and .png")
    parser.add_argument("--section", choices=SECTIONS, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    if options.section:
        record = run_section(options.section, options.size)
        options.json.write_text(json.dumps(record))
        return 0
    result = {"machine": machine(), "size": options.size, "sections": {}}
    print("# Benchmarks\n")
    print(", ".join(f"{name} {value}" for name, value in result["machine"].items()) + "\n")
    for name in options.only:
        result["sections"][name] = run_apart(name, options.size)
        print(markdown(name, result["sections"][name]), flush=True)
        options.json.write_text(json.dumps(result, indent=1))
    write_charts(result, options.charts or options.json.parent)
    return int(any("problem" in record for record in result["sections"].values()))
