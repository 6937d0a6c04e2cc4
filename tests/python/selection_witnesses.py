"""What independent libraries say of random families of runs; makes selection_witnesses.json.

Run it where arch, statsmodels, purgedcv and skfolio are installed, with the project on the path:

    PYTHONPATH=python:tests/python python tests/python/selection_witnesses.py

The libraries are no dependency of the project: their figures are kept beside this file, and
`family` makes the inputs of both sides from a seed.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from parspread.overlay.bootstrap import long_run_variances, resample_counts

FILE = Path(__file__).parent / "reference" / "selection_witnesses.json"
SEEDS = range(20)
RESAMPLES = 500


def family(seed: int) -> SimpleNamespace:
    """Return autocorrelated P&L of 2 to 20 runs, some with an edge, and the settings of a test."""
    random = np.random.default_rng(1_000 + seed)
    n, k = int(random.integers(120, 900)), int(random.integers(2, 21))
    shocks = random.standard_t(5, (n, k)) + random.normal(size=(n, 1))
    pnl = shocks + 0.2 * np.roll(shocks, 1, axis=0)
    pnl += np.where(random.random(k) < 0.3, 0.25, random.normal(0, 0.1, k))
    return SimpleNamespace(
        pnl=pnl,
        block=float(random.integers(1, 20)),
        p=np.round(random.beta(0.4, 2.0, k), 6),
        trials=np.round(random.normal(0, 0.03, int(random.integers(2, 200))), 9),
        folds=int(random.integers(5, 9)),
        tested=int(random.integers(2, 5)),
        purge=int(random.integers(0, 6)),
        embargo=int(random.integers(0, 6)),
    )


def counts_of(given: SimpleNamespace, seed: int):
    """Return the resamples that both sides use."""
    return resample_counts(len(given.pnl), given.block, RESAMPLES, seed)


def split_sums(train: np.ndarray) -> list[int]:
    """Return what tells one set of training sessions from another."""
    return [int(train.size), int(train.sum()), int((train**2).sum())]


def main() -> None:
    """Write the figures of the libraries."""
    import arch
    import purgedcv
    import skfolio
    import statsmodels
    from arch.bootstrap import StepM, optimal_block_length
    from purgedcv._pbo import probability_of_backtest_overfitting
    from skfolio.model_selection import CombinatorialPurgedCV
    from statsmodels.stats.multitest import multipletests

    cases = []
    for seed in SEEDS:
        given = family(seed)
        n = len(given.pnl)
        # arch does not divide by the deviations in its maximum, so it is given studentised runs.
        scaled = given.pnl / np.sqrt(long_run_variances(given.pnl, given.block))
        step = StepM(np.zeros(n), -scaled, size=0.05, block_size=given.block, reps=RESAMPLES)

        def replay(_reps, scaled=scaled, given=given, seed=seed):
            for chunk in counts_of(given, seed):
                for row in chunk.astype(int):
                    yield (scaled[np.repeat(np.arange(len(row)), row)],), {}

        step.spa.bootstrap = SimpleNamespace(bootstrap=replay)
        step.compute()
        step.spa.compute()
        overfitting = probability_of_backtest_overfitting(given.pnl.T, n_splits=8)
        splits = CombinatorialPurgedCV(
            n_folds=given.folds,
            n_test_folds=given.tested,
            purged_size=given.purge,
            embargo_size=given.embargo,
        ).split(np.zeros((n, 1)))
        cases.append(
            {
                "seed": seed,
                "spa": step.spa.pvalues.tolist(),
                "superior": [int(i) for i in step.superior_models],
                "block": optimal_block_length(given.pnl)["stationary"].tolist(),
                "bh": multipletests(given.p, method="fdr_bh")[1].tolist(),
                "by": multipletests(given.p, method="fdr_by")[1].tolist(),
                "overfitting": [
                    float((overfitting.logits <= 0).mean()),
                    float(overfitting.logits.sum()),
                ],
                "splits": [split_sums(train) for train, _ in splits],
                **sharpe_figures(given.pnl[:, 0], given.trials),
            }
        )
    libraries = {m.__name__: m.__version__ for m in (arch, purgedcv, skfolio, statsmodels)}
    written = {"made_by": f"tests/python/{Path(__file__).name}", "libraries": libraries,
               "numpy": np.__version__, "resamples": RESAMPLES, "cases": cases}  # fmt: skip
    FILE.write_text(json.dumps(written, separators=(",", ":")).replace('{"seed"', '\n{"seed"'))


def sharpe_figures(pnl: np.ndarray, trials: np.ndarray) -> dict[str, float]:
    """Return what purgedcv and statsmodels say of one run among trials."""
    import purgedcv
    from statsmodels.api import OLS
    from statsmodels.stats.stattools import jarque_bera

    _, _, skewness, kurtosis = jarque_bera(pnl)
    sharpe = abs(pnl.mean()) / pnl.std(ddof=1)
    robust = {"cov_type": "HAC", "cov_kwds": {"maxlags": 6, "use_correction": False}}
    return {
        "psr": float(purgedcv.probabilistic_sharpe_ratio(pnl, 0.01)),
        "dsr": float(purgedcv.deflated_sharpe_ratio(pnl, len(trials), trials.var(ddof=1))),
        "min_record": purgedcv.min_track_record_length(sharpe, 0.0, 0.05, skewness, kurtosis),
        "min_backtest": purgedcv.minimum_backtest_length(len(trials), 1.5),
        "newey_west_t": float(OLS(pnl, np.ones(len(pnl))).fit(**robust).tvalues[0]),
    }


if __name__ == "__main__":
    main()
