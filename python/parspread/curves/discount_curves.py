"""Discount curves given by the logarithm of the factor at nodes."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from parspread.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class DiscountCurves:
    """Discount curves, log-linear between nodes; the last forward rate goes on beyond them.

    Attributes
    ----------
    node_years : float array, shape (n_curves, n_nodes)
        Times from the trade date, > 0, strictly increasing along each row.
    log_discount : float array, shape (n_curves, n_nodes)
        Natural logarithm of the discount factor; NaN anywhere makes the row unusable.

    curve_index : int array, shape (n_quotes,), optional
        Row of each quote's curve, where quotes share curves.

    Without an index one row serves every quote; otherwise there is one row per quote.
    """

    node_years: FloatArray
    log_discount: FloatArray
    curve_index: IntArray | None = None

    def __post_init__(self) -> None:
        """Check shapes and the order of the nodes."""
        _check_nodes(self.node_years, self.log_discount.shape)

    @classmethod
    def flat(cls, rate_dec: ArrayLike) -> Self:
        """Return flat curves of continuously compounded rates.

        Parameters
        ----------
        rate_dec : float array, shape (n_curves,) or scalar
            Rate per year, decimal, ACT/365F; any sign.

        Returns
        -------
        DiscountCurves

        Examples
        --------
        >>> float(DiscountCurves.flat(0.04).log_discount[0, 0])
        -0.04
        """
        return cls.from_zero_rates([1.0], np.atleast_1d(rate_dec)[:, None])

    @classmethod
    def from_zero_rates(cls, node_years: ArrayLike, zero_rate_dec: ArrayLike) -> Self:
        """Return curves through continuously compounded zero rates.

        Parameters
        ----------
        node_years : float array, shape (n_nodes,) or (n_curves, n_nodes)
            Times of the rates, > 0, strictly increasing.
        zero_rate_dec : float array, shape (n_nodes,) or (n_curves, n_nodes)
            Zero rates per year, decimal, ACT/365F.

        Returns
        -------
        DiscountCurves

        Raises
        ------
        ValueError
            If the nodes are not positive and strictly increasing.

        Examples
        --------
        >>> DiscountCurves.from_zero_rates([1.0, 2.0], [0.03, 0.04]).log_discount
        array([[-0.03, -0.08]])
        """
        node, rate = np.broadcast_arrays(
            np.atleast_2d(np.asarray(node_years, dtype=np.float64)),
            np.atleast_2d(np.asarray(zero_rate_dec, dtype=np.float64)),
        )
        # A copy: compiled functions warn of arrays that broadcasting shares between rows.
        return cls(np.array(node), -node * rate)

    def shifted(self, shift_dec: float) -> Self:
        """Return the curves with every zero rate moved in parallel.

        Parameters
        ----------
        shift_dec : float
            Shift of the continuously compounded zero rates, decimal.

        Returns
        -------
        DiscountCurves

        Examples
        --------
        >>> float(DiscountCurves.flat(0.04).shifted(0.01).log_discount[0, 0])
        -0.05
        """
        return replace(self, log_discount=self.log_discount - shift_dec * self.node_years)

    def take(self, quote_index: ArrayLike) -> Self:
        """Return the curves of the given quotes; the curves themselves are not copied.

        Parameters
        ----------
        quote_index : int array, shape (n_quotes,)
            Position of each quote among those of these curves.

        Returns
        -------
        DiscountCurves

        Examples
        --------
        >>> DiscountCurves.flat([0.01, 0.02]).take([1, 1, 0]).rows(3)
        array([1, 1, 0])
        """
        index = np.asarray(quote_index, dtype=np.int64)
        return replace(self, curve_index=index if self.curve_index is None else self.rows()[index])

    def by_row(self) -> Self:
        """Return the curves with one row per quote, those that are shared copied.

        Examples
        --------
        >>> DiscountCurves.flat([0.01, 0.02]).take([1, 1]).by_row().log_discount.tolist()
        [[-0.02], [-0.02]]
        """
        rows = self.rows()
        return type(self)(self.node_years[rows], self.log_discount[rows])

    def rows(self, quote_count: int | None = None) -> IntArray:
        """Return the row of each quote's curve.

        Parameters
        ----------
        quote_count : int, optional
            Number of quotes; by default as many as the curves were made for.

        Returns
        -------
        curve_index : int array, shape (quote_count,)

        Raises
        ------
        ValueError
            If there is neither one curve nor one per quote.

        Examples
        --------
        >>> DiscountCurves.flat(0.04).rows(3)
        array([0, 0, 0])
        """
        index = self.curve_index
        if index is None:
            index = np.arange(len(self.node_years))
        if quote_count is None or len(index) == quote_count:
            return index
        if len(index) == 1:
            return np.repeat(index, quote_count)
        raise ValueError(
            "discount must have one row or one per quote; "
            f"{len(index)} rows came with {quote_count} quotes"
        )


def _check_nodes(node_years: FloatArray, shape: tuple[int, ...]) -> None:
    if node_years.ndim != 2 or node_years.shape != shape or shape[1] == 0:
        raise ValueError(
            "node_years must have the shape (n_curves, n_nodes) of its values; "
            f"{node_years.shape} came with {shape}"
        )
    steps = np.diff(node_years, axis=1, prepend=0.0)
    bad = np.argwhere(~(steps > 0))
    if bad.size:
        row, position = bad[0]
        raise ValueError(
            "node_years must be positive and strictly increasing; "
            f"row {row} position {position} was {node_years[row, position]}"
        )
