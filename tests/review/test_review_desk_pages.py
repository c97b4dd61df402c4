"""The pages of the desk without JavaScript: queue, screens, decisions, batches, views, what changed; on both databases."""

from __future__ import annotations

import json

import pytest
from review_desk import PAGE_SHA, World, client, finding, form, load, row

from custodes.review.site import sides


def _text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_a_finding_is_decided_and_the_next_one_opens(world: World) -> None:
    load(world, [row(n) for n in range(3)])
    anna = client("anna")
    page = _text(anna.get("/"))
    first = page.split("/finding/")[1][:20]
    screen = _text(anna.get(f"/finding/{first}"))
    assert "<mark>CAM Vision</mark>" in screen and "What this does not show" in screen and "order 0" in screen
    response = anna.post(f"/finding/{first}/decide", form(finding(0)))
    assert response.status_code == 302 and response["Location"].startswith("/finding/") and first not in response["Location"]
    assert finding(0).state == "confirm"
    assert json.loads(next(iter(world.files.values())))["finding_id"] == first


def test_note_and_reason_are_required_and_what_was_typed_stays(world: World) -> None:
    load(world, [row(0)])
    anna = client("anna")
    response = anna.post(f"/finding/{finding(0).finding_id}/decide", form(finding(0), note="", verdict="reject", reason="not-equipment"))
    assert response.status_code == 422 and "a decision needs a note" in _text(response)
    assert 'value="reject:not-equipment" selected' in _text(response) and 'value="reject" required checked' in _text(response)
    response = anna.post(f"/finding/{finding(0).finding_id}/decide", {**form(finding(0)), "reason": "reject:not-equipment"})
    assert response.status_code == 422 and finding(0).state == "new"


def test_an_old_screen_cannot_decide(world: World) -> None:
    load(world, [row(0)])
    anna, berta = client("anna"), client("berta")
    old = form(finding(0), "reject", "different-company")
    assert anna.post(f"/finding/{finding(0).finding_id}/decide", form(finding(0))).status_code == 302
    response = berta.post(f"/finding/{finding(0).finding_id}/decide", old)
    assert response.status_code == 409 and "somebody decided about it" in _text(response)
    assert finding(0).state == "confirm"
    fresh = form(finding(0), "reject", "different-company")
    load(world, [row(0, description="Other words")])
    response = berta.post(f"/finding/{finding(0).finding_id}/decide", fresh)
    assert response.status_code == 409 and "its evidence has changed" in _text(response)


def test_a_stale_finding_shows_what_changed(world: World) -> None:
    load(world, [row(0), row(1)])
    anna = client("anna")
    anna.post(f"/finding/{finding(0).finding_id}/decide", form(finding(0)))
    load(world, [row(0, description="Five HIK Vision domes, order 0"), row(1)])
    assert "1 open again" in _text(anna.get("/"))
    screen = _text(anna.get(f"/finding/{finding(0).finding_id}?show=stale"))
    assert "What changed since it was decided" in screen
    table = screen.split("What changed since it was decided")[1].split("</table>")[0]
    assert "<code>description</code>" in table and "CAM" in table and "HIK" in table and "<code>supplier</code>" not in table


def test_a_batch_decides_the_ticked_ones_all_or_none(world: World) -> None:
    same = {"description": "Three CAM Vision domes", "supplier": "Invented Supplier Ltd"}
    load(world, [row(n, **same) for n in range(5)] + [row(9)])
    anna = client("anna")
    ids = [finding(n, **same) for n in range(5)]
    page = anna.get(f"/finding/{ids[0].finding_id}/batch")
    assert _text(page).count('name="finding"') == 5
    data = {"verdict": "confirm", "reason": "confirm:named-in-record", "note": "all alike", "once": "batch-1"}
    ticks = [f"{f.finding_id}.{f.evidence_hash}.{f.changed}" for f in ids[:4]]
    stranger = finding(9)
    response = anna.post(f"/finding/{ids[0].finding_id}/batch", {**data, "finding": [*ticks, f"{stranger.finding_id}.{stranger.evidence_hash}.0"]})
    assert response.status_code == 422
    client("berta").post(f"/finding/{ids[3].finding_id}/decide", form(ids[3]))
    response = anna.post(f"/finding/{ids[0].finding_id}/batch", {**data, "finding": ticks})
    assert response.status_code == 409 and [finding(n, **same).state for n in range(5)] == ["new", "new", "new", "confirm", "new"]
    response = anna.post(f"/finding/{ids[0].finding_id}/batch", {**data, "finding": ticks[:3]})
    assert response.status_code == 302 and [finding(n, **same).state for n in range(5)] == ["confirm"] * 4 + ["new"]
    again = anna.post(f"/finding/{ids[0].finding_id}/batch", {**data, "finding": ticks[:3]})
    from custodes.review.site.models import Event

    assert again.status_code == 302 and Event.objects.count() == 4, "the same form again is the same four events"


def test_filters_saved_views_and_assignment(world: World) -> None:
    load(world, [row(n, kind="maker_unknown" if n % 2 else "product_named") for n in range(20)])
    anna, berta = client("anna"), client("berta")
    assert _text(anna.get("/?kind=maker_unknown")).count("data-row") == 10
    assert _text(anna.get("/?body=Invented+Council+3")).count("data-row") == 3
    assert _text(anna.get("/?q=invented+supplier+1")).count("data-row") == 11
    assert _text(anna.get(f"/?q={finding(4).finding_id[:8]}")).count("data-row") == 1
    anna.post("/views", {"name": "Unknown makers", "kind": "maker_unknown", "show": "open"})
    assert "Unknown makers" in _text(anna.get("/")) and "Unknown makers" not in _text(berta.get("/"))
    anna.post("/views", {"name": "For all", "show": "stale", "shared": "on"})
    assert "For all" in _text(berta.get("/"))
    anna.post(f"/finding/{finding(4).finding_id}/assign", {"to": berta.account.pk})
    assert _text(berta.get("/?show=mine")).count("data-row") == 1 and _text(anna.get("/?show=mine")).count("data-row") == 0


def test_pages_by_key_lose_and_repeat_nothing(world: World) -> None:
    from custodes.review.site import queue
    from custodes.review.site.models import Account

    load(world, [row(n, kind="maker_unknown" if n % 3 else "product_named") for n in range(137)])
    account, met, cursor = Account.objects.make("anna", "reader"), [], ""
    while True:
        rows, cursor = queue.page(queue.Filter(), account, cursor, 10)
        met += [f.finding_id for f in rows]
        if not cursor:
            break
    assert len(met) == 137 == len(set(met))
    assert met == list(queue.wanted(queue.Filter(), account).values_list("finding_id", flat=True))
    middle = queue.wanted(queue.Filter(), account)[50]
    assert queue.neighbour(queue.Filter(), account, middle) == met[51] and queue.neighbour(queue.Filter(), account, middle, back=True) == met[49]


def test_every_view_of_the_queue_is_read_from_its_index(sqlite_world: World) -> None:
    """A million findings open at once because no page sorts or walks more than it shows."""
    from custodes.review.site import queue
    from custodes.review.site.models import Account, Finding

    load(sqlite_world, [row(n, kind="maker_unknown" if n % 3 else "product_named") for n in range(400)])
    account = Account.objects.make("anna", "reader")
    for chosen, index in (
        (queue.Filter(), "desk_open"), (queue.Filter(kind="product_named"), "desk_kind"), (queue.Filter(body="Invented Council 3"), "desk_body"),
        (queue.Filter(maker="inventedmaker"), "desk_maker"), (queue.Filter(show="stale"), "desk_state"), (queue.Filter(show="all"), "desk_all"),
        (queue.Filter(show="mine"), "desk_mine"), (queue.Filter(show="conflict"), "desk_conflict"), (queue.Filter(show="decided"), "desk_open"),
    ):  # fmt: skip
        plan = queue.wanted(chosen, account)[:51].explain()
        assert index in plan and "TEMP B-TREE" not in plan, plan
    found = finding(1, kind="maker_unknown")
    for alike, index in (
        (Finding.objects.filter(kin=found.kin).exclude(pk=found.pk).exclude(state="gone"), "desk_kin"),
        (Finding.objects.filter(supplier_key=found.supplier_key).exclude(supplier_key="").exclude(kin=found.kin).exclude(state="gone"), "desk_supplier"),
    ):
        plan = alike.order_by("rank", "finding_id")[:10].explain()
        assert index in plan and "TEMP B-TREE" not in plan, plan


def test_seen_is_counted_once_and_only_when_it_was_on_a_screen(world: World) -> None:
    load(world, [row(n) for n in range(4)])
    anna, berta = client("anna"), client("berta")
    for each in (anna, anna, berta):
        each.get(f"/finding/{finding(0).finding_id}")
    assert "1 of 4 findings opened by a person" in _text(anna.get("/"))
    load(world, [row(0, description="new words"), *(row(n) for n in range(1, 4))])
    assert "0 of 4 findings opened by a person" in _text(anna.get("/"))


def test_comments_with_and_without_htmx(world: World) -> None:
    load(world, [row(0)])
    anna = client("anna")
    address = f"/finding/{finding(0).finding_id}/comment"
    assert anna.post(address, {"text": "plain comment", "once": "a"}).status_code == 302
    part = _text(anna.post(address, {"text": "quick comment", "once": "b"}, headers={"HX-Request": "true"}))
    assert "quick comment" in part and "plain comment" in part and "<html" not in part
    assert finding(0).changed == 0, "a comment does not get in the way of a decision"


def test_conflicts_are_shown(world: World) -> None:
    load(world, [row(n, supplier="Invented Same Ltd") for n in range(2)])
    anna, berta = client("anna"), client("berta")
    anna.post(f"/finding/{finding(0).finding_id}/decide", form(finding(0), "confirm", "same-company"))
    berta.post(f"/finding/{finding(1).finding_id}/decide", form(finding(1), "reject", "different-company"))
    page = _text(anna.get("/conflicts"))
    assert "is called the same company" in page and "invented same ltd" in page
    berta.post(f"/finding/{finding(0).finding_id}/decide", form(finding(0), "reject", "different-company"))
    assert "one finding, two minds" in _text(anna.get("/conflicts"))
    assert _text(anna.get("/?show=conflict")).count("data-row") == 1


def test_the_record_lists_what_was_done(world: World) -> None:
    load(world, [row(0)])
    chief = client("chief", "admin")
    chief.post("/rules", {"kind": ["product_named", "no_such_kind"]})
    chief.post(f"/finding/{finding(0).finding_id}/decide", form(finding(0)))
    page = _text(chief.get("/events")).split("<ol")[1]
    assert page.index("<b>decision</b>") < page.index("<b>rule</b>") and f"admin {chief.account.pk}" in page and "chief" not in page


def test_people_are_invited_changed_and_shut_out(world: World) -> None:
    load(world, [row(0)])
    chief = client("chief", "admin")
    page = _text(chief.post("/people", {"what": "new", "username": "Dora", "role": "reviewer"}))
    link = page.split("/enter/")[1].split("<")[0]
    dora = client()
    assert dora.post(f"/enter/{link}")["Location"] == "/me"
    assert dora.post("/me", {"what": "password", "new": "short"}).status_code == 200
    assert "The password is set" in _text(dora.post("/me", {"what": "password", "new": "an invented long phrase"}))
    other = client()
    assert other.post("/sign-in", {"username": "DORA", "password": "an invented long phrase", "next": "/events"})["Location"] == "/events"
    from custodes.review.site.models import Account

    number = Account.objects.get(username="dora").pk
    chief.post("/people", {"what": "active", "id": number})
    assert other.get("/").status_code == 302, "shut out at once, session or not"
    chief.post("/people", {"what": "role", "id": chief.account.pk, "role": "reader"})
    assert Account.objects.get(username="chief").role == "admin", "one admin stays"


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_a_view_goes_out_as_a_sheet_and_comes_back(sqlite_world: World, suffix: str) -> None:
    import io

    from custodes.review import sheets_back
    from custodes.review.queue_sheet import QUEUE
    from custodes.review.site.models import Event

    load(sqlite_world, [row(n, supplier="=HYPERLINK(evil)") for n in range(4)])
    anna, berta = client("anna"), client("berta")
    out = anna.get(f"/sheet/out?as={suffix}")
    assert out["Content-Disposition"].endswith(f'.{suffix}"')
    names = [*(column.name for column in QUEUE.columns), "evidence_hash", "seen", "check"]
    rows = [{name: back.cells.get(name) or "" for name in names} for back in sheets_back.read(io.BytesIO(out.content), f"q.{suffix}", QUEUE)]
    assert len(rows) == 4
    told = {"verdict": "reject", "reason": "not-equipment", "note": "a service", "decider": "reviewer", "decided": "2026-11-23"}
    filled = [{**rows[0], **told}, {**rows[1], **told}, {**rows[2], **told, "note": ""}, rows[3]]
    berta.post(f"/finding/{rows[1]['finding_id']}/decide", form(finding(int(rows[1]["transaction"][1:]), supplier="=HYPERLINK(evil)")))
    given = io.BytesIO(_filled(filled, suffix))
    given.name = f"back.{suffix}"
    page = _text(anna.post("/sheet", {"sheet": given})).split("What became of the rows")[-1].split("</section>")[0]
    assert "4 rows = 1 accepted + 1 changed since export + 0 unknown + 1 invalid + 0 recorded already + 1 untouched" in page
    assert Event.objects.count() == 2 and finding(int(rows[0]["transaction"][1:]), supplier="=HYPERLINK(evil)").state == "reject"


def _filled(rows: list[dict[str, str]], suffix: str) -> bytes:
    """The sheet as a spreadsheet program would save it."""
    import csv
    import io

    if suffix == "csv":
        sink = io.StringIO()
        writer = csv.DictWriter(sink, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        return sink.getvalue().encode("utf-8-sig")
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Decide"
    for line in [list(rows[0]), *(list(each.values()) for each in rows)]:
        book.active.append(["" if cell is None else f"'{cell}" if str(cell).startswith("=") else cell for cell in line])
    found = io.BytesIO()
    book.save(found)
    return found.getvalue()


def test_a_new_run_is_noticed_and_taken_in(world: World) -> None:
    load(world, [row(0)])
    anna = client("anna")
    assert "A run has found anew" not in _text(anna.get("/"))
    world.set([row(0), row(1)])
    assert "A run has found anew" in _text(anna.get("/"))
    assert anna.post("/take-in").status_code == 302
    assert "1 new, 0 with other evidence" in _text(anna.get("/")) and finding(1).state == "new"


def test_an_archived_page_is_shown_in_a_sandbox(world: World) -> None:
    load(world, [row(0, kind="page_markets", origin_sha256=PAGE_SHA)])
    anna = client("anna")
    screen = _text(anna.get(f"/finding/{finding(0, kind='page_markets').finding_id}"))
    assert f'<iframe sandbox="" src="/capture/{PAGE_SHA}"' in screen


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("Hikvision", "HIK Vision", ["Hikvision"]),
        ("Invented Cameras Ltd", "INVENTED CAMERAS LIMITED", ["Invented Cameras "]),
        ("abc", "xyz", []),
        ("", "anything", []),
    ],
)
def test_what_two_values_share_is_marked(one: str, other: str, shared: list[str]) -> None:
    left, right = sides.common(one, other)
    assert [text for text, hit in left if hit] == shared
    assert "".join(t for t, _ in left) == one and "".join(t for t, _ in right) == other
