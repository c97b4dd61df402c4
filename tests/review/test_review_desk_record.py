"""The record of the desk: decided once, chained, kept over re-runs, taken back by another event; the same on SQLite and PostgreSQL."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from review_desk import World, row, table

from custodes.review import append, audit, fold, load
from custodes.review.decisions import read_file

NOTE = "the registry number is the same"


def _desk(world: World, rows: list[dict[str, Any]]) -> None:
    from custodes.review.site import loading

    world.set(rows)
    loading.load()


def _people(*roles: str) -> list[Any]:
    from custodes.review.site.models import Account

    return [Account.objects.make(f"{role}{n}", role) for n, role in enumerate(roles)]


def _wish(finding: Any, verdict: str = "confirm", reason: str = "", **more: Any) -> Any:
    from custodes.review.site.deciding import Wish

    codes = {"confirm": "named-in-record", "reject": "different-company", "unsure": "cannot-tell", "duplicate": "same-as"}
    return Wish(finding.finding_id, verdict, reason or codes[verdict], more.pop("note", NOTE), finding.evidence_hash, more.pop("changed", finding.changed), **more)


def _finding(number: int) -> Any:
    from custodes.review.site.models import Finding

    return Finding.objects.get(finding_id=row(number)["finding_id"])


def _database() -> str:
    from django.conf import settings

    return str(settings.DESK.database)


def test_a_decision_stands_is_chained_and_is_handed_over(world: World) -> None:
    from custodes.review.site import deciding, handing

    _desk(world, [row(n) for n in range(3)])
    (anna,) = _people("reviewer")
    event = deciding.decide(anna, _wish(_finding(1)))
    assert (event.n, event.prev) == (1, "0" * 64)
    assert (_finding(1).state, _finding(1).open, _finding(1).changed) == ("confirm", False, 1)
    assert list(audit.verify(_database())) == []
    assert handing.hand_over() == 1
    ((name, data),) = world.files.items()
    reading = read_file(io.BytesIO(data), name, "2026-11-24")
    assert not reading.rejects
    (back,) = reading.events
    assert (back.finding_id, back.verdict, back.decider) == (_finding(1).finding_id, "confirm", f"reviewer {anna.pk}")
    assert back.evidence_hash == _finding(1).evidence_hash


@pytest.mark.parametrize(
    ("more", "code", "column"),
    [
        ({"note": " "}, "invalid", "note"),
        ({"reason": "different-company"}, "invalid", "reason"),
        ({"changed": 7}, "changed", ""),
        ({"verdict": "duplicate", "note": "the same as nothing"}, "invalid", "note"),
        ({"verdict": "duplicate", "note": "ffffffffffffffffffff"}, "other", "note"),
    ],
)
def test_what_is_refused_leaves_no_trace(world: World, more: dict[str, Any], code: str, column: str) -> None:
    from custodes.review.site import deciding
    from custodes.review.site.models import Event

    _desk(world, [row(1)])
    (anna,) = _people("reviewer")
    with pytest.raises(deciding.Refused) as refused:
        deciding.decide(anna, _wish(_finding(1), **more))
    assert (refused.value.code, refused.value.column) == (code, column)
    assert Event.objects.count() == 0 and _finding(1).state == "new"


def test_the_same_form_sent_twice_is_one_event(world: World) -> None:
    from custodes.review.site import deciding
    from custodes.review.site.models import Event

    _desk(world, [row(1)])
    (anna,) = _people("reviewer")
    wish = _wish(_finding(1), once="form-1")
    assert deciding.decide(anna, wish).n == deciding.decide(anna, wish).n == 1
    assert Event.objects.count() == 1


def test_two_persons(world: World) -> None:
    from custodes.review.site import deciding, events
    from custodes.review.site.models import Event

    _desk(world, [row(1), row(2)])
    admin, anna, berta = _people("admin", "reviewer", "reviewer")
    deciding.set_rule(admin, ["product_named"])
    deciding.decide(anna, _wish(_finding(1)))
    assert (_finding(1).state, _finding(1).waiting, _finding(1).open) == ("waiting", "confirm", True)
    deciding.decide(anna, _wish(_finding(1)))
    assert _finding(1).state == "waiting", "the same person twice is one person"
    assert list(events.exported(events.parsed(e) for e in Event.objects.order_by("n"))) == []
    second = deciding.decide(berta, _wish(_finding(1)))
    assert _finding(1).state == "confirm"
    assert events.parsed(second)["body"]["effect"]["decider"] == f"reviewer {berta.pk} and reviewer {anna.pk}"
    deciding.decide(anna, _wish(_finding(2), "reject"))
    assert _finding(2).state == "reject", "the rule is about confirmations"


def test_two_persons_must_have_seen_the_same_evidence(world: World) -> None:
    from custodes.review.site import deciding

    _desk(world, [row(1)])
    admin, anna, berta = _people("admin", "reviewer", "reviewer")
    deciding.set_rule(admin, ["product_named"])
    deciding.decide(anna, _wish(_finding(1)))
    _desk(world, [row(1, description="Other words")])
    assert _finding(1).state == "stale"
    deciding.decide(berta, _wish(_finding(1)))
    assert _finding(1).state == "waiting"
    deciding.decide(anna, _wish(_finding(1)))
    assert _finding(1).state == "confirm"


def test_undo_is_an_event_and_what_stood_before_stands_again(world: World) -> None:
    from custodes.review.site import deciding, handing
    from custodes.review.site.models import Event

    _desk(world, [row(1)])
    anna, berta, chief = _people("reviewer", "reviewer", "approver")
    deciding.decide(anna, _wish(_finding(1), "reject"))
    deciding.decide(berta, _wish(_finding(1), "confirm"))
    assert _finding(1).conflict
    with pytest.raises(deciding.Refused, match="approver"):
        deciding.undo(anna, _finding(1).finding_id, "slip", "not mine", changed=None)
    deciding.undo(chief, _finding(1).finding_id, "new-information", "seen again", changed=_finding(1).changed)
    assert (_finding(1).state, Event.objects.count()) == ("reject", 3)
    deciding.undo(anna, _finding(1).finding_id, "slip", "wrong key", changed=None)
    assert _finding(1).state == "new"
    handing.hand_over()
    events = read_file(io.BytesIO(b"".join(world.files.values())), "f", "2026-11-24").events
    assert [e.verdict for e in events] == ["reject", "confirm", "undo", "undo"]
    decisions = append(world.folder / "ledger.jsonl", events)
    assert fold(table(world.findings), decisions)["verdict"].to_pylist() == [""]
    assert fold(table(world.findings), decisions[:3])["verdict"].to_pylist() == ["reject"]


def test_decisions_stick_go_stale_and_rejected_leads_stay_away(world: World) -> None:
    from custodes.review.site import deciding, loading, queue

    _desk(world, [row(n) for n in range(4)])
    (anna,) = _people("reviewer")
    deciding.decide(anna, _wish(_finding(1), "reject"))
    deciding.decide(anna, _wish(_finding(2), "reject"))
    # the file is issued again with a row on top: other lines, other file, same evidence; one description changes; one finding goes
    again = [{**row(n), "origin_at": f"line {n + 3}", "origin_sha256": "b" * 64} for n in (1, 3)] + [row(2, description="Something else entirely")]
    world.set(again)
    assert loading.load() == {"new": 0, "changed": 1, "gone": 1}
    assert [_finding(n).state for n in (0, 1, 2, 3)] == ["gone", "reject", "stale", "new"]
    shown, _ = queue.page(queue.Filter(), anna)
    assert {f.finding_id for f in shown} == {row(2)["finding_id"], row(3)["finding_id"]}
    assert loading.kept(row(2)["evidence_hash"])["description"] == "Five CAM Vision domes, order 2", "what the decision saw is kept"
    _desk(world, [row(n) for n in range(4)])
    assert [_finding(n).state for n in (0, 1, 2, 3)] == ["new", "reject", "reject", "new"], "the old evidence is back, so is the decision"


def test_tallies_are_the_counts(world: World) -> None:
    from django.db.models import Count

    from custodes.review.site import deciding, loading
    from custodes.review.site.models import Finding
    from custodes.review.site.shown import coverage

    _desk(world, [row(n) for n in range(20)])
    admin, anna = _people("admin", "reviewer")
    deciding.set_rule(admin, ["product_named"])
    for n in range(12):
        deciding.decide(anna, _wish(_finding(n), ("confirm", "reject", "unsure")[n % 3]))
    deciding.undo(anna, _finding(1).finding_id, "slip", "wrong row", changed=None)
    _desk(world, [row(n, description=f"new {n}") if n < 3 else row(n) for n in range(18)])
    counted = {f"state:{r['state']}": r["n"] for r in Finding.objects.values("state").annotate(n=Count("pk")).order_by()}
    assert {k: v for k, v in loading.tallies().items() if k.startswith("state:") and v} == counted
    assert coverage()["total"] == 18 and coverage()["open"] + coverage()["decided"] == 18


def test_decisions_of_files_come_to_the_desk_once_and_do_not_go_back(world: World) -> None:
    from custodes.review.site import deciding, handing, loading
    from custodes.review.site.models import Event

    _desk(world, [row(1), row(2)])
    (anna,) = _people("reviewer")
    ledger = world.folder / "ledger.jsonl"
    line = {"finding_id": row(1)["finding_id"], "verdict": "reject", "reason": "different-company", "note": "by file", "decider": "legal desk", "decided": "2026-11-20", "evidence_hash": row(1)["evidence_hash"]}
    append(ledger, read_file(io.BytesIO(json.dumps(line).encode()), "d.jsonl").events)
    world.decisions = load(ledger)
    loading.load()
    loading.load()
    assert (_finding(1).state, Event.objects.count()) == ("reject", 1)
    deciding.decide(anna, _wish(_finding(2)))
    handing.hand_over()
    assert b"by file" not in b"".join(world.files.values())
    # a run reads the desk's own file into the ledger; the desk knows those
    for name, data in world.files.items():
        append(ledger, read_file(io.BytesIO(data), f"inbox/{name}").events)
    world.decisions = load(ledger)
    loading.load()
    assert (len(world.decisions), Event.objects.count()) == (2, 2)


def test_hand_over_writes_full_files_once(world: World) -> None:
    from custodes.review.site import deciding, handing

    many = handing.ROWS + 5
    _desk(world, [row(n) for n in range(many)])
    (anna,) = _people("reviewer")
    for n in range(many):
        deciding.decide(anna, _wish(_finding(n)))
        if n == 10:
            handing.hand_over()
    handing.hand_over()
    assert handing.hand_over() == 0
    lines = {name: data.count(b"\n") for name, data in world.files.items()}
    assert lines == {"desk-decisions-00001.jsonl": handing.ROWS, "desk-decisions-00002.jsonl": 5}
    ids = [json.loads(line)["event"] for data in world.files.values() for line in data.splitlines()]
    assert ids == [str(n) for n in range(1, many + 1)]


def test_the_database_refuses_to_change_or_delete_an_event(world: World) -> None:
    from django.db import Error

    from custodes.review.site import deciding
    from custodes.review.site.models import Event

    _desk(world, [row(1)])
    (anna,) = _people("reviewer")
    deciding.decide(anna, _wish(_finding(1)))
    for forbidden in (lambda: Event.objects.filter(n=1).update(actor="nobody 9"), lambda: Event.objects.filter(n=1).delete()):
        with pytest.raises(Error, match="never"):
            forbidden()
    assert list(audit.verify(_database())) == []


def test_a_touched_event_is_named_on_postgresql(postgres_world: World) -> None:
    from django.db import connection

    from custodes.review.site import deciding

    _desk(postgres_world, [row(n) for n in range(5)])
    (anna,) = _people("reviewer")
    for n in range(5):
        deciding.decide(anna, _wish(_finding(n)))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE desk_event DISABLE TRIGGER ALL")
        cursor.execute("UPDATE desk_event SET line = replace(line, 'registry', 'registrx') WHERE n = 4")
    (found,) = audit.verify(_database())
    assert (found.where, found.what) == ("database, event 4", "the event does not match its hash")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE desk_event SET line = replace(line, 'registrx', 'registry') WHERE n = 4")
        cursor.execute("DELETE FROM desk_event WHERE n = 2")
    (found,) = audit.verify(_database())
    assert "event 2" in found.where and "missing" in found.what


def test_one_flipped_byte_is_named(sqlite_world: World) -> None:
    """Every byte of an event's words, one bit at a time over a sample: never unseen, and the event is named."""
    from django.db import connection

    from custodes.review.site import deciding

    _desk(sqlite_world, [row(n) for n in range(3)])
    (anna,) = _people("reviewer")
    for n in range(3):
        deciding.decide(anna, _wish(_finding(n), note=f"note of decision number {n}, long enough to be found"))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    path = sqlite_world.folder / "case.db"
    whole = path.read_bytes()
    start = whole.index(b'"note":"note of decision number 1')
    for place in range(start, start + 60, 7):
        for bit in (1, 32):
            damaged = bytearray(whole)
            damaged[place] ^= bit
            path.write_bytes(bytes(damaged))
            found = list(audit.verify(f"sqlite:///{path}"))
            assert [b.where for b in found] == ["case.db, event 2"], (place, bit, found)
    path.write_bytes(whole)
    assert list(audit.verify(f"sqlite:///{path}")) == []
