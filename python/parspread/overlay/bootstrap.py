"""The stationary bootstrap: blocks of random length from a series that closes on itself.

Politis and Romano (1994). Draws come from a seed alone, and sums are exact, so that a resample is
the same number on every machine and at any number of threads.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parspread.arrays import FloatArray, IntArray
from parspread.overlay.sample_statistics import column_of, require_positive

# Values are rounded to 2^-38 of the largest: sums of up to 2^14 of them are exact in any order.
_EXACT_BITS = 38
_CHUNK_ROWS = 128


def exact_values(values: FloatArray) -> FloatArray:
    """Round each column to a grid of its own on which sums do not depend on their order.

    Parameters
    ----------
    values : float array, shape (n, k)
        Finite.

    Returns
    -------
    float array, shape (n, k)
        Within 4e-12 of the largest absolute value of the column.

    Examples
    --------
    >>> bool(abs(exact_values(np.array([[0.1], [0.2]])).sum() - 0.3) < 1e-12)
    True
    """
    largest = np.abs(values).max(axis=0, initial=0.0)
    step = np.exp2(np.ceil(np.log2(np.where(largest > 0, largest, 1.0))) - _EXACT_BITS)
    return np.rint(values / step) * step


def stationary_block_sessions(values: ArrayLike) -> float:
    """Return the mean block length that suits a series best.

    Politis and White (2004), corrected by Patton, Politis and White (2009).

    Parameters
    ----------
    values : float array, shape (n,)
        Finite observations, any unit.

    Returns
    -------
    float
        In sessions, >= 1, at most min(3 sqrt n, n / 3); 1 for a constant series or fewer than 9
        values.

    Examples
    --------
    >>> stationary_block_sessions([1.0, 2.0])
    1.0
    """
    column = column_of("values", values)
    n = column.size
    centred = column - column.mean() if n else column
    if n < 9 or not np.abs(centred).max() > 1e-12 * np.abs(column).max():
        return 1.0
    run_length = max(5, int(np.log10(n)))
    max_lag = min(int(np.ceil(np.sqrt(n))) + run_length, n - 2)
    lags = range(max_lag + 1)
    products = np.array([centred[lag:] @ centred[: n - lag] for lag in lags])
    squares = np.concatenate([[0.0], np.cumsum(centred**2)])
    ends = np.arange(1, max_lag + 2)
    scale = np.sqrt((squares[n] - squares[ends]) * squares[n - ends])
    is_small = np.abs(products) < 2 * np.sqrt(np.log10(n) / n) * scale
    quiet = np.convolve(is_small, np.ones(run_length), "valid")[: max_lag + 1 - run_length]
    first = np.flatnonzero(quiet == run_length)
    lag_count = min(2 * max(int(first[0]), 1), max_lag) if first.size else max_lag
    lag = np.arange(1, lag_count + 1)
    weight = np.minimum(1.0, 2 * (1 - lag / lag_count)) * products[1 : lag_count + 1] / n
    slope, variance = 2 * (weight @ lag), products[0] / n + 2 * weight.sum()
    if variance == 0:
        return 1.0
    length = (slope**2 / variance**2 * n) ** (1 / 3)
    return float(max(1.0, min(length, np.ceil(min(3 * np.sqrt(n), n / 3)))))


def resample_counts(
    session_count: int, block_sessions: float, resample_count: int, seed: int
) -> Iterator[FloatArray]:
    """Yield how often each resample holds each session, some resamples at a time.

    Parameters
    ----------
    session_count : int, >= 1
        Sessions of the series and of every resample.
    block_sessions : float, >= 1
        Mean length of a block; lengths are geometric, and the last block is cut.
    resample_count : int, >= 0
        Resamples.
    seed : int, >= 0
        Equal seeds give equal resamples.

    Yields
    ------
    float array, shape (rows, session_count)
        Every row sums to `session_count`.

    Examples
    --------
    >>> counts = np.concatenate(list(resample_counts(5, 2.0, 3, 1)))
    >>> counts.shape, counts.sum(axis=1)
    ((3, 5), array([5., 5., 5.]))
    """
    require_positive("session_count", session_count)
    if not block_sessions >= 1:
        raise ValueError(f"block_sessions must be >= 1; the value was {block_sessions}")
    for first in range(0, resample_count, _CHUNK_ROWS):
        rows = min(_CHUNK_ROWS, resample_count - first)
        start, length = _blocks(seed, first, rows, session_count, block_sessions)
        line = np.arange(rows)[:, None] * (2 * session_count + 1)
        cells = rows * (2 * session_count + 1)
        opened = np.bincount((line + start).ravel(), minlength=cells)
        closed = np.bincount((line + start + length).ravel(), minlength=cells)
        held = np.cumsum((opened - closed).reshape(rows, -1), axis=1)
        yield (held[:, :session_count] + held[:, session_count:-1]).astype(np.float64)


def _blocks(
    seed: int, first_row: int, rows: int, session_count: int, block_sessions: float
) -> tuple[IntArray, IntArray]:
    """Return first session and length of the blocks of each row; its lengths sum to the row."""
    per_row = int(session_count / block_sessions + 4 * np.sqrt(session_count / block_sessions)) + 8
    goes_on = 1 - 1 / block_sessions
    row = np.arange(first_row, first_row + rows, dtype=np.uint64)[:, None]
    ends = np.zeros((rows, 1), dtype=np.int64)
    start = np.empty((rows, 0), dtype=np.int64)
    while ends[:, -1].min() < session_count:
        number = np.arange(start.shape[1], start.shape[1] + per_row, dtype=np.uint64)
        key = (row << np.uint64(32)) + (number << np.uint64(1))
        start = np.hstack([start, (uniform_draws(seed, key) * session_count).astype(np.int64)])
        length = np.ones((rows, per_row), dtype=np.int64)
        if goes_on > 0:
            drawn = uniform_draws(seed, key + np.uint64(1))
            length += (np.log(1 - drawn) / np.log(goes_on)).astype(np.int64)
        ends = np.hstack([ends, ends[:, -1:] + np.cumsum(length, axis=1)])
    return start, np.diff(np.minimum(ends, session_count), axis=1)


def uniform_draws(seed: int, key: NDArray[np.uint64]) -> FloatArray:
    """Return a number in [0, 1) for each key: the output of SplitMix64 at that step; Steele (2014).

    A function of seed and key alone, so that a draw is the same in any order and version.

    Examples
    --------
    >>> uniform_draws(0, np.array([0], dtype=np.uint64)).round(6)
    array([0.883311])
    """
    state = np.uint64(seed) + (key + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    state ^= state >> np.uint64(31)
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53


def long_run_variances(values: FloatArray, block_sessions: float) -> FloatArray:
    """Return the variance of sqrt(n) times the mean under the stationary bootstrap, exactly.

    g_0 + 2 sum_i k_i g_i, k_i = (1 - i/n)(1 - p)^i + (i/n)(1 - p)^(n - i), p one over the mean
    block length and g_i the autocovariances; Politis and Romano (1994), equation 7.

    Parameters
    ----------
    values : float array, shape (n, k)
        Finite.
    block_sessions : float, >= 1
        Mean length of a block.

    Returns
    -------
    float array, shape (k,)
        0 for a constant column.

    Examples
    --------
    >>> long_run_variances(np.array([[1.0], [-1.0], [1.0], [-1.0]]), 1.0)
    array([1.])
    """
    n = values.shape[0]
    size = 1 << (2 * n - 1).bit_length()
    lag = np.arange(1, n)
    stays = 1 - 1 / block_sessions
    kappa = (1 - lag / n) * stays**lag + lag / n * stays ** (n - lag)
    weights = np.concatenate([[1.0], 2 * kappa]) / n
    found = np.empty(values.shape[1])
    for place, column in enumerate(values.T):
        spectrum = np.fft.rfft(column - column.mean(), size)
        covariances = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[:n]
        found[place] = max(float((weights * covariances).sum()), 0.0)
    return found
