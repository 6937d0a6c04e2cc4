"""Translate the compiled SQL of a model from DuckDB to Spark, or say why it cannot be.

sqlglot knows most of both dialects; the rules add what it lacks or has wrong. No rule knows a
model. A construct that is not in `known` is refused before anything runs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlglot
from sqlglot import exp, transforms
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.spark import Spark
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from parspread_tools.engines.spark import known
from parspread_tools.engines.spark.errors import Unsupported
from parspread_tools.engines.spark.rules import readings, shapes, values, windows

SIMPLE = re.compile(r"[A-Za-z_]\w*")
# Column types by column name, of a table by its parts: (schema, name) or (name,).
Columns = Callable[[tuple[str, ...]], Mapping[str, str]]
# The whole numbers that a query of one column gives.
Numbers = Callable[[str], list[int]]


def _type_of_call(annotator: Any, call: exp.Anonymous) -> exp.Expression:
    kind = "varchar" if call.name.lower() in ("to_json", "rtrim", "ltrim") else "unknown"
    return annotator._set_type(call, exp.DataType.build(kind, dialect="duckdb"))


def _type_of_first(annotator: Any, call: exp.Expression) -> exp.Expression:
    return annotator._annotate_by_args(call, "this")


# What sqlglot does not tell of DuckDB's functions.
TYPES = {
    **DuckDB.EXPRESSION_METADATA,
    **{
        kind: {"returns": exp.DType.VARCHAR}
        for kind in (
            exp.JSONExtractScalar, exp.Replace, exp.Left, exp.Right, exp.Substring, exp.Trim,
            exp.Upper, exp.Lower, exp.GroupConcat, exp.Format, exp.ConcatWs, exp.RegexpReplace,
            exp.RegexpExtract, exp.SplitPart, exp.Pad, exp.Reverse, exp.JSONObject, exp.MD5,
            exp.CurrentVersion,
        )
    },
    exp.BitwiseXorAgg: {"returns": exp.DType.UINT256},
    exp.Anonymous: {"annotator": _type_of_call},
    exp.ArgMax: {"annotator": _type_of_first},
    exp.ArgMin: {"annotator": _type_of_first},
    exp.ArrayAgg: {"returns": exp.DType.ARRAY},
    exp.Split: {"returns": exp.DType.ARRAY},
}  # fmt: skip


class _Spark4(Spark):
    """Spark as of 4: it has QUALIFY, which sqlglot would write out."""

    class Generator(Spark.Generator):
        TRANSFORMS = {
            **Spark.Generator.TRANSFORMS,
            exp.Select: transforms.preprocess(
                [transforms.eliminate_distinct_on, transforms.unnest_to_explode]
            ),
        }


@dataclass(frozen=True)
class Context:
    """What a rule may ask of the database: column types, and lengths that stand in tables."""

    columns: Columns
    numbers: Numbers
    to_text: Callable[[exp.Expression], str] = field(default=lambda tree: to_text(tree))


def translate(sql: str, model: str, columns: Columns, numbers: Numbers) -> str:
    """Return a SELECT of DuckDB as one of Spark.

    Parameters
    ----------
    sql : str
        The compiled SQL of a model.
    model : str
        Its name, for the message.
    columns : callable
        Column types of a table that the model reads.
    numbers : callable
        What a Spark query of one whole number finds: the lengths of windows that stand in a column.

    Raises
    ------
    Unsupported
        The SQL has a construct that is not known to mean the same on both engines.
    """
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
        check_known(tree)
        tree = typed(tree, columns)
        check_names(tree)
        context = Context(columns, numbers)
        for rule in (*shapes.RULES, *readings.RULES, *values.RULES, *windows.RULES):
            tree = rule(tree, context)
        check_taken_away(tree)
        return to_text(tree)
    except Unsupported as problem:
        problem.model = model
        raise
    except SqlglotError as problem:
        refusal = Unsupported(f"SQL that cannot be read ({str(problem).splitlines()[0][:200]})")
        refusal.model = model
        raise refusal from problem


def check_known(tree: exp.Expression) -> None:
    """Refuse kinds of expression and functions that are not listed."""
    for node in tree.walk():
        kind = type(node).__name__.lower()
        if isinstance(node, exp.Anonymous):
            if node.name.lower() not in known.NAMES:
                raise Unsupported(f"the function {node.name.lower()}")
        elif kind not in known.SHAPES and kind not in known.FUNCTIONS:
            name = node.sql_name().lower() if isinstance(node, exp.Func) else kind
            raise Unsupported(f"{name} ({node.sql('duckdb')[:80]})")


def check_taken_away(tree: exp.Expression) -> None:
    """Refuse what no rule has rewritten, though sqlglot would write something for it."""
    for node in tree.walk():
        if node.meta.get("is_spark"):
            continue
        if isinstance(node, exp.WindowSpec) and any(
            isinstance(node.args.get(end), exp.Expression) and node.args[end].find(exp.Column)
            for end in ("start", "end")
        ):
            raise Unsupported("a frame in a column of a window without a name")
        kind = type(node).__name__.lower()
        is_call = isinstance(node, exp.Anonymous)
        is_left = (
            node.name.lower() in known.TAKEN_AWAY_NAMES if is_call else kind in known.TAKEN_AWAY
        )
        if is_left:
            raise Unsupported(f"{node.sql('duckdb')[:80]}, which no rule has rewritten")


def check_names(tree: exp.Expression) -> None:
    """Refuse two columns of one name, the second of which DuckDB renames."""
    for select in tree.find_all(exp.Select):
        names = Counter(name.lower() for name in select.named_selects)
        twice = sorted(name for name, count in names.items() if name and count > 1)
        if twice:
            raise Unsupported(f"two columns of one name ({', '.join(twice)})", "leave one out")


def typed(tree: exp.Expression, columns: Columns) -> exp.Expression:
    """Return the tree with every column named in full, every star expanded, and types."""
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for table in tree.find_all(exp.Table):
        if table.db and isinstance(table.this, exp.Identifier):
            if table.catalog:
                table.set("catalog", None)
            found = columns((table.db, table.name))
            schema.setdefault(table.db, {})[table.name] = {
                name.lower(): kind for name, kind in found.items()
            }
    mapping = MappingSchema(schema, dialect="duckdb")
    tree = shapes.unpivots(shapes.lateral_values(shapes.subscripts(tree)), schema)
    for pair in tree.find_all(exp.PropertyEQ):
        pair.meta["name"] = pair.this.name  # below, letters lose their case
    tree = qualify(
        tree,
        schema=mapping,
        dialect="duckdb",
        identify=False,
        quote_identifiers=False,
        validate_qualify_columns=False,
        expand_alias_refs=True,
    )
    for pair in tree.find_all(exp.PropertyEQ):
        pair.set("this", exp.to_identifier(pair.meta["name"], quoted=True))
    for name in tree.find_all(exp.Identifier):
        if not SIMPLE.fullmatch(name.name):
            name.set("quoted", True)
    return annotate_types(tree, schema=mapping, dialect="duckdb", expression_metadata=TYPES)


def to_text(tree: exp.Expression) -> str:
    """Return the text of a Spark tree."""
    return tree.sql(dialect=_Spark4, pretty=True)
