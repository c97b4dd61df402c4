"""JSON as scanners write it: an object a line, an array of one object a line with stray commas (masscan), or one array or object as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import orjson

from custodes.errors import BrokenInputError, LimitError
from custodes.records.device_markup import SIZE_LIMIT

LINE_LIMIT = 8 << 20
"""Bytes of one line."""
_SIGNS = b"[] ,\r\n\t"


class Thing(NamedTuple):
    """One object with its place, or why it cannot be read."""

    place: str
    value: dict[str, Any]
    fault: str = ""


def members(head: bytes) -> frozenset[str]:
    """All member names that stand in the head of a JSON file; none when it is no JSON."""
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] not in (b"{", b"["):
        return frozenset()
    return frozenset(name.decode("ascii") for name in re.findall(rb'"(\w{1,60})"\s*:', head))


def first_keys(head: bytes) -> frozenset[str]:
    """Keys of the first object when it stands on a line of its own, else all member names of the head."""
    for line in head.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:3]:
        if line.strip(_SIGNS):
            try:
                value = orjson.loads(line.strip(_SIGNS))
                return frozenset(value) if isinstance(value, dict) else frozenset()
            except ValueError:
                return members(head)
    return frozenset()


def objects(stream: BinaryIO, where: str) -> Iterator[Thing]:
    """Every object of the file. BrokenInputError when it is no JSON, LimitError when a line, or a file that is one document, is too large."""
    stream.seek(0)
    start = stream.read(65_536).removeprefix(b"\xef\xbb\xbf").lstrip()
    stream.seek(0)
    first = next((line for line in start.split(b"\n") if line.strip(_SIGNS)), b"")
    if not start[:1] or start[:1] not in b"{[":
        raise BrokenInputError("not JSON", where=where, advice="give the JSON that the tool wrote, whole")
    if first.lstrip(b" ,[\t").startswith(b"{") and _complete(first) and (b"\n" in start or start[:1] == b"{"):
        yield from _lines(stream, where)
    else:
        yield from _document(stream, where)


def _complete(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line.strip(_SIGNS)), dict)
    except ValueError:
        return False


def _lines(stream: BinaryIO, where: str) -> Iterator[Thing]:
    number = 0
    while line := stream.readline(LINE_LIMIT):
        number += 1
        if len(line) >= LINE_LIMIT and not line.endswith(b"\n"):
            raise LimitError(f"a line is longer than {LINE_LIMIT >> 20} MiB", where=f"{where}, line {number}", advice="split the file into one object a line")
        text = line.removeprefix(b"\xef\xbb\xbf").strip(_SIGNS)
        if not text or re.fullmatch(rb"\{\s*\"?finished\"?\s*:\s*1\s*\}", text):
            continue
        try:
            value = orjson.loads(text)
        except ValueError as error:
            yield Thing(f"line {number}", {}, f"not readable JSON: {error}"[:200])
            continue
        yield Thing(f"line {number}", value) if isinstance(value, dict) else Thing(f"line {number}", {}, "not a JSON object")


def _document(stream: BinaryIO, where: str) -> Iterator[Thing]:
    data = stream.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise LimitError(f"one document larger than {SIZE_LIMIT >> 20} MiB", where=where, advice="write it as one object a line")
    try:
        value = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise BrokenInputError(f"not readable JSON: {error}"[:200], where=where, advice="check that the file was saved whole") from error
    many = value if isinstance(value, list) else next((value[name] for name in ("results", "matches", "devices", "hits") if isinstance(value.get(name), list)), [value])
    for number, item in enumerate(many):
        yield Thing(f"/{number}", item) if isinstance(item, dict) else Thing(f"/{number}", {}, "not a JSON object")


def inside(value: Any, *path: str) -> Any:
    """The value at a path of member names; the first of a list on the way; None when there is none."""
    for name in path:
        if isinstance(value, list):
            value = value[0] if value else None
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def text_at(value: Any, *path: str) -> str:
    """The text (or the first of a list of texts, or a number) at a path; ''."""
    found = inside(value, *path)
    if isinstance(found, list):
        found = ", ".join(str(item) for item in found[:20] if isinstance(item, (str, int)))
    return str(found) if isinstance(found, (str, int, float)) and not isinstance(found, bool) else ""
