"""Standard CDS contracts in QuantLib, the independent witness of several tests."""

from __future__ import annotations

import QuantLib as ql


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
