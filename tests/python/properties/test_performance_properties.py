"""Laws that performance metrics obey on every run, whatever the P&L."""

import math
import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from examples import examples
from parspread.overlay.performance import QualityStatus, standard_metrics
from parspread.overlay.sharpe import deflated_sharpe, probabilistic_sharpe
from performance_runs import any_pnl_lists, dollars

PROPERTY = examples(150)

pnl_lists = st.lists(dollars, min_size=2, max_size=80)


def record_of(net, capital_usd=1e6, **settings_):
    net = np.asarray(net, dtype=float)
    cost = np.abs(net) * 0.01
    position = np.sign(net)
    return standard_metrics(net, cost, position, net, np.ones(net.size), capital_usd, **settings_)


RATIOS = (
    "sharpe_ratio",
    "sortino_ratio",
    "newey_west_t_ratio",
    "sharpe_lo_ratio",
    "probabilistic_sharpe_share",
    "calmar_ratio",
    "skewness_ratio",
    "kurtosis_ratio",
    "profit_factor_trade_ratio",
    "tail_ratio",
)


@PROPERTY
@given(net=pnl_lists, power=st.integers(-3, 6))
def test_dollars_scale_and_ratios_do_not(net, power):
    """Doubling the notional doubles P&L and drawdown and changes no ratio."""
    scale = 2.0**power
    base, scaled = record_of(net), record_of(np.array(net) * scale)
    for name in RATIOS:
        assert_allclose(scaled[name], base[name], rtol=1e-9, atol=1e-12, err_msg=name)
    for name in ("total_net_pnl_usd", "max_drawdown_usd", "avg_win_usd", "annualised_return_dec"):
        assert_allclose(scaled[name], base[name] * scale, rtol=1e-12, err_msg=name)


@PROPERTY
@given(net=pnl_lists, power=st.integers(1, 8))
def test_capital_changes_returns_and_no_dollar_or_sharpe(net, power):
    """Declared capital is a unit of return: with twice the capital, half the volatility."""
    small, large = record_of(net), record_of(net, 1e6 * 2.0**power)
    assert small["max_drawdown_usd"] == large["max_drawdown_usd"]
    assert_allclose(small["sharpe_ratio"], large["sharpe_ratio"], rtol=1e-12)
    assert_allclose(small["turnover_ratio"], large["turnover_ratio"] * 2.0**power, rtol=1e-12)


@PROPERTY
@given(net=pnl_lists)
def test_mirrored_pnl_mirrors_signed_metrics(net):
    """The other side of every trade earns the negative, trade by trade."""
    base, mirror = record_of(net), record_of(-np.array(net))
    for name in ("total_net_pnl_usd", "sharpe_ratio", "newey_west_t_ratio", "skewness_ratio"):
        assert_allclose(mirror[name], -base[name], rtol=1e-9, atol=1e-12, err_msg=name)
    for name in ("annualised_volatility_dec", "kurtosis_ratio", "sharpe_lo_error_ratio"):
        assert_allclose(mirror[name], base[name], rtol=1e-9, err_msg=name)
    assert_allclose(mirror["avg_win_usd"], -base["avg_loss_usd"], rtol=1e-12)
    shares = mirror["probabilistic_sharpe_share"] + base["probabilistic_sharpe_share"]
    if math.isfinite(shares):
        assert_allclose(shares, 1.0, rtol=1e-9)


@PROPERTY
@given(net=pnl_lists, seed=st.integers(0, 100))
def test_order_of_sessions_matters_to_drawdown_only_where_it_should(net, seed):
    """Mean, deviation, tails and trade statistics are blind to order."""
    shuffled = np.random.default_rng(seed).permutation(net)
    base, moved = record_of(net), record_of(shuffled)
    for name in ("sharpe_ratio", "sortino_ratio", "cvar_historical_dec", "win_loss_ratio"):
        assert_allclose(moved[name], base[name], rtol=1e-9, atol=1e-12, err_msg=name)


@PROPERTY
@given(net=pnl_lists)
def test_drawdown_lies_between_zero_and_the_sum_of_losses(net):
    """It cannot be positive, deeper than all losses, or shallower than the final loss."""
    record = record_of(net)
    net = np.array(net)
    assert net[net < 0].sum() <= record["max_drawdown_usd"] <= min(0.0, net.sum())
    assert record["max_drawdown_usd"] <= min(net.min(), 0.0)


@PROPERTY
@given(net=pnl_lists)
def test_totals_and_trade_averages_add_up(net):
    """gross = net + cost; wins and losses weighted by their counts give the total."""
    record = record_of(net)
    assert_allclose(
        record["total_gross_pnl_usd"],
        record["total_net_pnl_usd"] + record["total_cost_usd"],
        rtol=1e-12,
        atol=1e-6,
    )
    net = np.array(net)
    wins, losses = (net > 0).sum(), (net < 0).sum()
    total = wins * np.nan_to_num(record["avg_win_usd"])
    total += losses * np.nan_to_num(record["avg_loss_usd"])
    assert_allclose(total, record["total_net_pnl_usd"], rtol=1e-9, atol=1e-6)
    assert_allclose(record["hit_rate_share"], wins / net.size)


@PROPERTY
@given(net=pnl_lists)
def test_tails_are_ordered_and_moments_bounded(net):
    """Expected shortfall is no better than value at risk; kurtosis >= 1 + skewness squared."""
    record = record_of(net)
    assert record["cvar_historical_dec"] <= record["var_historical_dec"] + 1e-15
    if math.isfinite(record["kurtosis_ratio"]):
        assert record["cvar_gaussian_dec"] < record["var_gaussian_dec"]
        assert record["kurtosis_ratio"] >= 1 + record["skewness_ratio"] ** 2 - 1e-9
        # A downside mean square is part of the mean square.
        if math.isfinite(record["sortino_ratio"]) and record["sharpe_ratio"] > 0:
            assert record["sortino_ratio"] > 0


@PROPERTY
@given(net=pnl_lists)
def test_a_flat_session_changes_no_total_and_lowers_exposure(net):
    """Flat days belong to the sample: they dilute the mean, never the P&L or the drawdown."""
    base, longer = record_of(net), record_of([*net, 0.0])
    for name in ("total_net_pnl_usd", "max_drawdown_usd", "profit_factor_session_ratio"):
        assert_allclose(longer[name], base[name], rtol=1e-12)
    assert longer["session_count"] == base["session_count"] + 1
    assert longer["exposure_share"] <= base["exposure_share"]


@PROPERTY
@given(net=any_pnl_lists)
def test_no_input_gives_infinity_a_warning_or_an_exception(net):
    """NaN is the only answer to an undefined ratio."""
    net = np.array(net, dtype=float)
    position = np.sign(np.nan_to_num(net))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        standard = standard_metrics(net, net * 0, position, [], [], 1e6)
    assert not any(math.isinf(value) for value in standard.values())
    missing = np.isnan(net).any()
    assert (standard["quality_status"] == QualityStatus.MISSING_PNL) == missing


@PROPERTY
@given(
    sharpe=st.floats(0.0, 0.3),
    trials=st.integers(1, 10_000),
    sd=st.floats(0.001, 0.1),
    skewness=st.floats(-1, 1),
)
def test_more_trials_never_raise_the_deflated_sharpe(sharpe, trials, sd, skewness):
    """One trial deflates nothing; each further trial lifts the hurdle."""
    shape = (sharpe, 500, skewness, 5.0)
    alone = deflated_sharpe(*shape, 1, sd)
    assert_allclose(alone, probabilistic_sharpe(*shape))
    assert deflated_sharpe(*shape, trials + 1, sd) <= deflated_sharpe(*shape, trials, sd) + 1e-12
