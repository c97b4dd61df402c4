"""Is a payee a natural person? Such rows are left out at the reader and counted; we are about organisations and equipment.

Nothing is learnt and nobody is recognised: a payee is held to be a person when it says so by a title ("Mr J Smith"), when the publisher kept the
name back ("REDACTED"), or when all of it is a name of the commonest kind ("J SMITH", "SMITH, JOHN", "John A Smith") and no organisation word,
digit or web address stands in it. In doubt the payee is kept: losing an organisation is an error too. Words: ``data/persons.toml``.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

_SPLIT = re.compile(r"[^\w'&*@/.-]+")
_NOT_A_NAME = re.compile(r"[0-9@&+]|\bt/?a\b|www\.|\.co\b|\.com\b|\.org\b|\.net\b")
_SURNAME_SHAPE = re.compile(r"(?:o'|mc|fitz)[a-z]{3,}$")


@cache
def _words(name: str) -> frozenset[str]:
    text = str(_table()[name])
    return frozenset(part for part in (" ".join(p.split()) for p in re.split(r"[|\n]", text)) if part) if "|" in text else frozenset(text.split())


@cache
def _table() -> dict[str, object]:
    return tomllib.loads((files("custodes") / "data" / "persons.toml").read_text("utf-8"))


@cache
def _stems() -> tuple[str, ...]:
    return tuple(sorted(word[:-1] for word in _words("organisation") if word.endswith("*")))


def _plain(name: str) -> str:
    return " ".join(name.replace("’", "'").replace("`", "'").casefold().split())


def _tokens(text: str) -> list[str]:
    """Lower-case words without their stops; dots after initials are separators ("J.R. Smith" is j, r, smith)."""
    return [token.strip("-'./*") for token in _SPLIT.split(text.replace(".", " ")) if token.strip("-'./*")]


def has_organisation_word(name: str) -> bool:
    """Does a word of ``name`` speak of an organisation ("Ltd", "Council", "Plumbing"), or a sign that names of people do not hold?

    >>> has_organisation_word("G Jones Builders"), has_organisation_word("Gwen Jones")
    (True, False)
    """
    text = _plain(name)
    if _NOT_A_NAME.search(text):
        return True
    return any(_is_organisation_word(token) for token in _tokens(text))


@cache
def _is_organisation_word(token: str) -> bool:
    return token in _words("organisation") or token.startswith(_stems())


def _surname(token: str) -> bool:
    known = _words("surnames")
    return token in known or bool(_SURNAME_SHAPE.match(token)) or any(part in known for part in token.split("-") if "-" in token)


def _forename(token: str) -> bool:
    known = _words("forenames")
    return token in known or ("-" in token and all(part in known for part in token.split("-")))


def is_forename(word: str) -> bool:
    """Is this word, in lower case, one of the forenames that we know?"""
    return _forename(word)


def _initials(tokens: list[str]) -> bool:
    return all(len(token) == 1 for token in tokens)


def _withheld(text: str) -> bool:
    bare = re.sub(r"[\[\]()*_\"'<>]+|^[\s\-–:.]+|[\s\-–:.]+$", "", text).strip()
    return bare in _words("withheld") or bare.startswith(("redacted", "[redacted", "name redacted", "personal data redact")) or "***redact" in text


def _comma_name(text: str) -> bool:
    """ "SMITH, JOHN", "SMITH, J R", "SMITH, MR JOHN": one or two words, a comma, then titles, forenames and initials only."""
    family, comma, given = text.partition(",")
    first, rest = _tokens(family), _tokens(given)
    if not comma or not rest or not 1 <= len(first) <= 2 or len(rest) > 4:
        return False
    known = _words("forenames") | _words("forenames_or_surnames") | _words("titles")
    named = any(len(token) > 1 for token in rest) or _surname(first[-1])
    return named and all(len(token) == 1 or token in known for token in rest)


def _plain_name(tokens: list[str]) -> bool:
    """Forename (initials) surname; initials surname; surname initials."""
    if not 2 <= len(tokens) <= 4:
        return False
    first, middle, last = tokens[0], tokens[1:-1], tokens[-1]
    if _initials(tokens[:-1]) and len(last) > 1:
        return _surname(last)
    if _initials(tokens[1:]) and len(first) > 1:
        return _surname(first)
    if not _forename(first) or len(last) == 1:
        return False
    if middle and _initials(middle):
        return True
    return _surname(last) and all(_forename(token) or _surname(token) or len(token) == 1 for token in middle)


@lru_cache(maxsize=100_000)
def is_natural_person(name: str) -> bool:
    """Is this payee a natural person or somebody whose name was kept back? In doubt: no.

    >>> [is_natural_person(n) for n in ("Mr J Smith", "SMITH, JOHN", "J SMITH", "REDACTED PERSONAL DATA")]
    [True, True, True, True]
    >>> [is_natural_person(n) for n in ("HENRY SCHEIN", "Dennis Eagle", "John Lewis", "Marks & Spencer", "Smith", "J SMITH LTD")]
    [False, False, False, False, False, False]
    """
    text = _plain(name)
    if not text:
        return False
    if _withheld(text):
        return True
    tokens = _tokens(text)
    if len(tokens) < 2 or " ".join(tokens) in _words("firms"):
        return False
    if tokens[0] in _words("titles"):
        return _titled(text, tokens)
    if has_organisation_word(name):
        return False
    if not _words("titles").isdisjoint(tokens[1:]):
        return True
    return _comma_name(text) or _plain_name(tokens[1:] if tokens[0] in _words("weak_titles") else tokens)


def _titled(text: str, tokens: list[str]) -> bool:
    """ "Mr & Mrs A Smith" too; "Dr Smith and Partners", "Mrs Bun the Bakery" and "Lord Street Garage" not."""
    rest = [token for token in tokens if token not in _words("titles") and token not in ("&", "and", "the", "late", "exors", "of", "executors")]
    if not rest or len(rest) > 5 or re.search(r"[0-9@+]|\bt/?a\b|www\.|\.co\b", text):
        return False
    return not any(_is_organisation_word(token) for token in rest)
