"""The watchlist made ready for matching: patterns compiled and tables keyed, once per process and version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from custodes.findings.links import followed, of_makers
from custodes.findings.names import normalise, org_name, with_form
from custodes.findings.resembling import Resembling, resembling
from custodes.findings.text import RAW, either, fold, loose
from custodes.findings.watchlist import Watchlist, names_of
from custodes.findings.weights import OWNED

Row = Mapping[str, Any]

WEAK_TIERS = ("near", "around")
"""Tiers of codes that count beside a word. The tier ``weak`` (all of security, all of repair) says nothing."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word, product line or model form that betrays a maker. ``pattern`` is tried on folded text."""

    pattern: re.Pattern[str]
    maker_id: str
    brand: str
    word: str
    kind: str
    equipment: str = ""
    product_class: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A name under which a maker, a company tied to one, or a party of the case's own lists is known.

    ``who``: the id under which findings on that party stand; ``joined``: why, where it is not its own; ``unit_of``: the maker whose company it is.
    """

    name: str
    kind: str
    alone: str
    maker_id: str = ""
    subject: str = ""
    party_id: str = ""
    who: str = ""
    joined: str = ""
    unit_of: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """One line of surveillance_words.csv."""

    word: str
    kind: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Triggers:
    """Patterns of the prefilter (RE2, upper or lower case alike): ``words`` for any text, ``signs`` for descriptions, ``supplier_signs``,
    ``names`` for squeezed and ``short_names`` for plain supplier names (both also as the exact path's own test), ``codes``."""

    words: str
    signs: str
    supplier_signs: str
    names: str
    short_names: str
    codes: str
    name_gate: re.Pattern[str]
    short_name_gate: re.Pattern[str]


@dataclass(frozen=True)
class Compiled:
    """Everything a rule looks at. Keys of ``names`` and ``links`` are normalised names; ``codes`` maps a code to (tier, label). ``units``: listings that a
    company of a maker has under its own name, by maker and that name.

    ``seen`` and ``suppliers`` are memories of what came before: they save time and change no answer.
    """

    version: str
    words: tuple[Word, ...]
    names: Mapping[str, tuple[Name, ...]]
    links: Mapping[str, tuple[Row, ...]]
    listings: Mapping[str, tuple[Row, ...]]
    units: Mapping[tuple[str, str], tuple[Row, ...]]
    makers: Mapping[str, Row]
    lists: Mapping[str, Row]
    signs: Mapping[str, tuple[Sign, ...]]
    codes: Mapping[str, tuple[str, str]]
    device_tables: Mapping[str, list[dict[str, Any]]]
    brand_equipment: Mapping[str, str]
    namesakes: frozenset[str]
    not_these: re.Pattern[str] | None
    any_word: re.Pattern[str]
    any_sign: Mapping[str, re.Pattern[str]]
    triggers: Triggers
    party_keys: frozenset[str]
    resembling: Resembling
    seen: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    suppliers: dict[str, int] = field(default_factory=dict, repr=False, compare=False)


@lru_cache(maxsize=4)
def compiled(watchlist: Watchlist) -> Compiled:
    """The compiled form of a watchlist; kept per process, keyed by version."""
    confusables = [row["name"] for row in watchlist.rows("confusables") if row["name"]]
    words = (*_words(watchlist), *_names_as_words(watchlist))
    links = (*watchlist.rows("links"), *_case_links(watchlist))
    names = _names(watchlist, links)
    signs = _signs(watchlist)
    codes = {str(row["code"]).split("-")[0]: (str(row["tier"]).split(":")[0], str(row.get("label") or "")) for row in watchlist.rows("codes")}
    listings, units = _listings(watchlist, {with_form(name) for name in confusables})
    word_patterns = [word.pattern.pattern for word in words]
    return Compiled(
        version=watchlist.version,
        words=words,
        names=names,
        links=_keyed(links, lambda row: normalise(row["subject"])),
        listings=listings,
        units=units,
        makers={row["maker_id"]: row for row in watchlist.rows("makers")},
        lists={row["list"]: row for row in watchlist.rows("lists")},
        signs=signs,
        codes=codes,
        device_tables=_device_tables(watchlist),
        brand_equipment={normalise(word.brand): word.equipment for word in words if word.kind == "brand" and word.equipment},
        namesakes=frozenset(with_form(name) for name in confusables),
        not_these=_phrases(confusables),
        any_word=re.compile(either(word_patterns)) if word_patterns else re.compile(r"(?!)"),
        any_sign={kind: re.compile("|".join(f"(?:{s.pattern.pattern})" for s in found)) for kind, found in signs.items()},
        triggers=_triggers(word_patterns, names, signs, codes),
        party_keys=frozenset(key for key, found in names.items() if any(name.party_id for name in found)),
        resembling=resembling(((name.name, name.maker_id) for found in names.values() for name in found if _whole(name)), watchlist.rows("name_knowledge")),
    )


def _words(watchlist: Watchlist) -> list[Word]:
    return [
        Word(
            re.compile(counted(row["pattern"])), row["maker_id"], row["brand"], row["word"], row["kind"],
            row["equipment"], row["product_class"], row["needs"],
        )
        for row in watchlist.rows("words")
    ]  # fmt: skip


_START = re.compile(r"(^|[|(:])\\b(?=[a-z(])")
_PIECES = r"(?:\b|\b[0-9]{1,3}x|\bx[0-9]{1,3})"


def counted(pattern: str) -> str:
    """A pattern that also begins right behind a number of pieces: "4xHikvision", "x4DS-2CD2143"."""
    return _START.sub(lambda match: match[1] + _PIECES, pattern)


def plain_start(pattern: str) -> str:
    """A pattern of :func:`counted` that begins anywhere: it lets through more, and RE2 runs it far faster."""
    return pattern.replace(_PIECES, "")


def _names_as_words(watchlist: Watchlist) -> list[Word]:
    """Names of makers, as patterns for running text; left out where words.csv already knows the name."""
    known = _words(watchlist)
    found = {}
    for row in watchlist.rows("names"):
        name = fold(row["name"])
        listed = (word for word in known if word.maker_id == row["maker_id"] and word.kind in ("name", "short", "misspelling"))
        if row["alone"] == "never" or any(word.pattern.search(name) for word in listed if row["alone"] != "yes" or not word.needs):
            continue
        pattern = _phrase(" ".join(org_name(row["name"]).core))
        needs = "" if row["alone"] == "yes" else "surveillance"
        if len(pattern) > (3 if pattern.isascii() else 1) and (row["maker_id"], pattern) not in found:
            found[row["maker_id"], pattern] = Word(re.compile(pattern), row["maker_id"], "", row["name"], "listed name", needs=needs)
    return list(found.values())


def _phrase(folded: str, joint: str = "[- .,'&()/]?") -> str:
    """A pattern for a folded name: its words with the usual joints between them."""
    parts = [_FORMS.get(part) or re.escape(part).replace("\\'", "'") for part in re.split(r"[^\w']+", folded) if part]
    joined = joint.join(parts)
    return joined if not folded.isascii() else rf"\b{joined}\b"


_FORMS = {"limited": "(?:limited|ltd)", "corporation": "(?:corporation|corp)", "company": "(?:company|co)"}
"""Legal forms as they are also written inside running text."""


def _phrases(names: Iterable[str]) -> re.Pattern[str] | None:
    patterns = [_phrase(fold(name), "[- .,'&()/]+").removesuffix(r"\b") + r"s?\b" for name in names]
    return re.compile("|".join(patterns)) if patterns else None


def _case_links(watchlist: Watchlist) -> list[dict[str, Any]]:
    """The links of the case's lists, by name: those that are given by id are followed to makers and to listed parties, under the id of their findings."""
    given, parties = watchlist.rows("LINK"), watchlist.rows("PARTY")
    if not given:
        return []
    keys = _grouped((normalise(row["name"]), row["maker_id"]) for row in watchlist.rows("names") if row["alone"] == "yes")
    sole = {key: makers[0] for key, makers in keys.items() if len(set(makers)) == 1}
    whos = {row["party_id"]: row.get("who") or row["party_id"] for row in parties}
    found = followed(parties, given, {row["party_id"] for row in watchlist.rows("LISTING")}, of_makers(parties, sole))
    return [{**row, "object": whos.get(row["object"], row["object"])} for row in found]


def _names(watchlist: Watchlist, links: Sequence[Row]) -> dict[str, tuple[Name, ...]]:
    found: list[tuple[str, Name]] = []
    for row in watchlist.rows("names"):
        if row["alone"] != "never":
            found.append((normalise(row["name"]), Name(row["name"], row["kind"], row["alone"], row["maker_id"])))
    known = {row["maker_id"] for row in watchlist.rows("makers")} | {row["object"] for row in watchlist.rows("links")}
    on_lists = {row["party_id"] for row in watchlist.rows("LISTING")}
    listed = on_lists - known
    for link in links:
        for owner in link["object"].split("|"):
            who = {"party_id": owner} if owner in listed else {"maker_id": owner}
            found.append((normalise(link["subject"]), Name(link["subject"], link["relation"], "yes", subject=link["subject"], **who)))
    # a party without a listing that a list names only as somebody's company is found through that tie
    ties = {row["subject"] for row in watchlist.rows("LINK")} - on_lists if on_lists else set()
    for row in watchlist.rows("PARTY"):
        if row["party_id"] in ties:
            continue
        for name, key in zip(names_of(row), row.get("keys") or (), strict=True):
            more = {column: row.get(column) or "" for column in ("maker_id", "who", "joined", "unit_of")}
            found.append((key, Name(name, "party", "yes", party_id=row["party_id"], **more)))
    return {key: tuple(dict.fromkeys(entries)) for key, entries in _grouped(found).items() if key}


def _whole(name: Name) -> bool:
    """May a supplier be taken for the bearer of this name although it is written a little differently?"""
    return name.alone == "yes" and bool(name.maker_id) and not name.party_id and (not name.subject or name.kind in OWNED)


def squeeze(folded: str) -> str:
    """Letters and digits only: the form in which the prefilter looks for names in a supplier."""
    return re.sub("[^a-z0-9]+", "", folded)


def _triggers(words: list[str], names: Mapping[str, tuple[Name, ...]], signs: Mapping[str, tuple[Sign, ...]], codes: Mapping[str, Any]) -> Triggers:
    forms = squeezed(names)
    long, short = either([s for s in forms if len(s) > 5]), either([rf"(?:^|[^a-z0-9]){s}(?:$|[^a-z0-9])" for s in forms if len(s) <= 5])
    return Triggers(
        words=either([RAW, *(loose(plain_start(word)) for word in words)]),
        signs=either([RAW, *(loose(s.pattern.pattern) for kind in ("sure", "core", "weak") for s in signs.get(kind, ()))]),
        supplier_signs=either([RAW, *(loose(s.pattern.pattern) for s in signs.get("supplier", ()))]),
        names=long, short_names=short,
        codes=either([re.escape(code) for code, (tier, _) in codes.items() if tier == "core"]),
        name_gate=re.compile(long), short_name_gate=re.compile(short),
    )  # fmt: skip


def squeezed(names: Mapping[str, tuple[Name, ...]]) -> list[str]:
    """What a supplier must hold, squeezed, to bear one of our own names (not those of the case's lists, nor those that only give context)."""
    ours = [name.name for found in names.values() for name in found if not name.party_id and (not name.subject or name.kind in OWNED)]
    cores = [org_name(name).core for name in ours]
    forms = {"".join(core) for core in cores} | {"".join(word for word in core if word != "and") for core in cores}
    return sorted(form for form in forms if form.isascii() and form)


def _grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _keyed(rows: Sequence[Row], key: Any) -> dict[str, tuple[Row, ...]]:
    return {name: tuple(found) for name, found in _grouped((key(row), row) for row in rows).items()}


def _listings(watchlist: Watchlist, namesakes: set[str]) -> tuple[dict[str, tuple[Row, ...]], dict[tuple[str, str], tuple[Row, ...]]]:
    """Listings that count, of makers and of companies of theirs that are listed themselves: not category entries that name no firm, not those of a namesake, not of
    makers noted as here for context only."""
    makers = that_count(watchlist.rows("makers"))
    rows = [
        row
        for row in watchlist.rows("listings")
        if row["maker_id"] in makers and not row["listed_name"].startswith("(") and with_form(row["listed_name"]) not in namesakes
    ]
    extra = [{**row, "maker_id": row.get("maker_id") or row["party_id"]} for row in watchlist.rows("LISTING")]
    companies = {(maker, with_form(row["subject"])) for row in watchlist.rows("links") for maker in row["object"].split("|")}
    own = [{**row, "unit": True} for row in rows if (row["maker_id"], with_form(row["listed_name"])) in companies]
    theirs = [row for row in rows if (row["maker_id"], with_form(row["listed_name"])) not in companies]
    return _keyed([*theirs, *extra], lambda row: row["maker_id"]), _grouped_rows(own)


def that_count(makers: Iterable[Row]) -> frozenset[str]:
    """Ids of the makers that findings may name: not those noted as here for context only."""
    return frozenset(row["maker_id"] for row in makers if "for context only" not in row["note"])


def _grouped_rows(rows: Sequence[Row]) -> dict[tuple[str, str], tuple[Row, ...]]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row["maker_id"], with_form(row["listed_name"])), []).append(row)
    return {key: tuple(some) for key, some in found.items()}


def _signs(watchlist: Watchlist) -> dict[str, tuple[Sign, ...]]:
    signs = [Sign(row["word"], row["kind"], re.compile(row["pattern"])) for row in watchlist.rows("surveillance_words")]
    return {kind: tuple(found) for kind, found in _grouped((sign.kind, sign) for sign in signs).items()}


def _device_tables(watchlist: Watchlist) -> dict[str, list[dict[str, Any]]]:
    """What identification of devices needs; it compiles them when the first device comes."""
    names = ("device_brands", "device_models", "device_clues", "device_macs", "brand_lines", "makers", "words", "confusables")
    return {name: watchlist.rows(name) for name in names} | {"links": watchlist.rows("links") + watchlist.rows("LINK")}
