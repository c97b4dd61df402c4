"""The address guard: what is refused, however it is spelled, and what is allowed by name."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.errors import RefusedError, UsageError
from custodes.sources.guard import Guard, host_of, is_public, parse

PRIVATE = [
    "10.0.0.1", "127.0.0.1", "127.255.0.9", "0.0.0.0", "0.1.2.3", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
    "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "2002:7f00:1::", "2001:0:a00:1::f5ff:fffe", "::7f00:1", "100::1", "5f00::1", "3fff::1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:2800:220:1::1", "2a00:1450:4009::1", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not Guard().permits("host.example", address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_permitted(address: str) -> None:
    assert Guard().permits("host.example", address)


@pytest.mark.parametrize(
    "spelling",
    ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "127.0.0.1.", "%31%32%37.0.0.1", "１２７.0.0.1", "127。0。0。1", "0X7F.0.0.1"],
)
def test_every_spelling_of_an_address_is_that_address(spelling: str) -> None:
    assert parse(f"http://{spelling}/").host == "127.0.0.1"
    with pytest.raises(RefusedError, match="not on the public network"):
        Guard(resolve=lambda host, port: pytest.fail("an address is not looked up")).addresses(parse(f"http://{spelling}/").host, 80)


@pytest.mark.parametrize("host", ["256.1.1.1", "1.2.3.4.5", "0x100000000", "1.2.3.256", "08.1.1.1", "[::1%25lo]", "[::g]", "a b", "", "exa<mple", "x" * 300])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(RefusedError):
        parse(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://host.example/", "gopher://host.example/", "javascript:alert(1)", "data:text/html,x", "//host.example/", "host.example", "",
     "http://user@host.example/", "http://user:word@host.example/", "http://host.example:99999/", "http://host.example:0x50/", "http:///path", "http://[::1/"],
)  # fmt: skip
def test_other_schemes_and_addresses_with_users_are_refused(url: str) -> None:
    with pytest.raises(RefusedError) as caught:
        parse(url)
    assert caught.value.advice


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        ("HTTP://EXAMPLE.com:80/a b?q=ü#part", "", "http://example.com/a%20b?q=%C3%BC"),
        ("https://Bücher.example/%7Ex", "", "https://xn--bcher-kva.example/%7Ex"),
        ("../c?x#y", "https://h.example/a/b", "https://h.example/c?x"),
        ("//other.example", "https://h.example/a", "https://other.example/"),
        ("\\\\other.example\\p", "https://h.example/a", "https://other.example/p"),
        (" \thttps://h.exam\nple/ ", "", "https://h.example/"),
        ("http://[2606:2800:220:1::1]:8080/x", "", "http://[2606:2800:220:1::1]:8080/x"),
        ("?only=query", "http://h.example/p?old", "http://h.example/p?only=query"),
    ],
)
def test_addresses_are_normalised(url: str, base: str, expected: str) -> None:
    assert parse(url, base).url == expected


def test_the_answer_that_is_judged_is_the_one_connected_to() -> None:
    """A name whose second look-up says 127.0.0.1 (rebinding): the guard gives addresses, so there is no second look-up."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    guard = Guard(resolve=lambda host, port: next(answers))
    assert guard.addresses("rebind.example", 80) == ["93.184.216.34"]
    with pytest.raises(RefusedError):
        guard.addresses("rebind.example", 80)


def test_of_mixed_answers_only_public_ones_are_left() -> None:
    assert Guard(resolve=lambda host, port: ["10.0.0.1", "8.8.8.8", "::ffff:10.0.0.1", "rubbish"]).addresses("mixed.example", 80) == ["8.8.8.8"]
    with pytest.raises(OSError, match="no address"):
        Guard(resolve=lambda host, port: []).addresses("none.example", 80)


def test_hosts_and_networks_are_allowed_by_name() -> None:
    guard = Guard(["intranet.example", "10.1.0.0/16", "fd00::/8", "127.0.0.1"], resolve=lambda host, port: ["192.168.0.9"])
    assert guard.addresses("intranet.example", 80) == ["192.168.0.9"]
    assert guard.permits("x.example", "10.1.200.3") and guard.permits("x.example", "fd00::7") and guard.permits("127.0.0.1", "127.0.0.1")
    assert not guard.permits("x.example", "10.2.0.1") and not guard.permits("evil-intranet.example", "192.168.0.9") and not guard.permits("x.example", "127.0.0.2")


@pytest.mark.parametrize("name", ["10.0.0.0/40", "a/b", "http://x.example", "x y"])
def test_an_allow_entry_that_means_nothing_is_a_usage_error(name: str) -> None:
    with pytest.raises(UsageError):
        Guard([name])


@given(st.integers(0, 2**32 - 1))
def test_carrying_an_address_inside_ipv6_changes_no_verdict(number: int) -> None:
    inner = ipaddress.IPv4Address(number)
    for outer in (f"::ffff:{inner}", str(ipaddress.IPv6Address((0x64FF9B << 96) | number)), str(ipaddress.IPv6Address((0x2002 << 112) | number << 80))):
        assert is_public(ipaddress.ip_address(outer)) == is_public(inner), outer


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}"]))
def test_numbers_are_read_as_addresses(number: int, spelling: str) -> None:
    assert host_of(spelling.format(number)) == str(ipaddress.IPv4Address(number))


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Anything is a target, whose address parses to itself again, or refused."""
    try:
        target = parse("http://" + text)
    except RefusedError:
        return
    assert parse(target.url) == target
