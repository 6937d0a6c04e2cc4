"""The seam between frames and kernels: pivot rows into arrays, name the codes, unpivot again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from parspread.backtest import DayStatus, ExitReason, Rules, RuleTable, StopBasis, simulate
from parspread.cds.contracts import BPS
from parspread.curves.discount_curves import DiscountCurves
from parspread.diagnostics import DiagnosticStatus, information_coefficients, signal_persistence
from parspread.index_pnl import PnlStatus, labelled_maturity_date, repriced_seller_pnl
from parspread.performance import (
    ESTIMATES,
    QualityStatus,
    current_metrics,
    deflated_sharpe,
    metrics_by_run,
    notebook_metrics,
    standard_metrics,
)

HORIZON_SESSIONS = (1, 5, 10, 20)
DV01_USD_PER_YEAR_PER_MM = 1e6 * BPS  # dollars per basis point, of one year of risky annuity
PNL_PARTS = ("coupon", "time", "roll_down", "spread", "rates", "total")

# What a repriced run knows of its contract, named as in `simulate`.
_CONTRACT_COLUMNS = (
    "mark_usd_per_mm",
    "dv01_usd_per_bp_per_mm",
    "held_dv01_usd_per_bp_per_mm",
    "cumulative_roll_gap_bps",
    "cumulative_roll_dv01_usd_per_bp_per_mm",
)

# Which catalog column carries the stop level, by the unit that the stop basis names.
_STOP_UNITS = {
    StopBasis.PCT_NOTIONAL: "pct",
    StopBasis.PCT_DV01_USD: "pct",
    StopBasis.USD_PER_MM: "pct",
    StopBasis.SPREAD_BPS: "bps",
    StopBasis.SIGMA_BPS: "sigma",
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
    status = priced.pnl.status
    is_marked = ~np.isin(status, (PnlStatus.NO_PREVIOUS_SESSION, PnlStatus.MISSING_SPREAD))
    mark = np.cumsum(np.where(is_marked, priced.pnl.total_usd, 0.0))
    status_names = np.array([code.name.lower() for code in PnlStatus], dtype=object)[status]
    dv01, held_dv01 = (
        years * DV01_USD_PER_YEAR_PER_MM for years in (priced.rpv01_years, priced.old_rpv01_years)
    )
    rolled_dv01 = np.where(priced.is_roll, (dv01 + held_dv01) / 2, 0.0)
    return pd.DataFrame(
        {
            "instrument_code": rows["instrument_code"].to_numpy(),
            "session_date": session,
            "maturity_date": maturity,
            "is_roll": priced.is_roll,
            "roll_gap_bps": priced.roll_gap_bps,
            "rpv01_years": priced.rpv01_years,
            "dv01_usd_per_bp_per_mm": dv01,
            "held_dv01_usd_per_bp_per_mm": held_dv01,
            "upfront_pct_par": (column["spread_bps"] - column["coupon_bps"])
            * BPS
            * priced.rpv01_years
            * 100,
            **{f"{part}_pnl_usd_per_mm": getattr(priced.pnl, f"{part}_usd") for part in PNL_PARTS},
            "mark_usd_per_mm": np.where(status == PnlStatus.MISSING_SPREAD, np.nan, mark),
            "cumulative_roll_gap_bps": np.cumsum(priced.roll_gap_bps),
            "cumulative_roll_dv01_usd_per_bp_per_mm": np.cumsum(rolled_dv01),
            "pnl_status": status_names,
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
    dates = wide["spread_bps"].columns
    level = wide["spread_bps"].to_numpy(dtype=float)
    runs = np.arange(len(strategies))
    days = simulate(
        wide["signal_z"].to_numpy(dtype=float),
        level,
        rules,
        signal_index=runs,
        level_index=runs,
        # A compat run lags by rows of its signal, which exist on every session of the instrument.
        signal_has_row=np.isfinite(level),
        level_change_sd_bps=wide["spread_change_deviation_bps"].to_numpy(dtype=float),
        **{name: wide[name].to_numpy(dtype=float) for name in _CONTRACT_COLUMNS},
    )
    run, day = np.nonzero(days.is_row)
    reason_names = np.array([None if r == 0 else r.name.lower() for r in ExitReason], dtype=object)
    status_names = np.array([status.name.lower() for status in DayStatus], dtype=object)
    return pd.DataFrame(
        {
            "run_id": strategies["run_id"].to_numpy()[run],
            "session_date": dates[day],
            "signal_z": days.signal[run, day],
            "direction_sign": days.direction_sign[run, day],
            "position_notional_mm": days.position_notional_mm[run, day],
            "days_held": days.sessions_held[run, day],
            "held_trade_number": days.held_trade_number[run, day],
            "open_trade_number": days.open_trade_number[run, day],
            "exit_reason": pd.Series(reason_names[days.exit_reason[run, day]], dtype="string"),
            "gross_pnl_usd": days.spread_pnl_usd[run, day],
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
        unit = _STOP_UNITS[StopBasis[row["stop_basis"].upper()]]
        record["stop_loss"] = _or_none(row[f"stop_loss_{unit}"])
        record["take_profit"] = _or_none(row[f"take_profit_{unit}"])
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
        Columns run_id, data_set, capital_usd, sizing_mode, companion_of.
    min_session_count, min_trade_count : int
        Below these the record carries an `insufficient_` status.
    min_shown_trade_count : int
        Below this, or below `min_session_count`, the standard estimates are missing.

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
    offsets = _offsets(days["run_id"], run_ids)
    net = days["net_pnl_usd"].to_numpy()
    direction = days["direction_sign"].to_numpy(dtype=float)
    notional = days["position_notional_mm"].to_numpy()
    held = days["days_held"].to_numpy(dtype=float)
    standard = metrics_by_run(
        standard_metrics,
        offsets,
        {
            "net_pnl_usd": net,
            "cost_usd": days["cost_usd"].to_numpy(),
            "position_notional_mm": notional,
        },
        trade_offsets=_offsets(closed["run_id"], run_ids),
        trade_columns={
            "trade_net_pnl_usd": closed["net_pnl_usd"].to_numpy(),
            "trade_holding_sessions": closed["held_sessions"].to_numpy(dtype=float),
        },
        run_columns={"capital_usd": strategies["capital_usd"].to_numpy()},
        min_session_count=min_session_count,
        # What is too small to show is too small to rely upon.
        min_trade_count=max(min_trade_count, min_shown_trade_count),
    )
    notebook = metrics_by_run(
        notebook_metrics,
        offsets,
        {"net_pnl_usd": net, "position": direction, "held_sessions": held},
    )
    # A proportional run trades notionals, and each of their changes counts as a trade there.
    is_binary = (strategies["sizing_mode"] == "binary").to_numpy()
    position = np.where(np.repeat(is_binary, np.diff(offsets)), direction, notional)
    current = metrics_by_run(
        current_metrics,
        offsets,
        {
            "net_pnl_usd": net,
            "position": position,
            "held_sessions": held,
            "session_date": days["session_date"].to_numpy().astype("datetime64[D]"),
        },
    )
    record = pd.DataFrame({"run_id": run_ids, **standard, **notebook, **current})
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
    hidden = (record["trade_count"] < min_shown_trade_count) | (
        record["session_count"] < min_session_count
    )
    record.loc[hidden, [*ESTIMATES, "deflated_sharpe_share"]] = np.nan
    for column in ("quality_status", "notebook_status", "current_status"):
        record[column] = [QualityStatus(code).name.lower() for code in record[column]]
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


def _offsets(run_of_row: pd.Series, run_ids: pd.Series) -> np.ndarray:
    """Return where the rows of each run start, for rows sorted by run."""
    counts = run_of_row.value_counts().reindex(run_ids, fill_value=0)
    return np.concatenate(([0], np.cumsum(counts.to_numpy())))
