"""The dry run: what the gate holds back and why, per finding and per reason, in both editions; the counts add up."""

from __future__ import annotations

from dataclasses import replace

import invented
from hypothesis import given, settings
from hypothesis import strategies as st
from test_publication_export import adversarial, clear

from custodes.pipeline.publishing import persons_named
from custodes.publication.gate import NO_NOTICE, PERSON, gate, public_edition
from custodes.publication.gate_report import dry_run, lines
from custodes.publication.rows import conform

UNCONFIRMED = "not confirmed by a person"


def test_counts_add_up_and_both_editions_say_the_same() -> None:
    for kind in ("draft", "public"):
        told = dry_run(adversarial(kind)[0])
        assert told["findings"] == told["passed"] + told["held"] == 66 and told["passed"] == 1 and told["edition"] == kind
        assert sum(told["held_together"].values()) == told["held"] == len(told["held_findings"])
        for reason, count in told["held_reasons"].items():
            assert count == sum(reason in row["reasons"] for row in told["held_findings"])
            assert told["held_only"].get(reason, 0) == sum(row["reasons"] == [reason] for row in told["held_findings"])
        for row in told["records"].values():
            assert row["rows"] == row["shown"] + sum(row["held"].values())
        assert told["withheld"] == 1


def test_the_dry_run_is_what_the_public_edition_holds() -> None:
    edition = adversarial("draft")[0]
    told, public = dry_run(edition), public_edition(edition)
    assert told["passed"] == len(public.findings)
    for kind, row in told["records"].items():
        assert row["shown"] == len(public.records[kind]), kind
    assert public.facts["held_reasons"] == told["held_reasons"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["", "confirm", "reject"]), st.booleans(), st.sampled_from(["yes", "review", "lead-only", "no"]), st.sampled_from(["recorded", "lead-only", ""]), st.booleans()),
        max_size=14,
    )
)
def test_whatever_holds_a_finding_every_one_is_in_one_place(states) -> None:
    rows = [invented.finding(record_key=f"r{n}", verdict=v, stale=s, publish=p, grade=g) for n, (v, s, p, g, _) in enumerate(states)]
    standing = {row["finding_id"]: [clear("Argus Optics", "maker"), clear("Meadow", "supplier")] for row, state in zip(rows, states, strict=True) if state[4]}
    told = dry_run(replace(invented.edition(), findings=invented.table(rows), exchange={"standing": standing}))
    assert told["findings"] == len(rows) == told["passed"] + sum(told["held_together"].values())
    assert told["passed"] == sum(v == "confirm" and not s and p == "yes" and g == "recorded" and heard for v, s, p, g, heard in states)


def test_a_person_reads_counts_first_and_every_finding_with_verbose() -> None:
    told = dry_run(invented.edition("public"))
    short, every = lines(told), lines(told, verbose=True)
    assert short[0] == "55 findings = 0 that pass + 55 that are held back" and every[: len(short)] == short and len(every) == len(short) + 55
    assert any(line.startswith(f"reason: {NO_NOTICE}: 55 findings") for line in short)
    assert any(line.startswith("  held ") and UNCONFIRMED in line and "Inverfiction Council" in line for line in every)
    assert "would be held back from a public edition" in lines(dry_run(invented.edition("draft")))[0]


def test_a_finding_that_may_name_a_natural_person_is_held() -> None:
    rows = [invented.finding(record_key=str(n), supplier=name, verdict="confirm", maker_id="", kind="page_changed") for n, name in enumerate(("Mr J Smith", "Smith Security Ltd"))]
    table = conform(invented.table(rows))
    doubtful = persons_named(table)
    assert doubtful == {rows[0]["finding_id"]}
    standing = {row["finding_id"]: [clear(row["supplier"], "supplier")] for row in rows}
    edition = replace(invented.edition(), findings=table, exchange={"standing": standing}, facts={**invented.edition().facts, "persons": doubtful})
    passed, held = gate(edition)
    assert passed["finding_id"].to_pylist() == [rows[1]["finding_id"]] and held[0]["reasons"] == [PERSON]
    assert "Mr J Smith" not in str(public_edition(edition))
