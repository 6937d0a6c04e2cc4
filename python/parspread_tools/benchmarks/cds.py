"""CDS quotes from dates and spread to upfront, CS01, IR01 and Rec01: the kernel against QuantLib.

QuantLib's ISDA engine prices a random sample quote by quote from Python; both do the same four
valuations a quote. Needs QuantLib (extra `dev`).
"""

import numpy as np
import QuantLib as ql

from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import risks
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.cds_schedule import standard_maturity_date
from parspread_tools.benchmarks.measure import (
    copy_seconds,
    growth_exponent,
    median_seconds,
    peak_memory_mb,
)
from parspread_tools.benchmarks.quantlib_program import priced_quotes
from parspread_tools.benchmarks.tables import Table, measured

QUOTES = {"tiny": (20, 40), "small": (10_000, 100_000), "market": (10_000, 1_000_000)}
SAMPLE_QUOTES = {"tiny": 5, "small": 400, "market": 400}
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


def for_quantlib(rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the columns that `quantlib_program` takes, days as text."""
    return {
        "trade": rows["trade_date"].astype(str),
        "maturity": rows["maturity_date"].astype(str),
        "spread_bps": rows["spread_bps"],
        "rate_dec": rows["rate_dec"],
    }


def tables(size: str) -> list[Table]:
    """Measure both sizes, and the largest difference of an upfront on the sample."""
    counts = QUOTES[size]
    rows = quotes(counts[0])
    chosen = np.random.default_rng(1).choice(counts[0], SAMPLE_QUOTES[size], replace=False)
    expected, loop, object_seconds = priced_quotes(
        ql, {name: column[chosen] for name, column in for_quantlib(rows).items()}
    )
    gap = np.abs(expected - with_kernel(rows)[chosen]).max()
    lines = []
    for count in counts:
        rows, memory_before = quotes(count), peak_memory_mb()
        seconds = median_seconds(with_kernel, rows)
        reference = ("QuantLib", loop / chosen.size * count)
        line = measured("four valuations", count, seconds, reference, copy_seconds(*rows.values()))
        lines.append(line | {"memory added MB": peak_memory_mb() - memory_before})
    exponent = growth_exponent(counts, [line["CPU s"] for line in lines])
    note = (
        f"QuantLib on {chosen.size} quotes, scaled, {object_seconds / loop:.0%} of its time spent "
        f"on making objects; largest gap of an upfront {gap:.1e} per 100 of notional; time grows "
        f"with quotes to the power {exponent:.2f}."
    )
    return [Table("CDS quotes", note, lines)]
