"""A loss beyond its bound keeps a build from being published, and says where, why and what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Build, run_dbt
from parspread_tools.publish import losses

CHECKS = "select {} from quality.fct_loss_checks where not is_within and accepted_by is null"
# One loss beyond each bound that is measured before a release is compared.
CROSSED = {
    "rows_rejected": ("vix", "date_unreadable", 2760, 3012),
    "keys_missed": ("red_and_isin_mapping", "not_in_cds_final", 55, 55),
    "months_without_rows": ("fct_bond_basis", "no_basis", 12, 60),
    "instruments_without_sessions": ("cdx_ig_5y", "no_session", 1, 1),
    "rows_withheld": ("cdx", "later_than_the_clock", 400, 3012),
}
PLANTED = """with measured as (
    select * from (values {rows}) as losses (check_code, source_name, reason, lost_count, total_count, cause)
), final as ({{{{
    judged_losses('measured', ref('stg_build__input_files'), ref('accepted_losses'), ref('loss_bounds'))
}}}})
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


def accept(project: Path, *lines: str) -> None:
    """Accept losses, one line each."""
    file = project / "seeds" / "catalog" / "accepted_losses.csv"
    file.write_text("\n".join([file.read_text().splitlines()[0], *lines]) + "\n")


def seen(home: Path) -> Path:
    return (home / "releases" / "current").resolve()


def test_a_loss_beyond_any_bound_keeps_the_release(small: tuple[Path, Path]) -> None:
    """Each kind of loss is one line, with its share, its bound and its cure; accepted, it passes."""
    project, home = small
    before = seen(home)
    plant(project, [(check, *loss, "codes look odd") for check, loss in CROSSED.items()])
    accept(project, "rows_rejected,vix,*,2020-01-01,accepted too long ago")
    build = run_dbt(home, "build", project=project)
    assert build.exit_code == 1 and seen(home) == before, build.output
    for check, (source, reason, lost, total) in CROSSED.items():
        (line,) = [line for line in build.output.splitlines() if f"{check},{source}" in line]
        assert line.casefold().count(f"not published: {source}") == 1, line
        assert "codes look odd" in line
        assert f"{lost:,} of {total:,}" in line and f"({100 * lost / total:.1f} %, allowed" in line
        assert f"accepted_losses.csv: {check},{source},{reason},YYYY-MM-DD,why" in line
        assert len(line) < 1000

    accept(project, *(f"{check},*,*,2999-12-31,looked at" for check in CROSSED))
    build = run_dbt(home, "build", project=project)
    assert build.exit_code == 0 and seen(home) != before, build.output
    assert build.query("select count(*) from quality.fct_loss_checks where not is_within") == [(5,)]


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
    assert "(20.0 %, allowed are 5.0 %); from 2020-03 to 2020-04" in line

    plant(project, [], where="day < date '2020-07-01'")
    earlier = ("--vars", json.dumps({"as_of_date": "2020-06-30"}))
    build = run_dbt(home, "build", *earlier, project=project)
    assert build.exit_code == 0 and seen(home) != before, build.output
    found = "select lost_count, total_count from quality.fct_loss_checks where source_name"
    assert build.query(f"{found} = 'quality.fct_planted'") == [(0, 182)]
