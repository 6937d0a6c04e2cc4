"""Standard CDS contracts as the pricing loops take them: dates turned into times."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import DateArray, FloatArray, StatusArray
from parspread.cds._leg_loops import DAYS_PER_YEAR, LogCurve, Periods
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.calendar import ONE_DAY, as_dates, days_between
from parspread.dates.cds_schedule import (
    accrued_days,
    cash_settlement_date,
    first_accrual_date,
    premium_schedule,
)

BPS = 1e-4


@dataclass(frozen=True)
class CdsContracts:
    """Contracts ready to be priced: their dates turned into times from the trade date.

    Attributes
    ----------
    trade_date, maturity_date : datetime64[D] arrays, shape (n_quotes,)
    coupon_bps : float array, shape (n_quotes,)
        Running coupon, basis points per year: 100 or 500 on standard contracts.
    recovery_share : float array, shape (n_quotes,)
        Assumed recovery, in [0, 1).
    period_start_years, period_end_years, payment_years : float arrays, (n_quotes, n_periods)
        Premium periods as the model observes survival, one day before each accrual date; NaN where
        a row has fewer periods.
    period_days : float array, shape (n_quotes, n_periods)
        Days that each period pays for.
    settlement_years : float array, shape (n_quotes,)
        Time of the cash settlement.
    accrued_days : float array, shape (n_quotes,)
        Days accrued at step-in.
    status : int8 array, shape (n_quotes,)
        `CdsStatus`: OK, MISSING_INPUT, EXPIRED or RECOVERY_OUT_OF_RANGE.
    """

    trade_date: DateArray
    maturity_date: DateArray
    coupon_bps: FloatArray
    recovery_share: FloatArray
    period_start_years: FloatArray
    period_end_years: FloatArray
    payment_years: FloatArray
    period_days: FloatArray
    settlement_years: FloatArray
    accrued_days: FloatArray
    status: StatusArray

    @property
    def periods(self) -> Periods:
        """Return the premium periods as the compiled loops take them."""
        return Periods(
            self.period_start_years, self.period_end_years, self.payment_years, self.period_days
        )


def cds_contracts(
    trade_date: ArrayLike,
    maturity_date: ArrayLike,
    *,
    coupon_bps: ArrayLike,
    recovery_share: ArrayLike,
    accrual_start_date: ArrayLike | None = None,
) -> CdsContracts:
    """Return contracts ready to be priced; by default they have a full first coupon.

    Parameters
    ----------
    trade_date, maturity_date : datetime64[D] arrays, shape (n_quotes,)
        NaT gives MISSING_INPUT, a maturity not after the trade EXPIRED.
    coupon_bps : float array, shape (n_quotes,) or scalar
        Running coupon, basis points per year.
    recovery_share : float array, shape (n_quotes,) or scalar
        Assumed recovery, in [0, 1); other values give RECOVERY_OUT_OF_RANGE.
    accrual_start_date : datetime64[D] array, shape (n_quotes,), optional
        First day of accrual where the contract is not standard. In the future: protection starts
        there too.

    Returns
    -------
    CdsContracts

    Examples
    --------
    >>> contracts = cds_contracts("2025-06-03", "2030-06-20", coupon_bps=100, recovery_share=0.4)
    >>> contracts.accrued_days, contracts.period_days[0, :2]
    (array([76.]), array([92., 94.]))
    """
    trade, maturity, coupon, recovery = np.broadcast_arrays(
        *np.atleast_1d(as_dates(trade_date), as_dates(maturity_date)),
        np.asarray(coupon_bps, dtype=np.float64),
        np.asarray(recovery_share, dtype=np.float64),
    )
    # Copies: compiled functions warn of arrays that broadcasting shares between rows.
    coupon, recovery = np.array(coupon), np.array(recovery)
    if accrual_start_date is None:
        # The maturity ends the last period and starts none, even where step-in falls on it.
        before_maturity = np.minimum(trade, maturity - 2 * ONE_DAY)
        accrual_start_date = first_accrual_date(before_maturity)
    start = np.broadcast_to(as_dates(accrual_start_date), trade.shape)
    schedule = premium_schedule(start, maturity)
    settlement = cash_settlement_date(trade)
    status = np.full(trade.shape, CdsStatus.OK, dtype=np.int8)
    status[~((recovery >= 0) & (recovery < 1))] = CdsStatus.RECOVERY_OUT_OF_RANGE
    status[maturity <= trade] = CdsStatus.EXPIRED
    is_missing = np.isnat(trade) | np.isnat(maturity) | np.isnat(start)
    status[is_missing | np.isnan(coupon) | np.isnan(recovery)] = CdsStatus.MISSING_INPUT
    since = trade[:, None]
    return CdsContracts(
        trade,
        maturity,
        coupon,
        recovery,
        days_between(since, schedule.accrual_start_date - ONE_DAY) / DAYS_PER_YEAR,
        days_between(since, schedule.accrual_end_date - ONE_DAY) / DAYS_PER_YEAR,
        days_between(since, schedule.payment_date) / DAYS_PER_YEAR,
        schedule.accrual_days,
        days_between(trade, settlement) / DAYS_PER_YEAR,
        accrued_days(trade, schedule),
        status,
    )


def discount_rows(discount: DiscountCurves, status: StatusArray) -> tuple[LogCurve, StatusArray]:
    """Return one discount row per quote, and MISSING_INPUT where it has a hole.

    Parameters
    ----------
    discount : DiscountCurves
        One row, or one per quote.
    status : int8 array, shape (n_quotes,)
        Codes of `CdsStatus` so far; the first reason stays.

    Returns
    -------
    curves : LogCurve
        Arrays of shape (n_quotes, n_nodes).
    status : int8 array, shape (n_quotes,)

    Raises
    ------
    ValueError
        If the number of discount curves is neither one nor that of the quotes.
    """
    shape = (len(status), discount.node_years.shape[1])
    if len(discount.node_years) not in (1, len(status)):
        raise ValueError(
            "discount must have one row or one per quote; "
            f"{len(discount.node_years)} rows came with {len(status)} quotes"
        )
    log_discount = np.broadcast_to(discount.log_discount, shape)
    has_hole = np.isnan(log_discount).any(axis=1)
    status = np.where(has_hole & (status == CdsStatus.OK), CdsStatus.MISSING_INPUT, status)
    return LogCurve(np.broadcast_to(discount.node_years, shape), log_discount), status.astype(
        np.int8
    )
