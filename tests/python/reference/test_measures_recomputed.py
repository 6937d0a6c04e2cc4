"""Two hundred random rows of each newer measure, computed again from the delivered files.

Flows are written out, hazards found by brentq, contracts priced by QuantLib; curves and recoveries
come from the sample's own files. Tolerances are in the decimals of a spread: 1e-10 where a sum is
solved; where a contract is priced 1e-6 (a hundredth of a basis point) or 5e-5 of the spread,
because kernels discount CDS on a curve that is log-linear between quarters.
"""

from __future__ import annotations

import datetime as dt
import math

import duckdb
import numpy as np
import pandas as pd
import pytest
import QuantLib as ql
from scipy.optimize import brentq
from test_bond_measures import flows_of, zero_rate

from conftest import ROOT, Build
from quantlib_cds import quantlib_cds, quantlib_spreads_between_quotes

ROW_COUNT = 200
SOLVED_TOL_DEC, CONTRACT_TOL_DEC, CONTRACT_TOL_RATIO = 1e-10, 1e-6, 5e-5


@pytest.fixture(scope="module")
def curves() -> dict[tuple[str, dt.date], tuple[np.ndarray, np.ndarray]]:
    """Return node times and log discounts of each delivered curve and date."""
    rates = duckdb.sql(
        f"from '{ROOT}/seeds/sample/discount_curves.parquet' order by curve, date, years"
    ).df()
    found = {}
    for (name, date), rows in rates.groupby(["curve", "date"]):
        rate = rows["zero_rate"].to_numpy()
        if rows["compounding"].iloc[0] == "annual":
            rate = np.log1p(rate)
        found[name, date.date()] = (rows["years"].to_numpy(), -rate * rows["years"].to_numpy())
    return found


@pytest.fixture(scope="module")
def bonds(sample: Build) -> pd.DataFrame:
    """Return plain 30/360 bonds with their terms, prices and published measures."""
    return sample.inner_frame(
        f"""
        select terms.*, bases.* exclude (source_row_number, price_pct_par, recovery_share),
            bases.recovery_share as published_recovery_share
        from intermediate.int_cds_bond__bonds_joined_to_zero_curves as terms
        inner join cds_bond.fct_bond_basis as bases using (source_row_number)
        where bases.method = 'standard' and terms.day_count_basis = '30/360'
            and terms.coupons_per_year_count = 2 and terms.coupon_dec > 0
            and day(terms.maturity_date) < 28 and day(terms.observation_date) < 31
            and month(terms.observation_date) <> 2 and bases.common_sample
        order by hash(terms.source_row_number)
        limit {ROW_COUNT}
        """
    )


class Priced:
    """One bond on one curve: its flows, and the discount factor of any time."""

    def __init__(self, bond, discount) -> None:
        self.settle = bond.observation_date.date()
        pay_dates, self.amounts, accrued = flows_of(bond)
        self.days = [(date - self.settle).days for date in pay_dates]
        self.years = np.array(self.days) / 365
        self.discount = discount
        self.factors = np.array([discount(time) for time in self.years])
        self.dirty = bond.price_pct_par + accrued
        self.maturity = bond.maturity_date.date()

    def z_spread(self) -> float:
        def excess(z: float) -> float:
            return (self.amounts * self.factors * np.exp(-z * self.years)).sum() - self.dirty

        return brentq(excess, -0.5, 3, xtol=1e-15)

    def asset_swap(self) -> float:
        gaps = np.diff([0, *self.days]) / 360
        value = (np.array(self.amounts) * self.factors).sum()
        return (value - self.dirty) / (100 * (gaps * self.factors).sum())

    def hazard(self, recovery: float) -> float:
        ends, starts = self.years, np.concatenate([[0.0], self.years[:-1]])
        before = np.concatenate([[1.0], self.factors[:-1]])

        def excess(hazard: float) -> float:
            decay = hazard * (ends - starts) + np.log(before / self.factors)
            lost = before * np.exp(-hazard * starts) - self.factors * np.exp(-hazard * ends)
            default = hazard * (ends - starts) / decay * lost
            paid = (self.amounts * self.factors * np.exp(-hazard * ends)).sum()
            return paid + 100 * recovery * default.sum() - self.dirty

        return brentq(excess, 1e-12, 20, xtol=1e-15)

    def quantlib_curve(self) -> ql.YieldTermStructureHandle:
        """Return the curve in steps of eight days, between which it is log-linear."""
        day = ql.Date(self.settle.isoformat(), "%Y-%m-%d")
        steps = range(0, 365 * 14, 8)
        factors = [1.0, *(self.discount(step / 365) for step in steps if step)]
        curve = ql.DiscountCurve([day + step for step in steps], factors, ql.Actual365Fixed())
        curve.enableExtrapolation()
        return ql.YieldTermStructureHandle(curve)

    def implied_cds(self, recovery: float) -> float:
        maturity = min(
            date
            for year in (self.maturity.year, self.maturity.year + 1)
            for date in (dt.date(year, 6, 20), dt.date(year, 12, 20))
            if date >= self.maturity
        )
        swap, day = quantlib_cds(self.settle.isoformat(), maturity.isoformat(), 0.01)
        hazard = ql.FlatHazardRate(
            day, ql.QuoteHandle(ql.SimpleQuote(self.hazard(recovery))), ql.Actual365Fixed()
        )
        handle = ql.DefaultProbabilityTermStructureHandle(hazard)
        swap.setPricingEngine(ql.IsdaCdsEngine(handle, recovery, self.quantlib_curve()))
        return swap.fairSpread()


def on_nodes(nodes: tuple[np.ndarray, np.ndarray]):
    """Return the discount factor of any time, log-linear between nodes and beyond the last."""
    years, logs = np.concatenate([[0.0], nodes[0]]), np.concatenate([[0.0], nodes[1]])

    def discount(time: float) -> float:
        k = min(max(int(np.searchsorted(years, time)), 1), len(years) - 1)
        slope = (logs[k] - logs[k - 1]) / (years[k] - years[k - 1])
        return math.exp(logs[k - 1] + slope * (time - years[k - 1]))

    return discount


def on_fed(row):
    """Return the discount factor of any time on the Fed curve of a row."""
    return lambda time: math.exp(-zero_rate(row, time) * time) if time else 1.0


def test_measures_over_the_delivered_curve(bonds: pd.DataFrame, curves: dict) -> None:
    """Z-spread, asset swap, bond-implied CDS, what the curve adds, and the basis of record."""
    assert len(bonds) == ROW_COUNT and set(bonds["ois_curve"]) == {"OIS", "SOFR"}
    for bond in bonds.itertuples():
        priced = Priced(bond, on_nodes(curves[bond.ois_curve, bond.ois_curve_date.date()]))
        z_spread = priced.z_spread()
        assert bond.fr_z_spread_ois_dec == pytest.approx(z_spread, abs=SOLVED_TOL_DEC)
        assert bond.fr_asset_swap_ois_dec == pytest.approx(priced.asset_swap(), abs=SOLVED_TOL_DEC)
        implied = priced.implied_cds(bond.recovery_share)
        assert bond.fr_bond_implied_cds_ois_dec == pytest.approx(
            implied, abs=CONTRACT_TOL_DEC, rel=CONTRACT_TOL_RATIO
        )
        record = 4 * math.expm1(z_spread / 4) * 360 / 365
        if bond.price_pct_par < 90:
            record = implied
        assert bond.basis_of_record_dec == pytest.approx(
            bond.cds_par_spread_dec - record, abs=CONTRACT_TOL_DEC
        )
        treasury = Priced(bond, on_fed(bond))
        gap = treasury.z_spread() - z_spread
        assert bond.basis_ois_less_treasury_dec == pytest.approx(gap, abs=2 * SOLVED_TOL_DEC)


def test_bond_implied_cds_at_the_recovery_of_the_name(bonds: pd.DataFrame) -> None:
    """On the Fed curve; the vendor's recovery of name and day is that of the file."""
    files = f"{ROOT}/seeds/sample/cds_final/*.parquet"
    delivered = duckdb.sql(
        f"select upper(trim(redcode)) as code, date, min(recovery) as recovery from '{files}' "
        "where tier = 'SNRFOR' group by all"
    ).df()
    delivered = delivered.set_index(["code", "date"])["recovery"]
    assert bonds["published_recovery_share"].nunique() > 1
    for bond in bonds.itertuples():
        assert bond.recovery_share == bond.published_recovery_share
        assert bond.recovery_share == delivered[bond.red_code, bond.cds_quote_date]
        priced = Priced(bond, on_fed(bond))
        implied = priced.implied_cds(bond.recovery_share)
        assert bond.fr_bond_implied_cds_dec == pytest.approx(
            implied, abs=CONTRACT_TOL_DEC, rel=CONTRACT_TOL_RATIO
        )


def test_spreads_by_hazards_stand_beside_the_spline(sample: Build) -> None:
    """QuantLib bootstraps the quotes of each curve and prices a contract to the bond's maturity."""
    rows = sample.inner_frame(
        f"""
        select aligned.*, spreads.cds_hazard_dec, terms.* exclude (
            source_row_number, maturity_date, recovery_share
        )
        from intermediate.int_cds_bond__bonds_aligned_to_curves as aligned
        inner join intermediate.int_cds_bond__cds_spreads_interpolated as spreads
            using (source_row_number)
        inner join intermediate.int_cds_bond__bonds_joined_to_zero_curves as terms
            using (source_row_number)
        where spreads.cds_hazard_status = 'ok' and terms.curve_date = aligned.quote_date
        order by hash(aligned.source_row_number)
        limit {ROW_COUNT}
        """
    )
    tenors = [name for name in rows.columns if name.startswith("par_spread_")]
    assert len(rows) == ROW_COUNT
    for row in rows.itertuples():
        trade = row.quote_date.date().isoformat()
        quoted = [name for name in tenors if not np.isnan(getattr(row, name))]
        months = [tenor_months(name) for name in quoted]
        day = ql.Date(trade, "%Y-%m-%d")
        priced = Priced(row, on_fed(row))
        priced.settle = row.quote_date.date()
        (spread,) = quantlib_spreads_between_quotes(
            trade,
            [
                ql.cdsMaturity(day, ql.Period(month, ql.Months), ql.DateGeneration.CDS2015).ISO()
                for month in months
            ],
            [getattr(row, name) for name in quoted],
            [row.maturity_date.date().isoformat()],
            priced.quantlib_curve(),
            row.recovery_share,
        )
        # A Saturday's coupon: see test_cds_interpolation.
        assert row.cds_hazard_dec == pytest.approx(
            spread, abs=2 * CONTRACT_TOL_DEC, rel=CONTRACT_TOL_RATIO
        )


def tenor_months(name: str) -> int:
    tenor = name.removeprefix("par_spread_").removesuffix("_dec")
    return int(tenor[:-1]) * (12 if tenor.endswith("y") else 1)
