"""Devices as findings: *device is made by a listed maker*, one per device, whoever saw it; and the inventory of a body, site by site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from custodes.findings.compiled import Compiled, compiled
from custodes.findings.compose import Day, Row, named
from custodes.findings.device_fuse import Verdict, identify
from custodes.findings.device_groups import Device, devices_of
from custodes.findings.device_rules import Clue
from custodes.findings.device_tables import Devices, build
from custodes.findings.paths import Path
from custodes.findings.products import Setting
from custodes.findings.view import Hit
from custodes.findings.watchlist import Watchlist
from custodes.findings.weights import CAPS
from custodes.values import FINDING_SCHEMA
from custodes.values.record import key_of

EQUIPMENT = {"camera": "surveillance", "recorder": "surveillance", "switch": "other", "display": "other", "alarm": "other", "other": "other"}
"""Product class -> equipment; a class that is not named here is what the maker makes as a rule."""

INVENTORY_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("device", "body", "site", "brand", "model", "maker", "product_class", "band")),
        ("score", pa.float64()), ("listed", pa.bool_()), ("count", pa.int64()), ("seen", pa.int64()), ("statement", pa.string()), ("behind", pa.string()),
        ("reasons", pa.list_(pa.string())), ("against", pa.list_(pa.string())), ("observed", pa.string()), ("finding_id", pa.string()),
    ],
    metadata={b"kind": b"INVENTORY"},
)  # fmt: skip
"""One row per device of the case: ``device`` its key, ``count`` how many pieces it stands for, ``seen`` how many rows speak of it."""


def knowledge(known: Compiled) -> Devices:
    """The tables on devices of a compiled watchlist; made when the first device comes, and kept."""
    if "devices" not in known.seen:
        known.seen["devices"] = build(known.device_tables)
    found: Devices = known.seen["devices"]
    return found


def device(row: Row, known: Compiled) -> Iterator[dict[str, Any]]:
    """The findings of one DEVICE row by itself."""
    for alone in devices_of([row]):
        yield from findings_of(alone, identify(knowledge(known), *alone.rows), known, row["record_key"])


def found_device(key: str, batch: pa.RecordBatch, watchlist: Watchlist) -> pa.RecordBatch:
    """The group finder: findings (FINDING_SCHEMA) of all rows of one device; any order of the rows gives the same."""
    known = compiled(watchlist)
    rows = [*batch.to_pylist()]
    (one,) = [each for each in devices_of(rows) if each.key == key] or [Device(key, tuple(sorted(rows, key=lambda row: str(row["record_key"]))), (), ())]
    return pa.RecordBatch.from_pylist(list(findings_of(one, identify(knowledge(known), *one.rows), known)), schema=FINDING_SCHEMA)


def findings_of(one: Device, verdict: Verdict, known: Compiled, record_key: str = "") -> Iterator[dict[str, Any]]:
    """The finding on one device, when its maker stands on a list."""
    if not verdict.maker or verdict.maker not in known.listings:
        return
    row = {**_told(one), "record_key": record_key or key_of("DEVICE", one.key)}
    way = Path(_steps(verdict), CAPS[verdict.publish], verdict.publish, (*verdict.against, *one.against))
    found = [(_hit(clue, verdict, first=n == 0), way) for n, clue in enumerate(verdict.clues)]
    record = named(row, "DEVICE", ("device_made_by", verdict.maker), found, Setting(surveillance=True), known, Day(row["observed"] or "", "day of the observation"))
    if record:
        label = f"{row['brand'] or ''} {row['model'] or ''}".strip()
        pieces = f"{row['count']} x {label}" if (row.get("count") or 1) > 1 else label
        yield {**record, "description": pieces, "date": row["observed"] or "", "context": _context(one, row, verdict)}


def _steps(verdict: Verdict) -> tuple[str, ...]:
    """From the name on the label to the maker."""
    if verdict.brand and verdict.brand.casefold() != verdict.maker:
        return verdict.brand, "platform made by", verdict.maker
    return (verdict.maker,)


def _hit(clue: Clue, verdict: Verdict, first: bool) -> Hit:
    """A clue as the reason of a finding; the first carries the conclusion in words and the score of all together."""
    score = verdict.score if first else clue.weight
    words = clue.words.replace("{maker}", verdict.maker.capitalize())
    words = f"{verdict.statement} {words}" if first else words
    return Hit(clue.rule, "device_made_by", clue.maker, score, clue.ours, clue.theirs, words, equipment=EQUIPMENT.get(verdict.product_class, ""))


def _context(one: Device, row: Row, verdict: Verdict) -> list[str]:
    site = f" at {row['site']}" if row.get("site") else ""
    said = [f"Product class: {verdict.product_class}{site}."]
    if len(one.rows) > 1:
        said.append(f"{len(one.rows)} rows speak of this device. {' '.join(one.reasons)}")
    if row.get("behind"):
        said.append(f"Connected through the recorder {row['behind']}.")
    return said


_FIRST = ("body", "site", "brand", "model", "mac", "serial", "firmware", "behind", "count", "observer")


def _told(one: Device) -> dict[str, Any]:
    """One row for a device: the fullest of its rows, what it lacks from the others, and the last day on which it was seen."""
    rows = sorted(one.rows, key=lambda row: (-sum(bool(row.get(name)) for name in _FIRST), str(row.get("origin_file")), str(row.get("record_key"))))
    told = dict(rows[0])
    for name in _FIRST:
        told[name] = next((row[name] for row in rows if row.get(name)), told.get(name))
    return told | {"observed": max((str(row.get("observed") or "") for row in rows), default="")}


def inventory(rows: Iterable[Row], known: Compiled) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """(INVENTORY row, findings) of every device among DEVICE rows, sorted by key."""
    for one in devices_of(rows):
        verdict = identify(knowledge(known), *one.rows)
        findings = list(findings_of(one, verdict, known))
        yield _line(one, verdict, known, findings), findings


def _line(one: Device, verdict: Verdict, known: Compiled, findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    told = _told(one)
    return {
        "device": one.key, **{name: told.get(name) or "" for name in ("body", "site", "brand", "model", "behind", "observed")}, "maker": verdict.maker,
        "product_class": verdict.product_class, "band": verdict.band, "score": verdict.score, "listed": verdict.maker in known.listings,
        "count": told.get("count") or 1, "seen": len(one.rows), "statement": verdict.statement, "reasons": list(verdict.reasons),
        "against": [*verdict.against, *one.against], "finding_id": findings[0]["finding_id"] if findings else "",
    }  # fmt: skip


def per_site(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """(body, site, maker, band, product class) -> pieces; '' as maker: uncertain. Sorted."""
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    for line in lines:
        counts[line["body"], line["site"], line["maker"], line["band"], line["product_class"]] += line["count"]
    return [dict(zip(("body", "site", "maker", "band", "product_class"), key, strict=True)) | {"count": many} for key, many in sorted(counts.items())]
