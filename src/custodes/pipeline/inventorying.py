"""Devices of a case: all rows that speak of devices are put together, each device is judged once, and the inventory is counted per site."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from custodes import case
from custodes.findings.compiled import compiled
from custodes.findings.device_found import INVENTORY_SCHEMA, inventory, per_site
from custodes.findings.watchlist import Watchlist
from custodes.pipeline.accounting import code_version
from custodes.pipeline.identifying import OWN_LINES, own_lines
from custodes.pipeline.state import Run
from custodes.values import FINDING_SCHEMA

FILE = "devices.parquet"
"""The inventory in ``findings/``: one row per device."""

SITES = "device_sites.csv"
"""The inventory counted in ``findings/``: pieces per body, site, maker, band and product class."""

SITE_COLUMNS = ("body", "site", "maker", "band", "product_class", "count")


def case_lines(run: Run) -> list[dict[str, str]]:
    """Brand lines that the case adds with proof; they go before the shipped ones. UsageError when one has none."""
    path = run.case.folder / OWN_LINES
    return own_lines(path) if path.is_file() else []


def find_devices(run: Run, parts: Sequence[Path], watchlist: Watchlist) -> tuple[list[Path], dict[str, int]]:
    """(the part of findings on devices, counts). Nothing is written and all is empty for a case without devices.

    The counts: devices, rows that speak of them, devices by a listed maker, sites with one, devices whose maker is uncertain.
    """
    folder = run.case.room("findings")
    if not parts:
        for name in (FILE, SITES):
            (folder / name).unlink(missing_ok=True)
        return [], {}
    version = case.digest("devices", code_version("custodes.findings", "custodes.values"), watchlist.version, *(path.stem for path in parts))
    target, kept = folder / "parts" / f"{version}.arrow", folder / FILE
    if not (target.is_file() and kept.is_file() and pq.read_schema(kept).metadata.get(b"version") == version.encode()):
        rows = [row for path in parts for row in pq.read_table(path).to_pylist()]
        judged = list(inventory(rows, compiled(watchlist)))
        _write(target, pa.Table.from_pylist([finding for _, found in judged for finding in found], schema=FINDING_SCHEMA))
        lines = [line for line, _ in judged]
        schema = INVENTORY_SCHEMA.with_metadata({**INVENTORY_SCHEMA.metadata, b"version": version.encode()})
        pq.write_table(pa.Table.from_pylist(lines, schema=schema), folder / f".{FILE}.part", compression="zstd")
        (folder / f".{FILE}.part").replace(kept)
        _write_sites(folder / SITES, per_site(lines))
    return [target], _counts(pq.read_table(kept).to_pylist())


def _counts(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    listed = [line for line in lines if line["finding_id"]]
    return {
        "devices": sum(line["count"] for line in lines), "rows": sum(line["seen"] for line in lines), "listed": sum(line["count"] for line in listed),
        "sites": len({(line["body"], line["site"]) for line in listed}), "uncertain": sum(line["count"] for line in lines if not line["maker"]),
    }  # fmt: skip


def sentence(counts: Mapping[str, int]) -> str:
    """The counts in words; '' without devices."""
    if not counts:
        return ""
    return f"; {counts['devices']} devices ({counts['rows']} rows), {counts['listed']} of a listed maker at {counts['sites']} sites, {counts['uncertain']} uncertain"


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    temporary.replace(path)


def _write_sites(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    temporary = path.with_suffix(".part")
    with temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, SITE_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    temporary.replace(path)
