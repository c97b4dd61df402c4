"""What can go wrong, as a tree.

    CustodesError               anything a user can act on
    ├── UsageError        (2)   a bad option, a missing or unreadable sole input, a broken case.toml
    ├── InputError        (3)   one input could not be read; the others go on
    │   ├── UnclaimedError      no reader claims the file
    │   ├── ClashError          two readers claim the file
    │   ├── LimitError          the input is larger, deeper or longer than allowed
    │   ├── BrokenInputError    truncated, not what its name says, not decodable
    │   └── RefusedError        an address that must not be fetched
    ├── CaseLockedError   (2)   another run holds the case
    └── IntegrityError    (4)   stored bytes do not match their recorded hash

Every error says *where*, *what* and *what to do next*; ``code`` is the exit code it leads to when nothing else went right.
"""

from __future__ import annotations


class CustodesError(Exception):
    """An error with a place, a description and advice.

    ``where`` is a path, optionally with a line or JSON pointer; ``what`` one sentence; ``advice`` what to do next.
    """

    code = 2

    def __init__(self, what: str, *, where: str = "", advice: str = "") -> None:
        self.what, self.where, self.advice = what, where, advice
        super().__init__(what)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep place and advice when an error crosses from a worker process."""
        return _rebuild, (type(self), self.what, self.where, self.advice)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  next: {self.advice}" if self.advice else head


def _rebuild(kind: type[CustodesError], what: str, where: str, advice: str) -> CustodesError:
    return kind(what, where=where, advice=advice)


class UsageError(CustodesError):
    """Nothing could start."""


class InputError(CustodesError):
    """One input could not be read; a run goes on with the others."""

    code = 3


class UnclaimedError(InputError):
    """No reader claims the file."""


class ClashError(InputError):
    """More than one reader claims the file."""


class LimitError(InputError):
    """The input is larger, deeper or longer than allowed."""


class BrokenInputError(InputError):
    """The input is truncated, not decodable or not what its name says."""


class RefusedError(InputError):
    """An address that custodes does not fetch: not public, not http or https, not an address."""


class CaseLockedError(CustodesError):
    """Another run holds the case."""


class IntegrityError(CustodesError):
    """Stored bytes do not match the hash recorded for them."""

    code = 4
