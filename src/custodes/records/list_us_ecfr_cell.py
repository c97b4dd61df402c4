"""One cell of the Entity List as the regulation prints it: a name, other names, addresses, all in prose.

    Acme Cameras Co., Ltd., a.k.a., the following two aliases:
    -Acme; and
    -Acme Vision.
    1 Camera Road, Hangzhou, China.

Without other names the address follows the name after a comma. A comma before a legal form, a bracket or "a.k.a." is part of the name.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from custodes.records.list_alias import alias_names
from custodes.records.list_entries import FORMER, OFFICIAL

_AKA = re.compile(
    r",?\s*\(?(?<![A-Za-z.])(?P<how>[afn]\.?\s?k\.?\s?a\.?(?![A-Za-z])|also known as\b|formerly known as\b)[,:]?\s*(?:the following\s+(?:[\w-]+\s+)?alias(?:es)?)?\s*[:,]?\s*",
    re.I,
)
_DASH = re.compile(r"^\s*[—–-]+\s*")
_END = re.compile(r"[.;]\s*(?:and\s*)?$")
_FORM = (
    r"(?:Co|Company|Corp|Corporation|Inc|Incorporated|L\.?L\.?C|Ltd|Limited|L\.?L\.?P|P\.?L\.?C|L\.?P|GmbH(?: & Co\.? KG)?|A\.?G|S\.?A|S\.?A\.?L|S\.?A\.?R\.?L|S\.?R\.?L|B\.?V|N\.?V|"
    r"Oy|A\.?B|A\.?S|FZE|FZC|FZCO|FZ-?LLC|FZ|DMCC|DWC-?LLC|PTE|PVT|SDN\.? BHD|OOO|OAO|ZAO|PAO|AO|JSC|TOO|SPA|S\.p\.A|d\.?o\.?o|EOOD|Kft|Sp\. z o\.o|K\.K|Jr|Sr|P\.?C|Trading|"
    r"Industry|Import(?:s)? and Export(?:s)?)"
)
_KEPT = re.compile(rf"^\s*(?:(?:{_FORM}\b\.?[\s&]*)+(?:\([^()]*\))?\.?|\([^()]*\))\s*$", re.I)
_CUT = re.compile(r",\s*(?=\()|,\s+")


@dataclass(frozen=True, slots=True)
class Cell:
    """(name, kind) of every name, the listed one first, and what is left: addresses and remarks."""

    names: tuple[tuple[str, str], ...]
    rest: str


def cell_of(text: str) -> Cell:
    """Take a cell apart; ``text`` has a line end where the regulation begins a new line.

    >>> cell_of("Acme Co., Ltd., a.k.a., the following one alias:\\n-Acme.\\n1 Camera Road, Hangzhou, China.").names
    (('Acme Co., Ltd.', 'official_list_name'), ('Acme', 'official_alias'))
    >>> cell_of("Gulf Sea Cargo, LLC, Market Building, 4th Floor, Kabul, Afghanistan.").names
    (('Gulf Sea Cargo, LLC', 'official_list_name'),)
    """
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    if not lines:
        return Cell((), "")
    dashed = [number for number, line in enumerate(lines) if _DASH.match(line) and number]
    if dashed:
        return _listed(lines, dashed)
    whole = " ".join(lines)
    match = _AKA.search(whole)
    if match and match.start() < len(whole) * 0.9:
        return _inline(whole, match)
    name, rest = _cut(whole)
    return Cell(((name, OFFICIAL),), rest)


def _listed(lines: list[str], dashed: list[int]) -> Cell:
    """Other names on lines of their own, each after a dash."""
    head = " ".join(lines[: dashed[0]])
    found = list(_AKA.finditer(head))
    name = head[: found[0].start()] if found else head.rstrip(":")
    names, rest = [(name.strip(" ,("), OFFICIAL)], []
    for match, following in itertools.pairwise(found):
        names += _kinds(match, alias_names(head[match.end() : following.start()].strip(" ,()")))
    for line in lines[dashed[0] :]:
        if not _DASH.match(line):
            rest.append(line)
            continue
        names += _kinds(found[-1] if found else None, alias_names(_END.sub("", _DASH.sub("", line))))
    return Cell(tuple(names), " ".join(rest))


def _inline(whole: str, match: re.Match[str]) -> Cell:
    """Other names in the running text, up to the full stop before the address."""
    name, after = whole[: match.start()].strip(" ,("), whole[match.end() :]
    parts = re.split(r"(?<=[a-z)][a-z)])\.\s+(?=[A-Z0-9])|\)[.,]\s+", after, maxsplit=1)
    names = [(name, OFFICIAL)]
    for piece in re.split(r";\s*(?:and\s+)?", parts[0]):
        names += _kinds(match, alias_names(piece.strip(" .()")))
    return Cell(tuple(names), parts[1] if len(parts) > 1 else "")


def _kinds(match: re.Match[str] | None, names: list[tuple[str, str]]) -> list[tuple[str, str]]:
    former = match is not None and match["how"].lower().startswith("f")
    return [(name, FORMER if former and kind == "official_alias" else kind) for name, kind in names]


def _cut(whole: str) -> tuple[str, str]:
    """Name and rest at the first comma that does not belong to the name."""
    pieces, at = list(_CUT.finditer(whole)), 0
    for number, comma in enumerate(pieces):
        end = pieces[number + 1].start() if number + 1 < len(pieces) else len(whole)
        if not _KEPT.match(whole[comma.end() : end]):
            return whole[: comma.start()].strip(), whole[comma.end() :].strip()
        at = end
    return whole[: at or len(whole)].strip(" ."), ""
