"""The queue: filters, the order, and pages by key instead of by number, so that page 20,000 opens as fast as the first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Q, QuerySet

from custodes.review.site.loading import plain
from custodes.review.site.models import Account, Finding
from custodes.review.standing import SHOWS, STATES

PAGE = 50
_CURSOR = re.compile(r"(\d{1,9})\.([0-9a-f]{20})")
_ID = re.compile(r"[0-9a-f]{4,20}")


@dataclass(frozen=True, slots=True)
class Filter:
    """A queue as its address says it; empty means no limit. ``q``: how the supplier's name begins, or the beginning of a finding id."""

    show: str = "open"
    kind: str = ""
    band: str = ""
    maker: str = ""
    body: str = ""
    equipment: str = ""
    q: str = ""

    def query(self, **more: str) -> str:
        """The filter as a query string, defaults left out."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return urlencode({**said, **{k: v for k, v in more.items() if v}})

    def but(self, **changes: str) -> Filter:
        """The same filter with other values."""
        return replace(self, **changes)


def from_query(query: Mapping[str, str]) -> Filter:
    """The filter of a request; what is not a filter is passed over, a ``show`` that does not exist shows what is open."""
    values = {f.name: query.get(f.name, "")[:300].replace("\0", "") for f in fields(Filter)}
    return Filter(**{**values, "show": values["show"] if values["show"] in SHOWS else "open"})


def wanted(chosen: Filter, account: Account) -> QuerySet[Finding]:
    """The findings of a filter, in the order of the queue."""
    found = Finding.objects.order_by("rank", "finding_id")
    if chosen.show == "open":
        found = found.filter(open=1)
    elif chosen.show in STATES:
        found = found.filter(state=chosen.show)
    elif chosen.show == "decided":
        found = found.filter(open=0).exclude(state="gone")
    elif chosen.show == "conflict":
        found = found.filter(conflict=1)
    elif chosen.show == "mine":
        found = found.filter(assignee=account)
    for column, value in (("kind", chosen.kind), ("band", chosen.band), ("maker_id", chosen.maker), ("body", chosen.body), ("equipment", chosen.equipment)):
        if value:
            found = found.filter(**{column: value})
    return found.filter(_search(chosen.q)) if chosen.q.strip() else found


def _search(text: str) -> Q:
    key = plain(text)[:60]
    # SQLite compares by bytes and can use the index for a range; PostgreSQL compares by language and has an index for beginnings
    found = Q(supplier_key__startswith=key) if connection.vendor == "postgresql" else Q(supplier_key__gte=key, supplier_key__lt=key + "\U0010ffff")
    return found | Q(finding_id__startswith=key) if _ID.fullmatch(key) else found


def page(chosen: Filter, account: Account, after: str = "", size: int = PAGE) -> tuple[list[Finding], str]:
    """(findings, the cursor of the next page or '')."""
    found = wanted(chosen, account).select_related("assignee")
    if match := _CURSOR.fullmatch(after):
        found = found.filter(behind(int(match[1]), match[2]))
    rows = list(found[: size + 1])
    return rows[:size], cursor(rows[size - 1]) if len(rows) > size else ""


def behind(rank: int, finding_id: str) -> Q:
    """Everything after this place of the queue. The first half lets the database start at the right place of its index."""
    return Q(rank__gte=rank) & (Q(rank__gt=rank) | Q(finding_id__gt=finding_id))


def cursor(finding: Finding) -> str:
    """The place of a finding in the queue."""
    return f"{finding.rank}.{finding.finding_id}"


def neighbour(chosen: Filter, account: Account, finding: Finding, back: bool = False) -> str:
    """The id of the next (or the one before) finding of a queue; '' at its end."""
    found = wanted(chosen, account)
    if back:
        before = Q(rank__lte=finding.rank) & (Q(rank__lt=finding.rank) | Q(finding_id__lt=finding.finding_id))
        found = found.filter(before).order_by("-rank", "-finding_id")
    else:
        found = found.filter(behind(finding.rank, finding.finding_id))
    first = found.values_list("finding_id", flat=True).first()
    return str(first or "")


def count(chosen: Filter, account: Account, most: int = 1_000) -> int:
    """How many findings a filter has, counted up to ``most`` + 1."""
    return int(wanted(chosen, account).order_by()[: most + 1].count())
