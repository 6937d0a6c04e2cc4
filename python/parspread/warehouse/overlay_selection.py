"""The overlay desk's seam for judgement: every run beside its family and all that was ever tried.

A trial is a choice of rules, signal and market, whatever the data of the day; companions measure
the trial of their strategy again. Trials are counted with those of all earlier builds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import ndtr

from parspread.arrays import FloatArray, IntArray
from parspread.overlay.backtest import simulate_paths
from parspread.overlay.bootstrap import (
    exact_values,
    resample_counts,
    stationary_block_sessions,
)
from parspread.overlay.sample_statistics import moments, sample_deviation
from parspread.overlay.selection import (
    best_score_of_nothing,
    false_discovery_shares,
    family_wise_share,
    overfitting_logits,
    superior_ability,
    trial_leaders,
)
from parspread.overlay.sharpe import (
    ar1_t_ratio,
    autocorrelations,
    deflated_sharpe,
    expected_max_sharpe_ratio,
    min_backtest_sessions,
    min_track_record_sessions,
    newey_west_lag_sessions,
    newey_west_t_ratio,
    probabilistic_sharpe,
    sharpe_ratio,
    sharpe_standard_errors,
)
from parspread.warehouse.overlay_runs import rule_table, series_of, sessions_per_year
from parspread.warehouse.overlay_trials import (
    SweptTrials,
    no_points,
    remembered,
    side_by_side,
    swept_trials,
)

CONFIDENCE_SHARES = (0.8, 0.9, 0.95, 0.99)
OVERFITTING_FOLDS = 12
# Beyond this a family is not tested jointly, which needs all days at once, and the ledger keeps the
# months of leaders only.
MAX_JOINT_RUNS = 2_000
# Months of P&L that say how trials move together, and how long a block of them is.
MIN_MONTHS = 36
MONTH_BLOCK = 3.0
_MONTH = "datetime64[M]"


@dataclass(frozen=True)
class SelectionSettings:
    """What the tests of a family rest on.

    Attributes
    ----------
    min_session_count, min_trade_count : int
        A run with fewer sessions or closed trades is not tested.
    resample_count, bootstrap_seed : int
        Resamples of the stationary bootstrap and where their draws start.
    min_cluster_correlation_ratio : float, inside (0, 1)
        From this correlation of monthly P&L on, two trials of a family count as one.
    """

    min_session_count: int
    min_trade_count: int
    resample_count: int
    bootstrap_seed: int
    min_cluster_correlation_ratio: float


@dataclass
class Run:
    """What a run did, and what is found of it.

    Attributes
    ----------
    day : int array, shape (n,)
        Rows of the run in the calendar.
    return_dec : float array, shape (n,)
        Net P&L over capital.
    sessions_per_year_ratio : float
    status : str
        `ok`, or why the run has no tests.
    found : dict
        Columns of the tests.
    """

    day: IntArray
    return_dec: FloatArray
    sessions_per_year_ratio: float
    status: str
    found: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Draws:
    """Resamples, drawn once for every length of history and of blocks."""

    settings: SelectionSettings
    kept: dict[tuple[int, float], list[FloatArray]] = field(default_factory=dict)

    def of(self, session_count: int, block_sessions: float) -> list[FloatArray]:
        key = (session_count, block_sessions)
        if key not in self.kept:
            given = self.settings
            self.kept[key] = list(resample_counts(*key, given.resample_count, given.bootstrap_seed))
        return self.kept[key]


def selection_table(
    inputs: pa.Table,
    trials: pa.Table,
    ledger: pa.Table,
    settings: SelectionSettings,
    points: pa.Table | None = None,
) -> pa.Table:
    """Return the tests of every run, and of its family with it.

    Parameters
    ----------
    inputs : Table
        As in `parspread.warehouse.overlay_runs.backtest_days_table`.
    trials : Table, one row per run_id
        The resolved catalog with trial_id, family_code, is_trial, is_benchmark and capital_usd.
    ledger : Table, one row per run_id and build
        What earlier builds recorded: trial_id, family_code, strategy_code, is_trial, built_at,
        session_sharpe_ratio, leader_trial_id, first_month_date, monthly_return_dec, and of those
        that joined it joined_trial_numbers, joined_sharpe_ratio, joined_equivalent_count.
    settings : SelectionSettings
    points : Table, one row per run_id, optional
        Points of sweeps as of `parspread.warehouse.overlay_sweeps.sweep_table`, kept or not, with
        trial_id, family_code and strategy_code.

    Returns
    -------
    tests : Table, one row per run_id
        `test_status` says why a run has no tests of its own, `joint_status` why none among its
        family; intervals and monthly returns are lists. Points that others follow and that are not
        kept have a row for the ledger, `not_kept`.
    """
    trials = trials.sort_by("run_id")
    runs, session = _simulated(inputs, trials, settings)
    frame = trials.select(["run_id", "trial_id", "family_code", "strategy_code", "is_trial"])
    families = frame.to_pandas()
    return judged(runs, families, ledger, session, settings, points)


def judged(
    runs: list[Run],
    families: pd.DataFrame,
    ledger: pa.Table,
    session: np.ndarray,
    settings: SelectionSettings,
    points: pa.Table | None = None,
) -> pa.Table:
    """Return the tests of runs that have been made; arguments and result as `selection_table`.

    Parameters
    ----------
    runs : list of Run
        In the order of `families`.
    families : DataFrame
        Columns run_id, trial_id, family_code, strategy_code, is_trial.
    session : datetime64[D] array
        The calendar.
    """
    for run in runs:
        _test_alone(run)
    swept = (no_points() if points is None else points).to_pandas()
    every, past = remembered(ledger, pd.concat([families, swept]))
    draws = _Draws(settings)
    unkept: list[Run] = []
    names = [families["run_id"]]
    for code, own in families.groupby("family_code", sort=True):
        members = [runs[place] for place in own.index]
        tried = swept_trials(
            every[every["family_code"] == code], swept[swept["family_code"] == code]
        )
        _count_trials(members, own, past[past["family_code"] == code], tried, session, draws)
        _test_together(members, own, draws)
        _bound(members, draws)
        leaders = tried.leaders[~tried.leaders["trial_id"].isin(own["trial_id"])]
        names.append(leaders["run_id"])
        unkept += [_unkept(tried.found[trial]) for trial in leaders["trial_id"]]
    return _table(pd.concat(names), runs + unkept)


def _unkept(found: dict[str, Any]) -> Run:
    """Return a point without days as a run that has no tests."""
    status = {"test_status": "not_kept", "joint_status": "not_kept"}
    return Run(np.array([], dtype=np.int64), np.array([]), np.nan, "not_kept", found | status)


def _simulated(
    inputs: pa.Table, trials: pa.Table, settings: SelectionSettings
) -> tuple[list[Run], np.ndarray]:
    """Return what every run did, in order of run_id, and the calendar."""
    series, index, session = series_of(inputs, trials)
    capital_usd = trials["capital_usd"].to_numpy()
    # A passive seller holds one trade, and needs no more.
    floor = np.where(trials["is_benchmark"].to_numpy(), 0, settings.min_trade_count)
    years = sessions_per_year(series.level, session)[index]
    blocks = simulate_paths(series, rule_table(trials), signal_index=index, level_index=index)
    runs = []
    for block, summaries, paths in blocks:
        for line, run in enumerate(range(block.start, block.stop)):
            rows = slice(summaries.row_count[line])
            returns = paths.net_pnl_usd[line, rows] / capital_usd[run]
            status = "ok"
            if len(returns) < settings.min_session_count:
                status = "insufficient_sessions"
            elif summaries.closed_trade_count[line] < floor[run]:
                status = "insufficient_trades"
            elif not np.isfinite(returns).all() or np.isnan(sample_deviation(returns)):
                status = "no_pnl"
            day = paths.day[line, rows].astype(np.int64)
            runs.append(Run(day, np.nan_to_num(returns), years[run], status))
    return runs, session


def _test_alone(run: Run) -> None:
    """Fill what a run says of itself: its Sharpe ratio, and how sure that is."""
    returns, n = run.return_dec, len(run.return_dec)
    sharpe = sharpe_ratio(returns, sessions_per_year=1.0)
    run.found |= {"test_status": run.status, "recorded_sharpe_ratio": sharpe, "session_count": n}
    if run.status != "ok":
        return
    skewness, kurtosis = moments(returns)[:2]
    lo_error, mertens_error = sharpe_standard_errors(sharpe, n, skewness, kurtosis)
    newey_west_t = newey_west_t_ratio(returns, newey_west_lag_sessions(n))
    plain_t = sharpe * np.sqrt(n)
    run.found |= {
        "session_sharpe_ratio": sharpe,
        "skewness_ratio": skewness,
        "kurtosis_ratio": kurtosis,
        "lo_t_ratio": sharpe / float(lo_error),
        "lo_ar1_t_ratio": ar1_t_ratio(plain_t, float(autocorrelations(returns, 1)[0])),
        "mertens_t_ratio": sharpe / float(mertens_error),
        "newey_west_t_ratio": newey_west_t,
        "p_share": float(ndtr(-newey_west_t)),
        "probabilistic_sharpe_share": float(probabilistic_sharpe(sharpe, n, skewness, kurtosis)),
        "min_track_record_sessions": float(min_track_record_sessions(sharpe, skewness, kurtosis)),
    }


def _count_trials(
    members: list[Run],
    own: pd.DataFrame,
    past: pd.DataFrame,
    swept: SweptTrials,
    session: np.ndarray,
    draws: _Draws,
) -> None:
    """Fill how many trials a family has had, and what they make of the Sharpe ratio of each run."""
    made = {
        trial: run
        for trial, is_trial, run in zip(own["trial_id"], own["is_trial"], members, strict=True)
        if is_trial
    }
    leader_of = dict(zip(past["trial_id"], past["leader_trial_id"], strict=True))
    sharpe_of = dict(zip(past["trial_id"], past["session_sharpe_ratio"], strict=True))
    points = swept.months()
    sharpe_of |= dict(zip(points, swept.leaders["recorded_sharpe_ratio"], strict=True))
    sharpe_of |= {trial: run.found["recorded_sharpe_ratio"] for trial, run in made.items()}
    recorded = past[past["first_month_date"].notna()]
    months = {
        trial: (np.datetime64(first, "M"), np.asarray(values, dtype=np.float64))
        for trial, first, values in zip(
            recorded["trial_id"],
            recorded["first_month_date"],
            recorded["monthly_return_dec"],
            strict=True,
        )
    }
    fresh = sorted((set(made) | set(points)) - set(leader_of))
    known = [trial for trial in months if leader_of[trial] == trial]
    months |= {t: _monthly(made[t], session) if t in made else points[t] for t in fresh}
    every = [*known, *fresh]
    matrix = side_by_side([months[trial] for trial in every])
    joined = trial_leaders(
        matrix[:, len(known) :],
        matrix[:, : len(known)],
        draws.settings.min_cluster_correlation_ratio,
        min_common_count=MIN_MONTHS,
    )
    leader_of |= {trial: every[place] for trial, place in zip(fresh, joined, strict=True)}
    swept.follow(leader_of)
    found = swept.found | {trial: run.found for trial, run in made.items()}
    for trial in set(swept.found) & set(made):
        made[trial].found |= swept.found[trial]
    # In order of size: the sum of the same trials is the same in any order of run_id.
    every_ratio = [*sharpe_of.values(), *swept.joined.values()]
    ratios = np.sort([ratio for ratio in every_ratio if np.isfinite(ratio)])
    trials_sd = 0.0 if len(every_ratio) < 2 else sample_deviation(ratios)
    # A family of passive sellers has no trial, and nothing to allow for.
    together = side_by_side([months[trial] for trial in sorted(months)])
    apart = len(set(leader_of.values())) + (len(together) < MIN_MONTHS) * len(swept.joined)
    counts = max(len(every_ratio), 1), max(apart, 1)
    best = np.array([])
    if len(together) >= MIN_MONTHS:
        best = best_score_of_nothing(together, draws.of(len(together), MONTH_BLOCK))
    for trial, run in zip(own["trial_id"], members, strict=True):
        run.found |= _deflated(run, *counts, trials_sd)
        run.found["leader_trial_id"] = leader_of.get(trial, trial)
        if run.status == "ok":
            joint = _family_wise(run, counts[0], best)
            run.found["family_wise_p_share"] = swept.beside(joint, run.found["p_share"])
    for trial in fresh:
        first, values = months[trial]
        if values.size and (len(months) <= MAX_JOINT_RUNS or leader_of[trial] == trial):
            found[trial]["first_month_date"] = first.astype("datetime64[D]").item()
            listed = [None if np.isnan(value) else value for value in values]
            found[trial]["monthly_return_dec"] = listed


def _family_wise(run: Run, trial_count: int, best: FloatArray) -> float:
    """Return the p-value of a run given all that its family has tried; its own, tried alone."""
    alone = run.found["p_share"]
    if trial_count == 1 or not best.size:
        return float(family_wise_share(alone, trial_count))
    reached = int((best >= run.found["newey_west_t_ratio"]).sum())
    return max(alone, (reached + 1) / (best.size + 1))


def _deflated(run: Run, trial_count: int, effective_count: int, trials_sd: float) -> dict:
    """Return what the number of trials leaves of a run."""
    counts = {"trial_count": trial_count, "effective_trial_count": effective_count}
    if run.status != "ok":
        return counts
    found, n = run.found, len(run.return_dec)
    sharpe = found["session_sharpe_ratio"]
    shape = sharpe, n, found["skewness_ratio"], found["kurtosis_ratio"]
    # What a Sharpe ratio of nothing scatters by; no poor corner of a grid can raise it.
    null_sd = 1 / np.sqrt(n - 1)
    hurdle = expected_max_sharpe_ratio(null_sd, effective_count)
    return counts | {
        "trial_sharpe_sd_ratio": trials_sd,
        "deflated_sharpe_share": float(deflated_sharpe(*shape, trial_count, trials_sd)),
        "expected_max_sharpe_ratio": float(hurdle),
        "effective_deflated_sharpe_share": float(deflated_sharpe(*shape, effective_count, null_sd)),
        "min_backtest_sessions": float(min_backtest_sessions(sharpe, effective_count)),
    }


def _monthly(run: Run, session: np.ndarray) -> tuple[np.datetime64, FloatArray]:
    """Return the first month of a run and its returns by month, NaN for months without a row."""
    if not len(run.day):
        return np.datetime64("1970-01"), np.array([])
    month = session[run.day].astype(_MONTH)
    place = (month - month[0]).astype(np.int64)
    values = np.bincount(place, exact_values(run.return_dec[:, None])[:, 0])
    values[np.bincount(place) == 0] = np.nan
    return month[0], values


def _test_together(members: list[Run], own: pd.DataFrame, draws: _Draws) -> None:
    """Fill the tests that look at all tested trials of a family at once."""
    tested: dict[str, Run] = {}
    for trial, is_trial, run in zip(own["trial_id"], own["is_trial"], members, strict=True):
        if run.status != "ok":
            run.found["joint_status"] = run.status
        elif not is_trial or trial in tested:
            run.found["joint_status"] = "same_trial_as_another"
        else:
            tested[trial] = run
    # In order of trial: run_id changes with the data, the order of a sum must not.
    runs = [tested[trial] for trial in sorted(tested)]
    if len(runs) > MAX_JOINT_RUNS:
        for run in runs:
            run.found["joint_status"] = "too_many_runs"
        return
    if not runs:
        return
    days = np.unique(np.concatenate([run.day for run in runs]))
    returns = np.zeros((len(days), len(runs)))
    for column, run in enumerate(runs):
        returns[np.searchsorted(days, run.day), column] = run.return_dec
    block = _block(runs)
    joint = superior_ability(returns, draws.of(len(days), block), block)
    bh, by = false_discovery_shares([run.found["p_share"] for run in runs])
    family = {
        "family_tested_run_count": len(runs),
        "family_superior_p_share": joint.consistent_p_share,
        "family_superior_lower_p_share": joint.lower_p_share,
        "family_superior_upper_p_share": joint.upper_p_share,
    }
    if len(runs) > 1:
        logits = overfitting_logits(returns, OVERFITTING_FOLDS)
        family["family_overfitting_share"] = float((logits <= 0).mean())
    for place, run in enumerate(runs):
        run.found |= {
            "joint_status": "ok",
            "stepwise_p_share": joint.stepwise_p_share[place],
            "false_discovery_share": bh[place],
            "dependent_false_discovery_share": by[place],
        }
    for run in members:
        run.found |= family


def _block(runs: list[Run]) -> float:
    """Return the mean block length for runs that are resampled together.

    The longest that any of them needs, rounded up to a power of two or one and a half of one, so
    that families of one history share their draws.
    """
    longest = max(stationary_block_sessions(run.return_dec) for run in runs)
    power = 2.0 ** np.floor(np.log2(longest))
    return next(float(b) for b in (power, 1.5 * power, 2 * power) if b >= longest)


def _bound(members: list[Run], draws: _Draws) -> None:
    """Fill the bootstrap intervals of every tested run of a family."""
    runs = [run for run in members if run.status == "ok"]
    if not runs:
        return
    block = _block(runs)
    tails = [(1 - share) / 2 for share in CONFIDENCE_SHARES]
    levels = [*tails, *(1 - tail for tail in tails)]
    for n in sorted({len(run.return_dec) for run in runs}):
        same = [run for run in runs if len(run.return_dec) == n]
        values = exact_values(np.column_stack([run.return_dec for run in same]))
        squares = exact_values(values**2)
        counts = draws.of(n, block)
        mean = np.concatenate([chunk @ values for chunk in counts]) / n
        square = np.concatenate([chunk @ squares for chunk in counts])
        variance = np.maximum(square - n * mean**2, 0.0) / (n - 1)
        ratio = np.divide(mean, np.sqrt(variance), out=np.zeros_like(mean), where=variance > 0)
        ends = {"sharpe_ratio": ratio, "annualised_return_dec": mean}
        for name, drawn in ends.items():
            quantiles = np.quantile(drawn, levels, axis=0)
            for column, run in enumerate(same):
                year = run.sessions_per_year_ratio
                found = quantiles[:, column] * (np.sqrt(year) if "sharpe" in name else year)
                run.found[f"{name}_lows"] = found[: len(tails)].tolist()
                run.found[f"{name}_highs"] = found[len(tails) :].tolist()
        for run in same:
            run.found["block_sessions"] = block
            run.found["confidence_shares"] = list(CONFIDENCE_SHARES)


_FLOATS = (
    "recorded_sharpe_ratio", "session_sharpe_ratio", "lo_t_ratio", "lo_ar1_t_ratio",
    "mertens_t_ratio", "newey_west_t_ratio", "p_share", "probabilistic_sharpe_share",
    "min_track_record_sessions", "trial_sharpe_sd_ratio", "deflated_sharpe_share",
    "expected_max_sharpe_ratio", "effective_deflated_sharpe_share", "family_wise_p_share",
    "min_backtest_sessions", "stepwise_p_share", "false_discovery_share",
    "dependent_false_discovery_share", "family_superior_p_share", "family_superior_lower_p_share",
    "family_superior_upper_p_share", "family_overfitting_share", "block_sessions",
    "joined_equivalent_count",
)  # fmt: skip
_COUNTS = ("session_count", "trial_count", "effective_trial_count", "family_tested_run_count")
_LISTS = (
    "monthly_return_dec", "confidence_shares", "sharpe_ratio_lows", "sharpe_ratio_highs",
    "annualised_return_dec_lows", "annualised_return_dec_highs", "joined_sharpe_ratio",
)  # fmt: skip
_TEXTS = ("test_status", "joint_status", "leader_trial_id")


def _table(run_ids: pd.Series, runs: list[Run]) -> pa.Table:
    """Return what was found of every run as a table; what was not found is null."""
    kinds = dict.fromkeys(_TEXTS, pa.string()) | dict.fromkeys(_COUNTS, pa.int64())
    kinds |= dict.fromkeys(_FLOATS, pa.float64()) | {"first_month_date": pa.date32()}
    kinds |= dict.fromkeys(_LISTS, pa.list_(pa.float64()))
    kinds["joined_trial_numbers"] = pa.list_(pa.uint64())
    columns = {
        name: pa.array([run.found.get(name) for run in runs], kind, from_pandas=True)
        for name, kind in kinds.items()
    }
    return pa.table({"run_id": pa.array(run_ids, pa.string()), **columns})
