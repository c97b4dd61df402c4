"""The formats of the field: every finding is accounted for, nothing held back leaves, the same bytes each time, no silent cap."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import invented
import pyarrow.parquet as pq
import pytest

from custodes.publication import export_all, export_ocds, export_parquet, publish, sheets
from custodes.publication.export_all import WRITERS, write_exports
from custodes.publication.export_base import run
from custodes.publication.rows import stream
from custodes.publication.view import normalise
from custodes.values import SCHEMAS, batch_of

MARK = "Zzmarkerwordzz"
"""Stands in every text of what is held back, and may stand nowhere in a public edition."""


def clear(company: str, *roles: str) -> dict:
    return {"company": company, "roles": list(roles), "state": "deadline passed", "clear": True, "notice_id": "N1", "sent": "2026-01-01", "deadline": "2026-01-15", "replies": ()}


def passing() -> dict:
    """A confirmed finding whose companies had their turn."""
    return invented.finding(
        description="Fit 4 ARGUS Optics domes at the bandstand", amount="812.40", transaction="T-9", verdict="confirm", decided="2026-01-20T10:00:00Z", reason="Read and agreed.",
        reasons=[invented.reason("names.in_text", "Argus Optics", "ARGUS Optics", "The description names Argus Optics.")], link_path=["'Argus Optics' is a name of Argus Optics Europe", "Argus Optics Europe is a subsidiary of Argus Optics"],
    )  # fmt: skip


def held(**changes) -> dict:
    """A finding with the marker in every text that it has."""
    texts = {name: f"{MARK} {name}" for name in ("description", "supplier", "transaction", "reason", "note", "listed_basis", "ocid", "party")}
    lists = {name: [f"{MARK} {name}"] for name in ("link_path", "against", "context", "listings", "grounds")}
    return invented.finding(**{**texts, **lists, "reasons": [invented.reason(MARK, MARK, MARK, MARK)], "record_key": f"{MARK}{len(changes)}{sorted(changes)}", "verdict": "confirm", "maker_id": "argus", **changes})


def adversarial(kind: str = "public"):
    """An edition where every way of being held back has a finding, beside one that passes; links, statements, answers and sites hold the marker too."""
    good = passing()
    ways = [{"verdict": ""}, {"verdict": "unsure"}, {"verdict": "reject"}, {"stale": True}, {"publish": "review"}, {"publish": "lead-only"}, {"publish": "no"}, {"grade": "lead-only"}, {"kind": "page_markets", "record_kind": "PAGE"}, {}]
    bad = [held(**way) for way in ways]
    made = invented.edition(kind, extra=[good, *bad])
    at = {"origin_sha256": invented.sha("x"), "origin_file": "lists/invented.csv", "origin_at": "line 9"}
    link = [{"record_key": f"k-{p}", "subject": f"{MARK} {p}", "object": "argus", "relation": "subsidiary", "publish": p, "citation": "https://links.example/page", **at} for p in ("review", "lead-only", "no")]
    link += [{"record_key": "k-yes", "subject": "Argus Optics Europe", "object": "argus", "relation": "subsidiary", "publish": "yes", "citation": "https://links.example/page", **at}]
    said = [{"record_key": "s-x", "statement_id": "s-x", "date": "2024", "speaker": MARK, "about": MARK, "statement_kind": "claim", "words": MARK, "publish": "yes", "grade": "reported", **at}]
    site = [{"record_key": "X", "site_id": MARK, "body": "Shire of Fable", "address": MARK, "devices": 4, **at}]
    records = {**made.records, **{kind: batch_table(kind, rows, made) for kind, rows in (("LINK", link), ("STATEMENT", said), ("SITE", site))}}
    standing = {good["finding_id"]: [clear("Argus Optics", "maker"), clear("Meadow Security Systems Ltd", "supplier")]}
    waiting = {row["finding_id"]: [{**clear(MARK, "maker", "supplier"), "state": "waiting", "clear": False, "replies": ({"date": "2026-01-02", "words": MARK, "by": "the firm", "notice_id": "N1", "earlier": False},)}] for row in bad}
    plan = {**made.plan, "notes": [MARK], "removals": [{"site_id": MARK, "month": "2026-09", "devices": 4, "cost": None}]}
    return replace(made, records=records, exchange={**made.exchange, "standing": standing | waiting}, plan=plan), good


def batch_table(kind, rows, made):
    import pyarrow as pa

    return pa.concat_tables([made.records[kind], pa.Table.from_batches([batch_of(kind, rows)], SCHEMAS[kind])])


def every_text(folder: Path):
    """(file, what it says) for every file, inside archives, workbooks and Parquet files too."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from _texts(path.relative_to(folder).as_posix(), path.read_bytes())


def _texts(name: str, data: bytes):
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for inner in archive.namelist():
                yield from _texts(f"{name}!{inner}", archive.read(inner))
    elif data.startswith(b"PAR1"):
        table = pq.read_table(io.BytesIO(data))
        yield name, json.dumps(table.to_pylist(), default=str) + str(table.schema.metadata)
    else:
        yield name, data.decode("utf-8", "replace")


def test_every_format_accounts_for_every_finding(tmp_path):
    view = normalise(invented.edition(with_hostile=True))
    exports = write_exports(view, tmp_path)
    assert [export.name for export in exports] == list(WRITERS)
    for export in exports:
        assert export.carried + sum(export.left_out.values()) == len(view.findings), export.name
        assert all(reason for reason in export.left_out)
    told = json.loads((tmp_path / "formats/exports.json").read_text())
    assert told["findings"] == len(view.findings) and {f["format"] for f in told["formats"]} == set(WRITERS)
    on_disk = {p.relative_to(tmp_path / "formats").as_posix() for p in (tmp_path / "formats").rglob("*") if p.is_file()} - {"exports.json"}
    assert on_disk == {f["path"] for each in told["formats"] for f in each["files"]}


def test_one_format_alone_gives_the_same_bytes_as_all_in_one_pass(tmp_path):
    view = normalise(invented.edition())
    write_exports(view, tmp_path / "all")
    for name, make in WRITERS.items():
        run(name, make(view, tmp_path / name), stream(view.findings))
        for path in (tmp_path / name).rglob("*"):
            if path.is_file():
                assert path.read_bytes() == (tmp_path / "all/formats" / path.relative_to(tmp_path / name)).read_bytes(), path


def test_the_same_edition_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        publish(adversarial("public")[0], tmp_path / name)
    for path in sorted((tmp_path / "one").rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes(), path


def test_nothing_that_is_held_back_stands_in_any_file_of_a_public_edition(tmp_path):
    edition, good = adversarial()
    publish(edition, tmp_path)
    said = dict(every_text(tmp_path))
    assert [name for name, text in said.items() if MARK.casefold() in text.casefold()] == []
    shown = [name for name, text in said.items() if good["finding_id"] in text]
    for part in ("findings.csv", "findings.jsonl", "findings.xlsx!xl/sharedStrings.xml", "formats/ftm/entities.ftm.json", "formats/ocds/releases.jsonl", "formats/cyclonedx/bom.cdx.json", "formats/annotations/annotations.jsonld", "formats/prov/prov.jsonld", "formats/parquet/findings.parquet"):
        assert any(name.startswith(part.split("!")[0]) for name in shown), part
    assert "Argus Optics Europe" in said["formats/bods/statements.json"]
    draft = tmp_path / "draft"
    publish(replace(edition, kind="draft"), draft)
    assert sum(MARK in text for _, text in every_text(draft)) > 10  # the search would see it


def test_a_draft_says_so_in_every_file_of_findings(tmp_path):
    publish(invented.edition(), tmp_path)
    for name, text in every_text(tmp_path / "formats"):
        if "extension" not in name:
            assert "draft" in text.casefold(), name
    for line in (tmp_path / "formats/ftm/entities.ftm.json").read_text().splitlines():
        assert json.loads(line)["datasets"] == ["custodes_draft"]
    for release in map(json.loads, (tmp_path / "formats/ocds/releases.jsonl").read_text().splitlines()):
        assert {f["edition"] for f in release["findings"]} == {"draft"} and release["findings"][0]["status"] in ("lead", "question", "confirmed")
    assert "draft" not in (tmp_path / "formats/exports.json").read_text().replace('"edition": "draft"', "")


def test_packages_and_sheets_are_split_where_a_format_or_its_tools_have_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(export_ocds, "PACKAGE", 20)
    monkeypatch.setattr(export_parquet, "BATCH", 7)
    monkeypatch.setattr(sheets, "_ROWS", 25)
    publish(invented.edition(), tmp_path)
    packages = [json.loads(p.read_text())["releases"] for p in sorted((tmp_path / "formats/ocds").glob("release-package-*.json"))]
    lines = (tmp_path / "formats/ocds/releases.jsonl").read_text().splitlines()
    assert [len(p) for p in packages] == [20, 20, 13] and [r for p in packages for r in p] == [json.loads(line) for line in lines]
    assert pq.read_table(tmp_path / "formats/parquet/findings.parquet").num_rows == 55
    with zipfile.ZipFile(tmp_path / "findings.xlsx") as book:
        assert book.read("xl/workbook.xml").count(b"Findings") >= 3


def test_an_edition_without_findings_gives_whole_files(tmp_path):
    empty = replace(invented.edition(), findings=invented.table([]), records={}, bodies=(), coverage=(), money=(), plan={})
    publish(empty, tmp_path)
    for name, text in every_text(tmp_path / "formats"):
        if name.endswith((".json", ".jsonld", ".geojson")) and not name.endswith("ftm.json"):
            json.loads(text)
    assert (tmp_path / "formats/ocds/releases.jsonl").read_text() == ""


@pytest.mark.parametrize(
    ("kind", "tag", "holds"),
    [("payment", "implementation", "transaction"), ("award", "award", "awards"), ("contract", "contract", "contracts"), ("tender", "tender", "tender"), ("framework ceiling", "award", "awards")],
)
def test_amounts_keep_their_kind_in_ocds_and_ftm(tmp_path, kind, tag, holds):
    row = invented.finding("maker_unknown", amount="100", amount_kind=kind, description="CCTV", transaction="T1")
    write_exports(normalise(replace(invented.edition(), findings=invented.table([row]))), tmp_path)
    (line,) = (tmp_path / "formats/ocds/releases.jsonl").read_text().splitlines()
    release = json.loads(line)
    assert release["tag"] == [tag] and (holds in release or holds in release["findings"][0])
    assert ("contracts" in release) is (kind == "contract") and ("value" in release.get("awards", [{}])[0]) is (kind == "award")
    entities = {e["id"]: e for e in map(json.loads, (tmp_path / "formats/ftm/entities.ftm.json").read_text().splitlines())}
    schema = {"payment": "Payment", "tender": "CallForTenders"}.get(kind, "ContractAward")
    own = entities[f"custodes-finding-{row['finding_id']}"]
    assert own["schema"] == schema and ("amount" in own["properties"]) is (kind in ("payment", "award", "contract"))


def test_listed_is_not_sanctioned(tmp_path):
    publish(invented.edition(), tmp_path)
    entities = [json.loads(line) for line in (tmp_path / "formats/ftm/entities.ftm.json").read_text().splitlines()]
    topics = {e["id"]: e["properties"].get("topics", []) for e in entities if e["schema"] == "Company"}
    assert topics["custodes-maker-argus"] == ["export.control"]  # an equipment rule has no topic in the field's vocabulary
    assert topics["custodes-maker-halcyon"] == [] and topics["custodes-maker-lumen"] == []  # the second one's listing has ended
    assert all("sanction" not in found for found in topics.values())
    assert all("Listed is not sanctioned" in e["properties"]["summary"][0] for e in entities if e["schema"] == "Sanction")


def test_only_ownership_becomes_bods_and_the_rest_is_counted(tmp_path):
    exports = {export.name: export for export in write_exports(normalise(invented.edition()), tmp_path)}
    counts = exports["bods"].files[0].counts
    assert counts["relationships"] == 1 and counts["links left out: OEM rebrand: neither ownership nor control"] == 1
    statements = json.loads(exports["bods"].files[0].path.read_text())
    owner = next(s for s in statements if s["recordType"] == "relationship")["recordDetails"]
    assert owner["interests"][0]["beneficialOwnershipOrControl"] is False and owner["interests"][0]["type"] == "unknownInterest"
    assert {s["recordType"] for s in statements} == {"entity", "relationship"}


def test_areas_become_geometries_and_unknown_ones_stay_null(tmp_path):
    square = {"type": "Polygon", "coordinates": [[[0, 51], [1, 51], [1, 52], [0, 51]]]}
    export_all.write_exports(normalise(invented.edition()), tmp_path, {"X01": square})
    features = json.loads((tmp_path / "formats/geojson/bodies.geojson").read_text())["features"]
    assert {f["properties"]["name"]: f["geometry"] for f in features if f.get("id") in ("X01", "X02")} == {"Borough of Exampleton": square, "Port Imaginary Council": None}


def test_a_council_has_the_outline_of_its_area_and_the_feature_says_how_rough_it_is(tmp_path):
    """RFC 7946: closed rings, the outer one counterclockwise, a bbox that holds them; Leeds where Leeds is, and a ministry nowhere."""
    view = normalise(invented.edition())
    named = replace(view, bodies=tuple({**row, "body": name, "names": [], "code": ""} for row, name in zip(view.bodies, ("Leeds City Council", "Argyll and Bute Council", "Ministry of Examples"), strict=False)))
    write_exports(named, tmp_path)
    value = json.loads((tmp_path / "formats/geojson/bodies.geojson").read_text())
    leeds, argyll, ministry = value["features"][:3]
    assert ministry["geometry"] is None and "place" not in ministry["properties"]
    assert (leeds["geometry"]["type"], argyll["geometry"]["type"]) == ("Polygon", "MultiPolygon")
    west, south, east, north = leeds["geometry"]["bbox"]
    assert west < -1.55 < east and south < 53.80 < north and east - west < 1
    assert "not an address" in leeds["properties"]["place"] and leeds["properties"]["area"] == "Leeds" and "public domain" in value["places"]
    for feature in (leeds, argyll):
        box = feature["geometry"]["bbox"]
        parts = feature["geometry"]["coordinates"] if feature["geometry"]["type"] == "MultiPolygon" else [feature["geometry"]["coordinates"]]
        for (ring,) in parts:
            assert ring[0] == ring[-1] and len(ring) >= 4
            assert sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in pairwise(ring)) < 0, "counterclockwise"
            assert all(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in ring)
    assert value["bbox"][0] <= west and value["bbox"][3] >= north
