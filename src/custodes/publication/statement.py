"""The exact wording in which a finding goes out, as plain text: what a notice shows to a company, and what a change of wording is measured by."""

from __future__ import annotations

from custodes.publication import wording
from custodes.publication.rows import Row, shown


def statement(row: Row, maker: str) -> str:
    """A finding row (FINDINGS columns) as lines of text, the heading first. ``maker``: the maker's name as pages show it.

    It says what the finding's page says: record, reasons, path, listing, what speaks against it, what it does not show, and the reviewer's note.
    What is only known beside it (``context``) is no part of it, and is not published.
    """
    lines = [
        wording.heading(row, maker), f"{wording.kind_words(row)}.", *_record(row), *(f"Why: {reason['words']}" for reason in row["reasons"]),
        *([f"From the words to the maker: {' > '.join(row['link_path'])}."] if len(row["link_path"]) > 1 else []),
        f"{str(wording.EQUIPMENT.get(row['equipment'], row['equipment'])).capitalize()}; match {row['band'] or 'without band'}.",
        *(_listed(row) if row["maker_id"] or row["party"] else ()), *(f"Against: {words}" for words in row["against"]),
        *(f"Not shown: {words}" for words in wording.not_shown(row)),
        *([f"The reviewer's note: {row['note']}"] if row["note"] else []),
    ]  # fmt: skip
    return "\n".join(" ".join(shown(line).split()) for line in lines)


def _listed(row: Row) -> list[str]:
    """Was the maker listed on that date, on which dates that rests, and the grounds."""
    answer = wording.LISTED.get(row["listed_on_date"], row["listed_on_date"])
    grounds = "; ".join(wording.GROUNDS.get(ground, ground) for ground in row["grounds"])
    return [f"{answer}. {row['listed_basis']}".strip(), *([f"Grounds of its listings: {grounds}."] if grounds else [])]


def _record(row: Row) -> list[str]:
    """What the record says, one line per part that it has."""
    amount = f"{wording.money(row['amount'], row['currency'])} ({wording.TAXES.get(row['tax'], row['tax'])})" if row["amount"] is not None else ""
    parts = (
        ("Body", row["body"]), ("Supplier", row["supplier"]), ("Description", row["description"]), ("Amount", amount),
        ("Date", f"{row['date']} {row['date_kind']}".strip()), ("Transaction", row["transaction"]), ("OCID", row["ocid"]),
    )  # fmt: skip
    return [f"{name}: {value}" for name, value in parts if value]
