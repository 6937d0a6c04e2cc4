"""A number in another unit is noticed: a file stops the build, a single row is left out.

Factors of 100, 10,000 and 1/100 are what percent, basis points, decimals and cents make of each
other. Every column in which one could pass for the other is tried, as a whole file, for one
instrument, from one year on, in one part, and row by row; and honest extremes are not touched.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scaled_rows import (
    COLUMNS,
    FACTORS,
    contract,
    distressed_quotes,
    false_flags,
    read_table,
    reasons,
    scale_rows,
    shares_flagged,
    write_clean,
    write_table,
)

from conftest import ROOT
from parspread_tools.gate.check import check_inputs

pytestmark = pytest.mark.usefixtures("at_project_root")

SAMPLE = ROOT / "seeds" / "sample"


def errors(rows: pd.DataFrame, name: str, folder: Path) -> list[str]:
    """Return what the check of the inputs says of one table."""
    write_table(rows, folder, name)
    entries = contract(name)
    for entry in entries:
        # The notebook year is another delivery.
        entry["meta"] = entry["meta"] | {"has_macrocredit_year": False}
    return check_inputs(folder, entries)["errors"]


def only(found: list[str], *words: str) -> None:
    """Assert that there is one message and that it holds all `words`."""
    assert len(found) == 1, found
    assert [word for word in words if word not in found[0]] == [], found[0]


# ---------------------------------------------------------------------------------------------
# Files


@pytest.mark.parametrize("name", COLUMNS)
def test_a_whole_file_in_another_unit_stops_the_build(name: str, tmp_path: Path) -> None:
    """A spread a hundred times too large still has the right sign and shape."""
    rows = read_table(SAMPLE, name)
    rows = rows[:: max(len(rows) // 4000, 1)]
    assert errors(rows, name, tmp_path) == []
    for column in COLUMNS[name]:
        for factor in FACTORS:
            found = errors(rows.assign(**{column: rows[column] * factor}), name, tmp_path)
            only(found, f"{tmp_path / name}.", column[:4], "convert")


@pytest.mark.parametrize(
    ("name", "chosen", "column"),
    [
        ("cdx", {"index": "CDX_NA_IG", "tenor": "5Y"}, "spread"),
        ("cdx", {"index": "CDX_NA_IG", "tenor": "10Y"}, "spread"),
        ("cdx", {"index": "CDX_NA_HY"}, "spread"),
        ("cdx", {"index": "ITRAXX_XO"}, "spread"),
        ("etf", {"ticker": "LQD"}, "spread"),
        ("etf", {"ticker": "HYG"}, "spread"),
        ("etf", {"ticker": "LQD"}, "close"),
        ("etf", {"ticker": "HYG"}, "close"),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else value,
)
def test_one_instrument_in_another_unit_stops_the_build(
    name: str, chosen: dict, column: str, tmp_path: Path
) -> None:
    """40 bp times 100 is a spread of high yield, and two sound indices outvote a third."""
    rows = read_table(SAMPLE, name)
    is_chosen = np.logical_and.reduce([rows[c] == value for c, value in chosen.items()])
    alone = rows[is_chosen]
    label = " ".join(chosen.values())
    for factor in FACTORS:
        found = errors(alone.assign(**{column: alone[column] * factor}), name, tmp_path)
        only(found, f"{name}.csv: column {column} of ", label, "convert it")
    among = rows[column].where(~is_chosen, rows[column] * 100)
    only(errors(rows.assign(**{column: among}), name, tmp_path), f"column {column} of ", label)


def test_tight_spreads_of_one_index_in_another_unit_stop_the_build(tmp_path: Path) -> None:
    """The tightest years of investment grade: 4,000 lies within the bounds of high yield."""
    rows = read_table(SAMPLE, "cdx").query("index == 'CDX_NA_IG' and tenor == '5Y'")
    rows = rows.assign(spread=40.0 + rows["spread"] / 100)
    assert errors(rows, "cdx", tmp_path) == []
    found = errors(rows.assign(spread=100 * rows["spread"]), "cdx", tmp_path)
    only(
        found, "column spread of CDX_NA_IG 5Y must be in basis points", "from 5 to 1000", "in 2013"
    )


@pytest.mark.parametrize(
    ("name", "date", "column"),
    [
        ("cdx", "date", "spread"),
        ("vix", "date", "close"),
        ("etf", "date", "close"),
        ("wrds_bond", "date", "yield"),
        ("monthly_ts_data", "mcaldt", "tmyld"),
        ("fed_yield_curve", "Date", "BETA0"),
    ],
)
def test_another_unit_from_one_year_on_stops_the_build(
    name: str, date: str, column: str, tmp_path: Path
) -> None:
    """The median of all years is that of the many sound ones."""
    rows = read_table(SAMPLE, name)
    is_late = pd.to_datetime(rows[date]) >= pd.Timestamp("2020-01-01")
    assert is_late.mean() < 0.5
    changed = rows.assign(**{column: rows[column].where(~is_late, 100 * rows[column])})
    only(errors(changed, name, tmp_path), column, "in 2020")


def test_one_part_in_another_unit_is_named(tmp_path: Path) -> None:
    """A vendor changes its format between two yearly files."""
    folder = tmp_path / "cds_final"
    folder.mkdir()
    rows = read_table(SAMPLE, "cds_final").groupby("tenor").head(2000)
    for part, factor in (("a", 1), ("b", 100), ("c", 1)):
        rows.assign(parspread=rows["parspread"] * factor).to_parquet(folder / f"{part}.parquet")
    found = check_inputs(tmp_path, contract("cds_final"))["errors"]
    only(found, f"{folder / 'b.parquet'}: column parspread must be in decimals", "neither 78")


def test_all_columns_of_a_curve_in_another_unit_stop_the_build(tmp_path: Path) -> None:
    """Parameters and yields then agree with each other, and are a hundred times too large."""
    rows = read_table(SAMPLE, "fed_yield_curve")
    in_percent = [c for c in rows if c.startswith(("BETA", "SVENY"))]
    for factor in FACTORS:
        changed = rows.assign(**{c: factor * rows[c] for c in in_percent})
        found = errors(changed, "fed_yield_curve", tmp_path)
        only(found, "columns BETA0 to BETA3 must be in percent", "a level of 3.1 % is 3.1")


def test_a_few_odd_rows_do_not_stop_a_build(tmp_path: Path) -> None:
    """Ninety-nine rows in a year of their own are a matter for the screens."""
    rows = read_table(SAMPLE, "vix")
    days = pd.date_range("2031-01-01", periods=100).strftime("%Y-%m-%d")
    odd = rows.head(100).assign(date=days, close=0.16)
    assert errors(pd.concat([rows, odd.head(99)]), "vix", tmp_path) == []
    only(errors(pd.concat([rows, odd]), "vix", tmp_path), "its median in 2031 was 0.16")


def test_real_treasury_yields_pass_in_every_era(shared_dir: Path, tmp_path: Path) -> None:
    """From 15 % in 1981 to next to nothing in 2020, and no year is refused."""
    rows = real_treasury_months(shared_dir)[0]
    years = pd.to_datetime(rows["mcaldt"]).dt.year
    assert years.nunique() > 60
    assert errors(rows, "monthly_ts_data", tmp_path) == []
    for factor in FACTORS:
        for year in (1981, 2003, 2012, 2020, 2021):
            one_year = rows[years == year].assign(tmyld=factor * rows["tmyld"])
            only(
                errors(one_year, "monthly_ts_data", tmp_path), "column tmyld must be", f"in {year}"
            )


# ---------------------------------------------------------------------------------------------
# Rows


@pytest.mark.trust
def test_of_many_single_rows_in_another_unit_nearly_all_are_left_out(tmp_path: Path) -> None:
    """At least 99 of 100 for every column and factor, through a crisis and years without rates."""
    clean = write_clean(tmp_path / "clean", bonds=1000)
    scaled = scale_rows(clean, tmp_path / "scaled", row_count=200, seed=6)
    found = reasons(tmp_path / "scaled", tmp_path / "home")
    shares = shares_flagged(scaled, found)
    print(shares.to_string())
    assert len(scaled) > 8000
    assert shares.to_numpy().min() >= 0.99, shares
    assert false_flags(clean, scaled, found).empty


@pytest.mark.trust
def test_no_reason_depends_on_what_comes_later(tmp_path: Path) -> None:
    """A row that is judged by its neighbours is judged by those of its day and of its past only.

    Every tenth row of the last day before the cut is in another unit, so that whoever looks beyond
    it finds nothing to compare it with.
    """
    clean = write_clean(tmp_path / "clean", months=24, sessions=1200)
    cut = pd.Timestamp("2017-03-31")
    last_day = {
        "etf": ("date", {"close": 60.0, "spread": 0.06}),
        "wrds_bond": ("date", {"amount_outstanding": 0.01, "t_spread": 100.0}),
        "monthly_ts_data": ("mcaldt", {"tmpubout": 100.0}),
    }
    kept, odd_count = {}, 0
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()
    for file in clean.iterdir():
        name = file.stem
        rows = read_table(clean, name)
        column, odd = last_day.get(name, ("Date" if "Date" in rows else "date", {}))
        if name == "wrds_bond":
            rows["offering_amt"] = np.nan
        for place, (number, ratio) in enumerate(odd.items()):
            at_cut = np.flatnonzero(pd.to_datetime(rows[column]) == cut)
            chosen = at_cut if name == "etf" else at_cut[place::10]
            chosen = chosen[place::2] if name == "etf" else chosen
            rows.loc[chosen, number] *= ratio
            odd_count += rows.loc[chosen, number].notna().sum()
        write_table(rows, tmp_path / "whole", name)
        if column in rows:
            rows = rows[pd.to_datetime(rows[column]) <= cut]
        kept[name.lower()] = rows.index.to_numpy() + 1
        write_table(rows, tmp_path / "cut", name)
    whole = reasons(tmp_path / "whole", tmp_path / "whole_home")
    early = reasons(tmp_path / "cut", tmp_path / "cut_home")
    early["source_row_number"] = [
        kept[name][number - 1]
        for name, number in zip(early["table_name"], early["source_row_number"], strict=True)
    ]
    lines = ["table_name", "source_row_number"]
    both = whole.merge(early, "outer", lines, suffixes=("_whole", "_cut")).sort_values(lines)
    is_early = [
        number in set(kept[name])
        for name, number in zip(both["table_name"], both["source_row_number"], strict=True)
    ]
    both = both[is_early]
    assert (both["reason_whole"] == both["reason_cut"]).all(), both.to_string()
    assert len(both) >= 0.9 * odd_count > 50


def real_treasury_months(shared_dir: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return real Treasury yields at month ends as vendor rows, and their issues.

    Eighty issues a month along the constant-maturity curve, linear between its points, none beyond
    them; yields per day.
    """
    curve = pd.read_csv(shared_dir / "data/real/treasury_curve.csv", parse_dates=["date"])
    curve = curve.groupby(curve["date"].dt.to_period("M")).tail(1).set_index("date")
    known = np.array([int(t[:-1]) / (1 if t[-1] == "Y" else 12) for t in curve.columns])
    years = np.geomspace(1 / 12, 30, 80)
    percent = np.array(
        [
            np.interp(years, known[there], row[there], left=np.nan, right=np.nan)
            for row, there in zip(curve.to_numpy(), curve.notna().to_numpy(), strict=True)
        ]
    )
    day, issue = np.nonzero(np.isfinite(percent))
    rows = pd.DataFrame({"mcaldt": curve.index[day]})
    rows["tmatdt"] = rows["mcaldt"] + pd.to_timedelta(np.round(365.25 * years[issue]), "D")
    rows["kycrspid"] = rows["tmatdt"].dt.strftime("%Y%m%d.2") + [f"{n:05d}" for n in issue]
    rows["kytreasno"] = np.arange(len(rows)) + 1.0
    rows["tmyld"] = 2 * np.log1p(percent[day, issue] / 200) / 365
    rows["tmpubout"] = 25_000.0
    for column in ("mcaldt", "tmatdt"):
        rows[column] = rows[column].dt.date
    issues = rows.assign(tcouprt=np.nan, itype=2.0, tdatdt=rows["mcaldt"])
    return (
        rows[["kycrspid", "kytreasno", "mcaldt", "tmpubout", "tmyld"]],
        issues[["kycrspid", "kytreasno", "tmatdt", "tcouprt", "itype", "tdatdt"]],
    )


def real_cds_quotes(shared_dir: Path) -> pd.DataFrame:
    """Return real CDS curves as vendor quotes: two banks in 2008 to 2012, and an index of names."""
    banks = pd.read_csv(shared_dir / "data/real/casa_socgen_cds_curves_2008_2012.csv")
    banks = banks.melt(["entity", "date"], var_name="tenor", value_name="bps")
    names = pd.read_csv(shared_dir / "data/real/cdx_na_ig_s45_constituent_cds_curves_20251023.csv")
    names = names.rename(columns={"company": "entity", "as_of": "date"})
    tenors = ["6M", "1Y", "2Y", "3Y", "4Y", "5Y", "7Y", "10Y"]
    names = names.melt(["entity", "date"], tenors, var_name="tenor", value_name="bps")
    quotes = pd.concat([banks, names]).dropna()
    quotes["date"] = pd.to_datetime(quotes["date"])
    return quotes.assign(
        ticker=quotes["entity"], redcode=quotes["entity"], parspread=quotes["bps"] / 10_000
    )[["date", "ticker", "redcode", "parspread", "tenor"]]


@pytest.mark.trust
def test_honest_extremes_are_not_taken_for_another_unit(shared_dir: Path, tmp_path: Path) -> None:
    """Real CDX, VIX, ETF, Treasury and CDS history through 2008 and 2020, and names in distress."""
    clean = write_clean(tmp_path / "clean", months=24, sessions=100)
    data = tmp_path / "data"
    data.mkdir()
    for name in ("cdx", "vix", "etf"):
        write_table(read_table(shared_dir / "data" / "real_inputs", name), data, name)
    for name in ("fed_yield_curve", "wrds_bond", "RED_and_ISIN_mapping"):
        write_table(read_table(clean, name), data, name)
    months, issues = real_treasury_months(shared_dir)
    write_table(months, data, "monthly_ts_data")
    write_table(issues, data, "issue_data")
    quotes = pd.concat([real_cds_quotes(shared_dir), distressed_quotes()])
    write_table(quotes, data, "cds_final")
    assert len(months) > 40_000 and len(quotes) > 26_000
    found = reasons(data, tmp_path / "home")
    assert found.empty, found.groupby(["table_name", "reason"]).size()


@pytest.mark.trust
def test_no_row_of_the_reference_files_is_taken_for_another_unit(
    shared_dir: Path, tmp_path: Path
) -> None:
    """Three million quotes and 35,000 bond months; their planted dirt has other reasons."""
    found = reasons(shared_dir / "golden" / "basis" / "inputs", tmp_path)
    assert len(found) > 9000
    assert found[found["reason"].str.contains("unit_suspect")].empty
