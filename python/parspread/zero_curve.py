"""The Treasury zero curve of Nelson, Siegel and Svensson: yields, discounts, forwards, par."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from parspread.day_count import Floats


class ZeroCurveStatus(IntEnum):
    """Say why a curve has no value at a time; only OK values are numbers."""

    OK = 0
    MISSING_PARAMETERS = 1
    INVALID_PARAMETERS = 2
    INVALID_TIME = 3


@dataclass(frozen=True)
class SvenssonCurves:
    """Hold one set of curve parameters per date, as arrays of one shape.

    Betas are decimals (the Federal Reserve publishes percent: divide by 100 first), taus are
    years. A curve without second hump has beta3 = 0 and any tau2: the published rows before
    1980 carry tau2 = -999.99. A row with NaN, as on holidays, is MISSING_PARAMETERS.
    """

    beta0_dec: Floats
    beta1_dec: Floats
    beta2_dec: Floats
    beta3_dec: Floats
    tau1_years: Floats
    tau2_years: Floats

    def __post_init__(self) -> None:
        """Turn every column into a float array of the common shape."""
        names = list(self.__dataclass_fields__)
        columns = [np.asarray(getattr(self, name), dtype=np.float64) for name in names]
        for name, column in zip(names, np.broadcast_arrays(*columns), strict=True):
            object.__setattr__(self, name, column)

    def take(self, curve_index: ArrayLike) -> SvenssonCurves:
        """Pick curves by position, so that every bond or flow carries its own.

        Parameters
        ----------
        curve_index : int array
            Positions in the parameter arrays.

        Returns
        -------
        curves : SvenssonCurves
            Parameters in the shape of `curve_index`.

        Examples
        --------
        >>> curves = SvenssonCurves([0.04, 0.05], 0, 0, 0, 1, 1)
        >>> curves.take([1, 1, 0]).beta0_dec.tolist()
        [0.05, 0.05, 0.04]
        """
        names = self.__dataclass_fields__
        return SvenssonCurves(*(getattr(self, name)[np.asarray(curve_index)] for name in names))


def zero_yield(time_years: ArrayLike, curves: SvenssonCurves) -> tuple[Floats, NDArray[np.int8]]:
    """Return the continuously compounded zero yield.

    Parameters
    ----------
    time_years : float array, broadcasts with the curves
        Years to payment, >= 0.
    curves : SvenssonCurves
        Parameters as decimals.

    Returns
    -------
    zero_yield_dec : float array
        NaN unless status is OK; beta0 + beta1 at time zero.
    status : int8 array
        Codes of `ZeroCurveStatus`; INVALID_PARAMETERS where tau1, or tau2 with beta3 not zero,
        is not above zero.

    Notes
    -----
    z(t) = b0 + b1 g1 + b2 (g1 - exp(-t/tau1)) + b3 (g2 - exp(-t/tau2)) with
    g = (1 - exp(-t/tau)) / (t/tau). Gurkaynak, Sack, Wright (2006), equation 22.

    Examples
    --------
    >>> curves = SvenssonCurves(0.025, 0.012, 0.0, 0.086, 1.05, 17.8)
    >>> zero_yield_dec, status = zero_yield(10.0, curves)
    >>> round(float(zero_yield_dec), 6)
    0.043021
    """
    loadings = _loadings(time_years, curves)
    return _guarded(time_years, curves, _zero(loadings, curves))


def discount_factor(
    time_years: ArrayLike, curves: SvenssonCurves
) -> tuple[Floats, NDArray[np.int8]]:
    """Return the value today of one paid at each time.

    Parameters
    ----------
    time_years, curves
        As `zero_yield`.

    Returns
    -------
    discount_factor_ratio : float array
        exp(-z(t) t); NaN unless status is OK.
    status : int8 array
        As `zero_yield`.

    Examples
    --------
    >>> curves = SvenssonCurves(0.04, 0.0, 0.0, 0.0, 1.0, -999.99)
    >>> round(float(discount_factor(5.0, curves)[0]), 6)
    0.818731
    """
    zero, status = zero_yield(time_years, curves)
    return np.exp(-zero * np.asarray(time_years, dtype=np.float64)), status


def discount_factor_on_day(
    days_count: ArrayLike, curve_index: ArrayLike, curves: SvenssonCurves, *, year_days: float
) -> tuple[Floats, NDArray[np.int8]]:
    """Return discount factors at whole days, each (curve, day) worked out once.

    Parameters
    ----------
    days_count : int array, shape (n_flows,)
        Days to payment by some day count.
    curve_index : int array, shape (n_flows,)
        Position of each flow's curve in `curves`.
    curves : SvenssonCurves
        Parameters of shape (n_curves,).
    year_days : float
        Days of the year that turns days into time, > 0: 365, 360 or 365.25.

    Returns
    -------
    discount_factor_ratio : float array, shape (n_flows,)
        As `discount_factor` at `days_count` / `year_days`; NaN unless status is OK.
    status : int8 array, shape (n_flows,)
        As `zero_yield`.

    Raises
    ------
    ValueError
        If `year_days` is not above zero.

    Notes
    -----
    A month of bonds shares one curve and few thousand days, so a table is read far more often
    than it is filled.

    Examples
    --------
    >>> curves = SvenssonCurves([0.04, 0.05], 0, 0, 0, 1, -999.99)
    >>> factor, _ = discount_factor_on_day([365, 365], [0, 1], curves, year_days=365)
    >>> factor.round(6).tolist()
    [0.960789, 0.951229]
    """
    if not year_days > 0:
        raise ValueError(f"year_days must be above zero; the call was {year_days}")
    days, curve = (
        np.require(column, dtype=np.int64, requirements="CW")
        for column in (days_count, curve_index)
    )
    if not days.size:
        return np.empty(0), np.empty(0, dtype=np.int8)
    corner = days.min(), curve.min()
    is_needed = np.zeros((days.max() - corner[0] + 1, curve.max() - corner[1] + 1), dtype=bool)
    _mark_cells(days, curve, corner, is_needed)
    needed_day, needed_curve = np.nonzero(is_needed)
    factor_table = np.empty(is_needed.shape)
    status_table = np.empty(is_needed.shape, dtype=np.int8)
    factor_table[needed_day, needed_curve], status_table[needed_day, needed_curve] = (
        discount_factor((needed_day + corner[0]) / year_days, curves.take(needed_curve + corner[1]))
    )
    factor, status = np.empty(days.shape), np.empty(days.shape, dtype=np.int8)
    _read_cells(days, curve, corner, factor_table, status_table, factor, status)
    return factor, status


@njit(cache=True)
def _mark_cells(days: NDArray, curve: NDArray, corner: tuple[int, int], is_needed: NDArray) -> None:
    for i in range(len(days)):
        is_needed[days[i] - corner[0], curve[i] - corner[1]] = True


@njit(cache=True)
def _read_cells(
    days: NDArray,
    curve: NDArray,
    corner: tuple[int, int],
    factor_table: NDArray,
    status_table: NDArray,
    factor: NDArray,
    status: NDArray,
) -> None:
    for i in range(len(days)):
        cell = days[i] - corner[0], curve[i] - corner[1]
        factor[i] = factor_table[cell]
        status[i] = status_table[cell]


def forward_rate(time_years: ArrayLike, curves: SvenssonCurves) -> tuple[Floats, NDArray[np.int8]]:
    """Return the instantaneous forward rate, continuously compounded.

    Parameters
    ----------
    time_years, curves
        As `zero_yield`.

    Returns
    -------
    forward_rate_dec : float array
        NaN unless status is OK.
    status : int8 array
        As `zero_yield`.

    Notes
    -----
    f(t) = b0 + (b1 + b2 t/tau1) exp(-t/tau1) + b3 (t/tau2) exp(-t/tau2), the derivative of
    z(t) t. Gurkaynak, Sack, Wright (2006), equation 21.

    Examples
    --------
    >>> curves = SvenssonCurves(0.04, -0.01, 0.0, 0.0, 1.0, -999.99)
    >>> round(float(forward_rate(1.0, curves)[0]), 6)
    0.036321
    """
    x1, decay1, _, x2, decay2, _ = _loadings(time_years, curves)
    with np.errstate(all="ignore"):
        forward = (
            curves.beta0_dec
            + (curves.beta1_dec + curves.beta2_dec * x1) * decay1
            + curves.beta3_dec * x2 * decay2
        )
    return _guarded(time_years, curves, forward)


def par_yield(
    maturity_years: ArrayLike, curves: SvenssonCurves, *, coupons_per_year_count: int = 2
) -> tuple[Floats, NDArray[np.int8]]:
    """Return the coupon at which a bond of each maturity costs par, accrued interest apart.

    Parameters
    ----------
    maturity_years : float array, broadcasts with the curves
        Years to maturity, > 0; need not be a whole number of coupon periods.
    curves : SvenssonCurves
        Parameters as decimals.
    coupons_per_year_count : int
        Coupons a year, >= 1; 2 gives the bond-equivalent par yield.

    Returns
    -------
    par_yield_dec : float array
        NaN unless status is OK.
    status : int8 array
        As `zero_yield`; INVALID_TIME at maturity zero too.

    Raises
    ------
    ValueError
        If `coupons_per_year_count` is below 1.

    Notes
    -----
    c = f (1 - D(T)) / (sum_k D(t_k) - (1 - f t_1)), coupons counted back from T; the last term
    is the accrued interest and vanishes for whole periods, leaving the usual 2 (1 - D) / sum D.

    Examples
    --------
    >>> curves = SvenssonCurves(0.04, 0.0, 0.0, 0.0, 1.0, -999.99)
    >>> round(float(par_yield(5.0, curves)[0]), 6)
    0.040403
    """
    frequency = coupons_per_year_count
    if frequency < 1:
        raise ValueError(f"coupons_per_year_count must be at least 1; the call was {frequency}")
    maturity = np.asarray(maturity_years, dtype=np.float64)
    at_maturity, status = discount_factor(maturity, curves)
    status = np.where((status == ZeroCurveStatus.OK) & (maturity == 0), 3, status).astype(np.int8)
    periods = np.where(status == ZeroCurveStatus.OK, np.ceil(maturity * frequency), 0.0)
    annuity = np.zeros(status.shape)
    for back in range(int(periods.max(initial=0))):
        time = np.where(back < periods, maturity - back / frequency, 0.0)
        annuity += np.where(back < periods, discount_factor(time, curves)[0], 0.0)
    accrued = periods - frequency * maturity
    ok = status == ZeroCurveStatus.OK
    par = np.full(status.shape, np.nan)
    np.divide(frequency * (1 - at_maturity), annuity - accrued, out=par, where=ok)
    return par, status


def _loadings(time_years: ArrayLike, curves: SvenssonCurves) -> tuple[Floats, ...]:
    """Return t/tau, exp(-t/tau) and (1 - exp(-t/tau)) / (t/tau) of both humps."""
    time = np.asarray(time_years, dtype=np.float64)
    parts: list[Floats] = []
    # A hump without weight may carry any tau; one year keeps its terms finite.
    second_tau = np.where(curves.beta3_dec == 0, 1.0, curves.tau2_years)
    with np.errstate(all="ignore"):
        for tau in (curves.tau1_years, second_tau):
            x = time / tau
            slope = np.where(x == 0, 1.0, -np.expm1(-x) / np.where(x == 0, 1.0, x))
            parts += [x, np.exp(-x), slope]
    return tuple(parts)


def _zero(loadings: tuple[Floats, ...], curves: SvenssonCurves) -> Floats:
    _, decay1, slope1, _, decay2, slope2 = loadings
    with np.errstate(all="ignore"):
        return (
            curves.beta0_dec
            + curves.beta1_dec * slope1
            + curves.beta2_dec * (slope1 - decay1)
            + curves.beta3_dec * (slope2 - decay2)
        )


def _guarded(
    time_years: ArrayLike, curves: SvenssonCurves, value: Floats
) -> tuple[Floats, NDArray[np.int8]]:
    time = np.asarray(time_years, dtype=np.float64)
    has_second = curves.beta3_dec != 0
    needed = curves.beta0_dec + curves.beta1_dec + curves.beta2_dec + curves.beta3_dec
    needed = needed + curves.tau1_years + np.where(has_second, curves.tau2_years, 0.0)
    bad_tau = (curves.tau1_years <= 0) | has_second & (curves.tau2_years <= 0)
    status = np.select(
        [~np.isfinite(needed), bad_tau, ~(time >= 0) | ~np.isfinite(time)],
        [
            ZeroCurveStatus.MISSING_PARAMETERS,
            ZeroCurveStatus.INVALID_PARAMETERS,
            ZeroCurveStatus.INVALID_TIME,
        ],
        ZeroCurveStatus.OK,
    ).astype(np.int8)
    return np.where(status == ZeroCurveStatus.OK, value, np.nan), status
