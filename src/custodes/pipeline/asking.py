"""Asking on a case: questions become letters, letters that were sent are tracked, and silence is laid beside the answers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes import case
from custodes.errors import UsageError
from custodes.pipeline import facts, replying
from custodes.publication.rows import conform, layer, slugs, stream
from custodes.review import answers, batch, deadlines, docx, exchange, exchange_files, letters
from custodes.review.answers import Tracked
from custodes.review.exchange import Act
from custodes.review.letters import Block, Letter
from custodes.values import SCHEMAS, batch_of
from custodes.values.edition import Edition

Row = Mapping[str, Any]


@cache
def laws() -> dict[str, deadlines.Law]:
    """The table of information laws."""
    return deadlines.laws(tomllib.loads(resources.files("custodes").joinpath("data", "information_laws.toml").read_text("utf-8")))


@cache
def holidays() -> deadlines.Holidays:
    """The table of bank holidays."""
    return deadlines.holidays(facts.table("bank_holidays"))


def with_silence(found: pa.Table, acts: Sequence[Act], now: str) -> pa.Table:
    """ANSWER rows, and one for every letter without an answer: asked, or no reply when its time has passed."""
    if not any(act.kind == "letter sent" for act in acts):
        return found
    tracked = answers.track(acts, stream(found), laws(), holidays(), date.fromisoformat(now[:10]))
    silent = pa.Table.from_batches([batch_of("ANSWER", list(answers.asked_rows(tracked)))])
    return pa.concat_tables([found, silent.cast(SCHEMAS["ANSWER"])])


_SLIM = ("finding_id", "kind", "body", "date", "band", "publish", "grade", "verdict", "stale")


def with_letters(edition: Edition, acts: Sequence[Act]) -> Edition:
    """The edition with the letters of every body, sent ones first, as plain mappings without their transactions (``exchange["letters"]``)."""
    if not edition.now:
        return edition
    tracked = [letter for letter in tracked_letters(edition, acts, edition.now) if letter.state != "withdrawn"]
    drafted, _ = drafts(edition, tracked, edition.now, (), "", _SLIM)
    rows = [*(_shown(_again(each, (), ""), each.finding_ids, each) for each in tracked), *(_shown(each, [row["finding_id"] for row in each.rows]) for each in drafted)]
    return replace(edition, exchange={**edition.exchange, "letters": rows})


def _shown(letter: Letter, finding_ids: Sequence[str], tracked: Tracked | None = None) -> dict[str, Any]:
    """A letter as an edition shows it."""
    head, tail = letters.frame(letter, laws()[letter.law])
    sent = {"sent": tracked.sent, "due": tracked.due, "state": tracked.state} if tracked else {"sent": "", "due": "", "state": "draft"}
    return {
        **{name: getattr(letter, name) for name in ("letter_id", "body", "to", "number", "of", "address", "send_from")}, **sent,
        "law": laws()[letter.law].name, "law_id": letter.law, "finding_ids": list(finding_ids), "head": head, "tail": tail,
    }  # fmt: skip


def _again(each: Tracked, cited: tuple[Row, ...], address: str) -> Letter:
    """A letter that was sent, for those that follow it."""
    return Letter(each.letter_id, each.body, each.to, each.law, 1, 1, address, "", cited)


def ask(folder: Path, now: str, *, only: Iterable[str] = (), law: str = "", sent: bool = False, out: str = "") -> dict[str, Any]:
    """Write the letters that can be sent, the reminders and requests for review that are due, the batch for WhatDoTheyKnow and the list of what is due.

    ``only``: names of bodies. ``law``: an id of the table of laws, for bodies whose law is not known or another one is meant. ``sent``: the letters that
    may go out today do; the record goes into the inbox. Returns a summary.
    """
    from custodes.pipeline import publishing, state

    the_case = case.load(folder)
    if law and law not in laws():
        raise UsageError(f"there is no law {law!r}", where="--law", advice=f"laws: {', '.join(laws())}")
    with case.locked(the_case):
        current = state.load(the_case)
        if not current.has_findings:
            raise UsageError("nothing to ask yet", where=str(folder), advice=f"first: custodes run {folder}")
        edition = publishing.build(the_case, current, "draft", now)
        acts = exchange.load(replying.log(the_case))
        tracked = tracked_letters(edition, acts, now)
        drafted, loose = drafts(edition, tracked, now, tuple(only), law)
        target = Path(out) if out else the_case.room("review") / "letters"
        names = _files(edition, drafted, tracked, now)
        replying.put(target, names, bool(out))
        going = [letter for letter in drafted if letter.send_from == now[:10]]
        if sent and going:
            record = exchange_files.lines(sent_act(letter, now[:10]) for letter in going)
            case.write_whole(the_case.room("inbox") / f"letters-sent-{now[:10]}-{case.digest(record.decode())[:8]}.jsonl", record)
    return _summary(drafted, going, tracked, loose, target, sent)


def tracked_letters(edition: Edition, acts: Sequence[Act], now: str) -> tuple[Tracked, ...]:
    """Every letter that was sent and how it stands at ``now``."""
    return answers.track(acts, stream(edition.records["ANSWER"]), laws(), holidays(), date.fromisoformat(now[:10]))


def drafts(edition: Edition, tracked: Iterable[Tracked], now: str, only: tuple[str, ...], law: str, columns: Sequence[str] = ()) -> tuple[tuple[Letter, ...], int]:
    """(letters, questions without a body): about questions that no letter has asked. ``columns``: those that their rows have; empty: all."""
    sent = [letter for letter in tracked if letter.state != "withdrawn"]
    asked = {finding for letter in sent for finding in letter.finding_ids}
    questions = edition.findings.filter(pc.equal(edition.findings["kind"], "maker_unknown"))
    table = conform(questions)
    rows = [row for row in stream(table.select(list(columns)) if columns else table) if layer(row) == "question" and row["finding_id"] not in asked]
    wanted = {facts.official(name) for name in only}
    if unknown := sorted(wanted - {row["body"] for row in rows}):
        raise UsageError(f"no open question to: {', '.join(unknown)}", where="--body", advice="the draft edition lists the bodies under Questions")
    known = replying.bodies(edition)
    if law:
        named = {letters.addressee(row["body"], known, now) for row in rows}
        known = known | {name: {**known.get(name, {}), "information_law": law} for name in named}
    last: dict[str, date] = {}
    for letter in sent:
        last[letter.to] = max(last.get(letter.to, date.min), date.fromisoformat(letter.sent))
    chosen = [row for row in rows if not wanted or row["body"] in wanted]
    return letters.draft(chosen, known, laws(), holidays(), date.fromisoformat(now[:10]), last), sum(not row["body"] for row in chosen)


def _files(edition: Edition, drafted: Sequence[Letter], tracked: Sequence[Tracked], now: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for stem, told in [*_texts(drafted), *_follow_ups(edition, tracked, now)]:
        files |= {f"{stem}.txt": letters.text(told).encode("utf-8", "replace"), f"{stem}.docx": docx.document(told)}
    if drafted:
        files["batch.csv"] = batch.whatdotheyknow(drafted, laws()).encode("utf-8", "replace")
        files["record.jsonl"] = exchange_files.lines(sent_act(letter, "") for letter in drafted)
    if tracked:
        files["due.csv"] = batch.due_list(tracked).encode("utf-8", "replace")
    return files


def _texts(drafted: Sequence[Letter]) -> list[tuple[str, tuple[Block, ...]]]:
    names = slugs(letter.to for letter in drafted)
    return [(f"{names[letter.to]}-{letter.letter_id}", letters.blocks(letter, laws()[letter.law])) for letter in drafted]


def _follow_ups(edition: Edition, tracked: Sequence[Tracked], now: str) -> list[tuple[str, tuple[Block, ...]]]:
    """Reminders and requests for review that are due."""
    due = [letter for letter in tracked if letter.step in ("send the reminder", "ask for a review")]
    if not due:
        return []
    wanted = {finding for letter in due for finding in letter.finding_ids}
    rows = {row["finding_id"]: row for row in stream(edition.findings) if row["finding_id"] in wanted}
    known = replying.bodies(edition)
    made = []
    for each in due:
        cited = tuple(rows.get(finding, {"finding_id": finding}) for finding in each.finding_ids)
        address = str(known.get(each.to, {}).get("request_address") or "")
        letter = _again(each, cited, address)
        if each.step == "send the reminder":
            made.append((f"reminder-{each.letter_id}", letters.reminder(letter, laws()[each.law], each.sent, each.due)))
        else:
            told = letters.review_letter(letter, laws()[each.law], each.sent, each.answered, each.answer, each.exemption)
            made.append((f"review-{each.letter_id}", told))
    return made


def sent_act(letter: Letter, day: str) -> Act:
    """The event that a letter was sent on ``day``."""
    body = {"letter_id": letter.letter_id, "body": letter.body, "to": letter.to, "law": letter.law, "finding_ids": [row["finding_id"] for row in letter.rows]}
    return Act("letter sent", day, "reviewer", body)


def _summary(drafted: Sequence[Letter], going: Sequence[Letter], tracked: Sequence[Tracked], loose: int, target: Path, sent: bool) -> dict[str, Any]:
    cited = sum(len(letter.rows) for letter in drafted)
    lines = [f"{len(drafted)} letters to {len({letter.to for letter in drafted})} bodies about {cited} transactions; {len(going)} may go out today"]
    if loose:
        lines.append(f"{loose} questions are about records whose body is not known: say whose they are in case.toml")
    states = {state: sum(letter.state == state for letter in tracked) for state in sorted({letter.state for letter in tracked})}
    if tracked:
        lines.append(f"{len(tracked)} letters were sent: " + ", ".join(f"{count} {state}" for state, count in states.items()))
    steps = [letter for letter in tracked if letter.step and letter.step != "wait for the review"]
    lines += [f"  {letter.letter_id} to {letter.to}: {letter.step}{f' (until {letter.until})' if letter.until else ''}" for letter in steps]
    lines.append(f"written to {target}")
    if going:
        lines.append("recorded as sent: custodes run takes the record in" if sent else "  next: send them, write the day into record.jsonl, and put it into the inbox (or: custodes ask --sent)")
    return {"letters": len(drafted), "going": len(going), "sent": len(tracked), "states": states, "due": len(steps), "loose": loose, "lines": lines, "exit": 0}
