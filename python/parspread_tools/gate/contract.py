"""The contract of the vendor files without dbt: what the sources of a project say, read as YAML.

A build hands the same list to the check (`macros/build/register_inputs.sql`); a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import yaml

from parspread_tools.gate import settings
from parspread_tools.gate.catalogs import YAML_LOADER

SOURCES = "models/staging/*/_*__sources.yml"
NUMBERS = ("number_value", "share_value")
DOC_BLOCK = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.S)
DOC_CALL = re.compile(r"{{ doc\('(\w+)'\) }}")


def read_contract(
    project: Path,
    given_vars: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return one entry per vendor table: `table`, `meta` and `columns`, as `check_inputs` takes it.

    Parameters
    ----------
    project : Path
        Folder of `dbt_project.yml`.
    given_vars, environment : mapping, optional
        Vars of the command line and environment variables.
    """
    declared = {setting.name: setting.default for setting in settings.declared_vars(project)}
    values = {
        name: settings.from_environment(default, environment or {})
        for name, default in declared.items()
    } | dict(given_vars or {})
    macros = number_macros(project)
    return [
        {
            "table": table["name"],
            "description": " ".join(table.get("description", "").split()),
            "meta": table["meta"],
            "columns": [contract_column(column, values, macros) for column in table["columns"]],
        }
        for path in sorted(project.glob(SOURCES))
        for source in yaml.load(path.read_text(encoding="utf-8"), Loader=YAML_LOADER)["sources"]
        for table in source["tables"]
        if "file" in table.get("meta", {})
    ]


def contract_column(
    column: dict[str, Any], values: Mapping[str, Any], macros: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a column with what dbt resolves for the check: the value used, how it is read."""
    meta = column.get("meta", {})
    quoted = f'"{column["name"]}"'
    number = None
    if meta.get("may_be_percent"):
        number = str(macros["number_value"](quoted, may_be_percent=True))
    elif meta.get("is_share"):
        number = str(macros["share_value"](quoted))
    used = values.get(meta["used_var"]) if meta.get("used_var") else None
    return column | {"meta": meta, "used_value": used, "as_number": number}


def described(project: Path, contract: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the contract with the description of every column written out, in one line."""
    blocks = {
        name: text
        for path in sorted(project.glob("models/**/*.md"))
        for name, text in DOC_BLOCK.findall(path.read_text(encoding="utf-8"))
    }

    def written_out(column: dict[str, Any]) -> dict[str, Any]:
        text = DOC_CALL.sub(lambda call: blocks.get(call[1], ""), column.get("description", ""))
        return column | {"description": " ".join(text.split())}

    return [entry | {"columns": [written_out(c) for c in entry["columns"]]} for entry in contract]


def number_macros(project: Path) -> dict[str, Any]:
    """Return the macros that read a number, as functions."""
    macros = jinja2.Environment()
    for name in NUMBERS:
        text = (project / "macros" / "units" / f"{name}.sql").read_text(encoding="utf-8")
        macros.globals[name] = getattr(macros.from_string(text).module, name)
    return {name: macros.globals[name] for name in NUMBERS}
