"""Series, rolls and credit events from planted vendor files, by their right values."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import NO_DATA_TESTS, ROOT, Build, built_ahead, copy_project, run_dbt

SEED = ROOT / "seeds" / "catalog" / "instruments.csv"
TABLES = ("fct_series_daily", "dim_index_series", "fct_index_pnl_daily", "fct_index_total_return",
          "fct_index_events", "fct_instrument_daily")  # fmt: skip
HY, IG = "CDX_NA_HY", "CDX_NA_IG"


def quoted(index: str, tenor: str, series: int, dates: list, spread: float | np.ndarray) -> list:
    """Return rows of cdx.csv."""
    days = pd.to_datetime(dates).strftime("%Y-%m-%d")
    spreads = np.broadcast_to(spread, len(days))
    return [(d, index, tenor, series, s) for d, s in zip(days, spreads, strict=True)]


def weekdays(first: str, last: str) -> list:
    return list(pd.bdate_range(first, last))


def write_market(data: Path) -> None:
    """Write one file in which every instrument has a fault of its own."""
    data.mkdir(parents=True)
    spring = weekdays("2014-03-27", "2014-06-06")
    calm = 347.6 + np.cos(np.arange(len(spring)))
    fell = np.where(np.array(spring) >= pd.Timestamp("2014-05-22"), -23.3, 0.0)
    autumn = weekdays("2014-09-18", "2014-10-10")
    rows = [
        # First seen off the run, then nothing for ten years; a hole over a roll.
        *quoted(IG, "5Y", 9, weekdays("2010-01-04", "2010-01-08"), 90.0),
        *quoted(IG, "5Y", 33, ["2020-02-13", "2020-02-14"], 45.0),
        *quoted(IG, "5Y", 34, ["2020-04-15", "2020-04-16"], 95.0),
        # A public default that nobody delivered, and a label one week early.
        *quoted(HY, "5Y", 22, spring, calm + fell),
        *quoted(HY, "5Y", 24, ["2015-09-17", "2015-09-18"], 360.0),
        *quoted(HY, "5Y", 25, ["2015-09-21", "2015-09-22", "2015-09-28", "2015-09-29"], 390.0),
        # Two series side by side around a roll that came late; then a delivered default at par.
        *quoted(IG, "10Y", 22, autumn, np.linspace(58.0, 66.0, len(autumn))),
        *quoted(IG, "10Y", 23, weekdays("2014-10-06", "2014-10-10"), 70.0),
        *quoted(IG, "10Y", 23, ["2014-11-03", "2014-11-10", "2014-11-11"], 100.0),
    ]
    files = {
        "cdx": (("date", "index", "tenor", "series", "spread"), rows),
        "cdx_events": (
            ("index", "series", "version", "effective_date", "event_date", "entity", "weight",
             "recovery"),
            [(IG, 23, 2, "2014-11-07", "2014-11-05", "PLANTED", 0.01, "5%")],
        ),
        "vix": (("date", "close"), [(d.date(), 15.0) for d in spring]),
        "etf": (("date", "ticker", "close"), [(d.date(), "HYG", 90.0) for d in spring]),
    }  # fmt: skip
    for name, (header, lines) in files.items():
        with (data / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header, *lines])


@built_ahead
def planted(home: Path) -> Build:
    """Return a build of the planted files; two more instruments follow other series."""
    write_market(home / "data")
    project = copy_project(home / "project")
    rows = list(csv.DictReader(SEED.open()))
    first = next(row for row in rows if row["instrument_code"] == "cdx_ig_5y")
    with (project / "seeds" / "catalog" / "instruments.csv").open("a") as catalog:
        for code, policy in (("ig_nine", "series 9"), ("ig_held", "hold")):
            row = first | {"instrument_code": code, "series_policy": policy}
            csv.DictWriter(catalog, list(row), lineterminator="\n").writerow(row)
    models = [f"+{table}" for table in TABLES]
    build = run_dbt(
        home, "build", *NO_DATA_TESTS, "--select", *models, data_dir=home / "data", project=project
    )
    assert build.exit_code == 0, build.output
    return build


def pnl(build: Build, instrument: str) -> pd.DataFrame:
    """Return the P&L of an instrument by the day."""
    table = build.inner_frame(
        f"from cdx_overlay.fct_index_pnl_daily where instrument_code = '{instrument}' order by date"
    )
    return table.set_index(table["date"].astype(str))


def test_an_index_first_seen_off_the_run_has_the_maturity_of_its_number(planted: Build) -> None:
    """IG9 quoted in 2010 ended on 2012-12-20, not five years after it was first seen."""
    market = pnl(planted, "cdx_ig_5y")
    assert (market.loc[:"2010-01-08", "series_number"] == 9).all()
    assert set(market.loc[:"2010-01-08", "maturity_date"].astype(str)) == {"2012-12-20"}
    # It matured long before anything was quoted again.
    assert market.loc["2020-02-13", "pnl_status"] == "unknown_roll"


def test_a_hole_over_a_roll_is_unknown_in_the_tables(planted: Build) -> None:
    """+9,180 dollars of a $10MM seller were carry over a move that nobody knows."""
    market = pnl(planted, "cdx_ig_5y")
    hole = market.loc["2020-04-15"]
    assert hole["is_roll_day"] and hole["pnl_status"] == "unknown_roll"
    assert np.isnan(hole["total_pnl_usd_per_mm"])
    assert market.loc["2020-04-16", "pnl_status"] == "ok"
    index = planted.inner_frame(
        "select index_status from cdx_overlay.fct_index_total_return where instrument_code = "
        "'cdx_ig_5y' order by date"
    )["index_status"]
    assert index.tolist() == ["ok"] * 5 + ["unknown_pnl"] * 4


def test_a_label_ahead_rolls_with_its_own_maturity(planted: Build) -> None:
    """S25 labelled a week before it started matures on 2020-12-20; +3,279 for $10MM."""
    market = pnl(planted, "cdx_hy_5y")
    roll = market.loc["2015-09-21"]
    assert market.loc["2015-09-18":, "is_roll_day"].tolist() == [False, True, False, False, False]
    assert str(roll["maturity_date"])[:10] == "2020-12-20"
    unfinanced = roll["total_pnl_usd_per_mm"] - roll["financing_pnl_usd_per_mm"]
    assert 10 * unfinanced == pytest.approx(3279, abs=0.5)
    series = planted.inner_frame("from cdx_overlay.dim_index_series")
    own = series.query("index_code == 'cdx_na_hy' and series_number == 25 and tenor_code == '5Y'")
    assert own["label_status"].tolist() == ["label_ahead"]
    assert own["first_on_the_run_date"].astype(str).tolist() == ["2015-09-28"]


def test_two_series_side_by_side_are_two_contracts(planted: Build) -> None:
    """Both stand in fct_series_daily, and the position earns its own on the day of the roll."""
    quotes = planted.inner_frame(
        "from cdx_overlay.fct_series_daily where tenor_code = '10Y' and date = '2014-10-06' "
        "order by series_number"
    )
    assert quotes["series_number"].tolist() == [22, 23]
    assert quotes["is_on_the_run"].tolist() == [False, True]
    assert quotes["maturity_date"].astype(str).tolist() == ["2024-06-20", "2024-12-20"]
    market = pnl(planted, "cdx_ig_10y")
    roll = market.loc["2014-10-06"]
    old = np.linspace(58.0, 66.0, 17)[12]
    assert roll["is_roll_day"] and roll["roll_gap_bps"] == pytest.approx(70.0 - old)
    assert roll["spread_pnl_usd_per_mm"] == pytest.approx(
        -0.5 * roll["held_dv01_usd_per_bp_per_mm"], rel=0.05
    )
    assert market["is_roll_day"].sum() == 1


def test_a_policy_chooses_the_series(planted: Build) -> None:
    """Held, or named: neither ever rolls."""
    for code in ("ig_nine", "ig_held"):
        market = pnl(planted, code)
        assert set(market["series_number"]) == {9} and not market["is_roll_day"].any()
        assert len(market) == 5


def test_a_delivered_event_costs_what_the_auction_does_not_pay(planted: Build) -> None:
    """$10MM sold pay 95,000 dollars at par, less the coupon to the event two days in."""
    market = pnl(planted, "cdx_ig_10y")
    event = market.loc["2014-11-10"]
    assert 10 * event["default_pnl_usd_per_mm"] == pytest.approx(-95_000, abs=1e-6)
    coupon = 1e7 * 0.01 * (0.99 * 7 + 0.01 * 2) / 360
    assert 10 * event["coupon_pnl_usd_per_mm"] == pytest.approx(coupon, abs=1e-6)
    after = market.loc["2014-11-10":]
    assert after["index_factor_share"].tolist() == [0.99, 0.99]
    assert after["index_version_number"].tolist() == [2, 2]
    assert after["defaulted_share"].tolist() == [0.01, 0.0]
    notes = planted.inner_frame(
        "from cdx_overlay.fct_index_events where instrument_code = 'cdx_ig_10y'"
    )
    assert notes[["entity_name", "event_status"]].to_numpy().tolist() == [["PLANTED", "delivered"]]


def test_a_jump_at_a_public_event_without_a_delivery_is_noted(planted: Build) -> None:
    """On 2014-05-22 HY fell from 347.6 to 324.3, and the seller was shown a gain."""
    notes = planted.inner_frame(
        "from cdx_overlay.fct_index_events where instrument_code = 'cdx_hy_5y'"
    )
    found = notes[["date", "entity_name", "series_number", "event_status"]].astype(str)
    assert found.to_numpy().tolist() == [
        ["2014-05-22", "TEXAS COMPETITIVE ELECTRIC", "22", "known_and_not_delivered"]
    ]


def test_series_start_and_mature_as_the_published_rolls(planted: Build, shared_dir: Path) -> None:
    """The rule gives every published roll; the series of autumn 2014 started two weeks later."""
    rolls = pd.read_csv(shared_dir / "data" / "real" / "cdx_itraxx_roll_dates.csv")
    codes = {"CDX NA IG": "cdx_na_ig", "CDX NA HY": "cdx_na_hy", "iTraxx EU Xover": "itraxx_xover"}
    rolls = rolls[rolls["index"].isin(codes)]
    series = planted.inner_frame("from intermediate.int_cdx_overlay__index_series_dated")
    by_key = series.set_index(["index_code", "series_number"])
    for index, new_series, roll_date in rolls[["index", "new_series", "roll_date"]].to_numpy():
        own = by_key.loc[(codes[index], new_series)]
        assert str(own["rule_roll_date"])[:10] == roll_date, (index, new_series)
        year, month = roll_date[:4], {"03": "06", "09": "12"}[roll_date[5:7]]
        assert str(own["tenor_starts_date"])[:10] == f"{year}-{month}-20", (index, new_series)
    own = pd.read_csv(shared_dir / "data" / "real" / "cdx_na_ig_5y_by_series_S15_S26.csv")
    first = own.query("series == 23")["date"].min()
    assert str(by_key.loc[("cdx_na_ig", 23), "first_on_the_run_date"])[:10] == first
