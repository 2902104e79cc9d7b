"""What a visitor carries: the click id (cref) in address and cookie; and what we keep of theirs."""

import hmac
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from os import urandom
from urllib.parse import quote, unquote_plus
from uuid import UUID

from shared.deep_links import host_of
from shared.master_key import derive_key

PARAMETER = "cref"
COOKIE = "_cref"
COOKIE_SECONDS = 90 * 24 * 60 * 60

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CREF = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE
)
_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.IGNORECASE | re.ASCII)
CREF_LENGTH = 36
# Everything printable in ASCII stays as the brand wrote it, percent signs included.
_KEPT = "".join(map(chr, range(0x21, 0x7F)))


def new_click_id(milliseconds: int) -> bytes:
    """A UUIDv7 of this moment: 48 bits of time, 74 random ones.

    Not the monotonic kind of `shared.ids`: whoever has a click of the same millisecond must not be
    able to count up to somebody else's.
    """
    bits = int.from_bytes(urandom(10))
    high = milliseconds << 16 | 0x7000 | bits >> 68
    return (high << 64 | 0x8 << 60 | bits & 0x3FFF_FFFF_FFFF_FFFF).to_bytes(16)


def cref_text(click_id: bytes) -> str:
    """The one text form of a click id."""
    text = click_id.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def parse_cref(text: str) -> UUID | None:
    """The click id, or None for anything that neither we nor whoever handed clicks in can have written."""
    return UUID(text) if _CREF.fullmatch(text) else _from_ulid(text)


def read_click_id(text: str) -> UUID | None:
    """The same as it stands in addresses, where ids that were handed in as ULID are UUIDs, too."""
    try:
        return _from_ulid(text) or UUID(text if len(text) == CREF_LENGTH else "")
    except ValueError:
        return None


def _from_ulid(text: str) -> UUID | None:
    """26 digits of Crockford's base 32: the same 48 bits of time and 80 others as a UUIDv7."""
    if not _ULID.fullmatch(text):
        return None
    number = 0
    for digit in text.upper():
        number = number << 5 | _BASE32.index(digit)
    return UUID(int=number)


def clicked_at(click_id: UUID) -> datetime:
    """When the click was made: exactly its row's `ts`, so that one partition is looked at."""
    return _EPOCH + timedelta(milliseconds=click_id.int >> 80)


def cref_from_cookies(header: str) -> str | None:
    """The click id that a returning visitor brings along, if it is one of ours in form."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE and _CREF.fullmatch(value):
            return value.lower()
    return None


def around_cookie(domain: str | None, *, secure: bool) -> tuple[str, str]:
    """What stands before and after the cref in Set-Cookie. Scripts may read it: the SDK must."""
    tail = f"; Path=/; Max-Age={COOKIE_SECONDS}; SameSite=Lax"
    tail += f"; Domain={domain}" if domain else ""
    return f"{COOKIE}=", tail + ("; Secure" if secure else "")


def forgotten_cookie(domain: str | None, *, secure: bool) -> str:
    """The Set-Cookie that takes it away from somebody who doesn't want it any more."""
    before, after = around_cookie(domain, secure=secure)
    return before + after.replace(f"Max-Age={COOKIE_SECONDS}", "Max-Age=0")


def around_cref(url: str) -> tuple[str, str]:
    """Split a destination where the cref belongs: at the end of its query, before the fragment.

    A `cref` already there gives way. All else stays byte for byte, except that what isn't printable
    ASCII is encoded, so that the result is fit for a header whatever was stored.
    """
    host = host_of(url)
    rest, hash_sign, fragment = url.partition("#")
    address, _, query = rest.partition("?")
    scheme, _, after_scheme = address.partition("://")
    authority, slash, path = after_scheme.partition("/")
    if not authority.isascii():
        port = authority.rpartition(":")[2] if ":" in authority else ""
        authority = f"{host}:{port}" if port else host
    kept = [
        part
        for part in (query.split("&") if query else [])
        if unquote_plus(part.partition("=")[0]) != PARAMETER
    ]
    before = f"{scheme}://{authority}/{path}" if slash else f"{scheme}://{authority}"
    before += "?" + "&".join([*kept, f"{PARAMETER}="])
    return quote(before, safe=_KEPT), quote(hash_sign + fragment, safe=_KEPT)


def with_cref(url: str, cref: str) -> str:
    """The destination as the visitor sees it."""
    before, after = around_cref(url)
    return before + cref + after


@lru_cache(maxsize=10_000)
def line_of(address: str) -> str | None:
    """What stands for a visitor's line: the IPv4 address, or the /64 that a device moves within."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        if mapped is None:
            return str(IPv6Address(int(found) >> 64 << 64)) + "/64"
        found = mapped
    return str(IPv4Address(int(found)))


class AddressHasher:
    """Keyed hashes of addresses: equal within a tenant and a day, and unrelated beyond them.

    IPv4 has so few addresses that a hash without a secret can be reversed by trying all of them.
    """

    def __init__(self, master: bytes) -> None:
        self._master = master
        self._day = 0
        self._keys: dict[bytes, bytes] = {}

    def hash(self, tenant_id: bytes, line: str, milliseconds: int) -> str:
        """32 hex digits for `line` (see line_of) on the UTC day of that moment."""
        day = milliseconds // 86_400_000
        if day != self._day:
            self._day, self._keys = day, {}
        key = self._keys.get(tenant_id)
        if key is None:
            key = derive_key(self._master, "address", tenant_id, str(day).encode())
            self._keys[tenant_id] = key
        return hmac.digest(key, line.encode(), "sha256").hex()[:32]
