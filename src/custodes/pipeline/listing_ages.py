"""How old the lists in a store are: the day of the version in force, the last look that counted, and which are due by their cadence."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from custodes.pipeline import listing_addresses
from custodes.pipeline.listing_snapshot import date_of
from custodes.pipeline.listing_store import ListStore
from custodes.sources import lists_log
from custodes.sources.lists_log import NEW, SAME

Age = dict[str, Any]
"""``feed``, ``list_date`` of the version in force ('' for none), ``looked`` (ISO day of the last look that counted, '' for none), ``days`` since then (None: never),
``every_days``, ``overdue``, and ``last``: what became of the last look, where it did not count."""
_HEAD = 65_536


def held(folder: Path | None, today: str) -> list[Age]:
    """Every list that was ever looked for in the store in ``folder``; [] when there is no store."""
    if folder is None or not (folder / "sources" / lists_log.LOG).exists():
        return []
    feeds, found = listing_addresses.load(), dict[str, Age]()
    for line in ListStore(folder).lines():
        age = found.setdefault(line["feed"], {"feed": line["feed"], "list_date": "", "looked": "", "last": ""})
        age["last"] = "" if line["outcome"] in (NEW, SAME) else f"{line['outcome']} on {line['at'][:10]}: {line['why']}"
        if line["outcome"] in (NEW, SAME):
            age["looked"] = line["at"][:10]
        if line["outcome"] == NEW:
            age["list_date"] = line["list_date"]
    return [_aged(age, feeds[feed].every_days if feed in feeds else 1.0, today) for feed, age in sorted(found.items())]


def _aged(age: Age, every: float, today: str) -> Age:
    days = (date.fromisoformat(today) - date.fromisoformat(age["looked"])).days if age["looked"] else None
    return {**age, "days": days, "every_days": every, "overdue": days is None or days > every}


def looked(folder: Path) -> dict[str, str]:
    """Feed -> day of the last look that counted, in the store in ``folder``."""
    return {age["feed"]: age["looked"] for age in held(folder, "9999-12-31") if age["looked"]}


def own_day(path: Path) -> str:
    """The day that a file of a list gives itself in its head, packed or not; '' where it gives none."""
    try:
        with path.open("rb") as stream:
            start = stream.read(_HEAD)
        return date_of(zlib.decompressobj(31).decompress(start, _HEAD) if start.startswith(b"\x1f\x8b") else start)
    except (OSError, zlib.error):
        return ""


def lines(ages: list[Age], where: str) -> Iterator[str]:
    """What ``doctor`` says of a store."""
    if not ages:
        yield f"store:    no list was fetched yet into {where}"
        return
    yield f"store:    {where}: {len(ages)} lists looked for, {sum(age['overdue'] for age in ages)} of them due"
    for age in ages:
        when = f"looked {age['looked']} ({_days(age['days'])} ago)" if age["looked"] else "never seen"
        copy = f"of {age['list_date']}, " if age["list_date"] else ""
        late = " DUE" if age["overdue"] else ""
        yield f"  {age['feed']:18}{copy}{when}, to be looked at every {_days(age['every_days'])}{late}" + (f"; {age['last']}" if age["last"] else "")


def troubles(ages: list[Age], case: str = "") -> Iterator[str]:
    """One sentence per list that is older than its cadence."""
    command = f"custodes lists update {case}".strip()
    for age in ages:
        if age["overdue"]:
            since = f"was last looked at {_days(age['days'])} ago" if age["looked"] else "was never fetched whole"
            yield f"list {age['feed']} {since}, and is due every {_days(age['every_days'])}: {command} --only {age['feed']}"


def _days(number: float) -> str:
    return f"{number:g} day{'' if number == 1 else 's'}"

