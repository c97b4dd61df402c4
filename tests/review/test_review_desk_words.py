"""The site speaks English and German, wholly; what records say stays in its own language and says so."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from review_desk import World, client, finding, form, load, row


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    """scripts/build_messages.py."""
    path = Path(__file__).resolve().parents[2] / "scripts" / "build_messages.py"
    spec = importlib.util.spec_from_file_location("build_messages", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_text_has_its_translation_and_is_compiled(messages: ModuleType) -> None:
    catalogue = messages.SITE / "locale/de/LC_MESSAGES/django.po"
    known, keys = messages.read(catalogue), messages.words()
    assert len(keys) > 300
    assert set(known) == set(keys), "run scripts/build_messages.py"
    assert not [key for key in keys if not all(known[key])]
    assert catalogue.with_suffix(".mo").read_bytes() == messages.compiled("de", known)
    for (one, many), told in known.items():
        for source, text in zip((one, many or one), told, strict=False):
            assert sorted(re.findall(r"%\(\w+\)[sd]", text)) == sorted(re.findall(r"%\(\w+\)[sd]", source)), text


def test_a_stranger_reads_the_compiled_catalogue(messages: ModuleType) -> None:
    import gettext

    with (messages.SITE / "locale/de/LC_MESSAGES/django.mo").open("rb") as stream:
        found = gettext.GNUTranslations(stream)
    assert found.gettext("Sign out") == "Abmelden"
    assert [found.ngettext("%(n)d finding decided.", "%(n)d findings decided.", n) for n in (1, 2)] == ["%(n)d Fund entschieden.", "%(n)d Funde entschieden."]


def test_the_browser_or_the_account_chooses(sqlite_world: World) -> None:
    load(sqlite_world, [row(0)])
    anna = client("anna")
    german = anna.get("/", headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert 'lang="de"' in german.content.decode() and "Liste" in german.content.decode() and german["Content-Language"] == "de"
    assert "Queue" in anna.get("/", headers={"Accept-Language": "fr"}).content.decode()
    anna.post("/me", {"what": "settings", "language": "de", "shortcuts": "on"})
    assert "Was dies nicht zeigt" in anna.get(f"/finding/{finding(0).finding_id}", headers={"Accept-Language": "en"}).content.decode()


def test_german_pages_hold_no_english_of_ours(sqlite_world: World, messages: ModuleType) -> None:
    """Every text of the catalogue that differs in German is looked for, outside of parts that are marked as English."""
    load(sqlite_world, [row(n) for n in range(3)])
    chief = client("chief", "admin")
    chief.post("/me", {"what": "settings", "language": "de", "shortcuts": "on"})
    chief.post(f"/finding/{finding(0).finding_id}/decide", form(finding(0)))
    english = [one for (one, many), told in messages.read(messages.SITE / "locale/de/LC_MESSAGES/django.po").items() if len(one) > 12 and "%" not in one and one not in told]
    for address in ("/", f"/finding/{finding(0).finding_id}", "/people", "/rules", "/me", "/letters", "/notices", "/publication", "/events", "/conflicts", "/sheet", "/reply"):
        page = chief.get(address).content.decode()
        assert not [text for text in english if f">{text}<" in page], address
