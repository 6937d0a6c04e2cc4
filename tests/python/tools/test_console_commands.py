"""The command `parspread`: seconds to know what a build would say, without a build."""

from __future__ import annotations

import datetime
import fcntl
import io
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Build
from parspread_tools.console.build import Progress
from parspread_tools.console.main import COMMANDS, main
from parspread_tools.gate.contract import read_contract

SAMPLE = ROOT / "seeds" / "sample"


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty home, the environment of a user who set nothing else."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PARSPREAD_PUBLISH_DIR", str(tmp_path / "home"))
    monkeypatch.setenv("PARSPREAD_BUILD_DIR", str(tmp_path / "build"))
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture) -> Callable[..., tuple[int, str]]:
    """Return a call of the command: exit code and what it printed."""

    def called(*arguments: str | Path) -> tuple[int, str]:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out + said.err

    return called


def test_the_contract_is_the_one_that_dbt_hands_over(manifest: dict) -> None:
    """A second reading of the sources must not differ from a build's."""
    sources = [s for s in manifest["sources"].values() if s["meta"].get("file")]
    of_dbt = {
        s["name"]: (
            s["meta"],
            {c["name"]: (c["data_type"], c["meta"]) for c in s["columns"].values()},
        )
        for s in sources
    }
    ours = {
        e["table"]: (e["meta"], {c["name"]: (c["data_type"], c["meta"]) for c in e["columns"]})
        for e in read_contract(ROOT)
    }
    assert ours == of_dbt
    used = [
        c["used_value"] for e in read_contract(ROOT, {"cds_tier": "SUBLT2"}) for c in e["columns"]
    ]
    assert "SUBLT2" in used and "USD" in used


def test_the_sample_is_sound_and_nothing_is_written(outside: Path, call: Callable) -> None:
    code, said = call("check")
    assert code == 0 and re.match(r"sound: 19 vendor files of .*, \d+ catalogs, \d+ settings", said)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--vars", "{max_quote_age_dais: 3}"], "'max_quote_age_dais' is not known; did you mean"),
        (["--vars", "max_quote_age_days"], "--vars must be a YAML mapping"),
        (["--project", "/"], "must be in a Parspread project"),
    ],
)
def test_a_wrong_setting_is_named(
    outside: Path, call: Callable, arguments: list[str], expected: str
) -> None:
    code, said = call("check", *arguments)
    assert code == 2 and expected in said


def test_a_wrong_file_is_named_as_a_build_names_it(outside: Path, call: Callable) -> None:
    """File, column, what was found, what to do."""
    data = outside / "data"
    data.mkdir()
    for name in ("cdx", "vix", "etf"):
        shutil.copy(SAMPLE / f"{name}.csv", data)
    text = (data / "vix.csv").read_text()
    (data / "vix.csv").write_text(text.replace("close", "PX_LAST", 1))
    code, said = call("check", "--data-dir", data)
    assert (
        code == 2
        and f"{data}/vix.csv: column close or level must be there; found date, PX_LAST" in said
    )
    assert "refuse 1 things" in said


def test_a_wrong_catalog_is_named(outside: Path, call: Callable) -> None:
    project = outside / "project"
    for name in ("macros", "models", "seeds"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "dbt_project.yml", project)
    composites = project / "seeds" / "catalog" / "composites.csv"
    composites.write_text(composites.read_text().replace("0.4", "0.7", 1))
    code, said = call("check", "--project", project)
    assert code == 2 and "composites.csv" in said and "sum to 1" in said


def test_a_file_is_renamed_and_then_sound(outside: Path, call: Callable) -> None:
    """What doctor proposes is what check accepts."""
    data = outside / "data"
    data.mkdir()
    delivered = outside / "terminal.csv"
    delivered.write_text((SAMPLE / "vix.csv").read_text().replace("date,close", "Dates,PX_LAST", 1))
    for name in ("cdx", "etf"):
        shutil.copy(SAMPLE / f"{name}.csv", data)
    code, said = call("doctor", delivered, "--table", "vix")
    assert code == 1 and "close" in said and "rename PX_LAST" in said
    code, _ = call("doctor", delivered, "--table", "vix", "--write", data / "vix.csv")
    assert call("doctor", data / "vix.csv")[0] == 0
    assert call("check", "--data-dir", data)[0] == 0
    assert (data / "vix.csv").read_text() == (SAMPLE / "vix.csv").read_text()
    assert "must not be there yet" in call("doctor", delivered, "--write", data / "vix.csv")[1]


def test_doctor_says_what_is_missing_and_which_unit_is_wrong(outside: Path, call: Callable) -> None:
    delivered = outside / "cdx.csv"
    lines = ["Date,Index Name,Spread"] + [f"2024-01-{d:02d},CDX_NA_IG,0.65" for d in range(1, 29)]
    delivered.write_text("\n".join(lines))
    code, said = call("doctor", delivered)
    assert code == 2 and re.search(r"tenor +MISSING, required: Tenor, such as 5Y", said)
    assert "must be in basis points, typically 5 to 5000" in said and "65 bp is 65" in said


def test_status_is_one_line_with_an_exit_code(
    sample: Build, outside: Path, call: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = call("status")
    assert code == 2 and said.startswith("NONE") and said.count("\n") == 1
    monkeypatch.setenv("PARSPREAD_PUBLISH_DIR", str(sample.home))
    code, said = call("status")
    ((build_id,),) = sample.query("select build_id from quality.dim_build")
    assert code == 0 and said.startswith(f"OK build {build_id}") and said.count("\n") == 1
    assert "sessions to 2024-" in said and "building" not in said
    code, said = call("status", "--max-age-hours", "0")
    assert code == 1 and said.startswith("OLD")
    build = outside / "build"
    build.mkdir()
    with (build / ".build.lock").open("w") as lock:
        lock.write("process 7 since noon\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "; building: process 7 since noon" in call("status")[1]


# What a user's file does otherwise, and the words for it.
CAUSES = {
    "mean_basis_bps": ("all", None),
    "1e4 * mean_cds_par_spread_dec as mean_cds_par_spread_dec": (
        "none",
        "10000 times ours: another unit; ours is in decimal",
    ),
    "-mean_basis_bps as mean_basis_bps": ("none", "the other sign; ours is in basis points"),
    "round(mean_basis_bps, 2) as mean_basis_bps": ("none", "rounded to 2 decimals"),
    "mean_basis_bps + 12 as mean_basis_bps": ("none", "+12 from ours in every row"),
    "(select other.mean_basis_bps from cds_bond.fct_rating_basis as other where other.method = "
    "'ftsfr_notebook' and (other.month_end_date, other.rating_group, other.measure) = "
    "(own.month_end_date, own.rating_group, own.measure)) as mean_basis_bps": (
        "none",
        "those of method ftsfr_notebook",
    ),
    "lag(mean_basis_bps) over (partition by rating_group, measure order by month_end_date) as "
    "mean_basis_bps": ("none", "one row earlier: dates are shifted by one"),
    "mean_basis_bps * (1 + sin(month_end_date - date '2000-01-01')) as mean_basis_bps": (
        "none",
        "no single cause",
    ),
}


@pytest.mark.parametrize(("column", "expected"), CAUSES.items(), ids=lambda v: str(v)[-30:])
def test_compare_says_why_numbers_differ(
    sample: Build, outside: Path, call: Callable, monkeypatch: pytest.MonkeyPatch,
    column: str, expected: tuple[str, str | None],
) -> None:  # fmt: skip
    monkeypatch.setenv("PARSPREAD_PUBLISH_DIR", str(sample.home))
    rows = (
        f"select month_end_date, rating_group, measure, {column} "
        "from cds_bond.fct_rating_basis as own "
        "where method = 'standard' and measure = 'yield_spread' order by all"
    )
    sample.frame(rows).to_csv(outside / "mine.csv", index=False)
    code, said = call("compare", outside / "mine.csv", "--table", "cds_bond.fct_rating_basis")
    count, why = expected
    assert code == (0 if count == "all" else 1), said
    assert "only in the file" in said and ("  why: " in said) == (why is not None)
    assert why is None or why in said


def test_compare_says_why_a_row_is_missing(
    sample: Build, outside: Path, call: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARSPREAD_PUBLISH_DIR", str(sample.home))
    rows = (
        "select distinct cusip, month_end_date, 0.05 as bond_yield_dec "
        "from cds_bond.fct_bond_screening where method = 'standard'"
    )
    sample.frame(rows).to_parquet(outside / "mine.parquet")
    reason = sample.query(
        "select reason from cds_bond.fct_bond_screening "
        "where method = 'standard' and reason <> 'kept' "
        "group by 1 order by count(*) desc, 1 limit 1"
    )[0][0]
    code, said = call("compare", outside / "mine.parquet", "--table", "cds_bond.fct_bond_basis")
    assert code == 1 and f": {reason} (" in said
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 1 as a) to '{outside / 'other.csv'}'")
    assert "must have key and number columns" in call("compare", outside / "other.csv")[1]
    assert "--table must be a table" in call("compare", outside / "other.csv", "--table", "x")[1]


def test_progress_says_what_is_at_work_and_what_is_left() -> None:
    """Without a terminal a line for each finished model, and nothing that moves the cursor."""
    ticks = iter(range(0, 1000, 5))
    out = io.StringIO()
    progress = Progress(out, {"a": 10.0, "b": 30.0, "t": 0.0}, lambda: next(ticks))
    for node, is_model in (("a", True), ("t", False), ("b", True)):
        progress.start(node, node, 3)
        progress.finish(node, node, is_model)
    first, last = out.getvalue().splitlines()
    assert re.fullmatch(r"1/3  \d+ s, about \d+ s left  a", first)
    assert re.fullmatch(r"3/3  \d+ s, about 0 s left  b", last)
    assert "\x1b" not in out.getvalue() and "\r" not in out.getvalue()


def test_every_command_is_documented_and_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"parspread": "parspread_tools.console.main:main"}
    page = (ROOT / "docs" / "guides" / "commands.md").read_text()
    assert [name for name in COMMANDS if f"parspread {name}" not in page] == []


def test_times_of_a_status_are_utc(sample: Build) -> None:
    """A release from an hour ago must not be from the future, wherever the monitor stands."""
    ((finished,),) = sample.query("select finished_at from quality.dim_build")
    assert finished <= datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
