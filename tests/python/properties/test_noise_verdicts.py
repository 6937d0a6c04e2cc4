"""Verdicts on noise and on planted signals: how often they pass, and what each part costs.

The verdicts are those of the SQL of the marts. A family is judged as if a sweep had found that its
neighbours do as well, which no noise would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from test_noise import BAR, TWELVE_YEARS, quoted_market

from judged_runs import COST, SETTINGS, earned_by, facts, judge, noise_positions, verdicts
from parspread.overlay.bootstrap import resample_counts
from parspread.overlay.selection import best_score_of_nothing
from parspread.overlay.sharpe import newey_west_lag_sessions, newey_west_t_ratio

GROUPS = ("statistical", "economic", "robust")
# What the tests say of one run besides its p-value.
TESTED = {
    "run_id": "planted", "test_status": "ok", "joint_status": "ok", "family_tested_run_count": 1,
    "family_overfitting_share": None, "trial_count": 1, "effective_trial_count": 1,
}  # fmt: skip


def judged_family(positions: np.ndarray, market: np.ndarray) -> pd.DataFrame:
    """Return the verdicts on runs that hold these positions."""
    return verdicts(judge(list(earned_by(positions, market, COST).T)), facts(positions, market))


def passes(random: np.random.Generator, market: np.ndarray, families: int, runs: int):
    """Return how many families of noise hold a pass, and how many runs pass."""
    counts = []
    for _ in range(families):
        positions = np.column_stack([noise_positions(random, market.size) for _ in range(runs)])
        found = judged_family(positions, market)
        assert len(found) == runs and set(found["verdict"]) <= {"pass", "hold", "fail"}
        counts.append(int((found["verdict"] == "pass").sum()))
    return sum(count > 0 for count in counts), sum(counts)


def test_hardly_a_family_of_noise_holds_a_pass() -> None:
    random = np.random.default_rng(11)
    families, runs = passes(random, random.standard_t(5, 1_200) / 1e3, 8, 30)
    assert families <= 1 and runs <= 0.01 * 8 * 30


@pytest.mark.trust
@pytest.mark.parametrize("market", ["sample", "real"])
def test_ten_thousand_strategies_of_noise_hardly_pass(market: str) -> None:
    """A hundred families of a hundred: at most 5 % hold a pass, at most 1 % of runs pass."""
    earned = quoted_market(market)
    families, runs = passes(np.random.default_rng(7), earned, 100, 100)
    assert families <= 5 and runs <= 100, (families, runs)


@dataclass
class Power:
    """Shares of draws in which a planted signal passes each group of tests, and all of them."""

    statistical: float
    economic: float
    robust: float
    every: float


def planted(random: np.random.Generator, sharpe: float) -> tuple[np.ndarray, np.ndarray]:
    """Return positions of a known signal, and a market that it foretells so well after cost."""
    position = noise_positions(random, TWELVE_YEARS)
    noise = random.normal(size=TWELVE_YEARS)
    held = np.abs(position).mean()
    paid = COST * np.abs(np.diff(position, prepend=0.0)).mean()
    edge = (sharpe / np.sqrt(252) * np.sqrt(held) + paid) / held
    return position[:, None], noise + edge * position


def power(random: np.random.Generator, sharpe: float, trial_count: int, draw_count: int) -> Power:
    """Return how often a planted signal passes among independent trials that know nothing.

    The test of all trials is made the short way, as in test_noise.py.
    """
    met = {name: np.zeros(draw_count, dtype=bool) for name in GROUPS}
    for draw in range(draw_count):
        position, market = planted(random, sharpe)
        own = earned_by(position, market, COST)
        others = random.normal(size=(TWELVE_YEARS, trial_count - 1))
        months = np.hstack([own, others]).reshape(144, 21, trial_count).sum(axis=1)
        t = newey_west_t_ratio(own[:, 0], newey_west_lag_sessions(TWELVE_YEARS))
        counts = resample_counts(144, 3.0, SETTINGS.resample_count, SETTINGS.bootstrap_seed)
        best = best_score_of_nothing(months, counts)
        p = norm.sf(t)
        if trial_count > 1:
            p = max(p, ((best >= t).sum() + 1) / (best.size + 1))
        tests = pd.DataFrame([TESTED | {"family_wise_p_share": p}])
        found = verdicts(tests, facts(position, market)).iloc[0]
        for name in GROUPS:
            met[name][draw] = found[f"{name}_outcome"] == "pass"
    every = np.all([met[name] for name in GROUPS], axis=0)
    return Power(*(float(met[name].mean()) for name in GROUPS), float(every.mean()))


def expected(sharpe: float, trial_count: int) -> float:
    """Return the share by theory: t normal around Sharpe x sqrt(12), the bar of Sidak."""
    bar = norm.isf(1 - (1 - BAR) ** (1 / trial_count))
    return float(norm.sf(bar - sharpe * np.sqrt(12)))


@pytest.mark.parametrize(
    ("sharpe", "trial_count", "draw_count"),
    [
        (0.75, 1, 40),
        pytest.param(0.75, 1, 200, marks=pytest.mark.trust),
        pytest.param(1.2, 100, 200, marks=pytest.mark.trust),
    ],
)
def test_a_planted_signal_passes_the_statistical_part_as_often_as_theory_allows(
    sharpe: float, trial_count: int, draw_count: int
) -> None:
    found = power(np.random.default_rng(31), sharpe, trial_count, draw_count)
    room = 3 * np.sqrt(0.16 / draw_count)
    assert abs(found.statistical - expected(sharpe, trial_count)) < room, found
    # The other parts ask for more, and a signal that is there mostly has it.
    assert 0.5 < found.every <= found.statistical, found


if __name__ == "__main__":
    # The table of docs/decisions/0024-verdicts.md.
    for trials in (1, 100):
        for ratio in (0.0, 0.5, 0.75, 1.0, 1.2, 1.5):
            seen = power(np.random.default_rng(31), ratio, trials, 200)
            shares = (
                expected(ratio, trials),
                seen.statistical,
                seen.economic,
                seen.robust,
                seen.every,
            )
            print(f"| {trials} | {ratio} | {' | '.join(f'{share:.0%}' for share in shares)} |")
