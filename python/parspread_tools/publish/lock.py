"""One build at a time in a folder."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

_held: dict[Path, TextIO] = {}


class NotPublished(Exception):
    """Why readers keep the last release, in one line that says what to do."""


def hold(folder: Path) -> None:
    """Make this process the only one that builds in `folder`, until the process ends.

    The operating system drops the lock with the process, so a killed build blocks nobody.

    Raises
    ------
    NotPublished
        Another process holds it; the message says which, and since when.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve() / ".build.lock"
    if path in _held:
        return
    lock = path.open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise NotPublished(
            f"another build is at work in {folder}: {holder}; wait until it has ended, or end it"
        ) from None
    lock.truncate(0)
    lock.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
    lock.flush()
    _held[path] = lock
