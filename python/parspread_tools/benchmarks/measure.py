"""What every benchmark is measured with: processor and wall time, memory, growth."""

import contextlib
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from math import log
from pathlib import Path
from statistics import median

import numpy as np

REPEATS = 5
# Benchmarks measure the checkout that they belong to, from whatever folder they are started.
PROJECT = Path(__file__).parents[3]


def cpu_and_wall(call: Callable, *arguments: object, **options: object) -> tuple[float, float]:
    """Return the processor and the wall seconds of one call."""
    cpu, wall = time.process_time(), time.perf_counter()
    call(*arguments, **options)
    return time.process_time() - cpu, time.perf_counter() - wall


def median_seconds(
    call: Callable, *arguments: object, repeats: int = REPEATS, **options: object
) -> float:
    """Return the median processor time of several calls, all with one thread."""
    return median(cpu_and_wall(call, *arguments, **options)[0] for _ in range(repeats))


def peak_memory_mb() -> float:
    """Return the highest resident memory of the process so far (Linux counts it in kB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def growth_exponent(sizes: tuple[int, int], seconds: tuple[float, float]) -> float:
    """Return the power of the size with which time grows, 1 being proportional.

    >>> growth_exponent((10, 1000), (0.5, 50.0))
    1.0
    """
    return log(seconds[1] / seconds[0]) / log(sizes[1] / sizes[0])


def copy_seconds(*arrays: np.ndarray) -> float:
    """Return the processor time of one plain copy of the arrays, the floor of whatever reads them.

    Copied until a hundredth of a second has passed: the clock cannot resolve one small copy.
    """
    copies, start = 0, time.process_time()
    while time.process_time() - start < 0.01:
        for array in arrays:
            array.copy()
        copies += 1
    return (time.process_time() - start) / copies


def machine() -> dict[str, str | int]:
    """Return what the figures were measured on: processor, cores, memory and versions."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model,
        "cores": os.cpu_count() or 1,
        "memory_gb": round(memory_bytes / 2**30),
        "load_1_minute": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "duckdb", "dbt-core", "QuantLib")},
    }
