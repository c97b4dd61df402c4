"""Signing in: one-time links, passwords, and a limit on guessing."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest

from custodes.review.site.models import Account, Attempt, EntryLink

LINK_MINUTES = 30
WINDOW = timedelta(minutes=15)
PER_NAME, PER_ADDRESS = 5, 30
"""Failed attempts within the window before a name, or an address, has to wait."""
BACKEND = "django.contrib.auth.backends.ModelBackend"


def hashed(secret: str) -> str:
    """What is kept of a secret that has enough randomness of its own."""
    return hashlib.sha256(secret.encode()).hexdigest()


def local_link(username: str) -> str:
    """A one-time token for the person at this machine; the account is made as admin when it is not there. Older links of it end."""
    account = Account.objects.filter(username=username.lower()).first() or Account.objects.make(username, "admin")
    EntryLink.objects.filter(account=account, used=False).update(used=True)
    return link_for(account)


def link_for(account: Account, minutes: int = LINK_MINUTES) -> str:
    """A fresh one-time token for an account."""
    token: str = settings.DESK.secret()
    EntryLink.objects.create(digest=hashed(token), account=account, expires=settings.DESK.now() + timedelta(minutes=minutes))
    return token


def enter(request: HttpRequest, token: str) -> bool:
    """Use a one-time token: it works once, in time, for an active account. The session gets a new key, so one planted before is worth nothing."""
    with transaction.atomic():
        link = EntryLink.objects.select_for_update().select_related("account").filter(digest=hashed(token), used=False).first()
        if link is None or link.expires < settings.DESK.now() or not link.account.is_active:
            return False
        link.used = True
        link.save(update_fields=["used"])
    login(request, link.account, backend=BACKEND)
    return True


def keys(request: HttpRequest, username: str) -> list[tuple[str, int]]:
    """(key, most failures) that a sign-in counts against."""
    name = hashlib.sha256(username.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return [(f"name {name}", PER_NAME), (f"address {request.META.get('REMOTE_ADDR', '')}", PER_ADDRESS)]


def must_wait(request: HttpRequest, username: str) -> bool:
    """Were there too many failures lately?"""
    since = settings.DESK.now() - WINDOW
    return any(Attempt.objects.filter(key=key, at__gt=since).count() >= most for key, most in keys(request, username))


def failed(request: HttpRequest, username: str) -> None:
    """Remember a failure, and forget those that no longer count."""
    now = settings.DESK.now()
    Attempt.objects.filter(at__lt=now - WINDOW).delete()
    Attempt.objects.bulk_create([Attempt(key=key, at=now) for key, _ in keys(request, username)])


def forgive(request: HttpRequest, username: str) -> None:
    """A success ends the count of its name; that of the address goes on."""
    Attempt.objects.filter(key=keys(request, username)[0][0]).delete()
