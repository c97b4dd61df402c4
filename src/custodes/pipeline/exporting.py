"""Evidence packs of a publish run: into the edition (``packs/``), or alone to where the command line says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from custodes.errors import UsageError
from custodes.pipeline.packing_evidence import Packer, Wanted, summary_row
from custodes.pipeline.state import Run
from custodes.values.edition import Edition

FOLDER = "packs"


def _asked(run: Run, edition: Edition) -> tuple[Packer, list[Wanted]]:
    """The packs that ``--pack`` asks for, each once, in the order asked."""
    packer = Packer(run.case, run.state, edition, edition.kind)
    found = {pack.stem: pack for what in run.options.get("packs", ()) for pack in packer.wanted(str(what))}
    return packer, list(found.values())


def packs_planned(run: Run, edition: Edition) -> list[str]:
    """For a dry run: which packs would be made, one line each; what cannot be packed is an error here too."""
    if not run.options.get("packs"):
        return []
    packer, packs = _asked(run, edition)
    packer.choices(run.options.get("captures", ()), packs)
    return [f"would pack packs/{pack.stem}.zip: {pack.title}, {len(pack.ids)} findings" for pack in packs]


def packs_into(run: Run, edition: Edition, folder: Path) -> list[dict[str, Any]]:
    """Write the packs asked for into ``folder``/packs of an edition, with ``packs.json``; none asked for, nothing written."""
    if not run.options.get("packs"):
        return []
    packer, packs = _asked(run, edition)
    choices = packer.choices(run.options.get("captures", ()), packs)
    (folder / FOLDER).mkdir()
    made = [packer.write(pack, folder / FOLDER / f"{pack.stem}.zip", choices) for pack in packs]
    rows = {"edition": edition.kind, "packs": [summary_row(each) for each in made]}
    (folder / FOLDER / "packs.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    return made


def packs_alone(run: Run, edition: Edition, out: str) -> dict[str, Any]:
    """Write the packs asked for to ``out`` and no edition: a new file for one pack when the name ends with .zip, else a folder."""
    packer, packs = _asked(run, edition)
    choices = packer.choices(run.options.get("captures", ()), packs)
    targets = _targets(Path(out), packs)
    if taken := [path for path in targets if path.exists()]:
        raise UsageError("the pack exists already", where=str(taken[0]), advice="packs are written once: choose another name, or delete it")
    if run.options.get("dry_run"):
        return {"line": f"nothing written: {len(packs)} packs, {sum(len(pack.ids) for pack in packs)} findings", "packs": [pack.title for pack in packs]}
    made = []
    for pack, target in zip(packs, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        made.append({**packer.write(pack, target, choices), "file": str(target)})
    words = [f"{each['file']}: {each['title']}, {each['findings']} findings, {each['bytes']:,} bytes; to time-stamp or publish: {each['digest']}" for each in made]
    return {"line": f"{len(made)} evidence {'pack' if len(made) == 1 else 'packs'} of the {edition.kind} edition", "troubles": [], "packs": made, "more": words}


def _targets(out: Path, packs: Sequence[Wanted]) -> list[Path]:
    if out.suffix == ".zip":
        if len(packs) != 1:
            raise UsageError(f"{len(packs)} packs do not fit into one file", where=str(out), advice="give a folder")
        return [out]
    return [out / f"{pack.stem}.zip" for pack in packs]
