"""Claims of pages: the shipped words and weights become a judge; pages come as JSON lines or through any reader that gives PAGE records."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from custodes import case, engines
from custodes.errors import InputError, UsageError
from custodes.findings.claim_judge import Judge, Verdict, judge, judge_of
from custodes.findings.claim_model import SPEAKERS
from custodes.findings.requirements import Buyers
from custodes.pipeline import facts, output
from custodes.pipeline.accounting import Account, batches
from custodes.pipeline.state import sha256
from custodes.pipeline.tools import Input, inputs
from custodes.sources.unpack import head, opened
from custodes.values import OUTCOMES, Origin, kind_of

COLUMNS = ("id", "positive", "stance", "speaker", "capabilities", "claims")
"""What one row of ``custodes claims`` holds (the contract of the command line)."""
CHUNK = 200
"""Pages that a worker judges at a time."""

Page = Mapping[str, Any]
Reject = dict[str, str]

_CLAIM = pa.struct(
    [("start", pa.int64()), ("end", pa.int64()), ("quote", pa.string()), ("capabilities", pa.list_(pa.string())), ("stance", pa.string()),
     ("speaker", pa.string()), ("score", pa.float64())]
)  # fmt: skip
_SCHEMA = pa.schema(
    [("id", pa.string()), ("positive", pa.bool_()), ("stance", pa.string()), ("speaker", pa.string()), ("capabilities", pa.list_(pa.string())),
     ("claims", pa.list_(_CLAIM))]
)  # fmt: skip


@cache
def shipped() -> Judge:
    """The judge made of the shipped tables and weights."""
    weights = json.loads(resources.files("custodes").joinpath("data", "claim_weights.json").read_text(encoding="utf-8"))
    return judge_of(facts.table("claim_words"), facts.table("claim_cues"), facts.table("claim_sites"), weights)


def verdict_of(page: Page) -> Verdict:
    """The verdict on one page: ``text`` and, where known, ``url``, ``title``, ``lang``, ``speaker``."""
    known = {name: page.get(name) or "" for name in ("url", "title", "lang", "speaker")}
    return judge(page["text"], **known, lexicon=shipped())


@cache
def buyers() -> Buyers:
    """What judges the texts of purchases: the buyer speaks."""
    return Buyers(lambda text: judge(text, speaker="government", lexicon=shipped()), facts.table("claim_words"), facts.table("claim_cues"))


def rows_of(pages: Sequence[Page], _shared: object = None) -> list[dict[str, Any]]:
    """One row of the contract per page."""
    return [{"id": page["id"], **asdict(verdict_of(page))} for page in pages]


def claims(names: Sequence[str], out: str, *, engine: str = "cores") -> dict[str, Any]:
    """Judge all pages of the inputs and write one row per page, in the order of the inputs.

    JSON lines need ``id`` and ``text``; of any other file the readers' PAGE records are judged, their id is the record key. A page whose text could not be
    read is no page without a claim: it is reported as not readable and gets no row. Returns the summary; ``exit`` is 3 when a file or row was refused.
    """
    output.suffix_of(out)
    rejects: list[Reject] = []
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
        given = inputs(names, Path(folder))
        pages = list(_pages(given, rejects))
    if not pages and len(given) == 1 and rejects:
        raise InputError(rejects[0]["reason"], where=f"{rejects[0]['origin_file']} {rejects[0]['origin_at']}".strip(), advice="see docs/verbs/claims.md")
    counts: Counter[str] = Counter()
    with output.table(out, COLUMNS, _SCHEMA) as write:
        for row in _judged(pages, engine):
            write(row)
            counts["positive"] += row["positive"]
            counts["claims"] += len(row["claims"])
    where = _write_rejects(out, rejects)
    line = f"{len(pages)} pages judged, {counts['positive']} market or document a capability; {counts['claims']} claims quoted; {len(rejects)} not judged"
    lines = [line, *(f"  ! {r['origin_file']} {r['origin_at']}: {r['reason']}" for r in rejects[:20])]
    lines += [f"  all {len(rejects)} with reasons: {where}"] if where else []
    return {
        "command": "claims", "pages": len(pages), "positive": counts["positive"], "claims": counts["claims"], "not_judged": len(rejects), "rejects": where,
        "lines": lines, "exit": 3 if rejects else 0,
    }  # fmt: skip


def _judged(pages: Sequence[Page], engine: str) -> Iterator[dict[str, Any]]:
    chunks = [(at, pages[at : at + CHUNK]) for at in range(0, len(pages), CHUNK)]
    size = sum(len(page["text"]) for page in pages)
    done = dict(engines.each(_chunk, chunks, None, engine, size * 4))  # judging a letter costs more than reading a byte
    for at, _ in chunks:
        yield from done[at]


def _chunk(job: tuple[int, Sequence[Page]], shared: object) -> tuple[int, list[dict[str, Any]]]:
    at, pages = job
    return at, rows_of(pages, shared)


def _write_rejects(out: str, rejects: Sequence[Reject]) -> str:
    if not rejects or out == "-":
        return ""
    where = f"{out}.rejects.jsonl"
    case.write_whole(Path(where), b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rejects))
    return where


def _pages(given: Iterable[Input], rejects: list[Reject]) -> Iterator[Page]:
    for item in given:
        with opened(item.path, item.name) as (stream, _):
            lines = head(stream, 4096).lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{"
            if lines:
                stream.seek(0)
                yield from _lines(stream, item.name, rejects)
        if not lines:
            yield from _records(item, rejects)


def _lines(stream: Any, name: str, rejects: list[Reject]) -> Iterator[Page]:
    for number, line in enumerate(stream, 1):
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not line.strip():
            continue
        page, reason = _page(line)
        if reason:
            rejects.append({"origin_file": name, "origin_at": f"line {number}", "reason": reason})
        else:
            yield page


def _page(line: bytes) -> tuple[Page, str]:
    """A page of a JSON line, or why it is none."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}, "not a JSON object in UTF-8"
    if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
        return {}, "a page needs id and text (text as a string)"
    for name in ("url", "title", "lang", "speaker"):
        if row.get(name) is not None and not isinstance(row[name], str):
            return {}, f"{name} is not text"
    if row.get("speaker") and row["speaker"] not in SPEAKERS:
        return {}, f"unknown speaker {row['speaker'][:40]!r}; known: {', '.join(SPEAKERS)}"
    if "\x00" in row["text"]:
        return {}, "text holds NUL characters"
    return {**row, "id": row["id"] if isinstance(row["id"], str) else json.dumps(row["id"], ensure_ascii=False)}, ""


def _records(item: Input, rejects: list[Reject]) -> Iterator[Page]:
    account = Account()
    for batch in batches(item.path, Origin(sha256(item.path), item.name), account):
        if kind_of(batch) == "REJECT":
            rejects += [{name: row[name] for name in ("origin_file", "origin_at", "reason")} for row in batch.to_pylist()]
        if kind_of(batch) in OUTCOMES:
            continue
        if kind_of(batch) != "PAGE":
            raise UsageError(f"holds {kind_of(batch)} records, not pages", where=item.name, advice="give pages: JSON lines with id and text, HTML, PDF or WARC")
        for row in batch.to_pylist():
            if row.get("readable") == "no" or not row["text"].strip():
                why = "; ".join(row.get("unreadable") or []) or "no text"
                rejects.append({"origin_file": item.name, "origin_at": row["origin_at"], "reason": f"text not readable: {why}"})
            else:
                yield {**row, "id": row["record_key"]}
    if account.error:
        rejects.append({"origin_file": item.name, "origin_at": "", "reason": f"{account.error['what']}"})
