"""Addresses, networks and allowlists (contract, section 6)."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admincenter.core import network
from admincenter.core.errors import NetworkBad
from admincenter.core.network import Address, Network, compile_access, parse_address, parse_entry, parse_network, read_access
from tests.core import slow_addresses
from tests.vector_cases import cases


def address(text: str) -> Address:
    found = parse_address(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:c000:0207", "192.0.2.7"),
        ("::192.0.2.7", "::c000:207"),
        ("64:ff9b::192.0.2.7", "64:ff9b::c000:207"),
        ("2002:c000:207::", "2002:c000:207::"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("::", "::"),
    ],
)
def test_a_mapped_address_becomes_ipv4_and_other_embeddings_stay_ipv6(text: str, meant: str) -> None:
    assert str(address(text)) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a",
        "localhost",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "010.0.0.1",
        "1.2.3.04",
        "0x7f.0.0.1",
        "2130706433",
        "127.1",
        "1.2.3.4:80",
        "[::1]",
        "[::1]:80",
        "::1%lo",
        "fe80::1%eth0",
        "::g",
        ":::",
        "1::2::3",
        "12345::",
        "::ffff:1.2.3.256",
        "::ffff:1.2.3.4/96",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.4\0",
        "\0",
        "1.2.3.4\n",
        "１.2.3.4",
        "\udcff",
        "unknown",
        "_hidden",
        "1.2.3.4/32",
        "1,2,3,4",
        "-1.2.3.4",
    ],
)
def test_whatever_is_not_exactly_one_address_is_none(text: str) -> None:
    assert parse_address(text) is None


@given(st.text(alphabet="0123456789abcdefABCDEFx:./% [],-_\0é", max_size=50))
@settings(max_examples=1_000)
def test_a_text_is_an_address_exactly_where_the_slow_model_says_so(text: str) -> None:
    found, slow = parse_address(text), slow_addresses.address(text)
    assert (found.packed if found else None) == (slow.packed if slow else None)


@given(st.ip_addresses())
def test_every_address_reads_back_from_its_text(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    slow = slow_addresses.address(str(ip))
    assert slow is not None
    found = address(ip.exploded)
    assert (found.packed, str(found)) == (slow.packed, str(slow))
    assert found.is_loopback == slow.is_loopback
    assert ipaddress.ip_network(found.network) == ipaddress.ip_network(
        (slow.packed, 24 if slow.version == 4 else 56), strict=False
    )


@pytest.mark.parametrize(
    ("text", "saved"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7"),
        (" 192.0.2.0/24 ", "192.0.2.0/24"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8::1/128", "2001:db8::1"),
    ],
)
def test_a_network_is_saved_in_one_form(text: str, saved: str) -> None:
    assert parse_network(text).text == saved


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not an IPv4 or IPv6 address"),
        ("example.com", "names are not allowed"),
        ("010.0.0.1", "not an IPv4 or IPv6 address"),
        ("10.0.0.0/33", "not an IPv4 or IPv6 address"),
        ("10.0.0.0/-1", "not an IPv4 or IPv6 address"),
        ("10.0.0.0/", "not an IPv4 or IPv6 address"),
        ("10.0.0.0/8/8", "not an IPv4 or IPv6 address"),
        ("10.0.0.1-10.0.0.9", "not an IPv4 or IPv6 address"),
        ("10.0.0.*", "not an IPv4 or IPv6 address"),
        ("10.0.0.7/24", "has host bits; write 10.0.0.0/24 for the network or 10.0.0.7 for the one address"),
        ("2001:db8::1/32", "write 2001:db8::/32"),
        ("10.0.0.0/255.0.0.0", "has a netmask; write 10.0.0.0/8"),
        ("10.0.0.0/0.255.255.255", "has a netmask; write 10.0.0.0/8"),
        ("fe80::1%eth0", "has a zone"),
        ("::ffff:0:0/95", "has host bits"),
        ("::fffe:0:0/95", "wider than the mapped IPv4 addresses"),
        ("::/64", "wider than the mapped IPv4 addresses"),
        ("x" * 500, "'x{60}'"),
    ],
)
def test_an_entry_that_cannot_be_meant_is_refused_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(NetworkBad, match=told):
        parse_entry(text)


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "10.0.0.0/7", "2001::/18", "::ffff:0:0/96", "::ffff:a00:0/103"])
def test_no_allowlist_may_hold_more_than_a_slash_8_or_a_slash_19(text: str) -> None:
    with pytest.raises(NetworkBad, match=r"which no allowlist may hold|host bits|wider than the mapped"):
        parse_entry(text)


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("10.0.0.0/8", True),
        ("10.0.0.0/15", True),
        ("10.0.0.0/16", False),
        ("2001::/19", True),
        ("2001:0::/31", True),
        ("2001:db8::/32", False),
        ("::ffff:10.0.0.0/111", True),
        ("::ffff:10.0.0.0/112", False),
    ],
)
def test_more_than_a_slash_16_or_a_slash_32_is_wide(text: str, wide: bool) -> None:
    assert network.is_wide(parse_entry(text)) is wide


@pytest.mark.parametrize("case", cases("access"), ids=["empty", "one", "both families", "mapped and merged"])
def test_compiled_access_has_the_bytes_of_the_vector(case: dict[str, Any]) -> None:
    blob = compile_access(case["bits"], [parse_network(each) for each in case["networks"]])
    assert blob.hex() == case["blob"]
    assert read_access(blob).bits == case["bits"]


def networks() -> st.SearchStrategy[list[str]]:
    """Allowlists in a small corner of either family, so that entries overlap, touch and nest."""
    v4 = st.builds(
        lambda low, width: str(ipaddress.ip_network((0x0A000000 + low, width), strict=False)),
        st.integers(0, 1 << 10),
        st.integers(20, 32),
    )
    v6 = st.builds(
        lambda low, width: str(ipaddress.ip_network(((0x20010DB8 << 96) + low, width), strict=False)),
        st.integers(0, 1 << 10),
        st.integers(116, 128),
    )
    mapped = v4.map(lambda text: f"::ffff:{text.partition('/')[0]}/{96 + int(text.partition('/')[2])}")
    return st.lists(st.one_of(v4, v6, mapped), max_size=25)


CLIENTS = st.one_of(
    st.integers(-2, (1 << 10) + 2).map(lambda low: str(ipaddress.IPv4Address(0x0A000000 + low))),
    st.integers(-2, (1 << 10) + 2).map(lambda low: str(ipaddress.IPv6Address((0x20010DB8 << 96) + low))),
    st.integers(0, 1 << 10).map(lambda low: f"::ffff:10.0.{low >> 8}.{low & 255}"),
    st.ip_addresses().map(str),
)


@given(networks(), st.lists(CLIENTS, min_size=1, max_size=20))
@settings(max_examples=500)
def test_compiled_access_admits_exactly_whom_the_networks_admit(listed: list[str], clients: list[str]) -> None:
    access = read_access(compile_access(0, [parse_network(each) for each in listed]))
    for text in clients:
        slow = slow_addresses.address(text)
        assert slow is not None
        assert access.admits(address(text)) == slow_addresses.admits(listed, slow)
        assert any(parse_network(each).holds(address(text)) for each in listed) == slow_addresses.admits(listed, slow)


def test_an_empty_allowlist_admits_nobody() -> None:
    access = read_access(compile_access(3, []))
    assert not access.admits(address("127.0.0.1"))
    assert not access.admits(address("::1"))


BLOB = compile_access(3, [parse_network("10.0.0.0/24"), parse_network("2001:db8::/64")])


@pytest.mark.parametrize(
    "blob",
    [b"", BLOB[:8], BLOB[:-1], BLOB + b"\0", b"\2" + BLOB[1:], bytes(9), BLOB[:9], b"\xff" * 60],
    ids=lambda blob: blob.hex(),
)
def test_bytes_that_are_no_compiled_access_admit_nobody_and_permit_nothing(blob: bytes) -> None:
    access = read_access(blob)
    assert access.bits == 0
    assert not access.admits(address("10.0.0.1"))
    assert not access.admits(address("2001:db8::1"))


@given(st.binary(max_size=80), st.ip_addresses())
def test_random_bytes_never_fail_otherwise_than_by_admitting_nobody(
    blob: bytes, ip: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    assert not read_access(blob).admits(address(str(ip))) or len(blob) >= 17


def test_a_network_knows_how_many_addresses_it_holds() -> None:
    assert [parse_network(each).size for each in ("10.0.0.0/24", "10.0.0.1", "2001:db8::/64")] == [256, 1, 2**64]


def test_no_network_holds_an_address_of_the_other_family() -> None:
    everything: list[Network] = [parse_network("8000::/1"), parse_network("0.0.0.0/0")]
    assert [each.holds(address("10.0.0.1")) for each in everything] == [False, True]
    assert [each.holds(address("fe80::1")) for each in everything] == [True, False]
