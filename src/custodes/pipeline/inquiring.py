"""``custodes inquiry``: the section 889 inquiry of an organisation over its items, with what the fact tables know of their makers."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from custodes import case
from custodes.errors import UsageError
from custodes.pipeline import facts
from custodes.pipeline.state import sha256
from custodes.pipeline.tools import Input, inputs
from custodes.sources.unpack import opened
from custodes.timetable.inquiry import PARTS, Item, Tie, inquiry
from custodes.timetable.items import read_items

LIST = "US-NDAA-889"
_NOT_BY = frozenset({"compatible", "non", "not", "no", "free", "for", "style", "type", "like", "replacement", "alternative"})
"""Words that make a name mean something else than the maker: for Hikvision, Hikvision compatible, non-Hikvision."""
OWNED = ("subsidiary", "affiliate", "owned brand")


def run(names: tuple[str, ...], out: str, *, part: str, organisation: str, now: str) -> dict[str, Any]:
    """Write the inquiry file; ``exit`` is 3 when a row was refused."""
    items: list[Item] = []
    rejects, sources = [], []
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
        for item in inputs(names, Path(folder)):
            found, refused, source = _read(item)
            items += found
            rejects += refused
            sources.append(source)
    if not items:
        raise UsageError("holds no usable item", where=", ".join(names), advice="give rows with at least item_id; docs/verbs/inquiry.md shows them")
    twice = sorted({i.item_id for i in items if sum(j.item_id == i.item_id for j in items) > 1}) if len(names) > 1 else []
    if twice:
        raise UsageError(f"items stand in several files: {', '.join(twice[:5])}", where=", ".join(names), advice="give every item an id of its own")
    head = {"organisation": organisation, "sources": sources, "lists": list_versions()}
    value = inquiry(items, ties(items), PARTS if part == "both" else (part,), head, now)
    if out == "-":
        sys.stdout.buffer.write(case.to_json(value))
    else:
        _write(out, value)
    lines = [f"part {'A' if name == 'provide' else 'B'} ({name}): {found['outcome']}" for name, found in value["parts"].items()]
    lines += [f"  report {r['item_id']}: within one business day by {r['due_in_one_business_day']}, more by {r['due_in_ten_business_days']}" for r in value["reports"]]
    lines += [f"  ? {q['item_id']}: {q['question']}" for q in value["questions"]]
    lines += [f"  ! {r['origin_file']}: {r['origin_at']}: {r['column']}: {r['reason']}" for r in rejects]
    outcomes = {name: found["outcome"] for name, found in value["parts"].items()}
    return {"command": "inquiry", "items": len(items), "rejected": len(rejects), "parts": outcomes, "lines": lines, "exit": 3 if rejects else 0}


def _write(out: str, value: dict[str, Any]) -> None:
    try:
        case.write_whole(Path(out), case.to_json(value))
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror or error}", where=out, advice="check that the folder may be written") from None


def _read(item: Input) -> tuple[list[Item], list[Any], dict[str, Any]]:
    with opened(item.path, item.name) as (stream, filename):
        found, refused = read_items(stream, filename)
    return found, list(refused), {"file": item.name, "sha256": sha256(item.path), "items": len(found), "rejected": len(refused)}


def list_versions() -> list[dict[str, str]]:
    """The covered firms as we hold them: name, in force since, source, and when that was looked up."""
    rows = [row for row in facts.table("listings") if row["list"] == LIST]
    return [
        {"list": LIST, "maker": row["maker_id"], "listed_name": row["listed_name"], "effective": row["effective"], "citation": row["citation"], "checked_on": row["checked_on"]}
        for row in rows
    ]  # fmt: skip


def covered_makers() -> dict[str, tuple[str, str]]:
    """Maker id -> (covered firm, how it is tied to it): the five firms, and makers of our tables that are theirs."""
    covered = {row["maker_id"]: (row["maker_id"], f"named in s.889(f)(3) as {row['listed_name']}") for row in facts.table("listings") if row["list"] == LIST}
    names = {facts.plain(row["name"]): row["maker_id"] for row in facts.table("names")}
    for row in facts.table("links"):
        own = names.get(facts.plain(row["subject"]), "")
        if row["relation"] in OWNED and row["object"] in covered and own and own not in covered and row["publish"] == "yes":
            covered[own] = (row["object"], f"{row['relation']} of {row['object']}")
    return covered


def ties(items: list[Item]) -> dict[str, Tie]:
    """Every name that the items give -> what the fact tables say of it."""
    wanted = {name for i in items for name in (i.maker, i.brand, *i.components) if name}
    known = _known_names()
    return {name: known[key] for name in wanted if (key := _key(name, known))}


def _key(name: str, known: dict[str, Tie]) -> str:
    """The known name that this one is, or begins with; a name inside a longer one proves nothing."""
    words = facts.plain(name).split()
    if _NOT_BY & set(words):
        return ""
    return next((key for n in range(len(words), 0, -1) if (key := " ".join(words[:n])) in known and (n == len(words) or len(key) > 3)), "")


def _known_names() -> dict[str, Tie]:
    covered = covered_makers()
    found: dict[str, Tie] = {}
    # weakest first: what is surer overwrites
    for row in facts.table("links"):
        if row["object"] not in covered or row["publish"] not in ("yes", "review"):
            continue
        firm, sure = covered[row["object"]][0], row["publish"] == "yes" and row["scope"] == "all" and row["relation"] in (*OWNED, "OEM rebrand")
        if row["relation"] in (*OWNED, "OEM rebrand", "component") and not row["valid_to"]:
            some = "" if row["scope"] == "all" else ", part of the range"
            found.setdefault(facts.plain(row["subject"]), Tie(row["subject"], firm, f"{row['relation']} of {row['object']}{some}", sure, row["citation"]))
    for row in facts.table("names"):
        if row["alone"] != "never":
            firm, how = covered.get(row["maker_id"], ("", "a maker of our tables that s.889 does not name"))
            found[facts.plain(row["name"])] = Tie(row["name"], firm, how, row["alone"] == "yes", row["citation"])
    for row in facts.table("makers"):
        firm, how = covered.get(row["maker_id"], ("", "a maker of our tables that s.889 does not name"))
        found[facts.plain(row["maker_id"])] = Tie(row["name"], firm, how, True, row["citation"])
        found[facts.plain(row["name"])] = found[facts.plain(row["maker_id"])]
    return found
