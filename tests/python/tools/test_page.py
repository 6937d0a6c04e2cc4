"""What a reader sees of the page: drawn marks, tooltips everywhere, no overlap, numbers of SQL.

A browser opens the page once for each width and colour scheme and reports what it made of it.
"""

from __future__ import annotations

import html
import json
import math
import re
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from test_report import CHARTS_PER_SECTION, page, visit  # noqa: F401

from conftest import Build
from parspread_tools.report import today
from parspread_tools.report.parts import DASH, MINUS, number, rows

PROBE_COUNT = 20
LINE_CHARTS = {
    "Basis": 6, "Signals": 6, "Strategies": 4, "Portfolios": 3, "Any CDS curve": 1,
}  # fmt: skip
LOOK = """
<script>
const seen = {charts: [], wide: document.documentElement.scrollWidth - innerWidth};
const shown = element => element.checkVisibility({opacityProperty: true, visibilityProperty: true});
const tooltip = () => document.querySelector("#vg-tooltip-element.visible")?.textContent ?? "";
function probe(figure) {
  const plot = figure.querySelector("svg .role-frame.root > g > path.background");
  figure.scrollIntoView({block: "center", behavior: "instant"});
  const box = plot.getBoundingClientRect(), texts = [];
  for (let place = 0; place < COUNT; place++) {
    const clientX = box.left + box.width * (place + 0.5) / COUNT;
    const clientY = box.top + box.height * (0.15 + 0.7 * ((place * 7) % COUNT) / COUNT);
    const at = {clientX, clientY, bubbles: true, cancelable: true, view: window};
    const target = document.elementFromPoint(clientX, clientY);
    target.dispatchEvent(new PointerEvent("pointerover", at));
    target.dispatchEvent(new PointerEvent("pointermove", at));
    texts.push(tooltip());
    target.dispatchEvent(new PointerEvent("pointerout", at));
  }
  return texts;
}
function overlaps(figure) {
  const boxes = [...figure.querySelectorAll("svg text")]
    .filter(text => text.textContent && shown(text))
    .map(text => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width);
  const found = [];
  boxes.forEach(([one, a], place) => boxes.slice(place + 1).forEach(([other, b]) => {
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2) found.push(`${one} | ${other}`);
  }));
  return found;
}
setTimeout(() => {
  for (const figure of document.querySelectorAll("figure:not(.absent)")) {
    const svg = figure.querySelector("svg.marks");
    const title = figure.querySelector("b").textContent;
    const section = figure.closest("section").querySelector("h2").textContent;
    if (!svg) { seen.charts.push({section, title, marks: 0}); continue; }
    const marks = [...svg.querySelectorAll(
      ["line", "area", "rect", "symbol"].map(kind => `.role-mark.mark-${kind} path`).join()
    )].filter(path => path.getAttribute("d")?.length > 12 && path.getAttribute("opacity") !== "0")
      .length;
    const isLine = Boolean(svg.querySelector(".mark-line path[d], .mark-area path[d]"));
    seen.charts.push({
      section, title, marks, isLine, overlaps: overlaps(figure),
      axes: [...svg.querySelectorAll(".role-axis-title text")].filter(shown).length,
      beyond: svg.getBoundingClientRect().right - innerWidth, texts: isLine ? probe(figure) : [],
    });
  }
  seen.paper = getComputedStyle(document.body).backgroundColor;
  seen.cards = [...document.querySelectorAll(".card")]
    .map(card => card.getBoundingClientRect().bottom + scrollY);
  const told = document.createElement("pre");
  told.id = "told";
  told.textContent = JSON.stringify(seen);
  document.body.append(told);
}, 9000);
</script>
""".replace("COUNT", str(PROBE_COUNT))


LOOKS = [
    pytest.param(look, marks=[] if look in ((1280, "light"), (400, "dark")) else pytest.mark.trust)
    for look in product((1280, 400), ("light", "dark"))
]


@pytest.fixture(scope="module", params=LOOKS, ids=str)
def look(request, page, tmp_path_factory) -> dict:  # noqa: F811
    """Return what the browser told of one width and scheme."""
    width, scheme = request.param
    scratch = tmp_path_factory.mktemp("look")
    told = scratch / "told.html"
    told.write_text(page.read_text(encoding="utf-8") + LOOK, encoding="utf-8")
    flags = (
        f"--window-size={width},800",
        f"--blink-settings=preferredColorScheme={scheme != 'dark':d}",
    )
    seen = visit(told, scratch, *flags)
    found = re.search(r'<pre id="told">(.*?)</pre>', seen.dom, re.DOTALL)
    assert found, seen.console
    return json.loads(html.unescape(found[1])) | {
        "console": seen.console,
        "is_dark": scheme == "dark",
    }


def test_a_reader_sees_every_chart_and_nothing_on_top_of_another(look: dict) -> None:
    """Marks, axis titles, no text over text, nothing beyond the right edge, no complaint."""
    assert look["console"] == []
    assert len(look["charts"]) == sum(CHARTS_PER_SECTION.values())
    for chart in look["charts"]:
        name = f"{chart['section']}: {chart['title']}"
        assert chart["marks"] > 0, name
        assert chart["axes"] > 0 or "repaired" in name or "left out" in name, name
        assert chart["overlaps"] == [], name
        assert chart["beyond"] <= 0, name
    assert look["wide"] <= 0
    dark, light = "rgb(22, 24, 27)", "rgb(255, 255, 255)"
    assert look["paper"] == (dark if look["is_dark"] else light)


def test_tooltips_answer_everywhere_on_a_line_chart(look: dict) -> None:
    """At 20 of 20 points, whatever the distance to a line, with its date or tenor."""
    lines = [chart for chart in look["charts"] if chart["isLine"]]
    found = {s: sum(c["section"] == s for c in lines) for s in LINE_CHARTS}
    assert found == LINE_CHARTS
    for chart in lines:
        if chart["section"] in LINE_CHARTS:
            silent = [text for text in chart["texts"] if not re.search(r"\d", text)]
            assert silent == [], f"{chart['section']}: {chart['title']} {len(silent)} silent"


def test_the_first_screen_needs_no_scrolling(look: dict) -> None:
    """Six cards within 800 pixels, on a phone too."""
    assert len(look["cards"]) == 6 and max(look["cards"]) <= 800


def test_the_numbers_of_the_first_screen_are_those_of_sql(sample, page) -> None:  # noqa: F811
    """Asked again without the page's code: the basis, its rank, levels and verdicts."""
    text = page.read_text(encoding="utf-8")
    first = re.search('<section id="today".*?</section>', text, re.DOTALL)[0]
    basis = sample.query(
        """
        with months as (
            select rating_group, month_end_date, 1e4 * avg(basis_dec) as level
            from cds_bond.fct_bond_measures
            where method = 'standard' and measure = 'basis_of_record' and common_sample
            group by all
            having level is not null and rating_group in ('IG', 'HY')
        )
        select
            rating_group, level,
            (select count(*) from months as b
             where b.rating_group = last.rating_group and b.level > last.level),
            (select count(*) from months as b where b.rating_group = last.rating_group)
        from months as last
        qualify row_number() over (partition by rating_group order by month_end_date desc) = 1
        """
    )
    assert len(basis) == 2
    for rating, level, dearer_count, month_count in basis:
        assert f"{rating} {number(level, '+,.0f').text} bps" in first
        cheaper = dearer_count / (month_count - 1)
        words = f"{rating}: {'cheaper' if cheaper >= 0.5 else 'dearer'} than in"
        assert f"{words} {max(cheaper, 1 - cheaper):.0%} of {month_count} months" in first
    for code, held, spread, *levels in sample.query(
        "select strategy_code, position_notional_mm, spread_bps, enter_long_level_bps, "
        "enter_short_level_bps, exit_level_bps, reverse_level_bps from reports.rpt_today"
    ):
        line = re.search(rf"<tr>\s*<td[^>]*>{code}<.*?</tr>", first, re.DOTALL)[0]
        assert (f">{held:+,.1f}<".replace("-", MINUS) if held else ">flat<") in line
        for level in (spread, *filter(None, levels)):
            assert f"{level:,.1f}".replace("-", MINUS) in line, (code, level)
    ((passed, judged),) = sample.query(
        "select count(*) filter (where verdict = 'pass'), count(*) from reports.rpt_verdicts "
        "where judged_kind = 'strategy' and method = 'standard'"
    )
    assert f"{passed} of {judged} strategies pass" in first


def test_every_section_says_by_which_sql(page) -> None:  # noqa: F811
    """A number without its query cannot be checked."""
    text = page.read_text(encoding="utf-8")
    sections = re.findall('<section id="([^"]+)".*?</section>', text, re.DOTALL)
    bodies = re.findall("<section id=.*?</section>", text, re.DOTALL)
    silent = [n for n, b in zip(sections, bodies, strict=True) if "SQL of this section" not in b]
    assert silent == ["sweeps", "how-to-read"]


def test_what_the_last_build_changed_is_named(sample) -> None:
    """Without a release before, or when nothing moved, the card says that."""
    card = today.change_card({"table_count": 0})
    assert card.answer == "changed no number"
    assert today.change_card({"table_count": 1, "is_unknown": True}).answer == "not compared"
    card = today.change_card(
        {"table_count": 2, "added": 1200, "removed": None, "changed": 3, "cause": "input"}
    )
    assert card.lines == ("1,200 rows added, 0 removed", "3 cells changed", "cause: input")
    assert (
        today.nearest_level(
            {"nearest_threshold_code": "exit", "exit_level_bps": 60.0, "spread_bps": 61.0}
        )
        == f"60.0 bps ({MINUS}1.0)"
        and DASH
        and rows
    )


# What a table makes of a figure: percent, basis points, thousands, millions.
SCALES = (1, 100, 1e4, 1e-6, 1e-3)


def numbers_of(value: object) -> list[float]:
    """Return the numbers in an answer of SQL, those in lists and the year of a date among them."""
    if isinstance(value, list | tuple):
        return [x for item in value for x in numbers_of(item)]
    if isinstance(value, dict):
        return numbers_of(list(value.values()))
    if isinstance(value, date):
        return [float(value.year)]
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return [float(value)] if is_number and math.isfinite(value) else []


def untold(section: str, sample: Build) -> tuple[int, list[str]]:
    """Return how many numbers the tables of a section have, and those that no SQL of it gives."""
    answers = [
        x
        for statement in re.findall("<pre>(.*?)</pre>", section, re.DOTALL)
        for x in numbers_of(sample.query(html.unescape(statement)))
    ]
    told = {
        digits: {f"{abs(x) * scale:.{digits}f}" for x in set(answers) for scale in SCALES}
        for digits in range(5)
    }
    pieces = [
        html.unescape(piece).strip()
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", section, re.DOTALL)
        for piece in re.split("<[^>]*>", cell)
    ]
    shown = [
        (piece, hit)
        for piece in pieces
        if (hit := re.fullmatch(rf"[+{MINUS}-]?([\d,]+(?:\.(\d+))?)\s*%?", piece))
    ]
    missing = [p for p, hit in shown if hit[1].replace(",", "") not in told[len(hit[2] or "")]]
    return len(shown), missing


def test_every_number_of_every_table_is_an_answer_of_its_sql(sample, page) -> None:  # noqa: F811
    text = page.read_text(encoding="utf-8")
    found = {
        section[1]: untold(section[0], sample)
        for section in re.finditer('<section id="([^"]+)".*?</section>', text, re.DOTALL)
        if "<table" in section[0]
    }
    assert {name: missing for name, (_, missing) in found.items() if missing} == {}
    assert len(found) >= 9 and sum(count for count, _ in found.values()) > 3_000
    scorecard = re.search('<section id="scorecard".*?</section>', text, re.DOTALL)[0]
    spoilt = re.sub(r">(\d+\.\d\d)<", ">98765.43<", scorecard, count=1)
    assert untold(spoilt, sample)[1] == ["98765.43"]
