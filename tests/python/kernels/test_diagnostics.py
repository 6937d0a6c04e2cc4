"""Signal diagnostics against scipy, pandas and textbook matrix formulas."""

import math
import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from scipy.signal import lfilter

from examples import examples
from parspread.overlay.signal_diagnostics import (
    DiagnosticStatus,
    correlation,
    forward_pnl,
    information_coefficients,
    quantile_pnl,
    signal_persistence,
)


@pytest.fixture(autouse=True)
def every_warning_is_an_error():
    """A kernel guards its divisions itself; a leaked warning hides a wrong number."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def sample_signal(seed: int, session_count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return a persistent signal with gaps, and P&L that follows it weakly."""
    rng = np.random.default_rng(seed)
    signal = np.zeros(session_count)
    for t in range(1, session_count):
        signal[t] = 0.9 * signal[t - 1] + rng.normal()
    pnl = 100.0 * np.roll(signal, 1) + rng.normal(0.0, 2_000.0, session_count)
    signal[:20] = np.nan
    signal[100] = np.nan
    pnl[session_count // 2] = np.nan
    return signal, pnl


def slow_forward_pnl(pnl: np.ndarray, horizon: int, lag: int = 0) -> np.ndarray:
    """Add up the sessions after the fill, one row at a time."""
    out = []
    for t in range(len(pnl)):
        future = pnl[t + lag + 1 : t + lag + 1 + horizon]
        out.append(sum(future) if len(future) == horizon else math.nan)
    return np.array(out)


def slow_slope_t_ratio(x: np.ndarray, y: np.ndarray, lag: int) -> float:
    """Write (X'X)^-1 X' W X (X'X)^-1 out with one Bartlett weight for each pair of sessions."""
    design = np.column_stack([np.ones_like(x), x])
    bread = np.linalg.inv(design.T @ design)
    slope = bread @ design.T @ y
    residual = y - design @ slope
    distance = np.abs(np.subtract.outer(np.arange(x.size), np.arange(x.size)))
    weight = np.maximum(0.0, 1 - distance / (lag + 1))
    meat = design.T @ (weight * np.outer(residual, residual)) @ design
    return slope[1] / math.sqrt((bread @ meat @ bread)[1, 1])


@pytest.mark.parametrize("seed", range(5))
def test_information_coefficients_equal_scipy_and_the_sandwich_formula(seed):
    """Pearson and Spearman have a public witness; the t ratio has its textbook matrix.

    Its lag covers six times what moves together: the horizon and twice -1 / ln(slope). The bars of
    such a lag are wider (Kiefer and Vogelsang 2005, table 1), and n / covered sessions are
    independent, less four.
    """
    signal, pnl = sample_signal(seed)
    out = information_coefficients(signal, pnl)
    fading = -1 / math.log(signal_persistence(signal).ar1_ratio)
    for i, horizon in enumerate((1, 5, 10, 20)):
        future = slow_forward_pnl(pnl, horizon)
        both = np.isfinite(signal) & np.isfinite(future)
        x, y = signal[both], future[both]
        assert out.pair_count[i] == both.sum()
        assert_allclose(out.pearson_ratio[i], stats.pearsonr(x, y).statistic, rtol=1e-10)
        assert_allclose(out.spearman_ratio[i], stats.spearmanr(x, y).statistic, rtol=1e-10)
        covered = horizon + 2 * fading
        lag = int(min(6 * covered, x.size // 2))
        b = (lag + 1) / x.size
        bars = 1 + (2.9694 * b + 0.4160 * b**2 - 0.5324 * b**3) / 1.96
        expected = slow_slope_t_ratio(x, y, lag) / bars * math.sqrt(1 - 4 * covered / x.size)
        assert out.newey_west_lag_sessions[i] == lag
        assert_allclose(out.newey_west_t_ratio[i], expected, rtol=1e-8)
    assert (out.status == DiagnosticStatus.OK).all()


def test_forward_pnl_equals_a_plain_sum_and_stops_before_the_end():
    """A partial sum at the end would make the last signals look powerless."""
    pnl = sample_signal(7)[1]
    for horizon, lag in product((1, 2, 20, 298, 299, 300, 400), (0, 1, 3)):
        expected = slow_forward_pnl(pnl, horizon, lag)
        assert_allclose(forward_pnl(pnl, horizon, lag), expected, rtol=1e-9)


def test_information_coefficient_never_uses_the_pnl_of_its_own_session():
    """P&L that equals today's signal and nothing else must score zero tomorrow."""
    signal = np.random.default_rng(3).normal(size=4_000)
    out = information_coefficients(signal, signal, [1])
    assert abs(out.pearson_ratio[0]) < 0.05
    foresight = information_coefficients(signal, np.append(0.0, signal[:-1]), [1])
    assert_allclose(foresight.pearson_ratio[0], 1.0)


def test_a_score_filled_at_the_next_close_earns_from_the_session_after_it():
    """What a score sees coming tomorrow is gone before it can be traded."""
    signal = np.random.default_rng(3).normal(size=4_000)
    tomorrow = np.append(0.0, signal[:-1])
    filled = information_coefficients(signal, tomorrow, [1], fill_lag_sessions=1)
    assert abs(filled.pearson_ratio[0]) < 0.05
    assert_allclose(
        information_coefficients(
            signal, np.roll(tomorrow, 1), [1], fill_lag_sessions=1
        ).pearson_ratio,
        1.0,
        atol=1e-3,
    )


@pytest.mark.parametrize("kind", ["independent", "autocorrelated_in_clusters"])
def test_noise_passes_the_bars_of_five_percent_no_more_often_than_that(kind):
    """Useless signals that fade by half in 6 sessions, against P&L of two kinds.

    With the lag of the overlap alone 9 to 12 % of them pass beyond one session.
    """
    run_count, session_count = 1500, 1000
    rng = np.random.default_rng(20261127)
    shocks = rng.normal(size=(2, run_count, session_count + 1))
    signals = lfilter([1], [1, -(0.5 ** (1 / 6))], shocks[0], axis=1)[:, 1:]
    pnl = shocks[1][:, 1:]
    if kind != "independent":
        calm_and_wild = lfilter([1], [1, -0.98], rng.normal(size=pnl.shape), axis=1) / 5
        pnl = (pnl + 0.5 * shocks[1][:, :-1]) * np.exp(calm_and_wild / 2)
    passes = np.zeros(4)
    for signal, earned in zip(signals, pnl, strict=True):
        out = information_coefficients(signal, earned, fill_lag_sessions=1)
        passes += np.abs(out.newey_west_t_ratio) > 1.96
    assert (passes / run_count <= 0.06).all(), passes / run_count
    assert (passes / run_count >= 0.025).all(), "bars that nothing passes would show nothing"


def test_a_signal_that_does_not_fade_within_the_history_has_no_t_ratio():
    """A trend has no independent sessions to count."""
    out = information_coefficients(np.arange(300.0), sample_signal(1)[1])
    assert np.isfinite(out.pearson_ratio).all() and np.isnan(out.newey_west_t_ratio).all()


def test_turnover_is_what_is_traded_of_a_position_in_proportion():
    """2, 4, 1, 1: 2, 3 and nothing are traded of 2, 4 and 1 held."""
    assert_allclose(signal_persistence([2.0, 4.0, 1.0, 1.0]).turnover_ratio, 5 / 7)


def test_the_correlation_of_two_scores_counts_sessions_that_have_both():
    signal, pnl = sample_signal(2)
    ratio, count, status = correlation(signal, pnl)
    pairs = pd.DataFrame({"x": signal, "y": pnl}).dropna()
    assert (count, status) == (len(pairs), DiagnosticStatus.OK)
    assert_allclose(ratio, pairs["x"].corr(pairs["y"]), rtol=1e-10)
    assert correlation(signal, np.ones(signal.size))[2] == DiagnosticStatus.CONSTANT_SERIES


@pytest.mark.parametrize("seed", range(3))
def test_signal_persistence_equals_regression_and_pandas(seed):
    """polyfit gives the slope, pandas the lagged correlation."""
    signal, _ = sample_signal(seed)
    out = signal_persistence(signal)
    pairs = pd.DataFrame({"x": signal[:-1], "y": signal[1:]}).dropna()
    slope = np.polyfit(pairs["x"], pairs["y"], 1)[0]
    assert_allclose(out.ar1_ratio, slope, rtol=1e-10)
    assert_allclose(out.half_life_sessions, math.log(0.5) / math.log(slope), rtol=1e-9)
    assert_allclose(out.autocorrelation_ratio, pd.Series(signal).autocorr(1), rtol=1e-10)
    assert out.pair_count == len(pairs)
    assert_allclose(out.coverage_share, np.isfinite(signal).mean())


def test_half_life_is_missing_where_a_shock_does_not_halve():
    """A trend (slope >= 1) never fades and an alternating signal has no half-life."""
    assert math.isnan(signal_persistence(2.0 ** np.arange(10)).half_life_sessions)
    alternating = signal_persistence([1.0, -1.0] * 10)
    assert alternating.ar1_ratio < 0
    assert math.isnan(alternating.half_life_sessions)


def test_quantile_pnl_equals_a_group_by_of_rank_buckets():
    """The twin counts, for each session, how many signals are smaller."""
    signal, pnl = sample_signal(4)
    signal = np.round(signal)  # many ties
    out = quantile_pnl(signal, pnl, quantile_count=4, horizon_sessions=3)
    rows = [
        (s, p)
        for s, p in zip(signal, slow_forward_pnl(pnl, 3), strict=True)
        if not (math.isnan(s) or math.isnan(p))
    ]
    buckets = [[], [], [], []]
    for s, p in rows:
        buckets[sum(other < s for other, _ in rows) * 4 // len(rows)].append(p)
    assert out.session_count.tolist() == [len(b) for b in buckets]
    means = [float(np.mean(b)) if b else math.nan for b in buckets]
    assert_allclose(out.mean_pnl_usd, means, rtol=1e-10)
    filled = [i for i in range(4) if buckets[i]]
    expected = stats.spearmanr(filled, [means[i] for i in filled]).statistic
    assert_allclose(out.monotonicity_ratio, expected, rtol=1e-12)


def test_equal_signals_share_a_quantile_and_leave_others_empty():
    """Half of the sessions at zero fill one quantile; splitting ties would be a coin toss."""
    signal = np.append(np.zeros(50), np.arange(1.0, 52.0))
    out = quantile_pnl(signal, np.ones(101), quantile_count=4)
    assert out.session_count[0] == 50
    assert out.session_count[1] == 0
    assert math.isnan(out.mean_pnl_usd[1])
    assert math.isnan(out.monotonicity_ratio)  # equal means have no order


@pytest.mark.parametrize(
    ("signal", "status"),
    [
        (np.zeros(0), DiagnosticStatus.TOO_FEW_SESSIONS),
        (np.array([1.0, 2.0, 4.0]), DiagnosticStatus.TOO_FEW_SESSIONS),
        (np.full(50, np.nan), DiagnosticStatus.TOO_FEW_SESSIONS),
        (np.zeros(50), DiagnosticStatus.CONSTANT_SERIES),
        (np.full(50, 0.1) + np.resize([0.0, 1e-16], 50), DiagnosticStatus.CONSTANT_SERIES),
    ],
    ids=["empty", "three", "all_nan", "zero", "noise"],
)
def test_degenerate_signals_give_nan_and_a_status(signal, status):
    """No correlation exists without variation; the reason is in the status."""
    pnl = np.arange(float(signal.size))
    ic = information_coefficients(signal, pnl, [1])
    persistence = signal_persistence(signal)
    quantiles = quantile_pnl(signal, pnl)
    assert ic.status.tolist() == [status]
    assert persistence.status == quantiles.status == status
    assert np.isnan([ic.pearson_ratio[0], ic.spearman_ratio[0], ic.newey_west_t_ratio[0]]).all()
    assert math.isnan(persistence.ar1_ratio)
    assert np.isnan(quantiles.mean_pnl_usd).all()


def test_perfect_fit_keeps_its_correlation_and_drops_its_t_ratio():
    """Residuals of rounding size would print a t ratio of 1e15."""
    signal = np.sin(np.arange(30.0))
    out = information_coefficients(signal, 3.3 * np.append(0.0, signal[:-1]), [1])
    assert_allclose(out.pearson_ratio, 1.0)
    assert np.isnan(out.newey_west_t_ratio[0])
    assert out.status[0] == DiagnosticStatus.OK


@examples(100)
@given(
    seed=st.integers(0, 1_000),
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-10, 10),
    horizon=st.integers(1, 20),
)
def test_information_coefficient_ignores_units_and_follows_sign(seed, scale, shift, horizon):
    """A signal in other units is the same signal; a mirrored one has the mirrored coefficient."""
    signal, pnl = sample_signal(seed, 120)
    base = information_coefficients(signal, pnl, [horizon])
    moved = information_coefficients(scale * (signal + shift), pnl, [horizon])
    mirrored = information_coefficients(-signal, pnl, [horizon])
    for name in ("pearson_ratio", "spearman_ratio", "newey_west_t_ratio"):
        assert_allclose(getattr(moved, name), getattr(base, name), rtol=1e-6, atol=1e-9)
        assert_allclose(getattr(mirrored, name), -getattr(base, name), rtol=1e-9, atol=1e-12)
    assert abs(base.pearson_ratio[0]) <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: information_coefficients([1.0, 2.0], [1.0]),
            "net_pnl_usd must have 2 rows; its length was 1",
        ),
        (
            lambda: information_coefficients([1.0], [1.0], [0]),
            "horizon_sessions must be >= 1; the value was 0",
        ),
        (
            lambda: quantile_pnl([1.0], [1.0], quantile_count=1),
            "quantile_count must be >= 2; the value was 1",
        ),
        (
            lambda: signal_persistence([[1.0]]),
            r"signal must be one-dimensional; its shape was \(1, 1\)",
        ),
    ],
)
def test_malformed_calls_name_the_argument_the_rule_and_the_value(call, message):
    """An error is read by someone who did not write the call."""
    with pytest.raises(ValueError, match=message):
        call()
