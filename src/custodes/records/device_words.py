"""The words of devices: MAC addresses, host addresses, kinds of equipment, and what of a text must not be kept because it speaks of people."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime

from custodes.records.persons import is_forename, is_natural_person

LONGEST = 2_000
"""Characters kept of one text that a device said."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_MAC = re.compile(
    r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{1,2}([:-])(?:[0-9A-Fa-f]{1,2}\1){4}[0-9A-Fa-f]{1,2}|[0-9A-Fa-f]{4}([.:-])[0-9A-Fa-f]{4}\2[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}[-:][0-9A-Fa-f]{6}"
    r"|[0-9A-Fa-f]{12})(?![0-9A-Fa-f])"
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,6}")
_NOTHING = re.compile(r"(?i)[\s0x.:_*/-]*|n/?a|none|null|unknown|not (?:known|available|specified)|tbc|tba|default string|to be filled by o\.?e\.?m\.?")
_FACTORY = re.compile(r"(?i)(?:hikvision|dahua|oem|std|general)?[. ]?(?:china|hangzhou|shenzhen|zhejiang)?")
_PERSONAL = frozenset(("iphone", "ipad", "macbook"))
_SPLIT_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+")

_CLASSES = {
    name: frozenset(words.split())
    for name, words in (
        ("door", "door doors intercom doorbell doorphone turnstile acs facp barrier villa videointercom accesscontrol accesscontrolterminal vto vth"),
        ("recorder", "nvr dvr xvr hvr cvr hdvr recorder recorders evs dvs encoder hcvr hdcvi ndvr"),
        ("switch", "switch switches"),
        ("alarm", "alarm siren pir axpro intrusion detector"),
        ("display", "display monitor screen decoder lcd videowall"),
        ("camera", "camera cameras cam ipc ipcam ipcamera ipdome ipzoom dome domes bullet bullets turret turrets ptz sd cctv webcam nvt fisheye eyeball thermal anpr"),
        ("other", "router printer phone handset laptop desktop server storage firewall ups scanner tablet workstation projector"),
    )
}
"""Words that tell a kind of equipment, the more telling kinds first."""


def clean(value: object) -> str:
    """A text as it may be stored: no control characters, no half characters, blanks trimmed, at most LONGEST characters."""
    if isinstance(value, str) and value.isprintable():
        return value.strip()[:LONGEST].rstrip()
    if value is None or isinstance(value, (dict, list)):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return _CONTROL.sub(" ", text).strip()[:LONGEST].rstrip()


def nothing(text: str) -> bool:
    """Does the text say nothing: empty, noughts, dashes, "N/A"?

    >>> [nothing(t) for t in ("", "000000000000", "N/A", "Unknown", "0x0", "A1", "10")]
    [True, True, True, True, True, False, False]
    """
    return bool(_NOTHING.fullmatch(text.strip()))


def mac_of(text: str) -> str:
    """The MAC address (48 bits) in a text as ``AA:BB:CC:DD:EE:FF``; '' when there is none, or it is all noughts or all ones.

    >>> mac_of("c0-56-e3-fe-42-92"), mac_of("0:4:4b:1:2:3"), mac_of("c056.e3fe.4292"), mac_of("c056e3-fe4292"), mac_of("DS-2CD2032"), mac_of("ff:ff:ff:ff:ff:ff")
    ('C0:56:E3:FE:42:92', '00:04:4B:01:02:03', 'C0:56:E3:FE:42:92', 'C0:56:E3:FE:42:92', '', '')
    """
    match = _MAC.search(text)
    if not match:
        return ""
    found = match.group()
    digits = "".join(part.zfill(2) for part in re.split("[:-]", found)) if match.group(1) else re.sub("[.:-]", "", found)
    if digits == found and not re.search("[A-Fa-f]", digits) and len(text.strip()) != 12:
        return ""  # twelve digits within other text are more often a serial number
    if set(digits) <= {"0"} or set(digits) <= {"f", "F"}:
        return ""
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)).upper()


def is_group(mac: str) -> bool:
    """Is this the address of a group (multicast), which no device bears?"""
    return bool(mac) and bool(int(mac[:2], 16) & 1)


def host_of(text: str) -> str:
    """The first IP address of a text, in its shortest form; '' when there is none or it is the unspecified one.

    >>> host_of("http://192.168.001.064:80/onvif"), host_of("http://[fe80::1]/"), host_of("0.0.0.0"), host_of("V5.4.0.1")
    ('192.168.1.64', 'fe80::1', '', '')
    """
    for match in re.finditer(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])|(?<![\w:])[0-9A-Fa-f:]{2,39}:[0-9A-Fa-f.:]{0,39}", text[:4096]):
        part = match.group()
        if part.count(".") == 3 and ":" not in part:
            part = ".".join(str(int(number)) for number in part.split("."))
        try:
            address = ipaddress.ip_address(part)
        except ValueError:
            continue
        if not address.is_unspecified:
            return str(address)
    return ""


def class_of(*words: str) -> str:
    """What kind of equipment a source's own words call a thing; '' when they do not say.

    >>> [class_of(w) for w in ("IPCamera", "IPDome", "NVR", "PoE switch", "Door Station", "thermal camera", "DS-2CD2143", "")]
    ['camera', 'camera', 'recorder', 'switch', 'door', 'camera', '', '']
    """
    for text in words:
        found = {part for word in text.split() for part in (*(p.lower() for p in _SPLIT_CAMEL.split(word) if p), word.lower())}
        for name, known in _CLASSES.items():
            if found & known:
                return name
    return ""


def is_person(text: str) -> bool:
    """Does the text name a natural person: a whole name, an e-mail address?

    >>> [is_person(t) for t in ("Mr J Smith", "jane.doe@example.org", "Front door", "HIKVISION DS-2CD2032")]
    [True, True, False, False]
    """
    return bool(_EMAIL.search(text)) or is_natural_person(text)


def without_people(text: str) -> tuple[str, int]:
    """The text without e-mail addresses, and how many were taken out; a text that is the name of a person is taken out whole."""
    if is_natural_person(text):
        return "", 1
    rest, count = _EMAIL.subn("", text) if "@" in text else (text, 0)
    return rest.strip(), count


def host_name_of(text: str) -> str:
    """A device's host name when it looks like equipment's: it holds a digit, and no part of it is a forename or a possessive ("Janes-iPhone").

    >>> [host_name_of(n) for n in ("DS-2CD2143G0", "Janes-iPhone12", "NVR301", "reception", "dave-pc2")]
    ['DS-2CD2143G0', '', 'NVR301', '', '']
    """
    name = clean(text).split(".")[0]
    parts = [part for part in re.split(r"[\W\d_]+", name.casefold()) if part]
    personal = any(is_forename(part) or (part.endswith("s") and is_forename(part[:-1])) or part in _PERSONAL for part in parts)
    return name if re.search(r"\d", name) and not personal and not is_person(name) else ""


def factory_only(text: str) -> str:
    """A contact or place as the factory set it ("Hikvision.China"); '' for what an owner may have typed, which can be a person.

    >>> factory_only("Hikvision.China"), factory_only("hangzhou"), factory_only("J Smith 07700 900123")
    ('Hikvision.China', 'hangzhou', '')
    """
    return text if _FACTORY.fullmatch(text.strip()) else ""


def time_of(seconds: object) -> str:
    """Seconds since 1970 as an ISO time in UTC; '' when they are none.

    >>> time_of("1795382093"), time_of("x"), time_of(0)
    ('2026-11-22T21:14:53Z', '', '')
    """
    try:
        number = float(str(seconds))
        return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if 0 < number < 2**37 else ""
    except (ValueError, OverflowError, OSError):
        return ""
