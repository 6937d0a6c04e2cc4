"""Small statistics of a series of P&L or returns; NaN where one is not defined, never infinite."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from parspread.arrays import BoolArray, FloatArray, IntArray

Metrics = dict[str, float | int]


def column_of(name: str, values: ArrayLike, row_count: int | None = None) -> FloatArray:
    """Return values as a float vector, or raise when the shape is wrong."""
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional; its shape was {column.shape}")
    if row_count is not None and column.size != row_count:
        raise ValueError(f"{name} must have {row_count} rows; its length was {column.size}")
    return column


def require_positive(name: str, value: float) -> None:
    """Raise unless a value is finite and above zero."""
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be finite and > 0; the value was {value}")


def require_share(name: str, value: float) -> None:
    """Raise unless a value lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must be inside (0, 1); the value was {value}")


def finite_ratio(numerator: float, denominator: float) -> float:
    """Divide, or return NaN where the quotient is not a finite number."""
    if not (np.isfinite(numerator) and np.isfinite(denominator)) or denominator == 0:
        return np.nan
    quotient = float(numerator) / float(denominator)
    return quotient if np.isfinite(quotient) else np.nan


def mean_of(values: FloatArray) -> float:
    """Return the mean, or NaN without values."""
    return float(values.mean()) if values.size else np.nan


def nulled(metrics: Metrics) -> Metrics:
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
    column = column_of("values", values)
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
    shortfall = np.minimum(column_of("values", values) - target, 0.0)
    return float(np.sqrt(mean_of(shortfall**2)))


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
    column = column_of("net_pnl", net_pnl)
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
    column = column_of("return_dec", return_dec)
    if not column.size:
        return np.nan
    wealth = np.concatenate(([1.0], np.cumprod(1.0 + column)))
    return float(np.min(wealth / np.maximum.accumulate(wealth))) - 1.0


def true_spells(flag: BoolArray) -> tuple[IntArray, IntArray]:
    """Return first row and one-past-last row of each maximal run of True."""
    edges = np.diff(np.concatenate(([0], flag.astype(np.int8), [0])))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def moments(values: FloatArray) -> tuple[float, float, float, float]:
    """Return skewness and kurtosis: population, then bias-adjusted skewness and excess kurtosis."""
    n = values.size
    if np.isnan(sample_deviation(values)):
        return np.nan, np.nan, np.nan, np.nan
    # Scaled first: the fourth power of a tiny return would underflow.
    scaled = values - values.mean()
    scaled = scaled / np.abs(scaled).max()
    variance = mean_of(scaled**2)
    skewness = mean_of(scaled**3) / variance**1.5
    kurtosis = mean_of(scaled**4) / variance**2
    skewness_adjusted = skewness * np.sqrt(n * (n - 1)) / (n - 2) if n > 2 else np.nan
    excess_adjusted = np.nan
    if n > 3:
        excess_adjusted = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * (kurtosis - 3) + 6)
    return skewness, kurtosis, float(skewness_adjusted), float(excess_adjusted)


def tail_metrics(values: FloatArray, sample_sd: float, tail_share: float) -> Metrics:
    """Return value at risk, expected shortfall and tail ratio as signed returns."""
    names = ("var_historical_dec", "cvar_historical_dec", "tail_ratio")
    if values.size:
        low, high = np.quantile(values, [tail_share, 1 - tail_share])
        found = (float(low), mean_of(values[values <= low]), abs(finite_ratio(high, low)))
    else:
        found = (np.nan, np.nan, np.nan)
    z = float(ndtri(tail_share))
    density = float(np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))
    gaussian: Metrics = {
        "var_gaussian_dec": mean_of(values) + z * sample_sd,
        "cvar_gaussian_dec": mean_of(values) - density / tail_share * sample_sd,
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
    column = column_of("pnl", pnl)
    return finite_ratio(column[column > 0].sum(), -column[column < 0].sum())


def win_loss_metrics(trade_pnl_usd: FloatArray) -> Metrics:
    """Return hit rate and mean win and loss of trades."""
    win_usd = mean_of(trade_pnl_usd[trade_pnl_usd > 0])
    loss_usd = mean_of(trade_pnl_usd[trade_pnl_usd < 0])
    return {
        "hit_rate_share": mean_of((trade_pnl_usd > 0).astype(np.float64)),
        "avg_win_usd": win_usd,
        "avg_loss_usd": loss_usd,
        "win_loss_ratio": abs(finite_ratio(win_usd, loss_usd)),
    }
