"""The plan as it was adopted: frozen, named by its hash, never written again.

The first frozen plan stays the measure. A later one needs a reason and stands beside it, so that nobody comes out on time by moving the goal.
Files are ``baselines/0001.json`` and so on, each ``{number, frozen_at, reason, sha256, plan}``; ``sha256`` is over the canonical JSON of the rest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from custodes.errors import UsageError
from custodes.values import Break

FOLDER = "baselines"
_AGAIN = "restore the file from a copy: a frozen plan is never made again"


def frozen(plan: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]], now: str, reason: str) -> dict[str, Any]:
    """The plan (plan.json as a mapping) as the next baseline. UsageError when it keeps not every rule, is the last one again, or gives no reason."""
    if not plan.get("removals"):
        raise UsageError(f"the plan has no removals ({plan.get('status', 'no status')}), so there is nothing to hold anybody to", where="baseline", advice="make a plan that can be done first")
    if plan.get("breaches"):
        raise UsageError("the checker found broken rules in the plan", where="baseline", advice="mend the plan first; see timetable/plan.json")
    kept = {"status": plan["status"], "removals": plan["removals"], "inputs": plan["inputs"], "cost": plan.get("cost")}
    if earlier and _canonical(earlier[-1]["plan"]) == _canonical(kept):
        raise UsageError(f"this plan is frozen already, as number {earlier[-1]['number']}", where="baseline", advice="nothing is to be done")
    if earlier and not reason.strip():
        advice = 'say why: --freeze --reason "..."; the first baseline stays the measure and both are shown'
        raise UsageError(f"a baseline was frozen on {earlier[0]['frozen_at'][:10]}", where="baseline", advice=advice)
    value = {"number": len(earlier) + 1, "frozen_at": now, "reason": reason.strip(), "plan": kept}
    return {**value, "sha256": digest(value)}


def digest(value: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a baseline without its ``sha256``."""
    return hashlib.sha256(_canonical({k: v for k, v in value.items() if k != "sha256"})).hexdigest()


def load(folder: Path) -> list[dict[str, Any]]:
    """Every baseline of a case's timetable folder, the first first; empty when none was frozen."""
    found = [json.loads(path.read_bytes()) for path in sorted((folder / FOLDER).glob("[0-9]*.json"))]
    return sorted(found, key=lambda value: int(value["number"]))


def verify(folder: Path, sealed: Sequence[Mapping[str, Any]]) -> Iterator[Break]:
    """Is every baseline whole, is it what was sealed, and is none gone? ``sealed``: facts of the seal log's lines of kind ``baseline``."""
    hashes = {}
    for path in sorted((folder / FOLDER).glob("[0-9]*.json")):
        where = f"{FOLDER}/{path.name}"
        try:
            value = json.loads(path.read_bytes())
            whole = value["sha256"] == digest(value)
        except (ValueError, KeyError, TypeError, AttributeError):
            value, whole = {}, False
        if not whole:
            yield Break("baseline", where, "the frozen plan is not what it was when it was frozen", _AGAIN)
        elif value["sha256"] not in {line.get("sha256") for line in sealed}:
            yield Break("baseline", where, "the frozen plan was never sealed", "freeze it with custodes plan --freeze, which seals it")
        hashes[value.get("sha256")] = where
    for line in sealed:
        if line.get("sha256") not in hashes:
            yield Break("baseline", f"{FOLDER}/{int(line.get('number', 0)):04d}.json", "a baseline that was sealed is gone or changed", _AGAIN)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
