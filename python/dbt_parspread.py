"""dbt imports every module of this kind of name before it parses the project.

An interrupt is one line then, and the console no longer composes the lines that it will not print:
some 6,000 debug lines a build, each with a search of the environment for secrets. Where dbt has
Spark, its session gets the seam that translates every statement.
"""

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from dbt_common.events.base_types import EventLevel, EventMsg
from dbt_common.events.event_manager_client import get_event_manager

from parspread_tools.publish.endings import on_interrupt

DEBUG_LEVELS = (EventLevel.DEBUG, EventLevel.TEST)


def without_debug_lines(loggers: Iterable[Any]) -> None:
    """Keep debug lines from every logger above the debug level, before they are composed."""
    for logger in loggers:
        if logger.level not in DEBUG_LEVELS:
            logger.filter = _printed_only(logger.filter)


def _printed_only(is_wanted: Any) -> Any:
    def is_printed(message: EventMsg) -> bool:
        return message.info.level not in DEBUG_LEVELS and is_wanted(message)

    return is_printed


on_interrupt()
if find_spec("dbt.adapters.spark"):  # only in the environment of make spark
    from parspread_tools.engines.spark import adapter

    adapter.install()
without_debug_lines(get_event_manager().loggers)
