"""The FTSFR basis code's cash flows, year fractions and Z-spreads, their flaws included."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from parspread.arrays import FloatArray, StatusArray
from parspread.bonds.cashflows import FACE_PCT_PAR, MONTHS_PER_YEAR, CashFlows
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.status import BondStatus
from parspread.bonds.z_spread import z_spread
from parspread.dates.calendar import add_months, as_dates
from parspread.dates.day_count import DayCount, year_fraction

# The root is sought between minus and plus this spread, to within this tolerance.
BRACKET_DEC = 0.20
SPREAD_TOL_DEC = 1e-10


def ftsfr_day_count(day_count_basis: str | None) -> DayCount:
    """Read a vendor's day-count text as the FTSFR code does.

    Parameters
    ----------
    day_count_basis : str or None
        Text such as `30/360` or `Actual/360`, any case; None or an unknown text means 30/360.

    Returns
    -------
    day_count : DayCount
        ACT_360 if the text holds ACT and 360, ACT_365_25 if it holds ACT only,
        THIRTY_360_BOND_BASIS otherwise.

    Examples
    --------
    >>> ftsfr_day_count("Actual/365").name
    'ACT_365_25'
    """
    text = (day_count_basis or "").upper()
    if "ACT" in text:
        return DayCount.ACT_360 if "360" in text else DayCount.ACT_365_25
    return DayCount.THIRTY_360_BOND_BASIS


def ftsfr_year_fraction(
    start_date: ArrayLike, end_date: ArrayLike, day_count: ArrayLike
) -> FloatArray:
    """Return the year fraction of the FTSFR code: never below zero.

    Parameters
    ----------
    start_date, end_date : datetime64 array, any shapes that broadcast
        Calendar dates; NaT marks a missing date.
    day_count : DayCount or array of its codes
        Rules as `ftsfr_day_count` reads them.

    Returns
    -------
    years : float array
        Zero where end is not after start; NaN exactly where a date is NaT.

    Examples
    --------
    >>> float(ftsfr_year_fraction("2024-02-29", "2024-08-31", DayCount.THIRTY_360_BOND_BASIS)
    ...       ).__round__(6)
    0.505556
    """
    start, end = as_dates(start_date), as_dates(end_date)
    years = year_fraction(start, end, day_count)
    return np.where(np.isnan(years) | (end > start), years, 0.0)


def ftsfr_cashflows(
    quote_date: ArrayLike,
    maturity_date: ArrayLike,
    next_coupon_date: ArrayLike,
    coupon_dec: ArrayLike,
    coupons_per_year_count: ArrayLike,
) -> CashFlows:
    """List cash flows as the FTSFR code does, its two flaws included.

    Parameters
    ----------
    quote_date, maturity_date, next_coupon_date : datetime64 array, shape (n_bonds,)
        NaT is allowed for the next coupon only; other rows with NaT have no flows.
    coupon_dec : float array, shape (n_bonds,)
        Coupon a year as a decimal; NaN gives NaN amounts.
    coupons_per_year_count : float array, shape (n_bonds,)
        Rounded half to even; missing or not positive means 2.

    Returns
    -------
    flows : CashFlows
        A bond at or past maturity has none.

    Notes
    -----
    Dates step forward from the next coupon one period at a time, so a 31st that has passed
    through February stays on the 28th. A bond whose next coupon is missing, not after the
    quote or after maturity is valued as if it paid 100 at maturity and nothing else.

    Examples
    --------
    >>> flows = ftsfr_cashflows(["2018-06-30"], ["2019-08-31"], ["2018-08-31"], [0.05], [2])
    >>> [str(date) for date in flows.pay_date]
    ['2018-08-31', '2019-02-28', '2019-08-28', '2019-08-31']
    """
    quote, maturity, date, coupon, frequency = np.broadcast_arrays(
        *np.atleast_1d(
            as_dates(quote_date),
            as_dates(maturity_date),
            as_dates(next_coupon_date),
            np.asarray(coupon_dec, dtype=np.float64),
            np.round(np.asarray(coupons_per_year_count, dtype=np.float64)),
        )
    )
    frequency = np.where(frequency > 0, frequency, 2.0)
    # Never below a month: a count above 24 a year would otherwise step nowhere.
    step = np.maximum(np.round(MONTHS_PER_YEAR / frequency), 1).astype(np.int64)
    pays_coupons = (date > quote) & (date <= maturity)
    interest = np.where(pays_coupons, FACE_PCT_PAR * coupon / frequency, 0.0)

    bond = np.flatnonzero(pays_coupons)
    date = date[bond]
    bonds, dates = [], []
    while bond.size:
        before_maturity = date < maturity[bond]
        bond, date = bond[before_maturity], date[before_maturity]
        bonds.append(bond)
        dates.append(date)
        date = add_months(date, step[bond])
    redeemed = np.flatnonzero(maturity > quote)
    bond_index = np.concatenate([*bonds, redeemed])
    in_bond_order = np.argsort(bond_index, kind="stable")
    bond_index = bond_index[in_bond_order]
    pay_date = np.concatenate([*dates, maturity[redeemed]])[in_bond_order]
    is_redemption = pay_date == maturity[bond_index]
    amount = interest[bond_index] + FACE_PCT_PAR * is_redemption
    return CashFlows(np.bincount(bond_index, minlength=quote.size), pay_date, amount)


def ftsfr_z_spread(
    dirty_price_pct_par: ArrayLike, flows: DiscountedFlows
) -> tuple[FloatArray, StatusArray]:
    """Return the continuous Z-spread of the FTSFR code: none beyond plus or minus 20 %.

    Parameters
    ----------
    dirty_price_pct_par : float array, shape (n_bonds,)
        Month-end price plus accrued interest, a missing accrued interest counting as zero.
    flows : DiscountedFlows
        From `ftsfr_cashflows` and `ftsfr_year_fraction`.

    Returns
    -------
    z_spread_dec : float array, shape (n_bonds,)
        NaN unless status is OK.
    status : int8 array, shape (n_bonds,)
        As `z_spread`; NOT_BRACKETED where the root lies outside the bracket or there is none.

    Notes
    -----
    The price falls as z rises, so there is at most one root. Brent's search is the original's own:
    where it stops within its tolerance shows in the tenth digit of a mean over bonds.

    Examples
    --------
    >>> z_spread_dec, status = ftsfr_z_spread([50.0], DiscountedFlows([1], [1.0], [100.0], [0.98]))
    >>> BondStatus(status[0]).name
    'NOT_BRACKETED'
    """
    spread, status = z_spread(dirty_price_pct_par, flows)
    no_root = np.isin(status, (BondStatus.NO_SOLUTION, BondStatus.NONPOSITIVE_PRICE))
    status[no_root | (np.abs(spread) > BRACKET_DEC)] = BondStatus.NOT_BRACKETED
    count, time = flows.flow_count, flows.time_years
    amount, factor = flows.amount_pct_par, flows.discount_factor_ratio
    price = np.broadcast_to(np.asarray(dirty_price_pct_par, dtype=np.float64), count.shape)
    ends = np.cumsum(count)
    for row in np.flatnonzero(status == BondStatus.OK):
        own = slice(ends[row] - count[row], ends[row])
        bond = (amount[own] * factor[own], time[own], price[row])
        if _excess(-BRACKET_DEC, *bond) * _excess(BRACKET_DEC, *bond) > 0:
            status[row] = BondStatus.NOT_BRACKETED
            continue
        spread[row] = brentq(_excess, -BRACKET_DEC, BRACKET_DEC, args=bond, xtol=SPREAD_TOL_DEC)
    return np.where(status == BondStatus.OK, spread, np.nan), status


def _excess(spread: float, value: FloatArray, time: FloatArray, price: float) -> float:
    """Return the value of one bond at a continuous spread, less its price."""
    return float(value @ np.exp(-spread * time)) - price
