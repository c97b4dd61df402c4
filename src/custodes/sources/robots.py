"""robots.txt: what a host asks of programs. It is looked at once per host and run, kept, and noted; whether to follow it is the user's decision."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.robotparser import RobotFileParser

from custodes.errors import CustodesError
from custodes.sources.fetch import Fetches, Response
from custodes.sources.guard import parse
from custodes.sources.pagetext import decoded

_MOST = 500 * 1024
"""Bytes of robots.txt that are read (RFC 9309, section 2.5)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """``word``: allowed, disallowed, none (there is no robots.txt) or unknown (it could not be fetched). ``response``: what was fetched for it, once per host."""

    word: str
    response: Response | None = None


class Robots:
    """What hosts wish, asked through ``fetcher`` under the name ``agent``."""

    def __init__(self, fetcher: Fetches, agent: str) -> None:
        self._fetcher, self._agent = fetcher, agent.split("/")[0].split(" ")[0] or "*"
        self._known: dict[str, RobotFileParser | str] = {}

    def wish(self, url: str) -> Wish:
        """What the host of ``url`` wishes for that address."""
        try:
            target = parse(url)
        except CustodesError:
            return Wish("unknown")
        host = f"{target.scheme}://{target.authority}"
        fresh = None
        if host not in self._known:
            fresh = self._fetcher.fetch(f"{host}/robots.txt")
            self._known[host] = _rules(fresh)
        rules = self._known[host]
        if isinstance(rules, str):
            return Wish(rules, fresh)
        return Wish("allowed" if rules.can_fetch(self._agent, target.url) else "disallowed", fresh)


def _rules(response: Response) -> RobotFileParser | str:
    answer = response.answer
    if answer is None or answer.status >= 500 or response.cause:
        return "unknown"
    if answer.status >= 400:
        return "none"
    try:
        lines = decoded(answer.content[:_MOST], answer.header("content-type")).splitlines()
    except CustodesError:
        return "unknown"
    parser = RobotFileParser()
    parser.parse(lines)
    return parser
