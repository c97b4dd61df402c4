"""A thread's history written down as findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from custodes.findings.compiled import Compiled
from custodes.findings.listings import listed
from custodes.findings.thread_pages import host_of
from custodes.findings.thread_status import History
from custodes.findings.weights import WEAK, band
from custodes.values import evidence_hash, finding_id

Row = Mapping[str, Any]

RULES = {"page_markets": "claim_of_a_page", "claim_answered": "answer_to_a_claim", "page_changed": "claim_no_longer_seen", "buyer_requires": "requirement_of_a_buyer"}
VERSION = "1"
_KINDS = {"denial": "It was denied", "correction": "It was corrected", "withdrawal": "It was taken back"}


def written(firm: str, thread: str, past: History, known: Compiled) -> list[dict[str, Any]]:
    """The findings of one thread. None when no page of it was captured: what is only reported is a statement, not a finding."""
    claims = [row for row in past.claims() if row["record_kind"] == "PAGE"]
    if not claims:
        return []
    found = [_finding("page_markets", firm, thread, past, claims, known, [_claimed(claims)])]
    state, _, last, since = past.now()
    if state in ("gone", "absent", "moved"):
        words = {"gone": "the page was no longer there", "absent": "the page no longer said so", "moved": "the address led elsewhere"}[state]
        reason = f"Last seen on {last[:10]}; on {since[:10]} {words}. When it changed between the two looks is not known."
        found.append(_finding("page_changed", firm, thread, past, claims, known, [_reason("page_changed", since[:10], state, reason)]))
    elif dropped := past.dropped():
        reasons = [_reason("page_changed", name, since[:10], f"The page named {name} on {last[:10]} and did not on {since[:10]}.") for name, (last, since) in dropped.items()]
        found.append(_finding("page_changed", firm, thread, past, claims, known, reasons))
    answers = [row for row in past.answers() if row["kind"] in _KINDS]
    if answers:
        found.append(_finding("claim_answered", firm, thread, past, claims, known, [_answered(row) for row in answers]))
    return found


def name_of(firm: str, rows: Sequence[Row], known: Compiled) -> str:
    """The firm's name as pages show it: the maker's, else the name in a statement, else the host."""
    if firm in known.makers:
        return str(known.makers[firm]["name"])
    if not any(row["url"] for row in rows if row["speaker_firm"] == firm):
        return f"publisher not known ({rows[0]['origin_file']})"
    said = sorted({row["speaker"] for row in rows if row["speaker_firm"] == firm}, key=lambda name: ("." in name and " " not in name, -len(name), name))
    return said[0] if said else firm


def _finding(kind: str, firm: str, thread: str, past: History, claims: Sequence[Row], known: Compiled, reasons: list[dict[str, str]]) -> dict[str, Any]:
    first, best = claims[0], max(float(row["score"] or 0) for row in claims)
    score = round(max(WEAK, min(1.0, best)), 4)
    name, day = name_of(firm, past.rows, known), first["date"][:10]
    state = listed(firm, name, known, day, "day of the first capture")
    return {
        "finding_id": finding_id(kind, thread, firm), "kind": kind, "record_kind": "PAGE", "record_key": thread, "body": "",
        "maker_id": firm if firm in known.makers else "", "party": name, "link_path": [f"{host_of(first['url'])} is the page of {name}"] if first["url"] else [],
        "score": score, "band": band(score), "reasons": reasons, "against": _against(past), "context": _context(past, name), "equipment": "surveillance",
        "grounds": list(state.grounds), "listed_on_date": state.answer, "listed_basis": state.basis, "listings": list(state.listings),
        "grade": "captured", "publish": "yes", "evidence_hash": _evidence(kind, past, claims), "supplier": "", "description": first["quote"], "codes": [],
        "amount": None, "currency": "", "amount_kind": "", "tax": "", "date": day, "date_kind": "first capture" if day else "", "ocid": "", "transaction": "",
        "origin_sha256": first["origin_sha256"], "origin_file": first["origin_file"], "origin_at": first["origin_at"],
    }  # fmt: skip


def _claimed(claims: Sequence[Row]) -> dict[str, str]:
    named = sorted({name for row in claims for name in row["capabilities"]})
    first = claims[0]
    when = f"On {first['date'][:10]} the" if first["date"] else "The"
    what = f"page {first['url']}" if first["url"] else f"document {first['origin_file']}, whose address and date are not known,"
    return _reason("page_markets", ", ".join(named), first["quote"], f"{when} {what} said so, in its own words.")


def _answered(row: Row) -> dict[str, str]:
    where = f"the page {row['url']}" if row["record_kind"] == "PAGE" else row["title"]
    words = f"{_KINDS[row['kind']]} by {row['speaker']} on {row['date'][:10] or 'an unknown date'} ({where})."
    return _reason("claim_answered", row["kind"], row["quote"] or row["words"], words)


def _reason(kind: str, ours: str, theirs: str, words: str) -> dict[str, str]:
    return {"rule": RULES[kind], "ours": ours, "theirs": theirs, "words": words}


def _against(past: History) -> list[str]:
    """Denials, corrections and withdrawals stand beside the claim wherever it is shown."""
    return sorted({_answered(row)["words"] + f" “{row['quote'] or row['words']}”" for row in past.answers() if row["kind"] in _KINDS})


def _context(past: History, name: str) -> list[str]:
    named = sorted({other for row in past.claims() for other in row["about"]})
    found = [f"Status: {past.status()}."]
    found += [f"The page names {other} beside the claim. That is a claim by {name}; whether {other} agreed is not known from it." for other in named]
    found += [f"{row['speaker']} ({row['date'] or 'no date'}), without saying of which page: {row['words']}" for row in past.beside() if row["words"]]
    return found


def _evidence(kind: str, past: History, claims: Sequence[Row]) -> str:
    """What a decision rests on: the quotes, what was answered, and whether the page still says so; not how often it was captured."""
    quotes = sorted({(row["quote"], *row["capabilities"]) for row in claims})
    answers = sorted({(row["kind"], row["speaker"], row["quote"] or row["words"]) for row in past.answers()})
    return evidence_hash({"quotes": quotes}, [answers, past.now()[0], sorted(past.dropped())], [], [f"{RULES[kind]}@{VERSION}"])
