"""The curve of the ISDA standard model, bootstrapped in plain Python for tests."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from parspread.curves.discount_curves import DiscountCurves

# 21 May 2009, months and years to rates: the curve behind the printed values of the converter.
USD_DEPOSITS = {1: 0.003081, 2: 0.005525, 3: 0.007163, 6: 0.012413, 9: 0.014, 12: 0.015488}
USD_SWAPS = {2: 0.011907, 3: 0.01699, 4: 0.021198, 5: 0.02444, 6: 0.026937, 7: 0.028967}
USD_SWAPS |= {8: 0.030504, 9: 0.031719, 10: 0.03279, 12: 0.034535, 15: 0.036217}
USD_SWAPS |= {20: 0.036981, 25: 0.037246, 30: 0.037605}


def isda_swap_curve(
    trade: str, deposits: dict[int, float], swaps: dict[int, float], swap_months: int = 6
) -> DiscountCurves:
    """Bootstrap the ISDA curve: money market ACT/360, swaps 30/360, spot T+2, weekends only.

    Deposits are given by months, swaps by years; `swap_months` lie between fixed payments.
    """
    spot = np.busday_offset(trade, 2)

    def date_after(months: int) -> np.datetime64:
        target = spot.astype("datetime64[M]") + months
        day = target.astype("datetime64[D]") + (spot - spot.astype("datetime64[M]"))
        return np.busday_offset(day, 0, roll="modifiedfollowing")

    def years(date: np.datetime64) -> float:
        return float((date - np.datetime64(trade)).astype(int)) / 365

    def year_fraction_30_360(start: np.datetime64, end: np.datetime64) -> float:
        one, two = start.tolist(), end.tolist()
        months = 12 * (two.year - one.year) + two.month - one.month
        return (30 * months + min(two.day, 30) - min(one.day, 30)) / 360

    node, log_discount = [], []

    def discount(date: np.datetime64) -> float:
        return np.exp(np.interp(years(date), [0.0, *node], [0.0, *log_discount]))

    for months, rate in deposits.items():
        end = date_after(months)
        growth = np.log1p(rate * float((end - spot).astype(int)) / 360)
        # Spot lies on the first segment, whose slope the first deposit fixes.
        first_slope = growth / (years(end) - years(spot)) if not node else None
        start = -first_slope * years(spot) if first_slope else np.log(discount(spot))
        node.append(years(end))
        log_discount.append(start - growth)
    for tenor, rate in swaps.items():
        dates = [date_after(swap_months * k) for k in range(12 * tenor // swap_months + 1)]
        node.append(years(dates[-1]))
        log_discount.append(log_discount[-1] - 0.02)
        for _ in range(60):
            fixed = sum(
                rate * year_fraction_30_360(one, two) * discount(two)
                for one, two in pairwise(dates)
            )
            gap = discount(spot) - discount(dates[-1]) - fixed
            log_discount[-1] += gap / discount(dates[-1]) / (1 + rate / 2)
    return DiscountCurves(np.array([node]), np.array([log_discount]))
