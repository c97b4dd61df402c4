"""Policies from TOML and the cost catalogue from CSV. Strict: an unknown key, a missing citation or an impossible value is refused."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from typing import Any

from custodes.errors import UsageError
from custodes.timetable.months import last_day
from custodes.timetable.terms import Duty, Exemption, Fact, Ground, Policy

KINDS = ("remove", "stop", "disconnect", "consider", "publish", "report")
GROUNDS = ("abuse of people", "national security", "both", "unknown")
SOURCES = ("listing", "claim", "court", "named")
CAPABILITIES = ("ethnicity", "race", "religion", "nationality", "gender", "age", "emotion", "face_recognition")
"""What a page may market; a policy may say which of these make a maker count."""
_NEEDED = {"id", "title", "status", "as_of", "scope", "note", "counts"}
_TOP = _NEEDED | {"duties", "facts", "binds", "isolate", "risk", "exceptions", "waivers", "court_findings"}
_COUNTED = {"words", "grounds", "lists", "countries"}
_COUNTS = _COUNTED | {"sources", "makers", "bands", "capabilities"}
_FACT = {"what", "citation", "url", "verified", "checked_on"}
_DUTY = _FACT | {"kind", "by", "share", "share_of", "binding"}
_EXCEPTION = _FACT | {"makers", "classes", "controllers"}
_COURT = _FACT | {"maker_id", "since"}
_ADVICE = "compare with the policies that come with custodes; docs/timetable.md lists every key"


def policies() -> tuple[str, ...]:
    """Names of the policies that come with custodes."""
    return tuple(sorted(f.name.removesuffix(".toml") for f in _data("policies").iterdir() if f.name.endswith(".toml")))


def load_policy(name: str) -> Policy:
    """A policy by its name, or by the path of a TOML file, with the cost range of the catalogue. Raises UsageError with the place and the key."""
    if name in policies():
        text = (_data("policies") / f"{name}.toml").read_text(encoding="utf-8")
    elif Path(name).is_file():
        text = Path(name).read_text(encoding="utf-8-sig")
    else:
        raise UsageError(f"there is no policy {name!r}", where="policy", advice=f"use one of {', '.join(policies())}, or the path of a TOML file")
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"is not TOML ({problem})", where=name, advice=_ADVICE) from problem
    return with_costs(policy_of(fields, name), cost_catalogue())


def policy_of(fields: Mapping[str, Any], where: str) -> Policy:
    """A policy from plain mappings, without costs."""
    _keys(fields, _TOP, _NEEDED, where)
    counts = fields["counts"]
    _keys(counts, _COUNTS, _COUNTED, f"{where}: counts")
    for source in counts.get("sources", ()):
        _require(source in SOURCES, f"{source!r} is not one of {', '.join(SOURCES)}", f"{where}: counts.sources")
    for ground in _listed(counts, "grounds", f"{where}: counts"):
        _require(ground in GROUNDS, f"{ground!r} is not one of {', '.join(GROUNDS)}", f"{where}: counts.grounds")
    duties = tuple(_duty(d, f"{where}: duties {n}") for n, d in enumerate(fields.get("duties", ()), 1))
    facts = tuple(_fact(f, f"{where}: facts {n}") for n, f in enumerate(fields.get("facts", ()), 1))
    policy_id, title, status, as_of, scope, note = (_said(fields, k, where) for k in ("id", "title", "status", "as_of", "scope", "note"))
    grounds, lists, countries = (_listed(counts, k, f"{where}: counts") for k in ("grounds", "lists", "countries"))
    words = _said(counts, "words", where)
    made = Policy(policy_id, title, status, as_of, scope, note, words, grounds, lists, countries, duties, facts, _deadline(duties))
    return _limited(made, fields, counts, where)


def _limited(policy: Policy, fields: Mapping[str, Any], counts: Mapping[str, Any], where: str) -> Policy:
    """The policy with what it binds, isolates, excepts and weighs, where it says so."""
    binds, isolate, risk = (fields.get(name, {}) for name in ("binds", "isolate", "risk"))
    _keys(binds, {"site_classes", "body_kinds"}, set(), f"{where}: binds")
    _keys(isolate, {"classes", "months"}, set(), f"{where}: isolate")
    _keys(risk, {"classes", "network"}, set(), f"{where}: risk")
    months = isolate.get("months", 1)
    _require(isinstance(months, int) and not isinstance(months, bool) and 1 <= months <= 120, "months must be a whole number from 1 to 120", f"{where}: isolate")
    sources, makers, bands, capabilities = (_some(counts, name, f"{where}: counts") for name in ("sources", "makers", "bands", "capabilities"))
    for name in capabilities:
        _require(name in CAPABILITIES, f"{name!r} is not one of {', '.join(CAPABILITIES)}", f"{where}: counts.capabilities")
    _require(not capabilities or "claim" in sources, "capabilities need the source claim", f"{where}: counts")
    return replace(
        policy, sources=sources, makers=makers, bands=bands, capabilities=capabilities,
        site_classes=_some(binds, "site_classes", f"{where}: binds"), body_kinds=_some(binds, "body_kinds", f"{where}: binds"),
        isolate_classes=_some(isolate, "classes", f"{where}: isolate"), isolate_months=months,
        risk=(*_factors(risk, "classes", "class", where), *_factors(risk, "network", "network", where)),
        exemptions=tuple(_exemption(e, f"{where}: exceptions {n}") for n, e in enumerate(fields.get("exceptions", ()), 1)),
        waivers=tuple(_fact(f, f"{where}: waivers {n}") for n, f in enumerate(fields.get("waivers", ()), 1)),
        courts=tuple(_court(f, f"{where}: court_findings {n}") for n, f in enumerate(fields.get("court_findings", ()), 1)),
    )  # fmt: skip


def _some(fields: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    return _listed(fields, key, where) if key in fields else ()


def _factors(fields: Mapping[str, Any], key: str, prefix: str, where: str) -> tuple[tuple[str, Decimal], ...]:
    """Risk factors from 0.01 to 100, with two decimals, in the order of names."""
    table = fields.get(key, {})
    _require(isinstance(table, Mapping), f"{key} must be a table of name = factor", f"{where}: risk")
    found = []
    for name, value in sorted(table.items()):
        holds = isinstance(value, int | float) and not isinstance(value, bool) and 0.01 <= value <= 100
        _require(holds, f"the factor {value!r} is not between 0.01 and 100", f"{where}: risk.{key}.{name}")
        found.append((f"{prefix}:{name}", Decimal(str(value)).quantize(Decimal("0.01"))))
    return tuple(found)


def _exemption(fields: Mapping[str, Any], where: str) -> Exemption:
    _keys(fields, _EXCEPTION, _FACT - {"url"}, where)
    fact = _fact({k: v for k, v in fields.items() if k in _FACT}, where)
    makers, classes, controllers = (_some(fields, name, where) for name in ("makers", "classes", "controllers"))
    return Exemption(fact.what, fact.citation, fact.url, fact.verified, fact.checked_on, makers, classes, controllers)


def _court(fields: Mapping[str, Any], where: str) -> Ground:
    _keys(fields, _COURT, _COURT - {"url"}, where)
    fact = _fact({k: v for k, v in fields.items() if k in _FACT}, where)
    since = _said(fields, "since", where)
    if since:
        _day(since, where)
    return Ground(_said(fields, "maker_id", where), "court", since=since, words=fact.what, citation=fact.citation)


def with_costs(policy: Policy, catalogue: Iterable[Mapping[str, str]]) -> Policy:
    """The policy with the lowest and the highest cost per device that the catalogue allows for a range."""
    rows = [r for r in catalogue if r["use"] in ("low", "inside", "high")]
    currencies = sorted({r["currency"] for r in rows})
    _require(len(currencies) <= 1, f"costs in {', '.join(currencies)} cannot make one range", "costs.csv")
    costs = [Decimal(r["unit_cost"]) for r in rows]
    return replace(policy, cost_low=min(costs), cost_high=max(costs), currency=currencies[0]) if costs else policy


def cost_catalogue() -> tuple[dict[str, str], ...]:
    """Rows of ``costs.csv``: what removals and replacements cost elsewhere, each with its source."""
    text = (_data("costs.csv")).read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text, newline="")))


def _duty(fields: Mapping[str, Any], where: str) -> Duty:
    _keys(fields, _DUTY, {"kind", "by", "binding"} | (_FACT - {"url"}), where)
    _require(fields["kind"] in KINDS, f"{fields['kind']!r} is not one of {', '.join(KINDS)}", where)
    share = _share(fields.get("share", 1), where)
    if fields["by"]:
        _day(_said(fields, "by", where), where)
    _require(not (fields["binding"] and fields["kind"] == "remove" and share != 1), "only the removal of all can be binding so far", where)
    fact = _fact({k: v for k, v in fields.items() if k in _FACT}, where)
    of = str(fields.get("share_of", ""))
    return Duty(fields["kind"], fact.what, fields["by"], share, of, _flag(fields, "binding", where), fact.citation, fact.url, fact.verified, fact.checked_on)


def _fact(fields: Mapping[str, Any], where: str) -> Fact:
    _keys(fields, _FACT, _FACT - {"url"}, where)
    texts = {k: _said(fields, k, where) for k in ("what", "citation", "checked_on")}
    _require(all(texts.values()), "what, citation and checked_on must not be empty", where)
    _day(texts["checked_on"], where)
    return Fact(texts["what"], texts["citation"], str(fields.get("url", "")), _flag(fields, "verified", where), texts["checked_on"])


def _deadline(duties: Iterable[Duty]) -> str:
    days = [last_day(d.by) for d in duties if d.kind == "remove" and d.binding and d.by]
    return min(days).isoformat() if days else ""


def _share(value: Any, where: str) -> Decimal:
    try:
        share = Decimal(str(value))
    except InvalidOperation:
        share = Decimal(-1)
    _require(0 < share <= 1, f"the share {value!r} is not between 0 and 1", where)
    return share


def _keys(fields: Any, allowed: set[str], needed: set[str], where: str) -> None:
    _require(isinstance(fields, Mapping), "must be a table", where)
    unknown, missing = sorted(set(fields) - allowed), sorted(needed - set(fields))
    _require(not unknown, f"unknown key {', '.join(unknown)}", where)
    _require(not missing, f"lacks {', '.join(missing)}", where)


def _said(fields: Mapping[str, Any], key: str, where: str) -> str:
    _require(isinstance(fields[key], str), f"{key} must be text", where)
    return str(fields[key])


def _listed(fields: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = fields[key]
    _require(isinstance(value, list) and all(isinstance(v, str) for v in value), f"{key} must be a list of texts", where)
    return tuple(value)


def _flag(fields: Mapping[str, Any], key: str, where: str) -> bool:
    _require(isinstance(fields[key], bool), f"{key} must be true or false", where)
    return bool(fields[key])


def _day(text: str, where: str) -> None:
    try:
        last_day(text)
    except ValueError as problem:
        raise UsageError(str(problem), where=where, advice=_ADVICE) from problem


def _require(holds: bool, what: str, where: str) -> None:
    if not holds:
        raise UsageError(what, where=where, advice=_ADVICE)


def _data(name: str) -> Any:
    return resources.files("custodes").joinpath("data", name)
