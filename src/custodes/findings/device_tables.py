"""The tables on devices made ready: patterns compiled, brands and MAC blocks keyed; once per set of tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from custodes.findings.device_text import folded, squeezed, typed

Row = Mapping[str, Any]

TABLES = ("device_brands", "device_models", "device_clues", "device_macs", "brand_lines")
"""The fact tables that identification rests on."""

LINE_WEIGHTS = {"high": 0.93, "medium": 0.8, "low": 0.45}
"""Weight of a brand line by how well it is known."""

MEMORY = 100_000
"""Texts, labels and verdicts that are kept at most."""

Value = TypeVar("Value")

ANYWHERE = 3
"""Least letters of a brand's name that is looked for inside longer text."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of model names: ``exact`` on a whole name, ``loose`` (None: never) in running text, made from ``plain``; ``families``: how many published names have it."""

    rule: str
    maker: str
    brand: str
    product_class: str
    weight: float
    exact: re.Pattern[str]
    loose: re.Pattern[str] | None
    families: int
    plain: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a brand's goods and who makes them (``own``: a user's, with proof, which goes first); without a ``maker`` it says that the brand's usual maker must not be concluded."""

    own: bool
    brand: str
    line: str
    maker: str
    weight: float
    publish: str
    product_class: str
    valid_from: str
    valid_to: str
    caution: str
    alone: bool
    exact: re.Pattern[str]
    loose: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Sign:
    """A row of device_clues.csv."""

    clue: str
    rule: str
    pattern: re.Pattern[str]
    maker: str
    brand: str
    product_class: str
    weight: float
    valid_from: str
    valid_to: str
    note: str


@dataclass(frozen=True, slots=True)
class Brand:
    """A name on labels: ``kind`` own (all goods under it are the maker's), other (a maker that stands on no table of ours), mixed (several makers)."""

    brand: str
    kind: str
    maker: str
    relation: str
    weight: float
    valid_from: str
    valid_to: str


@dataclass(frozen=True, slots=True)
class Block:
    """A registrant of MAC blocks and what it says of a device."""

    registrant: str
    maker: str
    brand: str
    relation: str
    product_class: str
    weight: float
    note: str


@dataclass(frozen=True)
class Devices:
    """Everything that identification looks at. ``forms`` stand heaviest first; ``any_form`` and ``first_loose`` tell which of them fits; ``words`` are names looked for inside text, ``beginnings`` what they begin with; ``others``: names of firms that only look like a maker's, in capitals. ``memory``: texts seen before; it saves time and changes no answer."""

    forms: tuple[Form, ...]
    any_form: re.Pattern[str]
    any_loose: re.Pattern[str]
    first_loose: re.Pattern[str]
    lines: Mapping[str, tuple[Line, ...]]
    lines_alone: tuple[Line, ...]
    any_alone: re.Pattern[str]
    signs: Mapping[str, tuple[tuple[re.Pattern[str], tuple[Sign, ...]], ...]]
    brands: Mapping[str, tuple[Brand, ...]]
    words: frozenset[str]
    beginnings: frozenset[str]
    blocks: Mapping[str, Block]
    names: Mapping[str, str]
    misspelt: tuple[tuple[re.Pattern[str], str], ...]
    any_misspelt: re.Pattern[str]
    others: re.Pattern[str]
    components: tuple[tuple[str, str, str], ...]
    memory: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)


def remembered(known: Devices, key: Any, make: Callable[[], Value]) -> Value:
    """What was worked out for a key before, else what ``make`` gives. Full memories are emptied: they only save time."""
    memory = known.memory
    found: Value | None = memory.get(key)
    if found is None:
        found = make()
        if len(memory) >= MEMORY:
            memory.clear()
        memory[key] = found
    return found


def build(tables: Mapping[str, Sequence[Row]]) -> Devices:
    """The compiled form. ``tables``: those of :data:`TABLES`, and ``makers``, ``words``, ``links``, ``confusables`` where they are at hand (names, misspellings, components,
    firms easily taken for a maker)."""
    forms = tuple(sorted(map(_form, tables.get("device_models", ())), key=lambda form: (-form.weight, -len(form.exact.pattern), form.rule)))
    lines = _lines(tables.get("brand_lines", ()))
    alone = tuple(line for found in lines.values() for line in found if line.alone)
    labels = [*tables.get("device_brands", ()), *_brands_of_lines(tables)]
    brands, words = _brands(labels), _words(labels)
    misspelt = _misspelt(tables, brands)
    return Devices(
        forms=forms,
        any_form=_numbered(form.exact.pattern for form in forms),
        any_loose=_starting(form.loose.pattern for form in forms if form.loose),
        first_loose=_numbered(form.loose.pattern if form.loose else "(?!)" for form in forms),
        lines=lines,
        lines_alone=alone,
        any_alone=_starting(line.loose.pattern for line in alone),
        signs=_signs(tables.get("device_clues", ())),
        brands=brands,
        words=words,
        beginnings=frozenset(word[:size] for word in words for size in range(1, len(word) + 1)),
        blocks={block: _block(row) for row in tables.get("device_macs", ()) for block in row["blocks"].split()},
        names=_maker_names(tables),
        misspelt=misspelt,
        any_misspelt=_either(pattern.pattern for pattern, _ in misspelt),
        others=_either(_phrase(row["name"]) for row in tables.get("confusables", ()) if " " in row["name"]),
        components=_components(tables),
    )  # fmt: skip


_FORMS = {"CORPORATION": "CORP(?:ORATION)?", "LIMITED": "(?:LIMITED|LTD)", "COMPANY": "CO(?:MPANY)?"}


def _phrase(name: str) -> str:
    """A pattern for a firm's name in capitals, with the usual joints and either spelling of its legal form. A name of one word has rows of its own in the tables of brands."""
    words = [_FORMS.get(word) or re.escape(word) for word in re.findall(r"\w+", folded(name))]
    return rf"\b{'[^A-Z0-9]{1,3}'.join(words)}\b"


def _either(patterns: Iterable[str]) -> re.Pattern[str]:
    found = [f"(?:{pattern})" for pattern in patterns]
    return re.compile("|".join(found) if found else r"(?!)")


def _numbered(patterns: Iterable[str]) -> re.Pattern[str]:
    """Like :func:`_either`, and ``lastindex`` tells which of them fits, counted from one: the first, as they are tried in order."""
    return re.compile("|".join(f"({pattern})" for pattern in patterns) or r"(?!)")


def _starting(patterns: Iterable[str]) -> re.Pattern[str]:
    """Like :func:`_either` for patterns that begin where a word begins; that is asked once for all of them, which is far quicker."""
    start = typed("^")
    plain: list[str] = []
    others: list[str] = []
    for pattern in patterns:
        bare = pattern.removeprefix(start)
        (plain if bare != pattern and start not in bare and "|" not in re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", bare) else others).append(bare if start not in bare else pattern)
    joined = "|".join(f"(?:{pattern})" for pattern in plain)
    return _either([f"{start}(?:{joined})", *others] if plain else others)


def _form(row: Row) -> Form:
    loose = str(row["pattern"] if row["typed"] == "=" else row["typed"])
    plain = loose if not loose or loose.startswith("^") else f"^(?:{loose})"
    pattern = re.compile(typed(plain)) if plain else None
    return Form(
        row["rule"], row["maker_id"], row["brand"], row["product_class"], float(row["weight"]), re.compile(row["pattern"]), pattern, int(row.get("families") or 0), plain
    )  # fmt: skip


def _lines(rows: Iterable[Row]) -> dict[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = {}
    for row in rows:
        pattern = row["model_regex"] or r"(?!)"
        weight = LINE_WEIGHTS.get(row["confidence"], 0.45)
        line = Line(
            row.get("own") == "yes", row["brand"], row["line"], row["maker_id"], weight, row["publish"] or "review", row.get("product_class") or "", row.get("valid_from") or "",
            row.get("valid_to") or "", row.get("caution") or "", row.get("alone") == "yes", re.compile(pattern), re.compile(typed(pattern)),
        )  # fmt: skip
        found.setdefault(squeezed(row["brand"]), []).append(line)
    # a user's own first; then what says "not the usual maker" is asked first, then the longest pattern: the narrower line wins
    return {brand: tuple(sorted(lines, key=lambda line: (not line.own, bool(line.maker), -len(line.exact.pattern), line.line))) for brand, lines in found.items()}


def _signs(rows: Iterable[Row]) -> dict[str, tuple[tuple[re.Pattern[str], tuple[Sign, ...]], ...]]:
    """Field -> ((gate, signs),): one pattern for all signs of the field is tried first. Banners are compared as they stand, all else in capitals."""
    fields: dict[str, list[Sign]] = {}
    for row in rows:
        flags = re.NOFLAG if row["field"] == "banner" else re.IGNORECASE
        sign = Sign(
            row["clue"], row["rule"], re.compile(row["pattern"], flags), row["maker_id"], row["brand"], row["product_class"], float(row["weight"]),
            row["valid_from"], row["valid_to"], row["note"],
        )  # fmt: skip
        fields.setdefault(row["field"], []).append(sign)
    return {name: ((re.compile("|".join(f"(?:{s.pattern.pattern})" for s in signs), signs[0].pattern.flags & re.IGNORECASE), tuple(signs)),) for name, signs in fields.items()}


def _brands_of_lines(tables: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Brands that only a brand line knows: names of several makers until the line tells."""
    known = {squeezed(word) for row in tables.get("device_brands", ()) for word in (row["brand"], *row["words"].split(" ; "))}
    names = {row["brand"] for row in tables.get("brand_lines", ()) if squeezed(row["brand"]) not in known}
    empty = {"kind": "mixed", "maker_id": "", "relation": "", "weight": "0", "valid_from": "", "valid_to": ""}
    return [{**empty, "brand": name, "words": name} for name in sorted(names)]


def _brands(rows: Iterable[Row]) -> dict[str, tuple[Brand, ...]]:
    found: dict[str, list[Brand]] = {}
    for row in rows:
        brand = Brand(row["brand"], row["kind"], row["maker_id"], row["relation"], float(row["weight"]), row["valid_from"], row["valid_to"])
        for word in (row["brand"], *row["words"].split(" ; ")):
            known = found.setdefault(squeezed(word), [])
            if brand not in known:
                known.append(brand)
    return {word: tuple(brands) for word, brands in found.items()}


def _words(rows: Iterable[Row]) -> frozenset[str]:
    """Names of brands that are looked for inside longer text, squeezed."""
    words = (squeezed(word) for row in rows for word in (row["brand"], *row["words"].split(" ; ")))
    return frozenset(word for word in words if len(word) >= ANYWHERE or not word.isascii())


def _misspelt(tables: Mapping[str, Sequence[Row]], brands: Mapping[str, Any]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Misspellings that words.csv knows, with the name they stand for."""
    rows = [row for row in tables.get("words", ()) if row["kind"] == "misspelling" and squeezed(row["word"]) in brands]
    return tuple((re.compile(row["pattern"]), squeezed(row["word"])) for row in rows)


def _block(row: Row) -> Block:
    return Block(row["registrant"], row["maker_id"], row["brand"], row["relation"], row["product_class"], float(row["weight"]), row["note"])


def _maker_names(tables: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """Maker id -> the name to write."""
    own = {row["maker_id"]: row["brand"] for row in tables.get("device_brands", ()) if row["kind"] in ("own", "other") and not row["relation"]}
    return {**{row["maker_id"]: row["name"] for row in tables.get("makers", ())}, **own}


def _components(tables: Mapping[str, Sequence[Row]]) -> tuple[tuple[str, str, str], ...]:
    """(goods, maker of the part, proof) of links that say that goods hold a part of a listed maker's."""
    rows = [row for row in tables.get("links", ()) if row["relation"] == "component" and row["publish"] != "no"]
    return tuple(sorted((row["subject"], row["object"], row["citation"]) for row in rows))
