"""Rows of CDS curves in, par spreads at the maturities of bonds out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from parspread.arrays import FloatArray, StatusArray
from parspread.cds.hazard_interpolation import par_spread_on_hazard_curve
from parspread.curves.cds_spline import (
    CurveStatus,
    Extrapolation,
    SplineEnd,
    par_spread_at_maturity,
)
from parspread.curves.discount_curves import DiscountCurves
from parspread.curves.treasury_curve import SvenssonCurves, zero_yield_table
from parspread.warehouse.record_batches import (
    CURVE_COLUMNS,
    CURVE_NODE_YEARS,
    dated_columns,
    dates,
    flags,
    float_table,
    floats,
    latest_rates,
    mapped_batches,
    nullable,
    status_names,
)

CURVES_PER_STEP = 4_096  # each bootstraps a contract per tenor, with all its periods
Spreads = tuple[FloatArray, StatusArray]


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
    used = {*tenor_days, "spline_end", "extrapolation", "maturity_days", "has_duplicate_tenor"}
    if on_hazards:
        used |= {"interpolation", "quote_date", "maturity_date"}

    def on_splines(batch: pa.RecordBatch) -> Spreads:
        return _spreads_on_splines(batch, tenor_days)

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
        passed_on = {name: batch.column(name) for name in batch.schema.names if name not in used}
        return pa.RecordBatch.from_pydict(
            {
                **passed_on,
                "cds_par_spread_dec": nullable(spreads),
                "curve_status": status_names(CurveStatus, status),
            }
        )

    return mapped_batches(relation, interpolate)


def hazard_interpolation(
    tenor_days: dict[str, float],
    *,
    discount_curves: Any,
    max_curve_age_days: int,
    recovery_share: float,
) -> Callable[[pa.RecordBatch], Spreads]:
    """Return the rule by which `interpolated_spreads` takes spreads from hazard curves.

    Parameters
    ----------
    tenor_days : dict
        Quote column to tenor in days of a year of 365, strictly increasing.
    discount_curves : DuckDB relation
        `curve_date`, strictly increasing, and the six curve parameters.
    max_curve_age_days : int
        The latest curve up to this many days before the quotes discounts them, >= 0.
    recovery_share : float
        Assumed recovery, in [0, 1).

    Returns
    -------
    function
        From a batch to the spreads, decimal, and the codes of `CurveStatus`, one per row.
    """
    months = np.round(12 * np.array(list(tenor_days.values())) / 365).astype(int)
    curve_dates, columns = dated_columns(discount_curves, CURVE_COLUMNS)
    curve_rates = zero_yield_table(CURVE_NODE_YEARS, SvenssonCurves(*columns))

    def spreads_of(batch: pa.RecordBatch) -> Spreads:
        day = dates(batch, "quote_date")
        rates = latest_rates(day, curve_dates, curve_rates, max_curve_age_days)
        rules = batch.column("extrapolation").to_pylist()
        (rule,) = set(rules) or {"refuse"}
        return par_spread_on_hazard_curve(
            day,
            months,
            float_table(batch, tenor_days),
            dates(batch, "maturity_date"),
            DiscountCurves.from_zero_rates(CURVE_NODE_YEARS, rates),
            recovery_share=recovery_share,
            extrapolation=Extrapolation[rule.upper()],
            has_duplicate_tenor=flags(batch, "has_duplicate_tenor"),
        )

    def interpolate(batch: pa.RecordBatch) -> Spreads:
        parts = [
            spreads_of(batch.slice(start, CURVES_PER_STEP))
            for start in range(0, max(batch.num_rows, 1), CURVES_PER_STEP)
        ]
        spreads, status = zip(*parts, strict=True)
        return np.concatenate(spreads), np.concatenate(status)

    return interpolate


def _spreads_on_splines(batch: pa.RecordBatch, tenor_days: dict[str, float]) -> Spreads:
    spreads = np.full(batch.num_rows, np.nan)
    status = np.zeros(batch.num_rows, dtype=np.int8)
    quotes, maturities = float_table(batch, tenor_days), floats(batch, "maturity_days")
    is_duplicate = flags(batch, "has_duplicate_tenor")
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
            has_duplicate_tenor=is_duplicate[rows],
        )
    return spreads, status
