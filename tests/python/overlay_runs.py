"""Rules and series of test runs in the shape in which the tests write them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parspread.overlay import backtest
from parspread.overlay.rules import RuleTable

# Sessions of strategies and of their variants.
ALL_DAYS = "(from cdx_overlay.fct_backtest_days union all from cdx_overlay.fct_variant_days)"
# What a test leaves out: the first-order P&L, and a lag of one session as in the catalog.
TEST_RULES = {"pnl_model": "constant_dv01", "signal_lag_sessions": 1}


def rule_table(records: Sequence[Mapping[str, Any]]) -> RuleTable:
    """Return the table of rules that say only what the test is about."""
    return RuleTable.from_records([TEST_RULES | dict(record) for record in records])


def simulate(
    signal: np.ndarray, level: np.ndarray, rules: RuleTable, **given: Any
) -> backtest.BacktestDays:
    """Return the days of runs; series and indices are given side by side."""
    return _call(backtest.simulate, signal, level, rules, given)


def simulate_summaries(
    signal: np.ndarray, level: np.ndarray, rules: RuleTable, **given: Any
) -> backtest.RunSummaries:
    """Return the lines of runs; series and indices are given side by side."""
    return _call(backtest.simulate_summaries, signal, level, rules, given)


def _call(function, signal, level, rules, given):
    indices = {name: given[name] for name in ("signal_index", "level_index") if name in given}
    tables = {name: table for name, table in given.items() if name not in indices}
    return function(backtest.Series(signal, level, **tables), rules, **indices)
