"""The HTTP API, version 1: read the queue, decide, take back, read the record. Described by ``/api/v1/openapi.json``.

A key of an account (``Authorization: Bearer ...``) opens it, cookies do not, so no page elsewhere can use it through somebody's browser. Each key
may ask 300 times a minute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from custodes.review.site import api_document, deciding, events, handing, loading, queue
from custodes.review.site.deciding import Refused, Wish
from custodes.review.site.entering import hashed
from custodes.review.site.models import Detail, Event, Finding, Token
from custodes.review.site.shown import coverage
from custodes.review.standing import SHOWS
from custodes.values.decision import VERDICTS

PER_MINUTE = 300
LONGEST = 64 << 10
STATUS = {"invalid": 422, "changed": 409, "unknown": 404, "other": 404, "forbidden": 403}
_ONCE = re.compile(r"[A-Za-z0-9_-]{1,60}")
Answer = Callable[..., HttpResponse]


class Problem(Exception):
    """An answer that says what is wrong: status, a code for programs, words for people."""

    def __init__(self, status: int, code: str, what: str, **headers: str) -> None:
        self.status, self.code, self.what, self.headers = status, code, what, headers
        super().__init__(what)


def api(*methods: str) -> Callable[[Answer], Answer]:
    """A view of the API: checks method, key and rate, and turns every problem into JSON."""

    def decorate(view: Answer) -> Answer:
        @csrf_exempt  # a key in a header is not sent along by browsers, so there is nothing to forge
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise Problem(405, "method", f"use {' or '.join(methods)}", Allow=", ".join(methods))
                request.account = _account(request)
                return view(request, *args, **kwargs)
            except Refused as refused:
                return _problem(Problem(STATUS[refused.code], refused.code, refused.what))
            except Problem as problem:
                return _problem(problem)

        guarded.needs = "key"
        return guarded

    return decorate


def _problem(problem: Problem) -> JsonResponse:
    body = {"error": {"code": problem.code, "what": problem.what}}
    return JsonResponse(body, status=problem.status, headers={name.replace("_", "-"): value for name, value in problem.headers.items()})


def _account(request: HttpRequest) -> Any:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = Token.objects.select_related("account").filter(digest=hashed(secret.strip()), revoked=False).first() if scheme.lower() == "bearer" else None
    if token is None or not token.account.is_active:
        _count(f"address {request.META.get('REMOTE_ADDR', '')}")
        raise Problem(401, "key", "send a key of your account: Authorization: Bearer KEY", WWW_Authenticate="Bearer")
    _count(f"token {token.pk}")
    return token.account


def _count(who: str) -> None:
    """A fixed window of one minute per key (or, for wrong keys, per address)."""
    now = settings.DESK.now()
    name = f"api:{who.replace(' ', ':')}:{now:%Y%m%d%H%M}"
    cache.add(name, 0, 120)
    if cache.incr(name) > PER_MINUTE:
        raise Problem(429, "rate", f"more than {PER_MINUTE} requests in this minute", Retry_After=str(60 - now.second))


@csrf_exempt
def document(request: HttpRequest) -> HttpResponse:
    """The description of the API; everybody may read it."""
    if request.method not in ("GET", "HEAD"):
        return _problem(Problem(405, "method", "use GET", Allow="GET, HEAD"))
    return JsonResponse(api_document.DOCUMENT)


document.needs = ""


@api("GET", "HEAD")
def findings(request: HttpRequest) -> HttpResponse:
    """A page of the queue."""
    for name, value in request.GET.items():
        if name not in api_document.FILTERS or "\0" in value or len(value) > 300:
            raise Problem(422, "invalid", f"{name}: not a filter of this API, or too long")
    if request.GET.get("show", "open") not in SHOWS:
        raise Problem(422, "invalid", f"show: one of {', '.join(SHOWS)}")
    if (after := request.GET.get("after", "")) and not re.fullmatch(r"\d{1,9}\.[0-9a-f]{20}", after, re.ASCII):
        raise Problem(422, "invalid", "after: the cursor that the page before gave")
    size = request.GET.get("size", "50")
    if not re.fullmatch(r"[1-9]\d{0,2}", size, re.ASCII) or int(size) > 500:
        raise Problem(422, "invalid", "size: 1 to 500")
    rows, cursor = queue.page(queue.from_query(request.GET), request.account, after, int(size))
    return JsonResponse({"findings": [_short(row) for row in rows], "next": cursor})


def _short(finding: Finding) -> dict[str, Any]:
    names = ("finding_id", "kind", "band", "maker_id", "body", "supplier", "description", "date", "money", "equipment", "evidence_hash", "state", "waiting", "conflict", "seen", "changed")  # fmt: skip
    return {**{name: getattr(finding, name) for name in names}, "conflict": bool(finding.conflict)}


@api("GET", "HEAD")
def finding(request: HttpRequest, finding_id: str) -> HttpResponse:
    """One finding with its whole row and its events."""
    row, detail = _found(finding_id), Detail.objects.filter(finding_id=finding_id).first()
    evidence = json.loads(detail.data) if detail else loading.kept(row.evidence_hash)
    return JsonResponse({**_short(row), "evidence": evidence, "events": events.of_finding(finding_id)})


def _found(finding_id: str) -> Finding:
    row = Finding.objects.filter(finding_id=finding_id).first()
    if row is None:
        raise Problem(404, "unknown", "there is no such finding")
    return row


@api("POST")
def decide(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Take a decision on the evidence whose hash is sent along."""
    body = _body(request, {"verdict": str, "reason": str, "note": str, "evidence_hash": str, "changed": int, "once": str}, {"once"})
    if body["verdict"] not in VERDICTS:
        raise Problem(422, "invalid", f"verdict: one of {', '.join(VERDICTS)}")
    if not re.fullmatch(r"[0-9a-f]{64}", body["evidence_hash"]):
        raise Problem(422, "invalid", "evidence_hash: the 64 digits that the finding shows")
    wish = Wish(finding_id, body["verdict"], body["reason"], body["note"].strip(), body["evidence_hash"], body["changed"], body.get("once", ""))
    event = deciding.decide(request.account, wish)
    handing.hand_over()
    return JsonResponse(events.parsed(event), status=201)


@api("POST")
def undo(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Take back the newest decision."""
    body = _body(request, {"reason": str, "note": str, "changed": int, "once": str}, {"once"})
    event = deciding.undo(request.account, finding_id, body["reason"], body["note"].strip(), changed=body["changed"], once=body.get("once", ""))
    handing.hand_over()
    return JsonResponse(events.parsed(event), status=201)


def _body(request: HttpRequest, types: Mapping[str, type], optional: set[str]) -> dict[str, Any]:
    """The JSON object of a request; every name known, every type right."""
    if request.content_type != "application/json":
        raise Problem(415, "type", "send application/json")
    if int(request.headers.get("Content-Length") or 0) > LONGEST:
        raise Problem(413, "size", f"at most {LONGEST} bytes")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Problem(422, "invalid", "not JSON") from None
    if not isinstance(body, dict):
        raise Problem(422, "invalid", "not a JSON object")
    if unknown := sorted(set(body) - set(types)):
        raise Problem(422, "invalid", f"unknown: {', '.join(unknown)[:200]}")
    for name, kind in types.items():
        if name not in body and name in optional:
            continue
        value = body.get(name)
        if not isinstance(value, kind) or isinstance(value, bool) or (isinstance(value, int) and not 0 <= value < 1 << 62) or (isinstance(value, str) and not _clean(value)):
            raise Problem(422, "invalid", f"{name}: must be {'text' if kind is str else 'a number of the ledger'}")
    if "once" in body and not _ONCE.fullmatch(body["once"]):
        raise Problem(422, "invalid", "once: 1 to 60 letters, digits, - or _")
    return body


def _clean(text: str) -> bool:
    """Text that can be stored: no NUL, no lone surrogate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return "\0" not in text


@api("GET", "HEAD")
def ledger(request: HttpRequest) -> HttpResponse:
    """The record, oldest first, up to 500 events after the number ``after``."""
    after = request.GET.get("after", "0")
    if set(request.GET) - {"after"} or not re.fullmatch(r"\d{1,17}", after, re.ASCII):
        raise Problem(422, "invalid", "after: the number of an event")
    rows = [{**events.parsed(event), "hash": event.hash} for event in Event.objects.filter(n__gt=int(after)).order_by("n")[:500]]
    return JsonResponse({"events": rows, "next": rows[-1]["n"] if len(rows) == 500 else None})


@api("GET", "HEAD")
def counts(request: HttpRequest) -> HttpResponse:
    """How much is open, decided, seen."""
    if request.GET:
        raise Problem(422, "invalid", "takes no parameters")
    return JsonResponse(coverage())


@api("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
def nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Every other address of the API."""
    raise Problem(404, "unknown", "see /api/v1/openapi.json for what there is")
