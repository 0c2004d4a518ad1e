"""Who the client is: the peer, or what declared proxies say of it (contract, section 6; attacks A21 to A26)."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admincenter.core.errors import ParameterBad
from admincenter.core.network import Address, Client, Unresolved, parse_network, resolve_client
from tests.core import slow_addresses

PROXIES = ["10.0.0.0/24", "2001:db8:1::/48", "::ffff:192.0.2.128/121"]
PROXY, STRANGER = "10.0.0.1", "203.0.113.9"


def resolved(peer: str, *forwarded: str, proxies: list[str] = PROXIES) -> Client:
    return resolve_client(peer, forwarded, [parse_network(each) for each in proxies])


def test_a_header_sent_straight_to_the_server_is_ignored() -> None:
    """A21: nobody but a declared proxy is believed, however much is claimed."""
    assert str(resolved(STRANGER, "10.0.0.9")) == STRANGER
    assert str(resolved(STRANGER, *["junk, " * 40] * 3)) == STRANGER
    assert str(resolved(PROXY, "198.51.100.1", proxies=[])) == PROXY


def test_an_address_that_the_client_put_before_the_proxys_own_is_ignored() -> None:
    """A22: read from the right, only as far as declared proxies wrote."""
    assert str(resolved(PROXY, f"198.51.100.1, {STRANGER}")) == STRANGER
    assert str(resolved(PROXY, f"198.51.100.1, {STRANGER}, 10.0.0.7, 2001:db8:1::5")) == STRANGER


def test_several_lines_are_one_list_in_their_order() -> None:
    """A23: the last line's last entry is the nearest."""
    assert str(resolved(PROXY, "198.51.100.1", STRANGER)) == STRANGER
    assert str(resolved(PROXY, STRANGER, "10.0.0.2")) == STRANGER


@pytest.mark.parametrize("lines", [1, 3])
def test_thirty_two_entries_are_read_and_thirty_three_are_refused(lines: int) -> None:
    """A23: the work for a header is bounded."""
    entries = [STRANGER] + ["10.0.0.2"] * 31
    cut = len(entries) // lines
    assert str(resolved(PROXY, *[", ".join(entries[at : at + cut]) for at in range(0, len(entries), cut)])) == STRANGER
    with pytest.raises(ParameterBad, match="more than 32"):
        resolved(PROXY, ", ".join([*entries, "10.0.0.2"]))


@pytest.mark.parametrize(
    "entry",
    [
        "a",
        "",
        "1.2.3.4:80",
        "[::1]:80",
        "fe80::1%eth0",
        "unknown",
        "1.2.3.4\0",
        "\x07",
        "010.0.0.1",
        "1.2.3.4/32",
        "9" * 5_000,
        "é",
    ],
)
def test_an_entry_that_is_no_address_admits_nobody(entry: str) -> None:
    """A24: never "no address, so no check"."""
    for header in (entry, f"{STRANGER}, {entry}", f"{STRANGER}, {entry}, 10.0.0.2"):
        client = resolved(PROXY, header)
        assert isinstance(client, Unresolved)
        assert "not a plain address" in str(client)
        assert client.network == "unknown"


def test_a_mapped_peer_is_its_ipv4_address() -> None:
    """A25: a dual-stack socket names the proxy, and the client, as mapped IPv6."""
    assert str(resolved("::ffff:10.0.0.1", "::ffff:203.0.113.9")) == STRANGER
    assert str(resolved("::ffff:203.0.113.9")) == STRANGER


@pytest.mark.parametrize("forwarded", [[], ["10.0.0.2"], ["10.0.0.2, 10.0.0.3"], [""]])
def test_a_proxy_that_names_nobody_else_admits_nobody(forwarded: list[str]) -> None:
    assert isinstance(resolved(PROXY, *forwarded), Unresolved)


@pytest.mark.parametrize("peer", ["", "unix:", "/run/socket"])
def test_a_connection_without_an_address_admits_nobody(peer: str) -> None:
    assert isinstance(resolved(peer, STRANGER), Unresolved)


ADDRESSES = st.one_of(
    st.sampled_from(
        [
            "10.0.0.1",
            "10.0.0.255",
            "10.0.1.0",
            "2001:db8:1::1",
            "2001:db8:2::1",
            "192.0.2.127",
            "192.0.2.128",
            "::ffff:10.0.0.2",
        ]
    ),
    st.integers(0, 2**32 - 1).map(lambda number: str(ipaddress.IPv4Address(number))),
    st.integers(0, 2**32 - 1).map(lambda number: f"::ffff:{ipaddress.IPv4Address(number)}"),
    st.integers(0, 2**128 - 1).map(lambda number: str(ipaddress.IPv6Address(number))),
)
JUNK = st.one_of(st.sampled_from(["", "a", "1.2.3.4:80", "[::1]", "::1%lo", "0.0.0.010"]), st.text(max_size=12))
PADDED = st.builds(
    lambda before, entry, after: before + entry + after, st.sampled_from(["", " ", "\t"]), ADDRESSES, st.sampled_from(["", " "])
)
MOSTLY_GOOD = st.one_of(PADDED, PADDED, PADDED, JUNK)
LINES = st.lists(st.lists(MOSTLY_GOOD, max_size=14).map(",".join), max_size=4)


@given(st.one_of(st.just(PROXY), ADDRESSES, JUNK), LINES, st.sampled_from([[], PROXIES, PROXIES[:1]]))
@settings(max_examples=2_000)
def test_the_client_is_whom_the_slow_model_finds(peer: str, lines: list[str], proxies: list[str]) -> None:
    slow = slow_addresses.client(peer, lines, proxies)
    if isinstance(slow, ValueError):
        with pytest.raises(ParameterBad):
            resolved(peer, *lines, proxies=proxies)
        return
    found = resolved(peer, *lines, proxies=proxies)
    assert (found.packed if isinstance(found, Address) else None) == (slow.packed if slow else None)
