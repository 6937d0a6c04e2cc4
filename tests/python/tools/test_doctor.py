"""A user whose headers are a vendor's finds out which column is which, not by reading our pages."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from conftest import ROOT
from parspread_tools.console import doctor
from parspread_tools.gate.contract import described, read_contract

CONTRACT = described(ROOT, read_contract(ROOT))
SAMPLE = ROOT / "seeds" / "sample"
# Headers in the styles of terminals, dealers and exchanges, and the column of the contract.
STYLES = {
    ("wrds_bond", "terminal"): {
        "ID_CUSIP": "cusip",
        "ID_ISIN": "isin",
        "TICKER": "company_symbol",
        "AS_OF_DT": "date",
        "MATURITY": "maturity",
        "ISSUE_DT": "offering_date",
        "AMT_OUTSTANDING": "amount_outstanding",
        "YLD_YTM_MID": "yield",
        "RTG_CLASS": "rating_class",
        "PX_LAST": "price_eom",
        "CPN": "coupon",
        "CPN_FREQ": "ncoups",
        "NXT_CPN_DT": "nextcoup",
        "DAY_CNT_DES": "day_count_basis",
        "INT_ACC": "coupacc",
        "BID_ASK_SPREAD": "t_spread",
    },
    ("wrds_bond", "index provider"): {
        "Cusip9": "cusip",
        "ISIN Number": "isin",
        "Issuer Ticker": "company_symbol",
        "Asof Date": "date",
        "Maturity Date": "maturity",
        "Face Outstanding": "amount_outstanding",
        "Yield to Maturity": "yield",
        "Rating": "rating_class",
        "Clean Price": "price_eom",
        "BidAskSpread": "t_spread",
        "Par Wtd Coupon": "coupon",
        "Accrued Interest": "coupacc",
    },
    ("cds_final", "dealer"): {
        "Date": "date",
        "Symbol": "ticker",
        "RED Code": "redcode",
        "Par Spread": "parspread",
        "Term": "tenor",
        "Seniority": "tier",
        "Ctry": "country",
        "Ccy": "currency",
        "Doc Clause": "docclause",
        "Composite Depth 5y": "compositedepth5y",
        "Assumed Recovery Rate": "recovery",
    },
    ("cdx", "index provider"): {
        "Trade Date": "date",
        "Index Name": "index",
        "Term": "tenor",
        "Composite Spread": "spread",
        "Srs": "series",
        "Composite Price": "price",
    },
    ("vix", "terminal"): {"Dates": "date", "PX_LAST": "close"},
    ("vix", "central bank"): {"observation_date": "date", "VIXCLS": "close"},
    ("etf", "web"): {"Date": "date", "Symbol": "ticker", "Adj Close": "close", "OAS": "spread"},
    ("issue_data", "older file"): {
        "CRSPID": "kycrspid",
        "TREASNO": "kytreasno",
        "MATDT": "tmatdt",
        "COUPRT": "tcouprt",
        "DATDT": "tdatdt",
    },
    ("monthly_ts_data", "older file"): {
        "CRSPID": "kycrspid",
        "TREASNO": "kytreasno",
        "CALDT": "mcaldt",
        "PUBOUT": "tmpubout",
        "YLD": "tmyld",
    },
}  # fmt: skip


def renamed(folder: Path, table: str, names: dict[str, str], form: str = "csv") -> Path:
    """Write rows of the sample under a vendor's headers, and one column that nobody reads."""
    (source,) = (path for path in SAMPLE.iterdir() if path.stem == table)
    place = source / "*.parquet" if source.is_dir() else source
    columns = ", ".join(f'"{own}" as "{header}"' for header, own in names.items())
    target = folder / f"delivery.{form}"
    duckdb.sql(f"copy (select {columns}, 7 as \"Batch\" from '{place}' limit 900) to '{target}'")
    return target


@pytest.mark.parametrize(("style", "names"), STYLES.items(), ids=lambda v: " ".join(v)[:40])
@pytest.mark.parametrize("is_named", [True, False], ids=["table named", "table found"])
def test_the_headers_of_vendors_are_recognised(
    tmp_path: Path, style: tuple[str, str], names: dict[str, str], is_named: bool
) -> None:
    """Every one of them, although a header of its own is beside them."""
    part = renamed(tmp_path, style[0], names)
    found = doctor.diagnose(part, CONTRACT, style[0] if is_named else None)
    assert found.entry["table"] == style[0]
    assert {s.header: name for name, s in found.found.items()} == names
    assert found.unused == ["Batch"]


def test_thirty_headers_are_renamed() -> None:
    """As promised: thirty that differ from the column in more than capitals and marks."""

    def plain(text: str) -> str:
        return "".join(c for c in text.lower() if c.isalnum())

    pairs = {(h, own) for names in STYLES.values() for h, own in names.items()}
    assert len([1 for header, own in pairs if plain(header) != plain(own)]) >= 30
