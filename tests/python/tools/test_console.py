"""The console of a build composes only the lines that it prints."""

from typing import Any

import pytest
from dbt.adapters.events.types import SQLQuery
from dbt.events.types import CompileComplete
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.functions import get_stdout_config
from dbt_common.events.logger import LineFormat
from dbt_common.events.types import Note

from dbt_parspread import without_debug_lines


@pytest.fixture
def composed() -> list[str]:
    """Return the lines that the console of `dbt build` composes of an info and a debug event."""
    manager, lines = EventManager(), []

    def scrubber(text: str) -> str:
        lines.append(text)
        return text

    config = get_stdout_config(LineFormat.PlainText, False, EventLevel.INFO, False)
    config.scrubber, config.output_stream = scrubber, _Nowhere()
    manager.add_logger(config)
    without_debug_lines(manager.loggers)
    manager.fire_event(SQLQuery(conn_name="build", sql="select 1"))
    manager.fire_event(CompileComplete(), level=EventLevel.DEBUG)
    manager.fire_event(Note(msg="published 66 tables"), level=EventLevel.INFO)
    return lines


class _Nowhere:
    def write(self, text: str) -> Any: ...

    def flush(self) -> Any: ...


def test_a_debug_line_is_not_composed_and_an_info_line_is(composed: list[str]) -> None:
    assert composed == ["published 66 tables"]
