"""Does a signal foretell P&L, how fast does it fade, and how often is it there?

Every function takes one signal and, where needed, the session P&L of the position it would steer,
both in date order. A signal known at the close of row t is filled `fill_lag_sessions` closes later,
so that it meets the P&L of the sessions after that fill only.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, IntArray, StatusArray


class DiagnosticStatus(IntEnum):
    """Why a diagnostic is NaN."""

    OK = 0
    TOO_FEW_SESSIONS = 1
    CONSTANT_SERIES = 2
    EMPTY_QUANTILE = 3


@dataclass(frozen=True)
class InformationCoefficients:
    """Predictive power by horizon; the ratios are NaN unless status is OK.

    Attributes
    ----------
    horizon_sessions : int array, shape (n_horizons,)
        Sessions over which P&L is summed after the signal.
    pearson_ratio, spearman_ratio : float array, shape (n_horizons,)
        Correlation of signal and forward P&L, in [-1, 1]; of values and of ranks.
    newey_west_t_ratio : float array, shape (n_horizons,)
        t ratio of the slope of forward P&L on the signal, robust to the overlap of horizons and to
        the persistence of the signal; 1.96 is its bar at 5 %.
    newey_west_lag_sessions : int array, shape (n_horizons,)
        Lag of its error.
    pair_count : int array, shape (n_horizons,)
        Sessions with both a signal and a complete forward P&L.
    status : int8 array, shape (n_horizons,)
        Codes of `DiagnosticStatus`.
    """

    horizon_sessions: IntArray
    pearson_ratio: FloatArray
    spearman_ratio: FloatArray
    newey_west_t_ratio: FloatArray
    newey_west_lag_sessions: IntArray
    pair_count: IntArray
    status: StatusArray


@dataclass(frozen=True)
class SignalPersistence:
    """How slowly a signal fades; the ratios are NaN unless status is OK.

    Attributes
    ----------
    ar1_ratio : float
        Slope of the signal on its previous value, with an intercept.
    half_life_sessions : float
        ln 0.5 / ln(slope); NaN outside 0 < slope < 1, where a shock does not halve.
    autocorrelation_ratio : float
        Correlation of the signal with its previous value, in [-1, 1].
    pair_count : int
        Neighbouring rows that both have a signal.
    turnover_ratio : float
        Absolute changes of the signal over its absolute values: what a position in proportion to
        it trades a session, as a share of the position.
    coverage_share : float
        Share of rows with a signal; NaN without rows.
    status : DiagnosticStatus
    """

    ar1_ratio: float
    half_life_sessions: float
    autocorrelation_ratio: float
    pair_count: int
    turnover_ratio: float
    coverage_share: float
    status: DiagnosticStatus


@dataclass(frozen=True)
class QuantilePnl:
    """Forward P&L by quantile of the signal, lowest signals first.

    Attributes
    ----------
    mean_pnl_usd : float array, shape (n_quantiles,)
        Mean forward P&L in dollars; NaN for a quantile that ties left empty.
    session_count : int array, shape (n_quantiles,)
        Sessions in each quantile.
    monotonicity_ratio : float
        Rank correlation of quantile number and mean P&L, in [-1, 1]; 1 when every step up in
        the signal earns more.
    status : DiagnosticStatus
    """

    mean_pnl_usd: FloatArray
    session_count: IntArray
    monotonicity_ratio: float
    status: DiagnosticStatus


def _pair_of_columns(signal: ArrayLike, pnl: ArrayLike) -> tuple[FloatArray, FloatArray]:
    signal_column = np.asarray(signal, dtype=np.float64)
    pnl_column = np.asarray(pnl, dtype=np.float64)
    for name, column in (("signal", signal_column), ("net_pnl_usd", pnl_column)):
        if column.ndim != 1:
            raise ValueError(f"{name} must be one-dimensional; its shape was {column.shape}")
    if pnl_column.size != signal_column.size:
        raise ValueError(
            f"net_pnl_usd must have {signal_column.size} rows; its length was {pnl_column.size}"
        )
    return signal_column, pnl_column


def _is_constant(values: FloatArray, constant_tol_ratio: float = 1e-12) -> bool:
    """Tell whether values differ by rounding noise at most."""
    return bool(np.ptp(values) <= constant_tol_ratio * np.abs(values).max())


def _pair_status(first: FloatArray, second: FloatArray, min_pair_count: int) -> DiagnosticStatus:
    if first.size < min_pair_count:
        return DiagnosticStatus.TOO_FEW_SESSIONS
    if _is_constant(first) or _is_constant(second):
        return DiagnosticStatus.CONSTANT_SERIES
    return DiagnosticStatus.OK


def _ranks(values: FloatArray) -> FloatArray:
    """Return ranks from 1; equal values share the mean of theirs."""
    # As scipy.stats.rankdata, which takes half a second to import.
    _, value, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[value]


def _correlation(first: FloatArray, second: FloatArray) -> float:
    """Return the Pearson correlation of two series that vary."""
    x, y = first - first.mean(), second - second.mean()
    x, y = x / np.abs(x).max(), y / np.abs(y).max()
    return float(np.clip((x @ y) / np.sqrt((x @ x) * (y @ y)), -1.0, 1.0))


def _slope_t_ratio(
    signal: FloatArray, forward_pnl: FloatArray, covered_sessions: float
) -> tuple[float, int]:
    """Return the Newey-West t ratio of the slope and its lag; NaN for a perfect fit.

    `covered_sessions` is how far apart two sessions still move together. The Bartlett lag is six
    times that, so that little is cut off; the wider bars of such a lag (Kiefer and Vogelsang 2005)
    divide the ratio. Of as many independent sessions as there are four are taken off, twice what
    the line uses: that keeps noise at 4 to 5 % beyond 1.96 on 500 to 3,000 sessions.
    """
    count = signal.size
    lag = int(min(6 * covered_sessions, count // 2))
    freedom = 1 - 4 * covered_sessions / count
    x, y = signal - signal.mean(), forward_pnl - forward_pnl.mean()
    # The ratio has no unit; scaling keeps its squares away from underflow.
    x, y = x / np.abs(x).max(), y / np.abs(y).max()
    slope = (x @ y) / (x @ x)
    residual = y - slope * x
    if np.abs(residual).max() <= 1e-12 or freedom <= 0:
        return np.nan, lag
    score = x * residual
    spectrum = np.fft.rfft(score, 1 << (count + lag).bit_length())
    covariance = np.fft.irfft(np.abs(spectrum) ** 2)[: lag + 1]
    weight = 1 - np.arange(lag + 1) / (lag + 1)
    variance = 2 * float(weight @ covariance) - float(covariance[0])
    share = (lag + 1) / count
    bar_ratio = 1 + (2.9694 * share + 0.4160 * share**2 - 0.5324 * share**3) / 1.96
    if variance <= 0:
        return np.nan, lag
    return float(slope * (x @ x) / np.sqrt(variance) / bar_ratio * np.sqrt(freedom)), lag


def forward_pnl(
    net_pnl_usd: ArrayLike, horizon_sessions: int, fill_lag_sessions: int = 0
) -> FloatArray:
    """Return the P&L summed over the sessions after the fill: t + lag + 1 to t + lag + h.

    Parameters
    ----------
    net_pnl_usd : float array, shape (n_sessions,)
        Session P&L in dollars; NaN makes every sum that contains it NaN.
    horizon_sessions : int, >= 1
        Sessions h to sum.
    fill_lag_sessions : int, >= 0
        Closes from the signal to the fill; 0 trades at the signal's own close.

    Returns
    -------
    float array, shape (n_sessions,)
        NaN in the last rows, whose future is not complete.

    Raises
    ------
    ValueError
        If `horizon_sessions` is below 1 or `fill_lag_sessions` below 0.

    Examples
    --------
    >>> forward_pnl([1.0, 2.0, 3.0, 4.0], 2)
    array([ 5.,  7., nan, nan])
    """
    pnl = np.asarray(net_pnl_usd, dtype=np.float64)
    for name, value, least in (
        ("horizon_sessions", horizon_sessions, 1),
        ("fill_lag_sessions", fill_lag_sessions, 0),
    ):
        if value < least:
            raise ValueError(f"{name} must be >= {least}; the value was {value}")
    out = np.full(pnl.size, np.nan)
    if pnl.size > horizon_sessions + fill_lag_sessions:
        # Windows, not differences of a running sum: one NaN must not spoil the rows after it.
        earned = pnl[1 + fill_lag_sessions :]
        windows = np.lib.stride_tricks.sliding_window_view(earned, horizon_sessions)
        out[: windows.shape[0]] = windows.sum(axis=1)
    return out


def information_coefficients(
    signal: ArrayLike,
    net_pnl_usd: ArrayLike,
    horizon_sessions: ArrayLike = (1, 5, 10, 20),
    *,
    fill_lag_sessions: int = 0,
    min_pair_count: int = 3,
) -> InformationCoefficients:
    """Return the correlation of a signal with the P&L that follows its fill, by horizon.

    Grinold (1989). Two values of signal times error still move together over the horizon, whose
    P&L overlaps, and over the time in which the signal fades (twice -1 / ln of its slope on its
    previous value); Newey-West (1987) errors cover six times both together.

    Parameters
    ----------
    signal : float array, shape (n_sessions,)
        Signal known at the close of each session; NaN where there is none.
    net_pnl_usd : float array, shape (n_sessions,)
        Session P&L in dollars of a constant long position; NaN where unknown.
    horizon_sessions : int array, shape (n_horizons,), >= 1
        Horizons h.
    fill_lag_sessions : int, >= 0
        Closes from the signal to the fill.
    min_pair_count : int, >= 2
        Fewer pairs of signal and P&L give NaN and TOO_FEW_SESSIONS.

    Returns
    -------
    InformationCoefficients
        The t ratio alone is NaN when signal and P&L lie on one line, and when the signal hardly
        fades within the sample.

    Raises
    ------
    ValueError
        If lengths differ or a horizon is below 1.

    Examples
    --------
    >>> out = information_coefficients([1.0, 3.0, 2.0, 4.0], [0.0, 10.0, 30.0, 20.0], [1])
    >>> out.pearson_ratio, out.pair_count
    (array([1.]), array([3]))
    """
    signal_column, pnl_column = _pair_of_columns(signal, net_pnl_usd)
    horizons = np.asarray(horizon_sessions, dtype=np.int64)
    pearson, spearman, t_ratio = (np.full(horizons.size, np.nan) for _ in range(3))
    lag, pair_count = (np.zeros(horizons.size, dtype=np.int64) for _ in range(2))
    status = np.zeros(horizons.size, dtype=np.int8)
    fading = _fading_sessions(signal_persistence(signal_column).ar1_ratio)
    for i, horizon in enumerate(horizons.tolist()):
        future = forward_pnl(pnl_column, horizon, fill_lag_sessions)
        both = np.isfinite(signal_column) & np.isfinite(future)
        x, y = signal_column[both], future[both]
        pair_count[i], status[i] = x.size, _pair_status(x, y, min_pair_count)
        if status[i] == DiagnosticStatus.OK:
            pearson[i] = _correlation(x, y)
            spearman[i] = _correlation(_ranks(x), _ranks(y))
            t_ratio[i], lag[i] = _slope_t_ratio(x, y, horizon + 2 * fading)
    return InformationCoefficients(horizons, pearson, spearman, t_ratio, lag, pair_count, status)


def _fading_sessions(ar1_ratio: float) -> float:
    """Return the sessions in which a signal fades to 1 / e."""
    if ar1_ratio >= 1:
        return np.inf
    return -1 / np.log(ar1_ratio) if ar1_ratio > 0 else 0.0


def correlation(first: ArrayLike, second: ArrayLike, *, min_pair_count: int = 3) -> tuple:
    """Return correlation, pairs and status of two signals over the sessions that have both.

    Parameters
    ----------
    first, second : float array, shape (n_sessions,)
        Two signals; NaN where there is none.
    min_pair_count : int, >= 2
        Fewer pairs give NaN and TOO_FEW_SESSIONS.

    Returns
    -------
    tuple of float, int, DiagnosticStatus
        The correlation is NaN unless the status is OK.

    Examples
    --------
    >>> correlation([1.0, 2.0, 3.0, np.nan], [2.0, 4.0, 6.0, 1.0])[:2]
    (1.0, 3)
    """
    x, y = _pair_of_columns(first, second)
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    status = _pair_status(x, y, min_pair_count)
    return (_correlation(x, y) if status == DiagnosticStatus.OK else np.nan), x.size, status


def signal_persistence(signal: ArrayLike, *, min_pair_count: int = 3) -> SignalPersistence:
    """Return autoregression, half-life, autocorrelation, turnover and coverage of a signal.

    Half-life = ln 0.5 / ln(slope) of x_t = a + slope x_{t-1} + e.

    Parameters
    ----------
    signal : float array, shape (n_sessions,)
        Signal by session; NaN where there is none. Only neighbouring rows form a pair.
    min_pair_count : int, >= 2
        Fewer pairs give NaN and TOO_FEW_SESSIONS.

    Returns
    -------
    SignalPersistence

    Examples
    --------
    >>> out = signal_persistence([8.0, 4.0, 2.0, 1.0])
    >>> out.ar1_ratio, out.half_life_sessions, out.coverage_share
    (0.5, 1.0, 1.0)
    """
    column, _ = _pair_of_columns(signal, signal)
    known = np.isfinite(column)
    both = known[1:] & known[:-1]
    before, after = column[:-1][both], column[1:][both]
    coverage = float(known.mean()) if column.size else np.nan
    status = _pair_status(before, after, min_pair_count)
    slope = half_life = correlated = turnover = np.nan
    if status == DiagnosticStatus.OK:
        x = before - before.mean()
        slope = float((x @ (after - after.mean())) / (x @ x))
        correlated = _correlation(before, after)
        turnover = float(np.abs(after - before).sum() / np.abs(before).sum())
        if 0 < slope < 1:
            half_life = float(np.log(0.5) / np.log(slope))
    return SignalPersistence(slope, half_life, correlated, before.size, turnover, coverage, status)


def quantile_pnl(
    signal: ArrayLike,
    net_pnl_usd: ArrayLike,
    *,
    quantile_count: int = 5,
    horizon_sessions: int = 1,
    fill_lag_sessions: int = 0,
) -> QuantilePnl:
    """Return the mean P&L that follows a signal, by quantile of the signal.

    A session belongs to quantile floor(share of sessions with a smaller signal * quantiles), so
    equal signals never part, and far-reaching ties leave a quantile empty rather than guess.

    Parameters
    ----------
    signal : float array, shape (n_sessions,)
        Signal known at the close of each session; NaN where there is none.
    net_pnl_usd : float array, shape (n_sessions,)
        Session P&L in dollars; NaN where unknown.
    quantile_count : int, >= 2
        Number of quantiles.
    horizon_sessions : int, >= 1
        Sessions of P&L after the fill.
    fill_lag_sessions : int, >= 0
        Closes from the signal to the fill.

    Returns
    -------
    QuantilePnl
        TOO_FEW_SESSIONS with fewer pairs than quantiles; CONSTANT_SERIES when the signal does
        not vary.

    Raises
    ------
    ValueError
        If lengths differ, or `quantile_count` or `horizon_sessions` is out of range.

    Examples
    --------
    >>> out = quantile_pnl([1.0, 2.0, 3.0, 4.0, 9.0], [0.0, 10.0, 20.0, 30.0, 50.0],
    ...                    quantile_count=2)
    >>> out.mean_pnl_usd, out.session_count, out.monotonicity_ratio
    (array([15., 40.]), array([2, 2]), 1.0)
    """
    signal_column, pnl_column = _pair_of_columns(signal, net_pnl_usd)
    if quantile_count < 2:
        raise ValueError(f"quantile_count must be >= 2; the value was {quantile_count}")
    future = forward_pnl(pnl_column, horizon_sessions, fill_lag_sessions)
    both = np.isfinite(signal_column) & np.isfinite(future)
    x, y = signal_column[both], future[both]
    mean_pnl = np.full(quantile_count, np.nan)
    count = np.zeros(quantile_count, dtype=np.int64)
    if x.size < quantile_count:
        return QuantilePnl(mean_pnl, count, np.nan, DiagnosticStatus.TOO_FEW_SESSIONS)
    if _is_constant(x):
        return QuantilePnl(mean_pnl, count, np.nan, DiagnosticStatus.CONSTANT_SERIES)
    _, value, equal_count = np.unique(x, return_inverse=True, return_counts=True)
    smaller_count = (np.cumsum(equal_count) - equal_count)[value]
    quantile = smaller_count * quantile_count // x.size
    count = np.bincount(quantile, minlength=quantile_count)
    np.divide(
        np.bincount(quantile, weights=y, minlength=quantile_count),
        count,
        out=mean_pnl,
        where=count > 0,
    )
    filled = np.flatnonzero(count).astype(np.float64)
    means = mean_pnl[count > 0]
    monotonicity = np.nan
    if not _is_constant(means):
        monotonicity = _correlation(filled, _ranks(means))
    return QuantilePnl(mean_pnl, count, monotonicity, DiagnosticStatus.OK)
