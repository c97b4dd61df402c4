"""Two editions beside each other: findings added, removed, replaced and changed, and every figure that moved, each with the reason the editions themselves give.

Pure: what an edition says is handed in as a :class:`Snapshot`, from an edition in memory or from one on disk. Counts add up: the old findings are those
removed, replaced, changed and unchanged; the new ones those added, replaced, changed and unchanged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from custodes.publication.figures import figures_of
from custodes.publication.rows import Row, layer, stream
from custodes.publication.tables import number
from custodes.publication.view import View

FIELDS = ("kind", "maker_id", "party", "band", "layer", "verdict", "stale", "equipment", "listed_on_date", "grade", "publish", "amount", "body", "evidence_hash")
"""What makes a finding a changed one, in the order in which changes are told."""
_KEPT = ("finding_id", "record_kind", "record_key", *FIELDS, "origin_file", "origin_sha256")
NOT_KNOWN = "the editions do not say why"


@dataclass(frozen=True)
class Snapshot:
    """What an edition says, as far as two are compared. ``findings``: id -> row with the columns of ``_KEPT``; ``figures``: id -> title, value (as text) and denominator;
    ``rows``: figure -> its rows; ``files``: name (its path; in a public edition often its hash) -> SHA-256; ``bodies``: body -> state; ``watchlist`` and ``version``: of what found it."""

    name: str
    kind: str
    now: str
    findings: Mapping[str, Row]
    figures: Mapping[str, Row]
    rows: Mapping[str, frozenset[str]]
    files: Mapping[str, str]
    bodies: Mapping[str, str]
    watchlist: str = ""
    version: str = ""


@dataclass(frozen=True)
class Comparison:
    """What changed. Every entry of ``findings`` is a mapping: change (added, removed, replaced, changed), finding_id, kind, body, maker_id, was, now, reason.
    Every entry of ``figures``: id, title, was, now, rows_added, rows_removed, reason."""

    old: Snapshot
    new: Snapshot
    findings: tuple[Row, ...]
    figures: tuple[Row, ...]
    same: int
    counts: Mapping[str, int] = field(default_factory=dict)


def kept(row: Row) -> dict[str, Any]:
    """A finding row (of an edition, or of its findings.jsonl) with the columns that are compared."""
    amount = row.get("amount")
    found = {**{name: row.get(name) for name in _KEPT}, "layer": row.get("layer") or layer(row), "amount": "" if amount is None else number(amount)}
    return {name: value if value is not None else "" for name, value in found.items()}


def snapshot(view: View, name: str) -> Snapshot:
    """The snapshot of an edition in memory."""
    made = figures_of(view)
    return Snapshot(
        name, view.kind, view.now, {row["finding_id"]: kept(row) for row in stream(view.findings)},
        {f.id: {"title": f.title, "value": number(f.numerator), "of": "" if f.denominator is None else str(f.denominator), "unit": f.unit} for f in made},
        {f.id: frozenset(f.rows) for f in made}, {row.get("name") or row["path"]: row["sha256"] for row in view.coverage}, {row["body"]: row["state"] for row in view.bodies},
        str(view.facts["watchlist_version"]), str(view.facts["version"]),
    )  # fmt: skip


def compare(old: Snapshot, new: Snapshot) -> Comparison:
    """What changed from ``old`` to ``new``, sorted."""
    gone, come = set(old.findings) - set(new.findings), set(new.findings) - set(old.findings)
    pairs = _pairs({id: old.findings[id] for id in gone}, {id: new.findings[id] for id in come})
    found = [_entry("replaced", before, after, _why_replaced(before, after, old, new), new) for before, after in pairs]
    paired = {row["finding_id"] for pair in pairs for row in pair}
    found += [_entry("added", None, new.findings[id], _why_added(new.findings[id], old, new), new) for id in come - paired]
    found += [_entry("removed", old.findings[id], None, _why_removed(old.findings[id], old, new), new) for id in gone - paired]
    both = sorted(set(old.findings) & set(new.findings))
    moved = [id for id in both if any(old.findings[id][name] != new.findings[id][name] for name in FIELDS)]
    found += [_entry("changed", old.findings[id], new.findings[id], _why_changed(old.findings[id], new.findings[id], old, new), new) for id in moved]
    found.sort(key=lambda entry: (("added", "removed", "replaced", "changed").index(entry["change"]), entry["finding_id"]))
    counts = Counter(entry["change"] for entry in found)
    figures = tuple(_figures(old, new, {id: entry for entry in found for id in (entry["finding_id"], entry["was_id"]) if id}))
    return Comparison(old, new, tuple(found), figures, len(both) - len(moved), {name: counts[name] for name in ("added", "removed", "replaced", "changed")})


def _pairs(gone: Mapping[str, Row], come: Mapping[str, Row]) -> list[tuple[Row, Row]]:
    """Findings that went and findings that came about the same record, in the order of their ids: the new one replaces the old one."""
    of: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for id in sorted(gone):
        of[gone[id]["record_kind"], gone[id]["record_key"]].append(gone[id])
    pairs = []
    for id in sorted(come):
        waiting = of[come[id]["record_kind"], come[id]["record_key"]]
        if waiting:
            pairs.append((waiting.pop(0), come[id]))
    return pairs


def _entry(change: str, before: Row | None, after: Row | None, reason: str, new: Snapshot) -> dict[str, Any]:
    """One line of the comparison. What left a public edition is named by its id only: it may have left because it should not be said."""
    row = after or before or {}
    silent = change == "removed" and new.kind == "public"
    fields = [name for name in FIELDS if before and after and before[name] != after[name]]
    return {
        "change": change, "finding_id": row["finding_id"], "was_id": before["finding_id"] if before and after and before["finding_id"] != after["finding_id"] else "",
        "kind": row["kind"], "body": "" if silent else row["body"], "maker_id": "" if silent else row["maker_id"],
        "was": {name: before[name] for name in fields} if before else {}, "now": {name: after[name] for name in fields} if after else {}, "reason": reason,
    }  # fmt: skip


def _of_file(path: str, digest: str, there: Snapshot, none: str) -> str:
    """What became of a file, seen from the edition that has the finding; empty when the other one ``there`` read the same bytes."""
    if digest in there.files.values():
        return ""
    return "its file has changed" if path in there.files else none


def _of_tools(old: Snapshot, new: Snapshot) -> str:
    if old.watchlist != new.watchlist:
        return f"the watchlist changed ({old.watchlist[:12] or 'not known'} to {new.watchlist[:12] or 'not known'})"
    return f"another version of the program found it ({old.version or 'not known'} to {new.version or 'not known'})" if old.version != new.version else ""


def _why_added(row: Row, old: Snapshot, new: Snapshot) -> str:
    passed = "it passes the gate now" if new.kind == old.kind == "public" else ""
    return _of_file(row["origin_file"], row["origin_sha256"], old, "its file is new") or passed or _of_tools(old, new) or NOT_KNOWN


def _why_removed(row: Row, old: Snapshot, new: Snapshot) -> str:
    held = "it no longer passes the gate" if new.kind == old.kind == "public" else ""
    return _of_file(row["origin_file"], row["origin_sha256"], new, "its file is no longer read") or held or _of_tools(old, new) or NOT_KNOWN


def _why_replaced(before: Row, after: Row, old: Snapshot, new: Snapshot) -> str:
    what = "the same record is read differently"
    if before["kind"] == "maker_unknown" != after["kind"]:
        what = "the record names a maker now"
    elif before["maker_id"] != after["maker_id"]:
        what = f"the record points to another maker ({before['maker_id'] or 'none'} to {after['maker_id'] or 'none'})"
    why = _of_file(after["origin_file"], after["origin_sha256"], old, "its file is new") or _of_tools(old, new)
    return f"{what}: {why}" if why else what


def _why_changed(before: Row, after: Row, old: Snapshot, new: Snapshot) -> str:
    if before["verdict"] != after["verdict"]:
        return f"a person decided: {before['verdict'] or 'undecided'} to {after['verdict'] or 'undecided'}"
    if before["stale"] != after["stale"]:
        return "its evidence changed after the decision" if after["stale"] else "it was decided anew on the evidence as it is"
    why = _of_file(after["origin_file"], after["origin_sha256"], old, "its file has another path") or _of_tools(old, new)
    return why or ("what it rests on changed" if before["evidence_hash"] != after["evidence_hash"] else NOT_KNOWN)


# --- figures ---------------------------------------------------------------------------------------------------------------------------------------------


def _figures(old: Snapshot, new: Snapshot, of: Mapping[str, Row]) -> Iterator[dict[str, Any]]:
    for id in [*new.figures, *sorted(set(old.figures) - set(new.figures))]:
        before, after = old.figures.get(id), new.figures.get(id)
        was, now = _value(before), _value(after)
        came, went = new.rows.get(id, frozenset()) - old.rows.get(id, frozenset()), old.rows.get(id, frozenset()) - new.rows.get(id, frozenset())
        if was == now and not came and not went:
            continue
        some = after or before or {}
        yield {
            "id": id, "title": some["title"], "was": was, "now": now, "rows_added": len(came), "rows_removed": len(went),
            "reason": _why_figure(before, after, came, went, str(some["unit"]), old, new, of),
        }  # fmt: skip


def _value(figure: Row | None) -> str:
    if figure is None:
        return ""
    return f"{figure['value']} of {figure['of']}" if figure["of"] else str(figure["value"])


def _why_figure(before: Row | None, after: Row | None, came: frozenset[str], went: frozenset[str], unit: str, old: Snapshot, new: Snapshot, of: Mapping[str, Row]) -> str:
    """The reasons of the rows that came and went, counted; else what the denominator or the amounts say."""
    said: list[str] = []
    if before is None or after is None:
        said.append("not in the old edition" if before is None else "not in the new edition")
    for rows, sign in ((came, "more"), (went, "fewer")):
        reasons = Counter(_why_row(row, unit, sign, old, new, of) for row in rows)
        said += [f"{count} {sign}: {why}" for why, count in sorted(reasons.items())]
    if not came and not went and before and after and before["value"] != after["value"]:
        said.append("the same rows, with other values")
    if before and after and before["of"] != after["of"]:
        said.append(f"out of {after['of']} instead of {before['of']}")
    return "; ".join(said)


def _why_row(row: str, unit: str, sign: str, old: Snapshot, new: Snapshot, of: Mapping[str, Row]) -> str:
    if unit == "finding":
        entry = of.get(row)
        return f"{entry['change']}: {entry['reason']}" if entry else "the edition counts it elsewhere"
    if unit == "file":
        here, there = (new, old) if sign == "more" else (old, new)
        return "the file is new" if sign == "more" and row not in there.files else "the file is no longer read" if row not in there.files else "the file has changed" if here.files.get(row) != there.files.get(row) else "its rows are counted differently"
    if unit == "body":
        before, after = old.bodies.get(row, "not in the edition"), new.bodies.get(row, "not in the edition")
        return f"state {before} to {after}" if before != after else "its records or answers changed"
    return f"another {unit}"


def lines(found: Comparison) -> list[str]:
    """The comparison for a person: counts that add up, then the figures that moved."""
    counts, old, new = found.counts, found.old, found.new
    said = [
        f"compared with {old.name} ({old.kind}, {old.now[:10] or 'no date'})",
        f"  {len(old.findings)} findings then = {counts['removed']} removed + {counts['replaced']} replaced + {counts['changed']} changed + {found.same} unchanged",
        f"  {len(new.findings)} findings now = {counts['added']} added + {counts['replaced']} replaced + {counts['changed']} changed + {found.same} unchanged",
    ]
    reasons = Counter((entry["change"], entry["reason"]) for entry in found.findings)
    said += [f"  {change}: {count}: {why}" for (change, why), count in sorted(reasons.items())]
    said += [f"  figure {row['id']}: {row['was'] or 'none'} -> {row['now'] or 'none'}: {row['reason']}" for row in found.figures]
    return said if found.findings or found.figures else [*said[:1], "  nothing changed"]


def told(found: Comparison) -> dict[str, Any]:
    """The comparison as one JSON object."""
    sides = {side: {"name": each.name, "edition": each.kind, "now": each.now, "findings": len(each.findings), "watchlist": each.watchlist, "version": each.version} for side, each in (("old", found.old), ("new", found.new))}
    return {**sides, "counts": {**found.counts, "unchanged": found.same}, "findings": list(found.findings), "figures": list(found.figures)}


def table(found: Comparison) -> Sequence[Sequence[str]]:
    """The comparison as rows of a table, the heading first."""
    head = ("edition", "what", "change", "id", "kind", "body", "maker_id", "was", "now", "reason")
    kind = found.new.kind
    rows = [(kind, "finding", e["change"], e["finding_id"], e["kind"], e["body"], e["maker_id"], _words(e["was"]), _words(e["now"]), e["reason"]) for e in found.findings]
    return [head, *rows, *((kind, "figure", "changed", f["id"], f["title"], "", "", f["was"], f["now"], f["reason"]) for f in found.figures)]


def _words(values: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in values.items())
