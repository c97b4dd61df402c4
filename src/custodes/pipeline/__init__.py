"""THE MAIN PATH: gather, read, find, review, plan, publish, in this order, on one case.

Each step reads what the steps before it left and writes its own room; the manifest is replaced last, so a step that is killed leaves the state
before it whole and can simply be repeated. Parts are named by what they were made from, so nothing unchanged is done twice.

Each call imports its step when it is made: a worker process that only reads must not load what publishes.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodes import __version__, case
from custodes.errors import IntegrityError, UsageError
from custodes.pipeline import state
from custodes.pipeline.state import Run, State
from custodes.values import Break

Summary = dict[str, Any]


def gather(run: Run) -> Summary:
    """Store every input by hash and seal it."""
    from custodes.pipeline import gathering

    return gathering.gather(run)


def read(run: Run) -> Summary:
    """Turn stored inputs into records, and account for every row."""
    from custodes.pipeline import reading

    return reading.read(run)


def find(run: Run) -> Summary:
    """Say which records point at an implicated maker, and why."""
    from custodes.pipeline import finding

    return finding.find(run)


def review(run: Run) -> Summary:
    """Fold the decisions that people brought back."""
    from custodes.pipeline import deciding

    return deciding.review(run)


def plan(run: Run) -> Summary:
    """List the sites in the order in which they go, and check it."""
    from custodes.pipeline import planning

    return planning.plan(run)


def publish(run: Run) -> Summary:
    """Write an edition."""
    from custodes.pipeline import publishing

    return publishing.publish(run)


STEPS: dict[str, Callable[[Run], Summary]] = {"gather": gather, "read": read, "find": find, "review": review, "plan": plan, "publish": publish}


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of a run (ISO, UTC), whether it was given by hand, and a counter of seconds: time comes in from the command line."""

    now: str
    given: bool
    seconds: Callable[[], float]


def step(name: str, folder: Path, clock: Clock, *, arguments: Sequence[str] = (), progress: Any = None, **options: Any) -> Summary:
    """Run one step, or all of them (``run``), on the case in ``folder``; returns what happened, with ``exit`` as the exit code."""
    the_case = case.load(folder)
    with case.locked(the_case), progress or nullcontext():
        run = Run(the_case, state.load(the_case), clock.now, clock.given, progress, options)
        names = tuple(STEPS) if name == "run" else _needed(name, run.state)
        summaries = {each: _do(each, run, clock) for each in names}
        summary = {
            "command": name, "case": str(folder), "version": __version__, "python": platform.python_version(), "now": clock.now, "arguments": list(arguments),
            "steps": summaries, "exit": max(int(s.get("exit", 0)) for s in summaries.values()),
        }  # fmt: skip
        state.record_run(the_case, summary, run.state)
    return summary


def _needed(name: str, current: State) -> tuple[str, ...]:
    """A step alone; the ones before it must have run."""
    before = {"read": "inputs", "find": "records", "plan": "records", "publish": "findings"}
    if name in before and not getattr(current, f"has_{before[name]}"):
        earlier = {"inputs": "gather", "records": "read", "findings": "find"}[before[name]]
        raise UsageError(f"nothing to {name} yet", where=str(current.folder), advice=f"first: custodes {earlier} {current.folder} (or custodes run)")
    # decisions are folded whenever an edition is made, so that it never shows an old state of them
    return ("review", "publish") if name == "publish" else (name,)


def _do(name: str, run: Run, clock: Clock) -> Summary:
    began = clock.seconds()
    summary = STEPS[name](run)
    summary["seconds"] = round(clock.seconds() - began, 3)
    if not run.options.get("dry_run"):
        state.save(run.case, run.state)
    return summary


def lines(summary: Summary, verbose: bool = False) -> list[str]:
    """What a person reads after a step."""
    return [line for name, each in summary["steps"].items() for line in _lines_of(name, each, verbose)]


def _lines_of(name: str, summary: Summary, verbose: bool) -> list[str]:
    head = f"{name + ':':9}{summary.get('line', 'done')}"
    details = [f"         {text}" for text in summary.get("details", ())] if verbose else []
    return [head, *details, *(f"  ! {text}" for text in summary.get("troubles", ()))]


def verify(folder: Path) -> Summary:
    """Check every chain of a case; ``exit`` is 4 when one is broken."""
    from custodes import review as review_room
    from custodes import sources, timetable
    from custodes.pipeline import auditing, publishing
    from custodes.pipeline.desk_place import place

    if not folder.is_dir():
        raise UsageError("not a case folder", where=str(folder), advice="give the folder that holds case.toml")
    the_case = case.load(folder)
    breaks = [*sources.verify(the_case.folder / "sources"), *_seal_breaks(the_case.folder), *review_room.verify(the_case.folder / "review")]
    breaks += auditing.desk_breaks(the_case, place(the_case))
    breaks += [*timetable.verify(the_case.folder / "timetable"), *state.verify(the_case)]
    breaks += publishing.verify(the_case, state.load(the_case))
    told = [f"BROKEN {b.chain}: {b.where}: {b.what}" + (f"\n  next: {b.advice}" if b.advice else "") for b in breaks]
    return {
        "case": str(folder), "broken": [vars_of(b) for b in breaks], "lines": told or [f"intact: {folder}"],
        "exit": IntegrityError.code if breaks else 0,
    }  # fmt: skip


def _seal_breaks(folder: Path) -> list[Break]:
    """Breaks of the seal log itself, and between it and the captures, the ledger and the exchange log that it sealed."""
    from custodes.review import LEDGER, exchange
    from custodes.review import load as load_ledger
    from custodes.sources import held, seal

    log = folder / "seal.jsonl"
    breaks = list(seal.verify(log))
    if breaks:
        return breaks
    try:
        breaks += seal.verify_captures(log, held(folder / "sources"))
        hashes = {decision.hash for decision in load_ledger(folder / "review" / LEDGER)}
        hashes |= {act.hash for act in exchange.load(folder / "review" / exchange.EXCHANGE)}
    except IntegrityError:
        return breaks  # the room itself names the line
    sent = [line for line in seal.lines(log) if line["kind"] == "exchange" and line["facts"]["hash"] not in hashes]
    breaks += [Break("exchange", f"review/{exchange.EXCHANGE}, line {line['facts']['n']}", "an event that was sealed is gone", "restore the log") for line in sent[:1]]
    sealed = [line for line in seal.lines(log) if line["kind"] == "ledger"]
    missing = [line for line in sealed if line["facts"]["hash"] not in hashes]
    breaks += [Break("ledger", f"review/{LEDGER}, line {line['facts']['n']}", "a decision that was sealed is gone", "restore the ledger") for line in missing[:1]]
    return breaks


def vars_of(value: Any) -> dict[str, Any]:
    """A slotted dataclass as a mapping."""
    return {name: getattr(value, name) for name in value.__slots__}
