"""The timetable in forms that others know already: a calendar (RFC 5545), OCDS milestones, a status update, a line report, an answer. Text and mappings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from custodes.publication import timetable_words as words
from custodes.publication.rows import Row, shown, stream
from custodes.publication.view import View
from custodes.values.removal import CAUSES

# ---- iCalendar (RFC 5545) ------------------------------------------------------------------------------------------------------------------------


def calendar(view: View, t: Row) -> str:
    """One all-day event per site and planned month, per deadline, per review of what is kept back, and for the next report. CRLF, folded at 75 octets.
    Empty when there is no such day: a calendar must hold something."""
    stamp = _stamp(view.now)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//custodes//timetable//EN", "CALSCALE:GREGORIAN", f"X-WR-CALNAME:{_escaped(view.title)}"]
    for uid, start, end, summary, text in _events(view, t):
        name = hashlib.sha256(f"{uid}".encode("utf-8", "surrogatepass")).hexdigest()[:24]
        lines += ["BEGIN:VEVENT", f"UID:{name}@custodes", f"DTSTAMP:{stamp}", f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"DTEND;VALUE=DATE:{end:%Y%m%d}"]
        lines += [f"SUMMARY:{_escaped(summary)}", *([f"DESCRIPTION:{_escaped(text)}"] if text else []), "TRANSP:TRANSPARENT", "END:VEVENT"]
    if "BEGIN:VEVENT" not in lines:
        return ""
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line))


def _events(view: View, t: Row) -> Iterator[tuple[str, date, date, str, str]]:
    mark = "DRAFT: " if view.draft else ""
    for s in t["sites"]:
        where = ", ".join(part for part in (s["body"], s["address"] or s["area"]) if part)
        if s["plan_month"] and (s["remaining"] or s["remaining"] is None):
            first, after = _month(s["plan_month"])
            count = f"{s['remaining']:,} devices left" if s["remaining"] is not None else "number of devices kept back"
            yield f"plan {s['site_id']}", first, after, f"{mark}Removal: {s['site_id']}", f"{where}. {count}."
        if s["deadline"] and (s["remaining"] or s["remaining"] is None):
            last = _last(s["deadline"])
            yield f"deadline {s['site_id']}", last, date.fromordinal(last.toordinal() + 1), f"{mark}Deadline: {s['site_id']}", where
    for n, rule in enumerate(t["withheld"]):
        last = _last(rule["review"])
        yield f"review {n} {rule['exemption']}", last, date.fromordinal(last.toordinal() + 1), f"{mark}Review what is kept back under {rule['exemption']}", f"Decided by {rule['decided_by']}."
    if t["settings"]["next_report"]:
        last = _last(t["settings"]["next_report"])
        yield "next report", last, date.fromordinal(last.toordinal() + 1), f"{mark}Next report on the removal is due", t["settings"]["responsible"]


def _month(text: str) -> tuple[date, date]:
    year, month = int(text[:4]), int(text[5:7])
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def _last(text: str) -> date:
    """The last day that a day, month or year can mean."""
    if len(text) == 10:
        return date.fromisoformat(text)
    return date(int(text), 12, 31) if len(text) == 4 else date.fromordinal(_month(text)[1].toordinal() - 1)


def _stamp(now: str) -> str:
    digits = "".join(c for c in now if c.isdigit())
    return f"{digits[:8]}T{digits[8:14].ljust(6, '0')}Z"


def _escaped(text: str) -> str:
    plain = " ".join(shown(text).split("\r"))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """A content line in parts of at most 75 octets; a part after the first begins with a blank; no character is cut."""
    part, size = "", 0
    for sign in line:
        wide = len(sign.encode())
        if size + wide > 75:
            yield part
            part, size = " ", 1
        part, size = part + sign, size + wide
    yield part


# ---- OCDS milestones -----------------------------------------------------------------------------------------------------------------------------

PREFIX = "ocds-213czf"
"""The prefix that the standard keeps for examples. A publisher puts its registered one in its place."""


def ocds(view: View, t: Row) -> dict[str, Any]:
    """A release package (OCDS 1.1): per body one planning release whose milestones are its sites; status met, scheduled, notMet or partiallyMet."""
    bodies: dict[str, list[Row]] = {}
    for s in t["sites"]:
        if s["status"] != "nothing in scope":
            bodies.setdefault(s["body"], []).append(s)
    moment = f"{view.now[:10]}T00:00:00Z"
    publisher = t["settings"]["responsible"] or view.title
    releases = [_release(name, rows, t, moment) for name, rows in sorted(bodies.items())]
    package = {"uri": "https://example.org/timetable/ocds.json", "version": "1.1", "publishedDate": moment, "publisher": {"name": publisher}, "releases": releases}
    return {**package, "extensions": []}


def _release(body: str, rows: Iterable[Row], t: Row, moment: str) -> dict[str, Any]:
    name = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    buyer = {"id": name, "name": body or "body not stated"}
    return {
        "ocid": f"{PREFIX}-removal-{name}", "id": f"{name}-{t['as_of']}", "date": moment, "tag": ["planning"], "initiationType": "tender", "language": "en",
        "parties": [{**buyer, "roles": ["buyer"]}], "buyer": buyer,
        "planning": {"rationale": t["settings"]["commitment"] or "Removal of surveillance equipment.", "milestones": [_milestone(s, t, moment) for s in rows]},
    }  # fmt: skip


def _milestone(s: Row, t: Row, moment: str) -> dict[str, Any]:
    done = s["status"] in ("removed", "replaced", "disposed")
    due = s["plan_month"] or s["due"]
    overdue = bool(due) and _last(due).isoformat() < t["as_of"]
    status = "met" if done else "partiallyMet" if s["removed"] else "notMet" if overdue else "scheduled"
    found: dict[str, Any] = {"id": s["site_id"], "title": f"All devices in scope removed: {s['site_id']}", "type": "delivery", "status": status, "dateModified": moment}
    if s["removed"] is not None and s["devices"] is not None:
        found["description"] = f"{s['removed']} of {s['devices']} devices removed, {s['disposed']} disposed of."
    if due:
        found["dueDate"] = f"{_last(due).isoformat()}T23:59:59Z"
    if s["removed_on"]:
        found["dateMet"] = f"{_last(s['removed_on']).isoformat()}T23:59:59Z"
    return found


# ---- status update, line report, answer ------------------------------------------------------------------------------------------------------------


def status_update(view: View, t: Row) -> str:
    """A status update with the headings of the American reimbursement programme (every 90 days). What only an officer can certify is left open."""
    totals = t["totals"]
    challenges = [f"- {words_of(c['cause'])}: {c['sites']:,} sites, {c['days']:,} days behind the frozen plan" for c in t["causes"]] or ["- none stated"]
    waiting = sum(1 for s in t["sites"] if s["asked_until"])
    extended = sum(s["extensions"] or 0 for s in t["sites"])
    waived = sum(1 for s in t["sites"] if s["waived_until"])
    missed = sum(1 for s in t["sites"] if s["missed_days"])
    parts = [
        ("STATUS UPDATE ON REMOVAL, REPLACEMENT AND DISPOSAL", f"As of {t['as_of']}" + (". DRAFT, not for publication." if view.draft else "")),
        ("1. Recipient", t["settings"]["prepared_by"] or t["settings"]["responsible"] or "[to be filled in]"),
        ("2. Efforts undertaken", "\n".join((
            f"Removed: {words.of(totals['removed'], totals['devices'], 'devices')}.", f"Replaced: {words.of(totals['replaced'], totals['devices'], 'devices')}.",
            f"Disposed of: {words.of(totals['disposed'], totals['devices'], 'devices')}, {words.number(totals['certified'])} with a certificate.",
            f"Sites clear: {words.of(totals['sites_done'], totals['sites_in_scope'], 'sites')}. Sites isolated: {words.number(totals['sites_isolated'])}.",
        ))),
        ("3. Challenges encountered", "\n".join(challenges)),
        ("4. Availability of replacement equipment", "[to be filled in]"),
        ("5. Extensions and waivers", f"{extended:,} extensions granted, {waiting:,} asked and open, {waived:,} sites waived."),
        ("6. Compliance with the submitted timeline", "\n".join(f"{what}: {when}" for what, when in [*words.ends(t), ("deadlines missed", f"{missed:,} of {len(t['sites']):,} sites shown")])),
        ("7. Spending", f"To date, as far as reported: {words.sums(totals['spent'])}. To come: {words.ranges(totals['to_come'])}."),
        ("8. Certification", "[name of office, date: to be certified by an officer; nothing here is certified]"),
    ]  # fmt: skip
    return "\n\n".join(f"{head}\n{text}" for head, text in parts) + "\n"


def words_of(cause: str) -> str:
    """A cause in words; none was stated when it is empty."""
    return CAUSES.get(cause, cause or "no cause stated")


FAR_COLUMNS = (
    "contract_number", "order_numbers", "supplier_name", "supplier_uei", "supplier_cage", "brand", "model_number", "item_description", "mitigation", "basis", "reference",
)  # fmt: skip
"""The line of FAR 52.204-25(d)(2)(i), in its words; then on what the line rests and where to find it."""


def far_lines(view: View, t: Row) -> list[dict[str, str]]:
    """A line per named finding about equipment, and per site whose maker is on record. Empty cell: not known to us. For a draft only: it names companies.

    This identifies equipment; it says nothing about whether anybody keeps the rule.
    """
    blank = dict.fromkeys(FAR_COLUMNS, "")
    found = []
    for row in stream(view.parts["named"]):
        if row["equipment"] == "other" or row["record_kind"] not in ("PURCHASE", "DEVICE"):
            continue
        found.append(
            {
                **blank, "contract_number": row["ocid"] or row["transaction"], "supplier_name": row["supplier"], "brand": view.short.get(row["maker_id"], row["maker_id"]),
                "item_description": row["description"], "mitigation": _mitigation([s for s in t["sites"] if s["body"] == row["body"]]), "basis": f"finding, {row['verdict'] or 'not decided'}",
                "reference": row["finding_id"],
            }
        )  # fmt: skip
    for s in t["sites"]:
        for maker, devices in s["makers"].items() if s["devices"] else ():
            item = f"{devices} devices at {s['site_id']} ({s['body']})"
            found.append({**blank, "brand": view.short.get(maker, maker), "item_description": item, "mitigation": _mitigation([s]), "basis": "site of the plan", "reference": s["site_id"]})
    return found


def _mitigation(sites: Iterable[Row]) -> str:
    """What was done and is planned at these sites."""
    said = []
    for s in sites:
        done = [f"isolated {s['isolated_on']}"] if s["isolated_on"] else []
        done += [f"{s['removed']} of {s['devices']} removed"] if s["removed"] else []
        done += [f"planned for {s['plan_month']}"] if s["plan_month"] and s["remaining"] else []
        said += [f"{s['site_id']}: {', '.join(done)}"] if done else []
    return "; ".join(said)


def written_answer(view: View, t: Row) -> str:
    """The answer with its annex of sites: which sites, how many cameras, cost to date, cost to come."""
    lines = ["ANSWER TO A WRITTEN QUESTION" + (" (DRAFT)" if view.draft else ""), "", *words.answer(t), "", f"Annex: {len(t['sites']):,} sites", ""]
    for s in t["sites"]:
        place = ", ".join(part for part in (s["body"], s["address"] or s["area"]) if part)
        lines.append(f"{s['site_id']} ({place}): {words.number(s['devices'])} devices, {words.number(s['removed'])} removed, {words.STATUS[s['status']]}, planned {s['plan_month'] or 'no month'}")
    return "\n".join(shown(line) for line in lines) + "\n"


def question_text(questions: Iterable[Row]) -> str:
    """Drafted questions, one under the other, each with what it asks about and what it cites."""
    return "".join(f"{q['text']}\n  [{q['why']}; cites {', '.join(q['cites'])}; {q['citation']}]\n\n" for q in questions)


def bars(t: Row, most: int = 60) -> list[dict[str, Any]]:
    """Rows for the chart of bars: a row per site, or, when there are more than ``most``, per region (else per body, of which the largest)."""
    sites = [s for s in t["sites"] if s["baseline_month"] or s["plan_month"]]
    if len(sites) <= most:
        return [_bar(s["site_id"], [s]) for s in sites if s["devices"] != 0]
    key = "region" if len({s["region"] for s in sites}) > 1 else "body"
    groups: dict[str, list[Row]] = {}
    for s in sites:
        groups.setdefault(s[key], []).append(s)
    largest = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0] or f"{key} not stated"))[:most]
    return sorted((_bar(name or f"{key} not stated", rows, unnamed=not name) for name, rows in largest), key=lambda row: row["name"])


def _bar(name: str, rows: Iterable[Row], unnamed: bool = False) -> dict[str, Any]:
    rows = list(rows)
    found: dict[str, Any] = {"name": name, "unnamed": unnamed}
    for key, column in (("base", "baseline_month"), ("plan", "plan_month")):
        months = [s[column] for s in rows if s[column]]
        found |= {f"{key}_from": min(months, default=""), f"{key}_to": max(months, default="")}
    counts = [(s["devices"], s["removed"]) for s in rows]
    whole = all(n is not None for pair in counts for n in pair)
    return {**found, "devices": sum(n for n, _ in counts) if whole else None, "removed": sum(n for _, n in counts) if whole else None}


