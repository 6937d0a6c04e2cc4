"""What a section of the page is made of: tables, charts and selectors, and numbers as text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import altair as alt
import duckdb

METHODS = {
    "standard": "standard: the desk's own method",
    "ftsfr_notebook": "ftsfr_notebook: replica of the replaced basis notebook",
}
METHOD_SHOWN_FIRST = "standard"
MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
LONG_AND_SHORT = (
    "Blue, above zero: long credit risk, protection sold, gains when spreads tighten. "
    "Orange, below zero: short credit risk, protection bought, gains when spreads widen."
)


@dataclass(frozen=True)
class Cell:
    """One cell of a table: what it says, and whether it deserves less trust."""

    text: str
    is_number: bool = False
    is_doubtful: bool = False
    detail: str = ""


@dataclass(frozen=True)
class Table:
    """A table: column heads, and groups of rows under a heading of their own.

    With `led_by`, a parameter, only the group of the chosen value is shown. A `folded` table opens
    at a click on its title.
    """

    heads: tuple[str, ...]
    groups: dict[str, list[list[Cell]]]
    title: str = ""
    led_by: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Card:
    """One answer of the first screen: the question, the answer in a few words, and its lines."""

    question: str
    answer: str
    lines: tuple[str, ...] = ()
    link: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart and the words above it, which carry unit and sign.

    `choices` are the values of the section's selectors that have data here, joined by a space
    where there are several; None: all have.
    """

    title: str
    caption: str
    picture: alt.TopLevelMixin
    choices: list[str] | None = None

    def led_by(self, *selectors: Selector, choices: list[str] | None = None) -> Chart:
        """Return the chart with the parameters of its section's `selectors`."""
        parameters = [alt.param(name=s.parameter, value=s.chosen) for s in selectors]
        return replace(self, picture=self.picture.add_params(*parameters), choices=choices)


@dataclass(frozen=True)
class Selector:
    """A drop-down that sets one parameter in every chart of its section."""

    parameter: str
    label: str
    choices: dict[str, str]
    chosen: str


@dataclass(frozen=True)
class Content:
    """What a section shows, in this order; `data` is the CSV text that the charts draw."""

    intro: str
    selectors: tuple[Selector, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    cards: tuple[Card, ...] = ()
    notes: tuple[str, ...] = ()
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """A heading, the `reports` table behind it, and the function that shows the table, or None."""

    heading: str
    table_name: str
    show: Callable[[duckdb.DuckDBPyConnection], Content | None]


def number(value: float | None, pattern: str = ",.0f") -> Cell:
    """Return a right-aligned number, or a dash where there is none.

    >>> number(1234.5).text, number(-0.004, ",.2f").text, number(None).text == DASH
    ('1,234', '0.00', True)
    """
    sign, rest = ("+", pattern[1:]) if pattern.startswith("+") else ("", pattern)
    text = DASH if value is None else f"{value:{sign}z{rest}}"
    return Cell(text.replace("-", MINUS), is_number=True)


def thousand_usd(value_usd: float | None) -> Cell:
    """Return dollars in thousands.

    >>> thousand_usd(2_038_400.0).text
    '2,038'
    """
    return number(None if value_usd is None else value_usd / 1000)


def percent(value_share: float | None) -> Cell:
    """Return a fraction as a percentage.

    >>> percent(0.278).text
    '28%'
    """
    return number(value_share, ".0%")


def doubtful(cell: Cell, quality_status: str) -> Cell:
    """Return `cell`, greyed with the reason unless `quality_status` is ok; so is a dash."""
    if quality_status == "ok":
        return cell
    return Cell(cell.text, cell.is_number, True, words(quality_status))


def words(code: str) -> str:
    """Return a code as words.

    >>> words("insufficient_trades")
    'insufficient trades'
    """
    return code.replace("_", " ")


def slug(heading: str) -> str:
    """Return a heading as the name of its place on the page.

    >>> slug("Does a score foretell?")
    'does-a-score-foretell'
    """
    return re.sub("[^a-z0-9]+", "-", heading.lower()).strip("-")


def title(code: str) -> str:
    """Return a code as a title, with the field's abbreviations in capitals.

    >>> title("cdx_etf_basis")
    'CDX ETF basis'
    """
    spelled = [
        w.upper() if w in ("cdx", "cds", "etf", "red", "vix") else w for w in code.split("_")
    ]
    return spelled[0][:1].upper() + " ".join(spelled)[1:]


class Reader:
    """A connection that remembers what it was asked, so that the page can show it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read from `connection`."""
        self.connection = connection
        self.asked: list[str] = []

    def sql(self, text: str) -> duckdb.DuckDBPyRelation:
        """Return the answer to a query."""
        self.asked.append(textwrap.dedent(text).strip())
        return self.connection.sql(text)

    def execute(self, text: str, values: list[Any]) -> duckdb.DuckDBPyConnection:
        """Ask about the catalog, which is no source of a number."""
        return self.connection.execute(text, values)

    def queries(self) -> list[str]:
        """Return what was asked since the last call, each query once."""
        asked, self.asked = self.asked, []
        return list(dict.fromkeys(asked))


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Return the rows of `sql` by column name, NaN as None."""
    result = connection.sql(sql)
    listed = [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]
    return [{k: None if v != v else v for k, v in row.items()} for row in listed]


def csv(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return the rows of `sql` as CSV, the shortest way to carry them inside the page."""
    return connection.sql(sql).df().to_csv(index=False, lineterminator="\n")


def has_rows(connection: duckdb.DuckDBPyConnection, table_name: str) -> bool:
    """Return whether `reports` has a table of this name with a row in it."""
    known = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'reports' and table_name = ?",
        [table_name],
    ).fetchone()
    return known is not None and bool(rows(connection, f"from reports.{table_name} limit 1"))


def selector(parameter: str, label: str, choices: dict[str, str], wanted: str) -> Selector:
    """Return a drop-down that starts at `wanted`, or at the first choice where that has no data."""
    return Selector(parameter, label, choices, wanted if wanted in choices else next(iter(choices)))


def method_choices(found: set[str]) -> dict[str, str]:
    """Return the methods `found` and what they are, the desk's own first.

    >>> list(method_choices({"ftsfr_notebook", "standard"}))
    ['standard', 'ftsfr_notebook']
    """
    return {code: said for code, said in METHODS.items() if code in found}
