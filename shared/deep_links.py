"""Where a link may lead: which addresses are usable at all, and which hosts a campaign allows."""

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import urlsplit

import idna

# C0, DEL and C1, every kind of space, and the separators that some parsers take for line ends.
_UNPRINTABLE = re.compile(
    r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*")
_PORT = re.compile(r"[0-9]{1,5}")
_HIGHEST_PORT = 65535


class UnusableUrlError(ValueError):
    """An address that we would never send a visitor to; the message says why."""


def normalize_host(host: str) -> str:
    """The one spelling of a host: lower case, no dot at the end, IDNA for what isn't ASCII."""
    if host.startswith("[") and host.endswith("]"):
        try:
            return f"[{IPv6Address(host[1:-1])}]"
        except AddressValueError as error:
            raise UnusableUrlError("The host is not a valid IPv6 address.") from error
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise UnusableUrlError("The host is not a valid domain name.") from error
    host = host.lower().removesuffix(".")
    # Percent signs and backslashes end here: browsers decode the one and read the other as a slash.
    if not _HOST.fullmatch(host):
        raise UnusableUrlError("The host is not a valid domain name.")
    return host


def host_of(url: str) -> str:
    """The normalized host of an http or https address; what is doubtful raises UnusableUrlError."""
    if _UNPRINTABLE.search(url):
        raise UnusableUrlError("The address contains spaces or control characters.")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UnusableUrlError("The address can't be read.") from error
    if parts.scheme.lower() not in {"http", "https"}:
        raise UnusableUrlError("The address must start with http:// or https://.")
    if "@" in parts.netloc:
        raise UnusableUrlError("The address must not contain a user name or password.")
    host, _, port = parts.netloc.partition(":")
    if parts.netloc.startswith("["):
        host, bracket, rest = parts.netloc.partition("]")
        host, port = host + bracket, rest.removeprefix(":")
    if port and not (_PORT.fullmatch(port) and 0 < int(port) <= _HIGHEST_PORT):
        raise UnusableUrlError("The port is not a number between 1 and 65535.")
    if not host:
        raise UnusableUrlError("The address has no host.")
    return normalize_host(host)


def is_within(host: str, domain: str) -> bool:
    """Whether a normalized host is the domain or one of its sub-domains, never a look-alike."""
    return host == domain or host.endswith("." + domain)


def is_allowed(url: str, domains: Iterable[str]) -> bool:
    """Whether a link may lead to `url` under its campaign's list; an empty list allows none."""
    try:
        host = host_of(url)
    except UnusableUrlError:
        return False
    for domain in domains:
        try:
            # People write `.shop.example` and `*.shop.example` for the same thing.
            if is_within(host, normalize_host(domain.strip().removeprefix("*").removeprefix("."))):
                return True
        except UnusableUrlError:
            continue
    return False
