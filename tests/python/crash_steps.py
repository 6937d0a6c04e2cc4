"""Kill a publication at a named step, as a power cut would.

A process that is to die has CRASH_AT in its environment and calls `install` before it publishes.
The product knows nothing of it: the statements of the publication go through a connection that
counts them, and the functions that touch files are wrapped while a publication is at work.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

# Before (False) or after (True) the first statement that begins so.
STATEMENTS = {
    "attached": ("attach ", True),
    "half_copied": ("create table release.", False),  # the table in the middle, not the first
    "copied": ("commit", False),
    "committed": ("commit", True),
    "checkpointed": ("checkpoint ", True),
    "detached": ("detach ", True),
}
# After that many calls of a function of the release module, or of a method of a path.
CALLS = {
    "staged": ("stage", 1),
    "made_read_only": ("Path.chmod", 1),
    "file_synced": ("_sync", 2),
    "renamed": ("Path.rename", 1),
    "link_written": ("Path.symlink_to", 1),
    "switched": ("_point", 2),
    "synced": ("_sync", 4),
    "retired": ("_retire", 1),
}
# In the order in which a publication reaches them.
STEPS = (
    "staged",
    "attached",
    "half_copied",
    "copied",
    "committed",
    "checkpointed",
    "detached",
    "made_read_only",
    "file_synced",
    "renamed",
    "link_written",
    "switched",
    "synced",
    "retired",
)


def install() -> None:
    """Let the next publication of this process die at the step CRASH_AT, if there is one."""
    step = os.environ.pop("CRASH_AT", None)
    if step is None:
        return
    from parspread_tools.publish import release

    publish = release.publish

    def doomed(connection: Any, home: Path, build_id: str, tables: list, *rest: Any) -> Path:
        if step in STATEMENTS:
            connection = DoomedConnection(connection, step, len(tables))
        else:
            name, call_count = CALLS[step]
            owner = Path if name.startswith("Path.") else release
            name = name.removeprefix("Path.")
            setattr(owner, name, dying_after(getattr(owner, name), call_count))
        return publish(connection, home, build_id, tables, *rest)

    release.publish = doomed


class DoomedConnection:
    """A connection with which a process dies before or after one statement."""

    def __init__(self, connection: Any, step: str, table_count: int) -> None:
        self.connection = connection
        self.beginning, self.is_after = STATEMENTS[step]
        self.left_count = table_count // 2 + 1 if step == "half_copied" else 1

    def execute(self, statement: str) -> Any:
        """Run a statement, unless the process dies first."""
        self.left_count -= statement.startswith(self.beginning)
        is_last = self.left_count == 0 and statement.startswith(self.beginning)
        if is_last and not self.is_after:
            die()
        answer = self.connection.execute(statement)
        if is_last:
            die()
        return answer


def dying_after(function: Callable, call_count: int) -> Callable:
    """Return `function`, whose call number `call_count` is the last thing the process does."""
    left_count = call_count

    def dying(*arguments: Any, **options: Any) -> Any:
        nonlocal left_count
        answer = function(*arguments, **options)
        left_count -= 1
        if left_count == 0:
            die()
        return answer

    return dying


def die() -> NoReturn:
    """End without any clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed, and still here")
