"""The explore folder: served by the plainest server, every tile equal to SQL on the release."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from browser import Browser
from conftest import ROOT, Build
from parspread_tools.dashboards import charts, explore


class Quiet(http.server.SimpleHTTPRequestHandler):
    """The server of the standard library, which knows no ranges; it notes what it was asked."""

    asked: list[str] = []

    def log_message(self, *_: object) -> None:
        self.asked.append(self.path)


@pytest.fixture(scope="module")
def folder(sample: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the sample release."""
    if shutil.which("npm") is None:
        pytest.skip("needs npm, which fetches DuckDB-Wasm for make explore")
    os.chdir(ROOT)
    home = tmp_path_factory.mktemp("explore")
    try:
        modules = explore.packages(ROOT / "build" / "explore-packages")
    except SystemExit as problem:
        pytest.skip(f"needs the packages of dashboards/explore/package.json: {problem}")
    explore.write(sample.release, home / "out", modules)
    return home / "out"


@pytest.fixture(scope="module")
def seen(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Return the page when its first dashboard is drawn."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Browser(tmp_path_factory.mktemp("browser"), 1400, 1600) as browser:
        browser.open(f"http://127.0.0.1:{server.server_port}/")
        browser.wait("window.report && report.done")
        yield browser
    server.shutdown()


def test_every_tile_is_what_sql_gives(folder: Path, seen: Browser) -> None:
    """Both dashboards, drawn without an error."""
    with duckdb.connect(str(folder / "release.duckdb"), read_only=True) as connection:
        boards = charts.dashboards(charts.definitions(connection), ROOT / charts.FOLDER)
        for board in boards:
            buttons = "[...document.querySelectorAll('#tabs button')]"
            seen.evaluate(
                f"{buttons}.find(b => b.textContent === {json.dumps(board.title)}).click()"
            )
            seen.wait(f"report.shown === {json.dumps(board.slug)}")
            marks = seen.evaluate(
                "[...document.querySelectorAll('article')].map(a => "
                "a.querySelectorAll('.mark, tbody tr').length)"
            )
            assert len(marks) == len(board.charts) and min(marks) > 0
            picture = os.environ.get("TEST_PICTURES")
            if picture:
                seen.picture(Path(picture) / f"explore_{board.slug.replace('-', '_')}.png")
            for chart in board.charts:
                place = json.dumps(f"{board.slug}/{chart.name}")
                shown = seen.evaluate(f"report.tiles[{place}].data")
                wanted = connection.execute(chart.sql).fetchall()
                assert len(shown) == len(wanted) > 0, chart.name
                keys = len(wanted[0]) - len(chart.metrics)
                assert [r[:keys] for r in shown] == [
                    [k if isinstance(k, int | str) or k is None else str(k) for k in r[:keys]]
                    for r in wanted
                ], chart.name
                values = [
                    np.array([r[keys:] for r in rows], dtype=float) for rows in (shown, wanted)
                ]
                np.testing.assert_allclose(*values, rtol=1e-9, err_msg=chart.name)
    assert seen.evaluate("report.errors") == [] and seen.errors == []
    times = seen.evaluate("[report.start_ms, ...Object.values(report.tiles).map(t => t.ms)]")
    print(f"start {times[0]:.0f} ms, tiles {min(times[1:]):.0f} to {max(times[1:]):.0f} ms")


def test_any_sql_is_answered_and_nothing_outside_the_folder_is_reached(
    folder: Path, seen: Browser
) -> None:
    seen.evaluate(
        "document.querySelector('#sql').value = "
        "'select strategy_code, sum(net_pnl_usd) from cdx_overlay.fct_backtest_days group by all';"
        "document.querySelector('#run').click()"
    )
    seen.wait("document.querySelectorAll('#answer tbody tr').length > 20")
    for sql in (
        "select * from 'http://127.0.0.1:9/x.parquet'",
        "copy (select 1) to 'x.csv'",
        "set enable_external_access = true",
        "create table t as select 1",
        "load httpfs",
    ):
        refused = seen.evaluate(f"ask({json.dumps(sql)}).then(() => false, () => true)")
        assert refused, sql
    fetched = seen.evaluate(
        "Promise.race([fetch('https://example.com').then(() => true, () => false)])"
    )
    assert fetched is False
    here = seen.evaluate("location.origin")
    outside = [r for r in seen.requests if not r.startswith((here, "blob:", "data:"))]
    assert [r for r in outside if r != "https://example.com/"] == []
    names = {path.name for path in folder.iterdir()}
    asked = {path.lstrip("/") or "index.html" for path in Quiet.asked}
    assert asked <= names


def test_the_page_fits_a_phone(seen: Browser) -> None:
    seen.resize(400, 800)
    assert seen.evaluate("document.documentElement.scrollWidth") <= 400
