"""Who calls the workers: one process, all cores, or Spark. Contains no rule and imports no room.

A worker is a function of one job; what it yields depends on that job and on ``shared`` alone, so every engine gives the same. Jobs are handed out
largest first where the caller sorted them so, and results come back as they are done: the caller sorts what needs an order.

What all workers share (a watchlist, an index of names) is not sent to each of them: it is written once, as a file named by its version, and every
process maps that file into memory, so that they use the same pages.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from custodes.errors import InputError

Job = TypeVar("Job")
Result = TypeVar("Result")
Work = Callable[[Job, Any], Result]

ENGINES = ("local", "cores", "spark")
"""One process; all cores of this machine; a Spark cluster (see :mod:`custodes.engines_spark`)."""

SMALL = 4_000_000
"""Bytes of work below which starting processes takes longer than the work."""

AHEAD = 2
"""Jobs per worker that wait for it, where jobs come one after the other: enough to keep it busy, and memory stays flat."""


class Shipped(Protocol):
    """What can be handed to workers as a file: equal versions mean equal content. ``from_buffer`` takes the bytes of ``to_bytes`` back, without a copy of what is large."""

    @property
    def version(self) -> str:
        """A hash of the content."""

    def to_bytes(self) -> bytes:
        """The whole value."""

    @classmethod
    def from_buffer(cls, buffer: Any) -> Shipped:
        """The value in an Arrow buffer."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """All that a worker is sent: where the file is (for Spark only its name counts), which version it must hold, and whose ``from_buffer`` opens it."""

    path: str
    version: str
    kind: type[Any]


def each(
    work: Work[Job, Result], jobs: Sequence[Job], shared: Any, engine: str = "cores", size: int = SMALL, folder: Path | None = None,
) -> Iterator[Result]:  # fmt: skip
    """Run ``work(job, shared)`` for every job; the order of the results is not defined.

    ``size``: bytes of all jobs together, as far as the caller knows; little work is done in this process. ``folder``: where the file of ``shared``
    (None, or a :class:`Shipped`) stands; a temporary folder when there is none.
    """
    workers = min(cores(), len(jobs))
    if engine == "local" or workers < 2 or size < SMALL:
        yield from (work(job, shared) for job in jobs)
        return
    with _pool(workers, shared, folder) as pool:
        for future in as_completed([pool.submit(_call, work, job) for job in jobs]):
            yield future.result()


def in_order(
    work: Work[Job, Result], jobs: Iterable[Job], shared: Any, engine: str = "cores", folder: Path | None = None, least: int = 2,
) -> Iterator[Result]:  # fmt: skip
    """Like :func:`each` for jobs that come one after the other and need not fit into memory: results in the order of the jobs.

    ``least``: fewer jobs than that are done in this process.
    """
    jobs = iter(jobs)
    first = list(islice(jobs, least))
    if engine == "local" or cores() < 2 or len(first) < least:
        yield from (work(job, shared) for source in (first, jobs) for job in source)
        return
    with _pool(cores(), shared, folder) as pool:
        waiting: deque[Future[Result]] = deque(pool.submit(_call, work, job) for job in first)
        for job in jobs:
            waiting.append(pool.submit(_call, work, job))
            if len(waiting) > AHEAD * cores():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def beside(work: Work[Job, Result], jobs: Sequence[Job], shared: Any, engine: str = "cores", folder: Path | None = None) -> Iterator[Iterator[Result]]:
    """Like :func:`each`, while the caller does something else on a core of its own: all jobs are handed out at once, and what the context gives yields the
    results in the order of the jobs. With one core they are done when they are asked for."""
    workers = min(cores() - 1, len(jobs))
    if engine == "local" or workers < 1:
        yield (work(job, shared) for job in jobs)
        return
    with _pool(workers, shared, folder) as pool:
        futures = [pool.submit(_call, work, job) for job in jobs]
        yield (future.result() for future in futures)


@contextmanager
def _pool(workers: int, shared: Any, folder: Path | None) -> Iterator[ProcessPoolExecutor]:
    # spawn, not fork: pyarrow runs threads, and a forked child may inherit a held lock
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        ticket = stack.enter_context(shipped(shared, folder)) if shared is not None else None
        pool = stack.enter_context(ProcessPoolExecutor(workers, mp_context=context, initializer=_receive, initargs=(ticket,)))
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def shipped(shared: Shipped, folder: Path | None = None) -> Iterator[Ticket]:
    """Write ``shared`` into ``folder`` (or a temporary one) under its version, unless it is there; the ticket holds while the context is open."""
    with ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="custodes-", ignore_cleanup_errors=True)))
        path = file_of(shared, place).absolute()
        ticket = Ticket(str(path), shared.version, type(shared))
        if not _sound(ticket):
            place.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
            temporary.write_bytes(shared.to_bytes())
            temporary.replace(path)
        yield ticket


def file_of(shared: Shipped, folder: Path) -> Path:
    """Where a shared value stands: named by what it is and by its version."""
    return folder / f"{type(shared).__name__.lower()}-{shared.version}.arrow"


def _sound(ticket: Ticket) -> bool:
    try:
        return bool(opened(ticket))
    except InputError:
        return False


def opened(ticket: Ticket) -> Any:
    """The shared value behind a ticket, mapped into memory; InputError when the file is not there or holds something else."""
    import pyarrow as pa

    advice = "delete that file and run again: it is made anew; it must be readable wherever a worker runs"
    try:
        with pa.memory_map(ticket.path) as file:
            value = ticket.kind.from_buffer(file.read_buffer())
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot be opened: {error}", where=ticket.path, advice=advice) from None
    if value.version != ticket.version:
        raise InputError(f"holds version {value.version}, not {ticket.version}", where=ticket.path, advice=advice)
    return value


_ticket: Ticket | None = None
_open = lru_cache(maxsize=1)(opened)


def _receive(ticket: Ticket | None) -> None:
    global _ticket
    _ticket = ticket


def _call(work: Work[Job, Result], job: Job) -> Result:
    return work(job, _open(_ticket) if _ticket else None)


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
