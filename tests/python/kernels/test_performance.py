"""The standard metrics against a slow, obvious twin and hand-worked runs.

The twin is written with plain loops and shares no line with the kernel.
"""

import math
import statistics
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from parspread.overlay.benchmark import benchmark_metrics, leverage_metrics
from parspread.overlay.performance import (
    QualityStatus,
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
from performance_runs import (
    DEGENERATE_RUNS,
    STANDARD,
    UNITS,
    assert_same_record,
    pick,
    sample_run,
)

NORMAL = statistics.NormalDist()


@pytest.fixture(autouse=True)
def every_warning_is_an_error():
    """A kernel guards its divisions itself; a leaked warning hides a wrong number."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


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


@pytest.mark.parametrize("seed", range(8))
def test_standard_metrics_equal_their_slow_twin(seed):
    """The twin is the definition; 1e-9 leaves room for the order of summation."""
    run = sample_run(seed)
    actual = standard_metrics(*pick(run, STANDARD), 1e6)
    assert_same_record(actual, slow_standard_metrics(run, 1e6))


@pytest.mark.parametrize("case", DEGENERATE_RUNS)
def test_degenerate_runs_give_nan_and_a_status_never_infinity_or_a_warning(case):
    """Undefined is null in the warehouse; an infinity would sort to the top of a scorecard."""
    net, status = DEGENERATE_RUNS[case]
    zeros = np.zeros(net.size)
    standard = standard_metrics(net, zeros, zeros, [], [], 1e6)
    assert standard["quality_status"] == status
    assert not any(math.isinf(v) for v in standard.values())
    if status == QualityStatus.MISSING_PNL:
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
    assert metrics_by_run(standard_metrics, [0], {"net_pnl_usd": np.zeros(0)}) == {}


def test_every_metric_name_closes_with_its_unit():
    """The names become columns; a bare float hides ten-fold errors."""
    run = sample_run(0)
    records = (
        standard_metrics(*pick(run, STANDARD), 1e6),
        benchmark_metrics(run["net_pnl_usd"], run["cost_usd"]),
        leverage_metrics(run["position_notional_mm"], 1e6),
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
            lambda z: metrics_by_run(standard_metrics, [0, 2, 1, 3], {"net_pnl_usd": z}),
            "row_offsets must rise from 0 to 3 without falling; position 2 was 1",
        ),
        (
            lambda z: metrics_by_run(standard_metrics, [0, 2], {"net_pnl_usd": z}),
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


def test_lost_capital_has_no_geometric_drawdown() -> None:
    """+50, -180, +20, +30 on 100: once wealth is below zero, gains would deepen the fall."""
    zeros = np.zeros(4)
    lost = standard_metrics([50.0, -180.0, 20.0, 30.0], zeros, zeros, [], [], 100.0)
    assert math.isnan(lost["max_drawdown_geometric_dec"])
    assert lost["max_drawdown_usd"] == -180.0
    kept = standard_metrics([50.0, -30.0, 20.0, 30.0], zeros, zeros, [], [], 100.0)
    assert_allclose(kept["max_drawdown_geometric_dec"], -0.3)
