"""One screen per finding, and what can be done there: decide, take back, comment, assign, decide many with the same evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext, ngettext

from custodes.review.site import deciding, events, handing, loading, queue, sides
from custodes.review.site.access import message, needs
from custodes.review.site.deciding import Refused, Wish
from custodes.review.site.models import Account, Detail, Finding, Seen
from custodes.review.words import REASONS
from custodes.values.decision import UNDO, VERDICTS

STATUS = {"invalid": 422, "changed": 409, "unknown": 404, "other": 422, "forbidden": 403}
ID = re.compile(r"[0-9a-f]{20}")


def found(finding_id: str) -> tuple[Finding, dict[str, Any]]:
    """The finding and its whole row; Http404 when it is not on the desk."""
    finding = Finding.objects.select_related("assignee").filter(finding_id=finding_id).first()
    detail = Detail.objects.filter(finding_id=finding_id).first()
    if finding is None:
        raise Http404
    return finding, json.loads(detail.data) if detail else loading.kept(finding.evidence_hash)


@needs("reader")
def show_finding(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Everything that is known about a finding, and the form to decide. Opening it counts as having seen it."""
    return _screen(request, finding_id)


def _screen(request: HttpRequest, finding_id: str, code: int = 200, **more: Any) -> HttpResponse:
    finding, row = found(finding_id)
    if row and finding.state != "gone":
        _seen(finding, request.user)
    chosen = queue.from_query(request.GET)
    return render(request, "desk/finding.html", {**_context(request, finding, row, chosen), **more}, status=code)


def _context(request: HttpRequest, finding: Finding, row: Mapping[str, Any], chosen: queue.Filter) -> dict[str, Any]:
    desk = settings.DESK
    said = events.said(finding.finding_id)
    alike = Finding.objects.filter(kin=finding.kin).exclude(pk=finding.pk).exclude(state="gone").order_by("rank", "finding_id")
    supplier = Finding.objects.filter(supplier_key=finding.supplier_key).exclude(supplier_key="").exclude(kin=finding.kin).exclude(state="gone")
    return {
        "finding": finding, "row": row, "screen": desk.screen(row) if row else {}, "pairs": [sides.pair(r) for r in row.get("reasons", ())],
        "source": desk.source(row["origin_sha256"], row["origin_at"]) if row else "", "page": bool(row) and desk.capture(row["origin_sha256"]) is not None,
        "alike": alike[:10], "alike_count": alike.filter(open=1)[:501].count(), "same_supplier": supplier.order_by("rank", "finding_id")[:10],
        "events": reversed(events.of_finding(finding.finding_id)), "newest": said[-1] if said else None,
        "may_undo": bool(said) and (said[-1].actor == request.user.label or request.user.may("approver")),
        "changes": sides.changes(loading.kept(said[-1].evidence_hash), row) if finding.state == "stale" and row else None,
        "reasons": [(verdict, list(REASONS[verdict].items())) for verdict in VERDICTS], "undo_reasons": list(REASONS[UNDO].items()),
        "people": Account.objects.filter(is_active=True, role__in=("reviewer", "approver", "admin")).order_by("username"),
        "once": desk.secret(), "undo_once": desk.secret(), "here": chosen.query(), "pair_rule": finding.kind in deciding.two_person_kinds(),
        "next": queue.neighbour(chosen, request.user, finding), "previous": queue.neighbour(chosen, request.user, finding, back=True),
    }  # fmt: skip


def _seen(finding: Finding, account: Account) -> None:
    """Remember that this person had this evidence on the screen."""
    when = {"finding_id": finding.finding_id, "account": account, "evidence_hash": finding.evidence_hash}
    if Seen.objects.filter(**when).exists():
        return
    with events.writing():
        Seen.objects.bulk_create([Seen(**when, at=settings.DESK.now())], ignore_conflicts=True)
        if Finding.objects.filter(pk=finding.pk, seen=False).update(seen=True):
            events.move({"seen": 1})


@needs("reviewer", "POST")
def decide(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Take the decision of the form, then show the next finding of the queue."""
    after = _next(request, finding_id)
    try:
        event = deciding.decide(request.user, _wish(request, finding_id))
    except Refused as refused:
        return _refused(request, finding_id, refused)
    handing.hand_over()
    body = events.parsed(event)["body"]
    messages.success(request, gettext("Decided.") if body["effect"] else gettext("Noted. It counts when a second person says the same."))
    return HttpResponseRedirect(after)


def _next(request: HttpRequest, finding_id: str) -> str:
    """Where to go after a decision: the next finding of the same queue, else the queue."""
    chosen = queue.from_query(request.GET)
    finding = Finding.objects.filter(pk=finding_id).first()
    following = queue.neighbour(chosen, request.user, finding) if finding else ""
    return f"/finding/{following}?{chosen.query()}" if following else f"/?{chosen.query()}"


def _wish(request: HttpRequest, finding_id: str) -> Wish:
    form = request.POST
    changed = form.get("changed", "")
    verdict, _, reason = form.get("reason", "").partition(":")
    chosen = form.get("verdict", "") or verdict
    note = form.get("note", "").strip()
    if chosen == "duplicate" and (other := form.get("other", "").strip()):
        note = f"{note} [{other}]" if other not in note else note
    if reason and verdict != chosen:
        raise Refused("invalid", gettext("the reason does not belong to the verdict"), "reason")
    return Wish(
        finding_id, chosen, reason, note, form.get("evidence_hash", ""), int(changed) if changed.isdecimal() and len(changed) < 18 else -1,
        form.get("once", "")[:60],
    )  # fmt: skip


def _refused(request: HttpRequest, finding_id: str, refused: Refused) -> HttpResponse:
    """The same screen with what was wrong and what was typed; nothing is lost."""
    if refused.code in ("unknown", "forbidden"):
        return message(request, STATUS[refused.code], "refused", words=refused.what)
    return _screen(request, finding_id, STATUS[refused.code], refused=refused, typed=request.POST)


@needs("reviewer", "POST")
def undo(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Take back the newest decision."""
    form = request.POST
    changed = form.get("changed", "")
    try:
        number = int(changed) if changed.isdecimal() and len(changed) < 18 else -1
        deciding.undo(request.user, finding_id, form.get("reason", ""), form.get("note", "").strip(), changed=number, once=form.get("once", "")[:60])
    except Refused as refused:
        return _refused(request, finding_id, refused)
    handing.hand_over()
    messages.success(request, gettext("Taken back. What stood before stands again."))
    return HttpResponseRedirect(f"/finding/{finding_id}?{queue.from_query(request.GET).query()}")


@needs("reviewer", "POST")
def comment(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Add a comment; with htmx only the list of events comes back."""
    try:
        deciding.comment(request.user, finding_id, request.POST.get("text", "").replace("\0", ""), request.POST.get("once", "")[:60])
    except Refused as refused:
        return _refused(request, finding_id, refused)
    if request.headers.get("HX-Request"):
        return render(request, "desk/_events.html", {"events": reversed(events.of_finding(finding_id)), "once": settings.DESK.secret(), "fresh": True})
    return HttpResponseRedirect(f"/finding/{finding_id}?{queue.from_query(request.GET).query()}#events")


@needs("reviewer", "POST")
def assign(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Give the finding to somebody, to oneself, or to nobody."""
    chosen = request.POST.get("to", "")
    to = Account.objects.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 10 else None
    try:
        deciding.assign(request.user, finding_id, to)
    except Refused as refused:
        return _refused(request, finding_id, refused)
    return HttpResponseRedirect(f"/finding/{finding_id}?{queue.from_query(request.GET).query()}")


@needs("reviewer", "GET", "HEAD", "POST")
def batch(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Decide several findings whose evidence says the same about the same names, with one reason and note; each gets its own event."""
    finding, row = found(finding_id)
    alike = list(Finding.objects.filter(kin=finding.kin, open=1).order_by("rank", "finding_id")[: deciding.MOST])
    context = {
        "finding": finding, "row": row, "screen": settings.DESK.screen(row) if row else {}, "alike": alike, "once": settings.DESK.secret(),
        "reasons": [(verdict, list(REASONS[verdict].items())) for verdict in VERDICTS if verdict != "duplicate"],
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "desk/batch.html", context)
    once = request.POST.get("once", "")[:40]
    try:
        first = _wish(request, finding_id)
        marks = [mark.split(".") for mark in request.POST.getlist("finding")[: deciding.MOST + 1]]
        wishes = [_of_batch(first, mark, once, n) for n, mark in enumerate(marks)]
        if not wishes:
            raise Refused("invalid", gettext("no finding is ticked"), "finding")
        if Finding.objects.filter(pk__in=[w.finding_id for w in wishes]).exclude(kin=finding.kin).exists():
            raise Refused("invalid", gettext("these findings do not rest on the same evidence"), "finding")
        done = deciding.decide_all(request.user, wishes)
    except Refused as refused:
        return render(request, "desk/batch.html", {**context, "refused": refused, "typed": request.POST}, status=STATUS[refused.code])
    handing.hand_over()
    messages.success(request, ngettext("%(n)d finding decided.", "%(n)d findings decided.", len(done)) % {"n": len(done)})
    return HttpResponseRedirect("/")


def _of_batch(first: Wish, mark: list[str], once: str, n: int) -> Wish:
    """One finding of a batch: its id, the evidence and the newest event that the page showed."""
    if len(mark) != 3 or not ID.fullmatch(mark[0]) or not mark[2].isdecimal():
        raise Refused("invalid", gettext("a tick that this page did not make"), "finding")
    return Wish(mark[0], first.verdict, first.reason, first.note, mark[1], int(mark[2][:18]), f"{once}-{n}" if once else "", batch=once)


@needs("reader")
def capture(request: HttpRequest, sha256: str) -> HttpResponse:
    """A page as it was archived: in a sandbox without scripts, forms or links out, never as part of this site."""
    page = settings.DESK.capture(sha256) if re.fullmatch(r"[0-9a-f]{64}", sha256) else None
    if page is None:
        raise Http404
    policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    response = HttpResponse(page[1], content_type=page[0])
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
