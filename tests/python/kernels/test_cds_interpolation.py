"""Spreads between quotes on hazard curves: against closed forms row by row, and QuantLib."""

import math
from itertools import pairwise

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from cds_leg_twin import periods_of
from examples import examples
from parspread.cds.contracts import cds_contracts
from parspread.cds.hazard_curves import HazardCurves
from parspread.cds.hazard_interpolation import par_spread_on_hazard_curve
from parspread.cds.pricing import value_from_curves
from parspread.curves.cds_spline import (
    CurveStatus,
    Extrapolation,
    neighbouring_quotes,
    par_spread_at_maturity,
)
from parspread.curves.discount_curves import DiscountCurves
from parspread.dates.cds_schedule import standard_maturity_date
from quantlib_cds import quantlib_spreads_between_quotes

TRADE = np.datetime64("2025-06-03")
MONTHS = np.array([6, 12, 24, 36, 60, 84, 120])
QUOTES_DEC = [0.0030, 0.0040, 0.0055, 0.0070, 0.0095, 0.0110, 0.0120]
INVERTED_DEC = [0.2500, 0.2300, 0.2000, 0.1850, 0.1700, 0.1640, 0.1600]
RATE_DEC = 0.035
RECOVERY_SHARE = 0.4


def interpolated(quotes, maturities, months=MONTHS, rate=RATE_DEC, **options):
    maturity = np.asarray(maturities, dtype="datetime64[D]")
    return par_spread_on_hazard_curve(
        np.full(maturity.size, TRADE),
        months,
        np.broadcast_to(np.asarray(quotes, dtype=float), (maturity.size, len(months))),
        maturity,
        DiscountCurves.flat(rate),
        recovery_share=RECOVERY_SHARE,
        **options,
    )


def fair_spread(maturity, nodes, hazards, rate=RATE_DEC):
    """Return the par spread of one contract on hazards that are flat between nodes, written out."""
    contract = cds_contracts(TRADE, maturity, coupon_bps=0.0, recovery_share=RECOVERY_SHARE)
    edges = sorted({0.0, *nodes, *periods_of(contract, 0).end.tolist()})

    def cumulative(time):
        area, left = 0.0, 0.0
        for node, hazard in zip(nodes, hazards, strict=True):
            area += hazard * max(min(time, node) - left, 0.0)
            left = node
        return area + hazards[-1] * max(time - left, 0.0)

    protection = annuity = 0.0
    for start, end, payment, days in zip(
        *periods_of(contract, 0),
        strict=True,
    ):
        if end <= 0:
            continue
        annuity += days / 360 * math.exp(-rate * payment - cumulative(end))
        for left, right in pairwise(edges):
            if right <= max(start, 0.0) or left >= end:
                continue
            hazard = (cumulative(right) - cumulative(left)) / (right - left)
            total, alive = rate + hazard, math.exp(-rate * left - cumulative(left))
            fallen = math.exp(-total * (right - left))
            loss = hazard * alive * (1 - fallen) / total
            mean_wait = (1 - fallen) / total - (right - left) * fallen
            protection += loss
            accrued = loss * (left - start + 0.5 / 365) + hazard * alive * mean_wait / total
            annuity += 365 / 360 * accrued
    settlement = contract.settlement_years[0]
    clean = annuity * math.exp(rate * settlement) - contract.accrued_days[0] / 360
    return (1 - RECOVERY_SHARE) * protection * math.exp(rate * settlement) / clean


def spread_of_one_curve(quotes, maturity, extrapolation):
    """Return spread and status of one curve the slow way: the definition of the kernel."""
    quoted = [(m, q) for m, q in zip(MONTHS, quotes, strict=True) if not math.isnan(q)]
    if len(quoted) < 2:
        return math.nan, CurveStatus.TOO_FEW_TENORS
    ends = [standard_maturity_date(TRADE, month)[0] for month, _ in quoted]
    is_outside = not ends[0] <= maturity <= ends[-1]
    if is_outside and extrapolation is Extrapolation.REFUSE:
        return math.nan, CurveStatus.OUTSIDE_CURVE
    nodes, hazards = [], []
    for end, (_, quote) in zip(ends, quoted, strict=True):
        nodes.append(int((end - TRADE).astype(int)) / 365)

        def excess(hazard, end=end, quote=quote):
            return fair_spread(end, nodes, [*hazards, hazard]) - quote

        if excess(0.0) > 0:
            return math.nan, CurveStatus.ARBITRAGE
        if excess(50.0) < 0:
            return math.nan, CurveStatus.NO_HAZARD
        hazards.append(brentq(excess, 0.0, 50.0, xtol=1e-15, rtol=1e-14))
    if is_outside and extrapolation is Extrapolation.HOLD_FLAT:
        return quoted[0 if maturity < ends[0] else -1][1], CurveStatus.OK
    return fair_spread(maturity, nodes, hazards), CurveStatus.OK


@examples(40)
@given(
    level=st.floats(0.0005, 0.3),
    slopes=st.lists(st.floats(-0.35, 0.5), min_size=7, max_size=7),
    is_quoted=st.lists(st.booleans(), min_size=7, max_size=7),
    days=st.integers(100, 4400),
    extrapolation=st.sampled_from(Extrapolation),
)
def test_every_row_equals_closed_forms_on_its_own_curve(
    level, slopes, is_quoted, days, extrapolation
):
    quotes = np.where(is_quoted, level * np.exp(np.cumsum(slopes)), np.nan)
    maturity = TRADE + days
    spreads, status = interpolated(quotes, [maturity], extrapolation=extrapolation)
    expected, reason = spread_of_one_curve(quotes, maturity, extrapolation)
    assert status[0] == reason
    np.testing.assert_allclose(spreads[0], expected, rtol=1e-9)


@pytest.mark.parametrize("quotes", [QUOTES_DEC, INVERTED_DEC])
def test_quoted_contracts_get_their_quotes(quotes):
    maturities = standard_maturity_date(TRADE, MONTHS)
    spreads, status = interpolated(quotes, maturities)
    assert (status == CurveStatus.OK).all()
    np.testing.assert_allclose(spreads, quotes, rtol=1e-11)
    without_third = np.where(MONTHS == 24, np.nan, quotes)
    spreads, _ = interpolated(without_third, maturities)
    np.testing.assert_allclose(np.delete(spreads, 2), np.delete(quotes, 2), rtol=1e-11)
    assert abs(spreads[2] / quotes[2] - 1) > 1e-4


@pytest.mark.parametrize("quotes", [QUOTES_DEC, INVERTED_DEC])
@pytest.mark.parametrize(
    ("months", "maturities", "tolerance_dec"),
    [
        (MONTHS[2:], ["2027-10-31", "2028-02-29", "2029-11-18", "2032-08-01", "2035-06-20"], 1e-9),
        # QuantLib lets a coupon that falls on a Saturday depend on survival to the Sunday; the ISDA
        # model does not. Contracts of 6 and 12 months end on one here.
        (MONTHS, ["2026-03-15", "2027-01-31", "2029-11-17", "2034-12-20"], 1e-6),
    ],
)
def test_spreads_at_maturities_of_bonds_equal_quantlib(quotes, months, maturities, tolerance_dec):
    """Any day of the month: weekends, the end of February, the end of the curve."""
    quotes = quotes[-len(months) :]
    spreads, status = interpolated(quotes, maturities, months)
    assert (status == CurveStatus.OK).all()
    contracts = [str(date) for date in standard_maturity_date(TRADE, months)]
    discount = ql.YieldTermStructureHandle(
        ql.FlatForward(ql.Date(str(TRADE), "%Y-%m-%d"), RATE_DEC, ql.Actual365Fixed())
    )
    expected = quantlib_spreads_between_quotes(
        str(TRADE), contracts, quotes, maturities, discount, RECOVERY_SHARE
    )
    np.testing.assert_allclose(spreads, expected, rtol=0, atol=tolerance_dec)


def test_a_row_that_has_no_spread_says_why():
    nan = math.nan
    inside, quoted_dec = "2028-06-20", [0.004, 0.008, 0.012]
    cases = [
        ([nan, nan, 0.01], inside, 0.03, False, CurveStatus.TOO_FEW_TENORS),
        (quoted_dec, inside, 0.03, True, CurveStatus.DUPLICATE_TENOR),
        ([0.004, math.inf, 0.012], inside, 0.03, False, CurveStatus.QUOTE_NOT_FINITE),
        (quoted_dec, "NaT", 0.03, False, CurveStatus.MATURITY_NOT_FINITE),
        (quoted_dec, "2026-06-19", 0.03, False, CurveStatus.OUTSIDE_CURVE),
        (quoted_dec, "2030-06-21", 0.03, False, CurveStatus.OUTSIDE_CURVE),
        ([0.30, 0.10, 0.02], inside, 0.03, False, CurveStatus.ARBITRAGE),
        (quoted_dec, inside, nan, False, CurveStatus.NO_DISCOUNT_CURVE),
        ([-0.01, 0.01, 0.02], inside, 0.03, False, CurveStatus.NO_HAZARD),
        (quoted_dec, inside, 0.03, False, CurveStatus.OK),
    ]
    spreads, status = par_spread_on_hazard_curve(
        np.full(len(cases), TRADE),
        [12, 36, 60],
        [case[0] for case in cases],
        [case[1] for case in cases],
        DiscountCurves.flat([case[2] for case in cases]),
        recovery_share=0.4,
        has_duplicate_tenor=[case[3] for case in cases],
    )
    assert [CurveStatus(code).name for code in status] == [case[4].name for case in cases]
    np.testing.assert_array_equal(np.isnan(spreads), status != CurveStatus.OK)


@pytest.mark.parametrize("years", [0.4, 12, 20])
@pytest.mark.parametrize("quotes", [QUOTES_DEC, INVERTED_DEC])
def test_beyond_the_quotes_the_nearest_hazard_goes_on(quotes, years):
    """Random curves rarely have a bond that lies outside and is priced, so three do here."""
    maturity = TRADE + int(365 * years)
    spreads, status = interpolated(quotes, [maturity], extrapolation=Extrapolation.ALLOW)
    expected, _ = spread_of_one_curve(quotes, maturity, Extrapolation.ALLOW)
    assert status[0] == CurveStatus.OK
    np.testing.assert_allclose(spreads[0], expected, rtol=1e-9)


@pytest.mark.parametrize("extrapolation", [Extrapolation.ALLOW, Extrapolation.HOLD_FLAT])
def test_a_matured_bond_has_no_spread_and_no_number_lacks_a_status(extrapolation):
    days = np.arange(-3, 8)
    spreads, status = interpolated(QUOTES_DEC, TRADE + days, extrapolation=extrapolation)
    np.testing.assert_array_equal(np.isfinite(spreads), status == CurveStatus.OK)
    if extrapolation is Extrapolation.ALLOW:
        assert (status[days <= 0] == CurveStatus.OUTSIDE_CURVE).all()


def test_a_row_does_not_depend_on_the_rows_beside_it():
    """Duplicates are found by comparing spreads bit by bit, so a batch must not change a bit."""
    generator = np.random.default_rng(1)
    quotes = np.sort(generator.uniform(0.001, 0.05, (200, 7)), axis=1)
    quotes[generator.uniform(size=quotes.shape) < 0.2] = np.nan
    maturities = TRADE + generator.integers(300, 3700, 200)
    together, status = interpolated(quotes, maturities)
    assert (status == CurveStatus.OK).sum() > 100
    alone = [interpolated(quotes[i], maturities[i : i + 1])[0][0] for i in range(200)]
    np.testing.assert_array_equal(together, alone)


def test_no_rows_give_no_rows_and_shapes_must_agree():
    spreads, status = interpolated(QUOTES_DEC, [])
    assert spreads.shape == status.shape == (0,)
    with pytest.raises(ValueError, match="one per row"):
        par_spread_on_hazard_curve(
            [TRADE], [12, 60], [[0.01]], [TRADE], DiscountCurves.flat(0.03), recovery_share=0.4
        )


def test_no_flat_hazards_fit_quotes_of_a_name_that_defaults_at_once_or_not_at_all():
    """Hazard 1.5 for half a year, then 2 %: at 1.6 years the spline is hundreds of bp too high.

    Flat hazards between one and three years would have to be negative, so that the quotes have the
    status of an arbitrage and `spreads_both_ways` gives no spread between them.
    """
    nodes, hazards = [0.5, 40.0], [1.5, 0.02]
    months = np.array([12, 36, 60, 84, 120])
    contracts = standard_maturity_date(np.datetime64("2018-05-31"), months)
    curves = HazardCurves(
        np.repeat(np.datetime64("2018-05-31"), 5), np.full(5, 0.4), np.tile(nodes, (5, 1)),
        np.tile(hazards, (5, 1)), np.zeros(5, dtype=np.int8),
    )  # fmt: skip
    day = np.repeat(np.datetime64("2018-05-31"), 5)
    quoted = value_from_curves(
        cds_contracts(day, contracts, coupon_bps=0.0, recovery_share=0.4), curves,
        DiscountCurves.flat(0.03),
    ).spread_bps / 1e4  # fmt: skip
    maturity = np.datetime64("2018-05-31") + 584
    value = value_from_curves(
        cds_contracts(day[:1], [maturity], coupon_bps=0.0, recovery_share=0.4),
        HazardCurves(*(getattr(curves, name)[:1] for name in curves.__dataclass_fields__)),
        DiscountCurves.flat(0.03),
    ).spread_bps[0]  # fmt: skip
    hazard, status = par_spread_on_hazard_curve(
        day[:1], months, quoted[None, :], [maturity], DiscountCurves.flat(0.03), recovery_share=0.4
    )
    spline, _ = par_spread_at_maturity(365 * months / 12, quoted[None, :], [584])
    assert 1e4 * spline[0] - value > 400
    assert np.isnan(hazard[0]) and status[0] == CurveStatus.ARBITRAGE
    lower, upper = neighbouring_quotes(365 * months / 12, quoted[None, :], np.array([584.0]))
    assert upper[0] > 2 * lower[0]
