"""A small line chart as SVG: logarithmic axes, one line per series, labels at its end; no library, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 76, 150, 46, 56
COLOURS = ("#1b5e9b", "#b3471b", "#2f7d32", "#6a3d9a", "#555555", "#9a7b00")
Points = Sequence[tuple[float, float]]


def short(value: float) -> str:
    """1000 as 1k, 1000000 as 1M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def chart(title: str, across: str, up: str, series: Mapping[str, Points]) -> str:
    """The chart; every x and y must be above zero."""
    (x0, x1), (y0, y1) = (_decades([point[axis] for points in series.values() for point in points]) for axis in (0, 1))

    def x(value: float) -> float:
        return LEFT + (log10(value) - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (log10(value) - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" role="img" aria-label="{escape(title, True)}">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', f'<text x="{LEFT}" y="24" font-size="16" font-weight="bold">{escape(title)}</text>']  # fmt: skip
    for decade in range(x0, x1 + 1):
        at = x(10**decade)
        parts += [f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>', f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{short(10**decade)}</text>']
    for decade in range(y0, y1 + 1):
        at = y(10**decade)
        parts += [f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>', f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{short(10**decade)}</text>']
    parts += [f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" text-anchor="middle">{escape(across)}</text>',
              f'<text transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>']  # fmt: skip
    ends: list[float] = []
    for colour, (name, points) in zip(COLOURS * 9, series.items(), strict=False):
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
        at = y(points[-1][1])
        while any(abs(at - other) < 15 for other in ends):
            at += 3
        ends.append(at)
        parts += [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *(f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5" fill="{colour}"/>' for a, b in points),
                  f'<text x="{x(points[-1][0]) + 8:.1f}" y="{at + 4:.1f}" fill="{colour}">{escape(name)}</text>']  # fmt: skip
    return "\n".join([*parts, "</svg>", ""])


def calibration(title: str, bins: Sequence[Mapping[str, float]]) -> str:
    """A reliability diagram: mean score across, observed share right up, with intervals; the diagonal is what a probability should do."""
    size, edge = 420, 60

    def at(value: float) -> float:
        return edge + value * (size - edge - 20)

    def up(value: float) -> float:
        return size - at(value)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size + 10}" font-family="sans-serif" font-size="13" role="img" aria-label="{escape(title, True)}">',
             f'<rect width="{size}" height="{size + 10}" fill="#fff"/>', f'<text x="{edge}" y="16" font-size="15" font-weight="bold">{escape(title)}</text>']  # fmt: skip
    for tenth in range(0, 11, 2):
        value = tenth / 10
        parts += [f'<path d="M{at(value):.1f} {up(0):.1f}V{up(1):.1f}M{at(0):.1f} {up(value):.1f}H{at(1):.1f}" stroke="#ddd"/>',
                  f'<text x="{at(value):.1f}" y="{up(0) + 18:.1f}" text-anchor="middle">{value:g}</text>', f'<text x="{at(0) - 8:.1f}" y="{up(value) + 4:.1f}" text-anchor="end">{value:g}</text>']  # fmt: skip
    parts.append(f'<path d="M{at(0):.1f} {up(0):.1f}L{at(1):.1f} {up(1):.1f}" stroke="#999" stroke-dasharray="4 4"/>')
    for each in bins:
        if each["answers"]:
            x, low, high, middle = at(each["mean_score"]), up(each["from"]), up(each["to"]), up(each["right"])
            parts += [f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{COLOURS[0]}"/>', f'<circle cx="{x:.1f}" cy="{middle:.1f}" r="4" fill="{COLOURS[0]}"/>']
    parts += [f'<text x="{at(0.5):.1f}" y="{size}" text-anchor="middle">mean score of the bin</text>',
              f'<text transform="translate(16 {up(0.5):.1f}) rotate(-90)" text-anchor="middle">share right</text>', "</svg>", ""]  # fmt: skip
    return "\n".join(parts)
