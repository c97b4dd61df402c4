"""The supplier's name: which names of ours it equals, and what the supplier is known to sell."""

from __future__ import annotations

from collections.abc import Sequence

from custodes.findings.compiled import Compiled, Name, Row, squeeze
from custodes.findings.names import equality, org_name, with_form
from custodes.findings.text import fold
from custodes.findings.weights import OWNED

_PLACES = frozenset({
    "uk", "gb", "eu", "europe", "european", "emea", "usa", "us", "america", "americas", "canada", "australia", "india", "japan", "korea", "singapore",
    "ireland", "france", "germany", "deutschland", "italy", "italia", "spain", "espana", "poland", "polska", "nederland", "netherlands", "benelux",
    "nordic", "international", "global", "overseas",
})  # fmt: skip
"""Words that a maker's sales company adds to the name."""


def equal_names(supplier: str, known: Compiled) -> tuple[Name, ...]:
    """Our names that equal the supplier's, legal form and spacing aside; for a namesake (confusables) only a party of the case's lists that bears that very name."""
    if not supplier:
        return ()
    if (whole := with_form(supplier)) in known.namesakes:
        found = known.names.get(org_name(supplier).compact, ())
        return tuple(name for name in found if name.party_id and not name.maker_id and not name.subject and with_form(name.name) == whole)
    gated = _gated(supplier, known)
    return tuple(name for name in known.names.get(org_name(supplier).compact, ()) if name.party_id or gated)


def equal_but_place(supplier: str, known: Compiled) -> tuple[Name, ...]:
    """Names of makers that equal the supplier's once words for countries and regions are taken off."""
    parts = org_name(supplier)
    core = without_places(parts.core)
    if not core or core == parts.core or with_form(supplier) in known.namesakes or not _gated(supplier, known):
        return ()
    return tuple(name for name in known.names.get("".join(core), ()) if name.alone == "yes" and name.maker_id and not name.subject)


def nearly_equal(supplier: str, known: Compiled) -> tuple[tuple[Name, str], ...]:
    """Names of makers and of their own companies that the supplier's name nearly is, and why; for suppliers that bear no name of ours."""
    found = known.resembling.of([supplier]).get(supplier)
    if not found or with_form(supplier) in known.namesakes:
        return ()
    text, maker, why = found
    names = [name for name in known.names.get(org_name(text).compact, ()) if name.name == text and name.maker_id == maker and not name.party_id]
    return tuple((name, why) for name in names[:1])


def without_places(core: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name without those for countries and regions."""
    return tuple(word for word in core if word not in _PLACES)


def same_foreign_form(supplier: str, name: str) -> bool:
    """The same name with the same "Co., Ltd.": a common name in the form in which only the listed company bears it here."""
    left, right = org_name(supplier), org_name(name)
    return left.forms == right.forms and "coltd" in left.forms and equality(left, right) == "spelling"


def also_sells(supplier: str, known: Compiled) -> list[tuple[str, str, list[Row]]]:
    """(relation, maker id, the links that say so) of every tie of the supplier that proves nothing about a purchase; sorted. Several links: sources that differ."""
    key = org_name(supplier).compact if supplier else ""
    ties = sorted({(name.kind, name.maker_id or name.party_id) for name in known.names.get(key, ()) if name.subject and name.kind not in OWNED})
    return [(relation, who, _of(known.links.get(key, ()), relation, who)) for relation, who in ties]


def _of(links: Sequence[Row], relation: str, who: str) -> list[Row]:
    found = [row for row in links if row["relation"] == relation and who in row["object"].split("|") and row["publish"] not in ("lead-only", "no")]
    return sorted(found, key=lambda row: (row["valid_from"], row["valid_to"], row["citation"]))


def _gated(supplier: str, known: Compiled) -> bool:
    """The prefilter's own test, so that both paths agree: the squeezed supplier holds a name of ours, or is not plain ASCII."""
    folded = fold(supplier)
    return not supplier.isascii() or bool(known.triggers.name_gate.search(squeeze(folded)) or known.triggers.short_name_gate.search(folded))
