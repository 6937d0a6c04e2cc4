"""What trading costs: half-spread, fee and impact of a leg, wider in a stressed market.

A cost in spread is paid at the DV01 of the contract: its P&L of one basis point, repriced.
"""

from math import isnan, sqrt
from typing import NamedTuple

from parspread.compiled import inlined
from parspread.overlay.rules import CostUnit, PnlModel

USD_PER_MM = 1e6
USD_PER_NOTIONAL_BP_PER_MM = 100.0


class LegCosts(NamedTuple):
    """What trading once costs, in USD."""

    half_spread_usd: float
    fee_usd: float
    impact_usd: float


@inlined
def cost_dv01(contract_dv01_usd_per_bp_per_mm, rules):
    """Return the DV01 that turns a cost in spread into USD: a repriced run's own, if known."""
    if rules.pnl_model == PnlModel.REPRICED and not isnan(contract_dv01_usd_per_bp_per_mm):
        return contract_dv01_usd_per_bp_per_mm
    return rules.dv01_usd_per_bp_per_mm


@inlined
def half_spread_usd(notional_mm, level, dv01_usd_per_bp_per_mm, rules):
    """Return the half-spread paid on `notional_mm` (>= 0) in a calm market, in USD."""
    if rules.cost_unit == CostUnit.SPREAD_BPS:
        return rules.transaction_cost * dv01_usd_per_bp_per_mm * notional_mm
    if rules.cost_unit == CostUnit.PRICE_PTS:
        return rules.transaction_cost / 100.0 * notional_mm * USD_PER_MM
    if rules.cost_unit == CostUnit.PCT_OF_LEVEL:
        return rules.transaction_cost * level * notional_mm * USD_PER_NOTIONAL_BP_PER_MM
    return rules.transaction_cost * notional_mm * USD_PER_NOTIONAL_BP_PER_MM


@inlined
def stress_ratio(market, rules):
    """Return what half-spread, impact and roll are multiplied with at the VIX of the row."""
    return rules.stressed_cost_ratio if market.vix_close_pts >= rules.stressed_vix_pts else 1.0


@inlined
def leg_costs(notional_mm, market, contract_dv01_usd_per_bp_per_mm, rules):
    """Return the costs of trading `notional_mm` (>= 0) once.

    Impact in basis points is `impact_ratio` * daily deviation of the spread * sqrt(notional /
    average daily volume); zero while no deviation is known.
    """
    dv01 = cost_dv01(contract_dv01_usd_per_bp_per_mm, rules)
    ratio = stress_ratio(market, rules)
    impact_usd = 0.0
    if rules.impact_ratio > 0.0 and market.level_change_sd_bps > 0.0:
        volume_share = notional_mm / rules.average_daily_volume_mm
        impact_bps = rules.impact_ratio * market.level_change_sd_bps * sqrt(volume_share)
        impact_usd = ratio * impact_bps * dv01 * notional_mm
    return LegCosts(
        half_spread_usd(notional_mm, market.level, dv01, rules) * ratio,
        rules.fee_usd_per_mm * notional_mm,
        impact_usd,
    )


@inlined
def cost_of_legs(costs):
    """Return the sum of what trading once costs, in USD."""
    return costs.half_spread_usd + costs.fee_usd + costs.impact_usd


@inlined
def fill_cost(fill):
    """Return the cost of a row in USD: the sum of its components, in their order."""
    parts = fill.half_spread_cost_usd + fill.fee_cost_usd + fill.impact_cost_usd
    return parts + fill.roll_cost_usd
