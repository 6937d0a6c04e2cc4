"""Choosing a run on some sessions and trading it on others: what a choice is worth out of sample.

Sums of P&L by segment of history, between any two ends of a fold, a purge or an embargo, answer for
every split; days are forgotten.
"""

from dataclasses import dataclass

import numpy as np

from parspread.arrays import BoolArray, FloatArray, IntArray
from parspread.overlay.sample_statistics import require_positive
from parspread.overlay.splits import Split, combinatorial_splits, walk_forward_splits


@dataclass(frozen=True)
class FoldRules:
    """How history is cut.

    Attributes
    ----------
    fold_count : int, >= 2
        Folds of history.
    rolling_fold_count : int, >= 1
        Folds trained on by the rolling scheme.
    tested_fold_count : int, >= 1
        Folds tested at a time by the combinatorial scheme.
    purge_sessions, embargo_sessions : int, >= 0
        As of `parspread.overlay.splits`.
    min_session_count : int, >= 2
        Sessions that training needs.
    """

    fold_count: int
    rolling_fold_count: int
    tested_fold_count: int
    purge_sessions: int
    embargo_sessions: int
    min_session_count: int


@dataclass(frozen=True)
class Scheme:
    """One way to cut history, `anchored`, `rolling`, `combinatorial` or `holdout`."""

    name: str
    splits: list[Split]


def schemes(session_count: int, open_count: int, rules: FoldRules) -> list[Scheme]:
    """Return every scheme on a history whose sessions from `open_count` on are a holdout.

    Parameters
    ----------
    session_count : int
        Sessions of history.
    open_count : int, at most session_count
        Sessions before the holdout, which no other scheme sees.
    rules : FoldRules

    Returns
    -------
    list of Scheme
        Empty on a history of fewer sessions than folds; without a holdout none of that name.

    Raises
    ------
    ValueError
        As `combinatorial_splits` and `walk_forward_splits`.

    Examples
    --------
    >>> [(s.name, len(s.splits)) for s in schemes(60, 50, FoldRules(5, 2, 2, 1, 1, 2))]
    [('anchored', 4), ('rolling', 3), ('combinatorial', 10), ('holdout', 1)]
    """
    found = []
    around = {"purge_sessions": rules.purge_sessions, "embargo_sessions": rules.embargo_sessions}
    if open_count >= rules.fold_count:
        given = open_count, rules.fold_count
        rolling = walk_forward_splits(*given, train_fold_count=rules.rolling_fold_count, **around)
        combined = combinatorial_splits(*given, rules.tested_fold_count, **around)
        found += [
            Scheme("anchored", walk_forward_splits(*given, **around)),
            Scheme("rolling", rolling),
            Scheme("combinatorial", combined),
        ]
    whole = [
        Scheme(scheme.name, [_lengthened(split, session_count) for split in scheme.splits])
        for scheme in found
    ]
    if 0 < open_count < session_count:
        session = np.arange(session_count)
        known = open_count - rules.purge_sessions - rules.embargo_sessions
        whole.append(Scheme("holdout", [Split((0,), session >= open_count, session < known)]))
    return whole


def _lengthened(split: Split, session_count: int) -> Split:
    """Return a split of a longer history whose further sessions are neither."""
    more = (0, session_count - split.is_test.size)
    return Split(split.test_folds, np.pad(split.is_test, more), np.pad(split.is_train, more))


def segments_of(splits: list[Split]) -> IntArray:
    """Return the segment of each session: within one no split changes its mind.

    Examples
    --------
    >>> segments_of(walk_forward_splits(6, 3, purge_sessions=1))
    array([0, 1, 2, 3, 4, 4])
    """
    masks = np.array([mask for split in splits for mask in (split.is_test, split.is_train)])
    changes = (masks[:, 1:] != masks[:, :-1]).any(axis=0)
    return np.concatenate([[0], np.cumsum(changes)])


def runs_of(mask: BoolArray) -> list[tuple[int, int]]:
    """Return the first and the last position of every stretch of a mask.

    Examples
    --------
    >>> runs_of(np.array([True, True, False, True]))
    [(0, 1), (3, 3)]
    """
    edges = np.flatnonzero(np.diff(np.pad(mask.astype(np.int8), 1)))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


@dataclass(frozen=True)
class SegmentSums:
    """P&L of runs by segment.

    Attributes
    ----------
    total, square : float array, shape (n_segments, n_runs)
        Sums of P&L and of its square; sessions without a row have none.
    """

    total: FloatArray
    square: FloatArray

    @classmethod
    def empty(cls, segment_count: int, run_count: int) -> "SegmentSums":
        """Return sums to be filled."""
        return cls(*np.zeros((2, segment_count, run_count)))

    def fill(self, run: int, segment: IntArray, return_dec: FloatArray) -> None:
        """Add up the P&L of a run, whose rows lie in these segments."""
        count = self.total.shape[0]
        self.total[:, run] = np.bincount(segment, return_dec, count)
        self.square[:, run] = np.bincount(segment, return_dec**2, count)

    def sharpe_ratios(self, is_chosen: BoolArray, session_count: int) -> FloatArray:
        """Return the session Sharpe ratio of every run over some segments; 0 of a constant."""
        require_positive("session_count", session_count)
        total, square = self.total[is_chosen].sum(axis=0), self.square[is_chosen].sum(axis=0)
        return ratio_of(total, square, session_count)


def ratio_of(total: FloatArray, square: FloatArray, session_count: int) -> FloatArray:
    """Return mean over sample deviation from sums; 0 where there is no deviation.

    Examples
    --------
    >>> float(ratio_of(np.float64(4.0), np.float64(10.0), 2).round(6))
    1.414214
    """
    mean = total / session_count
    variance = (square - session_count * mean**2) / max(session_count - 1, 1)
    varies = variance > 1e-12 * np.maximum(square, 1e-300) / max(session_count - 1, 1)
    return np.where(varies, mean / np.sqrt(np.where(varies, variance, 1.0)), 0.0)


@dataclass(frozen=True)
class Outcome:
    """What a split chose and what that did; ratios are per session.

    Attributes
    ----------
    run : int
        Position of the chosen run, -1 without enough training.
    train_ratio, test_ratio, median_test_ratio : float
        Of the choice in training and out of sample, and of the median run out of sample.
    test_total, test_square : float
        Sums of P&L of the choice out of sample.
    """

    run: int
    train_ratio: float
    test_ratio: float
    median_test_ratio: float
    test_total: float
    test_square: float


def choose(sums: SegmentSums, segment: IntArray, split: Split, min_session_count: int) -> Outcome:
    """Choose the run with the best Sharpe ratio in training, of equals the first, and test it.

    Parameters
    ----------
    sums : SegmentSums
    segment : int array, shape (n,)
        As of `segments_of`.
    split : Split
    min_session_count : int
        With fewer sessions of training nothing is chosen.

    Returns
    -------
    Outcome

    Examples
    --------
    >>> splits = walk_forward_splits(8, 2)
    >>> segment, sums = segments_of(splits), SegmentSums.empty(2, 2)
    >>> sums.fill(0, segment, np.array([1.0, -1, 1, -1, 5, 4, 5, 6]))
    >>> sums.fill(1, segment, np.array([1.0, 2, 1, 2, -1, 1, -1, -1]))
    >>> found = choose(sums, segment, splits[0], 2)
    >>> found.run, found.test_total, found.test_ratio
    (1, -2.0, -0.5)
    """
    size = np.bincount(segment)
    is_train = np.isin(np.arange(size.size), segment[split.is_train])
    is_test = np.isin(np.arange(size.size), segment[split.is_test])
    if size[is_train].sum() < min_session_count:
        return Outcome(-1, *[np.nan] * 5)
    trained = sums.sharpe_ratios(is_train, int(size[is_train].sum()))
    run = int(trained.argmax())
    tested = sums.sharpe_ratios(is_test, int(size[is_test].sum()))
    return Outcome(
        run,
        float(trained[run]),
        float(tested[run]),
        float(np.median(tested)),
        float(sums.total[is_test, run].sum()),
        float(sums.square[is_test, run].sum()),
    )
