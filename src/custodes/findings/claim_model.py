"""The linear model: weights of signs for who speaks and with what stance, and how well the two go together.

Two multinomial logistic regressions share their signs; a table says how often a speaker takes a stance. Trained by ``scripts/train_claims.py``; the data card
stands in ``docs/claims.md``. No arithmetic here but sums and ``exp``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import add
from typing import Any

SPEAKERS = ("vendor", "partner", "reseller", "government", "press", "ngo", "academia", "other")
STANCES = ("markets", "documents", "requires", "reports", "denies", "withdraws", "criticises", "unrelated")
SELLERS = ("vendor", "partner", "reseller")
OFFERS = ("markets", "documents")
BIAS = "(always)"

Pair = tuple[str, str]


@dataclass(frozen=True)
class Model:
    """``speaker`` and ``stance``: sign -> one weight per class, in the order of the tuples above. ``fit``: log weight of each (speaker, stance).
    ``threshold``: from which probability a text alone counts as positive; ``threshold_with_address``: one whose address is known too."""

    speaker: Mapping[str, Sequence[float]]
    stance: Mapping[str, Sequence[float]]
    fit: Sequence[Sequence[float]]
    threshold: float
    threshold_with_address: float

    def speakers(self, signs: Iterable[str]) -> list[float]:
        """Log probability of each speaker."""
        return _log_softmax(_sums(self.speaker, signs, len(SPEAKERS)))

    def stances(self, signs: Iterable[str]) -> list[float]:
        """Log probability of each stance."""
        return _log_softmax(_sums(self.stance, signs, len(STANCES)))

    def pairs(self, speaker: Sequence[float], stance: Sequence[float], given: str = "") -> dict[Pair, float]:
        """Probability of each (speaker, stance); ``given``: the speaker is known."""
        who = SPEAKERS if not given else (given,)
        voices = [0.0] if given else speaker
        logs = [voice + how + fit for voice, fits in zip(voices, self._fits(given), strict=True) for how, fit in zip(stance, fits, strict=True)]
        top = max(logs)
        weights = [math.exp(value - top) for value in logs]
        total = sum(weights)
        return dict(zip(_pairs(who), [value / total for value in weights], strict=True))

    def _fits(self, given: str) -> Sequence[Sequence[float]]:
        return self.fit if not given else (self.fit[SPEAKERS.index(given)],)


@cache
def _pairs(speakers: tuple[str, ...]) -> tuple[Pair, ...]:
    return tuple((who, how) for who in speakers for how in STANCES)


def model_of(content: Mapping[str, Any]) -> Model:
    """The model of a weights file (``data/claim_weights.json``)."""
    return Model(content["speaker"], content["stance"], content["fit"], content["threshold"], content["threshold_with_address"])


def _sums(weights: Mapping[str, Sequence[float]], signs: Iterable[str], classes: int) -> list[float]:
    totals = list(weights.get(BIAS, [0.0] * classes))
    for row in filter(None, map(weights.get, signs)):
        totals = list(map(add, totals, row))
    return totals


def _log_softmax(values: Sequence[float]) -> list[float]:
    top = max(values)
    total = top + math.log(sum(math.exp(value - top) for value in values))
    return [value - total for value in values]
