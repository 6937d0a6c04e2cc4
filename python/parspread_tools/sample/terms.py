"""The optional files of desk cds_bond: terms of bonds, and discount curves other than Treasuries.

They have random streams of their own, so that the other files stay what they are without them.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from parspread_tools.sample.bonds import bonds_of
from parspread_tools.sample.cds import issuers_of
from parspread_tools.sample.market import mean_reverting, scripted_path
from parspread_tools.sample.rates import fed_params_pct, fed_zero_dec
from parspread_tools.sample.size import BondSample

FIRST_SOFR_DATE = pd.Timestamp("2018-04-03")
CURVE_YEARS = np.array([0.25, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 30.0])
# Zero rates over those of Treasuries, in bps: below them while balance sheets were scarce.
GAP_SCRIPT_BPS = {
    "2016-01-04": -8, "2016-12-15": -2, "2018-03-30": 12, "2019-09-17": -6, "2020-03-16": -34,
    "2020-04-30": -14, "2020-12-31": -9,
}  # fmt: skip


def listed_terms(sample: BondSample) -> pa.Table:
    """Return the terms of most bonds; a few may be called, put, or are repaid in parts."""
    rng, bonds = sample.stream(20), bonds_of(sample, issuers_of(sample))
    count = len(bonds)
    luck, flags = rng.random(count), rng.random((4, count))
    is_zero = bonds["coupon"] == 0
    may_be_called = luck < 0.6
    frame = pd.DataFrame(
        {
            "complete_cusip": bonds["cusip"].str.strip().str.upper(),
            "coupon_type": np.where(is_zero, "Z", np.where(flags[0] < 0.01, "V", "F")),
            "redeemable": np.where(may_be_called, "Y", "N"),
            "make_whole": np.where(may_be_called & (luck >= 0.02), "Y", "N"),
            "putable": np.where(flags[1] < 0.01, "Y", "N"),
            "sinking_fund": np.where(flags[2] < 0.01, "Y", "N"),
            "rule_144a": np.where(flags[3] < 0.02, "Y", "N"),
            "security_level": bonds["security_level"],
            "dated_date": bonds["dated_date"].dt.strftime("%Y-%m-%d"),
            "day_count_basis": bonds["day_count_basis"],
            "default_date": None,
        }
    )
    return pa.Table.from_pandas(frame[rng.random(count) < 0.97], preserve_index=False)


def discount_curves(sample: BondSample) -> pa.Table:
    """Return daily zero curves of OIS, continuous, and of SOFR, compounded once a year."""
    rng, days, params = sample.stream(21), sample.weekdays, fed_params_pct(sample)
    gap_dec = 1e-4 * scripted_path(days, GAP_SCRIPT_BPS)
    gap_dec += mean_reverting(2e-5 * rng.standard_normal(len(days)), 0.05)
    # The gap of long maturities is the lower one.
    slope = 1.0 - 0.02 * CURVE_YEARS
    zero = fed_zero_dec(CURVE_YEARS[:, None], params[:, None, :]) + slope[:, None] * gap_dec
    frames = []
    for name, first, rates, compounding in (
        ("OIS", days[0], zero, "continuous"),
        ("SOFR", FIRST_SOFR_DATE, np.expm1(zero - 4e-4), "annual"),
    ):
        is_quoted = days >= first
        shape = (int(is_quoted.sum()), len(CURVE_YEARS))
        frames.append(
            pd.DataFrame(
                {
                    "curve": name,
                    "date": np.repeat(days[is_quoted], shape[1]),
                    "years": np.tile(CURVE_YEARS, shape[0]),
                    "zero_rate": np.round(rates[:, is_quoted].T.ravel(), 6),
                    "compounding": compounding,
                }
            )
        )
    return pa.Table.from_pandas(pd.concat(frames, ignore_index=True), preserve_index=False)
