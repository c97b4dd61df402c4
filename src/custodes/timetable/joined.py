"""Sites that must go in the same month: those of one visit, and those that a circle of visits and dependencies ties to them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from custodes.values.plan import Site


def joined(sites: Sequence[Site]) -> list[tuple[Site, ...]]:
    """The sites in groups, groups and members in the given order. Without visits every site is alone."""
    if not any(s.visit for s in sites):
        return [(s,) for s in sites]
    head = {s.site_id: s.site_id for s in sites}
    first: dict[str, str] = {}
    for s in sites:
        if s.visit:
            _join(head, s.site_id, first.setdefault(s.visit, s.site_id))
    while tied := _tied(sites, head):
        for one, other in tied:
            _join(head, one, other)
    groups: dict[str, list[Site]] = {}
    for s in sites:
        groups.setdefault(_head(head, s.site_id), []).append(s)
    return [tuple(group) for group in groups.values()]


def _tied(sites: Sequence[Site], head: dict[str, str]) -> list[tuple[str, str]]:
    """Two groups that wait for each other through groups of several sites (a circle of single sites is a contradiction and stays one)."""
    after: dict[str, set[str]] = {}
    size: dict[str, int] = {}
    for s in sites:
        own = _head(head, s.site_id)
        size[own] = size.get(own, 0) + 1
        after.setdefault(own, set()).update(_head(head, o) for o in s.depends_on if o in head)
    for group in after:
        after[group].discard(group)
    found = []
    for circle in _circles(after):
        if any(size[g] > 1 for g in circle):
            found += [(circle[0], other) for other in circle[1:]]
    return found


def _circles(after: Mapping[str, set[str]]) -> list[list[str]]:
    """Strongly connected parts with more than one member (Tarjan's method, without recursion)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on: set[str] = set()
    found = []
    for root in after:
        if root in number:
            continue
        walk = [(root, iter(sorted(after[root])))]
        number[root] = low[root] = len(number)
        stack.append(root)
        on.add(root)
        while walk:
            at, ahead = walk[-1]
            nxt = next((o for o in ahead if o not in number or o in on), None)
            if nxt is not None and nxt not in number:
                number[nxt] = low[nxt] = len(number)
                stack.append(nxt)
                on.add(nxt)
                walk.append((nxt, iter(sorted(after[nxt]))))
                continue
            if nxt is not None:
                low[at] = min(low[at], number[nxt])
                continue
            walk.pop()
            if walk:
                low[walk[-1][0]] = min(low[walk[-1][0]], low[at])
            if low[at] == number[at]:
                part = []
                while True:
                    part.append(stack.pop())
                    on.discard(part[-1])
                    if part[-1] == at:
                        break
                if len(part) > 1:
                    found.append(sorted(part))
    return found


def _head(head: dict[str, str], site_id: str) -> str:
    while head[site_id] != site_id:
        head[site_id] = head[head[site_id]]
        site_id = head[site_id]
    return site_id


def _join(head: dict[str, str], one: str, other: str) -> None:
    a, b = sorted((_head(head, one), _head(head, other)))
    head[b] = a
