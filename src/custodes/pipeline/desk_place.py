"""Where the desk of a case keeps its record."""

from __future__ import annotations

from custodes.case import Case

DATABASE = "case.db"


def place(the_case: Case, database: str = "") -> str:
    """The address of the desk's database: the one given, else SQLite in the case's ``review/``."""
    return database or f"sqlite:///{(the_case.folder / 'review' / DATABASE).absolute()}"
