"""Puts the project beside the packages of a wheel; all else about it stands in pyproject.toml."""

import shutil
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "python"))
from parspread_tools.layout import PACKAGED, copy_parts  # noqa: E402 (found only by now)


class BuildWithProject(build_py):
    """Copies the parts of the project from their one place in the repository."""

    def run(self) -> None:
        """Build as always; an editable installation reads the repository itself."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / PACKAGED.relative_to(HERE.resolve() / "python")
            shutil.rmtree(target, ignore_errors=True)  # what an earlier wheel had may be gone
            copy_parts(HERE, target)


setup(cmdclass={"build_py": BuildWithProject})
