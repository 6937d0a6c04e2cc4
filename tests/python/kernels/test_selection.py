"""Families of runs tested together, against loops that say what is meant."""

import math
from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from parspread.overlay.bootstrap import (
    exact_values,
    long_run_variances,
    resample_counts,
    stationary_block_sessions,
    uniform_draws,
)
from parspread.overlay.selection import (
    best_score_of_nothing,
    false_discovery_shares,
    family_wise_share,
    overfitting_logits,
    superior_ability,
    trial_leaders,
)
from parspread.overlay.sharpe import ar1_t_ratio, expected_max_sharpe_ratio, min_backtest_sessions
from parspread.overlay.splits import combinatorial_splits, fold_numbers, walk_forward_splits


def noise(seed, session_count=80, run_count=5):
    random = np.random.default_rng(seed)
    pnl = random.normal(size=(session_count, run_count)) * random.uniform(1, 9, run_count)
    return pnl + 0.3 * np.roll(pnl, 1, axis=0) + random.choice([0.0, 1.0, -2.0], run_count)


def split_mix(seed, key):
    """SplitMix64 as it is published, one step at a time, and its upper 53 bits."""
    state, mask = (seed + (key + 1) * 0x9E3779B97F4A7C15) & (2**64 - 1), 2**64 - 1
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & mask
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & mask
    return ((state ^ (state >> 31)) >> 11) / 2**53


def test_draws_are_uniform_and_do_not_know_their_neighbours():
    # The published first output of the generator for seed 1234567.
    assert int(uniform_draws(1234567, np.array([0], np.uint64))[0] * 2**53) == (
        6457827717110365317 >> 11
    )
    row, number = np.meshgrid(np.arange(300), np.arange(300), indexing="ij")
    drawn = uniform_draws(7, ((row << 32) + number).astype(np.uint64))
    share = np.histogram(drawn, 100, (0, 1))[0] / drawn.size
    assert np.abs(share - 0.01).max() < 5 * np.sqrt(0.01 / drawn.size)
    for one, other in ((drawn[1:], drawn[:-1]), (drawn[:, 1:], drawn[:, :-1])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.015


@pytest.mark.parametrize("block", [1.0, 2.5, 40.0])
def test_counts_are_those_of_blocks_laid_end_to_end_around_the_series(block):
    n, rows = 37, 6
    found = np.concatenate(list(resample_counts(n, block, rows, 5)))
    per_row = int(n / block + 4 * math.sqrt(n / block)) + 8
    for row in range(rows):
        sessions = []
        for number in range(per_row):
            u, v = (split_mix(5, (row << 32) + 2 * number + second) for second in (0, 1))
            first = int(u * n)
            size = 1 if block == 1 else 1 + int(math.log(1 - v) / math.log(1 - 1 / block))
            sessions += [(first + step) % n for step in range(size)]
        assert len(sessions) >= n
        assert_array_equal(found[row], np.bincount(sessions[:n], minlength=n))


def test_blocks_have_their_mean_length_and_rows_do_not_depend_on_how_many_are_asked_for():
    several = np.concatenate(list(resample_counts(60, 7.0, 300, 9)))
    assert_array_equal(several[:128], next(resample_counts(60, 7.0, 128, 9)))
    assert np.abs(several.mean() - 1) < 1e-12
    # The mean of n sessions has the variance that the exact formula gives.
    pnl = noise(3, 60, 1)
    drawn = several @ pnl / 60
    assert_allclose(drawn.var() * 60, long_run_variances(pnl, 7.0)[0], rtol=0.2)


def test_sums_of_exact_values_do_not_depend_on_their_order():
    values = exact_values(np.random.default_rng(2).normal(size=(3_000, 3)) * [1e-9, 1.0, 1e12])
    shuffled = np.random.default_rng(3).permutation(values)
    plain = [sum(column) for column in shuffled.T.tolist()]
    assert_array_equal(np.ones(3_000) @ values, plain)


def test_long_run_variance_is_the_weighted_sum_of_autocovariances():
    pnl, block = noise(4, 50, 2), 6.0
    n, p = 50, 1 / block
    for column, found in zip(pnl.T, long_run_variances(pnl, block), strict=True):
        e = column - column.mean()
        total = sum(e**2) / n
        for i in range(1, n):
            kappa = (1 - i / n) * (1 - p) ** i + i / n * (1 - p) ** (n - i)
            total += 2 * kappa * sum(e[: n - i] * e[i:]) / n
        assert_allclose(found, total, rtol=1e-10)


def plain_superior_ability(pnl, counts, block, is_studentised):
    """Hansen's test and the stepwise p-values, one resample and one run after the other."""
    n, k = pnl.shape
    omega = np.sqrt(long_run_variances(pnl, block))
    unit = omega if is_studentised else np.ones(k)
    score = [math.sqrt(n) * pnl[:, j].mean() / unit[j] for j in range(k)]
    bar = -math.sqrt(2 * math.log(math.log(n)))
    centre = {
        "lower": [max(s, 0) for s in score],
        "consistent": [
            s if s * u >= bar * o else 0.0 for s, u, o in zip(score, unit, omega, strict=True)
        ],
        "upper": score,
    }
    exceeds = dict.fromkeys(centre, 0)
    beaten = [0] * k
    rows = [row for block_of_rows in counts for row in block_of_rows]
    for row in rows:
        drawn = [math.sqrt(n) * (row @ pnl[:, j]) / n / unit[j] for j in range(k)]
        for name, middle in centre.items():
            exceeds[name] += max(d - c for d, c in zip(drawn, middle, strict=True)) > max(score)
        for j in range(k):
            rivals = [i for i in range(k) if score[i] <= score[j]]
            beaten[j] += max(drawn[i] - centre["consistent"][i] for i in rivals) > score[j]
    stepwise = [
        max(beaten[i] for i in range(k) if score[i] >= score[j]) / len(rows) for j in range(k)
    ]
    return [e / len(rows) for e in exceeds.values()], stepwise


@pytest.mark.parametrize("is_studentised", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_superior_ability_equals_its_slow_twin(seed, is_studentised):
    pnl, block = noise(seed), 3.0
    counts = list(resample_counts(80, block, 60, seed))
    found = superior_ability(pnl, counts, block, is_studentised=is_studentised)
    shares, stepwise = plain_superior_ability(pnl, counts, block, is_studentised)
    assert [found.lower_p_share, found.consistent_p_share, found.upper_p_share] == shares
    assert_array_equal(found.stepwise_p_share, stepwise)


def test_best_score_of_nothing_equals_its_slow_twin():
    pnl = noise(5, 40, 4)
    pnl[:7, 1] = np.nan
    pnl[:, 3] = 2.5
    counts = list(resample_counts(40, 2.0, 30, 3))
    totals = []
    for row in np.concatenate(counts):
        totals.append([])
        for j in range(3):
            mean = np.nanmean(pnl[:, j])
            centred = [0.0 if math.isnan(x) else x - mean for x in pnl[:, j]]
            totals[-1].append(sum(w * c for w, c in zip(row, centred, strict=True)))
    scale = np.std(totals, axis=0)
    expected = [max(t / s for t, s in zip(total, scale, strict=True)) for total in totals]
    assert_allclose(best_score_of_nothing(pnl, counts), expected, atol=1e-9)
    assert best_score_of_nothing(pnl[:, 3:], counts).size == 0


def test_a_run_without_p_and_l_is_never_superior_and_changes_nothing_for_others():
    pnl = noise(11)
    counts = list(resample_counts(80, 2.0, 50, 1))
    alone = superior_ability(pnl, counts, 2.0)
    joined = superior_ability(np.hstack([pnl, np.zeros((80, 1))]), counts, 2.0)
    assert joined.stepwise_p_share[-1] == 1.0
    assert_array_equal(joined.stepwise_p_share[:-1], alone.stepwise_p_share)


@pytest.mark.parametrize(("seed", "folds"), [(1, 4), (2, 6), (3, 8)])
def test_overfitting_equals_its_slow_twin(seed, folds):
    pnl = noise(seed, 50, 4)
    pnl[:, 3] = pnl[:, 2]
    blocks = np.array_split(np.arange(50), folds)
    expected = []
    for chosen in combinations(range(folds), folds // 2):
        inside = np.concatenate([blocks[i] for i in chosen])
        outside = np.setdiff1d(np.arange(50), inside)
        ratio = [c[inside].mean() / c[inside].std(ddof=1) for c in pnl.T]
        best = next(i for i, r in enumerate(ratio) if r >= max(ratio) - 1e-12)
        other = [c[outside].mean() / c[outside].std(ddof=1) for c in pnl.T]
        below = sum(o < other[best] - 1e-12 for o in other)
        equal = sum(abs(o - other[best]) <= 1e-12 for o in other)
        rank = below + (equal + 1) / 2
        expected.append(math.log(rank / (5 - rank)))
    assert_allclose(overfitting_logits(pnl, folds), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("runs", "folds", "said"), [(1, 4, "two runs"), (3, 5, "even"), (3, 60, "from 2 to 50")]
)
def test_overfitting_refuses_what_has_no_halves(runs, folds, said):
    with pytest.raises(ValueError, match=said):
        overfitting_logits(np.zeros((50, runs)), folds)


def test_adjusted_p_values_are_the_smallest_that_any_larger_one_allows():
    p = np.array([0.03, np.nan, 0.001, 0.2, 0.03, 0.9])
    bh, by = false_discovery_shares(p)
    tested = [q for q in p if not math.isnan(q)]
    harmonic = sum(1 / i for i in range(1, len(tested) + 1))
    for q, found, dependent in zip(p, bh, by, strict=True):
        if math.isnan(q):
            assert math.isnan(found) and math.isnan(dependent)
            continue
        allowed = [len(tested) * r / sum(s <= r for s in tested) for r in tested if r >= q]
        assert_allclose([found, dependent], [min(allowed), min(1, harmonic * min(allowed))])


def test_family_wise_share_keeps_its_digits_for_tiny_p_values():
    assert_allclose(family_wise_share([1e-20, 0.5, 1.0], [10, 2, 3]), [1e-19, 0.75, 1.0])
    assert math.isnan(family_wise_share(math.nan, 3))


def plain_leaders(pnl, known, bar, need):
    every = [*known.T, *pnl.T]
    leaders, found = list(range(known.shape[1])), []
    for place in range(len(leaders), len(every)):
        best, joined = bar, place
        for leader in leaders:
            both = np.isfinite(every[place]) & np.isfinite(every[leader])
            flat = [not np.nan_to_num(every[i]).any() for i in (place, leader)]
            if all(flat):
                joined = leader
                break
            if both.sum() < need or any(flat):
                continue
            r = np.corrcoef(every[place][both], every[leader][both])[0, 1]
            if r >= best + 1e-12:
                best, joined = r, leader
        if joined == place:
            leaders.append(place)
        found.append(joined)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_leaders_equal_their_slow_twin(seed):
    random = np.random.default_rng(seed)
    base = random.normal(size=(60, 4))
    pnl = base @ random.normal(size=(4, 12)) + 0.4 * random.normal(size=(60, 12))
    pnl[:, 5] = pnl[:, 9] = 0.0
    pnl[: random.integers(10, 50), 3] = np.nan
    known = base[:, :2] + 0.1 * random.normal(size=(60, 2))
    assert_array_equal(trial_leaders(pnl, known, 0.5), plain_leaders(pnl, known, 0.5, 36))


def test_a_grid_of_near_copies_is_few_trials_and_independent_runs_are_many():
    random = np.random.default_rng(8)
    months = random.normal(size=(150, 1))
    grid = months + 0.3 * random.normal(size=(150, 200))
    own = random.normal(size=(150, 100))
    none = np.empty((150, 0))
    assert len(set(trial_leaders(grid, none, 0.5))) == 1
    assert len(set(trial_leaders(own, none, 0.5))) == 100
    # What came first keeps its place, whatever is tried later.
    both = trial_leaders(np.hstack([own, grid]), none, 0.5)
    assert_array_equal(both[:100], trial_leaders(own, none, 0.5))


def test_min_backtest_is_where_the_best_of_worthless_trials_looks_as_good():
    sessions = float(min_backtest_sessions(0.06, 40))
    assert_allclose(expected_max_sharpe_ratio(1 / math.sqrt(sessions), 40), 0.06)
    assert min_backtest_sessions(0.06, 1) == 0.0
    assert math.isnan(min_backtest_sessions(-0.01, 40))
    assert ar1_t_ratio(2.0, 0.0) == 2.0


def test_block_length_of_a_constant_or_tiny_series_is_one_session():
    assert stationary_block_sessions(np.full(100, 3.0)) == 1.0
    assert stationary_block_sessions(np.arange(8.0)) == 1.0


@pytest.mark.parametrize(("purge", "embargo"), [(0, 0), (3, 0), (0, 4), (3, 4)])
@pytest.mark.parametrize("tested", [1, 2, 3])
def test_combinatorial_splits_equal_their_slow_twin(purge, embargo, tested):
    n, folds = 53, 5
    fold = fold_numbers(n, folds)
    splits = combinatorial_splits(n, folds, tested, purge_sessions=purge, embargo_sessions=embargo)
    assert [s.test_folds for s in splits] == list(combinations(range(folds), tested))
    for split in splits:
        tests = [i for i in range(n) if fold[i] in split.test_folds]
        assert_array_equal(np.flatnonzero(split.is_test), tests)
        train = [
            i
            for i in range(n)
            if all(i < t - purge or i > t + purge + embargo for t in tests)
        ]  # fmt: skip
        assert_array_equal(np.flatnonzero(split.is_train), train)


@pytest.mark.parametrize("rolling", [None, 1, 3])
def test_walk_forward_trains_on_what_came_before_and_no_closer_than_purge_and_embargo(rolling):
    n, folds = 61, 6
    fold = fold_numbers(n, folds)
    splits = walk_forward_splits(
        n, folds, train_fold_count=rolling, purge_sessions=2, embargo_sessions=3
    )
    assert [s.test_folds for s in splits] == [(i,) for i in range(rolling or 1, folds)]
    for split in splits:
        first = int(np.flatnonzero(fold == split.test_folds[0])[0])
        oldest = 0 if rolling is None else split.test_folds[0] - rolling
        train = [i for i in range(n) if fold[i] >= oldest and i < first - 5]
        assert_array_equal(np.flatnonzero(split.is_train), train)


@pytest.mark.parametrize(
    "call",
    [
        lambda: fold_numbers(5, 6),
        lambda: combinatorial_splits(9, 3, 3),
        lambda: combinatorial_splits(9, 3, 1, purge_sessions=-1),
        lambda: walk_forward_splits(9, 3, train_fold_count=3),
        lambda: next(resample_counts(9, 0.5, 1, 1)),
        lambda: next(resample_counts(0, 1.0, 1, 1)),
        lambda: trial_leaders(np.zeros((9, 1)), np.zeros((9, 0)), 1.0),
    ],
)
def test_what_makes_no_sense_is_refused(call):
    with pytest.raises(ValueError, match=r"must be|inside"):
        call()
