"""Rules for windows: frames and offsets that stand in a column, frames of two units, medians."""

from __future__ import annotations

from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from parspread_tools.engines.spark.errors import Unsupported

MOST_LENGTHS = 50


def _parse(sql: str) -> exp.Expression:
    return sqlglot.parse_one(sql, read="spark")


def _bounds(spec: exp.Expression | None) -> list[exp.Expression]:
    found = [spec.args.get(k) for k in ("start", "end")] if spec is not None else []
    return [b for b in found if isinstance(b, exp.Expression)]


def _asked(place: exp.Expression, made: exp.Select, context: Any) -> list[int]:
    """Return the whole numbers that a query of the rows of a SELECT finds."""
    select, asked = place.find_ancestor(exp.Select), made
    for key in ("from_", "joins", "laterals", "where"):
        found = select.args.get(key)
        asked.set(
            key, [f.copy() for f in found] if isinstance(found, list) else found and found.copy()
        )
    if select.args.get("group"):
        raise Unsupported("a window length that stands in a column of a grouped SELECT")
    scope: exp.Expression | None = select
    while scope is not None:  # the CTEs that it may read, of every level
        whole = scope.args.get("with_")
        ctes = []
        for cte in whole.expressions if whole else []:
            if any(node is select for node in cte.walk()):
                break
            ctes.append(cte.copy())
        if ctes:
            own = asked.args.get("with_")
            asked.set("with_", exp.With(expressions=ctes + (own.expressions if own else [])))
        scope = scope.parent
    for rule in (frames_in_column, offsets_in_column):  # of the CTEs before it
        asked = rule(asked, context)
    for rule in (two_units, medians):
        asked = rule(asked, context)
    return sorted(context.numbers(context.to_text(asked)))


def _lengths(place: exp.Expression, length: exp.Expression, context: Any) -> list[int]:
    """Return the values that a length has in the rows of its SELECT, which are asked once."""
    found = _asked(place, exp.select(exp.alias_(length.copy(), "length")).distinct(), context)
    if len(found) > MOST_LENGTHS:
        raise Unsupported(f"{len(found)} window lengths in a column, more than {MOST_LENGTHS}")
    return found or [1]  # of a table without rows: a window still gives the column its type


def _is_one_by_partition(window: exp.Expression, length: exp.Expression, context: Any) -> bool:
    """Return whether the rows of a partition have one length."""
    by = [p.copy() for p in window.args.get("partition_by") or []]
    if not by:
        return False
    one = exp.func("coalesce", length.copy(), exp.Literal.number(-1))
    count = exp.Count(this=exp.Distinct(expressions=[one]))
    made = exp.select(exp.alias_(count, "lengths")).distinct().group_by(*by)
    return _asked(window, made, context) == [1]


def _by_length(length: exp.Expression, lengths: list[int], made: Any) -> exp.Expression:
    """Return a CASE over lengths; one that is not listed stops the query."""
    ifs = [exp.If(this=exp.Literal.number(n), true=made(n)) for n in lengths]
    wrong = _parse("raise_error('a window length that was not in the table when the model began')")
    case = exp.Case(this=length.copy(), ifs=ifs, default=wrong)
    empty = exp.If(this=exp.Is(this=length.copy(), expression=exp.null()), true=exp.null())
    return exp.Paren(this=exp.Case(ifs=[empty], default=case))


def _alone_unless(length: exp.Expression, n: int, order: exp.Expression) -> exp.Expression:
    same = exp.NullSafeEQ(this=length.copy(), expression=exp.Literal.number(n))
    return exp.If(this=same, true=exp.null(), false=order.copy())


def closed_names(tree: exp.Expression, _: Any) -> exp.Expression:
    """Close `over w` in brackets: Spark reads `over w - x` as a name with a hyphen."""
    for window in list(tree.find_all(exp.Window)):
        if window.args.get("alias") and isinstance(window.parent, exp.Binary):
            window.replace(exp.Paren(this=window.copy()))
    return tree


def fixed_bounds(tree: exp.Expression, _: Any) -> exp.Expression:
    """Work out the bounds of frames that are sums of literals."""
    for spec in tree.find_all(exp.WindowSpec):
        for end in ("start", "end"):
            bound = spec.args.get(end)
            is_sum = isinstance(bound, exp.Expression) and not isinstance(
                bound, exp.Literal | exp.Interval
            )
            if is_sum and not bound.find(exp.Column):
                ((number,),) = duckdb.sql(f"select {bound.sql('duckdb')}").fetchall()
                spec.set(end, exp.Literal.number(number))
    return tree


def frames_in_column(tree: exp.Expression, context: Any) -> exp.Expression:
    """Write a frame whose start stands in a column as one window for each length."""
    for select in list(tree.find_all(exp.Select)):
        for window in list(select.args.get("windows") or []):
            spec = window.args.get("spec")
            moving = [b for b in _bounds(spec) if b.find(exp.Column)]
            if not moving:
                continue
            if (
                len(moving) > 1
                or spec.args["kind"].upper() != "ROWS"
                or moving[0] is not spec.args["start"]
            ):
                raise Unsupported("a frame in a column other than ROWS .. PRECEDING")
            length = moving[0]
            lengths = _lengths(window, length, context)
            is_one = len(lengths) > 1 and _is_one_by_partition(window, length, context)

            def made(
                n: int, use: exp.Window, window: exp.Window = window, is_one: bool = is_one
            ) -> exp.Expression:
                by = [p.copy() for p in window.args.get("partition_by") or []]
                if (
                    is_one
                ):  # rows of another length stand alone, so that no frame is filled for them
                    ordered = window.args["order"].expressions[0].this
                    by.append(_alone_unless(window.args["spec"].args["start"], n, ordered))
                fixed = exp.Window(
                    this=use.this.copy(),
                    partition_by=by,
                    order=window.args["order"].copy(),
                    spec=window.args["spec"].copy(),
                )
                fixed.args["spec"].set("start", exp.Literal.number(n))
                return fixed

            for use in list(select.find_all(exp.Window)):
                alias = use.args.get("alias")
                if use is not window and alias is not None and alias.name == window.this.name:
                    use.replace(_by_length(length, lengths, lambda n, use=use: made(n, use)))
            left = [w for w in select.args["windows"] if w is not window]
            select.set("windows", left or None)
    return tree


def offsets_in_column(tree: exp.Expression, context: Any) -> exp.Expression:
    """Write lag and lead by a column as one for each offset."""
    for window in list(tree.find_all(exp.Window)):
        call = window.this.this if isinstance(window.this, exp.IgnoreNulls) else window.this
        offset = call.args.get("offset") if isinstance(call, exp.Lag | exp.Lead) else None
        if offset is None or not offset.find(exp.Column):
            continue

        def made(n: int, window: exp.Window = window) -> exp.Expression:
            fixed = window.copy()
            fixed.find(exp.Lag, exp.Lead).set("offset", exp.Literal.number(n))
            return fixed

        window.replace(_by_length(offset, _lengths(window, offset, context), made))
    return tree


def two_units(tree: exp.Expression, _: Any) -> exp.Expression:
    """Order a RANGE frame of two units by a timestamp, which takes both."""
    for window in list(tree.find_all(exp.Window)):
        spec = window.args.get("spec")
        spans = [b for b in _bounds(spec) if isinstance(b, exp.Interval)]
        if len({span.text("unit").upper() for span in spans}) < 2:
            continue
        (ordered,) = window.args["order"].expressions
        # The session takes intervals of all units (see session.NEEDED), over timestamps only.
        ordered.set("this", _parse(f"CAST({ordered.this.sql('spark')} AS TIMESTAMP)"))
    return tree


def medians(tree: exp.Expression, _: Any) -> exp.Expression:
    """Write median and quantile_cont over a window on the sorted list of its values."""
    for window in list(tree.find_all(exp.Window)):
        call = window.this
        if isinstance(call, exp.Median):
            value, share = call.this, "0.5D"
        elif isinstance(call, exp.PercentileCont) and call.expression is not None:
            value, share = call.this, f"CAST({call.expression.sql('spark')} AS DOUBLE)"
        else:
            continue
        if isinstance(value, exp.Order):
            value = value.this
        listed = window.copy()
        double = exp.cast(value.copy(), "double", dialect="spark")
        listed.set("this", exp.Anonymous(this="collect_list", expressions=[double]))
        place = f"({share} * (size(a) - 1))"
        low, high = (f"element_at(a, CAST({f}({place}) AS INT) + 1)" for f in ("floor", "ceil"))
        picked = _parse(
            f"transform(array(sort_array(collect_list(x))), a -> CASE WHEN size(a) > 0 THEN "
            f"if({low} = {high}, {low}, {low} * (1D - ({place} - floor({place}))) "
            f"+ {high} * ({place} - floor({place}))) END)[0]"
        )
        for inner in list(picked.find_all(exp.ArrayAgg, exp.Anonymous)):
            if isinstance(inner, exp.ArrayAgg) or inner.name.lower() == "collect_list":
                inner.replace(listed)
                break
        window.replace(picked)
    return tree


RULES = (fixed_bounds, frames_in_column, offsets_in_column, two_units, medians, closed_names)
