"""Bond formulas that no table holds, as witnesses of the kernels that do."""

import calendar
import datetime as dt

import numpy as np

from parspread.bonds.cashflows import accrued_interest
from parspread.bonds.street_yield import dirty_price_from_yield, yield_from_dirty_price
from parspread.bonds.z_spread import Compounding
from parspread.dates.calendar import days_between
from parspread.dates.day_count import _by_rule, _days_one_rule


def clean_price_from_yield(yield_dec, coupon_dec, period, **terms):
    """Return the dirty price at a street yield less accrued interest, and the status."""
    price, status = dirty_price_from_yield(yield_dec, coupon_dec, period, **terms)
    return price - accrued_interest(coupon_dec, period), status


def yield_from_clean_price(clean_price_pct_par, coupon_dec, period, **terms):
    """Return the street yield at the clean price plus accrued interest, and the status."""
    dirty = np.asarray(clean_price_pct_par, dtype=float) + accrued_interest(coupon_dec, period)
    return yield_from_dirty_price(dirty, coupon_dec, period, **terms)


def counted_days(start, end, day_count):
    """Return the days from start to end by a day count, as `year_fraction` counts them."""
    return _by_rule(_days_one_rule, start, end, day_count)


def icma_year_fraction(start, end, period_start, period_end, coupons_per_year):
    """Return days over days of the coupon period times coupons a year, ICMA rule 251."""
    period_days = days_between(period_start, period_end)
    return days_between(start, end) / (period_days * coupons_per_year)


def convert_yield(yield_dec, from_compounding, to_compounding):
    """Express a yield in another compounding: continuous y = m log(1 + y_m / m)."""
    periods, target = int(Compounding(from_compounding)), int(Compounding(to_compounding))
    continuous = np.asarray(yield_dec, dtype=float)
    if periods == target:
        return continuous
    if periods:
        growth = np.where(continuous > -periods, continuous / periods, np.nan)
        continuous = periods * np.log1p(growth)
    return target * np.expm1(continuous / target) if target else continuous


def price_from_z_spread(spread_dec, flows, *, compounding=Compounding.CONTINUOUS):
    """Return dirty prices at a Z-spread; NaN where rate plus spread reaches -100 % a period.

    sum a D exp(-z t), or compounded m times a year sum a (D^(-1/(m t)) + z/m)^(-m t).
    """
    periods = int(compounding)
    spread = np.broadcast_to(np.asarray(spread_dec, dtype=float), flows.flow_count.shape)
    spread = np.repeat(spread, flows.flow_count)
    time, amount, factor = flows.time_years, flows.amount_pct_par, flows.discount_factor_ratio
    if not periods:
        return flows.sum_per_bond(amount * factor * np.exp(-spread * time))
    with np.errstate(all="ignore"):
        growth = factor ** (-1 / (periods * time)) + spread / periods
        value = np.where(time > 0, amount * np.exp(-periods * time * np.log(growth)), amount)
    price = flows.sum_per_bond(value)
    return np.where(np.isfinite(price), price, np.nan)


def forward_rate(time_years, curves):
    """Return the instantaneous forward rate, the derivative of z(t) t.

    f(t) = b0 + (b1 + b2 t/tau1) exp(-t/tau1) + b3 (t/tau2) exp(-t/tau2). Gurkaynak, Sack, Wright
    (2006), equation 21.
    """
    first = time_years / curves.tau1_years
    second = time_years / np.where(curves.beta3_dec == 0, 1.0, curves.tau2_years)
    slope = (curves.beta1_dec + curves.beta2_dec * first) * np.exp(-first)
    return curves.beta0_dec + slope + curves.beta3_dec * second * np.exp(-second)


def added_months(date, months, sticks_to_month_end=False):
    """Step a date by months with the calendar module."""
    index = date.year * 12 + date.month - 1 + months
    year, month = divmod(index, 12)
    length = calendar.monthrange(year, month + 1)[1]
    is_last = date.day == calendar.monthrange(date.year, date.month)[1]
    day = length if sticks_to_month_end and is_last else min(date.day, length)
    return dt.date(year, month + 1, day)
