"""The desk's performance record of a run: additive returns on declared capital, every session in.

A measure that is not defined (flat run, one trade, no losing day) is NaN, never infinite. The
status says whether the sample is large enough to believe the figures; `ESTIMATES` names those that
are not to be shown at all on a handful of trades or sessions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parspread.arrays import FloatArray, IntArray
from parspread.overlay.sample_statistics import (
    Metrics,
    column_of,
    downside_deviation,
    finite_ratio,
    max_drawdown,
    max_drawdown_geometric,
    mean_of,
    moments,
    nulled,
    profit_factor,
    require_positive,
    require_share,
    sample_deviation,
    tail_metrics,
    win_loss_metrics,
)
from parspread.overlay.sharpe import (
    autocorrelations,
    lo_annualisation_factor,
    min_track_record_sessions,
    newey_west_lag_sessions,
    newey_west_t_ratio,
    probabilistic_sharpe,
    sharpe_ratio,
    sharpe_standard_errors,
)

# What the standard set infers from a sample. The rest of it (dollars, counts, drawdowns, holding
# time, turnover, exposure) says what happened, which is true of a single trade as well.
ESTIMATES = (
    "annualised_return_dec",
    "annualised_volatility_dec",
    "sharpe_ratio",
    "session_sharpe_ratio",
    "sharpe_lo_error_ratio",
    "sharpe_mertens_error_ratio",
    "mean_t_ratio",
    "newey_west_t_ratio",
    "sharpe_newey_west_ratio",
    "sharpe_lo_ratio",
    "probabilistic_sharpe_share",
    "min_track_record_sessions",
    "sortino_ratio",
    "calmar_ratio",
    "hit_rate_share",
    "win_loss_ratio",
    "profit_factor_trade_ratio",
    "profit_factor_session_ratio",
    "skewness_ratio",
    "kurtosis_ratio",
    "skewness_adjusted_ratio",
    "excess_kurtosis_adjusted_ratio",
    "var_historical_dec",
    "cvar_historical_dec",
    "tail_ratio",
    "var_gaussian_dec",
    "cvar_gaussian_dec",
    # Of `benchmark`:
    "sharpe_without_best_year_ratio",
    "benchmark_return_dec",
    "benchmark_sharpe_ratio",
    "excess_return_dec",
    "information_ratio",
    "alpha_dec",
    "alpha_t_ratio",
    "beta_ratio",
    "beta_t_ratio",
    "appraisal_ratio",
    "benchmark_correlation_ratio",
    "r_squared_share",
)


class QualityStatus(IntEnum):
    """Whether the sample behind a run's metrics is large enough; the worst reason wins."""

    OK = 0
    MISSING_PNL = 1
    INSUFFICIENT_SESSIONS = 2
    INSUFFICIENT_TRADES = 3
    UNKNOWN_PNL = 4
    """A position was held over sessions with unknown P&L; the figures are those of the rest."""
    DEPENDS_ON_ONE_YEAR = 5
    """The run gained, and without its best calendar year it did not."""


@dataclass(frozen=True)
class StandardSettings:
    """What the standard record is measured with.

    Attributes
    ----------
    sessions_per_year : float, > 0
        Sessions in a year.
    min_session_count, min_trade_count : int, >= 0
        Below these the status is INSUFFICIENT_SESSIONS or INSUFFICIENT_TRADES.
    benchmark_sharpe_ratio : float
        Annualised Sharpe ratio to beat in the probabilistic ratio and the minimum track record.
    confidence_share : float, inside (0, 1)
        Confidence of the minimum track record.
    tail_share : float, inside (0, 1)
        Tail of value at risk, expected shortfall and tail ratio.
    autocorrelation_lag_sessions : int, >= 0
        Lags in the Lo adjustment.
    """

    sessions_per_year: float = 252.0
    min_session_count: int = 60
    min_trade_count: int = 30
    benchmark_sharpe_ratio: float = 0.0
    confidence_share: float = 0.95
    tail_share: float = 0.05
    autocorrelation_lag_sessions: int = 5

    def __post_init__(self) -> None:
        """Raise when a setting is out of range."""
        require_positive("sessions_per_year", self.sessions_per_year)
        require_share("tail_share", self.tail_share)
        require_share("confidence_share", self.confidence_share)


def standard_metrics(
    net_pnl_usd: ArrayLike,
    cost_usd: ArrayLike,
    position_notional_mm: ArrayLike,
    trade_net_pnl_usd: ArrayLike,
    trade_holding_sessions: ArrayLike,
    capital_usd: float,
    **settings: float,
) -> Metrics:
    """Return the standard performance record of one run.

    Returns are additive, r = net P&L / declared capital, over **all** sessions of the run, flat
    ones included. Trade statistics use the trades handed in, each from fill to fill with the exit
    session and both costs.

    Parameters
    ----------
    net_pnl_usd, cost_usd : float array, shape (n_sessions,)
        Net P&L and cost (>= 0) of each session in dollars; net = gross - cost. A value that is
        not finite makes every measured metric NaN, with status MISSING_PNL.
    position_notional_mm : float array, shape (n_sessions,)
        Signed notional at the end of each session in millions of dollars; the run starts flat.
    trade_net_pnl_usd : float array, shape (n_trades,)
        Net P&L of each closed trade in dollars.
    trade_holding_sessions : float array, shape (n_trades,)
        Exit session minus entry session.
    capital_usd : float, > 0
        Declared risk capital in dollars.
    **settings
        Fields of `StandardSettings`.

    Returns
    -------
    dict of str to float or int
        One entry per column; `quality_status` holds a code of `QualityStatus`. The status does not
        remove values: whoever shows them leaves out `ESTIMATES` of a very small sample, since a
        sparse run with positive skew shows 99 % on a single trade. `var_*`, `cvar_*`, drawdowns
        and `avg_loss_usd` are signed (a loss is negative); `sharpe_*_error_ratio` are annualised
        like `sharpe_ratio`; `turnover_ratio` is sum |change of notional| / (2 capital) per year;
        `exposure_share` is the share of sessions that end with a position.

    Raises
    ------
    ValueError
        If lengths differ, or capital, sessions per year or a share is out of range.

    Examples
    --------
    >>> record = standard_metrics([100.0, -50.0, 70.0], [0.0, 0.0, 0.0], [1.0, 1.0, 0.0],
    ...                           [120.0], [2.0], 10_000.0)
    >>> record["total_net_pnl_usd"], record["max_drawdown_dec"], record["turnover_ratio"]
    (120.0, -0.005, 8400.0)
    >>> QualityStatus(record["quality_status"]).name
    'INSUFFICIENT_SESSIONS'
    """
    given = StandardSettings(**settings)
    net = column_of("net_pnl_usd", net_pnl_usd)
    cost = column_of("cost_usd", cost_usd, net.size)
    notional_mm = column_of("position_notional_mm", position_notional_mm, net.size)
    trade_pnl = column_of("trade_net_pnl_usd", trade_net_pnl_usd)
    holding = column_of("trade_holding_sessions", trade_holding_sessions, trade_pnl.size)
    require_positive("capital_usd", capital_usd)
    if not all(np.isfinite(c).all() for c in (net, cost, notional_mm, trade_pnl, holding)):
        flat, no_trade = np.zeros(net.size), np.zeros(trade_pnl.size)
        empty = standard_metrics(flat, flat, flat, no_trade, no_trade, capital_usd, **settings)
        return nulled(empty) | {"quality_status": int(QualityStatus.MISSING_PNL)}

    status = QualityStatus.OK
    if trade_pnl.size < given.min_trade_count:
        status = QualityStatus.INSUFFICIENT_TRADES
    if net.size < given.min_session_count:
        status = QualityStatus.INSUFFICIENT_SESSIONS
    returns = net / capital_usd
    headline = headline_metrics(net, cost, trade_pnl.size, capital_usd, given.sessions_per_year)
    return {
        **headline,
        **_sharpe_metrics(returns, given),
        **_risk_metrics(returns, headline, capital_usd, given),
        **win_loss_metrics(trade_pnl),
        "profit_factor_trade_ratio": profit_factor(trade_pnl),
        "profit_factor_session_ratio": profit_factor(net),
        "mean_holding_sessions": mean_of(holding),
        **_position_metrics(notional_mm, capital_usd, given.sessions_per_year),
        **tail_metrics(returns, sample_deviation(returns), given.tail_share),
        "quality_status": int(status),
    }


def headline_metrics(
    net_pnl_usd: FloatArray,
    cost_usd: FloatArray,
    trade_count: int,
    capital_usd: float,
    sessions_per_year: float,
) -> Metrics:
    """Return what a run earned and paid, its return, Sharpe ratio and drawdown.

    Arguments as of `standard_metrics`, whose columns these are; P&L and cost must be finite.

    Examples
    --------
    >>> net = np.array([100.0, -50.0, 70.0])
    >>> headline_metrics(net, np.zeros(3), 1, 10_000.0, 252.0)["annualised_return_dec"]
    1.008
    """
    returns = net_pnl_usd / capital_usd
    sharpe = sharpe_ratio(returns, sessions_per_year=1.0)
    return {
        "session_count": net_pnl_usd.size,
        "trade_count": trade_count,
        "total_gross_pnl_usd": float((net_pnl_usd + cost_usd).sum()),
        "total_cost_usd": float(cost_usd.sum()),
        "total_net_pnl_usd": float(net_pnl_usd.sum()),
        "annualised_return_dec": mean_of(returns) * sessions_per_year,
        "sharpe_ratio": sharpe * float(np.sqrt(sessions_per_year)),
        "max_drawdown_usd": max_drawdown(net_pnl_usd),
    }


def _sharpe_metrics(returns: FloatArray, settings: StandardSettings) -> Metrics:
    """Return the errors and corrections of the Sharpe ratio of session returns."""
    year = settings.sessions_per_year
    root_year = float(np.sqrt(year))
    sharpe = sharpe_ratio(returns, sessions_per_year=1.0)
    skewness, kurtosis, skewness_adjusted, excess_kurtosis_adjusted = moments(returns)
    lo_error, mertens_error = sharpe_standard_errors(sharpe, returns.size, skewness, kurtosis)
    lag = newey_west_lag_sessions(returns.size)
    newey_west_t = newey_west_t_ratio(returns, lag)
    rho = autocorrelations(returns, settings.autocorrelation_lag_sessions)
    hurdle = settings.benchmark_sharpe_ratio / root_year
    probability = probabilistic_sharpe(sharpe, returns.size, skewness, kurtosis, hurdle)
    needed_sessions = min_track_record_sessions(
        sharpe, skewness, kurtosis, hurdle, confidence_share=settings.confidence_share
    )
    return {
        "session_sharpe_ratio": sharpe,
        "sharpe_lo_error_ratio": float(lo_error) * root_year,
        "sharpe_mertens_error_ratio": float(mertens_error) * root_year,
        "mean_t_ratio": sharpe * float(np.sqrt(returns.size)),
        "newey_west_lag_sessions": lag,
        "newey_west_t_ratio": newey_west_t,
        "sharpe_newey_west_ratio": finite_ratio(newey_west_t, np.sqrt(returns.size / year)),
        "sharpe_lo_ratio": sharpe * lo_annualisation_factor(rho, sessions_per_year=year),
        "probabilistic_sharpe_share": float(probability),
        "min_track_record_sessions": float(needed_sessions),
        "skewness_ratio": skewness,
        "kurtosis_ratio": kurtosis,
        "skewness_adjusted_ratio": skewness_adjusted,
        "excess_kurtosis_adjusted_ratio": excess_kurtosis_adjusted,
    }


def _risk_metrics(
    returns: FloatArray, headline: Metrics, capital_usd: float, settings: StandardSettings
) -> Metrics:
    """Return how far a run swung and how deep it fell."""
    root_year = float(np.sqrt(settings.sessions_per_year))
    drawdown_dec = headline["max_drawdown_usd"] / capital_usd
    return {
        "annualised_volatility_dec": sample_deviation(returns) * root_year,
        "sortino_ratio": finite_ratio(mean_of(returns) * root_year, downside_deviation(returns)),
        "max_drawdown_dec": drawdown_dec,
        # Of wealth that is lost there is no share left to lose.
        "max_drawdown_geometric_dec": (
            max_drawdown_geometric(returns) if (np.cumprod(1 + returns) > 0).all() else np.nan
        ),
        "calmar_ratio": finite_ratio(headline["annualised_return_dec"], -drawdown_dec),
    }


def _position_metrics(
    notional_mm: FloatArray, capital_usd: float, sessions_per_year: float
) -> Metrics:
    """Return how much was traded and how often a position was held."""
    traded_usd = float(np.abs(np.diff(notional_mm, prepend=0.0)).sum()) * 1e6
    years = notional_mm.size / sessions_per_year
    return {
        "turnover_ratio": finite_ratio(traded_usd, 2 * capital_usd * years),
        "exposure_share": mean_of((notional_mm != 0).astype(np.float64)),
    }


def _check_offsets(name: str, offsets: IntArray, row_count: int) -> None:
    rule = f"{name} must rise from 0 to {row_count} without falling"
    if offsets.ndim != 1 or offsets.size < 1 or offsets[0] != 0 or offsets[-1] != row_count:
        raise ValueError(f"{rule}; it was {offsets.tolist()}")
    if (np.diff(offsets) < 0).any():
        position = int(np.argmax(np.diff(offsets) < 0)) + 1
        raise ValueError(f"{rule}; position {position} was {offsets[position]}")


def metrics_by_run(
    metrics: Callable[..., Metrics],
    row_offsets: ArrayLike,
    row_columns: Mapping[str, NDArray[Any]],
    *,
    trade_offsets: ArrayLike | None = None,
    trade_columns: Mapping[str, NDArray[Any]] | None = None,
    run_columns: Mapping[str, NDArray[Any]] | None = None,
    **settings: float,
) -> dict[str, NDArray[Any]]:
    """Apply one metric set to many runs whose rows are stored one after the other.

    Parameters
    ----------
    metrics : callable
        `standard_metrics`, or any function of one run that returns a flat record.
    row_offsets : int array, shape (n_runs + 1,)
        Run i owns rows row_offsets[i] to row_offsets[i + 1] - 1.
    row_columns : mapping of argument name to array, each shape (n_rows,)
        Daily rows in order of run, then date.
    trade_offsets : int array, shape (n_runs + 1,), optional
        The same for the trades.
    trade_columns : mapping of argument name to array, each shape (n_trades,), optional
        Trades in order of run, then exit.
    run_columns : mapping of argument name to array, each shape (n_runs,), optional
        One value per run, such as `capital_usd`.
    **settings
        Passed on unchanged to every call.

    Returns
    -------
    dict of str to array, each shape (n_runs,)
        int8 for a status, int64 for counts, float64 otherwise; empty without runs.

    Raises
    ------
    ValueError
        If offsets do not cover the rows, or a column has the wrong length.

    Examples
    --------
    >>> from parspread.overlay.benchmark import benchmark_metrics
    >>> out = metrics_by_run(benchmark_metrics, [0, 2, 4], {
    ...     "return_dec": np.array([0.02, 0.04, 0.03, 0.01]),
    ...     "benchmark_return_dec": np.array([0.01, 0.02, 0.01, 0.03])})
    >>> out["beta_ratio"].round(12), out["benchmark_session_count"]
    (array([ 2., -1.]), array([2, 2]))
    """
    rows = np.asarray(row_offsets, dtype=np.int64)
    run_count = rows.size - 1
    segments = [(rows, row_columns, "row_offsets")]
    if trade_columns:
        if trade_offsets is None:
            raise ValueError("trade_offsets must be given with trade_columns; it was None")
        trades = np.asarray(trade_offsets, dtype=np.int64)
        if trades.size != rows.size:
            raise ValueError(
                f"trade_offsets must have {rows.size} values; its length was {trades.size}"
            )
        segments.append((trades, trade_columns, "trade_offsets"))
    for offsets, columns, name in segments:
        for column in columns.values():
            _check_offsets(name, offsets, len(column))
    for name, column in (run_columns or {}).items():
        if len(column) != run_count:
            raise ValueError(f"{name} must have {run_count} values; its length was {len(column)}")

    records = []
    for run in range(run_count):
        arguments: dict[str, Any] = {
            name: column[offsets[run] : offsets[run + 1]]
            for offsets, columns, _ in segments
            for name, column in columns.items()
        }
        arguments |= {name: column[run] for name, column in (run_columns or {}).items()}
        records.append(metrics(**arguments, **settings))
    return columns_of(records)


def columns_of(records: Iterable[Metrics]) -> dict[str, NDArray[Any]]:
    """Return the records of runs side by side.

    Returns
    -------
    dict of str to array, each shape (n_runs,)
        int8 for a status, int64 for counts, float64 otherwise; empty without runs.

    Examples
    --------
    >>> columns_of([{"trade_count": 3}, {"trade_count": 5}])
    {'trade_count': array([3, 5])}
    """
    kept = list(records)

    def as_column(name: str) -> NDArray[Any]:
        values = np.array([record[name] for record in kept])
        return values.astype(np.int8) if name.endswith("_status") else values

    return {name: as_column(name) for name in kept[0]} if kept else {}
