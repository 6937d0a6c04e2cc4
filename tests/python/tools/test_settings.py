"""Nothing that a user can set becomes SQL, or leads out of the folders of a build.

Vars and paths end up in statements and reader functions. Every hostile value below has to be
refused before dbt opens a connection; every odd but honest one has to keep working.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from parspread_tools.gate import digests, settings, settings_page
from parspread_tools.gate.files import InputError, find_parts

HOSTILE_VARS: tuple[tuple[str, Any], ...] = (
    ("data_dir", "http://example.org/data"),
    ("data_dir", "https://example.org/data"),
    ("data_dir", "s3://bucket/data"),
    ("data_dir", "gcs://bucket/data"),
    ("data_dir", "hf://datasets/data"),
    ("data_dir", "file:///etc"),
    ("data_dir", "md:warehouse"),
    ("data_dir", "seeds/*"),
    ("data_dir", "seeds/samp?e"),
    ("data_dir", "seeds/[s]ample"),
    ("data_dir", "{seeds,other}/sample"),
    ("data_dir", "seeds/sample\n; drop table x"),
    ("data_dir", "seeds\x00/sample"),
    ("data_dir", "/"),
    ("data_dir", "../../../../../../../../../../.."),
    ("data_dir", ""),
    ("data_dir", 42),
    ("data_dir", ["seeds/sample"]),
    ("primary_instrument_code", "x' or '1' = '1"),
    ("primary_instrument_code", "x'; attach '/tmp/stolen' as stolen; --"),
    ("primary_instrument_code", "x' union all select content from read_text('/etc/passwd') --"),
    ("primary_instrument_code", "{{ env_var('HOME') }}"),
    ("primary_instrument_code", ""),
    ("primary_instrument_code", "x" * 65),
    ("max_quote_age_days", "7; drop table x"),
    ("max_quote_age_days", "7"),
    ("max_quote_age_days", -1),
    ("max_quote_age_days", 7.5),
    ("max_quote_age_days", True),
    ("max_quote_age_days", None),
    ("min_trade_count", "(select count(*) from read_text('/etc/passwd'))"),
    ("min_session_count", 10**9),
    ("capital_share_of_notional", float("nan")),
    ("capital_share_of_notional", float("inf")),
    ("capital_share_of_notional", 0),
    ("capital_share_of_notional", "1.0 /* */"),
    ("max_bond_yield_dec", "1 -- "),
    ("max_price_pct_par", 1e9),
    ("cds_country", "United States' or true --"),
    ("cds_tier", "SNRFOR\\'; select 1"),
    ("standard_spline_end", "natural'"),
    ("standard_extrapolation", "anything"),
    ("standard_cds_interpolation", "Hazard"),
    ("discount_curve", "fed' or true --"),
    ("discount_rate_dec", "0.03"),
    ("discount_rate_dec", 10**400),
    ("discount_spread_dec", float("inf")),
    ("ftsfr_zspread_first_date", "2020-02-30"),
    ("ftsfr_zspread_first_date", "2020-01-01' or true --"),
    ("cds_recovery_share", 1.5),
    ("allowed_warnings", "every test"),
    ("allowed_warnings", ["a' or '1"]),
)
HONEST_VARS: tuple[tuple[str, Any], ...] = (
    ("data_dir", "/data/it's; drop table x; --/vendor"),
    ("data_dir", '../vendor files/2024 "final"'),
    ("data_dir", "/data/übung/ベンダー"),
    ("primary_instrument_code", "cdx_hy_5y"),
    ("max_quote_age_days", 0),
    ("capital_share_of_notional", 1),
    ("min_bond_yield_dec", -0.1),
    ("cds_country", "United Kingdom"),
    ("standard_extrapolation", "hold_flat"),
    ("standard_cds_interpolation", "hazard"),
    ("discount_curve", "flat"),
    ("discount_spread_dec", -0.0025),
    ("allowed_warnings", ["fct_market_daily__rules"]),
)


def check(given_vars: dict | None = None, environment: dict | None = None) -> list[str]:
    return settings.check(ROOT, given_vars or {}, environment or {})


def test_the_project_as_it_stands_is_accepted() -> None:
    """Every declared var has a rule, and a default that keeps it."""
    assert check() == []


@pytest.mark.parametrize(("name", "value"), HOSTILE_VARS)
def test_a_hostile_value_is_refused_in_one_line(name: str, value: Any) -> None:
    """What is let through is what a var of that name can mean."""
    (problem,) = check({name: value})
    assert problem.startswith(f"var {name} must be ") and repr(value) in problem
    assert "\n" not in problem


@pytest.mark.parametrize(("name", "value"), HONEST_VARS)
def test_an_odd_but_honest_value_is_accepted(name: str, value: Any) -> None:
    """Quotes and spaces in a folder name are no attack; quoting makes them harmless."""
    assert check({name: value}) == []


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """A misspelt var would otherwise leave the default in force, and nobody would know."""
    assert check({"max_quote_age_day": 9}) == [
        "var 'max_quote_age_day' is not known; did you mean max_quote_age_days?"
    ]
    (problem,) = check({"zzz": 1})
    assert problem.startswith("var 'zzz' is not known; known are allowed_warnings, ")


def test_an_unknown_environment_variable_is_refused_without_its_value() -> None:
    """It may be a secret that was given the wrong name, and messages end up in logs."""
    assert check({}, {"PARSPREAD_DATADIR": "hunter2", "OTHER": "x"}) == [
        "environment variable 'PARSPREAD_DATADIR' is not known; did you mean PARSPREAD_DATA_DIR?"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARSPREAD_BUILD_DIR", "md:warehouse"),
        ("PARSPREAD_BUILD_DIR", "https://example.org"),
        ("PARSPREAD_PUBLISH_DIR", "releases/*"),
        ("PARSPREAD_PUBLISH_DIR", ""),
        ("PARSPREAD_THREADS", "2; set threads = 9"),
        ("PARSPREAD_THREADS", "0"),
        ("PARSPREAD_MEMORY_LIMIT", "1GB; set threads = 9"),
        ("PARSPREAD_MEMORY_LIMIT", "0GB"),
        ("PARSPREAD_MEMORY_LIMIT", "80%"),
        ("PARSPREAD_THREADS", "1000"),
    ],
)
def test_a_hostile_environment_is_refused(name: str, value: str) -> None:
    """The same rules for the other door."""
    (problem,) = check({}, {name: value})
    assert problem.startswith(f"{name} must be ") and repr(value) in problem


def test_the_data_folder_of_the_environment_is_checked_once() -> None:
    """It is the default of a var, and the var wins."""
    assert len(check({}, {"PARSPREAD_DATA_DIR": "s3://bucket"})) == 1

    def data_dir(given_vars: dict, environment: dict) -> str:
        return settings.value("data_dir", ROOT, given_vars, environment)

    assert check({"data_dir": "here"}, {"PARSPREAD_DATA_DIR": "there"}) == []
    assert data_dir({"data_dir": "here"}, {"PARSPREAD_DATA_DIR": "there"}) == "here"
    assert data_dir({}, {"PARSPREAD_DATA_DIR": "there"}) == "there"
    assert data_dir({}, {}) == "seeds/sample"


def test_a_value_written_into_the_project_file_is_checked_too(tmp_path: Path) -> None:
    """Editing dbt_project.yml is the same as giving the var; a var needs its rule beside it."""
    text = (ROOT / "dbt_project.yml").read_text()
    text = re.sub(r"  data_dir: .*  # folder", '  data_dir: "s3://bucket"  # folder', text)
    text = text.replace("  cds_tier: SNRFOR ", '  cds_tier: "\' or true" ')
    text = text.replace("\nvars:\n", "\nvars:\n  spread: 1\n")
    (tmp_path / "dbt_project.yml").write_text(text)
    problems = settings.check(tmp_path, {}, {})
    assert sorted(problem.split(" must be ")[0] for problem in problems) == [
        "var cds_tier",
        "var data_dir",
        "var spread",
    ]


def test_a_project_whose_path_has_a_quote_is_refused(tmp_path: Path) -> None:
    """Its seeds could not be read, and the engine said so in ten errors of syntax."""
    project = tmp_path / "o'brien"
    project.mkdir()
    shutil.copy(ROOT / "dbt_project.yml", project)
    (problem,) = settings.check(project, {}, {})
    assert "the project must lie in a folder whose path has no '" in problem
    assert f"it was {project}; move it" in problem


def test_every_var_says_what_it_is_and_is_read() -> None:
    """A var has its bounds, its meaning and a group; one that nothing reads is left over."""
    readers = settings_page.readers_of_vars(ROOT)
    for setting in settings.declared_vars(ROOT):
        assert setting.allowed and setting.meaning and setting.group, setting.name
        assert readers.get(setting.name), f"{setting.name} is read by nothing"
        assert setting.unit or not settings.BOUNDS.fullmatch(setting.allowed), setting.name


def test_the_page_of_the_settings_is_current() -> None:
    """Run `python -m parspread_tools.gate.settings_page` after a change."""
    assert (ROOT / settings_page.PAGE).read_text() == settings_page.page(ROOT)


@pytest.mark.parametrize("name", ["vix.csv", "vix/part.csv"])
def test_a_link_that_leaves_the_data_folder_is_refused(name: str, tmp_path: Path) -> None:
    """Whoever may drop files into the folder must not be able to publish other files."""
    outside = tmp_path / "outside.csv"
    outside.write_text("date,close\n2024-01-01,16\n")
    link = tmp_path / "vendor" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    with pytest.raises(InputError, match="a link that leaves it"):
        find_parts(tmp_path / "vendor", "vix")
    link.unlink()
    (tmp_path / "vendor" / "real.csv").write_bytes(outside.read_bytes())
    link.symlink_to(tmp_path / "vendor" / "real.csv")
    assert find_parts(tmp_path / "vendor", "vix") == [link]


def test_a_linked_folder_of_parts_that_leaves_is_refused(tmp_path: Path) -> None:
    """The same, one level up."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "part.csv").write_text("date,close\n")
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "vix").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="a link that leaves it"):
        find_parts(tmp_path / "vendor", "vix")


def test_a_file_named_like_a_pattern_is_refused(tmp_path: Path) -> None:
    """A reader would take it for all files that it matches."""
    (tmp_path / "vix").mkdir()
    (tmp_path / "vix" / "[a-z]*.csv").write_text("date,close\n")
    with pytest.raises(InputError, match="readers take for patterns"):
        find_parts(tmp_path, "vix")


def test_changed_and_vanished_files_are_named(tmp_path: Path) -> None:
    """What changes and changes back has been read in between, with its old size, time and bytes."""
    files = [tmp_path / name for name in ("changed", "back", "replaced", "gone", "same")]
    for file in files:
        file.write_text("65.3")
    before = {str(file): digests.digest(file) for file in files}
    identities = {str(file): digests.identity(file) for file in files}
    assert digests.changed(before, identities) == []
    changed, back, replaced, gone, _ = files
    changed.write_text("65.4")
    state = back.stat()
    for content in ("99.9", "65.3"):
        back.write_text(content)
    os.utime(back, ns=(state.st_atime_ns, state.st_mtime_ns))
    (tmp_path / "new").write_text("65.3")
    os.replace(tmp_path / "new", replaced)
    gone.unlink()
    assert digests.changed(before, identities) == [str(file) for file in files[:4]]
