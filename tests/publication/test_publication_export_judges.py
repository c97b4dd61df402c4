"""Strangers' programs as judges of the exports: each format by its own validator, in a process and an environment of its own (`make format-judges`)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import invented
import pytest
from test_publication_export import adversarial

from custodes.publication import publish

ROOT = Path(__file__).resolve().parents[2]
PLACE = Path(os.environ.get("CUSTODES_FORMAT_JUDGES", ROOT / ".venv" / "formats"))
SCHEMA = PLACE / "ocds" / "release-schema.json"


QUERIES = {"0": ("Argus Optics", "Company"), "1": ("ARGUS OPTICS LTD.", "Company"), "2": ("port imaginary council", "PublicBody"), "3": ("Nobody Known Holdings", "Company"), "4": ("Elsewhere Harbour Trust", "PublicBody")}
"""What OpenRefine would send: key -> (name, type)."""


def ask(edition: Path) -> dict[str, dict]:
    """What every judge says of an edition, asked in one process of the judges' own environment; skips when that is not there."""
    python = PLACE / "bin" / "python"
    if not python.is_file() or not SCHEMA.is_file():
        pytest.skip("the programs that judge our exports are not installed (make format-judges)")
    queries = json.dumps({key: {"query": name, "type": kind} for key, (name, kind) in QUERIES.items()})
    command = [str(python), "-W", "ignore", str(Path(__file__).with_name("judge_formats.py")), "every", str(edition), str(SCHEMA), queries]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr[-2000:]
    return json.loads(found.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=["draft", "public"])
def edition(request, tmp_path_factory) -> Path:
    """A draft with hostile cells, and a public edition with one finding that passes."""
    folder = tmp_path_factory.mktemp(request.param) / "edition"
    publish(invented.edition(with_hostile=True) if request.param == "draft" else adversarial("public")[0], folder)
    return folder


@pytest.fixture(scope="module")
def verdicts(edition: Path) -> dict[str, dict]:
    return ask(edition)


@pytest.fixture
def judged(verdicts):
    """A judge's verdict by its name; skips when that one is not installed."""

    def verdict(name: str, _: Path) -> dict:
        if "missing" in verdicts[name]:
            pytest.skip(verdicts[name]["missing"])
        return verdicts[name]

    return verdict


@pytest.fixture
def counts(edition: Path) -> dict:
    """Format -> what exports.json says of it."""
    return {each["format"]: each for each in json.loads((edition / "formats/exports.json").read_text())["formats"]}


def only(counts: dict, name: str) -> dict:
    return counts[name]["files"][0]["counts"]


def test_followthemoney_loads_every_entity(edition, counts, judged):
    said = judged("followthemoney", edition)
    assert said["ok"], said["problems"]
    assert said["entities"] == only(counts, "followthemoney")["entities"] and said["findings"] == counts["followthemoney"]["findings"]


def test_yente_takes_the_index_as_manifest_and_as_catalog(edition, counts, judged):
    said = judged("yente", edition)
    assert said["ok"] and said["load"] and said["name"] == f"custodes_{edition.parent.name.rstrip('0123456789')}"
    assert said["entities"] == said["entity_count"] == only(counts, "followthemoney")["entities"] and said["version"] == "20260202090000"


def test_names_are_reconciled_the_way_openrefine_asks(edition, judged):
    answers = judged("reconcile", edition)["answers"]
    found = {key: [c["name"] for c in answer["result"] if c["match"]] for key, answer in answers.items()}
    assert found["0"] == found["1"] == ["Argus Optics"] and found["2"] == ["Port Imaginary Council"] and found["3"] == [] and found["4"] == []


@pytest.mark.parametrize("name", ["ocds", "ocdskit"])
def test_ocds_releases_and_extension(edition, counts, judged, name):
    said = judged(name, edition)
    assert said["ok"], said["problems"]
    assert said["findings"] == counts["ocds"]["findings"] > 0


def test_cyclonedx_strict_schema(edition, counts, judged):
    said = judged("cyclonedx", edition)
    assert said["ok"], said["problems"]
    assert said["components"] == said["with evidence"] == counts["cyclonedx"]["findings"] > 0 and said["types"] == ["device"]


def test_bods_schema_and_checks(edition, counts, judged):
    said = judged("bods", edition)
    assert said["ok"], said["problems"]
    assert said["version"] == "0.4" and said["statements"] == only(counts, "bods")["statements"] > 0 and "person" not in said["kinds"]


def test_prov_is_read_by_rdflib_and_prov(edition, counts, judged):
    said = judged("prov", edition)
    assert said["ok"], said["problems"]
    assert said["findings"] == counts["prov"]["findings"] and said["prov records"] > said["findings"]


def test_annotations_are_what_the_recommendation_asks(edition, counts, judged):
    said = judged("annotations", edition)
    assert said["ok"], said["problems"]
    assert said["annotations"] == said["items"] == only(counts, "annotations")["annotations"] == counts["annotations"]["findings"]


def test_the_data_package_is_valid_down_to_every_cell(edition, judged):
    said = judged("frictionless", edition)
    assert said["ok"], said["problems"]
    package = json.loads((edition / "datapackage.json").read_text())
    assert {r["name"]: r["rows"] or None for r in package["resources"] if "rows" in r} == said["rows"]


def test_geojson_is_valid(edition, counts, judged):
    said = judged("geojson", edition)
    assert said["ok"], said["problems"]
    assert said["features"]["bodies.geojson"] == only(counts, "geojson")["features"]


def test_csv_json_lines_xlsx_and_parquet_hold_the_same_number_of_findings(edition, counts, judged):
    said = judged("tables", edition)
    assert said["ok"], said["rows"]
    assert set(said["rows"].values()) == {counts["parquet"]["findings"]} == {counts["prov"]["findings"]}


SPOILT = {
    "followthemoney": ("formats/ftm/entities.ftm.json", '"schema":"Payment"', '"schema":"Person"'),
    "ocds": ("formats/ocds/release-package-0001.json", '"status":"', '"status":"not a code '),
    "cyclonedx": ("formats/cyclonedx/bom.cdx.json", '"type":"device"', '"type":"toaster"'),
    "bods": ("formats/bods/statements.json", '"recordType":"entity"', '"recordType":"person"'),
    "prov": ("formats/prov/prov.jsonld", '"@type":"prov:Activity"', '"@type":"prov:Agent"'),
    "annotations": ("formats/annotations/annotations.jsonld", '"motivation":', '"motive":'),
    "geojson": ("formats/geojson/bodies.geojson", '"geometry":null', '"geometry":{"type":"Point","coordinates":[]}'),
    "frictionless": ("money.csv", ",", ",x"),
    "yente": ("formats/ftm/index.json", '"name":"custodes_draft"', '"name":"Not A Name"'),
    "tables": ("findings.jsonl", "{", "[1]\n{"),
}
"""Judge -> (file, what stands there, what spoils it)."""


def test_every_judge_sees_what_is_wrong(tmp_path):
    """The judges are awake: an edition with every file spoilt in one place is refused by each."""
    publish(invented.edition(), tmp_path / "e")
    for file, old, new in SPOILT.values():
        path = tmp_path / "e" / file
        text = path.read_text()
        assert old in text, file
        path.write_text(text.replace(old, new, 1))
    said = ask(tmp_path / "e")
    assert [name for name in SPOILT if said[name].get("ok", False)] == []
