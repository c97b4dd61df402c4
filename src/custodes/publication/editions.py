"""The log of public editions: published findings are versions that are never changed, only replaced or taken back, and every edition says what it changed.

The log is a list of events, oldest first, kept whole by the case; :func:`public` is what the edition shows of it (``history/editions.jsonl``):

- ``edition``: its number, time, digest of what it shows, every figure and the state of every body;
- ``published``: a version of a finding: number, SHA-256 of what it says, the hash it replaces, the companies it names, and its words;
- ``withdrawn``: a finding that no longer passes, with the reason of the gate.

An edition that shows the same as the one before adds nothing, so publishing twice gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from custodes.publication.figures import figures_of
from custodes.publication.rows import Row, page_name, stream
from custodes.publication.statement import statement
from custodes.publication.view import View

GONE = "its record is no longer in the inputs"


def continued(view: View, held: Sequence[Row]) -> View:
    """A public view with its place in the log: ``facts`` gets ``history`` (with the new events), ``versions`` and ``replaced``. ``held``: as the gate gives it."""
    history = tuple(view.facts["history"])
    now = {row["finding_id"]: _version(view, row) for row in stream(view.findings)}
    state = _state(history)
    reasons = {row["finding_id"]: "; ".join(row["reasons"]) for row in held}
    # figures per maker are left out: the log outlives a finding that was taken back, and must not go on naming whom it named
    counted = {figure.id: figure.text for figure in figures_of(view) if not figure.id.startswith("named-maker-")}
    head = {"figures": counted, "bodies": {body["body"]: body["state"] for body in view.bodies}}
    digest = _sha256({**head, "findings": {key: version["sha256"] for key, version in now.items()}})
    last = next((event for event in reversed(history) if event["event"] == "edition"), None)
    if last is None or last["sha256"] != digest:
        number = 1 + sum(event["event"] == "edition" for event in history)
        edition: Row = {"event": "edition", "edition": number, "now": view.now, "sha256": digest, **head}
        history += (edition, *_events(now, state, reasons, number))
    return replace(view, facts={**view.facts, "history": history, "versions": _versions(history), "replaced": tuple(_replaced(history, now))})


def line(event: Row) -> str:
    """An event as a line of the log: canonical JSON."""
    return json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def public(history: Sequence[Row], replaced: Sequence[Row]) -> list[Row]:
    """The log as it is published: words and companies only of versions in force and of earlier ones that may still be shown; hashes of all."""
    state = _state(history)
    told = {(event["id"], event["version"]) for event in replaced if not event["gone"] and event["text"]}
    told |= {(event["id"], event["version"]) for event in state.values() if event["event"] == "published"}
    hidden = {"text", "companies"}
    return [event if event["event"] != "published" or (event["id"], event["version"]) in told else {k: v for k, v in event.items() if k not in hidden} for event in history]


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")).hexdigest()


def _version(view: View, row: Row) -> dict[str, Any]:
    """What a version of a finding says: its words, its evidence, and what the companies named replied."""
    companies = view.standing.get(row["finding_id"], ())
    text = statement(row, view.short.get(row["maker_id"] or row["party"], row["maker_id"]))
    said = [[company["company"], reply["date"], reply["words"]] for company in companies for reply in company["replies"]]
    what = {"text": text, "replies": said, **{key: row[key] for key in ("evidence_hash", "grade", "origin_sha256", "origin_at")}}
    return {"sha256": _sha256(what), "companies": sorted(company["company"] for company in companies), "text": text}


def _state(history: Iterable[Row]) -> dict[str, Row]:
    """Finding id -> the newest event about it."""
    return {event["id"]: event for event in history if event["event"] != "edition"}


def _events(now: Mapping[str, Mapping[str, Any]], state: Mapping[str, Row], reasons: Mapping[str, str], number: int) -> list[Row]:
    events: list[Row] = []
    for key in sorted({*now, *state}):
        old, new = state.get(key), now.get(key)
        if new is None and old is not None and old["event"] == "published":
            events.append({"event": "withdrawn", "edition": number, "id": key, "version": old["version"], "sha256": old["sha256"], "reason": reasons.get(key, GONE)})
        if new is not None and (old is None or old["event"] == "withdrawn" or old["sha256"] != new["sha256"]):
            before: Row = {"version": 0, "sha256": ""} if old is None else old
            events.append({"event": "published", "edition": number, "id": key, "version": before["version"] + 1, "replaces": before["sha256"], **new})
    return events


def _days(history: Iterable[Row]) -> dict[int, str]:
    return {event["edition"]: event["now"] for event in history if event["event"] == "edition"}


def _page(key: str, version: int) -> str:
    return f"findings/{page_name(key).removesuffix('.html')}.v{version}.html"


def _versions(history: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Finding id -> its version in force: n, at, sha256, replaces (the page of the version before)."""
    days = _days(history)
    return {
        key: {"n": event["version"], "at": days[event["edition"]], "sha256": event["sha256"], "replaces": _page(key, event["version"] - 1) if event["version"] > 1 else ""}
        for key, event in _state(history).items() if event["event"] == "published"
    }  # fmt: skip


def _replaced(history: Sequence[Row], now: Mapping[str, Mapping[str, Any]]) -> Iterable[Row]:
    """What the pages of earlier versions say, and those of findings that were taken back. Words that name a company which the version in force does not
    name, or of a finding that was taken back, are not repeated."""
    by_id: dict[str, list[Row]] = {}
    for event in history:
        if event["event"] != "edition":
            by_id.setdefault(event["id"], []).append(event)
    for key, events in sorted(by_id.items()):
        published = [event for event in events if event["event"] == "published"]
        if events[-1]["event"] == "withdrawn":
            last = events[-1]
            yield {**last, "gone": True, "first": published[0]["edition"], "page": f"findings/{page_name(key)}"}
        for old, new in pairwise(published):
            kept = key in now and set(old["companies"]) <= set(now[key]["companies"])
            current = f"findings/{page_name(key)}" if new is published[-1] else _page(key, new["version"])
            yield {**old, "gone": False, "text": old["text"] if kept else "", "replaced_by": new["version"], "replaced_in": new["edition"], "current": current, "page": _page(key, old["version"])}


def told(history: Sequence[Row]) -> Sequence[Row]:
    """Editions for the changes page, the newest first: edition, now, added, changed, withdrawn (events), figures and states (name, before, after)."""
    found: list[dict[str, Any]] = []
    before: Mapping[str, Any] = {"figures": {}, "bodies": {}}
    for event in history:
        if event["event"] == "edition":
            figures, states = _differ(before["figures"], event["figures"]), _differ(before["bodies"], event["bodies"])
            found.append({**event, "added": [], "changed": [], "withdrawn": [], "figures": figures, "states": states if event["edition"] > 1 else []})
            before = event
        elif event["event"] == "withdrawn":
            found[-1]["withdrawn"].append(event)
        else:
            found[-1]["changed" if event["replaces"] else "added"].append(event)
    return found[::-1]


def _differ(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(key, old.get(key, ""), new.get(key, "")) for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
