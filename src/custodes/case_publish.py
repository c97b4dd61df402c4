"""The ``[publish]`` table of case.toml: where the edition will stand, and in which languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodes.errors import UsageError

LANGUAGES = ("en", "de")
"""Languages that the pages know; English is always among them."""
_KEYS = {"url", "languages"}


@dataclass(frozen=True, slots=True)
class PublishSettings:
    """``url``: the address of the public edition, with a slash at its end, or empty; ``languages``: codes, English first."""

    url: str = ""
    languages: tuple[str, ...] = LANGUAGES


def settings(table: Any, path: Path) -> PublishSettings:
    """The table as settings; UsageError for an unknown key, another type, an address that is none, a language that the pages do not know."""
    if not isinstance(table, Mapping):
        raise UsageError("[publish] must be a table", where=str(path), advice="write [publish] as in: custodes new")
    if unknown := sorted(set(table) - _KEYS):
        raise UsageError(f"[publish] has unknown keys: {', '.join(unknown)}", where=str(path), advice=f"known are: {', '.join(sorted(_KEYS))}")
    url, languages = table.get("url", ""), table.get("languages", list(LANGUAGES))
    if not isinstance(url, str) or (url and not re.fullmatch(r"https?://[^\s\"'<>@?#]+", url)):
        raise UsageError(f"[publish]: url must be a plain web address, not {url!r}", where=str(path), advice='write url = "https://example.org/edition/"')
    if not isinstance(languages, list) or not all(code in LANGUAGES for code in languages):
        raise UsageError(f"[publish]: languages must be a list of {', '.join(LANGUAGES)}, not {languages!r}", where=str(path), advice='write languages = ["en", "de"]')
    return PublishSettings(url if not url or url.endswith("/") else f"{url}/", tuple(code for code in LANGUAGES if code == "en" or code in languages))
