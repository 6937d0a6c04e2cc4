"""The options of the aponyx engine against its rules, written out row by row.

The rows of executed runs are the first witness (`test_backtest_parity.py`); they hold the
configurations that somebody chose. This one draws configurations that nobody chose: every sizing
mode, product, stop, holding limit, lag, threshold and cost, on signals with zeros, holes, infinite
values and rows of their own, so that the stops become path dependent.
"""

import math

import numpy as np
import pytest

from overlay_runs import rule_table, simulate
from parspread.overlay.status import ExitReason
from replicas.overlay_options import aponyx

EPSILON = 1e-9


def joined_rows(signal, level, signal_has_row, lag):
    """Return (day, signal, level): the signal lags over its own rows, then both are joined."""
    own_rows = [day for day in range(len(signal)) if signal_has_row[day]]
    lagged = {own_rows[i]: signal[own_rows[i - lag]] for i in range(lag, len(own_rows))}
    return [
        (day, lagged[day], level[day])
        for day in range(len(level))
        if not math.isnan(lagged.get(day, math.nan)) and not math.isnan(level[day])
    ]


def engine_rows(rows, config, is_price, dv01):
    """Return the rows of a run: (day, position, held, reason, gross P&L, cost)."""
    size, is_binary = config["size"], config["mode"] == "binary"

    def cost_of(notional_mm, at_level):
        if config["cost_pct"] is not None:
            return config["cost_pct"] * at_level * notional_mm * 100
        return config["cost_bps"] * notional_mm * 100

    state, position, held, run, last = "flat", 0.0, 0, 0.0, None
    out = []
    for day, raw, level in rows:
        signal = raw if math.isfinite(raw) else 0.0
        is_zero = abs(signal) < EPSILON
        target = (0 if signal == 0 else math.copysign(1, signal)) if is_binary else signal * size
        before, cost, reason = position, 0.0, ""
        exposure = size if is_binary else abs(position)
        unit = exposure
        if is_binary:
            unit = size * (1e6 if is_price else dv01)
        if state == "flat":
            threshold = config["threshold"]
            enters = not is_zero if threshold is None else abs(signal) >= threshold
            if enters:
                position, held, run, state = target, 0, 0.0, "in"
                cost += cost_of(size if is_binary else abs(target), level)
        elif state == "in":
            held += 1
            if config["take"] is not None and run > config["take"] / 100 * unit:
                reason = "take_profit"
            elif config["stop"] is not None and run < -config["stop"] / 100 * unit:
                reason = "stop_loss"
            elif config["max_days"] is not None and held >= config["max_days"]:
                reason = "max_holding"
            if reason:
                cost += cost_of(exposure, level)
                position, held, state = 0.0, 0, "cooling"
            elif is_zero:
                reason = "signal"
                cost += cost_of(exposure, level)
                position, held, state = 0.0, 0, "flat"
            elif (target > 0) != (position > 0):
                reason = "reversal"
                cost += (
                    2 * cost_of(size, level)
                    if is_binary
                    else cost_of(abs(target - position), level)
                )
                position, held, run = target, 0, 0.0
            elif not is_binary and abs(target - position) > EPSILON:
                cost += cost_of(abs(target - position), level)
                position = target
        elif is_zero or not is_binary:
            state = "flat"
        gross = 0.0
        if before != 0:
            notional = before * size if is_binary else before
            if is_price:
                gross = notional * (level / last - 1) * 1e6
            else:
                gross = -notional * (level - last) * dv01
            run += gross
        out.append((day, position, held, reason, gross, cost))
        last = level
    return out


def drawn_case(rng):
    """Draw a configuration and a market on which its limits bind now and then."""
    days = int(rng.integers(3, 160))
    is_price = bool(rng.random() < 0.35)
    is_binary = bool(rng.random() < 0.5)
    volatility = rng.choice([0.02, 0.2, 1.0])
    level = 60 + np.cumsum(rng.normal(0, volatility, days))
    level = np.maximum(level, 1.0) if is_price else level
    signal = np.cumsum(rng.normal(0, 0.5, days)) * rng.choice([0.2, 1.0, 3.0])
    rough = rng.random(days)
    for value, low in ((0.0, 0.0), (np.nan, 0.06), (np.inf, 0.1), (-np.inf, 0.12), (1e-10, 0.14)):
        signal[(rough >= low) & (rough < low + 0.03)] = value
    signal_has_row = rng.random(days) > 0.05
    level[rng.random(days) < 0.05] = np.nan

    def perhaps(values, share=0.5):
        return rng.choice(values) if rng.random() < share else None

    # Limits near a day's P&L: in percent of one basis point of DV01, or USD per million.
    stop = perhaps([0.5, 3.0, 5.0, 25.0, 100.0])
    return {
        "mode": "binary" if is_binary else "proportional",
        "size": float(rng.choice([0.5, 5.0, 10.0, 50.0])),
        "threshold": perhaps([0.1, 0.5, 1.0, 1.8]),
        "stop": stop,
        "take": perhaps([0.5, 8.0, 10.0, 100.0]),
        "max_days": perhaps([1, 2, 5, 20]),
        "cost_bps": float(rng.choice([0.0, 1.0, 1.5, 8.0])),
        "cost_pct": perhaps([0.0005, 0.025, 1.0], 0.3),
        "lag": int(rng.integers(0, 6)),
        "is_price": is_price,
        "dv01": float(rng.choice([425.0, 475.0, 875.0])),
    }, (signal, level, signal_has_row)


@pytest.mark.parametrize("seed", range(8))
def test_any_configuration_of_the_aponyx_engine_follows_its_written_rules(seed):
    # 100 runs a seed; every state, reason and amount of every row.
    rng = np.random.default_rng(seed)
    seen = set()
    for _ in range(100):
        config, (signal, level, signal_has_row) = drawn_case(rng)
        in_pct = config["cost_pct"] is not None
        record = aponyx(config["mode"], "price" if config["is_price"] else "spread") | {
            "position_size_mm": config["size"],
            "transaction_cost": config["cost_pct"] if in_pct else config["cost_bps"],
            "cost_unit": "pct_of_level" if in_pct else "notional_bps",
            "dv01_usd_per_bp_per_mm": None if config["is_price"] else config["dv01"],
            "stop_loss": config["stop"],
            "take_profit": config["take"],
            "max_holding_sessions": config["max_days"],
            "signal_lag_sessions": config["lag"],
            "entry_threshold": config["threshold"],
        }
        days = simulate(
            signal[None],
            level[None],
            rule_table([record]),
            signal_has_row=signal_has_row[None],
        )
        rows = joined_rows(signal, level, signal_has_row, config["lag"])
        expected = engine_rows(rows, config, config["is_price"], config["dv01"])
        kept = np.flatnonzero(days.is_row[0])
        assert kept.tolist() == [row[0] for row in expected], config
        if not expected:
            continue
        _, position, held, reason, gross, cost = zip(*expected, strict=True)
        is_binary = config["mode"] == "binary"
        ours = days.direction_sign if is_binary else days.position_notional_mm
        assert ours[0, kept].tolist() == list(position), config
        assert days.held_sessions[0, kept].tolist() == list(held), config
        names = [
            "" if code == 0 else ExitReason(code).name.lower() for code in days.exit_reason[0, kept]
        ]
        assert names == list(reason), config
        np.testing.assert_allclose(days.gross_pnl_usd[0, kept], gross, rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(days.cost_usd[0, kept], cost, rtol=1e-12, atol=1e-9)
        net = np.cumsum(np.array(gross) - np.array(cost))
        np.testing.assert_allclose(days.cumulative_pnl_usd[0, kept], net, rtol=1e-12, atol=1e-8)
        seen |= set(reason)
    assert seen == {"", "signal", "reversal", "stop_loss", "take_profit", "max_holding"}
