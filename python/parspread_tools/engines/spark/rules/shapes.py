"""Rules for queries: UNPIVOT, UNION BY NAME, ASOF, and lists that become rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from parspread_tools.engines.spark.errors import Unsupported


def unpivots(tree: exp.Expression, schema: Mapping[str, Any]) -> exp.Expression:
    """Write `unpivot X on ..` as `select * from X unpivot (..)`, its columns spelled out."""
    statements = (p for p in tree.find_all(exp.Pivot) if p.args.get("into"))
    for statement in list(statements):
        into, source = statement.args["into"], statement.this
        places = []
        for place in statement.expressions:
            star = place.this if isinstance(place, exp.Columns) else None
            if star is None:
                places.append(place.copy())
                continue
            left_out = {c.name.lower() for c in star.args.get("except_") or []}
            names = _column_names(tree, source, schema)
            places += [exp.column(n, quoted=True) for n in names if n.lower() not in left_out]
        if not isinstance(source, exp.Table | exp.Subquery):
            raise Unsupported(f"UNPIVOT of a {type(source).__name__.lower()}")
        source = source.copy()
        if isinstance(source, exp.Subquery) and not source.alias:
            source.set("alias", exp.TableAlias(this=exp.to_identifier("unpivoted")))
        field = exp.In(this=into.this.this.copy(), expressions=places)
        field.meta["names"] = [place.name for place in places]
        source.set("pivots", [exp.Pivot(
            expressions=[into.expressions[0].this.copy()],
            fields=[field],
            unpivot=True,
        )])  # fmt: skip
        statement.replace(exp.select("*").from_(source))
    return tree


def names_of_unpivots(tree: exp.Expression, _: Any) -> exp.Expression:
    """Give the names that UNPIVOT makes of columns back the case of their letters."""
    for pivot in (p for p in tree.find_all(exp.Pivot) if p.args.get("unpivot")):
        (field,) = pivot.args["fields"]
        field.set(
            "expressions",
            [
                exp.PivotAlias(this=place.copy(), alias=exp.to_identifier(name, quoted=True))
                for place, name in zip(field.expressions, field.meta["names"], strict=True)
            ],
        )
    return tree


def _column_names(tree: exp.Expression, source: exp.Expression, schema: Mapping[str, Any]) -> Any:
    """Return the columns of a table that a query names, which may be one of its own CTEs."""
    asked = exp.select("*").from_(source.copy())
    whole = tree.args.get("with_")
    for cte in whole.expressions if whole else []:
        if any(node is source for node in cte.walk()):
            break
        if cte.alias == source.name and not any(s.is_star for s in cte.this.selects):
            return cte.this.named_selects
        asked = asked.with_(cte.alias, as_=cte.this.copy(), copy=False)
    asked = qualify(
        asked,
        schema=MappingSchema(dict(schema), dialect="duckdb"),
        dialect="duckdb",
        quote_identifiers=False,
        validate_qualify_columns=False,
    )
    return asked.named_selects


def union_by_name(tree: exp.Expression, _: Any) -> exp.Expression:
    """Put the columns of UNION BY NAME in one order, null where a branch lacks one."""
    for union in reversed([u for u in tree.find_all(exp.SetOperation) if u.args.get("by_name")]):
        branches = [_branches(union.left), _branches(union.right)]
        names = list(dict.fromkeys(s.alias_or_name for b in branches for s in b[0].selects))
        kinds = {
            s.alias_or_name: s.type for b in branches for s in b[0].selects if _is_typed(s.type)
        }
        for select in (s for branch in branches for s in branch):
            own = {p.alias_or_name: p for p in select.selects}
            for name in names:
                if name not in own:
                    missing = exp.null() if name not in kinds else exp.cast(exp.null(), kinds[name])
                    own[name] = exp.alias_(missing, name, quoted=True)
                    own[name].type = kinds.get(name)
            select.set("expressions", [own[name] for name in names])
        union.set("by_name", None)
    return tree


def _is_typed(kind: Any) -> bool:
    return kind is not None and not kind.is_type("unknown", "null")


def _branches(query: exp.Expression) -> list[exp.Select]:
    query = query.unnest()
    if isinstance(query, exp.SetOperation):
        return _branches(query.left) + _branches(query.right)
    if not isinstance(query, exp.Select):
        raise Unsupported(f"a union of a {type(query).__name__.lower()}")
    return [query]


def asof(tree: exp.Expression, _: Any) -> exp.Expression:
    """Write the inequality of an ASOF join as Spark's MATCH_CONDITION."""
    for join in [
        j for j in tree.find_all(exp.Join) if (j.args.get("method") or "").upper() == "ASOF"
    ]:
        given = join.args.get("on")
        terms = list(given.flatten()) if isinstance(given, exp.And) else [given] if given else []
        unequal = [t for t in terms if isinstance(t.unnest(), exp.GTE | exp.GT | exp.LTE | exp.LT)]
        if len(unequal) != 1 or join.args.get("using"):
            raise Unsupported("an ASOF join without exactly one inequality in its ON")
        rest = [term.copy() for term in terms if term is not unequal[0]]
        is_left = (join.args.get("side") or "").upper() == "LEFT"
        join.replace(
            exp.Join(
                this=join.this.copy(),
                side="LEFT" if is_left else None,
                kind="ASOF",
                match_condition=_on_numbers(unequal[0].unnest().copy()),
                on=exp.and_(*rest) if rest else None,
            )
        )
    return tree


def subscripts(tree: exp.Expression) -> exp.Expression:
    """Write generate_subscripts, which makes rows, as the unnested numbers of a list's places."""
    for call in [
        a for a in tree.find_all(exp.Anonymous) if a.name.lower() == "generate_subscripts"
    ]:
        size = exp.func("array_length", call.expressions[0].copy(), dialect="duckdb")
        numbers = exp.GenerateSeries(start=exp.Literal.number(1), end=size)
        call.replace(exp.Explode(this=numbers))
    return tree


def lateral_values(tree: exp.Expression) -> exp.Expression:
    """Write VALUES that read the row beside them as a union of queries of one row."""
    for lateral in tree.find_all(exp.Lateral):
        values = lateral.this.unnest()
        if not isinstance(values, exp.Values):
            continue
        names = [column.name for column in lateral.args["alias"].columns]
        rows: list[exp.Expression] = [
            exp.select(
                *(exp.alias_(v.copy(), n) for v, n in zip(row.expressions, names, strict=True))
            )
            for row in values.expressions
        ]
        while len(rows) > 1:
            rows[:2] = [exp.union(rows[0], rows[1], distinct=False, copy=False)]
        lateral.set("this", exp.Subquery(this=rows[0]))
        lateral.args["alias"].set("columns", None)
    return tree


def rows_in_queries(tree: exp.Expression, _: Any) -> exp.Expression:
    """Compare a row with the columns of a query, where DuckDB has a query of rows."""
    for test in tree.find_all(exp.In):
        query = test.args.get("query")
        if not isinstance(test.this, exp.Tuple) or query is None:
            continue
        for select in _branches(query):
            (row,) = select.selects
            row = row.unalias()
            if not isinstance(row, exp.Tuple):
                raise Unsupported("a row compared with a query of something else than rows")
            select.set("expressions", [e.copy() for e in row.expressions])
    return tree


def _on_numbers(unequal: exp.Expression) -> exp.Expression:
    """Compare days as numbers: intervals of all units (see session.NEEDED) have no order."""
    for side in (unequal.left, unequal.right):
        if side.type is None or not side.type.is_type("date"):
            raise Unsupported("an ASOF join on something else than dates")
        side.replace(exp.Anonymous(this="unix_date", expressions=[side.copy()]))
    return unequal


def qualified_groups(tree: exp.Expression, _: Any) -> exp.Expression:
    """Put QUALIFY over groups, which Spark does not take, into a query of its own."""
    for select in list(tree.find_all(exp.Select)):
        chosen = select.args.get("qualify")
        if not (chosen and select.args.get("group")):
            continue
        names = [projection.alias_or_name for projection in select.selects]
        inner = select.copy()
        inner.set("with_", None)
        inner.set("qualify", None)
        inner.append("expressions", exp.alias_(chosen.this.copy(), "is_chosen"))
        columns = [
            exp.alias_(exp.column(n, table="grouped", quoted=True), n, quoted=True) for n in names
        ]
        outer = exp.Select(expressions=columns).from_(inner.subquery("grouped"))
        _become(select, outer.where(exp.column("is_chosen", table="grouped")))
    return tree


def _become(select: exp.Select, other: exp.Select) -> None:
    """Make one SELECT what another is, but for its own CTEs."""
    whole = select.args.get("with_")
    for key in list(select.args):
        select.set(key, None)
    for key, value in other.args.items():
        select.set(key, value)
    select.set("with_", whole)


def unnests(tree: exp.Expression, _: Any) -> exp.Expression:
    """Explode the lists of a SELECT together in one LATERAL VIEW over the query that makes them."""
    for select in list(tree.find_all(exp.Select)):
        lists = [
            u
            for p in select.selects
            for u in p.find_all(exp.Explode, exp.Unnest)
            if u.find_ancestor(exp.Select) is select
        ]
        if lists:
            _explode(select, lists)
    return tree


def _explode(select: exp.Select, lists: list[exp.Expression]) -> None:
    for key in ("order", "limit", "qualify"):
        if select.args.get(key):
            raise Unsupported(
                f"unnest in a SELECT with {key.upper()}", "unnest in a CTE of its own"
            )
    inner, outer = [], []
    for number, unnest in enumerate(lists):
        inner.append(exp.alias_(_list_of(unnest).copy(), f"list_{number}"))
        field = f"list_{number}" if len(lists) == 1 else str(number)
        element = exp.Dot.build(
            [exp.column("element", table="exploded"), exp.to_identifier(field, quoted=True)]
        )
        unnest.set("element", element)
    for number, projection in enumerate(select.selects):
        name = projection.alias_or_name
        if not any(u.args.get("element") for u in projection.find_all(exp.Explode, exp.Unnest)):
            inner.append(exp.alias_(projection.unalias().copy(), f"kept_{number}"))
            outer.append(exp.alias_(exp.column(f"kept_{number}", table="made"), name, quoted=True))
            continue
        shown = exp.alias_(projection.unalias().copy(), name, quoted=True)
        for unnest in list(shown.find_all(exp.Explode, exp.Unnest)):
            unnest.replace(unnest.args["element"].copy())
        for k, column in enumerate(list(shown.find_all(exp.Column))):
            if column.table not in ("exploded",):
                inner.append(exp.alias_(column.copy(), f"beside_{number}_{k}"))
                column.replace(exp.column(f"beside_{number}_{k}", table="made"))
        outer.append(shown)
    made = select.copy()
    made.set("expressions", inner)
    made.set("with_", None)
    columns = [exp.column(f"list_{k}", table="made") for k in range(len(lists))]
    if len(columns) > 1:  # a list that is null leaves the rows of the others
        empty = exp.Anonymous(this="array", expressions=[])
        columns = [exp.func("coalesce", column, empty.copy()) for column in columns]
    zipped = exp.func("arrays_zip", *columns)
    view = exp.Lateral(
        this=exp.Explode(this=zipped),
        view=True,
        alias=exp.TableAlias(
            this=exp.to_identifier("exploded"), columns=[exp.to_identifier("element")]
        ),
    )
    fresh = exp.Select(expressions=outer).from_(made.subquery("made"))
    fresh.append("laterals", view)
    made.set("distinct", None)
    fresh.set("distinct", select.args.get("distinct"))
    _become(select, fresh)


def _list_of(unnest: exp.Expression) -> exp.Expression:
    return unnest.this if isinstance(unnest, exp.Explode) else unnest.expressions[0]


RULES = (
    names_of_unpivots, union_by_name, asof, rows_in_queries, qualified_groups,
    unnests,
)  # fmt: skip
