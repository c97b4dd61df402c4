"""The parts of case.toml about the web: ``[[pages]]``, ``[gather]`` and ``[[stamps]]``. Strict, as the rest: what is not known or not of its type is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from custodes.errors import UsageError
from custodes.values.page import GatherSettings, StampSource, WatchedPage

_PAGE: dict[str, type] = {
    "url": str, "browser": bool, "every": str, "maker": str, "product": str, "line": str, "version": str, "note": str, "ignore": list, "bad_certificate": bool,
}  # fmt: skip
_GATHER: dict[str, type] = {
    "agent": str, "allow": list, "delay": str, "gone": dict, "robots": str, "browser": str, "vantage": str, "operator": str, "clock": str, "terms": list, "limits": dict,
}  # fmt: skip
_LIMITS: dict[str, type] = {"megabytes": int, "seconds": int, "redirects": int}
_WORDS: dict[type, str] = {str: "text in quotes", list: "a list of texts in [ ]", dict: "a table in { }", bool: "true or false", int: "a whole number above 0"}
_DAYS: dict[str, float] = {"s": 1 / 86_400, "m": 1 / 1440, "h": 1 / 24, "d": 1.0, "w": 7.0}


def pages(items: Any, path: Path) -> tuple[WatchedPage, ...]:
    """The ``[[pages]]`` entries; an address named twice the same way is an error."""
    found = [_page(item, f"[[pages]] number {number}", path) for number, item in enumerate(items, 1)]
    seen: set[tuple[str, bool]] = set()
    for number, page in enumerate(found, 1):
        if (page.url, page.browser) in seen:
            raise _wrong(f"[[pages]] number {number} names {page.url} again", path, "leave one of the two entries")
        seen.add((page.url, page.browser))
    return tuple(found)


def settings(table: Any, path: Path) -> GatherSettings:
    """The ``[gather]`` table, with what it does not say as in :class:`GatherSettings`."""
    _check(table, _GATHER, "[gather]", path)
    gone, limits = table.get("gone", {}), table.get("limits", {})
    _check(gone, {"looks": int, "days": int}, "[gather] gone", path)
    _check(limits, _LIMITS, "[gather] limits", path)
    if table.get("robots", "note") not in ("note", "obey"):
        raise _wrong(f"[gather]: robots must be note or obey, not {table['robots']!r}", path, 'write robots = "note" or robots = "obey"')
    usual = GatherSettings()
    texts = {name: table.get(name, "") for name in ("agent", "browser", "vantage", "operator", "clock")}
    if any(not text.isprintable() for text in texts.values()):
        raise _wrong("[gather]: a text holds a line break or a control character", path, "write it on one line")
    return GatherSettings(
        **texts, allow=tuple(table.get("allow", ())), robots=table.get("robots", "note"), terms=tuple(table.get("terms", ())),
        delay=_days(table["delay"], "[gather] delay", path) * 86_400 if "delay" in table else usual.delay,
        looks=gone.get("looks", usual.looks), days=float(gone.get("days", usual.days)),
        size=limits.get("megabytes", usual.size >> 20) << 20, seconds=float(limits.get("seconds", usual.seconds)), redirects=limits.get("redirects", usual.redirects),
    )  # fmt: skip


def stamps(items: Any, path: Path) -> tuple[StampSource, ...]:
    """The ``[[stamps]]`` entries."""
    found = []
    for number, item in enumerate(items, 1):
        where = f"[[stamps]] number {number}"
        _check(item, {"url": str, "roots": str}, where, path)
        if not re.match(r"https?://[^\s/]", item.get("url", ""), re.IGNORECASE):
            raise _wrong(f"{where} has no web address", path, 'add url = "https://..."')
        if item.get("roots") and not (path.parent / item["roots"]).is_file():
            raise _wrong(f"{where}: there is no file {item['roots']}", path, "give the authority's root certificate as a PEM file beside case.toml, or leave roots out")
        found.append(StampSource(item["url"], item.get("roots", "")))
    return tuple(found)


def _page(item: Any, where: str, path: Path) -> WatchedPage:
    _check(item, _PAGE, where, path)
    if not re.match(r"https?://[^\s/]", item.get("url", ""), re.IGNORECASE):
        raise _wrong(f"{where} has no web address", path, 'add url = "https://..."')
    values = {name: value for name, value in item.items() if name not in ("every", "ignore")}
    for expression in item.get("ignore", ()):
        try:
            re.compile(expression)
        except re.error as problem:
            raise _wrong(f"{where}: {expression!r} is no regular expression ({problem})", path, "mend the ignore entry") from None
    every = _days(item.get("every", "7d"), f"{where}: every", path)
    return WatchedPage(**values, every=every, ignore=tuple(item.get("ignore", ())))


def _days(text: str, where: str, path: Path) -> float:
    """``7d``, ``12h``, ``30m``, ``2w``, ``5s`` as days."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", text)
    if not found:
        raise _wrong(f"{where}: {text!r} is no length of time", path, 'write it as "7d", "12h", "30m", "2w" or "5s"')
    return float(found[1]) * _DAYS[found[2]]


def _check(table: Any, types: Mapping[str, type], where: str, path: Path) -> None:
    if not isinstance(table, dict):
        raise _wrong(f"{where} must be a table", path, f"write {where} as in: custodes new")
    if unknown := sorted(set(table) - set(types)):
        raise _wrong(f"{where} has unknown keys: {', '.join(unknown)}", path, f"known are: {', '.join(sorted(types))}")
    for key, value in table.items():
        wanted = types[key]
        right = isinstance(value, wanted) and not (isinstance(value, int) and wanted is int and (isinstance(value, bool) or value < 1))
        if not right or (wanted is list and not all(isinstance(each, str) for each in value)):
            raise _wrong(f"{where}: {key} must be {_WORDS[wanted]}, not {value!r}", path, "write it as in: custodes new")


def _wrong(what: str, path: Path, advice: str) -> UsageError:
    return UsageError(what, where=str(path), advice=advice)
