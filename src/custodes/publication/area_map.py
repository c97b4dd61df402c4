"""The map by area: outlines that ship with the program, a dot per body in its area, coloured by its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import cos, pi, sin, sqrt

from markupsafe import Markup

from custodes.publication.i18n import Say
from custodes.publication.places import uk_map
from custodes.publication.rows import Row
from custodes.publication.wording import STATES

DOT = 34
"""Radius of a dot in units of the map, which is 4,000 wide."""


def drawing(areas: Mapping[str, Sequence[Row]]) -> Callable[[Say], Markup]:
    """``areas``: area (empty: no place) -> its bodies. The map of one language; a dot's title names body and state."""
    known = uk_map()
    width, height = known["size"]
    order = list(STATES)

    def draw(say: Say) -> Markup:
        words = say("Map of the United Kingdom: each dot is a body, in its area; the table below names them all")
        parts = [Markup('<svg class="areas" viewBox="-40 -40 {} {}" role="img" aria-label="{}">').format(width + 80, height + 80, words)]
        for name, area in known["areas"].items():
            class_ = "on" if name in areas else "off"
            parts.append(Markup('<path class="{}" d="{}"><title>{}</title></path>').format(class_, area["path"], name))
        for name in sorted(areas.keys() & known["areas"].keys()):
            for (x, y), body in zip(_around(known["areas"][name]["at"], len(areas[name])), areas[name], strict=True):
                state = order.index(body["state"]) if body["state"] in order else len(order) - 1
                parts.append(Markup('<circle class="b{}" cx="{:.0f}" cy="{:.0f}" r="{}"><title>{}: {}</title></circle>').format(state, x, y, DOT, body["body"], say(body["state"])))
        return Markup("\n").join([*parts, Markup("</svg>")])

    return draw


def _around(centre: Sequence[int], count: int) -> list[tuple[float, float]]:
    """``count`` places around a point, from the middle outwards (the seeds of a sunflower), far enough apart that no dot hides another."""
    x, y = centre
    turn = pi * (3 - sqrt(5))
    return [(x + 2 * DOT * sqrt(n) * cos(n * turn), y + 2 * DOT * sqrt(n) * sin(n * turn)) for n in range(count)]
