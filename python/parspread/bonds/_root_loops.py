"""Street yields and Z-spreads of one bond after the other: compiled scalar loops.

`street_yield` and `z_spread` prepare the arrays. Both look for the root of log(model price /
price). The model price is a sum of exponentials of the unknown, so its logarithm is convex and
falls: a Newton step from anywhere lands left of the root, and from there every step climbs to it. A
bond is solved on its own, so its last digit depends on no other bond of the call.
"""

from typing import NamedTuple

import numpy as np

from parspread.arrays import BoolArray, FloatArray, IntArray
from parspread.compiled import njit

# Steps that also use the curvature, before plain Newton steps, which cannot fail to arrive.
CURVED_STEPS = 5
MAX_STEPS = 200
# A root is moved by about this share of itself when it is rounded, times a few operations.
ROUNDING = 1e-15
# Largest |model price / price - 1| of a solution.
PRICE_TOL_RATIO = 1e-12


class Terms(NamedTuple):
    """Coupon per period, redemption, periods to the first flow and number of flows of each bond."""

    coupon: FloatArray
    redemption: FloatArray
    share: FloatArray
    count: IntArray


class Flows(NamedTuple):
    """Times, amounts and discount factors of flows, bond after bond.

    `growth` is one plus the zero rate per compounding period; empty where the spread compounds
    continuously.
    """

    time: FloatArray
    amount: FloatArray
    factor: FloatArray
    growth: FloatArray


class Sums(NamedTuple):
    """Price and its derivatives of order one to three, signs off."""

    value: float
    first: float
    second: float
    third: float


@njit(error_model="numpy")
def step_to_root(
    sums: Sums, extra: float, miss: float, root: float, longest: float, step: int
) -> tuple[float, bool]:
    """Return how far to go, and whether that arrives.

    The logarithm `miss` falls by `extra` more than the derivatives of the price say. The step is
    Householder's of order three, which cancels all but the fourth power of the step. `longest` is
    the largest factor of the unknown in any exponent, so what is left is below
    (Newton step x longest)^4 of the price.
    """
    per_value = 1.0 / sums.value
    mean, square, cube = sums.first * per_value, sums.second * per_value, sums.third * per_value
    slope = mean + extra
    per_slope = 1.0 / slope
    newton = miss * per_slope
    bend = (square - mean * mean) * per_slope * newton / 2.0
    twist = (cube - 3.0 * mean * square + 2.0 * mean**3) * per_slope * newton**2 / 6.0
    stretch = (1.0 - bend) / (1.0 - 2.0 * bend + twist)
    if not 0.0 < stretch < 2.0:
        stretch = 2.0
    move = newton * stretch
    # Where rounding the root shows in the price, only a price that was looked at counts.
    if slope * (1.0 + abs(root)) * ROUNDING > PRICE_TOL_RATIO:
        if abs(miss) <= PRICE_TOL_RATIO:
            return 0.0, True
    elif abs(miss) <= PRICE_TOL_RATIO or (newton * longest) ** 4 <= PRICE_TOL_RATIO:
        return move, True
    return move if step < CURVED_STEPS else newton, False


@njit(error_model="numpy")
def log_growth(price: float, coupon: float, redemption: float, share: float, count: int) -> float:
    """Solve L = log(1 + y/f) of a bond of several coupons; NaN without a solution.

    With v = exp(-L) the price is v^share (c + c v + ... + (c + R) v^k), k = n - 1; Horner's rule
    gives the sum with its derivatives, which are moments of the number of periods waited. At L = 0,
    where the search starts, they are sums of powers of the numbers up to k.
    """
    k = count - 1.0
    target = np.log(price)
    # Redemption alone is worth no more than the price.
    longest = share + k
    lowest = np.log(redemption / price) / longest
    root = 0.0
    value = coupon * count + redemption
    first = coupon * k * count / 2.0 + redemption * k
    second = coupon * k * count * (2.0 * k + 1.0) / 6.0 + redemption * k**2
    third = coupon * (k * count / 2.0) ** 2 + redemption * k**3
    for step in range(MAX_STEPS):
        if step > 0:
            v = np.exp(-root)
            value, first, second, third = coupon + redemption, 0.0, 0.0, 0.0
            for _ in range(count - 1):
                third = third * v + second
                second = second * v + first
                first = first * v + value
                value = value * v + coupon
            first, second, third = v * first, 2.0 * v**2 * second, 6.0 * v**3 * third
            # From products j (j - 1) (j - 2) of the periods waited to their powers.
            third = third + 3.0 * second + first
            second = second + first
        miss = np.log(value) - share * root - target
        sums = Sums(value, first, second, third)
        move, arrives = step_to_root(sums, share, miss, root, longest, step)
        if arrives and np.isfinite(root + move):
            return root + move
        root = max(root + move, lowest)
        if not np.isfinite(root):
            break
    return np.nan


@njit(error_model="numpy")
def log_growth_rows(price: FloatArray, bonds: Terms) -> FloatArray:
    """Return the solution of each bond by `log_growth`, NaN for bonds of one coupon."""
    solved = np.full(len(price), np.nan)
    for i in range(len(price)):
        if bonds.count[i] > 1:
            solved[i] = log_growth(
                price[i], bonds.coupon[i], bonds.redemption[i], bonds.share[i], bonds.count[i]
            )
    return solved


@njit(error_model="numpy")
def continuous_sums(spread: float, start: int, stop: int, flows: Flows) -> Sums:
    """Return the sum of a D exp(-z t) over flows, and the same times t, its square and cube."""
    value, first, second, third = 0.0, 0.0, 0.0, 0.0
    for k in range(start, stop):
        flow = flows.amount[k] * flows.factor[k]
        if spread != 0.0:
            flow *= np.exp(-spread * flows.time[k])
        value += flow
        flow *= flows.time[k]
        first += flow
        flow *= flows.time[k]
        second += flow
        third += flow * flows.time[k]
    return Sums(value, first, second, third)


@njit(error_model="numpy")
def compounded_sums(spread: float, periods: int, start: int, stop: int, flows: Flows) -> Sums:
    """Return the sum of a (g + z/m)^(-m t) over flows, and its derivatives."""
    value, first, second, third = 0.0, 0.0, 0.0, 0.0
    for k in range(start, stop):
        time, amount = flows.time[k], flows.amount[k]
        if not time > 0.0:
            value += amount
            continue
        shifted = flows.growth[k] + spread / periods
        flow = amount * np.exp(-periods * time * np.log(shifted))
        value += flow
        flow *= time / shifted
        first += flow
        flow *= (time + 1.0 / periods) / shifted
        second += flow
        third += flow * (time + 2.0 / periods) / shifted
    return Sums(value, first, second, third)


@njit(error_model="numpy")
def z_spread_of(price: float, start: int, stop: int, flows: Flows, periods: int) -> float:
    """Solve the spread of one bond; NaN without a solution. Continuous where `periods` is zero."""
    # Two bounds: the last flow alone is worth no more than the price, and each period keeps a
    # positive growth (a step goes half the way there at most).
    last = stop - 1
    lowest = np.log(flows.amount[last] * flows.factor[last] / price) / flows.time[last]
    edge, longest = -np.inf, flows.time[last]
    if periods > 0:
        longest = np.inf
        lowest = periods * flows.growth[last] * np.expm1(lowest / periods)
        for k in range(start, stop):
            edge = max(edge, -periods * flows.growth[k])
    root = 0.0
    for step in range(MAX_STEPS):
        if periods > 0:
            sums = compounded_sums(root, periods, start, stop, flows)
        else:
            sums = continuous_sums(root, start, stop, flows)
        if not sums.first > 0.0:
            break
        miss = np.log(sums.value / price)
        move, arrives = step_to_root(sums, 0.0, miss, root, longest, step)
        if arrives and np.isfinite(root + move):
            return root + move
        root = max(root + move, max(lowest, (root + edge) / 2.0))
        if not np.isfinite(root):
            break
    return np.nan


@njit(error_model="numpy")
def z_spread_rows(
    price: FloatArray, count: IntArray, flows: Flows, periods: int, is_usable: BoolArray
) -> FloatArray:
    """Return the solution of each usable bond by `z_spread_of`, NaN for the others."""
    spread = np.full(len(price), np.nan)
    stop = 0
    for i in range(len(price)):
        start, stop = stop, stop + count[i]
        if is_usable[i]:
            spread[i] = z_spread_of(price[i], start, stop, flows, periods)
    return spread
