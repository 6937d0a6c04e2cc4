"""Performance as the macro-credit notebook measures it: dollars, its known flaws included."""

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray
from parspread.overlay.performance import QualityStatus
from parspread.overlay.sample_statistics import (
    Metrics,
    column_of,
    finite_ratio,
    mean_of,
    nulled,
    sample_deviation,
    win_loss_metrics,
)
from parspread.overlay.sharpe import sharpe_ratio


def position_trades(position: FloatArray, net_pnl_usd: FloatArray) -> FloatArray:
    """Return the P&L of each block of consecutive rows with one non-zero end-of-row position."""
    if not position.size:
        return np.empty(0)
    first_row = np.flatnonzero(np.diff(position, prepend=np.nan) != 0)
    return np.add.reduceat(net_pnl_usd, first_row)[position[first_row] != 0]


def entry_count(position: FloatArray) -> int:
    """Count the rows that go from flat to a position; the run starts flat."""
    held = np.concatenate(([False], position != 0))
    return int((held[1:] & ~held[:-1]).sum())


def macrocredit_metrics(
    net_pnl_usd: ArrayLike, position: ArrayLike, held_sessions: ArrayLike
) -> Metrics:
    """Return the dollar metrics of the macro-credit notebook, its known flaws included.

    Kept for comparison with printed figures. Differs from `standard_metrics`: the Sortino divisor
    is the deviation of losing days alone (0 with a single one); the first peak of the drawdown is
    the first row; a trade is the block of rows that end with a position, so the exit day belongs to
    no trade; holding is the mean running count, (N - 1) / 2 for a trade of N sessions; an undefined
    ratio is 0.

    Parameters
    ----------
    net_pnl_usd : float array, shape (n_sessions,)
        Net P&L in dollars; a value that is not finite makes every measured metric NaN.
    position : float array, shape (n_sessions,)
        Direction or notional at the end of the row, 0 when flat, finite.
    held_sessions : float array, shape (n_sessions,)
        Sessions since entry, 0 on the entry row, finite.

    Returns
    -------
    dict of str to float or int
        Names `macrocredit_*`; `macrocredit_status` is MISSING_PNL or OK.

    Raises
    ------
    ValueError
        If lengths differ.

    Examples
    --------
    >>> record = macrocredit_metrics([-1.0, 5.0, 3.0, -1.0], [1, 1, 1, 0], [0, 1, 2, 0])
    >>> record["macrocredit_avg_win_usd"], record["macrocredit_avg_holding_sessions"]
    (7.0, 1.0)
    """
    net = column_of("net_pnl_usd", net_pnl_usd)
    position = column_of("position", position, net.size)
    held = column_of("held_sessions", held_sessions, net.size)
    if not all(np.isfinite(c).all() for c in (net, position, held)):
        flat = np.zeros(net.size)
        empty = nulled(macrocredit_metrics(flat, np.nan_to_num(position), flat))
        return empty | {"macrocredit_status": int(QualityStatus.MISSING_PNL)}

    def zero_if_undefined(value: float) -> float:
        return value if np.isfinite(value) else 0.0

    root_year = float(np.sqrt(252.0))
    annualised_return = finite_ratio(net.sum() * 252.0, net.size)
    sharpe = zero_if_undefined(sharpe_ratio(net))
    losing_days = net[net < 0]
    sortino = sharpe
    if losing_days.size:
        sortino = zero_if_undefined(
            finite_ratio(mean_of(net) * root_year, sample_deviation(losing_days))
        )
    cumulative = np.cumsum(net)
    drawdown = float(np.min(cumulative - np.maximum.accumulate(cumulative), initial=0.0))
    calmar = finite_ratio(annualised_return, abs(drawdown))
    trades = win_loss_metrics(position_trades(position, net))
    sample_sd = float(net.std(ddof=1)) if net.size > 1 else np.nan
    return {
        "macrocredit_total_return_usd": float(net.sum()),
        "macrocredit_annualised_return_usd": annualised_return,
        "macrocredit_annualised_volatility_usd": sample_sd * root_year,
        "macrocredit_sharpe_ratio": sharpe,
        "macrocredit_sortino_ratio": sortino,
        "macrocredit_max_drawdown_usd": drawdown,
        "macrocredit_calmar_ratio": zero_if_undefined(calmar),
        "macrocredit_hit_rate_share": zero_if_undefined(trades["hit_rate_share"]),
        "macrocredit_avg_win_usd": zero_if_undefined(trades["avg_win_usd"]),
        "macrocredit_avg_loss_usd": zero_if_undefined(trades["avg_loss_usd"]),
        "macrocredit_win_loss_ratio": zero_if_undefined(trades["win_loss_ratio"]),
        "macrocredit_trade_count": entry_count(position),
        "macrocredit_avg_holding_sessions": zero_if_undefined(mean_of(held[position != 0])),
        "macrocredit_status": int(QualityStatus.OK),
    }
