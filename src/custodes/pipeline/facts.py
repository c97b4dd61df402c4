"""The shipped fact tables as values, and what they say about bodies."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custodes.errors import UsageError

if TYPE_CHECKING:
    from custodes.findings.name_index import Knowledge

Row = Mapping[str, str]

TABLES = (
    "makers", "names", "lists", "listings", "links", "words", "brand_lines", "surveillance_words", "confusables", "codes", "bodies",
    "device_brands", "device_models", "device_clues", "device_macs",
)  # fmt: skip

# words in a folder's name that say what the files are, not whose
_FILE_WORDS = {"series", "clean", "raw", "spend", "spending", "csv", "csvs", "files", "data", "records", "payments", "inputs", "over", "500", "250", "25k"}
_BODY_WORDS = re.compile(
    r"\b(council|borough|nhs|police|constabulary|department|ministry|university|college|academy|academies|authority|trust|government|commissioner|parish|county|city of)\b"
)


@cache
def table(name: str) -> tuple[Row, ...]:
    """A fact table as rows; empty cells are empty text."""
    text = resources.files("custodes").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines(keepends=True)))


def path_of(name: str) -> str:
    """The name under which pages cite a fact table."""
    return f"custodes:data/{name}.csv"


def split(cell: str) -> list[str]:
    """The parts of a cell that holds several values."""
    return [part.strip() for part in cell.split(" ; ") if part.strip()]


def plain(name: str) -> str:
    """A name for comparing: lower case, words only."""
    return " ".join(re.findall(r"\w+", name.casefold().replace("_", " ").replace("&", " and ")))


@cache
def _body_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for row in table("bodies"):
        for name in (row["body"], *split(row["names"])):
            names.setdefault(plain(name), row["body"])
    return names


@cache
def _folder_names() -> dict[str, str]:
    return {plain(name): row["body"] for row in table("bodies") for name in split(row["folder_names"])}


def official(body: str) -> str:
    """The official name of a body that the fact tables know under the given one; the given one otherwise."""
    return _body_names().get(plain(body), body)


def folder_body(file: Path) -> str:
    """The body that one of the two nearest folders stands for, or '' (a folder called ``downloads`` stands for nobody)."""
    for folder in file.parts[-2:-4:-1]:
        words = plain(folder)
        core = " ".join(word for word in words.split() if word not in _FILE_WORDS and not word.isdigit())
        for name in (words, core):
            known = _folder_names().get(name) or _body_names().get(name)
            if known:
                return known
        if _BODY_WORDS.search(core):
            return re.sub(r"[_\s]+", " ", folder).strip()
    return ""


def known_makers() -> str:
    """The maker ids of the fact tables, for messages."""
    return ", ".join(row["maker_id"] for row in table("makers"))


def watched(makers: Sequence[str]) -> dict[str, tuple[Row, ...]]:
    """The fact tables that findings need; ``makers`` (empty: all) limits them to the makers that a case watches."""
    tables = {name: table(name) for name in TABLES}
    if makers:
        wanted = set(makers)
        if unknown := sorted(wanted - {row["maker_id"] for row in tables["makers"]}):
            raise UsageError(f"[watch] names makers that the fact tables do not know: {', '.join(map(str, unknown))}", advice=f"known: {known_makers()}")
        for name in ("makers", "names", "listings", "words", "brand_lines"):
            tables[name] = tuple(row for row in tables[name] if row["maker_id"] in wanted or not row["maker_id"])
        tables["links"] = tuple(row for row in tables["links"] if row["object"] in wanted)
    tables["name_knowledge"] = (_knowledge_row(),)
    return tables


@cache
def _of_names() -> dict[str, Any]:
    """What the matcher of names knows before it sees a list: word tables, counts of words, the trained model, names that are easily taken for another."""
    data = resources.files("custodes").joinpath("data")
    counts = json.loads(data.joinpath("name_counts.json").read_text(encoding="utf-8"))
    model = json.loads(data.joinpath("name_model.json").read_text(encoding="utf-8"))
    model["namesakes"] = sorted({row["name"] for row in table("confusables") if row["name"]})
    words = tuple({key: row[key] for key in ("kind", "word", "variants")} for row in table("name_words"))
    return {"words": words, **{key: counts[key] for key in ("counts", "firms", "listed", "parties")}, "model": json.dumps(model, sort_keys=True)}


@cache
def _knowledge_row() -> Row:
    """The same as a row of the watchlist. The matcher itself is not loaded: few cases need it."""
    from custodes.findings.resembling import knowledge_row

    return knowledge_row(**_of_names())


@cache
def name_knowledge() -> Knowledge:
    """The same for the matcher."""
    from custodes.findings.name_index import Knowledge as Known

    return Known(**_of_names())
