"""Checks that the dates of a file are written in one way and mean the days that they seem to."""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from typing import Any

from parspread_tools.gate.files import InputError, answer, clipped, line_of_row
from parspread_tools.gate.readers import located, reader
from parspread_tools.gate.values import ISO_DAY, ISO_TIME, trimmed
from parspread_tools.sql_text import literal

# Digits as 9 and words as A: other ways to write a date, kind by kind. One row of a kind is a bad
# row, two are a file that changes its format.
OTHER_TIME = r"( ?[T,]?9{1,2}[:.]99([:.]99)?.*)?"
OTHER_FORMATS = (
    r"(A,? )?(9{1,2}[/.-]9{1,2}[/.-](99|9999)|9{4}[/.]9{1,2}[/.]9{1,2}|9{4}-(9-9{1,2}|99-9)"
    r"|99-99-99|9{8}|9{1,2}\.?[ -]A[ -](99|9999)|A[ -]9{1,2},?[ -]9999|9{4}-A-9{1,2}"
    rf"|9{{1,2}}A(99|9999)){OTHER_TIME}",
    # An ISO day with the clock, zone or marks of a spreadsheet.
    r"""(['=" ]*9999-99-99['" ]*)(A?9{1,2}:99(:99)?([.,]9+)?( ?A(/A)?)?|A|[+-]99:?99)?""",
    # Seconds and a basic ISO time.
    r"9{10}|9{13}|9{8}A9{4,6}A?",
    # The days that a spreadsheet counts.
    r"9{5}([.,]9+)?",
)
STATE_ZONE = "state the time_zone whose days they are in the meta of the source"


def unknown_time_zone(entry: dict[str, Any]) -> list[str]:
    """Return what is wrong with the time zone that a source states, if it does."""
    zone = entry["meta"].get("time_zone")
    if zone is None or zone in zoneinfo.available_timezones():
        return []
    return [
        f"source {entry['table']}: time_zone must be a name such as America/New_York; it was "
        f"{zone}; correct it in the meta of the source"
    ]


def check_dates(part: Path, entry: dict[str, Any], is_part: bool = False) -> None:
    """Refuse a file with times that are no midnights, or with dates in more than one format.

    One of several parts has the format of the others: ISO.
    """
    zone = entry["meta"].get("time_zone")
    found, identifiers = located(part, entry["columns"])
    dated = [
        (name, value, kind)
        for column, (name, value, kind) in found.items()
        if column_type(entry, column) == "date"
    ]
    source = reader(part, identifiers)
    for name, value, kind in dated:
        if zone is None and kind is not None and kind.startswith("TIMESTAMP"):
            check_midnights(part, name, value, kind, source)
    texts = [(name, value) for name, value, kind in dated if kind in (None, "VARCHAR")]
    if texts:
        check_formats(part, texts, source, zone, is_part)


def column_type(entry: dict[str, Any], name: str) -> str:
    """Return the type that the contract gives a column."""
    return next(c["data_type"] for c in entry["columns"] if c["name"] == name)


def check_midnights(part: Path, name: str, value: str, kind: str, source: str) -> None:
    """Refuse stored times that are no midnights: no file says whose evenings they are."""
    moment, is_off = f"make_timestamp(epoch_us({value}))", "moment <> date_trunc('day', moment)"
    if kind == "TIMESTAMP_NS":
        is_off, moment = f"epoch_ns({value}) % 86_400_000_000_000 <> 0", value
    query = (
        f"select count(*) filter (where {is_off}), count(moment), (min(moment) filter (where "
        f"{is_off}))::varchar "
        f"from (select {value}, {moment} as moment from {source}) where isfinite({value})"
    )
    ((off_count, count, first),) = answer(part, query)
    if off_count:
        clock = "midnight in UTC" if "TIME ZONE" in kind else "midnight of their own day"
        raise InputError(
            f"{part}: column {name} must hold dates, or times at {clock}; {off_count} of "
            f"its {count} times were others, the first {first}; convert it: to dates without time, "
            f"or {STATE_ZONE}"
        )


def check_formats(
    part: Path, texts: list[tuple[str, str]], source: str, zone: str | None, is_part: bool
) -> None:
    """Refuse texts that are times of another hour, and columns that mix formats of dates."""
    names = ", ".join(literal(name) for name, _ in texts)
    values = ", ".join(trimmed(value) for _, value in texts)
    readable = ISO_TIME if zone else ISO_DAY
    shape = r"regexp_replace(regexp_replace(text, '[0-9]', '9', 'g'), '[A-Za-z]+', 'A', 'g')"
    others = " ".join(
        f"when regexp_full_match({shape}, {literal(form)}) then 'other {number}'"
        for number, form in enumerate(OTHER_FORMATS)
    )
    query = f"""
        with texts as (
            select unnest([{names}]) as name, unnest([{values}]) as text, row_number
            from (select *, row_number() over () as row_number from {source})
        ),
        formats as (
            select name, text, row_number,
                case when regexp_full_match(text, {literal(readable)}) then 'date'
                    when regexp_full_match(text, {literal(ISO_TIME)}) then 'time'
                    {others} end as format
            from texts
        )
        select name, format, count(*), min(row_number), arg_min(text, row_number)
        from formats where format is not null group by name, format
    """
    found: dict[str, dict[str, tuple]] = {}
    for name, form, *rest in answer(part, query):
        found.setdefault(name, {})[form] = tuple(rest)
    for name, forms in found.items():
        count = sum(rest[0] for rest in forms.values())
        if "time" in forms:
            off_count, row, first = forms["time"]
            raise InputError(
                f"{part}: column {name} must hold dates, or times at midnight of their own day; "
                f"{off_count} of its {count} values were others, the first {first} on "
                f"{line_of_row(part, row)}, at {first[11:16]}; convert it: to dates without time, "
                f"or {STATE_ZONE}"
            )
        others = [rest for form, rest in forms.items() if form.startswith("other")]
        if ("date" in forms or is_part) and max(others, default=(0,))[0] > 1:
            other_count, row, first = max(others)
            raise InputError(
                f"{part}: column {name} must be written in one way, such as 2020-01-31; "
                f"{other_count} of its {count} dates were written in another, the first "
                f"{clipped(first)} on {line_of_row(part, row)}; convert it: to ISO dates throughout"
            )
