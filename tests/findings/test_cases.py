"""Labelled cases, edited by hand: which layer a purchase belongs to, whose equipment it is, and how sure that is."""

from __future__ import annotations

from typing import Any

import pytest
from asking import CASES, Ask


def _layer(found: list[dict[str, Any]]) -> str:
    named = [f for f in found if f["kind"] != "maker_unknown"]
    if not found:
        return "nothing"
    return "unknown" if not named else "weak" if all(f["band"] == "weak" for f in named) else "named"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['supplier'][:20]}: {case['text'][:40]}")
def test_case(case: dict[str, str], ask: Ask) -> None:
    found = ask(case["supplier"], case["text"], codes=[c for c in case["codes"].split(" ; ") if c], date=case["date"])
    assert _layer(found) == case["layer"], found
    named = [f for f in found if f["kind"] != "maker_unknown"]
    assert {f["maker_id"] for f in named} == ({case["maker"]} - {""})
    assert {f["equipment"] for f in named} <= {case["equipment"]}
    if case["layer"] == "named":
        assert (max(f["score"] for f in named) >= 0.9) == (case["clear"] == "clear"), "scores fall in step with clarity"


def test_cases_are_many_and_of_every_layer() -> None:
    layers = [case["layer"] for case in CASES]
    assert len(CASES) >= 150
    assert {layer: layers.count(layer) >= 25 for layer in ("named", "unknown", "nothing")} == dict.fromkeys(("named", "unknown", "nothing"), True)
