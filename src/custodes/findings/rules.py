"""The rules: one small function each. Its docstring is the explanation the public sees; its weight and version stand in ``weights.py``.

A rule takes the view of one row and yields hits. It sees no date and no list: whether a link held on the day, and whether the maker was listed,
is settled afterwards for all rules alike. Each rule has a page in docs/rules/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from custodes.findings.compiled import Name
from custodes.findings.names import normalise, org_name
from custodes.findings.products import Match
from custodes.findings.suppliers import same_foreign_form
from custodes.findings.view import Hit, View
from custodes.findings.weights import OWNED, WEIGHTS

Rule = Callable[[View], Iterator[Hit]]


def supplier_is_maker(view: View) -> Iterator[Hit]:
    """The supplier's name is the name of a listed maker, legal form, spacing and punctuation aside."""
    for name in view.equal:
        if name.maker_id and name.alone == "yes" and not name.subject and not name.party_id:
            yield _supplier("supplier_is_maker", view, name, f"The supplier's name is {name.name}, a name of the maker.")


def supplier_is_linked(view: View) -> Iterator[Hit]:
    """The supplier's name is that of a company that belongs to a listed maker on the day of the record."""
    for name in view.equal:
        if name.subject and name.kind in OWNED:
            yield _supplier("supplier_is_linked", view, name, f"The supplier's name is that of {name.name}, {name.kind} of the maker.")


def supplier_is_maker_elsewhere(view: View) -> Iterator[Hit]:
    """The supplier's name is a listed maker's name with only a country or region added; the tie itself is not in our tables."""
    for name in view.equal_but_place:
        yield _supplier("supplier_is_maker_elsewhere", view, name, f"The supplier's name is that of {name.name} with a country or region added.")


def supplier_resembles_maker(view: View) -> Iterator[Hit]:
    """The supplier's name is nearly that of a listed maker, or of a company of its own: misspelt, abbreviated or cut."""
    named = {match.word.maker_id for match in _matches(view, "supplier", "name", "listed name", "misspelling", "brand")}
    for name, why in view.nearly:
        if name.maker_id not in named:
            weight = "supplier_resembles_maker" if view.known.resembling.certain(view.supplier) else "supplier_resembles_maker, short word"
            yield _supplier("supplier_resembles_maker", view, name, f"The supplier's name is nearly that of {name.name}: {why}.", weight)


def supplier_bears_common_name(view: View) -> Iterator[Hit]:
    """The supplier's whole name is a name of a listed maker that others may bear too, and what was bought fits the maker."""
    for name in view.equal:
        if name.alone == "context" and (view.setting.surveillance or view.setting.equipment or same_foreign_form(view.supplier, name.name)):
            words = f"The supplier's whole name is {name.name}; others may bear it, but what was bought fits the maker."
            yield _supplier("supplier_bears_common_name", view, name, words)


def supplier_is_party(view: View) -> Iterator[Hit]:
    """The supplier's name is that of a party on a list that the case brought along."""
    for name in view.equal:
        if name.party_id and not name.subject:
            weight = "supplier_is_party" if len(org_name(name.name).core) > 1 else "supplier_is_party, one word"
            why = f" ({name.joined})" if name.joined else ""
            yield _supplier("supplier_is_party", view, name, f"The supplier's name is {name.name}, a party on a list of this case{why}.", weight)


def supplier_text_names_maker(view: View) -> Iterator[Hit]:
    """The supplier's name contains a listed maker's name or brand, for instance as a trading name."""
    settled = {name.maker_id for name in (*view.equal, *view.equal_but_place)}
    for match in _matches(view, "supplier", "name", "listed name", "misspelling", "brand"):
        if match.word.maker_id not in settled:
            words = f"The supplier's name contains '{match.theirs}', {_what(match)}."
            yield _text("supplier_text_names_maker", match, words)


def text_names_maker(view: View) -> Iterator[Hit]:
    """The text names a listed maker; a name that others bear too counts only beside words that fit."""
    for match in _matches(view, "text", "name", "listed name"):
        common = match.word.kind == "listed name" and match.word.needs
        weight = "text_names_maker, common name" if common else "text_names_maker, in context" if match.word.needs else "text_names_maker"
        yield _text("text_names_maker", match, f"The description says '{match.theirs}', {_what(match)}.", weight)


def text_names_brand(view: View) -> Iterator[Hit]:
    """The text names a brand that belongs to, or is made by, a listed maker on the day of the record."""
    for match in _matches(view, "text", "brand"):
        yield _text("text_names_brand", match, f"The description says '{match.theirs}', {_what(match)}.")


def text_names_product(view: View) -> Iterator[Hit]:
    """The text names a product line or software of a listed maker."""
    for match in _matches(view, "text", "product", "software"):
        weight = "text_names_product, in context" if match.word.needs else "text_names_product"
        yield _text("text_names_product", match, f"The description says '{match.theirs}', a product of {_owner(match)}.", weight)


def text_names_model(view: View) -> Iterator[Hit]:
    """The text holds a model number of the form that a listed maker uses."""
    for match in _matches(view, "text", "model"):
        weight = "text_names_model, in context" if match.word.needs else "text_names_model"
        words = f"The description says '{match.theirs}', a model number of the form that {_owner(match)} uses ({match.word.word})."
        yield _text("text_names_model", match, words, weight)


def text_misspells_maker(view: View) -> Iterator[Hit]:
    """The text names a listed maker in a known misspelling."""
    for match in _matches(view, "text", "misspelling"):
        weight = "text_misspells_maker, in context" if view.setting.surveillance or match.word.needs else "text_misspells_maker"
        yield _text("text_misspells_maker", match, f"The description says '{match.theirs}', {_what(match)}.", weight)


def text_uses_shorthand(view: View) -> Iterator[Hit]:
    """The text uses the trade's shorthand for a listed maker beside surveillance words."""
    for match in _matches(view, "text", "short"):
        yield _text("text_uses_shorthand", match, f"The description says '{match.theirs}', {_what(match)}.")


def reported_use(view: View) -> Iterator[Hit]:
    """A published report says that the maker's equipment is in use there; the body has not said so itself."""
    for match in view.matches:
        yield _text("reported_use", match, f"The report says '{match.theirs}', {_what(match)}.", kind="use_reported")


def surveillance_words(view: View) -> Iterator[Hit]:
    """The words of the record name video surveillance equipment or work on it."""
    for sign in (*view.signs.sure, *view.signs.core):
        yield _sign("surveillance_words", sign, f"The text speaks of {sign}.")


def surveillance_code(view: View) -> Iterator[Hit]:
    """A classification code of the record stands for video surveillance and nothing contradicts it."""
    for code in view.signs.core_codes:
        yield _sign("surveillance_code", code, f"Code {code} stands for: {view.known.codes[code][1]}.")


def surveillance_supplier(view: View) -> Iterator[Hit]:
    """The supplier's business is video surveillance, by its name; the text does not say something else."""
    for sign in view.signs.supplier:
        yield _sign("surveillance_supplier", sign, f"The supplier's name says what it sells: {sign}.")


def two_weak_signs(view: View) -> Iterator[Hit]:
    """Two signs that would not count alone: a word such as 'camera' beside a security installer, a code or a second word."""
    signs = view.signs
    if not signs.weak or signs.sure or signs.core or signs.supplier or signs.core_codes:
        return
    beside = [f"a {name} as supplier" for name in signs.installer] + [f"code {code}" for code in signs.weak_codes]
    beside += [f"the word '{word}'" for word in signs.weak[1:]]
    if beside:
        yield _sign("two_weak_signs", f"{signs.weak[0]} + {beside[0]}", f"Two signs together: the word '{signs.weak[0]}' and {beside[0]}.")


NAMING: tuple[Rule, ...] = (
    supplier_is_maker, supplier_is_linked, supplier_is_maker_elsewhere, supplier_resembles_maker, supplier_bears_common_name, supplier_is_party, supplier_text_names_maker,
    text_names_maker, text_names_brand, text_names_product, text_names_model, text_misspells_maker, text_uses_shorthand,
)  # fmt: skip
"""Rules of the first layer for a purchase."""

SENSING: tuple[Rule, ...] = (surveillance_words, surveillance_code, surveillance_supplier, two_weak_signs)
"""Rules of the second layer for a purchase."""

RULES: dict[str, Rule] = {rule.__name__: rule for rule in (*NAMING, *SENSING, reported_use)}
"""Every rule on a view by name. ``body_answer`` and ``supplier_also_sells`` look at other columns and stand in ``records.py``;
the rules on devices stand in ``device_rules.py``."""


def hits(rules: tuple[Rule, ...], view: View) -> list[Hit]:
    """What a set of rules says about a view, in the order of the rules."""
    return [hit for rule in rules for hit in rule(view)]


def _matches(view: View, where: str, *kinds: str) -> Iterator[Match]:
    return (match for match in view.matches if match.where == where and match.word.kind in kinds)


def _supplier(rule: str, view: View, name: Name, words: str, weight: str = "") -> Hit:
    equipment = view.known.brand_equipment.get(normalise(name.name), "") if name.subject else ""
    score = WEIGHTS[weight or rule]
    return Hit(rule, "supplier_listed", name.maker_id, score, name.name, view.supplier, words, name.subject, equipment, name.party_id, name.who, name.unit_of)


def _text(rule: str, match: Match, words: str, weight: str = "", kind: str = "product_named") -> Hit:
    word = match.word
    return Hit(rule, kind, word.maker_id, WEIGHTS[weight or rule], word.word, match.theirs, words, word.brand, word.equipment)


def _sign(rule: str, sign: str, words: str) -> Hit:
    return Hit(rule, "maker_unknown", "", WEIGHTS[rule], sign, sign, words, equipment="surveillance")


def _owner(match: Match) -> str:
    return match.word.brand or match.word.maker_id.capitalize()


def _what(match: Match) -> str:
    """What the words are, and how they are written when ours are not written so."""
    word, plain = match.word, match.word.word.lower()
    if word.kind == "short":
        return f"trade shorthand for {word.maker_id.capitalize()}"
    if word.kind == "misspelling":
        return f"a known misspelling of {word.word}"
    if word.kind == "brand":
        return f"the brand {word.brand}"
    if word.kind not in ("name", "listed name"):
        return f"a product of {_owner(match)}"
    for joint, said in ((" ", "a space"), ("-", "a hyphen")):
        if joint in match.theirs and joint not in plain:
            return f"which is how {word.word} (maker) is written with {said}"
    return "a name of the maker"
