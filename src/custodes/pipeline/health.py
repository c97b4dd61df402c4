"""Doctor: is the installation sound, how old is what it knows, and what does a case look like?"""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path
from typing import Any

from custodes import __version__, case
from custodes.errors import CustodesError
from custodes.pipeline import ages, facts, listing_ages, state
from custodes.records.registry import READERS
from custodes.timetable import policies

PARTS = ("click", "pyarrow", "rigour", "msgspec", "orjson", "openpyxl", "XlsxWriter", "Jinja2", "defusedxml", "Django", "waitress", "rich", "ortools")
OLD_DAYS = 180


def examine(folder: Path | None, today: str, store: Path | None = None) -> dict[str, Any]:
    """What `custodes doctor` says; ``store``: the user's own lists. ``exit`` is 2 when the case cannot be used."""
    found: dict[str, Any] = {
        "version": __version__, "python": platform.python_version(), "system": platform.platform(), "parts": {name: _version(name) for name in PARTS},
        "readers": {reader.NAME: list(reader.KINDS) for reader in READERS}, "policies": list(policies()), "tables": ages.tables(today), "list_ages": ages.lists(today),
        "lists": {row["list"]: row["checked_on"] for row in facts.table("lists")}, "makers": len(facts.table("makers")), "troubles": [],
    }  # fmt: skip
    found["troubles"] += [f"{name} is not installed" for name, version in found["parts"].items() if not version]
    found["troubles"] += [f"fact table {age['name']} was checked {age['days']} days ago" for age in found["tables"] if (age["days"] or 0) > OLD_DAYS]
    found["troubles"] += [f"list {age['name']} was checked {age['days']} days ago" for age in found["list_ages"] if (age["days"] or 0) > OLD_DAYS]
    found["store"], found["list_store"] = str(store or ""), listing_ages.held(store, today)
    found["troubles"] += listing_ages.troubles(found["list_store"])
    found["case_lists"] = []
    found["case"] = _case(folder, found, today) if folder else {}
    found["exit"] = 2 if any(not version for version in found["parts"].values()) or (folder and not found["case"]) else 0
    found["lines"] = list(_lines(found))
    return found


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _case(folder: Path, found: dict[str, Any], today: str) -> dict[str, Any]:
    troubles: list[str] = found["troubles"]
    try:
        the_case = case.load(folder)
        current = state.load(the_case)
    except CustodesError as error:
        troubles.append(str(error))
        return {}
    files, missing = case.inputs(the_case)
    troubles += [f"{path}: {what}" for path, what in missing]
    own, fetched = ages.brought(current, folder, today), listing_ages.held(folder, today)
    found["case_lists"] = own
    troubles += [f"list {age['name']} of the case is {age['days']} days old" for age in own if (age["days"] or 0) > OLD_DAYS]
    troubles += listing_ages.troubles(fetched, str(folder))
    return {
        "title": the_case.title, "format": case.FORMAT, "files": len(files), "held": len(current.inputs), "parts": len(current.records.get("parts", {})),
        "findings": current.findings.get("counts", {}), "watchlist": current.findings.get("watchlist", ""), "editions": current.editions,
        **({"lists": {age["name"]: age["checked_on"] for age in own}} if own else {}), **({"list_store": fetched} if fetched else {}), **({"as_of": current.findings["as_of"]} if current.findings.get("as_of") else {}),
    }  # fmt: skip


def _when(age: dict[str, Any]) -> str:
    return f"{age['checked_on']} ({_days(age['days'])}, {age['rows']} listings)" if age["days"] is not None else "age not known"


def _oldest(found: dict[str, Any]) -> list[str]:
    age = ages.oldest([*found["tables"], *found["list_ages"], *found["case_lists"]])
    return [f"oldest:   {age['name']}, checked on {age['checked_on']}, {_days(age['days'])} ago"] if age else []


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"


def _lines(found: dict[str, Any]) -> list[str]:
    tables = ", ".join(f"{age['name']} {age['checked_on']}" for age in found["tables"])
    lines = [
        f"custodes {found['version']}, Python {found['python']}, {found['system']}",
        "parts:    " + ", ".join(f"{name} {version or 'MISSING'}" for name, version in found["parts"].items()),
        "readers:  " + ", ".join(found["readers"]),
        "policies: " + ", ".join(found["policies"]),
        f"makers:   {facts.known_makers()}",
        f"tables:   {found['makers']} makers; oldest check of each: {tables}",
        "lists:    " + ", ".join(f"{age['name']} {_when(age)}" for age in found["list_ages"]),
        *_oldest(found),
        *(listing_ages.lines(found["list_store"], found["store"]) if found["store"] else ()),
    ]
    if found["case"]:
        lines.append("case:     " + ", ".join(f"{name} {value}" for name, value in found["case"].items() if name != "list_store"))
        lines += listing_ages.lines(found["case"]["list_store"], "the case") if "list_store" in found["case"] else []
    return [*lines, *(f"  ! {trouble}" for trouble in found["troubles"]), "all well" if not found["troubles"] else f"{len(found['troubles'])} things to look at"]
