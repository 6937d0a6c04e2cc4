"""Rules for values: casts, numbers and texts, dates, JSON, lists, and aggregates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp

from parspread_tools.engines.spark.errors import Unsupported

Rule = Callable[[exp.Expression, Any], exp.Expression]
REAL = ("double", "float")
WHOLE = ("int", "bigint", "smallint", "tinyint", "ubigint", "uint", "hugeint", "int128")
# Their order only fixes the last digit.
IN_ANY_ORDER = (exp.Sum, exp.Avg, exp.StddevSamp, exp.Variance)
TEXT = ("text", "varchar", "char")


def _parse(sql: str, **parts: exp.Expression) -> exp.Expression:
    """Return a Spark expression, its `:name` places taken by trees."""
    tree = sqlglot.parse_one(sql, read="spark")
    for node in tree.walk():
        node.meta["is_spark"] = True
    for place in list(tree.find_all(exp.Placeholder)):
        place.replace(parts[place.name].copy())
    return tree


def _is(node: exp.Expression, *kinds: str) -> bool:
    return node.type is not None and node.type.is_type(*kinds)


def _is_known(node: exp.Expression) -> bool:
    return node.type is not None and not node.type.is_type("unknown")


def _typed(value: exp.Expression) -> exp.Expression:
    """Return the part of a value that has its type."""
    value = value.unnest()
    if _is_known(value):
        return value
    if isinstance(value, exp.Query):
        return _typed(value.selects[0].unalias())
    if isinstance(value, exp.Coalesce | exp.Filter | exp.ArgMax | exp.ArgMin | exp.IgnoreNulls):
        return _typed(value.this)
    return value


def _put(old: exp.Expression, new: exp.Expression) -> None:
    new.type = old.type
    old.replace(new)


def _calls(tree: exp.Expression, name: str) -> list[exp.Anonymous]:
    return [a for a in tree.find_all(exp.Anonymous) if a.name.lower() == name]


def _deepest_first(tree: exp.Expression, *kinds: Any) -> list[exp.Expression]:
    return list(reversed(list(tree.find_all(*kinds))))


def decimal_literals(tree: exp.Expression, _: Any) -> exp.Expression:
    """Make literals with a point doubles: DuckDB divides decimals as doubles, Spark does not."""
    for literal in list(tree.find_all(exp.Literal)):
        if not literal.is_string and any(c in literal.name for c in ".eE"):
            cast = literal.parent if isinstance(literal.parent, exp.Cast) else None
            if cast is None or not cast.to.is_type("decimal"):
                literal.set("this", literal.name + "D")
                literal.type = exp.DataType.build("double")
    return tree


def divisions(tree: exp.Expression, _: Any) -> exp.Expression:
    """Divide as doubles whatever the operands are: Spark keeps six digits of some decimals."""
    for node in tree.find_all(exp.Div):
        if not _is(node.left, *REAL):
            node.set("this", exp.cast(node.left.copy(), "double", dialect="spark"))
    return tree


def texts_of_numbers(tree: exp.Expression, _: Any) -> exp.Expression:
    """Spell doubles in texts as DuckDB does: 6.998e-06, not 6.998E-6."""
    wanted = [c.this for c in tree.find_all(exp.Cast, exp.TryCast) if c.to.is_type(*TEXT)]
    for node in tree.find_all(exp.DPipe):
        wanted += [node.left, node.right]
    for node in tree.find_all(exp.ConcatWs, exp.Concat):
        wanted += node.expressions
    for value in wanted:
        inner = _typed(value)
        if _is(inner, *REAL):
            value.replace(exp.Anonymous(this="parspread_text", expressions=[value.copy()]))
        elif _is(inner, "date"):  # of five digits of a year
            value.replace(_parse("TRIM(LEADING '+' FROM CAST(:d AS STRING))", d=value))
        elif not _is_known(inner) and not isinstance(inner, exp.Null):
            raise Unsupported(f"a text of {inner.sql('duckdb')[:80]}, whose type is not known")
    return tree


def casts(tree: exp.Expression, _: Any) -> exp.Expression:
    """Round where DuckDB's cast to a whole number rounds."""
    for cast in _deepest_first(tree, exp.Cast, exp.TryCast):
        value, to = cast.this, cast.to
        if to.is_type(*WHOLE) and _is(value, *REAL):
            if _is_decimal_on_duckdb(value):
                raise Unsupported(
                    f"a cast of the decimal {value.sql('duckdb')[:60]} to a whole number",
                    "make it a double first: the engines round halves of decimals differently",
                )
            cast.set("this", exp.Anonymous(this="rint", expressions=[value.copy()]))
        elif to.is_type(*WHOLE) and _is(value, "decimal"):
            cast.set("this", exp.Anonymous(this="round", expressions=[value.copy()]))
        elif isinstance(cast, exp.TryCast) and to.is_type("date") and _is(value, *WHOLE, *REAL):
            _put(cast, exp.cast(exp.null(), "date", dialect="spark"))  # a number is no date
    return tree


def _is_decimal_on_duckdb(value: exp.Expression) -> bool:
    """Whether a number is made of decimal literals and whole numbers only."""
    value = value.unnest()
    if isinstance(value, exp.Mul | exp.Add | exp.Sub):
        sides = (value.left, value.right)
        return any(map(_is_decimal_on_duckdb, sides)) and all(
            _is_decimal_on_duckdb(side) or _is(side, *WHOLE) for side in sides
        )
    return isinstance(value, exp.Literal) and value.name.endswith("D") and "e" not in value.name


def dates(tree: exp.Expression, _: Any) -> exp.Expression:
    """Say days between dates, boundaries between months, weekdays and months to add."""
    for node in _deepest_first(tree, exp.Sub):
        if _is(node.left, "date") and _is(node.right, "date"):
            _put(node, _parse("datediff(:a, :b)", a=node.left, b=node.right))
    for node in _deepest_first(tree, exp.DateDiff):
        unit, months = (
            node.text("unit").upper() or "DAY",
            "(year(:a) * 12 + month(:a) - year(:b) * 12 - month(:b))",
        )
        forms = {"DAY": "datediff(:a, :b)", "MONTH": months, "YEAR": "(year(:a) - year(:b))"}
        if unit not in forms:
            raise Unsupported(f"date_diff in {unit}")
        _put(node, _parse(forms[unit], a=node.this, b=node.expression))
    for node in _deepest_first(tree, exp.DayOfWeekIso):
        _put(node, _parse("(weekday(:d) + 1)", d=node.this))  # sqlglot's own is wrong
    for node in _calls(tree, "to_months"):
        _put(node, _parse("make_ym_interval(0, :n)", n=node.expressions[0]))
    return tree


def finite(tree: exp.Expression, _: Any) -> exp.Expression:
    """Tell finite values, dates among them, which are always finite on Spark."""
    for node in _calls(tree, "isfinite"):
        form = "(CAST(:v AS STRING) NOT IN ('NaN', 'Infinity', '-Infinity'))"
        _put(node, _parse(form, v=node.expressions[0]))
    for node in _deepest_first(tree, exp.IsNan):
        _put(node, _parse("(:v = CAST('NaN' AS DOUBLE))", v=node.this))  # null of null
    for node in _deepest_first(tree, exp.Sign):  # NaN has none
        _put(node, _parse("CAST(signum(nanvl(:v, 0D)) AS TINYINT)", v=node.this))
    for node in _deepest_first(tree, exp.BitwiseLeftShift):
        node.set("this", exp.cast(node.this.copy(), "bigint", dialect="spark"))  # of 64 bits
    for node in _calls(tree, "round_even"):
        node.set("this", "bround")
    return tree


def hashes(tree: exp.Expression, _: Any) -> exp.Expression:
    """Hash only to compare, and halves of MD5 only under an exclusive or: other values differ."""
    for node in _calls(tree, "hash"):
        if not node.find_ancestor(exp.EQ, exp.NEQ):
            raise Unsupported("a hash that is kept, whose value no other engine has", "use md5")
        parts = [p for e in node.expressions for p in (e.copy(), exp.func("isnull", e.copy()))]
        _put(node, exp.Anonymous(this="xxhash64", expressions=parts))
    for node in _deepest_first(tree, exp.BitwiseXorAgg):
        half = node.this.name.lower() if isinstance(node.this, exp.Anonymous) else ""
        if not half.startswith("md5_number_"):
            continue
        text = node.this.expressions[0]
        start = 17 if half.endswith("lower") else 1
        places = ", ".join(f"substr(m, {start + 14 - 2 * k}, 2)" for k in range(8))
        number = _parse(
            f"transform(array(md5(:t)), m -> CAST(conv(concat({places}), 16, -10) AS BIGINT))[0]",
            t=text,
        )
        whole = "CAST(conv(hex(bit_xor(:n)), 16, 10) AS DECIMAL(20, 0))"
        made = _parse(whole, n=number)
        made.type = exp.DataType.build("decimal(20, 0)")
        node.replace(made)
    if any(_calls(tree, f"md5_number_{half}") for half in ("lower", "upper")):
        raise Unsupported("a half of an MD5 outside bit_xor", "use md5")
    return tree


def json_texts(tree: exp.Expression, _: Any) -> exp.Expression:
    """Write JSON with its nulls and DuckDB's spelling of numbers, and read its fields."""
    for node in _deepest_first(tree, exp.JSONObject):
        pairs = [
            exp.PropertyEQ(
                this=exp.to_identifier(p.this.name, quoted=True), expression=p.expression.copy()
            )
            for p in node.expressions
        ]
        _put(node, _json(exp.Struct(expressions=pairs)))
    for node in [*_deepest_first(tree, exp.JSONFormat), *reversed(_calls(tree, "to_json"))]:
        value = node.this if isinstance(node, exp.JSONFormat) else node.expressions[0]
        is_row = isinstance(value, exp.TableColumn)
        if is_row or (isinstance(value, exp.Column) and not value.table):
            value = _parse(f"struct(`{value.name}`.*)")
        _put(node, _json(value))
    for node in _calls(tree, "json_exists"):
        document, key = node.expressions
        _put(node, _parse("array_contains(json_object_keys(:d), :k)", d=document, k=key))
    for node in _deepest_first(tree, exp.JSONExtractScalar):
        if not isinstance(node.expression, exp.JSONPath):
            form = "get_json_object(:d, concat('$.', :k))"
            _put(node, _parse(form, d=node.this, k=node.expression))
    return tree


def _json(value: exp.Expression) -> exp.Expression:
    made = exp.Anonymous(
        this="to_json",
        expressions=[value.copy(), _parse("map('ignoreNullFields', 'false')")],
    )
    made.meta["is_spark"] = True
    made = exp.Anonymous(this="parspread_json", expressions=[made])
    made.type = exp.DataType.build("varchar")
    return made


def formats(tree: exp.Expression, _: Any) -> exp.Expression:
    """Fill the places of a format text one by one."""
    for node in _deepest_first(tree, exp.Format):
        if isinstance(node.this, exp.Concat) and all(e.is_string for e in node.this.expressions):
            joined = "".join(e.name for e in node.this.expressions)  # adjacent literals
            node.set("this", exp.Literal.string(joined))
        if not isinstance(node.this, exp.Literal):
            raise Unsupported("format with a text that is not a literal")
        text, parts, values = node.this.name, [], list(node.expressions)
        while "{" in text:
            before, _, text = text.partition("{")
            place, _, text = text.partition("}")
            parts.append(exp.Literal.string(before))
            value = values.pop(0)
            if place:
                double = exp.cast(value.copy(), "double", dialect="spark")
                value = exp.Anonymous(
                    this="parspread_format", expressions=[exp.Literal.string(place), double]
                )
            elif _is(value, *REAL):
                value = exp.Anonymous(this="parspread_text", expressions=[value.copy()])
            parts.append(value.copy())
        parts.append(exp.Literal.string(text))
        _put(
            node,
            exp.Anonymous(
                this="concat", expressions=[p for p in parts if p.name or not p.is_string]
            ),
        )
    return tree


def texts(tree: exp.Expression, _: Any) -> exp.Expression:
    """Cut texts and lists as DuckDB does."""
    for node in _deepest_first(tree, exp.Bracket):
        cut = node.expressions[0]
        if isinstance(cut, exp.Slice) and not _is(node.this, *TEXT):
            _put(node, _cut_list(node.this, cut))
        elif isinstance(cut, exp.Slice):
            if not _is(node.this, *TEXT) or (
                cut.this is not None and cut.this.name not in ("", "1")
            ):
                raise Unsupported(f"the slice {node.sql('duckdb')[:80]}")
            _put(node, _parse("left(:t, :n)", t=node.this, n=cut.expression))
    return tree


def _cut_list(whole: exp.Expression, cut: exp.Slice) -> exp.Expression:
    first = (
        cut.this
        if (cut.this is not None and cut.this.name != "") or isinstance(cut.this, exp.Binary)
        else None
    )
    last = cut.expression
    start = first if first is not None else exp.Literal.number(1)
    count = (
        "greatest(CAST(:e AS INT) - CAST(:s AS INT) + 1, 0)"
        if last is not None
        else "greatest(size(:l) - CAST(:s AS INT) + 1, 0)"
    )
    return _parse(f"slice(:l, CAST(:s AS INT), {count})", l=whole, s=start, e=last or start)


def lists(tree: exp.Expression, _: Any) -> exp.Expression:
    """Make lists in an order, measure and sum them, and count upwards only."""
    for node in _deepest_first(tree, exp.GenerateSeries):
        start, end = node.args["start"], node.args["end"]
        if node.args.get("is_end_exclusive"):
            end = exp.Sub(this=exp.Paren(this=end.copy()), expression=exp.Literal.number(1))
        if node.args.get("step"):
            raise Unsupported("range with a step")
        form = "if(:e < :s, array(), sequence(:s, :e))"
        if isinstance(start, exp.Literal) and isinstance(node.args["end"], exp.Literal):
            form = "sequence(:s, :e)"
        _put(node, _parse(form, s=start, e=end))
    for node in _deepest_first(tree, exp.Length):
        if _is(node.this, "array", "list"):
            _put(node, exp.Anonymous(this="size", expressions=[node.this.copy()]))
        elif not _is_known(_typed(node.this)):
            raise Unsupported(f"the length of {node.this.sql('duckdb')[:80]}, a text or a list")
    for name, form in {
        "list_sum": "aggregate(filter(:l, v -> v IS NOT NULL), 0D, (s, v) -> s + v)",
        "list_product": "aggregate(filter(:l, v -> v IS NOT NULL), 1D, (s, v) -> s * v)",
        "list_count": "size(filter(:l, v -> v IS NOT NULL))",
        "json_keys": "json_object_keys(:l)",
    }.items():
        for node in reversed(_calls(tree, name)):
            _put(node, _parse(form, l=node.expressions[0]))
    for node in _calls(tree, "list_concat"):
        node.set("this", "concat")
    return tree


def ordered_lists(tree: exp.Expression, _: Any) -> exp.Expression:
    """Order what a list or a text is made of."""
    for node in _deepest_first(tree, exp.ArrayAgg):
        if isinstance(node.this, exp.Order):
            _put(_whole(node), _sorted_list(node))
    for node in _deepest_first(tree, exp.GroupConcat):
        order = node.this if isinstance(node.this, exp.Order) else None
        separator = node.args.get("separator") or exp.Literal.string(",")
        if order is not None and not isinstance(order.this, exp.Distinct):
            listed = exp.ArrayAgg(this=order.copy())
            listed = _sorted_list(listed, _filter_of(node))
            made = exp.Anonymous(this="array_join", expressions=[listed, separator.copy()])
            empty = _parse("nullif(size(:l), 0)", l=listed)
            made = exp.If(
                this=exp.Is(this=empty, expression=exp.null()), true=exp.null(), false=made
            )
            _put(_whole(node), made)
        elif order is not None:
            value = order.this.expressions[0]
            if (
                len(order.expressions) != 1
                or order.expressions[0].this != value
                or order.expressions[0].args.get("desc")
            ):
                raise Unsupported("string_agg(distinct x) in another order than that of x")
            given = _filter_of(node)
            listed = exp.Anonymous(this="collect_set", expressions=[value.copy()])
            if given is not None:
                listed = exp.Filter(this=listed, expression=exp.Where(this=given.copy()))
            form = "if(size(:l) = 0, NULL, array_join(array_sort(:l), :s))"
            _put(_whole(node), _parse(form, l=listed, s=separator))
        else:
            raise Unsupported("string_agg without an order")
    return tree


def aggregates(tree: exp.Expression, _: Any) -> exp.Expression:
    """Leave out what DuckDB leaves out, and an order that only fixes the last digit."""
    for node in _deepest_first(tree, exp.PercentileCont):
        if node.expression is not None and not isinstance(node.parent, exp.Window):
            value = node.this.this if isinstance(node.this, exp.Order) else node.this
            _put(
                node,
                exp.Anonymous(
                    this="percentile", expressions=[value.copy(), node.expression.copy()]
                ),
            )
    for node in _deepest_first(tree, exp.ArgMax, exp.ArgMin):
        by = node.expression
        if isinstance(by, exp.Tuple):
            parts = [p for e in by.expressions for p in (exp.func("isnull", e.copy()), e.copy())]
            by = exp.Anonymous(this="struct", expressions=parts)  # nulls last
        by = exp.If(
            this=exp.Is(this=node.this.copy(), expression=exp.null()),
            true=exp.null(),
            false=by.copy(),
        )
        node.set("expression", by)
    for node in tree.find_all(exp.Corr, exp.RegrCount, exp.RegrSlope):
        if isinstance(node.expression, exp.Order):
            node.set("expression", node.expression.this.copy())
    for node in _deepest_first(tree, exp.Corr):
        if isinstance(node.parent, exp.Window | exp.Filter):
            raise Unsupported("corr over a window or with a filter")
        # Null on Spark where one of both does not vary.
        form = "if(regr_count(:a, :b) = 0, NULL, coalesce(:c, CAST('NaN' AS DOUBLE)))"
        _put(node, _parse(form, a=node.this, b=node.expression, c=node))
    for node in _deepest_first(tree, exp.RegrSlope):
        if isinstance(node.parent, exp.Filter):
            raise Unsupported("regr_slope with a filter")
        whole = node.parent if isinstance(node.parent, exp.Window) else node
        count, both = whole.copy(), [node.this.copy(), node.expression.copy()]
        counted = exp.Anonymous(this="regr_count", expressions=both)
        if whole is node:
            count = counted
        else:
            count.set("this", counted)
        form = "if(:n = 0, NULL, coalesce(:c, CAST('NaN' AS DOUBLE)))"
        _put(whole, _parse(form, n=count, c=whole))
    for node in _deepest_first(tree, exp.CountIf):  # null of no rows
        _put(node, exp.Sum(this=exp.cast(node.this.copy(), "bigint", dialect="spark")))
    for node in _deepest_first(tree, exp.AggFunc):
        if isinstance(node.this, exp.Order) and isinstance(node, IN_ANY_ORDER):
            node.set("this", node.this.this.copy())
        elif isinstance(node.this, exp.Order) and not isinstance(node, exp.PercentileCont):
            raise Unsupported(f"{node.sql_name().lower()} with an order")
    for node in reversed(_calls(tree, "product")):
        form = "aggregate(collect_list(:v), 1D, (s, v) -> s * v)"
        _put(node, _parse(form, v=node.expressions[0]))
    return tree


def _filter_of(node: exp.Expression) -> exp.Expression | None:
    return node.parent.expression.this if isinstance(node.parent, exp.Filter) else None


def _whole(node: exp.Expression) -> exp.Expression:
    return node.parent if isinstance(node.parent, exp.Filter) else node


def _sorted_list(node: exp.Expression, given: exp.Expression | None = None) -> exp.Expression:
    """Return the list of an ordered aggregate; keys that go down are compared the other way."""
    given = given if given is not None else _filter_of(node)
    order = node.this
    fields = [
        exp.PropertyEQ(this=exp.to_identifier(f"k{i}"), expression=key.this.copy())
        for i, key in enumerate(order.expressions)
    ]
    fields.append(exp.PropertyEQ(this=exp.to_identifier("v"), expression=order.this.copy()))
    listed: exp.Expression = exp.Anonymous(
        this="collect_list", expressions=[exp.Struct(expressions=fields)]
    )
    if given is not None:
        listed = exp.Filter(this=listed, expression=exp.Where(this=given.copy()))
    steps = []
    for i, key in enumerate(order.expressions):
        up, down = (1, -1) if key.args.get("desc") else (-1, 1)
        steps.append(
            f"WHEN a.k{i} IS NULL AND b.k{i} IS NOT NULL THEN 1 "
            f"WHEN b.k{i} IS NULL AND a.k{i} IS NOT NULL THEN -1 "
            f"WHEN a.k{i} < b.k{i} THEN {up} WHEN a.k{i} > b.k{i} THEN {down}"
        )
    return _parse(
        f"transform(array_sort(nullif(:l, array()), (a, b) -> CASE {' '.join(steps)} ELSE 0 END), "
        "s -> s.v)",
        l=listed,
    )


def versions(tree: exp.Expression, _: Any) -> exp.Expression:
    """Name the engine; its table is the one that may differ."""
    for node in _deepest_first(tree, exp.CurrentVersion):
        _put(node, _parse("concat('spark ', version())"))
    return tree


RULES: tuple[Rule, ...] = (
    texts_of_numbers, decimal_literals, divisions, formats, casts, dates, finite, hashes,
    json_texts, texts, lists, ordered_lists, aggregates, versions,
)  # fmt: skip
