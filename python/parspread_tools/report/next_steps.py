"""Say what a build published and what to ask it first.

Run `python -m parspread_tools.report.next_steps --warehouse parspread.duckdb --page report.html`.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from parspread_tools.report.command_line import WarehouseParser

QUESTIONS = (
    "select strategy_code, trade_count, total_net_pnl_usd, quality_status"
    " from reports.rpt_strategy_scorecard;",
    "select title, total_net_pnl_usd, change_from_previous_usd"
    " from reports.rpt_macrocredit_bridge order by step_number;",
    "select source_name, reject_reason, natural_key, raw_row_json from quality.fct_rejected_rows;",
    "select cusip, month_end_date, step, reason from cds_bond.fct_bond_screening"
    " where method = 'standard' and reason <> 'kept';",
)


def summary(warehouse: Path, page: Path) -> str:
    """Return what `warehouse` holds, where the page is, and four questions in SQL.

    Parameters
    ----------
    warehouse : Path
        A published DuckDB file; opened read-only.
    page : Path
        Where the report page is, or would be.

    Returns
    -------
    str
        Plain text: nine lines, and one more for each schema.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.sql(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        row_counts: dict[str, list[int]] = {}
        for schema, table in tables:
            count = connection.execute(f'select count(*) from "{schema}"."{table}"').fetchone()[0]
            row_counts.setdefault(schema, []).append(count)
        session_count, first, last = connection.execute(
            "select count(*), min(date), max(date) from cdx_overlay.fct_market_daily"
        ).fetchone()
        bases = connection.sql(
            """
            select month_end_date, rating_group, basis_bps
            from metrics.basis_months
            where rating_group in ('IG', 'HY')
            qualify month_end_date = max(month_end_date) over ()
            order by rating_group desc
            """
        ).fetchall()
    size_mb = warehouse.stat().st_size / 1e6
    sessions = f"{session_count:,} index sessions"
    basis = "no month with a CDS-bond basis"
    if bases:
        means = ", ".join(f"{rating} {mean_bps:+.1f} bps" for _, rating, mean_bps in bases)
        basis = f"CDS-bond basis on {bases[0][0]}: {means} (negative = bonds cheap)"
    return "\n".join(
        [
            f"Published {warehouse} ({size_mb:,.1f} MB):",
            *(
                f"  {schema:<12} {len(counts):>3} tables {sum(counts):>12,} rows"
                for schema, counts in row_counts.items()
            ),
            f"  {sessions}, {first} to {last}" if session_count else f"  {sessions}",
            f"  {basis}",
            f"Page: {page}" if page.is_file() else f"Page: not written; {page} does not exist",
            "What earned what, what each repair of the macro-credit notebook moved, which rows were"
            f" left out, and why a bond is missing (duckdb -readonly {warehouse}):",
            *(f"  {question}" for question in QUESTIONS),
        ]
    )


def main(arguments: list[str] | None = None) -> None:
    """Print what a build published and what to ask it first."""
    parser = WarehouseParser("report.next_steps", main.__doc__)
    parser.add_argument("--page", type=Path, default=Path("report.html"))
    options = parser.options(arguments)
    print(summary(options.warehouse, options.page))


if __name__ == "__main__":
    main()
