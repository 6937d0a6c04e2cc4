"""How large a cds_bond sample is, and the seed that decides it."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

FIRST_MONTH, EARLIEST_MONTH = "2016-01", "1990-01"
MIN_ISSUER_COUNT, MAX_ISSUER_COUNT = 20, 25_000


@dataclass(frozen=True)
class BondSample:
    """The size of a cds_bond sample and the seed that decides it."""

    issuer_count: int = 60
    bond_count: int = 200
    month_count: int = 60
    seed: int = 7
    is_clean: bool = False  # without the planted rows that a screen has to reject
    first_month: str = FIRST_MONTH
    tenor_count: int = 5  # tenors quoted every day, 5 or 8

    def __post_init__(self) -> None:
        """Refuse sizes that leave no room for the planted stories."""
        if not MIN_ISSUER_COUNT <= self.issuer_count <= MAX_ISSUER_COUNT:
            raise ValueError(
                f"issuers must be between {MIN_ISSUER_COUNT} and {MAX_ISSUER_COUNT}; "
                f"they were {self.issuer_count}"
            )
        if not self.issuer_count <= self.bond_count <= 500 * self.issuer_count:
            raise ValueError(
                f"bonds must be between 1 and 500 an issuer; they were {self.bond_count} "
                f"for {self.issuer_count} issuers"
            )
        if self.month_count < 1:
            raise ValueError(f"months must be at least 1; they were {self.month_count}")
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", self.first_month) or (
            self.first_month < EARLIEST_MONTH
        ):
            raise ValueError(
                f"first_month must be a month such as {FIRST_MONTH}, on or after {EARLIEST_MONTH}; "
                f"it was {self.first_month}"
            )
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0; it was {self.seed}")

    def stream(self, *key: int) -> np.random.Generator:
        """Return the random stream of one step, independent of every other step's."""
        return np.random.Generator(np.random.PCG64([self.seed, 2, *key]))

    @property
    def month_ends(self) -> pd.DatetimeIndex:
        """Calendar month ends, weekends included, as the bond file dates its rows."""
        return pd.date_range(self.first_month, periods=self.month_count, freq="ME")

    @property
    def weekdays(self) -> pd.DatetimeIndex:
        """Every weekday of the months covered."""
        return pd.bdate_range(self.first_month, self.month_ends[-1])
