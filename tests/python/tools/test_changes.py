"""What a release changed since the one before is counted by table and column, with its cause."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from parspread_tools.console.main import main as parspread
from parspread_tools.publish import changes, release

COLUMNS = {
    "dim_build": "build_id varchar, finished_at timestamp, duckdb_version varchar, "
    "as_of_date date, restated_values varchar, pricing_options varchar, input_fingerprint varchar, "
    "catalog_fingerprint varchar, code_fingerprint varchar",
    "fct_table_fingerprints": "schema_name varchar, table_name varchar, row_count bigint, "
    "fingerprint varchar, duckdb_version varchar, key_columns varchar",
    "fct_release_changes": "previous_build_id varchar, schema_name varchar, table_name varchar, "
    "column_name varchar, change_kind varchar, change_count bigint, cause varchar",
}
BEFORE = "(1, 'a', 1.0, 'x'), (2, 'b', 2.0, null), (3, 'c', 3.0, 'z')"
AFTER = "(1, 'a', 1.5, 'x'), (2, 'b', 2.0, 'y'), (4, 'd', 4.0, 'w')"
CHANGED = [
    ("-", "rows_added", 1),
    ("-", "rows_removed", 1),
    ("amount_usd", "cells_changed", 1),
    ("note", "cells_changed", 1),
]


def published(
    home: Path, number: int, rows: str, inputs: str = "i", grain: tuple = ("id",)
) -> Path:
    """Publish one table of four columns whose release knows its build."""
    build_id = f"{number:08x}-0000-4000-8000-000000000000"
    tables = [{"schema": "quality", "name": n, "description": "", "columns": {}} for n in COLUMNS]
    named = (
        "t(id, run_id, amount_usd, note)"
        if "run_id" not in grain
        else ("t(strategy_code, run_id, amount_usd, note)")
    )
    tables.append({"schema": "desk", "name": "t", "description": "", "columns": {}, "grain": grain})
    with duckdb.connect() as connection:
        connection.execute("create schema quality; create schema desk")
        for name, columns in COLUMNS.items():
            connection.execute(f"create table quality.{name} ({columns})")
        connection.execute(
            "insert into quality.dim_build values (?, null, version(), '2026-01-01', 'latest', '', "
            "?, 'c', null)",
            [build_id, inputs],
        )
        connection.execute(f"create table desk.t as from (values {rows}) as {named}")
        release.publish(connection, home, build_id, tables)
    return home / release.FILE_NAME


def said(file: Path) -> list[tuple]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(
            "select table_name, column_name, change_kind, change_count, cause "
            "from quality.fct_release_changes order by all"
        ).fetchall()


def test_rows_and_cells_are_counted_by_column_with_their_cause(tmp_path: Path) -> None:
    assert said(published(tmp_path, 1, BEFORE)) == []
    assert said(published(tmp_path, 2, AFTER, inputs="j")) == [("t", *c, "input") for c in CHANGED]


def test_the_same_content_is_no_change(tmp_path: Path) -> None:
    """Nor is another order of the rows, though other inputs were read."""
    published(tmp_path, 1, BEFORE)
    backwards = ", ".join(reversed(BEFORE.replace("), (", ")|(").split("|")))
    assert said(published(tmp_path, 2, backwards, inputs="j")) == []


def test_a_run_is_told_by_its_strategy(tmp_path: Path) -> None:
    """run_id is a digest of the quotes: by it every row would be another one."""
    published(tmp_path, 1, "('s', 'r1', 1.0, 'x')", grain=("run_id",))
    lines = said(published(tmp_path, 2, "('s', 'r2', 1.0, 'x')", grain=("run_id",)))
    assert lines == [("t", "run_id", "cells_changed", 1, "unknown")]


def test_a_table_without_a_key_or_too_large_is_counted_only(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(changes, "MOST_ROWS", 2)
    published(tmp_path, 1, BEFORE)
    lines = said(published(tmp_path, 2, f"{AFTER}, (5, 'e', 5.0, 'v')", inputs="j"))
    assert lines == [("t", "-", "not_compared", 1, "input")]


def test_a_damaged_release_before_keeps_no_release_from_readers(tmp_path: Path) -> None:
    file = published(tmp_path, 1, BEFORE).resolve()
    file.chmod(0o644)
    file.write_bytes(b"no database")
    assert said(published(tmp_path, 2, AFTER)) == [("-", "-", "not_compared", 0, "unknown")]


def test_code_has_a_fingerprint_that_one_letter_changes(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "x.sql").write_text("select 1")
    before = changes.code_fingerprint(tmp_path)
    assert before == changes.code_fingerprint(tmp_path)
    (tmp_path / "models" / "x.sql").write_text("select 2")
    assert before != changes.code_fingerprint(tmp_path)


def test_the_cells_of_two_releases_are_listed(tmp_path: Path, capsys, monkeypatch) -> None:
    first = published(tmp_path, 1, BEFORE).resolve()
    second = published(tmp_path, 2, AFTER, inputs="j").resolve()
    assert parspread(["diff", str(first), str(second)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "4 differences, cause: input"
    assert lines[5:] == [
        "  1: amount_usd 1.0 -> 1.5",
        "  2: note None -> y",
        "  3: row removed",
        "  4: row added",
    ]
    assert parspread(["diff", str(first), str(first.resolve())]) == 0
    with pytest.raises(SystemExit):
        parspread(["diff", "--limit", "many"])
    assert parspread(["diff", "feedface", str(second)]) == 2
    assert "feedface must be a file or the beginning of one build id" in capsys.readouterr().err
