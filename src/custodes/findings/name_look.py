"""A second, still quick look at pairs that share words: which words met, and how alike the letters are. The gate decides on it which pairs are worth weighing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from custodes.findings.name_kernel import Array, entry, reading
from custodes.findings.name_weigh import AHEAD, DESK, KNOWN, LISTED, OURS, Desk, Known, Listed, Ours, _fetch, _masks, _unmask, desk, jaro_winkler

if TYPE_CHECKING:
    from custodes.findings.name_memory import Memory
    from custodes.findings.name_pairs import Asked

LOOKED = ("most_hit", "most_near", "count_hit", "jaro")
"""What is added to the figures of the gate: the weight of the rarest word that met, and of the rarest that nearly met; words that met; likeness of letters."""

_EXACT = np.float32(0.999)


def bundles(asked: Asked, memory: Memory) -> tuple[Ours, Known, int]:
    """What compiled loops over pairs take: the names asked about, what is remembered of words, letters of the longest name on either side."""
    c, table = memory.columns, memory.table
    ours = (asked.start, asked.token_word, asked.joined_position, asked.entry_end, asked.entry_span, asked.entry_memory, asked.total, asked.form, asked.marks, asked.raw_length, asked.cut.whole, asked.cut.whole_end)
    words = (table.pool, table.begin, c["weight"], c["usual"], c["bearers"], c["length"], c["canon"], c["digit"], c["region"], memory.place, memory.like, memory.how)
    longest = max(int(np.diff(asked.cut.whole_end, prepend=0).max(initial=0)), memory.ready.longest)
    return Ours(*map(reading, ours)), Known(*map(reading, words)), longest


def look(asked: Asked, memory: Memory, ours: Array, theirs: Array, figure: Array) -> None:
    """Write the columns of ``LOOKED`` to the last columns of ``figure`` for pairs sorted by our name."""
    mine, words, longest = bundles(asked, memory)
    _look(ours, theirs, mine, words, memory.ready.sides, desk(longest, 0), figure)


@entry("-", "i8[:] i8[:]", (Ours, OURS), (Known, KNOWN), (Listed, LISTED), (Desk, DESK), "f4[:,:]!")
def _look(ours: Any, theirs: Any, o: Any, x: Any, y: Any, d: Any, figure: Any) -> None:
    compact, mask, last, size, column = d.compact, d.mask, -1, 0, figure.shape[1] - 4
    for p in range(len(ours)):
        n, m = ours[p], theirs[p]
        if p % AHEAD == 0:
            d.room[0] = _fetch(theirs, p, y)
        if n != last:
            if size <= 64:
                _unmask(compact, size, mask)
            size, last = 0, n
            for k in range(o.start[n], o.start[n + 1]):
                for c in range(x.begin[o.word[k]], x.begin[o.word[k] + 1]):
                    compact[size] = x.pool[c]
                    size += 1
            if size <= 64:
                _masks(compact, size, mask)
        low = y.compact_begin[m]
        exact, near, count = np.float32(0), np.float32(0), 0
        at, end = y.start[m], y.start[m + 1]
        for e in range(o.entry_end[n - 1] if n else 0, o.entry_end[n]):
            place = x.place[o.entry_memory[e]]
            while at < end and y.token[at] < place:
                at += 1
            if at == end:
                break
            if y.token[at] == place:
                count += 1
                if x.like[o.entry_memory[e]] >= _EXACT:
                    exact = max(exact, y.idf[place])
                else:
                    near = max(near, y.idf[place])
        figure[p, column], figure[p, column + 1], figure[p, column + 2] = exact, near, count
        figure[p, column + 3] = jaro_winkler(compact, size, y.compact, low, y.compact_begin[m + 1] - low, mask, d.room, d.flags)
