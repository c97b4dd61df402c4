"""Every row of the tables on devices proves itself on its own example lines, cites its source and is dated."""

from __future__ import annotations

import re

import pytest
from device_support import ask, known, rows, tables

from custodes.findings import device_tables
from custodes.findings.device_fuse import CLASSES
from custodes.findings.device_rules import CHANNELS, RULES
from custodes.findings.device_text import folded, squeezed, typed

MODELS, CLUES, BRANDS, MACS, LINES = (rows(name) for name in ("device_models", "device_clues", "device_brands", "device_macs", "brand_lines"))


def examples(row: dict[str, str], column: str) -> list[str]:
    return [part.strip() for part in row[column].split(" ; ") if part.strip()]


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row["rule"])
def test_model_form_on_its_examples(row: dict[str, str]) -> None:
    assert examples(row, "must_match")
    for text in examples(row, "must_match"):
        assert re.search(row["pattern"], folded(text)), text
    for text in examples(row, "must_not_match"):
        assert not re.search(row["pattern"], folded(text)), text


@pytest.mark.parametrize("row", [row for row in MODELS if row["typed"]], ids=lambda row: row["rule"])
def test_model_form_as_people_type_it(row: dict[str, str]) -> None:
    """The first example is found without hyphens, in small letters, with blanks for hyphens, inside a sentence, and with O for 0."""
    name = examples(row, "must_match")[0]
    bare = re.sub(r"[-/ ]", "", name)
    for text in (bare.lower(), name.replace("-", " "), f"Supply and fit {name.lower()} - car park", name.replace("0", "O"), name.replace("-", "/")):
        verdict = ask(model=text)
        assert verdict.maker == row["maker_id"], (text, verdict)
    for text in examples(row, "must_not_match"):
        pattern = row["pattern"] if row["typed"] == "=" else row["typed"]
        assert not re.search(typed(pattern if pattern.startswith("^") else f"^(?:{pattern})"), folded(text)), text


@pytest.mark.parametrize("row", CLUES, ids=lambda row: row["clue"])
def test_clue_on_its_examples(row: dict[str, str]) -> None:
    flags = 0 if row["field"] == "banner" else re.IGNORECASE
    for text in examples(row, "must_match"):
        assert re.search(row["pattern"], text, flags), text
        if row["field"] not in ("protocol", "banner"):
            assert any(clue.ours == row["clue"] for clue in _clues(row["field"], text)), text
    for text in examples(row, "must_not_match"):
        assert not re.search(row["pattern"], text, flags), text


def _clues(field: str, text: str) -> list[object]:
    from custodes.findings.device_clues import clues

    return [*clues({field: [text]}, known())[0]]


@pytest.mark.parametrize("row", LINES, ids=lambda row: f"{row['brand']} {row['line']}")
def test_brand_line_on_its_examples(row: dict[str, str]) -> None:
    for text in examples(row, "must_match"):
        verdict = ask(brand=row["brand"], model=text)
        assert verdict.maker == row["maker_id"], (text, verdict)
        assert not row["maker_id"] or verdict.clues[0].rule in ("device_line", "device_brand", "device_model")
    for text in examples(row, "must_not_match"):
        assert not re.search(row["model_regex"], text), text


@pytest.mark.parametrize("table", device_tables.TABLES)
def test_every_row_cites_and_is_dated(table: str) -> None:
    for row in tables()[table]:
        assert row["citation"].strip(), row
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["checked_on"]), row
        assert all(cell == cell.strip() and "\n" not in cell for cell in row.values()), row


def test_weights_classes_and_rules_are_known() -> None:
    for row in (*MODELS, *CLUES, *BRANDS, *MACS):
        assert 0 <= float(row["weight"]) < 0.99, row
    for row in (*MODELS, *CLUES, *MACS, *LINES):
        assert row["product_class"] in ("", *CLASSES), row
    assert {row["rule"] for row in CLUES} <= set(RULES)
    assert set(CHANNELS) <= set(RULES)
    assert {row["kind"] for row in BRANDS} == {"own", "mixed", "other"}


def test_names_are_one_of_a_kind() -> None:
    assert len({row["rule"] for row in MODELS}) == len(MODELS)
    assert len({row["clue"] for row in CLUES}) == len(CLUES)
    blocks = [block for row in MACS for block in row["blocks"].split()]
    assert len(set(blocks)) == len(blocks)
    assert all(re.fullmatch(r"[0-9A-F]{6}|[0-9A-F]{7}|[0-9A-F]{9}", block) for block in blocks)


def test_a_word_stands_for_one_brand_only() -> None:
    """The same word may point to two makers of one brand (Alibi), never to two brands."""
    owners: dict[str, set[str]] = {}
    for row in BRANDS:
        for word in (row["brand"], *examples(row, "words")):
            owners.setdefault(squeezed(word), set()).add(row["brand"])
    assert {word: brands for word, brands in owners.items() if len(brands) > 1} == {}


def test_a_mixed_brand_alone_names_nobody() -> None:
    for row in BRANDS:
        if row["kind"] == "mixed":
            assert float(row["weight"]) < 0.3, row
            assert ask(brand=row["brand"]).band == "uncertain", row


def test_families_are_counted_by_their_script(shared: object, tmp_path: object, root: object) -> None:
    import subprocess
    import sys

    sources = (f"{shared}/devices/hikvision_models.csv.gz", f"{shared}/devices/other_models.csv")
    subprocess.run([sys.executable, f"{root}/scripts/count_device_families.py", *sources, "-o", f"{tmp_path}/models.csv"], capture_output=True, check=True)
    with open(f"{tmp_path}/models.csv", encoding="utf-8") as made, open(f"{root}/src/custodes/data/device_models.csv", encoding="utf-8") as kept:
        assert made.read() == kept.read()
    assert sum(int(row["families"] or 0) for row in MODELS if row["maker_id"] == "hikvision") > 1_050


def test_macs_are_rebuilt_by_their_script(shared: object, tmp_path: object, root: object) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, f"{root}/scripts/build_device_macs.py", f"{shared}/devices/oui.csv", "-o", f"{tmp_path}/macs.csv"], capture_output=True, text=True, check=True
    )
    assert "registrants" in done.stderr
    with open(f"{tmp_path}/macs.csv", encoding="utf-8") as made, open(f"{root}/src/custodes/data/device_macs.csv", encoding="utf-8") as kept:
        assert made.read() == kept.read()
