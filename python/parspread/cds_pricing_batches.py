"""The seam between CDS rows of the warehouse and the pricing kernels: streams of record batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.interpolate import CubicSpline

from parspread.bond_batches import CURVE_COLUMNS, CURVE_NODE_YEARS, dates, names, nullable
from parspread.cds_batches import Spreads, floats, mapped_batches
from parspread.cds_curve import Extrapolation
from parspread.cds_interpolation import par_spread_on_hazard_curve
from parspread.cds_legs import CdsStatus
from parspread.cds_pricing import (
    DiscountCurves,
    bootstrap_hazard,
    cds_contracts,
    risks,
    survival_probability,
    value_from_curves,
    value_from_upfront,
)
from parspread.cds_returns import (
    PUBLISHED_QUARTERS,
    QUARTERS_PER_YEAR,
    published_risky_duration_years,
    quarterly_hazard_dec,
    risky_duration_years,
)
from parspread.cds_schedule import standard_maturity_date
from parspread.zero_curve import SvenssonCurves, zero_yield

QUOTED_COUPON_BPS = 100  # names are quoted on the contract of this coupon
ROWS_PER_BATCH = 16_384  # each row meets eighty rates
CURVES_PER_STEP = 4_096  # each bootstraps a contract per tenor, with all its periods
QUARTER_YEARS = np.arange(1, PUBLISHED_QUARTERS + 1) / QUARTERS_PER_YEAR
KNOT_COLUMNS = {
    "bill_yield_3m_dec": 0.25,
    "bill_yield_6m_dec": 0.5,
    **{f"zero_yield_{year}y_dec": float(year) for year in range(1, 31)},
}


def risky_durations(
    relation: Any, *, zero_curves: Any, max_curve_age_days: int
) -> pa.RecordBatchReader:
    """Return the risky duration of every CDS contract and day, to its own maturity.

    Parameters
    ----------
    relation : DuckDB relation
        One row per `ticker`, `tenor_code` and `quote_date`, with `tenor_years` and
        `par_spread_dec`.
    zero_curves : DuckDB relation
        `curve_date`, strictly increasing, and the six curve parameters.
    max_curve_age_days : int
        The latest curve up to this many days old discounts, >= 0.

    Returns
    -------
    RecordBatchReader
        The key columns and `risky_duration_years` at the hazard of the own spread; null without a
        curve.
    """
    curve_dates, columns = _table(zero_curves, CURVE_COLUMNS)
    curve_rates, _ = zero_yield(
        QUARTER_YEARS, SvenssonCurves(*(column[:, None] for column in columns))
    )

    def measure(batch: pa.RecordBatch) -> pa.RecordBatch:
        rates = _rates_of(dates(batch, "quote_date"), curve_dates, curve_rates, max_curve_age_days)
        hazard = quarterly_hazard_dec(floats(batch.column("par_spread_dec")))
        years = risky_duration_years(hazard, rates, floats(batch.column("tenor_years")))
        keys = ["ticker", "tenor_code", "quote_date"]
        return pa.RecordBatch.from_arrays(
            [*(batch.column(key) for key in keys), nullable(years)],
            names=[*keys, "risky_duration_years"],
        )

    return mapped_batches(relation, measure, rows_per_batch=ROWS_PER_BATCH)


def published_risky_durations(relation: Any, *, knots: Any) -> pa.RecordBatchReader:
    """Return the risky duration of every CDS series and day as the published code computes it.

    Parameters
    ----------
    relation : DuckDB relation
        One row per `series_kind`, `series_code`, `tenor_code` and `quote_date`, with
        `five_year_hazard_dec`.
    knots : DuckDB relation
        `curve_date`, strictly increasing, bill yields and zero yields at 1 to 30 years.

    Returns
    -------
    RecordBatchReader
        The key columns and `published_risky_duration_years`: five-year hazard, discounted on a
        not-a-knot spline of the bill and zero yields of the very day; null without a curve.
    """
    knot_dates, columns = _table(knots, KNOT_COLUMNS)
    knot_rates = np.empty((0, PUBLISHED_QUARTERS))
    if knot_dates.size:
        spline = CubicSpline(list(KNOT_COLUMNS.values()), np.column_stack(columns), axis=1)
        knot_rates = spline(QUARTER_YEARS)

    def measure(batch: pa.RecordBatch) -> pa.RecordBatch:
        rates = _rates_of(dates(batch, "quote_date"), knot_dates, knot_rates, 0)
        hazard = floats(batch.column("five_year_hazard_dec"))
        years = published_risky_duration_years(hazard, rates)
        keys = ["series_kind", "series_code", "tenor_code", "quote_date"]
        return pa.RecordBatch.from_arrays(
            [*(batch.column(key) for key in keys), nullable(years)],
            names=[*keys, "published_risky_duration_years"],
        )

    return mapped_batches(relation, measure, rows_per_batch=ROWS_PER_BATCH)


def hazard_curves(
    relation: Any, tenor_months: dict[str, int], *, recovery_share: float
) -> pa.RecordBatchReader:
    """Return the hazard curve of every name and date, and standard contracts priced on it.

    Parameters
    ----------
    relation : DuckDB relation
        One row per `red_code` and `quote_date`: the six curve parameters, null without a curve,
        and one quote column per entry of `tenor_months`, a decimal, null where not quoted.
    tenor_months : dict
        Quote column to tenor in months, strictly increasing.
    recovery_share : float
        Assumed recovery, in [0, 1).

    Returns
    -------
    RecordBatchReader
        One row per quoted tenor: `red_code`, `quote_date`, `tenor_years`, `maturity_date` of the
        standard contract, `par_spread_dec`, `hazard_dec` from the tenor before to this one,
        `survival_share` to maturity, `rpv01_years`, the buyer's clean upfront at coupons of 100
        and 500 bps, and `curve_status`; every result is null unless it is ok. Then the spread at
        which the contract of 100 bps is quoted and the buyer's risks of $1MM of it, with
        `risk_status`; they are null unless that is ok.
    """
    months = np.array(list(tenor_months.values()))

    def price(batch: pa.RecordBatch) -> pa.RecordBatch:
        day = dates(batch, "quote_date")
        spread = np.column_stack([floats(batch.column(name)) for name in tenor_months])
        row, column = np.nonzero(~np.isnan(spread))
        by_row = SvenssonCurves(*(floats(batch.column(name))[:, None] for name in CURVE_COLUMNS))
        rates, _ = zero_yield(CURVE_NODE_YEARS, by_row)
        discount = DiscountCurves.from_zero_rates(CURVE_NODE_YEARS, rates)
        maturity = standard_maturity_date(day[:, None], months[None, :])
        curves = bootstrap_hazard(
            day, maturity, spread * 1e4, discount, recovery_share=recovery_share
        )
        values = {}
        for coupon_bps in (QUOTED_COUPON_BPS, 500):
            contracts = cds_contracts(
                day[row],
                maturity[row, column],
                coupon_bps=coupon_bps,
                recovery_share=recovery_share,
            )
            values[coupon_bps] = value_from_curves(
                contracts, curves, discount.take(row), curve_index=row
            )
            if coupon_bps == QUOTED_COUPON_BPS:
                upfront = values[coupon_bps].upfront_pct_par
                quoted = value_from_upfront(contracts, upfront, discount.take(row)).spread_bps
                measured = risks(contracts, quoted, discount.take(row), notional_usd=1e6)
        survival = survival_probability(curves, curves.node_years[row, column], curve_index=row)
        is_priced = values[QUOTED_COUPON_BPS].status == CdsStatus.OK
        risk_status = np.where(is_priced, measured.status, values[QUOTED_COUPON_BPS].status)
        is_measured = risk_status == CdsStatus.OK
        return pa.RecordBatch.from_pydict(
            {
                "red_code": batch.column("red_code").take(pa.array(row)),
                "quote_date": batch.column("quote_date").take(pa.array(row)),
                "tenor_years": months[column] / 12,
                "maturity_date": pa.array(maturity[row, column]),
                "par_spread_dec": spread[row, column],
                "hazard_dec": nullable(curves.hazard_dec[row, column]),
                "survival_share": nullable(survival),
                "rpv01_years": nullable(values[QUOTED_COUPON_BPS].rpv01_years),
                "upfront_at_100_bps_pct_par": nullable(values[QUOTED_COUPON_BPS].upfront_pct_par),
                "upfront_at_500_bps_pct_par": nullable(values[500].upfront_pct_par),
                "quoted_spread_bps": nullable(np.where(is_measured, quoted, np.nan)),
                "cs01_usd_per_bp_per_mm": nullable(measured.cs01_usd_per_bp),
                "ir01_usd_per_bp_per_mm": nullable(measured.ir01_usd_per_bp),
                "rec01_usd_per_mm": nullable(measured.rec01_usd),
                "jump_to_default_usd_per_mm": nullable(measured.jump_to_default_usd),
                "curve_status": names(CdsStatus, values[QUOTED_COUPON_BPS].status),
                "risk_status": names(CdsStatus, risk_status),
            }
        )

    return mapped_batches(relation, price, rows_per_batch=ROWS_PER_BATCH)


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
    curve_dates, columns = _table(discount_curves, CURVE_COLUMNS)
    curve_rates, _ = zero_yield(
        CURVE_NODE_YEARS, SvenssonCurves(*(column[:, None] for column in columns))
    )

    def spreads_of(batch: pa.RecordBatch) -> Spreads:
        day = dates(batch, "quote_date")
        rates = _rates_of(day, curve_dates, curve_rates, max_curve_age_days)
        rules = batch.column("extrapolation").to_pylist()
        (rule,) = set(rules) or {"refuse"}
        return par_spread_on_hazard_curve(
            day,
            months,
            np.column_stack([floats(batch.column(name)) for name in tenor_days]),
            dates(batch, "maturity_date"),
            DiscountCurves.from_zero_rates(CURVE_NODE_YEARS, rates),
            recovery_share=recovery_share,
            extrapolation=Extrapolation[rule.upper()],
            has_duplicate_tenor=batch.column("has_duplicate_tenor").to_numpy(zero_copy_only=False),
        )

    def interpolate(batch: pa.RecordBatch) -> Spreads:
        parts = [
            spreads_of(batch.slice(start, CURVES_PER_STEP))
            for start in range(0, max(batch.num_rows, 1), CURVES_PER_STEP)
        ]
        spreads, status = zip(*parts, strict=True)
        return np.concatenate(spreads), np.concatenate(status)

    return interpolate


def _table(relation: Any, names: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the dates and the named columns of a small relation."""
    table = relation.fetchnumpy()
    columns = [np.ma.filled(np.ma.asarray(table[name], dtype=float), np.nan) for name in names]
    return np.asarray(table["curve_date"]).astype("datetime64[D]"), columns


def _rates_of(
    day: np.ndarray, curve_dates: np.ndarray, rates: np.ndarray, max_age_days: int
) -> np.ndarray:
    """Return the rates of the latest curve of each day, NaN where it is too old or none."""
    place = np.searchsorted(curve_dates, day, side="right") - 1
    found = np.full((day.size, rates.shape[1]), np.nan)
    has_curve = place >= 0
    age = day[has_curve] - curve_dates[place[has_curve]]
    has_curve[has_curve] = age <= np.timedelta64(max_age_days, "D")
    found[has_curve] = rates[place[has_curve]]
    return found
