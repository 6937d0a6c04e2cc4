"""Outcomes of pricing a credit default swap."""

from enum import IntEnum


class CdsStatus(IntEnum):
    """Outcome of pricing one quote or one curve; values are NaN unless it is OK."""

    OK = 0
    MISSING_INPUT = 1
    EXPIRED = 2
    """The maturity is not after the trade date."""
    RECOVERY_OUT_OF_RANGE = 3
    """Recovery below 0 or at least 1."""
    HAZARD_BELOW_ZERO = 4
    """The quote asks for a negative hazard: a spread below zero, a price above the riskless one."""
    HAZARD_ABOVE_LIMIT = 5
    """No hazard within the limit reaches the quote: the upfront eats the whole loss."""
    ARBITRAGE = 6
    """A longer par spread is so low that the hazard between two tenors would be negative."""
    OUTSIDE_CURVE = 7
    """The maturity lies beyond the last node of the hazard curve."""
    NOT_CONVERGED = 8
    TOO_FEW_TENORS = 9
    """No tenor of the curve was quoted."""
