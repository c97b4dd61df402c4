"""What strangers, colleagues and captured pages may not do at the desk."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from review_desk import HOSTILE, PAGE_SHA, World, client, finding, form, load, row

ID = "0" * 20
ADDRESSES = {
    "": "/", "views": "/views", "take-in": "/take-in", "sheet": "/sheet", "sheet/out": "/sheet/out", "events": "/events", "conflicts": "/conflicts", "sign-in": "/sign-in", "sign-out": "/sign-out", "me": "/me", "people": "/people", "rules": "/rules", "letters": "/letters", "notices": "/notices", "reply": "/reply", "waive": "/waive", "publication": "/publication", "correct": "/correct",
    "api/v1/openapi.json": "/api/v1/openapi.json", "api/v1/findings": "/api/v1/findings", "api/v1/events": "/api/v1/events", "api/v1/counts": "/api/v1/counts",
}  # fmt: skip


def _addresses() -> list[tuple[str, str]]:
    """(address with invented values, role it needs) of every pattern the site has."""
    from custodes.review.site.urls import urlpatterns

    values = {"finding_id": ID, "sha256": "0" * 64, "token": "x" * 40, "name": "desk.css", "rest": "x", "number": "1", "letter_id": "Q-0123456789", "notice_id": "N-0123456789ab"}
    found = []
    for pattern in urlpatterns:
        text = str(pattern.pattern)
        address = ADDRESSES.get(text) or "/" + re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda m: values[m[1]], text).strip("^$")
        found.append((address, pattern.callback.needs))
    return found


def test_every_address_says_whom_it_is_for_and_strangers_get_nothing(sqlite_world: World) -> None:
    load(sqlite_world, [row(0)])
    stranger = client()
    for address, role in _addresses():
        for method in ("get", "post"):
            response = getattr(stranger, method)(address)
            if role == "key":
                assert response.status_code in (401, 404, 405), address
            elif role:
                assert response.status_code in (302, 405), (address, method)
                assert response.status_code == 405 or response["Location"].startswith("/sign-in")
    assert {role for _, role in _addresses()} == {"", "key", "reader", "reviewer", "approver", "admin"} & {role for _, role in _addresses()}
    assert sorted(a for a, role in _addresses() if not role) == ["/api/v1/openapi.json", "/assets/desk.css", f"/enter/{'x' * 40}", "/reply", "/sign-in"]


@pytest.mark.parametrize("role", ["reader", "reviewer", "approver"])
def test_a_role_opens_its_own_doors_only(sqlite_world: World, role: str) -> None:
    from custodes.review.site.models import ROLES

    load(sqlite_world, [row(0)])
    somebody = client("somebody", role)
    for address, needed in _addresses():
        if needed in ROLES:
            codes = {getattr(somebody, method)(address).status_code for method in ("get", "post")} if address != "/sign-out" else {405}
            assert (403 in codes) == (ROLES.index(needed) > ROLES.index(role)), (address, codes)
    assert finding(0).state == "new"


def test_every_post_needs_the_token_of_its_form(sqlite_world: World) -> None:
    load(sqlite_world, [row(0)])
    chief = client("chief", "admin", enforce_csrf_checks=True)
    for address, role in _addresses():
        if role != "key" and not address.startswith("/api/"):
            assert chief.post(address.replace(ID, finding(0).finding_id), {}).status_code in (403, 405), address
    assert finding(0).state == "new"
    page = chief.get(f"/finding/{finding(0).finding_id}").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token and chief.post(f"/finding/{finding(0).finding_id}/decide", {**form(finding(0)), "csrfmiddlewaretoken": token[1]}).status_code == 302


def test_colleagues_things_are_out_of_reach(sqlite_world: World) -> None:
    from custodes.review.site.models import SavedView, Token

    load(sqlite_world, [row(0)])
    anna, berta = client("anna"), client("berta")
    anna.post("/views", {"name": "Mine", "show": "stale"})
    anna.post("/me", {"what": "token", "name": "script"})
    berta.post("/views", {"forget": SavedView.objects.get().pk})
    berta.post("/me", {"what": "revoke", "id": Token.objects.get().pk})
    assert SavedView.objects.count() == 1 and not Token.objects.get().revoked
    anna.post(f"/finding/{finding(0).finding_id}/decide", form(finding(0)))
    undo = {"reason": "slip", "note": "not mine", "changed": finding(0).changed, "once": "u"}
    assert berta.post(f"/finding/{finding(0).finding_id}/undo", undo).status_code == 403
    assert client("chief", "approver").post(f"/finding/{finding(0).finding_id}/undo", undo).status_code == 302
    replayed = form(finding(0), once="taken")
    anna.post(f"/finding/{finding(0).finding_id}/decide", replayed)
    assert berta.post(f"/finding/{finding(0).finding_id}/decide", replayed).status_code == 422, "somebody else's form"


def test_what_strangers_wrote_is_shown_as_text(sqlite_world: World) -> None:
    hostile = {"description": HOSTILE, "supplier": HOSTILE, "body": HOSTILE, "context": [HOSTILE], "against": [HOSTILE], "transaction": HOSTILE, "origin_file": HOSTILE, "kind": "page_markets", "origin_sha256": PAGE_SHA}
    hostile["reasons"] = [{"rule": "r", "ours": HOSTILE, "theirs": HOSTILE, "words": HOSTILE}]
    load(sqlite_world, [row(0, **hostile)])
    anna = client("anna")
    found = finding(0, **hostile)
    anna.post(f"/finding/{found.finding_id}/comment", {"text": HOSTILE, "once": "c"})
    anna.post(f"/finding/{found.finding_id}/decide", form(found, note=HOSTILE))
    anna.post("/views", {"name": HOSTILE, "show": "open"})
    for address in ("/?show=all", f"/finding/{found.finding_id}", f"/finding/{found.finding_id}/batch", "/events", "/conflicts", "/me"):
        page = anna.get(address).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page, address
    for bad in ("?show=%3Cscript%3Ealert", "?q=%22%3E%3Cscript%3Ealert", "?body=%22%3E%3Cscript%3Ealert"):
        assert "<script>alert" not in anna.get(f"/{bad}").content.decode()


def test_a_captured_page_runs_nothing_and_frames_nowhere_else(sqlite_world: World) -> None:
    load(sqlite_world, [row(0)])
    response = client("anna").get(f"/capture/{PAGE_SHA}")
    policy = response["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'") and "allow-scripts" not in policy and "script-src" not in policy and "frame-ancestors 'self'" in policy
    assert response["X-Content-Type-Options"] == "nosniff"


def test_headers_on_every_page(sqlite_world: World) -> None:
    load(sqlite_world, [row(0)])
    anna = client("anna", "admin")
    for address, _ in _addresses():
        response = anna.get(address)
        assert "'unsafe" not in response["Content-Security-Policy"] and "default-src 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY" and response["X-Content-Type-Options"] == "nosniff" and response["Referrer-Policy"] == "same-origin"
    page = anna.get("/").content.decode()
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", page), "nothing inline, or the policy would break it"


@pytest.mark.parametrize("address", ["/assets/..%2f..%2fsettings.py", "/assets/../models.py", "/assets/desk.css/../x", "/capture/..%2f..%2fetc%2fpasswd", f"/capture/{'0' * 63}/", "/finding/../people", "/enter/..%2f", "/finding/%00"])
def test_paths_lead_nowhere_else(sqlite_world: World, address: str) -> None:
    load(sqlite_world, [row(0)])
    assert client("anna").get(address).status_code in (404, 403)


def test_a_session_that_was_planted_is_worth_nothing(sqlite_world: World) -> None:
    from custodes.review.site import entering

    browser = client()
    browser.get("/sign-in")
    browser.cookies["sessionid"] = planted = "p" * 32
    assert browser.post(f"/enter/{entering.local_link('local')}").status_code == 302
    assert browser.cookies["sessionid"].value != planted
    thief = client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/").status_code == 302
    before = browser.cookies["sessionid"].value
    browser.post("/sign-out")
    thief.cookies["sessionid"] = before
    assert thief.get("/").status_code == 302, "a session that was ended"


def test_one_time_links_work_once_in_time_and_not_by_looking(sqlite_world: World) -> None:
    from custodes.review.site import entering

    token = entering.local_link("local")
    assert client().get(f"/enter/{token}").status_code == 200
    assert client().post(f"/enter/{token}").status_code == 302
    assert client().post(f"/enter/{token}").status_code == 403
    old, new = entering.local_link("local"), entering.local_link("local")
    assert client().post(f"/enter/{old}").status_code == 403, "a newer link ends the older"
    sqlite_world.time += timedelta(minutes=entering.LINK_MINUTES + 1)
    assert client().post(f"/enter/{new}").status_code == 403


def _sign_in(password: str, name: str = "anna", address: str = "192.0.2.1") -> Any:
    return client().post("/sign-in", {"username": name, "password": password}, REMOTE_ADDR=address)


def test_guessing_is_slowed_down(sqlite_world: World) -> None:
    from custodes.review.site import entering
    from custodes.review.site.models import Account

    for name in ("anna", "berta"):
        account = Account.objects.make(name, "reader")
        account.set_password("an invented long phrase")
        account.save()
    for n in range(entering.PER_NAME):
        assert _sign_in("wrong", address=f"192.0.2.{n}").status_code == 403
    assert _sign_in("an invented long phrase").status_code == 429, "from anywhere, even with the right password"
    assert _sign_in("an invented long phrase", "berta").status_code == 302, "others are not shut out with her"
    sqlite_world.time += entering.WINDOW + timedelta(seconds=1)
    assert _sign_in("an invented long phrase").status_code == 302
    for n in range(entering.PER_ADDRESS):
        _sign_in("wrong", f"nobody{n}", "192.0.2.99")
    assert _sign_in("an invented long phrase", "berta", "192.0.2.99").status_code == 429


def test_a_wrong_name_and_a_wrong_password_look_the_same(sqlite_world: World) -> None:
    from custodes.review.site.models import Account

    Account.objects.make("anna", "reader")
    pages = [re.sub(r'value="\w{64}"', "", _sign_in("x", name).content.decode()) for name in ("anna", "nobody")]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("onward", ["https://example.org/", "//example.org", "javascript:alert(1)", "/\\example.org"])
def test_nobody_is_sent_elsewhere(sqlite_world: World, onward: str) -> None:
    from custodes.review.site.models import Account

    account = Account.objects.make("anna", "reader")
    account.set_password("an invented long phrase")
    account.save()
    assert client().post("/sign-in", {"username": "anna", "password": "an invented long phrase", "next": onward})["Location"] == "/"


def test_only_the_names_of_this_machine_are_answered(sqlite_world: World) -> None:
    assert client().get("/sign-in", headers={"host": "rebound.example.org"}).status_code == 400


def test_only_hashes_of_keys_and_links_are_kept(sqlite_world: World) -> None:
    from django.db import connection

    from custodes.review.site import entering

    token = entering.local_link("local")
    key = re.search(r"<code>([\w-]+)</code>", client("anna").post("/me", {"what": "token", "name": "x"}).content.decode())
    assert key
    with connection.cursor() as cursor:
        for table in ("desk_token", "desk_entrylink"):
            cursor.execute(f"SELECT * FROM {table}")
            assert token not in str(cursor.fetchall()) and key[1] not in str(cursor.fetchall())


def test_check_deploy_is_clean(tmp_path: Any) -> None:
    """``manage.py check --deploy --fail-level WARNING`` with the settings that a site behind TLS gets."""
    code = """
import sys
from pathlib import Path
import review_desk
from custodes.review.site import setup
world = review_desk.World(Path(sys.argv[1]))
key = "".join(chr(33 + n) for n in range(60))
setup.configure(review_desk.desk(world, f"sqlite:///{sys.argv[1]}/x.db"), key, "https://review.example.org")
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
call_command("makemigrations", check=True, dry_run=True)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, env={"PYTHONPATH": str(Path(__file__).parent), "PATH": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(("host", "origin", "good"), [("127.0.0.1", "", True), ("0.0.0.0", "", False), ("0.0.0.0", "https://review.example.org", True), ("127.0.0.1", "http://review.example.org", False), ("::1", "", True), ("127.0.0.1", "https://x.example/path", False)])
def test_the_site_is_not_open_without_tls(host: str, origin: str, good: bool) -> None:
    from custodes.errors import UsageError
    from custodes.pipeline import desk

    if good:
        desk.checked(host, origin)
    else:
        with pytest.raises(UsageError):
            desk.checked(host, origin)
