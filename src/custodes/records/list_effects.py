"""What being on an official list means in law, by the list's code: from our own table of lists."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files


@cache
def effects() -> dict[str, str]:
    """List code -> legal effect, for the lists in ``data/lists.csv``."""
    return {row["list"]: row["legal_effect"] for row in _table("lists")}


@cache
def makers() -> frozenset[str]:
    """The maker ids of ``data/makers.csv``."""
    return frozenset(row["maker_id"] for row in _table("makers"))


def _table(name: str) -> list[dict[str, str]]:
    text = files("custodes").joinpath("data", f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines(keepends=True)))
