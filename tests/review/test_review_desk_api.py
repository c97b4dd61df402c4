"""The HTTP API: described truly, closed without a key, exact about what it refuses; a stranger's tool (schemathesis) as judge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from review_desk import World, client, finding, load, row


def _key(role: str = "reviewer", name: str = "anna") -> dict[str, str]:
    from custodes.review.site.entering import hashed
    from custodes.review.site.models import Account, Token

    account = Account.objects.filter(username=name).first() or Account.objects.make(name, role)
    from django.conf import settings

    Token.objects.create(digest=hashed(f"key of {name}"), account=account, name="test", created=settings.DESK.now())
    return {"Authorization": f"Bearer key of {name}"}


def _post(address: str, body: Any, headers: dict[str, str]) -> Any:
    return client().post(address, json.dumps(body) if not isinstance(body, bytes) else body, content_type="application/json", headers=headers)


def _wish(found: Any, **more: Any) -> dict[str, Any]:
    return {"verdict": "confirm", "reason": "named-in-record", "note": "the record says so", "evidence_hash": found.evidence_hash, "changed": found.changed, **more}


def test_the_committed_description_is_the_one_that_is_served(sqlite_world: World, root: Path) -> None:
    served = client().get("/api/v1/openapi.json").json()
    assert served == json.loads((root / "docs/api/openapi.json").read_text(encoding="utf-8"))


def test_read_decide_take_back(world: World) -> None:
    load(world, [row(n) for n in range(5)])
    key = _key()
    page = client().get("/api/v1/findings?size=3", headers=key).json()
    assert len(page["findings"]) == 3 and page["next"]
    rest = client().get(f"/api/v1/findings?size=3&after={page['next']}", headers=key).json()
    assert len({f["finding_id"] for f in (*page["findings"], *rest["findings"])}) == 5 and rest["next"] == ""
    found = finding(0)
    answer = _post(f"/api/v1/findings/{found.finding_id}/decisions", _wish(found, once="one"), key)
    assert answer.status_code == 201 and answer.json()["body"]["verdict"] == "confirm"
    assert _post(f"/api/v1/findings/{found.finding_id}/decisions", _wish(found, once="one"), key).json()["n"] == answer.json()["n"]
    assert _post(f"/api/v1/findings/{found.finding_id}/decisions", _wish(found), key).status_code == 409
    whole = client().get(f"/api/v1/findings/{found.finding_id}", headers=key).json()
    assert whole["state"] == "confirm" and whole["evidence"]["transaction"] == "T0" and len(whole["events"]) == 1
    undone = _post(f"/api/v1/findings/{found.finding_id}/undo", {"reason": "slip", "note": "wrong row", "changed": whole["changed"]}, key)
    assert undone.status_code == 201 and finding(0).state == "new"
    ledger = client().get("/api/v1/events?after=1", headers=key).json()
    assert [e["kind"] for e in ledger["events"]] == ["undo"] and ledger["events"][0]["prev"] == client().get("/api/v1/events", headers=key).json()["events"][0]["hash"]
    assert client().get("/api/v1/counts", headers=key).json()["total"] == 5


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422), (b"[" * 20_000, 422), (b'"text"', 422), ({}, 422), ({"note": ""}, 422), ({"note": "a\x00b"}, 422), ({"verdict": "undo"}, 422),
        ({"reason": "no-such"}, 422), ({"changed": "1"}, 422), ({"changed": True}, 422), ({"changed": -1}, 422), ({"changed": 10**30}, 422), ({"more": 1}, 422),
        ({"evidence_hash": "0" * 64}, 409), ({"note": "x" * 70_000}, 413), ({"once": "a b"}, 422), (b'{"note": "\\ud800"}', 422),
    ],
)  # fmt: skip
def test_what_is_refused(sqlite_world: World, body: Any, status: int) -> None:
    load(sqlite_world, [row(0)])
    found = finding(0)
    sent = body if isinstance(body, bytes) or body == {} else _wish(found, **body)
    answer = _post(f"/api/v1/findings/{found.finding_id}/decisions", sent, _key())
    assert answer.status_code == status and answer.json()["error"]["what"]
    assert finding(0).state == "new"


def test_roles_keys_and_cookies(sqlite_world: World) -> None:
    from custodes.review.site.models import Account, Token

    load(sqlite_world, [row(0)])
    address = f"/api/v1/findings/{finding(0).finding_id}/decisions"
    assert _post(address, _wish(finding(0)), _key("reader", "rita")).status_code == 403
    assert client("anna").get("/api/v1/findings").status_code == 401, "a session is no key"
    assert client().get("/api/v1/findings", headers={"Authorization": "Bearer wrong"}).status_code == 401
    key = _key("reviewer", "berta")
    Account.objects.filter(username="berta").update(is_active=False)
    assert client().get("/api/v1/findings", headers=key).status_code == 401
    Account.objects.filter(username="berta").update(is_active=True)
    Token.objects.filter(account__username="berta").update(revoked=True)
    assert client().get("/api/v1/findings", headers=key).status_code == 401
    assert client().post(address, "x=1", content_type="application/x-www-form-urlencoded", headers=_key("reviewer", "cora")).status_code == 415


def test_a_key_asks_so_often_a_minute(sqlite_world: World) -> None:
    from datetime import timedelta

    from custodes.review.site import api

    load(sqlite_world, [row(0)])
    sqlite_world.time = sqlite_world.time.replace(second=0)
    key, other = _key(), _key(name="berta")
    codes = [client().get("/api/v1/counts", headers=key).status_code for _ in range(api.PER_MINUTE + 1)]
    assert codes[:-1] == [200] * api.PER_MINUTE and codes[-1] == 429
    assert 1 <= int(client().get("/api/v1/counts", headers=key)["Retry-After"]) <= 60
    assert client().get("/api/v1/counts", headers=other).status_code == 200
    sqlite_world.time += timedelta(minutes=1)
    assert client().get("/api/v1/counts", headers=key).status_code == 200


def test_strangers_tool_finds_nothing(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """schemathesis sends what the description allows and what it forbids: never a server error, never an answer that is not described."""
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    from django.core.wsgi import get_wsgi_application
    from hypothesis import HealthCheck, Phase, given, settings

    from custodes.review.site import api

    monkeypatch.setattr(api, "PER_MINUTE", 10**9)
    load(sqlite_world, [row(n) for n in range(20)])
    key = _key("approver")
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application(), headers={"Host": "127.0.0.1"})
    called: list[str] = []
    for operation in schema.get_all_operations():

        @settings(max_examples=15, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
        @given(case=operation.ok().as_strategy())
        def check(case: Any) -> None:
            answer = case.call(headers={**key, "Host": "127.0.0.1"})
            case.validate_response(answer, headers=key)
            called.append(f"{case.method} {case.path} {answer.status_code}")

        check()
    assert len({c.rsplit(" ", 1)[0] for c in called}) == 6 and not [c for c in called if c.endswith(" 500")]
