"""Findings onto the desk: a fresh copy when the case has found anew, with what people decided kept on each.

Decisions attach by finding id, which hashes only what a finding is about, so they stay when a file is issued again; they go stale when the evidence
hash differs. A finding that is gone keeps its events and its place.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.db.models import Count

from custodes.review.site import events
from custodes.review.site.models import Detail, Event, Evidence, Finding, Note, Tally
from custodes.values.decision import UNDO, Decision

DESK_FILE = "desk-decisions-"
"""How the names of the files begin that the desk itself hands to the inbox."""
CHUNK = 5_000
_COLUMNS = (
    "finding_id", "kind", "band", "maker_id", "body", "supplier", "supplier_key", "description", "date", "money", "equipment", "evidence_hash", "kin",
    "rank", "state", "open", "seen", "conflict", "waiting", "stands", "changed",
)  # fmt: skip
_BANDS = {"strong": 0, "possible": 1, "weak": 2}


def load() -> dict[str, int]:
    """Take in findings and decisions files when they have changed; ``{"new", "changed", "gone"}``, all zero when nothing has."""
    version = settings.DESK.findings_version()
    counts = {"new": 0, "changed": 0, "gone": 0}
    if not is_current():
        with events.writing():
            counts = _load()
            _set("findings", version)
            _set("facets", json.dumps(_facets()))
    _take_decisions(settings.DESK.decisions())
    return counts


def is_current() -> bool:
    """Are the findings on the desk those that the case has now?"""
    return _note("findings") == settings.DESK.findings_version()


def _load() -> dict[str, int]:
    standing = dict(Finding.objects.values_list("finding_id", "evidence_hash"))
    gone = set(Finding.objects.filter(state="gone").values_list("finding_id", flat=True))
    met: set[str] = set()
    new = changed = 0
    late = _without_indexes() if not standing else []
    Detail.objects.all().delete()
    for chunk in _chunks(_rows()):
        rows = [row for row in chunk if row["finding_id"] not in met]
        met.update(row["finding_id"] for row in rows)
        _insert(Detail, ("finding_id", "data"), [(row["finding_id"], _json(row)) for row in rows])
        fresh = [row for row in rows if row["finding_id"] not in standing]
        _insert(Finding, _COLUMNS, [_fields(row) for row in fresh])
        for row in rows:
            if row["finding_id"] in standing and (standing[row["finding_id"]] != row["evidence_hash"] or row["finding_id"] in gone):
                _update(row)
                changed += 1
        new += len(fresh)
    _execute([*late, "ANALYZE desk_finding"])  # so that the database knows which index is the narrow one
    lost = [each for each in standing if each not in met and each not in gone]
    for part in _chunks(lost, 500):
        Finding.objects.filter(finding_id__in=part).update(state="gone", open=0)
    _recount()
    return {"new": new, "changed": changed, "gone": len(lost)}


def _without_indexes() -> list[str]:
    """Drop the indexes of the queue for a first load; returns the statements that make them again. Built at the end they cost a tenth."""
    editor = connection.schema_editor(collect_sql=True)  # only asked for its words; nothing goes through it
    made = [str(index.create_sql(Finding, editor)) for index in Finding._meta.indexes]
    _execute([f'DROP INDEX "{index.name}"' for index in Finding._meta.indexes])
    # PostgreSQL makes no index while rows wait for the check of their references
    return ["SET CONSTRAINTS ALL IMMEDIATE", *made] if connection.vendor == "postgresql" else made


def _execute(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _rows() -> Iterator[dict[str, Any]]:
    for batch in settings.DESK.findings():
        for start in range(0, batch.num_rows, CHUNK):
            yield from batch.slice(start, CHUNK).to_pylist()


def _chunks(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    walk = iter(items)
    while chunk := list(islice(walk, size)):
        yield chunk


def _json(row: Mapping[str, Any]) -> str:
    return orjson.dumps(row, default=str).decode().replace("\\u0000", "")


def plain(text: str) -> str:
    """Names compare without case and extra blanks."""
    return " ".join(text.casefold().split())


def kin(row: Mapping[str, Any]) -> str:
    """The same for findings whose evidence says the same about the same names: kind, maker, supplier, words, reasons and link path; not date or amount."""
    reasons = sorted((r["rule"], r["ours"], r["theirs"]) for r in row["reasons"] or ())
    what = [row["kind"], row["maker_id"], row["party"], plain(row["supplier"] or ""), plain(row["description"] or ""), reasons, row["link_path"]]
    return hashlib.sha256(orjson.dumps(what)).hexdigest()[:24]


def _rank(row: Mapping[str, Any]) -> int:
    """Named before questions, strong before weak, a high score first."""
    question = 1 if row["kind"] == "maker_unknown" else 0
    return question * 1_000_000 + _BANDS.get(row["band"], 3) * 100_000 + round((1 - float(row["score"] or 0)) * 10_000)


def _text(value: Any, most: int) -> str:
    return str(value or "").replace("\0", "")[:most]


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    amount = f"{row['currency'] or '?'} {row['amount']:,.2f}" if row["amount"] is not None else ""
    return {
        "finding_id": row["finding_id"], "kind": row["kind"], "band": row["band"], "maker_id": _text(row["maker_id"], 60), "body": _text(row["body"], 300),
        "supplier": _text(row["supplier"], 300), "supplier_key": _text(plain(row["supplier"] or ""), 80), "description": _text(row["description"], 300),
        "date": _text(row["date"], 40), "money": amount[:60], "equipment": _text(row["equipment"], 20), "evidence_hash": row["evidence_hash"],
        "kin": kin(row), "rank": _rank(row),
    }  # fmt: skip


def _fields(row: Mapping[str, Any]) -> tuple[Any, ...]:
    values = {**_values(row), "state": "new", "open": 1, "seen": False, "conflict": 0, "waiting": "", "stands": 0, "changed": 0}
    return tuple(values[name] for name in _COLUMNS)


def _update(row: Mapping[str, Any]) -> None:
    """Evidence that is new has been seen by nobody."""
    Finding.objects.filter(finding_id=row["finding_id"]).update(**_values(row), state="new", open=1, seen=False)
    if Event.objects.filter(finding_id=row["finding_id"]).exists():
        events.project(Finding.objects.get(finding_id=row["finding_id"]))


def _insert(model: type[Any], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Many rows at once, by the quickest way of each database."""
    if not rows:
        return
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", rows)


def _recount() -> None:
    Tally.objects.all().delete()
    counts = {f"state:{row['state']}": row["many"] for row in Finding.objects.values("state").annotate(many=Count("finding_id")).order_by()}
    counts["seen"] = Finding.objects.filter(seen=True).exclude(state="gone").count()
    Tally.objects.bulk_create([Tally(name=name, count=count) for name, count in sorted(counts.items())])


def _facets() -> dict[str, Any]:
    """What the filters offer: kinds, makers, equipment with counts; the bodies by name."""
    found: dict[str, Any] = {}
    for column in ("kind", "maker_id", "equipment", "band"):
        rows = Finding.objects.exclude(state="gone").values_list(column).annotate(many=Count("finding_id")).order_by(column)
        found[column] = [[value, many] for value, many in rows]
    found["body"] = sorted(Finding.objects.exclude(state="gone").exclude(body="").values_list("body", flat=True).distinct())[:2_000]
    return found


def facets() -> dict[str, Any]:
    """The filters' choices, counted when the findings were loaded."""
    found: dict[str, Any] = json.loads(_note("facets") or "{}")
    return found


def _note(name: str) -> str:
    found = Note.objects.filter(name=name).first()
    return found.value if found else ""


def _set(name: str, value: str) -> None:
    Note.objects.update_or_create(name=name, defaults={"value": value})


def _take_decisions(decisions: Sequence[Decision]) -> None:
    """Decisions that came by file become events of the desk, once each; those that the desk itself handed over are known."""
    taken = int(_note("ledger") or 0)
    rest = [d for d in decisions if d.n > taken]
    if not rest:
        return
    with events.writing():
        for decision in rest:
            if not decision.source.split("/")[-1].startswith(DESK_FILE):
                _take(decision)
        _set("ledger", str(rest[-1].n))


def _take(decision: Decision) -> None:
    """One decision of a file; ``at`` stays the time of the file, the order is that of arrival."""
    body: dict[str, Any] = {"reason": decision.reason, "note": decision.note, "source": decision.source}
    if decision.verdict == UNDO:
        said = events.said(decision.finding_id)
        if not said:
            return
        body["undoes"] = said[-1].n
    else:
        body |= {"verdict": decision.verdict, "evidence_hash": decision.evidence_hash, "two_person": False}
    kind = "undo" if decision.verdict == UNDO else "decision"
    event = events.append(kind, body, account=None, finding_id=decision.finding_id, actor=f"file: {decision.decider}", at=decision.decided)
    finding = Finding.objects.filter(finding_id=decision.finding_id).first()
    if finding is None:
        return
    if finding.evidence_hash == decision.evidence_hash:
        events.freeze(finding)
    events.project(finding, event.n)


def kept(evidence_hash: str) -> dict[str, Any]:
    """The row that a decision saw; empty when it was decided elsewhere on evidence this desk never showed."""
    found = Evidence.objects.filter(evidence_hash=evidence_hash).first()
    row: dict[str, Any] = json.loads(found.data) if found else {}
    return row


def tallies() -> Counter[str]:
    """All running counts."""
    return Counter(dict(Tally.objects.values_list("name", "count")))
