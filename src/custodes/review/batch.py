"""Letters as tables: the batch for WhatDoTheyKnow, and the list of what is due. Pure.

WhatDoTheyKnow takes no upload; it takes an address that opens a request already written (https://alaveteli.org/docs/developers/api/). The page name
of an authority is guessed the way that software makes it from the name; look at the page before you send.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

from custodes.review.answers import Tracked
from custodes.review.deadlines import Law
from custodes.review.letters import LONGEST_LINK, Letter, blocks, text

SITE = "https://www.whatdotheyknow.com"
BATCH = ("letter_id", "authority", "authority_page", "law", "title", "body", "link", "send_from", "request_address", "transactions")
DUE = ("letter_id", "body", "to", "law", "sent", "due", "state", "answer", "answered", "exemption", "step", "until")


def page_name(authority: str) -> str:
    """The likely last part of an authority's address there: lower case, ASCII, underscores."""
    plain = unicodedata.normalize("NFKD", authority.replace("&", " and ")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"['’]", "", plain)).strip("_")


def whatdotheyknow(letters: Iterable[Letter], laws: Mapping[str, Law]) -> str:
    """CSV with one row per letter, columns :data:`BATCH`; ``link`` is empty where the letter is too long for an address."""
    rows = []
    for letter in letters:
        told = blocks(letter, laws[letter.law])
        title = next(words for style, words in told if style == "subject")
        # the site writes address and signature itself
        body = text([block for block in told if block[0] not in ("to", "subject") and not block[1].startswith("[name and address")]).strip()
        link = f"{SITE}/new/{page_name(letter.to)}?{urlencode({'title': title, 'body': body})}"
        rows.append(
            (letter.letter_id, letter.to, page_name(letter.to), laws[letter.law].name, title, body, link if len(link) <= LONGEST_LINK else "",
             letter.send_from, letter.address, str(len(letter.rows)))
        )  # fmt: skip
    return table(BATCH, rows)


def due_list(tracked: Iterable[Tracked]) -> str:
    """CSV of the letters sent, columns :data:`DUE`."""
    return table(DUE, ([str(getattr(letter, name)) for name in DUE] for letter in tracked))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """CSV (RFC 4180, LF) of text cells, guarded against formulas."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


_RISKY = re.compile(r"'*[=+\-@\t\r]")


def guarded(cell: str) -> str:
    """A text that no spreadsheet runs: an apostrophe goes in front of ``= + - @``, tab and return (and of apostrophes before them)."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def unguarded(cell: str) -> str:
    """What :func:`guarded` was given."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell[1:]) else cell
