"""Index P&L against a path priced by QuantLib 1.44, and on a real twelve-year history."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from index_pnl_twins import (
    constant_dv01_seller_pnl_usd,
    series_maturity_date,
    spread_cost_usd,
)
from parspread.curves.discount_curves import DiscountCurves
from parspread.overlay.index_pnl import GenericQuotes, PnlStatus, repriced_seller_pnl

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


def test_roll_path_matches_the_reference_day_by_day(shared_dir: Path) -> None:
    entries = json.loads((shared_dir / "golden" / "check_values.json").read_text())["entries"]
    entry = next(entry for entry in entries if entry["id"] == "roll_path_seller_10mm")
    terms, rows = entry["inputs"], entry["outputs"]["rows"]
    date, old_bps, new_bps = zip(*terms["quotes"], strict=True)
    is_new = np.array([quote is not None for quote in new_bps])
    old_bps, new_bps = np.array(old_bps, float), np.array(new_bps, float)
    generic_bps = np.where(is_new, new_bps, old_bps)
    maturity = series_maturity_date(np.where(is_new, 44, 43))
    path = repriced_seller_pnl(
        GenericQuotes(date, generic_bps, maturity, old_series_spread_bps=old_bps),
        DiscountCurves.flat(terms["r"]),
        notional_usd=terms["notional"],
        **TERMS,
    )
    naive = constant_dv01_seller_pnl_usd(generic_bps, dv01_usd_per_bp=4750.0)
    for name, got in {
        "coupon_pnl": path.pnl.coupon_usd,
        "time_pnl": path.pnl.time_usd,
        "spread_pnl": path.pnl.spread_usd,
        "mtm_pnl": path.pnl.total_usd - path.pnl.coupon_usd,
        "naive_generic_pnl_seed": naive,
    }.items():
        expected = [row.get(name, np.nan) for row in rows]
        np.testing.assert_allclose(got, expected, atol=1e-3, err_msg=name)
    held_annuity = [row["rpv01"] for row in rows]
    np.testing.assert_allclose(path.old_rpv01_years[1:], held_annuity[1:], atol=1e-8)
    roll = int(np.flatnonzero(path.is_roll)[0])
    assert path.roll_gap_bps[roll] == rows[roll]["roll_bp"]
    annuity = path.rpv01_years[0], path.old_rpv01_years[roll] + path.rpv01_years[roll]
    entry_cost, roll_cost = spread_cost_usd(
        terms["half_spread_bp"], annuity, notional_usd=terms["notional"]
    )
    assert entry_cost == pytest.approx(rows[0]["cost"], abs=1e-3)
    assert roll_cost == pytest.approx(rows[roll]["roll_cost"], abs=1e-3)
    total = np.nansum(path.pnl.total_usd) + entry_cost + roll_cost
    assert total == pytest.approx(entry["outputs"]["total_full"], abs=1e-3)


def test_real_generic_history_is_priced_on_every_session(shared_dir: Path) -> None:
    path = shared_dir / "data" / "real_inputs" / "cdx.csv"
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["index"] == "CDX_NA_IG"]
    dates = np.array([row["date"] for row in rows], "datetime64[D]")
    spread = np.array([float(row["spread"] or "nan") for row in rows])
    series = np.array([float(row["series"] or "nan") for row in rows])
    quotes = GenericQuotes(dates, spread, series_maturity_date(np.nan_to_num(series, nan=0.0)))
    got = repriced_seller_pnl(quotes, DiscountCurves.flat(0.02), **TERMS)
    quoted = np.flatnonzero(~np.isnan(spread))
    assert (got.pnl.status[quoted[1:]] == PnlStatus.OK).all()
    assert got.is_roll.sum() == len(np.unique(series)) - 1
    assert np.nanmax(np.abs(got.pnl.total_usd[got.is_roll])) < 1000.0
    parts = sum(getattr(got.pnl, name) for name in PARTS)
    np.testing.assert_allclose(parts, got.pnl.total_usd, atol=1e-6)
