"""SHA-256 digests of the inputs: against an approved list, the last release, and themselves."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import duckdb

# A delivery that holds this file, as sha256sum writes it, must match it.
APPROVED = "SHA256SUMS"


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
    listing = data_dir / APPROVED
    if not listing.is_file():
        return []
    approved = {}
    for number, line in enumerate(listing.read_text().splitlines(), start=1):
        sum_and_name = re.fullmatch(r"([0-9a-fA-F]{64}) [ *](.+)", line)
        if not sum_and_name:
            return [
                f"{listing} line {number}: must be a SHA-256 digest, two blanks and a file name, "
                "as sha256sum writes it; write the list again"
            ]
        approved[(data_dir / sum_and_name[2]).resolve()] = sum_and_name[1].lower()
    problems = []
    for part in parts:
        expected = approved.get(part.resolve())
        if expected is None:
            problems.append(f"{part}: must be listed in {listing}; it is not; approve or remove it")
        elif digest(part) != expected:
            problems.append(
                f"{part}: must have the bytes that {listing} lists; its SHA-256 is {digest(part)}, "
                f"not {expected}; deliver it again, or approve the new file"
            )
    return problems


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


def change_status(
    before: dict[tuple[str, str, str], str], key: tuple[str, str, str], sha256: str
) -> str:
    """Return `new`, `changed` or `unchanged` against the last release."""
    if key not in before:
        return "new"
    return "unchanged" if before[key] == sha256 else "changed"
