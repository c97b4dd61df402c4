"""What every page shows around its matter: the case, the account, how much of the queue people have seen."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from custodes.review.site.loading import tallies
from custodes.review.standing import OPEN


def coverage() -> dict[str, int]:
    """How much of the queue people have really seen. ``seen``: opened by somebody with the evidence that stands; ``decided``: not open any more."""
    counts = tallies()
    by_state = {name.removeprefix("state:"): count for name, count in counts.items() if name.startswith("state:")}
    total = sum(count for state, count in by_state.items() if state != "gone")
    opened = sum(by_state.get(state, 0) for state in OPEN)
    return {
        "total": total, "open": opened, "decided": total - opened, "seen": counts["seen"], "stale": by_state.get("stale", 0),
        "waiting": by_state.get("waiting", 0), "percent": 100 * counts["seen"] // total if total else 0,
    }  # fmt: skip


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """For every template."""
    account = getattr(request, "user", None)
    signed_in = account is not None and account.is_authenticated
    found: dict[str, Any] = {"case_title": settings.DESK.title, "languages": settings.LANGUAGES, "signed_in": signed_in}
    if account is not None and signed_in:
        found |= {"coverage": coverage(), **{f"may_{role}": account.may(role) for role in ("reviewer", "approver", "admin")}}
    return found
