"""Addresses of visitors: whose they really are, and that nobody can read them off a hash."""

from collections.abc import Iterable
from hashlib import sha256

import pytest

from shared.proxies import TrustedProxies, read_networks
from shared.visitor import AddressHasher, line_of
from tests.router.running import Running, running
from tests.router.shop import Shop
from tests.support.databases import Scratch

PROXIES = TrustedProxies(read_networks("127.0.0.0/8, 10.0.0.0/8, ::1, fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ["1.1.1.1"], "203.0.113.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["1.1.1.1, 198.51.100.7, 10.1.2.3"], "198.51.100.7"),
        ("127.0.0.1", ["1.1.1.1", "198.51.100.7", "10.1.2.3"], "198.51.100.7"),
        ("127.0.0.1", ["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        ("127.0.0.1", ["1.1.1.1, nonsense, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["nonsense"], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("::ffff:127.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("::1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("10.0.0.1", ['"::ffff:198.51.100.7"'], "198.51.100.7"),
    ],
)
def test_s10_the_client_is_the_first_from_the_right_that_is_not_ours(
    peer: str, forwarded: Iterable[str], client: str
) -> None:
    assert PROXIES.client_address(peer, forwarded) == client


def test_networks_that_are_none_are_named() -> None:
    with pytest.raises(ValueError, match=r"'10\.0\.0\.0/33'"):
        read_networks("127.0.0.1, 10.0.0.0/33")


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("testclient", None),
    ],
)
def test_a_line_is_an_address_or_a_64(address: str, line: str | None) -> None:
    assert line_of(address) == line


def test_s10_hashes_are_keyed_by_installation_tenant_and_day() -> None:
    address, day = "198.51.100.7", 1_795_305_600_000  # 22 November 2026, 00:00 UTC
    hasher = AddressHasher(b"a" * 32)
    found = hasher.hash(b"tenant", address, day)
    assert found == AddressHasher(b"a" * 32).hash(b"tenant", address, day)
    assert found != hasher.hash(b"other tenant", address, day)
    assert found != hasher.hash(b"tenant", address, day - 1)
    assert found == hasher.hash(b"tenant", address, day + 86_399_999)
    assert found != AddressHasher(b"b" * 32).hash(b"tenant", address, day)
    assert found not in sha256(address.encode()).hexdigest()


async def test_s10_a_forged_header_changes_nothing(router: Running, shop: Shop) -> None:
    path = await shop.link()
    for forged in ["1.1.1.1", "2.2.2.2", "3.3.3.3"]:
        await router.get(path, x_forwarded_for=forged, x_real_ip=forged, forwarded=f"for={forged}")
    clicks = await shop.clicks()
    assert len({click["ip_hash"] for click in clicks}) == 1
    assert clicks[0]["ip_hash"] not in sha256(b"127.0.0.1").hexdigest()
    assert [click["flag"] for click in clicks] == [None, "duplicate", "duplicate"]


async def test_s10_behind_a_trusted_proxy_visitors_are_told_apart(
    scratch: Scratch, shop: Shop
) -> None:
    path = await shop.link()
    async with running(scratch.urls.router, TRUSTED_PROXIES="127.0.0.1") as router:
        await router.get(path, x_forwarded_for="6.6.6.6, 198.51.100.7")
        await router.get(path, x_forwarded_for="7.7.7.7, 198.51.100.7")
        await router.get(path, x_forwarded_for="198.51.100.8")
    assert await shop.flags() == [None, "duplicate", None]
