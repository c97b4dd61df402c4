"""Plan: sites, in the order in which their equipment goes, under a policy; checked by rules that do not know the planner."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from custodes import case
from custodes.errors import UsageError
from custodes.pipeline import facts, timetabling
from custodes.pipeline.finding import part_files
from custodes.pipeline.state import Run
from custodes.timetable import PLAN, case_json, load_policy, means_of, sites_of
from custodes.timetable.improve import Effort
from custodes.timetable.registers import register
from custodes.timetable.scenarios import compared, scenarios_of
from custodes.timetable.scope import counting_makers, select
from custodes.timetable.solve import plan as make_plan
from custodes.timetable.terms import Ground, Policy
from custodes.timetable.why import explained
from custodes.values.plan import Means, Plan, Site

_MOST_OF_A_ROW = 100_000


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
        return Effort(self.seconds, self.clock) if self.clock else Effort(self.seconds)


@dataclass(frozen=True, slots=True)
class Made:
    """A plan, the sites it is for (as far as the policy counts them), and what it was made under."""

    plan: Plan
    sites: tuple[Site, ...]
    means: Means | None
    policy: Policy

    def json(self, sites: Sequence[Site], wishes: Wishes, grounds: Iterable[Ground], kinds: Mapping[str, str]) -> dict[str, Any]:
        """plan.json, with the comparison when one was asked for."""
        value = case_json(self.plan, self.sites, self.means, self.policy)
        if wishes.compare:
            other = _made(sites, self.means, load_policy(wishes.compare), wishes, grounds, kinds, None)
            value["comparison"] = compared((self.plan, self.policy), (other.plan, other.policy))
        return value


def plan(run: Run) -> dict[str, Any]:
    """Plan the case's SITE rows; timetable/plan.json holds the plan, its cost and the checker's verdict. Without sites the room is skipped."""
    path = run.case.room("timetable") / PLAN
    rows = [row for part in part_files(run, "SITE") for row in pq.read_table(part).to_pylist()]
    sites, rejects = sites_of(timetabling.left_to_do(run, rows))
    sites += [site for site in _device_sites(run) if site.site_id not in {str(row["site_id"]) for row in rows}]
    if not rows and not sites:
        path.unlink(missing_ok=True)
        run.state.timetable = {}
        return timetabling.after_plan(run, {"line": "skipped: no sites among the records", "sites": 0}, {})
    option = run.options.get
    wishes = Wishes(
        str(option("policy") or run.case.policy), str(option("means") or ""), str(option("before") or ""), str(option("compare") or ""),
        float(option("seconds", 30.0)), run.now, run.seconds,
    )  # fmt: skip
    means = load_means(wishes.means, run.case.means)
    grounds, kinds = [*shipped_grounds(), *_grounds_of(run)], {**body_kinds(), **_kinds_of(run)}
    made = make(sites, means, wishes, grounds, kinds)
    value = made.json(sites, wishes, grounds, kinds)
    case.write_whole(path, case.to_json(value))
    run.state.timetable = {"status": made.plan.status, "sites": len(sites)}
    devices = sum(site.devices for site in made.sites)
    return timetabling.after_plan(run, {
        "line": f"{len(made.sites)} sites, {devices} devices: {made.plan.status}, policy {made.policy.policy_id}, {len(value['breaches'])} breaches",
        "details": lines_of(value), "sites": len(sites), "devices": devices, "status": made.plan.status, "breaches": value["breaches"],
        "troubles": [*value["breaches"], *advice_of(value), *(f"{r['origin_file']}: {r['origin_at']}: {r['column']}: {r['reason']}" for r in rejects)],
        "exit": exit_of(made.plan, value, bool(rejects)),
    }, value)  # fmt: skip


def _device_sites(run: Run) -> list[Site]:
    """Sites that only the case's DEVICE records know: devices counted per site and maker, one that several observers saw once."""
    rows: dict[str, Mapping[str, Any]] = {}
    for part in part_files(run, "DEVICE"):
        for number, row in enumerate(pq.read_table(part, columns=["body", "site", "brand", "mac", "serial", "count"]).to_pylist()):
            if row["site"]:
                seen = {"site": row["site"], "tenant": row["body"], "manufacturer": row["brand"], "device_type": "device"}
                own = row["mac"] or row["serial"] or f"{part.stem} {number}"
                rows |= {f"{row['body']} {row['site']} {own} {n}": seen for n in range(min(row["count"] or 1, _MOST_OF_A_ROW))}
    return list(register(rows.values(), maker_of).sites)


def make(sites: Sequence[Site], means: Means | None, wishes: Wishes, grounds: Iterable[Ground], kinds: Mapping[str, str]) -> Made:
    """The plan that was wished for, with its scenarios, or with what clashes and what would have to give."""
    before = earlier(wishes.before) if wishes.before else None
    return _made(sites, means, load_policy(wishes.policy), wishes, grounds, kinds, before)


def _made(
    sites: Sequence[Site], means: Means | None, policy: Policy, wishes: Wishes, grounds: Iterable[Ground], kinds: Mapping[str, str], before: Mapping[str, str] | None
) -> Made:
    counts = counting_makers(policy, grounds, wishes.now)
    kept, outside, granted = select(sites, policy, counts, kinds, wishes.now)
    effort = wishes.effort()
    found = make_plan(kept, means, policy, wishes.now, effort, before=before, outside=outside, assumptions=granted)
    found = explained(found, kept, means, policy, wishes.now, effort)
    return Made(scenarios_of(found, kept, means, policy, wishes.now), tuple(sorted(kept, key=lambda s: s.site_id)), means, policy)


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
    found += [f"moved: {m['site_id']} {m['before'] or 'new'} -> {m['after'] or 'out'}: {m['reason']}" for m in value["moves"]]
    return found


def _quality(value: Mapping[str, Any]) -> str:
    """How good a plan is: against the bound of exposure, or in moves where an earlier plan was kept to."""
    if value["method"].endswith("moves") or value["method"].startswith("kept"):
        moved = sum(bool(m["before"] and m["after"]) for m in value["moves"])
        return f"{moved} sites moved{', and no plan moves fewer' if value['stopped'] == 'proved' else ''}"
    return f"at most {max(0.01, 100 * value['gap']):.2f} % above what any plan must have" if value["gap"] else "no plan has less"


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


def shipped_grounds() -> list[Ground]:
    """The listings of the fact tables, as reasons why a maker counts."""
    countries = {row["maker_id"]: row["country"] for row in facts.table("makers")}
    return [_ground(row, countries.get(row["maker_id"], "")) for row in facts.table("listings") if row["counts"] != "no"]


def _ground(row: Mapping[str, Any], country: str) -> Ground:
    since = row["effective"] or row["published"] or row["designated"] or ""
    return Ground(row["maker_id"], "listing", row["list"] or "", row["ground"] or "unknown", country, since, row["ended"] or "")


def _grounds_of(run: Run) -> list[Ground]:
    """Listings that the case itself brought."""
    countries = {row["maker_id"]: row["country"] for row in facts.table("makers")}
    rows = (row for part in part_files(run, "LISTING") for row in pq.read_table(part).to_pylist())
    return [_ground(row, countries.get(row["maker_id"], "")) for row in rows if row["maker_id"]]


def maker_of(name: str) -> str:
    """The maker whose name or brand this is, as a whole; '' when the fact tables do not know it, or only suppose so."""
    return _names().get(facts.plain(name), "")


@cache
def _names() -> dict[str, str]:
    found = {facts.plain(row["name"]): row["maker_id"] for row in facts.table("names") if row["alone"] == "yes"}
    makers = {row["maker_id"] for row in facts.table("makers")}
    for row in facts.table("links"):
        sure = row["publish"] == "yes" and row["scope"] == "all" and row["alone"] == "yes" and row["relation"] in ("owned brand", "OEM rebrand", "subsidiary")
        if sure and not row["valid_to"] and row["object"] in makers:
            found.setdefault(facts.plain(row["subject"]), row["object"])
    return found | {maker: maker for maker in makers}


def body_kinds() -> dict[str, str]:
    """Body -> kind, by the fact tables."""
    return {row["body"]: row["body_kind"] for row in facts.table("bodies")}


def _kinds_of(run: Run) -> dict[str, str]:
    return {row["body"]: row["body_kind"] for part in part_files(run, "BODY") for row in pq.read_table(part).to_pylist() if row["body_kind"]}
