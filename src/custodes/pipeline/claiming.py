"""Claims of pages: the shipped words and weights become a judge; pages come as JSON lines or through any reader that gives PAGE records."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from custodes import case, engines
from custodes.errors import CustodesError, InputError
from custodes.findings.claim_judge import Judge, Verdict, judge, judge_of
from custodes.findings.claim_model import SPEAKERS
from custodes.findings.requirements import Buyers
from custodes.pipeline import facts, output
from custodes.pipeline.accounting import Account, batches
from custodes.pipeline.state import sha256
from custodes.pipeline.tools import Input, inputs
from custodes.records import page_text
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


def rows_of(pages: Iterable[Page]) -> list[dict[str, Any]]:
    """One row of the contract per page."""
    return [{"id": page["id"], **asdict(verdict_of(page))} for page in pages]


def claims(names: Sequence[str], out: str, *, engine: str = "cores", progress: Any = None) -> dict[str, Any]:
    """Judge all pages of the inputs and write one row per page, in the order of the inputs.

    JSON lines need ``id`` and ``text``; of any other file the readers' PAGE records are judged, their id is the record key. A page whose text could not be
    read is no page without a claim: it is reported as not readable and gets no row. Returns the summary; ``exit`` is 3 when a file or row was refused.
    """
    output.suffix_of(out)
    counts: Counter[str] = Counter()
    rejects, partly, origins = list[Reject](), list[Reject](), list[dict[str, str]]()
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder, output.table(out, COLUMNS, _SCHEMA) as write, progress or nullcontext():
        given = inputs(names, Path(folder))
        done = engines.in_order(_judged, _jobs(given), None, engine, least=LEAST)
        for result in progress.track(done, total=None, description="judge") if progress else done:
            rejects += result.rejects
            partly += result.partly
            origins += result.origins
            for row in result.rows:
                write(row)
                counts.update(pages=1, positive=int(row["positive"]), claims=len(row["claims"]))
        if not counts["pages"] and len(given) == 1 and rejects:
            what, _, advice = rejects[0]["reason"].partition("; next: ")
            raise InputError(what, where=f"{rejects[0]['origin_file']} {rejects[0]['origin_at']}".strip(), advice=advice or "see docs/verbs/claims.md")
    where, which = _write_lines(out, "rejects", rejects), _write_lines(out, "pages", origins)
    line = f"{counts['pages']} pages judged, {counts['positive']} market or document a capability; {counts['claims']} claims quoted; {len(rejects)} not judged"
    lines = [line, *(f"  ! {_told(row)}" for row in rejects[:20]), *(f"  ~ {_told(row)}" for row in partly[:20])]
    lines += [f"  all {len(rejects)} with reasons: {where}"] if where else []
    lines += [f"  which id is which page: {which}"] if which else []
    return {
        "command": "claims", "pages": counts["pages"], "positive": counts["positive"], "claims": counts["claims"], "not_judged": len(rejects),
        "partly_read": len(partly), "rejects": where, "ids": which, "lines": lines, "exit": 3 if rejects else 0,
    }  # fmt: skip


def _told(row: Reject) -> str:
    place = "" if row["origin_at"] == "whole file" else f" {row['origin_at']}"
    return f"{row['origin_file']}{place}: {row['reason']}".replace(" :", ":")


LEAST = 4
"""Jobs below which starting workers takes longer than the work."""
JOB_SIZE = 1 << 20
"""Bytes of input that a worker takes at a time. A file larger than that, an archive, is read here, and its pages are handed out."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker judges at a time: whole files, or lines of one (name, number of the first, lines), or pages that were read already."""

    files: tuple[Input, ...] = ()
    lines: tuple[str, int, tuple[bytes, ...]] | None = None
    pages: tuple[Page, ...] = ()
    rejects: tuple[Reject, ...] = ()
    partly: tuple[Reject, ...] = ()


@dataclass(slots=True)
class Judged:
    """What became of a job: rows of the contract, what was refused, what could be read in part only, and of pages without an id of the user's where they come from."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    origins: list[dict[str, str]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    partly: list[Reject] = field(default_factory=list)


def _judged(job: Job, _shared: object = None) -> Judged:
    done = Judged(rejects=list(job.rejects), partly=list(job.partly))
    pages: Iterable[Page] = job.pages
    if job.lines:
        pages = _lines(*job.lines, done.rejects)
    elif job.files:
        pages = (page for item in job.files for page in _records(item, done.rejects, done.partly))
    kept = list(pages)
    done.rows = rows_of(kept)
    done.origins = [{name: page[name] for name in _ORIGIN} for page in kept if "origin_at" in page and not job.lines]
    return done


def _jobs(given: Sequence[Input]) -> Iterator[Job]:
    """The inputs, in their order, as pieces of work of about the same size."""
    few, size = list[Input](), 0
    for item in given:
        bulk, lines = item.path.stat().st_size, _is_lines(item)
        if few and (lines or size + bulk > JOB_SIZE):
            yield Job(files=tuple(few))
            few, size = [], 0
        if lines:
            yield from _of_lines(item)
        elif bulk > JOB_SIZE:
            yield from _of_pages(item)
        else:
            few, size = [*few, item], size + bulk
    if few:
        yield Job(files=tuple(few))


def _is_lines(item: Input) -> bool:
    try:
        with opened(item.path, item.name) as (stream, _):
            begin = head(stream, 4096)
            return begin.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" and not page_text.sniff(begin, item.name)  # the description of an API is a page
    except (CustodesError, OSError):
        return False  # reading it says what is wrong


def _of_lines(item: Input) -> Iterator[Job]:
    with opened(item.path, item.name) as (stream, _):
        first, lines, size = 1, list[bytes](), 0
        for line in stream:
            lines.append(line)
            size += len(line)
            if size > JOB_SIZE:
                yield Job(lines=(item.name, first, tuple(lines)))
                first, lines, size = first + len(lines), [], 0
        yield Job(lines=(item.name, first, tuple(lines)))


def _of_pages(item: Input) -> Iterator[Job]:
    rejects, partly, pages = list[Reject](), list[Reject](), list[Page]()
    for page in _records(item, rejects, partly):
        pages.append(page)
        if len(pages) >= CHUNK:
            yield Job(pages=tuple(pages))
            pages = []
    yield Job(pages=tuple(pages), rejects=tuple(rejects), partly=tuple(partly))


def _write_lines(out: str, what: str, rows: Sequence[Mapping[str, str]]) -> str:
    """Write rows beside the output as JSON lines; returns where, "" when there are none or no place beside it."""
    if not rows or out == "-":
        return ""
    where = f"{out}.{what}.jsonl"
    case.write_whole(Path(where), b"".join(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n" for row in rows))
    return where


def _lines(name: str, first: int, lines: Sequence[bytes], rejects: list[Reject]) -> Iterator[Page]:
    for number, line in enumerate(lines, first):
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


def _records(item: Input, rejects: list[Reject], partly: list[Reject]) -> Iterator[Page]:
    """The pages of a file that readers know; what is no page, or cannot be read, goes to ``rejects``, and what can only in part also to ``partly``."""
    account = Account()
    try:
        origin = Origin(sha256(item.path), item.name)
    except OSError as error:
        rejects.append({"origin_file": item.name, "origin_at": "", "reason": f"cannot be opened: {error.strerror or error}; next: check that it may be read"})
        return
    for batch in batches(item.path, origin, account, light=True):
        kind = kind_of(batch)
        if kind == "REJECT":
            rejects += [{name: row[name] for name in ("origin_file", "origin_at", "reason")} for row in batch.to_pylist()]
        elif kind == "PAGE":
            yield from _readable(item.name, batch.select(_NEEDED).to_pylist(), rejects, partly)
        elif kind not in OUTCOMES:
            rejects.append({"origin_file": item.name, "origin_at": "", "reason": f"holds {kind} records, not pages: give pages, JSON lines with id and text, HTML, PDF or WARC"})
            return
    if account.error:
        where = account.error["where"].removeprefix(item.name).strip(", ")
        rejects.append({"origin_file": item.name, "origin_at": where, "reason": _reason(account.error, item.path.stat().st_size)})


def _reason(error: Mapping[str, str], size: int) -> str:
    if not size:
        return "the file is empty"
    if error["kind"] == "UnclaimedError":
        return "this is no page that can be read; next: give HTML, PDF, WARC, WACZ, text, or JSON lines with id and text, or leave it out"
    return "; next: ".join(part for part in (error["what"], error["advice"]) if part)


_ORIGIN = ("id", "origin_file", "origin_at", "url", "title")
_NEEDED = ["record_key", "url", "title", "lang", "text", "readable", "unreadable", "origin_at"]


def _readable(name: str, rows: Iterable[dict[str, Any]], rejects: list[Reject], partly: list[Reject]) -> Iterator[Page]:
    for row in rows:
        why = "; ".join(row["unreadable"] or [])
        if row["readable"] == "no" or not row["text"].strip():
            rejects.append({"origin_file": name, "origin_at": row["origin_at"], "reason": f"text not readable: {why or 'no text'}"})
            continue
        if why:
            partly.append({"origin_file": name, "origin_at": row["origin_at"], "reason": f"read in part only: {why}"})
        yield {**row, "id": row["record_key"], "origin_file": name}
