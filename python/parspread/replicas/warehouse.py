"""Rows in, rows out, for the kernels of the replicas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from scipy.interpolate import CubicSpline

from parspread.bonds.status import BondStatus
from parspread.curves.cds_spline import (
    CurveStatus,
    Extrapolation,
    SplineEnd,
    par_spread_at_maturity,
)
from parspread.replicas.bonds import (
    ftsfr_cashflows,
    ftsfr_day_count,
    ftsfr_year_fraction,
    ftsfr_z_spread,
)
from parspread.replicas.cds_returns import (
    FTSFR_QUARTERS_COUNT,
    ftsfr_discount_factor,
    ftsfr_risky_duration_years,
)
from parspread.warehouse.bonds import discounted_flows
from parspread.warehouse.cds import QUARTER_YEARS
from parspread.warehouse.record_batches import (
    curves_of,
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

CALENDAR_DAYS_PER_YEAR = 365.0
SERIES_KEYS = (
    "series_kind", "series_code", "tenor_code", "quote_date", "quintile_number", "par_spread_dec"
)  # fmt: skip
KNOT_COLUMNS = {
    "bill_yield_3m_dec": 0.25,
    "bill_yield_6m_dec": 0.5,
    **{f"zero_yield_{year}y_dec": float(year) for year in range(1, 31)},
}


def ftsfr_z_spreads(relation: Any, tenor_days: dict[str, float]) -> pa.RecordBatchReader:
    """Return CDS spreads and Z-spreads as the FTSFR Z-spread code computes them.

    Parameters
    ----------
    relation : DuckDB relation
        One row per bond: `source_row_number`, `month_end_date`, `maturity_date`,
        `next_coupon_date`, `day_count_basis`, `coupon_dec`, `coupons_per_year_count`,
        `price_pct_par`, `accrued_interest_pct_par`, the six curve parameters,
        `has_duplicate_tenor`, and one quote column per entry of `tenor_days`.
    tenor_days : dict
        Quote column to tenor in days, in the order of the tenors.

    Returns
    -------
    RecordBatchReader
        `source_row_number`, `maturity_days` (365 times the year fraction of the bond's own day
        count), `cds_par_spread_dec` with `curve_status`, `z_spread_dec` with `z_spread_status`;
        a value is null unless its status is ok.
    """

    def price(batch: pa.RecordBatch) -> pa.RecordBatch:
        quote_date, maturity = dates(batch, "month_end_date"), dates(batch, "maturity_date")
        bases = batch.column("day_count_basis").to_pylist()
        day_count = np.array([ftsfr_day_count(basis) for basis in bases], dtype=np.int64)
        days = CALENDAR_DAYS_PER_YEAR * ftsfr_year_fraction(quote_date, maturity, day_count)
        spread, curve_status = par_spread_at_maturity(
            list(tenor_days.values()),
            float_table(batch, tenor_days),
            days,
            end=SplineEnd.NOT_A_KNOT,
            extrapolation=Extrapolation.ALLOW,
            has_duplicate_tenor=flags(batch, "has_duplicate_tenor"),
        )
        flows = ftsfr_cashflows(
            quote_date,
            maturity,
            dates(batch, "next_coupon_date"),
            floats(batch, "coupon_dec"),
            floats(batch, "coupons_per_year_count"),
        )
        bond = flows.bond_index
        time_years = ftsfr_year_fraction(quote_date[bond], flows.pay_date, day_count[bond])
        accrued = floats(batch, "accrued_interest_pct_par")
        # 30/360 counts no time from a 30th to the 31st; the code leaves out what is paid then.
        z_spread_dec, z_status = ftsfr_z_spread(
            floats(batch, "price_pct_par") + np.where(np.isnan(accrued), 0.0, accrued),
            discounted_flows(flows, time_years, curves_of(batch), time_years > 0),
        )
        return pa.RecordBatch.from_pydict(
            {
                "source_row_number": batch.column("source_row_number"),
                "maturity_days": days,
                "cds_par_spread_dec": nullable(spread),
                "curve_status": status_names(CurveStatus, curve_status),
                "z_spread_dec": nullable(z_spread_dec),
                "z_spread_status": status_names(BondStatus, z_status),
            }
        )

    return mapped_batches(relation, price)


def ftsfr_risky_durations(relation: Any, *, knots: Any) -> pa.RecordBatchReader:
    """Return the risky duration of every CDS series and day under the published returns.

    Parameters
    ----------
    relation : DuckDB relation
        One row per `series_kind`, `series_code`, `tenor_code` and `quote_date`, with
        `quintile_number`, `par_spread_dec` and `five_year_hazard_dec`.
    knots : DuckDB relation
        `curve_date`, strictly increasing, bill yields and zero yields at 1 to 30 years.

    Returns
    -------
    RecordBatchReader
        The columns of the relation but the hazard, and `risky_duration_years` from the five-year
        hazard and the curve of that very day, a not-a-knot spline of bill and zero yields; null
        without a curve.
    """
    knot_dates, columns = dated_columns(knots, KNOT_COLUMNS)
    factors = np.empty((0, FTSFR_QUARTERS_COUNT))
    if knot_dates.size:
        spline = CubicSpline(list(KNOT_COLUMNS.values()), np.column_stack(columns), axis=1)
        factors = ftsfr_discount_factor(spline(QUARTER_YEARS))

    def measure(batch: pa.RecordBatch) -> pa.RecordBatch:
        discount = latest_rates(dates(batch, "quote_date"), knot_dates, factors, 0)
        duration = ftsfr_risky_duration_years(floats(batch, "five_year_hazard_dec"), discount)
        keys = {key: batch.column(key) for key in SERIES_KEYS}
        return pa.RecordBatch.from_pydict({**keys, "risky_duration_years": nullable(duration)})

    return mapped_batches(relation, measure)
