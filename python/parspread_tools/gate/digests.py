"""SHA-256 digests of the inputs: against an approved list, the last release, and themselves."""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path

import duckdb

from parspread_tools.gate.files import clipped

# A delivery that holds this file, as sha256sum writes it, must match it.
APPROVED = "SHA256SUMS"
# What the loaders of parspread_tools.fetch note of the files that they write.
NOTES = "FETCHED.csv"


def digest(part: Path) -> str:
    """Return the SHA-256 of the bytes of `part`."""
    with part.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def identity(part: Path) -> tuple[int, ...]:
    """Return what differs once a file was replaced or written, whatever its bytes are by then.

    Nobody can set the last time of change but the system.
    """
    state = part.stat()
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def changed(digests: dict[str, str], identities: dict[str, tuple[int, ...]]) -> list[str]:
    """Return the files that are gone, were touched or have other bytes since they were checked."""
    return [
        name
        for name, before in digests.items()
        if not Path(name).is_file()
        or identity(Path(name)) != identities[name]
        or digest(Path(name)) != before
    ]


def unapproved(data_dir: Path, parts: list[Path]) -> list[str]:
    """Return where the delivery differs from its own list of digests, if it has one."""
    listings = [
        p for p in sorted(data_dir.iterdir()) if p.name.upper().removesuffix(".TXT") == APPROVED
    ]
    if not listings:
        return []
    if len(listings) > 1 or not listings[0].is_file():
        return [
            f"{listings[0]}: must be one file, as sha256sum writes it; found {len(listings)} of "
            "that name, or a link or folder; deliver the list itself"
        ]
    try:
        approved = listed_digests(listings[0])
    except ListError as problem:
        return [str(problem)]
    problems = []
    for place in sorted({part.resolve(): part for part in parts}.keys() - approved.keys()):
        problems.append(
            f"{place}: must be listed in {listings[0]}; it is not; approve or remove it"
        )
    for place, expected in approved.items():
        if place == listings[0].resolve():
            # `sha256sum * > SHA256SUMS` lists the old list itself.
            continue
        if not place.is_file():
            problems.append(
                f"{place}: must be there, because {listings[0]} lists it; it was not found; "
                "deliver it, or approve the delivery without it"
            )
        elif digest(place) != expected:
            problems.append(
                f"{place}: must have the bytes that {listings[0]} lists; its SHA-256 is "
                f"{digest(place)}, not {expected}; deliver it again, or approve the new file"
            )
    return problems


class ListError(Exception):
    """What is wrong with a list of digests."""


def listed_digests(listing: Path) -> dict[Path, str]:
    """Return the digests of a list by file; raise ListError where it cannot be read."""
    try:
        lines = listing.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as problem:
        raise ListError(
            f"{listing}: must be UTF-8 text, as sha256sum writes it; it is not; save it so"
        ) from problem
    approved: dict[Path, str] = {}
    for number, line in enumerate(lines, start=1):
        sum_and_name = re.fullmatch(r"([0-9a-fA-F]{64}) [ *]([^\0]+?)\r?", line)
        if not line.strip("\r"):
            continue
        if not sum_and_name:
            raise ListError(
                f"{listing} line {number}: must be a SHA-256 digest, two blanks and a file name, "
                "as sha256sum writes it; write the list again"
            )
        value, name = sum_and_name[1].lower(), sum_and_name[2].replace("\\", "/")
        place = (listing.parent / name).resolve()
        if re.match("[A-Za-z]:", name) or not place.is_relative_to(listing.parent.resolve()):
            raise ListError(
                f"{listing} line {number}: must name a file from the folder of the list on, such "
                f"as vix.csv; it names {clipped(sum_and_name[2])}, of another place; write the "
                "list again in its folder: sha256sum *"
            )
        if approved.setdefault(place, value) != value:
            raise ListError(
                f"{listing} line {number}: must have one digest for each file; {sum_and_name[2]} "
                "has another on an earlier line; write the list again"
            )
    return approved


def last_digests(release: Path | None) -> dict[tuple[str, str, str], str]:
    """Return the digests of the inputs of a published release; empty without one."""
    if release is None or not release.is_file():
        return {}
    try:
        with duckdb.connect(str(release), read_only=True) as connection:
            rows = connection.sql(
                "select table_name, data_set, file_name, sha256 from quality.dim_input_files"
            ).fetchall()
    except duckdb.Error:
        # An older release without that table has nothing to compare with.
        return {}
    return {tuple(row[:3]): row[3] for row in rows}


def noted_addresses(data_dir: Path) -> dict[str, str]:
    """Return where fetched files came from, by their SHA-256; of an edited file nobody knows."""
    path = data_dir / NOTES
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8", errors="replace") as lines:
        rows = csv.DictReader(lines)
        return {row.get("sha256") or "": row.get("address") or "" for row in rows}


def change_status(
    before: dict[tuple[str, str, str], str], key: tuple[str, str, str], sha256: str
) -> str:
    """Return `new`, `changed` or `unchanged` against the last release."""
    if key not in before:
        return "new"
    return "unchanged" if before[key] == sha256 else "changed"
