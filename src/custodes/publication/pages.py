"""The pages: plain HTML from Jinja2 templates, no JavaScript, nothing loaded from elsewhere, split where there is much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa

from custodes.publication import wording
from custodes.publication.figures import figures_of, grounds, usable_purchases
from custodes.publication.marks import marked
from custodes.publication.questions import by_body, citation, letters, place
from custodes.publication.rows import Row, chunks, page_name, shown, stream
from custodes.publication.show import bar, cited, cut, finding, leading, plan_totals, years
from custodes.publication.tables import Table, about
from custodes.publication.view import LAYERS, View, left_out_totals

LIST_ROWS = 500
"""Findings, files, statements or figures per page."""
CARDS = 12
"""Named findings told in full on the front page; the others stand on findings.html."""
LETTERS = 8
"""Letters per page."""

_DENIALS = ("denial", "reply", "withdrawal", "correction", "gone", "removal", "retraction", "apology")
_NAV = (
    ("index.html", "Overview"), ("findings.html", "Findings"), ("questions.html", "Questions"), ("bodies.html", "Bodies"), ("makers.html", "Makers"), ("claims.html", "Claims"),
    ("statements.html", "Statements"), ("replies.html", "Replies"), ("money.html", "Money"), ("plan.html", "Plan"), ("timetable.html", "Timetable"), ("coverage.html", "Coverage"), ("figures.html", "Figures"),
    ("method.html", "Method"), ("data.html", "Data"),
)  # fmt: skip


@cache
def _environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("custodes.publication"), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters.update(n=wording.count, shown=shown, cut=cut, cited=cited)
    env.globals.update(plural=wording.plural, money=wording.money, w=wording, nav=_NAV, marked=marked)
    return env


class Pages:
    """Writes the pages of one edition into ``folder`` and remembers what it wrote."""

    def __init__(self, view: View, folder: Path) -> None:
        self.view, self.folder = view, folder
        self.written: list[Path] = []
        self.figures = {figure.id: figure for figure in figures_of(view)}
        self.info: Mapping[str, Row] = {b["body"]: b for b in view.bodies}

    def write(self, template: str, name: str, **values: Any) -> None:
        """Render ``template`` to ``name`` (a path inside the folder, ``/`` between its parts)."""
        path = self.folder / name
        common = {"view": self.view, "fig": self.figures, "here": name, "root": "../" * name.count("/"), "lead": wording.LEAD}
        path.write_text(_environment().get_template(template).render(common | values), encoding="utf-8", errors="replace", newline="\n")
        self.written.append(path)

    def all(self, tables: tuple[Table, ...], counts: Mapping[str, int]) -> list[Path]:
        """Every page of the edition."""
        for sub in ("findings", "bodies", "questions", "static"):
            (self.folder / sub).mkdir(parents=True, exist_ok=True)
        self._style()
        self._index()
        self._findings()
        self._questions()
        self._bodies()
        self._makers()
        self._claims()
        self._statements()
        self._replies()
        self.write("money.html", "money.html")
        if not self.view.timetable:  # else timetable_pages writes timetable.html in its place
            self.write("plan.html", "plan.html", totals=plan_totals(self.view.plan))
        self._coverage()
        self._split("figures.html", "figures", list(self.figures.values()), "figures")
        self.write("method.html", "method.html")
        self.write("data.html", "data.html", tables=tables, counts=counts, about=list(about(self.view)))
        return self.written

    def _style(self) -> None:
        path = self.folder / "static" / "custodes.css"
        path.write_text(files("custodes.publication").joinpath("static/custodes.css").read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
        self.written.append(path)

    def _index(self) -> None:
        named = self.view.parts["named"]
        cards = [finding(self.view, row) for row in stream(leading(named).slice(0, CARDS))]
        elsewhere = Counter(kind for kind in named["record_kind"].to_pylist() if kind != "PURCHASE")
        states = [(state, words, self.figures[f"state-{state.replace(' ', '-')}"]) for state, words in wording.STATES.items()]
        asked = sorted(((b["questions"], b["body"]) for b in self.view.bodies if b["questions"]), key=lambda p: (-p[0], p[1]))
        self.write(
            "index.html", "index.html", cards=cards, elsewhere=sorted(elsewhere.items()), named=len(named), usable=usable_purchases(self.view), states=states, bar=bar(states),
            outside=sum(c["left_out_outside"] for c in self.view.coverage), asked=asked[:8], asked_of=len(asked), left_out=left_out_totals(self.view.coverage),
        )  # fmt: skip

    def _findings(self) -> None:
        """One page per finding, and the lists of them."""
        for name in LAYERS:
            for row in stream(self.view.parts[name]):
                self.write("finding.html", f"findings/{page_name(row['finding_id'])}", f=finding(self.view, row, whole=True))
        listed = pa.concat_tables([leading(self.view.parts[name]) for name in ("named", "weak", "other", "rejected")])
        parts = list(chunks(range(len(listed)), LIST_ROWS))
        for n, part in enumerate(parts, 1):
            rows = [finding(self.view, row) for row in stream(listed.slice(part[0], len(part)))] if len(part) else []
            self.write("findings.html", _numbered("findings", n), rows=rows, page=n, pages=_pages("findings", len(parts)))

    def _questions(self) -> None:
        """A page (or several) of letters per body, and the list of bodies."""
        bodies = []
        for body, rows in by_body(self.view.parts["question"]):
            info = self.info.get(body, {})
            slug = f"questions/{self.view.question_pages[body]}"
            known, loose = letters(self.view.letters.get(body, ()), rows)
            parts = [*(("letters", part) for part in chunks(known, LETTERS) if part), *(("loose", part) for part in chunks(loose, LIST_ROWS) if part)]
            for n, (kind, part) in enumerate(parts, 1):
                values = {"letters": (), "loose": (), kind: part}
                pages = [(f"../{name}", number) for name, number in _pages(slug, len(parts))]
                self.write(
                    "letters.html",
                    _numbered(slug, n),
                    body=body,
                    info=info,
                    total=len(rows),
                    page=n,
                    pages=pages,
                    citation=citation,
                    place=place,
                    page_name=page_name,
                    **values,
                )
            bodies.append(
                {
                    "body": body,
                    "count": len(rows),
                    "letters": len(known),
                    "page": f"{slug}.html",
                    "law": known[0].told["law"] if known else "",
                    "newest": rows[0]["date"],
                    "oldest": rows[-1]["date"],
                }
            )
        self.write("questions.html", "questions.html", bodies=bodies)

    def _bodies(self) -> None:
        rows = [{**b, "page": f"bodies/{self.view.body_pages[b['body']]}.html"} for b in self.view.bodies]
        parts = list(chunks(rows, LIST_ROWS))
        for n, part in enumerate(parts, 1):
            self.write("bodies.html", _numbered("bodies", n), rows=part, page=n, pages=_pages("bodies", len(parts)), all=rows)
        named = _grouped(pa.concat_tables([self.view.parts[name] for name in ("named", "weak", "other", "rejected")]))
        for row in rows:
            found = [finding(self.view, f) for f in named.get(row["body"], [])]
            self.write("body.html", row["page"], b=row, years=years(row), found=found, letters=self._letters_of(row["body"]))

    def _letters_of(self, body: str) -> str:
        return f"questions/{self.view.question_pages[body]}.html" if body in self.view.question_pages else ""

    def _makers(self) -> None:
        links: dict[str, list[Row]] = {}
        for row in stream(self.view.records["LINK"].sort_by("record_key")):
            if row["publish"] != "no":
                links.setdefault(row["object"], []).append(row)
        makers: list[dict[str, Any]] = []
        for maker, name in self.view.makers.items():
            listings = self.view.listings.get(maker, ())
            count = self.figures.get(f"named-maker-{maker}")
            makers.append(
                {"id": maker, "name": name, "ground": grounds(listings), "listings": listings, "links": links.get(maker, []), "figure": count}
            )
        makers.sort(key=lambda m: (m["figure"] is None, -(int(m["figure"].numerator) if m["figure"] else 0), m["name"].casefold(), m["id"]))
        others = sorted(set(self.view.listings) - set(self.view.makers))
        self.write(
            "makers.html", "makers.html", makers=makers, others=len(others), grounds=[f for k, f in self.figures.items() if k.startswith("makers-")]
        )

    def _claims(self) -> None:
        """The list of threads and a page for each; pictures of pages with their words marked beside them. Nothing when the case holds no claim of a page."""
        if not self.view.claims:
            return
        (self.folder / "claims").mkdir(exist_ok=True)
        for thread in self.view.claims:
            for quote in thread["quotes"]:
                if picture := self.view.pictures.get(quote["event_id"]):
                    path = self.folder / "claims" / f"{quote['event_id']}.png"
                    path.write_bytes(picture)
                    self.written.append(path)
            self.write("claim.html", thread["page"], t=thread)
        self._split("claims.html", "claims", list(self.view.claims), "rows")

    def _statements(self) -> None:
        rows = [r for r in stream(self.view.records["STATEMENT"]) if r["publish"] != "no"]
        rows.sort(key=lambda r: (r["date"], r["statement_id"], r["record_key"]))
        told = [{**r, "answer": any(word in r["statement_kind"].casefold() for word in _DENIALS)} for r in rows]
        self._split("statements.html", "statements", told, "rows", held=len(self.view.records["STATEMENT"]) - len(rows))

    def _replies(self) -> None:
        """What the companies named say, company by company, and the corrections log."""
        rows = [finding(self.view, row) for row in stream(self.view.findings) if row["finding_id"] in self.view.standing]
        companies: dict[str, list[Any]] = {}
        for f in rows:
            for company in f["companies"]:
                companies.setdefault(company["company"], []).append((f, company))
        pages_of = {f["finding_id"]: f["page"] for f in rows}
        self.write("replies.html", "replies.html", companies=sorted(companies.items()), corrections=self.view.corrections, pages_of=pages_of)

    def _coverage(self) -> None:
        rows = self.view.coverage
        total = {
            key: sum(r[key] or 0 for r in rows)
            for key in ("read", "usable", "left_out_in_read", "left_out_outside", "rejected", "found", "rows_without_body")
        }
        self._split(
            "coverage.html",
            "coverage",
            list(rows),
            "rows",
            total=total,
            left_out=left_out_totals(rows),
            files=len(rows),
            bad=sum(bool(r["error"]) for r in rows),
        )

    def _split(self, template: str, stem: str, rows: list[Any], name: str, **values: Any) -> None:
        parts = list(chunks(rows, LIST_ROWS))
        for n, part in enumerate(parts, 1):
            self.write(template, _numbered(stem, n), page=n, pages=_pages(stem, len(parts)), **{name: part}, **values)


def _grouped(table: pa.Table) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in stream(leading(table)):
        grouped.setdefault(row["body"], []).append(row)
    return grouped


def _numbered(stem: str, n: int) -> str:
    return f"{stem}.html" if n == 1 else f"{stem}-{n}.html"


def _pages(stem: str, count: int) -> list[tuple[str, int]]:
    return [(_numbered(stem, n), n) for n in range(1, count + 1)]
