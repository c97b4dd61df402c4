"""What an edition is made from: plain Arrow tables and a few facts. Publication sees this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Edition:
    """Everything a publication may show.

    ``findings``: FINDING_SCHEMA plus ``verdict`` (confirm / reject / unsure / duplicate / empty), ``decided``, ``reason``, ``note``, ``stale`` (bool).
    ``records``: kind -> table of SCHEMAS[kind] (PARTY, LISTING, LINK, BODY, ANSWER, STATEMENT, SITE; purchases only as far as a finding cites them).
    ``lists``: code -> title, publisher, legal_effect, ground, url, checked_on. ``bodies``: one mapping per body with its state and month coverage.
    ``coverage``: one mapping per input file: path, sha256, size, reader, bodies, read, usable, left_out, rejected, columns, error, notes.
    ``money``: one mapping per sum with its rule. ``exchange``: what went back and forth with companies and bodies: ``standing`` (finding id -> one
    mapping per company it names: company, roles, state, clear, notice_id, sent, deadline, waiver, replies (date, words, by, notice_id, earlier)),
    ``corrections`` (date, finding_ids, company, was, now, reason, by) and ``answers`` (per body asked: state, exemption, answered, held, positive).
    ``facts``: title, now, version, watchlist version, ages, counts. ``plan``: the plan as plain mappings.
    ``timetable``: the state of a removal as plain mappings (``timetable/status.py``; of a public edition what ``timetable/public.py`` leaves), empty without one.
    ``events``: EVENT_SCHEMA rows of claims put into threads, None without pages; ``pictures``: event id -> PNG of the page with its words marked.
    """

    kind: str
    now: str
    findings: pa.Table
    records: Mapping[str, pa.Table]
    lists: Mapping[str, Mapping[str, Any]]
    bodies: tuple[Mapping[str, Any], ...]
    coverage: tuple[Mapping[str, Any], ...]
    money: tuple[Mapping[str, Any], ...]
    plan: Mapping[str, Any]
    facts: Mapping[str, Any] = field(default_factory=dict)
    exchange: Mapping[str, Any] = field(default_factory=dict)
    events: pa.Table | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    timetable: Mapping[str, Any] = field(default_factory=dict)
