"""Simulate the daily market files of desk cdx_overlay: credit indices, VIX and bond ETFs.

One credit factor, the log of a constant-maturity investment-grade spread, wanders about a scripted
path of calm and stressed years; every other series is a response to that factor plus its own noise.
News of a day say nothing about those of the next, but how large they are lasts, and tails are fat.
One relation is planted: an index strays from the credit that its ETF follows, and comes back in
weeks, which the spread less that of the ETF shows.
All figures are simulated; only the shape of the period is historical.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.tseries.holiday import (
    AbstractHolidayCalendar,
    GoodFriday,
    Holiday,
    USColumbusDay,
    USLaborDay,
    USMartinLutherKingJr,
    USMemorialDay,
    USPresidentsDay,
    USThanksgivingDay,
    nearest_workday,
    sunday_to_monday,
)
from scipy.signal import lfilter

from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import value_from_spread
from parspread.curves.discount_curves import DiscountCurves

EARLIEST_START = pd.Timestamp("2004-01-02")  # earlier the series numbers would fall below one
MIN_SESSION_COUNT = 60

# Scripted level of the credit factor (IG 5Y spread in bps), linear in the log between the dates.
MARKET_SCRIPT_BPS = {
    "2013-01-02": 84, "2014-06-20": 66, "2015-07-31": 70, "2016-02-11": 98, "2016-12-30": 74,
    "2018-01-26": 60, "2018-12-24": 76, "2019-12-31": 58, "2020-02-19": 58, "2020-03-18": 130,
    "2020-12-31": 68, "2021-10-29": 60, "2022-09-30": 92, "2023-10-31": 70, "2024-12-31": 58,
}  # fmt: skip

# Scripted yield in percent of a seven-year Treasury: drives the ETF prices only.
RATE_SCRIPT_PCT = {
    "2013-01-02": 1.3, "2013-12-31": 2.4, "2016-07-08": 1.2, "2018-11-08": 3.1, "2020-03-09": 0.7,
    "2020-08-04": 0.4, "2021-12-31": 1.4, "2022-10-24": 4.2, "2023-10-19": 4.9, "2024-09-16": 3.5,
    "2024-12-31": 4.5,
}  # fmt: skip

# Multiple of the ordinary daily volatility inside each stressed stretch.
STRESS_VOLATILITY_RATIO = {
    ("2015-08-10", "2016-03-31"): 1.6,
    ("2018-10-10", "2019-01-10"): 1.5,
    ("2020-02-20", "2020-04-09"): 3.5,
    ("2020-04-10", "2020-06-30"): 2.0,
    ("2022-02-10", "2022-12-31"): 1.5,
}
TRADED_SESSIONS, CAPPED_SIZE_MM = 60, 110  # on the public tape
GIVEN_BACK_SHARE = 0.1  # of a day's news in stress, on the next: prices overshoot
# The planted relation: an index strays from credit, and comes back by this share a day.
STRAY_REVERSION_SHARE = 0.05


@dataclass(frozen=True)
class IndexRule:
    """How one credit index responds to the credit factor.

    `level_bps` is the spread when the factor stands at `FACTOR_ANCHOR_BPS`, `elasticity_ratio` its
    response in logs, `stray_share` how far it strays from that in a day, `roll_day` the day of
    March and September on which a series starts, `first_series` the series on the run on
    2013-01-01, `roll_share` the mean jump at a roll as a share of the spread, about which single
    rolls scatter by three quarters of it.
    """

    index: str
    tenor: str
    level_bps: float
    elasticity_ratio: float
    stray_share: float
    roll_day: int
    first_series: int
    roll_share: float


FACTOR_ANCHOR_BPS = 70.0
STREAM = 57  # of the random numbers: market files have one of their own
INDEX_RULES = (
    IndexRule("CDX_NA_IG", "5Y", 70.0, 1.00, 0.011, 20, 19, 0.070),
    IndexRule("CDX_NA_IG", "10Y", 105.0, 0.62, 0.006, 20, 19, 0.045),
    IndexRule("CDX_NA_HY", "5Y", 395.0, 0.93, 0.011, 27, 19, 0.055),
    IndexRule("ITRAXX_XO", "5Y", 330.0, 1.00, 0.011, 20, 18, 0.050),
)
HY_COUPON_BPS, HY_RECOVERY_SHARE, DISCOUNT_RATE_DEC = 500.0, 0.30, 0.03


@dataclass(frozen=True)
class EtfRule:
    """How one bond ETF responds: its spread to the credit factor, its price to spread and rates.

    `level_bps` is the spread when the factor stands at `FACTOR_ANCHOR_BPS`, `rate_years` and
    `spread_years` are durations, `drift_dec` is the carry a year.
    """

    ticker: str
    level_bps: float
    elasticity_ratio: float
    rate_years: float
    spread_years: float
    first_price_usd: float
    drift_dec: float


ETF_RULES = (
    EtfRule("LQD", 122.0, 0.85, 8.3, 8.0, 118.0, 0.006),
    EtfRule("HYG", 400.0, 0.90, 3.0, 3.8, 92.0, -0.012),
)

BOND_MARKET = AbstractHolidayCalendar(
    "full closing days of the US bond market, by rule",
    rules=[
        Holiday("New Year", month=1, day=1, observance=sunday_to_monday),
        USMartinLutherKingJr,
        USPresidentsDay,
        GoodFriday,
        USMemorialDay,
        Holiday("Juneteenth", month=6, day=19, start_date="2022-01-01", observance=nearest_workday),
        Holiday("Independence Day", month=7, day=4, observance=nearest_workday),
        USLaborDay,
        USColumbusDay,
        Holiday("Veterans Day", month=11, day=11, observance=sunday_to_monday),
        USThanksgivingDay,
        Holiday("Christmas", month=12, day=25, observance=nearest_workday),
    ],
)
STOCK_MARKET = AbstractHolidayCalendar(
    "the stock market trades on Columbus Day and on Veterans Day",
    rules=[r for r in BOND_MARKET.rules if r is not USColumbusDay and r.name != "Veterans Day"],
)


def sessions_between(
    first: pd.Timestamp, last: pd.Timestamp, calendar: AbstractHolidayCalendar
) -> pd.DatetimeIndex:
    """Return the weekdays from `first` to `last`, both included, that are not holidays."""
    weekdays = pd.bdate_range(first, last)
    return weekdays[~weekdays.isin(calendar.holidays(first, last))]


def market_sessions(start: str, session_count: int | None) -> pd.DatetimeIndex:
    """Return the bond-market sessions from `start`: `session_count` of them, or to end of 2024.

    Raises
    ------
    ValueError
        If `start` is too early or the sessions are too few for the planted stories.
    """
    first = pd.Timestamp(start)
    if first < EARLIEST_START:
        raise ValueError(f"start must be on or after {EARLIEST_START.date()}; it was {start}")
    if session_count is None:
        sessions = sessions_between(first, pd.Timestamp("2024-12-31"), BOND_MARKET)
    else:
        # 1.5 calendar days a session and a month on top always reach far enough.
        last = first + pd.Timedelta(days=int(1.5 * session_count) + 31)
        sessions = sessions_between(first, last, BOND_MARKET)[:session_count]
    if len(sessions) < MIN_SESSION_COUNT:
        raise ValueError(
            f"sessions must be at least {MIN_SESSION_COUNT}; they were {len(sessions)}"
        )
    return sessions


def series_on_the_run(dates: pd.DatetimeIndex, roll_day: int, first_series: int) -> np.ndarray:
    """Return the series number on the run: one more on every roll day of March and September."""
    month_day = dates.month * 100 + dates.day
    rolls_this_year = (month_day >= 300 + roll_day).astype(int) + (month_day >= 900 + roll_day)
    return (first_series + 2 * (dates.year - 2013) + rolls_this_year).to_numpy()


def series_age_share(dates: pd.DatetimeIndex, roll_day: int) -> np.ndarray:
    """Return how much of its half-year on the run the series has behind it, 0 up to 1."""
    month_day = dates.month * 100 + dates.day
    year, autumn = dates.year, month_day >= 900 + roll_day
    spring = (month_day >= 300 + roll_day) & ~autumn
    start_year = np.where(spring | autumn, year, year - 1)
    start_month = np.where(spring, 3, 9)
    start = pd.to_datetime({"year": start_year, "month": start_month, "day": roll_day})
    return ((dates - pd.DatetimeIndex(start)).days / 184.0).to_numpy()


def scripted_path(dates: pd.DatetimeIndex, script: dict[str, float]) -> np.ndarray:
    """Return the script's value on each date: linear between its dates, flat outside them."""
    known = pd.DatetimeIndex(script.keys())
    origin = known[0]
    return np.interp((dates - origin).days, (known - origin).days, list(script.values()))


def mean_reverting(shock: np.ndarray, reversion_share: float) -> np.ndarray:
    """Return the path that loses `reversion_share` of itself each day and gains the day's shock."""
    return lfilter([1.0], [1.0, -(1.0 - reversion_share)], shock)


@dataclass(frozen=True)
class CreditEvent:
    """A default of one name of an index; its spread holds the coming loss from months before."""

    index: str
    entity: str
    event_date: str
    effective_date: str
    weight_share: float
    recovery_share: float


CREDIT_EVENTS = (
    CreditEvent("CDX_NA_HY", "SYN0E1", "2016-04-14", "2016-05-10", 0.01, 0.12),
    CreditEvent("CDX_NA_HY", "SYN004", "2020-06-15", "2020-07-09", 0.01, 0.29),
)
EVENT_SESSIONS = 120  # over which the loss enters the spread
EVENT_ANNUITY_YEARS = 4.0
EVENT_COLUMNS = [
    "index", "series", "version", "effective_date", "event_date", "entity", "weight", "recovery",
]  # fmt: skip


@dataclass(frozen=True)
class Moods:
    """What moves every series: the credit factor, the equity market's view of it, the fear in it.

    `volatility_ratio` is a multiple of ordinary daily volatility; `credit_log` and `equity_log` are
    log distances from `FACTOR_ANCHOR_BPS`; `rush` is the rush for protection, >= 0.
    """

    volatility_ratio: np.ndarray
    credit_log: np.ndarray
    equity_log: np.ndarray
    rush: np.ndarray


def simulate_market(dates: pd.DatetimeIndex, seed: int) -> dict[str, pd.DataFrame]:
    """Simulate clean daily frames `cdx`, `vix` and `etf` on every weekday of `dates`."""
    rng = np.random.Generator(np.random.PCG64([seed, STREAM]))
    moods = simulate_moods(dates, rng)
    vix_noise = 0.03 * moods.volatility_ratio**0.5 * rng.standard_normal(len(dates))
    vix = 15.0 * np.exp(moods.equity_log + 0.7 * moods.rush + mean_reverting(vix_noise, 0.08))
    indices = [index_quotes(dates, rule, moods, rng) for rule in INDEX_RULES]
    rate_deviation_pct = mean_reverting(0.05 * rng.standard_normal(len(dates)), 0.02)
    rate_pct = scripted_path(dates, RATE_SCRIPT_PCT) + rate_deviation_pct
    etfs = [etf_quotes(dates, rule, moods, rate_pct, rng) for rule in ETF_RULES]
    return {
        "cdx": pd.concat(indices),
        "vix": pd.DataFrame({"date": dates, "close": np.round(vix, 2)}),
        "etf": pd.concat(etfs),
    }


def simulate_moods(dates: pd.DatetimeIndex, rng: np.random.Generator) -> Moods:
    """Simulate what moves every series."""
    count = len(dates)
    stress = np.ones(count)
    for (first, last), ratio in STRESS_VOLATILITY_RATIO.items():
        stress[(dates >= first) & (dates <= last)] = ratio
    volatility_ratio = stress * np.exp(mean_reverting(0.08 * rng.standard_normal(count), 0.03))
    news = 0.0135 * volatility_ratio * rng.standard_t(5, count) * np.sqrt(0.6)
    news[1:] -= np.where(stress[1:] > 1, GIVEN_BACK_SHARE, 0.0) * news[:-1]
    script_log = np.log(scripted_path(dates, MARKET_SCRIPT_BPS) / FACTOR_ANCHOR_BPS)
    credit_log = script_log + mean_reverting(news, 0.012)
    # Equity volatility takes the same news, harder and not for as long, and news of its own.
    own_news = 0.03 * rng.standard_normal(count)
    equity_log = script_log + mean_reverting(2.0 * news + own_news, 0.05)
    # The rush for protection builds up on bad days and fades over weeks; relief does not undo it.
    widening = np.maximum(np.diff(credit_log, prepend=credit_log[0]), 0.0)
    return Moods(volatility_ratio, credit_log, equity_log, mean_reverting(widening, 0.06))


def event_premium_bps(dates: pd.DatetimeIndex, index: str) -> np.ndarray:
    """Return the part of an index spread that stands for losses still to be settled."""
    premium = np.zeros(len(dates))
    for event in CREDIT_EVENTS:
        if event.index == index:
            loss = event.weight_share * (1 - event.recovery_share)
            sessions_left = np.searchsorted(dates, pd.Timestamp(event.event_date)) - np.arange(
                len(dates)
            )
            known_share = np.clip(1 - sessions_left / EVENT_SESSIONS, 0.0, 1.0) ** 2
            is_settled = dates >= event.effective_date
            premium += np.where(is_settled, 0.0, known_share * 1e4 * loss / EVENT_ANNUITY_YEARS)
    return premium


def credit_events(dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the events within `dates`, a row for each of the three latest series."""
    rows = []
    for event in CREDIT_EVENTS:
        if not dates[0] <= pd.Timestamp(event.effective_date) <= dates[-1]:
            continue
        rule = next(rule for rule in INDEX_RULES if rule.index == event.index)
        day = pd.DatetimeIndex([event.effective_date])
        newest = int(series_on_the_run(day, rule.roll_day, rule.first_series)[0])
        rows += [
            {
                "index": event.index,
                "series": series,
                "version": 2,
                "effective_date": pd.Timestamp(event.effective_date),
                "event_date": pd.Timestamp(event.event_date),
                "entity": event.entity,
                "weight": event.weight_share,
                "recovery": event.recovery_share,
            }
            for series in range(newest - 2, newest + 1)
        ]
    return pd.DataFrame(rows, columns=EVENT_COLUMNS)


def upfront_pct_par(dates: pd.DatetimeIndex, series: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return the clean upfront of the high-yield series, by the standard contract."""
    first = np.datetime64("2017-12", "M")  # of series 19, and half a year later each
    maturity = (first + 6 * (series - 19)).astype("datetime64[D]") + 19
    contracts = cds_contracts(
        dates.to_numpy().astype("datetime64[D]"),
        maturity,
        coupon_bps=HY_COUPON_BPS,
        recovery_share=HY_RECOVERY_SHARE,
    )
    flat = DiscountCurves.flat(DISCOUNT_RATE_DEC)
    return value_from_spread(contracts, spread, flat).upfront_pct_par


def index_quotes(
    dates: pd.DatetimeIndex, rule: IndexRule, moods: Moods, rng: np.random.Generator
) -> pd.DataFrame:
    """Simulate spread and price of one index, and the jump at each of its rolls."""
    stray = rule.stray_share * rng.standard_normal(len(dates))
    noise = mean_reverting(stray, STRAY_REVERSION_SHARE)
    series = series_on_the_run(dates, rule.roll_day, rule.first_series)
    age = series_age_share(dates, rule.roll_day)
    # A new series is half a year longer: it starts above the constant-maturity level and ends its
    # half-year as far below it, so the generic jumps up at most rolls.
    scatter = 1 + 0.75 * rng.standard_normal(series.max() - series.min() + 1)
    roll_share = rule.roll_share * scatter
    sawtooth = roll_share[series - series.min()] * (0.5 - age)
    level = rule.elasticity_ratio * moods.credit_log + noise + sawtooth
    spread = rule.level_bps * np.exp(level) + event_premium_bps(dates, rule.index)
    spread = np.round(spread, 3)
    price = np.full(len(dates), np.nan)
    if rule.index == "CDX_NA_HY":  # quoted in price
        price = np.round(100 - upfront_pct_par(dates, series, spread), 2)
    return pd.DataFrame(
        {
            "date": dates,
            "index": rule.index,
            "tenor": rule.tenor,
            "series": series,
            "spread": spread,
            "price": price,
        }
    )


def etf_quotes(
    dates: pd.DatetimeIndex,
    rule: EtfRule,
    moods: Moods,
    rate_pct: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Simulate spread and price of one ETF, which follows credit and falls in a rush."""
    shock = 0.006 * moods.volatility_ratio * rng.standard_normal(len(dates))
    noise = mean_reverting(shock, 0.08)
    spread = rule.level_bps * np.exp(
        rule.elasticity_ratio * moods.credit_log + 0.15 * moods.rush + noise
    )
    change_dec = -1e-2 * rule.rate_years * np.diff(rate_pct, prepend=rate_pct[0])
    change_dec += -1e-4 * rule.spread_years * np.diff(spread, prepend=spread[0])
    change_dec += rule.drift_dec / 252
    close = rule.first_price_usd * np.exp(np.cumsum(change_dec))
    return pd.DataFrame(
        {
            "date": dates,
            "ticker": rule.ticker,
            "close": np.round(close, 2),
            "spread": np.round(spread, 1),
        }
    )


def index_trades(cdx: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Simulate the trades of the last sessions on the public tape: HY in price, large sizes cut."""
    rng = np.random.Generator(np.random.PCG64([seed, STREAM, 1]))
    sound = cdx["tenor"].eq("5Y") & cdx["index"].isin(["CDX_NA_IG", "CDX_NA_HY"])
    days = cdx["date"].drop_duplicates().sort_values()[-TRADED_SESSIONS:]
    quotes = cdx[sound & cdx["date"].isin(days)].sort_values(["date", "index"], ignore_index=True)
    trades = quotes.loc[np.repeat(quotes.index, rng.integers(2, 7, len(quotes)))].reset_index()
    size_mm = rng.choice([10, 25, 50, 100, 200], len(trades), p=[0.2, 0.4, 0.2, 0.15, 0.05])
    away = rng.standard_normal(len(trades))
    is_priced = trades["price"].notna()
    return pd.DataFrame(
        {
            "trade_id": [f"T{number:06d}" for number in range(1, len(trades) + 1)],
            "date": trades["date"],
            "index": trades["index"],
            "tenor": trades["tenor"],
            "series": trades["series"],
            "notional_usd": 1_000_000 * np.minimum(size_mm, CAPPED_SIZE_MM),
            "is_capped": np.where(size_mm > CAPPED_SIZE_MM, "Y", "N"),
            "spread_bps": (trades["spread"] + 0.2 * away).round(3).where(~is_priced),
            "price_pct_par": (trades["price"] + 0.03 * away).round(2).where(is_priced),
        }
    )


def market_frames(
    sessions: pd.DatetimeIndex, seed: int, is_clean: bool = False
) -> dict[str, pd.DataFrame]:
    """Return the vendor frames, `cdx` to `dtcc_prints`, with planted gaps and bad rows.

    Parameters
    ----------
    sessions : DatetimeIndex
        Bond-market sessions, as `market_sessions` returns them.
    seed : int
        Seed of the simulation, >= 0.
    is_clean : bool
        Leave out the planted rows that a screen has to reject; gaps stay.

    Returns
    -------
    frames : dict of DataFrame
        Columns in the vendor's names: spreads in bps, HY prices in USD per 100 of face, ETF closes
        in USD per share, VIX in index points. VIX and ETFs also have rows on days on which only
        the stock market is open. Planted, once each at a fixed share of the period: three sessions
        without an IG 5Y row, nine without VIX, two without ETFs, three missing ETF spreads, one
        Saturday row, one exact duplicate, one negative and one missing spread.
    """
    trading_days = sessions_between(sessions[0], sessions[-1], STOCK_MARKET)
    frames = simulate_market(sessions.union(trading_days), seed)

    def day(share: float, calendar: pd.DatetimeIndex = sessions) -> pd.Timestamp:
        return calendar[int(share * len(calendar))]

    cdx = frames["cdx"][frames["cdx"]["date"].isin(sessions)]

    def row(share: float, index: str, tenor: str) -> pd.Series:
        at_place = cdx["index"].eq(index) & cdx["tenor"].eq(tenor)
        return at_place & cdx["date"].eq(day(share))

    missing = row(0.22, "CDX_NA_IG", "5Y") | row(0.52, "CDX_NA_IG", "5Y")
    missing |= row(0.83, "CDX_NA_IG", "5Y")
    cdx = cdx[~missing].reset_index(drop=True)
    friday = next(d for d in sessions[len(sessions) // 3 :] if d.weekday() == 4)
    ig_5y = cdx["index"].eq("CDX_NA_IG") & cdx["tenor"].eq("5Y")
    saturday_row = cdx[ig_5y & cdx["date"].eq(friday)].assign(date=friday + pd.Timedelta(days=1))
    if not is_clean:
        cdx.loc[row(0.67, "CDX_NA_IG", "10Y"), "spread"] *= -1
        cdx.loc[row(0.45, "ITRAXX_XO", "5Y"), "spread"] = np.nan
        cdx = pd.concat([cdx, saturday_row, cdx[row(0.74, "CDX_NA_HY", "5Y")]])

    vix = frames["vix"][frames["vix"]["date"].isin(trading_days)]
    first_stale = int(0.38 * len(trading_days))
    vix = vix[~vix["date"].isin(trading_days[first_stale : first_stale + 9])]

    etf = frames["etf"][frames["etf"]["date"].isin(trading_days)].reset_index(drop=True)
    etf = etf[~etf["date"].isin([day(0.15, trading_days), day(0.61, trading_days)])]
    for ticker, share in (("HYG", 0.27), ("HYG", 0.70), ("LQD", 0.48)):
        at_place = etf["ticker"].eq(ticker) & etf["date"].eq(day(share, trading_days))
        etf.loc[at_place, "spread"] = np.nan
    return {
        "cdx": cdx.sort_values(["date", "index", "tenor"], kind="stable").reset_index(drop=True),
        "cdx_events": credit_events(sessions),
        "vix": vix.reset_index(drop=True),
        "etf": etf.sort_values(["date", "ticker"], kind="stable").reset_index(drop=True),
        "dtcc_prints": index_trades(frames["cdx"][frames["cdx"]["date"].isin(sessions)], seed),
    }
