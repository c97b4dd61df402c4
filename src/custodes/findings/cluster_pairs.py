"""Which entries of lists may be one organisation, what speaks for it, and what forbids it: one row per pair.

Numbers first: the same number in a register joins, another one forbids. Names second: the same name, or one that the matcher of names takes for the same.
A name by itself is not enough when it is generic: common words, one word, an alias of one or two words, a name that is easily taken for another. Then a
second thing must agree. Two entries of one list under different names are two organisations: their publisher keeps them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

import pyarrow as pa
from rapidfuzz.distance import OSA, Indel

from custodes.findings.cluster_parties import Entry, Facts, Spelled, bearers
from custodes.findings.cluster_trees import chains
from custodes.findings.identifiers import compare, keys
from custodes.findings.name_index import NameIndex, ready
from custodes.findings.name_rules import GENERIC
from custodes.findings.screening import alike, band

PAIRS = pa.schema(
    [
        ("left", pa.string()), ("right", pa.string()), ("verdict", pa.string()), ("strength", pa.float64()), ("reason", pa.string()), ("evidence", pa.list_(pa.string())),
        ("relation", pa.string()),
    ]
)  # fmt: skip
"""One pair of entries, ``left`` < ``right``. ``verdict``: join, apart (never in one cluster) or tied (``relation`` says how). ``evidence``: what else is known of the pair."""

LEAST, SURE = 0.6, 0.97
"""Score of the matcher from which a pair of names is looked at, and from which it needs no second evidence."""

TELLING = 9.0
"""Weight of the rarest word from which an alias of two words is not generic: fewer than one organisation in eight thousand bears it."""

LONG = 5
"""Letters from which a word with one typing error is still the same word."""

CHAIN = 400
"""Entries that a chain of joins connects up to which every two of them are asked whether something keeps them apart."""

CROWD = 24
"""Bearers of one name up to which every pair is looked at; more of them are compared along their order, so that time stays in proportion."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of :data:`PAIRS`."""

    left: str
    right: str
    verdict: str
    strength: float
    reason: str
    evidence: tuple[str, ...] = ()
    relation: str = ""


@dataclass(frozen=True, slots=True)
class _Met:
    """Two names that met: ``how`` whole / core / near, and the matcher's score."""

    left: Spelled
    right: Spelled
    how: str
    score: float


def pairs(found: list[Entry], facts: Facts, index: NameIndex) -> list[Pair]:
    """Every pair worth a look, judged; sorted. ``index``: the matcher's, over the groups of :func:`groups`."""
    entry = {each.id: each for each in found}
    met = _met(found, index, groups(found))
    wanted = sorted(met.keys() | set(_numbered(found)))
    known = _Weights(index)
    judged = [pair for left, right in wanted for pair in _judged(entry[left], entry[right], met.get((left, right), []), facts, known)]
    return sorted({*judged, *_kept_apart(judged, entry, facts)}, key=lambda pair: (pair.left, pair.right, pair.verdict, pair.reason))


def _kept_apart(judged: list[Pair], entry: Mapping[str, Entry], facts: Facts) -> Iterator[Pair]:
    """Entries that a chain of joins would bring together though their numbers, or one list, keep them apart."""
    by_key: dict[str, list[str]] = {}
    for member, key in chains({"left": pair.left, "right": pair.right, "verdict": pair.verdict} for pair in judged).items():
        by_key.setdefault(key, []).append(member)
    seen = {(pair.left, pair.right) for pair in judged}
    for members in by_key.values():
        for left, right in combinations(members, 2) if len(members) <= CHAIN else ():
            if (left, right) not in seen:
                yield from (pair for pair in _judged(entry[left], entry[right], [], facts, None) if pair.verdict == "apart")


def table(found: Iterable[Pair]) -> pa.RecordBatch:
    """Pairs as a batch of :data:`PAIRS`."""
    rows = [{**{name: getattr(pair, name) for name in PAIRS.names}, "evidence": list(pair.evidence)} for pair in found]
    return pa.RecordBatch.from_pylist(rows, schema=PAIRS)


def groups(found: list[Entry]) -> dict[str, str]:
    """Entry -> the first of the entries with the same own name: they are one party to the matcher, or each would speak against the other."""
    first: dict[str, str] = {}
    return {each.id: first.setdefault(_own_key(each), each.id) for each in found}


def _own_key(entry: Entry) -> str:
    return min((name.name.core for name in entry.names if name.main), default=entry.id)


class _Weights:
    """How rare the rarest word of a name is."""

    def __init__(self, index: NameIndex) -> None:
        self._place, self._idf = ready(index).place, ready(index).idf

    def of(self, name: Spelled) -> float:
        return self._rarest(name)[0]

    def share_the_rarest(self, x: Spelled, y: Spelled) -> bool:
        """Does the rarest word of each stand in the other? A typing error is forgiven in a word of five letters and more: "Leon" and "Lion" are two firms."""
        return _stands(self._rarest(x)[1], y) and _stands(self._rarest(y)[1], x)

    def _rarest(self, name: Spelled) -> tuple[float, str]:
        return max(((float(self._idf[self._place[word]]), word) for word in name.name.words if word in self._place), default=(0.0, ""))


def _stands(word: str, name: Spelled) -> bool:
    return word in name.name.words or (len(word) >= LONG and any(len(each) >= LONG and OSA.distance(word, each) == 1 for each in name.name.words))


def _numbered(found: list[Entry]) -> Iterator[tuple[str, str]]:
    """Pairs with a number in common."""
    by: dict[str, list[str]] = {}
    for each in found:
        for key in keys(each.numbers):
            by.setdefault(key, []).append(each.id)
    for some in by.values():
        yield from _crowd(some)


def _crowd(members: list[str]) -> Iterator[tuple[str, str]]:
    """All pairs of a few; of many, each with the next and with the first."""
    if len(members) <= CROWD:
        yield from combinations(members, 2)
        return
    yield from pairwise(members)
    yield from ((members[0], other) for other in members[1:])


def _met(found: list[Entry], index: NameIndex, group: Mapping[str, str]) -> dict[tuple[str, str], list[_Met]]:
    """Pairs of entries whose names are the same or alike, with the names that met."""
    out: dict[tuple[str, str], list[_Met]] = {}
    by = bearers(found)
    for some in by.values():
        _same(some, out)
    asked = sorted({(name.name.text, group[entry.id]) for entry in found for name in entry.names if name.usable})
    bearing: dict[tuple[str, str], list[tuple[Entry, Spelled]]] = {}
    for entry in found:
        for name in entry.names:
            if name.usable:
                bearing.setdefault((name.name.text, group[entry.id]), []).append((entry, name))
    for number, party, theirs, score, _ in alike([text for text, _ in asked], [own for _, own in asked], index, LEAST):
        mine = bearing[asked[number]]
        others = bearing.get((theirs, party), [])
        for a, x in mine[:CROWD]:
            for b, y in others[:CROWD]:
                if a.id != b.id and x.name.core != y.name.core:
                    _note(out, a, x, b, y, "near", score)
    return out


def _same(some: list[tuple[Entry, Spelled]], out: dict[tuple[str, str], list[_Met]]) -> None:
    """The bearers of one name, pair by pair."""
    by_id: dict[str, list[tuple[Entry, Spelled]]] = {}
    for entry, name in some:
        by_id.setdefault(entry.id, []).append((entry, name))
    for left, right in _crowd(sorted(by_id)):
        for a, x in by_id[left]:
            for b, y in by_id[right]:
                _note(out, a, x, b, y, "whole" if x.name.whole == y.name.whole else "core", 1.0)


def _note(out: dict[tuple[str, str], list[_Met]], a: Entry, x: Spelled, b: Entry, y: Spelled, how: str, score: float) -> None:
    if a.id > b.id:
        a, x, b, y = b, y, a, x
    out.setdefault((a.id, b.id), []).append(_Met(x, y, how, score))


def _judged(a: Entry, b: Entry, met: list[_Met], facts: Facts, weights: _Weights | None) -> Iterator[Pair]:
    """The verdict on one pair, if there is one."""
    numbers = compare(a.numbers, b.numbers)
    if numbers.kind == "same":
        yield Pair(a.id, b.id, "join", 1.0, numbers.words[0], tuple(_words(each) for each in _best_first(met)[:1]))
        return
    if numbers.kind in ("other", "conflict"):
        yield Pair(a.id, b.id, "apart", 1.0, " and ".join(numbers.words))
        return
    best = _best_first([each for each in met if not _forms_differ(each)])
    own = [each for each in _best_first(met) if each.left.main and each.right.main]
    if own and all(_forms_differ(each) for each in own):
        yield from _kept(a, b, f"{_words(own[0])}, but with two legal forms: two companies as a rule", own[0].score)
        return
    if a.source == b.source and a.source in facts.official and not _same_own_name(a, b) and not _one_spelled_twice(a, b, best):
        yield Pair(a.id, b.id, "apart", 1.0, f"{a.source} has both as entries of their own")
        if best and (best[0].left.main or best[0].right.main) and best[0].how != "near":
            yield Pair(a.id, b.id, "tied", best[0].score, f"{_words(best[0])}; {a.source} has both as entries of their own", relation="named in the other's entry")
        return
    if held := [each for each in best if _parent(each, a, b)]:
        best = [each for each in best if each not in held]
        if not best:
            yield Pair(a.id, b.id, "tied", held[0].score, _words(held[0]), relation="a group and its company, by their names")
            return
    if why := _not_by_name(a, b, best, facts):
        if why != "nothing":
            yield from _kept(a, b, why, 0.5)
        return
    second = _second(a, b, best, numbers.words if numbers.kind == "likely" else ())
    for each in best:
        alone = weights is not None and _enough(each, a, b, weights)
        if alone or (second and (each.how != "near" or not _countries_differ(a, b))):
            joined = _words(each) if alone else f"{_words(each)}, and {second}"
            yield Pair(a.id, b.id, "join", _strength(each, alone), joined, tuple(_words(other) for other in best if other is not each)[:3])
            return


def _kept(a: Entry, b: Entry, why: str, strength: float) -> Iterator[Pair]:
    """Never in one cluster, and shown to a person."""
    yield Pair(a.id, b.id, "apart", 1.0, why)
    yield Pair(a.id, b.id, "tied", strength, why, relation="to be looked at")


def _strength(met: _Met, alone: bool) -> float:
    """How sure a join is: of two entries that a third one fits, the one that is written more like it comes first."""
    if met.how == "near":
        return round(met.score if alone else min(met.score, 0.9), 4)
    likeness = Indel.normalized_similarity(met.left.name.whole, met.right.name.whole)
    return 1.0 if met.how == "whole" and alone else round((0.98 if alone else 0.9) + 0.0099 * likeness, 4)


def _best_first(met: Iterable[_Met]) -> list[_Met]:
    order = {"whole": 0, "core": 1, "near": 2}
    return sorted(met, key=lambda each: (order[each.how], -each.left.main - each.right.main, -each.score, each.left.name.text, each.right.name.text))


def _parent(met: _Met, a: Entry, b: Entry) -> bool:
    """Does one side of two names speak of a group, and the other's own names do not? A parent hides in an alias, or the names are alike but for the group."""
    x, y = met.left, met.right
    if met.how == "near" or (x.main and y.main):
        return x.name.group != y.name.group
    return any(alias.name.group and not alias.main and not any(name.name.group for name in entry.names if name.main) for alias, entry in ((x, a), (y, b)))


def _forms_differ(met: _Met) -> bool:
    return bool(met.left.name.forms and met.right.name.forms and not met.left.name.forms & met.right.name.forms)


def _same_own_name(a: Entry, b: Entry) -> bool:
    return bool({name.name.whole for name in a.names if name.main} & {name.name.whole for name in b.names if name.main})


def _one_spelled_twice(a: Entry, b: Entry, met: list[_Met]) -> bool:
    """Are two entries of one list the same own name with and without its legal form, in no other country?"""
    return not _countries_differ(a, b) and any(each.left.main and each.right.main and each.how == "core" for each in met)


def _not_by_name(a: Entry, b: Entry, best: list[_Met], facts: Facts) -> str:
    """Why the names of a pair cannot join it: "nothing" where none met; words where one of them is easily taken for another; '' where they can."""
    if not best:
        return "nothing"
    easily = [entry for entry in (a, b) if any(name.name.key in facts.namesakes for name in entry.names if name.main)]
    if easily and not _same_own_name(a, b):
        return f"{easily[0].name} is easily taken for another organisation: no name joins it"
    return ""


def _countries_differ(a: Entry, b: Entry) -> bool:
    return bool(a.countries and b.countries and not a.countries & b.countries)


def _enough(met: _Met, a: Entry, b: Entry, weights: _Weights) -> bool:
    """Do these two names join two entries without anything else?"""
    x, y = met.left, met.right
    few = min(len(x.name.words), len(y.name.words))
    both, weight = x.main and y.main, min(weights.of(x), weights.of(y))
    if both and met.how == "whole" and a.source == b.source:
        return True  # one list gives an organisation once for each of its countries
    if few == 1:
        return both and met.how != "near" and weight >= TELLING and bool(a.countries & b.countries)
    if _countries_differ(a, b):
        return both and met.how == "whole" and weight >= TELLING and few >= 3
    if met.how == "near" and (met.score < SURE or not both or not weights.share_the_rarest(x, y) or _elsewhere(x, y)):
        return False
    least = GENERIC if both or few >= 3 else TELLING
    same_home = both and met.how == "whole" and bool(a.countries & b.countries) and few >= 3
    return weight >= least or same_home


def _elsewhere(x: Spelled, y: Spelled) -> bool:
    """Does one name hold a place, or a word like "International", that the other does not? Then it is, as a rule, another company of the same group."""
    return any(word not in other.name.whole for name, other in ((x, y), (y, x)) for word in name.name.places - other.name.places)


def _second(a: Entry, b: Entry, best: list[_Met], likely: tuple[str, ...]) -> str:
    """A second thing that agrees, in words; '' for none."""
    if likely:
        return likely[0]
    if shared := sorted(a.makers & b.makers):
        return f"both are names of {shared[0].capitalize()} in our own tables"
    told = {each.left.name.core for each in best if each.how != "near"}
    if len(told) > 1:
        return "a second name is the same too"
    return ""


def _words(met: _Met) -> str:
    x, y = met.left, met.right
    kind = "own names" if x.main and y.main else "an own name and an alias" if x.main or y.main else "aliases"
    if met.how == "near":
        return f"alike: {x.name.text} / {y.name.text} ({kind}; {band(met.score, ((('nearly certain'), SURE), ('possible', LEAST)))}, {met.score:.2f})"
    how = "the same name" if met.how == "whole" else "the same name but for the legal form"
    return f"{how}: {x.name.text}" + (f" / {y.name.text}" if x.name.text != y.name.text else "") + f" ({kind})"
