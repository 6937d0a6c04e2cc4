"""`parspread init DIR`: lay out a project for own data, from the wheel or from the repository."""

from __future__ import annotations

import argparse
from pathlib import Path

from parspread_tools import layout
from parspread_tools.console.project import CommandError

PURPOSE = "Lay out a project for own data: models, catalogs, settings, and a folder for the files."
DATA = "data"
NOTE = f"""\
Vendor files go into this folder: cdx, vix and etf for the overlay; issue_data, monthly_ts_data,
wrds_bond, RED_and_ISIN_mapping, cds_final and fed_yield_curve for the basis, each .csv or .parquet
(docs/inputs.md). One desk is enough. `parspread doctor FILE` says which column of a file is what.
`parspread check` looks at {DATA}/, `parspread build` builds and publishes parspread.duckdb.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the options of the command."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new or empty folder")


def lay_out(folder: Path) -> None:
    """Copy the parts of a project into a new folder; it reads `data` unless told otherwise.

    Raises
    ------
    CommandError
        The folder holds something, which nothing overwrites, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(
            f"{folder}: must be a new or empty folder; it holds files; choose another"
        )
    try:
        layout.copy_parts(layout.source(), folder)
        settings = folder / "dbt_project.yml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace("'seeds/sample'", f"'{DATA}'", 1), encoding="utf-8")
        (folder / DATA).mkdir()
        (folder / DATA / "README.md").write_text(NOTE, encoding="utf-8")
    except OSError as problem:
        raise CommandError(
            f"{problem.filename}: cannot be written; {problem.strerror}; correct its permissions"
        ) from problem


def run(options: argparse.Namespace) -> int:
    """Lay out the project and say what comes next."""
    lay_out(options.folder)
    print(f"{options.folder} holds a project. Next:")
    print(f"  cd {options.folder}")
    print(f"  cp /path/to/your/files/* {DATA}/    # {DATA}/README.md says which")
    print("  parspread check")
    print(
        "  parspread build                   # or dbt build; seeds/sample: --data-dir seeds/sample"
    )
    return 0
