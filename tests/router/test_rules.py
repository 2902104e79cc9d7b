"""Rules that a tenant switches: routers hear of it, and decide without asking the database."""

import json
from pathlib import Path
from typing import Any

import pytest

from router.ranges import RangesError, read_ranges
from shared.visit_rules import USUAL, VERSIONS, is_banned, read_rules, referrer_host
from tests.router.running import BROWSER, Running, cref_of, running
from tests.router.shop import Shop, eventually
from tests.router.test_passing_on import campaign_says
from tests.support.databases import Scratch

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


async def rules_say(shop: Shop, router: Running, **rules: Any) -> None:
    """Set them as the API does, and wait until this router has heard of it."""
    await shop.execute(
        "insert into settings (tenant_id, key, value) values ($1, 'fraud', $2)"
        " on conflict (tenant_id, key) do update set value = excluded.value",
        shop.tenant, json.dumps(rules),
    )  # fmt: skip

    async def heard() -> bool:
        found = router.router.links.directory.find(shop.slug, (await some_key(shop)))
        return found is not None and found[0].rules == read_rules(rules)

    await eventually(heard)


async def some_key(shop: Shop) -> str:
    rows = await shop.fetch("select link_key from links where tenant_id = $1", shop.tenant)
    return str(rows[0]["link_key"])


async def test_a_banned_site_sends_clicks_that_dont_count(router: Running, shop: Shop) -> None:
    path = await shop.link()
    await rules_say(shop, router, banned_referrer={"hosts": ["spam.example"]})
    for referer in (
        "https://spam.example/x", "https://www.SPAM.example./", "https://notspam.example/", "nonsense",
    ):  # fmt: skip
        await router.get(path, referer=referer, user_agent=f"{BROWSER} {referer}")
    assert await shop.flags() == ["banned_referrer"] * 2 + [None] * 2
    assert {click["flag_version"] for click in (await shop.clicks())[:2]} == {
        VERSIONS["banned_referrer"]
    }


async def test_paid_ads_count_only_where_the_campaign_allows_them(
    router: Running, shop: Shop
) -> None:
    path = await shop.link()
    await router.get(f"{path}?gclid=abc", user_agent=f"{BROWSER} 1")
    await campaign_says(shop, router, paid_ads=False)
    for number, query in enumerate(["gclid=abc", "msclkid=1", "fbclid=1", "utm_source=x"]):
        await router.get(f"{path}?{query}", user_agent=f"{BROWSER} 2{number}")
    assert await shop.flags() == [None, "paid_traffic", "paid_traffic", None, None]
    # Kept with every click, so that a rule can be tried before it is switched on.
    assert [json.loads(click["signals"] or "{}").get("ad") for click in await shop.clicks()] == [
        "gclid", "gclid", "msclkid", "fbclid", None,
    ]  # fmt: skip


async def test_a_rule_that_is_off_flags_nothing_and_is_remembered(
    router: Running, shop: Shop
) -> None:
    path = await shop.link()
    await rules_say(shop, router, bot={"enabled": False}, duplicate={"enabled": False})
    await router.get(path, user_agent=CRAWLER)
    await router.get(path)
    await router.get(path)
    await router.get(path, purpose="prefetch", user_agent=CRAWLER)
    assert await shop.flags() == [None, None, None, "prefetch"]
    signals = [json.loads(click["signals"] or "{}") for click in await shop.clicks()]
    assert [one.get("also") for one in signals] == [["bot"], None, None, ["bot"]]


async def test_a_tenants_own_limits_are_applied(router: Running, shop: Shop) -> None:
    path = await shop.link()
    await rules_say(shop, router, velocity={"max": 2, "windowSeconds": 60})
    for number in range(4):
        await router.get(path, user_agent=f"{BROWSER} {number}")
    assert await shop.flags() == [None, None, "velocity", "velocity"]


async def test_data_centers_are_known_from_the_operators_file(
    scratch: Scratch, shop: Shop, tmp_path: Path
) -> None:
    file = tmp_path / "ranges.txt"
    file.write_text("# ranges\n198.51.100.0/24 Example Cloud\n2001:db8::/32\n")
    path = await shop.link()
    given = {"DATACENTER_RANGES_FILE": str(file), "TRUSTED_PROXIES": "127.0.0.1/32"}
    async with running(scratch.urls.router, **given) as router:
        lines = ["198.51.100.7", "203.0.113.7", "2001:db8:1::1"]
        for line in lines:
            cref_of(await router.get(path, x_forwarded_for=line))
        # Off at first: people behind a VPN sit there, too.
        assert await shop.flags() == [None, None, None]
        await rules_say(shop, router, datacenter={"enabled": True})
        for line in lines:
            await router.get(path, x_forwarded_for=line, user_agent=f"{BROWSER} again")
    assert (await shop.flags())[3:] == ["datacenter", None, "datacenter"]
    seen = [json.loads(click["signals"] or "{}").get("datacenter") for click in await shop.clicks()]
    assert seen[:3] == ["Example Cloud", None, "datacenter"]


def test_ranges_that_overlap_are_found_by_their_first(tmp_path: Path) -> None:
    file = tmp_path / "ranges"
    file.write_text("10.0.0.0/8 wide\n10.1.0.0/16 within\n10.255.0.0/15 half\n192.0.2.1\n")
    ranges = read_ranges(file)
    found = [ranges.find(line) for line in ("10.1.2.3", "9.9.9.9", "11.0.0.1", "192.0.2.1")]
    assert found == ["wide", None, None, "datacenter"]
    assert read_ranges(None).find("10.0.0.1") is None


def test_a_file_that_cant_be_read_says_which_line(tmp_path: Path) -> None:
    file = tmp_path / "ranges"
    file.write_text("10.0.0.0/8\nnot an address\n")
    with pytest.raises(RangesError, match="line 2"):
        read_ranges(file)
    with pytest.raises(RangesError, match="can't be read"):
        read_ranges(tmp_path / "missing")


def test_what_was_said_about_nothing_is_as_usual() -> None:
    assert read_rules({}) == USUAL
    assert read_rules({"revoked": {"enabled": False}, "unheard": {"enabled": False}}) == USUAL
    assert referrer_host("https://[broken") is None
    assert is_banned("a.b.example", frozenset(("b.example",)))
    assert not is_banned("ab.example", frozenset(("b.example",)))
