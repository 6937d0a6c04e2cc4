"""A run beside a passive seller of protection, and how much of its gain came at once."""

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray
from parspread.overlay.sample_statistics import (
    Metrics,
    column_of,
    finite_ratio,
    mean_of,
    require_positive,
    sample_deviation,
)
from parspread.overlay.sharpe import newey_west_lag_sessions, sharpe_ratio


def benchmark_metrics(
    return_dec: ArrayLike, benchmark_return_dec: ArrayLike, *, sessions_per_year: float = 252.0
) -> Metrics:
    """Return what a run earned beside its benchmark, and the line through both.

    r = alpha + beta b + e by ordinary least squares. The t ratios of alpha and beta allow for
    heteroskedasticity and autocorrelation: Newey and West (1987), Bartlett weights, the lag of
    `newey_west_lag_sessions`, no small-sample correction. Appraisal ratio = alpha / sd(e), of n - 2
    degrees of freedom, and its t is that of alpha; information ratio = mean(r - b) / sd(r - b).
    Both, and alpha, are annualised.

    Parameters
    ----------
    return_dec, benchmark_return_dec : float array, shape (n_sessions,)
        Returns of the same sessions. Sessions where either is NaN are left out.
    sessions_per_year : float, > 0
        Sessions q in a year.

    Returns
    -------
    dict of str to float or int
        `benchmark_session_count` is the number of sessions used. NaN where undefined.

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
    returns = column_of("return_dec", return_dec)
    benchmark = column_of("benchmark_return_dec", benchmark_return_dec, returns.size)
    require_positive("sessions_per_year", sessions_per_year)
    both = np.isfinite(returns) & np.isfinite(benchmark)
    returns, benchmark = returns[both], benchmark[both]
    return_sd, benchmark_sd = sample_deviation(returns), sample_deviation(benchmark)
    covariance = np.nan
    if returns.size > 1:
        centred = (returns - returns.mean()) @ (benchmark - benchmark.mean())
        covariance = float(centred) / (returns.size - 1)
    beta = finite_ratio(covariance, benchmark_sd**2)
    correlation = finite_ratio(covariance, return_sd * benchmark_sd)
    alpha = mean_of(returns) - beta * mean_of(benchmark)
    rest = returns - alpha - beta * benchmark
    has_rest = np.isfinite(rest).all() and rest.size > 2 and not np.isnan(sample_deviation(rest))
    # What is left of a copy of the benchmark is rounding noise.
    if has_rest and np.abs(rest).max() > 1e-12 * np.abs(returns).max():
        rest_sd = float(np.sqrt(rest @ rest / (rest.size - 2)))
        alpha_error, beta_error = _line_errors(benchmark, rest)
    else:
        rest_sd = alpha_error = beta_error = np.nan
    year, root_year = sessions_per_year, float(np.sqrt(sessions_per_year))
    return {
        "alpha_dec": alpha * year,
        "alpha_t_ratio": finite_ratio(alpha, alpha_error),
        "beta_ratio": beta,
        "beta_t_ratio": finite_ratio(beta, beta_error),
        "appraisal_ratio": finite_ratio(alpha * root_year, rest_sd),
        "benchmark_correlation_ratio": correlation,
        "r_squared_share": correlation**2,
        "benchmark_return_dec": mean_of(benchmark) * year,
        "benchmark_sharpe_ratio": sharpe_ratio(benchmark, sessions_per_year=year),
        "excess_return_dec": mean_of(returns - benchmark) * year,
        "information_ratio": sharpe_ratio(returns - benchmark, sessions_per_year=year),
        "benchmark_session_count": returns.size,
    }


def _line_errors(benchmark: FloatArray, rest: FloatArray) -> FloatArray:
    """Return the standard errors of alpha and beta by Newey and West."""
    design = np.column_stack([np.ones(benchmark.size), benchmark])
    score = design * rest[:, None]
    lag = newey_west_lag_sessions(rest.size)
    spread = score.T @ score
    for k in range(1, lag + 1):
        shifted = score[k:].T @ score[:-k]
        spread += (1 - k / (lag + 1)) * (shifted + shifted.T)
    bread = np.linalg.inv(design.T @ design)
    variance = np.diag(bread @ spread @ bread)
    return np.sqrt(np.where(variance > 0, variance, np.nan))


def concentration_metrics(
    net_pnl_usd: ArrayLike,
    session_date: ArrayLike,
    *,
    sessions_per_year: float = 252.0,
    min_session_count: int = 60,
) -> Metrics:
    """Return how much of a gain came in one calendar year and on one day.

    Parameters
    ----------
    net_pnl_usd : float array, shape (n_sessions,)
        Net P&L of each session in dollars.
    session_date : datetime64 array, shape (n_sessions,)
        In order.
    sessions_per_year : float, > 0
        Sessions in a year.
    min_session_count : int
        With fewer sessions outside the best year its Sharpe ratio is NaN.

    Returns
    -------
    dict of str to float
        The best year is that of the highest net P&L, the earlier one of equals. The ratios of best
        year and best day to the net P&L of the run are NaN unless the run gained; above 1 the rest
        lost. Everything is NaN when a P&L is not finite or there is none.

    Examples
    --------
    >>> days = ["2020-03-02", "2020-03-03", "2021-03-02", "2021-03-03"]
    >>> record = concentration_metrics([10.0, 40.0, -20.0, 10.0], days)
    >>> record["best_year"], record["best_year_pnl_ratio"], record["best_day_pnl_ratio"]
    (2020.0, 1.25, 1.0)
    """
    net = column_of("net_pnl_usd", net_pnl_usd)
    years = np.asarray(session_date, dtype="datetime64[Y]").astype(np.int64) + 1970
    if net.size == 0 or not np.isfinite(net).all():
        names = ("best_year", "best_year_pnl_ratio", "best_day_pnl_ratio")
        rest = ("net_pnl_without_best_year_usd", "sharpe_without_best_year_ratio")
        return dict.fromkeys(names + rest, np.nan)
    by_year = np.bincount(years - years[0], weights=net)
    best = years[0] + int(np.argmax(np.where(np.bincount(years - years[0]) > 0, by_year, -np.inf)))
    others = net[years != best]
    total = float(net.sum())
    gain = total if total > 0 else np.nan
    has_sharpe = others.size >= min_session_count
    return {
        "best_year": float(best),
        "best_year_pnl_ratio": finite_ratio(total - float(others.sum()), gain),
        "best_day_pnl_ratio": finite_ratio(float(net.max()), gain),
        "net_pnl_without_best_year_usd": float(others.sum()),
        "sharpe_without_best_year_ratio": (
            sharpe_ratio(others, sessions_per_year=sessions_per_year) if has_sharpe else np.nan
        ),
    }


def leverage_metrics(position_notional_mm: ArrayLike, capital_usd: float) -> Metrics:
    """Return the mean and the largest notional over declared capital; flat sessions count as zero.

    Parameters
    ----------
    position_notional_mm : float array, shape (n_sessions,)
        Signed notional at the end of each session in millions of dollars.
    capital_usd : float, > 0
        Declared risk capital in dollars.

    Returns
    -------
    dict of str to float
        NaN without sessions.

    Examples
    --------
    >>> leverage_metrics([0.0, 10.0, -20.0, 10.0], 10e6)
    {'average_leverage_ratio': 1.0, 'peak_leverage_ratio': 2.0}
    """
    leverage = np.abs(column_of("position_notional_mm", position_notional_mm)) * 1e6 / capital_usd
    return {
        "average_leverage_ratio": mean_of(leverage),
        "peak_leverage_ratio": float(leverage.max()) if leverage.size else np.nan,
    }


def since_previous(
    benchmark_date: ArrayLike, benchmark_return_dec: ArrayLike, session_date: ArrayLike
) -> FloatArray:
    """Return what a benchmark earned on each session, and on its own ones left out before it.

    Parameters
    ----------
    benchmark_date : array, shape (n,)
        Sessions of the benchmark, in order: dates or days of a calendar.
    benchmark_return_dec : float array, shape (n,)
        Its return on each of them.
    session_date : array, shape (m,)
        Sessions of the run, in order; the first one stands for itself.

    Returns
    -------
    float array, shape (m,)
        NaN where the benchmark has no session.

    Examples
    --------
    >>> since_previous([1, 2, 4, 5], [1.0, 2.0, 4.0, 8.0], [2, 3, 5])
    array([ 2., nan, 12.])
    """
    dates, sessions = np.asarray(benchmark_date), np.asarray(session_date)
    if not len(dates):
        return np.full(len(sessions), np.nan)
    running = np.concatenate([[0.0], np.cumsum(benchmark_return_dec)])
    after = np.searchsorted(dates, sessions, side="right")
    before = np.concatenate([np.maximum(after[:1] - 1, 0), after[:-1]])
    is_session = dates[np.maximum(after - 1, 0)] == sessions
    return np.where(is_session, running[after] - running[before], np.nan)
