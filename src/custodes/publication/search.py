"""The index of the page that searches without a server: scripts that only hold data, so that it works from a folder of files as well.

``search/t-6363.js`` holds the words that begin with two given letters (their code points in hexadecimal) with the numbers of the pages they stand on;
``search/d-0.js`` the titles of 500 pages. A browser loads only what a question needs.
"""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from custodes.publication import wording
from custodes.publication.rows import Row, page_name, shown
from custodes.publication.show import cut
from custodes.publication.site import Site, folder_of, words_of

_Page = tuple[str, str, str, str]
"""Kind, title, address and a line about a page."""
PAGES_PER_FILE = 500
_LONGEST = 40
_TEXT = 4_000
"""Characters of a record's description whose words are found."""
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> set[str]:
    """The words of a text as the index holds them: without accents, in lower case, two characters at least."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return {word[:_LONGEST] for word in _WORD.findall(plain) if len(word) > 1}


class Index:
    """Pages and their words while the site is written. Findings come last in the numbering, so that a body or maker is found first."""

    def __init__(self) -> None:
        self._pages: tuple[list[_Page], list[_Page]] = ([], [])
        self._words: tuple[defaultdict[str, array[int]], defaultdict[str, array[int]]] = (defaultdict(_numbers), defaultdict(_numbers))

    @property
    def count(self) -> int:
        """Pages in the index."""
        return len(self._pages[0]) + len(self._pages[1])

    def _add(self, late: bool, kind: str, title: str, page: str, texts: Iterable[Any], detail: str = "") -> None:
        number, held = len(self._pages[late]), self._words[late]
        self._pages[late].append((kind, title, page, detail))
        for word in sorted(words(shown(" ".join(str(text) for text in (title, *texts) if text)))):
            held[word].append(number)

    def take(self, other: Index) -> None:
        """Findings of another index, behind those that are here."""
        first = len(self._pages[1])
        self._pages[1].extend(other._pages[1])
        for word, numbers in other._words[1].items():
            self._words[1][word].extend(first + number for number in numbers)

    def __getstate__(self) -> Any:
        """What another process is given: the pages and words, not the view."""
        return self._pages, tuple(dict(held) for held in self._words)

    def __setstate__(self, state: Any) -> None:
        self._pages, held = state
        self._words = defaultdict(_numbers, held[0]), defaultdict(_numbers, held[1])

    def finding(self, f: Row) -> None:
        """A finding: its heading, what the record says, ids and numbers."""
        texts = (f["description"][:_TEXT], f["supplier"], f["transaction"], f["ocid"], f["finding_id"], f["date"], f["maker"], wording.EQUIPMENT.get(f["equipment"], ""))
        self._add(True, "Finding", f["heading"], f["page"], texts, cut(" · ".join(part for part in (f["date"], f["description"] or f["supplier"]) if part), 110))

    def body(self, row: Row) -> None:
        """A body: its names, code and kind."""
        self._add(False, "Body", row["body"], row["page"], (*row["names"], row["code"], row["body_kind"], row["predecessor"], row["successor"]))

    def maker(self, row: Row) -> None:
        """A maker: its names on lists, its brands."""
        listed = [entry["listed_name"] for entry in row["listings"]]
        self._add(False, "Maker", row["name"], row["page"], (row["short"], row["id"], *listed, *(link["subject"] for link in row["links"])))

    def claim(self, row: Row) -> None:
        """A thread of claims: firm, address, words quoted."""
        self._add(False, "Claim", f"{row['name']}: {row['title'] or row['url']}", row["page"], (row["url"], *row["capabilities"], *(quote["quote"] for quote in row["quotes"])))

    def file(self, row: Row) -> None:
        """An input file: its path, hash and reader."""
        self._add(False, "File", row["name"], row["page"], (row["sha256"], row["reader"], *row["bodies"]))

    def figure(self, figure: Any) -> None:
        """A figure: its title and definition."""
        self._add(False, "Figure", figure.title, f"figures/{page_name(figure.id)}", (figure.id, figure.definition))

    def site(self, row: Row) -> None:
        """A site of the plan."""
        self._add(False, "Site", row["address"] or row["site_id"], row["page"], (row["site_id"], row["body"], row["area"]))

    def write(self, site: Site) -> None:
        """The page and the files of the index: words once, titles in every language."""
        shards = self._shards()
        site.write("search.html", "search.html", documents=self.count, shards=" ".join(sorted(shards)))
        pages = [*self._pages[0], *self._pages[1]]
        for lang, say in words_of(site):
            for start in range(0, len(pages), PAGES_PER_FILE):
                rows = [[str(say(kind)), shown(say.of(title)), page, detail] for kind, title, page, detail in pages[start : start + PAGES_PER_FILE]]
                site.text(f"{folder_of(lang)}search/d-{start // PAGES_PER_FILE}.js", f"custodes.pages({start // PAGES_PER_FILE},{_json(rows)});\n")
        for prefix, held in sorted(shards.items()):
            site.text(f"search/t-{prefix}.js", f'custodes.words("{prefix}",{_json(held)});\n')

    def _shards(self) -> dict[str, dict[str, str]]:
        """First two characters in hexadecimal -> word -> its pages."""
        found: dict[str, dict[str, str]] = {}
        for word in sorted({*self._words[0], *self._words[1]}):
            numbers = [*self._words[0].get(word, ()), *(len(self._pages[0]) + n for n in self._words[1].get(word, ()))]
            found.setdefault(shard(word), {})[word] = packed(numbers)
        return found


def _numbers() -> array[int]:
    return array("I")


def shard(word: str) -> str:
    """The name of the file that holds a word."""
    return "-".join(f"{ord(c):x}" for c in word[:2])


def packed(numbers: Iterable[int]) -> str:
    """Rising numbers as gaps in base 36, a run of neighbours as ``gap.more``: 4 5 6 20 is ``4.2 e``."""
    runs: list[list[int]] = []
    last = 0
    for number in numbers:
        if runs and number == last + 1:
            runs[-1][1] += 1
        else:
            runs.append([number - last, 0])
        last = number
    return " ".join(f"{_base36(gap)}.{_base36(more)}" if more else _base36(gap) for gap, more in runs)


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
        if not number:
            return digits


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
