"""Rows of paired CDS curves in, exact returns of the contracts held between them out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from parspread.cds.held_contracts import QuotedCurves, held_returns
from parspread.cds.status import CdsStatus
from parspread.curves.treasury_curve import SvenssonCurves
from parspread.dates.cds_schedule import standard_maturity_date
from parspread.warehouse.cds import QUOTED_COUPON_BPS, daily_discounts
from parspread.warehouse.record_batches import (
    CURVE_COLUMNS,
    dates,
    delivered_curves,
    float_table,
    floats,
    has_curve,
    mapped_batches,
    nullable,
    status_names,
)

HELD_TENORS = ("3Y", "5Y", "7Y", "10Y")
KEYS = ("red_code", "ticker", "start_date", "end_date", "month_end_date", "default_source")


def repriced_months(relation: Any, tenor_months: dict[str, int]) -> pa.RecordBatchReader:
    """Return the exact return of every contract and month of the sample tenors.

    Parameters
    ----------
    relation : DuckDB relation
        One row per `red_code` and `month_end_date`: `start_date`, `end_date`, quotes
        `start_spread_*_dec` and `end_spread_*_dec`, curve parameters of both days,
        `recovery_share`, `default_recovery_share` where the month ends in a default, and
        `pair_status`.
    tenor_months : dict
        Tenor code to months, strictly increasing.

    Returns
    -------
    RecordBatchReader
        One row per tenor quoted at the start: the keys, `tenor_code`, `contract_maturity_date`,
        `exact_return_dec` and its parts, `exact_par_return_dec`, `priced_on` and `exact_status`.
    """
    months = np.array(list(tenor_months.values()))
    places = np.array([list(tenor_months).index(tenor) for tenor in HELD_TENORS])

    def curves(batch: pa.RecordBatch, side: str) -> QuotedCurves:
        names = [f"{side}_spread_{tenor.lower()}_dec" for tenor in tenor_months]
        rates = SvenssonCurves(*(floats(batch, f"{side}_{name}") for name in CURVE_COLUMNS))
        day = dates(batch, f"{side}_date")
        spread_bps = float_table(batch, names) * 1e4
        recovery = floats(batch, "recovery_share")
        # The day of a default needs no rates, and has none where others of that day have.
        nodes = delivered_curves(batch, f"{side}_node_years", f"{side}_zero_rates_dec")
        is_rated = has_curve(nodes) | ~np.isnan(rates.beta0_dec)
        rated_day = np.where(is_rated, day, np.datetime64("NaT"))
        discount = daily_discounts(rated_day, rates, nodes)
        return QuotedCurves(day, months, spread_bps, recovery, discount)

    def reprice(batch: pa.RecordBatch) -> pa.RecordBatch:
        start = curves(batch, "start")
        row, place = np.nonzero(~np.isnan(start.spread_bps[:, places]))
        held = row, places[place]
        recovery = floats(batch, "default_recovery_share")
        returns = held_returns(
            start, curves(batch, "end"), recovery, held, coupon_bps=QUOTED_COUPON_BPS
        )
        pair = np.asarray(batch.column("pair_status").to_pylist(), dtype=object)[row]
        is_held = pair == "ok"
        priced = np.asarray(status_names(CdsStatus, returns.status).to_pylist(), dtype=object)
        kept = {
            "exact_return_dec": returns.total_dec,
            "exact_coupon_return_dec": returns.coupon_dec,
            "exact_roll_return_dec": returns.roll_dec,
            "exact_spread_return_dec": returns.spread_dec,
            "exact_default_return_dec": returns.default_dec,
            "exact_par_return_dec": returns.par_total_dec,
        }
        return pa.RecordBatch.from_pydict(
            {
                **{key: batch.column(key).take(pa.array(row)) for key in KEYS},
                "tenor_code": pa.array(np.array(HELD_TENORS)[place]),
                "contract_maturity_date": pa.array(
                    standard_maturity_date(start.trade_date[row], months[held[1]])
                ),
                **{
                    name: nullable(np.where(is_held, values, np.nan))
                    for name, values in kept.items()
                },
                "priced_on": pa.array(np.where(returns.is_on_curve, "curve", "own_quote")),
                "exact_status": pa.array(np.where(is_held, priced, pair), pa.string()),
            }
        )

    return mapped_batches(relation, reprice)
