"""The compiler of the kernels, and where it keeps what it has compiled.

    from parspread.compiled import njit

    @njit
    def kernel(...): ...

numba's own cache asks only whether the file of a function is the one that was compiled. It misses
a change in a function that is called from another file, and a record class that has another name
since ends in an AttributeError. Here a folder belongs to one state of all sources of the package.
It lies in NUMBA_CACHE_DIR, beside the package or among the user's cached files, whichever can be
written first; where none can, every process compiles anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba

PACKAGE = Path(__file__).resolve().parent
PREFIX = "kernels-"
# A folder that nobody has used for so long belongs to sources that are gone.
KEPT_SECONDS = 30 * 86_400


def source_hash() -> str:
    """Return a digest of the names and bytes of all sources of the package."""
    digest = sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(PACKAGE)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def candidates() -> Iterator[Path]:
    """Yield the folders that may hold compiled kernels, the best first."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(os.environ["NUMBA_CACHE_DIR"])
    yield PACKAGE / "__pycache__"
    cached = os.environ.get("XDG_CACHE_HOME")
    with suppress(RuntimeError):  # a user without a home
        yield (Path(cached) if cached else Path.home() / ".cache") / "parspread"


def cache_folder() -> Path | None:
    """Return the folder of this state of the sources, made if need be, or None."""
    name = PREFIX + source_hash()
    for parent in candidates():
        folder = parent / name
        try:
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                forget(parent, name)
            os.utime(folder)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None


def forget(parent: Path, name: str) -> None:
    """Remove the folders of sources that were last run long ago."""
    made = (parent / name).stat().st_mtime
    for folder in parent.glob(f"{PREFIX}*"):
        if folder.name != name and made - folder.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


FOLDER = cache_folder()
if FOLDER is not None:
    # For good: set around each function, one thread took it from another that was being compiled.
    numba.config.CACHE_DIR = str(FOLDER)


def njit(function: Callable | None = None, **options: Any) -> Callable:
    """Compile a function when it is first called, or load what an earlier process has compiled.

    Other threads run beside it.

    Parameters
    ----------
    function : callable
        What to compile; left out when options are given.
    options : dict
        As of `numba.njit`; `cache=False` for what is inlined into its callers.
    """
    if function is None:
        return lambda later: njit(later, **options)
    options["cache"] = options.get("cache", True) and FOLDER is not None
    options["nogil"] = True
    return numba.njit(**options)(function)


def inlined(function: Callable) -> Callable:
    """Compile a function into its callers: a call would copy the records that go through it."""
    return njit(function, forceinline=True, cache=False)
