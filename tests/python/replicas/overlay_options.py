"""The rules under which the overlay engine is one of the two engines that it replaced."""

from typing import Any

MACROCREDIT: dict[str, Any] = {
    "sizing_mode": "binary",
    "entry_comparison": "above",
    "entry_threshold": 1.5,
    "exit_threshold": 0.75,
    "exit_basis": "magnitude",
    "opposite_signal_policy": "hold",
    "cooldown_release": "none",
    "signal_lag_sessions": 0,
    "lag_basis": "signal_rows",
    "missing_signal_policy": "drop_row",
    "infinite_signal_policy": "zero",
    "cost_unit": "notional_bps",
    "dv01_usd_per_bp_per_mm": 4750.0,
    "pnl_model": "entry_spread_cumulated",
}
"""The macrocredit engine; its default DV01 is ten times the usual one, and part of its numbers."""


def aponyx(sizing_mode: str, quote_kind: str = "spread") -> dict[str, Any]:
    """Return the rules of the aponyx engine; the caller adds size, cost, thresholds, stops, lag."""
    is_binary = sizing_mode == "binary"
    return {
        "sizing_mode": sizing_mode,
        "quote_kind": quote_kind,
        "entry_comparison": "at_or_above",
        "exit_basis": "magnitude",
        "opposite_signal_policy": "reverse",
        "stop_basis": "pct_dv01_usd" if is_binary else "usd_per_mm",
        "stop_timing": "next_close",
        "cooldown_release": "zero_signal" if is_binary else "next_session",
        "reversal_pnl_owner": "new_position",
        "lag_basis": "signal_rows",
        "missing_signal_policy": "drop_row",
        "infinite_signal_policy": "zero",
        "cost_unit": "notional_bps",
        "pnl_model": "constant_dv01",
    }
