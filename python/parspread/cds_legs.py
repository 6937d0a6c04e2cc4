"""Both legs of a credit default swap and the hazard that fits a quote: compiled scalar loops.

The arrays are prepared by `cds_pricing`, which is what other code should call. Times are years of
365 days from the trade date; both curves are given by the logarithm of their factor at nodes and
are linear between them, so forward rate and hazard are flat from node to node.
"""

from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
StatusArray = NDArray[np.int8]

DAYS_PER_YEAR = 365.0
PREMIUM_DAYS_PER_YEAR = 360.0
HALF_DAY_YEARS = 0.5 / DAYS_PER_YEAR
MAX_STEPS = 200


class CdsStatus(IntEnum):
    """Outcome of pricing one quote or one curve; values are NaN unless it is OK."""

    OK = 0
    MISSING_INPUT = 1
    EXPIRED = 2
    """The maturity is not after the trade date."""
    RECOVERY_OUT_OF_RANGE = 3
    """Recovery below 0 or at least 1."""
    HAZARD_BELOW_ZERO = 4
    """The quote asks for a negative hazard: a spread below zero, a price above the riskless one."""
    HAZARD_ABOVE_LIMIT = 5
    """No hazard within the limit reaches the quote: the upfront eats the whole loss."""
    ARBITRAGE = 6
    """A longer par spread is so low that the hazard between two tenors would be negative."""
    OUTSIDE_CURVE = 7
    """The maturity lies beyond the last node of the hazard curve."""
    NOT_CONVERGED = 8
    TOO_FEW_TENORS = 9
    """No tenor of the curve was quoted."""


@njit(cache=True)
def log_linear(node: FloatArray, value: FloatArray, time: float) -> float:
    """Interpolate linearly from (0, 0) through the nodes; the last slope goes on."""
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


@njit(cache=True)
def discount_factor(node: FloatArray, log_value: FloatArray, time: FloatArray) -> FloatArray:
    """Return exp of the interpolated logarithm, one row of nodes per time."""
    factor = np.empty(len(time))
    for i in range(len(time)):
        factor[i] = np.exp(log_linear(node[i], log_value[i], time[i]))
    return factor


@njit(cache=True)
def payment_factors(
    end: FloatArray, payment: FloatArray, days: FloatArray, node: FloatArray, log_value: FloatArray
) -> FloatArray:
    """Return year fraction x D(payment)/D(end) of each period: all that no hazard changes."""
    factor = np.zeros(len(end))
    for j in range(len(end)):
        if end[j] > 0.0:
            wait = log_linear(node, log_value, payment[j]) - log_linear(node, log_value, end[j])
            factor[j] = days[j] / PREMIUM_DAYS_PER_YEAR * np.exp(wait)
    return factor


@njit(cache=True)
def legs(
    start: FloatArray,
    end: FloatArray,
    payment_factor: FloatArray,
    discount_node: FloatArray,
    discount_log: FloatArray,
    hazard_node: FloatArray,
    hazard_cumulative: FloatArray,
) -> tuple[float, float]:
    """Return protection per unit of loss and annuity per unit of coupon, at the trade date.

    Between the nodes of both curves the forward rate and the hazard are flat, so that with f and h
    their integrals over a step and x = f + h, protection is P0 Q0 h (1 - exp(-x)) / x and the
    accrual on default follows by parts. The premium periods tile the life of the protection.
    """
    protection, annuity = 0.0, 0.0
    time = max(start[0], 0.0)
    # Times on the nodes come from the same whole days, so equal dates compare equal.
    d, h = 0, 0
    value = np.exp(
        log_linear(discount_node, discount_log, time)
        - log_linear(hazard_node, hazard_cumulative, time)
    )
    for j in range(len(end)):
        if not end[j] > time:
            continue
        accrual_start = start[j] - HALF_DAY_YEARS
        accrued = 0.0
        while time < end[j]:
            while d < len(discount_node) - 1 and discount_node[d] <= time:
                d += 1
            while (
                h < len(hazard_node) - 1
                and hazard_node[h] <= time
                and np.isfinite(hazard_node[h + 1])
            ):
                h += 1
            stop = end[j]
            if time < discount_node[d] < stop:
                stop = discount_node[d]
            if time < hazard_node[h] < stop:
                stop = hazard_node[h]
            if d == 0:
                forward = -discount_log[0] / discount_node[0]
            else:
                forward = -(discount_log[d] - discount_log[d - 1]) / (
                    discount_node[d] - discount_node[d - 1]
                )
            if h == 0:
                hazard = hazard_cumulative[0] / hazard_node[0]
            else:
                hazard = (hazard_cumulative[h] - hazard_cumulative[h - 1]) / (
                    hazard_node[h] - hazard_node[h - 1]
                )
            step = stop - time
            x = (forward + hazard) * step
            decline = -np.expm1(-x)
            if abs(x) < 1e-2:
                # Series of (1 - exp(-x)) / x and of its mean delay: the closed forms cancel.
                first = 1 - x / 2 * (1 - x / 3 * (1 - x / 4 * (1 - x / 5 * (1 - x / 6))))
                second = 1 / 2 - x * (1 / 3 - x * (1 / 8 - x * (1 / 30 - x * (1 / 144 - x / 840))))
            else:
                first = decline / x
                second = (first - 1 + decline) / x
            default = value * hazard * step
            protection += default * first
            accrued += default * (step * second + (time - accrual_start) * first)
            value *= 1 - decline
            time = stop
        annuity += payment_factor[j] * value
        annuity += DAYS_PER_YEAR / PREMIUM_DAYS_PER_YEAR * accrued
    return protection, annuity


@njit(cache=True)
def first_guess(spread: float, loss: float, limit: float) -> float:
    """Return the hazard that costs a spread: the premium counts days of a shorter year."""
    guess = spread * (DAYS_PER_YEAR / PREMIUM_DAYS_PER_YEAR) / loss
    return min(max(guess, 1e-4), 0.5 * limit)


@njit(cache=True)
def solve_hazard(
    start: FloatArray,
    end: FloatArray,
    payment_factor: FloatArray,
    discount_node: FloatArray,
    discount_log: FloatArray,
    hazard_node: FloatArray,
    hazard_cumulative: FloatArray,
    accrued_years: float,
    settlement_discount: float,
    running: float,
    upfront: float,
    loss: float,
    limit: float,
    tolerance: float,
) -> tuple[float, float, float, int]:
    """Solve the hazard up to the last node; the last cumulative hazard is written in place.

    The residual, upfront at the running coupon less the quoted upfront, increases with the hazard.
    """
    last = len(hazard_node) - 1
    base = hazard_cumulative[last - 1] if last > 0 else 0.0
    span = hazard_node[last] - hazard_node[last - 1] if last > 0 else hazard_node[0]
    low, high = 0.0, limit
    x_before, f_before = 0.0, 0.0
    # A first spread above zero needs a hazard above zero. An upfront, or a spread after others,
    # may need one below: that shows at zero.
    is_positive = last == 0 and upfront == 0.0 and running > 0.0
    x = first_guess(running, loss, limit) if is_positive else 0.0
    protection, annuity = 0.0, 0.0
    for iteration in range(MAX_STEPS):
        hazard_cumulative[last] = base + x * span
        protection, annuity = legs(
            start, end, payment_factor, discount_node, discount_log, hazard_node, hazard_cumulative
        )
        clean = annuity / settlement_discount - accrued_years
        f = loss * protection / settlement_discount - running * clean - upfront
        if abs(f) <= tolerance:
            return x, protection, annuity, CdsStatus.OK
        if x == 0.0:
            if f > 0.0:
                return x, protection, annuity, CdsStatus.HAZARD_BELOW_ZERO
            x_next = first_guess(running + upfront / max(clean, 1e-3), loss, limit)
        else:
            if f > 0.0:
                high = x
            else:
                low = x
            if iteration > 0:
                slope = (f - f_before) / (x - x_before)
            else:
                # Where both legs are worth the same, what a hazard takes from them cancels.
                slope = loss * protection / settlement_discount / x
            x_next = x - f / slope if slope > 0.0 else high
            if not low < x_next < high:
                x_next = 0.5 * (low + high)
        if abs(x_next - x) <= 1e-15 * x or high - low <= 1e-15 * high:
            if high == limit and low > 0.999 * limit:
                return x, protection, annuity, CdsStatus.HAZARD_ABOVE_LIMIT
            return x, protection, annuity, CdsStatus.OK
        x_before, f_before, x = x, f, x_next
    return x, protection, annuity, CdsStatus.NOT_CONVERGED


@njit(cache=True)
def solve_rows(
    start: FloatArray,
    end: FloatArray,
    payment: FloatArray,
    days: FloatArray,
    accrued_days: FloatArray,
    settlement_discount: FloatArray,
    discount_node: FloatArray,
    discount_log: FloatArray,
    running: FloatArray,
    upfront: FloatArray,
    loss: FloatArray,
    limit: float,
    tolerance: float,
    protection: FloatArray,
    annuity: FloatArray,
    hazard: FloatArray,
    status: StatusArray,
) -> None:
    """Solve one flat hazard per quote into the last four arrays."""
    hazard_node, hazard_cumulative = np.ones(1), np.zeros(1)
    for i in range(len(status)):
        if status[i] != CdsStatus.OK:
            continue
        factor = payment_factors(end[i], payment[i], days[i], discount_node[i], discount_log[i])
        hazard[i], protection[i], annuity[i], status[i] = solve_hazard(
            start[i],
            end[i],
            factor,
            discount_node[i],
            discount_log[i],
            hazard_node,
            hazard_cumulative,
            accrued_days[i] / PREMIUM_DAYS_PER_YEAR,
            settlement_discount[i],
            running[i],
            upfront[i],
            loss[i],
            limit,
            tolerance,
        )


@njit(cache=True)
def bootstrap_rows(
    start: FloatArray,
    end: FloatArray,
    payment: FloatArray,
    days: FloatArray,
    accrued_days: FloatArray,
    settlement_discount: FloatArray,
    discount_node: FloatArray,
    discount_log: FloatArray,
    node: FloatArray,
    spread: FloatArray,
    loss: FloatArray,
    limit: float,
    tolerance: float,
    hazard: FloatArray,
    status: StatusArray,
) -> None:
    """Solve each curve's hazards from the shortest quoted tenor on, into the last two arrays."""
    n_curves, n_tenors = node.shape
    for i in range(n_curves):
        hazard_node, hazard_cumulative = np.empty(n_tenors), np.empty(n_tenors)
        n_nodes = 0
        for k in range(n_tenors):
            if status[i] != CdsStatus.OK or np.isnan(node[i, k]):
                continue
            factor = payment_factors(
                end[i, k], payment[i, k], days[i, k], discount_node[i], discount_log[i]
            )
            hazard_node[n_nodes] = node[i, k]
            n_nodes += 1
            hazard[i, k], _, _, status[i] = solve_hazard(
                start[i, k],
                end[i, k],
                factor,
                discount_node[i],
                discount_log[i],
                hazard_node[:n_nodes],
                hazard_cumulative[:n_nodes],
                accrued_days[i, k] / PREMIUM_DAYS_PER_YEAR,
                settlement_discount[i],
                spread[i, k],
                0.0,
                loss[i],
                limit,
                tolerance,
            )
            if status[i] == CdsStatus.HAZARD_BELOW_ZERO and n_nodes > 1:
                status[i] = CdsStatus.ARBITRAGE


@njit(cache=True)
def value_rows(
    start: FloatArray,
    end: FloatArray,
    payment: FloatArray,
    days: FloatArray,
    discount_node: FloatArray,
    discount_log: FloatArray,
    hazard_node: FloatArray,
    hazard_cumulative: FloatArray,
    is_usable: NDArray[np.bool_],
    protection: FloatArray,
    annuity: FloatArray,
    hazard: FloatArray,
) -> None:
    """Value both legs of each contract on its hazard curve, into the last three arrays."""
    for i in range(len(is_usable)):
        if not is_usable[i]:
            continue
        factor = payment_factors(end[i], payment[i], days[i], discount_node[i], discount_log[i])
        protection[i], annuity[i] = legs(
            start[i],
            end[i],
            factor,
            discount_node[i],
            discount_log[i],
            hazard_node[i],
            hazard_cumulative[i],
        )
        maturity = np.nanmax(end[i])
        hazard[i] = log_linear(hazard_node[i], hazard_cumulative[i], maturity) / maturity
