"""A case on disk: its settings, its lock and its manifest. Knows the folders, not the rooms.

``case.toml`` is read strictly: an unknown key is an error that lists the known ones. ``manifest.json`` says which parts make up the
current state; it is replaced by one rename at the end of a step, so a killed run leaves the state before it whole.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custodes import case_pages, case_publish
from custodes.case_publish import PublishSettings
from custodes.errors import CaseLockedError, UsageError
from custodes.values import Entry
from custodes.values.page import GatherSettings, StampSource, WatchedPage

FORMAT = 1
"""The number of the case format this version writes; older ones are migrated, newer ones refused."""

_TOP = {"format", "title", "note", "records", "watch", "plan", "means", "pages", "gather", "stamps", "publish", "timetable", "withhold", "invented"}
_ENTRY = {"path", "as", "body", "period", "currency", "licence", "columns", "note"}
_WATCH = {"makers"}
_PLAN = {"policy"}


@dataclass(frozen=True, slots=True)
class RecordsEntry:
    """One ``[[records]]`` entry: the path as written (file, folder or glob, relative to the case) and what it says about the files."""

    path: str
    entry: Entry
    number: int


@dataclass(frozen=True, slots=True)
class Case:
    """A case folder with its settings; ``makers`` empty means every maker of the fact tables."""

    folder: Path
    title: str
    records: tuple[RecordsEntry, ...] = ()
    makers: tuple[str, ...] = ()
    policy: str = "none"
    means: Mapping[str, Any] = field(default_factory=dict)
    pages: tuple[WatchedPage, ...] = ()
    gather: GatherSettings = field(default_factory=GatherSettings)
    stamps: tuple[StampSource, ...] = ()
    publish: PublishSettings = field(default_factory=PublishSettings)
    timetable: Mapping[str, Any] = field(default_factory=dict)
    withhold: tuple[Any, ...] = ()
    invented: bool = False

    def room(self, name: str) -> Path:
        """The folder of a room, made when it is not there."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def load(folder: Path) -> Case:
    """The case in ``folder``; UsageError with the place when there is none or case.toml is wrong."""
    path = folder / "case.toml"
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError("there is no case here", where=str(path), advice=f"make one: custodes new {folder}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"not valid TOML: {error}", where=str(path), advice="mend the line it names") from None
    _known(settings, _TOP, path, "case.toml")
    number = settings.get("format", 0)
    if number != FORMAT:
        raise UsageError(f"case format {number!r}, this version reads {FORMAT}", where=str(path), advice=f"set format = {FORMAT} or update custodes")
    watch, plan, records = settings.get("watch", {}), settings.get("plan", {}), settings.get("records", [])
    _known(watch, _WATCH, path, "[watch]")
    _known(plan, _PLAN, path, "[plan]")
    _typed(settings, {"title": str, "records": list, "means": dict, "pages": list, "stamps": list, "timetable": dict, "withhold": list, "invented": bool}, path, "case.toml")
    _typed(watch, {"makers": list}, path, "[watch]")
    _typed(plan, {"policy": str}, path, "[plan]")
    return Case(
        folder=folder,
        title=str(settings.get("title", folder.name)),
        records=tuple(_entry(item, number, path) for number, item in enumerate(records, 1)),
        makers=tuple(map(str, watch.get("makers", ()))),
        policy=str(plan.get("policy", "none")),
        means=settings.get("means", {}),
        pages=case_pages.pages(settings.get("pages", []), path),
        gather=case_pages.settings(settings.get("gather", {}), path),
        stamps=case_pages.stamps(settings.get("stamps", []), path),
        publish=case_publish.settings(settings.get("publish", {}), path),
        timetable=settings.get("timetable", {}),
        withhold=tuple(settings.get("withhold", ())),
        invented=settings.get("invented", False),
    )


def _known(table: Any, known: set[str], path: Path, where: str) -> None:
    if not isinstance(table, dict):
        raise UsageError(f"{where} must be a table", where=str(path), advice=f"write {where} as in: custodes new")
    if unknown := sorted(set(table) - known):
        raise UsageError(f"{where} has unknown keys: {', '.join(unknown)}", where=str(path), advice=f"known are: {', '.join(sorted(known))}")


def _typed(table: Mapping[str, Any], types: Mapping[str, type], path: Path, where: str) -> None:
    """A value of another type would be read as something nobody wrote: ``makers = "dahua"`` as five makers of one letter."""
    for key, wanted in types.items():
        if key in table and not isinstance(table[key], wanted):
            raise UsageError(f"{where}: {key} must be {_TYPES[wanted]}, not {table[key]!r}", where=str(path), advice="write it as in: custodes new")


_TYPES: dict[type, str] = {str: "text in quotes", list: "a list in [ ]", dict: "a table in { }", bool: "true or false"}


def _entry(item: Any, number: int, path: Path) -> RecordsEntry:
    _known(item, _ENTRY, path, f"[[records]] number {number}")
    _typed(item, {**dict.fromkeys(_ENTRY, str), "columns": dict}, path, f"[[records]] number {number}")
    if not item.get("path"):
        raise UsageError(f"[[records]] number {number} has no path", where=str(path), advice='add path = "inputs/*.csv"')
    entry = Entry(
        reader=item.get("as", ""), body=item.get("body", ""), period=item.get("period", ""),
        currency=item.get("currency", ""), licence=item.get("licence", ""), columns=dict(item.get("columns", {})),
    )  # fmt: skip
    return RecordsEntry(path=str(item["path"]), entry=entry, number=number)


def inputs(case: Case) -> tuple[list[tuple[Path, str, Entry]], list[tuple[str, str]]]:
    """The input files of a case: (path on disk, path shown, entry), in order of the shown path, and (entry path, trouble) for entries without files.

    Files of ``inbox/`` come last and need no entry. A file named by two entries belongs to the later one: the special case stands below the rule.
    """
    found: dict[Path, tuple[str, Entry]] = {}
    troubles = []
    for records in case.records:
        files = list(expand(case.folder, records.path))
        if not files:
            troubles.append((records.path, f"[[records]] number {records.number} matches no file"))
        for file in files:
            found[file] = (shown(case.folder, file), records.entry)
    for file in expand(case.folder, "inbox"):
        found.setdefault(file, (shown(case.folder, file), Entry()))
    return sorted(((file, name, entry) for file, (name, entry) in found.items()), key=lambda item: item[1]), troubles


def expand(base: Path, pattern: str) -> Iterator[Path]:
    """Files that a path means: a file itself, every file below a folder, or a glob (``**`` allowed); hidden files are passed over."""
    path = base / pattern
    if path.is_file():
        yield path.resolve()
    elif path.is_dir():
        yield from sorted(p.resolve() for p in path.rglob("*") if p.is_file() and not _hidden(p, path))
    else:
        matches = (Path(p) for p in glob.glob(str(path), recursive=True))
        yield from sorted(p.resolve() for p in matches if p.is_file())


def _hidden(path: Path, base: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.relative_to(base).parts)


def shown(base: Path, file: Path) -> str:
    """The path that records carry: relative to the case when inside it, else from the nearest common folder, always with ``/``."""
    return Path(os.path.relpath(file, base.resolve())).as_posix()


def read_json(path: Path, default: Any) -> Any:
    """A JSON file of the case, or ``default`` when it is not there."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return default


def read_toml(path: str, advice: str) -> dict[str, Any]:
    """A TOML file that the user named; UsageError with ``advice`` when it is not there or not TOML."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=path, advice=advice) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"not valid TOML: {error}", where=path, advice=advice) from None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_bytes(data)
    temporary.replace(path)


def to_json(value: Any) -> bytes:
    """Canonical, readable JSON: sorted keys, two spaces, UTF-8, one newline at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n").encode("utf-8")


def digest(*parts: Any) -> str:
    """24 hex digits that name a part: SHA-256 over the JSON of what it was made from."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")).hexdigest()[:24]


@contextmanager
def locked(case: Case) -> Iterator[None]:
    """Hold the case for one run; the lock ends with the process, however it ends."""
    handle = os.open(case.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _take(handle):
            raise CaseLockedError("another run holds this case", where=str(case.folder), advice="wait until it ends, or end it, then try again")
        yield
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


TEMPLATE = """\
# A custodes case. Every key is explained; unknown keys are refused.
format = 1
title = {title}

# Makers to watch (ids of `custodes doctor`); leave out for all of the fact tables.
# [watch]
# makers = ["hikvision", "dahua"]

# One entry per group of input files: path is a file, a folder or a glob, relative to this file.
# as       = a reader's name, when two claim the file or the file does not show what it is
# body     = the public body whose records these are, when the file does not say it
# period   = the months the files should cover, e.g. "2016-01/2016-12"; missing ones are shown
# currency = when neither file nor reader says it
# licence  = under which terms the publisher lets the rows be used again; shown on the pages
# columns  = which column is what, for a table no reader knows: {{supplier = "Payee", amount = "Value", date = "Paid"}}
{records}
# Pages to watch: gather looks at each when it is due and keeps every version.
# browser = true    with Chromium (pages that need JavaScript; rendered page and picture are kept too)
# every   = "7d"    how often; also "12h", "30m", "2w"
# maker, product    what the page is about; line and version: versions of one document, so that a quiet withdrawal shows
# ignore            regular expressions for text whose change is no change: ['Visitors: \\d+']
# [[pages]]
# url = "https://vendor.example/product"

# How to look; what is not said is as shown.
# [gather]
# delay = "2s"                        # between two looks at one host
# gone = {{ looks = 3, days = 14 }}     # a page is gone when this many looks over this many days found nothing
# robots = "note"                     # or "obey": do not look where robots.txt asks not to
# allow = []                          # hosts and networks that may be looked at although they are not public: ["intranet.example", "10.0.0.0/24"]
# limits = {{ megabytes = 100, seconds = 120, redirects = 20 }}

# Who time-stamps what was kept (RFC 3161; only a hash is sent). roots = the authority's root certificate, a PEM file beside this one.
# [[stamps]]
# url = "https://tsa.example/tsr"

# Where the public edition will stand (links of its feed and cards are whole then), and in which languages its pages are written.
# [publish]
# url = "https://example.org/edition/"
# languages = ["en", "de"]

# Which removal policy the plan follows: none, or a file of `custodes doctor`.
[plan]
policy = "none"
"""


def new(folder: Path, paths: tuple[str, ...]) -> Path:
    """Make a case folder with a commented case.toml; UsageError when there is one already. Returns the path of case.toml."""
    target = folder / "case.toml"
    if target.exists():
        raise UsageError("there is a case already", where=str(target), advice="choose another folder, or edit that file")
    entries = []
    for path in paths:
        real = Path(path)
        relative = os.path.relpath(real.absolute(), folder.absolute())
        if not real.exists() and not glob.glob(path, recursive=True):
            raise UsageError("no such file or folder", where=path, advice="check the path given to --records")
        entries.append(f"[[records]]\npath = {json.dumps(Path(relative).as_posix(), ensure_ascii=False)}\n")
    records = "\n".join(entries) or '# [[records]]\n# path = "inputs/*.csv"\n'
    for room in ("inbox", "sources", "records", "findings", "review", "timetable", "publication"):
        (folder / room).mkdir(parents=True, exist_ok=True)
    write_whole(target, TEMPLATE.format(title=json.dumps(folder.absolute().name, ensure_ascii=False), records=records).encode())
    return target
