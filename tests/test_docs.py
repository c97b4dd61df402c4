"""Every console block of README and docs is run, in order, in a copy of the examples; what it prints must be what the page shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"```console\n(.*?)```", re.S)


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """(command, lines it prints) for each ``$`` line of a block."""
    command, shown = "", list[str]()
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], []
        else:
            shown.append(line)
    if command:
        yield command, shown


def matches(shown: list[str], printed: str) -> bool:
    """Is what was printed what the page shows? ``...`` stands for anything, on a line of its own for any lines."""
    pattern = "\n".join(shown).strip()
    regex = ".*".join(re.escape(piece) for piece in pattern.split("..."))
    return bool(re.fullmatch(regex, printed.strip(), re.S))


@pytest.mark.parametrize("page", [p for p in PAGES if BLOCK.search(p.read_text(encoding="utf-8"))], ids=lambda p: str(p.relative_to(ROOT)))
def test_console_blocks(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("sources", "records", "findings", "publication", "runs", "review", "timetable", "manifest.json", "seal.jsonl", ".lock"))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "COLUMNS": "120"}
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for command, shown in commands(block):
            done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
            assert "Traceback" not in done.stdout, done.stdout
            if shown:
                assert matches(shown, done.stdout), f"{page.name}: $ {command}\nshown:\n{chr(10).join(shown)}\nprinted:\n{done.stdout}"


def test_every_reader_rule_and_verb_has_its_page() -> None:
    from custodes.cli import main
    from custodes.findings.rules import RULES
    from custodes.records.registry import READERS

    missing = [f"docs/readers/{reader.NAME}.md" for reader in READERS if not (ROOT / "docs/readers" / f"{reader.NAME}.md").is_file()]
    missing += [f"docs/rules/{rule}.md" for rule in RULES if not (ROOT / "docs/rules" / f"{rule}.md").is_file()]
    missing += [f"docs/verbs/{verb}.md" for verb in main.commands if not (ROOT / "docs/verbs" / f"{verb}.md").is_file()]
    assert not missing


def test_links_in_docs_lead_somewhere() -> None:
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert not broken
