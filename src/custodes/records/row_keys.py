"""Record keys of the rows of one file, made a batch at a time: the same as ``values.key_of`` of the normalised parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b as _hash

_WIDE_BLANKS = "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def normal(parts: Sequence[str]) -> list[bytes]:
    """Key texts as UTF-8: case folded, every run of blanks one space; U+001F, which joins the parts of a key, stays.

    >>> normal(["A  B\\x1fC\\nD", "\u00c4"])
    [b'a b\\x1fc d', b'\\xc3\\xa4']
    """
    text = "\x1e".join(parts)
    if text.count("\x1e") >= len(parts):
        text = "\x1e".join(part.replace("\x1e", " ") for part in parts)
    if not text.isascii():
        # bytes.lower() folds ASCII alone and is far faster than str.casefold(): only the texts that need it are folded as text
        text = "\x1e".join([part if part.isascii() else part.casefold() for part in text.split("\x1e")])
        for blank in _WIDE_BLANKS:
            if blank in text:
                text = text.replace(blank, " ")
    data = text.encode("utf-8", "surrogatepass").lower()
    for control in (b"\n", b"\t", b"\r", b"\x0b", b"\x0c"):
        data = data.replace(control, b" ")
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data.split(b"\x1e")


class Keys:
    """Record keys of one file (``values.key_of``): equal rows are told apart by their occurrence among equals."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._again: Counter[bytes] = Counter()

    def of(self, parts: list[str]) -> list[str]:
        """Keys for rows given as their key parts joined by U+001F (not yet normalised)."""
        texts = normal(parts)
        keys = [_hash(text + b"\x1f0", digest_size=12).hexdigest() for text in texts]
        shorts = [int(key[:15], 16) for key in keys]
        fresh = set(shorts)
        if len(fresh) == len(shorts) and self._seen.isdisjoint(fresh):
            self._seen |= fresh
            return keys
        return [self._known(text, key, short) for text, key, short in zip(texts, keys, shorts, strict=True)]

    def _known(self, text: bytes, key: str, short: int) -> str:
        if short not in self._seen:
            self._seen.add(short)
            return key
        self._again[text] += 1
        return _hash(text + b"\x1f%d" % self._again[text], digest_size=12).hexdigest()
