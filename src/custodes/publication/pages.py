"""The pages of an edition, in the order in which they are written; what stands on them is made in the modules named ``pages_*``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from custodes.publication import cards, charts, feed, pages_findings, pages_parties, pages_proof, wording
from custodes.publication.figure import Figure
from custodes.publication.figures import usable_purchases
from custodes.publication.finding_pages import Drawn
from custodes.publication.rows import stream
from custodes.publication.search import Index
from custodes.publication.show import bar, finding, leading, plan_totals
from custodes.publication.site import Site, words_of
from custodes.publication.tables import Table, about
from custodes.publication.view import View, left_out_totals

CARDS = 12
"""Named findings told in full on the front page; the others stand on findings.html."""


class Pages:
    """Writes the pages of one edition into ``folder``; the site remembers what it wrote."""

    def __init__(self, view: View, folder: Path, figures: Sequence[Figure]) -> None:
        self.view, self.folder, self.site = view, folder, Site(view, folder, figures)

    def all(self, tables: tuple[Table, ...], counts: Mapping[str, int], drawn: Iterable[Drawn]) -> None:
        """Every page of the edition but those of the findings; ``drawn``: what became of these."""
        site, index = self.site, Index()
        site.static()
        site.cards.update(cards.plan(self.view))
        self._index()
        pages_findings.lists(site)
        pages_findings.questions(site)
        pages_parties.bodies(site, index)
        pages_parties.makers(site, index)
        pages_parties.claims(site, index)
        pages_parties.statements(site)
        pages_parties.replies(site)
        sites = pages_parties.sites(site, index)
        site.write("money.html", "money.html")
        if not self.view.timetable:  # else timetable_pages writes timetable.html in its place
            site.write("plan.html", "plan.html", totals=plan_totals(self.view.plan), site_pages=sites)
        pages_proof.coverage(site, index)
        pages_proof.figures(site, index)
        pages_proof.changes(site)
        site.write("method.html", "method.html")
        site.write("data.html", "data.html", tables=tables, counts=counts, about=list(about(self.view)))
        for hashes, words in drawn:
            site.hashes |= hashes
            index.take(words)
        index.write(site)
        cards.write(site)
        feed.write(site)

    def _index(self) -> None:
        view, figures = self.view, self.site.figures
        named = view.parts["named"]
        found = [finding(view, row) for row in stream(leading(named).slice(0, CARDS))]
        elsewhere = Counter(kind for kind in named["record_kind"].to_pylist() if kind != "PURCHASE")
        states = [(state, words, figures[f"state-{state.replace(' ', '-')}"]) for state, words in wording.STATES.items()]
        asked = sorted(((b["questions"], b["body"]) for b in view.bodies if b["questions"]), key=lambda p: (-p[0], p[1]))
        values = {
            "cards": found, "elsewhere": sorted(elsewhere.items()), "named": len(named), "usable": usable_purchases(view), "states": states, "bar": bar(states),
            "outside": sum(c["left_out_outside"] for c in view.coverage), "asked": asked[:8], "asked_of": len(asked), "left_out": left_out_totals(view.coverage),
        }  # fmt: skip
        drawn = charts.of_edition(view)
        self.site.each("index.html", "index.html", {lang: values | {"charts": [chart(words) for chart in drawn]} for lang, words in words_of(self.site)})
