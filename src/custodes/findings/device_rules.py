"""What a clue on a device is, and the rules by name: the sentence of each is the explanation the public sees. Weights stand in the rows of the tables."""

from __future__ import annotations

from typing import NamedTuple


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
