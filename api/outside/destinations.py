"""Which addresses we may call when somebody else typed them: public ones, and nothing beside them."""

from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from re import compile as pattern
from socket import inet_aton
from urllib.parse import urlsplit

from shared.deep_links import UnusableUrlError, host_of

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Python's `is_global` lets multicast, transition addresses and cloud hosts' own services through,
# so this is the whole list of what IANA keeps from the public internet, and what clouds put there.
NOT_PUBLIC_V4 = [
    IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32",
        "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
# Everything else in IPv6 is local, a transition to IPv4 (NAT64, SIIT, mapped), or not assigned.
PUBLIC_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = [
    IPv6Network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet")
NUMERIC = pattern(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}")
WEB_PORTS = frozenset({80, 443})


class DestinationRefused(Exception):
    """We don't call this address; `code` says why, in a word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Policy:
    """What an operator allows beyond the public web; nothing, unless they host for themselves."""

    ports: frozenset[int] = WEB_PORTS
    private: tuple[Network, ...] = field(default=())

    def refuse_address(self, text: str) -> None:
        """Raises DestinationRefused unless this resolved address may be dialled."""
        address = ip_address(text.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address in block for block in self.private if block.version == address.version):
            return
        if not is_public(address):
            raise DestinationRefused("destination_not_public")

    def refuse_url(self, url: str) -> str:
        """Raises DestinationRefused for what needs no look-up to be refused; the host otherwise."""
        parts = _parts(url)
        host = parts.host
        if literal := _literal(host):
            self.refuse_address(literal)
        elif host == "localhost" or host.endswith(LOCAL_SUFFIXES) or "." not in host:
            raise DestinationRefused("blocked_hostname")
        if parts.port not in self.ports:
            raise DestinationRefused("port_not_allowed")
        return host


@dataclass(frozen=True, slots=True)
class _Parts:
    host: str
    port: int


def is_public(address: Address) -> bool:
    """Whether the public internet, and only it, answers at this address."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in NOT_PUBLIC_V4)
    return address in PUBLIC_V6 and not any(address in block for block in NOT_PUBLIC_V6)


def _parts(url: str) -> _Parts:
    try:
        parts = urlsplit(url)
        scheme, userinfo = parts.scheme.lower(), "@" in parts.netloc
    except ValueError as problem:
        raise DestinationRefused("invalid_url") from problem
    if scheme not in {"http", "https"}:
        raise DestinationRefused("scheme_not_allowed")
    if userinfo:
        raise DestinationRefused("credentials_not_allowed")
    try:
        host = host_of(url)
        port = parts.port
    except (UnusableUrlError, ValueError) as problem:
        raise DestinationRefused("invalid_url") from problem
    return _Parts(host, port or (443 if scheme == "https" else 80))


def _literal(host: str) -> str | None:
    """The address that a host spells, in any of the forms that a resolver would understand."""
    if host.startswith("["):
        return host[1:-1]
    if NUMERIC.fullmatch(host):
        try:
            return str(IPv4Address(inet_aton(host)))
        except OSError as problem:
            raise DestinationRefused("invalid_url") from problem
    return None
