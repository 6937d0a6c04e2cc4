"""The page's section on what to believe: verdicts on strategies and signals, with their reasons."""

from __future__ import annotations

from typing import Any

import duckdb

from parspread_tools.report.parts import Cell, Content, Table, number, rows

GROUPS = ("statistical", "economic", "robust", "honest")


def verdicts(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show every verdict of the desk's own strategies and signals beside its reasons."""
    listed = rows(
        connection,
        """
        from reports.rpt_verdicts
        order by
            judged_kind = 'signal', coalesce(method, 'standard') <> 'standard',
            list_position(['pass', 'hold', 'fail'], verdict), judged_code, instrument_code
        """,
    )
    groups: dict[str, list[list[Cell]]] = {}
    for row in listed:
        groups.setdefault(heading(row), []).append(verdict_row(row))
    return Content(
        intro=(
            "Should one believe it? The verdict is the worst outcome of its tests: beyond luck "
            "after everything its family has tried, better than a passive seller under stress, "
            "not from one year, with nothing hidden. What is not known holds."
        ),
        tables=(Table(("Judged", "Verdict", *map(str.title, GROUPS), "Trials", "Why"), groups),),
        notes=(
            "Stress: twice the cost, traded a session later. Every test with its value and its "
            "bar: cdx_overlay.fct_verdict_tests; the bars: seeds/catalog/verdict_bars.csv.",
        ),
    )


def heading(row: dict[str, Any]) -> str:
    """Return the heading that a verdict stands under."""
    if row["judged_kind"] == "signal":
        return "Signals, by the P&L of the week after a score"
    return (
        "The desk's strategies" if row["method"] == "standard" else "Replicas of replaced systems"
    )


def verdict_row(row: dict[str, Any]) -> list[Cell]:
    """Return the cells of one verdict."""
    return [
        Cell(row["judged_code"], detail=row["instrument_code"]),
        Cell(row["verdict"], is_doubtful=row["verdict"] != "pass"),
        *(Cell(row[f"{group}_outcome"]) for group in GROUPS),
        number(row["trial_count"]),
        Cell(row["sentence"].split(": ", 1)[1]),
    ]
