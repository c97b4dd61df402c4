"""The right of reply on a case: events from the inbox go into the exchange log, the log is laid beside the findings, and notices are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes import case
from custodes.case import Case
from custodes.errors import InputError, UsageError
from custodes.pipeline import facts
from custodes.pipeline.state import Run, seal_lines
from custodes.publication.rows import conform, slugs, stream
from custodes.publication.statement import statement
from custodes.publication.view import maker_names
from custodes.review import answers, docx, exchange, exchange_files, letters, notice_letter, notices, reply_form
from custodes.review.exchange import EXCHANGE, Act
from custodes.sources import opened, seal
from custodes.sources.store import place
from custodes.values.edition import Edition

KEY = "reply.key"
"""The secret of a case's reply tokens, in its review folder; it never leaves the house."""
PART = "exchange.rejects.jsonl"


def log(the_case: Case) -> Path:
    """The exchange log of a case."""
    return the_case.folder / "review" / EXCHANGE


def secret(the_case: Case, fresh: str = "") -> bytes:
    """The secret behind the reply tokens. ``fresh`` (random text) becomes it when there is none yet; without, it is empty then and no token fits."""
    path = the_case.folder / "review" / KEY
    if not path.is_file() and fresh:
        case.write_whole(path, fresh.encode())
        path.chmod(0o600)
    return path.read_bytes() if path.is_file() else b""


def take_in(run: Run) -> dict[str, Any]:
    """Put the events that the inbox holds into the log; what was added, what was refused, and what the log speaks of and nobody knows."""
    key = secret(run.case)
    readings = [_read(run, item, key) for item in run.state.inputs if item["room"] == "exchange"]
    added = exchange.append(log(run.case), [act for reading in readings for act in reading.acts])
    rejects = [dict(reject) for reading in readings for reject in reading.rejects]
    path = run.case.room("review") / PART
    if rejects or path.is_file():
        case.write_whole(path, b"".join(json.dumps(reject, ensure_ascii=False).encode() + b"\n" for reject in rejects))
    _seal_head(run)
    troubles = [": ".join(part for part in (r["origin_file"], r["origin_at"], r["column"], r["reason"]) if part) for r in rejects]
    return {"added": len(added), "rejected": len(rejects), "troubles": [*troubles, *_loose(exchange.load(log(run.case)))]}


def _read(run: Run, item: Mapping[str, Any], key: bytes) -> exchange_files.Reading:
    """The events of a file; one that cannot be read is refused as a whole, the others go on."""
    try:
        with opened(place(run.case.folder / "sources", item["sha256"]), item["path"]) as (stream, filename):
            return exchange_files.read(stream.read(exchange_files.MOST_BYTES + 1), filename, run.now, key, str(item["stored_at"]))
    except InputError as error:
        reject = {"origin_file": item["path"], "origin_at": "the file", "column": "", "reason": f"{error.what}; {error.advice}"}
        return exchange_files.Reading((), (reject,))


def _loose(acts: Sequence[Act]) -> list[str]:
    """Events about a notice or letter that was never sent."""
    sent = {act.get(name) for act in acts for kind, name in (("notice sent", "notice_id"), ("letter sent", "letter_id")) if act.kind == kind}
    about = [(act, act.get("notice_id") or act.get("letter_id")) for act in acts if not act.kind.endswith(" sent") or act.kind == "reminder sent"]
    return [f"event {act.n} of the exchange ({act.kind}) is about {number}, which was never sent: it counts for nothing" for act, number in about if number and number not in sent]


def _seal_head(run: Run) -> None:
    """Seal the head of the log when it has moved: a chain alone cannot show that its last lines were cut off."""
    n, head = exchange.head(log(run.case))
    path = run.case.folder / "seal.jsonl"
    sealed = [line["facts"] for line in seal_lines(path) if line["kind"] == "exchange"]
    if n and (not sealed or sealed[-1]["hash"] != head):
        seal.append(path, "exchange", {"n": n, "hash": head}, run.now)


def with_exchange(edition: Edition, acts: Sequence[Act]) -> Edition:
    """The edition with what went back and forth: how every company named in a confirmed finding stands, corrections, and who was asked."""
    items, today = items_of(edition, acts), edition.now[:10]
    standing = {key: [_plain(each) for each in rows] for key, rows in notices.standings(items, acts, today).items()}
    corrections = [{"date": act.date, "by": act.by, "finding_ids": (), "company": "", **act.body} for act in acts if act.kind == "correction"]
    asked = answers.counted(stream(edition.records["ANSWER"])) if "ANSWER" in edition.records else ()
    return replace(edition, exchange={"standing": standing, "corrections": corrections, "answers": asked})


def _plain(each: notices.Standing) -> dict[str, Any]:
    return {**asdict(each), "clear": each.clear, "roles": list(each.roles)}


def items_of(edition: Edition, acts: Sequence[Act]) -> list[notices.Item]:
    """The confirmed findings that could be published and name a company, each in its exact wording."""
    legal, short = maker_names(edition)
    table = conform(edition.findings.filter(pc.equal(edition.findings["verdict"], "confirm")))
    good = pc.and_(pc.equal(table["verdict"], "confirm"), pc.and_(pc.invert(table["stale"]), pc.equal(table["publish"], "yes")))
    made = []
    for row in stream(table.filter(pc.and_(good, pc.invert(pc.is_in(table["grade"], pa.array(["", "lead-only"])))))):
        maker = row["maker_id"] or row["party"]
        called = {**row, "party": legal.get(row["party"], row["party"])}
        made.append(notices.item(called, statement(row, str(short.get(maker, maker))), str(legal.get(maker, maker)), acts))
    return [item for item in made if item.named]


def notify(folder: Path, now: str, fresh: str, *, companies: Iterable[str] = (), days: int = notices.DAYS, sent: bool = False, out: str = "") -> dict[str, Any]:
    """Write the notices that are due: letters (text, Word), reply forms, and the record of their sending.

    ``fresh``: random text for a case without a secret. ``sent``: they go out now; the record goes into the inbox. Returns a summary.
    """
    from custodes.pipeline import publishing, state

    the_case = case.load(folder)
    with case.locked(the_case):
        current = state.load(the_case)
        if not current.has_findings:
            raise UsageError("nothing to give notice of yet", where=str(folder), advice=f"first: custodes run {folder}")
        edition = publishing.build(the_case, current, "draft", now)
        acts = exchange.load(log(the_case))
        items = items_of(edition, acts)
        due = notices.draft(items, acts, now[:10], now[:10], days)
        due = _chosen(due, companies)
        key = secret(the_case, fresh)
        target = Path(out) if out else the_case.room("review") / "notices"
        files = _write(target, due, key, now, bool(out))
        if sent and due:
            record = exchange_files.lines(notices.sent(notice, now[:10], "reviewer") for notice in due)
            case.write_whole(the_case.room("inbox") / f"notices-sent-{now[:10]}-{case.digest(record.decode())[:8]}.jsonl", record)
    states = notices.standings(items, acts, now[:10])
    return {"notices": len(due), "findings": len(items), "files": len(files), "lines": _told(due, states, target, sent), "exit": 0}


def _chosen(due: Sequence[notices.Notice], companies: Iterable[str]) -> tuple[notices.Notice, ...]:
    wanted = {notices.company_key(name) for name in companies}
    unknown = wanted - {notice.key for notice in due}
    if unknown:
        known = "; ".join(notice.company for notice in due) or "none"
        raise UsageError(f"no notice is due to: {', '.join(sorted(unknown))}", where="--company", advice=f"notices are due to: {known}")
    return tuple(notice for notice in due if not wanted or notice.key in wanted)


def _write(target: Path, due: Sequence[notices.Notice], key: bytes, now: str, given: bool) -> list[str]:
    names = slugs(f"{notice.company} {notice.notice_id}" for notice in due)
    files: dict[str, bytes] = {}
    for notice in due:
        stem, token = names[f"{notice.company} {notice.notice_id}"], notices.token(key, notice.notice_id)
        told = notice_letter.blocks(notice, token)
        files |= {f"{stem}.txt": letters.text(told).encode(), f"{stem}.docx": docx.document(told), f"{stem}.form.txt": reply_form.write(notice, token).encode()}
    if due:
        files["record.jsonl"] = exchange_files.lines(notices.sent(notice, now[:10], "reviewer") for notice in due)
    return put(target, files, given)


def put(target: Path, files: Mapping[str, bytes], given: bool) -> list[str]:
    """Write drafts into a folder. Our own folder is cleared of earlier drafts first; one that was ``given`` must be new or empty."""
    if given and target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError("is there already and not empty", where=str(target), advice="give a new folder, so that nothing is overwritten")
    target.mkdir(parents=True, exist_ok=True)
    for old in () if given else target.iterdir():
        if old.is_file() and re.search(r"\.(txt|docx|csv|jsonl)$", old.name):
            old.unlink()
    for name, data in files.items():
        case.write_whole(target / name, data)
    return sorted(files)


def _told(due: Sequence[notices.Notice], states: Mapping[str, Sequence[notices.Standing]], target: Path, sent: bool) -> list[str]:
    open_ = sum(not all(each.clear for each in rows) for rows in states.values())
    lines = [f"{len(states)} confirmed findings name a company, {open_} of them are still held for a reply; {len(due)} notices are due"]
    lines += [f"  {notice.company}: {len(notice.items)} findings, answer by {notice.deadline} ({notice.notice_id})" for notice in due]
    if due:
        lines.append(f"written to {target}")
        lines.append("recorded as sent: custodes run takes the record in" if sent else "  next: send them, then put record.jsonl into the inbox (or: custodes notify --sent)")
    return lines


def bodies(edition: Edition) -> dict[str, Mapping[str, Any]]:
    """Official name -> BODY row of everything the edition knows about bodies."""
    return {facts.official(row["body"]): row for row in stream(edition.records["BODY"])}
