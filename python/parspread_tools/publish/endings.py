"""How a build ends that cannot go on: by an interrupt or on a full disk, in one line, at once.

As after a kill nothing is half published, so nothing has to be wound up.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from dbt_common.events.event_manager_client import add_callback_to_manager
from dbt_common.invocation import get_invocation_id

from parspread_tools.publish import release

WATCHED = ("NodeFinished", "MainEncounteredError")  # events of dbt that may tell of a full disk
INTERRUPTED = 130  # what a shell reports of a process that Ctrl-C has ended
NO_ROOM = (
    "No space left on device",
    "File too large",
    "Could not write file",
    "limit was set by the 'max_temp_directory_size'",
)


def end(code: int, line: str) -> NoReturn:
    """Print a line and leave, without the tracebacks of whatever is at work."""
    print(line, flush=True)
    sys.stderr.flush()
    os._exit(code)


def on_interrupt() -> None:
    """End in one line from now on, unless interrupts are ignored or somebody else's business."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupted)
    # Python's tracker of semaphores, a process that starts later, would add two lines to that.
    given = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = f"{given}," * bool(given) + "ignore:resource_tracker"


def interrupted(*_: object) -> NoReturn:
    """Say what readers have; after the switch the build has succeeded."""
    home = Path(os.environ.get("PARSPREAD_PUBLISH_DIR", "."))
    if release.is_current(home, get_invocation_id()):
        end(0, "interrupted after the build was published; readers have the new release")
    release.sweep(home)
    end(INTERRUPTED, "interrupted: nothing was published; readers keep the last release")


def on_full_disk(build_file: Path, is_full_build: bool) -> None:
    """End at the first step that finds no room; what a full build has written is of no use then."""

    def look(event: Any) -> None:
        if event.info.name == "NodeFinished":
            what, message = event.data.node_info.node_name, event.data.run_result.message
        elif event.info.name == "MainEncounteredError":
            what, message = "dbt", event.data.exc
        else:
            return
        if not any(words in message for words in NO_ROOM):
            return
        if is_full_build:
            release.remove_database(build_file)
        end(
            1,
            f"not published: the disk of the build database is full ({what} could not be written); "
            f"{'the database was removed; ' if is_full_build else ''}make room in "
            f"{build_file.parent} or build elsewhere with PARSPREAD_BUILD_DIR",
        )

    add_callback_to_manager(look)
