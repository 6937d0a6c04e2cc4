"""Rows of CDS quotes in, hazard curves, prices, risks and durations out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from parspread.arrays import DateArray
from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import bootstrap_hazard, survival_probability
from parspread.cds.pricing import (
    risks,
    upfront_at_coupon,
    value_from_curves,
    value_from_upfront,
)
from parspread.cds.returns import QUARTERS_PER_YEAR, quarterly_hazard_dec, risky_duration_years
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.curves.treasury_curve import SvenssonCurves
from parspread.dates.cds_schedule import standard_maturity_date
from parspread.warehouse.record_batches import (
    CURVE_NODE_YEARS,
    curves_of,
    dated_rates,
    dates,
    delivered_curves,
    float_table,
    floats,
    latest_rates,
    mapped_batches,
    node_rates,
    nullable,
    status_names,
)

QUOTED_COUPON_BPS = 100  # names are quoted on the contract of this coupon
HIGH_COUPON_BPS = 500
QUARTER_YEARS = np.arange(1, 81) / QUARTERS_PER_YEAR  # the longest tenor is twenty years
DURATION_KEYS = (
    "red_code", "ticker", "tenor_code", "quote_date", "month_end_date", "clause_family",
    "is_preferred_clause", "is_clause_changed", "quintile_number", "par_spread_dec",
)  # fmt: skip


def risky_durations(
    relation: Any, *, zero_curves: Any, max_curve_age_days: int
) -> pa.RecordBatchReader:
    """Return the risky duration of every CDS contract and day, to its own maturity.

    Parameters
    ----------
    relation : DuckDB relation
        One row per `red_code`, `tenor_code` and `quote_date`, with `ticker`, `month_end_date`,
        `clause_family` and its two flags, `quintile_number`, `tenor_years` and `par_spread_dec`.
    zero_curves : DuckDB relation
        `curve_date`, strictly increasing, and the six curve parameters or the nodes.
    max_curve_age_days : int
        The latest curve up to this many days old discounts, >= 0.

    Returns
    -------
    RecordBatchReader
        The columns of the relation but `tenor_years`, so that nothing has to be joined again, and
        `risky_duration_years` at the hazard of the own spread; null without a curve.
    """
    curve_dates, curve_rates = dated_rates(zero_curves, QUARTER_YEARS)

    def measure(batch: pa.RecordBatch) -> pa.RecordBatch:
        day = dates(batch, "quote_date")
        rates = latest_rates(day, curve_dates, curve_rates, max_curve_age_days)
        hazard = quarterly_hazard_dec(floats(batch, "par_spread_dec"))
        duration = risky_duration_years(hazard, rates, floats(batch, "tenor_years"))
        keys = {key: batch.column(key) for key in DURATION_KEYS}
        return pa.RecordBatch.from_pydict({**keys, "risky_duration_years": nullable(duration)})

    return mapped_batches(relation, measure)


def hazard_curves(relation: Any, tenor_months: dict[str, int]) -> pa.RecordBatchReader:
    """Return the hazard curve of every name and date, and standard contracts priced on it.

    Parameters
    ----------
    relation : DuckDB relation
        One row per `red_code` and `quote_date`: the six curve parameters, null without a curve, or
        its nodes, `recovery_share` in [0, 1), and one quote column per entry of `tenor_months`, a
        decimal, null where not quoted.
    tenor_months : dict
        Quote column to tenor in months, strictly increasing.

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
        day, spread = dates(batch, "quote_date"), float_table(batch, tenor_months)
        row, column = np.nonzero(~np.isnan(spread))
        discount = daily_discounts(day, curves_of(batch), delivered_curves(batch))
        recovery = floats(batch, "recovery_share")
        maturity = standard_maturity_date(day[:, None], months[None, :])
        curves = bootstrap_hazard(day, maturity, spread * 1e4, discount, recovery_share=recovery)
        contracts = cds_contracts(
            day[row],
            maturity[row, column],
            coupon_bps=QUOTED_COUPON_BPS,
            recovery_share=recovery[row],
        )
        own_discount = discount.take(row)
        values = value_from_curves(contracts, curves, own_discount, curve_index=row)
        upfront = values.upfront_pct_par
        quoted_values = value_from_upfront(
            contracts, upfront, own_discount, hazard_guess_dec=values.hazard_dec
        )
        quoted = quoted_values.spread_bps
        measured = risks(
            contracts,
            quoted,
            own_discount,
            notional_usd=1e6,
            hazard_guess_dec=quoted_values.hazard_dec,
        )
        survival = survival_probability(curves, curves.node_years[row, column], curve_index=row)
        is_priced = values.status == CdsStatus.OK
        risk_status = np.where(is_priced, measured.status, values.status)
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
                "rpv01_years": nullable(values.rpv01_years),
                "upfront_at_100_bps_pct_par": nullable(upfront),
                "upfront_at_500_bps_pct_par": nullable(upfront_at_coupon(values, HIGH_COUPON_BPS)),
                "quoted_spread_bps": nullable(np.where(is_measured, quoted, np.nan)),
                "cs01_usd_per_bp_per_mm": nullable(measured.cs01_usd_per_bp),
                "ir01_usd_per_bp_per_mm": nullable(measured.ir01_usd_per_bp),
                "rec01_usd_per_mm": nullable(measured.rec01_usd),
                "jump_to_default_usd_per_mm": nullable(measured.jump_to_default_usd),
                "curve_status": status_names(CdsStatus, values.status),
                "risk_status": status_names(CdsStatus, risk_status),
            }
        )

    return mapped_batches(relation, price)


def daily_discounts(
    day: DateArray, curves: SvenssonCurves, delivered: DiscountCurves | None = None
) -> DiscountCurves:
    """Return the discount curve of each row, made once per date and shared by its rows.

    Parameters
    ----------
    day : datetime64[D] array, shape (n_rows,)
    curves : SvenssonCurves
        One per row; rows of one date have one curve.
    delivered : DiscountCurves, optional
        One per row, for rows without parameters.

    Returns
    -------
    DiscountCurves

    Raises
    ------
    ValueError
        If two rows of a date have different curves.

    Examples
    --------
    >>> days = np.array(["2025-06-03", "2025-06-03", "2025-06-02"], "M8[D]")
    >>> curves = SvenssonCurves([0.04, 0.04, 0.05], 0, 0, 0, 1, 1)
    >>> daily_discounts(days, curves).rows()
    array([1, 1, 0])
    """
    _, first, row = np.unique(day, return_index=True, return_inverse=True)
    chosen = curves.take(first)
    for name in curves.__dataclass_fields__:
        own, shared = getattr(curves, name), getattr(chosen, name)[row]
        is_other = (own != shared) & ~(np.isnan(own) & np.isnan(shared))
        if is_other.any():
            place = int(np.argmax(is_other))
            raise ValueError(
                f"rows of one date must have one curve; {name} of {day[place]} "
                f"was {own[place]} and {shared[place]}"
            )
    nodes = (
        DiscountCurves.flat(np.nan).take(0 * first) if delivered is None else delivered.take(first)
    )
    rates = node_rates(chosen, nodes.by_row(), CURVE_NODE_YEARS)
    return DiscountCurves.from_zero_rates(CURVE_NODE_YEARS, rates).take(row)
