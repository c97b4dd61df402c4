"""The form that goes with every notice: plain text, filled in with any editor or mail program, brought back through the inbox. Pure.

It opens with :data:`HEAD`, then ``notice:`` and ``token:``, then one part per finding. A part that is left empty says nothing. The words between the
two marks are taken as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from custodes.review.notices import Notice

HEAD = "CUSTODES REPLY FORM 1"
_BEGIN = re.compile(r"\[words (?:for finding ([0-9a-f]{20})|for all findings)\][ \t]*")
_END = "[end of words]"
_ALL = "[words for all findings]"


def is_form(text: str) -> bool:
    """Does the text open as a reply form does?"""
    return text.startswith(HEAD)


def write(notice: Notice, token: str) -> str:
    """The empty form for a notice."""
    head = (
        f"{HEAD}\nnotice: {notice.notice_id}\ntoken: {token}\n\nTo: {notice.company}\n"
        f"Please answer by {notice.deadline}. Write between the marks; your words are published unchanged beside the finding. Leave a part empty to say nothing there.\n"
        "Keep the lines in square brackets, and the two lines above. Send this file back as plain text; no account is needed.\n"
    )
    parts = [f"\nAbout everything in this notice:\n{_ALL}\n\n{_END}\n"]
    for number, item in enumerate(notice.items, 1):
        parts.append(f"\n{number}. {item.wording.splitlines()[0]}\n[words for finding {item.finding_id}]\n\n{_END}\n")
    return head + "".join(parts)


def read(text: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """(place, fields of a reply or what is wrong) for every part with words in it; a form without any is told as empty."""
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = {name: _field(lines, name) for name in ("notice", "token")}
    words: list[str] | None = None
    finding, began, found = "", 0, False
    for number, line in enumerate(lines, 1):
        mark = _BEGIN.fullmatch(line)
        if words is None and mark:
            words, finding, began = [], mark[1] or "", number
        elif words is not None and (mark or line.rstrip() == _END):
            if mark:
                yield f"line {began}", f"the part has no end: the line {_END} is missing before line {number}"
                words, finding, began, found = [], mark[1] or "", number, True
            else:
                if any(part.strip() for part in words):
                    found = True
                    yield f"line {began}", {"notice_id": head["notice"], "token": head["token"], "finding_ids": [finding] if finding else [], "words": "\n".join(words)}
                words = None
        elif words is not None:
            words.append(line)
    if words is not None:
        yield f"line {began}", f"the part has no end: the line {_END} is missing"
    elif not found:
        yield "line 1", "the form holds no words: write between the marks"


def _field(lines: list[str], name: str) -> str:
    return next((line.partition(":")[2].strip() for line in lines[:20] if line.casefold().startswith(f"{name}:")), "")
