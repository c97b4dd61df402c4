"""Charts of the timetable as inline SVG: no script, no style of its own, colours from the style sheet, words beside every line. Numbers stand in tables too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from custodes.publication.i18n import ENGLISH, Say
from custodes.publication.rows import Row, shown
from custodes.publication.timetable_words import number

WIDTH = 960
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 240, 16, 44
LINES = (("baseline", "frozen plan", "t-base"), ("plan", "current plan", "t-plan"), ("actual", "as it is", "t-actual"))
"""Column of a point, its words, its class."""


def _svg(height: float, title: str, body: Iterator[str] | Sequence[str], name: str) -> Markup:
    head = f'<svg class="chart" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{name}-t"><title id="{name}-t">{escape(title)}</title>'
    return Markup(head + "\n".join(body) + "</svg>")


def _text(x: float, y: float, words: str, anchor: str = "start", cls: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{f" class={chr(34)}{cls}{chr(34)}" if cls else ""}>{escape(shown(words))}</text>'


def ticks(top: int, most: int = 5) -> list[int]:
    """Round numbers from 0 to the first at or above ``top``, at most ``most`` steps.

    >>> ticks(837), ticks(4), ticks(0)
    ([0, 200, 400, 600, 800, 1000], [0, 1, 2, 3, 4], [0, 1])
    """
    step = 1
    while step * most < top:
        step = next(s for s in _steps() if s > step)
    return list(range(0, max(-(-top // step), 1) * step + 1, step))


def _steps() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def burn_down(points: Sequence[Row], say: Say = ENGLISH) -> Markup:
    """Three lines of devices left: frozen plan, current plan, as it is. Empty when there are fewer than two months."""
    if len(points) < 2:
        return Markup("")
    values = [p[key] for p in points for key, _, _ in LINES if p[key] is not None]
    scale = ticks(max(values, default=0))
    height = 380
    across, up = (WIDTH - _LEFT - _RIGHT) / (len(points) - 1), (height - _TOP - _BOTTOM) / scale[-1]

    def at(n: int, value: float) -> tuple[float, float]:
        return round(_LEFT + n * across, 2), round(height - _BOTTOM - value * up, 2)

    return _svg(height, say.plain("Devices left, month by month, in three lines"), list(_burn_parts(points, scale, at, height, say)), "burn")


def _burn_parts(points: Sequence[Row], scale: Sequence[int], at: Any, height: int, say: Say) -> Iterator[str]:
    for tick in scale:
        _, y = at(0, tick)
        yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:g}" y2="{y:g}"/>' + _text(_LEFT - 8, y + 4, say.count(tick), "end", "axis")
    for n, month in _month_ticks([p["month"] for p in points]):
        x, _ = at(n, 0)
        yield f'<line class="grid" x1="{x:g}" x2="{x:g}" y1="{height - _BOTTOM}" y2="{height - _BOTTOM + 6}"/>' + _text(x, height - _BOTTOM + 22, month, "middle", "axis")
    labels: list[tuple[float, str, str]] = []
    for key, words, cls in LINES:
        drawn = [(at(n, p[key]), p[key]) for n, p in enumerate(points) if p[key] is not None]
        if not drawn:
            continue
        path = " ".join(f"{'M' if not i else 'L'}{x:g},{y:g}" for i, ((x, y), _) in enumerate(drawn))
        yield f'<path class="line {cls}" d="{path}"/>'
        (x, y), last = drawn[-1]
        yield f'<circle class="dot {cls}" cx="{x:g}" cy="{y:g}" r="4.5"/>'
        labels.append((y, f"{say.of(words)}: {say.count(last)}", cls))
    yield from _labels(labels)


def _labels(labels: list[tuple[float, str, str]]) -> Iterator[str]:
    """Words at the right of the lines, moved apart where they would cover each other, each with a sample of its line."""
    y = -99.0
    for wanted, words, cls in sorted(labels):
        y = max(wanted, y + 22, _TOP + 8)
        x = WIDTH - _RIGHT + 10
        yield f'<line class="line {cls}" x1="{x}" x2="{x + 22}" y1="{y:g}" y2="{y:g}"/>' + _text(x + 28, y + 4, words)


def _month_ticks(months: Sequence[str], most: int = 9) -> list[tuple[int, str]]:
    step = next(s for s in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if len(months) / s <= most)
    first = next((n for n, m in enumerate(months) if step < 12 or m.endswith("-01")), 0)
    return [(n, months[n] if step < 12 else months[n][:4]) for n in range(first, len(months), step)]


def months_between(first: str, last: str) -> list[str]:
    """Every month from one to another, both included.

    >>> months_between("2026-11", "2027-02")
    ['2026-11', '2026-12', '2027-01', '2027-02']
    """
    at, end = (int(m[:4]) * 12 + int(m[5:7]) - 1 for m in (first, last))
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(at, end + 1)]


def gantt(rows: Sequence[Row], today: str, say: Say = ENGLISH) -> Markup:
    """A bar per row: ``name, base_from, base_to, plan_from, plan_to, devices, removed`` (months). Open bar: frozen plan; full bar: current plan; the part
    that is done is hatched in. Empty when no row has a month."""
    ends = [row[key] for row in rows for key in ("base_from", "base_to", "plan_from", "plan_to") if row[key]]
    if not ends:
        return Markup("")
    months = months_between(min(*ends, today), max(*ends, today))
    left, line = 250, 26
    across = (WIDTH - left - 90) / max(len(months), 1)
    where = {m: round(left + n * across, 2) for n, m in enumerate(months)}
    height = 44 + line * len(rows)
    body = []
    for n, month in _month_ticks(months):
        x = where[months[n]]
        body.append(f'<line class="grid" x1="{x:g}" x2="{x:g}" y1="26" y2="{height}"/>' + _text(x, 18, month, "middle" if n else "start", "axis"))
    for n, row in enumerate(rows):
        body += list(_bar(row, 34 + n * line, where, across, say))
    x = round(where[today] + across / 2, 2)
    body.append(f'<line class="today" x1="{x:g}" x2="{x:g}" y1="26" y2="{height}"/>')
    return _svg(height, say.plain("Bars from the first to the last month of removal"), body, "gantt")


def _short(name: str, most: int) -> str:
    """A name that fits its place in a drawing; the tables tell it whole."""
    return name if len(name) <= most else name[: most - 1] + "\u2026"


def _bar(row: Row, y: float, where: Mapping[str, float], across: float, say: Say) -> Iterator[str]:
    yield _text(242, y + 14, _short(say.of(row["name"]) if row.get("unnamed") else row["name"], 34), "end")
    if row["base_from"]:
        x, end = where[row["base_from"]], where[row["base_to"]] + across
        yield f'<rect class="bar-base" x="{x:g}" y="{y:g}" width="{max(end - x, 2):g}" height="18"/>'
    if row["plan_from"]:
        x, end = where[row["plan_from"]], where[row["plan_to"]] + across
        yield f'<rect class="bar-plan" x="{x:g}" y="{y + 4:g}" width="{max(end - x, 2):g}" height="10"/>'
    known = row["devices"] is not None and row["removed"] is not None
    yield _text(WIDTH - 4, y + 14, f"{say.count(row['removed'])} / {say.count(row['devices'])}" if known else number(None, say), "end", "axis")


def tiles(rows: Sequence[Row], say: Say = ENGLISH, columns: int = 4) -> Markup:
    """A schematic by area: one tile per area, its bar filled by the share of devices removed. Rows: ``name, devices, removed, sites`` (None: kept back)."""
    if not rows:
        return Markup("")
    width, high = WIDTH / columns, 92
    body = []
    for n, row in enumerate(rows):
        x, y = round(n % columns * width, 2), n // columns * high
        body.append(f'<rect class="tile" x="{x + 4:g}" y="{y + 4}" width="{width - 8:g}" height="{high - 8}"/>')
        body.append(_text(x + 14, y + 28, _short(row["name"] or say.plain("area not stated"), 28), cls="strong"))
        if row["devices"] is None or row["removed"] is None:
            body.append(_text(x + 14, y + 52, number(None, say)))
            continue
        full = width - 28
        done = round(full * row["removed"] / row["devices"], 2) if row["devices"] else 0
        body.append(f'<rect class="bar-base" x="{x + 14:g}" y="{y + 40}" width="{full:g}" height="14"/>')
        body.append(f'<rect class="bar-done" x="{x + 14:g}" y="{y + 40}" width="{done:g}" height="14"/>')
        sites = f", {say.n(row['sites'], '{n} site', '{n} sites')}" if row["sites"] is not None else ""
        body.append(_text(x + 14, y + 74, say.plain("{n} of {whole} removed", n=say.count(row["removed"]), whole=say.count(row["devices"])) + sites, cls="axis"))
    return _svg(-(-len(rows) // columns) * high, say.plain("Areas: share of devices removed"), body, "area")
