"""Numbers that papers and standards print, beside what the kernels say: makes published_cases.csv.

    PYTHONPATH=python:tests/python python tests/python/replication_cases.py

The figures are those of the printed page; the tolerance is half of their last digit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import numpy as np

from conftest import ROOT
from isda_curve import USD_DEPOSITS, USD_SWAPS, isda_swap_curve
from kernels.test_cds_pricing import MARKIT_UPFRONT_USD
from parspread.bonds.cashflows import coupon_period
from parspread.bonds.street_yield import dirty_price_from_yield
from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import value_from_spread
from parspread.dates.day_count import DayCount
from parspread.overlay.sharpe import (
    deflated_sharpe,
    lo_annualisation_factor,
    min_backtest_sessions,
    min_track_record_sessions,
)

FILE = ROOT / "seeds" / "published" / "published_cases.csv"
HEADER = (
    "source_code", "case_name", "unit", "printed_value", "our_value", "tolerance_value", "reason",
)  # fmt: skip
Row = tuple[str, str, str, float, float, float, str]


def sharpe_cases() -> Iterator[Row]:
    """Selection: Bailey and Lopez de Prado (2012, 2014), Bailey and others (2014), Lo (2002)."""
    sharpe, sd = 2.5 / 250**0.5, (0.5 / 250) ** 0.5
    for trials, printed in ((100, 0.9004), (46, 0.9505)):
        ours = float(deflated_sharpe(sharpe, 1250, -3.0, 10.0, trials, sd))
        case = f"deflated Sharpe ratio, {trials} trials"
        yield "bailey_lopez_de_prado_2014", case, "share", printed, ours, 5e-5, ""
    for name, year, printed in (("daily", 252, 2.73), ("weekly", 52, 2.83), ("monthly", 12, 3.24)):
        needed = min_track_record_sessions(2 / year**0.5, 0.0, 3.0, 1 / year**0.5)
        case = f"track record for a Sharpe ratio of 2 to exceed 1, {name}"
        yield "bailey_lopez_de_prado_2012", case, "years", printed, float(needed) / year, 5e-3, ""
    years = float(min_backtest_sessions(1 / 252**0.5, 45)) / 252
    case = "backtest in which the best of 45 worthless trials shows a Sharpe ratio of 1"
    yield "bailey_and_others_2014", case, "years", 5.0, years, 5e-2, ""
    for rho, printed in ((0.2, 2.88), (-0.2, 4.17)):
        ours = lo_annualisation_factor(rho ** np.arange(1, 12), sessions_per_year=12)
        case = f"annual over monthly Sharpe ratio, AR(1) of {rho}"
        yield "lo_2002", case, "ratio", printed, ours, 5e-3, ""


def cds_cases() -> Iterator[Row]:
    """Upfronts of the Markit converter, 21 May 2009, as printed in QuantLib's tests."""
    curve = isda_swap_curve("2009-05-21", USD_DEPOSITS, USD_SWAPS)
    for (maturity, spread_bps, recovery_pct), printed in MARKIT_UPFRONT_USD.items():
        contract = cds_contracts(
            "2009-05-21", maturity, coupon_bps=100.0, recovery_share=recovery_pct / 100
        )
        ours = float(value_from_spread(contract, spread_bps, curve).upfront_pct_par[0]) * 1e5
        case = f"upfront of {spread_bps:g} bp to {maturity}, recovery {recovery_pct:g} %"
        yield "markit_converter", case, "usd", printed, ours, 5e-3, ""


# Coupon, maturity, yield, settlement, printed dirty price, and why it differs.
TREASURY = "Treasury convention: simple interest in the first part of a period; ours compounds"
BONDS = (
    ("us_31cfr356", 0.0875, "2020-05-15", 0.0884, "1990-05-15", 99.057893, ""),
    ("us_31cfr356", 0.095, "1995-11-15", 0.0954, "1985-11-29", 100.098321, TREASURY),
    ("uk_dmo", 0.08, "2015-12-07", 0.04445, "1999-05-24", 145.012268, ""),
    ("uk_dmo", 0.08, "2015-12-07", 0.04445, "1999-05-26", 145.047301, ""),
    ("uk_dmo", 0.0675, "2004-11-26", 0.04634, "1999-05-10", 113.315543, ""),
    ("uk_dmo", 0.0675, "2004-11-26", 0.04634, "1999-05-17", 113.415969, ""),
)


def bond_cases() -> Iterator[Row]:
    """Prices from yields: 31 CFR 356, appendix B, and the formulae of the UK DMO."""
    for source, coupon, maturity, yield_dec, settle, printed, reason in BONDS:
        period = coupon_period(settle, maturity, 2, DayCount.ACT_ACT_ICMA)
        ours = float(dirty_price_from_yield(yield_dec, coupon, period)[0][0])
        case = f"dirty price of {coupon:.2%} to {maturity} at {yield_dec:.3%} on {settle}"
        yield source, case, "pct_par", printed, ours, 5e-7, reason


def table() -> str:
    """Return the file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for source, case, unit, printed, ours, tolerance, reason in (
        *sharpe_cases(),
        *cds_cases(),
        *bond_cases(),
    ):
        writer.writerow([source, case, unit, printed, f"{ours:.12g}", tolerance, reason])
    return text.getvalue()


if __name__ == "__main__":
    FILE.write_text(table())
