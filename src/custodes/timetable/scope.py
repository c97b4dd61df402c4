"""Which sites, and which of their devices, a policy is about. Pure.

Who does not say is in: a site without a class counts under a policy for sensitive sites, and the plan says how many such sites there are. What is
stated and different is out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from custodes.timetable.months import first_day, last_day
from custodes.timetable.terms import Ground, Policy
from custodes.values.plan import Outside, Site


def counting_makers(policy: Policy, grounds: Iterable[Ground], today: str) -> frozenset[str] | None:
    """Makers that the policy counts on a day: by listings (its lists, grounds and countries), confirmed claims and court findings, as far as it names these.
    None: every maker that is named."""
    if "named" in policy.sources:
        return None
    sources = policy.sources or ("listing",)
    found = {g.maker_id for g in (*grounds, *policy.courts) if g.source in sources and _counts(policy, g, today)}
    # makers that a policy names itself need no further ground
    return frozenset(found | set(policy.makers))


def _counts(policy: Policy, ground: Ground, today: str) -> bool:
    if ground.since and ground.since[:10] > today[: len(ground.since[:10])]:
        return False
    if ground.ended and last_day(ground.ended[:10]).isoformat() < today[:10]:
        return False
    if ground.source != "listing":
        return True
    return (
        (not policy.lists or ground.list in policy.lists)
        and (not policy.grounds or (ground.ground or "unknown") in policy.grounds)
        and (not policy.countries or ground.country in policy.countries)
    )


def select(
    sites: Sequence[Site], policy: Policy, counts: frozenset[str] | None, kinds: Mapping[str, str], today: str
) -> tuple[list[Site], list[Outside], list[str]]:
    """(sites to plan with the devices that count, sites left out with reasons, what was taken for granted).

    ``counts``: makers that count, None when nobody looked (then all devices do); ``kinds``: body -> kind.
    """
    inside, outside = [], []
    for site in sites:
        reason, left = _judged(site, policy, counts, kinds, today)
        if reason:
            outside.append(Outside(site.site_id, site.devices, reason))
        else:
            inside.append(left)
    gone = {o.site_id for o in outside if o.reason.startswith("removed on")}
    known = {s.site_id for s in sites}
    left_out = {o.site_id for o in outside} - gone
    # what is removed or not the policy's business holds nobody up; an unknown id stays, and is a clash
    kept = [replace(s, depends_on=tuple(d for d in s.depends_on if d not in gone and (d not in left_out or d not in known))) for s in inside]
    return kept, outside, _granted(kept, policy, counts, kinds)


def _judged(site: Site, policy: Policy, counts: frozenset[str] | None, kinds: Mapping[str, str], today: str) -> tuple[str, Site]:
    if site.removed_on and first_day(site.removed_on) <= first_day(today[:10]):
        return f"removed on {site.removed_on}", site
    if policy.site_classes and site.site_class and site.site_class not in policy.site_classes:
        return f"the policy is about {_or(policy.site_classes)} sites, this one is {site.site_class}", site
    kind = kinds.get(site.body, "")
    if policy.body_kinds and kind and kind not in policy.body_kinds:
        return f"the policy binds {_or(policy.body_kinds)}, {site.body} is {kind}", site
    if policy.bands and site.band and site.band not in policy.bands:
        return f"the evidence is {site.band}; the policy wants {_or(policy.bands)}", site
    for exemption in policy.exemptions:
        if _exempt(site, exemption.makers, exemption.classes, exemption.controllers):
            return f"excepted: {exemption.what}", site
    if counts is None or not site.makers:
        return "", site
    devices = sum(n for maker, n in site.makers if maker in counts)
    if not devices and site.devices:
        named = ", ".join(sorted({maker for maker, _ in site.makers}))
        return f"no ground of the policy counts for {named}", site
    unnamed = max(0, site.devices - sum(n for _, n in site.makers))
    return "", replace(site, devices=devices, unknown_make=site.unknown_make + unnamed)


def _exempt(site: Site, makers: tuple[str, ...], classes: tuple[str, ...], controllers: tuple[str, ...]) -> bool:
    if not (makers or classes or controllers):
        return False
    return (
        (not makers or (bool(site.makers) and all(m in makers for m, _ in site.makers)))
        and (not classes or site.site_class in classes)
        and (not controllers or site.controller in controllers)
    )


def _granted(sites: Sequence[Site], policy: Policy, counts: frozenset[str] | None, kinds: Mapping[str, str]) -> list[str]:
    found = []
    if policy.site_classes and (n := sum(not s.site_class for s in sites)):
        found.append(f"{_sites(n)} without a class: counted as {_or(policy.site_classes)}")
    if policy.body_kinds and (n := sum(not kinds.get(s.body) for s in sites)):
        found.append(f"{_sites(n)} whose body's kind is not known: counted as {_or(policy.body_kinds)}")
    if counts is not None and (n := sum(not s.makers and s.devices > 0 for s in sites)):
        found.append(f"{_sites(n)} without a maker: all counted devices taken as covered")
    if policy.isolate_classes and (n := sum(not s.network_state and s.devices > 0 and not s.isolated_on for s in sites)):
        found.append(f"{_sites(n)} without a network state: taken as connected")
    if n := sum(s.controller == "landlord" and not s.consent_from for s in sites):
        found.append(f"{_sites(n)} of a landlord whose consent has no date")
    if n := sum(bool(s.exit_cost) and not s.contract_end for s in sites):
        found.append(f"{_sites(n)} with an exit cost but no end of contract: the exit cost is left out")
    return found


def _sites(number: int) -> str:
    return f"{number} site{'' if number == 1 else 's'}"


def _or(words: Sequence[str]) -> str:
    return " or ".join(words)
