"""Show which lists are in force on a day and who stands on them, and the difference between two days.

From the versions in a store, and from the shipped tables, which need no fetching: what our tables say is always there, with the day on which it was checked.
"""

from __future__ import annotations

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from custodes.errors import UsageError
from custodes.findings.list_history import PERIOD_SCHEMA, listed_on
from custodes.findings.list_pairs import folded
from custodes.pipeline import facts, listing_history, output
from custodes.pipeline.listing_store import ListStore
from custodes.records.list_effects import effects

Row = dict[str, Any]
SHIPPED = "shipped tables"
"""The feed of what our own tables say."""
ENTRY_COLUMNS = (
    "answer", "list", "feed", "entry", "maker_id", "name", "names", "country", "identifiers", "legal_effect", "ground", "ground_citation", "began", "began_by",
    "designated", "effective", "published", "first_seen", "over", "over_by", "gone_seen", "citation",
)  # fmt: skip
CHANGE_COLUMNS = ("change", "list", "feed", "entry", "maker_id", "name", "before", "date", "date_by", "legal_effect", "citation")


def day(text: str, option: str) -> str:
    """An ISO day from an option; UsageError when it is none."""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"{text!r} is not a day", where=option, advice="write it as 2026-11-22") from None


def shipped() -> list[Row]:
    """The listings of our tables as periods."""
    found = []
    for row in facts.table("listings"):
        if row["counts"] == "no":
            continue
        began, began_by = next(((row[name], name) for name in ("effective", "published", "designated") if row[name]), ("", ""))
        empty: Row = {name: [] if pa.types.is_list(kind) else "" for name, kind in zip(PERIOD_SCHEMA.names, PERIOD_SCHEMA.types, strict=True)}
        said = {name: row[name] for name in ("list", "maker_id", "designated", "effective", "published", "ended", "ground", "ground_citation", "citation", "note")}
        more = {"feed": SHIPPED, "entry": row["maker_id"], "entries": [row["maker_id"]], "name": row["listed_name"], "names": [row["listed_name"], *_names(row["maker_id"])]}
        dates = {"began": began, "began_by": began_by, "listed_by": row["checked_on"], "over": row["ended"], "over_by": "ended" if row["ended"] else "", "first_seen": row["checked_on"]}
        found.append({**empty, **said, **more, **dates, "legal_effect": effects().get(row["list"], "")})
    return found


def _names(maker: str) -> list[str]:
    return [row["name"] for row in facts.table("names") if row["maker_id"] == maker]


def all_periods(folder: Path | None) -> list[Row]:
    """Periods of the shipped tables and of a store."""
    return [*shipped(), *_told(folder)[0]]


def _told(folder: Path | None) -> tuple[list[Row], list[Row]]:
    """Periods and events of a store; none without one."""
    if not folder or not (folder / "sources" / "lists.jsonl").exists():
        return [], []
    periods, events = listing_history.told(ListStore(folder))
    return list(map(dict, periods)), list(map(dict, events))


def show(folder: Path | None, on: str, name: str = "", out: str = "") -> dict[str, Any]:
    """Who is listed on the ISO day ``on`` (yes or unknown); ``name`` keeps entries one of whose names holds it. ``out``: a table to write."""
    rows = [{**row, "answer": listed_on(row, on)} for row in all_periods(folder)]
    wanted = folded(name)
    matching = [row for row in rows if wanted and any(wanted in folded(each) for each in (row["name"], *row["names"]))] if name else rows
    if name and not wanted:
        raise UsageError("a name of no letters", where="--name", advice="give a part of the name, for instance --name hikvision")
    standing = sorted((row for row in matching if row["answer"] != "no"), key=_order)
    lists = list(_lists(folder, rows))
    summary = {"command": "lists show", "as_of": on, "store": str(folder or ""), "lists": lists, "entries": len(standing), "exit": 0}
    if name:
        summary["found"] = [{column: row[column] for column in ENTRY_COLUMNS} for row in sorted(matching, key=_order)]
    if out:
        _write(out, ENTRY_COLUMNS, standing)
        summary["out"] = out
    return {**summary, "lines": list(_show_lines(on, lists, sorted(matching, key=_order) if name else None, name))}


def _order(row: Mapping[str, Any]) -> tuple[str, ...]:
    return row["list"], row["feed"], row["name"], row["entry"], row["began"], row["listed_by"]


def _lists(folder: Path | None, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """One row per list and feed: how many stand on it for certain, how many perhaps, and how old the copy is."""
    ages = _ages(folder)
    titles = {row["list"]: row for row in facts.table("lists")}
    answers: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        answers[row["list"], row["feed"]][row["answer"]] += 1
    for (code, feed), count in sorted(answers.items()):
        title = titles.get(code, {})
        age = ages.get(feed) or {"list_date": max((r["listed_by"] for r in rows if (r["list"], r["feed"]) == (code, feed)), default=""), "looked": ""}
        yield {
            "list": code, "feed": feed, "title": title.get("title", ""), "legal_effect": title.get("legal_effect", "") or _effect(rows, code, feed),
            "effect_words": title.get("effect_words", ""), "listed": count["yes"], "unknown": count["unknown"], "not_listed": count["no"], **age,
        }  # fmt: skip


def _effect(rows: Sequence[Row], code: str, feed: str) -> str:
    found = {row["legal_effect"] for row in rows if (row["list"], row["feed"]) == (code, feed)}
    return found.pop() if len(found) == 1 else "varies by entry"


def _ages(folder: Path | None) -> dict[str, dict[str, str]]:
    """Feed -> date of the version held and the last day we looked."""
    if not folder or not (folder / "sources" / "lists.jsonl").exists():
        return {}
    store, found = ListStore(folder), dict[str, dict[str, str]]()
    for line in store.lines():
        if line["outcome"] == "new" and line.get("reader"):
            found[line["feed"]] = {"list_date": line["list_date"], "looked": line["at"][:10]}
        elif line["outcome"] == "same" and line["feed"] in found:
            found[line["feed"]]["looked"] = line["at"][:10]
    return found


def _show_lines(on: str, lists: Sequence[Mapping[str, Any]], found: Sequence[Row] | None, name: str) -> Iterator[str]:
    if found is not None:
        yield f'"{name}" on {on}:'
        for row in found:
            until = f" to {row['over']}" if row["over"] else ""
            since = f"from {row['began']} ({row['began_by']}){until}" if row["began"] else f"since when is not known{until}"
            yield f"  {row['answer']:8}{row['list']:22}{row['name']}: {since}; {row['legal_effect'] or 'effect not in our tables'} [{row['feed']}]"
        if not found:
            yield "  no entry bears such a name"
        return
    yield f"lists on {on}:"
    for item in lists:
        unsure = f", {item['unknown']} not certain" if item["unknown"] else ""
        copy = f"{item['feed']}, checked {item['list_date']}" if item["feed"] == SHIPPED else f"{item['feed']} of {item['list_date']}, looked {item['looked']}"
        yield f"  {item['list']:22}{item['listed']:>6} listed{unsure}  {item['legal_effect']}  [{copy}]"


def diff(folder: Path | None, start: str, end: str, out: str = "") -> dict[str, Any]:
    """What changed on the lists after the day ``start`` up to ``end``: additions, removals, renames, and how many cannot be told."""
    if start > end:
        raise UsageError("the first day is after the second", where="--from, --to", advice=f"turn them round: --from {end} --to {start}")
    stored, events = _told(folder)
    changes, unsure = _changes([*shipped(), *stored], start, end)
    changes += [_change("renamed", event, event["list_date"], "versions", event["before"]) for event in events if event["kind"] == "renamed" and start < event["list_date"] <= end]
    changes.sort(key=lambda row: (row["list"], row["feed"], row["change"], row["name"], row["entry"]))
    if out:
        _write(out, CHANGE_COLUMNS, changes)
    counts = Counter(row["change"] for row in changes)
    return {
        "command": "lists diff", "from": start, "to": end, "store": str(folder or ""), "changes": changes, "counts": {kind: counts[kind] for kind in ("added", "removed", "renamed")},
        "not_certain": dict(sorted(unsure.items())), "lines": list(_diff_lines(start, end, changes, unsure)), "exit": 0, **({"out": out} if out else {}),
    }  # fmt: skip


def _changes(rows: Iterable[Row], start: str, end: str) -> tuple[list[Row], Counter[str]]:
    """Added and removed per entry; a removed and an added name of one maker on one list are a rename."""
    entries: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        own = row["name"] if row["feed"] == SHIPPED else ""
        entries[row["list"], row["feed"], row["entry"], own].append(row)
    found, unsure = list[Row](), Counter[str]()
    for (code, _, _, _), periods in sorted(entries.items()):
        before, after = (_state(periods, on) for on in (start, end))
        if "unknown" in (before, after) and before != after:
            unsure[code] += 1
        elif before != after:
            added = after == "yes"
            period = max(periods, key=lambda row: row["began"] if added else row["over"] or row["gone_by"])
            date, by = (period["began"], period["began_by"]) if added else (period["over"], period["over_by"])
            found.append(_change("added" if added else "removed", period, date, by))
    return _shipped_renames(found), unsure


def _state(periods: Sequence[Row], on: str) -> str:
    answers = {listed_on(row, on) for row in periods}
    return "yes" if "yes" in answers else "unknown" if "unknown" in answers else "no"


def _change(kind: str, row: Mapping[str, Any], date: str, by: str, before: str = "") -> Row:
    return {**{name: row.get(name, "") for name in CHANGE_COLUMNS}, "change": kind, "before": before, "date": date, "date_by": by}


def _shipped_renames(found: list[Row]) -> list[Row]:
    """In our tables a renamed entry is an ended row and a new one of the same maker on the same list."""
    kept, by_maker = list[Row](), dict[tuple[str, str], list[Row]]()
    for row in found:
        if row["feed"] == SHIPPED:
            by_maker.setdefault((row["list"], row["maker_id"]), []).append(row)
        else:
            kept.append(row)
    for rows in by_maker.values():
        kinds = sorted(row["change"] for row in rows)
        if kinds == ["added", "removed"]:
            new, old = sorted(rows, key=lambda row: row["change"])
            kept.append({**new, "change": "renamed", "before": old["name"]})
        else:
            kept += rows
    return kept


def _diff_lines(start: str, end: str, changes: Sequence[Row], unsure: Mapping[str, int]) -> Iterator[str]:
    yield f"lists from {start} to {end}:"
    by_list: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in changes:
        by_list[row["list"], row["feed"]].append(row)
    for (code, feed), rows in sorted(by_list.items()):
        count = Counter(row["change"] for row in rows)
        yield f"{code} [{feed}]: {count['added']} added, {count['removed']} removed, {count['renamed']} renamed"
        for row in rows:
            sign = {"added": "+", "removed": "-", "renamed": "~"}[row["change"]]
            was = f" (was {row['before']})" if row["before"] else ""
            yield f"  {sign} {row['name']}{was}: {row['date'] or 'day not known'}" + (f" ({row['date_by']})" if row["date_by"] else "")
    if not by_list:
        yield "nothing changed, as far as the lists held say"
    yield from (f"  ? {code}: of {count} entries it is not known whether they were listed on one of the days" for code, count in sorted(unsure.items()))


def _write(out: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    schema = pa.schema([(name, pa.list_(pa.string()) if name in ("names", "identifiers") else pa.string()) for name in columns])
    with output.table(out, tuple(columns), schema) as write:
        for row in rows:
            write({name: row[name] for name in columns})
