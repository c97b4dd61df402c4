"""Answers in tables of other people: a WhatDoTheyKnow project export, and free tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from json_support import read

from custodes.records import answers_foi, answers_tables, buy_spend, list_table, tables
from custodes.records.answers_words import STATES, sections_of, state_of

EXAMPLES = Path(__file__).parent / "examples"


@pytest.mark.parametrize("name", ["project-export.csv", "answers-free.csv"])
def test_no_other_reader_of_tables_claims_it(name: str) -> None:
    data = (EXAMPLES / name).read_bytes()
    assert [reader.NAME for reader in (answers_tables, buy_spend, list_table, tables) if reader.sniff(data, name)] == ["answers_tables"]


def test_no_name_of_a_person_is_kept() -> None:
    found = read(answers_tables, (EXAMPLES / "project-export.csv").read_bytes())
    assert "Person" not in json.dumps(found.rows, default=str)
    assert found.columns["request_owner"] == "ignored: the name of a person"


def test_our_own_form_belongs_to_the_other_reader() -> None:
    own = (EXAMPLES / "answers.csv").read_bytes()
    assert answers_foi.sniff(own, "answers.csv") and not answers_tables.sniff(own, "answers.csv")


@pytest.mark.parametrize(
    "header", ["Supplier,Amount,Status,Body,Date sent,Section", "body,amount,date", "id,status", "\x00\x01", "", "authority,outcome", '{"a":']
)
def test_other_tables_are_left_alone(header: str) -> None:
    assert not answers_tables.sniff(f"{header}\n1,2,3\n".encode(), "x.csv")


@pytest.mark.parametrize("state", STATES)
def test_every_state_means_itself(state: str) -> None:
    assert state_of(state) == state_of(state.upper().replace(" ", "_")) == state


@pytest.mark.parametrize("words", ["", "maybe", "yes and no", "not", "absent present", "=1+1"])
def test_other_words_mean_nothing(words: str) -> None:
    assert state_of(words) == ""


@pytest.mark.parametrize(
    ("words", "sections"),
    [("FOIA 2000", ""), ("s.12", "s.12"), ("Reg 12(4)(b) EIR", "s.12(4)(b)"), ("FOISA s.17 ; s.12", "FOISA s.17 ; s.12"), ("12 cameras", "")],
)
def test_sections(words: str, sections: str) -> None:
    assert sections_of(words) == sections
