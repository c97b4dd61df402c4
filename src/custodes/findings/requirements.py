"""Buyers that ask for the profiling of people: the detector of claims over the texts of purchases, and over captured pages of public bodies.

A tender or contract that requires such a function is a claim of the buyer about what it wants; it says nothing about what was delivered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.findings.claim_judge import Claim, Verdict
from custodes.findings.claim_lexicon import Index, terms_of
from custodes.findings.claim_text import fold as fold_claim
from custodes.findings.text import fold
from custodes.findings.thread_pages import page_of
from custodes.findings.weights import POSSIBLE, WEAK, band
from custodes.values import FINDING_SCHEMA, evidence_hash, finding_id, key_of

Row = Mapping[str, Any]
Detector = Callable[[str], Verdict]
"""The verdict on the text of a purchase, spoken by the buyer."""

RULE, VERSION = "requirement_of_a_buyer", "1"
_COPIED = ("body", "supplier", "description", "currency", "amount_kind", "tax", "date", "date_kind", "ocid", "transaction")
_PIECE = re.compile(r"(\*?)(\w+)")
_EDGE = r"\b"
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


SHORTEST = 20
"""Code points that a requirement has at least: most lines of ledgers have fewer."""
NEAR = 200
"""Code points around a claim in which a word for pictures of people and a word for inferring must stand, so that a play area "for ages 2 to 8" asks for nothing."""


class Buyers:
    """What is needed to judge texts of purchases: the detector, the tables ``claim_words`` and ``claim_cues``."""

    def __init__(self, detector: Detector, words: Sequence[Row], cues: Sequence[Row]) -> None:
        self.detector = detector
        self._technique = {cue: Index((term, 0) for row in cues if row["cue"] == cue for term in terms_of(row)) for cue in ("image", "infer")}
        self.patterns = tuple(_pattern(term for row in rows for term in terms_of(row)) for rows in ([row for row in cues if row["cue"] == "image"], words))

    def asks(self, text: str) -> list[Claim]:
        """The requirements in a text, each with words for a picture and for inferring near it."""
        if len(text) < SHORTEST:
            return []
        return [claim for claim in self.detector(text).claims if claim.stance == "requires" and self._of_pictures(text[max(0, claim.start - NEAR) : claim.end + NEAR])]

    def _of_pictures(self, around: str) -> bool:
        folded = fold_claim(around)
        return all(index.hits(folded, 0, len(folded)) for index in self._technique.values())

    def likely(self, texts: pa.Array) -> pa.Array:
        """Texts that hold both a word for pictures and a word for an attribute of people; every text that ``asks`` could answer is among them."""
        first, second = self.patterns
        pictured = pc.and_(pc.greater_equal(pc.fill_null(pc.utf8_length(texts), 0), SHORTEST), _matches(texts, first))
        at = pc.indices_nonzero(pictured)
        both = at.filter(_matches(texts.take(at), second))  # the long pattern is tried on the few that the short one lets through
        return pc.is_in(pa.array(range(len(texts)), pa.uint64()), both) if len(both) else pa.array([False] * len(texts), pa.bool_())


def _matches(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(texts, pattern, ignore_case=True), False)


def _pattern(terms: Iterable[str]) -> str:
    """One RE2 pattern that lets through every text in which a term may stand, and little else: the words of a term in their order, anything between them."""
    stems: set[str] = set()
    for term in terms:
        for spelling in (term.strip().lower(), fold(term)):
            pieces = [rf"{'' if _CJK.search(piece) or begun else _EDGE}{re.escape(piece)}" for begun, piece in _PIECE.findall(spelling)]
            stems.add("(?s:.*)".join(pieces))
    return "|".join(sorted(stems - {""}))


def requirements(batches: Iterable[pa.RecordBatch], buyers: Buyers) -> Iterator[pa.RecordBatch]:
    """Findings ``buyer_requires`` of PURCHASE batches, in the order of their rows. What a row yields depends on that row and the tables alone."""
    for batch in batches:
        texts = batch.column("description").dictionary_encode()
        likely = buyers.likely(texts.dictionary).take(texts.indices)
        rows = batch.filter(pc.fill_null(likely, False)).to_pylist()
        found = [_finding(row, row["record_key"], claims, "recorded", "the text of the purchase") for row in rows if (claims := buyers.asks(row["description"]))]
        if found:
            yield pa.RecordBatch.from_pylist(found, schema=FINDING_SCHEMA)


def _finding(row: Row, key: str, claims: Sequence[Claim], grade: str, where: str) -> dict[str, Any]:
    named = sorted({name for claim in claims for name in claim.capabilities})
    # the detector's probability is shared among several stances; that words of people's attributes stand in a purchase at all is worth a look
    score = round(min(max(WEAK, max(claim.score for claim in claims)), POSSIBLE), 4)
    quotes = sorted({(claim.quote, *claim.capabilities) for claim in claims})
    return {
        "finding_id": finding_id("buyer_requires", key, ""), "kind": "buyer_requires", "record_kind": "PURCHASE", "record_key": key, "maker_id": "", "party": "",
        **{name: row.get(name) or "" for name in _COPIED}, "codes": list(row.get("codes") or ()), "amount": row.get("amount"), "link_path": [],
        "score": score, "band": band(score),
        "reasons": [{"rule": RULE, "ours": ", ".join(claim.capabilities), "theirs": claim.quote, "words": f"The buyer asks for it in {where}."} for claim in claims],
        "against": [], "context": [f"Attributes asked for: {', '.join(named).replace('_', ' ')}. It does not say what was delivered."], "equipment": "surveillance",
        "grounds": [], "listed_on_date": "unknown", "listed_basis": "", "listings": [], "grade": grade, "publish": "yes",
        "evidence_hash": evidence_hash({"quotes": quotes}, [], [], [f"{RULE}@{VERSION}"]),
        "origin_sha256": row["origin_sha256"], "origin_file": row["origin_file"], "origin_at": row["origin_at"],
    }  # fmt: skip


def of_pages(events: Iterable[Row]) -> list[dict[str, Any]]:
    """Findings ``buyer_requires`` of captured pages: one per address, from its first capture; ``events`` are EVENT rows of kind ``requires``."""
    grouped: dict[str, list[Row]] = {}
    for row in events:
        if row["kind"] == "requires" and row["record_kind"] == "PAGE":
            grouped.setdefault(page_of(row["url"]) or row["origin_file"], []).append(row)
    found = []
    for page, rows in sorted(grouped.items()):
        first = min(rows, key=lambda row: (row["date"] or "", row["event_id"]))
        claims = [Claim(0, len(row["quote"]), row["quote"], tuple(row["capabilities"]), "requires", row["speaker_role"], row["score"]) for row in _distinct(rows)]
        made = _finding({**first, "description": first["quote"], "date": first["date"][:10], "date_kind": "first capture"}, key_of("REQUIRES", page), claims, "captured", f"the page {first['url']}")
        found.append({**made, "record_kind": "PAGE"})
    return found


def _distinct(rows: Iterable[Row]) -> list[Row]:
    return list({row["quote"]: row for row in sorted(rows, key=lambda row: (row["date"] or "", row["event_id"]), reverse=True)}.values())
