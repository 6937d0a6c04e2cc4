"""dbt imports every module of this kind of name before it parses the project.

An interrupt is one line then, and an event that nobody reads ends where it is fired: some 9,000
debug events a build, each a message of its own and, for the console, a search of the environment
for secrets. Where dbt has Spark, its session gets the seam that translates every
statement.
"""

from importlib.util import find_spec
from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import get_event_manager

from parspread_tools.publish.endings import WATCHED, on_interrupt

DEBUG_LEVELS = (EventLevel.DEBUG, EventLevel.TEST)


def without_debug_events(manager: EventManager) -> None:
    """Let debug events end where they are fired, unless a logger writes debug lines."""
    fire = manager.fire_event

    def fire_read(e: BaseEvent, level: EventLevel | None = None, **options: Any) -> None:
        is_read = (level or e.level_tag()) not in DEBUG_LEVELS or type(e).__name__ in WATCHED
        if is_read or any(logger.level in DEBUG_LEVELS for logger in manager.loggers):
            fire(e, level=level, **options)

    manager.fire_event = fire_read


on_interrupt()
without_debug_events(get_event_manager())
if find_spec("dbt.adapters.spark"):  # only in the environment of make spark
    from parspread_tools.engines.spark import adapter

    adapter.install()
