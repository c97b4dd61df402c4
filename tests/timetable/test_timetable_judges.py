"""Strangers' programs judge the OCDS milestones of a timetable, in an environment of their own (make format-judges): draft and public, and one spoilt on purpose."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from custodes.publication.timetable_forms import ocds
from custodes.publication.view import normalise
from timetable.test_timetable_forms import made

PLACE = Path(os.environ.get("CUSTODES_FORMAT_JUDGES", Path(__file__).resolve().parents[2] / ".venv" / "formats"))


def judged(package: dict[str, Any], folder: Path) -> dict[str, Any]:
    schema, python = PLACE / "ocds" / "release-schema.json", PLACE / "bin" / "python"
    if not python.is_file() or not schema.is_file():
        pytest.skip("the programs that judge our exports are not installed (make format-judges)")
    (folder / "package.json").write_text(json.dumps(package), encoding="utf-8")
    command = [str(python), "-W", "ignore", str(Path(__file__).with_name("judge_milestones.py")), str(folder / "package.json"), str(schema)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    if "ModuleNotFoundError" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("kind", ["draft", "public"])
def test_milestones_are_ocds_by_the_word_of_strangers(kind: str, tmp_path: Path) -> None:
    view = normalise(made(kind))
    package = ocds(view, view.timetable)
    milestones = sum(len(r["planning"]["milestones"]) for r in package["releases"])
    assert judged(package, tmp_path) == {"problems": [], "kind": "release package", "processes": len(package["releases"]), "milestones": milestones}


def test_the_judges_are_awake(tmp_path: Path) -> None:
    view = normalise(made("draft"))
    package = ocds(view, view.timetable)
    stone = package["releases"][0]["planning"]["milestones"][0]
    stone |= {"status": "nearly", "dueDate": "next spring", "colour": "blue"}
    said = " ".join(judged(package, tmp_path)["problems"])
    assert "milestones/status" in said and "milestones/dueDate" in said and "colour" in said
