"""Addresses and names, so far as threads need them: is it the same page, and whose page is it?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from custodes.findings.names import org_name
from custodes.findings.text import fold

_URL = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/@]*@)?([^/:?#]+)(?::\d+)?([^?#]*)(?:\?([^#]*))?", re.I)
_TRACKING = re.compile(r"^(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|ref|spm)=", re.I)
_SECOND = frozenset(("co", "com", "org", "net", "gov", "ac", "edu", "or", "ne", "go", "gob", "gouv", "nom", "web"))
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.I)


def host_of(url: str) -> str:
    """The host of an address, lower case, without ``www.``; empty when it has none."""
    match = _URL.match(url.strip())
    return match[1].lower().removeprefix("www.") if match else ""


def page_of(url: str) -> str:
    """An address as the key of a page: without scheme, ``www.``, default document, last slash, fragment and tracking parameters."""
    match = _URL.match(url.strip())
    if not match:
        return url.strip()
    path = _INDEX.sub("/", match[2] or "/").rstrip("/")
    query = "&".join(sorted(part for part in (match[3] or "").split("&") if part and not _TRACKING.match(part)))
    return f"{host_of(url)}{path}{'?' + query if query else ''}"


def label_of(host: str) -> str:
    """The name that a host was registered under, letters and digits only: ``argusoptics`` of ``shop.argus-optics.co.uk``."""
    labels = host.split(".")
    if len(labels) < 2:
        return ""
    label = labels[-3] if len(labels) > 2 and labels[-2] in _SECOND else labels[-2]
    return re.sub(r"[^a-z0-9]", "", label)


def firm_of(name: str) -> str:
    """The key of a firm: its name without legal form and blanks; of a host the name it was registered under."""
    if re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", name):
        return label_of(name)
    return org_name(name).compact


def starts_of(name: str) -> set[str]:
    """The labels of hosts that may stand for a firm: its name without blanks, and its first words when they have five letters or more."""
    core = org_name(name).core
    starts = ["".join(core[: n + 1]) for n in range(len(core))]
    return {start for n, start in enumerate(starts) if start and (len(start) >= 5 or n == len(core) - 1)}


def named_in(text: str, names: Iterable[str]) -> list[str]:
    """Which of the names stand in the text as words, in the given order. A legal form may be left out; fewer than four letters never count, and a name of one
    word only in its own capitals ("Clearview", not "a clear view"; "Face", not "face")."""
    folded = fold(text)
    found = []
    for name in names:
        words = org_name(name).core
        pattern = r"[\W_]{0,3}".join(re.escape(word) for word in words)
        if len("".join(words)) < 4 or not re.search(rf"(?<!\w){pattern}(?!\w)", folded):
            continue
        if len(words) > 1 or re.search(rf"(?<!\w){re.escape(name.split()[0])}(?!\w)", text):
            found.append(name)
    return found
