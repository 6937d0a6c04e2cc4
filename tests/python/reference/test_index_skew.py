"""The index against its names: every day worked out again from names, quotes and curves."""

from __future__ import annotations

import json
import math

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import Build
from parspread.dates.cds_schedule import standard_maturity_date

ROWS = 200
NAMES = "intermediate.int_cds_bond__index_constituents_screened"
YEARS = {"6m": 0.5, "1y": 1, "2y": 2, "3y": 3, "4y": 4, "5y": 5, "7y": 7, "10y": 10}


def intrinsic(row: pd.Series, names: pd.DataFrame, curves: pd.DataFrame) -> tuple[float, float]:
    """Return the intrinsic spread in basis points and the share of the weight that is quoted."""
    years = np.array(list(YEARS.values()))
    maturities = standard_maturity_date(np.datetime64(row.date, "D"), (12 * years).astype(int))
    place = (maturities - np.datetime64("1970-01-01")).astype(float)
    at = float((np.datetime64(row.maturity_date, "D") - np.datetime64("1970-01-01")).astype(int))
    left = (row.maturity_date - row.date).days / 365.25
    above = below = quoted = 0.0
    for name in names.itertuples():
        if name.red_code not in curves.index:
            continue
        spreads = curves.loc[name.red_code].to_numpy(dtype=float)
        is_quoted = ~np.isnan(spreads)
        if not is_quoted.any() or not place[is_quoted][0] <= at <= place[is_quoted][-1]:
            continue
        spread = np.interp(at, place[is_quoted], spreads[is_quoted])
        decay = 0.03 + 365 / 360 * spread / 0.6
        annuity = 365 / 360 * (1 - math.exp(-decay * left)) / decay
        above += name.weight_share * spread * annuity
        below += name.weight_share * annuity
        quoted += name.weight_share
    return 1e4 * above / below if below else math.nan, quoted / names["weight_share"].sum()


def test_random_days_are_what_the_names_mean(sample: Build) -> None:
    """Interpolated between the very maturities of the contracts, where the table goes by months."""
    rows = sample.frame(
        "select * from cds_bond.fct_index_skew where skew_status = 'ok' "
        f"order by hash(index_code, tenor_code, series_number, date) limit {ROWS}"
    )
    names = sample.inner_frame(f"from {NAMES} where reject_reason is null")
    columns = ", ".join(f"par_spread_{tenor}_dec" for tenor in YEARS)
    curves = sample.inner_frame(
        f"select red_code, quote_date, {columns} from intermediate.int_cds_bond__cds_curves_cleaned"
    )
    defaults = sample.inner_frame("from intermediate.int_cds_bond__defaults_dated")
    assert len(rows) == ROWS and rows["series_number"].nunique() == 4
    for _, row in rows.iterrows():
        gone = defaults.loc[defaults["event_date"] <= row.date, "red_code"]
        own = names[
            (names.index_code == row.index_code)
            & (names.series_number == row.series_number)
            & ~names.red_code.isin(gone)
        ]
        day = curves[curves.quote_date == row.date].set_index("red_code")
        expected, share = intrinsic(row, own, day.drop(columns="quote_date"))
        assert row.name_count == len(own)
        assert row.quoted_share == pytest.approx(share, abs=1e-12)
        assert row.intrinsic_spread_bps == pytest.approx(expected, rel=2e-4)
        assert row.skew_bps == pytest.approx(row.quoted_spread_bps - row.intrinsic_spread_bps)


def test_an_index_that_is_hardly_quoted_has_no_skew(sample: Build) -> None:
    """After the last CDS quote of the sample the index goes on."""
    found = sample.frame(
        "select skew_status, count(*) as n, count(skew_bps) as shown, max(quoted_share) as most "
        "from cds_bond.fct_index_skew group by all"
    ).set_index("skew_status")
    assert found.loc["names_not_quoted", "shown"] == 0 < found.loc["names_not_quoted", "n"]
    assert found.loc["names_not_quoted", "most"] < 0.9
    assert found.loc["ok", "n"] == found.loc["ok", "shown"] > 500


@pytest.mark.parametrize(
    "day", ["2014-03-19", "2014-03-20", "2014-05-10", "2014-06-20", "2014-12-31", "2015-12-18",
            "2015-12-21", "2016-03-18", "2016-03-21", "2016-09-20", "2019-12-20"],
)  # fmt: skip
def test_a_tenor_starts_where_the_contracts_do(sample: Build, day: str) -> None:
    """The SQL anchor and the kernel's standard maturity, five years on."""
    nodes = sample.home / "target" / "manifest.json"
    sql = json.loads(nodes.read_text())["nodes"]["model.parspread.fct_index_skew"]["compiled_code"]
    anchor = sql.split("series.spread_bps,\n")[1].split("as anchor_date")[0].strip()
    ((found,),) = duckdb.sql(
        f"select {anchor} from (select date '{day}' as date) as series"
    ).fetchall()
    assert np.datetime64(found.replace(year=found.year + 5)) == standard_maturity_date(
        np.datetime64(day), 60
    )
