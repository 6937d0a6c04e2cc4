"""Charts as their files state them, and the SQL that each one shows.

A chart is measures of `metrics.definitions` over their table, by columns of that table. Superset
writes its own SQL from the same parts; the page that `make explore` writes runs the SQL of here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

FOLDER = Path("dashboards")
KINDS = ("number", "line", "bar", "heat", "table")
GRAINS = {"month": "P1M", "year": "P1Y"}
MAX_ROWS = 10_000


@dataclass(frozen=True)
class Metric:
    """A measure of the release."""

    name: str
    label: str
    unit: str
    description: str
    table: str
    sql: str


@dataclass(frozen=True)
class Chart:
    """A chart of a dashboard: what is measured, by what, of which rows, and how it is drawn."""

    name: str
    kind: str
    metrics: list[Metric]
    text: str
    width: int
    x: str = ""
    grain: str = ""
    by: tuple[str, ...] = ()
    where: str = ""

    @property
    def table(self) -> str:
        """The table, `schema.name`, that all measures of the chart add up."""
        return self.metrics[0].table

    @property
    def sql(self) -> str:
        """The query of the chart; columns have the names of the file."""
        x = f"date_trunc('{self.grain}', {self.x})::date as {self.x}" if self.grain else self.x
        columns = [x] * bool(x) + list(self.by)
        columns += [f"{metric.sql} as {metric.name}" for metric in self.metrics]
        where = f"\nwhere {self.where}" if self.where else ""
        listed = ",\n    ".join(columns)
        order = f"group by all order by all limit {MAX_ROWS}"
        return f"select\n    {listed}\nfrom {self.table}{where}\n{order}"


@dataclass(frozen=True)
class Dashboard:
    """Charts that belong together; the slug is the name of their file."""

    slug: str
    title: str
    description: str
    charts: list[Chart]


def definitions(warehouse: duckdb.DuckDBPyConnection) -> dict[str, Metric]:
    """Return the measures of a release by name."""
    rows = warehouse.execute(
        "select metric_code, label, unit, description, table_name, expression_sql "
        "from metrics.definitions order by all"
    ).fetchall()
    return {row[0]: Metric(*row) for row in rows}


def dashboards(metrics: dict[str, Metric], folder: Path = FOLDER) -> list[Dashboard]:
    """Return the dashboards of a folder.

    Raises
    ------
    ValueError
        A chart names a kind, a grain or a measure that does not exist, or measures of two tables.
    """
    found = []
    for file in sorted(folder.glob("*.yaml")):
        text = yaml.safe_load(file.read_text())
        charts = [_chart(file, given, metrics) for given in text["charts"]]
        slug = file.stem.replace("_", "-")
        found.append(Dashboard(slug, text["title"], text["description"], charts))
    if not found:
        raise ValueError(f"{folder} must hold dashboards; it has no .yaml; work in the project")
    return found


def _chart(file: Path, given: dict[str, Any], metrics: dict[str, Metric]) -> Chart:
    """Return a chart of a file, checked."""
    where = f"{file}: chart {given['name']}"
    for rule, value, known in (
        ("kind", given["kind"], KINDS),
        ("grain", given.get("grain", "month"), GRAINS),
        *(("metrics", name, metrics) for name in given["metrics"]),
    ):
        if value not in known:
            raise ValueError(f"{where}: {rule} must be of {', '.join(known)}; it was {value}")
    unknown = sorted(given.keys() - Chart.__dataclass_fields__)
    if unknown:
        raise ValueError(f"{where}: a chart has no {unknown}; quote a text with commas")
    chosen = [metrics[name] for name in given["metrics"]]
    tables = sorted({metric.table for metric in chosen})
    if len(tables) > 1:
        raise ValueError(f"{where}: metrics must be of one table; they were of {tables}")
    return Chart(**given | {"metrics": chosen, "by": tuple(given.get("by", ()))})
