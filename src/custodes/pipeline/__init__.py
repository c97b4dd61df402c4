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
from custodes.errors import UsageError
from custodes.pipeline import state
from custodes.pipeline.state import Run, State

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
        run = Run(the_case, state.load(the_case), clock.now, clock.given, progress, options, clock.seconds)
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
    return [head, *(f"         {text}" for text in summary.get("more", ())), *details, *(f"  ! {text}" for text in summary.get("troubles", ()))]


def verify(path: Path, tokens: Sequence[str] = (), roots: Sequence[str] = ()) -> Summary:
    """Check every chain of a case, an archive, a package or an evidence pack; ``exit`` is 4 when one is broken.

    ``tokens``: time-stamp tokens that must be over the file; ``roots``: PEM files with root certificates of authorities.
    """
    from custodes.sources import checker

    for file in (*tokens, *roots):
        if not Path(file).is_file():
            raise UsageError("there is no such file", where=file, advice="check the path given to --token or --root")
    if (path / "case.toml").exists():
        from custodes.pipeline import verifying

        return verifying.verify(path, roots)
    try:
        report = checker.check(str(path), tokens, roots)
    except (checker.Unknown, OSError) as problem:
        advice = "give a case (a folder with case.toml), a WARC, a WACZ or an evidence pack"
        raise UsageError(str(problem), where=str(path), advice=advice) from None
    return {**report.mapping(), "lines": report.lines()}
