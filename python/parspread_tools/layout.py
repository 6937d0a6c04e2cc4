"""What a project consists of, and where its one copy lies: in the repository, or in the wheel.

Only the standard library: setup.py imports it to copy the parts into the wheel.
"""

from __future__ import annotations

import shutil
from pathlib import Path

PARTS = (
    "dbt_project.yml", "profiles.yml", "selectors.yml", ".gitignore", "LICENSE",
    "models", "macros", "seeds", "tests", "dashboards", "docs/inputs.md",
)  # fmt: skip
# Of those no part of a project: the tests of our Python.
NO_PARTS = shutil.ignore_patterns("python", "__pycache__", "*.pyc", "node_modules")
PACKAGED = Path(__file__).parent / "project"


def source() -> Path:
    """Return the folder with the parts: that of the wheel, or the repository."""
    return PACKAGED if PACKAGED.is_dir() else Path(__file__).resolve().parents[2]


def copy_parts(origin: Path, target: Path) -> None:
    """Copy the parts of a project into a folder."""
    for name in PARTS:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (origin / name).is_dir():
            shutil.copytree(origin / name, target / name, ignore=NO_PARTS, dirs_exist_ok=True)
        else:
            shutil.copyfile(origin / name, target / name)
