"""`parspread build`: dbt build with its progress: what is at work, the time so far and to come."""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from parspread_tools.console.project import Project, add_project_options, project_of

PURPOSE = "Run dbt build and show its progress; what is not an option here is handed to dbt."
# What is a message to the user, rather than the course of the run.
SHOWN = {
    "JinjaLogInfo", "LogTestResult", "RunResultError", "RunResultFailure", "RunResultWarning",
}  # fmt: skip
# Of nodes that an earlier run did not time.
USUAL_SECONDS = 0.1


class Progress:
    """How far a run is: finished nodes, and the seconds that an earlier run took for the rest.

    Parameters
    ----------
    stream : TextIO
        A terminal gets one line that is written over; anything else a line per finished model.
    earlier : mapping
        Seconds of each node in the last run, by its id; may be empty.
    """

    def __init__(self, stream: TextIO, earlier: Mapping[str, float], clock: Any = time.monotonic):
        self.stream, self.earlier, self.clock = stream, earlier, clock
        self.started = clock()
        self.first_start: float | None = None  # dbt reads the project first
        self.is_terminal = stream.isatty()
        self.total = 0
        self.done: list[str] = []
        self.at_work: dict[str, str] = {}

    def seconds_left(self) -> float | None:
        """Return the seconds to come: those of the rest in the last run, at the pace of this one.

        Where the last run was of another size, all nodes are taken to be alike.
        """
        if not self.done or self.first_start is None:
            return None
        is_alike = 0.8 * self.total <= len(self.earlier) <= 1.25 * self.total
        seconds = self.earlier if is_alike else {}
        spent = sum(seconds.get(node, USUAL_SECONDS) for node in self.done)
        every = sum(seconds.values()) or USUAL_SECONDS * self.total
        if len(self.done) >= self.total:
            return 0.0
        return (self.clock() - self.first_start) * max(every / spent - 1, 0)

    def start(self, node: str, name: str, total: int) -> None:
        """Take note of a node that begins."""
        self.total = max(self.total, total)
        if self.first_start is None:
            self.first_start = self.clock()
        self.at_work[node] = name
        if self.is_terminal:
            self._line(", ".join(self.at_work.values()))

    def finish(self, node: str, name: str, is_model: bool) -> None:
        """Take note of a node that has ended."""
        self.at_work.pop(node, None)
        self.done.append(node)
        if self.is_terminal:
            self._line(", ".join(self.at_work.values()) or name)
        elif is_model:
            self._line(name)

    def say(self, text: str) -> None:
        """Print a message of the build."""
        print(f"\r\x1b[K{text}" if self.is_terminal else text, file=self.stream, flush=True)

    def _line(self, what: str) -> None:
        left = self.seconds_left()
        to_come = "" if left is None else f", about {left:.0f} s left"
        spent = self.clock() - self.started
        text = f"{len(self.done)}/{self.total}  {spent:.0f} s{to_come}  {what}"
        if self.is_terminal:
            width = os.get_terminal_size(self.stream.fileno()).columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=self.stream, flush=True)
        else:
            print(text, file=self.stream, flush=True)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the options of the command."""
    add_project_options(parser)


def earlier_seconds(target: Path) -> dict[str, float]:
    """Return how long each node took in the last run; nothing where none is recorded."""
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
        return {r["unique_id"]: float(r["execution_time"]) for r in results}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def listener(progress: Progress) -> Any:
    """Return what dbt calls with each of its events, from any of its threads."""
    one_at_a_time = threading.Lock()

    def hear(event: Any) -> None:
        with one_at_a_time:
            tell(event, event.info.name)

    def tell(event: Any, name: str) -> None:
        if name == "LogStartLine":
            node = event.data.node_info
            progress.start(node.unique_id, node.node_name, event.data.total)
        elif name == "LogTestResult" and event.data.status == "pass":
            return
        elif name == "NodeFinished":
            node = event.data.node_info
            progress.finish(node.unique_id, node.node_name, node.resource_type != "test")
        elif name in SHOWN and event.info.level in ("info", "warn", "error"):
            progress.say(event.info.msg.strip())

    return hear


def dbt_arguments(project: Project, options: argparse.Namespace) -> list[str]:
    """Return the command line of dbt."""
    given = (
        ["--vars", json.dumps(dict(project.given_vars), default=str)] if project.given_vars else []
    )
    return ["--log-level", "none", "--no-use-colors", "build", *given, *options.rest]


def run(options: argparse.Namespace) -> int:
    """Build; return 0 when all is well, 1 where a node failed, 2 where nothing was run."""
    project = project_of(options)
    # dbt takes seconds to import: only who builds pays for it.
    from dbt.cli.main import dbtRunner

    os.chdir(project.folder)  # profiles.yml and the paths in it are those of the project
    target = Path(os.environ.get("DBT_TARGET_PATH", "target"))
    progress = Progress(sys.stdout, earlier_seconds(target))
    result = dbtRunner(callbacks=[listener(progress)]).invoke(dbt_arguments(project, options))
    spent = progress.clock() - progress.started
    if result.exception is not None:
        progress.say(f"nothing was run: {result.exception}")
        return 2
    end = "done" if result.success else "failed"
    progress.say(f"{end}: {len(progress.done)} of {progress.total} steps in {spent:.0f} s")
    return 0 if result.success else 1
