"""Rows that do not count as of a date: known too late, dated too late, or superseded."""

from __future__ import annotations

from typing import Any

from parspread_tools.gate.values import delivered_name, is_dated


def withheld_reason(
    entry: dict[str, Any], has_versions: bool, as_of_date: str, restated_values: str
) -> str:
    """Return the expression that says why a row does not count as of a date; null if it does.

    Of the versions of one key that were known by then, the latest (or the first) counts. A row
    without a time was known from the start. Only files with versions need the window, which sorts
    every row.
    """
    cases = []
    known = "coalesce(try_cast(\"known_at\" as timestamp), timestamp '-infinity')"
    too_late = f"{known} >= date '{as_of_date}' + interval 1 day"
    if has_versions:
        cases += [
            f'when "{delivered_name("known_at")}" is not null and "known_at" is null '
            "then 'known_at_unreadable'",
            f"when {too_late} then 'not_known_yet'",
        ]
    if "date_column" in entry["meta"]:
        dated = f'try_cast("{entry["meta"]["date_column"]}" as date)'
        cases.append(
            f"when isfinite({dated}) and {dated} > date '{as_of_date}' then 'date_in_future'"
        )
    if has_versions:
        key = ", ".join(key_expression(entry, name) for name in entry["meta"]["version_key"])
        better, chosen = ("<", "max") if restated_values == "latest" else (">", "min")
        cases.append(
            f"when {known} {better} {chosen}({known}) filter (where not {too_late}) "
            f"over (partition by {key}) then 'other_version_counts'"
        )
    return f"case {' '.join(cases)} end" if cases else "null"


def key_expression(entry: dict[str, Any], name: str) -> str:
    """Return a key column as comparable text: dates as dates, codes without case and padding."""
    if name == entry["meta"].get("date_column"):
        return f'try_cast("{name}" as date)::varchar'
    return f'upper(trim("{name}"::varchar))'


def withheld_select(entry: dict[str, Any]) -> str:
    """Return the SELECT that lists the withheld rows of a table, each as it was delivered."""
    key = ", ".join(key_expression(entry, name) for name in entry["meta"]["version_key"])
    row = ", ".join(
        f'"{c["name"]}" := "{delivered_name(c["name"]) if is_dated(c) else c["name"]}"::varchar'
        for c in entry["columns"]
    )
    return (
        f"select '{entry['table']}' as table_name, data_set, source_row_number, "
        f"concat_ws(' ', {key}) as natural_key, withheld_reason, "
        f"to_json(struct_pack({row}))::varchar as raw_row_json "
        f"from vendor.{entry['table']}_versions where withheld_reason is not null"
    )


def withheld_statement(contract: list[dict[str, Any]]) -> str:
    """Return the statement that stores the withheld rows of all tables."""
    selects = "\nunion all\n".join(withheld_select(entry) for entry in contract)
    return f"create or replace table vendor.withheld_rows as\n{selects}"
