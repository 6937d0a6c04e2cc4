"""Street yields and Z-spreads of one bond after the other: compiled scalar loops.

The arrays are prepared by `bond_yield` and `z_spread`, which is what other code should call. Both
look for the root of log(model price / price). The model price is a sum of exponentials of the
unknown, so its logarithm is convex and falls: a Newton step from anywhere lands left of the root,
and from there every step climbs to it. A bond is solved on its own, so its last digit depends on
no other bond of the call.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Steps that also use the curvature, before plain Newton steps, which cannot fail to arrive.
CURVED_STEPS = 5
MAX_STEPS = 200
# A root is moved by about this share of itself when it is rounded, times a few operations.
ROUNDING = 1e-15


@njit(cache=True, error_model="numpy")
def step_to_root(
    value: float,
    first: float,
    second: float,
    third: float,
    extra: float,
    miss: float,
    root: float,
    longest: float,
    step: int,
    tolerance: float,
) -> tuple[float, bool]:
    """Return how far to go, and whether that arrives.

    `value` and the sums of order one to three are the price and its derivatives, signs off; the
    logarithm `miss` falls by `extra` more than they say. The step is Householder's of order three,
    which cancels all but the fourth power of the step. `longest` is the largest factor of the
    unknown in any exponent, so what is left is below (Newton step x longest)^4 of the price.
    """
    per_value = 1.0 / value
    mean, square, cube = first * per_value, second * per_value, third * per_value
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
    if slope * (1.0 + abs(root)) * ROUNDING > tolerance:
        if abs(miss) <= tolerance:
            return 0.0, True
    elif abs(miss) <= tolerance or (newton * longest) ** 4 <= tolerance:
        return move, True
    return move if step < CURVED_STEPS else newton, False


@njit(cache=True, error_model="numpy")
def log_growth(
    price: float, coupon: float, redemption: float, share: float, count: int, tolerance: float
) -> float:
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
        move, arrives = step_to_root(
            value, first, second, third, share, miss, root, longest, step, tolerance
        )
        if arrives and np.isfinite(root + move):
            return root + move
        root = max(root + move, lowest)
        if not np.isfinite(root):
            break
    return np.nan


@njit(cache=True, error_model="numpy")
def log_growth_rows(
    price: FloatArray,
    coupon: FloatArray,
    redemption: FloatArray,
    share: FloatArray,
    count: IntArray,
    tolerance: float,
    solved: FloatArray,
) -> None:
    """Solve each bond by `log_growth` into the last array; one-coupon rows are left alone."""
    for i in range(len(price)):
        if count[i] > 1:
            solved[i] = log_growth(
                price[i], coupon[i], redemption[i], share[i], count[i], tolerance
            )


@njit(cache=True, error_model="numpy")
def continuous_sums(
    spread: float, start: int, stop: int, time: FloatArray, amount: FloatArray, factor: FloatArray
) -> tuple[float, float, float, float]:
    """Return the sum of a D exp(-z t) over flows, and the same times t, its square and cube."""
    value, first, second, third = 0.0, 0.0, 0.0, 0.0
    for k in range(start, stop):
        flow = amount[k] * factor[k]
        if spread != 0.0:
            flow *= np.exp(-spread * time[k])
        value += flow
        flow *= time[k]
        first += flow
        flow *= time[k]
        second += flow
        third += flow * time[k]
    return value, first, second, third


@njit(cache=True, error_model="numpy")
def compounded_sums(
    spread: float,
    periods: int,
    start: int,
    stop: int,
    time: FloatArray,
    amount: FloatArray,
    growth: FloatArray,
) -> tuple[float, float, float, float]:
    """Return the sum of a (g + z/m)^(-m t) and its derivatives of order one to three, signs off."""
    value, first, second, third = 0.0, 0.0, 0.0, 0.0
    for k in range(start, stop):
        if not time[k] > 0.0:
            value += amount[k]
            continue
        shifted = growth[k] + spread / periods
        flow = amount[k] * np.exp(-periods * time[k] * np.log(shifted))
        value += flow
        flow *= time[k] / shifted
        first += flow
        flow *= (time[k] + 1.0 / periods) / shifted
        second += flow
        third += flow * (time[k] + 2.0 / periods) / shifted
    return value, first, second, third


@njit(cache=True, error_model="numpy")
def z_spread_of(
    price: float,
    start: int,
    stop: int,
    time: FloatArray,
    amount: FloatArray,
    factor: FloatArray,
    growth: FloatArray,
    periods: int,
    tolerance: float,
) -> float:
    """Solve the spread of one bond; NaN without a solution. Continuous where `periods` is zero."""
    # Two bounds: the last flow alone is worth no more than the price, and each period keeps a
    # positive growth (a step goes half the way there at most).
    last = stop - 1
    lowest = np.log(amount[last] * factor[last] / price) / time[last]
    edge, longest = -np.inf, time[last]
    if periods > 0:
        longest = np.inf
        lowest = periods * growth[last] * np.expm1(lowest / periods)
        for k in range(start, stop):
            edge = max(edge, -periods * growth[k])
    root = 0.0
    for step in range(MAX_STEPS):
        if periods > 0:
            value, first, second, third = compounded_sums(
                root, periods, start, stop, time, amount, growth
            )
        else:
            value, first, second, third = continuous_sums(root, start, stop, time, amount, factor)
        if not first > 0.0:
            break
        miss = np.log(value / price)
        move, arrives = step_to_root(
            value, first, second, third, 0.0, miss, root, longest, step, tolerance
        )
        if arrives and np.isfinite(root + move):
            return root + move
        root = max(root + move, max(lowest, (root + edge) / 2.0))
        if not np.isfinite(root):
            break
    return np.nan


@njit(cache=True, error_model="numpy")
def z_spread_rows(
    price: FloatArray,
    count: IntArray,
    time: FloatArray,
    amount: FloatArray,
    factor: FloatArray,
    growth: FloatArray,
    periods: int,
    tolerance: float,
    is_usable: NDArray[np.bool_],
    spread: FloatArray,
) -> None:
    """Solve each usable bond by `z_spread_of` into the last array."""
    stop = 0
    for i in range(len(price)):
        start, stop = stop, stop + count[i]
        if is_usable[i]:
            spread[i] = z_spread_of(
                price[i], start, stop, time, amount, factor, growth, periods, tolerance
            )
