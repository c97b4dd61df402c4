"""Confirmed claims as grounds, through whole cases: a firm's own page, a person's decision, the sites it selects, what it is cited by; never an unconfirmed one."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from claims_invented import make_case
from custodes.errors import UsageError
from custodes.pipeline import Clock, step, verify
from custodes.timetable import load_policy
from custodes.timetable.scope import counting
from custodes.timetable.terms import Ground

POLICY = """id = "t"
title = "A council's invented resolution"
status = "invented"
as_of = ""
scope = "all sites"
note = ""
[counts]
words = "makers whose claims of profiling people were confirmed"
grounds = []
lists = []
countries = []
sources = ["claim"]
capabilities = ["ethnicity", "race"]
"""
SITES = """site_id,body,devices,makers,region
hall,Anytown Council,12,Argus Optics=9 ; Other Eyes=3,North
school,Anytown Council,4,Veritas Face Ltd,North
gym,Anytown Council,5,Other Eyes,South
"""
NOW = "2026-11-23"


def run(folder: Path, *names: str, now: str = NOW, **options: Any) -> list[str]:
    """Steps on a case; returns their troubles."""
    clock = Clock(now, True, time.monotonic)
    told = [step(name, folder, clock, engine="local", **options) for name in names or ("gather", "read", "find", "review", "plan")]
    return [text for summary in told for each in summary["steps"].values() for text in each.get("troubles", ())]


def decide(folder: Path, name: str, finding: str, verdict: str, reason: str, day: str) -> None:
    (folder / "inbox").mkdir(exist_ok=True)
    lines = f"finding_id,verdict,reason,note,decider,decided,evidence_hash\n{finding},{verdict},{reason},looked at the page,reviewer,{day},\n"
    (folder / "inbox" / f"{name}.csv").write_text(lines, encoding="utf-8")


def plan_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "timetable" / "plan.json").read_text(encoding="utf-8"))
    return found


def claims(folder: Path) -> dict[str, str]:
    """The claims of the pages: what they market -> finding id."""
    rows = pq.read_table(folder / "findings" / "findings.parquet").to_pylist()
    return {row["description"]: row["finding_id"] for row in rows if row["kind"] == "page_markets"}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_case(tmp_path_factory.mktemp("grounds") / "case")
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    (folder / "inputs" / "sites.csv").write_text(SITES, encoding="utf-8")
    with (folder / "case.toml").open("a", encoding="utf-8") as stream:
        stream.write('[plan]\npolicy = "policy.toml"\n[timetable]\npublish = true\n[publish]\nlanguages = ["en"]\n')
    return folder


def test_from_an_unconfirmed_claim_to_a_confirmed_one_and_back(case: Path) -> None:
    run(case)
    before = plan_of(case)
    assert before["removals"] == [] and before["grounds"] == []
    assert {o["site_id"]: o["reason"] for o in before["outside"]} == {
        "hall": "no ground of the policy counts for argus optics, other eyes", "school": "no ground of the policy counts for veritas face ltd",
        "gym": "no ground of the policy counts for other eyes",
    }  # fmt: skip
    finding = claims(case)[next(text for text in claims(case) if "camera AX-4000" in text)]
    assert any(f"a claim of argus optics does not count: no person has confirmed it (finding {finding})" == text for text in before["assumptions"])
    assert not any("veritas" in text for text in before["assumptions"])

    decide(case, "yes", finding, "confirm", "page-says-so", "2026-11-23")
    run(case)
    plan = plan_of(case)
    assert [(r["site_id"], r["devices"]) for r in plan["removals"]] == [("hall", 9)]
    assert {o["site_id"] for o in plan["outside"]} == {"school", "gym"}
    (ground,) = plan["grounds"]
    assert (ground["maker_id"], ground["source"], ground["cites"]) == ("argus optics", "claim", finding)
    assert "ethnicity" in ground["words"] and "confirmed on 2026-11-23" in ground["words"]
    assert "It was taken back by Argus Optics" in ground["citation"]  # what was answered to a claim stands beside it
    run(case, "publish")
    assert verify(case)["exit"] == 0
    page = (case / "publication" / "draft" / "timetable.html").read_text(encoding="utf-8")
    assert f'href="findings/{finding}.html"' in page and (case / "publication" / "draft" / "findings" / f"{finding}.html").is_file()
    with (case / "publication" / "draft" / "timetable" / "sites.csv").open(encoding="utf-8") as stream:
        rows = {row["site_id"]: row for row in csv.DictReader(stream)}
    assert {i: row["devices"] for i, row in rows.items()} == {"hall": "9", "school": "0", "gym": "0"}

    run(case, "publish", edition="public")
    shown = list((case / "publication" / "public" / "timetable").iterdir())
    assert shown and not [path.name for path in shown if b"argus" in path.read_bytes().lower() or finding.encode() in path.read_bytes()]

    decide(case, "no", finding, "undo", "second-thought", "2026-11-24")
    run(case, "gather", now="2026-11-24")
    (said,) = [text for text in run(case, "publish", now="2026-11-24", edition="public") if "timetable" in text]
    assert f"the timetable is left out of the public edition: the plan counts argus optics on finding {finding}, which no person confirms any more" in said
    assert not (case / "publication" / "public" / "timetable").exists()
    run(case, "plan", now="2026-11-24")
    assert plan_of(case)["removals"] == []


def test_a_claim_whose_evidence_changed_does_not_count(case: Path) -> None:
    finding = next(iter(claims(case).values()))
    ledger = case / "inbox" / "stale.csv"
    ledger.parent.mkdir(exist_ok=True)
    ledger.write_text(f"finding_id,verdict,reason,note,decider,decided,evidence_hash\n{finding},confirm,page-says-so,seen,reviewer,2026-11-25,{'0' * 64}\n", encoding="utf-8")
    run(case, now="2026-11-25")
    found = plan_of(case)
    assert found["grounds"] == [] and any(f"its evidence changed after it was decided (finding {finding})" in text for text in found["assumptions"])


def test_a_policy_says_which_claims_count(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(POLICY, encoding="utf-8")
    policy = load_policy(str(tmp_path / "p.toml"))
    made = [Ground("one", "claim", capabilities=("gender",), finding_id="f1"), Ground("two", "claim", capabilities=("gender", "race"), finding_id="f2"), Ground("three", "listing", "L")]
    assert [g.maker_id for g in counting(policy, made, NOW) or ()] == ["two"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [('"ethnicity", "race"', '"walking"', "'walking' is not one of ethnicity"), ('sources = ["claim"]', 'sources = ["listing"]', "capabilities need the source claim")],
)
def test_a_policy_that_asks_for_what_is_no_claim_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    (tmp_path / "p.toml").write_text(POLICY.replace(old, new), encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        load_policy(str(tmp_path / "p.toml"))
