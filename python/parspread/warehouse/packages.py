"""Rows of bonds and their CDS in, prices of both legs today and at a horizon out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from parspread.arrays import DateArray, FloatArray, StatusArray
from parspread.bonds.cashflows import scheduled_cashflows
from parspread.bonds.status import BondStatus
from parspread.bonds.street_yield import dirty_price_from_yield, yield_from_dirty_price, yield_risk
from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import CdsValues, value_from_spread
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.cds_schedule import cds_maturity_on_or_after
from parspread.warehouse.bonds import USD_PER_PCT_PAR_OF_MM, _bonds_of
from parspread.warehouse.record_batches import (
    CURVE_NODE_YEARS,
    curves_of,
    dates,
    delivered_curves,
    floats,
    mapped_batches,
    node_rates,
    nullable,
    status_names,
)

ANY_COUPON_BPS = 100.0  # both legs are published, so that every coupon can be priced from them
DAYS_PER_YEAR, MONEY_DAYS_PER_YEAR = 365.0, 360.0
Columns = dict[str, FloatArray]


def package_prices(relation: Any, *, horizon_days: int) -> pa.RecordBatchReader:
    """Return what a package of a bond and protection on its issuer is worth, now and later.

    Parameters
    ----------
    relation : DuckDB relation
        One row per bond: what `standard_measures` takes, `cds_par_spread_dec` at the bond's
        maturity and `recovery_share`.
    horizon_days : int
        Calendar days from the bond's date to the horizon, > 0.

    Returns
    -------
    RecordBatchReader
        One row per bond. CDS: `cds_maturity_date`, the first 20 June or December on or after the
        bond's; value of the protection leg, of one unit of coupon and of the accrued; both legs at
        a spread wider by one basis point, and at the horizon at an unchanged spread. Bond: dirty
        price and DV01, clean price and accrued at the horizon at an unchanged street yield, and
        the coupons paid by then. `riskless_rate_dec`: the
        three-month rate of the discount curve as a simple one over the horizon, ACT/360.
        `package_status`; numbers are null unless it is ok.
    """

    def price(batch: pa.RecordBatch) -> pa.RecordBatch:
        rates = node_rates(curves_of(batch), delivered_curves(batch), CURVE_NODE_YEARS)
        bond, bond_status = _bond_columns(batch, horizon_days)
        swap, swap_status = _swap_columns(batch, rates, horizon_days)
        names = np.where(
            bond_status == BondStatus.OK,
            np.asarray(status_names(CdsStatus, swap_status).to_pylist(), dtype=object),
            np.asarray(status_names(BondStatus, bond_status).to_pylist(), dtype=object),
        )
        numbers = bond | swap | {"riskless_rate_dec": _simple_rate(rates, horizon_days)}
        return pa.RecordBatch.from_pydict(
            {
                "source_row_number": batch.column("source_row_number"),
                "cds_maturity_date": pa.array(
                    cds_maturity_on_or_after(dates(batch, "maturity_date"))
                ),
                **{
                    name: nullable(np.where(names == "ok", values, np.nan))
                    for name, values in numbers.items()
                },
                "package_status": pa.array(names, pa.string()),
            }
        )

    return mapped_batches(relation, price)


def _bond_columns(batch: pa.RecordBatch, horizon_days: int) -> tuple[Columns, StatusArray]:
    """Return the bond's price and DV01, and its price at the horizon at an unchanged yield."""
    bonds = _bonds_of(batch)
    later_day = bonds.settle_date + np.timedelta64(horizon_days, "D")
    place = batch.schema.get_field_index("observation_date")
    later = _bonds_of(batch.set_column(place, "observation_date", pa.array(later_day)))
    coupon, dirty = bonds.coupon_dec, bonds.dirty_price_pct_par
    street, status = yield_from_dirty_price(dirty, coupon, bonds.period)
    later_dirty, later_status = dirty_price_from_yield(street, coupon, later.period)
    later_accrued = later.dirty_price_pct_par - floats(batch, "price_pct_par")
    flows = scheduled_cashflows(bonds.maturity_date, coupon, bonds.period)
    bond = flows.bond_index
    is_paid = flows.pay_date <= later_day[bond]
    paid = np.bincount(bond[is_paid], flows.amount_pct_par[is_paid], minlength=len(dirty))
    columns = {
        "dirty_price_pct_par": dirty,
        "bond_dv01_usd_per_bp_per_mm": yield_risk(street, coupon, bonds.period).dv01_pct_par_per_bp
        * USD_PER_PCT_PAR_OF_MM,
        "horizon_price_pct_par": later_dirty - later_accrued,
        "horizon_accrued_pct_par": later_accrued,
        "coupons_paid_pct_par": paid,
    }
    statuses = [status, later_status, bonds.period.status, later.period.status]
    return columns, np.max(statuses, axis=0)


def _swap_columns(
    batch: pa.RecordBatch, rates: FloatArray, horizon_days: int
) -> tuple[Columns, StatusArray]:
    """Return both legs of the CDS now, at a wider spread, and at the horizon."""
    now, maturity = dates(batch, "observation_date"), dates(batch, "maturity_date")
    spread_bps, recovery = (
        floats(batch, "cds_par_spread_dec") * 1e4,
        floats(batch, "recovery_share"),
    )
    discount = DiscountCurves.from_zero_rates(CURVE_NODE_YEARS, rates)

    def values(day: DateArray, bump_bps: float) -> CdsValues:
        contracts = cds_contracts(
            day,
            cds_maturity_on_or_after(maturity),
            coupon_bps=ANY_COUPON_BPS,
            recovery_share=recovery,
        )
        return value_from_spread(contracts, spread_bps + bump_bps, discount)

    today, wider = values(now, 0.0), values(now, 1.0)
    later = values(now + np.timedelta64(horizon_days, "D"), 0.0)
    columns = {
        "cds_protection_pct_par": today.protection_pct_par,
        "cds_rpv01_years": today.rpv01_years,
        "cds_accrued_years": today.accrued_pct_par / (ANY_COUPON_BPS / 100.0),
        "wider_protection_pct_par": wider.protection_pct_par,
        "wider_rpv01_years": wider.rpv01_years,
        "horizon_protection_pct_par": later.protection_pct_par,
        "horizon_rpv01_years": later.rpv01_years,
    }
    return columns, np.max([one.status for one in (today, wider, later)], axis=0)


def _simple_rate(rates: FloatArray, horizon_days: int) -> FloatArray:
    """Return the simple rate, ACT/360, of the first zero rate of each curve over the horizon."""
    years = horizon_days / DAYS_PER_YEAR
    return np.expm1(rates[:, 0] * years) * MONEY_DAYS_PER_YEAR / horizon_days
