"""Alpha, beta and their errors against statsmodels; concentration and leverage by hand."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

from parspread.overlay.benchmark import (
    benchmark_metrics,
    concentration_metrics,
    leverage_metrics,
    since_previous,
)
from parspread.overlay.sharpe import newey_west_lag_sessions

# alpha per session, beta and their t ratios of `drawn_run(0)` to `(19)`, by statsmodels 0.15:
# OLS(r, add_constant(b)).fit(cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": False}).
STATSMODELS = [
    (0.0003758895923780312, -0.663641103384604, 0.7108297789060576, -2.3882018534517853),
    (-0.0005187276057228038, -0.2759690695757699, -1.9313034613277742, -2.196162447024723),
    (-0.0003767660962268578, 0.07899333129993155, -1.44576232261222, 0.9359772372071625),
    (0.0002060001529407672, 0.13319837288299013, 0.8482485342203556, 1.5179429539621259),
    (0.00022201667448157894, -0.05972969538065914, 1.047646235484484, -0.77508590665125),
    (-4.668237175875589e-05, -0.1461604509841382, -0.26774988324686644, -2.0977371674599565),
    (0.00018912277825270413, 0.03574216599103611, 1.2243467196967046, 0.6269579136609624),
    (-0.00010734464182557964, 0.3004758474455646, -0.69005099138432, 4.796331366803997),
    (1.7915085228550156e-05, -0.3134220298350841, 0.1186061904955146, -5.422462764123535),
    (7.713366580754889e-05, -0.16544687887008797, 0.5569534316362413, -2.9095007723141717),
    (-0.0003281321085389459, 0.0574462835058641, -2.671657048020866, 1.2485490730152564),
    (6.956241248758021e-05, 0.33626942055859393, 0.540550089011093, 5.8118160901501685),
    (1.697639211799923e-05, -0.28272074640975664, 0.14210266396614904, -6.037801723967116),
    (0.00031677796100563165, -0.16811541675199235, 2.6643046994660584, -3.143609158872626),
    (0.0003437600457267178, 0.09514225412188297, 2.8554291332854578, 2.1063185822458266),
    (-0.00042311253307115483, 0.2764078512040716, -3.66484045478992, 5.340908427842825),
    (-0.0004110472885444972, -0.31222677868622895, -4.085053340514764, -7.912192967329243),
    (0.00023549058919063173, -0.0882994610861952, 2.305897880728252, -2.2254782940563076),
    (8.059269935231516e-05, 0.1024319912440648, 0.7832173979700062, 2.261179842143567),
    (1.155806984051488e-05, 0.2991991726589583, 0.11536533629858466, 7.582343688534625),
]


def drawn_run(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return returns whose errors depend on each other and on the benchmark."""
    rng = np.random.default_rng(seed)
    count = 60 + 150 * seed
    benchmark = rng.normal(0.0002, 0.003, count)
    shock = rng.normal(size=count) * (0.001 + np.abs(benchmark))
    rest = shock + 0.4 * np.concatenate([[0.0], shock[:-1]])
    return 0.0001 * (seed % 5 - 2) + (seed % 4 - 1.5) * 0.2 * benchmark + rest, benchmark


@pytest.mark.parametrize("seed", range(20))
def test_alpha_beta_and_their_t_equal_statsmodels(seed: int) -> None:
    """An error that ignores clusters calls luck skill; twenty runs of 60 to 2,910 sessions."""
    record = benchmark_metrics(*drawn_run(seed))
    found = (record["alpha_dec"] / 252, record["beta_ratio"])
    found += (record["alpha_t_ratio"], record["beta_t_ratio"])
    assert_allclose(found, STATSMODELS[seed], rtol=1e-9)


def test_the_line_and_its_errors_equal_sums_written_out() -> None:
    """The twin: normal equations, and every pair of sessions within the lag, one by one."""
    returns, benchmark = drawn_run(2)
    design = np.column_stack([np.ones(len(returns)), benchmark])
    line = np.linalg.lstsq(design, returns, rcond=None)[0]
    rest = returns - design @ line
    lag = newey_west_lag_sessions(len(returns))
    middle = np.zeros((2, 2))
    for s in range(len(rest)):
        for t in range(max(0, s - lag), min(len(rest), s + lag + 1)):
            weight = 1 - abs(s - t) / (lag + 1)
            middle += weight * rest[s] * rest[t] * np.outer(design[s], design[t])
    bread = np.linalg.inv(design.T @ design)
    errors = np.sqrt(np.diag(bread @ middle @ bread))
    rest_sd = math.sqrt(rest @ rest / (len(rest) - 2))
    record = benchmark_metrics(returns, benchmark)
    assert_allclose(
        [record["alpha_t_ratio"], record["beta_t_ratio"], record["appraisal_ratio"]],
        [*(line / errors), line[0] / rest_sd * math.sqrt(252)],
        rtol=1e-9,
    )
    assert record["benchmark_correlation_ratio"] == pytest.approx(
        np.corrcoef(returns, benchmark)[0, 1]
    )
    excess = returns - benchmark
    assert record["excess_return_dec"] == pytest.approx(excess.mean() * 252)
    assert record["benchmark_return_dec"] == pytest.approx(benchmark.mean() * 252)


def test_benchmark_metrics_recover_a_constructed_line() -> None:
    """r = 0.001 + 1.5 b exactly: beta 1.5, alpha 0.252 a year, R squared 1, no rest."""
    benchmark = np.random.default_rng(4).normal(0.0, 0.01, 100)
    record = benchmark_metrics(0.001 + 1.5 * benchmark, benchmark)
    assert_allclose(
        [record["beta_ratio"], record["alpha_dec"], record["r_squared_share"]], [1.5, 0.252, 1.0]
    )
    for name in ("alpha_t_ratio", "beta_t_ratio", "appraisal_ratio"):
        assert math.isnan(record[name]), name
    flat = benchmark_metrics(benchmark, np.zeros(100))
    assert math.isnan(flat["beta_ratio"])
    benchmark[3] = np.nan
    assert benchmark_metrics(np.ones(100), benchmark)["benchmark_session_count"] == 99


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_handful_of_sessions_has_no_errors_and_raises_nothing(count: int) -> None:
    record = benchmark_metrics([0.01, -0.02, 0.02][:count], [0.02, 0.01, -0.01][:count])
    assert record["benchmark_session_count"] == count
    assert math.isnan(record["alpha_t_ratio"]) or count == 3


DAYS = np.array(
    ["2019-12-30", "2019-12-31", "2020-01-02", "2020-03-16", "2022-01-03", "2022-01-04"],
    dtype="datetime64[D]",
)


def test_a_gain_of_one_year_is_seen() -> None:
    """2019 +30, 2020 +90, 2022 -40: without 2020 the run loses 10, and its best day made 60."""
    record = concentration_metrics(
        [10.0, 20.0, 60.0, 30.0, -50.0, 10.0], DAYS, sessions_per_year=252.0, min_session_count=4
    )
    others = np.array([10.0, 20.0, -50.0, 10.0])
    assert record == {
        "best_year": 2020.0,
        "best_year_pnl_ratio": 90.0 / 80.0,
        "best_day_pnl_ratio": 60.0 / 80.0,
        "net_pnl_without_best_year_usd": -10.0,
        "sharpe_without_best_year_ratio": pytest.approx(
            others.mean() / others.std(ddof=1) * math.sqrt(252)
        ),
    }


def test_a_loss_has_a_best_year_and_no_share_of_it() -> None:
    """A share of a loss means nothing; a year without sessions is not the best of losing ones."""
    record = concentration_metrics([-10.0, -20.0, -5.0, -5.0, -40.0, 0.0], DAYS)
    assert record["best_year"] == 2020.0
    assert math.isnan(record["best_year_pnl_ratio"]) and math.isnan(record["best_day_pnl_ratio"])
    assert record["net_pnl_without_best_year_usd"] == -70.0
    assert math.isnan(record["sharpe_without_best_year_ratio"])
    assert all(map(math.isnan, concentration_metrics([np.nan], DAYS[:1]).values()))
    assert all(map(math.isnan, concentration_metrics([], DAYS[:0]).values()))


def test_leverage_is_notional_over_declared_capital() -> None:
    """A run on 10 million that held 20 million on one of four sessions was not unlevered."""
    record = leverage_metrics([0.0, -10.0, 20.0, 0.0], 10e6)
    assert record == {"average_leverage_ratio": 0.75, "peak_leverage_ratio": 2.0}


def test_a_run_that_leaves_sessions_out_stands_beside_all_that_the_benchmark_earned() -> None:
    """Its next session earns the gap too; one that only the run has stands beside nothing."""
    earned = since_previous([3, 4, 5, 7, 8], [1.0, 2.0, 4.0, 8.0, 16.0], [4, 6, 7, 8])
    np.testing.assert_array_equal(earned, [2.0, np.nan, 8.0, 16.0])
    gap = since_previous([3, 4, 5, 7, 8], [1.0, 2.0, 4.0, 8.0, 16.0], [4, 8])
    np.testing.assert_array_equal(gap, [2.0, 28.0])
    whole = since_previous([3, 4, 5], [1.0, 2.0, 4.0], [3, 4, 5])
    np.testing.assert_array_equal(whole, [1.0, 2.0, 4.0])
    assert np.isnan(since_previous([], [], [1, 2])).all()
    np.testing.assert_array_equal(since_previous([5], [1.0], [4, 5]), [np.nan, 1.0])
