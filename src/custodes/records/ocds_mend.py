"""Bytes into :class:`Release`, first strictly and fast, then with patience.

Publishers break the standard: ids as numbers, one object where a list belongs, amounts as text or as MongoDB's ``{"$numberLong": "1"}``, texts per
language, control characters inside strings, single elements in another encoding. What the strict decoder refuses is built here member by member.
"""

from __future__ import annotations

import json
import math
import re
import types
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import orjson

from custodes.records.jsontext import from_windows
from custodes.records.ocds_shapes import Release

_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")
_NO_NUMBER = {"", "-", "--", "n/a", "na", "none", "null", "nil", "unknown", "tbc", "tbd", "not known", "not available", "undisclosed", "confidential"}


class OcdsDecode:
    """The decoder that :func:`custodes.records.jsonstream.blocks` is given for OCDS."""

    def __init__(self) -> None:
        self._lines = msgspec.json.Decoder(Release).decode_lines
        self._array = msgspec.json.Decoder(list[Release]).decode
        self._one = msgspec.json.Decoder(Release).decode

    def lines(self, text: bytes) -> Sequence[Release]:
        """JSON lines."""
        return self._lines(text)

    def array(self, text: bytes) -> Sequence[Release]:
        """A JSON array."""
        return self._array(text)

    def one(self, text: bytes) -> Release:
        """One element; ValueError when it is not a JSON object."""
        try:
            return self._one(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return mend(plain(text))


def plain(text: bytes) -> Any:
    """JSON as plain values, tolerating control characters in strings, NaN, lone surrogates and Windows-1252; ValueError otherwise."""
    try:
        return orjson.loads(text)
    except ValueError:
        pass
    try:
        return json.loads(text.decode("utf-8"), strict=False)
    except UnicodeDecodeError:
        return json.loads(from_windows(text), strict=False)


def mend(value: Any) -> Release:
    """A release from plain values of any shape; ValueError when it is not an object."""
    if not isinstance(value, dict):
        raise ValueError("an object was expected")
    release: Release = _build(Release, value)
    return release


def _build(shape: Any, value: dict[str, Any]) -> Any:
    return shape(**{name: make(value[name]) for name, make in _makers(shape).items() if value.get(name) is not None})


@cache
def _makers(shape: Any) -> dict[str, Callable[[Any], Any]]:
    return {name: _maker(hint) for name, hint in get_type_hints(shape).items()}


def _maker(hint: Any) -> Callable[[Any], Any]:
    """The function that makes a member of this type from whatever was published."""
    kinds = [kind for kind in (get_args(hint) if isinstance(hint, types.UnionType) else (hint,)) if kind is not types.NoneType]
    kind = kinds[0]
    if kind is float:
        return number
    if get_origin(kind) is list:
        inner = get_args(kind)[0]
        return _texts if inner is str else lambda value: [_build(inner, v) for v in _many(value) if isinstance(v, dict)]
    if kind is msgspec.Raw:
        return lambda value: msgspec.Raw(json.dumps(value).encode("utf-8", "replace"))
    simple: dict[Any, Callable[[Any], Any]] = {bool: _truth, str: text}
    return simple.get(kind) or (lambda value: next((_build(kind, v) for v in _many(value) if isinstance(v, dict)), None))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> list[str]:
    return [t for t in (text(v) for v in _many(value)) if t]


def _truth(value: Any) -> bool:
    return value is True or str(value).strip().casefold() in ("true", "yes", "1")


def text(value: Any) -> str | None:
    """Text from a text, a number, a list of these, or texts per language (each once, joined by `` | ``)."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return " | ".join(dict.fromkeys(t for t in (text(v) for v in value) if t)) or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else str(value)


def number(value: Any) -> float | None:
    """A number from a number, from text, or from MongoDB's extended JSON; NaN when something is there that is not a number."""
    if isinstance(value, dict):
        value = next((v for k, v in value.items() if k in ("$numberLong", "$numberDecimal", "$numberInt", "$numberDouble", "amount", "value")), value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e300 else math.nan
    bare = str(value).strip().lstrip("£$€").replace(" ", "")
    if bare.casefold() in _NO_NUMBER:
        return None
    return float(bare.replace(",", "")) if _NUMBER.fullmatch(bare) else math.nan
