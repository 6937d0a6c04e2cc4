"""Simulate issuers and the quotes of their CDS.

One daily credit factor moves every issuer's curve; some issuers have a story of their own, such as
a default or a change of ticker.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.signal import lfilter

from parspread_tools.identifiers import base_36
from parspread_tools.sample.market import (
    FACTOR_ANCHOR_BPS,
    mean_reverting,
    scripted_path,
    series_on_the_run,
)
from parspread_tools.sample.size import BondSample

CDS_BLOCK_ISSUERS = 250  # bounds the quotes of a year in memory, about 1,500 rows an issuer
# Scripted level of the credit factor (IG 5Y spread in bps), linear in the log between the dates.
CREDIT_SCRIPT_BPS = {
    "2013-01-02": 90, "2013-05-20": 72, "2013-06-24": 93, "2014-06-20": 58, "2014-10-15": 76,
    "2015-02-25": 62, "2015-06-30": 67, "2015-09-29": 95, "2015-11-04": 79, "2016-02-11": 124,
    "2016-04-20": 76, "2016-06-24": 86, "2017-06-15": 60, "2018-01-26": 48, "2018-12-24": 90,
    "2019-04-30": 58, "2019-12-31": 47, "2020-02-19": 47, "2020-03-18": 158, "2020-04-01": 112,
    "2020-06-08": 68, "2020-10-30": 65, "2021-06-30": 49, "2021-11-24": 52, "2022-03-08": 79,
    "2022-07-05": 102, "2022-09-30": 110, "2022-12-01": 80, "2023-03-17": 89, "2023-07-31": 64,
    "2023-10-20": 82, "2024-05-15": 51, "2024-08-05": 60, "2024-12-31": 51,
}  # fmt: skip
# Extra log spread of the two names with a story of their own.
DEFAULT_DATE = pd.Timestamp("2020-06-15")
DEFAULT_RECOVERY_SHARE = 0.29
DEFAULT_STORY_LOG = {"2019-05-31": 0.0, "2020-01-31": 0.9, "2020-03-31": 2.3, "2020-06-12": 3.4}
DISTRESS_STORY_LOG = {
    "2015-12-31": 1.9, "2016-02-11": 2.4, "2016-06-30": 1.2, "2017-01-31": 0.2
}  # fmt: skip
DAILY_TENORS_YEARS = {5: (1, 3, 5, 7, 10), 8: (0.5, 1, 2, 3, 4, 5, 7, 10)}
INDEX_MEMBER_COUNTS = {"CDX_NA_IG": 125, "CDX_NA_HY": 100}
ALL_TENORS_YEARS = (0.5, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30)
CDS_SCHEMA = pa.schema(
    {
        "date": pa.timestamp("ns"),
        "ticker": pa.string(),
        "redcode": pa.string(),
        "parspread": pa.float64(),
        "tenor": pa.string(),
        "tier": pa.string(),
        "country": pa.string(),
        "currency": pa.string(),
        "docclause": pa.string(),
        "compositedepth5y": pa.float64(),
        "recovery": pa.float64(),
    }
)


def issuers_of(sample: BondSample) -> pd.DataFrame:
    """Return one row per issuer: codes, rating, spread behaviour and what is odd about it."""
    rng, count = sample.stream(4), sample.issuer_count
    number = np.arange(count)
    is_ig = number % 5 < 3
    red_numbers = rng.choice(36**4, 2 * count, replace=False)
    frame = pd.DataFrame(
        {
            "ticker": [f"SYN{base_36(n, 3)}" for n in number],
            "cusip_6": [f"99{n // 25:03d}{'ABCDEFGHJKLMNPQRSTUVWXYZ5'[n % 25]}" for n in number],
            "red_code": [
                f"{base_36(int(n), 4)}{'AC'[i % 2]}9" for i, n in enumerate(red_numbers[:count])
            ],
            "second_red_code": [f"{base_36(int(n), 4)}B9" for n in red_numbers[count:]],
            "is_ig": is_ig,
            "level_bps": np.where(is_ig, 72.0, 330.0) * np.exp(0.4 * rng.standard_normal(count)),
            "beta_ratio": np.where(is_ig, 1.0, 0.85) * rng.uniform(0.8, 1.2, count),
            "recovery": np.where(is_ig, 0.40, np.where(rng.random(count) < 0.3, 0.30, 0.40)),
            "depth": rng.integers(3, 9, count),
        }
    )
    frame["rating_num"] = np.where(is_ig, rng.integers(4, 11, count), rng.integers(11, 17, count))
    investment_grade, high_yield = np.flatnonzero(is_ig), np.flatnonzero(~is_ig)
    frame["story"] = ""
    frame.loc[high_yield[1], "story"] = "default"
    frame.loc[high_yield[2], "story"] = "distress"
    frame.loc[investment_grade[3:5], "story"] = "fallen_angel"
    frame.loc[investment_grade[5], "story"] = "ticker_change"
    frame.loc[investment_grade[6], "story"] = "single_tenor"
    frame.loc[high_yield[3], "story"] = "single_tenor"
    frame.loc[investment_grade[7], "story"] = "stale"
    frame.loc[high_yield[4], "story"] = "quote_hole"
    frame.loc[investment_grade[8], "story"] = "lower_case"
    frame.loc[[investment_grade[9], high_yield[5]], "story"] = "no_cds"
    frame.loc[investment_grade[10], "story"] = "canada"
    frame.loc[investment_grade[[0, 1]], "story"] = "two_red_codes"
    frame.loc[high_yield[0], "story"] = "two_red_codes"
    return frame


def spreads_by_year(
    sample: BondSample, issuers: pd.DataFrame
) -> Iterator[tuple[pd.DatetimeIndex, np.ndarray]]:
    """Yield each year's weekdays and 5Y par spreads in decimal, shape (n_days, n_issuers)."""
    days = sample.weekdays
    credit = np.log(scripted_path(days, CREDIT_SCRIPT_BPS) / FACTOR_ANCHOR_BPS)
    credit += mean_reverting(0.015 * sample.stream(5).standard_normal(len(days)), 0.05)
    story_log = np.zeros((len(days), len(issuers)))
    for story, script in (("default", DEFAULT_STORY_LOG), ("distress", DISTRESS_STORY_LOG)):
        story_log[:, issuers["story"] == story] = scripted_path(days, script)[:, None]
    # Each issuer keeps its own mean-reverting deviation; its state is carried across the years.
    state = 0.15 * sample.stream(6).standard_normal((1, len(issuers)))
    for year in days.year.unique():
        this_year = days.year == year
        shock = 0.016 * sample.stream(7, year).standard_normal((this_year.sum(), len(issuers)))
        own, state = lfilter([1.0], [1.0, -0.99], shock, axis=0, zi=state)
        log_spread = credit[this_year, None] * issuers["beta_ratio"].to_numpy() + own
        level_dec = issuers["level_bps"].to_numpy() * 1e-4
        yield days[this_year], level_dec * np.exp(log_spread + story_log[this_year])


def cds_curve_dec(five_year_dec: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Return par spreads at other maturities: upward sloping when low, inverted in distress."""
    slope = np.clip(0.40 - 0.13 * np.log(five_year_dec / 0.0060), -0.35, 0.45)
    return five_year_dec * (years / 5.0) ** slope


def cds_parts(sample: BondSample) -> Iterator[tuple[int, Iterator[pa.Table]]]:
    """Yield each year and its CDS quotes, block by block of issuers, planted dirt included."""
    issuers = issuers_of(sample)

    def blocks_of(
        year: int, days: pd.DatetimeIndex, five_year_dec: np.ndarray
    ) -> Iterator[pa.Table]:
        for first in range(0, len(issuers), CDS_BLOCK_ISSUERS):
            block = slice(first, first + CDS_BLOCK_ISSUERS)
            frame = quotes_of_year(
                issuers.iloc[block],
                days,
                five_year_dec[:, block],
                sample.stream(8, year, first),
                sample,
            )
            yield pa.Table.from_pandas(frame, CDS_SCHEMA, preserve_index=False)

    for days, five_year_dec in spreads_by_year(sample, issuers):
        year = int(days.year[0])
        yield year, blocks_of(year, days, five_year_dec)


def credit_events(sample: BondSample) -> pd.DataFrame:
    """Return the defaults within the months of the sample, one row each."""
    issuers = issuers_of(sample)
    has_event = (issuers["story"] == "default") & (sample.month_ends[-1] >= DEFAULT_DATE)
    return pd.DataFrame(
        {
            "redcode": issuers.loc[has_event, "red_code"],
            "event_date": DEFAULT_DATE,
            "recovery": DEFAULT_RECOVERY_SHARE,
        }
    )


def index_constituents(sample: BondSample) -> pd.DataFrame:
    """Return equal weights of the first quoted issuers in each series of the last two years."""
    issuers = issuers_of(sample)
    issuers = issuers[~issuers["story"].isin(["no_cds", "canada"])]
    newest = sample.month_ends[-1]
    parts = []
    for index, is_ig, roll_day in (("CDX_NA_IG", True, 20), ("CDX_NA_HY", False, 27)):
        names = issuers.loc[issuers["is_ig"] == is_ig, "red_code"].head(INDEX_MEMBER_COUNTS[index])
        last = int(series_on_the_run(pd.DatetimeIndex([newest]), roll_day, 19)[0])
        for series in range(max(last - 3, 1), last + 1):
            parts.append(
                pd.DataFrame(
                    {"index": index, "series": series, "redcode": names, "weight": 1 / len(names)}
                )
            )
    return pd.concat(parts, ignore_index=True)


def quotes_of_year(
    issuers: pd.DataFrame,
    days: pd.DatetimeIndex,
    five_year_dec: np.ndarray,
    rng: np.random.Generator,
    sample: BondSample,
) -> pd.DataFrame:
    """Return one year of quotes: the daily tenors, and more on the last quote days of a month."""
    is_open = ~(((days.month == 12) & (days.day == 25)) | ((days.month == 1) & (days.day == 1)))
    days, five_year_dec = days[is_open], five_year_dec[is_open]
    year, story, number = days.year[0], issuers["story"].to_numpy(), issuers.index.to_numpy()
    daily_tenors = DAILY_TENORS_YEARS[sample.tenor_count]
    curve_dec = cds_curve_dec(five_year_dec.T[:, None, :], np.array(daily_tenors)[:, None])
    curve_dec = curve_dec * (1 + 0.004 * rng.standard_normal(curve_dec.shape))
    # One name's curve stands still for seven weeks.
    frozen = np.flatnonzero((days >= "2018-03-26") & (days <= "2018-05-11"))
    curve_dec[np.ix_(story == "stale", range(len(daily_tenors)), frozen)] = curve_dec[
        story == "stale"
    ][:, :, frozen[:1]]

    quotes = [daily_quotes(issuers, days, curve_dec, rng, sample)]
    # Counted back from the end of each month: 0 is its last quote day.
    is_late = pd.Series(days).groupby(days.month).cumcount(ascending=False).to_numpy() < 5
    has_quotes = (story != "no_cds") & (story != "default")

    def late_quotes(
        chosen: np.ndarray,
        factor: float = 1.0,
        tenors: tuple = daily_tenors,
        **attributes: object,
    ) -> pd.DataFrame:
        names = np.flatnonzero(chosen & has_quotes)
        values = curve_dec[names][:, :, is_late]
        if tenors is not daily_tenors:
            at_five = five_year_dec[is_late].T[names][:, None, :]
            values = cds_curve_dec(at_five, np.array(tenors)[:, None])
        return quote_rows(issuers.iloc[names], days[is_late], factor * values, tenors, **attributes)

    other_tenors = tuple(years for years in ALL_TENORS_YEARS if years not in daily_tenors)
    quotes.append(late_quotes(number % 4 == 0, tenors=other_tenors))
    for remainder, clause, factor in ((0, "CR14", 1.05), (1, "MR14", 1.03), (2, "MM14", 1.02)):
        quotes.append(late_quotes(number % 6 == remainder, factor, docclause=clause))
    quotes.append(late_quotes(number % 15 == 3, 0.99, docclause="XR"))
    quotes.append(late_quotes(number % 20 == 5, 1.5, tier="SUBLT2", recovery=0.2))
    quotes.append(late_quotes(number % 20 == 8, 0.97, currency="EUR"))
    if year in (2018, 2019):
        two = story == "two_red_codes"
        per_name = len(daily_tenors) * is_late.sum()
        second_codes = np.repeat(issuers.loc[two, "second_red_code"].to_numpy(), per_name)
        quotes.append(late_quotes(two, 0.96, redcode=second_codes))
    frame = pd.concat(quotes, ignore_index=True)

    # One name changes its ticker and keeps its RED code; for six weeks both tickers are quoted.
    changed = frame["ticker"].isin(issuers.loc[story == "ticker_change", "ticker"])
    changed &= frame["date"] >= "2018-06-15"
    both = frame[changed & (frame["date"] < "2018-08-01")]
    frame.loc[changed, "ticker"] += "N"
    odd = frame["ticker"].isin(issuers.loc[story == "lower_case", "ticker"])
    lower, padded = odd & (frame["date"].dt.month == 3), odd & (frame["date"].dt.month == 9)
    frame.loc[lower, "redcode"] = frame.loc[lower, "redcode"].str.lower()
    frame.loc[padded, "redcode"] += "  "
    copies = frame.iloc[rng.choice(len(frame), 40, replace=False)]
    conflicts = copies.iloc[:15].assign(parspread=lambda rows: (1.1 * rows["parspread"]).round(6))
    frame = pd.concat([frame, both, copies, conflicts], ignore_index=True)
    return frame.sort_values(["redcode", "docclause", "tenor", "date"], kind="stable")


def daily_quotes(
    issuers: pd.DataFrame,
    days: pd.DatetimeIndex,
    curve_dec: np.ndarray,
    rng: np.random.Generator,
    sample: BondSample,
) -> pd.DataFrame:
    """Return the everyday quotes with their holes, nulls and absurd values."""
    year = days.year[0]
    daily_tenors = DAILY_TENORS_YEARS[sample.tenor_count]
    frame = quote_rows(issuers, days, curve_dec, daily_tenors)
    per_name = len(daily_tenors) * len(days)
    story = np.repeat(issuers["story"].to_numpy(), per_name)
    thinly_quoted = np.repeat((issuers.index % 5 == 4) & ~issuers["is_ig"], per_name).to_numpy()
    keep = (story != "no_cds") & ~(thinly_quoted & frame["tenor"].isin(["7Y", "10Y"]))
    keep &= ~((story == "default") & (frame["date"] >= DEFAULT_DATE))
    if year == 2017:
        keep &= ~((story == "single_tenor") & (frame["tenor"] != "5Y"))
        keep &= ~((story == "quote_hole") & frame["date"].dt.month.between(4, 7))
    keep &= rng.random(len(frame)) >= 0.002
    frame = frame[keep].reset_index(drop=True)
    luck = rng.permutation(len(frame))
    if sample.is_clean:
        # The screens reject quotes above 100 %, even the true ones of a name about to default.
        return frame[frame["parspread"] <= 1]
    frame.loc[luck[:3], "parspread"] = [28.7, 491.84, -0.0042]
    frame.loc[luck[3:6], "redcode"] = None
    frame.loc[luck[6:9], "ticker"] = None
    frame.loc[luck[9 : 15 + len(frame) // 2000], "parspread"] = np.nan
    return frame


def quote_rows(
    names: pd.DataFrame,
    days: pd.DatetimeIndex,
    curve_dec: np.ndarray,
    tenors_years: tuple[float, ...],
    **attributes: object,
) -> pd.DataFrame:
    """Lay out a block of quotes of shape (n_names, n_tenors, n_days) as vendor rows."""
    per_name = len(tenors_years) * len(days)
    tenors = ["6M" if years == 0.5 else f"{years}Y" for years in tenors_years]
    depth_change = np.arange(len(names))[:, None] + 2 * days.month.to_numpy()
    depth = names["depth"].to_numpy()[:, None] - (depth_change % 5 == 0) * 2.0
    block = {
        "date": np.tile(days, len(names) * len(tenors)),
        "ticker": np.repeat(names["ticker"].to_numpy(), per_name),
        "redcode": np.repeat(names["red_code"].to_numpy(), per_name),
        "parspread": np.round(curve_dec, 6).ravel(),
        "tenor": np.tile(np.repeat(tenors, len(days)), len(names)),
        "tier": "SNRFOR",
        "country": np.repeat(
            np.where(names["story"] == "canada", "Canada", "United States"), per_name
        ),
        "currency": "USD",
        "docclause": "XR14",
        "compositedepth5y": np.repeat(depth[:, None, :], len(tenors), axis=1).ravel(),
        "recovery": np.repeat(names["recovery"].to_numpy(), per_name),
    }
    return pd.DataFrame(block | attributes)
