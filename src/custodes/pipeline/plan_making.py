"""A plan as it was wished for: the policy's choice of sites and makers, the planner, what clashes, and the lines that a person reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from custodes import case
from custodes.errors import UsageError
from custodes.pipeline.grounding import Known, with_makers
from custodes.timetable import case_json, load_policy, means_of
from custodes.timetable.effort import Effort
from custodes.timetable.overdue import first_of_all, lifted
from custodes.timetable.scenarios import compared, number_of, scenarios_of
from custodes.timetable.scope import Scope, cited, counting, counting_makers
from custodes.timetable.solve import plan as make_plan
from custodes.timetable.terms import Policy
from custodes.timetable.today import Today, select
from custodes.timetable.why import explained
from custodes.values.plan import Means, Plan, Site

_MOST_TOLD = 20
"""Missed deadlines that are told one by one."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for. ``before``: an earlier plan.json to move away from as little as possible; ``compare``: a second policy."""

    policy: str = "none"
    means: str = ""
    before: str = ""
    compare: str = ""
    seconds: float = 30.0
    now: str = ""
    clock: Callable[[], float] | None = None

    def effort(self) -> Effort:
        """As the planner wants it; UsageError for time that is none."""
        if not 0 <= self.seconds <= 1e6:
            raise UsageError("must be a number of seconds from 0 (the first plan only) to 1000000", where="--seconds", advice="--seconds 60")
        seconds = self.seconds / 2 if self.compare else self.seconds  # two plans share the time
        return (Effort(seconds, self.clock) if self.clock else Effort(seconds)).started()


@dataclass(frozen=True, slots=True)
class Made:
    """A plan, the sites it is for (as far as the policy counts them, with what is left there today), and what it was made under. ``scopes``: every site
    with what the policy counts of it before anything was done."""

    plan: Plan
    sites: tuple[Site, ...]
    means: Means | None
    policy: Policy
    scopes: tuple[Scope, ...]

    def json(self, sites: Sequence[Site], wishes: Wishes, known: Known) -> dict[str, Any]:
        """plan.json, with the comparison when one was asked for."""
        value = case_json(self.plan, self.sites, self.means, self.policy, self.scopes)
        if wishes.compare:
            other = _made(sites, self.means, load_policy(wishes.compare), wishes, known, None)
            value["comparison"] = compared((self.plan, self.policy), (other.plan, other.policy))
        return value


def make(sites: Sequence[Site], means: Means | None, wishes: Wishes, known: Known) -> Made:
    """The plan that was wished for, with its scenarios, or with what clashes and what would have to give."""
    before = earlier(wishes.before) if wishes.before else None
    return _made(sites, means, load_policy(wishes.policy), wishes, known, before)


def _made(sites: Sequence[Site], means: Means | None, policy: Policy, wishes: Wishes, known: Known, before: Mapping[str, str] | None) -> Made:
    sites = with_makers(sites)
    counts = counting_makers(policy, known.grounds, wishes.now)
    today = select(sites, policy, counts, known.kinds, wishes.now, known.events)
    kept, terms, missed = lifted(today.sites, policy, wishes.now) if known.living or before is not None else (list(today.sites), policy, [])
    effort = replace(wishes.effort(), after=number_of(kept, terms))
    found = _planned(first_of_all(kept, missed, means, terms, wishes.now), means, terms, wishes.now, effort, None, today) if missed and before is None else None
    if found is None or found.status not in ("feasible", "unconstrained"):
        found = _planned(kept, means, terms, wishes.now, effort, before, today)
    found = explained(found, kept, means, terms, wishes.now, effort)
    why = cited(counting(policy, known.grounds, wishes.now), [s.site for s in today.scopes if not s.reason])
    more = (*_waiting(policy, known, counts, sites, wishes.now), *_nowhere(means, sites))
    found = replace(found, missed=tuple(missed), grounds=why, assumptions=(*found.assumptions, *more))
    return Made(scenarios_of(found, kept, means, terms, wishes.now), tuple(sorted(today.sites, key=lambda s: s.site_id)), means, policy, today.scopes)


def _planned(
    sites: Sequence[Site], means: Means | None, policy: Policy, now: str, effort: Effort, before: Mapping[str, str] | None, today: Today
) -> Plan:  # fmt: skip
    return make_plan(sites, means, policy, now, effort, before=before, outside=today.outside, assumptions=today.assumptions)


def _nowhere(means: Means | None, sites: Sequence[Site]) -> list[str]:
    """Regions and classes that the means name and no site has: most often a slip of the pen."""
    if means is None:
        return []
    regions, classes = {s.region for s in sites}, {s.site_class for s in sites}
    named = [("crews", "region", name, regions) for name, _ in means.regional]
    named += [("a freeze", "region", name, regions) for f in means.partial_freezes for name in f.regions]
    named += [("a freeze", "class", name, classes) for f in means.partial_freezes for name in f.classes]
    return list(dict.fromkeys(f"the means name {what} for the {kind} {name!r}, and no site has it" for what, kind, name, there in named if name not in there))


def _waiting(policy: Policy, known: Known, counts: frozenset[str] | None, sites: Sequence[Site], now: str) -> list[str]:
    """Claims that would bring in a maker at these sites if a person confirmed them, in words."""
    if counts is None or "claim" not in policy.sources:
        return []
    if not known.living:
        return ["the policy counts confirmed claims, and a table of sites brings none: plan a case to count them"]
    there = {maker for site in sites for maker, _ in site.makers} - counts
    open_ = counting(replace(policy, sources=("claim",), makers=(), courts=()), known.waiting, now) or ()
    return [f"a claim of {g.maker_id} does not count: {g.words} (finding {g.finding_id})" for g in open_ if g.maker_id in there]


def exit_of(plan: Plan, value: Mapping[str, Any], rejected: bool) -> int:
    """130 when a person stopped the planner (what it had is written), 3 when something is amiss, else 0."""
    return 130 if plan.stopped == "interrupted" else 3 if rejected or value["breaches"] else 0


def lines_of(value: Mapping[str, Any]) -> list[str]:
    """What a person reads of a plan: exposure and gap, what is left out, assumptions, moves."""
    found = []
    if value["exposure"] is not None and value["status"] == "feasible":
        found.append(f"exposure {value['exposure']:,} device-days: {_quality(value)}")
    if value["outside"]:
        found.append(f"{len(value['outside'])} sites left out, each with its reason")
    found += [f"taken for granted: {text}" for text in value["assumptions"]]
    found += _grounds(value["grounds"] or ())
    found += [f"moved: {m['site_id']} {m['before'] or 'new'} -> {m['after'] or 'out'}: {m['reason']}" for m in value["moves"]]
    return found


def _quality(value: Mapping[str, Any]) -> str:
    """How good a plan is: against the bound of exposure, or in moves where an earlier plan was kept to."""
    if value["method"].endswith("moves") or value["method"].startswith("kept"):
        moved = sum(bool(m["before"] and m["after"]) for m in value["moves"])
        return f"{moved} sites moved{', and no plan moves fewer' if value['stopped'] == 'proved' else ''}"
    which = "plan that puts what is overdue first" if value["missed"] else "plan"
    return f"at most {max(0.01, 100 * value['gap']):.2f} % above what any {which} must have" if value["gap"] else f"no {which} has less"


def _grounds(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why makers count, a line per maker and list; the first entry is told, further ones are counted."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for g in rows:
        groups.setdefault((g["maker_id"], g["source"], g["cites"]), []).append(g)
    return [
        f"counts: {maker}: {' '.join(filter(None, (source, cites)))}: {found[0]['words']}{f', and {len(found) - 1} more entries' if len(found) > 1 else ''}"
        for (maker, source, cites), found in groups.items()
    ]


def missed_words(value: Mapping[str, Any]) -> list[str]:
    """Deadlines that were missed, the longest ago first; many are told as one sentence."""
    rows = sorted(value["missed"], key=lambda m: (-m["days"], m["site_id"]))
    months = {r["site_id"]: r["month"] for r in value["removals"]}
    told = [f"{m['site_id']} missed its deadline {m['deadline']}, {_ago(m['days'])}; {_when(months.get(m['site_id'], ''))}" for m in rows[:_MOST_TOLD]]
    return [*told, *([f"and {len(rows) - _MOST_TOLD} more sites missed theirs"] if len(rows) > _MOST_TOLD else [])]


def _ago(days: int) -> str:
    return f"{days} day{'' if days == 1 else 's'} ago"


def _when(month: str) -> str:
    return f"now planned for {month}" if month else "no month is planned for it"


def advice_of(value: Mapping[str, Any]) -> list[str]:
    """What would have to give, in words."""
    return [f"relax {r['rule']}: {r['words']}" for r in value["relaxations"]]


def load_means(path: str, settings: Mapping[str, Any]) -> Means | None:
    """Means from a TOML file, else from case.toml's ``[means]``, else None: the unconstrained plan."""
    if path:
        read = case.read_toml(path, "check --means")
        settings = read.get("means", read)
    return means_of(settings) if settings else None


def earlier(path: str) -> dict[str, str]:
    """Site -> month of an earlier plan.json; UsageError when it is none."""
    advice = "give a plan.json that custodes plan wrote"
    try:
        found = json.loads(Path(path).read_bytes())
        return {str(r["site_id"]): _month(r["month"]) for r in found["removals"]}
    except OSError as problem:
        raise UsageError(f"cannot be read: {problem.strerror}", where=path, advice=advice) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError("is not a plan", where=path, advice=advice) from None


def _month(text: Any) -> str:
    if not (isinstance(text, str) and len(text) == 7 and text[4] == "-" and text.replace("-", "").isdigit() and "01" <= text[5:] <= "12" and text[:4] > "0000"):
        raise ValueError(text)
    return text


def comparison_lines(value: Mapping[str, Any]) -> list[str]:
    """Two policies side by side, and the sites that only one of them is about; none when nobody asked."""
    found = value.get("comparison")
    if not found:
        return []
    rows = [
        f"  {p['policy_id']}: {p['sites']} sites, {p['devices']} devices, {p['outside']} left out, {p['isolations']} isolated first, "
        f"deadline {p['deadline'] or 'none'}, {p['status']}, last in {p['end'] or 'no month'}"
        for p in found["policies"]
    ]
    one, other = (p["policy_id"] for p in found["policies"])
    return [
        *rows,
        *(f"  only under {one}: {r['site_id']} ({other}: {r['reason']})" for r in found["only_first"]),
        *(f"  only under {other}: {r['site_id']} ({one}: {r['reason']})" for r in found["only_second"]),
    ]
