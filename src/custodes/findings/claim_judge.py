"""The judgement on one text: who says what about which capability, quoted to the letter. Text in, verdict out.

A page speaks with one voice (its speaker) and may make several claims, each with a stance of its own: it may deny one thing and document the next. A claim is
a run of neighbouring sentences or lines that name an attribute of people. What the page as a whole is about follows from its strongest claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custodes.findings.claim_lexicon import Lexicon
from custodes.findings.claim_model import OFFERS, SELLERS, SPEAKERS, Model, Pair, model_of
from custodes.findings.claim_signs import ATTRIBUTES, FRIENDS, Reading, Seen, about, read
from custodes.findings.claim_sites import MAKERS, Sites

CLAIMED = ("markets", "documents", "requires", "denies", "withdraws")
"""Stances that are claims of the page itself; what is only reported, criticised or unrelated is no claim and gets no span."""
FROM_PAPERS = frozenset({"idcard", "nonimage", "ancestry", "hair", "census"})
"""Cues of attributes that are read from papers, names or genes, not from pictures of people: never a claim about face analysis."""
CAVEATS = frozenset({"advice", "training", "privacy"})
"""Cues of sentences about limits, training pictures or personal data: a page that names attributes in no other sentence offers nothing there."""
KNOWN_SITE = 2.0
"""What the register's word about a site adds to the log odds of its speaker: the text must speak loudly to be heard against it."""
NEIGHBOURS = 8
"""Pieces apart that still belong to one claim, counted from one naming piece to the next."""


@dataclass(frozen=True, slots=True)
class Claim:
    """``text[start:end] == quote``, offsets in code points. ``score``: probability of this stance by this speaker."""

    start: int
    end: int
    quote: str
    capabilities: tuple[str, ...]
    stance: str
    speaker: str
    score: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """``positive``: a vendor, partner or reseller markets or documents a capability other than face recognition."""

    positive: bool
    stance: str
    speaker: str
    capabilities: tuple[str, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Judge:
    """Everything a judgement needs: the words, the register of sites, the weights."""

    lexicon: Lexicon
    sites: Sites
    model: Model


def judge_of(words: Sequence[Mapping[str, str]], cues: Sequence[Mapping[str, str]], sites: Sequence[Mapping[str, str]], weights: Mapping[str, Any]) -> Judge:
    """A judge from the rows of the fact tables ``claim_words``, ``claim_cues``, ``claim_sites`` and the content of ``claim_weights.json``."""
    return Judge(Lexicon(words, cues), Sites(sites), model_of(weights))


@dataclass(frozen=True, slots=True)
class _Opinion:
    """One run of pieces and what the model says of it."""

    run: tuple[int, ...]
    capabilities: tuple[str, ...]
    pair: Pair
    score: float
    offered: float


def judge(text: str, *, url: str = "", title: str = "", lang: str = "", speaker: str = "", lexicon: Judge) -> Verdict:
    """Judge a text. Address, title and language help where they are known; ``speaker``, when given, is believed."""
    given = speaker if speaker in SPEAKERS else ""
    reading = read(text, lexicon.lexicon, title=title, lang=lang, address=lexicon.sites.read(url))
    if not reading.seen:
        return Verdict(False, "unrelated", given or "other", (), ())
    signs = about(reading)
    voices = lexicon.model.speakers(signs)
    known = "vendor" if reading.address.known in MAKERS else reading.address.known
    if known in SPEAKERS:
        voices[SPEAKERS.index(known)] += KNOWN_SITE
    ways = [(run, lexicon.model.stances(signs if run == reading.core else about(reading, run))) for run in _runs(reading)]
    opinions = [_opinion(reading, run, lexicon.model.pairs(voices, stances, given), lexicon.model) for run, stances in ways]
    offers = [one for one in opinions if one.offered]
    first = max(offers or opinions, key=lambda one: (one.offered or one.score, -one.run[0] if one.run else 0))
    voice = first.pair[0]
    claims = [claim for one in opinions for claim in _claims(reading, one, voice)]
    return Verdict(bool(offers), first.pair[1], voice, first.capabilities if not offers else _union(offers), tuple(claims))


def _attributes(capabilities: Sequence[str]) -> list[str]:
    return [name for name in capabilities if name != "face_recognition"]


def _union(opinions: Sequence[_Opinion]) -> tuple[str, ...]:
    named = {name for one in opinions for name in one.capabilities}
    return tuple(name for name in (*ATTRIBUTES, "face_recognition") if name in named)


def _runs(reading: Reading) -> list[tuple[int, ...]]:
    """The core cut into runs: neighbours stay together unless a denial or withdrawal begins or ends. No core: one empty run, the text as a whole."""
    runs: list[list[int]] = []
    for place in reading.core:
        last = runs[-1][-1] if runs else -9
        if runs and place - last <= NEIGHBOURS and _together(reading.seen[last], reading.seen[place]):
            runs[-1].append(place)
        else:
            runs.append([place])
    return [tuple(run) for run in runs] or [()]


def _together(one: Seen, following: Seen) -> bool:
    """A denial or withdrawal is a claim of its own; but a list after "we have retired ...:" still speaks of what was retired."""
    back, on = one.cues & {"denyverb", "withdraw"}, following.cues & {"denyverb", "withdraw"}
    return bool(back) == bool(on) or ("withdraw" in back and not on)


def _opinion(reading: Reading, run: tuple[int, ...], pairs: Mapping[Pair, float], model: Model) -> _Opinion:
    capabilities = _capabilities(reading, run)
    barred = bool(_attributes(capabilities))  # what names attributes and is no offer must not look like one
    papers = barred and _from_papers(reading, run)
    may_offer = barred and not papers and not _only_caveats(reading, run)
    offered = sum(value for (who, how), value in pairs.items() if who in SELLERS and how in OFFERS) if may_offer else 0.0
    if may_offer and offered >= (model.threshold_with_address if reading.address.signs else model.threshold):
        pair = max((p for p in pairs if p[0] in SELLERS and p[1] in OFFERS), key=lambda p: pairs[p])
        return _Opinion(run, capabilities, pair, round(offered, 4), offered)
    rest = {p: v for p, v in pairs.items() if p[0] not in SELLERS or p[1] not in OFFERS} if barred and not papers else pairs
    pair = max(rest or pairs, key=pairs.__getitem__)
    if pair[1] == "unrelated" and any(reading.seen[place].cues & FRIENDS for place in run):
        capabilities = ()
    return _Opinion(run, capabilities, pair, round(pairs[pair], 4), 0.0)


def _from_papers(reading: Reading, run: Sequence[int]) -> bool:
    """Whether what is named is read from papers, names or genes; hair tells no gender and no age, so it bars origins only ("hairstyle, gender, age" is a list)."""
    cues = {cue for place in run for cue in reading.seen[place].cues} & FROM_PAPERS
    return bool(cues) and not (cues == {"hair"} and bool(set(_capabilities(reading, run)) & {"gender", "age", "emotion"}))


def _only_caveats(reading: Reading, run: Sequence[int]) -> bool:
    naming = [reading.seen[place] for place in run if _attributes(reading.seen[place].capabilities(reading.setting))]
    return bool(naming) and all(one.cues & CAVEATS for one in naming)


def _capabilities(reading: Reading, run: Sequence[int]) -> tuple[str, ...]:
    named = {name for place in run for name in reading.seen[place].capabilities(reading.setting)}
    return tuple(name for name in (*ATTRIBUTES, "face_recognition") if name in named)


def _claims(reading: Reading, one: _Opinion, voice: str) -> Iterator[Claim]:
    """The claims of a run, in the page's voice: one per block of neighbouring pieces. None where the page itself claims nothing there."""
    how = one.pair[1]
    if how not in CLAIMED or (how in OFFERS and (not one.offered or voice not in SELLERS)):
        return
    for block in _blocks(one.run):
        capabilities = _capabilities(reading, block) or _around(reading)
        if capabilities and (how not in OFFERS or _attributes(capabilities)):
            start, end = _span(reading, block)
            yield Claim(start, end, reading.text[start:end], capabilities, how, voice, one.score)


def _blocks(run: Sequence[int]) -> list[list[int]]:
    blocks: list[list[int]] = []
    for place in run:
        if blocks and place == blocks[-1][-1] + 1:
            blocks[-1].append(place)
        else:
            blocks.append([place])
    return blocks


def _around(reading: Reading) -> tuple[str, ...]:
    """What title or neighbours name, for a denial or withdrawal that does not say itself of what."""
    named = {name for one in (*reading.seen, *([reading.title] if reading.title else [])) for name in one.capabilities(True)}
    return tuple(name for name in ATTRIBUTES if name in named)


def _span(reading: Reading, run: Sequence[int]) -> tuple[int, int]:
    """From the first to the last piece of a run; an introduction right above a list ("these attributes:") belongs to it."""
    first = run[0]
    start = reading.seen[first].piece.start
    if first and "bullet" in reading.seen[first].shape:
        before = reading.seen[first - 1]
        if before.cues & {"infer"} and before.cues & {"attribute"} and "bullet" not in before.shape:
            start = before.piece.start
    return start, reading.seen[run[-1]].piece.end
