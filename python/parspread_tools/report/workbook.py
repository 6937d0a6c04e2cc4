"""Hand the report tables to a spreadsheet: values only, nothing that a spreadsheet would run.

    python -m parspread_tools.report.workbook [--out reports.xlsx] [--csv FOLDER]

One sheet per table of the schema `reports`, in the order of the questions that they answer, and a
first sheet with the build and the meaning of every column, which is also a note on its head. The
unit of a column decides its number format; a sheet has filters, a chart, and prints a page wide. A
name that looks like a formula or an address stays text; in CSV, which has no types, it gets an
apostrophe in front.
"""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from parspread_tools.report.command_line import WarehouseParser

# As docs/connect.md: the connection reads the warehouse and nothing else.
CLOSED = {
    "access_mode": "READ_ONLY",
    "enable_external_access": "false",
    "lock_configuration": "true",
}
# By the unit that closes a column's name, the longest first.
UNIT_FORMATS = {
    "_bps_of_price": "#,##0.0",
    "_pct_par": "0.000",
    "_sessions": "#,##0.0",
    "_share": "0.0%",
    "_years": "0.00",
    "_bps": "#,##0.0",
    "_dec": "0.00%",
    "_usd": "#,##0",
    "_mm": "#,##0.0",
}
TYPE_FORMATS = {"DATE": "yyyy-mm-dd", "TIMESTAMP": "yyyy-mm-dd hh:mm:ss", "DOUBLE": "0.00"}
# A cell that starts like this is a formula or a command to some spreadsheet.
ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


# What a desk asks first; what is not named follows by name.
ORDER = (
    "rpt_today", "rpt_verdicts", "rpt_strategy_scorecard", "rpt_strategy_months",
    "rpt_basis_by_rating", "rpt_signal_history", "rpt_strategy_history", "rpt_portfolio_scorecard",
    "rpt_portfolio_history",
)  # fmt: skip
# The column that a chart draws, where it is not the first number of a table.
DRAWN = {
    "rpt_today": "score",
    "rpt_verdicts": "trial_count",
    "rpt_strategy_scorecard": "total_net_pnl_usd",
    "rpt_strategy_months": "net_pnl_usd",
    "rpt_strategy_history": "cumulative_pnl_usd",
    "rpt_portfolio_history": "cumulative_pnl_usd",
    "rpt_portfolio_scorecard": "total_net_pnl_usd",
    "rpt_basis_by_rating": "mean_basis_bps",
    "rpt_basis_specifications": "mean_basis_bps",
    "rpt_cds_curve_drawn": "cds_par_spread_bps",
    "rpt_pnl_models": "repriced_net_pnl_usd",
    "rpt_macrocredit_bridge": "total_net_pnl_usd",
    "rpt_roll_path": "total_pnl_usd",
    "rpt_sample_attrition": "rows_out",
    "rpt_sweep_heat_maps": "median_sharpe_ratio",
}
MOST_LINES, MOST_BARS, WIDEST = 4, 40, 44
NUMERIC = ("DOUBLE", "BIGINT", "INTEGER")


def number_format(column: str, data_type: str) -> str:
    """Return the spreadsheet format of a column.

    >>> number_format("basis_bps", "DOUBLE"), number_format("date", "DATE")
    ('#,##0.0', 'yyyy-mm-dd')
    """
    found = [known for unit, known in UNIT_FORMATS.items() if column.endswith(unit)]
    return found[0] if found and data_type == "DOUBLE" else TYPE_FORMATS.get(data_type, "#,##0")


def inert(value: Any) -> Any:
    """Return a CSV value that no spreadsheet mistakes for a formula; numbers keep their minus.

    Where commas are decimal, a spreadsheet starts a new cell at a semicolon.

    >>> inert("=1+1"), inert("-5"), inert(-5), inert("a=b"), inert("a;=1+1")
    ("'=1+1", "'-5", -5, 'a=b', "a;'=1+1")
    """
    if not isinstance(value, str):
        return value
    marks = re.escape("".join(ACTIVE))
    return re.sub(rf"(^|;['\" ]*)(?=[{marks}])", r"\1'", value)


def export(connection: duckdb.DuckDBPyConnection, out: Path, csv_folder: Path | None) -> None:
    """Write every report table to a sheet of the workbook `out`, and to `csv_folder` if given.

    Raises
    ------
    ValueError
        A value does not fit a sheet; the message names it.
    """
    (build,) = connection.execute("select build_id, finished_at from quality.dim_build").fetchall()
    columns = connection.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() "
        "where schema_name = 'reports' order by table_name, column_index"
    ).fetchall()
    unfinished = out.with_name(f"{out.name}.new")
    try:
        with xlsxwriter.Workbook(str(unfinished), {"constant_memory": True}) as book:
            # The release decides the bytes, not the clock.
            book.set_properties({"title": f"Parspread {build[0]}", "created": build[1]})
            bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
            heads = ["table", "column", "type", f"meaning, in build {build[0]} of {build[1]} UTC"]
            fill(book.add_worksheet("contents"), heads, columns, [None] * 4, bold)
            for table in in_order({name for name, *_ in columns}):
                own = [(column, kind) for name, column, kind, _ in columns if name == table]
                meanings = [meaning for name, *_, meaning in columns if name == table]
                heads = [column for column, _ in own]
                rows = connection.execute(f'from reports."{table}" order by all').fetchall()
                formats = [book.add_format({"num_format": number_format(*c)}) for c in own]
                if csv_folder:
                    # Given line ends of its own, the writer quotes a text that holds one.
                    with (csv_folder / f"{table}.csv").open(
                        "w", encoding="utf-8", newline=""
                    ) as file:
                        lines = [heads, *([inert(v) for v in row] for row in rows)]
                        csv.writer(file).writerows(lines)
                sheet = book.add_worksheet(table)
                explain(sheet, meanings)  # before any row, which is written out at once
                fill(sheet, heads, rows, formats, bold)
                draw(book, sheet, own, rows)
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)


def in_order(tables: set[str]) -> list[str]:
    """Return the tables in the order of their sheets.

    >>> in_order({"rpt_a", "rpt_verdicts", "rpt_today"})
    ['rpt_today', 'rpt_verdicts', 'rpt_a']
    """
    return sorted(tables, key=lambda t: (ORDER.index(t) if t in ORDER else len(ORDER), t))


def width(head: str, values: list[Any]) -> float:
    """Return the width of a column: its longest value, or word of its head, within bounds.

    >>> width("a_long_head_usd", [1.5]), width("x", ["a" * 99])
    (11.0, 44)
    """
    shown = [v if isinstance(v, str) else f"{v:,.0f}" for v in values if isinstance(v, str | float)]
    longest = max((len(text) for text in shown), default=0)
    return min(max(11.0, longest + 1.0, len(head) * 0.6), WIDEST)


def explain(sheet: Any, meanings: list[str | None]) -> None:
    """Put the meaning of every column on its head, as a note."""
    for place, meaning in enumerate(meanings):
        if meaning:
            sheet.write_comment(0, place, meaning, {"x_scale": 2.5, "y_scale": 1.2})


def draw(book: Any, sheet: Any, columns: list[tuple[str, str]], rows: list[tuple]) -> None:
    """Put one chart beside the table: lines over time, or bars by name."""
    names = [name for name, _ in columns]
    numbers = [n for n, kind in columns if kind in NUMERIC and not n.endswith("_number")]
    wanted = DRAWN.get(sheet.name)
    column = wanted if wanted in names else next(iter(numbers), None)
    if not rows or column is None:
        return
    y = names.index(column)
    dates = [place for place, (_, kind) in enumerate(columns) if kind == "DATE"]
    x = dates[0] if dates and dates[0] < y and len(rows) > MOST_BARS else None
    chart = book.add_chart({"type": "line" if x is not None else "bar"})
    for first, last, name in stretches(rows, x, columns):
        series = {
            "name": name or column,
            "categories": [sheet.name, first, x or 0, last, x or 0],
            "values": [sheet.name, first, y, last, y],
        }
        chart.add_series(series | ({"line": {"width": 1.25}} if x is not None else {}))
    chart.set_title({"name": column.replace("_", " "), "name_font": {"size": 11}})
    if x is not None:
        chart.set_x_axis({"name": names[x], "date_axis": True, "num_format": "yyyy"})
        chart.set_y_axis({"name": column})
    else:
        chart.set_x_axis({"reverse": True})
        chart.set_y_axis({"name": column})
        chart.set_legend({"none": True})
    chart.set_size({"width": 720, "height": 420})
    sheet.insert_chart(1, len(columns) + 1, chart)


def stretches(
    rows: list[tuple], x: int | None, columns: list[tuple[str, str]]
) -> list[tuple[int, int, str]]:
    """Return first and last row and name of what a chart draws: the longest groups, or the top."""
    if x is None:
        return [(1, min(len(rows), MOST_BARS), "")]
    keys = [p for p, (_, kind) in enumerate(columns) if kind == "VARCHAR" and p < x] or []
    groups: dict[tuple, list[int]] = {}
    for number, row in enumerate(rows, start=1):
        groups.setdefault(tuple(row[p] for p in keys), []).append(number)
    # A chart takes a stretch of rows; what is sorted by its first columns is one.
    whole = [
        (numbers[0], numbers[-1], " ".join(map(str, key)))
        for key, numbers in groups.items()
        if numbers[-1] - numbers[0] + 1 == len(numbers)
    ]
    return sorted(sorted(whole, key=lambda g: (g[0] - g[1], g[0]))[:MOST_LINES])


def fill(sheet: Any, heads: list[str], rows: list[tuple], formats: list, bold: Any) -> None:
    """Write a header and rows; text is always text, and null an empty cell."""
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(rows), 1), len(heads) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.print_area(0, 0, len(rows), len(heads) - 1)
    sheet.set_footer("&L&A&RPage &P of &N")
    for place, head in enumerate(heads):
        sheet.set_column(place, place, width(head, [row[place] for row in rows]))
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, bold)
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, str):
                fault = sheet.write_string(number, place, value)
            elif isinstance(value, bool):
                fault = sheet.write_boolean(number, place, value)
            elif isinstance(value, int | float):
                fault = sheet.write_number(number, place, value, formats[place])
            else:
                fault = sheet.write_datetime(number, place, value, formats[place])
            if fault:
                raise ValueError(
                    f"{sheet.name} row {number}, {heads[place]}, does not fit: a sheet holds "
                    "1,048,576 rows and a cell 32,767 letters; read the warehouse instead"
                )


def main(arguments: list[str] | None = None) -> None:
    """Write the report tables as an Excel workbook, and as CSV files where asked."""
    parser = WarehouseParser("report.workbook", main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("reports.xlsx"))
    parser.add_argument("--csv", type=Path, metavar="FOLDER")
    options = parser.options(arguments)
    try:
        if options.csv:
            options.csv.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(options.warehouse), config=CLOSED) as connection:
            export(connection, options.out, options.csv)
    except (ValueError, OSError, XlsxWriterException) as problem:
        parser.error(f"{options.out} could not be written: {problem}")
    print(f"{options.out} holds the reports of {options.warehouse}")


if __name__ == "__main__":
    main()
