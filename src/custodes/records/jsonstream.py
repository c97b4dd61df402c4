"""JSON from strangers, element after element, in constant memory.

Three shapes are read: *lines* (one JSON value a line), one *document* (an object whose member ``releases``, ``records`` or ``results`` is a long array,
or a bare array), and several documents one after another. A block of a quarter of a mebibyte is decoded in one call; an array is never loaded whole.

How an array is cut. After its first element the bytes between two elements are known (``},`` blanks ``{"ocid"``). The last such place in the buffer
is taken as the end of a block. If the block decodes as JSON, the guess was right: no JSON object is a proper beginning of another. If it does not,
the elements are tried one by one, and as a last resort cut by an exact scan that knows strings, escapes and depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Generic, Protocol, TypeVar

from custodes.errors import BrokenInputError, LimitError
from custodes.records.jsontext import Readable, utf8

BLOCK = 1 << 18
"""Bytes that are read and decoded at a time; more does not fit the processor's near memory and is slower."""
ELEMENT_LIMIT = 64 << 20
"""Bytes that one element, line or package head may have."""
DEPTH_LIMIT = 200
"""Levels of nesting that one element may have; OCDS needs fewer than thirty."""
MEMBERS = (b"releases", b"records", b"results")
"""Members of a document whose array is streamed."""
SAMPLE = 64
"""Elements of the first block that are handed on as bytes, so that the reader can account for their names; of later blocks it is one."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.S)
_PLAIN = rb'[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _nested(levels: int) -> re.Pattern[bytes]:
    """A JSON object or array of at most so many levels, as one regular expression: brackets are balanced, strings are known."""
    pattern = rb"(?!)"
    for _ in range(levels):
        pattern = rb"[{\[](?:" + _PLAIN + rb"|" + pattern + rb")*+[}\]]"
    return re.compile(pattern, re.S)


_SHALLOW = _nested(14)
_BLANK = re.compile(rb"[ \t\r\n\x1e]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.S)
_SCALAR = re.compile(rb"[^\s,\]}]++")
_BETWEEN = re.compile(rb'\}\s*+,\s*+(\{\s*+"[^"\\]{1,80}+")')
_ADVICE = "check that the file is complete and is JSON; fetch it again, or take the broken part out"


class Decode(Protocol[T_co]):
    """How elements become values. Each raises ValueError (or RecursionError) when the bytes are not JSON or not the expected shape."""

    def lines(self, text: bytes) -> Sequence[T_co]:
        """Values of newline-separated JSON; blank lines give none."""

    def array(self, text: bytes) -> Sequence[T_co]:
        """Values of a JSON array, brackets included."""

    def one(self, text: bytes) -> T_co:
        """One value, with patience: the place for broken types, control characters and wrong encodings."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An element that could not be decoded, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Block(Generic[T]):
    """Decoded elements in the order of the file. ``prefix`` is ``line`` or a JSON pointer; the n-th value stands at ``first + n``.

    A value is None for a blank line. ``sample`` holds some elements as bytes. ``single`` says that the value is a whole document.
    """

    prefix: str
    first: int
    values: Sequence[T | Refusal | None]
    sample: list[bytes] = field(default_factory=list)
    single: bool = False

    def place(self, n: int) -> str:
        """Where the n-th value stands: ``line 17``, ``/releases/17``, or empty for a whole document."""
        if self.prefix.endswith("line"):
            return f"{self.prefix} {self.first + n}"
        return self.prefix if self.single else f"{self.prefix}/{self.first + n}"


class Cursor:
    """A window on a stream: ``text[at:]`` is what comes next, ``base`` the offset of ``text[0]`` in the (UTF-8) stream.

    ``keep`` is an index from which bytes are held although they were passed (-1: none), so that a value can be looked at and then taken whole.
    """

    def __init__(self, stream: Readable, where: str) -> None:
        self._stream, self.where = stream, where
        self.text, self.at, self.base, self.keep, self.ended = b"", 0, 0, -1, False

    @property
    def offset(self) -> int:
        """Byte offset of the next byte."""
        return self.base + self.at

    def more(self) -> bool:
        """Read further bytes, as many again as are waiting, and forget what was passed; False at the end of the stream."""
        start = self.at if self.keep < 0 else self.keep
        waiting = len(self.text) - start
        if waiting > ELEMENT_LIMIT:
            raise LimitError(f"one element is longer than {ELEMENT_LIMIT >> 20} MiB", where=f"{self.where}, byte {self.offset}", advice=_ADVICE)
        read = b"" if self.ended else self._stream.read(max(BLOCK, waiting))
        self.ended = not read
        self.text, self.base, self.at = self.text[start:] + read, self.base + start, self.at - start
        self.keep = min(self.keep, 0)
        return bool(read)

    def blank(self) -> int:
        """Pass blanks; the next byte (as a number) or -1 at the end."""
        while True:
            match = _BLANK.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return -1

    def broken(self, what: str) -> BrokenInputError:
        """The error for this place."""
        return BrokenInputError(what, where=f"{self.where}, byte {self.offset}", advice=_ADVICE)

    def value_end(self) -> int:
        """Index in ``text`` just behind the JSON value that begins at ``at``, by an exact scan. Reads more as needed."""
        if self.text[self.at] not in b'{["':
            return self._scalar_end()
        if match := _SHALLOW.match(self.text, self.at):
            return match.end()
        passed, depth = 0, 0
        while True:
            for token in _TOKEN.finditer(self.text, self.at + passed):
                kind = token.group()
                if kind == b'"':
                    break
                depth += 1 if kind in b"{[" else -1 if kind in b"}]" else 0
                if depth > DEPTH_LIMIT:
                    raise LimitError(f"nested deeper than {DEPTH_LIMIT} levels", where=f"{self.where}, byte {self.offset}", advice=_ADVICE)
                if depth == 0:
                    return token.end()
                passed = token.end() - self.at
            if not self.more():
                raise self.broken("the file ends inside an element: it is truncated")

    def _scalar_end(self) -> int:
        while True:
            match = _SCALAR.match(self.text, self.at)
            if match is None:
                raise self.broken("a value was expected here")
            if match.end() < len(self.text) or not self.more():
                return match.end() if match.end() < len(self.text) else len(self.text)


def blocks(stream: BinaryIO, where: str, decode: Decode[T]) -> Iterator[Block[T]]:
    """Every element of a JSON stream, decoded. ``where`` names the file in errors.

    Raises BrokenInputError with the byte offset where the file breaks off, after everything before it was yielded, and LimitError when an element is
    too long or too deep. A single line or element that is not JSON, while its neighbours are, comes as a Refusal.
    """
    cursor = Cursor(utf8(stream), where)
    first = cursor.blank()
    if first < 0:
        raise cursor.broken("the file holds no JSON")
    if first not in b"{[":
        raise cursor.broken("the file is not JSON: an object or an array was expected")
    yield from _lines(cursor, decode) if _is_lines(cursor, decode) else _documents(cursor, decode)


def _is_lines(cursor: Cursor, decode: Decode[T]) -> bool:
    """Is the first line a whole JSON object, with more lines behind it?"""
    while (end := cursor.text.find(b"\n", cursor.at)) < 0 and len(cursor.text) - cursor.at < 4 * BLOCK:
        if not cursor.more():
            return False
    if end < 0 or cursor.text[cursor.at] != 0x7B:
        return False
    cursor.keep = start = cursor.at
    cursor.at = end
    following = cursor.blank()
    end, cursor.at, cursor.keep = end - start + cursor.keep, cursor.keep, -1
    if following != 0x7B:
        return False
    return not isinstance(_one(cursor.text[cursor.at : end], decode), Refusal) or cursor.text[cursor.at : end].rstrip().endswith(b"}")


# ---- lines -------------------------------------------------------------------------------------------------------------------------------------


def _lines(cursor: Cursor, decode: Decode[T]) -> Iterator[Block[T]]:
    number = 1 + cursor.text.count(b"\n", 0, cursor.at)
    while True:
        cut = cursor.text.rfind(b"\n", cursor.at)
        if cut >= 0:
            text = cursor.text[cursor.at : cut]
            cursor.at = cut + 1
            block = _line_block(text, number, decode)
            yield block
            number += len(block.values)
        if not cursor.more():
            break
    rest = cursor.text[cursor.at :]
    if rest.strip():
        block = _line_block(rest, number, decode)
        if isinstance(block.values[0], Refusal):
            raise cursor.broken(f"the last line, {number}, is cut off: {block.values[0].reason}")
        yield block


def _line_block(text: bytes, number: int, decode: Decode[T]) -> Block[T]:
    sample = text.split(b"\n", SAMPLE)[:SAMPLE] if number == 1 else [text[: text.find(b"\n")]]
    try:
        values = decode.lines(text)
        if len(values) == text.count(b"\n") + 1:
            return Block("line", number, values, sample)
    except (ValueError, RecursionError):
        pass
    return Block("line", number, [_one(line, decode) if line.strip() else None for line in text.split(b"\n")], sample)


def _one(text: bytes, decode: Decode[T]) -> T | Refusal | None:
    try:
        return decode.one(text)
    except RecursionError:
        return Refusal("nested too deep")
    except ValueError as error:
        return Refusal(f"not readable JSON: {str(error)[:160]}")


# ---- documents ---------------------------------------------------------------------------------------------------------------------------------


def _documents(cursor: Cursor, decode: Decode[T]) -> Iterator[Block[T]]:
    number = 0
    while (byte := cursor.blank()) >= 0:
        number += 1
        prefix = "" if number == 1 else f"document {number} "
        if byte == 0x5B:
            yield from _array(cursor, prefix, decode)
        elif byte == 0x7B:
            yield from _object(cursor, prefix, decode)
        else:
            raise cursor.broken("an object or an array was expected")


def _object(cursor: Cursor, prefix: str, decode: Decode[T]) -> Iterator[Block[T]]:
    """A short document and a bare release or record come whole; of a package the array is streamed."""
    if end := _short_end(cursor) or _bare_end(cursor):
        yield _single(cursor, end, prefix, decode)
        return
    cursor.at += 1
    while True:
        byte = cursor.blank()
        if byte == 0x7D:
            cursor.at += 1
            return
        key = _key(cursor)
        if key in MEMBERS and cursor.text[cursor.at] == 0x5B:
            yield from _array(cursor, f"{prefix}/{key.decode()}", decode)
        else:
            yield from _member(cursor, key)
        byte = cursor.blank()
        if byte == 0x2C:
            cursor.at += 1
        elif byte != 0x7D:
            raise cursor.broken("the file ends inside a package: it is truncated" if byte < 0 else "a comma or a closing brace was expected")


def _member(cursor: Cursor, key: bytes) -> Iterator[Block[T]]:
    """Pass a member of a package that is not streamed; it goes into the sample so that its names are accounted for."""
    end = cursor.value_end()
    if end - cursor.at <= BLOCK:
        yield Block("", 0, [], [b'{"' + key + b'":' + cursor.text[cursor.at : end] + b"}"], single=True)
    cursor.at = end


def _short_end(cursor: Cursor) -> int:
    """End of the document when all that is left of the stream fits into one block and the document is whole, else 0."""
    while len(cursor.text) - cursor.at < BLOCK and cursor.more():
        pass
    if len(cursor.text) - cursor.at >= BLOCK:
        return 0
    try:
        return cursor.value_end()
    except BrokenInputError:
        return 0


def _bare_end(cursor: Cursor) -> int:
    """End of the object when it is a bare release or record: an ``ocid`` comes before any array that could be streamed; else 0."""
    cursor.keep = cursor.at
    cursor.at += 1
    bare = False
    while cursor.blank() == 0x22:
        key = _key(cursor)
        bare = key == b"ocid"
        if bare or (key in MEMBERS and cursor.text[cursor.at] == 0x5B):
            break
        cursor.at = cursor.value_end()
        cursor.at += cursor.blank() == 0x2C
    cursor.at, cursor.keep = cursor.keep, -1
    return cursor.value_end() if bare else 0


def _single(cursor: Cursor, end: int, prefix: str, decode: Decode[T]) -> Block[T]:
    text = cursor.text[cursor.at : end]
    value = _one(text, decode)
    if isinstance(value, Refusal):
        raise cursor.broken(value.reason)
    cursor.at = end
    return Block(prefix, 0, [value], [text] if len(text) <= 4 * BLOCK else [], single=True)


def _key(cursor: Cursor) -> bytes:
    """Pass a member's name and its colon; the name."""
    if cursor.blank() != 0x22:
        raise cursor.broken("a member's name was expected")
    end = cursor.value_end()
    key = cursor.text[cursor.at + 1 : end - 1]
    cursor.at = end
    if cursor.blank() != 0x3A:
        raise cursor.broken("a colon was expected")
    cursor.at += 1
    if cursor.blank() < 0:
        raise cursor.broken("the file ends inside a package: it is truncated")
    return key


# ---- arrays ------------------------------------------------------------------------------------------------------------------------------------


def _array(cursor: Cursor, prefix: str, decode: Decode[T]) -> Iterator[Block[T]]:
    """Blocks of the array whose bracket is at the cursor; afterwards the cursor stands behind the closing bracket."""
    cursor.at += 1
    index, gap, wait = 0, b"", 0
    while (byte := cursor.blank()) != 0x5D:
        if byte < 0:
            raise cursor.broken("the file ends inside an array: it is truncated")
        block = None
        if gap and not wait and _fill(cursor) and (cut := cursor.text.rfind(gap, cursor.at)) >= 0:
            block = _many(cursor, cut, prefix, index, gap, decode)
            # A guess that failed is dear; after it the exact scan has its turn for a while.
            wait = 16 if block is None else 0
        if block is None:
            wait = max(0, wait - 1)
            block = _exact(cursor, prefix, index, decode)
            gap = _learn(cursor, block.sample[0])
        index += len(block.values)
        yield block
        byte = cursor.blank()
        if byte == 0x2C:
            cursor.at += 1
        elif byte != 0x5D:
            raise cursor.broken("a comma or a closing bracket was expected" if byte >= 0 else "the file ends inside an array: it is truncated")
    cursor.at += 1


def _exact(cursor: Cursor, prefix: str, index: int, decode: Decode[T]) -> Block[T]:
    """One element, cut by the exact scan."""
    end = cursor.value_end()
    text = cursor.text[cursor.at : end]
    cursor.at = end
    return Block(prefix, index, [_one(text, decode)], [text])


def _learn(cursor: Cursor, element: bytes) -> bytes:
    """The bytes from the closing brace of the element just passed to where the next one ceases to begin like it; empty when there is no next
    one, or when it begins otherwise.

    The first name alone (``{"id"``) would also stand in nested arrays; with the beginning of its value (``"ocds-kuma6s-``) it hardly does.
    """
    if len(cursor.text) - cursor.at < 4096:
        cursor.keep = cursor.at - 1
        cursor.more()
        cursor.at, cursor.keep = cursor.keep + 1, -1
    match = _BETWEEN.match(cursor.text, cursor.at - 1)
    if match is None:
        return b""
    head = cursor.text[match.start(1) : match.start(1) + 160]
    if not element.startswith(match.group(1)):
        return b""
    alike = next((n for n, (x, y) in enumerate(zip(head, element, strict=False)) if x != y), min(len(head), len(element)))
    return match.group()[: match.start(1) - match.start()] + max(match.group(1), head[:alike].rstrip(b"0123456789"), key=len)


def _fill(cursor: Cursor) -> bool:
    """Read on when less than a block is waiting."""
    return len(cursor.text) - cursor.at >= BLOCK or cursor.more() or True


def _many(cursor: Cursor, cut: int, prefix: str, index: int, between: bytes, decode: Decode[T]) -> Block[T] | None:
    """The elements up to the gap at ``cut``; None when nothing could be decoded."""
    text = cursor.text[cursor.at : cut + 1]
    try:
        values = decode.array(b"[" + text + b"]")
    except (ValueError, RecursionError):
        return _pieces(cursor, text, prefix, index, between, decode)
    cursor.at = cut + 1
    return Block(prefix, index, values, _sample(text, between, index))


def _sample(text: bytes, between: bytes, index: int) -> list[bytes]:
    """The first element, and early in an array more of them."""
    if index >= SAMPLE:
        end = text.find(between)
        return [text if end < 0 else text[: end + 1]]
    parts, head = text.split(between, SAMPLE), between[between.index(b"{") :]
    whole = [(head if n else b"") + part + b"}" for n, part in enumerate(parts[:-1])]
    return whole or [text]


def _pieces(cursor: Cursor, text: bytes, prefix: str, index: int, between: bytes, decode: Decode[T]) -> Block[T] | None:
    """Elements one by one, as far as they are JSON by themselves; the cursor is moved behind the last that is. A gap may stand inside an element."""
    base, start, tries, values, sample = cursor.at, 0, 0, list[T | Refusal | None](), list[bytes]()
    end = text.find(between) + 1 or len(text)
    while start < len(text) and tries < 8:
        try:
            values.append(decode.one(text[start:end]))
        except (ValueError, RecursionError):
            tries += 1
        else:
            cursor.at, tries = base + end, 0
            sample = sample or [text[start:end]]
            start = end - 1 + between.index(b"{")
        if end == len(text):
            break
        end = text.find(between, end) + 1 or len(text)
    return Block(prefix, index, values, sample) if values else None
