"""The address guard: which addresses a capture may connect to.

A page, a redirect or a name server can point a program at the machine it runs on, at a router or at a cloud's metadata service. So every
connection goes to an address that was judged here, never to a name: the name is looked up once, each answer is judged, and the connection is made to
a judged answer, which leaves no second look-up to answer differently (DNS rebinding). Refused are all addresses that are not global unicast
(IANA special-purpose registries, RFC 6890): private, loopback, link-local, carrier-grade NAT, multicast, unique local, documentation, and IPv6
addresses that carry such an IPv4 address inside (mapped, NAT64, 6to4, Teredo). case.toml may allow a host or a network by name.

Host names are read as browsers read them (WHATWG URL standard, host parsing): percent signs, full-width digits, and IPv4 addresses in decimal,
octal or hexadecimal, whole or in parts.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit

from custodes.errors import RefusedError, UsageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], list[str]]
"""(host name, port) -> addresses as text, in the order to try them; OSError when the name has none."""

_PORTS = {"http": 80, "https": 443}
_GLOBAL6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")))
"""Networks that some versions of Python take for global although the registries say they are special (IANA, RFC 6890 and updates)."""
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f#%/:<>?@\[\\\]^|]")
_ALLOW_ADVICE = "if you own that address and want it captured, name the host or the network in case.toml: [gather] allow = [\"10.0.0.0/24\"]"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. ``url`` is the normalised address without fragment; ``path`` is path and query as they are sent; ``host`` without brackets."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and, when it is not the scheme's own, port, as the Host header says it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"


def system_resolve(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


class Guard:
    """Judges addresses. ``allow`` holds host names, addresses and networks (CIDR) that are permitted although they are not public."""

    def __init__(self, allow: Iterable[str] = (), resolve: Resolve = system_resolve) -> None:
        self._hosts, self._networks = _allowed(allow)
        self._resolve = resolve

    def target(self, url: str, base: str = "") -> Target:
        """The request that ``url`` (relative to ``base``) stands for. RefusedError for other schemes, users in addresses and what is no host name."""
        return parse(url, base)

    def addresses(self, host: str, port: int) -> list[str]:
        """The permitted addresses of a host, to be connected to as they are. RefusedError when there are answers but none is permitted, OSError without any."""
        literal = address(host)
        answers = [str(literal)] if literal else self._resolve(host, port)
        if not answers:
            raise OSError(f"{host} has no address")
        permitted = [answer for answer in answers if self.permits(host, answer)]
        if not permitted:
            shown = ", ".join(answers[:4])
            where = host if shown == host else f"{host} ({shown})"
            raise RefusedError("the address is not on the public network", where=where, advice=_ALLOW_ADVICE)
        return permitted

    def permits(self, host: str, answer: str) -> bool:
        """May a request to ``host`` connect to the address ``answer``?"""
        try:
            ip = ipaddress.ip_address(answer)  # a zone (fe80::1%eth0) is kept by ipaddress and is link-local
        except ValueError:
            return False
        if host.rstrip(".") in self._hosts or any(ip.version == network.version and ip in network for network in self._networks):
            return True
        return is_public(ip)


def is_public(ip: Address) -> bool:
    """Global unicast, and so is every IPv4 address it carries inside."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not (ip.is_multicast or ip.is_reserved or _special(ip))
    if ip.scope_id:
        return False
    inner = _carried(ip)
    if inner is not None:
        return all(map(is_public, inner))
    return ip in _GLOBAL6 and ip.is_global and not _special(ip)


def _special(ip: Address) -> bool:
    return any(ip.version == network.version and ip in network for network in _SPECIAL)


def _carried(ip: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address] | None:
    """The IPv4 addresses inside an IPv6 address: mapped (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380: server and client)."""
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    if ip in _NAT64:
        return [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)]
    if ip.sixtofour is not None:
        return [ip.sixtofour]
    if ip.teredo is not None:
        return list(ip.teredo)
    return None


def parse(url: str, base: str = "") -> Target:
    """See :meth:`Guard.target`."""
    text = _joined(url, base)
    parts = _split(text)
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise RefusedError(f"the scheme {scheme or '(none)'} is not fetched", where=text[:200], advice="give an address that begins with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise RefusedError("the address holds a user name or password", where=text[:200], advice="give the address without it: custodes never logs in")
    host = host_of(parts.hostname or "")
    try:
        port = parts.port or _PORTS[scheme]
    except ValueError:
        raise RefusedError("the port is not a number from 1 to 65535", where=text[:200], advice="mend the address") from None
    path = _sent(parts)
    target = Target("", scheme, host, port, path)
    return Target(f"{scheme}://{target.authority}{path}", scheme, host, port, path)


def _joined(url: str, base: str) -> str:
    """``url`` against ``base``; what browsers strip is stripped: outer blanks and control characters, tabs and line ends inside."""
    from urllib.parse import urljoin

    text = re.sub(r"[\t\r\n]", "", url.strip("".join(map(chr, range(0x21)))))
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text)
    if not scheme or scheme[0].lower() in ("http:", "https:"):
        head, mark, tail = text.partition("?")  # a backslash is a slash in the path of a web address
        text = head.replace("\\", "/") + mark + tail
    try:
        return urljoin(base, text) if base else text
    except ValueError:
        raise RefusedError("not a web address", where=text[:200], advice="mend the address") from None


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.hostname
    except ValueError:
        raise RefusedError("not a web address", where=text[:200], advice="mend the address") from None
    return parts


def _sent(parts: SplitResult) -> str:
    """Path and query as bytes may be sent: what is not ASCII is percent-encoded as UTF-8, what is encoded stays as it is."""
    safe = "!$&'()*+,-./:;=@_~%[]|"
    path = quote(parts.path or "/", safe=safe)
    return path + ("?" + quote(parts.query, safe=safe + "?/{}^`\\") if parts.query else "")


def host_of(text: str) -> str:
    """A host as browsers read it, in lower-case ASCII: ``0x7f.1`` is 127.0.0.1, ``１２７.0.0.1`` too. RefusedError for what is no host."""
    bare = text.strip("[]") if text.startswith("[") or ":" in text else text
    if ":" in bare:
        return str(_ipv6(bare))
    name = unicodedata.normalize("NFKC", unquote(bare)).lower().replace("。", ".")
    if not name.isascii():
        name = _ascii(name)
    if not name or _FORBIDDEN.search(name) or len(name) > 253:
        raise RefusedError("not a host name", where=text[:200] or "(empty)", advice="mend the address")
    labels = name.rstrip(".").split(".")
    if _numeric(labels[-1]):
        return str(_ipv4(labels, text))
    return name


def address(host: str) -> Address | None:
    """The address that a host (as :func:`host_of` gives it) is, None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ipv6(text: str) -> ipaddress.IPv6Address:
    try:
        if "%" in text:
            raise ValueError("zone")
        return ipaddress.IPv6Address(text)
    except ValueError:
        raise RefusedError("not an IPv6 address", where=text[:200], advice="mend the address; zones (%eth0) are not allowed") from None


def _ascii(name: str) -> str:
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        raise RefusedError("not a host name", where=name[:200], advice="mend the address") from None


def _numeric(label: str) -> bool:
    return bool(re.fullmatch(r"[0-9]+|0x[0-9a-f]*", label))


def _ipv4(labels: list[str], text: str) -> ipaddress.IPv4Address:
    """One to four numbers, decimal, octal (0...) or hexadecimal (0x...); the last one fills the rest (WHATWG IPv4 parser)."""
    try:
        numbers = [_number(label) for label in labels]
        *first, last = numbers
        if len(numbers) > 4 or any(n > 255 for n in first) or last >= 256 ** (5 - len(numbers)):
            raise ValueError("out of range")
        return ipaddress.IPv4Address(last + sum(n << 8 * (3 - i) for i, n in enumerate(first)))
    except ValueError:
        raise RefusedError("not an IPv4 address", where=text[:200], advice="mend the address") from None


def _number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    return int(label, 8) if len(label) > 1 and label.startswith("0") else int(label)


def _allowed(names: Iterable[str]) -> tuple[frozenset[str], tuple[Network, ...]]:
    """Host names, and networks, of an ``allow`` list; UsageError for what is neither."""
    hosts, networks = set(), []
    for name in names:
        try:
            networks.append(ipaddress.ip_network(name.strip("[]"), strict=False))
        except ValueError:
            if "/" in name or not re.fullmatch(r"[A-Za-z0-9.-]+", name):
                raise UsageError(f"{name!r} is neither a host nor a network", where="allow", advice='write hosts as "intranet.example", networks as "10.0.0.0/24"') from None
            hosts.add(host_of(name).rstrip("."))
    return frozenset(hosts), tuple(networks)
