"""The overlay desk's seam: pivot rows into arrays, name the codes, unpivot again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parspread.cds._row_loops import BPS
from parspread.curves.discount_curves import DiscountCurves
from parspread.overlay.backtest import BacktestDays, Series, simulate
from parspread.overlay.index_pnl import (
    GenericPnl,
    PnlStatus,
    labelled_maturity_date,
    repriced_seller_pnl,
)
from parspread.overlay.performance import (
    ESTIMATES,
    QualityStatus,
    metrics_by_run,
    standard_metrics,
)
from parspread.overlay.rules import Rules, RuleTable
from parspread.overlay.sharpe import deflated_sharpe
from parspread.overlay.signal_diagnostics import (
    DiagnosticStatus,
    information_coefficients,
    signal_persistence,
)
from parspread.overlay.step import DayStatus, ExitReason

HORIZON_SESSIONS = (1, 5, 10, 20)
DV01_USD_PER_YEAR_PER_MM = 1e6 * BPS  # dollars per basis point, of one year of risky annuity

# What a repriced run knows of its contract, named as in `Series`.
_CONTRACT_COLUMNS = (
    "mark_usd_per_mm",
    "dv01_usd_per_bp_per_mm",
    "held_dv01_usd_per_bp_per_mm",
    "cumulative_roll_gap_bps",
    "cumulative_roll_dv01_usd_per_bp_per_mm",
)

# The catalog's stop and take-profit columns, by the unit that the stop basis names.
_IN_PERCENT = ("stop_loss_pct", "take_profit_pct")
_STOP_COLUMNS = {
    "pct_notional": _IN_PERCENT,
    "pct_dv01_usd": _IN_PERCENT,
    "usd_per_mm": _IN_PERCENT,
    "spread_bps": ("stop_loss_bps", "take_profit_bps"),
    "sigma_bps": ("stop_loss_sigma", "take_profit_sigma"),
}


def contracts_frame(quotes: pd.DataFrame) -> pd.DataFrame:
    """Return the P&L of $1MM of protection sold in the series on the run, session by session.

    Parameters
    ----------
    quotes : DataFrame, one row per instrument_code and session_date, at least one
        Columns spread_bps, series_number (null: the roll rule decides), old_series_spread_bps and
        roll_down_bps (null: unknown), discount_rate_dec, coupon_bps, recovery_share,
        tenor_months_count and roll_day_of_month.

    Returns
    -------
    contracts : DataFrame, one row per instrument_code and session_date
        Amounts are null unless pnl_status is ok, with one exception: mark_usd_per_mm starts at 0
        on the first session. It is null on a session that cannot be marked, and after a repricing
        that failed, because what it missed is unknown.
    """
    quotes = quotes.sort_values(["instrument_code", "session_date"])
    return pd.concat(
        [_contract(rows) for _, rows in quotes.groupby("instrument_code", sort=True)],
        ignore_index=True,
    )


def _contract(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one instrument, in order of session."""
    column = {
        name: rows[name].to_numpy(dtype=float, na_value=np.nan)
        for name in rows.columns.difference(["instrument_code", "session_date"])
    }
    terms = {name: values[0] for name, values in column.items()}
    session = rows["session_date"].to_numpy().astype("datetime64[D]")
    maturity = labelled_maturity_date(
        session,
        column["series_number"],
        tenor_months_count=int(terms["tenor_months_count"]),
        roll_day_of_month=int(terms["roll_day_of_month"]),
    )
    roll_down = np.nan_to_num(column["roll_down_bps"])
    # A series that rolls off without a quote of its own keeps its last spread.
    roll_down[1:][np.diff(maturity) != np.timedelta64(0, "D")] = 0.0
    priced = repriced_seller_pnl(
        session,
        column["spread_bps"],
        maturity,
        DiscountCurves.flat(column["discount_rate_dec"]),
        coupon_bps=terms["coupon_bps"],
        recovery_share=terms["recovery_share"],
        old_series_spread_bps=column["old_series_spread_bps"],
        roll_down_bps=roll_down,
    )
    return _contract_frame(rows["instrument_code"].to_numpy(), session, maturity, column, priced)


def _contract_frame(
    instrument_code: np.ndarray,
    session: np.ndarray,
    maturity: np.ndarray,
    quotes: dict[str, np.ndarray],
    priced: GenericPnl,
) -> pd.DataFrame:
    """Return the repriced sessions of one instrument under their public names."""
    pnl = priced.pnl
    is_marked = ~np.isin(pnl.status, (PnlStatus.NO_PREVIOUS_SESSION, PnlStatus.MISSING_SPREAD))
    mark = np.cumsum(np.where(is_marked, pnl.total_usd, 0.0))
    status_names = np.array([code.name.lower() for code in PnlStatus], dtype=object)
    dv01, held_dv01 = (
        years * DV01_USD_PER_YEAR_PER_MM for years in (priced.rpv01_years, priced.old_rpv01_years)
    )
    rolled_dv01 = np.where(priced.is_roll, (dv01 + held_dv01) / 2, 0.0)
    upfront_dec = (quotes["spread_bps"] - quotes["coupon_bps"]) * BPS * priced.rpv01_years
    return pd.DataFrame(
        {
            "instrument_code": instrument_code,
            "session_date": session,
            "maturity_date": maturity,
            "is_roll": priced.is_roll,
            "roll_gap_bps": priced.roll_gap_bps,
            "rpv01_years": priced.rpv01_years,
            "dv01_usd_per_bp_per_mm": dv01,
            "held_dv01_usd_per_bp_per_mm": held_dv01,
            "upfront_pct_par": upfront_dec * 100,
            "coupon_pnl_usd_per_mm": pnl.coupon_usd,
            "time_pnl_usd_per_mm": pnl.time_usd,
            "roll_down_pnl_usd_per_mm": pnl.roll_down_usd,
            "spread_pnl_usd_per_mm": pnl.spread_usd,
            "rates_pnl_usd_per_mm": pnl.rates_usd,
            "total_pnl_usd_per_mm": pnl.total_usd,
            "mark_usd_per_mm": np.where(pnl.status == PnlStatus.MISSING_SPREAD, np.nan, mark),
            "cumulative_roll_gap_bps": np.cumsum(priced.roll_gap_bps),
            "cumulative_roll_dv01_usd_per_bp_per_mm": np.cumsum(rolled_dv01),
            "pnl_status": status_names[pnl.status],
        }
    )


def backtest_days_frame(inputs: pd.DataFrame, strategies: pd.DataFrame) -> pd.DataFrame:
    """Return the days of every run.

    Parameters
    ----------
    inputs : DataFrame, one row per run_id and session_date
        Columns run_id, session_date, spread_bps, spread_change_deviation_bps, signal_z, and from
        `contracts_frame` what repriced runs use.
    strategies : DataFrame, one row per run_id
        The resolved catalog: a column for every field of `Rules`, stops by unit.

    Returns
    -------
    days : DataFrame, one row per run_id and session_date that the run keeps
        Sorted by run_id and session_date.

    Raises
    ------
    ValueError
        A rule is outside its range; the message starts with the strategy.
    """
    strategies = strategies.sort_values("run_id").reset_index(drop=True)
    rules = _rules(strategies)
    wide = inputs.pivot(index="run_id", columns="session_date")
    wide = wide.reindex(strategies["run_id"])
    level = wide["spread_bps"].to_numpy(dtype=float)
    runs = np.arange(len(strategies))
    series = Series(
        signal=wide["signal_z"].to_numpy(dtype=float),
        level=level,
        # Signals lagged by rows of their own have one on every session of the instrument.
        signal_has_row=np.isfinite(level),
        level_change_sd_bps=wide["spread_change_deviation_bps"].to_numpy(dtype=float),
        **{name: wide[name].to_numpy(dtype=float) for name in _CONTRACT_COLUMNS},
    )
    days = simulate(series, rules, signal_index=runs, level_index=runs)
    return _days_frame(days, strategies["run_id"].to_numpy(), wide["spread_bps"].columns)


def _days_frame(days: BacktestDays, run_ids: np.ndarray, dates: pd.Index) -> pd.DataFrame:
    """Return the rows of all runs under their public names."""
    run, day = np.nonzero(days.is_row)
    reason_names = np.array([None if r == 0 else r.name.lower() for r in ExitReason], dtype=object)
    status_names = np.array([status.name.lower() for status in DayStatus], dtype=object)
    return pd.DataFrame(
        {
            "run_id": run_ids[run],
            "session_date": dates[day],
            "signal_z": days.signal[run, day],
            "direction_sign": days.direction_sign[run, day],
            "position_notional_mm": days.position_notional_mm[run, day],
            "held_sessions": days.held_sessions[run, day],
            "held_trade_number": days.held_trade_number[run, day],
            "open_trade_number": days.open_trade_number[run, day],
            "exit_reason": pd.Series(reason_names[days.exit_reason[run, day]], dtype="string"),
            "gross_pnl_usd": days.gross_pnl_usd[run, day],
            "opening_cost_usd": days.opening_cost_usd[run, day],
            "closing_cost_usd": days.closing_cost_usd[run, day],
            "roll_cost_usd": days.roll_cost_usd[run, day],
            "cost_usd": days.cost_usd[run, day],
            "net_pnl_usd": days.net_pnl_usd[run, day],
            "cumulative_pnl_usd": days.cumulative_pnl_usd[run, day],
            "day_status": status_names[days.status[run, day]],
        }
    )


def _rules(strategies: pd.DataFrame) -> RuleTable:
    """Return the rule table of resolved strategies; name the strategy in every error."""
    records = []
    for row in strategies.to_dict("records"):
        record = {name: row[name] for name in Rules._fields if name in row}
        record = {name: None if pd.isna(value) else value for name, value in record.items()}
        stop_column, take_column = _STOP_COLUMNS[row["stop_basis"]]
        record["stop_loss"] = _or_none(row[stop_column])
        record["take_profit"] = _or_none(row[take_column])
        record["transaction_cost"] = row["transaction_cost_bps"]
        if row["cost_unit"] == "pct_of_level":
            record["transaction_cost"] = row["transaction_cost_pct"] / 100
        try:
            RuleTable.from_records([record])
        except ValueError as problem:
            raise ValueError(f"strategy {row['strategy_code']}: {problem}") from problem
        records.append(record)
    return RuleTable.from_records(records)


def _or_none(value: float) -> float | None:
    return None if pd.isna(value) else value


def performance_frame(
    days: pd.DataFrame,
    trades: pd.DataFrame,
    strategies: pd.DataFrame,
    min_session_count: int,
    min_trade_count: int,
    min_shown_trade_count: int,
) -> pd.DataFrame:
    """Return one performance record per run.

    Parameters
    ----------
    days : DataFrame, one row per run_id and session_date
    trades : DataFrame, one row per run_id and trade_number
        Closed trades make the trade statistics; an open one shows in P&L only.
    strategies : DataFrame, one row per run_id
        Columns run_id, data_set, capital_usd, companion_of.
    min_session_count, min_trade_count : int
        Below these the record carries an `insufficient_` status.
    min_shown_trade_count : int
        Below this, or below `min_session_count`, the estimates are missing.

    Returns
    -------
    record : DataFrame, one row per run_id
        `runs_tried_count` counts the runs of this build on the same data set; the deflated Sharpe
        ratio allows for having picked the best of them. A companion run (companion_of given) is a
        second measurement of the same trial and is not counted. A run whose own ratios are not
        shown is a trial like any other.
    """
    strategies = strategies.sort_values("run_id").reset_index(drop=True)
    run_ids = strategies["run_id"]
    days = days.sort_values(["run_id", "session_date"])
    closed = trades[~trades["is_open"]].sort_values(["run_id", "exit_date", "trade_number"])
    measures = metrics_by_run(
        standard_metrics,
        run_offsets(days["run_id"], run_ids),
        {
            "net_pnl_usd": days["net_pnl_usd"].to_numpy(),
            "cost_usd": days["cost_usd"].to_numpy(),
            "position_notional_mm": days["position_notional_mm"].to_numpy(),
        },
        trade_offsets=run_offsets(closed["run_id"], run_ids),
        trade_columns={
            "trade_net_pnl_usd": closed["net_pnl_usd"].to_numpy(),
            "trade_holding_sessions": closed["held_sessions"].to_numpy(dtype=float),
        },
        run_columns={"capital_usd": strategies["capital_usd"].to_numpy()},
        min_session_count=min_session_count,
        # What is too small to show is too small to rely upon.
        min_trade_count=max(min_trade_count, min_shown_trade_count),
    )
    record = _deflated(pd.DataFrame({"run_id": run_ids, **measures}), strategies)
    hidden = (record["trade_count"] < min_shown_trade_count) | (
        record["session_count"] < min_session_count
    )
    record.loc[hidden, [*ESTIMATES, "deflated_sharpe_share"]] = np.nan
    record["quality_status"] = quality_names(record["quality_status"])
    return record


def _deflated(record: pd.DataFrame, strategies: pd.DataFrame) -> pd.DataFrame:
    """Return the records with the Sharpe ratios deflated by the trials of their data set."""
    is_trial = strategies["companion_of"].isna()
    trials = record[is_trial].groupby(strategies["data_set"])["session_sharpe_ratio"]
    record["runs_tried_count"] = strategies["data_set"].map(trials.size())
    record["deflated_sharpe_share"] = deflated_sharpe(
        record["session_sharpe_ratio"].to_numpy(),
        record["session_count"].to_numpy(),
        record["skewness_ratio"].to_numpy(),
        record["kurtosis_ratio"].to_numpy(),
        record["runs_tried_count"].to_numpy(),
        strategies["data_set"].map(trials.std()).to_numpy(),
    )
    return record


def diagnostics_frame(scores: pd.DataFrame, min_session_count: int) -> pd.DataFrame:
    """Return predictive power and persistence of every score, by horizon.

    Parameters
    ----------
    scores : DataFrame, one row per score_code, instrument_code and session_date
        Columns signal_z (positive = long credit risk) and seller_pnl_usd (per $1MM of protection
        sold, of the same session).
    min_session_count : int
        Fewer sessions with a score and what followed it give a status and no number.

    Returns
    -------
    diagnostics : DataFrame, one row per score_code, instrument_code and horizon_sessions
    """
    parts = []
    scores = scores.sort_values(["score_code", "instrument_code", "session_date"])
    for (score, instrument), rows in scores.groupby(["score_code", "instrument_code"], sort=True):
        signal = rows["signal_z"].to_numpy(dtype=float)
        power = information_coefficients(
            signal,
            rows["seller_pnl_usd"].to_numpy(dtype=float),
            HORIZON_SESSIONS,
            min_pair_count=min_session_count,
        )
        persistence = signal_persistence(signal, min_pair_count=min_session_count)
        parts.append(
            pd.DataFrame(
                {
                    "score_code": score,
                    "instrument_code": instrument,
                    "horizon_sessions": power.horizon_sessions,
                    "pearson_ic_ratio": power.pearson_ratio,
                    "spearman_ic_ratio": power.spearman_ratio,
                    "newey_west_t_ratio": power.newey_west_t_ratio,
                    "pair_count": power.pair_count,
                    "ar1_ratio": persistence.ar1_ratio,
                    "half_life_sessions": persistence.half_life_sessions,
                    "autocorrelation_ratio": persistence.autocorrelation_ratio,
                    "coverage_share": persistence.coverage_share,
                    "diagnostic_status": [
                        DiagnosticStatus(code).name.lower() for code in power.status
                    ],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def run_offsets(run_of_row: pd.Series, run_ids: pd.Series) -> np.ndarray:
    """Return where the rows of each run start, for rows sorted by run."""
    counts = run_of_row.value_counts().reindex(run_ids, fill_value=0)
    return np.concatenate(([0], np.cumsum(counts.to_numpy())))


def quality_names(codes: pd.Series) -> list[str]:
    """Return the catalog words of `QualityStatus` codes."""
    return [QualityStatus(code).name.lower() for code in codes]
