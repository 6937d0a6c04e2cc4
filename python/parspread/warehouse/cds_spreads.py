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
    neighbouring_quotes,
    par_spread_at_maturity,
)
from parspread.curves.discount_curves import DiscountCurves
from parspread.warehouse.record_batches import (
    CURVE_NODE_YEARS,
    dated_rates,
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


def interpolated_spreads(relation: Any, tenor_days: dict[str, float]) -> pa.RecordBatchReader:
    """Return a stream of `relation` with the par spread at each row's maturity, by spline.

    Parameters
    ----------
    relation : DuckDB relation
        Columns `spline_end` and `extrapolation` (names of the kernel's choices), `maturity_days`,
        `has_duplicate_tenor`, and one quote column per entry of `tenor_days`, null where not
        quoted. Every other column is passed on.
    tenor_days : dict
        Quote column to tenor in days, in the order of the tenors.

    Returns
    -------
    RecordBatchReader
        The other columns, `cds_par_spread_dec` (null unless the status is ok) and `curve_status`.
    """
    used = {*tenor_days, "spline_end", "extrapolation", "maturity_days", "has_duplicate_tenor"}

    def interpolate(batch: pa.RecordBatch) -> pa.RecordBatch:
        spreads, status = _spreads_on_splines(batch, tenor_days)
        passed_on = {name: batch.column(name) for name in batch.schema.names if name not in used}
        return pa.RecordBatch.from_pydict(
            {
                **passed_on,
                "cds_par_spread_dec": nullable(spreads),
                "curve_status": status_names(CurveStatus, status),
            }
        )

    return mapped_batches(relation, interpolate)


def spreads_both_ways(
    relation: Any,
    tenor_days: dict[str, float],
    on_hazards: Callable[[pa.RecordBatch], Spreads],
    *,
    max_departure_share: float,
) -> pa.RecordBatchReader:
    """Return spreads by spline and by hazards side by side, and the one that counts.

    Parameters
    ----------
    relation, tenor_days
        As `interpolated_spreads`, with `interpolation`, `spline` or `hazard`, and what
        `hazard_interpolation` needs.
    on_hazards : function
        From `hazard_interpolation`.
    max_departure_share : float
        Largest part by which a spline may lie outside the two quotes around a maturity, and by
        which these may differ where no hazards fit the curve, >= 0.

    Returns
    -------
    RecordBatchReader
        `source_row_number`; spread and status of `cds_spline` and of `cds_hazard`; the spread
        `cds_par_spread_dec` with `curve_status`, and `cds_interpolation`, the one it comes from:
        that of `interpolation`, but hazards where the spline leaves the quotes or is not above
        zero. Without hazards such a bond has the status of the spline and no spread, as has one
        between distant quotes that no hazards fit.
    """

    def interpolate(batch: pa.RecordBatch) -> pa.RecordBatch:
        spline, status = _spreads_on_splines(batch, tenor_days)
        hazard, hazard_status = on_hazards(batch)
        is_ok = status == CurveStatus.OK
        lower, upper = neighbouring_quotes(
            list(tenor_days.values()),
            float_table(batch, tenor_days),
            floats(batch, "maturity_days"),
        )
        most = 1 + max_departure_share
        leaves = (spline > upper * most) | (spline < lower * (1 - max_departure_share))
        is_alone = (hazard_status == CurveStatus.ARBITRAGE) & (upper > lower * most)
        status[is_ok & is_alone] = CurveStatus.SPLINE_WITHOUT_HAZARDS
        status[is_ok & leaves] = CurveStatus.SPLINE_LEAVES_QUOTES
        status[is_ok & (spline <= 0)] = CurveStatus.SPLINE_NOT_POSITIVE
        is_bent = is_ok & (status != CurveStatus.OK)
        wants = pc.equal(batch.column("interpolation"), "hazard")
        takes = wants.to_numpy(zero_copy_only=False).astype(bool)
        takes |= is_bent & (hazard_status == CurveStatus.OK)
        spline = np.where(status == CurveStatus.OK, spline, np.nan)
        return pa.RecordBatch.from_pydict(
            {
                "source_row_number": batch.column("source_row_number"),
                "cds_spline_dec": nullable(spline),
                "cds_spline_status": status_names(CurveStatus, status),
                "cds_hazard_dec": nullable(hazard),
                "cds_hazard_status": status_names(CurveStatus, hazard_status),
                "cds_par_spread_dec": nullable(np.where(takes, hazard, spline)),
                "curve_status": status_names(CurveStatus, np.where(takes, hazard_status, status)),
                "cds_interpolation": pa.array(np.where(takes, "hazard", "spline")),
            }
        )

    return mapped_batches(relation, interpolate)


def hazard_interpolation(
    tenor_days: dict[str, float], *, discount_curves: Any, max_curve_age_days: int
) -> Callable[[pa.RecordBatch], Spreads]:
    """Return the rule by which `spreads_both_ways` takes spreads from hazard curves.

    Parameters
    ----------
    tenor_days : dict
        Quote column to tenor in days of a year of 365, strictly increasing.
    discount_curves : DuckDB relation
        `curve_date`, strictly increasing, and the six curve parameters or the nodes.
    max_curve_age_days : int
        The latest curve up to this many days before the quotes discounts them, >= 0.

    Returns
    -------
    function
        From a batch, with `recovery_share`, to the spreads, decimal, and the codes of
        `CurveStatus`, one per row.
    """
    months = np.round(12 * np.array(list(tenor_days.values())) / 365).astype(int)
    curve_dates, curve_rates = dated_rates(discount_curves, CURVE_NODE_YEARS)

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
            recovery_share=floats(batch, "recovery_share"),
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
