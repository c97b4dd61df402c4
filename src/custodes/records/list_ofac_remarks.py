"""What OFAC writes into remarks: numbers of registers, weak names, dates, and the rest as it stands.

Parts are separated by ``; ``: ``Tax ID No. 7744001497 (Russia)``, ``alt. ISIN CNE100000PM8``, ``a.k.a. 'RUSAG'``, ``Listing Date (CMIC): 03 Jun 2021``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from custodes.records.list_entries import iso
from custodes.records.list_us_csl_entry import SCHEMES

_MORE = {
    "Unified Social Credit Code": "USCC", "NIT": "NIT", "Legal Entity Identifier": "LEI", "Company Number IMO": "IMO-COMPANY",
    "Identification Number IMO": "IMO-COMPANY",
}  # fmt: skip
_SCHEMES = sorted((SCHEMES | _MORE).items(), key=lambda pair: -len(pair[0]))
_DATED = re.compile(r"(Listing|Effective) Date \(([^)]*)\):?\s*(.+)", re.I)
_KNOWN_AS = re.compile(r"(?:alt\. )?(?:a\.k\.a\.|f\.k\.a\.|n\.k\.a\.),? '(.+)'")
_PLACE = re.compile(r"\s*\(([^()]*)\)\s*$")
_STATE = ("issued", "expires")


@dataclass(frozen=True, slots=True)
class Remarks:
    """Parts of remarks. ``dates``: Listing / Effective -> (about what, ISO day)."""

    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    dates: dict[str, list[tuple[str, str]]]
    rest: str


def remarks_of(text: str) -> Remarks:
    """Take remarks apart.

    >>> said = remarks_of("Tax ID No. 7744001497 (Russia); a.k.a. 'RUSAG'; Listing Date (CMIC): 03 Jun 2021; Linked To: ACME.")
    >>> said.identifiers, said.names, said.dates, said.rest
    (('TAX:7744001497',), ('RUSAG',), {'Listing': [('CMIC', '2021-06-03')]}, 'Linked To: ACME')
    """
    names, identifiers, rest = [], [], []
    dates: dict[str, list[tuple[str, str]]] = {}
    for part in text.strip().rstrip(".").split("; "):
        plain = part.strip().removeprefix("alt. ").rstrip(".")
        if match := _KNOWN_AS.fullmatch(plain):
            names.append(match[1])
        elif (dated := _DATED.match(plain)) and iso(dated[3]):
            dates.setdefault(dated[1].capitalize(), []).append((dated[2], iso(dated[3])))
        elif found := _number(plain):
            identifiers.append(found)
        elif plain:
            rest.append(plain)
    return Remarks(tuple(names), tuple(dict.fromkeys(identifiers)), dates, " ; ".join(rest))


def _number(part: str) -> str:
    for words, scheme in _SCHEMES:
        if part.startswith(words + " ") or part.startswith(words + ":"):
            value = part[len(words) :].lstrip(": ")
            value = re.split(rf"\s(?:{'|'.join(_STATE)})\b", value.removeprefix("(USCC) "))[0]
            value = _PLACE.sub("", value).strip(" ;")
            return f"{scheme}:{value}" if value and any(sign.isdigit() or sign.isupper() for sign in value) else ""
    return ""
