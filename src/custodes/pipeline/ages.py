"""How old is what we know: each fact table, each official list in it, and the lists that a case brought along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from custodes.pipeline import facts, listing_ages
from custodes.pipeline.listing_store import ENDED
from custodes.pipeline.state import State
from custodes.sources.store import place

Age = dict[str, Any]
"""``name``, ``checked_on`` (ISO day, '' when not known), ``days`` before today (None when not known)."""


def tables(today: str) -> list[Age]:
    """Each fact table by the oldest ``checked_on`` of its rows."""
    return [_age(name, facts.table(name), today) for name in facts.TABLES]


def lists(today: str) -> list[Age]:
    """Each official list of our tables by its own row and the oldest of its listings; ``rows``: how many listings we hold of it."""
    found = []
    for row in facts.table("lists"):
        held = [each for each in facts.table("listings") if each["list"] == row["list"]]
        found.append({**_age(row["list"], [row, *held], today), "rows": len(held)})
    return found


def brought(state: State, folder: Path, today: str) -> list[Age]:
    """Lists among the inputs of a case that were read: one that ``lists update`` fetched by its last look that counted, another one by the day that its file gives itself
    (then ``own`` is True), else by the day on which it was stored."""
    parts = {path.rsplit("/", 1)[1].removesuffix(".parquet") for path in state.records.get("files", {}) if path.split("/")[1] in ("PARTY", "LISTING")}
    lists_ = {path for path, part in state.records.get("parts", {}).items() if part in parts}
    held = [item for item in state.inputs if item["path"] in lists_]
    looked, found = listing_ages.looked(folder), []
    for item in held:
        feed = item["path"].split("/")[1] if item["path"].startswith("lists/") else ""
        own = "" if feed else listing_ages.own_day(place(folder / "sources", item["sha256"]))
        if feed != ENDED:  # made from the versions of the others
            found.append({**_age(item["path"], [{"checked_on": looked.get(feed) or own or str(item["stored_at"])[:10]}], today), "own": bool(own)})
    return sorted(found, key=lambda age: str(age["name"]))


def oldest(ages: Iterable[Age]) -> Age | None:
    """The oldest one whose day is known; None when there is none."""
    return min((age for age in ages if age["checked_on"]), key=lambda age: (age["checked_on"], age["name"]), default=None)


def words(ages: Iterable[Age], as_of: str = "") -> str:
    """What a page says about the age of what it rests on, in one sentence or two."""
    known = list(ages)
    age = oldest(known)
    if not age:
        said = "How old the lists are is not known."
    else:
        since = f" ({age['days']} day{'s' if age['days'] != 1 else ''} before this edition)" if age["days"] else ""
        one = {each["checked_on"] for each in known}
        what = "All lists and tables of facts used here were" if len(one) == 1 else f"The oldest list or table of facts used here is {age['name']},"
        said = f"{what} {'which gives itself the day' if age.get('own') and len(one) > 1 else 'last checked on'} {age['checked_on']}{since}."
    return said + (f" Lists and links are used as they stood on {as_of}." if as_of else "")


def _age(name: str, rows: Iterable[Mapping[str, Any]], today: str) -> Age:
    checked = min((row["checked_on"] for row in rows if row.get("checked_on")), default="")
    days = (date.fromisoformat(today) - date.fromisoformat(checked)).days if checked and today else None
    return {"name": name, "checked_on": checked, "days": days}
