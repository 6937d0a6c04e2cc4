"""Hazard curves and risks of the warehouse against QuantLib, contract by contract."""

from __future__ import annotations

import pytest
import QuantLib as ql

from conftest import Build
from parspread.curves.treasury_curve import SvenssonCurves
from parspread.warehouse.record_batches import CURVE_COLUMNS
from quantlib_cds import discount_curve, quantlib_cds

ROWS = 24


def bumped_upfront(
    trade: str, maturity: str, spread_bps: float, discount: ql.YieldTermStructureHandle, recovery
) -> float:
    """Return the upfront of the contract of 100 bps at a conventional spread, per dollar."""
    quote, day = quantlib_cds(trade, maturity, spread_bps / 1e4)
    hazard = quote.impliedHazardRate(
        0.0, discount, ql.Actual365Fixed(), recovery, 1e-14, ql.CreditDefaultSwap.ISDA
    )
    curve = ql.DefaultProbabilityTermStructureHandle(
        ql.FlatHazardRate(day, ql.QuoteHandle(ql.SimpleQuote(hazard)), ql.Actual365Fixed())
    )
    swap, _ = quantlib_cds(trade, maturity, 0.01)
    swap.setPricingEngine(ql.IsdaCdsEngine(curve, recovery, discount))
    return swap.fairUpfront()


def test_every_curve_prices_its_contracts_as_quantlib_does(sample: Build) -> None:
    """The table's hazards give its upfronts, annuities and risks, in another engine."""
    rows = sample.frame(
        """
        select curves.*, treasuries.beta0_dec, treasuries.beta1_dec, treasuries.beta2_dec,
            treasuries.beta3_dec, treasuries.tau1_years, treasuries.tau2_years
        from cds_bond.fct_cds_curves as curves
        inner join cds_bond.fct_treasury_curve as treasuries
            on curves.quote_date = treasuries.curve_date and treasuries.maturity_years = 1
        order by curves.red_code, curves.quote_date, curves.tenor_years
        """
    )
    names = rows.groupby(["red_code", "quote_date"])
    keys = sorted(names.groups)
    assert len(keys) > 1000
    compared = 0
    for key in keys[:: len(keys) // ROWS]:
        curve = names.get_group(key)
        trade = str(key[1].date())
        day = ql.Date(trade, "%Y-%m-%d")
        ql.Settings.instance().evaluationDate = day
        parameters = SvenssonCurves(*(curve[name].iloc[0] for name in CURVE_COLUMNS))
        discount, shifted = (discount_curve(day, parameters, shift) for shift in (0.0, 1e-4))
        maturities = [str(date.date()) for date in curve["maturity_date"]]
        hazards = curve["hazard_dec"].tolist()
        nodes = [day, *(ql.Date(date, "%Y-%m-%d") for date in maturities)]
        # Contracts end a day after they mature.
        nodes[-1] += 1
        credit = ql.DefaultProbabilityTermStructureHandle(
            ql.HazardRateCurve(nodes, [hazards[0], *hazards], ql.Actual365Fixed())
        )
        for maturity, row in zip(maturities, curve.to_dict("records"), strict=True):
            assert row["curve_status"] == row["risk_status"] == "ok"
            recovery = row["recovery_share"]
            swap, _ = quantlib_cds(trade, maturity, 0.01)
            swap.setPricingEngine(ql.IsdaCdsEngine(credit, recovery, discount))
            upfront = swap.fairUpfront()
            # QuantLib's nodes are whole days, a quarter is not: that is all the gap.
            assert row["upfront_at_100_bps_pct_par"] == pytest.approx(100 * upfront, abs=1e-5)
            assert row["par_spread_dec"] == pytest.approx(swap.fairSpread(), abs=1e-7)
            quoted = row["quoted_spread_bps"]
            base = bumped_upfront(trade, maturity, quoted, discount, recovery)
            assert row["upfront_at_100_bps_pct_par"] == pytest.approx(100 * base, abs=1e-5)
            wider = bumped_upfront(trade, maturity, quoted + 1, discount, recovery)
            dearer = bumped_upfront(trade, maturity, quoted, shifted, recovery)
            recovered = bumped_upfront(trade, maturity, quoted, discount, recovery + 0.01)
            for name, change, tolerance_usd in (
                ("cs01_usd_per_bp_per_mm", wider - base, 1e-3),
                ("ir01_usd_per_bp_per_mm", dearer - base, 1e-3),
                ("rec01_usd_per_mm", recovered - base, 2e-3),
                ("jump_to_default_usd_per_mm", 1 - recovery - base, 0.1),
            ):
                assert row[name] == pytest.approx(1e6 * change, abs=tolerance_usd), name
            compared += 1
    assert compared > 4 * ROWS
