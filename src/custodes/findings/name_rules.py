"""Rules on top of the trained score of a pair of names: where a name alone cannot decide, and where the words leave no doubt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from custodes.findings.name_more import NEAR_NONE

Array = np.ndarray[Any, Any]

CAPS = {"few_initials": 0.7, "initials": 0.94, "generic": 0.9, "other_form": 0.94, "other_kind": 0.55, "other_number": 0.55, "misspelt": 0.94}
"""Highest score where a name alone cannot decide. Three initials, or initials with another legal form; four initials or more, which are never strong; words that too
many bear. Another legal form (AG against GmbH) is another registration: never strong; a charity and a company of one name are two. Plant No. 1 is not Plant No. 2.
Where the word that tells a firm from others only nearly met ("Heathfield Academy" beside "Hatfield Academy"): never strong; half of the strong answers to ordinary
suppliers were such."""

FLOORS = {"same": 0.98, "elsewhere": 0.6}
"""Least score where the words leave no doubt: the very same name of one listed party only; and where it is worth a look: the whole listed name with nothing but
places added."""

INITIALS = 4
"""Initials from which a score is believed. Of 36,417 ordinary suppliers of the benchmark 434 have the three initials of a listed organisation, 34 have four or more."""

RARE = 7.0
"""Weight of the words that met from which the floors hold: one firm in about a thousand bears them."""

GENERIC = 6.2
"""Weight of the rarest word that met (natural logarithm of one in so many firms) below which a name of up to three words needs a second piece of evidence."""


def ruled(chance: Array, found: Mapping[str, Array]) -> Array:
    """The scores of pairs after the rules, rounded to 4 decimals. ``found``: the features of :func:`name_more.features`."""
    f = {name: np.asarray(found[name]) for name in _USED}
    initials = (f["acronym"] != 0) & (f["hit"] == 0)
    few = (np.minimum(f["length_q"], f["length_l"]) < INITIALS) | (f["form_other"] != 0)
    chance = np.where(initials, np.minimum(chance, np.where(few, CAPS["few_initials"], CAPS["initials"])), chance)
    rarest = np.maximum(f["most_hit"], f["most_near"])
    chance = np.where(~initials & (rarest < GENERIC) & (f["words_l"] <= 3), np.minimum(chance, CAPS["generic"]), chance)
    misspelt = (f["near_length"] < NEAR_NONE) & (f["most_hit"] < GENERIC)
    for cap, where in (("other_form", f["form_other"] != 0), ("other_kind", f["form_kind"] != 0), ("other_number", (f["number_q"] > 0) & (f["number_l"] > 0)), ("misspelt", misspelt)):
        chance = np.where(where, np.minimum(chance, CAPS[cap]), chance)
    same = (f["whole_same"] != 0) & (f["same_core"] == 1) & (f["hit"] >= RARE)
    chance = np.where(same, np.maximum(chance, FLOORS["same"]), chance)
    elsewhere = (f["only_places"] != 0) & (f["cover_l"] >= 0.999) & (f["hit"] >= RARE)
    return np.round(np.where(elsewhere, np.maximum(chance, FLOORS["elsewhere"]), chance), 4)


_USED = ("acronym", "hit", "length_q", "length_l", "form_other", "most_hit", "most_near", "words_l", "whole_same", "same_core", "only_places", "cover_l", "near_length", "form_kind", "number_q", "number_l")
