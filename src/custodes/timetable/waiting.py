"""Long work of foreign code in a thread of its own, so that Ctrl-C reaches us while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


def in_thread(work: Callable[[], Any], stop: Callable[[], object] | None = None) -> tuple[Any, bool]:
    """(the work's result, was it interrupted). On an interrupt ``stop`` is called and the work's end awaited; without ``stop`` the interrupt goes on to the
    caller and the work is left to itself. What the work raises is raised here."""
    # not Thread.join: an interrupt inside it can make a thread that still runs look ended
    done, found, failed = threading.Event(), list[Any](), list[BaseException]()

    def run() -> None:
        try:
            found.append(work())
        except BaseException as problem:  # noqa: BLE001  handed over to the thread that waits
            failed.append(problem)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    interrupted = False
    while not done.is_set():
        try:
            done.wait(0.2)
        except KeyboardInterrupt:
            if stop is None:
                raise
            interrupted = True
            stop()
    if failed:
        raise failed[0]
    return found[0], interrupted
