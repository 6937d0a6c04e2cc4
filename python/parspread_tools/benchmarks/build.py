"""A build by size: processor time, memory and files, and the growth of each model.

One node at a time, each build from nothing in a process of its own. The growth exponent of a model
is between the two largest sizes: 1 is proportional, below 1 shows fixed cost. The floor is a copy
of the tables of the build file by the engine.
"""

import re

from parspread_tools.benchmarks.measure import growth_exponent
from parspread_tools.benchmarks.tables import Table
from parspread_tools.benchmarks.warehouse import Built, build, sample_build, sample_folder

# Issuers, bonds and months of the simulated files of both desks.
SIZES = {
    "tiny": ((20, 20, 2), (20, 40, 3)),
    "small": ((60, 200, 12), (60, 200, 60)),
    "market": ((60, 200, 60), (600, 2_000, 60), (2_000, 6_000, 240)),
}
SLOWEST_COUNT = 20
LOSS_NODES = "loss|int_accounting__(keys|inputs)_missed"


def tables(size: str) -> list[Table]:
    """Build each size and compare."""
    builds, totals = [], []
    for issuers, bonds, months in SIZES[size]:
        counts = ("--issuers", issuers, "--bonds", bonds, "--months", months)
        folder = sample_folder("--desk", "cds_bond", *map(str, counts))
        quote_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        built = build(folder)
        builds.append(built)
        totals.append(
            {
                "issuers": issuers,
                "bonds": bonds,
                "months": months,
                "input MB": quote_bytes / 1e6,
                "CPU s": built.cpu_seconds,
                "wall s": built.wall_seconds,
                "peak MB": built.peak_mb,
                "build file MB": built.build_file.stat().st_size / 1e6,
                "release MB": built.release.resolve().stat().st_size / 1e6,
            }
        )
    return [
        Table("Build by size", "The cds_bond desk with empty files of the other.", totals),
        growth_table(size, builds),
        checks_table(size),
    ]


def checks_table(size: str) -> Table:
    """Return what the checks of a delivery cost of a build of the sample."""
    built = sample_build(size)
    nodes = {
        "inputs": ("parspread-on-run-start-0",),
        "losses": [n for n in built.node_seconds if re.search(LOSS_NODES, n)],
    }
    seconds = {what: sum(built.node_seconds[n] for n in names) for what, names in nodes.items()}
    seconds["together"] = sum(seconds.values())
    rows = [
        {"checks": what, "wall s": wall, "share of the build's CPU": wall / built.cpu_seconds}
        for what, wall in seconds.items()
    ]
    return Table("Checks of a delivery", "The committed sample; the bar is a share of 0.05.", rows)


def growth_table(size: str, builds: list[Built]) -> Table:
    """Return the slowest models of the largest build and how they grew."""
    *_, before, last = builds
    work = [issuers * months for issuers, _, months in SIZES[size]][-2:]
    slowest = sorted(last.node_seconds, key=last.node_seconds.get, reverse=True)[:SLOWEST_COUNT]
    rows = [
        {
            "node": name,
            "wall s": before.node_seconds[name],
            "wall s at the largest": last.node_seconds[name],
            "growth exponent": growth_exponent(
                tuple(work), (before.node_seconds[name], last.node_seconds[name])
            ),
        }
        for name in slowest
        if before.node_seconds.get(name)
    ]
    return Table(
        "Growth by model",
        f"The {SLOWEST_COUNT} slowest nodes; size is issuers times months.",
        rows,
    )
