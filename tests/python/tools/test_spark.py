"""The seam to Spark: every rule on both engines, every model translated, strangers refused."""

from __future__ import annotations

import collections
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from conftest import ROOT, Build

pytest.importorskip("sqlglot", reason="needs sqlglot, of the extra spark")

from parspread_tools.engines.spark import functions
from parspread_tools.engines.spark.equality import compare
from parspread_tools.engines.spark.errors import Unsupported
from parspread_tools.engines.spark.one_by_one import sql_models
from parspread_tools.engines.spark.rules import values
from parspread_tools.engines.spark.sidecar import check_days
from parspread_tools.engines.spark.translate import translate

ROWS = """
create table desk.t as select * from (values
    (1, 'a', date '2024-01-31', 0.000006998, 'x;y', 2),
    (2, 'a', date '2024-02-29', 12345678.5, 'z', 1),
    (3, 'b', date '2024-12-31', null, null, 2),
    (4, 'b', date '2025-01-05', -2.5, 'x;;w', 1),
    (5, 'b', date '2025-01-11', 1e22, '', 3)
) as t (id, grp, day, x, parts, back);
"""
CASES = tomllib.loads(Path(__file__).with_name("spark_cases.toml").read_text())["cases"]
NAMES = [f"{rule}-{number}" for number, (rule, *_) in enumerate(CASES)]


@pytest.fixture(scope="module")
def desk() -> Iterator[duckdb.DuckDBPyConnection]:
    """Return a connection with one small table, whose name needs no schema."""
    with duckdb.connect() as connection:
        connection.execute("create schema desk")
        connection.execute(ROWS)
        connection.execute("set search_path = 'desk'")
        yield connection


@pytest.fixture(scope="module")
def spark(desk: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a Spark session with the same table, or skip."""
    pytest.importorskip("pyspark", reason="needs Spark, of make spark")
    from parspread_tools.engines.spark.session import local_session

    folder = tmp_path_factory.mktemp("spark")
    session = local_session({"spark.sql.warehouse.dir": str(folder)})
    session.sql("create database if not exists desk")
    desk.execute(f"copy t to '{folder}/t.parquet' (format parquet)")
    session.sql(f"create table desk.t using parquet location '{folder}/t.parquet'")
    return session


def lengths(asked: str) -> list[int]:
    """Return three lengths of windows, one in each partition."""
    return [1] if "COUNT(DISTINCT" in asked else [1, 2, 3]


def in_spark(sql: str, desk: duckdb.DuckDBPyConnection, numbers: Any = lengths) -> str:
    kinds = {r[0]: r[1] for r in desk.execute("describe t").fetchall()}
    return translate(sql.replace("from t", "from desk.t").replace("join t", "join desk.t"),
                     "planted", lambda _: kinds, numbers)  # fmt: skip


@pytest.mark.parametrize(("rule", "sql", "shown"), CASES, ids=NAMES)
def test_every_rule_shows_in_the_translation(
    rule: str, sql: str, shown: str, desk: duckdb.DuckDBPyConnection
) -> None:
    assert shown.lower() in in_spark(sql, desk).lower()


@pytest.mark.parametrize(("rule", "sql", "shown"), CASES, ids=NAMES)
def test_every_rule_gives_the_rows_of_duckdb(
    rule: str, sql: str, shown: str, desk: duckdb.DuckDBPyConnection, spark: Any
) -> None:
    def numbers(asked: str) -> list[int]:
        return [int(r[0]) for r in spark.sql(asked).collect() if r[0] is not None]

    desk.register("made", spark.sql(in_spark(sql, desk, numbers)).toArrow())
    desk.execute(f"create or replace temp table wanted as {sql}")
    found = compare(desk, "wanted", "made")
    desk.unregister("made")
    assert found.is_equal, found.lines(rule)


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("select log(id) as y from t", "log"),
        ("select list_reduce(parts, (a, b) -> a + b) as y from t", "list_reduce"),
        ("select strange_function(id) as y from t", "strange_function"),
        ("select (id * 0.5)::bigint as y from t", "cast of the decimal"),
        ("select hash(id) as y from t", "hash that is kept"),
        ("select sum(id) over (order by id rows back preceding) from t", "frame in a column"),
        ("select regexp_replace(parts, 'x', 'y') as y from t", "first match only"),
        ("select date_diff('week', day, day) as y from t", "date_diff in WEEK"),
        ("select string_agg(parts, ',') as y from t", "without an order"),
        ("select t.*, id + 1 as grp from t", "two columns of one name (grp)"),
        ("select a.id from t as a asof join t as b on a.day >= b.day and a.x < b.x", "ASOF"),
    ],
)  # fmt: skip
def test_an_unknown_construct_stops_with_the_name_of_the_model(
    sql: str, named: str, desk: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(Unsupported, match="model planted cannot run on Spark") as refusal:
        in_spark(sql, desk)
    assert named.lower() in str(refusal.value).lower()


def test_a_table_without_rows_has_a_window_too(desk: duckdb.DuckDBPyConnection) -> None:
    sql = "select lag(x, back) over (order by day) as y from t"
    assert "WHEN 1\n" in in_spark(sql, desk, lambda _: [])


def test_a_rule_that_is_gone_is_noticed(
    desk: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    # sqlglot's own weekday is wrong without a word: 4,846 sessions of a desk became weekends.
    left = tuple(rule for rule in values.RULES if rule is not values.dates)
    monkeypatch.setattr(values, "RULES", left)
    with pytest.raises(Unsupported, match="no rule has rewritten"):
        in_spark("select isodow(day) as y from t", desk)


def test_a_wrong_rule_is_a_difference_with_table_column_and_row(
    desk: duckdb.DuckDBPyConnection,
) -> None:
    desk.execute("create or replace temp table wanted as select id, isodow(day) as y from t")
    # Sunday first, as sqlglot has it.
    desk.execute("create or replace temp table found as select id, dayofweek(day) + 1 as y from t")
    lines = compare(desk, "wanted", "found", ["id"]).lines("marts.t")
    assert lines == ["marts.t.y: 5 rows differ, such as id=1 3 against 4"]


def test_a_comparison_sees_nulls_keys_columns_and_floats(desk: duckdb.DuckDBPyConnection) -> None:
    table = "create or replace temp table {} as select * from (values {}) as t (k, x, s)"
    for other, wanted in {
        "(1, 1.0000000001::double, 'a'), (2, null, 'b')": [],
        "(1, 1.00001, 'a'), (2, null, 'b')": [
            "m.x: 1 rows differ, such as k=1 1.0 against 1.00001"
        ],
        "(1, 1.0, 'a'), (2, 0.0, 'b')": ["m.x: 1 rows differ, such as k=2 null against 0.0"],
        "(1, 1.0, 'A'), (2, null, 'b')": ["m.s: 1 rows differ, such as k=1 a against A"],
        "(1, 1.0, 'a'), (3, null, 'b')": ["m: 1 keys without a row on the other engine"],
        "(1, 1.0, 'a')": ["m: 2 rows, 1 on Spark", "m: 1 keys without a row on the other engine"],
    }.items():
        desk.execute(table.format("wanted", "(1, 1.0::double, 'a'), (2, null, 'b')"))
        desk.execute(table.format("found", other))
        assert compare(desk, "wanted", "found", ["k"]).lines("m") == wanted


def test_days_that_spark_has_no_date_for_are_refused() -> None:
    def batch(other: str) -> pa.RecordBatch:
        days = f"select unnest([date '0001-01-01', date '{other}']) as day"
        return duckdb.sql(days).to_arrow_table().to_batches()[0]

    for other in ("infinity", "-infinity", "0001-12-31 (BC)"):
        with pytest.raises(Unsupported, match=r"model vendor.x cannot .* in day; leave them out"):
            check_days(batch(other), "vendor.x")
    check_days(batch("10000-01-01"), "vendor.x")


def test_lists_of_floats_agree_item_by_item(desk: duckdb.DuckDBPyConnection) -> None:
    desk.execute("create or replace temp table wanted as select 1 as k, [1.0::double, null] as x")
    for other, is_equal in {
        "[1.0000000001, null]": True,
        "[1.001, null]": False,
        "[1.0]": False,
        "[1.0, 2.0]": False,
        "null": False,
    }.items():
        desk.execute(f"create or replace temp table found as select 1 as k, {other}::double[] as x")
        assert compare(desk, "wanted", "found", ["k"]).is_equal == is_equal, other


def test_numbers_are_spelt_as_duckdb_spells_them(desk: duckdb.DuckDBPyConnection) -> None:
    numbers = [m * 10.0**e for m in (1.0, -2.5, 6.998, 1 / 3) for e in range(-12, 25)]
    for number in [*numbers, 0.0, 5e-324, 1.7976931348623157e308]:
        ((text, json_form),) = desk.execute(
            "select $1::double::varchar, to_json($1::double)::varchar", [number]
        ).fetchall()
        assert functions.text_of(number) == text
        assert functions.json_number(number) == json_form
    for place in (":,", ":.1f", ":.3g", ":.2f"):
        for number in (0.25, 1234567.0, 2.5, 0.000123456):
            value = int(number) if place == ":," else number
            ((wanted,),) = desk.execute("select format($1, $2)", [f"{{{place}}}", value]).fetchall()
            assert functions.formatted(place, number) == wanted


def test_every_model_translates(sample: Build) -> None:
    kinds: dict[tuple[str, ...], dict[str, str]] = collections.defaultdict(dict)
    with duckdb.connect(
        str(sample.home / "build" / "parspread.duckdb"), read_only=True
    ) as connection:
        for schema, table, column, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            "where not internal order by table_oid, column_index"
        ).fetchall():
            kinds[schema, table][column] = kind
    refused = []
    for node in sql_models(sample.home / "target"):
        try:
            translate(node["compiled_code"], node["name"], lambda t: kinds[t], lambda _: [1, 20])
        except Unsupported as problem:
            refused.append(str(problem))
    assert not refused, "\n".join(refused)


def test_a_build_on_duckdb_imports_neither_spark_nor_sqlglot() -> None:
    code = (
        "import sys, dbt_parspread, parspread_tools.publish.dbt_plugin\n"
        "print([m for m in ('pyspark', 'sqlglot', 'dbt.adapters.spark') if m in sys.modules])"
    )
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert made.stdout.strip() == "[]"
