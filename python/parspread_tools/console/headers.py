"""Which header of a file is which column of the contract, by the words of both and by the values.

The names and meanings of columns are those of the sources; here stand only words of the trade that
mean the same as one of theirs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from parspread_tools.gate.files import names_of

# Words of vendors, and what the contract says.
TRADE_WORDS = {
    "amount": "amt issued_amt outst_outstanding os_outstanding amtout_outstanding size notional",
    "accrued": "acc accr ai int_interest",
    "basis": "des",
    "business": "bus",
    "clause": "restructuring restr xr",
    "closing": "close cls last settle adj level eod lst",
    "code": "id identifier cd key",
    "convertible": "conv",
    "count": "cnt",
    "country": "ctry domicile region jurisdiction",
    "coupon": "cpn couprt tcouprt couponrate",
    "coupons": "frequency freq ncoups",
    "currency": "ccy curr crncy curncy",
    "cusip": "cusip9 cusip8 cusipid",
    "date": "dt day dates asof observation caldt qdate tdate",
    "dated": "datdt tdatdt accrual start",
    "depth": "contributors contributor numcontributors",
    "entity": "reference",
    "held": "pubout tmpubout",
    "index": "indx underlying",
    "interest": "int",
    "issue": "security",
    "issuer": "company firm bond",
    "maturity": "mat mty matdt tmatdt matures redemption",
    "offering": "issuance offer iss",
    "outstanding": "outst os out face",
    "parameter": "param",
    "percent": "pct",
    "price": "px prc pricing prclean clean",
    "rating": "rtg moodys snp grade avrating quality",
    "recovery": "recov rr recoveryrate assumedrecovery",
    "red": "redentity",
    "seniority": "rank snrty priority sen lien",
    "series": "srs ser",
    "spread": "sprd spd oas zspread conventionalspread",
    "tenor": "term contractmaturity",
    "ticker": "tkr sym symbol shortname mnemonic name",
    "trade": "trd exctn execution traded",
    "treasury": "tsy ust govt",
    "type": "typ",
    "yield": "yld ytm yldpt tmyld ytw",
}
MEANT = {word: meaning for meaning, words in TRADE_WORDS.items() for word in words.split()}
NO_WORDS = {"the", "of", "in", "a", "as", "or", "and", "per", "for", "to", "at", "such", "is", "on"}
# A header is a column from this score on.
LEAST_SCORE = 0.45
IMPOSSIBLE = -9.0
CODES = {"CUSIP": r"(?=.*\d)[0-9A-Z*@#]{8,9}", "ISIN": r"[A-Z]{2}[0-9A-Z]{9}\d"}
TENOR = r"P?\d+(\.\d+)?\s?(M|Y|YR|MO)"
DAY = (
    r"\d{4}-\d{1,2}-\d{1,2}.*|\d{1,2}[/.-](\d{1,2}|[A-Za-z]{3})[/.-]\d{2,4}|\d{8}"
    r"|\d{1,2} ?[A-Za-z]{3} ?\d{2,4}"
)
NUMBER = r"[-+(]?[$]?[\d,]*\.?\d+([eE][-+]?\d+)?\)?%?"


@dataclass(frozen=True)
class Sampled:
    """A column of a file: its header and some of its values as text."""

    header: str
    values: tuple[str, ...]

    def share(self, pattern: str) -> float:
        """Return the share of values that a pattern fits."""
        hits = sum(bool(re.fullmatch(pattern, value.strip())) for value in self.values)
        return hits / len(self.values) if self.values else 0.0

    def median(self) -> float | None:
        """Return the median of the sizes of the values above zero; a percent sign divides."""
        sizes = [n for n in map(number_of, self.values) if n is not None and n != 0]
        return float(np.median(np.abs(sizes))) if sizes else None


def number_of(text: str) -> float | None:
    """Return the number that a text is, thousands and percent signs read as people do.

    >>> number_of("1,250.5"), number_of("2.5%"), number_of("n/a")
    (1250.5, 0.025, None)
    """
    plain = text.strip().replace(",", "").replace("$", "")
    try:
        return float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        return None


def split_words(text: str) -> list[str]:
    """Return the words of a header in lower case, split at capitals, digits and marks.

    >>> split_words("TRD_EXCTN_DT"), split_words("CompositeDepth5y")
    (['trd', 'exctn', 'dt'], ['composite', 'depth', '5y'])
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[a-zA-Z]{3})(?=\d)", " ", text)
    return [word.lower() for word in re.findall(r"[A-Za-z0-9]+", spaced)]


def meaning(text: str, vocabulary: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the words of a text in those of the contract; run-together words are taken apart."""
    words = [part for word in split_words(text) for part in _apart(word, vocabulary)]
    return frozenset(MEANT.get(word, word) for word in words) - NO_WORDS


@cache
def _apart(word: str, vocabulary: frozenset[str]) -> tuple[str, ...]:
    """Return the known words that a word is made of, or the word."""
    if word in MEANT or word in vocabulary:
        return (word,)
    for cut in range(len(word) - 2, 2, -1):
        if word[:cut] in MEANT or word[:cut] in vocabulary:
            rest = _apart(word[cut:], vocabulary)
            if all(part in MEANT or part in vocabulary for part in rest):
                return (word[:cut], *rest)
    return (word,)


def vocabulary_of(contract: list[Mapping[str, Any]]) -> frozenset[str]:
    """Return the words of the contract, of three letters or more."""
    texts = [t for e in contract for c in e["columns"] for t in (c["name"], c["description"])]
    texts += [e["table"] for e in contract]
    return frozenset(w for text in texts for w in split_words(text) if len(w) > 2 or w[0].isdigit())


def name_score(
    header: str, column: Mapping[str, Any], vocabulary: frozenset[str], table: str = ""
) -> float:
    """Return from 0 to 1 how much a header says that it is a column of a table."""
    compact = re.sub(r"[^a-z0-9]", "", header.lower())
    best = 0.0
    for name in names_of(column):
        plain = re.sub(r"[^a-z0-9]", "", name.lower())
        if compact == plain:
            return 1.0
        alike = difflib.SequenceMatcher(None, compact, plain).ratio()
        best = max(best, 0.85 * alike if alike > 0.7 else 0.0)
    own = [meaning(name, vocabulary) for name in names_of(column)]
    said = meaning(re.split(r"[.,;:]| as a ", column["description"])[0], vocabulary)
    given = meaning(header, vocabulary) - meaning(table)
    for words in (*own, said):
        shared = len(given & words)
        if shared and given:
            known = len(given & (words | said | own[0])) / len(given)
            best = max(best, 1.8 * known * shared / (known * len(words) + shared))
    return best


def value_score(sampled: Sampled, column: Mapping[str, Any]) -> float:
    """Return how well the values suit a column: `IMPOSSIBLE`, or up to 0.4 more or less."""
    if not sampled.values:
        return 0.0
    meta, kind = column["meta"], column["data_type"]
    day, number = sampled.share(DAY), sampled.share(NUMBER)
    if kind in ("date", "timestamp"):
        return 0.3 if day > 0.7 else IMPOSSIBLE
    if kind in ("double", "integer"):
        if number < 0.7 or sampled.share(r"\d{4}-\d\d-\d\d.*") > 0.7:
            return IMPOSSIBLE
        return 0.2 if "median_min" in meta and unit_note(sampled, column) is None else 0.0
    if sampled.share(r"\d{4}-\d\d-\d\d.*") > 0.7:
        return IMPOSSIBLE
    if code := CODES.get(meta.get("code_kind", "")):
        return 0.35 if sampled.share(code) > 0.7 else IMPOSSIBLE
    other = [name for name, pattern in CODES.items() if sampled.share(pattern) > 0.9]
    if "enor" in column["description"][:5]:
        return 0.35 if sampled.share(TENOR) > 0.7 else -0.2
    if meta.get("is_code"):
        return 0.0
    return -0.4 if other or number > 0.9 or sampled.share(TENOR) > 0.9 else 0.0


def unit_note(sampled: Sampled, column: Mapping[str, Any]) -> str | None:
    """Return what to say of values in another unit than the contract's, or None."""
    meta, median = column["meta"], sampled.median()
    if "median_min" not in meta or median is None:
        return None
    low, high = meta["median_min"], meta["median_max"]
    if low <= median <= high:
        return None
    return (
        f"must be in {meta['unit']}, typically {low:g} to {high:g}; half of the values are above "
        f"{median:g}; {meta['hint']}"
    )


def matched(
    entry: Mapping[str, Any], file: list[Sampled], vocabulary: frozenset[str]
) -> tuple[dict[str, Sampled], float]:
    """Return the header of every column that has one, and the score of all of them together."""
    columns, table = entry["columns"], entry["table"]
    score = np.array(
        [
            [name_score(s.header, c, vocabulary, table) + value_score(s, c) for s in file]
            for c in columns
        ]
    )
    rows, places = linear_sum_assignment(np.where(score >= LEAST_SCORE, score, 0), maximize=True)
    found = {
        columns[row]["name"]: file[place]
        for row, place in zip(rows, places, strict=True)
        if score[row, place] >= LEAST_SCORE
    }
    kept = score[rows, places]
    required = [bool(columns[row]["meta"].get("required")) for row in rows]
    weights = np.where(required, 1.0, 0.4)
    return found, float((weights * np.where(kept >= LEAST_SCORE, kept, 0)).sum())
