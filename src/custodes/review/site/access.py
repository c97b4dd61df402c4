"""Who may see and do what: one decorator on every view, so that none is forgotten (a test walks all addresses)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

View = Callable[..., HttpResponse]


def needs(role: str, *methods: str) -> Callable[[View], View]:
    """The view is for accounts of at least ``role`` (empty: for everybody) and for these methods (none named: GET and HEAD)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            allowed = methods or ("GET", "HEAD")
            if request.method not in allowed:
                return message(request, 405, "method", headers={"Allow": ", ".join(allowed)})
            if role and not request.user.is_authenticated:
                return HttpResponseRedirect(f"/sign-in?next={quote(request.get_full_path() if request.method == 'GET' else '/')}")
            if role and not request.user.may(role):
                return message(request, 403, "role", role=role)
            return view(request, *args, **kwargs)

        guarded.needs = role  # type: ignore[attr-defined]
        return guarded

    return decorate


def message(request: HttpRequest, code: int, what: str, headers: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    """A page that says what was refused and what to do."""
    response = render(request, "desk/message.html", {"code": code, "what": what, **more}, status=code)
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def inside(request: HttpRequest, address: str, otherwise: str = "/") -> str:
    """``address`` if it leads to this site, so that nobody is sent elsewhere by a crafted link."""
    return address if url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure()) else otherwise


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing here."""
    return message(request, 404, "missing")


def broken(request: HttpRequest) -> HttpResponse:
    """The site itself failed."""
    return HttpResponse("The desk itself failed. What you decided before is kept. Please report it.", status=500, content_type="text/plain; charset=utf-8")
