"""Which makers, which sites, and which of their devices a policy is about. Pure.

Who does not say is in: a site without a class counts under a policy for sensitive sites, and the plan says how many such sites there are. What is
stated and different is out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from custodes.timetable.months import last_day
from custodes.timetable.terms import Ground, Policy
from custodes.values.plan import Cited, Site


@dataclass(frozen=True, slots=True)
class Scope:
    """What a policy counts of one site before anything is done there. ``reason``: why the site is left out (then nothing is counted), empty when it is not;
    ``foreign``: left out for its makers alone, so that a device found later brings it in."""

    site: Site
    reason: str = ""
    foreign: bool = False


def counting_makers(policy: Policy, grounds: Iterable[Ground], today: str) -> frozenset[str] | None:
    """Makers that the policy counts on a day: by listings (its lists, grounds and countries), confirmed claims and court findings, as far as it names these.
    None: every maker that is named."""
    found = counting(policy, grounds, today)
    return None if found is None else frozenset(g.maker_id for g in found)


def counting(policy: Policy, grounds: Iterable[Ground], today: str) -> tuple[Ground, ...] | None:
    """The grounds that count on a day, sorted; a maker that the policy names itself needs no further one. None: every maker that is named counts."""
    if "named" in policy.sources:
        return None
    sources = policy.sources or ("listing",)
    found = [g for g in (*grounds, *policy.courts) if g.source in sources and _counts(policy, g, today)]
    found += [Ground(maker, "policy", words="the policy names it", citation=policy.title) for maker in policy.makers]
    return tuple(sorted(set(found), key=lambda g: (g.maker_id, g.source, g.list, g.finding_id, g.since, g.words, g.citation, g.ended, g.ground, g.country)))


def cited(grounds: Iterable[Ground] | None, sites: Iterable[Site]) -> tuple[Cited, ...] | None:
    """The grounds of the makers at these sites, for people to follow; None when every maker that is named counts."""
    if grounds is None:
        return None
    there = {maker for site in sites for maker, _ in site.makers}
    return tuple(Cited(g.maker_id, g.source, g.finding_id or g.list, g.since, g.words, g.citation) for g in grounds if g.maker_id in there)


def _counts(policy: Policy, ground: Ground, today: str) -> bool:
    if ground.since and ground.since[:10] > today[: len(ground.since[:10])]:
        return False
    if ground.ended and last_day(ground.ended[:10]).isoformat() < today[:10]:
        return False
    if ground.source == "claim":
        return not policy.capabilities or bool(set(policy.capabilities) & set(ground.capabilities))
    if ground.source != "listing":
        return True
    return (
        (not policy.lists or ground.list in policy.lists)
        and (not policy.grounds or (ground.ground or "unknown") in policy.grounds)
        and (not policy.countries or ground.country in policy.countries)
    )


def scope_of(sites: Sequence[Site], policy: Policy, counts: frozenset[str] | None, kinds: Mapping[str, str]) -> list[Scope]:
    """What the policy counts of every site, in the given order; what is done already does not matter here.

    ``counts``: makers that count, None: every one that is named; ``kinds``: body -> kind.
    """
    return [_judged(site, policy, counts, kinds) for site in sites]


def _judged(site: Site, policy: Policy, counts: frozenset[str] | None, kinds: Mapping[str, str]) -> Scope:
    if policy.site_classes and site.site_class and site.site_class not in policy.site_classes:
        return Scope(site, f"the policy is about {_or(policy.site_classes)} sites, this one is {site.site_class}")
    kind = kinds.get(site.body, "")
    if policy.body_kinds and kind and kind not in policy.body_kinds:
        return Scope(site, f"the policy binds {_or(policy.body_kinds)}, {site.body} is {kind}")
    if policy.bands and site.band and site.band not in policy.bands:
        return Scope(site, f"the evidence is {site.band}; the policy wants {_or(policy.bands)}")
    for exemption in policy.exemptions:
        if _exempt(site, exemption.makers, exemption.classes, exemption.controllers):
            return Scope(site, f"excepted: {exemption.what}")
    if counts is None or not site.makers:
        return Scope(site)
    counted = tuple((maker, n) for maker, n in site.makers if maker in counts)
    devices = sum(n for _, n in counted)
    unnamed = max(0, site.devices - sum(n for _, n in site.makers))
    if not devices and site.devices and not unnamed and not site.unknown_make:
        named = ", ".join(sorted({maker for maker, _ in site.makers}))
        return Scope(site, f"no ground of the policy counts for {named}", foreign=True)
    return Scope(replace(site, devices=devices, makers=counted, unknown_make=site.unknown_make + unnamed))


def _exempt(site: Site, makers: tuple[str, ...], classes: tuple[str, ...], controllers: tuple[str, ...]) -> bool:
    if not (makers or classes or controllers):
        return False
    return (
        (not makers or (bool(site.makers) and all(m in makers for m, _ in site.makers)))
        and (not classes or site.site_class in classes)
        and (not controllers or site.controller in controllers)
    )


def granted(sites: Sequence[Site], policy: Policy, counts: frozenset[str] | None, kinds: Mapping[str, str]) -> list[str]:
    """What is taken for granted about the sites that are planned, in words."""
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
