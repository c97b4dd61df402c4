"""Findings about purchases as releases of the Open Contracting Data Standard 1.1, with an extension of ours for what was found.

One release per finding, in release packages of at most :data:`PACKAGE` releases, and all of them as JSON lines. The extension (``ocds/extension/``) adds
``findings`` to a release. A payment has no contract in most spending records, and none is invented: it stands as ``findings[].transaction``, a Transaction
of the standard. Amounts keep their kind: an award's value is the award's, a tender's estimate the tender's, a framework ceiling stands in the finding only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from custodes.publication import wording
from custodes.publication.export_base import (
    DRAFT,
    SET_ASIDE,
    Sink,
    Written,
    address,
    bare,
    codes,
    headline,
    json_bytes,
    made_at,
    maker,
    moment,
    name_id,
    name_uuid,
    status,
    status_words,
)
from custodes.publication.rows import Row, layer, shown
from custodes.publication.view import View
from custodes.values import FINDING_KINDS

PACKAGE = 10_000
"""Releases in one package file: packages are read whole by most tools."""
STATUSES = {"confirmed": "A person confirmed it on evidence that still stands.", "lead": "No person has confirmed it: not for publication.", "question": "The record does not name the maker: a question, not an accusation."}
_AWARDS = ("award", "contract", "framework", "framework ceiling", "ceiling")


class OcdsWriter:
    """Writes ``ocds/release-package-0001.json`` and so on, ``ocds/releases.jsonl`` and ``ocds/extension/``."""

    def __init__(self, view: View, folder: Path) -> None:
        self._view, self._folder = view, folder / "ocds"
        self._lines = Sink(self._folder / "releases.jsonl", tail="\n")
        self._package: Sink | None = None
        self._written: list[Written] = []
        self._extension = extension(self._folder / "extension", view)

    def take(self, row: Row) -> str:
        """One release."""
        if row["record_kind"] != "PURCHASE":
            return "not about a purchase: no contracting process"
        if layer(row) == "rejected":
            return SET_ASIDE
        made = json_bytes(release(row, self._view))
        if self._package is not None and self._package.n == PACKAGE:
            self._end()
        if self._package is None:
            self._package = self._begin()
        self._package.put(made)
        self._lines.put(made)
        return ""

    def _begin(self) -> Sink:
        number = len(self._written) + 1
        uri = address(self._view, f"formats/ocds/release-package-{number:04d}.json") or f"urn:uuid:{name_uuid('ocds', self._view.kind, self._view.now, self._view.title, str(number))}"
        told = address(self._view, "formats/ocds/extension/extension.json")
        head = {
            "uri": uri, "version": "1.1", "publishedDate": made_at(self._view), "publisher": {"name": f"{self._view.title} (made with custodes)"},
            **({"extensions": [told]} if told else {}), **({"draft": DRAFT} if self._view.draft else {}),
        }  # fmt: skip
        return Sink(self._folder / f"release-package-{number:04d}.json", json_bytes(head).decode()[:-1] + ',"releases":[\n', "\n]}\n", ",\n")

    def _end(self) -> None:
        assert self._package is not None
        n = self._package.close()
        self._written.append(Written(self._package.path, "application/json", "OCDS 1.1 release package", {"releases": n}))
        self._package = None

    def close(self) -> list[Written]:
        """End the open package (an edition without purchases has none) and the lines."""
        if self._package is not None:
            self._end()
        n = self._lines.close()
        return [*self._written, Written(self._lines.path, "application/jsonl", "OCDS 1.1 releases, one per line", {"releases": n}), *self._extension]


def release(row: Row, view: View) -> dict[str, Any]:
    """The release of one finding about a purchase."""
    parties: dict[str, dict[str, Any]] = {}
    for name, roles in ((row["body"], ["buyer"]), (row["supplier"], ["supplier"]), (maker(row, view) if row["kind"] != "maker_unknown" else "", ["namedMaker"])):
        if name:
            party = parties.setdefault(name, {"id": _party(name), "name": shown(name), "roles": []})
            party["roles"] += roles
    paid = row["amount_kind"] in ("payment", "")
    if paid and row["body"] and row["supplier"]:
        parties[row["body"]]["roles"].append("payer")
        parties[row["supplier"]]["roles"].append("payee")
    tag = "tender" if row["amount_kind"] == "tender" else "contract" if row["amount_kind"] == "contract" else "award" if row["amount_kind"] in _AWARDS else "implementation"
    return bare(
        {
            "ocid": row["ocid"] or f"custodes-{row['record_key']}", "id": row["finding_id"], "date": made_at(view), "tag": [tag], "initiationType": "tender",
            "parties": list(parties.values()), "buyer": _reference(row["body"]), **_process(row), "findings": [finding(row, view)],
        }
    )  # fmt: skip


def _party(name: str) -> str:
    return f"custodes-{name_id(' '.join(name.casefold().split()))}"


def _reference(name: str) -> dict[str, str]:
    return {"id": _party(name), "name": shown(name)} if name else {}


def _value(row: Row) -> dict[str, Any]:
    return bare({"amount": row["amount"], "currency": row["currency"]}) if row["amount"] is not None else {}


def _process(row: Row) -> dict[str, Any]:
    """What the record says of tender, award or contract; nothing for a payment."""
    kind, id, title = row["amount_kind"], str(row["record_key"]), shown(row["description"])
    items = [{"id": str(n), "description": title, "classification": {"scheme": scheme, "id": code}} for n, (scheme, code) in enumerate(codes(row), 1)]
    if kind == "tender":
        return {"tender": bare({"id": id, "title": title, "value": _value(row), "items": items})}
    if kind not in _AWARDS:
        return {}
    suppliers = [_reference(row["supplier"])] if row["supplier"] else []
    award = bare({"id": id, "title": title, "date": moment(row["date"]), "value": _value(row) if kind == "award" else {}, "suppliers": suppliers, "items": items})
    contract = [bare({"id": id, "awardID": id, "title": title, "value": _value(row)})] if kind == "contract" else []
    return {"awards": [award], **({"contracts": contract} if contract else {})}


def finding(row: Row, view: View) -> dict[str, Any]:
    """The finding in the words of the extension."""
    paid = row["amount_kind"] in ("payment", "")
    return bare(
        {
            "id": row["finding_id"], "edition": view.kind, "kind": row["kind"], "statement": headline(row, view), "status": status(row), "statusDetails": status_words(row),
            "namedMaker": _reference(maker(row, view)) if row["kind"] != "maker_unknown" else {}, "band": row["band"], "score": row["score"],
            "equipment": row["equipment"], "grounds": list(row["grounds"]), "listedOnDate": row["listed_on_date"], "listedBasis": row["listed_basis"],
            "listings": list(row["listings"]), "linkPath": list(row["link_path"]), "reasons": [bare(dict(reason)) for reason in row["reasons"]],
            "against": list(row["against"]), "notShown": list(wording.not_shown(row)), "grade": row["grade"],
            "amountKind": row["amount_kind"], "tax": row["tax"], "recordDate": row["date"], "recordDateKind": row["date_kind"],
            "value": _value(row), "transaction": _transaction(row) if paid else {},
            "evidence": bare({"file": shown(row["origin_file"]), "at": row["origin_at"], "sha256": row["origin_sha256"], "recordKey": row["record_key"], "evidenceHash": row["evidence_hash"]}),
        }
    )  # fmt: skip


def _transaction(row: Row) -> dict[str, Any]:
    return bare({"id": row["transaction"] or row["record_key"], "date": moment(row["date"]), "value": _value(row), "payer": _reference(row["body"]), "payee": _reference(row["supplier"])})


# --- the extension ------------------------------------------------------------------------------------------------------------------------------------

_FIELDS: dict[str, tuple[str, Any]] = {
    "id": ("Finding ID: the same on every run, made from what the finding is about.", "string"),
    "edition": ("draft or public: a draft is not for publication.", "string"),
    "kind": ("Kind of finding, from the open findingKind codelist.", ("findingKind.csv", True)),
    "statement": ("The finding in one line.", "string"),
    "status": ("Has a person confirmed it? From the closed findingStatus codelist.", ("findingStatus.csv", False)),
    "statusDetails": ("The decision in words.", "string"),
    "namedMaker": ("The maker that the record names. Not a party to the contract.", "OrganizationReference"),
    "band": ("Strength of the match: strong, possible or weak.", "string"),
    "score": ("Strength of the match, 0 to 1.", "number"),
    "equipment": ("surveillance, other or unknown.", "string"),
    "grounds": ("Grounds of the maker's listings.", ["string"]),
    "listedOnDate": ("Was the maker listed on the record's date: yes, no, unknown.", "string"),
    "listedBasis": ("Which date of the listing met which date of the record.", "string"),
    "listings": ("The listings used.", ["string"]),
    "linkPath": ("Steps from the words of the record to the maker.", ["string"]),
    "reasons": ("Rule, our value, the record's value, in words.", ["FindingReason"]),
    "against": ("What speaks against it.", ["string"]),
    "notShown": ("What the finding does not show.", ["string"]),
    "grade": ("Weakest evidence grade on the path: captured, recorded, reported, lead-only.", "string"),
    "amountKind": ("Kind of the record's amount; kinds are never added to each other.", "string"),
    "tax": ("net or gross.", "string"),
    "recordDate": ("Date of the record, an ISO date or interval.", "string"),
    "recordDateKind": ("Which date of the record it is.", "string"),
    "value": ("The record's amount, of the kind that amountKind names.", "Value"),
    "transaction": ("The payment itself, where the record is a line of spending without a contract.", "Transaction"),
    "evidence": ("Where the record stands in the bytes that are held.", "FindingEvidence"),
}
_REASON = {"rule": "Id of the rule.", "ours": "Our value.", "theirs": "The record's value.", "words": "The reason in words."}
_EVIDENCE = {"file": "Path of the file.", "at": "Place in the file: line, sheet and row, or JSON pointer.", "sha256": "SHA-256 of the stored file.", "recordKey": "Key of the record.", "evidenceHash": "Hash of what a decision rests on."}


def extension(folder: Path, view: View) -> list[Written]:
    """The extension's own files: metadata, schema patch, codelists."""
    codelists = {"findingKind.csv": FINDING_KINDS, "findingStatus.csv": STATUSES, "+partyRole.csv": {"namedMaker": "A maker that the record's text names. It is not a party to the contract."}}
    metadata = {
        "name": {"en": "Findings"}, "description": {"en": "What was found in a contracting process about a listed maker, with its reasons, its evidence and what it does not show."},
        **({"documentationUrl": {"en": address(view, "data.html")}} if address(view) else {}), "compatibility": ["1.1"], "codelists": sorted(codelists), "schemas": ["release-schema.json"],
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    _pretty(folder / "extension.json", metadata)
    _pretty(folder / "release-schema.json", patch())
    (folder / "codelists").mkdir(exist_ok=True)
    for name, values in codelists.items():
        lines = ["Code,Title,Description", *(f'{code},{_title(code)},"{words}"' for code, words in values.items())]
        (folder / "codelists" / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return [
        Written(folder / "extension.json", "application/json", "OCDS extension: metadata"), Written(folder / "release-schema.json", "application/json", "OCDS extension: schema"),
        *(Written(folder / "codelists" / name, "text/csv", "OCDS extension: codelist", {"codes": len(values)}) for name, values in codelists.items()),
    ]  # fmt: skip


def _title(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _pretty(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def patch() -> dict[str, Any]:
    """The JSON merge patch of the release schema (OCDS extensions are merge patches, RFC 7396)."""
    found = {"title": "Findings", "description": "What was found in this process about a listed maker.", "type": "array", "uniqueItems": True, "items": {"$ref": "#/definitions/Finding"}}
    fields = {name: _field(name, words, kind) for name, (words, kind) in _FIELDS.items()}
    required = ["id", "kind", "statement", "status", "notShown", "evidence"]
    definition = {"title": "Finding", "description": "What was found, why, on which evidence, and what it does not show.", "type": "object", "required": required, "properties": fields}
    return {
        "properties": {"findings": found},
        "definitions": {"Finding": definition, "FindingReason": _simple("Reason", _REASON), "FindingEvidence": _simple("Evidence", _EVIDENCE)},
    }


def _field(name: str, words: str, kind: Any) -> dict[str, Any]:
    head = {"title": _words(name), "description": words}
    if isinstance(kind, tuple):
        code = {"codelist": kind[0], "openCodelist": kind[1]}
        return head | ({"type": "string"} if kind[1] else {"type": "string", "enum": list(STATUSES)}) | code
    if isinstance(kind, list):
        return head | {"type": "array", "items": {"type": "string"} if kind[0] == "string" else {"$ref": f"#/definitions/{kind[0]}"}}
    return head | ({"type": kind} | ({"minLength": 1} if name == "id" else {}) if kind in ("string", "number") else {"$ref": f"#/definitions/{kind}"})


def _simple(title: str, fields: Mapping[str, str]) -> dict[str, Any]:
    return {"title": title, "description": f"{title} of a finding.", "type": "object", "properties": {name: {"title": _words(name), "description": words, "type": "string"} for name, words in fields.items()}}


def _words(name: str) -> str:
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).capitalize()
