"""The Treasury match: the SQL of both chains of models against a pandas loop over bond-months.

The loop is that of the replaced code, on the first bond-months of the same rows, scaled; it does
what the replica does. The floors are a copy of the bond-months and one bare join on month and day.
Everything runs on one thread, from DuckDB table to DuckDB table.
"""

import tempfile

import duckdb
import jinja2
import pandas as pd

from parspread_tools.benchmarks.measure import PROJECT, growth_exponent, median_seconds
from parspread_tools.benchmarks.tables import Table, measured

BOND_MONTHS = {"tiny": (200, 400), "small": (60_000, 600_000), "market": (60_000, 600_000)}
LOOP_ROWS = {"tiny": 200, "small": 2_000, "market": 5_000}
MONTH_COUNT = 264  # 2002 to 2023
ISSUES_PER_MONTH = 300  # notes and bonds outstanding
WINDOW_DAYS = 3
FOLDERS = {"int_ftsfr_notebook": "replicas/ftsfr_notebook", "int_cds_bond": "cds_bond"}
YIELDS = {"int_ftsfr_notebook": "annual_yield_dec", "int_cds_bond": "bond_equivalent_yield_dec"}


def simulated_bond_months(connection: duckdb.DuckDBPyConnection, row_count: int) -> None:
    """Fill the tables that both matches read: many ties, unknown amounts."""
    connection.execute(
        f"""
        create or replace table int_ftsfr_notebook__treasuries_merged as
        select
            month * {ISSUES_PER_MONTH} + issue as source_row_number,
            1::bigint as issue_row_number,
            'T' || issue as treasury_code,
            issue::double as treasury_number,
            last_day(date '2002-01-01' + to_months(month::integer)) as month_end_date,
            month_end_date as quote_date,
            date '2021-01-15' + (hash(issue, 1) % 3000)::integer as maturity_date,
            case when hash(issue, month) % 20 > 0 then (hash(issue, month, 2) % 8) * 1e9 end
                as public_amount_usd,
            0.01 + (hash(issue, month, 3) % 1000) / 1e5 as annual_yield_dec,
            null::varchar as reject_reason
        from range({MONTH_COUNT}) as months(month)
        cross join range({ISSUES_PER_MONTH}) as issues(issue)
        """
    )
    connection.execute(
        f"""
        create or replace table int_ftsfr_notebook__bonds_screened as
        select
            number as source_row_number,
            last_day(date '2002-01-01' + to_months((hash(number, 4) % {MONTH_COUNT})::integer))
                as month_end_date,
            date '2021-01-15' + (hash(number, 5) % 3000)::integer as maturity_date,
            null::varchar as reject_reason
        from range({row_count}) as bonds(number)
        """
    )
    connection.execute(
        """
        create or replace table int_cds_bond__treasuries_merged as
        select
            * exclude (annual_yield_dec, reject_reason),
            annual_yield_dec as bond_equivalent_yield_dec,
            null::varchar as fault_reason,
            null::varchar as screen_reason
        from int_ftsfr_notebook__treasuries_merged;
        create or replace table int_cds_bond__bonds_screened as
        select *, month_end_date as observation_date from int_ftsfr_notebook__bonds_screened
        """
    )


def match_by_model(connection: duckdb.DuckDBPyConnection, chain: str) -> None:
    """Write table `matched` with the text of the model."""
    used = ("days_either_side", "matched_bonds")
    macros = "".join((PROJECT / f"macros/cds_bond/{macro}.sql").read_text() for macro in used)
    name = f"{chain}__bonds_matched_to_treasuries"
    model = (PROJECT / f"models/intermediate/{FOLDERS[chain]}/{name}.sql").read_text()
    text = jinja2.Template(macros + model).render(
        ref=lambda name: name, var=lambda name: {"treasury_match_window_days": WINDOW_DAYS}[name]
    )
    connection.execute(f"create or replace table matched as {text}")


def look_up(connection: duckdb.DuckDBPyConnection, chain: str) -> None:
    """Write table `looked_up`: code and yield of the matched Treasury, as the next model does."""
    connection.execute(
        f"""
        create or replace table looked_up as
        select
            matched.source_row_number,
            merged.treasury_code,
            merged.{YIELDS[chain]} as treasury_yield_dec,
            matched.treasury_status
        from matched
        left join {chain}__treasuries_merged as merged
            on
                matched.treasury_row_number = merged.source_row_number
                and matched.treasury_issue_row_number = merged.issue_row_number
        """
    )


def bare_join(connection: duckdb.DuckDBPyConnection) -> None:
    """Write table `joined`: what a match without a window, ties and statuses would cost."""
    connection.execute(
        """
        create or replace table joined as
        select bonds.source_row_number, merged.source_row_number as treasury_row_number
        from int_cds_bond__bonds_screened as bonds
        left join (
            select month_end_date, maturity_date, min(source_row_number) as source_row_number
            from int_cds_bond__treasuries_merged
            group by month_end_date, maturity_date
        ) as merged
            on
                bonds.month_end_date = merged.month_end_date
                and bonds.maturity_date = merged.maturity_date
        """
    )


def matched_by_loop(connection: duckdb.DuckDBPyConnection, row_count: int) -> pd.DataFrame:
    """Return Treasury and status of the first bond-months, one bond-month at a time.

    As the replaced code does it: year-month periods, day gaps, a copy of each month's Treasuries.
    """
    bonds, treasuries = (
        connection.sql(f"from int_ftsfr_notebook__{name} order by source_row_number {limit}").df()
        for name, limit in (("bonds_screened", f"limit {row_count}"), ("treasuries_merged", ""))
    )
    bonds["year_month"] = bonds["month_end_date"].dt.to_period("M")
    treasuries["year_month"] = treasuries["month_end_date"].dt.to_period("M")
    treasuries = treasuries[treasuries["year_month"].isin(bonds["year_month"].unique())]
    chosen, status = [], []
    for bond in bonds.itertuples():
        gap_days = (treasuries["maturity_date"] - bond.maturity_date).dt.days.abs()
        is_near = gap_days <= WINDOW_DAYS
        month = treasuries[treasuries["year_month"] == bond.year_month].copy()
        month["gap_days"] = (month["maturity_date"] - bond.maturity_date).dt.days.abs()
        near = month[month["gap_days"] <= WINDOW_DAYS]
        best = None
        if len(near):
            amounts = near["public_amount_usd"]
            best = near.index[0] if amounts.isna().all() else amounts.idxmax()
        elif is_near.any():
            status.append("no_treasury_in_window_this_month")
        else:
            status.append("no_treasury_in_window_any_month")
        if best is not None:
            status.append("ok")
        chosen.append(None if best is None else treasuries.at[best, "treasury_code"])
    return bonds[["source_row_number"]].assign(treasury_code=chosen, treasury_status=status)


def differing_rows(connection: duckdb.DuckDBPyConnection, expected: pd.DataFrame) -> int:
    """Return how many of the loop's bond-months the replica's match decides otherwise."""
    match_by_model(connection, "int_ftsfr_notebook")
    look_up(connection, "int_ftsfr_notebook")
    found = connection.sql(
        "select source_row_number, treasury_code, treasury_status from looked_up "
        f"order by source_row_number limit {len(expected)}"
    ).df()
    return int((found.fillna("") != expected.fillna("")).any(axis=1).sum())


def tables(size: str) -> list[Table]:
    """Measure both matches at two sizes."""
    rows, match_seconds = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        duckdb.connect(f"{folder}/benchmark.duckdb") as connection,
    ):
        # As many as the loop uses: on a busy machine, threads that wait for each other burn time.
        connection.execute("set enable_progress_bar = false; set threads = 1")
        for count in BOND_MONTHS[size]:
            simulated_bond_months(connection, count)
            loop_rows = LOOP_ROWS[size]
            loop = median_seconds(matched_by_loop, connection, loop_rows, repeats=1)
            reference = ("pandas loop", loop * count / loop_rows)
            copy = median_seconds(
                connection.execute, "create or replace table x as from int_cds_bond__bonds_screened"
            )
            for chain in FOLDERS:
                seconds = median_seconds(match_by_model, connection, chain)
                match_seconds.append(seconds)
                rows.append(measured(f"{chain}: match", count, seconds, reference, copy))
                seconds = median_seconds(look_up, connection, chain)
                rows.append(measured("  its codes and yields", count, seconds, None, copy))
            rows.append(measured("bare join", count, median_seconds(bare_join, connection)))
        differing = differing_rows(connection, matched_by_loop(connection, LOOP_ROWS[size]))
    sizes = BOND_MONTHS[size]
    growth = growth_exponent(sizes, (match_seconds[0], match_seconds[2]))
    note = (
        f"{MONTH_COUNT * ISSUES_PER_MONTH:,} Treasury months, many ties; the loop on "
        f"{LOOP_ROWS[size]:,} bond-months, scaled; {differing} of its rows differ. Time grows with "
        f"bond-months to the power {growth:.2f}, the Treasuries' own share included."
    )
    return [Table("Treasury match", note, rows)]
