"""Delivered index quotes as spread and price: exact both ways, and what each disagreement shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import value_from_spread
from parspread.curves.discount_curves import DiscountCurves
from parspread.warehouse.index_quotes import converted_quotes


def quotes(**columns) -> pd.DataFrame:
    """Return high-yield quotes of one day and series, with some columns given."""
    row = {
        "data_set": "desk", "quote_date": "2020-08-05", "maturity_date": "2025-06-20",
        "spread_bps": np.nan, "price_pct_par": np.nan, "quote_kind": "spread",
        "coupon_bps": 500.0, "recovery_share": 0.3, "discount_rate_dec": 0.03,
    } | columns  # fmt: skip
    frame = pd.DataFrame(row, index=range(max(np.size(v) for v in columns.values())))
    for name in ("quote_date", "maturity_date"):
        frame[name] = pd.to_datetime(frame[name])
    return frame.assign(source_row_number=range(len(frame)))


def test_a_spread_becomes_the_price_of_its_series_and_back() -> None:
    """The contract of series 34 matures in June 2025; its price is 100 less the upfront."""
    spread = np.array([50.0, 392.678, 500.0, 5000.0])
    for coupon_bps, rate_dec in ((500.0, 0.03), (100.0, -0.01)):
        terms = {"coupon_bps": coupon_bps, "discount_rate_dec": rate_dec}
        priced = converted_quotes(quotes(spread_bps=spread, **terms))
        exact = value_from_spread(
            cds_contracts("2020-08-05", "2025-06-20", coupon_bps=coupon_bps, recovery_share=0.3),
            spread[0],
            DiscountCurves.flat(rate_dec),
        )
        assert priced["price_pct_par"][0] == exact.price_pct_par[0]
        back = converted_quotes(
            quotes(price_pct_par=priced["price_pct_par"], quote_kind="price", **terms)
        )
        np.testing.assert_allclose(back["spread_bps"], spread, rtol=1e-10)
        assert (priced["spread_bps"] == spread).all()
        assert (back["price_pct_par"] == priced["price_pct_par"]).all()


def test_both_columns_are_compared_and_what_fits_instead_is_seen() -> None:
    """Real quotes of one day agree within 0.3; swapped or at the coupon of the other grade not."""
    ((difference, swapped, other),) = converted_quotes(
        quotes(spread_bps=[392.678], price_pct_par=104.61)
    ).iloc[:, -3:].to_numpy()  # fmt: skip
    assert abs(difference) < 0.3 and abs(swapped) > 100 and abs(other) > 15
    found = converted_quotes(quotes(spread_bps=[104.61], price_pct_par=392.678)).iloc[0]
    assert found["swapped_difference_pct_par"] == pytest.approx(difference)
    found = converted_quotes(
        quotes(spread_bps=[392.678], price_pct_par=104.61, coupon_bps=100.0)
    ).iloc[0]  # fmt: skip
    assert found["other_coupon_difference_pct_par"] == pytest.approx(difference)


@pytest.mark.parametrize("kind", ["spread", "price"])
@pytest.mark.parametrize("value", [np.nan, 0.0, -5.0, np.inf, 1e300])
def test_what_is_no_quote_has_no_number(kind: str, value: float) -> None:
    """The screens say why; nothing is solved for, and no error ends the build."""
    column = {"spread": "spread_bps", "price": "price_pct_par"}[kind]
    frame = converted_quotes(quotes(**{column: [value, 100.0]}, quote_kind=kind))
    assert frame.iloc[0, 2:].isna().all()
    assert frame[["spread_bps", "price_pct_par"]].iloc[1].notna().all()


def test_a_price_without_a_hazard_has_no_spread() -> None:
    """Above the value of riskless coupons, or below recovery."""
    frame = converted_quotes(quotes(price_pct_par=[150.0, 25.0], quote_kind="price"))
    assert frame["spread_bps"].isna().all()


def test_no_quote_gives_an_empty_table_of_the_same_types() -> None:
    """A desk without index files builds too."""
    one = quotes(spread_bps=[400.0])
    pd.testing.assert_series_equal(
        converted_quotes(one.iloc[:0]).dtypes, converted_quotes(one).dtypes
    )
