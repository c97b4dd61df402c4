"""``custodes explain CASE FIGURE``: every published number opens to definition, numerator, denominator, exclusions and rows, and the rows give the number."""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import invented
import pytest
from test_publication_export import adversarial

from custodes import pipeline
from custodes.errors import UsageError
from custodes.pipeline import publishing, state, timetabling
from custodes.pipeline.explaining import explain
from custodes.publication import explain as explain_edition
from custodes.publication.explain_rows import adds_up, contributions
from custodes.publication.figures import Figure, figures, figures_of
from custodes.publication.gate import public_edition
from custodes.publication.view import normalise


@pytest.fixture(scope="module")
def britain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example case, run anew, and both editions published."""
    folder = tmp_path_factory.mktemp("b") / "britain"
    source = Path(__file__).resolve().parents[2] / "examples" / "britain"
    folder.mkdir()
    shutil.copy(source / "case.toml", folder)
    shutil.copytree(source / "inputs", folder / "inputs")
    for name, options in (("run", {}), ("publish", {"edition": "public"})):
        pipeline.step(name, folder, pipeline.Clock("2026-11-23T00:00:00Z", True, lambda: 0.0), engine="local", **options)
    return folder


def parts(text: str) -> dict[str, list[str]]:
    """The named lines of an explanation."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines()[2:]:
        if match := re.match(r"([a-z ]{1,12}?) {2,}(\S.*)", line):
            found.setdefault(match[1].strip() or "row", []).append(match[2])
    return found


@pytest.mark.parametrize("kind", ["draft", "public"])
def test_every_figure_of_the_britain_case_is_explained(britain: Path, kind: str) -> None:
    with (britain / "publication" / kind / "figures.csv").open(encoding="utf-8", newline="") as rows:
        published = list(csv.DictReader(rows))
    the_case = pipeline.case.load(britain)
    current, now = state.load(the_case), "2026-11-23T00:00:00Z"
    edition, _, _ = timetabling.with_timetable(publishing.build(the_case, current, kind, now), state.Run(the_case, current, now, True, None, {}))
    edition = public_edition(edition) if kind == "public" else edition
    assert len(published) >= 40 and [f.id for f in figures(edition)] == [row["id"] for row in published]
    for row in published:
        text = explain_edition(edition, row["id"])
        said = parts(text)
        assert said["figure"] == [row["id"]] and said["edition"] == [f"{kind}, as of 2026-11-23"] and said["definition"] == [row["definition"]], row["id"]
        assert Decimal(said["numerator"][0].replace(",", "")) == Decimal(row["numerator"]), row["id"]
        assert said["denominator"][0].startswith(f"{int(row['denominator']):,} {row['of']}" if row["denominator"] else "none: a sum"), row["id"]
        assert said["left out"] and said["adds up"][0].startswith(f"yes: {int(row['row_count']):,} row"), (row["id"], said["adds up"])
        assert len([line for line in text.splitlines() if line.startswith("  ")]) >= int(row["row_count"]), row["id"]


def test_the_verb_reads_the_edition_that_was_published(britain: Path) -> None:
    draft, public = (explain(britain, "named", kind) for kind in ("draft", "public"))
    assert "numerator    2\n" in draft and "numerator    0\n" in public and "843e973db850e988d90c" not in public
    with pytest.raises(UsageError, match="no finding and no figure"):
        explain(britain, "843e973db850e988d90c", "public")


def test_figures_of_an_invented_edition_add_up_in_both_editions() -> None:
    for edition in (invented.edition(with_hostile=True), public_edition(adversarial("draft")[0])):
        view = normalise(edition)
        for figure in figures_of(view):
            assert adds_up(figure, contributions(figure, view)).startswith("yes"), figure.id


def test_rows_that_do_not_give_the_number_are_said() -> None:
    view = normalise(invented.edition())
    figure = next(f for f in figures_of(view) if f.id == "files")
    wrong = replace(figure, numerator=int(figure.numerator) + 1)
    assert adds_up(wrong, contributions(wrong, view)) == f"no: {len(figure.rows)} rows give {len(figure.rows)}, the figure says {len(figure.rows) + 1}"


def test_a_sum_shows_what_each_record_adds() -> None:
    edition = invented.edition()
    money = next(f for f in figures(edition) if f.id.startswith("money-question"))
    text = explain_edition(edition, money.id)
    amounts = [Decimal(line.split()[0]) for line in text.splitlines() if line.startswith("  ")]
    assert sum(amounts) == money.numerator and min(amounts) == Decimal("-650")
    assert f"numerator    {money.numerator.normalize():f}" in text


def test_a_row_of_an_unknown_unit_is_named_all_the_same() -> None:
    view = normalise(invented.edition())
    figure = Figure("new", "New", "Something.", 2, 3, "things", "thing", (), ("a", "b"))
    assert [row for row, _, _ in contributions(figure, view)] == ["a", "b"] and adds_up(figure, contributions(figure, view)).startswith("yes")


def test_hostile_text_stays_on_its_line() -> None:
    edition = invented.edition(with_hostile=True)
    text = explain_edition(edition, "questions")
    figure = next(f for f in figures(edition) if f.id == "questions")
    assert len([line for line in text.splitlines() if line.startswith("  ")]) == len(figure.rows) and "\x1b" not in text and "\x07" not in text
