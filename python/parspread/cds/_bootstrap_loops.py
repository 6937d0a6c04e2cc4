"""Bootstrap of hazard curves: each tenor goes on from where the one before ended.

The contracts of one curve share their coupon dates, so that up to a maturity every longer contract
has the same legs. Only the last period differs: it ends on the maturity itself, while a longer
contract observes it the day before the adjusted coupon date. A tenor is therefore fitted on the
pieces since the last maturity, with that last period as its own; then the road that the longer
contracts share is walked to the maturity at the fitted hazard.
"""

from typing import NamedTuple

import numpy as np

from parspread.arrays import FloatArray, IntArray, StatusArray
from parspread.cds._leg_loops import Guess, Quote, Sums, first_guess, fitted_hazard, legs
from parspread.cds._pieces import (
    PREMIUM_DAYS_PER_YEAR,
    Discounts,
    Life,
    LogCurve,
    Pieces,
    Place,
    curve_of,
    cut_until,
    first_place,
    pay_coupon,
    room_for,
    walk,
    years_to,
)
from parspread.cds._row_loops import MARGIN_CELLS
from parspread.cds.status import CdsStatus
from parspread.compiled import njit
from parspread.dates._cds_days import (
    PREMIUM_MONTHS_COUNT,
    PremiumDays,
    accrual_start_day,
    fill_periods,
    month_and_day,
    period_count,
)

LONGEST_SHARED_DAY = 28  # later days of the month move in shorter months


class CurveQuotes(NamedTuple):
    """Quotes of one curve, or one row per curve: par spreads, NaN where a tenor has none.

    Days are numbers; maturities and spreads have one cell per tenor. Start is the first accrual of
    all contracts but those about to mature.
    """

    trade: IntArray
    start: IntArray
    maturity: IntArray
    running: FloatArray
    loss: FloatArray
    settlement_discount: FloatArray


class Road(NamedTuple):
    """How far the periods that longer contracts share are walked, and the legs up to there."""

    place: Place
    sums: Sums


@njit
def last_quoted(running: FloatArray) -> int:
    """Return the longest tenor that has a quote."""
    longest = len(running) - 1
    while np.isnan(running[longest]):
        longest -= 1
    return longest


@njit
def tenor_start_day(curve: CurveQuotes, k: int) -> int:
    """Return the first accrual of a tenor's contract, whose maturity starts no period."""
    before_maturity = curve.maturity[k] - 2
    return curve.start if curve.trade <= before_maturity else accrual_start_day(before_maturity)


@njit
def shares_coupons(curve: CurveQuotes, k: int, longer: int) -> bool:
    """Return whether the periods of tenor `k` but its last are periods of a longer tenor."""
    if k == longer:
        return True
    near, far = curve.maturity[k], curve.maturity[longer]
    month, in_month = month_and_day(near)
    far_month, far_in_month = month_and_day(far)
    return (
        near < far
        and in_month == far_in_month <= LONGEST_SHARED_DAY
        and (far_month - month) % PREMIUM_MONTHS_COUNT == 0
        and tenor_start_day(curve, k) == tenor_start_day(curve, longer)
    )


@njit(error_model="numpy")
def tenor_life(curve: CurveQuotes, k: int, discount: LogCurve, days: PremiumDays) -> Life:
    """Return the life of the contract of a tenor, its periods written into `days`."""
    count = fill_periods(tenor_start_day(curve, k), curve.maturity[k], days)
    return Life(curve.trade, days, count, discount)


@njit(error_model="numpy")
def walked(pieces: Pieces, road: Road, life: Life, until: float, hazard: float) -> Road:
    """Return the road walked on to a time at a hazard."""
    count, place = walk(pieces, 0, road.place, life, until)
    return Road(place, legs(pieces, count, hazard, road.sums))


@njit(error_model="numpy")
def road_to(pieces: Pieces, life: Life, curve: CurveQuotes, hazard: FloatArray, k: int) -> Road:
    """Return the road walked at the hazards already known, up to the tenor before `k`."""
    road = Road(first_place(life), Sums(0.0, 0.0, 1.0, 0.0))
    for i in range(k):
        if not np.isnan(curve.running[i]):
            road = walked(pieces, road, life, years_to(life, curve.maturity[i]), hazard[i])
    return road


@njit(error_model="numpy")
def quote_at(curve: CurveQuotes, k: int, life: Life) -> Quote:
    """Return the quote of a tenor, on a contract without upfront, from a life that it shares."""
    step_in, maturity, days, j = curve.trade + 1, curve.maturity[k], life.days, 0
    while days.payment[j] < maturity and days.end[j] <= step_in:
        j += 1
    accrued_days = step_in - days.start[j] if step_in <= maturity else 0
    accrued_years = accrued_days / PREMIUM_DAYS_PER_YEAR
    return Quote(accrued_years, curve.settlement_discount, curve.running[k], 0.0, curve.loss)


@njit(error_model="numpy")
def forward_guess(curve: CurveQuotes, k: int, before: int) -> float:
    """Return the hazard since the tenor before that spread times length suggests, if above 0."""
    if before < 0:
        return first_guess(curve.running[k], curve.loss) if curve.running[k] > 0.0 else 0.0
    length = curve.maturity[k] - curve.trade
    length_before = curve.maturity[before] - curve.trade
    cost = curve.running[k] * length - curve.running[before] * length_before
    if cost > 0.0:
        return first_guess(cost / (length - length_before), curve.loss)
    return 0.2 * first_guess(curve.running[before], curve.loss)


@njit(error_model="numpy")
def fitted_tenor(
    pieces: Pieces, road: Road, life: Life, quote: Quote, maturity: int, guess: float
) -> tuple[Road, float, int]:
    """Return the road walked to a maturity, the hazard that fits its quote, and the status."""
    days, j = life.days, road.place.period
    while j < life.count - 1 and days.payment[j] < maturity:
        j += 1
    until, start = years_to(life, maturity), years_to(life, days.start[j] - 1)
    shared, fork = walk(pieces, 0, road.place, life, start)
    count, place = cut_until(pieces, shared, fork, life, start, until)
    accrual_days = maturity + 1 - days.start[j]
    pay_coupon(pieces, count, place, life, accrual_days, years_to(life, days.payment[j]))
    start_at = Guess(guess, 0.0, 0.0, np.inf, until - road.place.time)
    found, _, _, status = fitted_hazard(pieces, count, road.sums, quote, start_at)
    hazard = found.hazard
    at_fork = Road(fork, legs(pieces, shared, hazard, road.sums))
    return walked(pieces, at_fork, life, until, hazard), hazard, status


@njit(error_model="numpy")
def bootstrap_curve(
    curve: CurveQuotes,
    discount: LogCurve,
    days: PremiumDays,
    pieces: Pieces,
    hazard: FloatArray,
) -> int:
    """Solve the hazards of one curve from the shortest quoted tenor on; return the status."""
    longest = last_quoted(curve.running)
    base, before = longest, -1
    life = tenor_life(curve, base, discount, days)
    road = road_to(pieces, life, curve, hazard, 0)
    for k in range(longest + 1):
        if np.isnan(curve.running[k]):
            continue
        if not shares_coupons(curve, k, base):
            base = longest if shares_coupons(curve, k, longest) else k
            life = tenor_life(curve, base, discount, days)
            road = road_to(pieces, life, curve, hazard, k)
        guess = forward_guess(curve, k, before)
        road, hazard[k], status = fitted_tenor(
            pieces, road, life, quote_at(curve, k, life), curve.maturity[k], guess
        )
        if status != CdsStatus.OK:
            is_arbitrage = status == CdsStatus.HAZARD_BELOW_ZERO and before >= 0
            return CdsStatus.ARBITRAGE if is_arbitrage else status
        before = k
    return CdsStatus.OK


@njit(error_model="numpy")
def bootstrap_rows(
    curves: CurveQuotes, discounts: Discounts, hazard: FloatArray, status: StatusArray
) -> None:
    """Solve each curve's hazards into the last two arrays."""
    periods = 0
    for i in range(len(status)):
        if status[i] == CdsStatus.OK:
            last = last_quoted(curves.running[i])
            # One more: a contract about to mature starts a period earlier.
            periods = max(periods, period_count(curves.start[i], curves.maturity[i, last]) + 1)
    days, pieces = room_for(periods + discounts.node.shape[1] + MARGIN_CELLS)
    for i in range(len(status)):
        if status[i] == CdsStatus.OK:
            curve = CurveQuotes(
                curves.trade[i],
                curves.start[i],
                curves.maturity[i],
                curves.running[i],
                curves.loss[i],
                curves.settlement_discount[i],
            )
            status[i] = bootstrap_curve(curve, curve_of(discounts, i), days, pieces, hazard[i])
