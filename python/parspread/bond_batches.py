"""The seam between bond rows of the warehouse and the pricing kernels: record batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from parspread.bond_implied_cds import bond_implied_cds_spread, implied_hazard
from parspread.bond_yield import Compounding, yield_from_dirty_price, yield_risk
from parspread.cashflows import (
    BondStatus,
    CashFlows,
    accrued_interest,
    compat_cashflows,
    coupon_period,
    scheduled_cashflows,
)
from parspread.cds_batches import floats, mapped_batches
from parspread.cds_curve import CurveStatus, Extrapolation, SplineEnd, par_spread_at_maturity
from parspread.cds_pricing import DiscountCurves
from parspread.day_count import (
    Dates,
    DayCount,
    Floats,
    compat_day_count,
    compat_year_fraction,
    street_day_count,
    year_fraction,
)
from parspread.z_spread import compat_z_spread, par_asset_swap, present_value, z_spread
from parspread.zero_curve import (
    SvenssonCurves,
    ZeroCurveStatus,
    discount_factor,
    par_yield,
    zero_yield,
)

CALENDAR_DAYS_PER_YEAR = 365.0
# A bond without coupons states no frequency; its yield compounds twice a year, as the market does.
ZERO_COUPON_PERIODS_COUNT = 2.0
IMPLIED_RECOVERY_SHARES = {"r40": 0.4, "r20": 0.2}
# The curve under a bond-implied CDS is log-linear between these, far within a quarter of a bp.
CURVE_NODE_YEARS = np.arange(1, 45) / 4
USD_PER_PCT_PAR_OF_MM = 1e4
CURVE_COLUMNS = ("beta0_dec", "beta1_dec", "beta2_dec", "beta3_dec", "tau1_years", "tau2_years")


def compat_z_spreads(relation: Any, tenor_days: dict[str, float]) -> pa.RecordBatchReader:
    """Return CDS spreads and Z-spreads as the replaced Z-spread code computes them.

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
        day_count = np.array([compat_day_count(basis) for basis in bases], dtype=np.int64)
        days = CALENDAR_DAYS_PER_YEAR * compat_year_fraction(quote_date, maturity, day_count)
        spread, curve_status = par_spread_at_maturity(
            list(tenor_days.values()),
            np.column_stack([floats(batch.column(name)) for name in tenor_days]),
            days,
            end=SplineEnd.NOT_A_KNOT,
            extrapolation=Extrapolation.ALLOW,
            has_duplicate_tenor=batch.column("has_duplicate_tenor").to_numpy(zero_copy_only=False),
        )
        flows = compat_cashflows(
            quote_date,
            maturity,
            dates(batch, "next_coupon_date"),
            floats(batch.column("coupon_dec")),
            floats(batch.column("coupons_per_year_count")),
        )
        bond = flows.bond_index
        time_years = compat_year_fraction(quote_date[bond], flows.pay_date, day_count[bond])
        # 30/360 counts no time from a 30th to the 31st: what is paid then is left out, as there.
        is_later = time_years > 0
        bond, time_years = bond[is_later], time_years[is_later]
        factor, _ = discount_factor(time_years, curves_of(batch).take(bond))
        accrued = floats(batch.column("accrued_interest_pct_par"))
        z_spread_dec, z_status = compat_z_spread(
            floats(batch.column("price_pct_par")) + np.where(np.isnan(accrued), 0.0, accrued),
            np.bincount(bond, minlength=flows.flow_count.size),
            time_years,
            flows.amount_pct_par[is_later],
            factor,
        )
        return pa.RecordBatch.from_pydict(
            {
                "source_row_number": batch.column("source_row_number"),
                "maturity_days": days,
                "cds_par_spread_dec": nullable(spread),
                "curve_status": names(CurveStatus, curve_status),
                "z_spread_dec": nullable(z_spread_dec),
                "z_spread_status": names(BondStatus, z_status),
            }
        )

    return mapped_batches(relation, price)


def standard_measures(relation: Any) -> pa.RecordBatchReader:
    """Return street yields and spread measures of bonds, solved from their prices.

    Parameters
    ----------
    relation : DuckDB relation
        One row per bond: `source_row_number`, `observation_date` (also the settlement date),
        `maturity_date`, `coupon_dec`, `coupons_per_year_count`, `day_count_basis`,
        `price_pct_par` (clean), and the six curve parameters, null without a curve.

    Returns
    -------
    RecordBatchReader
        One row per bond: accrued interest and dirty price, the street yield (compounded with the
        coupons, and bond equivalent), duration and DV01, and the measures `z_spread_continuous`,
        `z_spread_semi_annual`, `asset_swap`, `bond_implied_cds_r40` and `_r20`, and the par yield
        of the curve at the bond's maturity, each with a status; a value is null unless it is ok.

    Notes
    -----
    Time on the curve is ACT/365F. The floating leg of the asset swap pays on the bond's coupon
    dates, ACT/360, first from settlement. A bond without coupon, frequency or known day count has
    no number: it is never priced as a zero-coupon bond.
    """

    def price(batch: pa.RecordBatch) -> pa.RecordBatch:
        settle, maturity = dates(batch, "observation_date"), dates(batch, "maturity_date")
        coupon = floats(batch.column("coupon_dec"))
        frequency = floats(batch.column("coupons_per_year_count"))
        is_zero = (coupon == 0) & ~(frequency > 0)
        frequency = np.where(is_zero, ZERO_COUPON_PERIODS_COUNT, frequency)
        # No frequency either, and safe to divide by.
        frequency = np.where(frequency == 0, -1.0, frequency)
        rules = [street_day_count(basis) for basis in batch.column("day_count_basis").to_pylist()]
        is_known = np.array([rule is not None for rule in rules], dtype=bool)
        day_count = np.array([DayCount(rule or 0) for rule in rules], dtype=np.int64)
        period = coupon_period(settle, maturity, np.where(is_known, frequency, np.nan), day_count)
        accrued = accrued_interest(coupon, period)
        dirty = floats(batch.column("price_pct_par")) + accrued
        street, street_status = yield_from_dirty_price(dirty, coupon, period)
        growth = frequency * np.log1p(street / frequency)
        bond_equivalent = np.where(frequency == 2, street, 2 * np.expm1(growth / 2))
        risk = yield_risk(street, coupon, period)

        curves = curves_of(batch)
        flows = scheduled_cashflows(maturity, coupon, period)
        bond = flows.bond_index
        time_years = year_fraction(settle[bond], flows.pay_date, DayCount.ACT_365F)
        factor, _ = discount_factor(time_years, curves.take(bond))
        columns = flows.flow_count, time_years, flows.amount_pct_par, factor
        continuous, continuous_status = z_spread(dirty, *columns)
        semi, semi_status = z_spread(dirty, *columns, compounding=Compounding.BOND_EQUIVALENT)
        swap, swap_status = par_asset_swap(
            dirty,
            present_value(flows.flow_count, flows.amount_pct_par, factor),
            _float_annuity(settle, flows, factor),
        )
        # The Z-spread knows whether flows or curve are missing; the swap sees only a missing value.
        is_blank = swap_status == BondStatus.MISSING_INPUT
        swap_status = np.where(is_blank, continuous_status, swap_status)

        treasury_years = year_fraction(settle, maturity, DayCount.ACT_365F)
        treasury, treasury_status = par_yield(treasury_years, curves)
        measures = {
            "street_yield": (street, street_status),
            "z_spread_continuous": (continuous, continuous_status),
            "z_spread_semi_annual": (semi, semi_status),
            "asset_swap": (swap, swap_status),
        }
        by_row = SvenssonCurves(*(getattr(curves, name)[:, None] for name in CURVE_COLUMNS))
        zero_rates, _ = zero_yield(CURVE_NODE_YEARS, by_row)
        discount = DiscountCurves.from_zero_rates(CURVE_NODE_YEARS, zero_rates)
        for name, recovery in IMPLIED_RECOVERY_SHARES.items():
            hazard, hazard_status = implied_hazard(dirty, *columns, recovery_share=recovery)
            spread_bps, status = bond_implied_cds_spread(
                settle, maturity, hazard, discount, recovery_share=recovery
            )
            status = np.where(hazard_status == BondStatus.OK, status, hazard_status)
            measures[f"bond_implied_cds_{name}"] = (spread_bps / 1e4, status)
        table = {
            "source_row_number": batch.column("source_row_number"),
            "accrued_interest_pct_par": nullable(accrued),
            "dirty_price_pct_par": nullable(dirty),
            "street_yield_bond_equivalent_dec": nullable(bond_equivalent),
            "modified_duration_years": nullable(risk.modified_duration_years),
            "dv01_usd_per_bp_per_mm": nullable(risk.dv01_pct_par_per_bp * USD_PER_PCT_PAR_OF_MM),
            "curve_treasury_yield_dec": nullable(treasury),
            "curve_treasury_status": names(ZeroCurveStatus, treasury_status),
        }
        for name, (value, status) in measures.items():
            # What is wrong with the bond's terms comes before what follows from it.
            status = np.where(period.status == BondStatus.OK, status, period.status)
            table[f"{name}_dec"] = nullable(np.where(status == BondStatus.OK, value, np.nan))
            table[f"{name}_status"] = names(BondStatus, status)
        return pa.RecordBatch.from_pydict(table)

    return mapped_batches(relation, price)


def treasury_yields(relation: Any) -> pa.RecordBatchReader:
    """Return zero and par yields of Treasury curves.

    Parameters
    ----------
    relation : DuckDB relation
        One row per curve and maturity: `curve_date`, `maturity_years`, the six parameters.

    Returns
    -------
    RecordBatchReader
        `curve_date`, `maturity_years`, `zero_yield_dec` (continuous), `par_yield_dec` (bond
        equivalent) and `curve_status`; the yields are null unless it is ok.
    """

    def evaluate(batch: pa.RecordBatch) -> pa.RecordBatch:
        curves, years = curves_of(batch), floats(batch.column("maturity_years"))
        zero, _ = zero_yield(years, curves)
        par, status = par_yield(years, curves)
        return pa.RecordBatch.from_pydict(
            {
                "curve_date": batch.column("curve_date"),
                "maturity_years": years,
                "zero_yield_dec": nullable(zero),
                "par_yield_dec": nullable(par),
                "curve_status": names(ZeroCurveStatus, status),
            }
        )

    return mapped_batches(relation, evaluate)


def _float_annuity(settle: Dates, flows: CashFlows, factor: Floats) -> Floats:
    """Return the value of one a year, ACT/360, paid on the coupon dates of each bond."""
    bond = flows.bond_index
    is_first = np.diff(bond, prepend=-1) > 0
    start = np.where(is_first, settle[bond], np.roll(flows.pay_date, 1))
    accrual = year_fraction(start, flows.pay_date, DayCount.ACT_360)
    return present_value(flows.flow_count, accrual, factor)


def dates(batch: pa.RecordBatch, name: str) -> np.ndarray:
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
    return SvenssonCurves(*(floats(batch.column(name)) for name in CURVE_COLUMNS))


def names(codes: type, status: np.ndarray) -> pa.Array:
    """Return the names of status codes in lower case.

    Examples
    --------
    >>> names(CurveStatus, np.array([0, 1])).to_pylist()
    ['ok', 'too_few_tenors']
    """
    by_code = pa.array([code.name.lower() for code in codes])
    return by_code.take(pa.array(np.asarray(status, dtype=np.int64)))


def nullable(values: np.ndarray) -> pa.Array:
    """Return numbers with null for NaN.

    Examples
    --------
    >>> nullable(np.array([1.0, np.nan])).to_pylist()
    [1.0, None]
    """
    return pa.array(values, mask=np.isnan(values))
