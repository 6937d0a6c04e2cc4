"""dbt imports every module of this kind of name before it parses the project.

An interrupt is one line then, and the console no longer composes the lines that it will not print:
some 6,000 debug lines a build, a twentieth of the sample's processor time.
"""

from dbt_common.events.base_types import EventLevel, EventMsg
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.events.logger import NoFilter

from parspread_tools.publish.endings import on_interrupt

DEBUG_LEVELS = (EventLevel.DEBUG, EventLevel.TEST)


def is_printed(message: EventMsg) -> bool:
    """Return whether a logger above the debug level prints the message."""
    return message.info.level not in DEBUG_LEVELS


on_interrupt()
for logger in get_event_manager().loggers:
    if logger.level not in DEBUG_LEVELS and logger.filter is NoFilter:
        logger.filter = is_printed
