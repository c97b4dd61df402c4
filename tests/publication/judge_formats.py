"""Strangers' programs judge the exports of an edition. Runs in an environment of its own (``make judges``), not in ours; prints one JSON object.

    python judge_formats.py FORMAT EDITION [MORE]

Every judge gives ``ok``, ``problems`` (the judge's own words) and counts that the tests compare with ``formats/exports.json``.
"""

from __future__ import annotations

import asyncio
import csv
import http.server
import io
import json
import sys
import tempfile
import threading
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def followthemoney(edition: Path) -> dict:
    """Every line is an entity of the model; what an entity points at is there; no value is lost when the model cleans it."""
    from followthemoney import model

    schemata, ids, pointed, problems = Counter(), set(), set(), []
    with (edition / "formats/ftm/entities.ftm.json").open() as lines:
        for line in lines:
            raw = json.loads(line)
            entity = model.get_proxy(raw)
            again = model.get_proxy(raw, cleaned=False)
            for prop in entity.iterprops():
                pointed |= set(entity.get(prop)) if prop.type.name == "entity" else set()
                if lost := set(entity.get(prop)) - set(again.get(prop)):
                    problems += [f"{entity.id}.{prop.name}: {value!r} is not clean" for value in lost]
            unknown = set(raw["properties"]) - set(entity.schema.properties)
            problems += [f"{entity.id}: {entity.schema.name} has no {name}" for name in unknown]
            problems += [f"{entity.id}: {entity.schema.name} needs {name}" for name in entity.schema.required if not entity.has(name)]
            schemata[entity.schema.name] += 1
            ids.add(entity.id)
    problems += [f"points at {id}, which is not there" for id in sorted(pointed - ids)]
    findings = sum(id.startswith("custodes-finding-") for id in ids)
    return {"ok": not problems, "problems": problems[:20], "entities": sum(schemata.values()), "findings": findings, "schemata": schemata}


def yente(edition: Path) -> dict:
    """yente's own manifest loader: the index as manifest, and as catalog that a manifest names; its dataset class; its reader over the entities."""
    import os

    os.chdir(edition / "formats/ftm")  # without a web address the entities stand beside the index
    from yente.data.loader import load_json_lines
    from yente.data.manifest import Catalog, Manifest

    async def load() -> tuple:
        direct = await Catalog.load(await Manifest.load("index.json"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "manifest.json"
            path.write_text(json.dumps({"catalogs": [{"url": str(Path("index.json").resolve())}]}))
            through = await Catalog.load(await Manifest.load(str(path)))
        one = next(iter(direct.datasets))
        return direct, through, len([1 async for _ in load_json_lines(one.model.entities_url, "x")])

    direct, through, entities = asyncio.run(load())
    one = next(iter(direct.datasets))
    return {
        "ok": [d.name for d in direct.datasets] == [d.name for d in through.datasets] == [one.name], "problems": [], "name": one.name, "version": one.model.version, "load": one.model.load,
        "entity_count": one.model.entity_count, "entities": entities, "url": one.model.entities_url,
    }  # fmt: skip


def reconcile(edition: Path, queries: str) -> dict:
    """Names to entities as OpenRefine asks (queries with a type, candidates with a score and ``match``), scored by the algorithm that yente's endpoint uses."""
    from followthemoney import model
    from nomenklatura.matching import get_algorithm

    algorithm = get_algorithm("logic-v1")
    config = algorithm.default_config()

    pool = []
    for line in (edition / "formats/ftm/entities.ftm.json").open():
        entity = model.get_proxy(json.loads(line))
        if entity.schema.name in ("Company", "PublicBody"):
            pool.append(entity)
    answers = {}
    for key, query in json.loads(queries).items():
        wanted = model.make_entity(query["type"])
        wanted.id = "query"
        wanted.add("name", query["query"])
        scored = sorted(((algorithm.compare(wanted, entity, config).score, entity) for entity in pool if entity.schema.name == query["type"]), key=lambda each: -each[0])[:3]
        answers[key] = {"result": [{"id": e.id, "name": e.caption, "score": round(s * 100, 1), "type": [{"id": e.schema.name}], "match": s > 0.7} for s, e in scored]}
    return {"ok": True, "problems": [], "answers": answers}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder on loopback: lib-cove-ocds fetches extensions over HTTP only."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


CODELISTS = {
    "partyRole": ("buyer", "procuringEntity", "supplier", "tenderer", "funder", "enquirer", "payer", "payee", "reviewBody", "interestedParty"),
    "releaseTag": ("planning", "planningUpdate", "tender", "tenderAmendment", "tenderUpdate", "tenderCancellation", "award", "awardUpdate", "awardCancellation", "contract", "contractUpdate", "contractAmendment", "implementation", "implementationUpdate", "contractTermination", "compiled"),
    "itemClassificationScheme": ("CPV", "CPVS", "GSIN", "UNSPSC", "CPC", "OKDP", "OKPD"),
}  # fmt: skip
"""Codes of OCDS 1.1 codelists that our releases use (standard.open-contracting.org/1.1/en/schema/codelists)."""


def standard(release_schema: Path) -> bytes:
    """The standard's ZIP as lib-cove-ocds wants it, made of the release schema that ocdsmerge brings (1.1.4; 1.1.5 changed words and codelists only)."""
    from ocdsextensionregistry.versioned_release_schema import get_versioned_release_schema

    release = json.loads(release_schema.read_text().replace("1__1__4", "1__1__5"))
    text = {"type": "string", "minLength": 1}
    package = {
        "$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "required": ["uri", "publisher", "publishedDate", "releases", "version"],
        "properties": {
            "uri": {**text, "format": "uri"}, "version": {"type": "string", "pattern": "^(\\d+\\.)(\\d+)$"}, "publishedDate": {**text, "format": "date-time"},
            "extensions": {"type": "array", "items": {**text, "format": "uri"}}, "publisher": {"type": "object", "required": ["name"], "properties": {"name": text}},
            "releases": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"$ref": "https://standard.open-contracting.org/schema/1__1__5/release-schema.json"}},
        },
    }  # fmt: skip
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr("standard/", "")
        for name, value in (("release-schema", release), ("release-package-schema", package), ("versioned-release-validation-schema", get_versioned_release_schema(release, "1__1__5"))):
            archive.writestr(f"standard/schema/{name}.json", json.dumps(value))
        for name, codes in CODELISTS.items():
            archive.writestr(f"standard/schema/codelists/{name}.csv", "".join(f"{code},{code}\n" for code in ("Code", *codes)).replace("Code,Code", "Code,Title"))
    return found.getvalue()


def ocds(edition: Path, release_schema: str) -> dict:
    """lib-cove-ocds over every release package with the standard's own schema and our extension, fetched from loopback as a stranger would."""
    from libcoveocds.api import ocds_json_output
    from libcoveocds.config import LibCoveOCDSConfig

    folder, problems, releases, findings, extended = edition / "formats/ocds", [], 0, 0, set()
    config = LibCoveOCDSConfig({"context": "api", "standard_zip": standard(Path(release_schema))})
    with served(edition) as address, tempfile.TemporaryDirectory() as scratch:
        for path in sorted(folder.glob("release-package-*.json")):
            package = json.loads(path.read_text())
            package["extensions"] = [f"{address}/formats/ocds/extension/extension.json"]
            said = ocds_json_output(scratch, None, None, json_data=package, lib_cove_ocds_config=config)
            problems += [f"{path.name}: {json.dumps(error)[:300]}" for error in said["validation_errors"]]
            problems += [f"{path.name}: field not in the schema: {field}" for field in said.get("additional_fields", []) if "draft" not in json.dumps(field)]
            problems += [f"{path.name}: no code of a closed list: {json.dumps(found)[:200]}" for found in said.get("additional_closed_codelist_values", [])]
            problems += [f"{path.name}: extension: {words}" for words in said.get("extensions", {}).get("invalid_extension", {}).values()]
            extended.add(bool(said.get("extensions", {}).get("is_extended_schema")))
            releases += len(package["releases"])
            findings += sum(len(release["findings"]) for release in package["releases"])
    return {"ok": not problems and extended == {True}, "problems": problems[:20], "releases": releases, "findings": findings}


def ocdskit(edition: Path, release_schema: str) -> dict:
    """ocdskit knows the packages for what they are and compiles the releases; no finding is lost when processes are merged."""
    from ocdskit.combine import merge
    from ocdskit.util import detect_format

    packages = sorted((edition / "formats/ocds").glob("release-package-*.json"))
    kinds = {detect_format(str(path))[0] for path in packages}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # releases of one edition share its date
        compiled = list(merge([json.loads(path.read_text()) for path in packages], schema=json.loads(Path(release_schema).read_text())))
    findings = sum(len(release["findings"]) for release in compiled)
    return {"ok": kinds <= {"release package"}, "problems": [], "processes": len({release["ocid"] for release in compiled}), "findings": findings}


def cyclonedx(edition: Path) -> dict:
    """cyclonedx-python-lib's strict schema validation of 1.7, and its reader."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = (edition / "formats/cyclonedx/bom.cdx.json").read_text()
    error = JsonStrictValidator(SchemaVersion.V1_7).validate_str(text)
    bom = Bom.from_json(json.loads(text)) if error is None else None
    components = list(bom.components) if bom else []
    return {
        "ok": error is None, "problems": [str(error)[:500]] if error else [], "components": len(components), "types": sorted({c.type.value for c in components}),
        "with evidence": sum(bool(c.evidence and c.evidence.identity and c.evidence.occurrences) for c in components),
    }  # fmt: skip


def bods(edition: Path) -> dict:
    """libcovebods: schema 0.4, additional checks, statistics."""
    import libcovebods.run_tasks
    from libcovebods.config import LibCoveBODSConfig
    from libcovebods.data_reader import DataReader
    from libcovebods.jsonschemavalidate import JSONSchemaValidator
    from libcovebods.schema import SchemaBODS

    # the list of identifier schemes is on the web; no statement of ours holds an identifier, so the check has nothing to look up
    sys.modules["libcovebods.tasks.checks.record_based_checks"].get_orgids_prefixes = list
    sys.modules["libcovebods.tasks.checks.legacy_checks"].get_orgids_prefixes = list
    reader = DataReader(str(edition / "formats/bods/statements.json"))
    statements = reader.get_all_data()
    if not statements:
        return {"ok": True, "problems": [], "statements": 0, "version": ""}
    schema = SchemaBODS(reader, LibCoveBODSConfig())
    errors = [error.json() for error in JSONSchemaValidator(schema).validate(reader)]
    said = libcovebods.run_tasks.process_additional_checks(reader, LibCoveBODSConfig(), schema)
    checks = [check["type"] for check in said.get("additional_checks", [])]
    return {"ok": not errors and not checks, "problems": [*map(str, errors), *checks][:20], "statements": len(statements), "version": schema.schema_version, "kinds": Counter(s["recordType"] for s in statements)}


def prov(edition: Path) -> dict:
    """rdflib reads the graph, PROV-O's domains hold, and the prov package takes it as a document."""
    from prov.model import ProvDocument
    from rdflib import RDF, Graph, Namespace

    graph = Graph().parse(edition / "formats/prov/prov.jsonld", format="json-ld")
    names = Namespace("http://www.w3.org/ns/prov#")
    problems = []
    kinds = {"wasDerivedFrom": ("Entity", "Entity"), "wasGeneratedBy": ("Entity", "Activity"), "wasAssociatedWith": ("Activity", "Agent"), "hadMember": ("Collection", "Entity")}
    for name, (subject, object_) in kinds.items():
        for s, o in graph.subject_objects(names[name]):
            problems += [f"{s} {name}: is no {subject}"] if (s, RDF.type, names[subject]) not in graph else []
            problems += [f"{o} of {name}: is no {object_}"] if (o, RDF.type, names[object_]) not in graph else []
    members = len(set(graph.objects(None, names.hadMember)))
    with io.StringIO(graph.serialize(format="trig")) as text, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package keeps no labels of locations
        document = ProvDocument.deserialize(text, format="rdf", rdf_format="trig")
    records = len(document.get_records()) + sum(len(bundle.get_records()) for bundle in document.bundles)
    return {"ok": not problems, "problems": problems[:20], "triples": len(graph), "findings": members, "prov records": records, "files": len(set(graph.objects(None, names.wasDerivedFrom)))}


VOCABULARY = {
    "id": "@id", "type": "@type", "oa": "http://www.w3.org/ns/oa#", "as": "http://www.w3.org/ns/activitystreams#", "dcterms": "http://purl.org/dc/terms/", "xsd": "http://www.w3.org/2001/XMLSchema#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "dc": "http://purl.org/dc/elements/1.1/", "foaf": "http://xmlns.com/foaf/0.1/", "dctypes": "http://purl.org/dc/dcmitype/",
    "Annotation": "oa:Annotation", "AnnotationPage": "as:OrderedCollectionPage", "AnnotationCollection": "as:OrderedCollection", "SpecificResource": "oa:SpecificResource", "TextualBody": "oa:TextualBody",
    "FragmentSelector": "oa:FragmentSelector", "TextQuoteSelector": "oa:TextQuoteSelector", "TextPositionSelector": "oa:TextPositionSelector", "DataPositionSelector": "oa:DataPositionSelector",
    "TimeState": "oa:TimeState", "Dataset": "dctypes:Dataset", "Text": "dctypes:Text", "Software": "as:Application", "body": {"@id": "oa:hasBody", "@type": "@id"}, "target": {"@id": "oa:hasTarget", "@type": "@id"},
    "source": {"@id": "oa:hasSource", "@type": "@id"}, "selector": {"@id": "oa:hasSelector", "@type": "@id"}, "state": {"@id": "oa:hasState", "@type": "@id"},
    "motivation": {"@id": "oa:motivatedBy", "@type": "@vocab"}, "purpose": {"@id": "oa:hasPurpose", "@type": "@vocab"}, "identifying": "oa:identifying", "classifying": "oa:classifying", "describing": "oa:describing",
    "tagging": "oa:tagging", "linking": "oa:linking", "exact": "oa:exact", "prefix": "oa:prefix", "suffix": "oa:suffix", "start": "oa:start", "end": "oa:end", "value": "rdf:value", "format": "dc:format", "language": "dc:language",
    "conformsTo": {"@id": "dcterms:conformsTo", "@type": "@id"}, "created": {"@id": "dcterms:created", "@type": "xsd:dateTime"}, "generator": {"@id": "as:generator", "@type": "@id"}, "name": "foaf:name",
    "label": "rdfs:label", "partOf": {"@id": "as:partOf", "@type": "@id"}, "items": {"@id": "as:items", "@type": "@id", "@container": "@list"}, "startIndex": "as:startIndex", "sourceDate": {"@id": "oa:sourceDate", "@type": "xsd:dateTime"},
}  # fmt: skip
"""Terms of the Web Annotation vocabulary that we use -> their IRIs (W3C Web Annotation Vocabulary, 2017): stands for anno.jsonld, which is on the web."""


def annotations(edition: Path) -> dict:
    """pyld expands the page with no term left over, rdflib reads it, and every annotation has what the data model demands (section 3)."""
    from pyld import jsonld
    from rdflib import RDF, Graph, Namespace

    page = json.loads((edition / "formats/annotations/annotations.jsonld").read_text())
    problems = [] if page["@context"] == "http://www.w3.org/ns/anno.jsonld" else ["not the context of the recommendation"]
    jsonld.set_document_loader(lambda url, options: {"contextUrl": None, "documentUrl": url, "document": {"@context": VOCABULARY}})
    used = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            used.update(value)
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(page)
    problems += [f"no term of the vocabulary: {term}" for term in sorted(used - set(VOCABULARY) - {"@context"})]
    graph = Graph().parse(data=jsonld.to_rdf(page, {"format": "application/n-quads"}), format="nquads")
    oa = Namespace("http://www.w3.org/ns/oa#")
    made = set(graph.subjects(RDF.type, oa.Annotation))
    for annotation in made:
        problems += [f"{annotation}: {name} {n}" for name, n in (("targets", len(list(graph.objects(annotation, oa.hasTarget)))), ("motivations", len(list(graph.objects(annotation, oa.motivatedBy))))) if n != 1]
        problems += [f"{annotation}: no body"] if (annotation, oa.hasBody, None) not in graph else []
    for quote in graph.subjects(RDF.type, oa.TextQuoteSelector):
        problems += [f"{quote}: {len(list(graph.objects(quote, oa.exact)))} quotes"] if len(list(graph.objects(quote, oa.exact))) != 1 else []
    return {"ok": not problems, "problems": problems[:20], "annotations": len(made), "items": len(page["items"])}


def frictionless(edition: Path) -> dict:
    """frictionless over the whole package: hashes, sizes, row counts and every cell of every table."""
    from frictionless import Package, validate

    package = json.loads((edition / "datapackage.json").read_text())
    tables = {**package, "resources": [r for r in package["resources"] if r.get("profile") == "tabular-data-resource"]}
    report = Package.from_descriptor(tables, basepath=str(edition)).validate(limit_errors=5)
    problems = [f"{task.name}: {error.message}" for task in report.tasks for error in task.errors]
    import hashlib

    for resource in package["resources"]:
        data = (edition / resource["path"]).read_bytes()
        if resource["hash"] != f"sha256:{hashlib.sha256(data).hexdigest()}" or resource["bytes"] != len(data):
            problems.append(f"{resource['path']}: not the file that the package names")
    metadata = validate(str(edition / "datapackage.json"), type="package", checks=[], limit_rows=1)
    problems += [f"package: {error.message}" for error in metadata.errors]
    return {"ok": not problems, "problems": problems[:20], "tables": len(report.tasks), "rows": {t.name: t.stats.get("rows") for t in report.tasks}, "resources": len(package["resources"])}


def geojson(edition: Path) -> dict:
    """The geojson package: every file loads and is valid (RFC 7946)."""
    import geojson as library

    problems, features = [], {}
    for path in sorted((edition / "formats/geojson").glob("*.geojson")):
        value = library.loads(path.read_text())
        problems += [] if value.is_valid else [f"{path.name}: {value.errors()}"]
        features[path.name] = len(value["features"])
        problems += [f"{path.name}: a feature without geometry or properties member" for f in value["features"] if "geometry" not in f or "properties" not in f]
    return {"ok": not problems, "problems": problems[:20], "features": features}


def tables(edition: Path) -> dict:
    """Other people's readers of CSV, JSON lines, XLSX and Parquet: how many findings each sees."""
    import openpyxl
    import pyarrow.parquet as pq

    csv.field_size_limit(1 << 30)
    with (edition / "findings.csv").open(newline="", encoding="utf-8") as text:
        rows = {"csv": sum(1 for _ in csv.DictReader(text))}
    rows["jsonl"] = sum(bool(json.loads(line)) for line in (edition / "findings.jsonl").open())
    book = openpyxl.load_workbook(edition / "findings.xlsx", read_only=True)
    rows["xlsx"] = sum(sum(1 for _ in book[name].iter_rows(min_row=2, values_only=True)) for name in book.sheetnames if name.startswith("Findings"))
    rows["parquet"] = pq.read_table(edition / "formats/parquet/findings.parquet").num_rows
    return {"ok": len(set(rows.values())) == 1, "problems": [], "rows": rows}


def every(edition: Path, release_schema: str, queries: str) -> dict:
    """All judges in one process. One that is not installed is named under ``missing``, one that cannot even read what it was given says no."""
    found: dict = {}
    more = {"ocds": (release_schema,), "ocdskit": (release_schema,), "reconcile": (queries,)}
    for name in ("followthemoney", "reconcile", "ocds", "ocdskit", "cyclonedx", "bods", "prov", "annotations", "frictionless", "geojson", "tables", "yente"):
        try:
            found[name] = globals()[name](edition, *more.get(name, ()))
        except ModuleNotFoundError as missing:
            found[name] = {"missing": str(missing)}
        except Exception as problem:  # noqa: BLE001  a judge that fails on what it was given has judged
            found[name] = {"ok": False, "problems": [f"{type(problem).__name__}: {problem}"[:300]]}
    return found


if __name__ == "__main__":
    name, folder, *more = sys.argv[1:]
    print(json.dumps(globals()[name](Path(folder).resolve(), *more)))
