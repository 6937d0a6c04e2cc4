"""Functions that Spark lacks: DuckDB's spelling of numbers in texts, in JSON and in formats."""

from __future__ import annotations

import math
import re
from typing import Any

PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?[eE][+-]?\d+|-?\d+\.\d+')


def text_of(value: float | None) -> str | None:
    """Return a double as DuckDB writes it: Python's own spelling, and the sign of NaN.

    Examples
    --------
    >>> text_of(6.998e-06), text_of(1e7), text_of(float("inf")), text_of(-float("nan"))
    ('6.998e-06', '10000000.0', 'inf', '-nan')
    """
    if value is None:
        return None
    return "-nan" if math.isnan(value) and math.copysign(1, value) < 0 else repr(float(value))


def json_number(value: float) -> str:
    """Return a double as DuckDB writes it in JSON.

    Examples
    --------
    >>> json_number(1e-05), json_number(2.5e-08), json_number(3.0), json_number(1e22)
    ('0.00001', '2.5e-8', '3.0', '1e22')
    """
    text = repr(value)
    mantissa, _, power = text.partition("e")
    if not power:
        return text
    exponent, sign = int(power), "-" * mantissa.startswith("-")
    whole, _, rest = mantissa.lstrip("-").partition(".")
    digits = whole + rest
    if -7 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    if 0 <= exponent < 21:
        return f"{sign}{digits.ljust(exponent + 1, '0')}.0"
    return f"{mantissa}e{exponent}"


def json_text(text: str | None) -> str | None:
    """Return JSON of Spark with its doubles as DuckDB writes them, texts untouched.

    Examples
    --------
    >>> json_text('{"a":6.998E-6,"b":"1.0E7","c":null}')
    '{"a":0.000006998,"b":"1.0E7","c":null}'
    """

    def spelled(found: re.Match[str]) -> str:
        piece = found[0]
        return piece if piece.startswith('"') else json_number(float(piece))

    return None if text is None else PIECE.sub(spelled, text)


def formatted(place: str | None, value: float | None) -> str | None:
    """Return a number in one place of a format.

    Examples
    --------
    >>> formatted(":,", 1234567.0), formatted(":.1f", 0.25), formatted(":.3g", 12.345)
    ('1,234,567', '0.2', '12.3')
    """
    if place is None or value is None:
        return None
    return format(int(value) if place == ":," else value, place[1:])


def register(spark: Any) -> None:
    """Make the functions known to SQL."""
    for name, function in {
        "parspread_text": text_of,
        "parspread_json": json_text,
        "parspread_format": formatted,
    }.items():
        spark.udf.register(name, function, "string")
