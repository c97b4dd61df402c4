"""The tables on devices as a compiled value, and shorthand for asking about one device."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any

from custodes.findings import device_fuse, device_tables
from custodes.findings.device_fuse import Verdict
from custodes.findings.device_tables import Devices

LISTED = frozenset({"hikvision", "dahua", "uniview", "tiandy"})


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files("custodes").joinpath("data", f"{name}.csv").read_text("utf-8").splitlines(keepends=True)))


@cache
def tables() -> dict[str, list[dict[str, str]]]:
    return {name: rows(name) for name in (*device_tables.TABLES, "makers", "words", "links", "confusables")}


@cache
def known() -> Devices:
    return device_tables.build(tables())


def ask(**evidence: Any) -> Verdict:
    return device_fuse.identify(known(), evidence)


def maker_id(name: str | None) -> str:
    """The id that stands for a name in the labelled rows."""
    return "".join(filter(str.isalnum, (name or "").lower()))
