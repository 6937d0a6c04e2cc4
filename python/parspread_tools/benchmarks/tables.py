"""Tables of figures: how a section hands over what it measured, and how that is printed."""

from dataclasses import asdict, dataclass, field

Cell = str | int | float | None
Row = dict[str, Cell]


@dataclass
class Table:
    """One table of a section.

    Attributes
    ----------
    title : str
        What was measured.
    note : str
        On which data, and against what.
    rows : list of dict
        One record a line, all with the same columns. A unit closes a column's name.
    """

    title: str
    note: str = ""
    rows: list[Row] = field(default_factory=list)

    def markdown(self) -> str:
        """Return the table in Markdown.

        >>> print(Table("Copy", rows=[{"rows": 1000, "CPU s": 0.25}]).markdown())
        ### Copy
        <BLANKLINE>
        | rows | CPU s |
        |---|---|
        | 1,000 | 0.250 |
        """
        lines = [f"### {self.title}", ""]
        if self.note:
            lines += [self.note, ""]
        if self.rows:
            lines += [_line(self.rows[0]), "|" + "---|" * len(self.rows[0])]
            lines += [_line(map(_text, row.values())) for row in self.rows]
        return "\n".join(lines)

    def record(self) -> dict:
        """Return the table as plain values, for JSON."""
        return asdict(self)


def measured(
    what: str,
    count: int,
    seconds: float,
    reference: tuple[str, float] | None = None,
    floor_seconds: float | None = None,
) -> Row:
    """Return a line: time, time per item, and its ratio to a reference and to a plain copy.

    >>> measured("sum", 1000, 1e-3, ("loop", 0.1), 5e-4)["times faster"]
    100.0
    """
    name, reference_seconds = reference or ("", None)
    return {
        "what": what,
        "rows": count,
        "CPU s": seconds,
        "ns a row": seconds / count * 1e9,
        "against": name,
        "reference CPU s": reference_seconds,
        "times faster": reference_seconds and reference_seconds / seconds,
        "copies of its bytes": floor_seconds and seconds / floor_seconds,
    }


def _line(cells) -> str:
    return "| " + " | ".join(cells) + " |"


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        if cell == 0 or 0.001 <= abs(cell) < 100:
            return f"{cell:.3f}" if abs(cell) < 10 else f"{cell:.1f}"
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.1e}"
    return f"{cell:,}" if isinstance(cell, int) else cell
