"""Write the public tables as Parquet, and positions, P&L and metrics as the notebook saved them.

python -m parspread_tools.report.exports [--out exports]

exports/SCHEMA/TABLE.parquet      every public table, with the units of its columns in their names
exports/backtest_positions.*      .parquet and .json: date, signal, position, notional, spread
exports/backtest_pnl.*            spread P&L, cost, net and cumulative P&L
exports/performance_metrics.*     one record per run; the numbers of the replicas beside them
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from parspread_tools.report.command_line import WarehouseParser
from parspread_tools.sql_text import identifier, literal

# What the notebook of the macro-credit workflow saved at its end.
SAVED = {
    "backtest_positions": """
        select run_id, strategy_code, date, signal, position, position_notional_mm, held_sessions,
            spread_bps
        from cdx_overlay.fct_backtest_days
        order by run_id, date""",
    "backtest_pnl": """
        select run_id, strategy_code, date, spread_pnl_usd, cost_usd, net_pnl_usd,
            cumulative_pnl_usd
        from cdx_overlay.fct_backtest_days
        order by run_id, date""",
    "performance_metrics": """
        select performance.*, replicas.* exclude (run_id, strategy_code, method)
        from cdx_overlay.fct_strategy_performance as performance
        left join cdx_overlay.fct_replica_performance as replicas
            on performance.run_id = replicas.run_id
        order by performance.run_id""",
}


def export(warehouse: Path, out: Path) -> int:
    """Write all files of a release into a folder; return how many.

    Each file is written beside its name and moved there whole.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        queries = {f"{s}/{t}.parquet": f"from {identifier(s)}.{identifier(t)}" for s, t in tables}
        for name, query in SAVED.items():
            queries |= {f"{name}.parquet": query, f"{name}.json": query}
        for name, query in queries.items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f".{path.name}.part")
            form = "parquet" if path.suffix == ".parquet" else "json, array true"
            connection.execute(f"copy ({query}) to {literal(unfinished)} (format {form})")
            os.replace(unfinished, path)
    return len(queries)


def main(arguments: list[str] | None = None) -> None:
    """Write every public table as Parquet, and what the notebook saved as Parquet and JSON."""
    parser = WarehouseParser("report.exports", main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("exports"))
    options = parser.options(arguments)
    try:
        count = export(options.warehouse, options.out)
    except (OSError, duckdb.Error) as problem:
        parser.error(f"{options.out} could not be written: {problem}")
    print(f"{options.out} holds {count} files of {options.warehouse}")


if __name__ == "__main__":
    main()
