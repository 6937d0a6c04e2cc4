"""Performance as the aponyx engine measures it: compounded on a fixed base, flaws included."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import DateArray, FloatArray
from parspread.overlay.benchmark import benchmark_metrics
from parspread.overlay.performance import QualityStatus
from parspread.overlay.sample_statistics import (
    Metrics,
    column_of,
    finite_ratio,
    max_drawdown_geometric,
    mean_of,
    nulled,
    profit_factor,
    require_positive,
    tail_metrics,
    true_spells,
    win_loss_metrics,
)
from parspread.overlay.sharpe import rolling_sharpe_ratio, sharpe_ratio
from parspread.replicas.macrocredit import entry_count, position_trades


def compounded_metrics(return_dec: ArrayLike, *, sessions_per_year: float = 252.0) -> Metrics:
    """Return the return-based metrics in the compounding convention of quantstats 0.0.86.

    annualised return = |prod(1 + r)|^(q / n) - 1 (NaN if the product is negative); Sortino divides
    by all rows; drawdown is geometric; the tail ratio is |q95 / q05|; a profit factor without
    losses is NaN here, infinite there, and 0 without gains and losses.

    Parameters
    ----------
    return_dec : float array, shape (n_sessions,)
        Returns. NaN is skipped but its row counts in n.
    sessions_per_year : float, > 0
        Sessions q in a year.

    Returns
    -------
    dict of str to float or int

    Examples
    --------
    >>> record = compounded_metrics([0.1, -0.1, 0.1], sessions_per_year=3)
    >>> round(record["annualised_return_dec"], 12), round(record["calmar_ratio"], 12)
    (0.089, 0.89)
    """
    column = column_of("return_dec", return_dec)
    require_positive("sessions_per_year", sessions_per_year)
    finite = column[np.isfinite(column)]
    root_year = float(np.sqrt(sessions_per_year))
    growth = float(np.prod(1.0 + finite)) if finite.size else np.nan
    annualised = np.nan
    if growth == 0:
        annualised = -1.0
    elif growth > 0 and np.log(growth) * sessions_per_year / column.size < 700:
        annualised = growth ** (sessions_per_year / column.size) - 1
    losses = finite[finite < 0]
    shortfall = np.sqrt((losses @ losses) / column.size) if losses.size else np.nan
    drawdown = max_drawdown_geometric(finite)
    wealth = np.concatenate(([1.0], np.cumprod(1.0 + finite)))
    spells, _ = true_spells(wealth < np.maximum.accumulate(wealth))
    return {
        "annualised_return_dec": annualised,
        "annualised_volatility_dec": _deviation(finite) * root_year,
        "sharpe_ratio": sharpe_ratio(finite, sessions_per_year=sessions_per_year),
        "sortino_ratio": finite_ratio(mean_of(finite) * root_year, shortfall),
        "max_drawdown_dec": drawdown,
        "calmar_ratio": finite_ratio(annualised, abs(drawdown)),
        "tail_ratio": float(tail_metrics(finite, np.nan, 0.05)["tail_ratio"]),
        "profit_factor_ratio": profit_factor(finite) if finite.any() else 0.0,
        "drawdown_count": int(spells.size),
    }


def _equity_returns(net_pnl_usd: FloatArray, starting_capital_usd: float) -> FloatArray:
    """Return the engine's equity returns; the first row is 0, a division by zero is NaN."""
    equity = starting_capital_usd + np.cumsum(net_pnl_usd)
    returns = np.zeros(net_pnl_usd.size)
    before, after = equity[:-1], equity[1:]
    growth = np.full(before.size, np.nan)
    np.divide(after, before, out=growth, where=before != 0)
    returns[1:] = growth - 1.0
    return returns


def _as_quantstats_reads(returns: FloatArray) -> FloatArray:
    """Difference a series that quantstats mistakes for prices: none negative, one above 1."""
    finite = returns[np.isfinite(returns)]
    if not finite.size or finite.min() < 0 or finite.max() <= 1:
        return returns
    changes = np.full(returns.size, np.nan)
    np.divide(returns[1:], returns[:-1], out=changes[1:], where=returns[:-1] != 0)
    return changes - 1.0


def _recovery_days(net_pnl_usd: FloatArray, session_date: DateArray) -> tuple[float, float]:
    """Return days from the deepest trough to recovery, and the mean length of closed episodes.

    The engine's first peak is the first row's cumulative P&L, not 0.
    """
    cumulative = np.cumsum(net_pnl_usd)
    below_peak = cumulative - np.maximum.accumulate(cumulative)
    start, end = true_spells(below_peak < 0)
    if not start.size:
        return 0.0, 0.0
    day = session_date.astype("datetime64[D]").astype(np.int64)
    closed = end < day.size
    lengths = (day[end[closed]] - day[start[closed]]).astype(np.float64)
    trough = int(np.argmin(below_peak))
    back = end[np.searchsorted(end, trough, side="right")]
    deepest = float(day[back] - day[trough]) if back < day.size else np.nan
    return deepest, mean_of(lengths) if lengths.size else 0.0


def aponyx_metrics(
    net_pnl_usd: ArrayLike,
    position: ArrayLike,
    held_sessions: ArrayLike,
    session_date: ArrayLike,
    benchmark_return_dec: ArrayLike | None = None,
    **settings: float,
) -> Metrics:
    """Return the metrics of the aponyx engine, its known flaws included.

    Kept for comparison. The base is 100,000 dollars whatever the notional, so equity can cross zero
    and the Sharpe ratio take the wrong sign; the first row's P&L never becomes a return; recovery
    of the deepest drawdown counts from its trough. The engine prints alpha as beta and beta as
    alpha; here each has its own name. Where the engine reports infinity this is NaN.

    Parameters
    ----------
    net_pnl_usd : float array, shape (n_sessions,)
        Net P&L in dollars; a value that is not finite makes every measured metric NaN.
    position : float array, shape (n_sessions,)
        Direction or notional at the end of the row; every change starts a new trade. Finite.
    held_sessions : float array, shape (n_sessions,)
        Sessions since entry, 0 on entry and exit rows. Finite.
    session_date : datetime64 array, shape (n_sessions,)
        Strictly increasing dates.
    benchmark_return_dec : float array, shape (n_sessions,), optional
        Benchmark returns; without it the four relative metrics are NaN.
    **settings
        `starting_capital_usd` (> 0, base of the returns, 100,000) and `rolling_window_sessions`
        (>= 2, window of the rolling Sharpe ratio, 63).

    Returns
    -------
    dict of str to float or int
        Names `aponyx_*`, the separate extended set `aponyx_extended_*`; `aponyx_status` is
        MISSING_PNL or OK.

    Raises
    ------
    ValueError
        If lengths differ, dates do not increase, or an argument is out of range.

    Examples
    --------
    >>> days = np.arange("2024-01-01", "2024-01-05", dtype="datetime64[D]")
    >>> record = aponyx_metrics([0.0, 1e4, -2.2e4, 3e4], [1, 1, -1, -1], [0, 1, 0, 1], days)
    >>> round(record["aponyx_total_return_dec"], 12), round(record["aponyx_max_drawdown_dec"], 12)
    (0.18, -0.2)
    >>> record["aponyx_max_drawdown_recovery_days"], record["aponyx_hit_rate_share"]
    (1.0, 1.0)
    """
    given: dict[str, Any] = {"starting_capital_usd": 100_000.0, "rolling_window_sessions": 63}
    given |= settings
    capital_usd, window_sessions = given["starting_capital_usd"], given["rolling_window_sessions"]
    net = column_of("net_pnl_usd", net_pnl_usd)
    position = column_of("position", position, net.size)
    held = column_of("held_sessions", held_sessions, net.size)
    dates = _increasing_dates(session_date, net.size)
    require_positive("starting_capital_usd", capital_usd)
    if not all(np.isfinite(c).all() for c in (net, position, held)):
        flat = np.zeros(net.size)
        known_position = np.nan_to_num(position)
        empty = nulled(aponyx_metrics(flat, known_position, flat, dates, **settings))
        return empty | {"aponyx_status": int(QualityStatus.MISSING_PNL)}

    equity_returns = _equity_returns(net, capital_usd)
    returns = _as_quantstats_reads(equity_returns)
    deepest_days, mean_days = _recovery_days(net, dates)
    windows = np.lib.stride_tricks.sliding_window_view(net, 21) if net.size >= 21 else None
    return {
        "aponyx_total_return_dec": (
            finite_ratio(net[1:].sum(), capital_usd + net[0]) if net.size else np.nan
        ),
        **_compounded(returns),
        **_rolling_sharpe(returns, window_sessions),
        **_trades(position, net),
        "aponyx_avg_holding_sessions": mean_of(held[position != 0]),
        "aponyx_max_drawdown_recovery_days": deepest_days,
        "aponyx_avg_recovery_days": mean_days,
        "aponyx_consistency_share": (
            np.nan if windows is None else float((windows.sum(axis=1) > 0).mean())
        ),
        **_relative(equity_returns, benchmark_return_dec),
        **_extended(net, window_sessions),
        "aponyx_status": int(QualityStatus.OK),
    }


def _increasing_dates(session_date: ArrayLike, row_count: int) -> DateArray:
    """Return the dates, or raise when their number or order is wrong."""
    dates = np.asarray(session_date, dtype="datetime64[D]")
    if dates.shape != (row_count,):
        raise ValueError(f"session_date must have {row_count} rows; its shape was {dates.shape}")
    late = np.flatnonzero(~(np.diff(dates) > np.timedelta64(0, "D")))
    if late.size:
        row = int(late[0]) + 1
        raise ValueError(
            f"session_date must be strictly increasing; row {row} was {dates[row]} "
            f"after {dates[row - 1]}"
        )
    return dates


def _compounded(returns: FloatArray) -> Metrics:
    """Return the measures of `compounded_metrics` under their public names."""
    measures = compounded_metrics(returns)
    return {
        "aponyx_annualised_return_dec": measures["annualised_return_dec"],
        "aponyx_annualised_volatility_dec": measures["annualised_volatility_dec"],
        "aponyx_sharpe_ratio": measures["sharpe_ratio"],
        "aponyx_sortino_ratio": measures["sortino_ratio"],
        "aponyx_max_drawdown_dec": measures["max_drawdown_dec"],
        "aponyx_calmar_ratio": measures["calmar_ratio"],
        "aponyx_tail_ratio": measures["tail_ratio"],
        "aponyx_profit_factor_ratio": measures["profit_factor_ratio"],
        "aponyx_drawdown_count": measures["drawdown_count"],
    }


def _rolling_sharpe(returns: FloatArray, window_sessions: int) -> Metrics:
    """Return mean and deviation of the rolling Sharpe ratio; the engine drops the warm-up here."""
    rolling = rolling_sharpe_ratio(returns, window_sessions)
    rolling = rolling[np.isfinite(rolling)]
    return {
        "aponyx_rolling_sharpe_mean_ratio": mean_of(rolling),
        "aponyx_rolling_sharpe_sd_ratio": _deviation(rolling),
    }


def _deviation(values: FloatArray) -> float:
    return float(values.std(ddof=1)) if values.size > 1 else np.nan


def _trades(position: FloatArray, net: FloatArray) -> Metrics:
    """Return the statistics of trades, 0 where undefined."""
    trades = win_loss_metrics(position_trades(position, net))
    trades = {name: value if np.isfinite(value) else 0.0 for name, value in trades.items()}
    return {
        "aponyx_trade_count": entry_count(position),
        "aponyx_hit_rate_share": trades["hit_rate_share"],
        "aponyx_avg_win_usd": trades["avg_win_usd"],
        "aponyx_avg_loss_usd": trades["avg_loss_usd"],
        "aponyx_win_loss_ratio": trades["win_loss_ratio"],
    }


def _relative(equity_returns: FloatArray, benchmark_return_dec: ArrayLike | None) -> Metrics:
    """Return the measures against a benchmark; NaN without one."""
    if benchmark_return_dec is None:
        benchmark_return_dec = np.full(equity_returns.size, np.nan)
    relative = benchmark_metrics(equity_returns, benchmark_return_dec)
    return {
        "aponyx_alpha_dec": relative["alpha_dec"],
        "aponyx_beta_ratio": relative["beta_ratio"],
        "aponyx_information_ratio": float(relative["information_ratio"]) / float(np.sqrt(252.0)),
        "aponyx_r_squared_share": relative["r_squared_share"],
    }


def _extended(net: FloatArray, window_sessions: int) -> Metrics:
    """Return the engine's extended set: dollars, and a warm-up that counts as zero."""
    rolling = np.nan_to_num(rolling_sharpe_ratio(net, window_sessions))
    low, high = np.quantile(net, [0.05, 0.95]) if net.size else (np.nan, np.nan)
    return {
        "aponyx_extended_rolling_sharpe_mean_ratio": mean_of(rolling),
        "aponyx_extended_rolling_sharpe_sd_ratio": _deviation(rolling),
        "aponyx_extended_tail_ratio": float(high / -low) if net.size >= 20 and low < 0 else 0.0,
        "aponyx_extended_profit_factor_ratio": profit_factor(net) if net.any() else 0.0,
    }
