"""Buyers that ask for the profiling of people: found in tenders of several languages, and never in play areas, surveys and support services."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from custodes.findings.requirements import of_pages, requirements
from custodes.findings.thread_events import page
from custodes.pipeline.claiming import buyers, verdict_of
from custodes.values import batch_of

ASKING = [
    "The system must detect age, gender and ethnicity of persons in the camera picture.",
    "The tenderer shall supply cameras that recognise the gender and age group of visitors.",
    "采购人脸识别摄像机，要求支持性别、年龄、民族属性识别",
    "Die Kameras müssen Alter und Geschlecht der Personen erkennen.",
]
NOT_ASKING = [
    "CCTV cameras town centre", "Play area for ages 2 to 8 with CCTV at the entrance", "Gender pay gap consultancy", "Ethnic minority education support service",
    "Supply of facial recognition terminals for attendance", "Video production: a film about women and men of all ages in our town",
    "Therapeutic programme for victims of all ages, sex and background; sessions by video call", "Portrait photographs of councillors, all ethnic backgrounds welcome",
    "The cameras must not detect age, gender or ethnicity; such functions will be rejected.", "",
]  # fmt: skip


def purchases(texts: list[str]) -> pa.RecordBatch:
    return batch_of("PURCHASE", [{"record_key": f"p{n}", "description": text, "supplier": "S Ltd", "origin_file": "f.csv", "origin_at": f"line {n}"} for n, text in enumerate(texts)])


def found(texts: list[str]) -> list[dict]:
    return [row for batch in requirements([purchases(texts)], buyers()) for row in batch.to_pylist()]


@pytest.mark.parametrize("text", ASKING)
def test_requirements_are_found(text: str) -> None:
    (row,) = found([*NOT_ASKING, text])
    assert (row["kind"], row["record_kind"], row["maker_id"], row["party"]) == ("buyer_requires", "PURCHASE", "", "")
    assert row["description"] == text and row["reasons"][0]["theirs"] in text and row["band"] in ("possible", "weak")


@pytest.mark.parametrize("text", NOT_ASKING)
def test_other_texts_are_not(text: str) -> None:
    assert found([text]) == []


def test_the_prefilter_changes_time_never_answers() -> None:
    texts = [*ASKING, *NOT_ASKING] * 3
    random.Random(7).shuffle(texts)
    asked = [text for text in texts if buyers().asks(text)]
    assert [row["description"] for row in found(texts)] == asked and len(asked) == 3 * len(ASKING)
    assert [row for text in texts for row in found([text])] and buyers().likely(pa.array(texts)).to_pylist() == [buyers().likely(pa.array([text]))[0].as_py() for text in texts]


def test_a_tender_page_is_a_requirement_of_its_buyer() -> None:
    rows = []
    for day in ("2022-01-02", "2022-03-04"):
        text = "Invitation to tender\nThe contractor shall supply cameras. The system must detect the age, gender and ethnicity of persons."
        rows += page(
            {"record_key": day, "capture": "c", "url": "https://www.exampleton.gov.example/tender", "title": "Invitation to tender: town cameras", "lang": "en", "text": text, "captured": f"{day}T09:00:00Z",
             "form": "source", "status": "200", "readable": "yes", "unreadable": [], "extractor": "x", "origin_file": "a", "origin_at": "b", "origin_sha256": "d"}, verdict_of,
        )  # fmt: skip
    assert {row["kind"] for row in rows} == {"requires"}
    (finding,) = of_pages(rows)
    assert (finding["kind"], finding["record_kind"], finding["date"], finding["party"]) == ("buyer_requires", "PAGE", "2022-01-02", "")
