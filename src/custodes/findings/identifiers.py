"""Numbers of organisations in public registers: one spelling for each, and what two parties' numbers say about each other.

A number counts only in its register: the company register of one country is not that of another, and a stock code belongs to an exchange. A register is
named in words ("lei", "company register GB"). A number whose country or exchange is not known stands in the register without it ("company register"): the
same number there is likely the same organisation, and nothing there contradicts.

Sources: ISO 17442 (LEI), GB 32100 (USCC), https://org-id.guide (codes such as GB-COH), the checks of rigour for what a bare number is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rigour.ids import INN, LEI, OGRN, USCC

Numbers = Mapping[str, frozenset[str]]
"""Register -> the numbers of one party in it."""

COMPANY, TAX, VAT, STOCK, ID = "company register", "tax number", "vat number", "stock code", "id number"
_WIDE = (COMPANY, TAX, VAT, STOCK, ID)
"""Registers of which there is one per country or exchange."""

_SCHEMES = {
    **dict.fromkeys(("lei", "legalentityidentifier", "leicode", "xilei"), "lei"),
    **dict.fromkeys(
        ("", "reg", "companynumber", "companyno", "companyregistrationnumber", "companyregister", "registrationnumber", "registrationno", "registration", "regno", "crn", "companyid"),
        COMPANY,
    ),
    **dict.fromkeys(("tax", "taxnumber", "taxid", "taxidno", "tin", "taxcode"), TAX),
    **dict.fromkeys(("vat", "vatnumber", "vatcode", "vatid", "vatno"), VAT),
    **dict.fromkeys(("ticker", "stockcode", "stock", "equityticker", "tickersymbol"), STOCK),
    **dict.fromkeys(("uscc", "unifiedsocialcreditcode", "unifiedsocialcreditcodeuscc", "usccode", "cnsaic"), "uscc"),
    **dict.fromkeys(("inn", "inncode", "ruinn"), "inn"), **dict.fromkeys(("ogrn", "ogrncode", "ruogrn"), "ogrn"),
    **dict.fromkeys(("duns", "dunscode", "dunsnumber", "usduns", "xiduns"), "duns"), **dict.fromkeys(("uei", "uniqueentityid", "usuei"), "uei"),
    **dict.fromkeys(("bic", "swiftbic", "swift"), "bic"), **dict.fromkeys(("isin", "isincode"), "isin"),
    **dict.fromkeys(("gbcoh", "companieshouse", "coh"), f"{COMPANY} GB"), **dict.fromkeys(("usein", "ein"), f"{TAX} US"),
    "id": ID, "idnumber": ID, "gbvat": f"{VAT} GB", "opencorporates": "opencorporates", "opencorporatesurl": "opencorporates",
    "iecro": f"{COMPANY} IE", "nlkvk": f"{COMPANY} NL", "frrcs": f"{COMPANY} FR", "decr": f"{COMPANY} DE", "dkcvr": f"{COMPANY} DK", "nobrc": f"{COMPANY} NO",
    "plkrs": f"{COMPANY} PL", "czico": f"{COMPANY} CZ", "incin": f"{COMPANY} IN",
    **{name: f"{STOCK} {exchange}" for exchange, names in {
        "SZSE": ("szse",), "SSE": ("sse", "shse", "star"), "HKEX": ("hkex", "sehk", "hkse"), "NYSE": ("nyse",), "NASDAQ": ("nasdaq",), "LSE": ("lse",),
        "SGX": ("sgx",), "TWSE": ("twse",), "KRX": ("krx",), "TSE": ("tse", "tyo"), "BSE": ("bse",),
    }.items() for name in names},
}  # fmt: skip
"""Scheme in letters and digits -> register. A scheme that is not here is a register of its own."""

_SINGLE = ("lei", "uscc", "ogrn", "inn", "uei")
"""Registers in which a party has one number for all its life; elsewhere two numbers contradict one only if each side has just one."""

_ORDER = ("lei", "uscc", "ogrn", "inn", "uei", COMPANY, TAX, VAT, "isin", STOCK)
"""The strongest first."""

_NEVER_OTHER = ("isin", "bic", "wikidata", "permid", "icij", "npi", "figi", "duns", ID)
"""One organisation may have several of these: another one says nothing."""

_PLACEHOLDERS = frozenset({"NA", "NONE", "NULL", "NIL", "TBC", "TBA", "UNKNOWN", "NOTKNOWN", "NOTAPPLICABLE"})
_SUFFIX = {"SZ": "SZSE", "SS": "SSE", "SH": "SSE", "HK": "HKEX", "L": "LSE", "SI": "SGX", "TW": "TWSE", "KS": "KRX", "T": "TSE"}
_ORG_ID = re.compile(r"([A-Z]{2}-[A-Z]{2,8})-(\S+)")
_JOINT = re.compile(r"\s;\s|\n")

LEAST = 5
"""Letters and digits from which the same number in a register of unknown country is no accident."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``kind`` same / likely / conflict / other / '' (nothing to compare), and what is said about it. Conflict: the same number in one register, another in a second."""

    kind: str = ""
    words: tuple[str, ...] = ()


def numbers(value: Any, country: str = "") -> Numbers:
    """The numbers in a cell: texts ``scheme:number``, mappings ``{scheme, id}``, a mapping of schemes, JSON text of these, or texts joined by ``" ; "``.

    ``country``: of the party (two letters), for a number whose scheme does not say it. What is no number (empty, "N/A", all zeros) is left out.
    """
    place = _country(country)
    found: dict[str, set[str]] = {}
    for scheme, number in _pairs(value):
        if entry := _entry(scheme, number, place):
            found.setdefault(entry[0], set()).add(entry[1])
    return {register: frozenset(each) for register, each in sorted(found.items())}


def together(several: Iterable[Numbers]) -> Numbers:
    """The numbers of several cells of one party."""
    found: dict[str, frozenset[str]] = {}
    for each in several:
        for register, some in each.items():
            found[register] = found.get(register, frozenset()) | some
    return dict(sorted(found.items()))


def keys(found: Numbers) -> list[str]:
    """Under which keys parties with a number in common meet; sorted. A number with a country or an exchange also meets the one without."""
    whole = {f"{register}\x1f{number}" for register, each in found.items() for number in each}
    return sorted(whole | {f"{_base(register)}\x1f{number}" for register, each in found.items() for number in each if len(number) >= LEAST})


def compare(ours: Numbers, theirs: Numbers) -> Verdict:
    """What the numbers of two parties say: the same number decides, another one in the same register contradicts."""
    same: list[str] = []
    other: list[str] = []
    for register in sorted(ours.keys() & theirs.keys(), key=_rank):
        if ours[register] & theirs[register]:
            (same if register not in _WIDE else []).append(register)
        elif _contradict(register, ours[register], theirs[register]):
            other.append(f"another number in {register}: {_list(ours[register])} against {_list(theirs[register])}")
    if same:
        return Verdict("conflict" if other else "same", (f"the same number in {same[0]}", *other))
    if other:
        return Verdict("other", tuple(other[:1]))
    likely = _likely(ours, theirs)
    return Verdict("likely", (f"the same number in a {likely}, whose country or exchange is not given on both sides",)) if likely else Verdict()


def _is_lei(plain: str) -> bool:
    return len(plain) == 20 and LEI.is_valid(plain)


def _rank(register: str) -> tuple[int, str]:
    base = _base(register)
    return (_ORDER.index(base) if base in _ORDER else len(_ORDER)), register


def _base(register: str) -> str:
    return next((wide for wide in _WIDE if register.startswith(wide)), register)


def _contradict(register: str, ours: frozenset[str], theirs: frozenset[str]) -> bool:
    if register in _WIDE or _base(register) in _NEVER_OTHER:
        return False
    if register == "lei" and {_is_lei(n) for n in ours} != {_is_lei(n) for n in theirs}:
        return False  # one of them is no LEI at all
    return register in _SINGLE or len(ours) == len(theirs) == 1


def _likely(ours: Numbers, theirs: Numbers) -> str:
    """A register in which one side leaves country or exchange out, and both have the same number; '' for none."""
    for wide in _WIDE:
        mine, others = ({n for register, each in side.items() if _base(register) == wide for n in each} for side in (ours, theirs))
        if (wide in ours or wide in theirs) and any(len(number) >= LEAST for number in mine & others):
            return wide
    return ""


def _list(found: Iterable[str]) -> str:
    return ", ".join(sorted(found))


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    """(scheme, number) of a cell, as written."""
    if isinstance(value, str):
        text = value.strip()
        if text.startswith(("[", "{")):
            try:
                yield from _pairs(json.loads(text))
            except (ValueError, RecursionError):
                return
        else:
            for part in _JOINT.split(text) if text else ():
                yield _parted(part)
    elif isinstance(value, Mapping):
        if "id" in value or "scheme" in value:
            yield str(value.get("scheme") or ""), str(value.get("id") or "")
        else:
            yield from ((str(scheme), str(number)) for scheme, number in value.items() if number)
    elif isinstance(value, Iterable):
        for each in value:
            yield from _pairs(each) if isinstance(each, str | Mapping) else ()


def _parted(text: str) -> tuple[str, str]:
    if match := _ORG_ID.fullmatch(text.strip()):
        return match[1], match[2]
    scheme, colon, number = text.partition(":")
    return (scheme, number) if colon else ("", text)


def _country(text: str) -> str:
    code = text.strip().upper()
    return "GB" if code == "UK" else code if len(code) == 2 and code.isalpha() and code.isascii() else ""


@lru_cache(maxsize=65_536)
def _entry(scheme: str, number: str, country: str) -> tuple[str, str] | None:
    """(register, number in one spelling), or None for what is no number."""
    short = re.sub(r"[^a-z0-9]", "", scheme.lower())
    plain = re.sub(r"[^0-9A-Z]", "", number.upper())
    if len(plain) < 3 or plain in _PLACEHOLDERS or set(plain) == {"0"} or (len(plain) > 5 and len(set(plain)) == 1):
        return None
    register = _SCHEMES.get(short, scheme.strip().lower())
    if register == "opencorporates":
        return _opencorporates(number)
    register = _told(register, plain, country)
    if register == STOCK or register.startswith(f"{STOCK} "):
        return _stock(register, number, country)
    if register == VAT and plain[:2].isalpha():
        return f"{VAT} {_country(plain[:2])}", plain[2:]
    if register in (COMPANY, TAX, VAT, ID) and country:
        register = f"{register} {country}"
    return register, _spelled(register, plain)


def _told(register: str, plain: str, country: str) -> str:
    """A general scheme, or none, with a number whose check digits say what it is: that register."""
    if register in (COMPANY, TAX, ID):
        if _is_lei(plain):
            return "lei"
        if country in ("CN", "") and len(plain) == 18 and USCC.is_valid(plain):
            return "uscc"
        if country == "RU" and plain.isdigit() and len(plain) in (10, 13):
            return "inn" if len(plain) == 10 and INN.is_valid(plain) else "ogrn" if len(plain) == 13 and OGRN.is_valid(plain) else register
    return register


def _spelled(register: str, plain: str) -> str:
    if register == f"{COMPANY} GB":
        # as Companies House prints them: eight digits, or two letters and six digits
        match = re.fullmatch(r"([A-Z]{2})?(\d{1,8})", plain)
        if match and len(match[2]) <= (6 if match[1] else 8):
            return f"{match[1]}{match[2]:0>6}" if match[1] else f"{match[2]:0>8}"
    if register.startswith(f"{VAT} ") and plain.startswith(register[-2:]):
        return plain[2:]
    if register == "bic":
        return plain.removesuffix("XXX") if len(plain) == 11 else plain
    return f"{plain:0>9}" if register == "duns" and plain.isdigit() else plain


def _stock(register: str, number: str, country: str) -> tuple[str, str] | None:
    """A stock code with its exchange as far as it says: ``SZSE:002415``, ``002415.SZ``, ``002415 CH``, or six digits in China."""
    text = number.strip().upper()
    exchange, _, code = text.rpartition(":")
    register = _SCHEMES.get(exchange.strip().lower(), register) if exchange else register
    match = re.fullmatch(r"([0-9A-Z]+)(?:[. ]([A-Z]{1,2}))?", code.strip())
    if not match:
        return None
    plain, suffix = match[1], match[2] or ""
    if register == STOCK and suffix in _SUFFIX:
        register = f"{STOCK} {_SUFFIX[suffix]}"
    elif register == STOCK and re.fullmatch(r"\d{6}", plain) and (suffix == "CH" or country == "CN"):
        register = f"{STOCK} {'SSE' if plain[0] in '69' else 'SZSE'}"
    return register, plain.lstrip("0") if register == f"{STOCK} HKEX" else plain


def _opencorporates(text: str) -> tuple[str, str] | None:
    match = re.search(r"companies/([a-z]{2})(?:_[a-z]{2})?/([0-9A-Za-z-]+)", text)
    if not match:
        return None
    register = f"{COMPANY} {match[1].upper()}"
    return register, _spelled(register, re.sub(r"[^0-9A-Z]", "", match[2].upper()))
