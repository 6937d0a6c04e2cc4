"""Simulate the Treasury files: issues of every kind, and their month-end yields and amounts."""

import numpy as np
import pandas as pd
import pyarrow as pa

from parspread_tools.sample.market import BOND_MARKET
from parspread_tools.sample.rates import (
    coupon_flows,
    dirty_price,
    fed_params_pct,
    semi_annual_yield_dec,
)
from parspread_tools.sample.size import BondSample

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
