"""What every benchmark is measured with: processor and wall time, memory, growth."""

import resource
import sys
import time
from collections.abc import Callable
from math import log
from statistics import median

REPEATS = 5


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
