"""The explained parts of any P&L must add up to the change in value and the cash, to 1e-6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples import examples
from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import value_from_spread
from parspread.curves.discount_curves import DiscountCurves
from parspread.overlay.index_pnl import IndexMark, PnlStatus, explain_seller_pnl

TERMS = {"coupon_bps": 100.0, "recovery_share": 0.4}
PARTS = [
    "coupon_usd",
    "time_usd",
    "roll_down_usd",
    "spread_usd",
    "rates_usd",
    "default_usd",
    "cost_usd",
]


def upfront_twin(
    trade: str, maturity: str, spread_bps: float, rate_dec: float, terms: dict[str, float]
) -> float:
    contracts = cds_contracts(trade, maturity, **terms)
    return float(
        value_from_spread(contracts, spread_bps, DiscountCurves.flat(rate_dec)).upfront_pct_par[0]
    )


@examples(100)
@given(
    st.integers(1, 60),
    st.floats(5.0, 900.0),
    st.floats(5.0, 900.0),
    st.floats(-0.01, 0.1),
    st.floats(-0.01, 0.1),
    st.floats(-3.0, 3.0),
    st.sampled_from([0.0, 0.01]),
    st.sampled_from([1e7, -2.5e6]),
)
def test_parts_add_up_to_the_change_in_value_and_the_cash(
    days: int,
    before_bps: float,
    after_bps: float,
    before_rate: float,
    after_rate: float,
    roll_down_bps: float,
    defaulted: float,
    notional: float,
) -> None:
    first, second = "2025-02-14", str(np.datetime64("2025-02-14") + days)
    got = explain_seller_pnl(
        IndexMark(
            cds_contracts(first, "2029-12-20", **TERMS),
            before_bps,
            DiscountCurves.flat(before_rate),
        ),
        IndexMark(
            cds_contracts(second, "2029-12-20", **TERMS),
            after_bps,
            DiscountCurves.flat(after_rate),
            index_factor_share=1.0 - defaulted,
        ),
        roll_down_bps=roll_down_bps,
        notional_usd=notional,
        auction_recovery_share=0.25,
        default_days=days / 2,
        cost_usd=-100.0,
    )
    old = upfront_twin(first, "2029-12-20", before_bps, before_rate, TERMS) / 100
    new = upfront_twin(second, "2029-12-20", after_bps, after_rate, TERMS) / 100
    # The seller owes the upfront; a default turns the liability on its weight into 75 %.
    value_change = notional * (old - (1 - defaulted) * new) - notional * defaulted * 0.75
    cash = notional * 0.01 * (days - defaulted * days / 2) / 360 - 100.0
    assert got.status[0] == PnlStatus.OK
    assert got.total_usd[0] == pytest.approx(value_change + cash, abs=1e-6)
    parts = sum(getattr(got, name)[0] for name in PARTS)
    assert parts == pytest.approx(got.total_usd[0], abs=1e-6)
