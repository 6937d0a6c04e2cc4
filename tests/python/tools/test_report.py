"""The report page draws what was published, opens offline, and the closing words of a build work.

A page that quietly fetches its chart library shows nothing on a train, and one that swallows a
broken chart shows a gap nobody notices; so the page is opened in a real browser, which reports
every request and every complaint.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from parspread_tools.report import next_steps
from parspread_tools.report.page import main as write_page
from parspread_tools.report.page import render
from parspread_tools.report.parts import DASH, MINUS
from parspread_tools.report.workbook import main as write_workbook

CHARTS_PER_SECTION = {
    "Basis": 6,
    "Signals": 6,
    "Does a score foretell?": 1,
    "Strategies": 8,
    "Portfolios": 3,
    "The macro-credit notebook, repaired": 1,
    "What the basis hangs on": 1,
    "A CDS curve and its bonds": 1,
    "Any CDS curve": 1,
    "Bonds left out": 1,
}
OVERLAY_TABLES = (
    "rpt_signal_history",
    "rpt_strategy_history",
    "rpt_portfolio_history",
    "rpt_macrocredit_bridge",
)
BASIS_TABLES = (
    "rpt_basis_by_rating",
    "rpt_basis_specifications",
    "rpt_cds_curve_drawn",
    "rpt_sample_attrition",
)
DATA_MARK = re.compile(
    r'class="mark-(?:area|line|rect) role-mark[^>]*><path[^>]* d="M[^"]{10,}'
    r'|class="mark-symbol role-mark[^>]*><path[^>]* opacity="1"'
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Visit:
    """What a browser made of a page."""

    dom: str
    console: list[str]
    requests: list[str]

    @property
    def charts(self) -> list[str]:
        """The outline of every drawn chart, as SVG."""
        return re.findall(r'<svg[^>]*class="marks".*?</svg>', self.dom, re.DOTALL)


def visit(page: Path, scratch: Path, *flags: str) -> Visit:
    """Open `page` in headless Chromium and wait until its scripts are done."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"needs a browser, one of {', '.join(BROWSERS)}, to open the report page")
    net_log = scratch / "net.json"
    done = subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={scratch / 'profile'}",
            "--virtual-time-budget=60000",
            "--enable-logging=stderr",
            f"--log-net-log={net_log}",
            *flags,
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    log = json.loads(net_log.read_text(encoding="utf-8"))
    start = log["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    started = [e["params"] for e in log["events"] if e["type"] == start and "url" in e["params"]]
    return Visit(
        dom=done.stdout,
        console=[line for line in done.stderr.splitlines() if ":CONSOLE" in line],
        # What the browser asks for itself has no origin; what the page asks for has one.
        requests=[
            job["url"]
            for job in started
            if job["initiator"] != "not an origin"
            and not job["url"].startswith(("file:", "data:", "blob:"))
        ],
    )


@pytest.fixture(scope="module")
def page(sample, tmp_path_factory) -> Path:
    """Return the page of the sample release."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_page(["--warehouse", str(sample.release), "--out", str(path)])
    return path


@pytest.fixture(scope="module")
def seen(page, tmp_path_factory) -> Visit:
    """Return the page of the sample release as a browser shows it."""
    return visit(page, tmp_path_factory.mktemp("browser"))


def test_page_asks_for_nothing_and_complains_about_nothing(seen):
    assert seen.requests == []
    assert seen.console == []


def test_every_chart_is_drawn_with_marks_and_a_size(seen):
    sections = re.findall(r"<section id.*?</section>", seen.dom, re.DOTALL)
    drawn = {
        re.search(r"<h2>(.*?)</h2>|$", s)[1] or "Today": s.count('class="marks"') for s in sections
    }
    assert {heading: count for heading, count in drawn.items() if count} == CHARTS_PER_SECTION
    for chart in seen.charts:
        width, height = map(int, re.search(r'width="(\d+)" height="(\d+)"', chart).groups())
        assert width > 300 and height > 80
        assert DATA_MARK.search(chart)


def test_page_is_small_enough_to_send(page):
    assert page.stat().st_size < 4e6


def with_choices(page: Path, scratch: Path, choices: dict[str, str]) -> list[Visit]:
    """Open `page` and choose a value in one selector after the other, once the charts are drawn.

    Return what the browser shows before the first choice and after each.
    """
    script = (
        f"const choices = {json.dumps(list(choices.items()))}, shown = [];"
        """
        const see = () => shown.push(document.querySelector("main").outerHTML);
        const choose = ([name, value]) => {
          const select = document.querySelector(`select[name=${name}]`);
          select.value = value;
          select.dispatchEvent(new Event("change"));
        };
        choices.forEach((choice, place) => {
          setTimeout(() => { if (place === 0) see(); choose(choice); }, 3000 * (place + 1));
          setTimeout(see, 3000 * (place + 2) - 1000);
        });
        const told = document.createElement("pre");
        setTimeout(() => {
          told.id = "told";
          told.textContent = JSON.stringify(shown);
          document.body.append(told);
        }, 3000 * (choices.length + 1));
        """
    )
    chosen = scratch / "chosen.html"
    text = page.read_text(encoding="utf-8")
    chosen.write_text(f"{text}<script>{script}</script>", encoding="utf-8")
    end = visit(chosen, scratch)
    told = re.search(r'<pre id="told">(.*?)</pre>', end.dom, re.DOTALL)
    assert told, "the choices were not made"
    return [replace(end, dom=dom) for dom in json.loads(html.unescape(told[1]))]


def absent(seen: Visit) -> list[str]:
    """Return the charts that say they have nothing to draw for this choice."""
    return re.findall(r'class="absent">\s*<figcaption><b>(.*?)</b>', seen.dom)


def redrawn(before: Visit, after: Visit) -> list[int]:
    """Return the places of the charts that changed."""
    pairs = zip(before.charts, after.charts, strict=True)
    return [place for place, (old, new) in enumerate(pairs) if old != new]


def changed_copy(sample, target: Path, *statements: str) -> Path:
    """Return a copy of the sample release after `statements`."""
    shutil.copy(sample.release, target)
    target.chmod(0o644)
    with duckdb.connect(str(target)) as connection:
        for statement in statements:
            connection.sql(statement)
    return target


def test_a_selector_redraws_the_charts_of_its_section_only(page, tmp_path):
    """One choice after the other; a score nobody defined for an instrument is not drawn empty."""
    steps = {
        ("basis_method", "ftsfr_notebook"): [0, 1, 2, 3, 4, 5],
        ("instrument", "itraxx_xover_5y"): [6, 9, 10, 11],  # 7 is the same VIX; 8 is hidden
        ("ic_instrument", "cdx_hy_5y"): [12],
        ("strategy", "balanced_hy"): [13, 14, 15, 16, 17, 18, 19, 20],
        ("portfolio", "risk_parity"): [21, 22, 23],
        ("curve_month", "2019-06"): [27],
        ("sample_method", "ftsfr_notebook"): [28],
    }
    shown = with_choices(page, tmp_path, dict(list(steps)))
    assert shown[0].console == [] and absent(shown[0]) == []
    assert [redrawn(*pair) for pair in pairwise(shown)] == list(steps.values())
    assert [absent(after) for after in shown[1:]] == [[], *[["Composite"]] * (len(steps) - 1)]


def test_a_measure_is_offered_once_it_has_rows(sample, tmp_path):
    """The notebook has one measure; another drawn for it would be a line nobody computed."""
    warehouse = changed_copy(
        sample,
        tmp_path / "more.duckdb",
        """
        insert into reports.rpt_basis_by_rating
        select * replace ('made_up' as measure, mean_basis_bps + 10 as mean_basis_bps)
        from reports.rpt_basis_by_rating
        where method = 'standard' and measure = 'yield_spread'
        """,
    )
    page = tmp_path / "report.html"
    page.write_text(render(warehouse), encoding="utf-8")
    choices = {"basis_measure": "made_up", "basis_method": "ftsfr_notebook"}
    before, standard, both = with_choices(page, tmp_path, choices)
    assert redrawn(before, standard) == [0] and absent(standard) == absent(both) == []
    # A measure that the notebook does not have is not on offer beside it.
    menu = re.search(r'<select name="basis_measure".*?</select>', both.dom, re.DOTALL)[0]
    offered = re.findall(r'<option value="(\w+)"(?![^>]*disabled)', menu)
    assert offered == ["yield_spread"]


@pytest.mark.parametrize(
    ("fault", "replaced", "by"),
    [
        ("remote script", "<title>", '<script src="https://example.com/x.js"></script><title>'),
        ("console error", "const root", 'console.error("careful"); const root'),
        ("broken chart", '"type": "bar"', '"type": "no_such_mark"'),
        ("absent data", '"name": "rpt_macrocredit_bridge"', '"name": "no_such_table"'),
    ],
)
def test_a_faulty_page_does_not_pass_unseen(page, tmp_path, fault, replaced, by):
    """Guards the guard: each kind of fault reaches the console."""
    text = page.read_text(encoding="utf-8")
    assert replaced in text, fault
    faulty = tmp_path / "faulty.html"
    faulty.write_text(text.replace(replaced, by, 1), encoding="utf-8")
    assert visit(faulty, tmp_path).console


def test_a_request_that_leaves_the_machine_is_seen(tmp_path):
    """Guards the guard: without the page's own ban on requests, the log would show them."""
    leaky = tmp_path / "leaky.html"
    leaky.write_text('<script src="http://127.0.0.1:9/x.js"></script>', encoding="utf-8")
    assert visit(leaky, tmp_path).requests == ["http://127.0.0.1:9/x.js"]


def test_figures_of_the_page_are_those_of_the_warehouse(sample, page):
    """Rounding and thousands are the page's only arithmetic."""
    text = page.read_text(encoding="utf-8")
    scores = re.search('<section id="scorecard".*<section id="verdicts"', text, re.DOTALL)[0]
    scorecard = sample.query(
        "select strategy_code, total_net_pnl_usd, trade_count, quality_status"
        ", is_benchmark, excess_net_pnl_usd from reports.rpt_strategy_scorecard"
    )
    for code, total_net_pnl_usd, trade_count, status, is_benchmark, excess in scorecard:
        line = re.search(rf"<tr>\s*<td[^>]*>{code}<.*?</tr>", scores, re.DOTALL)[0]
        assert f">{round(total_net_pnl_usd / 1000):,}<".replace("-", MINUS) in line
        assert f">{trade_count:,}<" in line
        assert ("doubtful" in line) == (status != "ok")
        assert (status.replace("_", " ") in line) == (status != "ok")
        # A ratio that is not shown is a dash that says why.
        dash = rf'title="insufficient trades">{DASH}'
        is_small = trade_count < 10 and not is_benchmark
        assert len(re.findall(dash, line)) == (5 if is_small else 0)
        beside = re.findall(rf"<tr>\s*<td[^>]*>{code}<.*?</tr>", scores, re.DOTALL)[1:]
        assert bool(beside) != is_benchmark
        if beside:
            assert f">{round(excess / 1000):,}<".replace("-", MINUS) in beside[0]


@pytest.mark.parametrize(
    ("emptied", "dropped", "chart_count"),
    [(OVERLAY_TABLES, (), 10), (BASIS_TABLES, (), 19), (BASIS_TABLES, OVERLAY_TABLES, 0)],
)
def test_a_table_without_rows_becomes_one_line(sample, tmp_path, emptied, dropped, chart_count):
    """A desk without data has empty tables, or none at all; the other is shown all the same."""
    warehouse = changed_copy(
        sample,
        tmp_path / "emptied.duckdb",
        *(f"delete from reports.{name}" for name in emptied),
        *(f"drop table reports.{name}" for name in dropped),
    )
    page = tmp_path / "report.html"
    page.write_text(render(warehouse), encoding="utf-8")
    seen = visit(page, tmp_path)
    said = re.findall(r"Nothing to show: reports.(\w+)", seen.dom)
    # No sweep of the catalog is on.
    assert sorted(set(said)) == sorted((*emptied, *dropped, "rpt_sweep_heat_maps"))
    assert len(seen.charts) == chart_count and seen.console == []


def test_a_sweep_is_a_map_that_marks_the_strategy(sample, tmp_path):
    """Four cells, of which one is the strategy itself; text that looks like a number stays text."""
    cells = ", ".join(
        f"('grid', 'balanced', 'lag', '{x}', 'level', '{y}', 2, 1, {sharpe}, 5, 1, {own})"
        for x, y, sharpe, own in (
            ("1", "quoted", 0.5, "true"),
            ("1.5", "quoted", -0.25, "false"),
            ("1", "roll_adjusted", "null", "false"),
            ("1.5", "roll_adjusted", 0.1, "false"),
        )
    )
    warehouse = changed_copy(
        sample, tmp_path / "swept.duckdb", f"insert into reports.rpt_sweep_heat_maps values {cells}"
    )
    page = tmp_path / "report.html"
    page.write_text(render(warehouse), encoding="utf-8")
    assert "Sharpe ratio of 4 points; best cell 0.50, median of cells 0.10." in page.read_text()
    seen = visit(page, tmp_path)
    (section,) = re.findall(r'<section id="sweeps".*?</section>', seen.dom, re.DOTALL)
    assert section.count('class="marks"') == 1 and seen.console == []
    assert section.count('stroke="#222222"') == 1


def test_a_build_without_bonds_says_so(sample, tmp_path):
    """An empty desk must not look like a basis of zero."""
    text = next_steps.summary(sample.release, tmp_path / "none.html")
    means = sample.query(
        """
        select format('{} {:+.1f} bps', rating_group, 1e4 * avg(basis_dec))
        from cds_bond.fct_bond_measures
        where method = 'standard' and measure = 'basis_of_record' and common_sample
        group by month_end_date, rating_group
        qualify month_end_date = max(month_end_date) over ()
        """
    )
    assert len(means) == 2 and all(mean in text for (mean,) in means)
    warehouse = changed_copy(
        sample, tmp_path / "emptied.duckdb", "delete from cds_bond.fct_bond_measures"
    )
    assert "no month with a CDS-bond basis" in next_steps.summary(warehouse, tmp_path / "no.html")


def test_a_missing_warehouse_is_named(tmp_path, capsys):
    missing = tmp_path / "none.duckdb"
    for command in (write_page, next_steps.main, write_workbook):
        with pytest.raises(SystemExit):
            command(["--warehouse", str(missing)])
        assert str(missing) in capsys.readouterr().err


def test_next_steps_are_short_and_true(sample, page, capsys):
    """They are the first thing a newcomer reads after a build."""
    next_steps.main(["--warehouse", str(sample.release), "--page", str(page)])
    said = capsys.readouterr().out
    assert len(said.splitlines()) <= 15
    assert str(sample.release) in said and str(page) in said
    [(tables,)] = sample.query("select count(*) from duckdb_tables()")
    assert sum(map(int, re.findall(r"(\d+) tables", said))) == tables
    [(row_count,)] = sample.query(
        "select sum(estimated_size)::bigint from duckdb_tables() where schema_name = 'reports'"
    )
    assert re.search(rf"reports +\d+ tables +{row_count:,} rows", said)


@pytest.mark.parametrize("question", next_steps.QUESTIONS)
def test_every_suggested_question_has_an_answer(sample, question, capsys):
    """A first query that fails is the last one a newcomer tries."""
    next_steps.main(["--warehouse", str(sample.release)])
    assert f"  {question}" in capsys.readouterr().out.splitlines()
    assert sample.query(question)
