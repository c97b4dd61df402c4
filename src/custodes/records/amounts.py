"""Amounts of money as tables write them, to one canonical decimal text.

Understood: ``448.26``, ``1,812.80``, ``£448.26``, ``-£5``, ``£-5.00``, ``(1,234.50)``, ``24.86-``, ``12.50CR``, ``-1.82E-12``, ``1 234.50``, a lone
accountant's dash for nought. Refused: commas that do not part thousands (``1,23``), more than one number, words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

_PLAIN = re.compile(r"-?(?:[1-9]\d{0,14}|(?<!-)0)(?:\.\d{1,4})?\Z", re.ASCII)
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3}){1,4}(?:\.\d{1,4})?\Z", re.ASCII)
_SIGNS = "£€$\ufffd"
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d{1,19})?(?:\.\d*)?(?:e[+-]?\d{1,3})?$", re.ASCII | re.IGNORECASE)
_TAIL = re.compile(r"\s*(cr|dr|gbp|eur|usd)\.?$", re.IGNORECASE)
_HEAD = re.compile(r"^(gbp|eur|usd)\s*", re.IGNORECASE)
_STEP = Decimal("0.0001")
_LIMIT = Decimal(10) ** 19

SIGNS = {"£": "GBP", "€": "EUR", "$": "USD"}
"""Currency signs that a cell or header may carry; ``$`` stands alone only where nothing else says the currency."""


def canonical(text: str) -> str | None:
    """The amount in ``text`` as shortest plain decimal (at most four places, halves to even); None when it cannot be understood.

    >>> [canonical(t) for t in ("1,812.80", "£448.26", "24.86-", "(1,234.50)", "-1.82E-12", " - ", "1,23", "n/a", "")]
    ['1812.8', '448.26', '-24.86', '-1234.5', '0', '0', None, None, None]
    """
    return _shortest(text) if _PLAIN.match(text) else _unusual(text.strip())


def canonical_all(cells: Sequence[str]) -> list[str | None]:
    """:func:`canonical` over a column."""
    plain = _PLAIN.match
    return [
        (cell.rstrip("0").rstrip(".") if "." in cell else cell) if plain(cell) else canonical(cell.replace(",", "") if _THOUSANDS.match(cell) else cell)
        for cell in cells
    ]


def _shortest(text: str) -> str:
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short in ("-0", "") else short


def _unusual(text: str) -> str | None:
    negative, body = _strip_signs(text.replace("\xa0", " ").replace("Â£", "£").replace("−", "-").replace("–", "-"))
    if body in ("", "-"):
        return "0" if body == "-" or (negative and text.strip(_SIGNS + " ") == "-") else None
    if not _NUMBER.match(body) or not any(c.isdigit() for c in body):
        return None
    try:
        value = Decimal(body.replace(",", "").replace(" ", ""))
        if abs(value) >= _LIMIT:
            return None
        value = value.quantize(_STEP)
    except InvalidOperation:
        return None
    return _shortest(format(-value if negative else value, "f"))


def _strip_signs(text: str) -> tuple[bool, str]:
    """Is it negative, and what is left when brackets, minus, currency signs and CR/DR are gone."""
    negative = text.startswith("(") and text.endswith(")")
    body = text[1:-1].strip() if negative else text
    if tail := _TAIL.search(body):
        negative ^= tail[1].lower() == "cr"
        body = body[: tail.start()].strip()
    signed = False
    for _ in range(3):
        body = _HEAD.sub("", body.strip(_SIGNS + " "))
        if not signed and len(body) > 1 and (body[0] in "+-") != (body[-1] == "-"):
            negative ^= "-" in (body[0], body[-1])
            body, signed = body[1:] if body[0] in "+-" else body[:-1], True
    return negative, body.strip()


def other_currency(default: str) -> str:
    """A pattern (Python and RE2) for cells that may carry another currency than ``default``."""
    return "(?i)[€$]|eur|usd" if default == "GBP" else "(?i)[£€$]|eur|usd|gbp|sterling"


def currency_of(text: str) -> str:
    """The currency whose sign or code stands in a header or cell ("Net Amount (£)", "Value GBP"), or "".

    >>> currency_of("Net Amount (£)"), currency_of("Amount in EUR"), currency_of("Amount")
    ('GBP', 'EUR', '')
    """
    for sign, code in SIGNS.items():
        if sign in text:
            return code
    found = re.search(r"\b(GBP|EUR|USD|sterling|euros?)\b", text, re.IGNORECASE)
    return {"STERLING": "GBP", "EURO": "EUR", "EUROS": "EUR"}.get(found[1].upper(), found[1].upper()) if found else ""
