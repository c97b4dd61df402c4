"""``custodes claims`` over a folder of all sorts of captures: every page is judged or named with the reason, whatever does the work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from custodes.errors import InputError
from custodes.pipeline import claiming

CLAIM = "Our cameras estimate the ethnicity and age of every visitor. Contact us for a demo."


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / "a.html").write_text(f"<html><head><title>Argus</title></head><body><p>{CLAIM}</p></body></html>", encoding="utf-8")
    (folder / "api.json").write_text('{"openapi": "3.0", "info": {"title": "Weather"}}', encoding="utf-8")
    (folder / "app.html").write_text("<html><body><div id=root></div><script>app()</script></body></html>", encoding="utf-8")
    (folder / "empty.html").write_bytes(b"")
    (folder / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "notes.txt").write_text(f"{CLAIM}\n", encoding="utf-8")
    (folder / "own.jsonl").write_text(json.dumps({"id": "mine", "text": CLAIM}) + "\nnot json\n", encoding="utf-8")
    (folder / "spend.csv").write_text("body,supplier,amount,date\nWestmere,Argus,3,2020-01-01\n", encoding="utf-8")
    return folder


def test_a_folder_of_everything(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "claims.jsonl"
    summary = claiming.claims([str(mixed)], str(out), engine="local")
    assert (summary["pages"], summary["positive"], summary["claims"], summary["not_judged"], summary["exit"]) == (4, 3, 3, 5, 3)
    rows, origins = lines(out), lines(tmp_path / "claims.jsonl.pages.jsonl")
    assert rows[-1]["id"] == "mine" and [Path(str(one["origin_file"])).name for one in origins] == ["a.html", "api.json", "notes.txt"]
    assert [one["id"] for one in origins] == [row["id"] for row in rows[:-1]] and origins[0]["title"] == "Argus"
    reasons = {Path(str(row["origin_file"])).name: str(row["reason"]) for row in lines(tmp_path / "claims.jsonl.rejects.jsonl")}
    assert reasons["app.html"].startswith("text not readable") and reasons["empty.html"] == "the file is empty"
    assert "no page that can be read; next: give HTML" in reasons["logo.png"] and reasons["spend.csv"].startswith("holds PURCHASE records")
    assert reasons["own.jsonl"] == "not a JSON object in UTF-8"
    assert "which id is which page" in summary["lines"][-1]


@pytest.mark.parametrize(("name", "what"), [("logo.png", "no page that can be read"), ("empty.html", "empty"), ("spend.csv", "PURCHASE"), ("app.html", "text not readable")])
def test_one_file_that_is_no_page_ends_the_run_and_leaves_nothing(mixed: Path, tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(InputError, match=what) as refused:
        claiming.claims([str(mixed / name)], str(tmp_path / "o.jsonl"), engine="local")
    assert refused.value.advice and not list(tmp_path.glob("*o.jsonl*"))


def test_pages_are_judged_alike_alone_in_pieces_and_by_several_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(30):
        (folder / f"{n:02}.html").write_text(f"<html><body><p>Model {n} weighs 3 kg.<p>{CLAIM if n % 3 == 0 else 'It sees cars.'}</p>", encoding="utf-8")
    (folder / "x.jsonl").write_text("".join(json.dumps({"id": f"j{n}", "text": CLAIM if n % 2 else "It rained."}) + "\n" for n in range(40)), encoding="utf-8")
    claiming.claims([str(folder)], str(tmp_path / "whole.jsonl"), engine="local")
    monkeypatch.setattr(claiming, "JOB_SIZE", 500)
    claiming.claims([str(folder)], str(tmp_path / "pieces.jsonl"), engine="local")
    claiming.claims([str(folder)], str(tmp_path / "cores.jsonl"), engine="cores")
    whole = (tmp_path / "whole.jsonl").read_bytes()
    assert whole.count(b"\n") == 70 and whole.count(b'"positive": true') == 30
    assert whole == (tmp_path / "pieces.jsonl").read_bytes() == (tmp_path / "cores.jsonl").read_bytes()
