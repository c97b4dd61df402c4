"""Every published number, with what it counts, out of what, what was left out, and the rows behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from custodes.publication import wording
from custodes.publication.bodies import shows_presence
from custodes.publication.figure import Figure
from custodes.publication.figure_words import GROUND_DEFINITION, GROUND_TITLES, NAMED_GROUND_DEFINITION, NAMED_GROUNDS, WORDS
from custodes.publication.rows import Row, confirmed, stream
from custodes.publication.timetable_figures import timetable_figures
from custodes.publication.view import View, left_out_totals, normalise
from custodes.values import GRADES
from custodes.values.edition import Edition


def figures(edition: Edition) -> tuple[Figure, ...]:
    """Every published number of an edition, in the order of the page ``figures.html``."""
    return figures_of(normalise(edition))


def figures_of(view: View) -> tuple[Figure, ...]:
    """Like :func:`figures`, from a view already made."""
    graded = _grades(view)
    return tuple(replace(figure, grade=_weakest(graded[figure.unit][row] for row in figure.rows)) if figure.unit in graded else figure for figure in _all(view))


def _all(view: View) -> tuple[Figure, ...]:
    return (*_coverage(view), *_named(view), *_others(view), *_questions(view), *_bodies(view), *_asked(view), *_makers(view), *_claims(view), _statements(view), *_companies(view), *_money(view), *timetable_figures(view.timetable))


def _grades(view: View) -> dict[str, Mapping[str, str]]:
    """Unit -> row -> its evidence grade. A file's bytes are held, so its rows are recorded; a body has the grade of what its state rests on."""
    of = dict(zip(view.findings["finding_id"].to_pylist(), view.findings["grade"].to_pylist(), strict=True))
    columns = ("body", "kind", "verdict", "stale", "equipment", "grade")
    found: dict[str, list[str]] = {}
    for row in stream(view.findings.filter(pc.equal(view.findings["verdict"], "confirm")).select(columns)):
        if shows_presence(row):
            found.setdefault(row["body"], []).append(row["grade"])
    said = {b["body"]: [a.get("grade", "") for a in b["answers"][-1:]] for b in view.bodies}
    rests = {"finding": found, "answer": said}
    bodies = {b["body"]: _weakest(rests.get(b["basis"], {}).get(b["body"], ["recorded"] if b["rows"] else [])) for b in view.bodies}
    statements = {row["statement_id"] or row["record_key"]: row["grade"] for row in stream(view.records["STATEMENT"])}
    return {"finding": _Known(of), "body": _Known(bodies), "file": _Known({}, "recorded"), "statement": _Known(statements)}


class _Known(dict[str, str]):
    """A mapping with one answer for what it does not hold."""

    def __init__(self, known: Mapping[str, str], other: str = "") -> None:
        super().__init__(known)
        self._other = other

    def __missing__(self, key: str) -> str:
        return self._other


def _weakest(grades: Iterable[str]) -> str:
    """The weakest of some grades; those that are not known say nothing."""
    return max((grade for grade in grades if grade in GRADES), key=GRADES.index, default="")


def usable_purchases(view: View) -> int:
    """Usable purchase rows: by kind where coverage says it, else all usable rows of the file."""
    return sum(row["kinds"].get("PURCHASE", 0) if row["kinds"] else row["usable"] for row in view.coverage)


def grounds(listings: Iterable[Row]) -> str:
    """The ground of a maker over its listings in force: abuse of people, national security, both, unknown, ended, or none."""
    listings = list(listings)
    now = [row for row in listings if not row["ended"]]
    if not now:
        return "ended" if listings else "none"
    return together(row["ground"] for row in now)


def together(said: Iterable[str]) -> str:
    """Several grounds as one: abuse of people, national security, both, or unknown."""
    grounds_said = set(said)
    abuse, security = bool(grounds_said & {"abuse of people", "both"}), bool(grounds_said & {"national security", "both"})
    return "both" if abuse and security else "abuse of people" if abuse else "national security" if security else "unknown"


def _figure(id: str, numerator: int, denominator: int, rows: Iterable[str], exclusions: Iterable[str] = ()) -> Figure:
    title, definition, of, unit = WORDS[id]
    return Figure(id, title, definition, numerator, denominator, of, unit, tuple(e for e in exclusions if e), tuple(sorted(rows)))


def _of_rows(id: str, denominator: int, rows: Sequence[str], exclusions: Iterable[str] = ()) -> Figure:
    """A figure whose numerator is the number of its rows."""
    return _figure(id, len(rows), denominator, rows, exclusions)


def _coverage(view: View) -> Iterable[Figure]:
    files = view.coverage
    read, usable = sum(row["read"] for row in files), sum(row["usable"] for row in files)
    bad, same = (sum(bool(row[key]) for row in files) for key in ("error", "same_as"))
    outside = sum(row["left_out_outside"] for row in files)
    left = [f"{n:,} {reason}{' (not counted as rows)' if data is False else ''}" for reason, data, n in left_out_totals(files)]
    unread = [
        f"{wording.plural(bad, 'file')} with an error" if bad else "",
        f"{wording.plural(same, 'byte-identical file')} counted once" if same else "",
    ]
    blank = f"{wording.plural(outside, 'blank line or heading', 'blank lines and headings')} not counted as rows" if outside else ""
    yield _of_rows("files", len(files), [row["name"] for row in files if not row["error"]], unread)
    yield _over_files("rows-usable", "usable", read, files, left)
    yield _over_files("rows-left-out", "left_out_in_read", read, files, [blank])
    yield _over_files("rows-rejected", "rejected", read, files)
    yield _over_files("rows-without-body", "rows_without_body", usable, files)


def _over_files(id: str, key: str, denominator: int, files: Sequence[Row], exclusions: Iterable[str] = ()) -> Figure:
    return _figure(id, sum(row[key] for row in files), denominator, [row["name"] for row in files if row[key]], exclusions)


def _named(view: View) -> Iterable[Figure]:
    """Named findings: in purchases by kind of equipment, elsewhere, confirmed, and by maker."""
    rows = view.parts["named"].select(["finding_id", "record_kind", "equipment", "verdict", "stale", "grounds"]).to_pylist()
    bought = [row for row in rows if row["record_kind"] == "PURCHASE"]
    elsewhere = [row["finding_id"] for row in rows if row["record_kind"] != "PURCHASE"]
    yield _of_rows("named", usable_purchases(view), _ids(bought), _set_aside(view, len(elsewhere)))
    for kind in ("surveillance", "other", "unknown"):
        yield _of_rows(f"named-{kind}", len(bought), _ids(row for row in bought if (row["equipment"] or "unknown") == kind))
    yield _of_rows("named-elsewhere", len(rows), elsewhere)
    yield _of_rows("named-confirmed", len(rows), _ids(row for row in rows if confirmed(row)))
    for ground, words in NAMED_GROUNDS.items():
        ids = _ids(row for row in rows if together(row["grounds"] or ()) == ground)
        yield Figure(f"named-ground-{ground.replace(' ', '-')}", words, NAMED_GROUND_DEFINITION, len(ids), len(rows), "named findings", "finding", (), tuple(sorted(ids)))
    for maker, ids in _by_maker(view.parts["named"]).items():
        title = f"Named findings: {view.makers.get(maker, maker)}"
        yield Figure(
            f"named-maker-{maker}",
            title,
            "Named findings that point to this maker.",
            len(ids),
            len(rows),
            "named findings",
            "finding",
            (),
            tuple(ids),
        )


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
    """maker_id -> ids of its named findings, both sorted."""
    grouped: dict[str, list[str]] = {}
    for row in named.select(["finding_id", "maker_id"]).to_pylist():
        if row["maker_id"]:
            grouped.setdefault(row["maker_id"], []).append(row["finding_id"])
    return dict(sorted(grouped.items()))


def _others(view: View) -> Iterable[Figure]:
    for part in ("weak", "other", "rejected"):
        yield _of_rows(part, len(view.findings), view.parts[part]["finding_id"].to_pylist())


def _questions(view: View) -> Iterable[Figure]:
    table = view.parts["question"]
    bodies = [body for body in pc.unique(table["body"]).to_pylist() if body]
    yield _of_rows("questions", usable_purchases(view), table["finding_id"].to_pylist(), ["those set aside by a person"])
    yield _of_rows("question-bodies", len(view.bodies), bodies)


def _bodies(view: View) -> Iterable[Figure]:
    total, read = len(view.bodies), [b["body"] for b in view.bodies if b["rows"]]
    yield _of_rows("bodies-read", total, read)
    for state, words in wording.STATES.items():
        names = tuple(b["body"] for b in view.bodies if b["state"] == state)
        yield Figure(f"state-{state.replace(' ', '-')}", f"Bodies: {state}", words, len(names), total, "bodies", "body", (), names)
    if view.draft:
        yield _of_rows("bodies-named-lead", total, [b["body"] for b in view.bodies if b["named_lead"]])
    months, expected = sum(b["months_read"] for b in view.bodies), sum(b["months_expected"] for b in view.bodies)
    yield _figure("months", months, expected, read)


def _asked(view: View) -> Iterable[Figure]:
    """Asked, answered, held, positive: each share of the one before it, and who refused under which section."""
    rows = view.asked
    answered, held, positive = ([row["body"] for row in rows if row[name] == "yes"] for name in ("answered", "held", "positive"))
    yield _of_rows("answers-asked", len(view.bodies), [row["body"] for row in rows])
    yield _of_rows("answers-answered", len(rows), answered)
    yield _of_rows("answers-held", len(answered), held)
    yield _of_rows("answers-positive", len(held), positive)
    sections: dict[str, tuple[str, list[str]]] = {}
    for row in rows:
        for slug, name in {_slug(part): part.strip() for part in row["exemption"].split(";") if part.strip()}.items():
            sections.setdefault(slug, (name, []))[1].append(row["body"])
    words = "Bodies whose newest answer names this section of an information law."
    for slug, (name, bodies) in sorted(sections.items()):
        title = f"Answers that name {name}"
        yield Figure(f"answers-section-{slug}", title, words, len(bodies), len(answered), "bodies that answered", "body", (), tuple(bodies))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "other"


def _companies(view: View) -> Iterable[Figure]:
    """Findings that name a company; companies with notice; companies that replied."""
    rows = view.standing
    every = sorted({row["company"] for companies in rows.values() for row in companies})
    told = sorted({row["company"] for companies in rows.values() for row in companies if row["sent"]})
    replied = sorted({row["company"] for companies in rows.values() for row in companies if row["replies"]})
    yield _of_rows("companies-named", sum(confirmed(row) for row in stream(view.findings)), [key for key, companies in rows.items() if companies])
    yield _of_rows("companies-notice", len(every), told)
    yield _of_rows("companies-replied", len(told), replied)


def _makers(view: View) -> Iterable[Figure]:
    of: dict[str, list[str]] = {ground: [] for ground in GROUND_TITLES}
    for maker in view.makers:
        of[grounds(view.listings.get(maker, ()))].append(maker)
    for ground, title in GROUND_TITLES.items():
        id, ids = f"makers-{ground.replace(' ', '-')}", tuple(of[ground])
        yield Figure(id, title, GROUND_DEFINITION, len(ids), len(view.makers), "makers watched", "maker", (), ids)


def _claims(view: View) -> Iterable[Figure]:
    """Threads of captured pages out of the pages that were read; none without pages."""
    if view.claims:
        rows = [f["id"] for thread in view.claims for f in thread["findings"] if f["kind"] == "page_markets"]
        unread = int(view.facts["pages_unread"])
        yield _of_rows("claims", max(int(view.facts["pages"]), len(rows)), rows, [f"{wording.plural(unread, 'page')} whose text could not be read" if unread else ""])


def _statements(view: View) -> Figure:
    rows = [row["statement_id"] or row["record_key"] for row in stream(view.records["STATEMENT"]) if row["publish"] != "no"]
    return _of_rows("statements", len(view.records["STATEMENT"]), rows)


def _money(view: View) -> Iterable[Figure]:
    for row in view.money:
        kind, tax = wording.AMOUNT_KINDS.get(row["amount_kind"], row["amount_kind"]), wording.TAXES.get(row["tax"], row["tax"])
        title = f"{row['label']}: {kind}, {row['currency'] or 'currency unknown'}, {tax}"
        left = tuple(wording.excluded(entry) for entry in row["exclusions"])
        yield Figure(row["id"], title, row["rule"], Decimal(row["total"] or 0), None, row["currency"], "finding", left, tuple(sorted(row["rows"])))
