"""Money by the rules of the house: what must not be added is never added, and what was left out is said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa

from custodes.publication.rows import Row, layer, project
from custodes.publication.wording import AMOUNT_KINDS, EQUIPMENT, TAXES, plural

_LABELS = {
    "named-surveillance": "Named findings, surveillance equipment",
    "named-unknown": "Named findings, " + EQUIPMENT["unknown"],
    "named-other": "Named findings, other equipment",
    "question": "Surveillance purchases whose record does not name the maker",
}
_NEEDED = (
    "finding_id", "record_key", "kind", "band", "publish", "grade", "verdict", "stale", "equipment", "amount_kind", "currency", "tax", "amount", "transaction",
)  # fmt: skip
_ASIDE = {"weak": "weak or lead-only", "rejected": "set aside by a person", "other": "not about a purchase of equipment"}


@dataclass
class _Sum:
    """What is collected for one sum while rows stream by."""

    total: Decimal = Decimal(0)
    repeated: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)
    refund_count: int = 0
    ids: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    proven: int = 0
    unproven: int = 0
    twice: int = 0
    unproven_rows: int = 0


def sums(findings: pa.Table | Iterable[Row], duplicates: Mapping[str, Sequence[str] | int]) -> tuple[Row, ...]:
    """The sums that may be published, by layer and then by kind: one per layer, amount kind, currency and tax; nothing is added across them.

    ``duplicates``: record_key -> the files in which that record stands (or their number), for records that stand in more than one.
    A repeat counts once where the publisher's transaction number proves it; otherwise ``total`` counts it once and
    ``total_with_repeats`` as often as it stands.

    Keys: ``id``, ``label``, ``layer``, ``amount_kind``, ``currency``, ``tax``, ``total``, ``total_with_repeats``, ``paid`` (sum of the
    positive), ``refunds`` (sum of the negative, shown and netted), ``refund_count`` (Decimal or int), ``count`` (records), ``rows``
    (finding ids), ``proven_repeats``, ``unproven_repeats``, ``rule``, ``exclusions`` (mappings: scope (``all``: left out of
    every sum, ``sum``: of this one), reason, count).
    """
    groups: dict[tuple[str, str, str, str], _Sum] = {}
    aside: Counter[str] = Counter()
    for row in sorted(project(findings, *_NEEDED), key=lambda r: str(r["finding_id"])):
        reason = _excluded(row)
        if reason:
            aside[reason] += 1
        else:
            _add(groups.setdefault(_group(row), _Sum()), row, _copies(duplicates.get(row["record_key"], 1)))
    return tuple(_sum(key, collected, aside) for key, collected in sorted(groups.items(), key=_order))


def _order(group: tuple[tuple[str, str, str, str], _Sum]) -> tuple[int, tuple[str, str, str, str]]:
    return list(_LABELS).index(group[0][0]), group[0]


def _excluded(row: Row) -> str:
    if row.get("publish") == "no":
        return "on a link marked 'no'"
    return _ASIDE.get(layer(row), "") or ("without an amount" if row.get("amount") is None else "")


def _group(row: Row) -> tuple[str, str, str, str]:
    kind = layer(row)
    part = kind if kind == "question" else f"named-{row.get('equipment') if row.get('equipment') in ('surveillance', 'other') else 'unknown'}"
    tax = row.get("tax") or ""
    return part, str(row.get("amount_kind") or ""), str(row.get("currency") or ""), "" if tax == "unknown" else str(tax)


def _copies(where: Sequence[str] | int) -> int:
    return max(1, where if isinstance(where, int) else len(set(where)))


def _add(to: _Sum, row: Row, copies: int) -> None:
    if row["record_key"] in to.keys:
        to.twice += 1
        return
    amount = Decimal(row["amount"])
    to.keys.add(row["record_key"])
    to.ids.append(row["finding_id"])
    proven = bool(row.get("transaction"))
    to.total += amount
    to.repeated += amount if proven else amount * copies
    to.proven += copies - 1 if proven else 0
    to.unproven += 0 if proven else copies - 1
    to.unproven_rows += not proven and copies > 1
    if amount < 0:
        to.refunds += amount
        to.refund_count += 1
    else:
        to.paid += amount


def _sum(key: tuple[str, str, str, str], got: _Sum, aside: Counter[str]) -> Row:
    part, kind, currency, tax = key
    slug = "-".join(re.sub(r"[^a-z0-9]+", "-", (p or "unknown").lower()).strip("-") for p in key)
    local = {"second finding on a record already counted": got.twice, "repeat proven by the publisher's transaction number": got.proven}
    exclusions = [("all", *item) for item in sorted(aside.items())] + [("sum", *item) for item in sorted(local.items())]
    return {
        "id": f"money-{slug}",
        "label": _LABELS[part],
        "layer": part,
        "amount_kind": kind,
        "currency": currency,
        "tax": tax,
        "total": got.total,
        "total_with_repeats": got.repeated,
        "paid": got.paid,
        "refunds": got.refunds,
        "refund_count": got.refund_count,
        "count": len(got.ids),
        "rows": tuple(got.ids),
        "proven_repeats": got.proven,
        "unproven_repeats": got.unproven,
        "rule": _rule(kind, currency, tax, got),
        "exclusions": tuple({"scope": scope, "reason": reason, "count": n} for scope, reason, n in exclusions if n),
    }


def _rule(kind: str, currency: str, tax: str, got: _Sum) -> str:
    said = [
        f"{AMOUNT_KINDS.get(kind, kind).capitalize()} in {currency or 'an unknown currency'}, {TAXES.get(tax, tax)}; each record once.",
        "Never added to other kinds of amount, other currencies, or amounts of the other tax basis.",
    ]
    if got.refund_count:
        said.append("Refunds (negative amounts) are netted in the total and shown beside it.")
    if got.unproven:
        said.append(
            f"{plural(got.unproven_rows, 'record')} without a transaction number in more than one file: whether they repeat cannot be proven, so both totals are given."
        )
    return " ".join(said)
