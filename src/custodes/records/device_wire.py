"""From one datagram, or the first bytes of one answer over TCP, to facts: by its content, whatever port it came from."""

from __future__ import annotations

from custodes.records import device_dahua1, device_dhip, device_isapi, device_onvif, device_other, device_sadp, device_ssdp, device_wsd
from custodes.records.device_greetings import greeting
from custodes.records.device_rows import Facts

OBSERVERS = {
    "SADP": device_sadp, "DHIP": device_dhip, "Dahua search (UDP 5050)": device_dahua1, "WS-Discovery": device_wsd, "SSDP": device_ssdp, "": device_other,
}  # fmt: skip
"""Who saw it -> the reader that knows the form. Other makers' forms come last: theirs say their names themselves."""


def datagram(payload: bytes) -> list[Facts]:
    """The devices that an answer over UDP tells; none when it is a question or of no form that we know."""
    for observer, reader in OBSERVERS.items():
        if found := reader.parse(payload):
            return [{**({"observer": observer} if observer else {}), **{name: value for name, value in facts.items() if value}} for facts in found]
    return []


def answer(payload: bytes) -> Facts:
    """The facts of an answer over TCP: the greeting, and what its body says of the device."""
    facts = greeting(payload)
    body = payload.partition(b"\r\n\r\n")[2]
    if facts or payload.startswith((b"HTTP/", b"RTSP/")):
        for reader in (device_isapi, device_onvif):
            for told in reader.parse(body):
                facts |= {name: value for name, value in told.items() if value and name not in facts}
    return facts
