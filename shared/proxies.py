"""Whose address a request really comes from, when proxies that we trust stand in between."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def read_networks(text: str) -> tuple[Network, ...]:
    """A comma list of addresses and CIDR blocks; a ValueError names the entry that is neither."""
    networks = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError as error:
            raise ValueError(f"{entry!r} is not an address or CIDR block") from error
    return tuple(networks)


class TrustedProxies:
    """Walks X-Forwarded-For from the right, because only the last entries were written by ours."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(networks)
        # Peers repeat: parsing an address costs more than all the rest of the walk.
        self._is_trusted = lru_cache(maxsize=10_000)(self._belongs)

    def client_address(self, peer: str, forwarded: Iterable[str]) -> str:
        """The first address from the right that isn't ours; `forwarded` are the header's values.

        The leftmost entry is whatever the visitor typed, so it counts only where all others are
        trusted. An entry that is no address ends the walk: who wrote it can't be believed further.
        """
        address = peer
        if not self._networks or not self._is_trusted(peer):
            return address
        entries = ",".join(forwarded).split(",")
        for entry in reversed(entries):
            found = _plain(entry)
            if found is None:
                break
            address = found
            if not self._is_trusted(address):
                break
        return address

    def trusts(self, peer: str) -> bool:
        """Whether what this peer says of others can be believed."""
        return bool(self._networks) and self._is_trusted(peer)

    def _belongs(self, address: str) -> bool:
        plain = _plain(address)
        return plain is not None and any(ip_address(plain) in net for net in self._networks)


def _plain(entry: str) -> str | None:
    """An address without the port that some proxies add, and without its IPv4-in-IPv6 dress."""
    entry = entry.strip().strip('"')
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        found = ip_address(entry)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)
