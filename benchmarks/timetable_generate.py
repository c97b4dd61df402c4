"""Invented estates for the timetable, the same for the same seed: sites, money and crews made around a plan that exists, so that one always does.

Every site is placed in a hidden month first; windows, deadlines and dependencies are drawn around that month, and each month's crews and each year's money
are what the hidden plan needs and a few percent more. Risk and cost differ between sites, so that the order matters.
"""

from __future__ import annotations

import random
from decimal import Decimal

from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Site

NOW = "2027-04-01T00:00:00+00:00"
RISK = (("class:sensitive", Decimal(4)), ("class:public space", Decimal(2)), ("network:isolated", Decimal("0.5")))
REGIONS = ("North", "East", "South", "West", "Centre")


def policy() -> Policy:
    """No deadline of its own; three classes that weigh differently."""
    return Policy("bench", "bench", "", "", "", "", "", (), (), (), (), (), "", Decimal(100), Decimal(300), "GBP", risk=RISK)


def estate(seed: int, sites: int, months: int, spare: float = 0.05) -> tuple[list[Site], Means]:
    """Sites and means for a plan of ``months`` months from April 2027; ``spare``: share of crews and money beyond what the hidden plan uses."""
    draw, found, hidden = random.Random(seed), list[Site](), list[int]()
    for n in range(sites):
        month = draw.randrange(months)
        opens, due = max(0, month - draw.randint(0, months // 2)), min(months - 1, month + draw.randint(0, months // 2))
        after = ()
        if n and draw.random() < 0.15:
            earlier = [k for k in draw.sample(range(n), min(n, 5)) if hidden[k] <= month]
            after = tuple(found[k].site_id for k in earlier[:1])
        found.append(
            Site(
                f"S{n:05d}", f"Invented body {n % 37}", draw.randint(2, 60), draw.randint(0, 5), Decimal(draw.randrange(150, 900)),
                _day(due, 28) if draw.random() < 0.6 else "", draw.choice(REGIONS), _day(opens, 1) if draw.random() < 0.4 else "", "", after,
                draw.choice(("sensitive", "public space", "school", "office")), network_state=draw.choice(("connected", "isolated", "")),
            )
        )  # fmt: skip
        hidden.append(month)
    load = [sum(s.devices for s, m in zip(found, hidden, strict=True) if m == month) for month in range(months)]
    years: dict[str, Decimal] = {}
    for s, m in zip(found, hidden, strict=True):
        year = f"{2027 + m // 12}-{(28 + m // 12) % 100:02d}"
        years[year] = years.get(year, Decimal(0)) + s.devices * (s.unit_cost or 0)
    rate = 20
    crews = -(-int(max(load) * (1 + spare)) // rate)
    budgets = tuple((year, (amount * Decimal(1 + spare)).quantize(Decimal(1))) for year, amount in sorted(years.items()))
    return found, Means("2027-04", budgets, crews, rate)


def _day(month: int, day: int) -> str:
    return f"{2027 + (3 + month) // 12}-{(3 + month) % 12 + 1:02d}-{day:02d}"
