"""Measure the CDS kernel: `python -m parspread_tools.benchmarks.cds`.

Prints a Markdown table: quotes from dates and spread to upfront, CS01, IR01 and Rec01,
in whole arrays, against QuantLib's ISDA engine called quote by quote from Python. QuantLib prices
a random sample and its time is scaled to all of them; both do the same four valuations per quote,
and the largest difference of their upfronts is printed. Needs QuantLib (extra `dev`).
"""

import time

import numpy as np
import QuantLib as ql

from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import risks
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.cds_schedule import standard_maturity_date
from parspread_tools.benchmarks.measure import (
    REPEATS,
    growth_exponent,
    median_seconds,
    peak_memory_mb,
)

QUOTE_COUNT = 10_000
QUANTLIB_SAMPLE_QUOTES = 400
COUPON_BPS = 100.0
RECOVERY_SHARE = 0.4


def quotes(count: int) -> dict[str, np.ndarray]:
    """Return quotes over nine years of trade dates, tenors of 1 to 10 years, 20 to 1,000 bps."""
    position = np.arange(count)
    trade = np.busday_offset("2016-01-04", position % 2300)
    tenor_months = 12 * np.array([1, 3, 5, 7, 10])[position % 5]
    return {
        "trade_date": trade,
        "maturity_date": standard_maturity_date(trade, tenor_months),
        "spread_bps": 20.0 + 980.0 * ((position * 37) % count) / count,
        "rate_dec": 0.01 + 0.04 * ((position * 61) % count) / count,
    }


def with_kernel(rows: dict[str, np.ndarray]) -> np.ndarray:
    """Return clean upfronts, with three bumped valuations each, as the loop below."""
    contracts = cds_contracts(
        rows["trade_date"],
        rows["maturity_date"],
        coupon_bps=COUPON_BPS,
        recovery_share=RECOVERY_SHARE,
    )
    discount = DiscountCurves.flat(rows["rate_dec"])
    return risks(contracts, rows["spread_bps"], discount).values.upfront_pct_par


def with_quantlib(rows: dict[str, np.ndarray]) -> np.ndarray:
    """Return clean upfronts quote by quote, with three bumped valuations each."""
    calendar, upfronts = ql.WeekendsOnly(), []
    for trade, maturity, spread_bps, rate in zip(*rows.values(), strict=True):
        day = ql.Date(str(trade), "%Y-%m-%d")
        ql.Settings.instance().evaluationDate = day
        schedule = ql.Schedule(
            day,
            ql.Date(str(maturity), "%Y-%m-%d"),
            ql.Period(3, ql.Months),
            calendar,
            ql.Following,
            ql.Unadjusted,
            ql.DateGeneration.CDS2015,
            False,
        )
        settlement = calendar.advance(day, 3, ql.Days)

        def swap(
            coupon_bps: float, day=day, schedule=schedule, settlement=settlement
        ) -> ql.CreditDefaultSwap:
            return ql.CreditDefaultSwap(
                ql.Protection.Buyer,
                1.0,
                0.0,
                coupon_bps / 1e4,
                schedule,
                ql.Following,
                ql.Actual360(),
                True,
                True,
                day,
                settlement,
                ql.FaceValueClaim(),
                ql.Actual360(True),
                True,
                day,
                3,
            )

        standard = swap(COUPON_BPS)
        results = []
        for spread_up_bps, rate_up, recovery_up in (
            (0.0, 0.0, 0.0),
            (1.0, 0.0, 0.0),
            (0.0, 1e-4, 0.0),
            (0.0, 0.0, 0.01),
        ):
            curve = ql.FlatForward(day, float(rate) + rate_up, ql.Actual365Fixed())
            discount, recovery = ql.YieldTermStructureHandle(curve), RECOVERY_SHARE + recovery_up
            hazard = swap(float(spread_bps) + spread_up_bps).impliedHazardRate(
                0.0, discount, ql.Actual365Fixed(), recovery, 1e-10, ql.CreditDefaultSwap.ISDA
            )
            flat_hazard = ql.FlatHazardRate(
                day, ql.QuoteHandle(ql.SimpleQuote(hazard)), ql.Actual365Fixed()
            )
            survival = ql.DefaultProbabilityTermStructureHandle(flat_hazard)
            standard.setPricingEngine(ql.IsdaCdsEngine(survival, recovery, discount))
            results.append(standard.fairUpfront())
        upfronts.append(100.0 * results[0])
    return np.array(upfronts)


def main() -> None:
    """Print the table."""
    start = time.perf_counter()
    with_kernel(quotes(10))
    print(
        f"CPU seconds, median of {REPEATS}; compiling took {time.perf_counter() - start:.1f} s.\n"
    )
    chosen = np.random.default_rng(1).choice(QUOTE_COUNT, QUANTLIB_SAMPLE_QUOTES, replace=False)
    sample = {name: column[chosen] for name, column in quotes(QUOTE_COUNT).items()}
    loop_per_quote = median_seconds(with_quantlib, sample) / QUANTLIB_SAMPLE_QUOTES
    print("| quotes to upfront and risks | kernel s | QuantLib s | times | memory added MB |")
    print("|---|---|---|---|---|")
    sizes, totals = (QUOTE_COUNT, 10 * QUOTE_COUNT), []
    for count in sizes:
        rows = quotes(count)
        memory_before = peak_memory_mb()
        totals.append(median_seconds(with_kernel, rows))
        memory_mb = peak_memory_mb() - memory_before
        loop = loop_per_quote * count
        print(
            f"| {count:,} | {totals[-1]:.3f} | {loop:.1f} | {loop / totals[-1]:.0f} "
            f"| {memory_mb:,.0f} |"
        )
    print(f"\nGrowth of time with quotes, exponent: {growth_exponent(sizes, totals):.2f}.")
    gap = np.abs(with_quantlib(sample) - with_kernel(sample)).max()
    print(f"Largest difference of upfront: {gap:.1e} per 100 of notional.")


if __name__ == "__main__":
    main()
