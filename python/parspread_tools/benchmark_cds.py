"""Measure the CDS kernel: `python -m parspread_tools.benchmark_cds`.

Prints a Markdown table: 10,000 quotes from dates and spread to upfront, CS01, IR01 and Rec01,
in whole arrays, against QuantLib's ISDA engine called quote by quote from Python. QuantLib prices
the first quotes only and its time is scaled to all of them; both do the same four valuations per
quote, and the largest difference of their upfronts is printed. Needs QuantLib (extra `dev`).
"""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import QuantLib as ql

from parspread.cds_pricing import DiscountCurves, cds_contracts, risks, value_from_spread
from parspread.cds_schedule import standard_maturity_date

QUOTE_COUNT = 10_000
QUANTLIB_SAMPLE_QUOTES = 400
REPEATS = 5
COUPON_BPS = 100.0
RECOVERY_SHARE = 0.4


def quotes() -> dict[str, np.ndarray]:
    """Return quotes over nine years of trade dates, tenors of 1 to 10 years, 20 to 1,000 bps."""
    position = np.arange(QUOTE_COUNT)
    trade = np.busday_offset("2016-01-04", position % 2300)
    tenor_months = 12 * np.array([1, 3, 5, 7, 10])[position % 5]
    return {
        "trade_date": trade,
        "maturity_date": standard_maturity_date(trade, tenor_months),
        "spread_bps": 20.0 + 980.0 * ((position * 37) % QUOTE_COUNT) / QUOTE_COUNT,
        "rate_dec": 0.01 + 0.04 * ((position * 61) % QUOTE_COUNT) / QUOTE_COUNT,
    }


def with_kernel(rows: dict[str, np.ndarray]) -> np.ndarray:
    """Return clean upfronts, having computed the risks as well."""
    contracts = cds_contracts(
        rows["trade_date"],
        rows["maturity_date"],
        coupon_bps=COUPON_BPS,
        recovery_share=RECOVERY_SHARE,
    )
    discount = DiscountCurves.flat(rows["rate_dec"])
    risks(contracts, rows["spread_bps"], discount)
    return value_from_spread(contracts, rows["spread_bps"], discount).upfront_pct_par


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


def seconds(function: Callable[[dict[str, np.ndarray]], np.ndarray], rows: dict) -> float:
    """Return the median processor time of several calls; both sides use one thread."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        function(rows)
        times.append(time.process_time() - start)
    return median(times)


def main() -> None:
    """Print the table."""
    rows = quotes()
    sample = {name: column[:QUANTLIB_SAMPLE_QUOTES] for name, column in rows.items()}
    start = time.perf_counter()
    upfront = with_kernel(rows)
    first_call = time.perf_counter() - start
    kernel = seconds(with_kernel, rows)
    quantlib = seconds(with_quantlib, sample) * QUOTE_COUNT / QUANTLIB_SAMPLE_QUOTES
    gap = np.abs(with_quantlib(sample) - upfront[:QUANTLIB_SAMPLE_QUOTES])
    print(f"| {QUOTE_COUNT:,} quotes to upfront and risks | CPU seconds | quotes/s |")
    print("|---|---|---|")
    print(f"| kernel | {kernel:.3f} | {QUOTE_COUNT / kernel:,.0f} |")
    print(f"| QuantLib, quote by quote (scaled) | {quantlib:.3f} | {QUOTE_COUNT / quantlib:,.0f} |")
    print(f"\nratio {quantlib / kernel:.0f}; first call, compiling included: {first_call:.2f} s")
    print(f"largest difference of upfront: {gap.max():.2e} per 100 of notional")


if __name__ == "__main__":
    main()
