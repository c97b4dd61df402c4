"""Header words to fields: which column of a spending table means what. The words stand in ``data/headers/uk_spend.toml``."""

from __future__ import annotations

import html
import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_NOISE = re.compile(r"\((?:t|gbp|£|€|\$|eur|usd|pounds?|sterling)\)|[^\w ]|_", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header may mean: a field, how good a sign of it (0 best), and what else it says (``tax``, ``date_kind``, a code scheme)."""

    field: str
    rank: int
    says: str = ""


def plain(header: str) -> str:
    """The header in plain form.

    >>> [plain(h) for h in (" NetAmount ", "* SUPPLIER FINAL", "Supplier Name(T)", "Amount (£)", "Capital/ Revenue", "HBC Ref No.")]
    ['net amount', 'supplier final', 'supplier name', 'amount', 'capital revenue', 'hbc ref no']
    """
    text = html.unescape(header).replace("Â£", "£").replace("\ufeff", "").strip()
    text = _CAMEL.sub(" ", text) if " " not in text or not text.isupper() else text
    return " ".join(_NOISE.sub(" ", text).replace("\ufffd", " ").casefold().split()).removesuffix(" t")


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("custodes") / "data" / "headers" / "uk_spend.toml").read_text("utf-8"))


def _nouns(field: str, words: list[str]) -> bool:
    """Does a header of these words hold a noun of the field and nothing that the field does not allow?"""
    table = _table()[field]
    nouns = set(table["nouns"])
    found = [word for word in words if word in nouns]
    if not found or not all(word in nouns or word in table["with"] for word in words):
        return False
    return len(words) > 1 or words[0] not in table.get("lone_not_enough", ())


@cache
def _compiled(field: str, part: str = "patterns") -> re.Pattern[str]:
    table = _table()[field]
    patterns = table[part] if isinstance(table, dict) else table
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


@lru_cache(maxsize=65_536)
def meanings(header: str) -> tuple[Meaning, ...]:
    """Every meaning a header may have, best first; empty when it means none of our fields."""
    text = plain(header)
    if not text and "£" not in header:
        return ()
    return _meanings(text)


@cache
def _meanings(text: str) -> tuple[Meaning, ...]:
    words = text.split()
    found = [*_identifiers(text), *_supplier(text, words), *_amount(text, words), *_date(text, words), *_body(text), *_numbers(text), *_description(text)]
    return tuple(sorted(found, key=lambda meaning: meaning.rank))


def _supplier(text: str, words: list[str]) -> list[Meaning]:
    if _nouns("supplier", words) or text in _table()["supplier"]["whole"]:
        return [Meaning("supplier", 0 if "name" in words or "final" in words else 1)]
    return [Meaning("supplier", 6)] if text in _table()["supplier"]["weak"] else []


def _amount(text: str, words: list[str]) -> list[Meaning]:
    """Net before unsaid before gross; the amount of a line before that of the invoice, which would stand there once per line."""
    table = _table()["amount"]
    if not (_nouns("amount", words) or text in table["whole"]):
        return []
    if "vat" in words and not {"of", "net", "gross", *table["net"], *table["gross"]} & set(words):
        return []
    tax = _tax(words)
    strong = {"amount", "value", "net", "gross", "spend", "amt"} & set(words)
    of_line = {"line", "distribution", "dist", "item"} & set(words)
    return [Meaning("amount", {"net": 0, "": 1, "gross": 2}[tax] + (0 if strong else 2) - (3 if of_line else 0), tax)]


def _tax(words: list[str]) -> str:
    """net / gross / "" (not said) from the words of an amount's header."""
    table = _table()["amount"]
    if "non" in words:
        return ""
    if any(word in table["net"] for word in words):
        return "net"
    return "gross" if any(word in table["gross"] for word in words) else ""


def _date(text: str, words: list[str]) -> list[Meaning]:
    table = _table()["date"]
    if text in table["period"]:
        return [Meaning("date", 7, "period")]
    if text in table["doubtful"]:
        return [Meaning("date", 6, "doubtful")]
    if not (_nouns("date", words) or text in table["whole"]):
        return []
    if set(words) & set(table["payment"]):
        return [Meaning("date", 0, "payment")]
    if set(words) & set(table["posting"]):
        return [Meaning("date", 3, "posting")]
    return [Meaning("date", 4, "invoice") if set(words) & set(table["invoice"]) else Meaning("date", 1, "payment")]


def _body(text: str) -> list[Meaning]:
    return [Meaning("body", rank) for rank, part in enumerate(("best", "good", "last")) if text in _table()["body"][part]]


def _identifiers(text: str) -> list[Meaning]:
    table = _table()
    found = [Meaning("identifier", 0, scheme) for scheme in table["identifiers"] if _scheme("identifiers", scheme).fullmatch(text)]
    found += [Meaning("code", 0, scheme) for scheme in table["codes"] if _scheme("codes", scheme).fullmatch(text)]
    return found


@cache
def _scheme(table: str, scheme: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in _table()[table][scheme]))


def _numbers(text: str) -> list[Meaning]:
    table = _table()
    found = [Meaning(field, 1) for field in ("supplier_id", "currency") if _compiled(field).fullmatch(text)]
    if text in table["transaction"]["line"]:
        found.append(Meaning("line", 1))
    refused = any(text.startswith(word) for word in table["transaction"]["not"])
    if not refused and _compiled("transaction").fullmatch(text):
        found.append(Meaning("transaction", 1 if "trans" in text or "doc" in text else 2))
    return found


def _description(text: str) -> list[Meaning]:
    """The three ranks of description, unless the header is a code or is known to be of no use."""
    if why_ignored_plain(text):
        return []
    return [Meaning("description", 10 + rank) for rank, part in enumerate(("first", "second", "third")) if _compiled("description", part).fullmatch(text)][:1]


def why_ignored(header: str) -> str:
    """Why a column of this header is known and not used, or ""."""
    return why_ignored_plain(plain(header))


@cache
def why_ignored_plain(text: str) -> str:
    """:func:`why_ignored` for a header in plain form."""
    for pattern, why in _table()["ignored"].items():
        if re.fullmatch(pattern, text):
            return str(why)
    return ""
