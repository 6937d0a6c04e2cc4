"""Performance as macrocredit and aponyx measure it: slow twins, hand-worked runs, printed figures.

The twins are pandas, as the replaced code was, and share no line with the kernels.
"""

import json
import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose

from empyrical_cases import PERIODS, compare_with_empyrical
from parspread.overlay.performance import (
    QualityStatus,
    metrics_by_run,
    standard_metrics,
)
from parspread.replicas.aponyx import aponyx_metrics, compounded_metrics
from parspread.replicas.macrocredit import macrocredit_metrics
from parspread.replicas.overlay_warehouse import aponyx_frame, macrocredit_frame
from performance_runs import (
    DEGENERATE_RUNS,
    SMALL_SAMPLES,
    UNITS,
    any_pnl_lists,
    assert_same_record,
    pick,
    runs,
    sample_run,
)


@pytest.fixture(autouse=True)
def every_warning_is_an_error():
    """A kernel guards its divisions itself; a leaked warning hides a wrong number."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


MACROCREDIT = ("net_pnl_usd", "position", "held_sessions")


APONYX = (*MACROCREDIT, "session_date")


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


def test_replaced_engine_reads_a_gain_above_one_without_losses_as_prices():
    """Returns 0, 0.5, 2.0 become the changes of a price; a loss anywhere prevents it."""
    days = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    zeros = np.zeros(4)
    record = aponyx_metrics([0.0, 5e4, 3e5, 4.5e5], zeros, zeros, days)
    # equity 100, 150, 450, 900 thousand: returns 0, 0.5, 2, 1; read as prices: NaN, NaN, 3, -0.5
    changes = np.array([3.0, -0.5])
    expected = changes.mean() / changes.std(ddof=1) * np.sqrt(252)
    assert_allclose(record["aponyx_sharpe_ratio"], expected)


def test_a_run_that_never_trades_has_the_zeros_of_the_replaced_engine():
    """Neither gains nor losses: volatility and both profit factors are 0 there, not missing."""
    zeros = np.zeros(40)
    days = np.datetime64("2024-01-01") + np.arange(40)
    found = aponyx_metrics(zeros, zeros, zeros, days) | macrocredit_metrics(zeros, zeros, zeros)
    for name in (
        "aponyx_annualised_volatility_dec", "aponyx_profit_factor_ratio",
        "aponyx_extended_profit_factor_ratio", "macrocredit_annualised_volatility_usd",
    ):  # fmt: skip
        assert found[name] == 0, name


@pytest.mark.filterwarnings("error")
def test_a_replica_prints_what_it_printed_on_the_smallest_sample() -> None:
    """It knows no floor, and nothing is infinite anywhere."""
    days, _, strategies = runs(
        {k: v[0] for k, v in SMALL_SAMPLES.items()}, {k: v[1] for k, v in SMALL_SAMPLES.items()}
    )
    macrocredit = macrocredit_frame(days, strategies).set_index("run_id")
    assert macrocredit.loc["one_trade", "macrocredit_sharpe_ratio"] > 0
    for record in (macrocredit, aponyx_frame(days, strategies)):
        assert not np.isinf(record.select_dtypes("float").to_numpy()).any()


def test_a_replica_stands_beside_the_passive_seller_of_its_instrument():
    """Alpha and beta were null in every row: nobody handed the engine its benchmark."""
    rng = np.random.default_rng(11)
    sold, own = rng.normal(50.0, 300.0, 300), rng.normal(0.0, 900.0, 280)
    days, _, strategies = runs({"run": list(own), "sold": list(sold)}, {})
    # The run has no row on twenty sessions in the middle; its next row stands for all of them.
    run = days["run_id"] == "run"
    dates = pd.date_range("2024-01-01", periods=300).delete(range(100, 120))
    days.loc[run, "session_date"] = dates.to_numpy()
    codes = {"benchmark_code": ["sold", None], "capital_usd": [5e6, 1e6]}
    found = aponyx_frame(days, strategies.assign(**codes)).set_index("run_id")
    beside = np.concatenate([sold[:100], [sold[100:121].sum()], sold[121:]]) / 1e6
    expected = aponyx_metrics(
        own, np.ones(280), np.arange(280), dates.to_numpy(), benchmark_return_dec=beside
    )
    for name in ("alpha_dec", "beta_ratio", "information_ratio", "r_squared_share"):
        assert found.loc["run", f"aponyx_{name}"] == pytest.approx(expected[f"aponyx_{name}"])
        assert np.isnan(found.loc["sold", f"aponyx_{name}"])


CAPITAL_USD = 1_000_000.0


@pytest.fixture(scope="module")
def checks(shared_dir):
    entries = json.loads((shared_dir / "golden/check_values.json").read_text())["entries"]
    return {entry["id"]: entry for entry in entries}


@pytest.fixture(scope="module")
def net_pnl_usd(checks):
    return np.array(checks["perf_series"]["inputs"]["pnl"])


def test_compounded_metrics_equal_quantstats_on_the_check_series(net_pnl_usd, checks):
    """The replaced engine's numbers come from quantstats; its core is witnessed by quantstats."""
    found = compounded_metrics(net_pnl_usd / CAPITAL_USD)
    expected = {
        "sharpe_ratio": checks["sharpe"]["outputs"]["quantstats"],
        "sortino_ratio": checks["sortino"]["outputs"]["quantstats"],
        "max_drawdown_dec": checks["drawdown"]["outputs"]["quantstats"],
        "calmar_ratio": checks["drawdown"]["outputs"]["calmar_quantstats"],
        "tail_ratio": checks["var_cvar"]["outputs"]["tail_ratio_qs"],
        "profit_factor_ratio": checks["var_cvar"]["outputs"]["profit_factor_qs"],
    }
    for name, value in expected.items():
        assert_allclose(found[name], value, rtol=1e-10, err_msg=name)


def test_macrocredit_sortino_and_drawdown_of_the_check_series(net_pnl_usd, checks):
    """The notebook's definitions on a series with many losing days."""
    flat = np.zeros(net_pnl_usd.size)
    record = macrocredit_metrics(net_pnl_usd, flat, flat)
    expected = checks["sortino"]["outputs"]["seed_std_of_negative_days"]
    assert_allclose(record["macrocredit_sortino_ratio"], expected, rtol=1e-10)
    expected = checks["drawdown"]["outputs"]["mdd_usd_seed"]
    assert_allclose(record["macrocredit_max_drawdown_usd"], expected, rtol=1e-10)


def test_dollar_series_read_as_prices_gives_the_quantstats_trap(checks):
    """Returns equal to the trap's figures, all positive with one above 1, are differenced again.

    Equity is built so that the engine's returns are 0 and then the trap's figures; its leading
    zero row drops out because a change from zero is undefined.
    """
    entry = checks["qs_dollar_trap"]
    returns = np.array(entry["inputs"]["pnl"])
    equity = 100_000.0 * np.cumprod(np.concatenate(([1.0], 1 + returns)))
    net = np.diff(equity, prepend=100_000.0)
    zeros = np.zeros(net.size)
    days = np.datetime64("2024-01-01") + np.arange(net.size)
    record = aponyx_metrics(net, zeros, zeros, days)
    assert_allclose(record["aponyx_sharpe_ratio"], entry["outputs"]["sharpe_on_dollars"], rtol=1e-9)


NOTEBOOK_MAPPING = {
    "macrocredit_sharpe_ratio": "sharpe_ratio",
    "macrocredit_sortino_ratio": "sortino_ratio",
    "macrocredit_max_drawdown_usd": "max_drawdown",
    "macrocredit_calmar_ratio": "calmar_ratio",
    "macrocredit_total_return_usd": "total_return",
    "macrocredit_annualised_return_usd": "annualized_return",
    "macrocredit_annualised_volatility_usd": "annualized_volatility",
    "macrocredit_hit_rate_share": "hit_rate",
    "macrocredit_avg_win_usd": "avg_win",
    "macrocredit_avg_loss_usd": "avg_loss",
    "macrocredit_win_loss_ratio": "win_loss_ratio",
    "macrocredit_trade_count": "n_trades",
    "macrocredit_avg_holding_sessions": "avg_holding_days",
}


def test_notebook_metrics_equal_the_executed_notebook(shared_dir):
    """Every metric the notebook prints, flaws included; the files hold 17 digits."""
    folder = shared_dir / "golden/notebook"
    printed = json.loads((folder / "metrics.json").read_text())
    pnl = pd.read_csv(folder / "pnl.csv")
    positions = pd.read_csv(folder / "positions.csv")
    record = macrocredit_metrics(pnl["net_pnl"], positions["position"], positions["days_held"])
    assert sorted(NOTEBOOK_MAPPING.values()) == sorted(printed)
    for column, name in NOTEBOOK_MAPPING.items():
        assert_allclose(record[column], printed[name], rtol=1e-9, atol=1e-9, err_msg=column)


def test_trade_counts_and_totals_equal_the_golden_runs(shared_dir):
    """120 runs of the replaced engine: its own summary counts entries and adds up P&L.

    The summary is the only printed witness of this set on the golden runs.
    """
    folder = shared_dir / "golden/engine"
    runs = pd.read_parquet(folder / "runs.parquet").set_index("run_id")
    daily = pd.read_parquet(folder / "daily.parquet").sort_values(["run_id", "date"])
    row_count = daily.groupby("run_id").size()
    runs = runs.loc[row_count.index]
    columns = {
        "net_pnl_usd": daily["net_pnl"].to_numpy(),
        "position": daily["position"].to_numpy(),
        "held_sessions": daily["days_held"].to_numpy(),
        "session_date": daily["date"].to_numpy(),
    }
    out = metrics_by_run(aponyx_metrics, np.cumsum([0, *row_count]), columns)
    assert (out["aponyx_trade_count"] == runs["n_trades"]).all()
    first_pnl = daily.groupby("run_id")["net_pnl"].first()
    later_pnl = out["aponyx_total_return_dec"] * (100_000 + first_pnl)
    assert_allclose(first_pnl + later_pnl, runs["total_pnl"], rtol=1e-9, atol=1e-4)


@pytest.mark.parametrize("case", DEGENERATE_RUNS)
def test_degenerate_runs_give_nan_and_a_status_never_infinity_or_a_warning(case):
    """As in the standard set; a replica knows no floor, but missing P&L is missing."""
    net, status = DEGENERATE_RUNS[case]
    zeros = np.zeros(net.size)
    days = np.datetime64("2024-01-01") + np.arange(net.size)
    macrocredit = macrocredit_metrics(net, zeros, zeros)
    aponyx = aponyx_metrics(net, zeros, zeros, days)
    for record in (macrocredit, aponyx):
        assert not any(math.isinf(v) for v in record.values())
    if status == QualityStatus.MISSING_PNL:
        assert macrocredit["macrocredit_status"] == aponyx["aponyx_status"] == status


def test_runs_are_measured_one_by_one():
    """Three runs give three figures, none gives none."""
    cut = [sample_run(seed, count) for seed, count in ((1, 80), (2, 3), (3, 200))]
    offsets = np.cumsum([0] + [run["net_pnl_usd"].size for run in cut])
    columns = {name: np.concatenate([run[name] for run in cut]) for name in APONYX}
    aponyx = metrics_by_run(aponyx_metrics, offsets, columns)
    assert aponyx["aponyx_sharpe_ratio"].shape == (3,)
    assert metrics_by_run(macrocredit_metrics, [0], {"net_pnl_usd": np.zeros(0)}) == {}


def test_every_metric_name_closes_with_its_unit():
    """The names become columns; a bare float hides ten-fold errors."""
    run = sample_run(0)
    records = (
        macrocredit_metrics(*pick(run, MACROCREDIT)),
        aponyx_metrics(*pick(run, APONYX)),
        compounded_metrics(run["net_pnl_usd"] / 1e6),
    )
    names = [name for record in records for name in record]
    assert [name for name in names if not name.endswith(UNITS)] == []


def test_dates_that_do_not_rise_are_refused():
    """An error is read by someone who did not write the call."""
    zeros = np.zeros(3)
    message = "session_date must be strictly increasing; row 1 was 2024-01-02 after 2024-01-02"
    with pytest.raises(ValueError, match=message):
        aponyx_metrics(zeros, zeros, zeros, np.array(["2024-01-02"] * 3, "datetime64[D]"))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(net=any_pnl_lists)
def test_no_input_gives_infinity_a_warning_or_an_exception(net):
    """NaN is the only answer to an undefined ratio."""
    net = np.array(net, dtype=float)
    position = np.sign(np.nan_to_num(net))
    days = np.datetime64("2020-01-01") + np.arange(net.size)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        macrocredit = macrocredit_metrics(net, position, np.zeros(net.size))
        aponyx = aponyx_metrics(net, position, np.zeros(net.size), days)
    for record in (macrocredit, aponyx):
        assert not any(math.isinf(value) for value in record.values())
    missing = np.isnan(net).any()
    assert (macrocredit["macrocredit_status"] == QualityStatus.MISSING_PNL) == missing
    assert (aponyx["aponyx_status"] == QualityStatus.MISSING_PNL) == missing


# Test of empyrical -> our figure. The rows that its count holds include the missing first one, as
# zero growth; the printed tail ratio of 18/19 follows only if it takes part as a zero too.
EMPYRICAL_MAPPING = {
    "test_annual_ret": lambda a: compounded_metrics(
        a["returns"], sessions_per_year=PERIODS[a["period"]]
    )["annualised_return_dec"],
    "test_calmar": lambda a: compounded_metrics(
        a["returns"], sessions_per_year=PERIODS[a["period"]]
    )["calmar_ratio"],
    "test_tail_ratio": lambda a: compounded_metrics(np.nan_to_num(a["returns"]))["tail_ratio"],
}


def test_empyrical_cases_agree_where_the_metric_compounds(shared_dir):
    """Eight digits as in empyrical's own tests."""
    assert compare_with_empyrical(shared_dir, EMPYRICAL_MAPPING) == 11
