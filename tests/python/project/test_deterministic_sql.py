"""Same inputs, same numbers at any thread count: what compiled SQL must not contain.

A float sum depends on the order of its rows, and the engine's order depends on threads; so do
`any_value`, unordered lists and ties. Clocks and random numbers differ by themselves. Window
aggregates are exempt from the first rule: their frame has an order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import duckdb
import jinja2
import pytest

from conftest import ROOT, Build

# Aggregates whose value can depend on the order of their rows.
ORDERED = {
    "sum", "avg", "mean", "fsum", "kahan_sum", "stddev", "stddev_samp", "stddev_pop", "variance",
    "var_samp", "var_pop", "corr", "covar_samp", "covar_pop", "regr_slope", "regr_intercept",
    "skewness", "kurtosis", "product", "string_agg", "group_concat", "list", "array_agg", "first",
    "last", "any_value", "approx_quantile", "mode",
}  # fmt: skip
SUM_MACROS = ("exact_sum", "exact_mean", "compounded_return")
FORBIDDEN = {"random", "uuid", "gen_random_uuid", "setseed", "get_current_timestamp"}
CLOCKS = {"now", "current_date", "today", "current_timestamp", "current_time", "localtimestamp"}
# A tie between equal rows is harmless only if the order ends in what tells any two rows apart.
UNIQUE_ENDINGS = re.compile(
    r"(^|_)(date|code|key|clause|reason|ticker|cusip|count|years|number|parameter|weighting)$"
)
# Counts are whole numbers, and sums of whole numbers do not depend on order.
WHOLE_NUMBER_SUFFIXES = ("_count", "_number", "_rows", "_dropped", "_added")


def syntax_tree(sql: str) -> dict:
    with duckdb.connect() as connection:
        text = connection.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0]
    tree = json.loads(text)
    assert not tree["error"], tree
    return tree


def nodes(tree: Any) -> Iterator[dict]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value)


def is_whole_number(argument: dict) -> bool:
    """True for sums, differences and casts of columns that hold whole numbers by their names."""
    kind = argument.get("class")
    if kind == "COLUMN_REF":
        return argument["column_names"][-1].endswith(WHOLE_NUMBER_SUFFIXES)
    if kind == "CONSTANT":
        return argument["value"]["type"]["id"] in ("INTEGER", "BIGINT")
    if kind == "CAST":
        # A decimal is a whole number of its last places.
        return argument["cast_type"]["id"] == "DECIMAL" or is_whole_number(argument["child"])
    is_difference = kind == "FUNCTION" and argument["function_name"] in ("+", "-")
    return is_difference and all(is_whole_number(child) for child in argument["children"])


def order_name(order: dict) -> str:
    """Return the column that an order expression ends in."""
    names = [n["column_names"][-1] for n in nodes(order) if n.get("class") == "COLUMN_REF"]
    return names[-1] if names else "a constant"


def offences(sql: str) -> list[str]:
    found = []
    for node in nodes(syntax_tree(sql)):
        kind, name = node.get("class"), str(node.get("function_name", "")).lower()
        if kind == "FUNCTION":
            has_order = bool((node.get("order_bys") or {}).get("orders"))
            exact = name == "sum" and all(is_whole_number(a) for a in node["children"])
            if name in ORDERED and not has_order and not exact:
                found.append(f"{name} without an order")
            if name in FORBIDDEN | CLOCKS:
                found.append(f"{name} differs from run to run")
        if kind == "COLUMN_REF" and node["column_names"][-1].lower() in CLOCKS:
            found.append(f"{node['column_names'][-1].lower()} differs from run to run")
        if kind == "WINDOW" and name in {"row_number", "lag", "lead", "first_value", "last_value"}:
            orders = node.get("orders") or []
            if not orders:
                # Rows of a text file have no number but their place; the reader keeps it.
                found.append(f"{name} over rows without an order")
            elif name == "row_number" and not UNIQUE_ENDINGS.search(order_name(orders[-1])):
                found.append(f"row_number in an order that may tie: {order_name(orders[-1])}")
    return found


def test_compiled_models_do_not_depend_on_the_order_of_rows(sample: Build) -> None:
    """Every SQL model of the project, as the engine gets it."""
    folder = sample.home / "target" / "compiled" / "parspread" / "models"
    files = sorted(folder.rglob("*.sql"))
    assert len(files) > 40
    found = {path.stem: offences(path.read_text()) for path in files if "stg_" not in path.stem}
    assert {name: bad for name, bad in found.items() if bad} == {}


@pytest.mark.parametrize(
    ("sql", "offence"),
    [
        ("select sum(x) from t", "sum without an order"),
        ("select avg(x) from t group by y", "avg without an order"),
        ("select any_value(x) from t", "any_value without an order"),
        ("select list(x) from t", "list without an order"),
        ("select random()", "random differs from run to run"),
        ("select first_value(x) over (partition by y) from t", "first_value over rows"),
        ("select row_number() over (partition by y) from t", "row_number over rows without"),
        ("select row_number() over (order by spread_bps) from t", "may tie: spread_bps"),
        ("select current_date", "current_date differs from run to run"),
        ("select now()", "now differs from run to run"),
        ("select 1 where d > localtimestamp", "localtimestamp differs from run to run"),
    ],
)
def test_an_offence_is_found(sql: str, offence: str) -> None:
    """The check is worth something only if it can fail."""
    assert any(offence in found for found in offences(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "select sum(x order by y) from t",
        "select sum(row_count - 1) from t",
        "select sum(x::decimal(18, 15))::double from t",
        "select count(*), min(x), max(x), median(x) from t",
        "select avg(x) over (order by y rows between 2 preceding and current row) from t",
    ],
)
def test_an_ordered_or_exact_aggregate_passes(sql: str) -> None:
    """Nothing that is safe is refused."""
    assert offences(sql) == []


def test_python_kernels_use_no_clock_and_no_randomness() -> None:
    """Kernels are pure: what they return depends on what they get."""
    words = ("np.random", "default_rng", "time.time", "datetime.now", "date.today", "perf_counter")
    found = [
        f"{path.name}: {word}"
        for path in (ROOT / "python" / "parspread").rglob("*.py")
        for word in words
        if word in path.read_text()
    ]
    assert found == []


def test_exact_sums_have_equal_bits_at_any_order_and_number_of_threads() -> None:
    """Sums, means and products of every size, each thread count on rows in an order of its own."""
    files = [ROOT / "macros" / "units" / f"{name}.sql" for name in SUM_MACROS]
    calls = [
        "{{ exact_sum('x', 'dec') }}",
        "{{ exact_sum('1e9 * x', 'usd', where='x > 0') }}",
        "{{ exact_mean('1e4 * x', 'bps') }}",
        "{{ compounded_return('x') }}",
    ]
    text = "".join(path.read_text() for path in files) + ", ".join(calls)
    columns = jinja2.Template(text).render()
    found, plain = set(), set()
    for threads in (1, 2, 4):
        for seed in (1, 2, 3):
            with duckdb.connect(config={"threads": threads}) as connection:
                connection.execute(
                    "create table shuffled as select n % 50 as part, "
                    "10.0 ** (n % 9 - 9) * sin(n) as x from range(300_000) as rows(n) "
                    f"order by hash(n + {seed} * 1_000_003)"
                )
                query = "select {} from shuffled group by part order by part"
                found.add(str(connection.sql(query.format(f"part, {columns}")).fetchall()))
                plain.add(str(connection.sql(query.format("part, sum(x)")).fetchall()))
    assert len(found) == 1
    # The rows do sum to other bits where nothing is exact.
    assert len(plain) > 1


@pytest.mark.parametrize("value", ["'nan'::double", "'infinity'::double", "1e30"])
def test_a_number_too_large_for_an_exact_sum_stops_the_build(value: str) -> None:
    """Nothing that is no number, or overflows, is left out silently."""
    text = (ROOT / "macros" / "units" / "exact_sum.sql").read_text()
    column = jinja2.Template(text + "{{ exact_sum('x', 'usd') }}").render()
    with duckdb.connect() as connection, pytest.raises(duckdb.ConversionException, match="cast"):
        connection.sql(f"select {column} from (values ({value}), (1.0)) as t(x)").fetchall()


def test_compounded_returns_keep_the_digits_of_small_months() -> None:
    """Against exact fractions; a product of 1 + r less 1 loses what the 1 pushes out."""
    files = [ROOT / "macros" / "units" / f"{name}.sql" for name in SUM_MACROS]
    text = "".join(path.read_text() for path in files)
    column = jinja2.Template(text + "{{ compounded_return('x') }}").render()
    with duckdb.connect() as connection:
        connection.execute(
            "create table days as select n % 500 as month, sin(n) / 1000 as x "
            "from range(11_000) as rows(n)"
        )
        found = dict(connection.sql(f"select month, {column} from days group by month").fetchall())
        exact: dict[int, Fraction] = {}
        for month, value in connection.sql("from days").fetchall():
            exact[month] = exact.get(month, Fraction(1)) * (1 + Fraction(value))
    assert len(found) == 500
    for month, growth in exact.items():
        assert abs(Fraction(found[month]) - (growth - 1)) < 1e-12 * abs(growth - 1)
