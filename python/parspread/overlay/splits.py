"""Splits of history into training and test sessions: nothing of the test leaks into the training.

Purging removes the training sessions just before a test, whose positions reach into it; the
embargo removes those just after it, which remember it; Lopez de Prado (2018), chapter 7. The
sessions after a test are purged as well.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from parspread.arrays import BoolArray, IntArray


@dataclass(frozen=True)
class Split:
    """One split: first and end of each test fold, and what may be trained on.

    Attributes
    ----------
    test_folds : tuple of int
        Folds that are tested.
    is_test, is_train : bool array, shape (n,)
        Sessions; a session may be neither.
    """

    test_folds: tuple[int, ...]
    is_test: BoolArray
    is_train: BoolArray


def fold_numbers(session_count: int, fold_count: int) -> IntArray:
    """Return the fold of each session: equal and consecutive, the last takes the remainder.

    Examples
    --------
    >>> fold_numbers(7, 3)
    array([0, 0, 1, 1, 2, 2, 2])
    """
    if not 2 <= fold_count <= session_count:
        raise ValueError(
            f"fold_count must be from 2 to {session_count} sessions; the value was {fold_count}"
        )
    return np.minimum(np.arange(session_count) // (session_count // fold_count), fold_count - 1)


def combinatorial_splits(
    session_count: int,
    fold_count: int,
    test_fold_count: int,
    *,
    purge_sessions: int = 0,
    embargo_sessions: int = 0,
) -> list[Split]:
    """Return every way to test some folds and train on the rest; Lopez de Prado (2018), 12.4.

    Parameters
    ----------
    session_count : int
        Sessions n of history.
    fold_count : int, from 2 to n
        Folds of history, as of `fold_numbers`.
    test_fold_count : int, from 1 to fold_count - 1
        Folds tested at a time.
    purge_sessions, embargo_sessions : int, >= 0
        Sessions that are not trained on: the purge before a test, purge plus embargo after it.

    Returns
    -------
    list of Split
        In the order of `itertools.combinations`.

    Raises
    ------
    ValueError
        If a count is out of range.

    Examples
    --------
    >>> [split.test_folds for split in combinatorial_splits(6, 3, 2)]
    [(0, 1), (0, 2), (1, 2)]
    >>> combinatorial_splits(6, 3, 1, purge_sessions=1)[1].is_train
    array([ True, False, False, False, False,  True])
    """
    fold = fold_numbers(session_count, fold_count)
    if not 1 <= test_fold_count < fold_count:
        raise ValueError(
            f"test_fold_count must be from 1 to {fold_count - 1}; the value was {test_fold_count}"
        )
    splits = []
    for chosen in combinations(range(fold_count), test_fold_count):
        is_test = np.isin(fold, chosen)
        is_train = ~(is_test | _near(is_test, purge_sessions, purge_sessions + embargo_sessions))
        splits.append(Split(chosen, is_test, is_train))
    return splits


def walk_forward_splits(
    session_count: int,
    fold_count: int,
    *,
    train_fold_count: int | None = None,
    purge_sessions: int = 0,
    embargo_sessions: int = 0,
) -> list[Split]:
    """Return the splits that test each fold but the first after training on what came before.

    Parameters
    ----------
    session_count : int
        Sessions n of history.
    fold_count : int, from 2 to n
        Folds of history, as of `fold_numbers`.
    train_fold_count : int, >= 1, optional
        Folds trained on, so that the first that many are never tested (rolling); without it all
        earlier ones (anchored).
    purge_sessions, embargo_sessions : int, >= 0
        Sessions before the test that are not trained on; there is no training after it.

    Returns
    -------
    list of Split
        From the first test to the last.

    Raises
    ------
    ValueError
        If a count is out of range.

    Examples
    --------
    >>> [int(split.is_train.sum()) for split in walk_forward_splits(8, 4)]
    [2, 4, 6]
    >>> [int(split.is_train.sum()) for split in walk_forward_splits(8, 4, train_fold_count=2)]
    [4, 4]
    """
    fold = fold_numbers(session_count, fold_count)
    first = 1 if train_fold_count is None else train_fold_count
    if not 1 <= first < fold_count:
        raise ValueError(
            f"train_fold_count must be from 1 to {fold_count - 1}; the value was {train_fold_count}"
        )
    splits = []
    for tested in range(first, fold_count):
        is_test = fold == tested
        oldest = 0 if train_fold_count is None else tested - train_fold_count
        is_train = (fold < tested) & (fold >= oldest)
        is_train &= ~_near(is_test, purge_sessions + embargo_sessions, 0)
        splits.append(Split((tested,), is_test, is_train))
    return splits


def _near(is_test: BoolArray, before_sessions: int, after_sessions: int) -> BoolArray:
    """Return the sessions within so many before, or after, a session that is tested."""
    for name, value in (("purge", before_sessions), ("purge and embargo", after_sessions)):
        if value < 0:
            raise ValueError(f"{name} must be >= 0 sessions; the value was {value}")
    tests = np.concatenate([[0], np.cumsum(is_test)])
    session = np.arange(is_test.size)
    last = np.minimum(session + before_sessions + 1, is_test.size)
    return tests[last] > tests[np.maximum(session - after_sessions, 0)]
