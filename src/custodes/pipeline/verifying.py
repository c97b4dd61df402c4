"""Verify a case: every chain of it, and the first broken link of each is named.

Time stamps -> packages and the seal log -> captures -> records inside captured archives -> parts -> findings that cite them -> editions, and the
ledger and the plan beside them. What was removed by a recorded order is said so, and what rested on it is called stale, not broken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from custodes import case, timetable
from custodes import review as review_room
from custodes import sources as sources_room
from custodes.case import Case
from custodes.errors import IntegrityError
from custodes.pipeline import auditing, desk_place, publishing, state, timetabling
from custodes.records import page_place
from custodes.review import exchange
from custodes.sources import checker, held, lists_log, looks, seal
from custodes.sources.checker import Report
from custodes.sources.store import place
from custodes.sources.unpack import opened
from custodes.values import Break

_HASH = re.compile(r"^[0-9a-f]{64}$")


def verify(folder: Path, roots: Sequence[str] = ()) -> dict[str, Any]:
    """Check the case in ``folder``; ``roots``: PEM files of authorities. ``exit`` is 4 when a chain is broken."""
    report, stale = _case(case.load(folder), roots)
    return {**report.mapping(), "case": str(folder), "stale": stale, "lines": [*report.lines(), *(f"  stale: {text}" for text in stale)]}


def _case(the_case: Case, roots: Sequence[str]) -> tuple[Report, list[str]]:
    report = Report(str(the_case.folder))
    sealed = [] if list(seal.verify(the_case.folder / "seal.jsonl")) else list(seal.lines(the_case.folder / "seal.jsonl"))
    removed = {str(line["facts"].get("sha256")): line for line in sealed if line["kind"] == seal.REMOVAL}
    for found in _breaks(the_case, frozenset(removed)):
        report.breaks(f"{found.chain}", f"{found.where}", found.what, found.advice)
    _archives(the_case.folder, sealed, report)
    checker.check_stamps(str(the_case.folder), sealed, list(roots), report)
    report.removed += [checker.removal_words(line) for sha256, line in removed.items() if not place(the_case.folder / "sources", sha256).exists()]
    with suppress(IntegrityError):  # what cannot be read has been named above
        return report, list(_stale(the_case, removed))
    return report, []


def _breaks(the_case: Case, removed: frozenset[str]) -> Iterator[Break]:
    """What every room says of itself, and what does not fit between them."""
    folder = the_case.folder
    yield from sources_room.verify(folder / "sources", removed)
    yield from _safely("seal", lambda: _seal_breaks(folder))
    yield from review_room.verify(folder / "review")
    yield from _safely("desk", lambda: auditing.desk_breaks(the_case, desk_place.place(the_case)))
    yield from timetable.verify(folder / "timetable")
    yield from _safely("manifest", lambda: state.verify(the_case))
    yield from _safely("baseline", lambda: timetabling.verify(folder))
    yield from _safely("pages", lambda: _page_breaks(folder, removed))
    yield from _safely("findings", lambda: _uncited(the_case, removed))
    yield from _safely("publication", lambda: publishing.verify(the_case, state.load(the_case)))


def _page_breaks(folder: Path, removed: frozenset[str]) -> Iterator[Break]:
    """Is the text of every page still what its stored bytes give, every quote at the place that it names?"""
    if (folder / "records" / "PAGE").is_dir():
        yield from page_place.verify(folder / "records", lambda sha256, name: opened(place(folder / "sources", sha256), name), removed)


def _safely(chain: str, breaks: Callable[[], Iterable[Break]]) -> Iterator[Break]:
    """A chain that cannot even be read is a broken one, and does not hide the others."""
    try:
        yield from breaks()
    except IntegrityError as problem:
        if chain != "publication":  # it rests on the manifest, which has been named
            yield Break(chain, problem.where, problem.what, problem.advice)


def _seal_breaks(folder: Path) -> Iterator[Break]:
    """Breaks of the seal log itself, and between it and the captures, the looks and the ledger that it sealed."""
    log = folder / "seal.jsonl"
    breaks = list(seal.verify(log))
    yield from breaks
    if breaks:
        return
    with suppress(IntegrityError):  # the room itself names the line
        yield from seal.verify_captures(log, held(folder / "sources"))
    yield from looks.verify(folder / "sources", log)
    yield from lists_log.verify(folder / "sources", log)
    try:
        hashes = {decision.hash for decision in review_room.load(folder / "review" / review_room.LEDGER)}
        hashes |= {act.hash for act in exchange.load(folder / "review" / exchange.EXCHANGE)}
    except IntegrityError:
        return  # the room itself names the line
    sent = next((line for line in seal.lines(log) if line["kind"] == "exchange" and line["facts"]["hash"] not in hashes), None)
    if sent:
        yield Break("exchange", f"review/{exchange.EXCHANGE}, line {sent['facts']['n']}", "an event that was sealed is gone", "restore the log")
    gone = next((line for line in seal.lines(log) if line["kind"] == "ledger" and line["facts"]["hash"] not in hashes), None)
    if gone:
        where = f"review/{review_room.LEDGER}, line {gone['facts']['n']}"
        yield Break("ledger", where, "a decision that was sealed is gone", "restore the ledger")


def _archives(folder: Path, sealed: Sequence[Mapping[str, Any]], report: Report) -> None:
    """The links inside every captured archive and package."""
    for sha256, shown in {str(line["facts"].get("sha256")): str(line["facts"].get("path")) for line in sealed if line["kind"] == seal.CAPTURE}.items():
        path = Path(checker.capture_path(str(folder), sha256))
        if path.is_file():
            checker.check_archive(str(path), shown, report)


def _cited(the_case: Case) -> dict[str, str]:
    """File hash -> the first finding that rests on it."""
    path = the_case.folder / "findings" / "findings.parquet"
    if not path.is_file():
        return {}
    try:
        rows = pq.read_table(path, columns=["finding_id", "origin_sha256"]).to_pylist()
    except (OSError, ValueError, KeyError):
        return {}  # the part is not what was written: that is said where parts are checked
    return {row["origin_sha256"]: row["finding_id"] for row in reversed(rows) if _HASH.match(row["origin_sha256"] or "")}


def _uncited(the_case: Case, removed: frozenset[str]) -> Iterator[Break]:
    """The first finding that rests on bytes which the case does not hold."""
    try:
        have = {capture.sha256 for capture in held(the_case.folder / "sources")}
    except IntegrityError:
        return
    for sha256, finding in sorted(_cited(the_case).items()):
        if sha256 not in have and sha256 not in removed:
            yield Break("findings", f"finding {finding}", f"rests on the file {sha256}, which the case does not hold", "run custodes run again")
            return


def _stale(the_case: Case, removed: Mapping[str, Any]) -> Iterator[str]:
    """What was made out of bytes that were removed by order and still stands."""
    if not removed:
        return
    for sha256, finding in sorted(_cited(the_case).items()):
        if sha256 in removed:
            yield f"finding {finding} rests on {sha256}, which was removed by order: run custodes run again"
    for kind, published in sorted(state.load(the_case).editions.items()):
        if published.get("stale"):
            yield f"the {kind} edition was made before the removal: publish it again, and replace copies that were handed out"
    for _, line in looks.lines(the_case.folder / "sources"):
        for sha256 in line.get("rests_on", ()):
            if sha256 in removed:
                yield f"the look at {line.get('url')} of {line.get('at')} points to bodies in {sha256}, which was removed by order"
