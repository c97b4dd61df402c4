"""Answers of bodies in tables of other people: a WhatDoTheyKnow project export, or a table with headers in plain words. CSV.

The project export of Alaveteli (the software of WhatDoTheyKnow) has seven columns of its own (``request_url, request_title, public_body_name,
request_owner, latest_status_contributor, status, dataset_contributor``) and then one per question that volunteers read out of the answers. Its names of
people are ignored. See ``docs/readers/answers_tables.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from custodes.records import rowstream
from custodes.records.answers_foi import COLUMNS as OWN
from custodes.records.answers_words import STATES, sections_of, state_of
from custodes.records.ocds_text import clean, day
from custodes.records.rowstream import Account
from custodes.values import Origin, key_of

NAME = "answers_tables"
KINDS: tuple[str, ...] = ("ANSWER",)

EXPORT = frozenset(("request_url", "request_title", "public_body_name", "status"))
_HEADERS = {
    "body": "body ; authority ; public authority ; public body ; public_body_name ; organisation ; council ; force ; trust",
    "state": "state ; outcome ; answer ; result ; response type ; disposition",
    "status": "status ; request status",
    "exemption": "exemption ; exemptions ; exemption section ; section ; sections ; refusal reason ; exemption used",
    "makers": "makers ; maker ; make ; makes ; manufacturer ; manufacturers ; brand ; brands",
    "devices": "devices ; cameras ; number of cameras ; number of devices ; camera count",
    "sites": "sites ; locations ; number of sites ; number of locations",
    "asked": "asked ; date asked ; date sent ; date of request ; request date ; sent",
    "answered": "answered ; date answered ; date of response ; response date ; date of reply",
    "about": "about ; question ; request_title ; title ; subject",
    "words": "words ; quote ; quotation ; response text",
    "url": "url ; request_url ; link ; source",
    "reference": "reference ; foi reference ; letter ; letter_id ; our reference",
}
_FIELD = {header: field for field, headers in _HEADERS.items() for header in headers.split(" ; ")}
_PEOPLE = ("request_owner", "latest_status_contributor", "dataset_contributor")
_USES = {**_FIELD, **dict.fromkeys(_PEOPLE, "ignored: the name of a person"), "note": "ignored: a note", "notes": "ignored: notes", "id": "record_key"}

_STATUS = {
    "waiting_response": "asked", "waiting_clarification": "asked", "gone_postal": "asked", "internal_review": "asked",
    "waiting_response_overdue": "no reply", "waiting_response_very_overdue": "no reply",
    "not_held": "not held", "rejected": "refused", "partially_successful": "partial", "successful": "",
}  # fmt: skip
"""Alaveteli's states -> ours. ``successful`` says that an answer came, not what it says."""
_NO_REQUEST = ("user_withdrawn", "error_message", "requires_admin", "attention_requested", "vexatious", "not_foi")
_TELLING = ("exemption", "asked", "answered", "makers", "devices")


def sniff(head: bytes, filename: str) -> bool:
    """The columns of a project export; or a body, a state and something that only a table of answers has. Our own form belongs to ``foi_answers``."""
    names = set(rowstream.header(head))
    if names >= EXPORT:
        return True
    fields = {_FIELD.get(name) for name in names}
    own = {"body", "state"} <= names and len(names & set(OWN)) >= 5
    return not own and {"body", "state"} <= fields and len(fields & set(_TELLING)) >= 2 and not names & {"supplier", "amount", "payee", "vendor"}


def companions(filename: str) -> tuple[str, ...]:
    """None: each file stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """ANSWER rows, then REJECT, LEFT_OUT and COLUMN."""
    account = Account(origin)
    for row in rowstream.rows(streams[0], origin.path):
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not row.cells:
            account.blank()
        else:
            account.saw(row.cells)
            _take(_fields(row.cells), row.cells, row.place, origin, account)
            yield from account.full()
    yield from account.rest(_USES)


def _fields(cells: Mapping[str, Any]) -> dict[str, str]:
    """Our field -> its cell; of several columns for one field the first that is filled."""
    found: dict[str, str] = {}
    for name, cell in cells.items():
        field = _FIELD.get(name)
        value = clean(str(cell)) if field and cell is not None else ""
        if field and value and not found.get(field):
            found[field] = value
    return found


def _take(fields: Mapping[str, str], cells: Mapping[str, Any], place: str, origin: Origin, account: Account) -> None:
    status = re.sub(r"\W+", "_", fields.get("status", "").casefold())
    if status in _NO_REQUEST:
        account.leave_out(f"a request that is none any more ({status.replace('_', ' ')})")
        return
    body = origin.entry.body or fields.get("body", "") or origin.folder_body
    state, fault = _state(fields, status)
    answer = _answer(fields, body, state)
    wrong = next((name for name in ("devices", "sites") if isinstance(answer[name], str)), "")
    if not body:
        account.reject(place, "body", "no body: write whose answer it is")
    elif fault:
        account.reject(place, "state", fault)
    elif wrong:
        account.reject(place, wrong, f"not a count: {answer[wrong][:40]!r}; write a whole number or leave it empty")
    else:
        own = clean(str(cells.get("id") or "")) or answer["url"] or answer["reference"]
        parts = [own, answer["answered"]] if own else ["", answer["about"].casefold(), answer["asked"], answer["answered"], *sorted(answer["makers"])]
        account.add("ANSWER", place, {**answer, "record_key": key_of("answer", body.casefold(), *parts)})


def _state(fields: Mapping[str, str], status: str) -> tuple[str, str]:
    """(state, what is wrong). What people read out of the answer goes before the status of the request."""
    said = fields.get("state", "")
    state = state_of(said)
    if said and not state:
        return "", f"unknown state {said[:40]!r}; write one of: {', '.join(STATES)}"
    if state:
        return state, ""
    if not status:
        return "", f"no state; write one of: {', '.join(STATES)}"
    if status not in _STATUS:
        return "", f"unknown status {status[:40]!r}; write the state into a column `state`: {', '.join(STATES)}"
    if status == "successful":
        return "", "an answer came (successful), but no column says what: add a column `state` with present, absent or another state"
    return _STATUS[status], ""


def _answer(fields: Mapping[str, str], body: str, state: str) -> dict[str, Any]:
    exemption = fields.get("exemption", "")
    return {
        "body": body, "about": fields.get("about", ""), "asked": day(fields.get("asked", "")), "answered": day(fields.get("answered", "")), "state": state,
        "exemption": sections_of(exemption) or exemption or sections_of(fields.get("state", "")), "makers": _list(fields.get("makers", "")),
        "devices": _count(fields.get("devices", "")), "sites": _count(fields.get("sites", "")), "words": fields.get("words", ""),
        "url": fields.get("url", ""), "grade": "reported", "reference": fields.get("reference", ""),
    }  # fmt: skip


def _list(cell: str) -> list[str]:
    if cell.startswith("["):
        try:
            value = orjson.loads(cell)
        except ValueError:
            value = [cell]
        return [clean(str(part)) for part in value if part] if isinstance(value, list) else [cell]
    return [part for part in (clean(part) for part in re.split(r"[;,]", cell)) if part]


def _count(cell: str) -> int | str | None:
    bare = cell.replace(",", "").removesuffix(".0")
    return None if not bare else int(bare) if bare.isascii() and bare.isdecimal() and len(bare) < 12 else cell
