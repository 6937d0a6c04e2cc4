"""The dashboards as files that Superset imports: connection, datasets, charts, dashboards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import duckdb

from parspread_tools.dashboards.charts import GRAINS, MAX_ROWS, Chart, Dashboard, Metric

# As docs/connect.md says.
SETTINGS = (
    "access_mode=READ_ONLY&enable_external_access=false&temp_directory=/dev/null"
    "&memory_limit=4GB&threads=4&lock_configuration=true"
)
FORMATS = {
    "dollars": ",.0f",
    "basis points": ",.0f",
    "whole number": ",d",
    "fraction": ".1%",
    "millions of dollars": ",.2f",
}
VIZ = {
    "number": "big_number",
    "line": "echarts_timeseries_line",
    "bar": "echarts_timeseries_bar",
    "heat": "heatmap_v2",
    "table": "table",
}
SERIES = {
    "rich_tooltip": True,
    "legendOrientation": "top",
    "truncate_metric": True,
    "y_axis_title_margin": 60,
    "y_axis_title_position": "Left",
    "sort_series_type": "name",
    "x_axis_sort_asc": True,
}
# What every chart of a kind has.
FIXED: dict[str, dict[str, Any]] = {
    "line": SERIES,
    "bar": SERIES,
    "number": {
        "show_trend_line": True,
        "start_y_axis_at_zero": False,
        "show_timestamp": True,
        "time_format": "%Y-%m-%d",
        "y_axis_format": ",.1f",
    },
    "table": {
        "query_mode": "aggregate",
        "page_length": 0,
        "show_cell_bars": False,
        "order_desc": True,
    },
    "heat": {
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_desc",
        "normalize_across": "heatmap",
        "linear_color_scheme": "superset_seq_1",
        "legend_type": "continuous",
        "show_legend": True,
        "show_values": False,
        "xscale_interval": 1,
        "left_margin": "auto",
    },
}
DATABASE = "Parspread"
ROW_HEIGHT = {"number": 22, "line": 50, "bar": 50, "heat": 72, "table": 50}

Files = dict[str, dict[str, Any]]


def identity(*words: str) -> str:
    """Return the same uuid for the same thing in every import, so that it is replaced."""
    return str(uuid5(NAMESPACE_URL, "/".join(("parspread", *words))))


def assets(
    warehouse: duckdb.DuckDBPyConnection,
    path: Path,
    metrics: dict[str, Metric],
    boards: list[Dashboard],
) -> Files:
    """Return the content of every file of an import by its name."""
    files: Files = {
        "metadata.yaml": {"version": "1.0.0", "type": "assets", "timestamp": "2026-01-01T00:00:00"},
        "databases/parspread.yaml": {
            "database_name": DATABASE,
            "sqlalchemy_uri": f"duckdb:///{path}?{SETTINGS}",
            "expose_in_sqllab": True,
            "allow_dml": False,
            "allow_ctas": False,
            "allow_cvas": False,
            "allow_file_upload": False,
            "extra": {},
            "uuid": identity("database"),
            "version": "1.0.0",
        },
    }
    for table in sorted({metric.table for metric in metrics.values()}):
        measured = [metric for metric in metrics.values() if metric.table == table]
        files[f"datasets/{table}.yaml"] = dataset(warehouse, table, measured)
    for board in boards:
        for chart in board.charts:
            files[f"charts/{board.slug}/{chart.name}.yaml"] = chart_file(board, chart)
        files[f"dashboards/{board.slug}.yaml"] = dashboard_file(board)
    return files


def dataset(
    warehouse: duckdb.DuckDBPyConnection, table: str, measured: list[Metric]
) -> dict[str, Any]:
    """Return a table with the descriptions of the release, and its measures."""
    schema, name = table.split(".")
    columns = warehouse.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [schema, name],
    ).fetchall()
    [(description,)] = warehouse.execute(
        "select comment from duckdb_tables() where schema_name = ? and table_name = ?",
        [schema, name],
    ).fetchall()
    dates = [column for column, kind, _ in columns if kind == "DATE"]
    return {
        "table_name": name,
        "schema": schema,
        "description": description,
        "main_dttm_col": dates[0] if dates else None,
        "uuid": identity("dataset", table),
        "database_uuid": identity("database"),
        "version": "1.0.0",
        "columns": [
            {"column_name": column, "type": kind, "is_dttm": kind == "DATE", "description": text}
            for column, kind, text in columns
        ],
        "metrics": [
            {
                "metric_name": metric.name,
                "verbose_name": metric.label,
                "expression": metric.sql,
                "description": f"{metric.description} Unit: {metric.unit}.",
                "d3format": number_format(metric),
            }
            for metric in measured
        ],
    }


def number_format(metric: Metric) -> str:
    """Return how Superset writes the numbers of a measure."""
    return FORMATS.get(metric.unit, ",.2f")


def chart_file(board: Dashboard, chart: Chart) -> dict[str, Any]:
    """Return a chart, with the query that its API answers."""
    form = {"viz_type": VIZ[chart.kind], "row_limit": MAX_ROWS, **look(chart)}
    x = axis(chart)
    query = {
        "columns": ([x] if x else []) + list(chart.by),
        "metrics": [metric.name for metric in chart.metrics],
        "filters": [],
        "extras": {"where": f"({chart.where})" if chart.where else ""},
        "orderby": [],
        "row_limit": MAX_ROWS,
    }
    if chart.grain:
        query["extras"]["time_grain_sqla"] = GRAINS[chart.grain]
    context = {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": form,
        "result_format": "json",
        "result_type": "full",
    }
    return {
        "slice_name": chart.name,
        "description": chart.text,
        "viz_type": VIZ[chart.kind],
        "params": form,
        "query_context": json.dumps(context),
        "cache_timeout": -1,
        "uuid": identity("chart", board.slug, chart.name),
        "dataset_uuid": identity("dataset", chart.table),
        "version": "1.0.0",
    }


def axis(chart: Chart) -> Any:
    """Return the column along the axis as a query names it."""
    if not chart.grain:
        return chart.x
    return {
        "columnType": "BASE_AXIS",
        "expressionType": "SQL",
        "sqlExpression": chart.x,
        "label": chart.x,
        "timeGrain": GRAINS[chart.grain],
    }


def look(chart: Chart) -> dict[str, Any]:
    """Return the settings of a chart by which Superset queries and draws it."""
    first = chart.metrics[0]
    names = [metric.name for metric in chart.metrics]
    conditions = [{"clause": "WHERE", "expressionType": "SQL", "sqlExpression": chart.where}]
    shared = {
        "adhoc_filters": conditions if chart.where else [],
        "y_axis_format": ".3s" if first.unit == "dollars" else number_format(first),
        "x_axis": chart.x,
        "time_grain_sqla": GRAINS.get(chart.grain),
        "x_axis_time_format": {"month": "%b %Y", "year": "%Y"}.get(chart.grain, "%b %y"),
        **FIXED[chart.kind],
    }
    if chart.kind == "number":
        return shared | {"metric": first.name, "subtitle": first.unit}
    if chart.kind == "table":
        return shared | {"groupby": list(chart.by), "metrics": names}
    if chart.kind == "heat":
        return shared | {
            "metric": first.name,
            "groupby": chart.by[0],
            "bottom_margin": 20 if chart.grain else "auto",
            "x_axis_label_rotation": 0 if chart.grain else 45,
        }
    return shared | {
        "metrics": names,
        "groupby": list(chart.by),
        "show_legend": len(names) > 1 or bool(chart.by),
        "y_axis_title": first.unit,
        "xAxisLabelRotation": 0 if chart.grain or chart.kind == "line" else 45,
        "stack": "Stack" if chart.kind == "bar" and chart.grain else None,
    }


def dashboard_file(board: Dashboard) -> dict[str, Any]:
    """Return a dashboard; charts stand side by side while their widths fit into twelfths."""
    rows: list[list[Chart]] = []
    for chart in board.charts:
        if not rows or sum(c.width for c in rows[-1]) + chart.width > 12:
            rows.append([])
        rows[-1].append(chart)
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {
            "id": "GRID_ID",
            "type": "GRID",
            "parents": ["ROOT_ID"],
            "children": [f"ROW-{number}" for number in range(len(rows))],
        },
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": board.title}},
    }
    for number, charts in enumerate(rows):
        place = f"ROW-{number}"
        height = max(ROW_HEIGHT[chart.kind] for chart in charts)
        keys = [f"CHART-{number}-{column}" for column in range(len(charts))]
        position[place] = {
            "id": place,
            "type": "ROW",
            "parents": ["ROOT_ID", "GRID_ID"],
            "children": keys,
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for key, chart in zip(keys, charts, strict=True):
            position[key] = {
                "id": key,
                "type": "CHART",
                "parents": ["ROOT_ID", "GRID_ID", place],
                "children": [],
                "meta": {
                    "uuid": identity("chart", board.slug, chart.name),
                    "chartId": 0,
                    "width": chart.width,
                    "height": height,
                    "sliceName": chart.name,
                },
            }
    return {
        "dashboard_title": board.title,
        "description": board.description,
        "slug": board.slug,
        "published": True,
        "uuid": identity("dashboard", board.slug),
        "position": position,
        "metadata": {"color_scheme": "supersetColors", "cross_filters_enabled": True},
        "version": "1.0.0",
    }
