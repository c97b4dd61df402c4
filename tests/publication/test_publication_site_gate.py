"""The accused path: a word of its own in every place that must not leave the house, then every byte of the public edition is searched for them."""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import invented
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custodes.publication import body_states, gate, publish, sums
from custodes.publication.rows import FINDINGS
from custodes.values import SCHEMAS, batch_of
from custodes.values.edition import Edition

CLEAR = {"state": "deadline passed", "clear": True, "notice_id": "N-1", "sent": "2026-01-01", "deadline": "2026-01-15", "waiver": "", "replies": ()}
PASSES = {"verdict": "confirm", "decided": "2026-01-20T10:00:00Z", "publish": "yes", "grade": "recorded"}


class Markers:
    """Words that must not be found, each with the place where it was put."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def __call__(self, place: str) -> str:
        word = f"Zq{len(self.places):03d}xv{'abcdefghij'[len(self.places) % 10]}k"
        self.places[word] = place
        return word


def published(**values):
    """A finding that passes the gate: confirmed, and every company named had its turn."""
    return invented.finding(**(PASSES | values))


def held(mark: Markers, why: str, **values):
    """A finding that must not pass, with a marker in every text that it has."""
    texts = ("supplier", "description", "transaction", "ocid", "note", "reason", "party", "record_key", "listed_basis")
    said = {name: f"{mark(f'{why}: {name}')} {name}" for name in texts}
    reasons = [invented.reason("r", mark(f"{why}: ours"), mark(f"{why}: theirs"), mark(f"{why}: words"))]
    lists = {name: [mark(f"{why}: {name}")] for name in ("link_path", "against", "context", "codes")}
    body = mark(f"{why}: body that only this finding knows")
    row = invented.finding(**(PASSES | said | lists | {"reasons": reasons, "body": body, "origin_file": f"inbox/{mark(f'{why}: path')}.csv", "maker_id": mark(f"{why}: maker").lower()} | values))
    return row | {"finding_id": mark(f"{why}: finding id").lower()}


def standing(row, **changes):
    return [{"company": row["supplier"], "roles": ["supplier"], **CLEAR, **changes}, {"company": row["maker_id"], "roles": ["maker"], **CLEAR, **changes}]


def bars(mark: Markers) -> list[tuple[dict, list]]:
    """A finding for each bar of the gate, with how its companies stand."""
    made = []
    for why, values, changes in (
        ("not decided", {"verdict": ""}, {}), ("rejected", {"verdict": "reject"}, {}), ("unsure", {"verdict": "unsure"}, {}), ("duplicate", {"verdict": "duplicate"}, {}),
        ("stale", {"stale": True}, {}), ("link to be reviewed", {"publish": "review"}, {}), ("link lead-only", {"publish": "lead-only"}, {}), ("link marked no", {"publish": "no"}, {}),
        ("grade lead-only", {"grade": "lead-only"}, {}), ("no notice", {}, {"state": "no notice", "clear": False}), ("waiting", {}, {"state": "waiting", "clear": False}),
        ("returned", {}, {"state": "returned", "clear": False}), ("changed since notice", {}, {"state": "changed since notice", "clear": False}),
        ("a question", {"kind": "maker_unknown", "maker_id": ""}, {"state": "no notice", "clear": False}),
    ):  # fmt: skip
        row = held(mark, why, **values)
        made.append((row, standing(row, **changes)))
    second = held(mark, "a second firm without notice")
    made.append((second, [*standing(second), {"company": mark("second firm"), "roles": ["partner"], **CLEAR, "state": "no notice", "clear": False}]))
    return made


def poisoned(mark: Markers) -> Edition:
    """The invented edition with findings that pass, findings that must not, and markers in every other place that names somebody."""
    good = published(description="Argus Optics recorders, town hall", amount="100", transaction="OK-1", reason=mark("a reviewer's free words"), context=[mark("known beside a published finding")])
    silent = published(kind="page_changed", maker_id="", supplier="", body="Shire of Fable", description="the page changed", record_key="ok-2")
    barred = bars(mark)
    rows = [good, silent, *(row for row, _ in barred)]
    base = invented.edition(kind="public", languages=("en", "de"))
    at = {"origin_sha256": "0" * 64, "origin_file": f"lists/{mark('path of a fact')}.csv", "origin_at": "line 1"}
    more = {
        "PARTY": [{"record_key": mark("party key"), "party_id": "p9", "maker_id": mark("watched maker id").lower(), "name": mark("a maker that is only watched"), "country": "XX", **at}],
        "LINK": [
            {"record_key": f"k9{n}", "subject": mark(f"link {publish} {relation}"), "object": "argus", "relation": relation, "publish": publish, "citation": mark(f"citation of a link {publish}"), **at}
            for n, (relation, publish) in enumerate((("reseller", "yes"), ("subsidiary", "yes"), ("partner", "lead-only"), ("OEM rebrand", "review"), ("component", "no")))
        ],
        "ANSWER": [{"record_key": "a9", "body": "Isle of Mirage Council", "asked": "2024-06-01", "answered": "2024-06-20", "state": "absent", "about": mark("answer about"), "makers": [mark("answer maker")], "words": mark("answer words"), "url": f"https://foi.example/{mark('answer url')}", "grade": "recorded", **at}],
        "STATEMENT": [
            {"record_key": f"s9{n}", "statement_id": f"s9{n}", "date": "2025", "speaker": mark(f"speaker {kind}"), "about": mark(f"about {kind}"), "statement_kind": kind, "words": mark(f"words {kind}"), "citation": mark(f"citation {kind}"), "grade": "reported", "publish": publish, **at}
            for n, (kind, publish) in enumerate((("claim", "yes"), ("report", "yes"), ("reply", "yes"), ("denial", "yes"), ("listing", "lead-only"), ("policy", "review"), ("policy", "no")))
        ],
        "SITE": [{"record_key": "x9", "site_id": mark("site id"), "body": "Shire of Fable", "address": mark("site address"), "area": mark("site area"), **at}],
    }  # fmt: skip
    records = {kind: pa.concat_tables([base.records[kind], pa.Table.from_batches([batch_of(kind, more.get(kind, []))], SCHEMAS[kind])]) for kind in base.records}
    files = [{"path": row["origin_file"], "sha256": row["origin_sha256"], "usable": 1, "read": 1, "kinds": {"PURCHASE": 1}} for row in rows[:1]]
    files += [
        {"path": f"inbox/{mark('path of a file')}.csv", "sha256": invented.sha(str(n)), "read": 1, "usable": 1, "error": mark("error of a file") if n else "", "notes": [mark("note of a file")],
         "columns": [{"column": mark("column of a file"), "use": "not understood", "filled": 1}], "same_as": mark("path of the same file") if n else ""} for n in range(2)
    ]  # fmt: skip
    answers = pa.Table.from_batches([batch_of("ANSWER", [*invented.answers(), *more["ANSWER"]])], SCHEMAS["ANSWER"])
    states = body_states(invented.bodies_known(), invented.months(), answers, rows)
    exchange = {
        "standing": {good["finding_id"]: standing(good), **{row["finding_id"]: companies for row, companies in barred}},
        "corrections": [{"date": "2026-01-05", "finding_ids": [barred[0][0]["finding_id"]], "company": mark("correction company"), "was": mark("correction was"), "now": mark("correction now"), "reason": mark("correction why"), "by": "editor"}],
        "letters": [{"letter_id": "L1", "body": barred[13][0]["body"], "to": mark("letter addressee"), "finding_ids": [barred[13][0]["finding_id"]], "head": (("p", mark("letter head")),), "tail": (("p", mark("letter tail")),)}],
        "answers": [],
    }  # fmt: skip
    facts = {**base.facts, "licences": [{"name": f"inputs/{mark('path among licences')}.csv", "licence": "OGL", "note": ""}], "duplicates": {barred[0][0]["record_key"]: 2}}
    plan = {"status": "optimal", "notes": [mark("plan note")], "clashes": [mark("plan clash")], "removals": [{"site_id": mark("removal"), "month": "2027-01", "devices": 3, "cost": 5}]}
    table = pa.Table.from_pylist(rows, schema=FINDINGS)
    pictures = {mark("picture name"): mark("picture").encode()}
    return replace(base, findings=table, records=records, bodies=states, coverage=(*base.coverage, *files), exchange=exchange, facts=facts, plan=plan, money=sums(table, {}), pictures=pictures)


def contents(path: Path) -> list[bytes]:
    """Every text inside a file: members of archives unpacked, columnar files turned into rows."""
    data = path.read_bytes()
    if path.suffix in (".xlsx", ".zip", ".docx", ".ods"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [data, *(archive.read(name) for name in archive.namelist()), "\n".join(archive.namelist()).encode()]
    if path.suffix == ".parquet":
        return [data, repr(pq.read_table(io.BytesIO(data)).to_pylist()).encode(), repr(pq.read_schema(io.BytesIO(data)).metadata).encode()]
    if data[:2] == b"\x1f\x8b":
        return [data, gzip.decompress(data)]
    return [data]


@pytest.fixture(scope="module")
def marked() -> tuple[Markers, Edition]:
    mark = Markers()
    return mark, poisoned(mark)


def test_no_marker_is_in_any_byte_of_the_public_edition(marked, tmp_path):
    mark, edition = marked
    assert len(mark.places) > 250
    passed, _ = gate(edition)
    assert len(passed) == 2, "two findings pass, so that the edition has pages, charts, an index and a feed to look into"
    publish(edition, tmp_path)
    found = {}
    for path in sorted(tmp_path.rglob("*")):
        names = str(path.relative_to(tmp_path)).casefold()
        texts = [part.decode("utf-8", "replace").casefold() for part in (contents(path) if path.is_file() else [])]
        for word, place in mark.places.items():
            if word.casefold() in names or any(word.casefold() in text for text in texts):
                found.setdefault(place, []).append(names)
    assert found == {}
    front = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Argus Optics recorders" in front and (tmp_path / "feed.xml").is_file() and list((tmp_path / "search").glob("t-*.js"))


def test_the_draft_of_the_same_case_holds_the_markers_so_the_search_can_find_them(marked, tmp_path):
    mark, edition = marked
    publish(replace(edition, kind="draft", pictures={}, facts={**edition.facts, "languages": ("en",)}), tmp_path)
    text = "".join(p.read_text(encoding="utf-8").casefold() for p in sorted(tmp_path.rglob("*")) if p.suffix in (".html", ".csv", ".js"))
    missing = {place for word, place in mark.places.items() if word.casefold() not in text}
    assert len(missing) < len(mark.places) / 4, missing


def test_the_public_index_feed_and_cards_know_only_what_passed(marked, tmp_path):
    _, edition = marked
    publish(replace(edition, facts={**edition.facts, "languages": ("en",)}), tmp_path)
    passed = set(gate(edition)[0]["finding_id"].to_pylist())
    pages = {p.stem for p in (tmp_path / "findings").glob("*.html")}
    assert pages == passed
    titles = "".join(p.read_text(encoding="utf-8") for p in sorted((tmp_path / "search").glob("d-*.js")))
    assert all(key in titles for key in passed)
    assert {p.stem for p in (tmp_path / "makers").glob("*.html")} <= {"argus", "halcyon", "lumen"}
