"""Codes of the catalogs that a reader, or a build, may take for one another."""

from __future__ import annotations

import datetime
import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping

from parspread_tools.gate.files import clipped

# Letters of other scripts that look like Latin ones, in lower case.
LOOK_ALIKES = str.maketrans("абвгеікмнорсутхѕјԁԛԝαβεικνορτυχ", "abbreikmhopcytxsjdqwabeikvoptux")

# An accepted loss is looked at again after so long.
ACCEPTED_MAX_DAYS = 366

Row = dict[str, str]
NumberedRows = list[tuple[int, Row]]


def check_spellings(name: str, rows: NumberedRows, key: Iterable[str]) -> list[str]:
    """Return codes that differ in case, blanks or letters that look alike only, one line each."""
    errors = []
    for column in key:
        spellings: dict[str, dict[str, int]] = {}
        for line, row in rows:
            code = row.get(column) or ""
            spellings.setdefault(skeleton(code), {}).setdefault(code, line)
        errors += [
            f"{name}.csv: {column} must not have codes that differ in case, blanks or look-alike "
            "letters only; it had "
            + " and ".join(f"{code[:60]!a} (line {line})" for code, line in found.items())
            + "; correct all but one"
            for found in spellings.values()
            if len(found) > 1
        ]
    return errors


def skeleton(code: str) -> str:
    """Return a code as a hurried reader sees it."""
    letters = unicodedata.normalize("NFKC", code).casefold().translate(LOOK_ALIKES)
    seen = (letter for letter in letters if unicodedata.category(letter) not in ("Cf", "Mn"))
    return "".join("".join(seen).split())


def check_instruments(rows: NumberedRows) -> list[str]:
    """Return enabled instruments that claim the same quotes."""
    errors = []
    taken: dict[tuple[str, ...], str] = {}
    for line, row in rows:
        if row["is_enabled"] != "true":
            continue
        errors += [f"instruments.csv line {line}: {message}" for message in _check_names(row)]
        for name in {name.strip().upper() for name in row["vendor_names"].split(";")}:
            tenor = row["tenor_code"].strip().upper()
            quotes = (row["data_set"], name, tenor, row["series_policy"])
            other = taken.setdefault(quotes, row["instrument_code"])
            if other != row["instrument_code"]:
                errors.append(
                    f"instruments.csv line {line}: vendor_names, tenor_code and series_policy must "
                    f"be those of one instrument; {name} {tenor} is also {other}; "
                    "disable or correct one"
                )
                break
    return errors


def check_meanings(tables: Mapping[str, NumberedRows]) -> list[str]:
    """Return numbers and days within their bounds that contradict what stands beside them."""
    errors = []
    enabled = [r for _, r in tables["instruments"] if r["is_enabled"] == "true"]
    if not any(row["data_set"] == "desk" for row in enabled):
        errors.append("instruments.csv: an instrument of data_set desk must be enabled; none was")
    for line, row in tables["cds_tenors"]:
        code = re.fullmatch(r"(\d+)([MY])", row["tenor_code"])
        years = int(code[1]) / (12 if code[2] == "M" else 1) if code else None
        if years != float(row["tenor_years"]):
            errors.append(
                f"cds_tenors.csv line {line}: tenor_years must be those of tenor_code; it was "
                f"{row['tenor_code']} with {row['tenor_years']}"
            )
    ranks: dict[float, int] = {}
    for line, row in tables["cds_doc_clauses"]:
        first = ranks.setdefault(float(row["preference_number"]), line)
        if first != line:
            errors.append(
                f"cds_doc_clauses.csv line {line}: preference_number must be that of one clause; "
                f"{row['preference_number']} is also on line {first}"
            )
    for line, row in tables["analysis_periods"]:
        if row["first_date"] and row["last_date"] and row["first_date"] > row["last_date"]:
            errors.append(
                f"analysis_periods.csv line {line}: first_date must not be after last_date; it was "
                f"{row['first_date']} against {row['last_date']}"
            )
    last_day = datetime.date.today() + datetime.timedelta(days=ACCEPTED_MAX_DAYS)
    for line, row in tables["accepted_losses"]:
        if row["until_date"] > last_day.isoformat():
            errors.append(
                f"accepted_losses.csv line {line}: until_date must be at most {ACCEPTED_MAX_DAYS} "
                f"days ahead, or nobody looks at the loss again; it was {row['until_date']}"
            )
    return errors


def _check_names(row: Row) -> list[str]:
    """Return names of an instrument that no quote would have, and a tenor of another length."""
    errors = []
    tenor = re.fullmatch(r"(\d+)([MY])", row["tenor_code"])
    months = int(tenor[1]) * (12 if tenor[2] == "Y" else 1) if tenor else None
    if float(row["tenor_months_count"] or "nan") != months:
        errors.append(
            "tenor_code must be such as 5Y, of tenor_months_count months; it was "
            f"{row['tenor_code']} with {row['tenor_months_count']}; correct one of them"
        )
    # A basis point a year costs 100 dollars a million, for as long as the index lives and survives.
    dv01, years = float(row["dv01_usd_per_bp_per_mm"]), (months or 0) / 12
    if months and not 10 * years <= dv01 <= 110 * years:
        errors.append(
            f"dv01_usd_per_bp_per_mm must be from {10 * years:g} to {110 * years:g} for a tenor of "
            f"{years:g} years; it was {row['dv01_usd_per_bp_per_mm']}"
        )
    lowest, highest = (float(row[f"plausible_{end}_bps"] or "nan") for end in ("min", "max"))
    if highest < 2 * lowest:
        errors.append(
            "plausible_max_bps must be at least twice plausible_min_bps, or sound quotes are left "
            f"out; it was {highest:g} against {lowest:g}"
        )
    if not re.fullmatch(r"on_the_run|hold|series [1-9]\d{0,2}", row["series_policy"]):
        errors.append(
            "series_policy must be on_the_run, hold or series N such as series 9; it was "
            f"{row['series_policy'][:60]}; correct it"
        )
    for column, separator in (("vendor_names", ";"), ("etf_ticker", None)):
        names = row[column].split(separator) if separator else [row[column]]
        wrong = [n for n in names if n != n.strip() or not n or (not separator and n != n.upper())]
        if wrong and row[column]:
            errors.append(
                f"{column} must be as quotes are compared with it, without blanks around"
                f"{' and in capitals' if not separator else ' each and none empty'}; "
                f"it was '{wrong[0]}'; correct it"
            )
    return errors


def unknown(column: str, value: str, known: Iterable[str]) -> str:
    """Say that `value` is not a known word, and which one is nearest."""
    words = sorted(known)
    nearest = difflib.get_close_matches(value, words, n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    shown = ", ".join(words[:40]) + (f" and {len(words) - 40} more" if len(words) > 40 else "")
    return f"{column} must be one of {clipped(shown, 600)}; it was {clipped(value, 60)}{hint}"
