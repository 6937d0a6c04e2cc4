"""Write docs/settings.md: every var and environment variable, what it means and who reads it.

    python -m parspread_tools.gate.settings_page

The page says what `dbt_project.yml` and `gate/settings.py` say; a test compares them.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

from parspread_tools.gate.settings import (
    ENVIRONMENT,
    FROM_ENVIRONMENT,
    Setting,
    declared_vars,
)

PAGE = Path("docs/settings.md")
HEAD = """\
# Settings

Written by `python -m parspread_tools.gate.settings_page` from the `vars:` of `dbt_project.yml`.
Change a default there, or for one build: `dbt build --vars '{max_quote_age_days: 3}'`. A value that
is not allowed, or a name that is not here, is refused before dbt opens a connection.
"""
USES = re.compile(r"""\bvar\(\s*['"](\w+)['"]|\bused_var: (\w+)""")
PROFILE_DEFAULT = re.compile(r"env_var\('(\w+)', '(.*?)'\)")


def page(project: Path) -> str:
    """Return the text of the page."""
    readers = readers_of_vars(project)
    blocks = [HEAD]
    for group, settings in groupby(declared_vars(project), lambda setting: setting.group):
        blocks.append(f"## {group}\n")
        blocks.append(
            table(
                ("Var", "Default", "Unit", "Allowed", "Meaning", "Read by"),
                [var_row(setting, readers.get(setting.name, [])) for setting in settings],
            )
        )
    found = PROFILE_DEFAULT.findall((project / "profiles.yml").read_text())
    defaults = dict(reversed(found))  # those of the first target, with which everybody builds
    blocks.append("## Environment variables\n")
    blocks.append(
        table(
            ("Variable", "Default", "Allowed", "Meaning"),
            [
                (f"`{name}`", code(defaults.get(name, "")), variable.rule(None), variable.meaning)
                for name, variable in ENVIRONMENT.items()
            ],
        )
    )
    return "\n".join(blocks)


def var_row(setting: Setting, readers: list[str]) -> tuple[str, ...]:
    """Return the row of a var."""
    default, meaning = setting.default, setting.meaning
    if call := FROM_ENVIRONMENT.fullmatch(str(default)):
        default, meaning = call[2], f"{meaning}; `{call[1]}` sets it too"
    allowed = setting.allowed.replace(" | ", ", ")
    names = ", ".join(map(code, readers))
    return (f"`{setting.name}`", code(default), setting.unit, allowed, meaning, names)


def code(value: object) -> str:
    """Return a value as code; nothing for an empty one."""
    return f"`{value}`" if str(value) else ""


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def readers_of_vars(project: Path) -> dict[str, list[str]]:
    """Return the models, macros and sources that read each var, by its name."""
    readers: dict[str, set[str]] = {}
    for folder in ("models", "macros"):
        for file in (project / folder).rglob("*.*"):
            for use in USES.findall(file.read_text()):
                readers.setdefault("".join(use), set()).add(file.stem)
    return {name: sorted(stems) for name, stems in readers.items()}


if __name__ == "__main__":
    PAGE.write_text(page(Path()))
