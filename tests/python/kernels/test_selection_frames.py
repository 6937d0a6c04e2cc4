"""The table of tests says of each run what the kernels say of its days."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose
from test_frames import market, swept_run

from judged_runs import SETTINGS, past
from parspread.overlay.bootstrap import resample_counts
from parspread.overlay.selection import overfitting_logits, superior_ability
from parspread.warehouse.overlay_runs import backtest_days_table, performance_frame
from parspread.warehouse.overlay_selection import CONFIDENCE_SHARES, selection_table


def grid(count: int = 8) -> pa.Table:
    """Return points of a grid, a companion of the first, a point twice, and an idle run."""
    entries = 1.0 + 0.1 * np.arange(count)
    runs = [
        swept_run(f"run{number}", entry_threshold=entry, trial_id=f"trial{number}", is_trial=True)
        for number, entry in enumerate(entries)
    ]
    measured = {"run_id": "companion", "is_trial": False, "dv01_usd_per_bp_per_mm": 400.0}
    runs.append(runs[0] | measured)
    runs.append(runs[1] | {"run_id": "twice"})
    runs.append(swept_run("idle", entry_threshold=50.0, trial_id="idle", is_trial=True))
    return pa.Table.from_pylist([run | {"family_code": "family"} for run in runs])


@pytest.fixture(scope="module")
def strategies() -> pa.Table:
    return grid()


@pytest.fixture(scope="module")
def tests(strategies) -> pd.DataFrame:
    table = selection_table(market(1_600), strategies, past(), SETTINGS)
    return table.to_pandas().set_index("run_id")


@pytest.fixture(scope="module")
def returns(strategies) -> pd.DataFrame:
    """Return session returns by run, from the days that runs keep."""
    days = backtest_days_table(market(1_600), strategies).to_pandas()
    return days.pivot(index="session_date", columns="run_id", values="net_pnl_usd") / 1e7


def test_a_run_alone_is_judged_as_its_record_says(strategies, tests):
    record = performance_frame(market(1_600), strategies, 60, 10, 10).set_index("run_id")
    tested = tests[tests["test_status"] == "ok"]
    assert len(tested) == 10 and tests.loc["idle", "test_status"] == "insufficient_trades"
    for name in (
        "session_sharpe_ratio",
        "newey_west_t_ratio",
        "probabilistic_sharpe_share",
        "min_track_record_sessions",
    ):
        assert_allclose(tested[name], record.loc[tested.index, name], rtol=1e-12, err_msg=name)
    error = record.loc[tested.index, "sharpe_mertens_error_ratio"]
    t = record.loc[tested.index, "sharpe_ratio"] / error
    assert_allclose(tested["mertens_t_ratio"], t, rtol=1e-12)


def test_the_family_is_tested_as_a_whole_without_repetitions(tests, returns):
    names = [f"run{number}" for number in range(8)]
    assert set(tests.loc[["run1", "twice"], "joint_status"]) == {"ok", "same_trial_as_another"}
    assert tests.loc["companion", "joint_status"] == "same_trial_as_another"
    assert tests["trial_count"].eq(9).all() and tests["family_tested_run_count"].eq(8).all()
    block = tests["block_sessions"].dropna().unique()
    assert len(block) == 1
    pnl = returns[names].to_numpy()
    counts = list(resample_counts(len(pnl), block[0], SETTINGS.resample_count, 16))
    joint = superior_ability(pnl, counts, block[0])
    assert tests["family_superior_p_share"].eq(joint.consistent_p_share).all()
    assert_allclose(tests.loc[names, "stepwise_p_share"], joint.stepwise_p_share)
    share = (overfitting_logits(pnl, 12) <= 0).mean()
    assert tests["family_overfitting_share"].eq(share).all()


def test_intervals_are_quantiles_of_resampled_ratios(tests, returns):
    block = tests.loc["run3", "block_sessions"]
    column = returns["run3"].to_numpy()
    drawn = [
        np.repeat(column, row.astype(int))
        for chunk in resample_counts(len(column), block, SETTINGS.resample_count, 16)
        for row in chunk
    ]
    ratios = [r.mean() / r.std(ddof=1) * np.sqrt(252) for r in drawn]
    tails = [(1 - share) / 2 for share in CONFIDENCE_SHARES]
    assert_allclose(tests.loc["run3", "sharpe_ratio_lows"], np.quantile(ratios, tails), rtol=1e-8)
    means = [r.mean() * 252 for r in drawn]
    highs = np.quantile(means, [1 - tail for tail in tails])
    assert_allclose(tests.loc["run3", "annualised_return_dec_highs"], highs, rtol=1e-8)


def test_near_copies_are_one_effective_trial_and_other_runs_change_no_family(strategies, tests):
    assert tests["effective_trial_count"].max() < tests["trial_count"].max()
    other = pa.Table.from_pylist(
        [swept_run("other", trial_id="other", is_trial=True, family_code="other")]
    )
    both = pa.concat_tables([strategies, other], promote_options="default")
    again = selection_table(market(1_600), both, past(), SETTINGS).to_pandas().set_index("run_id")
    pd.testing.assert_frame_equal(again.drop("other"), tests)
    assert again.loc["other", "trial_count"] == 1


def test_a_desk_without_quotes_has_no_tests_and_counts_its_trials(strategies):
    nobody = selection_table(market(1_600).slice(0, 0), strategies, past(), SETTINGS).to_pandas()
    assert nobody["test_status"].eq("insufficient_sessions").all()
    assert nobody["trial_count"].eq(9).all() and nobody["p_share"].isna().all()
    assert selection_table(market(1_600), strategies.slice(0, 0), past(), SETTINGS).num_rows == 0
