"""Quotes in price, tenors beside the five years, and prices that are not those of their spreads."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from conftest import NO_DATA_TESTS, ROOT, Build, copy_project, run_dbt
from overlay_runs import ALL_DAYS
from parspread.cds.contracts import cds_contracts
from parspread.cds.pricing import upfront_at_coupon, value_from_spread
from parspread.curves.discount_curves import DiscountCurves

MARTS = (
    "backtest_days",
    "variant_days",
    "backtest_trades",
    "instrument_daily",
    "index_pnl_daily",
    "loss_checks",
)
WRONG_ROWS = [10, 20, 30, 40, 50]


def planted_quotes(sample: Build) -> pd.DataFrame:
    """Return the sample's index file: HY in price alone, and prices beside the spreads of others.

    HY 7Y is quoted too; five prices of IG are three points off; those of XO have coupon 100.
    """
    days = sample.frame(
        """
        select days.instrument_code, days.date, days.series_number as series, days.price_pct_par,
            days.cdx_spread_bps as spread, contracts.maturity_date
        from cdx_overlay.fct_instrument_daily as days
        inner join cdx_overlay.fct_index_pnl_daily as contracts using (instrument_code, date)
        order by all
        """
    ).rename(columns={"price_pct_par": "price"})
    hy, ig, xo = (
        days[days["instrument_code"] == code].reset_index(drop=True)
        for code in ("cdx_hy_5y", "cdx_ig_5y", "itraxx_xover_5y")
    )
    contracts = cds_contracts(
        *(xo[name].to_numpy() for name in ("date", "maturity_date")),
        coupon_bps=500,
        recovery_share=0.4,
    )
    values = value_from_spread(contracts, xo["spread"].to_numpy(), DiscountCurves.flat(0.03))
    xo["price"] = 100 - upfront_at_coupon(values, 100)
    ig.loc[WRONG_ROWS, "price"] += 3
    parts = [
        hy.assign(index="CDX_NA_HY", tenor="5Y", spread=np.nan),
        hy.assign(index="CDX_NA_HY", tenor="7Y", spread=1.1 * hy["spread"], price=np.nan),
        ig.assign(index="CDX_NA_IG", tenor="5Y"),
        xo.assign(index="ITRAXX_XO", tenor="5Y"),
    ]
    return pd.concat(parts)[["date", "index", "tenor", "series", "spread", "price"]]


@pytest.fixture(scope="module")
def planted(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the planted quotes, with HY quoted in price; nothing is published."""
    folder = tmp_path_factory.mktemp("quotes")
    project, inputs = copy_project(folder / "project"), folder / "inputs"
    catalog = project / "seeds" / "catalog" / "instruments.csv"
    text = catalog.read_text()
    catalog.write_text(re.sub(r"(CDX_HY_5Y,5Y,60,\w+),spread", r"\1,price", text))
    assert catalog.read_text() != text
    inputs.mkdir()
    planted_quotes(sample).to_csv(inputs / "cdx.csv", index=False, float_format="%.17g")
    for name in ("cdx_events.csv", "etf.csv", "vix.csv"):
        (inputs / name).write_bytes((ROOT / "seeds" / "sample" / name).read_bytes())
    selected = [f"+fct_{name}" for name in MARTS]
    build = run_dbt(
        folder, "build", *NO_DATA_TESTS, "-s", *selected, project=project, data_dir=inputs
    )
    assert build.exit_code == 0, build.output
    return build


HY_DAYS = f"""
    select rules.strategy_code, days.date, days.position_notional_mm, days.spread_bps,
        days.cost_usd, days.net_pnl_usd, days.cost_usd + days.net_pnl_usd as gross_pnl_usd
    from {ALL_DAYS} as days
    inner join cdx_overlay.dim_strategies as rules on days.run_id = rules.run_id
    where rules.instrument_code = 'cdx_hy_5y' order by all
"""


def test_runs_on_prices_are_those_on_the_spreads_of_the_prices(
    sample: Build, planted: Build
) -> None:
    """The kernel got the price as its level, and stops in basis points ended in a traceback."""
    on_spreads = sample.frame(HY_DAYS)
    # dim_strategies is not part of the planted build: it has the rules of the sample's.
    on_prices = planted.inner_frame(HY_DAYS.replace(
        "cdx_overlay.dim_strategies", "intermediate.int_cdx_overlay__strategies_resolved"
    ))  # fmt: skip
    assert {"balanced_hy@constant_dv01", "threshold_hy"} <= set(on_prices["strategy_code"])
    pd.testing.assert_frame_equal(on_prices, on_spreads, rtol=1e-7, atol=1e-4)

    days = on_prices[on_prices["strategy_code"] == "balanced_hy@constant_dv01"]
    held = days["position_notional_mm"].shift(fill_value=0.0)
    expected = -held * days["spread_bps"].diff().fillna(0.0) * 400
    np.testing.assert_allclose(days["gross_pnl_usd"], expected, atol=1e-6)
    assert held.ne(0).sum() > 100


def test_a_position_in_real_high_yield_earns_what_its_spread_says(real_history: Build) -> None:
    """6.69MM sold from 430.02 to 392.68 earn 99,925.44, and not -580,934.82."""
    spreads = real_history.frame(
        """
        select cdx_spread_bps, price_pct_par from cdx_overlay.fct_instrument_daily
        where instrument_code = 'cdx_hy_5y' and date between '2020-08-04' and '2020-08-05'
        order by date
        """
    )
    change_bps = spreads["cdx_spread_bps"].diff().iloc[1]
    assert -6.6898824446509595 * change_bps * 400 == pytest.approx(99_925.44, abs=0.005)
    days = real_history.frame(HY_DAYS)
    days = days[days["strategy_code"] == "balanced_hy@constant_dv01"]
    held = days["position_notional_mm"].shift(fill_value=0.0)
    expected = -held * days["spread_bps"].diff().fillna(0.0) * 400
    np.testing.assert_allclose(days["gross_pnl_usd"], expected, atol=1e-6)


def test_delivered_prices_are_compared_with_the_spreads_beside_them(real_history: Build) -> None:
    """Real high yield differs by 0.15 in the mean with a deviation of 0.20."""
    rows = real_history.query(
        """
        select count(price_difference_pct_par), avg(price_difference_pct_par),
            stddev(price_difference_pct_par)
        from cdx_overlay.fct_instrument_daily where instrument_code = 'cdx_hy_5y'
        """
    )
    assert rows[0] == pytest.approx((2988, 0.15, 0.20), abs=0.02)


def test_a_row_whose_price_is_not_that_of_its_spread_is_rejected(
    sample: Build, planted: Build
) -> None:
    """Which of the two is right nobody knows; the other rows of the instrument stay."""
    rejected = planted.query(
        """
        select reject_reason, count(*) from quality.fct_rejected_rows
        where source_name = 'cdx' and data_set = 'desk' group by all
        """
    )
    assert rejected == [("price_disagrees_with_spread", len(WRONG_ROWS))]
    count = "select count(*) from cdx_overlay.fct_instrument_daily where instrument_code = "
    (kept,), (all_rows,) = (b.query(f"{count}'cdx_ig_5y'")[0] for b in (planted, sample))
    assert kept == all_rows - len(WRONG_ROWS)


def test_prices_that_mostly_disagree_stop_publication_in_one_line(planted: Build) -> None:
    """It says file, index, size, likeliest cause and what to do, and no row is judged alone."""
    found = planted.query("select reason, message from quality.fct_loss_checks where not is_within")
    ((reason, message),) = found
    assert reason == "itraxx_xover_5y" and len(message) < 1000
    count = planted.query(
        "select count(*) from cdx_overlay.fct_instrument_daily where instrument_code = "
        "'itraxx_xover_5y'"
    )[0][0]
    for words in (
        f"cdx.csv: {count:,} of {count:,} prices are not those of the spreads beside them",
        "ITRAXX_XO 5Y: the delivered price less that of the spread beside it is ",
        "allowed are 2.0 (max_price_difference_pct_par)",
        "coupon_bps of instruments.csv looks wrong, the other standard coupon fits",
        "deliver the quotes under their names, or correct instruments.csv",
        "quotes_disagree,cdx,itraxx_xover_5y,YYYY-MM-DD,why",
    ):
        assert words in message


def test_a_tenor_that_is_delivered_is_an_instrument_and_gives_the_slope(
    sample: Build, planted: Build
) -> None:
    """The nearest tenor of a session is the nearest that is quoted, not that of the catalog."""
    days = "from cdx_overlay.fct_instrument_daily where instrument_code = "
    counts = [planted.query(f"select count(*) {days}'{c}'") for c in ("cdx_hy_5y", "cdx_hy_7y")]
    assert counts[0] == counts[1] != [(0,)]
    slopes = planted.query(
        """
        select instrument_code, roll_down_status, count(*) from cdx_overlay.fct_index_pnl_daily
        where instrument_code like 'cdx_hy%' and roll_down_status = 'no_slope' group by all
        order by all
        """
    )
    assert slopes == [("cdx_hy_5y", "no_slope", 1), ("cdx_hy_7y", "no_slope", 1)], "the first day"


def test_instruments_that_are_not_delivered_are_nowhere_and_no_loss(sample: Build) -> None:
    """The catalog has ten; a file with three indices is as whole as before."""
    ((listed, quoted),) = sample.query(
        """
        select count(*), count_if(
            instrument_code in (select instrument_code from cdx_overlay.fct_instrument_daily)
        ) from cdx_overlay.dim_instruments where data_set = 'desk'
        """
    )
    assert (listed, quoted) == (9, 4)
    losses = sample.query(
        """
        select source_name, reason, lost_count, total_count from quality.fct_loss_checks
        where check_code = 'instruments_without_sessions' and
            (reason = 'not_delivered' or lost_count > 0)
        """
    )
    assert losses == [("cdx", "not_delivered", 0, 3)]
