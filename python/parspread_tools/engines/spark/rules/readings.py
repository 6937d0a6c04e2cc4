r"""Rules for texts that are read: blanks, capitals, patterns, and texts as numbers and as days.

DuckDB takes `1_000` and `2024-01-05x`, Spark takes `1d`; each knows its own blanks and capitals.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb
from sqlglot import exp

from parspread_tools.engines.spark.errors import Unsupported
from parspread_tools.engines.spark.rules.values import (
    REAL,
    TEXT,
    WHOLE,
    _deepest_first,
    _is,
    _parse,
    _put,
)  # fmt: skip

# Unicode's separators of words, which DuckDB trims; Spark trims plain spaces.
BLANKS = "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"  # noqa: E501
# Characters that no text has, which stand for those that Java's capitals make longer.
UNUSED = 0xF0000
SPACE = r"[ \t\n\x0B\f\r]*"
DIGITS = r"[0-9]+(?:_[0-9]+)*"
NUMBER = (
    rf"(?i)\A{SPACE}[+]?-?(?:(?:{DIGITS}\.?(?:{DIGITS})?|\.{DIGITS})(?:e[+-]?{DIGITS})?"
    rf"|nan|inf|infinity){SPACE}\z"
)
OTHER_NUMBER = rf"(?i)\A{SPACE}[+-]?0(x[0-9a-f]|b[01])"
# What Spark does not take of them.
LEFT_OUT = "(?i)_|[+](?=-)|[+-](?=nan)"
DAY = r"\A[\s]*([0-9]+)([-/ \\])([0-9][0-9]?)\2([0-9][0-9]?)(?![0-9])[\s\S]*\z"
OTHER_DAY = r"(?i)\A[\s]*([-+]?inf|epoch|-[0-9])|\(?BC\)?\s*\z"


def _text(value: str) -> exp.Expression:
    return exp.Literal.string(value)


def trims(tree: exp.Expression, _: Any) -> exp.Expression:
    """Trim the blanks that DuckDB trims."""
    for node in tree.find_all(exp.Trim):
        if node.expression is None:
            node.set("expression", _text(BLANKS))
    return tree


@cache
def _longer_capitals() -> tuple[str, str]:
    """Return the letters whose capitals are several letters to Java, and DuckDB's for each."""
    letters = "".join(c for c in map(chr, range(0x110000)) if len(c.upper()) > 1)
    ((capitals,),) = duckdb.execute("select upper($1)", [letters]).fetchall()
    return letters, capitals


def capitals(tree: exp.Expression, _: Any) -> exp.Expression:
    """Make one capital of a letter: Java makes SS of a sharp s."""
    letters, wanted = _longer_capitals()
    kept = "".join(chr(UNUSED + k) for k in range(len(letters)))
    for node in _deepest_first(tree, exp.Upper):
        if isinstance(node.this, exp.Literal):
            continue
        form = (
            "if(octet_length(:v) = char_length(:v), upper(:v), "
            "translate(upper(translate(:v, :letters, :kept)), :kept, :wanted))"
        )
        parts = {"letters": _text(letters), "kept": _text(kept), "wanted": _text(wanted)}
        _put(node, _parse(form, v=node.this, **parts))
    return tree


def patterns(tree: exp.Expression, _: Any) -> exp.Expression:
    """Match to the very end of a text: Java's `$` leaves a line break out."""
    for node in _deepest_first(tree, exp.RegexpFullMatch):
        if not isinstance(node.expression, exp.Literal):
            raise Unsupported("regexp_full_match with a pattern that is not a literal")
        pattern = _text(rf"\A(?:{node.expression.name})\z")
        _put(node, exp.RegexpLike(this=node.this.copy(), expression=pattern))
    for node in tree.find_all(exp.RegexpReplace):
        pattern, options = node.expression.name, node.args.get("modifiers")
        is_whole = bool(options) and "g" in options.name
        if not (is_whole or pattern.startswith("^") or pattern.endswith("$")):
            raise Unsupported("regexp_replace of the first match only", "add the option 'g'")
        if pattern.endswith("$"):
            node.set("expression", _text(pattern[:-1] + r"\z"))
        node.set("modifiers", None)
        node.set("single_replace", None)
    return tree


def texts_as_numbers(tree: exp.Expression, _: Any) -> exp.Expression:
    """Read the texts of numbers that DuckDB reads, and no others."""
    for cast in _deepest_first(tree, exp.TryCast):
        value, to = cast.this, cast.to
        if not (_is(value, *TEXT) and to.is_type(*REAL, *WHOLE, "decimal")):
            continue
        left_out = _text(LEFT_OUT if to.is_type(*REAL) else "_")
        plain = _parse("regexp_replace(:v, :left_out, '')", v=value, left_out=left_out)
        form = "TRY_CAST(:n AS DOUBLE)"
        if not to.is_type(*REAL):  # whose halves go away from zero
            number = "round(TRY_CAST(:n AS DECIMAL(38, 18)))" if to.is_type(*WHOLE) else ":n"
            form = f"if(abs({form}) < 1e19, TRY_CAST({number} AS {to.sql('spark')}), NULL)"
        form = f"if(:v RLIKE :form, {form}, NULL)"
        if to.is_type(*WHOLE):
            form = f"if(:v RLIKE :other, raise_error('a number in another base than ten'), {form})"
        parts = {"form": _text(NUMBER), "other": _text(OTHER_NUMBER)}
        _put(cast, _parse(form, v=value, n=plain, **parts))
    return tree


def texts_as_days(tree: exp.Expression, _: Any) -> exp.Expression:
    """Read the texts of days that DuckDB reads; those that Spark has no date for are errors."""
    for cast in _deepest_first(tree, exp.TryCast):
        if not (_is(cast.this, *TEXT) and cast.to.is_type("date")):
            continue
        form = (
            "CASE WHEN :v RLIKE :other THEN raise_error('a day that Spark has no date for') "
            "WHEN :v RLIKE :day THEN nullif(TRY_CAST(regexp_replace("
            "regexp_replace(:v, :day, '000$1-$3-$4'), '^0*([0-9]{4,}-)', '$1') AS DATE), "
            "date_from_unix_date(2147483647)) END"  # which is infinity on DuckDB
        )
        made = _parse(form, v=cast.this, other=_text(OTHER_DAY), day=_text(DAY))
        _put(cast, made)
    return tree


RULES = (trims, capitals, patterns, texts_as_numbers, texts_as_days)
