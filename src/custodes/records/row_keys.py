"""Record keys of the rows of one file, made a batch at a time: the same as ``values.key_of`` of the normalised parts."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b as _hash

_WIDE_BLANKS = "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def normal(text: str) -> bytes:
    """Key text of many parts at once, as UTF-8: case folded, every run of blanks one space; U+001E and U+001F stay.

    >>> normal("A  B\\x1fC\\nD\\x1eE")
    b'a b\\x1fc d\\x1ee'
    """
    if text.isascii():
        data = text.encode().lower()
    else:
        text = text.casefold()
        for blank in _WIDE_BLANKS:
            if blank in text:
                text = text.replace(blank, " ")
        data = text.encode("utf-8", "surrogatepass")
    for control in (b"\n", b"\t", b"\r", b"\x0b", b"\x0c"):
        data = data.replace(control, b" ")
    while b"  " in data:
        data = data.replace(b"  ", b" ")
    return data


class Keys:
    """Record keys of one file (``values.key_of``): equal rows are told apart by their occurrence among equals."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._again: Counter[bytes] = Counter()

    def of(self, parts: list[str]) -> list[str]:
        """Keys for rows given as their key parts joined by U+001F (not yet normalised)."""
        whole = "\x1e".join(parts)
        if whole.count("\x1e") >= len(parts):
            whole = "\x1e".join(part.replace("\x1e", " ") for part in parts)
        texts = normal(whole).split(b"\x1e")
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
