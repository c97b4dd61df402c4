"""From evidence to clues: what each piece says about the maker, in words, with its weight. A clue never decides; see ``device_fuse``.

Every kind of clue is one small function; its sentence stands in ``RULES`` and is the explanation the public sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from custodes.findings.device_evidence import Seen
from custodes.findings.device_tables import Block, Brand, Devices, Form, Line, remembered
from custodes.findings.device_text import folded, is_local, mac_of, shown_mac, shown_serial, squeezed


class Clue(NamedTuple):
    """One sign. ``maker`` empty: noted, but it names nobody. ``channel``: signs of one channel say the same thing and do not add up."""

    rule: str
    channel: str
    maker: str
    weight: float
    ours: str
    theirs: str
    words: str
    brand: str = ""
    product_class: str = ""
    publish: str = "yes"
    valid_to: str = ""


class Label(NamedTuple):
    """What the label says: the name of the brand as we write it, and the model as it stands there."""

    brand: str = ""
    model: str = ""


RULES: dict[str, str] = {
    "device_brand": "The device's label names a maker, or a brand all of whose goods come from one maker.",
    "device_line": "Brand and product line together tell who makes the device; how far that may be published stands with the line.",
    "device_model": "The device's model number or product name is of a form that a listed maker uses.",
    "device_mac": "The device's network address lies in a block that the register of such addresses gives to the maker.",
    "device_protocol": "The device answers in a protocol or on an interface that is the maker's own, whatever name it bears.",
    "device_oem_code": "The device sends the field in which the maker notes for whom a unit was made.",
    "device_serial": "The device's serial number is built the way the maker builds them.",
    "device_firmware": "The device's firmware version is written the way the maker writes it.",
    "device_banner": "What the device's services say of themselves are words of the maker's software.",
    "device_path": "The device serves its picture at an address that the maker's devices use.",
    "device_favicon": "The icon of the device's web page is one of the maker's.",
    "device_ports": "The device listens on a port that the maker's devices use.",
}
"""Rule -> its explanation. Each has a page in docs/rules/."""

CHANNELS = {"device_line": "label", "device_model": "label", "device_oem_code": "protocol"}
"""Rules that say the same thing as others; all else is a channel of its own."""

SPEAKING = ("http_server", "www_authenticate", "html_title", "rtsp_server", "tls_subject", "telnet", "ftp", "snmp_sysdescr", "dhcp_vendor_class", "banner", "proxy_protocol", "name")
"""Fields in which a brand may be named."""

SPOKEN = {"name": 0.86, "snmp_sysdescr": 0.8, "dhcp_vendor_class": 0.88, "html_title": 0.78, "text": 0.8, "banner": 0.82, "ftp": 0.86}
"""Weight of a brand's name by where it was read; 0.84 elsewhere."""

ASIDE = 0.45
"""Weight of another maker's name inside running text."""

TYPED = 0.98
"""What is left of a weight when the form was found as people type it."""


def clues(seen: Seen, known: Devices) -> tuple[list[Clue], Label]:
    """All clues of one device and what its label says."""
    said, label = _labelled(seen, known)
    found = list(said)
    found += _macs(seen.get("mac", ()), known)
    for name, texts in seen.items():
        if name in known.signs:
            for text in texts:
                found += _signs(name, text, known) if name == "serial" else _remembered(name, text, known, _signs)
        if name in SPEAKING:
            for text in texts:
                found += _remembered(f"spoken {name}", text, known, _spoken)
    for text in seen.get("serial", ()):
        found += _serial_model(text, known)
    return found, label


def _remembered(name: str, text: str, known: Devices, judge: Callable[[str, str, Devices], Iterator[Clue]]) -> list[Clue]:
    """The same texts come again and again: what each says is worked out once."""
    return remembered(known, (name, text), lambda: list(judge(name, text, known)))


# ---- the label: brand, line, model -----------------------------------------------------------------------------------------------------------


_LABEL = ("brand", "model", "text", "name")


def _labelled(seen: Seen, known: Devices) -> tuple[list[Clue], Label]:
    """What a label says; the same labels come again and again."""
    return remembered(known, ("label", *(tuple(seen.get(field, ())) for field in _LABEL)), lambda: _label(seen, known))


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
        forms = [clue for text in models for clue in _remembered("model", text, known, _models)]
        forms += [clue for text in seen.get("text", ()) for clue in _remembered("typed", text, known, _typed_models)]
        makers = {line.maker for line in lines}
        # a line knows the brand, a form only the look of the name
        found += [clue if not makers or clue.maker in makers else clue._replace(weight=round(clue.weight / 2, 4)) for clue in forms]
    shown = next((brand.brand for brand in brands), "") or next((line.brand for line in lines), "") or next(iter(seen.get("brand", ())), "")
    return found, Label(shown, next(iter(models), ""))


def _brands(seen: Seen, known: Devices) -> list[Brand]:
    """Brands that the label names: the brand field first, then names inside model and free text."""
    found: dict[Brand, None] = {}
    for text in seen.get("brand", ()):
        found.update(dict.fromkeys(_brand_of(text, known)))
    for field in ("name", "model", "text"):
        for text in seen.get(field, ()):
            found.update(dict.fromkeys(_named_in(text, known)))
    return list(found)


def _brand_of(text: str, known: Devices) -> tuple[Brand, ...]:
    """Brands under a whole name, else those named inside it."""
    return known.brands.get(squeezed(text)) or _named_in(text, known)


def _named_in(text: str, known: Devices) -> tuple[Brand, ...]:
    return remembered(known, ("named", text), lambda: tuple(dict.fromkeys(_name_by_name(text, known))))


_WORD = re.compile(r"[^\W_]+")
_JOINTS = ("", " ", "-", ".")


def names_in(capitals: str, known: Devices) -> Iterator[tuple[int, int, str]]:
    """(start, end, squeezed name) of the brands named in a text, the longest at each place; a name may be typed in up to three pieces."""
    words = [(match.start(), match.end(), match[0].lower()) for match in _WORD.finditer(capitals)]
    at = 0
    while at < len(words):
        step = 1
        if words[at][2] not in known.beginnings:
            at += 1
            continue
        for many in range(min(3, len(words) - at), 0, -1):
            pieces = words[at : at + many]
            name = "".join(piece[2] for piece in pieces)
            if name in known.words and all(capitals[left[1] : right[0]] in _JOINTS for left, right in pairwise(pieces)):
                yield pieces[0][0], pieces[-1][1], name
                step = many
                break
        at += step


def _name_by_name(text: str, known: Devices) -> Iterator[Brand]:
    capitals = folded(text)
    none = True
    for start, end, word in names_in(capitals, known):
        none = False
        if not _DENIED.search(capitals[:start]) and not _STREET.match(capitals, end):
            yield from (_in_text(brand) for brand in known.brands[word])
    if none and any(letter.isalpha() for letter in capitals):
        plain = capitals.lower()
        for pattern, brand in known.misspelt:
            if pattern.search(plain):
                yield from known.brands.get(brand, ())


_DENIED = re.compile(r"\b(?:NOT|NON|NO|EX|FORMER|FORMERLY|REPLACED|REPLACES|REPLACING|WAS|OLD)[- ]+(?:AN? |THE )?$")
"""What stands before a name that is not the device's."""

_STREET = re.compile(r" (?:ROAD|RD|STREET|ST|LANE|AVENUE|CLOSE|WAY|COURT|DRIVE|HOUSE|HALL|SCHOOL|HOTEL)\b")
"""What stands behind a name that is a place's."""


def _in_text(brand: Brand) -> Brand:
    """A brand named inside longer text: a maker of none of our tables may be a street, a person or the next room there."""
    return replace(brand, weight=min(brand.weight, ASIDE)) if brand.kind == "other" else brand


def _lines(brands: list[Brand], texts: Iterable[str], known: Devices) -> Iterator[Line]:
    """Product lines that fit: of the brands named, or, without one, those whose form of name nobody else uses."""
    names = dict.fromkeys(squeezed(brand.brand) for brand in brands)
    met = set()
    for name in names:
        for line in known.lines.get(name, ()):
            if any(_fits(line, text) for text in texts):
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


def _shown(line: Line, texts: Iterable[str]) -> str:
    return next((text for text in texts if _fits(line, text)), "")


def _line_clue(line: Line, theirs: str) -> Clue:
    if not line.maker:
        words = f"{line.brand} {line.line}: {line.caution or 'the maker of this line is not known'}; the brand's other goods tell nothing of it."
        return Clue("device_line", "label", "", 0.0, f"{line.brand} {line.line}", theirs, words, line.brand, line.product_class)
    words = f"{line.brand} models of the form {line.line} are made by {{maker}}" + (f" ({line.caution})." if line.caution else ".")
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
    if known.any_form.match(capitals):
        form = next(form for form in known.forms if form.exact.match(capitals))
        yield _model_clue(form, text, capitals, form.weight, known)
        return
    yield from _typed_models(_, text, known)


def _typed_models(_: str, text: str, known: Devices) -> Iterator[Clue]:
    """The form that a model inside running text has: the heaviest of those that begin first."""
    capitals = folded(text)
    first = known.any_loose.search(capitals)
    if not first:
        return
    form = next(form for form in known.forms if form.loose and form.loose.match(capitals, first.start()))
    yield _model_clue(form, text, capitals, round(form.weight * TYPED, 4), known)


def _model_clue(form: Form, text: str, capitals: str, weight: float, known: Devices) -> Clue:
    words = f"The model '{text.strip()[:60]}' has a form of name that {{maker}} uses" + (f" for {form.brand}." if form.brand else ".")
    return Clue("device_model", "label", form.maker, weight, form.rule, capitals[:60], words, form.brand, _class_of(form, capitals, known))


_PREFIX = re.compile(r"^DH(?:I|T|IT)?-")


def _class_of(form: Form, capitals: str, known: Devices) -> str:
    """The product class of a form; of one that stands for many sorts, that of the name behind the maker's prefix."""
    if form.product_class != "unknown":
        return form.product_class
    bare = _PREFIX.sub("", capitals)
    return next((each.product_class for each in known.forms if each.maker == form.maker and each.product_class != "unknown" and each.exact.match(bare)), "")


def _serial_model(text: str, known: Devices) -> Iterator[Clue]:
    """A serial number that begins with a model of the maker: rebranded units keep it."""
    capitals = folded(text)
    if len(capitals) < 14 or not known.any_form.match(capitals):
        return
    form = next(form for form in known.forms if form.exact.match(capitals))
    if form.weight >= 0.9:
        words = f"The serial number '{shown_serial(capitals)[:40]}' begins with a model of {{maker}}."
        yield Clue("device_serial", "serial", form.maker, round(form.weight * 0.93, 4), form.rule, shown_serial(capitals)[:60], words, form.brand, form.product_class)


# ---- addresses, banners and the rest ---------------------------------------------------------------------------------------------------------


def _macs(texts: Iterable[str], known: Devices) -> Iterator[Clue]:
    for text in texts:
        mac = mac_of(text)
        if not mac:
            continue
        if is_local(mac):
            shown = shown_mac(mac)
            yield Clue("device_mac", "mac", "", 0.0, "local bit", shown, f"The MAC address {shown} was made up locally or stands for a group: no vendor may be read from it.")
            continue
        block = next((known.blocks[mac[:size]] for size in (9, 7, 6) if mac[:size] in known.blocks), None)
        if block:
            yield _mac_clue(block, shown_mac(mac))


def _mac_clue(block: Block, text: str) -> Clue:
    note = f" ({block.note})" if block.note else ""
    words = f"The MAC address {text} lies in a block of {block.registrant}{note}."
    publish = "review" if block.relation == "OEM rebrand" else "yes"
    return Clue("device_mac", "mac", block.maker, block.weight, block.registrant, text, words, block.brand, block.product_class, publish)


def _signs(field: str, text: str, known: Devices) -> Iterator[Clue]:
    """Rows of device_clues.csv that fit a text of their field."""
    for gate, signs in known.signs[field]:
        if not gate.search(text):
            continue
        for sign in signs:
            match = sign.pattern.search(text)
            if match:
                note = f": {sign.note}" if sign.note else ""
                theirs = shown_serial(match[0].strip()) if field in ("serial", "www_authenticate") else match[0].strip()
                words = f"{_SAID.get(field, field)} '{theirs[:60]}'" + (f" is {{maker}}'s{note}." if sign.maker else f"{note}.")
                channel = CHANNELS.get(sign.rule, sign.rule)
                yield Clue(sign.rule, channel, sign.maker, sign.weight, sign.clue, theirs[:80], words, sign.brand, sign.product_class, "yes", sign.valid_to)


_SAID = {
    "protocol": "The answer in the protocol", "isapi_prefix": "The interface", "xmlns": "The name space", "proxy_protocol": "The recorder's protocol to it,",
    "oem_code": "The OEM code", "serial": "The serial number", "firmware": "The firmware", "http_server": "The web server's name", "www_authenticate": "The login prompt",
    "rtsp_server": "The RTSP server's name", "rtsp_public": "The order of RTSP methods", "html_title": "The web page's title", "banner": "The banner",
    "telnet": "The telnet prompt", "tls_subject": "The certificate's subject", "rtsp_path": "The picture's address", "favicon": "The icon", "ports": "The port",
}  # fmt: skip


def _spoken(name: str, text: str, known: Devices) -> Iterator[Clue]:
    """Brands that a service names in what it says of itself."""
    field = name.removeprefix("spoken ")
    weight = SPOKEN.get(field, 0.84)
    if not re.search(r"[^\W\d_]{2}", text):
        return
    capitals = folded(text)
    for start, end, name in names_in(capitals, known):
        said = capitals[start:end]
        for brand in known.brands[name]:
            words = f"{_SAID.get(field, 'The device')} says '{said.title()}'."
            own = brand.kind != "mixed"
            yield Clue("device_banner", "banner", brand.maker, min(weight, brand.weight), brand.brand, said, words, "" if own and not brand.relation else brand.brand)
