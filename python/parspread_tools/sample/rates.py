"""The Fed's curve of the sample, and bonds valued off it.

Bonds pay semi-annual flows counted back from maturity, in years, not in dates.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from parspread.curves.treasury_curve import SvenssonCurves, zero_yield
from parspread_tools.sample.market import BOND_MARKET, mean_reverting, scripted_path
from parspread_tools.sample.size import BondSample

LONG_RATE_SCRIPT_PCT = {
    "2016-01-04": 3.2, "2016-07-08": 2.4, "2016-12-15": 3.3, "2018-11-08": 3.6, "2019-08-30": 2.4,
    "2020-03-09": 1.5, "2020-08-04": 1.7, "2020-12-31": 2.2,
}  # fmt: skip
SHORT_RATE_SCRIPT_PCT = {
    "2016-01-04": 0.3, "2016-12-15": 0.6, "2017-12-31": 1.4, "2018-12-20": 2.4, "2019-07-31": 2.1,
    "2019-12-31": 1.6, "2020-02-25": 1.5, "2020-03-31": 0.1, "2020-12-31": 0.1,
}  # fmt: skip


def fed_zero_dec(years: np.ndarray, params_pct: np.ndarray) -> np.ndarray:
    """Return continuously compounded zero rates of the Fed's curve.

    `params_pct` holds BETA0-3 in percent, TAU1 and TAU2 in years, along its first axis.
    """
    return zero_yield(years, SvenssonCurves(*params_pct[:4] / 100, *params_pct[4:]))[0]


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
    zero_pct = np.round(100 * fed_zero_dec(years[:, None], params[:, None, :]), 4)
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


def years_30_360(start: pd.Timestamp, end: pd.DatetimeIndex) -> np.ndarray:
    """Return the 30E/360 year fraction from one date to many.

    `day_count.year_fraction` adds the same days in another order: a price that stands exactly on
    its floor would then round the other way, and another seed would no longer write the same file.
    """
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
    rate_dec = fed_zero_dec(times, params_pct) + spread_dec[:, None]
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
