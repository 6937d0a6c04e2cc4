"""The seam for out-of-sample tests: each family chooses among its trials, fold by fold.

Every trial is a candidate, however it did on the whole history: what is known afterwards must not
decide who takes part.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from parspread.arrays import DateArray, IntArray
from parspread.overlay.backtest import Series, simulate_paths
from parspread.overlay.splits import Split
from parspread.overlay.walk_forward import (
    FoldRules,
    Outcome,
    Scheme,
    SegmentSums,
    choose,
    ratio_of,
    runs_of,
    schemes,
    segments_of,
)
from parspread.warehouse.overlay_runs import rule_table, series_of, sessions_per_year
from parspread.warehouse.overlay_sweeps import SLICE_ROWS

_SEGMENT = pa.struct(
    [
        ("part", pa.string()),
        ("first_session_number", pa.int64()),
        ("last_session_number", pa.int64()),
        ("first_date", pa.date32()),
        ("last_date", pa.date32()),
    ]
)
_KINDS = {
    "family_code": pa.string(),
    "scheme": pa.string(),
    "split_number": pa.int64(),
    "candidate_count": pa.int64(),
    "run_id": pa.string(),
    "train_session_count": pa.int64(),
    "test_session_count": pa.int64(),
    "train_sharpe_ratio": pa.float64(),
    "test_return_dec": pa.float64(),
    "test_sharpe_ratio": pa.float64(),
    "median_test_sharpe_ratio": pa.float64(),
    "scheme_sharpe_ratio": pa.float64(),
    "split_status": pa.string(),
    "segments": pa.list_(_SEGMENT),
}


def folds_table(
    inputs: pa.Table, trials: pa.Table, rules: FoldRules, holdout_first_date: date | None
) -> pa.Table:
    """Return what each family chose in every split of its history, and what that did.

    Parameters
    ----------
    inputs : Table
        As in `parspread.warehouse.overlay_runs.backtest_days_table`.
    trials : Table, one row per run_id
        The resolved catalog with trial_id, family_code and capital_usd; trials only.
    rules : FoldRules
    holdout_first_date : date, optional
        From here on sessions are tested once, by the scheme `holdout`, and trained on by none.

    Returns
    -------
    folds : Table, one row per family_code, scheme and split_number
        A family's history are the sessions of its markets from its first score on. Ratios are
        annualised; `scheme_sharpe_ratio` is that of all sessions that the scheme tested, one after
        the other. `segments` are the stretches of sessions that were trained on and tested.
    """
    # In order of trial: run_id changes with the data, the choice among equals must not.
    trials = trials.sort_by([("trial_id", "ascending"), ("run_id", "ascending")])
    names = trials.select(["run_id", "trial_id", "family_code"]).to_pandas()
    is_first = ~names.duplicated(["family_code", "trial_id"])
    trials, names = trials.filter(pa.array(is_first)), names[is_first].reset_index(drop=True)
    series, index, session = series_of(inputs, trials)
    years = sessions_per_year(series.level, session)[index]
    cut = np.datetime64(holdout_first_date or date.max, "D")
    families: list[_Family] = []
    place_of = np.empty((len(names), 2), dtype=np.int64)
    for number, (code, members) in enumerate(names.groupby("family_code", sort=True)):
        places = members.index.to_numpy()
        place_of[places] = np.column_stack([np.full(len(places), number), np.arange(len(places))])
        day = _history(series, np.unique(index[places]))
        open_count = int((session[day] < cut).sum())
        families.append(_Family(code, places, day, schemes(len(day), open_count, rules)))
    capital_usd = trials["capital_usd"].to_numpy()
    for first in range(0, trials.num_rows, SLICE_ROWS):
        given = rule_table(trials.slice(first, SLICE_ROWS))
        own = index[first : first + len(given)]
        blocks = simulate_paths(series, given, signal_index=own, level_index=own)
        for block, summaries, paths in blocks:
            for line, run in enumerate(range(first + block.start, first + block.stop)):
                rows = slice(summaries.row_count[line])
                returns = np.nan_to_num(paths.net_pnl_usd[line, rows] / capital_usd[run])
                number, place = place_of[run]
                families[number].fill(place, paths.day[line, rows].astype(np.int64), returns)
    found = [
        row
        for family in families
        for scheme in family.schemes
        for row in family.rows(scheme, names["run_id"], years, session, rules.min_session_count)
    ]
    return pa.table(
        {
            name: pa.array([row[name] for row in found], kind, from_pandas=kind == pa.float64())
            for name, kind in _KINDS.items()
        }
    )


def _history(series: Series, own: IntArray) -> IntArray:
    """Return the days of some series together, from their first score on."""
    has_level = np.isfinite(series.level[own]).any(axis=0)
    scored = np.flatnonzero(np.isfinite(series.signal[own]).any(axis=0))
    first = scored[0] if scored.size else has_level.size
    return np.flatnonzero(has_level & (np.arange(has_level.size) >= first))


class _Family:
    """The runs of a family, their history, and their P&L by segment of it."""

    def __init__(self, code: str, runs: IntArray, day: IntArray, cuts: list[Scheme]) -> None:
        self.code, self.runs, self.day, self.schemes = code, runs, day, cuts
        splits = [split for scheme in cuts for split in scheme.splits]
        self.segment = segments_of(splits) if splits else np.zeros(0, dtype=np.int64)
        self.sums = SegmentSums.empty(int(self.segment.max(initial=-1)) + 1, len(runs))

    def fill(self, place: int, day: IntArray, return_dec: np.ndarray) -> None:
        """Add the P&L of a run; days outside the history have none."""
        if self.segment.size:
            position = np.searchsorted(self.day, day)
            known = (position < self.day.size) & (
                self.day[np.minimum(position, self.day.size - 1)] == day
            )
            self.sums.fill(place, self.segment[position[known]], return_dec[known])

    def rows(
        self,
        scheme: Scheme,
        run_ids: pd.Series,
        years: np.ndarray,
        session: DateArray,
        min_session_count: int,
    ) -> list[dict[str, Any]]:
        """Return a row per split of a scheme."""
        found = [
            (split, choose(self.sums, self.segment, split, min_session_count))
            for split in scheme.splits
        ]
        whole = self._pooled([(split, one) for split, one in found if one.run >= 0])
        rows = []
        for number, (split, one) in enumerate(found, start=1):
            chosen = self.runs[one.run] if one.run >= 0 else None
            year = np.sqrt(years[self.runs[max(one.run, 0)]])
            rows.append(
                {
                    "family_code": self.code,
                    "scheme": scheme.name,
                    "split_number": number,
                    "candidate_count": len(self.runs),
                    "run_id": None if chosen is None else run_ids[chosen],
                    "train_session_count": int(split.is_train.sum()),
                    "test_session_count": int(split.is_test.sum()),
                    "train_sharpe_ratio": one.train_ratio * year,
                    "test_return_dec": one.test_total,
                    "test_sharpe_ratio": one.test_ratio * year,
                    "median_test_sharpe_ratio": one.median_test_ratio * year,
                    "scheme_sharpe_ratio": whole * np.sqrt(years[self.runs[0]]),
                    "split_status": "insufficient_sessions" if chosen is None else "ok",
                    "segments": self._segments(split, session),
                }
            )
        return rows

    def _pooled(self, found: list[tuple[Split, Outcome]]) -> float:
        """Return the session Sharpe ratio over all sessions that a scheme tested."""
        count = sum(int(split.is_test.sum()) for split, _ in found)
        if not count:
            return np.nan
        total = np.float64(sum(one.test_total for _, one in found))
        return float(ratio_of(total, np.float64(sum(one.test_square for _, one in found)), count))

    def _segments(self, split: Split, session: DateArray) -> list[dict[str, Any]]:
        """Return the stretches that a split trains on and tests, in order of time."""
        stretches = [
            (first, last, part)
            for part, mask in (("test", split.is_test), ("train", split.is_train))
            for first, last in runs_of(mask)
        ]
        return [
            {
                "part": part,
                "first_session_number": first + 1,
                "last_session_number": last + 1,
                "first_date": session[self.day[first]].item(),
                "last_date": session[self.day[last]].item(),
            }
            for first, last, part in sorted(stretches)
        ]
