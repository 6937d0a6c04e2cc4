"""Superset with our dashboards: every chart answered while releases are swapped, and looked at.

Needs the environment that `make superset` installs; without it the tests are skipped.
TEST_PICTURES=docs/images writes the pictures of the documentation.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from browser import Browser
from conftest import ROOT, Build
from parspread_tools.dashboards import charts, serve
from parspread_tools.publish import release

HOME = Path(os.environ.get("TEST_SUPERSET", ROOT / ".venv-superset"))
PYTHON = HOME / "bin" / "python"
SEEN = "document.querySelectorAll('.dashboard-chart{}').length"


@dataclass
class Superset:
    """A running server, as its API answers."""

    address: str
    home: Path
    password: str
    token: str = ""
    charts: dict[str, int] = field(default_factory=dict)

    def call(self, path: str, body: dict | None = None) -> dict[str, Any]:
        """Return the answer of one request."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        request = urllib.request.Request(f"{self.address}/api/v1/{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return {"error": error.read().decode()[:500]}

    def rows(self, name: str) -> list[dict] | str:
        """Return the rows of a chart, or what went wrong."""
        answer = self.call(f"chart/{self.charts[name]}/data/")
        if "error" in answer:
            return answer["error"]
        [result] = answer["result"]
        return result["data"] if result["status"] == "success" else str(result["error"])


@pytest.fixture(scope="module")
def superset(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Return a server of its own on a release of its own, which the tests may replace."""
    if not (HOME / ".installed").exists():
        pytest.skip(f"needs Superset in {HOME}, which make superset installs")
    home = tmp_path_factory.mktemp("superset")
    publish(sample.release, home)
    os.chdir(ROOT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = serve.prepare(home / release.FILE_NAME, home / "superset")
    serve.set_up(PYTHON, home / "superset", environment)
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            serve.command(PYTHON, port), env=environment, stdout=log, stderr=log
        )
        found = Superset(f"http://127.0.0.1:{port}", home, (home / "superset/password").read_text())
        try:
            wait_for(found.address)
            login = {"username": "admin", "password": found.password, "provider": "db"}
            found.token = found.call("security/login", login)["access_token"]
            listed = found.call("chart/?q=(page_size:100)")["result"]
            found.charts = {chart["slice_name"]: chart["id"] for chart in listed}
            yield found
        finally:
            server.kill()
            server.wait()


def wait_for(address: str) -> None:
    """Wait until the server answers."""
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail("Superset does not answer")


def publish(file: Path, home: Path) -> str:
    """Make a copy of a release the current one of `home`, as a build does."""
    build_id = str(uuid.uuid4())
    build_id = f"{build_id[:14]}4{build_id[15:]}"
    shutil.copyfile(file, release.stage(home, build_id))
    release.swap(home, build_id)
    return build_id


@pytest.fixture(scope="module")
def boards(sample: Build) -> list[charts.Dashboard]:
    """Return the dashboards of the files."""
    with duckdb.connect(str(sample.release), read_only=True) as connection:
        return charts.dashboards(charts.definitions(connection), ROOT / charts.FOLDER)


def key(value: Any) -> Any:
    """Return a word or a date as both sides have it."""
    if isinstance(value, date):
        return 1000.0 * datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    return value


def ordered(rows: Iterable[Sequence[Any]], measured: int) -> tuple[list[list], np.ndarray]:
    """Return keys and measures of rows; the last `measured` columns are measures."""
    made = sorted(([*map(key, row)] for row in rows), key=lambda row: str(row[:-measured]))
    values = np.array([row[-measured:] for row in made], dtype=float)
    return [row[:-measured] for row in made], values


def test_every_chart_is_answered_while_releases_are_swapped(
    sample: Build, superset: Superset, boards: list[charts.Dashboard]
) -> None:
    """No error, and the numbers are those of SQL on the release."""
    stop, published = threading.Event(), []

    def builds() -> None:
        while not stop.is_set():
            published.append(publish(sample.release, superset.home))
            stop.wait(0.5)

    builder = threading.Thread(target=builds)
    builder.start()
    try:
        rounds = [
            {chart.name: superset.rows(chart.name) for b in boards for chart in b.charts}
            for _ in range(2)
        ]
    finally:
        stop.set()
        builder.join()
    assert len(published) > 3
    assert set(superset.charts) == set(rounds[0])
    for answers in rounds:
        assert {name: rows for name, rows in answers.items() if isinstance(rows, str)} == {}
    with duckdb.connect(str(sample.release), read_only=True) as connection:
        for chart in (chart for board in boards for chart in board.charts):
            answer = connection.execute(chart.sql)
            names = [column[0] for column in answer.description]
            keys, values = ordered(answer.fetchall(), len(chart.metrics))
            for answers in rounds:
                given = ([row[name] for name in names] for row in answers[chart.name])
                found = ordered(given, len(chart.metrics))
                assert found[0] == keys and len(keys) > 0, chart.name
                np.testing.assert_allclose(found[1], values, rtol=1e-9, err_msg=chart.name)


def test_datasets_have_descriptions_and_measures(sample: Build, superset: Superset) -> None:
    listed = superset.call("dataset/?q=(page_size:100)")["result"]
    tables = {table for (table,) in sample.query("select table_name from metrics.definitions")}
    assert {f"{dataset['schema']}.{dataset['table_name']}" for dataset in listed} == tables
    count = 0
    for dataset in listed:
        given = superset.call(f"dataset/{dataset['id']}")["result"]
        assert given["description"]
        assert all(c["description"] for c in given["columns"])
        assert all(m["description"] and m["expression"] for m in given["metrics"])
        count += len(given["metrics"])
    assert [(count,)] == sample.query("select count(*) from metrics.definitions")


def test_both_dashboards_are_drawn(
    superset: Superset, boards: list[charts.Dashboard], tmp_path: Path
) -> None:
    """Every chart has marks or rows, nothing is reported wrong, and nothing leaves the machine."""
    pictures = Path(os.environ.get("TEST_PICTURES", tmp_path))
    with Browser(tmp_path / "profile", 1400, 1600) as browser:
        browser.open(f"{superset.address}/login/")
        browser.wait("document.querySelector('#csrf_token')")
        browser.evaluate(
            "fetch('/login/', {method: 'POST', body: new URLSearchParams({username: 'admin', "
            "csrf_token: document.querySelector('#csrf_token').value, "
            f"password: {json.dumps(superset.password)}}})}}).then(answer => answer.status)"
        )
        for board in boards:
            count = len(board.charts)
            browser.errors.clear()
            browser.requests.clear()
            browser.open(f"{superset.address}/superset/dashboard/{board.slug}/?standalone=2")
            browser.wait(f"{SEEN.format('')} == {count}")
            drawn = SEEN.format(" :is(canvas, table, svg)")
            browser.wait(f"{drawn} >= {count} && {SEEN.format(' .loading')} == 0")
            time.sleep(3)  # Charts grow into place.
            assert browser.evaluate(SEEN.format(" [role=alert]")) == 0
            assert browser.errors == []
            inside = (superset.address, "data:", "blob:")
            assert [r for r in browser.requests if not r.startswith(inside)] == []
            browser.picture(pictures / f"{board.slug.replace('-', '_')}.png", ".dashboard-chart")
