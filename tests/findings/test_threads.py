"""A claim's thread: versions over captures, the firm named beside it, denial, withdrawal and silence; and that nobody is accused by somebody else's page."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.findings.claim_judge import Claim, Verdict
from custodes.findings.thread_events import events
from custodes.findings.thread_pages import firm_of, host_of, label_of, named_in, page_of, starts_of
from custodes.findings.threads import assigned, grouped, status, thread
from custodes.findings.watchlist import build
from custodes.values import batch_of

URL = "https://www.argus-optics.example/brochure.pdf"
CLAIM = "Our cameras, with the engine of Veritas Face Ltd, recognise ethnicity and gender."
WATCHLIST = build({})


def detector(row: Mapping[str, Any]) -> Verdict:
    """Stands for the detector: one sentence per line, marked with what it is (``markets ethnicity gender: ...``)."""
    claims, at = [], 0
    for line in row["text"].split("\n"):
        head, _, words = line.partition(": ")
        stance, *capabilities = head.split()
        if words and stance in ("markets", "documents", "denies", "withdraws", "requires"):
            start = at + line.index(words)
            speaker = "press" if "news" in row["url"] else "vendor"
            claims.append(Claim(start, start + len(words), words, tuple(capabilities), stance, speaker, 0.97))
        at += len(line) + 1
    return Verdict(bool(claims), "markets", "vendor", (), tuple(claims))


def page(url: str, when: str, text: str, status: str = "200", form: str = "source", readable: str = "yes") -> dict[str, Any]:
    return {
        "record_key": f"{url} {when} {form}", "capture": "c" * 64, "url": url, "title": "", "lang": "en", "text": text, "captured": f"{when}T09:00:00Z", "form": form,
        "status": status, "readable": readable, "extractor": "x", "origin_file": "a.warc", "origin_at": f"record {when}", "origin_sha256": "d" * 64,
    }  # fmt: skip


def said(id: str, when: str, speaker: str, about: str, kind: str, words: str, url: str = "") -> dict[str, Any]:
    return {
        "record_key": id, "statement_id": id, "date": when, "date_precision": "day", "speaker": speaker, "about": about, "statement_kind": kind, "words": words,
        "url": url, "grade": "reported", "publish": "yes", "origin_file": "s.csv", "origin_at": "line 2", "origin_sha256": "e" * 64,
    }  # fmt: skip


STORY = [
    page(URL, "2022-11-28", f"markets ethnicity gender: {CLAIM}"),
    page(URL, "2022-11-30", f"markets ethnicity gender: {CLAIM}"),
    page(URL, "2022-12-02", "Blocked", status="403"),
    page(URL, "2022-12-04", "Not found", status="404"),
    page("https://veritasface.example/statement", "2022-12-05", "denies ethnicity: We never worked with Argus Optics and detect no ethnicity."),
]
TOLD = [
    said("veritas-denial", "2022-12-03", "Veritas Face Ltd", "Argus Optics", "denial", "Veritas Face Ltd denies that it ever worked with Argus Optics."),
    said("argus-reply", "2022-12-07", "Argus Optics", "", "reply", "Argus Optics says that these were possible uses."),
    said("list", "2022-10-09", "Trade Office", "Argus Optics", "listing", "Argus Optics is listed."),
]


def groups(pages: list[dict], told: list[dict], watchlist: Any = WATCHLIST) -> dict[str, pa.RecordBatch]:
    batches = [batch_of("PAGE", pages), batch_of("STATEMENT", told)]
    return grouped(events([b for b in batches if b.num_rows], detector), watchlist)


def findings(pages: list[dict], told: list[dict]) -> list[dict]:
    return [row for firm, group in groups(pages, told).items() for row in thread(firm, group, WATCHLIST).to_pylist()]


def test_the_whole_story() -> None:
    found = groups(STORY, TOLD)
    assert list(found) == ["argusoptics"]
    (line,) = status("argusoptics", found["argusoptics"]).values()
    assert line == "marketed until 2022-11-30, gone since 2022-12-04, denied by Veritas Face Ltd, the firm named beside it, on 2022-12-03"
    rows = findings(STORY, TOLD)
    assert sorted(row["kind"] for row in rows) == ["claim_answered", "page_changed", "page_markets"]
    for row in rows:
        assert row["party"] == "Argus Optics" and row["publish"] == "yes" and row["grade"] == "captured"
        assert any("denied by Veritas Face Ltd" in words for words in row["against"])
        assert "The page names Veritas Face Ltd beside the claim. That is a claim by Argus Optics; whether Veritas Face Ltd agreed is not known from it." in row["context"]
        assert any(words.startswith("Argus Optics (2022-12-07), without saying of which page") for words in row["context"])


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2022-11-27", "no claim yet"),
        ("2022-11-28", "marketed on 2022-11-28, not denied, corrected or withdrawn on record"),
        ("2022-12-02", "marketed from 2022-11-28, still there on 2022-11-30, not denied, corrected or withdrawn on record"),
        ("2022-12-03", "marketed from 2022-11-28, still there on 2022-11-30, denied by Veritas Face Ltd, the firm named beside it, on 2022-12-03"),
        ("2022-12", "marketed until 2022-11-30, gone since 2022-12-04, denied by Veritas Face Ltd, the firm named beside it, on 2022-12-03"),
    ],
)
def test_status_on_a_day(day: str, words: str) -> None:
    assert list(status("argusoptics", groups(STORY, TOLD)["argusoptics"], day).values()) == [words]


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_order_gives_the_same(draw: random.Random) -> None:
    pages, told = draw.sample(STORY, len(STORY)), draw.sample(TOLD, len(TOLD))
    group = groups(pages, told)["argusoptics"]
    shuffled = group.take(pa.array(draw.sample(range(group.num_rows), group.num_rows)))
    assert thread("argusoptics", shuffled, WATCHLIST).equals(thread("argusoptics", groups(STORY, TOLD)["argusoptics"], WATCHLIST))
    assert assigned("argusoptics", shuffled).equals(assigned("argusoptics", groups(STORY, TOLD)["argusoptics"]))


def test_the_partner_is_never_accused_by_the_vendors_page() -> None:
    """Whatever the vendor writes about it, the partner has no group and no finding of its own; nor has it when it denies."""
    boast = page(URL, "2022-11-28", "markets race: Veritas Face Ltd sells the race recognition of this camera.")
    for pages in ([boast], [boast, STORY[4]], STORY):
        assert {row["party"] for row in findings(pages, TOLD)} <= {"Argus Optics", "argus-optics.example"}
        assert not any(row["maker_id"] for row in findings(pages, TOLD))


def test_blocked_failed_and_unreadable_are_not_gone() -> None:
    pages = [STORY[0], page(URL, "2022-12-01", "x", status="403"), page(URL, "2022-12-02", "", status="500"), page(URL, "2022-12-03", "", readable="no")]
    (line,) = status("argusoptics", groups(pages, [])["argusoptics"]).values()
    assert line.startswith("marketed on 2022-11-28, not denied")
    assert {row["kind"] for row in findings(pages, [])} == {"page_markets"}


def test_gone_and_back_again() -> None:
    back = [*STORY[:4], page(URL, "2022-12-20", f"markets ethnicity gender: {CLAIM}")]
    (line,) = status("argusoptics", groups(back, [])["argusoptics"]).values()
    assert line.startswith("marketed from 2022-11-28, still there on 2022-12-20")


def test_a_quiet_withdrawal_shows() -> None:
    """A later version names less: the capability that went is said with both dates."""
    url = "https://docs.argus-optics.example/sdk"
    pages = [page(url, "2022-01-01", "documents ethnicity gender: It returns ethnicity and gender."), page(url, "2023-01-01", "documents gender: It returns gender.")]
    (line,) = status("argusoptics", groups(pages, [])["argusoptics"]).values()
    assert line.startswith("documented from 2022-01-01, still there on 2023-01-01, ethnicity no longer named since 2023-01-01")
    (changed,) = [row for row in findings(pages, []) if row["kind"] == "page_changed"]
    assert changed["reasons"][0]["words"] == "The page named ethnicity on 2022-01-01 and did not on 2023-01-01."


def test_the_rendered_page_counts_with_its_source() -> None:
    """The source of a scripted page shows no claim, what the browser had does: one look, with a claim."""
    pages = [page(URL, "2022-11-28", "loading"), page(URL, "2022-11-28", f"markets gender: {CLAIM}", status="", form="rendered"), page(URL, "2022-11-29", "loading")]
    (line,) = status("argusoptics", groups(pages, [])["argusoptics"]).values()
    assert line.startswith("marketed until 2022-11-28, no longer on the page since 2022-11-29")


def test_a_page_that_takes_back_is_a_page_without_the_claim() -> None:
    pages = [STORY[0], page(URL, "2023-03-01", "withdraws ethnicity: We have removed ethnicity recognition.")]
    (line,) = status("argusoptics", groups(pages, [])["argusoptics"]).values()
    assert line == "marketed until 2022-11-28, no longer on the page since 2023-03-01, withdrawn (ethnicity) by its publisher on 2023-03-01"


def test_press_reports_and_strangers_make_no_thread() -> None:
    pages = [page("https://news.example/story", "2022-11-28", f"markets ethnicity: {CLAIM}"), page("https://other.example/", "2022-12-05", "denies ethnicity: We do no such thing.")]
    assert groups(pages, []) == {}
    assert findings([STORY[0], pages[1]], [])[0]["against"] == []


def test_an_earlier_denial_is_no_answer() -> None:
    early = said("old", "2019-01-01", "Veritas Face Ltd", "Argus Optics", "denial", "An older quarrel of Veritas Face Ltd with Argus Optics.")
    (line,) = status("argusoptics", groups(STORY[:1], [early])["argusoptics"]).values()
    assert "denied" not in line.replace("not denied", "")


def test_a_claim_known_from_a_statement_alone_is_no_finding() -> None:
    told = [said("claim-1", "2022", "Argus Optics", "Argus Optics", "claim", "A brochure announces profiling."), said("gone-1", "2022-12", "Argus Optics", "", "gone", "It removed the brochure (claim-1).")]
    (firm, group), *_ = groups([], told).items()
    assert status(firm, group) and thread(firm, group, WATCHLIST).num_rows == 0


def test_a_document_without_address_and_date() -> None:
    """A brochure as a file: the claim is found; whose it is is not guessed, and the gate still holds it."""
    row = {**page("", "", f"markets gender: {CLAIM}"), "captured": "", "origin_file": "inputs/brochure.pdf"}
    (finding,) = findings([row], TOLD)
    assert finding["party"] == "publisher not known (inputs/brochure.pdf)" and finding["link_path"] == [] and finding["date"] == ""
    assert finding["reasons"][0]["words"] == "The document inputs/brochure.pdf, whose address and date are not known, said so, in its own words."
    assert finding["context"][0] == "Status: marketed in a file without a date, not denied, corrected or withdrawn on record."


def test_a_makers_host_is_the_maker() -> None:
    watchlist = build({"makers": [{"maker_id": "argus", "name": "Argus Optics Digital Co., Ltd.", "equipment": "surveillance", "note": ""}], "names": [
        {"maker_id": "argus", "name": "Argus Optics", "kind": "short", "alone": "yes", "script": "Latn"}]})  # fmt: skip
    found = groups(STORY, TOLD, watchlist)
    assert list(found) == ["argus"]
    assert {row["maker_id"] for row in thread("argus", found["argus"], watchlist).to_pylist()} == {"argus"}


def test_decisions_stay_when_the_page_is_captured_again() -> None:
    before = {row["finding_id"]: row["evidence_hash"] for row in findings(STORY[:1], TOLD)}
    after = {row["finding_id"]: row["evidence_hash"] for row in findings(STORY[:2], TOLD)}
    assert before == after
    gone = {row["finding_id"]: row["evidence_hash"] for row in findings(STORY, TOLD)}
    assert set(before) < set(gone) and all(gone[id] != digest for id, digest in before.items())


def test_addresses_and_names() -> None:
    assert page_of("HTTP://www.Argus.example/a/index.html?utm_source=x&b=2&a=1#top") == page_of("https://argus.example/a/?a=1&b=2") == "argus.example/a?a=1&b=2"
    assert (host_of("https://user@www.A.example:8080/x"), host_of("no address")) == ("a.example", "")
    assert (label_of("shop.argus-optics.co.uk"), firm_of("Argus Optics Ltd"), firm_of("www.argus-optics.com")) == ("argusoptics", "argusoptics", "argusoptics")
    assert starts_of("Argus Optics Ltd") == {"argus", "argusoptics"} and starts_of("Sun Optics Ltd") == {"sunoptics"} and starts_of("Sun Ltd") == {"sun"}
    assert named_in("with the engine of Veritas-Face, and others", ["Veritas Face Ltd", "Engine Ltd", "Ver"]) == ["Veritas Face Ltd"]


def test_very_many_known_names_take_no_longer() -> None:
    """A case may bring a list of thousands of parties: names are looked up, not tried one after another."""
    parties = [{"party_id": f"P{n}", "maker_id": "", "name": f"Firm{n} Trading Co Ltd", "names": [], "country": ""} for n in range(3_000)]
    watchlist = build({"PARTY": parties})
    pages = [page(f"https://h{n}.example/p", "2022-01-01", f"markets gender: Our camera with Firm{n} Trading detects gender.") for n in range(60)]
    groups(pages[:1], [], watchlist)  # the watchlist is made ready once
    began = time.process_time()
    found = groups(pages, TOLD, watchlist)
    assert len(found) == 60 and time.process_time() - began < 10
    assert found["h7"].to_pylist()[0]["about"] == ["Firm7 Trading Co Ltd"]
