"""A build composes only the events that somebody reads."""

from typing import Any

from dbt.adapters.events.types import SQLQuery
from dbt.events.types import CompileComplete
from dbt_common.events import event_manager
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.functions import get_stdout_config
from dbt_common.events.logger import LineFormat
from dbt_common.events.types import Note

from dbt_parspread import without_debug_events


def composed_at(*levels: EventLevel) -> list[str]:
    """Return the lines that loggers of these levels compose of two debug events and a note."""
    manager, lines = EventManager(), []

    def scrubber(text: str) -> str:
        lines.append(text)
        return text

    for level in levels:
        config = get_stdout_config(LineFormat.PlainText, False, level, False)
        config.scrubber, config.output_stream = scrubber, _Nowhere()
        manager.add_logger(config)
    without_debug_events(manager)
    manager.fire_event(SQLQuery(conn_name="build", sql="select 1"))
    manager.fire_event(CompileComplete(), level=EventLevel.DEBUG)
    manager.fire_event(Note(msg="published 66 tables"), level=EventLevel.INFO)
    return lines


class _Nowhere:
    def write(self, text: str) -> Any: ...

    def flush(self) -> Any: ...


def test_a_debug_line_is_not_composed_and_an_info_line_is(monkeypatch: Any) -> None:
    assert composed_at(EventLevel.INFO) == ["published 66 tables"]
    made = []
    monkeypatch.setattr(event_manager, "msg_from_base_event", lambda e, level: made.append(e))
    composed_at()
    assert [type(event).__name__ for event in made] == ["Note"]


def test_a_debug_log_beside_the_console_has_every_line() -> None:
    written = composed_at(EventLevel.INFO, EventLevel.DEBUG)
    assert written.count("published 66 tables") == 2
    assert [line for line in written if "select 1" in line]
