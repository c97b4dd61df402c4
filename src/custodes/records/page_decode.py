"""Bytes of a page to text: what encoding, by the evidence of the bytes where it contradicts what the page or the server declares.

Order: byte order mark, then UTF-8 where the bytes are valid and not plain ASCII, then the server's charset, then the page's own (``<meta charset>``,
the encoding of an XML declaration), each only when the bytes allow it, then chardet's guess, then windows-1252. Labels as in the WHATWG Encoding
Standard, so far as they matter: ``iso-8859-1`` means windows-1252, ``gb2312`` and ``gbk`` mean gb18030, ``shift_jis`` means cp932.
"""

from __future__ import annotations

import codecs
import re

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,40})|<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]{2,40})""", re.I)
_HEAD = 4096
_SAME = {
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "x-cp1251": "cp1251",
    "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874", "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "unicode": "utf-16-le", "utf-16": "utf-16-le", "utf8": "utf-8",
}  # fmt: skip
_STATEFUL = {"utf-7", "hz", "iso2022_jp", "iso2022_kr"}
_HIGH = re.compile(rb"[\x80-\xff]")
_TOLERATED = 1000
"""One byte in so many may be wrong before a declared encoding is no longer believed."""


def decoded(payload: bytes, charset: str = "") -> tuple[str, str, int]:
    """(text, encoding, bytes of the byte order mark). ``charset``: what the server declared. Bytes that do not fit become U+FFFD."""
    for mark, encoding in _MARKS:
        if payload.startswith(mark):
            return payload[len(mark) :].decode(encoding, "replace"), encoding, len(mark)
    if payload.isascii() and b"\0" not in payload[:_HEAD] and (b"\x1b" not in payload or b"\x1b$" not in payload):  # one byte is found far faster than two
        return payload.decode("ascii"), "utf-8", 0
    if wide := _wide(payload[:_HEAD]):
        return payload.decode(wide, "replace"), wide, 0
    for encoding in ("utf-8", codec(charset), codec(_own(payload))):
        if encoding and (text := _fits(payload, encoding)) is not None:
            return text, encoding, 0
    guess = _guess(payload)
    return payload.decode(guess, "replace"), guess, 0


def codec(label: str) -> str:
    """Python's name for the encoding that a page or server calls ``label``; empty for one we do not read."""
    label = label.strip().strip("\"'").lower()
    try:
        name = codecs.lookup(_SAME.get(label, label)).name if label else ""
    except (LookupError, ValueError):
        return ""
    return "" if (name in _STATEFUL and name != "iso2022_jp") or not _is_text(name) else _SAME.get(name, name)


def _is_text(name: str) -> bool:
    try:
        return isinstance(b"".decode(name), str)
    except (LookupError, ValueError):
        return False


def _own(payload: bytes) -> str:
    match = _DECLARED.search(payload[:_HEAD])
    return (match[1] or match[2]).decode("ascii") if match else ""


def _wide(head: bytes) -> str:
    """UTF-16 without a mark, by its pattern of NULs."""
    odd, even = head[1::2].count(0), head[0::2].count(0)
    if len(head) >= 8 and max(odd, even) * 2 > len(head) * 0.5 and min(odd, even) * 20 < len(head):
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""


def _fits(payload: bytes, encoding: str) -> str | None:
    """The text when the bytes are this encoding but for a few; None when they are not."""
    if encoding.startswith("utf-16"):
        return None  # declared in a form that could only be read if it were not UTF-16
    try:
        return payload.decode(encoding)
    except UnicodeDecodeError:
        text = payload.decode(encoding, "replace")
    wrong = text.count("\ufffd")
    high = len(payload) - len(payload.translate(None, bytes(range(128, 256))))
    return text if wrong * _TOLERATED < len(payload) and wrong * 10 < high else None


def _guess(payload: bytes) -> str:
    """chardet's answer for what follows the first letter beyond ASCII; windows-1252 when it has none."""
    import chardet

    high = _HIGH.search(payload)
    start = max(0, high.start() - 200) if high else 0
    found = chardet.detect(payload[start : start + 65_536])
    name = codec(str(found.get("encoding") or ""))
    return name if name and name not in ("utf-8", "ascii") else "cp1252"
