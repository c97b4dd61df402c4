"""Many people at once: twenty on PostgreSQL, five on SQLite, over HTTP, and no decision lost or doubled."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from typing import Any

import pytest
import review_desk
from review_desk import World, finding, load, row

from custodes.review import audit


def _ask(base: str, address: str, key: str, body: Any = None) -> tuple[int, Any]:
    request = urllib.request.Request(base + address, headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"}, data=json.dumps(body).encode() if body else None)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def _reviewers(many: int) -> list[str]:
    from django.conf import settings

    from custodes.review.site.entering import hashed
    from custodes.review.site.models import Account, Token

    keys = [f"key of reviewer {n}" for n in range(many)]
    for key in keys:
        Token.objects.create(digest=hashed(key), account=Account.objects.make(key.replace(" ", "-"), "reviewer"), name="x", created=settings.DESK.now())
    return keys


def _at_once(work: Any, keys: list[str]) -> None:
    problems: list[Exception] = []

    def run(key: str) -> None:
        try:
            work(key)
        except Exception as problem:  # noqa: BLE001  shown by the thread that waits
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    assert not problems, problems[0]


@pytest.mark.parametrize(("name", "people", "findings"), [("postgres_world", 20, 120), ("sqlite_world", 5, 60)])
def test_no_decision_is_lost_or_doubled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, name: str, people: int, findings: int) -> None:
    from django.conf import settings

    from custodes.review.site import api
    from custodes.review.site.models import Event, Finding

    world: World = request.getfixturevalue(name)
    monkeypatch.setattr(api, "PER_MINUTE", 10**9)
    load(world, [row(n) for n in range(findings)])
    keys = _reviewers(people)
    taken: list[tuple[str, str, int]] = []
    codes: Counter[int] = Counter()

    with review_desk.live(threads=people) as base:

        def work_down(key: str) -> None:
            """Take what is open from wherever one stands, until nothing is."""
            at = keys.index(key)
            while rows := _ask(base, "/api/v1/findings?size=500", key)[1]["findings"]:
                for each in [*rows[at * 7 % len(rows) :], *rows[: at * 7 % len(rows)]][:4]:
                    wish = {"verdict": "reject", "reason": "not-equipment", "note": f"{key} was here", "evidence_hash": each["evidence_hash"], "changed": each["changed"]}
                    code, answer = _ask(base, f"/api/v1/findings/{each['finding_id']}/decisions", key, wish)
                    codes[code] += 1
                    if code == 201:
                        taken.append((each["finding_id"], key, answer["n"]))

        _at_once(work_down, keys)
    assert set(codes) <= {201, 409}, codes
    assert len(taken) == findings == Event.objects.count() == len({finding_id for finding_id, _, _ in taken})
    assert sorted(n for _, _, n in taken) == list(range(1, findings + 1))
    for finding_id, key, n in taken:
        event = json.loads(Event.objects.get(n=n).line)
        assert (event["finding_id"], event["body"]["note"]) == (finding_id, f"{key} was here")
    assert Finding.objects.filter(state="reject").count() == findings
    assert list(audit.verify(settings.DESK.database)) == []
    from custodes.review.site import handing, loading

    handing.hand_over()
    lines = [json.loads(line)["finding_id"] for data in world.files.values() for line in data.splitlines()]
    assert Counter(lines) == Counter(finding_id for finding_id, _, _ in taken)
    assert loading.tallies()["state:reject"] == findings


@pytest.mark.parametrize(("name", "people"), [("postgres_world", 20), ("sqlite_world", 5)])
def test_of_many_who_decide_the_same_finding_one_is_heard(request: pytest.FixtureRequest, name: str, people: int) -> None:
    from custodes.review.site.models import Event

    world: World = request.getfixturevalue(name)
    load(world, [row(0)])
    found, codes, start = finding(0), [], threading.Barrier(people)
    with review_desk.live(threads=people) as base:

        def decide(key: str) -> None:
            wish = {"verdict": "confirm", "reason": "named-in-record", "note": key, "evidence_hash": found.evidence_hash, "changed": found.changed}
            start.wait(60)
            codes.append(_ask(base, f"/api/v1/findings/{found.finding_id}/decisions", key, wish)[0])

        _at_once(decide, _reviewers(people))
    assert sorted(codes) == [201] + [409] * (people - 1)
    assert Event.objects.count() == 1
