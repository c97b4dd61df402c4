"""The OpenAPI 3 description of the API. ``docs/api/openapi.json`` is this, written out; a test holds them together."""

from __future__ import annotations

from typing import Any

from custodes.review.standing import SHOWS
from custodes.review.words import REASONS
from custodes.values import BANDS, FINDING_KINDS
from custodes.values.decision import VERDICTS

Json = dict[str, Any]
_TEXT: Json = {"type": "string"}
_ID: Json = {"type": "string", "pattern": "^[0-9a-f]{20}$"}
_HASH: Json = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_NUMBER: Json = {"type": "integer", "minimum": 0, "maximum": (1 << 62) - 1}
_NOTE: Json = {"type": "string", "maxLength": 10_000, "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"}
_OTHER: Json = {**_NOTE, "pattern": r"^[^\u0000]*\b[0-9a-f]{20}\b[^\u0000]*$", "description": "Names the id of the other finding."}
_ONCE: Json = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,60}$", "description": "A key of your own: the same request sent twice is one event."}

_PLAIN: Json = {"type": "string", "maxLength": 300, "pattern": r"^[^\u0000]*$"}
_FILTERS: dict[str, Json] = {
    "show": {"type": "string", "enum": list(SHOWS), "default": "open"},
    "kind": {**_PLAIN, "description": f"One of {', '.join(FINDING_KINDS)}."},
    "band": {**_PLAIN, "description": f"One of {', '.join(BANDS)}."},
    "maker": _PLAIN,
    "body": _PLAIN,
    "equipment": _PLAIN,
    "q": {**_PLAIN, "description": "How the supplier's name begins, or the beginning of a finding id."},
    "after": {"type": "string", "pattern": r"^[0-9]{1,9}\.[0-9a-f]{20}$", "description": "The cursor `next` of the page before."},
    "size": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50},
}
FILTERS = frozenset(_FILTERS)
"""The parameters of the list of findings."""

_EVENT: Json = {
    "type": "object",
    "required": ["n", "kind", "finding_id", "actor", "at", "body", "prev"],
    "properties": {"n": _NUMBER, "kind": _TEXT, "finding_id": _TEXT, "actor": _TEXT, "at": _TEXT, "body": {"type": "object"}, "prev": _HASH, "hash": _HASH},
}
_SHORT: Json = {
    "type": "object",
    "required": ["finding_id", "kind", "band", "evidence_hash", "state", "changed"],
    "properties": {
        "finding_id": _ID, "kind": _TEXT, "band": _TEXT, "maker_id": _TEXT, "body": _TEXT, "supplier": _TEXT, "description": _TEXT, "date": _TEXT,
        "money": _TEXT, "equipment": _TEXT, "evidence_hash": _HASH, "state": _TEXT, "waiting": _TEXT, "conflict": {"type": "boolean"},
        "seen": {"type": "boolean"}, "changed": _NUMBER,
    },
}  # fmt: skip
_ERROR: Json = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "object", "required": ["code", "what"], "properties": {"code": _TEXT, "what": _TEXT}}},
}
_BAD = {
    "401": "No key, or one that was revoked.", "403": "The account may not do this.", "404": "There is no such finding, or the other finding of a duplicate is not on this desk.",
    "405": "Another method is needed.",
    "409": "The evidence or the decisions have changed since; read the finding again.", "413": "Too long.", "415": "Not JSON.",
    "422": "Something in the request is wrong; `what` says what.", "429": "Too many requests in this minute; see Retry-After.",
}  # fmt: skip


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _answers(good: str, schema: Json, *bad: str) -> Json:
    answers: Json = {good: {"description": "Done.", "content": {"application/json": {"schema": schema}}}}
    for code in ("401", "405", "429", *bad):
        answers[code] = {"description": _BAD[code], "content": {"application/json": {"schema": _ref("Error")}}}
    return dict(sorted(answers.items()))


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


def _closed(required: Json, optional: Json) -> Json:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": {**required, **optional}}


def _decision(verdict: str) -> Json:
    """The body of a decision: each verdict has reasons of its own."""
    reason: Json = {"type": "string", "enum": list(REASONS[verdict]), "description": "; ".join(f"{code}: {words}" for code, words in REASONS[verdict].items())}
    note = _OTHER if verdict == "duplicate" else _NOTE
    required = {"verdict": {"type": "string", "enum": [verdict]}, "reason": reason, "note": note, "evidence_hash": _HASH, "changed": _NUMBER}
    return _closed(required, {"once": _ONCE})


def _input(required: Json, optional: Json) -> Json:
    return {"required": True, "content": {"application/json": {"schema": _closed(required, optional)}}}


_PATH: Json = {"name": "finding_id", "in": "path", "required": True, "schema": _ID}
_WRITES = ("403", "404", "409", "413", "415", "422")

DOCUMENT: Json = {
    "openapi": "3.0.3",
    "info": {
        "title": "custodes review",
        "version": "1.0.0",
        "description": "Read the queue of leads, decide, take back, read the record. Decisions need a reason and a note, and name the evidence they saw.",
        "license": {"name": "Apache-2.0"},
    },
    "servers": [{"url": "/"}],
    "security": [{"key": []}],
    "paths": {
        "/api/v1/findings": {
            "get": {
                "operationId": "listFindings", "summary": "A page of the queue, in the order in which it should be looked at",
                "parameters": [{"name": name, "in": "query", "schema": schema} for name, schema in _FILTERS.items()],
                "responses": _answers("200", _object(findings={"type": "array", "items": _ref("Finding")}, next=_TEXT), "422"),
            }
        },
        "/api/v1/findings/{finding_id}": {
            "get": {
                "operationId": "getFinding", "summary": "One finding with its row and its events", "parameters": [_PATH],
                "responses": _answers("200", {"allOf": [_ref("Finding"), _object(evidence={"type": "object"}, events={"type": "array", "items": _ref("Event")})]}, "404"),
            }
        },
        "/api/v1/findings/{finding_id}/decisions": {
            "post": {
                "operationId": "decide", "summary": "Decide on the evidence that was seen", "parameters": [_PATH],
                "requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": [_decision(verdict) for verdict in VERDICTS]}}}},
                "responses": _answers("201", _ref("Event"), *_WRITES),
            }
        },
        "/api/v1/findings/{finding_id}/undo": {
            "post": {
                "operationId": "undo", "summary": "Take back the newest decision: one's own, or anybody's as approver", "parameters": [_PATH],
                "requestBody": _input({"reason": {"type": "string", "enum": list(REASONS["undo"])}, "note": _NOTE, "changed": _NUMBER}, {"once": _ONCE}),
                "responses": _answers("201", _ref("Event"), *_WRITES),
            }
        },
        "/api/v1/events": {
            "get": {
                "operationId": "listEvents", "summary": "The record, oldest first, with the chain",
                "parameters": [{"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 10**17 - 1, "default": 0}}],
                "responses": _answers("200", _object(events={"type": "array", "items": _ref("Event")}, next={**_NUMBER, "nullable": True}), "422"),
            }
        },
        "/api/v1/counts": {
            "get": {
                "operationId": "getCounts", "summary": "How much is open, decided and seen",
                "responses": _answers("200", _object(**{name: {"type": "integer"} for name in ("total", "open", "decided", "seen", "stale", "waiting", "percent")})),
            }
        },
    },
    "components": {
        "schemas": {"Finding": _SHORT, "Event": _EVENT, "Error": _ERROR},
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key made under 'My settings' on the site."}},
    },
}  # fmt: skip
