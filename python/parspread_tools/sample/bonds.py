"""Simulate the vendor files of desk cds_bond: Treasuries, the Fed curve, bonds, RED codes and CDS.

One daily credit factor moves every issuer's CDS curve; a bond is priced off the Fed curve plus its
issuer's CDS spread at the bond's maturity minus a basis that follows a scripted path by rating.
So the basis which the warehouse finds is known. All identifiers are invented: CUSIP issuer numbers
lie in the range reserved for private use.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.signal import lfilter

from parspread_tools.sample.market import (
    BOND_MARKET,
    CREDIT_SCRIPT_BPS,
    FACTOR_ANCHOR_BPS,
    mean_reverting,
    scripted_path,
)

FIRST_MONTH = pd.Timestamp("2016-01-31")
MIN_ISSUER_COUNT, MAX_ISSUER_COUNT = 20, 25_000
CDS_BLOCK_ISSUERS = 250  # bounds the quotes of a year in memory, about 1,500 rows an issuer
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

LONG_RATE_SCRIPT_PCT = {
    "2016-01-04": 3.2, "2016-07-08": 2.4, "2016-12-15": 3.3, "2018-11-08": 3.6, "2019-08-30": 2.4,
    "2020-03-09": 1.5, "2020-08-04": 1.7, "2020-12-31": 2.2,
}  # fmt: skip
SHORT_RATE_SCRIPT_PCT = {
    "2016-01-04": 0.3, "2016-12-15": 0.6, "2017-12-31": 1.4, "2018-12-20": 2.4, "2019-07-31": 2.1,
    "2019-12-31": 1.6, "2020-02-25": 1.5, "2020-03-31": 0.1, "2020-12-31": 0.1,
}  # fmt: skip

# Extra log spread of the two names with a story of their own.
DEFAULT_DATE = pd.Timestamp("2020-06-15")
DEFAULT_STORY_LOG = {"2019-05-31": 0.0, "2020-01-31": 0.9, "2020-03-31": 2.3, "2020-06-12": 3.4}
DISTRESS_STORY_LOG = {
    "2015-12-31": 1.9, "2016-02-11": 2.4, "2016-06-30": 1.2, "2017-01-31": 0.2
}  # fmt: skip

STANDARD_TENORS_YEARS = (1, 3, 5, 7, 10)
OTHER_TENORS_YEARS = (0.5, 2, 4, 15, 20, 30)

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
RED_SCHEMA = pa.schema(
    {name: pa.string() for name in ("redcode", "ticker", "obl_cusip", "isin", "tier")}
)
ISSUE_SCHEMA = pa.schema(
    {
        "kycrspid": pa.string(),
        "kytreasno": pa.float64(),
        "tmatdt": pa.date32(),
        "tcouprt": pa.float64(),
        "itype": pa.float64(),
        "tdatdt": pa.date32(),
    }
)
TREASURY_MONTH_SCHEMA = pa.schema(
    {
        "kycrspid": pa.string(),
        "kytreasno": pa.float64(),
        "mcaldt": pa.date32(),
        "tmpubout": pa.float64(),
        "tmyld": pa.float64(),
    }
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


@dataclass(frozen=True)
class BondSample:
    """The size of a cds_bond sample and the seed that decides it."""

    issuer_count: int = 60
    bond_count: int = 200
    month_count: int = 60
    seed: int = 7
    is_clean: bool = False  # without the planted rows that a screen has to reject

    def __post_init__(self) -> None:
        """Refuse sizes that leave no room for the planted stories."""
        if not MIN_ISSUER_COUNT <= self.issuer_count <= MAX_ISSUER_COUNT:
            raise ValueError(
                f"issuers must be between {MIN_ISSUER_COUNT} and {MAX_ISSUER_COUNT}; "
                f"they were {self.issuer_count}"
            )
        if not self.issuer_count <= self.bond_count <= 500 * self.issuer_count:
            raise ValueError(
                f"bonds must be between 1 and 500 an issuer; they were {self.bond_count} "
                f"for {self.issuer_count} issuers"
            )
        if self.month_count < 1:
            raise ValueError(f"months must be at least 1; they were {self.month_count}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0; it was {self.seed}")

    def stream(self, *key: int) -> np.random.Generator:
        """Return the random stream of one step, independent of every other step's."""
        return np.random.Generator(np.random.PCG64([self.seed, 2, *key]))

    @property
    def month_ends(self) -> pd.DatetimeIndex:
        """Calendar month ends, weekends included, as the bond file dates its rows."""
        return pd.date_range(FIRST_MONTH, periods=self.month_count, freq="ME")

    @property
    def weekdays(self) -> pd.DatetimeIndex:
        """Every weekday of the months covered."""
        return pd.bdate_range(FIRST_MONTH.replace(day=1), self.month_ends[-1])


# ---------------------------------------------------------------------------------------------
# Identifiers


def cusip_check_digit(base: str) -> str:
    """Return the ninth character of a CUSIP.

    >>> cusip_check_digit("03783310")
    '0'
    """
    total = 0
    for place, character in enumerate(base):
        value = int(character, 36) * (1 + place % 2)
        total += value // 10 + value % 10
    return str(-total % 10)


def isin_check_digit(base: str) -> str:
    """Return the twelfth character of an ISIN.

    >>> isin_check_digit("US037833100")
    '5'
    """
    digits = "".join(str(int(character, 36)) for character in base)
    doubled = [int(d) * (2 - place % 2) for place, d in enumerate(reversed(digits))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def base_36(number: int, width: int) -> str:
    """Return a number as `width` characters out of 0-9 and A-Z."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    characters = ""
    for _ in range(width):
        number, digit = divmod(number, 36)
        characters = alphabet[digit] + characters
    return characters


# ---------------------------------------------------------------------------------------------
# Rates


def svensson_zero_dec(years: np.ndarray, params_pct: np.ndarray) -> np.ndarray:
    """Return continuously compounded zero rates of the Fed's curve (Svensson 1994).

    `params_pct` holds BETA0-3 in percent, TAU1 and TAU2 in years, along its first axis.
    """
    beta_0, beta_1, beta_2, beta_3, tau_1, tau_2 = params_pct
    decay_1, decay_2 = np.exp(-years / tau_1), np.exp(-years / tau_2)
    load_1 = (1 - decay_1) / (years / tau_1)
    load_2 = (1 - decay_2) / (years / tau_2)
    rate_pct = beta_0 + beta_1 * load_1 + beta_2 * (load_1 - decay_1) + beta_3 * (load_2 - decay_2)
    return rate_pct / 100


def fed_params_pct(sample: BondSample) -> np.ndarray:
    """Return BETA0-3, TAU1, TAU2 on every weekday, shape (6, n_days), rounded as published."""
    rng, days = sample.stream(1), sample.weekdays
    deviations = [
        mean_reverting(size * rng.standard_normal(len(days)), 0.02)
        for size in (0.03, 0.01, 0.05, 0.05, 0.01, 0.05)
    ]
    beta_0 = scripted_path(days, LONG_RATE_SCRIPT_PCT) + deviations[0]
    short_pct = scripted_path(days, SHORT_RATE_SCRIPT_PCT) + deviations[1]
    beta_2, beta_3 = -1.3 + deviations[2], 1.0 + deviations[3]
    taus = (1.6 + deviations[4], 10.0 + deviations[5])
    return np.round([beta_0, short_pct - beta_0, beta_2, beta_3, *taus], 6)


def fed_yield_curve(sample: BondSample) -> pa.Table:
    """Return the Fed's daily curve; a bond-market holiday is a row of nulls, as published."""
    days, params = sample.weekdays, fed_params_pct(sample)
    years = np.arange(1.0, 31.0)
    zero_pct = np.round(100 * svensson_zero_dec(years[:, None], params[:, None, :]), 4)
    columns = {"Date": days}
    names = ("BETA0", "BETA1", "BETA2", "BETA3", "TAU1", "TAU2")
    for name, values in zip(names, params, strict=True):
        columns[name] = values
    for year, values in zip(years, zero_pct, strict=True):
        columns[f"SVENY{int(year):02d}"] = values
    frame = pd.DataFrame(columns)
    holiday = days.isin(BOND_MARKET.holidays(days[0], days[-1]))
    frame.loc[holiday, frame.columns[1:]] = np.nan
    if sample.is_clean:
        frame = frame[~holiday]
    schema = pa.schema({n: pa.timestamp("ns") if n == "Date" else pa.float64() for n in frame})
    return pa.Table.from_pandas(frame, schema, preserve_index=False)


# ---------------------------------------------------------------------------------------------
# Bond arithmetic: semi-annual flows counted back from maturity


def years_30_360(start: pd.Timestamp, end: pd.DatetimeIndex) -> np.ndarray:
    """Return the 30/360 year fraction from one date to many."""
    start_day = min(start.day, 30)
    end_day = np.minimum(end.day, 30)
    months = 12 * (end.year - start.year) + end.month - start.month
    return (months / 12 + (end_day - start_day) / 360).to_numpy()


def coupon_flows(coupon_pct: np.ndarray, years: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return flow times in years and amounts per 100, shape (n_bonds, n_flows), maturity first."""
    steps = np.arange(int(np.ceil(2 * years.max())) + 1)
    times = years[:, None] - steps / 2
    amounts = coupon_pct[:, None] / 2 + 100.0 * (steps == 0)
    alive = times > 1e-9
    return np.where(alive, times, 1.0), np.where(alive, amounts, 0.0)


def dirty_price(
    times: np.ndarray, amounts: np.ndarray, params_pct: np.ndarray, spread_dec: np.ndarray
) -> np.ndarray:
    """Return prices per 100 off the Fed curve plus one continuously compounded spread a bond."""
    rate_dec = svensson_zero_dec(times, params_pct) + spread_dec[:, None]
    return (amounts * np.exp(-rate_dec * times)).sum(axis=1)


def semi_annual_yield_dec(
    times: np.ndarray, amounts: np.ndarray, price_pct_par: np.ndarray
) -> np.ndarray:
    """Return bond-equivalent yields by Newton steps on the log price, which is nearly linear."""
    yield_dec = np.full(len(price_pct_par), 0.03)
    for _ in range(40):
        growth = 1 + yield_dec[:, None] / 2
        value = amounts * growth ** (-2 * times)
        price = value.sum(axis=1)
        slope = -(value * times / growth).sum(axis=1) / price
        step = (np.log(price) - np.log(price_pct_par)) / slope
        yield_dec = np.maximum(yield_dec - step, -1.0)
    return yield_dec


# ---------------------------------------------------------------------------------------------
# Treasuries


def treasury_issues(sample: BondSample) -> pd.DataFrame:
    """Return every Treasury alive in the sample: bills, notes, bonds, TIPS and a few callables."""
    rng = sample.stream(2)
    first, last = sample.month_ends[0], sample.month_ends[-1]
    plan = []  # (CRSP type, issue dates, term in months, mature on the 15th?)
    thursdays = pd.date_range(first - pd.DateOffset(weeks=26), last, freq="W-THU")
    plan.append((4, thursdays, 6, None))
    monthly = pd.date_range(first - pd.DateOffset(years=7), last, freq="ME")
    for term_months in (24, 60, 84):
        plan.append((2, monthly, term_months, False))
    plan.append((2, monthly, 36, True))
    quarterly = pd.date_range(first - pd.DateOffset(years=10), last, freq="QE-FEB")
    plan.append((2, quarterly, 120, True))
    plan.append((1, pd.date_range("1994-02-15", last, freq="QE-FEB"), 360, True))
    plan.append((11, pd.date_range(first - pd.DateOffset(years=10), last, freq="6ME"), 120, True))
    plan.append((11, pd.date_range(first - pd.DateOffset(years=5), last, freq="12ME"), 60, True))
    plan.append((12, pd.date_range("1998-02-28", last, freq="12ME"), 360, True))
    plan.append((5, pd.date_range("1989-02-28", periods=5, freq="12ME"), 360, True))

    frames = []
    for kind, dated, term_months, mid_month in plan:
        if kind == 4:
            matures = dated + pd.Timedelta(weeks=26)
        else:
            matures = dated + pd.DateOffset(months=term_months)
            if mid_month:
                matures = matures.map(lambda day: day.replace(day=15))
                dated = dated.map(lambda day: day.replace(day=15))
            else:
                matures = matures + pd.offsets.MonthEnd(0)
        # Older issues carry the higher coupons of their day.
        age_years = np.maximum((pd.Timestamp("2016-01-31") - dated).days.to_numpy() / 365.25, 0)
        coupon_pct = 1.6 + 0.25 * np.sqrt(term_months / 12) + 0.2 * age_years
        coupon_pct = coupon_pct + rng.normal(0, 0.3, len(dated))
        if kind in (11, 12):
            coupon_pct = 0.25 * coupon_pct
        coupon_pct = np.round(np.maximum(coupon_pct, 0.125) * 8) / 8
        if kind == 4:
            coupon_pct = np.zeros(len(dated))
        frame = pd.DataFrame({"tdatdt": dated, "tmatdt": matures, "tcouprt": coupon_pct})
        frames.append(frame.assign(itype=float(kind)))
    issues = pd.concat(frames, ignore_index=True)
    issues = issues[issues["tmatdt"] > first].sort_values(["tmatdt", "itype", "tdatdt"])
    issues = issues.reset_index(drop=True)
    issues["kytreasno"] = 204000.0 + issues.index
    # YYYYMMDD.TCCCCE: maturity, type digit, coupon in 1/100 percent, and a digit that tells apart
    # issues which agree in everything else.
    stem = (
        issues["tmatdt"].dt.strftime("%Y%m%d.")
        + (issues["itype"] % 10).astype(int).astype(str)
        + (issues["tcouprt"] * 100).round().astype(int).astype(str).str.zfill(4)
    )
    issues["kycrspid"] = stem + issues.groupby(stem).cumcount().astype(str)
    size = np.round(rng.uniform(14_000, 44_000, len(issues)) / 500) * 500  # rounded: ties occur
    issues["outstanding_usd_mm"] = np.where(issues["itype"] == 4, 0.0, size)
    return issues


def treasury_tables(sample: BondSample) -> tuple[pa.Table, pa.Table]:
    """Return `issue_data` and `monthly_ts_data`: month-end yields per day and public amounts."""
    issues, days = treasury_issues(sample), sample.weekdays
    params, rng = fed_params_pct(sample), sample.stream(3)
    holidays = BOND_MARKET.holidays(days[0], days[-1])
    months = []
    for month_end in sample.month_ends:
        position = np.flatnonzero((days <= month_end) & ~days.isin(holidays))[-1]
        alive = issues[(issues["tdatdt"] <= days[position]) & (issues["tmatdt"] > days[position])]
        years = (alive["tmatdt"] - days[position]).dt.days.to_numpy() / 365.25
        times, amounts = coupon_flows(alive["tcouprt"].to_numpy(), years)
        price = dirty_price(times, amounts, params[:, position], np.zeros(len(alive)))
        yield_dec = 2 * np.log1p(semi_annual_yield_dec(times, amounts, price) / 2)
        kind = alive["itype"].to_numpy()
        yield_dec = yield_dec - 0.017 * np.isin(kind, (11, 12)) - 0.001 * (kind == 4)
        yield_dec += rng.normal(0, 1e-4, len(alive))
        months.append(
            pd.DataFrame(
                {
                    "kycrspid": alive["kycrspid"],
                    "kytreasno": alive["kytreasno"],
                    "mcaldt": days[position].date(),
                    "tmpubout": alive["outstanding_usd_mm"],
                    "tmyld": np.round(yield_dec / 365, 9),
                }
            )
        )
    monthly = pd.concat(months, ignore_index=True)
    luck = rng.random(len(monthly))
    monthly.loc[luck < 0.010, "tmpubout"] = -1.0
    monthly.loc[(luck >= 0.010) & (luck < 0.025), "tmpubout"] = np.nan
    if not sample.is_clean:
        monthly.loc[(luck >= 0.025) & (luck < 0.030), "tmyld"] = np.nan
        monthly.loc[(luck >= 0.0300) & (luck < 0.0302), "tmyld"] = -99.0
        monthly.loc[(luck >= 0.0310) & (luck < 0.0312), "kycrspid"] = None
    for column in ("tmatdt", "tdatdt"):
        issues[column] = issues[column].dt.date
    if not sample.is_clean:
        issues.loc[issues.index[-2:], "kytreasno"] = np.nan
    return (
        pa.Table.from_pandas(issues, ISSUE_SCHEMA, preserve_index=False),
        pa.Table.from_pandas(monthly, TREASURY_MONTH_SCHEMA, preserve_index=False),
    )


# ---------------------------------------------------------------------------------------------
# Issuers and their CDS


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
                sample.is_clean,
            )
            yield pa.Table.from_pandas(frame, CDS_SCHEMA, preserve_index=False)

    for days, five_year_dec in spreads_by_year(sample, issuers):
        year = int(days.year[0])
        yield year, blocks_of(year, days, five_year_dec)


def quotes_of_year(
    issuers: pd.DataFrame,
    days: pd.DatetimeIndex,
    five_year_dec: np.ndarray,
    rng: np.random.Generator,
    is_clean: bool,
) -> pd.DataFrame:
    """Return one year of quotes: five tenors a day, and more on the last quote days of a month."""
    is_open = ~(((days.month == 12) & (days.day == 25)) | ((days.month == 1) & (days.day == 1)))
    days, five_year_dec = days[is_open], five_year_dec[is_open]
    year, story, number = days.year[0], issuers["story"].to_numpy(), issuers.index.to_numpy()
    curve_dec = cds_curve_dec(five_year_dec.T[:, None, :], np.array(STANDARD_TENORS_YEARS)[:, None])
    curve_dec = curve_dec * (1 + 0.004 * rng.standard_normal(curve_dec.shape))
    # One name's curve stands still for seven weeks.
    frozen = np.flatnonzero((days >= "2018-03-26") & (days <= "2018-05-11"))
    curve_dec[np.ix_(story == "stale", range(len(STANDARD_TENORS_YEARS)), frozen)] = curve_dec[
        story == "stale"
    ][:, :, frozen[:1]]

    quotes = [daily_quotes(issuers, days, curve_dec, rng, is_clean)]
    # Counted back from the end of each month: 0 is its last quote day.
    is_late = pd.Series(days).groupby(days.month).cumcount(ascending=False).to_numpy() < 5
    has_quotes = (story != "no_cds") & (story != "default")

    def late_quotes(
        chosen: np.ndarray,
        factor: float = 1.0,
        tenors: tuple = STANDARD_TENORS_YEARS,
        **attributes: object,
    ) -> pd.DataFrame:
        names = np.flatnonzero(chosen & has_quotes)
        values = curve_dec[names][:, :, is_late]
        if tenors is not STANDARD_TENORS_YEARS:
            at_five = five_year_dec[is_late].T[names][:, None, :]
            values = cds_curve_dec(at_five, np.array(tenors)[:, None])
        return quote_rows(issuers.iloc[names], days[is_late], factor * values, tenors, **attributes)

    quotes.append(late_quotes(number % 4 == 0, tenors=OTHER_TENORS_YEARS))
    for remainder, clause, factor in ((0, "CR14", 1.05), (1, "MR14", 1.03), (2, "MM14", 1.02)):
        quotes.append(late_quotes(number % 6 == remainder, factor, docclause=clause))
    quotes.append(late_quotes(number % 15 == 3, 0.99, docclause="XR"))
    quotes.append(late_quotes(number % 20 == 5, 1.5, tier="SUBLT2", recovery=0.2))
    quotes.append(late_quotes(number % 20 == 8, 0.97, currency="EUR"))
    if year in (2018, 2019):
        two = story == "two_red_codes"
        per_name = len(STANDARD_TENORS_YEARS) * is_late.sum()
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
    is_clean: bool,
) -> pd.DataFrame:
    """Return the everyday quotes of five tenors with their holes, nulls and absurd values."""
    year = days.year[0]
    frame = quote_rows(issuers, days, curve_dec, STANDARD_TENORS_YEARS)
    per_name = len(STANDARD_TENORS_YEARS) * len(days)
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
    if is_clean:
        # Above 100 % a quote is a fault to the screens, if also true for a name about to default.
        return frame[frame["parspread"] <= 1]
    frame.loc[luck[:3], "parspread"] = [28.7, 491.84, -0.0042]
    frame.loc[luck[3:6], "redcode"] = None
    frame.loc[luck[6:9], "ticker"] = None
    frame.loc[luck[9 : 15 + len(frame) // 2000], "parspread"] = np.nan
    return frame


# ---------------------------------------------------------------------------------------------
# Bonds and their RED codes


def bonds_of(sample: BondSample, issuers: pd.DataFrame) -> pd.DataFrame:
    """Return one row per bond: codes, terms and the flags that decide whether a screen keeps it."""
    rng, count = sample.stream(9), sample.bond_count
    number = np.arange(count)
    issuer = np.sort(
        np.concatenate(
            [np.arange(len(issuers)), rng.integers(0, len(issuers), count - len(issuers))]
        )
    )
    owner = issuers.iloc[issuer]
    within_issuer = pd.Series(issuer).groupby(issuer).cumcount().to_numpy()
    cusips, isins = [], []
    for stem, place in zip(owner["cusip_6"], within_issuer, strict=True):
        base = stem + base_36(370 + int(place), 2)  # from "AA" on, as fixed income issues have
        cusips.append(base + cusip_check_digit(base))
        isins.append("US" + cusips[-1] + isin_check_digit("US" + cusips[-1]))

    last_offer_days = 30 * sample.month_count + 1500
    offered = pd.Timestamp("2010-06-01") + pd.to_timedelta(
        rng.integers(0, last_offer_days, count), "D"
    )
    term_years = rng.choice([3, 5, 7, 8, 10, 30], count, p=[0.08, 0.22, 0.22, 0.14, 0.29, 0.05])
    month = (offered.year * 12 + offered.month - 1 + 12 * term_years).to_numpy()
    # Two thirds mature in mid month or at its end, where Treasuries mature too.
    day = np.where(
        rng.random(count) < 0.67, rng.choice([1, 14, 15, 16, 28], count), rng.integers(1, 29, count)
    )
    maturity = pd.to_datetime({"year": month // 12, "month": month % 12 + 1, "day": day})

    # Between two issues of the name: what the curve and the name asked at the time.
    asked_pct = 2.0 + 0.08 * term_years + owner["level_bps"].to_numpy() / 100
    coupon_pct = np.maximum(np.round((asked_pct + rng.normal(0, 0.4, count)) * 8) / 8, 0.5)
    luck = rng.random(count)
    frame = pd.DataFrame(
        {
            "issuer": issuer,
            "issue_id": 500_000.0 + number,
            "cusip": cusips,
            "isin": isins,
            "company_symbol": owner["ticker"].to_numpy(),
            "bond_type": "CDEB",
            "security_level": np.where(luck < 0.05, "SUB", np.where(luck < 0.08, "SENS", "SEN")),
            "conv": np.where((luck >= 0.08) & (luck < 0.11), 1.0, 0.0),
            "offering_date": offered,
            "offering_amt": np.round(np.exp(rng.normal(13.2, 0.6, count)) / 1000) * 1000,
            "offering_price": np.round(100 - np.abs(rng.normal(0, 0.4, count)), 3),
            "principal_amt": 1000.0,
            "maturity": maturity,
            "coupon": coupon_pct,
            "day_count_basis": np.where(luck < 0.97, "30/360", "ACT/ACT"),
            "dated_date": offered,
            "ncoups": 2.0,
        }
    )
    odd = rng.permutation(count)[:16]
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
    frame["has_coupon"] = number != odd[15]  # priced with its coupon, delivered without
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


def coupon_date_before(maturity: pd.DatetimeIndex, steps: np.ndarray) -> pd.DatetimeIndex:
    """Return the date `steps` half-years before each maturity; days never exceed 28 here."""
    month = (maturity.year * 12 + maturity.month - 1).to_numpy() - 6 * steps
    parts = {"year": month // 12, "month": month % 12 + 1, "day": maturity.day.to_numpy()}
    return pd.DatetimeIndex(pd.to_datetime(parts))


def bond_months(sample: BondSample) -> Iterator[pa.Table]:
    """Yield the bond file month by month."""
    issuers = issuers_of(sample)
    bonds = bonds_of(sample, issuers)
    params, days = fed_params_pct(sample), sample.weekdays
    basis_rng = sample.stream(11)
    month_ends = sample.month_ends
    basis_bps = {
        rating: scripted_path(month_ends, BASIS_SCRIPT_BPS[rating])
        + mean_reverting(size * basis_rng.standard_normal(len(month_ends)), 0.4)
        for rating, size in (("IG", 3.0), ("HY", 8.0))
    }
    bond_noise_bps = sample.stream(12).standard_normal(len(bonds))
    position_of = {day: place for place, day in enumerate(days)}
    for year_days, five_year in spreads_by_year(sample, issuers):
        for month in np.flatnonzero(month_ends.year == year_days.year[0]):
            month_end = month_ends[month]
            last_day = year_days[year_days <= month_end][-1]
            row = year_days.get_loc(last_day)
            yield month_of_bonds(
                month_end,
                bonds,
                issuers,
                five_year[row],
                params[:, position_of[last_day]],
                {rating: path[month] for rating, path in basis_bps.items()},
                bond_noise_bps,
                sample.stream(13, int(month)),
                sample.is_clean,
            )


def month_of_bonds(
    month_end: pd.Timestamp,
    bonds: pd.DataFrame,
    issuers: pd.DataFrame,
    five_year_dec: np.ndarray,
    params_pct: np.ndarray,
    basis_bps: dict[str, float],
    bond_noise_bps: np.ndarray,
    rng: np.random.Generator,
    is_clean: bool,
) -> pa.Table:
    """Return one month end of the bond file: every bond alive, priced, then dirtied."""
    offered, matured = bonds["dated_date"] <= month_end, bonds["maturity"] <= month_end
    alive = np.flatnonzero(offered & ~matured)
    frame = bonds.iloc[alive].reset_index(drop=True)
    owner = issuers.iloc[frame["issuer"]].reset_index(drop=True)
    count = len(frame)

    fallen = (owner["story"] == "fallen_angel") & (month_end >= pd.Timestamp("2020-04-01"))
    is_ig = (owner["is_ig"] & ~fallen).to_numpy()
    rating_num = np.where(fallen, 11, owner["rating_num"])
    maturity = pd.DatetimeIndex(frame["maturity"])
    years = years_30_360(month_end, maturity)
    years = np.maximum(years, 1 / 360)  # 30/360 sees no day between the 30th and the 31st
    coupon_pct = frame["coupon"].to_numpy()
    basis = np.where(is_ig, basis_bps["IG"], basis_bps["HY"])
    basis = basis + np.where(is_ig, 6.0, 20.0) * (
        0.8 * bond_noise_bps[alive] + 0.6 * rng.standard_normal(count)
    )
    cds_dec = cds_curve_dec(five_year_dec[frame["issuer"]], np.maximum(years, 0.5))
    subordination = np.where(frame["security_level"] == "SUB", 1.5, 1.0)
    spread_dec = cds_dec * subordination - basis * 1e-4

    dirty, yield_dec = np.empty(count), np.empty(count)
    for first in range(0, count, PRICING_BLOCK_ROWS):
        block = slice(first, first + PRICING_BLOCK_ROWS)
        times, amounts = coupon_flows(coupon_pct[block], years[block])
        # Claims trade no lower than what a default would recover.
        price = dirty_price(times, amounts, params_pct, spread_dec[block])
        dirty[block] = np.maximum(price, 70 * owner["recovery"].to_numpy()[block])
        yield_dec[block] = semi_annual_yield_dec(times, amounts, dirty[block])
    steps = np.ceil(2 * years - 1e-9).astype(int) - 1  # coupon dates after the next one
    accrued = coupon_pct * (0.5 - (years - steps / 2))
    has_flows = coupon_pct > 0

    frame["date"] = month_end
    frame["nextcoup"] = coupon_date_before(maturity, steps)
    frame["remcoups"] = steps + 1.0
    frame.loc[~has_flows, ["nextcoup", "remcoups"]] = [pd.NaT, 0.0]
    frame["coupacc"] = np.round(accrued, 6)
    small = frame["offering_amt"]
    called = (bonds["issue_id"].iloc[alive] % 9 == 0).to_numpy() & (month_end.year >= 2019)
    frame["amount_outstanding"] = np.where(called, np.round(0.6 * small), small)
    frame["price_eom"] = np.round(dirty - accrued, 4)
    frame["yield"] = np.round(yield_dec, 6)
    frame["tmt"] = np.round((maturity - month_end).days.to_numpy() / 365.25, 4)
    frame["rating_num"] = rating_num.astype(float)
    grades = np.array(["AAA", "AA", "A", "BBB", "BB", "B", "CCC"])
    frame["rating_cat"] = grades[np.searchsorted([1, 4, 7, 10, 13, 16], rating_num)]
    frame["rating_class"] = np.where(is_ig, "0.IG", "1.HY")
    crisis = 2.5 if pd.Timestamp("2020-03-01") <= month_end <= pd.Timestamp("2020-05-31") else 1.0
    half_spread = (
        np.where(is_ig, 0.0022, 0.0045) * crisis * np.exp(0.5 * rng.standard_normal(count))
    )
    frame["t_spread"] = np.where(rng.random(count) < 0.35, np.nan, np.round(half_spread, 6))
    frame["t_yld_pt"] = np.round(100 * yield_dec + 0.02 * rng.standard_normal(count), 4)
    frame["t_volume"] = np.round(np.exp(rng.normal(16, 1, count)) / 1000) * 1000
    traded = month_end - pd.to_timedelta(rng.integers(0, 6, count), "D")
    frame["t_date"] = traded
    frame["defaulted"] = "N"

    in_default = ((owner["story"] == "default") & (month_end >= DEFAULT_DATE)).to_numpy()
    months_after = 12 * (month_end.year - 2020) + month_end.month - 6
    frame.loc[in_default, "price_eom"] = 31.5 - 1.25 * min(months_after, 8)
    frame.loc[in_default, ["coupacc", "yield", "t_yld_pt"]] = np.nan
    frame.loc[in_default, "defaulted"] = "Y"

    luck = rng.random(count)
    frame.loc[~frame["has_coupon"], ["coupon", "coupacc"]] = np.nan
    frame.loc[(luck >= 0.006) & (luck < 0.010), "nextcoup"] = pd.NaT
    frame.loc[(luck >= 0.010) & (luck < 0.016), "rating_class"] = "2.NR"
    frame.loc[(luck >= 0.016) & (luck < 0.0165), "rating_class"] = None
    if is_clean:
        # A bond in default has no yield, one about to default none that the screens believe.
        return bond_table(frame[~in_default & (frame["yield"] <= 1)])
    frame.loc[luck < 0.002, "price_eom"] = np.nan
    frame.loc[(luck >= 0.002) & (luck < 0.004), "yield"] = np.nan
    frame.loc[(luck >= 0.004) & (luck < 0.005), "yield"] *= 100  # percent instead of decimal
    frame.loc[(luck >= 0.005) & (luck < 0.0055), "price_eom"] *= 50
    frame.loc[(luck >= 0.0055) & (luck < 0.006), "yield"] = -2.43
    frame.loc[(luck >= 0.017) & (luck < 0.0175), "maturity"] = pd.NaT
    copies = frame[(luck >= 0.02) & (luck < 0.023)]
    conflicts = frame[(luck >= 0.023) & (luck < 0.025)]
    conflicts = conflicts.assign(price_eom=conflicts["price_eom"] + 1.5)

    # Some bonds are still reported once after they have matured.
    just = matured & (bonds["maturity"] > month_end - pd.DateOffset(months=1)) & offered
    ghosts = bonds[just & (bonds["issue_id"] % 3 == 0)].assign(
        date=month_end, price_eom=100.0, rating_class="0.IG", defaulted="N", coupacc=0.0
    )
    ghosts["amount_outstanding"] = 0.0
    return bond_table(pd.concat([frame, copies, conflicts, ghosts], ignore_index=True))


def bond_table(rows: pd.DataFrame) -> pa.Table:
    """Return rows of the bond file in the vendor's columns and types."""
    return pa.Table.from_pandas(
        rows.reindex(columns=BOND_SCHEMA.names), BOND_SCHEMA, preserve_index=False
    )
