"""The page's section on data quality: rows delivered, and rows left out."""

from __future__ import annotations

import duckdb

from parspread_tools.report.parts import DASH, Cell, Content, Table, number, rows


def data_quality(connection: duckdb.DuckDBPyConnection) -> Content:
    """Show how many rows came, and why some were left out."""
    listed = rows(
        connection,
        """
        select
            data_set,
            source_name,
            sum(row_count) filter (where reason = 'delivered') as delivered_count,
            coalesce(sum(row_count) filter (where reason <> 'delivered'), 0) as left_out_count,
            string_agg(
                format('{:,} ', row_count) || replace(reason, '_', ' '), ', '
                order by row_count desc, reason
            ) filter (where reason <> 'delivered') as reasons
        from reports.rpt_data_quality
        group by data_set, source_name
        order by data_set, source_name
        """,
    )
    headings = {"desk": "Desk files", "macrocredit": "Year of the macro-credit notebook"}
    groups: dict[str, list[list[Cell]]] = {}
    for row in listed:
        line = [
            Cell(row["source_name"]),
            number(row["delivered_count"]),
            number(row["left_out_count"]),
            Cell(row["reasons"] or DASH),
        ]
        groups.setdefault(headings.get(row["data_set"], row["data_set"]), []).append(line)
    return Content(
        intro="Rows each vendor file delivered, and rows left out before any number was made.",
        tables=(Table(("File", "Rows delivered", "Rows left out", "Reasons"), groups),),
        notes=("Every row left out, as it was delivered: quality.fct_rejected_rows.",),
    )
