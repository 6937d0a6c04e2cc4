"""Coupon dates of one bond after the other: compiled scalar loops under `cashflows`."""

from typing import NamedTuple

import numpy as np

from parspread.arrays import FloatArray, IntArray
from parspread.compiled import njit

FACE_PCT_PAR = 100.0


class Schedules(NamedTuple):
    """Where the coupons of each bond fall, counted back from maturity.

    `month` is that of maturity, counted from the first month of `starts`; `day` is the day of the
    month, 31 where coupons stick to month ends; `step` is the number of months between coupons.
    `starts` holds the first day of each month that any bond needs.
    """

    month: IntArray
    day: IntArray
    step: IntArray
    starts: IntArray


@njit
def date_in_month(month: int, day: int, starts: IntArray) -> int:
    """Return that day of the month, or the last one where the month is shorter."""
    return min(starts[month] + day, starts[month + 1]) - 1


@njit
def locate_coupons(settle: IntArray, settle_month: IntArray, bonds: Schedules) -> IntArray:
    """Return the number of coupons left, the date of the last one paid and of the next."""
    located = np.empty((3, len(settle)), dtype=np.int64)
    for i in range(len(settle)):
        month, day, step = bonds.month[i], bonds.day[i], bonds.step[i]
        # That many periods back lies in the month of settlement or before; if still after
        # settlement within that month, the previous coupon is one period earlier.
        periods = -((settle_month[i] - month) // step)
        previous = month - periods * step
        if date_in_month(previous, day, bonds.starts) > settle[i]:
            periods += 1
            previous -= step
        located[0, i] = periods
        located[1, i] = date_in_month(previous, day, bonds.starts)
        located[2, i] = date_in_month(previous + step, day, bonds.starts)
    return located


@njit
def list_flows(
    bonds: Schedules, count: IntArray, payment: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Return date and amount of every flow, bond by bond, back to back."""
    pay_day = np.empty(count.sum(), dtype=np.int64)
    amount = np.empty(len(pay_day))
    flow = 0
    for i in range(len(count)):
        month = bonds.month[i] - (count[i] - 1) * bonds.step[i]
        for _ in range(count[i]):
            pay_day[flow] = date_in_month(month, bonds.day[i], bonds.starts)
            amount[flow] = payment[i]
            flow += 1
            month += bonds.step[i]
        if count[i] > 0:
            amount[flow - 1] += FACE_PCT_PAR
    return pay_day, amount
