"""Changing tomorrow never changes today: both desks, from vendor files to basis, scores and P&L.

Each case rebuilds the warehouse on a history whose future was cut off or replaced by nonsense, and
compares everything up to the cut. Planted leaks show that the comparison can fail. The normal run
has two cuts and one leak; `make trust` has eighteen more, ten more, and a vendor who restates.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import conftest
from conftest import NO_DATA_TESTS, ROOT, Build, built_ahead, copy_project, run_dbt

SAMPLE = ROOT / "seeds" / "sample"
# Twenty days over both desks: month ends, rolls, weekends, a crisis, the middle of nowhere.
CUTS = [
    "2016-03-21", "2020-03-18",
    "2013-09-20", "2016-02-29", "2015-12-21", "2016-05-31", "2016-08-14", "2016-12-30",
    "2017-02-28", "2017-06-20", "2017-10-31", "2018-01-15", "2018-03-30", "2018-09-28",
    "2019-04-30", "2019-06-28", "2019-12-31", "2020-06-30", "2020-11-27", "2022-11-25",
]  # fmt: skip
# The engine adds up a window in an order that depends on how many rows lie beside it, so the last
# digit of a score may move when rows go (3e-14 seen): those cut off, and high-yield sessions whose
# made-up price contradicts the spread. These sessions go on purpose: a year gets fewer.
TOLERANCE = 1e-9
# Date column, key, and rows that are left out: the replaced systems do look ahead.
STANDARD = "method = 'standard'"


@dataclass(frozen=True)
class Table:
    """What of a public table has to stand still."""

    date: str
    key: tuple[str, ...]
    rows: str = "true"
    # The last row of a month is its latest so far, so only whole months stand still.
    is_by_month: bool = False


TABLES = {
    "cdx_overlay.fct_instrument_daily": Table("date", ("instrument_code",)),
    "cdx_overlay.fct_signal_scores": Table("date", ("signal_code", "instrument_code")),
    "cdx_overlay.fct_composite_scores": Table("date", ("composite_code",)),
    "cdx_overlay.fct_index_pnl_daily": Table("date", ("instrument_code",)),
    "cdx_overlay.fct_index_total_return": Table("date", ("instrument_code",)),
    "cdx_overlay.fct_series_daily": Table(
        "date", ("data_set", "index_code", "tenor_code", "series_number")
    ),
    "cdx_overlay.fct_backtest_days": Table("date", ("strategy_code",)),
    "cdx_overlay.fct_variant_days": Table("date", ("strategy_code",)),
    "cdx_overlay.fct_backtest_legs": Table("date", ("strategy_code", "leg_number")),
    "cdx_overlay.fct_portfolio_days": Table("date", ("book_code",)),
    "cds_bond.fct_treasury_curve": Table("curve_date", ("maturity_years",)),
    "cds_bond.fct_cds_curves": Table("quote_date", ("red_code", "tenor_years"), is_by_month=True),
    "cds_bond.fct_bond_basis": Table("month_end_date", ("cusip", "red_code"), STANDARD),
    "cds_bond.fct_rating_basis": Table("month_end_date", ("rating_group", "measure"), STANDARD),
    "cds_bond.fct_bond_screening": Table(
        "month_end_date", ("cusip", "step", "reason", "isin", "ticker", "red_code"), STANDARD
    ),
    "cds_bond.fct_cds_returns": Table("month_end_date", ("entity_code", "tenor_code"), STANDARD),
    "cds_bond.fct_cds_portfolio_returns": Table("month_end_date", ("portfolio_code",), STANDARD),
}
# Digest and line numbers of the delivery do differ.
FREE_COLUMNS = re.compile("run_id|source_row_number")
MARKET_FILES = ("cdx", "cdx_events", "vix", "etf")
DATE_COLUMNS = conftest.DATE_COLUMNS | {
    "cdx_events": "effective_date", "discount_curves": "date",
}  # fmt: skip
MADE_UP_COLUMNS = {
    "cdx": ("spread", "price"), "cdx_events": (), "vix": ("close",), "etf": ("close", "spread"),
    "wrds_bond": ("price_eom", "yield", "t_spread", "amount_outstanding"),
    "cds_final": ("parspread",), "monthly_ts_data": ("tmyld", "tmpubout"),
    "fed_yield_curve": ("BETA0", "BETA1"), "discount_curves": ("zero_rate",),
}  # fmt: skip

Frames = dict[str, pd.DataFrame]


def vendor_files(
    target: Path, cut: str | None = None, future: str = "cut", table: str = ""
) -> Path:
    """Write the sample's files with everything after `cut` dropped or made up.

    A table of the overlay desk needs the files of that desk only.
    """
    target.mkdir(parents=True)
    for source in sorted(SAMPLE.iterdir()):
        name = source.stem
        if table.startswith("cdx_overlay.") and name not in MARKET_FILES:
            continue
        if source.is_dir():
            parts = [pd.read_parquet(part) for part in sorted(source.glob("*.parquet"))]
            rows = pd.concat(parts, ignore_index=True)
        elif source.suffix == ".parquet":
            rows = pd.read_parquet(source)
        elif source.suffix == ".csv":
            rows = pd.read_csv(source)
        else:
            continue
        if cut is not None and name in DATE_COLUMNS:
            is_future = (pd.to_datetime(rows[DATE_COLUMNS[name]]) > pd.Timestamp(cut)).to_numpy()
            if future == "cut":
                rows = rows[~is_future]
            else:
                # One factor a day: equal rows stay equal, and plausible values remain so.
                days = pd.to_datetime(rows[DATE_COLUMNS[name]]).dt.day_of_year
                factor = np.where(is_future, 1 + 0.02 * np.sin(7.0 * days), 1.0)
                for column in MADE_UP_COLUMNS[name]:
                    rows[column] = pd.to_numeric(rows[column], errors="coerce") * factor
        if len(rows):
            rows.to_parquet(target / f"{name}.parquet", index=False)
    return target


def build_tables(home: Path, data_dir: Path, project: Path = ROOT, tables=tuple(TABLES)) -> Frames:
    """Build the warehouse up to `tables` and return them in order of their keys.

    Without the replicas, of which no row is compared.
    """
    models = [f"+{table.split('.')[1]}" for table in tables]
    build = run_dbt(
        home, "build", *NO_DATA_TESTS, "--select", *models, "--exclude", "path:models/**/replicas",
        data_dir=data_dir, project=project,
    )  # fmt: skip
    assert build.exit_code == 0, build.output
    return built_tables(home, tables)


def built_tables(home: Path, tables=tuple(TABLES)) -> Frames:
    """Return tables of a build in order of their keys."""
    with duckdb.connect(str(home / "build" / "parspread.duckdb"), read_only=True) as connection:
        return {
            name: connection.sql(
                f"select * from {name} where {TABLES[name].rows} "
                f"order by {', '.join((TABLES[name].date, *TABLES[name].key))}"
            ).df()
            for name in tables
        }


def changed_cells(full: Frames, other: Frames, cut: str) -> dict[str, int]:
    """Count, per table, the cells up to `cut` that differ between two builds."""
    counts = {}
    for name in full:
        table = TABLES[name]
        keys = [table.date, *table.key]
        end = pd.Timestamp(cut)
        if table.is_by_month and not end.is_month_end:
            end -= pd.offsets.MonthEnd(1)
        left, right = (
            frames[name][frames[name][table.date] <= end].reset_index(drop=True)
            for frames in (full, other)
        )
        if len(left) != len(right) or not left[keys].equals(right[keys]):
            counts[name] = max(len(left), len(right))
            continue
        counts[name] = 0
        for column in left.columns.difference(keys):
            if FREE_COLUMNS.fullmatch(column):
                continue
            a, b = left[column], right[column]
            both_null = (a.isna() & b.isna()).to_numpy()
            if pd.api.types.is_float_dtype(a) and pd.api.types.is_float_dtype(b):
                x, y = a.to_numpy(dtype=float), b.to_numpy(dtype=float)
                same = np.isclose(x, y, rtol=TOLERANCE, atol=TOLERANCE)
            else:
                same = (a == b).fillna(False).to_numpy(dtype=bool)
            counts[name] += int((~(same | both_null)).sum())
    return counts


@pytest.fixture(scope="module")
def whole(sample: Build) -> Frames:
    """Return the tables of the whole history: the sample, whose rows the cases write anew."""
    return built_tables(sample.home)


@built_ahead
def changed_future(home: Path) -> Frames:
    """Return the tables of a history whose future after the second cut is made up."""
    return build_tables(home, vendor_files(home / "data", CUTS[1], "changed"))


@built_ahead
def no_future(home: Path) -> Build:
    """Return both desks without replicas, data tests passed, of a history until the first cut."""
    data = vendor_files(home / "data", CUTS[0], "cut")
    build = run_dbt(home, "build", "--selector", "standard", data_dir=data)
    assert build.exit_code == 0, build.output[-3000:]
    return build


def assert_past_is_kept(whole: Frames, other: Frames, cut: str) -> None:
    """Assert that two builds agree on basis, returns, scores, positions and P&L up to the cut."""
    assert changed_cells(whole, other, cut) == dict.fromkeys(TABLES, 0)


def test_the_future_changes_nothing_before_it(
    whole: Frames, changed_future: Frames, no_future: Build
) -> None:
    """Two cuts: what follows is made up, or has not happened."""
    assert_past_is_kept(whole, changed_future, CUTS[1])
    assert_past_is_kept(whole, built_tables(no_future.home), CUTS[0])


def test_both_desks_build_without_replicas(no_future: Build) -> None:
    """Partial builds find no table of a replica, and no test asks for one."""
    assert "not published: a partial build" in no_future.output
    tables = no_future.inner_frame("select table_name from duckdb_tables()")["table_name"]
    assert not tables.str.contains("ftsfr").any() and len(tables) > 150
    for table in ("cds_bond.fct_bond_basis", "cds_bond.fct_cds_returns"):
        methods = no_future.inner_frame(f"select distinct method from {table}")["method"]
        assert methods.tolist() == ["standard"]


def compiled(home: Path, model: str) -> str:
    """Return the SQL of a model as a build ran it."""
    found = (home / "target" / "compiled").rglob(f"{model}.sql")
    (path,) = (path for path in found if path.parent.suffix != ".yml")  # inputs of a unit test
    return path.read_text()


def test_adjusted_levels_of_six_cut_histories_are_those_of_the_whole(sample: Build) -> None:
    """Gaps are added up forward, so that a roll after the cut moves nothing before it."""
    model = "int_cdx_overlay__levels_adjusted"
    sql = compiled(sample.home, model)
    database = re.search(r'"(\w+)"\."intermediate"', sql)[1]
    inputs = ("int_cdx_overlay__markets_aligned", "int_cdx_overlay__contracts_repriced")
    whole = f"from built.intermediate.{model} where session_date <= "
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{sample.database}' as built (read_only); attach ':memory:' as {database}; "
            f"create schema {database}.intermediate"
        )
        for cut in CUTS[:6]:
            for table in inputs:
                connection.execute(
                    f"create or replace view {database}.intermediate.{table} as "
                    f"from built.intermediate.{table} where session_date::date <= '{cut}'"
                )
            found = connection.sql(sql)
            rows = connection.sql(f"{whole} '{cut}'")
            assert len(found.except_(rows)) == len(rows.except_(found)) == 0
            assert len(rows) > 500


def test_another_history_is_another_run(whole: Frames, changed_future: Frames) -> None:
    """A run_id is one set of rules on one set of quotes; the macrocredit year has its own."""
    first, second = (
        frames["cdx_overlay.fct_backtest_days"].groupby("strategy_code")["run_id"].unique().str[0]
        for frames in (whole, changed_future)
    )
    assert list(first.index) == list(second.index)
    is_macrocredit = first.index.str.contains("macrocredit")  # its passive seller too
    assert ((first == second) == is_macrocredit).all()
    assert first.is_unique and 0 < is_macrocredit.sum() < len(first)


@pytest.mark.trust
@pytest.mark.parametrize("position", range(2, len(CUTS)), ids=CUTS[2:])
def test_the_future_changes_nothing_before_any_day(
    whole: Frames, tmp_path: Path, position: int
) -> None:
    """The other cuts, by turns with the future made up and cut off."""
    cut, future = CUTS[position], ("changed", "cut")[position % 2]
    other = build_tables(tmp_path, vendor_files(tmp_path / "data", cut, future))
    assert_past_is_kept(whole, other, cut)


def test_every_table_has_rows_before_every_late_cut(whole: Frames) -> None:
    """A comparison of nothing with nothing would hold."""
    for name, table in TABLES.items():
        assert (whole[name][table.date] <= pd.Timestamp(CUTS[1])).sum() > 100, name


OVERLAY = "models/intermediate/cdx_overlay/int_cdx_overlay__"
BASIS = "models/intermediate/cds_bond/int_cds_bond__"
SCORES = "cdx_overlay.fct_signal_scores"
# What is wrong: file, honest text, leaking text, a table that must show it.
LEAKS = {
    "a window that reaches one session ahead": (
        "macros/engine/sessions_back.sql",
        "preceding and current row",
        "preceding and 1 following",
        SCORES,
    ),
    "a quote from the session after": (
        f"{OVERLAY}markets_aligned.sql",
        "and sessions.session_date >= volatilities.quote_date",
        "and sessions.session_date + 1 >= volatilities.quote_date",
        SCORES,
    ),
    "a Treasury curve from the days after": (
        f"{BASIS}bonds_joined_to_zero_curves.sql",
        "bonds.observation_date >= latest.curve_date",
        "bonds.observation_date + 3 >= latest.curve_date",
        "cds_bond.fct_bond_basis",
    ),
    "a mean over the whole history": (
        "macros/signals/rolling_mean.sql",
        "avg({{ value }} - {{ anchor }}) over {{ over }}",
        "avg({{ value }} - {{ anchor }}) over ()",
        SCORES,
    ),
    "a deviation over the whole history": (
        "macros/signals/rolling_deviation.sql",
        "then stddev_samp({{ value }} - {{ anchor }}) over {{ over }}",
        "then stddev_samp({{ value }} - {{ anchor }}) over ()",
        SCORES,
    ),
    "a roll that moves the levels before it": (
        f"{OVERLAY}levels_adjusted.sql",
        "            ) over history\n        )::double as roll_adjusted_spread_bps",
        "            ) over (partition by markets.instrument_code)\n"
        "        )::double as roll_adjusted_spread_bps",
        "cdx_overlay.fct_instrument_daily",
    ),
    "a composite that sees its own future": (
        f"{OVERLAY}signals_blended.sql",
        "{{ sessions_back('weighted.rescale_window_sessions') }}",
        "rows between unbounded preceding and unbounded following",
        "cdx_overlay.fct_composite_scores",
    ),
    "a strategy that trades on next week's score": (
        f"{OVERLAY}strategy_inputs_joined.sql",
        "            and markets.session_date = scores.session_date",
        "            and markets.session_date = scores.session_date - 7",
        "cdx_overlay.fct_backtest_days",
    ),
    "a drawdown from a peak that is still to come": (
        f"{OVERLAY}days_marked.sql",
        "greatest(max(days.cumulative_pnl_usd) over run_so_far, 0)",
        "greatest(max(days.cumulative_pnl_usd) over (partition by days.run_id), 0)",
        "cdx_overlay.fct_backtest_days",
    ),
    "a Treasury quoted in the month after": (
        f"{BASIS}bonds_matched_to_treasuries.sql",
        "        source_row_number,\n        observation_date,\n        maturity_date\n",
        "        source_row_number,\n        last_day(last_day(observation_date) + 1) "
        "as observation_date,\n        maturity_date\n",
        "cds_bond.fct_bond_basis",
    ),
    "a CDS return that ends on the quote after": (
        f"{BASIS}cds_day_returns_computed.sql",
        "lag(contracts.par_spread_dec) over series",
        "lead(contracts.par_spread_dec) over series",
        "cds_bond.fct_cds_returns",
    ),
    "a slope of the session after": (
        f"{OVERLAY}contract_quotes_joined.sql",
        "-lag(sloped.slope_bps_per_month) over sessions_in_order",
        "-lead(sloped.slope_bps_per_month) over sessions_in_order",
        "cdx_overlay.fct_index_pnl_daily",
    ),
}


def count_leaked_cells(home: Path, leak: str) -> int:
    """Return how many cells before a cut change with what follows, in a project with a leak."""
    path, honest, leaking, table = LEAKS[leak]
    project = copy_project(home / "project")
    text = (project / path).read_text()
    assert honest in text
    (project / path).write_text(text.replace(honest, leaking))
    cut = "2018-10-31"  # a Wednesday and a month end: the next day has quotes
    honest_data = vendor_files(home / "data", table=table)
    changed_data = vendor_files(home / "changed_data", cut, "changed", table)
    # In one folder, so that dbt parses the project once.
    full = build_tables(home / "builds", honest_data, project, [table])
    other = build_tables(home / "builds", changed_data, project, [table])
    return changed_cells(full, other, cut)[table]


@built_ahead
def leaked_cell_count(home: Path) -> int:
    """Return the cells that the first leak changes."""
    return count_leaked_cells(home, next(iter(LEAKS)))


def test_a_planted_leak_is_caught(leaked_cell_count: int) -> None:
    """The comparison is worth something only if a leaking pipeline fails it."""
    assert leaked_cell_count > 0


@pytest.mark.trust
@pytest.mark.parametrize("leak", list(LEAKS)[1:])
def test_every_planted_leak_is_caught(tmp_path: Path, leak: str) -> None:
    """The other leaks."""
    assert count_leaked_cells(tmp_path, leak) > 0


@pytest.mark.trust
def test_a_later_correction_never_changes_an_earlier_answer(tmp_path: Path) -> None:
    """Vendors restate: as of a day, the warehouse answers what it answered on that day."""
    day = "2018-06-29"
    tables = [SCORES, "cds_bond.fct_bond_basis"]
    then = vendor_files(tmp_path / "then", day, "cut")
    later = tmp_path / "later"
    shutil.copytree(vendor_files(tmp_path / "whole"), later)
    for name in ("cdx", "cds_final", "wrds_bond"):
        rows = pd.read_parquet(later / f"{name}.parquet")
        dated = pd.to_datetime(rows[DATE_COLUMNS[name]])
        rows["known_at"] = dated.dt.strftime("%Y-%m-%d")
        restated = rows[(dated > "2018-03-01") & (dated <= day)].copy()
        restated["known_at"] = "2019-01-15"
        for column in MADE_UP_COLUMNS[name][:1]:
            restated[column] = pd.to_numeric(restated[column], errors="coerce") * 1.05
        pd.concat([rows, restated]).to_parquet(later / f"{name}.parquet", index=False)

    def answer(home: str, data: Path, as_of: str) -> Frames:
        build = run_dbt(
            tmp_path / home, "build", *NO_DATA_TESTS,
            "--select", *(f"+{table.split('.')[1]}" for table in tables), "+fct_rejected_rows",
            data_dir=data, environment={"PARSPREAD_AS_OF_DATE": as_of},
        )  # fmt: skip
        assert build.exit_code == 0, build.output
        file = tmp_path / home / "build" / "parspread.duckdb"
        with duckdb.connect(str(file), read_only=True) as connection:
            frames = {
                name: connection.sql(
                    f"select * from {name} where {TABLES[name].rows} "
                    f"order by {', '.join((TABLES[name].date, *TABLES[name].key))}"
                ).df().drop(columns="source_row_number", errors="ignore")
                for name in tables
            }  # fmt: skip
            reasons = connection.sql(
                "select reject_reason, count(*) as row_count from quality.fct_rejected_rows "
                "where data_set = 'desk' group by all"
            ).fetchall()
        return frames | {"reasons": dict(reasons)}

    stored = answer("stored", then, "2018-06-29")
    asked = answer("asked", later, "2018-06-29")
    corrected = answer("corrected", later, "2019-01-15")
    for name in tables:
        assert len(stored[name]) > 1000
        assert changed_cells({name: stored[name]}, {name: asked[name]}, day) == {name: 0}
        assert changed_cells({name: asked[name]}, {name: corrected[name]}, day)[name] > 100
    assert asked["reasons"]["not_known_yet"] > 1000
    assert "other_version_counts" not in asked["reasons"]
    assert corrected["reasons"]["other_version_counts"] > 1000
