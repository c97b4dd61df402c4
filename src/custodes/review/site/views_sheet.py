"""The queue as a spreadsheet: any view out as XLSX or CSV, decisions back; every row is accounted for and nothing is overwritten in silence."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from custodes.errors import CustodesError
from custodes.review import queue_sheet, sheets, sheets_back
from custodes.review.fold import newest
from custodes.review.site import deciding, handing, queue
from custodes.review.site.access import needs
from custodes.review.site.deciding import Refused, Wish
from custodes.review.site.models import Detail, Finding
from custodes.review.site.tables import decisions

MOST = 20_000
"""Findings in one sheet at most; a sheet is for a part of the queue."""
LARGEST = 32 << 20
_TYPES = {".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".csv": "text/csv; charset=utf-8"}


@needs("reader")
def sheet_out(request: HttpRequest) -> HttpResponse:
    """The view of the address as a file to fill in."""
    suffix = ".csv" if request.GET.get("as") == "csv" else ".xlsx"
    chosen = queue.from_query(request.GET)
    ids = list(queue.wanted(chosen, request.user).values_list("finding_id", flat=True)[:MOST])
    now = settings.DESK.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    about = [("case", settings.DESK.title), ("view", chosen.query() or "everything open"), ("findings", str(len(ids))), ("made", now)]
    data = sheets.export(queue_sheet.QUEUE, _rows(ids), suffix, about, now)
    headers = {"Content-Disposition": f'attachment; filename="queue-{now[:10]}{suffix}"'}
    return HttpResponse(data, content_type=_TYPES[suffix], headers=headers)


def _rows(ids: list[str]) -> Iterator[dict[str, Any]]:
    latest = newest(decisions())
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        states = dict(Finding.objects.filter(pk__in=part).values_list("finding_id", "state"))
        details = {d.finding_id: json.loads(d.data) for d in Detail.objects.filter(pk__in=part)}
        for each in part:
            if each in details:
                yield _row(details[each], states[each], latest.get(each))


def _row(row: dict[str, Any], state: str, standing: Any) -> dict[str, Any]:
    money = f"{row['currency']} {row['amount']}".strip() if row["amount"] is not None else ""
    return {
        **{name: row[name] for name in ("finding_id", "body", "supplier", "description", "date", "transaction", "band", "evidence_hash")},
        "layer": "question" if row["kind"] == "maker_unknown" else row["kind"], "maker": row["maker_id"], "amount": money,
        "why": "; ".join(reason["words"] for reason in row["reasons"]), "against": "; ".join(row["against"]), "listed": row["listed_basis"] or row["listed_on_date"],
        "origin": f"{row['origin_file']}, {row['origin_at']}", "standing": state, "seen": queue_sheet.seen(standing),
    }  # fmt: skip


@needs("reviewer", "GET", "HEAD", "POST")
def sheet_back(request: HttpRequest) -> HttpResponse:
    """Take a filled sheet in: the page says what became of each row."""
    given = request.FILES.get("sheet") if request.method == "POST" else None
    if given is None:
        return render(request, "desk/sheet.html", {"most": MOST})
    if given.size > LARGEST:
        return render(request, "desk/sheet.html", {"most": MOST, "fault": "the file is too large"}, status=422)
    try:
        report, refused = _take(request, str(given.name)[:100], given.read())
    except CustodesError as problem:
        return render(request, "desk/sheet.html", {"most": MOST, "fault": str(problem)}, status=422)
    handing.hand_over()
    return render(request, "desk/sheet.html", {"most": MOST, "report": report, "refused_rows": refused, "taken": len(report.accepted) - len(refused)})


def _take(request: HttpRequest, name: str, data: bytes) -> tuple[queue_sheet.Report, list[tuple[str, str]]]:
    """(the report on all rows, accepted rows that somebody overtook in this very moment)."""
    rows = list(sheets_back.read(io.BytesIO(data), name, queue_sheet.QUEUE))
    ids = {str(row.cells.get("finding_id") or "").strip() for row in rows}
    current = {f.finding_id: f for start in _parts(sorted(ids)) for f in Finding.objects.filter(pk__in=start).exclude(state="gone")}
    standing = {key: f.evidence_hash for key, f in current.items()}
    report = queue_sheet.bring_back(rows, standing, decisions(), name, settings.DESK.now().isoformat())
    wishes = [Wish(e.finding_id, e.verdict, e.reason, e.note, e.evidence_hash, current[e.finding_id].changed, source=e.source) for e in report.accepted]
    done = deciding.decide_each(request.user, wishes)
    return report, [(wish.finding_id, each.what) for wish, each in zip(wishes, done, strict=True) if isinstance(each, Refused)]


def _parts(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]
