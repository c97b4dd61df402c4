"""What readers of official lists share: an entry of a list as one PARTY and one LISTING per period, countries, and dates as lists write them.

A list says its dates in its own manner (``03 Jun 2021``, ``06/21/2022``, ``June 21, 2022``) and its citations bear dates too (``84 FR 54004, 10/9/19``). All
become ISO dates; what is no date becomes empty, never a guess.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from custodes.records.list_effects import effects
from custodes.records.list_names import script_of
from custodes.records.rowstream import Account
from custodes.values import key_of

OFFICIAL, ALIAS, FORMER, WEAK = "official_list_name", "official_alias", "former_name", "weak"
"""Kinds of names: as the list spells it, its other names, names it no longer bears, names the list itself calls weak."""

PERSON = "natural person"
NOT_ORGANISATION = "not an organisation: ship or aircraft"
"""Reasons for which an entry is left out."""

_MONTHS = {name: n for n, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_SHAPES = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d\d?)-(?P<d>\d\d?)"),
    re.compile(r"(?P<d>\d\d?)[ -](?P<mon>[A-Za-z]{3,9})\.?[ -](?P<y>\d{4})"),
    re.compile(r"(?P<mon>[A-Za-z]{3,9})\.? (?P<d>\d\d?)(?:st|nd|rd|th)?,? (?P<y>\d{4})"),
)
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}|\d\d)(?!\d)")
_CITED = re.compile(r"\d+ ?F\. ?R\.? ?\d+|\d+ FR \d+")
_EXTRA_COUNTRIES = {
    "crimea": "UA", "burma": "MM", "macau": "MO", "kingdom of saudi arabia": "SA", "u.s.": "US", "u.k.": "GB", "uae": "AE", "u.a.e.": "AE", "korea, north": "KP",
    "korea, south": "KR", "west bank": "PS", "gaza": "PS", "congo, democratic": "CD", "democratic republic of the congo": "CD", "congo, republic": "CG",
    "turkey": "TR", "hong kong": "HK", "china, hong kong": "HK", "china, macao": "MO", "iran (": "IR", "palestin": "PS", "cote d": "CI", "bahamas": "BS", "the gambia": "GM",
    "virgin islands, british": "VG", "undetermined": "",
}  # fmt: skip
"""How names of countries begin on these lists that are not the country's own name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an official list about an organisation. ``names``: (name, kind), the official one first; dates are ISO or empty.

    ``effect``: what the listing does in law, when the entry itself says it; else the table of lists does.
    """

    party_id: str
    code: str
    names: tuple[tuple[str, str], ...]
    country: str = ""
    identifiers: tuple[str, ...] = ()
    designated: str = ""
    effective: str = ""
    published: str = ""
    ended: str = ""
    citation: str = ""
    note: str = ""
    ground: str = "unknown"
    ground_citation: str = ""
    effect: str = ""
    listed_name: str = ""
    maker_id: str = ""
    first_seen: str = ""


def put(account: Account, reader: str, seen: Counter[str], place: str, entry: Entry) -> None:
    """Add the PARTY and the LISTING of an entry. ``seen`` counts entries per party, so that two equal ones keep two keys."""
    seen[entry.party_id] += 1
    put_party(account, reader, place, entry, seen[entry.party_id])
    put_listing(account, reader, place, entry, seen[entry.party_id])


def put_party(account: Account, reader: str, place: str, entry: Entry, number: int = 1) -> None:
    """Add the PARTY of an entry."""
    effect = entry.effect or effects().get(entry.code, "")
    named = [{"name": name, "kind": kind, "script": script_of(name)} for name, kind in _distinct(entry.names)]
    account.add("PARTY", place, {
        "record_key": key_of("PARTY", reader, entry.party_id, str(number)), "party_id": entry.party_id, "maker_id": entry.maker_id,
        "name": entry.names[0][0], "names": named, "country": entry.country, "identifiers": sorted(set(entry.identifiers)),
        "topics": [effect] if effect else [], "source": entry.code,
    })  # fmt: skip


def put_listing(account: Account, reader: str, place: str, entry: Entry, number: int = 1) -> None:
    """Add the LISTING of an entry: one period."""
    account.add("LISTING", place, {
        "record_key": key_of("LISTING", reader, entry.party_id, entry.code, str(number)), "party_id": entry.party_id, "maker_id": entry.maker_id,
        "list": entry.code, "listed_name": entry.listed_name or entry.names[0][0], "legal_effect": entry.effect or effects().get(entry.code, ""),
        "ground": entry.ground, "ground_citation": entry.ground_citation, "designated": entry.designated, "effective": entry.effective,
        "published": entry.published, "first_seen": entry.first_seen, "ended": entry.ended, "citation": entry.citation, "note": entry.note[:2000],
    })  # fmt: skip


def _distinct(names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each spelling once, under the first kind it came with."""
    found: dict[str, str] = {}
    for name, kind in names:
        found.setdefault(name, kind)
    return [(name, kind) for name, kind in found.items() if name]


def local_id(code: str, *parts: str) -> str:
    """An id for an entry of a list that has none: the list's code and a digest of what tells its entries apart."""
    return f"{code}:{key_of(*(plain(part) for part in parts))[:16]}"


def plain(text: str) -> str:
    """Words of a text in lower case, without marks: ``Co.,Ltd.`` and ``CO., LTD`` are the same."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def iso(text: str) -> str:
    """The first date in a text as ISO; '' without one. Slashes are read in the American order (:func:`uk_iso` reads them in the British).

    >>> iso("03 Jun 2021"), iso("June 21, 2022"), iso("09/18/2015"), iso("4/8/99"), iso("2021-06-03T00:00:00Z"), iso("Sept. 2, 2015"), iso("soon")
    ('2021-06-03', '2022-06-21', '2015-09-18', '1999-04-08', '2021-06-03', '2015-09-02', '')
    """
    found = _first(text)
    return found[1] if found else ""


def uk_iso(text: str) -> str:
    """As :func:`iso`, with the day before the month.

    >>> uk_iso("31/12/2020"), uk_iso("13-Feb-2026")
    ('2020-12-31', '2026-02-13')
    """
    if match := _SLASHED.search(text):
        return _day(match[3], match[2], match[1])
    return iso(text)


def _first(text: str) -> tuple[int, str] | None:
    """Place and value of the first date in a text."""
    found = []
    for shape in _SHAPES:
        for match in shape.finditer(text):
            parts = match.groupdict()
            month = parts.get("m") or _MONTHS.get((parts.get("mon") or "")[:3].lower(), 0)
            if day := _day(parts["y"], str(month), parts["d"]):
                found.append((match.start(), day))
                break
    if (slashed := _SLASHED.search(text)) and (day := _day(slashed[3], slashed[1], slashed[2])):
        found.append((slashed.start(), day))
    return min(found) if found else None


def _day(year: str, month: str, day: str) -> str:
    number = int(year) if len(year) == 4 else int(year) + (1900 if int(year) > 60 else 2000)
    try:
        return date(number, int(month), int(day)).isoformat()
    except ValueError:
        return ""


def cited_date(citation: str) -> str:
    """The day on which the first rule of a citation of the Federal Register was published: the entry's own rule, later ones only changed it.

    >>> cited_date("84 FR 54004, 10/9/19. 85 FR 34505, 6/5/20"), cited_date("91 FR 35189 (June 10, 2026)"), cited_date("80 F.R 57572 9/24/15 "), cited_date("86 FR 67319")
    ('2019-10-09', '2026-06-10', '2015-09-24', '')
    """
    places = [match.end() for match in _CITED.finditer(citation)]
    if not places:
        return ""
    end = places[1] if len(places) > 1 else len(citation)
    return iso(re.sub(r"preview citation details|\s+", " ", citation[places[0] : end]))


@lru_cache(maxsize=4096)
def country_code(name: str) -> str:
    """ISO 3166 code (upper case) of a country by its name or code as lists write it; '' when it is not known.

    >>> country_code("China"), country_code("Burma"), country_code("Crimea Region of Ukraine"), country_code("cn"), country_code("nowhere")
    ('CN', 'MM', 'UA', 'CN', '')
    >>> country_code("CHINA, PEOPLE'S REPUBLIC OF"), country_code("Congo, Democratic Republic of the")
    ('CN', 'CD')
    """
    text = " ".join(name.split()).removeprefix("Region: ").strip(" .,;")
    if not text:
        return ""
    for start, code in _EXTRA_COUNTRIES.items():
        if text.casefold().startswith(start):
            return code
    before, comma, after = text.partition(", ")
    ways = (text, f"{after} {before}", before) if comma else (text,)
    return next((code for look in (_own, _among_all) for way in ways if (code := look(way))), "")


def _own(text: str) -> str:
    """By code, or by the country's own name."""
    from rigour.territories import get_territory

    if not re.fullmatch(r"[A-Za-z]{2}", text):
        return _own_names().get(plain(text), "")
    found = get_territory(text.lower())
    return str(found.code).upper() if found is not None and len(found.code) == 2 else ""


def _among_all(text: str) -> str:
    """Among all names that are known of countries and of places in them: they take a second to load."""
    from rigour.territories import lookup_territory

    found = lookup_territory(text)
    return str(found.code).upper()[:2] if found is not None else ""


@cache
def _own_names() -> dict[str, str]:
    from rigour.territories import get_territories

    return {plain(name): str(each.code).upper() for each in get_territories() if len(each.code) == 2 for name in (each.full_name, each.name)}
