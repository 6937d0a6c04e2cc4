"""The CDS kernel as it was before it cut lives into pieces: slow, plain, one trial at a time.

Every trial hazard looks up every discount factor again, every tenor of a curve starts at the trade,
and the search is a secant inside a bracket. It shares no code with `parspread.cds` but statuses.
"""

from typing import NamedTuple

import numpy as np

from parspread.arrays import FloatArray
from parspread.cds.status import CdsStatus

DAYS_PER_YEAR = 365.0
PREMIUM_DAYS_PER_YEAR = 360.0
HALF_DAY_YEARS = 0.5 / DAYS_PER_YEAR
HAZARD_LIMIT_DEC = 50.0  # per year; there is no cap at one
UPFRONT_TOL = 1e-13 / 100.0  # residual of a solved upfront, per unit of notional
MAX_STEPS = 200


class LogCurve(NamedTuple):
    """Logarithm of a factor at times; of one curve, or one row per curve."""

    node: FloatArray
    value: FloatArray


class Periods(NamedTuple):
    """Premium periods as times of start, end and payment, and the days each pays for."""

    start: FloatArray
    end: FloatArray
    payment: FloatArray
    days: FloatArray


class Quote(NamedTuple):
    """What the hazard has to fit, per unit of notional; of one quote, or one row per quote."""

    accrued_years: FloatArray
    settlement_discount: FloatArray
    running: FloatArray
    upfront: FloatArray
    loss: FloatArray


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


def payment_factors(periods: Periods, discount: LogCurve) -> FloatArray:
    """Return year fraction x D(payment)/D(end) of each period: all that no hazard changes."""
    factor = np.zeros(len(periods.end))
    for j in range(len(factor)):
        if periods.end[j] > 0.0:
            wait = log_linear(discount, periods.payment[j]) - log_linear(discount, periods.end[j])
            factor[j] = periods.days[j] / PREMIUM_DAYS_PER_YEAR * np.exp(wait)
    return factor


def slope_into(curve: LogCurve, k: int) -> float:
    """Return the slope of the logarithm from the node before to node `k`."""
    if k == 0:
        return curve.value[0] / curve.node[0]
    return (curve.value[k] - curve.value[k - 1]) / (curve.node[k] - curve.node[k - 1])


def default_moments(x: float) -> tuple[float, float, float]:
    """Return 1 - exp(-x), that over x, and the mean delay of what decays over a step."""
    decline = -np.expm1(-x)
    if abs(x) < 1e-2:
        # Series of (1 - exp(-x)) / x and of its mean delay: the closed forms cancel.
        first = 1 - x / 2 * (1 - x / 3 * (1 - x / 4 * (1 - x / 5 * (1 - x / 6))))
        second = 1 / 2 - x * (1 / 3 - x * (1 / 8 - x * (1 / 30 - x * (1 / 144 - x / 840))))
    else:
        first = decline / x
        second = (first - 1 + decline) / x
    return decline, first, second


def legs(
    periods: Periods, payment_factor: FloatArray, discount: LogCurve, hazard: LogCurve
) -> tuple[float, float]:
    """Return protection per unit of loss and annuity per unit of coupon, at the trade date.

    Between the nodes of both curves the forward rate and the hazard are flat, so that with f and h
    their integrals over a step and x = f + h, protection is P0 Q0 h (1 - exp(-x)) / x and the
    accrual on default follows by parts. The premium periods tile the life of the protection.
    """
    protection, annuity = 0.0, 0.0
    time = max(periods.start[0], 0.0)
    # Times on the nodes come from the same whole days, so equal dates compare equal.
    d, h = 0, 0
    value = np.exp(log_linear(discount, time) - log_linear(hazard, time))
    for j in range(len(periods.end)):
        end = periods.end[j]
        if not end > time:
            continue
        accrual_start = periods.start[j] - HALF_DAY_YEARS
        accrued = 0.0
        while time < end:
            while d < len(discount.node) - 1 and discount.node[d] <= time:
                d += 1
            while (
                h < len(hazard.node) - 1
                and hazard.node[h] <= time
                and np.isfinite(hazard.node[h + 1])
            ):
                h += 1
            stop = end
            if time < discount.node[d] < stop:
                stop = discount.node[d]
            if time < hazard.node[h] < stop:
                stop = hazard.node[h]
            rate = slope_into(hazard, h)
            step = stop - time
            x = (-slope_into(discount, d) + rate) * step
            decline, first, second = default_moments(x)
            default = value * rate * step
            protection += default * first
            accrued += default * (step * second + (time - accrual_start) * first)
            value *= 1 - decline
            time = stop
        annuity += payment_factor[j] * value
        annuity += DAYS_PER_YEAR / PREMIUM_DAYS_PER_YEAR * accrued
    return protection, annuity


def first_guess(spread: float, loss: float) -> float:
    """Return the hazard that costs a spread: the premium counts days of a shorter year."""
    guess = spread * (DAYS_PER_YEAR / PREMIUM_DAYS_PER_YEAR) / loss
    return min(max(guess, 1e-4), 0.5 * HAZARD_LIMIT_DEC)


def solve_hazard(
    periods: Periods, discount: LogCurve, curve: LogCurve, quote: Quote
) -> tuple[float, float, float, int]:
    """Return the hazard up to the last node, both legs and the status.

    The last cumulative hazard of `curve` is written in place. The residual, upfront at the running
    coupon less the quoted upfront, increases with the hazard.
    """
    payment_factor = payment_factors(periods, discount)
    node, cumulative = curve.node, curve.value
    last = len(node) - 1
    base = cumulative[last - 1] if last > 0 else 0.0
    span = node[last] - node[last - 1] if last > 0 else node[0]
    low, high = 0.0, HAZARD_LIMIT_DEC
    x_before, f_before = 0.0, 0.0
    # A first spread above zero needs a hazard above zero. An upfront, or a spread after others,
    # may need one below: that shows at zero.
    is_positive = last == 0 and quote.upfront == 0.0 and quote.running > 0.0
    x = first_guess(quote.running, quote.loss) if is_positive else 0.0
    protection, annuity = 0.0, 0.0
    for iteration in range(MAX_STEPS):
        cumulative[last] = base + x * span
        protection, annuity = legs(periods, payment_factor, discount, curve)
        clean = annuity / quote.settlement_discount - quote.accrued_years
        loss_leg = quote.loss * protection / quote.settlement_discount
        f = loss_leg - quote.running * clean - quote.upfront
        if abs(f) <= UPFRONT_TOL:
            return x, protection, annuity, CdsStatus.OK
        if x == 0.0:
            if f > 0.0:
                return x, protection, annuity, CdsStatus.HAZARD_BELOW_ZERO
            x_next = first_guess(quote.running + quote.upfront / max(clean, 1e-3), quote.loss)
        else:
            if f > 0.0:
                high = x
            else:
                low = x
            # Where both legs are worth the same, what a hazard takes from them cancels.
            slope = (f - f_before) / (x - x_before) if iteration > 0 else loss_leg / x
            x_next = x - f / slope if slope > 0.0 else high
            if not low < x_next < high:
                x_next = 0.5 * (low + high)
        if abs(x_next - x) <= 1e-15 * x or high - low <= 1e-15 * high:
            if high == HAZARD_LIMIT_DEC and low > 0.999 * HAZARD_LIMIT_DEC:
                return x, protection, annuity, CdsStatus.HAZARD_ABOVE_LIMIT
            return x, protection, annuity, CdsStatus.OK
        x_before, f_before, x = x, f, x_next
    return x, protection, annuity, CdsStatus.NOT_CONVERGED


def periods_of(contracts, i: int) -> Periods:
    """Return the premium periods of contract `i` in years from its trade."""
    schedule, trade = contracts.schedule, contracts.trade_date[i]
    start, end, payment = (
        (dates[i, : schedule.period_count[i]] - trade).astype(float) / DAYS_PER_YEAR
        for dates in (
            schedule.accrual_start_date - np.timedelta64(1, "D"),
            schedule.accrual_end_date - np.timedelta64(1, "D"),
            schedule.payment_date,
        )
    )
    return Periods(start, end, payment, schedule.accrual_days[i, : schedule.period_count[i]])


def quote_of(contracts, i: int, discount: LogCurve, running: float, upfront: float) -> Quote:
    """Return what a hazard has to fit: a running spread and an upfront, as shares of notional."""
    carried = np.exp(log_linear(discount, contracts.settlement_years[i]))
    loss = 1.0 - contracts.recovery_share[i]
    return Quote(contracts.accrued_days[i] / PREMIUM_DAYS_PER_YEAR, carried, running, upfront, loss)


def solved_flat(contracts, i: int, discount: LogCurve, running: float, upfront: float):
    """Return hazard, both legs and status of one quote."""
    quote = quote_of(contracts, i, discount, running, upfront)
    curve = LogCurve(np.ones(1), np.zeros(1))
    return solve_hazard(periods_of(contracts, i), discount, curve, quote)


def bootstrapped(contracts, discount: LogCurve, running: np.ndarray):
    """Return the hazards of one curve, a contract and a spread per tenor, and the status."""
    node = (contracts.maturity_date - contracts.trade_date).astype(float) / DAYS_PER_YEAR
    cumulative, hazard = np.zeros(len(node)), np.full(len(node), np.nan)
    nodes = []
    for k in np.flatnonzero(~np.isnan(running)):
        nodes.append(k)
        curve = LogCurve(node[nodes], cumulative[: len(nodes)])
        quote = quote_of(contracts, k, discount, running[k], 0.0)
        hazard[k], _, _, status = solve_hazard(periods_of(contracts, k), discount, curve, quote)
        if status == CdsStatus.HAZARD_BELOW_ZERO and len(nodes) > 1:
            status = CdsStatus.ARBITRAGE
        if status != CdsStatus.OK:
            return np.full(len(node), np.nan), status
    return hazard, CdsStatus.OK
