"""What a public timetable keeps back: per site or field, under which exemption, decided by whom, to be looked at again when. Strict: an unknown key is refused.

    [timetable]
    publish = true                      # the timetable goes into the public edition
    minimum_cell = 5                    # no sum over fewer withheld sites
    responsible = "Director of Estates" # a post, not a person
    next_report = "2027-06-30"

    [[withhold]]
    where = {sensitivity = "sensitive"} # or sites = ["a", "b"]
    fields = ["site"]                   # site (the whole row), devices, dates, place, body
    exemption = "FOIA 2000 s.24(1)"
    decided_by = "Departmental Security Officer"
    decided = "2027-01-04"
    review = "2028-01-04"
    reason = "a list of such sites would help an attack on them"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from custodes.errors import UsageError
from custodes.timetable.months import first_day, last_day

FIELDS = ("site", "devices", "dates", "place", "body")
WHERE = ("body", "region", "area", "sensitivity", "maker_id")
_RULE = {"sites", "where", "fields", "exemption", "decided_by", "decided", "review", "reason", "known_before"}
_SETTINGS = {"publish", "minimum_cell", "room", "responsible", "prepared_by", "next_report", "commitment", "scope"}
_ADVICE = "docs/how-to/withhold.md shows a whole entry"


@dataclass(frozen=True, slots=True)
class Rule:
    """One decision to keep something back. ``sites``: ids, or ``where``: column and value that must hold; ``fields`` of :data:`FIELDS`.
    ``known_before``: an earlier edition showed it, everybody knows, and it is kept back from now on all the same."""

    number: int
    sites: tuple[str, ...]
    where: tuple[tuple[str, str], ...]
    fields: tuple[str, ...]
    exemption: str
    decided_by: str
    decided: str
    review: str
    reason: str
    known_before: bool = False

    def holds(self, site: Mapping[str, Any]) -> bool:
        """Is this site meant?"""
        if self.sites:
            return site["site_id"] in self.sites
        # capital letters and blanks at the ends must not let a site slip through
        return all(str(site.get(name) or "").strip().casefold() == value.strip().casefold() for name, value in self.where)


@dataclass(frozen=True, slots=True)
class Settings:
    """``[timetable]`` of case.toml. ``publish``: somebody decided that the timetable goes out; ``room``: share of its size a hidden count must keep."""

    publish: bool = False
    minimum_cell: int = 5
    room: Fraction = Fraction(1, 5)
    responsible: str = ""
    prepared_by: str = ""
    next_report: str = ""
    commitment: str = ""
    scope: str = ""


def settings_of(fields: Mapping[str, Any]) -> Settings:
    """``[timetable]`` as a value; UsageError naming the key."""
    where = "case.toml: [timetable]"
    _known(fields, _SETTINGS, where)
    publish, minimum, room = fields.get("publish", False), fields.get("minimum_cell", 5), fields.get("room", 0.2)
    _require(isinstance(publish, bool), "publish must be true or false", where)
    _require(isinstance(minimum, int) and not isinstance(minimum, bool) and 2 <= minimum <= 1000, "minimum_cell must be a whole number from 2 on", where)
    _require(isinstance(room, (int, float)) and not isinstance(room, bool) and 0 <= room <= 10, "room must be a share such as 0.2", where)
    texts = {name: _text(fields, name, where) for name in ("responsible", "prepared_by", "next_report", "commitment", "scope")}
    if texts["next_report"]:
        _day(texts["next_report"], where)
    return Settings(publish, minimum, Fraction(str(room)), **texts)


def rules_of(entries: Sequence[Any]) -> tuple[Rule, ...]:
    """``[[withhold]]`` entries as rules; UsageError naming the entry and the key. Every entry needs exemption, decider and review date."""
    return tuple(_rule(entry, n) for n, entry in enumerate(entries, 1))


def _rule(entry: Any, number: int) -> Rule:
    at = f"case.toml: [[withhold]] number {number}"
    _require(isinstance(entry, Mapping), "must be a table", at)
    _known(entry, _RULE, at)
    sites, where, fields = entry.get("sites", []), entry.get("where", {}), entry.get("fields", ["site"])
    _require(isinstance(sites, list) and all(isinstance(s, str) for s in sites), "sites must be a list of ids", at)
    _require(isinstance(where, Mapping) and all(isinstance(v, str) for v in where.values()), "where must be a table of column = text", at)
    _require(bool(sites) != bool(where), "give either sites or where", at)
    _require(set(where) <= set(WHERE), f"where knows {', '.join(WHERE)}", at)
    _require(isinstance(fields, list) and bool(fields) and set(fields) <= set(FIELDS), f"fields knows {', '.join(FIELDS)}", at)
    texts = {name: _text(entry, name, at) for name in ("exemption", "decided_by", "decided", "review", "reason")}
    for name in ("exemption", "decided_by", "review"):
        _require(bool(texts[name]), f"{name} is missing: nothing is kept back without it", at)
    for name in ("decided", "review"):
        if texts[name]:
            _day(texts[name], f"{at}: {name}")
    known = entry.get("known_before", False)
    _require(isinstance(known, bool), "known_before must be true or false", at)
    return Rule(number, tuple(sites), tuple(sorted(where.items())), tuple(sorted(set(fields))), known_before=known, **texts)


def hidden_fields(site: Mapping[str, Any], rules: Sequence[Rule]) -> tuple[str, ...]:
    """Fields of a site (mapping with the columns of SITE) that some rule keeps back. A whole row that is kept back keeps back counts and dates too."""
    found = {name for rule in rules if rule.holds(site) for name in rule.fields}
    return tuple(sorted(found | {"devices", "dates", "place"} if "site" in found else found))


def troubles(rules: Sequence[Rule], sites: Sequence[Mapping[str, Any]], now: str) -> list[str]:
    """What is wrong with the rules today: a review that is due, a rule that means no site, an id that is none."""
    found = []
    ids = {site["site_id"] for site in sites}
    for rule in rules:
        name = f"[[withhold]] number {rule.number}"
        if last_day(rule.review).isoformat() < now[:10]:
            found.append(f"{name}: its review was due on {rule.review}; it still keeps back what it names")
        if unknown := sorted(set(rule.sites) - ids):
            found.append(f"{name}: no site is called {', '.join(unknown[:5])}")
        if not any(rule.holds(site) for site in sites):
            found.append(f"{name}: it means no site, so it keeps nothing back")
    return found


def _known(fields: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(fields) - known)
    _require(not unknown, f"unknown key {', '.join(unknown)}; known are {', '.join(sorted(known))}", where)


def _text(fields: Mapping[str, Any], name: str, where: str) -> str:
    value = fields.get(name, "")
    _require(isinstance(value, str), f"{name} must be text in quotes", where)
    return str(value).strip()


def _day(text: str, where: str) -> None:
    try:
        first_day(text)
    except ValueError as problem:
        raise UsageError(str(problem), where=where, advice=_ADVICE) from problem


def _require(holds: bool, what: str, where: str) -> None:
    if not holds:
        raise UsageError(what, where=where, advice=_ADVICE)
