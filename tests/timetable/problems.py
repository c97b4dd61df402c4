"""Small problems and a planner that tries everything, written without a look at the real one."""

from __future__ import annotations

import calendar
import itertools
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal

from hypothesis import strategies as st

from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Removal, Site

NOW = "2027-01-10T09:00:00+00:00"
MONTHS = ("2027-01", "2027-02", "2027-03", "2027-04")


def policy(deadline: str = "", low: int | None = 100, high: int | None = 300) -> Policy:
    costs = [None if c is None else Decimal(c) for c in (low, high)]
    return Policy("test", "test", "", "", "", "", "", (), (), (), (), (), deadline, costs[0], costs[1], "GBP")


def site(site_id: str, devices: int = 10, **more: object) -> Site:
    return Site(site_id, "Anytown Council", devices, **more)  # type: ignore[arg-type]


def means(crews: int = 0, rate: int = 0, budgets: dict[str, int] | None = None, freezes: tuple[str, ...] = (), start: str = "2027-01") -> Means:
    return Means(start, tuple((k, Decimal(v)) for k, v in (budgets or {}).items()), crews, rate, freezes)


def every_plan(sites: Sequence[Site], months: Sequence[str] = MONTHS) -> Iterator[tuple[Removal, ...]]:
    for choice in itertools.product(months, repeat=len(sites)):
        costs = [None if s.unit_cost is None else s.devices * s.unit_cost for s in sites]
        yield tuple(Removal(s.site_id, m, s.devices, c) for s, m, c in zip(sites, choice, costs, strict=True))


def keeps_the_rules(sites: Sequence[Site], removals: Sequence[Removal], has: Means | None, last: str = "") -> bool:
    """The rules once more, as day sets and dictionaries (dates here are whole ISO dates; budgets are quarters)."""
    month = {r.site_id: r.month for r in removals}
    if any(_circular(s.site_id, {x.site_id: x.depends_on for x in sites}) for s in sites):
        return False
    for s in sites:
        days = _days(month[s.site_id])
        days = {d for d in days if (s.window_from or "0") <= d <= (s.window_to or "9") and d <= (s.deadline or "9") and d <= (last or "9")}
        days = {d for d in days if not _frozen(d, has)}
        if not days or any(o not in month or month[o] > month[s.site_id] for o in s.depends_on):
            return False
    if has is None:
        return True
    for m in set(month.values()):
        load = sum(s.devices for s in sites if month[s.site_id] == m)
        share = len([d for d in _days(m) if not _frozen(d, has)]) / len(_days(m))
        if has.crews and load > has.crews * has.devices_per_crew_month * share + 1e-9:
            return False
    spent: dict[str, Decimal] = {}
    for s in sites:
        quarter = f"{month[s.site_id][:4]}-Q{(int(month[s.site_id][5:]) + 2) // 3}"
        spent[quarter] = spent.get(quarter, Decimal(0)) + s.devices * (s.unit_cost if s.unit_cost is not None else Decimal(300))
    return not has.budgets or all(not amount or amount <= dict(has.budgets).get(q, Decimal(-1)) for q, amount in spent.items())


def _days(month: str) -> set[str]:
    year, number = map(int, month.split("-"))
    return {f"{month}-{d:02d}" for d in range(1, calendar.monthrange(year, number)[1] + 1)}


def _frozen(day: str, has: Means | None) -> bool:
    return any(f.split("/")[0] <= day <= f.split("/")[1] for f in (has.freezes if has else ()))


def _circular(start: str, after: dict[str, tuple[str, ...]]) -> bool:
    seen, ahead = set(), list(after.get(start, ()))
    while ahead:
        at = ahead.pop()
        if at == start:
            return True
        if at not in seen:
            seen.add(at)
            ahead += after.get(at, ())
    return False


def hidden_plan(seed: int, months: int, fill: int) -> list[Site]:
    """Sites made from a plan that exists: ``fill`` of 100 devices in each month, windows and deadlines around it, dependencies on earlier sites."""
    draw, sites, placed = random.Random(seed), list[Site](), list[int]()
    for month in range(months):
        left = fill
        while left:
            devices = min(left, draw.randint(5, 40))
            left -= devices
            opens, due = max(0, month - draw.randint(0, 6)), min(months - 1, month + draw.randint(0, 3))
            before = tuple(s.site_id for s, m in zip(sites, placed, strict=True) if m <= month)
            after = (draw.choice(before),) if before and draw.random() < 0.2 else ()
            window = {"deadline": f"2027-{due + 1:02d}", "window_from": f"2027-{opens + 1:02d}-01"}
            sites.append(site(f"S{len(sites):03d}", devices, depends_on=after, **window))
            placed.append(month)
    return sites


_days_of_2027 = st.sampled_from(["", "", "", "2027-01-20", "2027-02-01", "2027-02-28", "2027-03-15", "2027-04-30"])
_costs = st.sampled_from([None, Decimal(0), Decimal("10.5"), Decimal(20)])


@st.composite
def problems(draw: st.DrawFn, most: int = 4) -> tuple[list[Site], Means, str]:
    """(sites, means, the policy's deadline): everything ends by April 2027, so that trying four months is trying all."""
    names = ["A", "B", "C", "D"][: draw(st.integers(1, most))]
    sites = [
        Site(
            name, "Anytown", draw(st.integers(0, 12)), draw(st.integers(0, 3)), draw(_costs), draw(_days_of_2027), "",
            draw(_days_of_2027), draw(_days_of_2027), tuple(draw(st.lists(st.sampled_from(names), max_size=1))) if draw(st.booleans()) else (),
        )
        for name in names
    ]  # fmt: skip
    budgets = draw(st.sampled_from([{}, {}, {"2027-Q1": 200}, {"2027-Q1": 150, "2027-Q2": 150}, {"2027-Q2": 4000}]))
    crews = draw(st.sampled_from([(0, 0), (1, 10), (2, 7), (1, 14)]))
    freezes = draw(st.sampled_from([(), (), ("2027-02-01/2027-02-28",), ("2027-01-15/2027-03-05", "2027-03-01/2027-03-10")]))
    return sites, means(*crews, budgets, freezes), "2027-04-30"
