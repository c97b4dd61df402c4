"""What the review site gets to work with: one frozen value, put together by the pipeline. The site opens nothing of the case by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from custodes.values.decision import Decision

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the site needs from outside.

    ``folder``: the case's ``review/``. ``database``: ``sqlite:///PATH`` or ``postgresql://...``. ``now`` gives the time in UTC, ``secret`` fresh random text.
    ``findings``: the findings (FINDING_SCHEMA) in batches, and ``findings_version`` a text that changes when they do. ``decisions``: what decisions
    files brought into the case's own ledger. ``screen``: a finding's row -> what its screen says in words (see ``pipeline.desk``).
    ``source``: (sha256, place) -> the row in its context. ``capture``: sha256 -> (media type, bytes) of a page held, or None.
    ``hand_over``: (name, bytes) writes a file into the case's ``inbox/``, whole or not at all. ``exchange``: (decisions, acts, answers, today) of
    the desk -> letters, notices, and what the public edition would hold back (see ``pipeline.corresponding``). ``reply_token``: the word with which the
    company that got a notice answers it.
    """

    title: str
    folder: Path
    database: str
    now: Callable[[], datetime]
    secret: Callable[[], str]
    findings: Callable[[], Iterable[pa.RecordBatch]]
    findings_version: Callable[[], str]
    decisions: Callable[[], tuple[Decision, ...]]
    screen: Callable[[Row], Row]
    source: Callable[[str, str], str]
    capture: Callable[[str], tuple[str, bytes] | None]
    hand_over: Callable[[str, bytes], None]
    exchange: Callable[[Sequence[Row], Sequence[Row], Sequence[Row], str], Row]
    reply_token: Callable[[str], str]
