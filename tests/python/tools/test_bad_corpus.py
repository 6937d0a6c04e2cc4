"""The corpus of bad deliveries, made by code: every kind of damage in every file and column.

Each is refused in one short line that names the file, or the catalog, and ends in its cure. What a
message must say of each kind is in test_bad_inputs.py, test_nothing_ignored.py, test_one_meaning.py
and test_catalogs.py; here it is that no kind, file or column has been forgotten.
"""

from __future__ import annotations

import csv
import gzip
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from scaled_rows import contract
from test_bad_inputs import REMEDY, SOUND

from conftest import ROOT
from parspread_tools.gate import catalogs
from parspread_tools.gate.check import check_inputs

pytestmark = pytest.mark.usefixtures("at_project_root")

ENTRIES = {entry["meta"]["file"]: entry for entry in contract()}
Damage = Callable[[Path, str, str], None]


def rewritten(change: Callable[[bytes], bytes], suffix: str = "csv") -> Damage:
    """Return a kind of damage to the bytes of a file."""

    def damage(folder: Path, table: str, text: str) -> None:
        (folder / f"{table}.{suffix}").write_bytes(change(text.encode()))

    return damage


def stored(change: str) -> Damage:
    """Return a kind of damage to a parquet file: the rows of a SELECT."""

    def damage(folder: Path, table: str, text: str) -> None:
        source, target = folder / "source.csv", folder / f"{table}.parquet"
        source.write_text(text)

        query = change.format(rows=f"read_csv('{source}', all_varchar = true)")
        duckdb.sql(f"copy ({query}) to '{target}' (format parquet)")
        source.unlink()

    return damage


def beside(name: str, content: bytes = b"a,b\n1,2\n") -> Damage:
    """Return a sound part with something beside it that nothing would read."""

    def damage(folder: Path, table: str, text: str) -> None:
        place = folder / table
        (place / name).parent.mkdir(parents=True)
        (place / "a.csv").write_text(text)
        (place / name).write_bytes(content)

    return damage


def after(kind: Damage, change: Callable[[Path, str], object]) -> Damage:
    """Return a kind of damage that follows another."""

    def damage(folder: Path, table: str, text: str) -> None:
        kind(folder, table, text)
        change(folder, table)

    return damage


def halved(folder: Path, table: str) -> None:
    path = folder / f"{table}.parquet"
    path.write_bytes(path.read_bytes()[:-30])


SAME = rewritten(bytes)
FILE_DAMAGES: dict[str, Damage] = {
    "nothing": rewritten(lambda b: b""),
    "nothing, parquet": rewritten(lambda b: b"", "parquet"),
    "a byte order mark": rewritten(lambda b: b"\xef\xbb\xbf"),
    "a header only": rewritten(lambda b: b.split(b"\n")[0] + b"\n"),
    "UTF-16": rewritten(lambda b: b.decode().encode("utf-16")),
    "Latin-1": rewritten(lambda b: b + b"\xe9\n"),
    "semicolons": rewritten(lambda b: b.replace(b",", b";")),
    "tabs": rewritten(lambda b: b.replace(b",", b"\t")),
    "a hole": rewritten(lambda b: b[:90] + b"\0" * 4096 + b[90:]),
    "mixed line ends": rewritten(lambda b: b.replace(b"\n", b"\r\n", 1) + b"\n\n"),
    "a title": rewritten(lambda b: b"Title\n\n" + b),
    "a log-in page": rewritten(lambda b: b"<html>please log in</html>\n"),
    "json in one line": rewritten(lambda b: b'{"a": "' + b"x" * 300_000 + b'"}'),
    "an endless header": rewritten(lambda b: b"x" * 200_000 + b"," + b),
    "a short line": rewritten(lambda b: b + b"1\n"),
    "a long line": rewritten(lambda b: b + b"1," * 99 + b"\n"),
    "an open quote": rewritten(lambda b: b + b'"'),
    "gzip that broke off": rewritten(lambda b: gzip.compress(b)[:-9], "csv.gz"),
    "no gzip": rewritten(lambda b: b, "csv.gz"),
    "no parquet": rewritten(lambda b: b, "parquet"),
    "half a parquet file": after(stored("from {rows}"), halved),
    "no rows, parquet": stored("from {rows} where false"),
    "both forms": after(stored("from {rows}"), lambda f, t: (f / f"{t}.csv").write_text("a\n1\n")),
    "another ending": beside("b.txt"),
    "a spreadsheet": beside("b.xlsx"),
    "a folder": beside("2020/b.csv"),
    "a hidden part": beside(".b.csv"),
    "a part of another table": beside("b.csv"),
    "an empty part": beside("b.csv", b""),
    "a link to nothing": lambda f, t, _: (f / f"{t}.csv").symlink_to(f / "gone"),
    "a list that does not name it": after(
        SAME, lambda f, t: (f / "SHA256SUMS").write_text(f"{'0' * 64}  other.csv\n")
    ),
    "a list of other bytes": after(
        SAME, lambda f, t: (f / "SHA256SUMS").write_text(f"{'0' * 64}  {t}.csv\n")
    ),
    "a list that is none": after(SAME, lambda f, t: (f / "SHA256SUMS").write_text("all is well\n")),
}


def columns_of(table: str) -> Iterator[tuple[dict, int]]:
    """Return the contract's columns that the sound file of a table has, with their positions."""
    header = SOUND[table].split("\n", 1)[0].split(",")
    for column in ENTRIES[table]["columns"]:
        if column["name"] in header:
            yield column, header.index(column["name"])


def with_values(text: str, position: int, value: Callable[[int, str], str]) -> str:
    """Return a file whose column at a position has other values, by row and old value."""
    header, *rows = csv.reader(text.splitlines())
    for number, row in enumerate(rows):
        row[position] = value(number, row[position])
    lines = [",".join(f'"{field}"' if "," in field else field for field in r) for r in rows]
    return "\n".join([",".join(header), *lines, ""])


def other_unit(column: dict, ratio: float) -> Callable[[int, str], str]:
    return lambda _, old: f"{float(old) * ratio:.12g}"


def column_damages(table: str, column: dict, position: int) -> Iterator[tuple[str, str]]:
    """Return what each kind of damage makes of a file, for one of its columns."""
    text, name = SOUND[table], column["name"]
    kind, is_required = column["data_type"], column["meta"].get("required")
    header, body = text.split("\n", 1)
    again = "".join(f"{line},1\n" for line in body.splitlines())
    yield "twice", f"{header},{name.upper()}\n{again}"
    if is_required:
        yield "misspelt", header.replace(name, f"{name}s", 1) + "\n" + body
        yield "empty", with_values(text, position, lambda *_: "")
    if kind == "date":
        yield "of another hour", with_values(text, position, lambda _, old: f"{old} 16:00:00")
        yield "of a spreadsheet", with_values(text, position, lambda *_: "45001")
        if len(body.splitlines()) > 9:
            mixed = lambda n, old: old if n < 9 else f"{old[5:7]}/{old[8:]}/{old[:4]}"  # noqa: E731
            yield "of two formats", with_values(text, position, mixed)
    if kind in ("double", "integer"):
        yield "of words", with_values(text, position, lambda *_: "soon")
        yield "of decimal commas", with_values(text, position, lambda *_: "1,5")
        yield "without end", with_values(text, position, lambda *_: "inf")
        yield "of halves or hours", with_values(text, position, lambda *_: "1:30")
    if "median_min" in column["meta"] and table != "fed_yield_curve":
        old = text.splitlines()[1].split(",")[position]
        low, high = column["meta"]["median_min"], column["meta"]["median_max"]
        for ratio, bound in ((1e4, high), (1e-4, low)):
            if (float(old) * ratio > bound) == (ratio > 1):
                yield f"times {ratio:g}", with_values(text, position, other_unit(column, ratio))


def deliver(tmp_path: Path) -> Path:
    folder = tmp_path / "delivery"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def complaint(errors: list[str], *places: str) -> None:
    """Assert that something is wrong and that each line of it is short, placed, and has a cure."""
    assert errors, places
    for error in errors:
        assert len(error) <= 1000 and "\n" not in error and "Traceback" not in error, error
        assert any(place in error for place in places), error
        assert REMEDY.search(error), error


COLUMN_DAMAGES = [
    (table, f"{column['name']} {what}", content)
    for table in SOUND
    for column, position in columns_of(table)
    for what, content in column_damages(table, column, position)
]


@pytest.mark.parametrize("table", SOUND)
def test_every_file_may_be_damaged_in_every_way(tmp_path: Path, table: str) -> None:
    for what, damage in FILE_DAMAGES.items():
        folder = deliver(tmp_path)
        damage(folder, table, SOUND[table])
        print(table, what)
        complaint(check_inputs(folder, [ENTRIES[table]])["errors"], str(folder))


@pytest.mark.parametrize("table", SOUND)
def test_every_column_may_be_damaged_in_every_way(tmp_path: Path, table: str) -> None:
    for where, what, content in COLUMN_DAMAGES:
        if where == table:
            folder = deliver(tmp_path)
            (folder / f"{table}.csv").write_text(content)
            print(table, what)
            complaint(check_inputs(folder, [ENTRIES[table]])["errors"], str(folder))


def test_the_corpus_is_large() -> None:
    assert len(FILE_DAMAGES) * len(SOUND) + len(COLUMN_DAMAGES) >= 350


# ---------------------------------------------------------------------------------------------
# Catalogs

SEEDS = ROOT / "seeds" / "catalog"
DECLARED = {n: s for n, s in catalogs.declared(SEEDS).items() if n in catalogs.CHECKED}
ODD_CATALOG_FILES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda b: b"",
    "UTF-16": lambda b: b.decode().encode("utf-16"),
    "semicolons": lambda b: b.replace(b",", b";"),
    "a column twice": lambda b: b.replace(b",", b",is_enabled,is_enabled,", 1),
    "a short row": lambda b: b + b"one\n",
    "a long row": lambda b: b + b"1," * 99 + b"\n",
    "a NUL": lambda b: b + b"\0,\0\n",
    "an open quote": lambda b: b + b'"',
    "a row twice": lambda b: b + b.strip().splitlines()[-1] + b"\n",
    "a look-alike": lambda b: b + b" " + b.strip().splitlines()[-1] + b"\n",
    "an endless field": lambda b: b + b"x" * 200_000 + b"\n",
}


def catalog_damages() -> Iterator[tuple[str, str, Callable[[bytes], bytes]]]:
    """Return every kind of damage to every checked catalog."""
    for name, seed in DECLARED.items():
        for what, change in ODD_CATALOG_FILES.items():
            yield name, what, change
        for column, kind in seed.columns.items():
            values = ["soon"] if kind.words else []
            if kind.data_type in ("double", "integer") and not kind.words:
                values = ["1e308", "-1e308", "1:30"]
            if kind.data_type == "date":
                values = ["31/01/2020", "2020-02-30"]
            if kind.data_type == "boolean":
                values = ["maybe"]
            if kind.is_required:
                values.append("")
            for value in values:
                yield name, f"{column}={value}", field_of_first_row(column, value)


def field_of_first_row(column: str, value: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        header, *rows = csv.reader(content.decode("utf-8-sig").splitlines())
        # No loss is accepted as the project stands.
        rows = rows or [["rows_rejected", "vix", "*", "2027-01-31", "a gap of the vendor"]]
        rows[0][header.index(column)] = value
        lines = [",".join(f'"{f}"' if re.search('[,"]', f) else f for f in r) for r in rows]
        return "\n".join([",".join(header), *lines, ""]).encode()

    return change


CATALOG_DAMAGES = list(catalog_damages())


@pytest.mark.parametrize("name", DECLARED)
def test_every_catalog_may_be_damaged_in_every_way(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "catalog"
    shutil.copytree(SEEDS, folder)
    sound = (folder / f"{name}.csv").read_bytes()
    for where, what, change in CATALOG_DAMAGES:
        if where == name:
            (folder / f"{name}.csv").write_bytes(change(sound))
            print(name, what)
            complaint(catalogs.check(folder), f"{name}.csv")


def test_the_corpus_of_catalogs_is_large() -> None:
    assert len(CATALOG_DAMAGES) >= 120
