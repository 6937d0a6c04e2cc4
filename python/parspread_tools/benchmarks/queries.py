"""What a dashboard waits for: typical queries on a published release, cold and warm.

Cold is a new connection to the file and the first answer on it, with the file in the cache of the
operating system; warm is the median of later answers on the same connection. Rows are fetched as a
dashboard library does, as Python rows, and as Arrow.
"""

import re
from pathlib import Path

import duckdb

from parspread_tools.benchmarks.measure import cpu_and_wall, median_seconds
from parspread_tools.benchmarks.tables import Table
from parspread_tools.benchmarks.warehouse import published_sample

QUERIES = {
    "open and close": "select 1",
    "columns of all tables": "select * from duckdb_columns() where not internal",
    "basis by rating": "from reports.rpt_basis_by_rating",
    "basis by month, from bonds": """
        select method, month_end_date, avg(basis_yield_spread_dec) from cds_bond.fct_bond_basis
        group by all order by all""",
    "percentile bands": """
        select month_end_date, quantile_cont(basis_yield_spread_dec, [0.1, 0.5, 0.9])
        from cds_bond.fct_bond_basis where method = 'standard' group by all""",
    "one issuer's CDS curves": """
        from cds_bond.fct_cds_curve_points
        where red_code = (select min(red_code) from cds_bond.fct_cds_curve_points)""",
    "all cumulative P&L": """
        select run_id, date, sum(net_pnl_usd) over (
            partition by run_id order by date
            rows between unbounded preceding and current row
        ) as cumulative_pnl_usd from cdx_overlay.fct_backtest_days""",
    "monthly P&L": """
        select run_id, date_trunc('month', date) as month_date, sum(net_pnl_usd)
        from cdx_overlay.fct_backtest_days group by all""",
    "scorecard": "from cdx_overlay.fct_strategy_performance",
    "drawdowns": "select * from cdx_overlay.fct_drawdowns order by all limit 100",
    "rejections by reason": """
        select source_name, reject_reason, count(*) from quality.fct_rejected_rows group by all""",
    "basis and measures joined": """
        select bases.*, measures.* from cds_bond.fct_bond_basis as bases
        inner join cds_bond.fct_bond_measures as measures
        using (cusip, month_end_date)""",
}


def cookbook() -> dict[str, str]:
    """Return the queries of docs/guides/cookbook.md by their question; none without the page."""
    page = Path(__file__).parents[3] / "docs" / "guides" / "cookbook.md"
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    blocks = re.findall(r"```sql\n(.*?)```", text, flags=re.S)
    queries = [q.strip() for block in blocks for q in block.split(";") if q.strip()]
    return {q.splitlines()[0].removeprefix("-- "): q for q in queries}


def answered(warehouse: Path, query: str) -> int:
    """Open the release, answer one query with Python rows and close; return the row count."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        return len(connection.execute(query).fetchall())


def tables(size: str) -> list[Table]:
    """Measure every query on the release of the committed sample."""
    warehouse = published_sample(size)
    lines = []
    with duckdb.connect(warehouse, read_only=True) as connection:
        known = {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                "union all select schema_name, view_name from duckdb_views()"
            ).fetchall()
        }
    for name, query in (QUERIES | cookbook()).items():
        names = {word.strip("(),") for word in query.split() if word.count(".") == 1}
        names = {word for word in names if word.split(".")[0] in SCHEMAS}
        if not names <= known:
            continue  # of the desk that this release does not have
        cold = median_seconds(answered, warehouse, query, repeats=3)
        _, wall = cpu_and_wall(answered, warehouse, query)
        with duckdb.connect(warehouse, read_only=True) as connection:
            rows = len(connection.execute(query).fetchall())

            def as_rows(query=query, connection=connection):
                connection.execute(query).fetchall()

            def as_arrow(query=query, connection=connection):
                connection.execute(query).to_arrow_table()

            lines.append(
                {
                    "query": name,
                    "rows": rows,
                    "cold CPU ms": 1e3 * cold,
                    "cold wall ms": 1e3 * wall,
                    "warm CPU ms": 1e3 * median_seconds(as_rows),
                    "warm as Arrow CPU ms": 1e3 * median_seconds(as_arrow),
                }
            )
    megabytes = warehouse.resolve().stat().st_size / 1e6
    return [Table("Queries", f"A release of {megabytes:.0f} MB.", lines)]


SCHEMAS = {"cds_bond", "cdx_overlay", "quality", "reports", "catalog"}
