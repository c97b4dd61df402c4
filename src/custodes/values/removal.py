"""The words of a removal that several rooms share: what can happen at a site, and why something is late."""

from __future__ import annotations

EVENTS: tuple[str, ...] = ("removed", "replaced", "disposed", "isolated", "extension asked", "extension granted", "extension refused", "waived", "found")
"""What can happen at a site: three dates of the end (removed, replaced, disposed), and what stands in its way."""

CAUSES: dict[str, str] = {
    "funding": "funding", "supply": "supply of replacements", "labour": "labour", "weather": "weather", "access": "access to the site", "landlord": "landlord", "works": "other works",
    "review": "time for review", "election": "election", "more found": "more devices found", "error": "error in the plan", "other": "other",
}  # fmt: skip
"""Why something is late -> its words: the challenges that removal programmes report, and a few of buildings."""
