"""What the gate holds back and why, as a dry run says it: every finding once, every reason counted, and what else of an edition stays in the house."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from custodes.publication.gate import gate, held_record, public_edition
from custodes.publication.rows import Row, conform, stream
from custodes.values.edition import Edition

SHOWN_WHOLE = ("PARTY", "LISTING", "LINK", "BODY", "STATEMENT", "ANSWER", "SITE")


def dry_run(edition: Edition) -> dict[str, Any]:
    """What an edition of ``edition.kind`` would hold, and what the gate holds back or would.

    ``findings`` = ``passed`` + ``held``. ``held_together``: the exact set of reasons -> findings held for just these (they add up to ``held``).
    ``held_reasons``: reason -> findings that it holds; a finding with two reasons counts under both. ``held_only``: those that nothing else holds: what
    would pass if this were settled. ``held_findings``: one mapping per finding (finding_id, kind, body, maker_id, reasons). ``records``: kind -> rows, shown,
    held by reason. ``withheld``: findings on a link marked ``no``, which not even a draft shows.
    """
    passed, held = gate(edition)
    public = public_edition(edition)
    of = {row["finding_id"]: row for row in stream(conform(edition.findings).select(["finding_id", "body", "maker_id", "party"]))}
    rows = [{**row, **of.get(row["finding_id"], {})} for row in held]
    reasons = Counter(reason for row in held for reason in row["reasons"])
    only = Counter(row["reasons"][0] for row in held if len(row["reasons"]) == 1)
    together = Counter(" + ".join(row["reasons"]) for row in held)
    withheld = sum(row["publish"] == "no" for row in stream(conform(edition.findings).select(["publish"])))
    return {
        "edition": edition.kind, "findings": len(edition.findings), "passed": passed.num_rows, "held": len(held), "withheld": withheld,
        "held_reasons": dict(sorted(reasons.items())), "held_only": dict(sorted(only.items())), "held_together": dict(sorted(together.items())),
        "held_findings": rows, "records": {kind: records(kind, edition, len(public.records[kind])) for kind in SHOWN_WHOLE if len(edition.records.get(kind, ()))},
    }  # fmt: skip


NOT_NAMED = "no published finding names it"


def records(kind: str, edition: Edition, shown: int) -> dict[str, Any]:
    """Rows of one record kind: how many there are, how many the public edition shows (``shown``), and why the others stay."""
    found = Counter(held_record(kind, row) for row in stream(edition.records[kind]))
    free = found.pop("", 0)
    held = {**found, **({NOT_NAMED: free - shown} if free > shown else {})}
    return {"rows": len(edition.records[kind]), "shown": shown, "held": dict(sorted(held.items()))}


def lines(told: Mapping[str, Any], verbose: bool = False) -> list[str]:
    """The dry run for a person; ``verbose``: one line per finding held."""
    public = told["edition"] == "public"
    verb = "are held back" if public else "would be held back from a public edition"
    said = [f"{told['findings']} findings = {told['passed']} that pass + {told['held']} that {verb}"]
    if told["withheld"]:
        said.append(f"{told['withheld']} of them on a link marked 'no': no edition shows these")
    for together, count in sorted(told["held_together"].items(), key=lambda item: (-item[1], item[0])):
        said.append(f"  {count}: {together}")
    for reason, count in told["held_reasons"].items():
        alone = told["held_only"].get(reason, 0)
        said.append(f"reason: {reason}: {count} findings{f', {alone} of them for nothing else' if alone else ''}")
    for kind, row in told["records"].items():
        left = "; ".join(f"{count} {why}" for why, count in row["held"].items())
        said.append(f"{kind.lower()} rows: {row['rows']} = {row['shown']} shown{f' + {left}' if left else ''}")
    return [*said, *(_held(row) for row in told["held_findings"])] if verbose else said


def _held(row: Row) -> str:
    who = row.get("maker_id") or row.get("party") or "maker not named"
    return f"  held {row['finding_id']} ({row['kind']}, {row.get('body') or 'body not known'}, {who}): {'; '.join(row['reasons'])}"
