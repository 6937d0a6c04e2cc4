"""Hand the report tables to a spreadsheet: values only, nothing that a spreadsheet would run.

    python -m parspread_tools.report.workbook [--out reports.xlsx] [--csv FOLDER]

One sheet per table of the schema `reports`, the unit of a column deciding its number format, and a
first sheet with the build and the meaning of every column. A name that looks like a formula or an
address stays text; in CSV, which has no types, it gets an apostrophe in front.
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
            bold = book.add_format({"bold": True})
            heads = ["table", "column", "type", f"meaning, in build {build[0]} of {build[1]} UTC"]
            fill(book.add_worksheet("contents"), heads, columns, [None] * 4, bold)
            for table in dict.fromkeys(name for name, *_ in columns):
                own = [(column, kind) for name, column, kind, _ in columns if name == table]
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
                fill(book.add_worksheet(table), heads, rows, formats, bold)
        os.replace(unfinished, out)
    finally:
        unfinished.unlink(missing_ok=True)


def fill(sheet: Any, heads: list[str], rows: list[tuple], formats: list, bold: Any) -> None:
    """Write a header and rows; text is always text, and null an empty cell."""
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(heads) - 1, 18)
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
