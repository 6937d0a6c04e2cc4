"""The published cases of empyrical: what went in, and what its own tests expect."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.testing import assert_allclose

PERIODS = {"daily": 252.0, "weekly": 52.0, "monthly": 12.0}


def published(shared_dir: Path) -> dict[str, Any]:
    """Return the file of all cases."""
    path = shared_dir / "data/reference_cases/backtest_metrics_empyrical.json"
    return json.loads(path.read_text())


def compared_tests(shared_dir: Path) -> set[str]:
    """Return the names of empyrical's tests."""
    return {case["test"] for case in published(shared_dir)["cases"]}


def without_infinity(expected):
    """Turn null and infinity into NaN: an undefined ratio is null in the warehouse."""
    if isinstance(expected, list):
        return [without_infinity(e) for e in expected]
    return math.nan if expected in (None, "inf") else expected


def compare_with_empyrical(
    shared_dir: Path, metrics: Mapping[str, Callable[[dict[str, Any]], Any]]
) -> int:
    """Compare metrics, by the name of empyrical's test, with every case; return how many.

    Eight digits as in empyrical's own tests, four for its rolling drawdown. Left out: two-column
    frames, whose data is not published, and windows of one row, which only pin the shape of an
    all-missing frame. An infinity there is NaN here.
    """
    file = published(shared_dir)
    series = {
        name: np.array(value["values"], dtype=float) for name, value in file["series"].items()
    }

    def resolve(value):
        if isinstance(value, dict):
            if "series" in value:
                return series[value["series"]]
            return np.array(value["series_values"], dtype=float)
        return value

    compared = 0
    for case in file["cases"]:
        args, metric = case["args"], metrics.get(case["test"])
        no_frame = "DATAFRAME" in args.values()
        if metric is None or no_frame or args.get("window") == 1:
            continue
        expected = without_infinity(args["expected"])
        found = metric({name: resolve(v) for name, v in args.items() if name != "expected"})
        decimals = 4 if case["test"] == "test_roll_max_drawdown" else 8
        assert_allclose(
            np.asarray(found, dtype=float),
            np.asarray(expected, dtype=float),
            atol=1.5 * 10.0**-decimals,
            rtol=0,
            err_msg=str(case),
        )
        compared += 1
    return compared
