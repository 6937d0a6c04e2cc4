"""Check everything that a user can set, before dbt opens a connection or compiles a statement.

A var ends up in SQL and a path in a reader function, so what is let through here is what a var of
that name can mean: a whole number for `_days`, a short code for `_code`. The rule follows from the
unit that closes the name; the few names without one are listed.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ENVIRONMENT = {
    "PARSPREAD_DATA_DIR": "var",  # the default of a var, and checked as that var
    "PARSPREAD_AS_OF_DATE": "var",
    "PARSPREAD_BUILD_DIR": "folder",
    "PARSPREAD_PUBLISH_DIR": "folder",
    "PARSPREAD_THREADS": "threads",
    "PARSPREAD_MEMORY_LIMIT": "memory",
}
# Vars whose default is an environment variable, and what they are without it.
FROM_ENVIRONMENT = {
    "data_dir": ("PARSPREAD_DATA_DIR", "seeds/sample"),
    "as_of_date": ("PARSPREAD_AS_OF_DATE", ""),
}
CHOICES = {
    "index_discount_curve": ("flat", "fed"),
    "discount_curve": ("fed", "flat"),
    "standard_cds_interpolation": ("spline", "hazard"),
    "standard_spline_end": ("natural", "not_a_knot"),
    "standard_extrapolation": ("refuse", "hold_flat", "allow"),
    "restated_values": ("latest", "first"),
}
TEXTS = {"cds_country", "cds_currency", "cds_tier", "cds_return_doc_clause"}
WHOLE_NUMBERS = {"_days": (0, 3660), "_count": (0, 1_000_000), "_sessions": (0, 100_000)}
NUMBERS = {
    "days_per_month": (28.0, 31.0),
    "_dec": (-1.0, 10.0),
    "_pct_par": (0.0, 10_000.0),
    "_usd": (0.0, 1e15),
    "_bps": (-1e6, 1e6),
    "_share_of_notional": (1e-6, 100.0),
    "_recovery_share": (0.0, 1.0),
    "_unit_ratio": (2.0, 1000.0),
}
SIZES = {
    "threads": (r"[1-9][0-9]{0,2}", "a whole number from 1 to 999"),
    "memory": (r"[1-9][0-9]{0,5}(MB|GB)", "a size such as 800MB or 4GB"),
}
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
TEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
# A glob would read more than the folder, a scheme would leave the machine.
NOT_IN_A_PATH = re.compile(r"[*?\[\]{}\x00-\x1f]|^[A-Za-z][A-Za-z0-9+.-]+:")


def check(
    project: Path, given_vars: Mapping[str, Any], environment: Mapping[str, str]
) -> list[str]:
    """Return what is wrong with the vars and the environment, one line each.

    Parameters
    ----------
    project : Path
        Folder of `dbt_project.yml`, which declares every var.
    given_vars : mapping
        Vars of the command line, which win over the declared values.
    environment : mapping
        Environment variables; those that start with PARSPREAD_ are checked.

    Returns
    -------
    list of str
        Empty when a build may start. A wrong value is quoted, except that of an unknown
        environment variable, which may be a secret.
    """
    declared = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"]
    problems = []
    for name in given_vars:
        if name not in declared:
            problems.append(f"var {unknown(name, declared)}")
    resolved = {name: value(name, project, given_vars, environment) for name in FROM_ENVIRONMENT}
    values = {**declared, **given_vars, **resolved}
    for name, given in values.items():
        if name in declared and (rule := broken_rule(name, given)):
            problems.append(f"var {name} must be {rule}; it was {given!r}")
    for name, given in environment.items():
        if not name.startswith("PARSPREAD_"):
            continue
        if name not in ENVIRONMENT:
            problems.append(f"environment variable {unknown(name, ENVIRONMENT)}")
        elif ENVIRONMENT[name] == "folder" and (rule := broken_folder_rule(given)):
            problems.append(f"{name} must be {rule}; it was {given!r}")
        elif ENVIRONMENT[name] in SIZES:
            pattern, rule = SIZES[ENVIRONMENT[name]]
            if not re.fullmatch(pattern, given):
                problems.append(f"{name} must be {rule}; it was {given!r}")
    return problems


def value(
    name: str, project: Path, given_vars: Mapping[str, Any], environment: Mapping[str, str]
) -> Any:
    """Return a var that the environment may set, as dbt resolves it."""
    declared = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"][name]
    variable, default = FROM_ENVIRONMENT[name]
    if declared == f"{{{{ env_var('{variable}', '{default}') }}}}":
        declared = environment.get(variable, default)
    return given_vars.get(name, declared)


def unknown(name: str, known: Iterable[str]) -> str:
    """Return what to say of a name that is not known, with the nearest that is."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"{name!r} is not known; {hint}"


def broken_rule(name: str, value: Any) -> str | None:
    """Return the rule that `value` of var `name` breaks, or None."""
    if name == "data_dir":
        return broken_folder_rule(value)
    if name in CHOICES:
        return None if value in CHOICES[name] else f"one of {', '.join(CHOICES[name])}"
    if name in TEXTS:
        fits = isinstance(value, str) and TEXT.fullmatch(value)
        return None if fits else "at most 64 letters, digits, spaces, dots, hyphens, underscores"
    if name.endswith("_code"):
        fits = isinstance(value, str) and CODE.fullmatch(value)
        return None if fits else "a code of at most 64 letters, digits and underscores"
    if name == "as_of_date" and value == "":
        return None
    if name.endswith("_date"):
        return None if type(value) is date or is_iso_date(value) else "a date such as 2020-01-31"
    if name == "allowed_warnings":
        fits = isinstance(value, list) and all(
            isinstance(test, str) and CODE.fullmatch(test) for test in value
        )
        return None if fits else "a list of test names"
    for unit, (low, high) in WHOLE_NUMBERS.items():
        if name.endswith(unit):
            fits = type(value) is int and low <= value <= high
            return None if fits else f"a whole number from {low} to {high}"
    for unit, (low, high) in NUMBERS.items():
        if name.endswith(unit):
            fits = type(value) in (int, float) and math.isfinite(value) and low <= value <= high
            return None if fits else f"a number from {low:g} to {high:g}"
    return "named after its unit, or have a rule in parspread_tools/settings.py"


def is_iso_date(value: Any) -> bool:
    """Return whether `value` is the text of a date."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def broken_folder_rule(value: Any) -> str | None:
    """Return the rule that a folder name breaks, or None."""
    if not isinstance(value, str) or not value.strip():
        return "the path of a folder"
    if NOT_IN_A_PATH.search(value):
        return "a folder on this machine, without any of * ? [ ] { } and control characters"
    if Path(value).resolve() == Path("/"):
        return "a folder of its own, not the whole machine"
    return None
