"""A price in the column of spreads is refused in words that say what it looks like.

High-yield prices, 85 to 111, lie within the range of spreads, and neither a second index nor
volatility need be there to give them away. What does is how little they move.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from scaled_rows import contract

from conftest import ROOT
from parspread_tools.gate import check, quotes, units

pytestmark = pytest.mark.usefixtures("at_project_root")

SAMPLE = ROOT / "seeds" / "sample"


def errors(folder: Path, cdx: pd.DataFrame, etf: pd.DataFrame | None = None) -> list[str]:
    """Return what the check says of these files beside three days of volatility."""
    cdx.to_csv(folder / "cdx.csv", index=False)
    (pd.read_csv(SAMPLE / "etf.csv") if etf is None else etf).to_csv(
        folder / "etf.csv", index=False
    )
    pd.read_csv(SAMPLE / "vix.csv").head(3).to_csv(folder / "vix.csv", index=False)
    return check.check_inputs(folder, contract("cdx", "vix", "etf"))["errors"]


def high_yield(first: str = "2013-01-02", last: str = "2024-12-31") -> pd.DataFrame:
    cdx = pd.read_csv(SAMPLE / "cdx.csv")
    return cdx[(cdx["index"] == "CDX_NA_HY") & cdx["date"].between(first, last)].copy()


@pytest.mark.parametrize("first_wrong", ["2013", "2020-06", "2024"])
def test_a_price_as_the_spread_of_one_index_is_refused(tmp_path: Path, first_wrong: str) -> None:
    """Alone in its file, in all years or from one on."""
    cdx = high_yield()
    cdx["spread"] = cdx["price"].where(cdx["date"] >= first_wrong, cdx["spread"])
    (error,) = errors(tmp_path, cdx.assign(price=None))
    for words in (
        f"{tmp_path / 'cdx.csv'}: column spread must be in basis points; half of the daily moves",
        "moves of CDX_NA_HY 5Y",
        "which looks like a price per 100",
        "deliver the price in its own column and set quote_kind price in instruments.csv",
    ):
        assert words in error
    assert len(error) < 1000


def test_an_index_whose_columns_are_swapped_is_refused(tmp_path: Path) -> None:
    """A spread of 65 is a plausible price, and a price of 101 a plausible spread."""
    cdx = pd.read_csv(SAMPLE / "cdx.csv").query("index == 'CDX_NA_IG' and tenor == '5Y'")
    cdx["price"] = 100 + 0.045 * (100 - cdx["spread"])
    assert errors(tmp_path, cdx) == []
    (error,) = errors(tmp_path, cdx.rename(columns={"spread": "price", "price": "spread"}))
    assert "of CDX_NA_IG 5Y" in error and "the two columns look swapped" in error


def test_a_short_history_in_price_is_refused_too(tmp_path: Path) -> None:
    """Seventy days are enough to tell; as spreads they pass."""
    cdx = high_yield("2024-09-19")
    assert len(cdx) == 70 and errors(tmp_path, cdx) == []
    (error,) = errors(tmp_path, cdx.assign(spread=cdx["price"], price=None))
    assert "which looks like a price per 100" in error


def test_a_fund_whose_columns_are_swapped_is_refused_without_volatility(tmp_path: Path) -> None:
    """Both levels are plausible for the other; a spread moves more than a price."""
    etf = pd.read_csv(SAMPLE / "etf.csv").dropna()
    etf = etf[etf["ticker"] == "HYG"].rename(columns={"close": "spread", "spread": "close"})
    (error,) = errors(tmp_path, high_yield(), etf)
    assert "etf.csv: column spread must be in basis points" in error
    assert "of HYG are within" in error and "the two columns look swapped" in error


def test_an_instrument_without_its_quote_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its quote_kind; where one is quoted in price the column spread may be missing."""
    cdx = high_yield()
    rest = pd.read_csv(SAMPLE / "cdx.csv").query("index == 'CDX_NA_IG'")
    (error,) = errors(tmp_path, pd.concat([rest, cdx.assign(spread=None)]))
    assert "column spread must hold the quotes of CDX_NA_HY 5Y, whose quote_kind is spread" in error
    assert "or set quote_kind price in instruments.csv" in error
    (error,) = errors(tmp_path, cdx.drop(columns="spread"))
    assert "column spread must be there" in error

    catalogs = tmp_path / "catalog"
    shutil.copytree(ROOT / "seeds" / "catalog", catalogs)
    text = (catalogs / "instruments.csv").read_text()
    changed = re.sub(r"(CDX_HY_5Y,5Y,60,\w+),spread", r"\1,price", text)
    assert changed != text
    (catalogs / "instruments.csv").write_text(changed)
    for module in (check, quotes, units):
        monkeypatch.setattr(module, "CATALOGS", catalogs)
    assert errors(tmp_path, cdx.drop(columns="spread")) == []
    (error,) = errors(tmp_path, cdx.drop(columns="price"))
    assert "column price must hold the quotes of CDX_NA_HY 5Y, whose quote_kind is price" in error
    (error,) = errors(tmp_path, rest.drop(columns="spread"))
    assert "column spread must hold the quotes of CDX_NA_IG 5Y" in error
