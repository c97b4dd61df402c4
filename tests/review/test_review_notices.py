"""The right of reply: who is named as what, one notice per company, a way to answer without an account, and when a finding is free to go."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.review import docx, letters, notice_letter, notices, reply_form
from custodes.review.exchange import Act
from custodes.review.exchange_files import lines, read, sniff
from custodes.review.notices import Item, Named, item

TODAY, DEADLINE, AFTER = "2026-03-02", "2026-03-16", "2026-03-17"
SECRET = b"a secret of this test"


def an_id(n: int) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()[:20]


def row(n: int, **values: Any) -> dict[str, Any]:
    return {
        "finding_id": an_id(n), "evidence_hash": hashlib.sha256(f"e{n}".encode()).hexdigest(), "kind": "product_named", "maker_id": "argus", "party": "Argus Optics",
        "link_path": ["argus"], "supplier": "Meadow Security Systems Ltd", "listed_on_date": "yes", "listings": ["L1"],
        "origin_file": "in/a.csv", "origin_at": "line 2", "origin_sha256": "0" * 64,
    } | values  # fmt: skip


def an_item(n: int, wording: str = "", acts: tuple[Act, ...] = (), **values: Any) -> Item:
    return item(row(n, **values), wording or f"Argus, in a record of a body\nnumber {n}", "Argus Optics Co., Ltd.", acts)


def state(one: Item, *acts: Act, today: str = AFTER) -> dict[str, str]:
    return {each.company: each.state for each in notices.standings([one], acts, today)[one.finding_id]}


def sent(*items: Item, company: str = "", day: str = TODAY) -> tuple[Act, ...]:
    """Notices of these items, sent; only that to ``company`` when it is given."""
    drafted = notices.draft(items, (), day, day)
    return tuple(notices.sent(notice, day, "reviewer") for notice in drafted if not company or notice.company == company)


MAKER, SUPPLIER = "Argus Optics Co., Ltd.", "Meadow Security Systems Ltd"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, {MAKER: ("maker",), SUPPLIER: ("supplier",)}),
        ({"supplier": ""}, {MAKER: ("maker",)}),
        ({"supplier": "ARGUS OPTICS Company Limited"}, {MAKER: ("maker", "supplier")}),
        ({"link_path": ["Argus UK Ltd", "company of", "argus"]}, {MAKER: ("maker",), SUPPLIER: ("supplier",), "Argus UK Ltd": ("affiliate",)}),
        ({"link_path": ["SentryEye", "sold under another name, made by", "argus"]}, {MAKER: ("maker",), SUPPLIER: ("supplier",), "SentryEye": ("partner",)}),
        ({"link_path": ["SentryEye", "owned brand of", "argus"]}, {MAKER: ("maker",), SUPPLIER: ("supplier",)}),
        ({"maker_id": "", "party": "Lynx GmbH"}, {"Lynx GmbH": ("maker",), SUPPLIER: ("supplier",)}),
        ({"maker_id": "", "party": "", "supplier": "", "link_path": []}, {}),
    ],
)
def test_who_is_named_as_what(values: dict[str, Any], named: dict[str, tuple[str, ...]]) -> None:
    assert {each.company: each.roles for each in an_item(1, **values).named} == named


def test_a_landlord_is_named_by_hand() -> None:
    act = Act("company named", TODAY, "reviewer", {"finding_ids": [an_id(1)], "company": "Quay Estates Ltd", "role": "landlord", "reason": "the answer says so"})
    assert Named("Quay Estates Ltd", "quay estates ltd", ("landlord",)) in an_item(1, acts=(act,)).named
    assert len(an_item(2, acts=(act,)).named) == 2


def test_one_notice_per_company_lists_every_finding_that_names_it() -> None:
    items = [an_item(1), an_item(2, supplier="Brook Ltd"), an_item(3, supplier="brook limited")]
    drafted = notices.draft(items, (), TODAY, TODAY)
    found = {notice.company: {each.finding_id for each in notice.items} for notice in drafted}
    assert found == {MAKER: {an_id(1), an_id(2), an_id(3)}, SUPPLIER: {an_id(1)}, "Brook Ltd": {an_id(2), an_id(3)}}
    assert {notice.deadline for notice in drafted} == {DEADLINE}
    assert notices.draft(list(reversed(items)), (), TODAY, TODAY) == drafted


def test_the_letter_says_wording_role_evidence_deadline_and_token() -> None:
    notice = notices.draft([an_item(1), an_item(2)], (), TODAY, TODAY)[0]
    token = notices.token(SECRET, notice.notice_id)
    text = letters.text(notice_letter.blocks(notice, token))
    for each in notice.items:
        assert all(line in text for line in each.wording.splitlines())
        assert each.finding_id in text and each.evidence_hash in text
    assert token in text and notice.notice_id in text and DEADLINE in text and "as the maker of the equipment" in text and "in/a.csv, line 2" in text
    assert docx.document(notice_letter.blocks(notice, token)).startswith(b"PK")


def test_a_company_stands_as_the_days_go_by() -> None:
    one = an_item(1)
    assert state(one) == {MAKER: "no notice", SUPPLIER: "no notice"}
    acts = sent(one)
    assert state(one, *acts, today=DEADLINE) == {MAKER: "waiting", SUPPLIER: "waiting"}  # the last day is theirs
    assert state(one, *acts, today=AFTER) == {MAKER: "deadline passed", SUPPLIER: "deadline passed"}
    assert state(one, *sent(one, company=MAKER)) == {MAKER: "deadline passed", SUPPLIER: "no notice"}


def test_more_time_and_a_notice_that_came_back() -> None:
    one = an_item(1, supplier="")
    (act,) = sent(one)
    number = act.get("notice_id")
    more = Act("deadline extended", "2026-03-10", "legal desk", {"notice_id": number, "deadline": "2026-04-01", "reason": "asked"})
    less = Act("deadline extended", "2026-03-10", "legal desk", {"notice_id": number, "deadline": "2026-03-03", "reason": "a slip"})
    assert state(one, act, more) == {MAKER: "waiting"} and state(one, act, more, today="2026-04-02") == {MAKER: "deadline passed"}
    assert state(one, act, less, today="2026-03-10") == {MAKER: "waiting"}  # time once given is not taken away
    returned = Act("notice returned", "2026-03-05", "reviewer", {"notice_id": number, "reason": "unknown"})
    assert state(one, act, returned) == {MAKER: "returned"}
    assert [n.company for n in notices.draft([one], (act, returned), "2026-03-05", "2026-03-05")] == [MAKER]


@pytest.mark.parametrize("change", ["evidence", "wording"])
def test_new_evidence_or_wording_opens_that_finding_alone(change: str) -> None:
    first, second = an_item(1, supplier=""), an_item(2, supplier="")
    acts = sent(first, second)
    changed = replace(first, evidence_hash="f" * 64) if change == "evidence" else replace(first, wording=first.wording + "\nmore")
    standing = notices.standings([changed, second], acts, AFTER)
    assert [standing[each.finding_id][0].state for each in (changed, second)] == ["changed since notice", "deadline passed"]
    (again,) = notices.draft([changed, second], acts, AFTER, AFTER)
    assert [each.finding_id for each in again.items] == [first.finding_id]
    assert state(changed, *acts, notices.sent(again, AFTER, "reviewer"), today="2026-04-02") == {MAKER: "deadline passed"}


def test_a_reply_counts_for_what_it_answers_and_stays_when_the_finding_changes() -> None:
    first, second = an_item(1, supplier=""), an_item(2, supplier="")
    (act,) = sent(first, second)
    some = Act("reply", "2026-03-05", "company", {"notice_id": act.get("notice_id"), "finding_ids": [first.finding_id], "words": "Not ours.\n  Really."})
    standing = notices.standings([first, second], (act, some), "2026-03-06")
    assert [standing[each.finding_id][0].state for each in (first, second)] == ["replied", "waiting"]
    assert standing[first.finding_id][0].replies[0].words == "Not ours.\n  Really."
    whole = Act("reply", "2026-03-05", "company", {"notice_id": act.get("notice_id"), "words": "All wrong."})
    assert state(second, act, whole, today="2026-03-06") == {MAKER: "replied"}
    changed = replace(first, evidence_hash="f" * 64)
    (later,) = notices.standings([changed], (act, some), "2026-03-06")[first.finding_id]
    assert later.state == "changed since notice" and later.replies[0].earlier
    assert state(first, act, Act("reply", "2026-03-05", "company", {"notice_id": "N-000000000000", "words": "x"}), today="2026-03-06") == {MAKER: "waiting"}


def waiver(**body: Any) -> Act:
    return Act("waiver", TODAY, "legal desk", {"reason": "because", **body})


@pytest.mark.parametrize(
    ("act", "values", "waived"),
    [
        (waiver(finding_ids=[an_id(1)]), {}, {MAKER, SUPPLIER}),
        (waiver(finding_ids=[an_id(2)]), {}, set()),
        (waiver(finding_ids=[an_id(1)], company="MEADOW Security Systems Limited"), {}, {SUPPLIER}),
        (waiver(**{"class": "official-listing"}), {}, {MAKER}),
        (waiver(**{"class": "official-listing"}), {"listed_on_date": "no"}, set()),
        (waiver(**{"class": "official-listing"}), {"supplier": "Argus Optics Co Ltd"}, set()),  # maker and supplier in one: the sale is not official
        (waiver(**{"class": "body-answer"}), {}, set()),
        (waiver(**{"class": "body-answer"}), {"kind": "body_says_holds"}, {MAKER, SUPPLIER}),
        (waiver(finding_ids=[an_id(1)], until="2026-03-16"), {}, set()),
        (waiver(finding_ids=[an_id(1)], until="2026-03-17"), {}, {MAKER, SUPPLIER}),
    ],
)
def test_a_waiver_covers_what_it_names_and_no_more(act: Act, values: dict[str, Any], waived: set[str]) -> None:
    assert {company for company, how in state(an_item(1, **values), act).items() if how == "waived"} == waived


def test_a_waiver_does_not_hide_a_reply() -> None:
    one = an_item(1, supplier="")
    (act,) = sent(one)
    said = Act("reply", "2026-03-05", "company", {"notice_id": act.get("notice_id"), "words": "No."})
    assert state(one, act, said, waiver(finding_ids=[one.finding_id])) == {MAKER: "replied"}


def test_tokens_fit_their_notice_only() -> None:
    token = notices.token(SECRET, "N-0123456789ab")
    assert notices.token_fits(SECRET, "N-0123456789ab", token.lower().replace("-", " "))
    for secret, number, word in ((SECRET, "N-0123456789ac", token), (b"other", "N-0123456789ab", token), (b"", "N-0123456789ab", token), (SECRET, "N-0123456789ab", ""), (SECRET, "N-0123456789ab", "ä" * 24)):
        assert not notices.token_fits(secret, number, word)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).map(lambda t: t.strip("\n")).filter(lambda t: t.strip() and not t.startswith("["))


@settings(deadline=None)
@given(st.lists(WORDS | st.just("=1+1\n\n  indented\nlast"), min_size=1, max_size=3), st.sampled_from(["\n", "\r\n"]))
def test_the_form_brings_the_words_back_unchanged(said: list[str], newline: str) -> None:
    items = tuple(an_item(n, supplier="") for n in range(3))
    (notice,) = notices.draft(items, (), TODAY, TODAY)
    form = reply_form.write(notice, notices.token(SECRET, notice.notice_id))
    assert sniff(form.encode(), "reply.txt") and not read(form.encode(), "reply.txt", AFTER, SECRET).acts
    for each, words in zip(notice.items, said, strict=False):
        form = form.replace(f"[words for finding {each.finding_id}]\n\n", f"[words for finding {each.finding_id}]\n{words}\n")
    reading = read(form.replace("\n", newline).encode(), "reply.txt", "2026-05-01", SECRET, f"{AFTER}T09:00:00Z")
    assert not reading.rejects
    assert [(act.get("finding_ids"), act.get("words"), act.by, act.date) for act in reading.acts] == [
        ([each.finding_id], words, "company", AFTER) for each, words in zip(notice.items, said, strict=False)
    ]


def test_a_form_with_a_wrong_token_or_a_missing_end_is_refused() -> None:
    (notice,) = notices.draft([an_item(1, supplier="")], (), TODAY, TODAY)
    form = reply_form.write(notice, notices.token(b"other", notice.notice_id)).replace("[words for all findings]\n", "[words for all findings]\nNo.")
    (reject,) = read(form.encode(), "r.txt", AFTER, SECRET).rejects
    assert reject["column"] == "token" and "not the token of this notice" in reject["reason"]
    none = form.replace("token:", "tokn:")
    assert "neither token nor role" in read(none.encode(), "r.txt", AFTER, SECRET).rejects[0]["reason"]
    open_ended = form.replace("[end of words]", "[end]")
    assert any("has no end" in each["reason"] for each in read(open_ended.encode(), "r.txt", AFTER, SECRET).rejects)
    assert "holds no words" in read(reply_form.write(notice, "x").encode(), "r.txt", AFTER, SECRET).rejects[0]["reason"]


def test_the_record_of_sending_comes_back_whole() -> None:
    acts = sent(an_item(1), an_item(2))
    reading = read(lines(acts), "record.jsonl", AFTER, SECRET)
    assert not reading.rejects and [replace(act, source="") for act in reading.acts] == list(acts)
