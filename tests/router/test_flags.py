"""Clicks that don't count: kept, flagged, in one order of precedence, and never refused."""

import json
from importlib.resources import files

import fake_useragent
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from router.bots import is_bot
from router.counters import ENTRIES, Bounded, FixedWindow, Recent, SlidingWindow
from router.flags import is_prefetch
from tests.router.running import BROWSER, Running, cref_of, running
from tests.router.shop import Shop
from tests.support.databases import Scratch

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


async def test_crawlers_and_empty_agents_are_flagged(router: Running, shop: Shop) -> None:
    path = await shop.link()
    for agent in [CRAWLER, "", "curl/8.5.0"]:
        assert cref_of(await router.get(path, user_agent=agent))
    assert await shop.flags() == ["bot"] * 3


async def test_a_browser_that_looks_ahead_is_not_a_visit(router: Running, shop: Shop) -> None:
    path = await shop.link()
    for headers in [
        {"sec_purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x_moz": "prefetch"},
        {"x_purpose": "preview"},
    ]:
        assert cref_of(await router.get(path, **headers))
    assert await shop.flags() == ["prefetch"] * 4
    # The visit itself follows at once, and is the first one.
    assert cref_of(await router.get(path))
    assert (await shop.flags())[-1] is None


async def test_the_same_visitor_again_is_a_duplicate(router: Running, shop: Shop) -> None:
    path = await shop.link()
    first = cref_of(await router.get(path))
    await router.get(path)
    # Another browser on another line would count, but the cookie tells who it is.
    await router.get(path, user_agent=BROWSER + " Other", cookie=f"a=b; _cref={first}")
    await router.get(path, user_agent=BROWSER + " Third", cookie="_cref=nonsense")
    await router.get(await shop.link(), cookie=f"_cref={first}")
    assert await shop.flags() == [None, "duplicate", "duplicate", None, None]


async def test_the_21st_hit_of_a_line_on_a_link_is_velocity(router: Running, shop: Shop) -> None:
    path, other = await shop.link(), await shop.link()
    for i in range(25):
        await router.get(path, user_agent=f"{BROWSER} {i}")
    await router.get(other, user_agent=BROWSER)
    assert await shop.flags() == [None] * 20 + ["velocity"] * 5 + [None]


async def test_precedence_is_revoked_bot_prefetch_velocity_duplicate(
    scratch: Scratch, shop: Shop
) -> None:
    path = await shop.link()
    async with running(scratch.urls.router, VELOCITY_MAX="1") as router:
        await router.get(path)
        await router.get(path)  # velocity and duplicate
        await router.get(path, purpose="prefetch")  # velocity and prefetch
        await router.get(path, purpose="prefetch", user_agent=CRAWLER)  # all three
        await shop.revoke()
    async with running(scratch.urls.router, VELOCITY_MAX="1") as router:
        await router.get(path, purpose="prefetch", user_agent=CRAWLER)
    assert await shop.flags() == [None, "velocity", "prefetch", "bot", "revoked"]


async def test_revoking_is_seen_by_a_running_router(router: Running, shop: Shop) -> None:
    path = await shop.link()
    await shop.revoke()
    while True:
        cref_of(await router.get(path, user_agent=BROWSER))
        if (await shop.flags())[-1] == "revoked":
            break
    await shop.execute("update partners set revoked_at = null where tenant_id = $1", shop.tenant)
    while (await shop.flags())[-1] == "revoked":
        cref_of(await router.get(path))


async def test_p2_the_cap_on_an_address_comes_before_any_look_up(
    scratch: Scratch, shop: Shop
) -> None:
    path = await shop.link()
    async with running(scratch.urls.router, ROUTER_IP_CAP_MAX="5") as router:
        for _ in range(5):
            assert (await router.get(path)).status_code == 302
        for limited in [path, "/r/nobody/nothing"]:
            response = await router.get(limited)
            assert response.status_code == 429
            assert response.headers["retry-after"] == "60"
            assert response.text == "Rate limited"
        assert router.router.redirect.figures.unknown == 0
        assert (await router.get("/health")).status_code == 200
    assert len(await shop.clicks()) == 5


def test_crawlers_are_found_and_browsers_are_not() -> None:
    crawlers = [agent for entry in CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]]
    lines = (files(fake_useragent) / "data" / "browsers.jsonl").read_text().splitlines()
    browsers = {json.loads(line)["useragent"] for line in lines}
    assert len(crawlers) > 2000
    assert len(browsers) > 800
    found = sum(map(is_bot, crawlers)) / len(crawlers)
    wrong = sum(map(is_bot, browsers)) / len(browsers)
    assert found >= 0.98
    assert wrong <= 0.001


def test_prefetch_words_are_looked_for_in_any_case() -> None:
    assert is_prefetch("GET", {b"sec-purpose": b"Prefetch"})
    assert not is_prefetch("GET", {b"sec-purpose": b"document"})


def test_a_fixed_window_starts_anew_after_its_time() -> None:
    window = FixedWindow(2, 60)
    assert [window.admit("a", now) for now in (0, 1, 2, 59, 60, 61, 62)] == [
        True, True, False, False, True, True, False,
    ]  # fmt: skip
    assert window.admit("b", 62)


def test_a_sliding_window_counts_the_last_seconds_only() -> None:
    window = SlidingWindow(2, 60)
    assert [window.exceeded("a", now) for now in (0, 1, 2, 59, 60, 61, 121)] == [
        False, False, True, True, True, True, False,
    ]  # fmt: skip


def test_recent_forgets_after_its_time() -> None:
    recent = Recent()
    assert [recent.seen("a", now, 10) for now in (0, 9, 18, 28)] == [False, True, True, False]


def test_a_clock_that_is_set_back_holds_nothing_against_anybody() -> None:
    fixed, sliding, recent = FixedWindow(1, 60), SlidingWindow(1, 60), Recent()
    for now in (3600, 3601):
        fixed.admit("a", now)
        sliding.exceeded("a", now)
        recent.seen("a", now, 10)
    assert fixed.admit("a", 0)
    assert not sliding.exceeded("a", 0)
    assert not recent.seen("a", 0, 10)
    assert not fixed.admit("a", 1)
    assert sliding.exceeded("a", 1)
    assert recent.seen("a", 1, 10)


def test_counters_forget_the_oldest_rather_than_grow() -> None:
    fixed, sliding, recent = FixedWindow(1, 60), SlidingWindow(1, 60), Recent()
    counted: Bounded[int] = Bounded()
    for name in range(ENTRIES + 1):
        fixed.admit(name, 0)
        sliding.exceeded(name, 0)
        recent.seen(name, 0, 60)
        counted.put(name, name)
        assert len(counted) <= ENTRIES
    assert fixed.admit(0, 1)
    assert not sliding.exceeded(0, 1)
    assert not recent.seen(0, 1, 60)
    assert not fixed.admit(ENTRIES, 1)
    assert sliding.exceeded(ENTRIES, 1)
    assert recent.seen(ENTRIES, 1, 60)
