"""The entry point of the command `parspread`."""

from __future__ import annotations

import argparse
import importlib
import sys

from parspread_tools.console.project import CommandError

PURPOSE = (
    "Lay out, check, build and watch a Parspread project, and compare its numbers with your own."
)
# Imported when it is called: most of them need neither dbt nor the engine.
COMMANDS = ("init", "check", "doctor", "build", "status", "compare", "diff")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return its exit code, 2 for a call that cannot be served."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    names = [name for name in given[:1] if name in COMMANDS] or COMMANDS
    parser = argparse.ArgumentParser(prog="parspread", description=PURPOSE)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules = {}
    for name in names:
        modules[name] = importlib.import_module(f"parspread_tools.console.{name}")
        command = commands.add_parser(
            name, help=modules[name].PURPOSE, description=modules[name].PURPOSE
        )
        modules[name].add_options(command)
    options, rest = parser.parse_known_args(given)
    if rest and options.command != "build":
        parser.error(f"unknown arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        return modules[options.command].run(options)
    except CommandError as problem:
        print(f"parspread {options.command}: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
