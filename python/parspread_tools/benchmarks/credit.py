"""CDS curves and bond measures: kernels against QuantLib and against lean loops over scalars.

Each reference runs on a random sample and is scaled; the largest gap to the kernel is printed. The
QuantLib bootstrap is called curve by curve from Python: building its objects is stated apart.
"""

import math
import time
from collections.abc import Callable

import numpy as np
import QuantLib as ql
from scipy.optimize import brentq

from parspread.bonds.asset_swap import par_asset_swap
from parspread.bonds.bond_implied_cds import implied_hazard
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.cds.hazard_curves import bootstrap_hazard, survival_probability
from parspread.cds.returns import quarterly_hazard_dec, risky_duration_years
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.cds_schedule import standard_maturity_date
from parspread_tools.benchmarks.measure import copy_seconds, median_seconds
from parspread_tools.benchmarks.tables import Table, measured

ROWS = {"tiny": 60, "small": 6_000, "market": 60_000}
SAMPLE_ROWS = {"tiny": 10, "small": 60, "market": 200}
TENOR_MONTHS = np.array([6, 12, 24, 36, 48, 60, 84, 120])
CURVE_NODE_COUNT = 44
RECOVERY_SHARE = 0.4


def simulated_curves(count: int) -> dict[str, np.ndarray]:
    """Return par spreads of eight tenors on many trade dates (fixed seed)."""
    rng = np.random.default_rng(3)
    day = np.busday_offset("2016-01-04", np.arange(count) % 1000)
    level = rng.uniform(30, 400, count)
    return {
        "trade_date": day,
        "maturity_date": standard_maturity_date(day[:, None], TENOR_MONTHS[None, :]),
        "spread_bps": level[:, None] * (0.6 + 0.4 * np.sqrt(TENOR_MONTHS / 60))[None, :],
        "rate_dec": rng.uniform(0.01, 0.05, count),
    }


def quantlib_survival(rows: dict[str, np.ndarray]) -> tuple[np.ndarray, float]:
    """Return survival to each maturity, curve by curve, and the seconds spent making objects."""
    calendar, day_count = ql.WeekendsOnly(), ql.Actual365Fixed()
    survival, object_seconds = [], 0.0
    for trade, maturity, spread_bps, rate in zip(*rows.values(), strict=True):
        started = time.process_time()
        day = ql.Date(str(trade), "%Y-%m-%d")
        ql.Settings.instance().evaluationDate = day
        discount = ql.YieldTermStructureHandle(ql.FlatForward(day, float(rate), day_count))
        helpers = [
            ql.SpreadCdsHelper(
                ql.QuoteHandle(ql.SimpleQuote(float(spread) / 1e4)),
                ql.Period(int(months), ql.Months),
                1,
                calendar,
                ql.Quarterly,
                ql.Following,
                ql.DateGeneration.CDS2015,
                ql.Actual360(),
                RECOVERY_SHARE,
                discount,
                True,
                True,
                ql.Date(),
                ql.Actual360(True),
                True,
                ql.CreditDefaultSwap.ISDA,
            )
            for spread, months in zip(spread_bps, TENOR_MONTHS, strict=True)
        ]
        curve = ql.PiecewiseFlatHazardRate(day, helpers, day_count)
        ends = [ql.Date(str(end), "%Y-%m-%d") for end in maturity]
        object_seconds += time.process_time() - started
        survival.append([curve.survivalProbability(end) for end in ends])
    return np.array(survival), object_seconds


def bootstrap_table(size: str) -> Table:
    """Measure the bootstrap on flat and on tabulated curves, and survival on its result."""
    rows = simulated_curves(ROWS[size])
    count, sample_count = ROWS[size], SAMPLE_ROWS[size]
    sample = {name: column[:sample_count] for name, column in rows.items()}
    started = time.process_time()
    expected, object_seconds = quantlib_survival(sample)
    quantlib = time.process_time() - started
    node_years = np.linspace(0.25, 11, CURVE_NODE_COUNT)
    zero_rates = rows["rate_dec"][:, None] + 0.002 * np.log1p(node_years)[None, :]
    discounts = {
        "flat rate": DiscountCurves.flat(rows["rate_dec"]),
        f"{CURVE_NODE_COUNT} nodes": DiscountCurves.from_zero_rates(node_years, zero_rates),
    }
    lines, solved = [], {}

    def bootstrap(discount: DiscountCurves):
        return bootstrap_hazard(
            rows["trade_date"],
            rows["maturity_date"],
            rows["spread_bps"],
            discount,
            recovery_share=RECOVERY_SHARE,
        )

    for name, discount in discounts.items():
        solved[name] = bootstrap(discount)
        floor = copy_seconds(rows["spread_bps"], solved[name].hazard_dec)
        reference = ("QuantLib", quantlib * count / sample_count)
        seconds = median_seconds(bootstrap, discount)
        lines.append(measured(f"bootstrap, {name}", count, seconds, reference, floor))
    curves = solved["flat rate"]
    years, index = curves.node_years.ravel(), np.repeat(np.arange(count), TENOR_MONTHS.size)
    seconds = median_seconds(survival_probability, curves, years, curve_index=index)
    lines.append(
        measured(
            "survival to a date", years.size, seconds, floor_seconds=copy_seconds(years, years)
        )
    )
    found = survival_probability(curves, years, curve_index=index).reshape(count, -1)
    note = (
        f"Eight tenors a curve; QuantLib's PiecewiseFlatHazardRate on {sample_count} curves of a "
        f"flat rate, scaled, {object_seconds / quantlib:.0%} of its time spent on making objects; "
        f"largest gap of a survival {np.abs(expected - found[:sample_count]).max():.1e}."
    )
    return Table("Hazard curves", note, lines)


def duration_by_loop(hazard_dec, zero_rate_dec, maturity_years) -> np.ndarray:
    """Return risky durations contract by contract, in plain Python over the quarters."""
    out = []
    for hazard, rates, years in zip(hazard_dec, zero_rate_dec, maturity_years, strict=True):
        times = [quarter / 4 for quarter in range(1, round(4 * years) + 1)]
        out.append(
            sum(math.exp(-(hazard + rate) * t) for t, rate in zip(times, rates, strict=False)) / 4
        )
    return np.array(out)


def hazard_by_loop(price: np.ndarray, flows: DiscountedFlows) -> np.ndarray:
    """Return the hazard of each bond by brentq, its flows in numpy, the recovery leg in full."""
    ends = np.cumsum(flows.flow_count)
    out = []
    for start, end, target in zip(ends - flows.flow_count, ends, price, strict=True):
        amount, factor = flows.amount_pct_par[start:end], flows.discount_factor_ratio[start:end]
        times = flows.time_years[start:end]

        def gap(hazard, t=times, a=amount, d=factor, target=target):
            riskless = d * np.exp(-hazard * t)
            before = np.concatenate(([1.0], riskless[:-1]))
            default = hazard * np.diff(t, prepend=0.0)
            total = default - np.diff(np.log(d), prepend=0.0)
            recovered = np.sum(default / total * (before - riskless))
            return np.sum(a * riskless) + 100 * RECOVERY_SHARE * recovered - target

        out.append(brentq(gap, 1e-12, 10.0, xtol=1e-14))
    return np.array(out)


def simulated_flows(count: int) -> tuple[np.ndarray, DiscountedFlows]:
    """Return dirty prices below the riskless value, and semi-annual flows of 1 to 10 years."""
    rng = np.random.default_rng(4)
    flow_count = rng.integers(2, 20, count)
    position = np.concatenate([np.arange(1, n + 1) for n in flow_count])
    amount = np.repeat(rng.uniform(1, 4, count), flow_count)
    ends = np.cumsum(flow_count)
    amount[ends - 1] += 100
    factor = np.exp(-0.03 * position / 2)
    riskless = np.add.reduceat(amount * factor, ends - flow_count)
    flows = DiscountedFlows(flow_count, position / 2, amount, factor)
    return riskless * rng.uniform(0.8, 0.99, count), flows


def kernel_line(
    what: str, kernel: Callable, loop: Callable, arrays: tuple, sample: tuple, sizes: tuple
) -> tuple[dict, float]:
    """Return the line of a kernel against its loop over a sample, and their largest gap."""
    count, sample_count = sizes
    kernel(*arrays)
    seconds = median_seconds(kernel, *arrays)
    reference = median_seconds(loop, *sample, repeats=1) * count / sample_count
    gap = float(np.abs(kernel(*arrays)[:sample_count] - loop(*sample)).max())
    columns = [array for array in arrays if isinstance(array, np.ndarray)]
    floor = copy_seconds(*columns)
    return measured(what, count, seconds, ("scalar loop", reference), floor), gap


def measure_table(size: str) -> Table:
    """Measure CDS durations, asset swaps and bond-implied hazards against loops."""
    count, sample_count = ROWS[size], SAMPLE_ROWS[size]
    rng = np.random.default_rng(5)
    years = rng.choice([1.0, 3.0, 5.0, 7.0, 10.0], count)
    rates = rng.uniform(0.01, 0.05, (count, 40))
    hazards = quarterly_hazard_dec(rng.uniform(0.002, 0.05, count))
    price, flows = simulated_flows(count)
    few_flows = int(flows.flow_count[:sample_count].sum())
    few = DiscountedFlows(
        flows.flow_count[:sample_count],
        flows.time_years[:few_flows],
        flows.amount_pct_par[:few_flows],
        flows.discount_factor_ratio[:few_flows],
    )
    swap = (rng.uniform(80, 110, count), rng.uniform(90, 110, count), rng.uniform(1, 9, count))
    cases = (
        (
            "CDS durations",
            risky_duration_years,
            duration_by_loop,
            (hazards, rates, years),
            tuple(column[:sample_count] for column in (hazards, rates, years)),
        ),
        (
            "par asset swaps",
            lambda *columns: par_asset_swap(*columns)[0],
            lambda *columns: np.array(
                [(v - p) / (100 * a) for p, v, a in zip(*columns, strict=True)]
            ),
            swap,
            tuple(column[:sample_count] for column in swap),
        ),
        (
            "bond-implied hazards (brentq)",
            lambda p, f: implied_hazard(p, f, recovery_share=RECOVERY_SHARE)[0],
            hazard_by_loop,
            (price, flows),
            (price[:sample_count], few),
        ),
    )
    lines, gaps = [], []
    for case in cases:
        line, gap = kernel_line(*case, (count, sample_count))
        lines.append(line)
        gaps.append(gap)
    note = (
        f"Loops on {sample_count} rows, scaled; largest gaps "
        f"{', '.join(f'{gap:.1e}' for gap in gaps)}."
    )
    return Table("CDS durations and bond measures", note, lines)


def tables(size: str) -> list[Table]:
    """Measure hazard curves, then durations and bond measures."""
    return [bootstrap_table(size), measure_table(size)]
