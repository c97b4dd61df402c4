"""The log of lists: one line per look at a list's address, only ever added to, each line sealed. A look that failed or was refused has a line too.

``lists.jsonl`` lies in the sources folder. A line says the feed, the time, the outcome (new, same, refused, failed), why, the files with their addresses, status,
validators and hashes, the date of the list, its counts, and the package that holds what went over the wire.
"""

from __future__ import annotations

from custodes.sources.book import Book

LOG = "lists.jsonl"
KIND = "list"
"""``kind`` of a sealed line; its facts are feed, at, outcome and the line's SHA-256."""
NEW, SAME, REFUSED, FAILED = "new", "same", "refused", "failed"
BOOK = Book(LOG, KIND, "lists", ("feed", "at", "outcome"), frozenset({"feed", "at", "outcome", "files"}), "the look at the list {feed} of {at}")

add, lines, unsealed, verify = BOOK.add, BOOK.lines, BOOK.unsealed, BOOK.verify
