"""The Treasury zero curve of Nelson, Siegel and Svensson: zero yields, discounts, par yields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, StatusArray

PAR_COUPONS_PER_YEAR_COUNT = 2


class ZeroCurveStatus(IntEnum):
    """Why a curve has no value at a time; only OK values are numbers."""

    OK = 0
    MISSING_PARAMETERS = 1
    INVALID_PARAMETERS = 2
    INVALID_TIME = 3


@dataclass(frozen=True)
class SvenssonCurves:
    """One set of curve parameters per date, as arrays of one shape.

    Betas are decimals (the Federal Reserve publishes percent: divide by 100 first), taus are
    years. A curve without a second hump has beta3 = 0 and any tau2: the published rows before
    1980 carry tau2 = -999.99. A row with NaN, as on holidays, is MISSING_PARAMETERS.
    """

    beta0_dec: FloatArray
    beta1_dec: FloatArray
    beta2_dec: FloatArray
    beta3_dec: FloatArray
    tau1_years: FloatArray
    tau2_years: FloatArray

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


def zero_yield(time_years: ArrayLike, curves: SvenssonCurves) -> tuple[FloatArray, StatusArray]:
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
) -> tuple[FloatArray, StatusArray]:
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


def zero_yield_table(node_years: ArrayLike, curves: SvenssonCurves) -> FloatArray:
    """Return the zero yields of each curve at common times, one row per curve.

    Parameters
    ----------
    node_years : float array, shape (n_nodes,)
        Years to payment, >= 0.
    curves : SvenssonCurves
        Parameters of shape (n_curves,).

    Returns
    -------
    zero_yield_dec : float array, shape (n_curves, n_nodes)
        As `zero_yield`; a row of NaN for a curve without parameters.

    Examples
    --------
    >>> zero_yield_table([1.0, 2.0], SvenssonCurves([0.04, 0.05], 0, 0, 0, 1, 1))
    array([[0.04, 0.04],
           [0.05, 0.05]])
    """
    names = curves.__dataclass_fields__
    columns = SvenssonCurves(*(getattr(curves, name)[:, None] for name in names))
    return zero_yield(node_years, columns)[0]


def par_yield(maturity_years: ArrayLike, curves: SvenssonCurves) -> tuple[FloatArray, StatusArray]:
    """Return the semi-annual coupon at which a bond of each maturity costs par, net of accrued.

    Parameters
    ----------
    maturity_years : float array, broadcasts with the curves
        Years to maturity, > 0; need not be a whole number of coupon periods.
    curves : SvenssonCurves
        Parameters as decimals.

    Returns
    -------
    par_yield_dec : float array
        Bond equivalent; NaN unless status is OK.
    status : int8 array
        As `zero_yield`; INVALID_TIME at maturity zero too.

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
    frequency = PAR_COUPONS_PER_YEAR_COUNT
    maturity = np.asarray(maturity_years, dtype=np.float64)
    at_maturity, status = discount_factor(maturity, curves)
    status = np.where(
        (status == ZeroCurveStatus.OK) & (maturity == 0), ZeroCurveStatus.INVALID_TIME, status
    )
    status = status.astype(np.int8)
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


def _loadings(time_years: ArrayLike, curves: SvenssonCurves) -> tuple[FloatArray, ...]:
    """Return exp(-t/tau) and (1 - exp(-t/tau)) / (t/tau) of both humps."""
    time = np.asarray(time_years, dtype=np.float64)
    parts: list[FloatArray] = []
    # A hump without weight may carry any tau; one year keeps its terms finite.
    second_tau = np.where(curves.beta3_dec == 0, 1.0, curves.tau2_years)
    with np.errstate(all="ignore"):
        for tau in (curves.tau1_years, second_tau):
            x = time / tau
            slope = np.where(x == 0, 1.0, -np.expm1(-x) / np.where(x == 0, 1.0, x))
            parts += [np.exp(-x), slope]
    return tuple(parts)


def _zero(loadings: tuple[FloatArray, ...], curves: SvenssonCurves) -> FloatArray:
    decay1, slope1, decay2, slope2 = loadings
    with np.errstate(all="ignore"):
        return (
            curves.beta0_dec
            + curves.beta1_dec * slope1
            + curves.beta2_dec * (slope1 - decay1)
            + curves.beta3_dec * (slope2 - decay2)
        )


def _guarded(
    time_years: ArrayLike, curves: SvenssonCurves, value: FloatArray
) -> tuple[FloatArray, StatusArray]:
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
