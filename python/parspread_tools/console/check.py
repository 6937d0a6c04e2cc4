"""`parspread check`: all that a build would refuse before its first model, without a build."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import time
from pathlib import Path

from parspread_tools.console.project import Project, add_project_options, project_of
from parspread_tools.gate import catalogs, settings
from parspread_tools.gate.check import check_inputs
from parspread_tools.gate.contract import read_contract
from parspread_tools.publish import ledger, losses, release
from parspread_tools.publish.lock import NotPublished

PURPOSE = "Check settings, catalogs and vendor files as a build would; nothing is built."
REFUSED = 2  # as dbt ends where nothing was run


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the options of the command."""
    add_project_options(parser)


def problems_of(project: Project) -> tuple[list[str], list[str], int]:
    """Return what a build would refuse, what it would note, and how many files it would read.

    As in a build, wrong settings are all that is said: the files are read by them.
    """
    folder = project.folder
    errors = settings.check(folder, project.given_vars, project.environment)
    if errors:
        return errors, [], 0
    as_of_date = str(project.value("as_of_date") or datetime.datetime.now(datetime.UTC).date())
    with contextlib.chdir(folder):  # catalogs and messages name files from the project on
        report = check_inputs(
            Path(project.value("data_dir")),
            read_contract(folder, project.given_vars, project.environment),
            as_of_date,
            str(project.value("restated_values")),
            project.home / release.READERS_LINK,
        )
        read = [Path(name) for name in report.get("digests", ())]
        delivered = [part for part in read if part.is_relative_to(project.value("data_dir"))]
    errors = [*report["errors"], *problems_of_home(project, as_of_date)]
    return errors, report["notes"], len(delivered)


def problems_of_home(project: Project, as_of_date: str) -> list[str]:
    """Return what keeps a build from publishing: its folders, the clock, the run ledger."""
    home, readers = project.home, project.home / release.READERS_LINK
    problems = []
    try:
        release.check_apart(project.build_dir / release.FILE_NAME, home)
        release.check_home(home)
    except NotPublished as problem:
        problems.append(str(problem))
    if not project.value("as_of_date"):
        problems.append(losses.clock_problem(readers, as_of_date))
    problems.append(ledger.expose(home, readers, project.value("lost_run_ledger") == "restart")[1])
    return [problem for problem in problems if problem]


def run(options: argparse.Namespace) -> int:
    """Print what is wrong and what is worth knowing; return 0 where a build would start."""
    started = time.monotonic()
    project = project_of(options)
    errors, notes, file_count = problems_of(project)
    for note in notes:
        print(f"note: {note}")
    for error in errors:
        print(f"wrong: {error}")
    seconds = time.monotonic() - started
    if errors:
        print(f"a build would refuse {len(errors)} things ({seconds:.1f} s; nothing was built)")
        return REFUSED
    print(
        f"sound: {file_count} vendor files of {project.value('data_dir')}, "
        f"{len(catalogs.CHECKED)} catalogs, {len(settings.declared_vars(project.folder))} settings "
        f"({seconds:.1f} s; nothing was built)"
    )
    return 0
