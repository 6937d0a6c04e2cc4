"""The three metric sets against slow, obvious twins and hand-worked runs.

The twins are written with plain loops (standard set) and pandas (the two replaced sets, which were
pandas code), and share no line with the kernel.
"""

import math
import statistics
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from parspread.overlay.performance import (
    QualityStatus,
    benchmark_metrics,
    metrics_by_run,
    standard_metrics,
)
from parspread.overlay.sharpe import (
    expected_max_sharpe_ratio,
    min_track_record_sessions,
    newey_west_t_ratio,
    probabilistic_sharpe,
    rolling_sharpe_ratio,
    sharpe_ratio,
)
from parspread.replicas.aponyx import aponyx_metrics, compounded_metrics
from parspread.replicas.macrocredit import macrocredit_metrics

NORMAL = statistics.NormalDist()


@pytest.fixture(autouse=True)
def every_warning_is_an_error():
    """A kernel guards its divisions itself; a leaked warning hides a wrong number."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def sample_run(seed: int, session_count: int = 400) -> dict:
    """Return a run with flat spells, autocorrelated P&L, and trades cut from its positions."""
    rng = np.random.default_rng(seed)
    position = np.repeat(rng.integers(-1, 2, session_count), rng.integers(1, 12, session_count))
    position = position[:session_count].astype(float)
    held = np.zeros(session_count)
    for i in range(1, session_count):
        if position[i] != 0 and position[i] == position[i - 1]:
            held[i] = held[i - 1] + 1
    shock = rng.normal(300.0, 4_000.0, session_count)
    pnl = np.where(position != 0, shock + 0.3 * np.roll(shock, 1), 0.0)
    cost = np.abs(np.diff(position, prepend=0.0)) * 1_000.0
    trade_count = 40
    return {
        "net_pnl_usd": pnl - cost,
        "cost_usd": cost,
        "position_notional_mm": position * 10.0,
        "trade_net_pnl_usd": rng.normal(500.0, 9_000.0, trade_count),
        "trade_holding_sessions": rng.integers(1, 20, trade_count).astype(float),
        "position": position,
        "held_sessions": held,
        "session_date": np.arange(
            np.datetime64("2020-01-01"), np.datetime64("2020-01-01") + session_count
        ),
    }


STANDARD = (
    "net_pnl_usd",
    "cost_usd",
    "position_notional_mm",
    "trade_net_pnl_usd",
    "trade_holding_sessions",
)
MACROCREDIT = ("net_pnl_usd", "position", "held_sessions")
APONYX = (*MACROCREDIT, "session_date")


def pick(run: dict, names: tuple[str, ...]) -> list:
    return [run[name] for name in names]


def slow_quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def slow_standard_metrics(run: dict, capital: float) -> dict:
    """Define every standard metric by plain loops (252 sessions a year, 95 %, 5 lags)."""
    net, cost = list(run["net_pnl_usd"]), list(run["cost_usd"])
    notional, trades = list(run["position_notional_mm"]), list(run["trade_net_pnl_usd"])
    holding = list(run["trade_holding_sessions"])
    r = [x / capital for x in net]
    n = len(r)
    mean, sd, pop = statistics.fmean(r), statistics.stdev(r), statistics.pstdev(r)
    e = [x - mean for x in r]
    skew = sum(x**3 for x in e) / n / pop**3
    kurt = sum(x**4 for x in e) / n / pop**4
    daily = mean / sd
    shape = math.sqrt(1 - skew * daily + (kurt - 1) * daily**2 / 4)

    def covariance(lag: int) -> float:
        return sum(e[i] * e[i - lag] for i in range(lag, n)) / n

    lag_count = math.floor(4 * (n / 100) ** (2 / 9))
    long_run = covariance(0) + 2 * sum(
        (1 - k / (lag_count + 1)) * covariance(k) for k in range(1, lag_count + 1)
    )
    nw_t = mean / math.sqrt(long_run / n)
    eta = 252 / math.sqrt(
        252 + 2 * sum((252 - k) * covariance(k) / covariance(0) for k in range(1, 6))
    )
    peak = total = worst = 0.0
    wealth_peak = wealth = 1.0
    worst_geometric = 0.0
    for x, ret in zip(net, r, strict=True):
        total += x
        peak = max(peak, total)
        worst = min(worst, total - peak)
        wealth *= 1 + ret
        wealth_peak = max(wealth_peak, wealth)
        worst_geometric = min(worst_geometric, wealth / wealth_peak - 1)
    wins, losses = [x for x in trades if x > 0], [x for x in trades if x < 0]
    q05, q95 = slow_quantile(r, 0.05), slow_quantile(r, 0.95)
    z = NORMAL.inv_cdf(0.05)
    traded = abs(notional[0]) + sum(abs(notional[i] - notional[i - 1]) for i in range(1, n))
    return {
        "session_count": n,
        "trade_count": len(trades),
        "total_gross_pnl_usd": math.fsum(net) + math.fsum(cost),
        "total_cost_usd": math.fsum(cost),
        "total_net_pnl_usd": math.fsum(net),
        "annualised_return_dec": mean * 252,
        "annualised_volatility_dec": sd * math.sqrt(252),
        "sharpe_ratio": daily * math.sqrt(252),
        "session_sharpe_ratio": daily,
        "sharpe_lo_error_ratio": math.sqrt((1 + daily**2 / 2) / n * 252),
        "sharpe_mertens_error_ratio": shape / math.sqrt(n - 1) * math.sqrt(252),
        "mean_t_ratio": mean / (sd / math.sqrt(n)),
        "newey_west_lag_sessions": lag_count,
        "newey_west_t_ratio": nw_t,
        "sharpe_newey_west_ratio": nw_t / math.sqrt(n) * math.sqrt(252),
        "sharpe_lo_ratio": daily * eta,
        "probabilistic_sharpe_share": NORMAL.cdf(daily * math.sqrt(n - 1) / shape),
        "min_track_record_sessions": (
            1 + (shape * NORMAL.inv_cdf(0.95) / daily) ** 2 if daily > 0 else math.nan
        ),
        "sortino_ratio": mean / math.sqrt(sum(min(x, 0.0) ** 2 for x in r) / n) * math.sqrt(252),
        "max_drawdown_usd": worst,
        "max_drawdown_dec": worst / capital,
        "max_drawdown_geometric_dec": worst_geometric,
        "calmar_ratio": mean * 252 / abs(worst / capital),
        "hit_rate_share": len(wins) / len(trades),
        "avg_win_usd": statistics.fmean(wins),
        "avg_loss_usd": statistics.fmean(losses),
        "win_loss_ratio": -statistics.fmean(wins) / statistics.fmean(losses),
        "profit_factor_trade_ratio": sum(wins) / -sum(losses),
        "profit_factor_session_ratio": sum(x for x in net if x > 0) / -sum(x for x in net if x < 0),
        "mean_holding_sessions": statistics.fmean(holding),
        "turnover_ratio": traded * 1e6 / (2 * capital) * 252 / n,
        "exposure_share": sum(x != 0 for x in notional) / n,
        "skewness_ratio": skew,
        "kurtosis_ratio": kurt,
        "skewness_adjusted_ratio": sum(x**3 for x in e) * n / ((n - 1) * (n - 2)) / sd**3,
        "excess_kurtosis_adjusted_ratio": (
            n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * sum(x**4 for x in e) / sd**4
            - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
        ),
        "var_historical_dec": q05,
        "cvar_historical_dec": statistics.fmean(x for x in r if x <= q05),
        "tail_ratio": abs(q95 / q05),
        "var_gaussian_dec": mean + z * sd,
        "cvar_gaussian_dec": mean - NORMAL.pdf(z) / 0.05 * sd,
        "quality_status": QualityStatus.OK,
    }


def slow_macrocredit_metrics(run: dict) -> dict:
    """Define the notebook's metrics as the pandas it was written in."""
    rows = pd.DataFrame({name: run[name] for name in MACROCREDIT})
    pnl = rows["net_pnl_usd"]
    cumulative = pnl.cumsum()
    block = (rows["position"] != rows["position"].shift()).cumsum()
    active = rows["position"] != 0
    trades = pnl[active].groupby(block[active]).sum()
    annual_return = cumulative.iloc[-1] / (len(rows) / 252)
    drawdown = (cumulative - cumulative.cummax()).min()
    win, loss = trades[trades > 0].mean(), trades[trades < 0].mean()
    was_flat = rows["position"].shift(fill_value=0) == 0
    return {
        "macrocredit_total_return_usd": cumulative.iloc[-1],
        "macrocredit_annualised_return_usd": annual_return,
        "macrocredit_annualised_volatility_usd": pnl.std() * 252**0.5,
        "macrocredit_sharpe_ratio": pnl.mean() / pnl.std() * 252**0.5,
        "macrocredit_sortino_ratio": pnl.mean() / pnl[pnl < 0].std() * 252**0.5,
        "macrocredit_max_drawdown_usd": drawdown,
        "macrocredit_calmar_ratio": annual_return / abs(drawdown),
        "macrocredit_hit_rate_share": (trades > 0).mean(),
        "macrocredit_avg_win_usd": win,
        "macrocredit_avg_loss_usd": loss,
        "macrocredit_win_loss_ratio": abs(win / loss),
        "macrocredit_trade_count": (active & was_flat).sum(),
        "macrocredit_avg_holding_sessions": rows["held_sessions"][active].mean(),
        "macrocredit_status": QualityStatus.OK,
    }


def slow_aponyx_metrics(run: dict, benchmark: np.ndarray) -> dict:
    """Define the replaced engine's metrics in pandas, swap and all."""
    rows = pd.DataFrame({name: run[name] for name in APONYX}).set_index("session_date")
    pnl = rows["net_pnl_usd"]
    equity = 100_000 + pnl.cumsum()
    r = equity.pct_change().fillna(0.0)
    n = len(r)
    growth = (1 + r).prod()
    annual_return = abs(growth) ** (252 / n) - 1 if growth >= 0 else math.nan
    value = pd.concat([pd.Series([1.0]), (1 + r).cumprod()], ignore_index=True)
    drawdown = (value / value.cummax()).min() - 1
    under = value < value.cummax()
    rolling = (r.rolling(63).mean() / r.rolling(63).std() * 252**0.5).dropna()
    dollars = pnl.rolling(63).mean() / pnl.rolling(63).std() * 252**0.5
    dollars = dollars.replace([np.inf, -np.inf], np.nan).fillna(0.0)
    block = (rows["position"] != rows["position"].shift()).cumsum()
    active = rows["position"] != 0
    trades = pnl[active].groupby(block[active]).sum()
    win, loss = trades[trades > 0].mean(), trades[trades < 0].mean()

    cumulative = pnl.cumsum()
    gap = cumulative - cumulative.cummax()
    trough = gap.idxmin()
    later = gap[gap.index > trough]
    recovered = later[later >= 0]
    deepest_days = (recovered.index[0] - trough).days if len(recovered) else math.nan
    lengths, began = [], None
    for day, value_below in gap.items():
        if value_below < 0 and began is None:
            began = day
        elif value_below >= 0 and began is not None:
            lengths.append((day - began).days)
            began = None

    beta = r.cov(pd.Series(benchmark, index=r.index)) / benchmark.var(ddof=1)
    active_return = r - benchmark
    q05, q95 = r.quantile(0.05), r.quantile(0.95)
    return {
        "aponyx_total_return_dec": equity.iloc[-1] / equity.iloc[0] - 1,
        "aponyx_annualised_return_dec": annual_return,
        "aponyx_annualised_volatility_dec": r.std() * 252**0.5,
        "aponyx_sharpe_ratio": r.mean() / r.std() * 252**0.5,
        "aponyx_sortino_ratio": r.mean() / ((r[r < 0] ** 2).sum() / n) ** 0.5 * 252**0.5,
        "aponyx_max_drawdown_dec": drawdown,
        "aponyx_calmar_ratio": annual_return / abs(drawdown),
        "aponyx_tail_ratio": abs(q95 / q05),
        "aponyx_profit_factor_ratio": r[r >= 0].sum() / abs(r[r < 0].sum()),
        "aponyx_drawdown_count": (under & ~under.shift(fill_value=False)).sum(),
        "aponyx_rolling_sharpe_mean_ratio": rolling.mean(),
        "aponyx_rolling_sharpe_sd_ratio": rolling.std(),
        "aponyx_trade_count": (active & (rows["position"].shift(fill_value=0) == 0)).sum(),
        "aponyx_hit_rate_share": (trades > 0).mean(),
        "aponyx_avg_win_usd": win,
        "aponyx_avg_loss_usd": loss,
        "aponyx_win_loss_ratio": abs(win / loss),
        "aponyx_avg_holding_sessions": rows["held_sessions"][active].mean(),
        "aponyx_max_drawdown_recovery_days": deepest_days,
        "aponyx_avg_recovery_days": np.mean(lengths),
        "aponyx_consistency_share": (pnl.rolling(21).sum().dropna() > 0).mean(),
        "aponyx_beta_ratio": beta,
        "aponyx_alpha_dec": (r.mean() - beta * benchmark.mean()) * 252,
        "aponyx_information_ratio": active_return.mean() / active_return.std(),
        "aponyx_r_squared_share": np.corrcoef(r, benchmark)[0, 1] ** 2,
        "aponyx_extended_rolling_sharpe_mean_ratio": dollars.mean(),
        "aponyx_extended_rolling_sharpe_sd_ratio": dollars.std(),
        "aponyx_extended_tail_ratio": np.percentile(pnl, 95) / abs(np.percentile(pnl, 5)),
        "aponyx_extended_profit_factor_ratio": pnl[pnl > 0].sum() / abs(pnl[pnl < 0].sum()),
        "aponyx_status": QualityStatus.OK,
    }


def assert_same_record(actual: dict, expected: dict, rtol: float = 1e-9) -> None:
    assert sorted(actual) == sorted(expected)
    for name, value in expected.items():
        assert_allclose(actual[name], value, rtol=rtol, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("seed", range(8))
def test_standard_metrics_equal_their_slow_twin(seed):
    """The twin is the definition; 1e-9 leaves room for the order of summation."""
    run = sample_run(seed)
    actual = standard_metrics(*pick(run, STANDARD), 1e6)
    assert_same_record(actual, slow_standard_metrics(run, 1e6))


@pytest.mark.parametrize("seed", range(8))
def test_macrocredit_metrics_equal_their_slow_twin(seed):
    """The golden run has one trade; the twin covers runs with many trades and reversals."""
    run = sample_run(seed)
    assert_same_record(macrocredit_metrics(*pick(run, MACROCREDIT)), slow_macrocredit_metrics(run))


@pytest.mark.parametrize("seed", range(8))
def test_aponyx_metrics_equal_their_slow_twin(seed):
    """No printed output of this set exists for a given P&L, so pandas is its witness.

    Dollars are divided by ten to keep the fixed base away from zero, where returns explode.
    """
    run = sample_run(seed)
    run["net_pnl_usd"] = run["net_pnl_usd"] / 10
    benchmark = np.random.default_rng(seed + 100).normal(0.0, 0.01, run["position"].size)
    actual = aponyx_metrics(*pick(run, APONYX), benchmark)
    expected = slow_aponyx_metrics(run, benchmark)
    assert_same_record(actual, expected)


def test_macrocredit_sharpe_is_right_for_a_hand_worked_single_trade():
    """A short of two days: entry cost, one gain while held, the exit day lost to the trade."""
    record = macrocredit_metrics([0.0, -1.0, 6.0, 3.0], [0, -1, -1, 0], [0, 0, 1, 0])
    assert record["macrocredit_avg_win_usd"] == 5.0
    assert record["macrocredit_avg_holding_sessions"] == 0.5
    assert record["macrocredit_sortino_ratio"] == 0.0
    assert record["macrocredit_max_drawdown_usd"] == -1.0
    assert record["macrocredit_trade_count"] == 1


def test_macrocredit_drawdown_starts_at_the_first_row_and_the_standard_one_at_zero():
    """An entry loss on the first row is a drawdown; the notebook does not see it."""
    net = np.array([-10.0, 1.0, 1.0])
    flat = np.zeros(3)
    assert macrocredit_metrics(net, flat, flat)["macrocredit_max_drawdown_usd"] == 0.0
    assert standard_metrics(net, flat, flat, [], [], 100.0)["max_drawdown_usd"] == -10.0


def test_macrocredit_sortino_equals_its_sharpe_without_a_losing_day():
    """The rule of the replaced code, kept because printed figures depend on it."""
    record = macrocredit_metrics([1.0, 2.0, 4.0], [1, 1, 1], [0, 1, 2])
    assert record["macrocredit_sortino_ratio"] == record["macrocredit_sharpe_ratio"] > 0


def test_fixed_base_can_give_a_losing_run_a_positive_sharpe():
    """Equity of 100,000 crosses zero under 10 million of notional: the reason for the swap."""
    net = np.array([0.0, -150_000.0, -150_000.0, -300_000.0])
    days = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    zeros = np.zeros(4)
    record = aponyx_metrics(net, zeros, zeros, days)
    # returns 0, -1.5, +3, +1.5
    assert_allclose(record["aponyx_sharpe_ratio"], 0.75 / np.sqrt(11.25 / 3) * np.sqrt(252))
    assert standard_metrics(net, zeros, zeros, [], [], 1e7)["sharpe_ratio"] < 0
    assert math.isnan(record["aponyx_annualised_return_dec"])
    assert record["aponyx_max_drawdown_dec"] < -1


def test_first_row_pnl_never_becomes_a_return_of_the_replaced_engine():
    """The base of the first return already holds it; the standard set counts it."""
    days = np.arange("2024-01-01", "2024-01-04", dtype="datetime64[D]")
    zeros = np.zeros(3)
    record = aponyx_metrics([-50_000.0, 0.0, 5_000.0], zeros, zeros, days)
    assert_allclose(record["aponyx_total_return_dec"], 0.1)


def test_equity_that_touches_zero_leaves_no_infinite_metric():
    """The return after zero equity is undefined, hence skipped, not infinite."""
    days = np.arange("2024-01-01", "2024-01-06", dtype="datetime64[D]")
    zeros = np.zeros(5)
    record = aponyx_metrics([0.0, -1e5, 2e4, 1e4, -5e3], zeros, zeros, days)
    assert not any(math.isinf(v) for v in record.values())


def test_recovery_counts_calendar_days_from_trough_and_from_episode_start():
    """Weekends count: trough on a Friday, back at the peak on the next Tuesday is four days."""
    days = np.array(
        ["2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10"],
        dtype="datetime64[D]",
    )
    zeros = np.zeros(6)
    record = aponyx_metrics([0.0, -1.0, -1.0, 1.0, 1.0, -0.5], zeros, zeros, days)
    assert record["aponyx_max_drawdown_recovery_days"] == 4.0
    assert record["aponyx_avg_recovery_days"] == 5.0
    open_record = aponyx_metrics([0.0, -1.0, 0.0, 0.0, 0.0, 0.0], zeros, zeros, days)
    assert math.isnan(open_record["aponyx_max_drawdown_recovery_days"])
    assert open_record["aponyx_avg_recovery_days"] == 0.0


def test_growth_too_large_to_annualise_is_missing():
    """A million-fold gain in two sessions, compounded 126 times, exceeds every double."""
    record = compounded_metrics([0.0, 1e6])
    assert math.isnan(record["annualised_return_dec"])
    assert math.isfinite(record["sharpe_ratio"])


FLAT_RUN = np.zeros(300)


@pytest.mark.parametrize(
    ("net", "status"),
    [
        (FLAT_RUN, QualityStatus.INSUFFICIENT_TRADES),
        (np.full(300, 12.5), QualityStatus.INSUFFICIENT_TRADES),
        (np.full(300, np.nan), QualityStatus.MISSING_PNL),
        (np.array([1.0, -2.0, 3.0]), QualityStatus.INSUFFICIENT_SESSIONS),
        (np.array([5.0]), QualityStatus.INSUFFICIENT_SESSIONS),
        (np.array([]), QualityStatus.INSUFFICIENT_SESSIONS),
        (np.where(np.arange(300) == 7, 1e9, 0.0), QualityStatus.INSUFFICIENT_TRADES),
        (np.append(np.ones(299), np.inf), QualityStatus.MISSING_PNL),
    ],
    ids=["flat", "constant", "all_nan", "three", "one", "empty", "one_trade", "one_inf"],
)
def test_degenerate_runs_give_nan_and_a_status_never_infinity_or_a_warning(net, status):
    """Undefined is null in the warehouse; an infinity would sort to the top of a scorecard."""
    zeros = np.zeros(net.size)
    days = np.datetime64("2024-01-01") + np.arange(net.size)
    standard = standard_metrics(net, zeros, zeros, [], [], 1e6)
    macrocredit = macrocredit_metrics(net, zeros, zeros)
    aponyx = aponyx_metrics(net, zeros, zeros, days)
    assert standard["quality_status"] == status
    for record in (standard, macrocredit, aponyx):
        assert not any(math.isinf(v) for v in record.values())
    if status == QualityStatus.MISSING_PNL:
        assert macrocredit["macrocredit_status"] == aponyx["aponyx_status"] == status
        measured = [v for k, v in standard.items() if not k.endswith(("_count", "_status"))]
        assert all(math.isnan(v) for v in measured if isinstance(v, float))
    if np.unique(net).size <= 1:
        assert math.isnan(standard["sharpe_ratio"])
        assert math.isnan(standard["probabilistic_sharpe_share"])
        assert math.isnan(standard["newey_west_t_ratio"])


def test_constant_series_with_rounding_noise_has_no_sharpe():
    """A hundred equal returns of 0.01 have a deviation of 1e-18; 1e16 is not a Sharpe ratio."""
    noise = np.where(np.arange(100) % 2, 1e-16, 0.0)
    assert math.isnan(sharpe_ratio(0.01 + noise))
    assert np.isnan(rolling_sharpe_ratio(np.full(100, 0.01), 20)).all()
    assert math.isnan(newey_west_t_ratio(np.full(100, 0.1), 3))


def test_large_mean_and_small_spread_keep_ten_digits():
    """Deviations are taken after the mean; E[x^2] - E[x]^2 would lose every digit here."""
    spread = np.array([-1.0, 1.0, 2.0, -2.0, 0.0] * 20)
    expected = 1e8 / spread.std(ddof=1) * np.sqrt(252)
    assert_allclose(sharpe_ratio(1e8 + spread), expected, rtol=1e-10)


def test_gate_flags_small_samples_and_keeps_their_values():
    """The reader sees the figure and the warning; defaults are 60 sessions and 30 trades."""
    run = sample_run(1)
    short = {k: run[k][:59] for k in STANDARD[:3]} | {k: run[k] for k in STANDARD[3:]}
    record = standard_metrics(*pick(short, STANDARD), 1e6)
    assert record["quality_status"] == QualityStatus.INSUFFICIENT_SESSIONS
    assert math.isfinite(record["sharpe_ratio"])
    few = run | {k: run[k][:29] for k in STANDARD[3:]}
    record = standard_metrics(*pick(few, STANDARD), 1e6)
    assert record["quality_status"] == QualityStatus.INSUFFICIENT_TRADES
    assert math.isfinite(record["probabilistic_sharpe_share"])
    exact = run | {k: run[k][:30] for k in STANDARD[3:]} | {k: run[k][:60] for k in STANDARD[:3]}
    record = standard_metrics(*pick(exact, STANDARD), 1e6)
    assert record["quality_status"] == QualityStatus.OK


def test_benchmark_hurdle_lowers_confidence_and_lengthens_the_record():
    """Both take an annualised hurdle and must convert it to one session."""
    run = sample_run(0)
    run["net_pnl_usd"] = run["net_pnl_usd"] + 500.0
    easy = standard_metrics(*pick(run, STANDARD), 1e6)
    hard = standard_metrics(*pick(run, STANDARD), 1e6, benchmark_sharpe_ratio=1.0)
    args = [easy[k] for k in ("session_sharpe_ratio", "session_count")]
    shape = [easy[k] for k in ("skewness_ratio", "kurtosis_ratio")]
    hurdle = 1.0 / np.sqrt(252)
    assert hard["probabilistic_sharpe_share"] < easy["probabilistic_sharpe_share"]
    assert_allclose(hard["probabilistic_sharpe_share"], probabilistic_sharpe(*args, *shape, hurdle))
    assert_allclose(
        hard["min_track_record_sessions"],
        min_track_record_sessions(args[0], *shape, hurdle),
    )


def test_min_track_record_makes_the_probabilistic_sharpe_equal_its_confidence():
    """The two formulas are inverses of each other in the number of sessions."""
    sessions = min_track_record_sessions(0.08, -0.7, 6.0, 0.02, confidence_share=0.9)
    assert_allclose(probabilistic_sharpe(0.08, sessions, -0.7, 6.0, 0.02), 0.9, rtol=1e-12)


def test_expected_max_of_one_trial_is_zero_and_matches_simulation_for_many():
    """Extreme-value theory approximates the mean of a maximum of normals to about 1 %."""
    assert expected_max_sharpe_ratio(0.3, 1) == 0.0
    assert np.isnan(expected_max_sharpe_ratio(0.3, 0))
    draws = np.random.default_rng(5).normal(size=(20_000, 50)).max(axis=1).mean()
    assert_allclose(expected_max_sharpe_ratio(1.0, 50), draws, rtol=0.02)


def test_expected_shortfall_holds_the_value_at_risk_itself():
    """Of 21 returns the 5 % quantile is the second lowest, and the tail is both of them."""
    net = np.arange(-3.0, 18.0)
    record = standard_metrics(net, 0 * net, 0 * net, [], [], 100.0)
    assert record["var_historical_dec"] == pytest.approx(-0.02)
    assert record["cvar_historical_dec"] == pytest.approx(-0.025)


def test_newey_west_equals_the_weighted_double_sum():
    """The twin sums every pair of days with its Bartlett weight, the textbook sandwich."""
    values = np.random.default_rng(2).normal(0.1, 1.0, 60)
    e = values - values.mean()
    for lag in (0, 1, 4, 59, 100):
        weight = np.maximum(0, 1 - np.abs(np.subtract.outer(range(60), range(60))) / (lag + 1))
        expected = values.sum() / np.sqrt(e @ weight @ e)
        assert_allclose(newey_west_t_ratio(values, lag), expected, rtol=1e-12)


def test_benchmark_metrics_recover_a_constructed_line():
    """r = 0.001 + 1.5 b exactly: beta 1.5, alpha 0.252 a year, R squared 1."""
    benchmark = np.random.default_rng(4).normal(0.0, 0.01, 100)
    record = benchmark_metrics(0.001 + 1.5 * benchmark, benchmark)
    assert_allclose(
        [record["beta_ratio"], record["alpha_dec"], record["r_squared_share"]], [1.5, 0.252, 1.0]
    )
    flat = benchmark_metrics(benchmark, np.zeros(100))
    assert math.isnan(flat["beta_ratio"])
    benchmark[3] = np.nan
    assert benchmark_metrics(np.ones(100), benchmark)["benchmark_session_count"] == 99


def test_replaced_engine_reads_a_gain_above_one_without_losses_as_prices():
    """Returns 0, 0.5, 2.0 become the changes of a price; a loss anywhere prevents it."""
    days = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    zeros = np.zeros(4)
    record = aponyx_metrics([0.0, 5e4, 3e5, 4.5e5], zeros, zeros, days)
    # equity 100, 150, 450, 900 thousand: returns 0, 0.5, 2, 1; read as prices: NaN, NaN, 3, -0.5
    changes = np.array([3.0, -0.5])
    expected = changes.mean() / changes.std(ddof=1) * np.sqrt(252)
    assert_allclose(record["aponyx_sharpe_ratio"], expected)


def test_many_runs_equal_one_run_at_a_time():
    """Offsets must cut at run borders: a shifted border would mix two strategies."""
    runs = [sample_run(seed, count) for seed, count in ((1, 80), (2, 3), (3, 200))]
    capital = np.array([1e6, 2e6, 5e5])
    row_offsets = np.cumsum([0] + [r["net_pnl_usd"].size for r in runs])
    trade_offsets = np.cumsum([0] + [r["trade_net_pnl_usd"].size for r in runs])
    columns = {name: np.concatenate([r[name] for r in runs]) for name in runs[0]}
    out = metrics_by_run(
        standard_metrics,
        row_offsets,
        {name: columns[name] for name in STANDARD[:3]},
        trade_offsets=trade_offsets,
        trade_columns={name: columns[name] for name in STANDARD[3:]},
        run_columns={"capital_usd": capital},
        min_trade_count=5,
    )
    for i, run in enumerate(runs):
        alone = standard_metrics(*pick(run, STANDARD), capital[i], min_trade_count=5)
        assert list(out) == list(alone)
        for name, value in alone.items():
            np.testing.assert_array_equal(out[name][i], value, err_msg=name)
    assert out["quality_status"].dtype == np.int8
    assert out["session_count"].dtype == np.int64
    assert out["sharpe_ratio"].dtype == np.float64
    aponyx = metrics_by_run(aponyx_metrics, row_offsets, {k: columns[k] for k in APONYX})
    assert aponyx["aponyx_sharpe_ratio"].shape == (3,)
    assert metrics_by_run(macrocredit_metrics, [0], {"net_pnl_usd": np.zeros(0)}) == {}


UNITS = ("_usd", "_dec", "_ratio", "_share", "_count", "_sessions", "_days", "_status")


def test_every_metric_name_closes_with_its_unit():
    """The names become columns; a bare float hides ten-fold errors."""
    run = sample_run(0)
    records = (
        standard_metrics(*pick(run, STANDARD), 1e6),
        macrocredit_metrics(*pick(run, MACROCREDIT)),
        aponyx_metrics(*pick(run, APONYX)),
        benchmark_metrics(run["net_pnl_usd"], run["cost_usd"]),
        compounded_metrics(run["net_pnl_usd"] / 1e6),
    )
    names = [name for record in records for name in record]
    assert [name for name in names if not name.endswith(UNITS)] == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda z: standard_metrics(z, z[:2], z, [], [], 1e6),
            "cost_usd must have 3 rows; its length was 2",
        ),
        (
            lambda z: standard_metrics(z, z, z, [], [], 0.0),
            "capital_usd must be finite and > 0; the value was 0.0",
        ),
        (
            lambda z: standard_metrics(z, z, z, [], [], 1.0, tail_share=1.0),
            r"tail_share must be inside \(0, 1\); the value was 1.0",
        ),
        (
            lambda z: standard_metrics(np.zeros((2, 2)), z, z, [], [], 1.0),
            r"net_pnl_usd must be one-dimensional; its shape was \(2, 2\)",
        ),
        (
            lambda z: aponyx_metrics(z, z, z, np.array(["2024-01-02"] * 3, "datetime64[D]")),
            "session_date must be strictly increasing; row 1 was 2024-01-02 after 2024-01-02",
        ),
        (
            lambda z: min_track_record_sessions(0.1, 0.0, 3.0, confidence_share=0.0),
            r"confidence_share must be inside \(0, 1\); the value was 0.0",
        ),
        (
            lambda z: rolling_sharpe_ratio(z, 1),
            "window_sessions must be >= 2; the value was 1",
        ),
        (
            lambda z: newey_west_t_ratio(z, -1),
            "lag_sessions must be >= 0; the value was -1",
        ),
        (
            lambda z: metrics_by_run(macrocredit_metrics, [0, 2, 1, 3], {"net_pnl_usd": z}),
            "row_offsets must rise from 0 to 3 without falling; position 2 was 1",
        ),
        (
            lambda z: metrics_by_run(macrocredit_metrics, [0, 2], {"net_pnl_usd": z}),
            r"row_offsets must rise from 0 to 3 without falling; it was \[0, 2\]",
        ),
        (
            lambda z: metrics_by_run(
                standard_metrics, [0, 3], {"cost_usd": z}, run_columns={"capital_usd": z}
            ),
            "capital_usd must have 1 values; its length was 3",
        ),
    ],
)
def test_malformed_calls_name_the_argument_the_rule_and_the_value(call, message):
    """An error is read by someone who did not write the call."""
    with pytest.raises(ValueError, match=message):
        call(np.zeros(3))
