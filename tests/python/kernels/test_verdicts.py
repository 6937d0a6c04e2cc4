"""Verdicts by the SQL of the marts, on runs whose every figure is planted."""

import numpy as np
import pandas as pd
import pytest

from judged_runs import DIAGNOSTICS, SWEPT, VALUED, bar_rows, made_of, verdicts

GOOD = {
    "annualised_return_dec": 0.1, "sharpe_ratio": 1.2, "passive_sharpe_ratio": 0.4,
    "sharpe_without_best_year_ratio": 0.8, "scheme_sharpe_ratio": 0.9,
}  # fmt: skip
TESTED = {
    "run_id": "run", "test_status": "ok", "joint_status": "ok", "family_tested_run_count": 3,
    "family_wise_p_share": 0.01, "family_overfitting_share": 0.2, "trial_count": 3,
    "effective_trial_count": 2,
}  # fmt: skip
KEPT = bar_rows().query("test_code != 'neighbour_sharpe'")


def judged(
    bars: pd.DataFrame = KEPT,
    ledger_status: str = "whole",
    points: pd.DataFrame | None = None,
    **changes: object,
) -> pd.Series:
    """Return the verdict on a good run with some other figures."""
    tests = pd.DataFrame([TESTED | {k: v for k, v in changes.items() if k in TESTED}])
    found = pd.DataFrame([GOOD | {k: v for k, v in changes.items() if k in GOOD}], dtype=float)
    return verdicts(tests, found, bars, ledger_status, points).iloc[0]


def test_a_run_that_meets_every_bar_passes_and_says_why() -> None:
    found = judged()
    assert found["verdict"] == "pass"
    assert found["sentence"].startswith("pass: it has enough trades (99, at least 30); it is more")


@pytest.mark.parametrize(
    ("changes", "verdict", "group", "said"),
    [
        ({"family_wise_p_share": 0.06}, "fail", "statistical", "luck after all trials"),
        ({"annualised_return_dec": 0.0}, "fail", "economic", "it loses under stress (0, above 0)"),
        ({"sharpe_ratio": 0.3}, "fail", "economic", "the passive seller beats it"),
        ({"sharpe_without_best_year_ratio": -0.1}, "fail", "robust", "loses without its best year"),
        ({"scheme_sharpe_ratio": -0.2}, "hold", "robust", "choosing within its family loses"),
        ({"family_overfitting_share": 0.6}, "hold", "honest", "mostly poor in the other half"),
        ({"ledger_status": "restarted"}, "hold", "honest", "a ledger was lost"),
    ],
)
def test_one_miss_decides_the_verdict_and_the_sentence_is_about_it(
    changes: dict, verdict: str, group: str, said: str
) -> None:
    found = judged(**changes)
    assert (found["verdict"], found[f"{group}_outcome"]) == (verdict, verdict)
    assert found["sentence"].startswith(f"{verdict}: ") and said in found["sentence"]
    assert ";" not in found["sentence"]


@pytest.mark.parametrize("name", [*GOOD, "family_wise_p_share", "family_overfitting_share"])
def test_what_is_not_known_holds(name: str) -> None:
    found = judged(**{name: np.nan})
    assert found["verdict"] == "hold" and "unknown whether" in found["sentence"]


def test_a_run_that_nobody_swept_holds_and_a_group_without_bars_too() -> None:
    assert judged(bar_rows())["sentence"] == (
        "hold: unknown whether its neighbours in a sweep do nearly as well (not swept)"
    )
    found = judged(KEPT.query("test_group != 'honest'"))
    assert (found["verdict"], found["honest_outcome"]) == ("hold", "hold")
    assert found["sentence"] == "hold: a group has no tests"


@pytest.mark.parametrize(
    ("own", "neighbours", "verdict"),
    [([1.2], [0.9], "pass"), ([1.2], [0.5], "hold"), ([1.2, 1.2], [0.9, 0.1], "hold"),
     ([-1.0], [-0.9], "hold")],
)  # fmt: skip
def test_a_strategy_stands_on_the_plateau_of_its_sweeps(
    own: list[float], neighbours: list[float], verdict: str
) -> None:
    """The point with its rules; of two sweeps the worse one."""
    points = pd.DataFrame(
        {"trial_id": "run", "sharpe_ratio": own, "neighbour_median_sharpe_ratio": neighbours}
    )
    assert judged(bar_rows(), points=points)["verdict"] == verdict


def test_the_only_trial_of_a_family_cannot_be_the_lucky_one_of_its_halves() -> None:
    alone = judged(family_tested_run_count=1, family_overfitting_share=np.nan)
    assert alone["verdict"] == "pass"


@pytest.mark.parametrize(
    ("column", "values", "verdict"),
    [
        (None, None, "pass"),
        ("newey_west_t_ratio", [1.9, 2.0], "fail"),
        ("newey_west_t_ratio", [2.5, 2.0], "hold"),
        ("spearman_ic_ratio", [0.1, -0.05], "hold"),
        ("spearman_ic_ratio", [0.1, np.nan], "hold"),
        ("same_sign_year_share", 0.5, "hold"),
        ("half_life_sessions", 1.0, "hold"),
        ("coverage_share", 0.8, "hold"),
    ],
)
def test_signals_are_judged_alike(column: str | None, values: object, verdict: str) -> None:
    diagnostics = DIAGNOSTICS.assign(**({column: values} if column else {}))
    empty = pd.DataFrame(
        {
            name: pd.Series(dtype=object)
            for name in (
                "run_id", "strategy_code", "benchmark_code", "instrument_code", "sweep_code",
                "stress_code", "test_status", "joint_status", "trial_id", "family_code",
                "ledger_status",
                "sharpe_status", "scheme",
            )
        }
        | {
            name: pd.Series(dtype=float)
            for name in (
                "trade_count", "sharpe_ratio", "annualised_return_dec", "family_wise_p_share",
                "sharpe_without_best_year_ratio", "family_overfitting_share",
                "family_tested_run_count", "holdout_access_count", "scheme_sharpe_ratio",
            )
        }
        | {"is_trial": pd.Series(dtype=bool)}
    )  # fmt: skip
    tables = dict.fromkeys(
        (
            "fct_strategy_performance", "dim_strategies", "fct_selection_tests", "fct_run_ledger",
            "fct_strategy_stress", "fct_walk_forward",
        ),
        empty,
    )  # fmt: skip
    tables |= {"verdict_bars": bar_rows(), "int_cdx_overlay__signals_diagnosed": diagnostics}
    tables["fct_sweep_points"] = SWEPT
    found = made_of(tables, *VALUED, "fct_signal_verdicts").iloc[0]
    assert (found["score_code"], found["verdict"]) == ("s", verdict), found["sentence"]


def test_folds_say_how_far_training_is_from_the_tests() -> None:
    def stretch(part: str, first: int, last: int) -> dict:
        days = {"first_date": pd.Timestamp(2020, 1, 1), "last_date": pd.Timestamp(2020, 1, 1)}
        return {"part": part, "first_session_number": first, "last_session_number": last} | days

    segments = [stretch("train", 1, 40), stretch("test", 61, 100), stretch("train", 131, 200)]
    walked = pd.DataFrame(
        {"family_code": "f", "scheme": "anchored", "split_number": 1, "segments": [segments]}
    )
    found = made_of({"int_cdx_overlay__folds_walked": walked}, "fct_walk_forward_folds")
    since, until = found["since_test_sessions"], found["until_test_sessions"]
    assert since.isna().tolist() == [True, True, False] and since[2] == 30
    assert until.isna().tolist() == [False, True, True] and until[0] == 20
    assert found["session_count"].tolist() == [40, 40, 70]
