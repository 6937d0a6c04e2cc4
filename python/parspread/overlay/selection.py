"""What picking among many runs does to a result: families tested together, trials counted.

Every test asks about mean P&L above zero; a run that loses is never significant.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, IntArray
from parspread.overlay.bootstrap import exact_values, long_run_variances
from parspread.overlay.sample_statistics import column_of, require_share


def false_discovery_shares(p_share: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return p-values adjusted for the share of false discoveries among the discoveries.

    Benjamini and Hochberg (1995) for independent tests, and Benjamini and Yekutieli (2001) for
    tests that depend on each other in any way.

    Parameters
    ----------
    p_share : float array, shape (k,)
        p-values in [0, 1]; NaN is no test and stays NaN.

    Returns
    -------
    bh, by : float arrays, shape (k,)
        In [0, 1], >= the p-value.

    Examples
    --------
    >>> false_discovery_shares([0.01, 0.5])[0]
    array([0.02, 0.5 ])
    """
    p = column_of("p_share", p_share)
    tested = np.flatnonzero(np.isfinite(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    rank = np.arange(1, order.size + 1)
    stepped = np.minimum.accumulate((p[order] * order.size / rank)[::-1])[::-1]
    bh, by = np.full((2, p.size), np.nan)
    bh[order] = np.minimum(stepped, 1.0)
    by[order] = np.minimum(stepped * (1 / rank).sum(), 1.0)
    return bh, by


def family_wise_share(p_share: ArrayLike, trial_count: ArrayLike) -> FloatArray:
    """Return the probability that the best of some independent worthless trials does as well.

    1 - (1 - p)^N; Sidak (1967).

    Parameters
    ----------
    p_share : float array
        p-values in [0, 1]; NaN gives NaN.
    trial_count : int array
        Trials N, >= 1.

    Returns
    -------
    float array, broadcast shape

    Examples
    --------
    >>> round(float(family_wise_share(0.01, 10)), 6)
    0.095618
    """
    p = np.asarray(p_share, dtype=np.float64)
    return -np.expm1(np.asarray(trial_count) * np.log1p(-np.minimum(p, 1 - 1e-16)))


def best_score_of_nothing(pnl: FloatArray, counts: Iterable[FloatArray]) -> FloatArray:
    """Return the best t ratio among trials in each resample of a world where none earns anything.

    The trials are resampled together, so that near-copies add little and independent trials add
    what they do; White (2000), studentised by the deviation of the resamples.

    Parameters
    ----------
    pnl : float array, shape (n, k)
        P&L of the trials, NaN where there is none; a trial without variance is left out.
    counts : iterable of float arrays, each of n columns
        Resamples, as of `parspread.overlay.bootstrap.resample_counts`.

    Returns
    -------
    float array, shape (resamples,)
        Empty when no trial varies.

    Examples
    --------
    >>> from parspread.overlay.bootstrap import resample_counts, uniform_draws
    >>> pnl = uniform_draws(1, np.arange(5_000, dtype=np.uint64)).reshape(100, 50)
    >>> best = best_score_of_nothing(pnl, resample_counts(100, 1.0, 500, 1))
    >>> bool(2.0 < np.median(best) < 2.5)
    True
    """
    scores = scores_of_nothing(pnl, counts)
    return scores.max(axis=1) if np.isfinite(scores).any() else np.array([])


def scores_of_nothing(pnl: FloatArray, counts: Iterable[FloatArray]) -> FloatArray:
    """Return the t ratio of each trial in each resample of a world where none earns anything.

    Arguments as of `best_score_of_nothing`.

    Returns
    -------
    float array, shape (resamples, k)
        -inf of a trial without variance.
    """
    is_there = np.isfinite(pnl)
    filled = np.where(is_there, pnl, 0.0)
    mean = filled.sum(axis=0) / np.maximum(is_there.sum(axis=0), 1)
    centred = np.where(is_there, filled - mean, 0.0)
    largest = np.abs(filled).max(axis=0, initial=0.0)
    varies = np.abs(centred).max(axis=0, initial=0.0) > 1e-12 * largest
    values = exact_values(centred)
    drawn = np.concatenate([block @ values for block in counts])
    deviation = drawn.std(axis=0)
    return np.where(varies, drawn / np.where(deviation > 0, deviation, np.inf), -np.inf)


@dataclass(frozen=True)
class SuperiorAbility:
    """Joint test of a family: whether its best run, and which of its runs, beats nothing.

    Attributes
    ----------
    lower_p_share, consistent_p_share, upper_p_share : float
        p-values of Hansen's test of superior predictive ability.
    stepwise_p_share : float array, shape (k,)
        p-value of each run, adjusted for all the others; Romano and Wolf (2005).
    """

    lower_p_share: float
    consistent_p_share: float
    upper_p_share: float
    stepwise_p_share: FloatArray


def superior_ability(
    pnl: FloatArray,
    counts: Iterable[FloatArray],
    block_sessions: float,
    *,
    is_studentised: bool = True,
) -> SuperiorAbility:
    """Test the runs of a family together against the benchmark of earning nothing.

    Hansen (2005), studentised: sqrt(n) mean / omega, the largest against the largest of resamples
    that are centred on the runs' own means (upper), on those that are not hopeless, mean >= -omega
    sqrt(2 log log n / n) (consistent), or on gains alone (lower). Stepwise: Romano and Wolf (2005)
    with the consistent centring, runs from best to worst, each against itself and all worse ones.

    Parameters
    ----------
    pnl : float array, shape (n, k)
        Finite session P&L of k >= 1 runs, any unit; subtract a benchmark to test against it.
    counts : iterable of float arrays, each of n columns
        Resamples, as of `parspread.overlay.bootstrap.resample_counts`.
    block_sessions : float, >= 1
        The mean block length of the resamples.
    is_studentised : bool
        Without it runs are compared by mean P&L, so that the most volatile ones count most.

    Returns
    -------
    SuperiorAbility
        A constant run has a stepwise p-value of 1.

    Examples
    --------
    >>> from parspread.overlay.bootstrap import resample_counts
    >>> pnl = np.array([[3.0, -1.0], [1.0, 1.0], [2.0, -2.0], [2.0, 1.0]])
    >>> superior_ability(pnl, resample_counts(4, 1.0, 200, 1), 1.0).consistent_p_share
    0.0
    """
    n = pnl.shape[0]
    values = exact_values(pnl)
    omega = np.sqrt(long_run_variances(values, block_sessions))
    varies = omega > 1e-12 * np.abs(values).max(axis=0, initial=0.0)
    safe = np.where(varies, omega, 1.0)
    scale = np.where(varies, np.sqrt(n) / (safe if is_studentised else 1.0), 0.0)
    score = values.mean(axis=0) * scale
    bar = -np.sqrt(2 * np.log(np.log(max(n, 3))))
    hopeless = score < bar * (1.0 if is_studentised else safe)
    centres = (np.maximum(score, 0.0), np.where(hopeless, 0.0, score), score)
    order = np.argsort(-score, kind="stable")
    exceeds, beaten, count = np.zeros(3), np.zeros(score.size), 0
    for block in counts:
        drawn = block @ values / n * scale
        exceeds += [((drawn - c).max(axis=1) > score.max()).sum() for c in centres]
        # The largest of a run and all that are worse: a running maximum from the worst.
        noise = (drawn - centres[1])[:, order[::-1]]
        largest = np.maximum.accumulate(noise, axis=1)[:, ::-1]
        beaten[order] += (largest > score[order]).sum(axis=0)
        count += block.shape[0]
    stepwise = np.empty(score.size)
    stepwise[order] = np.maximum.accumulate(beaten[order] / count)
    return SuperiorAbility(*(exceeds / count).tolist(), np.where(varies, stepwise, 1.0))


def overfitting_logits(return_dec: FloatArray, fold_count: int = 12) -> FloatArray:
    """Return where the best run of one half of history stands in the other, for every such half.

    Combinatorially symmetric cross-validation, Bailey, Borwein, Lopez de Prado and Zhu (2017):
    history is cut into folds, and for every choice of half of them the run with the best Sharpe
    ratio there is ranked among all in the rest; logit of rank / (k + 1). The probability of
    overfitting is the share that is <= 0.

    Parameters
    ----------
    return_dec : float array, shape (n, k)
        Finite session returns of k >= 2 runs.
    fold_count : int, even, from 2 to n
        Folds; there are C(fold_count, fold_count / 2) choices.

    Returns
    -------
    float array, shape (choices,)
        Equal runs share their mean rank; a run that is constant has a Sharpe ratio of 0.

    Raises
    ------
    ValueError
        If there are fewer than two runs, or `fold_count` is out of range.

    Examples
    --------
    >>> steady = np.array([1.0, 2.0, 1.0, 2.0])
    >>> overfitting_logits(np.column_stack([steady, -steady]), 2).round(4)
    array([0.6931, 0.6931])
    """
    n, run_count = return_dec.shape
    if run_count < 2:
        raise ValueError(f"return_dec must have two runs or more; it had {run_count}")
    if fold_count % 2 or not 2 <= fold_count <= n:
        raise ValueError(f"fold_count must be even and from 2 to {n}; the value was {fold_count}")
    halves = list(combinations(range(fold_count), fold_count // 2))
    chosen = np.zeros((len(halves), fold_count))
    chosen[np.arange(len(halves))[:, None], halves] = 1.0
    size, larger = divmod(n, fold_count)
    sizes = np.where(np.arange(fold_count) < larger, size + 1, size)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    values = exact_values(return_dec)
    sums = np.add.reduceat(values, first)
    squares = np.add.reduceat(exact_values(values**2), first)

    def sharpe(folds: FloatArray) -> FloatArray:
        count = (folds @ sizes)[:, None]
        mean = folds @ sums / count
        variance = (folds @ squares - count * mean**2) / np.maximum(count - 1, 1)
        floor = 1e-18 * np.abs(values).max(axis=0) ** 2
        return np.where(variance > floor, mean / np.sqrt(np.maximum(variance, floor + 1e-300)), 0.0)

    best = sharpe(chosen).argmax(axis=1)
    outside = sharpe(1 - chosen)
    own = outside[np.arange(len(halves)), best][:, None]
    rank = (outside < own).sum(axis=1) + ((outside == own).sum(axis=1) + 1) / 2
    return np.log(rank / (run_count + 1 - rank))


def trial_leaders(
    pnl: FloatArray,
    leader_pnl: FloatArray,
    min_correlation_ratio: float,
    *,
    min_common_count: int = 36,
) -> IntArray:
    """Return which earlier trial each trial is a near-copy of, or itself.

    One trial after the other joins the leader that its P&L correlates with most, or becomes a
    leader. The number of leaders is the effective number of trials; more trials never lower it.

    Parameters
    ----------
    pnl : float array, shape (n, k)
        P&L of the trials by month, NaN where there is none.
    leader_pnl : float array, shape (n, m)
        The same of known leaders.
    min_correlation_ratio : float, inside (0, 1)
        From this correlation on, two trials count as one.
    min_common_count : int, >= 2
        With fewer months in common nothing is known: the trial is one of its own.

    Returns
    -------
    int array, shape (k,)
        Position among leaders first and trials behind them: i < m is leader i, m + j is trial j.
        Trials without any P&L are copies of the first of them.

    Examples
    --------
    >>> months = np.sin(np.arange(40.0))
    >>> trial_leaders(np.column_stack([months, -months, 2 * months]), np.empty((40, 0)), 0.5)
    array([0, 1, 0])
    """
    require_share("min_correlation_ratio", min_correlation_ratio)
    known = leader_pnl.shape[1]
    every = np.hstack([leader_pnl, pnl])
    is_there = np.isfinite(every)
    values = np.where(is_there, every, 0.0)
    present = is_there.astype(np.float64)
    is_flat = ~(values != 0).any(axis=0)
    leaders = list(range(known))
    found = np.empty(pnl.shape[1], dtype=np.int64)
    for place in range(known, every.shape[1]):
        if is_flat[place]:
            flat = [leader for leader in leaders if is_flat[leader]]
            joined = flat[0] if flat else place
        else:
            correlation = _correlations(values, present, leaders, place, min_common_count)
            best = int(correlation.argmax()) if correlation.size else 0
            is_copy = correlation.size and correlation[best] >= min_correlation_ratio
            joined = leaders[best] if is_copy else place
        if joined == place:
            leaders.append(place)
        found[place - known] = joined
    return found


def _correlations(
    values: FloatArray, present: FloatArray, leaders: list[int], place: int, min_count: int
) -> FloatArray:
    """Return the correlation of one column with others over common rows, -1 where unknown."""
    own, weight = values[:, place], present[:, place]
    other, common = values[:, leaders], present[:, leaders] * weight[:, None]
    count = common.sum(axis=0)
    safe = np.maximum(count, 1.0)
    own_mean, other_mean = own @ common / safe, (other * common).sum(axis=0) / safe
    covariance = own @ (other * common) / safe - own_mean * other_mean
    own_variance = own**2 @ common / safe - own_mean**2
    other_variance = (other**2 * common).sum(axis=0) / safe - other_mean**2
    product = own_variance * other_variance
    known = (count >= min_count) & (product > 0)
    return np.where(known, covariance / np.sqrt(np.where(known, product, 1.0)), -1.0)
