"""Sign in, sign out, one-time links, one's own settings."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from custodes.review.site import entering
from custodes.review.site.access import inside, message, needs
from custodes.review.site.models import Token


@needs("", "GET", "HEAD", "POST")
def sign_in(request: HttpRequest) -> HttpResponse:
    """With name and password; guessing is slowed down, and a wrong name and a wrong password look the same."""
    if request.method != "POST":
        return render(request, "desk/sign_in.html", {"next": request.GET.get("next", "/")})
    username, onward = request.POST.get("username", "")[:60].replace("\0", ""), request.POST.get("next", "/")
    if entering.must_wait(request, username):
        response = render(request, "desk/sign_in.html", {"next": onward, "wait": True}, status=429)
        response.headers["Retry-After"] = str(int(entering.WINDOW.total_seconds()))
        return response
    account = authenticate(request, username=username, password=request.POST.get("password", "")[:200])
    if account is None:
        entering.failed(request, username)
        return render(request, "desk/sign_in.html", {"next": onward, "wrong": True}, status=403)
    entering.forgive(request, username)
    login(request, account)
    return HttpResponseRedirect(inside(request, onward))


@needs("", "GET", "HEAD", "POST")
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """A one-time link. Looking at it does not use it up (mail programs look at links); the button does."""
    if request.method != "POST":
        return render(request, "desk/enter.html", {"token": token})
    if entering.must_wait(request, "link"):
        return message(request, 429, "wait")
    if not entering.enter(request, token):
        entering.failed(request, "link")
        return message(request, 403, "link")
    return HttpResponseRedirect("/" if request.user.has_usable_password() or request.user.may("admin") else "/me")


@needs("reader", "POST")
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponseRedirect("/sign-in")


@needs("reader", "GET", "HEAD", "POST")
def me(request: HttpRequest) -> HttpResponse:
    """One's own language, shortcuts, password and keys to the API."""
    context: dict[str, object] = {}
    if request.method == "POST":
        what = request.POST.get("what", "")
        if what == "settings":
            request.user.language = request.POST.get("language", "") if request.POST.get("language") in dict(settings.LANGUAGES) else ""
            request.user.shortcuts = request.POST.get("shortcuts") == "on"
            request.user.save(update_fields=["language", "shortcuts"])
            return HttpResponseRedirect("/me")
        if what == "password":
            context = _password(request)
        elif what == "token":
            token = settings.DESK.secret()
            name = request.POST.get("name", "")[:60] or "API"
            Token.objects.create(digest=entering.hashed(token), account=request.user, name=name, created=settings.DESK.now())
            context = {"token": token}
        elif what == "revoke":
            Token.objects.filter(account=request.user, pk=_number(request.POST.get("id", ""))).update(revoked=True)
    return render(request, "desk/me.html", {**context, "tokens": Token.objects.filter(account=request.user, revoked=False).order_by("pk")})


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _password(request: HttpRequest) -> dict[str, object]:
    new = request.POST.get("new", "")[:200]
    if request.user.has_usable_password() and not request.user.check_password(request.POST.get("old", "")[:200]):
        return {"password_wrong": ["old"]}
    try:
        validate_password(new, request.user)
    except ValidationError as wrong:
        return {"password_wrong": wrong.messages}
    request.user.set_password(new)
    request.user.save(update_fields=["password"])
    update_session_auth_hash(request, request.user)
    return {"password_set": True}
