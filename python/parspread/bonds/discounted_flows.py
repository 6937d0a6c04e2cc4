"""Cash flows with their times and discount factors, the input of every spread measure."""

from dataclasses import dataclass

import numpy as np

from parspread.arrays import BoolArray, FloatArray, IntArray, StatusArray
from parspread.bonds.status import BondStatus


@dataclass(frozen=True)
class DiscountedFlows:
    """Flows of many bonds back to back, in date order within each bond.

    Attributes
    ----------
    flow_count : int array, shape (n_bonds,)
        Flows of each bond, >= 0.
    time_years : float array, shape (n_flows,)
        Years to each flow, >= 0.
    amount_pct_par : float array, shape (n_flows,)
        Flow per 100 of face, >= 0.
    discount_factor_ratio : float array, shape (n_flows,)
        Risk-free value of one paid then, > 0; NaN is a missing curve.

    Raises
    ------
    ValueError
        If a column does not hold one entry per flow.

    Examples
    --------
    >>> flows = DiscountedFlows([2, 1], [0.5, 1.0, 1.0], [2.5, 102.5, 100.0], [0.98, 0.96, 0.9])
    >>> flows.present_value_pct_par.tolist()
    [100.85, 90.0]
    """

    flow_count: IntArray
    time_years: FloatArray
    amount_pct_par: FloatArray
    discount_factor_ratio: FloatArray

    def __post_init__(self) -> None:
        """Turn every field into an array and check its length."""
        count = np.atleast_1d(np.asarray(self.flow_count, dtype=np.int64))
        object.__setattr__(self, "flow_count", count)
        for name in ("time_years", "amount_pct_par", "discount_factor_ratio"):
            array = np.asarray(getattr(self, name), dtype=np.float64)
            if array.shape != (count.sum(),):
                raise ValueError(
                    f"{name} must hold one entry per flow, {count.sum()}; "
                    f"its shape was {array.shape}"
                )
            object.__setattr__(self, name, array)

    @property
    def present_value_pct_par(self) -> FloatArray:
        """Return the risk-free value of each bond, zero for a bond without flows."""
        return self.sum_per_bond(self.amount_pct_par * self.discount_factor_ratio)

    @property
    def status(self) -> StatusArray:
        """Return NO_CASHFLOWS, MISSING_INPUT, NEGATIVE_COUPON, NO_CURVE or OK for each bond."""
        reasons = {
            BondStatus.NO_CASHFLOWS: self.flow_count == 0,
            BondStatus.MISSING_INPUT: self._holds_any(
                ~np.isfinite(self.amount_pct_par) | ~(self.time_years >= 0)
            ),
            BondStatus.NEGATIVE_COUPON: self._holds_any(self.amount_pct_par < 0),
            BondStatus.NO_CURVE: self._holds_any(~(self.discount_factor_ratio > 0)),
        }
        return np.select(list(reasons.values()), list(reasons), BondStatus.OK).astype(np.int8)

    def sum_per_bond(self, values: FloatArray) -> FloatArray:
        """Return the sum over each bond's flows of one value per flow."""
        count = self.flow_count
        total = np.zeros(count.shape)
        has_flows = count > 0
        if values.size:
            total[has_flows] = np.add.reduceat(values, (np.cumsum(count) - count)[has_flows])
        return total

    def _holds_any(self, is_marked: BoolArray) -> BoolArray:
        if not is_marked.any():
            return np.zeros(self.flow_count.shape, dtype=bool)
        return self.sum_per_bond(is_marked.astype(np.float64)) > 0
