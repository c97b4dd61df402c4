"""How old lists are: `doctor` shows each list that was fetched, its last look and what is due; pages state the oldest one used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lists_publisher import Publisher, answer, csl, firms, publishing, table, update

from custodes.cli import main
from custodes.pipeline import health, listing_ages

LIST = "/consolidated.csv"
UN = '<?xml version="1.0"?><CONSOLIDATED_LIST dateGenerated="2024-03-01T00:00:00Z"><ENTITIES><ENTITY><FIRST_NAME>Lens</FIRST_NAME><REFERENCE_NUMBER>XXe.1</REFERENCE_NUMBER></ENTITY></ENTITIES></CONSOLIDATED_LIST>'


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as found:
        yield found


def fetched(folder: Path, publisher: Publisher, case: str | None = None) -> str:
    """A store with one list of January that was the same in February and failed in March."""
    addresses = table(folder / "a.csv", publisher, US_CSL={"url": LIST, "reader": "us_csl"}, UN_SC={"url": "/gone", "reader": "un_sc"})
    store = Path(case or folder / "store")
    for now, step in (("2026-01-05", answer(csl(firms(9)), Last_Modified="Sun, 04 Jan 2026 10:00:00 GMT")), ("2026-02-05", answer(b"", "304 Not Modified")), ("2026-03-05", answer(b"", "404 Not Found"))):
        publisher.answers(LIST, step)
        update(store, f"{now}T06:00:00Z", addresses=addresses, case=case)
    return str(store)


def test_the_ages_of_a_store(tmp_path: Path, publisher: Publisher) -> None:
    store = Path(fetched(tmp_path, publisher))
    un, us = listing_ages.held(store, "2026-03-06")
    assert (us["list_date"], us["looked"], us["days"], us["every_days"], us["overdue"]) == ("2026-01-04", "2026-02-05", 29, 1.0, True)
    assert us["last"].startswith("failed on 2026-03-05: the server answers 404")
    assert (un["looked"], un["days"], un["overdue"]) == ("", None, True)
    assert not listing_ages.held(store, "2026-02-06")[1]["overdue"]
    found = health.examine(None, "2026-03-06", store)
    text = "\n".join(found["lines"])
    assert "US-CSL            of 2026-01-04, looked 2026-02-05 (29 days ago), to be looked at every 1 day DUE; failed on 2026-03-05" in text
    assert "list UN-SC was never fetched whole, and is due every 1 day: custodes lists update --only UN-SC" in found["troubles"]
    assert health.examine(None, "2026-03-06", tmp_path / "none")["list_store"] == []


def test_doctor_shows_the_users_own_store_and_that_of_a_case(tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    run = CliRunner()
    first = run.invoke(main, ["doctor", "--now", "2026-11-23"])
    assert "no list was fetched yet into" in first.output
    case = tmp_path / "case"
    assert run.invoke(main, ["new", str(case)]).exit_code == 0
    fetched(tmp_path, publisher, str(case))
    done = run.invoke(main, ["doctor", str(case), "--now", "2026-03-06"])
    assert "store:    the case: 2 lists looked for, 2 of them due" in done.output
    assert f"custodes lists update {case} --only US-CSL" in done.output


def test_the_oldest_list_is_the_one_that_was_looked_at_longest_ago_or_says_so_itself(tmp_path: Path, publisher: Publisher) -> None:
    """A list that was fetched counts from the last look that counted; a file that was brought along from the day it gives itself."""
    case, run = tmp_path / "case", CliRunner()
    (tmp_path / "un.xml").write_text(UN)
    assert run.invoke(main, ["new", str(case), "--records", str(tmp_path / "un.xml")]).exit_code == 0
    fetched(tmp_path, publisher, str(case))
    done = run.invoke(main, ["run", str(case), "--offline", "-q", "--now", "2026-11-23"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(run.invoke(main, ["doctor", str(case), "--now", "2026-11-23", "--json"]).stderr)
    ages = {age["name"].rsplit("/", 1)[-1]: age["checked_on"] for age in found["case_lists"]}
    assert ages == {"un.xml": "2024-03-01", "consolidated.csv": "2026-02-05"}
    assert "oldest:   " in "\n".join(found["lines"]) and "checked on 2024-03-01" in "\n".join(found["lines"])
    page = (case / "publication" / "draft" / "method.html").read_text() + (case / "publication" / "draft" / "index.html").read_text()
    assert "which gives itself the day 2024-03-01" in page
