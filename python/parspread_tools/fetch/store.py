"""Downloads that are whole or not there, and the note of where each input file came from.

data/fetched/SOURCE/NAME    what was served, byte for byte
data/FETCHED.csv            file, SHA-256, addresses and time of every input file written here
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from parspread_tools.fetch.tables import BrokenSource, Files, written
from parspread_tools.gate.digests import NOTES

NOTE_COLUMNS = ("file_name", "sha256", "address", "fetched_at")
TIMEOUT_SECONDS = 60
# Returns the bytes behind an address, None where there is nothing, as on a holiday.
Getter = Callable[[str], bytes | None]


@dataclass(frozen=True)
class Download:
    """One file of a source; one that still grows is fetched again each time."""

    name: str
    address: str
    grows: bool = True


def get(address: str) -> bytes | None:
    """Return the bytes behind an address; raise BrokenSource where they are not all there."""
    request = urllib.request.Request(address, headers={"User-Agent": "parspread"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            content, announced = answer.read(), answer.headers.get("Content-Length")
    except urllib.error.HTTPError as problem:
        if problem.code == 404:
            return None
        raise BrokenSource(f"{address}: {problem}; try again later") from problem
    except OSError as problem:
        raise BrokenSource(f"{address}: cannot be reached; {problem}; try again later") from problem
    if announced is not None and int(announced) != len(content):
        raise BrokenSource(
            f"{address}: must have {announced} bytes; {len(content)} came; try again"
        )
    return content


def collect(
    folder: Path,
    downloads: Sequence[Download],
    getter: Getter | None,
    check: Callable[[bytes], object],
) -> list[bytes]:
    """Return the bytes of downloads in order; what is there and complete is not fetched again.

    Parameters
    ----------
    folder : Path
        Where they are kept.
    downloads : sequence of Download
        What to fetch; days without a file are left out.
    getter : callable, optional
        Without one nothing is fetched, and what is there has to do.
    check : callable
        Raises BrokenSource for bytes that are not whole; they are not kept.
    """
    contents = []
    for wanted in downloads:
        path = folder / wanted.name
        if getter is not None and (wanted.grows or not path.is_file()):
            content = getter(wanted.address)
            if content is None:
                continue
            check(content)
            write_whole(path, content)
        if path.is_file():
            contents.append(path.read_bytes())
    if not contents:
        raise BrokenSource(
            f"{folder}: must hold a download ({', '.join(d.name for d in downloads[:3])}); it has "
            "none; fetch it, or put the file there by hand and add --offline"
        )
    return contents


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: readers see the old one or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


def deliver(out: Path, files: Files, addresses: Sequence[str], now: datetime | None = None) -> None:
    """Write the input files of a source and note where they came from."""
    fetched_at = f"{now or datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    rows = {row[0]: row for row in notes(out)}
    for name, text in files.items():
        content = text.encode()
        write_whole(out / name, content)
        said = (
            addresses[0] if len(addresses) == 1 else f"{addresses[0]} ... ({len(addresses)} files)"
        )
        rows[name] = (name, hashlib.sha256(content).hexdigest(), said, fetched_at)
    write_whole(out / NOTES, written(NOTE_COLUMNS, sorted(rows.values())).encode())


def notes(folder: Path) -> list[tuple[str, ...]]:
    """Return what was noted of the files of a folder."""
    path = folder / NOTES
    if not path.is_file():
        return []
    rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    return [tuple(row) for row in rows if row and tuple(row) != NOTE_COLUMNS]
