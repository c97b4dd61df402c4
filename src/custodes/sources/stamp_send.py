"""Send a time-stamp request to an authority: one POST over HTTP (RFC 3161, section 3.4), through the same address guard as everything else."""

from __future__ import annotations

from dataclasses import dataclass

from custodes.errors import RefusedError
from custodes.sources.answer import read_answer
from custodes.sources.wire import Wire

LIMIT = 1 << 20
"""No token is longer than this many bytes."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends over a :class:`Wire`; calling it is a ``Send`` of :mod:`custodes.sources.stamp`. ``agent``: the name given to the authority."""

    wire: Wire
    agent: str

    def __call__(self, url: str, body: bytes) -> bytes:
        """The token in the authority's answer. OSError for everything else, in words."""
        try:
            target = self.wire.guard.target(url)
            lines = [
                f"POST {target.path} HTTP/1.1", f"Host: {target.authority}", f"User-Agent: {self.agent}", "Content-Type: application/timestamp-query",
                "Accept: application/timestamp-reply", f"Content-Length: {len(body)}", "Connection: close", "", "",
            ]  # fmt: skip
            done = self.wire.ask(target, "POST", "\r\n".join(lines).encode("latin-1", "replace") + body)
        except RefusedError as problem:
            raise OSError(f"{problem.where}: {problem.what}") from None
        raw = done.exchange.response if done.exchange else b""
        if not isinstance(raw, bytes):
            with raw() as stream:
                raw = stream.read(LIMIT)
        answer = read_answer(raw, "POST") if raw else None
        if answer is None:
            raise OSError(done.problem or "no answer came")
        if answer.status != 200 or answer.media_type not in ("application/timestamp-reply", "application/octet-stream", ""):
            raise OSError(f"answered {answer.status} {answer.reason} ({answer.media_type or 'no type'}), which is no time stamp")
        return answer.content
