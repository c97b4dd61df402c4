"""A long JSON array cut into blocks of whole elements, without loading it and without looking at every byte in Python.

After its first element the bytes between two elements are known (``},`` blanks ``{"ocid"``), and which two names begin an element. The last
such place in the buffer is taken as the end of a block. If the block decodes as JSON, the guess was right: no JSON object is a proper
beginning of another. If it does not, the elements are tried one by one, and as a last resort cut by the exact scan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from custodes.records.jsonblock import SAMPLE, Block, Decode, Refusal, T, one
from custodes.records.jsoncursor import BLOCK, Cursor

_BETWEEN = re.compile(rb'\}\s*+,\s*+(\{\s*+"[^"\\]{1,80}+")')
_BEGINNING = re.compile(rb'\{\s*+("[^"\\]{1,80}+")\s*+:\s*+(?:"[^"\\]{0,300}+"|[-+.\w]{1,40}+)\s*+,\s*+("[^"\\]{1,80}+")')
_TRIES = 64


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between two elements: from the closing brace to where the next element ceases to begin like the one before it.

    ``inner`` is where the opening brace stands in ``text``. ``beginning`` matches the first two names of an element; None when that is not known.
    """

    text: bytes
    inner: int
    beginning: re.Pattern[bytes] | None

    def after(self, buffer: bytes, start: int) -> int:
        """Index just behind the first element that ends at a gap after ``start``; the buffer's length when there is none."""
        at = buffer.find(self.text, start)
        while at >= 0 and not self._fits(buffer, at):
            at = buffer.find(self.text, at + 1)
        return at + 1 if at >= 0 else len(buffer)

    def last(self, buffer: bytes, start: int) -> int:
        """Index of the last gap, or -1."""
        at = buffer.rfind(self.text, start)
        for _ in range(_TRIES):
            if at < 0 or self._fits(buffer, at):
                return at
            at = buffer.rfind(self.text, start, at + len(self.text) - 1)
        return -1

    def _fits(self, buffer: bytes, at: int) -> bool:
        return self.beginning is None or self.beginning.match(buffer, at + self.inner) is not None


def array(cursor: Cursor, prefix: str, decode: Decode[T]) -> Iterator[Block[T]]:
    """Blocks of the array whose bracket is at the cursor; afterwards the cursor stands behind the closing bracket."""
    cursor.at += 1
    index, wait, failed = 0, 0, 0
    gap: Gap | None = None
    while (byte := cursor.blank()) != 0x5D:
        if byte < 0:
            raise cursor.broken("the file ends inside an array: it is truncated")
        block = None
        if gap is not None and not wait and _filled(cursor) and (cut := gap.last(cursor.text, cursor.at)) >= 0:
            block = _many(cursor, cut, prefix, index, gap, decode)
            # A guess that failed is dear; after it the exact scan has its turn, longer each time.
            failed = failed + 1 if block is None else 0
            wait = min(16 << 2 * failed, 65_536) if failed else 0
        if block is None:
            wait = max(0, wait - 1)
            block = _exact(cursor, prefix, index, decode)
            gap = _learn(cursor, block.sample[0])
        index += len(block.values)
        yield block
        _pass_comma(cursor)
    cursor.at += 1


def _filled(cursor: Cursor) -> bool:
    """Read on when less than a block is waiting."""
    return len(cursor.text) - cursor.at >= BLOCK or cursor.more() or True


def _pass_comma(cursor: Cursor) -> None:
    byte = cursor.blank()
    if byte == 0x2C:
        cursor.at += 1
    elif byte != 0x5D:
        raise cursor.broken("a comma or a closing bracket was expected" if byte >= 0 else "the file ends inside an array: it is truncated")


def _exact(cursor: Cursor, prefix: str, index: int, decode: Decode[T]) -> Block[T]:
    """One element, cut by the exact scan."""
    end = cursor.value_end()
    text = cursor.text[cursor.at : end]
    cursor.at = end
    return Block(prefix, index, [one(text, decode)], [text])


def _learn(cursor: Cursor, element: bytes) -> Gap | None:
    """The gap behind the element just passed; None when there is no next one, or when it begins otherwise.

    The first name alone (``{"id"``) also stands in nested arrays; with the beginning of its value (``"ocds-kuma6s-``) and the second name it
    hardly does.
    """
    if len(cursor.text) - cursor.at < 4096:
        cursor.keep = cursor.at - 1
        cursor.more()
        cursor.at, cursor.keep = cursor.keep + 1, -1
    match = _BETWEEN.match(cursor.text, cursor.at - 1)
    if match is None or not element.startswith(match.group(1)):
        return None
    head = cursor.text[match.start(1) : match.start(1) + 160]
    alike = next((n for n, (x, y) in enumerate(zip(head, element, strict=False)) if x != y), min(len(head), len(element)))
    inner = match.start(1) - match.start()
    return Gap(match.group()[:inner] + max(match.group(1), head[:alike].rstrip(b"0123456789"), key=len), inner, _beginning(element))


def _beginning(element: bytes) -> re.Pattern[bytes] | None:
    """An expression for the first two names of an element, when the first has a short and simple value."""
    match = _BEGINNING.match(element)
    if match is None:
        return None
    first, second = re.escape(match.group(1)), re.escape(match.group(2))
    return re.compile(rb'\{\s*+' + first + rb'\s*+:\s*+(?:"[^"\\]{0,300}+"|[-+.\w]{1,40}+)\s*+,\s*+' + second)


def _many(cursor: Cursor, cut: int, prefix: str, index: int, gap: Gap, decode: Decode[T]) -> Block[T] | None:
    """The elements up to the gap at ``cut``; None when nothing could be decoded."""
    text = cursor.text[cursor.at : cut + 1]
    try:
        values = decode.array(b"".join((b"[", text, b"]")))
    except (ValueError, RecursionError):
        return _pieces(cursor, text, prefix, index, gap, decode)
    cursor.at = cut + 1
    return Block(prefix, index, values, _sample(text, gap, index))


def _sample(text: bytes, gap: Gap, index: int) -> list[bytes]:
    """The first element, and early in an array more of them."""
    sample, start = list[bytes](), 0
    while start < len(text) and len(sample) < (SAMPLE if index < SAMPLE else 1):
        end = gap.after(text, start)
        sample.append(text[start:end])
        start = end - 1 + gap.inner
    return sample


def _pieces(cursor: Cursor, text: bytes, prefix: str, index: int, gap: Gap, decode: Decode[T]) -> Block[T] | None:
    """Elements one by one, up to the first that is no JSON by itself; the cursor is moved behind the last that is. None when the first is not."""
    base, start, values, sample = cursor.at, 0, list[T | Refusal | None](), list[bytes]()
    while start < len(text):
        end = gap.after(text, start)
        try:
            values.append(decode.one(text[start:end]))
        except (ValueError, RecursionError):
            break
        sample = sample or [text[start:end]]
        cursor.at = base + end
        start = end - 1 + gap.inner
    return Block(prefix, index, values, sample) if values else None
