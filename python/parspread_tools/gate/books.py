"""Check the catalogs of legs, portfolios and limits: what they name, and that their rows agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from parspread_tools.gate.codes import NumberedRows, Row, unknown

WEIGHT_SUM_TOLERANCE_RATIO = 0.01
# What a strategy of several legs leaves to the instruments of its legs.
OF_THE_LEGS = (
    "transaction_cost_bps", "transaction_cost_pct", "roll_cost_bps", "dv01_usd_per_bp_per_mm",
)  # fmt: skip
OF_A_PORTFOLIO = ("weighting", "target_volatility_usd", "netting", "capital_usd", "is_enabled")

Found = Iterator[tuple[int, str]]  # line and message


def check_books(tables: dict[str, NumberedRows]) -> list[str]:
    """Return what is wrong with legs, portfolios and limits, in this order; the first kind only."""
    for name, check in (
        ("strategy_legs", _legs),
        ("strategies", _pair_signals),
        ("portfolios", _portfolios),
        ("limits", _limits),
    ):
        errors = [f"{name}.csv line {line}: {message}" for line, message in check(tables)]
        if errors:
            return errors
    return []


def check_size(row: Row) -> Iterable[str]:
    """Return targets of a size that the size rule of a strategy does not read, or lacks."""
    rule = row.get("size_rule") or "notional"
    for own, column in (
        ("dv01", "target_dv01_usd_per_bp"),
        ("volatility", "target_volatility_usd"),
    ):
        if column in row and "size_rule" in row and bool(row[column].strip()) != (rule == own):
            given = row[column] or "empty"
            yield f"{column} must be given where size_rule is {own}, and only there; it was {given}"


def _legs(tables: dict[str, NumberedRows]) -> Found:
    strategies = {row["strategy_code"]: row for _, row in tables["strategies"]}
    instruments = {row["instrument_code"]: row for _, row in tables["instruments"]}
    by_strategy = _grouped(tables["strategy_legs"], "strategy_code")
    for code, rows in by_strategy.items():
        if code not in strategies:
            yield rows[0][0], unknown("strategy_code", code, strategies)
            continue
        for line, leg in rows:
            if leg["instrument_code"] not in instruments:
                yield line, unknown("instrument_code", leg["instrument_code"], instruments)
                break
        else:
            yield from _agreeing_legs(strategies[code], rows, instruments)


def _agreeing_legs(strategy: Row, rows: NumberedRows, instruments: dict[str, Row]) -> Found:
    """Return what keeps the legs of a strategy from being traded as one."""
    code, (first_line, first) = strategy["strategy_code"], rows[0]
    numbers = [row["leg_number"] for _, row in rows]
    if numbers != [str(n + 1) for n in range(len(rows))] or len(rows) < 2:
        yield first_line, f"legs of {code} must be numbered 1, 2, ...; they were {numbers}"
    if (strategy["method"], code in instruments) != ("standard", False):
        yield first_line, f"strategy_code must be a standard strategy, not an instrument; {code}"
    if (strategy["pnl_model"] or "repriced", strategy["cost_unit"] or "spread_bps") != (
        "repriced", "spread_bps",
    ):  # fmt: skip
        yield first_line, f"{code} must be repriced and pay its cost in spread_bps, as legs do"
    for column in OF_THE_LEGS:
        if strategy[column]:
            yield first_line, f"{column} of {code} must be empty, as each leg has its own"
    is_plain = (first["side"], first["ratio_rule"]) == ("sold", "notional")
    if not is_plain or float(first["ratio"]) != 1:
        yield first_line, "leg 1 must be sold at a notional ratio of 1: it is the unit of the rest"
    if first["instrument_code"] != strategy["instrument_code"]:
        wanted = strategy["instrument_code"]
        yield first_line, f"leg 1 must be in {wanted}; it was in {first['instrument_code']}"
    seen = set()
    for line, leg in rows:
        instrument = instruments[leg["instrument_code"]]
        if leg["instrument_code"] in seen:
            yield line, f"{code} must have one leg in {leg['instrument_code']}; it had two"
        seen.add(leg["instrument_code"])
        if instrument["data_set"] != instruments[first["instrument_code"]]["data_set"]:
            yield line, f"all legs of {code} must be of one data_set"
        if not float(instrument["transaction_cost_bps"] or 0) > 0:
            yield (
                line,
                f"{leg['instrument_code']} must have a transaction_cost_bps above 0 in a leg",
            )
        if bool(leg["beta_window_sessions"]) != (leg["ratio_rule"] == "beta"):
            given = leg["beta_window_sessions"] or "empty"
            yield (
                line,
                f"beta_window_sessions must be given for beta only; it was {given}",
            )


def _pair_signals(tables: dict[str, NumberedRows]) -> Found:
    """Return strategies of one instrument that follow a signal of pairs."""
    legged = {row["strategy_code"] for _, row in tables["strategy_legs"]}
    of_pairs = {
        row["signal_code"] for _, row in tables["signals"] if row.get("applies_to") == "pairs"
    }
    for line, row in tables["strategies"]:
        if row["signal_code"] in of_pairs and row["strategy_code"] not in legged:
            yield line, f"{row['signal_code']} needs legs: add rows to strategy_legs.csv"
    for _, row in tables["composites"]:
        if row["signal_code"] in of_pairs:
            yield 0, f"{row['signal_code']} must not be in a composite, which has one instrument"


def _portfolios(tables: dict[str, NumberedRows]) -> Found:
    strategies = {row["strategy_code"]: row for _, row in tables["strategies"]}
    enabled = {code for code, row in strategies.items() if row["is_enabled"] == "true"}
    for code, rows in _grouped(tables["portfolios"], "portfolio_code").items():
        line, first = rows[0]
        if code in strategies:
            yield line, f"portfolio_code must not be a strategy too; it was {code}"
        for column in OF_A_PORTFOLIO:
            if len({row[column] for _, row in rows}) > 1:
                yield line, f"all rows of {code} must have the same {column}"
        for number, row in rows:
            member = strategies.get(row["strategy_code"])
            if member is None or (first["is_enabled"] == "true") > (member["is_enabled"] == "true"):
                yield number, unknown("strategy_code", row["strategy_code"], enabled)
            elif member["method"] != "standard":
                yield number, f"members must be of method standard; {row['strategy_code']} is not"
        by_volatility = first["weighting"] == "volatility"
        if by_volatility != bool(first["target_volatility_usd"]):
            yield (
                line,
                f"target_volatility_usd of {code} must be given for volatility only",
            )
        total = sum(float(row["weight_ratio"]) for _, row in rows)
        if by_volatility and abs(total - 1) > WEIGHT_SUM_TOLERANCE_RATIO:
            yield line, f"the weights of {code} must sum to 1; they sum to {total:g}"


def _limits(tables: dict[str, NumberedRows]) -> Found:
    books = {
        code
        for name, key in (("portfolios", "portfolio_code"), ("strategies", "strategy_code"))
        for code, rows in _grouped(tables[name], key).items()
        if rows[0][1]["is_enabled"] == "true"
    }
    for line, row in tables["limits"]:
        if row["is_enabled"] == "true" and row["book_code"] not in books:
            yield line, unknown("book_code", row["book_code"], books)
        if row["limit_kind"] == "concentration" and float(row["bound_value"]) > 1:
            yield line, f"a concentration must be a share of at most 1; it was {row['bound_value']}"


def _grouped(rows: NumberedRows, key: str) -> dict[str, NumberedRows]:
    groups: dict[str, NumberedRows] = {}
    for line, row in rows:
        groups.setdefault(row[key], []).append((line, row))
    return groups
