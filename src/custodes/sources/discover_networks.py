"""Which addresses ``custodes discover`` may look at: the networks that their owner named, and only those.

Private, link-local, shared and loopback space is taken as named. Public space is refused unless the owner names the same network a second time (``--public``): a typing error
must not send packets to strangers. Multicast, reserved and too large networks are refused always. Space: IANA special-purpose registries (RFC 6890).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custodes.errors import UsageError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MOST = 65_536
"""Addresses of one run."""
_OWN = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128"))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A network that the owner named. ``near``: our own address in it when we stand in it and it is more than one address, else ''."""

    network: Network
    near: str

    def hosts(self) -> Iterator[str]:
        """Its addresses in order, without network and broadcast address."""
        return map(str, self.network.hosts())


def named(texts: Sequence[str], public: Sequence[str] = ()) -> tuple[Named, ...]:
    """The networks of a command line, each once, in order. UsageError for what is no network or may not be looked at; nothing was sent then."""
    again = {_network(text) for text in public}
    networks = sorted({_network(text) for text in texts}, key=lambda network: (network.version, int(network.network_address), network.prefixlen))
    kept = [one for one in networks if not any(_inside(one, other) for other in networks if other != one)]
    for network in kept:
        _refuse(network, network in again)
    total = sum(network.num_addresses for network in kept)
    if total > MOST:
        raise UsageError(f"{total:,} addresses are more than a run looks at ({MOST:,})", where=", ".join(texts)[:200], advice="name smaller networks, one run after the other")
    return tuple(Named(network, _near(network)) for network in kept)


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_interface(text)
    except ValueError:
        raise UsageError(f"{text!r} is no network", where=text[:100], advice="write it as 10.1.0.0/24, or one address as 10.1.0.5") from None
    raise UsageError(f"{text} is an address inside {meant.network}", where=text, advice=f"write {meant.network} for the network, or {meant.ip} for the one address")


def _inside(one: Network, other: Network) -> bool:
    return one.version == other.version and int(other.network_address) <= int(one.network_address) and int(one.broadcast_address) <= int(other.broadcast_address)


def _refuse(network: Network, said_twice: bool) -> None:
    first, last = network.network_address, network.broadcast_address
    if first.is_multicast or last.is_multicast or first.is_unspecified or (first.is_reserved and network.version == 4):
        raise UsageError("multicast and reserved addresses belong to no device", where=str(network), advice="name the network that your cameras are in")
    if not any(_inside(network, own) for own in _OWN) and not said_twice:
        what = "this is public address space: whoever holds these addresses may not be you"
        raise UsageError(what, where=str(network), advice=f"if the network is yours, say it a second time: --public {network}")


def _near(network: Network) -> str:
    """Our own address in the network; '' when we do not stand in it. Asks the routing table; nothing is sent."""
    if network.num_addresses < 4:
        return ""  # one address is asked by itself; a search of the whole link would say more than its owner did
    family = socket.AF_INET if network.version == 4 else socket.AF_INET6
    target = str(next(iter(network.hosts()), network.network_address))
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            near = str(probe.getsockname()[0]).split("%")[0]
    except OSError:
        return ""
    return near if ipaddress.ip_address(near) in network else ""
