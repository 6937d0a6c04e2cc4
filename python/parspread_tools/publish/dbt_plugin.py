"""The parts of a build outside SQL: check settings and inputs, lock, close the sandbox, publish."""

from __future__ import annotations

import atexit
import gc
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.exceptions import DbtBaseException
from dbt_common.invocation import get_invocation_id

from parspread_tools.gate import digests, settings
from parspread_tools.gate.check import check_inputs
from parspread_tools.publish import endings, ledger, lock, losses, release
from parspread_tools.publish.lock import NotPublished
from parspread_tools.sql_text import literal

# With one of these dbt builds a part, which needs the tables of the last build.
SELECTIONS = ("SELECT", "EXCLUDE", "SELECTOR", "RESOURCE_TYPES", "EXCLUDE_RESOURCE_TYPES")

_started: set[str] = set()


class Refused(DbtBaseException):
    """Why nothing was run, in one line, which dbt prints before it exits with 2."""


class Plugin(BasePlugin):
    """Register the warehouse functions on the build connection."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Refuse what must not run, before a connection exists."""
        # The parsed project stays to the end; without this every collection walks all of it.
        gc.freeze()
        flags = get_flags()
        given_vars = getattr(flags, "VARS", None) or {}
        problems = settings.check(Path(), given_vars, os.environ)
        if problems:
            raise Refused("the settings cannot be used: " + "; ".join(problems))
        self.build_file = Path(self.creds.path)
        self.home = Path(os.environ.get("PARSPREAD_PUBLISH_DIR", "."))
        self.data_dir = Path(settings.value("data_dir", Path(), given_vars, os.environ))
        self.has_as_of_date = bool(settings.value("as_of_date", Path(), given_vars, os.environ))
        self.files: dict[str, dict[str, Any]] = {"digests": {}, "identities": {}}
        is_full = flags.WHICH == "build" and not any(getattr(flags, s, None) for s in SELECTIONS)
        try:
            release.check_apart(self.build_file, self.home)
            release.check_home(self.home)
            release.make_folder(self.home / "releases")
            lock.hold(self.build_file.parent)
            lock.hold(self.home / "releases")
            if is_full and get_invocation_id() not in _started:
                # Nothing that a killed build or a full disk left behind may stop this one.
                release.remove_database(self.build_file)
        except NotPublished as problem:
            raise Refused(str(problem)) from problem
        except OSError as problem:
            raise Refused(
                f"{problem.filename} cannot be written ({problem.strerror}); correct its "
                "permissions, or choose folders with PARSPREAD_BUILD_DIR and PARSPREAD_PUBLISH_DIR"
            ) from problem
        if get_invocation_id() not in _started:
            endings.on_full_disk(self.build_file, is_full)
        _started.add(get_invocation_id())

    def configure_connection(self, conn: Any) -> None:
        """Register the functions, then let SQL reach the inputs and the releases, nothing else."""
        readers = self.home / release.READERS_LINK

        def check(contract: str, as_of_date: str, restated: str, lost_ledger: str) -> str:
            report = check_inputs(
                self.data_dir, json.loads(contract), as_of_date, restated, readers
            )
            self.files = {kind: report.pop(kind, {}) for kind in self.files}
            problem = losses.clock_problem(readers, as_of_date)
            if problem and not self.has_as_of_date:
                report["errors"].append(problem)
            shown, problem = ledger.expose(self.home, readers, lost_ledger == "restart")
            report["statements"].append(shown)
            report["errors"] += [problem] if problem else []
            return json.dumps(report)

        def rows_gone(tables: str, as_of_date: str) -> str:
            if not readers.is_file():
                return json.dumps({"rows": [], "note": "there is no last release"})
            try:
                rows = losses.rows_gone(conn.cursor(), readers, json.loads(tables), as_of_date)
            except duckdb.Error as problem:
                note = f"the last release cannot be read ({str(problem).splitlines()[0][:200]})"
                return json.dumps({"rows": [], "note": note})
            return json.dumps({"rows": rows, "note": ""})

        def publish(build_id: str, tables: str, functions: str, views: str) -> str:
            try:
                changed = digests.changed(**self.files)
                if changed:
                    raise NotPublished(
                        f"{', '.join(changed[:5])} changed during the build; build again when the "
                        "delivery is complete"
                    )
                given = map(json.loads, (tables, functions, views))
                warnings = release.publish(conn.cursor(), self.home, build_id, *given)
            except NotPublished as problem:
                return json.dumps({"error": str(problem)})
            path = self.home / release.FILE_NAME
            return json.dumps({"path": str(path), "warnings": warnings})

        options = {"side_effects": True, "null_handling": "special"}
        text = "VARCHAR"
        conn.create_function("parspread_check_inputs", check, [text] * 4, text, **options)
        conn.create_function("parspread_publish", publish, [text] * 4, text, **options)
        conn.create_function("parspread_rows_gone", rows_gone, [text] * 2, text, **options)
        memory_limit = settings.engine_memory_limit(os.environ)
        if memory_limit:
            conn.execute(f"set memory_limit = {literal(memory_limit)}")
        folders = (Path("seeds"), self.data_dir, self.home / "releases", self.home / ledger.FOLDER)
        allowed = ", ".join(literal(folder.resolve()) for folder in folders)
        conn.execute(f"set allowed_directories = [{allowed}]")
        conn.execute("set enable_external_access = false")
        conn.execute("set lock_configuration = true")
        atexit.register(_close, conn)


def _close(conn: Any) -> None:
    """Leave one file without a log: dbt keeps the database open until the process ends."""
    with suppress(duckdb.Error):
        conn.execute("checkpoint")
    conn.close()
