"""The log of a discovery: every packet sent and received, one JSON object a line, written before it is sent. It is the capture that the readers read, and the memory of a run that
was interrupted: what is marked done is not asked again.

    {"what":"run",...}  {"what":"packet","way":"sent"|"received",...}  {"what":"done","task":...}  {"what":"dropped",...}  {"what":"note",...}
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from custodes.errors import BrokenInputError, UsageError

NAME = "packets.jsonl"


class Log:
    """Appends to ``packets.jsonl`` in a folder. ``clock`` gives the time as ISO text. Counts what it writes."""

    def __init__(self, folder: Path, clock: Callable[[], str]) -> None:
        self._clock = clock
        self.done: set[str] = set()
        self.counts = {"sent": 0, "received": 0, "dropped": 0, "failed": 0}
        path = folder / NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._stream: IO[str] = path.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write: {error.strerror or error}", where=str(folder), advice="name a folder that may be written with -o") from None
        try:
            _hold(self._stream, str(folder))
            self._resume(path)
        except BaseException:
            self._stream.close()
            raise

    def _resume(self, path: Path) -> None:
        """Learn what is done; a line that was cut off by a killed run is cut away."""
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        for line in data[:whole].splitlines():
            try:
                value = json.loads(line)
            except ValueError:
                raise BrokenInputError("the log of the earlier run is damaged", where=str(path), advice="keep it aside and name another folder with -o") from None
            if isinstance(value, dict) and value.get("what") == "done":
                self.done.add(str(value.get("task")))
        if whole < len(data):
            with path.open("r+b") as stream:
                stream.truncate(whole)

    def _write(self, **line: Any) -> None:
        self._stream.write(json.dumps({"what": line.pop("what"), "at": self._clock(), **line}, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._stream.flush()

    def run(self, note: str) -> None:
        """A run begins or goes on."""
        self._write(what="run", note=note)

    def sent(self, task: str, over: str, protocol: str, near: str, far: str, payload: bytes) -> None:
        """To be called before the packet goes out."""
        self.counts["sent"] += 1
        self._write(what="packet", way="sent", over=over, protocol=protocol, near=near, far=far, task=task, bytes=base64.b64encode(payload).decode())

    def received(self, over: str, protocol: str, near: str, far: str, payload: bytes, subject: str = "") -> None:
        """An answer; ``subject``: of the certificate that a TLS server showed."""
        self.counts["received"] += 1
        more = {"subject": subject} if subject else {}
        self._write(what="packet", way="received", over=over, protocol=protocol, near=near, far=far, **more, bytes=base64.b64encode(payload).decode())

    def dropped(self, protocol: str, size: int) -> None:
        """An answer from outside the named networks: neither its address nor its content is kept."""
        self.counts["dropped"] += 1
        self._write(what="dropped", protocol=protocol, size=size, note="an answer from outside the named networks")

    def failed(self, task: str, why: str) -> None:
        """Something could not be sent."""
        self.counts["failed"] += 1
        self._write(what="note", task=task, note=why[:200])

    def note(self, note: str) -> None:
        """Something worth knowing."""
        self._write(what="note", note=note[:200])

    def finished(self, task: str) -> None:
        """The task needs no asking any more."""
        self.done.add(task)
        self._write(what="done", task=task)

    def close(self) -> None:
        """Nothing more is written."""
        self._stream.close()


def _hold(stream: IO[str], where: str) -> None:
    """Keep the log for this run; the hold ends with the process, however it ends. Where the system has no such lock, runs must not be started twice."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UsageError("another run writes to this folder", where=where, advice="wait until it ends, or name another folder with -o") from None
