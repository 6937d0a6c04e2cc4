"""Deliveries as the check of the inputs sees them, and those with single rows in another unit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from conftest import NO_DATA_TESTS, ROOT, run_dbt
from parspread_tools.gate.check import check_inputs
from parspread_tools.gate.contract import read_contract
from parspread_tools.sample import make

# Every column in which another unit would become another number, by vendor table.
COLUMNS = {
    "cdx": ["spread", "price"],
    "vix": ["close"],
    "etf": ["close", "spread"],
    "wrds_bond": ["yield", "coupon", "price_eom", "t_spread", "amount_outstanding"],
    "cds_final": ["parspread"],
    "monthly_ts_data": ["tmyld", "tmpubout"],
    "fed_yield_curve": ["BETA0", "SVENY01", "SVENY10"],
}
FACTORS = (100, 10_000, 0.01)
# The table of reasons, and what it needs.
SCREENS = "+fct_rejected_rows"


def contract(*tables: str) -> list[dict]:
    """Return what dbt hands to the check of the inputs, for `tables` or for all."""
    return [e for e in read_contract(ROOT) if not tables or e["table"] in tables]


@contextmanager
def vendor_tables(
    folder: Path, entries: list[dict], *choices: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the vendor tables of a delivery without errors, as a build would see them."""
    report = check_inputs(folder, entries, *choices)
    assert report["errors"] == []
    with duckdb.connect() as connection:
        connection.execute("create schema vendor")
        for statement in report["statements"]:
            connection.execute(statement)
        yield connection


def distressed_quotes() -> pd.DataFrame:
    """Return true extremes: a steep curve from 1 bp, one at 50 %, one inverted tenfold."""
    tenors = ["6M", "1Y", "2Y", "3Y", "4Y", "5Y", "7Y", "10Y", "20Y", "30Y"]
    curves = {
        "STEEP": [1, 2, 6, 12, 20, 30, 45, 60, 75, 80],
        "HALF": [5200, 5100, 5000, 4900, 4800, 4700, 4600, 4500, 4400, 4400],
        "INVERTED": [9500, 8000, 5500, 4000, 3200, 2600, 2000, 1500, 1100, 950],
        "SPARSE": [4, None, None, None, None, 40, None, 55, None, None],
    }
    rows = [
        (pd.Timestamp("2017-03-31"), name, name, bps / 10_000, tenor)
        for name, curve in curves.items()
        for tenor, bps in zip(tenors, curve, strict=True)
        if bps is not None
    ]
    return pd.DataFrame(rows, columns=["date", "ticker", "redcode", "parspread", "tenor"])


def write_clean(folder: Path, **sizes: object) -> Path:
    """Write a simulated delivery of both desks without a row that a screen has to reject.

    A few true extremes are among its quotes.
    """
    arguments = [text for name, size in sizes.items() for text in (f"--{name}", str(size))]
    make.main(["--out", str(folder), "--clean", *arguments])
    distressed_quotes().to_parquet(folder / "cds_final" / "extremes.parquet", index=False)
    return folder


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Return a delivered table, its rows in the order in which a build numbers them."""
    if (folder / f"{name}.csv").exists():
        return pd.read_csv(folder / f"{name}.csv")
    files = sorted((folder / name).glob("*.parquet")) or [folder / f"{name}.parquet"]
    return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)


def write_table(rows: pd.DataFrame, folder: Path, name: str) -> None:
    """Write a vendor table in the format that the sample has for it."""
    if name in ("cdx", "vix", "etf"):
        rows.to_csv(folder / f"{name}.csv", index=False)
    else:
        rows.to_parquet(folder / f"{name}.parquet", index=False)


def usable(folder: Path, name: str, rows: pd.DataFrame) -> np.ndarray:
    """Return which rows of a clean table the standard sample can use: not what it screens out.

    Treasury notes and bonds and corporate bonds, with a year or more to go.
    """
    year = pd.DateOffset(years=1)
    if name == "monthly_ts_data":
        issues = read_table(folder, "issue_data").drop_duplicates(["kycrspid", "kytreasno"])
        merged = rows.merge(issues, "left", ["kycrspid", "kytreasno"])
        is_long = pd.to_datetime(merged["tmatdt"]) >= pd.to_datetime(merged["mcaldt"]) + year
        return (merged["itype"].isin([1, 2]) & is_long).to_numpy()
    if name == "wrds_bond":
        return (rows["maturity"] >= rows["date"] + year).to_numpy()
    return np.ones(len(rows), dtype=bool)


def scale_rows(clean: Path, target: Path, row_count: int, seed: int) -> pd.DataFrame:
    """Copy a delivery with `row_count` rows scaled for each column and factor, no row twice.

    Return one line per scaled row: table_name, column_name, factor, source_row_number.
    """
    rng = np.random.default_rng(seed)
    target.mkdir()
    scaled = []
    for file in sorted(clean.iterdir()):
        name = file.name.split(".")[0]
        rows = read_table(clean, name)
        columns = COLUMNS.get(name, [])
        free = rng.permutation(np.flatnonzero(usable(clean, name, rows)))
        if name == "cds_final":
            # Single rows: one on a curve.
            free = free[~rows.iloc[free].duplicated(["redcode", "date"])]
        # A small table keeps most of its rows.
        count = min(row_count, len(rows) // (2 * len(FACTORS) * max(len(columns), 1)))
        for column in columns:
            values = rows[column].to_numpy(copy=True)
            for factor in FACTORS:
                chosen = free[values[free] > 0][:count]
                free = free[~np.isin(free, chosen)]
                values[chosen] *= factor
                lines = {"table_name": name, "column_name": column, "factor": factor}
                scaled.append(pd.DataFrame(lines | {"source_row_number": chosen + 1}))
            rows[column] = values
        write_table(rows, target, name)
    return pd.concat(scaled, ignore_index=True)


def reasons(data_dir: Path, home: Path) -> pd.DataFrame:
    """Return the rows of a delivery that a build rejects or flags.

    Columns: table_name, source_row_number, reason. A bid-ask spread that is not used although its
    row is has its status as the reason.
    """
    build = run_dbt(home, "build", *NO_DATA_TESTS, "--select", SCREENS, data_dir=data_dir)
    assert build.exit_code == 0, build.output[-3000:]
    with duckdb.connect(str(home / "build" / "parspread.duckdb"), read_only=True) as connection:
        return connection.sql(
            "select lower(source_name) as table_name, source_row_number, reject_reason as reason "
            "from quality.fct_rejected_rows where data_set = 'desk' "
            "union all select 'wrds_bond', source_row_number, bid_ask_status "
            "from intermediate.int_cds_bond__bonds_screened "
            "where fault_reason is null and bid_ask_status = 'unit_suspect'"
        ).df()


def shares_flagged(scaled: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return the share of scaled rows with a reason, by column and by factor."""
    lines = scaled.merge(found.assign(is_flagged=True), "left", ["table_name", "source_row_number"])
    lines["is_flagged"] = lines["is_flagged"].fillna(False).astype(float)
    return lines.pivot_table("is_flagged", ["table_name", "column_name"], "factor")


def false_flags(clean: Path, scaled: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a reason that were not scaled, the other half of a pair left out.

    Where a name has two quotes a day, one of them scaled, nothing says which.
    """
    others = found.merge(scaled, "left", ["table_name", "source_row_number"])
    others = others[others["factor"].isna()]
    quotes = read_table(clean, "cds_final")
    key = quotes["redcode"].str.strip().str.upper() + quotes["date"].astype(str)
    is_scaled = key.index.isin(
        scaled.loc[scaled["table_name"] == "cds_final", "source_row_number"] - 1
    )
    has_two = key.groupby(key).transform("size") == 2
    pairs = set(key[has_two & key.isin(key[is_scaled])].index + 1)
    is_pair = (others["table_name"] == "cds_final") & others["source_row_number"].isin(pairs)
    return others[~is_pair]
