"""The project that a command works on, with its settings as a build would read them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from parspread_tools.gate import settings
from parspread_tools.publish import release


class CommandError(Exception):
    """Why a command cannot do its work, in one line that says what to do."""


@dataclass(frozen=True)
class Project:
    """A folder with `dbt_project.yml`, the vars of the command line and the environment."""

    folder: Path
    given_vars: Mapping[str, Any]
    environment: Mapping[str, str]

    def value(self, name: str) -> Any:
        """Return a var as a build resolves it."""
        return settings.value(name, self.folder, self.given_vars, self.environment)

    @property
    def data_dir(self) -> Path:
        """The folder of vendor files."""
        return self.folder / self.value("data_dir")

    @property
    def home(self) -> Path:
        """The folder of `parspread.duckdb` and its releases."""
        return self.folder / self.environment.get("PARSPREAD_PUBLISH_DIR", ".")

    @property
    def build_dir(self) -> Path:
        """The folder of the build database."""
        return self.folder / self.environment.get("PARSPREAD_BUILD_DIR", "build")

    @property
    def warehouse(self) -> Path:
        """The file that readers open."""
        return self.home / release.FILE_NAME


def find_project(start: Path, given_vars: str = "", data_dir: str | None = None) -> Project:
    """Return the project of a folder or of the nearest folder above it.

    Raises
    ------
    CommandError
        There is none, or `given_vars` is no YAML mapping.
    """
    start = start.resolve()
    folders = [f for f in (start, *start.parents) if (f / "dbt_project.yml").is_file()]
    if not folders:
        raise CommandError(
            f"{start}: must be in a Parspread project; no dbt_project.yml in it or above it; "
            "go to the project, name it with --project, or lay one out: parspread init DIR"
        )
    try:
        values = yaml.safe_load(given_vars) if given_vars else {}
    except yaml.YAMLError:
        values = None
    if not isinstance(values, dict):
        raise CommandError(
            "--vars must be a YAML mapping such as '{max_quote_age_days: 3}'; "
            f"it was {given_vars!r}; correct it"
        )
    if data_dir is not None:
        values["data_dir"] = str(Path(data_dir).resolve())
    return Project(folders[0], values, os.environ)


def add_project_options(parser: argparse.ArgumentParser) -> None:
    """Offer `--project`, `--vars` and `--data-dir`."""
    parser.add_argument(
        "--project", type=Path, default=Path(), metavar="DIR", help="the project, by default this"
    )
    parser.add_argument("--vars", default="", metavar="YAML", help="settings, as dbt takes them")
    parser.add_argument("--data-dir", metavar="DIR", help="vendor files, by default as a build")


def project_of(options: argparse.Namespace) -> Project:
    """Return the project that the options name."""
    return find_project(options.project, options.vars, options.data_dir)
