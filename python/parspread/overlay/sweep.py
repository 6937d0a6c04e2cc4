"""Measure points of a sweep where they are simulated, and find those that did the same.

A point has a line of figures and its P&L by month; its days are forgotten with its block.
"""

from math import nan, sqrt

import numpy as np
from scipy.special import ndtr

from parspread.arrays import FloatArray, IntArray
from parspread.compiled import njit
from parspread.overlay.selection import scores_of_nothing

# Leaders whose months are compared with those of later points; a point that is like none of so many
# counts as a trial of its own, unseen.
MAX_LEADERS = 500
# As in `sample_deviation`: what varies less is constant.
_CONSTANT_TOL_RATIO = 1e-12
# Resamples of nothing in which a trial stays below its bar, by which near-copies are counted.
_BAR_SHARE = 0.95


@njit
def measure_paths(net_pnl_usd, day, row_count, month_of_day, shape, month_pnl_usd):
    """Write skewness, kurtosis, t ratio and P&L by month of the runs of a block.

    Parameters
    ----------
    net_pnl_usd, day : float array, shape (n_runs, n_days)
        As of `parspread.overlay.run_loop.Paths`.
    row_count : int array, shape (n_runs,)
    month_of_day : int array, shape (n_days,)
        Position of the month of each day of the calendar.
    shape : float array, shape (n_runs, 4)
        Filled: Sharpe ratio per session, skewness, kurtosis, Newey-West t ratio; NaN of a constant.
    month_pnl_usd : float array, shape (n_runs, n_months)
        Filled; NaN where a run has no row.
    """
    for line in range(row_count.shape[0]):
        n = row_count[line]
        month_pnl_usd[line] = nan
        shape[line] = nan
        total = 0.0
        largest = 0.0
        for row in range(n):
            value = net_pnl_usd[line, row]
            total += value
            largest = max(largest, abs(value))
            month = month_of_day[int(day[line, row])]
            if np.isnan(month_pnl_usd[line, month]):
                month_pnl_usd[line, month] = 0.0
            month_pnl_usd[line, month] += value
        if n < 2 or not largest > 0.0:
            continue
        mean = total / n
        # Scaled first: the fourth power of a tiny P&L would underflow.
        second, third, fourth = 0.0, 0.0, 0.0
        for row in range(n):
            centred = (net_pnl_usd[line, row] - mean) / largest
            second += centred**2
            third += centred**3
            fourth += centred**4
        deviation = largest * sqrt(second / (n - 1))
        if not deviation > _CONSTANT_TOL_RATIO * largest:
            continue
        shape[line, 0] = mean / deviation
        shape[line, 1] = third / n / (second / n) ** 1.5
        shape[line, 2] = fourth / n / (second / n) ** 2
        lag_sessions = min(int(4 * (n / 100) ** (2 / 9)), n - 1)
        variance = second
        for lag in range(1, lag_sessions + 1):
            product = 0.0
            for row in range(lag, n):
                earlier = (net_pnl_usd[line, row - lag] - mean) / largest
                product += (net_pnl_usd[line, row] - mean) / largest * earlier
            variance += 2 * (1 - lag / (lag_sessions + 1)) * product
        if variance > 0.0:
            shape[line, 3] = total / largest / sqrt(variance)


@njit
def point_leaders(month_pnl_usd, min_correlation_ratio):
    """Return which earlier point each point is a near-copy of, or itself.

    As `parspread.overlay.selection.trial_leaders`, for thousands of points of one history: a month
    without a row is a month without P&L, and points without any are copies of the first of them.

    Parameters
    ----------
    month_pnl_usd : float array, shape (n_points, n_months)
    min_correlation_ratio : float, inside (0, 1)

    Returns
    -------
    int array, shape (n_points,)
        Position of the leader.

    Examples
    --------
    >>> months = np.sin(np.arange(40.0))
    >>> point_leaders(np.array([months, -months, 2 * months]), 0.5)
    array([0, 1, 0])
    """
    count, month_count = month_pnl_usd.shape
    found = np.zeros(count, np.int64)
    unit = np.zeros((min(count, MAX_LEADERS), month_count))
    leader = np.zeros(unit.shape[0], np.int64)
    leader_count = 0
    flat = -1
    own = np.zeros(month_count)
    for point in range(count):
        mean = 0.0
        for month in range(month_count):
            value = month_pnl_usd[point, month]
            own[month] = 0.0 if np.isnan(value) else value
            mean += own[month] / month_count
        length = 0.0
        largest = 0.0
        for month in range(month_count):
            largest = max(largest, abs(own[month]))
            own[month] -= mean
            length += own[month] ** 2
        if not largest > 0.0:
            flat = point if flat < 0 else flat
            found[point] = flat
            continue
        best, joined = min_correlation_ratio, point
        for known in range(leader_count if length > 0.0 else 0):
            product = 0.0
            for month in range(month_count):
                product += own[month] * unit[known, month]
            if product / sqrt(length) >= best:
                best, joined = product / sqrt(length), leader[known]
        found[point] = joined
        if joined == point and leader_count < unit.shape[0] and length > 0.0:
            for month in range(month_count):
                unit[leader_count, month] = own[month] / sqrt(length)
            leader[leader_count] = point
            leader_count += 1
    return found


def equivalent_trial_counts(
    month_pnl_usd: FloatArray, leader: IntArray, counts: FloatArray, block_size: int = 512
) -> FloatArray:
    """Return how many independent trials the points of each leader are worth.

    In resamples of a world where no point earns anything, the best t ratio among the points of a
    leader stays below some bar 95 times in 100; so does the best of so many independent trials.

    Parameters
    ----------
    month_pnl_usd : float array, shape (n_points, n_months)
        NaN where a point has no row.
    leader : int array, shape (n_points,)
        As of `point_leaders`.
    counts : float array, shape (n_resamples, n_months)
        As of `parspread.overlay.bootstrap.resample_counts`.

    Returns
    -------
    float array, shape (n_points,)
        In [1, points of the leader] at the leader; NaN elsewhere.

    Examples
    --------
    >>> from parspread.overlay.bootstrap import resample_counts
    >>> months = np.sin(np.arange(100.0) ** 2)
    >>> counts = np.concatenate(list(resample_counts(100, 3.0, 500, 1)))
    >>> equivalent_trial_counts(np.array([months, months]), np.zeros(2, int), counts).round(1)
    array([ 1., nan])
    """
    order = np.argsort(leader, kind="stable")
    worth = np.full(len(leader), np.nan)
    best: FloatArray = np.empty(0)
    last = -1
    for first in range(0, len(order), block_size):
        block = order[first : first + block_size]
        scores = scores_of_nothing(month_pnl_usd[block].T, [counts])
        for place in np.unique(leader[block]):
            top = scores[:, leader[block] == place].max(axis=1)
            best = np.maximum(best, top) if place == last else top
            last = int(place)
            bar = min(float(ndtr(np.quantile(best, _BAR_SHARE))), 1 - 1e-12)
            worth[place] = np.log(_BAR_SHARE) / np.log(bar) if bar > 0 else 1.0
    size = np.bincount(leader, minlength=len(leader))
    return np.clip(worth, 1.0, np.maximum(size, 1))
