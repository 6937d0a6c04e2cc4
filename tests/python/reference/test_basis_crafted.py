"""Hand-made vendor files in one delivery: each bond is there to show one rule.

The files are CSV with a byte order mark and quoted line ends, without any optional column that the
rules do not need. Expected choices come from the replaced code, run on the same cases.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from basis_build import Query, build_basis, matched_treasuries
from conftest import built_ahead, find_shared

DAY = "2020-01-31"
BOND = {
    "company_symbol": "ACME",
    "date": DAY,
    "offering_date": "2018-06-15",
    "amount_outstanding": 500_000,
    "yield": 0.05,
    "rating_class": "0.IG",
    "price_eom": 100.0,
    "t_spread": 0.003,
    "coupon": 5.0,
}
# One faulty or odd bond line each, all else sound: what the standard method says about it.
ROWS = {
    "FAULT01AA": ({"price_eom": 0}, "price_not_positive"),
    "FAULT02AA": ({"price_eom": -5}, "price_not_positive"),
    "FAULT03AA": ({"price_eom": "NaN"}, "price_missing_or_unreadable"),
    "FAULT04AA": ({"yield": "inf"}, "yield_outside_plausible_range"),
    "FAULT05AA": ({"yield": "4,5"}, "yield_missing_or_unreadable"),
    "FAULT06AA": ({"yield": "4.5"}, "yield_outside_plausible_range"),
    "FAULT07AA": ({"yield": 0.5}, "yield_contradicts_price"),
    "FAULT09AA": ({"date": "31/01/2020"}, "date_missing_or_unreadable"),
    "FAULT10AA": ({"offering_date": "2020-03-01"}, "before_issue"),
    "FAULT11AA": ({"maturity": "2019-12-15"}, "matured"),
    "FAULT12AA": ({"maturity": ""}, "maturity_missing_or_unreadable"),
    "FAULT13AA": ({"amount_outstanding": 0}, "amount_outstanding_missing_or_not_positive"),
    "FAULT14AA": ({"rating_class": "2.NR"}, "rating_unknown"),
    "FAULT15AA": ({"isin": " "}, "isin_blank"),
    "FAULT16AA": ({"isin": "<NA>"}, "isin_blank"),
    "FAULT17": ({}, "cusip_not_nine_characters"),
    "FAULT18AA": ({"maturity": "2020-12-15"}, "remaining_maturity_outside_1_to_10_years"),
    "FAULT19AA": ({"price_eom": 45, "yield": 0.3}, "price_below_floor"),
    "FAULT20AA": ({"price_eom": 3347}, "price_above_plausible"),
    "SOUND01AA": ({"yield": "5.0%", "t_spread": "0.30%"}, None),
    " sound02aa ": ({"company_symbol": 'Acme, "the"\nline'}, None),
    "SOUND03AA": ({"rating_class": "HIGH YIELD"}, None),
}
# Bonds dated within the month, whose Treasuries are quoted at its end and on the 10th.
MID_MONTH = [
    ("MIDMO1AAA", "2020-01-15", "2021-09-15"),
    ("MIDMO2AAA", "2020-01-15", "2023-03-15"),
    ("MIDMO3AAA", "2020-01-09", "2021-09-15"),
]
# Issues that are listed twice, and what their second line has of its own.
REPEATED_ISSUES: dict[str, dict] = {
    "TWICE": {},
    "MATURES": {"tmatdt": "2048-08-21"},
    "DATED": {"tdatdt": "2030-08-21"},
    "UNENDING": {"tmatdt": None},
}


def bond(cusip: str, **facts: object) -> dict:
    isin = f"US{cusip.strip()}0"
    return BOND | {"cusip": cusip, "isin": isin, "maturity": "2023-03-15"} | facts


def cds(red_code: str, tenor: str, par_spread: object, date: str = DAY, **facts: object) -> dict:
    quote = {"date": date, "ticker": "ACME", "redcode": red_code, "parspread": par_spread}
    return quote | {"tenor": tenor, "tier": "SNRFOR", "country": "United States"} | facts


def write(folder: Path, name: str, rows: list[dict] | pd.DataFrame) -> None:
    pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig")


@pytest.fixture(scope="module")
def golden(shared_dir: Path) -> Path:
    return shared_dir / "golden" / "basis" / "edge_cases"


@pytest.fixture(scope="module")
def warehouse(crafted_warehouse: Query) -> Query:
    return crafted_warehouse


@built_ahead
def crafted_warehouse(home: Path) -> Query:
    """Return a query on the desk built from the reference's edge cases and some of ours."""
    golden = find_shared() / "golden" / "basis" / "edge_cases"
    folder = home / "vendor"
    folder.mkdir()
    choice = pd.read_parquet(golden / "g1_treasury_choice.parquet")
    bonds = [
        bond(
            f"{row.cusip:*<9}".replace("*", "A"),
            maturity=row.maturity,
            # The notebook keeps original maturities of one to ten years.
            offering_date="2019-06-15" if str(row.maturity) < "2026" else "2020-01-15",
        )
        for row in choice.itertuples()
    ]
    curves = pd.read_parquet(golden / "cds_merge_bonds_expected.parquet")
    codes = []
    for row in curves.itertuples():
        cusip = f"{row.cusip:A<6}"[:6] + "CDS"
        offered = row.maturity - pd.DateOffset(years=9)
        day, maturity = row.date.date(), row.maturity.date()
        bonds.append(bond(cusip, date=day, maturity=maturity, offering_date=offered.date()))
        codes.append(
            {"redcode": row.redcode, "ticker": "T", "obl_cusip": cusip, "isin": f"US{cusip}0"}
            | {"tier": "SNRFOR"}
        )
    bonds += [bond(cusip, **facts) for cusip, (facts, _) in ROWS.items()]
    bonds.append(bond("FUTURE1AA", date="2190-01-31"))
    twin = bond("TWINS01AA")
    bonds += [twin, twin, bond("TWINS02AA"), bond("TWINS02AA", price_eom=99.0)]
    codes += [
        {"redcode": code, "ticker": "ACME", "obl_cusip": f"{cusip.strip():A<9}", "isin": isin}
        | {"tier": "SNRFOR"}
        for cusip, code, isin in [
            ("SOUND01AA", " sound1 ", "ussound01aa0"),
            ("SOUND02AA", "SOUND2", " USSOUND02AA0"),
            ("SOUND03AA", "SOUND3", "USSOUND03AA0"),
            ("BLANK01AA", "", "USBLANK01AA0"),
            ("BLANK02AA", "<NA>", "USBLANK02AA0"),
        ]
    ]
    mapping = pd.read_parquet(golden / "g3_red_merge_mapping.parquet").fillna("")
    codes += [
        row | {"ticker": "R", "tier": "SNRFOR", "obl_cusip": f"RED0{row['obl_cusip']}"}
        for row in mapping.to_dict("records")
    ]
    for place, isin in enumerate(["US1", "US2", "US3"]):
        bonds.append(bond(f"REDBOND{place}A", isin=isin))
    filters = pd.read_parquet(golden / "g1_process_cb_spread_filters.parquet").to_dict("records")
    for case in filters:
        cusip = f"FILT{case['k']}AAAA"
        bonds.append(bond(cusip, maturity="2024-06-15", **{"yield": case["yield"]}))
        codes.append(
            {"redcode": f"FILTER{case['k']}", "ticker": "ACME", "obl_cusip": cusip}
            | {"isin": f"US{cusip}0", "tier": "SNRFOR"}
        )
    codes += [
        {"redcode": code, "ticker": "ACME", "obl_cusip": "MIDMO1AAA", "isin": "USMIDMO1AAA0"}
        | {"tier": "SNRFOR"}
        for code in ("MIDOLD", "MIDNEW")
    ]
    bonds += [
        bond("NOCODE1AA", date="2019-08-31"),
        bond("ENDLESS1A", maturity="2024-11-21", amount_outstanding="inf"),
        bond("ENDLESS2A", amount_outstanding="inf", **{"yield": "inf"}),
    ]
    codes += [
        {"redcode": code, "ticker": "ACME", "obl_cusip": cusip, "isin": f"US{cusip}0"}
        | {"tier": "SNRFOR"}
        for cusip, code in [
            ("NOCODE1AA", "NOCODE"),
            ("ENDLESS1A", "ENDLES"),
            ("ENDLESS2A", "ENDLES"),
        ]
    ]
    write(folder, "RED_and_ISIN_mapping", codes)

    quotes = pd.read_parquet(golden / "cds_merge_cds.parquet").drop(columns="year")
    counted = pd.read_parquet(golden / "g3_red_merge_cds.parquet")["redcode"]
    tenors = ["1Y", "3Y", "5Y", "7Y", "10Y", "2Y"]
    more = [cds(code, tenor, 0.01) for code, tenor in zip(counted, tenors, strict=True)]
    for code in ("SOUND1", "sound2", "SOUND3"):
        # The replaced codes compare the text: to them the contracts of SOUND3 are others.
        spelt = {"tier": " snrfor", "country": "United states "} if code == "SOUND3" else {}
        spreads = [("1y", 0.01), (" 5Y", 0.02)]
        more += [cds(code, tenor, spread, **spelt) for tenor, spread in spreads]
    # Flat curves, so that the spline gives back the spread of the case.
    for case in filters:
        more += [cds(f"FILTER{case['k']}", t, case["par_spread"]) for t in ("1Y", "10Y")]
    more += [cds("MIDOLD", tenor, 0.01, date="2020-01-10") for tenor in ("1Y", "5Y", "10Y")]
    for day in ("2020-01-10", "2020-01-20", "2020-01-21", "2020-01-22"):
        more += [cds("MIDNEW", tenor, 0.01, date=day) for tenor in ("1Y", "5Y")]
    for code, day in [("NOCODE", "2019-08-30"), ("ENDLES", DAY)]:
        more += [cds(code, tenor, 0.01, date=day) for tenor in ("1Y", "5Y")]
    more.append(cds("", "5Y", 0.01, date="2019-08-31"))
    # A name alone in its month: 3Y has fewer days than 5Y, 7Y more.
    for tenor, days in {"3Y": [1, 5, 6], "5Y": [1, 2, 6, 7], "7Y": range(1, 32)}.items():
        for day in days:
            facts = {"ticker": "HOLES", "date": f"2018-03-{day:02d}"}
            more.append(cds("HOLES1", tenor, 0.01 + day / 1000, **facts))
    more += [cds("CASED1", "5Y", 0.01), cds("cased1", "5Y", 0.01), cds("CASED1", "5Y", 0.02)]
    more += [
        cds("", "5Y", 0.01),
        cds("SOUND1", "6Q", 0.01),
        cds("SOUND1", "5Y", "0,01"),
        cds("SOUND1", "5Y", "nan"),
        cds("SOUND1", "5Y", "inf"),
        cds("SOUND1", "5Y", 0),
        cds("SOUND1", "5Y", 491.84),
        cds("SOUND1", "5Y", 0.02, date="2190-01-02"),
        cds("SOUND1", "5Y", 0.02, date="yesterday"),
    ]
    write(folder, "cds_final", pd.concat([quotes, pd.DataFrame(more)]))

    treasuries = pd.read_parquet(golden / "g1_treasury_choice_treasuries.parquet")
    treasuries["tmyld"] = (1 + treasuries["treas_yld"]) ** (1 / 365) - 1
    others = []
    pairs = curves[["date", "maturity"]].drop_duplicates().itertuples(index=False)
    extra = [(day.date(), maturity.date()) for day, maturity in pairs]
    extra.append((DAY, "2023-03-15"))
    for number, (day, maturity) in enumerate(dict.fromkeys((str(d), str(m)) for d, m in extra)):
        code = f"{maturity.replace('-', '')}.2{number:05d}"
        others.append(
            {"kycrspid": code, "kytreasno": 100 + number, "mcaldt": day, "tmpubout": 1000}
            | {"tmyld": 0.00004, "tmatdt": maturity}
        )
    others += [
        {"kycrspid": code, "kytreasno": number, "mcaldt": DAY, "tmpubout": amount, "tmyld": 0.00004}
        | {"tmatdt": "2024-11-21", "tdatdt": dated}
        for code, number, amount, dated in [
            ("20241121.2ISSUED", 901, 1000, DAY),
            ("20241121.2NOTYET", 902, 9000, "2020-02-15"),
            ("20241121.2UNDATED", 903, 500, None),
        ]
    ]
    bonds.append(bond("ISSUED1AA", maturity="2024-11-21"))
    others.append(
        {"kycrspid": "20240615.2FILTER", "kytreasno": 920, "mcaldt": DAY, "tmpubout": 1000}
        | {"tmyld": (1 + filters[0]["treas_yld"]) ** (1 / 365) - 1, "tmatdt": "2024-06-15"}
    )
    others += [
        {"kycrspid": f"20490821.2{name}", "kytreasno": number, "mcaldt": DAY, "tmpubout": 1000}
        | {"tmyld": 0.00004, "tmatdt": "2049-08-21", "tdatdt": "2019-08-21"}
        for number, name in enumerate(REPEATED_ISSUES, start=910)
    ]
    bonds += [bond(cusip, date=day, maturity=maturity) for cusip, day, maturity in MID_MONTH]
    others[:0] = [
        {"kycrspid": f"20210915.2{name}", "kytreasno": number, "mcaldt": day, "tmpubout": amount}
        | {"tmyld": 0.00004, "tmatdt": "2021-09-15"}
        for name, number, day, amount in [
            ("KNOWN", 930, "2020-01-10", 1000), ("LATER", 931, DAY, 2000)
        ]
    ]  # fmt: skip
    treasuries = pd.concat([treasuries, pd.DataFrame(others)])
    write(folder, "wrds_bond", bonds)
    issues = treasuries[["kycrspid", "kytreasno", "tmatdt", "tdatdt"]].to_dict("records")
    for issue in issues[-len(REPEATED_ISSUES) :]:
        issues.append(issue | REPEATED_ISSUES[issue["kycrspid"].split(".2")[1]])
    write(folder, "issue_data", issues)
    write(
        folder,
        "monthly_ts_data",
        treasuries[["kycrspid", "kytreasno", "mcaldt", "tmpubout", "tmyld"]],
    )
    fed = {"Date": DAY, "TAU1": 1.5, "TAU2": 10} | {f"BETA{i}": 1.0 for i in range(4)}
    curves = [fed | {"Date": day} for day in ["2020-01-28"] + 2 * ["2020-01-29", "2020-01-30"]]
    curves[-1] |= {"BETA0": 1.1}
    write(folder, "fed_yield_curve", [fed, *curves])
    return build_basis(folder, home)


CHAINS = ("int_cds_bond", "int_ftsfr_notebook")


def matched(warehouse: Query, chain: str, cusip: str) -> pd.DataFrame:
    """Return the Treasury that a chain of models gives the bonds whose CUSIP is like `cusip`."""
    return warehouse(
        "select bonds.cusip, treasuries.treasury_code, treasury_status "
        f"from {matched_treasuries(chain)} as treasuries "
        f"inner join intermediate.{chain}__bonds_screened as bonds "
        f"using (source_row_number) where bonds.cusip like '{cusip}' order by cusip"
    )


def test_treasury_choice_follows_the_notebook_tie_break_for_tie_break(
    warehouse: Query, golden: Path
) -> None:
    """Largest amount, file order on ties, nulls last, zero and minus one as numbers, day window."""
    found = warehouse(
        f"""
        select rtrim(bonds.cusip, 'A') as cusip, treasuries.treasury_code, treasury_yield_dec
        from {matched_treasuries("int_ftsfr_notebook")} as treasuries
        inner join intermediate.int_ftsfr_notebook__bonds_screened as bonds
            using (source_row_number)
        """
    ).set_index("cusip")
    expected = pd.read_parquet(golden / "g1_treasury_choice.parquet")
    compared = 0
    for row in expected.itertuples():
        if row.cusip not in found.index:
            # Only the bond without a maturity never reaches the match.
            assert pd.isna(row.maturity)
            continue
        code, rate = found.loc[row.cusip, ["treasury_code", "treasury_yield_dec"]]
        if pd.isna(row.kycrspid):
            assert pd.isna(code), row.cusip
        else:
            assert code == row.kycrspid, row.cusip
            assert rate == pytest.approx(row.treas_yld, rel=1e-11)
        compared += 1
    assert compared == 11


def test_a_treasury_that_is_not_yet_issued_is_no_match(warehouse: Query) -> None:
    """Quoted before its dated date: the larger amount wins for the notebook, standard rejects it.

    Issued that day is issued, and without a dated date nothing is screened.
    """
    merged = "treasuries_merged where treasury_code like '20241121%' order by treasury_number"
    found = warehouse(f"select fault_reason from intermediate.int_cds_bond__{merged}")
    assert found["fault_reason"].fillna("").tolist() == ["", "before_issue", ""]
    found = warehouse(f"select reject_reason from intermediate.int_ftsfr_notebook__{merged}")
    assert found["reject_reason"].isna().tolist() == 3 * [True]
    assert [
        matched(warehouse, chain, "ISSUED1AA")["treasury_code"].tolist() for chain in CHAINS
    ] == [["20241121.2ISSUED"], ["20241121.2NOTYET"]]


def test_standard_takes_no_treasury_that_is_quoted_after_the_bond(warehouse: Query) -> None:
    """The notebook matches by month. No reason may depend on what comes later in the month."""
    desk, notebook = (matched(warehouse, chain, "MIDMO%") for chain in CHAINS)
    codes = notebook["treasury_code"].fillna("").str[10:].tolist()
    assert [code[:5] for code in codes[::2]] == ["LATER", "LATER"] and codes[1] != ""
    assert notebook["treasury_status"].tolist() == 3 * ["ok"]
    assert desk["treasury_code"].fillna("").str[10:].tolist() == ["KNOWN", "", ""]
    assert desk["treasury_status"].tolist() == [
        "ok",
        "no_treasury_in_window_this_month",
        "no_treasury_quoted_yet_this_month",
    ]


def test_standard_counts_no_quote_that_comes_after_the_bond(warehouse: Query) -> None:
    """By the 15th MIDOLD has three and MIDNEW two, by the end of the month three and eight."""
    found = warehouse(
        "select mapped.red_code, earlier_quote_count "
        "from intermediate.int_cds_bond__bonds_mapped_to_red as mapped "
        "inner join intermediate.int_cds_bond__bonds_screened as bonds "
        "using (source_row_number) where bonds.cusip = 'MIDMO1AAA'"
    )
    assert found.to_numpy().tolist() == [["MIDOLD", 3]]


def test_cds_merge_follows_the_notebook(warehouse: Query, golden: Path) -> None:
    """Medians, two tickers, one tenor, stale and weekend quotes; 4Y never reaches the notebook."""
    found = warehouse(
        "select cusip, cds_par_spread_dec from cds_bond.fct_bond_basis "
        "where method = 'ftsfr_notebook' and cusip like '%CDS'"
    ).set_index("cusip")["cds_par_spread_dec"]
    expected = pd.read_parquet(golden / "cds_merge_bonds_expected.parquet")
    for row in expected.itertuples():
        spread = found.get(f"{row.cusip:A<6}"[:6] + "CDS", math.nan)
        if row.redcode == "BADTEN":
            # The function alone has none, but the pull before it leaves the 4Y out: decision 0007.
            assert math.isnan(row.g1_par_spread)
            years = (row.days / 365 - 3) / 2
            assert spread == pytest.approx(0.008 + 0.004 * years, rel=1e-12), row.cusip
        else:
            assert spread == pytest.approx(row.g1_par_spread, rel=1e-12, nan_ok=True), row.cusip


def test_the_last_filter_is_that_of_the_notebook(warehouse: Query, golden: Path) -> None:
    """An implied rate of 100 % or more goes, one far below -100 % stays: the filter has one side.

    Standard rejects such quotes beforehand, on both sides.
    """
    basis = warehouse(
        "select * from cds_bond.fct_bond_basis where cusip like 'FILT%' order by cusip"
    )
    outcomes = warehouse(
        "select cusip, reason from cds_bond.fct_bond_screening "
        "where method = 'ftsfr_notebook' and cusip like 'FILT%'"
    ).set_index("cusip")["reason"]
    notebook = basis[basis["method"] == "ftsfr_notebook"].set_index("cusip")
    expected = pd.read_parquet(golden / "g1_process_cb_spread_filters.parquet")
    assert len(notebook) == expected["kept"].sum() == 3
    for case in expected.to_dict("records"):
        cusip = f"FILT{case['k']}AAAA"
        if case["kept"]:
            assert outcomes[cusip] == "kept"
            for ours, theirs in (("fr", "FR"), ("basis", "CB"), ("implied_rf", "rfr")):
                found = notebook.loc[cusip, f"{ours}_yield_spread_dec"]
                assert found == pytest.approx(case[theirs], rel=1e-12), (cusip, theirs)
        elif math.isnan(case["yield"]):
            assert outcomes[cusip] == "yield_not_positive_or_missing"
        elif math.isnan(case["par_spread"]):
            assert outcomes[cusip] == "name_not_quoted"
        else:
            assert outcomes[cusip] == "implied_rf_100_pct_or_more", cusip
    standard = basis.loc[basis["method"] == "standard", "cusip"]
    assert standard.tolist() == ["FILT0AAAA"]


def test_one_spread_under_two_spellings_of_a_code_counts_twice(warehouse: Query) -> None:
    """The Z-spread code pulls distinct rows as delivered, and cleans their codes afterwards."""
    found = warehouse(
        "select par_spread_dec, distinct_quote_count "
        "from intermediate.int_ftsfr_zspread__quotes_summarised where red_code = 'CASED1'"
    )
    assert found.to_numpy().tolist() == [[0.01, 3]]


def test_a_quote_without_code_makes_its_day_a_quote_day_of_the_z_spread_code(
    warehouse: Query,
) -> None:
    """Its calendar is that of the whole file, so names quoted the day before are lost."""
    found = warehouse(
        "select quote_date::varchar as day, alignment_status "
        "from intermediate.int_ftsfr_zspread__bonds_aligned where cusip = 'NOCODE1AA'"
    )
    assert found.to_numpy().tolist() == [["2019-08-31", "name_not_quoted"]]


def test_a_portfolio_has_the_five_year_hazard_by_number_of_the_day(warehouse: Query) -> None:
    """The published code matches by position, and leaves out tenors with more days than 5Y has."""
    days = warehouse(
        "select * from intermediate.int_ftsfr_cds_returns__spread_days_collected "
        "where series_kind = 'portfolio' order by quote_date"
    )
    five_year = days[days["tenor_code"] == "5Y"].set_index("quote_date")
    seen = set()
    for (code, tenor), rows in days.groupby(["series_code", "tenor_code"]):
        five = five_year[five_year["series_code"] == code]
        found = rows["five_year_hazard_dec"].tolist()
        if len(rows) > len(five):
            assert rows["five_year_hazard_dec"].isna().all(), (code, tenor)
            seen.add("left out")
            continue
        hazards = 4 * np.log(1 + five["par_spread_dec"].to_numpy()[: len(rows)] / 2.4)
        assert found == pytest.approx(hazards, rel=1e-13), (code, tenor)
        if rows["quote_date"].tolist() != five.index[: len(rows)].tolist():
            seen.add("of another day")
    assert seen == {"left out", "of another day"}


def test_an_infinite_amount_or_yield_costs_no_row_of_the_replaced_codes(warehouse: Query) -> None:
    """Neither is needed for the basis; an infinite figure would keep the release back."""
    found = warehouse(
        "select cusip, method, bond_yield_dec, amount_outstanding_usd from cds_bond.fct_bond_basis "
        "where cusip like 'ENDLESS%' order by all"
    )
    assert found[["cusip", "method"]].to_numpy().tolist() == [
        ["ENDLESS1A", "ftsfr_notebook"],
        ["ENDLESS1A", "ftsfr_zspread"],
        ["ENDLESS2A", "ftsfr_zspread"],
    ]
    assert found["bond_yield_dec"].fillna(-1).tolist() == [0.05, 0.05, -1]
    assert found["amount_outstanding_usd"].isna().all()


def test_standard_takes_the_names_latest_quote_of_the_month(warehouse: Query) -> None:
    """WKND quotes on Friday the 28th, STALE on the 30th; 2020-02-29 and 01-31 are month ends."""
    found = warehouse(
        "select distinct red_code, quote_age_days, alignment_status "
        "from intermediate.int_cds_bond__bonds_aligned_to_curves "
        "where red_code in ('WKND', 'STALE', 'ONE')"
    ).set_index("red_code")
    assert found.loc["WKND", "quote_age_days"] == 1
    assert found.loc["STALE", "quote_age_days"] == 1
    assert found.loc["ONE", "alignment_status"] == "fewer_than_two_tenors"


def test_standard_resolves_codes_as_the_isin_merge_does(warehouse: Query, golden: Path) -> None:
    """Codes are trimmed and in upper case; most quotes win, then the lower code."""
    found = warehouse(
        "select bonds.isin, mapped.red_code "
        "from intermediate.int_cds_bond__bonds_mapped_to_red as mapped "
        "inner join intermediate.int_cds_bond__bonds_screened as bonds "
        "using (source_row_number) where length(bonds.isin) = 3"
    ).set_index("isin")["red_code"]
    expected = pd.read_parquet(golden / "g3_red_merge_out.parquet")
    assert found.to_dict() == expected.set_index("isin")["redcode"].to_dict()


def test_rating_labels_mean_what_they_say(warehouse: Query, golden: Path) -> None:
    """The replaced code finds "IG" inside "HIGH YIELD" and files it under investment grade."""
    groups = warehouse("select * from catalog.rating_groups").set_index("rating_label")
    expected = pd.read_parquet(golden / "rating_bucket.parquet").dropna()
    words = {"Investment Grade": "IG", "High Yield": "HY"}
    for label, bucket in expected.itertuples(index=False):
        group = groups["rating_group"][label.upper()]
        assert group == ("HY" if label.upper() == "HIGH YIELD" else words[bucket])


@pytest.mark.parametrize("cusip", ROWS)
def test_a_faulty_bond_line_gets_its_reason_and_a_sound_one_none(
    warehouse: Query, cusip: str
) -> None:
    found = warehouse(
        "select reject_reason from intermediate.int_cds_bond__bonds_screened "
        f"where cusip = '{cusip.strip().upper()}'"
    )
    assert [None if pd.isna(x) else x for x in found["reject_reason"]] == [ROWS[cusip][1]]


def test_repeated_bond_lines_are_kept_once_or_not_at_all(warehouse: Query) -> None:
    """Equal lines are one observation; lines that differ contradict each other."""
    found = warehouse(
        "select cusip, list(coalesce(reject_reason, 'kept') order by source_row_number) as reasons "
        "from intermediate.int_cds_bond__bonds_screened "
        "where cusip like 'TWINS%' group by cusip"
    ).set_index("cusip")["reasons"]
    assert list(found["TWINS01AA"]) == ["kept", "exact_duplicate"]
    assert list(found["TWINS02AA"]) == ["conflicting_duplicate"] * 2


def test_padded_and_lower_case_codes_reach_the_basis(warehouse: Query) -> None:
    found = warehouse(
        "select cusip, red_code, rating_group, bond_yield_dec, bid_ask_bps_of_price "
        "from cds_bond.fct_bond_basis where method = 'standard' and cusip like 'SOUND%' order by 1"
    )
    assert found["red_code"].tolist() == ["SOUND1", "SOUND2", "SOUND3"]
    assert found["rating_group"].tolist() == ["IG", "IG", "HY"]
    assert found["bond_yield_dec"].tolist() == pytest.approx([0.05] * 3, rel=1e-15)
    assert found["bid_ask_bps_of_price"].tolist() == pytest.approx([30] * 3, rel=1e-12)
    counted = warehouse(
        "select method, rows_dropped from cds_bond.fct_sample_attrition "
        "where population = 'cds_quotes' and reason = 'other_country'"
    )
    assert counted.to_numpy().tolist() == [["ftsfr_notebook", 2]]


def test_every_faulty_row_is_listed_with_its_reason_and_its_text(warehouse: Query) -> None:
    found = warehouse(
        "select source_name, reject_reason, raw_row_json "
        "from intermediate.int_accounting__rows_screened "
        "where fault_reason is not null and not is_withheld and natural_key not like 'FILTER%' "
        "and data_set = 'desk'"
    )
    quotes = found[found["source_name"] == "cds_final"]["reject_reason"].value_counts().to_dict()
    assert quotes == {
        "par_spread_missing_or_unreadable": 3,
        "red_code_missing": 2,
        "tenor_unknown": 1,
        "par_spread_not_finite": 1,
        "par_spread_not_positive": 1,
        "par_spread_above_plausible": 1,
        "date_missing_or_unreadable": 1,
    }
    codes = found[found["source_name"] == "red_and_isin_mapping"]
    # Blank, <NA>, nan, NONE, and null: five ways in which a missing code has been delivered.
    assert (codes["reject_reason"] == "red_code_missing").sum() == 5
    assert found["raw_row_json"].str.startswith("{").all()
    assert found["raw_row_json"].str.contains("31/01/2020").any()


def test_an_issue_listed_twice_is_rejected_once_or_with_its_quotes(warehouse: Query) -> None:
    """Equal lines are one issue; of lines that differ nothing says which is right."""
    found = warehouse(
        "select substr(natural_key, 11, 6) || ' ' || source_name as row, "
        "list(fault_reason order by source_row_number) as reasons "
        "from intermediate.int_accounting__rows_screened "
        "where fault_reason is not null and natural_key like '20490821%' group by all order by all"
    ).set_index("row")["reasons"]
    conflict = ["conflicting_duplicate"]
    assert {row.replace(" ", ""): list(reasons) for row, reasons in found.items()} == {
        "DATEDissue_data": 2 * conflict,
        "DATEDmonthly_ts_data": conflict,
        "MATUREissue_data": 2 * conflict,
        "MATUREmonthly_ts_data": conflict,
        "TWICEissue_data": ["exact_duplicate"],
        "UNENDIissue_data": ["maturity_missing_or_unreadable"],
    }
    counted = warehouse(
        "select reject_reason, row_count from intermediate.int_accounting__rows_counted "
        "where source_name = 'monthly_ts_data' and reject_reason <> 'kept' order by all"
    )
    listed = warehouse(
        "select fault_reason as reject_reason, count(*) as row_count "
        "from intermediate.int_accounting__rows_screened "
        "where fault_reason is not null and source_name = 'monthly_ts_data' "
        "group by all order by all"
    )
    is_fault = counted["reject_reason"].isin(listed["reject_reason"])
    assert counted[is_fault].to_numpy().tolist() == listed.to_numpy().tolist()


def test_two_curves_of_one_day_are_one_or_none(warehouse: Query) -> None:
    """Before, the first of the file was used and the other dropped without a word."""
    found = warehouse(
        "select curve_date::varchar as day, list(coalesce(reject_reason, 'kept') order by "
        "source_row_number) as reasons from intermediate.int_rates__treasury_curves_screened "
        "group by all order by all"
    )
    assert dict(zip(found["day"], map(list, found["reasons"]), strict=True)) == {
        "2020-01-28": ["kept"],
        "2020-01-29": ["kept", "exact_duplicate"],
        "2020-01-30": ["conflicting_duplicate", "conflicting_duplicate"],
        DAY: ["kept"],
    }
    used = warehouse(
        "select parameters_date::varchar as day from cds_bond.fct_treasury_curve "
        "where curve_date = '2020-01-30' and maturity_years = 10"
    )
    assert used["day"].tolist() == ["2020-01-29"]


def test_rows_of_the_future_are_withheld_before_any_screen(warehouse: Query) -> None:
    """A bond and a quote of 2190: as of today nobody knows them."""
    found = warehouse(
        "select table_name, reject_reason, count(*) as row_count "
        "from staging.stg_build__withheld_rows where data_set = 'desk' "
        "and raw_row_json like '%2190-01-%' group by all order by all"
    )
    assert found.to_numpy().tolist() == [
        ["cds_final", "date_in_future", 1],
        ["wrds_bond", "date_in_future", 1],
    ]
    screened = warehouse(
        "select * from intermediate.int_cds_bond__bonds_screened where cusip = 'FUTURE1AA'"
    )
    assert screened.empty


def test_a_withheld_bond_is_accounted_for_in_every_method(warehouse: Query) -> None:
    """Where is this bond? is a query for it too, and the attrition starts at the whole file."""
    found = warehouse(
        "select method, cleaned_cusip, isin, ticker, step_number, step, reason "
        "from cds_bond.fct_bond_screening where cusip = 'FUTURE1AA' order by method"
    )
    outcome = ["FUTURE1AA", "USFUTURE1AA0", "ACME", 0, "withheld", "date_in_future"]
    methods = ["ftsfr_notebook", "ftsfr_zspread", "standard"]
    assert found.to_numpy().tolist() == [[method, *outcome] for method in methods]
    delivered = warehouse(
        "select table_row_count from staging.stg_build__input_files where table_name = 'wrds_bond'"
    )
    first = warehouse(
        "select distinct rows_in from cds_bond.fct_sample_attrition "
        "where population = 'bond_months' and line_number = 1"
    )
    assert first["rows_in"].tolist() == delivered["table_row_count"].tolist()


def test_a_bond_is_found_by_its_codes_in_every_method(warehouse: Query) -> None:
    """Delivered as " sound02aa "; the replicas keep the text, by which no join finds the bond."""
    found = warehouse(
        "select method, cusip, cleaned_cusip, isin, red_code, kept_row_count "
        "from cds_bond.fct_bond_screening where cleaned_cusip = 'SOUND02AA' order by method"
    )
    assert found[["method", "cusip"]].to_numpy().tolist() == [
        ["ftsfr_notebook", " sound02aa "],
        ["ftsfr_zspread", " sound02aa "],
        ["standard", "SOUND02AA"],
    ]
    assert found["isin"].tolist() == 3 * ["USSOUND02AA0"]
    assert found["red_code"].fillna("none").tolist() == ["none", "SOUND2", "SOUND2"]


def test_basis_by_hand(warehouse: Query) -> None:
    """SOUND01AA, 1,139 days: CDS on the line 1 % at 1Y to 2 % at 5Y, Treasury 0.004 % a day."""
    row = warehouse(
        "select * from cds_bond.fct_bond_basis where method = 'standard' and cusip = 'SOUND01AA'"
    ).iloc[0]
    cds_spread = 0.01 + 0.01 * (1139 - 365) / (1825 - 365)
    treasury = 2 * (math.exp(365 * 0.00004 / 2) - 1)
    assert row["days_to_maturity"] == 1139
    assert row["cds_par_spread_dec"] == pytest.approx(cds_spread, rel=1e-12)
    assert row["treasury_yield_dec"] == pytest.approx(treasury, rel=1e-12)
    assert row["fr_yield_spread_dec"] == pytest.approx(0.05 - treasury, rel=1e-12)
    assert row["basis_yield_spread_dec"] == pytest.approx(cds_spread - (0.05 - treasury), rel=1e-12)
    assert row["implied_rf_yield_spread_dec"] == pytest.approx(0.05 - cds_spread, rel=1e-12)
