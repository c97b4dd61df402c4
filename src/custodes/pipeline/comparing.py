"""Compare the edition of a run with another one: of this case before, or of another case."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodes import case
from custodes.errors import InputError, UsageError
from custodes.pipeline.state import Run
from custodes.publication import compare as comparison
from custodes.publication.compare import Snapshot
from custodes.publication.gate import public_edition
from custodes.publication.tables import cell
from custodes.publication.view import normalise
from custodes.values.edition import Edition

FOLDER = "compare"
_NEEDED = ("findings.jsonl", "figures.csv", "figure_rows.csv", "coverage.csv", "bodies.csv", "datapackage.json")


@dataclass(frozen=True)
class Compared:
    """What a comparison said: the JSON object, the rows of its table, and the lines for a person; all empty when none was asked for."""

    told: Mapping[str, Any]
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()


def compare(run: Run, edition: Edition) -> Compared:
    """Compare with ``--compare OLD`` (the folder of an edition, or of a case). Read before anything is replaced: OLD may be the edition that goes."""
    asked = str(run.options.get("compare") or "")
    if not asked:
        return Compared({})
    old = load(_folder(Path(asked), edition.kind), asked)
    if edition.kind == "public" and old.kind != "public":
        raise UsageError("a public edition is not compared with a draft: what is held back would show", where=asked, advice="give a public edition, or compare drafts")
    found = comparison.compare(old, comparison.snapshot(normalise(public_edition(edition) if edition.kind == "public" else edition), "this edition"))
    return Compared(comparison.told(found), tuple(tuple(map(str, row)) for row in comparison.table(found)), tuple(comparison.lines(found)))


def _folder(path: Path, kind: str) -> Path:
    """The edition that a path means: itself, or the one of the same kind in a case."""
    if (path / "case.toml").is_file():
        path = path / "publication" / kind
    missing = [name for name in _NEEDED if not (path / name).is_file()]
    if missing:
        what = "there is no edition here" if len(missing) == len(_NEEDED) else f"the edition has no {missing[0]}"
        raise UsageError(what, where=str(path), advice="give the folder of an edition (publication/draft), or a case whose edition was published")
    return path


def load(folder: Path, name: str) -> Snapshot:
    """The snapshot of an edition on disk. InputError when a file is not what publish wrote."""
    csv.field_size_limit(1 << 30)
    try:
        package = json.loads((folder / "datapackage.json").read_text("utf-8"))
        with (folder / "findings.jsonl").open(encoding="utf-8") as lines:
            findings = {row["finding_id"]: comparison.kept(row) for row in map(_parsed, lines)}
        rows: dict[str, set[str]] = {}
        for row in _csv(folder / "figure_rows.csv"):
            rows.setdefault(row["figure"], set()).add(row["row"])
        figures = {row["id"]: {"title": row["title"], "value": row["numerator"], "of": row["denominator"], "unit": row["unit"]} for row in _csv(folder / "figures.csv")}
        return Snapshot(
            name, str(package.get("edition") or package["name"].removeprefix("custodes-")), str(package.get("created", "")), findings, figures,
            {id: frozenset(found) for id, found in rows.items()}, {row["path"] or f"file {row['sha256'][:16]}": row["sha256"] for row in _csv(folder / "coverage.csv")},
            {row["body"]: row["state"] for row in _csv(folder / "bodies.csv")}, str(package.get("watchlist", "")), str(package.get("software", "")).removeprefix("custodes "),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, UnicodeDecodeError, csv.Error) as problem:
        raise InputError(f"this is not an edition as custodes publishes it: {problem}", where=str(folder), advice="publish it again, or give another one") from None


def _parsed(line: str) -> dict[str, Any]:
    # exact decimals: 0.10 and 0.1 are the same amount, 0.1 and 0.10000000000000001 are not
    from decimal import Decimal

    found: dict[str, Any] = json.loads(line, parse_float=Decimal)
    return found


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as text:
        yield from ({key: value[1:] if value[:2] in ("'=", "'+", "'-", "'@") else value for key, value in row.items()} for row in csv.DictReader(text))


def write(compared: Compared, folder: Path) -> None:
    """Put the comparison into a fresh edition: ``compare/comparison.json`` and ``.csv``; nothing when none was asked for."""
    if not compared.told:
        return
    (folder / FOLDER).mkdir()
    case.write_whole(folder / FOLDER / "comparison.json", json.dumps(compared.told, ensure_ascii=False, indent=1, default=str).encode() + b"\n")
    with (folder / FOLDER / "comparison.csv").open("w", encoding="utf-8", errors="replace", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([[cell(text, "string") for text in row] for row in compared.rows])
