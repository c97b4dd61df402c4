"""``find --since RUN``: what an earlier run found is kept where nothing that it rests on has changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodes import case, engines
from custodes.errors import InputError, UsageError
from custodes.findings.touch import Touch, between
from custodes.findings.watchlist import Watchlist
from custodes.pipeline.state import Run

KEPT = 3
"""Earlier watchlists whose findings stay in the case, so that a later run may start from them."""

SHOWN = 12
"""Runs that an error message lists."""


@dataclass(frozen=True, slots=True)
class Since:
    """The watchlist version of an earlier run, and what has changed since can touch (or in words why everything is searched)."""

    version: str
    touch: Touch | str


def since(run: Run, watchlist: Watchlist, folder: Path) -> Since | None:
    """What ``--since`` means on this case; None when it was not given. UsageError, with the runs there are, for an unknown one."""
    wanted = str(run.options.get("since") or "")
    if not wanted:
        return None
    version = _version(run, wanted)
    if version == watchlist.version:
        return Since(version, Touch())
    try:
        before = engines.opened(engines.Ticket(str(folder / f"watchlist-{version}.arrow"), version, Watchlist))
    except InputError:
        return Since(version, "the watchlist of that run is no longer kept")
    return Since(version, between(before, watchlist))


def _version(run: Run, wanted: str) -> str:
    """The watchlist version of the newest run that ``wanted`` names: by number, by the name of its record, or by (the beginning of) its time."""
    known = list(_runs(run))
    stamp = re.sub(r"[^0-9TZ]", "", wanted)
    for name, number, when, version in known:
        if wanted in (name, f"{name}.json") or (wanted.isdecimal() and len(wanted) < 6 and int(wanted) == number) or (len(stamp) >= 8 and when.startswith(stamp)):
            return version
    listed = ", ".join(f"{number} ({when})" for _, number, when, _ in known[:SHOWN]) or "none yet"
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    raise UsageError(f"no run {wanted!r} that searched", where="--since", advice=f"runs that searched: {listed}{more}")


def _runs(run: Run) -> Iterator[tuple[str, int, str, str]]:
    """(name, number, time, watchlist version) of every run that searched, newest first."""
    for path in sorted((run.case.folder / "runs").glob("[0-9]*-*.json"), reverse=True):
        try:
            found: Any = case.read_json(path, {})
            version = found["steps"]["find"]["watchlist"]
        except (ValueError, KeyError, TypeError):
            continue  # a run of another step, or of an older version that did not say
        number, when, _ = path.stem.split("-", 2)
        yield path.stem, int(number), when, str(version)


def earlier(current: dict[str, Any], version: str) -> list[str]:
    """The watchlist versions to keep beside ``version``, newest first."""
    versions = [current.get("watchlist", ""), *current.get("earlier", ())]
    return [each for each in dict.fromkeys(versions) if each and each != version][:KEPT]
