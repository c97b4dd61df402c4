"""The history of one thread: when the claim was seen, when it was not, what was answered, and how it stands on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

_STRENGTH = {"claim": 5, "unreadable": 4, "moved": 3, "look": 2, "withdrawal": 2, "denial": 2, "correction": 2, "gone": 1}
"""Of several things seen at one moment the strongest counts: the rendered page may show a claim that the source does not. A page that only takes back or
denies is a page without the claim."""
_STATES = {"withdrawal": "look", "denial": "look", "correction": "look"}
_ANSWERED = {"denial": "denied", "correction": "corrected", "withdrawal": "withdrawn", "reply": "answered", "silence": "left unanswered"}
ORDER = ("denial", "correction", "withdrawal", "reply", "silence")
DECIDES = ("same page", "named")
"""Links whose events enter the status; what is linked by firm alone is only shown beside it."""


@dataclass(frozen=True, slots=True)
class History:
    """The events of one thread in the order of time."""

    rows: tuple[Row, ...]

    def captures(self, day: str = "") -> list[tuple[str, str]]:
        """(moment, state) of every look at the page up to ``day``; statements that tell of its removal count as looks of their date."""
        seen: dict[str, str] = {}
        for row in self._until(day):
            if row["link"] == "same page" and row["date"] and (row["record_kind"] == "PAGE" or row["kind"] == "gone") and row["kind"] in _STRENGTH:
                now = seen.get(row["date"], "")
                seen[row["date"]] = row["kind"] if _STRENGTH[row["kind"]] > _STRENGTH.get(now, 0) else now
        return sorted((moment, _STATES.get(state, state)) for moment, state in seen.items())

    def dropped(self, day: str = "") -> dict[str, tuple[str, str]]:
        """Capability -> (last seen, first capture with a claim but without it): what a page stopped naming while it went on claiming."""
        named: dict[str, set[str]] = {}
        for row in self.claims(day):
            if row["record_kind"] == "PAGE":
                named.setdefault(row["date"], set()).update(row["capabilities"])
        found = {}
        for capability in sorted(set().union(*named.values())):
            last = max(moment for moment, each in named.items() if capability in each)
            if later := [moment for moment in named if moment > last]:
                found[capability] = last, min(later)
        return found

    def claims(self, day: str = "") -> list[Row]:
        """The claims of the thread up to ``day``, captured ones first in each moment."""
        return [row for row in self._until(day) if row["kind"] == "claim"]

    def answers(self, day: str = "") -> list[Row]:
        """Denials, corrections, withdrawals, replies and silences up to ``day`` that belong to this claim."""
        return [row for row in self._until(day) if row["kind"] in _ANSWERED and row["link"] in DECIDES]

    def beside(self, day: str = "") -> list[Row]:
        """What the firm said without saying of which page."""
        return [row for row in self._until(day) if row["link"] == "same firm"]

    def _until(self, day: str) -> list[Row]:
        return [row for row in self.rows if not day or (row["date"] or "")[: len(day)] <= day]

    def now(self, day: str = "") -> tuple[str, str, str, str]:
        """(state, first seen, last seen, since) on a day. State: there / gone / absent / moved / undated / reported / none; ``since``: the first look after the last sighting."""
        looks = self.captures(day)
        seen = [moment for moment, state in looks if state == "claim"]
        if not seen:
            told, held = [row["date"] for row in self.claims(day)], any(row["record_kind"] == "PAGE" for row in self.claims(day))
            return ("undated" if held else "reported", min(told), max(told), "") if told else ("none", "", "", "")
        after = [(moment, state) for moment, state in looks if _after(moment, seen[-1]) and state in ("gone", "look", "moved")]
        state = {"gone": "gone", "look": "absent", "moved": "moved"}[after[-1][1]] if after else "there"
        since = after[-1][0] if after else ""
        for moment, each in reversed(after):  # the earliest look of the same kind without another between
            if each != after[-1][1]:
                break
            since = moment
        return state, seen[0], seen[-1], since

    def status(self, day: str = "") -> str:
        """How the claim stands on ``day`` (ISO; empty: after the last event), in one sentence."""
        state, first, last, since = self.now(day)
        if state == "none":
            return "no claim yet"
        verb = "marketed" if any(row["stance"] == "markets" for row in self.claims(day)) else "documented"
        said = {
            "there": f"{verb} on {last[:10]}" if first[:10] == last[:10] else f"{verb} from {first[:10]}, still there on {last[:10]}",
            "gone": f"{verb} until {last[:10]}, gone since {since[:10]}",
            "absent": f"{verb} until {last[:10]}, no longer on the page since {since[:10]}",
            "moved": f"{verb} until {last[:10]}, the address leads elsewhere since {since[:10]}",
            "undated": f"{verb} in a file without a date",
            "reported": f"claimed ({first or 'no date'}), as reported; the page itself is not held",
        }[state]
        less = [f"{name.replace('_', ' ')} no longer named since {since[:10]}" for name, (_, since) in self.dropped(day).items()]
        return ", ".join([said, *less, *self._answered(day)])

    def _answered(self, day: str) -> list[str]:
        """What was answered, each kind and speaker once, with its first date."""
        found: dict[tuple[int, str, str], str] = {}
        claims = self.claims(day)
        named, every = {firm for row in claims for firm in row["about_firms"]}, {name for row in claims for name in row["capabilities"]}
        for row in self.answers(day):
            who = _who(row, row["speaker_firm"] in named)
            some = set(row["capabilities"]) & every
            part = f" ({', '.join(sorted(some)).replace('_', ' ')})" if some and some != every else ""
            found.setdefault((ORDER.index(row["kind"]), row["date"] or "", who), f"{_ANSWERED[row['kind']]}{part} by {who}{_on(row)}")
        once = {(order, who): words for (order, _, who), words in sorted(found.items(), reverse=True)}
        return [words for _, words in sorted(once.items())] or ["not denied, corrected or withdrawn on record"]


def _after(moment: str, last: str) -> bool:
    """Is a look later than the last sighting? A date without a time (a month, a day) counts when it ends later."""
    return moment[: len(last)] > last[: len(moment)] or (moment[: len(last)] == last[: len(moment)] and len(moment) < len(last) and len(moment) < 10)


def _who(row: Row, named: bool) -> str:
    who = str(row["speaker"])
    if row["speaker_firm"] == row["firm"]:
        return "its publisher"
    return f"{who}, the firm named beside it," if named else who


def _on(row: Row) -> str:
    date = str(row["date"] or "")
    return f" on {date[:10]}" if len(date) >= 10 else f" in {date}" if date else " on an unknown date"


def history(rows: Sequence[Row]) -> History:
    """The history of one thread's events, in any order."""
    return History(tuple(sorted(rows, key=lambda row: (row["date"] or "", row["kind"], row["event_id"], row["record_key"]))))
