"""A session whose spread is blank keeps its place in the windows and shifts of the replicas.

The replaced engines keep such a row as NaN; pandas here does what they do. The desk's own scores
leave it out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from conftest import NO_DATA_TESTS, Build, built_ahead, run_dbt

DAYS = pd.bdate_range("2022-01-03", periods=400, name="date")
BLANKS = np.random.default_rng(11).choice(np.arange(30, 390), 20, replace=False)


def market() -> pd.DataFrame:
    """Return a market with twenty blank spreads of the index."""
    rng = np.random.default_rng(3)
    moves = {
        name: rng.normal(0, size, len(DAYS))
        for name, size in (("cdx", 1), ("vix", 0.6), ("etf", 1))
    }
    levels = pd.DataFrame(moves, index=DAYS).cumsum() + [70, 25, 120]
    levels = levels.round(3)
    levels.iloc[BLANKS, 0] = np.nan
    return levels


# What else is delivered of a session; no signal may read it.
RANGES: dict[str, Callable[[pd.Series], dict[str, pd.Series]]] = {
    "vix": lambda close: {"open": close - 0.5, "high": close + 1, "low": close - 1},
    "etf": lambda close: {
        "open": close - 0.25, "high": close + 2, "low": close - 2, "volume": 1e6 + close,
    },
}  # fmt: skip


@built_ahead
def blanks(home: Path) -> Build:
    """Return a build of scores and replica runs on that market."""
    levels = market().reset_index()
    data = home / "data"
    data.mkdir()
    cdx = levels.assign(index="CDX_NA_IG", tenor="5Y", series=37, spread=levels["cdx"])
    cdx[["date", "index", "tenor", "series", "spread"]].to_csv(data / "cdx.csv", index=False)
    vix = levels[["date", "vix"]].rename(columns={"vix": "close"})
    vix.assign(**RANGES["vix"](vix["close"])).to_csv(data / "vix.csv", index=False)
    etf = levels.assign(ticker="LQD", close=100 + np.sin(levels.index), spread=levels["etf"])
    etf = etf[["date", "ticker", "close", "spread"]]
    etf.assign(**RANGES["etf"](etf["close"])).to_csv(data / "etf.csv", index=False)
    selected = ("--select", "+fct_signal_scores", "+fct_backtest_days", "fct_instrument_daily")
    build = run_dbt(home, "build", *NO_DATA_TESTS, *selected, data_dir=data)
    assert build.exit_code == 0, build.output
    return build


def z_score(values: pd.Series, window: int, least: int) -> pd.Series:
    """Return the z-score over rows, blank ones among them."""
    rolling = values.rolling(window, min_periods=least)
    return (values - rolling.mean()) / rolling.std()


def basis(m: pd.DataFrame) -> pd.Series:
    return z_score(m["cdx"] - m["etf"], 20, 10)


def gap(m: pd.DataFrame) -> pd.Series:
    away = {name: m[name] - m[name].rolling(20, min_periods=10).mean() for name in ("cdx", "vix")}
    return z_score(away["cdx"] - away["vix"], 60, 30)


def momentum(m: pd.DataFrame) -> pd.Series:
    return -z_score(m["cdx"] - m["cdx"].shift(5), 20, 10)


ENGINE: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "cdx_etf_basis_aponyx": basis,
    "cdx_vix_gap_aponyx": gap,
    "spread_momentum_aponyx": momentum,
}


def scores(build: Build, signal_code: str) -> pd.Series:
    """Return one signal of the index by date."""
    rows = build.inner_frame(
        "select date, signal from cdx_overlay.fct_signal_scores "
        f"where instrument_code = 'cdx_ig_5y' and signal_code = '{signal_code}' order by date"
    )
    return rows.set_index("date")["signal"]


@pytest.mark.parametrize("signal_code", ENGINE)
def test_replica_scores_equal_the_engine_on_a_market_with_blanks(
    blanks: Build, signal_code
) -> None:
    expected = ENGINE[signal_code](market())
    found = scores(blanks, signal_code)
    assert found.index.equals(expected.index.rename("date").astype(found.index.dtype))
    np.testing.assert_allclose(found.to_numpy(float), expected.to_numpy(), rtol=1e-9, atol=1e-9)
    if "basis" in signal_code:
        left_out = basis(market().dropna()).reindex(DAYS)
        assert (left_out - expected).abs().gt(0.01).sum() > 50, "blanks must make a difference"


def test_a_replica_lags_its_signal_by_rows_that_blanks_are_among(blanks: Build) -> None:
    """The day after a blank sees a missing signal, which leaves it out; blanks are no days."""
    days = blanks.inner_frame(
        "select date, signal from cdx_overlay.fct_backtest_days "
        "where strategy_code = 'balanced_aponyx' order by date"
    ).set_index("date")["signal"]
    expected = basis(market()).shift(1)[market()["cdx"].notna()].dropna()
    np.testing.assert_array_equal(
        days.index.to_numpy(), expected.index.to_numpy().astype(days.index.dtype)
    )
    np.testing.assert_allclose(days.to_numpy(float), expected.to_numpy(), rtol=1e-9, atol=1e-9)


def test_the_desk_leaves_blank_sessions_out(blanks: Build) -> None:
    found = scores(blanks, "spread_momentum")
    assert found.index.equals(market().dropna().index.rename("date").astype(found.index.dtype))


def test_what_else_is_delivered_of_a_session_is_kept(blanks: Build) -> None:
    found = blanks.inner_frame(
        "select * from cdx_overlay.fct_instrument_daily where instrument_code = 'cdx_ig_5y'"
    )
    assert len(found) == len(DAYS) - len(BLANKS)
    for file, close, unit in (("vix", "vix_close_pts", "pts"), ("etf", "etf_close_usd", "usd")):
        for name, expected in RANGES[file](found[close]).items():
            column = f"{file}_{name}_{'count' if name == 'volume' else unit}"
            np.testing.assert_allclose(found[column], expected, rtol=0, atol=1e-9)
