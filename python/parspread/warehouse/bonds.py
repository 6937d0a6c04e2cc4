"""Rows of bonds and Treasury curves in, measures out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from parspread.arrays import BoolArray, DateArray, FloatArray, StatusArray
from parspread.bonds.asset_swap import par_asset_swap
from parspread.bonds.bond_implied_cds import bond_implied_cds_spread, implied_hazard
from parspread.bonds.cashflows import (
    CashFlows,
    CouponPeriod,
    accrued_interest,
    coupon_period,
    scheduled_cashflows,
)
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.odd_coupons import OddDates
from parspread.bonds.status import BondStatus
from parspread.bonds.street_yield import yield_from_dirty_price, yield_risk
from parspread.bonds.z_spread import Compounding, z_spread
from parspread.curves.discount_curves import DiscountCurves
from parspread.curves.treasury_curve import (
    SvenssonCurves,
    ZeroCurveStatus,
    discount_factor,
    par_yield,
    zero_yield,
)
from parspread.dates.day_count import DayCount, street_day_count, year_fraction
from parspread.warehouse.record_batches import (
    CURVE_NODE_YEARS,
    curves_of,
    dates,
    delivered_curves,
    discount_factors,
    floats,
    has_curve,
    mapped_batches,
    node_rates,
    nullable,
    status_names,
)

# Spread measures over the delivered curve are named after it.
OIS_SUFFIX = "_ois"
# A bond without coupons states no frequency; its yield compounds twice a year, as the market does.
ZERO_COUPON_PERIODS_COUNT = 2.0
IMPLIED_RECOVERY_SHARES = {"bond_implied_cds_r40": 0.4, "bond_implied_cds_r20": 0.2}
ODD_DATE_COLUMNS = ("dated_date", "first_coupon_date", "odd_last_coupon_date")
USD_PER_PCT_PAR_OF_MM = 1e4
Measures = dict[str, tuple[FloatArray, StatusArray]]


def standard_measures(relation: Any) -> pa.RecordBatchReader:
    """Return street yields and spread measures of bonds, solved from their prices.

    Parameters
    ----------
    relation : DuckDB relation
        One row per bond: `source_row_number`, `observation_date` (also the settlement date),
        `maturity_date`, `coupon_dec`, `coupons_per_year_count`, `day_count_basis`,
        `price_pct_par` (clean), the dates of odd coupons, `recovery_share` in [0, 1), the six curve
        parameters, `node_years` and `zero_rates_dec` of a curve that goes before them, and
        `ois_node_years` and `ois_zero_rates_dec` of a delivered curve; null without a curve.

    Returns
    -------
    RecordBatchReader
        One row per bond: accrued interest and dirty price, the street yield (compounded with the
        coupons, and bond equivalent), duration and DV01, and the measures `z_spread_continuous`,
        `z_spread_semi_annual`, `asset_swap`, `bond_implied_cds_r40`, `_r20` and `bond_implied_cds`
        at the recovery of the name, the first, the third and the last again over the delivered
        curve with the suffix `_ois`, and the par yield of the Treasury curve at the bond's
        maturity, each with a status; a value is null unless it is ok.

    Notes
    -----
    Time on the curve is ACT/365F. The floating leg of the asset swap pays on the bond's coupon
    dates, ACT/360, first from settlement. A bond without coupon, frequency or known day count has
    no number: it is never priced as a zero-coupon bond.
    """
    return mapped_batches(relation, _measured)


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
        curves, years = curves_of(batch), floats(batch, "maturity_years")
        zero, _ = zero_yield(years, curves)
        par, status = par_yield(years, curves)
        return pa.RecordBatch.from_pydict(
            {
                "curve_date": batch.column("curve_date"),
                "maturity_years": years,
                "zero_yield_dec": nullable(zero),
                "par_yield_dec": nullable(par),
                "curve_status": status_names(ZeroCurveStatus, status),
            }
        )

    return mapped_batches(relation, evaluate)


def discounted_flows(
    flows: CashFlows, time_years: FloatArray, curves: SvenssonCurves, is_kept: BoolArray
) -> DiscountedFlows:
    """Return the kept flows with the discount factors of their bonds' curves.

    Parameters
    ----------
    flows : CashFlows
        Flows of n_bonds bonds.
    time_years : float array, shape (n_flows,)
        Years to each flow.
    curves : SvenssonCurves
        Parameters of shape (n_bonds,).
    is_kept : bool array, shape (n_flows,)
        False leaves a flow out.

    Returns
    -------
    flows : DiscountedFlows
    """
    bond, time_years = flows.bond_index[is_kept], time_years[is_kept]
    factor, _ = discount_factor(time_years, curves.take(bond))
    count = np.bincount(bond, minlength=flows.flow_count.size)
    return DiscountedFlows(count, time_years, flows.amount_pct_par[is_kept], factor)


@dataclass(frozen=True)
class _Bonds:
    """Terms of a batch of bonds, and where settlement lies in their coupon periods."""

    settle_date: DateArray
    maturity_date: DateArray
    coupon_dec: FloatArray
    recovery_share: FloatArray
    period: CouponPeriod
    dirty_price_pct_par: FloatArray


@dataclass(frozen=True)
class _Scheduled:
    """Flows of a batch of bonds with their times on a curve, ACT/365F."""

    flows: CashFlows
    time_years: FloatArray

    def discounted(self, factor: FloatArray) -> DiscountedFlows:
        """Return the flows with the discount factor of each."""
        amount = self.flows.amount_pct_par
        return DiscountedFlows(self.flows.flow_count, self.time_years, amount, factor)


def _bonds_of(batch: pa.RecordBatch) -> _Bonds:
    settle, maturity = dates(batch, "observation_date"), dates(batch, "maturity_date")
    coupon = floats(batch, "coupon_dec")
    frequency = floats(batch, "coupons_per_year_count")
    is_zero = (coupon == 0) & ~(frequency > 0)
    frequency = np.where(is_zero, ZERO_COUPON_PERIODS_COUNT, frequency)
    # 0 also means unknown; -1 avoids dividing by zero.
    frequency = np.where(frequency == 0, -1.0, frequency)
    rules = [street_day_count(basis) for basis in batch.column("day_count_basis").to_pylist()]
    is_known = np.array([rule is not None for rule in rules], dtype=bool)
    day_count = np.array([DayCount(rule or 0) for rule in rules], dtype=np.int64)
    odd = OddDates(*(dates(batch, name) for name in ODD_DATE_COLUMNS))
    period = coupon_period(settle, maturity, np.where(is_known, frequency, np.nan), day_count, odd)
    dirty = floats(batch, "price_pct_par") + accrued_interest(coupon, period)
    return _Bonds(settle, maturity, coupon, floats(batch, "recovery_share"), period, dirty)


def _measured(batch: pa.RecordBatch) -> pa.RecordBatch:
    bonds, curves = _bonds_of(batch), curves_of(batch)
    period, dirty = bonds.period, bonds.dirty_price_pct_par
    street, street_status = yield_from_dirty_price(dirty, bonds.coupon_dec, period)
    frequency = period.coupons_per_year_count
    growth = frequency * np.log1p(street / frequency)
    bond_equivalent = np.where(frequency == 2, street, 2 * np.expm1(growth / 2))
    risk = yield_risk(street, bonds.coupon_dec, period)
    treasury_years = year_fraction(bonds.settle_date, bonds.maturity_date, DayCount.ACT_365F)
    treasury, treasury_status = par_yield(treasury_years, curves)
    table = {
        "source_row_number": batch.column("source_row_number"),
        "accrued_interest_pct_par": nullable(accrued_interest(bonds.coupon_dec, period)),
        "dirty_price_pct_par": nullable(dirty),
        "street_yield_bond_equivalent_dec": nullable(bond_equivalent),
        "modified_duration_years": nullable(risk.modified_duration_years),
        "dv01_usd_per_bp_per_mm": nullable(risk.dv01_pct_par_per_bp * USD_PER_PCT_PAR_OF_MM),
        "curve_treasury_yield_dec": nullable(treasury),
        "curve_treasury_status": status_names(ZeroCurveStatus, treasury_status),
    }
    measures = {"street_yield": (street, street_status), **_curve_measures(batch, bonds, curves)}
    for name, (value, status) in measures.items():
        # What is wrong with the bond's terms comes before what follows from it.
        status = np.where(period.status == BondStatus.OK, status, period.status)
        table[f"{name}_dec"] = nullable(np.where(status == BondStatus.OK, value, np.nan))
        table[f"{name}_status"] = status_names(BondStatus, status)
    return pa.RecordBatch.from_pydict(table)


def _curve_measures(batch: pa.RecordBatch, bonds: _Bonds, curves: SvenssonCurves) -> Measures:
    """Return Z-spreads, asset swaps and bond-implied CDS over both curves, decimals."""
    flows = scheduled_cashflows(bonds.maturity_date, bonds.coupon_dec, bonds.period)
    bond = flows.bond_index
    time_years = year_fraction(bonds.settle_date[bond], flows.pay_date, DayCount.ACT_365F)
    scheduled = _Scheduled(flows, time_years)
    factor, _ = discount_factor(time_years, curves.take(bond))
    delivered = delivered_curves(batch)
    if has_curve(delivered).any():
        own = discount_factors(delivered, bond, time_years)
        factor = np.where(has_curve(delivered)[bond], own, factor)
    rates = node_rates(curves, delivered, CURVE_NODE_YEARS)
    discount = DiscountCurves.from_zero_rates(CURVE_NODE_YEARS, rates)
    measures = _spreads_over(bonds, scheduled, factor, discount)
    discounted, dirty = scheduled.discounted(factor), bonds.dirty_price_pct_par
    measures["z_spread_semi_annual"] = z_spread(
        dirty, discounted, compounding=Compounding.BOND_EQUIVALENT
    )
    for name, recovery in IMPLIED_RECOVERY_SHARES.items():
        fixed = np.full(dirty.shape, recovery)
        measures[name] = _implied_cds(bonds, discounted, discount, fixed)
    ois = delivered_curves(batch, "ois_node_years", "ois_zero_rates_dec")
    over_ois = _spreads_over(bonds, scheduled, discount_factors(ois, bond, time_years), ois)
    return measures | {name + OIS_SUFFIX: value for name, value in over_ois.items()}


def _spreads_over(
    bonds: _Bonds, scheduled: _Scheduled, factor: FloatArray, discount: DiscountCurves
) -> Measures:
    """Return Z-spread, asset swap and bond-implied CDS over one curve."""
    flows, dirty = scheduled.discounted(factor), bonds.dirty_price_pct_par
    continuous, continuous_status = z_spread(dirty, flows)
    annuity = _float_annuity(bonds.settle_date, scheduled.flows, flows)
    swap, swap_status = par_asset_swap(dirty, flows.present_value_pct_par, annuity)
    # The Z-spread knows whether flows or curve are missing; the swap sees only a missing value.
    is_blank = swap_status == BondStatus.MISSING_INPUT
    return {
        "z_spread_continuous": (continuous, continuous_status),
        "asset_swap": (swap, np.where(is_blank, continuous_status, swap_status)),
        "bond_implied_cds": _implied_cds(bonds, flows, discount, bonds.recovery_share),
    }


def _implied_cds(
    bonds: _Bonds, flows: DiscountedFlows, discount: DiscountCurves, recovery: FloatArray
) -> tuple[FloatArray, StatusArray]:
    hazard, hazard_status = implied_hazard(
        bonds.dirty_price_pct_par, flows, recovery_share=recovery
    )
    spread_bps, status = bond_implied_cds_spread(
        bonds.settle_date, bonds.maturity_date, hazard, discount, recovery_share=recovery
    )
    return spread_bps / 1e4, np.where(hazard_status == BondStatus.OK, status, hazard_status)


def _float_annuity(settle: DateArray, scheduled: CashFlows, flows: DiscountedFlows) -> FloatArray:
    """Return the value of 1 a year, ACT/360, paid on the coupon dates of each bond."""
    bond = scheduled.bond_index
    is_first = np.diff(bond, prepend=-1) > 0
    start = np.where(is_first, settle[bond], np.roll(scheduled.pay_date, 1))
    accrual = year_fraction(start, scheduled.pay_date, DayCount.ACT_360)
    return flows.sum_per_bond(accrual * flows.discount_factor_ratio)
