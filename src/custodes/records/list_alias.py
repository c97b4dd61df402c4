"""Other names inside prose, as official lists write them: "(also known as A; B; and C; and formerly known as D)", and aliases in which an address got stuck."""

from __future__ import annotations

import re

from custodes.records.list_entries import ALIAS, FORMER, OFFICIAL, WEAK
from custodes.records.persons import has_organisation_word

_INTRO = re.compile(
    r"\b(?:(?:and|including)\s+)?(?:(?:the following\s+)?(?:one|two|three|four|five|six|seven|eight|nine|ten|\w+teen|twenty|\d+)\s+alias(?:es)?\s*:|"
    r"(?:also|formerly|previously|now)\s+known\s+as\b:?|[afn]\.?k\.?a\.?,?(?=\s)|alias(?:es)?\s*:)",
    re.I,
)
_FORMERLY = re.compile(r"formerly|previously|f\.?k\.?a", re.I)
_SPLIT = re.compile(r"\s*;\s*(?:and\s+)?|(?<=\.)\s+and\s+(?=[A-Z])")
_TAIL = re.compile(r",?\s*(?:\.\s*)?\band\s+(?:its\s+)?(?:subordinate\s+and\s+affiliated\s+entities|(?:certain\s+)?subsidiaries|affiliates)\b.*$", re.I)
_ADDRESS = re.compile(r"[.,]\s+(?=(?:No\. ?\d|R(?:oo)?m\.? ?\d|P\.? ?O\.? Box|ul\. |\d+[A-Z]?[ ,-][^;]*,|\d+-?(?:st|nd|rd|th) Floor))|\s*\(Address:")


def apart(cell: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """((name, kind), ...) of a cell of prose, and what it says besides ("and subsidiaries"). The first is the listed name.

    >>> apart("Hetian Taida Apparel Co., Ltd (and one alias: Hetian TEDA Garment)")[0]
    (('Hetian Taida Apparel Co., Ltd', 'official_list_name'), ('Hetian TEDA Garment', 'official_alias'))
    >>> apart("Meike Co. Ltd. (also known as Meike; and formerly known as Gaozhao Ltd.)")[0][1:]
    (('Meike', 'official_alias'), ('Gaozhao Ltd.', 'former_name'))
    >>> apart("Hoshine Silicon (Shanshan) Co., Ltd., and Subsidiaries")
    ((('Hoshine Silicon (Shanshan) Co., Ltd.', 'official_list_name'),), 'and Subsidiaries')
    """
    text = " ".join(cell.split())
    tail = ""
    if found := _TAIL.search(text):
        text, tail = text[: found.start()].rstrip(" ,"), found[0].strip(" ,.")
    head, inner = _bracket(text)
    names = [(head, OFFICIAL)]
    pieces = list(_INTRO.finditer(inner))
    for number, match in enumerate(pieces):
        end = pieces[number + 1].start() if number + 1 < len(pieces) else len(inner)
        kind = FORMER if _FORMERLY.search(match[0]) else ALIAS
        names += [(part, kind) for piece in _SPLIT.split(inner[match.end() : end]) if (part := re.sub(r"(?:\s+and|;|,)\s*$", "", piece.strip()).strip(" ,;:"))]
    return tuple(names), tail


def _bracket(text: str) -> tuple[str, str]:
    """The text before the bracket that speaks of other names, and what stands in it; a bracket that is part of the name stays."""
    for match in re.finditer(r"\s*\(", text):
        inner = text[match.end() :]
        if _INTRO.match(inner.lstrip()) or re.match(r"\s*(?:and|including)\b", inner):
            return text[: match.start()].strip(" ,"), _closed(inner)
    return text.strip(" ,"), ""


def _closed(inner: str) -> str:
    """Up to the bracket that closes the one before ``inner``; brackets inside names are counted."""
    depth = 1
    for at, sign in enumerate(inner):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if not depth:
            return inner[:at]
    return inner


_INSIDE = re.compile(r"\s*\(\s*([afn])\.?k\.?a\b\.?,?\s*(.*?)\)?\s*$|,\s+([afn])\.k\.a\.,?\s+(.+)$", re.I)


def own_names(name: str) -> list[tuple[str, str]]:
    """The names in the name of an entry, its own first: some lists write another name behind it and not among the aliases.

    >>> own_names("LTS Holding Limited (f.k.a. IPP-International Petroleum Products Ltd.)")
    [('LTS Holding Limited', 'official_list_name'), ('IPP-International Petroleum Products Ltd.', 'former_name')]
    >>> own_names("Mesbah Energy Company (a.k.a. “MEC”)")[1:], own_names("Sabanican Company (a.k.a."), own_names("Rosneft (a.k.a. Open Joint-Stock Company Rosneft")[1:]
    ([('MEC', 'official_alias')], [('Sabanican Company', 'official_list_name')], [('Open Joint-Stock Company Rosneft', 'official_alias')])
    >>> own_names("Huawei Technologies Lanka Company (Private) Limited"), own_names("Chitron Ltd., a.k.a. Chi-Chung Ltd. (Chitron-Shenzhen)")[1][0]
    ([('Huawei Technologies Lanka Company (Private) Limited', 'official_list_name')], 'Chi-Chung Ltd. (Chitron-Shenzhen)')
    """
    found = _INSIDE.search(name)
    if not found or not name[: found.start()].strip():
        return [(name, OFFICIAL)]
    other = (found[2] or found[4] or "").strip(" ,;“”\"'")
    kind = FORMER if (found[1] or found[3]).lower() == "f" else ALIAS
    return [(name[: found.start()].strip(" ,"), OFFICIAL), *([(other, kind)] if other else [])]


def alias_names(alias: str) -> list[tuple[str, str]]:
    """The names in one alias of a parsed list. One that is two, or in which an address got stuck, gives weak names: nothing rests on them alone.

    >>> alias_names("Hikvision"), alias_names("HPSTAR; and"), alias_names("Asialink; Xi'an Logistics Co.")
    ([('Hikvision', 'official_alias')], [('HPSTAR', 'official_alias')], [('Asialink', 'weak'), ("Xi'an Logistics Co.", 'weak')])
    >>> alias_names("BellHuawei Technologies LLC. 5 Dzerzhinsky Ave., Minsk, Belarus")
    [('BellHuawei Technologies LLC', 'weak')]
    """
    text = re.sub(r"(?:[;,]\s*and|;|,)\s*$", "", " ".join(alias.split())).strip(" ;,")
    parts = [part.strip(" —–-'") if ";" in text else part for part in re.split(r"\s*;\s*(?:and\s+)?", text)]
    cut = [_ADDRESS.split(part, maxsplit=1)[0].strip(" ,") for part in parts]
    if len(parts) == 1 and cut == [text]:
        return [(text, ALIAS)] if text else []
    joined = [" and ".join(parts)] if len(parts) == 2 and "; and " in alias else []
    return [(name, WEAK) for name in dict.fromkeys((*joined, *cut)) if not _no_name(name)]


def _no_name(part: str) -> bool:
    """Is this part of a torn alias an address, a remark, or a bare word like "Technology"?"""
    return len(part) < 3 or bool(re.match(r"\d+\s|\(", part)) or (" " not in part and has_organisation_word(part))
