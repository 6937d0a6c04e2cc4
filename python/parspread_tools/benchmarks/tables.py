"""Tables of figures: how a section hands over what it measured, and how that is printed."""

import contextlib
import io
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from types import ModuleType
from unittest import mock

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
    """Return a line: time, time per item, and how far from a reference and from a plain copy.

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


def printed_tables(module: ModuleType, sizes: Mapping[str, object]) -> list[Table]:
    """Return the tables that the `main` of a module prints in Markdown.

    Parameters
    ----------
    module : module
        Its `main()` prints Markdown tables and takes no arguments.
    sizes : mapping of str to object
        Constants of the module that decide the size, and their values for this run.
    """
    text = io.StringIO()
    with (
        mock.patch.multiple(module, **sizes),
        mock.patch("sys.argv", [module.__name__]),
        contextlib.redirect_stdout(text),
    ):
        module.main()
    title = (module.__doc__ or module.__name__).splitlines()[0].split(":")[0]
    tables, notes, header = [], [], None
    for line in text.getvalue().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            notes += [line] if line.strip() else []
            header = None
        elif header is None:
            header = cells
            tables.append(Table(title))
        elif set(line) != set("|-"):
            tables[-1].rows.append(dict(zip(header, map(_value, cells), strict=True)))
    if tables:
        tables[0].note = " ".join(notes)
    return tables


def tables_of_main(module: ModuleType, sizes: Mapping[str, Mapping]) -> Callable[[str], list]:
    """Return a section made of a module whose `main` prints its tables."""
    return lambda size: printed_tables(module, sizes[size])


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


def _value(text: str) -> Cell:
    """Return a printed cell as a number where it is one."""
    plain = text.replace(",", "")
    for kind in (int, float):
        try:
            return kind(plain)
        except ValueError:
            continue
    return text or None
