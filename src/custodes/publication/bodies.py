"""In which of six states is each body? "Nothing found" is never shown as "has none"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from custodes.publication.rows import Row, confirmed, layer, project, stream, texts
from custodes.publication.wording import STATES
from custodes.values import NAMED_KINDS

CONFIRMED, ABSENT, OTHERWISE, ASKED, READ, UNSEEN = STATES
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_UNANSWERED = ("", "asked", "no reply")
_NEEDED = ("finding_id", "body", "kind", "record_kind", "record_key", "band", "publish", "grade", "verdict", "stale", "equipment", "maker_id")
_BODY = ("body", "code", "body_kind", "valid_from", "valid_to", "predecessor", "successor", "information_law", "request_address", "citation")


def body_states(
    bodies: pa.Table | Iterable[Row],
    months: Mapping[str, Mapping[str, int]],
    answers: pa.Table | Iterable[Row],
    findings: pa.Table | Iterable[Row],
    periods: Mapping[str, str] | None = None,
) -> tuple[Row, ...]:
    """One mapping per body, sorted by name: every BODY row and every body that records, answers or findings name.

    ``months``: body -> {month ``2016-03``: rows read}; a key that is no month counts as rows without a date.
    ``periods``: body -> ``2016-01/2016-12``, the period its entries in case.toml name; it widens the months expected.

    Keys: the text columns of BODY and ``names``; ``state`` (a key of ``wording.STATES``), ``basis`` (finding / answer / records / ""),
    ``state_without_findings``, ``note``; ``named_lead`` (bool), ``named_leads``, ``other_equipment_leads``, ``questions`` (counts);
    ``months`` (month -> rows), ``undated_rows``, ``rows``, ``months_read``, ``months_expected``, ``missing_months``, ``period`` (first/last);
    ``answers`` (list of: asked, answered, state, about, makers, devices, sites, exemption, words, url, record_key, origin_file, origin_at,
    origin_sha256); ``makers`` (ids or names confirmed present).
    """
    known = {str(row["body"]): row for row in stream(bodies)}
    said = _by_body(stream(answers))
    found = _by_body(row for row in project(findings, *_NEEDED) if row.get("publish") != "no")
    names = {*known, *months, *said, *found, *(periods or {})} - {""}
    return tuple(
        _body(name, known.get(name, {}), months.get(name, {}), said.get(name, []), found.get(name, []), (periods or {}).get(name, ""))
        for name in sorted(names)
    )


def _by_body(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(str(row.get("body") or ""), []).append(row)
    return grouped


def _body(name: str, row: Row, read: Mapping[str, int], answers: list[Row], findings: list[Row], period: str) -> Row:
    answers = sorted(answers, key=lambda a: (str(a.get("answered") or a.get("asked") or ""), str(a.get("record_key") or "")))
    present = [f for f in findings if shows_presence(f)]
    without, words = _state(answers, findings, read)
    state = CONFIRMED if present else without
    return {
        **{key: str(row.get(key) or "") for key in _BODY},
        "body": name,
        "names": list(texts(row.get("names"))),
        "state": state,
        "basis": "finding" if present else _basis(state),
        "state_without_findings": without,
        "note": _note(state, without, words),
        "makers": sorted({str(f.get("maker_id") or "") for f in present} | _present_makers(answers, without) - {""}),
        **_leads(findings, without),
        **_months(read, period),
        "answers": [_answer(a) for a in answers],
    }


def shows_presence(finding: Row) -> bool:
    """A named finding that a person confirmed, and that is not about other equipment (a radio is not surveillance)."""
    return finding["kind"] in NAMED_KINDS and confirmed(finding) and finding.get("equipment") != "other"


def _state(answers: list[Row], findings: list[Row], read: Mapping[str, int]) -> tuple[str, str]:
    """The state by answers and records alone: the newest answer that is neither superseded nor set aside decides."""
    aside = {f.get("record_key") for f in findings if f["kind"] == "body_says_holds" and layer(f) == "rejected"}
    valid = [a for a in answers if a.get("state") != "superseded" and a.get("record_key") not in aside]
    given = [a for a in valid if a.get("state") not in _UNANSWERED or (a.get("state") == "" and a.get("answered"))]
    if given:
        word = str(given[-1].get("state") or "")
        return {"present": CONFIRMED, "absent": ABSENT}.get(word, OTHERWISE), word or "answered without yes or no"
    if valid:
        return ASKED, "no reply on record" if valid[-1].get("state") == "no reply" else ""
    return (READ if read or any(f.get("record_kind") == "PURCHASE" for f in findings) else UNSEEN), ""


def _basis(state: str) -> str:
    return {CONFIRMED: "answer", ABSENT: "answer", OTHERWISE: "answer", ASKED: "answer", READ: "records"}.get(state, "")


def _note(state: str, without: str, words: str) -> str:
    if state == CONFIRMED and without == ABSENT:
        return "The body answered that it holds none; a person confirmed a finding. Both stand here beside each other."
    return f"The answer: {words}." if words and without in (OTHERWISE, ASKED) else ""


def _present_makers(answers: list[Row], without: str) -> set[str]:
    given = [a for a in answers if a.get("state") == "present"]
    return set(texts(given[-1].get("makers"))) if given and without == CONFIRMED else set()


def _leads(findings: list[Row], without: str) -> Row:
    """Counts of what waits for a person. A body's own answer that already counts is no lead beside itself."""
    open_ = [f for f in findings if layer(f) == "named" and not confirmed(f) and not (f["kind"] == "body_says_holds" and without == CONFIRMED)]
    other = sum(f.get("equipment") == "other" for f in open_)
    return {
        "named_lead": bool(open_),
        "named_leads": len(open_),
        "other_equipment_leads": other,
        "questions": sum(layer(f) == "question" for f in findings),
    }


def _months(read: Mapping[str, int], period: str) -> Row:
    """Months read of months expected: from the first to the last month read, widened to the entry's period."""
    dated = {month: int(rows) for month, rows in sorted(read.items()) if _MONTH.fullmatch(month)}
    ends = [*dated, *(part[:7] for part in period.split("/") if _MONTH.fullmatch(part[:7]))]
    expected = _span(min(ends), max(ends)) if ends else []
    return {
        "months": dated,
        "undated_rows": sum(int(rows) for month, rows in read.items() if month not in dated),
        "rows": sum(int(rows) for rows in read.values()),
        "months_read": sum(rows > 0 for rows in dated.values()),
        "months_expected": len(expected),
        "missing_months": [month for month in expected if not dated.get(month)],
        "period": f"{expected[0]}/{expected[-1]}" if expected else "",
    }


def _span(first: str, last: str) -> list[str]:
    start, end = (int(m[:4]) * 12 + int(m[5:]) - 1 for m in (first, last))
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(start, end + 1)]


_ANSWER = ("asked", "answered", "state", "about", "exemption", "words", "url", "grade", "record_key", "origin_file", "origin_at", "origin_sha256")


def _answer(row: Row) -> dict[str, Any]:
    slim: dict[str, Any] = {key: str(row.get(key) or "") for key in _ANSWER}
    return slim | {"makers": list(texts(row.get("makers"))), "devices": row.get("devices"), "sites": row.get("sites")}
