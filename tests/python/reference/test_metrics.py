"""One definition of each measure: dbt's metrics, the views of a release, and plain SQL agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml

from conftest import ROOT, Build
from parspread_tools.dashboards import charts

DAYS = "cdx_overlay.fct_backtest_days"
# Each view written once more by hand, without the macro that makes it.
BY_HAND = {
    "strategies": f"""
        select strategy_code, instrument_code, sum(net_pnl_usd), sum(net_pnl_usd) + sum(cost_usd),
            sum(cost_usd), sum(cost_usd) / (sum(net_pnl_usd) + sum(cost_usd)), count(*),
            min(drawdown_usd), last(position_notional_mm order by date),
            last(cumulative_pnl_usd order by date), last(drawdown_usd order by date)
        from {DAYS} group by all""",
    "strategy_months": f"""
        select strategy_code, make_date(year(date), month(date), 1), sum(net_pnl_usd),
            sum(net_pnl_usd) + sum(cost_usd), sum(cost_usd), count(*) from {DAYS} group by all""",
    "pnl_components": f"""
        select strategy_code, make_date(year(date), 1, 1), sum(coupon_pnl_usd + time_pnl_usd),
            sum(roll_pnl_usd), sum(spread_pnl_usd), sum(rates_pnl_usd), sum(default_pnl_usd),
            sum(financing_pnl_usd), sum(cost_usd), sum(net_pnl_usd) from {DAYS} group by all""",
    "strategy_records": """
        select strategy_code, verdict, sharpe_ratio, deflated_sharpe_share, trade_count,
            excess_net_pnl_usd from reports.rpt_strategy_scorecard""",
    "market_months": """
        select instrument_code, make_date(year(date), month(date), 1), avg(cdx_spread_bps),
            avg(vix_close_pts) from cdx_overlay.fct_instrument_daily group by all""",
    "score_months": """
        select composite_code, make_date(year(date), month(date), 1), avg(score)
        from cdx_overlay.fct_composite_scores group by all""",
    "signal_horizons": """
        select score_code, instrument_code, horizon_sessions, spearman_ic_ratio
        from cdx_overlay.fct_signal_diagnostics""",
    "stresses": """
        select strategy_code, stress_code, total_net_pnl_usd, change_from_base_usd
        from cdx_overlay.fct_strategy_stress""",
    "basis_months": """
        select month_end_date, rating_group, avg(1e4 * basis_dec), count(*),
            avg(1e4 * cds_par_spread_dec) from cds_bond.fct_bond_measures
        where method = 'standard' and measure = 'basis_of_record' and common_sample group by all""",
    "rejections": """
        select source_name, reject_reason, count(*) from quality.fct_rejected_rows group by all""",
}


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Compare two tables, whatever their columns are called and their rows ordered by."""
    right.columns = left.columns
    keys = [c for c in left if left[c].dtype.kind not in "f" and not c.endswith("_count")]
    left, right = (f.sort_values(keys, ignore_index=True) for f in (left, right))
    pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=1e-9, atol=1e-6)


def test_every_saved_query_is_a_view_and_every_view_is_checked(
    sample: Build, manifest: dict
) -> None:
    views = sample.query("select view_name from duckdb_views() where schema_name = 'metrics'")
    queries = {query["name"] for query in manifest["saved_queries"].values()}
    assert {name for (name,) in views} == queries | {"definitions"} == {*BY_HAND, "definitions"}
    page = (ROOT / "docs" / "connect.md").read_text()
    assert [name for name in queries if f"`metrics.{name}`" not in page] == []


@pytest.mark.parametrize("view", BY_HAND)
def test_a_view_is_what_plain_sql_gives(sample: Build, view: str) -> None:
    found = sample.frame(f"from metrics.{view}")
    assert len(found) > 3
    same(found, sample.frame(BY_HAND[view]))


def test_the_scorecard_has_the_sums_of_the_metrics(sample: Build) -> None:
    """Code by code and in total, in both directions."""
    both = sample.frame(
        """
        select net_pnl_usd, total_net_pnl_usd, gross_pnl_usd, total_gross_pnl_usd,
            metrics.cost_usd, total_cost_usd, metrics.session_count, card.session_count
        from metrics.strategies as metrics
        full join reports.rpt_strategy_scorecard as card using (strategy_code)
        """
    ).to_numpy(dtype=float)
    assert len(both) > 20
    np.testing.assert_allclose(both[:, ::2], both[:, 1::2], rtol=1e-9)


def test_every_measure_is_defined_in_the_release(sample: Build, manifest: dict) -> None:
    """What it means, its unit, and SQL that gives the number of the view."""
    metrics = {m["name"]: m for m in manifest["metrics"].values()}
    defined = sample.frame("from metrics.definitions").set_index("metric_code")
    assert set(defined.index) == set(metrics) and len(metrics) > 20
    assert not (defined == "").any(axis=None) and defined.notna().all(axis=None)
    for row in defined.itertuples():
        assert sample.query(f"select {row.expression_sql} from {row.table_name}") != [(None,)]
    for query in manifest["saved_queries"].values():
        chosen = defined.loc[query["query_params"]["metrics"]]
        view = sample.frame(f"from metrics.{query['name']}")
        keys = [*view.columns[: -len(chosen)]]
        if not any(key.endswith("_start_date") for key in keys):
            sql = f"select {', '.join([*keys, *chosen['expression_sql']])} from {chosen.iloc[0, 3]}"
            same(view, view[keys].merge(sample.frame(f"{sql} group by all"), on=keys))


def test_every_view_and_column_has_a_comment(sample: Build) -> None:
    silent = sample.query(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'metrics' and coalesce(comment, '') = '' union all "
        "select view_name, 'view' from duckdb_views() "
        "where schema_name = 'metrics' and coalesce(comment, '') = ''"
    )
    assert silent == []
    units = sample.query(
        "select column_name from duckdb_columns() inner join metrics.definitions "
        "on column_name = metric_code "
        "where schema_name = 'metrics' and not contains(comment, 'Unit: ' || unit || '.')"
    )
    assert units == []


def test_exposures_name_what_they_read(sample: Build, manifest: dict) -> None:
    """Lineage that leaves out a reader says that a table may go."""
    reads = {
        exposure["name"]: {node.rpartition(".")[2] for node in exposure["depends_on"]["nodes"]}
        for exposure in manifest["exposures"].values()
    }
    reports = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["schema"] == "reports"
        # The wing of the replicas may be left out.
        and "replicas" not in node["fqn"]
    }
    assert reads["workbook"] == reports and reads["page"] == reports
    cells = json.loads((ROOT / "docs/guides/notebook.ipynb").read_text())["cells"]
    text = "".join("".join(cell["source"]) for cell in cells)
    named = set(re.findall(r"from (?:cdx_overlay|reports|catalog)\.(\w+)", text))
    assert reads["notebook"] == named
    with duckdb.connect(str(sample.release), read_only=True) as connection:
        boards = charts.dashboards(charts.definitions(connection), ROOT / charts.FOLDER)
    assert len(boards) == 2
    for board in boards:
        tables = {chart.table.rpartition(".")[2] for chart in board.charts}
        assert reads[board.slug.replace("-", "_")] == tables


@pytest.mark.parametrize(
    "key, value, problem",
    [
        ("kind", "pie", "kind must be of number, line, bar, heat, table; it was pie"),
        ("grain", "week", "grain must be of month, year; it was week"),
        ("metrics", ["profit"], "it was profit"),
        ("metrics", ["net_pnl_usd", "basis_bps"], "metrics must be of one table"),
        ("colour", "red", "a chart has no ['colour']"),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_refused(
    tmp_path: Path, key: str, value: object, problem: str
) -> None:
    metrics = {
        name: charts.Metric(name, "", "", "", table, "")
        for name, table in (("net_pnl_usd", "a.b"), ("basis_bps", "c.d"))
    }
    chart = {"name": "A", "kind": "line", "metrics": ["net_pnl_usd"], "text": "", "width": 6}
    board = {"title": "T", "description": "D", "charts": [chart | {key: value}]}
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(board))
    with pytest.raises(ValueError) as error:
        charts.dashboards(metrics, tmp_path)
    assert problem in str(error.value) and "chart A" in str(error.value)
