"""Vendor files: which file is a table's, and what its header, types and bytes say.

A table is one file `<file>.parquet`, `<file>.csv` or `<file>.csv.gz`, or a folder `<file>` of such
parts, which may lie in partition folders such as `year=2020`. Capitals make no difference, and
nothing that lies beside the parts is passed over.
"""

from __future__ import annotations

import codecs
import csv
import functools
import gzip
import io
import itertools
import re
import urllib.parse
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from parspread_tools.gate.values import UNSEEN
from parspread_tools.sql_text import literal

SUFFIXES = (".parquet", ".csv", ".csv.gz")
# Files that tools and systems leave beside parts, and that hold no rows.
NO_PARTS = re.compile(
    r"SHA256SUMS(\.txt)?|_SUCCESS|_metadata|_common_metadata|\.DS_Store|Thumbs\.db|desktop\.ini|\.gitkeep"
    r"|\..*\.crc|(README|PROVENANCE)(\.\w+)?",
    re.IGNORECASE,
)
CHUNK_BYTES = 1 << 20
# Folders of parts that were found.
TABLE_FOLDERS: set[Path] = set()
# So many zero bytes are no text; one is a bad value.
HOLE = b"\0" * 64


class InputError(Exception):
    """One thing that is wrong with one input, in words that say what to do."""


def once(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """Make a reader of a file remember its answer until the file changes."""

    @functools.lru_cache(maxsize=4096)
    def remembered(part: Path, *_state: int) -> Any:
        return read(part)

    @functools.wraps(read)
    def answered(part: Path) -> Any:
        state = part.stat()
        return remembered(part, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)

    return answered


def suffix_of(name: str) -> str:
    """Return the ending by which a file is read, in lower case, or nothing."""
    return next((ending for ending in SUFFIXES if name.lower().endswith(ending)), "")


def find_parts(folder: Path, name: str) -> list[Path]:
    """Return the files that hold vendor table `name`: one file, or the sorted parts of a folder."""
    names = {f"{name}{suffix}".lower() for suffix in ("", *SUFFIXES)}
    deliveries = []
    for place in sorted(path for path in folder.iterdir() if path.name.lower() in names):
        if place.is_symlink() and not place.exists():
            raise InputError(
                f"{place}: must be a file; it is a link to one that is not there; "
                "deliver the file itself"
            )
        if place.is_dir():
            TABLE_FOLDERS.add(place)
            parts = parts_of_folder(place)
            check_any(place, parts)
            deliveries += [
                [part for part in parts if suffix_of(part.name).startswith(form)]
                for form in (".parquet", ".csv")
            ]
        elif suffix_of(place.name):
            deliveries.append([place])
    deliveries = [parts for parts in deliveries if parts]
    if len(deliveries) > 1:
        places = " and ".join(str(parts[0].relative_to(folder)) for parts in deliveries)
        raise InputError(
            f"{folder}: table {name} must be delivered once; found {places}; remove all but one"
        )
    parts = deliveries[0] if deliveries else []
    for part in parts:
        check_place(part, folder)
    return parts


def parts_of_folder(place: Path) -> list[Path]:
    """Return the parts in a folder and its partition folders; refuse what nothing would read."""
    parts = []
    for path in sorted(place.iterdir()):
        if NO_PARTS.fullmatch(path.name) or is_shadow(path):
            continue
        if path.is_dir() and "=" in path.name:
            parts += parts_of_folder(path)
        elif path.is_dir():
            raise InputError(
                f"{path}: must be a part of the table, or a partition folder such as year=2020; it "
                "is another folder, whose files nothing reads; rename or remove it"
            )
        elif path.name.startswith("."):
            raise InputError(
                f"{path}: must be a part of the table; it is hidden, as what is half written is; "
                "rename or remove it"
            )
        elif suffix_of(path.name):
            parts.append(path)
        else:
            raise InputError(
                f"{path}: must be a part that ends in .parquet, .csv or .csv.gz; nothing reads "
                f"{path.suffix or 'a name without an ending'}; convert it: to one of them, or "
                "remove it"
            )
    return parts


def is_shadow(path: Path) -> bool:
    """Return whether a file holds what one system keeps beside another file of that name."""
    return path.name.startswith("._") and (path.parent / path.name[2:]).exists()


def check_any(place: Path, parts: list[Path]) -> None:
    """Refuse a folder without a part."""
    if not parts:
        raise InputError(
            f"{place}: must be a file, or a folder that holds .parquet or .csv files; it is a "
            "folder without any; deliver the files or remove it"
        )


def check_place(part: Path, folder: Path) -> None:
    """Refuse a part that lies elsewhere, or whose name a reader would not take as it stands."""
    try:
        part.name.encode()
    except UnicodeEncodeError as problem:
        raise InputError(
            f"{part.parent}: must hold files whose names are UTF-8; found {part.name!a}; rename it"
        ) from problem
    if not part.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            f"{part}: must lie in the folder of vendor files; it is a link that leaves it; "
            "deliver the file itself"
        )
    if re.search(r"[*?\[\]{}]", part.name):
        raise InputError(
            f"{part}: must have a name without * ? [ ] {{ }}, which readers take for patterns; "
            "rename it"
        )


def unread_files(data_dir: Path, names: list[str], read: list[Path]) -> list[str]:
    """Return a note for files beside those of the delivery that have the name of a table and more.

    Such as cds_final_2020.csv beside cds_final.csv, or what a browser or a spreadsheet left.
    """
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    like = re.compile(rf"({words})(?![a-z]).*", re.IGNORECASE)
    others = [
        path.name
        for path in sorted(data_dir.iterdir())
        if path.is_file()
        and path not in read
        and (named := like.fullmatch(path.name))
        and path.name.lower() not in {f"{named[1].lower()}{suffix}" for suffix in SUFFIXES}
    ]
    if not others:
        return []
    return [
        f"nothing reads {clipped(', '.join(others))} of {data_dir}: the parts of a table lie in a "
        "folder of its name"
    ]


def cure_of_others(folder: Path, name: str) -> str:
    """Return what to do about files that have the name of a table and an ending nobody reads."""
    others = sorted(
        path.name
        for path in folder.iterdir()
        if path.is_file()
        and path.name.lower().startswith(f"{name.lower()}.")
        and not suffix_of(path.name)
    )
    return f"save {others[0]} as {name}.csv in UTF-8, with commas, or " if others else ""


def chosen_parts(data_dir: Path, entry: dict[str, Any]) -> tuple[list[Path], list[str]]:
    """Return the files of a table, and the note that another file stands in for its own.

    It does so where the table's own file is missing or lacks a required column. A file of its own
    that cannot be read is refused like any other.
    """
    own = entry["meta"]["file"]
    parts = find_parts(data_dir, own)
    if "alternative_file" not in entry["meta"]:
        return parts, []
    missing = []
    try:
        for part in parts:
            header = read_header(part)
            missing += [
                column["name"]
                for column in entry["columns"]
                if column["meta"].get("required") and not column_hit(header, *names_of(column))
            ]
    except (InputError, OSError):
        return parts, []
    others = find_parts(data_dir, entry["meta"]["alternative_file"])
    if not others or (parts and not missing):
        return parts, []
    reason = f"{parts[0].name} has no {', '.join(missing)}" if parts else f"there is no {own}"
    return others, [f"{others[0]} is read as {own}: {reason}"]


def names_of(column: dict[str, Any]) -> list[str]:
    """Return the names under which a column may be delivered."""
    return [column["name"], *filter(None, [column["meta"].get("alias")])]


def words_of(header: list[str]) -> list[str]:
    """Return the names of a header as they are compared: without case, padding and unseen marks."""
    return [name.strip(f" {UNSEEN}").lower() for name in header]


def column_hit(header: list[str], *names: str) -> str | None:
    """Return the first of `names` that a header has, whatever its case and padding, or None."""
    words = words_of(header)
    return next((name for name in names if name.lower() in words), None)


def is_text(part: Path) -> bool:
    """Return whether a file is text, plain or compressed, rather than parquet."""
    return part.name.lower().endswith((".csv", ".csv.gz"))


def compression(part: Path) -> str:
    """Return what the engine calls the compression of a text file."""
    return "'gzip'" if part.name.lower().endswith(".gz") else "'none'"


def opened(part: Path) -> BinaryIO:
    """Return the bytes of a text file, unpacked."""
    return gzip.open(part) if part.name.lower().endswith(".gz") else part.open("rb")


@once
def read_header(part: Path) -> list[str]:
    """Return the column names of `part` as written; raise InputError when it cannot be read."""
    if part.stat().st_size == 0:
        raise InputError(
            f"{part}: must have a header and rows; the file was empty (0 bytes); deliver it again"
        )
    if not is_text(part):
        return [name for name, _ in parquet_columns(part)]
    check_encoding(part)
    with opened(part) as content:
        try:
            header = next(csv.reader(io.TextIOWrapper(content, "utf-8-sig", newline="")), [])
        except csv.Error as problem:
            raise InputError(
                f"{part}: must have a header of column names on line 1; {problem}; deliver it again"
            ) from problem
    if len(header) == 1 and ";" in header[0]:
        raise InputError(
            f"{part}: fields must be separated by commas; the header was {clipped(header[0])}; "
            "save it as comma-separated, with decimal points"
        )
    return header


def rows_of(query: str) -> list[tuple]:
    """Return the rows of a query on a connection of its own: threads may not share one."""
    with duckdb.default_connection().cursor() as connection:
        return connection.sql(query).fetchall()


@once
def parquet_columns(part: Path) -> list[tuple[str, str]]:
    """Return name and type of every column of a parquet file, the names as they are written."""
    described = described_columns(part)
    schema = pq.read_schema(part)
    for field in schema:
        if pa.types.is_decimal256(field.type):
            raise InputError(
                f"{part}: column {field.name} must be a number of at most 38 digits; it was "
                f"{field.type}, which the engine misreads; convert it: to double"
            )
    # The engine renames the second of two columns of one name.
    written = [schema.names, [name for name, _ in described]][len(schema.names) != len(described)]
    return [(name, kind) for name, (_, kind) in zip(written, described, strict=True)]


@once
def described_columns(part: Path) -> list[tuple[str, str]]:
    """Return name and type of every column of a parquet file, as the engine calls them."""
    try:
        rows = rows_of(f"describe from read_parquet({literal(part)})")
    except duckdb.Error as problem:
        raise InputError(
            f"{part}: must be a complete parquet file; {first_line(problem)}; deliver it again"
        ) from problem
    return [(name, kind) for name, kind, *_ in rows]


def engine_names(part: Path) -> list[str]:
    """Return what the engine calls the columns of `part`."""
    return read_header(part) if is_text(part) else [name for name, _ in described_columns(part)]


def column_kinds(part: Path) -> list[str | None]:
    """Return the type of every column of `part`; those of a text file have none."""
    if is_text(part):
        return [None] * len(read_header(part))
    return [kind for _, kind in parquet_columns(part)]


def check_encoding(part: Path) -> None:
    """Refuse a text file that is not UTF-8 or has a hole; the engine notices late or never."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    line = 1
    with opened(part) as content:
        try:
            while chunk := content.read(CHUNK_BYTES):
                if HOLE in chunk:
                    line += chunk[: chunk.index(HOLE)].count(b"\n")
                    raise InputError(
                        f"{part}: must be text throughout; line {line} holds {len(HOLE)} zero "
                        "bytes or more, as a copy that broke off leaves; deliver it again"
                    )
                decode(chunk)
                line += chunk.count(b"\n")
            decode(b"", True)
        except UnicodeDecodeError as problem:
            line += problem.object[: problem.start].count(b"\n")
            raise InputError(
                f"{part}: must be UTF-8 text; line {line} is not; save it as CSV UTF-8"
            ) from problem
        except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
            raise InputError(
                f"{part}: must be a complete gzip file; {problem}; deliver it again"
            ) from problem


def cure_of_preamble(part: Path, columns: list[dict[str, Any]]) -> str:
    """Return what to do about lines above the header of a text file, if there are any."""
    if not is_text(part):
        return ""
    required = [names_of(c) for c in columns if c["meta"].get("required")]
    with opened(part) as content:
        lines = itertools.islice(io.TextIOWrapper(content, "utf-8-sig", newline=""), 60)
        fields = [[word.strip() for word in line.rstrip("\r\n").split(",")] for line in lines]
    starts = [words[0].lower() for words in fields[:3]]
    if starts == ["price", "ticker", "date"]:
        return (
            "save it without the second and third line of its header, with Date for Price, as "
            "yfinance does with multi_level_index=False, or "
        )
    for number, words in enumerate(fields[1:], start=1):
        if all(column_hit(words, *names) for names in required):
            return f"remove the {number} lines above the header on line {number + 1}, or "
    return ""


def line_of_row(part: Path, row: int) -> str:
    """Return the words that name a row: its line in a text file, else its number, both from 1."""
    if not is_text(part):
        return f"row {row}"
    with opened(part) as content:
        lines = csv.reader(io.TextIOWrapper(content, "utf-8-sig", newline=""))
        filled = (lines.line_num for fields in lines if fields)
        return f"line {next(itertools.islice(filled, row, None), row + 1)}"


def clipped(text: str, length: int = 200) -> str:
    """Return a text that is short enough for a message."""
    return text if len(text) <= length else f"{text[: length - 20]} ... ({len(text):,} characters)"


def part_name(part: Path) -> str:
    """Return the name of a file, with the partition folders that it lies in, such as year=2020."""
    place = part.parent
    names = [part.name]
    while "=" in place.name and place not in TABLE_FOLDERS:
        names.insert(0, place.name)
        place = place.parent
    # The folder of the whole delivery may lie in a partition folder too, which states no column.
    return "/".join(names) if place in TABLE_FOLDERS else part.name


def partition_values(part: Path) -> dict[str, str]:
    """Return what the partition folders of a file state, by column name in lower case."""
    *folders, _ = part_name(part).split("/")
    pairs = [folder.split("=", 1) for folder in folders]
    # The word that every writer of partitions uses for null.
    values = {key.lower(): urllib.parse.unquote(value) for key, value in pairs}
    if len(values) < len(pairs):
        raise InputError(
            f"{part}: must lie in one partition folder of a name; {part.parent} is within another "
            "of that name; rename one of them"
        )
    return {k: "" if v == "__HIVE_DEFAULT_PARTITION__" else v for k, v in values.items()}


def delivered_schema(part: Path) -> str:
    """Return the columns of a file as delivered, with their types where the format has types."""
    if is_text(part):
        return ", ".join(read_header(part))
    return ", ".join(f"{name} {kind}" for name, kind in parquet_columns(part))


def shown(parts: list[Path]) -> Path:
    """Return what a message calls the files of a table: the file, or the folder of its parts."""
    return parts[0] if len(parts) == 1 else parts[0].parent


def answer(part: Path, query: str) -> list[tuple]:
    """Return the rows of a query on `part`; raise InputError when it cannot be read."""
    try:
        return rows_of(query)
    except duckdb.Error as problem:
        raise unreadable(part, problem) from problem


def unreadable(part: Path, problem: duckdb.Error) -> InputError:
    """Return the error for what an engine says of a file; its message may name another part."""
    named = re.search(r"^\s*file = (.+)$", str(problem), re.M)
    if "state machine" in str(problem) and is_text(part):
        return InputError(
            f"{part}: must end all lines alike; {line_of_other_end(part)} ends otherwise than "
            "line 1; save it with one kind of line ends"
        )
    return InputError(
        f"{named.group(1) if named else part}: must be readable from the first line to the last; "
        f"{first_line(problem)}; correct it or deliver it again"
    )


def line_of_other_end(part: Path) -> str:
    """Return the words that name the first line that does not end as the first one does."""
    with opened(part) as content:
        ends = re.findall(rb"\r\n|\n\r|\n|\r", content.read())
    other = (n for n, end in enumerate(ends, start=1) if end != ends[0])
    return f"line {next(other, 1)}"


def first_line(problem: Exception) -> str:
    """Return what an engine message says in one line, without its advice on reader options."""
    said = re.split(r"\n\s*(?:Possible|file =|Stack Trace)", str(problem))[0]
    line = "; ".join(line.strip() for line in said.splitlines() if line.strip())
    # What is wrong stands at the end, after a line of the file that may be the whole file.
    return line if len(line) <= 500 else f"{line[:250]} ... {line[-200:]}"
