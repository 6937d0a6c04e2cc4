"""Loops over contracts and curves: cut each life into pieces once, then solve or value it.

No row knows another, so rows may be cut into batches anywhere and run on any number of threads.
"""

from typing import NamedTuple

import numpy as np

from parspread.arrays import FloatArray, IntArray, StatusArray
from parspread.cds._leg_loops import (
    Guess,
    LegValues,
    Quote,
    Sums,
    first_guess,
    fitted_hazard,
    legs,
)
from parspread.cds._pieces import (
    Discounts,
    Life,
    LogCurve,
    Pieces,
    curve_of,
    first_place,
    log_linear,
    room_for,
    shift_rates,
    walk,
    years_to,
)
from parspread.cds.status import CdsStatus
from parspread.compiled import njit
from parspread.dates._cds_days import PremiumDays, fill_periods, period_count

BPS = 1e-4
RECOVERY_BUMP_SHARE = 0.01
MARGIN_CELLS = 8
SPREAD_BUMP, RECOVERY_BUMP, RATE_BUMP = 1, 2, 3
BUMP_COUNT = 4  # with the base, which nothing bumps


class Terms(NamedTuple):
    """Day numbers of each contract: trade, first accrual and maturity."""

    trade: IntArray
    start: IntArray
    maturity: IntArray


@njit
def cells_for(terms: Terms, status: StatusArray, node_count: int) -> int:
    """Return how many pieces the longest usable contract can have."""
    periods = 0
    for i in range(len(status)):
        if status[i] == CdsStatus.OK:
            periods = max(periods, period_count(terms.start[i], terms.maturity[i]))
    return periods + node_count + MARGIN_CELLS


@njit
def quote_of(quotes: Quote, i: int) -> Quote:
    """Return quote `i`."""
    return Quote(
        quotes.accrued_years[i],
        quotes.settlement_discount[i],
        quotes.running[i],
        quotes.upfront[i],
        quotes.loss[i],
    )


@njit
def life_of(terms: Terms, discounts: Discounts, i: int, days: PremiumDays) -> Life:
    """Return the life of contract `i`, its premium periods written into `days`."""
    count = fill_periods(terms.start[i], terms.maturity[i], days)
    return Life(terms.trade[i], days, count, curve_of(discounts, i))


@njit(error_model="numpy")
def whole_life(pieces: Pieces, life: Life) -> tuple[int, Sums]:
    """Cut a life from its first place to its maturity; return the count and the sums before."""
    place = first_place(life)
    value = np.exp(log_linear(life.discount, place.time)) if place.time > 0.0 else 1.0
    before = Sums(0.0, 0.0, value, place.time)
    return walk(pieces, 0, place, life, np.inf)[0], before


@njit(error_model="numpy")
def guess_of(quote: Quote, hazard: float, years: float) -> Guess:
    """Return a given hazard as a guess; without one that of the spread, zero for an upfront."""
    if not hazard > 0.0:
        is_spread = quote.upfront == 0.0 and quote.running > 0.0
        hazard = first_guess(quote.running, quote.loss) if is_spread else 0.0
    return Guess(hazard, 0.0, 0.0, np.inf, years)


@njit(error_model="numpy")
def solve_rows(
    terms: Terms,
    discounts: Discounts,
    quotes: Quote,
    guess: FloatArray,
    solved: LegValues,
    status: StatusArray,
) -> None:
    """Solve one flat hazard per quote into the last two arguments; NaN is no guess."""
    days, pieces = room_for(cells_for(terms, status, discounts.node.shape[1]))
    for i in range(len(status)):
        if status[i] != CdsStatus.OK:
            continue
        quote = quote_of(quotes, i)
        life = life_of(terms, discounts, i, days)
        count, before = whole_life(pieces, life)
        start = guess_of(quote, guess[i], years_to(life, terms.maturity[i]))
        found, solved.protection[i], solved.annuity[i], status[i] = fitted_hazard(
            pieces, count, before, quote, start
        )
        solved.hazard[i] = found.hazard


@njit(error_model="numpy")
def bumped(quote: Quote, base: Guess, bump: int, later_years: float) -> tuple[Quote, Guess]:
    """Return the quote after a bump, and the hazard of the base scaled as a guess.

    The bumps are those of `CdsRisks` in order: spread, recovery, rates.
    """
    accrued, discount, running, upfront, loss = quote
    hazard = base.hazard
    if bump == SPREAD_BUMP:
        hazard *= 1.0 + BPS / running
        running += BPS
    elif bump == RECOVERY_BUMP:
        hazard *= loss / (loss - RECOVERY_BUMP_SHARE)
        loss -= RECOVERY_BUMP_SHARE
    elif bump == RATE_BUMP:
        discount *= np.exp(-BPS * later_years)
    distance = base.distance + abs(hazard - base.hazard)
    guess = Guess(hazard, base.protection_curve, base.annuity_curve, distance, base.years)
    return Quote(accrued, discount, running, upfront, loss), guess


@njit(error_model="numpy")
def risk_rows(
    terms: Terms,
    discounts: Discounts,
    quotes: Quote,
    settlement_years: FloatArray,
    solved: LegValues,
    status: StatusArray,
) -> None:
    """Solve each quote as it is and after every bump, into rows of the last two arguments.

    The base takes the hazards found in `solved` as guesses where there are any; a bump starts from
    the base. Rates move last, because they move the pieces.
    """
    days, pieces = room_for(cells_for(terms, status[0], discounts.node.shape[1]))
    for i in range(status.shape[1]):
        if status[0, i] != CdsStatus.OK:
            continue
        quote = quote_of(quotes, i)
        life = life_of(terms, discounts, i, days)
        count, before = whole_life(pieces, life)
        base = guess_of(quote, solved.hazard[0, i], years_to(life, terms.maturity[i]))
        for bump in range(BUMP_COUNT):
            guess = base
            if bump > 0:
                quote, guess = bumped(quote_of(quotes, i), base, bump, settlement_years[i])
            if bump == RATE_BUMP:
                shift_rates(pieces, count, BPS)
                before = Sums(0.0, 0.0, before.value * np.exp(-BPS * before.age), before.age)
            found, solved.protection[bump, i], solved.annuity[bump, i], status[bump, i] = (
                fitted_hazard(pieces, count, before, quote, guess)
            )
            solved.hazard[bump, i] = found.hazard
            if bump == 0:
                base = found


@njit(error_model="numpy")
def value_rows(
    terms: Terms,
    discounts: Discounts,
    hazards: LogCurve,
    curve_row: IntArray,
    values: LegValues,
    status: StatusArray,
) -> None:
    """Value both legs of each contract on its row of the hazard curves, into `values`."""
    days, pieces = room_for(cells_for(terms, status, discounts.node.shape[1]))
    for i in range(len(status)):
        if status[i] != CdsStatus.OK:
            continue
        life = life_of(terms, discounts, i, days)
        node, cumulative = hazards.node[curve_row[i]], hazards.value[curve_row[i]]
        maturity = years_to(life, terms.maturity[i])
        place = first_place(life)
        survival = -log_linear(LogCurve(node, cumulative), place.time)
        log_value = log_linear(life.discount, place.time) + survival
        value = np.exp(log_value) if place.time > 0.0 else 1.0
        sums = Sums(0.0, 0.0, value, 0.0)
        left_node, left_hazard = 0.0, 0.0
        for k in range(len(node)):
            if place.time < node[k]:
                hazard = (cumulative[k] - left_hazard) / (node[k] - left_node)
                until = min(node[k], maturity)
                count, place = walk(pieces, 0, place, life, until)
                sums = legs(pieces, count, hazard, sums)
            if node[k] >= maturity:
                break
            left_node, left_hazard = node[k], cumulative[k]
        values.protection[i], values.annuity[i] = sums.protection, sums.annuity
        if life.count > 0:
            values.hazard[i] = log_linear(LogCurve(node, cumulative), maturity) / maturity
