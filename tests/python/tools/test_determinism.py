"""Same inputs, same numbers: at any number of threads, and in any order of the delivered rows."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from conftest import NO_DATA_TESTS, ROOT, Build, run_dbt
from parspread_tools.publish import fingerprints, release

SAMPLE = ROOT / "seeds" / "sample"
# What the order of the file decides: line numbers, and the tie-breaks of the replaced systems,
# which take the first row of the file. CDS returns show their number and ours for the same quotes;
# the report of specifications ranks their cells among ours.
BY_FILE_ORDER = {"fct_cds_returns", "fct_cds_portfolio_returns", "rpt_basis_specifications"}
LINE_NUMBERS = {"source_row_number"}
# Where a row of the desk itself tells of the replicas too.
OF_REPLICAS_TOO = {
    "quality.fct_loss_checks", "quality.fct_row_accounting", "reports.rpt_basis_specifications"
}  # fmt: skip

# By table, which of its rows are compared.
Rows = Mapping[str, str]
NO_ROWS: Rows = MappingProxyType({})


def fingerprints_of(build: Build) -> dict[str, str]:
    """Return the content fingerprint of every table that the release has one for."""
    return dict(
        build.query(
            "select schema_name || '.' || table_name, row_count || ' rows ' || fingerprint "
            "from quality.fct_table_fingerprints"
        )
    )


def content(
    build: Build, tables: Iterable[str], without: Collection[str] = (), rows: Rows = NO_ROWS
) -> dict[str, tuple]:
    """Return a digest of every table in a build database, to the last bit, in any order of rows.

    Some columns can be left out, and of some tables all rows but those that a condition keeps.
    """
    contents = {}
    with duckdb.connect(str(build.database), read_only=True) as connection:
        for name in sorted(tables):
            described = connection.sql(f"describe {name}").fetchall()
            columns = ", ".join(f'"{c}"' for c in sorted({c for c, *_ in described} - set(without)))
            contents[name] = connection.sql(
                f"select count(*), bit_xor(hash(content)), sum(hash(content)::hugeint) "
                f"from (select {columns} from {name} where {rows.get(name, 'true')}) as content"
            ).fetchall()[0]
    return contents


def with_method(build: Build) -> list[str]:
    """Return the tables whose rows name the system that they reproduce."""
    found = build.query(
        "select table_schema || '.' || table_name from information_schema.columns "
        "where column_name = 'method'"
    )
    return [table for (table,) in found]


def standard_content(build: Build, sample: Build, rows: Rows = NO_ROWS) -> dict[str, tuple]:
    """Return the digests of every table without what the order of the file decides."""
    tables = {t for t in fingerprints_of(sample) if t.split(".")[1] not in BY_FILE_ORDER}
    standard = {table: "method not like 'ftsfr%'" for table in with_method(sample)}
    return content(build, tables, LINE_NUMBERS, standard | dict(rows))


def shuffled_files(target: Path, seed: int) -> Path:
    """Write the sample with the rows of every file in another order."""
    draw = np.random.default_rng(seed)
    for source in sorted(path for path in SAMPLE.rglob("*") if path.is_file()):
        copy = target / source.relative_to(SAMPLE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".parquet":
            rows = pd.read_parquet(source)
            rows.iloc[draw.permutation(len(rows))].to_parquet(copy, index=False)
        elif source.suffix == ".csv":
            header, *lines = source.read_text().splitlines()
            order = draw.permutation(len(lines))
            copy.write_text("\n".join([header, *(lines[place] for place in order)]) + "\n")
        else:
            shutil.copy(source, copy)
    return target


def test_one_thread_gives_the_numbers_of_two(sample: Build, without_replicas: Build) -> None:
    """A float that was added up in another order would show in its last digit.

    The build by one thread has no replicas: those are compared in test_equal_content.py.
    """
    with duckdb.connect(str(without_replicas.database), read_only=True) as connection:
        found = connection.sql(
            "select schema_name || '.' || table_name, bool_or(column_name = 'data_set') "
            "from duckdb_columns() where not internal group by all"
        )
        made = dict(found.fetchall())
    tables = fingerprints_of(sample).keys() & made.keys() - OF_REPLICAS_TOO
    own = {table: "data_set not like 'ftsfr%'" for table in tables if made[table]}
    own |= dict.fromkeys(with_method(sample), "method not like 'ftsfr%'")
    expected = content(sample, tables, rows=own)
    assert content(without_replicas, tables, rows=own) == expected and len(tables) > 90


def test_a_fingerprint_sees_the_last_digit_and_not_the_order(tmp_path: Path) -> None:
    """The smallest change of one cell shows; another order of the rows does not."""
    tables = [
        {"schema": "quality", "name": name, "description": "d", "columns": {}}
        for name in ("t", "fct_table_fingerprints")
    ]

    def fingerprint(values: str, columns: str = "x") -> str:
        with duckdb.connect() as connection:
            connection.execute("create schema quality")
            connection.execute(f"create table quality.t as from (values {values}) as t({columns})")
            connection.execute(
                "create table quality.fct_table_fingerprints (schema_name varchar, "
                "table_name varchar, row_count bigint, fingerprint varchar, "
                "duckdb_version varchar, key_columns varchar)"
            )
            path = tmp_path / f"{len(list(tmp_path.iterdir()))}.duckdb"
            release.copy_tables(connection, path, tables)
        with duckdb.connect(str(path), read_only=True) as connection:
            ((table, count, found),) = connection.sql(
                "select table_name, row_count, fingerprint from quality.fct_table_fingerprints"
            ).fetchall()
            assert table == "t" and count == 3
            by_text = fingerprints.statement("quality", "t", fingerprints.BY_TEXT)
            texts[found] = connection.sql(by_text).fetchone()
        return found

    texts: dict[str, tuple | None] = {}

    one = fingerprint("(0.1::double), (0.3::double), (null)")
    assert fingerprint("(null), (0.3::double), (0.1::double)") == one
    assert fingerprint("(0.1::double), (0.30000000000000004::double), (null)") != one
    # Zero has no sign.
    assert fingerprint("(0.0::double), (-1.0::double), (null)") == fingerprint(
        "((-0.0)::double), (-1.0::double), (null)"
    )
    # Two equal rows must not cancel out.
    assert fingerprint("(0.1::double), (0.1::double), (null)") != fingerprint(
        "(0.3::double), (0.3::double), (null)"
    )
    # Values that change places, between two columns, two rows or in the last column alone.
    rows = ("(1, 2, 3), (4, 5, 6), (7, 8, 9)", "(2, 1, 3), (4, 5, 6), (7, 8, 9)")
    rows += ("(1, 2, 3), (1, 2, 6), (7, 8, 9)", "(1, 2, 6), (4, 5, 3), (7, 8, 9)")
    rows += ("(1, null, 3), (4, 5, 6), (7, 8, 9)", "(null, 1, 3), (4, 5, 6), (7, 8, 9)")
    assert len({fingerprint(row, "x, y, z") for row in rows}) == len(rows)
    # The text tells apart the same tables.
    assert len(set(texts.values())) == len(texts) == 5 + len(rows)


def test_the_slow_fingerprint_is_printed_on_demand(tmp_path: Path, capsys) -> None:
    """It is what two versions of the engine can be compared by."""
    file = str(tmp_path / "one.duckdb")
    with duckdb.connect(file) as connection:
        for name in ("b", "a"):
            connection.execute(f"create table {name} as select 0.1::double as x, {name!r} as y")
    assert fingerprints.main([file]) == 0
    a, b = capsys.readouterr().out.splitlines()
    assert a == "main.a 1 b57ac12b95679dfb0e8a9d0aa959ea1e" and b.startswith("main.b 1 ")
    assert fingerprints.main([file, "main.b"]) == 0 and capsys.readouterr().out == b + "\n"
    assert fingerprints.main([file, "main.c"]) == 2 and "no table main.c" in capsys.readouterr().out
    assert fingerprints.main([]) == 2


@pytest.mark.trust
def test_twelve_builds_have_one_fingerprint_per_table(sample: Build, tmp_path: Path) -> None:
    """One, two, four and eight threads, three builds each, every third with shuffled rows."""
    builds = []
    for threads in ("1", "2", "4", "8"):
        for number in range(3):
            home = tmp_path / f"{threads}_{number}"
            data = shuffled_files(home / "data", seed=int(threads)) if number == 2 else None
            build = run_dbt(
                home,
                "build",
                data_dir=data,
                environment={"PARSPREAD_THREADS": threads},
                is_fresh=True,
            )
            assert build.exit_code == 0, build.output
            builds.append((data is not None, build))
    same = {tuple(sorted(fingerprints_of(build).items())) for moved, build in builds if not moved}
    assert same == {tuple(sorted(fingerprints_of(sample).items()))}
    contents = {tuple(sorted(standard_content(build, sample).items())) for _, build in builds}
    assert contents == {tuple(sorted(standard_content(sample, sample).items()))}


# As a machine of 2009 would compute: no AVX, no fused multiply-add.
OLD_MACHINE = {
    "NPY_DISABLE_CPU_FEATURES": " ".join(
        name for name in __cpu_dispatch__ if __cpu_features__.get(name)
    ),
    "OPENBLAS_CORETYPE": "Prescott",
    "NUMBA_CPU_NAME": "generic",
}


def largest_difference(one: Build, other: Build, table: str) -> float:
    """Return the largest difference of a number by its size; all else must be equal.

    Differences of large numbers may be near zero and keep fewer digits: no size is taken to be less
    than the median of the column.
    """
    columns = one.query(f"select column_name, column_type from (describe {table})")
    floats = [name for name, kind in columns if kind in ("DOUBLE", "FLOAT")]
    rest = [name for name, _ in columns if name not in floats]
    listed = ", ".join(f'"{name}"' for name in (*rest, *floats))
    frames = [build.frame(f"select {listed} from {table} order by all") for build in (one, other)]
    pd.testing.assert_frame_equal(*(frame[rest] for frame in frames))
    numbers, others = (frame[floats].to_numpy(float) for frame in frames)
    assert (np.isnan(numbers) == np.isnan(others)).all(), table
    usual = [np.nanmedian(abs(column)) if np.isfinite(column).any() else 0 for column in numbers.T]
    size = np.maximum(np.maximum(abs(numbers), usual), 1e-300)
    return float(np.nanmax(abs(numbers - others) / size, initial=0.0))


@pytest.mark.trust
def test_another_instruction_set_gives_the_same_numbers_to_nine_digits(
    sample: Build, tmp_path: Path
) -> None:
    """To the last bit numbers are promised on one kind of machine; elsewhere to 1e-9."""
    older = run_dbt(tmp_path, "build", *NO_DATA_TESTS, environment=OLD_MACHINE, is_fresh=True)
    assert "not published: a partial build" in older.output, older.output
    differences = {
        table: largest_difference(Build(sample.home, 0, ""), older, table)
        for table in fingerprints_of(sample)
    }
    print({table: size for table, size in differences.items() if size})
    assert max(differences.values()) <= 1e-9 and any(differences.values())
