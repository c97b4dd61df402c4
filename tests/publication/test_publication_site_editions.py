"""Public editions follow each other: versions replace each other, what was taken back leaves a page without its words, nothing new adds nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import invented
import pyarrow as pa
import test_publication_site_gate as accused

from custodes.publication import log, publish
from custodes.publication.rows import FINDINGS


def row(**values: Any) -> dict[str, Any]:
    return accused.published(**({"description": "Argus Optics recorders", "transaction": "T-1", "record_key": "key-1"} | values))


def edition(*rows: dict[str, Any], history: tuple[dict[str, Any], ...] = (), now: str = invented.NOW, companies: dict[str, list[Any]] | None = None) -> Any:
    base = invented.edition(kind="public")
    exchange = {"standing": {each["finding_id"]: (companies or {}).get(each["finding_id"], accused.standing(each)) for each in rows}}
    return replace(base, now=now, findings=pa.Table.from_pylist(list(rows), schema=FINDINGS), facts={**base.facts, "history": history}, exchange=exchange, bodies=())


def written(folder: Path, made: Any) -> tuple[dict[str, Any], ...]:
    """Publish; the whole log, as the case keeps it."""
    publish(made, folder)
    shown = [json.loads(line) for line in (folder / "history" / "editions.jsonl").read_text(encoding="utf-8").splitlines()]
    whole = [json.loads(line) for line in log(made).splitlines()]
    assert [event.get("sha256") for event in shown] == [event.get("sha256") for event in whole]
    return tuple(whole)


def everything(folder: Path) -> bytes:
    return b"".join(part for path in sorted(folder.rglob("*")) if path.is_file() for part in accused.contents(path))


def test_publishing_the_same_again_adds_nothing_and_gives_the_same_bytes(tmp_path):
    first = written(tmp_path / "a", edition(row()))
    again = written(tmp_path / "b", edition(row(), history=first))
    assert again == first and [event["event"] for event in first] == ["edition", "published"]
    trees = [{str(p.relative_to(tmp_path / n)): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()} for n in "ab"]
    assert trees[0] == trees[1]


def test_a_new_version_replaces_the_one_before_and_keeps_its_words(tmp_path):
    first = written(tmp_path / "a", edition(row(note="as first said")))
    second = written(tmp_path / "b", edition(row(note="as said now"), history=first, now="2026-03-01"))
    old, new = first[1], second[-1]
    assert second[: len(first)] == first and (new["version"], new["replaces"]) == (2, old["sha256"])
    key = old["id"]
    page = (tmp_path / "b" / "findings" / f"{key}.html").read_text(encoding="utf-8")
    assert "Published as version 2" in page and f'href="../findings/{key}.v1.html"' in page and new["sha256"] in page
    before = (tmp_path / "b" / "findings" / f"{key}.v1.html").read_text(encoding="utf-8")
    assert "as first said" in before and old["sha256"] in before and f'href="../findings/{key}.html"' in before
    changes = (tmp_path / "b" / "changes.html").read_text(encoding="utf-8")
    assert "0 findings new, 1 changed, 0 taken back." in changes and "1 finding new, 0 changed, 0 taken back." in changes


def test_words_that_named_another_company_are_not_repeated(tmp_path):
    first = written(tmp_path / "a", edition(row(supplier="Mistaken Firm Ltd")))
    written(tmp_path / "b", edition(row(supplier="Meadow Security Systems Ltd"), history=first, now="2026-03-01"))
    texts = {str(p.relative_to(tmp_path / "b")): p.read_text(encoding="utf-8") for p in (tmp_path / "b").rglob("*.html")}
    assert b"Mistaken Firm" not in everything(tmp_path / "b")
    assert "They are not repeated; the hash proves what they were." in texts[f"findings/{first[1]['id']}.v1.html"]


def test_what_no_longer_passes_leaves_a_page_without_its_words(tmp_path):
    good = row()
    first = written(tmp_path / "a", edition(good))
    second = written(tmp_path / "b", edition({**good, "stale": True}, history=first, now="2026-03-01"))
    assert second[-1]["event"] == "withdrawn" and second[-1]["reason"] == "its evidence changed after it was decided"
    page = (tmp_path / "b" / "findings" / f"{good['finding_id']}.html").read_text(encoding="utf-8")
    assert "This finding was taken back" in page and "What it said is not repeated." in page and "recorders" not in page and "Meadow" not in page
    assert b"Meadow" not in everything(tmp_path / "b") and b"T-1" not in everything(tmp_path / "b")
    gone = written(tmp_path / "c", edition(history=second, now="2026-04-01"))
    assert gone == second
    back = written(tmp_path / "d", edition(good, history=second, now="2026-05-01"))
    assert (back[-1]["event"], back[-1]["version"]) == ("published", 2)


def test_a_correction_of_what_never_was_published_stays_in_the_house(tmp_path):
    good = row()
    made = edition(good)
    said = {"date": "2026-01-05", "company": "c", "was": "w", "now": "n", "reason": "r", "by": "editor"}
    corrections = [{**said, "finding_ids": [good["finding_id"]], "was": "told once"}, {**said, "finding_ids": ["never"], "was": "never told"}]
    publish(replace(made, exchange={**made.exchange, "corrections": corrections}), tmp_path)
    text = (tmp_path / "corrections.csv").read_text(encoding="utf-8") + (tmp_path / "replies.html").read_text(encoding="utf-8")
    assert "told once" in text and "never told" not in text
