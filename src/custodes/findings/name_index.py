"""The names of a list made ready for matching: one flat block of arrays that many processes can share.

A :class:`NameIndex` is frozen and picklable; its block is an Arrow table of named arrays and can be read from a memory-mapped file without copying. :func:`ready`
gives the arrays and the small dictionaries that a process works with, once per version.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from custodes.findings import name_near
from custodes.findings.name_bytes import Words, odd_words
from custodes.findings.name_kernel import reading
from custodes.findings.name_learn import SEEN, Near, Vocabulary, first_four, shapes
from custodes.findings.name_pick import BEGINNINGS, Search, Whole, beginnings
from custodes.findings.name_text import Lexicon, lexicon, spell
from custodes.findings.name_weigh import Listed

Array = np.ndarray[Any, Any]

RULES = 3
"""Goes up when the same list and model would give other answers."""

NEUTRAL = "co"
"""The class of legal forms that says nothing."""

PLACE = 300
"""Ordinary firms that a place counts for at least."""

COMMON = 400
"""A word that stands in more listed names than this does not bring up candidates; it still counts when they are compared."""


_DIGIT = re.compile("[0-9]")


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
    columns = [[str(value or "") for value in parties[key].to_pylist()] if key in parties.column_names else [""] * len(parties) for key in ("party_id", "name", "country", "identifiers")]
    rows = [row for row in sorted(set(zip(*columns, strict=True))) if row[1].strip()]
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
    count = counts.get(word, 0)
    return PLACE if count < PLACE and word in known.places else count


def form_bit(word: str, known: Lexicon, classes: Mapping[str, int]) -> int:
    """The class of a legal form as a bit; 0 for other words and for "company", which every form has."""
    form = known.forms.get(word, NEUTRAL)
    return 0 if form == NEUTRAL else 1 << classes[form]


def form_mask(words: Sequence[str], known: Lexicon, classes: Mapping[str, int]) -> int:
    """The classes of legal forms among the words of a name, as bits."""
    mask = 0
    for word in words:
        if word in known.forms:
            mask |= form_bit(word, known, classes)
    return mask


def form_classes(known: Lexicon) -> dict[str, int]:
    """Class of legal forms -> its bit."""
    return {name: bit for bit, name in enumerate(sorted(set(known.forms.values())))}


def initials(name: str, cores: Sequence[str], known: Lexicon) -> set[str]:
    """Acronyms under which a name of three words or more may be known, with and without its legal form."""
    plain = [word.strip("\"'.,()") for word in name.lower().replace("-", " ").replace("&", " ").split()] if name.isascii() else []
    if len(plain) < 3 and len(cores) < 3:
        return set()
    found = {"".join(word[0] for word in words) for words in ([w for w in plain if w[:1].isalpha() and w not in known.stops], cores) if words}
    return {short for short in found if 3 <= len(short) <= 9}


def _arrays(ids: list[str], names: list[str], known: Lexicon, knowledge: Knowledge) -> tuple[dict[str, Array], dict[str, list[str]]]:
    """Everything about the names that does not depend on what is asked."""
    classes, spelled = form_classes(known), spell(names, known)
    cores = [core(words, known) for words in spelled]
    parties = sorted(set(ids))
    number = {party: n for n, party in enumerate(parties)}
    stands = {word: known.canonical(word) for word in {word for words in cores for word in words}}
    flat = [stands[word] for words in cores for word in words]
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
    digits = [sorted({word for word in each if word.isdigit()}) if any_ else [] for each, any_ in zip(cores, map(_DIGIT.search, whole), strict=True)]
    arrays = {
        "party": party, "row": row.astype(np.int32), "token": token.astype(np.int32), "position": (np.arange(len(flat)) - start[np.repeat(np.arange(len(names)), lengths)])[first].astype(np.int32),
        "start": np.searchsorted(row, np.arange(len(names) + 1)).astype(np.int64), "bearers": bearers, "usual": usual,
        "form": np.array([form_mask(each, known, classes) for each in spelled], np.int64),
        "near_key": near[0], "near_word": near[1], "bone_key": bone_near[0], "bone_word": bone_near[1],
        "bone_start": np.searchsorted([bone for bone, _ in owner], np.arange(len(bones) + 1)).astype(np.int64), "bone_owner": np.array([n for _, n in owner], np.int32),
        "whole_order": np.array(sorted(range(len(names)), key=lambda n: (whole[n], n)), np.int32), "short_name": np.array([n for _, n in shorts], np.int32),
        "marked": np.array([not known.marks.isdisjoint(each) for each in spelled], bool),
        "script": np.array([not name.isascii() for name in names], bool),
    }  # fmt: skip
    texts = {
        "known": _vocabulary(words, [*(short for short, _ in shorts), *(word for each in digits for word in each)], known, knowledge),
        "parties": parties, "names": names, "words": words, "skeletons": skeletons, "bones": bones, "shorts": [short for short, _ in shorts],
        "compact": ["".join(each) for each in cores], "whole": whole,
    }  # fmt: skip
    number = {word: n for n, word in enumerate(texts["known"])}
    arrays["digit_begin"] = np.concatenate([[0], np.cumsum([len(each) for each in digits])]).astype(np.int32)
    arrays["digit"] = np.array([number[word] for each in digits for word in each], np.int32)
    arrays |= _about(texts["known"], known, knowledge, bearers)
    return arrays, texts


def _vocabulary(words: Sequence[str], shorts: Sequence[str], known: Lexicon, knowledge: Knowledge) -> list[str]:
    """Every word that anything is known about, the listed ones first."""
    more = {*known.words, *known.words.values(), *known.starts.values(), *known.forms, *known.stops, *known.marks, *known.places, *knowledge.counts, *knowledge.listed, *shorts}
    return [*words, *sorted(word for word in more - set(words) if word and word.isascii() and not set(word) & set(" \n"))]


def _about(vocabulary: Sequence[str], known: Lexicon, knowledge: Knowledge, bearers: Array) -> dict[str, Array]:
    """What is known about each word of the vocabulary: the number of the word that stands for it, class of legal form, kinds, how many ordinary and listed firms bear it."""
    number = {word: n for n, word in enumerate(vocabulary)}
    classes, canonical = form_classes(known), [known.canonical(word) for word in vocabulary]
    stands = np.array([number[word] for word in canonical], np.int32)
    listed = np.array([knowledge.listed.get(word, 0) for word in vocabulary], np.int64)
    listed[: len(bearers)] = bearers
    usual = np.array([usual_count(word, known, knowledge.counts) for word in vocabulary], np.int64)
    kinds = {"legal": frozenset(known.forms), "stop": known.stops, "mark": known.marks}
    found: dict[str, Array] = {"known_canon": stands, "known_usual": usual[stands], "known_bearers": listed[stands], "known_form": np.array([form_bit(word, known, classes) for word in vocabulary], np.int64)}
    found["known_numeral"] = np.array([word.isdigit() or word in known.numbers for word in canonical], bool)
    found |= {f"known_{name}": np.array([word in kind for word in vocabulary], bool) for name, kind in kinds.items()}
    return found | {"known_region": np.array([word in known.places for word in canonical], bool)}


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


@dataclass
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
    search: Search
    sides: Listed
    longest: int
    whole: Whole
    population: int
    model: Mapping[str, Any]
    phrases: Array
    vocabulary: Vocabulary
    near: Near
    columns: dict[str, Array]
    unknown: dict[str, Any]

    @property
    def share(self) -> Array:
        """For each entry (name and word), the share of the party's names that have the word."""
        return self.sides.share

    @cached_property
    def entries(self) -> sparse.csr_matrix:
        """Listed names by words; values are the numbers of entries plus one."""
        shape = (len(self.arrays["party"]), len(self.words))
        return sparse.csr_matrix((np.arange(1, len(self.arrays["token"]) + 1, dtype=np.float64), self.arrays["token"], self.arrays["start"]), shape=shape)

    @cached_property
    def entity(self) -> sparse.csr_matrix:
        """Parties by the words of all their names; values are 1."""
        shape = (len(self.texts["parties"]), len(self.words))
        return sparse.csr_matrix((np.ones(len(self.sides.party_token)), self.sides.party_token, self.sides.party_begin), shape=shape)


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
    by_word = np.argsort(a["token"][keep], kind="stable")
    begin = np.searchsorted(a["token"][keep][by_word], np.arange(size + 1)).astype(np.int32)
    value = (weight / norm[a["row"]])[keep].astype(np.float32)[by_word]
    search = Search(*map(reading, (begin, a["row"][keep][by_word], value, idf, norm, np.diff(a["start"]))))
    vocabulary = _words_of(a, texts, known)
    found = Ready(
        known=known, classes=form_classes(known), arrays=a, texts=texts, place={word: n for n, word in enumerate(words)}, words=words,
        idf=idf, total=total, norm=norm, search=search, sides=_sides(a, texts, idf, total, vocabulary), longest=_longest(a, texts, vocabulary),
        whole=_whole(a, texts, vocabulary),
        population=population, model=notes["model"], phrases=odd_words(known), vocabulary=vocabulary, near=_near(a, texts, vocabulary), columns=_columns(a, vocabulary, population),
        unknown={"weight": np.float32(np.log(population)), "place": -1, "usual": 0.0, "bearers": 0.0, "region": False},
    )  # fmt: skip
    return found


def flat(texts: pa.Array) -> tuple[Array, Array]:
    """A column of texts as bytes and where each begins; nothing is copied."""
    _, begin, pool = texts.buffers()
    starts = np.frombuffer(begin, np.int64)[texts.offset : texts.offset + len(texts) + 1] if begin is not None and len(texts) else np.zeros(1, np.int64)
    return np.frombuffer(pool, np.uint8) if pool is not None and pool.size else np.zeros(1, np.uint8), starts


def _words_of(a: Mapping[str, Array], texts: Mapping[str, pa.Array], known: Lexicon) -> Vocabulary:
    words = Words(*flat(texts["known"]))
    number = {word: n for n, word in enumerate(texts["known"].to_pylist())}
    starts = Words(*flat(pa.array(list(known.starts), pa.large_string())))
    starts_seen = np.zeros(4096, bool)
    starts_seen[[first_four(word.encode(), 0) for word in known.starts if len(word) >= 4]] = True
    found = (
        words.pool, words.begin, words.hashes, words.slots, a["known_canon"], a["known_legal"], a["bearers"], starts.pool, starts.begin, starts.hashes, starts.slots,
        np.array([number[word] for word in known.starts.values()], np.int32), starts_seen, _by_two(words.pool, words.begin, len(texts["words"])),
    )  # fmt: skip
    return Vocabulary._make([*map(reading, found), len(texts["words"]), words.count])


def _sides(a: Mapping[str, Array], texts: Mapping[str, pa.Array], idf: Array, total: Array, v: Vocabulary) -> Listed:
    """Listed names as the comparison of pairs wants them."""
    size = max(v.listed, 1)
    key, at, many = np.unique(a["party"][a["row"]].astype(np.int64) * size + a["token"], return_inverse=True, return_counts=True)
    names_of = np.bincount(a["party"], minlength=len(texts["parties"]))
    share = (many[at] / names_of[a["party"][a["row"]]]).astype(np.float32)
    usual = np.log1p(a["usual"])
    found = (
        a["start"], a["token"], a["position"], share, total, a["party"], names_of, _same_core(a), a["script"], a["form"], a["marked"], *flat(texts["compact"]), *flat(texts["whole"]),
        a["digit_begin"], a["digit"], np.searchsorted(key, np.arange(len(names_of) + 1) * size), (key % size).astype(np.int32), idf, np.log1p(a["bearers"]).astype(np.float32),
        usual.astype(np.float32), (9 - usual).astype(np.float32), v.pool, v.begin,
    )  # fmt: skip
    return Listed(*map(reading, found))


def _longest(a: Mapping[str, Array], texts: Mapping[str, pa.Array], v: Vocabulary) -> int:
    """Letters of the longest listed name, as it is written or with the words that stand for its words."""
    long = [int(np.diff(flat(texts[name])[1]).max(initial=0)) for name in ("compact", "whole")]
    return max(*long, int(np.bincount(a["row"], np.diff(v.begin)[a["token"]]).max(initial=0)) if len(a["row"]) else 0)


def _whole(a: Mapping[str, Array], texts: Mapping[str, pa.Array], v: Vocabulary) -> Whole:
    """Listed names in the order of their letters, by initials and by single word."""
    pool, begin = flat(texts["whole"].take(pa.array(a["whole_order"])))
    number = {word: n for n, word in enumerate(texts["known"].to_pylist())}
    short = np.array([number[each] for each in texts["shorts"].to_pylist()], np.int64)
    order = np.argsort(short, kind="stable")
    alone = np.flatnonzero(np.diff(a["start"]) == 1)
    word = a["token"][a["start"][alone]]
    by_word = np.argsort(word, kind="stable")
    seen = np.zeros(int(BEGINNINGS) + 1, bool)
    beginnings(pool, begin, seen)
    found = (
        pool, begin, a["whole_order"], np.searchsorted(short[order], np.arange(v.known + 1)).astype(np.int32), a["short_name"][order],
        np.searchsorted(word[by_word], np.arange(v.listed + 1)).astype(np.int32), alone[by_word].astype(np.int32), seen,
    )  # fmt: skip
    return Whole(*map(reading, found))


def _by_two(pool: Array, begin: Array, words: int) -> Array:
    """Where words with the same first two letters begin among the first ``words``, which are sorted."""
    low = begin[:words]
    second = np.where(begin[1 : words + 1] - low > 1, pool[np.minimum(low + 1, len(pool) - 1)], 0)
    two = pool[low].astype(np.int64) << 7 | second
    return np.searchsorted(two, np.arange((1 << 14) + 2)).astype(np.int32)


def _seen(keys: Array) -> Array:
    """A row of bits that says in one look whether a hash can be among ``keys`` at all."""
    bits = np.zeros(int(SEEN) + 1, np.uint8)
    bits[(keys & SEEN).astype(np.int64)] = 1
    return np.packbits(bits, bitorder="little").view(np.uint64)


def _buckets(keys: Array) -> tuple[Array, int]:
    """Where keys with the same first bits begin in a sorted array, and by how many bits a key is shifted for that."""
    bits = min(max(len(keys), 2).bit_length(), 24)
    counts = np.bincount((keys >> np.uint64(64 - bits)).astype(np.int64), minlength=1 << bits)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32), 64 - bits


def _near(a: Mapping[str, Array], texts: Mapping[str, pa.Array], v: Vocabulary) -> Near:
    (bucket, shift), (bone_bucket, bone_shift) = _buckets(a["near_key"]), _buckets(a["bone_key"])
    letters, number = np.zeros(v.listed, np.uint64), np.zeros(v.listed, bool)
    shapes(v.pool, v.begin, letters, number)
    (bones, begin), owner = flat(texts["bones"]), a["bone_owner"]
    found = (a["near_key"], bucket, a["near_word"], a["bone_key"], bone_bucket, a["bone_word"], bones, begin, a["bone_start"], a["bone_owner"], letters, number, letters[owner], np.where(number, 0, np.diff(v.begin[: v.listed + 1])).astype(np.int32)[owner], _seen(a["near_key"]), _seen(a["bone_key"]))
    return Near._make([*map(reading, found), shift, bone_shift])


def _columns(a: Mapping[str, Array], v: Vocabulary, population: int) -> dict[str, Array]:
    """The columns of :class:`name_memory.Memory` for the words of the vocabulary."""
    usual, bearers, canon = a["known_usual"], a["known_bearers"], a["known_canon"]
    length, first = np.diff(v.begin), v.pool[np.minimum(v.begin[:-1], max(len(v.pool) - 1, 0))]
    letters, digit = np.zeros(v.known, np.uint64), np.zeros(v.known, bool)
    shapes(v.pool, v.begin, letters, digit)
    return {
        "weight": np.log(population / (usual + bearers + 1)).astype(np.float32), "form": a["known_form"], "legal": a["known_legal"], "stop": a["known_stop"], "mark": a["known_mark"],
        "place": np.where(canon < v.listed, canon, -1).astype(np.int64), "usual": np.log1p(usual.astype(np.float32)), "bearers": np.log1p(bearers).astype(np.float32),
        "length": length.astype(np.int32), "canon": canon != np.arange(v.known), "first": first, "digit": digit, "region": a["known_region"],
        "numeral": a["known_numeral"],
    }  # fmt: skip


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
