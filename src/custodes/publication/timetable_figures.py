"""Every number of the timetable's pages as a figure, with the sites (or promises) that it adds up from.

For ``custodes explain CASE FIGURE`` and the package: :func:`timetable_figures` lists them, :func:`added` says what each row adds. What is kept back has no
figure. Where a total counts sites whose rows are kept back, they stand as one row, :data:`KEPT_BACK`, with the rest of the sum: it is no secret, or the
audit of sums would have left the total out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from custodes.publication.figure import Figure
from custodes.publication.rows import Row, slugs

KEPT_BACK = "(sites that are kept back)"
_WORDS = {
    "sites": ("Sites in the timetable", "Sites of the case, whatever stands there", "sites"),
    "sites_in_scope": ("Sites with devices in scope", "Sites at which devices were counted that the policy is about, or found since", "sites"),
    "sites_done": ("Sites clear of devices in scope", "Sites with devices in scope at which none is left", "sites with devices in scope"),
    "sites_isolated": ("Sites taken off the network", "Sites with a day on which their devices were taken off the network", "sites"),
    "devices": ("Devices in scope", "Devices that the policy is about, counted when planned, and those found since", "devices in scope and of unknown make"),
    "found": ("Devices found since", "Devices in scope that turned up after the count", "devices in scope"),
    "unknown_make": ("Devices of unknown make", "Devices beside those in scope whose maker nobody has told", "devices in scope and of unknown make"),
    "removed": ("Devices removed", "Devices in scope that events or the list of sites say are removed", "devices in scope"),
    "replaced": ("Devices replaced", "Devices in scope in whose place others stand", "devices in scope"),
    "disposed": ("Devices disposed of", "Removed devices that were disposed of", "devices removed"),
    "certified": ("Devices disposed of with a certificate", "Devices whose disposal names a certificate", "devices disposed of"),
    "remaining": ("Devices left", "Devices in scope less those removed", "devices in scope"),
}  # fmt: skip
"""Measure -> (title, definition, what the denominator counts)."""
_WHOLE = {
    "sites": "sites", "sites_in_scope": "sites", "sites_done": "sites_in_scope", "sites_isolated": "sites", "found": "devices", "removed": "devices", "replaced": "devices",
    "disposed": "removed", "certified": "disposed", "remaining": "devices",
}  # fmt: skip
"""Measure -> the measure that is its denominator; the others are parts of devices in scope and of unknown make together."""
_UNNAMED = "\0not stated"
"""Stands for no name; no name of a body looks like this, so nobody shares it."""
_LATE = ("late", "overdue", "moved later")

Adds = dict[str, int | Decimal]


def timetable_figures(t: Row, groups: bool = False) -> tuple[Figure, ...]:
    """The figures of a timetable as pages show it (``view.timetable``), in the order of the pages; none without one. ``groups``: those of each body and region
    as well. ``Figure.rows`` are site ids, or ids of promises; what each adds: :func:`added`."""
    return tuple(figure for figure, _ in _all(t, groups)) if t else ()


def added(t: Row, figure_id: str) -> Adds:
    """Row -> what it adds to the numerator of a figure; empty for an id that is none. The sum is the numerator."""
    return next((adds for figure, adds in _all(t, True) if figure.id == figure_id), {}) if t else {}


def _all(t: Row, groups: bool) -> Iterator[tuple[Figure, Adds]]:
    yield from _measures("timetable", "", t["totals"], t["sites"])
    states = _ids(t["by_status"])
    for state, count in t["by_status"].items():
        yield _counted(f"timetable-state-{states[state]}", f"Sites: {state}", f"Sites whose state is: {state}", t, lambda s, state=state: s["status"] == state, count)  # type: ignore[misc]
    yield _counted("timetable-missed", "Sites that missed their deadline", "Sites shown whose deadline, as extended or waived, passed before the last device in scope went", t, lambda s: bool(s["missed_days"]))
    if t["baseline"]:
        yield _counted("timetable-behind", "Sites behind the frozen plan", "Sites shown that are late, overdue or moved later against the first frozen plan", t, lambda s: s["variance"] in _LATE)
    yield from _money(t)
    verdicts = [p["verdict"] for p in t["promises"]]
    told = _ids(verdicts)
    for verdict in dict.fromkeys(verdicts):
        rows = [p["statement_id"] for p in t["promises"] if p["verdict"] == verdict]
        figure = Figure(f"timetable-promises-{told[verdict]}", f"Promises: {verdict}", f"Promises on record whose verdict is: {verdict}", len(rows), len(verdicts), "promises", "statement", (), tuple(sorted(rows)))
        yield figure, dict.fromkeys(figure.rows, 1)
    for kind, column in (("by_body", "body"), ("by_region", "region")) if groups else ():
        ids = _ids(row["name"] for row in t[kind])
        for row in t[kind]:
            inside = [s for s in t["sites"] if s[column] == row["name"]]
            yield from _measures(f"timetable-{column}-{ids[row['name']]}", f", {column} {row['name'] or 'not stated'}", row, inside)


def _measures(prefix: str, where: str, totals: Row, sites: Iterable[Row]) -> Iterator[tuple[Figure, Adds]]:
    partial = ("what is kept back is not counted",) if totals.get("partial") else ()
    for name, (title, words, of) in _WORDS.items():
        whole = totals.get(_WHOLE[name]) if name in _WHOLE else _both(totals)
        if totals.get(name) is None or whole is None:
            continue
        adds = _rest({s["site_id"]: value for s in sites if (value := _of(s, name))}, totals[name])
        yield Figure(f"{prefix}-{name.replace('_', '-')}", title + where, words, totals[name], whole, of, "site", partial, tuple(sorted(adds))), adds


def _both(totals: Row) -> int | None:
    return None if totals.get("devices") is None or totals.get("unknown_make") is None else totals["devices"] + totals["unknown_make"]


def _of(site: Row, name: str) -> int:
    """What one site adds to a measure; 0 where its row keeps that back."""
    flags: dict[str, Callable[[Row], bool]] = {
        "sites": lambda s: True, "sites_in_scope": lambda s: bool(s["devices"]), "sites_done": lambda s: bool(s["devices"]) and s["remaining"] == 0,
        "sites_isolated": lambda s: bool(s["isolated_on"]),
    }  # fmt: skip
    return int(flags[name](site)) if name in flags else site[name] or 0


def _rest(adds: Adds, total: int | Decimal) -> Adds:
    """The rows with one more for what is kept back, where they do not make the whole sum."""
    rest = total - sum(adds.values())
    return {**adds, KEPT_BACK: rest} if rest else adds


def _counted(id: str, title: str, words: str, t: Row, holds: Callable[[Row], bool], count: int | None = None) -> tuple[Figure, Adds]:
    adds: Adds = {s["site_id"]: 1 for s in t["sites"] if holds(s)}
    whole = _rest(adds, len(adds) if count is None else count)
    return Figure(id, title, words, len(adds) if count is None else count, len(t["sites"]), "sites shown", "site", (), tuple(sorted(whole))), whole


def _money(t: Row) -> Iterator[tuple[Figure, Adds]]:
    """Sums of money, one per currency and end; never two currencies together."""
    ids = _ids([*(t["totals"]["spent"] or {}), *(t["totals"]["to_come"] or {})])
    for currency, amount in sorted((t["totals"]["spent"] or {}).items()):
        adds = _rest({s["site_id"]: Decimal(s["spent"][currency]) for s in t["sites"] if (s["spent"] or {}).get(currency)}, Decimal(amount))
        words = "What events say was paid; what nobody reported is not in it"
        yield Figure(f"timetable-spent-{ids[currency]}", "Spent, as reported", words, Decimal(amount), None, currency, "site", (), tuple(sorted(adds))), adds
    for currency, ends in sorted((t["totals"]["to_come"] or {}).items()):
        for end, column, amount in (("least", "cost_low", ends[0]), ("most", "cost_high", ends[1])):
            adds = _rest({s["site_id"]: Decimal(s[column]) for s in t["sites"] if s[column] and s["cost_currency"] == currency and Decimal(s[column])}, Decimal(amount))
            words = f"Devices left at the {'lowest' if end == 'least' else 'highest'} cost{'' if end == 'least' else ', those of unknown make too'}"
            yield Figure(f"timetable-to-come-{end}-{ids[currency]}", f"Cost to come, at the {end}", words, Decimal(amount), None, currency, "site", (), tuple(sorted(adds))), adds


def _ids(names: Iterable[str]) -> dict[str, str]:
    """The part of an id for each name, as for file names: those that would clash, and those without a Latin letter or digit, get six hex digits of their hash."""
    found = slugs(name or _UNNAMED for name in names)
    return {"" if name == _UNNAMED else name: slug for name, slug in found.items()}
