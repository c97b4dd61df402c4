"""The whole chain on a small invented case: confirm, notice, reply, deadline, public edition with the words beside the finding."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from custodes import case, pipeline
from custodes.pipeline import asking, replying
from custodes.review import exchange

SPEND = """Body,Supplier,Description,Amount,Date,Transaction Number
Leeds City Council,Meadow Security Systems Ltd,Supply of 5 Hikvision recorders,3627.50,2024-03-14,T-1
Leeds City Council,Brook Electrical Ltd,Hikvision camera repair,200.00,2024-05-14,T-2
Leeds City Council,Brook Electrical Ltd,CCTV maintenance of 4 cameras,900.00,2024-06-14,T-3
Moray Council,Glen Alarms Ltd,CCTV cameras for school,5400.00,2024-05-16,M-9
Harrogate Borough Council,Oak Systems Ltd,CCTV cameras,700.00,2022-05-16,H-9
"""
WORDS = "We fitted these in 2016.\n\n  =Two have gone since. <script>alert(1)</script>"


class Case:
    """A case in a folder, driven as the command line drives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder.parent / "spend.csv").write_text(SPEND, "utf-8")
        case.new(folder, (str(folder.parent / "spend.csv"),))

    def step(self, name: str, day: str, **options: Any) -> dict[str, Any]:
        ticks = iter(range(1000))
        return pipeline.step(name, self.folder, pipeline.Clock(f"{day}T00:00:00Z", True, lambda: float(next(ticks))), engine="local", **options)

    def run(self, day: str) -> dict[str, Any]:
        return self.step("run", day)

    def public(self, day: str) -> list[dict[str, str]]:
        self.step("publish", day, edition="public")
        return self.rows("public", "findings")

    def rows(self, edition: str, table: str) -> list[dict[str, str]]:
        with (self.folder / "publication" / edition / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def named(self) -> dict[str, str]:
        return {row["transaction"]: row["finding_id"] for row in self.rows("draft", "findings") if row["layer"] == "named"}

    def inbox(self, name: str, text: str) -> None:
        (self.folder / "inbox" / name).write_text(text, "utf-8", newline="")

    def confirm(self, *ids: str, note: str = "The record names the maker.") -> None:
        lines = ["finding_id,verdict,reason,note,decider,decided", *(f"{each},confirm,named-in-record,{note},reviewer,2026-03-01" for each in ids)]
        self.inbox("decisions.csv", "\n".join(lines) + "\n")

    def notify(self, day: str, **options: Any) -> dict[str, Any]:
        return replying.notify(self.folder, f"{day}T00:00:00Z", "fixed secret of a test", **options)

    def ask(self, day: str, **options: Any) -> dict[str, Any]:
        return asking.ask(self.folder, f"{day}T00:00:00Z", **options)


@pytest.fixture
def a_case(tmp_path: Path) -> Case:
    made = Case(tmp_path / "c")
    made.run("2026-03-01")
    made.confirm(*made.named().values())
    made.run("2026-03-02")
    return made


def held(summary: dict[str, Any]) -> dict[str, int]:
    return dict(summary["steps"]["publish"]["held_reasons"])


def test_from_confirmation_to_the_public_edition(a_case: Case) -> None:
    ids = a_case.named()
    assert a_case.public("2026-03-02") == []
    told = a_case.notify("2026-03-02", sent=True)
    assert told["notices"] == 3 and told["findings"] == 2  # the maker of both, and each supplier
    forms = {path.name: path for path in (a_case.folder / "review" / "notices").glob("*.form.txt")}
    (form,) = [path for name, path in forms.items() if name.startswith("meadow")]
    filled = form.read_text("utf-8").replace(f"[words for finding {ids['T-1']}]\n\n", f"[words for finding {ids['T-1']}]\n{WORDS}\n")
    a_case.inbox("reply.txt", filled)
    assert a_case.run("2026-03-05")["steps"]["review"]["exchanged"] == 4
    assert a_case.public("2026-03-16") == []  # the maker's last day is not over
    assert held(a_case.step("publish", "2026-03-16", edition="public", dry_run=True))["the time that a company named has to reply is not over"] == 2
    rows = a_case.public("2026-03-17")
    assert {row["finding_id"] for row in rows} == set(ids.values())
    page = (a_case.folder / "publication" / "public" / "findings" / f"{ids['T-1']}.html").read_text("utf-8")
    assert "We fitted these in 2016.\n\n  =Two have gone since. &lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>" not in page
    assert "It had notice on 2026-03-02 with time until 2026-03-16, and has not replied." in page
    replies = {(row["finding_id"], row["company"]): row for row in a_case.rows("public", "replies")}
    assert replies[ids["T-1"], "Meadow Security Systems Ltd"]["words"] == WORDS and len(replies) == 4
    assert "Meadow" in (a_case.folder / "publication" / "public" / "replies.html").read_text("utf-8")
    states = {row["body"]: row["state"] for row in a_case.rows("public", "bodies")}
    assert states["Leeds City Council"] == "confirmed present" and states["Moray Council"] == "records read without a named maker"
    figures = {row["id"]: (row["numerator"], row["denominator"]) for row in a_case.rows("public", "figures")}
    assert (figures["companies-named"], figures["companies-notice"], figures["companies-replied"]) == (("2", "2"), ("3", "3"), ("1", "3"))
    assert pipeline.verify(a_case.folder)["exit"] == 0


def test_what_is_not_cleared_shows_nowhere_in_the_public_edition(a_case: Case) -> None:
    ids = a_case.named()
    a_case.notify("2026-03-02", sent=True, companies=["Hangzhou Hikvision Digital Technology Co Ltd", "Meadow Security Systems Limited"])
    a_case.run("2026-03-02")
    assert [row["finding_id"] for row in a_case.public("2026-04-20")] == [ids["T-1"]]
    public = a_case.folder / "publication" / "public"
    text = "\n".join(path.read_text("utf-8") for path in public.rglob("*") if path.suffix in (".html", ".csv", ".json", ".jsonl"))
    for words in (ids["T-2"], "Brook Electrical", "Hikvision camera repair", "Glen Alarms", "Oak Systems"):
        assert words not in text, words


def test_a_new_wording_opens_one_finding_again(a_case: Case) -> None:
    ids = a_case.named()
    a_case.notify("2026-03-02", sent=True)
    a_case.run("2026-03-02")
    assert len(a_case.public("2026-03-20")) == 2
    a_case.inbox("second.csv", f"finding_id,verdict,reason,note,decider,decided\n{ids['T-2']},confirm,named-in-record,Seen again by a second pair of eyes.,second reviewer,2026-03-20\n")
    a_case.run("2026-03-20")
    assert [row["finding_id"] for row in a_case.public("2026-03-21")] == [ids["T-1"]]
    again = a_case.notify("2026-03-21")
    assert again["notices"] == 2 and all("1 findings" in line for line in again["lines"] if "answer by" in line)


def test_new_evidence_makes_the_decision_stale_and_holds_the_finding(a_case: Case) -> None:
    ids = a_case.named()
    a_case.notify("2026-03-02", sent=True)
    a_case.run("2026-03-02")
    (a_case.folder.parent / "spend.csv").write_text(SPEND.replace("Supply of 5 Hikvision recorders", "Supply of 6 Hikvision recorders"), "utf-8")
    a_case.run("2026-03-20")
    assert ids["T-1"] not in {row["finding_id"] for row in a_case.public("2026-03-21")}


def test_waivers_corrections_and_a_wrong_token_through_the_inbox(a_case: Case) -> None:
    ids = a_case.named()
    a_case.inbox(
        "desk.csv",
        "event,date,by,finding_ids,class,reason,was,now,notice_id,words,token\n"
        f"waiver,2026-03-02,legal desk,{ids['T-1']},,dissolved in 2021,,,,,\n"
        f"correction,2026-03-02,reviewer,{ids['T-1']},,the council corrected its list,five recorders,four recorders,,,\n"
        "reply,2026-03-02,company,,,,,,N-0123456789ab,Forged.,AAAA-AAAA\n",
    )
    summary = a_case.run("2026-03-03")
    assert summary["exit"] == 3 and any("not the token of this notice" in text for text in summary["steps"]["review"]["troubles"])
    assert [row["finding_id"] for row in a_case.public("2026-03-03")] == [ids["T-1"]]
    page = (a_case.folder / "publication" / "public" / "findings" / f"{ids['T-1']}.html").read_text("utf-8")
    assert "It was not asked for a reply: dissolved in 2021 (legal desk, 2026-03-02)." in page and "four recorders" in page
    assert [row["now"] for row in a_case.rows("public", "corrections")] == ["four recorders"]


def test_a_landlord_named_by_hand_has_to_be_heard_too(a_case: Case) -> None:
    ids = a_case.named()
    a_case.notify("2026-03-02", sent=True)
    a_case.run("2026-03-02")
    a_case.inbox("named.csv", f"event,date,by,finding_ids,company,role,reason\ncompany named,2026-03-03,reviewer,{ids['T-1']},Quay Estates Ltd,landlord,the site is theirs\n")
    a_case.run("2026-03-03")
    assert [row["finding_id"] for row in a_case.public("2026-03-20")] == [ids["T-2"]]
    assert [line for line in a_case.notify("2026-03-20")["lines"] if "Quay Estates Ltd: 1 findings" in line]


def test_asking_from_letter_to_statistics(a_case: Case) -> None:
    told = a_case.ask("2026-03-02", sent=True)
    assert (told["letters"], told["going"]) == (3, 3)
    letters = a_case.folder / "review" / "letters"
    assert {path.suffix for path in letters.iterdir()} == {".txt", ".docx", ".csv", ".jsonl"}
    record = {json.loads(line)["body"]: json.loads(line) for line in (letters / "record.jsonl").read_text("utf-8").splitlines()}
    assert record["Harrogate Borough Council"]["to"] == "North Yorkshire Council" and record["Moray Council"]["law"] == "foisa"
    a_case.run("2026-03-03")
    assert {row["body"]: row["state"] for row in a_case.rows("draft", "bodies")}["Moray Council"] == "asked"
    assert a_case.ask("2026-03-03")["letters"] == 0  # nothing is asked twice
    number = record["Moray Council"]["letter_id"]
    a_case.inbox("answers.csv", f"body,about,asked,answered,state,exemption,makers,devices,sites,words,url,grade,reference\nMoray Council,,2026-03-02,2026-03-20,refused,FOISA s.12,,,,,,,{number}\n")
    a_case.run("2026-04-10")
    told = a_case.ask("2026-04-10")
    assert told["states"] == {"answered": 1, "overdue": 2} and told["due"] == 3
    names = {path.name for path in letters.iterdir()}
    assert f"review-{number}.docx" in names and f"reminder-{record['Leeds City Council']['letter_id']}.txt" in names
    due = {row["body"]: row for row in csv.DictReader((letters / "due.csv").read_text("utf-8").splitlines())}
    assert due["Leeds City Council"]["due"] == "2026-03-31" and due["Moray Council"]["due"] == "2026-03-30" and due["Moray Council"]["exemption"] == "FOISA s.12"
    figures = {row["id"]: (row["numerator"], row["denominator"]) for row in a_case.rows("draft", "figures")}
    assert (figures["answers-asked"][0], figures["answers-answered"], figures["answers-held"], figures["answers-section-foisa-s-12"]) == ("3", ("1", "3"), ("0", "1"), ("1", "1"))
    assert {row["body"]: row["state"] for row in a_case.rows("draft", "bodies")}["Leeds City Council"] in ("confirmed present", "asked")


def test_the_gate_does_not_trust_a_standing_that_leaves_a_company_out() -> None:
    from custodes.publication.gate import NO_NOTICE, held_reasons

    row = {"verdict": "confirm", "stale": False, "publish": "yes", "grade": "recorded", "maker_id": "argus", "party": "", "supplier": "Meadow Ltd"}
    maker = {"roles": ["maker"], "state": "replied", "clear": True}
    assert held_reasons(row, [maker]) == (NO_NOTICE,)
    assert held_reasons(row, [maker, {"roles": ["supplier"], "state": "waived", "clear": True}]) == ()
    assert held_reasons(row, [{**maker, "clear": False, "state": "new word"}, {"roles": ["supplier"], "state": "waived", "clear": True}]) == (NO_NOTICE,)


def test_events_that_vanish_are_named(a_case: Case) -> None:
    a_case.notify("2026-03-02", sent=True)
    a_case.run("2026-03-02")
    log = replying.log(a_case_of(a_case))
    acts = exchange.load(log)
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    told = pipeline.verify(a_case.folder)
    assert told["exit"] == 4 and any(broken["chain"] == "exchange" and f"line {len(acts)}" in broken["where"] for broken in told["broken"])


def a_case_of(made: Case) -> case.Case:
    return case.load(made.folder)


def test_the_same_inputs_give_the_same_letters_and_the_same_edition(tmp_path: Path) -> None:
    trees = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made = Case(tmp_path / name / "c")
        made.run("2026-03-01")
        made.confirm(*made.named().values())
        made.run("2026-03-02")
        made.notify("2026-03-02", sent=True)
        made.ask("2026-03-02")
        made.run("2026-03-02")
        made.public("2026-03-20")
        folders = ("review/letters", "review/notices", "publication/public")
        trees.append({str(path.relative_to(made.folder)): path.read_bytes() for folder in folders for path in sorted((made.folder / folder).rglob("*")) if path.is_file()})
    assert trees[0] == trees[1] and len(trees[0]) > 60


def test_a_folder_with_something_in_it_is_not_written_over(a_case: Case, tmp_path: Path) -> None:
    from custodes.errors import UsageError

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", "utf-8")
    for call in (a_case.ask, a_case.notify):
        with pytest.raises(UsageError, match="not empty"):
            call("2026-03-02", out=str(tmp_path / "mine"))
    with pytest.raises(UsageError, match="no open question"):
        a_case.ask("2026-03-02", only=["Nobody"])
    with pytest.raises(UsageError, match="no law"):
        a_case.ask("2026-03-02", law="moon")
    with pytest.raises(UsageError, match="no notice is due"):
        a_case.notify("2026-03-02", companies=["Nobody Ltd"])
