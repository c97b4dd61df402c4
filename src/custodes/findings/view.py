"""What a rule looks at: one row's supplier, text and codes, and what of ours was found in them; and what a rule returns."""

from __future__ import annotations

from dataclasses import dataclass

from custodes.findings.compiled import Compiled, Name
from custodes.findings.products import ALONE, Match, Setting, matches
from custodes.findings.suppliers import equal_but_place, equal_names, nearly_equal
from custodes.findings.surveillance import NONE, Signs, in_context, of_equipment, signs_of
from custodes.findings.text import fold


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that held: ``ours`` met ``theirs``, and ``words`` say it plainly.

    ``subject``: the brand or company named (empty: the maker itself); ``party``: a party of the case's lists; ``equipment``: what the word says of it.
    ``group``: the id under which findings on that party stand; ``unit_of``: the maker whose company it is.
    """

    rule: str
    kind: str
    maker_id: str
    score: float
    ours: str
    theirs: str
    words: str
    subject: str = ""
    equipment: str = ""
    party: str = ""
    group: str = ""
    unit_of: str = ""

    @property
    def who(self) -> str:
        """The id of the maker or party that the finding is about."""
        return self.maker_id or self.group or self.party


@dataclass(frozen=True, slots=True)
class View:
    """One row as the rules see it. ``supplier`` is as written; ``matches`` are words of ours, ``equal``, ``equal_but_place`` and ``nearly`` (with the
    reason) names of ours."""

    supplier: str
    known: Compiled
    codes: tuple[str, ...] = ()
    setting: Setting = ALONE
    matches: tuple[Match, ...] = ()
    equal: tuple[Name, ...] = ()
    equal_but_place: tuple[Name, ...] = ()
    nearly: tuple[tuple[Name, str], ...] = ()
    signs: Signs = NONE
    name: str = ""
    text: str = ""


def purchase_view(supplier: str, text: str, codes: tuple[str, ...], known: Compiled, words: bool = True, signs: bool = True) -> View:
    """The view of a purchase. ``words`` and ``signs`` tell which half the prefilter found possible; the other half is left empty."""
    name, folded, plain = fold(supplier), fold(text), tuple(plain_code(code) for code in codes)
    found = signs_of(name, folded, plain, known) if signs else NONE
    if not words:
        return View(supplier, known, plain, signs=found, name=name, text=folded)
    setting = Setting(in_context(name, folded, plain, known), of_equipment(f"{name} ¦ {folded}", known), in_context(name, name, (), known))
    words_found = (*matches(name, supplier, "supplier", known, setting), *matches(folded, text, "text", known, setting))
    equal = equal_names(supplier, known)
    placed = () if equal else equal_but_place(supplier, known)
    nearly = () if equal or placed else nearly_equal(supplier, known)
    return View(supplier, known, plain, setting, words_found, equal, placed, nearly, found, name, folded)


def text_view(text: str, known: Compiled, label: bool = False) -> View:
    """The view of a text that is about surveillance by its nature (a report of use, or a device's label)."""
    setting, folded = Setting(surveillance=True, equipment=True), fold(text)
    return View("", known, setting=setting, matches=tuple(matches(folded, text, "text", known, setting, label)), text=folded)


def plain_code(code: str) -> str:
    """The digits of a classification code without scheme and check digit (``CPV:32323500-8`` -> ``32323500``)."""
    return code.replace(":", " ").split()[-1].split("-")[0] if code.strip() else ""
