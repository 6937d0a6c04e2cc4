"""Other libraries on the same CDS contracts, each in an environment of its own.

Only libraries with a permissive licence are installed; the licence is read from the installed
package, and one that is not permissive is not run. An environment is made once, under
`build/benchmark_environments`; without a network the line says that it could not be made.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parspread_tools.benchmarks import cds
from parspread_tools.benchmarks.measure import PROJECT, median_seconds
from parspread_tools.benchmarks.tables import Table
from parspread_tools.benchmarks.warehouse import fresh_folder

CONTRACTS = {"tiny": 20, "small": 10_000, "market": 10_000}
ENVIRONMENTS = PROJECT / "build" / "benchmark_environments"
PROGRAM = Path(__file__).with_name("quantlib_program.py")
PERMISSIVE = ("BSD", "MIT", "Apache", "ISC")
REFUSED = ("GPL", "General Public", "Affero", "non-commercial", "noncommercial", "Commons Clause")
READ_METADATA = """
import importlib.metadata as m, json, sys
found = m.metadata(sys.argv[1])
texts = [found.get("License-Expression") or "", found.get("License") or ""]
texts += [c for c in found.get_all("Classifier") or [] if c.startswith("License")]
print(json.dumps([found["Version"], texts]))
"""


@dataclass(frozen=True)
class Library:
    """A library of QuantLib's interface: its distribution, and the module that is imported."""

    distribution: str
    module: str


LIBRARIES = (Library("QuantLib", "QuantLib"), Library("open-source-risk-engine", "ORE"))


def licence_name(texts: list[str]) -> str:
    """Return the permissive licence that the texts name, or nothing.

    >>> licence_name(["", "License :: OSI Approved :: BSD License"])
    'BSD'
    >>> licence_name(["GPL-3.0-only", "MIT"])
    ''
    """
    if any(word.lower() in text.lower() for text in texts for word in REFUSED):
        return ""
    named = [word for word in PERMISSIVE if any(word in text for text in texts)]
    if not named and any("Redistributions of source code must retain" in text for text in texts):
        return "BSD"
    return named[0] if named else ""


def environment(library: Library) -> Path:
    """Return the Python of the library's own environment, made when it is not there."""
    folder = ENVIRONMENTS / library.distribution
    python = folder / "bin" / "python"
    if not (folder / ".installed").exists():
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", library.distribution, "numpy"],
        ):
            subprocess.run(command, check=True, capture_output=True, text=True)
        (folder / ".installed").touch()
    return python


def library_line(library: Library, quotes: dict, kernel: np.ndarray, kernel_seconds: float) -> dict:
    """Return the line of one library, with a reason where it could not be measured."""
    line = dict.fromkeys(COLUMNS) | {"library": library.distribution}
    try:
        python = environment(library)
        metadata = subprocess.run(
            [str(python), "-c", READ_METADATA, library.distribution],
            check=True,
            capture_output=True,
            text=True,
        )
        line["version"], texts = json.loads(metadata.stdout)
        line["licence"] = licence_name(texts)
        if not line["licence"]:
            return line | {"outcome": "licence not permissive, not run"}
        folder = fresh_folder()
        np.savez(folder / "quotes.npz", **quotes)
        files = (str(folder / "quotes.npz"), str(folder / "prices.npz"))
        subprocess.run(
            [str(python), str(PROGRAM), library.module, *files],
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as problem:
        last = (problem.stderr or problem.stdout or str(problem)).strip().splitlines()
        return line | {"outcome": (last or ["failed"])[-1][:100].replace("|", "/")}
    prices = np.load(folder / "prices.npz")
    seconds = float(prices["seconds"])
    return line | {
        "us a quote": 1e6 * seconds / kernel.size,
        "of it making objects": float(prices["object_seconds"]) / seconds,
        "times slower": seconds / kernel_seconds,
        "largest gap to the kernel per 100": float(np.abs(prices["upfront"] - kernel).max()),
        "outcome": "ok",
    }


COLUMNS = (
    "library",
    "version",
    "licence",
    "us a quote",
    "of it making objects",
    "times slower",
    "largest gap to the kernel per 100",
    "outcome",
)


def tables(size: str) -> list[Table]:
    """Price the same contracts with every library."""
    rows = cds.quotes(CONTRACTS[size])
    kernel = cds.with_kernel(rows)
    seconds = median_seconds(cds.with_kernel, rows)
    own = dict.fromkeys(COLUMNS) | {
        "library": "parspread",
        "licence": "Apache",
        "us a quote": 1e6 * seconds / kernel.size,
        "of it making objects": 0.0,
        "times slower": 1.0,
        "outcome": "ok",
    }
    lines = [
        own,
        *(library_line(library, cds.for_quantlib(rows), kernel, seconds) for library in LIBRARIES),
    ]
    note = (
        f"{kernel.size:,} quotes to upfront, CS01, IR01 and Rec01, four valuations each, called "
        "from Python; every library in an environment of its own."
    )
    return [Table("Other libraries on the same contracts", note, lines)]
