"""Builds for the benchmarks: in folders of their own, with processor time and memory counted."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from parspread_tools.benchmarks.measure import PROJECT
from parspread_tools.sample.make import main as make_sample

# Folders that hold what a benchmark builds; they go with the process.
_FOLDERS: list[tempfile.TemporaryDirectory] = []

# In a process of its own, because memory is a high-water mark of a process.
DBT = """
import json, resource, sys, time
from dbt.cli.main import dbtRunner
success = dbtRunner().invoke(sys.argv[2:]).success
used = resource.getrusage(resource.RUSAGE_SELF)
peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
figures = {"cpu": used.ru_utime + used.ru_stime, "peak_mb": peak, "success": bool(success)}
open(sys.argv[1], "w").write(json.dumps(figures))
"""


@dataclass(frozen=True)
class Built:
    """A finished build.

    Attributes
    ----------
    home : Path
        Folder of the release; `build`, `target` and `logs` lie beside it.
    cpu_seconds, wall_seconds, peak_mb : float
        Of the whole process, dbt's own start included.
    node_seconds : dict of str to float
        Wall seconds of each model, seed and test by its name.
    """

    home: Path
    cpu_seconds: float
    wall_seconds: float
    peak_mb: float
    node_seconds: dict[str, float]

    @property
    def build_file(self) -> Path:
        """Return the database of the build, intermediates included."""
        return self.home / "build" / "parspread.duckdb"

    @property
    def release(self) -> Path:
        """Return the published file."""
        return self.home / "parspread.duckdb"


def fresh_folder() -> Path:
    """Return a new folder that is removed when the process ends."""
    _FOLDERS.append(tempfile.TemporaryDirectory(prefix="parspread_benchmark_"))
    return Path(_FOLDERS[-1].name)


def sample_folder(*options: str) -> Path:
    """Return a new folder with simulated vendor files."""
    folder = fresh_folder()
    make_sample(["--out", str(folder), *options])
    return folder


def build(data_dir: Path | None, *arguments: str, project: Path = PROJECT) -> Built:
    """Run `dbt build` in a process of its own, one node at a time, and count what it costs.

    Raises
    ------
    RuntimeError
        The build failed; the message closes with the end of its output.
    """
    home = fresh_folder()
    figures = home / "figures.json"
    environment = os.environ | {
        "PARSPREAD_BUILD_DIR": str(home / "build"),
        "PARSPREAD_PUBLISH_DIR": str(home),
        "PARSPREAD_THREADS": "1",
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "PYTHONPATH": str(PROJECT / "python"),
    }
    environment.pop("PARSPREAD_DATA_DIR", None)
    if data_dir is not None:
        environment["PARSPREAD_DATA_DIR"] = str(data_dir)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", DBT, str(figures), "--no-use-colors", "build", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
    )
    wall = time.perf_counter() - started
    used = json.loads(figures.read_text()) if figures.exists() else {"success": False}
    if not used["success"]:
        raise RuntimeError(f"the build failed: {(done.stdout + done.stderr)[-2000:]}")
    results = json.loads((home / "target" / "run_results.json").read_text())["results"]
    nodes = {node["unique_id"].split(".")[2]: node["execution_time"] for node in results}
    return Built(home, used["cpu"], wall, used["peak_mb"], nodes)


@functools.cache
def sample_build(size: str) -> Built:
    """Return a build of the committed sample, or of the smallest sample there is when tiny."""
    if size != "tiny":
        return build(None)
    options = ("--issuers", "20", "--bonds", "20", "--months", "2", "--sessions", "300")
    return build(sample_folder(*options))


def published_sample(size: str) -> Path:
    """Return the release of `sample_build`."""
    return sample_build(size).release
