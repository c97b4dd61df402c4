"""Entries of lists as clustering sees them: names in one spelling with how telling each is, numbers, countries, the maker that our own tables know.

An entry is a PARTY, however many rows it has. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from custodes.findings.identifiers import Numbers, numbers, together
from custodes.findings.name_index import core, form_classes, form_mask
from custodes.findings.name_text import Lexicon, spell
from custodes.findings.names import with_form

_HOME = {"HK": "CN", "MO": "CN"}
"""Lists write one country or the other for the same address."""

_NO_FORM = ("company", "co")
"""Words at the end of a name that stand for any legal form."""

_GROUP = frozenset({"group", "investment"})
"""Words (as the table of words spells them; a holding is a group) that tell a parent from its company."""

_ABROAD = ("international", "global", "overseas", "emea", "worldwide")
"""Words by which a group calls its companies elsewhere."""

_STOCK = ("jsc", "ojsc", "cjsc", "pjsc", "plc")

_WEAK = ("weak", "abbreviation", "acronym")
_IDENTITY = ("legal", "former_name", "zh_legal", "short", "brand", "misspelling")
"""Kinds of our own names that are the maker's itself; a name under which some list names a unit of it is not."""


@dataclass(frozen=True, slots=True)
class Text:
    """One name taken apart. ``whole`` and ``core``: its words as one, with and without legal form; ``key``: with the form in one spelling, as our own tables are
    looked up; ``forms``: classes of legal forms as bits; ``group``: it speaks of a group, a holding or an investment; ``places``: its words that say where."""

    text: str
    whole: str
    core: str
    key: str
    words: tuple[str, ...]
    forms: int
    group: bool
    places: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Spelled:
    """One name of an entry. ``main``: its own name, no alias; ``usable``: may be evidence at all."""

    name: Text
    main: bool
    usable: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One party of one list. ``makers``: makers of our tables of which a name is this entry's own name."""

    id: str
    name: str
    names: tuple[Spelled, ...]
    countries: frozenset[str]
    numbers: Numbers
    makers: frozenset[str]
    source: str
    ours: bool = False
    """An entry that our own tables make up for a maker; it stands on no list."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What our own tables say, by name with its legal form: names that are easily taken for another, name -> makers, name -> its links (relation, maker, citation),
    names under which some list names a maker or a unit of it; and the codes of official lists, whose publishers keep apart what has two entries."""

    namesakes: frozenset[str]
    makers: Mapping[str, frozenset[str]]
    links: Mapping[str, tuple[tuple[str, str, str], ...]]
    units: frozenset[str]
    official: frozenset[str]


def facts_of(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Facts:
    """From the tables ``names, links, confusables, lists``."""
    makers: dict[str, set[str]] = {}
    for row in tables.get("names", ()):
        if row["alone"] != "never":
            makers.setdefault(with_form(row["name"]), set()).add(row["maker_id"])
    links: dict[str, set[tuple[str, str, str]]] = {}
    for row in tables.get("links", ()):
        if row["publish"] not in ("no", "lead-only") and row["alone"] != "never":
            links.setdefault(with_form(row["subject"]), set()).update((row["relation"], maker, row["citation"]) for maker in row["object"].split("|"))
    return Facts(
        frozenset(with_form(row["name"]) for row in tables.get("confusables", ()) if row["name"]), {name: frozenset(each) for name, each in makers.items()},
        {name: tuple(sorted(each)) for name, each in links.items()}, _units(tables.get("names", ())), frozenset(row["list"] for row in tables.get("lists", ())),
    )  # fmt: skip


def _units(names: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    own = {with_form(row["name"]) for row in names if row["kind"] in _IDENTITY}
    return frozenset(with_form(row["name"]) for row in names if row["kind"] == "official_list_name") - own


def entries(rows: Iterable[Mapping[str, Any]], known: Lexicon, facts: Facts) -> list[Entry]:
    """PARTY rows as entries, sorted by id; the order of the rows does not matter."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["name"]:
            grouped.setdefault(row["party_id"], []).append(row)
    named = {id: _names(each) for id, each in sorted(grouped.items())}
    texts = sorted({text for each in named.values() for text, _, _ in each})
    classes = form_classes(known)
    apart = {text: _apart(text, words, known, classes) for text, words in zip(texts, spell(texts, known), strict=True)}
    return [_entry(id, grouped[id], names, apart, facts) for id, names in named.items()]


def of_makers(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of PARTY for our own makers, under the id ``maker:ID``, with the names that are the maker's itself."""
    names: dict[str, list[dict[str, str]]] = {}
    for row in tables.get("names", ()):
        if row["kind"] in _IDENTITY and row["alone"] == "yes":
            names.setdefault(row["maker_id"], []).append({"name": row["name"], "kind": row["kind"]})
    return [
        {
            "party_id": f"maker:{row['maker_id']}", "maker_id": row["maker_id"], "name": row["name"], "names": names.get(row["maker_id"], []), "country": row["country"],
            "identifiers": [part for part in row["identifiers"].split(" ; ") if part], "source": "custodes",
        }
        for row in tables.get("makers", ())
    ]  # fmt: skip


def _names(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, bool, str]]:
    """(name, is it the entry's own, kind), each once, own names first."""
    kinds = {entry["name"]: str(entry.get("kind") or "") for row in rows for entry in row.get("names") or () if entry["name"]}
    main = {row["name"] for row in rows if str(kinds.get(row["name"]) or "") not in ("alias", *_WEAK)} or {min(row["name"] for row in rows)}
    return [(text, text in main, kinds.get(text, "")) for text in sorted(main) + sorted(kinds.keys() - main)]


def _entry(id: str, rows: Sequence[Mapping[str, Any]], names: Sequence[tuple[str, bool, str]], apart: Mapping[str, Text], facts: Facts) -> Entry:
    ours = all(row.get("source") == "custodes" for row in rows)
    countries = frozenset(_HOME.get(code, code) for row in rows if len(code := str(row.get("country") or "").strip().upper()) == 2)
    found = together(numbers(row["identifiers"], str(row.get("country") or "")) for row in sorted(rows, key=str) if row.get("identifiers"))
    makers = {row["maker_id"] for row in rows if row.get("maker_id")}
    makers = makers.union(*(facts.makers.get(apart[text].key, ()) for text, main, _ in names if main))
    parts = tuple(Spelled(apart[text], main, _usable(apart[text].key, main, kind, facts)) for text, main, kind in names if apart[text].whole)
    return Entry(id, names[0][0], parts, countries, found, frozenset(makers), " ; ".join(sorted({row.get("source") or "" for row in rows})), ours)


def _usable(key: str, main: bool, kind: str, facts: Facts) -> bool:
    """An alias that is another firm's name, a brand, or the name of a maker's unit, says who belongs together and not who is one."""
    return kind not in _WEAK and (main or not any(key in known for known in (facts.namesakes, facts.links, facts.units)))


def _apart(text: str, words: Sequence[str], known: Lexicon, classes: Mapping[str, int]) -> Text:
    canonical = [known.canonical(word) for word in core(words, known)]
    if len(canonical) > 1 and canonical[-1] in _NO_FORM:
        canonical.pop()
    return Text(text, "".join(words), "".join(canonical), with_form(text), tuple(canonical), _forms(words, known, classes), not _GROUP.isdisjoint(canonical), known.places.union(_ABROAD).intersection(canonical))


def _forms(words: Sequence[str], known: Lexicon, classes: Mapping[str, int]) -> int:
    """Classes of legal forms as bits; all kinds of joint stock company are one, because firms change from one to the other and translators do not tell them apart."""
    stock = [bit for name, bit in classes.items() if name in _STOCK]
    mask = form_mask(words, known, classes)
    return mask | 1 << stock[0] if any(mask >> bit & 1 for bit in stock) else mask


def bearers(found: Iterable[Entry]) -> dict[str, list[tuple[Entry, Spelled]]]:
    """Core of a name -> who bears it; sorted by entry."""
    out: dict[str, list[tuple[Entry, Spelled]]] = {}
    for entry, name in chain.from_iterable(((entry, name) for name in entry.names if name.usable) for entry in found):
        out.setdefault(name.name.core, []).append((entry, name))
    return out
