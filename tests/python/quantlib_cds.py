"""Standard CDS contracts in QuantLib, the independent witness of several tests."""

from __future__ import annotations

import numpy as np
import QuantLib as ql
from scipy.optimize import brentq

from parspread.curves.treasury_curve import SvenssonCurves, zero_yield


def quantlib_cds(
    trade: str, maturity: str, coupon_dec: float
) -> tuple[ql.CreditDefaultSwap, ql.Date]:
    """Return a standard contract of one dollar, protection bought, and its trade date."""
    day = ql.Date(trade, "%Y-%m-%d")
    ql.Settings.instance().evaluationDate = day
    schedule = ql.Schedule(
        day,
        ql.Date(maturity, "%Y-%m-%d"),
        ql.Period(3, ql.Months),
        ql.WeekendsOnly(),
        ql.Following,
        ql.Unadjusted,
        ql.DateGeneration.CDS2015,
        False,
    )
    swap = ql.CreditDefaultSwap(
        ql.Protection.Buyer,
        1.0,
        0.0,
        coupon_dec,
        schedule,
        ql.Following,
        ql.Actual360(),
        True,
        True,
        day,
        ql.WeekendsOnly().advance(day, 3, ql.Days),
        ql.FaceValueClaim(),
        ql.Actual360(True),
        True,
        day,
        3,
    )
    return swap, day


def quantlib_spreads_between_quotes(
    trade: str,
    contract_maturities: list[str],
    par_spread_dec: list[float],
    maturities: list[str],
    discount: ql.YieldTermStructureHandle,
    recovery_share: float,
) -> list[float]:
    """Return the par spread to each maturity on hazards that fit the quotes one after another."""
    day = ql.Date(trade, "%Y-%m-%d")
    curve = quantlib_hazards(trade, contract_maturities, par_spread_dec, discount, recovery_share)
    swaps = [_swap_to(day, maturity) for maturity in maturities]
    for swap in swaps:
        swap.setPricingEngine(ql.IsdaCdsEngine(curve, recovery_share, discount))
    return [swap.fairSpread() for swap in swaps]


def quantlib_hazards(
    trade: str,
    contract_maturities: list[str],
    par_spread_dec: list[float],
    discount: ql.YieldTermStructureHandle,
    recovery_share: float,
) -> ql.DefaultProbabilityTermStructureHandle:
    """Return hazards that fit the quotes of standard contracts one after another."""
    nodes = [ql.Date(trade, "%Y-%m-%d")]
    hazards: list[float] = []

    def handle(hazards: list[float]) -> ql.DefaultProbabilityTermStructureHandle:
        # A contract ends a day after it matures.
        ends = [*nodes[:-1], nodes[-1] + 1]
        curve = ql.HazardRateCurve(ends, [hazards[0], *hazards], ql.Actual365Fixed())
        curve.enableExtrapolation()
        return ql.DefaultProbabilityTermStructureHandle(curve)

    for maturity, quote in zip(contract_maturities, par_spread_dec, strict=True):
        nodes.append(ql.Date(maturity, "%Y-%m-%d"))
        swap, _ = quantlib_cds(trade, maturity, 0.01)

        def excess(hazard: float, swap=swap, quote=quote) -> float:
            curve = handle([*hazards, hazard])
            swap.setPricingEngine(ql.IsdaCdsEngine(curve, recovery_share, discount))
            return swap.fairSpread() - quote

        hazards.append(brentq(excess, 1e-12, 50, xtol=1e-14))
    return handle(hazards)


def discount_curve(
    day: ql.Date, curve: SvenssonCurves, shift: float
) -> ql.YieldTermStructureHandle:
    """Return the Treasury curve of a row at its quarters, every zero rate moved by the shift."""
    days = np.round(365 * np.arange(1, 45) / 4).astype(int)
    zero_rates, _ = zero_yield(days / 365, curve)
    factors = np.exp(-(zero_rates + shift) * days / 365).tolist()
    ends = [day + int(count) for count in days]
    return ql.YieldTermStructureHandle(
        ql.DiscountCurve([day, *ends], [1.0, *factors], ql.Actual365Fixed())
    )


def _swap_to(day: ql.Date, maturity: str) -> ql.CreditDefaultSwap:
    """Return a contract to any day: quarters back from it, the first period from the 20th."""
    calendar, last = ql.WeekendsOnly(), ql.Date(maturity, "%Y-%m-%d")
    start = ql.Schedule(
        day,
        day + ql.Period(1, ql.Years),
        ql.Period(3, ql.Months),
        calendar,
        ql.Following,
        ql.Unadjusted,
        ql.DateGeneration.CDS2015,
        False,
    )[0]
    quarters = [last]
    while (earlier := last - ql.Period(3 * len(quarters), ql.Months)) > start:
        quarters.append(earlier)
    dates = [start, *(calendar.adjust(date) for date in reversed(quarters[1:])), last]
    schedule = ql.Schedule(
        dates,
        calendar,
        ql.Following,
        ql.Unadjusted,
        ql.Period(3, ql.Months),
        ql.DateGeneration.CDS2015,
        False,
    )
    return ql.CreditDefaultSwap(
        ql.Protection.Buyer,
        1.0,
        0.0,
        0.01,
        schedule,
        ql.Following,
        ql.Actual360(),
        True,
        True,
        day,
        calendar.advance(day, 3, ql.Days),
        ql.FaceValueClaim(),
        ql.Actual360(True),
        True,
        day,
        3,
    )
