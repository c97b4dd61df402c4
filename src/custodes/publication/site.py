"""Writing pages: one Jinja2 environment per language, the same page in every language, nothing loaded from elsewhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from jinja2.ext import Extension
from markupsafe import Markup

from custodes.publication import wording
from custodes.publication.figure import Figure
from custodes.publication.i18n import LANGUAGES, NAMES, Say, say
from custodes.publication.marks import marked
from custodes.publication.places import uk_map
from custodes.publication.rows import chunks, page_name, shown
from custodes.publication.show import cited, cut
from custodes.publication.view import View

LIST_ROWS = 500
"""Findings, files, statements or figures per page."""

NAV = (
    ("index.html", "Overview"), ("findings.html", "Findings"), ("questions.html", "Questions"), ("bodies.html", "Bodies"), ("map.html", "Map"), ("makers.html", "Makers"),
    ("claims.html", "Claims"), ("statements.html", "Statements"), ("replies.html", "Replies"), ("money.html", "Money"), ("plan.html", "Plan"), ("timetable.html", "Timetable"), ("coverage.html", "Coverage"),
    ("figures.html", "Figures"), ("changes.html", "Changes"), ("method.html", "Method"), ("data.html", "Data"),
)  # fmt: skip
CARD = "cards/index.png"
_PAGES = {page for page, _ in NAV}


class Fixed(Extension):
    """Writes ``{{ _("text") }}`` into a template when it is compiled: words that never change cost nothing when a hundred thousand pages are written."""

    _CALL = re.compile(r'\{\{ _\("((?:[^"\\]|\\.)*)"\) \}\}')

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The source with its fixed words in the environment's language."""
        words: Say = self.environment.globals["_"]  # type: ignore[assignment]
        return self._CALL.sub(lambda match: str(words(match[1].replace('\\"', '"'))), source)


@cache
def environment(lang: str) -> jinja2.Environment:
    """Templates in one language: ``_`` translates and fills in, ``n_`` by number, ``t`` a finished sentence of ours."""
    words = say(lang)
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("custodes.publication"), autoescape=True, auto_reload=False, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.globals["_"] = words
    env.add_extension(Fixed)
    env.filters.update(n=words.count, shown=shown, cut=cut, cited=cited, say_of=words.of, word=words, money=words.money, first_up=_first_up, badge=_badge(env))
    env.globals.update(
        n_=words.n, t=words.of, money=words.money, lang=lang, w=wording, nav=NAV, plural=wording.plural, marked=marked, page_name=page_name,
        language_names=NAMES,
    )  # fmt: skip
    return env


def _badge(env: jinja2.Environment) -> Callable[[Mapping[str, Any]], Markup]:
    """A filter: how a finding stands, drawn once for all that stand alike."""
    drawn: dict[tuple[Any, ...], Markup] = {}

    def badge(f: Mapping[str, Any]) -> Markup:
        key = f["is_confirmed"], f["layer"], f["stale"], f["verdict"], f["kind"]
        if key not in drawn:
            module: Any = env.get_template("macros.html").module
            drawn[key] = module.badge(f)
        return drawn[key]

    return badge


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def folder_of(lang: str) -> str:
    """Where the pages of a language stand inside an edition: the first language at the top, another one in ``de/``."""
    return "" if lang == LANGUAGES[0] else f"{lang}/"


class Site:
    """Writes the pages of one edition into ``folder`` in every language, and remembers what it wrote (``hashes``: file -> SHA-256)."""

    def __init__(self, view: View, folder: Path, figures: Iterable[Figure]) -> None:
        self.view, self.folder = view, folder
        self.languages: tuple[str, ...] = tuple(view.facts["languages"])
        self.figures = {figure.id: figure for figure in figures}
        self.hashes: dict[str, str] = {}
        self._root = str(folder)
        self._listings: dict[tuple[Any, ...], Markup] = {}
        self._frames: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._made: set[str] = set()
        self.cards: dict[str, str] = {}
        self._templates: dict[str, dict[str, jinja2.Template]] = {lang: {} for lang in self.languages}
        self._common = {lang: self._values(lang) for lang in self.languages}

    def _values(self, lang: str) -> dict[str, Any]:
        plan = "timetable.html" if self.view.timetable else "plan.html"
        absent = {*(() if self.view.claims else ("claims.html",)), *(() if self.view.facts["history"] else ("changes.html",)), "plan.html", "timetable.html"} - {plan}
        return {
            "view": self.view, "fig": self.figures, "lead": wording.LEAD, "languages": self.languages, "folders": {code: folder_of(code) for code in self.languages},
            "folder": folder_of(lang), "shown_pages": {page for page, _ in NAV} - absent, "site_url": self.view.facts["url"], "lead_words": "",
            "plan_page": plan, "feed": bool(self.view.facts["history"]), "number": len(self.view.facts["history"]), "map_credit": uk_map()["citation"], "listings_of": self._listings_of(lang),
        }  # fmt: skip

    def _listings_of(self, lang: str) -> Any:
        """A function for templates: the table of a finding's listings, made once per maker and set of listings used."""

        def listings_of(f: Mapping[str, Any]) -> Markup:
            key = lang, f["maker_id"] or f["party"], tuple(sorted(f["used"]))
            if key not in self._listings:
                macros = self._frame(lang, "../", "../" if lang == LANGUAGES[0] else "../../", "")["m"]
                self._listings[key] = macros.listings(f["maker_listings"], f["used"])
            return self._listings[key]

        return listings_of

    def write(self, template: str, name: str, /, **values: Any) -> None:
        """Render ``template`` to ``name`` (a path inside the folder, ``/`` between its parts) in every language."""
        root = "../" * name.count("/")
        for lang in self.languages:
            self._render(lang, template, name, root, values)

    def each(self, template: str, name: str, /, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Like :meth:`write`, with values of their own per language (charts, whose words stand in the drawing)."""
        root = "../" * name.count("/")
        for lang in self.languages:
            self._render(lang, template, name, root, values[lang])

    def _render(self, lang: str, template: str, name: str, root: str, values: Mapping[str, Any]) -> None:
        base = root if lang == LANGUAGES[0] else f"{root}../"
        frame = self._frame(lang, root, base, name if name in _PAGES else "")
        text = self._template(lang, template).render(frame | {"here": name, "card": self.cards.get(name, CARD)} | dict(values))
        self.text(folder_of(lang) + name, text)

    def _frame(self, lang: str, root: str, base: str, here: str) -> dict[str, Any]:
        """What all pages of one depth share, made once: the macros, and what stands above and below each page. ``here``: the page, when it is one of the parts."""
        key = lang, root, here
        if key not in self._frames:
            common = self._common[lang] | {"root": root, "base": base, "here": here}
            made = common | {"m": environment(lang).get_template("macros.html").make_module(common)}
            frame: Any = environment(lang).get_template("frame.html").make_module(made)
            self._frames[key] = made | {"banner": frame.banner(), "parts": frame.parts(), "footer": frame.footer(), "dateline": frame.dateline()}
        return self._frames[key]

    def _template(self, lang: str, name: str) -> jinja2.Template:
        known = self._templates[lang]
        if name not in known:
            known[name] = environment(lang).get_template(name)
        return known[name]

    def text(self, name: str, text: str) -> None:
        """Write a text file of the site; bytes that UTF-8 cannot carry become a question mark."""
        self.bytes(name, text.encode("utf-8", "replace"))

    def bytes(self, name: str, data: bytes) -> None:
        """Write a file of the site, and note its hash: nobody has to read it again for that."""
        folder = name.rpartition("/")[0]
        if folder not in self._made:
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
            self._made.add(folder)
        with open(f"{self._root}/{name}", "wb", buffering=0) as out:
            out.write(data)
        self.hashes[name] = hashlib.sha256(data).hexdigest()

    def static(self) -> None:
        """The style sheet and the two scripts."""
        for name in ("custodes.css", "custodes.js", "search.js"):
            self.bytes(f"static/{name}", files("custodes.publication").joinpath(f"static/{name}").read_bytes())

    def split(self, template: str, stem: str, rows: Sequence[Any], name: str, size: int = LIST_ROWS, **values: Any) -> None:
        """``rows`` over as many pages as they need, handed to the template as ``name``."""
        parts = list(chunks(rows, size))
        for n, part in enumerate(parts, 1):
            self.write(template, numbered(stem, n), page=n, pages=pages(stem, len(parts)), **{name: part}, **values)


def words_of(site: Site) -> Iterable[tuple[str, Say]]:
    """Every language of the site with its words."""
    return ((lang, say(lang)) for lang in site.languages)


def numbered(stem: str, n: int) -> str:
    """The n-th page of a list: ``stem.html``, ``stem-2.html`` and so on."""
    return f"{stem}.html" if n == 1 else f"{stem}-{n}.html"


def pages(stem: str, count: int) -> list[tuple[str, int]]:
    """What a pager links to: (file name beside the page, number)."""
    return [(numbered(stem, n).rsplit("/", 1)[-1], n) for n in range(1, count + 1)]
