"""Unchanged and old quotes are flagged, against a plain loop or pandas over what was delivered."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from conftest import ROOT, Build

SAMPLE = ROOT / "seeds" / "sample"
KEY = ["instrument_code", "date"]


def test_index_quotes_are_compared_with_the_session_before(sample: Build) -> None:
    """Spread, price and series all count: a new series at the old spread is another quote."""
    market = sample.frame("from cdx_overlay.fct_instrument_daily order by instrument_code, date")
    price = market["price_pct_par"] + market["price_difference_pct_par"]
    market["delivered_price"] = price.round(6)
    columns = ["cdx_spread_bps", "delivered_price", "series_number"]
    before = market.groupby("instrument_code")[columns].shift()
    same = (market[columns] == before) | (market[columns].isna() & before.isna())
    expected = same.all(axis="columns") & market.groupby("instrument_code").cumcount().gt(0)
    assert market["is_unchanged_quote"].equals(expected) and expected.sum() > 0
    primary = sample.frame("from cdx_overlay.fct_market_daily order by date")
    both = market[market["instrument_code"] == primary["instrument_code"][0]]
    assert primary["is_unchanged_quote"].tolist() == both["is_unchanged_quote"].tolist()


def test_vix_and_etf_quotes_are_compared_with_their_own_day_before(sample: Build) -> None:
    """A quote that is carried forward keeps its flag; a session without one has none."""
    market = sample.frame(
        "from cdx_overlay.fct_instrument_daily where instrument_code in ('cdx_ig_5y', 'cdx_hy_5y')"
    ).sort_values("date")
    vix = pd.read_csv(SAMPLE / "vix.csv", parse_dates=["date"]).sort_values("date")
    vix["expected"] = vix["close"].diff() == 0
    etf = pd.read_csv(SAMPLE / "etf.csv", parse_dates=["date"]).sort_values("date")
    etf["etf_ticker"] = etf["ticker"]
    etf["expected"] = (etf.groupby("ticker")[["close", "spread"]].diff() == 0).all(axis="columns")
    for column, quotes, by in (
        ("is_unchanged_vix_quote", vix, None),
        ("is_unchanged_etf_quote", etf, "etf_ticker"),
    ):
        days = pd.to_datetime(market["date"]).astype(quotes["date"].dtype)
        found = pd.merge_asof(market.assign(date=days), quotes, on="date", by=by)
        expected = found["expected"].fillna(False).astype(bool)
        assert found[column].equals(expected) and expected.sum() > 0, column


def test_a_cds_quote_is_compared_with_the_quote_day_before(sample: Build) -> None:
    """Of the same name, tenor and clause; the day before may be weeks ago."""
    points = sample.frame("from cds_bond.fct_cds_curve_points")
    quotes = {
        (row.red_code, row.quote_date, row.tenor_years): (row.par_spread_dec, row.doc_clause)
        for row in points.itertuples()
    }
    days = points.groupby("red_code")["quote_date"].unique().map(sorted)
    day_before = {
        (name, later): earlier for name, found in days.items() for earlier, later in pairwise(found)
    }
    curves = sample.frame("from cds_bond.fct_cds_curves")
    expected = []
    for row in curves.itertuples():
        earlier = day_before.get((row.red_code, row.quote_date))
        own = quotes[row.red_code, row.quote_date, row.tenor_years]
        expected.append(quotes.get((row.red_code, earlier, row.tenor_years)) == own)
    assert curves["is_unchanged_quote"].tolist() == expected and sum(expected) > 0


def test_a_bond_price_has_its_age_and_is_compared_with_the_month_before(sample: Build) -> None:
    """In every method; no row is dropped for either."""
    delivered = pd.read_parquet(SAMPLE / "wrds_bond.parquet")
    delivered["source_row_number"] = range(1, len(delivered) + 1)
    delivered["code"] = delivered["cusip"].str.strip().str.upper()
    months = delivered.groupby(["code", "date"])["price_eom"].min().sort_index()
    earlier = months.groupby("code").shift().rename("earlier").reset_index()
    delivered = delivered.merge(earlier, on=["code", "date"], how="left")
    delivered["age"] = (delivered["date"] - delivered["t_date"]).dt.days
    basis = sample.frame("from cds_bond.fct_bond_basis").merge(delivered, on="source_row_number")
    assert basis["price_age_days"].equals(basis["age"].astype(basis["price_age_days"].dtype))
    assert basis["price_age_days"].between(0, 5).all() and basis["price_age_days"].nunique() == 6
    expected = basis["price_eom"] == basis["earlier"]
    assert basis["is_unchanged_quote"].equals(expected) and expected.sum() > 0
