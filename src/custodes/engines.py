"""Who calls the workers: one process or all cores. Contains no rule and imports no room.

A worker is a function of one job; what it yields depends on that job and on ``shared`` alone, so every engine gives the same. Jobs are handed out
largest first where the caller sorted them so, and results come back as they are done: the caller sorts what needs an order.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

SMALL = 4_000_000
"""Bytes of work below which starting processes takes longer than the work."""

_shared: Any = None


def each(work: Callable[[Job, Any], Result], jobs: Sequence[Job], shared: Any, engine: str = "cores", size: int = SMALL) -> Iterator[Result]:
    """Run ``work(job, shared)`` for every job; ``shared`` is sent to each worker once. Order of the results is not defined.

    ``size``: bytes of all jobs together, as far as the caller knows; little work is done in this process.
    """
    workers = min(cores(), len(jobs))
    if engine == "local" or workers < 2 or size < SMALL:
        yield from (work(job, shared) for job in jobs)
    else:
        yield from _on_cores(work, jobs, shared, workers)


def _on_cores(work: Callable[[Job, Any], Result], jobs: Sequence[Job], shared: Any, workers: int) -> Iterator[Result]:
    # spawn, not fork: pyarrow runs threads, and a forked child may inherit a held lock
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_receive, initargs=(shared,)) as pool:
        futures = [pool.submit(_call, work, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _receive(shared: Any) -> None:
    global _shared
    _shared = shared


def _call(work: Callable[[Job, Any], Result], job: Job) -> Result:
    return work(job, _shared)


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
