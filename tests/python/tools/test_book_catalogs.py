"""Legs that cannot be traded as one, unknown members and limits of nothing stop a build."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import ROOT
from parspread_tools.gate import catalogs

# Catalog, text that stands there, what a user made of it, words of the only message.
MISTAKES = {
    "legs of an unknown strategy": (
        "strategy_legs", "ig_5s10s,", "ig_5s1s,", ("line 6", "it was ig_5s1s", "ig_5s10s"),
    ),
    "a leg in an unknown instrument": (
        "strategy_legs", "cdx_ig_10y", "cdx_ig_100y",
        ("line 7", "it was cdx_ig_100y", "cdx_ig_10y"),
    ),
    "a leg left out": (
        "strategy_legs", "ig_5s10s,2,", "ig_5s10s,3,", ("line 6", "numbered 1, 2", "['1', '3']"),
    ),
    "one instrument twice": (
        "strategy_legs", "2,cdx_ig_10y", "2,cdx_ig_5y", ("line 7", "one leg in cdx_ig_5y"),
    ),
    "a first leg that is bought": (
        "strategy_legs", "ig_5s10s,1,cdx_ig_5y,sold", "ig_5s10s,1,cdx_ig_5y,bought",
        ("line 6", "leg 1 must be sold at a notional ratio of 1"),
    ),
    "a first leg elsewhere": (
        "strategy_legs", "ig_5s10s,1,cdx_ig_5y", "ig_5s10s,1,cdx_ig_7y",
        ("line 6", "leg 1 must be in cdx_ig_5y; it was in cdx_ig_7y"),
    ),
    "a beta without a window": (
        "strategy_legs", "beta,1,126", "beta,1,", ("line 5", "beta_window_sessions", "empty"),
    ),
    "a leg of another data set": (
        "strategy_legs", "2,cdx_ig_10y", "2,cdx_ig_5y_macrocredit", ("line 7", "one data_set"),
    ),
    "a leg given twice": (
        "strategy_legs", "ig_5s10s,2,", "ig_5s10s,1,", ("line 7", "must be unique", "line 6"),
    ),
    "an unknown ratio rule": (
        "strategy_legs", "dv01_neutral,1,\nig_hy_beta", "dv01,1,\nig_hy_beta",
        ("line 3", "ratio_rule must be one of", "it was dv01"),
    ),
    "a signal of pairs on one instrument": (
        "strategies", "alone, full size in or out\",spread_momentum,",
        "alone, full size in or out\",pair_value,", ("line 18", "pair_value needs legs"),
    ),
    "a size by DV01 without a target": (
        "strategies", "dv01,2000,", "dv01,,", ("target_dv01_usd_per_bp", "size_rule is dv01"),
    ),
    "a target that no rule reads": (
        "strategies", "volatility,,100000,", ",,100000,", ("target_volatility_usd", "volatility"),
    ),
    "an unknown member": (
        "portfolios", "credit_book,threshold,", "credit_book,treshold,",
        ("line 3", "it was treshold", "did you mean threshold"),
    ),
    "a disabled member": (
        "portfolios", "credit_book,threshold,", "credit_book,experimental,",
        ("line 3", "it was experimental"),
    ),
    "a replica as a member": (
        "portfolios", "credit_book,threshold,", "credit_book,balanced_aponyx,",
        ("line 3", "method standard", "balanced_aponyx"),
    ),
    "a member twice": (
        "portfolios", "credit_book,threshold,", "credit_book,balanced,",
        ("line 3", "must be unique", "line 2"),
    ),
    "weights that do not sum to 1": (
        "portfolios", "risk_parity,balanced,0.25", "risk_parity,balanced,0.5",
        ("line 7", "risk_parity must sum to 1", "1.25"),
    ),
    "rows of a portfolio that disagree": (
        "portfolios", "threshold,1,fixed,,netted", "threshold,1,fixed,,none",
        ("line 2", "same netting"),
    ),
    "a portfolio by volatility without a target": (
        "portfolios", ",volatility,500000,", ",volatility,,", ("line 7", "target_volatility_usd"),
    ),
    "a limit of nothing": (
        "limits", "book_gross,credit_book", "book_gross,credit_bok",
        ("line 2", "it was credit_bok", "did you mean credit_book"),
    ),
    "an unknown kind of limit": (
        "limits", ",leverage,", ",levrage,", ("limit_kind must be one of", "did you mean leverage"),
    ),
    "a limit given twice": (
        "limits", "book_net,", "book_gross,", ("line 3", "must be unique", "line 2"),
    ),
    "a share above one": (
        "limits", "concentration,0.8", "concentration,80", ("a share of at most 1; it was 80"),
    ),
    "weights of a regime that do not sum to 1": (
        "composites", "cdx_vix_gap,stressed,0.4", "cdx_vix_gap,stressed,0.5",
        ("overlay_ig_by_regime must sum to 1", "1.1"),
    ),
}  # fmt: skip
EVERYWHERE = ("legs of an unknown strategy", "a portfolio by volatility without a target")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_mistake_is_one_message_that_says_where_and_what(tmp_path: Path, mistake: str) -> None:
    name, old, new, words = MISTAKES[mistake]
    folder = Path(shutil.copytree(ROOT / "seeds" / "catalog", tmp_path / "catalog"))
    path = folder / f"{name}.csv"
    text = path.read_text()
    assert old in text, f"the catalog no longer holds {old}"
    path.write_text(text.replace(old, new, -1 if mistake in EVERYWHERE else 1))
    (error,) = catalogs.check(folder)
    assert error.startswith(f"{name}.csv") and len(error) <= 1000
    for word in [words] if isinstance(words, str) else words:
        assert word in error, error


def test_legs_portfolios_and_limits_may_be_empty(tmp_path: Path) -> None:
    """Nobody needs any of them, but for the strategies that follow pairs."""
    folder = Path(shutil.copytree(ROOT / "seeds" / "catalog", tmp_path / "catalog"))
    for name in ("strategy_legs", "portfolios", "limits"):
        path = folder / f"{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    path = folder / "strategies.csv"
    kept = [line for line in path.read_text().splitlines() if ",pair_value," not in line]
    path.write_text("\n".join(kept) + "\n")
    assert catalogs.check(folder) == []


def test_a_cost_of_a_pair_as_a_whole_is_refused(tmp_path: Path) -> None:
    """Each leg pays that of its instrument; a second one would be paid twice or not at all."""
    folder = Path(shutil.copytree(ROOT / "seeds" / "catalog", tmp_path / "catalog"))
    path = folder / "strategies.csv"
    header = path.read_text().splitlines()[0].split(",")
    place = header.index("transaction_cost_bps")
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if line.startswith("hy_xover,"):
            fields = line.rsplit(",", len(header) - place)
            fields[1] = "0.5"
            lines[number] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n")
    (error,) = catalogs.check(folder)
    assert "transaction_cost_bps of hy_xover must be empty" in error
