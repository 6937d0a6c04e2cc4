"""Choosing on some sessions and trading on others, against loops over the days of every run."""

from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose
from test_frames import market, swept_run

from parspread.overlay.walk_forward import (
    FoldRules,
    SegmentSums,
    choose,
    schemes,
    segments_of,
)
from parspread.warehouse.overlay_folds import folds_table
from parspread.warehouse.overlay_runs import backtest_days_table
from performance_runs import on_dates

RULES = FoldRules(5, 2, 2, 7, 5, 60)
HOLDOUT = date(2017, 6, 1)


def sharpe(values: np.ndarray) -> float:
    deviation = values.std(ddof=1)
    return values.mean() / deviation if deviation > 1e-12 * np.abs(values).max() else 0.0


@pytest.mark.parametrize("seed", range(6))
def test_every_choice_is_that_of_a_loop_over_the_sessions_of_training(seed: int) -> None:
    random = np.random.default_rng(seed)
    n, k = int(random.integers(300, 900)), int(random.integers(1, 9))
    pnl = random.normal(size=(n, k)) * random.uniform(1, 9, k)
    pnl[:, 0] = 0.0  # a run that does nothing is a candidate like any other
    cuts = schemes(n, n - int(random.integers(0, 2)) * 100, RULES)
    splits = [split for scheme in cuts for split in scheme.splits]
    segment = segments_of(splits)
    sums = SegmentSums.empty(segment.max() + 1, k)
    for run in range(k):
        sums.fill(run, segment, pnl[:, run])
    for split in splits:
        found = choose(sums, segment, split, RULES.min_session_count)
        train = [s for s in range(n) if split.is_train[s]]
        test = [s for s in range(n) if split.is_test[s]]
        assert not set(train) & set(test)
        if len(train) < RULES.min_session_count:
            assert found.run == -1 and np.isnan(found.test_ratio)
            continue
        trained = [sharpe(pnl[train, run]) for run in range(k)]
        assert found.run == int(np.argmax(trained))
        tested = [sharpe(pnl[test, run]) for run in range(k)]
        own = pnl[test, found.run]
        expected = trained[found.run], tested[found.run], np.median(tested), own.sum()
        assert_allclose(
            [found.train_ratio, found.test_ratio, found.median_test_ratio, found.test_total],
            expected, atol=1e-9,
        )  # fmt: skip
        assert_allclose(found.test_square, (own**2).sum())


def trials() -> pa.Table:
    """Return two families: a grid with one point twice, and a strategy that never trades."""
    entries = (0.8, 1.0, 1.2, 1.4, 1.0)
    runs = [
        swept_run(f"run{n}", entry_threshold=entry, trial_id=f"trial {entry}", family_code="grid")
        for n, entry in enumerate(entries)
    ]
    runs.append(swept_run("idle", entry_threshold=90.0, trial_id="idle", family_code="alone"))
    return pa.Table.from_pylist(runs)


def folds(inputs: pa.Table, holdout: date | None = None, rules: FoldRules = RULES) -> pd.DataFrame:
    return folds_table(inputs, trials(), rules, holdout).to_pandas()


@pytest.fixture(scope="module")
def inputs() -> pa.Table:
    return on_dates(market(1_600), 1)


def test_a_family_trades_what_it_chose_and_its_days_say_the_same(inputs) -> None:
    found = folds(inputs, HOLDOUT)
    days = backtest_days_table(inputs, trials()).to_pandas()
    days["return_dec"] = days["net_pnl_usd"] / 1e7
    grid = found[found["family_code"] == "grid"]
    counts = grid.groupby("scheme").size().to_dict()
    assert counts == {"anchored": 4, "rolling": 3, "combinatorial": 10, "holdout": 1}
    assert grid["candidate_count"].eq(4).all() and grid["split_status"].eq("ok").all()
    own = days.set_index(["run_id", days["session_date"]])["return_dec"]
    tested: dict[str, list] = {}
    for row in grid.itertuples():
        stretches = [s for s in row.segments if s["part"] == "test"]
        returns = own[row.run_id]
        dates = returns.index
        is_test = np.any(
            [(dates >= s["first_date"]) & (dates <= s["last_date"]) for s in stretches], 0
        )
        values = returns[is_test].to_numpy()
        assert len(values) == row.test_session_count
        assert_allclose(
            [row.test_return_dec, row.test_sharpe_ratio],
            [values.sum(), sharpe(values) * np.sqrt(252)], rtol=1e-9, atol=1e-12,
        )  # fmt: skip
        tested.setdefault(row.scheme, []).extend(values)
    for scheme, rows in grid.groupby("scheme"):
        whole = sharpe(np.array(tested[str(scheme)])) * np.sqrt(252)
        assert_allclose(rows["scheme_sharpe_ratio"], whole, rtol=1e-9)
    idle = found[found["family_code"] == "alone"]
    assert idle["run_id"].eq("idle").all() and idle["test_sharpe_ratio"].eq(0).all()


def test_stretches_are_the_whole_history_less_what_is_left_out(inputs) -> None:
    for row in folds(inputs, HOLDOUT).itertuples():
        part = np.full(1_600, "", dtype=object)
        for stretch in row.segments:
            place = slice(stretch["first_session_number"] - 1, stretch["last_session_number"])
            assert (part[place] == "").all()
            part[place] = stretch["part"]
        tested = np.flatnonzero(part == "test")
        walks = row.scheme != "combinatorial"
        for session in np.flatnonzero(part == "train"):
            after, before = tested[tested > session], tested[tested < session]
            assert after.size == 0 or after[0] - session > 7 + 5 * walks
            assert before.size == 0 or (session - before[-1] > 12 and not walks)
        assert (part == "train").sum() == row.train_session_count


def test_nothing_that_comes_later_moves_a_choice_or_a_result(inputs) -> None:
    """Other quotes from a date on: what is trained and tested before it stays to the last bit."""
    before = folds(inputs, HOLDOUT)
    late = inputs["session_date"].to_numpy().astype("datetime64[D]") >= np.datetime64(HOLDOUT)
    spread = np.where(late, 300 - inputs["spread_bps"].to_numpy(), inputs["spread_bps"].to_numpy())
    after = folds(on_dates(inputs, 1, spread_bps=spread), HOLDOUT)
    is_open = before["scheme"] != "holdout"
    columns = [name for name in before if name != "segments"]
    pd.testing.assert_frame_equal(
        before.loc[is_open, columns], after.loc[is_open, columns], check_exact=True
    )
    held = before["scheme"].eq("holdout") & before["family_code"].eq("grid")
    assert (before.loc[held, "run_id"] == after.loc[held, "run_id"]).all()
    assert (before.loc[held, "test_return_dec"] != after.loc[held, "test_return_dec"]).all()


def test_the_order_of_runs_changes_nothing(inputs) -> None:
    """Names of runs follow the data; among equals the choice must not."""
    found = folds(inputs)
    renamed = [row | {"run_id": f"{9 - n}"} for n, row in enumerate(trials().to_pylist())]
    again = folds_table(inputs, pa.Table.from_pylist(renamed), RULES, None).to_pandas()
    columns = [name for name in found if name not in ("segments", "run_id")]
    pd.testing.assert_frame_equal(found[columns], again[columns], check_exact=True)


def test_a_short_history_and_a_desk_without_quotes_say_so() -> None:
    short = folds(on_dates(market(200), 1))
    status = short[short["scheme"] == "anchored"]["split_status"]
    assert status.iloc[0] == "insufficient_sessions" and status.iloc[-1] == "ok"
    missing = short[short["split_status"] != "ok"]
    assert missing["run_id"].isna().all() and missing["test_sharpe_ratio"].isna().all()
    assert folds(on_dates(market(4), 1)).empty and folds(market().slice(0, 0)).empty
