"""A loss beyond its bound keeps a build from being published: where, why and what to do."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Build, accept_losses, copy_models_behind, run_dbt, write_part
from parspread_tools.publish import losses

CHECKS = "select {} from quality.fct_loss_checks where not is_within and accepted_by is null"
with (ROOT / "seeds" / "catalog" / "loss_bounds.csv").open(newline="") as _lines:
    BOUNDS = [row for row in csv.DictReader(_lines) if float(row["max_lost_share"]) < 1]
# One loss beyond each bound: check, source and reason, of which no other bound fits better.
CROSSED = {
    (
        row["check_code"],
        row["source_name"].replace("*", "cdx"),
        row["reason"].replace("*", "a_reason"),
    ): float(row["max_lost_share"])
    for row in BOUNDS
}
PLANTED = """with measured as (
    select * from (values {rows})
        as losses (check_code, source_name, reason, lost_count, total_count, cause)
), final as ({{{{ judged_losses(
    'measured', ref('stg_build__input_files'), ref('accepted_losses'), ref('loss_bounds')
) }}}})
select * from final"""
DATED = """select day::date as date, 1 as one
from range(date '2020-01-01', date '2020-12-31', interval 1 day) as days (day) where {where}"""
YAML = """models:
  - name: fct_planted
    config: {meta: {grain: [date]}}
    columns: [{name: date, data_type: date}, {name: one, data_type: integer}]
"""


def plant(project: Path, rows: list[tuple], where: str = "true") -> None:
    """Give the small project the table of checks, with these losses, and one dated table."""
    folder = project / "models" / "marts" / "quality"
    values = ", ".join(map(str, rows)) or "('keys_missed', 'none', 'none', 0, 1, '')"
    (folder / "fct_loss_checks.sql").write_text(PLANTED.format(rows=values))
    yaml = (ROOT / "models/marts/quality/fct_loss_checks.yml").read_text()
    (folder / "fct_loss_checks.yml").write_text(yaml)
    (folder / "fct_planted.sql").write_text(DATED.format(where=where))
    (folder / "fct_planted.yml").write_text(YAML)


def seen(home: Path) -> Path:
    return (home / "releases" / "current").resolve()


def test_a_loss_beyond_any_bound_keeps_the_release(small: tuple[Path, Path]) -> None:
    """Each is one line, with its share, its own bound and a cure; accepted, it passes."""
    project, home = small
    before = seen(home)
    plant(project, [(*loss, 2760, 2764, "codes look odd") for loss in CROSSED])
    with (project / "seeds" / "catalog" / "accepted_losses.csv").open("a") as catalog:
        catalog.write("rows_rejected,cdx,*,2020-01-01,accepted too long ago\n")
    build = run_dbt(home, "build", project=project)
    assert build.exit_code == 1 and seen(home) == before, build.output
    assert len(CROSSED) == len(BOUNDS) > 15
    assert build.output.count("not published: ") == 10
    lost = build.inner_frame("from quality.fct_loss_checks where not is_within")
    lost = lost.set_index(["check_code", "source_name", "reason"])
    assert sorted(lost.index) == sorted(CROSSED)
    for (check, source, reason), share in CROSSED.items():
        message, accepted = lost.message[check, source, reason], lost.accepted_by.dropna()
        assert f"accepted_losses.csv: {check},{source},{reason},YYYY-MM-DD,why" in message
        assert message.casefold().startswith(source.casefold()) and len(accepted) == 0
        assert "codes look odd" in message and len(message) < 1000
        assert "2,760 of 2,764 " in message and f"allowed are {100 * share:.1f} %)" in message

    accept_losses(project, *{check for check, *_ in CROSSED})
    build = run_dbt(home, "build", project=project)
    assert build.exit_code == 0 and seen(home) != before, build.output
    found = build.query("select count(*) from quality.fct_loss_checks where not is_within")
    assert found == [(len(CROSSED),)]


def lossy_delivery(folder: Path) -> Path:
    """Write a year and a half of the sample that loses rows, keys, sessions and screens."""
    data = write_part(folder, "2019-01-01", "2020-06-30")

    def rewrite(name: str, query: str) -> None:
        (path,) = data.glob(f"{name}.*")
        source = f"read_csv('{path}', all_varchar = true)" if path.suffix == ".csv" else f"'{path}'"
        with duckdb.connect() as connection:
            connection.execute("set preserve_insertion_order = true")
            connection.execute(f"create table rows as select * from {source}")
            connection.execute(f"copy ({query}) to '{path}'")

    rewrite("vix", "select date, if(hash(date) % 10 = 0, null, close) as close from rows")
    # Two series side by side whose column is not delivered.
    one = "select * exclude (series) replace (try_cast(spread as double) + {} as spread) from rows"
    rewrite("cdx", f"{one.format(0)} union all {one.format(7)} where index ilike '%HY%'")
    rewrite("etf", "from rows where ticker <> 'HYG'")
    rewrite("wrds_bond", "select * replace (if(hash(cusip) % 2 = 0, 'Bonn', rating_class) as "
            "rating_class, if(hash(cusip) % 3 = 0, 1, conv) as conv) from rows")  # fmt: skip
    rewrite("cds_final", "select * replace (if(hash(upper(trim(redcode))) % 4 > 0, 'Q' || redcode, "
            "redcode) as redcode) from rows")  # fmt: skip
    return data


def test_a_delivery_that_loses_much_is_not_published(manifest: dict, tmp_path: Path) -> None:
    """Each loss of it has its line, and readers get nothing; of the models those that count."""
    project = copy_models_behind(tmp_path / "project", manifest, "fct_loss_checks", "dim_build")
    data = lossy_delivery(tmp_path / "data")
    build = run_dbt(tmp_path, "build", data_dir=data, project=project)
    assert build.exit_code == 1 and not build.release.exists(), build.output[-3000:]
    for words in (
        "left out as level_missing_or_unreadable",
        "enabled instruments have no_session (100.0 %, allowed are 0.0 %); ",
        "quotes are left out as conflicting_duplicate",
        "keys are ticker_not_delivered",
        "the file has LQD",
        "rows are screened out as rating_unknown",
        "Labels that rating_groups.csv does not have; mend the column, or what reads it",
        "rows are screened out as convertible",
        "keys are not_in_cds_final",
    ):
        assert re.search(rf"not published: .*{re.escape(words)}", build.output, re.I), words


def test_rows_of_the_last_release_may_not_go(small: tuple[Path, Path]) -> None:
    """New months do not hide lost ones, and as of an earlier day only its months are compared."""
    project, home = small
    plant(project, [], where="day < date '2020-11-01'")
    build = run_dbt(home, "build", project=project)
    assert build.exit_code == 0, build.output
    before = seen(home)
    plant(project, [], where="day not between '2020-03-01' and '2020-04-30'")
    build = run_dbt(home, "build", project=project)
    assert build.exit_code == 1 and seen(home) == before, build.output
    (line,) = [line for line in build.output.splitlines() if "not published: quality" in line]
    assert "quality.fct_planted: 61 of 305 rows of the last release are not there" in line
    assert "(20.0 %, allowed are 5.0 %); from month 202003 to 202004" in line

    plant(project, [], where="day < date '2020-07-01'")
    earlier = ("--vars", json.dumps({"as_of_date": "2020-06-30"}))
    build = run_dbt(home, "build", *earlier, project=project)
    assert build.exit_code == 0 and seen(home) != before, build.output
    found = "select lost_count, total_count from quality.fct_loss_checks where source_name"
    assert build.query(f"{found} = 'quality.fct_planted'") == [(0, 182)]


def test_a_clock_before_the_last_release_stops_the_build(small: tuple[Path, Path]) -> None:
    """A wrong clock would withhold rows that readers have seen; a stated day is no clock."""
    project, home = small
    before = seen(home)
    file = before / "parspread.duckdb"
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute("update quality.dim_build set started_at = '2999-12-31'")
    build = run_dbt(home, "build", project=project)
    assert build.exit_code == 2 and seen(home) == before, build.output
    assert "must not be before the last release, which is of 2999-12-31; it says 20" in build.output
    assert "START" not in build.output
    assert losses.clock_problem(file, "2999-12-31") is None
    stated = ("--vars", json.dumps({"as_of_date": "2020-02-15"}))
    build = run_dbt(home, "build", *stated, project=project)
    assert build.exit_code == 0, build.output
    assert re.search(
        r"as of 2020-02-15, rows dated or known later are withheld: .*vix [\d,]+ of", build.output
    )


@pytest.fixture(scope="module")
def finished(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple]:
    """Return a connection to a copy of the sample's build, and the models that measure."""
    copy = tmp_path_factory.mktemp("losses") / "parspread.duckdb"
    shutil.copy(sample.database, copy)
    nodes = json.loads((sample.home / "target" / "manifest.json").read_text())["nodes"]
    names = ("fct_bond_screening", "int_accounting__keys_missed", "int_accounting__inputs_missed",
             "fct_loss_checks")  # fmt: skip
    with duckdb.connect(str(copy)) as connection:
        yield connection, [nodes[f"model.parspread.{name}"] for name in names]


REJECTED = (
    "insert into quality.fct_rejected_rows select '{0}', 'desk', row_number, 'key', '{1}', "
    '\'{{"date":"03/07/2014","close":"15.2"}}\' from range({2}, {3}) as r (row_number)'
)
TRACED = "update intermediate.int_accounting__bond_months_traced set "
WITHHELD = (
    "insert into vendor.withheld_rows by name select 'cdx' as table_name, 'desk' as data_set, "
    "row_number as source_row_number, 'date_in_future' as withheld_reason "
    "from range({}) as r (row_number)"
)
QUOTES = "update intermediate.int_cdx_overlay__index_quotes_screened set "
# What happens to a delivery; the losses beyond their bounds, with words of the message.
LOSSES = {
    "a file that changes its format of dates": (
        REJECTED.format("vix", "date_unreadable", 253, 3013),
        {
            "vix date_unreadable": "vix.csv: 2,760 of 3,012 rows are left out as date_unreadable "
            "(91.6 %, allowed are 5.0 %); every row from the first to row 3012, as when a file "
            "changes its format on the way; the first: line 254 with date:03/07/2014,close:15.2; "
            "mend the file",
            "vix any_reason": "2,760 as date_unreadable",
        },
    ),
    "many faults of which none is frequent": (
        "; ".join(REJECTED.format("etf", f"fault_{n}", 200 * n, 200 * n + 200) for n in range(4)),
        {"etf any_reason": "800 of 6,038 rows are left out (13.2 %, allowed are 10.0 %); 200 as"},
    ),
    "treasuries of which two thirds have no yield": (
        REJECTED.format("monthly_ts_data", "yield_outside_plausible_range", 1, 16_000),
        {
            "monthly_ts_data yield_outside_plausible_range": "; the first: row 1 with ",
            "monthly_ts_data any_reason": "",
        },
    ),
    "codes of nine characters in one file, of six in the other": (
        TRACED + "red_code = red_code || 'AB1', step_number = 4, reason = 'name_not_quoted' "
        "where step_number >= 4",
        {
            "red_and_isin_mapping not_in_cds_final": "RED_and_ISIN_mapping.parquet: 55 of 55 keys "
            "are not_in_cds_final (100.0 %, allowed are 50.0 %); codes of 9 characters (",
            "fct_bond_basis no_standard_basis": "most bonds of a month leave as name_not_quoted",
        },
    ),
    "bonds of other names than the entities": (
        TRACED + "step_number = 3, reason = 'issuer_not_in_red_table' where step_number >= 3",
        {
            "wrds_bond not_in_red_and_isin_mapping": "138 of 138 keys are not_in_red_and_isin_map",
            "fct_bond_basis no_standard_basis": "60 of 60 months are without rows",
        },
    ),
    "issues of another time": (
        "update intermediate.int_cds_bond__treasuries_merged set fault_reason = "
        "'issue_not_in_issue_data' where source_row_number % 10 = 0",
        {"monthly_ts_data not_in_issue_data": "in monthly_ts_data, of 15 characters ("},
    ),
    "a year without CDS quotes": (
        TRACED + "step_number = 4, reason = 'name_not_quoted' where step_number > 4 and "
        "month_end_date between '2018-01-01' and '2018-12-31'",
        {"fct_bond_basis no_standard_basis": "12 of 60 months are without rows (20.0 %, allowed "
         "are 10.0 %); from 2018-01-31 to 2018-12-31"},
    ),
    "ratings of which half are written in another way": (
        "update intermediate.int_accounting__rows_counted set row_count = 4300 "
        "where reject_reason = 'rating_unknown'",
        {"wrds_bond rating_unknown": "wrds_bond.parquet: 4,300 of 8,659 rows are screened out as "
         "rating_unknown (49.7 %, allowed are 5.0 %); Labels that rating_groups.csv does not have; "
         "mend the column, or what reads it, or accept"},
    ),
    "a fund that nobody delivers": (
        "update catalog.instruments set etf_ticker = 'JNK' where instrument_code = 'cdx_hy_5y'",
        {"etf ticker_not_delivered": "1 of 4 keys are ticker_not_delivered (25.0 %, allowed are "
         "0.0 %); instruments.csv names HYG, JNK, LQD, the file has "},
    ),
    "CDS of which no month has a return": (
        "delete from intermediate.int_cds_bond__cds_day_returns_computed",
        {"fct_cds_returns no_return": "returns need five-year quotes of 3 contributors"},
    ),
    "an instrument without a session": (
        QUOTES + "reject_reason = 'conflicting_duplicate' where instrument_code = 'cdx_ig_5y'",
        {"cdx_ig_5y no_session": "quotes are left out as conflicting_duplicate"},
    ),
    "an index by a name that no instrument has": (
        QUOTES + "instrument_code = null, index_code = null where data_set = 'desk'",
        {"cdx not_delivered": "3 of 3 indices are not_delivered (100.0 %, allowed are "
         "75.0 %); the file has CDX_"},
    ),
    "a clock before the data": (
        WITHHELD.format(400),
        {"cdx later_than_the_clock": "the clock of this machine says 20"},
    ),
    "a stated day before the data": (
        WITHHELD.format(11_995),
        {"cdx nothing_left": "as_of_date says 20"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_is_measured_and_named_with_its_cause(finished: tuple, name: str) -> None:
    """And nothing else is said: of the sample as it is no loss is beyond its bound."""
    connection, models = finished
    statement, expected = LOSSES[name]
    connection.execute("begin")
    try:
        connection.execute(statement)
        for model in models:
            sql = model["compiled_code"]
            if "stated day" in name:
                sql = sql.replace("if(false,", "if(true,").replace("not false", "not true")
            place = f"{model['schema']}.{model['name']}"
            connection.execute(f"create or replace table {place} as {sql}")
        found = connection.sql(
            CHECKS.format("source_name || ' ' || reason, message, accepted_by")
        ).fetchall()
    finally:
        connection.execute("rollback")
    assert {key for key, *_ in found} == expected.keys()
    for key, message, _ in found:
        assert expected[key] in message and len(message) < 1000, message
        assert "or accept the loss in seeds/catalog/accepted_losses.csv: " in message


def test_nothing_of_the_sample_is_beyond_a_bound(sample: Build) -> None:
    assert sample.query(CHECKS.format("message")) == []
    ((count,),) = sample.query("select count(*) from quality.fct_loss_checks")
    assert count > 40


def small_warehouse(
    file: Path, data_dir: str, as_of_date: str, vix_row_count: int, catalogs: str, where: str
) -> None:
    """Write what a release has of a build, a dated table, one of runs and one without dates."""
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"""
            create schema quality;
            create table quality.dim_build as select '{data_dir}' as data_dir,
                date '{as_of_date}' as as_of_date, 'latest' as restated_values,
                'none' as pricing_options, '{catalogs}' as catalog_fingerprint;
            create table quality.dim_input_files as select 'vix' as table_name, 'desk' as data_set,
                {vix_row_count} as table_row_count;
            create table quality.fct_rejected_rows as select 'vix' as source_name,
                'date_unreadable' as reject_reason from range(3012 - {vix_row_count});
            create table days as {DATED.format(where=where)};
            create table runs as select 'a' as run_id, * from days;
            create table undated as select one from days""")


TABLES = [
    {"schema": "main", "name": "days", "columns": {"date": ""}, "date_column": "date"},
    {"schema": "main", "name": "runs", "columns": {"run_id": ""}, "date_column": "date"},
    {"schema": "main", "name": "undated", "columns": {}, "date_column": None},
    {"schema": "main", "name": "new", "columns": {}, "date_column": None},
]


@pytest.mark.parametrize(
    ("data_dir", "as_of_date", "expected"),
    [
        ("inputs", "2021-01-01", {"main.days": (30, 335), "main.runs": (30, 335),
                                  "main.undated": (0, 335)}),
        ("inputs", "2020-06-15", {"main.days": (15, 167)}),
        ("seeds/sample", "2021-01-01", {}),
    ],
)  # fmt: skip
def test_rows_are_compared_where_they_can_be(
    tmp_path: Path, data_dir: str, as_of_date: str, expected: dict
) -> None:
    """New days hide nothing; as of an earlier day less is there; the sample is no history."""
    new, old = tmp_path / "new.duckdb", tmp_path / "old.duckdb"
    small_warehouse(old, "inputs", "2021-01-01", 3012, "same", "day < '2020-12-01'")
    gone = "day not between '2020-06-01' and '2020-06-30'"
    small_warehouse(new, data_dir, as_of_date, 252, "other", gone)
    with duckdb.connect(str(new)) as connection:
        found = losses.rows_gone(connection, old, TABLES, as_of_date)
        assert losses.rows_gone(connection, old, TABLES, as_of_date) == found
        with pytest.raises(duckdb.Error):
            losses.rows_gone(connection, tmp_path / "none.duckdb", TABLES, as_of_date)
    assert {r["source_name"]: (r["lost_count"], r["total_count"]) for r in found} == expected
    for row in found:
        assert ("from month 202006 to 202006; " in row["cause"]) == (row["lost_count"] > 0)
        assert "changed since the last release: a catalog" in row["cause"]
        assert "vix had 3,012 rows and has 252" in row["cause"]
        assert "2,760 more rows of vix are left out as date_unreadable" in row["cause"]
