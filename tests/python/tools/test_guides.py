"""What the guides tell a reader to run has to run, and to answer."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, Build
from parspread_tools.benchmarks.queries import cookbook
from parspread_tools.console.main import COMMANDS
from parspread_tools.gate.catalogs import check

GUIDES = ROOT / "docs" / "guides"
PAGES = sorted(GUIDES.glob("*.md"))
QUESTIONS = cookbook()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)


def test_twenty_questions_are_numbered() -> None:
    assert [int(question.split(".")[0]) for question in QUESTIONS] == list(range(1, 21))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_an_answer(sample: Build, question: str) -> None:
    """With rows, and no column that is empty throughout."""
    answer = sample.frame(QUESTIONS[question])
    assert len(answer) > 0
    assert [name for name in answer if answer[name].isna().all()] == []


def test_every_other_statement_of_a_guide_returns_rows(sample: Build) -> None:
    statements = [
        s.strip()
        for page in PAGES
        if page.stem != "cookbook"
        for block in blocks(page.read_text(), "sql")
        for s in block.split(";")
        if s.strip()
    ]
    assert statements and all(sample.query(statement) for statement in statements)


def test_the_first_page_of_the_dbt_docs_names_tables_that_are_published(sample: Build) -> None:
    page = (ROOT / "models" / "overview.md").read_text()
    named = set(re.findall(r"`((?:fct|dim|rpt)_\w+)`", page))
    published = {name for (name,) in sample.query("select table_name from duckdb_tables()")}
    assert "{% docs __overview__ %}" in page and len(named) > 10 and named <= published


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_of_a_guide_leads_somewhere(page) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_guide_exists(page) -> None:
    text = "\n".join(blocks(page.read_text(), "sh") + re.findall(r"`([^`\n]+)`", page.read_text()))
    named = set(re.findall(r"\bparspread (\w+)", text))
    assert named <= set(COMMANDS)


def test_the_rows_of_the_tutorial_are_sound(tmp_path: Path) -> None:
    """Each of them is needed: without the signal the composite has a member that is not there."""
    page = (GUIDES / "new_strategy.md").read_text()
    rows = dict(re.findall(r"```csv (\w+)\n(.*?)```", page, flags=re.S))
    assert list(rows) == ["signals", "composites", "strategies", "sweeps"]
    for left_out, expected in ((None, 0), ("signals", 1), ("composites", 1), ("strategies", 1)):
        catalog = tmp_path / str(left_out)
        shutil.copytree(ROOT / "seeds" / "catalog", catalog)
        for name, lines in rows.items():
            if name != left_out:
                with (catalog / f"{name}.csv").open("a") as file:
                    file.write(lines)
        assert min(len(check(catalog)), 1) == expected, left_out


def test_the_recipes_of_the_schedule_are_well_formed() -> None:
    """A shell reads the script, a parser the units and the workflow."""
    page = (GUIDES / "schedule.md").read_text()
    (script,) = blocks(page, "sh")
    assert subprocess.run(["sh", "-n"], input=script, text=True).returncode == 0
    for unit in blocks(page, "ini"):
        parser = configparser.ConfigParser()
        parser.optionxform = str
        parser.read_string(unit)
        assert {"Service", "Timer"} & set(parser.sections())
    (workflow,) = [yaml.safe_load(block) for block in blocks(page, "yaml")]
    commands = [step["run"] for step in workflow["jobs"]["build"]["steps"] if "run" in step]
    assert "parspread build" in commands
