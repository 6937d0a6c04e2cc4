"""The backtest rules written out the slow way: one run, one day at a time, words and dicts.

This file defines what `parspread.overlay` must compute. It is written from the rules, shares no
code with the kernel, and is meant to be read.
"""

import math

DEFAULTS = {
    "dv01_usd_per_bp_per_mm": None,
    "sizing_mode": "binary",
    "position_cap_mm": None,
    "rebalance_band_share": 0.0,
    "entry_threshold": None,
    "entry_comparison": "at_or_above",
    "exit_threshold": None,
    "exit_basis": "signed",
    "opposite_signal_policy": "reverse_if_entry",
    "stop_loss": None,
    "take_profit": None,
    "stop_basis": "pct_notional",
    "stop_timing": "next_close",
    "max_holding_sessions": None,
    "cooldown_release": "signal_crosses_zero",
    "cooldown_sessions": 1,
    "reversal_pnl_owner": "closed_position",
    "signal_lag_sessions": 1,
    "lag_basis": "instrument_sessions",
    "missing_signal_policy": "hold",
    "infinite_signal_policy": "missing",
    "quote_kind": "spread",
    "cost_unit": "spread_bps",
    "pnl_model": "constant_dv01",
    "roll_cost_bps": 0.0,
    "fee_usd_per_mm": 0.0,
    "impact_ratio": 0.0,
    "average_daily_volume_mm": None,
    "stressed_vix_pts": None,
    "stressed_cost_ratio": 1.0,
    "start_offset_sessions": 0,
}
NO_CONTRACT = {
    "dv01_usd_per_bp_per_mm": math.nan,
    "held_dv01_usd_per_bp_per_mm": math.nan,
    "cumulative_roll_gap_bps": 0.0,
    "cumulative_roll_dv01_usd_per_bp_per_mm": 0.0,
    "cumulative_unknown_pnl_count": 0.0,
    "vix_close_pts": math.nan,
}
NO_COSTS = {"half_spread": 0.0, "fee": 0.0, "impact": 0.0}


def lagged_signals(signal, level, signal_has_row, rule):
    """Return {day: signal of `lag` rows earlier} for the days that have one."""
    if rule["lag_basis"] == "signal_rows":
        lag_rows = [day for day in range(len(signal)) if signal_has_row[day]]
    else:
        lag_rows = [day for day in range(len(signal)) if not math.isnan(level[day])]
    lag = rule["signal_lag_sessions"]
    return {day: signal[lag_rows[i - lag]] for i, day in enumerate(lag_rows) if i >= lag}


def sort_day(raw, level, mark, rule):
    """Return (signal or None, status, is_row) of a day."""
    if math.isnan(level):
        return None, "no_session", False
    if rule["pnl_model"] == "repriced" and math.isnan(mark):
        return None, "no_mark", False
    if raw is None or math.isnan(raw):
        if rule["missing_signal_policy"] == "drop_row":
            return None, "missing_signal_dropped", False
        if rule["missing_signal_policy"] == "flatten":
            return None, "missing_signal_flattened", True
        return None, "missing_signal_held", True
    if math.isinf(raw):
        if rule["infinite_signal_policy"] == "zero":
            return 0.0, "nonfinite_signal", True
        if rule["missing_signal_policy"] == "drop_row":
            return None, "missing_signal_dropped", False
        return None, "nonfinite_signal", True
    return raw, "ok", True


def widening(vix, rule):
    """Return what a stressed market multiplies half-spread, impact and roll with."""
    is_stressed = rule["stressed_vix_pts"] is not None and vix >= rule["stressed_vix_pts"]
    return rule["stressed_cost_ratio"] if is_stressed else 1.0


def costs_of(notional_mm, level, contract_dv01, sd, vix, rule):
    """Return the costs of trading a notional once, by component."""
    rate = rule["transaction_cost"]
    notional_mm = abs(notional_mm)
    dv01 = rule["dv01_usd_per_bp_per_mm"]
    if rule["pnl_model"] == "repriced" and not math.isnan(contract_dv01):
        dv01 = contract_dv01
    usd_per_mm = {
        "notional_bps": lambda: rate * 1e-4 * 1e6,
        "spread_bps": lambda: rate * dv01,
        "pct_of_level": lambda: rate * level * 1e-4 * 1e6,
        "price_pts": lambda: rate / 100 * 1e6,
    }[rule["cost_unit"]]()
    impact = 0.0
    if rule["impact_ratio"] and sd > 0:
        days_of_volume = notional_mm / rule["average_daily_volume_mm"]
        impact = rule["impact_ratio"] * sd * math.sqrt(days_of_volume) * dv01 * notional_mm
    return {
        "half_spread": usd_per_mm * notional_mm * widening(vix, rule),
        "fee": rule["fee_usd_per_mm"] * notional_mm,
        "impact": impact * widening(vix, rule),
    }


def pnl_of(position, level, mark, previous, trade, rule):
    if position == 0:
        return 0.0
    if rule["pnl_model"] == "repriced":
        return position * (mark - previous["mark"])
    if rule["quote_kind"] == "price":
        return position * 1e6 * (level / previous["level"] - 1)
    start = trade["level"] if rule["pnl_model"] == "entry_spread_cumulated" else previous["level"]
    return -position * rule["dv01_usd_per_bp_per_mm"] * (level - start)


def limits(position, sessions, trade, rule):
    """Return (stop, take) in the unit in which the gain is measured; None where there is none."""
    basis = rule["stop_basis"]
    if basis in ("usd", "spread_bps"):
        unit = 1.0
    elif basis == "sigma_bps":
        if trade["sd"] is None:
            return None, None
        unit = trade["sd"] * math.sqrt(sessions)
    elif basis == "pct_notional":
        unit = trade["notional"] * 1e6 / 100
    elif basis == "usd_per_mm":
        unit = abs(position) / 100
    elif rule["quote_kind"] == "price":
        unit = rule["position_size_mm"] * 1e6 / 100
    else:
        unit = rule["position_size_mm"] * rule["dv01_usd_per_bp_per_mm"] / 100
    return (
        None if rule["stop_loss"] is None else rule["stop_loss"] * unit,
        None if rule["take_profit"] is None else rule["take_profit"] * unit,
    )


def forced_exit(position, held, run_before, run_now, level, previous, trade, rule):
    """Return the reason of a stop, take-profit or time exit, or None; `held` counts this row."""
    same_close = rule["stop_timing"] == "same_close"
    sessions = held if same_close else held - 1
    if rule["stop_basis"] in ("spread_bps", "sigma_bps"):
        seen = level if same_close else previous["level"]
        gain = trade["level"] - seen if position > 0 else seen - trade["level"]
    else:
        gain = run_now if same_close else run_before
    stop, take = limits(position, sessions, trade, rule)
    if stop is not None and gain < -stop:
        return "stop_loss"
    if take is not None and gain > take:
        return "take_profit"
    if rule["max_holding_sessions"] is not None and held >= rule["max_holding_sessions"]:
        return "max_holding"
    return None


def passes_entry(signal, rule):
    if abs(signal) < 1e-9:
        return False
    if rule["entry_threshold"] is None:
        return True
    if rule["entry_comparison"] == "above":
        return abs(signal) > rule["entry_threshold"]
    return abs(signal) >= rule["entry_threshold"]


def passes_exit(signal, position, rule):
    if rule["sizing_mode"] == "proportional" and abs(signal) < 1e-9:
        return True  # the target of a zero signal is no position
    threshold = 1e-9 if rule["exit_threshold"] is None else rule["exit_threshold"]
    if rule["exit_basis"] == "magnitude":
        return abs(signal) < threshold
    return (signal if position > 0 else -signal) < threshold


def target_of(signal, rule):
    size = rule["position_size_mm"]
    wanted = signal * size if rule["sizing_mode"] == "proportional" else math.copysign(size, signal)
    cap = rule["position_cap_mm"]
    if cap is not None and abs(wanted) > cap:
        wanted = math.copysign(cap, wanted)
    return wanted


def is_released(signal, cooldown, rule):
    release = rule["cooldown_release"]
    if release == "sessions":
        return cooldown["rows"] >= rule["cooldown_sessions"]
    if signal is None:
        return False
    if release == "next_session" or abs(signal) < 1e-9:
        return True
    return release == "signal_crosses_zero" and signal * cooldown["position"] < 0


def twin(
    signal, level, record, level_change_sd_bps=None, mark=None, signal_has_row=None, contracts=None
):
    """Return one dict per day of one run."""
    rule = DEFAULTS | record
    day_count = len(level)
    has_row = signal_has_row if signal_has_row is not None else [True] * day_count
    marks = mark if mark is not None else [math.nan] * day_count
    sds = level_change_sd_bps if level_change_sd_bps is not None else [math.nan] * day_count
    lagged = lagged_signals(signal, level, has_row, rule)

    contracts = [NO_CONTRACT] * day_count if contracts is None else contracts
    rolls = rule["pnl_model"] == "repriced"

    position, held, run, trade, previous, cooldown = 0.0, 0, 0.0, None, None, None
    trade_count, cumulative, days, unused = 0, 0.0, [], 0
    for day in range(day_count):
        s, status, is_row = sort_day(lagged.get(day), level[day], marks[day], rule)
        if not is_row:
            days.append({"is_row": False, "status": status})
            continue

        if s is not None and unused < rule["start_offset_sessions"]:
            unused += 1
            s = None
        old = position
        held_trade = trade["number"] if old != 0 else 0
        pnl = pnl_of(old, level[day], marks[day], previous, trade, rule)
        run_before, run = run, run + pnl
        reason = None
        opening, closing, roll = NO_COSTS, NO_COSTS, 0.0
        today = contracts[day]
        seen = (sds[day], today["vix_close_pts"], rule)
        new_dv01, old_dv01 = today["dv01_usd_per_bp_per_mm"], today["held_dv01_usd_per_bp_per_mm"]
        if rolls and old != 0:
            # The new series trades elsewhere; entry and last level are restated in its terms.
            gap = today["cumulative_roll_gap_bps"] - previous["cumulative_roll_gap_bps"]
            trade["level"] += gap
            previous["level"] += gap

        if old != 0:
            held += 1
            reason = forced_exit(old, held, run_before, run, level[day], previous, trade, rule)
            if reason is not None:
                position = 0.0
                if rule["cooldown_release"] != "none":
                    cooldown = {"position": old, "rows": 0}
            elif s is None:
                if rule["missing_signal_policy"] == "flatten":
                    reason, position = "missing_signal", 0.0
            else:
                against = abs(s) >= 1e-9 and s * old < 0
                policy = rule["opposite_signal_policy"]
                if against and (
                    policy == "reverse" or (policy == "reverse_if_entry" and passes_entry(s, rule))
                ):
                    reason, position = "reversal", target_of(s, rule)
                elif passes_exit(s, old, rule):
                    reason, position = "signal", 0.0
                elif rule["sizing_mode"] == "proportional" and not against:
                    wanted = target_of(s, rule)
                    band = max(rule["rebalance_band_share"] * rule["position_size_mm"], 1e-9)
                    if abs(wanted - old) > band:
                        position = wanted
                        opening = costs_of(wanted - old, level[day], new_dv01, *seen)
        elif cooldown is not None:
            cooldown["rows"] += 1
            if is_released(s, cooldown, rule):
                cooldown = None
        elif s is not None and passes_entry(s, rule):
            position = target_of(s, rule)

        if reason is not None:
            closing = costs_of(old, level[day], old_dv01, *seen)
            held, run = 0, 0.0
            if reason == "reversal" and rule["reversal_pnl_owner"] == "new_position":
                run = pnl
        if position != 0 and (old == 0 or reason == "reversal"):
            opening = costs_of(position, level[day], new_dv01, *seen)
            trade_count += 1
            sd = sds[day]
            trade = {
                "number": trade_count,
                "level": level[day],
                "notional": abs(position),
                "sd": sd if sd > 0 else None,
            }
        if (
            status == "ok"
            and position != 0
            and rule["stop_basis"] == "sigma_bps"
            and (rule["stop_loss"] is not None or rule["take_profit"] is not None)
            and trade["sd"] is None
        ):
            status = "stop_not_armed"

        unknown = "cumulative_unknown_pnl_count"
        if rolls and old != 0 and today[unknown] > previous[unknown]:
            status = "unknown_pnl"
        if rolls and reason is None and old != 0:
            name = "cumulative_roll_dv01_usd_per_bp_per_mm"
            carried = min(abs(old), abs(position))
            roll = rule["roll_cost_bps"] * (today[name] - previous[name]) * carried
            roll *= widening(today["vix_close_pts"], rule)

        parts = {name: opening[name] + closing[name] for name in NO_COSTS}
        cost = sum(parts.values()) + roll
        cumulative += pnl - cost
        previous = {"level": level[day], "mark": marks[day]} | today
        days.append(
            {
                "is_row": True,
                "status": status,
                "signal": math.nan if s is None else s,
                "direction_sign": (position > 0) - (position < 0),
                "position_notional_mm": position,
                "held_sessions": held,
                "exit_reason": reason or "none",
                "held_trade_number": held_trade,
                "open_trade_number": trade["number"] if position != 0 else 0,
                "gross_pnl_usd": pnl,
                "opening_cost_usd": sum(opening.values()),
                "closing_cost_usd": sum(closing.values()),
                **{f"{name}_cost_usd": part for name, part in parts.items()},
                "roll_cost_usd": roll,
                "cost_usd": cost,
                "net_pnl_usd": pnl - cost,
                "cumulative_pnl_usd": cumulative,
            }
        )
    return days
