"""Standard CDS contracts in QuantLib, the independent witness of several tests."""

from __future__ import annotations

import QuantLib as ql
from scipy.optimize import brentq


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
    ql.Settings.instance().evaluationDate = day
    nodes = [day]

    def fair_spread(swap: ql.CreditDefaultSwap, hazards: list[float]) -> float:
        # A contract ends a day after it matures.
        ends = [*nodes[:-1], nodes[-1] + 1]
        curve = ql.HazardRateCurve(ends, [hazards[0], *hazards], ql.Actual365Fixed())
        handle = ql.DefaultProbabilityTermStructureHandle(curve)
        swap.setPricingEngine(ql.IsdaCdsEngine(handle, recovery_share, discount))
        return swap.fairSpread()

    hazards: list[float] = []
    for maturity, quote in zip(contract_maturities, par_spread_dec, strict=True):
        nodes.append(ql.Date(maturity, "%Y-%m-%d"))
        swap, _ = quantlib_cds(trade, maturity, 0.01)

        def excess(hazard: float, swap=swap, quote=quote) -> float:
            return fair_spread(swap, [*hazards, hazard]) - quote

        hazards.append(brentq(excess, 1e-12, 5, xtol=1e-14))
    return [fair_spread(_swap_to(day, maturity), hazards) for maturity in maturities]


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
