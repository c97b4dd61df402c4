"""Record keys of the rows of one file, made a batch at a time: the same as ``values.key_of`` of the normalised parts."""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b

import pyarrow as pa

from custodes.records.column_cells import even_texts, joined_bytes

ENDING = "\x1f0\x1e"
"""What the texts of a column of key parts end with: the number of the first occurrence, and the mark between two texts."""
_hash = partial(blake2b, digest_size=12)
_WIDE_BLANKS = "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def normal(parts: Sequence[str]) -> list[bytes]:
    """Key texts as UTF-8: case folded, every run of blanks one space; U+001F, which joins the parts of a key, stays.

    >>> normal(["A  B\\x1fC\\nD", "\u00c4"])
    [b'a b\\x1fc d', b'\\xc3\\xa4']
    """
    text = "\x1e".join(parts)
    if text.count("\x1e") >= len(parts):
        text = "\x1e".join(part.replace("\x1e", " ") for part in parts)
    return _folded(text if not text.isascii() else text.encode()).split(b"\x1e")


def _folded(text: str | bytes) -> bytes:
    """Normalised texts, joined by U+001E, as UTF-8; bytes must be ASCII."""
    if isinstance(text, str):
        # bytes.lower() folds ASCII alone and is far faster than str.casefold(): only the texts that need it are folded as text
        text = "\x1e".join([part if part.isascii() else part.casefold() for part in text.split("\x1e")])
        for blank in _WIDE_BLANKS:
            if blank in text:
                text = text.replace(blank, " ")
        text = text.encode("utf-8", "surrogatepass")
    data = text.lower()
    for control in (b"\n", b"\t", b"\r", b"\x0b", b"\x0c"):
        data = data.replace(control, b" ")
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data


class Keys:
    """Record keys of one file (``values.key_of``): equal rows are told apart by their occurrence among equals."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._again: dict[bytes, int] = {}

    def of(self, parts: list[str]) -> list[str]:
        """Keys for rows given as their key parts joined by U+001F (not yet normalised)."""
        return [key.hex() for key in self._told_apart([text + b"\x1f0" for text in normal(parts)])]

    def of_column(self, parts: pa.StringArray) -> pa.StringArray:
        """As :meth:`of` for a column in which every text ends with ENDING."""
        text = joined_bytes(parts)
        if text.count(b"\x1e") > len(parts):
            return pa.array(self.of([part[: -len(ENDING)] for part in parts.to_pylist()]), pa.string())
        texts = _folded(text if text.isascii() else text.decode()).split(b"\x1e")
        texts.pop()
        return even_texts(hexlify(b"".join(self._told_apart(texts))), len(texts))

    def _told_apart(self, texts: list[bytes]) -> list[bytes]:
        """The keys of normalised texts that end with the number of a first occurrence."""
        keys = list(map(blake2b.digest, map(_hash, texts)))
        met = self._seen
        if met.isdisjoint(keys):
            known = len(met)
            met.update(keys)
            if len(met) - known == len(keys):
                return keys
            met = set()
        for at, key in enumerate(keys):
            if key not in met:
                met.add(key)
                continue
            again = self._again[key] = self._again.get(key, 0) + 1
            keys[at] = _hash(b"%b\x1f%d" % (texts[at][:-2], again)).digest()
        return keys
