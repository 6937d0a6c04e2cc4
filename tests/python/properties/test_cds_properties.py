"""What must hold for every CDS quote, whatever its level: round trips, order and bounds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from examples import examples
from parspread.cds.contracts import CdsContracts, cds_contracts
from parspread.cds.hazard_curves import bootstrap_hazard, survival_probability
from parspread.cds.pricing import risks, value_from_curves, value_from_spread, value_from_upfront
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.cds_schedule import standard_maturity_date

CHECKED = examples(150)

trade_dates = st.integers(0, 5000).map(lambda days: np.datetime64("2012-01-02") + days)
tenor_months = st.integers(1, 40).map(lambda halves: 6 * halves)
coupons_bps = st.sampled_from([25.0, 100.0, 500.0])
recoveries = st.floats(0.0, 0.9)
rates = st.floats(-0.02, 0.15)
spreads_bps = st.floats(0.01, 4000.0)


@st.composite
def contracts(draw: st.DrawFn) -> CdsContracts:
    trade = draw(trade_dates)
    return cds_contracts(
        trade,
        standard_maturity_date(trade, draw(tenor_months)),
        coupon_bps=draw(coupons_bps),
        recovery_share=draw(recoveries),
    )


@CHECKED
@given(contracts(), spreads_bps, rates)
def test_spread_to_upfront_and_back_returns_the_spread(
    contract: CdsContracts, spread_bps: float, rate: float
) -> None:
    discount = DiscountCurves.flat(rate)
    values = value_from_spread(contract, spread_bps, discount)
    again = value_from_upfront(contract, values.upfront_pct_par, discount)
    if values.status[0] == CdsStatus.HAZARD_ABOVE_LIMIT:
        assert spread_bps / 1e4 / (1 - contract.recovery_share[0]) > 2
        return
    assert values.status[0] == again.status[0] == CdsStatus.OK
    np.testing.assert_allclose(again.upfront_pct_par, values.upfront_pct_par, atol=1e-11)
    if rate < 0:
        # A loss far ahead is then worth more than the same loss now, so that near default the
        # upfront turns down again and two spreads share one price.
        return
    # An upfront known to 1e-13 fixes the spread to that over the slope of the quote.
    slope = abs(risks(contract, spread_bps, discount, notional_usd=100.0).cs01_usd_per_bp[0])
    np.testing.assert_allclose(again.spread_bps, spread_bps, atol=1e-8 + 1e-11 / slope)


@CHECKED
@given(contracts(), spreads_bps, st.floats(1.0, 50.0), rates)
def test_a_wider_spread_costs_more_and_shortens_the_annuity(
    contract: CdsContracts, spread_bps: float, widening_bps: float, rate: float
) -> None:
    discount = DiscountCurves.flat(rate)
    near = value_from_spread(contract, spread_bps, discount)
    far = value_from_spread(contract, spread_bps + widening_bps, discount)
    if not near.status[0] == far.status[0] == CdsStatus.OK:
        return
    assert far.hazard_dec[0] > near.hazard_dec[0]
    # With rates below zero the upfront passes the whole loss and turns down to it near default.
    if rate >= 0 or near.upfront_pct_par[0] < 100 * (1 - contract.recovery_share[0]):
        assert far.upfront_pct_par[0] > near.upfront_pct_par[0]
    assert far.rpv01_years[0] < near.rpv01_years[0]


@CHECKED
@given(contracts(), spreads_bps, rates)
def test_the_upfront_stays_between_free_coupons_and_the_whole_loss(
    contract: CdsContracts, spread_bps: float, rate: float
) -> None:
    values = value_from_spread(contract, spread_bps, DiscountCurves.flat(rate))
    if values.status[0] != CdsStatus.OK:
        return
    riskless = value_from_spread(contract, 0.0, DiscountCurves.flat(rate))
    carried = max(1.0, np.exp(rate * contract.settlement_years[0]))
    # With rates below zero a later loss is worth more than its amount.
    carried *= max(1.0, np.exp(-rate * 21.0))
    assert riskless.upfront_pct_par[0] < values.upfront_pct_par[0]
    assert values.protection_pct_par[0] < 100 * (1 - contract.recovery_share[0]) * carried


@CHECKED
@given(
    trade_dates,
    st.lists(st.floats(5.0, 1500.0), min_size=5, max_size=5),
    recoveries,
    rates,
)
def test_a_bootstrapped_curve_reprices_its_quotes_or_says_arbitrage(
    trade: np.datetime64, quotes_bps: list[float], recovery: float, rate: float
) -> None:
    maturity = standard_maturity_date(trade, np.array([12, 36, 60, 84, 120]))
    discount = DiscountCurves.flat(rate)
    curves = bootstrap_hazard(trade, maturity, [quotes_bps], discount, recovery_share=recovery)
    contract = cds_contracts(trade, maturity, coupon_bps=100.0, recovery_share=recovery)
    values = value_from_curves(contract, curves, discount, curve_index=[0] * 5)
    if curves.status[0] == CdsStatus.OK:
        np.testing.assert_allclose(values.spread_bps, quotes_bps, rtol=1e-9)
        survival = survival_probability(curves, curves.node_years[0], curve_index=[0] * 5)
        assert (np.diff(survival) <= 0).all()
    else:
        assert curves.status[0] in (CdsStatus.ARBITRAGE, CdsStatus.HAZARD_ABOVE_LIMIT)
        assert np.isnan(values.spread_bps).all()
        # A rising curve is never an arbitrage.
        assert (np.diff(quotes_bps) < 0).any()


@CHECKED
@given(contracts(), spreads_bps, rates)
def test_pricing_one_quote_or_many_gives_the_same_number(
    contract: CdsContracts, spread_bps: float, rate: float
) -> None:
    alone = value_from_spread(contract, spread_bps, DiscountCurves.flat(rate))
    among = cds_contracts(
        np.repeat(contract.trade_date, 3),
        np.array(["2031-06-20", str(contract.maturity_date[0]), "NaT"], "datetime64[D]"),
        coupon_bps=contract.coupon_bps[0],
        recovery_share=contract.recovery_share[0],
    )
    together = value_from_spread(among, spread_bps, DiscountCurves.flat([0.01, rate, 0.02]))
    np.testing.assert_array_equal(together.upfront_pct_par[1], alone.upfront_pct_par[0])
    assert together.status[2] == CdsStatus.MISSING_INPUT


@CHECKED
@given(contracts(), spreads_bps, rates, st.floats(1.0, 9.0))
def test_splitting_a_flat_curve_into_nodes_changes_nothing(
    contract: CdsContracts, spread_bps: float, rate: float, node: float
) -> None:
    whole = value_from_spread(contract, spread_bps, DiscountCurves.flat(rate))
    split = DiscountCurves.from_zero_rates([0.3, node, node + 3], [rate] * 3)
    pieces = value_from_spread(contract, spread_bps, split)
    np.testing.assert_allclose(pieces.upfront_pct_par, whole.upfront_pct_par, atol=1e-11)
