"""Noise does not pass, and a planted signal does as often as theory says.

The test of a run among all that its family has tried: `family_wise_p_share` at 5 %.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from conftest import ROOT, find_shared
from judged_runs import SETTINGS, judge, noise_family
from parspread.overlay.bootstrap import resample_counts
from parspread.overlay.selection import best_score_of_nothing
from parspread.overlay.sharpe import newey_west_lag_sessions, newey_west_t_ratio

BAR = 0.05
TWELVE_YEARS = 12 * 252


def quoted_market(market: str) -> np.ndarray:
    """Return what a seller of IG 5Y earns by the spread alone, a basis point for a basis point."""
    folder = ROOT / "seeds" / "sample"
    if market == "real":
        folder = find_shared() / "data" / "real_inputs"
    path = next(p for p in sorted(folder.iterdir()) if p.stem == "cdx")
    quotes = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    own = quotes[(quotes["index"] == "CDX_NA_IG") & (quotes["tenor"].astype(str) == "5Y")]
    spread = own.drop_duplicates("date").sort_values("date")["spread"].astype(float)
    return -spread.diff().dropna().to_numpy() / 1e3


def passes(random: np.random.Generator, earned: np.ndarray, families: int, runs: int):
    """Return how many families of noise have a run that passes, and how many runs pass."""
    found = [judge(noise_family(random, earned, runs)) for _ in range(families)]
    counts = [int((tests["family_wise_p_share"] <= BAR).sum()) for tests in found]
    assert all(tests["trial_count"].eq(runs).all() for tests in found)
    return sum(count > 0 for count in counts), sum(counts)


def test_few_families_of_noise_hold_a_run_that_passes() -> None:
    """Of 12 families, more than two would have a chance of 2 % at the nominal 5 %."""
    random = np.random.default_rng(5)
    families, runs = passes(random, random.standard_t(5, 1_000) / 1e3, 12, 40)
    assert families <= 2 and runs <= 0.01 * 12 * 40


@pytest.mark.trust
@pytest.mark.parametrize("market", ["sample", "real"])
def test_ten_thousand_strategies_of_noise(market: str) -> None:
    """A hundred families of a hundred: 5 % of families pass this one test, 10 at most by chance."""
    earned = quoted_market(market)
    families, runs = passes(np.random.default_rng(7), earned, 100, 100)
    assert families <= 10 and runs <= 100, (families, runs)


def power(random: np.random.Generator, sharpe: float, trial_count: int, draw_count: int) -> float:
    """Return how often a planted signal of twelve years passes, alone or among noise.

    What `judge` does for one family, without the tests that this is not about.
    """
    found = 0
    for _ in range(draw_count):
        returns = random.normal(size=(TWELVE_YEARS, trial_count))
        returns[:, 0] += sharpe / np.sqrt(252)
        t = newey_west_t_ratio(returns[:, 0], newey_west_lag_sessions(TWELVE_YEARS))
        months = returns.reshape(144, 21, trial_count).sum(axis=1)
        counts = resample_counts(144, 3.0, SETTINGS.resample_count, SETTINGS.bootstrap_seed)
        best = best_score_of_nothing(months, counts)
        p = norm.sf(t)
        if trial_count > 1:
            p = max(p, ((best >= t).sum() + 1) / (best.size + 1))
        found += p <= BAR
    return found / draw_count


@pytest.mark.parametrize(
    ("sharpe", "trial_count", "draw_count"),
    [
        (0.75, 1, 60),
        (1.2, 100, 40),
        pytest.param(0.75, 1, 200, marks=pytest.mark.trust),
        pytest.param(1.2, 100, 200, marks=pytest.mark.trust),
    ],
)
def test_a_planted_signal_passes_as_often_as_theory_allows(
    sharpe: float, trial_count: int, draw_count: int
) -> None:
    """Theory: t is normal around Sharpe x sqrt(12), the bar is that of Sidak for N trials."""
    bar = norm.isf(1 - (1 - BAR) ** (1 / trial_count))
    expected = norm.sf(bar - sharpe * np.sqrt(12))
    found = power(np.random.default_rng(21), sharpe, trial_count, draw_count)
    assert found >= 0.8 and abs(found - expected) < 3 * np.sqrt(0.16 / draw_count), found


def test_the_planted_signal_of_the_power_test_is_judged_alike_by_the_whole_family() -> None:
    """The short way of `power` is that of the table of tests."""
    random = np.random.default_rng(4)
    returns = list(random.normal(size=(5, 1_500)))
    returns[0] = returns[0] + 0.06
    tests = judge(returns).set_index("run_id")
    assert tests["family_wise_p_share"].idxmin() == "trial 000"
    assert (tests["family_wise_p_share"] >= tests["p_share"]).all()
