"""Sharpe ratios: what they are, how sure they are, and what many trials make of them."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from parspread.arrays import FloatArray
from parspread.overlay.sample_statistics import (
    column_of,
    finite_ratio,
    mean_of,
    require_share,
    sample_deviation,
)

EULER_GAMMA = 0.5772156649015329


def sharpe_ratio(return_dec: ArrayLike, *, sessions_per_year: float = 252.0) -> float:
    """Return mean over sample deviation, annualised by the square root of time; Sharpe (1994).

    Parameters
    ----------
    return_dec : float array, shape (n,)
        Finite session returns in excess of funding; flat sessions belong to the sample.
    sessions_per_year : float, > 0
        Sessions in a year; 1 leaves the ratio per session.

    Returns
    -------
    float
        NaN where the deviation is undefined (see `sample_deviation`).

    Examples
    --------
    >>> round(sharpe_ratio([0.01, 0.02, 0.03], sessions_per_year=1), 12)
    2.0
    """
    column = column_of("return_dec", return_dec)
    return finite_ratio(mean_of(column) * np.sqrt(sessions_per_year), sample_deviation(column))


def rolling_sharpe_ratio(
    return_dec: ArrayLike,
    window_sessions: int = 63,
    *,
    sessions_per_year: float = 252.0,
    constant_tol_ratio: float = 1e-12,
) -> FloatArray:
    """Return the Sharpe ratio of each trailing window, NaN until the first complete window.

    Parameters
    ----------
    return_dec : float array, shape (n,)
        Session returns; a window that holds a NaN is NaN.
    window_sessions : int, >= 2
        Rows per window, including the current one.
    sessions_per_year : float, > 0
        Sessions in a year.
    constant_tol_ratio : float, >= 0
        A window that varies less is constant, hence NaN (see `sample_deviation`).

    Returns
    -------
    float array, shape (n,)

    Raises
    ------
    ValueError
        If `window_sessions` is below 2.

    Examples
    --------
    >>> rolling_sharpe_ratio([0.01, 0.02, 0.03], 3, sessions_per_year=1).round(12)
    array([nan, nan,  2.])
    """
    column = column_of("return_dec", return_dec)
    if window_sessions < 2:
        raise ValueError(f"window_sessions must be >= 2; the value was {window_sessions}")
    out = np.full(column.size, np.nan)
    if column.size >= window_sessions:
        windows = np.lib.stride_tricks.sliding_window_view(column, window_sessions)
        sample_sd = windows.std(axis=1, ddof=1)
        varies = sample_sd > constant_tol_ratio * np.abs(windows).max(axis=1)
        complete = out[window_sessions - 1 :]
        np.divide(windows.mean(axis=1), sample_sd, out=complete, where=varies)
        complete *= np.sqrt(sessions_per_year)
    return out


def sharpe_standard_errors(
    session_sharpe_ratio: ArrayLike,
    session_count: ArrayLike,
    skewness_ratio: ArrayLike,
    kurtosis_ratio: ArrayLike,
) -> tuple[FloatArray, FloatArray]:
    """Return the standard errors of a per-session Sharpe ratio: normal returns, any returns.

    Lo (2002): sqrt((1 + SR^2 / 2) / n). Mertens (2002): sqrt((1 - g3 SR + (g4 - 1) SR^2 / 4) /
    (n - 1)), with g3 the skewness and g4 the kurtosis (3 for a normal).

    Parameters
    ----------
    session_sharpe_ratio : float array
        Sharpe ratio per session, **not** annualised; NaN gives NaN.
    session_count : int array
        Sessions behind it; fewer than 2 give NaN.
    skewness_ratio, kurtosis_ratio : float array
        Third and fourth standardised moments; kurtosis is not in excess of 3.

    Returns
    -------
    lo, mertens : float arrays, broadcast shape
        Per session; multiply by the square root of sessions per year to annualise.

    Examples
    --------
    >>> lo, mertens = sharpe_standard_errors(0.1, 101, 0.0, 3.0)
    >>> round(float(lo), 6), round(float(mertens), 6)
    (0.099752, 0.10025)
    """
    sharpe = np.asarray(session_sharpe_ratio, dtype=np.float64)
    count = np.asarray(session_count, dtype=np.float64)
    count = np.where(count >= 2, count, np.nan)
    shape = _sharpe_variance(sharpe, skewness_ratio, kurtosis_ratio)
    return np.sqrt((1 + sharpe**2 / 2) / count), np.sqrt(shape / (count - 1))


def _sharpe_variance(sharpe: FloatArray, skewness: ArrayLike, kurtosis: ArrayLike) -> FloatArray:
    """Return 1 - g3 SR + (g4 - 1) SR^2 / 4, NaN unless positive."""
    variance = 1 - np.asarray(skewness) * sharpe + (np.asarray(kurtosis) - 1) * sharpe**2 / 4
    return np.where(variance > 0, variance, np.nan)


def probabilistic_sharpe(
    session_sharpe_ratio: ArrayLike,
    session_count: ArrayLike,
    skewness_ratio: ArrayLike,
    kurtosis_ratio: ArrayLike,
    benchmark_session_sharpe_ratio: ArrayLike = 0.0,
) -> FloatArray:
    """Return the probability that the true Sharpe ratio exceeds a benchmark.

    Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1) SR^2 / 4)); Bailey and Lopez de Prado
    (2012), equation 11.

    Parameters
    ----------
    session_sharpe_ratio, benchmark_session_sharpe_ratio : float array
        Sharpe ratios per session, not annualised; NaN gives NaN.
    session_count : int array
        Sessions behind it; fewer than 2 give NaN.
    skewness_ratio, kurtosis_ratio : float array
        Third and fourth standardised moments; kurtosis is not in excess of 3.

    Returns
    -------
    float array, broadcast shape, in [0, 1]

    Examples
    --------
    >>> round(float(probabilistic_sharpe(0.1, 401, 0.0, 3.0)), 6)
    0.97698
    """
    sharpe = np.asarray(session_sharpe_ratio, dtype=np.float64)
    _, error = sharpe_standard_errors(sharpe, session_count, skewness_ratio, kurtosis_ratio)
    return ndtr((sharpe - np.asarray(benchmark_session_sharpe_ratio)) / error)


def min_track_record_sessions(
    session_sharpe_ratio: ArrayLike,
    skewness_ratio: ArrayLike,
    kurtosis_ratio: ArrayLike,
    benchmark_session_sharpe_ratio: ArrayLike = 0.0,
    *,
    confidence_share: float = 0.95,
) -> FloatArray:
    """Return how many sessions make a Sharpe ratio exceed a benchmark with given confidence.

    1 + (1 - g3 SR + (g4 - 1) SR^2 / 4) (z / (SR - SR*))^2; Bailey and Lopez de Prado (2012).

    Parameters
    ----------
    session_sharpe_ratio, benchmark_session_sharpe_ratio : float array
        Sharpe ratios per session, not annualised.
    skewness_ratio, kurtosis_ratio : float array
        Third and fourth standardised moments; kurtosis is not in excess of 3.
    confidence_share : float, inside (0, 1)
        Required probability.

    Returns
    -------
    float array, broadcast shape
        NaN where the Sharpe ratio does not exceed the benchmark: no record is long enough.

    Examples
    --------
    >>> round(float(min_track_record_sessions(0.1, 0.0, 3.0)), 3)
    272.907
    """
    require_share("confidence_share", confidence_share)
    sharpe = np.asarray(session_sharpe_ratio, dtype=np.float64)
    margin = sharpe - np.asarray(benchmark_session_sharpe_ratio, dtype=np.float64)
    margin = np.where(margin > 0, margin, np.nan)
    variance = _sharpe_variance(sharpe, skewness_ratio, kurtosis_ratio)
    return 1 + variance * (ndtri(confidence_share) / margin) ** 2


def expected_max_sharpe_ratio(trial_sharpe_sd: ArrayLike, trial_count: ArrayLike) -> FloatArray:
    """Return the Sharpe ratio that the best of several worthless trials reaches on average.

    sd ((1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e))), g the Euler-Mascheroni constant; Bailey
    and Lopez de Prado (2014), equation 6.

    Parameters
    ----------
    trial_sharpe_sd : float array, >= 0
        Standard deviation of the Sharpe ratios over the trials, per session or annualised; the
        result has the same scaling.
    trial_count : int array
        Trials ever run; one trial expects 0, fewer give NaN.

    Returns
    -------
    float array, broadcast shape

    Examples
    --------
    >>> round(float(expected_max_sharpe_ratio((0.5 / 250) ** 0.5, 100)), 4)
    0.1132
    """
    count = np.asarray(trial_count, dtype=np.float64)
    many = np.where(count > 1, count, np.nan)
    best = (1 - EULER_GAMMA) * ndtri(1 - 1 / many) + EULER_GAMMA * ndtri(1 - 1 / (many * np.e))
    return np.asarray(trial_sharpe_sd) * np.where(count == 1, 0.0, best)


def deflated_sharpe(
    session_sharpe_ratio: ArrayLike,
    session_count: ArrayLike,
    skewness_ratio: ArrayLike,
    kurtosis_ratio: ArrayLike,
    trial_count: ArrayLike,
    trial_session_sharpe_sd: ArrayLike,
) -> FloatArray:
    """Return the probability that the true Sharpe ratio is positive, given how many were tried.

    The probabilistic Sharpe ratio against `expected_max_sharpe_ratio`; Bailey and Lopez de Prado
    (2014). The trial count must include every configuration ever run, kept or not.

    Parameters
    ----------
    session_sharpe_ratio : float array
        Sharpe ratio per session, not annualised.
    session_count : int array
        Sessions behind it.
    skewness_ratio, kurtosis_ratio : float array
        Third and fourth standardised moments; kurtosis is not in excess of 3.
    trial_count : int array
        Trials ever run, >= 1.
    trial_session_sharpe_sd : float array
        Standard deviation of the per-session Sharpe ratios over the trials.

    Returns
    -------
    float array, broadcast shape, in [0, 1]

    Examples
    --------
    >>> sharpe, sd = 2.5 / 250**0.5, (0.5 / 250) ** 0.5
    >>> round(float(deflated_sharpe(sharpe, 1250, -3.0, 10.0, 100, sd)), 4)
    0.9004
    """
    hurdle = expected_max_sharpe_ratio(trial_session_sharpe_sd, trial_count)
    return probabilistic_sharpe(
        session_sharpe_ratio, session_count, skewness_ratio, kurtosis_ratio, hurdle
    )


def min_backtest_sessions(session_sharpe_ratio: ArrayLike, trial_count: ArrayLike) -> FloatArray:
    """Return how long a history must be for the best of worthless trials to look no better.

    (E[max of N] / SR)^2, E[max] of N standard normals (see `expected_max_sharpe_ratio`); Bailey,
    Borwein, Lopez de Prado and Zhu (2014), theorem 1.

    Parameters
    ----------
    session_sharpe_ratio : float array
        Sharpe ratio per session, not annualised.
    trial_count : int array
        Trials ever run, >= 1.

    Returns
    -------
    float array, broadcast shape
        0 for one trial; NaN where the Sharpe ratio is not positive.

    Examples
    --------
    >>> round(float(min_backtest_sessions(1 / 252**0.5, 45)) / 252, 2)
    5.0
    """
    sharpe = np.asarray(session_sharpe_ratio, dtype=np.float64)
    positive = np.where(sharpe > 0, sharpe, np.nan)
    return (expected_max_sharpe_ratio(1.0, trial_count) / positive) ** 2


def ar1_t_ratio(t_ratio: float, autocorrelation_ratio: float) -> float:
    """Return the t ratio of a mean whose observations follow an AR(1): t sqrt((1 - r) / (1 + r)).

    Lo (2002), the limit of `lo_annualisation_factor` over sqrt(q) for long horizons.

    Examples
    --------
    >>> round(ar1_t_ratio(3.0, 0.8), 6)
    1.0
    """
    return t_ratio * float(np.sqrt((1 - autocorrelation_ratio) / (1 + autocorrelation_ratio)))


def newey_west_lag_sessions(session_count: int) -> int:
    """Return the automatic Bartlett lag floor(4 (n / 100)^(2/9)); Newey and West (1994).

    Parameters
    ----------
    session_count : int, >= 0
        Observations.

    Returns
    -------
    int

    Examples
    --------
    >>> newey_west_lag_sessions(250)
    4
    """
    return int(4 * (session_count / 100) ** (2 / 9))


def newey_west_t_ratio(values: ArrayLike, lag_sessions: int) -> float:
    """Return the mean over its standard error, robust to autocorrelation up to a lag.

    Long-run variance g_0 + 2 sum_k (1 - k / (L + 1)) g_k with g_k = (1/n) sum e_t e_{t-k}; Newey
    and West (1987), no small-sample factor. Lag 0 is the usual t ratio with ddof 0.

    Parameters
    ----------
    values : float array, shape (n,)
        Finite observations, any unit.
    lag_sessions : int, >= 0
        Bartlett lag L; lags at or beyond n have no pairs and contribute nothing.

    Returns
    -------
    float
        NaN for a constant series.

    Raises
    ------
    ValueError
        If `lag_sessions` is negative.

    Examples
    --------
    >>> round(newey_west_t_ratio([1.0, 3.0, 2.0, 6.0], 0), 6)
    3.207135
    """
    column = column_of("values", values)
    if lag_sessions < 0:
        raise ValueError(f"lag_sessions must be >= 0; the value was {lag_sessions}")
    if np.isnan(sample_deviation(column)):
        return np.nan
    centred = column - column.mean()
    variance = float(centred @ centred)
    for lag in range(1, min(lag_sessions, column.size - 1) + 1):
        weight = 1 - lag / (lag_sessions + 1)
        variance += 2 * weight * float(centred[lag:] @ centred[:-lag])
    return finite_ratio(column.sum(), np.sqrt(variance)) if variance > 0 else np.nan


def autocorrelations(values: ArrayLike, max_lag_sessions: int) -> FloatArray:
    """Return the sample autocorrelations at lags 1 to max_lag, one mean and one variance.

    Parameters
    ----------
    values : float array, shape (n,)
        Finite observations, any unit.
    max_lag_sessions : int, >= 0
        Largest lag.

    Returns
    -------
    float array, shape (max_lag_sessions,)
        NaN for a constant series; 0 at lags without pairs.

    Examples
    --------
    >>> autocorrelations([1.0, -1.0, 1.0, -1.0], 2)
    array([-0.75,  0.5 ])
    """
    column = column_of("values", values)
    if np.isnan(sample_deviation(column)):
        return np.full(max_lag_sessions, np.nan)
    centred = column - column.mean()
    lags = range(1, max_lag_sessions + 1)
    products = [float(centred[lag:] @ centred[: max(column.size - lag, 0)]) for lag in lags]
    return np.array(products, dtype=np.float64) / float(centred @ centred)


def lo_annualisation_factor(
    autocorrelation_ratio: ArrayLike, *, sessions_per_year: float = 252.0
) -> float:
    """Return the factor that annualises a per-session Sharpe ratio of autocorrelated returns.

    q / sqrt(q + 2 sum_k (q - k) rho_k); Lo (2002), equation 20. Without autocorrelation it is
    sqrt(q).

    Parameters
    ----------
    autocorrelation_ratio : float array, shape (n_lags,)
        Autocorrelations at lags 1, 2, ... ; later ones are taken as zero.
    sessions_per_year : float, > 0
        Sessions q in a year.

    Returns
    -------
    float
        NaN where the autocorrelations imply no positive annual variance.

    Examples
    --------
    >>> round(lo_annualisation_factor(0.2 ** np.arange(1, 12), sessions_per_year=12), 6)
    2.878849
    """
    rho = column_of("autocorrelation_ratio", autocorrelation_ratio)
    lags = np.arange(1, rho.size + 1)
    variance = sessions_per_year + 2 * float((sessions_per_year - lags) @ rho)
    return sessions_per_year / float(np.sqrt(variance)) if variance > 0 else np.nan
