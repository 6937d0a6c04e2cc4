"""Performance statistics of a backtest run: the standard set and the two sets it replaces.

Three definitions of "performance" stand side by side and are never mixed:

* `standard_metrics`: additive returns on a declared capital, every session counted.
* `notebook_metrics`: the dollar metrics of the macro-credit notebook (names `notebook_*`).
* `current_metrics`: compounded returns on a fixed 100,000 base, as the engine that followed the
  notebook reports them (names `current_*`).

Each takes the daily rows of one run and returns one flat record whose names are column names.
`metrics_by_run` applies any of them to many runs stored one after the other.

A metric that is not defined (flat run, one trade, no losing day) is NaN, never infinite. The status
column says whether the sample is large enough to believe the figures; `ESTIMATES` names those
that are not to be shown at all on a handful of trades or sessions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Metrics = dict[str, float | int]

EULER_GAMMA = 0.5772156649015329


# What the standard set infers from a sample. The rest of it (dollars, counts, drawdowns, holding
# time, turnover, exposure) says what happened, which is true of a single trade as well.
ESTIMATES = (
    "annualised_return_dec",
    "annualised_volatility_dec",
    "sharpe_ratio",
    "session_sharpe_ratio",
    "sharpe_lo_error_ratio",
    "sharpe_mertens_error_ratio",
    "mean_t_ratio",
    "newey_west_t_ratio",
    "sharpe_newey_west_ratio",
    "sharpe_lo_ratio",
    "probabilistic_sharpe_share",
    "min_track_record_sessions",
    "sortino_ratio",
    "calmar_ratio",
    "hit_rate_share",
    "win_loss_ratio",
    "profit_factor_trade_ratio",
    "profit_factor_session_ratio",
    "skewness_ratio",
    "kurtosis_ratio",
    "skewness_adjusted_ratio",
    "excess_kurtosis_adjusted_ratio",
    "var_historical_dec",
    "cvar_historical_dec",
    "tail_ratio",
    "var_gaussian_dec",
    "cvar_gaussian_dec",
)


class QualityStatus(IntEnum):
    """Say whether the sample behind a run's metrics is large enough; the worst reason wins."""

    OK = 0
    MISSING_PNL = 1
    INSUFFICIENT_SESSIONS = 2
    INSUFFICIENT_TRADES = 3


@dataclass(frozen=True)
class DrawdownEpisodes:
    """Hold one row per spell in which cumulative P&L stays below its running peak.

    Attributes
    ----------
    start_row : int array, shape (n_episodes,)
        First row below the peak.
    trough_row : int array, shape (n_episodes,)
        First row of the lowest cumulative P&L.
    recovery_row : int array, shape (n_episodes,)
        First row back at the peak; -1 while the episode is still open.
    depth_usd : float array, shape (n_episodes,)
        Cumulative P&L at the trough minus the peak, < 0.
    """

    start_row: IntArray
    trough_row: IntArray
    recovery_row: IntArray
    depth_usd: FloatArray


# --------------------------------------------------------------------------------------------
# Guards and small statistics
# --------------------------------------------------------------------------------------------


def _column(name: str, values: ArrayLike, row_count: int | None = None) -> FloatArray:
    """Return values as a float vector, or raise when the shape is wrong."""
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; its shape was {column.shape}")
    if row_count is not None and column.size != row_count:
        raise ValueError(f"{name} must have {row_count} rows; its length was {column.size}")
    return column


def _require_positive(name: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be finite and > 0; the value was {value}")


def _require_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} must be inside (0, 1); the value was {value}")


def _ratio(numerator: float, denominator: float) -> float:
    """Divide, or return NaN where the quotient is not a finite number."""
    if not (np.isfinite(numerator) and np.isfinite(denominator)) or denominator == 0:
        return np.nan
    quotient = float(numerator) / float(denominator)
    return quotient if np.isfinite(quotient) else np.nan


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else np.nan


def _nulled(metrics: Metrics) -> Metrics:
    """Replace every measured value by NaN; counts stay."""
    return {k: np.nan if isinstance(v, float) else v for k, v in metrics.items()}


def sample_deviation(values: ArrayLike, *, constant_tol_ratio: float = 1e-12) -> float:
    """Return the sample standard deviation (ddof 1), or NaN where it carries no information.

    Parameters
    ----------
    values : float array, shape (n,)
        Finite observations in any unit.
    constant_tol_ratio : float, >= 0
        A deviation at or below this multiple of the largest absolute value is rounding noise of
        a constant series: a Sharpe ratio on it would be a huge meaningless number.

    Returns
    -------
    float
        In the unit of `values`; NaN with fewer than two values or a constant series.

    Examples
    --------
    >>> sample_deviation([1.0, 2.0, 3.0])
    1.0
    >>> sample_deviation([0.01] * 9)
    nan
    """
    column = _column("values", values)
    if column.size < 2:
        return np.nan
    deviation = float(column.std(ddof=1))
    return deviation if deviation > constant_tol_ratio * np.abs(column).max() else np.nan


def downside_deviation(values: ArrayLike, *, target: float = 0.0) -> float:
    """Return the root mean square shortfall below a target over all observations.

    sqrt(mean(min(x - target, 0)^2)); Sortino and Price (1994). Observations at or above the target
    count as zero shortfall, so that a single losing day cannot produce a zero.

    Parameters
    ----------
    values : float array, shape (n,)
        Finite observations, any unit.
    target : float
        Minimum acceptable value, in the unit of `values`.

    Returns
    -------
    float
        >= 0, in the unit of `values`; NaN without observations.

    Examples
    --------
    >>> downside_deviation([0.03, -0.03, 0.0])
    0.017320508075688773
    """
    shortfall = np.minimum(_column("values", values) - target, 0.0)
    return float(np.sqrt(_mean(shortfall**2)))


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
    column = _column("return_dec", return_dec)
    return _ratio(_mean(column) * np.sqrt(sessions_per_year), sample_deviation(column))


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
    column = _column("return_dec", return_dec)
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


def max_drawdown(net_pnl: ArrayLike) -> float:
    """Return the deepest fall of cumulative P&L below its running peak; the first peak is 0.

    Parameters
    ----------
    net_pnl : float array, shape (n,)
        Finite session P&L (or additive returns), any unit.

    Returns
    -------
    float
        <= 0, in the unit of `net_pnl`; NaN without rows.

    Examples
    --------
    >>> max_drawdown([-1.0, 3.0, -2.0, -1.5, 4.0])
    -3.5
    """
    column = _column("net_pnl", net_pnl)
    if not column.size:
        return np.nan
    cumulative = np.concatenate(([0.0], np.cumsum(column)))
    return float(np.min(cumulative - np.maximum.accumulate(cumulative)))


def max_drawdown_geometric(return_dec: ArrayLike) -> float:
    """Return the deepest fall of compounded wealth relative to its running peak; start is 1.

    Parameters
    ----------
    return_dec : float array, shape (n,)
        Finite session returns.

    Returns
    -------
    float
        <= 0 as a decimal (below -1 only if a return is below -1); NaN without rows.

    Examples
    --------
    >>> round(max_drawdown_geometric([0.1, -0.1, 0.1]), 12)
    -0.1
    """
    column = _column("return_dec", return_dec)
    if not column.size:
        return np.nan
    wealth = np.concatenate(([1.0], np.cumprod(1.0 + column)))
    return float(np.min(wealth / np.maximum.accumulate(wealth))) - 1.0


def drawdown_episodes(net_pnl_usd: ArrayLike, *, peak_tol_usd: float = 1e-6) -> DrawdownEpisodes:
    """List every spell below the running peak of cumulative P&L; the first peak is 0.

    Parameters
    ----------
    net_pnl_usd : float array, shape (n,)
        Finite session P&L in dollars.
    peak_tol_usd : float, >= 0
        Distance below the peak that still counts as being at the peak: a sum of P&L that comes
        back to its old level misses it by rounding.

    Returns
    -------
    DrawdownEpisodes
        In order of time; rows count from 0.

    Raises
    ------
    ValueError
        If a P&L is not finite.

    Examples
    --------
    >>> episodes = drawdown_episodes([5.0, -2.0, -1.0, 4.0, -1.0])
    >>> episodes.start_row, episodes.trough_row, episodes.recovery_row, episodes.depth_usd
    (array([1, 4]), array([2, 4]), array([ 3, -1]), array([-3., -1.]))
    """
    column = _column("net_pnl_usd", net_pnl_usd)
    if not np.isfinite(column).all():
        row = int(np.argmin(np.isfinite(column)))
        raise ValueError(f"net_pnl_usd must be finite; row {row} was {column[row]}")
    cumulative = np.cumsum(column)
    below_peak = cumulative - np.maximum.accumulate(np.maximum(cumulative, 0.0))
    start, end = _true_spells(below_peak < -peak_tol_usd)
    trough = [s + int(np.argmin(below_peak[s:e])) for s, e in zip(start, end, strict=True)]
    trough_row = np.array(trough, dtype=np.int64)
    return DrawdownEpisodes(
        start_row=start,
        trough_row=trough_row,
        recovery_row=np.where(end < column.size, end, -1),
        depth_usd=below_peak[trough_row],
    )


def _true_spells(flag: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """Return first row and one-past-last row of each maximal run of True."""
    edges = np.diff(np.concatenate(([0], flag.astype(np.int8), [0])))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


# --------------------------------------------------------------------------------------------
# How sure is a Sharpe ratio?
# --------------------------------------------------------------------------------------------


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
    _require_share("confidence_share", confidence_share)
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
    column = _column("values", values)
    if lag_sessions < 0:
        raise ValueError(f"lag_sessions must be >= 0; the value was {lag_sessions}")
    if np.isnan(sample_deviation(column)):
        return np.nan
    centred = column - column.mean()
    variance = float(centred @ centred)
    for lag in range(1, min(lag_sessions, column.size - 1) + 1):
        weight = 1 - lag / (lag_sessions + 1)
        variance += 2 * weight * float(centred[lag:] @ centred[:-lag])
    return _ratio(column.sum(), np.sqrt(variance)) if variance > 0 else np.nan


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
    column = _column("values", values)
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
    rho = _column("autocorrelation_ratio", autocorrelation_ratio)
    lags = np.arange(1, rho.size + 1)
    variance = sessions_per_year + 2 * float((sessions_per_year - lags) @ rho)
    return sessions_per_year / float(np.sqrt(variance)) if variance > 0 else np.nan


# --------------------------------------------------------------------------------------------
# The standard set
# --------------------------------------------------------------------------------------------


def _moments(values: FloatArray) -> tuple[float, float, float, float]:
    """Return skewness and kurtosis: population, then bias-adjusted skewness and excess kurtosis."""
    n = values.size
    if np.isnan(sample_deviation(values)):
        return np.nan, np.nan, np.nan, np.nan
    # Scaled first: the fourth power of a tiny return would underflow.
    scaled = values - values.mean()
    scaled = scaled / np.abs(scaled).max()
    variance = _mean(scaled**2)
    skewness = _mean(scaled**3) / variance**1.5
    kurtosis = _mean(scaled**4) / variance**2
    skewness_adjusted = skewness * np.sqrt(n * (n - 1)) / (n - 2) if n > 2 else np.nan
    excess_adjusted = np.nan
    if n > 3:
        excess_adjusted = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (kurtosis - 3) + 6)
    return skewness, kurtosis, float(skewness_adjusted), float(excess_adjusted)


def _tail_metrics(values: FloatArray, sample_sd: float, tail_share: float) -> Metrics:
    """Return value at risk, expected shortfall and tail ratio as signed returns."""
    names = ("var_historical_dec", "cvar_historical_dec", "tail_ratio")
    if values.size:
        low, high = np.quantile(values, [tail_share, 1 - tail_share])
        found = (float(low), _mean(values[values <= low]), abs(_ratio(high, low)))
    else:
        found = (np.nan, np.nan, np.nan)
    z = float(ndtri(tail_share))
    density = float(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))
    gaussian: Metrics = {
        "var_gaussian_dec": _mean(values) + z * sample_sd,
        "cvar_gaussian_dec": _mean(values) - density / tail_share * sample_sd,
    }
    return dict(zip(names, found, strict=True)) | gaussian


def profit_factor(pnl: ArrayLike) -> float:
    """Return the sum of gains over the sum of losses.

    Parameters
    ----------
    pnl : float array, shape (n,)
        Finite P&L per session or per trade, any unit.

    Returns
    -------
    float
        >= 0; NaN without a loss.

    Examples
    --------
    >>> profit_factor([3.0, -2.0, 0.0, 1.0])
    2.0
    """
    column = _column("pnl", pnl)
    return _ratio(column[column > 0].sum(), -column[column < 0].sum())


def _win_loss_metrics(trade_pnl_usd: FloatArray) -> Metrics:
    win_usd = _mean(trade_pnl_usd[trade_pnl_usd > 0])
    loss_usd = _mean(trade_pnl_usd[trade_pnl_usd < 0])
    return {
        "hit_rate_share": _mean((trade_pnl_usd > 0).astype(np.float64)),
        "avg_win_usd": win_usd,
        "avg_loss_usd": loss_usd,
        "win_loss_ratio": abs(_ratio(win_usd, loss_usd)),
    }


def standard_metrics(
    net_pnl_usd: ArrayLike,
    cost_usd: ArrayLike,
    position_notional_mm: ArrayLike,
    trade_net_pnl_usd: ArrayLike,
    trade_holding_sessions: ArrayLike,
    capital_usd: float,
    *,
    sessions_per_year: float = 252.0,
    min_session_count: int = 60,
    min_trade_count: int = 30,
    benchmark_sharpe_ratio: float = 0.0,
    confidence_share: float = 0.95,
    tail_share: float = 0.05,
    autocorrelation_lag_sessions: int = 5,
) -> Metrics:
    """Return the standard performance record of one run.

    Returns are additive, r = net P&L / declared capital, over **all** sessions of the run, flat
    ones included. Trade statistics use the trades handed in, each from fill to fill with the exit
    session and both costs.

    Parameters
    ----------
    net_pnl_usd, cost_usd : float array, shape (n_sessions,)
        Net P&L and cost (>= 0) of each session in dollars; net = gross - cost. A value that is
        not finite makes every measured metric NaN, with status MISSING_PNL.
    position_notional_mm : float array, shape (n_sessions,)
        Signed notional at the end of each session in millions of dollars; the run starts flat.
    trade_net_pnl_usd : float array, shape (n_trades,)
        Net P&L of each closed trade in dollars.
    trade_holding_sessions : float array, shape (n_trades,)
        Exit session minus entry session.
    capital_usd : float, > 0
        Declared risk capital in dollars.
    sessions_per_year : float, > 0
        Sessions in a year.
    min_session_count, min_trade_count : int, >= 0
        Below these the status is INSUFFICIENT_SESSIONS or INSUFFICIENT_TRADES.
    benchmark_sharpe_ratio : float
        Annualised Sharpe ratio to beat in the probabilistic ratio and the minimum track record.
    confidence_share : float, inside (0, 1)
        Confidence of the minimum track record.
    tail_share : float, inside (0, 1)
        Tail of value at risk, expected shortfall and tail ratio.
    autocorrelation_lag_sessions : int, >= 0
        Lags in the Lo adjustment.

    Returns
    -------
    dict of str to float or int
        One entry per column; `quality_status` holds a code of `QualityStatus`. The status does not
        remove values: whoever shows them leaves out `ESTIMATES` of a very small sample, since a
        sparse run with positive skew shows 99 % on a single trade. A ratio that is undefined is
        NaN. `var_*`, `cvar_*`, drawdowns and `avg_loss_usd` are signed (a
        loss is negative); `sharpe_*_error_ratio` are annualised like `sharpe_ratio`;
        `turnover_ratio` is sum |change of notional| / (2 capital) per year; `exposure_share` is the
        share of sessions that end with a position.

    Raises
    ------
    ValueError
        If lengths differ, or capital, sessions per year or a share is out of range.

    Examples
    --------
    >>> record = standard_metrics([100.0, -50.0, 70.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0],
    ...                           [120.0], [2.0], 10_000.0)
    >>> record["total_net_pnl_usd"], record["max_drawdown_dec"], record["turnover_ratio"]
    (120.0, -0.005, 8400.0)
    >>> QualityStatus(record["quality_status"]).name
    'INSUFFICIENT_SESSIONS'
    """
    net = _column("net_pnl_usd", net_pnl_usd)
    cost = _column("cost_usd", cost_usd, net.size)
    notional_mm = _column("position_notional_mm", position_notional_mm, net.size)
    trade_pnl = _column("trade_net_pnl_usd", trade_net_pnl_usd)
    holding = _column("trade_holding_sessions", trade_holding_sessions, trade_pnl.size)
    _require_positive("capital_usd", capital_usd)
    _require_positive("sessions_per_year", sessions_per_year)
    _require_share("tail_share", tail_share)
    _require_share("confidence_share", confidence_share)

    settings: dict[str, Any] = {
        "sessions_per_year": sessions_per_year,
        "min_session_count": min_session_count,
        "min_trade_count": min_trade_count,
        "benchmark_sharpe_ratio": benchmark_sharpe_ratio,
        "confidence_share": confidence_share,
        "tail_share": tail_share,
        "autocorrelation_lag_sessions": autocorrelation_lag_sessions,
    }
    if not all(np.isfinite(c).all() for c in (net, cost, notional_mm, trade_pnl, holding)):
        flat, no_trade = np.zeros(net.size), np.zeros(trade_pnl.size)
        empty = standard_metrics(flat, flat, flat, no_trade, no_trade, capital_usd, **settings)
        return _nulled(empty) | {"quality_status": int(QualityStatus.MISSING_PNL)}

    status = QualityStatus.OK
    if trade_pnl.size < min_trade_count:
        status = QualityStatus.INSUFFICIENT_TRADES
    if net.size < min_session_count:
        status = QualityStatus.INSUFFICIENT_SESSIONS

    returns = net / capital_usd
    root_year = float(np.sqrt(sessions_per_year))
    sample_sd = sample_deviation(returns)
    session_sharpe = sharpe_ratio(returns, sessions_per_year=1.0)
    skewness, kurtosis, skewness_adjusted, excess_kurtosis_adjusted = _moments(returns)
    lo_error, mertens_error = sharpe_standard_errors(session_sharpe, net.size, skewness, kurtosis)
    lag = newey_west_lag_sessions(net.size)
    newey_west_t = newey_west_t_ratio(returns, lag)
    lo_factor = lo_annualisation_factor(
        autocorrelations(returns, autocorrelation_lag_sessions), sessions_per_year=sessions_per_year
    )
    hurdle = benchmark_sharpe_ratio / root_year
    annualised_return = _mean(returns) * sessions_per_year
    drawdown_usd = max_drawdown(net)
    traded_usd = float(np.abs(np.diff(notional_mm, prepend=0.0)).sum()) * 1e6
    years = net.size / sessions_per_year

    return {
        "session_count": net.size,
        "trade_count": trade_pnl.size,
        "total_gross_pnl_usd": float((net + cost).sum()),
        "total_cost_usd": float(cost.sum()),
        "total_net_pnl_usd": float(net.sum()),
        "annualised_return_dec": annualised_return,
        "annualised_volatility_dec": sample_sd * root_year,
        "sharpe_ratio": session_sharpe * root_year,
        "session_sharpe_ratio": session_sharpe,
        "sharpe_lo_error_ratio": float(lo_error) * root_year,
        "sharpe_mertens_error_ratio": float(mertens_error) * root_year,
        "mean_t_ratio": session_sharpe * float(np.sqrt(net.size)),
        "newey_west_lag_sessions": lag,
        "newey_west_t_ratio": newey_west_t,
        "sharpe_newey_west_ratio": _ratio(newey_west_t, np.sqrt(years)),
        "sharpe_lo_ratio": session_sharpe * lo_factor,
        "probabilistic_sharpe_share": float(
            probabilistic_sharpe(session_sharpe, net.size, skewness, kurtosis, hurdle)
        ),
        "min_track_record_sessions": float(
            min_track_record_sessions(
                session_sharpe, skewness, kurtosis, hurdle, confidence_share=confidence_share
            )
        ),
        "sortino_ratio": _ratio(_mean(returns) * root_year, downside_deviation(returns)),
        "max_drawdown_usd": drawdown_usd,
        "max_drawdown_dec": drawdown_usd / capital_usd,
        "max_drawdown_geometric_dec": max_drawdown_geometric(returns),
        "calmar_ratio": _ratio(annualised_return, -drawdown_usd / capital_usd),
        **_win_loss_metrics(trade_pnl),
        "profit_factor_trade_ratio": profit_factor(trade_pnl),
        "profit_factor_session_ratio": profit_factor(net),
        "mean_holding_sessions": _mean(holding),
        "turnover_ratio": _ratio(traded_usd, 2 * capital_usd * years),
        "exposure_share": _mean((notional_mm != 0).astype(np.float64)),
        "skewness_ratio": skewness,
        "kurtosis_ratio": kurtosis,
        "skewness_adjusted_ratio": skewness_adjusted,
        "excess_kurtosis_adjusted_ratio": excess_kurtosis_adjusted,
        **_tail_metrics(returns, sample_sd, tail_share),
        "quality_status": int(status),
    }


def benchmark_metrics(
    return_dec: ArrayLike, benchmark_return_dec: ArrayLike, *, sessions_per_year: float = 252.0
) -> Metrics:
    """Return alpha, beta, information ratio and R squared against a benchmark.

    beta = cov(r, b) / var(b); alpha = (mean r - beta mean b) q, additive; information ratio =
    mean(r - b) / sd(r - b) sqrt(q); R squared = squared correlation.

    Parameters
    ----------
    return_dec, benchmark_return_dec : float array, shape (n_sessions,)
        Returns of the same sessions. Sessions where either is NaN are left out.
    sessions_per_year : float, > 0
        Sessions q in a year.

    Returns
    -------
    dict of str to float or int
        `alpha_dec`, `beta_ratio`, `information_ratio`, `r_squared_share` and the number of
        sessions used, `benchmark_session_count`. NaN where undefined.

    Raises
    ------
    ValueError
        If the lengths differ or `sessions_per_year` is not positive.

    Examples
    --------
    >>> record = benchmark_metrics([0.02, 0.04, 0.06], [0.01, 0.02, 0.03])
    >>> round(record["beta_ratio"], 12), round(record["r_squared_share"], 12)
    (2.0, 1.0)
    """
    returns = _column("return_dec", return_dec)
    benchmark = _column("benchmark_return_dec", benchmark_return_dec, returns.size)
    _require_positive("sessions_per_year", sessions_per_year)
    both = np.isfinite(returns) & np.isfinite(benchmark)
    returns, benchmark = returns[both], benchmark[both]
    return_sd, benchmark_sd = sample_deviation(returns), sample_deviation(benchmark)
    covariance = np.nan
    if returns.size > 1:
        centred = (returns - returns.mean()) @ (benchmark - benchmark.mean())
        covariance = float(centred) / (returns.size - 1)
    beta = _ratio(covariance, benchmark_sd**2)
    correlation = _ratio(covariance, return_sd * benchmark_sd)
    return {
        "alpha_dec": (_mean(returns) - beta * _mean(benchmark)) * sessions_per_year,
        "beta_ratio": beta,
        "information_ratio": sharpe_ratio(returns - benchmark, sessions_per_year=sessions_per_year),
        "r_squared_share": correlation**2,
        "benchmark_session_count": returns.size,
    }


# --------------------------------------------------------------------------------------------
# The notebook's set
# --------------------------------------------------------------------------------------------


def _position_trades(position: FloatArray, net_pnl_usd: FloatArray) -> FloatArray:
    """Return the P&L of each block of consecutive rows with one non-zero end-of-row position."""
    if not position.size:
        return np.empty(0)
    first_row = np.flatnonzero(np.diff(position, prepend=np.nan) != 0)
    return np.add.reduceat(net_pnl_usd, first_row)[position[first_row] != 0]


def _entry_count(position: FloatArray) -> int:
    """Count the rows that go from flat to a position; the run starts flat."""
    held = np.concatenate(([False], position != 0))
    return int((held[1:] & ~held[:-1]).sum())


def notebook_metrics(
    net_pnl_usd: ArrayLike, position: ArrayLike, held_sessions: ArrayLike
) -> Metrics:
    """Return the dollar metrics of the macro-credit notebook, its known flaws included.

    Kept to compare with printed figures. Differs from `standard_metrics`: the Sortino divisor is
    the deviation of losing days alone (0 with a single one); the first peak of the drawdown is the
    first row; a trade is the block of rows that end with a position, so the exit day belongs to no
    trade; holding is the mean running count, (N - 1) / 2 for a trade of N sessions; an undefined
    ratio is 0.

    Parameters
    ----------
    net_pnl_usd : float array, shape (n_sessions,)
        Net P&L in dollars; a value that is not finite makes every measured metric NaN.
    position : float array, shape (n_sessions,)
        Direction or notional at the end of the row, 0 when flat, finite.
    held_sessions : float array, shape (n_sessions,)
        Sessions since entry, 0 on the entry row, finite.

    Returns
    -------
    dict of str to float or int
        Names `notebook_*`; `notebook_status` is MISSING_PNL or OK.

    Raises
    ------
    ValueError
        If lengths differ.

    Examples
    --------
    >>> record = notebook_metrics([-1.0, 5.0, 3.0, -1.0], [1, 1, 1, 0], [0, 1, 2, 0])
    >>> record["notebook_avg_win_usd"], record["notebook_avg_holding_sessions"]
    (7.0, 1.0)
    """
    net = _column("net_pnl_usd", net_pnl_usd)
    position = _column("position", position, net.size)
    held = _column("held_sessions", held_sessions, net.size)
    if not all(np.isfinite(c).all() for c in (net, position, held)):
        flat = np.zeros(net.size)
        empty = _nulled(notebook_metrics(flat, np.nan_to_num(position), flat))
        return empty | {"notebook_status": int(QualityStatus.MISSING_PNL)}

    def zero_if_undefined(value: float) -> float:
        return value if np.isfinite(value) else 0.0

    root_year = float(np.sqrt(252.0))
    annualised_return = _ratio(net.sum() * 252.0, net.size)
    sharpe = zero_if_undefined(sharpe_ratio(net))
    losing_days = net[net < 0]
    sortino = sharpe
    if losing_days.size:
        sortino = zero_if_undefined(_ratio(_mean(net) * root_year, sample_deviation(losing_days)))
    cumulative = np.cumsum(net)
    drawdown = float(np.min(cumulative - np.maximum.accumulate(cumulative), initial=0.0))
    trades = _win_loss_metrics(_position_trades(position, net))
    sample_sd = float(net.std(ddof=1)) if net.size > 1 else np.nan
    return {
        "notebook_total_return_usd": float(net.sum()),
        "notebook_annualised_return_usd": annualised_return,
        "notebook_annualised_volatility_usd": sample_sd * root_year,
        "notebook_sharpe_ratio": sharpe,
        "notebook_sortino_ratio": sortino,
        "notebook_max_drawdown_usd": drawdown,
        "notebook_calmar_ratio": zero_if_undefined(_ratio(annualised_return, abs(drawdown))),
        **{f"notebook_{name}": zero_if_undefined(value) for name, value in trades.items()},
        "notebook_trade_count": _entry_count(position),
        "notebook_avg_holding_sessions": zero_if_undefined(_mean(held[position != 0])),
        "notebook_status": int(QualityStatus.OK),
    }


# --------------------------------------------------------------------------------------------
# The set of the engine that followed
# --------------------------------------------------------------------------------------------


def compounded_metrics(return_dec: ArrayLike, *, sessions_per_year: float = 252.0) -> Metrics:
    """Return the return-based metrics in the compounding convention of quantstats 0.0.86.

    annualised return = |prod(1 + r)|^(q / n) - 1 (NaN if the product is negative); Sortino divides
    by all rows; drawdown is geometric; the tail ratio is |q95 / q05|; a profit factor without
    losses is NaN here, infinite there.

    Parameters
    ----------
    return_dec : float array, shape (n_sessions,)
        Returns. NaN is skipped but its row counts in n.
    sessions_per_year : float, > 0
        Sessions q in a year.

    Returns
    -------
    dict of str to float or int

    Examples
    --------
    >>> record = compounded_metrics([0.1, -0.1, 0.1], sessions_per_year=3)
    >>> round(record["annualised_return_dec"], 12), round(record["calmar_ratio"], 12)
    (0.089, 0.89)
    """
    column = _column("return_dec", return_dec)
    _require_positive("sessions_per_year", sessions_per_year)
    finite = column[np.isfinite(column)]
    root_year = float(np.sqrt(sessions_per_year))
    growth = float(np.prod(1.0 + finite)) if finite.size else np.nan
    annualised = np.nan
    if growth == 0:
        annualised = -1.0
    elif growth > 0 and np.log(growth) * sessions_per_year / column.size < 700:
        annualised = growth ** (sessions_per_year / column.size) - 1
    losses = finite[finite < 0]
    shortfall = np.sqrt((losses @ losses) / column.size) if losses.size else np.nan
    drawdown = max_drawdown_geometric(finite)
    wealth = np.concatenate(([1.0], np.cumprod(1.0 + finite)))
    spells, _ = _true_spells(wealth < np.maximum.accumulate(wealth))
    return {
        "annualised_return_dec": annualised,
        "annualised_volatility_dec": sample_deviation(finite) * root_year,
        "sharpe_ratio": sharpe_ratio(finite, sessions_per_year=sessions_per_year),
        "sortino_ratio": _ratio(_mean(finite) * root_year, shortfall),
        "max_drawdown_dec": drawdown,
        "calmar_ratio": _ratio(annualised, abs(drawdown)),
        "tail_ratio": float(_tail_metrics(finite, np.nan, 0.05)["tail_ratio"]),
        "profit_factor_ratio": profit_factor(finite),
        "drawdown_count": int(spells.size),
    }


def _current_returns(net_pnl_usd: FloatArray, starting_capital_usd: float) -> FloatArray:
    """Return the engine's equity returns; the first row is 0, a division by zero is NaN."""
    equity = starting_capital_usd + np.cumsum(net_pnl_usd)
    returns = np.zeros(net_pnl_usd.size)
    before, after = equity[:-1], equity[1:]
    growth = np.full(before.size, np.nan)
    np.divide(after, before, out=growth, where=before != 0)
    returns[1:] = growth - 1.0
    return returns


def _as_quantstats_reads(returns: FloatArray) -> FloatArray:
    """Difference a series that quantstats mistakes for prices: none negative, one above 1."""
    finite = returns[np.isfinite(returns)]
    if not finite.size or finite.min() < 0 or finite.max() <= 1:
        return returns
    changes = np.full(returns.size, np.nan)
    np.divide(returns[1:], returns[:-1], out=changes[1:], where=returns[:-1] != 0)
    return changes - 1.0


def _recovery_days(
    net_pnl_usd: FloatArray, session_date: NDArray[np.datetime64]
) -> tuple[float, float]:
    """Return days from the deepest trough to recovery, and the mean length of closed episodes.

    The engine's first peak is the first row's cumulative P&L, not 0.
    """
    cumulative = np.cumsum(net_pnl_usd)
    below_peak = cumulative - np.maximum.accumulate(cumulative)
    start, end = _true_spells(below_peak < 0)
    if not start.size:
        return 0.0, 0.0
    day = session_date.astype("datetime64[D]").astype(np.int64)
    closed = end < day.size
    lengths = (day[end[closed]] - day[start[closed]]).astype(np.float64)
    trough = int(np.argmin(below_peak))
    back = end[np.searchsorted(end, trough, side="right")]
    deepest = float(day[back] - day[trough]) if back < day.size else np.nan
    return deepest, _mean(lengths) if lengths.size else 0.0


def current_metrics(
    net_pnl_usd: ArrayLike,
    position: ArrayLike,
    held_sessions: ArrayLike,
    session_date: ArrayLike,
    benchmark_return_dec: ArrayLike | None = None,
    *,
    starting_capital_usd: float = 100_000.0,
    rolling_window_sessions: int = 63,
) -> Metrics:
    """Return the metrics of the engine that followed the notebook, its known flaws included.

    Kept to compare. The base is 100,000 dollars whatever the notional, so equity can cross zero and
    the Sharpe ratio take the wrong sign; the first row's P&L never becomes a return; alpha and beta
    are swapped (`current_alpha_dec` holds beta, `current_beta_ratio` holds alpha); recovery of
    the deepest drawdown counts from its trough. Where the engine reports infinity this is NaN.

    Parameters
    ----------
    net_pnl_usd : float array, shape (n_sessions,)
        Net P&L in dollars; a value that is not finite makes every measured metric NaN.
    position : float array, shape (n_sessions,)
        Direction or notional at the end of the row; every change starts a new trade. Finite.
    held_sessions : float array, shape (n_sessions,)
        Sessions since entry, 0 on entry and exit rows. Finite.
    session_date : datetime64 array, shape (n_sessions,)
        Strictly increasing dates.
    benchmark_return_dec : float array, shape (n_sessions,), optional
        Benchmark returns; without it the four relative metrics are NaN.
    starting_capital_usd : float, > 0
        Base of the returns.
    rolling_window_sessions : int, >= 2
        Window of the rolling Sharpe ratio.

    Returns
    -------
    dict of str to float or int
        Names `current_*`, the separate extended set `current_extended_*`; `current_status` is
        MISSING_PNL or OK.

    Raises
    ------
    ValueError
        If lengths differ, dates do not increase, or an argument is out of range.

    Examples
    --------
    >>> days = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    >>> record = current_metrics([0.0, 1e4, -2.2e4, 3e4], [1, 1, -1, -1], [0, 1, 0, 1], days)
    >>> round(record["current_total_return_dec"], 12), round(record["current_max_drawdown_dec"], 12)
    (0.18, -0.2)
    >>> record["current_max_drawdown_recovery_days"], record["current_hit_rate_share"]
    (1.0, 1.0)
    """
    net = _column("net_pnl_usd", net_pnl_usd)
    position = _column("position", position, net.size)
    held = _column("held_sessions", held_sessions, net.size)
    dates = np.asarray(session_date, dtype="datetime64[D]")
    if dates.shape != net.shape:
        raise ValueError(f"session_date must have {net.size} rows; its shape was {dates.shape}")
    late = np.flatnonzero(~(np.diff(dates) > np.timedelta64(0, "D")))
    if late.size:
        row = int(late[0]) + 1
        raise ValueError(
            f"session_date must be strictly increasing; row {row} was {dates[row]} "
            f"after {dates[row - 1]}"
        )
    _require_positive("starting_capital_usd", starting_capital_usd)
    settings: dict[str, Any] = {
        "starting_capital_usd": starting_capital_usd,
        "rolling_window_sessions": rolling_window_sessions,
    }
    if not all(np.isfinite(c).all() for c in (net, position, held)):
        flat = np.zeros(net.size)
        known_position = np.nan_to_num(position)
        empty = _nulled(current_metrics(flat, known_position, flat, dates, **settings))
        return empty | {"current_status": int(QualityStatus.MISSING_PNL)}

    equity_returns = _current_returns(net, starting_capital_usd)
    returns = _as_quantstats_reads(equity_returns)
    compounded = compounded_metrics(returns)
    # The engine drops the warm-up here ...
    rolling = rolling_sharpe_ratio(returns, rolling_window_sessions)
    rolling = rolling[np.isfinite(rolling)]
    # ... and counts it as zero in the extended set, on dollars.
    extended_rolling = np.nan_to_num(rolling_sharpe_ratio(net, rolling_window_sessions))
    low, high = np.quantile(net, [0.05, 0.95]) if net.size else (np.nan, np.nan)
    extended_tail = float(high / -low) if net.size >= 20 and low < 0 else 0.0
    windows = np.lib.stride_tricks.sliding_window_view(net, 21) if net.size >= 21 else None
    consistency = np.nan if windows is None else float((windows.sum(axis=1) > 0).mean())
    deepest_days, mean_days = _recovery_days(net, dates)
    trades = _win_loss_metrics(_position_trades(position, net))
    no_benchmark = np.full(net.size, np.nan)
    benchmark = no_benchmark if benchmark_return_dec is None else benchmark_return_dec
    relative = benchmark_metrics(equity_returns, benchmark)
    total_return = np.nan
    if net.size:
        first_equity = starting_capital_usd + net[0]
        total_return = _ratio(net[1:].sum(), first_equity)
    return {
        "current_total_return_dec": total_return,
        **{f"current_{name}": value for name, value in compounded.items()},
        "current_rolling_sharpe_mean_ratio": _mean(rolling),
        "current_rolling_sharpe_sd_ratio": (
            float(rolling.std(ddof=1)) if rolling.size > 1 else np.nan
        ),
        "current_trade_count": _entry_count(position),
        **{
            f"current_{name}": value if np.isfinite(value) else 0.0
            for name, value in trades.items()
        },
        "current_avg_holding_sessions": _mean(held[position != 0]),
        "current_max_drawdown_recovery_days": deepest_days,
        "current_avg_recovery_days": mean_days,
        "current_consistency_share": consistency,
        "current_alpha_dec": relative["beta_ratio"],
        "current_beta_ratio": relative["alpha_dec"],
        "current_information_ratio": float(relative["information_ratio"]) / float(np.sqrt(252.0)),
        "current_r_squared_share": relative["r_squared_share"],
        "current_extended_rolling_sharpe_mean_ratio": _mean(extended_rolling),
        "current_extended_rolling_sharpe_sd_ratio": (
            float(extended_rolling.std(ddof=1)) if net.size > 1 else np.nan
        ),
        "current_extended_tail_ratio": extended_tail,
        "current_extended_profit_factor_ratio": profit_factor(net),
        "current_status": int(QualityStatus.OK),
    }


# --------------------------------------------------------------------------------------------
# Many runs
# --------------------------------------------------------------------------------------------


def _check_offsets(name: str, offsets: IntArray, row_count: int) -> None:
    rule = f"{name} must rise from 0 to {row_count} without falling"
    if offsets.ndim != 1 or offsets.size < 1 or offsets[0] != 0 or offsets[-1] != row_count:
        raise ValueError(f"{rule}; it was {offsets.tolist()}")
    if (np.diff(offsets) < 0).any():
        position = int(np.argmax(np.diff(offsets) < 0)) + 1
        raise ValueError(f"{rule}; position {position} was {offsets[position]}")


def metrics_by_run(
    metrics: Callable[..., Metrics],
    row_offsets: ArrayLike,
    row_columns: Mapping[str, NDArray[Any]],
    *,
    trade_offsets: ArrayLike | None = None,
    trade_columns: Mapping[str, NDArray[Any]] | None = None,
    run_columns: Mapping[str, NDArray[Any]] | None = None,
    **settings: float,
) -> dict[str, NDArray[Any]]:
    """Apply one metric set to many runs whose rows are stored one after the other.

    Parameters
    ----------
    metrics : callable
        `standard_metrics`, `notebook_metrics`, `current_metrics`, or any function of one run that
        returns a flat record.
    row_offsets : int array, shape (n_runs + 1,)
        Run i owns rows row_offsets[i] to row_offsets[i + 1] - 1.
    row_columns : mapping of argument name to array, each shape (n_rows,)
        Daily rows in order of run, then date.
    trade_offsets : int array, shape (n_runs + 1,), optional
        The same for the trades.
    trade_columns : mapping of argument name to array, each shape (n_trades,), optional
        Trades in order of run, then exit.
    run_columns : mapping of argument name to array, each shape (n_runs,), optional
        One value per run, such as `capital_usd`.
    **settings
        Passed on unchanged to every call.

    Returns
    -------
    dict of str to array, each shape (n_runs,)
        int8 for a status, int64 for counts, float64 otherwise; empty without runs.

    Raises
    ------
    ValueError
        If offsets do not cover the rows, or a column has the wrong length.

    Examples
    --------
    >>> out = metrics_by_run(notebook_metrics, [0, 2, 3], {
    ...     "net_pnl_usd": np.array([1.0, 2.0, 5.0]),
    ...     "position": np.array([1.0, 0.0, 0.0]),
    ...     "held_sessions": np.zeros(3)})
    >>> out["notebook_total_return_usd"], out["notebook_trade_count"]
    (array([3., 5.]), array([1, 0]))
    """
    rows = np.asarray(row_offsets, dtype=np.int64)
    run_count = rows.size - 1
    segments = [(rows, row_columns, "row_offsets")]
    if trade_columns:
        if trade_offsets is None:
            raise ValueError("trade_offsets must be given with trade_columns; it was None")
        trades = np.asarray(trade_offsets, dtype=np.int64)
        if trades.size != rows.size:
            raise ValueError(
                f"trade_offsets must have {rows.size} values; its length was {trades.size}"
            )
        segments.append((trades, trade_columns, "trade_offsets"))
    for offsets, columns, name in segments:
        for column in columns.values():
            _check_offsets(name, offsets, len(column))
    for name, column in (run_columns or {}).items():
        if len(column) != run_count:
            raise ValueError(f"{name} must have {run_count} values; its length was {len(column)}")

    records = []
    for run in range(run_count):
        arguments: dict[str, Any] = {
            name: column[offsets[run] : offsets[run + 1]]
            for offsets, columns, _ in segments
            for name, column in columns.items()
        }
        arguments |= {name: column[run] for name, column in (run_columns or {}).items()}
        records.append(metrics(**arguments, **settings))

    def as_column(name: str) -> NDArray[Any]:
        values = np.array([record[name] for record in records])
        return values.astype(np.int8) if name.endswith("_status") else values

    return {name: as_column(name) for name in records[0]} if records else {}
