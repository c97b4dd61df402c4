"""Names against a list: which listed organisation each name is, how probable that is, and why.

A pure function of Arrow batches. What a row yields depends on that row and the index alone: any split of the input gives the same rows. Each distinct
name of a batch is matched once, and what was learnt about words is kept between batches; both change time only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import Indel

from custodes.findings.identifiers import Numbers, Verdict, compare, keys, numbers, together
from custodes.findings.name_bytes import fnv
from custodes.findings.name_features import Alignment, Features, told
from custodes.findings.name_index import Knowledge, NameIndex, Ready, build, core, ready
from custodes.findings.name_memory import Memory
from custodes.findings.name_model import Trees, probability, sure_to_miss, trees
from custodes.findings.name_more import features, with_same_words, word_sets
from custodes.findings.name_pairs import Asked, ask, may_be_among, pairs
from custodes.findings.name_reasons import reasons, sentences
from custodes.findings.name_rules import ruled
from custodes.findings.name_text import fold_country, spell

Array = np.ndarray[Any, Any]

SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("party_id", pa.string()), ("rank", pa.int32()), ("score", pa.float64()), ("band", pa.string()),
        ("matched_name", pa.string()), ("reasons", pa.list_(pa.string())),
    ]
)  # fmt: skip
"""What :func:`screen` yields."""

CHUNK = 8_192
"""Distinct names that are matched at once: enough for the arrays to pay, little enough for memory."""

CAPS = {"namesake": 0.2, "other_identifier": 0.2, "conflict": 0.9}
"""Highest score of a firm known to be another, of another number in the same register, and where one register says the same and another one says no."""

FLOORS = {"number": 0.7, "number_and_name": 0.98}
"""Least score where the numbers are the same but the register's country is not given, without and with a name that is alike."""

NAME_TOO = 0.3
"""Score of the names from which a number of an unknown country is taken for the same."""

SHARING = 50
"""Parties that one number may bring up at most."""

SAME_IDENTIFIER = 0.9995
OTHER_COUNTRY = 0.75
"""Factor on the score where both countries are known and differ."""


@dataclass(slots=True)
class _Matcher:
    """Everything a process keeps for one index."""

    ready: Ready
    memory: Memory
    gate: Trees | None
    gate_above: float
    pairs: Trees
    curve: list[list[float]]
    bands: tuple[tuple[str, float], ...]
    namesakes: frozenset[str]
    namesake_hashes: Array
    parties: list[str]
    names: list[str]
    countries: list[str]
    index: NameIndex
    sets: tuple[Array, Array]


@lru_cache(maxsize=4)
def _matcher(index: NameIndex) -> _Matcher:
    found = ready(index)
    model = found.model
    spelled = spell(list(model.get("namesakes", ())), found.known)
    namesakes = frozenset(key for words in spelled for key in ("".join(words), "".join(core(words, found.known))))
    return _Matcher(
        found, Memory(found), trees(model["gate"]) if "gate" in model else None, float(model.get("gate_above", 0)), trees(model["pairs"]), model["curve"],
        tuple((name, float(least)) for name, least in model["bands"]), namesakes, np.array(sorted(fnv(key.encode()) for key in namesakes), np.uint64), found.texts["parties"].to_pylist(), found.texts["names"].to_pylist(),
        [fold_country(text) for text in found.texts["country"].to_pylist()], index, word_sets(found),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Registers:
    """The numbers of the listed parties, and who bears one: party -> numbers, key of a number -> parties, party -> its names by number."""

    of: dict[int, Numbers]
    bearers: dict[str, list[int]]
    names: dict[int, list[int]]


@lru_cache(maxsize=4)
def _registers(index: NameIndex) -> _Registers:
    """Read when the first name with a number is asked about: a list of names without numbers costs nothing."""
    found = ready(index)
    identifiers, countries, party = found.texts["identifiers"].to_pylist(), found.texts["country"].to_pylist(), found.arrays["party"].tolist()
    raw: dict[int, set[tuple[str, str]]] = {}
    names: dict[int, list[int]] = {}
    for n, who in enumerate(party):
        if identifiers[n]:
            raw.setdefault(who, set()).add((identifiers[n], countries[n]))
    for n, who in enumerate(party):
        if who in raw:
            names.setdefault(who, []).append(n)
    of = {who: together(numbers(text, country) for text, country in sorted(each)) for who, each in sorted(raw.items())}
    bearers: dict[str, list[int]] = {}
    for who, each in of.items():
        for key in keys(each):
            bearers.setdefault(key, []).append(who)
    return _Registers(of, bearers, names)


def band(score: float, bands: Iterable[tuple[str, float]]) -> str:
    """The band of a score; '' below the least."""
    return next((name for name, least in bands if score >= least), "")


def screen(batches: Iterable[pa.RecordBatch], index: NameIndex, *, top: int = 1, min_score: float = 0.05) -> Iterator[pa.RecordBatch]:
    """Match names with an index.

    In: ``id, name`` (text), optionally ``country`` and ``identifiers``. Out: :data:`SCHEMA`, the best name of each party, at most ``top`` parties per row, ties by
    party id; no row where nothing reaches ``min_score``. One batch comes out for each that goes in.
    """
    known = _matcher(index)
    for batch in batches:
        yield _screen(batch, known, top, min_score)


def _screen(batch: pa.RecordBatch, known: _Matcher, top: int, least: float) -> pa.RecordBatch:
    names = pc.fill_null(batch.column("name").cast(pa.string()), "")
    extra = [batch.column(name).to_pylist() if name in batch.schema.names else None for name in ("country", "identifiers")]
    coded = names.dictionary_encode()
    distinct, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False)
    plain = extra == [None, None]
    found = [_match(distinct[begin : begin + CHUNK], known, top, least, simple=plain) for begin in range(0, len(distinct), CHUNK)]
    ids = batch.column("id").cast(pa.string())
    if plain:
        return _rows(ids, codes, found, known)
    bring, out = _numbers(extra) if extra[1] else {}, list[tuple[Any, ...]]()
    hit = np.concatenate([np.diff(each.begin) > 0 for each in found])[codes] if len(codes) else np.zeros(0, bool)
    hit[list(bring)] = True
    for row in np.flatnonzero(hit).tolist():
        asked, name = _Row(distinct[codes[row]], fold_country(extra[0][row]) if extra[0] else "", bring.get(row)), int(codes[row])
        ranked = _ranked(asked, found[name // CHUNK].of(name % CHUNK), known, least)[:top]
        for rank, (score, party, listed, why) in enumerate(ranked, 1):
            out.append((ids[row].as_py(), party, rank, score, band(score, known.bands), known.names[listed], why))
    columns = list(zip(*out, strict=True)) if out else [() for _ in SCHEMA]
    return pa.record_batch([pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def _rows(ids: pa.Array, codes: Array, found: list[_Matches], known: _Matcher) -> pa.RecordBatch:
    """What rows yield that bring nothing but a name: the matches of their names as they are."""
    many = np.concatenate([np.diff(each.begin) for each in found])[codes] if found else np.zeros(0, np.int64)
    before = np.cumsum([0, *(len(each.ours) for each in found)])
    begin = np.concatenate([each.begin[:-1] + start for each, start in zip(found, before, strict=False)]) if found else np.zeros(0, np.int64)
    rank = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    match = np.repeat(begin[codes], many) + rank if len(codes) else rank
    theirs = np.concatenate([np.zeros(0, np.int64), *(each.theirs for each in found)])[match]
    score = np.concatenate([np.zeros(0), *(each.score for each in found)])[match]
    why = pa.concat_arrays([pa.array([], pa.list_(pa.string())), *(each.why for each in found)])
    limits = np.array([least for _, least in known.bands][::-1])
    bands = pa.array(["", *(name for name, _ in known.bands[::-1])])
    texts, party = known.ready.texts, known.ready.arrays["party"][theirs]
    columns = [
        ids.take(pa.array(np.repeat(np.arange(len(codes)), many))), texts["parties"].take(pa.array(party)).cast(pa.string()), pa.array((rank + 1).astype(np.int32)),
        pa.array(score), bands.take(pa.array(np.searchsorted(limits, score, "right"))), texts["names"].take(pa.array(theirs)).cast(pa.string()), why.take(pa.array(match)),
    ]  # fmt: skip
    return pa.record_batch(columns, schema=SCHEMA)


def _numbers(extra: list[Any]) -> dict[int, Numbers]:
    """Row -> the numbers it brings, for the rows that bring any."""
    found, seen = {}, dict[tuple[str, str], Numbers]()
    for row, cell in enumerate(extra[1]):
        if cell:
            place = str(extra[0][row] or "") if extra[0] else ""
            key = (cell if isinstance(cell, str) else json.dumps(cell, sort_keys=True, default=str), place)
            if key not in seen:
                seen[key] = numbers(cell, place)
            if seen[key]:
                found[row] = seen[key]
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """What one row asks: a name, and what stands beside it."""

    name: str
    country: str
    numbers: Numbers | None


def _ranked(row: _Row, found: list[tuple[int, float, list[str]]], known: _Matcher, least: float) -> list[tuple[float, str, int, list[str]]]:
    """(score, party, name, reasons) of one row, best first: what numbers and countries say is worked in here, and who bears the same number is added."""
    best: dict[str, tuple[float, str, int, list[str]]] = {}
    of_party = known.ready.arrays["party"]
    registers = _registers(known.index) if row.numbers else None
    if registers and row.numbers:
        found = [*found, *_same_number(row.name, row.numbers, {int(of_party[name]) for name, _, _ in found}, known, registers)]
    for name, score, why in found:
        party = known.parties[of_party[name]]
        verdict = compare(row.numbers, registers.of.get(int(of_party[name]), {})) if registers and row.numbers else Verdict()
        score, more = _evidence(score, verdict, row.country, known.countries[name])
        entry = (score, party, name, [*why, *more])
        if score >= least and (party not in best or (-score, name) < (-best[party][0], best[party][2])):
            best[party] = entry
    return sorted(best.values(), key=lambda entry: (-entry[0], entry[1]))


def _same_number(name: str, ours: Numbers, found: set[int], known: _Matcher, registers: _Registers) -> list[tuple[int, float, list[str]]]:
    """Parties with a number of ours whose names alone did not bring them up: each with the name that is most like ours, and no score yet."""
    parties = sorted({party for key in keys(ours) for party in registers.bearers.get(key, ())} - found)[:SHARING]
    out = []
    for party in parties:
        nearest = max(registers.names[party], key=lambda n: (Indel.normalized_similarity(name.casefold(), known.names[n].casefold()), -n))
        out.append((nearest, 0.0, ["the names alone do not show it"]))
    return out


def _evidence(score: float, verdict: Verdict, country: str, other: str) -> tuple[float, list[str]]:
    """The score with what stands beside the names, and words for it."""
    if verdict.kind == "same":
        return SAME_IDENTIFIER, list(verdict.words)
    if verdict.kind == "conflict":
        return CAPS["conflict"], list(verdict.words)
    if verdict.kind == "other":
        return min(score, CAPS["other_identifier"]), list(verdict.words)
    if verdict.kind == "likely":
        return max(score, FLOORS["number_and_name"] if score >= NAME_TOO else FLOORS["number"]), list(verdict.words)
    if country and other and country != other:
        return round(score * OTHER_COUNTRY, 4), [f"another country: {country.upper()} against {other.upper()}"]
    return score, []


@dataclass(frozen=True, slots=True)
class _Matches:
    """Matches of a batch of names, sorted by name and best first: numbers of the name and of the listed name, score, reasons; ``begin``: where those of each name begin."""

    ours: Array
    theirs: Array
    score: Array
    why: pa.Array
    begin: Array

    def of(self, name: int) -> list[tuple[int, float, list[str]]]:
        """(listed name, score, reasons) of one name."""
        low, high = int(self.begin[name]), int(self.begin[name + 1])
        return list(zip(self.theirs[low:high].tolist(), self.score[low:high].tolist(), self.why.slice(low, high - low).to_pylist(), strict=True))


def _match(names: list[str], known: _Matcher, top: int, least: float, simple: bool, own: Array | None = None) -> _Matches:
    """The best listed name of each party for each name. With evidence beside the names, weak candidates are kept too, and more than ``top``."""
    asked, ours, theirs, found, met = compared(names, known, own)
    worth = least if simple else min(least, 0.02)
    chance = scores(asked, known, ours, theirs, found, worth)
    party = known.ready.arrays["party"][theirs]
    kept = np.flatnonzero(chance >= worth)
    quick, parties = found["quick"], len(known.parties)
    order = kept[np.lexsort((theirs[kept], -quick[kept], party[kept], -chance[kept], ours[kept]))]
    _, first = np.unique(ours[order] * parties + party[order], return_index=True)
    order = order[np.sort(first)]
    if simple:
        begin = np.searchsorted(ours[order], np.arange(len(names)))
        order = order[np.arange(len(order)) - begin[ours[order]] < top]
    return _Matches(ours[order], theirs[order], chance[order], told(met, found, order), np.searchsorted(ours[order], np.arange(len(names) + 1)))


def alike(names: list[str], own: list[str], index: NameIndex, least: float) -> Iterator[tuple[int, str, str, float, list[str]]]:
    """Listed names among themselves: (number of the name, party, its name, score, reasons) of every other party that reaches ``least``.

    ``own``: the party of each name; its own names are left out before anything is weighed, because a name is always its own best match.
    """
    known = _matcher(index)
    place = {party: n for n, party in enumerate(known.parties)}
    for begin in range(0, len(names), CHUNK):
        chunk = names[begin : begin + CHUNK]
        mine = np.array([place.get(party, -1) for party in own[begin : begin + CHUNK]], np.int64)
        found = _match(chunk, known, len(known.parties), least, simple=True, own=mine)
        for number in np.unique(found.ours).tolist():
            for name, score, why in found.of(number):
                yield begin + number, known.parties[known.ready.arrays["party"][name]], known.names[name], score, why


def compared(names: list[str], known: _Matcher, own: Array | None = None) -> tuple[Asked, Array, Array, Features, Alignment]:
    """Names taken apart, the pairs that are worth comparing (without those of the party ``own``), and their features."""
    asked = ask(names, known.memory)
    ours, theirs, acronym = with_same_words(asked, known.memory, pairs(asked, known.memory, known.gate, known.gate_above), known.sets)
    if own is not None:
        others = known.ready.arrays["party"][theirs] != own[ours]
        ours, theirs, acronym = ours[others], theirs[others], acronym[others]
    found, met = features(asked, known.memory, ours, theirs, acronym)
    return asked, ours, theirs, found, met


def scores(asked: Asked, known: _Matcher, ours: Array, theirs: Array, found: Features, least: float = 0.0) -> Array:
    """The probability of each pair, capped where a name alone cannot decide; those below ``least`` are not worked out to the end."""
    if not len(ours):
        return np.zeros(0)
    chance = ruled(probability(found.total(known.pairs, sure_to_miss(least, known.curve)), known.curve), found)
    for name in may_be_among(asked, known.namesake_hashes).tolist():
        if asked.whole[name] in known.namesakes or "".join(asked.core(known.memory, name)) in known.namesakes:
            mine = ours == name
            chance = np.where(mine & ~_is_namesake(asked.names[name], theirs, mine, known), np.minimum(chance, CAPS["namesake"]), chance)
    return np.round(chance, 4)


def _is_namesake(name: str, theirs: Array, mine: Array, known: _Matcher) -> Array:
    """Which listed names are the very name of a firm that is easily taken for another; spaces count ("Sense Time" is not "SenseTime")."""
    spelled = spell([name], known.ready.known)[0]
    found = np.zeros(len(theirs), bool)
    for n in np.flatnonzero(mine).tolist():
        found[n] = spell([known.names[theirs[n]]], known.ready.known)[0] == spelled
    return found


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a name is a listed one, or not: the score, two plain sentences, the short reasons and every feature with its value."""

    name: str
    party_id: str
    matched_name: str
    score: float
    band: str
    sentences: tuple[str, str]
    reasons: tuple[str, ...]
    features: Mapping[str, float]


def _place(parties: list[str], party_id: str) -> int:
    return parties.index(party_id) if party_id in parties else -1


def explain(name: str, index: NameIndex, party_id: str = "") -> Explanation | None:
    """Explain the best listed name for a name; None where nothing was worth comparing. With ``party_id`` the best name of that party, however far."""
    known = _matcher(index)
    if party_id:
        asked, theirs = ask([name], known.memory), np.flatnonzero(known.ready.arrays["party"] == _place(known.parties, party_id))
        ours = np.zeros(len(theirs), np.int64)
        found, met = features(asked, known.memory, ours, theirs, np.zeros(len(theirs), bool))
    else:
        asked, ours, theirs, found, met = compared([name], known)
    chance = scores(asked, known, ours, theirs, found)
    of_party = list(range(len(ours)))
    if not of_party:
        return None
    n = min(of_party, key=lambda n: (-chance[n], -found["quick"][n], int(theirs[n])))
    listed, score = known.names[theirs[n]], float(chance[n])
    return Explanation(
        name, known.parties[known.ready.arrays["party"][theirs[n]]], listed, score, band(score, known.bands), sentences(name, listed, met, n, found, score),
        tuple(reasons(met, n, found)), {key: round(float(value[n]), 4) for key, value in sorted(found.items())},
    )  # fmt: skip


__all__ = ["SCHEMA", "Explanation", "Knowledge", "NameIndex", "band", "build", "explain", "screen"]
