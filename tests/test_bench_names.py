"""The measures of names, on invented rows whose numbers can be counted by hand; the generator; the peers' common clock."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


QUERIES = [
    *({"qid": f"c{n}", "group": "mut_typo1", "truth": f"E{n}"} for n in range(8)),
    {"qid": "a", "group": "alias_near", "truth": "E8"},
    {"qid": "s", "group": "supplier_real", "truth": "E9"},
    {"qid": "far", "group": "alias_far", "truth": "E1"},
    {"qid": "acr", "group": "mut_acronym", "truth": "E2"},
    {"qid": "han", "group": "script_han", "truth": "E3"},
    {"qid": "part", "group": "alias_partial", "truth": "E4"},
    *({"qid": f"n{n}", "group": "neg_supplier", "truth": ""} for n in range(4)),
    {"qid": "us", "group": "neg_us", "truth": ""},
    {"qid": "d0", "group": "neg_decoy", "truth": ""},
    {"qid": "d1", "group": "neg_decoy", "truth": ""},
]
ANSWERS = {
    **{f"c{n}": (f"E{n}", 0.99, "strong") for n in range(7)},
    "c7": ("E0", 0.96, "strong"),  # the wrong party
    "a": ("E8", 0.9, "possible"),
    "s": ("E9", 0.6, "possible"),
    "far": ("E1", 0.7, "possible"),
    "han": ("E9", 0.99, "strong"),  # wrong
    "part": ("E4", 0.5, "weak"),
    "n0": ("E1", 0.97, "strong"),
    "d0": ("E2", 0.65, "possible"),
    "d1": ("E2", 0.1, ""),
}


def test_points_are_counted_by_hand():
    import names_measure as m

    rows = m.judge(QUERIES, ANSWERS)
    found = m.measures(rows)
    # at 0.6: core accepted = 7 right + c7 wrong + a + s = 10, negatives n0 and d0: 9 right of 12, recall 9 of 10
    fixed = found["at_recall"]
    assert fixed["threshold"] == 0.6
    assert fixed["precision"] == pytest.approx(9 / 12)
    assert fixed["recall"] == pytest.approx(0.9)
    assert fixed["false_alerts_per_10000"] == pytest.approx(10_000 / 5)
    assert fixed["decoys_accepted"] == pytest.approx(0.5)
    assert fixed["hard_recall"] == pytest.approx(1 / 3)
    assert fixed["partial_recall"] == 0
    assert fixed["real_recall"] == 1
    # the best F1 is at 0.99: 7 right of 7 accepted, recall .7, F1 .824 against .818 at 0.6
    assert found["best"]["threshold"] == 0.99
    assert found["best"]["f1"] == pytest.approx(2 * 0.7 / 1.7)
    # real variants only: at 0.9 one right of two (n0), recall .5; at 0.6 two right of four, recall 1
    assert found["real_best"]["f1"] == pytest.approx(2 * 0.5 * 1 / 1.5)


def test_without_an_answer_nothing_is_reached():
    import names_measure as m

    found = m.measures(m.judge(QUERIES, {}))
    assert found["at_recall"] is None
    assert found["real_best"] is None
    assert found["best"]["f1"] == 0
    assert found["bands"] == []
    assert "never reached" in m.report(found)


def test_equal_scores_are_one_threshold():
    import names_measure as m

    rows = m.judge([{"qid": "1", "group": "mut_ocr", "truth": "A"}, {"qid": "2", "group": "neg_us", "truth": ""}], {"1": ("A", 0.5, ""), "2": ("A", 0.5, "")})
    assert [(point.threshold, point.precision) for point in m.curve(rows)] == [(0.5, 0.5)]


def test_bands_before_and_after_adjudication():
    import names_measure as m

    rows = m.judge(QUERIES, ANSWERS)
    strong = {each["band"]: each for each in m.bands(rows, {"c7": "right", "n0": "wrong", "han": "cannot say"})}["strong"]
    assert (strong["answers"], strong["wrong_as_labelled"], strong["read_by_eye"], strong["wrong"]) == (10, 3, 3, 2)
    assert strong["from"] < strong["share"] == 0.2 < strong["to"]


def test_wilson_against_known_values():
    import names_measure as m

    assert m.wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert m.wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert m.wilson(0, 0) == (0.0, 1.0)


def test_reliability_counts_every_answer_once():
    import names_measure as m

    rows = m.judge(QUERIES, {**ANSWERS, "us": ("E1", 1.0, "strong")})
    bins = m.reliability(rows)
    assert sum(each["answers"] for each in bins) == len(ANSWERS) + 1
    assert {each["low"]: each["right"] for each in bins if each["answers"]}[0.99] == pytest.approx(7 / 8)


def test_a_verdict_holds_only_for_the_answer_that_was_read(tmp_path: Path):
    import names_measure as m

    path = tmp_path / "labels.csv"
    path.write_text("qid,ours,verdict\nc7,E0,right\nn0,E5,right\n", encoding="utf-8")
    assert m.adjudicated(path, m.judge(QUERIES, ANSWERS)) == {"c7": "right"}


def test_results_are_read_from_csv_and_parquet_alike(tmp_path: Path):
    import names_measure as m
    import pyarrow as pa
    from pyarrow import parquet

    text, binary = tmp_path / "r.csv", tmp_path / "r.parquet"
    text.write_text('qid,party_id,score\n1,"A, B",0.5\n1,C,0.7\n2,,\n', encoding="utf-8")
    parquet.write_table(pa.table({"qid": ["1", "1", "2"], "party_id": ["A, B", "C", None], "score": [0.5, 0.7, None]}), binary)
    assert m.read_answers(text) == m.read_answers(binary) == {"1": ("C", 0.7, ""), "2": ("", -1.0, "")}


def test_generated_names_are_the_same_again_and_differ():
    pytest.importorskip("numpy")
    import names_generate as g

    names = g.distinct(3_000, 1)
    assert names.equals(g.distinct(3_000, 1))
    assert len(set(names.to_pylist())) == 3_000
    assert len(set(names.to_pylist()) & set(g.distinct(3_000, 2).to_pylist())) < 150
    words = {word for name in names.to_pylist() for word in name.lower().split()}
    assert len(words) > 3_000
    (batch,) = g.queries(1_000, names, 3)
    rows = batch.to_pylist()
    known = [row for row in rows if row["truth"] is not None]
    assert len(known) == 100
    assert len({row["id"] for row in rows}) == 1_000


def test_the_exact_peer_answers_and_keeps_time(tmp_path: Path):
    for name, lines in {"parties": ["party_id,name", "p1,Müller & Co. GmbH"], "queries": ["qid,name", "q1,MÜLLER & CO GMBH", "q2,Meier"], "train": ["name,party_id"]}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = subprocess.run([sys.executable, str(BENCHMARKS / "names_peers.py"), "exact", str(tmp_path)], capture_output=True, text=True, check=True)
    numbers = json.loads(done.stdout)
    assert numbers["asked"] == 2
    assert numbers["peak_mib"] > 1
    with (tmp_path / "exact.csv").open(encoding="utf-8", newline="") as stream:
        assert [(row["qid"], row["party_id"]) for row in csv.DictReader(stream)] == [("q1", "p1"), ("q2", "")]


def test_no_entity_is_in_two_folds():
    import names_data as d

    assert d.fold({"truth": "E1", "name": "a"}) == d.fold({"truth": "E1", "name": "b"})
    assert {d.fold({"truth": "", "name": str(n)}) for n in range(99)} == set(range(d.FOLDS))


def test_charts_are_drawn():
    import names_measure as m
    import names_svg

    drawn = names_svg.chart("A <chart>", "x", "y", {"one": [(1_000, 5), (1_000_000, 90_000)], "two": [(10, 2), (100, 3)]})
    lines = ET.fromstring(drawn).findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 2
    bins = m.reliability(m.judge(QUERIES, ANSWERS))
    assert ET.fromstring(names_svg.calibration("Scores", bins)).findall("{http://www.w3.org/2000/svg}circle")


def test_the_reading_list_keeps_verdicts_only_for_the_same_answer():
    import names_adjudicate as a
    import names_measure as m

    rows = m.judge(QUERIES, ANSWERS)
    names = {q["qid"]: "ACME VALVES " + q["qid"] for q in QUERIES}
    listed = {"E0": ["Other", "Acme Valves Ltd"], "E1": ["Acme"], "E7": ["Seven"]}
    known = {("c7", "E0"): {"verdict": "right", "why": "dup", "reason": "listed twice"}, ("n0", "E5"): {"verdict": "wrong"}}
    found = {row["qid"]: row for row in a.worklist(rows, names, listed, known, 0.95)}
    assert sorted(found) == ["c7", "han", "n0"]
    assert (found["c7"]["verdict"], found["c7"]["ours_name"], found["c7"]["truth_name"]) == ("right", "Acme Valves Ltd", "Seven")
    assert found["n0"]["verdict"] == ""


def test_every_verdict_that_was_given_is_one_of_three_and_has_a_reason():
    path = BENCHMARKS.parent / "tests" / "findings" / "labels" / "names_adjudication.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    assert {row["verdict"] for row in rows} <= {"right", "wrong", "cannot say"}
    assert all(row["reason"] and row["ours"] and row["qid"] for row in rows)
    assert len({(row["qid"], row["ours"]) for row in rows}) == len(rows)
