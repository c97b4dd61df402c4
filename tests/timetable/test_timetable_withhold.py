"""Withholding: what is kept back cannot be worked out from what is published, judged against looking at every number that fits; and what the rules demand."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from timetable_rows import events, given, plan, said, site

from custodes.cli import main
from custodes.errors import UsageError
from custodes.pipeline.timetabling import form
from custodes.timetable.disclosure import Cell, Value, audit, bounds, protect, rows_of
from custodes.timetable.disclosure import _equations as equations
from custodes.timetable.public import public
from custodes.timetable.status import state
from custodes.timetable.withhold import hidden_fields, rules_of, settings_of

ONE = Fraction(1)
RULE = {"sites": ["a"], "fields": ["site"], "exemption": "s.24", "decided_by": "Security Officer", "review": "2027-01-01"}


def cell(key: str, values, table: str = "t", edition: str = "", rank: int | None = 0) -> Cell:
    return Cell(edition, table, key, "devices", tuple((v, ONE) for v in values), None if edition else rank)


def value(name: str, number: int, measure: str = "devices") -> Value:
    return Value(measure, name, number)


# ---- by hand: subtraction, editions, groups ------------------------------------------------------------------------------------------------------------


def test_a_total_and_all_rows_but_one_undo_that_one():
    a, b, c = value("a", 10), value("b", 20), value("c", 7)
    cells = [cell("all", (a, b, c), "total"), cell("a", (a,), "sites"), cell("b", (b,), "sites")]
    (found,) = audit(cells, {c})
    assert found.kind == "exact" and found.values == (c,)
    assert found.words == "devices of c can be worked out from table 'total', row 'all', devices; less what table 'sites' show"


def test_two_editions_together_undo_what_each_alone_keeps():
    sites = [value(f"s{n}", 10 + n) for n in range(7)]
    before, now = cell("all", sites[:6], "total", "2026-01-01"), cell("all", sites, "total")
    assert not audit([before], sites[:6]) and not audit([now], sites)
    (found,) = audit([before, now], sites)
    assert found.values == (sites[6],) and "edition of 2026-01-01" in found.words and "table 'total', row 'all', devices" in found.words
    kept, out, left = protect([before, now], sites)
    assert out == [now] and not left and kept == [before]


def test_what_was_shown_once_cannot_be_kept_back_by_leaving_something_out():
    a = value("a", 12)
    old = cell("a", (a,), "sites", "2026-01-01")
    assert [e.cells for e in protect([old], {a})[2]] == [(old,)]


def test_a_small_group_a_small_sum_and_a_narrow_range_are_found():
    five = [value(f"s{n}", 30) for n in range(5)]
    assert not audit([cell("all", five)], five)
    (group,) = [e for e in audit([cell("all", five[:4])], five[:4]) if e.kind == "exact"]
    assert len(group.values) == 4, "the sum over four sites is too small a cell for a minimum of five"
    small = [value(f"s{n}", 1) for n in range(4)] + [value("s4", 0)]
    tight = audit([cell("all", small)], small)
    assert [(e.kind, e.low, e.high) for e in tight] == [("too tight", 0, 4)] and len(tight[0].values) == 5
    assert "can be narrowed down to 0 to 4" in tight[0].words


def test_weights_are_exact():
    """3x + 5y and x + y give both; no rounding hides it."""
    x, y = value("x", 11), value("y", 13)
    cells = [Cell("", "cost", "all", "cost", ((x, Fraction(3)), (y, Fraction(5)))), cell("all", (x, y))]
    assert {e.values for e in audit(cells, {x, y}, minimum=2)} == {(x,), (y,)}
    assert {len(e.cells) for e in audit(cells, {x, y}, minimum=2)} == {2}
    thirds = Cell("", "cost", "all", "cost", ((x, Fraction(1, 3)), (y, Fraction(1, 3))))
    assert not [e for e in audit([thirds, cell("all", (x, y))], {x, y}, minimum=2) if e.kind == "exact"]


# ---- against looking at everything that fits --------------------------------------------------------------------------------------------------------------

NAMES = [f"s{n}" for n in range(5)]
TABLES = st.tuples(
    st.lists(st.integers(0, 4), min_size=5, max_size=5),
    st.lists(st.lists(st.sampled_from(range(5)), min_size=1, max_size=5, unique=True), min_size=1, max_size=5),
    st.lists(st.integers(1, 3), min_size=5, max_size=5),
)


@settings(max_examples=120, deadline=None)
@for_all(TABLES)
def test_ranges_are_those_of_looking_at_every_number_that_fits(drawn):
    numbers, groups, weights = drawn
    values = [value(name, number) for name, number in zip(NAMES, numbers, strict=True)]
    cells = [Cell("", "t", str(n), "devices", tuple((values[i], Fraction(weights[i] if n % 2 else 1)) for i in sorted(group))) for n, group in enumerate(groups)]
    inside = [v for v in values if any(v in dict(c.parts) for c in cells)]
    fits = _fits(cells, inside, 60)
    rows = rows_of(equations(cells, ()))
    for n, v in enumerate(inside):
        seen = {fit[n] for fit in fits}
        assert bounds(rows, v) == (min(seen), max(seen)), (v, cells)


def _fits(cells, values, most):
    """Every way to fill the values with 0 to ``most`` so that all cells come out as published, value by value."""
    index = {v: n for n, v in enumerate(values)}
    rows = [({index[v]: int(f) for v, f in c.parts}, int(sum(v.number * f for v, f in c.parts))) for c in cells]
    found, fit = [], [0] * len(values)

    def go(n, left):
        if n == len(values):
            if not any(left):
                found.append(tuple(fit))
            return
        room = min((left[r] // row[n] for r, (row, _) in enumerate(rows) if n in row), default=most)
        for number in range(room + 1):
            fit[n] = number
            go(n + 1, [rest - row.get(n, 0) * number for rest, (row, _) in zip(left, rows, strict=True)])

    go(0, [total for _, total in rows])
    return found


@settings(max_examples=120, deadline=None)
@for_all(TABLES, st.integers(2, 4))
def test_what_passes_leaves_room_and_what_is_exact_has_one_answer(drawn, minimum):
    numbers, groups, _ = drawn
    values = [value(name, number) for name, number in zip(NAMES, numbers, strict=True)]
    cells = [cell(str(n), [values[i] for i in sorted(group)]) for n, group in enumerate(groups)]
    inside = [v for v in values if any(v in dict(c.parts) for c in cells)]
    fits = _fits(cells, inside, 99)
    flagged = {v for e in audit(cells, values, minimum) for v in e.values}
    for e in audit(cells, values, minimum):
        at = [inside.index(v) for v in e.values]
        if e.kind == "exact":
            assert len({sum(fit[n] for n in at) for fit in fits}) == 1, "a sum that is called derivable has one answer"
    for n, v in enumerate(inside):
        spread = {fit[n] for fit in fits}
        if v not in flagged:
            assert max(spread) - min(spread) >= minimum, "what is not flagged keeps its room"
    kept, _, left = protect(cells, values, minimum)
    assert not left and not audit(kept, values, minimum)


@settings(max_examples=60, deadline=None)
@for_all(TABLES)
def test_the_tables_that_are_named_are_enough_and_none_can_be_spared(drawn):
    numbers, groups, _ = drawn
    values = [value(name, number + 20) for name, number in zip(NAMES, numbers, strict=True)]
    cells = [cell(str(n), [values[i] for i in sorted(group)]) for n, group in enumerate(groups) if len(group) > 1]
    for e in audit(cells, values, 3):
        if e.kind == "exact":
            assert set(e.values) <= {v for x in audit(e.cells, values, 3) for v in x.values}
            for spared in e.cells:
                fewer = [c for c in e.cells if c is not spared]
                assert tuple(e.values) not in {x.values for x in audit(fewer, values, 3) if x.kind == "exact"}


# ---- rules -------------------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"exemption": ""}, "exemption is missing"), ({"decided_by": ""}, "decided_by is missing"), ({"review": ""}, "review is missing"), ({"review": "soon"}, "ISO date"),
        ({"fields": ["name"]}, "fields knows"), ({"where": {"body": "x"}}, "either sites or where"), ({"sites": []}, "either sites or where"), ({"secret": True}, "unknown key secret"),
    ],
)  # fmt: skip
def test_nothing_is_kept_back_without_exemption_decider_and_review(change, word):
    with pytest.raises(UsageError, match=word):
        rules_of([{**RULE, **change}])
    assert rules_of([RULE])[0].exemption == "s.24"


def test_settings_are_strict_and_a_review_that_is_due_is_said():
    for bad in ({"publish": "yes"}, {"minimum_cell": 1}, {"colour": "red"}, {"next_report": "soon"}):
        with pytest.raises(UsageError):
            settings_of(bad)
    whole = state(given([site("a")], withhold=[{**RULE, "review": "2026-01-01"}, {**RULE, "sites": ["zz"]}]))
    assert [t.split(": ")[1].split(";")[0] for t in whole["troubles"]] == ["its review was due on 2026-01-01", "no site is called zz", "it means no site, so it keeps nothing back"]


def test_a_rule_by_column_and_what_goes_with_a_row():
    rules = rules_of([{**RULE, "sites": [], "where": {"sensitivity": "sensitive"}}, {**RULE, "sites": ["b"], "fields": ["dates"]}])
    assert hidden_fields(site("x", sensitivity="sensitive"), rules) == ("dates", "devices", "place", "site")
    assert hidden_fields(site("b"), rules) == ("dates",) and hidden_fields(site("c"), rules) == ()


# ---- the public view ---------------------------------------------------------------------------------------------------------------------------------------


def country(hidden: int, shown: int = 4, each: int = 12):
    """Sites of two bodies; the first ``hidden`` are sensitive."""
    return [site(f"h{n}", each + n, body="Ministry", region="North", sensitivity="sensitive", area=f"Secret Lane {n}") for n in range(hidden)] + [
        site(f"v{n}", 20 + n, body="Mole Town" if n % 2 else "Ministry", region="South") for n in range(shown)
    ]


SENSITIVE = [{**RULE, "sites": [], "where": {"sensitivity": "sensitive"}}]


def test_sites_kept_back_count_in_totals_and_stand_in_no_row():
    made = given(country(6), plan=plan(h0="2026-09", v0="2026-10"), withhold=SENSITIVE, statements=events("h1,removed,2026-03-01,3,W9,,,\nv0,removed,2026-03-02,,,,,\n"))
    shown = public(state(made), made, ())
    assert not shown.exposures and [s["site_id"] for s in shown.view["sites"]] == ["v0", "v1", "v2", "v3"]
    assert shown.view["totals"]["sites"] == 10 and shown.view["totals"]["devices"] == sum(r["devices"] for r in made.sites)
    text = json.dumps(shown.view)
    assert not [n for n in range(6) if f'"h{n}"' in text or f"Secret Lane {n}" in text] and "W9" not in text
    assert shown.view["withheld"][0]["sites"] == 6 and shown.view["withheld"][0]["exemption"] == "s.24"


def test_fewer_than_the_minimum_close_the_totals_too():
    made = given(country(3), withhold=SENSITIVE)
    shown = public(state(made), made, ())
    totals = shown.view["totals"]
    assert not shown.exposures and (totals["sites"], totals["devices"], totals["partial"]) == (4, 86, True)
    assert shown.view["withheld"][0]["sites"] is None
    rows = {r["name"]: (r["sites"], r["devices"]) for r in shown.view["by_body"]}
    assert rows == {"Mole Town": (2, 44), "Ministry": (2, 42)}, "nothing tells the row that leaves something out from the other"
    assert {r["name"] for r in shown.view["by_region"]} == {"South"}, "a region of hidden sites alone is not named"


def test_the_next_edition_is_refused_or_trimmed_when_it_undoes_the_one_before():
    first = given(country(6), withhold=SENSITIVE)
    old = [Cell("2026-07-15", c.table, c.key, c.measure, c.parts, None) for c in public(state(first), first, ()).cells]
    more = given([*country(6), site("h9", 33, body="Ministry", region="North", sensitivity="sensitive")], withhold=SENSITIVE)
    then = public(state(more), more, old)
    assert not then.exposures and then.view["totals"]["partial"] and then.view["totals"]["devices"] == 86, "one new hidden site would be the difference of two totals"
    was_open = given(country(6), withhold=[{**RULE, "sites": ["v1"]}, *SENSITIVE])
    refused = public(state(was_open), was_open, old)
    assert refused.exposures and any("table 'sites', row 'v1'" in e.words and "edition of 2026-07-15" in e.words for e in refused.exposures)
    known = given(country(6), withhold=[{**RULE, "sites": ["v1"], "known_before": True}, *SENSITIVE])
    again = public(state(known), known, old)
    assert not again.exposures and "v1" not in {s["site_id"] for s in again.view["sites"]}


def test_a_field_alone_is_kept_back_with_what_would_tell_it():
    made = given(country(0, 8), plan=plan(v1="2026-09"), withhold=[{**RULE, "sites": ["v1"], "fields": ["devices"]}], statements=events("v1,removed,2026-03-01,,W1,,,\n"))
    shown = public(state(made), made, ())
    row = {s["site_id"]: s for s in shown.view["sites"]}["v1"]
    assert (row["devices"], row["removed"], row["remaining"], row["status"], row["certificates"], row["cost_low"]) == (None, None, None, "", [], None)
    assert (shown.view["totals"]["devices"], shown.view["totals"]["sites"], shown.view["totals"]["partial"]) == (167, 7, True)
    assert not [e for e in shown.view["events"] if e["site_id"] == "v1"]
    assert shown.view["lines_sites"] == 7 and shown.view["burn_down"][0]["actual"] == sum(20 + n for n in range(8) if n != 1)


@settings(max_examples=25, deadline=None)
@for_all(st.integers(0, 9), st.integers(0, 6), st.integers(1, 30))
def test_no_public_view_can_be_undone(hidden, shown, each):
    made = given(country(hidden, shown, each), withhold=SENSITIVE)
    if not made.sites:
        return
    done = public(state(made), made, ())
    secret = {Value("devices", f"h{n}", each + n) for n in range(hidden)} | {Value("sites", f"h{n}", 1) for n in range(hidden)}
    assert not done.exposures and not audit(done.cells, secret)
    # what the page says is what the cells say: nothing is shown that was not looked at
    cells = {(c.table, c.key, c.measure): sum(v.number * f for v, f in c.parts) for c in done.cells}
    open_ = [s for s in made.sites if not s["sensitivity"]]
    for name in ("sites", "devices"):
        seen = len(open_) if name == "sites" else sum(s["devices"] for s in open_)
        assert done.view["totals"][name] == cells.get(("total", "all", name), seen)
    for row in done.view["by_body"]:
        assert row["devices"] == cells.get(("by body", row["name"], "devices"), sum(s["devices"] for s in open_ if s["body"] == row["name"]))


def test_what_is_not_to_be_published_of_a_promise_is_in_no_verdict_and_no_question():
    rows = said({}, {"statement_id": "r", "statement_kind": "promise report", "date": "2026-12-30", "share": "1", "refers_to": "p", "words": "quietly done", "publish": "no"})
    made = given([site("a")], now="2027-02-01", statements=rows, form=form())
    whole = state(made)
    assert whole["promises"][0]["verdict"] == "met"
    view = public(whole, made, ()).view
    assert view["promises"][0]["verdict"] == "unreported" and "quietly done" not in json.dumps(view) and view["questions"]
    silent = given([site("a")], now="2027-02-01", statements=said({"publish": "review"}), form=form())
    assert not {"promises", "documents", "questions"} & {k for k, v in public(state(silent), silent, ()).view.items() if v}


# ---- on a case ---------------------------------------------------------------------------------------------------------------------------------------------


def run(*arguments: object):
    return CliRunner().invoke(main, [str(a) for a in arguments])


TOML = 'format = 1\n[[records]]\npath = "inputs/*"\n[timetable]\npublish = true\n'
RULES = '[[withhold]]\nwhere = { sensitivity = "sensitive" }\nexemption = "s.24"\ndecided_by = "Security Officer"\nreview = "2028-01-01"\n'


def test_the_number_of_rows_of_a_file_does_not_tell_how_many_sites_are_hidden(tmp_path: Path):
    """Four rows on the page and six rows read would say: two are hidden."""
    folder = tmp_path / "case"
    (folder / "inputs").mkdir(parents=True)
    (folder / "case.toml").write_text(TOML + RULES, encoding="utf-8")
    rows = ["site_id,body,devices,sensitivity", *(f"h{n},Ministry,{12 + n},sensitive" for n in range(2)), *(f"v{n},Mole Town,{20 + n}," for n in range(4))]
    (folder / "inputs" / "sites.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "inputs" / "events.csv").write_text("site_id,event,date\nh0,removed,2026-06-01\n", encoding="utf-8")
    assert run("run", folder, "--offline", "--now", "2026-07-01").exit_code == 0
    assert run("publish", folder, "--edition", "public", "--now", "2026-07-01").exit_code == 0
    published = folder / "publication" / "public"
    assert len(json.loads((published / "timetable" / "timetable.json").read_text())["sites"]) == 4
    assert "inputs/" not in (published / "coverage.csv").read_text() and "inputs/" in (folder / "publication" / "draft" / "coverage.csv").read_text()


def test_a_public_edition_leaves_the_timetable_out_when_it_could_be_undone(tmp_path: Path):
    folder = tmp_path / "case"
    (folder / "inputs").mkdir(parents=True)
    (folder / "case.toml").write_text(TOML + RULES, encoding="utf-8")
    rows = ["site_id,body,devices,region,sensitivity", *(f"zzhush-{n},Ministry,{12 + n},North,sensitive" for n in range(6)), *(f"v{n},Mole Town,{20 + n},South," for n in range(4))]
    (folder / "inputs" / "sites.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert run("run", folder, "--offline", "--now", "2026-07-01").exit_code == 0
    assert run("publish", folder, "--edition", "public", "--now", "2026-07-01").exit_code == 0
    published = folder / "publication" / "public"
    for path in sorted(published.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        assert b"zzhush-" not in data, path
    assert "inputs/sites.csv" not in (published / "coverage.csv").read_text()  # a file on which no published finding rests stands by its hash
    assert json.loads((published / "timetable" / "timetable.json").read_text())["totals"]["sites"] == 10
    (folder / "case.toml").write_text(TOML + RULES + RULES.replace('where = { sensitivity = "sensitive" }', 'sites = ["v2"]'), encoding="utf-8")
    done = run("publish", folder, "--edition", "public", "--now", "2026-08-01")
    assert done.exit_code == 3 and "the timetable is left out of the public edition" in done.output
    assert "table 'sites', row 'v2'" in done.output and "edition of 2026-07-01" in done.output
    assert not (published / "timetable.html").exists() and (published / "plan.html").exists()
    draft = run("publish", folder, "--now", "2026-08-01")
    assert draft.exit_code == 0 and (folder / "publication" / "draft" / "timetable.html").exists()
