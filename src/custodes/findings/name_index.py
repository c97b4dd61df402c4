"""The names of a list made ready for matching: one flat block of arrays that many processes can share.

A :class:`NameIndex` is frozen and picklable; its block is an Arrow table of named arrays and can be read from a memory-mapped file without copying. :func:`ready`
gives the arrays and the small dictionaries that a process works with, once per version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from custodes.findings import name_near
from custodes.findings.name_text import Lexicon, lexicon, spell

Array = np.ndarray[Any, Any]

RULES = 2
"""Goes up when the same list and model would give other answers."""

NEUTRAL = "co"
"""The class of legal forms that says nothing."""

PLACE = 300
"""Ordinary firms that a place counts for at least."""

COMMON = 400
"""A word that stands in more listed names than this does not bring up candidates; it still counts when they are compared."""


@dataclass(frozen=True, slots=True)
class NameIndex:
    """A list of names made ready. ``version`` covers names, word tables, model and rules; equal versions give equal answers."""

    version: str
    block: pa.Buffer = field(repr=False, compare=False)

    def to_bytes(self) -> bytes:
        """The index as bytes, to be written to one file."""
        return bytes(self.block)

    @staticmethod
    def from_buffer(block: pa.Buffer) -> NameIndex:
        """The index over a buffer, for instance a memory-mapped file; nothing is copied. ValueError when it is no index."""
        try:
            version = pa.ipc.open_stream(block).schema.metadata[b"version"].decode()
        except (pa.ArrowInvalid, KeyError, TypeError) as error:
            raise ValueError("this is not an index of names") from error
        return NameIndex(version, block)

    def __reduce__(self) -> Any:
        return _revive, (self.to_bytes(),)

    def __hash__(self) -> int:
        return hash(self.version)


def _revive(block: bytes) -> NameIndex:
    return NameIndex.from_buffer(pa.py_buffer(block))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known about words before any list is seen. ``words``: rows of name_words.csv; ``counts``: word -> number of ordinary firms out of
    ``firms`` that bear it; ``listed``: the same for ``parties`` organisations of official lists (a list of five names does not show that "Zhejiang" is a
    common word); ``model``: the trained model as JSON text."""

    words: tuple[Mapping[str, str], ...]
    counts: Mapping[str, int]
    firms: int
    model: str
    listed: Mapping[str, int] = field(default_factory=dict)
    parties: int = 0


def build(parties: pa.Table, knowledge: Knowledge) -> NameIndex:
    """Make a list ready. Columns: ``party_id, name`` (one row per name), ``country`` and ``identifiers`` optional. Row order does not matter."""
    rows = sorted({tuple(str(row.get(key) or "") for key in ("party_id", "name", "country", "identifiers")) for row in parties.to_pylist()})
    rows = [row for row in rows if row[1].strip()]
    known = lexicon(knowledge.words)
    arrays, texts = _arrays([row[0] for row in rows], [row[1] for row in rows], known, knowledge)
    texts |= {"country": [row[2] for row in rows], "identifiers": [row[3] for row in rows]}
    notes = {"words": list(map(dict, knowledge.words)), "counts": dict(knowledge.counts), "firms": knowledge.firms, "model": json.loads(knowledge.model), "listed": dict(knowledge.listed), "parties": knowledge.parties}
    stable = json.dumps([RULES, rows, notes], ensure_ascii=False, sort_keys=True)
    version = hashlib.sha256(stable.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return NameIndex(version, _block(version, arrays, texts, json.dumps(notes, ensure_ascii=False, sort_keys=True)))


def core(words: Sequence[str], known: Lexicon) -> list[str]:
    """The words of a name that tell it from others: without legal forms and small words; all of them where nothing else is left."""
    return [w for w in words if w not in known.forms and w not in known.stops] or [w for w in words if w not in known.stops] or list(words)


def usual_count(word: str, known: Lexicon, counts: Mapping[str, int]) -> int:
    """How many ordinary firms bear a word. Places count as common: a firm elsewhere in Zhejiang is no sign, however few firms here come from there."""
    return max(counts.get(word, 0), PLACE if word in known.places else 0)


def form_bit(word: str, known: Lexicon, classes: Mapping[str, int]) -> int:
    """The class of a legal form as a bit; 0 for other words and for "company", which every form has."""
    form = known.forms.get(word, NEUTRAL)
    return 0 if form == NEUTRAL else 1 << classes[form]


def form_mask(words: Sequence[str], known: Lexicon, classes: Mapping[str, int]) -> int:
    """The classes of legal forms among the words of a name, as bits."""
    mask = 0
    for word in words:
        mask |= form_bit(word, known, classes)
    return mask


def form_classes(known: Lexicon) -> dict[str, int]:
    """Class of legal forms -> its bit."""
    return {name: bit for bit, name in enumerate(sorted(set(known.forms.values())))}


def initials(name: str, cores: Sequence[str], known: Lexicon) -> set[str]:
    """Acronyms under which a name of three words or more may be known, with and without its legal form."""
    plain = [word.strip("\"'.,()") for word in name.lower().replace("-", " ").replace("&", " ").split()] if name.isascii() else []
    found = {"".join(word[0] for word in words) for words in ([w for w in plain if w[:1].isalpha() and w not in known.stops], cores) if words}
    return {short for short in found if 3 <= len(short) <= 9}


def _arrays(ids: list[str], names: list[str], known: Lexicon, knowledge: Knowledge) -> tuple[dict[str, Array], dict[str, list[str]]]:
    """Everything about the names that does not depend on what is asked."""
    classes, spelled = form_classes(known), spell(names, known)
    cores = [core(words, known) for words in spelled]
    parties = sorted(set(ids))
    number = {party: n for n, party in enumerate(parties)}
    flat = [known.canonical(word) for words in cores for word in words]
    words = sorted(set(flat))
    place = {word: n for n, word in enumerate(words)}
    lengths = np.array([len(words_) for words_ in cores], np.int64)
    start = np.concatenate([[0], np.cumsum(lengths)])
    row = np.repeat(np.arange(len(names)), lengths)
    # one entry per name and word; a word that stands twice counts where it stands first
    key = row * max(len(words), 1) + np.array([place[word] for word in flat], np.int64)
    key, first = np.unique(key, return_index=True)
    row, token = key // max(len(words), 1), key % max(len(words), 1)
    party = np.array([number[each] for each in ids], np.int32)
    bearers = np.bincount(np.unique(party[row].astype(np.int64) * max(len(words), 1) + token) % max(len(words), 1), minlength=len(words))
    bearers = np.maximum(bearers, np.array([knowledge.listed.get(word, 0) for word in words], np.int64))
    usual = np.array([usual_count(word, known, knowledge.counts) for word in words], np.int64)
    skeletons = name_near.skeletons(words)
    bones = sorted({bone for bone in skeletons if len(bone) >= 3})
    bone_of = {bone: n for n, bone in enumerate(bones)}
    owner = sorted((bone_of[bone], n) for n, bone in enumerate(skeletons) if bone in bone_of)
    near, bone_near = name_near.table(words), name_near.table(bones)
    whole = ["".join(each) for each in spelled]
    shorts = sorted({(short, n) for n, name in enumerate(names) for short in initials(name, cores[n], known)})
    arrays = {
        "party": party, "row": row.astype(np.int32), "token": token.astype(np.int32), "position": (np.arange(len(flat)) - start[np.repeat(np.arange(len(names)), lengths)])[first].astype(np.int32),
        "start": np.searchsorted(row, np.arange(len(names) + 1)).astype(np.int64), "bearers": bearers, "usual": usual,
        "form": np.array([form_mask(each, known, classes) for each in spelled], np.int64),
        "near_key": near[0], "near_word": near[1], "bone_key": bone_near[0], "bone_word": bone_near[1],
        "bone_start": np.searchsorted([bone for bone, _ in owner], np.arange(len(bones) + 1)).astype(np.int64), "bone_owner": np.array([n for _, n in owner], np.int32),
        "whole_order": np.array(sorted(range(len(names)), key=lambda n: (whole[n], n)), np.int32), "short_name": np.array([n for _, n in shorts], np.int32),
        "marked": np.array([any(word in known.marks for word in each) for each in spelled], bool),
        "script": np.array([not name.isascii() for name in names], bool),
    }  # fmt: skip
    texts = {
        "parties": parties, "names": names, "words": words, "skeletons": skeletons, "bones": bones, "shorts": [short for short, _ in shorts],
        "compact": ["".join(each) for each in cores], "whole": whole,
        "digits": [" ".join(sorted({word for word in each if word.isdigit()})) for each in cores],
    }  # fmt: skip
    return arrays, texts


def _block(version: str, arrays: Mapping[str, Array], texts: Mapping[str, Sequence[str]], notes: str) -> pa.Buffer:
    """One record batch per array, so that each keeps its own alignment; texts as Arrow strings."""
    columns: dict[str, pa.Array] = {name: pa.array(value) for name, value in arrays.items()}
    columns |= {name: pa.array(value, pa.large_string()) for name, value in texts.items()}
    columns["notes"] = pa.array([notes], pa.large_string())
    schema = pa.schema([(name, pa.list_(value.type)) for name, value in columns.items()], metadata={"version": version})
    lists = [pa.ListArray.from_arrays(pa.array([0, len(value)], pa.int32()), value) for value in columns.values()]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.record_batch(lists, schema=schema))
    return sink.getvalue()


@dataclass(slots=True)
class Ready:
    """An index in the form in which a process works with it. Everything here follows from the index."""

    known: Lexicon
    classes: dict[str, int]
    arrays: dict[str, Array]
    texts: dict[str, pa.Array]
    place: dict[str, int]
    words: list[str]
    idf: Array
    total: Array
    norm: Array
    search: sparse.csr_matrix
    entries: sparse.csr_matrix
    entity: sparse.csr_matrix
    share: Array
    names_of: Array
    same_core: Array
    shorts: dict[str, list[int]]
    single: dict[str, list[int]]
    whole: list[str]
    bones: list[str]
    shape: name_near.Shape
    sorted_words: Array
    near_seen: Array
    bone_seen: Array
    counts: Mapping[str, int]
    listed: Mapping[str, int]
    population: int
    model: Mapping[str, Any]


@lru_cache(maxsize=4)
def ready(index: NameIndex) -> Ready:
    """The working form of an index; kept per process."""
    batch = pa.ipc.open_stream(index.block).read_next_batch()
    values = {name: batch.column(name).values for name in batch.schema.names}
    notes = json.loads(values.pop("notes")[0].as_py())
    texts = {name: value for name, value in values.items() if pa.types.is_large_string(value.type)}
    a = {name: value.to_numpy(zero_copy_only=not pa.types.is_boolean(value.type)) for name, value in values.items() if name not in texts}
    known, words, names = lexicon(notes["words"]), texts["words"].to_pylist(), len(a["party"])
    size, parties = len(words), len(texts["parties"])
    population = max(parties, notes["parties"]) + notes["firms"] + 1
    idf = np.log(population / (a["bearers"] + a["usual"] + 1)).astype(np.float32)
    weight = idf[a["token"]]
    total = np.bincount(a["row"], weight, minlength=names).astype(np.float32)
    norm = np.sqrt(np.bincount(a["row"], weight * weight, minlength=names)).astype(np.float32)
    norm[norm == 0] = 1
    frequent = np.bincount(a["token"], minlength=size)
    keep = frequent[a["token"]] <= COMMON
    search = sparse.csr_matrix(((weight / norm[a["row"]])[keep].astype(np.float32), (a["token"][keep], a["row"][keep])), shape=(size, names))
    entries = sparse.csr_matrix((np.arange(1, len(a["token"]) + 1, dtype=np.float64), a["token"], a["start"]), shape=(names, size))
    owner = a["party"][a["row"]]
    names_of = np.bincount(a["party"], minlength=parties)
    entity = sparse.csr_matrix((np.ones(len(owner)), (owner, a["token"])), shape=(parties, size))
    entity.sum_duplicates()
    share = np.asarray(entity[owner, a["token"]]).ravel() / names_of[owner] if len(owner) else np.zeros(0)
    entity.data[:] = 1
    found = Ready(
        known=known, classes=form_classes(known), arrays=a, texts=texts, place={word: n for n, word in enumerate(words)}, words=words,
        idf=idf, total=total, norm=norm, search=search, entries=entries, entity=entity, share=share.astype(np.float32), names_of=names_of,
        same_core=_same_core(a), shorts={}, single={}, whole=texts["whole"].take(pa.array(a["whole_order"])).to_pylist(),
        bones=texts["bones"].to_pylist(), shape=name_near.shape(words), sorted_words=np.array(words),
        near_seen=name_near.slots(a["near_key"]), bone_seen=name_near.slots(a["bone_key"]), counts=notes["counts"], listed=notes["listed"], population=population, model=notes["model"],
    )  # fmt: skip
    for short, name in zip(texts["shorts"].to_pylist(), a["short_name"].tolist(), strict=True):
        found.shorts.setdefault(short, []).append(name)
    for name in np.flatnonzero(np.diff(a["start"]) == 1).tolist():
        found.single.setdefault(words[a["token"][a["start"][name]]], []).append(name)
    return found


def _same_core(a: Mapping[str, Array]) -> Array:
    """For each name, how many parties bear a name of the same words in any order."""
    mixed = (a["token"].astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    sums = np.zeros(len(a["party"]), np.uint64)
    with np.errstate(over="ignore"):
        np.add.at(sums, a["row"], mixed * np.uint64(0xBF58476D1CE4E5B9))
    _, key = np.unique(sums, return_inverse=True)
    pairs = np.unique(key.astype(np.int64) * (int(a["party"].max(initial=0)) + 1) + a["party"])
    return np.bincount(pairs // (int(a["party"].max(initial=0)) + 1), minlength=int(key.max(initial=0)) + 1)[key]
