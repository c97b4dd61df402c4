"""JSON from strangers, element after element, in constant memory.

Three shapes are read: *lines* (one JSON value a line), one *document* (an object whose member ``releases``, ``records`` or ``results`` is a long
array, or a bare array), and several documents one after another. A block of a quarter of a mebibyte is decoded in one call; an array is
never loaded whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from custodes.errors import BrokenInputError
from custodes.records.jsonarray import array
from custodes.records.jsonblock import SAMPLE, Block, Decode, Refusal, T, one
from custodes.records.jsoncursor import BLOCK, Cursor
from custodes.records.jsontext import utf8

MEMBERS = (b"releases", b"records", b"results")
"""Members of a document whose array is streamed."""
_STREAMED = re.compile(rb'"(?:' + rb"|".join(MEMBERS) + rb')"\s*:\s*\[')


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
    """Is the first line a whole JSON object, with more lines behind it? A file of one line that holds a streamed array is a document."""
    while (end := cursor.text.find(b"\n", cursor.at)) < 0 and len(cursor.text) - cursor.at < 4 * BLOCK:
        if not cursor.more():
            return False
    if end < 0 or cursor.text[cursor.at] != 0x7B:
        return False
    cursor.keep = start = cursor.at
    cursor.at = end
    following = cursor.blank()
    end, cursor.at, cursor.keep = end - start + cursor.keep, cursor.keep, -1
    if following >= 0 and following != 0x7B:
        return False
    if following < 0:
        return _STREAMED.search(cursor.text, cursor.at, end) is None
    return not isinstance(one(cursor.text[cursor.at : end], decode), Refusal) or cursor.text[cursor.at : end].rstrip().endswith(b"}")


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
        if len(values) == _line_ends(text) + 1:
            return Block("line", number, values, sample)
    except (ValueError, RecursionError):
        pass
    return Block("line", number, [one(line, decode) if line.strip() else None for line in text.split(b"\n")], sample)


def _line_ends(text: bytes) -> int:
    """The number of line ends. ``find`` jumps from one to the next; ``count`` looks at every byte, which takes ten times as long on long lines."""
    found, at = 0, text.find(b"\n")
    while at >= 0:
        found, at = found + 1, text.find(b"\n", at + 1)
    return found


# ---- documents ---------------------------------------------------------------------------------------------------------------------------------


def _documents(cursor: Cursor, decode: Decode[T]) -> Iterator[Block[T]]:
    number = 0
    while (byte := cursor.blank()) >= 0:
        number += 1
        prefix = "" if number == 1 else f"document {number} "
        if byte == 0x5B:
            yield from array(cursor, prefix, decode)
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
            yield from array(cursor, f"{prefix}/{key.decode()}", decode)
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
    value = one(text, decode)
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
