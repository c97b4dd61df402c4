"""The exchange log and the files that feed it: chained, idempotent, strict, and calm with rubbish."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.errors import BrokenInputError, IntegrityError, LimitError
from custodes.review import exchange, exchange_files
from custodes.review.exchange import Act
from custodes.review.exchange_files import KINDS, lines, read, sniff

NOW = "2026-03-10T09:00:00Z"
ID, NOTICE, LETTER = "0123456789abcdef0123", "N-0123456789ab", "Q-0123456789"
GOOD = {
    "letter sent": {"letter_id": LETTER, "body": "Leeds City Council", "law": "foia", "finding_ids": [ID]},
    "reminder sent": {"letter_id": LETTER},
    "review asked": {"letter_id": LETTER},
    "letter withdrawn": {"letter_id": LETTER, "reason": "merged"},
    "notice sent": {"notice_id": NOTICE, "company": "Argus", "deadline": "2026-03-24", "items": [{"finding_id": ID, "evidence_hash": "a" * 64, "wording_hash": "b" * 64}]},
    "notice returned": {"notice_id": NOTICE, "reason": "unknown"},
    "deadline extended": {"notice_id": NOTICE, "deadline": "2026-04-01", "reason": "asked"},
    "reply": {"notice_id": NOTICE, "words": "No."},
    "waiver": {"class": "body-answer", "reason": "its own words"},
    "company named": {"finding_ids": [ID], "company": "Quay Estates", "role": "landlord", "reason": "the answer says so"},
    "correction": {"was": "five", "now": "four", "reason": "a slip"},
}  # fmt: skip


def act(kind: str, day: str = "2026-03-02", **body: object) -> Act:
    return Act(kind, day, "reviewer", {**GOOD[kind], **body})


def rejected(row: dict[str, object]) -> str:
    reading = read(json.dumps({"date": "2026-03-02", "by": "reviewer", **row}).encode() + b"\n", "x.jsonl", NOW)
    assert not reading.acts and len(reading.rejects) == 1
    return f"{reading.rejects[0]['column']}: {reading.rejects[0]['reason']}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_goes_out_and_comes_back(kind: str) -> None:
    data = lines([act(kind)])
    assert sniff(data, "x.jsonl")
    (back,) = read(data, "x.jsonl", NOW).acts
    assert (back.kind, back.date, back.by, dict(back.body)) == (kind, "2026-03-02", "reviewer", GOOD[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_each_field_that_is_needed_is_missed(kind: str) -> None:
    for name in KINDS[kind][0]:
        assert rejected({"event": kind, **{k: v for k, v in GOOD[kind].items() if k != name}}).startswith(f"{name}: ")


def test_a_table_by_hand() -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Event", "Date", "By", "Letter_ID", "Reason", "finding_ids", "was", "now"])
    writer.writerow(["Reminder sent", "2026-03-02", "reviewer", LETTER, "", "", "", ""])
    writer.writerow(["correction", "2026-03-03", "legal desk", "", "=slip", f"{ID} {'f' * 20}", "five", "=four"])
    writer.writerow(["letter sent", "", "", LETTER, "", "", "", ""])
    data = out.getvalue().encode("cp1252")
    assert sniff(data, "x.csv")
    reading = read(data, "x.csv", NOW)
    assert not reading.rejects and reading.undone == 1
    assert [a.kind for a in reading.acts] == ["reminder sent", "correction"]
    assert reading.acts[1].get("finding_ids") == [ID, "f" * 20] and reading.acts[1].get("now") == "=four"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"event": "gossip"}, "event: 'gossip' is not one of"),
        ({"event": "reminder sent", "letter_id": "12"}, "letter_id: '12' is not a number as custodes gives it"),
        ({"event": "reminder sent", "letter_id": LETTER, "date": "2026-03-11"}, "date: '2026-03-11' is not an ISO date up to today"),
        ({"event": "reminder sent", "letter_id": LETTER, "date": "02/03/2026"}, "date: "),
        ({"event": "reminder sent", "letter_id": LETTER, "by": "Jo Bloggs"}, "by: write a role"),
        ({"event": "reply", **GOOD["reply"], "by": "company"}, "by: write a role"),
        ({"event": "reply", **GOOD["reply"], "by": "company", "token": "AAAA"}, "token: is not the token"),
        ({"event": "reply", **GOOD["reply"], "by": ""}, "token: neither token nor role"),
        ({"event": "reply", "notice_id": NOTICE, "words": " \n "}, "words: a row of the kind"),
        ({"event": "reply", "notice_id": NOTICE, "words": "x" * 50_001}, "words: is longer"),
        ({"event": "reply", "notice_id": NOTICE, "words": 7}, "words: must be text"),
        ({"event": "waiver", "reason": "x"}, "finding_ids: a waiver names findings"),
        ({"event": "waiver", "reason": "x", "class": "friends"}, "class: 'friends' is not one of"),
        ({"event": "waiver", "reason": "x", "class": "body-answer", "until": "soon"}, "until: 'soon' is not an ISO date"),
        ({"event": "company named", **GOOD["company named"], "role": "villain"}, "role: 'villain' is not one of"),
        ({"event": "company named", **GOOD["company named"], "finding_ids": "zz"}, "finding_ids: 'zz' is not a finding id"),
        ({"event": "company named", **GOOD["company named"], "finding_ids": "[[["}, "finding_ids: is not a JSON array"),
        ({"event": "company named", **GOOD["company named"], "finding_ids": {"a": 1}}, "finding_ids: must be a list"),
        ({"event": "notice sent", **GOOD["notice sent"], "items": [{"finding_id": ID}]}, "items: must be the list"),
        ({"event": "notice sent", **GOOD["notice sent"], "items": "[1]"}, "items: must be the list"),
    ],
)
def test_what_is_wrong_is_said_with_its_column(row: dict[str, object], words: str) -> None:
    assert rejected(row).startswith(words)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda b: b"event,date,by,words\n" + b) | st.binary(max_size=100).map(lambda b: b"CUSTODES REPLY FORM 1\n" + b))
def test_rubbish_is_refused_calmly(data: bytes) -> None:
    sniff(data, "x")
    try:
        read(data, "x", NOW, b"secret")
    except (BrokenInputError, LimitError) as error:
        assert error.advice


def test_characters_that_no_text_has_are_replaced_and_the_words_stay() -> None:
    row = {"event": "reply", **GOOD["reply"], "date": "2026-03-02", "by": "reviewer", "words": "\n a\x00b\ud800c\r\n\td\n"}
    (back,) = read(json.dumps(row).encode(), "x", NOW).acts
    assert back.get("words") == " a\ufffdb\ufffdc\n\td"


def test_deep_json_and_large_files_end_in_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = b'{"event": "reply", "date": "2026-03-02", "by": "reviewer", "words": ' + b"[" * 100_000
    assert read(deep, "x", NOW).rejects[0]["reason"].startswith("is not JSON")
    monkeypatch.setattr(exchange_files, "MOST_BYTES", 100)
    with pytest.raises(LimitError):
        read(b"x" * 101, "x", NOW)


def test_the_log_takes_each_event_once_and_in_the_order_of_days(tmp_path: Path) -> None:
    path = tmp_path / "exchange.jsonl"
    acts = [act("reply", "2026-03-05"), act("notice sent"), act("reply", "2026-03-05")]
    added = exchange.append(path, acts)
    assert [(a.n, a.kind) for a in added] == [(1, "notice sent"), (2, "reply")]
    before = path.read_bytes()
    assert exchange.append(path, acts) == () and path.read_bytes() == before
    assert exchange.append(path, [act("reply", "2026-03-05", words="More.")])[0].n == 3
    assert [a.n for a in exchange.load(path)] == [1, 2, 3] and exchange.head(path)[0] == 3
    assert not list(exchange.verify(path)) and not list(exchange.verify(tmp_path / "none.jsonl"))


def test_every_flipped_byte_is_named(tmp_path: Path) -> None:
    path = tmp_path / "exchange.jsonl"
    exchange.append(path, [act("notice sent"), act("reply", "2026-03-05"), act("correction", "2026-03-06")])
    whole = path.read_bytes()
    starts = [0, *(i + 1 for i, byte in enumerate(whole) if byte == 10)]
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        line = sum(start <= at for start in starts)
        (found, *_) = exchange.verify(path)
        assert found.chain == "exchange" and (f"line {line}" in found.where or whole[at] == 10), at
        if whole[at] != 10:
            with pytest.raises(IntegrityError):
                exchange.append(path, [act("reply", "2026-03-07")])


def test_a_half_line_is_cut_off_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "exchange.jsonl"
    exchange.append(path, [act("notice sent")])
    with path.open("ab") as stream:
        stream.write(b'{"half": ')
    assert [b.what for b in exchange.verify(path)] and len(exchange.load(path)) == 1
    exchange.append(path, [act("reply", "2026-03-05")])
    assert not list(exchange.verify(path)) and len(exchange.load(path)) == 2


@pytest.mark.parametrize("head", [b"finding_id,verdict,reason,note,decider,decided,event\n", b"event,date\n", b'{"event": 7, "date": "", "by": ""}', b'{"a": [', b"\x00", b"", b"body,state,date,by\n"])
def test_other_files_are_left_alone(head: bytes) -> None:
    assert not sniff(head, "x.csv")
