"""Price CDS quotes with a module of QuantLib's interface; run in an environment of its own.

`python quantlib_program.py MODULE quotes.npz prices.npz`, with numpy and the module, nothing else.
Writes upfronts, the processor seconds in all and those spent on making objects.
"""

import importlib
import sys
import time

import numpy as np

COUPON_DEC = 0.01
RECOVERY_SHARE = 0.4
BUMPS = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1e-4, 0.0), (0.0, 0.0, 0.01))


def priced(ql, trade: str, maturity: str, spread_bps: float, rate: float) -> tuple[float, float]:
    """Return the clean upfront per 100 and the seconds of making objects, after four valuations."""
    started, day_count, calendar = time.process_time(), ql.Actual365Fixed(), ql.WeekendsOnly()
    day = ql.Date(trade, "%Y-%m-%d")
    ql.Settings.instance().evaluationDate = day
    schedule = ql.Schedule(
        day, ql.Date(maturity, "%Y-%m-%d"), ql.Period(3, ql.Months), calendar, ql.Following,
        ql.Unadjusted, ql.DateGeneration.CDS2015, False,
    )  # fmt: skip
    settlement = calendar.advance(day, 3, ql.Days)

    def swap(coupon_dec):
        return ql.CreditDefaultSwap(
            ql.Protection.Buyer, 1.0, 0.0, coupon_dec, schedule, ql.Following, ql.Actual360(),
            True, True, day, settlement, ql.FaceValueClaim(), ql.Actual360(True), True, day, 3,
        )  # fmt: skip

    standard, results = swap(COUPON_DEC), []
    object_seconds = time.process_time() - started
    for spread_up_bps, rate_up, recovery_up in BUMPS:
        started = time.process_time()
        quoted = swap((spread_bps + spread_up_bps) / 1e4)
        curve = ql.YieldTermStructureHandle(ql.FlatForward(day, rate + rate_up, day_count))
        object_seconds += time.process_time() - started
        recovery = RECOVERY_SHARE + recovery_up
        if ql.__name__ == "ORE":  # it looks for an engine before it makes its own
            start = ql.FlatHazardRate(day, ql.QuoteHandle(ql.SimpleQuote(0.01)), day_count)
            start = ql.DefaultProbabilityTermStructureHandle(start)
            quoted.setPricingEngine(ql.IsdaCdsEngine(start, recovery, curve))
        hazard = quoted.impliedHazardRate(
            0.0, curve, day_count, recovery, 1e-10, ql.CreditDefaultSwap.ISDA
        )
        started = time.process_time()
        flat = ql.FlatHazardRate(day, ql.QuoteHandle(ql.SimpleQuote(hazard)), day_count)
        survival = ql.DefaultProbabilityTermStructureHandle(flat)
        standard.setPricingEngine(ql.IsdaCdsEngine(survival, recovery, curve))
        object_seconds += time.process_time() - started
        results.append(standard.fairUpfront())
    return 100 * results[0], object_seconds


def priced_quotes(ql, quotes) -> tuple[np.ndarray, float, float]:
    """Return upfronts per 100, the processor seconds in all and those of making objects."""
    columns = [quotes[name].tolist() for name in ("trade", "maturity", "spread_bps", "rate_dec")]
    priced(ql, *(column[0] for column in columns))
    started = time.process_time()
    results = [priced(ql, *row) for row in zip(*columns, strict=True)]
    seconds = time.process_time() - started
    upfront, objects = (np.array(column) for column in zip(*results, strict=True))
    return upfront, seconds, float(objects.sum())


def main() -> None:
    """Price all quotes of a file and write another."""
    module, source, target = sys.argv[1:]
    prices = priced_quotes(importlib.import_module(module), np.load(source))
    np.savez(target, **dict(zip(("upfront", "seconds", "object_seconds"), prices, strict=True)))


if __name__ == "__main__":
    main()
