"""Trials of sweeps in the count of a family: leaders by name, their followers by number.

Of a follower the ledger keeps sixteen bytes, once: that it was tried, and its Sharpe ratio.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from parspread.arrays import FloatArray
from parspread.overlay.selection import family_wise_share

_POINT = r"^[^/\[]+/([^\[]+)\[.*$"


def trial_number(trial_id: str) -> int:
    """Return the number by which a follower is remembered.

    Examples
    --------
    >>> trial_number("trial") < 2**64
    True
    """
    return int.from_bytes(blake2b(trial_id.encode(), digest_size=8).digest(), "big")


def strategy_of(codes: pd.Series) -> pd.Series:
    """Return the strategy that a point of a sweep varies; other codes as they are.

    Examples
    --------
    >>> strategy_of(pd.Series(["balanced", "grid/balanced[entry_threshold=1]"])).tolist()
    ['balanced', 'balanced']
    """
    return codes.str.replace(_POINT, r"\1", regex=True)


@dataclass
class SweptTrials:
    """Points of the sweeps of a family, those of this build and of all earlier ones.

    Attributes
    ----------
    points : DataFrame, one row per trial
        Points of this build.
    joined : dict of int to float
        Sharpe ratio of every follower that was ever recorded, by number.
    extra_count : float
        Independent trials that followers add to their leaders.
    found : dict of str to dict
        What the ledger is to keep of a leader, by trial.
    """

    points: pd.DataFrame
    joined: dict[int, float]
    extra_count: float
    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def leaders(self) -> pd.DataFrame:
        """Return the points that others follow, or that follow none."""
        return self.points[self.points["equivalent_trial_count"].notna()]

    def months(self) -> dict[str, tuple[np.datetime64, FloatArray]]:
        """Return the first month and the returns by month of every leader."""
        rows = self.leaders
        return {
            trial: (
                np.datetime64("1970-01" if first is None else first, "M"),
                np.array([] if values is None else values, dtype=np.float64),
            )
            for trial, first, values in zip(
                rows["trial_id"], rows["first_month_date"], rows["monthly_return_dec"], strict=True
            )
        }

    def follow(self, named: dict[str, str]) -> None:
        """Record the followers that no build has recorded, by name or by number."""
        followers = self.points[self.points["equivalent_trial_count"].isna()]
        by_name = {trial_number(trial) for trial in named}
        self.joined = {n: sharpe for n, sharpe in self.joined.items() if n not in by_name}
        known = by_name | set(self.joined)
        own = dict(list(followers.groupby("leader_trial_id", sort=False)))
        for row in self.leaders.itertuples():
            self.found[row.trial_id] = {
                "recorded_sharpe_ratio": row.recorded_sharpe_ratio,
                "session_count": row.session_count,
                "leader_trial_id": named[row.trial_id],
            }
            if row.trial_id not in own:
                continue
            rows = own[row.trial_id]
            numbers = map(trial_number, rows["trial_id"])
            new = sorted(
                (number, sharpe)
                for number, sharpe in zip(numbers, rows["recorded_sharpe_ratio"], strict=True)
                if number not in known
            )
            extra = (row.equivalent_trial_count - 1) * len(new) / len(rows)
            self.joined |= dict(new)
            self.extra_count += extra
            self.found[row.trial_id] |= {
                "joined_trial_numbers": [number for number, _ in new] or None,
                "joined_sharpe_ratio": [None if s != s else s for _, s in new] or None,
                "joined_equivalent_count": extra,
            }

    def beside(self, joint_p_share: float, p_share: float) -> float:
        """Return a p-value that allows for the followers beside their leaders; Sidak (1967)."""
        if not self.extra_count:
            return joint_p_share
        extra = float(family_wise_share(p_share, self.extra_count))
        return 1 - (1 - joint_p_share) * (1 - extra)


def swept_trials(past: pd.DataFrame, points: pd.DataFrame) -> SweptTrials:
    """Return the points of a family beside what earlier builds recorded of followers.

    Parameters
    ----------
    past : DataFrame, one row per run_id and build
        Columns joined_trial_numbers, joined_sharpe_ratio, joined_equivalent_count.
    points : DataFrame, one row per run_id
        Columns as of `parspread.warehouse.overlay_sweeps.sweep_table`, with trial_id.
    """
    recorded = past[past["joined_trial_numbers"].notna()]
    joined = {
        int(number): np.nan if sharpe is None else float(sharpe)
        for numbers, ratios in zip(
            recorded["joined_trial_numbers"], recorded["joined_sharpe_ratio"], strict=True
        )
        for number, sharpe in zip(numbers, ratios, strict=True)
    }
    unique = points.sort_values("run_id").drop_duplicates("trial_id")
    return SweptTrials(unique, joined, float(recorded["joined_equivalent_count"].sum()))


def remembered(ledger: pa.Table, families: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what earlier builds recorded by family, and trials with their latest Sharpe ratio.

    A trial counts where it was made and where its strategy is now: moving a strategy to another
    family does not shed what was tried with it.
    """
    past = ledger.to_pandas()
    past = past[past["is_trial"].astype(bool)].sort_values(["built_at", "run_id"])
    now = families.drop_duplicates("strategy_code").set_index("strategy_code")["family_code"]
    moved = past.assign(family_code=strategy_of(past["strategy_code"]).map(now))
    both = pd.concat([past, moved[moved["family_code"].notna()]])
    both = both.drop_duplicates(["family_code", "build_id", "run_id"])
    # The months of a trial stand in its first record; the latest one has its Sharpe ratio.
    first = both.dropna(subset="first_month_date").drop_duplicates(["family_code", "trial_id"])
    months = first[["family_code", "trial_id", "first_month_date", "monthly_return_dec"]]
    latest = both.drop_duplicates(["family_code", "trial_id"], keep="last")
    kept = latest[["family_code", "trial_id", "leader_trial_id", "session_sharpe_ratio"]]
    return both, kept.merge(months, how="left", on=["family_code", "trial_id"])


def no_points() -> pa.Table:
    """Return the table of a build without sweeps."""
    names = ("run_id", "trial_id", "family_code", "strategy_code", "leader_trial_id")
    kinds = dict.fromkeys(names, pa.string()) | {
        "recorded_sharpe_ratio": pa.float64(),
        "session_count": pa.int64(),
        "equivalent_trial_count": pa.float64(),
        "first_month_date": pa.date32(),
        "monthly_return_dec": pa.list_(pa.float64()),
    }
    return pa.schema(kinds).empty_table()


def side_by_side(series: list[tuple[np.datetime64, FloatArray]]) -> FloatArray:
    """Return monthly series on one calendar, a column each, NaN where one has no month."""
    if not series:
        return np.empty((0, 0))
    first = min(start for start, _ in series)
    offset = [int((start - first).astype(np.int64)) for start, _ in series]
    size = max(o + values.size for o, (_, values) in zip(offset, series, strict=True))
    table = np.full((size, len(series)), np.nan)
    for column, (o, (_, values)) in enumerate(zip(offset, series, strict=True)):
        table[o : o + values.size, column] = values
    return table
