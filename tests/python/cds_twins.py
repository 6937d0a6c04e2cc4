"""CDS formulas that live in SQL, written again in Python: the credit triangle and returns."""

import numpy as np

CARRY_SESSIONS_PER_YEAR = 250.0


def triangle_hazard_dec(spread_bps, recovery_share):
    """Return (365/360) x spread / (1 - recovery), a hazard per year of 365 days."""
    return 365 / 360 * np.asarray(spread_bps) * 1e-4 / (1 - np.asarray(recovery_share))


def triangle_rpv01_years(hazard_dec, rate_dec, maturity_years):
    """Return (365/360) (1 - exp(-(r + h) T)) / (r + h), in the limit (365/360) T."""
    decay, years = np.asarray(hazard_dec) + np.asarray(rate_dec), np.asarray(maturity_years)
    is_zero = np.abs(decay) < 1e-12
    safe_decay = np.where(is_zero, 1.0, decay)
    return 365 / 360 * np.where(is_zero, years, -np.expm1(-safe_decay * years) / safe_decay)


def seller_return_dec(before_dec, after_dec, duration_before_years, *, accrual_years=1 / 250):
    """Return carry less the widening times the risky duration: the seller's return of a session."""
    before = np.asarray(before_dec, dtype=float)
    return before * accrual_years - (np.asarray(after_dec) - before) * duration_before_years


def ftsfr_return_dec(before_dec, after_dec, duration_before_years):
    """Return the seller's carry plus the buyer's gain, as published: it is nobody's return."""
    before = np.asarray(before_dec, dtype=float)
    carry = before / CARRY_SESSIONS_PER_YEAR
    return carry + (np.asarray(after_dec) - before) * np.asarray(duration_before_years)
