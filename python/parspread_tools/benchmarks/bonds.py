"""Bonds from dates and prices to street yields and Z-spreads, in batches as a model streams them.

Against a Python loop over a random sample that does the same bond by bond with scipy's brentq.
"Search" is the root search alone: the kernel's solver and brentq, both given cash flows and
discount factors. With the "curve inside" the loop values the curve in the price function, as the
replaced basis code does.
"""

import calendar
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
from scipy.optimize import brentq

from parspread.bonds.cashflows import accrued_interest, coupon_period, scheduled_cashflows
from parspread.bonds.discounted_flows import DiscountedFlows
from parspread.bonds.street_yield import yield_from_dirty_price
from parspread.bonds.z_spread import z_spread
from parspread.curves.treasury_curve import SvenssonCurves, discount_factor
from parspread.dates.day_count import DayCount
from parspread_tools.benchmarks.measure import REPEATS, growth_exponent, peak_memory_mb
from parspread_tools.benchmarks.tables import Table, measured

SIZES = {
    "tiny": (60, 120),
    "small": (60_000, 600_000),
    "market": (60_000, 600_000, 2_400_000),
}
SAMPLE_ROWS = {"tiny": 20, "small": 1_000, "market": 1_000}
# Larger batches are slower: their arrays leave the cache and are mapped anew each time.
BATCH_ROWS = 16_384
CURVE_COUNT = 240


@dataclass(frozen=True)
class BondTable:
    """Simulated bonds, sorted by month as a warehouse stores them."""

    curve_index: np.ndarray
    settle_date: np.ndarray
    maturity_date: np.ndarray
    coupon_dec: np.ndarray
    clean_price_pct_par: np.ndarray

    def rows(self, start: int, stop: int) -> "BondTable":
        """Return a batch of rows."""
        return BondTable(*(getattr(self, name)[start:stop] for name in self.__dataclass_fields__))


def simulated_bonds(row_count: int) -> tuple[BondTable, SvenssonCurves]:
    """Return one- to ten-year semi-annual bonds and monthly curves (fixed seed)."""
    rng = np.random.default_rng(20240131)
    month = np.sort(rng.integers(CURVE_COUNT, size=row_count))
    settle = (np.datetime64("2005-02") + month).astype("datetime64[D]") - 1
    maturity = settle + rng.integers(365, 3650, row_count)
    coupon = rng.integers(0, 80, row_count) / 800
    price = rng.uniform(60, 130, row_count)
    low, high = [0.02, -0.03, -0.03, -0.03, 0.5, 5], [0.05, 0.02, 0.02, 0.02, 3, 15]
    curves = SvenssonCurves(*rng.uniform(low, high, (CURVE_COUNT, 6)).T)
    return BondTable(month, settle, maturity, coupon, price), curves


def solve_yields(bonds: BondTable, _: SvenssonCurves) -> tuple[np.ndarray, float]:
    """Go from dates and clean prices to street yields; return the seconds of the solver too."""
    period = coupon_period(bonds.settle_date, bonds.maturity_date, 2, DayCount.THIRTY_360_US)
    dirty = bonds.clean_price_pct_par + accrued_interest(bonds.coupon_dec, period)
    started = time.process_time()
    solved, _ = yield_from_dirty_price(dirty, bonds.coupon_dec, period)
    return solved, time.process_time() - started


def solve_z_spreads(bonds: BondTable, curves: SvenssonCurves) -> tuple[np.ndarray, float]:
    """Go from dates, clean prices and curve parameters to continuous Z-spreads."""
    period = coupon_period(bonds.settle_date, bonds.maturity_date, 2, DayCount.THIRTY_360_US)
    dirty = bonds.clean_price_pct_par + accrued_interest(bonds.coupon_dec, period)
    flows = scheduled_cashflows(bonds.maturity_date, bonds.coupon_dec, period)
    settle, curve_index = (
        np.repeat(column, flows.flow_count) for column in (bonds.settle_date, bonds.curve_index)
    )
    years = (flows.pay_date - settle).astype(np.int64) / 365
    factor, _ = discount_factor(years, curves.take(curve_index))
    discounted = DiscountedFlows(flows.flow_count, years, flows.amount_pct_par, factor)
    started = time.process_time()
    solved, _ = z_spread(dirty, discounted)
    return solved, time.process_time() - started


def streamed(solve, bonds: BondTable, curves: SvenssonCurves) -> tuple[np.ndarray, float]:
    """Return all solved rows, batch by batch, and the seconds spent in the solver."""
    row_count = bonds.coupon_dec.size
    solved, solver_seconds = np.empty(row_count), 0.0
    for start in range(0, row_count, BATCH_ROWS):
        stop = min(start + BATCH_ROWS, row_count)
        solved[start:stop], seconds = solve(bonds.rows(start, stop), curves)
        solver_seconds += seconds
    return solved, solver_seconds


def looped(
    bonds: BondTable, curves: SvenssonCurves, is_yield: bool, is_curve_inside: bool
) -> tuple[np.ndarray, float]:
    """Solve bond by bond with brentq; return the numbers and the seconds of the root searches."""
    out, search_seconds = np.empty(bonds.coupon_dec.size), 0.0
    for row in range(out.size):
        settle, maturity = bonds.settle_date[row].item(), bonds.maturity_date[row].item()
        dates = walk_back(settle, maturity)
        share = 1 - thirty_360_days(dates[0], settle) / 180
        flows = np.full(len(dates) - 1, 50 * bonds.coupon_dec[row])
        dirty = bonds.clean_price_pct_par[row] + flows[0] * (1 - share)
        flows[-1] += 100
        if is_yield and flows.size == 1:
            out[row] = 2 * (flows[0] / dirty - 1) / share
            continue
        if is_yield:
            periods = share + np.arange(flows.size)

            def gap(rate, t=periods, a=flows, p=dirty):
                return np.sum(a * (1 + rate / 2) ** -t) - p
        else:
            years = np.array([(date - settle).days / 365 for date in dates[1:]])
            curve = curves.take(bonds.curve_index[row])
            factor, _ = discount_factor(years, curve)

            def gap(rate, t=years, a=flows, d=factor, p=dirty, curve=curve):
                if is_curve_inside:
                    d, _ = discount_factor(t, curve)
                return np.sum(a * d * np.exp(-rate * t)) - p

        started = time.process_time()
        out[row] = brentq(gap, -0.99, 10.0, xtol=1e-13)
        search_seconds += time.process_time() - started
    return out, search_seconds


def walk_back(settle: dt.date, maturity: dt.date) -> list[dt.date]:
    """Return semi-annual coupon dates from the last one not after settlement to maturity."""
    is_month_end = (maturity + dt.timedelta(1)).day == 1
    dates = [maturity]
    while dates[0] > settle:
        year, month = divmod(maturity.year * 12 + maturity.month - 1 - 6 * len(dates), 12)
        length = calendar.monthrange(year, month + 1)[1]
        dates.insert(
            0, dt.date(year, month + 1, length if is_month_end else min(maturity.day, length))
        )
    return dates


def thirty_360_days(start: dt.date, end: dt.date) -> int:
    """Return 30/360 US days with the February rule."""
    start_day, end_day = start.day, end.day
    if start.month == 2 and (start + dt.timedelta(1)).month == 3:
        if end.month == 2 and (end + dt.timedelta(1)).month == 3:
            end_day = 30
        start_day = 30
    if end_day == 31 and start_day >= 30:
        end_day = 30
    return (
        360 * (end.year - start.year)
        + 30 * (end.month - start.month)
        + end_day
        - min(start_day, 30)
    )


def sample_of(bonds: BondTable, count: int) -> tuple[BondTable, np.ndarray]:
    """Return random rows: those sorted by month would measure one curve only."""
    chosen = np.random.default_rng(1).choice(bonds.coupon_dec.size, count, replace=False)
    columns = (getattr(bonds, field) for field in bonds.__dataclass_fields__)
    return BondTable(*(column[chosen] for column in columns)), chosen


def bond_line(case: tuple[str, Callable, bool], row_count: int, sample_count: int) -> dict:
    """Return the line of one solver and size."""
    name, solve, is_curve_inside = case
    bonds, curves = simulated_bonds(row_count)
    memory_before, seconds = peak_memory_mb(), []
    for _ in range(REPEATS):
        started = time.process_time()
        solved, search = streamed(solve, bonds, curves)
        seconds.append((time.process_time() - started, search))
    memory_mb = peak_memory_mb() - memory_before
    total, search = (median(column) for column in zip(*seconds, strict=True))
    sample, chosen = sample_of(bonds, sample_count)
    started = time.process_time()
    expected, loop_search = looped(sample, curves, solve is solve_yields, is_curve_inside)
    scale = row_count / sample_count
    loop = (time.process_time() - started) * scale
    return measured(name, row_count, total, ("brentq loop", loop)) | {
        "search alone, times faster": loop_search * scale / search,
        "largest gap": float(np.max(np.abs(expected - solved[chosen]))),
        "memory added MB": memory_mb,
    }


def tables(size: str) -> list[Table]:
    """Measure yields and Z-spreads by size."""
    counts, sample_count, lines, growths = SIZES[size], SAMPLE_ROWS[size], [], []
    for case in (
        ("street yields", solve_yields, False),
        ("Z-spreads", solve_z_spreads, False),
        ("Z-spreads, curve inside the price", solve_z_spreads, True),
    ):
        lines += [bond_line(case, count, sample_count) for count in counts]
        ends = [lines[-len(counts)]["CPU s"], lines[-1]["CPU s"]]
        growths.append(f"{case[0]} {growth_exponent((counts[0], counts[-1]), ends):.2f}")
    note = (
        f"In batches of {BATCH_ROWS:,}; the loop on {sample_count:,} random rows, scaled; time "
        f"grows with rows to the power: {', '.join(growths)}."
    )
    return [Table("Bonds", note, lines)]
