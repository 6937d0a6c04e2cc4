"""The life of a contract cut into pieces on which the forward rate and the hazard are flat.

Pieces are cut once per contract, at the ends of its premium periods, at the nodes of the discount
curve and wherever a hazard changes. A solver then runs over them as often as it likes: no date and
no discount factor is looked up for a trial hazard. Times are years of 365 days from the trade date.
"""

from typing import NamedTuple

import numpy as np

from parspread.arrays import FloatArray, IntArray
from parspread.compiled import njit
from parspread.dates._cds_days import PremiumDays

DAYS_PER_YEAR = 365.0
PREMIUM_DAYS_PER_YEAR = 360.0
HALF_DAY_YEARS = 0.5 / DAYS_PER_YEAR


class LogCurve(NamedTuple):
    """Logarithm of a factor at times; of one curve, or one row per curve."""

    node: FloatArray
    value: FloatArray


class Discounts(NamedTuple):
    """Logarithm of discount factors, one row per distinct curve, and the row of each quote."""

    node: FloatArray
    value: FloatArray
    row: IntArray


class Life(NamedTuple):
    """Trade day, premium periods and their number of one contract, and what discounts it."""

    trade: int
    days: PremiumDays
    count: int
    discount: LogCurve


class Place(NamedTuple):
    """How far a life is cut: the time, the discount node ahead and the period."""

    time: float
    node: int
    period: int


class Pieces(NamedTuple):
    """Pieces in order of time, in arrays with room for more.

    step, in years; drop, the fall of the log discount factor; since, years since the accrual began
    as the piece begins, half a day added; coupon, the year fraction paid at its end times
    D(payment) / D(end), zero within a premium period; wait, years from there to the payment.
    """

    step: FloatArray
    drop: FloatArray
    since: FloatArray
    coupon: FloatArray
    wait: FloatArray


@njit(error_model="numpy")
def log_linear(curve: LogCurve, time: float) -> float:
    """Interpolate linearly from (0, 0) through the nodes; the last slope goes on."""
    node, value = curve.node, curve.value
    left_time, left_value, slope = 0.0, 0.0, 0.0
    for k in range(len(node)):
        if not np.isfinite(node[k]):
            break
        slope = (value[k] - left_value) / (node[k] - left_time)
        if time <= node[k]:
            break
        if k + 1 < len(node) and np.isfinite(node[k + 1]):
            left_time, left_value = node[k], value[k]
    return left_value + slope * (time - left_time)


@njit(error_model="numpy")
def factor_rows(curves: Discounts, time: FloatArray) -> FloatArray:
    """Return exp of the logarithm interpolated on the row of each time."""
    factor = np.empty(len(time))
    for i in range(len(time)):
        factor[i] = np.exp(log_linear(curve_of(curves, i), time[i]))
    return factor


@njit
def curve_of(discounts: Discounts, i: int) -> LogCurve:
    """Return the discount curve of quote `i`."""
    row = discounts.row[i]
    return LogCurve(discounts.node[row], discounts.value[row])


@njit
def room_for(count: int) -> tuple[PremiumDays, Pieces]:
    """Return room for the periods and for the pieces of one contract."""
    days = PremiumDays(
        np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    )
    pieces = Pieces(
        np.empty(count), np.empty(count), np.empty(count), np.empty(count), np.empty(count)
    )
    return days, pieces


@njit(error_model="numpy")
def slope_into(curve: LogCurve, k: int) -> float:
    """Return the slope of the logarithm from the node before to node `k`."""
    if k == 0:
        return curve.value[0] / curve.node[0]
    return (curve.value[k] - curve.value[k - 1]) / (curve.node[k] - curve.node[k - 1])


@njit
def first_place(life: Life) -> Place:
    """Return where protection begins: at the trade, or at a first accrual that lies ahead."""
    if life.count == 0:
        return Place(0.0, 0, 0)
    return Place(max(years_to(life, life.days.start[0] - 1), 0.0), 0, 0)


@njit(error_model="numpy")
def forward_until(discount: LogCurve, place: Place, end: float) -> tuple[float, float, int]:
    """Return where the forward rate in force at a place ends, up to `end`, that rate, its node."""
    d, last = place.node, len(discount.node) - 1
    # Times on the nodes come from the same whole days, so equal dates compare equal.
    while d < last and discount.node[d] <= place.time:
        d += 1
    stop = discount.node[d] if place.time < discount.node[d] < end else end
    return stop, -slope_into(discount, d), d


@njit(error_model="numpy")
def cut_until(
    pieces: Pieces, count: int, place: Place, life: Life, start: float, end: float
) -> tuple[int, Place]:
    """Add the pieces up to `end` of a period that accrues from `start`; no coupon is paid yet."""
    while place.time < end:
        stop, forward, node = forward_until(life.discount, place, end)
        step = stop - place.time
        pieces.step[count] = step
        pieces.drop[count] = forward * step
        pieces.since[count] = place.time - start + HALF_DAY_YEARS
        pieces.coupon[count] = 0.0
        pieces.wait[count] = 0.0
        count += 1
        place = Place(stop, node, place.period)
    return count, place


@njit(error_model="numpy")
def pay_coupon(
    pieces: Pieces, count: int, place: Place, life: Life, accrual_days: int, payment: float
) -> None:
    """Let the last piece end with the coupon of so many days, paid at `payment`."""
    pieces.wait[count - 1] = payment - place.time
    drop = 0.0
    while place.time < payment:
        stop, forward, node = forward_until(life.discount, place, payment)
        drop += forward * (stop - place.time)
        place = Place(stop, node, place.period)
    # Payment waits for a weekend at most: five terms of the series are exact to the last bit.
    if abs(drop) < 1e-3:
        discount = 1.0 - drop * (1.0 - drop / 2 * (1.0 - drop / 3 * (1.0 - drop / 4)))
    else:
        discount = np.exp(-drop)
    pieces.coupon[count - 1] = accrual_days / PREMIUM_DAYS_PER_YEAR * discount


@njit
def years_to(life: Life, day: int) -> float:
    """Return the time of a day."""
    return (day - life.trade) / DAYS_PER_YEAR


@njit(error_model="numpy")
def walk(pieces: Pieces, count: int, place: Place, life: Life, until: float) -> tuple[int, Place]:
    """Add the pieces of the life up to a time; a period that ends there pays its coupon.

    Survival is observed a day before each accrual date. A period over before the place pays none.
    """
    days = life.days
    while place.time <= until and place.period < life.count:
        j = place.period
        start, end = years_to(life, days.start[j] - 1), years_to(life, days.end[j] - 1)
        if end > until:
            return cut_until(pieces, count, place, life, start, until)
        if end > place.time:
            count, place = cut_until(pieces, count, place, life, start, end)
            accrual_days = days.end[j] - days.start[j]
            pay_coupon(pieces, count, place, life, accrual_days, years_to(life, days.payment[j]))
        place = Place(place.time, place.node, j + 1)
    return count, place


@njit(error_model="numpy")
def shift_rates(pieces: Pieces, count: int, shift_dec: float) -> None:
    """Move the continuously compounded rates of the pieces by a few bps, in place."""
    for k in range(count):
        pieces.drop[k] += shift_dec * pieces.step[k]
        if pieces.coupon[k] != 0.0:
            drop = shift_dec * pieces.wait[k]
            pieces.coupon[k] *= 1.0 - drop * (1.0 - drop / 2)
