"""A page over time: looks go in, the state and the events come out. Pure: no clock, no network, no file.

States: present, changed, moved, blocked, error, soft-404, missing, gone. *Gone* needs N looks that found nothing, the first and the last of them at least
D days apart, and is reported as the interval between *last seen* and *first not seen*, never as a moment. Looks that failed (blocked, error) neither
confirm nor contradict: a failed look is never a removal, and one look that sees the page again ends the count. *Missing* is what a page is until then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from custodes.sources.sight import BLOCKED, ERROR, MISSING, PRESENT, SOFT, same_address
from custodes.sources.textdiff import Difference, difference, fingerprint

_JITTER = timedelta(hours=1)
"""A timer does not fire to the second: looks at the same hour of two days are that many days apart."""
CHANGED, MOVED, GONE, BACK, FIRST = "changed", "moved", "gone", "back", "first seen"


@dataclass(frozen=True, slots=True)
class Patience:
    """How many looks that found nothing, over how many days, make a page gone."""

    looks: int = 3
    days: float = 14.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look: when (aware), what was seen (a kind of :mod:`sight`) and why, where the answer came from, the text's hash, the body's hash, the capture's hash.

    ``text`` is empty when the answer holds no text; then the body decides whether it changed.
    """

    at: datetime
    sight: str
    why: str
    final: str = ""
    text: str = ""
    body: str = ""
    capture: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a page: ``kind``, the look that showed it, and the last look before it that saw the page (None: never seen before).

    It happened after ``before.at`` and not after ``look.at``. ``difference``: sentences; for *gone*, ``look`` is the first that did not see it and
    ``confirmed`` the look that made it sure.
    """

    kind: str
    look: Look
    before: Look | None = None
    difference: Difference = field(default_factory=Difference)
    why: str = ""
    confirmed: Look | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """The state of a page after all its looks. ``last_seen`` and ``first_not_seen`` are looks; the second is None while it is there or looks failed only."""

    state: str
    events: tuple[Event, ...] = ()
    states: tuple[str, ...] = ()
    last_seen: Look | None = None
    first_not_seen: Look | None = None
    missed: int = 0


Sentences = Callable[[str], Sequence[str]]
"""The filtered sentences of a text by its hash."""


class _Page:
    """What the looks so far add up to."""

    def __init__(self, sentences: Sentences, patience: Patience) -> None:
        self._sentences, self._patience = sentences, patience
        self.seen: Look | None = None
        self.missed: list[Look] = []
        self.state = ""
        self.is_gone = False

    def take(self, look: Look) -> Iterator[Event]:
        """The events of one look; afterwards ``state`` is that of the page."""
        if look.sight == PRESENT:
            yield from self._present(look)
        elif look.sight in (MISSING, SOFT):
            yield from self._absent(look)
        else:
            if self.state != look.sight and not self.is_gone:
                yield Event(look.sight, look, self.seen, why=look.why)
            self.state = GONE if self.is_gone else look.sight

    def _present(self, look: Look) -> Iterator[Event]:
        before, self.seen = self.seen, look
        missed, self.missed, was_gone, self.is_gone = self.missed, [], self.is_gone, False
        if before is None:
            self.state = PRESENT
            yield Event(FIRST, look, why=look.why)
            return
        if missed:
            yield Event(BACK, look, missed[-1], why="it was gone" if was_gone else "it was missing")
        moved, changed = not same_address(before.final, look.final), self._changed(before, look)
        if moved:
            yield Event(MOVED, look, before, changed or Difference(), f"from {before.final} to {look.final}")
        if changed is not None:
            yield Event(CHANGED, look, before, changed, _words(changed))
        self.state = MOVED if moved else CHANGED if changed is not None else PRESENT

    def _changed(self, before: Look, look: Look) -> Difference | None:
        """The difference, None without one. An answer without text (a picture, a locked file) is compared by its bytes."""
        if not before.text and not look.text:
            return None if before.body == look.body else Difference()
        if before.text == look.text:
            return None
        old, new = self._sentences(before.text) if before.text else (), self._sentences(look.text) if look.text else ()
        if fingerprint(old) == fingerprint(new):
            return None
        return difference(old, new)

    def _absent(self, look: Look) -> Iterator[Event]:
        if not self.missed and not self.is_gone:
            yield Event(look.sight, look, self.seen, why=look.why)
        self.missed.append(look)
        if self.is_gone:
            return
        first, last = self.missed[0], self.missed[-1]
        enough = len(self.missed) >= self._patience.looks and last.at - first.at >= timedelta(days=self._patience.days) - _JITTER
        if enough and self.seen is not None:
            self.is_gone, self.state = True, GONE
            yield Event(GONE, first, self.seen, why=f"{len(self.missed)} looks found nothing; {look.why}", confirmed=last)
        else:
            self.state = look.sight


def follow(looks: Iterable[Look], sentences: Sentences, patience: Patience | None = None) -> Course:
    """The course of one page from its looks, in any order. ``sentences`` gives the text of a look by its hash; other filters, another course."""
    page = _Page(sentences, patience or Patience())
    events: list[Event] = []
    states: list[str] = []
    for look in sorted(looks, key=lambda look: (look.at, look.capture, look.sight)):
        events += page.take(look)
        states.append(page.state)
    return Course(page.state, tuple(events), tuple(states), page.seen, page.missed[0] if page.missed else None, len(page.missed))


def _words(found: Difference) -> str:
    if not found:
        return "the order of its sentences changed" if found.moved else "its bytes changed"
    return f"{len(found.removed)} sentences removed, {len(found.added)} added"


@dataclass(frozen=True, slots=True)
class Step:
    """Between two versions of a line a term went away, or came: ``kind`` is withdrawn or introduced; ``last`` and ``first`` are the names of the versions."""

    term: str
    kind: str
    last: str
    first: str
    sentence: str


def line(versions: Sequence[tuple[str, Sequence[str]]], terms: Sequence[str]) -> tuple[Step, ...]:
    """What a line of versions (name, sentences; oldest first) says and stops saying, term by term: a quiet withdrawal shows only here.

    ``sentence`` is the last one that held a term that went, the first one that holds a term that came. Terms match whole words, any case; a ``*`` at the
    end lets the word go on. Versions without text are passed over: what was not read says nothing.
    """
    read = [(name, sentences) for name, sentences in versions if sentences]
    steps = []
    for term in terms:
        pattern = _pattern(term)
        found = [(name, next((s for s in sentences if pattern.search(s)), "")) for name, sentences in read]
        for (name, held), (following, holds) in pairwise(found):
            if held and not holds:
                steps.append(Step(term, "withdrawn", name, following, held))
            elif holds and not held:
                steps.append(Step(term, "introduced", name, following, holds))
    return tuple(steps)


def _pattern(term: str) -> re.Pattern[str]:
    open_end = term.endswith("*")
    return re.compile(rf"(?<!\w){re.escape(term.rstrip('*'))}" + ("" if open_end else r"(?!\w)"), re.IGNORECASE)


__all__ = ["BACK", "BLOCKED", "CHANGED", "ERROR", "FIRST", "GONE", "MISSING", "MOVED", "PRESENT", "SOFT", "Course", "Event", "Look", "Patience", "Step", "follow", "line"]
