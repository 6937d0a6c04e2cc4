"""Index P&L and performance metrics: kernels against QuantLib and against pandas, run by run.

QuantLib values the contract of each session twice, at this session's spread and at the last one's,
on a sample that is scaled. The pandas loop computes only six plain metrics of each run (return,
volatility, Sharpe ratio, drawdown, turnover, exposure); the kernel computes its whole record.
"""

import numpy as np
import pandas as pd
import QuantLib as ql

from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.cds_schedule import semiannual_anchor_date
from parspread.overlay.index_pnl import GenericQuotes, repriced_seller_pnl
from parspread.overlay.performance import metrics_by_run, standard_metrics
from parspread_tools.benchmarks.measure import copy_seconds, median_seconds
from parspread_tools.benchmarks.tables import Table, measured

SESSIONS = {"tiny": 40, "small": 3_000, "market": 30_000}
RUNS = {"tiny": 3, "small": 100, "market": 1_000}
RUN_SESSIONS = {"tiny": 60, "small": 2_500, "market": 2_500}
TRADES_PER_RUN = 20
QUANTLIB_SAMPLE_SESSIONS = 40
CAPITAL_USD = 1e7


def quantlib_values(days: np.ndarray, ends: np.ndarray, spreads_bps: np.ndarray) -> list[float]:
    """Return clean upfronts of protection at each session's and at the last session's spread."""
    day_count, calendar, values = ql.Actual365Fixed(), ql.WeekendsOnly(), []
    for position in range(1, days.size):
        day = ql.Date(str(days[position]), "%Y-%m-%d")
        ql.Settings.instance().evaluationDate = day
        discount = ql.YieldTermStructureHandle(ql.FlatForward(day, 0.03, day_count))
        schedule = ql.Schedule(
            day,
            ql.Date(str(ends[position]), "%Y-%m-%d"),
            ql.Period(3, ql.Months),
            calendar,
            ql.Following,
            ql.Unadjusted,
            ql.DateGeneration.CDS2015,
            False,
        )
        for spread_bps in spreads_bps[[position, position - 1]].tolist():
            swap = ql.CreditDefaultSwap(
                ql.Protection.Buyer, 1.0, 0.0, 0.01, schedule, ql.Following, ql.Actual360(), True,
                True, day, calendar.advance(day, 3, ql.Days), ql.FaceValueClaim(),
                ql.Actual360(True), True, day, 3,
            )  # fmt: skip
            at_par = ql.CreditDefaultSwap(
                ql.Protection.Buyer, 1.0, spread_bps / 1e4, schedule, ql.Following, ql.Actual360()
            )
            hazard = at_par.impliedHazardRate(
                0.0, discount, day_count, 0.4, 1e-10, ql.CreditDefaultSwap.ISDA
            )
            flat = ql.FlatHazardRate(day, ql.QuoteHandle(ql.SimpleQuote(hazard)), day_count)
            survival = ql.DefaultProbabilityTermStructureHandle(flat)
            swap.setPricingEngine(ql.IsdaCdsEngine(survival, 0.4, discount))
            values.append(swap.fairUpfront())
    return values


def index_line(size: str) -> dict:
    """Return the line of the P&L of the on-the-run series, session by session."""
    count, sample_count = SESSIONS[size], min(QUANTLIB_SAMPLE_SESSIONS, SESSIONS[size])
    days = np.busday_offset("2004-01-05", np.arange(count) % 5_000, roll="forward")
    days = np.sort(np.unique(days)) if count <= 5_000 else None
    if days is None:  # a longer history than the calendar has: weekends included
        days = np.datetime64("1960-01-01") + np.arange(count)
    spreads = 60 * np.exp(np.random.default_rng(6).normal(scale=0.02, size=days.size).cumsum() / 5)
    ends = semiannual_anchor_date(days) + np.timedelta64(5 * 365, "D")
    discount = DiscountCurves.flat(0.03)
    quotes = GenericQuotes(days, spreads, ends)

    def repriced():
        return repriced_seller_pnl(quotes, discount, coupon_bps=100.0, recovery_share=0.4)

    repriced()
    seconds = median_seconds(repriced)
    sample = slice(0, sample_count + 1)
    loop = median_seconds(quantlib_values, days[sample], ends[sample], spreads[sample], repeats=1)
    reference = ("QuantLib, two values", loop * days.size / (days[sample].size - 1))
    floor = copy_seconds(days, spreads, ends, spreads)
    return measured("index P&L, repriced sessions", days.size, seconds, reference, floor)


def pandas_metrics(frame: pd.DataFrame) -> pd.DataFrame:
    """Return six plain metrics of each run, as a notebook computes them."""

    def of_run(run: pd.DataFrame) -> pd.Series:
        returns = run["net_pnl_usd"] / CAPITAL_USD
        path = run["net_pnl_usd"].cumsum()
        deviation = returns.std()
        return pd.Series(
            {
                "return_dec": returns.mean() * 252,
                "volatility_dec": deviation * 252**0.5,
                "sharpe_ratio": returns.mean() / deviation * 252**0.5,
                "max_drawdown_usd": (path.cummax() - path).max(),
                "turnover_mm": run["position_notional_mm"].diff().abs().sum(),
                "exposure_share": (run["position_notional_mm"] != 0).mean(),
            }
        )

    return frame.groupby("run").apply(of_run, include_groups=False)


def metrics_line(size: str) -> dict:
    """Return the line of the whole performance record of many runs."""
    runs, sessions = RUNS[size], RUN_SESSIONS[size]
    rng = np.random.default_rng(8)
    rows = {
        "net_pnl_usd": rng.normal(1_000, 20_000, runs * sessions),
        "cost_usd": rng.uniform(0, 100, runs * sessions),
        "position_notional_mm": rng.choice([-10.0, 0.0, 10.0], runs * sessions),
    }
    trades = {
        "trade_net_pnl_usd": rng.normal(5_000, 50_000, runs * TRADES_PER_RUN),
        "trade_holding_sessions": rng.integers(1, 40, runs * TRADES_PER_RUN).astype(float),
    }
    seconds = median_seconds(
        metrics_by_run,
        standard_metrics,
        np.arange(runs + 1) * sessions,
        rows,
        trade_offsets=np.arange(runs + 1) * TRADES_PER_RUN,
        trade_columns=trades,
        run_columns={"capital_usd": np.full(runs, CAPITAL_USD)},
        repeats=3,
    )
    frame = pd.DataFrame(rows).assign(run=np.repeat(np.arange(runs), sessions))
    reference = ("pandas, six metrics", median_seconds(pandas_metrics, frame, repeats=3))
    floor = copy_seconds(*rows.values())
    return measured("performance record, run-days", runs * sessions, seconds, reference, floor)


def tables(size: str) -> list[Table]:
    """Measure index P&L and performance metrics."""
    note = f"{RUNS[size]:,} runs of {RUN_SESSIONS[size]:,} sessions."
    return [Table("Index P&L and performance", note, [index_line(size), metrics_line(size)])]
