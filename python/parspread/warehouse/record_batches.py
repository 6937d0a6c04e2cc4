"""Record batches as arrays and back: the tools of every seam to the database."""

from __future__ import annotations

import ctypes
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import IntEnum
from typing import Any

import numpy as np
import pyarrow as pa

from parspread.arrays import BoolArray, DateArray, FloatArray, IntArray, StatusArray
from parspread.cds._pieces import Discounts, factor_rows
from parspread.curves.discount_curves import DiscountCurves
from parspread.curves.treasury_curve import SvenssonCurves, zero_yield_table

# Memory stays flat at any table size: a row meets eighty rates, or bootstraps a contract per tenor.
ROWS_PER_BATCH = 16_384
WORKER_COUNT = min(os.cpu_count() or 1, 8)  # each holds a batch in memory
CURVE_COLUMNS = ("beta0_dec", "beta1_dec", "beta2_dec", "beta3_dec", "tau1_years", "tau2_years")
# A Treasury curve under CDS is log-linear between these, far within a quarter of a bp.
CURVE_NODE_YEARS = np.arange(1, 45) / 4


def mapped_batches(
    relation: Any,
    function: Callable[[pa.RecordBatch], pa.RecordBatch],
    *,
    rows_per_batch: int = ROWS_PER_BATCH,
) -> pa.RecordBatchReader:
    """Return a stream of `function` applied to each batch of `relation`, in their order.

    Batches are worked on side by side, one a core; no batch may depend on another.
    """
    if hasattr(relation, "map_batches"):  # an engine that maps batches where the rows are
        return relation.map_batches(function)
    reader = relation.to_arrow_reader(rows_per_batch)
    empty = pa.RecordBatch.from_pylist([], schema=reader.schema)

    def batches() -> Iterator[pa.RecordBatch]:
        with ThreadPoolExecutor(WORKER_COUNT) as workers:
            begun = deque()
            for batch in reader:
                begun.append(workers.submit(function, batch))
                if len(begun) > WORKER_COUNT:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        release_memory()

    return pa.RecordBatchReader.from_batches(function(empty).schema, batches())


def release_memory() -> None:
    """Give freed memory back to the system, which allocators keep for the thread that freed it."""
    pa.default_memory_pool().release_unused()
    with suppress(AttributeError, OSError):  # a C library without it
        ctypes.CDLL(None).malloc_trim(0)


def floats(batch: pa.RecordBatch, name: str) -> FloatArray:
    """Return a numeric column as floats, NaN for null.

    Examples
    --------
    >>> floats(pa.RecordBatch.from_pydict({"count": [1, None]}), "count")
    array([ 1., nan])
    """
    return batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)


def float_table(batch: pa.RecordBatch, names: Iterable[str]) -> FloatArray:
    """Return numeric columns side by side, one row per row of the batch.

    Examples
    --------
    >>> float_table(pa.RecordBatch.from_pydict({"a": [1, None], "b": [3, 4]}), ["a", "b"])
    array([[ 1.,  3.],
           [nan,  4.]])
    """
    return np.column_stack([floats(batch, name) for name in names])


def flags(batch: pa.RecordBatch, name: str) -> BoolArray:
    """Return a boolean column, never null.

    Examples
    --------
    >>> flags(pa.RecordBatch.from_pydict({"is_new": [True, False]}), "is_new")
    array([ True, False])
    """
    return batch.column(name).to_numpy(zero_copy_only=False).astype(bool)


def dates(batch: pa.RecordBatch, name: str) -> DateArray:
    """Return a date column as days, NaT for null.

    Examples
    --------
    >>> batch = pa.RecordBatch.from_pydict({"day": pa.array([0, None], type=pa.date32())})
    >>> dates(batch, "day")
    array(['1970-01-01',        'NaT'], dtype='datetime64[D]')
    """
    column = batch.column(name).cast(pa.timestamp("s"))
    return column.to_numpy(zero_copy_only=False).astype("datetime64[D]")


def curves_of(batch: pa.RecordBatch) -> SvenssonCurves:
    """Return the zero curve of each row, NaN parameters where it has none.

    Examples
    --------
    >>> batch = pa.RecordBatch.from_pydict({name: [0.04, None] for name in CURVE_COLUMNS})
    >>> curves_of(batch).beta0_dec
    array([0.04,  nan])
    """
    return SvenssonCurves(*(floats(batch, name) for name in CURVE_COLUMNS))


def delivered_curves(
    batch: pa.RecordBatch, years: str = "node_years", rates: str = "zero_rates_dec"
) -> DiscountCurves:
    """Return the delivered curve of each row, NaN where it has none.

    Parameters
    ----------
    batch : RecordBatch
        Lists of node times, strictly increasing, and of continuous zero rates; null for no curve.
    years, rates : str
        Names of the two columns.

    Returns
    -------
    DiscountCurves
        One row per row of the batch.

    Examples
    --------
    >>> batch = pa.RecordBatch.from_pydict({"node_years": [[1.0, 2.0], None],
    ...                                     "zero_rates_dec": [[0.03, 0.04], None]})
    >>> delivered_curves(batch).log_discount
    array([[-0.03, -0.08],
           [  nan,   nan]])
    """
    lists = [batch.column(name).cast(pa.list_(pa.float64())) for name in (years, rates)]
    count = np.nan_to_num(
        lists[0].value_lengths().cast(pa.float64()).to_numpy(zero_copy_only=False)
    ).astype(np.int64)
    width = int(count.max(initial=1)) or 1
    is_node = np.arange(width) < count[:, None]
    node, log = np.ones((2, batch.num_rows, width))
    node[is_node], rate = (column.flatten().to_numpy() for column in lists)
    log[:] = np.nan
    log[is_node] = -node[is_node] * rate
    # Room at the end of a shorter row goes on along its last forward rate.
    for k in range(width):
        is_room = ~is_node[:, k]
        node[is_room, k] = (node[is_room, k - 1] if k else 0.0) + 1.0
        if k:
            before = log[:, k - 2] if k > 1 else np.zeros(batch.num_rows)
            step = node[:, k - 1] - (node[:, k - 2] if k > 1 else 0.0)
            slope = (log[:, k - 1] - before) / step
            log[is_room, k] = (log[:, k - 1] + slope)[is_room]
    return DiscountCurves(node, log)


def has_curve(delivered: DiscountCurves) -> BoolArray:
    """Tell which rows have a delivered curve."""
    return ~np.isnan(delivered.log_discount[:, 0])


def discount_factors(curves: DiscountCurves, row: IntArray, time_years: FloatArray) -> FloatArray:
    """Return the discount factor at each time on the row of its curve.

    Examples
    --------
    >>> discount_factors(DiscountCurves.flat(0.04), np.array([0]), np.array([1.0])).round(6)
    array([0.960789])
    """
    table = Discounts(curves.node_years, curves.log_discount, np.asarray(row, dtype=np.int64))
    return factor_rows(table, np.ascontiguousarray(time_years, dtype=np.float64))


def node_rates(
    svensson: SvenssonCurves, delivered: DiscountCurves, node_years: FloatArray
) -> FloatArray:
    """Return the zero rates of each row at common times, from its nodes or else its parameters.

    Examples
    --------
    >>> node_rates(SvenssonCurves([0.04, 0.03], 0, 0, 0, 1, 1), DiscountCurves.flat([np.nan, 0.05]),
    ...            np.array([1.0, 2.0]))
    array([[0.04, 0.04],
           [0.05, 0.05]])
    """
    rates = zero_yield_table(node_years, svensson)
    rows = np.flatnonzero(has_curve(delivered))
    if rows.size:
        factors = discount_factors(
            delivered, np.repeat(rows, node_years.size), np.tile(node_years, rows.size)
        )
        rates[rows] = -np.log(factors).reshape(rows.size, -1) / node_years
    return rates


def dated_rates(relation: Any, node_years: FloatArray) -> tuple[DateArray, FloatArray]:
    """Return the dates of a small relation of discount curves, and their rates at the nodes."""
    table = relation.to_arrow_table().combine_chunks()
    empty = pa.RecordBatch.from_pylist([], schema=table.schema)
    batch = table.to_batches()[0] if table.num_rows else empty
    rates = node_rates(curves_of(batch), delivered_curves(batch), node_years)
    return dates(batch, "curve_date"), rates


def status_names(codes: type[IntEnum], status: StatusArray) -> pa.Array:
    """Return the names of status codes in lower case.

    Examples
    --------
    >>> from parspread.curves.cds_spline import CurveStatus
    >>> status_names(CurveStatus, np.array([0, 1])).to_pylist()
    ['ok', 'too_few_tenors']
    """
    by_code = pa.array([code.name.lower() for code in codes])
    return by_code.take(pa.array(np.asarray(status, dtype=np.int64)))


def nullable(values: FloatArray) -> pa.Array:
    """Return numbers with null for NaN.

    Examples
    --------
    >>> nullable(np.array([1.0, np.nan])).to_pylist()
    [1.0, None]
    """
    return pa.array(values, mask=np.isnan(values))


def dated_columns(relation: Any, names: Iterable[str]) -> tuple[DateArray, list[FloatArray]]:
    """Return `curve_date` and the named columns of a small relation, NaN for null."""
    table = relation.fetchnumpy()
    columns = [np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan) for name in names]
    return np.asarray(table["curve_date"]).astype("datetime64[D]"), columns


def latest_rates(
    day: DateArray, curve_dates: DateArray, rates: FloatArray, max_age_days: int
) -> FloatArray:
    """Return the rates of the latest curve on or before each day, NaN where none is young enough.

    Parameters
    ----------
    day : datetime64[D] array, shape (n_rows,)
    curve_dates : datetime64[D] array, shape (n_curves,)
        Strictly increasing.
    rates : float array, shape (n_curves, n_nodes)
    max_age_days : int
        Largest age of a curve in calendar days, >= 0.

    Returns
    -------
    rates : float array, shape (n_rows, n_nodes)

    Examples
    --------
    >>> days = np.array(["2025-06-02", "2025-06-09"], "M8[D]")
    >>> latest_rates(days, days[:1], np.array([[0.04]]), 3).ravel()
    array([0.04,  nan])
    """
    place = np.searchsorted(curve_dates, day, side="right") - 1
    found = np.full((day.size, rates.shape[1]), np.nan)
    has_curve = place >= 0
    age = day[has_curve] - curve_dates[place[has_curve]]
    has_curve[has_curve] = age <= np.timedelta64(max_age_days, "D")
    found[has_curve] = rates[place[has_curve]]
    return found
