"""Letters to bodies, notices to companies, replies, waivers, corrections, and the gate before publication."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext

from custodes.review.notices import CLASSES
from custodes.review.site import entering, exchange, handing
from custodes.review.site.access import message, needs
from custodes.review.site.deciding import Refused

STATUS = {"invalid": 422, "unknown": 404, "forbidden": 403}


@needs("reader")
def letters(request: HttpRequest) -> HttpResponse:
    """What can be asked, what was asked, and what comes next."""
    return render(request, "desk/letters.html", {"x": exchange.view(), "answers": exchange.ANSWERS, "once": settings.DESK.secret(), "today": _today()})


@needs("reader")
def letter(request: HttpRequest, letter_id: str) -> HttpResponse:
    """One letter: its text to copy or to take away."""
    found = next((each for each in exchange.view()["letters"] if each["letter_id"] == letter_id), None)
    if found is None:
        return message(request, 404, "missing")
    if request.GET.get("as") == "text":
        return _file(f"{letter_id}.txt", found["text"])
    return render(request, "desk/letter.html", {"letter": found, "once": settings.DESK.secret(), "today": _today()})


@needs("approver", "POST")
def letter_sent(request: HttpRequest, letter_id: str) -> HttpResponse:
    """The record that a letter went out."""
    day = request.POST.get("date", "")
    return _done(request, "/letters", lambda: exchange.send_letter(request.user, letter_id, day, _once(request)), gettext("Recorded as sent."))


@needs("reviewer", "POST")
def answer(request: HttpRequest, letter_id: str) -> HttpResponse:
    """Enter the answer to a letter."""
    fields = {name: request.POST.get(name, "") for name in ("state", "answered", "exemption", "makers", "words", "url")}
    return _done(request, "/letters", lambda: exchange.answer(request.user, letter_id, fields, _once(request)), gettext("The answer is recorded."))


@needs("reader")
def notices(request: HttpRequest) -> HttpResponse:
    """Who has to be heard before what is published."""
    return render(request, "desk/notices.html", {"x": exchange.view(), "once": settings.DESK.secret(), "today": _today(), "classes": CLASSES})


@needs("reader")
def notice(request: HttpRequest, notice_id: str) -> HttpResponse:
    """One notice: its text with the token."""
    found = next((each for each in exchange.view()["notices"] if each["notice_id"] == notice_id), None)
    if found is None:
        return message(request, 404, "missing")
    token = settings.DESK.reply_token(notice_id) if request.user.may("approver") else "····"
    text = found["text"].replace("{token}", token)
    if request.GET.get("as") == "text":
        return _file(f"{notice_id}.txt", text)
    return render(request, "desk/notice.html", {"notice": found, "text": text, "once": settings.DESK.secret(), "today": _today()})


@needs("approver", "POST")
def notice_sent(request: HttpRequest, notice_id: str) -> HttpResponse:
    """The record that a notice went out."""
    day, channel = request.POST.get("date", ""), request.POST.get("channel", "")[:100]
    return _done(request, "/notices", lambda: exchange.send_notice(request.user, notice_id, day, channel, _once(request)), gettext("Recorded as sent."))


@needs("reviewer", "POST")
def enter_reply(request: HttpRequest, notice_id: str) -> HttpResponse:
    """A reply that came another way, word for word."""
    form = request.POST
    return _done(
        request, "/notices", lambda: exchange.reply(request.user, notice_id, form.get("words", ""), form.get("date", ""), _once(request)),
        gettext("The reply is recorded, word for word."),
    )  # fmt: skip


@needs("approver", "POST")
def waive(request: HttpRequest) -> HttpResponse:
    """A waiver of notice, with its reason."""
    form = request.POST
    fields = {"finding_ids": form.get("finding_ids", "").split(), "class": form.get("class", ""), "company": form.get("company", ""), "reason": form.get("reason", ""), "until": form.get("until", "")}
    return _done(request, "/notices", lambda: exchange.waive(request.user, fields, _once(request)), gettext("The waiver is recorded."))


@needs("reader")
def publication(request: HttpRequest) -> HttpResponse:
    """What the public edition would hold, what it would hold back and why, and the corrections log."""
    return render(request, "desk/publication.html", {"x": exchange.view(), "once": settings.DESK.secret()})


@needs("approver", "POST")
def correct(request: HttpRequest) -> HttpResponse:
    """An entry of the corrections log."""
    form = request.POST
    fields = {"was": form.get("was", ""), "now": form.get("now", ""), "reason": form.get("reason", ""), "finding_ids": form.get("finding_ids", "").split()}
    return _done(request, "/publication", lambda: exchange.correct(request.user, fields, _once(request)), gettext("The correction is recorded."))


@needs("", "GET", "HEAD", "POST")
def reply(request: HttpRequest) -> HttpResponse:
    """For the company itself, without an account: number and token of its notice, then its words."""
    if request.method != "POST":
        return render(request, "desk/reply.html", {"number": request.GET.get("notice", "")[:20]})
    number, token = request.POST.get("notice", "")[:20].strip(), request.POST.get("token", "")[:60].strip()
    if entering.must_wait(request, f"notice {number}"):
        return message(request, 429, "wait")
    context: dict[str, Any] = {"number": number, "token": token, "once": settings.DESK.secret()}
    try:
        found = exchange.told(number, token)
        context |= {"notice": found}
        if "words" in request.POST:
            exchange.own_reply(number, token, request.POST["words"], request.POST.getlist("finding"), _once(request))
            handing.hand_over()
            context |= {"done": True, "notice": exchange.told(number, token)}
    except Refused as refused:
        if refused.code == "forbidden":
            entering.failed(request, f"notice {number}")
        return render(request, "desk/reply.html", {**context, "refused": refused, "typed": request.POST.get("words", "")}, status=STATUS[refused.code])
    return render(request, "desk/reply.html", context)


def _done(request: HttpRequest, onward: str, work: Callable[[], object], said: str) -> HttpResponse:
    """Do it, hand it over, say so; a refusal says why and changes nothing."""
    try:
        work()
    except Refused as refused:
        return message(request, STATUS[refused.code], "refused", words=f"{refused.column + ': ' if refused.column else ''}{refused.what}")
    handing.hand_over()
    messages.success(request, said)
    return HttpResponseRedirect(onward)


def _once(request: HttpRequest) -> str:
    return str(request.POST.get("once", ""))[:60]


def _today() -> str:
    return str(settings.DESK.now().date().isoformat())


def _file(name: str, text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'})
