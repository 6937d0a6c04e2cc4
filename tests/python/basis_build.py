"""Build the CDS-bond desk alone and query its build database, intermediates included."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from conftest import ROOT, run_dbt

SOURCES = ("build", "crsp", "wrds", "markit", "fed")
# The sample, and its files of this desk.
SAMPLE = ROOT / "seeds" / "sample"
FILES = (
    "RED_and_ISIN_mapping",
    "cds_final",
    "fed_yield_curve",
    "issue_data",
    "monthly_ts_data",
    "wrds_bond",
)
CATALOGS = (
    "cds_tenors", "cds_doc_clauses", "cds_tiers", "rating_groups", "analysis_periods",
    "package_terms",
)  # fmt: skip
BASIS_NODES = [
    *(f"path:models/staging/{source}" for source in SOURCES),
    *(f"path:models/intermediate/{folder}" for folder in ("rates", "cds_bond", "replicas/ftsfr_*")),
    # The list of screened rows holds those of both desks.
    "+path:models/intermediate/accounting",
    "+fct_index_skew",
    *("path:models/marts/cds_bond", "path:tests/cds_bond"),
    *(f"path:models/reports/{name}.sql" for name in ("rpt_basis_by_rating", "rpt_cds_curve_drawn")),
    *CATALOGS,
]

Query = Callable[[str], pd.DataFrame]


def build_basis(data_dir: Path, home: Path, *arguments: str, **options: Any) -> Query:
    """Build the desk from `data_dir` and return a function that queries the build database."""
    selection = ("--select", *BASIS_NODES, *arguments)
    done = run_dbt(home, "build", *selection, data_dir=data_dir, **options)
    assert done.exit_code == 0, done.output[-3000:]
    return done.inner_frame


def matched_treasuries(chain: str) -> str:
    """Return SQL of the Treasury matched to each bond-month, with the Treasury's own facts."""
    rate = {"int_cds_bond": "bond_equivalent_yield_dec", "int_ftsfr_notebook": "annual_yield_dec"}
    return f"""(
        select
            matched.source_row_number,
            matched.treasury_status,
            merged.treasury_code,
            merged.maturity_date as treasury_maturity_date,
            merged.{rate[chain]} as treasury_yield_dec
        from intermediate.{chain}__bonds_matched_to_treasuries as matched
        left join intermediate.{chain}__treasuries_merged as merged
            on
                matched.treasury_row_number = merged.source_row_number
                and matched.treasury_issue_row_number = merged.issue_row_number
    )"""
