"""Nothing of a delivery is passed over: every file is read or refused, each with its values.

Half of a history in files with another ending was once lost without a word.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scaled_rows import contract, vendor_tables
from test_bad_inputs import CDX, ETF, REMEDY, VIX

from parspread_tools.gate.check import check_inputs
from parspread_tools.gate.digests import digest

pytestmark = pytest.mark.usefixtures("at_project_root")

CONTRACT = contract("vix", "cdx", "etf")
DAYS = [f"2024-01-{day:02d}" for day in range(1, 29)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a delivery of the overlay desk."""
    home = tmp_path / "vendor"
    home.mkdir()
    for name, content in (("vix", VIX), ("cdx", CDX), ("etf", ETF)):
        (home / f"{name}.csv").write_text(content)
    return home


def deliver(folder: Path, *names: str, content: str = VIX) -> None:
    """Deliver the volatility file under these names instead, packed where the name says so."""
    (folder / "vix.csv").unlink()
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        is_packed = name.lower().endswith(".gz")
        path.write_bytes(gzip.compress(content.encode()) if is_packed else content.encode())


def rows(folder: Path, columns: str = "close") -> list[tuple]:
    """Return the desk's rows of the volatility file as a build would see them."""
    with vendor_tables(folder, CONTRACT) as connection:
        return connection.sql(
            f"select {columns} from vendor.vix where data_set = 'desk' order by source_row_number"
        ).fetchall()


def refusal(folder: Path) -> str:
    """Return the only error of a delivery, which must be one short sentence with a cure."""
    (error,) = check_inputs(folder, CONTRACT)["errors"]
    assert len(error) <= 1000 and "\n" not in error and REMEDY.search(error), error
    return error


@pytest.mark.parametrize(
    "names",
    [("vix/a.csv", "vix/b.CSV"), ("vix/a.csv", "vix/b.csv.gz"), ("vix/a.csv.gz", "vix/b.CSV.GZ"),
     ("VIX/a.csv", "VIX/b.csv"), ("vix/year=2020/a.csv", "vix/year=2021/a.csv"),
     ("vix/y=1/m=1/a.csv", "vix/y=1/m=2/a.csv"), ("vix/a.csv", "vix/year=2020/b.csv")],
)  # fmt: skip
def test_every_part_is_read(folder: Path, names: tuple[str, ...]) -> None:
    """Whatever the case of its name, packed, or in a partition folder."""
    deliver(folder, *names)
    assert len(rows(folder)) == 56


@pytest.mark.parametrize("name", ["VIX.CSV", "Vix.csv", "vix.csv.gz", "VIX.CSV.GZ"])
def test_a_table_may_be_packed_or_in_capitals(folder: Path, name: str) -> None:
    plain = rows(folder)
    deliver(folder, name)
    assert rows(folder) == plain


@pytest.mark.parametrize(
    ("name", "words"),
    [("b.txt", "nothing reads .txt"), ("b", "a name without an ending"), ("b.csv.bz2", ".bz2"),
     ("b.xlsx", "nothing reads .xlsx"), ("2020/b.csv", "2020: must be a part"),
     (".b.csv", ".b.csv: must be a part of the table; it is hidden"), ("._b.csv", "it is hidden"),
     ("year=2020/b.txt", "nothing reads .txt"), ("b.csv.partial", ".partial")],
)  # fmt: skip
def test_what_nothing_would_read_is_refused(folder: Path, name: str, words: str) -> None:
    deliver(folder, "vix/a.csv", f"vix/{name}")
    assert words in refusal(folder)


@pytest.mark.parametrize("name", [".DS_Store", "_SUCCESS", "._a.csv", ".a.csv.crc", "README.md"])
def test_what_systems_leave_beside_parts_is_no_part(folder: Path, name: str) -> None:
    deliver(folder, "vix/a.csv")
    (folder / "vix" / name).write_bytes(b"\0\xff")
    assert len(rows(folder)) == 28


def test_a_partition_states_a_column(folder: Path) -> None:
    """Writers of partitions leave the column out of the files."""
    for day in DAYS:
        place = folder / "vix" / f"date={day}"
        place.mkdir(parents=True)
        (place / "part.csv").write_text("close\n16.5\n")
    (folder / "vix.csv").unlink()
    assert rows(folder, '"date"::varchar') == [(day,) for day in DAYS]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("date=2023-01-01", "column date must be what the partition folder states, 2023-01-01; "
         "found 2024-01-01"),
        ("date=2024-01-01/date=2024-01-02", "must lie in one partition folder of a name"),
    ],
)  # fmt: skip
def test_a_partition_may_not_contradict_its_files(folder: Path, place: str, words: str) -> None:
    """Other readers take the word of the folder."""
    deliver(folder, f"vix/{place}/a.csv", content="date,close\n2024-01-01,16.5\n")
    assert words in refusal(folder)


def test_a_delivery_may_lie_in_a_partition_folder(folder: Path) -> None:
    """Its name is that of the delivery, and states no column of its files."""
    home = folder.rename(folder.parent / "date=2023-01-01")
    assert rows(home, '"date"::varchar')[0] == ("2024-01-01",)
    (home / "vix.csv").write_text("close\n16.5\n")
    assert "column date must be there" in refusal(home)


@pytest.mark.parametrize("name", ["vix_2025.csv", "vix (1).csv", "vix.xlsx", "VIX.csv.bak"])
def test_what_lies_beside_a_file_is_said(folder: Path, name: str) -> None:
    (folder / name).write_text(VIX)
    (note,) = [n for n in check_inputs(folder, CONTRACT)["notes"] if "nothing reads" in n]
    assert f"nothing reads {name} of " in note


def test_a_list_of_digests_of_parts_is_kept_to(folder: Path) -> None:
    deliver(folder, "vix/a.csv")
    (folder / "vix" / "SHA256SUMS").write_text(f"{'0' * 64}  a.csv\n")
    assert "vix/a.csv: must have the bytes that" in refusal(folder)
    (folder / "vix" / "SHA256SUMS").write_text(f"{digest(folder / 'vix/a.csv')}  a.csv\n")
    assert len(rows(folder)) == 28


def test_parts_in_partitions_have_names_of_their_own(folder: Path) -> None:
    deliver(folder, "vix/year=2020/a.csv", "vix/year=2021/a.csv")
    statements = check_inputs(folder, CONTRACT)["statements"]
    assert any("year=2020/a.csv" in s and "year=2021/a.csv" in s for s in statements)


def test_a_part_whose_name_is_no_text_is_refused(folder: Path) -> None:
    """Its name cannot be written into a statement, nor into a message."""
    deliver(folder, "vix/a.csv")
    os.rename(folder / "vix" / "a.csv", os.fsencode(folder / "vix") + b"/a\xff.csv")
    assert "must hold files whose names are UTF-8; found 'a" in refusal(folder)


def test_a_packed_file_that_broke_off_is_refused(folder: Path) -> None:
    deliver(folder, "vix.csv.gz")
    path = folder / "vix.csv.gz"
    path.write_bytes(path.read_bytes()[:-20])
    assert "vix.csv.gz: must be a complete gzip file" in refusal(folder)


def approve(folder: Path, tail: str = "", encoding: str = "utf-8") -> None:
    """Write the list of digests, and what follows it."""
    lines = [f"{digest(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / "SHA256SUMS").write_bytes(("".join(lines) + tail).encode(encoding))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: approve(f, f"{'0' * 64}  vix/b.csv\n"), "vix/b.csv: must be there, because"),
        (lambda f: approve(f, f"{'0' * 64}  vix.csv\n"), "line 4: must have one digest for each"),
        (lambda f: approve(f, encoding="utf-16"), "must be UTF-8 text, as sha256sum writes it"),
        (lambda f: approve(f, "# caf\xe9\n", "latin-1"), "must be UTF-8 text"),
        (lambda f: approve(f, f"{'0' * 64}  a\0b\n"), "line 4: must be a SHA-256 digest"),
        (lambda f: approve(f, f"{'0' * 64}  C:\\in\\a.csv\n"), "line 4: must name a file from the"),
        (lambda f: approve(f, f"{'0' * 64}  /in/vix.csv\n"), "it names /in/vix.csv, of another"),
        (lambda f: approve(f, f"{'0' * 64}  ../a.csv\n"), "write the list again in its folder"),
        (lambda f: (f / "SHA256SUMS.txt").write_text("fine\n"), "SHA256SUMS.txt line 1: must"),
        (lambda f: (f / "SHA256SUMS").mkdir(), "SHA256SUMS: must be one file"),
        (lambda f: (f / "sha256sums").symlink_to(f / "gone"), "sha256sums: must be one file"),
        (lambda f: (f / "sha256sums").write_text("vix.csv is fine\n"), "sha256sums line 1: must"),
    ],
)  # fmt: skip
def test_a_list_of_digests_is_kept_to(
    folder: Path, spoil: Callable[[Path], None], words: str
) -> None:
    """A listed part that is not there was once half of the index history."""
    spoil(folder)
    assert words in refusal(folder)


def test_a_list_may_list_itself_and_end_its_lines_as_windows_does(folder: Path) -> None:
    """`sha256sum * > SHA256SUMS` lists the old list when it is run again."""
    approve(folder, f"{'0' * 64}  SHA256SUMS\n")
    path = folder / "SHA256SUMS"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check_inputs(folder, CONTRACT)["errors"] == []


def test_a_list_of_windows_names_its_folders_as_windows_does(folder: Path) -> None:
    """And its editor adds .txt; an absolute path leads to the same file."""
    deliver(folder, "vix/a.csv")
    lines = f"{digest(folder / 'vix/a.csv')} *vix\\a.csv\n"
    for name in ("cdx.csv", "etf.csv"):
        lines += f"{digest(folder / name)}  {folder / name}\n"
    (folder / "SHA256SUMS.txt").write_text(lines)
    assert check_inputs(folder, CONTRACT)["errors"] == []
    (folder / "vix" / "a.csv").write_text(VIX.replace("16.5", "16.6", 1))
    assert "vix/a.csv: must have the bytes that" in refusal(folder)


def store(folder: Path, name: str, values: list[pa.Array], names: list[str]) -> None:
    """Write a part of the volatility file as parquet."""
    (folder / "vix.csv").unlink(missing_ok=True)
    (folder / "vix").mkdir(exist_ok=True)
    pq.write_table(pa.table(values, names=names), folder / "vix" / f"{name}.parquet")


@pytest.mark.parametrize("scales", [((6, 2), (38, 0)), ((38, 10), (38, 0)), ((38, 9), (38, 4))])
def test_parts_of_differing_scale_keep_their_decimals(
    folder: Path, scales: tuple[tuple[int, int], ...]
) -> None:
    """9.60 became 10: a union takes the poorer scale."""
    for name, (precision, scale), value in zip("ab", scales, ("9.60", "16"), strict=True):
        numbers = pa.array([Decimal(value)] * 28).cast(pa.decimal128(precision, scale))
        store(folder, name, [pa.array(DAYS), numbers], ["date", "close"])
    assert [float(close) for (close,) in rows(folder)] == [9.6] * 28 + [16.0] * 28


@pytest.mark.parametrize("names", [["date", "close", "close"], ["date", "close", "Close"],
                                   ["date", "close", "level"]])  # fmt: skip
@pytest.mark.parametrize("is_stored", [False, True])
def test_a_doubled_column_is_refused(folder: Path, names: list[str], is_stored: bool) -> None:
    """Under the same name, in another case, or under both names that it may have."""
    if is_stored:
        values = [pa.array(DAYS), pa.array([16.5] * 28), pa.array([1.0] * 28)]
        store(folder, "a", values, names)
    else:
        lines = "".join(f"{day},16.5,1\n" for day in DAYS)
        (folder / "vix.csv").write_text(f"{','.join(names)}\n{lines}")
    assert "column close or level must be there once; found date, close, " in refusal(folder)


@pytest.mark.parametrize(
    ("dates", "closes", "words"),
    [
        (pa.array(DAYS), pa.array([[16.5]] * 28), "close must hold numbers; it was DOUBLE[]"),
        (pa.array(DAYS), pa.array([{"a": 1.5}] * 28), "close must hold numbers; it was STRUCT"),
        (pa.array([True] * 28), pa.array([16.5] * 28), "date must hold dates; it was BOOLEAN"),
        (pa.array(DAYS), pa.array([16] * 28, pa.decimal256(50, 2)), "at most 38 digits"),
    ],
)  # fmt: skip
def test_a_type_that_holds_no_single_value_is_refused(
    folder: Path, dates: pa.Array, closes: pa.Array, words: str
) -> None:
    store(folder, "a", [dates, closes], ["date", "close"])
    assert words in refusal(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda b: b + b"\0" * 3_000_000, "line 30 holds 64 zero bytes or more"),
        (lambda b: b[:100] + b"\0" * 4096 + b[100:], "must be text throughout"),
        (lambda b: b.replace(b"close", b"close," + b"x" * 140_000, 1), "a header of column names"),
        (lambda b: b"[" + b'{"date": "2024-01-01", "close": 1},' * 20_000 + b"]", "column date"),
        (lambda b: b.replace(b"\n", b"\r\n", 5), "line 6 ends otherwise than line 1"),
        (lambda b: b.replace(b"\n", b"\n\r"), "must end all lines alike"),
    ],
)  # fmt: skip
def test_odd_bytes_are_refused_in_one_sentence(
    folder: Path, change: Callable[[bytes], bytes], words: str
) -> None:
    """Whole files, state machines and field limits of a reader were once the message."""
    path = folder / "vix.csv"
    path.write_bytes(change(path.read_bytes()))
    assert words in refusal(folder)


def test_a_day_beyond_the_range_of_nanoseconds_is_a_day(folder: Path) -> None:
    """Beside a part whose dates are stored in nanoseconds, as pandas did."""
    moments = pa.array([f"{day}T00:00:00" for day in DAYS]).cast(pa.timestamp("ns"))
    store(folder, "a", [moments, pa.array([16.5] * 28)], ["date", "close"])
    later = ["2999-01-04", *DAYS[1:]]
    store(folder, "b", [pa.array(later), pa.array([16.5] * 28)], ["date", "close"])
    assert rows(folder, '"date as delivered"') == [(day,) for day in [*DAYS, *later]]
