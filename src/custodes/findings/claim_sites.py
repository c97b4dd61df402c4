"""What a page's address says about who speaks there: a register of sites, rules of top-level domains, words in host and path."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custodes.findings.claim_text import fold

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//(?:[^/@?#]*@)?([^/:?#@\s]+)(?::\d*)?(/[^?#]*)?", re.IGNORECASE)
_PART = re.compile(r"[a-z0-9]+")
_DATE = re.compile(r"/(?:19|20)\d\d/(?:0?[1-9]|1[0-2])(?:/|\b)")
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2,4})?")
_OF_THE_HOST = frozenset(
    [
        "user", "users", "org", "orgs", "topics", "topic", "search", "api", "apis", "mcp", "connectors", "servers", "package", "packages", "project", "projects",
        "product", "products", "documentation", "store", "apps", "app", "details", "models", "datasets", "spaces", "blob", "tree", "raw", "web", "doc", "document",
        "documents", "manual", "manuals", "news-releases", "news", "home", "github",
    ]
)  # fmt: skip
"""Parts of a path on a hosting site that name no owner."""
_PUBLIC_SECOND = frozenset(["co", "com", "org", "net", "gov", "ac", "edu", "or", "ne", "go", "gob", "gouv", "nom", "web"])
MEMO = 50_000
"""Hosts that are remembered at most."""
HOSTED = frozenset({"platform", "listing", "packages", "manuals", "blogs", "wire"})
"""Kinds of site where somebody else than the site's owner speaks: code, listings of apps, models and interfaces, packages, manuals and papers, blogs, releases."""
MAKERS = frozenset({"listing", "manuals", "wire"})
"""Of these, the kinds where as a rule the maker of the product speaks: who lists an app, whose manual it is, who issued the release."""


_Host = tuple[str, list[str], frozenset[str]]
"""The register's word about a host, its labels, and its signs."""


@dataclass(frozen=True, slots=True)
class Address:
    """What was read from an address: ``signs`` for the model, ``name`` the site's own name (empty where others speak), ``known`` the register's word."""

    signs: tuple[str, ...] = ()
    name: str = ""
    known: str = ""


class Sites:
    """The table ``claim_sites``, compiled. ``without`` leaves hosts out (the measurements do, so that no site of a test row is known beforehand)."""

    def __init__(self, rows: Sequence[Mapping[str, str]], without: frozenset[str] = frozenset()) -> None:
        self._hosts = {row["value"]: row["says"] for row in rows if row["kind"] in ("host", "suffix") and row["value"] not in without}
        self._labels = [(row["value"], row["says"]) for row in rows if row["kind"] == "label"]
        self._of_hosts: dict[str, _Host] = {}
        self._paths: dict[str, set[str]] = {}
        for row in rows:
            if row["kind"] == "path":
                self._paths.setdefault(row["value"], set()).add(row["says"])

    def read(self, url: str) -> Address:
        """The signs of an address; none when it is empty or no web address."""
        match = _ADDRESS.match(url if "//" in url else f"//{url}")
        host = match.group(1).lower() if match else ""
        if not match or "." not in host:
            return Address()
        known, labels, told = self._of_host(host)
        signs = set(told)
        path = fold(match.group(2) or "")
        parts = [part for part in path.split("/") if part]
        for part in parts:
            for word in {part.rsplit(".", 1)[0], *_PART.findall(part)} if len(part) < 24 else {part}:
                signs |= {f"path {says}" for says in self._paths.get(word, ())}
        signs |= _shape(path, parts)
        return Address(tuple(sorted(signs)), _owner(labels, parts) if known in HOSTED else _name(labels), known)

    def _of_host(self, host: str) -> _Host:
        """What a host says, remembered: the pages of one site share it. It changes time, never answers."""
        found = self._of_hosts.get(host)
        if found is None:
            if len(self._of_hosts) >= MEMO:
                self._of_hosts.clear()
            known = self._known(host)
            signs = {f"site {known}"} if known else {"site unknown"}
            labels = [label for label in host.split(".") if label != "www"]
            signs |= {f"host {says}" for label in labels[:-1] for value, says in self._labels if _fits(value, label)}
            signs |= {f"end {labels[-1]}"} if labels and labels[-1] in ("ai", "org", "gov", "edu", "io", "info") else set()
            found = self._of_hosts[host] = known, labels, frozenset(signs)
        return found

    def _known(self, host: str) -> str:
        parts = host.split(".")
        return next((self._hosts[".".join(parts[at:])] for at in range(len(parts)) if ".".join(parts[at:]) in self._hosts), "")


def _shape(path: str, parts: list[str]) -> set[str]:
    found = {"path dated"} if _DATE.search(path) else set()
    if not parts:
        found.add("path front page")
    if any(part.count("-") >= 4 or part.count("_") >= 4 for part in parts):
        found.add("path headline")
    if path.endswith(".pdf"):
        found.add("path pdf")
    if parts and re.search(r"\d{4,}", parts[-1]):
        found.add("path number")
    return found


def _owner(labels: list[str], parts: list[str]) -> str:
    """Who speaks on a site that hosts others: the first part of the path that is no word of the site's own, or the label before the site's name."""
    owners = [part.removeprefix("@").removeprefix("~") for part in parts[:3] if part not in _OF_THE_HOST and not _LOCALE.fullmatch(part)]
    return owners[0] if owners else labels[0] if len(labels) > 2 else ""


def _name(labels: list[str]) -> str:
    """The name a site was registered under: ``axis`` of help.axis.com, ``pctipp`` of www.pctipp.ch."""
    if len(labels) < 2:
        return ""
    return labels[-3] if len(labels) > 2 and labels[-2] in _PUBLIC_SECOND else labels[-2]


def _fits(value: str, label: str) -> bool:
    inside = value.strip("*")
    if value.startswith("*"):
        return inside in label if value.endswith("*") else label.endswith(inside)
    return label.startswith(inside) if value.endswith("*") else label == inside
