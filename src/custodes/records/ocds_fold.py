"""Records: many releases of one process become one.

A record may hold a compiled release (taken as it is), a versioned release (each field a list of its values over time: the newest is taken) or the
releases themselves (merged in the order of their dates: newer values replace older ones, arrays of objects are merged by ``id``).
Method: OCDS 1.1, Merging, https://standard.open-contracting.org/1.1/en/schema/merging/ (per-field merge strategies of extensions are not applied).
"""

from __future__ import annotations

from typing import Any

_VERSION_KEYS = {"releaseID", "releaseDate", "releaseTag", "value"}


def newest(value: Any) -> Any:
    """A versioned release with each list of versions replaced by its newest value.

    >>> newest({"title": [{"releaseID": "1", "releaseDate": "2015-01-01", "releaseTag": ["tender"], "value": "Old"},
    ...                   {"releaseID": "2", "releaseDate": "2016-01-01", "releaseTag": ["tender"], "value": "New"}]})
    {'title': 'New'}
    """
    if isinstance(value, list):
        if value and all(isinstance(entry, dict) and "value" in entry and entry.keys() <= _VERSION_KEYS for entry in value):
            last = max(range(len(value)), key=lambda n: (str(value[n].get("releaseDate") or ""), n))
            return value[last]["value"]
        return [newest(entry) for entry in value]
    if isinstance(value, dict):
        return {name: newest(member) for name, member in value.items()}
    return value


def merged(releases: list[Any]) -> dict[str, Any]:
    """Releases of one process as one: the date, id and tag of the newest, everything else merged."""
    whole = [release for release in releases if isinstance(release, dict)]
    result: dict[str, Any] = {}
    for release in sorted(whole, key=lambda release: str(release.get("date") or "")):
        result = _merge(result, release)
    return result


def _merge(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: _merge(old.get(name), member) for name, member in new.items() if member is not None}}
    if isinstance(old, list) and isinstance(new, list) and _identified(old) and _identified(new):
        return _merge_by_id(old, new)
    return new


def _identified(value: list[Any]) -> bool:
    ids = [entry.get("id") for entry in value if isinstance(entry, dict)]
    return len(ids) == len(value) and all(entry not in (None, "") for entry in ids) and len(set(map(str, ids))) == len(ids)


def _merge_by_id(old: list[Any], new: list[Any]) -> list[Any]:
    found = {str(entry["id"]): entry for entry in old}
    for entry in new:
        found[str(entry["id"])] = _merge(found.get(str(entry["id"])), entry)
    return list(found.values())
