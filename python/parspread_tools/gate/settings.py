"""Check everything that a user can set, before dbt opens a connection or compiles a statement.

A var ends up in SQL and a path in a reader function, so only values that make sense get through.
`dbt_project.yml` says beside each var which they are, and is read here line by line:

    max_quote_age_days: 7  # 0 to 3660 calendar days; an older quote is not carried forward

First what the value may be and its unit, then what it means. Bounds with a decimal point or an
exponent admit any number between them; bounds without, whole numbers only.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import yaml

# Returns what a value must be, or None where it is.
Rule = Callable[[Any], str | None]

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
TEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
# A glob would read more than the folder, a scheme would leave the machine.
NOT_IN_A_PATH = re.compile(r"[*?\[\]{}\x00-\x1f]|^[A-Za-z][A-Za-z0-9+.-]+:")
FROM_ENVIRONMENT = re.compile(r"\{\{ env_var\('(\w+)', '(.*)'\) \}\}")
HEADING = re.compile(r"  # --- (.+) ---")
VAR_LINE = re.compile(r"  (\w+): .*? # (?P<allowed>[^;]+)(?:; (?P<meaning>.+))?")
BOUNDS = re.compile(r"(?P<low>-?[\d.e+-]+) to (?P<high>[\d.e+-]+)(?: (?P<unit>.+))?")


@dataclass(frozen=True)
class Setting:
    """A var as `dbt_project.yml` declares it."""

    name: str
    default: Any
    allowed: str
    unit: str
    meaning: str
    group: str
    rule: Rule


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
    declared = {setting.name: setting for setting in declared_vars(project)}
    problems = [f"var {unknown(name, declared)}" for name in given_vars if name not in declared]
    for name, setting in declared.items():
        given = given_vars.get(name, from_environment(setting.default, environment))
        if rule := setting.rule(given):
            problems.append(f"var {name} must be {rule}; it was {given!r}")
    if "'" in str(project.resolve()):
        problems.append(
            f"the project must lie in a folder whose path has no ', which ends the names of its "
            f"seeds in SQL; it was {project.resolve()}; move it"
        )
    known = ENVIRONMENT.keys() | variables_of_vars(declared.values())
    for name, given in environment.items():
        if not name.startswith("PARSPREAD_"):
            continue
        if name not in known:
            problems.append(f"environment variable {unknown(name, known)}")
        elif name in ENVIRONMENT and (rule := ENVIRONMENT[name].rule(given)):
            problems.append(f"{name} must be {rule}; it was {given!r}")
    return problems


def value(
    name: str, project: Path, given_vars: Mapping[str, Any], environment: Mapping[str, str]
) -> Any:
    """Return a var as dbt resolves it."""
    declared = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"][name]
    return given_vars.get(name, from_environment(declared, environment))


def declared_vars(project: Path) -> list[Setting]:
    """Return the vars of `dbt_project.yml` in their order."""
    text = (project / "dbt_project.yml").read_text()
    lines, group = {}, ""
    for line in text.splitlines():
        if heading := HEADING.fullmatch(line):
            group = heading[1]
        elif found := VAR_LINE.fullmatch(line):
            lines[found[1]] = (found["allowed"].strip(), found["meaning"] or "", group)
    settings = []
    for name, default in yaml.safe_load(text)["vars"].items():
        allowed, meaning, group = lines.get(name, ("", "", ""))
        bounds = BOUNDS.fullmatch(allowed)
        unit = (bounds and bounds["unit"]) or ""
        allowed = allowed.removesuffix(f" {unit}") if unit else allowed
        settings.append(Setting(name, default, allowed, unit, meaning, group, rule_of(allowed)))
    return settings


def rule_of(allowed: str) -> Rule:
    """Return the rule that the words beside a var stand for."""
    if allowed in KINDS:
        return KINDS[allowed]
    if bounds := BOUNDS.fullmatch(allowed):
        is_whole = not re.search(r"[.e]", bounds["low"] + bounds["high"])
        return partial(broken_bounds, float(bounds["low"]), float(bounds["high"]), is_whole)
    if " | " in allowed:
        return partial(broken_choice, allowed.split(" | "))
    return lambda _: "followed by a comment such as `# 0 to 10 days; its meaning`"


def broken_bounds(low: float, high: float, is_whole: bool, given: Any) -> str | None:
    """Return the range that a number must be in, or None where it is."""
    if is_whole:
        fits = type(given) is int and low <= given <= high
        return None if fits else f"a whole number from {low:.0f} to {high:.0f}"
    # Python compares a whole number of any length; NaN is within no bounds.
    fits = type(given) in (int, float) and low <= given <= high
    return None if fits else f"a number from {low:g} to {high:g}"


def broken_choice(choices: list[str], given: Any) -> str | None:
    """Return the words that are allowed, or None for one of them."""
    return None if given in choices else f"one of {', '.join(choices)}"


def broken_pattern(pattern: re.Pattern, words: str, given: Any) -> str | None:
    """Return what a text must be, or None where it is."""
    return None if isinstance(given, str) and pattern.fullmatch(given) else words


def broken_date(given: Any) -> str | None:
    """Return what a date must be, or None; YAML turns an unquoted one into a date."""
    try:
        fits = type(given) is date or date.fromisoformat(given).isoformat() == given
    except (ValueError, TypeError):
        fits = False
    return None if fits else "a date such as 2020-01-31"


def broken_names(given: Any) -> str | None:
    """Return what a list of test names must be, or None where it is."""
    fits = isinstance(given, list) and all(broken_code(name) is None for name in given)
    return None if fits else "a list of test names"


def broken_folder(given: Any) -> str | None:
    """Return what the name of a folder must be, or None where it is."""
    if not isinstance(given, str) or not given.strip():
        return "the path of a folder"
    if NOT_IN_A_PATH.search(given):
        return "a folder on this machine, without any of * ? [ ] { } and control characters"
    if Path(given).resolve() == Path("/"):
        return "a folder of its own, not the whole machine"
    return None


broken_code = partial(broken_pattern, CODE, "a code of at most 64 letters, digits and underscores")
broken_text = partial(
    broken_pattern, TEXT, "at most 64 letters, digits, spaces, dots, hyphens, underscores"
)
KINDS: dict[str, Rule] = {
    "folder": broken_folder,
    "code": broken_code,
    "text": broken_text,
    "date": broken_date,
    "date or empty": lambda given: None if given == "" else broken_date(given),
    "test names": broken_names,
}


@dataclass(frozen=True)
class Variable:
    """An environment variable that is not the default of a var; `profiles.yml` has its default."""

    meaning: str
    rule: Rule


MEMORY_SIZE = re.compile("([1-9][0-9]{0,5})(MB|GB)")
# The kernels, the compiler and dbt take the rest.
ENGINE_MEMORY_SHARE = 0.45
ENVIRONMENT = {
    "PARSPREAD_BUILD_DIR": Variable("folder of the build database", broken_folder),
    "PARSPREAD_PUBLISH_DIR": Variable(
        "folder of parspread.duckdb and its releases, that of the project by default", broken_folder
    ),
    "PARSPREAD_THREADS": Variable(
        "models that are built at a time",
        partial(broken_pattern, re.compile("[1-9][0-9]{0,2}"), "a whole number from 1 to 999"),
    ),
    "PARSPREAD_MEMORY_LIMIT": Variable(
        "memory of a build, of which the engine may use 45 %; by default 80 % of the machine's",
        partial(broken_pattern, MEMORY_SIZE, "a size such as 800MB or 4GB"),
    ),
    "PARSPREAD_UNIT_TESTS": Variable(
        "whether a build runs the unit tests of its SQL too, as make test does; no by default",
        partial(broken_pattern, re.compile("yes|no"), "yes or no"),
    ),
    "PARSPREAD_SPARK_MASTER": Variable(
        "where target spark runs",
        partial(broken_pattern, re.compile(r"[\w\[\]*:/.,-]{1,200}"), "a master of Spark"),
    ),
    "PARSPREAD_SPARK_MEMORY": Variable(
        "memory of Spark's driver",
        partial(broken_pattern, re.compile("[1-9][0-9]{0,5}[mg]"), "a size such as 800m or 4g"),
    ),
    "PARSPREAD_SPARK_PARTITIONS": Variable(
        "pieces of a shuffle on Spark",
        partial(broken_pattern, re.compile("[1-9][0-9]{0,5}"), "a whole number from 1 to 999999"),
    ),
    "PARSPREAD_SPARK_PUBLISH": Variable(
        "whether target spark, which is on trial, publishes; no by default",
        partial(broken_pattern, re.compile("yes|no"), "yes or no"),
    ),
}


def engine_memory_limit(environment: Mapping[str, str]) -> str | None:
    """Return the part of PARSPREAD_MEMORY_LIMIT that is the engine's, None if it is not set."""
    size = MEMORY_SIZE.fullmatch(environment.get("PARSPREAD_MEMORY_LIMIT", ""))
    return f"{ENGINE_MEMORY_SHARE * int(size[1]):.2f}{size[2]}" if size else None


def from_environment(declared: Any, environment: Mapping[str, str]) -> Any:
    """Return a declared value; one that is an `env_var` call is looked up."""
    call = FROM_ENVIRONMENT.fullmatch(declared) if isinstance(declared, str) else None
    return environment.get(call[1], call[2]) if call else declared


def variables_of_vars(declared: Iterable[Setting]) -> set[str]:
    """Return the environment variables that vars take their default from."""
    calls = (FROM_ENVIRONMENT.fullmatch(str(setting.default)) for setting in declared)
    return {call[1] for call in calls if call}


def unknown(name: str, known: Iterable[str]) -> str:
    """Return the message about an unknown name, with the nearest known one."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"{name!r} is not known; {hint}"
