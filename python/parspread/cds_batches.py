"""The seam between rows of the warehouse and the curve kernel: streams of record batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parspread.cds_curve import CurveStatus, Extrapolation, SplineEnd, par_spread_at_maturity

ROWS_PER_BATCH = 131_072  # memory stays flat at any table size
Spreads = tuple[np.ndarray, np.ndarray]
_STATUS_NAMES = pa.array([status.name.lower() for status in CurveStatus])


def interpolated_spreads(
    relation: Any,
    tenor_days: dict[str, float],
    *,
    on_hazards: Callable[[pa.RecordBatch], Spreads] | None = None,
) -> pa.RecordBatchReader:
    """Return a stream of `relation` with the par spread at each row's maturity.

    Parameters
    ----------
    relation : DuckDB relation
        Columns `spline_end` and `extrapolation` (names of the kernel's choices), `maturity_days`,
        `has_duplicate_tenor`, and one quote column per entry of `tenor_days`, null where not
        quoted. Every other column is passed on.
    tenor_days : dict
        Quote column to tenor in days, in the order of the tenors.
    on_hazards : function, optional
        Gives spread and status of the rows whose column `interpolation` is `hazard`, from their
        `quote_date` and `maturity_date`. Without it every row has a spline.

    Returns
    -------
    RecordBatchReader
        The other columns, `cds_par_spread_dec` (null unless the status is ok) and `curve_status`.
    """
    quote_columns = list(tenor_days)
    used = {*quote_columns, "spline_end", "extrapolation", "maturity_days", "has_duplicate_tenor"}
    if on_hazards:
        used |= {"interpolation", "quote_date", "maturity_date"}

    def on_splines(batch: pa.RecordBatch) -> Spreads:
        spreads = np.full(batch.num_rows, np.nan)
        status = np.zeros(batch.num_rows, dtype=np.int8)
        quotes = np.column_stack([floats(batch.column(name)) for name in quote_columns])
        maturities = floats(batch.column("maturity_days"))
        is_duplicate = batch.column("has_duplicate_tenor").to_numpy(zero_copy_only=False)
        ends, rules = (batch.column(name) for name in ("spline_end", "extrapolation"))
        choices = list(product(pc.unique(ends).to_pylist(), pc.unique(rules).to_pylist()))
        for end, rule in choices:
            rows = slice(None)
            if len(choices) > 1:
                is_chosen = pc.and_(pc.equal(ends, end), pc.equal(rules, rule))
                rows = is_chosen.to_numpy(zero_copy_only=False)
            spreads[rows], status[rows] = par_spread_at_maturity(
                list(tenor_days.values()),
                quotes[rows],
                maturities[rows],
                end=SplineEnd[end.upper()],
                extrapolation=Extrapolation[rule.upper()],
                has_duplicate_tenor=is_duplicate[rows].astype(bool),
            )
        return spreads, status

    def interpolate(batch: pa.RecordBatch) -> pa.RecordBatch:
        if on_hazards:
            spreads = np.full(batch.num_rows, np.nan)
            status = np.zeros(batch.num_rows, dtype=np.int8)
            takes_hazards = pc.equal(batch.column("interpolation"), "hazard")
            others = pc.invert(takes_hazards)
            for chosen, rule in ((takes_hazards, on_hazards), (others, on_splines)):
                rows = chosen.to_numpy(zero_copy_only=False).astype(bool)
                spreads[rows], status[rows] = rule(batch.filter(chosen))
        else:
            spreads, status = on_splines(batch)
        passed_on = [name for name in batch.schema.names if name not in used]
        return pa.RecordBatch.from_arrays(
            [
                *(batch.column(name) for name in passed_on),
                pa.array(spreads, mask=np.isnan(spreads)),
                _STATUS_NAMES.take(pa.array(status)),
            ],
            names=[*passed_on, "cds_par_spread_dec", "curve_status"],
        )

    return mapped_batches(relation, interpolate)


def mapped_batches(
    relation: Any,
    function: Callable[[pa.RecordBatch], pa.RecordBatch],
    *,
    rows_per_batch: int = ROWS_PER_BATCH,
) -> pa.RecordBatchReader:
    """Return a stream of `function` applied to each batch of `relation`."""
    reader = relation.to_arrow_reader(rows_per_batch)
    empty = pa.RecordBatch.from_pylist([], schema=reader.schema)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            yield function(batch)

    return pa.RecordBatchReader.from_batches(function(empty).schema, batches())


def floats(column: pa.Array) -> np.ndarray:
    """Return `column` as floats, NaN for null.

    Examples
    --------
    >>> floats(pa.array([1, None]))
    array([ 1., nan])
    """
    return column.cast(pa.float64()).to_numpy(zero_copy_only=False)
