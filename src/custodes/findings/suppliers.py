"""The supplier's name: is it a listed maker, a company of one, a party of the case's lists, or one that also sells a listed make?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from custodes.findings.compiled import OWNED, Compiled, Name, squeeze
from custodes.findings.names import equality, org_name, with_form
from custodes.findings.products import Setting
from custodes.findings.rules import WEIGHTS, Hit
from custodes.findings.text import fold

_PLACES = frozenset(
    "uk gb eu europe european emea usa us america americas canada australia india japan korea singapore ireland france germany deutschland italy italia "
    "spain espana poland polska nederland netherlands benelux nordic international global overseas".split()
)
"""Words that a maker's sales company adds to the name."""


def screen(supplier: str, known: Compiled, setting: Setting) -> Iterator[Hit]:
    """Hits for a supplier as written. Namesakes (confusables) give none; a short or common name counts only beside words that fit."""
    parts = org_name(supplier)
    if not supplier or with_form(supplier) in known.namesakes:
        return
    found = _found(supplier, known)
    for name in found:
        yield from (replace(hit, equipment=known.brand_equipment.get(parts.compact, "")) for hit in _equal(supplier, name, setting))
    core = tuple(word for word in parts.core if word not in _PLACES)
    if not found and core and core != parts.core and _gated(supplier, known):
        for name in known.names.get("".join(core), ()):
            if name.alone == "yes" and name.maker_id and not name.subject:
                yield _hit("supplier_is_maker_elsewhere", supplier, name, f"The supplier's name is that of {name.name} with a country added.")


def _gated(supplier: str, known: Compiled) -> bool:
    """The prefilter's own test, so that both paths agree: the squeezed supplier holds a name of ours, or is not plain ASCII."""
    folded = fold(supplier)
    return not supplier.isascii() or bool(known.triggers.name_gate.search(squeeze(folded)) or known.triggers.short_name_gate.search(folded))


def _found(supplier: str, known: Compiled) -> list[Name]:
    """Names equal to the supplier's, apart from legal forms and spacing."""
    gated = _gated(supplier, known)
    return [name for name in known.names.get(org_name(supplier).compact, ()) if name.party_id or gated]


def _equal(supplier: str, name: Name, setting: Setting) -> Iterator[Hit]:
    if name.subject:
        if name.kind in OWNED:
            yield _hit("supplier_is_linked", supplier, name, f"The supplier's name is that of {name.name}, {name.kind} of the maker.")
    elif name.party_id:
        yield _party(supplier, name)
    elif name.alone == "yes":
        yield _hit("supplier_is_maker", supplier, name, f"The supplier's name is {name.name}, a name of the maker.")
    elif setting.surveillance or setting.equipment or _same_form(supplier, name.name):
        words = f"The supplier's whole name is {name.name}, which is common; what was bought fits the maker."
        yield _hit("supplier_is_maker", supplier, name, words, "supplier_name_in_context")


def _same_form(supplier: str, name: str) -> bool:
    """Same name with the same legal form, and the form is there."""
    left, right = org_name(supplier), org_name(name)
    return bool(left.forms) and left.forms == right.forms and equality(left, right) == "spelling" and "coltd" in left.forms


def _hit(rule: str, supplier: str, name: Name, words: str, weight: str = "") -> Hit:
    return Hit(rule, "supplier_listed", name.maker_id, WEIGHTS[weight or rule], name.name, supplier, words, name.subject)


def _party(supplier: str, name: Name) -> Hit:
    weight = WEIGHTS["supplier_is_party" if len(org_name(name.name).core) > 1 else "supplier_is_short_party"]
    words = f"The supplier's name is {name.name}, a party on a list of this case."
    return Hit("supplier_is_party", "supplier_listed", name.maker_id, weight, name.name, supplier, words, party=name.party_id)


def also_sells(supplier: str, known: Compiled) -> list[tuple[str, str]]:
    """(relation, maker id) of every tie of the supplier that proves nothing about a purchase; sorted."""
    names = known.names.get(org_name(supplier).compact, ()) if supplier else ()
    return sorted({(name.kind, name.maker_id) for name in names if name.subject and name.kind not in OWNED})
