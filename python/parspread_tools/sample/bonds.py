"""Simulate the bond file and the look-up from bonds to RED codes.

A bond is priced off the Fed curve plus its issuer's CDS spread at the bond's maturity minus a basis
that follows a scripted path by rating, so the basis that the warehouse finds is known. All
identifiers are invented: CUSIP issuer numbers lie in the range reserved for private use.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from parspread_tools.identifiers import base_36, cusip_check_digit, isin_check_digit
from parspread_tools.sample.cds import DEFAULT_DATE, cds_curve_dec, issuers_of, spreads_by_year
from parspread_tools.sample.market import mean_reverting, scripted_path
from parspread_tools.sample.rates import (
    coupon_flows,
    dirty_price,
    fed_params_pct,
    semi_annual_yield_dec,
    years_30_360,
)
from parspread_tools.sample.size import BondSample

OFFERED_BEFORE_MONTHS = 67  # the oldest bonds, when the sample begins
PRICING_BLOCK_ROWS = 20_000  # bounds the bond x coupon-date arrays
# Scripted CDS-bond basis in bps: bonds are dumped for cash in a crisis, high yield the most.
BASIS_SCRIPT_BPS = {
    "IG": {
        "2016-01-29": -55, "2016-07-29": -32, "2018-01-31": -18, "2018-12-31": -38,
        "2019-12-31": -20, "2020-02-21": -22, "2020-03-20": -190, "2020-04-30": -85,
        "2020-08-31": -30, "2020-12-31": -22,
    },
    "HY": {
        "2016-01-29": -135, "2016-07-29": -85, "2018-01-31": -45, "2018-12-31": -95,
        "2019-12-31": -55, "2020-02-21": -60, "2020-03-20": -400, "2020-04-30": -220,
        "2020-08-31": -75, "2020-12-31": -50,
    },
}  # fmt: skip
RED_SCHEMA = pa.schema(
    {name: pa.string() for name in ("redcode", "ticker", "obl_cusip", "isin", "tier")}
)
BOND_SCHEMA = pa.schema(
    {
        "date": pa.timestamp("ns"),
        "issue_id": pa.float64(),
        "cusip": pa.string(),
        "isin": pa.string(),
        "company_symbol": pa.string(),
        "bond_type": pa.string(),
        "security_level": pa.string(),
        "conv": pa.float64(),
        "offering_date": pa.timestamp("ns"),
        "offering_amt": pa.float64(),
        "offering_price": pa.float64(),
        "principal_amt": pa.float64(),
        "maturity": pa.timestamp("ns"),
        "coupon": pa.float64(),
        "day_count_basis": pa.string(),
        "dated_date": pa.timestamp("ns"),
        "ncoups": pa.float64(),
        "nextcoup": pa.timestamp("ns"),
        "remcoups": pa.float64(),
        "coupacc": pa.float64(),
        "amount_outstanding": pa.float64(),
        "price_eom": pa.float64(),
        "yield": pa.float64(),
        "tmt": pa.float64(),
        "rating_num": pa.float64(),
        "rating_cat": pa.string(),
        "rating_class": pa.string(),
        "t_spread": pa.float64(),
        "t_yld_pt": pa.float64(),
        "t_volume": pa.float64(),
        "t_date": pa.timestamp("ns"),
        "defaulted": pa.string(),
    }
)


def bonds_of(sample: BondSample, issuers: pd.DataFrame) -> pd.DataFrame:
    """Return one row per bond: codes, terms and the flags that decide whether a screen keeps it."""
    rng, count = sample.stream(9), sample.bond_count
    extra = rng.integers(0, len(issuers), count - len(issuers))
    issuer = np.sort(np.concatenate([np.arange(len(issuers)), extra]))
    owner = issuers.iloc[issuer].reset_index(drop=True)
    terms = bond_terms(rng, owner["level_bps"].to_numpy(), sample)
    luck = rng.random(count)
    frame = bond_codes(owner["cusip_6"], issuer).assign(
        issuer=issuer,
        issue_id=500_000.0 + np.arange(count),
        company_symbol=owner["ticker"],
        bond_type="CDEB",
        security_level=np.where(luck < 0.05, "SUB", np.where(luck < 0.08, "SENS", "SEN")),
        conv=np.where((luck >= 0.08) & (luck < 0.11), 1.0, 0.0),
        offering_amt=np.round(np.exp(rng.normal(13.2, 0.6, count)) / 1000) * 1000,
        offering_price=np.round(100 - np.abs(rng.normal(0, 0.4, count)), 3),
        principal_amt=1000.0,
        day_count_basis=np.where(luck < 0.97, "30/360", "ACT/ACT"),
        ncoups=2.0,
        has_coupon=True,
        **terms,
    )
    return with_odd_bonds(frame, rng.permutation(count)[:16])


def bond_codes(stems: pd.Series, issuer: np.ndarray) -> pd.DataFrame:
    """Return CUSIPs and ISINs, the bonds of an issuer numbered from "AA" as fixed income is."""
    within_issuer = pd.Series(issuer).groupby(issuer).cumcount()
    cusips, isins = [], []
    for stem, place in zip(stems, within_issuer, strict=True):
        base = stem + base_36(370 + place, 2)
        cusips.append(base + cusip_check_digit(base))
        isins.append("US" + cusips[-1] + isin_check_digit("US" + cusips[-1]))
    return pd.DataFrame({"cusip": cusips, "isin": isins})


def bond_terms(
    rng: np.random.Generator, level_bps: np.ndarray, sample: BondSample
) -> dict[str, object]:
    """Return when each bond was offered and matures, and its coupon."""
    count = len(level_bps)
    first_offer = pd.Timestamp(sample.first_month) - pd.DateOffset(months=OFFERED_BEFORE_MONTHS)
    offered = first_offer + pd.to_timedelta(
        rng.integers(0, 30 * sample.month_count + 1500, count), "D"
    )
    term_years = rng.choice([3, 5, 7, 8, 10, 30], count, p=[0.08, 0.22, 0.22, 0.14, 0.29, 0.05])
    month = (offered.year * 12 + offered.month - 1 + 12 * term_years).to_numpy()
    # Two thirds mature in mid month or at its end, where Treasuries mature too.
    day = np.where(
        rng.random(count) < 0.67, rng.choice([1, 14, 15, 16, 28], count), rng.integers(1, 29, count)
    )
    # What the curve and the name paid at the time; issues of one name differ.
    asked_pct = 2.0 + 0.08 * term_years + level_bps / 100 + rng.normal(0, 0.4, count)
    return {
        "offering_date": offered,
        "dated_date": offered,
        "maturity": pd.to_datetime({"year": month // 12, "month": month % 12 + 1, "day": day}),
        "coupon": np.maximum(np.round(asked_pct * 8) / 8, 0.5),
    }


def with_odd_bonds(frame: pd.DataFrame, odd: np.ndarray) -> pd.DataFrame:
    """Return the bonds with a fault planted in each of the sixteen rows `odd`."""
    frame.loc[odd[0], ["isin", "cusip"]] = [
        frame["isin"][odd[0]].lower(),
        frame["cusip"][odd[0]].lower(),
    ]
    frame.loc[odd[1], "isin"] = frame["isin"][odd[1]].lower()
    frame.loc[odd[2], "isin"] += "  "
    frame.loc[odd[3], "cusip"] = " " + frame["cusip"][odd[3]]
    frame.loc[odd[4], "isin"] = ""
    frame.loc[odd[5], "isin"] = None
    frame.loc[odd[6:8], ["coupon", "ncoups"]] = [0.0, 0.0]
    frame.loc[odd[8], "day_count_basis"] = None
    frame.loc[odd[9:13], "offering_amt"] = [45_000.0, 60_000.0, 99_000.0, 80.0]
    frame.loc[odd[13], "principal_amt"] = 10.0
    frame.loc[odd[14], "offering_date"] = pd.NaT
    frame.loc[odd[15], "has_coupon"] = False  # priced with its coupon, delivered without
    return frame


def red_mapping(sample: BondSample) -> pa.Table:
    """Return the RED look-up: most bonds, some twice or badly written, and strangers."""
    rng, issuers = sample.stream(10), issuers_of(sample)
    bonds = bonds_of(sample, issuers)
    owner = issuers.iloc[bonds["issuer"]].reset_index(drop=True)
    listed = pd.DataFrame(
        {
            "redcode": owner["red_code"],
            "ticker": owner["ticker"],
            "obl_cusip": bonds["cusip"].str.strip().str.upper(),
            "isin": bonds["isin"].str.strip().str.upper(),
            "tier": np.where(bonds["security_level"] == "SUB", "SUBLT2", "SNRFOR"),
        }
    )
    second = listed[owner["story"] == "two_red_codes"].assign(
        redcode=owner.loc[owner["story"] == "two_red_codes", "second_red_code"]
    )
    listed = listed[rng.random(len(listed)) < 0.93]
    # Obligations that no bond file knows: the issuer is right, the issue is a stranger.
    strangers = issuers.iloc[rng.integers(0, len(issuers), len(issuers))]
    codes = [f"{stem}{base_36(900 + i % 396, 2)}" for i, stem in enumerate(strangers["cusip_6"])]
    codes = [code + cusip_check_digit(code) for code in codes]
    strange = pd.DataFrame(
        {
            "redcode": strangers["red_code"].to_numpy(),
            "ticker": strangers["ticker"].to_numpy(),
            "obl_cusip": codes,
            "isin": [f"US{code}{isin_check_digit('US' + code)}" for code in codes],
            "tier": "SNRFOR",
        }
    )
    rows = pd.concat([listed, second, strange], ignore_index=True)
    rows = pd.concat([rows, rows.iloc[:3]], ignore_index=True)  # exact copies
    luck = rng.random(len(rows))
    rows.loc[luck < 0.25, "obl_cusip"] = None
    rows.loc[(luck >= 0.25) & (luck < 0.27), "isin"] = None
    rows.loc[(luck >= 0.27) & (luck < 0.29), "isin"] = ""
    rows.loc[(luck >= 0.29) & (luck < 0.31), "redcode"] = rows["redcode"].str.lower()
    rows.loc[(luck >= 0.31) & (luck < 0.33), "isin"] += "  "
    if sample.is_clean:
        rows = rows[rows["obl_cusip"].notna() | rows["isin"].fillna("").str.strip().ne("")]
    else:
        rows.loc[(luck >= 0.33) & (luck < 0.34), "redcode"] = None
    return pa.Table.from_pandas(rows, RED_SCHEMA, preserve_index=False)


@dataclass(frozen=True)
class BondMarket:
    """What decides a month of the bond file: who issued what, and how each bond differs."""

    issuers: pd.DataFrame
    bonds: pd.DataFrame
    bond_noise_bps: np.ndarray


@dataclass(frozen=True)
class MonthEnd:
    """One month end: its date, the spreads of issuers, the Fed curve, the basis by rating."""

    date: pd.Timestamp
    five_year_dec: np.ndarray
    params_pct: np.ndarray
    basis_bps: dict[str, float]
    rng: np.random.Generator


def bond_months(sample: BondSample) -> Iterator[pa.Table]:
    """Yield the bond file month by month."""
    issuers = issuers_of(sample)
    bonds = bonds_of(sample, issuers)
    market = BondMarket(issuers, bonds, sample.stream(12).standard_normal(len(bonds)))
    params, days = fed_params_pct(sample), sample.weekdays
    basis_rng = sample.stream(11)
    month_ends = sample.month_ends
    basis_bps = {
        rating: scripted_path(month_ends, BASIS_SCRIPT_BPS[rating])
        + mean_reverting(size * basis_rng.standard_normal(len(month_ends)), 0.4)
        for rating, size in (("IG", 3.0), ("HY", 8.0))
    }
    for year_days, five_year in spreads_by_year(sample, issuers):
        for month in np.flatnonzero(month_ends.year == year_days.year[0]):
            last_day = year_days[year_days <= month_ends[month]][-1]
            month_end = MonthEnd(
                date=month_ends[month],
                five_year_dec=five_year[year_days.get_loc(last_day)],
                params_pct=params[:, days.get_loc(last_day)],
                basis_bps={rating: path[month] for rating, path in basis_bps.items()},
                rng=sample.stream(13, int(month)),
            )
            yield month_of_bonds(market, month_end, sample.is_clean)


def month_of_bonds(market: BondMarket, month_end: MonthEnd, is_clean: bool) -> pa.Table:
    """Return one month end of the bond file: every bond alive, priced, traded, then dirtied."""
    frame = bonds_alive(market, month_end.date)
    frame = priced(frame, month_end)
    frame = traded(frame, month_end)
    frame = defaulted(frame, month_end.date)
    luck = month_end.rng.random(len(frame))
    frame.loc[~frame["has_coupon"], ["coupon", "coupacc"]] = np.nan
    frame.loc[(luck >= 0.006) & (luck < 0.010), "nextcoup"] = pd.NaT
    frame.loc[(luck >= 0.010) & (luck < 0.016), "rating_class"] = "2.NR"
    frame.loc[(luck >= 0.016) & (luck < 0.0165), "rating_class"] = None
    if is_clean:
        # A bond in default has no yield, and the screens reject the yield of one close to it.
        frame = frame[(frame["defaulted"] == "N") & (frame["yield"] <= 1)]
    else:
        frame = with_odd_rows(frame, luck)
        frame = pd.concat([frame, ghosts(market.bonds, month_end.date)], ignore_index=True)
    rows = frame.reindex(columns=BOND_SCHEMA.names)
    return pa.Table.from_pandas(rows, BOND_SCHEMA, preserve_index=False)


def bonds_alive(market: BondMarket, day: pd.Timestamp) -> pd.DataFrame:
    """Return the bonds offered and not yet matured, with the columns of their issuers."""
    bonds = market.bonds
    alive = np.flatnonzero((bonds["dated_date"] <= day) & (bonds["maturity"] > day))
    frame = bonds.iloc[alive].reset_index(drop=True)
    owner = market.issuers.iloc[frame["issuer"]].reset_index(drop=True)
    fallen = (owner["story"] == "fallen_angel") & (day >= pd.Timestamp("2020-04-01"))
    return frame.assign(
        date=day,
        noise_bps=market.bond_noise_bps[alive],
        story=owner["story"],
        recovery_share=owner["recovery"],
        is_ig=owner["is_ig"] & ~fallen,
        rating_num=np.where(fallen, 11, owner["rating_num"]).astype(float),
    )


def priced(frame: pd.DataFrame, month_end: MonthEnd) -> pd.DataFrame:
    """Return the bonds with price, yield, accrued interest and next coupon."""
    count, is_ig = len(frame), frame["is_ig"].to_numpy()
    maturity = pd.DatetimeIndex(frame["maturity"])
    years = years_30_360(month_end.date, maturity)
    years = np.maximum(years, 1 / 360)  # 30/360 sees no day between the 30th and the 31st
    coupon_pct = frame["coupon"].to_numpy()
    basis_bps = np.where(is_ig, month_end.basis_bps["IG"], month_end.basis_bps["HY"])
    basis_bps = basis_bps + np.where(is_ig, 6.0, 20.0) * (
        0.8 * frame["noise_bps"].to_numpy() + 0.6 * month_end.rng.standard_normal(count)
    )
    cds_dec = cds_curve_dec(month_end.five_year_dec[frame["issuer"]], np.maximum(years, 0.5))
    subordination = np.where(frame["security_level"] == "SUB", 1.5, 1.0)
    spread_dec = cds_dec * subordination - basis_bps * 1e-4
    # Claims trade no lower than what a default would recover.
    floor_pct_par = 70 * frame["recovery_share"].to_numpy()

    dirty, yield_dec = np.empty(count), np.empty(count)
    for first in range(0, count, PRICING_BLOCK_ROWS):
        block = slice(first, first + PRICING_BLOCK_ROWS)
        times, amounts = coupon_flows(coupon_pct[block], years[block])
        price = dirty_price(times, amounts, month_end.params_pct, spread_dec[block])
        dirty[block] = np.maximum(price, floor_pct_par[block])
        yield_dec[block] = semi_annual_yield_dec(times, amounts, dirty[block])
    steps = np.ceil(2 * years - 1e-9).astype(int) - 1  # coupon dates after the next one
    accrued = coupon_pct * (0.5 - (years - steps / 2))
    frame = frame.assign(
        nextcoup=coupon_date_before(maturity, steps),
        remcoups=steps + 1.0,
        coupacc=np.round(accrued, 6),
        price_eom=np.round(dirty - accrued, 4),
        exact_yield_dec=yield_dec,
        tmt=np.round((maturity - month_end.date).days.to_numpy() / 365.25, 4),
    )
    frame["yield"] = np.round(yield_dec, 6)
    frame.loc[coupon_pct <= 0, ["nextcoup", "remcoups"]] = [pd.NaT, 0.0]
    return frame


def traded(frame: pd.DataFrame, month_end: MonthEnd) -> pd.DataFrame:
    """Return the bonds with rating, amount outstanding, and the month's trades."""
    rng, count, day = month_end.rng, len(frame), month_end.date
    called = (frame["issue_id"] % 9 == 0) & (day.year >= 2019)
    grades = np.array(["AAA", "AA", "A", "BBB", "BB", "B", "CCC"])
    crisis = 2.5 if pd.Timestamp("2020-03-01") <= day <= pd.Timestamp("2020-05-31") else 1.0
    half_spread = (
        np.where(frame["is_ig"], 0.0022, 0.0045) * crisis * np.exp(0.5 * rng.standard_normal(count))
    )
    yield_pct = 100 * frame["exact_yield_dec"].to_numpy()
    return frame.assign(
        amount_outstanding=np.where(
            called, np.round(0.6 * frame["offering_amt"]), frame["offering_amt"]
        ),
        rating_cat=grades[np.searchsorted([1, 4, 7, 10, 13, 16], frame["rating_num"])],
        rating_class=np.where(frame["is_ig"], "0.IG", "1.HY"),
        t_spread=np.where(rng.random(count) < 0.35, np.nan, np.round(half_spread, 6)),
        t_yld_pt=np.round(yield_pct + 0.02 * rng.standard_normal(count), 4),
        t_volume=np.round(np.exp(rng.normal(16, 1, count)) / 1000) * 1000,
        t_date=day - pd.to_timedelta(rng.integers(0, 6, count), "D"),
    )


def defaulted(frame: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the bonds with those in default at recovery: a price, and no yield."""
    in_default = (frame["story"] == "default") & (day >= DEFAULT_DATE)
    months_after = 12 * (day.year - 2020) + day.month - 6
    frame["defaulted"] = np.where(in_default, "Y", "N")
    frame.loc[in_default, "price_eom"] = 31.5 - 1.25 * min(months_after, 8)
    frame.loc[in_default, ["coupacc", "yield", "t_yld_pt"]] = np.nan
    return frame


def with_odd_rows(frame: pd.DataFrame, luck: np.ndarray) -> pd.DataFrame:
    """Return the rows with faults planted, and some delivered twice, alike or not."""
    frame.loc[luck < 0.002, "price_eom"] = np.nan
    frame.loc[(luck >= 0.002) & (luck < 0.004), "yield"] = np.nan
    frame.loc[(luck >= 0.004) & (luck < 0.005), "yield"] *= 100  # percent instead of decimal
    frame.loc[(luck >= 0.005) & (luck < 0.0055), "price_eom"] *= 50
    frame.loc[(luck >= 0.0055) & (luck < 0.006), "yield"] = -2.43
    frame.loc[(luck >= 0.017) & (luck < 0.0175), "maturity"] = pd.NaT
    copies = frame[(luck >= 0.02) & (luck < 0.023)]
    conflicts = frame[(luck >= 0.023) & (luck < 0.025)]
    conflicts = conflicts.assign(price_eom=conflicts["price_eom"] + 1.5)
    return pd.concat([frame, copies, conflicts], ignore_index=True)


def ghosts(bonds: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the bonds that are still reported once after they have matured."""
    matured = (bonds["maturity"] <= day) & (bonds["maturity"] > day - pd.DateOffset(months=1))
    offered = bonds["dated_date"] <= day
    return bonds[matured & offered & (bonds["issue_id"] % 3 == 0)].assign(
        date=day,
        price_eom=100.0,
        rating_class="0.IG",
        defaulted="N",
        coupacc=0.0,
        amount_outstanding=0.0,
    )


def coupon_date_before(maturity: pd.DatetimeIndex, steps: np.ndarray) -> pd.DatetimeIndex:
    """Return the date `steps` half-years before each maturity; days never exceed 28 here."""
    month = (maturity.year * 12 + maturity.month - 1).to_numpy() - 6 * steps
    parts = {"year": month // 12, "month": month % 12 + 1, "day": maturity.day.to_numpy()}
    return pd.DatetimeIndex(pd.to_datetime(parts))
