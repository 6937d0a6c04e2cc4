"""The committed sample is what the generator writes, and it tells the stories it promises.

A newcomer's first build, every documented figure and every load test start from these files: they
must come out the same everywhere, look like the market they imitate and hold every kind of dirt
that the warehouse claims to survive.
"""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scaled_rows import contract

from parspread_tools.gate.check import check_inputs
from parspread_tools.identifiers import cusip_check_digit, isin_check_digit
from parspread_tools.sample.make import main

SEEDS = Path(__file__).resolve().parents[3] / "seeds"
SAMPLE = SEEDS / "sample"
MARKET_FILES = ("cdx.csv", "cdx_events.csv", "vix.csv", "etf.csv", "dtcc_prints.csv")
BOND_FILES = (
    "issue_data.parquet",
    "monthly_ts_data.parquet",
    "fed_yield_curve.parquet",
    "RED_and_ISIN_mapping.parquet",
    "wrds_bond.parquet",
    "bond_terms.parquet",
    "discount_curves.parquet",
    "credit_events.parquet",
    "index_constituents.parquet",
    *(f"cds_final/cds_{year}.parquet" for year in range(2016, 2021)),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Write the default sample once."""
    folder = tmp_path_factory.mktemp("sample")
    main(["--out", str(folder)])
    return folder


def query(sql: str) -> pd.DataFrame:
    """Run SQL in which {sample} names the committed folder."""
    return duckdb.sql(sql.format(sample=SAMPLE)).df()


@pytest.fixture(scope="module")
def cdx():
    """Return clean index quotes, one column an index, and their series."""
    rows = pd.read_csv(SAMPLE / "cdx.csv", parse_dates=["date"])
    rows = rows[rows["spread"].gt(0) & rows["date"].dt.day_of_week.lt(5)].drop_duplicates()
    rows["name"] = rows["index"] + " " + rows["tenor"]
    return rows.pivot(index="date", columns="name", values=["spread", "series", "price"])


# ---------------------------------------------------------------------------------------------
# The same everywhere


@pytest.mark.parametrize("name", MARKET_FILES)
def test_committed_market_files_are_byte_for_byte_what_the_generator_writes(written, name):
    assert (written / name).read_bytes() == (SAMPLE / name).read_bytes()


@pytest.mark.parametrize("name", BOND_FILES)
def test_committed_bond_files_hold_the_values_that_the_generator_writes(written, name):
    # Values, not bytes: a parquet file also records the version of the library that wrote it.
    pd.testing.assert_frame_equal(
        pd.read_parquet(written / name), pd.read_parquet(SAMPLE / name), check_exact=True
    )


def test_the_committed_folder_holds_nothing_else_and_no_file_is_large():
    files = [file for file in SAMPLE.rglob("*") if file.is_file() and file.suffix != ".md"]
    names = {str(file.relative_to(SAMPLE)) for file in files}
    assert names == {*MARKET_FILES, *BOND_FILES}
    assert max(file.stat().st_size for file in files) < 3_000_000


def small(folder: Path, *more: str) -> Path:
    main(
        ["--out", str(folder), "--issuers", "20", "--bonds", "40", "--months", "2"]
        + ["--sessions", "60", *more]
    )
    return folder


def test_another_seed_writes_another_history_and_the_same_seed_the_same(tmp_path):
    first, again = small(tmp_path / "first"), small(tmp_path / "again")
    other = small(tmp_path / "other", "--seed", "8")
    for name in (
        "cdx.csv",
        "vix.csv",
        "etf.csv",
        "wrds_bond.parquet",
        "cds_final/cds_2016.parquet",
    ):
        assert (first / name).read_bytes() == (again / name).read_bytes()
        assert (first / name).read_bytes() != (other / name).read_bytes()


def test_csv_and_parquet_hold_the_same_values(tmp_path):
    as_parquet = small(tmp_path / "parquet", "--format", "parquet")
    as_csv = small(tmp_path / "csv", "--format", "csv")
    for name, parts in (
        ("cdx", "cdx.parquet"),
        ("wrds_bond", "wrds_bond.parquet"),
        ("monthly_ts_data", "monthly_ts_data.parquet"),
        ("cds_final", "cds_final/*.parquet"),
    ):
        in_parquet = duckdb.sql(f"from '{as_parquet}/{parts}'").df()
        in_csv = pd.read_csv(as_csv / f"{name}.csv")
        assert list(in_csv) == list(in_parquet) and len(in_csv) == len(in_parquet) > 0
        for column in in_parquet.select_dtypes("float"):
            # A reader of text may err in the last of 17 digits.
            np.testing.assert_allclose(
                in_csv[column], in_parquet[column], rtol=1e-15, atol=0, err_msg=column
            )


def test_a_larger_request_is_served_with_every_issuer_bond_and_session(tmp_path):
    main(
        ["--out", str(tmp_path), "--issuers", "300", "--bonds", "900", "--months", "14"]
        + ["--sessions", "4000", "--format", "parquet"]
    )
    sessions = duckdb.sql(
        f"select count(distinct date) from '{tmp_path}/cdx.parquet' where dayofweek(date) % 6 > 0"
    )
    assert sessions.fetchone() == (4000,)
    # 300 issuers are two blocks of the CDS writer; two names have no CDS.
    quoted = duckdb.sql(f"select count(distinct ticker) from '{tmp_path}/cds_final/*.parquet'")
    assert quoted.fetchone() == (298,)
    bonds = duckdb.sql(
        f"select count(distinct cusip), count(distinct date) from '{tmp_path}/wrds_bond.parquet'"
    )
    bond_count, month_count = bonds.fetchone()
    assert 600 < bond_count <= 900 and month_count == 14


def test_a_whole_market_is_taken_by_the_check_of_inputs(tmp_path):
    """An index has its 125 or 100 members, however many names are quoted."""
    main(
        ["--out", str(tmp_path), "--issuers", "2000", "--bonds", "2000", "--months", "1"]
        + ["--sessions", "60"]
    )
    assert check_inputs(tmp_path, contract())["errors"] == []
    members = duckdb.sql(
        "select distinct index, count(*)::integer, round(sum(weight), 9) "
        f"from '{tmp_path}/index_constituents.parquet' group by index, series order by index"
    )
    assert members.fetchall() == [("CDX_NA_HY", 100, 1.0), ("CDX_NA_IG", 125, 1.0)]


def test_another_first_month_and_eight_tenors_a_day(tmp_path):
    small(tmp_path, "--first-month", "2009-11", "--tenors", "8", "--desk", "cds_bond")
    found = duckdb.sql(
        f"select min(date)::varchar, max(date)::varchar, count(distinct date)::integer from "
        f"'{tmp_path}/cds_final/*.parquet' where tenor in ('6M', '2Y', '4Y')"
    )
    # All weekdays of two months but Christmas.
    assert found.fetchone() == ("2009-11-02 00:00:00", "2009-12-31 00:00:00", 43)
    bonds = duckdb.sql(f"select distinct date::date::varchar from '{tmp_path}/wrds_bond.parquet'")
    assert sorted(bonds.fetchall()) == [("2009-11-30",), ("2009-12-31",)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--start", "1999-01-04"], "start must be on or after 2004-01-02; it was 1999-01-04"),
        (["--sessions", "59"], "sessions must be at least 60; they were 59"),
        (["--issuers", "19"], "issuers must be between 20 and 25000; they were 19"),
        (["--bonds", "59"], "bonds must be between 1 and 500 an issuer; they were 59"),
        (["--months", "0"], "months must be at least 1; they were 0"),
        (["--seed", "-1"], "seed must be at least 0; it was -1"),
        (["--first-month", "2016-13"], "first_month must be a month such as 2016-01, on or after"),
        (["--first-month", "1989-12"], "first_month must be a month such as 2016-01, on or after"),
    ],
)
def test_an_impossible_request_is_refused_before_anything_is_written(
    tmp_path, capsys, arguments, message
):
    with pytest.raises(SystemExit):
        main(["--out", str(tmp_path / "sample"), *arguments])
    assert message in capsys.readouterr().err
    assert not (tmp_path / "sample").exists()


# ---------------------------------------------------------------------------------------------
# Market files


def test_market_history_spans_twelve_years_of_believable_levels(cdx):
    assert cdx.index[0] <= pd.Timestamp("2013-01-02")
    assert cdx.index[-1] >= pd.Timestamp("2024-12-31")
    spread = cdx["spread"]
    assert spread["CDX_NA_IG 5Y"].quantile([0.0, 1.0]).between(40, 180).all()
    assert spread["CDX_NA_HY 5Y"].quantile([0.0, 1.0]).between(240, 1000).all()
    assert spread["CDX_NA_HY 5Y"].idxmax().year == 2020
    stressed = spread.loc["2022"].mean()
    assert (stressed > 1.15 * spread.loc["2021"].mean()).all()


def test_high_yield_trades_wider_and_moves_more_than_investment_grade(cdx):
    spread = cdx["spread"]
    assert (spread["CDX_NA_HY 5Y"] > 2 * spread["CDX_NA_IG 5Y"])[spread.notna().all(axis=1)].all()
    assert (spread["CDX_NA_IG 10Y"] > spread["CDX_NA_IG 5Y"])[spread.notna().all(axis=1)].all()
    daily_bps = spread.diff().std()
    assert daily_bps["CDX_NA_HY 5Y"] > 3 * daily_bps["CDX_NA_IG 5Y"]


def test_every_series_rolls_on_its_day_and_the_generic_spread_mostly_jumps_up(cdx):
    for name, day, low_bps, high_bps in (
        ("CDX_NA_IG 5Y", 20, 2, 10),
        ("CDX_NA_HY 5Y", 27, 10, 40),
        ("ITRAXX_XO 5Y", 20, 8, 30),
    ):
        quotes = cdx.xs(name, axis=1, level="name").dropna(subset="spread")
        rolls = quotes.index[quotes["series"].diff().eq(1)]
        assert len(rolls) == 24 and quotes["series"].diff().dropna().isin([0, 1]).all()
        for roll in rolls:
            due = pd.Timestamp(roll.year, 3 if roll.month < 6 else 9, day)
            assert 0 <= (roll - due).days <= 4
        jump_bps = quotes["spread"].diff()[rolls].mean()
        other_bps = quotes["spread"].diff().drop(rolls).mean()
        assert low_bps < jump_bps - other_bps < high_bps
        assert abs(other_bps) < 0.2 * jump_bps
        ups = quotes["spread"].diff()[rolls].gt(0)
        assert 0.6 < ups.mean() < 1, "some rolls go down, as in real history"


def test_high_yield_price_is_par_at_the_coupon_and_falls_as_the_spread_widens(cdx):
    hy = cdx.xs("CDX_NA_HY 5Y", axis=1, level="name").dropna()
    assert (np.sign(hy["price"] - 100) == np.sign((500 - hy["spread"]).round(1))).mean() > 0.99
    duration_years = -np.polyfit(hy["spread"] - 500, hy["price"] - 100, 1)[0] * 100
    assert 3.5 < duration_years < 5.0
    assert cdx["price"]["CDX_NA_IG 5Y"].isna().all()


def test_equity_volatility_moves_with_credit_and_neither_leads(cdx):
    vix = pd.read_csv(SAMPLE / "vix.csv", parse_dates=["date"], index_col="date")["close"]
    changes = pd.DataFrame({"cdx": cdx["spread"]["CDX_NA_IG 5Y"], "vix": vix}).dropna()
    changes = np.log(changes).diff()
    assert changes["vix"].corr(changes["cdx"]) > 0.4
    for sessions in (-1, 1):
        assert abs(changes["vix"].corr(changes["cdx"].shift(sessions))) < 0.05


@pytest.mark.parametrize("name", ["CDX_NA_IG 5Y", "CDX_NA_HY 5Y"])
def test_daily_changes_do_not_foretell_each_other_but_their_size_lasts(cdx, name):
    """In basis points and in logs, with the jumps of rolls and without; real IG has 0.01."""
    quotes = cdx.xs(name, axis=1, level="name").dropna(subset="spread")
    rolls = quotes["series"].diff().ne(0)
    for levels in (quotes["spread"].astype(float), np.log(quotes["spread"].astype(float))):
        changes = levels.diff()
        for kept in (changes, changes.mask(rolls)):
            assert abs(kept.autocorr(1)) < 0.05
        assert changes.abs().autocorr(1) > 0.08 and changes.abs().autocorr(5) > 0.08
        assert changes.kurt() > 5


def test_more_than_one_crisis_shows_in_every_index(cdx):
    """The highest quotes of 2015-16, 2020 and 2022 stand half above the calm of 2017."""
    for name in ("CDX_NA_IG 5Y", "CDX_NA_HY 5Y", "ITRAXX_XO 5Y"):
        spread = cdx["spread"][name]
        calm = spread.loc["2017"].median()
        for crisis in (spread.loc["2015":"2016"], spread.loc["2020"], spread.loc["2022"]):
            assert crisis.max() > 1.5 * calm, name


def test_the_index_spread_drops_by_the_loss_when_a_name_has_left(cdx):
    """Two events, a row for each of the three latest series; weight x (1 - recovery) / annuity."""
    events = pd.read_csv(SAMPLE / "cdx_events.csv", parse_dates=["effective_date", "event_date"])
    assert events.groupby("entity")["series"].nunique().tolist() == [3, 3]
    quotes = cdx.xs("CDX_NA_HY 5Y", axis=1, level="name")
    for _, event in events.groupby("entity"):
        newest = event.iloc[event["series"].argmax()]
        day = newest["effective_date"]
        assert quotes["series"][day] == newest["series"]
        assert (event["event_date"] < event["effective_date"]).all()
        loss_bps = 1e4 * newest["weight"] * (1 - newest["recovery"]) / 4
        assert quotes["spread"].diff()[day] == pytest.approx(-loss_bps, abs=12)


def test_market_dirt_is_planted_once_of_each_kind(cdx):
    raw = pd.read_csv(SAMPLE / "cdx.csv", parse_dates=["date"])
    assert raw["date"].dt.day_of_week.eq(5).sum() == 1
    assert raw.duplicated().sum() == 1
    assert raw["spread"].lt(0).sum() == 1
    assert raw["spread"].isna().sum() == 1
    assert cdx["spread"]["CDX_NA_IG 5Y"].isna().sum() == 3
    etf = pd.read_csv(SAMPLE / "etf.csv", parse_dates=["date"])
    assert etf["spread"].isna().sum() == 3 and etf["close"].notna().all()
    vix = pd.read_csv(SAMPLE / "vix.csv", parse_dates=["date"], index_col="date")["close"]
    without_vix = (~cdx.index.isin(vix.index)).astype(int)
    longest = max(len(run) for run in "".join(map(str, without_vix)).split("0"))
    assert longest > 5, "one stretch without VIX must exceed the maximum age of five sessions"


# ---------------------------------------------------------------------------------------------
# Bond files


def bond_basis_bps(month_end: str) -> pd.DataFrame:
    """Return a rough CDS-bond basis of plain bonds, by straight lines only."""
    bonds = query(
        """
        select *, substr(cusip, 1, 6) as stem from '{sample}/wrds_bond.parquet'
        where security_level = 'SEN' and conv = 0 and coupon > 0 and tmt between 1 and 10
          and price_eom between 50 and 150 and "yield" between 0 and 0.5
          and rating_class in ('0.IG', '1.HY')
        """
    )
    bonds = bonds[bonds["date"] == month_end]
    quotes = query(
        """
        select distinct on (substr(obl_cusip, 1, 6), tenor)
            substr(obl_cusip, 1, 6) as stem, replace(tenor, 'Y', '')::double as years, parspread
        from '{sample}/cds_final/*.parquet' as cds
        inner join '{sample}/RED_and_ISIN_mapping.parquet' as red on cds.redcode = red.redcode
        where cds.date = (
                select max(date) from '{sample}/cds_final/*.parquet' where date <= '"""
        + month_end
        + """')
          and docclause = 'XR14' and cds.tier = 'SNRFOR' and currency = 'USD'
          and tenor in ('1Y', '3Y', '5Y', '7Y', '10Y') and parspread between 0 and 2
        order by cds.redcode
        """
    )
    curves = {stem: rows.sort_values("years") for stem, rows in quotes.groupby("stem")}
    fed = pd.read_parquet(SAMPLE / "fed_yield_curve.parquet").dropna().set_index("Date")
    zero_pct = fed.loc[:month_end].iloc[-1][[f"SVENY{year:02d}" for year in range(1, 11)]]
    bonds = bonds[bonds["stem"].isin(curves)]
    cds_dec = [
        np.interp(row.tmt, curves[row.stem]["years"], curves[row.stem]["parspread"])
        for row in bonds.itertuples()
    ]
    rate_dec = np.interp(bonds["tmt"], range(1, 11), zero_pct.astype(float)) / 100
    yield_dec = 2 * np.log1p(bonds["yield"] / 2)
    return bonds.assign(basis_bps=1e4 * (cds_dec - (yield_dec - rate_dec)))


def test_the_basis_is_negative_in_2020_and_more_so_in_high_yield():
    calm = bond_basis_bps("2019-12-31").groupby("rating_class")["basis_bps"]
    crisis = bond_basis_bps("2020-03-31").groupby("rating_class")["basis_bps"]
    assert calm.size().min() >= 20 and crisis.size().min() >= 20
    assert -40 < calm.median()["0.IG"] < 0
    assert -100 < calm.median()["1.HY"] < -30
    assert -230 < crisis.median()["0.IG"] < -120
    assert -450 < crisis.median()["1.HY"] < -280


def days_30_360(start: pd.Timestamp, end: pd.Timestamp) -> int:
    """Count days as if every month had thirty."""
    months = 12 * (end.year - start.year) + end.month - start.month
    return 30 * months + min(end.day, 30) - min(start.day, 30)


def test_every_clean_price_plus_accrued_interest_is_the_present_value_at_its_yield():
    bonds = query(
        """
        select distinct on (cusip, date) date, maturity, nextcoup, coupon, coupacc,
            price_eom + coupacc as dirty_pct_par, "yield" as yield_dec
        from '{sample}/wrds_bond.parquet'
        where coupon > 0 and nextcoup is not null and coupacc is not null and maturity is not null
          and price_eom between 5 and 300 and "yield" between 0 and 1.5
        order by cusip, date, price_eom
        """
    )
    assert len(bonds) > 7000
    for row in bonds.iloc[::37].itertuples():
        growth = 1 + row.yield_dec / 2
        days_to_coupon = days_30_360(row.date, row.nextcoup)
        assert row.coupacc == pytest.approx(row.coupon * (180 - days_to_coupon) / 360, abs=1e-6)
        first = days_to_coupon / 180  # in half-years
        later_count = days_30_360(row.nextcoup, row.maturity) // 180
        coupons = [row.coupon / 2 / growth ** (first + k) for k in range(later_count + 1)]
        value = sum(coupons) + 100 / growth ** (first + later_count)
        assert value == pytest.approx(row.dirty_pct_par, abs=0.005)


def test_one_name_widens_inverts_defaults_and_leaves_its_bonds_at_recovery():
    defaulted = query(
        "select * from '{sample}/wrds_bond.parquet' where defaulted = 'Y' and price_eom is not null"
    )
    assert defaulted["company_symbol"].nunique() == 1
    assert defaulted["date"].min() == pd.Timestamp("2020-06-30")
    assert defaulted["price_eom"].between(20, 35).all() and defaulted["yield"].isna().all()
    symbol = defaulted["company_symbol"].iloc[0]
    quotes = query("select * from '{sample}/cds_final/*.parquet' where ticker = '" + symbol + "'")
    assert quotes["date"].max() < pd.Timestamp("2020-06-15")
    last = quotes[quotes["date"] == quotes["date"].max()].set_index("tenor")["parspread"]
    assert last["1Y"] > last["3Y"] > last["5Y"] > 0.5


def test_treasuries_of_every_kind_carry_daily_yields_and_odd_amounts():
    months = query(
        """
        select * from '{sample}/monthly_ts_data.parquet'
        inner join '{sample}/issue_data.parquet' using (kycrspid, kytreasno)
        """
    )
    assert set(months["itype"]) == {1, 2, 4, 5, 11, 12}  # bonds, notes, bills, callables, TIPS
    assert months.loc[months["itype"] == 4, "tmpubout"].isin([0, -1, np.nan]).all()
    assert months["tmpubout"].isna().any() and months["tmpubout"].eq(-1).any()
    assert months["tmyld"].isna().any() and months["tmyld"].eq(-99).any()
    quoted = months[months["tmyld"].gt(-1) & months["itype"].isin([1, 2])]
    assert (365 * quoted["tmyld"]).between(-0.002, 0.045).all()
    assert months["mcaldt"].nunique() == 60 and months["mcaldt"].dt.day_of_week.max() == 4


@pytest.mark.parametrize(
    ("what", "sql"),
    [
        ("subordinated", "from {bonds} where security_level = 'SUB'"),
        ("convertible", "from {bonds} where conv = 1"),
        ("zero-coupon", "from {bonds} where coupon = 0 and nextcoup is null"),
        ("coupon unknown", "from {bonds} where coupon is null"),
        ("blank ISIN", "from {bonds} where isin = ''"),
        ("no ISIN", "from {bonds} where isin is null"),
        ("lower-case ISIN", "from {bonds} where isin <> upper(isin)"),
        ("padded CUSIP", "from {bonds} where cusip <> trim(cusip)"),
        ("matured", "from {bonds} where maturity <= date"),
        ("distressed", "from {bonds} where price_eom < 50 and defaulted = 'N'"),
        ("absurd price", "from {bonds} where price_eom > 1000"),
        ("yield in percent", 'from {bonds} where "yield" between 1 and 30 and price_eom > 90'),
        ("unrated label", "from {bonds} where rating_class = '2.NR'"),
        ("small issue", "from {bonds} where amount_outstanding between 1 and 99999"),
        (
            "exact duplicate",
            "from (from {bonds} group by all having count(*) > 1)",
        ),
        (
            "conflicting duplicate",
            ("from (from {bonds} select cusip, date group by all"
            " having count(distinct price_eom) > 1)"),
        ),
        ("absurd spread", "from {cds} where parspread in (28.7, 491.84)"),
        ("negative spread", "from {cds} where parspread < 0"),
        ("no spread", "from {cds} where parspread is null"),
        ("no RED code", "from {cds} where redcode is null"),
        ("no ticker", "from {cds} where ticker is null"),
        ("lower-case RED code", "from {cds} where redcode <> upper(redcode)"),
        ("padded RED code", "from {cds} where redcode <> trim(redcode)"),
        ("subordinated tier", "from {cds} where tier = 'SUBLT2'"),
        ("another currency", "from {cds} where currency = 'EUR'"),
        ("another country", "from {cds} where country = 'Canada'"),
        ("other clauses", "from {cds} where docclause <> 'XR14'"),
        ("other tenors", "from {cds} where tenor not in ('1Y', '3Y', '5Y', '7Y', '10Y')"),
        (
            "conflicting quotes",
            ("from (from {cds} select redcode, date, tenor, docclause, tier, currency group by all"
            " having count(distinct parspread) > 1)"),
        ),
        (
            "two tickers for one RED code",
            ("from (from {cds} select redcode, date where ticker is not null group by all"
            " having count(distinct ticker) > 1)"),
        ),
        (
            "single-tenor curve",
            ("from (from {cds} select redcode, year(date) where tier = 'SNRFOR' group by all"
            " having count(distinct tenor) = 1)"),
        ),
        (
            "inverted curve",
            ("from (from {cds} select ticker, date where docclause = 'XR14' and parspread < 5"
            " group by all having max(parspread) filter (tenor = '1Y')"
            " > max(parspread) filter (tenor = '5Y'))"),
        ),
        (
            "stale quotes",
            ("from (from {cds} select ticker, tenor, parspread where year(date) = 2018"
            " and docclause = 'XR14' and tier = 'SNRFOR' and currency = 'USD' and tenor = '5Y'"
            " group by all having count(distinct date) > 30)"),
        ),
        (
            "several RED codes for one ISIN",
            ("from (from {red} select isin where isin <> '' group by all"
            " having count(distinct upper(redcode)) > 1)"),
        ),
        ("obligation without CUSIP", "from {red} where obl_cusip is null"),
        ("mapping without RED code", "from {red} where redcode is null"),
        ("curve of a holiday", "from {fed} where BETA0 is null"),
    ],
)  # fmt: skip
def test_every_kind_of_dirt_is_there_and_rare(what, sql):
    tables = {
        "bonds": f"'{SAMPLE}/wrds_bond.parquet'",
        "cds": f"'{SAMPLE}/cds_final/*.parquet'",
        "red": f"'{SAMPLE}/RED_and_ISIN_mapping.parquet'",
        "fed": f"'{SAMPLE}/fed_yield_curve.parquet'",
    }
    row_count = duckdb.sql("select count(*) " + sql.format(**tables)).fetchone()[0]
    table = next(name for name in tables if "{" + name + "}" in sql)
    share = row_count / duckdb.sql(f"select count(*) from {tables[table]}").fetchone()[0]
    assert 0 < share < 0.3, f"{what}: {row_count} rows"


def test_bond_rows_stand_at_calendar_month_ends_weekends_included():
    dates = query("select distinct date from '{sample}/wrds_bond.parquet'")["date"]
    assert len(dates) == 60 and dates.dt.is_month_end.all()
    assert dates.dt.day_of_week.ge(5).sum() > 10


@pytest.mark.parametrize(
    ("cusip", "isin"),
    [("037833100", "US0378331005"), ("38259P508", "US38259P5089"), ("912828U81", "US912828U816")],
)
def test_check_digits_agree_with_published_identifiers(cusip, isin):
    assert cusip_check_digit(cusip[:8]) == cusip[8]
    assert isin_check_digit(isin[:11]) == isin[11]


def test_identifiers_are_well_formed_and_lie_in_the_range_for_private_use():
    codes = query("select distinct upper(trim(cusip)) as cusip from '{sample}/wrds_bond.parquet'")[
        "cusip"
    ]
    assert codes.str.startswith("99").all() and codes.str.len().eq(9).all()
    assert all(cusip_check_digit(code[:8]) == code[8] for code in codes)


# ---------------------------------------------------------------------------------------------
# The macro-credit notebook's year


@pytest.mark.parametrize("name", ["cdx", "vix", "etf"])
def test_macrocredit_year_carries_every_digit_of_the_executed_notebook(shared_dir, name):
    ours = pd.read_csv(SEEDS / "macrocredit_year" / f"{name}.csv", dtype=str)
    theirs = pd.read_csv(shared_dir / "golden" / "notebook" / f"market_{name}.csv", dtype=str)
    pd.testing.assert_frame_equal(ours, theirs[list(ours.columns)])
