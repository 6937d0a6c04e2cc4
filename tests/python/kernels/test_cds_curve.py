"""The spline kernel against scipy curve by curve, published vectors and its own statuses."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from examples import examples
from parspread.curves.cds_spline import (
    CurveStatus,
    Extrapolation,
    SplineEnd,
    par_spread_at_maturity,
)

FIVE_TENORS_DAYS = [365.0, 1095.0, 1825.0, 2555.0, 3650.0]
RELATIVE_TOL = 1e-12


def spread_of_one_curve(tenors, quotes, maturity, end, extrapolation, is_duplicate=False):
    """Return spread and status of one curve the slow way: the definition of the kernel."""
    knots = [(t, q) for t, q in zip(tenors, quotes, strict=True) if not math.isnan(q)]
    if len(knots) < 2:
        return math.nan, CurveStatus.TOO_FEW_TENORS
    if is_duplicate:
        return math.nan, CurveStatus.DUPLICATE_TENOR
    if any(math.isinf(q) for _, q in knots):
        return math.nan, CurveStatus.QUOTE_NOT_FINITE
    if not math.isfinite(maturity):
        return math.nan, CurveStatus.MATURITY_NOT_FINITE
    first, last = knots[0][0], knots[-1][0]
    if extrapolation is Extrapolation.REFUSE and not first <= maturity <= last:
        return math.nan, CurveStatus.OUTSIDE_CURVE
    if extrapolation is Extrapolation.HOLD_FLAT:
        maturity = min(max(maturity, first), last)
    spline = CubicSpline([t for t, _ in knots], [q for _, q in knots], bc_type=end.value)
    return float(spline(maturity)), CurveStatus.OK


def assert_equal_to_twin(tenors, quotes, maturities, end, extrapolation, is_duplicate=None):
    flags = np.zeros(len(maturities), dtype=bool) if is_duplicate is None else is_duplicate
    spreads, status = par_spread_at_maturity(
        tenors,
        quotes,
        maturities,
        end=end,
        extrapolation=extrapolation,
        has_duplicate_tenor=is_duplicate,
    )
    for row, (curve, maturity, flag) in enumerate(zip(quotes, maturities, flags, strict=True)):
        spread, reason = spread_of_one_curve(tenors, curve, maturity, end, extrapolation, flag)
        assert status[row] == reason
        # Far outside a curve huge terms cancel, so the quotes set the scale as well as the value.
        scale = max(abs(spread), np.nanmax(np.abs(curve), initial=0.0)) if reason == 0 else 1.0
        np.testing.assert_allclose(spreads[row], spread, rtol=0, atol=RELATIVE_TOL * scale)


quotes_strategy = st.lists(
    st.one_of(st.floats(1e-5, 5.0), st.just(math.nan), st.floats(1e-5, 0.05), st.just(math.inf)),
    min_size=5,
    max_size=5,
)


@examples(200)
@given(
    curves=st.lists(
        st.tuples(quotes_strategy, st.floats(1, 5000), st.booleans()), min_size=1, max_size=8
    ),
    end=st.sampled_from(SplineEnd),
    extrapolation=st.sampled_from(Extrapolation),
)
def test_every_row_equals_scipy_on_its_own_curve(curves, end, extrapolation):
    quotes, maturities, flags = (np.array(column) for column in zip(*curves, strict=True))
    assert_equal_to_twin(FIVE_TENORS_DAYS, quotes, maturities, end, extrapolation, flags)


@examples(100)
@given(quotes=quotes_strategy, end=st.sampled_from(SplineEnd))
def test_spline_passes_through_its_quotes(quotes, end):
    tenors = np.array(FIVE_TENORS_DAYS)
    is_quoted = ~np.isnan(quotes)
    if is_quoted.sum() < 2 or np.isinf(quotes).any():
        return
    rows = np.tile(quotes, (int(is_quoted.sum()), 1))
    spreads, status = par_spread_at_maturity(tenors, rows, tenors[is_quoted], end=end)
    assert (status == CurveStatus.OK).all()
    largest = np.nanmax(quotes)
    np.testing.assert_allclose(spreads, np.array(quotes)[is_quoted], rtol=0, atol=1e-12 * largest)


def test_a_row_does_not_depend_on_the_rows_beside_it():
    """Duplicates are found by comparing spreads bit by bit, so a batch must not change a bit."""
    generator = np.random.default_rng(1)
    quotes = generator.uniform(0.001, 0.05, (3000, 5))
    quotes[generator.uniform(size=quotes.shape) < 0.2] = np.nan
    maturities = generator.uniform(100, 4000, 3000)
    options = {"end": SplineEnd.NOT_A_KNOT, "extrapolation": Extrapolation.ALLOW}
    together, _ = par_spread_at_maturity(FIVE_TENORS_DAYS, quotes, maturities, **options)
    alone = [
        par_spread_at_maturity(
            FIVE_TENORS_DAYS, quotes[i : i + 1], maturities[i : i + 1], **options
        )
        for i in range(0, 3000, 7)
    ]
    np.testing.assert_array_equal(together[::7], [spread[0] for spread, _ in alone])


@pytest.mark.parametrize("end", SplineEnd)
def test_a_flat_curve_is_flat_to_the_last_bit_whatever_tenors_it_quotes(end):
    """As scipy's: two codes of one issuer with the one spread are then one row, not two."""
    masks = np.array(list(itertools.product([True, False], repeat=5)))
    quotes = np.where(masks[masks.sum(axis=1) > 1], 0.0123, math.nan)
    for maturity in (15.0, 365.0, 1400.0, 3650.0, 4000.0):
        maturities = np.full(len(quotes), maturity)
        spreads, _ = par_spread_at_maturity(
            FIVE_TENORS_DAYS, quotes, maturities, end=end, extrapolation=Extrapolation.ALLOW
        )
        np.testing.assert_array_equal(spreads, 0.0123)


def test_two_quotes_give_a_line_and_three_a_parabola():
    """Values by hand: a line through (1y, 40 bp), (3y, 80 bp); the parabola x^2 through 1, 3, 5."""
    nan = math.nan
    spreads, _ = par_spread_at_maturity(
        [1.0, 3.0, 5.0],
        [[0.0040, 0.0080, nan], [0.0001, 0.0009, 0.0025]],
        [2.0, 4.0],
        end=SplineEnd.NOT_A_KNOT,
    )
    np.testing.assert_allclose(spreads, [0.0060, 0.0016], rtol=1e-14)


def test_published_natural_spline_is_reproduced():
    """Quotes 6, 25/6, 10/3, 4 at 1 to 4; exact pieces printed in a test of the Strata library."""
    spreads, _ = par_spread_at_maturity(
        [1.0, 2.0, 3.0, 4.0], np.tile([6, 25 / 6, 10 / 3, 4], (3, 1)), [1.5, 2.5, 3.5]
    )
    exact = [1 / 48 - 1 + 6, 1 / 48 + 1 / 8 - 3 / 4 + 25 / 6, -1 / 24 + 1 / 4 + 10 / 3]
    np.testing.assert_allclose(spreads, exact, rtol=1e-14)


def test_extrapolation_of_an_inverted_curve_is_why_it_is_refused():
    """2500/1800/1500/1300 bp at 1, 3, 5 and 10 years: the cubic says -6,457 bp at twenty years."""
    quotes = [[0.25, 0.18, 0.15, 0.13]]
    tenors, maturity = [365, 1095, 1825, 3650], [7300]
    allowed, _ = par_spread_at_maturity(
        tenors, quotes, maturity, end=SplineEnd.NOT_A_KNOT, extrapolation=Extrapolation.ALLOW
    )
    held, _ = par_spread_at_maturity(
        tenors, quotes, maturity, extrapolation=Extrapolation.HOLD_FLAT
    )
    refused, status = par_spread_at_maturity(tenors, quotes, maturity)
    assert round(allowed[0] * 10000) == -6457
    assert held[0] == pytest.approx(0.13, rel=1e-14)
    assert math.isnan(refused[0]) and status[0] == CurveStatus.OUTSIDE_CURVE


def test_an_empty_call_returns_empty_arrays():
    spreads, status = par_spread_at_maturity([1.0, 2.0], np.empty((0, 2)), [])
    assert spreads.shape == status.shape == (0,)


@pytest.mark.parametrize(
    ("tenors", "quotes", "maturities", "message"),
    [
        ([1.0, 1.0], [[1, 2]], [1], "strictly increasing; position 1 was 1.0 after 1.0"),
        ([1.0, math.nan], [[1, 2]], [1], "tenor_days must be finite"),
        ([1.0, 2.0], [[1, 2, 3]], [1], r"must have shape \(1, 2\), rows by tenors"),
        ([1.0, 2.0], [[1, 2]], [[1]], "must have one dimension"),
    ],
)
def test_a_malformed_call_says_what_is_wrong(tenors, quotes, maturities, message):
    with pytest.raises(ValueError, match=message):
        par_spread_at_maturity(tenors, quotes, maturities)


def test_golden_splines_are_reproduced_with_extrapolation(shared_dir):
    """Every mask of the five tenors, inside and outside the quotes, as the replaced code has it."""
    golden = pd.read_parquet(shared_dir / "golden/basis/edge_cases/cubic_spline.parquet")
    quotes = golden[["s1y", "s3y", "s5y", "s7y", "s10y"]].to_numpy()
    spreads, status = par_spread_at_maturity(
        FIVE_TENORS_DAYS,
        quotes,
        golden["days"],
        end=SplineEnd.NOT_A_KNOT,
        extrapolation=Extrapolation.ALLOW,
    )
    assert (status == CurveStatus.OK).all()
    np.testing.assert_allclose(spreads, golden["par_spread"], rtol=RELATIVE_TOL, atol=0)


def _real_curves(shared_dir):
    """Return (tenor_days, quotes) of every real curve file; basis points become decimals."""
    folder = shared_dir / "data/real"
    for name, is_curve in [
        ("cdx_na_ig_s45_constituent_cds_curves_20251023.csv", 8),
        ("casa_socgen_cds_curves_2008_2012.csv", 10),
    ]:
        frame = pd.read_csv(folder / name)
        columns = [c for c in frame.columns if c[0].isdigit() and c[-1] in "MY"]
        assert len(columns) == is_curve
        days = [365 * (int(c[:-1]) / (12 if c[-1] == "M" else 1)) for c in columns]
        yield days, frame[columns].to_numpy(dtype=float) / 10000


def test_real_curves_all_interpolate_as_scipy_does(shared_dir):
    """125 index members on one day and two banks through the euro crisis, inverted curves too."""
    count = 0
    for tenors, quotes in _real_curves(shared_dir):
        for maturity in (200.0, 500.0, 1500.0, 3000.0, 3649.0):
            maturities = np.full(len(quotes), maturity)
            for end in SplineEnd:
                assert_equal_to_twin(tenors, quotes, maturities, end, Extrapolation.ALLOW)
            count += len(quotes)
    assert count > 5000


def test_real_curves_never_fail_inside_their_quotes(shared_dir):
    for tenors, quotes in _real_curves(shared_dir):
        spreads, status = par_spread_at_maturity(tenors, quotes, np.full(len(quotes), 1400.0))
        assert (status == CurveStatus.OK).all()
        assert (spreads > 0).all()


def test_real_long_quotes_show_what_extrapolation_costs(shared_dir):
    """The figures of decision 0007: splines through 1 to 10 years against the 20-year quotes."""
    curves = pd.read_csv(shared_dir / "data/real/casa_socgen_cds_curves_2008_2012.csv")
    quotes = curves[["1Y", "3Y", "5Y", "7Y", "10Y"]].to_numpy()
    maturities = np.full(len(quotes), 7300.0)
    extrapolated, _ = par_spread_at_maturity(
        FIVE_TENORS_DAYS,
        quotes,
        maturities,
        end=SplineEnd.NOT_A_KNOT,
        extrapolation=Extrapolation.ALLOW,
    )
    held, _ = par_spread_at_maturity(
        FIVE_TENORS_DAYS, quotes, maturities, extrapolation=Extrapolation.HOLD_FLAT
    )
    assert (extrapolated < 0).sum() == 166
    assert (curves["10Y"] < curves["1Y"]).sum() == 218
    assert round(np.median(np.abs(extrapolated - curves["20Y"]))) == 851
    assert round(np.median(np.abs(held - curves["20Y"]))) == 3
