"""The audit hook that holds the core: values, findings and timetable/check.py open nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

CORE = ("custodes/values/", "custodes/findings/", "custodes/timetable/check.py")
WATCHED = ("open", "socket.", "subprocess.", "sqlite3.", "os.listdir", "os.scandir", "os.putenv", "tempfile.", "shutil.", "urllib.")
seen: list[str] = []


def _caller(frame: FrameType | None) -> str:
    """The nearest module of ours on the stack, '' when an import is what opens (loading code is not the core's doing).

    Machine code that numba keeps on disk is loaded when the modules that hold its functions are: :mod:`custodes.findings.name_kernel` is passed over, and what
    called it decides. At any other time than an import it counts like every module.
    """
    kernel = ""
    while frame is not None:
        name = frame.f_code.co_filename.replace("\\", "/")
        if "importlib" in name:
            return ""
        if name.endswith("findings/name_kernel.py") or (kernel and frame.f_code.co_name == "<module>"):
            kernel = kernel or name
        elif "custodes/" in name:
            return kernel or name
        frame = frame.f_back
    return kernel


def hook(event: str, _arguments: tuple[Any, ...]) -> None:
    """Note every event of the watched kinds that a core module causes."""
    if event.startswith(WATCHED):
        caller = _caller(sys._getframe(1))
        if any(part in caller for part in CORE):
            seen.append(f"{event} by {caller}")


def opens_from(filename: str) -> list[str]:
    """What the hook notes when code of that file name opens a file."""
    before = len(seen)
    exec(compile(f"open({str(Path(__file__))!r}).close()", filename, "exec"), {})
    found = [event.split()[0] for event in seen[before:]]
    del seen[before:]
    return found
