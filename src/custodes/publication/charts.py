"""Charts as inline SVG, each with the table that it is drawn from. Colours are classes of the style sheet, so they follow light, dark and paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from custodes.publication.i18n import Say
from custodes.publication.view import View


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and what it was drawn from. ``legend``: (class, words); ``rows``: the table, its first cell a row's head; ``more``: (page, words) or empty."""

    id: str
    heading: str
    title: str
    svg: Markup
    legend: tuple[tuple[str, str], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    notes: tuple[str, ...] = ()
    more: tuple[str, str] | tuple[()] = ()


Drawn = Callable[[Say], Chart]
"""A chart waiting for its language."""

KINDS = (("surveillance", "c0"), ("unknown", "c1"), ("other", "c2"))
"""Kind of equipment -> class of its bars."""
_WIDTH, _TOP, _HEIGHT, _LEFT = 640, 74, 200, 42
MOST = 15
"""Bodies, and makers, that a matrix shows one by one; the others are added up in a last row or column."""


def of_edition(view: View) -> list[Drawn]:
    """The charts of the front page; those that have nothing to show are left out."""
    named = view.parts["named"]
    bought = named.filter(pc.equal(named["record_kind"], "PURCHASE"))
    return [drawn for drawn in (purchases(view, bought), matrix(view, named), answers(view)) if drawn]


def purchases(view: View, table: pa.Table, maker: str = "") -> Drawn | None:
    """When it was bought, and when its maker was listed: purchases per year by kind of equipment, a line per first listing (of ``maker``: per listing)."""
    years, undated = _years(table)
    if not years:
        return None
    makers = [maker] if maker else sorted({m for m in table["maker_id"].to_pylist() if m})
    lines = _lines(view, makers, bool(maker))
    first = min([*years, *(int(day[:4]) for day, _ in lines)])
    last = max([*years, *(int(day[:4]) for day, _ in lines)])
    first = max(first, last - 39)

    def draw(say: Say) -> Chart:
        title = str(say("Named findings in purchases by year, and the dates on which their makers were listed"))
        rows = [_year_row(say, year, years.get(year, Counter()), [words for day, words in lines if int(day[:4]) == year]) for year in range(first, last + 1)]
        notes = [str(say("A purchase before the line was made before that listing. A listing says what its authority decided, no more."))]
        if undated:
            notes.append(str(say.n(undated, "{n} finding without a date is not in this chart.", "{n} findings without a date are not in this chart.")))
        return Chart(
            "listing-dates", str(say("When it was bought, and when its maker was listed")), title, _timeline(say, title, years, lines, first, last),
            (("c0", say.of("surveillance equipment")), ("c1", say.of("kind of equipment not known from the record")), ("c2", say.of("other equipment, not surveillance"))),
            (str(say("Year")), say.of("surveillance equipment"), say.of("kind of equipment not known from the record"), say.of("other equipment, not surveillance"), str(say("Listed in that year"))),
            tuple(rows), tuple(notes),
        )  # fmt: skip

    return draw


def _years(table: pa.Table) -> tuple[dict[int, Counter[str]], int]:
    """(year -> kind of equipment -> findings, findings without a date)."""
    found: dict[int, Counter[str]] = {}
    undated = 0
    for date, kind in zip(table["date"].to_pylist(), table["equipment"].to_pylist(), strict=True):
        if date[:4].isdigit():
            found.setdefault(int(date[:4]), Counter())[kind if kind in ("surveillance", "other") else "unknown"] += 1
        else:
            undated += 1
    return found, undated


def _lines(view: View, makers: Iterable[str], every: bool) -> list[tuple[str, str]]:
    """(day, words) of the listings of some makers, by day: the first of each maker, or every one."""
    found = []
    for maker in makers:
        dated = [entry for entry in view.listings.get(maker, ()) if entry["since"][:4].isdigit()]
        for entry in dated if every else dated[:1]:
            found.append((entry["since"], f"{view.short.get(maker, maker)}: {entry['title']}"))
    return sorted(set(found))


def _year_row(say: Say, year: int, counts: Counter[str], listed: Sequence[str]) -> tuple[object, ...]:
    return (year, *(say.count(counts[kind]) for kind, _ in KINDS), "; ".join(listed) or "–")


def _timeline(say: Say, title: str, years: Mapping[int, Counter[str]], lines: Sequence[tuple[str, str]], first: int, last: int) -> Markup:
    most = max(sum(counts.values()) for counts in years.values())
    step = (_WIDTH - _LEFT - 12) / (last - first + 1)
    foot = _TOP + _HEIGHT
    parts = [Markup('<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"></line>').format(_LEFT, foot, _WIDTH, foot)]
    every = 1 if step > 30 else 2 if step > 16 else 5
    for n, year in enumerate(range(first, last + 1)):
        x = _LEFT + n * step
        if (year - first) % every == 0:
            parts.append(Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(x + step / 2, foot + 18, year))
        parts += _bars(say, year, years.get(year, Counter()), x + step * 0.14, step * 0.72, most)
    parts += _listing_lines(lines, first, step)
    return _svg(title, _WIDTH, foot + 26, parts)


def _bars(say: Say, year: int, counts: Counter[str], x: float, width: float, most: int) -> list[Markup]:
    y, parts = float(_TOP + _HEIGHT), []
    for kind, class_ in KINDS:
        if counts[kind]:
            height = _HEIGHT * counts[kind] / most * 0.9
            y -= height
            words = f"{year}: {say.count(counts[kind])} {say.of(_KIND_WORDS[kind])}"
            parts.append(Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>').format(class_, x, y, width, height, words))
    if total := sum(counts.values()):
        parts.append(Markup('<text class="value" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(x + width / 2, y - 5, say.count(total)))
    return parts


_KIND_WORDS = {"surveillance": "surveillance equipment", "unknown": "kind of equipment not known from the record", "other": "other equipment, not surveillance"}


def _listing_lines(lines: Sequence[tuple[str, str]], first: int, step: float) -> list[Markup]:
    """A line per day of listings; its label is the number of the row of names above when several stand close."""
    days: dict[str, list[str]] = {}
    for day, words in lines:
        days.setdefault(day, []).append(words)
    parts, row = [], 0
    last_x = -999.0
    for day, names in days.items():
        month = int(day[5:7] or 1) if day[5:7].isdigit() else 1
        x = _LEFT + (int(day[:4]) - first + (month - 1) / 12) * step
        if x < _LEFT:
            continue
        row = (row + 1) % 4 if x - last_x < 150 else 0
        last_x = x
        makers = sorted({name.split(":")[0] for name in names})
        label = f"{day[:7]} {', '.join(makers[:2])}{f' +{len(makers) - 2}' if len(makers) > 2 else ''}"
        anchor, shift = ("end", -4) if x > _WIDTH - 150 else ("start", 4)
        top = 12 + row * 15
        parts.append(
            Markup('<g class="listing"><line x1="{:.1f}" y1="{}" x2="{:.1f}" y2="{}"></line><text x="{:.1f}" y="{}" text-anchor="{}">{}</text><title>{}</title></g>').format(
                x, top - 8, x, _TOP + _HEIGHT, x + shift, top, anchor, label, f"{day}: {'; '.join(names)}"
            )
        )
    return parts


_MATTER = (
    ("c0", "a purchase of surveillance equipment"), ("c1", "a purchase whose kind of equipment is not known"), ("c3", "answers and reports, no purchase"),
    ("c2", "purchases of other equipment, not surveillance"),
)  # fmt: skip
"""Colour of a circle, and what it says of the strongest thing in it."""


def _matter(record_kind: str, equipment: str) -> tuple[str, str]:
    if record_kind != "PURCHASE":
        return _MATTER[2]
    return _MATTER[{"surveillance": 0, "other": 3}.get(equipment, 1)]


def matrix(view: View, named: pa.Table) -> Drawn | None:
    """Who bought from whom: bodies down, makers across, a circle by the number of named findings, in the colour of the strongest thing among them: a purchase of
    surveillance equipment, a purchase of unknown kind, an answer or report, a purchase of other equipment."""
    columns = (named[name].to_pylist() for name in ("body", "maker_id", "record_kind", "equipment"))
    rows = [(body, maker, _MATTER.index(_matter(kind, made))) for body, maker, kind, made in zip(*columns, strict=True) if maker]
    pairs = Counter((body, maker) for body, maker, _ in rows)
    if not pairs:
        return None
    bodies, makers = (_leading(pairs, side) for side in (0, 1))
    cells: Counter[tuple[str, str]] = Counter()
    matter: dict[tuple[str, str], int] = {}
    for body, maker, what in rows:
        at = body if body in bodies else "…", maker if maker in makers else "…"
        cells[at] += 1
        matter[at] = min(what, matter.get(at, what))

    def draw(say: Say) -> Chart:
        title = str(say("Named findings by body and maker"))
        rest = (len({b for b, _ in pairs}) - len(bodies), len({m for _, m in pairs}) - len(makers))
        down = [(body, body or str(say("body not known"))) for body in bodies] + ([("…", str(say("{n} further bodies", n=rest[0])))] if rest[0] else [])
        across = [(maker, view.short.get(maker, maker)) for maker in makers] + ([("…", str(say("{n} further makers", n=rest[1])))] if rest[1] else [])
        rows = tuple((name, *(say.count(cells[body, maker]) if cells[body, maker] else "–" for maker, _ in across)) for body, name in down)
        note = say("A circle stands where a record of the body names the maker or a product of it, or a report places it there. It counts findings, not devices; most records name no maker, so an empty place shows nothing.")
        return Chart("who-from-whom", str(say("Who bought from whom")), title, _circles(say, title, down, across, cells, matter), tuple((class_, say.of(words)) for class_, words in _MATTER), (str(say("Body")), *(name for _, name in across)), rows, (str(note),))

    return draw


def _leading(pairs: Mapping[tuple[str, str], int], side: int) -> list[str]:
    """The names of one side with the most findings, the most first."""
    total: Counter[str] = Counter()
    for pair, n in pairs.items():
        total[pair[side]] += n
    ranked = sorted(total, key=lambda name: (-total[name], name))
    return ranked if len(ranked) <= MOST + 1 else ranked[:MOST]


def _circles(say: Say, title: str, down: Sequence[tuple[str, str]], across: Sequence[tuple[str, str]], cells: Mapping[tuple[str, str], int], matter: Mapping[tuple[str, str], int]) -> Markup:
    left, top, wide, high = 236, 92, 64, 30
    most = max(cells.values())
    parts: list[Markup] = []
    for n, (_, name) in enumerate(across):
        x = left + n * wide + wide / 2
        parts.append(Markup('<text class="tick" x="{0:.0f}" y="{1}" transform="rotate(-38 {0:.0f} {1})">{2}</text>').format(x, top - 12, _short(name, 16)))
    for n, (body, name) in enumerate(down):
        y = top + n * high
        parts.append(Markup('<line class="grid" x1="0" y1="{0}" x2="{1}" y2="{0}"></line>').format(y + high, left + wide * len(across)))
        parts.append(Markup('<text class="label" x="{}" y="{}" text-anchor="end">{}</text>').format(left - 10, y + high / 2 + 5, _short(name, 31)))
        for at, (maker, other) in enumerate(across):
            if count := cells.get((body, maker)):
                x, radius = left + at * wide + wide / 2 - 8, max(3.0, 12 * sqrt(count / most))
                words = f"{name}, {other}: {say.count(count)} ({say.of(_MATTER[matter[body, maker]][1])})"
                parts.append(
                    Markup('<g><circle class="{}" cx="{:.0f}" cy="{:.0f}" r="{:.1f}"></circle><text class="value" x="{:.1f}" y="{:.0f}">{}</text><title>{}</title></g>').format(
                        _MATTER[matter[body, maker]][0], x, y + high / 2, radius, x + radius + 4, y + high / 2 + 5, say.count(count), words
                    )
                )
    return _svg(title, max(420, left + wide * len(across) + 40), top + high * len(down) + 8, parts)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def answers(view: View) -> Drawn | None:
    """Answers by state: bodies asked, by the state of their newest answer."""
    if not view.asked:
        return None
    states = Counter(str(row.get("state") or "no reply") for row in view.asked)
    ranked = sorted(states, key=lambda name: (-states[name], name))

    def draw(say: Say) -> Chart:
        title = str(say.n(len(view.asked), "{n} body asked, by the state of its newest answer", "{n} bodies asked, by the state of their newest answer"))
        rows = tuple((say.of(name), say.count(states[name]), say.count(len(view.asked))) for name in ranked)
        note = say("Silence, a refusal, or information that is not held does not mean that a body has none.")
        return Chart("answers", str(say("Answers by state")), title, _strips(title, [(say.of(name), states[name], say.count(states[name])) for name in ranked]), (), (str(say("State")), str(say("Bodies")), str(say("of bodies asked"))), rows, (str(note),))

    return draw


def _strips(title: str, rows: Sequence[tuple[str, int, str]]) -> Markup:
    left, high, most = 220, 30, max(n for _, n, _ in rows)
    parts = []
    for at, (name, n, words) in enumerate(rows):
        y, width = at * high + 4, 360 * n / most
        parts.append(Markup('<text class="label" x="{}" y="{}" text-anchor="end">{}</text>').format(left - 10, y + 17, _short(name, 30)))
        parts.append(Markup('<rect class="c3" x="{}" y="{}" width="{:.1f}" height="22"><title>{}: {}</title></rect>').format(left, y, width, name, words))
        parts.append(Markup('<text class="value" x="{:.1f}" y="{}">{}</text>').format(left + width + 8, y + 17, words))
    return _svg(title, _WIDTH, len(rows) * high + 8, parts)


def _svg(title: str, width: float, height: float, parts: Iterable[Markup]) -> Markup:
    head = Markup('<svg class="drawing" width="{:.0f}" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">').format(width * 1.15, width, height, title)
    return head + Markup("\n").join(parts) + Markup("</svg>")
