"""Kernels compiled by an earlier process are loaded, and never those of other sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import rankdata

from parspread import compiled
from parspread.overlay.signal_diagnostics import _ranks

KERNEL = """
from parspread.compiled import {njit}
from parspread.records import {record}, twice

@{decorator}
def kernel(record):
    return twice(record.x)

print(kernel({record}(2.0)), sum(kernel.stats.cache_hits.values()))
"""
RECORDS = """
from typing import NamedTuple
from parspread.compiled import njit

class {record}(NamedTuple):
    x: float

@njit
def twice(x):
    return {factor} * x
"""


def run(home: Path, record: str = "Old", factor: float = 2.0, njit: str = "njit") -> str:
    """Return what a process prints that runs a kernel with these sources."""
    package = home / "parspread"
    package.mkdir(exist_ok=True)
    shutil.copy(compiled.__file__, package)
    (package / "__init__.py").touch()
    (package / "records.py").write_text(RECORDS.format(record=record, factor=factor))
    kernel = KERNEL.format(record=record, njit="njit, numba", decorator=njit)
    if not (package / "kernel.py").exists() or record not in (package / "kernel.py").read_text():
        (package / "kernel.py").write_text(kernel)
    variables = os.environ | {"PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "parspread.kernel"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.splitlines()[-1]


def test_a_second_process_loads_and_an_upgrade_compiles(tmp_path: Path) -> None:
    """The file of the kernel stays as it is while what it calls changes; then a class goes."""
    assert run(tmp_path) == "4.0 0"
    assert run(tmp_path) == "4.0 1"
    assert run(tmp_path, factor=3.0) == "6.0 0"
    assert run(tmp_path, record="New", factor=3.0) == "6.0 0"
    # Back again: the first folder still holds what belongs to it.
    assert run(tmp_path) == "4.0 1"


def test_the_cache_of_numba_alone_is_stale(tmp_path: Path) -> None:
    """The reason for the folders: the day this fails they can go."""
    alone = "(setattr(numba.config, 'CACHE_DIR', '') or numba.njit(cache=True))"
    assert run(tmp_path, njit=alone) == "4.0 0"
    assert run(tmp_path, factor=3.0, njit=alone) == "4.0 1"


def test_the_first_folder_that_can_be_written_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed package may be read-only, and a user may have no home."""
    blocked = tmp_path / "a file"
    blocked.touch()
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setattr(compiled, "PACKAGE", package)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cached"))
    name = f"kernels-{compiled.source_hash()}"
    assert compiled.cache_folder() == package / "__pycache__" / name
    shutil.rmtree(package / "__pycache__")
    (package / "__pycache__").touch()
    assert compiled.cache_folder() == tmp_path / "cached" / "parspread" / name
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert compiled.cache_folder() is None
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "chosen"))
    assert compiled.cache_folder() == tmp_path / "chosen" / name


def test_without_a_folder_kernels_are_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A read-only installation costs time, not results."""
    monkeypatch.setattr(compiled, "FOLDER", None)
    assert compiled.njit(lambda x: x + 1.0)(1.0) == 2.0


def test_folders_of_old_sources_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those in use stay."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    long_ago = time.time() - compiled.KEPT_SECONDS - 60
    for name in ("kernels-old", "kernels-new", "other"):
        (tmp_path / name).mkdir()
    for name in ("kernels-old", "other"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    folder = compiled.cache_folder()
    assert folder is not None
    assert {f.name for f in tmp_path.iterdir()} == {"kernels-new", "other", folder.name}


def test_ranks_are_those_of_scipy() -> None:
    """With ties, to the bit."""
    values = np.array([3.0, 1.0, 3.0, -0.0, 0.0, 2.5, 3.0])
    assert (_ranks(values) == rankdata(values)).all()
