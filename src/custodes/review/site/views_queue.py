"""The queue, saved views, and the list of everything that was done."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext

from custodes.review.fold import conflicts as company_conflicts
from custodes.review.site import events, queue
from custodes.review.site.access import needs
from custodes.review.site.loading import facets, is_current, load
from custodes.review.site.models import Event, SavedView
from custodes.review.site.tables import decided_table, decisions
from custodes.review.standing import SHOWS, STATES


@needs("reader")
def show_queue(request: HttpRequest) -> HttpResponse:
    """Findings in the order in which they should be looked at."""
    chosen = queue.from_query(request.GET)
    rows, cursor = queue.page(chosen, request.user, request.GET.get("after", ""))
    context = {
        "rows": rows, "chosen": chosen, "here": chosen.query(), "more": chosen.query(after=cursor) if cursor else "", "first": "after" not in request.GET,
    }  # fmt: skip
    if request.headers.get("HX-Request") and "after" in request.GET:
        return render(request, "desk/_rows.html", context)
    context |= {"facets": facets(), "shows": SHOWS, "states": STATES, "views": _views(request), "older": not is_current()}
    return render(request, "desk/queue.html", context)


def _views(request: HttpRequest) -> list[SavedView]:
    return list(SavedView.objects.filter(Q(account=request.user) | Q(shared=True)).order_by("name", "pk")[:100])


@needs("reviewer", "POST")
def take_in(request: HttpRequest) -> HttpResponse:
    """Take in what a run has found since."""
    counts = load()
    messages.success(request, gettext("%(new)d new, %(changed)d with other evidence than before, %(gone)d no longer found.") % counts)
    return HttpResponseRedirect("/")


@needs("reader", "POST")
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep a queue under a name, or let one's own go."""
    chosen = queue.from_query(request.POST)
    if number := request.POST.get("forget", ""):
        SavedView.objects.filter(account=request.user, pk=int(number) if number.isdecimal() and len(number) < 10 else 0).delete()
    elif name := request.POST.get("name", "").strip()[:60].replace("\0", ""):
        shared = request.POST.get("shared") == "on" and request.user.may("reviewer")
        SavedView.objects.update_or_create(account=request.user, name=name, defaults={"query": chosen.query()[:600], "shared": shared})
    return HttpResponseRedirect(f"/?{chosen.query()}")


@needs("reader")
def show_events(request: HttpRequest) -> HttpResponse:
    """The record of the desk, newest first."""
    before = request.GET.get("before", "")
    found = Event.objects.order_by("-n")
    if before.isdecimal() and len(before) < 18:
        found = found.filter(n__lt=int(before))
    if kind := request.GET.get("kind", ""):
        found = found.filter(kind=kind[:20].replace("\0", ""))
    rows = [events.parsed(event) for event in found[:100]]
    return render(request, "desk/events.html", {"events": rows, "more": rows[-1]["n"] if len(rows) == 100 else 0, "kind": kind})


@needs("reader")
def show_conflicts(request: HttpRequest) -> HttpResponse:
    """What people decided against each other: about one finding, about one company, in circles of duplicates."""
    every = decisions()
    found = company_conflicts(decided_table(), every)
    numbers = {d.n: d for d in every}
    shown = [{"what": c.what, "ids": c.finding_ids, "decisions": [numbers[n] for n in c.decisions]} for c in found]
    return render(request, "desk/conflicts.html", {"conflicts": shown})
