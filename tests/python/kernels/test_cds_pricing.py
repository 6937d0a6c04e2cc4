"""CDS values: against integrals written out, a second engine, and printed converter values.

Sources: the twin integrates the definition of both legs numerically; QuantLib 1.44 (IsdaCdsEngine);
the Markit converter values printed in QuantLib's test suite (testIsdaEngine, BSD licence).
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import QuantLib as ql
from scipy.integrate import quad

from cds_leg_twin import periods_of
from cds_twins import triangle_hazard_dec, triangle_rpv01_years
from isda_curve import USD_DEPOSITS, USD_SWAPS, isda_swap_curve
from parspread.cds.contracts import CdsContracts, cds_contracts
from parspread.cds.hazard_curves import HazardCurves, bootstrap_hazard, survival_probability
from parspread.cds.pricing import (
    cash_amount_usd,
    risks,
    value_from_curves,
    value_from_spread,
    value_from_upfront,
)
from parspread.cds.status import CdsStatus
from parspread.curves.discount_curves import DiscountCurves
from quantlib_cds import quantlib_cds

TRADE = "2025-06-03"
TENORS = np.array(["2026-06-20", "2028-06-20", "2030-06-20", "2035-06-20"], "datetime64[D]")


def ig_contract(**changes: object) -> CdsContracts:
    terms = {"coupon_bps": 100.0, "recovery_share": 0.4} | changes
    return cds_contracts(TRADE, "2030-06-20", **terms)


def step_value(node_years: list[float], rate: list[float], time: float) -> float:
    """Return the rate in force at a time; the last one goes on."""
    return next((r for n, r in zip(node_years, rate, strict=True) if time <= n), rate[-1])


def step_integral(node_years: list[float], rate: list[float], time: float) -> float:
    """Return the area under the step function from 0 to a time."""
    total, left = 0.0, 0.0
    for right in [n for n in node_years if n < time] + [time]:
        total += step_value(node_years, rate, right) * (right - left)
        left = right
    return total


def legs_twin(
    contracts: CdsContracts,
    discount: Callable[[float], float],
    survival: Callable[[float], float],
    hazard: Callable[[float], float],
    knots: list[float],
) -> tuple[float, float]:
    """Integrate discounted default and accrual over the life, coupon period by coupon period."""

    def loss_density(time: float) -> float:
        return discount(time) * survival(time) * hazard(time)

    protection, annuity = 0.0, 0.0
    for start, end, payment, days in zip(
        *periods_of(contracts, 0),
        strict=True,
    ):

        def accrual_density(time: float, since: float = start) -> float:
            # Half a day is added to the accrued time, as the ISDA code does.
            return loss_density(time) * (time - since + 0.5 / 365) * 365 / 360

        if end <= 0:
            continue
        annuity += days / 360 * discount(payment) * survival(end)
        edges = [max(start, 0.0), *[k for k in knots if max(start, 0.0) < k < end], end]
        for left, right in pairwise(edges):
            protection += quad(loss_density, left, right, epsabs=1e-15)[0]
            annuity += quad(accrual_density, left, right, epsabs=1e-15)[0]
    return protection, annuity


@pytest.mark.parametrize("maturity", ["2025-06-20", "2027-03-11", "2030-06-20"])
@pytest.mark.parametrize("scale", [0.0001, 1.0, 30.0])
def test_legs_equal_their_defining_integrals(maturity: str, scale: float) -> None:
    node, rate = [0.4, 1.7, 6.0], [0.05, -0.01, 0.03]
    hazard_node, hazard = [1.0, 2.5, 6.0], [0.01 * scale, 0.02 * scale, 0.015 * scale]
    contracts = cds_contracts(TRADE, maturity, coupon_bps=100.0, recovery_share=0.4)
    protection, annuity = legs_twin(
        contracts,
        lambda time: np.exp(-step_integral(node, rate, time)),
        lambda time: np.exp(-step_integral(hazard_node, hazard, time)),
        lambda time: step_value(hazard_node, hazard, time),
        sorted(node + hazard_node),
    )
    log_discount = [-step_integral(node, rate, time) for time in node]
    discount = DiscountCurves(np.array([node]), np.array([log_discount]))
    curves = HazardCurves(
        contracts.trade_date,
        contracts.recovery_share,
        np.array([hazard_node]),
        np.array([hazard]),
        np.zeros(1, dtype=np.int8),
    )
    values = value_from_curves(contracts, curves, discount)
    carried = np.exp(step_integral(node, rate, contracts.settlement_years[0]))
    clean = annuity * carried - contracts.accrued_days[0] / 360
    np.testing.assert_allclose(values.rpv01_years[0], clean, rtol=1e-12)
    np.testing.assert_allclose(values.protection_pct_par[0], 60 * protection * carried, rtol=1e-12)
    np.testing.assert_allclose(
        values.upfront_pct_par, values.protection_pct_par - values.rpv01_years, atol=1e-12
    )


@pytest.mark.parametrize("trade", ["2025-03-21", "2025-06-03", "2025-06-18", "2025-09-19"])
@pytest.mark.parametrize("maturity", ["2026-12-20", "2030-06-20", "2035-06-20"])
@pytest.mark.parametrize(("spread_bps", "recovery"), [(5, 0.4), (60, 0.4), (800, 0.3), (2500, 0.2)])
def test_upfront_and_annuity_agree_with_quantlib(
    trade: str, maturity: str, spread_bps: float, recovery: float
) -> None:
    swap, day = quantlib_cds(trade, maturity, 0.01)
    discount = ql.YieldTermStructureHandle(ql.FlatForward(day, 0.035, ql.Actual365Fixed()))
    quote, _ = quantlib_cds(trade, maturity, spread_bps / 1e4)
    hazard = quote.impliedHazardRate(
        0.0, discount, ql.Actual365Fixed(), recovery, 1e-14, ql.CreditDefaultSwap.ISDA
    )
    curve = ql.DefaultProbabilityTermStructureHandle(
        ql.FlatHazardRate(day, ql.QuoteHandle(ql.SimpleQuote(hazard)), ql.Actual365Fixed())
    )
    swap.setPricingEngine(ql.IsdaCdsEngine(curve, recovery, discount))
    contracts = cds_contracts(trade, maturity, coupon_bps=100.0, recovery_share=recovery)
    values = value_from_spread(contracts, float(spread_bps), DiscountCurves.flat(0.035))
    assert values.hazard_dec[0] == pytest.approx(hazard, abs=1e-8)
    assert values.upfront_pct_par[0] / 100 == pytest.approx(swap.fairUpfront(), abs=1e-9)
    dirty_npv = swap.NPV() - swap.accrualRebateNPV()
    settlement_discount = discount.discount(ql.WeekendsOnly().advance(day, 3, ql.Days))
    assert cash_amount_usd(values, 1.0)[0] == pytest.approx(
        dirty_npv / settlement_discount, abs=1e-9
    )


MARKIT_UPFRONT_USD = {
    ("2010-06-20", 10, 20): -97798.29358,
    ("2010-06-20", 10, 40): -97776.11889,
    ("2010-06-20", 1000, 20): 914971.5977,
    ("2010-06-20", 1000, 40): 894985.6298,
    ("2011-06-20", 10, 20): -186921.3594,
    ("2011-06-20", 10, 40): -186839.8148,
    ("2011-06-20", 1000, 20): 1646623.672,
    ("2011-06-20", 1000, 40): 1579803.626,
    ("2012-06-20", 10, 20): -274298.9203,
    ("2012-06-20", 10, 40): -274122.4725,
    ("2012-06-20", 1000, 20): 2279730.93,
    ("2012-06-20", 1000, 40): 2147972.527,
    ("2016-06-20", 10, 20): -592420.2297,
    ("2016-06-20", 10, 40): -591571.2294,
    ("2016-06-20", 1000, 20): 3993550.206,
    ("2016-06-20", 1000, 40): 3545843.418,
    ("2019-06-20", 10, 20): -797501.1422,
    ("2019-06-20", 10, 40): -795915.9787,
    ("2019-06-20", 1000, 20): 4702034.688,
    ("2019-06-20", 1000, 40): 4042340.999,
}


def test_upfronts_reproduce_the_markit_converter() -> None:
    # Twenty trades of 2009-05-21 on a bootstrapped curve, to one dollar in ten million.
    maturity, spread_bps, recovery_pct = zip(*MARKIT_UPFRONT_USD, strict=True)
    contracts = cds_contracts(
        "2009-05-21",
        np.array(maturity, "datetime64[D]"),
        coupon_bps=100.0,
        recovery_share=np.array(recovery_pct) / 100,
    )
    values = value_from_spread(
        contracts, np.array(spread_bps), isda_swap_curve("2009-05-21", USD_DEPOSITS, USD_SWAPS)
    )
    got = values.upfront_pct_par * 1e5
    np.testing.assert_allclose(got, list(MARKIT_UPFRONT_USD.values()), atol=0.01)


def test_swap_curve_of_the_converter_has_the_known_discount_factors() -> None:
    curve = isda_swap_curve("2009-05-21", USD_DEPOSITS, USD_SWAPS)
    dates = np.array(
        ["2010-05-25", "2013-05-27", "2016-05-25", "2019-05-27", "2029-05-25"], "M8[D]"
    )
    years = (dates - np.datetime64("2009-05-21")).astype(float) / 365
    got = np.exp(np.interp(years, curve.node_years[0], curve.log_discount[0]))
    expected = [0.9845059652, 0.9182344549, 0.8139001367, 0.7148960779, 0.4669439020]
    np.testing.assert_allclose(got, expected, atol=1e-8)


def test_a_spread_equal_to_the_coupon_prices_at_par() -> None:
    values = value_from_spread(ig_contract(), 100.0, DiscountCurves.flat(0.04))
    assert values.price_pct_par[0] == pytest.approx(100.0, abs=1e-12)


def test_upfront_is_spread_over_coupon_times_annuity() -> None:
    values = value_from_spread(ig_contract(), 60.0, DiscountCurves.flat(0.04))
    assert values.rpv01_years[0] == pytest.approx(4.5016999345, abs=1e-9)
    assert values.upfront_pct_par[0] == pytest.approx(-0.4 * values.rpv01_years[0], abs=1e-12)


def test_bootstrap_reprices_every_quote_and_skips_missing_tenors() -> None:
    spread = np.array([[50.0, 80.0, 110.0, 140.0], [50.0, np.nan, 110.0, np.nan]])
    discount = DiscountCurves.from_zero_rates([1.0, 3.0, 12.0], [0.045, 0.038, 0.041])
    curves = bootstrap_hazard(TRADE, TENORS, spread, discount, recovery_share=0.4)
    row, column = np.nonzero(~np.isnan(spread))
    contracts = cds_contracts(TRADE, TENORS[column], coupon_bps=100.0, recovery_share=0.4)
    values = value_from_curves(contracts, curves, discount, curve_index=row)
    np.testing.assert_allclose(values.spread_bps, spread[row, column], atol=1e-9)
    assert np.isnan(curves.hazard_dec[1]).tolist() == [False, True, False, True]
    beyond = cds_contracts(TRADE, TENORS[3], coupon_bps=100.0, recovery_share=0.4)
    outside = value_from_curves(beyond, curves, discount, curve_index=[1])
    assert outside.status[0] == CdsStatus.OUTSIDE_CURVE
    assert np.isnan(outside.spread_bps[0])


def test_survival_is_the_exponential_of_summed_hazards() -> None:
    spread = np.array([[50.0, np.nan, 110.0, 140.0]])
    curves = bootstrap_hazard(TRADE, TENORS, spread, DiscountCurves.flat(0.04), recovery_share=0.4)
    one, five, ten = curves.node_years[0, [0, 2, 3]]
    low, middle, high = curves.hazard_dec[0, [0, 2, 3]]
    expected = np.exp(-np.array([low / 2, low * one + middle * (five - one)]))
    got = survival_probability(curves, [0.5, five, -0.1, ten + 0.01], curve_index=[0] * 4)
    np.testing.assert_allclose(got[:2], expected, rtol=1e-14)
    assert np.isnan(got[2:]).all()
    assert high > 0


def test_a_flat_par_spread_curve_has_a_nearly_flat_hazard() -> None:
    curves = bootstrap_hazard(
        TRADE, TENORS, np.full((1, 4), 100.0), DiscountCurves.flat(0.04), recovery_share=0.4
    )
    assert np.ptp(curves.hazard_dec) < 1e-3 * curves.hazard_dec[0, 0]


def test_an_impossible_inversion_is_flagged_not_bent() -> None:
    spread = [[3000.0, 1000.0, 200.0, 200.0], [2500.0, 1800.0, 1500.0, 1300.0]]
    curves = bootstrap_hazard(TRADE, TENORS, spread, DiscountCurves.flat(0.04), recovery_share=0.4)
    assert curves.status.tolist() == [CdsStatus.ARBITRAGE, CdsStatus.OK]
    assert np.isnan(curves.hazard_dec[0]).all()


def test_hazards_above_one_are_not_capped() -> None:
    # Recovery 60 % and a spread of 60 % need a hazard of 1.5 a year, which is legal.
    curves = bootstrap_hazard(
        TRADE, TENORS[:1], [[6000.0]], DiscountCurves.flat(0.04), recovery_share=0.6
    )
    assert curves.status[0] == CdsStatus.OK
    assert curves.hazard_dec[0, 0] > 1.5


@pytest.mark.parametrize(
    ("trade", "maturity", "recovery", "spread_bps", "expected"),
    [
        (TRADE, "2030-06-20", 0.4, np.nan, CdsStatus.MISSING_INPUT),
        ("NaT", "2030-06-20", 0.4, 60.0, CdsStatus.MISSING_INPUT),
        (TRADE, "NaT", 0.4, 60.0, CdsStatus.MISSING_INPUT),
        (TRADE, "2030-06-20", np.nan, 60.0, CdsStatus.MISSING_INPUT),
        (TRADE, "2025-06-03", 0.4, 60.0, CdsStatus.EXPIRED),
        (TRADE, "2030-06-20", 1.0, 60.0, CdsStatus.RECOVERY_OUT_OF_RANGE),
        (TRADE, "2030-06-20", -0.1, 60.0, CdsStatus.RECOVERY_OUT_OF_RANGE),
        (TRADE, "2030-06-20", 0.4, -1.0, CdsStatus.HAZARD_BELOW_ZERO),
        (TRADE, "2030-06-20", 0.4, 1e7, CdsStatus.HAZARD_ABOVE_LIMIT),
    ],
)
def test_a_quote_that_cannot_be_priced_says_why(
    trade: str, maturity: str, recovery: float, spread_bps: float, expected: CdsStatus
) -> None:
    contracts = cds_contracts(trade, maturity, coupon_bps=100.0, recovery_share=recovery)
    values = value_from_spread(contracts, spread_bps, DiscountCurves.flat(0.04))
    assert values.status[0] == expected
    assert np.isnan([values.upfront_pct_par[0], values.hazard_dec[0], values.rpv01_years[0]]).all()


def test_upfronts_outside_the_possible_range_have_no_spread() -> None:
    # Below: more than the whole coupon stream; above: more than the loss given default.
    quote = [-4.7, -4.5, 59.0, 61.0, np.nan]
    contracts = cds_contracts([TRADE] * 5, "2030-06-20", coupon_bps=100.0, recovery_share=0.4)
    values = value_from_upfront(contracts, quote, DiscountCurves.flat(0.04))
    assert values.status.tolist() == [
        CdsStatus.HAZARD_BELOW_ZERO,
        CdsStatus.OK,
        CdsStatus.OK,
        CdsStatus.HAZARD_ABOVE_LIMIT,
        CdsStatus.MISSING_INPUT,
    ]
    assert np.isnan(values.spread_bps).tolist() == [True, False, False, True, True]


def test_a_hole_in_the_discount_curve_is_a_missing_input() -> None:
    discount = DiscountCurves.from_zero_rates([1.0, 5.0], [[0.04, np.nan], [0.04, 0.04]])
    contracts = cds_contracts([TRADE] * 2, "2030-06-20", coupon_bps=100.0, recovery_share=0.4)
    values = value_from_spread(contracts, 60.0, discount)
    assert values.status.tolist() == [CdsStatus.MISSING_INPUT, CdsStatus.OK]


def test_a_bad_curve_passes_its_status_to_the_contracts_on_it() -> None:
    discount = DiscountCurves.flat(0.04)
    spread = [[3000.0, 1000.0, 200.0, 200.0], [np.nan] * 4]
    curves = bootstrap_hazard(TRADE, TENORS, spread, discount, recovery_share=0.4)
    contracts = cds_contracts([TRADE] * 2, "2029-03-15", coupon_bps=100.0, recovery_share=0.4)
    values = value_from_curves(contracts, curves, discount)
    assert values.status.tolist() == [CdsStatus.ARBITRAGE, CdsStatus.TOO_FEW_TENORS]
    assert np.isnan(values.spread_bps).all()


def test_cash_of_a_price_quote_is_the_price_above_par_and_the_accrued_coupon() -> None:
    # High yield trades on price, here with one name of a hundred gone (factor 0.99).
    contracts = cds_contracts(TRADE, "2030-06-20", coupon_bps=500.0, recovery_share=0.3)
    values = value_from_upfront(contracts, 100.0 - 108.0275, DiscountCurves.flat(0.04))
    got = cash_amount_usd(values, 1e7, index_factor_share=0.99)
    assert values.price_pct_par[0] == pytest.approx(108.0275, abs=1e-10)
    assert got[0] == pytest.approx(-9.9e6 * (0.080275 + 0.05 * 76 / 360), abs=1e-4)


def test_risks_of_the_desk_example() -> None:
    # IG five years at 60 bps, 4 % flat, per $1MM: QuantLib 1.44 by bumping.
    got = risks(ig_contract(), 60.0, DiscountCurves.flat(0.04))
    assert got.cs01_usd_per_bp[0] == pytest.approx(457.301608, abs=1e-5)
    assert got.ir01_usd_per_bp[0] == pytest.approx(4.565413351, abs=1e-6)
    assert got.rec01_usd[0] == pytest.approx(7.438415864, abs=1e-6)
    assert got.jump_to_default_usd[0] == pytest.approx(618006.7997, abs=1e-3)


def test_risks_scale_with_notional_and_say_why_they_are_missing() -> None:
    contracts = cds_contracts([TRADE] * 2, "2030-06-20", coupon_bps=100.0, recovery_share=0.4)
    one = risks(contracts, [60.0, np.nan], DiscountCurves.flat(0.04))
    ten = risks(contracts, [60.0, np.nan], DiscountCurves.flat(0.04), notional_usd=1e7)
    np.testing.assert_allclose(ten.cs01_usd_per_bp[0], 10 * one.cs01_usd_per_bp[0], rtol=1e-12)
    assert one.status.tolist() == [CdsStatus.OK, CdsStatus.MISSING_INPUT]
    assert np.isnan(one.jump_to_default_usd[1])


def test_credit_triangle_is_within_half_a_percent_of_the_model() -> None:
    spread = np.array([40.0, 100.0, 300.0])
    contracts = cds_contracts([TRADE] * 3, "2030-06-20", coupon_bps=100.0, recovery_share=0.4)
    exact = value_from_spread(contracts, spread, DiscountCurves.flat(0.04)).rpv01_years
    years = (np.datetime64("2030-06-20") - np.datetime64(TRADE)).astype(float) / 365
    quick = triangle_rpv01_years(triangle_hazard_dec(spread, 0.4), 0.04, years)
    excess_pct = 100 * (quick / exact - 1)
    np.testing.assert_allclose(excess_pct, [0.473, 0.459, 0.415], atol=6e-4)


def test_malformed_calls_name_the_place_and_the_rule() -> None:
    discount = DiscountCurves.flat([0.04, 0.04])
    with pytest.raises(ValueError, match="discount must have one row or one per quote; 2 rows"):
        value_from_spread(ig_contract(), 60.0, discount)
    with pytest.raises(ValueError, match=r"row 0 position 1 was 2\.0"):
        DiscountCurves.from_zero_rates([3.0, 2.0], [0.04, 0.04])
    with pytest.raises(ValueError, match="row 0 position 1 was 2026-06-20 after 2028-06-20"):
        bootstrap_hazard(
            TRADE, TENORS[[1, 0]], [[50.0, 60.0]], DiscountCurves.flat(0.04), recovery_share=0.4
        )
    curves = bootstrap_hazard(
        TRADE, TENORS[:1], [[50.0]], DiscountCurves.flat(0.04), recovery_share=0.4
    )
    later = cds_contracts("2025-06-04", "2026-03-20", coupon_bps=100.0, recovery_share=0.4)
    with pytest.raises(ValueError, match="position 0 was 2025-06-04 on a curve of 2025-06-03"):
        value_from_curves(later, curves, DiscountCurves.flat(0.04))
    with pytest.raises(ValueError, match="curve_index must name one hazard curve per contract"):
        value_from_curves(ig_contract(), curves, DiscountCurves.flat(0.04), curve_index=[3])


@pytest.mark.parametrize(
    ("trade", "days"),
    [("2014-03-19", 0), ("2014-03-20", 1), ("2014-06-18", 91), ("2014-06-19", 92)],
)
def test_the_last_period_accrues_to_the_day_before_maturity(trade: str, days: int) -> None:
    # Printed by the model's own site for 20 June 2014. On the last day step-in falls on the
    # maturity, which ends the period and starts none: 92 days have accrued, not nothing.
    contract = cds_contracts(trade, "2014-06-20", coupon_bps=100.0, recovery_share=0.4)
    assert contract.accrued_days[0] == days
    values = value_from_spread(contract, 100.0, DiscountCurves.flat(0.02))
    assert values.accrued_pct_par[0] == pytest.approx(days / 360, abs=1e-12)
    assert 0 < values.rpv01_years[0] < 0.27
