"""The Svensson curve against the Federal Reserve's published yields, QuantLib and quadrature."""

import math

import numpy as np
import pytest
import QuantLib as ql
from scipy.integrate import quad
from scipy.optimize import brentq

from bond_twins import forward_rate
from parspread.curves.treasury_curve import (
    SvenssonCurves,
    ZeroCurveStatus,
    discount_factor,
    par_yield,
    zero_yield,
)

# Parameters and rounded yields (percent) as the Federal Reserve Board publishes them in
# feds200628: beta0..3, tau1, tau2; zero yields SVENY, par yields SVENPY, forwards SVENF.
FED_2026_02_06 = (
    (2.48148959982137, 1.23169757714238, 8.33064972598025e-05, 8.61660816724105),
    (1.05093501341198, 17.7605928411708),
    {1: 3.5098, 2: 3.4824, 3: 3.5389, 5: 3.7457, 7: 3.9776, 10: 4.2926, 20: 4.9222, 30: 5.0924},
    {1: 3.5414, 5: 3.7669, 10: 4.2634, 30: 4.9056},
    {1: 3.4157, 5: 4.3226, 10: 5.2444, 30: 5.1694},
)
FED_1961_06_14 = (
    (3.91760612208239, -1.2779552459795, -1.94939709504669, 0.0),
    (0.339217585301823, -999.99),
    {1: 2.9825, 2: 3.3771, 3: 3.553, 5: 3.6987, 7: 3.7612},
    {},
    {},
)
HALF_A_PRINTED_DIGIT_DEC = 5.1e-7


def published_curve(published):
    """Turn published percent betas into decimals, as the caller of the kernel must."""
    betas, taus = published[:2]
    return SvenssonCurves(*(beta / 100 for beta in betas), *taus)


def twin_zero_yield(time, beta0, beta1, beta2, beta3, tau1, tau2):
    """Write the published formula with scalars."""
    if time == 0:
        return beta0 + beta1
    yield_ = beta0
    first = (1 - math.exp(-time / tau1)) / (time / tau1)
    yield_ += beta1 * first + beta2 * (first - math.exp(-time / tau1))
    if beta3:
        second = (1 - math.exp(-time / tau2)) / (time / tau2)
        yield_ += beta3 * (second - math.exp(-time / tau2))
    return yield_


def random_curves(size=40, seed=2):
    """Draw plausible decimals and years; every fourth curve lacks the second hump."""
    rng = np.random.default_rng(seed)
    low = [0.0, -0.06, -0.06, -0.06, 0.3, 4.0]
    high = [0.08, 0.04, 0.06, 0.06, 4.0, 20.0]
    columns = rng.uniform(low, high, (size, 6)).T
    columns[3, ::4], columns[5, ::4] = 0.0, -999.99
    return columns


@pytest.mark.parametrize("published", [FED_2026_02_06, FED_1961_06_14])
def test_yields_match_the_published_ones_to_the_last_printed_digit(published):
    # The 1961 row carries the sentinel tau2 = -999.99 and must fall back to Nelson-Siegel.
    curve = published_curve(published)
    zeros, pars, forwards = published[2:]
    for years, percent in forwards.items():
        forward = forward_rate(years, curve)
        assert forward == pytest.approx(percent / 100, abs=HALF_A_PRINTED_DIGIT_DEC)
    for measure, table in ((zero_yield, zeros), (par_yield, pars)):
        for years, percent in table.items():
            value, status = measure(years, curve)
            assert status == ZeroCurveStatus.OK
            assert value == pytest.approx(percent / 100, abs=HALF_A_PRINTED_DIGIT_DEC)


def test_zero_yields_match_a_scalar_formula_from_one_day_to_fifty_years():
    # Curves and times broadcast; the twin knows neither arrays nor guards.
    columns = random_curves()
    times = np.array([0.0, 1e-9, 1 / 365, 0.25, 1.0, 7.3, 30.0, 50.0])
    curves = SvenssonCurves(*(column[:, None] for column in columns))
    value, status = zero_yield(times, curves)
    expected = [[twin_zero_yield(time, *curve) for time in times] for curve in columns.T]
    assert np.all(status == ZeroCurveStatus.OK)
    # A day from now the scalar formula itself has thirteen digits left, and seven at 1e-9.
    expected = np.array(expected)
    np.testing.assert_allclose(value[:, 2:], expected[:, 2:], rtol=0, atol=1e-13)
    np.testing.assert_array_equal(value[:, 0], expected[:, 0])
    np.testing.assert_allclose(value[:, 1], value[:, 0], rtol=0, atol=1e-9)


def test_discount_factors_match_quantlib_svensson():
    # QuantLib states Svensson with rates of decay instead of times.
    betas, taus, *_ = FED_2026_02_06
    today = ql.Date(6, 2, 2026)
    ql.Settings.instance().evaluationDate = today
    parameters = [beta / 100 for beta in betas] + [1 / tau for tau in taus]
    fitted = ql.FittedBondDiscountCurve(
        today,
        ql.SvenssonFitting(),
        parameters,
        today + ql.Period(50, ql.Years),
        ql.Actual365Fixed(),
    )
    days = np.array([1, 30, 365, 1826, 3650, 10950])
    factor, _ = discount_factor(days / 365, published_curve(FED_2026_02_06))
    expected = [fitted.discount(today + int(day)) for day in days]
    np.testing.assert_allclose(factor, expected, rtol=1e-13)


def test_forwards_add_up_to_zero_yields():
    # The zero yield is the mean forward to that time: quadrature knows nothing of humps.
    columns = random_curves(6)
    for curve_columns in columns.T:
        curve = SvenssonCurves(*curve_columns)
        total, _ = quad(lambda time, curve=curve: float(forward_rate(time, curve)), 0, 12.5)
        assert zero_yield(12.5, curve)[0] == pytest.approx(total / 12.5, abs=1e-12)


@pytest.mark.parametrize("maturity_years", [0.2, 0.5, 3.14, 10.0, 29.9])
def test_par_yield_is_the_coupon_that_costs_par_between_coupon_dates_too(maturity_years):
    # Brent's method on clean price = 100, accrued interest by the elapsed part of the period.
    curve = published_curve(FED_2026_02_06)
    count = math.ceil(maturity_years * 2)
    times = [maturity_years - 0.5 * back for back in range(count)][::-1]
    factors = [float(discount_factor(time, curve)[0]) for time in times]

    def clean_price_over_par(coupon):
        accrued = coupon * (0.5 - times[0])
        return coupon / 2 * sum(factors) + factors[-1] - accrued - 1

    expected = brentq(clean_price_over_par, -0.5, 0.5, xtol=1e-15)
    assert par_yield(maturity_years, curve)[0] == pytest.approx(expected, abs=1e-13)


def test_each_curve_without_a_value_says_why():
    # Holidays are all-null rows; a sentinel tau is harmless only where its hump has no weight.
    curves = SvenssonCurves(
        [0.04, np.nan, 0.04, 0.04, 0.04, 0.04],
        0.0,
        0.0,
        [0.0, 0.0, 0.01, 0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 0.0, 1.0, 1.0],
        [-999.99, 1.0, -999.99, 1.0, np.nan, 1.0],
    )
    times = [1.0, 1.0, 1.0, 1.0, 1.0, -0.1]
    names = ["OK", "MISSING_PARAMETERS", "INVALID_PARAMETERS", "INVALID_PARAMETERS", "OK"]
    for measure in (zero_yield, discount_factor, par_yield):
        value, status = measure(times, curves)
        assert [ZeroCurveStatus(code).name for code in status] == [*names, "INVALID_TIME"]
        assert np.all(np.isnan(value) == (status != ZeroCurveStatus.OK))
    assert par_yield(0.0, curves.take(0))[1] == ZeroCurveStatus.INVALID_TIME
    assert zero_yield(np.nan, curves.take(0))[1] == ZeroCurveStatus.INVALID_TIME
