"""Selection statistics against libraries: their figures are kept beside this file.

`selection_witnesses.py` makes the inputs of both sides and says how the figures were made.
"""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from conftest import ROOT
from parspread.overlay.bootstrap import resample_counts, stationary_block_sessions
from parspread.overlay.sample_statistics import moments
from parspread.overlay.selection import (
    false_discovery_shares,
    overfitting_logits,
    superior_ability,
)
from parspread.overlay.sharpe import (
    deflated_sharpe,
    min_backtest_sessions,
    min_track_record_sessions,
    newey_west_t_ratio,
    probabilistic_sharpe,
    sharpe_ratio,
)
from parspread.overlay.splits import combinatorial_splits
from selection_witnesses import counts_of, family, split_sums

FILE = ROOT / "tests" / "python" / "reference" / "selection_witnesses.json"
CASES = json.loads(FILE.read_text())["cases"]


@pytest.fixture(scope="module")
def checks(shared_dir):
    entries = json.loads((shared_dir / "golden/check_values.json").read_text())["entries"]
    return {entry["id"]: entry for entry in entries}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"seed{case['seed']}")
def test_joint_tests_equal_arch_on_the_same_resamples(case):
    given = family(case["seed"])
    found = superior_ability(given.pnl, counts_of(given, case["seed"]), given.block)
    shares = [found.lower_p_share, found.consistent_p_share, found.upper_p_share]
    assert_allclose(shares, case["spa"], atol=1e-12)
    # arch finds its critical value by interpolation, hence the room of one resample.
    certain = np.abs(found.stepwise_p_share - 0.05) > 0.002
    superior = np.isin(np.arange(given.pnl.shape[1]), case["superior"])
    assert_array_equal(found.stepwise_p_share[certain] <= 0.05, superior[certain])
    lengths = [stationary_block_sessions(column) for column in given.pnl.T]
    assert_allclose(lengths, np.maximum(case["block"], 1.0), rtol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"seed{case['seed']}")
def test_adjustments_overfitting_and_splits_equal_the_libraries(case):
    given = family(case["seed"])
    bh, by = false_discovery_shares(given.p)
    assert_allclose(bh, case["bh"], rtol=1e-12)
    assert_allclose(by, case["by"], rtol=1e-12)
    logits = overfitting_logits(given.pnl, 8)
    assert_allclose([(logits <= 0).mean(), logits.sum()], case["overfitting"], atol=1e-9)
    splits = combinatorial_splits(
        len(given.pnl),
        given.folds,
        given.tested,
        purge_sessions=given.purge,
        embargo_sessions=given.embargo,
    )
    assert [split_sums(np.flatnonzero(s.is_train)) for s in splits] == case["splits"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"seed{case['seed']}")
def test_sharpe_ratios_among_trials_equal_purgedcv_and_statsmodels(case):
    given = family(case["seed"])
    pnl, n = given.pnl[:, 0], len(given.pnl)
    sharpe = sharpe_ratio(pnl, sessions_per_year=1)
    shape = moments(pnl)[:2]
    # purgedcv corrects the moments for bias and divides by the deviation of the population.
    own_sharpe = sharpe * np.sqrt(n / (n - 1))
    adjusted = moments(pnl)[2], moments(pnl)[3] + 3
    sd = given.trials.std(ddof=1)
    assert_allclose(probabilistic_sharpe(own_sharpe, n, *adjusted, 0.01), case["psr"], rtol=1e-9)
    dsr = deflated_sharpe(own_sharpe, n, *adjusted, len(given.trials), sd)
    assert_allclose(dsr, case["dsr"], rtol=1e-9)
    needed = float(min_track_record_sessions(abs(sharpe), *shape))
    assert np.ceil(needed) == case["min_record"]
    years = min_backtest_sessions(1.5 / np.sqrt(252), len(given.trials)) / 252
    assert_allclose(years, case["min_backtest"], rtol=1e-12)
    assert_allclose(newey_west_t_ratio(pnl, 6), case["newey_west_t"], rtol=1e-10)


def test_check_values_of_adjusted_p_values_agree(checks):
    entry = checks["multiple_testing"]
    bh, by = false_discovery_shares(entry["inputs"]["p"])
    assert_allclose(bh, entry["outputs"]["fdr_bh"], rtol=entry["tol"])
    assert_allclose(by, entry["outputs"]["fdr_by"], rtol=entry["tol"])


def test_check_values_of_the_bootstrap_agree(checks):
    """Other draws than arch's, so that the ends of the interval may differ by 0.15."""
    returns = np.array(checks["perf_series"]["inputs"]["pnl"]) / 1e6
    outputs = checks["bootstrap_ci"]["outputs"]
    assert_allclose(stationary_block_sessions(returns), outputs["optimal_block_stationary"])
    ratios = [
        sharpe_ratio(np.repeat(returns, row.astype(int)))
        for chunk in resample_counts(returns.size, 10.0, 20_000, 42)
        for row in chunk
    ]
    found = np.quantile(ratios, [0.025, 0.975])
    assert_allclose(found, [outputs["lo"], outputs["hi"]], atol=0.15)


def test_check_values_of_superior_ability_agree(checks):
    """Nineteen noise runs beside the series; 0.03 for draws that are not arch's.

    arch 8.0.0 compares mean P&L, whatever it is told about studentising.
    """
    outputs = checks["spa"]["outputs"]
    returns = np.array(checks["perf_series"]["inputs"]["pnl"]) / 1e6
    noise = np.random.default_rng(7).normal(0, returns.std(ddof=1), (19, returns.size)).T
    pnl = np.column_stack([returns, noise])
    counts = resample_counts(returns.size, 10.0, 2_000, 1)
    found = superior_ability(pnl, counts, 10.0, is_studentised=False)
    shares = [found.lower_p_share, found.consistent_p_share, found.upper_p_share]
    assert_allclose(shares, list(outputs.values()), atol=0.03)
