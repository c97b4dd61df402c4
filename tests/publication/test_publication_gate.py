"""The gate: nothing unconfirmed, lead-only or unanswered leaves the house."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import invented
import pytest

from custodes.publication import body_states, gate, public_edition, publish
from custodes.publication.gate import NO_NOTICE

GOOD = {"verdict": "confirm", "supplier": "", "maker_id": "", "kind": "page_changed"}


def one(**values):
    row = invented.finding(**(GOOD | values))
    passed, held = gate(invented.edition(extra=[row]))
    reasons = {h["finding_id"]: h["reasons"] for h in held}.get(row["finding_id"])
    assert (row["finding_id"] in passed["finding_id"].to_pylist()) is (reasons is None)
    return reasons


def test_a_confirmed_finding_that_names_no_company_passes():
    assert one() is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"verdict": ""}, "not confirmed by a person"),
        ({"verdict": "unsure"}, "not confirmed by a person"),
        ({"stale": True}, "its evidence changed after it was decided"),
        ({"publish": "review"}, "a link on its path may not be published"),
        ({"publish": "lead-only"}, "a link on its path may not be published"),
        ({"grade": "lead-only"}, "its evidence is only good for a look"),
        ({"maker_id": "argus"}, NO_NOTICE),
        ({"party": "Argus Optics"}, NO_NOTICE),
        ({"supplier": "Meadow Security Systems Ltd"}, NO_NOTICE),
    ],
)
def test_each_bar_holds_alone(change, reason):
    assert one(**change) == [reason]


def test_held_and_passed_are_all_findings():
    edition = invented.edition()
    passed, held = gate(edition)
    assert len(passed) + len(held) == len(edition.findings)


def test_the_public_edition_shows_nothing_that_is_held_back(tmp_path):
    publish(invented.edition(kind="public"), tmp_path)
    text = "\n".join(p.read_text(encoding="utf-8") for p in sorted(tmp_path.rglob("*")) if p.suffix in (".html", ".csv", ".json", ".jsonl"))
    for row in [*invented.named(), *invented.questions()]:
        assert row["finding_id"] not in text
    for words in ("SentryEye", "Roadside Radio", "Kerbline", "named lead", "FAB-1", "noindex", "DRAFT", "Forty-seven fixed"):
        assert words not in text, words
    assert "No finding that names a company is published here" in re.sub(r"\s+", " ", text)
    held = len(invented.named()) + len(invented.questions())
    assert f"{held} of {held}: {NO_NOTICE}" in text
    assert {row["edition"] for row in csv.DictReader((tmp_path / "bodies.csv").read_text().splitlines())} == {"public"}


def test_a_state_that_rests_on_a_held_finding_is_not_shown():
    row = invented.finding(body="Vale of Nowhere District Council", verdict="confirm", description="Argus")
    edition = replace(invented.edition(), bodies=body_states(invented.bodies_known(), invented.months(), invented.answers(), [row]))
    assert {b["body"]: b["state"] for b in edition.bodies}["Vale of Nowhere District Council"] == "confirmed present"
    after = {b["body"]: b["state"] for b in public_edition(edition).bodies}
    assert after["Vale of Nowhere District Council"] == "records read without a named maker"
    assert after["Shire of Fable"] == "confirmed present"


def test_no_claim_report_or_reply_is_public_before_notice(tmp_path):
    edition = invented.edition(kind="public")
    kinds = edition.records["STATEMENT"]["statement_kind"].to_pylist()
    words = edition.records["STATEMENT"]["words"].to_pylist()
    unofficial = [said for kind, said in zip(kinds, words, strict=True) if kind not in ("listing", "policy", "not adopted")]
    assert unofficial
    publish(edition, tmp_path)
    shown = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.suffix in (".html", ".csv", ".jsonl", ".json"))
    assert [said for said in unofficial if said in shown] == []
    assert f"{len(unofficial)} statement" in (tmp_path / "method.html").read_text(encoding="utf-8")
