"""Which column of an asset register means what, and whether a table is a register at all. The words stand in ``data/headers/device_register.toml``."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from custodes.errors import InputError
from custodes.records.csv_rows import Row
from custodes.values import REPORTED

SEARCH = 60
"""Rows among which the header is looked for."""
SEVERAL = frozenset(("site", "description", "notes"))
"""Fields that several columns may fill."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_TELLING = frozenset(("device_id", "brand", "mac", "serial", "firmware", "host", "site", "product_class", "host_name", "behind", "description", "count"))
_HARD = frozenset(("mac", "serial", "firmware", "host", "host_name", "device_id"))
_BUYING = frozenset(("supplier", "amount", "payee", "invoice", "net", "gross", "vat", "expense", "transaction", "payment"))
_ANSWERING = frozenset(("request", "exemption", "foi", "respondent"))


@dataclass(frozen=True, slots=True)
class Register:
    """Where the header stands (index in the rows looked at) and what each column means: ``uses`` per column (field, ``ignored: why``, REPORTED, or '')."""

    at: int
    header: tuple[str, ...]
    uses: tuple[str, ...]

    def columns(self, field: str) -> list[int]:
        """Indexes of the columns of a field."""
        return [at for at, use in enumerate(self.uses) if use == field]

    @property
    def by_sadp(self) -> bool:
        """Is this the table that Hikvision's SADP tool exports? Then each row is an answer to SADP."""
        names = {plain(name) for name in self.header}
        return {"device type", "device serial no", "mac address"} <= names and bool(names & {"dsp version", "encoding channels", "enhanced sdk service port"})


def plain(header: str) -> str:
    """A header in plain form.

    >>> [plain(h) for h in (" SerialNumber", "Model No.", "MAC-Adresse", "Numéro de série", "asset_tag", "Encoding Channel(s)", "Make / Model")]
    ['serial number', 'model no', 'mac adresse', 'numero de serie', 'asset tag', 'encoding channels', 'make model']
    """
    text = header.strip().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("(s)", "s")
    text = _CAMEL.sub(" ", text) if " " not in text and not text.isupper() else text
    text = unicodedata.normalize("NFKD", text)
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w]|_", " ", text).casefold().split())


@cache
def _words() -> tuple[dict[str, str], frozenset[str]]:
    """Plain header -> use, and the filler words."""
    table: dict[str, Any] = tomllib.loads((files("custodes") / "data" / "headers" / "device_register.toml").read_text("utf-8"))
    found: dict[str, str] = {}
    for reason, names in table["ignored"].items():
        found |= {plain(name): f"ignored: {reason}" for name in names}
    for field in reversed(table["fields"]):
        found |= {plain(name): field for name in table["fields"][field]}
    return found, frozenset(table["filler"])


@lru_cache(maxsize=65_536)
def meaning(header: str) -> str:
    """What a header means: a field, ``ignored: why``, or '' when it means nothing that we know.

    >>> [meaning(h) for h in ("Camera Make", "Device Serial No.", "Assigned To", "Colour", "Make/Model", "Cam IP Address", "Installed MAC")]
    ['brand', 'serial', 'ignored: may name a person', '', 'brand_model', 'host', 'mac']
    """
    words, filler = _words()
    text = plain(header[:200])
    if text in words:
        return words[text]
    rest = " ".join(word for word in text.split() if word not in filler)
    return words.get(rest, "")


def find_register(rows: Sequence[Row], wanted: Mapping[str, Any] | None = None, where: str = "") -> Register | None:
    """The register among the first rows of a table; None when they are none. ``wanted``: field -> header (or headers), the map of a case's entry."""
    if wanted:
        return _mapped(rows, wanted, where)
    best: tuple[int, int] | None = None
    for at, row in enumerate(rows[:SEARCH]):
        score = _score(row)
        if score and (best is None or score > best[0]):
            best = score, at
    if best is None:
        return None
    header = rows[best[1]]
    return Register(best[1], tuple(header), tuple(_uses(_meanings(header), header)))


def _meanings(header: Sequence[str]) -> list[str]:
    """What each header means. Where no column gives the model and two give the kind, the one called "type" is the model's (NetBox: Role and Type)."""
    means = [meaning(cell) if cell.strip() else "" for cell in header]
    kinds = [at for at, use in enumerate(means) if use == "product_class"]
    typed = [at for at in kinds if plain(header[at]) == "type"]
    if typed and len(kinds) > 1 and not {"model", "brand_model"} & set(means):
        means[typed[0]] = "model"
    return means


def _score(row: Row) -> int:
    """How many fields a row of headers tells; 0 when it heads no register."""
    filled = [cell for cell in row if cell.strip()]
    if len(filled) < 2 or len(filled) > 200 or any(len(cell) > 60 for cell in filled):
        return 0
    fields = set(_meanings(filled))
    words = {word for cell in filled for word in plain(cell).split()}
    told = fields & _TELLING
    named = bool(fields & {"model", "brand_model"}) or ("brand" in fields and bool(fields & {"description", "product_class", "serial", "mac"}))
    if not (named and told - {"description"}) and not {"mac", "host"} <= fields:
        return 0
    if (len(words & _BUYING) > 1 or words & _ANSWERING) and len(fields & _HARD) < 2:
        return 0
    return len(told) + 2 * len(fields & {"model", "brand_model", "brand"}) if len(told) * 4 >= len(filled) or len(fields & _HARD) > 1 else 0


def _uses(means: list[str], header: Sequence[str]) -> list[str]:
    """One column per field, but for fields of which several may be told; notes are used only where nothing else describes."""
    taken: set[str] = set()
    uses = []
    described = bool({"model", "brand_model", "description"} & set(means))
    ranked = {at: _rank(header[at]) for at in range(len(header))}
    for at, use in enumerate(means):
        rivals = [other for other, name in enumerate(means) if name == use]
        if not use:
            uses.append(REPORTED if header[at].strip() else "")
        elif use.startswith("ignored") or use in SEVERAL:
            uses.append("ignored: free text, may name a person" if use == "notes" and described else use)
        elif use in taken or at != min(rivals, key=lambda other: (ranked[other], other)):
            uses.append("description" if use == "model" else f"ignored: another column gives the {use}")
        else:
            taken.add(use)
            uses.append(use)
    return uses


def _rank(header: str) -> int:
    """Among columns of one field the one that says "number" counts first: Snipe-IT has Model (a name) and Model No."""
    return 0 if re.search(r"\b(?:no|number|tag|nr)\b", plain(header)) else 1


def _mapped(rows: Sequence[Row], wanted: Mapping[str, Any], where: str) -> Register:
    """The register as a person's map says. InputError for fields or headers that are not there."""
    known = sorted({*_TELLING, "model", "brand_model", "body", "observed"})
    named = {field: [str(name) for name in (value if isinstance(value, (list, tuple)) else [value])] for field, value in wanted.items()}
    for field in named:
        if field not in known:
            raise InputError(f"the map names a field that does not exist: {field!r}", where=where, advice=f"fields of a register: {', '.join(known)}")
    every = [plain(name) for names in named.values() for name in names]
    at = max(range(min(len(rows), SEARCH)), key=lambda index: (sum(name in map(plain, rows[index]) for name in every), -index), default=0)
    header = rows[at] if rows else []
    uses = [""] * len(header)
    for field, names in named.items():
        for name in names:
            hits = [index for index, cell in enumerate(header) if plain(cell) == plain(name)]
            if not hits:
                shown = ", ".join(repr(cell.strip()) for cell in header if cell.strip())
                raise InputError(f"the map names a column that the file does not have: {name!r} for {field}", where=where, advice=f"headers of the file: {shown[:1500]}")
            uses[hits[0]] = field
    return Register(at, tuple(header), tuple(use or ("ignored: not in the map" if cell.strip() else "") for use, cell in zip(uses, header, strict=True)))
