"""The text of ``custodes explain``: a finding step by step back to its bytes, a figure back to its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow.compute as pc

from custodes.errors import UsageError
from custodes.publication import explain_rows, wording
from custodes.publication.figure import Figure
from custodes.publication.figures import figures_of
from custodes.publication.rows import Row, conform, layer, shown
from custodes.publication.tables import number
from custodes.publication.timetable_figures import timetable_figures
from custodes.publication.view import View, normalise
from custodes.values.edition import Edition

OpenRow = Callable[[str, str], str]
"""``open_row(origin_sha256, origin_at)`` -> the source line in its context, as text."""


def explain(edition: Edition, id: str, open_row: OpenRow | None = None) -> str:
    """A finding (its id or the start of it) or a figure (its id) in plain text. UsageError when ``id`` names neither or several."""
    view = normalise(edition)
    # rows of bodies and regions are figures too, but too many to be listed with the others
    for figure in (*figures_of(view), *timetable_figures(view.timetable, groups=True)):
        if figure.id == id:
            return _figure(figure, view)
    table = conform(edition.findings)
    hits = table.filter(pc.starts_with(table["finding_id"], id)) if id else table.slice(0, 0)
    exact = hits.filter(pc.equal(hits["finding_id"], id))
    hits = exact if len(exact) else hits
    if len(hits) == 1:
        return _finding(hits.to_pylist()[0], view, open_row)
    several = f"{len(hits)} findings start with {id!r}" if len(hits) else f"no finding and no figure is called {id!r}"
    raise UsageError(several, advice="give more digits of the finding id (findings.csv), or a figure id of figures.csv such as 'named'")


def _figure(figure: Figure, view: View) -> str:
    whole = "none: a sum, not a share" if figure.denominator is None else f"{wording.count(figure.denominator)} {figure.of}"
    value = wording.count(figure.numerator) if isinstance(figure.numerator, int) else number(figure.numerator)
    lines = [
        f"{figure.title}: {figure.text}", "", f"figure       {figure.id}", f"edition      {view.kind}{', as of ' + view.now[:10] if view.now else ''}", f"definition   {figure.definition}",
        f"numerator    {value}", f"denominator  {whole}", *(f"left out     {words}" for words in figure.exclusions or ("nothing",)),
        f"rows         {wording.plural(len(figure.rows), figure.unit, _MANY.get(figure.unit, ''))}", *explain_rows.lines(figure, view),
    ]  # fmt: skip
    return "\n".join(shown(line) for line in lines)


_MANY = {"body": "bodies", "company": "companies"}


def _finding(row: Row, view: View, open_row: OpenRow | None) -> str:
    steps = (
        ("What the record says", _record(row)),
        ("Where the record stands", _place(row, view, open_row)),
        ("Why it was found", _reasons(row)),
        ("From the words to the maker", _path(row, view)),
        ("Listed on that date?", _listed(row, view)),
        (
            "What speaks against it, and what is known beside it",
            [*row["against"], *(f"beside it: {c}" for c in row["context"])] or ["nothing is recorded"],
        ),
        (
            "How good the evidence is",
            [
                f"weakest grade on the path: {wording.GRADES.get(row['grade'], row['grade'])}",
                f"publish: {row['publish']}",
                f"evidence hash: {row['evidence_hash']}",
            ],
        ),
        *([("What the companies named say", _companies(row, view))] if row["finding_id"] in view.standing else []),
        ("What it does not show", list(wording.not_shown(row))),
        (
            "The decision",
            [
                wording.decision(row),
                *([f"reason: {row['reason']}"] if row["reason"] else []),
                *([] if row["verdict"] == "confirm" else [wording.LEAD]),
            ],
        ),
    )
    head = f"{wording.LAYERS[layer(row)]} {row['finding_id']}: {wording.kind_words(row)}"
    return "\n".join([head, *(line for n, (title, lines) in enumerate(steps, 1) for line in ("", f"{n}. {title}", *_indent(lines)))])


def _indent(lines: Iterable[str]) -> list[str]:
    return [f"   {shown(part)}" for line in lines for part in str(line).splitlines() or [""]]


def _record(row: Row) -> list[str]:
    amount = f"{wording.money(row['amount'], row['currency'])} ({wording.TAXES.get(row['tax'], row['tax'])}, {row['amount_kind'] or 'kind of amount unknown'})"
    values = (
        ("body", row["body"] or "not known"),
        ("supplier", row["supplier"]),
        ("description", row["description"]),
        ("codes", ", ".join(row["codes"])),
        ("amount", amount if row["amount"] is not None else ""),
        ("date", f"{row['date']} ({row['date_kind']})" if row["date"] else ""),
        ("transaction", row["transaction"]),
        ("ocid", row["ocid"]),
        ("record key", row["record_key"]),
    )
    return [f"{name + ':':<13}{value}" for name, value in values if value]


def _companies(row: Row, view: View) -> list[str]:
    """Each company with its role, how it stands, and what it replied."""
    lines = []
    for company in view.standing[row["finding_id"]]:
        lines.append(f"{company['company']} ({' and '.join(company['roles'])}): {wording.standing(company)}")
        for reply in company["replies"]:
            lines += [f"  {reply['date'][:10]}{' (about an earlier state)' if reply['earlier'] else ''}:", *(f"    {line}" for line in reply["words"].split("\n"))]
    return lines


def _place(row: Row, view: View, open_row: OpenRow | None) -> list[str]:
    lines = [
        f"file:        {row['origin_file']}",
        f"place:       {row['origin_at']}",
        f"SHA-256:     {row['origin_sha256']}",
        f"bytes held:  {capture_path(row, view)}",
    ]
    return (
        lines
        if open_row is None
        else [*lines, "the place in the stored bytes:", *(f"  | {line}" for line in open_row(row["origin_sha256"], row["origin_at"]).splitlines())]
    )


def capture_path(row: Row, view: View) -> str:
    """Where the stored bytes of a finding's file lie inside the case."""
    return str(view.facts["capture_path"]).format(sha256=row["origin_sha256"])


def _reasons(row: Row) -> list[str]:
    said = [f"{r['words']}  [rule {r['rule']}: ours {r['ours']!r}, the record's {r['theirs']!r}]" for r in row["reasons"]]
    return [*said, f"score {row['score']}, band {row['band']}"]


def _path(row: Row, view: View) -> list[str]:
    if not row["maker_id"]:
        return ["The record names no listed maker: this is a question, not an accusation." if row["kind"] == "maker_unknown" else "no maker is named"]
    return [f"{n}) {step}" for n, step in enumerate(steps(row, view), 1)] + [f"maker id: {row['maker_id']}"]


def steps(row: Row, view: View) -> tuple[str, ...]:
    """The link path from the words to the maker, ids of makers written as names; the maker stands last."""
    said = tuple(view.makers.get(step) or view.short.get(step, step) for step in row["link_path"])
    last = view.makers.get(row["maker_id"], row["maker_id"]) or view.short.get(row["party"], row["party"])
    return said if said and said[-1] == last else (*said, last)


def _listed(row: Row, view: View) -> list[str]:
    if not row["maker_id"] and not row["party"]:
        return ["does not apply: no maker is named"]
    listings = next((view.listings[key] for key in (row["maker_id"], row["party"]) if key and key in view.listings), ())
    lines = [f"{wording.LISTED.get(row['listed_on_date'], row['listed_on_date'])}{'. ' + row['listed_basis'] if row['listed_basis'] else ''}"]
    for entry in listings:
        since = f"{entry['since_basis']} {entry['since']}" if entry["since"] else "date not known"
        ended = f", ended {entry['ended']}" if entry["ended"] else ""
        lines.append(
            f"{entry['title']}: {since}{ended}; ground: {wording.GROUNDS.get(entry['ground'], entry['ground'])}. {entry['effect']} [{entry['citation']}]"
        )
    return lines
