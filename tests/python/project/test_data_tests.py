"""Every rule and singular test can fail: a planted fault is reported, for each fault it is for.

The compiled SQL of every data test runs on a copy of a finished build. One row is spoilt at a time,
in a transaction that is rolled back: a key twice or missing, a value just outside its range, a
status that does not fit, and for conditions and singular tests another value in each column that
they read.
What a test reports keeps a build from being published: test_trust.py plants one fault of each kind
in a real build.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from conftest import Build

NUMBERS = ("TINYINT", "INTEGER", "BIGINT", "DOUBLE")

# Where no other value in one row can break the rule on the sample, the statement that does, or
# None when the test reads the column of that name in another of its tables only.
DRAWN = "assert_drawn_curve_meets_its_quotes_and_has_most_bonds"
ATTRIBUTION = "assert_attribution_ties_to_total"
ADDS_UP = "assert_legs_members_and_splits_add_up"
DAYS = "intermediate.int_cdx_overlay__days_marked"
# One more bond on the curve that is drawn: the row named last gets its values.
ONE_MORE = (
    "update cds_bond.fct_bond_basis set method = 'standard', red_code = drawn.red_code, "
    "cds_quote_date = drawn.quote_date from (select distinct red_code, quote_date "
    "from reports.rpt_cds_curve_drawn) as drawn where fct_bond_basis.rowid = "
    "(select min(rowid) from cds_bond.fct_bond_basis where {})"
)
BY_HAND = {
    (DRAWN, "reports.rpt_cds_curve_drawn.red_code"): None,
    (DRAWN, "cds_bond.fct_bond_basis.method"): ONE_MORE.format(
        "method <> 'standard' and red_code = drawn.red_code and cds_quote_date = drawn.quote_date"
    ),
    (DRAWN, "cds_bond.fct_bond_basis.red_code"): ONE_MORE.format(
        "method = 'standard' and red_code <> drawn.red_code and cds_quote_date = drawn.quote_date"
    ),
    (DRAWN, "cds_bond.fct_bond_basis.cds_quote_date"): ONE_MORE.format(
        "method = 'standard' and red_code = drawn.red_code and cds_quote_date <> drawn.quote_date"
    ),
    # The published yield is compared on the day of the parameters only.
    (
        "fct_treasury_curve__fitted_and_published_zero_yields_agree",
        "cds_bond.fct_treasury_curve.parameters_age_days",
    ): (
        "update cds_bond.fct_treasury_curve set published_zero_yield_dec = zero_yield_dec + 0.01 "
        "where parameters_age_days = 0 and zero_yield_dec is not null"
    ),
    **{
        (ADDS_UP, f"cdx_overlay.{column}"): None
        for column in (
            "fct_backtest_legs.instrument_code",
            "fct_portfolio_attribution.book_kind",
            "fct_portfolio_positions.book_kind",
            "fct_portfolio_positions.strategy_code",
            "fct_portfolio_positions.leg_number",
            "fct_portfolio_positions.instrument_code",
        )
    },
    (ADDS_UP, f"{DAYS}.strategy_code"): None,
    # Pairs pay on any session.
    (
        "int_cdx_overlay__days_marked__only_a_roll_costs_a_roll",
        f"{DAYS}.is_roll_day",
    ): (
        f"update {DAYS} set is_roll_day = false "
        "where roll_cost_usd > 0 and market_code = instrument_code"
    ),
    # In the sample every cell has months enough.
    (
        "fct_basis_specifications__only_a_single_month_has_no_deviation",
        "cds_bond.fct_basis_specifications.statistic",
    ): (
        "update cds_bond.fct_basis_specifications set statistic = 'sd', month_count = 1 "
        "where rowid = (select min(rowid) from cds_bond.fct_basis_specifications)"
    ),
    # Whether a run has traded decides whether it needs an attribution.
    (ATTRIBUTION, f"{DAYS}.held_trade_number"): (
        f"update {DAYS} set open_trade_number = 0; "
        "delete from cdx_overlay.fct_pnl_attribution where run_id = "
        f"(select min(run_id) from {DAYS} where held_trade_number > 0)"
    ),
    (ATTRIBUTION, f"{DAYS}.open_trade_number"): (
        f"update {DAYS} set held_trade_number = 0; "
        "delete from cdx_overlay.fct_pnl_attribution where run_id = "
        f"(select min(run_id) from {DAYS} where open_trade_number > 0)"
    ),
}

# Tests of macros read no table: what the macro writes is spoilt in their SQL, or what is expected.
SPOILT_SQL = {
    "assert_weekdays_are_counted": [
        ("5 * floor", "7 * floor"),
        ("/ 7.0", "/ 6.0"),
        ("isodow(cases.last_day) - 1", "isodow(cases.last_day)"),
        ("date '1970-01-05', 3)", "date '1970-01-05', 4)"),
    ],
    "assert_codes_are_told_apart": [
        ("upper(trim(cases.delivered))", "trim(cases.delivered)"),
        ("upper(trim(cases.delivered))", "upper(cases.delivered)"),
        ("upper(trim(' SnrFor'))", "trim(' SnrFor')"),
        ("upper(trim(' SnrFor'))", "upper(' SnrFor')"),
        (", false) is distinct", ", null) is distinct"),
    ],
    "assert_signals_are_shaped_in_order": [
        ("cases.raw_sign * case", "case"),
        ("cases.score * cases.scaling", "cases.score"),
        ("'-infinity'::double", "'0'::double"),
        ("'infinity'::double", "'1'::double"),
        ("between cases.neutral_low and", "between 0.0 and"),
    ],
    "assert_rolling_macros_match_hand_worked_values": [
        ("stddev_samp", "stddev_pop"),
        (">= 2", ">= 1"),
        ("coalesce(3, 1) - 1", "coalesce(3, 1)"),
        ("series.anchor + avg", "avg"),
        ("min(series.value) over last_rows < max", "min(series.value) over last_rows <= max"),
    ],
    "assert_units_are_told_apart": [
        ("(cases.usual) * 15", "(cases.usual) * 16"),
        ("(cases.usual) / 15", "(cases.usual) / 16"),
        ("ratios.ratio / 100 between", "ratios.ratio / 10 between"),
        (">= 5", ">= 6"),
        ("median(level)", "avg(level)"),
    ],
    "assert_prices_and_zero_yields_match_hand_worked_values": [
        ("100 * (1 + bonds.coupon * bonds.years)", "100 * (1 - bonds.coupon * bonds.years)"),
        ("-2 * bonds.years", "-1 * bonds.years"),
        ("+ beta1_dec", "- beta1_dec"),
        ("- exp(-10.0 / tau1_years)", "+ exp(-10.0 / tau1_years)"),
        ("beta3_dec = 0", "beta3_dec <> 0"),
    ],
    "assert_triangles_and_yields_match_hand_worked_values": [
        ("365 / 360 * if", "if"),
        ("/ nullif(1 - recovery_share, 0)", ""),
        ("(1 - exp(-", "(1 + exp(-"),
        ("years * (1 - ", "2 * years * (1 - "),
        ("ln(1 + yield_dec / from_count)", "yield_dec / from_count"),
        ("exp(yield_dec / to_count) - 1", "exp(yield_dec) - 1"),
        ("from_count / to_count) - 1", "to_count / from_count) - 1"),
    ],
}


@dataclass(frozen=True)
class DataTest:
    """One rule or singular test: its kind, the tables it reads as `schema.table`, its SQL.

    The SQL of a rule is its part of what dbt runs for its model, and reports other rules as well.
    """

    name: str
    kind: str
    tables: list[str]
    arguments: dict
    where: str
    sql: str


class Plants:
    """Spoils tables of a build, and says whether a test reports it."""

    def __init__(self, file: Path) -> None:
        self.connection = duckdb.connect(str(file), config={"threads": 1})
        self.count = 0

    def columns(self, table: str) -> dict[str, str]:
        """Return the types of the columns of a table, by name."""
        described = self.connection.execute(f"describe {table}").fetchall()
        return {column: kind for column, kind, *_ in described}

    def passes(self, test: DataTest) -> bool:
        """Return whether a test reports nothing."""
        named = "" if test.kind == "singular" else f" where rule = '{test.name}'"
        return self.connection.execute(f"from ({test.sql}){named}").fetchone() is None

    def found(self, test: DataTest, statements: str) -> bool:
        """Return whether a test reports what the statements spoil; nothing stays spoilt."""
        self.count += 1
        self.connection.execute("begin")
        try:
            self.connection.execute(statements)
            return not self.passes(test)
        finally:
            self.connection.execute("rollback")

    def names_read(self, test: DataTest) -> set[str]:
        """Return the names of all columns that a rule or a singular test mentions."""
        sql = f"select {test.arguments['rule']}" if test.kind == "holds" else test.sql
        text = self.connection.execute("select json_serialize_sql(?)", [sql]).fetchall()[0][0]

        def walk(node: object) -> Iterator[str]:
            if isinstance(node, dict):
                if node.get("class") == "COLUMN_REF":
                    yield node["column_names"][-1]
                node = list(node.values())
            for child in node if isinstance(node, list) else []:
                yield from walk(child)

        return set(walk(json.loads(text)))

    def rows(self, table: str, columns: dict[str, str]) -> list[int]:
        """Return rows that differ: each combination of words, each extreme value."""
        words = [name for name, kind in columns.items() if kind in ("VARCHAR", "BOOLEAN")]
        picks = [f"{pick}(rowid, {c})" for c in columns for pick in ("arg_min", "arg_max")]
        found = self.connection.execute(
            f"select unnest([min(rowid), max(rowid), {', '.join(picks)}]) from {table} "
            f"union all (select max(rowid) from {table} "
            f"group by {', '.join(words) or '1 = 1'} order by count(*) desc, max(rowid) limit 12)"
        ).fetchall()
        return [row for row in dict.fromkeys(row for (row,) in found) if row is not None]

    def shrink(self, table: str, tests: list[DataTest]) -> None:
        """Keep of a table the rows that its tests look at and are tried on, and some hundreds more.

        Unless one of the tests compares rows, and so needs all of them.
        """
        columns, (schema, name) = self.columns(table), table.split(".")
        kept = tests[0].where
        if kept == "true":
            read = [self.names_read(test) for test in tests]
            chosen = [self.rows(table, {c: columns[c] for c in columns if c in r}) for r in read]
            listed = ", ".join(str(row) for row in {row for rows in chosen for row in rows})
            ((count,),) = self.connection.execute(f"select count(*) from {table}").fetchall()
            kept = f"rowid % {count // 300 + 1} = 0 or rowid in ({listed})"
        self.connection.execute(
            f"create table {schema}.few as from {table} where {kept} order by rowid; "
            f"alter table {table} rename to all_of_it; alter table {schema}.few rename to {name}"
        )
        if all(self.passes(test) for test in tests):
            self.connection.execute(f"drop table {schema}.all_of_it")
        else:
            self.connection.execute(
                f"drop table {table}; alter table {schema}.all_of_it rename to {name}"
            )

    def other_values(self, table: str, column: str, kind: str) -> list[str]:
        """Return expressions for values that a column of this type should not have, worst last."""
        if kind in NUMBERS:
            values = [f"{column} + 1", f"-{column} - 1", "1000", f"{column} * 2 + 0.5", "0"]
        elif kind == "BOOLEAN":
            values = [f"not {column}"]
        elif kind == "VARCHAR":
            seen = self.connection.execute(
                f"select distinct {column} from {table} where {column} is not null "
                "order by all limit 12"
            ).fetchall()
            values = ["'" + value.replace("'", "''") + "'" for (value,) in seen] + ["'planted'"]
        else:
            values = [f"{column} + to_days({days})" for days in (-1, 1, -40, 40, -4000, 4000)]
        return values + ["null"]

    def missed(self, test: DataTest) -> list[str]:
        """Return the faults that a test is for and does not report; empty is what we want."""
        faults = {
            "grain": self.grain_faults,
            "ranges": self.range_faults,
            "null_needs_status": self.status_faults,
        }
        if test.name in SPOILT_SQL:
            spoilt = [(old, test.sql.replace(old, new)) for old, new in SPOILT_SQL[test.name]]
            self.count += len(spoilt)
            return [
                old
                for old, sql in spoilt
                if sql == test.sql or self.connection.execute(sql).fetchone() is None
            ]
        if test.kind in faults:
            (table,) = test.tables
            one = f"(select max(rowid) from {table} where {test.where})"
            planted = faults[test.kind](table, one, test.arguments)
            return [fault for fault in planted if not self.found(test, self.row(table) + fault)]
        return [
            f"{table}.{column}"
            for table in test.tables
            for column in self.columns(table)
            if column in self.names_read(test) and not self.column_matters(test, table, column)
        ]

    def row(self, table: str) -> str:
        """Return the statement that gives a table a row when it has none in the sample."""
        if self.connection.execute(f"from {table} limit 1").fetchone():
            return ""
        filler = {"VARCHAR": "'planted'", "BOOLEAN": "true", "DATE": "date '2020-01-01'"}
        filler |= {"TIMESTAMP": "timestamp '2020-01-01'", "DOUBLE[]": "[0.0]"}
        values = ", ".join(
            filler.get(kind, "[]" if kind.endswith("[]") else "0")
            for kind in self.columns(table).values()
        )
        return f"insert into {table} values ({values}); "

    def grain_faults(self, table: str, one: str, arguments: dict) -> list[str]:
        return [f"insert into {table} from {table} where rowid = {one}"] + [
            f"update {table} set {column} = null where rowid = {one}"
            for column in arguments["columns"]
        ]

    def range_faults(self, table: str, one: str, arguments: dict) -> list[str]:
        types = self.columns(table)
        faults = []
        for column, (low, high) in arguments["ranges"].items():
            values = [f"{low} - 0.01", f"{high} + 0.01"]
            if types[column] == "DOUBLE":
                values += ["'nan'::double", "'infinity'::double", "'-infinity'::double"]
            faults += [
                f"update {table} set {column} = {value} where rowid = {one}" for value in values
            ]
        return faults

    def status_faults(self, table: str, one: str, arguments: dict) -> list[str]:
        value, status = arguments["value"], arguments["status"]
        some = {"VARCHAR": "'planted'", "DATE": "date '2020-01-01'"}
        present = some.get(self.columns(table)[value], "0")
        pairs = [
            ("null", "'ok'"),
            (present, "'planted'"),
            (present, "null"),
            ("null", "null"),
        ]
        if self.columns(table)[value] == "DOUBLE":
            pairs.append(("'nan'::double", "'ok'"))
        if self.columns(table)[value] == "DOUBLE" and arguments.get("finite", True):
            pairs.append(("'infinity'::double", "'ok'"))
        return [
            f"update {table} set {value} = {a}, {status} = {b} where rowid = {one}"
            for a, b in pairs
        ]

    def column_matters(self, test: DataTest, table: str, column: str) -> bool:
        """Return whether another value in one row is reported, and NaN, and infinity."""
        by_hand = BY_HAND.get((test.name, f"{table}.{column}"), "")
        if by_hand != "":
            return by_hand is None or self.found(test, by_hand)
        columns = self.columns(table)
        read = {name: columns[name] for name in columns if name in self.names_read(test)}
        rows = self.rows(table, read)
        kinds = [self.other_values(table, column, columns[column])]
        if columns[column] == "DOUBLE":
            kinds += [["'nan'::double"], ["'infinity'::double"]]
        return all(
            any(
                self.found(test, f"update {table} set {column} = {value} where rowid = {row}")
                for value in values
                for row in rows
            )
            for values in kinds
        )


@pytest.fixture(scope="module")
def data_tests(sample: Build) -> list[DataTest]:
    """Return every rule and singular test of the build, as dbt has run it."""
    target = sample.home / "target"
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    results = json.loads((target / "run_results.json").read_text())["results"]
    sql = {result["unique_id"]: result["compiled_code"] for result in results}
    found = []
    for unique_id, node in nodes.items():
        if node["resource_type"] == "test":
            read = [nodes[parent] for parent in node["depends_on"]["nodes"] if parent in nodes]
            tables = [f"{parent['schema']}.{parent['alias']}" for parent in read]
            where = node["config"]["where"] or "true"
            for name, kind, arguments, part in parts_of(node, nodes, sql[unique_id]):
                found.append(DataTest(name, kind, tables, arguments, where, part))
    return found


def parts_of(node: dict, nodes: dict, sql: str) -> Iterator[tuple[str, str, dict, str]]:
    """Yield name, kind, arguments and SQL of each rule of a data test, or of a singular test."""
    if "test_metadata" not in node:
        yield node["name"], "singular", {}, sql
        return
    model = nodes[node["attached_node"]]
    grain, _, rules = sql.partition("\nunion all\n")
    yield f"{model['name']}__grain", "grain", {"columns": model["config"]["meta"]["grain"]}, grain
    given = node["test_metadata"]["kwargs"]
    for name, (value, status, *finite) in given.get("null_needs_status", {}).items():
        arguments = {"value": value, "status": status, "finite": not finite}
        yield name, "null_needs_status", arguments, rules
    for name, ranges in given.get("ranges", {}).items():
        # A bound that is a var: its value stands in the SQL.
        for column, (low, high) in ranges.items():
            between = re.search(rf" and {column} between (\S+) and ([^\s)]+)", rules).groups()
            assert "var(" in f"{low} {high}" or (str(low), str(high)) == between
            ranges[column] = between
        yield name, "ranges", {"ranges": ranges}, rules
    for name in given.get("holds", {}):
        rule = re.search(rf"if\(\((.*)\) is true, null, '{name}'\)", rules).group(1)
        yield name, "holds", {"rule": rule}, rules


@pytest.fixture(scope="module")
def plants(
    sample: Build, data_tests: list[DataTest], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Plants]:
    """Return a copy of the build database in which everything that a test reads is a table."""
    file = tmp_path_factory.mktemp("plants") / "parspread.duckdb"
    shutil.copy(sample.home / "build" / "parspread.duckdb", file)
    plants = Plants(file)
    # Views become tables, and the rows that rules read get a fixed order: the same row is spoilt
    # in every run.
    listed = "select schema_name || '.' || view_name from duckdb_views() where not internal"
    views = {name for (name,) in plants.connection.execute(listed).fetchall()}
    by_row = {t for test in data_tests if test.kind in ("holds", "singular") for t in test.tables}
    for table in sorted(by_row | views & {t for test in data_tests for t in test.tables}):
        order = "order by all" if table in by_row else ""
        plants.connection.execute(
            f"create table ordered as from {table} {order}; "
            f"drop {'view' if table in views else 'table'} {table}; "
            f"create table {table} as from ordered; drop table ordered"
        )
    by_hand = {column.rpartition(".")[0] for _, column in BY_HAND}
    for table in sorted({test.tables[0] for test in data_tests if test.tables} - by_hand):
        tests = [test for test in data_tests if table in test.tables]
        is_alone = all(t.tables == [table] and t.where == tests[0].where for t in tests)
        if is_alone and plants.connection.execute(f"from {table} offset 1000 limit 1").fetchone():
            plants.shrink(table, tests)
    yield plants
    plants.connection.close()


def test_every_data_test_reports_what_is_planted(
    data_tests: list[DataTest], plants: Plants
) -> None:
    """All of them, each fault: a test that cannot fail is no gate."""
    assert [test.name for test in data_tests if not plants.passes(test)] == []
    missed = {test.name: faults for test in data_tests if (faults := plants.missed(test))}
    print(f"{len(data_tests)} rules and singular tests, {plants.count} faults planted")
    assert missed == {}
    assert [test.name for test in data_tests if not plants.passes(test)] == []


def test_a_test_that_cannot_fail_is_found(plants: Plants) -> None:
    """The check of the tests can fail as well."""
    table = "cds_bond.fct_bond_basis"
    rule = "cusip is null or true"
    sql = f"select 'blind' as rule from {table} where ({rule}) is not true"

    def missed(kind: str, **arguments: object) -> list[str]:
        return plants.missed(DataTest("blind", kind, [table], arguments, "true", sql))

    assert missed("holds", rule=rule) == [f"{table}.cusip"]
    assert len(missed("grain", columns=["cusip"])) == 2
    assert len(missed("null_needs_status", value="cusip", status="method")) == 4
    assert len(missed("ranges", ranges={"bond_yield_dec": ["0", "1"]})) == 5


def test_no_test_is_softened(sample: Build) -> None:
    """A severity, a threshold, a filter or a limit lets a faulty row pass."""
    nodes = json.loads((sample.home / "target" / "manifest.json").read_text())["nodes"]
    strict = {"enabled": True, "severity": "ERROR", "limit": None}
    strict |= {"fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0"}
    tests = [node for node in nodes.values() if node["resource_type"] == "test"]
    soft = [t["name"] for t in tests if {key: t["config"][key] for key in strict} != strict]
    assert soft == []
    # CDS quotes of a whole market are too many to group; one row in a hundred is.
    assert {test["name"] for test in tests if test["config"]["where"]} == {
        "int_accounting__rows_screened__rules",
        "int_cds_bond__cds_quotes_screened__rules",
        "int_ftsfr_notebook__cds_quotes_screened__rules",
        "stg_markit__cds_quotes__rules",
    }
