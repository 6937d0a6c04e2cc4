"""Every mistake in a catalog is named before anything is built: file, line, column, value, rule.

The catalogs are what users edit. A misspelt word that a model would drop silently, or a weight that
does not add up, must never become a number.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from conftest import ROOT
from parspread.overlay.rules import Rules, RuleTable
from parspread_tools.gate import catalogs

Edit = Callable[[str, str, str], list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the committed catalogs."""
    return Path(shutil.copytree(ROOT / "seeds" / "catalog", tmp_path / "catalog"))


@pytest.fixture
def edited(folder: Path) -> Edit:
    """Return a function that replaces one text in one catalog and returns what the check says."""

    def edit(name: str, old: str, new: str) -> list[str]:
        path = folder / f"{name}.csv"
        text = path.read_text()
        assert text.count(old) >= 1, f"the catalog no longer holds {old}"
        path.write_text(text.replace(old, new, 1))
        return catalogs.check(folder)

    return edit


def test_committed_catalogs_have_no_mistake(folder: Path) -> None:
    """Otherwise every other test here would see the wrong mistake."""
    assert catalogs.check(folder) == []


ENTRY_GRID = "thresholds,balanced,entry_threshold,1.0:2.0:0.25,best:3,false"
# One mistake each; the message must be the only one, and hold all these words.
MEMBER = "cdx_vix_gap_only,single_signals_ig"
ETF_ONLY = 'cdx_etf_basis alone, full size in or out",cdx_etf_basis,cdx_ig_5y,binary,10,'
MISTAKES = {
    "a bar of a test that there is not": (
        ("verdict_bars", "family_wise_p,", "family_wise_q,"),
        ("verdict_bars.csv line 2", "test_code", "did you mean family_wise_p"),
    ),
    "an outcome of a missed bar that would be a pass": (
        ("verdict_bars", "0.05,fail", "0.05,pass"),
        ("verdict_bars.csv line 2", "missed_outcome must be one of"),
    ),
    "a family of something that is no strategy": (
        ("strategy_families", MEMBER, MEMBER.replace("gap", "gab")),
        ("strategy_families.csv line 8", "strategy_code", "did you mean cdx_vix_gap_only"),
    ),
    "an unknown signal code": (
        ("strategies", ETF_ONLY, ETF_ONLY.replace(",cdx_etf_basis,", ",cdx_etf_bass,")),
        (
            "strategies.csv line 16",
            "signal_code",
            "it was cdx_etf_bass",
            "did you mean cdx_etf_basis",
        ),
    ),
    "an unknown instrument": (
        ("strategies", ETF_ONLY, ETF_ONLY.replace("cdx_ig_5y", "cdx_ig_5yr")),
        (
            "strategies.csv line 16",
            "instrument_code",
            "it was cdx_ig_5yr",
            "did you mean cdx_ig_5y",
        ),
    ),
    "an unknown instrument in a composite": (
        (
            "composites",
            "macrocredit,macrocredit,cdx_ig_5y_macrocredit",
            "macrocredit,macrocredit,cdx_ig_5y_macrocreit",
        ),
        ("composites.csv", "instrument_code", "it was cdx_ig_5y_macrocreit"),
    ),
    "an unknown signal in a composite": (
        ("composites", "cdx_ig_5y,cdx_vix_gap,", "cdx_ig_5y,vix_gap,"),
        ("composites.csv line 3", "signal_code", "it was vix_gap", "did you mean cdx_vix_gap"),
    ),
    "a composite named like a signal": (
        ("composites", "macrocredit,macrocredit", "spread_momentum,macrocredit"),
        ("composite_code spread_momentum", "must not be the name of a signal"),
    ),
    "a duplicate strategy": (
        ("strategies", "\nbalanced,", "\nconservative,"),
        ("strategies.csv line 8", "strategy_code must be unique", "conservative is also on line 7"),
    ),
    "weights that do not sum to 1": (
        ("composites", "cdx_ig_5y,cdx_vix_gap,any,0.35", "cdx_ig_5y,cdx_vix_gap,any,0.4"),
        ("composites.csv", "overlay_ig must sum to 1", "they sum to 1.05"),
    ),
    "a weight that is no number": (
        ("composites", "cdx_ig_5y,cdx_vix_gap,any,0.35", "cdx_ig_5y,cdx_vix_gap,any,a third"),
        ("composites.csv line 3", "weight_ratio must be a number", "it was a third"),
    ),
    "a negative size": (
        ("strategies", ETF_ONLY, ETF_ONLY.replace("binary,10,", "binary,-10,")),
        ("strategies.csv line 16", "position_size_mm must be a number above 0", "it was -10"),
    ),
    "a size of zero": (
        ("strategies", ETF_ONLY, ETF_ONLY.replace("binary,10,", "binary,0,")),
        ("strategies.csv line 16", "position_size_mm must be a number above 0", "it was 0"),
    ),
    "a size that is not finite": (
        ("strategies", ETF_ONLY, ETF_ONLY.replace("binary,10,", "binary,inf,")),
        ("strategies.csv line 16", "position_size_mm must be a number above 0", "it was inf"),
    ),
    "no size": (
        ("strategies", ETF_ONLY, ETF_ONLY.replace("binary,10,", "binary,,")),
        ("strategies.csv line 16", "position_size_mm must be given", "it was empty"),
    ),
    "a misspelt rule word": (
        ("strategies", ETF_ONLY, ETF_ONLY.replace("binary", "binry")),
        ("strategies.csv line 16", "sizing_mode must be one of", "it was binry", "mean binary"),
    ),
    "a rule word with a blank, which no model would match": (
        ("strategies", ETF_ONLY, ETF_ONLY.replace("binary", "binary ")),
        ("strategies.csv line 16", "sizing_mode must be one of", "did you mean binary"),
    ),
    "a row with too few fields": (
        ("strategies", ETF_ONLY, ETF_ONLY.replace("binary,10,", "binary10")),
        ("strategies.csv line 16", "must have the", "fields of the header", "quote a text"),
    ),
    "a row that ends before its codes": (
        ("strategies", "\nconservative,", "\nshort,standard\nconservative,"),
        ("strategies.csv line 7", "it has 2; add or remove commas"),
    ),
    "a row with too many fields": (
        ("strategies", ETF_ONLY, ETF_ONLY + ","),
        ("strategies.csv line 16", "must have the", "fields of the header", "quote a text"),
    ),
    "a misspelt column": (
        ("signals", "floor_z,", "flor_z,"),
        ("signals.csv line 1", "it was flor_z", "did you mean floor_z"),
    ),
    "a missing column": (
        ("composites", ",rescale_min_sessions", ""),
        ("composites.csv line 1", "column rescale_min_sessions must be there once", "0 times"),
    ),
    "a column that is there twice": (
        ("composites", "rescale_window_sessions,", "rescale_min_sessions,rescale_window_sessions,"),
        ("composites.csv line 1", "column rescale_min_sessions must be there once", "2 times"),
    ),
    "a floor that is no number": (
        ("signals", "1,-3,3,", "1,low,3,"),
        ("signals.csv line 2", "floor_z must be a number", "it was low"),
    ),
    "a floor above its cap": (
        ("signals", "1,-3,3,", "1,4,3,"),
        ("signals.csv line 2", "floor_z must not be above cap_z", "4 against 3"),
    ),
    "a stressed market without a cost": (
        ("stresses", ",,30,3,", ",,30,,"),
        ("stresses.csv line 16", "stressed_cost_ratio must be given with stressed_vix_pts"),
    ),
    "a cost of a stressed market that nobody names": (
        ("stresses", ",,30,3,", ",,,3,"),
        ("stresses.csv line 16", "stressed_vix_pts must be given with stressed_cost_ratio"),
    ),
    "an impact without a market": (
        ("instruments", "LQD,475,0.5,,,,", "LQD,475,0.5,,,0.5,"),
        ("instruments.csv line 2", "average_daily_volume_mm must be given with impact_ratio"),
    ),
    "half a lag": (
        ("stresses", "twice the lag,1,2", "half the lag,1,0.5"),
        ("stresses.csv line 8", "lag_ratio must be a whole number", "it was 0.5"),
    ),
    "a window of two and a half sessions": (
        ("signals", "z_score,60,40", "z_score,60.5,40"),
        ("signals.csv line 2", "score_window_sessions must be a whole number", "it was 60.5"),
    ),
    "more values needed than a window holds": (
        ("signals", "z_score,60,40", "z_score,60,61"),
        ("signals.csv line 2", "score_min_sessions must not be above score_window_sessions"),
    ),
    "a return of a level without rolls": (
        ("signals", "z_score,60,40", "log_return,60,40"),
        ("signals.csv line 2", "level must be quoted where score is log_return"),
    ),
    "a sign that is neither 1 nor -1": (
        ("signals", ",,,1,true", ",,,2,true"),
        ("signals.csv line 2", "raw_sign must be one of -1, 1", "it was 2"),
    ),
    "a scaling of zero": (
        ("signals", "40,,1,-3", "40,,0,-3"),
        ("signals.csv line 2", "scaling_ratio must not be 0"),
    ),
    "an entry that is neither enabled nor disabled": (
        ("instruments", "weekdays,true", "weekdays,"),
        ("instruments.csv line 2", "is_enabled must be given", "it was empty"),
    ),
    "a data set that does not exist": (
        ("instruments", "cdx,desk,", "cdx,dsk,"),
        ("instruments.csv line 2", "data_set must be one of desk, macrocredit", "it was dsk"),
    ),
    "a sweep over a strategy that is not built": (
        ("sweeps", ENTRY_GRID, "thresholds,experimental,entry_threshold,1.0;1.5,none,true"),
        ("sweeps.csv line 2", "strategy_code must be one of", "it was experimental"),
    ),
    "a sweep over a rule that no strategy has": (
        ("sweeps", ENTRY_GRID, "thresholds,balanced,entry_treshold,1.0;1.5,none,false"),
        ("sweeps.csv line 2", "it was entry_treshold", "did you mean entry_threshold"),
    ),
    "a sweep over what a strategy trades": (
        ("sweeps", ENTRY_GRID, "thresholds,balanced,instrument_code,cdx_hy_5y,none,false"),
        ("sweeps.csv line 2", "parameter must be one of", "it was instrument_code"),
    ),
    "a sweep over the weights of all signals at once": (
        ("sweeps", ENTRY_GRID, "thresholds,balanced,weight_ratio,0.1;0.2,none,false"),
        ("sweeps.csv line 2", "<signal_code>.weight_ratio", "it was weight_ratio"),
    ),
    "days kept by a rule that nobody knows": (
        ("sweeps", ENTRY_GRID, "thresholds,balanced,entry_threshold,1.0;1.5,best,false"),
        ("sweeps.csv line 2", "keep_days must be none, all or best:10", "it was best"),
    ),
    "a grid that keeps days by two rules": (
        (
            "sweeps",
            ENTRY_GRID,
            "e,balanced,entry_threshold,1.5;2,none,true\ne,balanced,exit_threshold,1,all,true",
        ),
        ("sweeps.csv: all rows of e/balanced", "the same keep_days", "all and none"),
    ),
    "a value that is there twice": (
        ("sweeps", ENTRY_GRID, "thresholds,balanced,entry_threshold,1.5;1.0:2.0:0.5,none,false"),
        ("sweeps.csv line 2", "parameter_values must be different values", "it was 1.5;1.0:2.0"),
    ),
    "a range that goes down": (
        ("sweeps", ENTRY_GRID, "thresholds,balanced,entry_threshold,2:1:0.5,none,false"),
        ("sweeps.csv line 2", "from low to high by a step", "it was 2:1:0.5"),
    ),
    "an empty value": (
        ("sweeps", ENTRY_GRID, "thresholds,balanced,entry_threshold,1.5;,none,false"),
        ("sweeps.csv line 2", "must not hold an empty value", "it was 1.5;"),
    ),
    "a value out of bounds": (
        ("sweeps", ENTRY_GRID, "lags,balanced,signal_lag_sessions,-1;1,none,true"),
        ("lags/balanced[signal_lag_sessions=-1]", "whole number of at least 0", "it was -1"),
    ),
    "a value out of bounds of a signal": (
        ("sweeps", ENTRY_GRID, "w,balanced,spread_momentum.score_window_sessions,1;60,none,true"),
        ("w/balanced[", "spread_momentum: score_window_sessions must be", "at least 2", "it was 1"),
    ),
    "a negative weight": (
        ("sweeps", ENTRY_GRID, "w,balanced,cdx_vix_gap.weight_ratio,-0.5;0.5,none,true"),
        ("w/balanced[", "weight_ratio must be at least 0 in a sweep", "it was -0.5"),
    ),
    "a signal that a swept score has not": (
        ("sweeps", ENTRY_GRID, "w,balanced,pair_value.score_window_sessions,60;90,none,true"),
        ("w/balanced", "the signal of pair_value.score_window_sessions", "it was pair_value"),
    ),
    "a rule of composites swept over a signal": (
        ("sweeps", ENTRY_GRID, "w,spread_momentum_only,rescale_window_sessions,60,none,true"),
        ("w/spread_momentum_only", "must vary a composite", "spread_momentum is a signal"),
    ),
    "a window of a signal below the values that it needs": (
        ("sweeps", ENTRY_GRID, "w,balanced,spread_momentum.score_window_sessions,30;60,none,true"),
        ("w/balanced[", "score_min_sessions must not be above", "40 against 30"),
    ),
    "a point that contradicts itself": (
        ("sweeps", ENTRY_GRID, "entries,balanced,entry_threshold,0.4;1.5,none,true"),
        ("entries/balanced[entry_threshold=0.4]", "exit_threshold must not be above", "0.4"),
    ),
    "a signal that does not exist in a sweep": (
        ("sweeps", ENTRY_GRID, "signals,balanced,signal_code,overlay_ig;overlay_hi,none,true"),
        ("sweeps.csv: signals/balanced", "signal_code must be one of", "it was overlay_hi"),
    ),
    "two rules of a sweep that contradict each other": (
        (
            "sweeps",
            ENTRY_GRID,
            "e,balanced,cooldown_sessions,1;2;3,none,true\n"
            "e,balanced,entry_threshold,1.5;2.0,none,true\n"
            "e,balanced,exit_threshold,0.5;1.75,none,true",
        ),
        ("sweeps.csv: e/balanced[", "entry_threshold=1.5,exit_threshold=1.75]", "not be above"),
    ),
    "a sweep of too many points": (
        (
            "sweeps",
            ENTRY_GRID,
            "\n".join(
                f"huge,balanced,{rule},1:1000:1,none,true"
                for rule in ("cooldown_sessions", "max_holding_sessions", "signal_lag_sessions")
            ),
        ),
        ("sweeps.csv", "at most 100,000 points", "they have 1,000,000,000"),
    ),
    "a sweep of too many scores": (
        ("sweeps", ENTRY_GRID, "w,spread_momentum_only,score_window_sessions,60:1100:1,none,true"),
        ("sweeps.csv", "at most 1,000 definitions of scores", "they have 1,041"),
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_mistake_is_one_message_that_says_where_what_and_how(
    edited: Edit, mistake: str
) -> None:
    """A user repairs what the message names; a second message about the same cell would mislead."""
    change, words = MISTAKES[mistake]
    errors = edited(*change)
    assert len(errors) == 1, errors
    assert [word for word in words if word not in errors[0]] == []


@pytest.fixture(scope="module")
def rules() -> dict[str, catalogs.Column]:
    """Return the declared columns of the strategies."""
    return dict(catalogs.declared(ROOT / "seeds" / "catalog")["strategies"].columns)


def test_the_engine_knows_the_words_of_every_rule_and_the_same_first_one(rules) -> None:
    """An empty field is the first word in the warehouse and the first member in the engine."""
    for name, kind in Rules.__annotations__.items():
        if name not in rules or not rules[name].words:
            continue
        members = [member.name.lower() for member in kind]
        assert set(rules[name].words) <= set(members), name
        assert rules[name].words[0] == members[0], name


def test_the_engine_takes_every_number_that_the_catalog_takes(rules) -> None:
    """A bound is declared once; the engine's own guard must not be the tighter one."""
    run = {"position_size_mm": 1, "transaction_cost": 1, "signal_lag_sessions": 1}
    run |= {"dv01_usd_per_bp_per_mm": 1, "entry_threshold": 1}
    for name in Rules._fields:
        column = rules.get(name)
        if column is None or (column.above is None and column.at_least is None):
            continue
        lowest = column.at_least if column.above is None else column.above + 1e-6
        assert len(RuleTable.from_records([run | {name: lowest}])) == 1, name


def test_types_are_those_of_the_seed() -> None:
    """dbt reads a seed's types in one place and its columns in another."""
    for path in sorted((ROOT / "seeds" / "catalog").glob("*.yml")):
        for seed in yaml.safe_load(path.read_text())["seeds"]:
            columns = {column["name"]: column["data_type"] for column in seed["columns"]}
            assert seed["config"]["column_types"] == columns, seed["name"]


def test_all_mistakes_of_a_catalog_are_named_at_once(edited: Edit) -> None:
    """One build per mistake would cost a user minutes."""
    edited("strategies", ETF_ONLY, ETF_ONLY.replace("binary,10,", "binry,-10,"))
    assert len(edited("signals", "1,-3,3,", "1,4,3,")) == 3


def test_line_numbers_are_those_of_an_editor(edited: Edit) -> None:
    """A quoted text may span lines, so the place of a row is not its rank."""
    edited("strategies", "The notebook as it stands", '"The notebook\nas it stands"')
    (error,) = edited("strategies", ETF_ONLY, ETF_ONLY.replace("binary", "binry"))
    assert "strategies.csv line 17:" in error


def test_a_spreadsheet_may_save_a_catalog_with_a_byte_order_mark(edited: Edit) -> None:
    """Excel's "CSV UTF-8" starts with one; it must not become part of the first column's name."""
    assert edited("strategies", "strategy_code", "\ufeffstrategy_code") == []


def test_a_catalog_in_another_encoding_is_refused_in_words(folder: Path) -> None:
    """The reader's own exception would not name the file."""
    path = folder / "signals.csv"
    path.write_bytes(path.read_bytes().replace(b"CDX spread minus", b"CDX \xe9cart minus", 1))
    (error,) = catalogs.check(folder)
    assert error.startswith("signals.csv must be comma-separated UTF-8 text")


def test_a_catalog_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "signals.csv").unlink()
    (error,) = catalogs.check(folder)
    assert "signals.csv must exist; it was not found" in error


def test_an_empty_catalog_is_refused(folder: Path) -> None:
    (folder / "composites.csv").write_bytes(b"")
    errors = catalogs.check(folder)
    assert "composites.csv line 1: column composite_code must be there once" in errors[0]


def field(folder: Path, name: str, column: str, value: str) -> list[str]:
    """Return what the check says when a field of the first row has a value."""
    path = folder / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    rows[0][column] = value
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return catalogs.check(folder)


NUMERIC = [
    (name, column)
    for name, seed in catalogs.declared(ROOT / "seeds" / "catalog").items()
    if name in catalogs.CHECKED
    for column, kind in seed.columns.items()
    if kind.data_type in ("double", "integer") and not kind.words
]


@pytest.mark.parametrize("value", ["1e308", "-1e308", "1e20", "\uff15", "1_000", "inf"])
@pytest.mark.parametrize(("name", "column"), NUMERIC)
def test_every_number_has_bounds_on_both_sides(
    folder: Path, name: str, column: str, value: str
) -> None:
    """1e308 was a traceback, a full-width 5 a page of the text of a reader."""
    errors = field(folder, name, column, value)
    assert len(errors) == 1 and f"{column} must be " in errors[0], errors
    assert f"it was {value}" in errors[0] and len(errors[0]) <= 1000


@pytest.mark.parametrize(
    ("name", "column", "value", "words"),
    [
        ("index_rules", "roll_day_of_month", "29", "at most 28"),
        ("index_rules", "roll_day_of_month", "31", "at most 28"),
        ("instruments", "recovery_share", "1.7", "at most 0.95"),
        ("instruments", "recovery_share", "-3", "of at least 0"),
        ("instruments", "tenor_months_count", "1000000000", "at most 600"),
        ("strategies", "max_holding_sessions", "2147483648", "at most 10,000"),
        ("strategies", "position_size_mm", "1000001", "at most 1,000,000"),
        ("composites", "weight_ratio", "1e308", "at most 1,000"),
        ("cds_tenors", "tenor_years", "1e9", "at most 100"),
        ("cds_tenors", "tenor_years", "", "tenor_years must be given"),
        ("rating_groups", "rating_group", "XX", "rating_group must be one of HY, IG"),
        ("cds_doc_clauses", "preference_number", "0", "of at least 1"),
        ("cds_doc_clauses", "preference_number", "2", "that of one clause; 2 is also on line 2"),
        (
            "instruments",
            "dv01_usd_per_bp_per_mm",
            "0.0475",
            "from 50 to 550 for a tenor of 5 years",
        ),
        ("instruments", "dv01_usd_per_bp_per_mm", "4750", "from 50 to 550"),
        ("instruments", "coupon_bps", "50000", "at most 1,000"),
        ("instruments", "coupon_bps", "-100", "of at least 0"),
        ("instruments", "plausible_max_bps", "5", "at least twice plausible_min_bps"),
        ("cds_tenors", "tenor_years", "50", "those of tenor_code; it was 6M with 50"),
    ],
)
def test_a_number_beyond_its_bound_is_named(
    folder: Path, name: str, column: str, value: str, words: str
) -> None:
    (error,) = field(folder, name, column, value)
    assert words in error and column in error


@pytest.mark.parametrize(
    "other", ["BALANCED", "balanced ", "b\u0430lanced", "bal anced", "Balanced\u200b", "\ufb02at"]
)
def test_codes_that_look_alike_are_one_mistake(folder: Path, other: str) -> None:
    """Four spellings of balanced were four strategies, each counted as a run tried."""
    path = folder / "strategies.csv"
    text = path.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("balanced,"))
    if other == "\ufb02at":
        text = f"{text}{line.replace('balanced', 'flat', 1)}\n"
    path.write_text(f"{text}{line.replace('balanced', other, 1)}\n", encoding="utf-8")
    (error,) = catalogs.check(folder)
    assert "strategy_code must not have codes that differ in case, blanks or look-alike" in error
    assert "correct all but one" in error


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("tenor_code", "5y", "it was 5y with 60"),
        ("tenor_code", "5", "tenor_code must be such as 5Y"),
        ("tenor_months_count", "61", "it was 5Y with 61"),
        ("etf_ticker", "lqd", "etf_ticker must be as quotes are compared with it"),
        ("etf_ticker", "LQD ", "it was 'LQD '"),
        ("vendor_names", "CDX_NA_IG ; CDX_IG", "vendor_names must be as quotes are compared"),
        ("vendor_names", "CDX_NA_IG;", "it was ''; correct it"),
        ("series_policy", "series nine", "such as series 9; it was series nine"),
    ],
)
def test_a_name_that_no_quote_has_is_refused(
    folder: Path, column: str, value: str, words: str
) -> None:
    """The instrument would be one that is not delivered, which three in four may be."""
    (error,) = field(folder, "instruments", column, value)
    assert error.startswith("instruments.csv line 2: ") and words in error


@pytest.mark.parametrize("check", ["rows_rejected", "keys_missed", "rows_of_last_release"])
def test_a_kind_of_loss_without_a_bound_is_refused(folder: Path, check: str) -> None:
    """A loss that meets no bound would be none."""
    path = folder / "loss_bounds.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(f"{check},*,*,")))
    (error,) = catalogs.check(folder)
    assert f"{check} must have a bound for source_name * and reason *" in error


def test_a_period_ends_after_its_beginning(edited: Edit) -> None:
    (error,) = edited("analysis_periods", "2020-02-29", "2009-12-31")
    assert "analysis_periods.csv line 3: first_date must not be after last_date" in error


@pytest.mark.parametrize(("days_ahead", "is_refused"), [(365, False), (367, True), (2.9e6, True)])
def test_a_loss_is_accepted_for_a_year_at_most(
    folder: Path, days_ahead: float, is_refused: bool
) -> None:
    """Of every file and reason until the year 9999 was a bound that nobody chose."""
    until = np.datetime64("today") + np.timedelta64(int(days_ahead), "D")
    with (folder / "accepted_losses.csv").open("a") as catalog:
        catalog.write(f"rows_rejected,*,*,{until},a gap of the vendor\n")
    found = [error for error in catalogs.check(folder) if "until_date must be at most" in error]
    assert len(found) == is_refused


def test_one_instrument_is_enabled(folder: Path) -> None:
    """A desk without any is built empty, and nothing is lost."""
    path = folder / "instruments.csv"
    path.write_text(path.read_text().replace("weekdays,true", "weekdays,false"))
    (error,) = catalogs.check(folder)
    assert "an instrument of data_set desk must be enabled; none was; correct it" in error


@pytest.mark.parametrize("values", ["1.5;1.50", "1;1.0", "10;1e1"])
def test_two_spellings_of_a_value_are_one_run(edited: Edit, values: str) -> None:
    (error,) = edited("sweeps", ENTRY_GRID, f"entries,balanced,entry_threshold,{values},none,true")
    assert "parameter_values must be different values" in error


@pytest.mark.parametrize("code", ["experimental", "gone"])
def test_a_sweep_that_is_off_is_not_compared_with_strategies(edited: Edit, code: str) -> None:
    """Switching a strategy off must not ask for an edit of every sweep that is off already."""
    assert not edited("sweeps", ENTRY_GRID, f"off,{code},entry_threshold,1.0;1.5,none,false")


def test_two_instruments_of_one_index_are_refused(folder: Path) -> None:
    """A grain test failed after a minute instead."""
    path = folder / "instruments.csv"
    line = path.read_text().splitlines()[1]
    path.write_text(path.read_text() + line.replace("cdx_ig_5y", "cdx_ig_again", 1) + "\n")
    (error,) = catalogs.check(folder)
    assert "CDX" in error and "5Y is also cdx_ig_5y" in error


@pytest.mark.parametrize("name", catalogs.NEVER_EMPTY[1:])
@pytest.mark.parametrize("spoil", ["emptied", "gone", "doubled"])
def test_the_smaller_catalogs_are_checked_before_a_build(
    folder: Path, name: str, spoil: str
) -> None:
    path = folder / f"{name}.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0]] if spoil == "emptied" else [*lines, lines[-1]]) + "\n")
    if spoil == "gone":
        path.unlink()
    (error,) = catalogs.check(folder)
    words = {"emptied": "at least one row", "gone": "must exist", "doubled": "must be unique"}
    assert name in error and words[spoil] in error


@pytest.mark.parametrize("content", [None, "seeds: [", "a: 1\n", "\0"])
def test_broken_properties_of_the_catalogs_are_one_sentence(
    folder: Path, content: str | None
) -> None:
    path = folder / "_catalog__seeds.yml"
    path.unlink() if content is None else path.write_text(content)
    (error,) = catalogs.check(folder)
    assert "the properties" in error and error.endswith("restore them") and "\n" not in error
