"""The rules for client addresses and allowlists written a second time: slowly, from the contract, on the `ipaddress` module."""

import ipaddress
import re
from collections.abc import Sequence

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


def address(text: str) -> Ip | None:
    """Exactly one address, a mapped one as IPv4; None for anything else."""
    if not re.fullmatch(r"[0-9A-Fa-f:.]+", text):
        return None
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def network(text: str) -> IpNetwork:
    """A network that is known to be good, a mapped one as IPv4."""
    found = ipaddress.ip_network(text)
    if isinstance(found, ipaddress.IPv6Network) and found.network_address.ipv4_mapped and found.prefixlen >= 96:
        return ipaddress.IPv4Network((found.network_address.ipv4_mapped, found.prefixlen - 96))
    return found


def admits(networks: Sequence[str], client: Ip) -> bool:
    """Whether one of the networks holds the address."""
    return any(client in network(each) for each in networks if network(each).version == client.version)


def client(peer: str, forwarded: Sequence[str], proxies: Sequence[str]) -> Ip | ValueError | None:
    """The client's address; None where nobody can say; a ValueError where the request itself is refused."""
    direct = address(peer)
    if direct is None:
        return None
    if not admits(proxies, direct):
        return direct
    entries = [entry.strip() for entry in ",".join(forwarded).split(",")] if forwarded else []
    if len(entries) > 32:
        return ValueError("more than 32 entries")
    for entry in entries[::-1]:
        found = address(entry)
        if found is None or not admits(proxies, found):
            return found
    return None
