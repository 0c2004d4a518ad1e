"""Who the client is, and whether an allowlist admits it (contract, section 6).

Addresses are compared as integers in sorted ranges. Anything that cannot be read is refused, never skipped: an unparsable
address that means "no check" is how authentik's policy was bypassed (CVE-2024-47070).
"""

import ipaddress
import socket
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from admincenter.core.errors import NetworkBad, ParameterBad

MAX_FORWARDED = 32
_MAPPED = b"\0" * 10 + b"\xff\xff"
_MAPPED_BLOCK = ipaddress.IPv6Network((_MAPPED + bytes(4), 96))
_WIDEST = {4: 8, 6: 19}
_WIDE = {4: 16, 6: 32}
_LONGEST_TEXT = 45
_HEAD = struct.Struct(">BIHH")
_VERSION = 1


class Address(NamedTuple):
    """One address: 4 or 16 bytes in network order. A mapped IPv6 address is never one; it is the IPv4 address inside."""

    packed: bytes

    def __str__(self) -> str:
        return _text(self.packed)

    @property
    def is_loopback(self) -> bool:
        """Whether this is 127.0.0.0/8 or ::1."""
        return ipaddress.ip_address(self.packed).is_loopback

    @property
    def network(self) -> str:
        """The /24 or /56 around it, by which refusals are grouped and wrong secrets are counted."""
        return _group(self.packed)


@lru_cache(maxsize=4096)
def _text(packed: bytes) -> str:
    return str(ipaddress.ip_address(packed))


@lru_cache(maxsize=4096)
def _group(packed: bytes) -> str:
    width = 24 if len(packed) == 4 else 56
    return str(ipaddress.ip_network((packed, width), strict=False))


class Unresolved(NamedTuple):
    """The client address could not be determined; nobody is admitted from it."""

    reason: str

    def __str__(self) -> str:
        return f"an unknown address: {self.reason}"

    @property
    def network(self) -> str:
        """One group for all of them."""
        return "unknown"


Client = Address | Unresolved


@lru_cache(maxsize=4096)
def parse_address(text: str) -> Address | None:
    """The address of a text, a mapped IPv6 address turned into IPv4; None if it is not exactly one address."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        packed = socket.inet_pton(family, text)
    except (OSError, ValueError):
        return None
    return Address(packed[12:] if packed.startswith(_MAPPED) else packed)


class Network(NamedTuple):
    """A range of addresses, first and last included, as packed bytes of one family."""

    first: bytes
    last: bytes
    text: str

    def holds(self, address: Address) -> bool:
        """Whether the address lies in it."""
        return len(address.packed) == len(self.first) and self.first <= address.packed <= self.last

    @property
    def size(self) -> int:
        """How many addresses it holds."""
        return int.from_bytes(self.last, "big") - int.from_bytes(self.first, "big") + 1


def parse_network(text: str) -> Network:
    """A network or single address, without host bits, mapped ones as IPv4. Raises NetworkBad with what to write instead."""
    try:
        found = ipaddress.ip_network(text.strip(), strict=False)
        address = ipaddress.ip_interface(text.strip()).ip
    except ValueError:
        raise NetworkBad(f"{_shown(text)} is not an IPv4 or IPv6 address or CIDR network; names are not allowed") from None
    if "%" in text:
        raise NetworkBad(f"{_shown(text)} has a zone; write the address without it")
    if "/" in text and not text.strip().partition("/")[2].isdecimal():
        raise NetworkBad(f"{_shown(text)} has a netmask; write {found} instead")
    if address != found.network_address:
        raise NetworkBad(f"{_shown(text)} has host bits; write {found} for the network or {address} for the one address")
    return _network(_unmapped(found))


def _shown(text: str) -> str:
    return repr(text[:60])


def _unmapped(found: ipaddress.IPv4Network | ipaddress.IPv6Network) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if isinstance(found, ipaddress.IPv4Network) or not found.overlaps(_MAPPED_BLOCK):
        return found
    if found.prefixlen < 96:
        raise NetworkBad(f"'{found}' is wider than the mapped IPv4 addresses (::ffff:0:0/96) in it; write IPv4 networks")
    return ipaddress.IPv4Network((found.network_address.packed[12:], found.prefixlen - 96))


def _network(found: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Network:
    single = found.prefixlen == found.max_prefixlen
    text = str(found.network_address) if single else str(found)
    return Network(found.network_address.packed, found.broadcast_address.packed, text)


def parse_entry(text: str) -> Network:
    """An allowlist entry: a network that is not wider than /8 or /19. Raises NetworkBad."""
    network = parse_network(text)
    version = 4 if len(network.first) == 4 else 6
    if network.size > 1 << (len(network.first) * 8 - _WIDEST[version]):
        raise NetworkBad(f"'{network.text}' is wider than /{_WIDEST[version]}, which no allowlist may hold")
    return network


def is_wide(network: Network) -> bool:
    """Whether an entry is so wide (over /16 or /32) that it needs a confirmation."""
    version = 4 if len(network.first) == 4 else 6
    return network.size > 1 << (len(network.first) * 8 - _WIDE[version])


class Access(NamedTuple):
    """What an integration may do and from where, as the gate needs it: one column of its row (D9)."""

    bits: int
    v4: int
    v6: int
    blob: bytes

    def admits(self, address: Address) -> bool:
        """Whether the address lies in one of the ranges. No range, no admittance.

        A binary search in the bytes themselves (big-endian bytes sort as numbers do), so nothing is decoded or remembered.
        """
        packed, blob = address.packed, self.blob
        size = len(packed)
        start, count = (_HEAD.size, self.v4) if size == 4 else (_HEAD.size + 8 * self.v4, self.v6)
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            at = start + middle * size
            if blob[at : at + size] <= packed:
                low = middle + 1
            else:
                high = middle
        last = start + (count + low - 1) * size
        return bool(low > 0 and packed <= blob[last : last + size])


@lru_cache(maxsize=4096)
def admits(access: bytes, packed: bytes) -> bool:
    """Whether an `access` column admits an address. Remembered by content alone, so never stale."""
    return read_access(access).admits(Address(packed))


def compile_access(bits: int, networks: Iterable[Network]) -> bytes:
    """The `access` column: permission bits, then per family the sorted, merged ranges, all firsts before all lasts."""
    listed = list(networks)
    v4, v6 = (_merged(each for each in listed if len(each.first) == size) for size in (4, 16))
    head = _HEAD.pack(_VERSION, bits, len(v4), len(v6))
    return head + b"".join(b"".join(column) for family in (v4, v6) for column in zip(*family, strict=True))


def _merged(networks: Iterable[Network]) -> list[tuple[bytes, bytes]]:
    ranges: list[tuple[bytes, bytes]] = []
    for network in sorted(networks):
        if ranges and network.first <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], network.last))
        else:
            ranges.append((network.first, network.last))
    return ranges


@lru_cache(maxsize=4096)
def read_access(blob: bytes) -> Access:
    """The `access` column again, remembered by its content only, so never stale.

    Bytes that `compile_access` did not make hold no permission and admit nobody.
    """
    if len(blob) >= _HEAD.size:
        version, bits, v4, v6 = _HEAD.unpack_from(blob)
        if version == _VERSION and len(blob) == _HEAD.size + 8 * v4 + 32 * v6:
            return Access(bits, v4, v6, blob)
    return Access(0, 0, 0, b"")


def resolve_client(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> Client:
    """The client's address: the socket's peer, or what declared proxies say of it.

    `forwarded` are the values of all X-Forwarded-For lines in order. They are believed only from a declared proxy, read from
    the right, and only as far as declared proxies wrote them: what stands further left is the client's own to forge
    (oauth2-proxy #3478). Raises ParameterBad when there are more than 32 entries.
    """
    direct = parse_address(peer)
    if direct is None:
        return Unresolved("the connection has no address")
    if not proxies or not any(proxy.holds(direct) for proxy in proxies):
        return direct
    entries = [entry.strip() for line in forwarded for entry in line.split(",")]
    if len(entries) > MAX_FORWARDED:
        raise ParameterBad(f"X-Forwarded-For has more than {MAX_FORWARDED} entries")
    return _rightmost(entries, proxies)


def _rightmost(entries: Sequence[str], proxies: Sequence[Network]) -> Client:
    if not entries:
        return Unresolved("a declared proxy sent no X-Forwarded-For")
    for entry in reversed(entries):
        address = parse_address(entry[: _LONGEST_TEXT + 1])  # one more never parses; the memory stays small
        if address is None:
            return Unresolved("an X-Forwarded-For entry is not a plain address")
        if not any(proxy.holds(address) for proxy in proxies):
            return address
    return Unresolved("X-Forwarded-For names only declared proxies")
