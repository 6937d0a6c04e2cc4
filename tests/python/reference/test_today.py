"""The level at which a rule would act is a level at which the scoring itself says so.

Each level is fed to the compiled scoring models as the close of one more session, on a market of
its own, beside a level one hair nearer to the last close. Nothing of how the level was found is
used here.
"""

from __future__ import annotations

import re

import duckdb
import pandas as pd
import pytest

from conftest import Build

INNER = "intermediate"
SCORING = ("indicators_computed", "signals_scored", "signals_blended")
MARKETS = {"levels_adjusted": "instrument_code", "pairs_priced": "market_code"}
HAIR_BPS = 1e-5
LAST_SESSIONS = 700  # more than all windows one after the other
COPIED = (
    ("strategies_resolved", "market_code", "strategy_code"),
    ("composites_listed", "instrument_code", "composite_code"),
)


def compiled(build: Build, model: str) -> str:
    files = (build.home / "target" / "compiled").rglob(f"int_cdx_overlay__{model}.sql")
    # A unit test of the model lies in a folder of its YAML.
    (path,) = (f for f in files if not any(parent.suffix == ".yml" for parent in f.parents))
    return path.read_text()


def add_a_session(connection: duckdb.DuckDBPyConnection, name: str, code: str) -> None:
    """Give every probe a market of its own with one session more: its level, all else as it was."""
    connection.execute(
        f"""
        create table copies as
        select probe, level_bps as probe_bps, m.* replace (probe || '#' || m.{code} as {code})
        from {name} as m inner join probes on m.{code} = probes.market_code
        qualify
            row_number() over (partition by probe order by session_date desc) <= {LAST_SESSIONS};
        insert into copies
        select * replace (
            session_date + 1 as session_date, probe_bps as spread_bps,
            probe_bps - (spread_bps - roll_adjusted_spread_bps) as roll_adjusted_spread_bps
        ) from copies
        qualify row_number() over (partition by {code} order by session_date desc) = 1;
        delete from {name};
        insert into {name} select * exclude (probe, probe_bps) from copies;
        drop table copies
        """
    )


def scores_of(build: Build, probes: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Return the score of every probe by its code: market and level of the next close."""
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as parspread")
        connection.execute(f"attach '{build.database}' as built (read_only)")
        connection.execute("use parspread")
        connection.execute("create schema intermediate; create schema catalog")
        connection.register("given", probes)
        connection.execute("create table probes as from given")
        used = set(
            re.findall(
                r'"parspread"\."(\w+)"\."(\w+)"', " ".join(compiled(build, m) for m in SCORING)
            )
        )
        for schema, table in sorted(used):
            connection.execute(f"create table {schema}.{table} as from built.{schema}.{table}")
        for table, code in MARKETS.items():
            add_a_session(connection, f"{INNER}.int_cdx_overlay__{table}", code)
        for table, code, own in COPIED:
            name = f"{INNER}.int_cdx_overlay__{table}"
            connection.execute(
                f"create table copies as select l.* replace (probe || '#' || l.{code} as {code}, "
                f"probe || '#' || l.{own} as {own}) from {name} as l "
                f"inner join probes on l.{code} = probes.market_code; "
                f"delete from {name}; insert into {name} from copies; drop table copies"
            )
        for model in SCORING:
            connection.execute(
                f"create or replace table {INNER}.int_cdx_overlay__{model} as "
                f"{compiled(build, model)}"
            )
        found = connection.execute(
            f"""
            select instrument_code, signal_code as code, session_date, signal_z as score
            from {INNER}.int_cdx_overlay__signals_scored
            union all
            select instrument_code, composite_code, session_date, score_z
            from {INNER}.int_cdx_overlay__signals_blended
            """
        ).df()
    last = found[
        found.session_date == found.groupby("instrument_code").session_date.transform("max")
    ]
    scores: dict[int, dict[str, float]] = {}
    for row in last[last.instrument_code.str.contains("#")].itertuples():
        probe = int(row.instrument_code.split("#")[0])
        scores.setdefault(probe, {})[row.code.split("#")[-1]] = row.score
    return scores


def is_across(threshold: pd.Series, score: float) -> bool:
    """Whether a rule acts on a score, as the catalog words it."""
    bar = threshold.threshold_value
    if threshold.threshold_code in ("enter_long", "enter_short"):
        return score >= bar if bar > 0 else score <= bar
    if threshold.threshold_code == "exit":
        if threshold.exit_basis == "magnitude":
            return abs(score) < bar
        return score < bar if threshold.held > 0 else score > bar
    return score <= bar if threshold.held > 0 else score >= bar


@pytest.fixture(scope="module")
def thresholds(sample: Build) -> pd.DataFrame:
    """Return every threshold of a score, with what the rule reads."""
    return sample.frame(
        """
        select
            levels.*, strategies.signal_code, strategies.exit_basis,
            today.position_notional_mm as held
        from cdx_overlay.fct_threshold_levels as levels
        inner join cdx_overlay.dim_strategies as strategies using (run_id)
        inner join reports.rpt_today as today on levels.strategy_code = today.strategy_code
        where threshold_unit = 'standard_deviations'
        order by levels.strategy_code, threshold_code
        """
    )


def test_a_level_is_across_and_a_hair_less_is_not(sample: Build, thresholds: pd.DataFrame) -> None:
    found = thresholds[thresholds.level_status == "ok"].reset_index(drop=True)
    assert len(found) > 20 and set(found.threshold_code) == {
        "enter_long", "enter_short", "exit", "reverse"
    }  # fmt: skip
    hair = HAIR_BPS * (found.move_bps > 0).map({True: 1, False: -1})
    probes = pd.concat(
        pd.DataFrame(
            {"probe": found.index * 3 + k, "market_code": found.instrument_code, "level_bps": level}
        )
        for k, level in enumerate((found.level_bps, found.level_bps - hair, found.spread_bps))
    )
    scores = scores_of(sample, probes)
    for place, threshold in found.iterrows():
        at, before, unchanged = (scores[3 * place + k][threshold.signal_code] for k in range(3))
        words = f"{threshold.strategy_code} {threshold.threshold_code} {at} {before}"
        assert is_across(threshold, at), words
        assert not is_across(threshold, before), words
        assert not is_across(threshold, unchanged), words


def test_where_no_level_is_in_reach_none_crosses(sample: Build, thresholds: pd.DataFrame) -> None:
    """Twenty daily deviations either side, one at a time."""
    found = thresholds[thresholds.level_status == "not_in_reach"].drop_duplicates(
        ["signal_code", "instrument_code", "threshold_code", "threshold_value"]
    ).reset_index(drop=True)  # fmt: skip
    deviations = sample.inner_frame(
        "select distinct score_market_code as m, daily_deviation_bps as d "
        "from intermediate.int_cdx_overlay__holdings_decided"
    ).set_index("m").d  # fmt: skip
    probes = pd.DataFrame(
        [
            (
                place * 100 + step,
                row.instrument_code,
                row.spread_bps + (step - 20) * deviations[row.instrument_code],
            )
            for place, row in found.iterrows()
            for step in range(41)
        ],
        columns=["probe", "market_code", "level_bps"],
    )
    probes = probes[probes.level_bps > 0]
    scores = scores_of(sample, probes)
    for probe, by_code in scores.items():
        threshold = found.loc[probe // 100]
        assert not is_across(threshold, by_code[threshold.signal_code]), threshold.strategy_code


STOPS = [
    # basis, bps, sigma, pct, position, entry, deviation at entry, held, gain so far -> stop, profit
    ("spread_bps", {"bps": (15, 10)}, 10, 60, (75, 50)),
    ("spread_bps", {"bps": (15, 10)}, -10, 60, (45, 70)),
    ("sigma_bps", {"sigma": (2, 1)}, 10, 60, (72, 54)),  # 2 x 2 bps x sqrt(9 sessions)
    # 2 % of 10 MM are 200,000 USD, 50,000 of them lost so far; 5,000 USD a basis point.
    ("pct_notional", {"pct": (2, 1)}, 10, 60, (92, 32)),
]


@pytest.mark.parametrize(("basis", "limits", "position", "entry", "expected"), STOPS)
def test_stops_by_hand(sample: Build, basis, limits, position, entry, expected) -> None:
    """The level of the last close is 62; the run has lost 50,000 USD; 500 USD per bp and MM."""
    (path,) = (sample.home / "target" / "compiled").rglob("fct_threshold_levels.sql")
    values = {
        "held_sign": 1 if position > 0 else -1, "decided_sign": 1 if position > 0 else -1,
        "stop_basis": f"'{basis}'", "spread_bps": 62, "entry_level_bps": entry,
        "position_notional_mm": position, "entry_notional_mm": abs(position),
        "entry_deviation_bps": 2, "held_sessions": 8, "open_pnl_usd": -50000,
        "risk_dv01_usd_per_bp_per_mm": 500, "pnl_model": "'repriced'",
    }  # fmt: skip
    for unit in ("bps", "sigma", "pct"):
        loss, profit = limits.get(unit, ("null", "null"))
        values |= {f"stop_loss_{unit}": loss, f"take_profit_{unit}": profit}
    source = f"{INNER}.int_cdx_overlay__holdings_decided"
    changed = ", ".join(f"{value} as {name}" for name, value in values.items())
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as parspread")
        connection.execute(f"attach '{sample.database}' as built (read_only)")
        connection.execute("use parspread; create schema intermediate")
        connection.execute(
            f"create table {source} as select * replace ({changed}) from built.{source} limit 1"
        )
        crossings = f"{INNER}.int_cdx_overlay__crossings_solved"
        connection.execute(f"create table {crossings} as from built.{crossings} limit 0")
        found = connection.execute(
            f"select level_bps, level_status from ({path.read_text()}) order by threshold_code"
        ).fetchall()
    assert [level for level, _ in found] == pytest.approx(list(expected))
    assert {s for _, s in found} == {"first_order" if basis == "pct_notional" else "ok"}
