"""Legs, portfolios and limits worked out again in pandas and loops, on sample and real history."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import Build

PARTS = ["coupon", "time", "roll", "spread", "rates", "default", "financing"]
PNL = [f"{part}_pnl_usd" for part in PARTS]


def markets(build: Build) -> dict[str, pd.DataFrame]:
    """Return, by instrument, its sessions with spread, DV01 and P&L of $1MM sold."""
    rows = build.frame(
        """
        select daily.instrument_code, daily.date, daily.roll_adjusted_spread_bps as spread_bps,
            pnl.dv01_usd_per_bp_per_mm as dv01, pnl.held_dv01_usd_per_bp_per_mm as held_dv01,
            coalesce(pnl.total_pnl_usd_per_mm, 0) as pnl_usd, pnl.is_roll_day
        from cdx_overlay.fct_instrument_daily as daily
        inner join cdx_overlay.fct_index_pnl_daily as pnl using (instrument_code, date)
        order by instrument_code, date
        """
    )
    return {code: own.set_index("date") for code, own in rows.groupby("instrument_code")}


def legs_of(build: Build, code: str) -> list[dict]:
    legs = build.frame("from catalog.strategy_legs order by strategy_code, leg_number")
    costs = build.frame("from catalog.instruments").set_index("instrument_code")
    own = legs[legs["strategy_code"] == code].to_dict("records")
    return [
        leg | {"cost": costs.loc[leg["instrument_code"], "transaction_cost_bps"]} for leg in own
    ]


def ratios(legs: list[dict], of: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the signed notional of each leg for $1MM of the first, session by session."""
    days = of[legs[0]["instrument_code"]].index
    for leg in legs[1:]:
        days = days.intersection(of[leg["instrument_code"]].index)
    first = of[legs[0]["instrument_code"]].loc[days]
    found = {}
    for leg in legs:
        own = of[leg["instrument_code"]].loc[days]
        sign = 1 if leg["side"] == "sold" else -1
        ratio = pd.Series(1.0, days)
        if leg["ratio_rule"] != "notional":
            ratio = first["dv01"] / own["dv01"]
        if leg["ratio_rule"] == "beta":
            window = int(leg["beta_window_sessions"])
            x, y = own["spread_bps"].diff(), first["spread_bps"].diff()
            # Of the sessions before: the newest change is that of the day before.
            slope = (x.rolling(window).cov(y) / x.rolling(window).var()).shift(1)
            ratio = slope.clip(lower=0) * ratio
        found[leg["leg_number"]] = sign * leg["ratio"] * ratio
    return pd.DataFrame(found).dropna()


@pytest.mark.parametrize("code", ["ig_hy_dv01", "ig_hy_beta", "ig_5s10s", "hy_xover"])
def test_a_pair_earns_and_pays_what_its_legs_do(sample: Build, code: str) -> None:
    assert_pair(sample, code)


@pytest.mark.parametrize("code", ["ig_hy_dv01", "ig_hy_beta"])
def test_a_pair_earns_and_pays_what_its_legs_do_on_real_history(
    real_history: Build, code: str
) -> None:
    assert_pair(real_history, code)


def assert_pair(build: Build, code: str) -> None:
    """Walk through the positions of a pair, one session and one leg at a time."""
    of, legs = markets(build), legs_of(build, code)
    ratio = ratios(legs, of)
    days = build.frame(
        f"from cdx_overlay.fct_backtest_days where strategy_code = '{code}' order by date"
    ).set_index("date")
    assert days.index.equals(ratio.index) and (days["position"] != 0).sum() > 200
    earned = {leg["leg_number"]: of[leg["instrument_code"]]["pnl_usd"].cumsum() for leg in legs}
    held, expected = 0.0, []
    for i, day in enumerate(ratio.index):
        position = days.loc[day, "position_notional_mm"]
        before = ratio.index[i - 1]
        gross = cost = 0.0
        for leg in legs:
            k, market = leg["leg_number"], of[leg["instrument_code"]].loc[day]
            if held:
                step = earned[k][day] - earned[k][before]
                gross += held * ratio.loc[before, k] * step
            old = held * ratio.loc[before, k] if held else 0.0
            if held and np.sign(position) == np.sign(held):
                assert position == held, "a binary pair keeps its size"
                rolled = of[leg["instrument_code"]].loc[
                    lambda m, a=before, b=day: (m.index > a) & (m.index <= b) & m["is_roll_day"]
                ]
                roll = ((rolled["dv01"] + rolled["held_dv01"]) / 2).sum()
                cost += leg["cost"] * abs(old) * roll
                cost += leg["cost"] * market["dv01"] * abs(position * ratio.loc[day, k] - old)
            else:
                cost += leg["cost"] * market["held_dv01"] * abs(old)
                cost += leg["cost"] * market["dv01"] * abs(position * ratio.loc[day, k])
        expected.append((gross - cost, cost))
        held = position
    net, cost = (pd.Series(column, days.index) for column in zip(*expected, strict=True))
    assert (net - days["net_pnl_usd"]).abs().max() < 1e-4
    assert (cost - days["cost_usd"]).abs().max() < 1e-4
    rows = build.frame(f"from cdx_overlay.fct_backtest_legs where strategy_code = '{code}'")
    assert (rows[PNL].sum(axis=1) - rows["cost_usd"] - rows["net_pnl_usd"]).abs().max() < 1e-6
    by_day = rows.groupby("date")[["net_pnl_usd", "cost_usd"]].sum()
    for name in by_day:
        assert (by_day[name] - days[name]).abs().max() < 1e-6
    held_ratios = rows.pivot(index="date", columns="leg_number", values="notional_ratio")
    np.testing.assert_allclose(held_ratios.to_numpy(), ratio.to_numpy(), rtol=1e-9)


@pytest.mark.parametrize("code", ["ig_hy_dv01", "ig_5s10s"])
def test_a_pair_at_equal_dv01_has_none_after_every_session(sample: Build, code: str) -> None:
    assert_neutral(sample, code)


def test_a_pair_at_equal_dv01_has_none_on_real_history(real_history: Build) -> None:
    assert_neutral(real_history, "ig_hy_dv01")


def assert_neutral(build: Build, code: str) -> None:
    rows = build.frame(f"from cdx_overlay.fct_backtest_legs where strategy_code = '{code}'")
    held = rows[rows["position_notional_mm"] != 0].groupby("date")["dv01_usd_per_bp"]
    net, gross = held.sum().abs(), held.agg(lambda dv01: dv01.abs().sum())
    assert len(net) > 200 and (net < 0.01 * gross).all()
    signs = rows[rows["position_notional_mm"] != 0].groupby("date")["dv01_usd_per_bp"].prod()
    assert (signs < 0).all()


def test_the_score_of_a_pair_is_that_of_the_difference_of_its_spreads(sample: Build) -> None:
    """At equal DV01 the level is the difference of both spreads without the gaps of rolls."""
    of = markets(sample)
    level = (of["cdx_ig_5y"]["spread_bps"] - of["cdx_ig_10y"]["spread_bps"]).dropna()
    window = level.rolling(126, min_periods=63)
    expected = (level - window.mean()) / window.std()
    found = sample.frame(
        "select date, score_z, signal from cdx_overlay.fct_signal_scores "
        "where instrument_code = 'ig_5s10s' and signal_code = 'pair_value' order by date"
    ).set_index("date")
    assert found.index.equals(level.index)
    np.testing.assert_allclose(found["score_z"], expected, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(found["signal"], expected.clip(-3, 3), rtol=1e-8, atol=1e-9)


def test_a_position_sized_by_volatility_follows_what_the_score_day_knew(sample: Build) -> None:
    """100,000 dollars a year over DV01 x deviation x sqrt(252), of the session before the fill."""
    days = sample.inner_frame(
        """
        select days.strategy_code, days.date, days.position_notional_mm as held_mm, days.signal,
            days.held_trade_number, days.open_trade_number,
            lag(inputs.spread_change_deviation_bps) over run_days as sd,
            lag(inputs.dv01_usd_per_bp_per_mm) over run_days as dv01
        from cdx_overlay.fct_backtest_days as days
        inner join cdx_overlay.dim_strategies as rules using (run_id)
        inner join intermediate.int_cdx_overlay__strategy_inputs_joined as inputs
            on rules.signal_code = inputs.signal_code and rules.market_code = inputs.market_code
            and days.date = inputs.session_date
        where days.strategy_code in ('balanced_vol_target', 'threshold_hy_dv01')
        window run_days as (partition by days.run_id order by days.date)
        """
    )
    entries = days[
        (days["open_trade_number"] > 0) & (days["open_trade_number"] != days["held_trade_number"])
    ]
    by_volatility = entries[entries["strategy_code"] == "balanced_vol_target"]
    size = 1e5 / (by_volatility["dv01"] * by_volatility["sd"] * np.sqrt(252))
    expected = (size * by_volatility["signal"]).clip(-30, 30)
    assert len(expected) > 50 and (expected.abs() < 30).mean() > 0.5
    np.testing.assert_allclose(by_volatility["held_mm"], expected, rtol=1e-9)
    by_dv01 = entries[entries["strategy_code"] == "threshold_hy_dv01"]
    np.testing.assert_allclose(by_dv01["held_mm"].abs() * by_dv01["dv01"], 2000.0, rtol=1e-9)


def test_weights_of_a_composite_follow_the_regime_of_the_session(sample: Build) -> None:
    """Calm and stressed sessions have weights of their own, the others those of any."""
    rows = sample.inner_frame(
        """
        select blended.session_date, blended.raw_score_z, markets.vix_regime,
            signals.signal_code, signals.signal_z
        from intermediate.int_cdx_overlay__signals_blended as blended
        inner join intermediate.int_cdx_overlay__levels_adjusted as markets
            using (instrument_code, session_date)
        inner join intermediate.int_cdx_overlay__signals_scored as signals
            using (instrument_code, session_date)
        where blended.composite_code = 'overlay_ig_by_regime'
            and signals.signal_code in ('cdx_etf_basis', 'cdx_vix_gap', 'spread_momentum')
        """
    )
    weights = {
        "calm": {"cdx_etf_basis": 0.25, "cdx_vix_gap": 0.25, "spread_momentum": 0.5},
        "stressed": {"cdx_etf_basis": 0.5, "cdx_vix_gap": 0.4, "spread_momentum": 0.1},
    }
    usual = {"cdx_etf_basis": 0.35, "cdx_vix_gap": 0.35, "spread_momentum": 0.3}
    assert set(rows["vix_regime"]) == {"unknown", "calm", "middling", "stressed"}
    part = [
        weights.get(regime, usual)[signal] * z
        for regime, signal, z in zip(
            rows["vix_regime"], rows["signal_code"], rows["signal_z"], strict=True
        )
    ]
    by_day = rows.assign(part=part).groupby("session_date")
    expected = by_day["part"].sum(min_count=3)
    np.testing.assert_allclose(by_day["raw_score_z"].first(), expected, rtol=1e-9, atol=1e-12)


def scale_of(member: dict, dates: pd.Series, net_pnl_usd: pd.Series) -> list[float]:
    """Return the multiple that is held after each session of a member."""
    if member["weighting"] == "fixed":
        return [member["weight_ratio"]] * len(dates)
    scale, found = 0.0, []
    for i, date in enumerate(dates):
        before = net_pnl_usd[max(0, i - 252) : i]
        if i and date.month != dates[i - 1].month and len(before) >= 126 and before.std() > 0:
            wanted = member["weight_ratio"] * member["target_volatility_usd"]
            scale = min(wanted / (before.std() * np.sqrt(252)), 3.0)
        found.append(scale)
    return found


def test_a_portfolio_by_volatility_is_its_members_times_what_was_held(sample: Build) -> None:
    """Monthly multiples of the year before, each paid for when it changes; nothing is netted."""
    found = sample.frame(
        "from cdx_overlay.fct_portfolio_days where book_code = 'risk_parity' order by date"
    ).set_index("date")
    total = 0.0
    members = sample.frame("from catalog.portfolios where portfolio_code = 'risk_parity'")
    for member in members.to_dict("records"):
        days = sample.frame(
            "from cdx_overlay.fct_backtest_days where strategy_code = "
            f"'{member['strategy_code']}' order by date"
        )
        days["scale"] = scale_of(member, days["date"], days["net_pnl_usd"])
        held = days["scale"].shift(1, fill_value=0.0)
        opened = days["scale"] * days["opening_cost_usd"]
        closed = held * (days["closing_cost_usd"] + days["roll_cost_usd"])
        gross = held * (days["net_pnl_usd"] + days["cost_usd"])
        own = (gross - opened - closed).set_axis(days["date"])
        total = own.reindex(found.index, fill_value=0.0) + total
    net = found["net_pnl_usd"] + found["rescaling_cost_usd"]
    assert (net - total).abs().max() < 1e-6
    changed = sample.frame(
        "select date, scale_ratio, rescaling_cost_usd from cdx_overlay.fct_portfolio_positions "
        "where book_code = 'risk_parity' and strategy_code = 'balanced' order by date"
    )
    first_of_month = changed["date"].dt.month != changed["date"].dt.month.shift(1)
    assert changed["rescaling_cost_usd"].sum() > 0
    assert (changed.loc[~first_of_month, "rescaling_cost_usd"] == 0).all()


def test_a_netted_portfolio_pays_for_its_net_trades(sample: Build) -> None:
    """Of each instrument the saving is that of a desk that sends the sum of the orders."""
    rows = sample.frame(
        "from cdx_overlay.fct_portfolio_positions where book_code = 'credit_book' order by date"
    )
    days = sample.frame("from cdx_overlay.fct_portfolio_days where book_code = 'credit_book'")
    calendar = sorted(days["date"])
    keys = ["strategy_code", "leg_number", "instrument_code"]
    wide = rows.pivot(index="date", columns=keys, values="position_notional_mm")
    traded = wide.reindex(calendar).fillna(0.0).diff().fillna(0.0)
    cost = rows.pivot(index="date", columns=keys, values="trading_cost_usd").reindex(calendar)
    expected = pd.Series(0.0, calendar)
    for instrument in set(rows["instrument_code"]):
        own = traded.xs(instrument, axis=1, level="instrument_code")
        paid = cost.xs(instrument, axis=1, level="instrument_code").sum(axis=1)
        gross = own.abs().sum(axis=1)
        expected += paid * (1 - own.sum(axis=1).abs() / gross.where(gross > 0)).fillna(0.0)
    saved = days.set_index("date")["netting_saving_usd"].sort_index()
    assert (saved > 0).sum() > 50
    assert (saved - expected).abs().max() < 1e-6
    exposure = wide.T.groupby(level="instrument_code").sum().T.reindex(calendar).fillna(0.0)
    by_day = days.set_index("date").sort_index()
    assert (by_day["net_notional_mm"] - exposure.sum(axis=1)).abs().max() < 1e-9
    assert (by_day["instrument_notional_mm"] - exposure.abs().sum(axis=1)).abs().max() < 1e-9


def test_breaches_are_the_days_beyond_a_bound_and_no_others(sample: Build) -> None:
    days = sample.frame("from cdx_overlay.fct_portfolio_days").set_index(["book_code", "date"])
    values = {
        "gross_notional": days["gross_notional_mm"], "net_notional": days["net_notional_mm"].abs(),
        "dv01": days["dv01_usd_per_bp"].abs(), "jump_to_default": -days["jump_to_default_usd"],
        "drawdown": -days["drawdown_usd"], "leverage": days["leverage_ratio"],
        "daily_loss": -days["net_pnl_usd"], "concentration": days["largest_instrument_share"],
    }  # fmt: skip
    found = sample.frame("from cdx_overlay.fct_limit_breaches")
    listed = {(row.limit_code, row.date): row.measured_value for row in found.itertuples()}
    expected = {}
    for limit in sample.frame("from catalog.limits where is_enabled").to_dict("records"):
        own = values[limit["limit_kind"]].xs(limit["book_code"], level="book_code")
        for date, value in own[own > limit["bound_value"]].items():
            expected[limit["limit_code"], date] = value
    assert len(listed) == len(found) > 100 and listed == expected


# By kind: the column that is measured, and the sign of what is too much.
MEASURED = {
    "gross_notional": ("gross_notional_mm", 1), "net_notional": ("net_notional_mm", -1),
    "dv01": ("dv01_usd_per_bp", -1), "jump_to_default": ("jump_to_default_usd", -1),
    "drawdown": ("drawdown_usd", -1), "leverage": ("leverage_ratio", 1),
    "daily_loss": ("net_pnl_usd", -1), "concentration": ("largest_instrument_share", 1),
}  # fmt: skip


def test_a_planted_breach_of_each_kind_is_listed_on_its_day(sample: Build) -> None:
    """One day a thousandth beyond the bound, one exactly at it; all other days are quiet."""
    path = "compiled/parspread/models/marts/cdx_overlay/fct_limit_breaches.sql"
    sql = (sample.home / "target" / path).read_text().replace('"parspread".', "")
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{sample.database}' as built (read_only); create schema catalog; "
            "create schema cdx_overlay; create table cdx_overlay.fct_portfolio_days as "
            "select * from built.cdx_overlay.fct_portfolio_days where book_code = 'credit_book'; "
            "create table catalog.limits as from built.catalog.limits limit 0"
        )
        quiet = ", ".join(f"{column} = 0" for column, _ in MEASURED.values())
        connection.execute(f"update cdx_overlay.fct_portfolio_days set {quiet}")
        day = "(select min(date) + {} from cdx_overlay.fct_portfolio_days)"
        for place, (kind, (column, sign)) in enumerate(MEASURED.items()):
            connection.execute(
                "insert into catalog.limits by name select ? as limit_code, ? as limit_kind, "
                "'credit_book' as book_code, 0.5 as bound_value, true as is_enabled",
                [kind, kind],
            )
            for value, later in ((0.5 * 1.001, 7 * place), (0.5, 7 * place + 1)):
                changed = connection.execute(
                    f"update cdx_overlay.fct_portfolio_days set {column} = {sign * value} "
                    f"where date = {day.format(later)}"
                ).fetchone()
                assert changed == (1,)
        found = connection.sql(
            f"select limit_kind, date - {day.format(0)}, measured_value from ({sql}) order by 2"
        ).fetchall()
    assert found == [(kind, 7 * place, 0.5005) for place, kind in enumerate(MEASURED)]


def test_a_book_sums_what_its_members_risk(sample: Build) -> None:
    """Losses of an index net within it; a hedge in another index is none."""
    rows = sample.frame(
        """
        select positions.*, instruments.index_code
        from cdx_overlay.fct_portfolio_positions as positions
        inner join catalog.instruments using (instrument_code)
        """
    )
    days = sample.frame("from cdx_overlay.fct_portfolio_days order by book_code, date")
    days = days.set_index(["book_code", "date"])
    by_book = ["book_code", "date"]
    jumps = rows.groupby([*by_book, "index_code"])["jump_to_default_usd"].sum().clip(upper=0)
    for name, expected in (
        ("jump_to_default_usd", jumps.groupby(by_book).sum()),
        ("dv01_usd_per_bp", rows.groupby(by_book)["dv01_usd_per_bp"].sum()),
    ):
        difference = days[name] - expected.reindex(days.index, fill_value=0.0)
        assert difference.abs().max() < 1e-4, name
    gross = rows["position_notional_mm"].abs().groupby([rows[name] for name in by_book]).sum()
    gross = gross.reindex(days.index, fill_value=0.0)
    np.testing.assert_allclose(days["leverage_ratio"], gross * 1e6 / days["capital_usd"], atol=1e-9)
    peak = days.groupby("book_code")["cumulative_pnl_usd"].cummax().clip(lower=0)
    assert (days["cumulative_pnl_usd"] - peak - days["drawdown_usd"]).abs().max() < 1e-9


def test_a_member_without_quotes_is_counted_as_absent(real_history: Build, sample: Build) -> None:
    """Real history has no ten-year index, so the book lacks its steepener and says so."""
    sql = "select distinct absent_member_count from cdx_overlay.fct_portfolio_days where book_code"
    assert real_history.frame(f"{sql} = 'credit_book'").to_numpy().tolist() == [[1]]
    assert sample.frame(f"{sql} = 'credit_book'").to_numpy().tolist() == [[0]]
