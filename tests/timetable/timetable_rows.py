"""STATEMENT and SITE rows for tests of progress, promises and withholding; everything in them is invented."""

from __future__ import annotations

import io
import json
from typing import Any

from custodes.records import progress_table, promise_table
from custodes.timetable.status import Given
from custodes.timetable.withhold import rules_of, settings_of
from custodes.values import Entry, Origin, kind_of

ORIGIN = Origin("0" * 64, "inbox/events.csv", Entry())


def batches(reader: Any, data: bytes, path: str = "inbox/events.csv") -> dict[str, list[dict[str, Any]]]:
    """Rows per kind that a reader gives."""
    found: dict[str, list[dict[str, Any]]] = {}
    for batch in reader.read((io.BytesIO(data),), Origin("0" * 64, path, Entry())):
        found.setdefault(kind_of(batch), []).extend(batch.to_pylist())
    return found


def events(text: str, path: str = "inbox/events.csv") -> list[dict[str, Any]]:
    """Events from lines ``site,event,date,devices,certificate,cause,until,reason``."""
    head = "site_id,event,date,devices,certificate,cause,until,reason\n"
    found = batches(progress_table, (head + text).encode(), path)
    assert "REJECT" not in found, found["REJECT"]
    return found.get("STATEMENT", [])


def said(*rows: dict[str, str]) -> list[dict[str, Any]]:
    """Promise rows; what is not given is a sober default."""
    plain = {
        "statement_id": "p", "statement_kind": "promise", "document": "doc", "title": "written statement", "date": "2026-01-10", "speaker": "Ministry of Examples", "answers": "Ministry of Examples",
        "scope": "all sites", "measure": "sites clear", "share": "1", "of": "sites", "by": "2026-12", "words": "all sites are clear by December 2026", "citation": "invented", "grade": "recorded", "publish": "yes",
    }  # fmt: skip
    lines = [json.dumps({**plain, **({} if row.get("statement_kind", "promise") == "promise" else {"by": "", "scope": ""}), **row}) for row in rows]
    found = batches(promise_table, ("\n".join(lines) + "\n").encode(), "inbox/promises.jsonl")
    assert "REJECT" not in found, found["REJECT"]
    return found.get("STATEMENT", [])


def site(site_id: str, devices: int = 10, **more: Any) -> dict[str, Any]:
    """A SITE row."""
    blank = dict.fromkeys(("address", "area", "sensitivity", "contract_end", "currency", "deadline", "region", "window_from", "window_to", "maker_id"), "")
    return {"site_id": site_id, "body": "Anytown Council", "devices": devices, "unknown_make": 0, "unit_cost": None, "depends_on": [], **blank, **more}


def plan(**months: str) -> dict[str, Any]:
    """plan.json with a month per site."""
    return {"status": "feasible", "removals": [{"site_id": s, "month": m, "devices": 10, "cost": None} for s, m in months.items()], "inputs": {"sites": [], "policy": {"currency": "GBP"}}}


def given(sites: list[dict[str, Any]], now: str = "2026-07-15", **more: Any) -> Given:
    """What a state is made from."""
    rules, settings = rules_of(more.pop("withhold", ())), settings_of({"publish": True, **more.pop("timetable", {})})
    return Given(sites, more.pop("plan", {}), more.pop("baselines", ()), more.pop("statements", ()), rules, settings, more.pop("form", ()), now)
