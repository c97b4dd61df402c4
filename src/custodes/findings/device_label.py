"""Clues of the label: brand, product line and model. They decide each other, so they are read in one place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from custodes.findings.device_evidence import Seen
from custodes.findings.device_names import brands_in
from custodes.findings.device_rules import Clue, Label
from custodes.findings.device_tables import Brand, Devices, Form, Line, remembered
from custodes.findings.device_text import as_printed, folded, squeezed

TYPED = 0.98
"""What is left of a weight when the form was found as people type it."""

_LABEL = ("brand", "model", "text", "name")


def labelled(seen: Seen, known: Devices) -> tuple[list[Clue], Label]:
    """What a label says; the same labels come again and again."""
    said = tuple([tuple(seen[field]) if field in seen else () for field in _LABEL])
    return remembered(known, said, lambda: _label(seen, known))


def _label(seen: Seen, known: Devices) -> tuple[list[Clue], Label]:
    """Clues of brand, product line and model together; they decide each other, so they are read in one place."""
    models = (*seen.get("model", ()), *(text for text in seen.get("brand", ()) if any(map(str.isdigit, text)) and squeezed(text) not in known.brands))
    texts = (*models, *seen.get("text", ()))
    brands = _brands(seen, known)
    lines = list(_lines(brands, texts, known))
    settled = {squeezed(brand.brand) for line in lines for brand in brands if squeezed(brand.brand) == squeezed(line.brand)}
    found = [_line_clue(line, theirs) for line, theirs in ((line, _shown(line, texts)) for line in lines)]
    denied = {squeezed(line.brand) for line in lines if not line.maker}
    found += [clue for brand in brands for clue in _brand_clue(brand, settled, bool(denied & {squeezed(brand.brand)}))]
    if not denied:
        forms = [clue for text in models for clue in judged_once("model", text, known, _models)]
        forms += [clue for text in seen.get("text", ()) for clue in judged_once("typed", text, known, _typed_models)]
        makers = {line.maker for line in lines}
        # a line knows the brand, a form only the look of the name
        forms = [clue if not makers or clue.maker in makers else clue._replace(weight=round(clue.weight / 2, 4)) for clue in forms]
        found += [clue._replace(weight=round(clue.weight / 2, 4)) if _strange(seen, brands, clue) else clue for clue in forms]
    shown = next((brand.brand for brand in brands), "") or next((line.brand for line in lines), "") or next(iter(seen.get("brand", ())), "")
    return found, Label(shown, next(iter(models), ""))


SHARED_FORM = 0.8
"""A form of names of less weight than this is not the maker's alone: beside the name of another brand it is worth half."""

_NO_BRAND = frozenset(["unknown", "generic", "oem", "na", "none", "other", "general", "private", "camera", "ipcamera", "cctv", "tbc", "noname", "various", "unbranded"])
"""What people and devices write where no brand is known."""


def _strange(seen: Seen, brands: Iterable[Brand], clue: Clue) -> bool:
    """Does the label name a brand of which no source says that the form's maker makes its goods?"""
    if clue.weight >= SHARED_FORM or not {squeezed(text) for text in seen.get("brand", ())} - _NO_BRAND - {""}:
        return False
    return not any(brand.maker == clue.maker for brand in brands)


def _brands(seen: Seen, known: Devices) -> list[Brand]:
    """Brands that the label names: the brand field first, then names inside model and free text."""
    found: dict[Brand, None] = {}
    for text in seen.get("brand", ()):
        found.update(dict.fromkeys(_brand_of(text, known)))
    for field in ("name", "model", "text"):
        for text in seen.get(field, ()):
            found.update(dict.fromkeys(brands_in(text, known)))
    return list(found)


def _brand_of(text: str, known: Devices) -> tuple[Brand, ...]:
    """Brands under a whole name, else those named inside it."""
    return known.brands.get(squeezed(text)) or brands_in(text, known)


def _lines(brands: list[Brand], texts: Iterable[str], known: Devices) -> Iterator[Line]:
    """Product lines that fit: of the brands named, or, without one, those whose form of name nobody else uses."""
    names = dict.fromkeys(squeezed(brand.brand) for brand in brands)
    met = set()
    for name in names:
        for line in known.lines.get(name, ()):
            if any(_fits(line, text) or _fits(line, _closed(text)) for text in texts):
                met.add(name)
                yield line
                break
    if not met and not any(brand.kind == "other" for brand in brands):
        for text in texts:
            if known.any_alone.search(folded(text)):
                yield from [line for line in known.lines_alone if _fits(line, text)][:1]
                return


def _fits(line: Line, text: str) -> bool:
    capitals = folded(text)
    return bool(line.exact.search(capitals) or line.loose.search(capitals))


def _closed(text: str) -> str:
    """The text without blanks between letters and digits (``CMIP 1042``): what people type where the brand is named."""
    return re.sub(r"(?<=[^\W\d_]) (?=\d)", "", text)


def _shown(line: Line, texts: Iterable[str]) -> str:
    return next((text for text in texts if _fits(line, text) or _fits(line, _closed(text))), "")


def _line_clue(line: Line, theirs: str) -> Clue:
    if not line.maker:
        words = f"{line.brand} {line.line}: {line.caution or 'the maker of this line is not known'}; the brand's other goods tell nothing of it."
        return Clue("device_line", "label", "", 0.0, f"{line.brand} {line.line}", theirs, words, line.brand, line.product_class)
    words = f"{line.brand} models of the form {line.line} are built on the platform of {{maker}}" + (f" ({line.caution})." if line.caution else ".")
    return Clue("device_line", "label", line.maker, line.weight, f"{line.brand} {line.line}", theirs, words, line.brand, line.product_class, line.publish, line.valid_to)


def _brand_clue(brand: Brand, settled: set[str], denied: bool) -> Iterator[Clue]:
    if brand.kind == "mixed":
        if squeezed(brand.brand) in settled or denied:
            return
        words = f"{brand.brand} sells goods of several makers" + (", {maker} among them" if brand.maker else "") + ": the name alone decides nothing."
        yield Clue("device_brand", "brand", brand.maker, brand.weight, brand.brand, brand.brand, words, brand.brand, publish="review")
        return
    if denied:
        return
    relation = f", {brand.relation} of {{maker}}" if brand.relation else ""
    yield Clue("device_brand", "brand", brand.maker, brand.weight, brand.brand, brand.brand, f"The label says {brand.brand}{relation}.", brand.brand if brand.relation else "")


def _models(_: str, text: str, known: Devices) -> Iterator[Clue]:
    """Forms of model names that a model fits: as a whole name, else as it was typed."""
    capitals = folded(text)
    if form := form_of(capitals, known):
        yield _model_clue(form, text, capitals, form.weight, known)
        return
    yield from _typed_models(_, text, known)


def _typed_models(_: str, text: str, known: Devices) -> Iterator[Clue]:
    """The form that a model inside running text has: the heaviest of those that begin first."""
    capitals = folded(text)
    first = known.any_loose.search(capitals)
    while first:
        form = _loose_form(capitals, first.start(), known)
        if form:
            yield _model_clue(form, text, capitals, round(form.weight * TYPED, 4), known)
            return
        first = known.any_loose.search(capitals, first.start() + 1)


def form_of(capitals: str, known: Devices) -> Form | None:
    """The heaviest form that a whole name has."""
    found = known.any_form.match(capitals)
    return known.forms[found.lastindex - 1] if found and found.lastindex else None


def _loose_form(capitals: str, at: int, known: Devices) -> Form | None:
    """The heaviest form that the text has from a place on."""
    found = known.first_loose.match(capitals, at)
    if found and found.lastindex and _numbered(known.forms[found.lastindex - 1], found):
        return known.forms[found.lastindex - 1]
    return next((form for form in known.forms if found and form.loose and (match := form.loose.match(capitals, at)) and _numbered(form, match)), None)


def _numbered(form: Form, found: re.Match[str]) -> bool:
    """Is there a digit in what was found or right behind it? O, I and L stand for digits only beside one: ``TCHILDREN`` is no model."""
    near = found.string[found.start() : found.end() + 2]
    return any(map(str.isdigit, near)) or bool(as_printed(form.plain).match(found.string, found.start()))


def _model_clue(form: Form, text: str, capitals: str, weight: float, known: Devices) -> Clue:
    words = f"The model '{text.strip()[:60]}' has a form of name that {{maker}} uses" + (f" for {form.brand}" if form.brand else "")
    words += f" ({form.families} published names have it)." if form.families > 1 else "."
    return Clue("device_model", "label", form.maker, weight, form.rule, capitals[:60], words, form.brand, _class_of(form, capitals, known))


_PREFIX = re.compile(r"^DH(?:I|T|IT)?-")


def _class_of(form: Form, capitals: str, known: Devices) -> str:
    """The product class of a form; of one that stands for many sorts, that of the name behind the maker's prefix."""
    if form.product_class != "unknown":
        return form.product_class
    bare = _PREFIX.sub("", capitals)
    return next((each.product_class for each in known.forms if each.maker == form.maker and each.product_class != "unknown" and each.exact.match(bare)), "")


def judged_once(name: str, text: str, known: Devices, judge: Callable[[str, str, Devices], Iterator[Clue]]) -> list[Clue]:
    """The same texts come again and again: what each says is worked out once."""
    return remembered(known, (name, text), lambda: list(judge(name, text, known)))
