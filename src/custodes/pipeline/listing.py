"""Official lists in time: what ``custodes lists`` does, joined from its parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from custodes import case
from custodes.errors import UsageError
from custodes.pipeline import listing_addresses, listing_show
from custodes.pipeline.listing_addresses import Route, hosts
from custodes.values.page import GatherSettings

Options = Mapping[str, Any]


def folder(case_folder: str | None, store: str, own: str) -> Path:
    """The store: the one named, else the case, else the user's own."""
    if case_folder:
        case.load(Path(case_folder))  # says it when there is none
    return Path(store or case_folder or own)


def look(what: str, store: Path, options: Options, today: str) -> dict[str, Any]:
    """``show`` or ``diff``."""
    if what == "show":
        _only(options, what, ("start", "end"))
        return listing_show.show(store, listing_show.day(options["as_of"] or today, "--as-of"), options["name"], options["out"])
    _only(options, what, ("as_of", "name"))
    if not options["start"]:
        raise UsageError("no first day", where="--from", advice="custodes lists diff --from 2025-01-01 --to 2025-12-31")
    start, end = listing_show.day(options["start"], "--from"), listing_show.day(options["end"] or today, "--to")
    return listing_show.diff(store, start, end, options["out"])


_NAMES = {"start": "--from", "end": "--to", "as_of": "--as-of", "name": "--name", "out": "-o"}


def _only(options: Options, what: str, not_these: tuple[str, ...]) -> None:
    """An option of another action would be passed over in silence: it is refused."""
    if given := [_NAMES[name] for name in not_these if options[name]]:
        raise UsageError(f"{', '.join(given)} says nothing to lists {what}", advice="leave it out; see custodes lists --help")


def update(
    store: Path, case_folder: str | None, options: Options, now: str, now_given: bool, seconds: Callable[[], float], sleep: Callable[[float], None], progress: Any = None
) -> dict[str, Any]:
    """``update``: ask the addresses chosen."""
    from custodes.pipeline import listing_update
    from custodes.sources.guard import parse
    from custodes.sources.lists_fetch import Patience
    from custodes.sources.wire import Limits

    _only(options, "update", ("start", "end", "as_of", "name", "out"))
    gather = case.load(Path(case_folder)).gather if case_folder else GatherSettings()
    feeds = listing_addresses.load(options["addresses"])
    chosen = listing_addresses.chosen(feeds, options["only"], options["also"])
    listing_addresses.chosen(feeds, options["accept"], ())
    if options["base"]:
        parse(options["base"])
    named = hosts([options["base"]] if options["base"] else [url for feed in feeds.values() for url in (*feed.urls, feed.before)] if options["addresses"] else [])
    settings = listing_update.Settings(
        Route(options["base"], options["token"]), gather, named, Patience(tries=options["tries"]), Limits(listing_update.LIMITS.size, options["seconds"], min(30.0, options["seconds"])),
        tuple(options["accept"]), options["due"], "given by --now" if now_given else "system clock, not checked",
    )  # fmt: skip
    watch = (lambda items: progress.track(items, description="lists")) if progress is not None else None
    if progress is not None:
        with progress:
            return listing_update.update(store, chosen, settings, _time(now, seconds, sleep), watch)
    return listing_update.update(store, chosen, settings, _time(now, seconds, sleep), watch)


def _time(now: str, seconds: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> Any:
    """The run's time, going on from its start by the seconds counted since."""
    from datetime import UTC, datetime, timedelta

    from custodes.sources.wire import Time

    start, zero = datetime.fromisoformat(now), seconds()
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    return Time(lambda: start + timedelta(seconds=int(seconds() - zero)), seconds, sleep)
