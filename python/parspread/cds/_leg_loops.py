"""Both legs of a credit default swap, their slopes, and the hazard that fits a quote: compiled.

`_pieces` cuts a contract into pieces with a flat forward rate f and a flat hazard h. Over a piece
of length s, with x = (f + h) s, protection is P0 Q0 h s m0 and the premium accrued on default
follows by parts from m0 and m1, where m_n = integral of u^n exp(-x u) over u from 0 to 1.
"""

from typing import NamedTuple

import numpy as np

from parspread.arrays import FloatArray
from parspread.cds._pieces import DAYS_PER_YEAR, PREMIUM_DAYS_PER_YEAR, Pieces
from parspread.cds.status import CdsStatus
from parspread.compiled import njit

HAZARD_LIMIT_DEC = 50.0  # per year; there is no cap at one
UPFRONT_TOL = 1e-13 / 100.0  # residual of a solved upfront, per unit of notional
MAX_STEPS = 200
NEWTON_STEPS = 12
LEG_TOL = 1e-15  # what the last step leaves out of a leg, per unit of notional
SERIES_LIMIT = 0.2


class Quote(NamedTuple):
    """What the hazard has to fit, per unit of notional; of one quote, or one row per quote."""

    accrued_years: FloatArray
    settlement_discount: FloatArray
    running: FloatArray
    upfront: FloatArray
    loss: FloatArray


class LegValues(NamedTuple):
    """Protection per unit of loss, annuity per unit of coupon, both at the trade date; hazard."""

    protection: FloatArray
    annuity: FloatArray
    hazard: FloatArray


class Guess(NamedTuple):
    """A hazard to start from, and the curvatures of both legs near it.

    Distance says how far off the curvatures were measured, infinite where they are not known. Years
    is the length of the pieces, which bounds every derivative of a leg.
    """

    hazard: float
    protection_curve: float
    annuity_curve: float
    distance: float
    years: float


class Sums(NamedTuple):
    """Legs up to a time and the value P Q of a unit paid there on survival.

    Age is how long before that time the hazard that is asked for began; the value leaves it out.
    """

    protection: float
    annuity: float
    value: float
    age: float


@njit(error_model="numpy")
def decay_moments(x: float) -> tuple[float, float, float]:
    """Return m0, m1 and m2, where m_n is the integral of u^n exp(-x u) over u from 0 to 1."""
    if -SERIES_LIMIT < x < SERIES_LIMIT:
        # The closed forms cancel. All follow from r = (exp(-x) - 1 + x - x^2 / 2) / -x^3, summed as
        # even less odd powers, which do not wait for one another.
        y = x * x
        even = 1 / 6 + y * (1 / 120 + y * (1 / 5040 + y * (1 / 362_880 + y / 39_916_800)))
        odd = 1 / 24 + y * (1 / 720 + y * (1 / 40_320 + y / 3_628_800))
        r = even - x * odd
        half = 0.5 - x * r
        return 1.0 - x * half, 1.0 - (1.0 + x) * half, (2.0 + x * (2.0 + x)) * r - 0.5 * x
    decline = -np.expm1(-x)
    m0 = decline / x
    m1 = (m0 - 1.0 + decline) / x
    return m0, m1, (2.0 * m1 - 1.0 + decline) / x


@njit(error_model="numpy")
def value_aged(before: Sums, hazard: float) -> float:
    """Return the value of a unit paid on survival where the pieces begin."""
    return before.value * np.exp(-hazard * before.age) if before.age > 0.0 else before.value


@njit(error_model="numpy")
def legs(pieces: Pieces, count: int, hazard: float, before: Sums) -> Sums:
    """Return both legs after the pieces, at a hazard."""
    protection, accrued, paid = 0.0, 0.0, 0.0
    value = value_aged(before, hazard)
    for k in range(count):
        step = pieces.step[k]
        x = pieces.drop[k] + hazard * step
        m0, m1, _ = decay_moments(x)
        default = value * hazard * step
        protection += default * m0
        accrued += default * (step * m1 + pieces.since[k] * m0)
        value -= value * x * m0
        paid += pieces.coupon[k] * value
    annuity = paid + DAYS_PER_YEAR / PREMIUM_DAYS_PER_YEAR * accrued
    return Sums(before.protection + protection, before.annuity + annuity, value, 0.0)


@njit(error_model="numpy")
def legs_and_slopes(
    pieces: Pieces, count: int, hazard: float, before: Sums
) -> tuple[float, float, float, float]:
    """Return protection, annuity, and what each gains per unit of hazard."""
    protection, accrued, paid = 0.0, 0.0, 0.0
    protection_slope, accrued_slope, paid_slope = 0.0, 0.0, 0.0
    value = value_aged(before, hazard)
    value_slope = -before.age * value
    for k in range(count):
        step, since = pieces.step[k], pieces.since[k]
        x = pieces.drop[k] + hazard * step
        m0, m1, m2 = decay_moments(x)
        by_default, by_default_slope = step * m0, -step * step * m1
        by_accrual = step * (since * m0 + step * m1)
        by_accrual_slope = -step * step * (since * m1 + step * m2)
        default, default_slope = value * hazard, value_slope * hazard + value
        protection += default * by_default
        protection_slope += default_slope * by_default + default * by_default_slope
        accrued += default * by_accrual
        accrued_slope += default_slope * by_accrual + default * by_accrual_slope
        kept = 1.0 - x * m0
        value_slope = kept * (value_slope - step * value)
        value -= value * x * m0
        paid += pieces.coupon[k] * value
        paid_slope += pieces.coupon[k] * value_slope
    premium_days = DAYS_PER_YEAR / PREMIUM_DAYS_PER_YEAR
    return (
        before.protection + protection,
        before.annuity + paid + premium_days * accrued,
        protection_slope,
        paid_slope + premium_days * accrued_slope,
    )


@njit(error_model="numpy")
def first_guess(spread: float, loss: float) -> float:
    """Return the hazard that costs a spread: the premium counts days of a shorter year."""
    guess = spread * (DAYS_PER_YEAR / PREMIUM_DAYS_PER_YEAR) / loss
    return min(max(guess, 1e-4), 0.5 * HAZARD_LIMIT_DEC)


@njit(error_model="numpy")
def is_last_step(step: float, distance: float, years: float) -> bool:
    """Return whether a second-order step is exact: to first order, or to second near its curve."""
    size = abs(step) * years
    return size * size <= LEG_TOL or size * size * (size + distance * years) <= LEG_TOL


@njit(error_model="numpy")
def fitted_hazard(
    pieces: Pieces, count: int, before: Sums, quote: Quote, guess: Guess
) -> tuple[Guess, float, float, int]:
    """Return the hazard over the pieces that fits a quote, both legs and the status.

    Newton steps with a second-order term from the guess; the legs follow the last step by their
    slopes and curvatures. Where steps leave (0, limit), or upfront falls with hazard, or the guess
    is none, the careful search decides, and with it every status other than OK.
    """
    x, protection_curve, annuity_curve, distance, years = guess
    x_before, protection_slope_before, annuity_slope_before = np.nan, 0.0, 0.0
    for _ in range(NEWTON_STEPS):
        if not 0.0 < x < HAZARD_LIMIT_DEC:
            break
        protection, annuity, protection_slope, annuity_slope = legs_and_slopes(
            pieces, count, x, before
        )
        moved = x - x_before
        if abs(moved) > 0.0:
            protection_curve = (protection_slope - protection_slope_before) / moved
            annuity_curve = (annuity_slope - annuity_slope_before) / moved
            distance = abs(moved)
        slope = quote.loss * protection_slope - quote.running * annuity_slope
        if not slope > 0.0:
            break
        clean = annuity - quote.accrued_years * quote.settlement_discount
        owed = quote.running * clean + quote.upfront * quote.settlement_discount
        step = (owed - quote.loss * protection) / slope
        curve = quote.loss * protection_curve - quote.running * annuity_curve
        step -= 0.5 * curve / slope * step * step
        x_before, protection_slope_before, annuity_slope_before = (
            x,
            protection_slope,
            annuity_slope,
        )
        x += step
        if is_last_step(step, distance, years) and 0.0 < x < HAZARD_LIMIT_DEC:
            protection += step * (protection_slope + 0.5 * step * protection_curve)
            annuity += step * (annuity_slope + 0.5 * step * annuity_curve)
            found = Guess(x, protection_curve, annuity_curve, distance, years)
            return found, protection, annuity, CdsStatus.OK
    x, protection, annuity, status = searched_hazard(pieces, count, before, quote)
    return Guess(x, 0.0, 0.0, np.inf, years), protection, annuity, status


@njit(error_model="numpy")
def searched_hazard(
    pieces: Pieces, count: int, before: Sums, quote: Quote
) -> tuple[float, float, float, int]:
    """Return as `fitted_hazard`, by secant steps held inside a bracket by bisection.

    The residual, upfront at the running coupon less the quoted upfront, increases with the hazard
    but next to the whole loss under negative rates.
    """
    low, high = 0.0, HAZARD_LIMIT_DEC
    x_before, f_before = 0.0, 0.0
    # A first spread above zero needs a hazard above zero. An upfront, or a spread after others,
    # may need one below: that shows at zero.
    is_positive = before.protection == 0.0 and quote.upfront == 0.0 and quote.running > 0.0
    x = first_guess(quote.running, quote.loss) if is_positive else 0.0
    protection, annuity = 0.0, 0.0
    for iteration in range(MAX_STEPS):
        protection, annuity, _, _ = legs(pieces, count, x, before)
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
