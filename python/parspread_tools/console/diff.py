"""`parspread diff A B`: the cells in which two releases differ."""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

from parspread_tools.console.project import CommandError, Project, add_project_options, project_of
from parspread_tools.publish import changes, release
from parspread_tools.sql_text import identifier, literal

PURPOSE = "List the cells in which two releases differ."
SIDES = ("a", "b")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the options of the command."""
    parser.add_argument(
        "releases",
        nargs="*",
        metavar="RELEASE",
        help="build ids or their beginnings, or files; by default the last two",
    )
    parser.add_argument("--table", help="only this one, such as cds_bond.fct_bond_basis")
    parser.add_argument("--limit", type=int, default=20, help="cells of a table (default: 20)")
    add_project_options(parser)


def release_file(project: Project, name: str) -> Path:
    """Return the file of a release by its path or the beginning of its build id."""
    if Path(name).is_file():
        return Path(name)
    found = sorted((project.home / "releases").glob(f"{name}*/{release.FILE_NAME}"))
    if len({file.resolve() for file in found}) != 1:
        kept = ", ".join(f.parent.name[:8] for f in kept_releases(project)) or "none"
        raise CommandError(
            f"{name} must be a file or the beginning of one build id; {len(found)} releases match; "
            f"{project.home / 'releases'} keeps {kept}"
        )
    return found[0].resolve()


def kept_releases(project: Project) -> list[Path]:
    """Return the files of the releases that are kept, the newest first."""
    files = (project.home / "releases").glob(f"*/{release.FILE_NAME}")
    kept = {file.resolve() for file in files if release.BUILD_ID.fullmatch(file.parent.name)}
    return sorted(kept, key=lambda file: -file.stat().st_mtime_ns)


def cells(
    connection: duckdb.DuckDBPyConnection, name: tuple[str, str], limit: int
) -> list[tuple[str, str, str | None, str | None]]:
    """Return key, column, value before and after of the first cells of a table that differ."""
    old, new = (changes.columns_of(connection, side).get(name, []) for side in SIDES)
    row = connection.execute(
        "select key_columns from b.quality.fct_table_fingerprints "
        "where schema_name = ? and table_name = ?",
        list(name),
    ).fetchone()
    keys = changes.keys_of(row[0] if row else None, new)
    shared = [column for column in new if column in old]
    if not keys or not set(keys) <= set(shared):
        return []
    key = " || ' ' || ".join(f"{identifier(k)}::varchar" for k in keys)
    lines = [
        f"select {key} as key, {number} as place, {literal(c)} as name, "
        f"old.{identifier(c)}::varchar as before, new.{identifier(c)}::varchar as after "
        f"from rows where old is not null and new is not null "
        f"and old.{identifier(c)} is distinct from new.{identifier(c)}"
        for number, c in enumerate(shared)
        if c not in keys
    ] + [
        f"select {key}, -1, {literal(words)}, null, null from rows where {side} is null"
        for words, side in (("row removed", "new"), ("row added", "old"))
    ]
    return connection.execute(
        f"with rows as materialized ({changes.joined(name, keys, shared, SIDES)}) "
        f"select key, name, before, after from ({' union all '.join(lines)}) "
        f"order by key, place limit {limit}"
    ).fetchall()


def run(options: argparse.Namespace) -> int:
    """Print what differs, by table and cell; return 1 where something does."""
    project = project_of(options)
    if options.releases:
        files = [release_file(project, name) for name in options.releases]
    else:
        files = kept_releases(project)[1::-1]
    if len(files) != 2:
        raise CommandError(
            f"two releases are needed; there {'is one' if len(files) == 1 else f'are {len(files)}'}"
            "; name two, such as parspread diff BUILD_ID BUILD_ID"
        )
    with duckdb.connect() as connection:
        for side, file in zip(SIDES, files, strict=True):
            connection.execute(f"attach {literal(file)} as {side} (read_only)")
        try:
            found = changes.between(connection, SIDES)
            cause = changes.causes(connection, SIDES)
        except duckdb.Error as problem:
            raise CommandError(
                f"{files[0]} and {files[1]} cannot be compared: {str(problem).splitlines()[0]}; "
                "both must be releases of this version"
            ) from problem
        wanted = [line for line in found if options.table in (None, ".".join(line[:2]))]
        print(f"{len(wanted)} differences{f', cause: {cause}' if wanted else ''}")
        for name in dict.fromkeys(line[:2] for line in wanted):
            for _, _, column, kind, count in (line for line in wanted if line[:2] == name):
                print(f"{'.'.join(name)} {column or '-'} {kind} {count:,}")
            for key, column, before, after in cells(connection, name, options.limit):
                print(
                    f"  {key}: {column}"
                    + ("" if column.startswith("row ") else f" {before} -> {after}")
                )
    return 1 if wanted else 0
