"""Write docs/replications.md: every printed number that can be made here, beside ours.

Run `python -m parspread_tools.report.replications --warehouse parspread.duckdb`.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from parspread_tools.report.command_line import WarehouseParser
from parspread_tools.report.parts import rows

PAGE = Path("docs/replications.md")
HEAD = """# Printed numbers, beside ours

What `quality.fct_replications` holds, by `python -m parspread_tools.report.replications`. The bond
systems' own figures rest on vendor data that the sample lacks; `make test` compares those files.

| Printed in | What | Unit | Printed | Ours | Difference | Why |
|---|---|---|--:|--:|--:|---|
"""


def page(warehouse: Path) -> str:
    """Return the text of the page of a published file."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        listed = rows(connection, "from quality.fct_replications order by source_code, case_name")
    return HEAD + "".join(f"{line(row)}\n" for row in listed)


def line(row: dict) -> str:
    """Return a number as a row of the table."""
    gap = "none" if row["is_reproduced"] else f"{row['difference_value']:,.6g}"
    words = [row[name].replace("_", " ") for name in ("source_code", "case_name", "unit")]
    values = [f"{row[name]:,.12g}" for name in ("printed_value", "our_value")]
    return f"| {' | '.join([*words, *values, gap, row['reason'] or ''])} |"


def main() -> None:
    """Write the page."""
    options = WarehouseParser("report.replications", __doc__).options(None)
    PAGE.write_text(page(options.warehouse))


if __name__ == "__main__":
    main()
