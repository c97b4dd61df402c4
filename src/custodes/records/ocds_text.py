"""Cells of an OCDS release: clean texts, days, codes and identifiers. Pure; the same value gives the same cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from typing import TypeGuard

from custodes.records.ocds_shapes import Id
from custodes.records.persons import is_natural_person

_ORG_ID = re.compile(r"([A-Z]{2,3}-[A-Z0-9_]{2,12})-(\S.*)")
_COMPANY = re.compile(r"([A-Za-z]{2})?(\d{1,8})")
_FRAMEWORK = re.compile(r"\bframeworks?\b|\bdynamic purchasing system\b|\bDPS\b|\bacuerdo marco\b|\baccord[- ]cadre\b|\brahmenvertrag\b", re.I)
_NO_CEILING = re.compile(
    r"call[- ]?off|further competition|mini[- ]?compet|direct award|\b(?:via|under|from|through|using|on|by|per|off)\b[^|]{0,60}\bframework"
    r"|\b(?:evaluation|assessment|competency|competence|policy|outcomes?|governance|quality|performance|risk|legal|monitoring|inspection)"
    r"\s+framework",
    re.I,
)
_COMPANY_END = re.compile(r"\b(?:ltd|limited|plc|llp|llc|inc|corp|gmbh|s\.?a\.?s?|s\.?r\.?l|b\.?v|council)\.?$", re.I)
_COMPACT_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\D|$)")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_EIGHT = re.compile(r"(\d{8})(?:\d{2}|-\d{1,3})?$")


def clean(text: str | None) -> str:
    """Text with HTML entities decoded (twice, since some publishers encode twice) and runs of blanks made one; nothing else is changed."""
    if not text:
        return ""
    if "&" in text and ";" in text:
        text = " ".join(unescape(unescape(text)).split())
    if "\n" in text or "  " in text or "\r" in text or "\t" in text or "\xa0" in text:
        return " ".join(text.split())
    return text.strip()


def joined_clean(parts: Iterable[str | None]) -> str:
    """Texts clean and in their order, each once. The same as ``joined`` of ``clean``, without a call for each text."""
    found = []
    for text in dict.fromkeys(parts):
        if text:
            if "&" in text or "\n" in text or "  " in text or "\r" in text or "\t" in text or "\xa0" in text:
                found.append(clean(text))
            else:
                found.append(text.strip())
    return joined(found)


def joined(parts: list[str]) -> str:
    """Texts in their order, each once."""
    return " | ".join(dict.fromkeys(filter(None, parts))) if len(parts) > 1 else parts[0] if parts else ""


def plain_id(value: Id) -> str:
    """An id as text."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def day(text: str | None) -> str:
    """The ISO date at the beginning of a date-time; empty when there is none or it is the zero date of some database (year 0001, 1900 or 9999)."""
    return _day(text[:10]) if text else ""


@lru_cache(maxsize=16_384)
def _day(text: str) -> str:
    match = _DAY.fullmatch(text) or _COMPACT_DAY.match(text)
    if match is None or not ("1950" < match.group(1) < "2100" and "01" <= match.group(2) <= "12" and "01" <= match.group(3) <= "31"):
        return ""
    return "-".join(match.groups())


@lru_cache(maxsize=16_384)
def code_text(scheme: str | None, code_id: Id, schema: str | None = None) -> str:
    """``CPV:32323500``, ``UNSPSC:46171610`` (first eight digits, no check digit), other schemes ``scheme:id`` as published, no scheme: the id."""
    identifier, scheme = plain_id(code_id), (scheme or "").strip()
    if not identifier:
        return ""
    name, eight = scheme.upper(), _EIGHT.match(identifier)
    if eight and (name in ("CPV", "CPV2008", "CPV 2008") or name.startswith("UNSPSC")):
        return f"{name[:3] if name.startswith('CPV') else 'UNSPSC'}:{eight.group(1)}"
    if eight and _is_dncp(f"{scheme} {schema}"):
        return f"UNSPSC:{eight.group(1)}"
    return f"{scheme}:{identifier}" if name else identifier


def _is_dncp(scheme: str) -> bool:
    """The catalogue of Paraguay's DNCP is UNSPSC with three digits more (``42201810-001``)."""
    return "DNCP" in scheme or "Dirección Nacional de Contrataciones" in scheme


@lru_cache(maxsize=16_384)
def identifiers(scheme: str, published_id: str | int) -> tuple[str, ...]:
    """An identifier as ``scheme:id``; a British company number (GB-COH) with its lost leading zeros put back, and then also as published.

    >>> identifiers("GB-COH", "158718")
    ('GB-COH:00158718', 'GB-COH:158718')
    """
    scheme, identifier = scheme.strip(), str(published_id).strip()
    published = f"{scheme}:{identifier}" if scheme else identifier
    match = _COMPANY.fullmatch(identifier) if scheme == "GB-COH" else None
    if match is None:
        return (published,)
    letters, digits = (match.group(1) or "").upper(), match.group(2)
    whole = f"{scheme}:{letters}{digits.zfill(8 - len(letters))}"
    return (whole,) if whole == published else (whole, published)


@lru_cache(maxsize=16_384)
def party_identifiers(party_id: str) -> tuple[str, ...]:
    """Identifiers that a party id holds: ``GB-COH-158718`` and its like (org-id.guide). A local id (``org-3``, ``1``) identifies nobody elsewhere."""
    match = _ORG_ID.fullmatch(party_id)
    return identifiers(match.group(1), match.group(2)) if match else ()


_NO_IDS = frozenset(("", "0", "1", 0, 1, None))


def says_something(identifier: Id) -> TypeGuard[str | int]:
    """Is this an identifier, and not one of the fillers that publishers write where they have none?"""
    return identifier not in _NO_IDS


@lru_cache(maxsize=16_384)
def held_identifiers(party_id: Id, scheme: str | None, code_id: Id) -> tuple[str, ...]:
    """Identifiers of a party, each once: the registry's, then what the party id holds.

    >>> held_identifiers("GB-COH-158718", None, None), held_identifiers("org-3", "GB-COH", "0")
    (('GB-COH:00158718', 'GB-COH:158718'), ())
    """
    held = party_identifiers(party_id) if isinstance(party_id, str) else ()
    if says_something(code_id):
        held = identifiers(scheme or "", code_id) + held
    return tuple(dict.fromkeys(held)) if len(held) > 1 else held


def is_ceiling(titles: str, method: str = "") -> bool:
    """Do these titles speak of a framework under which others will buy, and neither they nor the method of a call-off from one?

    >>> is_ceiling("Framework for Capital Building Works"), is_ceiling("CCTV via framework RM6259"), is_ceiling("Staffing Framework", "Call-off")
    (True, False, False)
    """
    low = titles.lower()
    if not ("framework" in low or "purchasing" in low or "dps" in low or "marco" in low or "accord" in low or "rahmen" in low):
        return False
    return bool(_FRAMEWORK.search(titles)) and not _NO_CEILING.search(f"{method} | {titles}")


@lru_cache(maxsize=16_384)
def named(published: str) -> tuple[str, bool]:
    """A published name clean, and whether it is a natural person's."""
    name = clean(published)
    return name, bool(name) and natural_name(name)


@lru_cache(maxsize=16_384)
def natural_name(name: str) -> bool:
    """Is this supplier's name a natural person's? A legal form at its end settles it without a closer look."""
    # The longest legal form with its stop has eight letters, so a look at the last nine is enough.
    return not _COMPANY_END.search(name, max(0, len(name) - 9)) and (is_natural_person(name) or "natural person" in name.casefold())
