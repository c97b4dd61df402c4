"""Can what is withheld be worked out from what is published? Exact linear algebra over all tables of all editions. Pure.

Every published number is a sum over sites: one linear equation in values that may be hidden. A reader who puts all tables of all editions side by side
holds a system of equations. Something is *undone* when a hidden value, or the sum over fewer hidden sites than the minimum cell size, is a linear
combination of published numbers (decided with fractions, no rounding), or when the numbers leave a hidden count less room than they must (the least and
the greatest whole number that fit, found by HiGHS; counts are not negative). The tables that undo it are named: a smallest set, none of which can be spared.

A reader is taken to know everything about the sites that are not hidden, to know that counts are whole, and to notice that a value did not change from one
edition to the next. What somebody knows from elsewhere (one site's own count) is not looked at.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

_LIMIT, _NOTHING_FITS = 1, 2  # of scipy.optimize.milp's statuses
SIZES = ("devices", "unknown_make")
"""Measures that tell how large a site is: these must keep room. That nothing was removed yet at a hidden site, or that it has no unknown make, tells no size."""
PRIME = (1 << 61) - 1
"""Fingerprints are counted modulo this; what a fingerprint suggests is decided with fractions."""
NODES = 500
"""How far the search for the least and the greatest number may go. Where it does not end, nothing is known, and what is not known is not safe."""
NAMED = 24
"""Up to this many equations the smallest set that narrows a value down is looked for; above, all that hold the value are named."""


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """One value of one site: ``measure`` (sites, devices, removed ...), and the true number. Another number is another value."""

    measure: str
    site_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One published number: where it stands, and what it adds up. ``rank``: what may be left out first (0) and last; None: a
    value that somebody decided to show, or an edition that is out already."""

    edition: str
    table: str
    key: str
    measure: str
    parts: tuple[tuple[Value, Fraction], ...]
    rank: int | None = 0

    @property
    def place(self) -> str:
        """``table 'by body', row 'Ministry', devices``, with its edition when it has one."""
        return f"table {self.table!r}, row {self.key!r}, {self.measure}" + (f", edition of {self.edition}" if self.edition else "")


@dataclass(frozen=True, slots=True)
class Exposure:
    """Something hidden that can be undone: ``kind`` exact or too tight; ``values`` hidden; ``cells``: the numbers that undo it together;
    ``beside``: tables that give single values to take off."""

    kind: str
    values: tuple[Value, ...]
    cells: tuple[Cell, ...]
    beside: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None

    @property
    def words(self) -> str:
        """One sentence that names the tables, and the sites for the eyes of the house only."""
        sites = ", ".join(sorted({v.site_id for v in self.values})[:5])
        what = f"{self.values[0].measure} of {sites}"
        places = "; ".join(cell.place for cell in self.cells) + (f"; less what {' and '.join(self.beside)} show" if self.beside else "")
        if self.kind == "exact":
            return f"{what} can be worked out from {places}"
        return f"{what} can be narrowed down to {self.low} to {self.high} from {places}"


def audit(cells: Sequence[Cell], hidden: Iterable[Value], minimum: int = 5, spread: Fraction = Fraction(1, 5), ranges: bool = True) -> list[Exposure]:
    """Everything hidden that can be undone, in a fixed order; empty when nothing can. ``hidden``: values that must stay so.

    ``minimum``: sums over fewer hidden sites must not be derivable (all sums over up to four groups that no table tells apart are looked at), and a hidden
    count must have at least this much room (greatest less least); ``spread``: and at least this share of its true size. Room is asked of :data:`SIZES` only,
    and only with ``ranges``.
    """
    secret = set(hidden)
    alone: dict[Value, Cell] = {}
    for cell in cells:
        if len(cell.parts) == 1:
            alone.setdefault(cell.parts[0][0], cell)
    found = [Exposure("exact", (v,), (alone[v],)) for v in sorted(secret & alone.keys())]
    rows = _equations(cells, alone.keys())
    left = secret - alone.keys()
    for part in _components(rows):
        found += _audit_part([rows[n] for n in part], left, minimum, spread, ranges)
    return sorted((replace(e, beside=_beside(e, alone)) for e in found), key=lambda e: (e.kind, e.values))


def _beside(exposure: Exposure, alone: Mapping[Value, Cell]) -> tuple[str, ...]:
    """The tables that show single values which stand inside the cells that undo something."""
    inside = {v for cell in exposure.cells if len(cell.parts) > 1 for v, _ in cell.parts}
    places = {(alone[v].table, alone[v].edition) for v in inside & alone.keys()}
    return tuple(f"table {table!r}" + (f" of {edition}" if edition else "") for table, edition in sorted(places))


@dataclass(frozen=True)
class _Row:
    cell: Cell
    parts: dict[Value, Fraction]

    @property
    def total(self) -> Fraction:
        return sum((factor * value.number for value, factor in self.parts.items()), Fraction(0))


def _equations(cells: Iterable[Cell], known: Iterable[Value]) -> list[_Row]:
    """Published cells without what is known already; of cells that say the same one stays (the newest edition's goes, because an old one cannot be taken back)."""
    shown, seen, found = set(known), set(), []
    for cell in cells:
        parts = {v: f for v, f in cell.parts if v not in shown and f}
        key = frozenset(parts.items())
        if parts and key not in seen:
            seen.add(key)
            found.append(_Row(cell, parts))
    return found


def _components(rows: Sequence[_Row]) -> Iterator[list[int]]:
    """Rows that share hidden values belong together; the rest cannot tell on them."""
    of: defaultdict[Value, list[int]] = defaultdict(list)
    for n, row in enumerate(rows):
        for value in row.parts:
            of[value].append(n)
    seen: set[int] = set()
    for n in range(len(rows)):
        if n in seen:
            continue
        group, ahead = [], [n]
        seen.add(n)
        while ahead:
            at = ahead.pop()
            group.append(at)
            for value in rows[at].parts:
                for other in of.pop(value, ()):
                    if other not in seen:
                        seen.add(other)
                        ahead.append(other)
        yield sorted(group)


def _audit_part(rows: Sequence[_Row], secret: set[Value], minimum: int, spread: Fraction, ranges: bool) -> list[Exposure]:
    values = sorted({v for row in rows for v in row.parts})
    groups: defaultdict[tuple[str, tuple[tuple[int, Fraction], ...]], list[Value]] = defaultdict(list)
    where: defaultdict[Value, list[tuple[int, Fraction]]] = defaultdict(list)
    for n, row in enumerate(rows):
        for value, factor in row.parts.items():
            where[value].append((n, factor))
    for value in values:  # values that stand in the same rows with the same factors can never be told apart
        groups[value.measure, tuple(where[value])].append(value)
    columns = [members for _, members in sorted(groups.items(), key=lambda item: item[1])]
    space = _Space([{n: row.parts[members[0]] for n, members in enumerate(columns) if members[0] in row.parts} for row in rows], len(columns))
    exact = list(_derivable(columns, space, secret, minimum))
    told = {v for _, members in exact for v in members if len(members) == 1}
    found = [Exposure("exact", tuple(members), tuple(rows[n].cell for n in used)) for used, members in exact]
    return found + (list(_tight(rows, columns, secret - told, minimum, spread)) if ranges else [])


def _derivable(columns: Sequence[list[Value]], space: _Space, secret: set[Value], minimum: int) -> Iterator[tuple[list[int], list[Value]]]:
    """(rows used, hidden values) for every group, and every union of groups, of fewer than ``minimum`` hidden values whose sum is a combination of rows."""
    of: defaultdict[str, list[int]] = defaultdict(list)
    for n, members in enumerate(columns):
        if len(members) < minimum and secret.intersection(members):
            of[members[0].measure].append(n)
    prints = space.fingerprints()
    for _, small in sorted(of.items()):
        done: list[set[int]] = []
        for chosen in _zero_sums(small, prints):
            if sum(len(columns[n]) for n in chosen) >= minimum or any(part <= set(chosen) for part in done):
                continue
            if used := space.combination({n: Fraction(1) for n in chosen}):
                done.append(set(chosen))
                yield used, sorted(v for n in chosen for v in columns[n])


def _zero_sums(numbers: Sequence[int], prints: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Sets of up to four numbers whose fingerprints add up to nothing, the smallest sets first: only these can be derivable."""
    yield from ((n,) for n in numbers if not prints[n])
    rest = [n for n in numbers if prints[n]]
    of = {n: prints[n] for n in rest}
    by: defaultdict[int, list[int]] = defaultdict(list)
    for n in rest:
        by[of[n]].append(n)
    pairs: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for at, a in enumerate(rest):
        for b in rest[at + 1 :]:
            pairs[(of[a] + of[b]) % PRIME].append((a, b))
    yield from pairs.get(0, ())
    sums = [(total, pair) for total, found in pairs.items() if total for pair in found]
    yield from sorted({tuple(sorted((*pair, n))) for total, pair in sums for n in by.get(-total % PRIME, ()) if n not in pair})
    quads = {tuple(sorted((*pair, *other))) for total, pair in sums for other in pairs.get(-total % PRIME, ()) if not {*pair} & {*other}}
    yield from sorted(quads)


class _Space:
    """The row space of a matrix of fractions (rows: column -> factor), reduced once; says which rows make up a vector."""

    def __init__(self, matrix: Sequence[Mapping[int, Fraction]], width: int) -> None:
        self._matrix, self._width = list(matrix), width
        self._reduced: list[tuple[int, dict[int, Fraction], dict[int, Fraction]]] = []
        for n, row in enumerate(self._matrix):
            self._add(n, row)

    def fingerprints(self) -> list[int]:
        """A number per column such that columns whose sum is a combination of rows have numbers that add up to 0 modulo :data:`PRIME`.

        A vector lies in the row space when it is orthogonal to every vector of the null space; the numbers are one fixed mixture of these.
        """
        pivots: dict[int, dict[int, Fraction]] = {}
        for pivot, row, _ in reversed(self._reduced):
            full = dict(row)
            for other in sorted(full.keys() & pivots.keys()):
                _subtract(full, pivots[other], full[other])
            pivots[pivot] = full
        mix, found = 1, [0] * self._width
        for n in range(self._width):
            if n not in pivots:
                mix = mix * 6364136223846793005 % PRIME
                found[n] = mix
        for pivot, row in pivots.items():
            found[pivot] = -sum(f.numerator * pow(f.denominator, -1, PRIME) * found[n] for n, f in row.items() if n != pivot) % PRIME
        return found

    def _add(self, n: int, row: Mapping[int, Fraction]) -> None:
        left, made = self._reduce(row)
        made = {k: -f for k, f in made.items()} | {n: Fraction(1)}
        if left:
            pivot = min(left)
            scale = left[pivot]
            self._reduced.append((pivot, {k: f / scale for k, f in left.items()}, {k: f / scale for k, f in made.items() if f}))

    def _reduce(self, vector: Mapping[int, Fraction]) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
        left, made = dict(vector), dict[int, Fraction]()
        for pivot, row, origin in self._reduced:
            if factor := left.get(pivot, Fraction(0)):
                _subtract(left, row, factor)
                _subtract(made, origin, -factor)
        return left, made

    def combination(self, wanted: Mapping[int, Fraction]) -> list[int]:
        """Numbers of rows of which a combination is ``wanted`` and of which none can be spared; [] when there is none."""
        left, made = self._reduce(wanted)
        if left:
            return []
        used = sorted(n for n, f in made.items() if f)
        for n in list(used):  # a smaller set may do
            fewer = [m for m in used if m != n]
            if fewer and not _Space([self._matrix[m] for m in fewer], self._width)._reduce(wanted)[0]:
                used = fewer
        return used


def _subtract(target: dict[int, Fraction], row: Mapping[int, Fraction], factor: Fraction) -> None:
    for at, value in row.items():
        rest = target.get(at, Fraction(0)) - factor * value
        if rest:
            target[at] = rest
        else:
            target.pop(at, None)


def _tight(rows: Sequence[_Row], columns: Sequence[list[Value]], secret: set[Value], minimum: int, spread: Fraction) -> Iterator[Exposure]:
    """Hidden counts that have too little room. Members of one group have the same least and greatest value, so one of them stands for all."""
    for members in columns:
        mine = [v for v in members if v in secret and v.measure in SIZES and (v.number or v.measure == SIZES[0])]
        if not mine or (sum(v.number for v in members) >= max(_room(v, minimum, spread) for v in mine) and len(members) > 1):
            continue  # any of the group can hold what all of them hold together, or nothing: that is room enough
        low, high = bounds(rows_of(rows), mine[0])
        narrow = [v for v in mine if high is not None and high - low < _room(v, minimum, spread)]
        if narrow and high is not None:
            cells = _needed(rows, narrow[0], _room(narrow[0], minimum, spread))
            yield Exposure("too tight", tuple(narrow), cells, low=low, high=high)


def _room(value: Value, minimum: int, spread: Fraction) -> int:
    return max(minimum, math.ceil(spread * value.number))


def _needed(rows: Sequence[_Row], value: Value, room: int) -> tuple[Cell, ...]:
    """Cells that are enough to leave a value less than ``room``; none can be spared."""
    kept = list(rows)
    if len(kept) > NAMED:
        return tuple(row.cell for row in kept if value in row.parts)
    for row in list(kept):
        fewer = [r for r in kept if r is not row]
        if any(value in r.parts for r in fewer):
            low, high = bounds(rows_of(fewer), value)
            if high is not None and high - low < room:
                kept = fewer
    return tuple(row.cell for row in kept)


def rows_of(rows: Sequence[_Row]) -> list[tuple[dict[Value, Fraction], Fraction]]:
    """Rows as (factors, total)."""
    return [(row.parts, row.total) for row in rows]


def bounds(rows: Sequence[tuple[Mapping[Value, Fraction], Fraction]], value: Value) -> tuple[int, int | None]:
    """The least and the greatest whole number that ``value`` can have when every row holds and nothing is negative; None: without end."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    names = sorted({v for parts, _ in rows for v in parts} | {value})
    at = {v: n for n, v in enumerate(names)}
    matrix, totals = np.zeros((len(rows), len(names))), np.zeros(len(rows))
    for n, (parts, total) in enumerate(rows):
        scale = max(abs(f) for f in parts.values())
        totals[n] = float(total / scale)
        for v, factor in parts.items():
            matrix[n, at[v]] = float(factor / scale)
    ends: list[int | None] = []
    for sign in (1.0, -1.0):
        goal = np.zeros(len(names))
        goal[at[value]] = sign
        done = milp(goal, constraints=LinearConstraint(matrix, totals, totals), integrality=np.ones(len(names)), bounds=Bounds(0, np.inf), options={"node_limit": NODES})
        if done.status in (_LIMIT, _NOTHING_FITS):  # the true values fit: a solver that says otherwise knows nothing, and what is not known to be safe is not safe
            return value.number, value.number
        ends.append(round(sign * float(done.fun)) if done.status == 0 else None)
    return (ends[0] if ends[0] is not None else 0), ends[1]


def protect(cells: Sequence[Cell], hidden: Iterable[Value], minimum: int = 5, spread: Fraction = Fraction(1, 5)) -> tuple[list[Cell], list[Cell], list[Exposure]]:
    """(cells that may be published, cells left out, what can be undone all the same). Cells without a rank are never left out.

    First goes what adds up fewer hidden sites than the minimum; then, as long as something can be undone, of the cells that undo it the one of the lowest
    rank, the one with the fewest hidden parts, the last in the order of keys.
    """
    secret = set(hidden)
    kept: list[Cell] = []
    out: list[Cell] = []
    for cell in cells:
        many = len({v.site_id for v, f in cell.parts if f and v in secret})
        (out if cell.rank is not None and 0 < many < minimum else kept).append(cell)
    while exposures := audit(kept, secret, minimum, spread, ranges=False) or audit(kept, secret, minimum, spread):
        worst = {id(c): c for e in exposures if (c := _weakest(e, secret)) is not None}
        if not worst:
            return kept, out, exposures
        out += [c for c in kept if id(c) in worst]
        kept = [c for c in kept if id(c) not in worst]
    return kept, out, []


def _weakest(exposure: Exposure, secret: set[Value]) -> Cell | None:
    free = [c for c in exposure.cells if c.rank is not None]
    return max(free, key=lambda c: (-(c.rank or 0), -sum(v in secret for v, _ in c.parts), c.table, c.key, c.measure), default=None)
