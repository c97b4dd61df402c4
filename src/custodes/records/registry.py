"""The readers, and the choice of exactly one for a file."""

from __future__ import annotations

from custodes.errors import ClashError, UnclaimedError, UsageError
from custodes.records import (
    Reader,
    answers_foi,
    buy_notices,
    buy_ocds,
    buy_spend,
    buy_usaspending,
    buy_workbook,
    list_ftm,
    list_table,
    list_us_csl,
    table_map,
    tables,
)
from custodes.values import Entry

READERS: tuple[Reader, ...] = (
    buy_spend,
    buy_workbook,
    buy_ocds,
    buy_notices,
    buy_usaspending,
    answers_foi,
    tables,
    list_ftm,
    list_us_csl,
    list_table,
    table_map,
)
"""Every reader there is. The order means nothing: two that claim one file are an error."""


def choose(head: bytes, filename: str, entry: Entry) -> Reader:
    """The one reader for a file: the one its entry names, the map reader when the entry maps columns, else the only one that claims it.

    Raises UsageError for a reader that does not exist, ClashError when several claim the file, UnclaimedError when none does.
    """
    if entry.reader:
        return named(entry.reader)
    if entry.columns:
        return table_map
    claims = [reader for reader in READERS if reader.sniff(head, filename)]
    if len(claims) > 1:
        names = " and ".join(reader.NAME for reader in claims)
        raise ClashError(
            f"two readers claim this file: {names}",
            where=filename,
            advice=f'say which in case.toml: [[records]] path = "{filename}", as = "{claims[0].NAME}" (or --as {claims[0].NAME})',
        )
    if not claims:
        raise UnclaimedError("no reader claims this file", where=filename, advice=table_map.advice(head, filename))
    return claims[0]


def named(name: str) -> Reader:
    """The reader of that name; UsageError listing the names when there is none."""
    for reader in READERS:
        if name == reader.NAME:
            return reader
    raise UsageError(f"there is no reader {name!r}", advice=f"readers: {', '.join(sorted(reader.NAME for reader in READERS))}")
