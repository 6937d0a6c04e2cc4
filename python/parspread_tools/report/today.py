"""The first screen: basis, signals, positions and their levels, verdicts, changes, data."""

from __future__ import annotations

from typing import Any

import duckdb

from parspread_tools.report.parts import (
    DASH,
    Card,
    Cell,
    Content,
    Table,
    has_rows,
    number,
    rows,
    title,
    words,
)

BASIS = """
    with history as (
        select
            month_end_date, rating_group, basis_bps,
            percent_rank() over (partition by rating_group order by basis_bps) as rank_share,
            median(basis_bps) over (partition by rating_group) as median_bps,
            count(*) over (partition by rating_group) as month_count
        from metrics.basis_months
        where rating_group in ('IG', 'HY')
    )
    from history
    qualify month_end_date = max(month_end_date) over (partition by rating_group)
    order by rating_group desc
"""
SIGNALS = """
    select score_code, instrument_code, date, score
    from reports.rpt_signal_history
    where method = 'standard' and (score_code, instrument_code) in (
        select (signal_code, level_instrument_code) from reports.rpt_today where method = 'standard'
    )
    qualify row_number() over (partition by score_code, instrument_code order by date desc) = 1
    order by kind, abs(score) desc, score_code, instrument_code
"""
TODAY = """
    from reports.rpt_today
    order by
        method = 'standard' desc, position_notional_mm = 0, nearest_distance_bps / abs(spread_bps),
        strategy_code
"""
VERDICTS = """
    select verdict, count(*) as strategy_count
    from reports.rpt_verdicts
    where judged_kind = 'strategy' and method = 'standard'
    group by verdict
"""
REASONS = """
    select
        tests.test_code, count(*) as missed_count,
        any_value(bars.missed_words order by tests.test_code) as words
    from cdx_overlay.fct_verdict_tests as tests
    inner join catalog.verdict_bars as bars on tests.test_code = bars.test_code
    inner join reports.rpt_verdicts as verdicts
        on tests.judged_kind = verdicts.judged_kind and tests.judged_code = verdicts.judged_code
    where tests.judged_kind = 'strategy' and verdicts.method = 'standard' and tests.outcome = 'fail'
    group by tests.test_code
    order by missed_count desc, tests.test_code
    limit 2
"""
CHANGES = """
    select
        any_value(cause order by cause) as cause,
        bool_or(table_name = '-') as is_unknown,
        count(distinct schema_name || '.' || table_name) as table_count,
        (sum(change_count) filter (where change_kind = 'rows_added'))::bigint as added,
        (sum(change_count) filter (where change_kind = 'rows_removed'))::bigint as removed,
        (sum(change_count) filter (where change_kind = 'cells_changed'))::bigint as changed
    from quality.fct_release_changes
"""
CHANGED = """
    select
        schema_name || '.' || table_name as name, column_name, change_kind, change_count, cause
    from quality.fct_release_changes
    order by change_count desc, name, column_name, change_kind
    limit 200
"""
HEALTH = """
    select
        (select count(*) from quality.fct_loss_checks where not is_within and accepted_by is null)
            as beyond_count,
        (select count(*) from quality.fct_loss_checks) as check_count,
        (select count(*) from quality.fct_row_accounting where not is_balanced) as unbalanced_count,
        (select count(*) from quality.fct_rejected_rows where data_set = 'desk') as rejected_count,
        (select sum(rows) from (
            select max(table_row_count)::bigint as rows
            from quality.dim_input_files where data_set = 'desk' group by table_name
        ))::bigint as delivered_count,
        (select max(date) from cdx_overlay.fct_market_daily) as last_session,
        (select max(month_end_date) from cds_bond.fct_rating_basis) as last_month
"""
ACTIONS = {
    "hold": "hold", "exit": "close it", "reverse": "turn it round", "stay_flat": "nothing",
    "wait": "wait after a stop", "enter_long": "sell protection", "enter_short": "buy protection",
}  # fmt: skip
RULES = {
    "enter_long": "sell protection",
    "enter_short": "buy protection",
    "exit": "close",
    "reverse": "reverse",
    "stop_loss": "stop loss",
    "take_profit": "take profit",
}


def today(connection: duckdb.DuckDBPyConnection) -> Content:
    """Answer in one screen what a desk asks first."""
    held = rows(connection, TODAY) if has_rows(connection, "rpt_today") else []
    scored = has_rows(connection, "rpt_signal_history") and bool(held)
    priced = has_rows(connection, "rpt_basis_by_rating")
    cards = (
        basis_card(rows(connection, BASIS) if priced else []),
        signal_card(rows(connection, SIGNALS) if scored else []),
        position_card(held),
        verdict_card(rows(connection, VERDICTS), rows(connection, REASONS)),
        change_card(rows(connection, CHANGES)[0]),
        health_card(rows(connection, HEALTH)[0]),
    )
    heads = (
        "Strategy", "Holds, USD million", "Score (z)", "Next close", "Index now, bps",
        "Would act at a close of, bps", "Move, bps", "Verdict",
    )  # fmt: skip
    groups: dict[str, list[list[Cell]]] = {}
    for row in held:
        own = "The desk's strategies" if row["method"] == "standard" else "Replicas"
        groups.setdefault(own, []).append(today_row(row))
    tables = (Table(heads, groups, "What each strategy holds, and what would change it"),) * bool(
        held
    )
    changed = [
        [Cell(r["name"]), Cell(r["column_name"]), Cell(words(r["change_kind"])),
         number(r["change_count"]), Cell(r["cause"])]
        for r in rows(connection, CHANGED)
    ]  # fmt: skip
    if changed:
        tables += (
            Table(
                ("Table", "Column", "What", "Count", "Cause"),
                {"": changed},
                "What the last build changed",
                folded=True,
            ),
        )
    return Content(
        intro="",
        cards=cards,
        tables=tables,
        notes=(
            "Would act at: the level of the next close at which the score, with VIX and ETF as "
            "they stand, crosses the threshold of the rule named; the trade follows a session "
            "later. "
            "Every rule's level: cdx_overlay.fct_threshold_levels.",
        )
        * bool(held),
    )


def basis_card(found: list[dict[str, Any]]) -> Card:
    """Say what the basis is by rating, and where that stands in its history."""
    if not found:
        return Card("The CDS-bond basis", "no month with a basis", link="basis")
    parts, lines = [], []
    for row in found:
        level = number(row["basis_bps"], "+,.0f").text
        parts.append(f"{row['rating_group']} {level} bps")
        cheaper = 1 - row["rank_share"]
        side = "cheaper" if cheaper >= 0.5 else "dearer"
        share = max(cheaper, 1 - cheaper)
        lines.append(
            f"{row['rating_group']}: {side} than in {share:.0%} of {row['month_count']} "
            f"months (median {number(row['median_bps'], '+,.0f').text})"
        )
    return Card(
        f"The basis of record, {found[0]['month_end_date']:%B %Y}",
        ", ".join(parts),
        tuple(lines),
        "basis",
    )


def signal_card(found: list[dict[str, Any]]) -> Card:
    """Say what the scores favour; within half a standard deviation they say nothing."""
    composites = [r for r in found if r["score_code"].startswith("overlay")] or found[:2]
    if not composites:
        return Card("The signals", "no score", link="signals")
    strongest = max(composites, key=lambda r: abs(r["score"]))
    says = "nothing strong" if abs(strongest["score"]) < 1 else (
        "long credit risk" if strongest["score"] > 0 else "short credit risk"
    )  # fmt: skip
    lines = [
        f"{title(r['score_code'])}"
        + (f" on {r['instrument_code']}" if not r["score_code"].startswith("overlay") else "")
        + f": {number(r['score'], '+.2f').text} z"
        for r in found[:5]
    ]
    return Card(f"The signals, {strongest['date']}", says, tuple(lines), "signals")


def position_card(held: list[dict[str, Any]]) -> Card:
    """Say how many strategies hold something, and which rule is nearest to acting."""
    own = [r for r in held if r["method"] == "standard"]
    if not own:
        return Card("The strategies", "none on the desk's data", link="strategies")
    long = sum(r["position_notional_mm"] > 0 for r in own)
    short = sum(r["position_notional_mm"] < 0 for r in own)
    acting = [r for r in own if r["next_action"] not in ("hold", "stay_flat", "wait")]
    near = sorted(
        (r for r in own if r["nearest_distance_bps"] is not None),
        key=lambda r: (r["nearest_distance_bps"] / abs(r["spread_bps"]), r["strategy_code"]),
    )
    lines = [
        f"{r['strategy_code']} will {ACTIONS[r['next_action']]} at the next close"
        for r in acting[:2]
    ]
    lines += [
        f"{r['strategy_code']}: {RULES[r['nearest_threshold_code']]} at {nearest_level(r)}"
        for r in near[: 3 - len(lines)]
    ]
    flat = len(own) - long - short
    return Card(
        "The strategies", f"{long} long, {short} short, {flat} flat", tuple(lines), "strategies"
    )


def nearest_level(row: dict[str, Any]) -> str:
    """Return the level of the nearest rule with its move."""
    level = row[f"{row['nearest_threshold_code']}_level_bps"]
    return f"{number(level, ',.1f').text} bps ({number(level - row['spread_bps'], '+,.1f').text})"


def verdict_card(found: list[dict[str, Any]], reasons: list[dict[str, Any]]) -> Card:
    """Say how many strategies are to be believed, and why the others are not."""
    count = {row["verdict"]: row["strategy_count"] for row in found}
    total = sum(count.values())
    if not total:
        return Card("To be believed?", "nothing judged", link="verdicts")
    lines = [f"{r['missed_count']} fail: {r['words'].split(' (')[0]}" for r in reasons]
    lines.append(f"{count.get('hold', 0)} on hold: not enough is known")
    return Card(
        "To be believed?",
        f"{count.get('pass', 0)} of {total} strategies pass",
        tuple(lines),
        "verdicts",
    )


def change_card(row: dict[str, Any]) -> Card:
    """Say what the last build moved, and why."""
    if not row["table_count"]:
        return Card(
            "The last build", "changed no number", ("or is the first release",), "data-quality"
        )
    if row.get("is_unknown"):
        return Card(
            "The last build", "not compared", ("the release before has no record",), "data-quality"
        )
    return Card(
        "The last build",
        f"changed {row['table_count']} tables",
        (
            f"{row['added'] or 0:,} rows added, {row['removed'] or 0:,} removed",
            f"{row['changed'] or 0:,} cells changed",
            f"cause: {row['cause']}",
        ),
        "what-the-last-build-changed",
    )


def health_card(row: dict[str, Any]) -> Card:
    """Say whether the data are whole, and how far they reach."""
    faults = row["beyond_count"] + row["unbalanced_count"]
    share = (row["rejected_count"] or 0) / row["delivered_count"] if row["delivered_count"] else 0
    return Card(
        "The data",
        "sound" if not faults else f"{faults} checks not met",
        (
            f"{row['rejected_count']:,} of {row['delivered_count'] or 0:,} rows left out "
            f"({share:.1%})",
            f"all rows accounted for; {row['check_count']} checks of losses"
            if not row["unbalanced_count"]
            else f"{row['unbalanced_count']} steps lose rows unseen",
            f"sessions to {row['last_session'] or DASH}, bonds to {row['last_month'] or DASH}",
        ),
        "data-quality",
    )


def today_row(row: dict[str, Any]) -> list[Cell]:
    """Return the cells of one strategy."""
    code = row["nearest_threshold_code"]
    level = row[f"{code}_level_bps"] if code else None
    others = ", ".join(
        f"{RULES[c]} at {number(row[f'{c}_level_bps'], ',.1f').text}"
        for c in RULES
        if c != code and row[f"{c}_level_bps"] is not None
    )
    act = f"{RULES[code]} at {number(level, ',.1f').text}" if code else "no level in reach"
    move = None if level is None else level - row["spread_bps"]
    return [
        Cell(row["strategy_code"], detail=row["level_instrument_code"]),
        number(row["position_notional_mm"], "+,.1f")
        if row["position_notional_mm"]
        else Cell("flat", True),
        number(row["score"], "+.2f"),
        Cell(ACTIONS[row["next_action"]]),
        number(row["spread_bps"], ",.1f"),
        Cell(act, detail=others),
        number(move, "+,.1f"),
        Cell(row["verdict"] or DASH, is_doubtful=row["verdict"] != "pass"),
    ]
