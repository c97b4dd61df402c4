"""From evidence to clues: what each piece says about the maker, in words, with its weight. A clue never decides; see ``device_fuse``.

What a label says is read in ``device_label``; here stand addresses, banners and all that devices answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from custodes.findings.device_evidence import Seen
from custodes.findings.device_label import form_of, judged_once, labelled
from custodes.findings.device_names import names_in
from custodes.findings.device_rules import CHANNELS, Clue, Label
from custodes.findings.device_tables import Block, Devices
from custodes.findings.device_text import folded, is_local, mac_of, shown_mac, shown_serial

SPEAKING = ("http_server", "www_authenticate", "html_title", "rtsp_server", "tls_subject", "telnet", "ftp", "snmp_sysdescr", "dhcp_vendor_class", "banner", "proxy_protocol", "name")
"""Fields in which a brand may be named."""

SPOKEN = {"name": 0.86, "snmp_sysdescr": 0.8, "dhcp_vendor_class": 0.88, "html_title": 0.78, "text": 0.8, "banner": 0.82, "ftp": 0.86}
"""Weight of a brand's name by where it was read; 0.84 elsewhere."""

def clues(seen: Seen, known: Devices) -> tuple[list[Clue], Label]:
    """All clues of one device and what its label says."""
    said, label = labelled(seen, known)
    found = list(said)
    found += _macs(seen.get("mac", ()), known)
    for name, texts in seen.items():
        if name in known.signs:
            for text in texts:
                found += _signs(name, text, known) if name == "serial" else judged_once(name, text, known, _signs)
        if name in SPEAKING:
            for text in texts:
                found += judged_once(f"spoken {name}", text, known, _spoken)
    for text in seen.get("serial", ()):
        found += _serial_model(text, known)
    return found, label


def _serial_model(text: str, known: Devices) -> Iterator[Clue]:
    """A serial number that begins with a model of the maker: rebranded units keep it."""
    capitals = folded(text)
    form = form_of(capitals, known) if len(capitals) >= 14 else None
    if form and form.weight >= 0.9:
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
    words = f"The MAC address {text} lies in a block of {block.registrant.rstrip('.')}{note}."
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
                words = f"{_SAID.get(field, field)} '{theirs[:60]}'" + (f" fits {{maker}}{note}." if sign.maker else f"{note}.")
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
