"""Standard CDS contracts as the pricing loops take them: their terms, checked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import BoolArray, DateArray, FloatArray, StatusArray
from parspread.cds._pieces import DAYS_PER_YEAR, Discounts
from parspread.cds._row_loops import Terms
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates._cds_days import accrued_day_counts
from parspread.dates.calendar import ONE_DAY, as_dates, days_between
from parspread.dates.cds_schedule import (
    PremiumSchedule,
    cash_settlement_date,
    day_numbers,
    first_accrual_date,
    premium_schedule,
)


@dataclass(frozen=True)
class CdsContracts:
    """Contracts ready to be priced.

    Attributes
    ----------
    trade_date, maturity_date : datetime64[D] arrays, shape (n_quotes,)
    coupon_bps : float array, shape (n_quotes,)
        Running coupon, basis points per year: 100 or 500 on standard contracts.
    recovery_share : float array, shape (n_quotes,)
        Assumed recovery, in [0, 1).
    accrual_start_date : datetime64[D] array, shape (n_quotes,)
        First day of accrual.
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
    accrual_start_date: DateArray
    settlement_years: FloatArray
    accrued_days: FloatArray
    status: StatusArray

    @property
    def terms(self) -> Terms:
        """Return the dates as the compiled loops take them."""
        dates = (self.trade_date, self.accrual_start_date, self.maturity_date)
        return Terms(*(day_numbers(date) for date in dates))

    @property
    def schedule(self) -> PremiumSchedule:
        """Return the premium periods; the compiled loops make their own."""
        return premium_schedule(self.accrual_start_date, self.maturity_date)


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
    >>> contracts.accrued_days, contracts.schedule.accrual_days[0, :2]
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
    days = [day_numbers(date) for date in (trade, start, maturity)]
    return CdsContracts(
        trade,
        maturity,
        coupon,
        recovery,
        start,
        days_between(trade, cash_settlement_date(trade)) / DAYS_PER_YEAR,
        np.where(np.isnat(trade), np.nan, accrued_day_counts(*days)),
        terms_status(trade, maturity, coupon, recovery, is_missing=np.isnat(start)),
    )


def terms_status(
    trade: DateArray,
    maturity: DateArray,
    coupon_bps: FloatArray,
    recovery_share: FloatArray,
    *,
    is_missing: BoolArray,
) -> StatusArray:
    """Return what the terms of contracts say about them, the first of the reasons below.

    Parameters
    ----------
    trade, maturity : datetime64[D] arrays
    coupon_bps, recovery_share : float arrays
    is_missing : bool array
        True where something else is missing. All arrays broadcast.

    Returns
    -------
    status : int8 array
        MISSING_INPUT, EXPIRED, RECOVERY_OUT_OF_RANGE or OK.
    """
    is_missing = is_missing | np.isnat(trade) | np.isnat(maturity)
    is_missing = is_missing | np.isnan(coupon_bps) | np.isnan(recovery_share)
    status = np.where(
        (recovery_share >= 0) & (recovery_share < 1),
        np.int8(CdsStatus.OK),
        np.int8(CdsStatus.RECOVERY_OUT_OF_RANGE),
    )
    status = np.where(maturity <= trade, np.int8(CdsStatus.EXPIRED), status)
    return np.where(is_missing, np.int8(CdsStatus.MISSING_INPUT), status)


def discount_rows(discount: DiscountCurves, status: StatusArray) -> tuple[Discounts, StatusArray]:
    """Return the discount row of each quote, and MISSING_INPUT where its curve has a hole.

    Parameters
    ----------
    discount : DiscountCurves
        One curve, or one per quote.
    status : int8 array, shape (n_quotes,)
        Codes of `CdsStatus` so far; the first reason stays.

    Returns
    -------
    discounts : Discounts
    status : int8 array, shape (n_quotes,)

    Raises
    ------
    ValueError
        If the number of discount curves is neither one nor that of the quotes.
    """
    row = discount.rows(len(status))
    has_hole = np.isnan(discount.log_discount).any(axis=1)[row]
    status = np.where(has_hole & (status == CdsStatus.OK), np.int8(CdsStatus.MISSING_INPUT), status)
    return Discounts(discount.node_years, discount.log_discount, row), status
