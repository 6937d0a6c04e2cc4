"""What a delivered value means, whichever format and tool it comes from, as SQL expressions.

A date has one meaning: a day as ISO text, or a time that is midnight of its own day. Nothing has
one too: null, NaN, blanks and the words that tools write for it are an optional value that was not
delivered. Texts that cannot be read stay as they are, and staging gives their rows a reason.
"""

from __future__ import annotations

import re

from parspread_tools.sql_text import literal

FLOAT_KINDS = ("FLOAT", "DOUBLE")
# What spreadsheets, terminals, statistics packages and databases write for "no value".
NOTHING = (
    "", ".", "-", "--", "NA", "N/A", "N.A.", "#N/A", "#N/A N/A", "#NA", "NAN", "-NAN", "NAT",
    "<NA>", "<NAN>", "NULL", "<NULL>", "(NULL)", "NONE", "NIL", "\\N", "#VALUE!", "#REF!",
    "#DIV/0!", "#NUM!", "#NAME?", "#NULL!", "#N/A N.A.", "#N/A FIELD NOT APPLICABLE",
    "#N/A INVALID SECURITY", "#N/A REQUESTING DATA...", "\N{EN DASH}", "\N{EM DASH}",
)  # fmt: skip
# What nobody sees around a value; plain spaces are left to staging, which shows them.
UNSEEN = "\t\r\n\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{WORD JOINER}\N{ZERO WIDTH NO-BREAK SPACE}"
BLANKS = literal(f" {UNSEEN}")
DAY = r"\d{4}-\d{2}-\d{2}"
OFFSET = r"\s*(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)"
HOUR = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?"
MIDNIGHT = r"00:00(?::00(?:[.,]0+)?)?"
# A day, also at midnight of its own time zone; and a day at any hour.
ISO_DAY = rf"{DAY}(?:[T ]{MIDNIGHT}(?:{OFFSET})?)?"
ISO_TIME = rf"{DAY}(?:[T ]{HOUR}(?:{OFFSET})?)?"
ISO_MOMENT = rf"{DAY}[T ]{HOUR}{OFFSET}"


def trimmed(value: str) -> str:
    """Return the expression of a text without blanks of any kind around it."""
    return f"trim({value}, {BLANKS})"


def given(value: str, kind: str | None, is_required: bool) -> str:
    """Return the expression of a value that is null where nothing was delivered.

    A required value keeps its words, so that a message can show them and a ticker may be NA.
    """
    if kind in FLOAT_KINDS:
        return value if is_required else f"if(isnan({value}), null, {value})"
    if kind not in (None, "VARCHAR"):
        return value
    value = f"trim({value}, {literal(UNSEEN)})"
    # One pattern: the engine makes a join of a list of words, and does not leave it out of a query
    # that does not need the column.
    words = "" if is_required else "|".join(map(re.escape, NOTHING))
    pattern = literal(rf"(?i)[ \t\r\n\x{{A0}}]*({words})[ \t\r\n\x{{A0}}]*")
    return f"case when not regexp_full_match({value}, {pattern}) then {value} end"


def day_of_text(value: str, time_zone: str | None) -> str:
    """Return the expression that reads a text as a day; null where it is not one.

    With a `time_zone` a moment is the day that it falls on there, and a time without one is local.
    """
    text = trimmed(value)
    shape = literal(ISO_TIME if time_zone else ISO_DAY)
    is_day = f"regexp_full_match({text}, {shape})"
    day = f"try_cast(case when {is_day} then left({text}, 10) end as date)"
    if time_zone is None:
        # Most are written as the engine writes them, and need no pattern.
        plain = f"try_cast({value} as date)"
        return f"case when {plain}::varchar = {value} then {plain} else {day} end"
    moment = f"try_cast(replace(replace({text}, 'GMT', 'Z'), ',', '.') as timestamptz)"
    return (
        f"case when regexp_full_match({text}, {literal(ISO_MOMENT)}) "
        f"then timezone({literal(time_zone)}, {moment})::date else {day} end"
    )


def day_of_time(value: str, kind: str, time_zone: str | None) -> str:
    """Return the expression that reads a stored time as the day that it stands for."""
    if time_zone is None:
        # Not a cast, which would use the time zone of the session. To microseconds, because parts
        # with nanoseconds would take the days of others beyond their range, the year 2262.
        return (
            f"make_timestamp(epoch_us({value}))" if "TIME ZONE" in kind else f"{value}::timestamp"
        )
    local = f"timezone({literal(time_zone)}, {value})" if "TIME ZONE" in kind else value
    return f"{local}::date"


def moment_of_text(value: str) -> str:
    """Return the expression that reads a text as a time in UTC; null where it is not one."""
    text = trimmed(value)
    is_moment = f"regexp_full_match({text}, {literal(ISO_TIME)})"
    return f"try_cast(case when {is_moment} then {text} end as timestamp)"


def delivered_name(name: str) -> str:
    """Return the name of the column that shows a date or time as it was delivered."""
    return f"{name} as delivered"


def is_dated(column: dict) -> bool:
    """Return whether a column of the contract holds dates or times."""
    return column["data_type"] in ("date", "timestamp")
