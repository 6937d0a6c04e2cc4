"""What every loader does: read the bytes of a source, refuse what broke off, write a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

# Input files by name, each as the text of a CSV.
Files = dict[str, str]


class BrokenSource(Exception):
    """What is wrong with the bytes of a source, in one line that says what to do."""


def read_csv(source: str, content: bytes, first: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a CSV as dictionaries; notes above its header are passed over.

    Parameters
    ----------
    source : str
        What a message calls it.
    content : bytes
        The whole file.
    first : sequence of str
        Names of which the first column of the header has one.

    Raises
    ------
    BrokenSource
        There is no header, a row has another number of fields, or the last line broke off.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BrokenSource(f"{source}: must be UTF-8 text; {problem}; fetch it again") from problem
    if not text.endswith("\n"):
        raise BrokenSource(f"{source}: must end with a whole line; it breaks off; fetch it again")
    lines = [row for row in csv.reader(io.StringIO(text)) if row]
    start = next((n for n, row in enumerate(lines) if row[0].strip() in first), None)
    if start is None:
        raise BrokenSource(
            f"{source}: must have a header that begins with {' or '.join(first)}; its first line "
            f"is {text.splitlines()[0][:80]!r}; the layout has changed, or it is an error page"
        )
    header = [name.strip() for name in lines[start]]
    rows = lines[start + 1 :]
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise BrokenSource(
                f"{source}: row {number} must have {len(header)} fields; it has {len(row)}; "
                "fetch it again"
            )
    if not rows:
        raise BrokenSource(f"{source}: must have rows; it has a header only; fetch it again")
    return [dict(zip(header, row, strict=True)) for row in rows]


def needed(source: str, rows: list[dict[str, str]], columns: Iterable[str]) -> None:
    """Refuse rows without these columns."""
    missing = [name for name in columns if name not in rows[0]]
    if missing:
        raise BrokenSource(
            f"{source}: must have the columns {', '.join(missing)}; found {', '.join(rows[0])}; "
            "the layout has changed"
        )


def us_day(source: str, text: str) -> str:
    """Return the ISO day of an American date.

    >>> us_day("a file", "01/31/2020")
    '2020-01-31'
    """
    try:
        return datetime.strptime(text.strip(), "%m/%d/%Y").date().isoformat()
    except ValueError as problem:
        raise BrokenSource(
            f"{source}: dates must be month/day/year; it was {text!r}; the layout has changed"
        ) from problem


def written(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the text of a CSV."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(header)
    lines.writerows(rows)
    return out.getvalue()
