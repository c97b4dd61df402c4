"""Plain words for every code that a page shows. One place, so that no page says more than the record does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from custodes.values import FINDING_KINDS

STATES: dict[str, str] = {
    "confirmed present": "A person confirmed a finding, or the body itself said that it holds such equipment.",
    "answered absent": "The body answered that it holds none. This is its own statement on that day.",
    "answered otherwise": "The body answered, but neither present nor absent: not held, refused, partial, or neither confirmed nor denied.",
    "asked": "The body was asked and has not answered yet.",
    "records read without a named maker": "Spending or award records were read; no confirmed record names a listed maker. This does not mean that the body has none.",
    "not looked at": "No record of this body was read and no answer is held.",
}
"""The six states of a body, each exactly as a page explains it."""

EFFECTS: dict[str, str] = {
    "export control": "Exporters need a licence to supply it with controlled goods. It does not forbid anyone to buy from it.",
    "procurement bar": "The government bodies named in the rule may not buy its covered equipment.",
    "equipment authorisation": "New equipment of this maker gets no authorisation for sale in that market. Equipment in use is not forbidden by this.",
    "investment ban": "Persons under that law may not hold or trade its securities.",
    "contracting bar": "The department named in the rule may not contract with it.",
    "asset freeze": "Its assets are frozen and funds may not be made available to it.",
    "prohibited technology": "The authority named in the rule forbids its technology on the networks and devices it governs.",
}
"""Legal effect -> one plain sentence, used when the list does not bring its own."""

GROUNDS = {
    "abuse of people": "abuse of people",
    "national security": "national security",
    "both": "abuse of people and national security",
    "unknown": "ground not stated",
    "": "ground not stated",
}
EQUIPMENT = {
    "surveillance": "surveillance equipment",
    "other": "other equipment, not surveillance",
    "unknown": "kind of equipment not known from the record",
    "": "kind of equipment not known from the record",
}
LISTED = {
    "yes": "Listed on the date of the record",
    "no": "Not listed on the date of the record",
    "unknown": "Not known whether listed on the date of the record",
    "": "Not known whether listed on the date of the record",
}
GRADES = {
    "captured": "captured: archived by us, bytes held",
    "recorded": "recorded: in a public record whose bytes we hold",
    "reported": "reported: in the press",
    "lead-only": "lead-only: good for a look, never for publication",
}
AMOUNT_KINDS = {
    "payment": "payments",
    "award": "awards",
    "contract": "contract values",
    "framework": "framework ceilings",
    "framework ceiling": "framework ceilings",
    "ceiling": "framework ceilings",
    "tender": "tender estimates",
    "": "amounts of unknown kind",
}
TAXES = {"net": "net of VAT", "gross": "gross, VAT included", "": "net or gross not stated", "unknown": "net or gross not stated"}
SOURCES = {"ANSWER": "from answers of bodies", "STATEMENT": "from reports and statements", "DEVICE": "from device lists", "PAGE": "from pages"}
"""Record kind -> where a finding comes from, for findings that are not about purchases."""
LAYERS = {
    "named": "Named finding",
    "weak": "Weak lead",
    "question": "Question: maker not named",
    "other": "Other finding",
    "rejected": "Set aside by a person",
}
LEAD = "A machine's finding is a lead until a person confirms it."

_NOT_SHOWN = {
    "supplier_listed": "It does not show what the supplier delivered unless the record says so.",
    "product_named": "It does not show that the equipment was delivered, is still installed, or is in use.",
    "maker_unknown": "It does not show who made the equipment. It is a question, not an accusation, neither of the body nor of the supplier.",
    "device_made_by": "It does not show who bought the device or what it records.",
    "body_says_holds": "It does not show more than the body said on that day: equipment may have come or gone since.",
    "use_reported": "It shows what a report says. The body itself has not said so here, and equipment may have come or gone since.",
    "page_markets": "It shows what a page says, not what a product can do or who bought it.",
    "buyer_requires": "It shows what was asked for, not what was delivered.",
    "claim_answered": "It does not decide who is right: claim and answer stand beside each other.",
    "page_changed": "It does not show why the page changed.",
}


def kind_words(row: Mapping[str, Any]) -> str:
    """The public explanation of a finding's kind."""
    return FINDING_KINDS.get(row["kind"], str(row["kind"]))


def heading(row: Mapping[str, Any], maker: str) -> str:
    """The heading of a finding: the maker (or party), and in whose record it stands."""
    who = maker or row["party"] or kind_words(row)
    if row["kind"] == "maker_unknown":
        who = "A surveillance purchase whose record does not name the maker"
    if not row["body"]:
        return who
    return f"{who}: reported at {row['body']}" if row["record_kind"] == "STATEMENT" else f"{who}, in a record of {row['body']}"


def listed(row: Mapping[str, Any]) -> str:
    """Was the maker listed on that date, in one short sentence with the date that was used."""
    head, basis = LISTED.get(row["listed_on_date"], str(row["listed_on_date"])), str(row["listed_basis"])
    day = re.match(r"On ([^()]{4,40} \([^()]{3,40}\))", basis)
    lists = f", on {plural(len(row['listings']), 'list')}" if row["listings"] and row["listed_on_date"] == "yes" else ""
    later = "; listed later" if row["listed_on_date"] == "no" and "Listed later" in basis else ""
    return f"{head}{': ' + (day[1] if day else basis.rstrip('.')) if basis else ''}{lists}{later}."


def not_shown(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a finding (FINDING row) does not show, as plain sentences."""
    said = [_NOT_SHOWN.get(str(row["kind"]), "It shows no more than the words quoted here.")]
    if row["equipment"] == "other":
        said.append("It does not concern surveillance equipment: a listed maker's radio or telephone is not a camera.")
    if row["kind"] != "maker_unknown" and row["equipment"] in ("", "unknown"):
        said.append("It does not show whether surveillance equipment was bought.")
    if row["kind"] in ("supplier_listed", "product_named"):
        said.append("It does not show where the equipment stands, how much of it there is beyond the words of the record, or whom it watches.")
    if row["listed_on_date"] == "no":
        said.append("The maker stood on no list that we know of on that date.")
    if row["listed_on_date"] not in ("yes", "no") and row["maker_id"]:
        said.append("It does not show whether the maker was listed on that date.")
    return tuple(said)


def decision(row: Mapping[str, Any]) -> str:
    """The state of the decision on a finding row (``verdict``, ``decided``, ``stale``) in plain words."""
    verdict, on = row["verdict"], f" on {row['decided'][:10]}" if row["decided"] else ""
    if not verdict:
        return "Undecided: no person has looked at it yet."
    if row["stale"]:
        return f"Open again: it was decided ({verdict}{on}) on evidence that has changed since."
    return {
        "confirm": f"Confirmed by a person{on}.",
        "reject": f"Rejected by a person{on}.",
        "unsure": f"A person looked at it{on} and is not sure.",
        "duplicate": f"Set aside by a person{on} as a duplicate.",
    }.get(verdict, f"Decided{on}: {verdict}.")


def standing(company: Mapping[str, Any]) -> str:
    """How a company named in a finding stands to it (``company, roles, state, sent, deadline, waiver``), one plain sentence."""
    notice = f"had notice on {company['sent'][:10]} with time until {company['deadline']}"
    return {
        "replied": "It replied; its words stand below, unchanged.",
        "deadline passed": f"It {notice}, and has not replied.",
        "waiting": f"It {notice}. That time is not over.",
        "waived": f"It was not asked for a reply: {company['waiver']}.",
        "changed since notice": f"It {notice}, but the evidence or the wording has changed since. It is due a new notice.",
        "returned": f"The notice of {company['sent'][:10]} came back undelivered.",
    }.get(company["state"], "It has had no notice yet.")


def effect(listing: Mapping[str, Any], lists: Mapping[str, Mapping[str, Any]]) -> str:
    """What a listing means in law, one plain sentence: the list's own words first, else those of its legal effect."""
    entry = lists.get(listing["list"], {})
    code = listing.get("legal_effect") or entry.get("legal_effect", "")
    return str(entry.get("effect_words") or EFFECTS.get(code, "") or "The legal effect of this list is not recorded here.")


def count(value: Any) -> str:
    """A whole number with thousands separators; ``not known`` for None."""
    return "not known" if value is None else f"{int(value):,}"


def plural(value: int, one: str, many: str = "") -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def money(amount: Any, currency: str = "") -> str:
    """An exact amount with its currency, two decimals at least, a true minus sign; empty text when unknown."""
    if amount is None or amount == "":
        return ""
    value = Decimal(str(amount))
    short = value.quantize(Decimal("0.01"))
    digits = f"{abs(short if short == value else value.normalize()):,f}"
    return f"{'−' if value < 0 else ''}{currency or 'currency unknown'} {digits}"


def excluded(entry: Mapping[str, Any]) -> str:
    """``2 findings set aside by a person``: one exclusion (``scope``, ``reason``, ``count``) of a sum."""
    if entry.get("scope") == "sum":
        return f"{count(entry['count'])} × {entry['reason']}"
    return f"{plural(entry['count'], 'finding')} {entry['reason']}"
