"""Answers about equipment: freedom-of-information answers and suppliers' attestations, as JSON lines or CSV.

Two forms are read. Ours, as it is written into a case's ``inbox/``: the columns :data:`COLUMNS`. And collected answers as facts with a short
quotation (``body``, ``kind``, ``quote``, ``facts``). A state that is not one of the nine is refused, never guessed; a parliamentary answer
that is not about equipment the body has is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from custodes.records import json_rows, rowstream
from custodes.records.answers_words import STATES
from custodes.records.jsontext import text_of
from custodes.records.ocds_mend import text
from custodes.records.ocds_text import clean, day
from custodes.records.rowstream import Account
from custodes.values import GRADES, Origin, key_of

NAME = "foi_answers"
KINDS: tuple[str, ...] = ("ANSWER",)

COLUMNS = ("body", "about", "asked", "answered", "state", "exemption", "makers", "devices", "sites", "words", "url", "grade", "reference")

_USES = {
    **{name: name for name in COLUMNS}, "id": "record_key", "reference": "reference", "origin": "ignored: where the row was written",
    "quote": "words", "facts": "state, makers, devices, sites, exemption", "received": "asked", "responded": "answered", "published": "answered",
    "kind": "decides whether it is about the body's own equipment", "licence": "ignored: the licence of the quotation", "note": "ignored: a note",
}  # fmt: skip
_SECTION = re.compile(r"\b(FOI(?:S?A)?|EIR)s?\s*(?:reg(?:ulation)?\.?|s(?:ection)?\.?)\s*(\d+[A-Z]?(?:\(\d+\))*)", re.I)


def sniff(head: bytes, filename: str) -> bool:
    """Columns (CSV) or members (JSON) of one of the two forms."""
    start = text_of(head).lstrip("\ufeff \r\n\t")
    if start[:1] in ("{", "["):
        names = set(re.findall(r'"(\w+)"\s*:', start[:16_384]))
        return {"body", "facts", "quote"} <= names or ({"body", "state"} <= names and len(names & set(COLUMNS)) >= 5)
    first = {cell.strip().strip('"').casefold() for cell in re.split(r"[,;\t]", start.partition("\n")[0])}
    return {"body", "state"} <= first and len(first & set(COLUMNS)) >= 5


def companions(filename: str) -> tuple[str, ...]:
    """None: each file stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """ANSWER rows, then REJECT, LEFT_OUT and COLUMN. See ``docs/readers/foi_answers.md``."""
    account = Account(origin)
    for place, row in _rows(streams[0], origin.path):
        if isinstance(row, str):
            account.reject(place, "", row)
        elif not row:
            account.blank()
        else:
            account.saw(row)
            _take(_own(row) if "facts" not in row else _collected(row), row, place, origin, account)
            yield from account.full()
    yield from account.rest(_USES)


def _rows(stream: BinaryIO, where: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    stream.seek(0)
    first = text_of(stream.read(256)).lstrip("\ufeff \r\n\t")[:1]
    stream.seek(0)
    if first in ("{", "["):
        yield from json_rows.rows(stream, where)
    else:
        for row in rowstream.rows(stream, where):
            yield row.place, row.fault or row.cells


def _take(answer: dict[str, Any], row: Mapping[str, Any], place: str, origin: Origin, account: Account) -> None:
    """Check an answer and add it."""
    if answer["state"] == "about no holding":
        account.leave_out("an answer that is not about equipment the body has")
        return
    answer["body"] = origin.entry.body or answer["body"] or origin.folder_body
    fault = _fault(answer)
    if fault:
        account.reject(place, *fault)
        return
    own_id, number = _text(row, "id"), _text(row, "reference")
    # a request may be answered twice (the second time after a review), so its number alone does not tell an answer
    content = ["", answer["about"].casefold(), answer["asked"], answer["answered"], *sorted(answer["makers"]), answer["url"]]
    parts = [own_id] if own_id else [number, answer["answered"]] if number else content
    account.add("ANSWER", place, {**answer, "record_key": key_of("answer", answer["body"].casefold(), *parts)})


def _fault(answer: Mapping[str, Any]) -> tuple[str, str] | None:
    """Column and reason when an answer cannot stand."""
    if not answer["body"]:
        return "body", "no body: write whose answer it is"
    if answer["state"] not in STATES:
        said = answer["state"]
        return "state", f"unknown state {said!r}; write one of: {', '.join(STATES)}" if said else f"no state; write one of: {', '.join(STATES)}"
    if answer["grade"] not in GRADES:
        return "grade", f"unknown grade {answer['grade']!r}; write one of: {', '.join(GRADES)}"
    for column in ("devices", "sites"):
        if isinstance(answer[column], str):
            return column, f"not a count: {answer[column][:40]!r}; write a whole number or leave it empty"
    return None


def _own(row: Mapping[str, Any]) -> dict[str, Any]:
    """Our own form. Dates are ISO; lists a JSON array, or names separated by ``;``."""
    answer: dict[str, Any] = {name: _text(row, name) for name in COLUMNS}
    answer["state"] = " ".join(answer["state"].casefold().replace("_", " ").split())
    answer["makers"] = _list(row.get("makers"))
    answer["grade"] = answer["grade"].casefold() or "reported"
    for column in ("devices", "sites"):
        answer[column] = _count(answer[column])
    for column in ("asked", "answered"):
        answer[column] = day(answer[column])
    return answer


def _collected(row: Mapping[str, Any]) -> dict[str, Any]:
    """A collected answer: facts with a quotation."""
    facts = row["facts"] if isinstance(row["facts"], dict) else {}
    outcome = _text(facts, "outcome")
    return {
        "body": _text(row, "body"), "about": " | ".join(_makers(facts)), "asked": day(_text(row, "received") or _text(row, "asked")),
        "answered": day(_text(row, "responded") or _text(row, "published")), "state": _state(row, facts, outcome.casefold()),
        "exemption": " ; ".join(f"{law.upper()} s.{section}" for law, section in dict.fromkeys(_SECTION.findall(outcome))),
        "makers": _makers(facts), "devices": _devices(facts), "sites": _sites(facts), "words": _text(row, "quote"), "url": _text(row, "url"),
        "grade": "reported", "reference": _text(row, "reference"),
    }  # fmt: skip


def _state(row: Mapping[str, Any], facts: Mapping[str, Any], outcome: str) -> str:
    """What the facts say. ``in_use`` settles it; else the outcome in words; an answer that speaks of neither is about no holding."""
    if isinstance(facts.get("in_use"), bool):
        return "present" if facts["in_use"] else "absent"
    words = (
        ("neither confirm", "neither confirm nor deny"), ("not held", "not held"), ("refus", "refused"), ("exempt", "refused"),
        ("excessive cost", "refused"), ("partial", "partial"), ("no reply", "no reply"), ("superseded", "superseded"),
    )  # fmt: skip
    found = next((state for word, state in words if word in outcome), "")
    if not found and (outcome or "parliament" not in _text(row, "kind").casefold()):
        return outcome
    return found or "about no holding"


def _makers(facts: Mapping[str, Any]) -> list[str]:
    return _list(facts.get("makers") or facts.get("maker"))


def _devices(facts: Mapping[str, Any]) -> int | str | None:
    """The total, else the sum of the kinds of cameras. A count over all makers is not a count of this maker's."""
    if facts.get("cameras_total") is not None:
        return _count(_text(facts, "cameras_total"))
    kinds = [value for name, value in facts.items() if re.fullmatch(r"(?:cameras|devices)_(?!total)\w+", name) and isinstance(value, int)]
    return sum(kinds) if kinds else None


def _sites(facts: Mapping[str, Any]) -> int | str | None:
    """The total, else the sum of the counts in the list of sites (an entry without a count is one site)."""
    if facts.get("sites_total") is not None:
        return _count(_text(facts, "sites_total"))
    sites = [site for site in facts.get("sites") or [] if isinstance(site, dict)]
    counts = [site.get("count", site.get("sites", 1)) for site in sites]
    return sum(count for count in counts if isinstance(count, int)) if counts else None


def _list(value: Any) -> list[str]:
    """A list of names from a list, a JSON array in a cell, or a cell with ``;`` between names."""
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = orjson.loads(value)
        except ValueError:
            value = [value]
    parts = value if isinstance(value, list) else clean(text(value)).split(";")
    return [name for name in (clean(text(part)) for part in parts) if name]


def _count(cell: str) -> int | str | None:
    """A whole number, None for an empty cell, or the cell itself when it is neither."""
    bare = cell.replace(",", "").removesuffix(".0")
    return None if not bare else int(bare) if bare.isascii() and bare.isdecimal() and len(bare) < 12 else cell


def _text(row: Mapping[str, Any], name: str) -> str:
    return clean(text(row.get(name)))
