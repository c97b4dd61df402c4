"""Names of organisations: when two spellings are one and the same name. The graded matcher is :mod:`custodes.findings.screening`.

Equality only, no graded distance: legal forms of the world (rigour), scripts (full width, look-alike letters), punctuation, "&" and "and",
spacing and word order. "HIK Vision" is "Hikvision"; "SALIM S.A." and "FARDIS S.A." share a legal form and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rigour.names.org_types import extract_org_types, remove_org_types, replace_org_types_compare

from custodes.findings.text import fold

_SPLIT = re.compile(r"[^\w]+")
_DOTS = re.compile(r"(?<=\b\w)\.(?=\w\b)|'")
_HAN = re.compile(r"[\u3400-\u9fff]")
_HAN_FORM = re.compile(r"(股份有限公司|集团有限公司|集團有限公司|有限责任公司|有限責任公司|有限公司|公司)$")
_MORE_FORMS = {"company": "co", "co": "co", "corporation": "corp", "corp": "corp", "incorporated": "inc", "limited": "ltd", "ltd": "ltd"}
"""Forms that rigour leaves standing in some names -> their short spelling."""


@dataclass(frozen=True, slots=True)
class OrgName:
    """One name taken apart. ``plain``: folded words with forms; ``core``: words without legal form; ``forms``: the forms, in rigour's short spelling."""

    plain: str
    core: tuple[str, ...]
    forms: frozenset[str]

    @property
    def compact(self) -> str:
        """The core without blanks."""
        return "".join(self.core)


@lru_cache(maxsize=65_536)
def org_name(name: str) -> OrgName:
    """Take a name apart; an empty core (a name that is nothing but legal forms) keeps the forms as its core."""
    text = _DOTS.sub("", fold(name).replace("&", " and ").replace("+", " and "))
    if _HAN.search(text):
        plain = "".join(_SPLIT.split(text))
        core = _HAN_FORM.sub("", plain)
        return OrgName(plain, (core,), frozenset({plain[len(core) :]} - {""}))
    plain = " ".join(word for word in _SPLIT.split(text) if word)
    words, forms = remove_org_types(plain).split(), {short for _, short in extract_org_types(plain)}
    forms.update(_MORE_FORMS[word] for word in words[1:] if word in _MORE_FORMS)
    words = words[:1] + [word for word in words[1:] if word not in _MORE_FORMS]
    if words[:1] == ["the"] and len(words) > 1:
        words = words[1:]
    return OrgName(plain, tuple(words or plain.split()), frozenset(forms if words else ()))


def normalise(name: str) -> str:
    """The key under which equal names meet: the core without blanks (``"HIK-Vision (UK) Ltd."`` -> ``"hikvisionuk"``)."""
    return org_name(name).compact


def with_form(name: str) -> str:
    """The key that keeps the legal form, in one spelling (``Ltd.`` and ``Limited`` are one); for names that must not be confused."""
    return replace_org_types_compare(org_name(name).plain).replace(" ", "")


def equality(left: OrgName, right: OrgName) -> str:
    """How two names are equal, the clearest first; '' when they are different names.

    ``spelling``: but for capitals, punctuation or '&'; ``form``: but for the legal form, which one side leaves out; ``spacing``: the same letters, divided into
    words differently; ``order``: the same words in another order; ``other_form``: with two different legal forms, which is often two companies.
    """
    if left.plain == right.plain:
        return "spelling"
    if left.compact == right.compact:
        if left.forms and right.forms and left.forms != right.forms:
            return "other_form"
        return "spacing" if left.core != right.core else "spelling" if left.forms == right.forms else "form"
    if len(left.core) > 1 and sorted(left.core) == sorted(right.core):
        return "other_form" if left.forms and right.forms and left.forms != right.forms else "order"
    return ""
