"""Write the report page: one HTML file that shows a published warehouse and opens offline.

Run `python -m parspread_tools.report --warehouse parspread.duckdb --out report.html`.

The page is the list `SECTIONS`. A section names the `reports` table it shows and a function that
turns the table into charts or a table; where the warehouse has no rows for it, the page says so in
one line. The frame around the sections is `page.html.j2`.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from parspread_tools.report import (
    basis,
    curves,
    overlay,
    portfolios,
    predictions,
    quality,
    specifications,
    sweeps,
    tearsheet,
    today,
    verdicts,
)
from parspread_tools.report.command_line import WarehouseParser
from parspread_tools.report.parts import Reader, Section, has_rows, rows, slug

SAMPLE_FOLDER = "seeds/sample"
SECTIONS = (
    Section("Today", "rpt_verdicts", today.today),
    Section("Basis", "rpt_basis_by_rating", basis.basis_by_rating),
    Section("Signals", "rpt_signal_history", overlay.signals),
    Section("Does a score foretell?", "rpt_signal_history", predictions.predictions),
    Section("Strategies", "rpt_strategy_history", tearsheet.strategies),
    Section("Scorecard", "rpt_strategy_scorecard", overlay.scorecard),
    Section("Against the passive seller", "rpt_strategy_scorecard", overlay.against_passive),
    Section("Verdicts", "rpt_verdicts", verdicts.verdicts),
    Section("Sweeps", "rpt_sweep_heat_maps", sweeps.sweeps),
    Section("Portfolios", "rpt_portfolio_history", portfolios.portfolios),
    Section(
        "The macro-credit notebook, repaired", "rpt_macrocredit_bridge", overlay.macrocredit_bridge
    ),
    Section(
        "What the basis hangs on", "rpt_basis_specifications", specifications.specification_curve
    ),
    Section("A CDS curve and its bonds", "rpt_cds_curve_drawn", basis.cds_curve),
    Section("Any CDS curve", "rpt_cds_curve_drawn", curves.curves),
    Section("Bonds left out", "rpt_sample_attrition", basis.attrition),
    Section("Data quality", "rpt_data_quality", quality.data_quality),
)


def build_line(connection: duckdb.DuckDBPyConnection) -> str:
    """Say which build the page shows, and whether its data are simulated."""
    build = rows(connection, "from quality.dim_build")[0]
    origin = (
        "simulated market data of the committed sample: shapes are lifelike, results are not real"
        if build["data_dir"] == SAMPLE_FOLDER
        else f"data folder {Path(build['data_dir']).name}"
    )
    return f"Build {build['build_id'][:8]} of {build['started_at']:%Y-%m-%d %H:%M} UTC, {origin}."


def render(warehouse: Path) -> str:
    """Return the page of the published file `warehouse`.

    Parameters
    ----------
    warehouse : Path
        A published DuckDB file; opened read-only.

    Returns
    -------
    str
        HTML that needs nothing beside itself: charts, data and chart library are inside.
    """
    shown = []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        reader = Reader(connection)
        for section in SECTIONS:
            content = has_rows(connection, section.table_name) and section.show(reader)
            shown.append((section, content, reader.queries()))
        build = build_line(connection)
    contents = [content for _, content, _ in shown if content]
    specs = [chart.picture.to_dict() for content in contents for chart in content.charts]
    page = {
        "specs": specs,
        "tables": {name: text for content in contents for name, text in content.data.items()},
    }
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["slug"] = slug
    return environment.get_template("page.html.j2").render(
        build=build, shown=shown, page=page, chart_library=vl_convert.javascript_bundle()
    )


def main(arguments: list[str] | None = None) -> None:
    """Write the report page."""
    parser = WarehouseParser("report", main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("report.html"))
    options = parser.options(arguments)
    options.out.write_text(render(options.warehouse), encoding="utf-8")
    print(f"{options.out} shows {options.warehouse}")
