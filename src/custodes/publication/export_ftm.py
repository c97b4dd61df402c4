"""FollowTheMoney entities, one JSON object per line, and ``index.json``, a dataset catalog that is at the same time a manifest of yente.

Model: followthemoney.tech, schemata of release 4. A maker is a Company, a body a PublicBody, a supplier a LegalEntity as its record writes it. A finding is
one entity with the id ``custodes-finding-ID``: an UnknownLink from the body to the maker that the record names; the Payment, ContractAward or
CallForTenders itself when the record names no maker; a Note where there is only one side. A listing is a Sanction entity, as is the custom of the field, and
its ``provisions`` say the legal effect in words: listed is not sanctioned, and only an asset freeze gives the topic ``sanction``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from custodes.publication import wording
from custodes.publication.export_base import (
    SET_ASIDE,
    Sink,
    Written,
    address,
    day,
    headline,
    json_bytes,
    made_at,
    name_id,
    place,
    status_words,
    urls,
)
from custodes.publication.rows import Row, shown, stream
from custodes.publication.tables import number
from custodes.publication.view import View
from custodes.values import NAMED_KINDS

TOPICS = {"export control": "export.control", "procurement bar": "debarment", "contracting bar": "debarment", "investment ban": "invest.ban", "asset freeze": "sanction"}
"""Legal effect of a listing in force -> topic of FollowTheMoney; other effects have none there."""
_IDENTIFIERS = {"USCC": "uscCode", "ISIN": "isinCode", "LEI": "leiCode", "SZSE": "ticker", "SSE": "ticker", "HKEX": "ticker"}
_AWARDS = ("award", "contract", "framework", "framework ceiling", "ceiling")


class FtmWriter:
    """Writes ``ftm/entities.ftm.json`` and ``ftm/index.json``."""

    def __init__(self, view: View, folder: Path) -> None:
        self._view, self._folder = view, folder / "ftm"
        self._seen: set[str] = set()
        self._things = 0
        self._sink = Sink(self._folder / "entities.ftm.json", tail="\n")
        for thing in _makers(view):
            self._put(thing)
        for body in view.bodies:
            self._put(_body(body))

    def take(self, row: Row) -> str:
        """The finding's entity, after those it points at."""
        if row["verdict"] in ("reject", "duplicate") and not row["stale"]:
            return SET_ASIDE
        made = list(_finding(row, self._view))
        if not made or made[-1]["id"] != finding_entity(row):
            return "neither a body nor a company to tie it to"
        for entity in made:
            self._put(entity)
        return ""

    def _put(self, entity: dict[str, Any]) -> None:
        if entity["id"] not in self._seen:
            self._seen.add(entity["id"])
            self._things += entity["schema"] in ("Company", "Organization", "LegalEntity", "PublicBody", "Contract", "CallForTenders", "Note")
            self._sink.put({**entity, "datasets": [dataset_name(self._view)]})

    def close(self) -> list[Written]:
        """End the entities and write the index over them."""
        n = self._sink.close()
        index = self._folder / "index.json"
        index.write_bytes(json_bytes(_index(self._view, self._sink.path, n, self._things)) + b"\n")
        return [
            Written(self._sink.path, "application/json+ftm", "FollowTheMoney entities", {"entities": n}),
            Written(index, "application/json", "FollowTheMoney catalog, also a manifest of yente", {"datasets": 1}),
        ]


def dataset_name(view: View) -> str:
    """The name of the dataset: ``custodes_draft`` or ``custodes_public``."""
    return f"custodes_{view.kind}"


def _entity(schema: str, id: str, **properties: Any) -> dict[str, Any]:
    """An entity; each property is a list of texts, empty ones are left out."""
    lists = {name: [value] if isinstance(value, str) else list(value) for name, value in properties.items()}
    kept = {name: sorted({shown(value).strip() for value in values} - {""}) for name, values in sorted(lists.items())}
    return {"id": id, "schema": schema, "properties": {name: values for name, values in kept.items() if values}}


def maker_id(key: str) -> str:
    """The entity id of a maker."""
    return f"custodes-maker-{key}"


def body_id(body: str) -> str:
    """The entity id of a body."""
    return f"custodes-body-{name_id(body)}"


def finding_entity(row: Row) -> str:
    """The entity id of a finding."""
    return f"custodes-finding-{row['finding_id']}"


def _makers(view: View) -> Iterator[dict[str, Any]]:
    """Every maker watched, then its listings."""
    rows: dict[str, list[Row]] = {}
    for row in stream(view.records["PARTY"]):
        if row["maker_id"] in view.makers:
            rows.setdefault(row["maker_id"], []).append(row)
    for key, name in view.makers.items():
        said = rows.get(key, [])
        names = [entry["name"] for row in said for entry in row["names"] or () if entry["kind"] != "wrong" and entry["alone"] != "never"]
        listings = view.listings.get(key, ())
        topics = {TOPICS[row["legal_effect"]] for row in listings if not row["ended"] and row["legal_effect"] in TOPICS}
        yield _entity(
            "Company", maker_id(key), name=name, alias=[*names, *(row["name"] for row in said if row["name"] != name)],
            country=[row["country"].lower() for row in said if row["country"] and len(row["country"]) == 2 and row["country"] != "XX"],
            topics=topics, **_numbers(said),
        )  # fmt: skip
        yield from (_listing(row, view, key) for row in listings)


def _numbers(rows: list[Row]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in (text for row in rows for text in row["identifiers"] or ()):
        scheme, _, value = str(text).partition(":")
        if value:
            found.setdefault(_IDENTIFIERS.get(scheme.strip().upper(), "registrationNumber"), []).append(value.strip())
    return found


def _listing(row: Row, view: View, key: str) -> dict[str, Any]:
    code = row["list"]
    return _entity(
        "Sanction", f"custodes-listing-{name_id(row['record_key'], key, code)}", entity=maker_id(key), authority=str(row["publisher"]),
        program=str(row["title"]), provisions=str(row["effect"]), reason=[wording.GROUNDS.get(row["ground"], row["ground"]), row["ground_citation"] or ""],
        listingDate=str(row["published"] or ""), startDate=str(row["since"]), endDate=str(row["ended"] or ""), sourceUrl=urls(row["citation"]),
        status="ended" if row["ended"] else "in force", recordId=str(row["record_key"]), summary=f"Listed as {row['listed_name']}. Listed is not sanctioned: the provisions say what this list does.",
    )  # fmt: skip


def _body(row: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for name in row["names"] if name != row["body"]]
    words = f"{row['state']}: {wording.STATES.get(row['state'], '')}"
    return _entity(
        "PublicBody", body_id(row["body"]), name=row["body"], alias=names, idNumber=str(row["code"]), classification=str(row["body_kind"]), summary=words,
        incorporationDate=day(row["valid_from"]), dissolutionDate=day(row["valid_to"]),
    )  # fmt: skip


def _party(name: str, schema: str = "LegalEntity") -> dict[str, Any]:
    return _entity(schema, f"custodes-party-{name_id(' '.join(name.casefold().split()))}", name=name)


def _finding(row: Row, view: View) -> Iterator[dict[str, Any]]:
    """The entities of one finding, the finding's own last."""
    body = _body_of(row, view) if row["body"] else None
    firm = {"id": maker_id(row["maker_id"])} if row["maker_id"] in view.makers else _party(view.short.get(row["party"], row["party"]), "Organization") if row["party"] else None
    supplier = _party(row["supplier"]) if row["supplier"] else None
    yield from (entity for entity in (body, supplier, firm) if entity and "schema" in entity)
    own = finding_entity(row)
    about = {"recordId": row["finding_id"], "summary": f"{headline(row, view)}. {status_words(row)}"}
    bought = row["record_kind"] == "PURCHASE" and body
    if row["kind"] in NAMED_KINDS and body and firm:
        if bought:
            yield from _purchase(row, body, supplier, f"custodes-record-{name_id(row['record_key'])}", {})
        role = f"{wording.kind_words(row)}; {row['band']} match; {wording.EQUIPMENT.get(row['equipment'], row['equipment'])}"
        yield _entity("UnknownLink", own, subject=body["id"], object=firm["id"], role=role, date=day(row["date"]), description=_told(row), status=status_words(row), **about)
    elif bought and body:
        yield from _purchase(row, body, supplier, own, about)
    elif body or firm:
        side = firm or body
        assert side is not None
        yield _entity("Note", own, entity=side["id"], name=headline(row, view), description=_told(row), summary=about["summary"])


def _body_of(row: Row, view: View) -> dict[str, Any]:
    """The body of a finding: a reference when the edition lists it, else an entity of its own."""
    known = row["body"] in view.body_pages
    return {"id": body_id(row["body"])} if known else _entity("PublicBody", body_id(row["body"]), name=row["body"])


def _told(row: Row) -> list[str]:
    not_shown = " ".join(wording.not_shown(row))
    return [row["description"], f"Why: {'; '.join(reason['words'] for reason in row['reasons'])}", f"Not shown: {not_shown}", f"Where: {place(row)}"]


def _purchase(row: Row, body: Mapping[str, Any], supplier: Mapping[str, Any] | None, id: str, about: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """A purchase by its kind of amount. Without a supplier, or for a ceiling or an estimate, only the contract or the call is told."""
    title = row["description"] or wording.kind_words(row)
    amount = {"amount": number(row["amount"]), "currency": row["currency"]} if row["amount"] is not None else {}
    kind, when = row["amount_kind"], day(row["date"])
    words = [*_told(row), f"Kind of amount: {wording.AMOUNT_KINDS.get(kind, kind)}, {wording.TAXES.get(row['tax'], row['tax'])}"]
    numbers = {"cpvCode": [code for code in row["codes"] if len(code) in (8, 10)]}
    if kind in ("payment", "") and supplier:
        yield _entity("Payment", id, payer=str(body["id"]), beneficiary=str(supplier["id"]), date=when, purpose=title, transactionNumber=row["transaction"], description=words, **amount, **about)
    elif kind in _AWARDS and supplier:
        contract = f"custodes-contract-{name_id(row['record_key'])}"
        yield _entity("Contract", contract, title=title, authority=str(body["id"]), noticeId=row["ocid"], contractDate=when)
        worth = amount if kind in ("award", "contract") else {}
        yield _entity("ContractAward", id, supplier=str(supplier["id"]), contract=contract, date=when, description=words, **worth, **numbers, **about)
    elif kind == "tender":
        yield _entity("CallForTenders", id, title=title, authority=str(body["id"]), callId=row["ocid"], description=words, date=when, **numbers, **about)
    else:
        yield _entity("Contract", id, title=title, authority=str(body["id"]), noticeId=row["ocid"], description=words, contractDate=when, **{k: v for k, v in about.items() if k != "recordId"})


def _index(view: View, entities: Path, n: int, things: int) -> dict[str, Any]:
    url = address(view, "formats/ftm/entities.ftm.json")
    resource = {"name": entities.name, "mime_type": "application/json+ftm", "title": "FollowTheMoney entities", "checksum": _sha1(entities), "size": entities.stat().st_size, "timestamp": made_at(view)}
    dataset = {
        "name": dataset_name(view), "title": view.title, "summary": wording.LEAD if view.draft else "Findings that a person confirmed and whose companies had their turn.",
        "version": "".join(c for c in made_at(view) if c.isdigit())[:14], "updated_at": made_at(view), "last_export": made_at(view), "entity_count": n, "thing_count": things,
        "publisher": {"name": "custodes", "description": "The publisher of this edition is whoever made it with custodes.", "official": False},
        "entities_url": url or entities.name, "resource_name": entities.name, "resources": [{**resource, "url": url} if url else resource],
        "tags": ["draft"] if view.draft else [],
    }  # fmt: skip
    return {"datasets": [dataset]}


def _sha1(path: Path) -> str:
    with path.open("rb") as stream_:
        return hashlib.file_digest(stream_, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
