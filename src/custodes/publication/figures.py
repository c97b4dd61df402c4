"""Every published number, with what it counts, out of what, what was left out, and the rows behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from custodes.publication import wording
from custodes.publication.rows import Row, confirmed, stream
from custodes.publication.view import View, left_out_totals, normalise
from custodes.values.edition import Edition


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. ``denominator`` is None only where a number is no part of a whole (a sum of money).

    ``of`` says what the denominator counts; ``unit`` says what ``rows`` are: finding, body, file, maker, statement.
    """

    id: str
    title: str
    definition: str
    numerator: int | Decimal
    denominator: int | None
    of: str
    unit: str
    exclusions: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The number with its denominator, as a page prints it."""
        head = wording.count(self.numerator) if isinstance(self.numerator, int) else f"{self.numerator.quantize(Decimal('0.01')):,f}"
        return head if self.denominator is None else f"{head} of {wording.count(self.denominator)} {self.of}"


def figures(edition: Edition) -> tuple[Figure, ...]:
    """Every published number of an edition, in the order of the page ``figures.html``."""
    return figures_of(normalise(edition))


def figures_of(view: View) -> tuple[Figure, ...]:
    """Like :func:`figures`, from a view already made."""
    return (*_coverage(view), *_findings(view), *_questions(view), *_bodies(view), *_makers(view), *_statements(view), *_money(view))


def usable_purchases(view: View) -> int:
    """Usable purchase rows: by kind where coverage says it, else all usable rows of files that name a body or no kind."""
    return sum(row["kinds"].get("PURCHASE", 0) if row["kinds"] else row["usable"] for row in view.coverage)


def _coverage(view: View) -> Iterable[Figure]:
    rows = view.coverage
    read = sum(row["read"] for row in rows)
    good = [row for row in rows if not row["error"]]
    yield _fig("files", "Files read", "Input files that were read to their end.", len(good), len(rows), "files", "file", [r["path"] for r in good],
               [f"{wording.plural(len(rows) - len(good), 'file')} with an error" if len(good) < len(rows) else "", _same(rows)])  # fmt: skip
    yield _fig("rows-usable", "Usable rows", "Rows that became records of any kind.", sum(r["usable"] for r in rows), read, "rows read", "file",
               [r["path"] for r in rows if r["usable"]], [f"{n:,} {reason}{'' if data else ' (not counted as rows)'}" for reason, data, n in left_out_totals(rows)])  # fmt: skip
    outside = sum(r["left_out_outside"] for r in rows)
    yield _fig("rows-left-out", "Rows left out with a reason", "Totals, rows about natural persons and the like.",
               sum(r["left_out_in_read"] for r in rows), read, "rows read", "file", [r["path"] for r in rows if r["left_out_in_read"]],
               [f"{wording.plural(outside, 'blank line or heading', 'blank lines and headings')} not counted as rows" if outside else ""])  # fmt: skip
    yield _fig("rows-rejected", "Rows rejected", "Rows that could not be understood; each is kept with file, line, column and reason.",
               sum(r["rejected"] for r in rows), read, "rows read", "file", [r["path"] for r in rows if r["rejected"]])  # fmt: skip
    yield _fig("rows-without-body", "Usable rows without a body", "Rows whose body is not known from entry, column or folder. They enter no figure per body.",
               sum(r["rows_without_body"] for r in rows), sum(r["usable"] for r in rows), "usable rows", "file", [r["path"] for r in rows if r["rows_without_body"]])  # fmt: skip


def _same(rows: Iterable[Row]) -> str:
    n = sum(bool(row["same_as"]) for row in rows)
    return f"{wording.plural(n, 'byte-identical file')} counted once" if n else ""


def _findings(view: View) -> Iterable[Figure]:
    named = view.parts["named"]
    bought = [row for row in _slim(named) if row["record_kind"] == "PURCHASE"]
    usable = usable_purchases(view)
    elsewhere = len(named) - len(bought)
    yield _fig("named", "Named findings in purchases", "Purchase records that name a listed maker, its product, or a supplier that is one; strong or possible.",
               len(bought), usable, "usable purchase rows", "finding", _ids(bought), _set_aside(view, elsewhere))  # fmt: skip
    for equipment, words in (("surveillance", "surveillance equipment"), ("other", "other equipment, not surveillance"), ("unknown", "equipment of unknown kind")):
        part = [r for r in bought if (r["equipment"] or "unknown") == equipment]
        yield _fig(f"named-{equipment}", f"Named findings: {words}", f"Named findings in purchases whose record speaks of {words}.", len(part), len(bought), "named findings in purchases", "finding", _ids(part))
    yield _fig("named-elsewhere", "Named findings in other records", "Named findings in answers of bodies, device lists and other records than purchases.",
               elsewhere, len(named), "named findings", "finding", _ids(r for r in _slim(named) if r["record_kind"] != "PURCHASE"))  # fmt: skip
    sure = [r for r in _slim(named) if confirmed(r)]
    yield _fig("named-confirmed", "Named findings confirmed by a person", "Named findings that a person confirmed on evidence that still stands.", len(sure), len(named), "named findings", "finding", _ids(sure))
    for maker, rows in _by_maker(named).items():
        yield _fig(f"named-maker-{maker}", f"Named findings: {view.makers.get(maker, maker)}", "Named findings that point to this maker.", len(rows), len(named), "named findings", "finding", rows)
    total = len(view.findings)
    for layer, title, words in (
        ("weak", "Weak leads", "Findings that name a maker, but weakly or over a link that is only good for a look."),
        ("other", "Other findings", "Findings about claims, pages and requirements."),
        ("rejected", "Findings set aside", "Findings that a person rejected or marked as duplicates."),
    ):
        yield _fig(layer, title, words, len(view.parts[layer]), total, "findings of every kind", "finding", view.parts[layer]["finding_id"].to_pylist())


def _slim(table: pa.Table) -> list[Row]:
    return table.select(["finding_id", "record_kind", "equipment", "verdict", "stale"]).to_pylist()  # type: ignore[no-any-return]


def _ids(rows: Iterable[Row]) -> list[str]:
    return [row["finding_id"] for row in rows]


def _set_aside(view: View, elsewhere: int) -> list[str]:
    counts = (
        (len(view.parts["weak"]), "weak or lead-only"),
        (len(view.parts["rejected"]), "set aside by a person"),
        (elsewhere, "in other records than purchases"),
        (view.withheld, "on a link marked 'no', not shown"),
    )
    return [f"{n:,} {words}" for n, words in counts if n]


def _by_maker(named: pa.Table) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for row in named.select(["finding_id", "maker_id"]).to_pylist():
        if row["maker_id"]:
            grouped.setdefault(row["maker_id"], []).append(row["finding_id"])
    return dict(sorted(grouped.items()))


def _questions(view: View) -> Iterable[Figure]:
    table = view.parts["question"]
    yield _fig("questions", "Surveillance purchases whose record does not name the maker", "Purchase records that speak of surveillance equipment but not of who made it.",
               len(table), usable_purchases(view), "usable purchase rows", "finding", table["finding_id"].to_pylist(), ["those set aside by a person"])  # fmt: skip
    bodies = sorted(b for b in pc.unique(table["body"]).to_pylist() if b)
    yield _fig("question-bodies", "Bodies with an open question", "Bodies with at least one such purchase; each gets drafted questions.", len(bodies), len(view.bodies), "bodies", "body", bodies)


def _bodies(view: View) -> Iterable[Figure]:
    total = len(view.bodies)
    read = [b["body"] for b in view.bodies if b["rows"]]
    yield _fig("bodies-read", "Bodies whose records were read", "Bodies with at least one usable row that names them.", len(read), total, "bodies", "body", read)
    for state, words in wording.STATES.items():
        rows = [b["body"] for b in view.bodies if b["state"] == state]
        yield _fig(f"state-{state.replace(' ', '-')}", f"Bodies: {state}", words, len(rows), total, "bodies", "body", rows)
    if view.draft:
        leads = [b["body"] for b in view.bodies if b["named_lead"]]
        yield _fig("bodies-named-lead", "Bodies with a named lead", "Bodies with a named finding that no person has confirmed. The lead alone does not change the body's state.", len(leads), total, "bodies", "body", leads)
    months = sum(b["months_expected"] for b in view.bodies)
    yield _fig("months", "Months read", "Months of records read, over all bodies, from the first to the last month of each.", sum(b["months_read"] for b in view.bodies), months, "months expected", "body", read)


def grounds(listings: Iterable[Row]) -> str:
    """The ground of a maker over its listings in force: abuse of people, national security, both, unknown, ended, or none."""
    listings = list(listings)
    now = [row for row in listings if not row["ended"]]
    if not now:
        return "ended" if listings else "none"
    said = {row["ground"] for row in now}
    abuse, security = bool(said & {"abuse of people", "both"}), bool(said & {"national security", "both"})
    return "both" if abuse and security else "abuse of people" if abuse else "national security" if security else "unknown"


_GROUND_TITLES = {
    "abuse of people": "Makers listed for abuse of people alone",
    "both": "Makers listed both for abuse of people and for national security",
    "national security": "Makers listed for national security alone",
    "unknown": "Makers listed on a ground not stated",
    "ended": "Makers whose listings have all ended",
    "none": "Makers watched without a listing",
}


def _makers(view: View) -> Iterable[Figure]:
    of: Mapping[str, list[str]] = {key: [] for key in _GROUND_TITLES}
    for maker in view.makers:
        of[grounds(view.listings.get(maker, ()))].append(maker)
    for key, title in _GROUND_TITLES.items():
        yield _fig(f"makers-{key.replace(' ', '-')}", title, "Counted by the listings in force. A security listing alone does not mean implicated in abuse.", len(of[key]), len(view.makers), "makers watched", "maker", of[key])


def _statements(view: View) -> Iterable[Figure]:
    rows = [r for r in stream(view.records["STATEMENT"]) if r["publish"] != "no"]
    total = len(view.records["STATEMENT"])
    yield _fig("statements", "Statements shown", "Cited claims, denials, replies, withdrawals, promises and reported uses.", len(rows), total, "statements held", "statement", [r["statement_id"] or r["record_key"] for r in rows])


def _money(view: View) -> Iterable[Figure]:
    for row in view.money:
        of = [wording.excluded(e) for e in row["exclusions"]]
        yield _fig(row["id"], f"{row['label']}: {wording.AMOUNT_KINDS.get(row['amount_kind'], row['amount_kind'])}, {row['currency'] or 'currency unknown'}, {wording.TAXES.get(row['tax'], row['tax'])}",
                   row["rule"], Decimal(row["total"] or 0), None, "", "finding", row["rows"], of)  # fmt: skip


def _fig(
    id: str, title: str, definition: str, numerator: int | Decimal, denominator: int | None, of: str, unit: str, rows: Iterable[str] = (), exclusions: Iterable[str] = ()
) -> Figure:
    return Figure(id, title, definition, numerator, denominator, of, unit, tuple(e for e in exclusions if e), tuple(sorted(rows)))
