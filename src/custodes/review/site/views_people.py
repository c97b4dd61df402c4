"""Accounts and rules, for admins. Every change is an event of the ledger; the events name accounts by role and number."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext

from custodes.review.site import deciding, entering, events
from custodes.review.site.access import message, needs
from custodes.review.site.models import ROLES, Account, EntryLink, Token
from custodes.values import FINDING_KINDS

INVITATION_MINUTES = 3 * 24 * 60
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,59}")


@needs("admin", "GET", "HEAD", "POST")
def people(request: HttpRequest) -> HttpResponse:
    """Make accounts, change roles, let people in again, shut them out."""
    context: dict[str, object] = {}
    if request.method == "POST":
        what = request.POST.get("what", "")
        if what == "new":
            context = _new(request)
        else:
            number = request.POST.get("id", "")
            account = Account.objects.filter(pk=int(number) if number.isdecimal() and len(number) < 10 else 0).first()
            if account is None:
                return message(request, 404, "missing")
            context = _change(request, account, what)
        if not context:
            return HttpResponseRedirect("/people")
    return render(request, "desk/people.html", {**context, "people": Account.objects.order_by("pk"), "roles": ROLES})


def _new(request: HttpRequest) -> dict[str, object]:
    name, role = request.POST.get("username", "").strip().lower(), request.POST.get("role", "")
    if not _NAME.fullmatch(name) or role not in ROLES or Account.objects.filter(username=name).exists():
        return {"wrong": True}
    with events.writing():
        account = Account.objects.make(name, role)
        events.append("account", {"account": account.pk, "role": role, "active": True}, account=request.user)
    return {"link": request.build_absolute_uri(f"/enter/{entering.link_for(account, INVITATION_MINUTES)}"), "account": account}


def _change(request: HttpRequest, account: Account, what: str) -> dict[str, object]:
    """Never the last admin: somebody has to be able to open the door again."""
    if what == "link":
        return {"link": request.build_absolute_uri(f"/enter/{entering.link_for(account, INVITATION_MINUTES)}"), "account": account}
    role = request.POST.get("role", account.role) if what == "role" else account.role
    active = not account.is_active if what == "active" else account.is_active
    others = Account.objects.filter(role="admin", is_active=True).exclude(pk=account.pk).exists()
    if role not in ROLES or (not others and (role != "admin" or not active)):
        messages.error(request, gettext("One admin has to stay."))
        return {}
    with events.writing():
        account.role, account.is_active = role, active
        account.save(update_fields=["role", "is_active"])
        if not active:
            Token.objects.filter(account=account).update(revoked=True)
            EntryLink.objects.filter(account=account).update(used=True)
        events.append("account", {"account": account.pk, "role": role, "active": active}, account=request.user)
    return {}


@needs("admin", "GET", "HEAD", "POST")
def rules(request: HttpRequest) -> HttpResponse:
    """Which kinds of finding need two persons to confirm."""
    if request.method == "POST":
        deciding.set_rule(request.user, [kind for kind in request.POST.getlist("kind") if kind in FINDING_KINDS])
        messages.success(request, gettext("The rule holds for decisions from now on."))
        return HttpResponseRedirect("/rules")
    return render(request, "desk/rules.html", {"kinds": list(FINDING_KINDS), "chosen": deciding.two_person_kinds()})
