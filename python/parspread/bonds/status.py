"""Outcomes of measuring a bond."""

from enum import IntEnum


class BondStatus(IntEnum):
    """Why a bond has no number; only OK rows carry one."""

    OK = 0
    MISSING_INPUT = 1
    NONPOSITIVE_PRICE = 2
    NEGATIVE_COUPON = 3
    MATURED = 4
    UNSUPPORTED_FREQUENCY = 5
    INVALID_YIELD = 6
    NO_CURVE = 7
    NO_CASHFLOWS = 8
    NOT_BRACKETED = 9
    NO_SOLUTION = 10
    PRICE_BELOW_RECOVERY = 11
    PRICE_ABOVE_RISK_FREE = 12
