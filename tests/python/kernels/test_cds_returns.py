"""A seller of protection must lose when spreads widen; the published code says the opposite."""

import numpy as np
import pytest

from cds_twins import seller_return_dec
from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import value_from_spread
from parspread.cds.returns import quarterly_hazard_dec, risky_duration_years
from parspread.curves.discount_curves import DiscountCurves

RATES = np.full(80, 0.04)


def test_one_day_returns_equal_the_reference_figures() -> None:
    # Spread 80 to 85 bps, five years, loss 60 %, 4 % flat: computed independently to 17 digits.
    hazard = quarterly_hazard_dec(0.008)
    duration = risky_duration_years(hazard, RATES, 5.0)
    assert float(hazard) == pytest.approx(0.013311160370698983, abs=1e-15)
    assert duration[0] == pytest.approx(4.3598927746899285, abs=1e-12)
    got = seller_return_dec(0.008, 0.0085, duration)
    assert got[0] == pytest.approx(-0.0021479463873449664, abs=1e-15)


def test_risky_duration_equals_the_plain_sum() -> None:
    rates = np.array([0.01, 0.02, 0.03, np.nan])
    total = 0.0
    for quarter in (1, 2, 3):
        total += np.exp(-(0.02 + rates[quarter - 1]) * quarter / 4) / 4
    got = risky_duration_years([0.02, np.nan, 0.02], rates, [0.75, 0.75, 1.0])
    assert got[0] == pytest.approx(total, abs=1e-15)
    assert np.isnan(got[1:]).all()


def test_duration_is_near_the_risky_annuity_of_the_contract() -> None:
    contracts = cds_contracts("2025-06-20", "2030-06-20", coupon_bps=100.0, recovery_share=0.4)
    values = value_from_spread(contracts, 80.0, DiscountCurves.flat(0.04))
    duration = risky_duration_years(quarterly_hazard_dec(0.008), RATES, 5.0)
    assert duration[0] == pytest.approx(values.rpv01_years[0], rel=0.02)


def test_carry_can_accrue_over_calendar_days() -> None:
    assert float(seller_return_dec(0.0072, 0.0072, 4.4, accrual_years=3 / 360)) == pytest.approx(
        0.00006, abs=1e-18
    )


def test_malformed_calls_name_the_rule() -> None:
    with pytest.raises(ValueError, match=r"quarters between 0\.25 and 20; position 1 was 5\.1"):
        risky_duration_years([0.01, 0.01], RATES, [5.0, 5.1])
