"""``custodes plan`` on a table of sites: no case needed."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from custodes import case
from custodes.errors import UsageError
from custodes.pipeline.grounding import known_to_all, maker_of
from custodes.pipeline.plan_making import Wishes, advice_of, comparison_lines, exit_of, lines_of, load_means, make, missed_words
from custodes.sources.unpack import opened
from custodes.timetable import read_sites


def plan_file(target: Path, out: str, wishes: Wishes) -> dict[str, Any]:
    """Plan the removal of a table of sites; writes plan.json (``status``, ``breaches``, ``cost``, ``bound``, ``removals`` and what docs/timetable.md names).

    ``exit`` is 3 when it cannot be done, no plan was found or a row was refused, 130 when the planner was interrupted; the output is written all the same.
    """
    wishes = replace(wishes, policy=wishes.policy or "none")
    wishes.effort()
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
        path, name = _place(target, Path(folder))
        with opened(path, name) as (stream, filename):
            sites, rejects = read_sites(stream, filename, maker_of, notes)
    if not sites:
        advice = f"{rejects[0]['origin_at']}: {rejects[0]['column']}: {rejects[0]['reason']}" if rejects else "give rows with at least site_id and devices"
        raise UsageError("holds no usable site", where=str(target), advice=advice)
    known = known_to_all()
    made = make(sites, load_means(wishes.means, {}), wishes, known)
    value = made.json(sites, wishes, known)
    del value["inputs"]
    _write(out, value)
    lines = [*notes, f"{len(sites)} sites: {made.plan.status}, {len(value['breaches'])} breaches", *(f"  {text}" for text in lines_of(value)), *comparison_lines(value)]
    lines += [f"  ! {text}" for text in (*value["breaches"], *advice_of(value), *missed_words(value))] + [f"  ! {r['origin_at']}: {r['column']}: {r['reason']}" for r in rejects]
    return {
        "command": "plan", "status": made.plan.status, "sites": len(sites), "rejected": len(rejects), "gap": value["gap"], "stopped": value["stopped"],
        "lines": lines, "exit": max(exit_of(made.plan, value, bool(rejects)), 3 if value["missed"] else 0),
    }  # fmt: skip


def _place(target: Path, scratch: Path) -> tuple[Path, str]:
    """(where the bytes are, their name): a file, or what else a name on the command line may mean."""
    if target.is_file():
        return target, str(target)
    from custodes.pipeline.tools import inputs  # brings every reader along: seconds that a plain file need not wait

    item = inputs([str(target)], scratch)[0]
    return item.path, item.name


def _write(out: str, value: Mapping[str, Any]) -> None:
    if out == "-":
        sys.stdout.buffer.write(case.to_json(value))
        return
    try:
        case.write_whole(Path(out), case.to_json(value))
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror or error}", where=out, advice="check that the folder may be written") from None
