"""Rules for queries: UNPIVOT, UNION BY NAME, ASOF, and lists that become rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from parspread_tools.engines.spark.errors import Unsupported


def _parse(sql: str) -> exp.Expression:
    return sqlglot.parse_one(sql, read="spark")


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
    """Write an ASOF join as a join with the last row of the other table, found once for each day.

    Spark's own compares every row of a key with every other one of it.
    """
    for select in list(tree.find_all(exp.Select)):
        joins = select.args.get("joins") or []
        for place, join in enumerate(joins):
            if (join.args.get("method") or "").upper() == "ASOF":
                select.set("joins", [*joins[:place], _joined_to_last(select, join, joins[:place]),
                                     *joins[place + 1 :]])  # fmt: skip
                joins = select.args["joins"]
    return tree


def _joined_to_last(select: exp.Select, join: exp.Join, before: list[exp.Join]) -> exp.Join:
    name, source = join.alias_or_name, select.args["from_"]
    keys, (own_day, day), order = _asof_terms(join, name)
    used = sorted({c.name for c in select.find_all(exp.Column) if c.table == name})
    fields = [(exp.Literal.string(c), exp.column(c, name, quoted=True)) for c in used]
    row = exp.func("named_struct", *(part for pair in fields for part in pair))

    def ends(values: list[exp.Expression], side: int, row: exp.Expression) -> exp.Select:
        columns = [(v, f"asof_{k}") for k, v in enumerate(values)]
        columns += [(exp.Literal.number(side), "asof_side"), (row, "asof_row")]
        made = exp.select(*(exp.alias_(value.copy(), n) for value, n in columns))
        return made.where(values[-1].copy().is_(exp.null()).not_())

    others = ends([key for _, key in keys] + [day], 0, row).from_(join.this.copy())
    asked = [*(key for key, _ in keys), own_day]
    own = ends(asked, 1, exp.null()).distinct()
    own.set("from_", source.copy())
    if {c.table for key in asked for c in key.find_all(exp.Column)} != {source.alias_or_name}:
        own.set("joins", [other.copy() for other in before])
    names = [f"asof_{k}" for k in range(len(asked))]
    parted = f"PARTITION BY {', '.join(names[:-1])}" if keys else ""
    rows = _parse(
        f"SELECT {', '.join([*names, *(f'asof_last.`{c}` AS `{c}`' for c in used)])} FROM ("
        f"SELECT *, last_value(asof_row) IGNORE NULLS OVER ({parted} ORDER BY {names[-1]} {order} "
        f"ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS asof_last FROM (SELECT 1) AS ends) "
        f"WHERE asof_side = 1 AND asof_last IS NOT NULL"
    )
    (inner,) = (s for s in rows.find_all(exp.Subquery) if s.alias == "ends")
    inner.set("this", exp.union(others, own, distinct=False, copy=False))
    on = [
        exp.EQ(this=a.copy(), expression=exp.column(n, name))
        for a, n in zip(asked, names, strict=True)
    ]
    side = "LEFT" if (join.args.get("side") or "").upper() == "LEFT" else None
    return exp.Join(this=rows.subquery(name), side=side, on=exp.and_(*on))


Sides = tuple[exp.Expression, exp.Expression]


def _asof_terms(join: exp.Join, name: str) -> tuple[list[Sides], Sides, str]:
    """Return both sides of the equalities, of the inequality, and the order that it means."""
    given = join.args.get("on")
    terms = list(given.flatten()) if isinstance(given, exp.And) else [given] if given else []
    keys, days = [], []
    for term in (t.unnest() for t in terms):
        (days if isinstance(term, exp.GTE | exp.GT | exp.LTE | exp.LT) else keys).append(term)
    if len(days) != 1 or join.args.get("using") or not all(isinstance(k, exp.EQ) for k in keys):
        raise Unsupported("an ASOF join without exactly one inequality beside its equalities")
    day = _sides(days[0], name)
    is_later = isinstance(days[0], exp.GTE | exp.GT) == (days[0].left is day[0])
    # On the same day the row of the other table comes first, or last where it has to be earlier.
    sides = "DESC" if isinstance(days[0], exp.GT | exp.LT) else "ASC"
    order = f"{'ASC' if is_later else 'DESC'}, asof_side {sides}"
    return [_sides(key, name) for key in keys], day, order


def _sides(term: exp.Expression, name: str) -> tuple[exp.Expression, exp.Expression]:
    """Return the side of a comparison that is not of a table, and the one that is."""
    if isinstance(term, exp.Binary):
        tables = [{c.table for c in side.find_all(exp.Column)} for side in (term.left, term.right)]
        if tables[1] == {name} and name not in tables[0]:
            return term.left, term.right
        if tables[0] == {name} and name not in tables[1]:
            return term.right, term.left
    raise Unsupported(f"an ASOF join on {term.sql('duckdb')[:80]}")


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
    """Compare rows as structs, whose nulls are equal, and keep the null of a null elsewhere."""
    for test in list(tree.find_all(exp.In)):
        query = test.args.get("query")
        if query is None:
            continue
        if isinstance(test.this, exp.Tuple):
            for select in _branches(query):
                (row,) = select.selects
                select.set("expressions", [_struct_of(row.unalias())])
            test.set("this", _struct_of(test.this))
        elif not _is_filter(test):  # where Spark gives false for a null
            empty = exp.Is(this=test.this.copy(), expression=exp.null())
            test.replace(exp.If(this=empty, true=exp.null(), false=test.copy()))
    return tree


def _is_filter(test: exp.Expression) -> bool:
    """Whether a condition is one of those that rows have to satisfy."""
    above = test.parent
    while isinstance(above, exp.And | exp.Not | exp.Paren):
        above = above.parent
    return isinstance(above, exp.Where | exp.Having | exp.Join)


def _struct_of(row: exp.Expression) -> exp.Expression:
    if not isinstance(row, exp.Tuple):
        raise Unsupported("a row compared with a query of something else than rows")
    parts = [p for k, e in enumerate(row.expressions)
             for p in (exp.Literal.string(f"part_{k}"), e.copy())]  # fmt: skip
    return exp.Anonymous(this="named_struct", expressions=parts)


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
