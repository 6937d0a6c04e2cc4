"""A sweep through the whole of dbt: what each point of a grid adds to a build of the overlay desk.

The catalog's own sweep is replaced by a grid over `balanced` in a copy of the project; the build
without it is the floor.
"""

import shutil
from pathlib import Path

from parspread_tools.benchmarks.measure import PROJECT
from parspread_tools.benchmarks.tables import Table
from parspread_tools.benchmarks.warehouse import build, fresh_folder, sample_folder

# Entry thresholds, exit thresholds and holding periods of the grid.
GRIDS = {
    "tiny": ((2, 1, 1),),
    "small": ((10, 10, 1),),
    "market": ((10, 10, 1), (25, 20, 2)),
}
SESSIONS = {"tiny": "300", "small": "3000", "market": "3000"}
HEADER = "sweep_code,strategy_code,parameter,parameter_values,keep_days,is_enabled"


def project_with_sweep(grid: tuple[int, int, int]) -> Path:
    """Return a copy of the project whose catalog lays one grid over `balanced`."""
    folder = fresh_folder() / "project"
    kept = ("models", "macros", "seeds", "tests", "docs")
    for name in kept:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("sample"))
    for file in PROJECT.glob("*.yml"):
        shutil.copy(file, folder)
    entries, exits, holdings = grid
    parameters = {
        "entry_threshold": [1.0 + position / 50 for position in range(entries)],
        "exit_threshold": [0.1 + position / 100 for position in range(exits)],
        "max_holding_sessions": [20 + position for position in range(holdings)],
    }
    lines = [
        f"grid,balanced,{name},{';'.join(map(str, values))},best:10,true"
        for name, values in parameters.items()
    ]
    (folder / "seeds/catalog/sweeps.csv").write_text("\n".join([HEADER, *lines, ""]))
    return folder


def tables(size: str) -> list[Table]:
    """Build the overlay desk without a sweep and with each grid."""
    data = sample_folder("--desk", "cdx_overlay", "--sessions", SESSIONS[size])
    grids = ((0, 0, 0), *GRIDS[size])
    rows = []
    for grid in grids:
        points = grid[0] * grid[1] * grid[2]
        project = project_with_sweep(grid) if points else PROJECT
        built = build(data, project=project)
        row = {
            "points": points,
            "CPU s": built.cpu_seconds,
            "peak MB": built.peak_mb,
            "build file MB": built.build_file.stat().st_size / 1e6,
            "release MB": built.release.resolve().stat().st_size / 1e6,
            "added CPU s": None,
            "added ms a point": None,
            "added MB": None,
        }
        if points:
            added = built.cpu_seconds - rows[0]["CPU s"]
            row |= {
                "added CPU s": added,
                "added ms a point": 1e3 * added / points,
                "added MB": built.peak_mb - rows[0]["peak MB"],
            }
        rows.append(row)
    note = f"{SESSIONS[size]} sessions, both desks' models, the other desk without files."
    return [Table("Sweep through dbt", note, rows)]
